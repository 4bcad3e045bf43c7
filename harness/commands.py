"""What `presence audit`, `presence checks` and `presence report` do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.audit import Audit, to_json
from harness.capture.files import CaptureError
from harness.catalogue import Row, catalogue
from harness.config import Profile
from harness.flow.evaluate import UeResult
from harness.flow.steps import load_flow
from harness.model import Level, Verdict
from harness.output import Output, complain
from harness.parallel import audit_on_cores
from harness.paths import FLOW
from harness.report.mask import Masker
from harness.report.record import RecordError
from harness.report.text import VERDICT_STYLE, finding_lines, plain, worst_first
from harness.report.views import write_reports

EXIT_OK, EXIT_FINDINGS, EXIT_UNUSABLE = 0, 1, 2
_NAMES = {"ue": "UE", "network": "network"}


def run_audit(
    captures: Sequence[Path],
    profile: Profile,
    ues: Iterable[str] = (),
    *,
    as_json: bool = False,
    strict_order: bool = False,
    jobs: int = 0,
) -> int:
    """Judge captures one after the other; one that cannot be used does not stop the others.

    `jobs` is how many processes judge one capture, 0 as many as its size is worth.
    """
    flow = load_flow(FLOW)
    masker = Masker(profile.secrets)
    output = Output()
    status = EXIT_OK
    for path in captures:
        try:
            result = audit_on_cores(path, flow, profile, ues, strict_order=strict_order, jobs=jobs)
        except CaptureError as error:
            status = EXIT_UNUSABLE
            if as_json:
                output.write(json.dumps({"capture": str(path), "error": str(error)}))
            complain(str(error))
            continue
        result = replace(result, findings=tuple(map(masker.finding, result.findings)))
        if as_json:
            output.write(json.dumps(to_json(result)))
        else:
            _print(output, result)
        for problem in (*result.problems, *result.faults):
            complain(masker.text(problem))
        if result.nothing_judged:
            complain(f"{path}: {result.nothing_judged}")
            status = EXIT_UNUSABLE
        elif result.is_broken and status == EXIT_OK:
            status = EXIT_FINDINGS
    return status


def _print(output: Output, result: Audit) -> None:
    output.line((plain(result.capture), "bold"), f"  {result.messages} messages")
    for ue in result.ues:
        _print_ue(output, ue)
    for finding in worst_first(result.findings):
        where = f"#{finding.entry}  frame {finding.frame}  sent by the {_NAMES[finding.sender]}"
        if len(result.ues) > 1:
            where += f" (UE {finding.ue})"
        head, *rest = finding_lines(finding, where)
        step = f"step {finding.step}" if finding.step else "outside the steps"
        colour = "red" if finding.level is Level.MUST and finding.sender == "ue" else "yellow"
        output.line((head, colour), f"  {step}")
        for line in rest:
            output.line(line)
    _print_counts(output, result)


def _print_ue(output: Output, ue: UeResult) -> None:
    rows = [tuple((title, "bold") for title in ("step", "verdict", "frames", "reason"))]
    for each in ue.steps:
        verdict = each.verdict.value
        frames = " ".join(str(frame) for frame in each.frames[:6])
        reason = plain(each.reason) if each.verdict is not Verdict.PASS else ""
        style = VERDICT_STYLE[verdict]
        rows.append(((each.step.name, ""), (verdict, style), (frames, ""), (reason, "")))
    output.line()
    output.line(f"UE {plain(ue.address)}  {plain(ue.identity)}")
    output.table(rows)
    output.line()


def _print_counts(output: Output, result: Audit) -> None:
    counts = [
        f"{sum(1 for f in result.findings if f.sender == sender and f.level is level)} "
        f"{level.value} on the {sender}"
        for sender in ("ue", "network")
        for level in Level
    ]
    output.line("findings: " + ", ".join(counts))
    output.line()


def run_checks(profile: Profile, *, as_json: bool = False) -> int:
    """List the checks that apply under a profile, the flow's own included."""
    rows = catalogue(load_flow(FLOW), profile)
    output = Output()
    if as_json:
        output.write(json.dumps([_check_json(row) for row in rows]))
        return EXIT_OK
    titles = tuple((title, "bold") for title in ("check", "level", "clause", "purpose"))
    cells = [tuple((text, "") for text in _check_texts(row)) for row in rows]
    output.table([titles, *cells])
    output.line(f"{len(rows)} checks under profile {plain(profile.name)}")
    return EXIT_OK


def _check_texts(row: Row) -> tuple[str, str, str, str]:
    return row.id, row.level.value, row.clause, " ".join(row.purpose.split())


def _check_json(row: Row) -> dict[str, object]:
    return {
        "check": row.id,
        "level": row.level.value,
        "clause": row.clause,
        "url": row.url,
        "sender": row.sender,
        "purpose": row.purpose,
    }


def run_report(folder: Path) -> int:
    """Write the reports of a run anew from its record, also of a run that was killed."""
    try:
        paths = write_reports(folder / "run.jsonl", folder)
    except RecordError as error:
        complain(str(error))
        return EXIT_UNUSABLE
    output = Output()
    for path in paths:
        output.line(str(path))
    return EXIT_OK
