"""The servers under load: each is started afresh on a free port of loopback, and always stopped."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60.0
_STOP_SECONDS = 90.0
_TICKS = 100
"""Clock ticks a second in /proc, on every Linux."""

KAMAILIO = Path(__file__).with_name("load_kamailio.cfg")
_TABLES = Path("/usr/share/kamailio/db_sqlite")
_MEMORY = Path("/dev/shm")

# The played contact is nobody's load: a UE of a phone book of thousands would not meet it.
_PROFILE = "name: load\nextends: documented\nnetwork: {contact_delay: 3600}\n"

_REGISTER = """\
REGISTER sip:test-rcs.com SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKfirst{branch};rport
Max-Forwards: 70
From: <sip:+33999@test-rcs.com>;tag=first
To: <sip:+33999@test-rcs.com>
Call-ID: first-of-the-load
CSeq: 1 REGISTER
Contact: <sip:first@127.0.0.1:{port}>
Expires: 60
Content-Length: 0

"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: its SIP port, its first process, and the file of what it says.

    `started` and `answered` are the seconds from its start until it named its address, and until
    it answered its first REGISTER.
    """

    port: int
    process: int
    output: Path
    started: float
    answered: float

    def memory(self) -> float:
        """MB of memory, what its processes share counted once."""
        return sum(_proportional_kb(each) for each in self._processes()) / 1024

    def cpu(self) -> float:
        """Seconds of CPU that its processes have used."""
        return sum(_cpu_ticks(each) for each in self._processes()) / _TICKS

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self.process}/task/{self.process}/children")
        return [self.process, *map(int, children.read_text().split())]

    def settle(self, seconds: float) -> float:
        """Wait until it is idle, at most that long; answers the seconds it went on working."""
        start = time.monotonic()
        busy, before = start, self.cpu()
        while time.monotonic() < min(start + seconds, busy + 1.0):
            time.sleep(0.25)
            used = self.cpu()
            if used - before > 0.02:
                busy = time.monotonic()
            before = used
        return busy - start


def _proportional_kb(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    found = re.search(r"^Pss: +(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def _cpu_ticks(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


@contextmanager
def presence_network() -> Iterator[Server]:
    """`presence network` as users run it, what it prints in a file."""
    command = ["-m", "harness.cli", "network", "--sip-port", "0", "--xcap-port", "0", "--profile"]
    with _folder() as folder:
        whole = [sys.executable, *command, _profile(folder)]
        with _running(whole, folder, _named) as server:
            yield server


@contextmanager
def network_alone() -> Iterator[Server]:
    """The network side without judge and ladder."""
    with _folder() as folder:
        command = [sys.executable, "-m", "bench.load_alone", _profile(folder)]
        with _running(command, folder, _named) as server:
            yield server


@contextmanager
def kamailio() -> Iterator[Server]:
    """Kamailio with its presence modules; its database is in memory where the system has such."""
    program, modules = shutil.which("kamailio"), kamailio_modules()
    if program is None or modules is None:
        raise FileNotFoundError("kamailio")
    with _folder(_MEMORY) as folder:
        database = folder / "kamailio.db"
        connection = sqlite3.connect(database)
        for name in ("standard", "presence"):
            connection.executescript((_TABLES / f"{name}-create.sql").read_text())
        connection.close()
        port = _free_port()
        text = KAMAILIO.read_text()
        for word, value in (("port", port), ("modules", f"{modules}/"), ("database", database)):
            text = text.replace(f"<<{word}>>", str(value))
        (folder / "kamailio.cfg").write_text(text)
        command = [
            program,
            "-f",
            str(folder / "kamailio.cfg"),
            "-m",
            "512",
            "-M",
            "16",
            "-DD",
            "-E",
        ]
        with _running(command, folder, lambda _: port) as server:
            yield server


def kamailio_modules() -> Path | None:
    """Where Kamailio's modules are; None where one that is needed is missing."""
    found = sorted(Path("/usr/lib").glob("**/kamailio/modules/presence_xml.so"))
    if shutil.which("kamailio") is None or not found or not _TABLES.is_dir():
        return None
    return found[0].parent if (found[0].parent / "db_sqlite.so").exists() else None


@contextmanager
def _folder(parent: Path | None = None) -> Iterator[Path]:
    place = parent if parent is not None and parent.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="load-", dir=place) as name:
        yield Path(name)


def _profile(folder: Path) -> str:
    path = folder / "load.yaml"
    path.write_text(_PROFILE)
    return str(path)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _named(said: str) -> int | None:
    """The SIP port that a network side has printed."""
    found = re.search(r"registrar +127\.0\.0\.1:(\d+)", said)
    return int(found[1]) if found else None


@contextmanager
def _running(
    command: Sequence[str], folder: Path, port_in: Callable[[str], int | None]
) -> Iterator[Server]:
    """The command, once it answers a REGISTER. Raises RuntimeError where it does not."""
    said = folder / "output.txt"
    start = time.monotonic()
    with said.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        while (port := port_in(said.read_text(errors="replace"))) is None:
            _check(process, said, start)
            time.sleep(0.01)
        started = time.monotonic() - start
        while not _answers(port):
            _check(process, said, start)
        answered = time.monotonic() - start
        yield Server(port, process.pid, said, started, answered)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _check(process: subprocess.Popen[bytes], said: Path, start: float) -> None:
    if process.poll() is not None or time.monotonic() > start + _START_SECONDS:
        raise RuntimeError(f"{process.args!r} does not serve: {said.read_text()[-1000:]}")


def _answers(port: int) -> bool:
    """Whether a REGISTER is answered; it is sent every 100 ms until then."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ue:
        ue.bind(("127.0.0.1", 0))
        ue.settimeout(0.1)
        own = ue.getsockname()[1]
        request = _REGISTER.format(port=own, branch=own).replace("\n", "\r\n")
        for _ in range(50):
            ue.sendto(request.encode(), ("127.0.0.1", port))
            try:
                return ue.recv(4096).startswith(b"SIP/2.0 200")
            except (TimeoutError, ConnectionError):
                continue
        return False
