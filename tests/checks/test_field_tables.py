"""The tables of header fields, row by row: what is not applicable is found, the rest is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checks.field_rows import CORE, EXTENSIONS, METHODS, Row
from harness.checks.registry import CHECKS
from harness.checks.table_checks import check_of, forbidden, is_judged
from harness.model import Level
from tests.checks.cases_tables import NOT_APPLICABLE, answers, asks, sender_of, statuses_of
from tests.checks.conversation import Step, judge

IN_REQUESTS = [
    row
    for row in NOT_APPLICABLE
    if row.in_requests and is_judged(row) and row.field in forbidden(row.method, None)
]
IN_RESPONSES = [
    (row, status)
    for row in NOT_APPLICABLE
    if row.method != "ACK" and row.statuses is not None and is_judged(row)
    for status in statuses_of(row)
]
_CODED = ("Encoding", "Language")
FREE = [
    row
    for row in CORE
    if row.in_requests and row.code in ("o", "c", "m*") and row.field not in ("Require", "Route")
]


def name(row: Row) -> str:
    return f"{row.method}-{row.field}"


def found(steps: list[Step], check: str) -> int:
    return len(judge(steps).of(check))


@pytest.mark.parametrize("row", IN_REQUESTS, ids=name)
def test_request_with_a_field_that_is_not_applicable_is_found(row: Row) -> None:
    check = check_of(row, is_of_requests=True)

    assert check is not None
    assert found(asks(row.method, row.field), check) == 1
    assert found(asks(row.method), check) == 0


@pytest.mark.parametrize(
    ("row", "status"), IN_RESPONSES, ids=[f"{name(row)}-{status}" for row, status in IN_RESPONSES]
)
def test_response_with_a_field_that_is_not_applicable_is_found(row: Row, status: int) -> None:
    check = check_of(row, is_of_requests=False)
    sender = sender_of(row, is_of_requests=False)

    assert check is not None
    if row.field != "Record-Route":  # a request with one passes it on to its response
        assert found(answers(row.method, status, row.field, sender), check) == 1
    assert found(answers(row.method, status, sender=sender), check) == 0


@pytest.mark.parametrize("row", FREE, ids=name)
def test_request_with_an_optional_field_is_not_found(row: Row) -> None:
    ids = judge(asks(row.method, row.field)).ids("ue")

    assert [each for each in ids if "-FIELDS-" in each] == []


def test_every_row_of_not_applicable_is_held_by_a_check() -> None:
    for row in NOT_APPLICABLE:
        if not is_judged(row):
            continue
        sides = [side for side in (True, False) if (row.in_requests if side else row.statuses)]
        for is_of_requests in sides:
            if row.method == "ACK" and not is_of_requests:
                continue  # an ACK gets no response
            check = check_of(row, is_of_requests)
            assert check in CHECKS, row
            assert str(CHECKS[check].clause) == row.clause


def test_what_is_not_applicable_is_a_must_in_the_methods_of_presence_alone() -> None:
    presence = {"REGISTER", "OPTIONS", "PUBLISH", "MESSAGE"}
    for row in NOT_APPLICABLE:
        check = check_of(row, is_of_requests=row.in_requests)
        if check is None or CHECKS[check].level is not Level.MUST:
            continue
        assert row.method in presence | {"SUBSCRIBE", "NOTIFY"}
        assert row.method in presence or row in EXTENSIONS  # RFC 6665 withdrew the table of 3265


MANDATORY = [
    (row, None)
    for row in CORE
    if row.code in ("m", "m*", "t") and row.in_requests and row.statuses is None
]
MANDATORY += [
    (row, 200 if len(row.statuses) > 200 else min(row.statuses))
    for row in CORE
    if row.code in ("m", "m*", "t") and row.statuses and row.method != "ACK"
]
# By method and status: which of the three a 415 needs depends on what was not supported; a 3xx to
# SUBSCRIBE or NOTIFY, whose table was withdrawn; a response without CSeq that nothing ties to its
# CANCEL.
_NOT_HELD = {
    *((method, 415, f"Accept-{what}") for method in ("MESSAGE", "PUBLISH") for what in _CODED),
    *((method, 300, "Contact") for method in ("SUBSCRIBE", "NOTIFY")),
    ("CANCEL", 200, "CSeq"),
}


@pytest.mark.parametrize(
    ("row", "status"), MANDATORY, ids=[f"{name(row)}-{status}" for row, status in MANDATORY]
)
def test_message_without_a_field_that_is_mandatory_is_found(row: Row, status: int | None) -> None:
    sender = sender_of(row, is_of_requests=status is None)
    steps = asks(row.method) if status is None else answers(row.method, status, sender=sender)

    spoilt = judge([*steps[:-1], without(steps[-1], row.field)])

    levels = {
        str(finding.level)
        for each in spoilt.judged
        for finding in each.findings
        if finding.where == row.field
    }
    if (row.method, status, row.field) not in _NOT_HELD:
        assert levels - {"info"}
    is_of_presence = row.method in ("REGISTER", "OPTIONS", "PUBLISH", "MESSAGE")
    if row.code == "m" and is_of_presence:
        assert "must" in levels


def without(step: Step, field: str) -> Step:
    head, end, body = step.raw.partition(b"\r\n\r\n")
    own = field.encode() + b":"
    lines = [line for line in head.split(b"\r\n") if not line.startswith(own)]
    return replace(step, raw=b"\r\n".join(lines) + end + body)


def test_every_method_has_a_column() -> None:
    assert {row.method for row in CORE} == set(METHODS)
