"""The flow as a judge: which step each message belongs to, and what became of each step.

It looks back only, so live and captured traffic get the same verdicts, message by message.

Which step claims a message:
- a request belongs to every step of its sender whose criteria it meets and that has not had its
  2xx yet. So a step takes in a challenged request and the one that answers the challenge, or a
  PUBLISH refused with 412 and the next; what comes after the 2xx (refreshes, later
  notifications) belongs to no step, and is judged all the same. One message may meet several
  steps, where it is an accident that the document shows two.
- a response belongs to the step that answers the request's step if it is a 2xx. Any other
  response of the network belongs to the request's own step, as a part of getting there. The UE's
  own final response is its answer, whichever it is.
- a retransmission belongs to the steps of the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from harness.checks.facts import rls_services_in
from harness.checks.judge import Judge, Judged
from harness.checks.matchers import Expectation
from harness.checks.recognition import Share
from harness.checks.session import Session
from harness.checks.subject import (
    Subject,
    aor_or_none,
    observe,
    reason_of,
    status_of,
    transaction_of,
)
from harness.config import Profile
from harness.flow.expected import ABOUT_PRESENCE, Expected
from harness.flow.look_up import finder
from harness.flow.order import ORDER, out_of_order
from harness.flow.progress import Progress, StepResult
from harness.flow.steps import Flow, Step
from harness.model import Finding, Level, Mismatch, Verdict
from harness.trace import TraceEntry


class JudgedStep(NamedTuple):
    """An entry with the steps it belongs to (none: no step claims it) and all its findings."""

    judged: Judged
    steps: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def entry(self) -> TraceEntry:
        return self.judged.entry

    @property
    def step(self) -> str | None:
        """The first of its steps."""
        return self.steps[0] if self.steps else None


@dataclass(frozen=True, slots=True)
class UeResult:
    """What became of every step for one UE; `identity` is its address-of-record as written."""

    address: str
    identity: str
    steps: tuple[StepResult, ...]

    @property
    def verdict(self) -> Verdict:
        return Verdict.worst_of(each.verdict for each in self.steps)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An expectation under a profile; `ready` where it looks nothing up."""

    expected: Expected
    level: Level
    ready: tuple[Expectation, ...] | None


def flow_checks(flow: Flow) -> tuple[Expected, ...]:
    """What the flow adds to the catalogue of checks; rows have a check's id, clause, level ..."""
    return (*(row for step in flow.steps for row in step.expect), ORDER)


class Evaluation:
    """Judges a trace, entry by entry, against the flow.

    `ues` names the UEs by address as for `Judge`; `own_network` says that the network side is the
    harness itself. `strict_order` also asks for the documented order of the UE's requests.
    `share` leaves UEs to other processes.
    """

    def __init__(
        self,
        flow: Flow,
        profile: Profile,
        ues: Iterable[str] = (),
        own_network: bool = False,
        strict_order: bool = False,
        share: Share | None = None,
    ) -> None:
        self.flow = flow
        self.profile = profile
        self.judge = Judge(profile, ues, own_network, share)
        self._is_strict = strict_order
        self._wanted = {step.id: tuple(_wanted(step, profile)) for step in flow.steps}
        self._progress: dict[Session, Progress] = {}
        # Stands in while no UE is known, so that one that never speaks has results as well.
        self._nobody = Progress(flow)

    def feed(self, entry: TraceEntry) -> tuple[JudgedStep, ...]:
        """Judge an entry; answers what `Judge.feed` does, with steps."""
        return tuple(self._take(each) for each in self.judge.feed(entry))

    def finish(self, time: float) -> tuple[JudgedStep, ...]:
        """What only the end of the traffic tells; `time` is when that was."""
        return tuple(self._take_end(each) for each in self.judge.finish(time))

    @property
    def ues(self) -> tuple[UeResult, ...]:
        """The results so far of every UE, in the order in which they were recognised."""
        return tuple(result for _, result in self.placed_ues)

    @property
    def placed_ues(self) -> tuple[tuple[int, UeResult], ...]:
        """The results of the share, each with the UE's place among those of all shares."""
        return tuple(
            (place, UeResult(session.address, session.identity, self._of(session).results()))
            for place, session in self.judge.placed_sessions
        )

    def result(self, step_id: str, ue: str | None = None) -> StepResult:
        """The result so far of a step; of the first UE where none is named.

        Raises KeyError for an unknown step or UE.
        """
        return self._named(ue).steps[step_id].result()

    def awaiting(self, step_id: str, ue: str | None = None) -> str:
        """What a step waits for, for a person who waits with it."""
        step = self.flow.step(step_id)
        sender = "the UE" if step.sender == "ue" else "the network"
        text = f"waiting for {sender} ({step.name}): {step.title}"
        blocker = self._named(ue).blocker(step)
        return f"{text}; first has to come {blocker.name}" if blocker is not None else text

    def deadline(self, step_id: str) -> float:
        """How long to wait for a step, in seconds."""
        return self.flow.step(step_id).deadline * self.profile.timers.step

    def blocker(self, step_id: str, ue: str | None = None) -> Step | None:
        """The step that has to come before this one and has not, None if nothing blocks it."""
        return self._named(ue).blocker(self.flow.step(step_id))

    def expire(self, step_id: str, waited: float, ue: str | None = None) -> StepResult:
        """The deadline of a step has passed: without its message that is a verdict now.

        `waited` is for how many seconds. A step that was seen keeps its result.
        """
        progress = self._named(ue)
        state = progress.steps[step_id]
        if not state.is_done and not state.refusal and state.overdue is None:
            state.overdue = progress.overdue(state.step, waited)
        return state.result()

    def _of(self, session: Session) -> Progress:
        known = self._progress.get(session)
        if known is None:
            known = self._progress[session] = Progress(self.flow)
        return known

    def _named(self, ue: str | None) -> Progress:
        sessions = self.judge.sessions
        if ue is None:
            return self._of(sessions[0]) if sessions else self._nobody
        for session in sessions:
            if session.address == ue:
                return self._of(session)
        raise KeyError(ue)

    def _take(self, judged: Judged) -> JudgedStep:
        progress = self._of(judged.session)
        if judged.kind == "keepalive":
            return JudgedStep(judged, (), judged.findings)
        progress.has_spoken |= judged.sender == "ue"
        if judged.kind == "retransmission":
            steps = self._repeated(progress, judged)
            for step in steps:
                progress.steps[step.id].add(judged.entry.number, judged.entry.frame)
            return JudgedStep(judged, tuple(each.id for each in steps), judged.findings)
        if status_of(judged.entry.message) is None:
            steps, own = self._request(progress, judged)
        else:
            steps, own = self._response(progress, judged)
        return self._settle(progress, judged, steps, own)

    def _settle(
        self, progress: Progress, judged: Judged, steps: tuple[Step, ...], own: list[Finding]
    ) -> JudgedStep:
        """Give the entry and its findings to its steps; `own` are those that name their step."""
        entry = judged.entry
        ids = tuple(each.id for each in steps)
        general = tuple(replace(each, step=ids[0] if ids else None) for each in judged.findings)
        if ids:
            progress.claims[entry.number] = ids
        for step in steps:
            state = progress.steps[step.id]
            state.add(entry.number, entry.frame)
            state.judge((*general, *(each for each in own if each.step == step.id)))
        return JudgedStep(judged, ids, (*general, *own))

    def _take_end(self, judged: Judged) -> JudgedStep:
        progress = self._of(judged.session)
        claimed = (self.flow.step(each) for each in progress.claims.get(judged.entry.number, ()))
        # What a party left undone belongs to the step that it would have been.
        answers = (
            each if each.sender == judged.sender else self.flow.answer_to(each.id)
            for each in claimed
        )
        steps = tuple(each for each in answers if each is not None)
        ids = tuple(each.id for each in steps)
        findings = tuple(replace(each, step=ids[0] if ids else None) for each in judged.findings)
        for step in steps:
            progress.steps[step.id].judge(findings)
        return JudgedStep(judged, ids, findings)

    # --- Claiming -------------------------------------------------------------------------------

    def _request(
        self, progress: Progress, judged: Judged
    ) -> tuple[tuple[Step, ...], list[Finding]]:
        subject = self._subject(progress, judged)
        request = subject.http or subject.sip
        method = request.method if request is not None else ""
        word = "http" if subject.http is not None else "method"
        candidates = self.flow.candidates(judged.sender, word, method)
        fitting = [step for step in candidates if step.fits(subject)]
        steps = tuple(each for each in fitting if progress.is_open(each))
        own: list[Finding] = []
        for step in steps:
            if self._is_strict and step.sender == "ue" and not progress.steps[step.id].is_done:
                own += self._out_of_order(progress, judged, step)
            own += self._unexpected(progress, judged, step)
            progress.done(step)
        self._remember(progress, judged, subject, fitting)
        return steps, own

    def _subject(self, progress: Progress, judged: Judged) -> Subject:
        subject = Subject(
            judged.entry.message,
            identity=aor_or_none(judged.session.identity),
            services=tuple(progress.services),
        )
        if judged.sender == "ue" or subject.subscriber is None:
            return subject
        return replace(
            subject,
            dialog_of=progress.dialogs.get(subject.subscriber),
            is_first=subject.subscriber not in progress.notified,
        )

    def _remember(
        self, progress: Progress, judged: Judged, subject: Subject, fitting: list[Step]
    ) -> None:
        if subject.subscriber is not None:
            if judged.sender == "network":
                progress.notified[subject.subscriber] = True
            elif fitting:
                # Also a subscription that is made anew later: its notifications are the step's.
                progress.dialogs[subject.subscriber] = fitting[0].id
        if judged.sender == "ue" and subject.http is not None and subject.http.method == "PUT":
            for service in rls_services_in(subject.parts):
                progress.services[service] = True

    def _response(
        self, progress: Progress, judged: Judged
    ) -> tuple[tuple[Step, ...], list[Finding]]:
        request = judged.request
        asked = progress.claims.get(request.number, ()) if request is not None else ()
        status = status_of(judged.entry.message) or 0
        # RFC 9110 §15.4.5: 304 says that the GET would have succeeded.
        is_success = 200 <= status < 300 or (status == 304 and not judged.entry.is_sip)
        steps: list[Step] = []
        own: list[Finding] = []
        for step_id in asked:
            answer = self.flow.answer_to(step_id)
            if answer is None or not (is_success or (judged.sender == "ue" and status >= 200)):
                steps.append(self.flow.step(step_id))
            else:
                steps.append(answer)
                own += self._unexpected(progress, judged, answer, is_success=is_success)
            if answer is not None and is_success:
                progress.done(answer)
            elif answer is not None and status >= 200:
                sender = "the UE" if judged.sender == "ue" else "the network"
                reason = reason_of(judged.entry.message)
                progress.steps[answer.id].refusal = f"{sender} answered {reason}"
        return tuple(steps), own

    def _repeated(self, progress: Progress, judged: Judged) -> tuple[Step, ...]:
        """The steps of the original: of the same request, or of the response to it."""
        message = judged.entry.message
        transaction = transaction_of(judged.session, message, judged.sender)
        original = transaction.entry if transaction is not None else None
        if transaction is not None and status_of(message) is not None:
            same = (each for each in transaction.responses if each.raw == judged.entry.raw)
            original = next(same, None)
        if original is None:
            return ()
        return tuple(map(self.flow.step, progress.claims.get(original.number, ())))

    # --- Expecting ------------------------------------------------------------------------------

    def _unexpected(
        self, progress: Progress, judged: Judged, step: Step, *, is_success: bool = True
    ) -> Iterator[Finding]:
        message = judged.entry.message
        find = finder(self.profile, judged.session, next(reversed(progress.services), None))
        for wanted in self._wanted[step.id]:
            expected = wanted.expected
            if not is_success and expected.field != "Status":
                continue  # the rest is about the answer that the step expects
            observed = observe(message, expected.field)
            ready = expected.resolve(find) if wanted.ready is None else wanted.ready
            for each in ready:
                if not observed.rows and each.word not in ABOUT_PRESENCE:
                    continue
                for mismatch in each.judge(observed):
                    yield _finding(expected, wanted.level, mismatch, judged, step)

    def _out_of_order(self, progress: Progress, judged: Judged, step: Step) -> Iterator[Finding]:
        level = self.profile.level_of(ORDER.id, ORDER.level)
        if level is not None:
            for mismatch in out_of_order(progress, step):
                yield _finding(ORDER, level, mismatch, judged, step)


def _wanted(step: Step, profile: Profile) -> Iterator[_Wanted]:
    for each in step.expect:
        level = profile.level_of(each.id, each.level)
        is_wanted = each.clause.family in profile.families and all(map(profile.claims, each.needs))
        if level is not None and is_wanted:
            yield _Wanted(each, level, None if each.looks_up else each.resolve(lambda _: None))


def _finding(
    expected: Expected, level: Level, mismatch: Mismatch, judged: Judged, step: Step
) -> Finding:
    return Finding(
        check=expected.id,
        level=level,
        clause=expected.clause,
        purpose=expected.purpose,
        sender=judged.sender,
        ue=judged.session.address,
        entry=judged.entry.number,
        expected=mismatch.expected,
        observed=mismatch.observed,
        where=mismatch.where,
        offset=mismatch.offset,
        hint=mismatch.hint,
        step=step.id,
        frame=judged.entry.frame,
    )
