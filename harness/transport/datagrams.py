"""UDP sockets, and which address of this machine a peer sees."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import cast

from harness.model import Peer, Transport

_MAX_PAYLOAD = 65507
# Bytes that the system keeps for us while we are busy: its own bound is some hundred messages.
_RECEIVE_BUFFER = 1 << 21
_MAX_ROUTES = 1024
# Peers of which is known on which socket they were heard.
_MAX_HEARD = 8192

Heard = Callable[[bytes, Peer, Peer], None]
"""Hears of a datagram: its bytes, who sent it, and our address as the sender sees it."""

HeardOn = Callable[[bytes, Peer, "Datagrams"], None]
"""Hears of a datagram: its bytes, who sent it, and the socket that it came to."""


class Datagrams(asyncio.DatagramProtocol):
    """One UDP socket."""

    def __init__(self, heard: HeardOn) -> None:
        self._heard = heard
        self._transport: asyncio.DatagramTransport | None = None
        self._routes = Routes()
        self.local = Peer("", 0, Transport.UDP)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Python 3.11's own datagram transport does not derive from the class that describes it.
        self._transport = cast(asyncio.DatagramTransport, transport)
        opened: socket.socket = transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        host, port = transport.get_extra_info("sockname")[:2]
        self.local = Peer(host, port, Transport.UDP)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        source = Peer(addr[0].partition("%")[0], addr[1], Transport.UDP)
        self._heard(data, source, self)

    def send(self, data: bytes, destination: Peer) -> str:
        """Send a datagram; answers the reason why it cannot go, or ""."""
        if self._transport is None or self._transport.is_closing():
            return "the socket is closed"
        if len(data) > _MAX_PAYLOAD:
            return f"{len(data)} bytes do not fit a datagram"
        self._transport.sendto(data, (destination.host, destination.port))
        return ""

    def is_at(self, peer: Peer) -> bool:
        """Whether this is the socket of the own address `peer`."""
        is_everywhere = ip_address(self.local.host).is_unspecified
        return self.local.port == peer.port and (is_everywhere or self.local.host == peer.host)

    def towards(self, peer: Peer) -> Peer:
        """Our address as `peer` sees it, also where the socket is bound to every address."""
        if not ip_address(self.local.host).is_unspecified:
            return self.local
        host = self._routes.towards(peer.host) or self.local.host
        return Peer(host, self.local.port, Transport.UDP)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class DatagramSockets:
    """The UDP sockets of a driver, and which of them each peer was heard on."""

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._open: list[Datagrams] = []
        self._heard_at: dict[Peer | str, Datagrams] = {}

    async def open(self, peer: Peer) -> Peer:
        """Open a socket on the address `peer`; answers the address bound. Raises OSError."""
        opened: Datagrams = await _open_datagrams(peer, self._remember)
        self._open.append(opened)
        return opened.local

    def _remember(self, data: bytes, source: Peer, datagrams: Datagrams) -> None:
        for key in (source, source.host):
            # Re-inserting keeps the dictionary in order of last use.
            self._heard_at.pop(key, None)
            self._heard_at[key] = datagrams
        while len(self._heard_at) > _MAX_HEARD:
            del self._heard_at[next(iter(self._heard_at))]
        self._heard(data, source, datagrams.towards(source))

    def reached(self, peer: Peer) -> Peer | None:
        """Our address as `peer` reached it last; None where it was not heard."""
        found = self._heard_at.get(peer)
        return found.towards(peer) if found is not None else None

    def toward(self, source: Peer | None, destination: Peer) -> Datagrams | None:
        """The socket to send from: that of `source`, else the one that the peer talks to.

        RFC 3581 §4: "the response MUST be sent from the same address and port that the
        corresponding request was received on".
        """
        family = ":" in destination.host
        able = [each for each in self._open if (":" in each.local.host) == family]
        if source is not None:
            exact = [each for each in able if each.is_at(source)]
            same_port = [each for each in able if each.local.port == source.port]
            able = exact or same_port or able
        elif destination in self._heard_at or destination.host in self._heard_at:
            return self._heard_at.get(destination) or self._heard_at[destination.host]
        return able[0] if able else None

    def close(self) -> None:
        """Close all sockets."""
        for each in self._open:
            each.close()
        self._open = []
        self._heard_at.clear()


async def _open_datagrams(peer: Peer, heard: HeardOn) -> Datagrams:
    loop = asyncio.get_running_loop()
    if ":" not in peer.host:
        _, datagrams = await loop.create_datagram_endpoint(
            lambda: Datagrams(heard), local_addr=(peer.host, peer.port)
        )
        return datagrams
    plain = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    try:
        # "::" means every IPv6 address, and no IPv4 peer in disguise.
        plain.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        plain.setblocking(False)
        plain.bind((peer.host, peer.port))
        _, datagrams = await loop.create_datagram_endpoint(lambda: Datagrams(heard), sock=plain)
    except OSError:
        plain.close()
        raise
    return datagrams


class Routes:
    """Remembers from which address of this machine each host is reached."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}

    def towards(self, host: str) -> str | None:
        """The own address that `host`, an IP address, sees; None where it cannot be reached."""
        if host not in self._known:
            if len(self._known) >= _MAX_ROUTES:
                self._known.clear()
            self._known[host] = local_address_towards(host)
        return self._known[host]


def local_address_towards(host: str) -> str | None:
    """The address of this machine from which `host` is reached; no packet is sent."""
    if not is_ip_address(host):
        return None
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])


def is_ip_address(host: str) -> bool:
    """Whether `host` is an IP address and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
