"""Elements where no schema looks: in the places that are open to other namespaces.

A schema leaves what it does not know unjudged there, so that a name that is only misspelt is never
an error. Nothing forbids unknown names in so many words: these are remarks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from harness.body import tree
from harness.body.catalog import QName, SchemaEntry, catalog
from harness.body.namespaces import (
    COMMON_POLICY,
    OMA_PRES,
    PRES_RULES,
    RLS_SERVICES,
)
from harness.body.schema import unknown_namespaces
from harness.checks.context import Context
from harness.checks.field_tables import EVENT_PACKAGES
from harness.checks.registry import SHOULD, bodies, check
from harness.checks.xml_documents import (
    AUTH_POLICY,
    DOCUMENTS,
    FRAGMENT,
    PIDF,
    at_element,
    elements,
    root_of,
)
from harness.model import Mismatch

_RLS_TYPE = "application/rls-services+xml"
_ELEMENT = "{http://www.w3.org/2001/XMLSchema}element"
_IMPORT = "{http://www.w3.org/2001/XMLSchema}import"
_INCLUDE = "{http://www.w3.org/2001/XMLSchema}include"
_NEAR = 2
_LONG_ENOUGH = 12


@lru_cache(64)
def _declared(namespace: str) -> frozenset[str] | None:
    """The names that can stand anywhere: the global elements of a published schema."""
    entry = catalog().entries.get(namespace)
    if entry is None or not entry.is_official:
        return None
    return frozenset(_globals(entry)) or None


@lru_cache(64)
def _imported(namespace: str) -> frozenset[str]:
    """The namespaces whose types a schema uses."""
    entry = catalog().entries.get(namespace)
    if entry is None:
        return frozenset()
    root = etree.parse(str(entry.path)).getroot()
    return frozenset(child.get("namespace", "") for child in root.iterchildren(_IMPORT))


def _globals(entry: SchemaEntry) -> Iterator[str]:
    paths = [entry.path]
    for path in paths:
        root = etree.parse(str(path)).getroot()
        for child in root.iterchildren(_ELEMENT):
            yield child.get("name", "")
        for child in root.iterchildren(_INCLUDE):
            included = path.parent / child.get("schemaLocation", "")
            if included.is_file() and included not in paths:
                paths.append(included)


@check(
    "XML-ELEMENT-1",
    clause="RFC 3470 §4.9",
    level=SHOULD,
    on=bodies(*DOCUMENTS, FRAGMENT),
    sender="ue",
)
def extension_is_defined_by_its_namespace(body: object, context: Context) -> Iterator[Mismatch]:
    """An element among those of another namespace is one that its own namespace defines."""
    root = root_of(body, context)
    for element in root.iter("*") if root is not None else ():
        name = QName.parse(element.tag)
        parent = element.getparent()
        if parent is None or name.namespace is None:
            continue
        if QName.parse(parent.tag).namespace == name.namespace:
            continue  # the schema of the parent tells
        around = QName.parse(parent.tag).namespace
        if around is not None and name.namespace in _imported(around):
            continue  # the parent may be of a type of that namespace, which its schema judges
        known = _declared(name.namespace)
        if known is not None and name.local not in known:
            near = _nearest(name.local, known)
            hint = f"did you mean {near}?" if near else ""
            expected = f"an element that {name.namespace} defines for other places"
            yield at_element(context, element, expected, name.local, hint=hint)


@check(
    "XML-UNKNOWN-2",
    clause="RFC 3470 §4.9",
    level=SHOULD,
    on=bodies(*DOCUMENTS, FRAGMENT),
    sender="ue",
)
def namespace_is_spelt_as_registered(body: object, context: Context) -> Iterator[Mismatch]:
    """A namespace is not one letter or two away from another that is known."""
    root = root_of(body, context)
    for name in unknown_namespaces(root) if root is not None else ():
        near = _nearest(name, frozenset(each.namespace for each in catalog()))
        if near and root is not None and len(name) >= _LONG_ENOUGH:
            yield at_element(context, root, near, name)


def _nearest(text: str, known: frozenset[str]) -> str:
    """What is known and differs by case or by up to two letters, "" for nothing."""
    for each in sorted(known):
        if each.lower() == text.lower() or _distance(text, each) <= _NEAR:
            return each
    return ""


def _distance(one: str, other: str) -> int:
    """How many letters were added, left out or changed, as far as it matters here."""
    if abs(len(one) - len(other)) > _NEAR:
        return _NEAR + 1
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if start is None:
        return abs(len(one) - len(other))
    rest, wanted = one[start:][::-1], other[start:][::-1]
    end = next((i for i, (a, b) in enumerate(zip(rest, wanted, strict=False)) if a != b), None)
    end = min(len(rest), len(wanted)) if end is None else end
    return max(len(rest) - end, len(wanted) - end)


_ACTIONS = tree.qname(COMMON_POLICY, "actions")
_TRANSFORMATIONS = tree.qname(COMMON_POLICY, "transformations")
_HANDLING = tree.qname(PRES_RULES, "sub-handling")
_PROVIDE = f"{{{PRES_RULES}}}provide-"


@check("RULES-PLACE-1", clause="RFC 5025 §3.2", level=SHOULD, on=bodies(AUTH_POLICY), sender="ue")
def permissions_stand_in_their_places(body: object, context: Context) -> Iterator[Mismatch]:
    """A sub-handling is an action, what begins with provide- is a transformation."""
    root = root_of(body, context)
    for element in root.iter(f"{{{PRES_RULES}}}*") if root is not None else ():
        parent = element.getparent()
        if parent is None or QName.parse(parent.tag).namespace != COMMON_POLICY:
            continue
        is_action = element.tag == _HANDLING
        wanted = _ACTIONS if is_action else _TRANSFORMATIONS
        if (is_action or element.tag.startswith(_PROVIDE)) and parent.tag != wanted:
            expected = f"in {QName.parse(wanted).local}"
            observed = f"in {QName.parse(parent.tag).local}"
            yield at_element(context, element, expected, observed)


@check("RULES-TWICE-1", clause="RFC 5025 §3.2.1", level=SHOULD, on=bodies(AUTH_POLICY), sender="ue")
def permission_has_one_value(body: object, context: Context) -> Iterator[Mismatch]:
    """A rule gives a permission one value."""
    root = root_of(body, context)
    for parent in elements(root, _ACTIONS, _TRANSFORMATIONS) if root is not None else ():
        counts = Counter(child.tag for child in tree.elements(parent))
        for child in tree.elements(parent):
            name = QName.parse(child.tag)
            is_attribute = name.local == "provide-unknown-attribute"  # one for each attribute
            if name.namespace == PRES_RULES and not is_attribute and counts.pop(child.tag, 1) > 1:
                yield at_element(context, child, f"one {name.local}", "more than one")


_DESCRIPTION = tree.qname(OMA_PRES, "service-description")


@check(
    "PIDF-SERVICE-3",
    clause="OMA Presence Data Specification §element service-description",
    level=SHOULD,
    on=bodies(PIDF),
    sender="ue",
)
def tuple_describes_one_service(body: object, context: Context) -> Iterator[Mismatch]:
    """A tuple is about one service: it has one service-description."""
    root = root_of(body, context)
    for element in elements(root, _DESCRIPTION) if root is not None else ():
        if any(each.tag == _DESCRIPTION for each in element.itersiblings(preceding=True)):
            yield at_element(context, element, "one service-description", "another one")


_PACKAGE = tree.qname(RLS_SERVICES, "package")
_LIST = tree.qname(RLS_SERVICES, "list")


@check("RLS-PACKAGE-3", clause="RFC 4826 §4.1", level=SHOULD, on=bodies(_RLS_TYPE), sender="ue")
def package_is_registered(body: object, context: Context) -> Iterator[Mismatch]:
    """A package of a service is one that is registered, in its case, and named once."""
    root = root_of(body, context)
    for element in elements(root, _PACKAGE) if root is not None else ():
        text = (element.text or "").strip()
        base, *templates = text.split(".")
        before = {(each.text or "").strip() for each in element.itersiblings(preceding=True)}
        if text and (base not in EVENT_PACKAGES or any(each != "winfo" for each in templates)):
            yield at_element(context, element, "a package registered with IANA", text)
        elif text and text in before:
            yield at_element(context, element, "each package once", text)


@check("RLS-LIST-3", clause="RFC 4826 §4.1", level=SHOULD, on=bodies(_RLS_TYPE), sender="ue")
def list_of_a_service_has_entries_of_lists(body: object, context: Context) -> Iterator[Mismatch]:
    """What a list in a service holds is in the namespace of resource-lists, as its type is."""
    root = root_of(body, context)
    for element in elements(root, _LIST) if root is not None else ():
        for child in tree.elements(element):
            if QName.parse(child.tag).namespace == RLS_SERVICES:
                yield at_element(context, child, "an element of resource-lists", "one of services")
