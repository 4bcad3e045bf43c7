"""Filters in subscriptions beyond their schema (RFC 4660, RFC 4661)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.body import tree
from harness.body.namespaces import SIMPLE_FILTER
from harness.checks.context import Context
from harness.checks.registry import MUST, bodies, check, unreadable_bodies
from harness.checks.xml_bodies import is_not_utf_8
from harness.checks.xml_documents import XmlDocument, at_element, elements
from harness.model import Mismatch
from harness.sip.message import Request

_KIND = "application/simple-filter+xml"
_ON = bodies(_KIND)
_FILTER, _TRIGGER = (tree.qname(SIMPLE_FILTER, name) for name in ("filter", "trigger"))
_CHANGES = ("changed", "added", "removed")


@check("XML-UTF8-6", clause="RFC 4661 §3", level=MUST, on=_ON + unreadable_bodies(_KIND))
def filter_is_utf_8(body: object, context: Context) -> Iterator[Mismatch]:
    """A filter is encoded in UTF-8."""
    yield from is_not_utf_8(context)


@check("SUB-FILTER-1", clause="RFC 4661 §3.4", level=MUST, on=_ON)
def filter_ids_are_unique(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """The id of a filter is unlike those of the others in its filter-set."""
    seen: set[str] = set()
    for element in elements(body.root, _FILTER):
        name = element.get("id") or ""
        if name and name in seen:
            yield at_element(context, element, "an id of its own", name, attribute="id")
        seen.add(name)


@check("SUB-FILTER-2", clause="RFC 4661 §3.4", level=MUST, on=_ON)
def filter_is_for_a_uri_or_a_domain(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """A filter does not have both a uri and a domain."""
    for element in elements(body.root, _FILTER):
        uri, domain = element.get("uri"), element.get("domain")
        if uri is not None and domain is not None:
            yield at_element(context, element, "a uri or a domain", f"{uri} and {domain}")


@check("SUB-FILTER-3", clause="RFC 4661 §3.4", level=MUST, on=_ON, sender="ue")
def new_filter_says_what_or_when(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """A filter that a subscription begins with has a what or a trigger, unless it is disabled."""
    request = context.entry.message
    if not isinstance(request, Request) or request.to is None or request.to.tag:
        return
    for element in elements(body.root, _FILTER):
        is_off = tree.boolean(tree.attribute(element, "enabled")) is False
        is_gone = tree.boolean(tree.attribute(element, "remove")) is True
        parts = [tree.child(element, SIMPLE_FILTER, name) for name in ("what", "trigger")]
        if parts == [None, None] and not is_off and not is_gone:
            yield at_element(context, element, "a what or a trigger", "neither")


@check("SUB-FILTER-4", clause="RFC 4661 §3.6", level=MUST, on=_ON)
def trigger_names_a_change(body: XmlDocument, context: Context) -> Iterator[Mismatch]:
    """A trigger has a changed, added or removed element."""
    for element in elements(body.root, _TRIGGER):
        if all(tree.child(element, SIMPLE_FILTER, name) is None for name in _CHANGES):
            yield at_element(context, element, "changed, added or removed", "none of them")
