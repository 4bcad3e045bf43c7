"""Resource lists and RLS services beyond their schema (RFC 4826 §3 and §4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from harness.body import tree
from harness.body.namespaces import RESOURCE_LISTS, RLS_SERVICES
from harness.body.schema import BodyError, path_of
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.registry import INFO, MUST, SHOULD, at_end, bodies, check
from harness.checks.session import Session
from harness.checks.xml_documents import at_element, elements, root_of, where_of
from harness.checks.xml_references import (
    authority_of,
    illegal_in,
    is_absolute_http,
    is_missing,
    own_authority,
    uri_fault,
)
from harness.checks.xml_trees import read_tree
from harness.config import Profile
from harness.model import Mismatch
from harness.trace import TraceEntry
from harness.xcap.http import HttpRequest

_LISTS = bodies(documents.RESOURCE_LISTS, documents.RLS_SERVICES, documents.FRAGMENT)
_SERVICES = bodies(documents.RLS_SERVICES, documents.FRAGMENT)
_AUIDS = ("resource-lists", "rls-services")
_ENTRY, _REF, _EXTERNAL = (
    tree.qname(RESOURCE_LISTS, name) for name in ("entry", "entry-ref", "external")
)
_SERVICE, _RESOURCE_LIST, _PACKAGES, _PACKAGE = (
    tree.qname(RLS_SERVICES, name) for name in ("service", "resource-list", "packages", "package")
)
# event-package of RFC 6665 §8.4: token-nodot, templates behind dots.
_EVENT = re.compile(r"[A-Za-z0-9\-!%*_+`'~]+(\.[A-Za-z0-9\-!%*_+`'~]+)*", re.ASCII)


def _in(body: object, context: Context, *tags: str) -> Iterator[etree._Element]:
    where = where_of(context) if isinstance(body, documents.Fragment) else None
    if where is not None and where.auid not in _AUIDS:
        return
    root = root_of(body, context)
    if root is not None:
        yield from elements(root, *tags)


@check("LIST-ENTRY-1", clause="RFC 4826 §3.1", level=SHOULD, on=_LISTS)
def entry_is_a_uri(body: object, context: Context) -> Iterator[Mismatch]:
    """The uri of an entry is a URI."""
    for element in _in(body, context, _ENTRY):
        value = element.get("uri")
        if value is not None and uri_fault(value.strip()):
            expected = "a URI such as sip:bob@example.com"
            yield at_element(context, element, expected, value, attribute="uri")


@check("LIST-ENTRY-2", clause="RFC 4826 §3.1", level=INFO, on=_LISTS)
def entry_can_be_subscribed_to(body: object, context: Context) -> Iterator[Mismatch]:
    """The uri of an entry has a scheme that presence can be subscribed to: sip, sips or pres."""
    for element in _in(body, context, _ENTRY):
        value = (element.get("uri") or "").strip()
        scheme = value.partition(":")[0].lower()
        if not uri_fault(value) and scheme not in ("sip", "sips", "pres", "tel"):
            yield at_element(context, element, "a sip or pres URI", value, attribute="uri")


@check("LIST-REF-1", clause="RFC 4826 §3.1", level=MUST, on=_LISTS)
def reference_is_percent_encoded(body: object, context: Context) -> Iterator[Mismatch]:
    """The ref of an entry-ref is percent-encoded."""
    for element in _in(body, context, _REF):
        yield from _illegal(context, element, "ref")


def _illegal(context: Context, element: etree._Element, attribute: str) -> Iterator[Mismatch]:
    value = (element.get(attribute) or "").strip()
    found = illegal_in(value)
    if found:
        hint = f"{found!r} is not legal in a URI: percent-encode it"
        yield at_element(
            context, element, "a percent-encoded URI", value, attribute=attribute, hint=hint
        )


@check("RLS-URI-1", clause="RFC 4826 §4.1", level=SHOULD, on=_SERVICES)
def service_uri_can_be_subscribed_to(body: object, context: Context) -> Iterator[Mismatch]:
    """The uri of a service is a URI that a client can send a SUBSCRIBE to."""
    for element in _in(body, context, _SERVICE):
        value = (element.get("uri") or "").strip()
        scheme = value.partition(":")[0].lower()
        if uri_fault(value) or scheme not in ("sip", "sips", "pres", "tel"):
            expected = "a URI such as sip:alice@example.com;pres-list=friends"
            yield at_element(context, element, expected, value or "nothing", attribute="uri")


@check("RLS-LIST-1", clause="RFC 4826 §4.1", level=SHOULD, on=_SERVICES)
def list_uri_is_percent_encoded(body: object, context: Context) -> Iterator[Mismatch]:
    """A resource-list holds no character that a URI cannot hold."""
    for element in _in(body, context, _RESOURCE_LIST):
        value = tree.text(element) or ""
        found = illegal_in(value)
        if found:
            hint = f"{found!r} is not legal in a URI: percent-encode it"
            yield at_element(context, element, "a percent-encoded URI", value, hint=hint)


@check("RLS-LIST-2", clause="RFC 4826 §4.1", level=SHOULD, on=_SERVICES)
def list_is_under_the_same_root(body: object, context: Context) -> Iterator[Mismatch]:
    """A resource-list has the XCAP root of the document that it is in.

    A proxy between the UE and the place of capture may have changed the request's authority.
    """
    request = context.entry.message
    own = own_authority(request) if isinstance(request, HttpRequest) else None
    if own is None:
        return
    for element in _in(body, context, _RESOURCE_LIST):
        value = tree.text(element) or ""
        authority = authority_of(value) if is_absolute_http(value) else None
        if authority is not None and authority != own:
            host, port = own
            yield at_element(context, element, f"{host}, port {port}, as the request", value)


@check("RLS-PACKAGE-1", clause="RFC 4826 §4.1", level=SHOULD, on=_SERVICES)
def package_is_an_event_package(body: object, context: Context) -> Iterator[Mismatch]:
    """The content of a package is the name of an event package."""
    for element in _in(body, context, _PACKAGE):
        text = tree.text(element) or ""
        if _EVENT.fullmatch(text) is None:
            yield at_element(context, element, "a name such as presence", text or "nothing")


@check("RLS-PACKAGE-2", clause="RFC 4826 §4.1", level=SHOULD, on=_SERVICES)
def packages_are_named(body: object, context: Context) -> Iterator[Mismatch]:
    """A packages element names a package: without any, the service takes no subscription."""
    for element in _in(body, context, _PACKAGES):
        if next(tree.elements(element), None) is None:
            hint = "leave <packages> out to take any package"
            yield at_element(context, element, "a package", "none", hint=hint)


@check("LIST-ANCHOR-1", clause="RFC 4826 §3.1", level=INFO, on=at_end(), sender="ue")
def anchors_lead_to_lists(
    session: Session, profile: Profile
) -> Iterator[tuple[TraceEntry, Mismatch]]:
    """The list that an external refers to is in the document that was put, if that was seen.

    Judged at the end, as a list may be put after what refers to it.
    """
    for key, document in tuple(session.http.documents.items()):
        if key[1] not in _AUIDS or document.source is None or document.content is None:
            continue
        for element in _externals(document.content):
            anchor = (element.get("anchor") or "").strip()
            if is_missing(anchor, session):
                where = path_of(element)
                yield document.source, Mismatch("a list that is there", anchor, where)


def _externals(data: bytes) -> Iterator[etree._Element]:
    try:
        yield from elements(read_tree(data), _EXTERNAL)
    except BodyError:
        return
