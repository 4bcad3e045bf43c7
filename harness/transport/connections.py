"""The stream connections of a driver: found by peer, used again, bounded, let go in time."""

from __future__ import annotations

import resource
from collections.abc import Iterator

from harness.model import Peer, Send
from harness.sip.message import Request, Response, parse
from harness.sip.response_routing import DEFAULT_PORTS, sent_by, top_via
from harness.transport.streams import Patience, StreamConnection

# Open files that are left for everything else: the capture, the record, the reports.
_SPARE_FILES = 64
_MOST_CONNECTIONS = 16384
# What waits for one connection to be made.
_MAX_WAITING = 64
# Peers that are remembered for having closed their connection.
_MAX_GONE = 1024
# Bytes of unfinished messages on all connections together.
_MAX_HELD = 128 << 20
_HEAD = 4096


def most_connections() -> int:
    """How many connections the process has room for, as it may have open files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    return max(16, min(soft - _SPARE_FILES, _MOST_CONNECTIONS))


class Connections:
    """Every stream connection, in order of its last message; the one silent longest comes first.

    A connection is found by its peer, and by the peer that it is an alias for (RFC 5923): one that
    names the port where it takes connections need not be connected to.
    """

    def __init__(self, patience: Patience, most: int | None = None) -> None:
        self.patience = patience
        self._most = most if most is not None else most_connections()
        self._all: dict[StreamConnection, None] = {}
        self._by_peer: dict[Peer, StreamConnection] = {}
        self._aliases: dict[Peer, StreamConnection] = {}
        self._waiting: dict[Peer, list[Send]] = {}
        self._gone: dict[Peer, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[StreamConnection]:
        return iter(tuple(self._all))

    def find(self, peer: Peer) -> StreamConnection | None:
        """The open connection that leads to `peer`."""
        for known in (self._by_peer, self._aliases):
            connection = known.get(peer)
            if connection is not None and connection.is_open:
                return connection
        return None

    # -- coming and going -------------------------------------------------------------------------

    def add(self, connection: StreamConnection) -> StreamConnection | None:
        """Count a new connection in; answers one that has to go for it."""
        self._all[connection] = None
        return next(iter(self._all)) if len(self._all) > self._most else None

    def longest_silent(self) -> StreamConnection | None:
        """The connection whose last message is the longest ago."""
        return next(iter(self._all), None)

    def made(self, connection: StreamConnection) -> list[Send]:
        """It can be used; answers what waited for it."""
        self._by_peer[connection.peer] = connection
        self._gone.pop(connection.peer, None)
        return self._waiting.pop(connection.peer, [])

    def remove(self, connection: StreamConnection) -> None:
        """It has ended."""
        self._all.pop(connection, None)
        for known in (self._by_peer, self._aliases):
            for peer in [peer for peer in _peers_of(connection) if known.get(peer) is connection]:
                del known[peer]
        if connection.asked is None and connection.kind.is_sip and connection.name:
            self._gone[connection.peer] = None
            if len(self._gone) > _MAX_GONE:
                del self._gone[next(iter(self._gone))]

    # -- messages ---------------------------------------------------------------------------------

    def heard(self, connection: StreamConnection, message: bytes) -> None:
        """A message came on it."""
        if connection in self._all:
            del self._all[connection]
            self._all[connection] = None
        alias = _alias_of(connection, message)
        if alias is not None and connection.alias is None:
            connection.alias = alias
            self._aliases[alias] = connection

    def is_gone(self, send: Send) -> bool:
        """Whether this is a response whose connection the peer has closed.

        Nobody listens at the port that it came from, unless the peer says so itself: the response
        goes where its Via tells (RFC 3261 §18.2.2).
        """
        if send.destination not in self._gone or not send.data.startswith(b"SIP/"):
            return False
        message = parse(send.data)
        via = top_via(message) if isinstance(message, Response) else None
        return via is None or sent_by(via)[1] != send.destination.port

    # -- what waits -------------------------------------------------------------------------------

    def wait(self, send: Send) -> bool | None:
        """Let `send` wait for a connection that is being made.

        True where the caller has to make one, None where too much waits already.
        """
        waiting = self._waiting.get(send.destination)
        if waiting is None:
            self._waiting[send.destination] = [send]
            return True
        if len(waiting) >= _MAX_WAITING:
            return None
        waiting.append(send)
        return False

    def give_up(self, destination: Peer) -> list[Send]:
        """No connection could be made: what waited for it."""
        return self._waiting.pop(destination, [])

    # -- time -------------------------------------------------------------------------------------

    def overdue(self, now: float) -> list[tuple[StreamConnection, str]]:
        """Connections that took too long for something, and for what."""
        late, held = [], 0
        for connection in self:
            reason = connection.overdue(now, self.patience)
            held += connection.framing.held
            if reason:
                late.append((connection, reason))
        if held > _MAX_HELD:
            largest = max(self, key=lambda connection: connection.framing.held)
            late.append((largest, "all connections together hold too much unfinished"))
        return late


def _peers_of(connection: StreamConnection) -> tuple[Peer, ...]:
    return (connection.peer,) if connection.alias is None else (connection.peer, connection.alias)


def _alias_of(connection: StreamConnection, message: bytes) -> Peer | None:
    """The peer that an `alias` parameter lets reach over this connection (RFC 5923 §8.2).

    The host is that which the connection comes from and the port that of sent-by, so that nobody
    draws another's requests to himself.
    """
    if connection.asked is not None or b";alias" not in message[:_HEAD].lower():
        return None
    request = parse(message)
    via = top_via(request) if isinstance(request, Request) else None
    if via is None or "alias" not in via.params:
        return None
    port = via.port or DEFAULT_PORTS.get(connection.kind, 5060)
    return Peer(connection.remote.host, port, connection.kind)


def raise_file_limit() -> None:
    """Let the process have as many open files as it may, for thousands of connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _SPARE_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
