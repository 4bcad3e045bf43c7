"""Cutting a SIP message into start-line, header field rows and body (RFC 3261 §7); never raises."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.model import Malformed
from harness.sip.headers import HeaderField, canonical_name

# RFC 3261 §7.5: CRLFs before the start-line are ignored.
_LEADING_LINES = re.compile(rb"[\r\n]*+")
_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
# header-name HCOLON (RFC 3261 §25.1)
_FIELD_NAME = re.compile(rb"([A-Za-z0-9\-.!%*_+`'~]++)[ \t]*+:[ \t]*+")
# A row as nearly all are: ASCII, on one line, which ends with CRLF or is the last.
_PLAIN_ROW = re.compile(
    r"([A-Za-z0-9\-.!%*_+`'~]++)([ \t]*+:[ \t]*+)([^\r\n]*+)(?:\r\n|\Z)", re.ASCII
)
_HEADER_NAME = re.compile(rb"[A-Za-z0-9\-.!%*_+`'~]++[ \t]*+")
_BLANK = b" \t"
_EXCERPT = 80


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message cut into its parts; `start_offset` and `body_offset` are bytes from its start.

    `rest` is all that follows the header fields; how much of it is body, Content-Length tells.
    """

    start_line: bytes
    start_offset: int
    fields: tuple[HeaderField, ...]
    rest: bytes
    body_offset: int
    problems: tuple[Malformed, ...]


def excerpt(data: bytes | str) -> str:
    """What stands in a message, short enough for a report, with unprintable characters escaped."""
    text = data if isinstance(data, str) else data.decode("utf-8", "surrogateescape")
    short = text[:_EXCERPT] + ("..." if len(text) > _EXCERPT else "")
    return short.encode("unicode_escape").decode("ascii") if not short.isprintable() else short


def cut(raw: bytes) -> RawMessage:
    """Cut a message at its line ends and its empty line."""
    start = _match_end(_LEADING_LINES, raw)
    problems: list[Malformed] = []
    end = _END_OF_HEADERS.search(raw, start)
    if end is None:
        head, body_offset = raw[start:], len(raw)
        observed = "end of message"
        problems.append(Malformed(len(raw), "message", "CRLF before message-body", observed))
    else:
        head, body_offset = raw[start : end.start()], end.end()
        problems += _bare_line_feeds(raw, start, body_offset)
    start_line, fields = _cut_head(head, start, problems)
    return RawMessage(
        start_line, start, tuple(fields), raw[body_offset:], body_offset, tuple(problems)
    )


def _match_end(pattern: re.Pattern[bytes], raw: bytes) -> int:
    match = pattern.match(raw)
    return match.end() if match else 0


def _bare_line_feeds(raw: bytes, start: int, end: int) -> list[Malformed]:
    head = raw[start:end]
    if head.count(b"\n") == head.count(b"\r\n"):
        return []
    # One entry for the message: a sender that ends one line so ends them all so.
    bare = re.search(rb"(?<!\r)\n", head)
    offset = start + (bare.start() if bare else 0)
    return [Malformed(offset, "message", "CRLF", "LF")]


def _cut_head(
    head: bytes, start: int, problems: list[Malformed]
) -> tuple[bytes, list[HeaderField]]:
    plain = _cut_plain(head, start)
    if plain is not None:
        return plain
    lines = head.split(b"\n")
    start_line = lines[0].removesuffix(b"\r")
    offset = start + len(lines[0]) + 1
    fields: list[HeaderField] = []
    if b"\n " not in head and b"\n\t" not in head:
        for line in lines[1:]:
            _take_line(offset, line.removesuffix(b"\r"), fields, problems)
            offset += len(line) + 1
        return start_line, fields
    pending: list[tuple[int, bytes]] = []  # the lines of one folded header field
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t") and pending:
            pending.append((offset, line.removesuffix(b"\r")))
        else:
            _take_field(pending, fields, problems)
            pending = [(offset, line.removesuffix(b"\r"))]
        offset += len(line) + 1
    _take_field(pending, fields, problems)
    return start_line, fields


def _cut_plain(head: bytes, start: int) -> tuple[bytes, list[HeaderField]] | None:
    """The same for a head with nothing unusual in it; None for any other."""
    first = head.find(b"\r\n")
    if first < 0 or not head.isascii():
        return None
    text, position = head.decode("ascii"), first + 2
    fields: list[HeaderField] = []
    while match := _PLAIN_ROW.match(text, position):
        written, separator, value = match.groups()
        offset = start + position + len(written) + len(separator)
        fields.append(HeaderField(canonical_name(written), written, value.rstrip(" \t"), offset))
        position = match.end()
    is_whole = position == len(text) and not text.endswith("\r\n")
    return (head[:first], fields) if is_whole and b"\n" not in head[:first] else None


def _take_line(
    offset: int, line: bytes, fields: list[HeaderField], problems: list[Malformed]
) -> None:
    """A header field that is not folded."""
    match = _FIELD_NAME.match(line)
    if match is None:
        _take_field([(offset, line)], fields, problems)
        return
    written, start = match[1].decode("ascii"), match.end()
    value = line[start:].rstrip(_BLANK).decode("utf-8", "surrogateescape")
    fields.append(HeaderField(canonical_name(written), written, value, offset + start))


def _take_field(
    lines: list[tuple[int, bytes]], fields: list[HeaderField], problems: list[Malformed]
) -> None:
    if not lines or (len(lines) == 1 and not lines[0][1].strip(_BLANK)):
        return
    offset, first = lines[0]
    match = _FIELD_NAME.match(first)
    if match is None:
        problems.append(_no_header(offset, first))
        return
    written = match[1].decode("ascii")
    pieces = [_strip(offset + match.end(), first[match.end() :])]
    pieces += [_strip(*line) for line in lines[1:]]
    # RFC 3261 §7.3.1: a fold with the blanks around it counts as a single SP.
    pieces = [piece for piece in pieces if piece[1]] or pieces[:1]
    folds, position = [], 0
    for piece_offset, piece in pieces:
        folds.append((position, piece_offset))
        position += len(piece) + 1
    value = b" ".join(piece for _, piece in pieces).decode("utf-8", "surrogateescape")
    fields.append(
        HeaderField(canonical_name(written), written, value, pieces[0][0], tuple(folds[1:]))
    )


def _no_header(offset: int, line: bytes) -> Malformed:
    name = _HEADER_NAME.match(line)
    at = name.end() if name else 0
    expected = "HCOLON" if at else "header-name"
    observed = excerpt(line[at:]) or "end of message-header"
    return Malformed(offset + at, "message-header", expected, observed)


def _strip(offset: int, text: bytes) -> tuple[int, bytes]:
    left = text.lstrip(_BLANK)
    return offset + len(text) - len(left), left.rstrip(_BLANK)
