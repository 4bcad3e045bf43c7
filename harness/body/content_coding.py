"""Content codings of SIP bodies (RFC 3261 §20.12), undone within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence

from harness.body.schema import MAX_BYTES, BodyError

MAX_CODINGS = 3
_GZIP_MAGIC = b"\x1f\x8b"


def decode(data: bytes, codings: Sequence[str], limit: int = MAX_BYTES) -> bytes:
    """`data` with `codings` undone, the last applied first (RFC 9110 §8.4).

    Known are gzip, x-gzip, deflate (with zlib's frame or without it, as some senders do) and
    identity. Raises `BodyError` for others, for data that is not of its coding, and where more
    than `limit` bytes come out.
    """
    if len(codings) > MAX_CODINGS:
        raise BodyError(f"{len(codings)} content codings, at most {MAX_CODINGS} are undone")
    for name in reversed(codings):
        match name.strip().lower():
            case "identity" | "":
                continue
            case "gzip" | "x-gzip":
                data = _inflate(data, (16 + zlib.MAX_WBITS,), limit, name)
            case "deflate":
                data = _inflate(data, (zlib.MAX_WBITS, -zlib.MAX_WBITS), limit, name)
            case _:
                raise BodyError(f"unknown content coding {name!r}")
    return data


def encode(data: bytes, coding: str) -> bytes:
    """`data` in one coding: "gzip", "deflate" (zlib's frame) or "identity"."""
    match coding.lower():
        case "gzip":
            return gzip.compress(data, mtime=0)
        case "deflate":
            return zlib.compress(data)
        case "identity":
            return data
    raise BodyError(f"unknown content coding {coding!r}")


def _inflate(data: bytes, formats: Sequence[int], limit: int, name: str) -> bytes:
    reason = ""
    for bits in formats:
        try:
            return _inflate_members(data, bits, limit, name)
        except zlib.error as error:
            reason = str(error)
    raise BodyError(f"the body is not {name}: {reason}", offset=0)


def _inflate_members(data: bytes, bits: int, limit: int, name: str) -> bytes:
    """One stream; of gzip as many as there are: RFC 1952 §2.2, "a series of members"."""
    found = b""
    rest = data
    while True:
        stream = zlib.decompressobj(bits)
        found += stream.decompress(rest, limit + 1 - len(found))
        if len(found) > limit:
            raise BodyError(f"the {name} body has more than {limit} bytes when decoded")
        if not stream.eof:
            raise BodyError(f"the {name} body is cut off", offset=len(data))
        rest = stream.unused_data
        if not rest:
            return found
        if not rest.startswith(_GZIP_MAGIC) or bits <= zlib.MAX_WBITS:
            raise BodyError(
                f"{len(rest)} bytes follow the {name} body", offset=len(data) - len(rest)
            )
