"""The benchmark of bodies judges what it says it judges."""

from __future__ import annotations

import time

import pytest

from bench.bodies import BODIES, main
from harness.config import load_profile
from harness.validate import BodyJudge


def test_bench_of_bodies_prints_a_rate_for_each_kind(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seconds", "0.01"]) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in BODIES)
    assert "share of the time" in out


@pytest.mark.parametrize("name", BODIES)
def test_body_of_the_bench_is_judged_as_its_name_says(name: str) -> None:
    template, content_type = BODIES[name]
    judge = BodyJudge(load_profile("documented"), time.time())
    result = judge.judge(name, (template % 1).encode(), content_type)
    assert result.problems == ()
    assert result.is_broken == (name == "pidf, broken")
