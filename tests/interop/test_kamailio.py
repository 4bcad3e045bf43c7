"""The reference UE against Kamailio: registrar, presence server, RLS and XCAP server."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.capture.messages import CaptureReader
from harness.sip.message import Request, Response
from harness.xcap.http import HttpResponse
from tests.interop.tools import SECONDS, presence, tool

CONFIGURATION = Path(__file__).with_name("kamailio.cfg")
TABLES = Path("/usr/share/kamailio/db_sqlite")


def modules() -> str:
    found = sorted(Path("/usr/lib").glob("**/kamailio/modules/xcap_server.so"))
    if not found or not TABLES.is_dir():
        pytest.skip("Kamailio's presence, xcap_server and sqlite modules are not installed")
    return f"{found[0].parent}/"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("Kamailio does not listen")


@pytest.fixture
def kamailio(tmp_path: Path) -> Iterator[int]:
    """The port of a Kamailio with an empty database."""
    program, folder = tool("kamailio"), modules()
    database, log = tmp_path / "kamailio.db", tmp_path / "kamailio.log"
    with sqlite3.connect(database) as connection:
        for name in ("standard", "presence", "rls"):
            connection.executescript((TABLES / f"{name}-create.sql").read_text())
    connection.close()
    port = free_port()
    text = CONFIGURATION.read_text()
    values = {"port": str(port), "modules": folder, "database": str(database)}
    for word, value in values.items():
        text = text.replace(f"<<{word}>>", value)
    configuration = tmp_path / "kamailio.cfg"
    configuration.write_text(text)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [program, "-f", str(configuration), "-m", "64", "-M", "8", "-DD", "-E"],
            stdout=output,
            stderr=output,
        )
        try:
            wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(SECONDS)


def test_ue_registers_subscribes_publishes_and_uses_xcap(kamailio: int, tmp_path: Path) -> None:
    capture = tmp_path / "ue.pcapng"
    done = presence(
        *("ue", "--registrar", f"sip:127.0.0.1:{kamailio}"),
        *("--xcap-root", f"http://127.0.0.1:{kamailio}", "--once", "--patience", "1"),
        *("--pcap-out", str(capture)),
    )
    assert done.returncode == 0, done.stderr
    messages = [entry.message for entry in CaptureReader(capture)]
    answered = {(each.method, each.status) for each in messages if isinstance(each, Response)}
    assert {("REGISTER", 200), ("SUBSCRIBE", 200), ("PUBLISH", 200), ("NOTIFY", 200)} <= answered
    assert {each.status for each in messages if isinstance(each, HttpResponse)} <= {200, 201}
    notified = {
        each.content_type.essence
        for each in messages
        if isinstance(each, Request) and each.method == "NOTIFY" and each.content_type
    }
    assert notified == {"application/watcherinfo+xml", "multipart/related"}
    # The UE said good-bye: its last REGISTER removes the binding.
    last = [each for each in messages if isinstance(each, Request) and each.method == "REGISTER"]
    assert 0 in (last[-1].expires, last[-1].contacts[0].expires)
