"""One TCP connection, with or without TLS: its messages, its deadlines, and its end."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from harness.model import Peer, Send, Transport
from harness.transport.framings import HttpFraming, make_framing
from harness.transport.tls import TlsLayer

# A peer that does not read what we send is given up beyond this many unsent bytes.
_MAX_UNSENT = 4 << 20
# How long a peer that was refused may go on sending, so that it gets to read why (RFC 9112 §9.6).
_LINGER_SECONDS = 2.0
_MAX_UNANSWERED = 64
_TLS_HELLO = (b"\x16\x03\x00", b"\x16\x03\x01", b"\x16\x03\x02", b"\x16\x03\x03")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection may take for something, in seconds."""

    handshake: float = 10.0
    """For TLS's handshake."""
    message: float = 30.0
    """For a message that has begun; a long one gets a second more for each `bytes_a_second`."""
    bytes_a_second: int = 1000
    unread: float = 30.0
    """For reading anything of what we have sent."""
    sip_idle: float = 7200.0
    """Without any byte, on a SIP connection: as long as a phone may stay silent."""
    http_idle: float = 120.0
    """Without any byte, on an HTTP connection."""


class Owner(Protocol):
    """Hears what becomes of a connection."""

    def made(self, connection: StreamConnection) -> None:
        """It can be used now: connected, and TLS's handshake done."""

    def received(self, connection: StreamConnection, message: bytes) -> None:
        """A whole message came."""

    def refused(self, connection: StreamConnection, message: bytes, status: int) -> None:
        """A message came that is not to be heard, but to be answered with `status`."""

    def failed(self, connection: StreamConnection, reason: str) -> None:
        """TLS failed, or the peer speaks something else."""

    def lost(self, connection: StreamConnection, reason: str) -> None:
        """It has ended, used or not."""


class StreamConnection(asyncio.Protocol):
    """One TCP connection: `local` and `remote` are known once it is made.

    `asked` is the peer under which a connection of ours was asked for: its host may be a name.
    """

    def __init__(
        self, kind: Transport, owner: Owner, tls: TlsLayer | None = None, asked: Peer | None = None
    ) -> None:
        role: Literal["server", "client"] = "client" if asked else "server"
        self.kind = kind
        self.asked = asked
        self.framing = make_framing(kind, role)
        self.local = self.remote = Peer("", 0, kind)
        self.name = ""
        self.unanswered: list[Send] = []
        """What we sent on a connection of ours, and nothing has come back since."""
        self.alias: Peer | None = None
        """The peer that is reached over this connection as well (RFC 5923)."""
        self._owner = owner
        self._tls = tls
        self._transport: asyncio.Transport | None = None
        self._is_first = True
        self._was_heard = False
        self._lingers_until: float | None = None
        self._opened = self._used = self._began = self._read = self._now()
        self._unsent = 0

    # -- asyncio.Protocol -------------------------------------------------------------------------

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
        self._opened = self._used = self._now()
        if self._tls is None:
            self._owner.made(self)
        elif self.asked is not None:
            self._tls.start()
            self._flush()

    def data_received(self, data: bytes) -> None:
        if self._lingers_until is not None:
            return
        self._used = self._now()
        if self._tls is not None:
            self._decrypt(self._tls, data)
            return
        if self._is_first and data.startswith(_TLS_HELLO):
            self._owner.failed(self, "the peer speaks TLS to a port without it")
        self._is_first = False
        self._take(data)

    def _decrypt(self, tls: TlsLayer, data: bytes) -> None:
        was_ready = tls.is_ready
        plain = tls.feed(data)
        self._flush()
        if tls.is_ready and not was_ready:
            self._owner.made(self)
        if plain:
            self._take(plain)
        if tls.failure:
            self._owner.failed(self, tls.failure)
            self.close()
        elif tls.is_over:
            self._end()

    def _take(self, data: bytes) -> None:
        held = self.framing.held
        cut = self.framing.feed(data)
        if cut.answer:
            self.write(cut.answer)
        if cut.messages or not held:
            self._began = self._used
        for message in cut.messages:
            self._owner.received(self, message)
        if cut.status:
            self._owner.refused(self, cut.refused, cut.status)
        elif self.framing.is_broken:
            self.close()

    def eof_received(self) -> bool | None:
        if self._tls is not None:
            was_ready = self._tls.is_ready
            self._tls.ended()
            if self._tls.failure and not was_ready:
                self._owner.failed(self, self._tls.failure)
        self._end()
        return False

    def _end(self) -> None:
        """The peer sends no more; it may still read what its last message brings."""
        if self._lingers_until is not None:
            self.close()
            return
        for message in self.framing.close():
            self._owner.received(self, message)
        self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.lost(self, str(exc) if exc else "the peer closed the connection")

    # -- what the owner does ----------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send; a peer that has stopped reading loses its connection."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _MAX_UNSENT:
            self._transport.abort()
            return
        self._used = self._now()
        if self._tls is None:
            self._transport.write(data)
        else:
            self._tls.write(data)
            self._flush()

    def _flush(self) -> None:
        outgoing = self._tls.take_outgoing() if self._tls is not None else b""
        if outgoing and self._transport is not None and not self._transport.is_closing():
            self._transport.write(outgoing)

    def expect(self, send: Send) -> None:
        """`send` goes out on this connection of ours; over HTTP the next response answers it.

        SIP's transactions mind their requests themselves, once the peer has said anything at all.
        """
        if isinstance(self.framing, HttpFraming):
            self.framing.expect(send.data.split(b" ", 1)[0].decode("ascii", "replace"))
        elif self._was_heard:
            return
        if len(self.unanswered) < _MAX_UNANSWERED:
            self.unanswered.append(send)

    def answered(self) -> None:
        """Something came back."""
        self._was_heard = True
        self.unanswered.clear()

    @property
    def peer(self) -> Peer:
        """The other side, as the endpoint knows it."""
        return self.asked or self.remote

    @property
    def is_open(self) -> bool:
        """Whether something can be sent on it."""
        is_ready = self._tls is None or (self._tls.is_ready and not self._tls.failure)
        return self.is_connected and is_ready and self._lingers_until is None

    @property
    def is_connected(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        """Close once everything has been sent."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._tls is not None:
            self._tls.close()
            self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Close now, whatever is unsent."""
        if self._transport is not None:
            self._transport.abort()

    def linger(self) -> None:
        """Close once the peer had time to read the last answer, though it still sends."""
        if self._transport is None or self._transport.is_closing():
            return
        self._lingers_until = self._now() + _LINGER_SECONDS
        if self._tls is not None:
            self._tls.close()
            self._flush()
        self._transport.write_eof()

    def overdue(self, now: float, patience: Patience) -> str:
        """What the peer took too long for, "" while it did not. Called once in a while."""
        if self._lingers_until is not None:
            return "it was refused" if now >= self._lingers_until else ""
        if self._tls is not None and not self._tls.is_ready:
            return (
                "TLS's handshake took too long" if now >= self._opened + patience.handshake else ""
            )
        if self._is_stuck(now, patience.unread):
            return "it reads nothing of what it is sent"
        held = self.framing.held
        if held and now >= self._began + patience.message + held / patience.bytes_a_second:
            return "its message took too long"
        idle = patience.sip_idle if self.kind.is_sip else patience.http_idle
        return "it was idle" if now >= self._used + idle else ""

    def _is_stuck(self, now: float, seconds: float) -> bool:
        unsent = self._transport.get_write_buffer_size() if self._transport is not None else 0
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._read = unsent, now
            return False
        return now >= self._read + seconds

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _peer(address: tuple[str, int], kind: Transport) -> Peer:
    return Peer(address[0].partition("%")[0], address[1], kind)
