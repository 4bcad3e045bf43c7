"""Presence documents: PIDF (RFC 3863) with the presence data model (RFC 4479) and its extensions.

Parsing takes what it can find, in any order; whether the order is right is the schema's matter.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TypeVar

from lxml import etree

from harness.body import tree
from harness.body.namespaces import CIPID, DATA_MODEL, OMA_PRES, PDE_EXT, PIDF, RPID
from harness.body.schema import QName, line_of
from harness.body.tree import Note, Timestamp

MEDIA_TYPE = "application/pidf+xml"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a service is reached (RFC 3863 §4.1.5).

    `raw` is the URI as written, white space included; `priority` is the attribute's text.
    """

    uri: str
    priority: str | None = None
    raw: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ServiceDescription:
    """Which service a tuple is about (OMA service-description); the values are its texts."""

    service_id: str | None
    version: str | None
    description: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class StatusIcon:
    """The icon of a person (RFC 4480 §3.13) and OMA's facts about it, as written."""

    uri: str
    etag: str | None = None
    fsize: str | None = None
    contenttype: str | None = None
    resolution: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Tuple:
    """A service of the presentity; `basic` and `willingness` are "open", "closed" or what stands
    there. `extensions` are the children that are not of PIDF. A tuple that was parsed keeps its
    `element`, and is written as it was."""

    id: str
    basic: str | None = None
    service: ServiceDescription | None = None
    contact: Contact | None = None
    timestamp: Timestamp | None = None
    notes: tuple[Note, ...] = ()
    willingness: str | None = None
    line: int | None = field(default=None, compare=False)
    extensions: tuple[etree._Element, ...] = field(default=(), compare=False, repr=False)
    element: etree._Element | None = field(default=None, compare=False, repr=False)

    @property
    def service_id(self) -> str | None:
        return None if self.service is None else self.service.service_id

    @property
    def service_version(self) -> str | None:
        return None if self.service is None else self.service.version


@dataclass(frozen=True, slots=True)
class Person:
    """The presentity itself (RFC 4479 §3.2)."""

    id: str
    overriding_willingness: str | None = None
    homepage: str | None = None
    status_icon: StatusIcon | None = None
    timestamp: Timestamp | None = None
    notes: tuple[Note, ...] = ()
    line: int | None = field(default=None, compare=False)
    extensions: tuple[etree._Element, ...] = field(default=(), compare=False, repr=False)
    element: etree._Element | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """A device of the presentity (RFC 4479 §3.4)."""

    id: str
    device_id: str | None = None
    timestamp: Timestamp | None = None
    notes: tuple[Note, ...] = ()
    line: int | None = field(default=None, compare=False)
    extensions: tuple[etree._Element, ...] = field(default=(), compare=False, repr=False)
    element: etree._Element | None = field(default=None, compare=False, repr=False)


Component = Tuple | Person | Device
_C = TypeVar("_C", Tuple, Person, Device)

_ID_NAMESPACES = (PIDF, DATA_MODEL, RPID)
"""Where an "id" attribute is an xs:ID."""
_ICON_FACTS = ("etag", "fsize", "contenttype", "resolution")


@dataclass(frozen=True, slots=True)
class Pidf:
    """A presence document. `entity` is the presentity's URI, None where the attribute lacks;
    `extensions` are children of the root that are none of the other fields."""

    entity: str | None
    tuples: tuple[Tuple, ...] = ()
    persons: tuple[Person, ...] = ()
    devices: tuple[Device, ...] = ()
    notes: tuple[Note, ...] = ()
    extensions: tuple[etree._Element, ...] = field(default=(), compare=False, repr=False)
    root: etree._Element | None = field(default=None, compare=False, repr=False)

    @property
    def components(self) -> tuple[Component, ...]:
        return (*self.tuples, *self.persons, *self.devices)

    @property
    def ids(self) -> tuple[tuple[str, int | None], ...]:
        """The id of every tuple, person and device with its line."""
        return tuple((component.id, component.line) for component in self.components)

    @property
    def timestamps(self) -> tuple[Timestamp, ...]:
        found = (component.timestamp for component in self.components)
        return tuple(timestamp for timestamp in found if timestamp is not None)


def parse_pidf(document: bytes | etree._Element) -> Pidf:
    """Read a presence document; raises `BodyError` where it is no XML or not `presence`."""
    root = tree.parse_root(document, MEDIA_TYPE)
    known = {tree.qname(DATA_MODEL, "person"), tree.qname(DATA_MODEL, "device")}
    return Pidf(
        entity=tree.attribute(root, "entity"),
        tuples=tuple(_parse_tuple(found) for found in tree.children(root, PIDF, "tuple")),
        persons=tuple(_parse_person(found) for found in tree.children(root, DATA_MODEL, "person")),
        devices=tuple(_parse_device(found) for found in tree.children(root, DATA_MODEL, "device")),
        notes=tree.notes(root, PIDF),
        extensions=tuple(found for found in _foreign(root, PIDF) if found.tag not in known),
        root=root,
    )


def make_pidf(
    entity: str,
    tuples: Iterable[Tuple] = (),
    persons: Iterable[Person] = (),
    devices: Iterable[Device] = (),
    notes: Iterable[Note] = (),
) -> bytes:
    """A presence document of these parts, in the order that RFC 3863 §4.4 wants.

    Parts that were parsed are written as they were. Raises `BodyError` for values that the
    schema refuses: an id that is no NCName or is there twice, a basic that is not open or closed.
    """
    root = tree.make_root(PIDF, "presence", OMA_PRES, PDE_EXT, DATA_MODEL, CIPID, RPID)
    root.set("entity", entity)
    root.extend(_element_of(part) for part in tuples)
    tree.add_notes(root, PIDF, tuple(notes))
    root.extend(_element_of(person) for person in persons)
    root.extend(_element_of(device) for device in devices)
    return tree.write_document(root)


def compose(entity: str, documents: Iterable[Pidf]) -> bytes:
    """One document with the components of all `documents`, in their order.

    A plain union: which of two components to believe is the caller's policy. Ids are unique in the
    result, as xs:ID wants: one that an earlier component has gets a suffix.
    """
    sources = list(documents)
    used: set[str] = set()
    return make_pidf(
        entity,
        [_with_new_ids(part, used) for source in sources for part in source.tuples],
        [_with_new_ids(part, used) for source in sources for part in source.persons],
        [_with_new_ids(part, used) for source in sources for part in source.devices],
        [note for source in sources for note in source.notes],
    )


def _foreign(parent: etree._Element, namespace: str) -> Iterator[etree._Element]:
    return (
        found
        for found in tree.elements(parent)
        if QName.parse(found.tag).namespace not in (namespace, None)
    )


def _parse_tuple(element: etree._Element) -> Tuple:
    found = tree.first_of_each(element).get
    status = found(f"{{{PIDF}}}status")
    return Tuple(
        id=tree.attribute(element, "id") or "",
        basic=None if status is None else tree.child_text(status, PIDF, "basic"),
        service=_parse_service(found(f"{{{OMA_PRES}}}service-description")),
        contact=_parse_contact(found(f"{{{PIDF}}}contact")),
        timestamp=tree.as_timestamp(found(f"{{{PIDF}}}timestamp")),
        notes=tree.notes(element, PIDF),
        willingness=_basic(found(f"{{{OMA_PRES}}}willingness")),
        line=line_of(element),
        extensions=tuple(_foreign(element, PIDF)),
        element=element,
    )


def _parse_person(element: etree._Element) -> Person:
    return Person(
        id=tree.attribute(element, "id") or "",
        overriding_willingness=_basic(tree.child(element, OMA_PRES, "overriding-willingness")),
        homepage=tree.child_text(element, CIPID, "homepage"),
        status_icon=_parse_icon(tree.child(element, RPID, "status-icon")),
        timestamp=tree.timestamp(element, DATA_MODEL, "timestamp"),
        notes=tree.notes(element, DATA_MODEL),
        line=line_of(element),
        extensions=tuple(_foreign(element, DATA_MODEL)),
        element=element,
    )


def _parse_device(element: etree._Element) -> Device:
    return Device(
        id=tree.attribute(element, "id") or "",
        device_id=tree.child_text(element, DATA_MODEL, "deviceID"),
        timestamp=tree.timestamp(element, DATA_MODEL, "timestamp"),
        notes=tree.notes(element, DATA_MODEL),
        line=line_of(element),
        extensions=tuple(_foreign(element, DATA_MODEL)),
        element=element,
    )


def _parse_service(element: etree._Element | None) -> ServiceDescription | None:
    if element is None:
        return None
    found = tree.first_of_each(element).get
    return ServiceDescription(
        service_id=tree.text(found(f"{{{OMA_PRES}}}service-id")),
        version=tree.text(found(f"{{{OMA_PRES}}}version")),
        description=tree.text(found(f"{{{OMA_PRES}}}description")),
        line=line_of(element),
    )


def _parse_contact(element: etree._Element | None) -> Contact | None:
    if element is None:
        return None
    return Contact(
        uri=tree.text(element) or "",
        priority=tree.attribute(element, "priority"),
        raw=tree.raw_text(element),
        line=line_of(element),
    )


def _parse_icon(element: etree._Element | None) -> StatusIcon | None:
    if element is None:
        return None
    facts = {name: tree.attribute(element, tree.qname(PDE_EXT, name)) for name in _ICON_FACTS}
    return StatusIcon(uri=tree.text(element) or "", line=line_of(element), **facts)


def _basic(element: etree._Element | None) -> str | None:
    return None if element is None else tree.child_text(element, OMA_PRES, "basic")


def _make_tuple(value: Tuple) -> etree._Element:
    element = etree.Element(tree.qname(PIDF, "tuple"), {"id": value.id})
    status = tree.add(element, PIDF, "status")
    if value.basic is not None:
        tree.add(status, PIDF, "basic", value.basic)
    if value.service is not None:
        service = tree.add(element, OMA_PRES, "service-description")
        for name in ("service_id", "version", "description"):
            content = getattr(value.service, name)
            if content is not None:
                tree.add(service, OMA_PRES, name.replace("_", "-"), content)
    _add_basic(element, "willingness", value.willingness)
    element.extend(deepcopy(found) for found in value.extensions)
    if value.contact is not None:
        contact = tree.add(element, PIDF, "contact", value.contact.uri)
        if value.contact.priority is not None:
            contact.set("priority", value.contact.priority)
    _add_remarks(element, PIDF, value)
    return element


def _make_person(value: Person) -> etree._Element:
    element = etree.Element(tree.qname(DATA_MODEL, "person"), {"id": value.id})
    _add_basic(element, "overriding-willingness", value.overriding_willingness)
    if value.homepage is not None:
        tree.add(element, CIPID, "homepage", value.homepage)
    if value.status_icon is not None:
        icon = tree.add(element, RPID, "status-icon", value.status_icon.uri)
        for name in _ICON_FACTS:
            content = getattr(value.status_icon, name)
            if content is not None:
                icon.set(tree.qname(PDE_EXT, name), content)
    element.extend(deepcopy(found) for found in value.extensions)
    _add_remarks(element, DATA_MODEL, value)
    return element


def _make_device(value: Device) -> etree._Element:
    element = etree.Element(tree.qname(DATA_MODEL, "device"), {"id": value.id})
    element.extend(deepcopy(found) for found in value.extensions)
    tree.add(element, DATA_MODEL, "deviceID", value.device_id or "")
    _add_remarks(element, DATA_MODEL, value)
    return element


def _add_basic(parent: etree._Element, name: str, value: str | None) -> None:
    if value is not None:
        tree.add(tree.add(parent, OMA_PRES, name), OMA_PRES, "basic", value)


def _add_remarks(parent: etree._Element, namespace: str, value: Component) -> None:
    """What ends every component: notes, then the timestamp."""
    tree.add_notes(parent, namespace, value.notes)
    if value.timestamp is not None:
        tree.add(parent, namespace, "timestamp", value.timestamp.text)


def _element_of(part: Component) -> etree._Element:
    if part.element is not None:
        element = deepcopy(part.element)
        element.tail = None
        return element
    if isinstance(part, Tuple):
        return _make_tuple(part)
    return _make_person(part) if isinstance(part, Person) else _make_device(part)


def _with_new_ids(part: _C, used: set[str]) -> _C:
    """The component with every xs:ID in it unlike those `used`, which grows by them."""
    element = _element_of(part)
    for found in element.iter(etree.Element):
        wanted = found.get("id")
        if wanted is None or QName.parse(found.tag).namespace not in _ID_NAMESPACES:
            continue
        chosen = next(
            name
            for count in itertools.count(1)
            if (name := wanted if count == 1 else f"{wanted}.{count}") not in used
        )
        used.add(chosen)
        found.set("id", chosen)
    return dataclasses.replace(part, id=element.get("id", ""), element=element)
