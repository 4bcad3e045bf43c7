"""Faults over several messages: `python -m tests.mutation.sequences [--survivors] [scene ...]`.

With `--all` every fault is shown with the checks that find it.
"""

from __future__ import annotations

import sys
from collections import Counter
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
from tests.mutation.faults_requests import request_faults
from tests.mutation.request_words import Fault
from tests.mutation.scenes import SCENES
from tests.mutation.tally import Tally


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
                yield Verdict(self.scene, fault, self.new_of(fault))

    def new_of(self, fault: Fault) -> tuple[Finding, ...]:
        """What is found with the fault and not without it."""
        left = self.baseline.copy()
        new = []
        for each in self.judge(in_order(fault.entries)):
            if left[_key(each)] > 0:
                left[_key(each)] -= 1
            else:
                new.append(each)
        return tuple(new)


def _key(finding: Finding) -> tuple[str, str, str]:
    return (finding.check, finding.where, finding.observed)


def tally(scenes: Sequence[str] = (), *, show: bool = False) -> Tally:
    """Judge every fault of these scenes, of all where none is named."""
    found = Tally()
    for scene in scenes or SCENES:
        for verdict in Bench(scene).run():
            fault, level = verdict.fault, verdict.level
            found.add(fault.kind, level, fault.what, scene)
            if show:
                ids = sorted({f"{each.check}/{each.sender}" for each in verdict.findings})
                print(f"{scene:9} {level:7} {fault.kind} | {fault.what} | {' '.join(ids)}")
    return found


def main(arguments: Sequence[str]) -> None:
    scenes = [each for each in arguments if each in SCENES]
    found = tally(scenes, show="--all" in arguments)
    print(found.text())
    if "--survivors" in arguments:
        print(found.list_survivors())


if __name__ == "__main__":
    main(sys.argv[1:])
