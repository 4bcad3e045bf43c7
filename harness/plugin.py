"""The pytest plugin: a thin adapter between pytest and the harness."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.flow.progress import StepResult
    from harness.flow.steps import Step
    from harness.model import Finding
    from harness.network.control import NetworkControl
    from harness.session import Options, Session

# The flow, the judge and the sockets are imported when presence test cases run: this plugin is
# loaded into every pytest session of an environment that has the harness installed.

_SESSION = pytest.StashKey["Session"]()
_SHOWN = pytest.StashKey[set["Finding"]]()

_OPTIONS = (
    ("ue", "embedded", "embedded|external", "who is tested: the reference UE, or a device"),
    ("persona", "conformant", "NAME", "how the reference UE behaves: conformant or documented"),
    ("pcap", "", "FILE", "judge a capture instead of live traffic"),
    ("profile", "documented", "NAME|FILE", "whose clauses apply, identities, addresses, timers"),
    ("reports", "", "DIR", "where the reports go"),
)
_REMIND_SECONDS = 5.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Each option has an ini twin: `--presence-ue` and `presence_ue`."""
    group = parser.getgroup("presence", "presence conformance")
    for name, default, metavar, text in _OPTIONS:
        shown = default or {"reports": "reports/latest"}.get(name, "off")
        group.addoption(f"--presence-{name}", metavar=metavar, help=f"{text} ({shown})")
        parser.addini(f"presence_{name}", text, default=default)
    group.addoption(
        "--presence-defect",
        action="append",
        default=[],
        metavar="NAME",
        help="a deliberate fault of the reference UE; may be repeated",
    )
    parser.addini("presence_defect", "deliberate faults of the reference UE", type="args")
    group.addoption(
        "--presence-strict-order",
        action="store_true",
        help="ask for the documented order of the UE's requests",
    )
    parser.addini("presence_strict_order", "ask for the documented order", type="bool")


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "presence: the documented presence flow, judged step by step",
        # pytest-xdist's own, named here so that the test cases can carry it without that plugin.
        "xdist_group(name): tests that run on the same worker",
    ):
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "presence_step" not in metafunc.fixturenames:
        return
    from harness.flow.document import FlowError
    from harness.flow.steps import load_flow
    from harness.paths import FLOW

    try:
        steps = load_flow(FLOW).steps
    except FlowError as error:
        raise pytest.UsageError(str(error)) from None
    metafunc.parametrize("presence_step", steps, ids=[each.name for each in steps])


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Open the run before the first test case, so that what cannot be used is said at once."""
    config = session.config
    if config.option.collectonly or session.testsfailed or not any(map(_is_ours, session.items)):
        return
    if _is_worker(config):
        return  # only the worker that gets the test cases plays: see the fixture
    _open(config)


def _is_ours(item: pytest.Item) -> bool:
    """Whether an item is a test case of the flow: others may have a fixture of that name."""
    has_marker = item.get_closest_marker("presence") is not None
    return has_marker and "presence" in getattr(item, "fixturenames", ())


def _is_worker(config: pytest.Config) -> bool:
    """Whether pytest-xdist runs this as one of several processes."""
    return hasattr(config, "workerinput")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist starts a worker: tell it how the test cases are shared out."""
    node.workerinput["presence_dist"] = node.config.getoption("dist")


def _open(config: pytest.Config) -> Session:
    from harness.capture.files import CaptureError
    from harness.config import ProfileError
    from harness.flow.document import FlowError
    from harness.session import Session
    from harness.transport.authority import AuthorityError
    from harness.transport.driver import ListenError
    from harness.transport.tls import TlsError

    options = _options(config)
    try:
        presence = Session(options)
        presence.open()
    except (ProfileError, FlowError, CaptureError) as error:
        raise pytest.UsageError(str(error)) from None
    except (ListenError, AuthorityError, TlsError) as error:
        raise pytest.UsageError(error.strerror or str(error)) from None
    except OSError as error:
        raise pytest.UsageError(f"{options.reports}: no reports can be written: {error}") from None
    config.stash[_SESSION] = presence
    config.stash[_SHOWN] = set()
    _introduce(config, presence)
    return presence


def _options(config: pytest.Config) -> Options:
    from harness.live import check_ue
    from harness.session import Options

    def value(name: str) -> str:
        return str(config.getoption(f"--presence-{name}") or config.getini(f"presence_{name}"))

    capture = _path(config, "pcap")
    options = Options(
        ue=value("ue"),
        persona=value("persona"),
        defects=tuple(config.getoption("--presence-defect") or config.getini("presence_defect")),
        capture=capture,
        profile=_profile(config, value("profile")),
        reports=_path(config, "reports") or _home(config) / "reports" / "latest",
        strict_order=bool(
            config.getoption("--presence-strict-order") or config.getini("presence_strict_order")
        ),
    )
    problem = check_ue(options.ue, options.persona, options.defects)
    if problem:
        raise pytest.UsageError(problem)
    return options


def _profile(config: pytest.Config, name: str) -> str:
    """The name of a profile of the harness, or the path of a file."""
    from harness.config import profile_names

    return name if name in profile_names() else str(_path(config, "profile"))


def _path(config: pytest.Config, name: str) -> Path | None:
    """A path of an option: on the command line from where pytest was started, else from the root
    folder, which is that of the ini file."""
    given = str(config.getoption(f"--presence-{name}") or "")
    if given:
        return config.invocation_params.dir / given
    found = str(config.getini(f"presence_{name}"))
    return config.rootpath / found if found else None


def _home(config: pytest.Config) -> Path:
    """The root folder; not that of another project, which pytest takes from the path of a capture
    where it is given without test files."""
    started = config.invocation_params.dir
    # Without an ini file the root folder is the common one of all paths named, "/" at worst.
    is_project = config.inipath is not None and started.is_relative_to(config.rootpath)
    return config.rootpath if is_project else started


def _introduce(config: pytest.Config, presence: Session) -> None:
    """Tell a person with a phone where to point it."""
    serving = presence.serving
    if serving is None or presence.options.ue != "external":
        return
    from harness.serving import exposure

    pixit = presence.profile.pixit
    _say(config, ", ".join(f"{name} {value}" for name, value in serving.facts()))
    reach = exposure(presence.profile)
    only = "this machine only: give network.bind in a profile an address that the device reaches"
    _say(config, f"reached from {reach or only}")
    _say(config, f"domain {pixit.domain}, user {pixit.impu}. Start presence on the device now.")


def _say(config: pytest.Config, text: str) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if reporter is not None:
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            reporter.ensure_newline()
            reporter.write_line(text)
            reporter.flush()  # somebody waits with us, perhaps at the other end of a pipe


class Flow:
    """What a test case of the flow asks the harness."""

    def __init__(self, config: pytest.Config, session: Session) -> None:
        self._config = config
        self._session = session

    @property
    def network(self) -> NetworkControl:
        """The roles of the network side, to be told what to do; a capture has none."""
        control = self._session.control
        if control is None:
            pytest.skip("only a live network side can be told what to do")
        return control

    def judge(self, step: Step) -> None:
        """Wait for a step, then pass, fail or skip by its verdict."""
        from harness.model import Verdict

        result = self._session.wait(step.id, self._progress(step))
        self._tell_allure(step, result)
        # In a capture an error is a foreign network's fault: told, but no reason to fail the UE.
        is_foreign = result.verdict is Verdict.ERROR and not self._session.options.is_live
        if result.verdict in (Verdict.FAIL, Verdict.ERROR) and not is_foreign:
            self._config.stash[_SHOWN].update(result.findings)
            pytest.fail(self._text(result), pytrace=False)
        if result.verdict is not Verdict.PASS:
            pytest.skip(f"{result.verdict.value.upper()}: {result.reason}")

    def _tell_allure(self, step: Step, result: StepResult) -> None:
        """With allure-pytest's own --alluredir, give its result the step's title and clauses."""
        if not self._config.getoption("--alluredir", default=None):
            return
        import allure

        allure.dynamic.title(f"{step.name}: {step.title}")
        for clause in dict.fromkeys(each.clause for each in result.findings):
            allure.dynamic.link(clause.url or "", name=str(clause))
        for finding in result.findings:
            allure.attach("\n".join(self._lines(finding)), finding.check, "text/plain")

    def judge_the_rest(self) -> None:
        """End the run; fail for what no step has shown."""
        from harness.report.text import plain

        faults = self._session.finish()
        if faults:
            lines = [f"  {plain(self._session.masker.text(each), 2000)}" for each in faults]
            pytest.fail("\n".join(["ERROR  the harness failed", *lines]), pytrace=False)
        if not self._session.run.ues:
            pytest.fail(self._silence(), pytrace=False)
        shown = self._config.stash[_SHOWN]
        unsettled = self._session.unsettled(shown)
        if unsettled:
            lines = [line for each in unsettled for line in self._lines(each)]
            pytest.fail("\n".join(["FAIL  outside the steps", *lines]), pytrace=False)

    def _silence(self) -> str:
        serving = self._session.serving
        if serving is None:
            return "INCONC  the capture holds no UE: no REGISTER comes straight from one"
        return (
            f"INCONC  no UE has registered at {serving.sip}: nothing could be judged. "
            "Check the P-CSCF address and domain in the UE, and that it can reach this machine"
        )

    def _progress(self, step: Step) -> Callable[[float], None]:
        next_word = time.monotonic() + 1

        def progress(left: float) -> None:
            nonlocal next_word
            for notice in self._session.take_notices():
                _say(self._config, notice)
            now = time.monotonic()
            if now >= next_word:
                next_word = now + _REMIND_SECONDS
                _say(self._config, f"{self._session.run.awaiting(step.id)}; {left:.0f} s left")

        return progress

    def _text(self, result: StepResult) -> str:
        from harness.report.text import step_lines

        flow_file = self._session.flow.path
        shown = (
            flow_file.relative_to(self._config.rootpath)
            if (flow_file.is_relative_to(self._config.rootpath))
            else flow_file
        )
        described = {each.entry: self._describe(each.entry) for each in result.findings}
        return "\n".join(step_lines(self._masked(result), str(shown), described))

    def _lines(self, finding: Finding) -> list[str]:
        from harness.report.text import finding_lines

        return finding_lines(self._session.masker.finding(finding), self._describe(finding.entry))

    def _masked(self, result: StepResult) -> StepResult:
        return replace(result, findings=tuple(map(self._session.masker.finding, result.findings)))

    def _describe(self, number: int) -> str:
        return self._session.run.describe(number)


@pytest.fixture(scope="session")
def presence(pytestconfig: pytest.Config) -> Flow:
    """The run that the test cases share; the reference UE starts with the first of them."""
    session = pytestconfig.stash.get(_SESSION, None)
    if session is None:
        _check_worker(pytestconfig)
        session = _open(pytestconfig)
    session.start_ue()
    return Flow(pytestconfig, session)


def _check_worker(config: pytest.Config) -> None:
    about = getattr(config, "workerinput", {})
    if about.get("workercount", 1) > 1 and about.get("presence_dist") != "loadgroup":
        pytest.fail(
            "the presence test cases share one run and cannot be spread over workers: "
            "add --dist loadgroup, or run them without -n",
            pytrace=False,
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    session = terminalreporter.config.stash.get(_SESSION, None)
    if session is None:
        return
    from harness.model import Verdict
    from harness.report.text import plain

    terminalreporter.section("presence")
    for ue in session.run.ues:
        counts = Counter(each.verdict for each in ue.steps)
        shown = ", ".join(f"{counts[each]} {each.value}" for each in Verdict if counts[each])
        terminalreporter.write_line(f"UE {ue.address}  {plain(ue.identity)}: {shown}")
    terminalreporter.write_line(f"verdict: {session.verdict.value}")
    for fault in session.run.faults:
        terminalreporter.write_line(f"the harness failed: {plain(session.masker.text(fault))}")
    for path in session.reports:
        terminalreporter.write_line(f"report:  {path}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """End the run and write the reports, also after Ctrl-C."""
    presence = session.config.stash.get(_SESSION, None)
    if presence is None:
        return
    presence.close()
    if presence.run.faults and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
