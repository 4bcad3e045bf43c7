"""The plugin inside pytest: options and ini twins, selection, errors, reports, neighbours."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from harness.report.record import Record, read_record
from tests.live import ROOT, SECONDS

DOCUMENTED = ROOT / "fixtures" / "documented.pcapng"
DOCS = str(DOCUMENTED)


@pytest.fixture
def lab(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder of somebody who has the harness installed, with a copy of its test cases."""
    pytester.makeini("[pytest]\naddopts = --strict-markers --strict-config\n")
    shutil.copy(ROOT / "testcases" / "test_presence_flow.py", pytester.path)
    return pytester


def run(lab: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run pytest in a process of its own, as a user does."""
    return lab.runpytest_subprocess("-p", "no:cacheprovider", *options, timeout=SECONDS)


def said(result: pytest.RunResult) -> str:
    return str(result.stdout) + str(result.stderr)


def record(lab: pytest.Pytester, folder: str = "reports/latest") -> Record:
    return read_record(lab.path / folder / "run.jsonl")


def usage_error(result: pytest.RunResult) -> str:
    """What pytest said of options that cannot be used: a line or two, and no traceback."""
    text = said(result)
    assert result.ret == pytest.ExitCode.USAGE_ERROR, text
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    return text


# -- selection ----------------------------------------------------------------------------------


def test_test_cases_run_wherever_the_plugin_is_installed(lab: pytest.Pytester) -> None:
    result = run(lab, "-m", "presence", "--presence-pcap", str(DOCUMENTED))
    assert result.ret == pytest.ExitCode.TESTS_FAILED, said(result)
    assert "09-publish" in said(result)
    assert record(lab).run["mode"] == "capture"


def test_collect_only_lists_the_steps_and_starts_nothing(lab: pytest.Pytester) -> None:
    result = run(lab, "-m", "presence", "--collect-only", "-q")
    assert result.ret == 0
    lines = [line for line in result.outlines if "::" in line]
    assert len(lines) == 39
    assert "test_presence_flow.py::test_step[H5-put-resource-lists]" in lines
    assert not (lab.path / "reports").exists()


def test_single_step_is_played_and_judged_alone(lab: pytest.Pytester) -> None:
    result = run(lab, "-k", "09-publish and not ok")
    result.assert_outcomes(passed=1, deselected=38)
    verdicts = {each["id"]: each["verdict"] for each in record(lab).steps.values()}
    assert verdicts["9"] == "pass"
    assert (lab.path / "reports/latest/index.html").is_file()


def test_capture_is_judged_step_by_step_with_one_step_chosen(lab: pytest.Pytester) -> None:
    chosen = run(lab, "-k", "01-register", "--presence-pcap", str(DOCUMENTED))
    chosen.assert_outcomes(failed=1, deselected=38)
    chosen.stdout.fnmatch_lines(["*REG-INSTANCE-4*"])


# -- neighbours ---------------------------------------------------------------------------------

HEAVY = ("asyncio", "h11", "jinja2", "lxml", "pydantic", "rich", "scapy", "xmlschema", "yaml")


def test_plugin_loads_nothing_heavy_into_other_peoples_sessions() -> None:
    code = f"""
import sys, time
import pytest
before = set(sys.modules)
started = time.perf_counter()
import harness.plugin
took = time.perf_counter() - started
new = set(sys.modules) - before
assert not new & set({HEAVY!r}), sorted(new)
assert [each for each in new if each.startswith("harness")] in (
    ["harness", "harness.plugin"], ["harness.plugin", "harness"]), sorted(new)
assert took < 0.25, took
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=SECONDS)


def test_other_peoples_tests_are_left_alone(lab: pytest.Pytester) -> None:
    (lab.path / "test_presence_flow.py").unlink()
    lab.makepyfile(
        """
        import socket, sys
        import pytest

        @pytest.fixture
        def presence():
            return "a fixture of theirs"

        def test_theirs(presence, monkeypatch):
            assert presence == "a fixture of theirs"
            assert "harness.session" not in sys.modules
            assert "harness.transport.driver" not in sys.modules
        """
    )
    result = run(lab)
    result.assert_outcomes(passed=1)
    assert "verdict:" not in said(result)
    assert not (lab.path / "reports").exists()


def test_broken_test_file_of_others_does_not_start_a_run(lab: pytest.Pytester) -> None:
    lab.makepyfile(test_broken="import no_such_module_anywhere")
    result = run(lab)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert not (lab.path / "reports").exists()


def test_plugin_can_be_switched_off(lab: pytest.Pytester) -> None:
    (lab.path / "test_presence_flow.py").unlink()
    lab.makepyfile("def test_theirs(): pass")
    run(lab, "-p", "no:presence").assert_outcomes(passed=1)


def test_two_runs_in_one_process_do_not_disturb_one_another(lab: pytest.Pytester) -> None:
    (lab.path / "twice.py").write_text(
        f"""
import pytest
common = ["-q", "-p", "no:cacheprovider", "-k", "01-register", "--presence-reports"]
first = pytest.main([*common, "one"])
second = pytest.main([*common, "two"])
third = pytest.main([*common, "three", "--presence-pcap", {str(DOCUMENTED)!r}])
assert (first, second, third) == (0, 0, 1), (first, second, third)
"""
    )
    result = lab.runpython("twice.py")
    assert result.ret == 0, said(result)
    for folder in ("one", "two", "three"):
        assert record(lab, folder).end is not None


# -- options and their twins --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "shows"),
    [
        ("presence_ue = phone", "--presence-ue phone: no such ue. Known: embedded, external"),
        ("presence_persona = rude", "--presence-persona rude: no such persona"),
        ("presence_defect = nonsense", "--presence-defect nonsense: no such defect"),
        ("presence_profile = nowhere.yaml", "nowhere.yaml: no such profile"),
        ("presence_pcap = nowhere.pcap", "nowhere.pcap: cannot be read: No such file"),
    ],
)
def test_ini_twin_says_what_it_cannot_be(lab: pytest.Pytester, line: str, shows: str) -> None:
    lab.makeini(f"[pytest]\n{line}\n")
    assert shows in usage_error(run(lab, "-m", "presence"))


def test_ini_twins_are_read_and_paths_start_beside_the_ini_file(lab: pytest.Pytester) -> None:
    lab.makeini(
        "[pytest]\npresence_pcap = captures/day.pcapng\npresence_reports = out\n"
        "presence_profile = mine.yaml\npresence_strict_order = true\n"
    )
    (lab.path / "captures").mkdir()
    shutil.copy(DOCUMENTED, lab.path / "captures" / "day.pcapng")
    (lab.path / "mine.yaml").write_text("extends: ietf\nname: mine\n")
    below = lab.mkdir("below")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", ".."],
        cwd=below,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    about = record(lab, "out").run
    assert about["profile"]["name"] == "mine"
    assert about["mode"] == "capture"


def test_option_goes_before_its_twin_and_starts_where_pytest_does(lab: pytest.Pytester) -> None:
    lab.makeini("[pytest]\npresence_pcap = nowhere.pcap\npresence_profile = ietf\n")
    below = lab.mkdir("below")
    shutil.copy(DOCUMENTED, below / "here.pcapng")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "..", "-k", "02-register"),
            *("--presence-pcap", "here.pcapng", "--presence-reports", "out"),
        ],
        cwd=below,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert record(lab, "below/out").run["profile"]["name"] == "ietf"


def test_ini_twin_chooses_an_external_ue_and_tells_where_to_point_it(lab: pytest.Pytester) -> None:
    lab.makeini("[pytest]\npresence_ue = external\npresence_profile = quick.yaml\n")
    (lab.path / "quick.yaml").write_text("extends: documented\ntimers: {step: 0.2}\n")
    result = run(lab, "-k", "01-register")
    text = said(result)
    assert re.search(r"P-CSCF and registrar 127\.0\.0\.1:\d+", text)
    assert "this machine only: give network.bind" in text
    result.assert_outcomes(skipped=1, deselected=38)
    assert "verdict: inconc" in text
    assert "PcapNgWriter" not in text
    assert record(lab).run["ue"] == "external"


def test_defects_of_the_ini_file_are_played(lab: pytest.Pytester) -> None:
    lab.makeini("[pytest]\npresence_defect = two-event-headers\n")
    result = run(lab, "-k", "03-subscribe-winfo")
    assert record(lab).run["defects"] == ["two-event-headers"]
    result.stdout.fnmatch_lines(["*SUB-EVENT-1*"])


def test_help_names_every_option_and_twin(lab: pytest.Pytester) -> None:
    text = said(run(lab, "--help"))
    for name in ("ue", "persona", "defect", "pcap", "profile", "reports", "strict-order"):
        assert f"--presence-{name}" in text
        assert f"presence_{name.replace('-', '_')}" in text


# -- what cannot be used ------------------------------------------------------------------------


def test_profile_error_is_a_usage_error_with_its_line(lab: pytest.Pytester) -> None:
    (lab.path / "lab.yaml").write_text("extends: documented\nnetwork:\n  bind: localhost\n")
    text = usage_error(run(lab, "--presence-profile", "lab.yaml"))
    assert "lab.yaml:3: field 'network.bind': localhost: give an IP address" in text


@pytest.mark.parametrize(
    ("reports", "shows"),
    [("a-file", "no reports can be written"), ("a-file/below", "no reports can be written")],
)
def test_reports_folder_that_cannot_be_written_is_a_usage_error(
    lab: pytest.Pytester, reports: str, shows: str
) -> None:
    (lab.path / "a-file").write_text("not a folder")
    text = usage_error(run(lab, "--presence-reports", reports))
    assert shows in text
    assert "a-file" in text


def test_reports_that_cannot_be_written_in_the_end_fail_the_run(lab: pytest.Pytester) -> None:
    # The folder is there and the record is written; only the page has no place.
    (lab.path / "out").mkdir()
    (lab.path / "conftest.py").write_text(
        "import pathlib\n"
        "def pytest_runtest_teardown(item):\n"
        "    pathlib.Path('out/index.html').mkdir(exist_ok=True)\n"
    )
    result = run(lab, "--presence-reports", "out", "-k", "02-register", "--presence-pcap", DOCS)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "the reports cannot be written" in said(result)
    assert "INTERNALERROR" not in said(result)


def test_reports_are_not_written_through_links_of_an_earlier_run(lab: pytest.Pytester) -> None:
    out, precious = lab.mkdir("out"), lab.path / "precious"
    precious.write_text("precious")
    (out / "run.jsonl").symlink_to(precious)
    result = run(lab, "--presence-reports", "out", "-k", "02-register", "--presence-pcap", DOCS)
    assert result.ret == 0, said(result)
    assert precious.read_text() == "precious"
    assert record(lab, "out").end is not None


def test_broken_flow_names_its_file_and_line(lab: pytest.Pytester) -> None:
    flow = lab.path / "broken.flow.yaml"
    flow.write_text("steps:\n  - id: 1\n    name: [\n")
    (lab.path / "conftest.py").write_text(
        f"import pathlib, harness.paths\nharness.paths.FLOW = pathlib.Path({str(flow)!r})\n"
    )
    result = run(lab, "-m", "presence")
    text = said(result)
    assert result.ret != 0
    assert re.search(r"broken\.flow\.yaml:\d+: ", text)
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text


# -- other plugins, and being interrupted -------------------------------------------------------


def test_junit_and_allure_of_pytest_itself_stand_beside_ours(lab: pytest.Pytester) -> None:
    result = run(
        lab,
        *("--presence-pcap", DOCS, "-k", "01-register or 02-register"),
        *("--junitxml", "theirs.xml", "--alluredir", "theirs"),
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    cases = ET.parse(lab.path / "theirs.xml").getroot().findall(".//testcase")
    assert {case.get("name") for case in cases} == {
        "test_step[01-register]",
        "test_step[02-register-ok]",
    }
    names = [json.loads(each.read_text())["name"] for each in lab.path.glob("theirs/*-result.json")]
    assert any(name.startswith("01-register: ") for name in names)
    ours = ET.parse(lab.path / "reports/latest/junit.xml").getroot()
    assert len(ours.findall(".//testcase")) >= 38


def wait_for(path: Path, text: str) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if path.exists() and text in path.read_text(errors="replace"):
            return
        time.sleep(0.05)
    pytest.fail(f"{text!r} did not come: {path.read_text(errors='replace')}")


def waiting_run(lab: pytest.Pytester, *options: str) -> subprocess.Popen[bytes]:
    """A live run that waits for a UE which stops after step 7."""
    log = (lab.path / "log").open("wb")
    (lab.path / "patient.yaml").write_text("extends: documented\ntimers: {step: 60}\n")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "presence"),
            *("--presence-profile", "patient.yaml", "--presence-defect", "never-publishes"),
            *options,
        ],
        cwd=lab.path,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    log.close()
    wait_for(lab.path / "log", "waiting for the UE (09-publish)")
    return process


def test_interrupted_run_leaves_whole_reports(lab: pytest.Pytester) -> None:
    process = waiting_run(lab)
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == pytest.ExitCode.INTERRUPTED
    text = (lab.path / "log").read_text()
    assert "verdict:" in text
    assert "INTERNALERROR" not in text
    found = record(lab)
    assert found.end is not None
    verdicts = {each["id"]: each["verdict"] for each in found.steps.values()}
    assert verdicts["7"] == "pass"
    assert verdicts["9"] == "none"
    for name in ("index.html", "junit.xml", "trace.pcapng", "ladder.txt"):
        assert (lab.path / "reports/latest" / name).stat().st_size > 1000, name


def test_killed_run_leaves_its_record_from_which_reports_are_made(lab: pytest.Pytester) -> None:
    process = waiting_run(lab)
    process.kill()
    process.wait(SECONDS)
    folder = lab.path / "reports" / "latest"
    assert not (folder / "index.html").exists()
    seen = record(lab)
    assert seen.end is None
    assert {"1", "3", "7"} <= {each["id"] for each in seen.steps.values()}
    # The reference UE notices that its run has gone, and goes too.
    wait_until_no_process_of(process.pid)
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "report", str(folder)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(folder / "index.html") in done.stdout
    assert "This run did not end" in (folder / "index.html").read_text()
    ET.parse(folder / "junit.xml")


def wait_until_no_process_of(session: int) -> None:
    """Wait until no process of the session (as of setsid) is left."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        listed = subprocess.run(
            ["ps", "-o", "pid=,stat=", "-s", str(session)],
            capture_output=True,
            text=True,
            check=False,
        )
        alive = [line for line in listed.stdout.splitlines() if " Z" not in line]
        if not alive:
            return
        time.sleep(0.1)
    pytest.fail(f"still there: {alive}")


# -- pytest-xdist, where it is installed --------------------------------------------------------

needs_xdist = pytest.mark.skipif(
    importlib.util.find_spec("xdist") is None, reason="pytest-xdist is not installed"
)


@needs_xdist
def test_workers_that_would_share_out_the_run_are_refused(lab: pytest.Pytester) -> None:
    result = run(lab, "-n", "2", "-m", "presence")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "add --dist loadgroup, or run them without -n" in said(result)
    assert not (lab.path / "reports").exists()


@needs_xdist
def test_workers_that_keep_the_run_together_play_it(lab: pytest.Pytester) -> None:
    result = run(lab, "-n", "2", "--dist", "loadgroup", "-m", "presence")
    result.assert_outcomes(passed=39)
    assert record(lab).end is not None
