"""The network side and the reference UE on sockets, and what starts and stops them."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from harness.config import Profile
from harness.model import Peer
from harness.network.control import NetworkControl
from harness.serving import make_driver, start_network
from harness.transport.behind import MessageObserver
from harness.transport.driver import ListenError
from harness.transport.runner import LoopThread
from harness.ue.defects import DEFECTS
from harness.ue.personas import PERSONAS

_STOP_SECONDS = 5.0
_MAX_OUTPUT = 20_000
_MAX_NOTICES = 100
# What was seen last is still judged while the network side stops.
_JUDGE_SECONDS = 90.0


class LiveNetwork:
    """The network side on a thread of its own, playing until it is stopped.

    Raises ListenError where an address cannot be had, AuthorityError or TlsError where there can
    be no TLS.
    """

    def __init__(self, profile: Profile, run: _Run) -> None:
        self.notices: list[str] = []
        """What the person at the phone should know: failed handshakes, say."""

        def notice(text: str) -> None:
            run.note("warning", text)
            if len(self.notices) < _MAX_NOTICES:
                self.notices.append(text)

        self._driver = make_driver(profile, run, run.fault, notice)
        self._thread = LoopThread("presence-network")
        try:
            self.serving = self._thread.call(start_network(profile, self._driver))
        except ListenError:
            self.stop()
            raise
        assert self.serving.network is not None
        self.control = NetworkControl(self.serving.network, self._act)
        """What test cases steer the roles with."""

    def _act(self, step: Callable[[float], None]) -> None:
        """Do something to the network between two of its messages, and send what comes of it."""
        network = self.serving.network
        assert network is not None

        async def act() -> None:
            step(self._driver.now)
            self._driver.perform(network.tick(self._driver.now))

        self._thread.call(act())

    @property
    def sip(self) -> Peer:
        """The SIP address that a UE is given."""
        return self.serving.sip

    @property
    def xcap(self) -> Peer:
        """The address of the XDMS."""
        return self.serving.xcap

    @property
    def xcap_root(self) -> str:
        """The XCAP root URI that a UE is given."""
        return self.serving.xcap_root

    def stop(self) -> None:
        """Close every socket and end the thread; a second time does nothing."""
        if self._thread.is_stopped:
            return
        self._thread.call(self._driver.stop(), _JUDGE_SECONDS)
        self._thread.stop()


class _Run(MessageObserver, Protocol):
    """What a run offers to the driver."""

    def fault(self, error: BaseException) -> None: ...

    def note(self, level: str, text: str) -> None: ...


class EmbeddedUe:
    """The reference UE in a process of its own, which knows the network by its sockets only."""

    def __init__(
        self, network: LiveNetwork, profile_file: str, persona: str, defects: Sequence[str]
    ) -> None:
        command = [
            *(sys.executable, "-m", "harness.cli", "ue"),
            *("--registrar", f"sip:{network.sip}", "--xcap-root", network.xcap_root),
            *("--transport", network.sip.transport.value),
            *("--profile", profile_file, "--persona", persona, "--until-eof"),
        ]
        if network.serving.authority is not None:
            command += ["--ca", str(network.serving.authority.pem)]
        for defect in defects:
            command += ["--defect", defect]
        # A file, not a pipe: a UE that says much must never wait for us to read.
        self._output = tempfile.TemporaryFile("w+b")  # noqa: SIM115 - closed by stop()
        self._process = subprocess.Popen(
            # What it reads ends with this process, even a killed one: no UE is left behind.
            command,
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
        )

    @property
    def ended(self) -> str:
        """Why the UE no longer plays, "" while it does."""
        status = self._process.poll()
        return "" if status is None else f"the reference UE ended (status {status}): {self.said}"

    @property
    def said(self) -> str:
        """The last of what the UE printed."""
        size = self._output.seek(0, 2)
        self._output.seek(max(0, size - _MAX_OUTPUT))
        return self._output.read().decode("utf-8", "replace").strip()

    def stop(self) -> str:
        """Let the UE say good-bye and end; answers what went wrong with it, "" if nothing did."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            status = self._process.wait(2 * _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)
            status = -signal.SIGKILL
        said = self.said
        self._output.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        # One that was still starting ends by the signal itself.
        is_told = status in (0, -signal.SIGINT)
        return "" if is_told else f"the reference UE ended with status {status}: {said}"


def check_ue(ue: str, persona: str, defects: Sequence[str]) -> str:
    """What is wrong with a choice of UE, with the possible ones; "" if nothing is."""
    for option, value, known in (
        ("ue", ue, ("embedded", "external")),
        ("persona", persona, tuple(PERSONAS)),
        *(("defect", defect, tuple(DEFECTS)) for defect in defects),
    ):
        if value not in known:
            return f"--presence-{option} {value}: no such {option}. Known: {', '.join(known)}"
    return ""


async def until_interrupted() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()


def reports_folder(path: Path) -> Path:
    """Make an output folder of a run, emptied of what an earlier run of ours left in it."""
    path.mkdir(parents=True, exist_ok=True)
    for name in ("run.jsonl", "trace.pcapng", "index.html", "junit.xml", "ladder.txt"):
        (path / name).unlink(missing_ok=True)
    results = path / "allure-results"
    if results.is_dir():
        for file in results.iterdir():
            if file.is_file():
                file.unlink()
    return path
