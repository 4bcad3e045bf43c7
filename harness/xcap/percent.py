"""Percent-decoding that remembers where each character came from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

_HEX_OCTET = re.compile(r"%([0-9A-Fa-f]{2})")
_ASCII_RUN = re.compile(r"[^%]++|(?:%[0-7][0-9A-Fa-f])++")
# RFC 3986 §3.3 pchar without pct-encoded; ";" stays out, as a SIP URI inside a path segment reads
# better to servers that take it for a path parameter.
_SEGMENT_SAFE = "-._~!$&'()*+,=:@"


class Decoded(NamedTuple):
    """Decoded text; `offsets[i]` is where character i stands in the URI, `start` the first."""

    text: str
    start: int
    offsets: Sequence[int]
    end: int
    error: tuple[int, str] | None = None

    def offset(self, index: int) -> int:
        """Where character `index` of the text stands in the URI."""
        return self.offsets[index] if index < len(self.offsets) else self.end

    @staticmethod
    def plain(text: str) -> Decoded:
        return Decoded(text, 0, range(len(text)), len(text))


def percent_decode(uri: str, start: int, stop: int) -> Decoded:
    """Decode `uri[start:stop]` as UTF-8 (RFC 3986 §2.1, RFC 4825 §6.3).

    `error` tells the offset and reason of the first triplet that is none, or of octets that are
    not UTF-8; the text then holds them as they stand, or replaced.
    """
    return _decode_ascii(uri, start, stop) or _decode_octets(uri, start, stop)


def _decode_ascii(uri: str, start: int, stop: int) -> Decoded | None:
    """The usual case, decoded run by run; None where anything in it is not ASCII, or an error."""
    part = uri[start:stop]
    if not part.isascii():
        return None
    if "%" not in part:
        return Decoded(part, start, range(start, stop), stop)
    texts: list[str] = []
    offsets: list[int] = []
    position = start
    while match := _ASCII_RUN.match(uri, position, stop):
        run, end = match[0], match.end()
        is_encoded = run[0] == "%"
        texts.append(bytes.fromhex(run.replace("%", "")).decode("ascii") if is_encoded else run)
        offsets += range(position, end, 3 if is_encoded else 1)
        position = end
    return Decoded("".join(texts), start, offsets, stop) if position == stop else None


def _decode_octets(uri: str, start: int, stop: int) -> Decoded:
    octets = bytearray()
    positions: list[int] = []
    error: tuple[int, str] | None = None
    index = start
    while index < stop:
        match = _HEX_OCTET.match(uri, index, stop)
        if match is not None:
            octets.append(int(match[1], 16))
            positions.append(index)
            index += 3
            continue
        if uri[index] == "%" and error is None:
            error = (index, "% is not followed by two hexadecimal digits")
        encoded = uri[index].encode("utf-8", "surrogateescape")
        octets += encoded
        positions += [index] * len(encoded)
        index += 1
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as failure:
        error = error or (positions[failure.start], "the decoded octets are not UTF-8")
        return Decoded(octets.decode("utf-8", "replace"), start, (), stop, error)
    return Decoded(text, start, tuple(_first_octets(text, positions)), stop, error)


def _first_octets(text: str, positions: list[int]) -> list[int]:
    """The position of the first octet of each character."""
    offsets: list[int] = []
    at = 0
    for char in text:
        offsets.append(positions[at])
        at += len(char.encode("utf-8"))
    return offsets


def percent_encode(text: str) -> str:
    """Encode `text` as one path segment of an XCAP URI (RFC 4825 §6.3)."""
    return quote(text, safe=_SEGMENT_SAFE)


def quote_node_selector(text: str) -> str:
    """Encode a node selector or an xmlns() query: quotes and brackets too, slashes not."""
    return quote(text, safe=_SEGMENT_SAFE + ";/")
