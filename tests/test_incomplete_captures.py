"""Captures miss, double and reorder messages: nobody is blamed for what was not seen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import pytest

from harness.model import Level, Transport
from harness.trace import TraceEntry
from tests.mutation.score import Bench
from tests.virtual import play_flow, renumbered


@cache
def bench() -> Bench:
    return Bench()


def blamed(entries: Sequence[TraceEntry]) -> list[tuple[str, str, str]]:
    return [
        (each.check, each.where, each.observed)
        for each in bench().judge(renumbered(entries))
        if each.sender == "ue" and each.level is Level.MUST
    ]


def test_ue_is_not_blamed_when_one_message_is_missing() -> None:
    entries = bench().entries
    for missing in range(len(entries)):
        assert blamed(entries[:missing] + entries[missing + 1 :]) == [], missing


def test_ue_is_not_blamed_when_the_capture_starts_late_or_ends_early() -> None:
    entries = bench().entries
    for at in range(1, len(entries)):
        assert blamed(entries[at:]) == [], at
        assert blamed(entries[:at]) == [], at


@pytest.mark.parametrize("seed", range(20))
def test_ue_is_not_blamed_when_the_capture_lost_or_swapped_packets(seed: int) -> None:
    chance = random.Random(seed)
    left = [each for each in bench().entries if chance.random() > 0.2]
    assert blamed(left) == []
    swapped = list(bench().entries)
    at = chance.randrange(len(swapped) - 1)
    swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
    assert blamed(swapped) == []


def test_ue_is_not_blamed_when_a_mirror_port_doubles_everything() -> None:
    assert blamed([each for each in bench().entries for _ in range(2)]) == []


@pytest.mark.parametrize("seed", range(12))
def test_flow_survives_a_lossy_network_without_blame(seed: int) -> None:
    chance = random.Random(seed)
    played = play_flow(drop=lambda entry: entry.is_sip and chance.random() < 0.15)
    assert blamed(played.trace) == []
    assert played.wire.events < 10_000


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
@pytest.mark.parametrize("authentication", ["none", "digest"])
def test_ue_that_refreshes_for_ten_minutes_is_right(
    transport: Transport, authentication: str
) -> None:
    profile = bench().profile
    network = profile.network.model_copy(
        update={
            "authentication": authentication,
            "max_registration": 120,
            "max_subscription": 70,
            "max_publication": 80,
        }
    )
    played = play_flow(
        profile=profile.model_copy(update={"network": network}),
        transport=transport,
        stay=600,
    )
    found = [
        (each.check, each.sender, each.where)
        for each in bench().judge(renumbered(played.trace))
        if each.level is not Level.INFO
    ]
    assert found == []
    assert len(played.trace) > 200
