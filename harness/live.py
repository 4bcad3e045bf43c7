"""The network side and the reference UE on sockets, and what starts and stops them."""

from __future__ import annotations

import asyncio
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from harness.body.schema import validate
from harness.config import Profile
from harness.model import Peer, Transport
from harness.network.network import Network
from harness.transport.datagrams import Routes, local_address_towards
from harness.transport.driver import Driver, ListenError, MessageObserver
from harness.transport.runner import LoopThread
from harness.ue.defects import DEFECTS
from harness.ue.personas import PERSONAS

_STOP_SECONDS = 5.0
_MAX_OUTPUT = 20_000


def new_id() -> str:
    """An unguessable token of letters and digits."""
    return secrets.token_hex(8)


async def start_network(profile: Profile, driver: Driver) -> tuple[Peer, Peer]:
    """Let the network side play on `driver`; answers its SIP and XCAP addresses.

    Raises ListenError.
    """
    _prepare()
    host = profile.network.bind
    sip_port, xcap_port = profile.network.sip_port, profile.network.xcap_port
    udp, tcp, http = await driver.listen(
        [
            Peer(host, sip_port, Transport.UDP),
            Peer(host, sip_port, Transport.TCP),
            Peer(host, xcap_port, Transport.HTTP),
        ]
    )
    seen = _seen_from_outside(host)
    udp, tcp, http = (replace(each, host=seen) for each in (udp, tcp, http))
    own_host = Routes().towards if ip_address(host).is_unspecified else None
    driver.attach(Network(profile, time.time, new_id, (udp, tcp), own_host=own_host))
    return udp, http


def _prepare() -> None:
    """Load what the first faulty body would make everybody wait for: the second validator.

    On a thread, while others go on: a phone waits half a second before it repeats a request.
    """
    body = b"<presence xmlns='urn:ietf:params:xml:ns:pidf'/>"
    threading.Thread(target=validate, args=(body,), name="presence-prepare", daemon=True).start()


def _seen_from_outside(host: str) -> str:
    """The address that a UE can reach: bound to every address, we have to name one of them."""
    if host == "0.0.0.0":  # noqa: S104 - compared, not bound
        return local_address_towards("192.0.2.1") or "127.0.0.1"
    if host == "::":
        return local_address_towards("2001:db8::1") or "::1"
    return host


def exposure(profile: Profile) -> str:
    """Who can reach the network side besides this machine, "" where nobody can."""
    host = profile.network.bind
    if is_loopback(host):
        return ""
    every = ip_address(host).is_unspecified
    where = "every network of this machine" if every else f"the network of {host}"
    return f"{where}: whoever is on it can register, and write and read what the UE stores"


def is_loopback(host: str) -> bool:
    """Whether an IP address is of this machine only."""
    return ip_address(host).is_loopback


class LiveNetwork:
    """The network side on a thread of its own, playing until it is stopped.

    Raises ListenError where an address cannot be had.
    """

    def __init__(self, profile: Profile, run: _Run) -> None:
        self._thread = LoopThread("presence-network")
        self._driver = Driver(observer=run, failures=run.fault)
        try:
            self.sip, self.xcap = self._thread.call(start_network(profile, self._driver))
        except ListenError:
            self.stop()
            raise

    @property
    def xcap_root(self) -> str:
        """The XCAP root URI that a UE is given."""
        return f"http://{self.xcap}"

    def stop(self) -> None:
        """Close every socket and end the thread; a second time does nothing."""
        if self._thread.is_stopped:
            return
        self._thread.call(self._driver.stop())
        self._thread.stop()


class _Run(MessageObserver, Protocol):
    """What a run offers to the driver."""

    def fault(self, error: BaseException) -> None: ...


class EmbeddedUe:
    """The reference UE in a process of its own, which knows the network by its sockets only."""

    def __init__(
        self, network: LiveNetwork, profile_file: str, persona: str, defects: Sequence[str]
    ) -> None:
        command = [
            *(sys.executable, "-m", "harness.cli", "ue"),
            *("--registrar", f"sip:{network.sip}", "--xcap-root", network.xcap_root),
            *("--profile", profile_file, "--persona", persona, "--until-eof"),
        ]
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
        return f"the reference UE ended with status {status}: {said}" if status else ""


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
