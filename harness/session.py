"""A session of the plugin: one run against one UE, live or from a capture, and its reports."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path

from harness.capture.messages import CaptureReader
from harness.config import Profile, load_profile
from harness.flow.progress import StepResult
from harness.flow.steps import Flow, load_flow
from harness.live import EmbeddedUe, LiveNetwork, reports_folder
from harness.model import Finding, Verdict
from harness.network.control import NetworkControl
from harness.paths import FLOW
from harness.report.mask import Masker
from harness.report.record import RecordError
from harness.report.views import write_reports
from harness.run import Run
from harness.serving import Serving


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line or the ini file asked for."""

    ue: str
    persona: str
    defects: tuple[str, ...]
    capture: Path | None
    profile: str
    reports: Path
    strict_order: bool

    @property
    def is_live(self) -> bool:
        return self.capture is None


class Session:
    """Plays and judges; `open` before the first test case, `close` after the last.

    Raises ProfileError, FlowError, CaptureError or ListenError where something cannot be used, and
    OSError where the reports cannot be written.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.profile: Profile = load_profile(options.profile)
        self.flow: Flow = load_flow(FLOW)
        self._reader = CaptureReader(options.capture) if options.capture else None
        self._run: Run | None = None
        self._network: LiveNetwork | None = None
        self._ue: EmbeddedUe | None = None
        self.masker = Masker(self.profile.secrets)
        self.serving: Serving | None = None
        """Where the live network side is reached."""
        self.reports: list[Path] = []

    @property
    def run(self) -> Run:
        """The run, once the session is open."""
        if self._run is None:
            raise RuntimeError("the session is not open")
        return self._run

    @property
    def control(self) -> NetworkControl | None:
        """What the roles of a live network side are steered with."""
        return self._network.control if self._network is not None else None

    def open(self) -> None:
        """Start the network side, or judge the capture."""
        try:
            self._open()
        except BaseException:
            self.finish()
            raise

    def _open(self) -> None:
        options = self.options
        source = str(options.capture) if options.capture else f"{options.ue} UE"
        about: dict[str, object] = {
            "mode": "live" if options.is_live else "capture",
            "source": source,
            "ue": options.ue if options.is_live else None,
            "persona": options.persona if options.is_live and options.ue == "embedded" else None,
            "defects": list(options.defects),
            "flow": str(FLOW),
        }
        self._run = Run(
            self.flow,
            self.profile,
            reports_folder(options.reports),
            about=about,
            is_live=options.is_live,
            strict_order=options.strict_order,
        )
        if self._reader is not None:
            self._judge_capture(self._reader)
        else:
            self._network = LiveNetwork(self.profile, self._run)
            self.serving = self._network.serving

    def take_notices(self) -> list[str]:
        """What the network side has noticed of peers since this was last asked."""
        notices = self._network.notices if self._network is not None else []
        taken = notices[:]
        del notices[: len(taken)]
        return taken

    def _judge_capture(self, reader: CaptureReader) -> None:
        for entry in reader:
            self.run.take(entry)
        for problem in reader.problems:
            self.run.note("warning", problem)
        self.run.finish()

    def start_ue(self) -> None:
        """Let the reference UE play, where it is asked for."""
        options = self.options
        if self._network is not None and self._ue is None and options.ue == "embedded":
            self._ue = EmbeddedUe(self._network, options.profile, options.persona, options.defects)

    def wait(self, step_id: str, progress: Callable[[float], None]) -> StepResult:
        """The result of a step, waited for within its deadline on a live run."""
        step = self.flow.step(step_id)
        if not self.options.is_live:
            return self.run.result(step_id)
        seconds = step.deadline * self.profile.timers.step
        ue = self._ue
        return self.run.wait(
            step_id,
            seconds,
            is_hopeless=lambda: ue.ended if ue is not None else "",
            progress=progress,
        )

    def finish(self) -> tuple[str, ...]:
        """Let the UE leave and judge the whole; answers what went wrong with the run itself."""
        if self._ue is not None:
            problem = self._ue.stop()
            self._ue = None
            if problem:
                self.run.fault(problem)
        if self._network is not None:
            self._network.stop()
            self._network = None
        if self._run is None:
            return ()
        self._run.finish()
        return tuple(self._run.faults)

    def unsettled(self, shown: Container[Finding]) -> list[Finding]:
        """Broken MUSTs of a UE that no failed test case has shown."""
        return [each for each in self.run.must_findings if each not in shown]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the run."""
        return self.run.verdict

    def close(self) -> None:
        """End the run, whatever became of the tests, and write the reports."""
        self.finish()
        try:
            self.reports = write_reports(self.run.record_path, self.options.reports)
        except (OSError, RecordError) as error:
            self.run.faults.append(f"the reports cannot be written: {error}")
