"""`pytest -m presence` over real sockets, and the same verdicts offline."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.audit import Audit, audit
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.paths import FLOW
from tests.live import PlayedRun, play


def offline(run: PlayedRun) -> Audit:
    return audit(run.folder / "trace.pcapng", load_flow(FLOW), load_profile("documented"))


def test_conformant_ue_passes_all_38_steps(live_run: PlayedRun) -> None:
    assert Counter(live_run.verdicts.values()) == {"pass": 38}, live_run.said
    assert live_run.status == 0
    assert [each for each in live_run.record.findings if each["level"] != "info"] == []


def test_flow_takes_well_under_two_seconds(live_run: PlayedRun) -> None:
    steps = {message["number"]: message for message in live_run.record.messages if message["step"]}
    times = [message["time"] for message in steps.values()]
    assert max(times) - min(times) < 2


def test_documented_ue_deviates_where_the_document_does(documented_run: PlayedRun) -> None:
    found = {
        (each["check"], each["step"])
        for each in documented_run.record.findings
        if each["level"] == "must" and each["sender"] == "ue" and each["step"]
    }
    assert {
        ("REG-INSTANCE-4", "1"),
        ("SUB-ACCEPT-3", "7"),
        ("SUB-ACCEPT-4", "7"),
        ("RSP-FIELDS-2", "22"),
    } <= found
    verdicts = documented_run.verdicts
    assert {step for step, verdict in verdicts.items() if verdict == "fail"} == {
        step for _, step in found
    }
    assert "error" not in verdicts.values()
    assert documented_run.status == 1


@pytest.mark.parametrize("name", ["live_run", "documented_run"])
def test_capture_of_a_run_gets_the_verdicts_of_the_run(
    name: str, request: pytest.FixtureRequest
) -> None:
    run: PlayedRun = request.getfixturevalue(name)
    result = offline(run)
    [ue] = result.ues
    assert {each.step.id: each.verdict.value for each in ue.steps} == run.verdicts
    live = sorted(
        (each["check"], each["step"] or "", each["where"], each["observed"])
        for each in run.record.findings
    )
    again = sorted(
        (each.check, each.step or "", each.where, each.observed) for each in result.findings
    )
    assert again == live
    assert result.problems == ()


@pytest.mark.parametrize("name", ["live_run", "documented_run"])
def test_capture_judged_by_the_test_cases_gets_the_verdicts_of_the_run(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    run: PlayedRun = request.getfixturevalue(name)
    again = play(tmp_path, "--presence-pcap", str(run.folder / "trace.pcapng"))
    assert again.verdicts == run.verdicts
    assert again.status == run.status, again.said


def test_run_leaves_every_report(live_run: PlayedRun) -> None:
    for name in ("index.html", "junit.xml", "run.jsonl", "trace.pcapng"):
        assert (live_run.folder / name).stat().st_size > 1000, name
    assert any((live_run.folder / "allure-results").glob("*-result.json"))


def test_reports_hold_no_credentials(documented_run: PlayedRun) -> None:
    for path in documented_run.folder.rglob("*"):
        if path.is_file() and path.suffix != ".pcapng":
            assert b"WDpY" not in path.read_bytes(), path


def test_defect_fails_the_step_that_it_breaks(tmp_path: Path) -> None:
    run = play(tmp_path, "--presence-defect", "two-event-headers")
    assert run.verdicts["3"] == "fail"
    assert "SUB-EVENT-1" in run.said
    assert "testcases/presence.flow.yaml:" in run.said
    assert run.status == 1
