"""The ladder as plain text."""

from __future__ import annotations

from pathlib import Path

from harness.model import Peer, Transport
from harness.report.ladder import ladder_line
from harness.trace import Trace
from tests.report.golden import build

UE, NETWORK = Peer("192.0.2.1", 5060), Peer("192.0.2.2", 5060)


def test_ladder_line_tells_when_which_way_over_what_and_what() -> None:
    entry = Trace().append(build.PUBLISH, UE, NETWORK, 102.318)
    assert ladder_line(entry, 100.0, "ue") == (
        "#1        +2.318 s  UE --> NW  UDP   PUBLISH sip:alice@example.com"
    )
    assert "UE <-- NW" in ladder_line(entry, 100.0, "network")


def test_ladder_line_of_hostile_bytes_is_one_line_without_control_characters() -> None:
    for raw in (b"\x1b[2J\r\n\r\n", b"A \xff\x00\x07 SIP/2.0\r\n\r\n", b"", b"\n" * 50):
        ends = Peer("192.0.2.1", 1, Transport.HTTP), Peer("192.0.2.2", 2, Transport.HTTP)
        for peers in (ends, (UE, NETWORK)):
            line = ladder_line(Trace().append(raw, *peers, 1.0), 0.0, None)
            assert line.isprintable()
            assert len(line) < 140


def test_ladder_has_a_line_for_each_message(views: Path) -> None:
    lines = (views / "ladder.txt").read_text("utf-8").splitlines()
    assert len(lines) == 9
    assert lines[4].endswith("09-publish  FAIL: PUB-EVENT-1, PIDF-BASIC-1  [192.0.2.1]")
    assert "(retransmission)" in lines[5]
    assert all(line.isprintable() for line in lines)
