"""Evaluates node selectors, on a parsed document of ours or on an lxml tree (RFC 4825 §6.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from harness.xcap.percent import quote_node_selector
from harness.xcap.selector import NodeSelector, QName, Step


class ElementLike(Protocol):
    """What selection needs of an element: `harness.xcap.spans` and lxml both have it."""

    @property
    def tag(self) -> str: ...
    def get(self, key: str, /) -> str | None: ...


_Element = TypeVar("_Element", bound=ElementLike)


def element_tag(name: QName, default_namespace: str) -> str:
    """The expanded name of an element name, in Clark notation.

    Without a prefix it is in the application usage's default document namespace (RFC 4825 §6.3).
    """
    namespace = default_namespace if name.namespace is None else name.namespace
    return f"{{{namespace}}}{name.local}" if namespace else name.local


def attribute_name(name: QName) -> str:
    """The expanded name of an attribute name: without a prefix it is in no namespace."""
    return f"{{{name.namespace}}}{name.local}" if name.namespace else name.local


def matching(children: Iterable[_Element], step: Step, default_namespace: str) -> list[_Element]:
    """The children that a step selects: by name, then by each predicate in order."""
    found = named(children, step, default_namespace)
    if step.position is not None:
        # The position counts from 1; a position beyond the list is a no-match.
        found = found[step.position - 1 : step.position] if step.position else []
    if step.test is not None:
        attribute = attribute_name(step.test.name)
        value = step.test.value
        found = [child for child in found if child.get(attribute) == value]
    return found


def named(children: Iterable[_Element], step: Step, default_namespace: str) -> list[_Element]:
    """The children whose name matches NameorAny; comments and instructions never do."""
    elements = [child for child in children if isinstance(child.tag, str)]
    if step.name is None:
        return elements
    tag = element_tag(step.name, default_namespace)
    return [child for child in elements if child.tag == tag]


class TreeElement(ElementLike, Protocol):
    """An element whose children can be iterated."""

    def __iter__(self) -> Iterator[TreeElement]: ...


_Tree = TypeVar("_Tree", bound=TreeElement)


def select(root: _Tree, steps: Sequence[Step], default_namespace: str) -> _Tree | None:
    """The one element that the steps select; None for a no-match or an invalid selector.

    Each step has to select a single element (RFC 4825 §6.3), the first one the root.
    """
    children: Iterable[_Tree] = (root,)
    found: list[_Tree] = []
    for step in steps:
        found = matching(children, step, default_namespace)
        if len(found) != 1:
            return None
        children = found[0]  # type: ignore[assignment]  # an element iterates over its own kind
    return found[0] if found else None


def closest_ancestor(root: TreeElement, selector: NodeSelector, default_namespace: str) -> int:
    """How many leading steps of a selector select an element."""
    count = 0
    while count < len(selector.steps):
        if select(root, selector.steps[: count + 1], default_namespace) is None:
            break
        count += 1
    return count


def encode_node_selector(selector: NodeSelector) -> str:
    """The percent-encoded form for a URI (RFC 4825 §6.3)."""
    return quote_node_selector(str(selector))


def encode_namespaces(namespaces: Iterable[tuple[str, str]]) -> str:
    """The query component that binds the prefixes of a node selector (RFC 4825 §6.4)."""
    bindings = "".join(f"xmlns({prefix}={uri})" for prefix, uri in namespaces)
    return f"?{quote_node_selector(bindings)}" if bindings else ""
