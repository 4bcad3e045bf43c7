"""Findings and verdicts as text for a terminal: the same facts in the same order, always."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.model import Finding, Level

if TYPE_CHECKING:
    from harness.flow.progress import StepResult

_MAX_VALUE = 400
_PRINTABLE = set(string.printable) - set("\t\n\r\x0b\x0c")

VERDICT_STYLE = {
    "pass": "green",
    "inconc": "yellow",
    "fail": "bold red",
    "error": "bold magenta",
    "none": "dim",
}
"""Colours of the verdicts, as rich names them."""


def plain(text: str, limit: int = _MAX_VALUE) -> str:
    """A text from the wire, safe on a terminal: one line, no control characters, bounded."""
    shown = text[:limit] + ("…" if len(text) > limit else "")
    return "".join(
        each if each in _PRINTABLE or (each.isprintable() and ord(each) > 126) else _escape(each)
        for each in shown
    )


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def finding_lines(finding: Finding, where: str = "") -> list[str]:
    """One finding; `where` tells which message it was seen in."""
    place = finding.where + (f" (byte {finding.offset})" if finding.offset is not None else "")
    rows = [
        ("purpose", finding.purpose),
        ("where", place),
        ("expected", finding.expected),
        ("observed", finding.observed),
        ("hint", finding.hint),
        ("entry", where or f"#{finding.entry}"),
    ]
    head = f"  {finding.check}  {finding.level.value.upper()}  {finding.clause}"
    return [head, *(f"    {name:<9} {plain(value)}" for name, value in rows if value)]


def step_lines(
    result: StepResult, flow_file: str, described: dict[int, str] | None = None
) -> list[str]:
    """A step that did not simply pass: headline, then each finding.

    `described` names messages by their number.
    """
    headline = f"{result.verdict.value.upper()}  {result.step.name}"
    lines = [f"{headline:<60} {flow_file}:{result.step.line}"]
    if result.reason and not _names_findings(result):
        lines.append(f"  {plain(result.reason)}")
    for finding in worst_first(result.findings):
        lines += finding_lines(finding, (described or {}).get(finding.entry, ""))
    return lines


def _names_findings(result: StepResult) -> bool:
    """Whether the reason only names checks: the findings say the same with more words."""
    checks = {each.check for each in result.findings}
    return bool(checks) and all(each in checks for each in result.reason.split(", "))


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by level, then in order of the messages."""
    order = list(Level)
    return sorted(findings, key=lambda each: (order.index(each.level), each.entry))
