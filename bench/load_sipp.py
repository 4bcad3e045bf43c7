"""Runs SIPp with a scenario at a rate, and tells what became of the calls."""

from __future__ import annotations

import csv
import math
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
FLOW, HOLD = HERE / "load_flow.xml", HERE / "load_hold.xml"

_SOCKETS = 4000
_GRACE_SECONDS = 2.0
"""What SIPp may take on top of its calls: it starts, and looks once a second whether it is done."""
_DRAIN_SECONDS = 10
"""After the last call has started, how long the others may take."""


@dataclass(frozen=True, slots=True)
class Played:
    """What became of the calls: `seconds` from the first to the end of the last.

    `times` are the seconds from request to response, in order; empty where they were not wanted.
    """

    rate: int
    asked: int
    good: int
    failed: int
    repeated: int
    seconds: float
    times: Sequence[float] = field(default=(), repr=False)

    @property
    def is_clean(self) -> bool:
        """Whether each call came to its good end, nothing had to be repeated, and in time."""
        in_time = self.seconds <= self.asked / self.rate + _GRACE_SECONDS
        return self.good == self.asked and not self.failed and not self.repeated and in_time

    def percentile(self, share: float) -> float:
        """The time within which that share of the requests was answered, in ms; not a
        number where none was."""
        if not self.times:
            return math.nan
        ordered = sorted(self.times)
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def play(
    program: str, port: int, scenario: Path, rate: int, calls: int, *, first: int = 0, log: bool
) -> Played:
    """Play the scenario `calls` times, `rate` a second, each with a user and a port of its own.

    The users are numbered from `first`. With `log`, times of response are measured.
    """
    bound = calls / rate + _DRAIN_SECONDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        users = "".join(f"+3390{first + number:07}\n" for number in range(calls))
        (folder / "users.csv").write_text(f"SEQUENTIAL\n{users}")
        command = [
            *(program, f"127.0.0.1:{port}", "-sf", str(scenario), "-inf", "users.csv"),
            *("-t", "un", "-i", "127.0.0.1", "-max_socket", str(_SOCKETS), "-nostdin"),
            *("-r", str(rate), "-m", str(calls), "-l", str(calls)),
            *("-timeout", f"{bound:.0f}s", "-timeout_error"),
            *("-trace_stat", "-stf", "stat.csv", "-fd", "1"),
            *(("-trace_shortmsg", "-shortmessage_file", "messages.log") if log else ()),
        ]
        start = time.monotonic()
        with (folder / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
            )
            try:
                process.wait(bound + _DRAIN_SECONDS)
            except subprocess.TimeoutExpired:
                pass  # its last statistics tell what came of the calls
            finally:
                process.kill()
                process.wait()
        seconds = time.monotonic() - start
        row = _last_row(folder / "stat.csv")
        times = _times(folder / "messages.log") if log else []
    return Played(
        rate,
        calls,
        int(row.get("SuccessfulCall(C)", 0)),
        int(row.get("FailedCall(C)", 0)),
        int(row.get("Retransmissions(C)", 0)),
        seconds,
        times,
    )


def _last_row(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    return rows[-1] if rows else {}


def _times(path: Path) -> list[float]:
    """Seconds from each request of the UE to its final response.

    SIPp notes a message after sending it, when the answer may be there already. A request goes
    out as soon as the message before it was dealt with, so the time counts from that one: what
    SIPp itself needs is counted as the server's.
    """
    last: dict[str, float] = {}
    asked: dict[tuple[str, str], float] = {}
    times: list[float] = []
    with path.open() as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if len(fields) != 7:
                continue
            _, _, stamp, way, call, cseq, start = fields
            moment = float(stamp)
            if way == "S" and not start.startswith("SIP/2.0"):
                asked.setdefault((call, cseq), last.get(call, moment))
            elif way == "R" and start.startswith("SIP/2.0 2") and (call, cseq) in asked:
                times.append(moment - asked.pop((call, cseq)))
            last[call] = moment
    return times
