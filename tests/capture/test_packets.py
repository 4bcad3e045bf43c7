"""Frames to IP payloads: link layers, VLANs, fragments, cut frames."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, fragment6
from scapy.layers.l2 import CookedLinux, CookedLinuxV2, Dot1Q, Ether, Loopback
from scapy.packet import Raw

from harness.capture.files import Frame
from harness.capture.packets import Packet, PacketReader

# With both addresses given scapy has nothing to look up on the network.
MAC = "02:00:00:00:00:01"
ETHER = Ether(src=MAC, dst=MAC)
PAYLOAD = b"REGISTER sip:example.com SIP/2.0\r\n"
IPV4 = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=5060, dport=5062) / Raw(PAYLOAD)
IPV6 = IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=5060, dport=5062) / Raw(PAYLOAD)


def read(linktype: int, *frames: bytes) -> list[Packet]:
    reader = PacketReader()
    found = [reader.read(Frame(n, 0.0, linktype, data, False)) for n, data in enumerate(frames, 1)]
    return [packet for packet in found if packet is not None]


@pytest.mark.parametrize(
    ("linktype", "frame"),
    [
        (1, ETHER / IPV4),
        (1, ETHER / IPV6),
        (1, ETHER / Dot1Q(vlan=5) / IPV4),
        (1, Ether(src=MAC, dst=MAC, type=0x88A8) / Dot1Q(vlan=5) / Dot1Q(vlan=6) / IPV6),
        (101, IPV4),
        (101, IPV6),
        (12, IPV4),
        (228, IPV4),
        (229, IPV6),
        (113, CookedLinux() / IPV4),
        (113, CookedLinux() / IPV6),
        (276, CookedLinuxV2(proto=0x0800) / IPV4),
        (276, CookedLinuxV2(proto=0x86DD) / IPV6),
        (0, Loopback() / IPV4),
        (1, ETHER / IPv6(src="2001:db8::1", dst="2001:db8::2") / IPv6ExtHdrDestOpt() / IPV6[UDP]),
    ],
)
def test_reader_finds_the_payload_behind_each_link_layer(linktype: int, frame: Raw) -> None:
    [packet] = read(linktype, bytes(frame))
    assert packet.protocol == 17
    assert packet.payload[8:] == PAYLOAD
    assert packet.source in ("192.0.2.1", "2001:db8::1")
    assert packet.destination in ("192.0.2.2", "2001:db8::2")


def test_reader_ignores_frames_that_carry_no_ip() -> None:
    assert (
        read(1, bytes(Ether(src=MAC, dst=MAC, type=0x0806) / Raw(b"\0" * 28)), b"", b"\x01") == []
    )
    assert read(147, bytes(IPV4)) == []


def test_reader_drops_ethernet_padding() -> None:
    [packet] = read(1, bytes(ETHER / IPV4) + b"\0" * 20)
    assert packet.payload[8:] == PAYLOAD


@pytest.mark.parametrize("order", [0, 1, 2])
def test_reader_joins_ipv4_fragments_in_any_order(order: int) -> None:
    body = bytes(range(256)) * 12
    whole = IP(src="192.0.2.1", dst="192.0.2.2", id=7) / UDP(sport=1, dport=2) / Raw(body)
    frames = [bytes(ETHER / piece) for piece in fragment(whole, fragsize=600)]
    assert len(frames) > 3
    random.Random(order).shuffle(frames)
    [packet] = read(1, *frames, frames[0])
    assert packet.payload[8:] == body


def test_reader_joins_no_fragment_with_one_of_long_before() -> None:
    old, new = (
        [bytes(ETHER / piece) for piece in fragment(_datagram(octet), fragsize=600)]
        for octet in (b"a", b"b")
    )
    reader = PacketReader()
    for number, (time, data) in enumerate([(0.0, old[0]), *((300.0, each) for each in new[1:])]):
        assert reader.read(Frame(number, time, 1, data, False)) is None
    packet = reader.read(Frame(9, 300.1, 1, new[0], False))
    assert packet is not None
    assert packet.payload[8:] == b"b" * 1500


def _datagram(octet: bytes) -> IP:
    ip = IP(src="192.0.2.1", dst="192.0.2.2", id=7)
    return ip / UDP(sport=1, dport=2) / Raw(octet * 1500)


def test_reader_joins_ipv6_fragments() -> None:
    body = bytes(range(256)) * 12
    whole = IPv6(src="2001:db8::1", dst="2001:db8::2") / IPv6ExtHdrFragment(id=9)
    frames = [bytes(piece) for piece in fragment6(whole / UDP(sport=1, dport=2) / Raw(body), 700)]
    assert len(frames) > 3
    [packet] = read(101, *reversed(frames))
    assert packet.payload[8:] == body


def test_reader_marks_a_packet_that_the_capture_cut() -> None:
    [packet] = read(1, bytes(ETHER / IPV4)[:-10])
    assert packet.is_cut


def test_reader_takes_length_zero_of_segmentation_offload_for_the_rest_of_the_frame() -> None:
    frame = bytearray(bytes(ETHER / IP(src="192.0.2.1", dst="192.0.2.2") / TCP() / Raw(PAYLOAD)))
    frame[16:18] = b"\0\0"
    [packet] = read(1, bytes(frame))
    assert packet.payload.endswith(PAYLOAD)


@given(st.binary(max_size=200), st.sampled_from([0, 1, 12, 101, 113, 276]))
def test_reader_never_raises(data: bytes, linktype: int) -> None:
    read(linktype, data)
