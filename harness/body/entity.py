"""Bodies as files hold them: alone, compressed, or with the header fields that describe them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.body.content_coding import decode
from harness.body.multipart import media_type_of_first_part

_GZIP = b"\x1f\x8b"
_MAX_HEAD = 16 * 1024
_FIELD = re.compile(rb"([!-9;-~]{1,70})[ \t]*:[ \t]*(.*)", re.DOTALL)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_DELIMITER = re.compile(rb"\r?\n?--([0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?])\r?\n")


@dataclass(frozen=True, slots=True)
class Entity:
    """A body with its Content-Type ("" where nothing tells); `lines` stand before it in the file.

    `lines` is None where the body was coded: its lines are not those of the file.
    """

    content_type: str
    data: bytes
    lines: int | None = 0


def read_entity(data: bytes, codings: tuple[str, ...] = ()) -> Entity:
    """The body in a file.

    It may be compressed with gzip, be in `codings`, and have header fields before it, as in a
    saved message: Content-Type and Content-Encoding then tell what it is. A multipart body
    without them has a delimiter first. Raises `BodyError` for what cannot be decoded.
    """
    if not codings and data.startswith(_GZIP):
        codings = ("gzip",)
    is_coded = bool(codings)
    data = decode(data, codings)
    fields, start = _head(data)
    lines: int | None = data.count(b"\n", 0, start)
    body = data[start:]
    inner = tuple(each.strip() for each in fields.get("content-encoding", "").split(",") if each)
    if inner:
        body, lines = decode(body, inner), None
    content_type = fields.get("content-type", "") or _multipart(body)
    return Entity(content_type, body, None if is_coded else lines)


def _head(data: bytes) -> tuple[dict[str, str], int]:
    """The header fields before a body and where it starts; none unless one is Content-Type."""
    end = _HEAD_END.search(data, 0, _MAX_HEAD)
    if end is None or data[:1] in (b"<", b"-", b" ", b"\t", b"\xef", b"\xff", b"\xfe"):
        return {}, 0
    fields = {}
    for line in _FOLD.sub(b" ", data[: end.start()]).splitlines():
        field = _FIELD.fullmatch(line.strip())
        if field is not None:
            fields[field[1].decode("ascii").lower()] = field[2].decode("utf-8", "replace").strip()
        elif fields:
            return {}, 0  # the first line may be a start-line, no other
    return (fields, end.end()) if "content-type" in fields else ({}, 0)


def _multipart(body: bytes) -> str:
    """The Content-Type of a body that begins with a delimiter; "" for any other."""
    found = _DELIMITER.match(body)
    if found is None:
        return ""
    boundary = found[1].decode("ascii")
    mixed = f'multipart/mixed;boundary="{boundary}"'
    root = media_type_of_first_part(body, mixed)
    if root != "application/rlmi+xml":
        return mixed
    return f'multipart/related;type="{root}";boundary="{boundary}"'
