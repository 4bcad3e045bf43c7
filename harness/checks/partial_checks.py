"""Changes to presence and XCAP documents beyond their schemas (RFC 5261 to 5264, RFC 5874)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from harness.body import partial, tree
from harness.body.namespaces import PIDF_DIFF, XCAP_DIFF
from harness.body.patch import MAX_OPERATIONS, NotUnderstoodError, PatchError
from harness.body.pidf import parse_pidf
from harness.body.schema import BodyError, parse_xml, validate
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.notified import before, is_first, notify_of
from harness.checks.pidf_publication import is_same_person
from harness.checks.registry import MUST, SHOULD, bodies, check
from harness.checks.xml_documents import XmlDocument, at_element, elements
from harness.model import Mismatch
from harness.sip.message import Request

_PARTIAL = bodies(partial.MEDIA_TYPE)
_CHANGES = bodies(partial.MEDIA_TYPE, documents.XCAP_DIFF)
_ADD, _REPLACE, _REMOVE = (
    tuple(tree.qname(space, name) for space in (PIDF_DIFF, XCAP_DIFF))
    for name in ("add", "replace", "remove")
)
_OPERATIONS = (*_ADD, *_REPLACE, *_REMOVE)
_DOCUMENT, _ELEMENT, _ATTRIBUTE = (
    tree.qname(XCAP_DIFF, name) for name in ("document", "element", "attribute")
)
_LITERAL = re.compile(r"'[^']*'|\"[^\"]*\"")
_PREFIX = re.compile(r"(?<![\w.:-])([^\W\d][\w.-]*):(?![:])")
_VALUE_END = re.compile(r"(?:^|/)(?:@[^/\]]+|text\(\)(?:\[\d+\])?|namespace::[^/\]]+)$")
_NODE_END = re.compile(r"(?:comment|processing-instruction)\([^/]*\)(?:\[\d+\])?$")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S")
_RELATIVE = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:[^/]*(?:/|$)|/).+", re.DOTALL)


def _sel(operation: etree._Element) -> str:
    return (operation.get("sel") or "").strip()


def _without_literals(sel: str) -> str:
    return _LITERAL.sub("''", sel)


@check("PIDF-DIFF-1", clause="RFC 5261 §4.2", level=MUST, on=_CHANGES)
def prefixes_of_selectors_are_declared(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """A prefix in a selector of a change is declared in the document of the changes."""
    for operation in islice(elements(body.root, *_OPERATIONS), MAX_OPERATIONS):
        for prefix in dict.fromkeys(_PREFIX.findall(_without_literals(_sel(operation)))):
            if prefix not in operation.nsmap and prefix != "xml":
                expected = f"xmlns:{prefix} in scope"
                yield at_element(context, operation, expected, _sel(operation), attribute="sel")


@check("PIDF-DIFF-2", clause="RFC 5261 §4.3", level=MUST, on=_CHANGES)
def added_value_is_text(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """An attribute or a namespace is added as text alone."""
    for operation in elements(body.root, *_ADD):
        if operation.get("type") is not None and next(tree.elements(operation), None) is not None:
            observed = f"an element to {operation.get('type')}"
            yield at_element(context, operation, "text alone", observed)


@check("PIDF-DIFF-3", clause="RFC 5261 §4.4", level=MUST, on=_CHANGES)
def replacement_is_of_the_same_type(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """An element is replaced by one element, an attribute's value or a text by text."""
    for operation in elements(body.root, *_REPLACE):
        sel = _without_literals(_sel(operation))
        count = sum(1 for _ in tree.elements(operation))
        text = tree.text(operation) or ""
        if _VALUE_END.search(sel):
            if count:
                yield at_element(context, operation, "text", "an element")
        elif not _NODE_END.search(sel) and (count != 1 or text):
            observed = f"{count} elements" + (" and text" if text else "")
            yield at_element(context, operation, "one element", observed)


@check("PIDF-DIFF-4", clause="RFC 5261 §4.5", level=MUST, on=_CHANGES)
def white_space_goes_with_elements(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """White space (ws) is removed with elements, comments and instructions only."""
    for operation in elements(body.root, *_REMOVE):
        ws = operation.get("ws")
        if ws is not None and _VALUE_END.search(_without_literals(_sel(operation))):
            yield at_element(context, operation, "no ws", ws, attribute="ws")


@check("PIDF-DIFF-5", clause="RFC 5261 §4.1", level=SHOULD, on=_CHANGES)
def selectors_are_relative(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """A selector leaves out the "/" of the root, where it starts anyway."""
    for operation in elements(body.root, *_OPERATIONS):
        if _sel(operation).startswith("/"):
            expected = "a selector without / first"
            yield at_element(context, operation, expected, _sel(operation), attribute="sel")


def _publish(context: Context) -> Request | None:
    request = context.entry.message
    is_publish = isinstance(request, Request) and request.method == "PUBLISH"
    return request if isinstance(request, Request) and is_publish else None


@check("PIDF-DIFF-6", clause="RFC 5264 §4.3.2", level=MUST, on=_PARTIAL, sender="ue")
def initial_publication_is_full(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """An initial publication has a pidf-full: for it "only <pidf-full> is allowed"."""
    request = _publish(context)
    if request is not None and request.if_match is None and body.root.tag == partial.DIFF:
        yield at_element(context, body.root, "pidf-full", "pidf-diff and no SIP-If-Match")


@check("PIDF-DIFF-7", clause="RFC 5264 §4.2", level=SHOULD, on=_PARTIAL, sender="ue")
def partial_publication_names_its_presentity(
    body: XmlDocument, context: Context
) -> Iterator[Mismatch]:
    """The root of a partial publication has an entity that identifies the presentity."""
    entity = tree.attribute(body.root, "entity")
    if _publish(context) is None or body.root.tag != partial.DIFF:
        return
    if entity is None:
        yield at_element(context, body.root, "an entity", "none")
    elif _SCHEME.match(entity) is None:
        observed = entity or "nothing"
        yield at_element(context, body.root, "a URI", observed, attribute="entity")


def _base(context: Context) -> bytes | None:
    """The presence document that a PUBLISH changes, if it was seen."""
    request = _publish(context)
    return None if request is None else context.session.bodies.published(request)


@check("PIDF-DIFF-8", clause="RFC 5262 §3.2", level=MUST, on=_PARTIAL, sender="ue")
def entity_is_that_of_the_document(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """The entity of changes is that of the presence document that they change."""
    base, entity = _base(context), tree.attribute(body.root, "entity")
    if base is None or entity is None or body.root.tag != partial.DIFF:
        return
    try:
        wanted = parse_pidf(base).entity
    except BodyError:
        return
    if wanted and not is_same_person(entity, wanted):
        yield at_element(context, body.root, wanted, entity, attribute="entity")


@check("PIDF-DIFF-9", clause="RFC 5261 §4.1", level=MUST, on=_PARTIAL, sender="ue")
def changes_can_be_made(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """Each change is at a single node of what was published under the entity-tag, and fits there.

    "It is an error condition if any of the patch operations cannot be unambiguously fulfilled".
    """
    base = _base(context)
    if base is None or context.body is None or body.root.tag != partial.DIFF:
        return
    try:
        partial.changed(base, context.body.data)
    except PatchError as error:
        place = _same(body.root, error.operation)
        yield at_element(
            context, place, "a change that can be made", f"{error.kind}: {error.reason}"
        )
    except (BodyError, NotUnderstoodError):
        return


@check("PIDF-DIFF-13", clause="RFC 5262 §3", level=SHOULD, on=_PARTIAL, sender="ue")
def changed_document_stays_valid(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """A presence document that was valid is valid after the changes too."""
    base = _base(context)
    if base is None or context.body is None or body.root.tag != partial.DIFF:
        return
    try:
        before, after = parse_xml(base), partial.changed(base, context.body.data)
    except (BodyError, PatchError, NotUnderstoodError):
        return
    if not validate(before) and (errors := validate(after)):
        observed = f"{errors[0].path}: {errors[0].reason}"
        yield at_element(context, body.root, "changes to a valid document", observed)


def _same(root: etree._Element, operation: etree._Element) -> etree._Element:
    """The element of the document that the checks have, for one of another reading of it."""
    parent = operation.getparent()
    number = 0 if parent is None else list(tree.elements(parent)).index(operation)
    found = list(tree.elements(root))
    return found[number] if number < len(found) else root


@check("PIDF-DIFF-10", clause="RFC 5263 §4.4", level=MUST, on=_PARTIAL)
def partial_notification_has_a_version(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """Partial presence in a NOTIFY has a version."""
    if notify_of(context) is not None and body.root.get("version") is None:
        yield at_element(context, body.root, "a version", "none")


@check("PIDF-DIFF-11", clause="RFC 5263 §4.4", level=MUST, on=_PARTIAL)
def first_partial_notification_is_full(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """The first partial presence in a subscription is a pidf-full."""
    if body.root.tag == partial.DIFF and is_first(context):
        yield at_element(context, body.root, "pidf-full", "pidf-diff")


@check("PIDF-DIFF-12", clause="RFC 5263 §4.4", level=MUST, on=_PARTIAL)
def partial_versions_increase_by_one(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """The version of partial presence is 1 at first, and one more in each notification after."""
    version, known = tree.number(body.root, "version"), before(context)
    wanted = 1 if is_first(context) else None
    if known is not None and known.partial is not None:
        wanted = known.partial + 1
    if version is not None and wanted is not None and version != wanted:
        expected, observed = str(wanted), str(version)
        yield at_element(context, body.root, expected, observed, attribute="version")


@check("XML-XCAPDIFF-1", clause="RFC 5874 §3", level=MUST, on=bodies(documents.XCAP_DIFF))
def selector_is_relative_to_the_root(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """The sel of a document is a path relative to the XCAP root."""
    for element in elements(body.root, _DOCUMENT):
        value = _sel(element)
        if value and _RELATIVE.fullmatch(value) is None:
            expected = "a path such as resource-lists/users/sip:a@b/index"
            yield at_element(context, element, expected, value, attribute="sel")


@check("XML-XCAPDIFF-2", clause="RFC 5874 §3", level=MUST, on=bodies(documents.XCAP_DIFF))
def changes_have_both_entity_tags(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """A document with changes has the entity-tags of before and after; one alone has none."""
    for element in elements(body.root, _DOCUMENT):
        tags = [name for name in ("previous-etag", "new-etag") if element.get(name) is not None]
        if len(tags) == 1 and next(element.iterchildren(*_OPERATIONS), None) is not None:
            yield at_element(context, element, "previous-etag and new-etag", f"{tags[0]} alone")


@check("XML-XCAPDIFF-3", clause="RFC 5874 §3", level=SHOULD, on=bodies(documents.XCAP_DIFF))
def what_does_not_exist_has_no_content(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """An element or attribute that does not exist has no content."""
    for element in elements(body.root, _ELEMENT, _ATTRIBUTE):
        is_gone = tree.boolean(tree.attribute(element, "exists")) is False
        if is_gone and (len(element) or tree.text(element)):
            yield at_element(context, element, "no content", "content")
