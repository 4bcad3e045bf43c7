"""Every check has a conversation that passes and one that fails, in a `cases_*` module."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from harness.checks.registry import CHECKS
from tests.checks.conversation import Case

CASES: dict[str, Case] = {
    case.check: case
    for path in sorted(Path(__file__).parent.glob("cases_*.py"))
    for case in import_module(f"tests.checks.{path.stem}").CASES
}

# Areas whose checks are tested with conversations; other areas have tests of their own.
AREAS = {check.partition("-")[0] for check in CASES}


@pytest.mark.parametrize(
    "check", sorted(check for check in CHECKS if check.partition("-")[0] in AREAS)
)
def test_check_has_a_case(check: str) -> None:
    assert check in CASES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_check_accepts_what_keeps_its_clause(case: Case) -> None:
    verdicts = case.judge(case.good)

    assert verdicts.of(case.check) == []
    assert verdicts.must() == [], "a good conversation has no fault of the UE at all"


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_check_finds_what_breaks_its_clause(case: Case) -> None:
    assert case.judge(case.bad).of(case.check)


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_check_states_its_claim(check: str) -> None:
    found = CHECKS[check]

    assert found.purpose.endswith(".")
    assert found.clause.section
