"""Lists of resources in the SUBSCRIBE itself (RFC 5367): how phones ask for their contacts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from harness.body import tree
from harness.body.namespaces import RESOURCE_LISTS
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.places import accepts, has_token, mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, bodies, check, requests
from harness.checks.xml_documents import at_element, elements, root_of
from harness.model import Mismatch
from harness.sip.message import Request

_SUBSCRIBE = requests("SUBSCRIBE")
_OPTION = "recipient-list-subscribe"
_DISPOSITION = "recipient-list"
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})
_PART = re.compile(rb"^content-disposition[ \t]*:[ \t]*recipient-list\b", re.I | re.M)
_LIST, _REF = (tree.qname(RESOURCE_LISTS, name) for name in ("list", "entry-ref"))


def _media_type(request: Request) -> str:
    value = request.headers.get("Content-Type") or ""
    return "".join(value.partition(";")[0].split()).lower()


def _disposition(request: Request) -> str:
    value = request.headers.get("Content-Disposition") or ""
    return value.partition(";")[0].strip().lower()


def _has_list(request: Request) -> bool:
    """Whether a body, or a part of it, is for the server to take as a list (RFC 5363 §4.1)."""
    if _media_type(request).startswith("multipart/"):
        return _PART.search(request.body) is not None
    return bool(request.body) and _disposition(request) == _DISPOSITION


def _is_new(request: Request) -> bool:
    return tag_of(request.to) is None


# RFC 5367 §3: "the UAC MUST include the 'recipient-list-subscribe' option-tag [...] in a Require
# header field".
@check("SUB-LIST-1", clause="RFC 5367 §3", level=MUST, on=_SUBSCRIBE)
def list_in_subscribe_is_required(request: Request, context: Context) -> Iterator[Mismatch]:
    """A SUBSCRIBE with a recipient-list has recipient-list-subscribe in Require."""
    if _is_new(request) and _has_list(request) and not has_token(request.require, _OPTION):
        yield mismatch(request, "Require", f"a list with {_OPTION}")


# RFC 5367 §3: "at least one body, whose disposition is type "recipient-list"".
@check("SUB-LIST-2", clause="RFC 5367 §3", level=MUST, on=_SUBSCRIBE)
def required_list_is_in_subscribe(request: Request, context: Context) -> Iterator[Mismatch]:
    """A SUBSCRIBE that requires recipient-list-subscribe has a body of that disposition.

    In a body that is encrypted or compressed it cannot be seen.
    """
    if not _is_new(request) or not has_token(request.require, _OPTION) or _has_list(request):
        return
    if _media_type(request) in _SEALED or request.headers.rows("Content-Encoding"):
        return
    expected = f"a body with Content-Disposition: {_DISPOSITION}"
    yield mismatch(request, "Content-Disposition", expected)


# RFC 5367 §3: "The UAC MUST support the "rlmi+xml" format defined in [RFC4662] and signal this by
# including "rlmi+xml" in the Accept header."
@check("SUB-LIST-3", clause="RFC 5367 §3", level=MUST, on=_SUBSCRIBE)
def list_in_subscribe_asks_for_rlmi(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Accept of a SUBSCRIBE with a recipient-list lists application/rlmi+xml."""
    if not _is_new(request) or not _has_list(request):
        return
    if not accepts(request, "application/rlmi+xml"):
        yield mismatch(request, "Accept", "application/rlmi+xml")


@check("SUB-LIST-4", clause="RFC 5367 §3.2", level=SHOULD, on=_SUBSCRIBE)
def later_subscribe_has_no_list(request: Request, context: Context) -> Iterator[Mismatch]:
    """A SUBSCRIBE in the dialog has no list of resources: nothing says what it would mean."""
    is_list = _media_type(request) == documents.RESOURCE_LISTS
    if not _is_new(request) and request.body and (is_list or _has_list(request)):
        yield mismatch(request, "Content-Type", "no list in a subsequent SUBSCRIBE")


# RFC 5367 §4: "UAs SHOULD use flat lists (i.e., no hierarchical lists) and SHOULD NOT use
# <entry-ref> elements".
@check("SUB-LIST-5", clause="RFC 5367 §4", level=SHOULD, on=bodies(documents.RESOURCE_LISTS))
def list_in_subscribe_is_flat(body: object, context: Context) -> Iterator[Mismatch]:
    """The list in a SUBSCRIBE has neither lists in it nor references to entries."""
    request = context.entry.message
    if not isinstance(request, Request) or request.method != "SUBSCRIBE":
        return
    root = root_of(body, context)
    for element in elements(root, _LIST, _REF) if root is not None else ():
        if element.tag == _REF or _is_nested(element):
            name = etree.QName(element).localname
            yield at_element(context, element, "a flat list of entries", f"<{name}>")


def _is_nested(element: etree._Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == _LIST
