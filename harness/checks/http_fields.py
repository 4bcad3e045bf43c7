"""Request lines and header fields of an XCAP client beyond their grammar (RFC 9110, RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.http_places import (
    field_mismatch,
    for_xcap,
    is_forwarded,
    previous_request,
)
from harness.checks.registry import INFO, MUST, SHOULD, check, http_requests
from harness.checks.xcap_target import xcap_target
from harness.model import Mismatch
from harness.xcap.http import HttpRequest
from harness.xcap.usage import APPLICATION_USAGES

_METHODS = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
_FIRST_LINE = re.compile(rb"[A-Za-z]{1,20} [^\r\n]{0,4000}")
_TREE = re.compile(r"[/\\]([A-Za-z0-9._-]+)[/\\]+(?:users|global)[/\\]")
_DEFAULT_PORTS = (80, 443)


@check("HTTP-START-1", clause="RFC 9112 §3", level=MUST, on=http_requests(), sender="ue")
def request_line_can_be_read(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The request line of an XCAP request is a method, a request-target and an HTTP version.

    Judged where the line names an application usage, but cannot be read as XCAP for its form.
    """
    line = _FIRST_LINE.match(request.raw)
    broken = [each for each in request.malformed if each.where in ("start-line", "request-target")]
    if line is None or not broken or (request.method and xcap_target(request) is not None):
        return
    found = _TREE.search(line[0].decode("latin-1"))
    if found is not None and found[1] in APPLICATION_USAGES:
        problem = broken[0]
        yield Mismatch(problem.expected, problem.observed, problem.where, problem.offset)


@check("HTTP-OPTION-1", clause="RFC 9110 §7.8", level=MUST, on=http_requests(), sender="ue")
@for_xcap
def hop_by_hop_field_is_named(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A sender of Upgrade or TE (RFC 9110 §10.1.4) names it in Connection as well."""
    named = {value.strip().lower() for value in request.headers.values("Connection")}
    for name in ("Upgrade", "TE"):
        if name in request.headers and name.lower() not in named and not is_forwarded(request):
            yield field_mismatch(request, name, f"Connection: {name}")


@check("HTTP-HOST-3", clause="RFC 9112 §3.2", level=INFO, on=http_requests(), sender="ue")
@for_xcap
def host_has_the_port(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Host has the port of the target URI, unless that is the scheme's own.

    The port that the connection goes to may be another one behind the server.
    """
    port = context.entry.destination.port
    host = request.host or ""
    is_plain = ":" not in host.rpartition("]")[2] and not is_forwarded(request)
    if host and is_plain and request.target.startswith("/") and port not in _DEFAULT_PORTS:
        yield field_mismatch(request, "Host", f"{host}:{port}")


@check("XCAP-METHOD-1", clause="RFC 4825 §7", level=SHOULD, on=http_requests(), sender="ue")
@for_xcap
def xcap_has_three_methods(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """An XCAP client reads and writes by GET, PUT and DELETE, in capitals."""
    if request.method and request.method not in _METHODS and request.method not in _CUT_METHODS:
        yield Mismatch("GET, PUT or DELETE", request.method[:40], "start-line", 0)


_CUT_METHODS = frozenset(
    method[start:] for method in ("GET", "PUT", "DELETE") for start in range(1, len(method))
)


@check("HTTP-LENGTH-7", clause="RFC 9110 §8.6", level=MUST, on=http_requests(), sender="ue")
@for_xcap
def length_before_counts_no_more(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Content-Length counts no octets of the request that comes after it on the connection."""
    before = previous_request(context)
    if request.method in _CUT_METHODS and before is not None and before.body:
        expected = "a request line from its beginning"
        hint = "the Content-Length of the request before is too large"
        yield Mismatch(expected, request.method, "Content-Length", 0, hint)
