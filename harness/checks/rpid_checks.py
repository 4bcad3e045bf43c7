"""Rich presence beyond its schema: where its elements stand, and what they say (RFC 4480)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from lxml import etree

from harness.body import tree
from harness.body.catalog import QName
from harness.body.namespaces import CIPID, DATA_MODEL, OMA_PRES, PDE_EXT, PIDF, RPID
from harness.body.tree import Timestamp
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.registry import MUST, SHOULD, bodies, check
from harness.checks.xml_documents import at_element, elements, root_of
from harness.model import Mismatch

_CONTENT = bodies(documents.PIDF, documents.PIDF_DIFF, documents.FRAGMENT)
_COMPONENTS: Final[Mapping[str, str]] = {
    tree.qname(PIDF, "tuple"): "tuple",
    tree.qname(DATA_MODEL, "person"): "person",
    tree.qname(DATA_MODEL, "device"): "device",
}
_STATUS = tree.qname(PIDF, "status")
_UNTIL = tree.qname(PDE_EXT, "until")
_MEDIA_TYPE = re.compile(r"[\w!#$&.+^-]+/[\w!#$&.+^-]+\s*(;.*)?", re.ASCII | re.DOTALL)

_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "activities": ("person",),
    "mood": ("person",),
    "place-is": ("person",),
    "place-type": ("person",),
    "privacy": ("person", "tuple"),
    "relationship": ("tuple",),
    "service-class": ("tuple",),
    "sphere": ("person",),
    "status-icon": ("person", "tuple"),
    "time-offset": ("person",),
    "user-input": ("person", "tuple", "device"),
}
"""RFC 4480 §3, table 1: the components that an element extends."""

_TIMED = frozenset(
    tree.qname(RPID, name)
    for name in (
        *("activities", "mood", "place-is", "place-type", "privacy", "sphere", "status-icon"),
        "time-offset",
    )
)
"""The elements that table 1 gives from and until."""
_NEVER, _EVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

_BY_HAND = frozenset(
    tree.qname(RPID, name) for name in ("postal", "courier", "freight", "in-person")
)


def _in(body: object, context: Context, *tags: str) -> Iterator[etree._Element]:
    root = root_of(body, context, "pidf-manipulation")
    return elements(root, *tags) if root is not None else iter(())


def _component(element: etree._Element) -> str | None:
    """The component that the element extends: its parent, or that of the status it is in."""
    parent = element.getparent()
    if parent is not None and parent.tag == _STATUS:
        parent = parent.getparent()
    return None if parent is None else _COMPONENTS.get(parent.tag)


@check("PIDF-RPID-3", clause="RFC 4480 §5", level=SHOULD, on=_CONTENT)
def element_extends_its_component(body: object, context: Context) -> Iterator[Mismatch]:
    """An element of RPID stands in a component that table 1 gives it: person, tuple or device."""
    for element in _in(body, context, *(tree.qname(RPID, name) for name in _PLACES)):
        name = QName.parse(element.tag).local
        found = _component(element)
        if found is not None and found not in _PLACES[name]:
            yield at_element(context, element, f"{name} in {' or '.join(_PLACES[name])}", found)


# Published examples have words here (RFC 4480 §4, RFC 5264 §5), against the schema: no MUST.
@check("PIDF-RPID-4", clause="RFC 4480 §5", level=SHOULD, on=_CONTENT)
def value_is_an_element(body: object, context: Context) -> Iterator[Mismatch]:
    """A sphere or relationship has an element for its value, as in <friend/>, and no text."""
    for element in _in(body, context, tree.qname(RPID, "sphere"), tree.qname(RPID, "relationship")):
        text = tree.text(element) or ""
        if text:
            yield at_element(context, element, "an element such as <friend/>", text)


@check("PIDF-RPID-5", clause="RFC 4480 §3.10", level=MUST, on=_CONTENT)
def service_by_hand_has_no_contact(body: object, context: Context) -> Iterator[Mismatch]:
    """A postal, courier, freight or in-person service has an empty contact, if any."""
    for element in _in(body, context, tree.qname(RPID, "service-class")):
        parent = element.getparent()
        contact = "" if parent is None else tree.child_text(parent, PIDF, "contact") or ""
        named = [QName.parse(each.tag).local for each in element if each.tag in _BY_HAND]
        if contact and named:
            yield at_element(context, element, "an empty contact", f"{named[0]} at {contact}")


@check("PIDF-RPID-6", clause="RFC 4480 §3.1", level=SHOULD, on=_CONTENT)
def ranges_do_not_overlap(body: object, context: Context) -> Iterator[Mismatch]:
    """Elements of one type in a component hold one after the other, not at the same time."""
    for component in _in(body, context, *_COMPONENTS):
        ranges = defaultdict(list)
        for child in tree.elements(component):
            if child.tag in _TIMED and (times := _range(child)) is not None:
                ranges[child.tag].append((*times, child))
        for found in ranges.values():
            found.sort(key=lambda each: each[:2])
            for (_, end, _), (start, _, later) in pairwise(found):
                if start < end:
                    expected = f"from {end} on" if end < _EVER else "until for the one before"
                    observed = later.get("from") or "no from"
                    yield at_element(context, later, expected, observed, attribute="from")


def _range(element: etree._Element) -> tuple[datetime, datetime] | None:
    """When the element holds, without end where it does not say so; None where that is no time."""
    start, end = element.get("from"), element.get("until")
    first = _NEVER if start is None else Timestamp(start).moment
    last = _EVER if end is None else Timestamp(end).moment
    return None if first is None or last is None else (first, last)


# "Unless otherwise noted below, each element may only appear at most once": in a component, and
# display-name is noted to come in several languages (RFC 4482 §3.2).
@check("PIDF-CIPID-2", clause="RFC 4482 §3", level=SHOULD, on=_CONTENT)
def contact_information_appears_once(body: object, context: Context) -> Iterator[Mismatch]:
    """An element of CIPID, display names in several languages aside, appears once."""
    for component in _in(body, context, *_COMPONENTS):
        seen: set[str] = set()
        for child in tree.elements(component):
            name = QName.parse(child.tag)
            if name.namespace != CIPID or name.local == "display-name":
                continue
            if child.tag in seen:
                yield at_element(context, child, f"one {name.local}", "more than one")
            seen.add(child.tag)


_SERVICE_CLAUSE = "OMA Presence Data Specification §element service-description"


@check("PIDF-SERVICE-4", clause=_SERVICE_CLAUSE, level=SHOULD, on=_CONTENT)
def service_is_named(body: object, context: Context) -> Iterator[Mismatch]:
    """The id of a service is a name: it is there, and has no white space inside."""
    for element in _in(body, context, tree.qname(OMA_PRES, "service-id")):
        text = tree.text(element) or ""
        if not text or len(text.split()) > 1:
            yield at_element(
                context, element, "as in org.3gpp.cs-videotelephony", text or "nothing"
            )


@check("PIDF-ICON-2", clause="OMA Presence Data Extensions §status-icon", level=SHOULD, on=_CONTENT)
def icon_has_a_media_type(body: object, context: Context) -> Iterator[Mismatch]:
    """The contenttype of a status-icon is a media type."""
    name = tree.qname(PDE_EXT, "contenttype")
    for element in _in(body, context, tree.qname(RPID, "status-icon")):
        value = element.get(name)
        if value is not None and _MEDIA_TYPE.fullmatch(value.strip()) is None:
            yield at_element(
                context, element, "as in image/png", value or "nothing", attribute=name
            )


@check("PIDF-OMA-1", clause="OMA Presence Data Specification §elements", level=SHOULD, on=_CONTENT)
def state_is_told_once(body: object, context: Context) -> Iterator[Mismatch]:
    """An element of OMA's presence data, such as willingness, appears once in a component."""
    for component in _in(body, context, *_COMPONENTS):
        seen: set[str] = set()
        for child in tree.elements(component):
            name = QName.parse(child.tag)
            # That a tuple describes one service is PIDF-SERVICE-3.
            if name.namespace != OMA_PRES or name.local == "service-description":
                continue
            # One that ends by itself may stand beside one that does not.
            if child.tag in seen and child.get(_UNTIL) is None:
                yield at_element(context, child, f"one {name.local}", "more than one")
            if child.get(_UNTIL) is None:
                seen.add(child.tag)
