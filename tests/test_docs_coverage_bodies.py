"""The page of coverage of bodies names checks that exist, and leaves out no MUST."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness.checks  # noqa: F401 - registers the checks
from harness.checks.registry import AREAS, CHECKS
from harness.model import Level

PAGE = (Path(__file__).parents[1] / "docs" / "coverage-bodies.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.splitlines()
    if line.startswith("| RFC")
]
NAMED = frozenset(
    each
    for each in re.findall(r"\b[A-Z]+(?:-[A-Z0-9]+)+-\d+\b", PAGE)
    if each.partition("-")[0] in AREAS
)
DOCUMENTS = frozenset(re.findall(r"RFC \d+", "\n".join(re.findall(r"^## .*$", PAGE, re.M))))


def test_every_check_that_is_named_exists() -> None:
    assert sorted(NAMED - CHECKS.keys()) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1][:40]}")
def test_every_rule_is_held_or_tells_why_not(row: tuple[str, ...]) -> None:
    _, _, holders = row
    assert any(each in holders for each in (*NAMED, "inside", "doubt"))


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
def test_no_check_of_a_must_is_left_out(document: str) -> None:
    musts = {
        each.id
        for each in CHECKS.values()
        if each.clause.document == document and each.level is Level.MUST
    }
    assert sorted(musts - NAMED) == [], "name them in a row of docs/coverage-bodies.md"
