"""Judges the traffic of thousands of UEs and compares the cost with tshark's on the same file.

    python -m bench [--ues N] [--jobs N] [--keep FILE]

Prints a table. Exit status 1 where a UE, all of which are right, is found at fault.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.capture import write_capture
from bench.population import Population
from bench.processes import Cost, run
from bench.rates import rates
from harness.parallel import cores


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging a capture cost and found: findings by sender and level, verdicts of steps."""

    cost: Cost
    messages: int
    findings: Counter[str]
    verdicts: Counter[str]

    @property
    def false_alarms(self) -> int:
        """Broken MUSTs of UEs that break none, and steps that did not pass."""
        return self.findings["must on the ue"] + self.verdicts.total() - self.verdicts["pass"]


def judge(capture: Path, folder: Path, jobs: int) -> Judged:
    """Judge a capture with the command that users run."""
    output = folder / "audit.json"
    command = [sys.executable, "-m", "harness.cli", "audit", "--format", "json"]
    cost = run([*command, "--jobs", str(jobs), str(capture)], output)
    result = json.loads(output.read_bytes())
    return Judged(
        cost,
        result["messages"],
        Counter(f"{each['level']} on the {each['sender']}" for each in result["findings"]),
        Counter(step["verdict"] for ue in result["ues"] for step in ue["steps"]),
    )


def tshark(capture: Path, folder: Path) -> Cost | None:
    """What tshark's own judgement of the file costs; None where there is no tshark."""
    program = shutil.which("tshark")
    if program is None:
        return None
    return run([program, "-q", "-z", "expert", "-r", str(capture)], folder / "tshark.txt")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--ues", type=int, default=2000, metavar="N")
    parser.add_argument("--jobs", type=int, default=cores(), metavar="N", help="processes")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the capture here")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        capture = given.keep or folder / "capture.pcap"
        messages, frames = write_capture(capture, Population(given.ues))
        size = capture.stat().st_size / 1e6
        print(f"{given.ues} UEs, {messages} messages in {frames} frames, {size:.0f} MB\n")
        alarms = _compare(capture, folder, given.jobs)
        print("\nStages, each on one core, a second:")
        sample = folder / "sample.pcap"
        write_capture(sample, Population(min(given.ues, 250)))
        for stage, rate in rates(sample).items():
            print(f"  {rate:8.0f} {stage}")
        _growth(max(given.ues // 8, 1), folder)
    return 1 if alarms else 0


def _compare(capture: Path, folder: Path, jobs: int) -> int:
    """Print a row for each way of judging; answers the number of false alarms."""
    reference = tshark(capture, folder)
    ways = {f"{count} process{'es' if count > 1 else ''}": count for count in sorted({1, jobs})}
    judged = {way: judge(capture, folder, count) for way, count in ways.items()}
    messages = next(iter(judged.values())).messages
    rows = {way: each.cost for way, each in judged.items()}
    if reference is not None:
        rows = {"tshark expert": reference, **rows}
    print(f"{'':14} {'wall s':>8} {'cpu s':>8} {'MB':>6} {'messages/s':>11}  wall and cpu x tshark")
    for way, cost in rows.items():
        rate = messages / cost.wall
        line = f"{way:14} {cost.wall:8.1f} {cost.cpu:8.1f} {cost.memory:6.0f} {rate:11.0f}"
        if reference is not None:
            line += f" {cost.wall / reference.wall:9.1f} {cost.cpu / reference.cpu:9.1f}"
        print(line)
    for way, each in judged.items():
        found = ", ".join(f"{n} {what}" for what, n in each.findings.items()) or "no findings"
        print(f"{way}: {found}; steps: {dict(each.verdicts)}")
    return sum(each.false_alarms for each in judged.values())


def _growth(ues: int, folder: Path) -> None:
    """Print the peak memory for one capture, one twice as long, one of twice the UEs."""
    print("\nPeak memory of one process:")
    for what, population in (
        ("one flow each", Population(ues)),
        ("two flows each", Population(ues, turns=2)),
        ("four flows each", Population(ues, turns=4)),
        ("one flow each", Population(2 * ues)),
    ):
        capture = folder / "growth.pcap"
        messages, _ = write_capture(capture, population)
        memory = judge(capture, folder, 1).cost.memory
        count = population.ues
        print(f"  {count:5} UEs, {what:15} {messages:7} messages {memory:6.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
