"""Presence content, as the icon of a person (OMA Presence Content XDM)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.body import tree
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.multipart_checks import is_base64
from harness.checks.registry import INFO, SHOULD, bodies, check
from harness.checks.xml_documents import XmlDocument, at_element
from harness.model import Mismatch

_NAMESPACE = "urn:oma:xml:prs:pres-content"
_CLAUSE = "OMA Presence Content XDM §schema of pres-content"
_CONTENT = bodies(documents.PRES_CONTENT)


@check("XML-CONTENT-1", clause=_CLAUSE, level=SHOULD, on=_CONTENT)
def data_is_in_its_encoding(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """The data of a content document is in the encoding that it names."""
    encoding = (tree.child_text(body.root, _NAMESPACE, "encoding") or "base64").lower()
    data = tree.child(body.root, _NAMESPACE, "data")
    text = tree.text(data) or ""
    if data is not None and encoding == "base64" and not is_base64(text.encode()):
        yield at_element(context, data, "base64", text[:60])


@check("XML-CONTENT-2", clause=_CLAUSE, level=INFO, on=_CONTENT)
def content_type_is_a_media_type(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """The mime-type of a content document is type/subtype."""
    element = tree.child(body.root, _NAMESPACE, "mime-type")
    text = tree.text(element) or ""
    main, slash, sub = text.partition("/")
    if element is not None and not (main and slash and sub):
        yield at_element(context, element, "as in image/jpeg", text or "nothing")
