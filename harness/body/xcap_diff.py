"""XCAP diff documents (RFC 5874): what changed among the documents of an XCAP server."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree

from harness.body import tree
from harness.body.namespaces import XCAP_DIFF

MEDIA_TYPE = "application/xcap-diff+xml"


@dataclass(frozen=True, slots=True)
class ChangedDocument:
    """A document by its selector, with the entity-tags that it has and had (without quotes).

    Created without `previous_etag`, removed without `new_etag` (RFC 5874 §3).
    """

    selector: str
    new_etag: str | None = None
    previous_etag: str | None = None


@dataclass(frozen=True, slots=True)
class ShownElement:
    """An element by its selector; `element` None says that there is none."""

    selector: str
    element: etree._Element | None


def make_xcap_diff(root_uri: str, changes: Iterable[ChangedDocument | ShownElement]) -> bytes:
    """A document; raises `BodyError` for values that the schema refuses."""
    root = tree.make_root(XCAP_DIFF, "xcap-diff")
    root.set("xcap-root", root_uri)
    for change in changes:
        match change:
            case ChangedDocument():
                element = tree.add(root, XCAP_DIFF, "document", sel=change.selector)
                tags = {"new-etag": change.new_etag, "previous-etag": change.previous_etag}
                for name, value in tags.items():
                    if value is not None:
                        element.set(name, value)
            case ShownElement():
                element = tree.add(root, XCAP_DIFF, "element", sel=change.selector)
                if change.element is None:
                    element.set("exists", "false")
                else:
                    shown = deepcopy(change.element)
                    shown.tail = None
                    element.append(shown)
    return tree.write_document(root)
