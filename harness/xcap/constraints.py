"""What an application usage asks of a document beyond its schema (RFC 4825 §5.4, §8.2.5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from harness.xcap.errors import Exists, conflict
from harness.xcap.percent import quote_node_selector
from harness.xcap.selector import XcapUri, XcapUriError, canonical_xui, parse_xcap_uri

MAX_REPORTED = 16
"""Fields that one conflict report names."""

_RESOURCE_LISTS = "urn:ietf:params:xml:ns:resource-lists"
_RLS_SERVICES = "urn:ietf:params:xml:ns:rls-services"
_ABSOLUTE_HTTP_URI = re.compile(r"https?://[^/?#\s]+.*", re.IGNORECASE | re.DOTALL)
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a document is put: its XCAP URI, the path of the XCAP root, the default namespace.

    `services_elsewhere` gives the service URIs in all other documents of the server, `identity`
    the form of an XUI in which two of one user are equal.
    """

    uri: XcapUri
    root_path: str
    namespace: str
    services_elsewhere: Callable[[], frozenset[str]]
    identity: Callable[[str], str] = canonical_xui


Constraint = Callable[[etree._Element, Situation], None]
"""Raises `ConflictError` where the document with this root breaks the constraint."""

# The attributes that are unique among siblings of the same name (RFC 4826 §3.4.5); the service
# documents' own <list> is a list as well (§4.4.5).
_UNIQUE = {
    f"{{{_RESOURCE_LISTS}}}list": "name",
    f"{{{_RLS_SERVICES}}}list": "name",
    f"{{{_RESOURCE_LISTS}}}entry": "uri",
    f"{{{_RESOURCE_LISTS}}}entry-ref": "ref",
    f"{{{_RESOURCE_LISTS}}}external": "anchor",
}


def unique_in_lists(root: etree._Element, situation: Situation) -> None:
    """List names, entry URIs, references and anchors are unique within their parent.

    Compared as case-sensitive strings (RFC 4826 §3.4.5).
    """
    found = list(islice(duplicates(root), MAX_REPORTED))
    if found:
        fields = tuple(
            Exists(field_selector(child, name, situation.namespace)) for child, name in found
        )
        raise conflict("uniqueness-failure", "not unique within its parent", None, fields)


def duplicates(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """The elements whose key stands more than once under their parent, with its attribute."""
    for parent in root.iter(f"{{{_RESOURCE_LISTS}}}*", f"{{{_RLS_SERVICES}}}*"):
        keyed = [(child, _UNIQUE[child.tag]) for child in parent if child.tag in _UNIQUE]
        seen = Counter((child.tag, child.get(name)) for child, name in keyed)
        for child, name in keyed:
            if child.get(name) is not None and seen[(child.tag, child.get(name))] > 1:
                yield child, name


def absolute_anchors(root: etree._Element, situation: Situation) -> None:
    """The anchor of <external> is an absolute HTTP URI (RFC 4826 §3.4.5)."""
    for external in root.iter(f"{{{_RESOURCE_LISTS}}}external"):
        anchor = external.get("anchor")
        # White space around an xs:anyURI is no part of it.
        if anchor is None or not _ABSOLUTE_HTTP_URI.fullmatch(anchor.strip()):
            where = field_selector(external, "anchor", situation.namespace)
            raise conflict("constraint-failure", f"{where} is no absolute HTTP URI: {anchor!r}")


def relative_entry_refs(root: etree._Element, situation: Situation) -> None:
    """The ref of <entry-ref> is a relative path reference (RFC 4826 §3.4.5)."""
    for reference in root.iter(f"{{{_RESOURCE_LISTS}}}entry-ref"):
        path = reference.get("ref", "").strip()
        # RFC 3986 §4.2: a colon in the first segment would make it a scheme.
        if not path or path.startswith("/") or ":" in path.partition("/")[0]:
            where = field_selector(reference, "ref", situation.namespace)
            raise conflict("constraint-failure", f"{where} is no relative path: {path!r}")


def unique_services(root: etree._Element, situation: Situation) -> None:
    """The URI of a service is unique on the whole server (RFC 4826 §4.4.5)."""
    services = list(root.iterchildren(f"{{{_RLS_SERVICES}}}service"))
    seen = Counter(service.get("uri") for service in services)
    taken = situation.services_elsewhere()
    duplicates = [
        service
        for service in services
        if seen[service.get("uri")] > 1 or service.get("uri") in taken
    ]
    if duplicates:
        fields = tuple(
            Exists(field_selector(service, "uri", situation.namespace))
            for service in duplicates[:MAX_REPORTED]
        )
        raise conflict("uniqueness-failure", "the service URI exists", None, fields)


def resource_list_uris(root: etree._Element, situation: Situation) -> None:
    """A <resource-list> names a resource list of the same user (RFC 4826 §4.4.5)."""
    for element in root.iter(f"{{{_RLS_SERVICES}}}resource-list"):
        text = (element.text or "").strip()
        if not _ABSOLUTE_URI.fullmatch(text):
            raise conflict("constraint-failure", f"<resource-list> is no absolute URI: {text!r}")
        try:
            target = parse_xcap_uri(text, situation.root_path)
        except XcapUriError as error:
            raise conflict("constraint-failure", f"<resource-list> {text!r}: {error}") from error
        if target.auid != "resource-lists":
            raise conflict(
                "constraint-failure", f"<resource-list> is not in resource-lists: {text}"
            )
        if situation.uri.tree != "users":
            continue
        owner = situation.identity(situation.uri.xui)
        if target.tree != "users" or situation.identity(target.xui) != owner:
            raise conflict("constraint-failure", f"<resource-list> is another user's: {text}")


def field_selector(element: etree._Element, attribute: str, namespace: str) -> str:
    """A percent-encoded node selector of an attribute, relative to the document (RFC 4825 §11).

    Elements that share their name with siblings are told apart by position. Elements outside
    the default namespace get a prefix, which the query component binds.
    """
    prefixes: dict[str, str] = {}
    steps = [_step(ancestor, namespace, prefixes) for ancestor in _lineage(element)]
    selector = quote_node_selector("/".join([*steps, f"@{attribute}"]))
    bindings = "".join(f"xmlns({prefix}={uri})" for uri, prefix in prefixes.items())
    return f"{selector}?{quote_node_selector(bindings)}" if bindings else selector


def _lineage(element: etree._Element) -> Iterator[etree._Element]:
    yield from reversed(list(element.iterancestors()))
    yield element


def _step(element: etree._Element, namespace: str, prefixes: dict[str, str]) -> str:
    name = etree.QName(element)
    step = name.localname
    if name.namespace and name.namespace != namespace:
        prefix = prefixes.setdefault(name.namespace, f"n{len(prefixes) + 1}")
        step = f"{prefix}:{step}"
    parent = element.getparent()
    same = [] if parent is None else [each for each in parent if each.tag == element.tag]
    return f"{step}[{same.index(element) + 1}]" if len(same) > 1 else step
