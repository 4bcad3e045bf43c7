"""Runs a command and tells what it cost: time on the wall and on the cores, peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """`wall` and `cpu` in seconds, `memory` in MB (of the largest process), exit status."""

    wall: float
    cpu: float
    memory: float
    status: int


def run(command: Sequence[str], output: Path) -> Cost:
    """Run a command to its end, its output into a file; its own child processes count as well."""
    start = time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(
        wall=time.monotonic() - start,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
        status=process.returncode,
    )
