"""allure-results: one result for each step of each UE, in the format of Allure 2.

A result's steps are its messages, each with what was found in it; the texts are attachments.
`historyId` holds from run to run as long as the flow, the profile and the UE's identity do.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.model import Finding, Level, Verdict
from harness.report.junit import described, findings_text
from harness.report.story import Seen, StepTold, Story, UeTold, verdict_of
from harness.report.text import finding_lines, plain

MAX_UES = 100
"""UEs that get results; junit.xml has them all."""
_MAX_MESSAGES = 50
_MAX_FINDINGS = 50
_MAX_TAGS = 20

_STATUS = {
    Verdict.PASS: "passed",
    Verdict.FAIL: "failed",
    Verdict.ERROR: "broken",
    Verdict.INCONC: "skipped",
    Verdict.NONE: "skipped",
}
_CATEGORIES = [
    {"name": "The UE broke a MUST or kept silent", "matchedStatuses": ["failed"]},
    {"name": "Fault of the network side, not of the UE", "matchedStatuses": ["broken"]},
    {
        "name": "Inconclusive: blocked by an earlier step",
        "matchedStatuses": ["skipped"],
        "messageRegex": ".*blocked by step.*",
    },
    {
        "name": "Not seen",
        "matchedStatuses": ["skipped"],
        "messageRegex": "not (seen|judged).*",
    },
    {"name": "Inconclusive", "matchedStatuses": ["skipped"]},
]
# What Allure's results are named; only these are cleared away.
_OURS = ("*-result.json", "*-container.json", "*-attachment.*")
Json = dict[str, object]


def write_allure(story: Story, folder: Path) -> Path:
    """Write allure-results into `folder`, in place of earlier ones; answers the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in _OURS:
        for old in folder.glob(pattern):
            old.unlink()
    _write(folder / "categories.json", _CATEGORIES)
    properties = "".join(f"{name}={value}\n" for name, value in _environment(story))
    (folder / "environment.properties").write_text(properties, encoding="latin-1")
    attachments = _Attachments(folder)
    twins: Counter[str] = Counter()
    for ue in story.ues[:MAX_UES]:
        # Two UEs of one identity (or of none) are told apart by their order.
        twins[ue.identity] += 1
        name = f"{ue.identity}#{twins[ue.identity]}"
        for step in ue.steps:
            result = _Result(story, ue, step, name, attachments)
            _write(folder / f"{result.uuid}-result.json", result.json())
    return folder


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


def _environment(story: Story) -> Iterator[tuple[str, str]]:
    """Lines of a Java properties file: ISO 8859-1, all else as \\uXXXX."""
    values = {
        "Profile": story.about("profile", "name"),
        "Tested": story.tested,
        "UEs": str(len(story.ues)),
        "UE": story.ues[0].address if len(story.ues) == 1 else "",
        "Identity": story.ues[0].identity if len(story.ues) == 1 else "",
        "Messages": str(len(story.messages)),
        "Checks": str(len(story.run.get("checks") or ())),
        "Tool": f"{story.about('tool', 'name')} {story.about('tool', 'version')}".strip(),
        "Commit": story.about("tool", "commit"),
        "Ended": "yes" if story.finished is not None else "no: the run was interrupted",
    }
    for name, value in values.items():
        if value:
            escaped = plain(value).replace("\\", "\\\\")
            yield name, re.sub(r"[^ -~]", lambda each: _java_escape(each[0]), escaped)


def _java_escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


class _Attachments:
    """Writes each message once, however many results show it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: dict[str, Json] = {}

    def add(self, key: str, name: str, media_type: str, extension: str, data: bytes) -> Json:
        """An attachment of a step; `key` is unique to its content."""
        if key not in self._written:
            source = f"{_id(key)}-attachment.{extension}"
            (self._folder / source).write_bytes(data)
            self._written[key] = {"name": name, "source": source, "type": media_type}
        return self._written[key]

    def of_message(self, seen: Seen) -> list[Json]:
        """The message, and its body where that is XML."""
        raw, number = seen.entry.raw, seen.number
        is_text = b"\0" not in raw
        kind = ("text/plain", "txt") if is_text else ("application/octet-stream", "bin")
        found = [self.add(f"message {number}", f"message #{number}", *kind, raw)]
        content_type = seen.message.headers.get("Content-Type") or ""
        body = seen.message.body
        if body and "xml" in content_type.lower() and "multipart" not in content_type.lower():
            about = plain(content_type, 80)
            # Not "xml": Allure reads every XML file in the folder as the report of another tool.
            found.append(
                self.add(f"body {number}", f"body, {about}", "application/xml", "txt", body)
            )
        return found


class _Result:
    """One step of one UE as Allure has it."""

    def __init__(
        self, story: Story, ue: UeTold, step: StepTold, name: str, attachments: _Attachments
    ) -> None:
        self._story = story
        self._ue = ue
        self._step = step
        self._attachments = attachments
        self.full_name = f"presence.flow#{step.name}"
        self._history = f"{self.full_name} {story.about('profile', 'name')} {name}"
        # Of this run and this step alone.
        self.uuid = _id(f"{self._history} {ue.address} {story.started}")

    def json(self) -> Json:
        """The result."""
        start, stop = self._times()
        step = self._step
        return {
            "uuid": self.uuid,
            "historyId": _digest(self._history),
            "testCaseId": _digest(self.full_name),
            "fullName": self.full_name,
            "name": plain(f"{step.name}: {step.title}" if step.title else step.name),
            "description": plain(step.title),
            "status": _STATUS[step.verdict],
            "statusDetails": self._details(),
            "stage": "finished",
            "start": start,
            "stop": stop,
            "steps": [self._message(seen) for seen in step.messages[:_MAX_MESSAGES]],
            "attachments": self._findings(),
            "labels": [{"name": name, "value": value} for name, value in self._labels()],
            "links": self._links(),
            "parameters": self._parameters(),
        }

    def _times(self) -> tuple[int, int]:
        messages = self._step.messages
        if not messages:
            return _ms(self._story.started), _ms(self._story.started)
        # Allure sorts by the start: nothing starts together with what came before it.
        start = messages[0].entry.time - max(messages[0].wait, 0.001)
        return _ms(start), max(_ms(each.entry.time) for each in messages)

    def _details(self) -> Json:
        step = self._step
        if step.verdict is Verdict.PASS and not step.findings:
            return {}
        message = step.reason or "passed, with remarks"
        binding = [each for each in step.findings if verdict_of(each) is step.verdict]
        if binding and step.verdict is not Verdict.PASS:
            message = f"{message}: {binding[0].purpose}"
        trace = "\n".join(findings_text(self._story, step.findings))
        return {"message": plain(message), "trace": trace}

    def _findings(self) -> list[Json]:
        step = self._step
        if not step.findings:
            return []
        text = "\n".join(findings_text(self._story, step.findings))
        key = f"findings {self.uuid}"
        return [self._attachments.add(key, "findings", "text/plain", "txt", text.encode())]

    def _labels(self) -> Iterator[tuple[str, str]]:
        step, ue = self._step, self._ue
        yield "parentSuite", "Presence flow"
        yield "suite", plain(ue.identity or ue.address)
        yield "epic", "Presence"
        yield "feature", "XCAP over HTTP" if step.is_http else "SIP"
        yield "story", plain(step.title or step.name)
        # What the UE sends is what is tested; what the network sends only makes it possible.
        yield "severity", "critical" if step.sender == "ue" else "normal"
        yield "host", plain(ue.address)
        yield "thread", plain(ue.address)
        yield "framework", "presence-harness"
        for check in list(dict.fromkeys(each.check for each in step.findings))[:_MAX_TAGS]:
            yield "tag", plain(check)

    def _links(self) -> list[Json]:
        clauses = {each.clause: each.clause.url for each in self._step.findings}
        return [
            {"type": "link", "name": plain(str(clause)), "url": url}
            for clause, url in clauses.items()
            if url
        ]

    def _parameters(self) -> list[Json]:
        # Addresses differ from run to run: they must not make another test of it.
        values: Mapping[str, tuple[str, bool]] = {
            "device": (self._ue.identity or self._ue.address, False),
            "UE address": (self._ue.address, True),
            "profile": (self._story.about("profile", "name"), False),
        }
        return [
            {"name": name, "value": plain(value), "excluded": is_excluded}
            for name, (value, is_excluded) in values.items()
        ]

    def _message(self, seen: Seen) -> Json:
        findings = [each for each in self._step.findings if each.entry == seen.number]
        verdict = Verdict.worst_of([Verdict.PASS, *map(verdict_of, findings)])
        time = _ms(seen.entry.time)
        return {
            "name": described(seen),
            "status": _STATUS[verdict],
            "stage": "finished",
            "start": time - round(seen.wait * 1000),
            "stop": time,
            "steps": [self._finding(each, time) for each in findings[:_MAX_FINDINGS]],
            "attachments": self._attachments.of_message(seen),
            "parameters": [],
        }

    def _finding(self, finding: Finding, time: int) -> Json:
        level = finding.level.value.upper()
        remark = "" if finding.level is Level.MUST else "remark: "
        return {
            "name": plain(f"{remark}{finding.check} {level} {finding.clause}: {finding.purpose}"),
            "status": _STATUS[verdict_of(finding)],
            "statusDetails": {
                "message": plain(f"expected {finding.expected}, observed {finding.observed}"),
                "trace": "\n".join(finding_lines(finding)),
            },
            "stage": "finished",
            "start": time,
            "stop": time,
            "steps": [],
            "attachments": [],
            "parameters": [
                {"name": "where", "value": plain(finding.where)},
                {"name": "expected", "value": plain(finding.expected)},
                {"name": "observed", "value": plain(finding.observed)},
            ],
        }


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _id(name: str) -> str:
    """An identifier in the form of a UUID, made of the name so that views are repeatable."""
    text = _digest(name)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:32]))


def _digest(text: str) -> str:
    return hashlib.sha256(plain(text, len(text)).encode()).hexdigest()[:32]
