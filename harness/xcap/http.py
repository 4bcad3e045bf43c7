"""HTTP/1.1 messages (RFC 9110, RFC 9112), read without ever raising and written strictly.

Reading is our own: a judge needs the bytes, order and case that a message came with, and the
byte offset of what is wrong in it, also where an HTTP library refuses the message. Writing goes
through h11, which refuses what RFC 9112 does not allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import h11

from harness.model import Malformed
from harness.xcap.coding import CodingError, decode_chunked, decode_content
from harness.xcap.framing import HttpFramer
from harness.xcap.grammar import check, validate
from harness.xcap.headers import HeaderField, Headers, canonical_name
from harness.xcap.syntax import (
    REQUEST_TARGET,
    TOKEN,
    matching_length,
)

__all__ = [
    "HeaderField",
    "Headers",
    "HttpFramer",
    "HttpMessage",
    "HttpRequest",
    "HttpResponse",
    "HttpSerializeError",
    "make_http_request",
    "make_http_response",
    "parse_http",
]

_LENGTH = re.compile(r"[0-9]{1,18}")
_STATUS_LINE = re.compile(r"(\S+) +([0-9]{3})(?: (.*))?")
_SHOWN = 60  # characters of a message that an error quotes


class HttpSerializeError(ValueError):
    """What was to be written is not an HTTP/1.1 message."""


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """One HTTP message.

    `body` is decoded of chunked and of gzip or deflate; `content` is decoded of chunked alone, as
    Content-Length counts it. `raw` is the message as it was received or will be sent.
    """

    headers: Headers
    body: bytes
    content: bytes
    raw: bytes
    version: str
    malformed: tuple[Malformed, ...]

    @property
    def content_length(self) -> int | None:
        """The value of Content-Length; None when absent or unreadable."""
        return read_content_length(self.headers)

    @property
    def content_type(self) -> str | None:
        """The media type without parameters, in lower case."""
        value = self.headers.get("Content-Type")
        if not value:
            return None
        return value.partition(";")[0].strip().lower()

    @property
    def etag(self) -> str | None:
        """The value of ETag as written, quotes included; None when absent or empty."""
        return self.headers.get("ETag") or None


@dataclass(frozen=True, slots=True)
class HttpRequest(HttpMessage):
    """A request; `method` and `target` are empty where the start line is unreadable."""

    method: str
    target: str

    @property
    def host(self) -> str | None:
        return self.headers.get("Host")

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for 100 (Continue) (RFC 9110 §10.1.1)."""
        expectations = {value.lower() for value in self.headers.values("Expect")}
        return "100-continue" in expectations and self.version != "HTTP/1.0"


@dataclass(frozen=True, slots=True)
class HttpResponse(HttpMessage):
    """A response; `status` is 0 where the status line is unreadable."""

    status: int
    reason: str


def read_content_length(headers: Headers) -> int | None:
    """The one length that Content-Length gives; equal repetitions count once (RFC 9112 §6.3)."""
    values = {
        element.strip()
        for row in headers.rows("Content-Length")
        for element in row.value.split(",")
    }
    if len(values) != 1:
        return None
    value = values.pop()
    if not _LENGTH.fullmatch(value):
        return None
    return int(value)


def parse_http(raw: bytes, request_method: str | None = None) -> HttpRequest | HttpResponse:
    """Read one message as `HttpFramer` cuts it.

    For a response, `request_method` is the method that it answers: a response to HEAD has no body
    whatever its Content-Length says (RFC 9112 §6.3). What cannot be read is in `malformed`.
    """
    return _Reader(raw).read(request_method)


_LINE = re.compile(rb"([^\n]*?)(\r?\n|\Z)")


class _Reader:
    """Reads one message line by line and notes what is wrong, with byte offsets."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.malformed: list[Malformed] = []

    def read(self, request_method: str | None) -> HttpRequest | HttpResponse:
        start_line, position = self._line(0, "start-line")
        headers, body_offset = self._headers(position)
        self._check_fields(headers)
        if start_line.startswith("HTTP/"):
            version, status, reason = self._status_line(start_line)
            bodiless = request_method == "HEAD" or 100 <= status < 200 or status in (204, 304)
            content, body = self._body(headers, body_offset, None if bodiless else "until close")
            return HttpResponse(
                headers, body, content, self.raw, version, tuple(self.malformed), status, reason
            )
        method, target, version = self._request_line(start_line)
        content, body = self._body(headers, body_offset, "none")
        return HttpRequest(
            headers, body, content, self.raw, version, tuple(self.malformed), method, target
        )

    def _bad(self, offset: int, where: str, expected: str, observed: str) -> None:
        shown = observed if len(observed) <= _SHOWN else observed[:_SHOWN] + "..."
        self.malformed.append(Malformed(offset, where, expected, shown))

    def _line(self, position: int, where: str) -> tuple[str, int]:
        """The text of the line at `position` and where the next begins."""
        match = _LINE.match(self.raw, position)
        if match is None:  # pragma: no cover - the pattern matches anything
            return "", len(self.raw)
        text = match[1].decode("utf-8", "surrogateescape")
        if match[2] == b"":
            self._bad(match.end(), where, "CRLF", "end of message")
        elif match[2] == b"\n":
            self._bad(match.end(1), where, "CRLF", "LF")
        return text, match.end()

    def _start_line(self, rule: str, line: str) -> None:
        violation = check(rule, line)
        if violation is not None:
            offset = len(line[: violation.offset].encode("utf-8", "surrogateescape"))
            observed = line[violation.offset :] or "end of start-line"
            self._bad(offset, "start-line", violation.expected, observed)

    def _request_line(self, line: str) -> tuple[str, str, str]:
        """method SP request-target SP HTTP-version (RFC 9112 §3)."""
        self._start_line("request-line", line)
        # RFC 9112 §3 lets a recipient take any white space between the three parts.
        parts = line.split()
        if len(parts) < 3 or not TOKEN.fullmatch(parts[0]):
            return "", "", ""
        method, target, version = parts[0], " ".join(parts[1:-1]), parts[-1]
        if not REQUEST_TARGET.fullmatch(target):
            offset = len(method) + 1 + _bytes_matching(REQUEST_TARGET, target)
            self._bad(offset, "request-target", "absolute-path [ ? query ]", target)
        return method, target, version

    def _status_line(self, line: str) -> tuple[str, int, str]:
        """HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 §4)."""
        self._start_line("status-line", line)
        match = _STATUS_LINE.fullmatch(line)
        if match is None:
            return line.partition(" ")[0], 0, ""
        return match[1], int(match[2]), match[3] or ""

    def _headers(self, position: int) -> tuple[Headers, int]:
        """The field lines up to the empty line, and the offset of the body."""
        rows: list[HeaderField] = []
        while position < len(self.raw):
            start = position
            line, position = self._line(start, "header section")
            if not line:
                return Headers(rows), position
            if line[0] in " \t":
                # RFC 9112 §5.2: a sender must not generate a line folding.
                self._bad(start, rows[-1].name if rows else "header section", "field-line", line)
                if rows:
                    text = line.strip(" \t")
                    before = len(line) - len(line.lstrip(" \t"))
                    rows[-1] = rows[-1].with_line(text, start + before)
                continue
            field = self._field_line(line, start)
            if field is not None:
                rows.append(field)
        self._bad(len(self.raw), "header section", "an empty line", "end of message")
        return Headers(rows), len(self.raw)

    def _field_line(self, line: str, start: int) -> HeaderField | None:
        """field-name ":" OWS field-value OWS (RFC 9112 §5)."""
        written, colon, rest = line.partition(":")
        if not colon:
            self._bad(start, "header section", "field-name : field-value", line)
            return None
        name = written.strip()
        if not TOKEN.fullmatch(written):
            self._bad(
                start + _bytes_matching(TOKEN, written), name or "header section", "field-name :",
                written + ":",
            )  # fmt: skip
            if not TOKEN.fullmatch(name):
                return None
        value = rest.strip(" \t")
        before = len(written) + 1 + len(rest) - len(rest.lstrip(" \t"))
        offset = start + len(line[:before].encode("utf-8", "surrogateescape"))
        return HeaderField(canonical_name(name), name, value, offset)

    def _check_fields(self, headers: Headers) -> None:
        for row in headers:
            violation = validate(row.name, row.value)
            if violation is not None:
                observed = row.value[violation.offset :] or f"end of {row.name}"
                at = row.byte_offset(violation.offset)
                self._bad(at, row.name, violation.expected, observed)

    def _body(self, headers: Headers, offset: int, default: str | None) -> tuple[bytes, bytes]:
        """The content without chunked, and without its content coding (RFC 9112 §6.3)."""
        content = self._content(headers, offset, default)
        try:
            return content, decode_content(content, headers.values("Content-Encoding"))
        except CodingError as error:
            self._bad(offset, "body", error.expected, error.observed)
            return content, content

    def _content(self, headers: Headers, offset: int, default: str | None) -> bytes:
        rest = self.raw[offset:]
        if default is None:
            if rest:
                self._bad(offset, "body", "no body", f"{len(rest)} octets")
            return b""
        codings = [coding.lower() for coding in headers.values("Transfer-Encoding")]
        if codings and codings[-1] == "chunked":
            try:
                return decode_chunked(rest)
            except CodingError as error:
                self._bad(offset + error.offset, "body", error.expected, error.observed)
                return error.decoded
        if headers.rows("Content-Length"):
            length = read_content_length(headers)
            if length is None:
                return rest  # the field itself is already reported
            if len(rest) != length:
                self._bad(
                    offset + min(len(rest), length), "body",
                    f"{length} octets (Content-Length)", f"{len(rest)} octets",
                )  # fmt: skip
            return rest[:length]
        if default == "none" and rest:
            # RFC 9112 §6.3: a request without Content-Length and Transfer-Encoding has no body.
            self._bad(offset, "body", "no body without Content-Length", f"{len(rest)} octets")
        return rest


def _bytes_matching(pattern: re.Pattern[str], text: str) -> int:
    taken = text[: matching_length(pattern, text)]
    return len(taken.encode("utf-8", "surrogateescape"))


def make_http_request(
    method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> bytes:
    """The bytes of an HTTP/1.1 request, Content-Length computed.

    Raises `HttpSerializeError` where RFC 9112 does not allow the message. A request without a
    body has no Content-Length unless its method defines content (RFC 9110 §8.6).
    """
    fields = _with_content_length(headers, body, always=method in ("PUT", "POST"))
    connection = h11.Connection(h11.CLIENT)
    try:
        event = h11.Request(method=method, target=target, headers=_encode(fields))
        return (connection.send(event) or b"") + body
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise HttpSerializeError(f"{method} {target}: {error}") from error


def make_http_response(
    status: int,
    reason: str,
    headers: Iterable[tuple[str, str]],
    body: bytes = b"",
    *,
    head: bool = False,
) -> bytes:
    """The bytes of an HTTP/1.1 response, Content-Length computed.

    With `head` the body is left out and its length still told, as an answer to HEAD does
    (RFC 9110 §9.3.2). 1xx, 204 and 304 carry neither. Raises `HttpSerializeError`.
    """
    bodiless = status < 200 or status in (204, 304)
    if bodiless and body:
        raise HttpSerializeError(f"a {status} response has no body (RFC 9110 §6.4.1)")
    fields = list(headers) if bodiless else _with_content_length(headers, body, always=True)
    event_class = h11.InformationalResponse if status < 200 else h11.Response
    connection = h11.Connection(h11.SERVER)
    # h11 leaves a response alone only if it knows which request it answers.
    connection.receive_data(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    connection.next_event()
    try:
        event = event_class(status_code=status, reason=reason.encode(), headers=_encode(fields))
        start = connection.send(event) or b""
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise HttpSerializeError(f"{status} {reason}: {error}") from error
    return start if head else start + body


def _with_content_length(
    headers: Iterable[tuple[str, str]], body: bytes, *, always: bool
) -> list[tuple[str, str]]:
    fields = list(headers)
    written = [value for name, value in fields if name.lower() == "content-length"]
    if written and written != [str(len(body))]:
        raise HttpSerializeError(f"Content-Length {written} for a body of {len(body)} octets")
    if not written and (body or always):
        fields.append(("Content-Length", str(len(body))))
    return fields


def _encode(fields: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("utf-8")) for name, value in fields]
