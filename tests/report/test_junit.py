"""junit.xml, as a CI server reads it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.report.golden import build

# Element -> its attributes and children in the schema of Jenkins' xUnit plugin ("junit-10").
SCHEMA: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": (
        {"name", "classname", "time"},
        {"skipped", "failure", "error", "system-out"},
    ),
    "skipped": ({"type", "message"}, set()),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


@pytest.fixture(scope="module")
def suites(views: Path) -> ET.Element:
    return ET.parse(views / "junit.xml").getroot()


def case(suites: ET.Element, name: str, suite: int = 0) -> ET.Element:
    found = suites[suite].find(f"testcase[@name='{name}']")
    assert found is not None
    return found


def test_junit_uses_only_what_the_schema_knows(suites: ET.Element) -> None:
    for element in suites.iter():
        attributes, children = SCHEMA[element.tag]
        assert set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
        if "time" in element.attrib:
            assert re.fullmatch(r"\d+\.\d{3}", element.attrib["time"])


def test_junit_counts_add_up(suites: ET.Element) -> None:
    assert {name: suites.get(name) for name in ("tests", "failures", "errors")} == {
        "tests": "12",
        "failures": "1",
        "errors": "1",
    }
    for suite in suites:
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(name) == str(len(suite.findall(f"testcase/{tag}")))
        assert suite.get("tests") == str(len(suite.findall("testcase")))


def test_junit_has_a_suite_for_each_ue(suites: ET.Element) -> None:
    assert [each.get("hostname") for each in suites] == [build.ALICE, build.BOB]
    properties = {each.get("name"): each.get("value") for each in suites[0].iter("property")}
    assert properties["identity"] == "sip:alice@example.com"
    assert properties["profile"] == "documented"
    assert properties["tested"].endswith("persona documented, with no-event, bad-basic")


def test_failed_step_tells_its_findings_as_the_terminal_does(suites: ET.Element) -> None:
    failure = case(suites, "09-publish").find("failure")
    assert failure is not None
    assert failure.get("message") == "PUB-EVENT-1, PIDF-BASIC-1"
    lines = (failure.text or "").splitlines()
    assert lines[:8] == [
        f"{'FAIL  09-publish':<60} presence.flow.yaml:50",
        "  PUB-EVENT-1  MUST  RFC 3903 §4.1",
        "    purpose   The claim of PUB-EVENT-1.",
        f"    where     Event (byte {build.PUBLISH.index(b'presence, dialog')})",
        "    expected  something else",
        "    observed  presence, dialog",
        "    entry     #5  UE -> network  PUBLISH sip:alice@example.com  +2.318 s  frame 105",
        "  PIDF-BASIC-1  MUST  RFC 3863 §4.1.4",
    ]


@pytest.mark.parametrize(
    ("name", "tag", "message"),
    [
        ("01-register", None, None),
        ("H1-get-directory", None, None),
        ("H2-directory", "error", "HTTP-ETAG-1"),
        ("10-publish-ok", "skipped", "blocked by step 9 (09-publish)"),
    ],
)
def test_verdict_of_a_step_is_its_outcome(
    suites: ET.Element, name: str, tag: str | None, message: str | None
) -> None:
    outcomes = [each for each in case(suites, name) if each.tag != "system-out"]
    assert [(each.tag, each.get("message")) for each in outcomes] == (
        [(tag, message)] if tag else []
    )


def test_step_carries_its_checks_and_clauses_as_properties(suites: ET.Element) -> None:
    output = case(suites, "09-publish").findtext("system-out") or ""
    for pair in ("check=PUB-EVENT-1", "clause=RFC 3863 §4.1.4", "profile=documented"):
        assert f"[[PROPERTY|{pair}]]" in output.splitlines()


def test_remarks_of_a_step_that_passed_are_in_its_output(suites: ET.Element) -> None:
    output = case(suites, "H1-get-directory").findtext("system-out") or ""
    assert "  XCAP-URI-1  SHOULD  RFC 4825 §6" in output.splitlines()
    assert "\\x1b[31m" in output


def test_step_lasts_as_long_as_its_messages_were_waited_for(suites: ET.Element) -> None:
    assert case(suites, "09-publish").get("time") == "1.318"
    assert case(suites, "10-publish-ok").get("time") == "0.000"
