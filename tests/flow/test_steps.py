"""A flow file is read with care: every mistake is named with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.matchers import WORDS
from harness.flow.evaluate import flow_checks
from harness.flow.expected import ABOUT_PRESENCE, PHRASES
from harness.flow.recognise import CRITERIA
from harness.flow.steps import FlowError, load_flow
from harness.model import Family, Level

from .traffic import presence_flow

HEAD = """title: a flow
document: documented flow
states: {registered: bound, published: kept}
steps:
"""
STEP = """  - id: "1"
    name: 01-register
    title: the UE registers
    sender: ue
    match: {method: REGISTER}
    leaves: [registered]
    expect:
      Expires: {number: 600000, clause: TS 24.229 §5.1.1.2.1, level: should}
"""
ANSWER = """  - id: 2
    name: 02-register-ok
    title: the registrar accepts
    sender: network
    answers: 1
    needs: [registered]
    expect: {}
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "a.flow.yaml"
    path.write_text(text, encoding="utf-8")
    return load_flow(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(FlowError) as caught:
        load(tmp_path, text)
    return str(caught.value).removeprefix(str(tmp_path / "a.flow.yaml"))


def test_flow_is_read_with_the_lines_of_its_steps(tmp_path) -> None:
    flow = load(tmp_path, HEAD + STEP + ANSWER)
    assert [(each.id, each.line) for each in flow.steps] == [("1", 5), ("2", 13)]
    assert flow.answer_to("1") is flow.step("2")
    assert flow.leaving("registered") == (flow.step("1"),)
    assert flow.step("1").deadline == 1.0


def test_expectation_carries_id_clause_level_and_a_purpose_in_words(tmp_path) -> None:
    (expected, _) = flow_checks(load(tmp_path, HEAD + STEP))
    assert expected.id == "FLOW-01-EXPIRES-1"
    assert (expected.clause.family, expected.level) == (Family.THREEGPP, Level.SHOULD)
    assert expected.purpose == "In step 01-register, Expires is 600000."
    assert (expected.sender, expected.line) == ("ue", 12)


def test_lists_of_expectations_are_numbered_and_look_ups_are_put_into_words(tmp_path) -> None:
    more = """      Request-URI:
        - {aor: "${ue.impu}", clause: documented flow, level: info}
        - {present: true, clause: documented flow, level: info, purpose: it is there.}
"""
    rows = flow_checks(load(tmp_path, HEAD + STEP + more))
    assert [each.id for each in rows[1:3]] == ["FLOW-01-REQUEST-URI-1", "FLOW-01-REQUEST-URI-2"]
    assert rows[1].purpose.endswith("Request-URI names the UE's public user identity.")
    assert rows[2].purpose == "In step 01-register, it is there."


@pytest.mark.parametrize(
    ("words", "purpose"),
    [
        ("parameter: {q: 1, x: {present: true}}", "has the parameters q (is 1), x (is there)"),
        ("absent: true", "is absent"),
        ("contains_token: [a, b], count: 2", "lists a, b and has as many values as 2"),
        ("between: [1, 5]", "is in the range 1, 5"),
    ],
)
def test_purpose_says_what_the_words_ask_for(tmp_path, words, purpose) -> None:
    step = STEP.replace("number: 600000", words)
    (expected, _) = flow_checks(load(tmp_path, HEAD + step))
    assert expected.purpose == f"In step 01-register, Expires {purpose}."


def test_every_word_of_the_matchers_can_be_put_into_a_purpose() -> None:
    assert set(PHRASES) | ABOUT_PRESENCE == set(WORDS)


def test_merged_fields_come_from_the_anchor_and_can_be_replaced(tmp_path) -> None:
    reasons = "reasons:\n  - &any {Via: any, CSeq: any}\n"
    step = STEP + "    not_checked: {<<: *any, CSeq: counted elsewhere}\n"
    step = load(tmp_path, reasons + HEAD + step).step("1")
    assert dict(step.not_checked) == {"Via": "any", "CSeq": "counted elsewhere"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sender: ue", "sender: phone", ":8: step 1: field 'sender': expected one of ue, network"),
        ("    sender: ue\n", "", ":5: step 1: the field 'sender' is missing"),
        ("sender: ue", "sendr: ue", ":8: step 1: field 'sendr': no such field; known are:"),
        ("    title:", "    name: x\n    title:", ":7: step 1: field 'name': stands twice"),
        ("title: the UE registers", "title: ''", ":7: step 1: field 'title': expected a text"),
        ('id: "1"', "id: S1", ":5: step S1: field 'id': a step's id is a number"),
        ("method: REGISTER", "methd: REGISTER", ":9: step 1: field 'match': field 'methd': no su"),
        ("method: REGISTER", "method: 5", "field 'method': takes a text or a list of texts"),
        ("method: REGISTER", "first: maybe", "field 'first': takes true or false, not 'maybe'"),
        ("method: REGISTER", "names: me", "field 'names': takes one of own, another, not 'me'"),
        ("    match: {method: REGISTER}\n", "", ":5: step 1: give either 'match' or 'answers'"),
        ("leaves: [registered]", "leaves: [bound]", ":5: step 1: 'bound' is not among the flow's"),
        ("leaves: [registered]", "leaves: registered", ":10: step 1: field 'leaves': expected a"),
        ("leaves: [registered]", "deadline: 0", "field 'deadline': expected a number above 0"),
        ("number: 600000", "numbr: 600000", ":12: step 1: field 'expect': field 'Expires': unkno"),
        ("number: 600000", "number: many", "'number' takes a whole number, not 'many'"),
        ("number: 600000", "aor: '${ue.nmae}'", "${ue.nmae}: nothing to look up; known are: ue."),
        ("number: 600000, ", "", "an expectation needs at least one word"),
        ("clause: TS 24.229 §5.1.1.2.1, ", "", "field 'Expires': the field 'clause' is missing"),
        ("level: should", "level: shall", "field 'level': expected one of must, should, info"),
        ("Expires: {", "Expires: [{", ":13: not YAML:"),
        ("    expect:", "    not_checked: {Expires: any}\n    expect:", "is expected and not chec"),
    ],
)
def test_mistake_in_a_step_is_named_with_line_and_field(tmp_path, old, new, said) -> None:
    assert said in refusal(tmp_path, HEAD + STEP.replace(old, new))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + STEP + STEP, ":13: step 1: another step has the id 1"),
        (HEAD + ANSWER, ":5: step 2: answers step 1: no earlier step of the other side"),
        (HEAD + STEP + ANSWER.replace("sender: network", "sender: ue"), "answers step 1: no earl"),
        (HEAD + STEP + ANSWER.replace("[registered]", "[published]"), "which no earlier step lea"),
        (HEAD.replace("title: a flow\n", "") + STEP, "the flow: the field 'title' is missing"),
        (HEAD + "  []\n", "a flow needs at least one step"),
        ("", ":1: the file is empty"),
        ("- a list", ":1: the flow: expected a mapping of fields, found a list"),
        ("a: b: c", ":1: not YAML:"),
    ],
)
def test_mistake_between_steps_is_named_with_line_and_field(tmp_path, text, said) -> None:
    assert said in refusal(tmp_path, text)


def test_file_that_cannot_be_read_is_named(tmp_path) -> None:
    with pytest.raises(FlowError, match="cannot be read"):
        load_flow(tmp_path / "missing.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"title: \xff")
    with pytest.raises(FlowError, match="not UTF-8 at byte 7"):
        load_flow(tmp_path / "binary.yaml")
    (tmp_path / "large.yaml").write_bytes(b" " * ((1 << 20) + 1))
    with pytest.raises(FlowError, match="too many"):
        load_flow(tmp_path / "large.yaml")


@given(text=st.text(max_size=200))
def test_any_text_is_a_flow_or_a_flow_error(tmp_path_factory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(HEAD + text, encoding="utf-8", errors="replace")
    with pytest.raises(FlowError):
        load_flow(path)


def test_every_way_to_recognise_is_used_by_the_flow() -> None:
    used = {each.word for step in presence_flow().steps for a in step.match for each in a}
    assert used == set(CRITERIA)
