"""What the traffic of one UE has established so far: the memory of the judge.

A session only looks back. It is updated after an entry has been judged, and its size is bounded
by what is open (registrations, dialogs, publications), not by the length of the trace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.checks.session_auth import Authentication
from harness.checks.session_bodies import Bodies
from harness.checks.session_dialogs import Dialogs
from harness.checks.session_publication import Publications
from harness.checks.session_refusals import Refusals
from harness.checks.session_registration import Registration, Registrations
from harness.checks.session_xcap import HttpHistory
from harness.checks.transactions import Transaction, Transactions
from harness.model import Sender
from harness.sip.message import Message as SipMessage
from harness.sip.message import Request, Response
from harness.trace import TraceEntry
from harness.xcap.http import HttpRequest, HttpResponse

_MAX_REMEMBERED = 4096
_MAX_BROKEN = 64
_NUMBER = re.compile(r"[0-9]{1,10}")


Space = tuple[Sender, str, str, str]
"""Sender, Call-ID, To tag and method of a request: a dialog, or none, has numbers of its own."""

# After these a UAC may send the same request once more, CSeq number included: to the targets of a
# redirection (RFC 3261 §8.1.3.4: "SHOULD re-use the header fields"), to another server (RFC 3263
# §4.3: a 503, or no answer, which a proxy reports as 408) or over another flow (RFC 5626 §4.3).
_TRIED_ELSEWHERE = frozenset({*range(300, 400), 408, 430, 503})

_IN_DIALOGS = ("SUBSCRIBE", "NOTIFY", "INVITE", "UPDATE", "PRACK", "INFO", "REFER", "BYE")

# Packets may overtake one another on the way to where they were captured.
_REORDERED = 1.0
_MAX_NUMBERS = 16


_GIVEN_BACK = frozenset(
    {"Record-Route", "Service-Route", "Contact", "SIP-ETag", "From", "To", "Call-ID", "Event"}
)
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """What is remembered of a request, to compare later ones with."""

    entry: int
    time: float
    method: str
    call_id: str
    cseq: int
    from_tag: str
    to_tag: str
    target: tuple[str, str]
    """Request-URI and URI of To."""


@dataclass(frozen=True, slots=True)
class XcapResource:
    """The last state of an XCAP resource that the traffic showed: by PUT or GET, with its ETag.

    `body` is None after a DELETE, and where only the ETag is known.
    """

    target: str
    entry: TraceEntry
    media_type: str
    body: bytes | None
    etag: str | None


@dataclass(slots=True, eq=False, repr=False)
class Session:
    """The state of one UE, named by `address` ("192.168.1.1" or "192.168.1.1:5060")."""

    address: str
    identity: str = ""
    """The address-of-record as written in the To of its first REGISTER; "" before that."""
    registrations: Registrations = field(default_factory=Registrations)
    transactions: Transactions = field(default_factory=Transactions)
    dialogs: Dialogs = field(default_factory=Dialogs)
    publications: Publications = field(default_factory=Publications)
    authentication: Authentication = field(default_factory=Authentication)
    bodies: Bodies = field(default_factory=Bodies)
    branches: Bounded[tuple[Sender, str, str], Sent] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )
    """By sender, branch and method: the request that used it first."""
    tags: Bounded[str, Sent] = field(default_factory=lambda: Bounded(_MAX_REMEMBERED))
    """By From tag: the UE's request outside of any dialog that used it first."""
    spaces: Bounded[tuple[Sender, str, str], Sent] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )
    """By sender, Call-ID and method: the last request."""
    finals: Bounded[tuple[Sender, str, str], tuple[int, int]] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )
    """By sender of the request, Call-ID and method: CSeq number and status of the last final."""
    answers: Bounded[Space, tuple[int, int]] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )
    """The same by the space of the request."""
    numbers: Bounded[Space, tuple[tuple[int, float], ...]] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )
    """By space: the CSeq numbers that were used last, and when."""
    unavailable: Bounded[tuple[str, int], float] = field(default_factory=lambda: Bounded(256))
    """By host and port of a server: until when its 503 asked to be left alone."""
    forbidden: Bounded[tuple[str, str], tuple[Request, float]] = field(
        default_factory=lambda: Bounded(256)
    )
    """By method and Request-URI: the last request that got a 403, and when."""
    refusals: Refusals = field(default_factory=Refusals)
    unanswered: Bounded[int, TraceEntry] = field(default_factory=lambda: Bounded(1024))
    """By entry number: requests to the UE that wait for a final response, the oldest first."""
    xcap: Bounded[str, XcapResource] = field(default_factory=lambda: Bounded(_MAX_REMEMBERED))
    """By request-target."""
    http: HttpHistory = field(default_factory=HttpHistory)
    broken: Bounded[str, None] = field(default_factory=lambda: Bounded(_MAX_BROKEN))
    """Values that the network sent against the grammar, and that a UE has to give back as such."""
    minima: Bounded[tuple[str, str], int] = field(default_factory=lambda: Bounded(1024))
    """By method and Call-ID: the Min-Expires of the last 423."""
    last_time: float = 0.0
    """When the last message was seen, from either side."""
    last_sent: float = 0.0
    """When the UE sent its last message."""

    @property
    def registration(self) -> Registration | None:
        """The registration that was touched last."""
        return self.registrations.latest

    @property
    def is_registered(self) -> bool:
        """Whether a registration was seen to succeed and not to end."""
        return any(each.is_active for each in self.registrations.by_aor.values())

    def was_answered(self, request: Request, sender: Sender) -> bool:
        """Whether a request with the same Call-ID, To tag, method and CSeq was seen to be answered.

        An answer that sends the same request elsewhere does not count.
        """
        number = request.cseq.number if request.cseq is not None else None
        return any(
            found is not None and found[0] == number and found[1] not in _TRIED_ELSEWHERE
            for found in map(self.answers.get, _spaces(request, sender))
        )

    def was_overtaken(self, request: Request, entry: TraceEntry, sender: Sender) -> bool:
        """Whether a lower CSeq number may only mean that datagrams changed places.

        True for a number not seen before that comes over UDP right after a higher one, where that
        has no answer yet or is not the first that was seen; and for one that bears an earlier time
        than the higher one, as in a capture of several interfaces, which mixes up their frames.
        """
        if request.cseq is None:
            return False
        spaces = _spaces(request, sender) | set(_dialog_spaces(request, sender))
        seen = [each for space in spaces for each in self.numbers.get(space, ())]
        number = request.cseq.number
        if not seen or number in (each for each, _ in seen):
            return False
        higher = min((at for each, at in seen if each > number), default=entry.time)
        if entry.time < higher:
            return True
        if entry.source.transport.is_reliable:
            return False
        answer = self.finals.get((sender, request.call_id or "", request.method))
        is_possible = min(seen)[0] < number or answer is None or answer[0] < number
        return is_possible and entry.time - higher < _REORDERED

    def update(self, entry: TraceEntry, sender: Sender) -> None:
        """Take in an entry, after it has been judged."""
        self.last_time = max(self.last_time, entry.time)
        if sender == "ue":
            self.last_sent = max(self.last_sent, entry.time)
        message = entry.message
        if isinstance(message, SipMessage):
            self._update_sip(message, entry, sender)
            return
        self.http.note(entry, sender)
        if isinstance(message, HttpResponse) and entry.answers is not None:
            request = entry.answers.message
            if isinstance(request, HttpRequest):
                self._update_xcap(message, entry, request)

    def _update_sip(self, message: Request | Response, entry: TraceEntry, sender: Sender) -> None:
        transaction = self.transactions.update(entry, sender)
        request = transaction.request if transaction is not None else None
        self.dialogs.update(entry, sender, request)
        self.bodies.update(entry, sender, request)
        if sender == "network" and message.malformed:
            self._note_broken(message)
        if isinstance(message, Request):
            self._note_request(message, entry, sender)
        elif request is not None and transaction is not None:
            self._note_response(message, entry, transaction, sender)
            if message.status >= 200 and transaction.entry is not None:
                self.unanswered.pop(transaction.entry.number, None)

    def _note_broken(self, message: Request | Response) -> None:
        names = {problem.where for problem in message.malformed}
        for name in names & _GIVEN_BACK:
            for row in message.headers.rows(name):
                inner = row.value.partition("<")[2].rpartition(">")[0]
                for text in (row.value, inner):
                    if len(text) >= _SHORTEST:
                        self.broken[text] = None

    def _note_request(self, request: Request, entry: TraceEntry, sender: Sender) -> None:
        sent = _sent(request, entry)
        branch = request.top_via.branch if request.top_via is not None else None
        if branch and (sender, branch, request.method) not in self.branches:
            self.branches[sender, branch, request.method] = sent
        self.spaces[sender, sent.call_id, request.method] = sent
        space = _space(request, sender)
        self.numbers[space] = (*self.numbers.get(space, ()), (sent.cseq, entry.time))[
            -_MAX_NUMBERS:
        ]
        if sender == "network":
            if request.method != "ACK":
                self.unanswered[entry.number] = entry
            return
        if sent.from_tag and not sent.to_tag:
            self.tags.setdefault(sent.from_tag, sent)
        self.authentication.note_request(request)
        if request.method == "REGISTER":
            self.registrations.note_request(request, entry)
            if not self.identity and request.to is not None:
                self.identity = request.to.uri

    def _note_response(
        self, response: Response, entry: TraceEntry, transaction: Transaction, sender: Sender
    ) -> None:
        request = transaction.request
        if request is None:
            return
        asker: Sender = "ue" if sender == "network" else "network"
        if response.status >= 200 and request.cseq is not None:
            final = (request.cseq.number, response.status)
            self.finals[asker, request.call_id or "", request.method] = final
            self.answers[_space(request, asker)] = final
        if sender != "network":
            return
        self.authentication.note_response(response, entry, request)
        self._note_refusal(response, entry, request)
        if response.status >= 200:
            self.refusals.note(response, entry, request)
        if response.status == 423 and response.min_expires is not None:
            self.minima[request.method, request.call_id or ""] = response.min_expires
        if request.method == "REGISTER":
            self.registrations.note_response(response, request, entry.time)
        if request.method == "PUBLISH":
            self.publications.note_response(response, entry, request, transaction)

    def _note_refusal(self, response: Response, entry: TraceEntry, request: Request) -> None:
        if response.status == 403:
            self.forbidden[request.method, request.uri] = (request, entry.time)
        elif 200 <= response.status < 300:
            self.forbidden.pop((request.method, request.uri), None)
        seconds = _NUMBER.match(response.headers.get("Retry-After") or "")
        if response.status == 503 and seconds is not None:
            server = (entry.source.host, entry.source.port)
            self.unavailable[server] = entry.time + int(seconds[0])

    def _update_xcap(self, response: HttpResponse, entry: TraceEntry, request: HttpRequest) -> None:
        if not 200 <= response.status < 300 or request.method not in ("GET", "PUT", "DELETE"):
            return
        source = response if request.method == "GET" else request
        self.xcap[request.target] = XcapResource(
            target=request.target,
            entry=entry,
            media_type=(source.headers.get("Content-Type") or "").partition(";")[0].strip().lower(),
            body=None if request.method == "DELETE" else source.body,
            etag=response.headers.get("ETag"),
        )


def _spaces(request: Request, sender: Sender) -> set[Space]:
    """The space of a request, and that of the request outside of dialogs which made its dialog."""
    space = _space(request, sender)
    return {space, (*space[:2], "", space[3])}


def _dialog_spaces(request: Request, sender: Sender) -> Iterator[Space]:
    """The spaces of the other methods in a request's dialog, which share its numbers."""
    sender, call, tag, _ = _space(request, sender)
    if tag:
        yield from ((sender, call, tag, method) for method in _IN_DIALOGS)


def _space(request: Request, sender: Sender) -> Space:
    tag = request.to.tag if request.to is not None else None
    return sender, request.call_id or "", tag or "", request.method


def _sent(request: Request, entry: TraceEntry) -> Sent:
    return Sent(
        entry=entry.number,
        time=entry.time,
        method=request.method,
        call_id=request.call_id or "",
        cseq=request.cseq.number if request.cseq is not None else -1,
        from_tag=(request.from_.tag if request.from_ is not None else None) or "",
        to_tag=(request.to.tag if request.to is not None else None) or "",
        target=(request.uri, request.to.uri if request.to is not None else ""),
    )
