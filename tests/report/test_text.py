"""Findings and steps on a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.flow.progress import StepResult
from harness.flow.steps import load_flow
from harness.model import Clause, Finding, Level, Verdict
from harness.paths import FLOW
from harness.report.text import finding_lines, plain, step_lines, worst_first

FINDING = Finding(
    check="PUB-EVENT-1",
    level=Level.MUST,
    clause=Clause("RFC 3903", "4.1"),
    purpose="A PUBLISH request carries a single Event header field.",
    sender="ue",
    ue="192.0.2.1",
    entry=27,
    expected="1",
    observed="0",
    where="Event",
    step="9",
)


def test_finding_shows_the_same_facts_in_the_same_order() -> None:
    assert finding_lines(FINDING, "#27  UE -> network  PUBLISH sip:a  +2.318 s") == [
        "  PUB-EVENT-1  MUST  RFC 3903 §4.1",
        "    purpose   A PUBLISH request carries a single Event header field.",
        "    where     Event",
        "    expected  1",
        "    observed  0",
        "    entry     #27  UE -> network  PUBLISH sip:a  +2.318 s",
    ]


def test_finding_shows_its_offset_and_hint_where_it_has_them() -> None:
    lines = finding_lines(replace(FINDING, offset=12, hint="try this"))
    assert "    where     Event (byte 12)" in lines
    assert "    hint      try this" in lines
    assert lines[-1] == "    entry     #27"


def test_step_shows_verdict_name_place_reason_and_its_findings_worst_first() -> None:
    step = load_flow(FLOW).step("9")
    remark = replace(FINDING, check="PUB-X-1", level=Level.SHOULD, entry=1)
    result = StepResult(step, Verdict.FAIL, "it said so", (27,), (), (remark, FINDING))
    lines = step_lines(result, "presence.flow.yaml", {27: "#27 here"})
    assert lines[0] == f"{'FAIL  09-publish':<60} presence.flow.yaml:{step.line}"
    assert lines[1] == "  it said so"
    heads = [line for line in lines[2:] if not line.startswith("    ")]
    assert heads == ["  PUB-EVENT-1  MUST  RFC 3903 §4.1", "  PUB-X-1  SHOULD  RFC 3903 §4.1"]
    assert "    entry     #27 here" in lines


def test_step_does_not_name_the_checks_twice_that_its_findings_name() -> None:
    step = load_flow(FLOW).step("9")
    result = StepResult(step, Verdict.FAIL, "PUB-EVENT-1", (27,), (), (FINDING,))
    assert step_lines(result, "presence.flow.yaml")[1] == finding_lines(FINDING)[0]


def test_findings_are_sorted_by_level_then_by_message() -> None:
    info = replace(FINDING, level=Level.INFO, entry=1)
    later = replace(FINDING, entry=30)
    assert worst_first([info, later, FINDING]) == [FINDING, later, info]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 日", "plain é 日"),
        ("\x1b[31m\r\n\t", "\\x1b[31m\\x0d\\x0a\\x09"),
        ("\udcff", "\\xff"),
        ("\u202eevil", "\\u202eevil"),
        ("x" * 500, "x" * 400 + "…"),
    ],
)
def test_text_from_the_wire_is_made_safe_for_a_terminal(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text(st.characters(codec=None), max_size=500))
def test_any_text_becomes_one_printable_line(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable() or not shown
    shown.encode("utf-8")
