"""TCP streams of a capture: each direction's bytes in order, whatever the network did to them."""

from __future__ import annotations

import heapq
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
_WRAP = 1 << 32
_HALF = 1 << 31
# Out-of-order bytes that one direction may hold back while it waits for a missing segment.
_MAX_HELD_BYTES = 4 << 20
_MAX_HELD_SEGMENTS = 4096


class Segment(NamedTuple):
    """A TCP segment: ports, sequence and acknowledgement numbers, flags, bytes."""

    source_port: int
    destination_port: int
    sequence: int
    acknowledgement: int
    flags: int
    data: bytes


class Chunk(NamedTuple):
    """Bytes of one direction, in order; `missing` bytes before them are not in the capture."""

    data: bytes
    missing: int = 0


def parse_segment(payload: bytes) -> Segment | None:
    """Read a TCP header and its data; None where it is cut short."""
    if len(payload) < 20:
        return None
    source, destination, sequence, acknowledgement, offset, flags = struct.unpack_from(
        "!HHIIBB", payload
    )
    header = (offset >> 4) * 4
    if header < 20 or header > len(payload):
        return None
    return Segment(source, destination, sequence, acknowledgement, flags, payload[header:])


@dataclass(slots=True)
class Direction:
    """One direction of a connection.

    Retransmitted and overlapping bytes are dropped, early segments wait for the missing ones. A
    hole is given up when the other side has acknowledged what lies beyond it (the capture lost
    it, the receiver did not), when too much waits, or when the stream ends. `first` is the
    sequence number of the first segment seen, `is_whole` tells whether that was the SYN: else the
    stream may be read from the middle of anything.
    """

    expected: int | None = None
    first: int | None = None
    is_whole: bool = False
    held: dict[int, bytes] = field(default_factory=dict)
    held_bytes: int = 0
    _order: list[int] = field(default_factory=list)

    # Positions count on over the wrap of sequence numbers, so that they can be compared.

    def feed(self, segment: Segment) -> list[Chunk]:
        """Take a segment; answer what has become readable."""
        sequence = segment.sequence
        expected = self.expected
        is_next = expected is not None and sequence == expected % _WRAP and not self.held
        if is_next and expected is not None and not segment.flags & SYN:  # as nearly all are
            data = segment.data
            self.expected = expected + len(data)
            return [Chunk(data)] if data else []
        if self.first is None:
            self.first = sequence
        if segment.flags & SYN:
            sequence = (sequence + 1) % _WRAP
        if self.expected is None:
            # Either the SYN, or the capture began in the middle of the connection.
            self.expected = sequence
            self.is_whole = bool(segment.flags & SYN)
        if segment.data:
            self._hold(self._position(self.expected, sequence), segment.data)
        chunks = self._ready()
        while self._is_too_much():
            chunks += self._skip()
        return chunks

    def acknowledged(self, acknowledgement: int) -> list[Chunk]:
        """The other side has everything before `acknowledgement`."""
        chunks: list[Chunk] = []
        while self.held and self.expected is not None:
            if self._order[0] >= self._position(self.expected, acknowledgement):
                break
            chunks += self._skip()
        return chunks

    def finish(self) -> list[Chunk]:
        """Nothing follows: give up the holes."""
        chunks: list[Chunk] = []
        while self.held:
            chunks += self._skip()
        return chunks

    @staticmethod
    def _position(expected: int, sequence: int) -> int:
        return expected + _distance(expected % _WRAP, sequence)

    def _hold(self, position: int, data: bytes) -> None:
        known = self.held.get(position)
        if known is None:
            heapq.heappush(self._order, position)
        elif len(known) >= len(data):
            return
        self.held[position] = data
        self.held_bytes += len(data) - len(known or b"")

    def _ready(self) -> list[Chunk]:
        chunks = []
        while self.held and self.expected is not None and self._order[0] <= self.expected:
            position = heapq.heappop(self._order)
            data = self.held.pop(position)
            self.held_bytes -= len(data)
            fresh = data[self.expected - position :]
            if fresh:
                chunks.append(Chunk(fresh))
                self.expected += len(fresh)
        return chunks

    def _skip(self) -> list[Chunk]:
        """Go on at the first bytes held, whatever is missing before them."""
        missing = self._order[0] - (self.expected or 0)
        self.expected = self._order[0]
        ready = self._ready()
        return [Chunk(ready[0].data, missing), *ready[1:]] if ready else []

    def _is_too_much(self) -> bool:
        return self.held_bytes > _MAX_HELD_BYTES or len(self.held) > _MAX_HELD_SEGMENTS


def _distance(start: int, end: int) -> int:
    """How far `end` lies behind `start`, negative where it lies before it (RFC 9293 §3.4)."""
    return (end - start + _HALF) % _WRAP - _HALF
