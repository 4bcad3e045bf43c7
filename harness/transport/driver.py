"""Runs one endpoint on sockets: UDP, TCP and TLS for SIP, TCP and TLS for HTTP, and a clock."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import time
from collections.abc import Callable, Coroutine, Sequence

from harness.model import Endpoint, Peer, Send, Transport
from harness.sip.datagram import is_keepalive
from harness.transport.behind import Behind, MessageObserver
from harness.transport.connections import Connections
from harness.transport.datagrams import DatagramSockets, is_ip_address
from harness.transport.listening import ListenError, explain, refuse_exposed
from harness.transport.notices import Notices
from harness.transport.stream_sockets import CONNECT_SECONDS, StreamSockets
from harness.transport.streams import Patience
from harness.transport.tls import ClientTls, ServerTls

__all__ = ["Driver", "ListenError"]

_log = logging.getLogger(__name__)

# How often another port is asked for, where the system chooses.
_MAX_TRIES = 10
# Connections and names that are looked for at a time.
_MAX_TASKS = 256


class Driver:
    """The sockets of one endpoint, which is attached once the addresses are known.

    `observer` is called for every message in the order in which it crossed the sockets, TLS taken
    off; one that is `Behind` is waited for by `stop`. `failures` hears of exceptions that the
    endpoint raised: they are the harness's own fault.
    `notices` hears what a person should know of peers: a handshake that failed, and why.
    """

    def __init__(
        self,
        endpoint: Endpoint | None = None,
        observer: MessageObserver | None = None,
        failures: Callable[[BaseException], None] | None = None,
        *,
        notices: Callable[[str], None] | None = None,
        server_tls: ServerTls | None = None,
        client_tls: ClientTls | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        most_connections: int | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._observer = observer
        self._failures = failures
        self._loop: asyncio.AbstractEventLoop | None = None
        self._datagrams = DatagramSockets(self.heard_datagram)
        self.authority = server_tls.authority if server_tls is not None else None
        """The lab's certificate authority, where TLS is served."""
        self._streams = StreamSockets(
            self,
            Connections(patience, most_connections),
            Notices(notices),
            server_tls,
            client_tls,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._stopped = False

    # -- set-up ---------------------------------------------------------------------------------

    async def listen(self, listeners: Sequence[Peer], *, exposed: bool = False) -> tuple[Peer, ...]:
        """Open the listeners; a port of 0 is chosen by the system, the same one for UDP and TCP.

        Addresses that others can reach are refused unless `exposed`. Answers the addresses bound.
        Raises ListenError.
        """
        self._loop = asyncio.get_running_loop()
        for listener in listeners:
            if not exposed:
                refuse_exposed(listener)
        for _ in range(_MAX_TRIES - 1):
            try:
                return await self._listen_to_all(listeners)
            except ListenError as error:
                # A free UDP port that the system chose need not be free for TCP: choose again.
                self._close_listeners()
                if error.errno != errno.EADDRINUSE or all(each.port for each in listeners):
                    raise
        return await self._listen_to_all(listeners)

    async def _listen_to_all(self, listeners: Sequence[Peer]) -> tuple[Peer, ...]:
        bound: list[Peer] = []
        # Ports that the system chose wait for their twins: UDP and TCP of a host have the same.
        chosen: dict[str, list[int]] = {}
        for listener in listeners:
            port = listener.port
            waiting = chosen.get(f"{listener.host} {listener.transport.value}", [])
            if not port and waiting:
                port = waiting.pop(0)
            peer = await self._listen(Peer(listener.host, port, listener.transport))
            twin = _TWINS.get(listener.transport)
            if not port and twin is not None:
                chosen.setdefault(f"{listener.host} {twin.value}", []).append(peer.port)
            bound.append(peer)
        return tuple(bound)

    def _close_listeners(self) -> None:
        self._streams.close_listeners()
        self._datagrams.close()

    def attach(self, endpoint: Endpoint) -> None:
        """Let `endpoint` play; what came before is not heard."""
        self._endpoint = endpoint

    async def _listen(self, peer: Peer) -> Peer:
        try:
            if peer.transport is Transport.UDP:
                return await self._datagrams.open(peer)
            return self._streams.open(peer)
        except ListenError:
            raise
        except OSError as error:
            raise ListenError(error.errno, explain(peer, error)) from None

    async def stop(self) -> None:
        """Close every socket; what was queued for an open connection is still sent."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        self._close_listeners()
        await _settle()  # connections that have been accepted are made, and closed below
        self._streams.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await _settle()
        if isinstance(self._observer, Behind):
            await asyncio.to_thread(self._observer.stop)

    # -- what the endpoint says -----------------------------------------------------------------

    def perform(self, sends: Sequence[Send]) -> None:
        """Send what the endpoint asked for, then look at its timers."""
        for send in sends:
            self._send(send)
        self._set_timer()

    @property
    def now(self) -> float:
        """The endpoint's clock."""
        return self._running().time()

    def reached(self, peer: Peer) -> Peer | None:
        """Our listener's address as `peer` reached it last; None where it was not heard."""
        if peer.transport is Transport.UDP:
            return self._datagrams.reached(peer)
        return self._streams.reached(peer)

    def _send(self, send: Send) -> None:
        if self._stopped:
            return
        problem = _unreachable(send.destination)
        if problem:
            self.undelivered(send, problem)
        elif send.destination.transport is not Transport.UDP:
            self._streams.send(send)
        elif not send.data:
            return  # there is no connection to close
        elif is_ip_address(send.destination.host):
            self._send_datagram(send, send.destination)
        elif not self.spawn(self._send_by_name(send)):
            self.undelivered(send, "too many names are being looked up")

    async def _send_by_name(self, send: Send) -> None:
        """Send a datagram to a host name: looked up aside, so that everybody else is answered."""
        destination = send.destination
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                found = await self._running().getaddrinfo(
                    destination.host, destination.port, type=socket.SOCK_DGRAM
                )
        except (OSError, ValueError, TimeoutError) as error:
            self.undelivered(send, f"{destination.host} has no address: {error or 'no answer'}")
            return
        addresses = [Peer(str(row[4][0]), destination.port, Transport.UDP) for row in found]
        usable = [each for each in addresses if self._datagrams.toward(send.source, each)]
        self._send_datagram(send, (usable or addresses)[0])

    def _send_datagram(self, send: Send, destination: Peer) -> None:
        listener = self._datagrams.toward(send.source, destination)
        if listener is None:
            self.undelivered(send, f"no UDP listener can reach {destination}")
            return
        problem = listener.send(send.data, destination)
        if problem:
            self.undelivered(send, problem)
            return
        self.observe(send.data, listener.towards(destination), destination, "")

    # -- the endpoint -----------------------------------------------------------------------------

    def hear(self, data: bytes, source: Peer) -> None:
        """The endpoint is given a message."""
        self._ask(lambda endpoint: endpoint.receive(data, source, self.now))

    def heard_datagram(self, data: bytes, source: Peer, local: Peer) -> None:
        """A datagram arrived; a keep-alive is no message, but may want an answer."""
        self.observe(data, source, local, "")
        self.hear(data, source)

    def undelivered(self, send: Send, reason: str) -> None:
        """A message cannot be sent."""

        # From the loop, not from here: the endpoint may still be inside the call that sent it.
        def tell(endpoint: Endpoint) -> list[Send]:
            return endpoint.failed(send, reason, self.now)

        self._running().call_soon(self._ask, tell)

    def _tick(self) -> None:
        self._timer = None
        self._ask(lambda endpoint: endpoint.tick(self.now))

    def _ask(self, question: Callable[[Endpoint], list[Send]]) -> None:
        if self._stopped or self._endpoint is None:
            return
        try:
            sends = question(self._endpoint)
        except Exception as error:  # the endpoint's fault must not stop the others
            self._fault("the endpoint failed", error)
            sends = []
        self.perform(sends)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._endpoint.next_deadline() if self._endpoint else None
        if deadline is not None and not self._stopped:
            self._timer = self._running().call_at(deadline, self._tick)

    def observe(self, raw: bytes, source: Peer, destination: Peer, connection: str) -> None:
        """A message crosses a socket."""
        # A stream's keep-alives never come this far.
        is_message = bool(connection) or not is_keepalive(raw)
        if self._observer is None or self._stopped or not is_message:
            return
        try:
            self._observer(raw, source, destination, time.time(), connection=connection)
        except Exception as error:  # a full disk, say: the peer is answered all the same
            self._fault("the observer failed", error)

    def _fault(self, what: str, error: Exception) -> None:
        _log.error(what, exc_info=error)
        if self._failures is not None:
            self._failures(error)

    def spawn(self, work: Coroutine[None, None, None]) -> bool:
        """Do work aside; False where too much is being done."""
        if len(self._tasks) >= _MAX_TASKS:
            work.close()
            return False
        self.accept(work)
        return True

    def accept(self, work: Coroutine[None, None, None]) -> None:
        """Do aside what takes no longer than the loop's next round."""
        task = self._running().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("the driver listens first")
        return self._loop


async def _settle() -> None:
    """Let transports that open or close call connection_made or connection_lost."""
    for _ in range(3):
        await asyncio.sleep(0)


_TWINS = {Transport.UDP: Transport.TCP, Transport.TCP: Transport.UDP}
"""Transports that have the same port where the system chooses it (RFC 3261 §18.1.1: a request that
is too large for UDP goes to the same port over TCP)."""


def _unreachable(peer: Peer) -> str:
    """Why no peer can be there, whatever a Contact says; "" where one can."""
    if not 0 < peer.port <= 65535:
        return f"there is no port {peer.port}"
    if not (peer.host and peer.host.isascii() and peer.host.isprintable()):
        return f"{peer.host!r} is no host"
    return ""
