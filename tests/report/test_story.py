"""The events of a record, joined."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from harness.model import Level, Verdict
from harness.report.record import RecordError, read_record
from harness.report.story import Story, UeTold, tell
from tests.report.golden import build


def told(tmp_path: Path, events: list[dict[str, object]]) -> Story:
    path = tmp_path / "run.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in events), encoding="utf-8")
    return tell(read_record(path))


def ue_of(story: Story, address: str) -> UeTold:
    return next(each for each in story.ues if each.address == address)


def test_story_has_each_ue_with_its_identity(golden: Story) -> None:
    found = [(each.address, each.identity) for each in golden.ues]
    assert found == [
        (build.ALICE, "sip:alice@example.com"),
        (build.BOB, "sip:bob@example.com"),
    ]


def test_story_has_every_step_of_the_flow_for_each_ue(golden: Story) -> None:
    verdicts = {step.id: step.verdict.value for step in ue_of(golden, build.ALICE).steps}
    assert list(verdicts) == ["1", "2", "H1", "H2", "9", "10"]
    assert list(verdicts.values()) == ["pass", "pass", "pass", "error", "fail", "inconc"]


def test_story_says_of_a_step_that_was_not_reached_that_it_was_not_judged(golden: Story) -> None:
    step = ue_of(golden, build.BOB).steps[-1]
    assert (step.verdict, step.reason) == (Verdict.NONE, "not judged before the run ended")


def test_story_gives_a_step_its_messages_and_findings(golden: Story) -> None:
    step = next(each for each in ue_of(golden, build.ALICE).steps if each.id == "9")
    assert [each.number for each in step.messages] == [5, 6]
    assert [each.check for each in step.findings] == [
        "PUB-EVENT-1",
        "PIDF-BASIC-1",
        "PUB-EXPIRES-1",
    ]
    assert step.seconds == pytest.approx(1.318)


def test_story_gives_a_message_that_two_steps_claim_to_both(tmp_path: Path) -> None:
    events = build.events()
    events.append(build._step(build.ALICE, "10", "10-publish-ok", "fail", "PUB-EVENT-1", 5))
    own = build._finding(5, "FLOW-09-EVENT-1", "info", "documented flow", "ue", "9", "Event", "x")
    events.append(own)
    step = next(
        each for each in ue_of(told(tmp_path, events), build.ALICE).steps if each.id == "10"
    )
    checks = {each.check for each in step.findings}
    assert "PUB-EVENT-1" in checks
    assert "FLOW-09-EVENT-1" not in checks


def test_story_knows_messages_outside_the_steps_and_of_no_ue(golden: Story) -> None:
    assert [each.number for each in ue_of(golden, build.ALICE).outside] == [7]
    assert [each.number for each in golden.strangers] == [8]


def test_story_judges_a_message_by_its_sender(golden: Story) -> None:
    assert golden.by_number[4].verdict is Verdict.ERROR
    assert golden.by_number[5].verdict is Verdict.FAIL
    assert golden.by_number[3].verdict is Verdict.PASS


def test_story_of_a_killed_run_has_no_end(golden: Story) -> None:
    assert golden.finished is None
    assert golden.verdict is Verdict.ERROR
    assert golden.duration == pytest.approx(4.0)


def test_story_heeds_the_verdict_that_the_run_ended_with(tmp_path: Path) -> None:
    events = [build.events()[0], {"event": "end", "finished": 1700000002.5, "verdict": "error"}]
    story = told(tmp_path, events)
    assert story.verdict is Verdict.ERROR
    assert story.duration == pytest.approx(2.5)


def test_ue_that_broke_a_must_outside_the_steps_has_failed(tmp_path: Path) -> None:
    events = build.events()[:3]
    own = build._finding(1, "GEN-1", "must", "RFC 3261 §8", "ue", "1", "Via", "x") | {"step": None}
    events += [build._step(build.ALICE, "1", "01-register", "pass", "", 1), own]
    story = told(tmp_path, events)
    assert story.verdict is Verdict.FAIL
    assert story.ues[0].verdict is Verdict.FAIL
    assert story.ues[0].steps[0].verdict is Verdict.PASS


def test_story_sorts_findings_worst_first(golden: Story) -> None:
    levels = [each.level for each in golden.findings]
    assert levels == sorted(levels, key=list(Level).index)


def test_ue_whose_address_became_exact_is_one_ue(tmp_path: Path) -> None:
    exact = f"{build.ALICE}:5060"
    events = copy.deepcopy(build.events())
    for event in events[5:]:
        if event.get("ue") == build.ALICE:
            event["ue"] = exact
    story = told(tmp_path, events)
    assert [each.address for each in story.ues] == [exact, build.BOB]
    ue = story.ues[0]
    assert {each.number for each in ue.messages} == {1, 2, 3, 4, 5, 6, 7}
    assert {each.ue for each in ue.findings} == {exact}
    assert ue.steps[0].verdict is Verdict.PASS


def test_host_that_turned_out_to_be_two_ues_is_told_apart_by_port(tmp_path: Path) -> None:
    events = copy.deepcopy(build.events())
    events.append(build._step(f"{build.ALICE}:5070", "1", "01-register", "pass", ""))
    events.append(build._step(f"{build.ALICE}:5060", "1", "01-register", "pass", "", 1))
    story = told(tmp_path, events)
    assert {each.number for each in ue_of(story, f"{build.ALICE}:5060").messages} >= {1, 3, 5}
    assert not ue_of(story, f"{build.ALICE}:5070").messages


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        ("message", {"raw": "!"}),
        ("message", {"source": ["a"]}),
        ("message", {"source": ["a", 1, "pigeon"]}),
        ("message", {"time": "noon"}),
        ("finding", {"level": "dire"}),
        ("step", {"verdict": "perhaps"}),
        ("step", {"entries": 5}),
    ],
)
def test_event_that_cannot_be_read_is_an_error_of_the_record(
    tmp_path: Path, event: str, changes: dict[str, object]
) -> None:
    events = copy.deepcopy(build.events())
    next(each for each in reversed(events) if each["event"] == event).update(changes)
    with pytest.raises(RecordError):
        told(tmp_path, events)
