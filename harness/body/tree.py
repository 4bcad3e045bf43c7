"""Small steps on XML trees that every body type needs: reading values, building, writing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from harness.body.namespaces import PREFIXES, XML
from harness.body.schema import (
    BodyError,
    QName,
    expected_root,
    line_of,
    parse_xml,
    validate,
)

_SPACE = " \t\r\n"
_DATE_TIME = re.compile(
    r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(?P<zone>Z|[+-]\d\d:\d\d)?", re.ASCII
)
_NUMBER = re.compile(r"\+?\d{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A point in time: `raw` is the text as written, `line` where it stands (None if made)."""

    raw: str
    line: int | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        """The value without the white space around it, which is no part of an xs:dateTime."""
        return self.raw.strip(_SPACE)

    @property
    def has_zone(self) -> bool:
        """Whether the offset to UTC is given, as RFC 3339 wants it and xs:dateTime does not."""
        match = _DATE_TIME.fullmatch(self.text)
        return match is not None and match["zone"] is not None

    @property
    def moment(self) -> datetime | None:
        """The point in time (microseconds, further digits are cut), None without a zone."""
        if not self.has_zone:
            return None
        try:
            return datetime.fromisoformat(self.text)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Note:
    """Text for people; `lang` is its xml:lang."""

    text: str
    lang: str | None = None
    line: int | None = field(default=None, compare=False)


def qname(namespace: str, local: str) -> str:
    """The tag that lxml knows the element by."""
    return f"{{{namespace}}}{local}"


def parse_root(document: bytes | etree._Element, media_type: str) -> etree._Element:
    """The root of a body of `media_type`; raises `BodyError` if it is another element."""
    root = parse_xml(document) if isinstance(document, bytes) else document
    wanted = expected_root(media_type)
    if QName.parse(root.tag) != wanted:
        raise BodyError(f"the root is {root.tag}, not {wanted}", line_of(root))
    return root


def elements(parent: etree._Element) -> Iterator[etree._Element]:
    """The child elements, comments and processing instructions left out."""
    return parent.iterchildren(etree.Element)


def children(parent: etree._Element, namespace: str, local: str) -> Iterator[etree._Element]:
    return parent.iterchildren(qname(namespace, local))


def child(parent: etree._Element, namespace: str, local: str) -> etree._Element | None:
    return next(parent.iterchildren(f"{{{namespace}}}{local}"), None)


def first_of_each(parent: etree._Element) -> dict[str, etree._Element]:
    """By tag the first child element of that tag, in document order; found in one pass."""
    found: dict[str, etree._Element] = {}
    for each in parent.iterchildren(etree.Element):
        found.setdefault(each.tag, each)
    return found


def raw_text(element: etree._Element) -> str:
    """All text of the element as written, without that of its children."""
    text = element.text or ""
    return text + "".join(inner.tail or "" for inner in element) if len(element) else text


def text(element: etree._Element | None) -> str | None:
    """The text without white space around it; None for no element."""
    return None if element is None else raw_text(element).strip(_SPACE)


def child_text(parent: etree._Element, namespace: str, local: str) -> str | None:
    return text(child(parent, namespace, local))


def attribute(element: etree._Element, name: str) -> str | None:
    """An attribute's value without the white space around it (whiteSpace=collapse of XSD)."""
    value = element.get(name)
    return None if value is None else value.strip(_SPACE)


def number(element: etree._Element, name: str) -> int | None:
    """A non-negative integer attribute, None where absent or not one."""
    value = attribute(element, name) or ""
    return int(value) if _NUMBER.fullmatch(value) else None


def boolean(value: str | None) -> bool | None:
    """An xs:boolean, None for anything else."""
    return {"true": True, "1": True, "false": False, "0": False}.get(value or "")


def timestamp(parent: etree._Element, namespace: str, local: str) -> Timestamp | None:
    return as_timestamp(child(parent, namespace, local))


def as_timestamp(element: etree._Element | None) -> Timestamp | None:
    return None if element is None else Timestamp(raw_text(element), line_of(element))


def notes(parent: etree._Element, namespace: str, local: str = "note") -> tuple[Note, ...]:
    return tuple(
        Note(raw_text(found), found.get(qname(XML, "lang")), line_of(found))
        for found in children(parent, namespace, local)
    )


def make_root(namespace: str, local: str, *prefixes: str) -> etree._Element:
    """A root element in the default namespace, with our prefixes for `prefixes`' namespaces."""
    declared: dict[str | None, str] = {None: namespace}
    declared.update((name, uri) for name, uri in PREFIXES.items() if uri in prefixes)
    # lxml takes None for the default namespace, its stubs do not
    return etree.Element(qname(namespace, local), nsmap=declared)  # type: ignore[arg-type]


def add(
    parent: etree._Element, namespace: str, local: str, value: str | None = None, **attributes: str
) -> etree._Element:
    """Append an element; attribute names are written with `_` for `-`."""
    names = {name.rstrip("_").replace("_", "-"): content for name, content in attributes.items()}
    found = etree.SubElement(parent, qname(namespace, local), names)
    found.text = value or None
    return found


def add_notes(parent: etree._Element, namespace: str, values: tuple[Note, ...]) -> None:
    for value in values:
        found = add(parent, namespace, "note", value.text)
        if value.lang is not None:
            found.set(qname(XML, "lang"), value.lang)


def write_document(root: etree._Element, *, keeps_prefixes: bool = False) -> bytes:
    """The document in UTF-8 with its XML declaration.

    Strict: raises `BodyError` for a document that its schema refuses. `keeps_prefixes` leaves
    declarations in that no name uses, for documents whose attributes hold names.
    """
    if not keeps_prefixes:
        etree.cleanup_namespaces(root, keep_ns_prefixes=[])
    errors = validate(root)
    if errors:
        raise BodyError(f"{errors[0].path}: {errors[0].reason}")
    body: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body
