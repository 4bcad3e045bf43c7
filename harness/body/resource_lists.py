"""Resource lists (RFC 4826 §3): reading, writing, and following their references."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lxml import etree

from harness.body import tree
from harness.body.namespaces import RESOURCE_LISTS
from harness.body.schema import QName, line_of, parse_fragment

MEDIA_TYPE = "application/resource-lists+xml"
MAX_MEMBERS = 10_000
"""URIs that a list may come to, references followed."""
MAX_NESTING = 30
MAX_REFERENCES = 256
"""References that are followed from one list."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource."""

    uri: str
    display_name: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class EntryRef:
    """An entry kept elsewhere: `ref` is a relative path from the XCAP root."""

    ref: str
    display_name: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class External:
    """A list kept elsewhere: `anchor` is the absolute HTTP URI of its element."""

    anchor: str
    display_name: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ResourceList:
    """A list; `items` are in document order."""

    name: str | None = None
    display_name: str | None = None
    items: tuple[Entry | EntryRef | External | ResourceList, ...] = ()
    line: int | None = field(default=None, compare=False)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries directly in this list."""
        return tuple(item for item in self.items if isinstance(item, Entry))

    @property
    def lists(self) -> tuple[ResourceList, ...]:
        """The lists directly in this list."""
        return tuple(item for item in self.items if isinstance(item, ResourceList))


@dataclass(frozen=True, slots=True)
class ResourceLists:
    """A document."""

    lists: tuple[ResourceList, ...] = ()
    root: etree._Element | None = field(default=None, compare=False, repr=False)

    def list(self, name: str) -> ResourceList | None:
        """The top-level list of this name."""
        return next((found for found in self.lists if found.name == name), None)


@dataclass(frozen=True, slots=True)
class Flat:
    """The members of a list: each URI once, in order; `unresolved` are the references that led
    nowhere, `truncated` says that a limit was hit."""

    uris: tuple[str, ...]
    unresolved: tuple[str, ...] = ()
    truncated: bool = False


Resolver = Callable[[str], "ResourceList | Entry | None"]
"""Gives what an `anchor` or a `ref` points to, None where nothing is there."""


def parse_resource_lists(document: bytes | etree._Element) -> ResourceLists:
    """Read a document; raises `BodyError` where it is no XML or not `resource-lists`."""
    root = tree.parse_root(document, MEDIA_TYPE)
    lists = tree.children(root, RESOURCE_LISTS, "list")
    return ResourceLists(tuple(parse_list(found) for found in lists), root)


def parse_list(element: bytes | etree._Element) -> ResourceList:
    """Read a `list` element, or the fragment of one (an `application/xcap-el+xml` body).

    The element itself may be of rls-services (RFC 4826 §4.1). Raises `BodyError` for bytes that
    are not one XML element.
    """
    if isinstance(element, bytes):
        element = parse_fragment(element, RESOURCE_LISTS)
    found = (_parse_item(child) for child in tree.elements(element))
    return ResourceList(
        name=element.get("name"),
        display_name=tree.child_text(element, RESOURCE_LISTS, "display-name"),
        items=tuple(item for item in found if item is not None),
        line=line_of(element),
    )


def make_resource_lists(lists: Iterable[ResourceList]) -> bytes:
    """A document; raises `BodyError` for values that the schema refuses."""
    root = tree.make_root(RESOURCE_LISTS, "resource-lists")
    for found in lists:
        add_list(root, found)
    return tree.write_document(root)


def add_list(
    parent: etree._Element, value: ResourceList, namespace: str = RESOURCE_LISTS
) -> etree._Element:
    """Append a `list` element of `namespace` with the items of `value`."""
    element = tree.add(parent, namespace, "list")
    if value.name is not None:
        element.set("name", value.name)
    _add_display_name(element, value.display_name)
    for item in value.items:
        match item:
            case ResourceList():
                add_list(element, item)
                continue
            case Entry():
                child = tree.add(element, RESOURCE_LISTS, "entry", uri=item.uri)
            case EntryRef():
                child = tree.add(element, RESOURCE_LISTS, "entry-ref", ref=item.ref)
            case External():
                child = tree.add(element, RESOURCE_LISTS, "external", anchor=item.anchor)
        _add_display_name(child, item.display_name)
    return element


def flatten(root: ResourceList, resolve: Resolver) -> Flat:
    """The URIs of the list, of the lists in it and of those that it refers to (RFC 4826 §3.1).

    A reference is followed once, so a list that contains itself ends; so is what several
    references lead to, where `resolve` gives the same object for it.
    """
    uris: dict[str, None] = {}
    unresolved: dict[str, None] = {}
    followed: set[str] = set()
    targets: dict[int, ResourceList | Entry] = {}
    truncated = False
    waiting: list[tuple[Entry | EntryRef | External | ResourceList, int]] = [(root, 0)]
    while waiting:
        item, depth = waiting.pop()
        if len(uris) >= MAX_MEMBERS or depth > MAX_NESTING:
            truncated = True
            continue
        match item:
            case Entry():
                uris[item.uri] = None
            case ResourceList():
                waiting += [(child, depth + 1) for child in reversed(item.items)]
            case EntryRef() | External():
                reference = item.ref if isinstance(item, EntryRef) else item.anchor
                if reference in followed:
                    continue
                if len(followed) >= MAX_REFERENCES:
                    truncated = True
                    continue
                followed.add(reference)
                target = resolve(reference)
                if target is None:
                    unresolved[reference] = None
                elif id(target) not in targets:
                    targets[id(target)] = target
                    waiting.append((target, depth + 1))
    return Flat(tuple(uris), tuple(unresolved), truncated)


def _parse_item(element: etree._Element) -> Entry | EntryRef | External | ResourceList | None:
    name = QName.parse(element.tag)
    if name.namespace != RESOURCE_LISTS:
        return None
    display_name = tree.child_text(element, RESOURCE_LISTS, "display-name")
    line = line_of(element)
    match name.local:
        case "entry":
            return Entry(tree.attribute(element, "uri") or "", display_name, line)
        case "entry-ref":
            return EntryRef(tree.attribute(element, "ref") or "", display_name, line)
        case "external":
            return External(tree.attribute(element, "anchor") or "", display_name, line)
        case "list":
            return parse_list(element)
    return None


def _add_display_name(parent: etree._Element, value: str | None) -> None:
    if value is not None:
        tree.add(parent, RESOURCE_LISTS, "display-name", value)
