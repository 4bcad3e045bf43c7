"""What a subscription reports, apart from the dialog that carries it: one feed per package.

A feed tells whether there is news for its subscriber, and writes the body of the next NOTIFY.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol

from harness.body import partial, pidf, watcherinfo
from harness.body.difference import make_changes, make_full
from harness.network.presence_server import PresenceServer
from harness.network.reply import Header
from harness.network.watchers import Event, State, Watcher


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a NOTIFY with the header fields that belong to it."""

    content_type: str
    data: bytes
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What Subscription-State says of a feed: "active", "pending" or "terminated" and why."""

    state: str
    reason: str | None = None
    retry_after: int | None = None
    """Seconds after which to subscribe anew, with the reasons probation and giveup."""


ACTIVE = Status("active")

PACKAGE = "presence"
"""The package whose subscriptions are watched."""


class Feed(Protocol):
    """One subscription's view of a resource."""

    @property
    def status(self) -> Status:
        """Whether the subscription is authorized (RFC 6665 §4.2.2)."""

    def depends(self) -> Iterable[str]:
        """The identities whose changes can be news here."""

    def has_news(self, now: float) -> bool:
        """Whether the subscriber should be notified of what happened since the last body."""

    def write(self, *, full: bool) -> Body | None:
        """The body of the next NOTIFY, None for none; it counts as sent."""

    def entity_tag(self) -> str:
        """Stands for the whole state as the subscriber would see it now (RFC 5839 §6.1)."""

    def refresh(self, expires_at: float) -> None:
        """The subscription goes on until then."""

    def end(self) -> None:
        """The subscription has run out or was ended by the subscriber."""


def tag_of(state: bytes) -> str:
    """The same token for the same state."""
    return hashlib.sha256(state).hexdigest()[:16]


def status_of(watcher: Watcher) -> Status:
    """A watcher's state as a Subscription-State (RFC 6665 §4.1.3)."""
    if watcher.state is State.ACTIVE:
        return ACTIVE
    if watcher.state is State.PENDING:
        return Status("pending")
    # A waiting watcher's subscription is over, though the server remembers it (RFC 3857 §4.7.1).
    reason = Event.TIMEOUT if watcher.state is State.WAITING else watcher.event
    return Status("terminated", reason.value)


class PresenceFeed:
    """The presence of one presentity (RFC 3856).

    `is_partial`: the whole of it once and then what changes (RFC 5263).
    """

    def __init__(
        self, server: PresenceServer, watcher: Watcher, entity: str, *, is_partial: bool = False
    ) -> None:
        self._server = server
        self._watcher = watcher
        self._entity = entity
        self._told: Hashable = None
        self.is_partial = is_partial
        self._version = 0
        self._last = b""

    @property
    def status(self) -> Status:
        return status_of(self._watcher)

    def depends(self) -> Iterable[str]:
        return (self._watcher.presentity,)

    def has_news(self, now: float) -> bool:
        return self._news() != self._told

    def _news(self) -> Hashable:
        watcher = self._watcher
        if watcher.state is not State.ACTIVE:
            # RFC 3857 §4.7.1: pending: "No notifications are generated on changes in presence".
            return watcher.state, watcher.event
        return watcher.state, watcher.decision, self._server.shown(watcher)

    def write(self, *, full: bool) -> Body | None:
        self._told = self._news()
        document, before = self._document(), self._last
        if not self.is_partial:
            self._last = b""
            return Body(pidf.MEDIA_TYPE, document)
        # RFC 5263 §4.4: the counter starts at 1; refreshing the subscription does not reset it.
        self._version += 1
        self._last = document
        changes = None if full or not before else make_changes(before, document, self._version)
        return Body(partial.MEDIA_TYPE, changes or make_full(document, self._version))

    def entity_tag(self) -> str:
        return tag_of(self._document())

    def _document(self) -> bytes:
        document = self._server.document(self._watcher, self._entity)
        # RFC 6665 §4.2.1.2: without meaningful state the body MAY be neutral.
        return pidf.make_pidf(self._entity) if document is None else document

    def refresh(self, expires_at: float) -> None:
        self._server.watchers.refresh(self._watcher, expires_at)

    def end(self) -> None:
        self._server.watchers.move(self._watcher, Event.TIMEOUT)


class WatcherinfoFeed:
    """The watchers of one presentity (RFC 3857).

    `is_partial`: after the first document only the watchers that changed (RFC 3858 §3).
    """

    def __init__(
        self, server: PresenceServer, presentity: str, subscriber: str, *, is_partial: bool = False
    ) -> None:
        self._server = server
        self._presentity = presentity
        self._subscriber = subscriber
        self._is_partial = is_partial
        self._version = 0
        self._known: dict[str, Hashable] = {}
        self._told: Hashable = None

    @property
    def status(self) -> Status:
        return ACTIVE

    def depends(self) -> Iterable[str]:
        return (self._presentity,)

    def has_news(self, now: float) -> bool:
        return self._news() != self._told

    def _news(self) -> Hashable:
        # RFC 3857 §4.7.2: whether a transition is notified is the server's policy; those of the
        # subscriber itself it learns "through the Subscription-State header field". They are in
        # the next document all the same.
        return tuple(
            (watcher.id, watcher.state, watcher.event)
            for watcher in self._watchers()
            if watcher.identity != self._subscriber
        )

    def _watchers(self) -> list[Watcher]:
        """All watchers, with those that ended since the subscriber heard of them last."""
        ended = [
            watcher
            for watcher in self._server.watchers.ended(self._presentity)
            if watcher.id in self._known
        ]
        return [*self._server.watchers.of(self._presentity), *ended]

    def write(self, *, full: bool) -> Body | None:
        watchers = self._watchers()
        is_full = full or not self._is_partial or self._version == 0
        shown = [each for each in watchers if is_full or self._is_new(each)]
        document = watcherinfo.make_watcherinfo(
            self._version,
            "full" if is_full else "partial",
            (watcherinfo.WatcherList(self._presentity, PACKAGE, tuple(map(_described, shown))),),
        )
        # RFC 3858 §3: "Versions start at 0, and increment by one for each new document".
        self._version += 1
        self._known = {each.id: _standing(each) for each in watchers if not each.is_over}
        self._told = self._news()
        return Body(watcherinfo.MEDIA_TYPE, document)

    def entity_tag(self) -> str:
        return tag_of(repr([(each.id, _standing(each)) for each in self._watchers()]).encode())

    def _is_new(self, watcher: Watcher) -> bool:
        return self._known.get(watcher.id) != _standing(watcher)

    def refresh(self, expires_at: float) -> None:
        """Nothing hangs on the time."""

    def end(self) -> None:
        """Nothing is held elsewhere."""


def _standing(watcher: Watcher) -> Hashable:
    return watcher.state, watcher.event


def _described(watcher: Watcher) -> watcherinfo.Watcher:
    return watcherinfo.Watcher(
        uri=watcher.uri,
        id=watcher.id,
        status=watcher.state.value,
        event=watcher.event.value,
        display_name=watcher.display_name or None,
    )
