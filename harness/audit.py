"""Judges captures: the same judge as on live traffic, fed from a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from pathlib import Path

from harness.capture.messages import CaptureReader
from harness.checks.recognition import Share
from harness.checks.session import Session
from harness.config import Profile
from harness.flow.evaluate import Evaluation, JudgedStep, UeResult
from harness.flow.steps import Flow
from harness.model import Finding, Level
from harness.trace import TraceEntry


@dataclass(frozen=True, slots=True)
class Audit:
    """What a capture shows: results of each UE, all findings in order of the messages.

    `judged` counts the messages to or from a UE. `problems` tells what of the file could not be
    read, `faults` what went wrong in the harness.
    """

    capture: str
    messages: int
    judged: int
    ues: tuple[UeResult, ...]
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def is_broken(self) -> bool:
        """Whether a UE broke a MUST."""
        return any(each.sender == "ue" and each.level is Level.MUST for each in self.findings)

    @property
    def nothing_judged(self) -> str:
        """Why the capture says nothing about any UE, "" where it does."""
        if self.messages == 0:
            return "no SIP or HTTP message in it: is this the right file, and is it unencrypted?"
        if not self.ues:
            return (
                f"{self.messages} messages, but no UE: none of them is a REGISTER that comes "
                "straight from one. Name the UE with --ue ADDRESS"
            )
        if self.judged == 0:
            named = ", ".join(ue.address for ue in self.ues)
            return f"{self.messages} messages, but none to or from {named}. Check --ue ADDRESS"
        return ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one share of a capture's UEs shows; see `Audit`.

    `ues` has each UE's place among those of all shares, `failures` counts what went wrong in
    checks. `messages` and `problems` are those of the whole capture.
    """

    messages: int
    judged: int
    ues: tuple[tuple[int, UeResult], ...]
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]
    failures: Mapping[str, int]


Observer = Callable[[TraceEntry, tuple[JudgedStep, ...]], None]


def audit(
    path: Path,
    flow: Flow,
    profile: Profile,
    ues: Iterable[str] = (),
    *,
    strict_order: bool = False,
    observer: Observer | None = None,
) -> Audit:
    """Judge one capture in one pass; raises CaptureError where it is none.

    `observer` hears of each entry with what was judged when it came.
    """
    part = audit_part(path, flow, profile, ues, strict_order=strict_order, observer=observer)
    return whole(path, [part])


def audit_part(
    path: Path,
    flow: Flow,
    profile: Profile,
    ues: Iterable[str] = (),
    share: Share | None = None,
    *,
    strict_order: bool = False,
    observer: Observer | None = None,
) -> Part:
    """Judge the UEs of one share; as `audit`."""
    reader = CaptureReader(path)
    evaluation = Evaluation(flow, profile, ues, strict_order=strict_order, share=share)
    found: list[tuple[Session, Finding]] = []
    messages, count, time = 0, 0, 0.0
    for entry in reader:
        messages, time = entry.number, entry.time
        judged = evaluation.feed(entry)
        found += _found(judged)
        count += len(judged)
        if observer is not None:
            observer(entry, judged)
    found += _found(evaluation.finish(time))
    # A UE's address may have become more exact since (its port, where a host is shared).
    findings = (replace(each, ue=session.address) for session, each in found)
    return Part(
        messages=messages,
        judged=count,
        ues=evaluation.placed_ues,
        findings=tuple(sorted(findings, key=_entry_of)),
        problems=tuple(reader.problems),
        failures=dict(evaluation.judge.failures),
    )


def whole(path: Path, parts: Sequence[Part]) -> Audit:
    """Put the shares of one capture together, the same as if there had been one.

    An entry belongs to one UE, so its findings come from one part and keep their order.
    """
    failures = sum((Counter(part.failures) for part in parts), Counter[str]())
    placed = sorted((each for part in parts for each in part.ues), key=lambda each: each[0])
    return Audit(
        capture=str(path),
        messages=parts[0].messages,
        judged=sum(part.judged for part in parts),
        ues=tuple(result for _, result in placed),
        findings=tuple(merge(*(part.findings for part in parts), key=_entry_of)),
        problems=parts[0].problems,
        faults=tuple(f"{what} ({n} times)" for what, n in sorted(failures.items())),
    )


def _entry_of(finding: Finding) -> int:
    return finding.entry


def _found(judged: Iterable[JudgedStep]) -> list[tuple[Session, Finding]]:
    return [(each.judged.session, finding) for each in judged for finding in each.findings]


def to_json(audit: Audit) -> dict[str, object]:
    """An audit as JSON values, as scripts read it."""
    ues = [
        {"address": ue.address, "identity": ue.identity, "steps": _steps(ue)} for ue in audit.ues
    ]
    return {
        "capture": audit.capture,
        "messages": audit.messages,
        "steps": ues[0]["steps"] if ues else [],
        "ues": ues,
        "findings": [_finding(each) for each in audit.findings],
        "problems": list(audit.problems),
        "faults": list(audit.faults),
    }


def _steps(ue: UeResult) -> list[dict[str, object]]:
    return [
        {
            "step": each.step.id,
            "verdict": each.verdict.value,
            "frames": list(each.frames),
            "name": each.step.name,
            "reason": each.reason,
        }
        for each in ue.steps
    ]


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "level": finding.level.value,
        "clause": str(finding.clause),
        "sender": finding.sender,
        "ue": finding.ue,
        "step": finding.step,
        "frame": finding.frame,
        "where": finding.where,
        "purpose": finding.purpose,
        "expected": finding.expected,
        "observed": finding.observed,
        "offset": finding.offset,
        "hint": finding.hint,
    }
