"""The trees of XML bodies, read once for all who look at a body."""

from __future__ import annotations

from functools import lru_cache

from lxml import etree

from harness.body.wellformed import BodyError, parse_xml

# The bodies of one message and what they are compared with; a body takes some 20 KB as a tree.
_REMEMBERED = 64


def read_tree(data: bytes) -> etree._Element:
    """The root of a document, shared: nobody changes it. Raises `BodyError` as `parse_xml` does."""
    found = _attempt(data)
    if isinstance(found, BodyError):
        raise found.with_traceback(None)
    return found


@lru_cache(_REMEMBERED)
def _attempt(data: bytes) -> etree._Element | BodyError:
    try:
        return parse_xml(data)
    except BodyError as error:
        return error
