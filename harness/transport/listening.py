"""Sockets that connections are accepted on, and why an address cannot be listened on."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address

from harness.model import Peer

_BACKLOG = 256
# Connections taken at a time, so that a flood of them does not hold up everybody else.
_AT_ONCE = 64
# How long nothing is accepted once the process has no file descriptors left.
_PAUSE_SECONDS = 0.2
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class ListenError(OSError):
    """An address cannot be listened on; the text says which, why and what to do."""


def explain(peer: Peer, error: OSError) -> str:
    """What is wrong with an address, and what to do about it."""
    what = f"cannot listen on {peer} ({peer.transport.value})"
    if error.errno == errno.EADDRINUSE:
        return f"{what}: another program has this port. Stop it, or choose another port (0: any)"
    if error.errno in (errno.EADDRNOTAVAIL, errno.ENODEV):
        return f"{what}: this machine has no such address. Give one of its own"
    if error.errno == errno.EAFNOSUPPORT:
        return f"{what}: this machine has no IPv6"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{what}: not allowed. Choose a port above 1023"
    return f"{what}: {error.strerror or error}"


def refuse_exposed(peer: Peer) -> None:
    """Only loopback is listened on unless somebody asked for more; raises ListenError."""
    if not ip_address(peer.host).is_loopback:
        raise ListenError(
            errno.EPERM,
            f"cannot listen on {peer} ({peer.transport.value}): others can reach this address, and "
            "nobody asked for that. Give it in network.bind or network.listen of the profile, or "
            "with --bind or --listen",
        )


class StreamListener:
    """One listening TCP socket.

    `accepted` gets every connection's socket; `starved` hears that none can be taken because the
    process or machine has no room for it. Raises OSError.
    """

    def __init__(
        self,
        peer: Peer,
        accepted: Callable[[socket.socket, Peer], None],
        starved: Callable[[OSError], None],
    ) -> None:
        self._accepted = accepted
        self._starved = starved
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._socket = _listening_socket(peer)
        self.local = Peer(peer.host, self._socket.getsockname()[1], peer.transport)
        self._resume()

    def _resume(self) -> None:
        self._pause = None
        self._loop.add_reader(self._socket.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                taken, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._rest(error)
                return  # else: the peer has gone before it was accepted
            taken.setblocking(False)
            self._accepted(taken, self.local)

    def _rest(self, error: OSError) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._pause = self._loop.call_later(_PAUSE_SECONDS, self._resume)
        self._starved(error)

    def close(self) -> None:
        """Listen no more; a second time does nothing."""
        if self._socket.fileno() < 0:
            return
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()


def _listening_socket(peer: Peer) -> socket.socket:
    family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            # "::" means every IPv6 address, and no IPv4 peer in disguise.
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.setblocking(False)
        listening.bind((peer.host, peer.port))
        listening.listen(_BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
