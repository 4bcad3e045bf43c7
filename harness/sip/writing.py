"""Writing SIP messages: strictly, or with `make_raw` and `with_header` as a defect wants it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from harness.model import Malformed
from harness.sip.headers import canonical_name
from harness.sip.parsing import Message, Request, Response, parse
from harness.sip.reading import excerpt

# RFC 3261 §21, RFC 3329 §2.3, RFC 3903 §11.2.1, RFC 5839 §7.1, RFC 6665 §8.3.
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


# RFC 3261 §8.2.6.2
_MIRRORED = ("Via", "From", "To", "Call-ID", "CSeq")


class SerializeError(ValueError):
    """A message that may not be sent; names the field and what is wrong with it."""

    def __init__(self, problem: Malformed) -> None:
        super().__init__(f"{problem.where}: expected {problem.expected}, not {problem.observed!r}")
        self.problem = problem


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
    mirrored = [(row.name, row.value) for name in _MIRRORED for row in request.headers.rows(name)]
    if to_tag is not None and request.to is not None and request.to.tag is None:
        mirrored = [
            (name, f"{value};tag={to_tag}" if name == "To" else value) for name, value in mirrored
        ]
    phrase = REASON_PHRASES.get(status, "") if reason is None else reason
    start_line = f"SIP/2.0 {status} {phrase}"
    # What is wrong with the request's own fields is sent back all the same: the fault is not ours.
    response = _make_strict(start_line, [*mirrored, *headers], body, taken_over=len(mirrored))
    assert isinstance(response, Response)
    return response


def _make_strict(
    start_line: str, headers: Iterable[tuple[str, str]], body: bytes, taken_over: int = 0
) -> Request | Response:
    """Make a message; the first `taken_over` header fields may be malformed."""
    fields = [(name, value) for name, value in headers if canonical_name(name) != "Content-Length"]
    for name, value in [("start-line", start_line), *fields]:
        if "\r" in value or "\n" in value:
            raise SerializeError(Malformed(0, name, "a single line", excerpt(value)))
    message = make_raw(start_line, [*fields, ("Content-Length", str(len(body)))], body)
    written = [row.written for row in message.headers]
    if written != [*(name for name, _ in fields), "Content-Length"]:
        raise SerializeError(Malformed(0, "message", "header-name", excerpt(str(fields))))
    for problem in message.malformed:
        if not _is_taken_over(problem, message, taken_over):
            raise SerializeError(problem)
    return message


def _is_taken_over(problem: Malformed, message: Message, count: int) -> bool:
    if problem.where == "start-line" or len(message.headers) <= count:
        return False
    return problem.offset < message.headers[count].offset and problem.where in _MIRRORED


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
