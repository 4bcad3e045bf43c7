"""junit.xml: a test suite for each UE, a test case for each step.

Valid against the schema of Jenkins' xUnit plugin ("junit-10"), which knows no properties of a test
case: these stand in its output as `[[PROPERTY|name=value]]`, which readers of that dialect collect.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

from harness.model import Finding, Verdict
from harness.report.story import Seen, StepTold, Story, UeTold
from harness.report.text import finding_lines, plain

# A test case has one outcome: which element says it, and the counter of its suite.
_OUTCOMES = {
    Verdict.NONE: ("skipped", "skipped"),
    Verdict.INCONC: ("skipped", "skipped"),
    Verdict.FAIL: ("failure", "failures"),
    Verdict.ERROR: ("error", "errors"),
}
_MAX_FINDINGS = 50


def write_junit(story: Story, path: Path) -> Path:
    """Write junit.xml; answers its path."""
    root = ET.Element("testsuites", name="presence", time=f"{story.duration:.3f}")
    counts: Counter[str] = Counter(tests=0, failures=0, errors=0)
    for number, ue in enumerate(story.ues):
        suite = _suite(story, ue, number)
        root.append(suite)
        for name in counts:
            counts[name] += int(suite.attrib[name])
    root.attrib.update({name: str(count) for name, count in counts.items()})
    ET.indent(root)
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def _suite(story: Story, ue: UeTold, number: int) -> ET.Element:
    counts = Counter(_OUTCOMES[step.verdict][1] for step in ue.steps if step.verdict in _OUTCOMES)
    suite = ET.Element(
        "testsuite",
        name=plain(f"{ue.address} {ue.identity}".strip()),
        tests=str(len(ue.steps)),
        failures=str(counts["failures"]),
        errors=str(counts["errors"]),
        skipped=str(counts["skipped"]),
        time=f"{sum(step.seconds for step in ue.steps):.3f}",
        timestamp=datetime.fromtimestamp(story.started, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        hostname=plain(ue.address),
        id=str(number),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _about(story, ue):
        ET.SubElement(properties, "property", name=name, value=plain(value))
    for step in ue.steps:
        suite.append(_case(story, ue, step))
    return suite


def _about(story: Story, ue: UeTold) -> list[tuple[str, str]]:
    values = [
        ("ue", ue.address),
        ("identity", ue.identity),
        ("profile", story.about("profile", "name")),
        ("mode", str(story.run.get("mode") or "")),
        ("tested", story.tested),
        ("tool.version", story.about("tool", "version")),
        ("tool.commit", story.about("tool", "commit")),
        ("checks", str(len(story.run.get("checks") or ()))),
    ]
    return [(name, value) for name, value in values if value]


def _case(story: Story, ue: UeTold, step: StepTold) -> ET.Element:
    case = ET.Element(
        "testcase",
        name=plain(step.name),
        classname=f"presence.{plain(ue.address).replace('.', '_')}",
        time=f"{step.seconds:.3f}",
    )
    text = "\n".join(_findings(story, step))
    if step.verdict in _OUTCOMES:
        element = ET.SubElement(case, _OUTCOMES[step.verdict][0])
        element.set("type", step.verdict.value)
        element.set("message", plain(step.reason or step.verdict.value))
        headline = f"{step.verdict.value.upper()}  {plain(step.name)}"
        element.text = (
            f"{headline:<60} {plain(story.line_of(step))}".rstrip() + f"\n{text}".rstrip()
        )
    output = ET.SubElement(case, "system-out")
    output.text = "\n".join(
        [
            *_properties(story, step),
            *(described(each) for each in step.messages),
            *([text] if text and step.verdict not in _OUTCOMES else []),
        ]
    )
    return case


def _properties(story: Story, step: StepTold) -> list[str]:
    checks = dict.fromkeys(each.check for each in step.findings)
    clauses = dict.fromkeys(str(each.clause) for each in step.findings)
    pairs = [
        ("title", step.title),
        ("profile", story.about("profile", "name")),
        *(("check", each) for each in checks),
        *(("clause", each) for each in clauses),
    ]
    return [f"[[PROPERTY|{name}={plain(value)}]]" for name, value in pairs if value]


def described(seen: Seen) -> str:
    """A message in one line, as findings name it: number, which way, what, when."""
    ways = {"ue": "UE -> network", "network": "network -> UE"}
    way = ways.get(seen.sender or "", f"{seen.entry.source} -> {seen.entry.destination}")
    frame = f"  frame {seen.entry.frame}" if seen.entry.frame is not None else ""
    return f"#{seen.number}  {way}  {plain(seen.summary)}  {seen.offset:+.3f} s{frame}"


def findings_text(story: Story, findings: tuple[Finding, ...]) -> list[str]:
    """Findings as the terminal shows them, bounded."""
    lines: list[str] = []
    for finding in findings[:_MAX_FINDINGS]:
        seen = story.by_number.get(finding.entry)
        lines += finding_lines(finding, described(seen) if seen else "")
    if len(findings) > _MAX_FINDINGS:
        lines.append(f"  and {len(findings) - _MAX_FINDINGS} more")
    return lines


def _findings(story: Story, step: StepTold) -> list[str]:
    return findings_text(story, step.findings)
