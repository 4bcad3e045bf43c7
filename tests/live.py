"""Whole runs of the flow over real sockets, made once for all tests that look at them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.config import Profile, load_profile
from harness.flow.steps import load_flow
from harness.live import LiveNetwork
from harness.model import Peer, Send, Transport
from harness.paths import FLOW
from harness.report.record import Record, read_record
from harness.run import Run
from harness.serving import new_id
from harness.sip.aka import Card
from harness.transport.driver import Driver
from harness.transport.tls import ClientTls
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
    ca: Path | None = None,
    secure: bool = False,
    https: bool = False,
) -> None:
    """The reference UE on sockets of its own against a network side on `host`, until it is over.

    Requests that begin with `keeps_back` are never sent.
    """
    pixit = (profile or load_profile("documented")).pixit
    driver = Driver(client_tls=ClientTls(ca) if ca is not None else None)
    local, _ = await driver.listen([Peer(host, 0, kind) for kind in (Transport.UDP, Transport.TCP)])
    others = {Transport.UDP: (Transport.TCP,), Transport.TCP: (Transport.UDP,)}
    xcap_server = Peer(host, xcap, Transport.HTTPS if https else Transport.HTTP)
    settings = Settings(
        registrar=Peer(host, sip, transport),
        domain=pixit.domain,
        xcap_root=f"{xcap_server.transport.value}://{xcap_server}",
        identity=pixit.impu,
        local=replace(local, transport=transport),
        display_name=pixit.display_name,
        impi=pixit.impi,
        realm=pixit.realm,
        password=pixit.password.get_secret_value(),
        card=Card.make(*pixit.usim.octets) if pixit.usim is not None else None,
        imei=pixit.imei,
        transports=(transport, *others.get(transport, ())),
        secure=secure,
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


class Lab:
    """A live network side and its run, as a session has them."""

    def __init__(self, folder: Path, profile: Profile) -> None:
        self.folder = folder
        self.profile = profile
        self.run = Run(
            load_flow(FLOW), profile, folder, about={"mode": "live", "source": "test"}, is_live=True
        )
        self.network = LiveNetwork(profile, self.run)

    def close(self) -> None:
        self.network.stop()
        self.run.finish()

    def until(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        with self.run._changed:
            assert self.run._changed.wait_for(condition, seconds)

    def passed(self, step: str) -> bool:
        return self.run.result(step).verdict.value == "pass"

    def verdicts(self) -> dict[str, dict[str, str]]:
        """Verdicts by step, of each UE."""
        return {
            ue.address: {each.step.id: each.verdict.value for each in ue.steps}
            for ue in self.run.ues
        }


class PlayingUe:
    """A reference UE on a thread, until the block ends."""

    def __init__(self, lab: Lab, host: str = "127.0.0.1", **options: object) -> None:
        self._over = threading.Event()
        work = play_ue(
            lab.network.sip.port, lab.network.xcap.port, self._over, host=host, **options
        )  # type: ignore[arg-type]
        self._thread = threading.Thread(target=asyncio.run, args=(work,))

    def __enter__(self) -> PlayingUe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(30.0)
        assert not self._thread.is_alive()
