"""The reference UE: performs the documented flow and answers whoever asks, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.model import Peer, Send
from harness.sip.datagram import is_keepalive
from harness.sip.message import Request, Response, parse
from harness.sip.transaction import Failure, Kind, TransactionLayer
from harness.ue.account import Account
from harness.ue.compose import Composer
from harness.ue.contacts import ContactList
from harness.ue.goals import FAREWELL, GOALS, Goal, accept_watchers
from harness.ue.keepalive import KeepAlive
from harness.ue.provisioning import Provisioning
from harness.ue.publication import Publication
from harness.ue.registration import Registration
from harness.ue.settings import Settings
from harness.ue.softstate import Phase, SoftState
from harness.ue.subscription import Subscription
from harness.ue.uac import Uac
from harness.ue.uas import Uas
from harness.ue.views import PresenceView, WatcherView
from harness.ue.wire import Wire
from harness.ue.xcap_client import XcapClient

_MAX_PROBLEMS = 100
_LISTENING = GOALS[-1]


class ReferenceUe:
    """A UE as an endpoint: `start` once, then `receive`, `tick` and `failed`.

    `wall_clock` tells seconds since the epoch for what is written into documents, `new_id` makes
    unguessable tokens of letters and digits.
    """

    def __init__(
        self, settings: Settings, wall_clock: Callable[[], float], new_id: Callable[[], str]
    ) -> None:
        self.settings = settings
        self.problems: list[str] = []
        self.done = False
        """Whether the flow is complete and quiet, or cannot go on (see `failure`)."""
        self.since = 0.0
        self.last_activity = 0.0
        self._account = Account(settings)
        self._layer = TransactionLayer(settings.timers)
        self._wire = Wire(settings.defects)
        self._uac = Uac(settings, self._account, self._layer, new_id, self._report)
        self._composer = Composer(settings)
        self.xcap = XcapClient(settings, new_id, settings.identity)
        self.contacts = ContactList(settings, self._composer, self.xcap, self._report)
        self.provisioning = Provisioning(
            settings, self._composer, self.xcap, wall_clock, self._report
        )
        self.watchers = WatcherView()
        self.presence = PresenceView()
        self.registration = Registration(self._uac)
        self.watcher_info = Subscription(self._uac, "presence.winfo", self.watchers)
        self.contacts_presence = Subscription(
            self._uac, "presence", self.presence, f";pres-list={settings.list_name}"
        )
        self.publication = Publication(
            self._uac,
            lambda: self._composer.publication(self._account.identity, wall_clock()),
            settings.persona.stored_tag,
        )
        self._states: tuple[SoftState, ...] = (
            self.registration,
            self.watcher_info,
            self.contacts_presence,
            self.publication,
        )
        subscriptions = (self.watcher_info, self.contacts_presence)
        self._uas = Uas(settings, self._account, self._layer, new_id, subscriptions)
        self._keepalive = KeepAlive(
            self._account.next_hop(settings.route, f"sip:{settings.domain}"), new_id
        )
        self._goals: Iterator[Goal] = iter(GOALS)
        self._goal: Goal | None = None
        self._is_leaving = False

    # -- what a caller asks -----------------------------------------------------------------------

    @property
    def state(self) -> str:
        """What the UE is doing, for people."""
        if self.failure:
            return f"failed: {self.failure}"
        if self._goal is None:
            return "done" if self.done else "not started"
        return f"{self._goal.name}: waits for {self._goal.waits_for}"

    @property
    def failure(self) -> str:
        """Why the flow cannot go on, or ""."""
        return self.registration.failure if self.registration.phase is Phase.FAILED else ""

    # -- the endpoint -----------------------------------------------------------------------------

    def start(self, now: float) -> list[Send]:
        """Begin the flow."""
        self._goal = next(self._goals)
        self.since = now
        return self._sent(self._goal.begin(self, now), now)

    def stop(self, now: float) -> list[Send]:
        """Leave in good order: unsubscribe, remove the publication, de-register."""
        if self._is_leaving:
            return []
        self._is_leaving = True
        self.done = False
        self._goals = iter(FAREWELL)
        return self._sent(self._next_goal(now), now)

    def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
        """Take one whole message."""
        if not source.transport.is_sip:
            self.last_activity = now
            return self._sent(self.xcap.receive(data, now), now)
        if is_keepalive(data):
            return []
        self.last_activity = now
        received = self._layer.receive(parse(self._wire.incoming(data)), source, now)
        sends = list(received.sends)
        message = received.message
        if received.kind is Kind.REQUEST and isinstance(message, Request):
            sends += self._uas.receive(message, now)
        if received.kind is Kind.RESPONSE and isinstance(message, Response):
            sends += self._uac.receive(received, now)
            if message.method == "REGISTER":
                self._mind_keepalive(message, now)
        return self._sent(sends, now)

    def tick(self, now: float) -> list[Send]:
        """Let the timers that are due by `now` fire."""
        outcome = self._layer.tick(now)
        sends = [*outcome.sends, *self._take_failures(outcome.failures, now)]
        for state in self._states:
            sends += state.tick(now)
        sends += self.xcap.tick(now)
        return self._sent(sends, now) + self._keepalive.tick(now)

    def next_deadline(self) -> float | None:
        """When `tick` wants to be called next."""
        deadlines = [
            self._layer.next_deadline(),
            self.xcap.next_deadline(),
            self._keepalive.next_deadline(),
            *(state.next_deadline() for state in self._states),
        ]
        if self._goal is not None and self._goal.deadline is not None and not self.done:
            deadlines.append(self._goal.deadline(self))
        return min((each for each in deadlines if each is not None), default=None)

    def failed(self, send: Send, reason: str, now: float) -> list[Send]:
        """The transport could not deliver `send`."""
        original = self._wire.original(send)
        if not send.destination.transport.is_sip:
            return self._sent(self.xcap.failed(original.data, reason, now), now)
        outcome = self._layer.failed(original, reason, now)
        sends = [*outcome.sends, *self._take_failures(outcome.failures, now)]
        return self._sent(sends, now)

    def _take_failures(self, failures: list[Failure], now: float) -> list[Send]:
        return [
            send
            for failure in failures
            if failure.is_client
            for send in self._uac.give_up(failure, now)
        ]

    def _mind_keepalive(self, response: Response, now: float) -> None:
        if self.registration.is_held and 200 <= response.status < 300:
            self._keepalive.learn(response, now)
        elif not self.registration.is_held:
            self._keepalive.stop()

    # -- the flow ---------------------------------------------------------------------------------

    def _sent(self, sends: list[Send], now: float) -> list[Send]:
        """Go on with the flow, then put everything on the wire."""
        if sends:
            self.last_activity = now
        sends = [*sends, *self._advance(now)]
        return [wired for send in sends for wired in self._wire.outgoing(send)]

    def _advance(self, now: float) -> list[Send]:
        sends: list[Send] = []
        if self.failure:
            self.done = True
            return sends
        while self._goal is not None and not self.done and self._goal.is_met(self, now):
            sends += self._finish_goal(now)
            self.last_activity = now
        if self._goal is _LISTENING and not self.xcap.is_busy:
            # Whoever asks later is accepted as well.
            sends += accept_watchers(self, now)
        return sends

    def _finish_goal(self, now: float) -> list[Send]:
        if self._goal is not _LISTENING:
            return self._next_goal(now)
        if self.settings.quit_after_flow:
            self._is_leaving = True
            self._goals = iter(FAREWELL)
            return self._next_goal(now)
        self.done = True
        return []

    def _next_goal(self, now: float) -> list[Send]:
        self._goal = next(self._goals, None)
        self.since = now
        if self._goal is None:
            self.done = True
            return []
        return self._goal.begin(self, now)

    def _report(self, problem: str) -> None:
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(problem)
