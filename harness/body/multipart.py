"""Multipart bodies: strict when written, tolerant when read (RFC 2046 §5.1, RFC 2387).

Reading never raises: what is wrong is in `Multipart.malformed`, with offsets into the body.
"""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.model import Malformed

MAX_PARTS = 1000
_REMEMBERED = 16
"""Bodies: several checks, and what the session learns, look into the same one."""

_BCHARS = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+", re.ASCII)
_PARAMETER = re.compile(
    r';[ \t\r\n]*([^\s=;"]+)[ \t\r\n]*=[ \t\r\n]*("(?:[^"\\]|\\.)*+"|[^;"]*)', re.DOTALL
)
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_END_OF_DELIMITER = re.compile(rb"(--)?[ \t]*+(?=\r\n|\n|\Z)")
_LINE_END = re.compile(rb"\r?\n")
_ESCAPED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_CONTENT_ID = re.compile(r"\s*<[^<>\s]+>\s*")
_END_OF_HEADERS = re.compile(rb"\r\n\r\n|\n\n|\n\r\n")


@dataclass(frozen=True, slots=True)
class Part:
    """One body part. `headers` are name and value as written (unfolded); `offset` is where the
    part's content starts in the whole body."""

    headers: tuple[tuple[str, str], ...]
    body: bytes
    offset: int = 0

    def header(self, name: str) -> str | None:
        """The first header field of this name, compared without case."""
        wanted = name.lower()
        for written, value in self.headers:
            if written.lower() == wanted:
                return value
        return None

    @property
    def content_type(self) -> str:
        """The Content-Type value; a part without one is text/plain (RFC 2046 §5.1)."""
        return self.header("Content-Type") or "text/plain"

    @property
    def media_type(self) -> str:
        """Content-Type without parameters, in lower case: "application/pidf+xml"."""
        return _essence(self.content_type)

    @property
    def content_id(self) -> str | None:
        """The Content-ID without its angle brackets, as RLMI's cid names it (RFC 4662 §5.2)."""
        value = self.header("Content-ID")
        return None if value is None else value.strip().removeprefix("<").removesuffix(">")

    @property
    def content(self) -> bytes:
        """The body with its Content-Transfer-Encoding undone (RFC 2045 §6); SIP uses binary."""
        encoding = (self.header("Content-Transfer-Encoding") or "binary").strip().lower()
        if encoding == "quoted-printable":
            return quopri.decodestring(self.body)
        if encoding == "base64":
            try:
                return base64.b64decode(self.body)
            except ValueError:
                return self.body
        return self.body

    def multipart(self) -> Multipart | None:
        """The parts inside, if this part is a multipart itself (a nested list)."""
        if not self.media_type.startswith("multipart/"):
            return None
        return parse_multipart(self.body, self.content_type)


@dataclass(frozen=True, slots=True)
class Multipart:
    """A multipart body; `root` is the part that RFC 2387 §3.2 says to read first."""

    media_type: str
    boundary: str
    parts: tuple[Part, ...]
    root: Part | None
    preamble: bytes = b""
    epilogue: bytes = b""
    malformed: tuple[Malformed, ...] = ()

    def part(self, content_id: str) -> Part | None:
        """The part with this Content-ID, given with or without angle brackets."""
        wanted = content_id.strip().removeprefix("<").removesuffix(">")
        return next((part for part in self.parts if part.content_id == wanted), None)


@lru_cache(_REMEMBERED)
def parse_multipart(body: bytes, content_type: str) -> Multipart:
    """Read `body`, whose Content-Type field has the value `content_type`, parameters included."""
    media_type = _essence(content_type)
    parameters = _parameters(content_type)
    boundary = parameters.get("boundary", "")
    faults = list(_boundary_faults(parameters))
    if not boundary:
        return Multipart(media_type, "", (), None, preamble=body, malformed=tuple(faults))
    preamble, pieces, epilogue, framing_faults = _split(body, boundary)
    faults += framing_faults
    parts = []
    for start, end in pieces:
        part, part_faults = _parse_part(body[start:end], start)
        parts.append(part)
        faults += part_faults
    root = parts[0] if parts else None
    if media_type == "multipart/related":
        root, related_faults = _related_root(parts, parameters)
        faults += related_faults
    return Multipart(media_type, boundary, tuple(parts), root, preamble, epilogue, tuple(faults))


def media_type_of_first_part(body: bytes, content_type: str) -> str:
    """The media type of the first part of a multipart body; "" where there is no part."""
    parts = parse_multipart(body, content_type).parts
    return parts[0].media_type if parts else ""


def make_part(content_type: str, body: bytes, content_id: str | None = None) -> Part:
    """A part as SIP carries it: binary, with a Content-ID if something refers to it."""
    headers = [("Content-Transfer-Encoding", "binary"), ("Content-Type", content_type)]
    if content_id is not None:
        headers.insert(1, ("Content-ID", f"<{content_id}>"))
    return Part(tuple(headers), body)


def make_related(parts: Sequence[Part], boundary: str) -> tuple[str, bytes]:
    """The Content-Type value and the body of a multipart/related of `parts`, the root first.

    The boundary is the last parameter, without quotes, and there is no preamble: some phones
    read nothing else. Raises `ValueError` for a boundary that needs quotes or occurs in a part,
    and for no parts.
    """
    if not parts:
        raise ValueError("a multipart body has at least one part (RFC 2046 §5.1.1)")
    if _TOKEN.fullmatch(boundary) is None or _BCHARS.fullmatch(boundary) is None:
        raise ValueError(f"boundary {boundary!r} is not a token of bchars")
    delimiter = b"--" + boundary.encode()
    if any(delimiter in part.body for part in parts):
        raise ValueError(f"boundary {boundary!r} occurs in a part")
    start = parts[0].header("Content-ID")
    value = f'multipart/related;type="{parts[0].media_type}"'
    if start is not None:
        value += f';start="{start}"'
    lines = b"".join(
        b"%s\r\n%s\r\n%s\r\n" % (delimiter, _header_lines(part.headers), part.body)
        for part in parts
    )
    return f"{value};boundary={boundary}", lines + delimiter + b"--\r\n"


def _header_lines(headers: Iterable[tuple[str, str]]) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in headers)


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _parameters(content_type: str) -> dict[str, str]:
    """Parameters by lower-case name, without quotes; the first of a name counts."""
    found: dict[str, str] = {}
    for name, value in _PARAMETER.findall(content_type):
        text = value.strip()
        if text.startswith('"'):
            text = _ESCAPED_PAIR.sub(r"\1", text[1:-1])
        found.setdefault(name.lower(), text)
    return found


def _boundary_faults(parameters: dict[str, str]) -> list[Malformed]:
    boundary = parameters.get("boundary")
    if boundary is None:
        return [Malformed(0, "Content-Type", "boundary parameter (RFC 2046 §5.1.1)", "none")]
    if _BCHARS.fullmatch(boundary) is None:
        return [Malformed(0, "Content-Type", "boundary := 0*69<bchars> bcharsnospace", boundary)]
    return []


def _split(
    body: bytes, boundary: str
) -> tuple[bytes, list[tuple[int, int]], bytes, list[Malformed]]:
    """Preamble, where each part starts and ends, epilogue, and what is wrong with the frame."""
    pieces: list[tuple[int, int]] = []
    faults: list[Malformed] = []
    preamble: bytes | None = None
    start = 0
    for begin, end, is_last in _delimiters(body, boundary):
        if preamble is None:
            preamble = body[:begin]
        elif len(pieces) == MAX_PARTS:
            faults.append(Malformed(begin, "body", f"at most {MAX_PARTS} parts", "more"))
            return preamble, pieces, b"", faults
        else:
            pieces.append((start, begin))
        if body.startswith(b"\n", begin):
            faults.append(_fault(body, begin, "CRLF before the boundary delimiter"))
        start = _skip_line_end(body, end)
        if is_last:
            return preamble, pieces, body[start:], faults
    if preamble is None:
        faults.append(_fault(body, 0, f"dash-boundary --{boundary}"))
        return body, [], b"", faults
    pieces.append((start, len(body)))
    faults.append(_fault(body, len(body), f"close-delimiter --{boundary}--"))
    return preamble, pieces, b"", faults


def _delimiters(body: bytes, boundary: str) -> Iterator[tuple[int, int, bool]]:
    """Where each delimiter line, with the line end before it, starts and ends; is it the last?

    Searched for as it stands: every body has a boundary of its own, too dear to compile.
    """
    dashed = b"--" + boundary.encode("utf-8", "surrogateescape")
    position = body.find(dashed)
    while position >= 0:
        rest = _END_OF_DELIMITER.match(body, position + len(dashed))
        if rest is None or (position and body[position - 1] != 0x0A):
            position = body.find(dashed, position + 1)
            continue
        line_end = 2 if body.startswith(b"\r\n", max(position - 2, 0), position) else 1
        yield max(position - line_end, 0), rest.end(), rest[1] is not None
        position = body.find(dashed, rest.end())


def _skip_line_end(body: bytes, position: int) -> int:
    if body.startswith(b"\r\n", position):
        return position + 2
    return min(position + 1, len(body))


def _fault(body: bytes, offset: int, expected: str) -> Malformed:
    observed = ascii(body[offset : offset + 40].decode("latin-1")) if body[offset:] else "the end"
    return Malformed(offset, "body", expected, observed)


def _parse_part(data: bytes, offset: int) -> tuple[Part, list[Malformed]]:
    if data.startswith((b"\r\n", b"\n")):
        skipped = _skip_line_end(data, 0)
        return Part((), data[skipped:], offset + skipped), []
    end = _END_OF_HEADERS.search(data)
    faults: list[Malformed] = []
    if end is None:
        # RFC 2046 §5.1.1: body-part := MIME-part-headers [CRLF *OCTET]
        if data and not data.endswith(b"\n"):
            faults.append(_fault(data, 0, "an empty line between header fields and content"))
        head, content = data, len(data)
    else:
        head, content = data[: end.start()], end.end()
    headers: list[tuple[str, str]] = []
    for raw in _LINE_END.split(_FOLD.sub(b" ", head)):
        match = _HEADER.fullmatch(raw)
        if match is not None:
            headers.append((match[1].decode("ascii"), match[2].strip().decode("utf-8", "replace")))
        elif raw:
            position = max(head.find(raw), 0)
            faults.append(_fault(head, position, "field-name: value"))
    moved = [
        Malformed(fault.offset + offset, "body part", fault.expected, fault.observed)
        for fault in faults
    ]
    return Part(tuple(headers), data[content:], offset + content), moved


def _related_root(
    parts: Sequence[Part], parameters: dict[str, str]
) -> tuple[Part | None, list[Malformed]]:
    """The root by RFC 2387 §3.2, and whether `type` and the Content-IDs agree with it."""
    faults: list[Malformed] = []
    root = parts[0] if parts else None
    start = parameters.get("start")
    if start is not None:
        wanted = start.strip().removeprefix("<").removesuffix(">")
        named = next((part for part in parts if part.content_id == wanted), None)
        if named is None:
            faults.append(Malformed(0, "Content-Type", "start names a part's Content-ID", start))
        root = named or root
    kind = parameters.get("type")
    if kind is None:
        faults.append(Malformed(0, "Content-Type", "type parameter (RFC 2387 §3.1)", "none"))
    elif root is not None and kind.lower() != root.media_type:
        expected = f"type of the root part, {root.media_type}"
        faults.append(Malformed(0, "Content-Type", expected, kind))
    seen: set[str] = set()
    for part in parts:
        content_id = part.content_id
        if content_id is not None and content_id in seen:
            faults.append(Malformed(part.offset, "Content-ID", "unique Content-ID", content_id))
        seen.add(content_id or "")
        value = part.header("Content-ID")
        if value is not None and not _CONTENT_ID.fullmatch(value):
            faults.append(Malformed(part.offset, "Content-ID", '"<" id "@" domain ">"', value))
    return root, faults
