"""Whole runs of the flow over real sockets, made once for all tests that look at them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.report.record import Record, read_record

ROOT = Path(__file__).parents[1]
SECONDS = 120.0


@dataclass(frozen=True)
class PlayedRun:
    """A run of `pytest -m presence`: its exit status, what it printed, and its reports."""

    status: int
    said: str
    folder: Path

    @property
    def record(self) -> Record:
        return read_record(self.folder / "run.jsonl")

    @property
    def verdicts(self) -> dict[str, str]:
        """Verdicts by step id."""
        return {step["id"]: step["verdict"] for step in self.record.steps.values()}


def play(folder: Path, *options: str) -> PlayedRun:
    """Run the flow's test cases in a process of their own."""
    done = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "pytest",
                "-m",
                "presence",
                "testcases",
                "-p",
                "no:cacheprovider",
            ),
            *("--presence-reports", str(folder), *options),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=ROOT,
        check=False,
    )
    return PlayedRun(done.returncode, done.stdout + done.stderr, folder)


@pytest.fixture(scope="session")
def live_run(tmp_path_factory: pytest.TempPathFactory) -> PlayedRun:
    """The flow with the conformant reference UE."""
    return play(tmp_path_factory.mktemp("conformant"))


@pytest.fixture(scope="session")
def documented_run(tmp_path_factory: pytest.TempPathFactory) -> PlayedRun:
    """The flow with the persona that behaves as the document's UE."""
    return play(tmp_path_factory.mktemp("documented"), "--presence-persona", "documented")
