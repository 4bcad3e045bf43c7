"""The presence server: what is known of a presentity and who may see which part of it.

It composes publications with the permanent state that the user keeps by XCAP, applies the
presence rules (RFC 5025), and keeps the watchers (RFC 3856 §6.6, RFC 3857).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol

from harness.body.pidf import Device, Person, Pidf, Tuple, compose, make_pidf, parse_pidf
from harness.body.privacy_filter import filtered
from harness.body.schema import BodyError
from harness.body.tree import Note
from harness.model import Peer
from harness.network.compositor import Publication
from harness.network.policy import EVERYTHING, Decision, Handling
from harness.network.site import Site
from harness.network.watchers import GIVE_UP, Event, State, Watcher, Watchers

_MAX_SOURCES = 64
"""Publishing addresses of one presentity that are told apart."""


class Policy(Protocol):
    """Who decides what a watcher may see."""

    def decide(self, presentity: str, watcher: str) -> Decision:
        """The decision on a watcher, both as canonical identities."""


class Sources(Protocol):
    """Where the state of presentities comes from."""

    def publications(self, presentity: str) -> tuple[Publication, ...]:
        """Soft state (RFC 3903)."""

    def permanent(self, presentity: str) -> tuple[bytes, ...]:
        """Hard state: the documents of pidf-manipulation (RFC 4827)."""


@dataclass(slots=True)
class _Revisions:
    """How often a presentity changed, in all and by which publisher."""

    total: int = 0
    by_source: dict[str, int] = field(default_factory=dict)


class PresenceServer:
    """Presentities, their watchers, and the documents that watchers get."""

    def __init__(
        self, site: Site, sources: Sources, policy: Policy, changed: Callable[[str], None]
    ) -> None:
        self._site = site
        self._sources = sources
        self._policy = policy
        self._changed = changed
        self._revisions: dict[str, _Revisions] = {}
        self.watchers = Watchers(site, changed)

    # -- state ---------------------------------------------------------------------------

    def presence_changed(self, presentity: str, source: Peer | None) -> None:
        """The presentity published (from `source`), or its state changed by other means.

        Hosts tell publishers apart: a UE publishes by TCP what it does not subscribe by.
        """
        revisions = self._revisions.get(presentity)
        if revisions is None:
            while len(self._revisions) >= self._site.limits.users:
                del self._revisions[next(iter(self._revisions))]
            revisions = self._revisions[presentity] = _Revisions()
        revisions.total += 1
        if source is not None:
            while len(revisions.by_source) >= _MAX_SOURCES:
                # What a forgotten publisher did counts as another's doing: one NOTIFY too many.
                del revisions.by_source[next(iter(revisions.by_source))]
            host = source.host
            revisions.by_source[host] = revisions.by_source.get(host, 0) + 1
        self._changed(presentity)

    def revision(self, presentity: str, publisher: str | None = None) -> int:
        """Counts up with each change other than what came from the host `publisher`."""
        revisions = self._revisions.get(presentity)
        if revisions is None:
            return 0
        own = revisions.by_source.get(publisher, 0) if publisher is not None else 0
        return revisions.total - own

    def shown(self, watcher: Watcher, publisher: str | None = None) -> int:
        """The revision as far as the watcher may know of it.

        RFC 5025 §3.2.1: with polite-block it is shown "unavailable", so it is never told of
        changes, which would give away that there are some.
        """
        if watcher.decision.handling is Handling.POLITE_BLOCK:
            return 0
        return self.revision(watcher.presentity, publisher)

    def is_known(self, presentity: str, publisher: str | None = None) -> bool:
        """Whether there is state of this presentity from elsewhere than the host `publisher`."""
        published = self._sources.publications(presentity)
        return any(
            each.source is None or each.source.host != publisher for each in published
        ) or bool(self._sources.permanent(presentity))

    # -- watchers ------------------------------------------------------------------------

    def watch(
        self, presentity: str, uri: str, display_name: str, expires_at: float, now: float
    ) -> Watcher:
        """Subscribe to a presentity; a watcher that policy refuses is terminated at once."""
        identity = self._site.identity(uri)
        decision = self._policy.decide(presentity, identity)
        # RFC 5025 §3.2.1: what each value of sub-handling does to a subscription.
        state, event = _DECIDED[decision.handling]
        if not self._site.serves(presentity) or self.watchers.is_full(presentity):
            state, event = State.TERMINATED, Event.NORESOURCE
        watcher = Watcher(
            id=self._site.new_id(),
            presentity=presentity,
            identity=identity,
            uri=identity,
            display_name=display_name,
            state=state,
            event=event,
            decision=decision,
            expires_at=expires_at,
        )
        if expires_at > now:
            self.watchers.add(watcher)
        elif state is State.PENDING:
            # RFC 3857 §4.7.1: "The waiting state is also needed to allow for authorization of
            # fetch attempts"; the states before are transient and not notified.
            watcher.state, watcher.event = State.WAITING, Event.TIMEOUT
            watcher.expires_at = now + GIVE_UP
            self.watchers.add(watcher)
        return watcher

    def rules_changed(self, presentity: str) -> None:
        """Decide anew on every watcher, since the rules or the lists they name changed."""
        for watcher in self.watchers.of(presentity):
            # What a watcher may see can be another part of the same state now.
            watcher.decision = self._policy.decide(presentity, watcher.identity)
            event = _REDECIDED.get((watcher.state, watcher.decision.handling))
            if event is not None:
                self.watchers.move(watcher, event)
        self._changed(presentity)

    # -- documents -----------------------------------------------------------------------

    def document(self, watcher: Watcher, entity: str) -> bytes | None:
        """What this watcher may see of the presentity now; None where nothing is known."""
        if watcher.state is not State.ACTIVE:
            # RFC 3856 §6.6.2: for a pending subscription "some kind of textual note".
            return make_pidf(entity, notes=(Note("Waiting for authorization", "en"),))
        if watcher.decision.handling is Handling.POLITE_BLOCK:
            # RFC 3856 §6.6.2: "offline" for a single contact, which does not reveal the block.
            return make_pidf(entity, tuples=(Tuple(id="t0", basic="closed"),))
        if not self.is_known(watcher.presentity):
            return None
        return self._composed(watcher.presentity, entity, watcher.decision)

    def _composed(self, presentity: str, entity: str, decision: Decision) -> bytes:
        published = (each.document for each in self._sources.publications(presentity))
        parts = [_passable(part) for part in (*self._permanent(presentity), *published)]
        try:
            whole = compose(entity, parts)
        except BodyError:
            # A document that no schema allows cannot be passed on; the others can.
            whole = compose(entity, [part for part in parts if _is_composable(entity, part)])
        if decision.transformations == EVERYTHING:
            return whole
        return filtered(parse_pidf(whole), decision.transformations)

    def _permanent(self, presentity: str) -> Iterable[Pidf]:
        for document in self._sources.permanent(presentity):
            try:
                yield parse_pidf(document)
            except BodyError:
                continue


_DECIDED = {
    Handling.ALLOW: (State.ACTIVE, Event.SUBSCRIBE),
    Handling.POLITE_BLOCK: (State.ACTIVE, Event.SUBSCRIBE),
    Handling.CONFIRM: (State.PENDING, Event.SUBSCRIBE),
    Handling.BLOCK: (State.TERMINATED, Event.REJECTED),
}

_REDECIDED = {
    (State.PENDING, Handling.ALLOW): Event.APPROVED,
    (State.PENDING, Handling.POLITE_BLOCK): Event.APPROVED,
    (State.PENDING, Handling.BLOCK): Event.REJECTED,
    (State.WAITING, Handling.ALLOW): Event.APPROVED,
    (State.WAITING, Handling.POLITE_BLOCK): Event.APPROVED,
    (State.WAITING, Handling.BLOCK): Event.REJECTED,
    (State.ACTIVE, Handling.BLOCK): Event.REJECTED,
    # The state machine has no way back to pending: the watcher has to subscribe anew.
    (State.ACTIVE, Handling.CONFIRM): Event.DEACTIVATED,
}


def _passable(document: Pidf) -> Pidf:
    """The document without components whose timestamp is none.

    RFC 3863 §4.1.7: a timestamp has a zone. What a publisher got wrong there is not repeated in
    our name.
    """

    def is_timed(part: Tuple | Person | Device) -> bool:
        return part.timestamp is None or part.timestamp.moment is not None

    return replace(
        document,
        tuples=tuple(filter(is_timed, document.tuples)),
        persons=tuple(filter(is_timed, document.persons)),
        devices=tuple(filter(is_timed, document.devices)),
    )


def _is_composable(entity: str, document: Pidf) -> bool:
    try:
        compose(entity, [document])
    except BodyError:
        return False
    return True
