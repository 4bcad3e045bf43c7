"""The records of a pcap file, taken from large pieces of it; the rest is left to scapy."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

_HEADER = 16
_PIECE = 1 << 20
# scapy takes longer records for damage and cuts them.
_LONGEST = 4 * 0xFFFF

Record = tuple[int, int, int, bytes]
"""Seconds, microseconds or nanoseconds, the length on the wire, the octets captured."""


def usual_records(file: BinaryIO, byte_order: str) -> Iterator[Record]:
    """Whole records of a usual length, from where the file stands, which can be sought in.

    Stops at the first that is not, and leaves the file at its beginning. `byte_order` is as
    `struct` writes it.
    """
    read = struct.Struct(byte_order + "IIII").unpack_from
    piece, position = b"", 0
    while more := file.read(_PIECE):
        piece, position = piece[position:] + more, 0
        size = len(piece)
        while size - position >= _HEADER:
            seconds, fraction, length, on_wire = read(piece, position)
            start = position + _HEADER
            if length > _LONGEST:
                file.seek(position - size, os.SEEK_CUR)
                return
            if start + length > size:
                break
            position = start + length
            yield seconds, fraction, on_wire, piece[start:position]
    file.seek(position - len(piece), os.SEEK_CUR)
