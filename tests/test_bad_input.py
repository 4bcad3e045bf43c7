"""Input that cannot be used, and UEs that misbehave: clear words, right verdicts, whole reports."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.interop.tools import presence
from tests.live import ROOT, PlayedRun, play, play_ue

DOCUMENTED = ROOT / "fixtures" / "documented.pcapng"


def no_traceback(text: str) -> bool:
    return "Traceback" not in text and "INTERNALERROR" not in text


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def external_profile(folder: Path, sip: int, xcap: int, step: float = 0.5) -> Path:
    path = folder / "lab.yaml"
    path.write_text(
        f"extends: documented\nname: lab\nnetwork: {{sip_port: {sip}, xcap_port: {xcap}}}\n"
        f"timers: {{step: {step}}}\n"
    )
    return path


# -- captures -----------------------------------------------------------------------------------


def test_audit_reads_a_truncated_capture_as_far_as_it_goes(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(DOCUMENTED.read_bytes()[:9000])
    done = presence("audit", str(cut))
    assert done.returncode in (0, 1)
    assert "01-register" in done.stdout
    assert "cut.pcapng" in done.stderr
    assert no_traceback(done.stderr)


def test_audit_goes_on_after_a_capture_that_is_none(tmp_path: Path) -> None:
    text = tmp_path / "text.pcap"
    text.write_text("REGISTER sip:example.com SIP/2.0\n")
    done = presence("audit", "--format", "json", str(text), str(DOCUMENTED))
    assert done.returncode == 2
    assert len(done.stdout.splitlines()) == 2
    assert "not a pcap or pcapng capture" in done.stderr
    assert no_traceback(done.stderr)


def test_audit_says_when_a_capture_holds_no_ue() -> None:
    done = presence("audit", "--ue", "203.0.113.9", str(DOCUMENTED))
    assert done.returncode == 2
    assert "--ue" in done.stderr


def test_plugin_refuses_a_capture_that_is_none(tmp_path: Path) -> None:
    text = tmp_path / "text.pcap"
    text.write_text("no capture")
    run = play(tmp_path / "reports", "--presence-pcap", str(text))
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "not a pcap or pcapng capture" in run.said
    assert no_traceback(run.said)


# -- profiles and options -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("extends: [", "lab.yaml:1: not YAML"),
        (
            "extends: documented\nnetwork:\n  sip_prot: 5060\n",
            "lab.yaml:3: field 'network.sip_prot'",
        ),
        (
            "extends: documented\nnetwork:\n  sip_port: 70000\n",
            "lab.yaml:3: field 'network.sip_port'",
        ),
        ("extends: nowhere\n", "no such profile"),
        ("name: x\npixit:\n  password: env:NO_SUCH_VARIABLE\n", "NO_SUCH_VARIABLE"),
        ("- a list\n", "lab.yaml:1"),
        ("name: x\nextends: lab.yaml\n", "ring"),
    ],
)
def test_profile_error_names_file_line_and_field(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(text)
    done = presence("audit", "--profile", str(path), str(DOCUMENTED))
    assert done.returncode == 2
    assert says in done.stderr
    assert no_traceback(done.stderr)


def test_command_refuses_an_unknown_option() -> None:
    done = presence("audit", "--nonsense", str(DOCUMENTED))
    assert done.returncode == 2
    assert "--nonsense" in done.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [("--presence-ue", "phone"), ("--presence-persona", "rude"), ("--presence-defect", "all")],
)
def test_plugin_names_the_possible_values(tmp_path: Path, option: str, value: str) -> None:
    run = play(tmp_path, option, value)
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert f"{option} {value}" in run.said
    assert "Known: " in run.said
    assert no_traceback(run.said)


def test_network_and_plugin_say_which_port_is_in_use(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        done = presence("network", "--sip-port", str(port))
        assert done.returncode == 2
        assert f"127.0.0.1:{port}" in done.stderr
        assert "another program" in done.stderr
        run = play(
            tmp_path / "reports",
            *("--presence-ue", "external"),
            *("--presence-profile", str(external_profile(tmp_path, port, 0))),
        )
    assert run.status == pytest.ExitCode.USAGE_ERROR
    assert "another program" in run.said
    assert no_traceback(done.stderr + run.said)


def test_ue_refuses_addresses_that_it_cannot_use() -> None:
    for registrar in ("tel:+1", "sip:name.example.com", "nonsense"):
        done = presence("ue", "--registrar", registrar, "--xcap-root", "http://127.0.0.1:1")
        assert done.returncode == 2
        assert "--registrar" in done.stderr
        assert no_traceback(done.stderr)


# -- UEs that misbehave -------------------------------------------------------------------------


def external(
    tmp_path: Path, ue: Callable[[int, int, threading.Event], None], step: float = 0.5
) -> PlayedRun:
    """A run with an external UE: `ue` gets the SIP and the XCAP port, and hears when it is over."""
    sip, xcap = free_port(), free_port()
    profile = external_profile(tmp_path, sip, xcap, step)
    over = threading.Event()
    thread = threading.Thread(target=ue, args=(sip, xcap, over))
    thread.start()
    try:
        return play(
            tmp_path / "reports",
            *("--presence-ue", "external", "--presence-profile", str(profile)),
        )
    finally:
        over.set()
        thread.join(60)


def reports_are_whole(run: PlayedRun) -> bool:
    record = run.record
    return record.end is not None and (run.folder / "index.html").stat().st_size > 1000


def test_ue_that_never_speaks_gives_inconc_and_a_failed_run(tmp_path: Path) -> None:
    run = external(tmp_path, lambda sip, xcap, over: None)
    assert run.status == 1
    assert "no UE has registered at 127.0.0.1:" in run.said
    assert "waiting for the UE (01-register)" in run.said or "INCONC" in run.said
    assert no_traceback(run.said)
    assert reports_are_whole(run)


def test_ue_that_stops_after_step_7_fails_step_9_and_blocks_the_rest(tmp_path: Path) -> None:
    def stops(sip: int, xcap: int, over: threading.Event) -> None:
        asyncio.run(play_ue(sip, xcap, over, keeps_back=b"PUBLISH "))

    run = external(tmp_path, stops, step=2)
    assert run.status == 1
    verdicts = run.verdicts
    assert verdicts["7"] == "pass"
    assert verdicts["9"] == "fail"
    assert verdicts["10"] == "inconc"
    assert "blocked by step 9" in run.said
    assert "error" not in verdicts.values()
    assert reports_are_whole(run)


def test_ue_that_sends_garbage_is_judged_and_nothing_breaks(tmp_path: Path) -> None:
    garbage = (
        b"REGISTER sip:test-rcs.com SIP/2.0\r\nVia: nonsense\r\nFrom: <sip:+339012341234@test-rcs"
        b".com\r\nTo: \xff\xfe\r\nCSeq: many REGISTER\r\nContent-Length: -5\r\n\r\n"
    )

    def babbles(sip: int, xcap: int, over: threading.Event) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(0.1)
            while not over.wait(0.1):
                for data in (garbage, b"\x00\xff" * 40, b"GET / HTTP/1.1\r\n\r\n", b"\r\n\r\n"):
                    with suppress(ConnectionRefusedError):
                        phone.sendto(data, ("127.0.0.1", sip))
                with suppress(TimeoutError, ConnectionRefusedError):
                    phone.recv(65536)

    run = external(tmp_path, babbles)
    assert run.status == 1
    assert run.verdicts["1"] == "fail"
    assert "GEN-SYNTAX-1" in run.said
    assert no_traceback(run.said)
    assert reports_are_whole(run)


def test_flow_is_collected_alone_when_a_capture_lies_elsewhere(tmp_path: Path) -> None:
    capture = tmp_path / "capture.pcapng"
    capture.write_bytes(DOCUMENTED.read_bytes())
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-m", "presence", "-rs"),
            *("-p", "no:cacheprovider"),
            *("--presence-pcap", str(capture), "--presence-reports", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
    assert "4 failed" in done.stdout, done.stdout
    assert "error" not in done.stdout.splitlines()[-1]
    # What the document's network did wrong is told, and fails nobody.
    assert "ERROR: XCAP-ETAG-1" in done.stdout
    assert (tmp_path / "index.html").is_file()
