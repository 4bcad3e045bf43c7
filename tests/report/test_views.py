"""All views of a record together."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.capture.messages import CaptureReader
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.paths import FLOW
from harness.report.record import RecordError
from harness.report.views import write_reports
from harness.run import Run
from tests.report.golden import build

CAPTURE = Path(__file__).parents[2] / "fixtures" / "documented.pcapng"


def test_every_view_is_written_and_named(tmp_path: Path) -> None:
    written = write_reports(build.PATH, tmp_path / "new")
    assert [path.name for path in written] == [
        "index.html",
        "junit.xml",
        "allure-results",
        "ladder.txt",
    ]
    assert all(path.exists() for path in written)


def test_views_are_repeatable(tmp_path: Path) -> None:
    def written(folder: Path) -> dict[str, bytes]:
        write_reports(build.PATH, folder)
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    assert written(tmp_path / "one") == written(tmp_path / "two")


def test_views_of_a_run_that_was_killed_at_any_line(tmp_path: Path) -> None:
    lines = build.text().splitlines(keepends=True)
    for kept in range(1, len(lines) + 1):
        path = tmp_path / "run.jsonl"
        path.write_text("".join(lines[:kept]), encoding="ascii")
        for view in write_reports(path, tmp_path):
            assert view.exists()


def test_views_of_no_record_are_refused(tmp_path: Path) -> None:
    (tmp_path / "run.jsonl").write_text("", encoding="ascii")
    with pytest.raises(RecordError):
        write_reports(tmp_path / "run.jsonl", tmp_path)


def test_views_of_the_documented_capture_agree(tmp_path: Path) -> None:
    run = Run(
        load_flow(FLOW),
        load_profile("documented"),
        tmp_path,
        about={"mode": "capture", "source": CAPTURE.name},
        is_live=False,
    )
    for entry in CaptureReader(CAPTURE):
        run.take(entry)
    run.finish()
    write_reports(run.record_path, tmp_path)
    verdicts = {step.step.name: step.verdict.value for step in run.ues[0].steps}
    statuses = {"passed": "pass", "failed": "fail", "broken": "error", "skipped": "none"}
    tags = {"failure": "fail", "error": "error", "skipped": "none"}
    cases = ET.parse(tmp_path / "junit.xml").getroot().iter("testcase")
    outcomes = {
        each.get("name"): next((tags[c.tag] for c in each if c.tag in tags), "pass")
        for each in cases
    }
    results = [
        json.loads(path.read_text("utf-8"))
        for path in (tmp_path / "allure-results").glob("*-result.json")
    ]
    assert len(verdicts) == 38
    assert outcomes == verdicts
    assert {each["fullName"].partition("#")[2]: statuses[each["status"]] for each in results} == (
        verdicts
    )
