"""Transfer and content codings, decoded with a bound on what they may grow to."""

from __future__ import annotations

import re
import zlib

MAX_DECODED = 16 * 1024 * 1024
"""Octets that a decoded body may have; a compressed body can claim any size."""

MAX_CODINGS = 4
"""Content codings applied one over another that we undo."""

_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_TRAILER_END = re.compile(rb"(?:[^\r\n]+\r?\n)*\r?\n")


class CodingError(ValueError):
    """A coded body that cannot be decoded; `decoded` is what could be, `offset` where it ends."""

    def __init__(self, expected: str, observed: str, offset: int = 0, decoded: bytes = b"") -> None:
        super().__init__(f"expected {expected}, observed {observed}")
        self.expected = expected
        self.observed = observed
        self.offset = offset
        self.decoded = decoded


def decode_chunked(data: bytes) -> bytes:
    """Undo the chunked transfer coding (RFC 9112 §7.1); raises `CodingError`."""
    chunks: list[bytes] = []
    position = 0
    while True:
        line = _CHUNK_LINE.match(data, position)
        if line is None:
            raise _cut_or_wrong(data, position, "chunk-size CRLF", chunks)
        size = int(line[1], 16)
        position = line.end()
        if size == 0:
            break
        chunk = data[position : position + size]
        chunks.append(chunk)
        end = re.compile(rb"\r?\n").match(data, position + size)
        if end is None:
            where = position + len(chunk)
            raise _cut_or_wrong(data, where, "CRLF after chunk-data", chunks)
        position = end.end()
    if _TRAILER_END.match(data, position) is None:
        # Whatever its lines are, the section ends with an empty one: what lacks it is cut.
        raise _cut_or_wrong(data, len(data), "trailer-section CRLF", chunks)
    return b"".join(chunks)


def _cut_or_wrong(data: bytes, position: int, expected: str, chunks: list[bytes]) -> CodingError:
    """Why chunked data ends at `position`: at the end of the data where its last line is cut."""
    where = position if b"\n" in data[position:] else len(data)
    seen = repr(data[where : where + 20])
    return CodingError(expected, seen, where, b"".join(chunks))


def decode_content(data: bytes, codings: tuple[str, ...]) -> bytes:
    """Undo the content codings, the last applied first (RFC 9110 §8.4); raises `CodingError`."""
    if not data:
        return data
    if len(codings) > MAX_CODINGS:
        raise CodingError(f"at most {MAX_CODINGS} content codings", str(len(codings)))
    for coding in reversed(codings):
        name = coding.lower()
        if name in ("gzip", "x-gzip"):
            data = _inflate(data, coding, zlib.MAX_WBITS | 16)
        elif name == "deflate":
            # RFC 9110 §8.4.1.2: the zlib format, but some send the bare deflate stream.
            bits = zlib.MAX_WBITS if data[:1] == b"\x78" else -zlib.MAX_WBITS
            data = _inflate(data, coding, bits)
        elif name != "identity":
            raise CodingError("content coding gzip or deflate", coding)
    return data


def _inflate(data: bytes, coding: str, window_bits: int) -> bytes:
    inflater = zlib.decompressobj(window_bits)
    try:
        decoded = inflater.decompress(data, MAX_DECODED)
    except zlib.error as error:
        raise CodingError(f"{coding} data", str(error)) from error
    if inflater.unconsumed_tail:
        raise CodingError(f"at most {MAX_DECODED} octets of {coding} data", "more")
    if not inflater.eof:
        raise CodingError(f"{coding} data", "cut short")
    return decoded
