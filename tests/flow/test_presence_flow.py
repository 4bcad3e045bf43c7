"""`presence.flow.yaml` holds the documented flow: all of its steps and all of its fields."""

from __future__ import annotations

import re

import pytest

from harness.config import load_profile
from harness.flow.evaluate import flow_checks
from harness.model import Family, Level

from .traffic import documented, presence_flow

CHRONOLOGY = [
    *("1", "2", *(f"H{number}" for number in range(1, 13))),
    *(str(number) for number in range(3, 15)),
    *("H13", "H14", "H15", "H16"),
    *(str(number) for number in range(15, 23)),
]
PRINTED = [step for step, said in documented().items() if said.is_printed]


def test_flow_has_the_22_sip_steps_and_the_16_http_steps_in_order() -> None:
    assert [each.id for each in presence_flow().steps] == CHRONOLOGY


@pytest.mark.parametrize("step", presence_flow().steps, ids=lambda step: step.name)
def test_step_is_named_after_its_number_and_sent_by_who_the_document_says(step) -> None:
    number = step.id if step.is_http else step.id.zfill(2)
    assert re.fullmatch(rf"{number}-[a-z]+(-[a-z]+)*", step.name)
    if step.id in documented():
        assert documented()[step.id].sender == step.sender


@pytest.mark.parametrize("step_id", PRINTED)
def test_every_field_that_the_document_shows_is_expected_or_has_a_reason(step_id: str) -> None:
    step = presence_flow().step(step_id)
    head = documented()[step_id].raw.decode().partition("\r\n\r\n")[0]
    start_line, *rows = head.split("\r\n")
    shown = {row.partition(":")[0].strip().lower() for row in rows if not row.startswith(" ")}
    held = {each.field.lower() for each in step.expect} | {
        each.lower() for each in step.not_checked
    }
    assert shown <= held
    assert start_line.partition(" ")[0] in ("HTTP/1.1", "SIP/2.0") or "request-uri" in held


@pytest.mark.parametrize("step_id", [each for each in CHRONOLOGY if each not in PRINTED])
def test_step_that_the_document_does_not_print_expects_its_status(step_id: str) -> None:
    assert [each.field for each in presence_flow().step(step_id).expect] == ["Status"]


def test_every_request_has_its_answer_right_after_it_in_numbers() -> None:
    flow = presence_flow()
    for each in flow.steps:
        if each.answers is not None:
            prefix, number = re.fullmatch(r"(H?)(\d+)", each.answers).groups()
            assert each.id == f"{prefix}{int(number) + 1}"


def test_binding_expectations_have_a_standards_clause() -> None:
    for each in flow_checks(presence_flow()):
        if each.level is not Level.INFO and each.id != "FLOW-ORDER-1":
            assert each.clause.family is not Family.DOCUMENT, each.id
            assert each.clause.section, each.id


def test_ids_of_the_flows_checks_are_stable_unique_and_fit_the_catalogue() -> None:
    rows = flow_checks(presence_flow())
    ids = [each.id for each in rows]
    assert len(ids) == len(set(ids))
    assert "FLOW-09-EVENT-1" in ids
    assert "FLOW-H3-CONTENT-TYPE-1" in ids
    for each in ids:
        assert re.fullmatch(r"[A-Z]+(-[A-Z0-9]+)+-\d+", each)


def test_pure_rfc_profile_keeps_no_expectation_of_the_document() -> None:
    families = load_profile("ietf").families
    kept = [each for each in flow_checks(presence_flow()) if each.clause.family in families]
    assert kept
    assert all(each.clause.document.startswith("RFC") for each in kept)


def test_every_step_without_which_nothing_goes_on_leaves_what_others_need() -> None:
    flow = presence_flow()
    needed = {state for each in flow.steps for state in each.needs}
    assert needed == set(flow.states)
    assert all(flow.leaving(state) for state in needed)
