"""The catalogue: every check that applies under a profile, Python's and the flow's own."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.registry import CHECKS, applicable
from harness.config import Profile
from harness.flow.evaluate import flow_checks
from harness.flow.steps import Flow
from harness.model import Level, Sender


@dataclass(frozen=True, slots=True)
class Row:
    """One check as people and scripts read it; `sender` None means that it judges both sides."""

    id: str
    level: Level
    clause: str
    url: str | None
    sender: Sender | None
    purpose: str


def catalogue(flow: Flow, profile: Profile) -> tuple[Row, ...]:
    """The checks with the level that the profile gives them, general ones first."""
    levels = applicable(profile).levels
    rows = [
        Row(each.id, levels[each.id], str(each.clause), each.clause.url, each.sender, each.purpose)
        for each in CHECKS.values()
        if each.id in levels
    ]
    for each in flow_checks(flow):
        level = profile.level_of(each.id, each.level)
        is_wanted = each.clause.family in profile.families and all(map(profile.claims, each.needs))
        if level is not None and is_wanted:
            rows.append(
                Row(each.id, level, str(each.clause), each.clause.url, each.sender, each.purpose)
            )
    return tuple(rows)
