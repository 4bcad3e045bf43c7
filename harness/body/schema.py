"""Validates bodies against `schemas/`.

libxml2 (lxml) judges first: it is fast, and what it accepts is valid. What it refuses is judged
again by xmlschema, because libxml2 refuses some valid values (a dateTime with white space before
it, a URI with an IPv6 host): only what both refuse is an error. A URI is no matter of schemas
here: anyURI takes almost any text, and the checks parse URIs themselves.
"""

from __future__ import annotations

import functools
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, cast

from lxml import etree

from harness.body.catalog import Catalog, QName, SchemaEntry, catalog
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
_XML_NAMESPACE = "{http://www.w3.org/XML/1998/namespace}"
_MAX_ERRORS = 50
_MAX_DIAGNOSED = 5000
"""Elements in a document up to which xmlschema, some hundred times slower, is asked."""
_MAX_CHILDREN, _MAX_ELEMENTS = 5000, 40_000
"""Where each of n children is invalid, libxml2 needs a time that grows with n² to name them."""
_MAX_REASON = 300
_WORDS = (
    (re.compile(r"Invalid datetime string ('.*?') for <class.*", re.DOTALL), r"\1 is no dateTime"),
    (
        re.compile(r"value doesn't match any pattern of \['\[.{1,4}i-\[:\]\].*"),
        "no NCName, as an ID is",
    ),
)
"""What xmlschema says, and what it means."""
_VALUE = re.compile(r"is not a valid value|\[facet '")
"""How libxml2 speaks of values, those of xs:ID included, and not of elements and attributes."""
_IDLE: deque[etree.XMLSchema] = deque()
"""Compiled validators not in use. A validator keeps the errors of its last run, so two threads
must not share one; `deque.pop` and `append` are atomic."""


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
        tags.update(str(name) for name in element.attrib)
    names = {QName.parse(tag).namespace for tag in tags}
    return tuple(sorted(name for name in names if name is not None and name not in catalog()))


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
        return tuple(_as_libxml2_says(each, root) for each in certain[:_MAX_ERRORS])
    copy = _plain(root)
    return _xmlschema_errors(_diagnosis().iter_errors(_as_tree(copy)), copy)


def _suspects(root: etree._Element) -> list[etree._LogEntry]:
    return _errors_of_wide(root) if _is_wide(root) else _libxml2_errors(root)


def _is_wide(root: etree._Element) -> bool:
    return any(len(element) > _MAX_CHILDREN for element in root.iter()) or (
        next(islice(root.iter(), _MAX_ELEMENTS, None), None) is not None
    )


def _errors_of_wide(root: etree._Element) -> list[etree._LogEntry]:
    """What libxml2 says as it reads the document: without places, and IDs are not compared."""
    validator = _IDLE.pop() if _IDLE else _compile()
    parser = etree.XMLParser(no_network=True, resolve_entities=False, schema=validator)
    try:
        etree.fromstring(etree.tostring(root), parser)
    except etree.XMLSyntaxError:
        log = cast("Iterable[etree._LogEntry]", parser.error_log)  # the stubs forget it
        return [error for error in log if not _is_no_matter_of_schemas(error.message)]
    finally:
        _IDLE.append(validator)
    return []


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
    elements = _diagnosis().maps.elements
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


def _libxml2_errors(root: etree._Element) -> list[etree._LogEntry]:
    validator = _IDLE.pop() if _IDLE else _compile()
    try:
        if validator.validate(root):
            return []
        log = cast("Iterable[etree._LogEntry]", validator.error_log)  # the stubs forget it
        return [error for error in log if not _is_no_matter_of_schemas(error.message)]
    finally:
        _IDLE.append(validator)


def _is_no_matter_of_schemas(reason: str) -> bool:
    """Whether an error is about a URI, or about xml:lang and its like.

    XML 1.0 §2.10 and §2.12 let these be attached to any element, and RFC 3863 §4.1.6 counts on an
    xml:lang around a note, which its schema forgets.
    """
    is_xml = _XML_NAMESPACE in reason and "not allowed" in reason
    return is_xml or "'xs:anyURI'" in reason


def _as_libxml2_says(error: etree._LogEntry, root: etree._Element) -> SchemaError:
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


def _xmlschema_errors(
    errors: Iterable[xmlschema.XMLSchemaValidationError], root: etree._Element
) -> tuple[SchemaError, ...]:
    import xmlschema

    numbers = {element: number for number, element in enumerate(root.iter(etree.Element))}
    try:
        found = [_readable(error, root, numbers) for error in islice(errors, _MAX_ERRORS)]
    except xmlschema.XMLSchemaException:
        return ()  # a document that the validator itself cannot bear is not known to be wrong
    return tuple(each for each in found if not _is_no_matter_of_schemas(each.reason))


def _readable(
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


def _plain(root: etree._Element) -> etree._Element:
    """A copy without comments, which xmlschema takes for children of a simple content."""
    copy = deepcopy(root)
    etree.strip_tags(copy, etree.Comment, etree.ProcessingInstruction)
    return copy


def _as_tree(root: etree._Element) -> ElementTree.Element:
    return cast("ElementTree.Element", root)  # lxml's elements quack alike


def _wrapper() -> str:
    """One schema that imports them all, so that wildcards see every namespace."""
    imports = "".join(
        f'<xs:import namespace="{entry.namespace}" schemaLocation="{entry.path.as_uri()}"/>'
        for entry in catalog()
    )
    return f'<xs:schema xmlns:xs="{_XS}" targetNamespace="urn:all-schemas">{imports}</xs:schema>'


def _compile() -> etree.XMLSchema:
    parser = etree.XMLParser(no_network=True, resolve_entities=False)
    return etree.XMLSchema(etree.fromstring(_wrapper(), parser))


def _children_error() -> type[xmlschema.XMLSchemaChildrenValidationError]:
    import xmlschema

    return xmlschema.XMLSchemaChildrenValidationError


@functools.cache
def _diagnosis() -> xmlschema.XMLSchema10:
    # Imported where it is needed: a run without a broken body never pays for it.
    import xmlschema

    return xmlschema.XMLSchema10(_wrapper(), allow="local")
