"""What holds for HTTP responses in the light of their requests (RFC 9110 §15)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.http_places import field_mismatch, for_xcap, http_request, is_forwarded
from harness.checks.registry import INFO, MUST, check, http_responses
from harness.model import Mismatch
from harness.sip.auth_params import AuthValue, parse_auth_values
from harness.xcap.http import HttpResponse

_CONDITIONS = (
    *("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"),
)
_STATUS_AT = len("HTTP/1.1 ")
# RFC 7616 §3.3 and RFC 7617 §2: what a challenge of the scheme cannot do without.
_CHALLENGE_PARAMS = {"digest": ("realm", "nonce"), "basic": ("realm",)}


def _status_mismatch(response: HttpResponse, expected: str, hint: str = "") -> Mismatch:
    observed = f"{response.status} {response.reason}".strip()
    return Mismatch(expected, observed, "status-line", _STATUS_AT, hint)


@check("HTTP-STATUS-1", clause="RFC 9110 §15", level=INFO, on=http_responses())
@for_xcap
def status_code_is_of_a_class(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A status code is between 100 and 599."""
    if response.status and not 100 <= response.status <= 599:
        yield _status_mismatch(response, "100 to 599")


@check("HTTP-STATUS-2", clause="RFC 9110 §15.2", level=MUST, on=http_responses())
@for_xcap
def old_client_gets_no_interim_response(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A server sends no 1xx response to an HTTP/1.0 client."""
    request = http_request(context)
    is_old = request is not None and request.version == "HTTP/1.0"
    if is_old and 100 <= response.status < 200:
        yield _status_mismatch(response, "a final response")


@check("HTTP-STATUS-3", clause="RFC 9110 §13.1.2", level=MUST, on=http_responses(status=304))
@for_xcap
def changing_request_is_never_answered_with_304(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A condition that is false is answered with 304 for GET and HEAD, else with 412."""
    request = http_request(context)
    if request is not None and request.method in ("PUT", "DELETE", "POST"):
        yield _status_mismatch(response, f"412 to a {request.method}")


@check("HTTP-STATUS-4", clause="RFC 9110 §15.4.5", level=INFO, on=http_responses("GET", status=304))
@for_xcap
def not_modified_answers_a_condition(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A 304 answers a conditional request."""
    request = http_request(context)
    if request is not None and not any(name in request.headers for name in _CONDITIONS):
        yield _status_mismatch(response, "200, as the request has no condition")


@check("HTTP-STATUS-5", clause="RFC 9110 §15.5.13", level=INFO, on=http_responses(status=412))
@for_xcap
def failed_precondition_answers_a_condition(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A 412 answers a request with a condition."""
    request = http_request(context)
    if request is not None and not any(name in request.headers for name in _CONDITIONS):
        yield _status_mismatch(response, "another status, as the request has no condition")


@check("HTTP-LENGTH-6", clause="RFC 9110 §8.6", level=MUST, on=http_responses())
@for_xcap
def bodiless_response_has_no_length(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A response with status 1xx or 204 has no Content-Length."""
    if _is_bodiless(response) and "Content-Length" in response.headers:
        yield field_mismatch(response, "Content-Length", "absent")


@check("HTTP-CODING-2", clause="RFC 9112 §6.1", level=MUST, on=http_responses())
@for_xcap
def bodiless_response_has_no_coding(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A response with status 1xx or 204 has no Transfer-Encoding."""
    if _is_bodiless(response) and "Transfer-Encoding" in response.headers:
        yield field_mismatch(response, "Transfer-Encoding", "absent")


def _is_bodiless(response: HttpResponse) -> bool:
    return 100 <= response.status < 200 or response.status == 204


@check("HTTP-CODING-3", clause="RFC 9112 §6.1", level=MUST, on=http_responses())
@for_xcap
def old_client_gets_no_transfer_coding(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A server sends Transfer-Encoding only to a client of HTTP/1.1 or later."""
    request = http_request(context)
    if request is None or is_forwarded(response):
        return
    if request.version == "HTTP/1.0" and "Transfer-Encoding" in response.headers:
        yield field_mismatch(response, "Transfer-Encoding", "absent in an answer to HTTP/1.0")


@check("HTTP-DATE-2", clause="RFC 9110 §6.6.1", level=INFO, on=http_responses())
@for_xcap
def response_has_a_date(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A 2xx, 3xx or 4xx response of a server that has a clock has a Date."""
    if 200 <= response.status < 500 and "Date" not in response.headers:
        yield field_mismatch(response, "Date", "present")


@check("HTTP-CHALLENGE-1", clause="RFC 9110 §15.5.2", level=MUST, on=http_responses(status=401))
@for_xcap
def unauthorized_has_a_challenge(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A 401 response has a WWW-Authenticate with at least one challenge."""
    if not _challenges(response, "WWW-Authenticate"):
        yield field_mismatch(response, "WWW-Authenticate", "a challenge")


@check("HTTP-CHALLENGE-2", clause="RFC 9110 §15.5.8", level=MUST, on=http_responses(status=407))
@for_xcap
def proxy_has_a_challenge(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A 407 response has a Proxy-Authenticate with at least one challenge."""
    if not _challenges(response, "Proxy-Authenticate"):
        yield field_mismatch(response, "Proxy-Authenticate", "a challenge")


@check("HTTP-CHALLENGE-3", clause="RFC 7616 §3.3", level=MUST, on=http_responses(status=401))
@for_xcap
def challenge_has_what_its_scheme_needs(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A Digest challenge has realm and nonce, a Basic challenge has realm (RFC 7617 §2)."""
    for value in _challenges(response, "WWW-Authenticate"):
        for name in _CHALLENGE_PARAMS.get(value.scheme.lower(), ()):
            if value.get(name) is None:
                yield field_mismatch(response, "WWW-Authenticate", f"{value.scheme} with {name}")


def _challenges(response: HttpResponse, name: str) -> tuple[AuthValue, ...]:
    return tuple(
        value for row in response.headers.rows(name) for value in parse_auth_values(row.value)
    )


@check("HTTP-ALLOW-1", clause="RFC 9110 §15.5.6", level=MUST, on=http_responses(status=405))
@for_xcap
def refused_method_is_answered_with_allow(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A 405 response has an Allow that lists the methods of the resource."""
    if "Allow" not in response.headers:
        yield field_mismatch(response, "Allow", "present")
