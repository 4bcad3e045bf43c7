"""Watchers of a presentity and the state machine of their subscriptions (RFC 3857 §4.7.1).

A watcher is a subscription as the presence server sees it, whether it came by SIP, from the
resource list server or from the played contact.
"""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.network.policy import Decision
from harness.network.site import Site
from harness.sip.timers import TimerQueue

GIVE_UP = 86_400.0
"""Seconds that an undecided watcher is kept (RFC 3857 §4.7.1, the giveup timer)."""


class State(enum.StrEnum):
    """The states of RFC 3857 §4.7.1 that outlive the transient init."""

    PENDING = "pending"
    ACTIVE = "active"
    WAITING = "waiting"
    TERMINATED = "terminated"


class Event(enum.StrEnum):
    """What moves a watcher from state to state (RFC 3857 §4.7.1, figure 1)."""

    SUBSCRIBE = "subscribe"
    APPROVED = "approved"
    DEACTIVATED = "deactivated"
    PROBATION = "probation"
    REJECTED = "rejected"
    TIMEOUT = "timeout"
    GIVEUP = "giveup"
    NORESOURCE = "noresource"


_ENDS_PENDING = (Event.NORESOURCE, Event.REJECTED, Event.DEACTIVATED, Event.PROBATION, Event.GIVEUP)
_ENDS_ACTIVE = (
    Event.NORESOURCE,
    Event.REJECTED,
    Event.DEACTIVATED,
    Event.PROBATION,
    Event.TIMEOUT,
)
_ENDS_WAITING = (Event.NORESOURCE, Event.REJECTED, Event.GIVEUP, Event.APPROVED)

TRANSITIONS: Mapping[tuple[State, Event], State] = {
    (State.PENDING, Event.APPROVED): State.ACTIVE,
    (State.PENDING, Event.TIMEOUT): State.WAITING,
    **{(State.PENDING, event): State.TERMINATED for event in _ENDS_PENDING},
    **{(State.ACTIVE, event): State.TERMINATED for event in _ENDS_ACTIVE},
    **{(State.WAITING, event): State.TERMINATED for event in _ENDS_WAITING},
}
"""Every legal move; what is not here changes nothing."""


@dataclass(slots=True, eq=False)
class Watcher:
    """One subscription to a presentity.

    `identity` is the canonical key of the subscriber, `uri` how it is written in documents; `id`
    stays the same for the life of the watcher (RFC 3858 §3). `decision` is the latest of the
    presentity's rules on it.
    """

    id: str
    presentity: str
    identity: str
    uri: str
    display_name: str
    state: State
    event: Event
    decision: Decision
    expires_at: float

    @property
    def is_over(self) -> bool:
        return self.state is State.TERMINATED


class Watchers:
    """All watchers by presentity; tells `changed` the presentity whose watchers changed."""

    def __init__(self, site: Site, changed: Callable[[str], None]) -> None:
        self._site = site
        self._changed = changed
        self._watchers: dict[str, dict[str, Watcher]] = {}
        self._ended: dict[str, deque[Watcher]] = {}
        self._timers: TimerQueue[Watcher] = TimerQueue()

    def add(self, watcher: Watcher) -> None:
        """Take in a new watcher, in the state that policy gave it; a refused one is not kept."""
        if watcher.is_over:
            return
        # RFC 3857 §4.7.1: a new subscription of the same watcher makes its waiting one redundant.
        for old in self.of(watcher.presentity):
            if old.identity == watcher.identity and old.state is State.WAITING:
                self.move(old, Event.GIVEUP)
        self._make_room(watcher.presentity)
        self._watchers.setdefault(watcher.presentity, {})[watcher.id] = watcher
        self._timers.set(watcher, watcher.expires_at)
        self._changed(watcher.presentity)

    def _make_room(self, presentity: str) -> None:
        # §4.7.1: "At any time, the server can decide to end a pending or waiting subscription".
        undecided = [each for each in self.of(presentity) if each.state is not State.ACTIVE]
        if len(self.of(presentity)) >= self._site.limits.watchers_per_presentity and undecided:
            self.move(undecided[0], Event.GIVEUP)

    def is_full(self, presentity: str) -> bool:
        """Whether a further watcher would be one too many."""
        limits = self._site.limits
        active = [each for each in self.of(presentity) if each.state is State.ACTIVE]
        return len(active) >= limits.watchers_per_presentity or len(self._timers) >= limits.watchers

    def refresh(self, watcher: Watcher, expires_at: float) -> None:
        """The watcher subscribed again: it lasts until then."""
        if not watcher.is_over:
            watcher.expires_at = expires_at
            self._timers.set(watcher, expires_at)

    def move(self, watcher: Watcher, event: Event) -> None:
        """Let an event happen to a watcher; what the table does not know changes nothing."""
        state = TRANSITIONS.get((watcher.state, event))
        if state is None:
            return
        watcher.state, watcher.event = state, event
        if state is State.WAITING:
            self._timers.set(watcher, watcher.expires_at + GIVE_UP)
        elif state is State.TERMINATED:
            self._drop(watcher)
        self._changed(watcher.presentity)

    def _drop(self, watcher: Watcher) -> None:
        self._timers.cancel(watcher)
        watchers = self._watchers.get(watcher.presentity, {})
        watchers.pop(watcher.id, None)
        if not watchers:
            self._watchers.pop(watcher.presentity, None)
        # The presentity with the latest news goes to the end, the one longest without is dropped.
        limits = self._site.limits
        ended = self._ended.pop(watcher.presentity, deque(maxlen=limits.ended_watchers))
        ended.append(watcher)
        self._ended[watcher.presentity] = ended
        if len(self._ended) > limits.users:
            del self._ended[next(iter(self._ended))]

    def of(self, presentity: str) -> tuple[Watcher, ...]:
        """The watchers that are not terminated, the oldest first."""
        return tuple(self._watchers.get(presentity, {}).values())

    def ended(self, presentity: str) -> tuple[Watcher, ...]:
        """The watchers that have terminated lately, the oldest first."""
        return tuple(self._ended.get(presentity, ()))

    def tick(self, now: float) -> None:
        """Let the subscriptions that have run out time out; pending ones wait for a decision."""
        for watcher in self._timers.due(now):
            is_waiting = watcher.state is State.WAITING
            self.move(watcher, Event.GIVEUP if is_waiting else Event.TIMEOUT)

    def next_deadline(self) -> float | None:
        """When the next watcher times out."""
        return self._timers.next_deadline()
