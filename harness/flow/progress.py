"""How far one UE has come: which step claimed which entry, and the states that were left.

Only numbers and texts are kept, not messages, so that a capture of thousands of UEs fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.flow.steps import Flow, Step
from harness.model import Finding, Level, Verdict

_MAX_ENTRIES = 256
_MAX_FINDINGS = 256
_MAX_REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of a step: verdict, why, and the trace numbers (and frames) that belong to it."""

    step: Step
    verdict: Verdict
    reason: str
    entries: tuple[int, ...]
    frames: tuple[int, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class StepProgress:
    """What was seen of one step.

    `is_done` once its message came; `refusal` tells of a final answer that was no 2xx, and
    `overdue` is the verdict, with its reason, given when its deadline passed without it.
    """

    step: Step
    is_done: bool = False
    refusal: str = ""
    overdue: tuple[Verdict, str] | None = None
    entries: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    worst: Verdict = Verdict.NONE

    def add(self, number: int, frame: int | None) -> None:
        """Note an entry that belongs to the step."""
        if len(self.entries) < _MAX_ENTRIES:
            self.entries.append(number)
            if frame is not None:
                self.frames.append(frame)

    def judge(self, findings: Iterable[Finding]) -> None:
        """Let findings on the step's entries count."""
        for each in findings:
            self.worst = self.worst.worst(_verdict_of(each))
            if len(self.findings) < _MAX_FINDINGS:
                self.findings.append(each)

    def result(self) -> StepResult:
        verdict, reason = self._verdict()
        return StepResult(
            self.step,
            verdict,
            reason,
            tuple(self.entries),
            tuple(self.frames),
            tuple(self.findings),
        )

    def _verdict(self) -> tuple[Verdict, str]:
        verdict, reason = Verdict.NONE, "not seen"
        if self.is_done:
            verdict, reason = Verdict.PASS, ""
        elif self.refusal:
            verdict, reason = Verdict.INCONC, self.refusal
        if self.overdue is not None and self.overdue[0].rank > verdict.rank:
            verdict, reason = self.overdue
        if self.worst.rank > verdict.rank:
            verdict, reason = self.worst, self._why()
        return verdict, reason

    def _why(self) -> str:
        worst = [each for each in self.findings if _verdict_of(each) is self.worst]
        checks = list(dict.fromkeys(each.check for each in worst))
        more = f" and {len(checks) - 3} more" if len(checks) > 3 else ""
        return ", ".join(checks[:3]) + more


def _verdict_of(finding: Finding) -> Verdict:
    """A broken MUST of the UE fails it; one of the network is an error, not the UE's fault."""
    if finding.level is not Level.MUST:
        return Verdict.PASS
    return Verdict.FAIL if finding.sender == "ue" else Verdict.ERROR


Dialog = tuple[str, str]
"""Call-ID and the UE's tag."""


class Progress:
    """One UE's way through the flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.steps = {each.id: StepProgress(each) for each in flow.steps}
        self.states: set[str] = set()
        self.claims: Bounded[int, tuple[str, ...]] = Bounded(_MAX_REMEMBERED)
        """By entry number of a request: the steps that claim it."""
        self.dialogs: Bounded[Dialog, str] = Bounded(_MAX_REMEMBERED)
        """The step whose request opened the dialog."""
        self.notified: Bounded[Dialog, bool] = Bounded(_MAX_REMEMBERED)
        self.services: Bounded[str, bool] = Bounded(_MAX_REMEMBERED)
        """URIs of the lists that the UE has defined."""
        self.has_spoken = False

    def is_open(self, step: Step) -> bool:
        """Whether a request may still belong to the step: until it has got its 2xx."""
        answer = self.flow.answer_to(step.id)
        return not self.steps[answer.id if answer is not None else step.id].is_done

    def done(self, step: Step) -> None:
        """The step's message came: it leaves its states."""
        self.steps[step.id].is_done = True
        self.states.update(step.leaves)

    def blocker(self, step: Step) -> Step | None:
        """The first step that has to come before this one and did not; None if nothing blocks."""
        for each in self._missing_before(step):
            return self.blocker(each) or each
        return None

    def _missing_before(self, step: Step) -> Iterator[Step]:
        if step.answers is not None and not self.steps[step.answers].is_done:
            yield self.flow.step(step.answers)
        for state in step.needs:
            if state not in self.states:
                leaving = [each for each in self.flow.leaving(state) if each is not step]
                yield from leaving[:1]

    def overdue(self, step: Step, waited: float) -> tuple[Verdict, str]:
        """The verdict, and why, of a step whose message did not come within `waited` seconds."""
        blocker = self.blocker(step)
        if blocker is not None:
            refusal = self.steps[blocker.id].refusal
            because = f": {refusal}" if refusal else ""
            return Verdict.INCONC, f"blocked by step {blocker.id} ({blocker.name}){because}"
        if step.sender == "ue" and not self.has_spoken:
            return Verdict.INCONC, f"no UE was heard within {waited:g} s: none sent a REGISTER"
        missing = f"no {step.name} within {waited:g} s: {step.title}"
        if step.sender == "network":
            return Verdict.ERROR, missing
        if step.may_skip:
            return Verdict.INCONC, f"{missing}. A UE may leave it out: {step.may_skip}"
        return Verdict.FAIL, missing

    def results(self) -> tuple[StepResult, ...]:
        return tuple(each.result() for each in self.steps.values())
