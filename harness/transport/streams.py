"""Stream connections: bytes of a TCP connection cut into messages, SIP or HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Literal, Protocol, cast

from harness.model import Peer, Transport
from harness.sip.framing import StreamFramer
from harness.xcap.framing import HttpFramer

# A peer that does not read what we send is given up beyond this many unsent bytes.
_MAX_UNSENT = 4 << 20
# RFC 5626 §4.4.1: the answer to a double-CRLF keep-alive.
_PONG = b"\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Framing(Protocol):
    """Cuts a byte stream into whole messages and says what to answer at once."""

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        """Whole messages, and bytes to send back without asking anybody."""

    def close(self) -> list[bytes]:
        """What the end of the stream completes."""

    @property
    def is_broken(self) -> bool:
        """Whether no further message can be told apart, so that the connection must end."""


class SipFraming:
    """SIP over a stream: messages by Content-Length, keep-alives answered (RFC 5626 §4.4.1)."""

    def __init__(self) -> None:
        self._framer = StreamFramer()
        self._broken = False

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        messages = []
        answer = b""
        for frame in self._framer.feed(data):
            if frame.kind == "ping":
                answer += _PONG
            elif frame.kind != "pong":
                messages.append(frame.data)
                self._broken = self._broken or frame.kind == "garbage"
        return messages, answer

    def close(self) -> list[bytes]:
        pending = self._framer.pending
        return [pending] if pending.strip(b"\r\n") else []

    @property
    def is_broken(self) -> bool:
        return self._broken


class HttpFraming:
    """HTTP in either direction (RFC 9112 §6)."""

    def __init__(self, role: Literal["server", "client"]) -> None:
        self._framer = HttpFramer(role)
        self._continued = False

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        messages = self._framer.feed(data)
        # RFC 9110 §10.1.1: 100 (Continue) once for each request that waits for it.
        wanted = self._framer.continue_wanted
        answer = _CONTINUE if wanted and not self._continued else b""
        self._continued = wanted
        return messages, answer

    def close(self) -> list[bytes]:
        return self._framer.close()

    def expect(self, method: str) -> None:
        """The next response answers a request with this method."""
        self._framer.expect(method)

    @property
    def is_broken(self) -> bool:
        return self._framer.garbled


class StreamConnection(asyncio.Protocol):
    """One TCP connection: `local` and `remote` are known once it is made.

    `asked` is the peer under which a connection of ours was asked for: its host may be a name.
    """

    def __init__(
        self,
        kind: Transport,
        framing: Framing,
        *,
        made: Callable[[StreamConnection], None],
        received: Callable[[StreamConnection, bytes], None],
        lost: Callable[[StreamConnection, str], None],
        asked: Peer | None = None,
    ) -> None:
        self.kind = kind
        self.asked = asked
        self.framing = framing
        self.local = Peer("", 0, kind)
        self.remote = Peer("", 0, kind)
        self.name = ""
        self._made = made
        self._received = received
        self._lost = lost
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        ends = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if None in ends:  # reset before it was accepted: nobody is there any more
            self._transport.abort()
            return
        self.local, self.remote = (_peer(each, self.kind) for each in ends)
        plain = transport.get_extra_info("socket")
        if plain is not None:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._made(self)

    def data_received(self, data: bytes) -> None:
        messages, answer = self.framing.feed(data)
        if answer:
            self.write(answer)
        for message in messages:
            self._received(self, message)
        if self.framing.is_broken:
            self.close()

    def eof_received(self) -> bool | None:
        for message in self.framing.close():
            self._received(self, message)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self.name:  # it was made
            self._lost(self, str(exc) if exc else "the peer closed the connection")

    def write(self, data: bytes) -> None:
        """Send; a peer that has stopped reading loses its connection."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _MAX_UNSENT:
            self._transport.abort()
            return
        self._transport.write(data)

    @property
    def peer(self) -> Peer:
        """The other side, as the endpoint knows it."""
        return self.asked or self.remote

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close once everything has been sent."""
        if self._transport is not None:
            self._transport.close()


def _peer(address: tuple[str, int], kind: Transport) -> Peer:
    return Peer(address[0].partition("%")[0], address[1], kind)
