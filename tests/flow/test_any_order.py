"""Whatever is said, in whatever order, the evaluation goes on and its books are right."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.flow.evaluate import Evaluation
from harness.model import Verdict

from .traffic import Said, Wire, documented, presence_flow, profile_of, run

MESSAGES = list(documented().values())


def garbled(said: Said, cut: int, byte: int) -> Said:
    at = cut % len(said.raw)
    return replace(said, raw=said.raw[:at] + bytes([byte]) + said.raw[at + 1 :])


MESSAGE = st.sampled_from(MESSAGES)
GARBLED = st.builds(garbled, MESSAGE, st.integers(0, 5000), st.integers(0, 255))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(MESSAGE, GARBLED), max_size=40))
def test_any_messages_in_any_order_are_judged_and_booked(said: list[Said]) -> None:
    ran = run([documented()["1"], *said], profile_of())
    (ue,) = ran.evaluation.ues
    claimed = [(step, each.entry.number) for each in ran.judged for step in each.steps]
    booked = [(result.step.id, number) for result in ue.steps for number in result.entries]
    assert sorted(set(claimed)) == sorted(booked)
    for result in ue.steps:
        if result.verdict is Verdict.PASS:
            assert result.entries
        assert ran.evaluation.expire(result.step.id, 1.0).reason or result.entries


@settings(max_examples=30, deadline=None)
@given(st.permutations(MESSAGES))
def test_steps_keep_their_messages_whatever_comes_next(said: list[Said]) -> None:
    evaluation = Evaluation(presence_flow(), profile_of())
    wire = Wire()
    seen: dict[str, bool] = {}
    for each in said:
        evaluation.feed(wire.entry(each))
        for ue in evaluation.ues:
            for result in ue.steps:
                was, now = seen.get(result.step.id, False), bool(result.entries)
                assert now or not was
                seen[result.step.id] = now
