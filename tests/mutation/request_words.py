"""The words for faults in one request: where they can be, and what is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.trace import TraceEntry
from tests.mutation.conversations import Conversation, Exchange, branch_of, with_branch
from tests.mutation.spelling import Parts

OTHER = "sip:+441111111111@test-rcs.com"
PROXIES = "<sip:192.0.2.9:5060;lr>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its class, what was done where, and the conversation with it."""

    kind: str
    what: str
    entries: list[TraceEntry]


Where = Callable[[Conversation, Exchange], bool]
Change = Callable[[Conversation, Exchange, Parts], Parts | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A fault of a request: which requests can have it, and how it is made."""

    kind: str
    what: str
    where: Where
    change: Change
    is_last: bool = False
    """Whether the conversation ends here: what follows would take up what the fault began."""


# -- which requests ------------------------------------------------------------------------------


def sip(talk: Conversation, at: Exchange) -> bool:
    return not at.is_http


def method(*names: str) -> Where:
    return lambda talk, at: at.method in names


def inside(talk: Conversation, at: Exchange) -> bool:
    return sip(talk, at) and at.is_inside


def initial(talk: Conversation, at: Exchange) -> bool:
    return at.method in ("SUBSCRIBE", "PUBLISH") and not at.is_inside


def later(name: str) -> Where:
    return lambda talk, at: at.method == name and talk.before(at) is not None


def after(*statuses: int) -> Where:
    return lambda talk, at: sip(talk, at) and any(talk.answered(at, status) for status in statuses)


def has(name: str, text: str = "") -> Where:
    return lambda talk, at: sip(talk, at) and text in (at.parts.get(name) or "\0")


def both(one: Where, other: Where) -> Where:
    return lambda talk, at: one(talk, at) and other(talk, at)


def routed(count: int) -> Where:
    return lambda talk, at: (at.parts.get("Route") or "").count("<") >= count


# -- what is done --------------------------------------------------------------------------------


def swap(name: str, pattern: str, text: str) -> Change:
    return lambda talk, at, parts: parts.with_value(
        name, lambda value: re.sub(pattern, text, value, count=1)
    )


def write(name: str, value: str) -> Change:
    return lambda talk, at, parts: parts.with_value(name, lambda _: value)


def drop(name: str) -> Change:
    return lambda talk, at, parts: replace(
        parts, rows=tuple(row for row in parts.rows if row[0] != name)
    )


def add(name: str, value: str) -> Change:
    return lambda talk, at, parts: replace(parts, rows=((name, value), *parts.rows))


def rename(old: str, new: str) -> Change:
    return lambda talk, at, parts: replace(
        parts, rows=tuple((new if row[0] == old else row[0], row[1]) for row in parts.rows)
    )


def cseq(step: int) -> Change:
    """A CSeq number that far from the one before in the same Call-ID."""

    def change(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
        earlier = talk.before(at)
        if earlier is None:
            return None
        number = int((earlier.parts.get("CSeq") or "0").split(" ")[0]) + step
        return parts.with_value("CSeq", lambda _: f"{number} {parts.method}")

    return change


def branch_of_the_one_before(name: str = "") -> Change:
    def change(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
        earlier = talk.before(at, name)
        return with_branch(parts, branch_of(earlier.parts)) if earlier is not None else None

    return change


def request_uri(uri: str) -> Change:
    return lambda talk, at, parts: replace(
        parts, start=f"{parts.method} {uri} {parts.start.rpartition(' ')[2]}"
    )


def turned_route(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
    return parts.with_value("Route", lambda value: ", ".join(reversed(value.split(", "))))


def short_route(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
    return parts.with_value("Route", lambda value: value.rpartition(", ")[0])


def earlier_tag(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    """The entity-tag that the latest one has replaced."""
    used = [
        each.parts.get("SIP-If-Match")
        for each in talk.exchanges[: at.place]
        if each.method == "PUBLISH" and each.parts.get("SIP-If-Match")
    ]
    return parts.with_value("SIP-If-Match", lambda _: str(used[-1])) if used else None


def repeated_tag(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    earlier = talk.before(at)
    tag = earlier.parts.get("SIP-If-Match") if earlier is not None else None
    return add("SIP-If-Match", tag)(talk, at, parts) if tag else None


def without_body(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    bare = drop("Content-Type")(talk, at, parts)
    return bare.with_body(b"") if bare is not None else None


def same_credentials(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    """What was refused is sent again as it was."""
    earlier = talk.before(at)
    value = earlier.parts.get("Authorization") if earlier is not None else None
    return parts.with_value("Authorization", lambda _: str(value)) if value else None


def no_credentials(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
    names = ("Authorization", "Proxy-Authorization")
    return replace(parts, rows=tuple(row for row in parts.rows if row[0] not in names))


def old_dialog(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    """The next refresh of the dialog that the request before has lost, in place of a new one."""
    lost = [
        each
        for each in talk.exchanges[: at.place]
        if each.method == "SUBSCRIBE" and each.is_inside and each.status == 481
    ]
    if not lost or at.is_inside:
        return None
    old = lost[-1].parts
    number = int((old.get("CSeq") or "0").split(" ")[0]) + 1
    return with_branch(old, branch_of(parts)).with_value("CSeq", lambda _: f"{number} SUBSCRIBE")


CREDENTIALS = both(
    sip, lambda talk, at: 'response="' in credentials(at) and "nc=" in credentials(at)
)


def credentials(at: Exchange) -> str:
    return (at.parts.get("Authorization") or "") + (at.parts.get("Proxy-Authorization") or "")


def in_credentials(pattern: str, text: str) -> Change:
    def change(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
        for name in ("Authorization", "Proxy-Authorization"):
            parts = parts.with_value(name, lambda value: re.sub(pattern, text, value, count=1))
        return parts

    return change
