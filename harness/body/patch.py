"""Applies changes to XML documents: add, replace and remove of RFC 5261.

A selector is a path of child steps, so evaluating one takes a time that grows with the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

MAX_OPERATIONS = 1000
MAX_STEPS = 64

_NAME = r"[^\W\d][\w.-]*"
_LITERAL = r"(?:'[^']*'|\"[^\"]*\")"
_STEP = re.compile(
    rf"(?P<test>\*|(?:{_NAME}:)?{_NAME}(?![\w.:(-]))"
    rf"(?P<conditions>(?:\[(?:@?(?:{_NAME}:)?{_NAME}|\.)={_LITERAL}\]|\[[0-9]{{1,9}}\])*)"
)
_ID = re.compile(rf"id\((?P<id>{_LITERAL})\)")
_END = re.compile(
    rf"(?P<attribute>@(?:{_NAME}:)?{_NAME})|namespace::(?P<namespace>{_NAME})"
    rf"|(?P<node>(?:text\(\)|comment\(\)|processing-instruction\({_LITERAL}?\))"
    r"(?:\[[0-9]{1,9}\])?)"
)
_CONDITION = re.compile(
    rf"\[(?:(?P<at>@?)(?P<name>(?:{_NAME}:)?{_NAME})(?P<value>={_LITERAL})|\.={_LITERAL}|[0-9]+)\]"
)
_XML = "http://www.w3.org/XML/1998/namespace"
_DEFAULT = "default-"
_SPACE = " \t\r\n"


class PatchError(ValueError):
    """A change that cannot be made.

    `kind` is the element of RFC 5261 §5.1 that tells so, `operation` the element that failed.
    """

    def __init__(self, kind: str, reason: str, operation: etree._Element) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason
        self.operation = operation


class NotUnderstoodError(ValueError):
    """A change that this module does not make, though it may be right: one of a namespace."""


@dataclass(frozen=True, slots=True)
class _Target:
    """What a selector locates: an element or another node, an attribute of it, or its text."""

    node: etree._Element
    attribute: str = ""
    text: str = ""
    """"text" or "tail" of `node` where a text node is meant."""


def apply_changes(document: etree._Element, operations: Iterable[etree._Element]) -> etree._Element:
    """A copy of the document with the operations made one after the other (RFC 5261 §4).

    `operations` are elements named add, replace and remove, of any namespace. Raises `PatchError`
    for the first one that fails, `NotUnderstoodError` for one that cannot be told.
    """
    # Below a node of its own, so that the root is replaced like any other element.
    holder = etree.Element("holder")
    holder.append(deepcopy(document))
    for number, operation in enumerate(operations):
        if number >= MAX_OPERATIONS:
            raise NotUnderstoodError(f"more than {MAX_OPERATIONS} operations")
        _OPERATIONS.get(etree.QName(operation).localname, _unknown)(holder, operation)
    root = holder[0]
    holder.remove(root)
    return root


def _unknown(holder: etree._Element, operation: etree._Element) -> None:
    raise PatchError("invalid-patch-directive", "no add, replace or remove", operation)


def locate(root: etree._Element, operation: etree._Element) -> object:
    """What the selector of an operation locates below `root`: one result of XPath.

    Raises `PatchError` unless it is exactly one.
    """
    sel = (operation.get("sel") or "").strip(_SPACE)
    names = {prefix or _DEFAULT: uri for prefix, uri in operation.nsmap.items()}
    found = root.xpath(_xpath(sel, names, operation), namespaces={"xml": _XML, **_named(names)})
    if not isinstance(found, list) or len(found) != 1:
        count = len(found) if isinstance(found, list) else 0
        raise PatchError("unlocated-node", f"{sel} locates {count or 'no'} nodes", operation)
    return found[0]


def _named(names: Mapping[str, str]) -> dict[str, str]:
    return {prefix: uri for prefix, uri in names.items() if uri}


def _xpath(sel: str, names: Mapping[str, str], operation: etree._Element) -> str:
    """The selector as XPath has it, each name with its prefix."""
    steps = ["."]
    position = start = 1 if sel.startswith("/") else 0
    for _ in range(MAX_STEPS):
        match = _ID.match(sel, position) if position == start else None
        end = _END.match(sel, position) if match is None else None
        step = _STEP.match(sel, position) if match is None and end is None else None
        if match is not None:
            steps = [f".//*[@id={match['id']} or @xml:id={match['id']}]"]
        elif end is not None:
            if position == start and end.end() == len(sel):
                raise NotUnderstoodError("a node beside the root")
            steps.append(_last(end, names, operation))
        elif step is not None:
            steps.append(_step(step, names, operation))
        found = match or end or step
        if found is None:
            break
        position = found.end()
        if position == len(sel):
            return "/".join(steps)
        if sel[position] != "/" or end is not None:
            break
        position += 1
    raise PatchError("invalid-attribute-value", f"{sel!r} is no selector", operation)


def _last(end: re.Match[str], names: Mapping[str, str], operation: etree._Element) -> str:
    if end["namespace"]:
        raise NotUnderstoodError("a declaration of a namespace")
    return "@" + _qualified(end["attribute"][1:], names, operation) if end["attribute"] else end[0]


def _step(step: re.Match[str], names: Mapping[str, str], operation: etree._Element) -> str:
    def condition(match: re.Match[str]) -> str:
        if not match["name"]:
            return match[0]
        name = _qualified(match["name"], names, operation, is_element=not match["at"])
        return f"[{match['at']}{name}{match['value']}]"

    test = step["test"]
    name = test if test == "*" else _qualified(test, names, operation, is_element=True)
    return name + _CONDITION.sub(condition, step["conditions"])


def _qualified(
    name: str, names: Mapping[str, str], operation: etree._Element, *, is_element: bool = False
) -> str:
    """A name with a prefix for the default namespace, which elements alone are in (§4.2.1)."""
    prefix, colon, _ = name.partition(":")
    if colon and prefix != "xml" and prefix not in names:
        raise PatchError("invalid-namespace-prefix", f"{prefix} is not declared", operation)
    is_plain = not colon and is_element and names.get(_DEFAULT)
    return f"{_DEFAULT}:{name}" if is_plain else name


def _target(holder: etree._Element, operation: etree._Element) -> _Target:
    found = locate(holder, operation)
    if isinstance(found, etree._Element):
        return _Target(found)
    parent = found.getparent() if isinstance(found, etree._ElementUnicodeResult) else None
    if parent is None or not isinstance(found, etree._ElementUnicodeResult):
        raise PatchError("unlocated-node", "no node of the document", operation)
    if found.is_attribute:
        return _Target(parent, attribute=str(found.attrname or ""))
    return _Target(parent, text="tail" if found.is_tail else "text")


def _add(holder: etree._Element, operation: etree._Element) -> None:
    target = _target(holder, operation)
    kind = operation.get("type")
    if kind is not None:
        _add_attribute(target, kind, operation)
        return
    pos = operation.get("pos")
    is_inside = pos in (None, "prepend")
    is_element = not (target.attribute or target.text) and isinstance(target.node.tag, str)
    if target.attribute or (is_inside and not is_element):
        raise PatchError("invalid-node-types", "nothing can be added there", operation)
    parent = target.node if is_inside else target.node.getparent()
    if parent is holder and any(isinstance(each.tag, str) for each in operation):
        raise PatchError("invalid-root-element-operation", "a second root", operation)
    text, nodes = operation.text or "", [deepcopy(each) for each in operation]
    if is_inside:
        _insert_inside(target.node, text, nodes, first=pos == "prepend")
    elif target.text:
        _insert_at_text(target, text, nodes, before=pos == "before")
    else:
        _insert_beside(target.node, text, nodes, before=pos == "before")


def _add_attribute(target: _Target, kind: str, operation: etree._Element) -> None:
    if target.attribute or target.text or not isinstance(target.node.tag, str):
        raise PatchError("invalid-node-types", "an attribute is added to an element", operation)
    if len(operation):
        raise PatchError("invalid-attribute-value", "the value is not text alone", operation)
    if kind.startswith("namespace::"):
        raise NotUnderstoodError("a declaration of a namespace")
    prefix, colon, local = kind.removeprefix("@").rpartition(":")
    uri = _XML if prefix == "xml" else operation.nsmap.get(prefix) if colon else None
    if colon and uri is None:
        raise PatchError("invalid-namespace-prefix", f"{prefix} is not declared", operation)
    target.node.set(f"{{{uri}}}{local}" if uri else local, operation.text or "")


def _insert_inside(
    parent: etree._Element, text: str, nodes: list[etree._Element], *, first: bool
) -> None:
    if first:
        if nodes:
            nodes[-1].tail = (nodes[-1].tail or "") + (parent.text or "")
            parent.text = text
        else:
            parent.text = text + (parent.text or "")
        parent[:0] = nodes
        return
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text or None
    parent.extend(nodes)


def _insert_beside(
    node: etree._Element, text: str, nodes: list[etree._Element], *, before: bool
) -> None:
    parent = node.getparent()
    assert parent is not None
    place = parent.index(node)
    if not before:
        rest, node.tail = node.tail or "", text
        last = nodes[-1] if nodes else node
        last.tail = (last.tail or "") + rest
        parent[place + 1 : place + 1] = nodes
        return
    if place:
        parent[place - 1].tail = (parent[place - 1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent[place:place] = nodes


def _insert_at_text(
    target: _Target, text: str, nodes: list[etree._Element], *, before: bool
) -> None:
    """Beside a text node: what is added joins it (§4.3.5)."""
    node = target.node
    old = getattr(node, target.text) or ""
    first = text if before else old + text
    rest = old if before else ""
    if nodes:
        nodes[-1].tail = (nodes[-1].tail or "") + rest
    else:
        first += rest
    setattr(node, target.text, first)
    parent = node if target.text == "text" else node.getparent()
    assert parent is not None
    place = 0 if target.text == "text" else parent.index(node) + 1
    parent[place:place] = nodes


def _replace(holder: etree._Element, operation: etree._Element) -> None:
    target = _target(holder, operation)
    nodes = list(operation)
    if target.attribute or target.text:
        if nodes:
            raise PatchError("invalid-node-types", "an element for a text", operation)
        if target.attribute:
            target.node.set(target.attribute, operation.text or "")
        else:
            setattr(target.node, target.text, operation.text)
        return
    texts = (operation.text, *(each.tail for each in nodes))
    if len(nodes) != 1 or any(text and text.strip(_SPACE) for text in texts):
        raise PatchError("invalid-node-types", "not one node for one node", operation)
    if isinstance(nodes[0].tag, str) != isinstance(target.node.tag, str):
        raise PatchError("invalid-node-types", "a node of another type", operation)
    new = deepcopy(nodes[0])
    new.tail = target.node.tail
    parent = target.node.getparent()
    assert parent is not None
    parent[parent.index(target.node)] = new


def _remove(holder: etree._Element, operation: etree._Element) -> None:
    target = _target(holder, operation)
    ws = operation.get("ws")
    if target.attribute or target.text:
        if ws is not None:
            raise PatchError("invalid-patch-directive", "ws beside a text", operation)
        if target.attribute:
            del target.node.attrib[target.attribute]
        else:
            setattr(target.node, target.text, None)
        return
    parent = target.node.getparent()
    if parent is None or (parent is holder and isinstance(target.node.tag, str)):
        raise PatchError("invalid-root-element-operation", "the root is removed", operation)
    place = parent.index(target.node)
    before = (parent[place - 1].tail if place else parent.text) or ""
    after = target.node.tail or ""
    if ws in ("before", "both"):
        before = _without_space(before, operation)
    if ws in ("after", "both"):
        after = _without_space(after, operation)
    parent.remove(target.node)
    if place:
        parent[place - 1].tail = before + after or None
    else:
        parent.text = before + after or None


def _without_space(text: str, operation: etree._Element) -> str:
    if not text or text.strip(_SPACE):
        raise PatchError("invalid-whitespace-directive", "no white space there", operation)
    return ""


_OPERATIONS = {"add": _add, "replace": _replace, "remove": _remove}
