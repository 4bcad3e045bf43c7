"""The played contact: the other person of the flow, who watches the UE and is watched by it.

It acts when the UE has done what a step rests on and has answered all that the network told it;
nothing is timed but the delay that the profile asks for.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.body.pidf import Contact, Pidf, ServiceDescription, Tuple, make_pidf, parse_pidf
from harness.body.tree import Timestamp
from harness.model import Peer, Send
from harness.network.binding import Binding
from harness.network.capabilities import CONTACT_METHODS, FEATURE_TAGS
from harness.network.compositor import Compositor
from harness.network.notifier import Notifier
from harness.network.outgoing import Final, Outgoing, make_tolerant
from harness.network.presence_server import PresenceServer
from harness.network.registrar import Registrar
from harness.network.site import SERVER, Site
from harness.network.subscriptions import Subscription
from harness.network.watchers import Event, State, Watcher
from harness.sip.fields import NameAddr
from harness.sip.message import Request, SerializeError
from harness.sip.timers import TimerQueue

LIFETIME = 604_800.0
"""Seconds that the contact's own subscription and publication last."""

PATIENCE = 2.0
"""Seconds that a granted contact leaves the UE for setting its own portrait before it publishes."""


class Step(enum.Enum):
    """What the contact does next for a UE, in this order."""

    SUBSCRIBE = enum.auto()
    PUBLISH = enum.auto()
    QUERY = enum.auto()
    DONE = enum.auto()


_NEXT: Mapping[Step, Step] = {
    Step.SUBSCRIBE: Step.PUBLISH,
    Step.PUBLISH: Step.QUERY,
    Step.QUERY: Step.DONE,
}


@dataclass(slots=True)
class Errand:
    """What the contact has to do with one UE.

    `due` is when it does the next step; what the UE did before `since` was in an earlier life.
    """

    ue: str
    since: float = 0.0
    step: Step = Step.SUBSCRIBE
    due: float | None = None
    watcher: Watcher | None = None
    granted_at: float | None = None
    is_patient: bool = False


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles that the contact goes through instead of the wire, and the one that sends."""

    registrar: Registrar
    compositor: Compositor
    server: PresenceServer
    notifier: Notifier
    outgoing: Outgoing


class PlayedContact:
    """The person whom the profile names as contact."""

    def __init__(
        self, site: Site, roles: Roles, has_portrait: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._site = site
        self._roles = roles
        self._has_portrait = has_portrait
        self.identity = site.identity(site.profile.pixit.contact)
        self._errands: dict[str, Errand] = {}
        # Of thousands of UEs few have news at a time: the others' errands are not looked at.
        self._stirred: dict[str, None] = {}
        self._timers: TimerQueue[str] = TimerQueue()
        self._etag = ""
        self._actions: Mapping[Step, Callable[[Errand, float], list[Send]]] = {
            Step.SUBSCRIBE: self._subscribe,
            Step.PUBLISH: self._publish,
            Step.QUERY: self._query,
        }
        self._conditions: Mapping[Step, Callable[[Errand, float], bool]] = {
            Step.SUBSCRIBE: self._is_ready,
            Step.PUBLISH: self._is_granted,
            Step.QUERY: self._is_quiet,
            Step.DONE: lambda errand, now: False,
        }

    def notice(self, identity: str) -> None:
        """A user has subscribed or published: from now on the contact keeps an eye on it."""
        if identity == self.identity:
            return
        has_room = len(self._errands) < self._site.limits.contact_errands
        if identity not in self._errands and has_room:
            self._errands[identity] = Errand(identity)
        self.stir(identity)

    def stir(self, identity: str) -> None:
        """Something happened that has to do with a user: its errand is looked at again."""
        if identity in self._errands:
            self._stirred[identity] = None

    def restart(self, identity: str, now: float) -> None:
        """The UE has started anew: so does what the contact does with it."""
        errand = self._errands.get(identity)
        if errand is not None:
            self._give_up(errand)
            self._errands[identity] = Errand(identity, since=now)
            self.stir(identity)

    def step_of(self, identity: str) -> Step | None:
        """What comes next for a user, None for one that was not noticed."""
        errand = self._errands.get(identity)
        return errand.step if errand else None

    def advance(self, now: float) -> list[Send]:
        """Do what is due."""
        for identity in self._timers.due(now):
            self.stir(identity)
        stirred, self._stirred = self._stirred, {}
        sends: list[Send] = []
        for errand in [self._errands[each] for each in stirred if each in self._errands]:
            if self._has_left(errand.ue):
                self._give_up(errand)
                continue
            sends += self._move(errand, now)
            self._set_timer(errand)
        return sends

    def _move(self, errand: Errand, now: float) -> list[Send]:
        if not self._conditions[errand.step](errand, now):
            errand.due = None
            return []
        if errand.due is None:
            errand.due = now + self._site.profile.network.contact_delay
        return self._act(errand, now) if errand.due <= now else []

    def _act(self, errand: Errand, now: float) -> list[Send]:
        action = self._actions[errand.step]
        errand.step, errand.due = _NEXT[errand.step], None
        # The next step may rest on nothing else.
        self.stir(errand.ue)
        return action(errand, now)

    def _set_timer(self, errand: Errand) -> None:
        moment = errand.due
        # Once the patience has ended only an answer of the UE can be waited for.
        if errand.step is Step.PUBLISH and errand.granted_at is not None and errand.is_patient:
            patience = errand.granted_at + PATIENCE
            moment = patience if moment is None else min(moment, patience)
        if moment is None:
            self._timers.cancel(errand.ue)
        else:
            self._timers.set(errand.ue, moment)

    def next_deadline(self) -> float | None:
        """When `advance` wants to be called though nothing happened."""
        return self._timers.next_deadline()

    # -- what the steps rest on ----------------------------------------------------------------

    def _has_left(self, ue: str) -> bool:
        """Whether a UE is no more there: it starts anew when it comes back."""
        roles = self._roles
        return not (
            roles.notifier.subscriptions(ue)
            or roles.compositor.publications(ue)
            or roles.registrar.bindings(ue)
        )

    def _give_up(self, errand: Errand) -> None:
        del self._errands[errand.ue]
        self._timers.cancel(errand.ue)
        if errand.watcher is not None:
            self._roles.server.watchers.move(errand.watcher, Event.TIMEOUT)

    def _is_ready(self, errand: Errand, now: float) -> bool:
        """The UE is registered, has published, hears of its watchers and has answered."""
        roles = self._roles
        publications = roles.compositor.publications(errand.ue)
        return (
            any(each.package.is_owner_only for each in self._subscriptions(errand))
            and bool(roles.registrar.bindings(errand.ue))
            and any(each.stored_at >= errand.since for each in publications)
            and self._is_quiet(errand, now)
        )

    def _is_granted(self, errand: Errand, now: float) -> bool:
        """The UE lets the contact watch it, was told so, and has set its portrait or will not."""
        if errand.watcher is None or errand.watcher.state is not State.ACTIVE:
            errand.granted_at, errand.is_patient = None, False
            return False
        if errand.granted_at is None:
            errand.granted_at = now
        has_had_time = now >= errand.granted_at + PATIENCE
        errand.is_patient = not has_had_time
        return (has_had_time or self._has_portrait(errand.ue)) and self._is_quiet(errand, now)

    def _is_quiet(self, errand: Errand, now: float) -> bool:
        notifier = self._roles.notifier
        return all(notifier.is_quiet(each, now) for each in self._subscriptions(errand))

    def _subscriptions(self, errand: Errand) -> Iterator[Subscription]:
        every = self._roles.notifier.subscriptions(errand.ue)
        return (each for each in every if each.created_at >= errand.since)

    # -- the steps ---------------------------------------------------------------------------------

    def _subscribe(self, errand: Errand, now: float) -> list[Send]:
        name = self._site.profile.pixit.contact_display_name
        errand.watcher = self._roles.server.watch(
            errand.ue, self.identity, name, now + LIFETIME, now
        )
        return []

    def _publish(self, errand: Errand, now: float) -> list[Send]:
        self._etag = self._roles.compositor.put(
            self.identity, self._document(), now, LIFETIME, self._etag
        )
        return []

    def _document(self) -> Pidf:
        moment = datetime.fromtimestamp(self._site.wall_clock(), UTC)
        service = Tuple(
            id="a0",
            basic="open",
            service=ServiceDescription("org.openmobilealliance:StandaloneMsg", "2.0"),
            contact=Contact(self.identity),
            timestamp=Timestamp(moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
        )
        return parse_pidf(make_pidf(self.identity, tuples=(service,)))

    def _query(self, errand: Errand, now: float) -> list[Send]:
        """Ask for the UE's capabilities at its latest contact (RFC 3261 §11.1)."""
        bindings = self._roles.registrar.bindings(errand.ue)
        if not bindings:
            return []
        binding = bindings[-1]
        next_hop = NameAddr(binding.contact.uri).uri
        destinations = self._roles.outgoing.destinations(next_hop, binding.source)
        headers = self._query_headers(errand.ue, binding, destinations[0])

        def build(via: str) -> Request:
            return make_tolerant("OPTIONS", binding.contact.uri, [("Via", via), *headers], b"")

        try:
            return self._roles.outgoing.send(build, destinations, _take_note, now)
        except SerializeError:
            # The UE registered a contact that no Request-URI can be made of.
            return []

    def _query_headers(self, ue: str, binding: Binding, toward: Peer) -> list[tuple[str, str]]:
        name = self._site.profile.pixit.contact_display_name
        sender = NameAddr(self.identity, display_name=name)
        user = self.identity.removeprefix("sip:").partition("@")[0]
        # RFC 3261 §8.1.1.8: to a SIPS URI with a SIPS URI in Contact.
        secure = binding.contact.uri.lower().startswith("sips:")
        return [
            ("Max-Forwards", "70"),
            # RFC 3327 §5.4: the path of the contact is the route to it.
            *(("Route", route) for route in binding.path),
            ("From", f"{sender};tag={self._site.new_id()}"),
            ("To", f"<{ue}>"),
            ("Call-ID", self._site.new_id()),
            ("CSeq", "1 OPTIONS"),
            ("Contact", f"<{self._site.uri(user, toward, secure=secure)}>{FEATURE_TAGS}"),
            ("Accept-Contact", f"*{FEATURE_TAGS}"),
            # RFC 3261 §11.1: the message bodies that the UAC wishes to receive.
            ("Accept", "application/sdp"),
            ("Allow", CONTACT_METHODS),
            ("Date", self._site.date()),
            ("User-Agent", SERVER),
        ]


def _take_note(final: Final, now: float) -> None:
    """The UE's answer is for the judge; the contact has nothing left to do."""
