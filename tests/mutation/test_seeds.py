"""The faults of an expert are found at the level of their clauses; a sample, to be quick."""

from __future__ import annotations

from collections import Counter

import pytest

from harness.model import Level
from tests.mutation.expert import SEEDS, Bench
from tests.mutation.mutants import mutants
from tests.mutation.score import Bench as Messages
from tests.mutation.spelling import take_apart

# What is not found, and why: docs/mutation.md.
_MISSED = {
    *("481 to a live subscription", "505 to SIP/2.0", "branch of the cookie alone"),
    *("P-Associated-URI in a request", "Service-Route in a request", "Warning in a request"),
    *("no element", "ttl 256 in Via", "query that is no xmlns"),
    *("sphere twice", "status-icon twice", "two activities", "activities and no activity"),
    *("entry without anc", "provide-persons empty", "two identities"),
}
# Which share of the faults of a class has to be found at must, in percent.
_SHARES = {"no colon": 100, "duplicate field": 75, "corrupt field": 85, "bad number": 80}


@pytest.mark.parametrize("profile", ["documented", "ietf"])
def test_seeds_are_found_at_the_level_of_their_clause(profile: str) -> None:
    bench = Bench("flow", profile)
    ietf = ("RFC", "XML")
    sample = [
        each
        for each in SEEDS[:: 10 if profile == "documented" else 16]
        if each.what not in _MISSED and (profile == "documented" or each.clause.startswith(ietf))
    ]

    found = list(bench.run(sample, at_most=1))

    assert [each.seed.what for each in found if not each.is_found] == []
    assert len(found) > 15


def test_seeds_are_each_of_their_own() -> None:
    names = Counter((each.kind, each.what) for each in SEEDS)

    assert [name for name, count in names.items() if count > 1] == []
    assert {each.level for each in SEEDS} <= {each.value for each in Level}
    assert len(SEEDS) > 450


def test_faults_in_one_message_are_found_at_must_level() -> None:
    bench = Messages()
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in _SHARES}
    sample = [
        (entry.number, mutant)
        for entry in bench.of_the_ue()
        for mutant in mutants(take_apart(entry.raw))
        if mutant.kind in counts
    ]
    for number, mutant in sample[::11]:
        new = bench.with_raw({number: mutant.parts.raw()})
        is_must = any(each.sender == "ue" and each.level is Level.MUST for each in new)
        counts[mutant.kind]["must" if is_must else "less"] += 1

    shares = {kind: 100 * found["must"] / max(found.total(), 1) for kind, found in counts.items()}

    assert {kind for kind, least in _SHARES.items() if shares[kind] < least} == set()
