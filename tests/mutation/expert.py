"""Seeds the faults of an expert: `python -m tests.mutation.expert [--all] [scene ...] [kind ...]`.

Without `--all` it lists what was missed, and what blames a later message that is right.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.config import load_profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import Flow, load_flow
from harness.model import Finding, Level
from harness.paths import FLOW
from harness.trace import TraceEntry
from tests.mutation.conversations import Conversation, Exchange, cut, in_order
from tests.mutation.scenes import SCENES
from tests.mutation.seed_rows import Seed, read_seeds
from tests.mutation.spelling import take_apart
from tests.mutation.tally import Tally
from tests.virtual import UE

SEEDS = tuple(read_seeds())
_LEVELS = tuple(each.value for each in Level)


@dataclass(frozen=True)
class Found:
    """What was found of a seed at one message."""

    seed: Seed
    entry: TraceEntry
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """The worst level of what is said of the UE, "none" where nothing is."""
        levels = {each.level for each in self.findings if each.sender == "ue"}
        return next((each.value for each in Level if each in levels), "none")

    @property
    def is_found(self) -> bool:
        """Whether it is found at the level of its clause, or a worse one."""
        return self.level in _LEVELS and _LEVELS.index(self.level) <= _LEVELS.index(self.seed.level)

    @property
    def elsewhere(self) -> tuple[Finding, ...]:
        """Broken MUSTs of the UE at messages other than the faulty one."""
        return tuple(
            each
            for each in self.findings
            if each.sender == "ue" and each.level is Level.MUST and each.entry != self.entry.number
        )


class Bench:
    """A conversation, ready to be judged with a seed at one of its messages."""

    def __init__(
        self,
        scene: str = "flow",
        profile: str = "documented",
        talk: Conversation | None = None,
        ue: str = UE,
    ) -> None:
        self.scene, self.ue = scene, ue
        self.profile = load_profile(profile)
        self.flow: Flow = load_flow(FLOW)
        self.talk = talk or cut(scene, SCENES[scene]())
        self._exchanges = {each.request.number: each for each in self.talk.exchanges}
        self.baseline = Counter(map(_key, self.judge(self.talk.entries)))

    def judge(self, entries: Sequence[TraceEntry]) -> list[Finding]:
        """Everything that is found in a trace, the end included."""
        evaluation = Evaluation(self.flow, self.profile)
        found = [f for entry in entries for each in evaluation.feed(entry) for f in each.findings]
        end = entries[-1].time + 40
        return found + [f for each in evaluation.finish(end) for f in each.findings]

    def run(self, seeds: Sequence[Seed], at_most: int = 2) -> Iterator[Found]:
        """Every seed at the first and the last message that can have it."""
        sent = [each for each in self.talk.entries if each.source.host == self.ue]
        for seed in seeds:
            able = [each for each in sent if seed.applied(each.raw) is not None]
            for entry in dict.fromkeys((*able[:1], *able[-1:][: at_most - 1])):
                yield self.seeded(seed, entry)

    def seeded(self, seed: Seed, entry: TraceEntry) -> Found:
        """The conversation with a seed at one message."""
        raw = seed.applied(entry.raw)
        assert raw is not None
        exchange = self._exchanges.get(entry.number)
        entries = (
            self._with_request(exchange, raw)
            if exchange is not None
            else [_with_raw(e, raw) if e is entry else e for e in self.talk.entries]
        )
        return Found(seed, entry, self._new(entries))

    def _with_request(self, exchange: Exchange, raw: bytes) -> list[TraceEntry]:
        parts = take_apart(raw)
        entries = self.talk.edited(exchange, lambda _: parts) if parts.rows else self.talk.entries
        return [
            _with_raw(each, raw) if each.number == exchange.request.number else each
            for each in entries
        ]

    def _new(self, entries: Sequence[TraceEntry]) -> tuple[Finding, ...]:
        left = self.baseline.copy()
        new = []
        for each in self.judge(in_order(entries)):
            if left[_key(each)] > 0:
                left[_key(each)] -= 1
            else:
                new.append(each)
        return tuple(new)


def _with_raw(entry: TraceEntry, raw: bytes) -> TraceEntry:
    return replace(entry, raw=raw, _parsed=[])


def _key(finding: Finding) -> tuple[object, ...]:
    return (finding.check, finding.entry, finding.where, finding.observed)


def tally(seeds: Sequence[Seed] = SEEDS, scenes: Sequence[str] = ("flow",)) -> Tally:
    """Seed everything in these scenes."""
    table = Tally()
    for scene in scenes:
        for found in Bench(scene).run(seeds):
            table.add(found.seed.kind, found.level, found.seed.what, scene)
    return table


def _line(found: Found) -> str:
    """A seed, what its clause asks for, and what was found where ("@" another message)."""
    seed, ids = found.seed, []
    for each in found.findings:
        where = "" if each.entry == found.entry.number else f"@{each.entry}"
        ids.append(f"{each.check}/{each.sender}/{each.level.value}{where}")
    mark = "found " if found.is_found else "MISSED"
    return (
        f"{mark} #{found.entry.number:<4}{seed.kind}: {seed.what} [{seed.level} {seed.clause}] "
        f"{found.level}: {' '.join(sorted(set(ids)))}"
    )


def main(arguments: Sequence[str]) -> None:
    scenes = [each for each in arguments if each in SCENES] or ["flow"]
    kinds = {each.kind for each in SEEDS if each.kind in arguments}
    seeds = [each for each in SEEDS if not kinds or each.kind in kinds]
    profile = "ietf" if "--ietf" in arguments else "documented"
    table = Tally()
    for scene in scenes:
        for found in Bench(scene, profile).run(seeds):
            table.add(found.seed.kind, found.level, found.seed.what, scene)
            if "--all" in arguments or not found.is_found or found.elsewhere:
                print(_line(found))
    print(table.text())


if __name__ == "__main__":
    main(sys.argv[1:])
