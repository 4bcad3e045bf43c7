"""Watcher information beyond its schema (RFC 3857 §4, RFC 3858 §3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from harness.body import tree
from harness.body.namespaces import WATCHERINFO
from harness.body.watcherinfo import WatcherInfo
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.identities import aor_of
from harness.checks.notified import before, is_first, notify_of, subscription_of
from harness.checks.registry import INFO, MUST, SHOULD, bodies, check
from harness.checks.xml_documents import at_element, elements
from harness.checks.xml_references import uri_fault
from harness.model import Mismatch

_WINFO = bodies(documents.WATCHERINFO)
_LIST = tree.qname(WATCHERINFO, "watcher-list")
_WATCHER = tree.qname(WATCHERINFO, "watcher")
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+", re.ASCII)

# RFC 3857 §4.7.1, figure 1: the events that lead to each state.
_EVENTS = {
    "pending": {"subscribe"},
    "active": {"subscribe", "approved"},
    "waiting": {"timeout"},
    "terminated": {
        *("rejected", "noresource", "deactivated", "probation"),
        *("giveup", "timeout", "approved", "subscribe"),
    },
}


def _root(winfo: WatcherInfo) -> etree._Element:
    assert winfo.root is not None
    return winfo.root


@check("WINFO-VERSION-1", clause="RFC 3858 §3", level=MUST, on=_WINFO)
def version_fits_in_32_bits(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The version of watcher information is representable with 32 bits."""
    if winfo.version is not None and winfo.version >= 2**32:
        yield _at_version(context, winfo, "less than 4294967296")


@check("WINFO-VERSION-2", clause="RFC 3858 §3", level=SHOULD, on=_WINFO)
def versions_start_at_0(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The first watcher information in a subscription has version 0."""
    if winfo.version and is_first(context):
        yield _at_version(context, winfo, "0")


@check("WINFO-VERSION-3", clause="RFC 3858 §3", level=SHOULD, on=_WINFO)
def versions_increment_by_one(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The version of watcher information increments by one for each document sent."""
    known = before(context)
    if known is None or known.version is None or winfo.version is None:
        return
    if winfo.version != known.version + 1:
        yield _at_version(context, winfo, str(known.version + 1))


def _at_version(context: Context, winfo: WatcherInfo, expected: str) -> Mismatch:
    observed = str(winfo.version)
    return at_element(context, _root(winfo), expected, observed, attribute="version")


@check("WINFO-STATE-1", clause="RFC 3857 §4.3", level=SHOULD, on=_WINFO)
def first_document_is_full(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The first watcher information in a subscription has the full state."""
    if winfo.state == "partial" and is_first(context):
        yield at_element(context, _root(winfo), "full", winfo.state, attribute="state")


@check("WINFO-ID-1", clause="RFC 3858 §3", level=MUST, on=_WINFO)
def watcher_id_is_a_token(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The id of a watcher is a token of RFC 3261."""
    for element in elements(_root(winfo), _WATCHER):
        value = element.get("id")
        if value is not None and _TOKEN.fullmatch(value) is None:
            yield at_element(context, element, "a token", value or "nothing", attribute="id")


@check("WINFO-ID-2", clause="RFC 3858 §3", level=MUST, on=_WINFO)
def watcher_ids_are_unique(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The id of a watcher is unlike those of all others in the document."""
    seen: set[str] = set()
    for element in elements(_root(winfo), _WATCHER):
        value = element.get("id") or ""
        if value and value in seen:
            yield at_element(context, element, "an id of its own", value, attribute="id")
        seen.add(value)


@check("WINFO-ID-3", clause="RFC 3858 §3", level=SHOULD, on=_WINFO)
def watcher_id_stays_with_its_watcher(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """An id means the same watcher in all documents of a subscription."""
    request = notify_of(context)
    known = None
    if request is not None:
        known = context.session.bodies.notified(request, context.sender)
    for element in elements(_root(winfo), _WATCHER):
        uri = tree.text(element) or ""
        old = known.watchers.get(element.get("id") or "") if known is not None else None
        if old is not None and aor_of(old) != aor_of(uri):
            yield at_element(context, element, f"the watcher {old}", uri)


@check("WINFO-EVENT-1", clause="RFC 3857 §4.7.1", level=SHOULD, on=_WINFO)
def event_leads_to_the_status(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The event of a watcher is one that leads to its status."""
    for element in elements(_root(winfo), _WATCHER):
        status = tree.attribute(element, "status") or ""
        event = tree.attribute(element, "event") or ""
        legal = _EVENTS.get(status)
        if legal is not None and event and event not in legal:
            expected = f"{' or '.join(sorted(legal))} with {status}"
            yield at_element(context, element, expected, event, attribute="event")


@check("WINFO-URI-1", clause="RFC 3858 §3", level=SHOULD, on=_WINFO)
def watcher_is_a_uri(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The content of a watcher is a URI."""
    for element in elements(_root(winfo), _WATCHER):
        text = tree.text(element) or ""
        if uri_fault(text):
            yield at_element(context, element, "a URI", text or "nothing")


@check("WINFO-RESOURCE-1", clause="RFC 3858 §3", level=INFO, on=_WINFO)
def resource_is_the_subscribed_one(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """Watcher information is about the resource that was subscribed to."""
    subscription = subscription_of(context)
    wanted = aor_of(subscription.request.uri) if subscription is not None else None
    if wanted is None:
        return
    for element in elements(_root(winfo), _LIST):
        resource = tree.attribute(element, "resource") or ""
        if resource and aor_of(resource) != wanted:
            yield at_element(context, element, wanted, resource, attribute="resource")


@check("WINFO-PACKAGE-1", clause="RFC 3857 §4.1", level=SHOULD, on=_WINFO)
def package_is_the_watched_one(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """Watcher information is about the package to which ".winfo" was added."""
    request = notify_of(context)
    if request is None or request.event is None:
        return
    wanted, dot, template = request.event.package.rpartition(".")
    if not dot or template != "winfo":
        return
    for element in elements(_root(winfo), _LIST):
        package = tree.attribute(element, "package") or ""
        if package and package != wanted:
            yield at_element(context, element, wanted, package, attribute="package")


@check("WINFO-RESOURCE-2", clause="RFC 3858 §3", level=SHOULD, on=_WINFO)
def resource_is_a_uri(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The resource of a list of watchers is a URI, and one list is about it in a package."""
    seen: set[tuple[str, str]] = set()
    for element in elements(_root(winfo), _LIST):
        resource = tree.attribute(element, "resource") or ""
        key = (resource, tree.attribute(element, "package") or "")
        if uri_fault(resource):
            observed = resource or "nothing"
            yield at_element(context, element, "a URI", observed, attribute="resource")
        elif key in seen:
            yield at_element(
                context, element, "one list", f"{resource} again", attribute="resource"
            )
        seen.add(key)


@check("WINFO-PACKAGE-2", clause="RFC 3858 §3", level=SHOULD, on=_WINFO)
def package_is_a_name(winfo: WatcherInfo, context: Context) -> Iterator[Mismatch]:
    """The package of a list of watchers is the name of an event package."""
    for element in elements(_root(winfo), _LIST):
        package = element.get("package")
        if package is not None and _TOKEN.fullmatch(package.strip()) is None:
            observed = package or "nothing"
            yield at_element(context, element, "a name such as presence", observed)
