"""What an XCAP server answers (RFC 4825 §8)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.http_places import body_mismatch, essence, field_mismatch, http_request
from harness.checks.registry import INFO, MUST, SHOULD, check, http_responses
from harness.checks.session_xcap import Document
from harness.checks.xcap_requests import ATTRIBUTE_TYPE, ELEMENT_TYPE
from harness.checks.xcap_target import XcapTarget, xcap_target
from harness.model import Mismatch, Transport
from harness.sip.auth_params import parse_auth_values
from harness.xcap.errors import CONTENT_TYPE as CONFLICT_TYPE
from harness.xcap.http import HttpRequest, HttpResponse

_NODE_TYPES = {
    "element": ELEMENT_TYPE,
    "attribute": ATTRIBUTE_TYPE,
    "namespaces": "application/xcap-ns+xml",
}
_DONE = (200, 201)
_STATUS_AT = len("HTTP/1.1 ")
_DECLARES = re.compile(rb"\sxmlns(?::[\w.-]+)?\s*=")
_START_TAG = re.compile(rb"<([^\s<>/!?][^\s<>/]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>")


def _asked(context: Context) -> tuple[HttpRequest, XcapTarget] | None:
    """The XCAP request that a response answers."""
    request = http_request(context)
    target = xcap_target(request) if request is not None else None
    return (request, target) if request is not None and target is not None else None


def _document(context: Context) -> Document | None:
    asked = _asked(context)
    return context.session.http.document_of(asked[1]) if asked is not None else None


def _status_mismatch(response: HttpResponse, expected: str) -> Mismatch:
    return Mismatch(expected, f"{response.status} {response.reason}", "status-line", _STATUS_AT)


@check("XCAP-ETAG-1", clause="RFC 4825 §8.5", level=MUST, on=http_responses("GET", "PUT", "DELETE"))
def success_has_an_entity_tag(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A 200 or 201 response has an ETag as long as the document exists."""
    asked = _asked(context)
    if asked is None or response.status not in _DONE or "ETag" in response.headers:
        return  # one that is empty is HTTP-ETAG-1
    request, target = asked
    is_gone = request.method == "DELETE" and target.kind in ("document", "")
    if not is_gone and target.key is not None:
        yield field_mismatch(response, "ETag", "an entity-tag")


@check("XCAP-ETAG-2", clause="RFC 4825 §8.5", level=MUST, on=http_responses("PUT", status=201))
def change_gives_a_new_entity_tag(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A document that has changed gets a new entity-tag."""
    document = _document(context)
    latest = document.latest_etag if document is not None else None
    if latest is not None and document is not None and document.exists and response.etag == latest:
        yield field_mismatch(response, "ETag", f"another than {latest}")


@check("XCAP-TYPE-4", clause="RFC 4825 §8.3", level=MUST, on=http_responses("GET", status=200))
def fetched_resource_has_its_type(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A document is returned with its usage's media type, a node with that of its kind."""
    asked = _asked(context)
    if asked is None or not asked[1].kind:
        return
    usage = asked[1].usage
    wanted = _NODE_TYPES.get(asked[1].kind) or (usage.content_type if usage is not None else None)
    if wanted is not None and essence(response.headers.get("Content-Type")) != wanted:
        yield field_mismatch(response, "Content-Type", wanted)


@check("XCAP-BODY-1", clause="RFC 4825 §8.2.7", level=MUST, on=http_responses("PUT", status=200))
def answer_to_a_replacement_is_empty(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A 200 response to a PUT has no content."""
    if _asked(context) is not None and response.content:
        yield body_mismatch(response, "no content", f"{len(response.content)} octets")


@check(
    "XCAP-NAMESPACES-2", clause="RFC 4825 §8.3", level=MUST, on=http_responses("GET", status=200)
)
def server_adds_no_namespace_bindings(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A fetched element has no namespace declaration that was not put there."""
    asked, document = _asked(context), _document(context)
    if asked is None or document is None or asked[1].kind != "element":
        return
    tag = _START_TAG.search(response.body)
    if tag is None or document.content is None or document.edited:
        return
    declares = _DECLARES.search(tag[2]) is not None
    stored = [each[2] for each in _START_TAG.finditer(document.content) if each[1] == tag[1]]
    if declares and stored and not any(_DECLARES.search(attributes) for attributes in stored):
        yield body_mismatch(
            response, "the element as it was put", tag[0].decode("utf-8", "replace")
        )


@check("XCAP-NAMESPACES-3", clause="RFC 4825 §8.2", level=MUST, on=http_responses("PUT", "DELETE"))
def bindings_cannot_be_changed(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A PUT or DELETE of namespace bindings is refused with 405."""
    asked = _asked(context)
    is_success = 200 <= response.status < 300
    if asked is not None and asked[1].kind == "namespaces" and is_success:
        yield _status_mismatch(response, "405")


@check(
    "XCAP-CONFLICT-1", clause="RFC 4825 §8.2", level=SHOULD, on=http_responses("PUT", status=409)
)
def conflict_is_reported(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A 409 response has a detailed conflict report."""
    is_report = essence(response.headers.get("Content-Type")) == CONFLICT_TYPE
    if _asked(context) is not None and not (is_report and response.body):
        yield field_mismatch(response, "Content-Type", CONFLICT_TYPE)


@check("XCAP-CACHE-1", clause="RFC 4825 §9", level=SHOULD, on=http_responses("GET", status=200))
def answer_is_not_to_be_cached(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A document that clients write is returned with a no-cache directive."""
    directives = {
        value.partition("=")[0].strip().lower()
        for name in ("Cache-Control", "Pragma")
        for value in response.headers.values(name)
    }
    if _asked(context) is not None and not directives & {"no-cache", "no-store"}:
        yield field_mismatch(response, "Cache-Control", "no-cache")


@check("XCAP-BASIC-1", clause="RFC 4825 §14", level=MUST, on=http_responses(status=401))
def basic_is_offered_over_tls_only(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A server does no Basic authentication without TLS."""
    if context.entry.source.transport is not Transport.HTTP or _asked(context) is None:
        return
    if context.profile.network.xcap_authentication == "basic":
        return  # who runs the network asked for it
    for row in response.headers.rows("WWW-Authenticate"):
        if any(value.is_scheme("Basic") for value in parse_auth_values(row.value)):
            yield Mismatch("no Basic over plain HTTP", row.value, row.name, row.offset)


@check("XCAP-STATUS-1", clause="RFC 4825 §8.2.7", level=INFO, on=http_responses("PUT"))
def creation_and_replacement_have_their_status(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """A document that is created is answered with 201, one that is replaced with 200."""
    asked, document = _asked(context), _document(context)
    if asked is None or document is None or asked[1].kind != "document":
        return
    # Somebody else may have created or deleted it in the meantime: hence a note at most.
    wanted = {True: 200, False: 201}.get(document.exists) if document.exists is not None else None
    if wanted is not None and response.status in _DONE and response.status != wanted:
        yield _status_mismatch(response, str(wanted))


@check("XCAP-PREFIX-3", clause="RFC 4825 §8", level=MUST, on=http_responses("GET", "PUT", "DELETE"))
def unbound_prefix_is_refused(response: HttpResponse, context: Context) -> Iterator[Mismatch]:
    """A node selector with a prefix that is not defined is answered with 400."""
    asked = _asked(context)
    error = asked[1].error if asked is not None else None
    is_unbound = error is not None and error.where == "node selector" and error.status == 400
    if is_unbound and 200 <= response.status < 300:
        yield _status_mismatch(response, "400")
