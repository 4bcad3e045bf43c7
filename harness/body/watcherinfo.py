"""Watcher information documents (RFC 3858)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lxml import etree

from harness.body import tree
from harness.body.namespaces import WATCHERINFO
from harness.body.schema import line_of

MEDIA_TYPE = "application/watcherinfo+xml"


@dataclass(frozen=True, slots=True)
class Watcher:
    """One subscription to the resource.

    `uri` is without the white space that may stand round it in the document, `raw` with it;
    `id`, `status` and `event` are the attributes' texts, `expiration` and `duration_subscribed`
    seconds.
    """

    uri: str
    id: str
    status: str
    event: str
    display_name: str | None = None
    expiration: int | None = None
    duration_subscribed: int | None = None
    raw: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class WatcherList:
    """The watchers of one resource in one event package."""

    resource: str
    package: str
    watchers: tuple[Watcher, ...] = ()
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class WatcherInfo:
    """A document; `version` is None where it is no number, `state` is "full" or "partial"."""

    version: int | None
    state: str
    lists: tuple[WatcherList, ...] = ()
    root: etree._Element | None = field(default=None, compare=False, repr=False)

    @property
    def watchers(self) -> tuple[Watcher, ...]:
        """The watchers of all lists."""
        return tuple(watcher for found in self.lists for watcher in found.watchers)


def parse_watcherinfo(document: bytes | etree._Element) -> WatcherInfo:
    """Read a document; raises `BodyError` where it is no XML or not `watcherinfo`."""
    root = tree.parse_root(document, MEDIA_TYPE)
    return WatcherInfo(
        version=tree.number(root, "version"),
        state=tree.attribute(root, "state") or "",
        lists=tuple(_parse_list(f) for f in tree.children(root, WATCHERINFO, "watcher-list")),
        root=root,
    )


def make_watcherinfo(version: int, state: str, lists: Iterable[WatcherList]) -> bytes:
    """A document; raises `BodyError` for values that the schema refuses."""
    root = tree.make_root(WATCHERINFO, "watcherinfo")
    root.set("version", str(version))
    root.set("state", state)
    for found in lists:
        element = tree.add(
            root, WATCHERINFO, "watcher-list", resource=found.resource, package=found.package
        )
        for watcher in found.watchers:
            _add_watcher(element, watcher)
    return tree.write_document(root)


def merged(known: WatcherInfo, update: WatcherInfo) -> WatcherInfo:
    """What a subscriber knows after `update` (RFC 3858 §4.1).

    Full state replaces all; partial state replaces the watchers that it names, by id. A document
    that is not newer than `known` changes nothing.
    """
    if update.version is not None and known.version is not None and update.version <= known.version:
        return known
    if update.state == "full":
        return update
    lists = {(found.resource, found.package): found for found in known.lists}
    for found in update.lists:
        key = (found.resource, found.package)
        old = lists.get(key, replace(found, watchers=()))
        watchers = {watcher.id: watcher for watcher in (*old.watchers, *found.watchers)}
        lists[key] = replace(old, watchers=tuple(watchers.values()))
    return WatcherInfo(update.version, "full", tuple(lists.values()))


def _parse_list(element: etree._Element) -> WatcherList:
    return WatcherList(
        resource=tree.attribute(element, "resource") or "",
        package=tree.attribute(element, "package") or "",
        watchers=tuple(_parse_watcher(f) for f in tree.children(element, WATCHERINFO, "watcher")),
        line=line_of(element),
    )


def _parse_watcher(element: etree._Element) -> Watcher:
    return Watcher(
        uri=tree.text(element) or "",
        id=element.get("id", ""),
        status=tree.attribute(element, "status") or "",
        event=tree.attribute(element, "event") or "",
        display_name=element.get("display-name"),
        expiration=tree.number(element, "expiration"),
        duration_subscribed=tree.number(element, "duration-subscribed"),
        raw=tree.raw_text(element),
        line=line_of(element),
    )


def _add_watcher(parent: etree._Element, watcher: Watcher) -> None:
    element = tree.add(
        parent,
        WATCHERINFO,
        "watcher",
        watcher.uri,
        status=watcher.status,
        id=watcher.id,
        event=watcher.event,
    )
    optional = {
        "display-name": watcher.display_name,
        "expiration": watcher.expiration,
        "duration-subscribed": watcher.duration_subscribed,
    }
    for name, value in optional.items():
        if value is not None:
            element.set(name, str(value))
