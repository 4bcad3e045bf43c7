"""What a record tells, joined: each UE with its steps, each step with its messages and findings.

The views are made of this, so that all of them count and sort alike.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from harness.model import Clause, Finding, Level, Peer, Sender, Transport, Verdict
from harness.report.record import Record, RecordError
from harness.report.text import worst_first
from harness.sip.message import Request
from harness.trace import Message, TraceEntry


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that was seen; `offset` is seconds since the first message of the run.

    `wait` is seconds since the message before it in the same UE's traffic, `ue` the address of
    that UE, and `step` the step that claimed the message.
    """

    entry: TraceEntry
    offset: float
    wait: float
    ue: str | None
    sender: Sender | None
    kind: str
    step: str | None
    summary: str
    findings: tuple[Finding, ...] = ()

    @property
    def number(self) -> int:
        return self.entry.number

    @property
    def message(self) -> Message:
        return self.entry.message

    @property
    def verdict(self) -> Verdict:
        """What its findings say of it: a broken MUST of the network is an error, not a fail."""
        return Verdict.worst_of([Verdict.PASS, *map(verdict_of, self.findings)])


@dataclass(frozen=True, slots=True)
class StepTold:
    """The verdict of one step of one UE, with what it rests on; `line` is its line in the flow."""

    id: str
    name: str
    title: str
    sender: str
    line: int | None
    verdict: Verdict
    reason: str
    messages: tuple[Seen, ...]
    findings: tuple[Finding, ...]

    @property
    def is_http(self) -> bool:
        return self.id.startswith("H")

    @property
    def seconds(self) -> float:
        """How long its messages were waited for."""
        return sum(each.wait for each in self.messages)


@dataclass(frozen=True, slots=True)
class UeTold:
    """All that is known of one UE; `identity` is its address-of-record, "" where none was seen."""

    address: str
    identity: str
    steps: tuple[StepTold, ...]
    messages: tuple[Seen, ...]
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its steps; a MUST that it broke outside the steps fails it too."""
        broken = any(verdict_of(each) is Verdict.FAIL for each in self.findings)
        outside = [Verdict.FAIL] if broken else []
        return Verdict.worst_of([*outside, *(each.verdict for each in self.steps)])

    @property
    def outside(self) -> tuple[Seen, ...]:
        """Its messages that no step claimed."""
        return tuple(each for each in self.messages if each.step is None)


@dataclass(frozen=True, slots=True)
class Story:
    """A whole run. `run` is the record's first event; `finished` is None where the run was killed,
    and `ended` then the verdict NONE.

    `findings` are all of them, worst first; `strangers` are messages of no UE.
    """

    run: Mapping[str, Any]
    ues: tuple[UeTold, ...]
    messages: tuple[Seen, ...]
    findings: tuple[Finding, ...]
    strangers: tuple[Seen, ...]
    notes: tuple[Mapping[str, Any], ...]
    started: float
    finished: float | None
    ended: Verdict
    by_number: Mapping[int, Seen] = field(repr=False)

    @property
    def verdict(self) -> Verdict:
        """The worst of its UEs, and of what the run ended with: a harness may fail by itself."""
        return Verdict.worst_of([self.ended, *(each.verdict for each in self.ues)])

    @property
    def duration(self) -> float:
        """Seconds from the first message to the last; of a run without messages, of the run."""
        if self.messages:
            return max(each.offset for each in self.messages)
        return max(0.0, (self.finished or self.started) - self.started)

    def count_steps(self) -> dict[Verdict, int]:
        """How many steps have each verdict, over all UEs."""
        counts = dict.fromkeys(Verdict, 0)
        for ue in self.ues:
            for step in ue.steps:
                counts[step.verdict] += 1
        return counts

    @property
    def step_names(self) -> dict[str, str]:
        """The names of the flow's steps by their ids."""
        return {str(each["id"]): str(each["name"]) for each in self.run.get("steps") or ()}

    @property
    def tested(self) -> str:
        """What was tested, in words: the UE with its persona and defects, or the capture."""
        parts = [str(self.run.get("source") or self.run.get("mode") or "")]
        if self.run.get("persona"):
            parts.append(f"persona {self.run['persona']}")
        defects = self.run.get("defects")
        if isinstance(defects, list) and defects:
            parts.append("with " + ", ".join(map(str, defects)))
        return ", ".join(each for each in parts if each)

    def line_of(self, step: StepTold) -> str:
        """Where the step stands in the flow's file: "presence.flow.yaml:112"; "" if unknown."""
        flow = PurePath(str(self.run.get("flow") or "")).name
        return f"{flow}:{step.line}".lstrip(":") if step.line is not None else ""

    def about(self, group: str, name: str) -> str:
        """A text of the run event, as `about("tool", "version")`; "" where it is not there."""
        value = self.run.get(group)
        found = value.get(name) if isinstance(value, dict) else None
        return "" if found is None else str(found)


def verdict_of(finding: Finding) -> Verdict:
    """A broken MUST of the UE fails it, one of the network is an error; the rest are remarks."""
    if finding.level is not Level.MUST:
        return Verdict.PASS
    return Verdict.FAIL if finding.sender == "ue" else Verdict.ERROR


def tell(record: Record) -> Story:
    """Join the events of a record; raises RecordError where an event lacks what it should hold."""
    try:
        return _tell(record)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise RecordError(f"an event of the record cannot be read: {error!r}") from None


def _tell(record: Record) -> Story:
    addresses = Addresses(record)
    findings = [_finding(each, addresses) for each in record.findings]
    by_entry: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_entry[finding.entry].append(finding)
    begin = min((float(each["time"]) for each in record.messages), default=0.0)
    messages = _messages(record, begin, by_entry, addresses)
    by_number = {each.number: each for each in messages}
    of_ue: defaultdict[str | None, list[Seen]] = defaultdict(list)
    for seen in messages:
        of_ue[seen.ue].append(seen)
    found: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in worst_first(findings):
        found[finding.ue].append(finding)
    verdicts = _verdicts(record, addresses)
    told = [_ue(record, ue, of_ue[ue], found[ue], verdicts[ue]) for ue in addresses.ues]
    return Story(
        run=record.run,
        ues=tuple(told),
        messages=messages,
        findings=tuple(worst_first(findings)),
        strangers=tuple(of_ue[None]),
        notes=tuple(record.notes),
        started=float(record.run.get("started") or begin),
        finished=float(record.end["finished"]) if record.end else None,
        ended=Verdict(record.end["verdict"]) if record.end else Verdict.NONE,
        by_number=by_number,
    )


class Addresses:
    """The last word on the UEs' addresses.

    An address becomes more exact (a port is added) once its host turns out to be shared; what the
    record said of the UE before then is the same UE's.
    """

    def __init__(self, record: Record) -> None:
        every = dict.fromkeys(str(each) for each in record.ues)
        every.update(dict.fromkeys(str(each["ue"]) for each in record.findings if each["ue"]))
        exact: dict[str, list[str]] = {}
        for address in every:
            host, _, port = address.rpartition(":")
            if host and port.isdecimal() and host.strip("[]") in every:
                exact.setdefault(host.strip("[]"), []).append(address)
        self._exact = exact
        self._of_message = {
            number: self._of(each) for number, each in record.by_number.items() if each["ue"]
        }
        self.ues = tuple(dict.fromkeys(self.exact(each) for each in every))

    def _of(self, event: Mapping[str, Any]) -> str:
        address = str(event["ue"])
        side = event["source"] if event.get("sender") == "ue" else event["destination"]
        for each in self._exact.get(address, ()):
            if each.rpartition(":")[2] == str(side[1]):
                return each
        return self.exact(address)

    def exact(self, address: str, entry: int | None = None) -> str:
        """What an address became; where it became several, that of message number `entry`."""
        if address not in self._exact:
            return address
        found = self._of_message.get(entry) if entry is not None else None
        return found or self._exact[address][0]

    def of_message(self, number: int) -> str | None:
        """Whose message it is."""
        return self._of_message.get(number)


def _messages(
    record: Record,
    begin: float,
    findings: Mapping[int, list[Finding]],
    addresses: Addresses,
) -> tuple[Seen, ...]:
    messages: list[Seen] = []
    before: dict[str | None, float] = {}
    for each in record.messages:
        ue, time = addresses.of_message(each["number"]), float(each["time"])
        seen = Seen(
            entry=_entry(each),
            offset=time - begin,
            wait=max(0.0, time - before.get(ue, time)),
            ue=ue,
            sender=each.get("sender"),
            kind=str(each.get("kind") or "message"),
            step=each.get("step"),
            summary=str(each.get("summary") or ""),
            findings=tuple(worst_first(findings.get(each["number"], ()))),
        )
        before[ue] = time
        messages.append(seen)
    return tuple(messages)


def _entry(event: Mapping[str, Any]) -> TraceEntry:
    return TraceEntry(
        number=int(event["number"]),
        time=float(event["time"]),
        source=_peer(event["source"]),
        destination=_peer(event["destination"]),
        raw=base64.b64decode(event["raw"], validate=True),
        connection=str(event.get("connection") or ""),
        frame=event.get("frame"),
    )


def _peer(value: list[Any]) -> Peer:
    host, port, transport = value
    return Peer(str(host), int(port), Transport(transport))


def _finding(event: Mapping[str, Any], addresses: Addresses) -> Finding:
    return Finding(
        check=str(event["check"]),
        level=Level(event["level"]),
        clause=Clause.parse(str(event["clause"])),
        purpose=str(event["purpose"]),
        sender=event["sender"],
        ue=addresses.exact(str(event["ue"]), event["entry"]),
        entry=int(event["entry"]),
        expected=str(event["expected"]),
        observed=str(event["observed"]),
        where=str(event["where"]),
        offset=event.get("offset"),
        hint=str(event.get("hint") or ""),
        step=event.get("step"),
        frame=event.get("frame"),
    )


def _verdicts(
    record: Record, addresses: Addresses
) -> defaultdict[str, dict[str, Mapping[str, Any]]]:
    """The step events of each UE; what was said of its exact address is the last word."""
    verdicts: defaultdict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for (ue, step), event in record.steps.items():
        exact = addresses.exact(ue)
        if exact == ue or step not in verdicts[exact]:
            verdicts[exact][step] = event
    return verdicts


def _ue(
    record: Record,
    address: str,
    messages: Sequence[Seen],
    findings: Sequence[Finding],
    verdicts: Mapping[str, Mapping[str, Any]],
) -> UeTold:
    find = {each.number: each for each in messages}.get
    return UeTold(
        address=address,
        identity=_identity(messages),
        steps=tuple(_step(each, verdicts, find, findings) for each in _planned(record, verdicts)),
        messages=tuple(messages),
        findings=tuple(findings),
    )


def _planned(record: Record, verdicts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps in flow order; a record without the flow has those that were judged."""
    planned: list[Mapping[str, Any]] = list(record.run.get("steps") or ())
    known = {each["id"] for each in planned}
    return planned + [each for step, each in verdicts.items() if step not in known]


def _step(
    about: Mapping[str, Any],
    verdicts: Mapping[str, Mapping[str, Any]],
    find: Callable[[int], Seen | None],
    findings: Iterable[Finding],
) -> StepTold:
    step = str(about["id"])
    event = verdicts.get(step)
    entries = event["entries"] if event is not None else ()
    shared = [each for each in map(find, entries) if each is not None]
    # A message of two steps: its general findings name the first, but count for both.
    general = {each.number for each in shared if each.step != step}
    return StepTold(
        id=step,
        name=str(about["name"]),
        title=str(about.get("title") or ""),
        sender=str(about.get("sender") or ""),
        line=about.get("line"),
        verdict=Verdict(event["verdict"]) if event is not None else Verdict.NONE,
        reason=str(event["reason"]) if event is not None else "not judged before the run ended",
        messages=tuple(shared),
        findings=tuple(
            each
            for each in findings
            if each.step == step or (each.entry in general and not each.check.startswith("FLOW-"))
        ),
    )


def _identity(messages: Iterable[Seen]) -> str:
    """The address-of-record that the UE registers (RFC 3261 §10.2: To), else that it sends from."""
    speaks_as = ""
    for seen in messages:
        if seen.sender != "ue" or not seen.entry.is_sip:
            continue
        message = seen.message
        if not isinstance(message, Request):
            continue
        if message.method == "REGISTER" and message.to is not None:
            return message.to.uri
        if not speaks_as and message.from_ is not None:
            speaks_as = message.from_.uri
    return speaks_as
