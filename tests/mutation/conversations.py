"""A conversation cut into exchanges, and the edits that faults over several messages are made of.

An edit keeps the rest of the conversation what it would have been: responses mirror the request
that they answer, so that a fault of the UE never shows up as one of the network.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.trace import TraceEntry
from tests.mutation.spelling import Parts, take_apart
from tests.virtual import UE, renumbered

Edit = Callable[[Parts], Parts]
_MIRRORED = ("From", "Call-ID", "CSeq")
_AT_ONCE = 0.2


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its responses; `place` counts the exchanges of the conversation."""

    place: int
    request: TraceEntry
    responses: tuple[TraceEntry, ...]
    parts: Parts

    @property
    def is_of_the_ue(self) -> bool:
        return self.request.source.host == UE

    @property
    def method(self) -> str:
        return self.parts.method

    @property
    def is_http(self) -> bool:
        return self.parts.is_http

    @property
    def is_inside(self) -> bool:
        """Whether the request is inside a dialog."""
        return ";tag=" in (self.parts.get("To") or "")

    @property
    def status(self) -> int:
        """The status of the final response; 0 without one."""
        if not self.responses:
            return 0
        return int(take_apart(self.responses[-1].raw).start.split(" ")[1])

    @property
    def entries(self) -> tuple[TraceEntry, ...]:
        return (self.request, *self.responses)


@dataclass(frozen=True)
class Conversation:
    """All exchanges of a scene, in the order of their requests."""

    name: str
    entries: tuple[TraceEntry, ...]
    exchanges: tuple[Exchange, ...]

    def before(self, exchange: Exchange, method: str = "") -> Exchange | None:
        """The UE's last exchange before this one: of its Call-ID, or of another method."""
        found = None
        for each in self.exchanges[: exchange.place]:
            is_same = each.parts.get("Call-ID") == exchange.parts.get("Call-ID")
            is_meant = each.method == method if method else is_same
            if each.is_of_the_ue and not each.is_http and is_meant:
                found = each
        return found

    def answered(self, exchange: Exchange, status: int) -> bool:
        """Whether the exchange follows one of its Call-ID that was refused with `status`."""
        earlier = self.before(exchange)
        return earlier is not None and earlier.status == status

    def edited(self, exchange: Exchange, edit: Edit) -> list[TraceEntry]:
        """The conversation with another request, its responses mirroring that."""
        changed = {each.number: each for each in _with_request(exchange, edit)}
        return [changed.get(each.number, each) for each in self.entries]

    def moved(self, exchange: Exchange, seconds: float) -> list[TraceEntry]:
        """The conversation with an exchange, and what it sets off at once, that much later."""
        start = exchange.request.time - _AT_ONCE / 2
        return [
            replace(each, time=each.time + seconds, _parsed=[])
            if start <= each.time < start + _AT_ONCE
            else each
            for each in self.entries
        ]

    def with_copy(
        self, exchange: Exchange, time: float, edit: Edit = lambda parts: parts
    ) -> list[TraceEntry]:
        """The conversation up to `time`, and then an exchange once more, edited.

        The copy is a transaction of its own without credentials, which nobody could use twice.
        """
        copy = _with_request(
            exchange, lambda parts: edit(without_credentials(with_branch(parts, "z9hG4bKcopy")))
        )
        return [*(each for each in self.entries if each.time <= time), *_at(copy, time)]

    def until(self, exchange: Exchange, entries: Sequence[TraceEntry]) -> list[TraceEntry]:
        """What of `entries` came before the end of an exchange."""
        last = max(each.number for each in exchange.entries)
        return [each for each in entries if each.number <= last]

    def without(self, *numbers: int) -> list[TraceEntry]:
        """The conversation without these entries."""
        return [each for each in self.entries if each.number not in numbers]

    def with_raw(self, entry: TraceEntry, edit: Edit) -> list[TraceEntry]:
        """The conversation with one message edited, and nothing else."""
        changed = with_parts(entry, edit(take_apart(entry.raw)))
        return [changed if each.number == entry.number else each for each in self.entries]

    @property
    def end(self) -> float:
        return self.entries[-1].time


def cut(name: str, entries: Sequence[TraceEntry]) -> Conversation:
    """Cut a trace into its exchanges: by branch, or by what an HTTP response answers."""
    responses: dict[str, list[TraceEntry]] = {}
    for entry in entries:
        parts = take_apart(entry.raw)
        if not parts.is_request:
            responses.setdefault(_key(entry, parts), []).append(entry)
    exchanges: list[Exchange] = []
    for entry in entries:
        parts = take_apart(entry.raw)
        if parts.is_request:
            found = tuple(responses.get(_key(entry, parts), ()))
            exchanges.append(Exchange(len(exchanges), entry, found, parts))
    return Conversation(name, tuple(entries), tuple(exchanges))


def _key(entry: TraceEntry, parts: Parts) -> str:
    if parts.is_http:
        return str(entry.answers.number if entry.answers is not None else entry.number)
    return branch_of(parts) + (parts.get("CSeq") or "")


def branch_of(parts: Parts) -> str:
    found = re.search(r";branch=([^;,\s]+)", parts.get("Via") or "")
    return found[1] if found else ""


def with_branch(parts: Parts, branch: str) -> Parts:
    return parts.with_value(
        "Via", lambda each: re.sub(r";branch=[^;,]+", f";branch={branch}", each)
    )


def without_credentials(parts: Parts) -> Parts:
    rows = tuple(row for row in parts.rows if "Authorization" not in row[0])
    return replace(parts, rows=rows)


def with_parts(entry: TraceEntry, parts: Parts) -> TraceEntry:
    return replace(entry, raw=parts.raw(), _parsed=[])


def _with_request(exchange: Exchange, edit: Edit) -> Iterator[TraceEntry]:
    old, new = exchange.parts, edit(exchange.parts)
    if new.body != old.body:
        new = new.with_body(new.body)
    yield with_parts(exchange.request, new)
    for response in exchange.responses:
        parts = take_apart(response.raw)
        yield response if new.is_http else with_parts(response, _mirror(parts, old, new))


def _mirror(response: Parts, old: Parts, new: Parts) -> Parts:
    for name in _MIRRORED:
        value = new.get(name)
        if value is not None:
            response = _written(response, name, value)
    if new.get("To") != old.get("To"):
        to = new.get("To") or ""
        tag = "" if ";tag=" in to else ";tag=answer"
        response = response.with_value("To", lambda _: to + tag)
    if new.get("Via") != old.get("Via") and new.get("Via") is not None:
        response = response.with_value("Via", lambda via: _answered_via(new.get("Via") or "", via))
    return with_branch(response, branch_of(new))


def _answered_via(asked: str, before: str) -> str:
    """The Via of a request as a server answers it that had answered another with `before`."""
    found = re.search(r";rport=\d+", before)
    via = re.sub(r";rport(?=;|$)", found[0], asked, count=1) if found else asked
    return via + "".join(re.findall(r";(?:keep|received)=[^;]*", before))


def _written(parts: Parts, name: str, value: str) -> Parts:
    return parts.with_value(name, lambda _: value)


def _at(entries: Sequence[TraceEntry] | Iterator[TraceEntry], time: float) -> list[TraceEntry]:
    given = list(entries)
    return [replace(each, time=each.time - given[0].time + time, _parsed=[]) for each in given]


def in_order(entries: Sequence[TraceEntry]) -> list[TraceEntry]:
    """Entries as a trace of their own, in the order of time."""
    return renumbered(sorted(entries, key=lambda each: each.time))
