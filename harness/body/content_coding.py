"""Content codings of SIP bodies (RFC 3261 §20.12), undone within bounds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence

from harness.body.schema import MAX_BYTES, BodyError

MAX_CODINGS = 3


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
        stream = zlib.decompressobj(bits)
        try:
            found = stream.decompress(data, limit + 1)
        except zlib.error as error:
            reason = str(error)
            continue
        if len(found) > limit:
            raise BodyError(f"the {name} body has more than {limit} bytes when decoded")
        if not stream.eof:
            raise BodyError(f"the {name} body is cut off", offset=len(data))
        if stream.unused_data:
            raise BodyError(
                f"{len(stream.unused_data)} bytes follow the {name} body",
                offset=len(data) - len(stream.unused_data),
            )
        return found
    raise BodyError(f"the body is not {name}: {reason}", offset=0)
