"""Requests of the network: where they go, their client transactions, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.model import Peer, Send, Transport
from harness.network.registrar import Registrar
from harness.network.reply import Header
from harness.network.site import Site, destination_of
from harness.sip.message import Request, Response, SerializeError, make_raw, make_request
from harness.sip.request_sending import MAGIC_COOKIE, make_via
from harness.sip.transaction import Failure, TransactionLayer
from harness.sip.uri import SipUri, UriError, parse_uri

Build = Callable[[str], Request]
"""Makes the request, given its top Via."""


@dataclass(frozen=True, slots=True)
class Final:
    """How a request ended: `status` is 408 without answer, 503 if it could not be sent."""

    request: Request
    status: int
    response: Response | None = None


Finished = Callable[[Final, float], None]
"""Hears of the end of a request, and when it was."""


def make_tolerant(method: str, uri: str, headers: Iterable[Header], body: bytes) -> Request:
    """A request that repeats what a peer wrote, even where the peer wrote it wrongly.

    From, To, Request-URI and Route of a dialog are the peer's (RFC 3261 §12.1.1); a UE with a
    small fault in them is served all the same. Raises SerializeError for what would not even stay
    on its line.
    """
    rows = list(headers)
    try:
        return make_request(method, uri, rows, body)
    except SerializeError:
        texts = (uri, *(value for _, value in rows))
        if any(mark in text for text in texts for mark in "\r\n\0"):
            raise
    rows.append(("Content-Length", str(len(body))))
    request = make_raw(f"{method} {uri} SIP/2.0", rows, body)
    assert isinstance(request, Request)
    return request


@dataclass(slots=True)
class _Waiting:
    """A request without final response; `others` are the destinations that are left to try."""

    build: Build
    others: tuple[Peer, ...]
    finished: Finished


class Outgoing:
    """Sends requests and tells their senders how they ended."""

    def __init__(self, site: Site, transactions: TransactionLayer, registrar: Registrar) -> None:
        self._site = site
        self._transactions = transactions
        self._registrar = registrar
        self._waiting: dict[str, _Waiting] = {}
        self._without_tcp: dict[tuple[str, int], None] = {}

    def send(
        self, build: Build, destinations: tuple[Peer, ...], finished: Finished, now: float
    ) -> list[Send]:
        """Send to the first destination; the others are for when it cannot be reached.

        `finished` is called once, later. Raises SerializeError where `build` does.
        """
        destination, *others = destinations
        branch = f"{MAGIC_COOKIE}{self._site.new_id()}"
        source = self._site.listener(destination)
        request = build(make_via(destination.transport, source, branch))
        self._waiting[branch] = _Waiting(build, tuple(others), finished)
        return self._transactions.send_request(
            request,
            destination,
            now,
            source=source if source.transport is destination.transport else None,
            prefer_udp=(destination.host, destination.port) in self._without_tcp,
        )

    def take_response(self, request: Request, response: Response, now: float) -> None:
        """A response to one of the requests; provisional ones say nothing."""
        if response.status < 200:
            return
        waiting = self._take(request)
        if waiting is not None:
            waiting.finished(Final(request, response.status, response), now)

    def take_failure(self, failure: Failure, now: float) -> list[Send]:
        """A request that ended without response; one that could not be sent goes elsewhere."""
        waiting = self._take(failure.request)
        if waiting is None:
            return []
        if failure.status == 503 and waiting.others:
            # RFC 3261 §8.1.3.1 counts it as 503, RFC 3263 §4.3 tries the next destination.
            return self.send(waiting.build, waiting.others, waiting.finished, now)
        waiting.finished(Final(failure.request, failure.status), now)
        return []

    def _take(self, request: Request) -> _Waiting | None:
        via = request.top_via
        return self._waiting.pop(via.branch, None) if via and via.branch else None

    def refused_tcp(self, send: Send) -> None:
        """Remember a peer that takes no TCP, so that the next large request is not held up."""
        if send.destination.transport is not Transport.TCP:
            return
        while len(self._without_tcp) >= self._site.limits.unreachable_peers:
            del self._without_tcp[next(iter(self._without_tcp))]
        self._without_tcp[send.destination.host, send.destination.port] = None

    def retargeted(self, uri: str) -> str:
        """The Request-URI that reaches a UE: a GRUU gives way to the contact it is bound to.

        What the proxy of the domain does to it (RFC 5627 §6.1, RFC 3261 §16.6 item 2).
        """
        if self._registrar.gruus.resolve(uri) is None:
            return uri
        bindings = self._registrar.bindings(uri)
        return bindings[-1].contact.uri if bindings else uri

    def destinations(self, next_hop: str, flow: Peer) -> tuple[Peer, ...]:
        """Where a request for `next_hop` goes; `flow` is where its peer's last request came from.

        The URI's own address where it is that of the peer, else the flow: a UE behind a NAT names
        an address that leads nowhere, and a GRUU leads to its contact (RFC 5627 §6.1).
        """
        bindings = self._registrar.bindings(next_hop) if self._site.serves(next_hop) else ()
        if bindings:
            # Once only: a contact can be an address-of-record here, its own or another's.
            next_hop, flow = bindings[-1].contact.uri, bindings[-1].source
        try:
            uri = parse_uri(next_hop)
        except UriError:
            return (flow,)
        if not isinstance(uri, SipUri):
            return (flow,)
        target = destination_of(uri, flow.transport if uri.transport is None else Transport.UDP)
        if flow.transport is Transport.TLS:
            # A phone has no certificate to take a connection with (RFC 3261 §26.3.2.1): its own
            # comes first.
            return (flow, target)
        if target.host != flow.host or target == flow:
            return (flow,)
        return (target, flow)
