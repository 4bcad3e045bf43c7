"""Judges captures: the same judge as on live traffic, fed from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from harness.capture.messages import CaptureReader
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


def audit(
    path: Path,
    flow: Flow,
    profile: Profile,
    ues: Iterable[str] = (),
    *,
    strict_order: bool = False,
    observer: Callable[[TraceEntry, tuple[JudgedStep, ...]], None] | None = None,
) -> Audit:
    """Judge one capture in one pass; raises CaptureError where it is none.

    `observer` hears of each entry with what was judged when it came.
    """
    reader = CaptureReader(path)
    evaluation = Evaluation(flow, profile, ues, strict_order=strict_order)
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
    return Audit(
        capture=str(path),
        messages=messages,
        judged=count,
        ues=evaluation.ues,
        findings=tuple(sorted(findings, key=lambda each: each.entry)),
        problems=tuple(reader.problems),
        faults=tuple(f"{what} ({n} times)" for what, n in evaluation.judge.failures.items()),
    )


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
