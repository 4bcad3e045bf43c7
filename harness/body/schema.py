"""Validates bodies against `schemas/`.

libxml2 (lxml) judges first: it is fast, and what it accepts is valid. What it refuses is judged
again by xmlschema, because libxml2 refuses some valid values (a dateTime with white space before
it, a URI with an IPv6 host): only what both refuse is an error. A URI is no matter of schemas
here: anyURI takes almost any text, and the checks parse URIs themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, cast

from lxml import etree

from harness.body.catalog import Catalog, QName, SchemaEntry, catalog
from harness.body.schema_errors import SchemaError, as_libxml2_says, as_xmlschema_says, path_of
from harness.body.validators import (
    diagnosis,
    errors_of_wide,
    is_no_matter_of_schemas,
    libxml2_errors,
)
from harness.body.wellformed import (
    MAX_BYTES,
    MAX_DEPTH,
    BodyError,
    encoding_of,
    line_of,
    parse_fragment,
    parse_xml,
)

if TYPE_CHECKING:
    from xml.etree import ElementTree

    import xmlschema

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "BodyError",
    "Catalog",
    "QName",
    "SchemaEntry",
    "SchemaError",
    "catalog",
    "encoding_of",
    "expected_root",
    "line_of",
    "parse_fragment",
    "parse_xml",
    "path_of",
    "unknown_namespaces",
    "validate",
    "validate_fragment",
    "validator_for",
]

_XS = "http://www.w3.org/2001/XMLSchema"
_XSI = f"{_XS}-instance"
_HINTS = etree.XPath("//@xsi:*", namespaces={"xsi": _XSI})
_NODES = etree.XPath("count(descendant::node())")
_MAX_ERRORS = 50
_MAX_DIAGNOSED = 5000
"""Elements in a document up to which xmlschema, some hundred times slower, is asked."""
_MAX_CHILDREN, _MAX_ELEMENTS = 5000, 40_000
"""Where each of n children is invalid, libxml2 needs a time that grows with n² to name them."""
_VALUE = re.compile(r"is not a valid value|\[facet '")
"""How libxml2 speaks of values, those of xs:ID included, and not of elements and attributes."""


def expected_root(media_type: str) -> QName | None:
    """The root element of bodies of `media_type` (parameters ignored); None if we know none.

    The first one, where a type has several (RFC 5262 §4).
    """
    return next(iter(catalog().roots_for_media(media_type)), None)


def validator_for(media_type: str) -> SchemaEntry | None:
    """The schema that judges bodies of `media_type`, None if we have none."""
    root = expected_root(media_type)
    return None if root is None else catalog().entries[root.namespace or ""]


def validate(
    document: bytes | etree._Element, media_type: str | None = None
) -> tuple[SchemaError, ...]:
    """What is wrong with `document` by the schemas of all namespaces that we know.

    With `media_type`, the root must be the one of that type. Elements of unknown namespaces are
    no errors (`unknown_namespaces` lists them). Raises `BodyError` for bytes that are not XML.
    """
    root = parse_xml(document) if isinstance(document, bytes) else document
    errors = tuple(_root_errors(root, media_type))
    if errors or QName.parse(root.tag).namespace not in catalog():
        return errors
    return _judge(_without_hints(root))


def validate_fragment(
    data: bytes,
    auid: str,
    path: Sequence[str],
    bindings: Mapping[str, str] | None = None,
) -> tuple[SchemaError, ...]:
    """What is wrong with the XML fragment of an XCAP request, in its place in the document.

    `path` holds the steps of the node selector (RFC 4825 §6.3), from the document's root to the
    fragment's own element; predicates are ignored. `bindings` are the selector's `xmlns()`
    prefixes; names without a prefix are in the usage's default document namespace (§5.3).
    Raises `BodyError` for data that is not one XML element. No errors for an unknown usage or a
    path with a wildcard.
    """
    entry = catalog().entry_for_auid(auid)
    namespace = None if entry is None else entry.namespace
    fragment = parse_fragment(data, namespace, bindings)
    names = [_expand(step, namespace, bindings or {}) for step in path]
    if entry is None or not names or None in names:
        return ()
    steps = [name for name in names if name is not None]
    if str(steps[-1]) != fragment.tag:
        found = QName.parse(fragment.tag)
        reason = f"the selector names {steps[-1].local}, the body is {found.local}"
        if found.local == steps[-1].local:
            reason = f"the selector names {steps[-1]}, the body is {found}"
        return (SchemaError(path_of(fragment), line_of(fragment), reason, found.namespace),)
    return _judge_in_place(_without_hints(fragment), steps)


def unknown_namespaces(root: etree._Element) -> tuple[str, ...]:
    """The namespaces of elements and attributes for which there is no schema, sorted."""
    tags: set[str] = set()
    for element in root.iter(etree.Element):
        tags.add(element.tag)
        tags.update(map(str, element.keys()))
    return _unknown(frozenset(tags)) if len(tags) <= _MAX_NAMES else _without_schema(tags)


def _without_schema(tags: Iterable[str]) -> tuple[str, ...]:
    names = {QName.parse(tag).namespace for tag in tags}
    return tuple(sorted(name for name in names if name is not None and name not in catalog()))


# Documents of one kind have the same names, whatever they say.
_MAX_NAMES = 64
_unknown = lru_cache(256)(_without_schema)


def _root_errors(root: etree._Element, media_type: str | None) -> Iterator[SchemaError]:
    found = QName.parse(root.tag)
    wanted = () if media_type is None else catalog().roots_for_media(media_type)
    reason = None
    if wanted and found not in wanted:
        named = " or ".join(map(str, wanted))
        reason = f"a body of {media_type} has the root {named}, this one has {found}"
    elif (entry := catalog().entries.get(found.namespace or "")) is not None:
        roots = entry.roots
        if found.local not in roots:
            allowed = f", only {' or '.join(roots)}" if roots else ""
            reason = f"{found} is not the root of a document{allowed}"
    if reason is not None:
        yield SchemaError(path_of(root), line_of(root), reason, found.namespace)


def _without_hints(root: etree._Element) -> etree._Element:
    """The same without xsi: attributes: they name schemas and types that only the sender has."""
    if not _HINTS(root):
        return root
    copy = deepcopy(root)
    for element in copy.iter(etree.Element):
        for name in [str(each) for each in element.attrib if str(each).startswith(f"{{{_XSI}}}")]:
            del element.attrib[name]
    return copy


def _judge(root: etree._Element) -> tuple[SchemaError, ...]:
    suspects = _suspects(root)
    if not suspects:
        return ()
    if _is_large(root):
        # Nobody to ask again: leave out values, of which libxml2 is known to refuse right ones.
        certain = [each for each in suspects if _VALUE.search(each.message) is None]
        return tuple(as_libxml2_says(each, root) for each in certain[:_MAX_ERRORS])
    copy = _plain(root)
    return _xmlschema_errors(diagnosis().iter_errors(_as_tree(copy)), copy)


def _suspects(root: etree._Element) -> list[etree._LogEntry]:
    return errors_of_wide(root) if _is_wide(root) else libxml2_errors(root)


def _is_wide(root: etree._Element) -> bool:
    if cast("float", _NODES(root)) <= _MAX_CHILDREN:
        return False
    return any(len(element) > _MAX_CHILDREN for element in root.iter()) or (
        next(islice(root.iter(), _MAX_ELEMENTS, None), None) is not None
    )


def _is_large(root: etree._Element) -> bool:
    return next(islice(root.iter(), _MAX_DIAGNOSED, None), None) is not None


def _judge_in_place(fragment: etree._Element, steps: Sequence[QName]) -> tuple[SchemaError, ...]:
    document = etree.Element(str(steps[0])) if len(steps) > 1 else deepcopy(fragment)
    parent = document
    for step in steps[1:-1]:
        parent = etree.SubElement(parent, str(step))
    if len(steps) > 1:
        parent.append(deepcopy(fragment))
    if not _suspects(document) or _is_large(fragment):
        return ()
    # Its parents are bare, so they may be what is wrong: judge the element alone, as declared.
    declaration = _declaration(steps)
    if declaration is None:
        return ()
    copy = _plain(fragment)
    return _xmlschema_errors(declaration.iter_errors(_as_tree(copy)), copy)


def _declaration(steps: Sequence[QName]) -> xmlschema.XsdElement | None:
    """The declaration of the last step, found from the root's; None where a wildcard admits it."""
    elements = diagnosis().maps.elements
    declaration = elements.get(str(steps[0]))
    for step in steps[1:]:
        content = None if declaration is None else declaration.type.model_group
        if content is None:
            return None
        local = (child for child in content.iter_elements() if child.name == str(step))
        declaration = cast("xmlschema.XsdElement | None", next(local, elements.get(str(step))))
    return declaration


def _expand(step: str, default: str | None, bindings: Mapping[str, str]) -> QName | None:
    """The name of a selector step; None for `*` and for an unknown prefix."""
    name = step.partition("[")[0].strip()
    if name.startswith("{"):
        return QName.parse(name)
    prefix, colon, local = name.rpartition(":")
    if name == "*" or (colon and prefix not in bindings):
        return None
    return QName(bindings[prefix] if colon else default, local)


def _xmlschema_errors(
    errors: Iterable[xmlschema.XMLSchemaValidationError], root: etree._Element
) -> tuple[SchemaError, ...]:
    import xmlschema

    numbers = {element: number for number, element in enumerate(root.iter(etree.Element))}
    try:
        found = [as_xmlschema_says(error, root, numbers) for error in islice(errors, _MAX_ERRORS)]
    except xmlschema.XMLSchemaException:
        return ()  # a document that the validator itself cannot bear is not known to be wrong
    return tuple(each for each in found if not is_no_matter_of_schemas(each.reason))


def _plain(root: etree._Element) -> etree._Element:
    """A copy without comments, which xmlschema takes for children of a simple content."""
    copy = deepcopy(root)
    etree.strip_tags(copy, etree.Comment, etree.ProcessingInstruction)
    return copy


def _as_tree(root: etree._Element) -> ElementTree.Element:
    return cast("ElementTree.Element", root)  # lxml's elements quack alike
