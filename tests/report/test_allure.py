"""allure-results, as Allure reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attr
import pytest
from allure_commons import model2

from harness.report.allure import write_allure
from harness.report.record import read_record
from harness.report.story import Story, tell
from tests.report.golden import build


@pytest.fixture(scope="module")
def folder(views: Path) -> Path:
    return views / "allure-results"


@pytest.fixture(scope="module")
def results(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*-result.json"))]


def result(results: list[dict[str, Any]], name: str, ue: str = build.ALICE) -> dict[str, Any]:
    return next(
        each
        for each in results
        if each["fullName"].endswith(name) and {"name": "host", "value": ue} in each["labels"]
    )


def labels(of: dict[str, Any], name: str) -> list[str]:
    return [each["value"] for each in of["labels"] if each["name"] == name]


def fields(model: type) -> set[str]:
    return {each.name for each in attr.fields(model)}


def test_results_hold_only_fields_of_the_format(results: list[dict[str, Any]]) -> None:
    def check_steps(steps: list[dict[str, Any]]) -> None:
        for step in steps:
            assert set(step) <= fields(model2.TestStepResult)
            assert {key for each in step["attachments"] for key in each} <= fields(
                model2.Attachment
            )
            check_steps(step["steps"])

    for each in results:
        assert set(each) <= fields(model2.TestResult)
        assert set(each["statusDetails"]) <= fields(model2.StatusDetails)
        for parameter in each["parameters"]:
            assert set(parameter) <= fields(model2.Parameter)
        for link in each["links"]:
            assert set(link) <= fields(model2.Link)
        check_steps(each["steps"])


def test_there_is_one_result_for_each_step_and_ue(results: list[dict[str, Any]]) -> None:
    assert len(results) == 12
    assert len({each["uuid"] for each in results}) == 12
    assert len({each["historyId"] for each in results}) == 12
    assert len({each["testCaseId"] for each in results}) == 6


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("01-register", "passed"),
        ("H2-directory", "broken"),
        ("09-publish", "failed"),
        ("10-publish-ok", "skipped"),
    ],
)
def test_verdict_of_a_step_is_its_status(
    results: list[dict[str, Any]], name: str, status: str
) -> None:
    assert result(results, name)["status"] == status


def test_failed_step_says_why(results: list[dict[str, Any]]) -> None:
    publish = result(results, "09-publish")
    assert publish["statusDetails"]["message"] == (
        "PUB-EVENT-1, PIDF-BASIC-1: The claim of PUB-EVENT-1."
    )
    assert "observed  presence, dialog" in publish["statusDetails"]["trace"]
    assert labels(publish, "tag") == ["PUB-EVENT-1", "PIDF-BASIC-1", "PUB-EXPIRES-1"]
    assert labels(publish, "severity") == ["critical"]
    assert labels(publish, "feature") == ["SIP"]
    assert {each["url"] for each in publish["links"]} == {
        "https://www.rfc-editor.org/rfc/rfc3903#section-4.1",
        "https://www.rfc-editor.org/rfc/rfc3863#section-4.1.4",
    }


def test_steps_of_a_result_are_its_messages_with_their_findings(
    results: list[dict[str, Any]], folder: Path
) -> None:
    first, second = result(results, "09-publish")["steps"]
    assert first["name"].startswith("#5  UE -> network  PUBLISH")
    assert [each["status"] for each in first["steps"]] == ["failed", "failed", "passed"]
    assert second["steps"] == []
    message = first["attachments"][0]
    assert (folder / message["source"]).read_bytes() == build.PUBLISH
    assert message["type"] == "text/plain"


def test_xml_bodies_are_attached_by_themselves(results: list[dict[str, Any]], folder: Path) -> None:
    _, body = result(results, "H2-directory")["steps"][0]["attachments"]
    assert body["type"] == "application/xml"
    assert (folder / body["source"]).read_bytes() == build.FOUND_BODY
    # Allure would read them as results.
    assert not list(folder.glob("*.xml"))


def test_every_attachment_is_there(folder: Path) -> None:
    named = set()
    for path in folder.glob("*-result.json"):
        named.update(_sources(json.loads(path.read_text("utf-8"))))
    assert named == {path.name for path in folder.glob("*-attachment.*")}


def _sources(item: dict[str, Any]) -> set[str]:
    found = {each["source"] for each in item["attachments"]}
    return found.union(*(_sources(each) for each in item["steps"]))


def test_history_holds_though_the_address_changes(tmp_path: Path, golden: Story) -> None:
    text = build.text().replace(build.ALICE, "192.0.2.77")
    path = tmp_path / "run.jsonl"
    path.write_text(text, encoding="ascii")
    write_allure(tell(read_record(path)), tmp_path / "moved")
    write_allure(golden, tmp_path / "golden")

    def histories(folder: str) -> set[str]:
        paths = (tmp_path / folder).glob("*-result.json")
        return {json.loads(each.read_text("utf-8"))["historyId"] for each in paths}

    assert histories("moved") == histories("golden")


def test_results_of_an_earlier_run_are_replaced(tmp_path: Path, golden: Story) -> None:
    (tmp_path / "old-result.json").write_text("{}", encoding="ascii")
    (tmp_path / "kept.txt").write_text("not ours", encoding="ascii")
    write_allure(golden, tmp_path)
    assert not (tmp_path / "old-result.json").exists()
    assert (tmp_path / "kept.txt").exists()


def test_environment_and_categories_are_told(folder: Path) -> None:
    environment = (folder / "environment.properties").read_text("latin-1").splitlines()
    assert "Profile=documented" in environment
    assert "Ended=no: the run was interrupted" in environment
    categories = json.loads((folder / "categories.json").read_text("utf-8"))
    assert {status for each in categories for status in each["matchedStatuses"]} == {
        "failed",
        "broken",
        "skipped",
    }


def test_environment_escapes_what_a_properties_file_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    run = {"event": "run", "version": 1, "source": "C:\\captures\\\u00e9\U0001f600"}
    path.write_text(json.dumps(run) + "\n", encoding="ascii")
    write_allure(tell(read_record(path)), tmp_path)
    lines = (tmp_path / "environment.properties").read_text("latin-1").splitlines()
    assert "Tested=C:\\\\captures\\\\\\u00e9\\ud83d\\ude00" in lines
