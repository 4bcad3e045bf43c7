"""Long conversations of a right UE find nothing; faults in them are found where they must be."""

from __future__ import annotations

import pytest

from harness.model import Level
from tests.mutation.faults_requests import request_faults
from tests.mutation.scenes import SCENES
from tests.mutation.sequences import Bench


@pytest.mark.parametrize("profile", ["documented", "ietf"])
@pytest.mark.parametrize("scene", SCENES)
def test_right_ue_is_blamed_for_nothing_in_a_long_conversation(scene: str, profile: str) -> None:
    bench = Bench(scene, profile)

    found = [each for each in bench.judge(bench.talk.entries) if each.level is not Level.INFO]

    assert found == []
    assert len(bench.talk.entries) > 50


def test_faults_of_routes_are_found_at_must_level() -> None:
    bench = Bench("day")
    certain = {"route"}

    missed = [
        fault.what
        for fault in request_faults(bench.talk)
        if fault.kind in certain
        and not any(
            each.sender == "ue" and each.level is Level.MUST for each in bench.new_of(fault)
        )
    ]

    assert missed == []
