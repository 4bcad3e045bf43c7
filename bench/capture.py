"""Writes messages as a pcap file, fast: Ethernet, IPv4, UDP, TCP in segments of one MTU.

The harness's own `CaptureWriter` builds its packets with scapy, some hundreds of them a second;
a benchmark needs a hundred thousand.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from bench.population import Message
from harness.model import Peer, Transport

_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)
_ETHERNET = bytes.fromhex("0200000000020200000000010800")
_MTU_DATA = 1448
_SYN, _PUSH, _ACK, _FIN = 0x02, 0x08, 0x10, 0x01
_WRAP = 1 << 32


@dataclass(slots=True)
class _Writer:
    file: BinaryIO
    sent: dict[tuple[str, Peer], int] = field(default_factory=dict)
    ends: dict[str, tuple[Peer, Peer]] = field(default_factory=dict)
    frames: int = 0

    def message(self, message: Message) -> None:
        if message.source.transport is Transport.UDP:
            source, destination = message.source, message.destination
            header = struct.pack("!HHHH", source.port, destination.port, 8 + len(message.raw), 0)
            self._frame(message.time, source, destination, 17, header + message.raw)
            return
        if message.connection not in self.ends:
            self._open(message)
        for start in range(0, len(message.raw), _MTU_DATA):
            data = message.raw[start : start + _MTU_DATA]
            self._segment(message, message.source, message.destination, _PUSH | _ACK, data)

    def close(self, connection: str, message: Message) -> None:
        """End the connection that `message` was the last of."""
        opener, other = self.ends.pop(connection)
        self._segment(message, opener, other, _FIN | _ACK)
        self._segment(message, other, opener, _FIN | _ACK)
        self._segment(message, opener, other, _ACK)
        del self.sent[connection, opener], self.sent[connection, other]

    def _open(self, message: Message) -> None:
        opener, other = message.source, message.destination
        self.ends[message.connection] = (opener, other)
        # The same ports again are another connection only by another sequence number.
        start = crc32(message.connection.encode())
        self.sent[message.connection, opener] = start
        self.sent[message.connection, other] = start ^ 0xFFFFFFFF
        self._segment(message, opener, other, _SYN)
        self._segment(message, other, opener, _SYN | _ACK)
        self._segment(message, opener, other, _ACK)

    def _segment(
        self, message: Message, source: Peer, destination: Peer, flags: int, data: bytes = b""
    ) -> None:
        name = message.connection
        sequence = self.sent[name, source]
        acknowledged = self.sent[name, destination] if flags & _ACK else 0
        header = struct.pack(
            "!HHIIBBHHH",
            *(source.port, destination.port, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0),
        )
        self._frame(message.time, source, destination, 6, header + data)
        used = len(data) + (1 if flags & (_SYN | _FIN) else 0)
        self.sent[name, source] = (sequence + used) % _WRAP

    def _frame(
        self, time: float, source: Peer, destination: Peer, protocol: int, payload: bytes
    ) -> None:
        self.frames += 1
        packet = _ip_header(source.host, destination.host, protocol, len(payload)) + payload
        size = len(_ETHERNET) + len(packet)
        seconds, micro = divmod(round(time * 1e6), 1_000_000)
        self.file.write(struct.pack("<IIII", seconds, micro, size, size) + _ETHERNET + packet)


def write_capture(path: Path, messages: Iterable[Message]) -> tuple[int, int]:
    """Write messages, which are in order of time; answers how many, and in how many frames.

    A connection is closed by its last message.
    """
    count = 0
    with path.open("wb") as file:
        file.write(_HEADER)
        writer = _Writer(file)
        for message in messages:
            count += 1
            writer.message(message)
            if message.is_last:
                writer.close(message.connection, message)
        return count, writer.frames


def _ip_header(source: str, destination: str, protocol: int, size: int) -> bytes:
    header = struct.pack(
        "!BBHHHBBH4s4s",
        *(0x45, 0, 20 + size, 0, 0x4000, 64, protocol, 0),
        *(socket.inet_aton(source), socket.inet_aton(destination)),
    )
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    checksum = ~(total + (total >> 16)) & 0xFFFF
    return header[:10] + struct.pack("!H", checksum) + header[12:]
