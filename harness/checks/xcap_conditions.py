"""What an XCAP client makes of what it was told before: entity-tags, conflicts (RFC 4825 §7)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.http_places import body_mismatch, field_mismatch, target_mismatch
from harness.checks.registry import INFO, SHOULD, check, http_requests
from harness.checks.session_xcap import Document
from harness.checks.xcap_target import XcapTarget, xcap_target
from harness.model import Mismatch
from harness.xcap.http import HttpRequest


def _known(request: HttpRequest, context: Context) -> tuple[XcapTarget, Document] | None:
    """The URI of a request, and what the traffic has shown of its document."""
    target = xcap_target(request)
    document = context.session.http.document_of(target) if target is not None else None
    return (target, document) if target is not None and document is not None else None


@check("XCAP-MATCH-1", clause="RFC 4825 §7.11", level=INFO, on=http_requests(), sender="ue")
def entity_tag_was_given_for_the_document(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """If-Match has an entity-tag that the server gave for the document."""
    found = _known(request, context)
    value = request.headers.get("If-Match")
    if found is None or not found[1].etags or value in (None, "*"):
        return
    given = {tag.removeprefix("W/") for tag in found[1].etags}
    sent = {tag.removeprefix("W/") for tag in request.headers.values("If-Match")}
    if not sent & given and value not in given:
        yield field_mismatch(request, "If-Match", found[1].latest_etag or "")


@check("XCAP-MATCH-2", clause="RFC 4825 §7.11", level=INFO, on=http_requests(), sender="ue")
def document_is_fetched_after_a_failed_condition(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """After a 412 a client fetches the document before it tries the same condition again."""
    found = _known(request, context)
    if found is None or request.method not in ("PUT", "DELETE"):
        return
    refused = found[1].refused
    if refused and request.headers.get("If-Match") == refused:
        yield field_mismatch(request, "If-Match", "the entity-tag of a new GET")


@check("XCAP-MATCH-3", clause="RFC 4825 §8.2.6", level=INFO, on=http_requests("PUT"))
def insertion_has_a_condition_that_can_hold(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A PUT of an element or attribute has no "If-None-Match: *", which always fails."""
    target = xcap_target(request)
    is_node = target is not None and target.kind in ("element", "attribute")
    if is_node and request.headers.get("If-None-Match") == "*":
        yield field_mismatch(request, "If-None-Match", "an entity-tag, or absent")


@check("XCAP-RETRY-1", clause="RFC 4825 §7", level=SHOULD, on=http_requests(), sender="ue")
def refused_change_is_not_repeated_as_it_was(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A request that was answered with 409 is not retried without a change."""
    found = _known(request, context)
    if found is None or request.method not in ("PUT", "DELETE"):
        return
    earlier = found[1].conflicts.get((request.method, request.target, request.body))
    if earlier is not None:
        observed = f"the request of message {earlier.number}, which got a 409"
        yield body_mismatch(request, "a changed request", observed)


@check("XCAP-UNKNOWN-1", clause="RFC 4825 §7.6", level=INFO, on=http_requests(), sender="ue")
def node_is_in_a_document_that_was_seen(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A node selector selects from a document that the client has stored or read."""
    target = xcap_target(request)
    if target is None or target.separator is None or target.key is None:
        return
    document = context.session.http.document_of(target)
    if document is None or document.exists is False:
        observed = "no such document" if document is not None else "a document not seen before"
        yield target_mismatch(request, target.separator, "a document put or fetched", observed)
