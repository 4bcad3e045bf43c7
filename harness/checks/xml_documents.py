"""XML bodies for the checks: read once, whole documents and XCAP fragments alike, with places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice

from lxml import etree

from harness.body.catalog import QName, catalog
from harness.body.pidf import parse_pidf
from harness.body.reginfo import parse_reginfo
from harness.body.resource_lists import parse_resource_lists
from harness.body.rlmi import parse_rlmi
from harness.body.rls_services import parse_rls_services
from harness.body.ruleset import parse_ruleset
from harness.body.schema import (
    BodyError,
    SchemaError,
    line_of,
    parse_fragment,
    path_of,
    validate,
    validate_fragment,
)
from harness.body.watcherinfo import parse_watcherinfo
from harness.checks.context import Context
from harness.checks.registry import reads
from harness.checks.xcap_target import XcapTarget, xcap_target
from harness.checks.xml_trees import read_tree
from harness.model import Mismatch
from harness.xcap.http import HttpRequest
from harness.xcap.selector import Step
from harness.xcap.spans import ElementSpan, XmlError, parse_document
from harness.xcap.spans import parse_fragment as spans_of_fragment

FRAGMENT = "application/xcap-el+xml"
PIDF = "application/pidf+xml"
PIDF_DIFF = "application/pidf-diff+xml"
WATCHERINFO = "application/watcherinfo+xml"
RLMI = "application/rlmi+xml"
REGINFO = "application/reginfo+xml"
RESOURCE_LISTS = "application/resource-lists+xml"
RLS_SERVICES = "application/rls-services+xml"
AUTH_POLICY = "application/auth-policy+xml"
XCAP_DIFF = "application/xcap-diff+xml"
PRES_CONTENT = "application/vnd.oma.pres-content+xml"

DOCUMENTS: tuple[str, ...] = tuple(media for entry in catalog() for media in entry.media)
"""The media types of the XML documents that there are schemas for."""

_REMEMBERED = 64
_SHOWN = 160
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]{0,200}\?>")


class WrongRootError(BodyError):
    """A well-formed document whose root is not that of its media type."""


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A document of a type that the checks look at by its schema alone."""

    root: etree._Element


@dataclass(frozen=True, slots=True)
class Fragment:
    """The body of an `application/xcap-el+xml`: what it means depends on where it is put."""

    data: bytes


_PARSERS: Mapping[str, Callable[[etree._Element], object]] = {
    PIDF: parse_pidf,
    WATCHERINFO: parse_watcherinfo,
    RLMI: parse_rlmi,
    REGINFO: parse_reginfo,
    RESOURCE_LISTS: parse_resource_lists,
    RLS_SERVICES: parse_rls_services,
    AUTH_POLICY: parse_ruleset,
}


@lru_cache(_REMEMBERED)
def _attempt(media_type: str, data: bytes) -> object:
    wanted = catalog().roots_for_media(media_type)
    try:
        root = read_tree(data)
        if wanted and QName.parse(root.tag) not in wanted:
            return WrongRootError(f"the root is {root.tag}", line_of(root))
        return _PARSERS.get(media_type, XmlDocument)(root)
    except BodyError as error:
        return error


def read_document(media_type: str, data: bytes) -> object:
    """What the parser of `media_type` makes of a body, remembered; raises `BodyError`."""
    found = _attempt(media_type, data)
    if isinstance(found, BodyError):
        raise found.with_traceback(None)
    return found


for _media_type in DOCUMENTS:
    reads(_media_type, partial(read_document, _media_type))
reads(FRAGMENT, Fragment)


@dataclass(frozen=True, slots=True)
class Where:
    """Where a fragment belongs: usage, steps from the document's root, bindings of prefixes.

    `is_known` says that the document was seen as it is, so that the bindings are all that there
    are.
    """

    auid: str
    path: tuple[str, ...]
    bindings: tuple[tuple[str, str], ...]
    is_known: bool


def where_of(context: Context) -> Where | None:
    """The place of the fragment that a PUT or the answer to a GET carries."""
    return context.once(_where_of)


def _where_of(context: Context) -> Where | None:
    target = target_of(context)
    uri = target.uri if target is not None else None
    if target is None or uri is None or uri.node is None or uri.node.kind != "element":
        return None
    declared, is_known = _declarations(target, context)
    bindings = {**declared, **dict(uri.namespaces)}
    path = tuple(_step(step) for step in uri.node.steps)
    return Where(uri.auid, path, tuple(sorted(bindings.items())), is_known)


def target_of(context: Context) -> XcapTarget | None:
    """The XCAP URI of the HTTP request that the message is, or answers."""
    return context.once(_target_of)


def _target_of(context: Context) -> XcapTarget | None:
    message = context.entry.message
    request = message if isinstance(message, HttpRequest) else context.request
    return xcap_target(request) if isinstance(request, HttpRequest) else None


def _step(step: Step) -> str:
    name = step.name
    if name is None:
        return "*"
    return f"{{{name.namespace}}}{name.local}" if name.namespace else name.local


def _declarations(target: XcapTarget, context: Context) -> tuple[dict[str, str], bool]:
    """The prefixes that the stored document declares, at its root or deeper; are these all?"""
    stored = context.session.http.document_of(target)
    if stored is None or stored.content is None:
        return {}, False
    try:
        root = read_tree(stored.content)
    except BodyError:
        return {}, False
    found: dict[str, str] = {}
    for _, prefix, name in declarations(root):
        if prefix:
            found.setdefault(prefix, name)
    # What was put into it since may have declarations of its own.
    return found, not stored.edited


@lru_cache(_REMEMBERED)
def _attempt_fragment(data: bytes, where: Where) -> etree._Element | BodyError:
    entry = catalog().entry_for_auid(where.auid)
    default = None if entry is None else entry.namespace
    try:
        return parse_fragment(data, default, dict(where.bindings))
    except BodyError as error:
        return error


def read_fragment(fragment: Fragment, context: Context) -> etree._Element | BodyError | None:
    """The element, why it is none, or None where that cannot be told.

    A prefix may be declared by a document that was not seen (RFC 4825 §7.6): no fault then.
    """
    where = where_of(context)
    if where is None:
        return None
    found = _attempt_fragment(without_declaration(fragment.data), where)
    if isinstance(found, BodyError) and not where.is_known and "prefix" in found.reason:
        return None
    return found


def without_declaration(data: bytes) -> bytes:
    """A fragment without the XML declaration that some clients put before it."""
    match = _DECLARATION.match(data)
    return data if match is None else data[match.end() :]


def root_of(body: object, context: Context, auid: str = "") -> etree._Element | None:
    """The root of a document, or the element of a fragment (of usage `auid`, if given)."""
    if not isinstance(body, Fragment):
        root = getattr(body, "root", None)
        return root if isinstance(root, etree._Element) else None
    where = where_of(context)
    if where is None or (auid and where.auid != auid):
        return None
    found = read_fragment(body, context)
    return found if isinstance(found, etree._Element) else None


@lru_cache(_REMEMBERED)
def _errors_of_document(media_type: str, data: bytes) -> tuple[SchemaError, ...]:
    root = getattr(_attempt(media_type, data), "root", None)
    return validate(root) if isinstance(root, etree._Element) else ()


@lru_cache(_REMEMBERED)
def _errors_of_fragment(data: bytes, where: Where) -> tuple[SchemaError, ...]:
    try:
        found = validate_fragment(data, where.auid, where.path, dict(where.bindings))
    except BodyError:
        return ()
    # That the selector selects the element is judged with the request, not with the body.
    return tuple(error for error in found if not error.reason.startswith("the selector names"))


def schema_errors(body: object, context: Context) -> tuple[SchemaError, ...]:
    """What the schemas say of a body, remembered."""
    if context.body is None:
        return ()
    if not isinstance(body, Fragment):
        return _errors_of_document(context.body.media_type, context.body.data)
    where = where_of(context)
    if where is None or not isinstance(read_fragment(body, context), etree._Element):
        return ()
    return _errors_of_fragment(without_declaration(body.data), where)


def elements(root: etree._Element, *tags: str) -> Iterator[etree._Element]:
    """The element and those in it of these names (Clark notation), in document order."""
    if not tags:
        return root.iter(etree.Element)
    # Most checks look for what most documents do not have.
    if root.getparent() is None and _names_in(root).isdisjoint(tags):
        return iter(())
    return root.iter(*tags)


@lru_cache(_REMEMBERED)
def _names_in(root: etree._Element) -> frozenset[str]:
    """The names of all elements of a document, which no check changes, and "{namespace}*"."""
    names = {str(each.tag) for each in root.iter(etree.Element)}
    return frozenset(names | {f"{name.rpartition('}')[0]}}}*" for name in names if name[0] == "{"})


def declarations(root: etree._Element) -> Iterator[tuple[etree._Element, str, str]]:
    """Each declaration of a namespace: the element it stands in, its prefix ("" for none), name.

    In a time that grows with the document alone: `nsmap` would go through all that is in scope.
    """
    waiting: list[tuple[str, str]] = []
    for event, found in etree.iterwalk(root, events=("start", "start-ns")):
        if event == "start-ns":
            waiting.append(found)
            continue
        for prefix, name in waiting:
            yield found, prefix or "", name
        waiting.clear()


def at_element(
    context: Context,
    element: etree._Element,
    expected: str,
    observed: str,
    *,
    attribute: str = "",
    hint: str = "",
) -> Mismatch:
    """A mismatch at an element, or at one of its attributes, with its byte in the message."""
    where = path_of(element) + (f"/@{QName.parse(attribute).local}" if attribute else "")
    offset = _offset(context, element, attribute)
    return Mismatch(expected, observed[:_SHOWN], where, offset, hint)


def element_of(error: SchemaError, root: etree._Element) -> etree._Element | None:
    """The element that a schema finds at fault."""
    return None if error.number is None else next(islice(elements(root), error.number, None), None)


def at_error(context: Context, root: etree._Element, error: SchemaError, expected: str) -> Mismatch:
    """A mismatch at the element that a schema finds at fault."""
    found = element_of(error, root)
    if found is None:
        return Mismatch(expected, error.reason[:_SHOWN], error.path)
    return at_element(context, found, expected, error.reason)


def at_body(context: Context, expected: str, observed: str, offset: int | None = 0) -> Mismatch:
    """A mismatch at a byte of the body."""
    start = context.body.offset if context.body is not None else None
    place = None if start is None or offset is None else start + offset
    return Mismatch(expected, observed[:_SHOWN], "body", place)


def _offset(context: Context, element: etree._Element, attribute: str) -> int | None:
    body = context.body
    if body is None or body.offset is None:
        return None
    where = where_of(context) if body.media_type == FRAGMENT else None
    spans = _spans(body.data, where)
    number = next((n for n, each in enumerate(elements(_top(element))) if each is element), None)
    if number is None or number >= len(spans):
        return None
    span = spans[number]
    found = span.attribute(attribute) if attribute else None
    # Behind the quote, so that the offset is that of the value itself.
    return body.offset + (span.start if found is None else found.value_start + 1)


def _top(element: etree._Element) -> etree._Element:
    return [element, *element.iterancestors()][-1]


@lru_cache(_REMEMBERED)
def _spans(data: bytes, where: Where | None) -> tuple[ElementSpan, ...]:
    """Where the elements stand, in document order; none where the bytes are not UTF-8."""
    try:
        root = parse_document(data) if where is None else spans_of_fragment(data, _scope(where))
    except XmlError:
        return ()
    return tuple(_flat(root))


def _scope(where: Where) -> dict[str, str]:
    entry = catalog().entry_for_auid(where.auid)
    return {"": "" if entry is None else entry.namespace, **dict(where.bindings)}


def _flat(span: ElementSpan) -> Iterator[ElementSpan]:
    yield span
    for child in span.children:
        yield from _flat(child)
