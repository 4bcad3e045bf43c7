"""Documents made from the schemas themselves: each declaration used, and each broken, in turn.

For every element that a schema declares there is a smallest document, one for each optional
attribute and child, and one for each way to break it: an attribute left out, unknown or with a
value that its type refuses; a child left out, too many, unknown or before its time; text where
there is none. What a document has to be follows from how it is made, not from a validator.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import xmlschema
from lxml import etree
from xmlschema.validators import XsdAnyElement, XsdElement, XsdGroup

from harness.body.catalog import catalog
from harness.body.validators import diagnosis

GOOD = (
    *("a", "true", "1", "0", "0.5", "open", "2014-06-19T06:40:16Z", "sip:a@b", "DE", "1 2", "-1"),
    *("a/b", "a:b", "@a", "IMS", "2014-06-19", "willing", "active"),
)
"""Values, of which each simple type takes one."""
BAD = ("", "?", "a b", "-1", "no", "99999999999999999999", "1 2 3 4", "1e", "\u00e9")
"""Values, of which each simple type that is bounded refuses one."""
_MAX_DEPTH = 12
Variant = tuple[str, etree._Element, bool]
"""What was done, the element, and whether it is valid."""


@dataclass(frozen=True)
class Made:
    """A document, the namespace that it is about, what was done, and whether it is valid."""

    namespace: str
    declaration: str
    what: str
    document: bytes
    valid: bool


class Maker:
    """Makes documents from one set of schemas."""

    def __init__(self, schemas: xmlschema.XMLSchema10) -> None:
        self._declared = schemas.maps.elements
        self._substitutes = schemas.maps.substitution_groups

    def documents(self) -> Iterator[Made]:
        """All documents, in the order of the catalogue."""
        for entry in catalog():
            yield from self._of_namespace(entry.namespace)

    def _of_namespace(self, namespace: str) -> Iterator[Made]:
        seen: set[int] = set()
        for name, declaration in sorted(self._declared.items()):
            if declaration.target_namespace == namespace and not declaration.abstract:
                yield from self._of_element(declaration, (), seen, name)

    def _of_element(
        self, declaration: XsdElement, above: tuple[XsdElement, ...], seen: set[int], name: str
    ) -> Iterator[Made]:
        """Documents about an element and all those declared in it; `above` are around it."""
        if id(declaration) in seen or len(above) > _MAX_DEPTH:
            return
        seen.add(id(declaration))
        namespace = (above[0] if above else declaration).target_namespace
        for what, element, valid in self._variants(declaration):
            document = self._within(above, declaration, element)
            if document is not None:
                label = "/".join(each.local_name for each in (*above, declaration))
                yield Made(namespace, label, what, etree.tostring(document), valid)
        for child in _elements(declaration):
            if child.ref is None and not child.abstract:
                yield from self._of_element(child, (*above, declaration), seen, name)

    def _within(
        self, above: tuple[XsdElement, ...], declaration: XsdElement, element: etree._Element
    ) -> etree._Element | None:
        """The document with the element in the smallest parents that can have it."""
        inner = declaration
        for outer in reversed(above):
            group = _group(outer)
            content = None if group is None else self._content(group, inner, 0)
            if content is None:
                return None
            parent = self._bare(outer)
            done = False
            for each in content:
                is_place = not done and each.tag == element.tag
                parent.append(deepcopy(element) if is_place else each)
                done = done or is_place
            element, inner = parent, outer
        return element

    def _variants(self, declaration: XsdElement) -> Iterator[Variant]:
        yield "smallest", self._minimal(declaration), True
        yield from self._attribute_variants(declaration)
        group = _group(declaration)
        if group is None:
            yield from self._value_variants(declaration)
            return
        yield from self._child_variants(declaration, group)

    def _attribute_variants(self, declaration: XsdElement) -> Iterator[Variant]:
        attributes = declaration.attributes
        for name, attribute in attributes.items():
            if name is None or attribute.use == "prohibited":
                continue
            good, bad = _value(attribute.type, GOOD), _bad_value(attribute.type)
            element = self._minimal(declaration)
            if attribute.use == "required":
                del element.attrib[name]
                yield f"without @{name}", element, False
            elif good is not None:
                element.set(name, good)
                yield f"with @{name}", element, True
            if bad is not None:
                element = self._minimal(declaration)
                element.set(name, bad)
                yield f"@{name} with {bad!r}", element, False
        if None not in attributes or "##any" not in attributes[None].namespace:
            element = self._minimal(declaration)
            element.set("unheard-of", "1")
            yield "unknown attribute", element, False

    def _value_variants(self, declaration: XsdElement) -> Iterator[Variant]:
        simple = _simple(declaration)
        if simple is None:
            element = self._minimal(declaration)
            if not _is_anything(declaration):
                element.text = "x"
                yield "text in an empty element", element, False
            return
        for value in simple.enumeration or ():
            element = self._minimal(declaration)
            element.text = str(value).lower() if isinstance(value, bool) else str(value)
            yield f"value {value!r}", element, True
        bad = _bad_value(simple)
        if bad is not None and (bad or declaration.default is None):
            element = self._minimal(declaration)
            element.text = bad
            yield f"value {bad!r}", element, False
        element = self._minimal(declaration)
        etree.SubElement(element, "unheard-of")
        yield "element in a value", element, False

    def _child_variants(self, declaration: XsdElement, group: XsdGroup) -> Iterator[Variant]:
        if not declaration.type.mixed:
            element = self._minimal(declaration)
            element.text = "x"
            yield "text between elements", element, False
        wildcards = [each for each in group.iter_elements() if isinstance(each, XsdAnyElement)]
        if not any("##any" in each.namespace for each in wildcards):
            element = self._minimal(declaration)
            etree.SubElement(element, "unheard-of")
            yield "unknown child", element, False
        for child in _elements(declaration):
            content = self._content(group, child, 0)
            if content is None:
                continue
            local = child.local_name
            yield f"with <{local}>", self._filled(declaration, content), True
            place = next(at for at, each in enumerate(content) if each.tag in self._names(child))
            if not _is_repeated(group, child):
                twice = [*content[: place + 1], deepcopy(content[place]), *content[place + 1 :]]
                yield f"two <{local}>", self._filled(declaration, twice), False
            if _is_required(group, child):
                rest = content[:place] + content[place + 1 :]
                yield f"without <{local}>", self._filled(declaration, rest), False
        yield from self._order_variants(declaration, group)

    def _order_variants(self, declaration: XsdElement, group: XsdGroup) -> Iterator[Variant]:
        """Two neighbours of a sequence the other way round."""
        if group.model != "sequence" or group.max_occurs != 1:
            return
        items = [
            each
            for each in group
            if isinstance(each, XsdElement) and not isinstance(each, XsdAnyElement)
        ]
        for first, second in pairwise(items):
            content = [
                found
                for each in group
                for found in self._particle(each, each if each in (first, second) else None, 0)
                or ()
            ]
            tags = [each.tag for each in content]
            if first.name not in tags or second.name not in tags:
                continue
            one, two = tags.index(first.name), tags.index(second.name)
            content[one], content[two] = content[two], content[one]
            label = f"<{second.local_name}> before <{first.local_name}>"
            yield label, self._filled(declaration, content), False

    def _bare(self, declaration: XsdElement) -> etree._Element:
        """The element with its required attributes and nothing in it."""
        element = etree.Element(self._names(declaration)[0])
        for name, attribute in declaration.attributes.items():
            if name is not None and attribute.use == "required":
                element.set(name, _value(attribute.type, GOOD) or "")
        return element

    def _minimal(self, declaration: XsdElement, depth: int = 0) -> etree._Element:
        if self._is_abstract(declaration):
            declaration = self._declared[self._names(declaration)[0]]
        element = self._bare(declaration)
        simple = _simple(declaration)
        if simple is not None:
            element.text = _value(simple, GOOD)
        group = _group(declaration)
        if group is not None and depth < _MAX_DEPTH:
            element.extend(self._content(group, None, depth) or [])
        return element

    def _filled(self, declaration: XsdElement, content: list[etree._Element]) -> etree._Element:
        element = self._bare(declaration)
        element.extend(deepcopy(each) for each in content)
        return element

    def _content(
        self, group: XsdGroup, wanted: XsdElement | None, depth: int
    ) -> list[etree._Element] | None:
        """The smallest content that has `wanted` in it; None where the group does not have it."""
        if wanted is not None and not _has(group, wanted):
            return None
        if group.model == "choice":
            if wanted is None and group.min_occurs == 0:
                return []
            fitting = [each for each in group if wanted is None or _has(each, wanted)]
            plain = [each for each in fitting if not isinstance(each, XsdAnyElement)]
            return self._particle((plain or fitting)[0], wanted, depth, needed=True)
        found: list[etree._Element] = []
        is_there = False
        for each in group:
            here = wanted is not None and not is_there and _has(each, wanted)
            found += self._particle(each, wanted if here else None, depth) or []
            is_there = is_there or here
        return found

    def _particle(
        self, particle: object, wanted: XsdElement | None, depth: int = 0, *, needed: bool = False
    ) -> list[etree._Element] | None:
        count = max(particle.min_occurs, 1 if wanted is not None or needed else 0)
        if isinstance(particle, XsdAnyElement):
            return [self._any(particle) for _ in range(count)]
        if isinstance(particle, XsdGroup):
            if not count:
                return []
            first = self._content(particle, wanted, depth) or []
            others = [self._content(particle, None, depth) or [] for _ in range(count - 1)]
            return [*first, *(each for other in others for each in other)]
        return [self._minimal(particle, depth + 1) for _ in range(count)]

    def _any(self, wildcard: XsdAnyElement) -> etree._Element:
        """An element that a wildcard takes: of no known namespace, unless it names namespaces."""
        for name, declaration in sorted(self._declared.items()):
            if (
                declaration.target_namespace in wildcard.namespace
                and declaration.attributes is not None
            ):
                return self._minimal(self._declared[name])
        return etree.Element("{urn:example:made}any")

    def _names(self, declaration: XsdElement) -> list[str]:
        """The names that such an element can have: an abstract one needs another's."""
        group = self._substitutes.get(declaration.name, ())
        others = sorted(each.name for each in group if not each.abstract)
        return others if self._is_abstract(declaration) else [declaration.name, *others]

    def _is_abstract(self, declaration: XsdElement) -> bool:
        return bool((declaration if declaration.ref is None else declaration.ref).abstract)


def _elements(declaration: XsdElement) -> list[XsdElement]:
    """The declarations of the children, each name once."""
    group = _group(declaration)
    found: dict[str, XsdElement] = {}
    for each in group.iter_elements() if group is not None else ():
        if not isinstance(each, XsdAnyElement):
            found.setdefault(each.name, each)
    return list(found.values())


def _group(declaration: XsdElement) -> XsdGroup | None:
    """The content model, None for a value, for nothing and for xs:anyType."""
    kind = declaration.type
    if kind.is_simple() or kind.has_simple_content() or _is_anything(declaration):
        return None
    group = kind.model_group
    return group if group is not None and len(group) else None


def _is_anything(declaration: XsdElement) -> bool:
    return declaration.type.name == "{http://www.w3.org/2001/XMLSchema}anyType"


def _simple(declaration: XsdElement) -> xmlschema.XsdType | None:
    kind = declaration.type
    if kind.is_simple():
        return kind
    return kind.content if kind.has_simple_content() else None


def _has(particle: object, wanted: XsdElement) -> bool:
    if isinstance(particle, XsdGroup):
        return any(_has(each, wanted) for each in particle)
    return particle is wanted or getattr(particle, "name", None) == wanted.name


def _is_repeated(group: XsdGroup, child: XsdElement) -> bool:
    """Whether a child may stand there twice."""
    if group.max_occurs is None or group.max_occurs > 1:
        return True
    places = [each for each in group if _has(each, child)]
    if len(places) > 1:
        return True
    (place,) = places
    if isinstance(place, XsdGroup):
        return _is_repeated(place, child)
    return place.max_occurs is None or place.max_occurs > 1


def _is_required(group: XsdGroup, child: XsdElement) -> bool:
    """Whether there is no content without the child, which stands there once at least."""
    if group.min_occurs == 0 or (group.model == "choice" and len(group) > 1):
        return False
    (place, *_) = [each for each in group if _has(each, child)]
    if isinstance(place, XsdGroup):
        return place.min_occurs > 0 and _is_required(place, child)
    return place.min_occurs == 1


def _value(kind: xmlschema.XsdType, values: tuple[str, ...]) -> str | None:
    if kind.enumeration:
        first = kind.enumeration[0]
        return str(first).lower() if isinstance(first, bool) else str(first)
    return next((each for each in values if kind.is_valid(each)), None)


def _bad_value(kind: xmlschema.XsdType) -> str | None:
    """A value that the type refuses; None for text and URIs, which refuse nothing."""
    return next((each for each in BAD if not kind.is_valid(each)), None)


@cache
def documents() -> tuple[Made, ...]:
    """Those made from the schemas of this project."""
    return tuple(Maker(diagnosis()).documents())
