"""The two validators of `schemas/`: libxml2 (lxml) and xmlschema, each with every schema in it."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from lxml import etree

from harness.body.catalog import catalog

if TYPE_CHECKING:
    import xmlschema

_XS = "http://www.w3.org/2001/XMLSchema"
_XML_NAMESPACE = "{http://www.w3.org/XML/1998/namespace}"
_IDLE: deque[etree.XMLSchema] = deque()
"""Compiled validators not in use. A validator keeps the errors of its last run, so two threads
must not share one; `deque.pop` and `append` are atomic."""


def libxml2_errors(root: etree._Element) -> list[etree._LogEntry]:
    """What libxml2 says against a document, but for what is no matter of schemas."""
    validator = _IDLE.pop() if _IDLE else _compile()
    try:
        if validator.validate(root):
            return []
        log = cast("Iterable[etree._LogEntry]", validator.error_log)  # the stubs forget it
        return [error for error in log if not is_no_matter_of_schemas(error.message)]
    finally:
        _IDLE.append(validator)


def errors_of_wide(root: etree._Element) -> list[etree._LogEntry]:
    """What libxml2 says as it reads the document: without places, and IDs are not compared."""
    validator = _IDLE.pop() if _IDLE else _compile()
    parser = etree.XMLParser(no_network=True, resolve_entities=False, schema=validator)
    try:
        etree.fromstring(etree.tostring(root), parser)
    except etree.XMLSyntaxError:
        log = cast("Iterable[etree._LogEntry]", parser.error_log)  # the stubs forget it
        return [error for error in log if not is_no_matter_of_schemas(error.message)]
    finally:
        _IDLE.append(validator)
    return []


@functools.cache
def diagnosis() -> xmlschema.XMLSchema10:
    """All schemas as xmlschema has them, built when first asked for: that takes a second or two."""
    # Imported where it is needed: a run without a broken body never pays for it.
    import xmlschema

    return xmlschema.XMLSchema10(_wrapper(), allow="local")


def is_no_matter_of_schemas(reason: str) -> bool:
    """Whether an error is about a URI, or about xml:lang and its like.

    XML 1.0 §2.10 and §2.12 let these be attached to any element, and RFC 3863 §4.1.6 counts on an
    xml:lang around a note, which its schema forgets.
    """
    is_xml = _XML_NAMESPACE in reason and "not allowed" in reason
    return is_xml or "'xs:anyURI'" in reason


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
