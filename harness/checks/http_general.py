"""What holds for every HTTP message of an XCAP client and its server (RFC 9110, RFC 9112).

HTTP that is not XCAP is not under test: it meets HTTP-OTHER-1 alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.body.wellformed import BodyError, parse_xml
from harness.checks.context import Context
from harness.checks.http_places import (
    body_mismatch,
    field_mismatch,
    for_xcap,
    is_forwarded,
    is_of_xcap,
    previous_request,
    target_mismatch,
)
from harness.checks.registry import INFO, MUST, SHOULD, check, http_requests, http_responses
from harness.checks.xcap_target import xcap_target
from harness.model import Malformed, Mismatch
from harness.xcap.framing import MAX_BODY
from harness.xcap.http import HttpMessage, HttpRequest, HttpResponse
from harness.xcap.syntax import REQUEST_TARGET, matching_length

BOTH = http_requests() + http_responses()

DATE_FIELDS = ("Date", "If-Modified-Since", "If-Unmodified-Since", "Last-Modified")
ETAG_FIELDS = ("ETag", "If-Match", "If-None-Match", "If-Range")
# Fields whose definition is no list (RFC 9110 §5.3); Host has a rule of its own.
SINGLE_FIELDS = (
    *("Authorization", "Content-Length", "Content-Location", "Content-Range", "Content-Type"),
    *("Date", "ETag", "From", "If-Modified-Since", "If-Range", "If-Unmodified-Since"),
    *("Last-Modified", "Location", "Max-Forwards", "Proxy-Authorization", "Range", "Referer"),
    *("Retry-After", "Server", "User-Agent", "X-3GPP-Intended-Identity"),
)
_IMF_FIXDATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT")
_ABSOLUTE = re.compile(r"(https?)://(?:[^@/?#]*@)?([^/?#]*)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def is_cut_short(problem: Malformed, message: HttpMessage) -> bool:
    """Whether a malformed place only says that the message ended too early."""
    is_at_end = problem.offset >= len(message.raw) and problem.where in ("body", "header section")
    return problem.observed == "end of message" or is_at_end


def is_left_over(message: HttpMessage) -> bool:
    """Whether this is no request, but octets that the request before did not count."""
    return isinstance(message, HttpRequest) and not message.method


@check("HTTP-OTHER-1", clause="RFC 9112 §2", level=INFO, on=BOTH)
def other_http_follows_the_grammar(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """HTTP messages that are not XCAP are written as their grammar says."""
    if is_of_xcap(context):
        return
    for problem in message.malformed[:1]:
        yield Mismatch(problem.expected, problem.observed, problem.where, problem.offset)


@check("HTTP-SYNTAX-1", clause="RFC 9110 §2.2", level=MUST, on=BOTH)
@for_xcap
def http_message_follows_the_grammar(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """Each part of an HTTP message is written as its grammar says."""
    if is_left_over(message):
        return
    elsewhere = {"request-target", "Authorization", *DATE_FIELDS, *ETAG_FIELDS}
    for problem in message.malformed:
        if problem.where in elsewhere or is_cut_short(problem, message):
            continue
        if problem.where == "body" and "Content-Length" in problem.expected:
            continue
        if is_of_content_coding(problem):
            continue  # HTTP-CODING-4
        yield Mismatch(problem.expected, problem.observed, problem.where, problem.offset)


def is_of_content_coding(problem: Malformed) -> bool:
    """Whether a malformed place is in what Content-Encoding names, which is no grammar of HTTP."""
    is_coding = problem.expected.endswith(" data") or "content coding" in problem.expected
    return problem.where == "body" and is_coding


@check("HTTP-CODING-4", clause="RFC 9110 §8.4", level=SHOULD, on=BOTH)
@for_xcap
def content_is_in_its_coding(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """The content of a message is in the content codings that Content-Encoding names."""
    if any(is_cut_short(problem, message) for problem in message.malformed):
        return
    for problem in message.malformed:
        # A coding that we do not know (br, zstd) may be right, as one beyond our bounds may.
        is_ours = "content coding" not in problem.expected and "at most" not in problem.expected
        if is_of_content_coding(problem) and is_ours:
            yield Mismatch(problem.expected, problem.observed, problem.where, problem.offset)


@check("HTTP-TARGET-1", clause="RFC 9112 §3.2", level=MUST, on=http_requests())
@for_xcap
def target_has_uri_characters_only(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The request-target has only characters that a URI allows, others percent-encoded."""
    at = bad_character(request.target)
    if at is None:
        return
    target = xcap_target(request)
    separator = target.separator if target is not None else None
    if separator is None or at < separator:  # in a node selector it is XCAP-ENCODING-1
        expected = "path and query of RFC 3986, other characters percent-encoded"
        yield target_mismatch(request, at, expected, request.target[at:])


def bad_character(target: str) -> int | None:
    """Where a request-target has its first character that no path or query may have."""
    # The authority of an absolute-form may hold an IP-literal in square brackets.
    authority = _ABSOLUTE.match(target)
    start = authority.end() if authority else 0
    rest = target[start:]
    taken = matching_length(REQUEST_TARGET, rest)
    return None if taken == len(rest) else start + taken


@check("HTTP-TARGET-2", clause="RFC 9112 §3.2.1", level=MUST, on=http_requests())
@for_xcap
def target_begins_with_its_path(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The request-target is an absolute path, or an absolute URI on the way to a proxy."""
    target = request.target
    if not target or target.startswith("/") or _ABSOLUTE.match(target):
        return
    yield target_mismatch(request, 0, 'a path that begins with "/"', target)


@check("HTTP-HOST-1", clause="RFC 9112 §3.2", level=MUST, on=http_requests())
@for_xcap
def request_has_one_host(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """An HTTP/1.1 request has one Host, and it names the authority of the target URI."""
    rows = request.headers.rows("Host")
    if is_left_over(request) or (not rows and request.version == "HTTP/1.0"):
        return
    if len(rows) != 1:
        at = rows[1].offset if rows else None
        yield Mismatch("1 Host header field", f"{len(rows)}", "Host", at)
    elif not rows[0].value:
        yield field_mismatch(request, "Host", "host [ : port ]", "empty")


@check("HTTP-HOST-2", clause="RFC 9112 §3.2", level=MUST, on=http_requests())
@for_xcap
def host_is_the_authority_of_the_target(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """Host is identical to the authority of the target URI."""
    absolute = _ABSOLUTE.match(request.target)
    if absolute is None or not request.host:
        return
    # A port that is the scheme's own is the same authority (RFC 9110 §4.2.3).
    default = _DEFAULT_PORTS[absolute[1].lower()]
    wanted, found = (
        text.lower().removesuffix(default).removesuffix(":") for text in (absolute[2], request.host)
    )
    if wanted != found:
        yield field_mismatch(request, "Host", absolute[2])


@check("HTTP-SINGLE-1", clause="RFC 9110 §5.3", level=MUST, on=BOTH)
@for_xcap
def field_that_is_no_list_has_one_row(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """A header field that is not defined as a list appears once."""
    for name in SINGLE_FIELDS:
        rows = message.headers.rows(name)
        if len(rows) > 1:
            yield Mismatch("1 row", f"{len(rows)} rows", name, rows[1].offset)


@check("HTTP-LENGTH-1", clause="RFC 9112 §6.2", level=MUST, on=BOTH)
@for_xcap
def length_is_given_in_one_way(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """A message with Transfer-Encoding has no Content-Length."""
    if "Transfer-Encoding" in message.headers and "Content-Length" in message.headers:
        yield field_mismatch(message, "Content-Length", "absent beside Transfer-Encoding")


@check("HTTP-LENGTH-2", clause="RFC 9112 §6.2", level=MUST, on=BOTH)
@for_xcap
def content_length_is_the_size_of_the_content(
    message: HttpMessage, context: Context
) -> Iterator[Mismatch]:
    """Content-Length is the number of octets of the content."""
    before = previous_request(context) if is_left_over(message) else None
    if before is not None:
        counted = before.content_length
        # Octets may be those of a request whose head the capture lost: these complete the content.
        whole = before.content + message.raw
        is_rest = not _is_whole_xml(before.content) and _is_whole_xml(whole)
        if counted is not None and is_rest and "Transfer-Encoding" not in before.headers:
            size = counted + len(message.raw)
            observed = f"{counted} octets in the request before this"
            yield Mismatch(f"at least {size} octets", observed, "Content-Length")
        return
    length = message.content_length
    if not _is_too_short(message) or length is None or length > MAX_BODY:
        return
    # A message cut off by its connection is nobody's mistake; a whole document is no such one.
    if _is_whole_xml(message.content):
        found = f"{length} octets"
        yield field_mismatch(message, "Content-Length", f"{len(message.content)} octets", found)


@check("HTTP-LENGTH-3", clause="RFC 9112 §6.3", level=MUST, on=http_requests())
@for_xcap
def content_of_a_request_is_delimited(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A request that contains a body has a Content-Length or is chunked."""
    before = previous_request(context) if is_left_over(request) else None
    if before is None or "Transfer-Encoding" in before.headers:
        return
    # A GET before it says nothing: the capture may have lost the head that these octets had.
    is_content = before.method in ("PUT", "POST") and _is_whole_xml(request.raw)
    if is_content and not before.headers.rows("Content-Length"):
        observed = f"{len(request.raw)} octets after a request without either"
        yield Mismatch("Content-Length or Transfer-Encoding: chunked", observed, "body", 0)


@check("HTTP-LENGTH-4", clause="RFC 9112 §8", level=INFO, on=BOTH)
@for_xcap
def message_is_complete(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """A message is complete when its connection ends."""
    if is_left_over(message):
        return
    length = message.content_length
    is_kept_short = length is not None and length > MAX_BODY
    for problem in message.malformed:
        if is_cut_short(problem, message) and not is_kept_short:
            yield Mismatch(problem.expected, problem.observed, problem.where, problem.offset)
            return


def _is_too_short(message: HttpMessage) -> bool:
    return any(
        problem.where == "body" and "Content-Length" in problem.expected
        for problem in message.malformed
    )


def _is_whole_xml(content: bytes) -> bool:
    try:
        parse_xml(content)
    except BodyError:
        return False
    return True


@check("HTTP-LENGTH-5", clause="RFC 9110 §8.6", level=SHOULD, on=http_requests("PUT", "POST"))
@for_xcap
def put_tells_its_length(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A request whose method defines content has a Content-Length unless it is chunked."""
    if "Transfer-Encoding" not in request.headers and "Content-Length" not in request.headers:
        yield field_mismatch(request, "Content-Length", "present")


@check("HTTP-CODING-1", clause="RFC 9112 §6.1", level=MUST, on=http_requests())
@for_xcap
def chunked_is_the_last_transfer_coding(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """The final transfer coding of a request is chunked, which is applied once."""
    codings = [value.lower() for value in request.headers.values("Transfer-Encoding")]
    if codings and (codings[-1] != "chunked" or codings.count("chunked") != 1):
        yield field_mismatch(request, "Transfer-Encoding", "chunked, once and as the last")


@check("HTTP-TYPE-1", clause="RFC 9110 §8.3", level=SHOULD, on=BOTH)
@for_xcap
def content_has_a_type(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """A message with content has a Content-Type."""
    if message.content and not message.headers.get("Content-Type"):
        yield field_mismatch(message, "Content-Type", "present")


@check("HTTP-CONTENT-1", clause="RFC 9110 §9.3.1", level=SHOULD, on=http_requests("GET"))
@for_xcap
def get_has_no_content(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A GET request has no content."""
    if request.content:
        yield body_mismatch(request, "no content", f"{len(request.content)} octets")


@check("HTTP-CONTENT-2", clause="RFC 9110 §9.3.5", level=SHOULD, on=http_requests("DELETE"))
@for_xcap
def delete_has_no_content(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A DELETE request has no content."""
    if request.content:
        yield body_mismatch(request, "no content", f"{len(request.content)} octets")


@check("HTTP-DATE-1", clause="RFC 9110 §5.6.7", level=MUST, on=BOTH)
@for_xcap
def date_is_an_imf_fixdate(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """A timestamp is written as in "Thu, 19 Jun 2014 06:30:47 GMT"."""
    broken = {problem.where for problem in message.malformed}
    for name in DATE_FIELDS:
        for row in message.headers.rows(name):
            # A condition gives back what Last-Modified said, an obsolete form included.
            is_own = not name.startswith("If-") or name in broken
            if is_own and (name in broken or not _IMF_FIXDATE.fullmatch(row.value)):
                yield Mismatch("IMF-fixdate", row.value or "empty", name, row.offset)


@check("HTTP-ETAG-1", clause="RFC 9110 §8.8.3", level=MUST, on=BOTH)
@for_xcap
def entity_tag_follows_the_grammar(message: HttpMessage, context: Context) -> Iterator[Mismatch]:
    """An entity-tag is an opaque string in double quotes."""
    target = xcap_target(message) if isinstance(message, HttpRequest) else None
    document = context.session.http.document_of(target) if target is not None else None
    for problem in message.malformed:
        if problem.where not in ETAG_FIELDS:
            continue
        value = message.headers.get(problem.where) or ""
        # A client that gives back what its server gave it broke nothing itself; what the server
        # gave before the capture began is not known.
        is_given = document is None or not document.etags or value in document.etags
        if isinstance(message, HttpResponse) or not is_given:
            yield Mismatch(
                problem.expected, problem.observed or "empty", problem.where, problem.offset
            )


@check("HTTP-ETAG-2", clause="RFC 9110 §13.1.1", level=INFO, on=http_requests())
@for_xcap
def if_match_has_no_weak_tag(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """If-Match lists strong entity-tags, as a weak one never matches."""
    if any(value.startswith("W/") for value in request.headers.values("If-Match")):
        yield field_mismatch(request, "If-Match", "a strong entity-tag")


@check("HTTP-EXPECT-1", clause="RFC 9110 §10.1.1", level=MUST, on=http_requests())
@for_xcap
def continue_is_expected_for_content_only(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A request without content has no 100-continue expectation."""
    is_empty = request.content_length in (None, 0) and not request.content
    if request.expects_continue and is_empty and "Transfer-Encoding" not in request.headers:
        yield field_mismatch(request, "Expect", "absent without content")


@check("HTTP-CLOSE-1", clause="RFC 9112 §9.6", level=MUST, on=http_requests(), sender="ue")
@for_xcap
def no_request_follows_close(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A client that sent the close option sends no further request on the connection."""
    before = previous_request(context)
    if before is None or is_left_over(request) or is_forwarded(request):
        return
    if before.raw == request.raw:
        return  # a capture that shows each message twice
    options = {value.lower() for value in before.headers.values("Connection")}
    if "close" in options:
        yield Mismatch("a new connection", "a request after Connection: close", "request-line", 0)
