"""A run: every message is judged and recorded as it comes, live or from a capture.

The plugin and the commands share this; it knows nothing of pytest or of terminals.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from harness.capture.writer import CaptureWriter
from harness.catalogue import catalogue
from harness.checks.subject import aor_or_none
from harness.config import Profile
from harness.flow.evaluate import Evaluation, JudgedStep, UeResult
from harness.flow.progress import StepResult
from harness.flow.steps import Flow
from harness.model import Finding, Level, Peer, Verdict
from harness.report.mask import Masker
from harness.report.record import RecordWriter, summary
from harness.trace import Sequencer, TraceEntry

_MAX_FAULTS = 100

NOBODY = "no UE"
"""Stands in the record for the address of a UE that was never seen."""


class Run:
    """Judges entries as they come and writes the record; safe to use from several threads.

    `folder` receives run.jsonl and, for live runs, trace.pcapng. `about` is what the first event
    says besides: mode, source.
    """

    def __init__(
        self,
        flow: Flow,
        profile: Profile,
        folder: Path,
        *,
        about: dict[str, object],
        is_live: bool,
        strict_order: bool = False,
        ues: Iterable[str] = (),
    ) -> None:
        self.flow = flow
        self.profile = profile
        self.folder = folder
        self.faults: list[str] = []
        self._changed = threading.Condition()
        self._identity = aor_or_none(profile.pixit.impu)
        self._evaluation = Evaluation(
            flow, profile, ues, own_network=is_live, strict_order=strict_order
        )
        folder.mkdir(parents=True, exist_ok=True)
        masker = Masker(profile.secrets)
        self.record_path = folder / "run.jsonl"
        self._record = RecordWriter(self.record_path, masker)
        self._capture = CaptureWriter(folder / "trace.pcapng") if is_live else None
        self._is_finished = False
        self._expired: set[str] = set()
        self._must: list[Finding] = []
        self._sequencer = Sequencer()
        self._started = self._last = 0.0
        # Frames of the messages whose UE is not known yet, and lines about those with findings.
        self._frames: dict[int, int | None] = {}
        self._lines: dict[int, str] = {}
        self._record.run(**_about(flow, profile), **about)

    # -- messages ---------------------------------------------------------------------------------

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        """A message was seen on the wire (the driver's observer)."""
        with self._changed:
            self.take(self._sequencer.entry(raw, source, destination, time, connection=connection))

    def take(self, entry: TraceEntry) -> None:
        """Judge and record an entry."""
        with self._changed:
            if self._is_finished:
                return
            self._started = self._started or entry.time
            self._last = entry.time
            self._frames[entry.number] = (
                self._capture.write(entry) if self._capture else entry.frame
            )
            judged = self._evaluation.feed(entry)
            if not any(each.entry is entry for each in judged):
                # Whose message this is will be known later: it is on the disk all the same.
                self._record.message(
                    entry,
                    ue=None,
                    sender=None,
                    kind="message",
                    step=None,
                    frame=self._frames[entry.number],
                )
            for each in judged:
                self._record.message(
                    each.entry,
                    ue=each.judged.session.address,
                    sender=each.judged.sender,
                    kind=each.judged.kind,
                    step=each.step,
                    frame=self._frames.pop(each.entry.number, None),
                )
            self._write(judged)
            self._changed.notify_all()

    def _write(self, judged: Sequence[JudgedStep]) -> None:
        for each in judged:
            for finding in each.findings:
                self._describe(each.entry)
                self._record.finding(finding)
                if finding.level is Level.MUST and finding.sender == "ue":
                    self._must.append(finding)
            for step in each.steps:
                ue = each.judged.session.address
                self._write_step(ue, self._evaluation.result(step, ue))

    def _write_step(self, ue: str, result: StepResult) -> None:
        self._record.step(
            ue=ue,
            step=result.step.id,
            name=result.step.name,
            verdict=result.verdict,
            reason=result.reason,
            entries=result.entries,
        )

    def _describe(self, entry: TraceEntry) -> None:
        since = entry.time - self._started
        ways = f"{entry.source} -> {entry.destination}"
        self._lines[entry.number] = (
            f"#{entry.number}  {ways}  {summary(entry.message)}  +{since:.3f} s"
        )

    def describe(self, number: int) -> str:
        """An entry with findings in one line: number, direction, summary, time since the start."""
        with self._changed:
            return self._lines.get(number, f"#{number}")

    # -- waiting and results ----------------------------------------------------------------------

    @property
    def followed(self) -> str | None:
        """The UE whose steps are waited for: that of the profile's identity, else the first.

        So a stranger who registers as well, a scanner say, does not take the device's place. None
        while no UE is known.
        """
        with self._changed:
            sessions = self._evaluation.judge.sessions
            for session in sessions:
                if aor_or_none(session.identity) == self._identity:
                    return session.address
            return sessions[0].address if sessions else None

    def result(self, step_id: str) -> StepResult:
        """The result so far of a step of the UE that is followed."""
        with self._changed:
            return self._evaluation.result(step_id, self.followed)

    def awaiting(self, step_id: str) -> str:
        """What a step waits for, in words."""
        with self._changed:
            return self._evaluation.awaiting(step_id, self.followed)

    def wait(
        self,
        step_id: str,
        seconds: float,
        *,
        is_hopeless: Callable[[], str] = lambda: "",
        progress: Callable[[float], None] = lambda left: None,
    ) -> StepResult:
        """Wait until a step is decided, at most `seconds`; then its deadline has passed.

        `is_hopeless` may say at any time why waiting is in vain; `progress` hears of the seconds
        left, about once a second.
        """
        started = time.monotonic()
        with self._changed:
            while True:
                result = self.result(step_id)
                # A refusal is not the end: the UE may try again, and be served.
                if result.verdict not in (Verdict.NONE, Verdict.INCONC):
                    return result
                left = started + seconds - time.monotonic()
                if left <= 0 or is_hopeless() or self._is_blocked(step_id):
                    return self._expire(step_id, time.monotonic() - started)
                progress(left)
                self._changed.wait(min(left, 1.0))

    def _is_blocked(self, step_id: str) -> bool:
        """Whether a step that has to come before has already been given up."""
        blocker = self._evaluation.blocker(step_id, self.followed)
        return blocker is not None and blocker.id in self._expired

    def _expire(self, step_id: str, waited: float) -> StepResult:
        self._expired.add(step_id)
        return self._evaluation.expire(step_id, round(waited, 1), self.followed)

    def fault(self, error: BaseException | str) -> None:
        """Something went wrong in the harness itself."""
        text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
        with self._changed:
            if text not in self.faults and len(self.faults) < _MAX_FAULTS:
                self.faults.append(text)
                with suppress(OSError):  # where the record cannot be written, that is the fault
                    self.note("error", f"the harness failed: {text}")
            self._changed.notify_all()

    def note(self, level: str, text: str) -> None:
        """Something the user should know."""
        with self._changed:
            if not self._is_finished:
                self._record.note(level, text)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict so far."""
        with self._changed:
            verdicts = [ue.verdict for ue in self._evaluation.ues]
            if not verdicts:  # as the report has it, whose steps are then nobody's
                verdicts = [self._evaluation.result(each.id).verdict for each in self.flow.steps]
            return Verdict.worst_of([*verdicts, *([Verdict.ERROR] if self.faults else [])])

    @property
    def ues(self) -> tuple[UeResult, ...]:
        """The results so far of every UE."""
        with self._changed:
            return self._evaluation.ues

    @property
    def must_findings(self) -> tuple[Finding, ...]:
        """What UEs broke so far, wherever it was seen."""
        with self._changed:
            return tuple(self._must)

    def finish(self) -> tuple[JudgedStep, ...]:
        """The traffic is over: judge what only the end tells, and end the record."""
        with self._changed:
            if self._is_finished:
                return ()
            try:
                return self._finish()
            except OSError as error:  # a full disk: what was written before stays
                self.faults.append(f"the record cannot be written: {error}")
                return ()
            finally:
                self._is_finished = True
                self._close_files()

    def _finish(self) -> tuple[JudgedStep, ...]:
        judged = self._evaluation.finish(time.time() if self._capture else self._last)
        self._write(judged)
        for ue in self._evaluation.ues:
            for result in ue.steps:
                self._write_step(ue.address, result)
        if not self._evaluation.ues:
            # A report without a UE still has every step, and says why nothing came of it.
            for step in self.flow.steps:
                self._write_step(NOBODY, self._evaluation.result(step.id))
        for what, count in self._evaluation.judge.failures.items():
            self.fault(f"check {what} ({count} times)")
        self._record.end(time.time(), self.verdict)
        return judged

    def _close_files(self) -> None:
        for file in (self._record, self._capture):
            try:
                if file is not None:
                    file.close()
            except OSError as error:
                self.faults.append(f"the reports cannot be written: {error}")


def _about(flow: Flow, profile: Profile) -> dict[str, object]:
    return {
        "tool": {"name": "presence-harness", "version": version(), "commit": _commit()},
        "profile": {
            "name": profile.name,
            "description": profile.description,
            "families": sorted(profile.families),
            "rcs": profile.rcs,
            "pics": dict(profile.pics),
            "changes": {name: change.model_dump() for name, change in profile.checks.items()},
        },
        "started": time.time(),
        "checks": [
            {
                "id": row.id,
                "level": row.level.value,
                "clause": row.clause,
                "url": row.url,
                "purpose": row.purpose,
            }
            for row in catalogue(flow, profile)
        ],
        "steps": [
            {
                "id": step.id,
                "name": step.name,
                "title": step.title,
                "sender": step.sender,
                "line": step.line,
            }
            for step in flow.steps
        ],
    }


def version() -> str:
    """The harness's version."""
    return metadata.version("presence-harness")


def _commit() -> str:
    """The commit of the checkout that runs, "" where it is none."""
    try:
        done = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
