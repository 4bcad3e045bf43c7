"""Partial presence documents from whole ones: what a notifier writes (RFC 5262, RFC 5263 §4.4)."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from harness.body import tree
from harness.body.namespaces import DATA_MODEL, PIDF, PIDF_DIFF
from harness.body.schema import QName, parse_xml

_PREFIX = {PIDF: "", DATA_MODEL: "dm:"}
_FIRST_PLACE = tree.qname(PIDF, "tuple")
"""Tuples come before all else in a document (RFC 3863 §4.4), so a new one goes to the front."""

Key = tuple[str, str]


def make_full(presence: bytes, version: int) -> bytes:
    """A pidf-full of the whole state; raises `BodyError` where `presence` is no PIDF."""
    source = parse_xml(presence)
    root = _root(source, "pidf-full", version)
    root.text = source.text
    root.extend(deepcopy(child) for child in source)
    return tree.write_document(root, keeps_prefixes=True)


def make_changes(before: bytes, after: bytes, version: int) -> bytes | None:
    """A pidf-diff that makes `after` of `before`; None where only the whole state can say it.

    What has an id is added, replaced or removed as a whole; all else has to be the same.
    """
    old, new = parse_xml(before), parse_xml(after)
    old_parts, new_parts = _parts(old), _parts(new)
    if old_parts is None or new_parts is None or _rest(old) != _rest(new):
        return None
    root = _root(new, "pidf-diff", version)
    for key in [each for each in old_parts if each not in new_parts]:
        tree.add(root, PIDF_DIFF, "remove", sel=_selector(key))
    for key, part in new_parts.items():
        if key not in old_parts:
            first = {"pos": "prepend"} if part.tag == _FIRST_PLACE else {}
            change = tree.add(root, PIDF_DIFF, "add", sel="*", **first)
        elif _canonical(old_parts[key]) != _canonical(part):
            change = tree.add(root, PIDF_DIFF, "replace", sel=_selector(key))
        else:
            continue
        change.append(deepcopy(part))
    return tree.write_document(root, keeps_prefixes=True)


def _root(source: etree._Element, name: str, version: int) -> etree._Element:
    """The root of a partial document; selectors are read with the prefixes declared in it."""
    names: dict[str | None, str] = {None: PIDF, "p": PIDF_DIFF, "dm": DATA_MODEL}
    # lxml takes None for the default namespace, its stubs do not
    root = etree.Element(tree.qname(PIDF_DIFF, name), nsmap=names)  # type: ignore[arg-type]
    root.set("entity", source.get("entity", ""))
    root.set("version", str(version))
    return root


def _parts(root: etree._Element) -> dict[Key, etree._Element] | None:
    """The children with an id; None where two share it or a selector could not name one."""
    found: dict[Key, etree._Element] = {}
    for child in tree.elements(root):
        name = child.get("id")
        if name is None:
            continue
        namespace = QName.parse(child.tag).namespace
        key = (str(child.tag), name)
        if namespace not in _PREFIX or "'" in name or key in found:
            return None
        found[key] = child
    return found


def _rest(root: etree._Element) -> tuple[object, ...]:
    """What has no id, in order, with the attributes of the root."""
    others = tuple(_canonical(child) for child in tree.elements(root) if child.get("id") is None)
    return (tuple(sorted(root.attrib.items())), *others)


def _canonical(element: etree._Element) -> bytes:
    alone = deepcopy(element)
    alone.tail = None
    canonical: bytes = etree.tostring(alone, method="c14n", exclusive=True)
    return canonical


def _selector(key: Key) -> str:
    tag, name = key
    found = QName.parse(tag)
    return f"*/{_PREFIX[found.namespace or '']}{found.local}[@id='{name}']"
