"""Whole runs of the flow over real sockets, made once for all tests that look at them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.config import Profile, load_profile
from harness.model import Peer, Send, Transport
from harness.report.record import Record, read_record
from harness.serving import new_id
from harness.transport.driver import Driver
from harness.ue.agent import ReferenceUe
from harness.ue.settings import Settings

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


class _Gagged:
    """A reference UE that does not send certain requests."""

    def __init__(self, ue: ReferenceUe, keeps_back: bytes) -> None:
        self._ue = ue
        self._keeps_back = keeps_back

    def speaks(self, sends: Sequence[Send]) -> list[Send]:
        return [
            each
            for each in sends
            if not (self._keeps_back and each.data.startswith(self._keeps_back))
        ]

    def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
        return self.speaks(self._ue.receive(data, source, now))

    def tick(self, now: float) -> list[Send]:
        return self.speaks(self._ue.tick(now))

    def next_deadline(self) -> float | None:
        return self._ue.next_deadline()

    def failed(self, send: Send, reason: str, now: float) -> list[Send]:
        return self.speaks(self._ue.failed(send, reason, now))


async def play_ue(
    sip: int,
    xcap: int,
    over: threading.Event,
    *,
    keeps_back: bytes = b"",
    host: str = "127.0.0.1",
    transport: Transport = Transport.UDP,
    profile: Profile | None = None,
) -> None:
    """The reference UE on sockets of its own against a network side on `host`, until it is over.

    Requests that begin with `keeps_back` are never sent.
    """
    pixit = (profile or load_profile("documented")).pixit
    driver = Driver()
    local, _ = await driver.listen([Peer(host, 0, kind) for kind in (Transport.UDP, Transport.TCP)])
    other = Transport.TCP if transport is Transport.UDP else Transport.UDP
    xcap_server = Peer(host, xcap, Transport.HTTP)
    settings = Settings(
        registrar=Peer(host, sip, transport),
        domain=pixit.domain,
        xcap_root=f"http://{xcap_server}",
        identity=pixit.impu,
        local=replace(local, transport=transport),
        display_name=pixit.display_name,
        impi=pixit.impi,
        realm=pixit.realm,
        password=pixit.password.get_secret_value(),
        imei=pixit.imei,
        transports=(transport, other),
        user_agent=pixit.user_agent,
        list_name=pixit.list_name,
    )
    ue = ReferenceUe(settings, time.time, new_id)
    gagged = _Gagged(ue, keeps_back)
    driver.attach(gagged)
    # The network side may come up later: the UE begins once it listens.
    while not over.is_set() and not await _listens(host, xcap):
        await asyncio.sleep(0.05)
    driver.perform(gagged.speaks(ue.start(driver.now)))
    while not over.is_set():
        await asyncio.sleep(0.05)
    await driver.stop()


async def _listens(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
