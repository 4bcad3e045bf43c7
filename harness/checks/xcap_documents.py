"""What documents of lists promise beyond their schemas, where a client puts them (RFC 4826)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from urllib.parse import unquote

from lxml import etree

from harness.body.namespaces import RESOURCE_LISTS, RLS_SERVICES
from harness.body.schema_errors import path_of
from harness.body.wellformed import BodyError, line_of, parse_fragment
from harness.checks.context import Context
from harness.checks.http_general import bad_character
from harness.checks.http_places import body_mismatch, is_forwarded
from harness.checks.registry import MUST, SHOULD, at_end, check, http_requests
from harness.checks.session import Session
from harness.checks.session_xcap import Document
from harness.checks.xcap_target import XcapTarget, read_xcap_uri, xcap_target
from harness.checks.xml_trees import read_tree
from harness.config import Profile
from harness.model import Mismatch
from harness.trace import TraceEntry
from harness.xcap.constraints import (
    Constraint,
    Situation,
    absolute_anchors,
    duplicates,
    relative_entry_refs,
    resource_list_uris,
)
from harness.xcap.errors import ConflictError
from harness.xcap.http import HttpRequest
from harness.xcap.nodes import select

_LISTS_TYPE_ROOTS = {"resource-lists": RESOURCE_LISTS, "rls-services": RLS_SERVICES}


def _put(request: HttpRequest) -> tuple[XcapTarget, etree._Element] | None:
    """The URI and the root of a document, or of an element, of lists that is put."""
    target = xcap_target(request)
    if target is None or target.uri is None or target.auid not in _LISTS_TYPE_ROOTS:
        return None
    root = _read(target.kind, target.auid, request.body)
    return None if root is None else (target, root)


@lru_cache(8)
def _read(kind: str, auid: str, data: bytes) -> etree._Element | None:
    """The root of what is put, remembered for the checks that look at it one after another."""
    try:
        if kind == "document":
            return read_tree(data)
        if kind == "element":
            return parse_fragment(data, _LISTS_TYPE_ROOTS[auid])
    except BodyError:
        pass
    return None


def _broken(request: HttpRequest, constraint: Constraint, expected: str) -> Iterator[Mismatch]:
    """What a constraint says against a request."""
    found = _put(request)
    if found is None or found[0].uri is None:
        return
    target, root = found
    situation = Situation(
        uri=found[0].uri,
        root_path=target.root,
        namespace=_LISTS_TYPE_ROOTS[target.auid],
        services_elsewhere=frozenset,
    )
    try:
        constraint(root, situation)
    except ConflictError as error:
        fields = [unquote(each.field) for each in error.report.exists]
        for observed in fields or [error.report.phrase]:
            yield body_mismatch(request, expected, observed)


def _at(request: HttpRequest, element: etree._Element, name: str, expected: str) -> Mismatch:
    """A mismatch at an attribute of what is put."""
    found = body_mismatch(request, expected, element.get(name) or "", _line(element))
    return replace(found, where=f"{path_of(element)}/@{name}")


@check("XCAP-UNIQUE-1", clause="RFC 4826 §3.4.5", level=MUST, on=http_requests("PUT"))
def list_members_are_unique(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Names of lists, URIs of entries, refs and anchors are unique within their parent."""
    found = _put(request)
    seen: set[tuple[object, str, str]] = set()
    for element, name in duplicates(found[1]) if found is not None else ():
        key = (element.getparent(), str(element.tag), element.get(name) or "")
        if key in seen:
            yield _at(request, element, name, "a value that no sibling has")
        seen.add(key)


@check("XCAP-UNIQUE-2", clause="RFC 4826 §4.4.5", level=MUST, on=http_requests("PUT"))
def service_uris_are_unique(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The URI of a service is that of no other service."""
    found = _put(request)
    seen: set[str] = set()
    for element in found[1].iter(f"{{{RLS_SERVICES}}}service") if found is not None else ():
        uri = element.get("uri") or ""
        if uri and uri in seen:
            yield _at(request, element, "uri", "a URI that no other service has")
        seen.add(uri)


@check("XCAP-ANCHOR-1", clause="RFC 4826 §3.4.5", level=MUST, on=http_requests("PUT"))
def anchor_is_an_absolute_http_uri(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The anchor of an <external> is an absolute HTTP URI."""
    yield from _broken(request, absolute_anchors, "an absolute HTTP URI")


@check("XCAP-ANCHOR-2", clause="RFC 4826 §3.1", level=MUST, on=http_requests("PUT"))
def anchor_is_that_of_a_list(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The anchor of an <external> represents a <list> element in a resource-lists document."""
    for element, anchor in _anchors(request):
        if not _is_list_uri(anchor):
            expected = "a <list> in a resource-lists document"
            yield body_mismatch(request, expected, anchor, _line(element))


@check("XCAP-ANCHOR-3", clause="RFC 4826 §3.1", level=MUST, on=http_requests("PUT"))
def anchor_is_percent_encoded(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The anchor of an <external> is percent-encoded."""
    for element, anchor in _anchors(request):
        at = bad_character(anchor)
        if at is not None:
            expected = "brackets, quotes and the like percent-encoded"
            yield body_mismatch(request, expected, anchor[at:], _line(element))


@check("XCAP-REF-1", clause="RFC 4826 §3.4.5", level=MUST, on=http_requests("PUT"))
def entry_ref_is_a_relative_path(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The ref of an <entry-ref> is a relative path reference."""
    yield from _broken(request, relative_entry_refs, "a relative path")


@check("XCAP-SERVICE-1", clause="RFC 4826 §4.4.5", level=MUST, on=http_requests("PUT"))
def service_refers_to_a_list_of_its_user(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A <resource-list> is an absolute URI under resource-lists in the user's home directory."""
    target = xcap_target(request)
    # A proxy may serve the XCAP root under another path than the client names.
    if target is not None and target.auid == "rls-services" and not is_forwarded(request):
        yield from _broken(request, resource_list_uris, "a resource list of the same user")


@check("XCAP-SERVICE-2", clause="RFC 4826 §4.1", level=MUST, on=http_requests("PUT"))
def service_refers_to_a_list_element(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The URI in a <resource-list> is that of a <list> element in a resource-lists document."""
    found = _put(request)
    for element in _resource_lists(found[1]) if found is not None else ():
        uri = (element.text or "").strip()
        if not _is_list_uri(uri):
            yield body_mismatch(request, "the URI of a <list> element", uri, _line(element))


# No MUST, though the text has one: of two documents that refer to one another one changes first,
# and a capture may end in between (RFC 4825 §5.3 leaves the integrity to the clients).
@check("XCAP-SERVICE-3", clause="RFC 4826 §4.1", level=SHOULD, on=at_end(), sender="ue")
def list_of_a_service_exists(
    session: Session, profile: Profile
) -> Iterator[tuple[TraceEntry, Mismatch]]:
    """The list that an RLS service refers to is in the resource-lists document that was put.

    Judged at the end, as nothing says which of the two documents is put first.
    """
    for key, document in tuple(session.http.documents.items()):
        if key[1] != "rls-services" or document.source is None or not _is_put(document.source):
            continue
        for element in _resource_lists(_root_of(document)):
            uri = (element.text or "").strip()
            if _is_missing(uri, session):
                mismatch = Mismatch("a list that is there", uri, "body", hint=_line(element))
                yield document.source, mismatch


def _is_put(entry: TraceEntry) -> bool:
    return isinstance(entry.message, HttpRequest) and entry.message.method == "PUT"


def _root_of(document: Document) -> etree._Element | None:
    """The root of a document that is known as a whole and as it is now."""
    if document.content is None or document.edited:
        return None
    try:
        return read_tree(document.content)
    except BodyError:
        return None


def _resource_lists(root: etree._Element | None) -> Iterator[etree._Element]:
    if root is not None:
        yield from root.iter(f"{{{RLS_SERVICES}}}resource-list")


def _anchors(request: HttpRequest) -> Iterator[tuple[etree._Element, str]]:
    found = _put(request)
    if found is None:
        return
    for element in found[1].iter(f"{{{RESOURCE_LISTS}}}external"):
        anchor = str(element.get("anchor") or "").strip()
        if anchor:
            yield element, anchor


def _is_list_uri(uri: str) -> bool:
    """Whether a URI can be that of a <list>; one that is not known as XCAP's is not blamed."""
    target = read_xcap_uri(uri)
    if target is None or target.uri is None:
        return True  # nothing says so, or other checks do
    node = target.uri.node
    if target.auid != "resource-lists" or node is None or node.terminal is not None:
        return False
    name = node.steps[-1].name
    return name is None or name.local == "list"


def _is_missing(uri: str, session: Session) -> bool:
    """Whether a list is known not to be where a URI says."""
    target = read_xcap_uri(uri)
    node = target.uri.node if target is not None and target.uri is not None else None
    document = session.http.document_of(target) if target is not None else None
    if node is None or document is None or document.source is None:
        return False
    # Entries come and go without a change to the lists themselves.
    changed = document.edited - {"entry", "entry-ref", "external", "display-name"}
    if document.content is None or changed or not _is_put(document.source):
        return False
    try:
        root = read_tree(document.content)
    except BodyError:
        return False
    return select(root, node.steps, RESOURCE_LISTS) is None


def _line(element: etree._Element) -> str:
    line = line_of(element)
    return f"line {line} of the body" if line is not None else ""
