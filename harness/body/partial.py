"""Partial presence: whole documents and changes to them (RFC 5262)."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from harness.body import tree
from harness.body.namespaces import PIDF, PIDF_DIFF
from harness.body.patch import NotUnderstoodError, PatchError, apply_changes
from harness.body.schema import BodyError, parse_xml

MEDIA_TYPE = "application/pidf-diff+xml"
FULL, DIFF = (tree.qname(PIDF_DIFF, name) for name in ("pidf-full", "pidf-diff"))
OPERATIONS = tuple(tree.qname(PIDF_DIFF, name) for name in ("add", "replace", "remove"))


def as_presence(full: etree._Element) -> etree._Element:
    """The presence document that a pidf-full is, which selectors are about (RFC 5262 §3)."""
    names = full.nsmap
    # lxml takes None for the default namespace, its stubs do not
    root = etree.Element(tree.qname(PIDF, "presence"), nsmap=names)  # type: ignore[arg-type]
    entity = full.get("entity")
    if entity is not None:
        root.set("entity", entity)
    root.text = full.text
    root.extend(deepcopy(each) for each in full)
    return root


def changed(base: bytes, changes: bytes) -> etree._Element:
    """The document `base` with the changes of a pidf-diff made.

    Raises `BodyError` where either is no XML, `PatchError` or `NotUnderstoodError` as
    `apply_changes` does.
    """
    # With comments, which selectors count and which part the text around them.
    root = parse_xml(changes, keep_comments=True)
    document = parse_xml(base, keep_comments=True)
    return apply_changes(document, root.iterchildren(*OPERATIONS))


def state_after(body: bytes, base: bytes | None) -> bytes:
    """The presence document that a partial publication leaves; b"" where it cannot be told."""
    try:
        root = parse_xml(body, keep_comments=True)
        if root.tag == FULL:
            return bytes(etree.tostring(as_presence(root)))
        if root.tag == DIFF and base:
            return bytes(etree.tostring(changed(base, body)))
    except (BodyError, PatchError, NotUnderstoodError):
        pass
    return b""
