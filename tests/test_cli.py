"""The `presence` command as INTERFACE promises it to scripts: options, statuses, JSON, output."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness import cli
from harness.capture.writer import CaptureWriter
from harness.config import load_profile
from harness.model import Peer
from harness.output import Output
from harness.serving import exposure
from harness.trace import Sequencer
from tests.interop.tools import SECONDS, playing_network, presence
from tests.live import ROOT
from tests.virtual import play_flow

DOCUMENTED = ROOT / "fixtures" / "documented.pcapng"
FINDING_KEYS = {
    *("check", "level", "clause", "sender", "ue", "step"),
    *("frame", "where", "purpose", "expected", "observed"),
}
ESCAPE = "\x1b]0;owned\x07\x1b[31m"


def write_capture(path: Path, entries: Sequence[tuple[bytes, Peer, Peer]]) -> Path:
    """A capture of datagrams, a second apart."""
    writer, sequencer = CaptureWriter(path), Sequencer()
    for second, (raw, source, destination) in enumerate(entries):
        writer.write(sequencer.entry(raw, source, destination, 1e9 + second))
    writer.close()
    return path


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of a UE that breaks nothing."""
    path = tmp_path_factory.mktemp("clean") / "clean.pcapng"
    writer = CaptureWriter(path)
    for entry in play_flow().trace:
        writer.write(entry)
    writer.close()
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The command in this process: status, standard output, standard error."""
    try:
        status = cli.main(arguments)
    except SystemExit as stop:
        status = int(stop.code or 0)
    out, err = capsys.readouterr()
    return status, out, err


# -- audit ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json"])
def test_audit_status_is_0_when_the_ue_broke_nothing(
    capsys: pytest.CaptureFixture[str], clean: Path, form: str
) -> None:
    status, out, err = run(capsys, "audit", "--format", form, str(clean))
    assert (status, err) == (0, "")
    assert out


@pytest.mark.parametrize("form", ["text", "json"])
def test_audit_status_is_1_when_the_ue_broke_a_must(
    capsys: pytest.CaptureFixture[str], clean: Path, form: str
) -> None:
    status, _, err = run(capsys, "audit", "--format", form, str(DOCUMENTED), str(clean))
    assert (status, err) == (1, "")


@pytest.mark.parametrize("form", ["text", "json"])
def test_audit_status_is_2_when_one_of_several_is_unusable(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, clean: Path, form: str
) -> None:
    bad = tmp_path / "bad.pcap"
    bad.write_text("no capture")
    captures = (str(DOCUMENTED), str(bad), str(tmp_path / "none.pcap"), str(clean))
    status, out, err = run(capsys, "audit", "--format", form, *captures)
    assert status == 2
    assert len(err.splitlines()) == 2
    assert all(line.startswith("presence: ") for line in err.splitlines())
    if form == "json":
        lines = [json.loads(line) for line in out.splitlines()]
        assert [each["capture"] for each in lines] == list(captures)
        assert ["error" in each for each in lines] == [False, True, True, False]
    else:
        assert out.count("UE 192.") == 2


def test_audit_json_holds_what_the_interface_names(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "audit", "--format", "json", str(DOCUMENTED))
    [line] = out.splitlines()
    report = json.loads(line)
    assert report["capture"] == str(DOCUMENTED)
    assert report["messages"] == 38
    [ue] = report["ues"]
    assert (ue["address"], ue["identity"]) == ("192.168.1.1", "sip:+339012341234@test-rcs.com")
    assert report["steps"] == ue["steps"]
    steps = [each["step"] for each in ue["steps"]]
    assert set(steps) == {*map(str, range(1, 23)), *(f"H{n}" for n in range(1, 17))}
    assert {each["verdict"] for each in ue["steps"]} <= {"pass", "fail", "inconc", "error", "none"}
    assert all(isinstance(each["frames"], list) for each in ue["steps"])
    for finding in report["findings"]:
        assert finding.keys() >= FINDING_KEYS
        assert finding["level"] in ("must", "should", "info")
        assert finding["sender"] in ("ue", "network")
        assert finding["step"] is None or finding["step"] in steps
        assert isinstance(finding["frame"], int)
    by_step = {each["step"]: each for each in ue["steps"]}
    broken = [f for f in report["findings"] if f["level"] == "must" and f["sender"] == "ue"]
    assert broken
    for finding in broken:
        if finding["step"]:
            assert finding["frame"] in by_step[finding["step"]]["frames"]


@pytest.mark.parametrize("ue", ["192.168.1.1", "192.168.1.1:5060"])
def test_audit_takes_the_ue_by_address_with_or_without_port(
    capsys: pytest.CaptureFixture[str], ue: str
) -> None:
    status, out, _ = run(capsys, "audit", "--format", "json", "--ue", ue, str(DOCUMENTED))
    assert status == 1
    assert json.loads(out)["ues"][0]["address"] == ue


@pytest.mark.parametrize("ue", ["::1", "[::1]", "[2001:db8::1]:5060"])
def test_audit_takes_an_ipv6_address(capsys: pytest.CaptureFixture[str], ue: str) -> None:
    status, _, err = run(capsys, "audit", "--ue", ue, str(DOCUMENTED))
    assert status == 2
    assert "none to or from" in err


@pytest.mark.parametrize(
    "ue", ["phone", "192.168.1.1:", "192.168.1.1:0", "192.168.1.1:99999", "[::1", "192.168.1", ""]
)
def test_audit_refuses_what_is_no_address(capsys: pytest.CaptureFixture[str], ue: str) -> None:
    status, _, err = run(capsys, "audit", "--ue", ue, str(DOCUMENTED))
    assert status == 2
    assert "give IP, IP:PORT or [IPv6]:PORT" in err


def test_audit_takes_a_profile_by_name_and_by_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "extends: ietf\nname: own\nchecks:\n  GEN-SIZE-1: {level: 'off', reason: a lab's bug}\n"
    )
    found = {}
    for profile in ("documented", "ietf", str(own)):
        _, out, _ = run(capsys, "audit", "--format", "json", "--profile", profile, str(DOCUMENTED))
        found[profile] = {each["check"] for each in json.loads(out)["findings"]}
    assert found["ietf"] < found["documented"]
    assert found["ietf"] - found[str(own)] == {"GEN-SIZE-1"}


def test_audit_says_where_a_profile_is_wrong(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("extends: ietf\nchecks:\n  GEN-SIZE-1: {level: loud, reason: x}\n")
    status, _, err = run(capsys, "audit", "--profile", str(own), str(DOCUMENTED))
    assert status == 2
    assert f"presence: {own}:3: field 'checks.GEN-SIZE-1.level'" in err


def test_audit_with_strict_order_blames_what_comes_too_early(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = run(capsys, "audit", "--format", "json", str(DOCUMENTED))
    strict = run(capsys, "audit", "--format", "json", "--strict-order", str(DOCUMENTED))
    checks = [
        {each["check"] for each in json.loads(out)["findings"]} for _, out, _ in (plain, strict)
    ]
    assert checks[0] <= checks[1]
    assert checks[1] - checks[0] <= {"FLOW-ORDER-1"}


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("audit",),
        ("nonsense",),
        ("audit", "--format", "xml", "x"),
        ("network", "--sip-port", "70000"),
    ],
)
def test_command_line_that_is_wrong_gets_status_2_and_usage(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "usage: presence" in err


# -- output ---------------------------------------------------------------------------------------


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *arguments],
        capture_output=True,
        timeout=SECONDS,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def test_terminal_without_utf8_gets_escapes_and_no_traceback() -> None:
    done = command("audit", str(DOCUMENTED), PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert done.returncode == 1
    assert done.stderr == b""
    assert rb"RFC 7254 \xa73" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.parametrize(
    "arguments",
    [
        ("checks",),
        ("checks", "--format", "json"),
        ("audit", str(DOCUMENTED), str(DOCUMENTED)),
        ("audit", "--format", "json", str(DOCUMENTED), str(DOCUMENTED)),
    ],
)
def test_reader_that_leaves_early_is_no_error(arguments: tuple[str, ...]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=SECONDS)
    assert err == b""
    assert process.returncode == (1 if arguments[0] == "audit" else 0)


def test_full_disk_is_said_and_gets_status_2() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no device here that is always full")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli", "checks"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"presence: ")
    assert b"Traceback" not in done.stderr


def test_width_of_the_terminal_cuts_nothing() -> None:
    wide = command("audit", str(DOCUMENTED), COLUMNS="500").stdout
    assert command("audit", str(DOCUMENTED), COLUMNS="1").stdout == wide
    assert b"15-notify-winfo-active" in wide


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """What the command writes to a terminal."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *arguments],
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    )
    os.close(theirs)
    shown = b""
    while True:
        ready, _, _ = select.select([ours], [], [], SECONDS)
        try:
            data = os.read(ours, 65536) if ready else b""
        except OSError:  # Linux: the other end is closed
            break
        if not data:
            break
        shown += data
    os.close(ours)
    process.wait(SECONDS)
    return shown.decode("utf-8", "replace")


def test_terminal_gets_colours_unless_it_asks_for_none() -> None:
    environment = {"COLUMNS": "60"}
    assert "\x1b[" in on_a_terminal("audit", str(DOCUMENTED), **environment)
    quiet = on_a_terminal("audit", str(DOCUMENTED), NO_COLOR="1", **environment)
    assert re.findall(r"\x1b\[[0-9;]*3[0-7]", quiet) == []
    assert "15-notify-winfo-active" in quiet


def hostile_register(source: Peer, destination: Peer) -> tuple[bytes, Peer, Peer]:
    raw = (
        "REGISTER sip:test-rcs.com SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {source};branch=z9hG4bKx\r\n"
        f'From: "{ESCAPE}[red]x[/red]:warning:" <sip:a{ESCAPE}@test-rcs.com>;tag=1\r\n'
        f"To: <sip:[bold]a{ESCAPE}@test-rcs.com>\r\nCall-ID: {ESCAPE}[link=http://x]\r\n"
        f"CSeq: 1 REGISTER{ESCAPE}\r\nUser-Agent: [/]:skull:{ESCAPE}\r\n"
        "Content-Length: 0\r\n\r\n"
    )
    return raw.encode(), source, destination


def test_content_of_a_capture_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "hostile.pcapng"
    write_capture(path, [hostile_register(Peer("192.0.2.7", 5060), Peer("192.0.2.9", 5060))])
    plain = command("audit", str(path))
    assert plain.returncode == 1
    assert b"\x1b" not in plain.stdout + plain.stderr
    assert b"\x07" not in plain.stdout
    assert b"\\x1b]0;owned" in plain.stdout
    # On a terminal the only escapes are our colours, and nothing is taken for markup or emoji.
    shown = on_a_terminal("audit", str(path))
    assert "\x1b]0" not in shown
    assert "\x07" not in shown
    assert "[bold]a" in shown
    assert ":skull:" in shown or "[/]" not in shown


def test_file_name_with_escapes_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    good = tmp_path / f"{ESCAPE[:3]}[red].pcapng".replace("/", "")
    shutil.copy(DOCUMENTED, good)
    done = command("audit", str(good), str(tmp_path / "\x1b[31mnone"))
    assert done.returncode == 2
    assert b"\x1b" not in done.stdout + done.stderr
    assert b"[red].pcapng" in done.stdout


def test_table_has_no_spaces_at_the_end_of_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("step", "verdict", "reason"), ("01-register", "fail", "why"), ("02", "pass", "")]
    Output().table([tuple((text, "") for text in row) for row in [*rows, ("", "", "")]])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == ["01-register  fail     why", "02           pass", ""]


def test_ue_takes_no_port_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--registrar", "sip:127.0.0.1:99999", "--xcap-root", "http://127.0.0.1:1"]
    assert cli.main(["ue", *where]) == 2
    assert "a port is a number from 1 to 65535" in capsys.readouterr().err


def test_output_goes_on_in_silence_once_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Gone())
    output = Output()
    output.line("one")
    assert not output.is_read
    output.line("two")
    assert sys.stdout.getvalue() == "one\n"


# -- checks and report ----------------------------------------------------------------------------


def test_checks_are_listed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "checks", "--format", "json")
    assert status == 0
    rows = json.loads(out)
    assert len({each["check"] for each in rows}) == len(rows) > 300
    for each in rows:
        assert each.keys() == {"check", "level", "clause", "url", "sender", "purpose"}
        assert each["level"] in ("must", "should", "info")
        assert each["purpose"]
        assert each["clause"]


def test_checks_of_a_profile_are_those_of_its_families(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "checks", "--format", "json", "--profile", "ietf")
    clauses = {each["clause"].split()[0] for each in json.loads(out)}
    assert clauses <= {"RFC", "XML", "W3C"}
    _, text, _ = run(capsys, "checks", "--profile", "ietf")
    assert text.splitlines()[-1] == f"{len(json.loads(out))} checks under profile ietf"
    assert len(text.splitlines()) == len(json.loads(out)) + 2


def test_report_refuses_a_folder_without_a_record(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, _, err = run(capsys, "report", str(tmp_path))
    assert status == 2
    assert "run.jsonl" in err


def test_report_refuses_a_record_that_is_none(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "run.jsonl").write_text('{"event": "run", "version": 99}\n')
    status, _, err = run(capsys, "report", str(tmp_path))
    assert status == 2
    assert "record version 99" in err


# -- network and ue -------------------------------------------------------------------------------


@pytest.mark.parametrize("bind", ["localhost", "phone.example", "192.0.2.999", "", "fe80::1%lo"])
def test_network_refuses_to_bind_what_is_no_address(
    capsys: pytest.CaptureFixture[str], bind: str
) -> None:
    status, _, err = run(capsys, "network", "--bind", bind)
    assert status == 2
    assert "give" in err.lower()


def test_network_is_announced_to_others_only_where_they_can_reach_it() -> None:
    profile = load_profile("documented")

    def bound(host: str) -> str:
        network = profile.network.model_copy(update={"bind": host})
        return exposure(profile.model_copy(update={"network": network}))

    assert (bound("127.0.0.1"), bound("::1"), bound("127.9.9.9")) == ("", "", "")
    assert "every network" in bound("0.0.0.0")
    assert "192.0.2.7" in bound("192.0.2.7")


def test_network_prints_the_ladder_and_the_findings_with_escapes_made_safe(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "network", "--sip-port", "0", "--xcap-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    try:
        assert process.stdout is not None
        said = b""
        while b"Interrupt" not in said:
            said += process.stdout.readline()
        assert b"reach" not in said
        address = re.search(rb"registrar +127\.0\.0\.1:(\d+)", said)
        assert address is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(SECONDS)
            own = Peer("127.0.0.1", phone.getsockname()[1])
            server = ("127.0.0.1", int(address[1]))
            phone.sendto(hostile_register(own, Peer(*server))[0], server)
            assert phone.recv(65536).startswith(b"SIP/2.0 4")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert process.returncode == 0
    assert err == b""
    assert b"UE --> NW  UDP   REGISTER sip:test-rcs.com" in out
    assert b"GEN-SYNTAX-1" in out
    assert b"\x1b" not in out


def test_network_answers_on_after_the_reader_of_its_ladder_has_gone() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "network"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        said = b""
        while b"Interrupt" not in said:
            said += process.stdout.readline()
        process.stdout.close()
        port = re.search(rb"registrar +127\.0\.0\.1:(\d+)", said)
        assert port is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.bind(("127.0.0.1", 0))
            phone.settimeout(SECONDS)
            for number in (1, 2, 3):
                request = (
                    "OPTIONS sip:test-rcs.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:"
                    f"{phone.getsockname()[1]};branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n"
                    f"From: <sip:a@test-rcs.com>;tag=1\r\nTo: <sip:test-rcs.com>\r\n"
                    f"Call-ID: {number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                )
                phone.sendto(request.encode(), ("127.0.0.1", int(port[1])))
                assert phone.recv(65536).startswith(b"SIP/2.0 ")
        process.send_signal(signal.SIGINT)
        process.wait(SECONDS)
        assert process.stderr is not None
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait(SECONDS)
        with contextlib.suppress(BrokenPipeError):
            process.communicate()
    assert process.returncode == 0


def test_ue_plays_a_persona_and_a_defect_against_a_network(tmp_path: Path) -> None:
    with playing_network(tmp_path / "net.pcapng") as network:
        done = presence(
            *("ue", "--registrar", f"sip:{network.sip}", "--xcap-root", network.xcap),
            *("--persona", "documented", "--defect", "two-event-headers", "--once"),
            *("--patience", "2", "--pcap-out", str(tmp_path / "ue.pcapng")),
        )
    assert done.returncode == 0, done.stderr
    assert "secrets included" in done.stderr
    for name in ("net.pcapng", "ue.pcapng"):
        audit = presence("audit", "--format", "json", str(tmp_path / name))
        assert audit.returncode == 1
        checks = {each["check"] for each in json.loads(audit.stdout)["findings"]}
        assert {"SUB-EVENT-1", "REG-INSTANCE-4"} <= checks


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--persona", "rude", "no such persona. Known: conformant, documented"),
        ("--defect", "all", "no such defect. Known: "),
        ("--patience", "-1", "give seconds"),
        ("--port", "x", "a port is a number"),
    ],
)
def test_ue_names_what_an_option_can_be(
    capsys: pytest.CaptureFixture[str], option: str, value: str, says: str
) -> None:
    arguments = ("ue", "--registrar", "sip:127.0.0.1:9", "--xcap-root", "http://127.0.0.1:9")
    status, _, err = run(capsys, *arguments, option, value)
    assert status == 2
    assert says in err


def test_ue_leaves_once_who_started_it_has_gone(tmp_path: Path) -> None:
    with playing_network(tmp_path / "net.pcapng") as network:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "harness.cli", "ue", "--until-eof"),
                *("--registrar", f"sip:{network.sip}", "--xcap-root", network.xcap),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
        )
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(SECONDS) == 0
