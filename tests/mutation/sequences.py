"""Faults over several messages: `python -m tests.mutation.sequences [--survivors] [scene ...]`."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.config import load_profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import Flow, load_flow
from harness.model import Finding, Level
from harness.paths import FLOW
from harness.trace import TraceEntry
from tests.mutation.conversations import Conversation, cut, in_order
from tests.mutation.faults_answers import answer_faults
from tests.mutation.faults_lifecycle import lifecycle_faults
from tests.mutation.faults_requests import Fault, request_faults
from tests.mutation.scenes import SCENES

_LEVELS = ("must", "should", "info", "none")


@dataclass(frozen=True)
class Verdict:
    """A fault, the scene it stands in, and what was found of it."""

    scene: str
    fault: Fault
    findings: tuple[Finding, ...]

    @property
    def level(self) -> str:
        """The worst level of the UE's findings, "none" for none."""
        levels = {each.level for each in self.findings if each.sender == "ue"}
        return next((each.value for each in Level if each in levels), "none")


class Bench:
    """One scene, ready to be judged with faults."""

    def __init__(self, scene: str, profile: str = "documented") -> None:
        self.scene = scene
        self.profile = load_profile(profile)
        self.flow: Flow = load_flow(FLOW)
        self.talk: Conversation = cut(scene, SCENES[scene]())
        self.baseline = Counter(map(_key, self.judge(self.talk.entries)))

    def judge(self, entries: Sequence[TraceEntry]) -> list[Finding]:
        """Everything that is found in a trace, the end included."""
        evaluation = Evaluation(self.flow, self.profile)
        found = [
            finding
            for entry in entries
            for each in evaluation.feed(entry)
            for finding in each.findings
        ]
        end = entries[-1].time + 40
        return found + [f for each in evaluation.finish(end) for f in each.findings]

    def run(self) -> Iterator[Verdict]:
        """Every fault of the scene with what is new about it."""
        for make in (request_faults, answer_faults, lifecycle_faults):
            for fault in make(self.talk):
                left = self.baseline.copy()
                new = []
                for each in self.judge(in_order(fault.entries)):
                    if left[_key(each)] > 0:
                        left[_key(each)] -= 1
                    else:
                        new.append(each)
                yield Verdict(self.scene, fault, tuple(new))


def _key(finding: Finding) -> tuple[str, str, str]:
    return (finding.check, finding.where, finding.observed)


def main(arguments: Sequence[str]) -> None:
    scenes = [each for each in arguments if each in SCENES] or list(SCENES)
    caught: dict[str, Counter[str]] = defaultdict(Counter)
    survivors: Counter[tuple[str, str, str, str]] = Counter()
    for scene in scenes:
        for verdict in Bench(scene).run():
            kind, what = verdict.fault.kind, verdict.fault.what
            caught[kind][verdict.level] += 1
            if "--all" in arguments:
                ids = sorted({f"{f.check}/{f.sender}" for f in verdict.findings})
                print(f"{scene:9} {verdict.level:7} {kind} | {what} | {' '.join(ids)}")
            if verdict.level in ("info", "none"):
                survivors[kind, what, scene, verdict.level] += 1
    print(f"{'class':<22}{'seeded':>8}" + "".join(f"{each:>8}" for each in _LEVELS))
    total: Counter[str] = Counter()
    for kind, counts in (*caught.items(), ("all", total)):
        total.update(counts if kind != "all" else ())
        cells = "".join(f"{counts[each]:>8}" for each in _LEVELS)
        print(f"{kind:<22}{counts.total():>8}{cells}")
    if "--survivors" in arguments:
        for (kind, what, scene, level), count in sorted(survivors.items()):
            print(f"{count:>4}  {level:<5} {kind:<14} {what:<50} {scene}")


if __name__ == "__main__":
    main(sys.argv[1:])
