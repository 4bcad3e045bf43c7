"""Captures to trace entries: protocols told apart, streams cut into messages, damage reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw
from scapy.utils import PcapNgWriter, RawPcapWriter, wrpcap

from harness.capture.files import CaptureError
from harness.capture.messages import CaptureReader
from harness.capture.writer import CaptureWriter
from harness.model import Peer, Transport
from harness.trace import TraceEntry

DOCUMENTED = Path(__file__).parents[2] / "fixtures" / "documented.pcapng"
# With both addresses given scapy has nothing to look up on the network.
ETHER = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
OPTIONS = (
    b"OPTIONS sip:a@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1\r\n"
    b"CSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nbody"
)
GET = b"GET /pres-rules/users/a/index HTTP/1.1\r\nHost: x\r\n\r\n"
FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"


def udp(data: bytes, sport: int = 5070, dport: int = 5080) -> Packet:
    ip = IP(src="192.0.2.1", dst="192.0.2.2")
    return ETHER / ip / UDP(sport=sport, dport=dport) / Raw(data)


def tcp(data: bytes, seq: int, *, back: bool = False, flags: str = "PA", ack: int = 0) -> Packet:
    source, destination = ("192.0.2.2", "192.0.2.1") if back else ("192.0.2.1", "192.0.2.2")
    ports = {"sport": 8090, "dport": 40000} if back else {"sport": 40000, "dport": 8090}
    layer = TCP(seq=seq, flags=flags, ack=ack, **ports)
    return ETHER / IP(src=source, dst=destination) / (layer / Raw(data) if data else layer)


def read(tmp_path: Path, *packets: Packet) -> tuple[list[TraceEntry], list[str]]:
    path = tmp_path / "test.pcap"
    wrpcap(str(path), list(packets))
    reader = CaptureReader(path)
    return list(reader), reader.problems


def test_reader_finds_sip_on_any_udp_port_and_ignores_the_rest(tmp_path: Path) -> None:
    entries, problems = read(
        tmp_path,
        udp(b"\x80\x00rtp-like", 4000, 4002),
        udp(OPTIONS),
        udp(b"\r\n\r\n"),
        udp(b"\0"),
        udp(b"\x00\x01\x00\x00\x21\x12\xa4\x42" + b"\0" * 12),
    )
    assert [entry.raw for entry in entries] == [OPTIONS]
    assert entries[0].frame == 2
    assert entries[0].source == Peer("192.0.2.1", 5070, Transport.UDP)
    assert problems == []


def test_reader_keeps_garbage_sent_where_sip_was_spoken(tmp_path: Path) -> None:
    entries, _ = read(tmp_path, udp(OPTIONS), udp(b"OPTIONS nonsense\r\n\r\n"))
    assert [entry.frame for entry in entries] == [1, 2]


@pytest.mark.parametrize(
    "data",
    [
        bytes.fromhex("00010008") + bytes(range(100, 116)) + b"\0\3\0\4\0\0\0\0",  # RFC 3489
        bytes.fromhex("8000000100000001deadbeef") + bytes(160),  # RTP
        bytes.fromhex("16feff0000000000000000") + bytes(40),  # DTLS
        bytes.fromhex("f90102030405060708") + bytes(30),  # SigComp
        bytes.fromhex("41420100000100000000000003777777") + b"\7example\3com\0\0\1\0\1",  # DNS
    ],
)
def test_reader_takes_no_other_protocol_on_a_sip_port_for_broken_sip(
    tmp_path: Path, data: bytes
) -> None:
    entries, problems = read(tmp_path, udp(OPTIONS), udp(data))
    assert [entry.frame for entry in entries] == [1]
    assert problems == []


@pytest.mark.parametrize("kept", [b"branch=z9hG4bK1\r\nl: 0\r\n\r\n", b"\0", b"y></list>", b"\r\n"])
def test_reader_waits_for_a_start_line_where_the_capture_begins_late(
    tmp_path: Path, kept: bytes
) -> None:
    after = 5 + len(kept)
    entries, _ = read(
        tmp_path,
        tcp(kept, 5),
        tcp(OPTIONS, after),
        tcp(b"NONSENSE sip:a SIP2.0\r\n\r\n", after + len(OPTIONS)),
    )
    assert [entry.frame for entry in entries] == [2, 3]


def test_reader_reads_on_at_the_next_start_line_after_a_hole(tmp_path: Path) -> None:
    entries, _ = read(
        tmp_path,
        tcp(b"", 0, flags="S"),
        tcp(OPTIONS[:40], 1),
        tcp(OPTIONS[70:90], 71),
        tcp(OPTIONS[90:100], 91),
        tcp(b"", 1, back=True, ack=101),
        tcp(OPTIONS[100:-4] + b"<a/>" + OPTIONS, 101),
    )
    assert [entry.raw for entry in entries] == [OPTIONS]


def test_reader_cuts_a_tcp_stream_into_messages(tmp_path: Path) -> None:
    stream = OPTIONS * 3
    entries, _ = read(
        tmp_path,
        tcp(b"", 99, flags="S"),
        tcp(stream[:50], 100),
        tcp(stream[:50], 100),
        tcp(stream[200:], 300),
        tcp(stream[50:200], 150),
    )
    assert [entry.raw for entry in entries] == [OPTIONS] * 3
    assert [entry.frame for entry in entries] == [5, 5, 5]
    assert entries[0].source.transport is Transport.TCP


def test_reader_pairs_http_responses_with_their_requests(tmp_path: Path) -> None:
    head = GET.replace(b"GET", b"HEAD")
    bodyless = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
    entries, _ = read(
        tmp_path,
        tcp(GET + head, 1),
        tcp(FOUND + bodyless, 1, back=True),
        tcp(GET, 1 + len(GET + head)),
    )
    assert [entry.raw for entry in entries] == [GET, head, FOUND, bodyless, GET]
    assert entries[2].answers is entries[0]
    assert entries[3].answers is entries[1]
    assert entries[0].source.transport is Transport.HTTP


def test_reader_says_which_bytes_are_missing_and_goes_on(tmp_path: Path) -> None:
    entries, problems = read(
        tmp_path,
        tcp(OPTIONS[:40], 1),
        tcp(b"lost in the capture\r\n" + OPTIONS, 500),
        tcp(b"", 1, back=True, ack=900),
    )
    assert [entry.raw for entry in entries] == [OPTIONS]
    assert len(problems) == 1
    assert "459 bytes" in problems[0]
    assert "frame 3" in problems[0]


def test_reader_takes_ports_used_again_for_a_new_connection(tmp_path: Path) -> None:
    entries, _ = read(
        tmp_path,
        tcp(b"", 0, flags="S"),
        tcp(OPTIONS[:30], 1),
        tcp(b"", 9000, flags="S"),
        tcp(GET, 9001),
    )
    assert [entry.raw for entry in entries] == [GET]


@pytest.mark.parametrize(("answer", "is_refused"), [("RA", True), ("SA", False)])
def test_reader_tells_who_refused_a_tcp_connection(
    tmp_path: Path, answer: str, is_refused: bool
) -> None:
    before, after = read(
        tmp_path,
        udp(OPTIONS, 40000, 8090),
        tcp(b"", 100, flags="S"),
        tcp(b"", 0, back=True, flags=answer, ack=101),
        udp(OPTIONS, 40000, 8090),
    )[0]
    assert not before.is_tcp_refused
    assert after.is_tcp_refused == is_refused


@pytest.mark.parametrize(("code", "is_refused"), [(2, True), (3, True), (1, False)])
def test_reader_takes_an_icmp_error_for_a_refusal_of_tcp(
    tmp_path: Path, code: int, is_refused: bool
) -> None:
    opening = tcp(b"", 100, flags="S")
    error = ETHER / IP(src="192.0.2.2", dst="192.0.2.1") / ICMP(type=3, code=code) / opening[IP]
    after = read(tmp_path, opening, error, udp(OPTIONS, 40000, 8090))[0]
    assert [each.is_tcp_refused for each in after] == [is_refused]


def test_reader_takes_the_end_of_a_connection_for_no_refusal(tmp_path: Path) -> None:
    entries, _ = read(
        tmp_path,
        tcp(b"", 100, flags="S"),
        tcp(b"", 900, back=True, flags="SA", ack=101),
        tcp(OPTIONS, 101),
        tcp(b"", 901, back=True, flags="RA", ack=101 + len(OPTIONS)),
        udp(OPTIONS, 40000, 8090),
    )
    assert [entry.is_tcp_refused for entry in entries] == [False, False]


def test_reader_reports_tls_that_it_cannot_read(tmp_path: Path) -> None:
    entries, problems = read(tmp_path, tcp(b"\x16\x03\x01\x00\x05hello", 1))
    assert entries == []
    assert "TLS" in problems[0]


def test_reader_does_not_judge_a_message_that_the_capture_cut(tmp_path: Path) -> None:
    packet = udp(OPTIONS)
    short = Ether(bytes(packet)[:-8])
    short.wirelen = len(packet)
    entries, problems = read(tmp_path, short)
    assert entries == []
    assert "cut" in problems[0]


def test_reader_reads_a_cut_file_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    wrpcap(str(path), [udp(OPTIONS), udp(OPTIONS)])
    path.write_bytes(path.read_bytes()[:-20])
    reader = CaptureReader(path)
    entries = list(reader)
    assert entries[0].raw == OPTIONS
    assert reader.problems


@pytest.mark.parametrize("cut", [10, 30, 200, 2000, 20000])
def test_reader_reads_a_cut_pcapng_up_to_the_cut(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.pcapng"
    path.write_bytes(DOCUMENTED.read_bytes()[:-cut])
    reader = CaptureReader(path)
    assert len(list(reader)) < 38
    assert reader.problems


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"REGISTER sip:x SIP/2.0\r\n\r\n", "not a pcap"),
        (b"\x0a\x0d\x0d\x0a", "not a"),
    ],
)
def test_reader_refuses_what_is_no_capture(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "no.pcap"
    path.write_bytes(content)
    with pytest.raises(CaptureError, match=says):
        CaptureReader(path)


def test_reader_refuses_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read"):
        CaptureReader(tmp_path / "none.pcap")
    with pytest.raises(CaptureError, match="folder"):
        CaptureReader(tmp_path)


def test_reader_gives_the_documented_flow_with_tshark_frame_numbers() -> None:
    entries = list(CaptureReader(DOCUMENTED))
    assert len(entries) == 38
    assert [entry.frame for entry in entries[:4]] == [1, 2, 6, 7]
    assert entries[-1].frame == 62
    assert sum(entry.is_sip for entry in entries) == 22


def test_writer_writes_what_the_reader_reads_back(tmp_path: Path) -> None:
    before = list(CaptureReader(DOCUMENTED))
    path = tmp_path / "copy.pcapng"
    with CaptureWriter(path) as writer:
        frames = [writer.write(entry) for entry in before]
    after = list(CaptureReader(path))
    assert [entry.raw for entry in after] == [entry.raw for entry in before]
    assert [entry.source for entry in after] == [entry.source for entry in before]
    assert [entry.frame for entry in after] == frames
    assert [entry.time for entry in after] == pytest.approx([entry.time for entry in before])


def test_writer_splits_a_message_that_fits_no_packet(tmp_path: Path) -> None:
    path = tmp_path / "big.pcapng"
    raw = OPTIONS.replace(b": 4", b": 200000").replace(b"body", b"x" * 200000)
    source, destination = Peer("::1", 4000, Transport.TCP), Peer("::1", 5060, Transport.TCP)
    with CaptureWriter(path) as writer:
        frame = writer.write(TraceEntry(1, 0.5, source, destination, raw, "tcp-1"))
    [entry] = CaptureReader(path)
    assert entry.raw == raw
    assert entry.frame == frame
    assert entry.source == source


def test_reader_reads_the_timestamps_of_pcapng(tmp_path: Path) -> None:
    path = tmp_path / "time.pcapng"
    packet = udp(OPTIONS)
    packet.time = 1403159445.559
    writer = PcapNgWriter(str(path))
    writer.write(packet)
    writer.close()
    [entry] = CaptureReader(path)
    assert entry.time == pytest.approx(1403159445.559, abs=1e-5)


def test_reader_takes_a_segment_that_the_capture_cut_for_lost(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    whole = bytes(tcp(GET + FOUND, 1))
    with RawPcapWriter(str(path), linktype=1) as writer:
        writer.write_header(None)
        writer.write_packet(whole[:-20], wirelen=len(whole))
        writer.write_packet(bytes(tcp(GET, 1 + len(GET + FOUND))))
    reader = CaptureReader(path)

    assert [entry.raw for entry in reader] == [GET]
    assert "cut this segment short" in reader.problems[0]


@pytest.mark.parametrize("sent", [GET[:8], GET[:-2], FOUND[:30]])
def test_reader_keeps_no_head_of_which_the_capture_lacks_the_end(
    tmp_path: Path, sent: bytes
) -> None:
    entries, problems = read(tmp_path, tcp(b"", 0, flags="S"), tcp(GET + sent, 1))
    assert [entry.raw for entry in entries] == [GET]
    assert "ends inside the head" in problems[0]


def test_reader_gives_no_answer_to_the_request_whose_own_was_lost(tmp_path: Path) -> None:
    entries, _ = read(
        tmp_path,
        tcp(GET, 1),
        tcp(FOUND, 1, back=True),
        tcp(GET, 1 + len(GET)),
        tcp(GET, 1 + 2 * len(GET)),
        tcp(FOUND, 1 + 2 * len(FOUND), back=True),
        tcp(b"", 1 + 3 * len(GET), flags="A", ack=1 + 3 * len(FOUND)),
    )
    assert [entry.raw for entry in entries] == [GET, FOUND, GET, GET, FOUND]
    assert entries[1].answers is entries[0]
    assert entries[4].answers is None
