"""Where in an HTTP message something stands, and which messages belong to XCAP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from harness.checks.context import Context
from harness.checks.registry import when
from harness.checks.xcap_target import xcap_target
from harness.model import Mismatch
from harness.sip.digest import parse_credentials
from harness.xcap.http import HttpMessage, HttpRequest

_SHOWN = 200
_FORWARDED = ("Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")

_HttpCheck = TypeVar("_HttpCheck", bound=Callable[..., Iterator[Mismatch]])


def for_xcap(function: _HttpCheck) -> _HttpCheck:
    """Have a check pass over HTTP that is not XCAP: that is not the traffic under test."""
    return when(_about_xcap)(function)


def _about_xcap(message: HttpMessage, context: Context) -> bool:
    return is_of_xcap(context)


def is_of_xcap(context: Context) -> bool:
    """Whether a message is a request of XCAP, the answer to one, or what is left over of one."""
    return context.once(_is_of_xcap)


def _is_of_xcap(context: Context) -> bool:
    message = context.entry.message
    request = message if isinstance(message, HttpRequest) else context.request
    if not isinstance(request, HttpRequest):
        return False
    if not request.method:
        before = previous_request(context)
        return before is not None and xcap_target(before) is not None
    return xcap_target(request) is not None


def previous_request(context: Context) -> HttpRequest | None:
    """The request that came before on the same connection."""
    entry = context.session.http.last.get(context.entry.connection)
    message = entry.message if entry is not None else None
    return message if isinstance(message, HttpRequest) else None


def http_request(context: Context) -> HttpRequest | None:
    """The HTTP request that a response answers."""
    return context.request if isinstance(context.request, HttpRequest) else None


def field_mismatch(
    message: HttpMessage, name: str, expected: str, observed: str | None = None, hint: str = ""
) -> Mismatch:
    """A mismatch at a header field; what stands there is the observed value unless given."""
    rows = message.headers.rows(name)
    if observed is None:
        observed = ", ".join(row.value for row in rows)[:_SHOWN] if rows else "absent"
    return Mismatch(expected, observed, name, rows[0].offset if rows else None, hint)


def target_mismatch(
    request: HttpRequest, at: int, expected: str, observed: str, hint: str = ""
) -> Mismatch:
    """A mismatch at character `at` of the request-target."""
    before = f"{request.method} {request.target[:at]}"
    offset = len(before.encode("utf-8", "surrogateescape"))
    return Mismatch(expected, observed[:_SHOWN], "Request-URI", offset, hint)


def body_mismatch(message: HttpMessage, expected: str, observed: str, hint: str = "") -> Mismatch:
    """A mismatch in the body; without an offset where the body is coded."""
    body = message.body
    offset = len(message.raw) - len(body) if body and message.raw.endswith(body) else None
    return Mismatch(expected, observed[:_SHOWN], "body", offset, hint)


def essence(content_type: str | None) -> str:
    """type/subtype in lower case, without parameters; "" where there is none."""
    return "".join((content_type or "").partition(";")[0].split()).lower()


def is_forwarded(message: HttpMessage) -> bool:
    """Whether an intermediary passed the message on (RFC 9110 §7.6.3), and may have changed it.

    A reverse proxy tells so by Forwarded (RFC 7239) or by the fields that came before it.
    """
    return any(name in message.headers for name in _FORWARDED)


def asks_for_a_challenge(request: HttpRequest) -> bool:
    """Whether a request may be there to be challenged only: no content and no credentials.

    Clients that expect a 401 keep the content of a PUT back until they can answer it.
    """
    credentials = parse_credentials(request.headers.get("Authorization") or "")
    is_anonymous = "Authorization" not in request.headers or (
        credentials is not None and credentials.is_placeholder
    )
    return is_anonymous and not request.content
