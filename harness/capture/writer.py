"""Writes a capture of the harness's own bytes, message by message, without root.

The packets are made up around the messages: Ethernet, IP, and UDP, or TCP with a handshake and
running sequence numbers, so that any dissector reads the file as if it had been captured. TLS is
taken off: its messages are written as TCP, and the first frame of such a connection says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.utils import PcapNgWriter

from harness.capture.files import DECRYPTED
from harness.model import Peer, Transport
from harness.trace import TraceEntry

_ETHERNET = 1
_ENCRYPTED = (Transport.TLS, Transport.HTTPS)
_UE_SIDE, _NETWORK_SIDE = "02:00:00:00:00:01", "02:00:00:00:00:02"
# As much as one IP packet carries, so that a message is one frame wherever that is possible.
_MAX_SEGMENT = 65000
_WRAP = 1 << 32


@dataclass(slots=True)
class _Connection:
    """Next sequence number of each side of a TCP connection."""

    opener: Peer
    next_of: dict[Peer, int]


class CaptureWriter:
    """A pcapng file that grows by one message at a time, flushed after each."""

    def __init__(self, path: Path) -> None:
        self._writer: Any = PcapNgWriter(str(path))
        self._connections: dict[str, _Connection] = {}
        self.frames = 0

    def __enter__(self) -> CaptureWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def write(self, entry: TraceEntry) -> int:
        """Add a message; answers the number of the frame that completes it."""
        if entry.source.transport is Transport.UDP:
            layer = UDP(sport=entry.source.port, dport=entry.destination.port)
            self._frame(entry, entry.source, entry.destination, layer / entry.raw)
        else:
            self._stream(entry)
        self._writer.flush()
        return self.frames

    def close(self) -> None:
        """End the file; one without a frame still says what its frames would have been."""
        if not self._writer.header_present:
            self._writer.write_header(Ether())
        self._writer.close()

    def _stream(self, entry: TraceEntry) -> None:
        name = entry.connection or f"{entry.source}-{entry.destination}"
        if name not in self._connections:
            self._open(name, entry)
        connection = self._connections[name]
        for start in range(0, len(entry.raw), _MAX_SEGMENT):
            data = entry.raw[start : start + _MAX_SEGMENT]
            self._segment(connection, entry, entry.source, entry.destination, "PA", data)

    def _open(self, name: str, entry: TraceEntry) -> None:
        opener, other = entry.source, entry.destination
        connection = _Connection(opener, {opener: 1000, other: 5000})
        self._connections[name] = connection
        self._segment(connection, entry, opener, other, "S", b"")
        self._segment(connection, entry, other, opener, "SA", b"")
        self._segment(connection, entry, opener, other, "A", b"")

    def _segment(
        self,
        connection: _Connection,
        entry: TraceEntry,
        source: Peer,
        destination: Peer,
        flags: str,
        data: bytes,
    ) -> None:
        layer = TCP(
            sport=source.port,
            dport=destination.port,
            seq=connection.next_of[source],
            ack=connection.next_of[destination] if "A" in flags else 0,
            flags=flags,
            window=65535,
        )
        is_first = flags == "S"
        self._frame(entry, source, destination, layer / data if data else layer, is_first)
        used = len(data) + (1 if "S" in flags else 0)
        connection.next_of[source] = (connection.next_of[source] + used) % _WRAP

    def _frame(
        self,
        entry: TraceEntry,
        source: Peer,
        destination: Peer,
        layer: Any,
        is_first: bool = False,
    ) -> None:
        network = IPv6 if ":" in source.host else IP
        # The lower end of the wire is whoever spoke first; a dissector only needs two addresses.
        sides = (_UE_SIDE, _NETWORK_SIDE)
        outgoing = (source.host, source.port) < (destination.host, destination.port)
        mac, peer_mac = sides if outgoing else sides[::-1]
        packet = (
            Ether(src=mac, dst=peer_mac) / network(src=source.host, dst=destination.host) / layer
        )
        packet.time = entry.time
        if is_first and entry.source.transport in _ENCRYPTED:
            packet.comment = DECRYPTED
        self._writer.write(packet)
        self.frames += 1
