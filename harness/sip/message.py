"""SIP requests and responses: `parse` reads any bytes, `make_*` and `serialize` write strictly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from harness.model import Malformed
from harness.sip.fields import (
    CSeq,
    EventValue,
    FieldError,
    MediaType,
    NameAddr,
    SubscriptionState,
    Via,
    parse_cseq,
    parse_event,
    parse_media_type,
    parse_name_addr,
    parse_number,
    parse_subscription_state,
    parse_via,
)
from harness.sip.headers import HeaderField, Headers, canonical_name
from harness.sip.reading import RawMessage, cut, excerpt
from harness.sip.uri import Uri, UriError, parse_uri

__all__ = [
    "HeaderField",
    "Headers",
    "Message",
    "Request",
    "Response",
    "SerializeError",
    "make_raw",
    "make_request",
    "make_response",
    "parse",
    "serialize",
    "with_header",
    "without_header",
]

_Value = TypeVar("_Value")

_SIP_VERSION = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE)
_STATUS_LINE = re.compile(r"(SIP/[0-9]+\.[0-9]+)\s++([0-9]{3})(?:\s(.*+))?", re.IGNORECASE)

# RFC 3261 §21, RFC 3265 §7.3, RFC 3903 §11.2, RFC 6665 §8.3, RFC 4662, RFC 5626 §11.
REASON_PHRASES = {
    100: "Trying",
    200: "OK",
    202: "Accepted",
    204: "No Notification",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    412: "Conditional Request Failed",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    420: "Bad Extension",
    421: "Extension Required",
    423: "Interval Too Brief",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    486: "Busy Here",
    489: "Bad Event",
    494: "Security Agreement Required",
    500: "Server Internal Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    603: "Decline",
}


class SerializeError(ValueError):
    """A message that may not be sent; names the field and what is wrong with it."""

    def __init__(self, problem: Malformed) -> None:
        super().__init__(f"{problem.where}: expected {problem.expected}, not {problem.observed!r}")
        self.problem = problem


@dataclass(frozen=True)  # not slotted: the typed views are cached in the instance
class Message:
    """What requests and responses share.

    `raw` is the message as received (or as it will be sent), `body` what Content-Length gives of
    it, or all that follows the header fields where there is none (RFC 3261 §18.3). The typed views
    are None or () where the field is absent or unreadable; `malformed` tells which.
    """

    raw: bytes = field(repr=False)
    headers: Headers = field(compare=False, repr=False)
    body: bytes = field(compare=False, repr=False)
    version: str = field(compare=False, repr=False)
    start_line: str = field(compare=False)
    structure: tuple[Malformed, ...] = field(compare=False, repr=False)

    @cached_property
    def malformed(self) -> tuple[Malformed, ...]:
        """Every place that could not be read, in the order of the message."""
        return tuple(sorted(self.structure, key=lambda problem: problem.offset))

    def _first(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        values = self.headers.values(name)
        return _try(read, values[0]) if values else None

    def _every(self, name: str, read: Callable[[str], _Value]) -> tuple[_Value, ...]:
        values = (_try(read, value) for value in self.headers.values(name))
        return tuple(value for value in values if value is not None)

    @cached_property
    def vias(self) -> tuple[Via, ...]:
        return self._every("Via", parse_via)

    @property
    def top_via(self) -> Via | None:
        return self.vias[0] if self.vias else None

    @cached_property
    def from_(self) -> NameAddr | None:
        return self._first("From", parse_name_addr)

    @cached_property
    def to(self) -> NameAddr | None:
        return self._first("To", parse_name_addr)

    @property
    def call_id(self) -> str | None:
        return self.headers.get("Call-ID")

    @cached_property
    def cseq(self) -> CSeq | None:
        return self._first("CSeq", parse_cseq)

    @property
    def contact_is_star(self) -> bool:
        """Whether Contact is "*" (RFC 3261 §10.2.2)."""
        return self.headers.get("Contact") == "*"

    @cached_property
    def contacts(self) -> tuple[NameAddr, ...]:
        """The addresses of Contact; () where it is "*"."""
        return () if self.contact_is_star else self._every("Contact", parse_name_addr)

    @cached_property
    def routes(self) -> tuple[NameAddr, ...]:
        return self._every("Route", parse_name_addr)

    @cached_property
    def record_routes(self) -> tuple[NameAddr, ...]:
        return self._every("Record-Route", parse_name_addr)

    @cached_property
    def service_routes(self) -> tuple[NameAddr, ...]:
        return self._every("Service-Route", parse_name_addr)

    @cached_property
    def paths(self) -> tuple[NameAddr, ...]:
        return self._every("Path", parse_name_addr)

    @cached_property
    def event(self) -> EventValue | None:
        return self._first("Event", parse_event)

    @cached_property
    def expires(self) -> int | None:
        """Expires in seconds."""
        return self._first("Expires", parse_number)

    @cached_property
    def min_expires(self) -> int | None:
        """Min-Expires in seconds."""
        return self._first("Min-Expires", parse_number)

    @cached_property
    def max_forwards(self) -> int | None:
        return self._first("Max-Forwards", parse_number)

    @cached_property
    def content_length(self) -> int | None:
        """Content-Length as written; the body may be shorter, see `malformed`."""
        return self._first("Content-Length", parse_number)

    @cached_property
    def content_type(self) -> MediaType | None:
        return self._first("Content-Type", parse_media_type)

    @cached_property
    def subscription_state(self) -> SubscriptionState | None:
        return self._first("Subscription-State", parse_subscription_state)

    @cached_property
    def supported(self) -> tuple[str, ...]:
        return self.headers.values("Supported")

    @cached_property
    def require(self) -> tuple[str, ...]:
        return self.headers.values("Require")

    @cached_property
    def allow(self) -> tuple[str, ...]:
        return self.headers.values("Allow")

    @property
    def etag(self) -> str | None:
        """The entity-tag of SIP-ETag (RFC 3903 §11.3.1)."""
        return self.headers.get("SIP-ETag")

    @property
    def if_match(self) -> str | None:
        """The entity-tag of SIP-If-Match (RFC 3903 §11.3.2)."""
        return self.headers.get("SIP-If-Match")


@dataclass(frozen=True)
class Request(Message):
    """A request; `method` and `uri` are "" where the Request-Line is unreadable."""

    method: str = field(compare=False)
    uri: str = field(compare=False)

    @cached_property
    def parsed_uri(self) -> Uri | None:
        try:
            return parse_uri(self.uri)
        except UriError:
            return None


@dataclass(frozen=True)
class Response(Message):
    """A response; `status` is the Status-Code, `reason` the Reason-Phrase."""

    status: int = field(compare=False)
    reason: str = field(compare=False)

    @property
    def method(self) -> str:
        """The method of CSeq: what this responds to; "" where CSeq is unreadable."""
        return self.cseq.method if self.cseq else ""


def _try(read: Callable[[str], _Value], value: str) -> _Value | None:
    try:
        return read(value)
    except FieldError:
        return None


def parse(raw: bytes) -> Request | Response:
    """Read one whole message; never raises.

    A message whose start-line is unreadable is a Request without method. What cannot be read is
    in `malformed`.
    """
    parts = cut(raw)
    headers = Headers(parts.fields)
    body, body_problems = _read_body(headers, parts)
    line = parts.start_line.decode("utf-8", "surrogateescape")
    structure = (*parts.problems, *body_problems)
    status_line = _STATUS_LINE.match(line)
    if status_line is not None:
        return Response(
            raw=raw,
            headers=headers,
            body=body,
            version=status_line[1],
            start_line=line,
            structure=structure,
            status=int(status_line[2]),
            reason=status_line[3] or "",
        )
    method, uri, version = _read_request_line(line)
    if not method:
        structure += (Malformed(parts.start_offset, "start-line", "Request-Line", excerpt(line)),)
    return Request(
        raw=raw,
        headers=headers,
        body=body,
        version=version,
        start_line=line,
        structure=structure,
        method=method,
        uri=uri,
    )


def _read_request_line(line: str) -> tuple[str, str, str]:
    words = line.split()
    if len(words) < 3 or not _SIP_VERSION.fullmatch(words[-1]):
        return "", "", ""
    return words[0], " ".join(words[1:-1]), words[-1]


def _read_body(headers: Headers, parts: RawMessage) -> tuple[bytes, tuple[Malformed, ...]]:
    rows = headers.rows("Content-Length")
    length = _try(parse_number, rows[0].value) if rows else None
    if length is None:
        # RFC 3261 §18.3: without Content-Length the body ends with the datagram.
        return parts.rest, ()
    if length <= len(parts.rest):
        # §18.3: what follows the body is discarded.
        return parts.rest[:length], ()
    expected, observed = f"{length} octets of message-body", f"{len(parts.rest)} octets"
    return parts.rest, (Malformed(rows[0].offset, "Content-Length", expected, observed),)


def make_raw(
    start_line: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> Request | Response:
    """Put a message together as told, right or wrong: for defects and tests.

    Nothing is checked or added, Content-Length neither.
    """
    lines = [start_line, *(f"{name}: {value}" for name, value in headers), "", ""]
    return parse("\r\n".join(lines).encode("utf-8", "surrogateescape") + body)


def make_request(
    method: str, uri: str, headers: Iterable[tuple[str, str]], body: bytes = b""
) -> Request:
    """Make a request that may be sent; raises SerializeError. Content-Length is computed."""
    request = _make_strict(f"{method} {uri} SIP/2.0", headers, body)
    assert isinstance(request, Request)
    return request


def make_response(
    request: Request,
    status: int,
    reason: str | None = None,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    to_tag: str | None = None,
) -> Response:
    """Make the response to a request (RFC 3261 §8.2.6.2); raises SerializeError.

    Via, From, To, Call-ID and CSeq are those of the request. `to_tag` is added to a To that has no
    tag; the caller leaves it out for 100.
    """
    mirrored = [
        (row.name, row.value)
        for name in ("Via", "From", "To", "Call-ID", "CSeq")
        for row in request.headers.rows(name)
    ]
    if to_tag is not None and request.to is not None and request.to.tag is None:
        mirrored = [
            (name, f"{value};tag={to_tag}" if name == "To" else value) for name, value in mirrored
        ]
    phrase = REASON_PHRASES.get(status, "") if reason is None else reason
    response = _make_strict(f"SIP/2.0 {status} {phrase}", [*mirrored, *headers], body)
    assert isinstance(response, Response)
    return response


def _make_strict(
    start_line: str, headers: Iterable[tuple[str, str]], body: bytes
) -> Request | Response:
    fields = [(name, value) for name, value in headers if canonical_name(name) != "Content-Length"]
    for name, value in [("start-line", start_line), *fields]:
        if "\r" in value or "\n" in value:
            raise SerializeError(Malformed(0, name, "a single line", excerpt(value)))
    message = make_raw(start_line, [*fields, ("Content-Length", str(len(body)))], body)
    if message.malformed:
        raise SerializeError(message.malformed[0])
    if [row.written for row in message.headers[:-1]] != [name for name, _ in fields]:
        raise SerializeError(Malformed(0, "message", "header-name", excerpt(repr(fields))))
    return message


def serialize(message: Message) -> bytes:
    """The bytes of a message that may be sent; raises SerializeError.

    The header fields stay as they are, Content-Length is that of the body.
    """
    headers = [(row.written, row.value) for row in message.headers]
    if message.malformed:
        raise SerializeError(message.malformed[0])
    return _make_strict(message.start_line, headers, message.body).raw


_AnyMessage = TypeVar("_AnyMessage", Request, Response)


def with_header(message: _AnyMessage, name: str, value: str | None) -> _AnyMessage:
    """A copy with this field once, in the place of the first of its rows or at the end.

    None takes the field out. Nothing is checked: for defects and tests.
    """
    wanted = canonical_name(name).lower()
    fields: list[tuple[str, str]] = []
    for row in message.headers:
        if row.name.lower() != wanted:
            fields.append((row.written, row.value))
        elif value is not None:
            fields.append((name, value))
            value = None
    if value is not None:
        fields.append((name, value))
    changed = make_raw(message.start_line, fields, message.body)
    assert isinstance(changed, type(message))
    return changed


def without_header(message: _AnyMessage, name: str) -> _AnyMessage:
    """A copy without any row of this field. Nothing is checked: for defects and tests."""
    return with_header(message, name, None)
