"""One client or server transaction: runs its state table (RFC 3261 §17.1.2, §17.2.2)."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import NamedTuple

from harness.model import Peer, Send
from harness.sip.message import Request, Response
from harness.sip.request_sending import Sending
from harness.sip.response_routing import next_response_destination, top_via
from harness.sip.timers import TimerQueue, Timers
from harness.sip.transaction_states import CLIENT, SERVER, Action, Event, State, Step, Table, step


@dataclass(frozen=True, slots=True)
class Failure:
    """A transaction that ended without a final response, or whose response cannot be delivered.

    `status` is what it counts as: 408 for a timeout, 503 for a transport error (RFC 3261
    §8.1.3.1). `is_client` tells whether `request` was ours.
    """

    request: Request
    status: int
    reason: str
    is_client: bool = True


class Outcome(NamedTuple):
    """What came of a timer or of a transport error: messages to send, and news for the TU."""

    sends: list[Send]
    failures: list[Failure]


Queue = TimerQueue["tuple[Transaction, Event]"]


def event_of(response: Response) -> Event:
    """What a response is to a state machine: RFC 3261 §17.1.2.2, "status codes 200-699"."""
    return Event.PROVISIONAL if response.status < 200 else Event.FINAL


class Transaction:
    """What both sides share; `key` is where the layer keeps it."""

    table: Table
    timers_used: tuple[Event, ...]

    def __init__(self, key: Hashable, request: Request, timers: Timers, queue: Queue) -> None:
        self.key = key
        self.request = request
        self.state = State.TRYING
        self.last: Send | None = None
        self._timers = timers
        self._queue = queue
        self._actions: dict[Action, Callable[[float], None]] = {}

    def handle(self, event: Event, now: float, reason: str = "") -> Outcome:
        """Take the step that the table has for an event."""
        next_step = step(self.table, self.state, event)
        self.state = next_step.state
        outcome = Outcome(self._sends_of(next_step), self._failures_of(next_step, reason))
        for action in next_step.actions:
            if action in self._actions:
                self._actions[action](now)
        if self.state is State.TERMINATED:
            for timer in self.timers_used:
                self._cancel(timer)
        return outcome

    def _sends_of(self, next_step: Step) -> list[Send]:
        return [self.last] if Action.SEND in next_step.actions and self.last is not None else []

    def _failures_of(self, next_step: Step, reason: str) -> list[Failure]:
        is_client = self.table is CLIENT
        if Action.INFORM_OF_TIMEOUT in next_step.actions:
            return [Failure(self.request, 408, "no final response", is_client)]
        if Action.INFORM_OF_ERROR in next_step.actions:
            return [Failure(self.request, 503, reason, is_client)]
        return []

    def _set(self, timer: Event, delay: float, now: float) -> None:
        if delay > 0:
            self._queue.set((self, timer), now + delay)
        else:
            self.handle(timer, now)

    def _cancel(self, timer: Event) -> None:
        self._queue.cancel((self, timer))


class ClientTransaction(Transaction):
    """A request of ours and the wait for its final response (RFC 3261 §17.1.2)."""

    table = CLIENT
    timers_used = (Event.TIMER_E, Event.TIMER_F, Event.TIMER_K)

    def __init__(
        self, key: Hashable, request: Request, sending: Sending, timers: Timers, queue: Queue
    ) -> None:
        super().__init__(key, request, timers, queue)
        self._sending = sending
        self._interval = timers.e
        self._actions = {
            Action.DOUBLE_TIMER_E: lambda now: self._restart_e(timers.e_after(self._interval), now),
            Action.CAP_TIMER_E: lambda now: self._restart_e(timers.t2, now),
            Action.START_TIMER_K: self._start_k,
        }

    def start(self, now: float) -> list[Send]:
        """Send the request for the first time."""
        return self._start(self._sending.send, now)

    def _start(self, send: Send, now: float) -> list[Send]:
        self.last = send
        self._set(Event.TIMER_F, self._timers.f, now)
        if not send.destination.transport.is_reliable:
            self._restart_e(self._timers.e, now)
        return [send]

    def _restart_e(self, interval: float, now: float) -> None:
        self._interval = interval
        self._set(Event.TIMER_E, interval, now)

    def _start_k(self, now: float) -> None:
        self._cancel(Event.TIMER_E)
        self._cancel(Event.TIMER_F)
        assert self.last is not None
        reliable = self.last.destination.transport.is_reliable
        self._set(Event.TIMER_K, self._timers.k(reliable=reliable), now)

    def failed(self, send: Send, reason: str, now: float) -> Outcome:
        """The request could not be sent: fall back from TCP to UDP, or end (RFC 3261 §17.1.4)."""
        if self.last is None or send.destination != self.last.destination:
            return Outcome([], [])
        fallback = self._sending.fallback
        if fallback is not None and self.state is State.TRYING:
            # RFC 3261 §18.1.1: a request that only its size took to TCP.
            self._sending = Sending(fallback)
            return Outcome(self._start(fallback, now), [])
        return self.handle(Event.TRANSPORT_ERROR, now, reason)


class ServerTransaction(Transaction):
    """A request of the peer and our response to it (RFC 3261 §17.2.2).

    `request` has its Via marked. `response_key` is where the layer finds it by a response.
    """

    table = SERVER
    timers_used = (Event.TIMER_J,)

    def __init__(
        self,
        keys: tuple[Hashable, Hashable],
        request: Request,
        destination: Peer,
        local: Peer | None,
        timers: Timers,
        queue: Queue,
    ) -> None:
        key, self.response_key = keys
        super().__init__(key, request, timers, queue)
        self._destination = destination
        self._local = local
        self._actions = {Action.START_TIMER_J: self._start_j}

    def respond(self, response: Response, now: float) -> Outcome:
        """Send a response of the TU; after a final one nothing more is sent."""
        event = event_of(response)
        if Action.SEND in step(self.table, self.state, event).actions:
            self.last = Send(response.raw, self._destination, self._local)
        return self.handle(event, now)

    def _start_j(self, now: float) -> None:
        reliable = self._destination.transport.is_reliable
        self._set(Event.TIMER_J, self._timers.j(reliable=reliable), now)

    def failed(self, send: Send, reason: str, now: float) -> Outcome:
        """The response could not be sent: try the next place, or give up (RFC 3261 §17.2.4)."""
        if send.destination != self._destination:
            return Outcome([], [])
        elsewhere = next_response_destination(top_via(self.request), send.destination)
        if elsewhere is None:
            return self.handle(Event.TRANSPORT_ERROR, now, reason)
        self._destination = elsewhere
        self.last = Send(send.data, elsewhere, self._local)
        return Outcome([self.last], [])
