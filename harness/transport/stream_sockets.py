"""The TCP and TLS sockets of a driver: listening, connecting, and what becomes of connections."""

from __future__ import annotations

import asyncio
import errno
import itertools
import socket
import time
from collections.abc import Coroutine
from typing import Protocol

from harness.model import Peer, Send, Transport
from harness.sip.datagram import is_keepalive
from harness.transport.connections import Connections
from harness.transport.framings import make_refusal
from harness.transport.listening import ListenError, StreamListener
from harness.transport.notices import Notices
from harness.transport.streams import StreamConnection
from harness.transport.tls import ClientTls, ServerTls, TlsLayer

# A phone that drops TCP's SYNs gets a large request by UDP after this (RFC 3261 §18.1.1), well
# before the transaction's own timeout.
CONNECT_SECONDS = 2.0
# How often connections are looked at for what took too long.
_SWEEP_SECONDS = 0.5
_ENCRYPTED = (Transport.TLS, Transport.HTTPS)


class Wire(Protocol):
    """The driver, as its sockets see it."""

    def observe(self, raw: bytes, source: Peer, destination: Peer, connection: str) -> None:
        """A message crosses a socket."""

    def hear(self, data: bytes, source: Peer) -> None:
        """The endpoint is given a message."""

    def undelivered(self, send: Send, reason: str) -> None:
        """A message cannot be sent."""

    def spawn(self, work: Coroutine[None, None, None]) -> bool:
        """Do work aside; False where too much is being done."""

    def accept(self, work: Coroutine[None, None, None]) -> None:
        """Do aside what takes no longer than the loop's next round."""


class StreamSockets:
    """Every stream connection of an endpoint, accepted or opened; hears of each what it does."""

    def __init__(
        self,
        wire: Wire,
        connections: Connections,
        notices: Notices,
        server_tls: ServerTls | None,
        client_tls: ClientTls | None,
    ) -> None:
        self._wire = wire
        self._connections = connections
        self._notices = notices
        self._server_tls = server_tls
        self._client_tls = client_tls
        self._listeners: list[StreamListener] = []
        self._sweep: asyncio.TimerHandle | None = None
        self._names = itertools.count(1)
        self._stopped = False

    # -- listening --------------------------------------------------------------------------------

    def open(self, peer: Peer) -> Peer:
        """Listen on the address `peer`; answers the address bound. Raises OSError, ListenError."""
        if peer.transport in _ENCRYPTED and self._server_tls is None:
            what = f"cannot listen on {peer} ({peer.transport.value})"
            raise ListenError(errno.EINVAL, f"{what}: no certificate is at hand")
        listener = StreamListener(peer, self._accepted, self._starved)
        self._listeners.append(listener)
        return listener.local

    def close_listeners(self) -> None:
        """Take no connections any more."""
        for listener in self._listeners:
            listener.close()
        self._listeners = []

    def close(self) -> None:
        """Close every connection; what was queued for an open one is still sent."""
        self._stopped = True
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in self._connections:
            connection.close()

    def reached(self, peer: Peer) -> Peer | None:
        """Our listener's address as `peer` reached it; None where it has no connection to it."""
        connection = self._connections.find(peer)
        return connection.local if connection is not None and connection.asked is None else None

    # -- sending ----------------------------------------------------------------------------------

    def send(self, send: Send) -> None:
        """Send on the connection to the destination, which is opened where there is none."""
        connection = self._connections.find(send.destination)
        if connection is not None:
            if send.data:
                self._write(connection, send)
            if send.closes:
                connection.close()
            return
        if not send.data:
            return
        if self._connections.is_gone(send):
            self._wire.undelivered(send, f"{send.destination} has closed its connection")
            return
        is_first = self._connections.wait(send)
        if is_first is None:
            self._wire.undelivered(send, f"too much waits for a connection to {send.destination}")
        elif is_first and not self._wire.spawn(self._connect(send.destination)):
            self._give_up(send.destination, "too many connections are being made")

    def _write(self, connection: StreamConnection, send: Send) -> None:
        if connection.kind.is_sip and is_keepalive(send.data):
            connection.write(send.data)
            return
        if connection.asked is not None and not _is_response(send.data):
            connection.expect(send)
        self._wire.observe(send.data, connection.local, connection.remote, connection.name)
        connection.write(send.data)
        if not connection.kind.is_sip and _ends_connection(send.data):
            connection.close()

    # -- connections ----------------------------------------------------------------------------

    def _accepted(self, taken: socket.socket, listener: Peer) -> None:
        tls: TlsLayer | None = None
        if listener.transport in _ENCRYPTED and self._server_tls is not None:
            tls = self._server_tls.layer(taken.getsockname()[0].partition("%")[0])
        connection = StreamConnection(listener.transport, self, tls)
        self._count_in(connection)
        self._wire.accept(_take_over(taken, connection))

    def _count_in(self, connection: StreamConnection) -> None:
        # Who only holds connections must not keep the phone out: the one silent longest goes.
        surplus = self._connections.add(connection)
        if surplus is not None:
            self._let_go(surplus, "too many connections are open, and it was silent longest")
        if self._sweep is None and not self._stopped:
            self._sweep = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._look_round)

    def _starved(self, error: OSError) -> None:
        self._notices.say(
            f"no connection can be accepted: {error.strerror}. {len(self._connections)} are open; "
            "raise the limit of open files (ulimit -n)"
        )
        silent = self._connections.longest_silent()
        if silent is not None:
            self._let_go(silent, "")

    def _let_go(self, connection: StreamConnection, reason: str) -> None:
        if reason:
            self._notices.say(f"closed {connection.kind.value} connection: {reason}", connection)
        self._connections.remove(connection)
        connection.close()

    def _look_round(self) -> None:
        """Let go the connections that took too long for something."""
        self._sweep = None
        for connection, reason in self._connections.overdue(asyncio.get_running_loop().time()):
            if connection.is_open and not connection.kind.is_sip and connection.framing.held:
                self.refused(connection, b"", 408)
                continue
            if reason != "it was refused":
                self._notices.say(
                    f"closed {connection.kind.value} connection: {reason}", connection
                )
            connection.abort()
            self._connections.remove(connection)
        if len(self._connections) and not self._stopped:
            self._sweep = asyncio.get_running_loop().call_later(_SWEEP_SECONDS, self._look_round)

    async def _connect(self, destination: Peer) -> None:
        tls: TlsLayer | None = None
        try:
            if destination.transport in _ENCRYPTED:
                tls = self._client_layer(destination)
            connection = StreamConnection(destination.transport, self, tls, asked=destination)
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().create_connection(
                    lambda: connection, destination.host, destination.port
                )
        except (OSError, ValueError, TimeoutError) as error:
            self._give_up(destination, str(error) or "no answer")
            return
        if not connection.is_connected:
            self._give_up(destination, "it was reset at once")
        elif tls is not None:
            self._count_in(connection)

    def _client_layer(self, destination: Peer) -> TlsLayer:
        if self._client_tls is None:
            raise OSError("no authority to trust is given for TLS")
        return self._client_tls.layer(destination.host)

    def _give_up(self, destination: Peer, reason: str) -> None:
        for send in self._connections.give_up(destination):
            self._wire.undelivered(send, f"no connection to {destination}: {reason}")

    # -- what connections tell (streams.Owner) ----------------------------------------------------

    def made(self, connection: StreamConnection) -> None:
        """A connection can be used."""
        connection.name = f"{connection.kind.value}-{next(self._names)}"
        if self._stopped:  # accepted while the listeners closed
            connection.close()
            return
        if connection.asked is not None:
            self._count_in(connection)
        for send in self._connections.made(connection):
            self._write(connection, send)

    def received(self, connection: StreamConnection, message: bytes) -> None:
        """A message came."""
        connection.answered()
        self._connections.heard(connection, message)
        self._wire.observe(message, connection.remote, connection.local, connection.name)
        if connection.asked and not connection.kind.is_sip and _ends_connection(message):
            # RFC 9112 §9.6: nothing more may be sent on it. The next request opens another.
            self._connections.remove(connection)
            connection.close()
        self._wire.hear(message, connection.peer)

    def refused(self, connection: StreamConnection, message: bytes, status: int) -> None:
        """A message is answered without being heard, and its connection ends."""
        if message:
            self._wire.observe(message, connection.remote, connection.local, connection.name)
        answer = make_refusal(connection.kind, message, status, connection.remote, time.time())
        if answer:
            self._wire.observe(answer, connection.local, connection.remote, connection.name)
            connection.write(answer)
        connection.linger()

    def failed(self, connection: StreamConnection, reason: str) -> None:
        """TLS failed, or was spoken where there is none."""
        what = "TLS" if connection.kind in _ENCRYPTED else connection.kind.value.upper()
        way = "to" if connection.asked else "from"
        self._notices.say(f"{what} connection {way}", connection, reason)
        if connection.asked is not None:
            self._give_up(connection.asked, reason)

    def lost(self, connection: StreamConnection, reason: str) -> None:
        """A connection has ended."""
        self._connections.remove(connection)
        if connection.asked is not None and not connection.name:
            self._give_up(connection.asked, reason)
        for send in () if self._stopped else connection.unanswered:
            self._wire.undelivered(send, reason)


async def _take_over(taken: socket.socket, connection: StreamConnection) -> None:
    """Let asyncio read and write an accepted socket."""
    try:
        await asyncio.get_running_loop().connect_accepted_socket(lambda: connection, taken)
    except OSError:
        taken.close()


def _is_response(data: bytes) -> bool:
    return data.startswith(b"HTTP/")


def _ends_connection(data: bytes) -> bool:
    """Whether a final response announces the end of its connection (RFC 9112 §9.6)."""
    head = data.partition(b"\r\n\r\n")[0].lower()
    return _is_response(data) and b"\r\nconnection: close" in head
