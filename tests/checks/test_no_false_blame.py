"""A UE that keeps the rules is never found at fault, however much of the traffic is missing."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from harness.model import Transport
from tests.checks.conversation import Step, judge, over_tcp
from tests.checks.day import whole_day

DAY = whole_day()


def faults(steps: list[Step]) -> list[str]:
    found = judge(steps).judged
    return [
        f"{finding.check} at {each.entry.number}: {finding.observed}"
        for each in found
        for finding in each.findings
        if finding.level == "must" and finding.sender == "ue"
    ]


def test_judge_finds_no_fault_in_a_good_day() -> None:
    verdicts = judge(DAY)

    assert faults(DAY) == []
    assert verdicts.must("network") == []


@pytest.mark.parametrize("first", range(len(DAY)))
def test_judge_finds_no_fault_where_the_capture_begins_late(first: int) -> None:
    assert faults(DAY[first:]) == []


@pytest.mark.parametrize("lost", range(len(DAY)))
def test_judge_finds_no_fault_where_one_message_is_missing(lost: int) -> None:
    assert faults(DAY[:lost] + DAY[lost + 1 :]) == []


@pytest.mark.parametrize("seed", range(60))
def test_judge_finds_no_fault_where_many_messages_are_missing(seed: int) -> None:
    chance = random.Random(seed)

    assert faults([step for step in DAY if chance.random() > 0.3]) == []


@pytest.mark.parametrize("seed", range(20))
def test_judge_finds_no_fault_where_the_capture_shows_messages_twice(seed: int) -> None:
    chance = random.Random(seed)
    doubled: list[Step] = []
    for step in DAY:
        doubled += [step, replace(step, after=0.0)] if chance.random() > 0.5 else [step]

    assert faults(doubled) == []


def test_judge_finds_no_fault_over_tcp() -> None:
    moved = [replace(step, raw=step.raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")) for step in DAY]

    assert faults(over_tcp(moved)) == []
    assert moved[0].transport is Transport.UDP


COMPACT = (
    (b"\r\nVia: ", b"\r\nv:"),
    (b"\r\nFrom: ", b"\r\nf :\t"),
    (b"\r\nTo: ", b"\r\nt:\r\n "),
    (b"\r\nCall-ID: ", b"\r\nI: "),
    (b"\r\nContact: ", b"\r\nm:  "),
    (b"\r\nContent-Length: ", b"\r\nl:"),
    (b"\r\nEvent: ", b"\r\no: "),
    (b"\r\nMax-Forwards: ", b"\r\nMAX-FORWARDS:"),
)


def test_judge_finds_no_fault_in_compact_and_folded_fields() -> None:
    written = []
    for step in DAY:
        raw = step.raw
        for long, short in COMPACT:
            raw = raw.replace(long, short)
        written.append(replace(step, raw=raw))

    assert faults(written) == []


def other_device(step: Step) -> Step:
    """The same day of another device of the user, behind the same address and port."""
    raw = step.raw
    for old, new in (
        (b"-call", b"-kall"),
        (b"alice-1", b"alice-9"),
        (b"bob-1", b"bob-9"),
        (b"etag-", b"atag-"),
        (b"z9hG4bK", b"z9hG4bKx"),
    ):
        raw = raw.replace(old, new)
    body = raw.partition(b"\r\n\r\n")[2]
    length = f"Content-Length: {len(body)}".encode()
    return replace(step, raw=re.sub(rb"Content-Length: \d+", length, raw))


@pytest.mark.parametrize("seed", range(20))
def test_judge_finds_no_fault_where_two_devices_share_an_address(seed: int) -> None:
    chance = random.Random(seed)
    queues = [list(DAY), [other_device(step) for step in DAY]]
    merged: list[Step] = []
    while any(queues):
        queue = chance.choice([each for each in queues if each])
        merged.append(replace(queue.pop(0), after=1.0))

    # One nonce of the two days counts for both: that is the test's doing, not a UE's.
    assert [each for each in faults(merged) if not each.startswith("AUTH-NC")] == []
