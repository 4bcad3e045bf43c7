"""Each defect of the reference UE trips exactly the checks that its row names."""

from __future__ import annotations

from functools import cache

import pytest

from harness.config import Profile, load_profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import load_flow
from harness.model import Finding, Level, Verdict
from harness.paths import FLOW
from harness.ue.defects import DEFECTS
from tests.virtual import play_flow

FLOW_STEPS = load_flow(FLOW)


def profile_for(defect: str) -> Profile:
    profile = load_profile("documented")
    if not defect.startswith("digest"):
        return profile
    network = profile.network.model_copy(update={"authentication": "digest"})
    return profile.model_copy(update={"network": network})


def judged(defect: str) -> tuple[list[Finding], Evaluation]:
    profile = profile_for(defect)
    played = play_flow(defects=[defect] if defect else [], profile=profile)
    evaluation = Evaluation(FLOW_STEPS, profile, own_network=True)
    steps = [each for entry in played.trace for each in evaluation.feed(entry)]
    steps += evaluation.finish(played.wire.wall_clock())
    assert evaluation.judge.failures == {}
    return [finding for each in steps for finding in each.findings], evaluation


@cache
def remarked() -> frozenset[str]:
    """What is merely remarked on the conformant UE."""
    found = judged("")[0]
    assert [each for each in found if each.level is not Level.INFO] == []
    return frozenset(each.check for each in found)


def test_conformant_ue_breaks_nothing() -> None:
    assert len(remarked()) < 5


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_trips_the_checks_that_it_names(name: str) -> None:
    found, evaluation = judged(name)
    tripped = {each.check for each in found if each.sender == "ue"} - remarked()
    assert {check for check in tripped if not check.startswith("FLOW-")} == DEFECTS[name].trips
    # A step's own expectations may notice as well; what is left undone shows as a missing step.
    [ue] = evaluation.ues
    assert tripped or any(each.verdict is not Verdict.PASS for each in ue.steps)
    must = [each.check for each in found if each.sender == "network" and each.level is Level.MUST]
    assert must == []
