"""Leaves in a presence document what a watcher may see (RFC 5025 §3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from typing import TypeVar

from lxml import etree

from harness.body import tree
from harness.body.namespaces import DATA_MODEL, GEOPRIV, OMA_PRES, PIDF, RPID
from harness.body.pidf import Component, Device, Person, Pidf, Tuple, make_pidf, parse_pidf
from harness.body.pres_rules import canonical_uri
from harness.body.ruleset import Selector, Transformations
from harness.body.schema import QName

_C = TypeVar("_C", Tuple, Person, Device)

_OMA_PERMISSIONS = {
    "willingness": "willingness",
    "overriding-willingness": "willingness",
    "network-availability": "network-availability",
    "session-participation": "session-participation",
    "registration-state": "registration-state",
    "barring-state": "barring-state",
}
_RPID_PERMISSIONS = (
    "activities",
    "class",
    "mood",
    "place-is",
    "place-type",
    "privacy",
    "relationship",
    "sphere",
    "status-icon",
    "time-offset",
)
_PERMISSIONS: dict[str, str] = {
    **{tree.qname(RPID, name): name for name in _RPID_PERMISSIONS},
    **{tree.qname(OMA_PRES, name): name_of for name, name_of in _OMA_PERMISSIONS.items()},
    tree.qname(PIDF, "note"): "note",
    tree.qname(DATA_MODEL, "note"): "note",
    tree.qname(GEOPRIV, "geopriv"): "geopriv",
}
"""The permission that an attribute needs; the names are those of provide-..."""
_ALWAYS = {
    tree.qname(PIDF, "status"),
    tree.qname(PIDF, "contact"),
    tree.qname(PIDF, "timestamp"),
    tree.qname(DATA_MODEL, "timestamp"),
    tree.qname(RPID, "service-class"),
    # without it a tuple of OMA does not say which service it is
    tree.qname(OMA_PRES, "service-description"),
}
"""What is never taken from a component that is shown (RFC 5025 §3.3.2)."""
_DEVICE_ID = tree.qname(DATA_MODEL, "deviceID")
_USER_INPUT = tree.qname(RPID, "user-input")


def filtered(document: Pidf, transformations: Transformations) -> bytes:
    """The presence document with what `transformations` grant, and nothing else."""
    # Components that were made, not parsed, have no elements to filter: write and read them.
    source = document
    if any(part.element is None for part in document.components):
        source = parse_pidf(
            make_pidf(
                document.entity or "",
                document.tuples,
                document.persons,
                document.devices,
                document.notes,
            )
        )
    notes = transformations.all_attributes or "note" in transformations.attributes
    return make_pidf(
        source.entity or "",
        _shown(source.tuples, transformations.services, transformations),
        _shown(source.persons, transformations.persons, transformations),
        _shown(source.devices, transformations.devices, transformations),
        source.notes if notes else (),
    )


def _shown(
    parts: Iterable[_C], granted: frozenset[Selector] | None, transformations: Transformations
) -> list[_C]:
    wanted = None if granted is None else {_comparable(selector) for selector in granted}
    return [
        replace(part, element=_stripped(part, transformations))
        for part in parts
        if wanted is None or not wanted.isdisjoint(_identifiers(part))
    ]


def _identifiers(part: Component) -> frozenset[Selector]:
    """All that a provide set can name this component by (RFC 5025 §3.3.1)."""
    assert part.element is not None
    found = {
        "occurrence-id": part.id,
        "class": tree.child_text(part.element, RPID, "class"),
    }
    if isinstance(part, Device):
        found["deviceID"] = part.device_id
    elif isinstance(part, Tuple) and part.contact is not None:
        found["service-uri"] = canonical_uri(part.contact.uri)
        found["service-uri-scheme"] = part.contact.uri.partition(":")[0]
    if isinstance(part, Tuple):
        found["service-id"] = part.service_id  # OMA
    return frozenset(Selector(kind, value) for kind, value in found.items() if value is not None)


def _comparable(selector: Selector) -> Selector:
    if selector.kind != "service-uri":
        return selector
    return Selector(selector.kind, canonical_uri(selector.value))


def _stripped(part: Component, transformations: Transformations) -> etree._Element:
    element = deepcopy(part.element)
    assert element is not None
    if transformations.all_attributes:
        return element
    for found in list(tree.elements(element)):
        if found.tag == _USER_INPUT:
            _strip_user_input(found, transformations.user_input)
        elif not _is_granted(found, part, transformations):
            element.remove(found)
    return element


def _is_granted(found: etree._Element, part: Component, transformations: Transformations) -> bool:
    if found.tag in _ALWAYS:
        return True
    if found.tag == _DEVICE_ID:
        return isinstance(part, Device) or "deviceID" in transformations.attributes
    permission = _PERMISSIONS.get(found.tag)
    if permission is not None:
        return permission in transformations.attributes
    return QName.parse(found.tag) in transformations.unknown


def _strip_user_input(element: etree._Element, granted: str) -> None:
    """RFC 5025 §3.3.2.12; its "since" is the attribute that RFC 4480 names last-input."""
    parent = element.getparent()
    if granted == "false" and parent is not None:
        parent.remove(element)
    removed = {"bare": ("last-input", "idle-threshold"), "thresholds": ("last-input",)}
    for name in removed.get(granted, ()):
        if name in element.attrib:
            del element.attrib[name]
