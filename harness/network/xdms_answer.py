"""What the XDMS answers, and the conditions of a request (RFC 9110 §13)."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from http import HTTPStatus

from harness.xcap.errors import CONTENT_TYPE, ConflictReport, make_xcap_error
from harness.xcap.headers import Headers
from harness.xcap.http import HttpRequest, make_http_response
from harness.xcap.syntax import ENTITY_TAG

Header = tuple[str, str]

READ_METHODS = ("GET", "HEAD")
DOCUMENT_METHODS = (*READ_METHODS, "PUT", "DELETE")
METHODS = (*DOCUMENT_METHODS, "OPTIONS")
# What is shorter gains nothing by compression.
_LEAST_COMPRESSED = 1024
_GZIP_MARK = '-gzip"'


@dataclass(frozen=True, slots=True)
class Answer:
    """A final response in the making; Date, Server and Content-Length are added on writing."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def serialize(self, request: HttpRequest, date: str, server: str) -> bytes:
        """The octets of the response to `request`."""
        own, body = self.headers, self.body
        if self.status == 200 and len(body) >= _LEAST_COMPRESSED:
            own = (*own, ("Vary", "Accept-Encoding"))
            if _takes_gzip(request):
                own, body = _compressed(own, body)
        headers = [("Date", date), ("Server", server), *own]
        if self.status == 400 or _wants_close(request):
            # RFC 9112 §9.6; after a request that we could not read, nothing can be relied on.
            headers.append(("Connection", "close"))
        phrase = HTTPStatus(self.status).phrase
        return make_http_response(self.status, phrase, headers, body, head=request.method == "HEAD")


def _takes_gzip(request: HttpRequest) -> bool:
    """Whether the client says that it takes gzip (RFC 9110 §12.5.3)."""
    for value in request.headers.values("Accept-Encoding"):
        coding, _, weight = value.lower().replace(" ", "").partition(";")
        if coding in ("gzip", "x-gzip"):
            return re.fullmatch(r"q=0(\.0*)?", weight) is None
    return False


def _compressed(headers: tuple[Header, ...], body: bytes) -> tuple[tuple[Header, ...], bytes]:
    """The same content with gzip. Its entity-tag is another one: RFC 9110 §8.8.3.3 keeps those of
    two codings apart; a condition takes the one for the other."""
    marked = tuple(
        (name, value[:-1] + _GZIP_MARK if name == "ETag" else value) for name, value in headers
    )
    return (*marked, ("Content-Encoding", "gzip")), gzip.compress(body, mtime=0)


def _wants_close(request: HttpRequest) -> bool:
    options = {option.lower() for option in request.headers.values("Connection")}
    return "close" in options or request.version == "HTTP/1.0"


def conflict_answer(report: ConflictReport) -> Answer:
    """409 with a detailed conflict report (RFC 4825 §11)."""
    return Answer(409, (("Content-Type", CONTENT_TYPE),), make_xcap_error(report))


def not_allowed(methods: tuple[str, ...] = METHODS) -> Answer:
    """405, which MUST carry Allow (RFC 9110 §15.5.6)."""
    return Answer(405, (("Allow", ", ".join(methods)),))


def other_method(method: str) -> Answer:
    """The answer to what does nothing to a document: OPTIONS (RFC 9110 §9.3.7), or no method."""
    return Answer(200, (("Allow", ", ".join(METHODS)),)) if method == "OPTIONS" else not_allowed()


def failed_condition(
    request: HttpRequest, etag: str | None, *, is_insertion: bool
) -> Answer | None:
    """304 or 412 where If-Match or If-None-Match does not hold; None to go on.

    `etag` is that of the document, None where there is no document. Every resource in a document
    shares it; one that is being inserted counts as existing already, so that If-None-Match: *
    never lets an element or attribute be inserted (RFC 4825 §8.2.6). `is_insertion` is for a
    document that does not exist yet. Order: RFC 9110 §13.2.2.
    """
    headers = request.headers
    current = None if is_insertion else etag
    if "If-Match" in headers and not _matches(headers, "If-Match", current, weak=False):
        return Answer(412, _etag_header(current))
    if "If-None-Match" in headers and _matches(headers, "If-None-Match", current, weak=True):
        # RFC 9110 §13.1.2: 304 for GET and HEAD, 412 for every other method.
        return Answer(304 if request.method in READ_METHODS else 412, _etag_header(current))
    return None


def _without_coding(tag: str) -> str:
    """The tag of the document for that of its compressed form."""
    return tag.removesuffix(_GZIP_MARK) + '"' if tag.endswith(_GZIP_MARK) else tag


def _etag_header(etag: str | None) -> tuple[Header, ...]:
    return () if etag is None else (("ETag", etag),)


def _matches(headers: Headers, name: str, current: str | None, *, weak: bool) -> bool:
    """Whether one of the listed entity-tags is the current one (RFC 9110 §8.8.3.2)."""
    if current is None:
        return False
    text = ",".join(row.value for row in headers.rows(name))
    if text.strip() == "*":
        return True
    # Some clients put quotes around a tag that has its own.
    text = re.sub(r'""([^",]+)""', r'"\1"', text)
    tags = [_without_coding(tag) for tag in ENTITY_TAG.findall(text)]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return current in tags
