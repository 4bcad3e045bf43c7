"""Passwords stay out of everything that a run writes or prints, captures excepted."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from harness.audit import audit, to_json
from harness.capture.messages import CaptureReader
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.paths import FLOW
from tests.interop.tools import presence
from tests.live import PlayedRun, play

PASSWORD = "correct-horse-battery"
BASIC = base64.b64encode(f"phone:{PASSWORD}".encode())


def run_with(folder: Path, sip: str, xcap: str, *options: str) -> PlayedRun:
    """A run of a UE whose password is known from the environment only."""
    profile = folder / "lab.yaml"
    profile.write_text(
        "extends: documented\nname: lab\n"
        f"network: {{authentication: {sip}, xcap_authentication: {xcap}}}\n"
        "pixit: {impi: phone, realm: test-rcs.com, password: 'env:PHONE_PASSWORD'}\n"
    )
    alluredir = ("--alluredir", str(folder / "theirs"), "--junitxml", str(folder / "theirs.xml"))
    return play(folder / "reports", "--presence-profile", str(profile), *alluredir, *options)


def proofs(run: PlayedRun) -> set[bytes]:
    """What the UE sent to prove its password: the digest responses in the capture."""
    found = set()
    for entry in CaptureReader(run.folder / "trace.pcapng"):
        for part in entry.raw.split(b'response="')[1:]:
            found.add(part.partition(b'"')[0])
    return found - {b""}  # an empty one comes with the first REGISTER (TS 24.229 §5.1.1.2.2)


@pytest.mark.parametrize(("sip", "xcap"), [("digest", "digest"), ("digest", "basic")])
def test_reports_and_terminal_hold_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sip: str, xcap: str
) -> None:
    monkeypatch.setenv("PHONE_PASSWORD", PASSWORD)
    run = run_with(tmp_path, sip, xcap, "--presence-defect", "two-event-headers")
    assert run.verdicts["1"] == "pass", run.said
    secrets = {PASSWORD.encode(), BASIC} | proofs(run)
    assert len(secrets) > 2
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".pcapng"]
    assert {"run.jsonl", "index.html", "junit.xml", "theirs.xml"} <= {path.name for path in written}
    for secret in secrets:
        assert secret.decode() not in run.said
        for path in written:
            assert secret not in path.read_bytes(), path
            assert base64.b64encode(secret)[:-4] not in path.read_bytes(), path
    # The messages in the record are of the right length, with their secrets blotted out.
    raws = [base64.b64decode(each["raw"]) for each in run.record.messages]
    entries = list(CaptureReader(run.folder / "trace.pcapng"))
    assert [len(raw) for raw in raws] == [len(entry.raw) for entry in entries]
    assert any(b'response="********' in raw for raw in raws)
    assert (xcap == "basic") == any(b"Basic ****" in raw for raw in raws)


def test_audit_prints_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHONE_PASSWORD", PASSWORD)
    run = run_with(tmp_path, "digest", "basic", "--presence-defect", "digest-qop-quoted")
    capture, profile = run.folder / "trace.pcapng", tmp_path / "lab.yaml"
    for form in ("text", "json"):
        done = presence("audit", "--format", form, "--profile", str(profile), str(capture))
        for secret in {PASSWORD, BASIC.decode()} | {each.decode() for each in proofs(run)}:
            assert secret not in done.stdout + done.stderr
    # The judge itself saw the real thing.
    result = audit(capture, load_flow(FLOW), load_profile(profile))
    assert json.dumps(to_json(result))
    assert PASSWORD not in repr(load_profile(profile))
