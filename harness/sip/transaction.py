"""The transaction layer without I/O: both sides of non-INVITE transactions (RFC 3261 §17).

Who does what:

- The caller writes the Via of its requests (`make_via`), since the branch is an identifier and
  those come from outside. The layer only rewrites its transport, where the size of the request
  makes it leave UDP (RFC 3261 §18.1.1).
- The layer marks the Via of received requests, finds the way of responses, repeats what has to be
  repeated on UDP, and absorbs repetitions.
- An INVITE is served by the same machine as all others: a repeated INVITE gets the same response
  and an ACK goes to nobody. A response to it is not repeated by Timer G (§17.2.1): the harness
  takes no calls.
"""

from __future__ import annotations

import enum
from collections.abc import Hashable
from dataclasses import dataclass, field

from harness.model import Peer, Send
from harness.sip.message import Message, Request, Response, parse
from harness.sip.request_sending import MAGIC_COOKIE, make_via, prepare
from harness.sip.response_routing import (
    mark_received,
    next_response_destination,
    response_destination,
    sent_by,
    stateless_destination,
    top_via,
    top_via_text,
)
from harness.sip.timers import TimerQueue, Timers
from harness.sip.transaction_machine import (
    ClientTransaction,
    Failure,
    Outcome,
    Queue,
    ServerTransaction,
    Transaction,
    event_of,
)
from harness.sip.transaction_states import CLIENT, Action, Event, State, step

__all__ = [
    "MAX_TRANSACTIONS",
    "Failure",
    "Kind",
    "Outcome",
    "Received",
    "Timers",
    "TransactionError",
    "TransactionLayer",
    "make_via",
]

MAX_TRANSACTIONS = 10_000
"""Transactions of each side that are kept; the oldest gives way."""


class TransactionError(Exception):
    """A message that the caller must not hand over: a fault of ours, never of the peer."""


class Kind(enum.StrEnum):
    """What a received message is to the TU."""

    REQUEST = "request"
    """A new request: answer it with `send_response`."""
    RESPONSE = "response"
    """A provisional response, or the first final one, to `Received.request`."""
    RETRANSMISSION = "retransmission"
    """Seen before and dealt with: what has to be repeated is in `Received.sends`."""
    STRAY = "stray"
    """Nothing to answer: a response to no request of ours, an ACK, bytes without start-line."""


@dataclass(frozen=True, slots=True)
class Received:
    """What the layer made of a message.

    `message` is the request with its Via marked (its `raw` as it came), or the response. `request`
    is what a response belongs to: the very object that was handed to `send_request`.
    """

    kind: Kind
    message: Request | Response
    source: Peer
    request: Request | None = None
    sends: list[Send] = field(default_factory=list)


class TransactionLayer:
    """All transactions of one endpoint.

    `path_mtu` in bytes, where it is known, moves the limit of 1300 bytes (RFC 3261 §18.1.1).
    `now` is always seconds on one monotonic clock.
    """

    def __init__(
        self,
        timers: Timers | None = None,
        *,
        path_mtu: int | None = None,
        limit: int = MAX_TRANSACTIONS,
    ) -> None:
        self.timers = timers or Timers()
        self._path_mtu = path_mtu
        self._limit = limit
        self._clients: dict[Hashable, ClientTransaction] = {}
        self._servers: dict[Hashable, ServerTransaction] = {}
        self._by_response: dict[Hashable, ServerTransaction] = {}
        self._queue: Queue = TimerQueue()
        self._dropped: list[Failure] = []

    def __len__(self) -> int:
        """How many transactions are not terminated."""
        return len(self._clients) + len(self._servers)

    # -- sending ---------------------------------------------------------------------------

    def send_request(
        self,
        request: Request,
        destination: Peer,
        now: float,
        *,
        source: Peer | None = None,
        prefer_udp: bool = False,
    ) -> list[Send]:
        """Start a client transaction (RFC 3261 §17.1.2).

        `source` is the local address to send from. `prefer_udp` keeps a large request on UDP.
        Raises TransactionError where the top Via has no branch, or one that a transaction of this
        method has already. An ACK is sent without transaction (§17.1.1.3).
        """
        sending = prepare(
            request, destination, source, path_mtu=self._path_mtu, prefer_udp=prefer_udp
        )
        if request.method == "ACK":
            return [sending.send]
        via = top_via(request)
        if via is None or not via.branch:
            raise TransactionError(f"{request.method} has no branch in its top Via")
        key = _client_key(via.branch, request.method)
        if key in self._clients:
            raise TransactionError(f"{request.method} uses the branch {via.branch} again")
        self._make_room(self._clients)
        transaction = ClientTransaction(key, request, sending, self.timers, self._queue)
        self._clients[key] = transaction
        return transaction.start(now)

    def send_response(
        self, response: Response, now: float, *, request: Request | None = None
    ) -> list[Send]:
        """Send a response of the TU through its server transaction (RFC 3261 §17.2.2).

        The transaction is found by what the response mirrors; give the received `request` where
        the response mirrors it falsely on purpose. A second final response is discarded: nothing
        is sent. Where the transaction is gone, the response follows its Via without state; raises
        TransactionError where that leads nowhere.
        """
        key = _response_key(response if request is None else request)
        transaction = self._by_response.get(key)
        if transaction is None:
            via = top_via(response)
            destination = stateless_destination(via) if via is not None else None
            if destination is None:
                raise TransactionError("the response has no transaction and no Via to follow")
            return [Send(response.raw, destination)]
        outcome = transaction.respond(response, now)
        self._forget_if_terminated(transaction)
        return outcome.sends

    # -- receiving -------------------------------------------------------------------------

    def receive(
        self, message: Message, source: Peer, now: float, *, local: Peer | None = None
    ) -> Received:
        """Take in one parsed message from `source`.

        `local` is the address that it was sent to: "the response MUST be sent from the same
        address and port that the corresponding request was received on" (RFC 3581 §4). With a
        single listener it may be left out.
        """
        if isinstance(message, Response):
            return self._receive_response(message, source, now)
        assert isinstance(message, Request)
        return self._receive_request(message, source, now, local)

    def _receive_response(self, response: Response, source: Peer, now: float) -> Received:
        transaction = self._match_response(response)
        # RFC 3261 §18.3: "If the transport packet ends before the end of the message body ... If
        # the message is a response, it MUST be discarded."
        is_cut = (response.content_length or 0) > len(response.body)
        if transaction is None or is_cut:
            return Received(Kind.STRAY, response, source)
        event = event_of(response)
        is_news = Action.PASS_TO_TU in step(CLIENT, transaction.state, event).actions
        transaction.handle(event, now)
        self._forget_if_terminated(transaction)
        kind = Kind.RESPONSE if is_news else Kind.RETRANSMISSION
        return Received(kind, response, source, transaction.request)

    def _match_response(self, response: Response) -> ClientTransaction | None:
        via = top_via(response)
        if via is None or not via.branch:
            return None
        # RFC 3261 §17.1.3: the branch of the top Via and the method of CSeq.
        transaction = self._clients.get(_client_key(via.branch, response.method))
        if transaction is None:
            return None
        ours = top_via(transaction.request)
        # §18.1.2: a sent-by that is not ours: "the response MUST be silently discarded".
        if ours is None or sent_by(via) != sent_by(ours):
            return None
        # §8.1.3.3: a Via before ours, so it was misrouted; "the UAC SHOULD discard the message".
        if response.headers.count("Via") > transaction.request.headers.count("Via"):
            return None
        return transaction

    def _receive_request(
        self, request: Request, source: Peer, now: float, local: Peer | None
    ) -> Received:
        marked = mark_received(request, source)
        if request.method in ("", "ACK"):
            return Received(Kind.STRAY, marked, source)
        key = _server_key(request, source)
        known = self._servers.get(key)
        if known is not None:
            sends = known.handle(Event.REQUEST, now).sends
            return Received(Kind.RETRANSMISSION, marked, source, sends=sends)
        self._make_room(self._servers)
        transaction = ServerTransaction(
            (key, _response_key(marked)),
            marked,
            response_destination(top_via(marked), source),
            local,
            self.timers,
            self._queue,
        )
        self._servers[key] = transaction
        self._by_response[transaction.response_key] = transaction
        return Received(Kind.REQUEST, marked, source)

    # -- time and errors -------------------------------------------------------------------

    def tick(self, now: float) -> Outcome:
        """Let the timers that are due by `now` fire; requests without answer are failures."""
        failures, self._dropped = self._dropped, []
        sends: list[tuple[Transaction, Send]] = []
        for transaction, timer in self._queue.due(now):
            outcome = transaction.handle(timer, now)
            sends.extend((transaction, send) for send in outcome.sends)
            failures.extend(outcome.failures)
            self._forget_if_terminated(transaction)
        # After a long sleep Timers E and F may both be due: no use in a last repetition.
        return Outcome(
            [send for sender, send in sends if sender.state is not State.TERMINATED], failures
        )

    def next_deadline(self) -> float | None:
        """When `tick` has to be called next, or None."""
        return self._queue.next_deadline()

    def failed(self, send: Send, reason: str, now: float) -> Outcome:
        """The transport could not deliver `send` (RFC 3261 §17.1.4, §17.2.4, §18.4).

        A large request that TCP refused goes by UDP (§18.1.1), a response goes to the next place
        that its Via names (§18.2.2); else the transaction ends and is a failure.
        """
        message = parse(send.data)
        via = top_via(message)
        transaction: ClientTransaction | ServerTransaction | None
        if isinstance(message, Response):
            transaction = self._by_response.get(_response_key(message))
        else:
            transaction = self._clients.get(
                _client_key(via.branch if via is not None else None, message.method)
            )
        if transaction is not None:
            outcome = transaction.failed(send, reason, now)
            self._forget_if_terminated(transaction)
            return outcome
        # On a stream a final response ends its transaction before it is known to be sent.
        elsewhere = None
        if isinstance(message, Response):
            elsewhere = next_response_destination(via, send.destination)
        return Outcome([Send(send.data, elsewhere)] if elsewhere else [], [])

    # -- bookkeeping -----------------------------------------------------------------------

    def _make_room(
        self, side: dict[Hashable, ClientTransaction] | dict[Hashable, ServerTransaction]
    ) -> None:
        while len(side) >= self._limit:
            oldest: Transaction = side[next(iter(side))]
            if isinstance(oldest, ClientTransaction) and oldest.state is not State.COMPLETED:
                self._dropped.append(Failure(oldest.request, 503, "too many transactions"))
            oldest.state = State.TERMINATED
            for timer in oldest.timers_used:
                self._queue.cancel((oldest, timer))
            self._forget_if_terminated(oldest)

    def _forget_if_terminated(self, transaction: Transaction) -> None:
        if transaction.state is not State.TERMINATED:
            return
        if isinstance(transaction, ServerTransaction):
            self._servers.pop(transaction.key, None)
            if self._by_response.get(transaction.response_key) is transaction:
                del self._by_response[transaction.response_key]
        else:
            self._clients.pop(transaction.key, None)


def _client_key(branch: str | None, method: str) -> Hashable:
    # Tokens in header fields compare without case (RFC 3261 §7.3.1), methods with (§7.1).
    return ((branch or "").lower(), method)


def _server_key(request: Request, source: Peer) -> Hashable:
    """What makes a request a retransmission of another (RFC 3261 §17.2.3)."""
    via = top_via(request)
    if via is None:
        # Nothing of the rules applies; the same bytes from the same place are the same request.
        return (source, request.raw)
    branch = (via.branch or "").lower()
    if branch.startswith(MAGIC_COOKIE.lower()) and branch != MAGIC_COOKIE.lower():
        return (branch, sent_by(via), request.method)
    # The rules for RFC 2543 clients; a cookie without identifier falls under them as well
    # (RFC 4475 §3.2.1).
    return (
        request.uri,
        request.to.tag if request.to else None,
        request.from_.tag if request.from_ else None,
        request.call_id,
        request.cseq,
        request.method,
        via,
    )


def _response_key(message: Request | Response) -> Hashable:
    """What a response mirrors of its request (RFC 3261 §8.2.6.2), enough to tell them apart.

    The To tag and the Request-URI, by which RFC 2543 tells requests apart too, are not mirrored
    or not yet there.
    """
    return (top_via_text(message), message.call_id, message.headers.get("CSeq"))
