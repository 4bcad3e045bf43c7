"""Judges large captures on several cores: one process for each share of the UEs.

Every process reads the whole capture, which takes a small part of the time, and judges the UEs of
its share. The result is that of a single process.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from harness.audit import Audit, Part, audit, audit_part, whole
from harness.checks.recognition import Share
from harness.config import Profile
from harness.flow.evaluate import UeResult
from harness.flow.progress import StepResult
from harness.flow.steps import Flow, load_flow
from harness.model import Finding, Verdict

# Some thousands of messages: below that, starting a process takes longer than it saves.
_WORTH_A_PROCESS = 4 << 20
# Judging leaves next to no cyclic garbage, but makes so many objects that looking for it every
# 700 of them, as Python does, takes a tenth to a fifth of the time.
_BETWEEN_COLLECTIONS = 100_000

_PackedStep = tuple[str, tuple[Verdict, str, tuple[int, ...], tuple[int, ...], tuple[Finding, ...]]]


@dataclass(frozen=True, slots=True)
class _Packed:
    """A part on its way between processes: steps by their ids, as a step holds functions."""

    part: Part
    ues: tuple[tuple[int, str, str, tuple[_PackedStep, ...]], ...]


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def audit_on_cores(
    path: Path,
    flow: Flow,
    profile: Profile,
    ues: Iterable[str] = (),
    *,
    strict_order: bool = False,
    jobs: int = 0,
) -> Audit:
    """Judge one capture with `jobs` processes; 0 takes as many as its size is worth.

    Raises CaptureError where it is none.
    """
    _collect_seldom()
    count = jobs or _worthwhile(path)
    names = tuple(ues)
    if count == 1:
        return audit(path, flow, profile, names, strict_order=strict_order)
    with ProcessPoolExecutor(count) as pool:
        running = [
            pool.submit(_judge, path, flow.path, profile, names, Share(index, count), strict_order)
            for index in range(count)
        ]
        return whole(path, [_unpacked(each.result(), flow) for each in running])


def _worthwhile(path: Path) -> int:
    try:
        size = path.stat().st_size
    except OSError:
        return 1  # whoever opens it says what is wrong
    return max(1, min(cores(), size // _WORTH_A_PROCESS))


def _collect_seldom() -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(_BETWEEN_COLLECTIONS, 10, 10)


def _judge(
    path: Path,
    flow: Path,
    profile: Profile,
    ues: tuple[str, ...],
    share: Share,
    strict_order: bool,
) -> _Packed:
    _collect_seldom()
    part = audit_part(path, load_flow(flow), profile, ues, share, strict_order=strict_order)
    packed = tuple(
        (place, ue.address, ue.identity, tuple(map(_packed, ue.steps))) for place, ue in part.ues
    )
    return _Packed(replace(part, ues=()), packed)


def _packed(result: StepResult) -> _PackedStep:
    rest = (result.verdict, result.reason, result.entries, result.frames, result.findings)
    return result.step.id, rest


def _unpacked(packed: _Packed, flow: Flow) -> Part:
    results = tuple(
        (
            place,
            UeResult(
                address,
                identity,
                tuple(StepResult(flow.step(step_id), *rest) for step_id, rest in steps),
            ),
        )
        for place, address, identity, steps in packed.ues
    )
    return replace(packed.part, ues=results)
