"""A right UE that spells its messages in another legal way is blamed for nothing."""

from __future__ import annotations

from collections import defaultdict

import pytest

from harness.model import Level
from tests.mutation.score import Bench
from tests.mutation.spelling import take_apart
from tests.mutation.variations import variations


@pytest.mark.parametrize("profile", ["documented", "ietf"])
def test_legal_spelling_finds_nothing(profile: str) -> None:
    bench = Bench(profile)
    spellings: dict[str, dict[int, bytes]] = defaultdict(dict)
    for entry in bench.of_the_ue():
        for variation in variations(take_apart(entry.raw)):
            spellings[variation.what][entry.number] = variation.raw
    blamed = [
        (what, each.check, each.where, each.observed)
        for what, changes in spellings.items()
        for each in bench.with_raw(changes)
        if each.sender == "ue" and each.level is not Level.INFO
    ]
    assert blamed == []
    assert sum(map(len, spellings.values())) > 400
