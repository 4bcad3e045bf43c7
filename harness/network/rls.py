"""The resource list server: one subscription to all members of a list (RFC 4662).

Behind a list subscription stands a subscription to each member. These back-end subscriptions are
virtual, that is watchers at the presence server. What is sent when is "at the discretion of the
implementor" (§4.5): a member whose state is unknown is no news, nor is what the subscriber itself
published; both are in the next notification. A notification of changes carries the state of one
member, since phones are known that read one part only.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Protocol

from harness.body import pidf, rlmi
from harness.network.feeds import ACTIVE, Body, Status, status_of, tag_of
from harness.network.policy import Handling
from harness.network.presence_server import PresenceServer
from harness.network.site import Site
from harness.network.watchers import Event, State, Watcher

OPTION_TAG = "eventlist"


class Lists(Protocol):
    """Where the list services are."""

    def members(self, uri: str) -> tuple[str, ...] | None:
        """The members' URIs of the list service with this URI, None where there is none."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who subscribes: identity, name, the host it does so from, and until when at first."""

    identity: str
    display_name: str
    host: str
    expires_at: float


_UNTOLD = "untold"


@dataclass(slots=True)
class _Resource:
    """A member with its back-end subscription; `told` is what the subscriber heard of it last."""

    uri: str
    identity: str
    instance: str
    watcher: Watcher
    told: Hashable = _UNTOLD

    @property
    def has_instance(self) -> bool:
        return self.told not in (_UNTOLD, None)


class ListFeed:
    """The state of a list as RLMI with presence documents (RFC 4662 §5)."""

    def __init__(
        self, site: Site, server: PresenceServer, lists: Lists, uri: str, subscriber: Subscriber
    ) -> None:
        self._site = site
        self._server = server
        self._lists = lists
        self._uri = uri
        self._subscriber = subscriber
        self._expires_at = subscriber.expires_at
        self._resources: dict[str, _Resource] = {}
        self._removed: dict[str, _Resource] = {}
        self._version = 0
        self._is_gone = False
        self._has_ended = False
        self._is_refreshed = False

    @property
    def status(self) -> Status:
        return Status("terminated", "noresource") if self._is_gone else ACTIVE

    def depends(self) -> Iterable[str]:
        return (self._subscriber.identity, *(each.identity for each in self._resources.values()))

    def has_news(self, now: float) -> bool:
        self._follow_list(now)
        return self._is_gone or bool(self._removed) or any(map(self._is_news, self._each()))

    def _each(self) -> tuple[_Resource, ...]:
        return tuple(self._resources.values())

    # -- membership ----------------------------------------------------------------------

    def _follow_list(self, now: float) -> None:
        """Bring the back-end subscriptions in line with the list document."""
        if self._has_ended:
            return
        members = self._lists.members(self._uri)
        self._is_gone = members is None
        wanted = {
            self._site.identity(member): member
            for member in (members or ())[: self._site.limits.list_members]
        }
        for identity in [each for each in self._resources if each not in wanted]:
            self._remove(self._resources.pop(identity))
        for identity, uri in wanted.items():
            self._subscribe(identity, uri, now)
        self._is_refreshed = False

    def _remove(self, resource: _Resource) -> None:
        self._server.watchers.move(resource.watcher, Event.TIMEOUT)
        if resource.has_instance:
            # §4.5: an instance that was reported SHOULD be reported once more, as terminated.
            self._removed[resource.identity] = resource

    def _subscribe(self, identity: str, uri: str, now: float) -> None:
        resource = self._resources.get(identity)
        if resource is None:
            watcher = self._watch(identity, now)
            resource = _Resource(uri, identity, self._site.new_id(), watcher)
            self._removed.pop(identity, None)
            self._resources[identity] = resource
        elif self._may_return(resource) and now < self._expires_at:
            # Rules that refused a watcher can have changed since, or told it to come again.
            resource.watcher = self._watch(identity, now)
        resource.uri = uri

    def _may_return(self, resource: _Resource) -> bool:
        # Who had to make room comes back with the next refresh: else those that there is no room
        # for would push each other out for ever.
        watcher = resource.watcher
        return watcher.is_over and (watcher.event is not Event.GIVEUP or self._is_refreshed)

    def _watch(self, identity: str, now: float) -> Watcher:
        subscriber = self._subscriber
        return self._server.watch(
            identity, subscriber.identity, subscriber.display_name, self._expires_at, now
        )

    # -- news ----------------------------------------------------------------------------

    def _state(self, resource: _Resource, *, full: bool = False) -> Hashable:
        """What is known of a resource, as a value to compare; None where nothing is.

        What the subscriber itself published is known only for full state.
        """
        watcher = resource.watcher
        if watcher.state is not State.ACTIVE:
            return watcher.state, watcher.event
        own = self._subscriber.host if resource.identity == self._subscriber.identity else None
        publisher = None if full else own
        is_blocked = watcher.decision.handling is Handling.POLITE_BLOCK
        is_known = is_blocked or self._server.is_known(resource.identity, publisher)
        if not resource.has_instance and not is_known:
            return None
        return watcher.state, watcher.decision, self._server.shown(watcher, own)

    def _is_news(self, resource: _Resource) -> bool:
        state = self._state(resource)
        return state is not None and state != resource.told

    # -- documents -----------------------------------------------------------------------

    def write(self, *, full: bool) -> Body | None:
        version, self._version = self._version, self._version + 1
        states: dict[str, bytes] = {}
        resources = [
            self._described(resource, states, full=full) for resource in self._chosen(full=full)
        ] + [self._terminated(resource) for resource in self._removed.values() if not full]
        self._removed.clear()
        document = rlmi.Rlmi(self._uri, version, full, tuple(resources))
        content_type, data = rlmi.make_notification(
            document, states, pidf.MEDIA_TYPE, self._site.new_id, self._site.domain
        )
        # §4.1: the option tag is in the Require of all NOTIFYs of the subscription.
        return Body(content_type, data, (("Require", OPTION_TAG),))

    def entity_tag(self) -> str:
        states = [(each.uri, self._state(each, full=True)) for each in self._each()]
        return tag_of(repr(states).encode())

    def _chosen(self, *, full: bool) -> list[_Resource]:
        """All resources, or one that is news together with those never mentioned."""
        if full:
            return list(self._each())
        news = next(filter(self._is_news, self._each()), None)
        return [
            each
            for each in self._each()
            if each is news or (each.told == _UNTOLD and self._state(each) is None)
        ]

    def _described(
        self, resource: _Resource, states: dict[str, bytes], *, full: bool
    ) -> rlmi.Resource:
        state = self._state(resource, full=full)
        resource.told = state
        instances: tuple[rlmi.Instance, ...] = ()
        # §4.5: "For any resource for which state information is not known, ... no <instance>
        # elements will be present".
        if state is not None:
            instances = (self._instance(resource, states),)
        return rlmi.Resource(resource.uri, (), instances)

    def _instance(self, resource: _Resource, states: dict[str, bytes]) -> rlmi.Instance:
        status = status_of(resource.watcher)
        if status.state != "active":
            return rlmi.Instance(resource.instance, status.state, status.reason)
        # §5.5: the cid "MUST be present if the state attribute is active".
        cid = f"{self._site.new_id()}@{self._site.domain}"
        states[cid] = self._document(resource)
        return rlmi.Instance(resource.instance, status.state, cid=cid)

    def _document(self, resource: _Resource) -> bytes:
        document = self._server.document(resource.watcher, resource.identity)
        return pidf.make_pidf(resource.identity) if document is None else document

    def _terminated(self, resource: _Resource) -> rlmi.Resource:
        instance = rlmi.Instance(resource.instance, "terminated", "noresource")
        return rlmi.Resource(resource.uri, (), (instance,))

    # -- life ----------------------------------------------------------------------------

    def refresh(self, expires_at: float) -> None:
        self._expires_at = expires_at
        self._is_refreshed = True
        for resource in self._each():
            self._server.watchers.refresh(resource.watcher, expires_at)

    def end(self) -> None:
        self._has_ended = True
        for resource in self._each():
            self._server.watchers.move(resource.watcher, Event.TIMEOUT)


class PlainListFeed(ListFeed):
    """A list whose members' presence comes as bare documents, one in each NOTIFY.

    No standard has this; the documented network does it, and its phones take it. The first NOTIFY
    is empty, as nothing in a bare document could say that the list is.
    """

    def write(self, *, full: bool) -> Body | None:
        if full:
            for resource in self._each():
                resource.told = _UNTOLD
        if full and self._version == 0:
            self._version = 1
            return None
        self._removed.clear()
        news = next(filter(self._is_news, self._each()), None)
        if news is None:
            return None
        news.told = self._state(news)
        return Body(pidf.MEDIA_TYPE, self._document(news))
