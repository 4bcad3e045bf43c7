"""Captures as they come: other link layers, damage, noise, streams from their middle.

The UE of these captures keeps every rule, so that whatever the capture did to its traffic has to
leave it without a MUST finding.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP, fragment
from scapy.packet import Raw
from scapy.utils import RawPcapNgReader

from harness.audit import audit
from harness.capture.writer import CaptureWriter
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.model import Level, Transport
from harness.paths import FLOW
from tests.virtual import UE, play_flow

_ETHERNET, _RAW_IP, _COOKED, _COOKED_2 = 1, 101, 113, 276
_SIDE = bytes.fromhex("0000000100060200000000010000")

Frames = list[tuple[float, bytes]]
Change = Callable[[Frames, random.Random], Frames]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Transport], Frames]:
    @cache
    def frames(transport: Transport) -> Frames:
        path = tmp_path_factory.mktemp("odd") / "right.pcapng"
        with CaptureWriter(path) as writer:
            for entry in play_flow(transport=transport).trace:
                writer.write(entry)
        reader = RawPcapNgReader(str(path))
        found = [(_time(about), data) for data, about in reader]
        reader.close()
        return found

    return frames


def _time(about: object) -> float:
    high, low, resolution = (getattr(about, name) for name in ("tshigh", "tslow", "tsresol"))
    return float(((high << 32) | low) / resolution)


def blamed(path: Path, frames: Sequence[tuple[float, bytes]], link: int, snap: int) -> list[str]:
    """The MUST findings against the UE of a capture that holds these frames."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)]
    for time, data in frames:
        kept = data[:snap]
        out += [struct.pack("<IIII", int(time), int(time % 1 * 1e6), len(kept), len(data)), kept]
    path.write_bytes(b"".join(out))
    found = audit(path, load_flow(FLOW), load_profile("documented"), [UE])
    assert found.faults == ()
    return [
        f"{each.check} {each.where} {each.observed}"
        for each in found.findings
        if each.sender == "ue" and each.level is Level.MUST
    ]


# --- Link layers ----------------------------------------------------------------------------------


def _typed(data: bytes) -> bytes:
    """What stands behind the addresses of Ethernet: the type and the packet."""
    return data[12:]


LINKS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "vlan": (_ETHERNET, lambda data: data[:12] + bytes.fromhex("81000005") + _typed(data)),
    "cooked": (_COOKED, lambda data: _SIDE + _typed(data)),
    "cooked-2": (
        _COOKED_2,
        lambda data: data[12:14] + bytes(6) + bytes.fromhex("00010006") + bytes(8) + data[14:],
    ),
    "raw": (_RAW_IP, lambda data: data[14:]),
}


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
@pytest.mark.parametrize("name", LINKS)
def test_ue_is_not_blamed_whatever_the_link(
    tmp_path: Path, captured: Callable[[Transport], Frames], name: str, transport: Transport
) -> None:
    link, wrap = LINKS[name]
    # An interface "any" shows what passes two of the host's interfaces twice.
    twice = [(time, wrap(data)) for time, data in captured(transport) for _ in range(2)]
    assert blamed(tmp_path / "a.pcap", twice, link, 65535) == []


# --- What networks and captures do ----------------------------------------------------------------

NOISE = (
    bytes.fromhex("00010000") + bytes(range(100, 116)),  # STUN of RFC 3489
    bytes.fromhex("8000000100000001deadbeef") + bytes(160),  # RTP
    bytes.fromhex("16feff0000000000000000") + bytes(40),  # DTLS
    bytes.fromhex("f90102030405060708") + bytes(30),  # SigComp
    b"jaK",
    b"\0\0\0\0",
    b"keepalive",
    b"\r\n\r\n",
)


def _packet(data: bytes) -> IP:
    return IP(data[14:])


def _framed(data: bytes, packet: IP) -> bytes:
    for layer in (IP, UDP, TCP):
        if layer in packet:
            del packet[layer].chksum
    del packet.len
    return data[:14] + bytes(packet)


def noisy(frames: Frames, chance: random.Random) -> Frames:
    out: Frames = []
    for time, data in frames:
        out.append((time, data))
        packet = _packet(data)
        if UDP in packet:
            packet[UDP].remove_payload()
            del packet[UDP].len
            out.append((time, _framed(data, packet / Raw(chance.choice(NOISE)))))
    return out


def fragmented(frames: Frames, chance: random.Random) -> Frames:
    out: Frames = []
    for time, data in frames:
        packet = _packet(data)
        packet.flags = 0
        pieces = [data[:14] + bytes(each) for each in fragment(packet, fragsize=480)]
        chance.shuffle(pieces)
        out += [(time, piece) for piece in pieces]
    return out


def _segments(frames: Frames, size: int) -> Frames:
    out: Frames = []
    for time, data in frames:
        packet = _packet(data)
        payload = bytes(packet[TCP].payload) if TCP in packet else b""
        if not payload:
            out.append((time, data))
            continue
        packet[TCP].remove_payload()
        for at in range(0, len(payload), size):
            part = packet.copy()
            part[TCP].seq += at
            out.append((time, _framed(data, part / Raw(payload[at : at + size]))))
    return out


def in_small_segments(frames: Frames, chance: random.Random) -> Frames:
    return _segments(frames, chance.choice([40, 200, 700]))


def from_the_middle_of_a_segment(frames: Frames, chance: random.Random) -> Frames:
    small = _segments(frames, 97)
    return small[chance.randrange(len(small)) :]


def with_lost_segments(frames: Frames, chance: random.Random) -> Frames:
    return [each for each in _segments(frames, 200) if chance.random() > 0.1]


def with_swapped_segments(frames: Frames, chance: random.Random) -> Frames:
    out = _segments(frames, 200)
    for at in range(len(out) - 1):
        if chance.random() < 0.3:
            out[at], out[at + 1] = (out[at][0], out[at + 1][1]), (out[at + 1][0], out[at][1])
    return out[chance.randrange(4) :]


def with_keepalives(frames: Frames, chance: random.Random) -> Frames:
    out: Frames = []
    for time, data in frames:
        packet = _packet(data)
        if TCP in packet and packet[TCP].payload:
            packet[TCP].remove_payload()
            packet[TCP].seq -= 1
            packet[TCP].flags = "A"
            out.append((time, _framed(data, packet / Raw(b"\0"))))
        out.append((time, data))
    return out[chance.randrange(len(out)) :]


def mixed_up(frames: Frames, chance: random.Random) -> Frames:
    """Frames of several interfaces, not in the order of their times."""
    out = list(frames)
    for at in range(len(out) - 1):
        if out[at + 1][0] - out[at][0] < 0.05 and chance.random() < 0.5:
            out[at], out[at + 1] = out[at + 1], out[at]
    return out


def with_a_clock_set_back(frames: Frames, chance: random.Random) -> Frames:
    at, jump = chance.randrange(len(frames)), chance.choice([2.0, 30.0, 86400.0])
    return [(time - jump * (place >= at), data) for place, (time, data) in enumerate(frames)]


def without_one_side(frames: Frames, chance: random.Random) -> Frames:
    senders = sorted({bytes(data[26:30]) for _, data in frames})
    kept = chance.choice(senders)
    return [(time, data) for time, data in frames if data[26:30] == kept]


def mirrored_late(frames: Frames, chance: random.Random) -> Frames:
    late = [(time + chance.choice([0.0002, 0.003]), data) for time, data in frames]
    return sorted([*frames, *late], key=lambda each: each[0])


def behind_a_translator(frames: Frames, chance: random.Random) -> Frames:
    """Both sides of a NAT: each packet once more with the address that it has outside."""
    inside, outside = UE, "198.51.100.7"
    out: Frames = []
    for time, data in frames:
        packet = _packet(data)
        packet.src = outside if packet.src == inside else packet.src
        packet.dst = outside if packet.dst == inside else packet.dst
        out += [(time, data), (time, _framed(data, packet))]
    return out


CHANGES: tuple[Change, ...] = (
    noisy,
    fragmented,
    in_small_segments,
    from_the_middle_of_a_segment,
    with_lost_segments,
    with_swapped_segments,
    with_keepalives,
    mixed_up,
    with_a_clock_set_back,
    without_one_side,
    mirrored_late,
    behind_a_translator,
)


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_ue_is_not_blamed_for_what_became_of_its_traffic(
    tmp_path: Path, captured: Callable[[Transport], Frames], change: Change, transport: Transport
) -> None:
    for seed in range(2):
        frames = change(captured(transport), random.Random(seed))
        assert blamed(tmp_path / "a.pcap", frames, _ETHERNET, 65535) == [], seed


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
@pytest.mark.parametrize("snap", [96, 300, 700])
def test_ue_is_not_blamed_where_frames_are_cut_short(
    tmp_path: Path, captured: Callable[[Transport], Frames], snap: int, transport: Transport
) -> None:
    assert blamed(tmp_path / "a.pcap", captured(transport), _ETHERNET, snap) == []
