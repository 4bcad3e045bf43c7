"""Runs every mutant through the judge: `python -m tests.mutation.score [--survivors]`."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.config import Profile, load_profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import Flow, load_flow
from harness.model import Finding, Level
from harness.paths import FLOW
from harness.trace import TraceEntry
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.spelling import take_apart
from tests.virtual import UE, play_flow, renumbered


@dataclass(frozen=True)
class Judged:
    """A mutant, the entry it stands in, and what was found that the original did not have."""

    mutant: Mutant
    entry: TraceEntry
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """The worst level of the UE's findings, "" for none."""
        levels = {each.level for each in self.findings if each.sender == "ue"}
        return next((each.value for each in Level if each in levels), "")


class Bench:
    """The conformant flow, ready to be judged with one entry replaced."""

    def __init__(self, profile: str = "documented", persona: str = "conformant") -> None:
        self.profile: Profile = load_profile(profile)
        self.flow: Flow = load_flow(FLOW)
        self.entries = renumbered(play_flow(persona=persona).trace)
        self.baseline = {_key(each) for each in self.judge(self.entries)}

    def judge(self, entries: Sequence[TraceEntry]) -> list[Finding]:
        evaluation = Evaluation(self.flow, self.profile)
        found = [
            finding
            for entry in entries
            for each in evaluation.feed(entry)
            for finding in each.findings
        ]
        end = entries[-1].time + 40
        return found + [f for each in evaluation.finish(end) for f in each.findings]

    def with_raw(self, changes: Mapping[int, bytes]) -> tuple[Finding, ...]:
        """What is new once these entries, by number, read otherwise."""
        changed = [
            replace(each, raw=changes[each.number], _parsed=[]) if each.number in changes else each
            for each in self.entries
        ]
        found = self.judge(renumbered(changed))
        return tuple(each for each in found if _key(each) not in self.baseline)

    def of_the_ue(self) -> Iterator[TraceEntry]:
        return (each for each in self.entries if each.source.host == UE)

    def run(self) -> Iterator[Judged]:
        for entry in self.of_the_ue():
            for mutant in mutants(take_apart(entry.raw)):
                raw = mutant.parts.raw()
                if raw != entry.raw:
                    yield Judged(mutant, entry, self.with_raw({entry.number: raw}))


def _key(finding: Finding) -> tuple[object, ...]:
    return (finding.check, finding.entry, finding.where, finding.observed)


def main(arguments: Sequence[str]) -> None:
    bench = Bench()
    caught: dict[str, Counter[str]] = defaultdict(Counter)
    survivors: Counter[tuple[str, str, str]] = Counter()
    for judged in bench.run():
        caught[judged.mutant.kind][judged.level or "none"] += 1
        if judged.level in ("", "info"):
            first = take_apart(judged.entry.raw).start.split(" ")
            name = first[0] if first[0] not in ("SIP/2.0",) else "answer"
            survivors[judged.mutant.kind, name, judged.mutant.what] += 1
    print(f"{'class':<22}{'seeded':>8}{'must':>8}{'should':>8}{'info':>8}{'none':>8}")
    total: Counter[str] = Counter()
    for kind, counts in caught.items():
        total.update(counts)
        cells = "".join(f"{counts[each]:>8}" for each in ("must", "should", "info", "none"))
        print(f"{kind:<22}{counts.total():>8}{cells}")
    cells = "".join(f"{total[each]:>8}" for each in ("must", "should", "info", "none"))
    print(f"{'all':<22}{total.total():>8}{cells}")
    if "--survivors" in arguments:
        for (kind, name, what), count in sorted(survivors.items()):
            print(f"{count:>4}  {kind:<20} {name:<10} {what}")


if __name__ == "__main__":
    main(sys.argv[1:])
