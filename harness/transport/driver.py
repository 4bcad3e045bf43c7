"""Runs one endpoint on sockets: UDP and TCP for SIP, TCP for HTTP, timers from the loop's clock."""

from __future__ import annotations

import asyncio
import errno
import itertools
import logging
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Literal, Protocol

from harness.model import Endpoint, Peer, Send, Transport
from harness.sip.datagram import is_keepalive
from harness.transport.datagrams import Datagrams, is_ip_address, open_datagrams
from harness.transport.listening import explain
from harness.transport.streams import Framing, HttpFraming, SipFraming, StreamConnection

_log = logging.getLogger(__name__)

# A phone that drops TCP's SYNs gets a large request by UDP after this (RFC 3261 §18.1.1), well
# before the transaction's own timeout.
_CONNECT_SECONDS = 2.0
# Well below the 1024 open files that a process usually may have.
_MAX_CONNECTIONS = 512
# What waits for one connection to be made.
_MAX_WAITING = 64
# How often another port is asked for, where the system chooses.
_MAX_TRIES = 10
# Connections and names that are looked for at a time.
_MAX_TASKS = 256


class ListenError(OSError):
    """An address cannot be listened on; the text says which, why and what to do."""


class MessageObserver(Protocol):
    """Hears of each message on the wire, sent or received, in order."""

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> object: ...


class Driver:
    """The sockets of one endpoint, which is attached once the addresses are known.

    `observer` is called for every message in the order in which it crossed the sockets.
    `failures` hears of exceptions that the endpoint raised: they are the harness's own fault.
    """

    def __init__(
        self,
        endpoint: Endpoint | None = None,
        observer: MessageObserver | None = None,
        failures: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._observer = observer
        self._failures = failures
        self._loop: asyncio.AbstractEventLoop | None = None
        self._datagrams: list[Datagrams] = []
        self._servers: list[asyncio.Server] = []
        self._connections: dict[Peer, StreamConnection] = {}
        self._connecting: dict[Peer, list[Send]] = {}
        self._outstanding: dict[Peer, Send] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._names = itertools.count(1)
        self._stopped = False

    # -- set-up ---------------------------------------------------------------------------------

    async def listen(self, listeners: Sequence[Peer]) -> tuple[Peer, ...]:
        """Open the listeners; a port of 0 is chosen by the system, the same one for all SIP.

        Answers the addresses bound. Raises ListenError.
        """
        self._loop = asyncio.get_running_loop()
        for _ in range(_MAX_TRIES - 1):
            try:
                return await self._listen_to_all(listeners)
            except ListenError as error:
                # A free UDP port that the system chose need not be free for TCP: choose again.
                if error.errno != errno.EADDRINUSE or any(each.port for each in listeners):
                    raise
                self._close_listeners()
        return await self._listen_to_all(listeners)

    async def _listen_to_all(self, listeners: Sequence[Peer]) -> tuple[Peer, ...]:
        bound: list[Peer] = []
        chosen: dict[str, int] = {}
        for listener in listeners:
            shared = listener.port or (chosen.get(listener.host, 0) if _is_sip(listener) else 0)
            peer = await self._listen(Peer(listener.host, shared, listener.transport))
            if _is_sip(listener):
                chosen.setdefault(listener.host, peer.port)
            bound.append(peer)
        return tuple(bound)

    def _close_listeners(self) -> None:
        for server in self._servers:
            server.close()
        for datagrams in self._datagrams:
            datagrams.close()
        self._servers, self._datagrams = [], []

    def attach(self, endpoint: Endpoint) -> None:
        """Let `endpoint` play; what came before is not heard."""
        self._endpoint = endpoint

    async def _listen(self, peer: Peer) -> Peer:
        loop = self._running()
        try:
            if peer.transport is Transport.UDP:
                datagrams = await open_datagrams(peer, self.heard_datagram)
                self._datagrams.append(datagrams)
                return datagrams.local
            server = await loop.create_server(
                lambda: self._connection(peer.transport), peer.host, peer.port
            )
        except OSError as error:
            raise ListenError(error.errno, explain(peer, error)) from None
        self._servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return Peer(peer.host, port, peer.transport)

    async def stop(self) -> None:
        """Close every socket; what was queued for an open connection is still sent."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        # asyncio loses a connection that is being accepted while its server closes: none comes any
        # more, then those that have come are made, and closed below.
        for server in self._servers:
            for listening in server.sockets:
                self._running().remove_reader(listening.fileno())
        await _settle()
        self._close_listeners()
        for connection in list(self._connections.values()):
            connection.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await _settle()

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

    def _send(self, send: Send) -> None:
        if self._stopped:
            return
        problem = _unreachable(send.destination)
        if problem:
            self._undelivered(send, problem)
            return
        if send.destination.transport is Transport.UDP:
            if is_ip_address(send.destination.host):
                self._send_datagram(send, send.destination)
            else:
                self._spawn(send, self._send_by_name(send))
            return
        connection = self._connections.get(send.destination)
        if connection is not None and connection.is_open:
            self._write(connection, send)
        elif send.destination in self._connecting:
            self._wait(send)
        else:
            self._connecting[send.destination] = [send]
            self._spawn(send, self._connect(send.destination))

    def _wait(self, send: Send) -> None:
        waiting = self._connecting[send.destination]
        if len(waiting) < _MAX_WAITING:
            waiting.append(send)
        else:
            self._undelivered(send, f"too much is waiting for a connection to {send.destination}")

    async def _send_by_name(self, send: Send) -> None:
        """Send a datagram to a host name: looked up aside, so that everybody else is answered."""
        destination = send.destination
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                found = await self._running().getaddrinfo(
                    destination.host, destination.port, type=socket.SOCK_DGRAM
                )
        except (OSError, ValueError, TimeoutError) as error:
            self._undelivered(send, f"{destination.host} has no address: {error or 'no answer'}")
            return
        addresses = [Peer(str(row[4][0]), destination.port, Transport.UDP) for row in found]
        usable = [each for each in addresses if self._datagrams_for(send, each) is not None]
        self._send_datagram(send, (usable or addresses)[0])

    def _send_datagram(self, send: Send, destination: Peer) -> None:
        listener = self._datagrams_for(send, destination)
        if listener is None:
            self._undelivered(send, f"no UDP listener can reach {destination}")
            return
        problem = listener.send(send.data, destination)
        if problem:
            self._undelivered(send, problem)
            return
        self._observe(send.data, listener.towards(destination), destination, "")

    def _datagrams_for(self, send: Send, destination: Peer) -> Datagrams | None:
        family = ":" in destination.host
        able = [each for each in self._datagrams if (":" in each.local.host) == family]
        for each in able:
            if send.source is not None and each.local.port == send.source.port:
                return each
        return able[0] if able else None

    def _write(self, connection: StreamConnection, send: Send) -> None:
        if isinstance(connection.framing, HttpFraming) and not _is_response(send.data):
            connection.framing.expect(send.data.split(b" ", 1)[0].decode("ascii", "replace"))
            self._outstanding[connection.peer] = send
        self._observe(send.data, connection.local, connection.remote, connection.name)
        connection.write(send.data)
        if connection.kind in (Transport.HTTP, Transport.HTTPS) and _ends_connection(send.data):
            connection.close()

    # -- connections ----------------------------------------------------------------------------

    def _connection(self, kind: Transport, asked: Peer | None = None) -> StreamConnection:
        role: Literal["server", "client"] = "client" if asked else "server"
        framing: Framing = SipFraming() if kind.is_sip else HttpFraming(role)
        return StreamConnection(
            kind,
            framing,
            made=self._made,
            received=self._received,
            lost=self._lost,
            asked=asked,
        )

    async def _connect(self, destination: Peer) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await self._running().create_connection(
                    lambda: self._connection(destination.transport, destination),
                    destination.host,
                    destination.port,
                )
        except (OSError, ValueError, TimeoutError) as error:
            reason = str(error) or "no answer"
        else:
            reason = "it was reset at once"
        # Nothing waits any more where the connection was made.
        for send in self._connecting.pop(destination, []):
            self._undelivered(send, f"no connection to {destination}: {reason}")

    def _made(self, connection: StreamConnection) -> None:
        connection.name = f"{connection.kind.value}-{next(self._names)}"
        if self._stopped:  # accepted while the listeners closed
            connection.close()
            return
        if len(self._connections) >= _MAX_CONNECTIONS:
            # Who only holds connections must not keep the phone out: the one silent longest goes.
            self._connections.pop(next(iter(self._connections))).close()
        self._connections[connection.peer] = connection
        for send in self._connecting.pop(connection.peer, []):
            self._write(connection, send)

    def _received(self, connection: StreamConnection, message: bytes) -> None:
        self._outstanding.pop(connection.peer, None)
        if self._connections.pop(connection.peer, None) is not None:
            # Put last again: the connections stand in order of their last message.
            self._connections[connection.peer] = connection
        self._observe(message, connection.remote, connection.local, connection.name)
        if connection.asked and not connection.kind.is_sip and _ends_connection(message):
            # RFC 9112 §9.6: nothing more may be sent on it. The next request opens another.
            self._connections.pop(connection.peer, None)
            connection.close()
        self._hear(message, connection.peer)

    def _lost(self, connection: StreamConnection, reason: str) -> None:
        if self._connections.get(connection.peer) is connection:
            del self._connections[connection.peer]
        unanswered = self._outstanding.pop(connection.peer, None)
        if unanswered is not None and not self._stopped:
            self._undelivered(unanswered, reason)

    # -- the endpoint -----------------------------------------------------------------------------

    def _hear(self, data: bytes, source: Peer) -> None:
        self._ask(lambda endpoint: endpoint.receive(data, source, self.now))

    def heard_datagram(self, data: bytes, source: Peer, local: Peer) -> None:
        """A datagram arrived; a keep-alive is no message, but may want an answer."""
        self._observe(data, source, local, "")
        self._hear(data, source)

    def _undelivered(self, send: Send, reason: str) -> None:
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

    def _observe(self, raw: bytes, source: Peer, destination: Peer, connection: str) -> None:
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

    def _spawn(self, send: Send, work: Coroutine[None, None, None]) -> None:
        if len(self._tasks) >= _MAX_TASKS:
            work.close()
            self._connecting.pop(send.destination, None)
            self._undelivered(send, "too many connections are being made")
            return
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


def _is_sip(peer: Peer) -> bool:
    return peer.transport in (Transport.UDP, Transport.TCP)


def _unreachable(peer: Peer) -> str:
    """Why no peer can be there, whatever a Contact says; "" where one can."""
    if not 0 < peer.port <= 65535:
        return f"there is no port {peer.port}"
    if not (peer.host and peer.host.isascii() and peer.host.isprintable()):
        return f"{peer.host!r} is no host"
    return ""


def _is_response(data: bytes) -> bool:
    return data.startswith(b"HTTP/")


def _ends_connection(data: bytes) -> bool:
    """Whether a final response announces the end of its connection (RFC 9112 §9.6)."""
    head = data.partition(b"\r\n\r\n")[0].lower()
    return _is_response(data) and b"\r\nconnection: close" in head
