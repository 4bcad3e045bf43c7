"""The judge: each message meets the checks that concern it, in the light of what came before.

One streaming engine for live and captured traffic. A message's findings depend on the past only;
what only the end can tell comes from `finish`.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from harness.checks.body_parts import judged_parts
from harness.checks.context import Context
from harness.checks.outlines import Outlines
from harness.checks.pending import Pending
from harness.checks.recognition import Recognition, Share
from harness.checks.registry import Check, Group, Kind, applicable
from harness.checks.session import Session
from harness.checks.session_dialogs import dialog_key
from harness.checks.transactions import Transaction
from harness.config import Profile
from harness.model import Finding, Level, Mismatch, Sender
from harness.sip.message import Message as SipMessage
from harness.sip.message import Request, Response
from harness.trace import Message, TraceEntry
from harness.xcap.http import HttpRequest, HttpResponse

# What one check may say about one message: a broken body must not fill the report.
_MAX_MISMATCHES = 20

# Exchanges that are over whose messages stay parsed, for the next message on the same dialog or
# connection. All stay as bytes; parsed, a message takes some 4 KB more.
_MAX_PARSED = 4096

EntryKind = Literal["message", "retransmission", "keepalive"]


class Judged(NamedTuple):
    """One entry with its findings, and the facts that the flow needs.

    `ue` is the UE's address as known at the time; `session.address` is the latest word (a second
    UE behind the same host adds the port to it). `request` is the entry that a response answers.
    `dialog` names the dialog (Call-ID and tags), "" outside of one. What `finish` finds comes
    with `at_end` set, for an entry that was judged before.
    """

    entry: TraceEntry
    ue: str
    sender: Sender
    kind: EntryKind
    session: Session
    findings: tuple[Finding, ...] = ()
    request: TraceEntry | None = None
    dialog: str = ""
    at_end: bool = False


class Judge:
    """Judges a trace entry by entry.

    `ues` names the UEs by address ("192.168.1.1", "192.168.1.1:5060"); without it every source of
    a REGISTER that no proxy forwarded is one. `own_network` says that the network side is the
    harness itself, so that the trace misses nothing. `share` leaves UEs to other processes.
    """

    def __init__(
        self,
        profile: Profile,
        ues: Iterable[str] = (),
        own_network: bool = False,
        share: Share | None = None,
    ) -> None:
        self.profile = profile
        self.own_network = own_network
        self._checks = applicable(profile)
        self._recognition = Recognition(ues, share)
        self._outlines = Outlines()
        self._pending = Pending()
        self._settled: deque[TraceEntry] = deque()
        self.failures: Counter[str] = Counter()
        """Checks that raised an exception, by id: a fault of the harness, never of the UE."""

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The session of every UE seen so far."""
        return self._recognition.sessions

    @property
    def placed_sessions(self) -> tuple[tuple[int, Session], ...]:
        """The same, each with its place among the UEs of all shares."""
        return self._recognition.placed_sessions

    @property
    def levels(self) -> dict[str, Level]:
        """The checks that apply under the profile, with their levels."""
        return dict(self._checks.levels)

    def feed(self, entry: TraceEntry) -> tuple[Judged, ...]:
        """Judge an entry.

        Answers nothing while the entry's UE is not known, and several entries once a UE is
        recognised whose earlier messages were waiting.
        """
        while len(self._settled) > _MAX_PARSED:
            self._settled.popleft().forget_message()
        is_new = self._recognition.learn(entry)
        waiting = self._pending.take(entry.source.host) if is_new else ()
        judged = [each for waited in waiting for each in self._attributed(waited)]
        judged += self._attributed(entry)
        return tuple(judged)

    def finish(self, time: float) -> tuple[Judged, ...]:
        """What only the end of the traffic tells; `time` is when that was."""
        judged = []
        for session in self.sessions:
            session.last_time = max(session.last_time, time)
            for each, level in self._checks.find(Kind.END, "", None):
                for entry, mismatch in self._end_mismatches(each, session):
                    sender = each.sender or self._receiver_of(entry)
                    finding = _finding(each, level, mismatch, entry, session, sender)
                    judged.append(
                        Judged(
                            entry,
                            session.address,
                            sender,
                            "message",
                            session,
                            (finding,),
                            at_end=True,
                        )
                    )
        return tuple(judged)

    def _receiver_of(self, entry: TraceEntry) -> Sender:
        found = self._recognition.attribute(entry)
        return "ue" if found is None or found[1] == "network" else "network"

    def _end_mismatches(
        self, each: Check, session: Session
    ) -> Iterator[tuple[TraceEntry, Mismatch]]:
        for found in each.function(session, self.profile):
            if isinstance(found, tuple) and len(found) == 2:
                entry, mismatch = found
                if isinstance(entry, TraceEntry) and isinstance(mismatch, Mismatch):
                    yield entry, mismatch

    def _attributed(self, entry: TraceEntry) -> list[Judged]:
        found = self._recognition.attribute(entry)
        if found is None:
            self._pending.add(entry)
            return []
        session, sender = found
        if not self._recognition.wants(session):
            return []
        judged = self._judge(entry, session, sender)
        if judged.kind == "message":
            session.update(entry, sender)
            self._note_settled(judged)
        elif judged.kind == "retransmission":
            session.transactions.note_repeat(entry, sender)
        return [judged]

    def _note_settled(self, judged: Judged) -> None:
        """After a final response its exchange is history: seldom looked at, but long kept."""
        message = judged.entry.message
        if isinstance(message, (Response, HttpResponse)) and message.status >= 200:
            self._settled.append(judged.entry)
            if judged.request is not None:
                self._settled.append(judged.request)

    def _judge(self, entry: TraceEntry, session: Session, sender: Sender) -> Judged:
        message = entry.message
        if entry.is_sip and is_keepalive(entry.raw):
            return Judged(entry, session.address, sender, "keepalive", session)
        transaction = (
            session.transactions.find(message, sender) if isinstance(message, SipMessage) else None
        )
        request_entry = _request_entry(entry, transaction)
        is_repeat = not entry.source.transport.is_reliable and (
            session.transactions.is_retransmission(entry, sender)
        )
        request = request_entry.message if request_entry is not None else None
        context = Context(
            profile=self.profile,
            entry=entry,
            sender=sender,
            session=session,
            transaction=transaction,
            request=request if isinstance(request, (Request, HttpRequest)) else None,
            request_entry=request_entry,
        )
        find = self._repeat_findings if is_repeat else self._findings
        findings = find(message, context)
        return Judged(
            entry=entry,
            ue=session.address,
            sender=sender,
            kind="retransmission" if is_repeat else "message",
            session=session,
            findings=tuple(findings),
            request=request_entry,
            dialog=_dialog_id(message, sender),
        )

    def _findings(self, message: Message, context: Context) -> list[Finding]:
        kind, name, status = _selection(message, context)
        groups = self._checks.groups(kind, name, context.sender, status)
        selection = (kind, name, context.sender, status)
        groups = self._outlines.left(selection, groups, message, context)
        findings = self._meet(groups, message, context)
        for body_kind, given, body_context in judged_parts(message, context):
            media_type = body_context.body.media_type if body_context.body is not None else ""
            groups = self._checks.groups(body_kind, media_type, context.sender)
            findings += self._meet(groups, given, body_context)
        return findings

    def _repeat_findings(self, message: Message, context: Context) -> list[Finding]:
        if not isinstance(message, Request):
            return []
        groups = self._checks.groups(Kind.RETRANSMISSION, message.method, context.sender)
        return self._meet(groups, message, context)

    def _meet(self, groups: tuple[Group, ...], given: object, context: Context) -> list[Finding]:
        """What the checks find, each of them up to a bound."""
        findings: list[Finding] = []
        for group in groups:
            if group.when is not None and not self._holds(group, given, context):
                continue
            for function, each, level in group.checks:
                try:
                    count = 0
                    for mismatch in function(given, context):
                        if isinstance(mismatch, Mismatch):
                            findings.append(_found(each, level, mismatch, context))
                            count += 1
                        if count >= _MAX_MISMATCHES:
                            break
                except Exception as error:
                    # One broken check must not end the audit; whoever runs the judge reports it.
                    self.failures[f"{each.id}: {error!r}"] += 1
        return findings

    def _holds(self, group: Group, given: object, context: Context) -> bool:
        """Whether the condition of a group holds; where it is broken, so is each of its checks."""
        try:
            return group.when is None or bool(group.when(given, context))
        except Exception as error:
            for _, each, _ in group.checks:
                self.failures[f"{each.id}: {error!r}"] += 1
            return False


def _selection(message: object, context: Context) -> tuple[Kind, str, int | None]:
    if isinstance(message, Request):
        return Kind.REQUEST, message.method, None
    if isinstance(message, Response):
        request = context.sip_request
        return Kind.RESPONSE, request.method if request else message.method, message.status
    if isinstance(message, HttpRequest):
        return Kind.HTTP_REQUEST, message.method, None
    assert isinstance(message, HttpResponse)
    asked = context.request.method if isinstance(context.request, HttpRequest) else ""
    return Kind.HTTP_RESPONSE, asked, message.status


def _request_entry(entry: TraceEntry, transaction: Transaction | None) -> TraceEntry | None:
    if entry.answers is not None:
        return entry.answers
    is_response = isinstance(entry.message, Response)
    return transaction.entry if transaction is not None and is_response else None


def _dialog_id(message: Message, sender: Sender) -> str:
    key = dialog_key(message, sender) if isinstance(message, SipMessage) else None
    return ";".join(key) if key is not None else ""


def _found(each: Check, level: Level, mismatch: Mismatch, context: Context) -> Finding:
    return _finding(each, level, mismatch, context.entry, context.session, context.sender)


def _finding(
    each: Check,
    level: Level,
    mismatch: Mismatch,
    entry: TraceEntry,
    session: Session,
    sender: Sender,
) -> Finding:
    return Finding(
        check=each.id,
        level=level,
        clause=mismatch.clause or each.clause,
        purpose=each.purpose,
        sender=sender,
        ue=session.address,
        entry=entry.number,
        expected=mismatch.expected,
        observed=mismatch.observed,
        where=mismatch.where,
        offset=mismatch.offset,
        hint=mismatch.hint,
        frame=entry.frame,
    )


def is_keepalive(raw: bytes) -> bool:
    """Whether these bytes only keep a flow open, or are no SIP at all.

    CR and LF (RFC 5626 §3.5.1), STUN (§3.5.2), and the few bytes without any header field that
    softphones send for the same end.
    """
    if not raw.strip(b"\r\n\0 "):
        return True
    is_stun = len(raw) >= 20 and raw[0] < 2 and raw[4:8] == b"\x21\x12\xa4\x42"
    return is_stun or (len(raw) < 32 and b":" not in raw and b"SIP" not in raw.upper())
