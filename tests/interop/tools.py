"""Other people's programs against the harness. Where one is not installed its tests skip."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS = 60.0


def tool(name: str) -> str:
    """The path of a program; skips the test where it is not installed."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def presence(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the `presence` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@dataclass(frozen=True)
class NetworkUnderTest:
    """`presence network` in a process of its own."""

    sip: str
    xcap: str
    capture: Path


@contextmanager
def playing_network(capture: Path, *options: str) -> Iterator[NetworkUnderTest]:
    """`presence network` on free ports and with these options, until the block ends."""
    ports = () if "--listen" in options else ("--sip-port", "0", "--xcap-port", "0")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "harness.cli", "network"),
            *("--pcap-out", str(capture)),
            *ports,
            *options,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while "Interrupt" not in said:
            line = process.stdout.readline()
            assert line, f"presence network ended: {said}"
            said += line
        sip = re.search(r"registrar +(\S+)", said)
        xcap = re.search(r"XCAP root +(\S+)", said)
        assert sip is not None
        assert xcap is not None
        yield NetworkUnderTest(sip[1], xcap[1], capture)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=SECONDS)
