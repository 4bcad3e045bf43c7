"""What the validators of schemas say, in words and places that people understand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from harness.body.catalog import QName
from harness.body.wellformed import line_of

if TYPE_CHECKING:
    import xmlschema

_MAX_REASON = 300
_WORDS = (
    (re.compile(r"Invalid datetime string ('.*?') for <class.*", re.DOTALL), r"\1 is no dateTime"),
    (
        re.compile(r"value doesn't match any pattern of \['\[.{1,4}i-\[:\]\].*"),
        "no NCName, as an ID is",
    ),
)
"""What xmlschema says, and what it means."""


@dataclass(frozen=True, slots=True)
class SchemaError:
    """A place where a document breaks the schema of its namespace.

    `path` is readable ("/presence/tuple[2]/contact"), `line` counts from 1 (None if unknown),
    `namespace` is that of the element at fault, so the schema that says so. `number` is where the
    element stands among all of the document, from 0, None if unknown.
    """

    path: str
    line: int | None
    reason: str
    namespace: str | None
    number: int | None = None


def path_of(element: etree._Element) -> str:
    """A path that people read: local names, with a position among siblings of the same name."""
    steps: list[str] = []
    current: etree._Element | None = element
    while current is not None:
        local = QName.parse(current.tag).local
        parent = current.getparent()
        same = [] if parent is None else list(parent.iterchildren(current.tag))
        steps.append(local if len(same) < 2 else f"{local}[{same.index(current) + 1}]")
        current = parent
    return "/" + "/".join(reversed(steps))


def as_libxml2_says(error: etree._LogEntry, root: etree._Element) -> SchemaError:
    """An error of libxml2, which tells places by XPath, in the words of the others."""
    try:
        names = {str(prefix): uri for prefix, uri in root.nsmap.items() if prefix}
        found = root.getroottree().xpath(error.path or "/*", namespaces=names)
    except etree.XPathError:
        found = []
    at = found[0] if isinstance(found, list) and found else None
    place = at if isinstance(at, etree._Element) else root
    reason = error.message
    if error.path and "This element is not expected" in reason:
        reason = f"{_name_in_place(place)} is not allowed here"
    numbers = enumerate(root.iter(etree.Element))
    number = next((number for number, each in numbers if each is place), None)
    space = QName.parse(place.tag).namespace
    return SchemaError(path_of(place), error.line or None, reason, space, number)


def as_xmlschema_says(
    error: xmlschema.XMLSchemaValidationError,
    root: etree._Element,
    numbers: Mapping[etree._Element, int],
) -> SchemaError:
    """Points at the child that is out of place rather than at its parent."""
    reason = error.reason or error.message
    at = error.elem if isinstance(error.elem, etree._Element) else root
    if isinstance(error, _children_error()):
        expected = [particle.name for particle in error.expected or () if particle.name]
        wanted = " or ".join(QName.parse(name).local for name in expected)
        if isinstance(error.invalid_child, etree._Element):
            at = error.invalid_child
            reason = f"{_name_in_place(at)} is not allowed here" + (wanted and f", only {wanted}")
        else:
            reason = f"the content is not complete: {wanted or 'an element'} is missing"
    elif reason.startswith("value ") and isinstance(error.obj, str):
        reason = f"{error.obj!r}: {reason}"
    space = QName.parse(at.tag).namespace
    return SchemaError(path_of(at), line_of(at), _plainly(reason), space, numbers.get(at))


def _name_in_place(element: etree._Element) -> str:
    """The local name, with the namespace where that is not the parent's."""
    name = QName.parse(element.tag)
    parent = element.getparent()
    if name.namespace is None:
        return f"{name.local} of no namespace"
    same = parent is not None and QName.parse(parent.tag).namespace == name.namespace
    return name.local if same else str(name)


def _plainly(reason: str) -> str:
    for pattern, words in _WORDS:
        reason = pattern.sub(words, reason)
    return reason if len(reason) <= _MAX_REASON else reason[:_MAX_REASON] + " ..."


def _children_error() -> type[xmlschema.XMLSchemaChildrenValidationError]:
    import xmlschema

    return xmlschema.XMLSchemaChildrenValidationError
