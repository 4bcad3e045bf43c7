"""What holds for every XML body: its form, its encoding, its root, what we know of it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from harness.body.schema import BodyError, parse_xml, unknown_namespaces
from harness.body.wellformed import BoundsError, DoctypeError, EncodingError
from harness.checks.context import Context
from harness.checks.http_places import asks_for_a_challenge
from harness.checks.registry import (
    INFO,
    MUST,
    SHOULD,
    bodies,
    check,
    http_requests,
    unreadable_bodies,
)
from harness.checks.xml_documents import (
    AUTH_POLICY,
    DOCUMENTS,
    FRAGMENT,
    PIDF,
    REGINFO,
    RESOURCE_LISTS,
    RLS_SERVICES,
    WATCHERINFO,
    XCAP_DIFF,
    Fragment,
    WrongRootError,
    at_body,
    at_element,
    read_fragment,
    root_of,
    target_of,
    without_declaration,
)
from harness.model import Mismatch
from harness.xcap.http import HttpRequest

_ALL = (*DOCUMENTS, FRAGMENT)
_DECLARATION: Final = re.compile(
    rb"""<\?xml\s(?:[^>]{0,200}?encoding\s*=\s*["'](?P<encoding>[^"'>]{1,40})["'])?[^>]{0,200}?\?>"""
)


@check("XML-FORM-1", clause="XML 1.0 §2.1", level=MUST, on=unreadable_bodies(*DOCUMENTS))
def body_is_well_formed(error: Exception, context: Context) -> Iterator[Mismatch]:
    """An XML body is a well-formed document."""
    other = (WrongRootError, DoctypeError, BoundsError, EncodingError)
    if isinstance(error, BodyError) and not isinstance(error, other):
        yield at_body(context, "a well-formed XML document", error.reason, error.offset)


@check("XML-FORM-2", clause="RFC 4825 §7.4", level=MUST, on=bodies(FRAGMENT))
def fragment_is_one_element(fragment: Fragment, context: Context) -> Iterator[Mismatch]:
    """The body of an XCAP element is one well-formed XML element."""
    found = read_fragment(fragment, context)
    if isinstance(found, BodyError) and not isinstance(found, BoundsError):
        yield at_body(context, "one well-formed element", found.reason, None)


@check("XML-FORM-3", clause="RFC 4825 §7.4", level=MUST, on=bodies(FRAGMENT))
def fragment_has_no_declaration(fragment: Fragment, context: Context) -> Iterator[Mismatch]:
    """An element that is put has no XML declaration before it, which only a document can have.

    "The content in the request MUST be an XML element. Specifically, it contains the element,
    starting with the opening bracket for the begin tag".
    """
    is_put = isinstance(context.entry.message, HttpRequest)
    if is_put and without_declaration(fragment.data) != fragment.data:
        yield at_body(context, "the element alone", "an XML declaration before it")


@check("XML-FORM-4", clause="RFC 4825 §8.2.2", level=MUST, on=http_requests("PUT"))
def put_has_content(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A PUT of an XCAP document or element carries it."""
    target = target_of(context)
    if target is None or request.body.strip() or request.malformed:
        return
    if asks_for_a_challenge(request):
        return
    if target.kind in ("document", "element"):
        what = f"an XML {target.kind}"
        yield Mismatch(what, "an empty body", "body", len(request.raw))


@check("XML-BOUNDS-1", clause="RFC 3470 §7", level=INFO, on=unreadable_bodies(*DOCUMENTS))
def body_is_within_bounds(error: Exception, context: Context) -> Iterator[Mismatch]:
    """An XML body is not too large, too deep or in too rare an encoding to be judged."""
    if isinstance(error, BoundsError):
        hint = "the harness did not look further: nothing else is known of this body"
        place = at_body(
            context, "a body that can be read within bounds", error.reason, error.offset
        )
        yield replace(place, hint=hint)


@check("XML-DOCTYPE-1", clause="RFC 3470 §4.13", level=INFO, on=unreadable_bodies(*DOCUMENTS))
def body_has_no_doctype(error: Exception, context: Context) -> Iterator[Mismatch]:
    """An XML body has no document type declaration: none of these formats defines one."""
    if isinstance(error, DoctypeError):
        yield at_body(context, "no document type declaration", "<!DOCTYPE", error.offset)


@check("XML-ENCODING-1", clause="XML 1.0 §4.3.3", level=MUST, on=unreadable_bodies(*DOCUMENTS))
def body_is_in_its_encoding(error: Exception, context: Context) -> Iterator[Mismatch]:
    """The octets of an XML body are in the encoding that its Content-Type or declaration names."""
    if isinstance(error, EncodingError) and not _reads_by_charset(context):
        yield at_body(
            context, "octets of the encoding named, UTF-8 if none", error.reason, error.offset
        )


def _reads_by_charset(context: Context) -> bool:
    """Whether the charset parameter, which takes precedence, explains the octets."""
    charset, data = charset_of(context), _data(context)
    if charset is None:
        return False
    try:
        text = data.decode(charset)
        parse_xml(_DECLARATION.sub(b"", text.lstrip("\ufeff").encode(), count=1))
    except (ValueError, LookupError):
        return False
    return True


def charset_of(context: Context) -> str | None:
    """The charset parameter of the body's Content-Type, as Python names the codec."""
    value = context.body.content_type if context.body is not None else ""
    match = re.search(r";\s*charset\s*=\s*\"?([^\s\";]{1,40})", value, re.IGNORECASE)
    return None if match is None else _codec(match[1])


def _codec(name: str) -> str | None:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def declared_encoding(data: bytes) -> str | None:
    """The encoding that the XML declaration names; None where it names none."""
    match = _DECLARATION.match(data.removeprefix(codecs.BOM_UTF8))
    return match["encoding"].decode("ascii", "replace") if match and match["encoding"] else None


def has_declaration(data: bytes) -> bool:
    """Whether the document begins with an XML declaration."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(name, "replace").lstrip("\ufeff").startswith("<?xml")
    return _DECLARATION.match(data.removeprefix(codecs.BOM_UTF8)) is not None


@check("XML-CHARSET-1", clause="RFC 7303 §8.8", level=SHOULD, on=bodies(*DOCUMENTS))
def charset_agrees_with_declaration(body: object, context: Context) -> Iterator[Mismatch]:
    """The charset parameter of Content-Type and the encoding declaration do not conflict."""
    charset, declared = charset_of(context), declared_encoding(_data(context))
    if charset is None or declared is None or _codec(declared) == charset:
        return
    if _data(context).isascii() and {charset, _codec(declared)} <= {"utf-8", "ascii"}:
        return
    yield at_body(context, f"encoding {charset}, as the charset parameter says", declared)


@check("XML-CHARSET-2", clause="RFC 3863 §4.1", level=SHOULD, on=bodies(PIDF))
def presence_document_is_in_its_charset(body: object, context: Context) -> Iterator[Mismatch]:
    """The octets of a presence document are in the charset of Content-Type, if it has one."""
    charset = charset_of(context)
    if charset is None:
        return
    try:
        _data(context).decode(charset)
    except (UnicodeDecodeError, LookupError) as error:
        yield at_body(context, f"octets in {charset}", str(error)[:120])


def _data(context: Context) -> bytes:
    return context.body.data if context.body is not None else b""


_LIKE_UTF_8 = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


def is_not_utf_8(context: Context) -> Iterator[Mismatch]:
    """Where a body leaves UTF-8, if it does."""
    data = _data(context)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        found = declared_encoding(data) or repr(data[error.start : error.start + 8])
        yield at_body(context, "UTF-8", found, error.start)
        return
    # What is ASCII alone reads the same, but it is not in the encoding that it names.
    named = declared_encoding(data) or ""
    if named.lower().replace("_", "-") not in _LIKE_UTF_8:
        yield at_body(context, "UTF-8", named, 0)


@check(
    "XML-UTF8-1",
    clause="RFC 4826 §3.1",
    level=MUST,
    on=bodies(RESOURCE_LISTS, RLS_SERVICES) + unreadable_bodies(RESOURCE_LISTS, RLS_SERVICES),
)
def list_document_is_utf_8(body: object, context: Context) -> Iterator[Mismatch]:
    """A resource-lists or rls-services document is encoded in UTF-8."""
    yield from is_not_utf_8(context)


@check(
    "XML-UTF8-2",
    clause="RFC 3858 §3",
    level=MUST,
    on=bodies(WATCHERINFO) + unreadable_bodies(WATCHERINFO),
)
def watcher_information_is_utf_8(body: object, context: Context) -> Iterator[Mismatch]:
    """A watcher information document is encoded in UTF-8."""
    yield from is_not_utf_8(context)


@check(
    "XML-UTF8-3",
    clause="RFC 4825 §5.3",
    level=MUST,
    on=bodies(AUTH_POLICY, PIDF, FRAGMENT) + unreadable_bodies(AUTH_POLICY, PIDF),
)
def xcap_content_is_utf_8(body: object, context: Context) -> Iterator[Mismatch]:
    """What an XCAP client puts is encoded in UTF-8.

    "... all documents used with XCAP MUST be encoded using UTF-8. This cannot be changed by an
    application usage."
    """
    message = context.entry.message
    if isinstance(message, HttpRequest) and message.method == "PUT":
        yield from is_not_utf_8(context)


@check(
    "XML-UTF8-4",
    clause="RFC 3680 §5.1",
    level=MUST,
    on=bodies(REGINFO) + unreadable_bodies(REGINFO),
)
def registration_information_is_utf_8(body: object, context: Context) -> Iterator[Mismatch]:
    """A registration information document is encoded in UTF-8."""
    yield from is_not_utf_8(context)


@check(
    "XML-UTF8-5",
    clause="RFC 5874 §3",
    level=MUST,
    on=bodies(XCAP_DIFF) + unreadable_bodies(XCAP_DIFF),
)
def xcap_changes_are_utf_8(body: object, context: Context) -> Iterator[Mismatch]:
    """An XCAP diff document is encoded in UTF-8."""
    yield from is_not_utf_8(context)


@check("XML-UNKNOWN-1", clause="RFC 3863 §4.2.3", level=INFO, on=bodies(*_ALL))
def namespaces_are_known(body: object, context: Context) -> Iterator[Mismatch]:
    """Every namespace in a body is one that the harness has a schema for."""
    root = root_of(body, context)
    names = unknown_namespaces(root) if root is not None else ()
    if root is not None and names:
        hint = "elements of these namespaces are not judged"
        yield at_element(context, root, "known namespaces", ", ".join(names), hint=hint)
