"""The text of a message as a reader sees it, with the places that findings name marked.

Everything is cut at bytes, so that offsets are right whatever the message holds; what cannot be
shown is escaped. The result is plain values: how a mark looks is for the view to say.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from harness.model import Finding
from harness.report.text import plain
from harness.trace import Message

MAX_TEXT = 32 * 1024
"""Bytes of a message that are shown at most."""
_BEFORE, _AFTER = 120, 360
_MAX_MARK = 2048
_MAX_BINARY = 512
# Shorter texts stand by chance in too many places.
_MIN_PART = 4
# Checks cut long observations, so that one may be only the beginning of what it is about.
_CUT = 200
_TOKEN = re.compile(rb"[^\s,;<>=\"]+|.", re.DOTALL)
_FIELD_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.!%*_+`'~-]*")
_START_LINE = frozenset(
    {"start-line", "request-line", "status-line", "request-uri", "method", "status", "target"}
    | {"request-target", "reason-phrase", "sip-version", "http-version"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Bytes `start` to `end` of a message; an empty place is between two bytes."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; `kind` is "" for text, "mark", "escape" or "gap" (something left out)."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message; `number` counts from 1, `ending` is how it ends where not by CRLF."""

    number: int
    spans: tuple[Span, ...]
    is_marked: bool
    is_body: bool
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """The lines of a message, and how many of its bytes are left out at its end."""

    lines: tuple[Line, ...]
    left_out: int = 0


def places_of(message: Message, finding: Finding) -> tuple[Place, ...]:
    """Where in the message a finding points; empty where it names no bytes of it."""
    raw = message.raw
    if finding.offset is not None:
        return (
            (_at(message, finding.offset, finding.observed),) if _is_in(raw, finding.offset) else ()
        )
    name = finding.where.lower()
    if name.split(" ")[0] in _START_LINE:
        return (Place(0, _end_of_line(raw, 0)),)
    field = _field(finding.where)
    return tuple(_row(raw, each.offset) for each in message.headers.rows(field)) if field else ()


def missing_field(message: Message, finding: Finding) -> str:
    """The header field that a finding is about and the message does not have, "" if none."""
    field = _field(finding.where)
    is_place = finding.offset is not None or not field or field.lower() in _START_LINE
    if is_place or finding.where != field or not field[0].isupper():
        return ""
    return "" if message.headers.rows(field) else field


def whole(message: Message, findings: Iterable[Finding]) -> Shown:
    """The message from its beginning, as far as is reasonable to show."""
    raw = message.raw
    marks = _merged(place for each in findings for place in places_of(message, each))
    body = _body(raw)
    limit = min(len(raw), body + _MAX_BINARY if b"\0" in raw[body:] else MAX_TEXT)
    lines = [
        _line(raw, each, marks, Place(each.start, min(each.end, limit)))
        for each in _split(raw)
        if each.start < limit
    ]
    return Shown(tuple(lines), len(raw) - limit)


def excerpt(message: Message, finding: Finding) -> Shown:
    """What a finding is about: the start-line and the marked lines with those around them."""
    raw = message.raw
    marks = _merged(places_of(message, finding))
    bounds = _split(raw) if marks else []
    marked = {at for at, each in enumerate(bounds) if _touching(each, marks)}
    wanted = marked | {at + step for at in marked for step in (-1, 1)} | {0}
    lines = []
    for at in sorted(wanted & set(range(len(bounds)))):
        each = bounds[at]
        start, end = each.start, min(each.end, each.start + _BEFORE)
        if at in marked:
            touching = _touching(each, marks)
            start = max(start, touching[0].start - _BEFORE)
            end = min(each.end, touching[0].end + _AFTER)
        lines.append(_line(raw, each, marks, Place(start, end)))
    return Shown(tuple(lines))


# -- places ----------------------------------------------------------------------------------------


def _is_in(raw: bytes, offset: int) -> bool:
    return 0 <= offset <= len(raw)


def _at(message: Message, offset: int, observed: str) -> Place:
    """What was observed, if it stands there; else the field that begins there, or the token."""
    raw = message.raw
    row = _row(raw, offset)
    seen = observed.encode("utf-8", "surrogateescape")
    if len(seen) >= _CUT and raw.startswith(seen, offset):
        return row
    if seen and raw.startswith(seen, offset):
        return Place(offset, offset + min(len(seen), _MAX_MARK))
    # An offset may be that of the field where what was observed is only a part of it.
    part = raw.find(seen, row.start, row.end) if len(seen) >= _MIN_PART else -1
    if part >= 0:
        return Place(part, part + len(seen))
    if row.end == offset or any(each.offset == offset for each in message.headers):
        return row
    token = _TOKEN.match(raw, offset)
    return Place(offset, min(token.end() if token else offset, offset + _MAX_MARK))


def _row(raw: bytes, offset: int) -> Place:
    """The value of a header field, its continuation lines included."""
    end = _end_of_line(raw, offset)
    while raw[end : end + 2] == b"\r\n" and raw[end + 2 : end + 3] in (b" ", b"\t"):
        end = _end_of_line(raw, end + 2)
    return Place(offset, min(end, offset + _MAX_MARK))


def _end_of_line(raw: bytes, offset: int) -> int:
    end = raw.find(b"\n", offset)
    if end < 0:
        return len(raw)
    return end - 1 if end > offset and raw[end - 1 : end] == b"\r" else end


def _field(where: str) -> str:
    match = _FIELD_NAME.match(where)
    return match[0] if match is not None else ""


def _merged(places: Iterable[Place]) -> tuple[Place, ...]:
    merged: list[Place] = []
    for place in sorted(places, key=lambda each: (each.start, each.end)):
        if merged and place.start <= merged[-1].end:
            merged[-1] = Place(merged[-1].start, max(merged[-1].end, place.end))
        else:
            merged.append(place)
    return tuple(merged)


# -- lines -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Where a line stands in a message, without its ending."""

    number: int
    start: int
    end: int
    ending: str


def _split(raw: bytes) -> list[_Bounds]:
    bounds: list[_Bounds] = []
    start, is_body = 0, False
    while start < len(raw):
        feed = raw.find(b"\n", start)
        end = len(raw) if feed < 0 else feed
        ending = "" if is_body or feed < 0 else "LF"
        if feed > start and raw[feed - 1 : feed] == b"\r":
            end, ending = feed - 1, ""
        bounds.append(_Bounds(len(bounds) + 1, start, end, ending))
        # Only of the head is it said how lines end (RFC 3261 §7, RFC 9112 §2.2).
        is_body = is_body or end == start
        start = len(raw) if feed < 0 else feed + 1
    return bounds


def _body(raw: bytes) -> int:
    head = raw.find(b"\r\n\r\n")
    return len(raw) if head < 0 else head + 4


def _touching(bounds: _Bounds, marks: Sequence[Place]) -> list[Place]:
    return [each for each in marks if each.start <= bounds.end and each.end >= bounds.start]


def _line(raw: bytes, bounds: _Bounds, marks: Sequence[Place], clip: Place) -> Line:
    """A line, of which the bytes in `clip` are shown."""
    touching = _touching(bounds, marks)
    spans: list[Span] = [Span("…", "gap")] if clip.start > bounds.start else []
    at = clip.start
    for mark in touching:
        start, end = max(mark.start, at), min(mark.end, clip.end)
        if start > clip.end:
            break
        spans += _readable(raw[at:start])
        # An empty place shows as a sign of its own.
        spans.append(Span(plain_bytes(raw[start:end]) or "▸", "mark"))
        at = max(start, end)
    spans += _readable(raw[at : clip.end])
    if clip.end < bounds.end:
        spans.append(Span(f"… {bounds.end - clip.end} bytes", "gap"))
    is_body = bounds.start >= _body(raw)
    return Line(bounds.number, tuple(spans), bool(touching), is_body, bounds.ending)


def plain_bytes(data: bytes) -> str:
    """Bytes as one line of text; what cannot be shown is escaped."""
    text = data.decode("utf-8", "surrogateescape")
    return plain(text, len(text))


def _readable(data: bytes) -> Iterator[Span]:
    """Text, with what had to be escaped as spans of their own."""
    text = data.decode("utf-8", "surrogateescape")
    for is_shown, group in itertools.groupby(text, key=lambda each: plain(each) == each):
        yield Span(plain("".join(group), len(data)), "" if is_shown else "escape")
