"""Runs every mutant through the judge: `python -m tests.mutation.score [--survivors]`.

With `--markdown` the tables in docs/mutation.md are made anew, those of the sequences as well.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.config import Profile, load_profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import Flow, load_flow
from harness.model import Finding, Level
from harness.paths import FLOW
from harness.trace import TraceEntry
from tests.mutation import expert, sequences
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.spelling import take_apart
from tests.mutation.tally import Tally
from tests.virtual import UE, play_flow, renumbered

_REPORT = Path(__file__).parents[2] / "docs" / "mutation.md"


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


def tally() -> Tally:
    """Judge every mutant of the flow."""
    found = Tally()
    for judged in Bench().run():
        first = take_apart(judged.entry.raw).start.split(" ")[0]
        name = "answer" if first == "SIP/2.0" else first
        found.add(judged.mutant.kind, judged.level, name, judged.mutant.what)
    return found


def main(arguments: Sequence[str]) -> None:
    single = tally()
    print(single.text())
    if "--survivors" in arguments:
        print(single.list_survivors())
    if "--markdown" in arguments:
        text = _REPORT.read_text()
        tables = {
            "messages": single,
            "sequences": sequences.tally(),
            "seeds": expert.tally(),
        }
        for name, table in tables.items():
            marks = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
            text = re.sub(marks, rf"\1\n{table.markdown()}\n\n\2", text, flags=re.DOTALL)
        _REPORT.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
