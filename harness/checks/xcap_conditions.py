"""What an XCAP client makes of what it was told before: entity-tags, conflicts (RFC 4825 §7)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.body.schema import BodyError, parse_xml, validate
from harness.checks.context import Context
from harness.checks.http_places import body_mismatch, field_mismatch, target_mismatch
from harness.checks.registry import INFO, SHOULD, check, http_requests
from harness.checks.session_xcap import Document
from harness.checks.xcap_target import XcapTarget, xcap_target
from harness.model import Mismatch
from harness.xcap.constraints import Situation, unique_in_lists
from harness.xcap.editing import NoParentError, delete_node, put_node
from harness.xcap.errors import ConflictError
from harness.xcap.http import HttpRequest
from harness.xcap.selector import NodeSelector
from harness.xcap.spans import XmlError


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


def _change(
    request: HttpRequest, context: Context
) -> tuple[XcapTarget, NodeSelector, bytes] | None:
    """A change of a node, with the document as the traffic showed it, if all of it is known."""
    found = _known(request, context)
    if found is None or request.malformed or request.method not in ("PUT", "DELETE"):
        return None
    target, document = found
    node = target.uri.node if target.uri is not None else None
    is_known = document.content is not None and document.exists and not document.edited
    if node is None or target.usage is None or node.kind == "namespaces" or not is_known:
        return None
    return target, node, document.content or b""


# Other clients of the user may have changed the document since: none of these is a MUST here.
@check("XCAP-NODE-1", clause="RFC 4825 §7.5", level=SHOULD, on=http_requests("DELETE"), sender="ue")
def deleted_node_is_selected_alone(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The node selector of a DELETE selects nothing once the node is deleted."""
    found = _change(request, context)
    if found is None or found[0].usage is None:
        return
    try:
        delete_node(found[2], found[1], found[0].usage.namespace)
    except ConflictError as error:
        observed = error.report.phrase or error.report.element
        yield target_mismatch(request, found[0].separator or 0, "nothing left to select", observed)
    except XmlError:
        return


@check("XCAP-NODE-2", clause="RFC 4825 §7", level=SHOULD, on=http_requests("PUT"), sender="ue")
def put_node_has_its_place(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A node is put where its parent is, and where its selector selects it afterwards."""
    found = _change(request, context)
    if found is None or found[0].usage is None:
        return
    target, node, document = found
    try:
        put_node(document, node, request.body, found[0].usage.namespace)
    except NoParentError as error:
        observed = f"no parent in the document: {error}"
        yield target_mismatch(request, target.separator or 0, "a parent that is there", observed)
    except ConflictError as error:
        # A body that is another node than the selector says is XCAP-ELEMENT-1.
        is_place = error.report.element == "cannot-insert" and node.steps[-1].position is not None
        if is_place:
            expected, observed = "the place that the selector names", error.report.phrase
            yield target_mismatch(request, target.separator or 0, expected, observed)
    except XmlError:
        return


@check("XCAP-RESULT-1", clause="RFC 4825 §7", level=SHOULD, on=http_requests(), sender="ue")
def changed_document_keeps_its_constraints(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A document that kept its schema and constraints keeps them after a change of a node."""
    found = _change(request, context)
    after = None if found is None else _after(request, *found)
    if found is None or after is None:
        return
    target, _, before = found
    if not _faults(target, before) and (faults := _faults(target, after)):
        yield body_mismatch(request, "a document that is valid afterwards", faults[0])


def _after(
    request: HttpRequest, target: XcapTarget, node: NodeSelector, document: bytes
) -> bytes | None:
    assert target.usage is not None
    try:
        if request.method == "DELETE":
            return delete_node(document, node, target.usage.namespace)
        return put_node(document, node, request.body, target.usage.namespace).document
    except (ConflictError, NoParentError, XmlError):
        return None


def _faults(target: XcapTarget, document: bytes) -> list[str]:
    """What the schema and the constraints of its usage say against a document."""
    try:
        root = parse_xml(document)
    except BodyError as error:
        return [error.reason]
    found = [f"{error.path}: {error.reason}" for error in validate(root)]
    assert target.usage is not None
    if target.uri is None or unique_in_lists not in target.usage.constraints:
        return found
    situation = Situation(target.uri, target.root, target.usage.namespace, frozenset)
    try:
        unique_in_lists(root, situation)
    except ConflictError as error:
        found.append(error.report.phrase)
    return found
