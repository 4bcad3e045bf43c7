"""tshark reads the capture of a run as we do."""

from __future__ import annotations

import subprocess

from harness.capture.messages import CaptureReader
from tests.interop.tools import SECONDS, tool
from tests.live import PlayedRun


def tshark(*arguments: str) -> str:
    done = subprocess.run(
        [tool("tshark"), *arguments], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    return done.stdout


def ports(run: PlayedRun) -> list[str]:
    """Our SIP and HTTP ports, which tshark cannot know."""
    decode: dict[str, None] = {}
    for message in run.record.messages:
        for host, port, transport in (message["source"], message["destination"]):
            assert host == "127.0.0.1"
            layer = "udp" if transport == "udp" else "tcp"
            decode[f"{layer}.port=={port},{'http' if transport == 'http' else 'sip'}"] = None
    return [word for each in decode for word in ("-d", each)]


def test_tshark_finds_nothing_malformed_in_the_capture_of_a_run(live_run: PlayedRun) -> None:
    capture = str(live_run.folder / "trace.pcapng")
    bad = "_ws.malformed || _ws.expert.severity >= 0x600000"
    assert tshark("-r", capture, *ports(live_run), "-Y", bad) == ""


def test_tshark_counts_the_frames_of_messages_as_we_do(live_run: PlayedRun) -> None:
    capture = live_run.folder / "trace.pcapng"
    ours = sorted({entry.frame for entry in CaptureReader(capture) if entry.frame})
    theirs = tshark(
        *("-r", str(capture), *ports(live_run), "-Y", "sip || http"),
        *("-T", "fields", "-e", "frame.number"),
    )
    assert ours == [int(number) for number in theirs.split()]
