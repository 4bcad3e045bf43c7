"""The page of coverage names checks that exist, and none of its documents' MUSTs is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import harness.checks  # noqa: F401 - registers the checks
from harness.checks.field_rows import CORE, EXTENSIONS
from harness.checks.registry import AREAS, CHECKS
from harness.model import Level

PAGE = (Path(__file__).parents[1] / "docs" / "coverage.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| Section")
]
NAMED = frozenset(
    each
    for each in re.findall(r"\b[A-Z]+(?:-[A-Z0-9]+)+-\d+\b", PAGE)
    if each.partition("-")[0] in AREAS
)
_HEADS = re.findall(r"^(?:## .*|\| RFC .*)$", PAGE, re.MULTILINE)
DOCUMENTS = frozenset(re.findall(r"RFC \d+", "\n".join(_HEADS)))
REASONS = (
    *("inside", "lenient", "doubt", "network", "servers'", "registrars'"),
    *("not in the trace", "below", "taken back"),
)


def test_every_check_that_is_named_exists() -> None:
    assert sorted(NAMED - CHECKS.keys()) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1][:40]}")
def test_every_rule_is_held_or_tells_why_not(row: tuple[str, ...]) -> None:
    assert len(row) == 3
    section, rule, holders = row
    assert section
    assert rule
    assert any(each in holders for each in NAMED) or any(each in holders for each in REASONS)


@pytest.mark.parametrize("document", sorted(DOCUMENTS))
def test_no_check_of_a_must_is_left_out(document: str) -> None:
    musts = {
        each.id
        for each in CHECKS.values()
        if each.clause.document == document and each.level is Level.MUST
    }
    assert sorted(musts - NAMED) == [], "name them in a row of docs/coverage.md"


def test_page_counts_the_rows_of_the_tables() -> None:
    assert f"{len(CORE) + len(EXTENSIONS):,} rows" in PAGE
