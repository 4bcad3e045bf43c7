"""What `presence audit` and `presence checks` do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from harness.audit import Audit, audit, to_json
from harness.capture.files import CaptureError
from harness.catalogue import Row, catalogue
from harness.config import Profile
from harness.flow.evaluate import UeResult
from harness.flow.steps import load_flow
from harness.model import Level, Verdict
from harness.paths import FLOW
from harness.report.mask import Masker
from harness.report.text import VERDICT_STYLE, finding_lines, plain, worst_first

EXIT_OK, EXIT_FINDINGS, EXIT_UNUSABLE = 0, 1, 2


def run_audit(
    captures: Sequence[Path],
    profile: Profile,
    ues: Iterable[str] = (),
    *,
    as_json: bool = False,
    strict_order: bool = False,
) -> int:
    """Judge captures one after the other; one that cannot be used does not stop the others."""
    flow = load_flow(FLOW)
    masker = Masker([profile.pixit.password.get_secret_value()])
    status = EXIT_OK
    for path in captures:
        try:
            result = audit(path, flow, profile, ues, strict_order=strict_order)
        except CaptureError as error:
            status = EXIT_UNUSABLE
            _unusable(path, str(error), as_json=as_json)
            continue
        result = replace(result, findings=tuple(map(masker.finding, result.findings)))
        if as_json:
            print(json.dumps(to_json(result)))
        else:
            _print(result)
        for problem in (*result.problems, *result.faults):
            print(f"presence: {masker.text(problem)}", file=sys.stderr)
        if result.nothing_judged:
            print(f"presence: {path}: {result.nothing_judged}", file=sys.stderr)
            status = EXIT_UNUSABLE
        elif result.is_broken and status == EXIT_OK:
            status = EXIT_FINDINGS
    return status


def _unusable(path: Path, reason: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"capture": str(path), "error": reason}))
    print(f"presence: {reason}", file=sys.stderr)


def _print(result: Audit) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"[bold]{escape(result.capture)}[/]  {result.messages} messages")
    for ue in result.ues:
        _print_ue(console, ue)
    for finding in worst_first(result.findings):
        where = f"#{finding.entry}  frame {finding.frame}  sent by the {finding.sender}"
        if len(result.ues) > 1:
            where += f" (UE {finding.ue})"
        head, *rest = finding_lines(finding, where)
        step = f"step {finding.step}" if finding.step else "outside the steps"
        colour = "red" if finding.level is Level.MUST and finding.sender == "ue" else "yellow"
        console.print(f"[{colour}]{escape(head)}[/]  {step}")
        for line in rest:
            console.print(escape(line))
    _print_counts(console, result)


def _print_ue(console: Console, ue: UeResult) -> None:
    table = Table("step", "verdict", "frames", "reason", box=None, pad_edge=False)
    for each in ue.steps:
        style = VERDICT_STYLE[each.verdict.value]
        frames = " ".join(str(frame) for frame in each.frames[:6])
        reason = plain(each.reason) if each.verdict is not Verdict.PASS else ""
        table.add_row(each.step.name, f"[{style}]{each.verdict.value}[/]", frames, escape(reason))
    console.print(f"\nUE {escape(ue.address)}  {escape(plain(ue.identity))}")
    console.print(table)
    console.print()


def _print_counts(console: Console, result: Audit) -> None:
    counts = [
        f"{sum(1 for f in result.findings if f.sender == sender and f.level is level)} "
        f"{level.value} on the {sender}"
        for sender in ("ue", "network")
        for level in Level
    ]
    console.print("findings: " + ", ".join(counts) + "\n")


def run_checks(profile: Profile, *, as_json: bool = False) -> int:
    """List the checks that apply under a profile, the flow's own included."""
    rows = catalogue(load_flow(FLOW), profile)
    if as_json:
        print(json.dumps([_check_json(row) for row in rows]))
        return EXIT_OK
    table = Table("check", "level", "clause", "purpose", box=None, pad_edge=False)
    for row in rows:
        table.add_row(row.id, row.level.value, escape(row.clause), escape(row.purpose))
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{len(rows)} checks under profile {profile.name}")
    return EXIT_OK


def _check_json(row: Row) -> dict[str, object]:
    return {
        "check": row.id,
        "level": row.level.value,
        "clause": row.clause,
        "url": row.url,
        "sender": row.sender,
        "purpose": row.purpose,
    }
