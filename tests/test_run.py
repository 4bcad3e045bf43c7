"""A run without sockets: judging, waiting, whom it follows, and what becomes of faults."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalogue import catalogue
from harness.checks.registry import CHECKS
from harness.config import Profile, load_profile
from harness.flow.steps import Flow, load_flow
from harness.model import Family, Level, Verdict
from harness.paths import FLOW
from harness.report.record import read_record
from harness.run import NOBODY, Run
from tests.virtual import Played, play_flow, renumbered

PROFILE = load_profile("documented")


@pytest.fixture(scope="module")
def flow() -> Flow:
    return load_flow(FLOW)


@pytest.fixture(scope="module")
def played() -> Played:
    return play_flow()


@pytest.fixture
def run(flow: Flow, tmp_path: Path) -> Iterator[Run]:
    found = Run(flow, PROFILE, tmp_path, about={"mode": "live"}, is_live=True)
    yield found
    found.finish()


def test_step_that_comes_while_it_is_waited_for_is_answered_at_once(
    run: Run, played: Played
) -> None:
    def feed() -> None:
        for entry in renumbered(played.trace):
            run.take(entry)

    heard: list[float] = []
    thread = threading.Timer(0.05, feed)
    thread.start()
    result = run.wait("9", 30, progress=heard.append)
    thread.join()
    assert result.verdict is Verdict.PASS
    assert heard[0] == pytest.approx(30, abs=1)


def test_step_that_does_not_come_expires_and_blocks_what_needs_it(run: Run) -> None:
    assert run.wait("1", 0.01).verdict is Verdict.INCONC
    blocked = run.wait("2", 30)
    assert blocked.verdict is Verdict.INCONC
    assert "blocked by step 1" in blocked.reason
    assert run.followed is None


def test_hopeless_wait_ends_at_once(run: Run) -> None:
    assert run.wait("1", 30, is_hopeless=lambda: "the UE ended").verdict is Verdict.INCONC


def test_run_without_a_ue_has_every_step_in_its_record(run: Run, flow: Flow) -> None:
    run.finish()
    record = read_record(run.record_path)
    assert {ue for ue, _ in record.steps} == {NOBODY}
    assert len(record.steps) == len(flow.steps)
    assert record.end is not None
    assert run.finish() == ()


def test_run_follows_the_profiles_identity_else_the_first(
    flow: Flow, tmp_path: Path, played: Played
) -> None:
    pixit = PROFILE.pixit.model_copy(update={"impu": "sip:+15550009999@test-rcs.com"})
    others = Run(
        flow,
        PROFILE.model_copy(update={"pixit": pixit}),
        tmp_path,
        about={"mode": "capture"},
        is_live=False,
    )
    for entry in renumbered(played.trace):
        others.take(entry)
    assert others.followed == "192.0.2.1"
    assert others.result("22").verdict is Verdict.PASS
    others.finish()


def test_what_comes_after_the_end_is_not_recorded(run: Run, played: Played) -> None:
    run.finish()
    size = run.record_path.stat().st_size
    run.take(renumbered(played.trace)[0])
    run.note("info", "too late")
    run.fault("too late as well")
    assert run.record_path.stat().st_size == size
    assert run.faults == ["too late as well"]
    assert run.verdict is Verdict.ERROR


def test_fault_is_noted_once_however_often_it_happens(run: Run) -> None:
    for _ in range(1000):
        run.fault(ValueError("the same"))
    for number in range(1000):
        run.fault(f"fault {number}")
    assert run.faults[0] == "ValueError: the same"
    assert len(run.faults) == 100
    run.finish()
    notes = [each["text"] for each in read_record(run.record_path).notes]
    assert notes.count("the harness failed: ValueError: the same") == 1


def test_record_that_cannot_be_written_is_a_fault_and_no_exception(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(event: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run._record, "_write", full)
    run.fault("something else")
    assert run.finish() == ()
    assert any("the record cannot be written" in each for each in run.faults)
    monkeypatch.undo()
    run._record.close()


# -- the catalogue --------------------------------------------------------------------------------


def test_catalogue_holds_each_check_of_the_profiles_families_once(flow: Flow) -> None:
    rows = catalogue(flow, PROFILE)
    ids = [row.id for row in rows]
    assert len(set(ids)) == len(ids)
    assert {each.split("-")[0] for each in CHECKS} <= {each.split("-")[0] for each in ids}
    ietf = catalogue(flow, load_profile("ietf"))
    assert {row.id for row in ietf} < set(ids)
    every = {each.id: each.clause.family for each in CHECKS.values()}
    assert {every[row.id] for row in ietf if row.id in every} == {Family.IETF}


@pytest.mark.parametrize("check", ["GEN-SIZE-1", "FLOW-ORDER-1"])
def test_catalogue_shows_what_a_profile_makes_of_a_check(flow: Flow, check: str) -> None:
    def rows(level: str) -> dict[str, Level]:
        change = {check: {"level": level, "reason": "a lab's reason"}}
        profile = Profile.model_validate({**PROFILE.model_dump(), "checks": change})
        return {row.id: row.level for row in catalogue(flow, profile)}

    assert check not in rows("off")
    assert rows("info")[check] is Level.INFO
