"""The run record: one append-only file of JSON Lines, flushed as it happens.

Every report is a view of it, so a run that is killed loses nothing. Format version 1; the events:

- `run`: tool, profile, mode, source, the catalogue of checks and the steps of the flow
- `message`: a trace entry, masked, with its UE, sender, kind, step and a summary
- `finding`: a finding, with its clause as text and address
- `step`: the verdict of one step of one UE; a later one replaces an earlier
- `note`: something the user should know: level info, warning or error
- `end`: when the run ended and its verdict
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from harness.model import Finding, Sender, Verdict
from harness.report.mask import Masker
from harness.sip.message import Request, Response
from harness.trace import Message, TraceEntry, to_json
from harness.xcap.http import HttpResponse

VERSION = 1


class RecordError(ValueError):
    """A record cannot be read; the text names the file, the line and what is wrong."""


class RecordWriter:
    """Appends events to a record; each is on the disk when its method returns."""

    def __init__(self, path: Path, masker: Masker) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8")
        self._masker = masker
        self._written: set[str] = set()

    def __enter__(self) -> RecordWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, **about: object) -> None:
        """The first event: what is run, with what."""
        self._write({"event": "run", "version": VERSION, **about})

    def message(
        self,
        entry: TraceEntry,
        *,
        ue: str | None,
        sender: Sender | None,
        kind: str,
        step: str | None,
        frame: int | None = None,
    ) -> None:
        """A message was seen; `frame` is its place in the capture that goes with the record."""
        values = to_json(entry, self._masker.message(entry.raw))
        self._write(
            {
                "event": "message",
                **values,
                "frame": entry.frame if entry.frame is not None else frame,
                "protocol": "sip" if entry.is_sip else "http",
                "summary": self._masker.text(summary(entry.message)),
                "ue": ue,
                "sender": sender,
                "kind": kind,
                "step": step,
            }
        )

    def finding(self, finding: Finding) -> None:
        """A check found something."""
        values = dataclasses.asdict(self._masker.finding(finding))
        values["clause"] = str(finding.clause)
        self._write({"event": "finding", **values, "url": finding.clause.url})

    def step(
        self,
        *,
        ue: str,
        step: str,
        name: str,
        verdict: Verdict,
        reason: str,
        entries: tuple[int, ...],
    ) -> None:
        """The verdict of a step, if it is news."""
        event = {
            "event": "step",
            "ue": ue,
            "id": step,
            "name": name,
            "verdict": verdict.value,
            "reason": self._masker.text(reason),
            "entries": list(entries),
        }
        line = json.dumps(event)
        if line not in self._written:
            self._written.add(line)
            self._write(event)

    def note(self, level: str, text: str) -> None:
        """Something the user should know."""
        self._write({"event": "note", "level": level, "text": self._masker.text(text)})

    def end(self, finished: float, verdict: Verdict) -> None:
        """The last event."""
        self._write({"event": "end", "finished": finished, "verdict": verdict.value})

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _write(self, event: dict[str, Any]) -> None:
        self._file.write(json.dumps(event, ensure_ascii=True, default=str) + "\n")
        self._file.flush()


def summary(message: Message) -> str:
    """A message in a few words: its start-line without the version."""
    if isinstance(message, Response):
        return f"{message.status} {message.reason} ({message.method})"
    if isinstance(message, HttpResponse):
        return f"{message.status} {message.reason}"
    target = message.uri if isinstance(message, Request) else message.target
    return f"{message.method or '(unreadable)'} {target}".strip()


@dataclass(slots=True)
class Record:
    """A record read back: the run, then its events by kind, in order."""

    run: dict[str, Any] = field(default_factory=dict)
    by_number: dict[int, dict[str, Any]] = field(default_factory=dict)
    """Each message as it was written last: whose it is may become known later."""
    findings: list[dict[str, Any]] = field(default_factory=list)
    steps: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] | None = None

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages, in order of their numbers."""
        return [self.by_number[number] for number in sorted(self.by_number)]

    @property
    def ues(self) -> tuple[str, ...]:
        """The UEs judged, in order of appearance."""
        seen = dict.fromkeys(ue for ue, _ in self.steps)
        seen.update(dict.fromkeys(m["ue"] for m in self.messages if m["ue"]))
        return tuple(seen)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of all steps."""
        return Verdict.worst_of(Verdict(step["verdict"]) for step in self.steps.values())


def read_record(path: Path) -> Record:
    """Read a record, also of a run that was killed; raises RecordError."""
    record = Record()
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, event in _events(path, file):
                try:
                    _add(record, event)
                except (KeyError, TypeError) as error:
                    raise RecordError(
                        f"{path}:{number}: the {event['event']} event lacks {error}"
                    ) from None
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}") from None
    if not record.run:
        raise RecordError(f"{path}: no run record: its first line is no 'run' event")
    return record


def _events(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.endswith("\n"):
            return  # the run was killed while it wrote this
        try:
            event = json.loads(line)
        except ValueError as error:
            raise RecordError(f"{path}:{number}: not JSON: {error}") from None
        if not isinstance(event, dict) or "event" not in event:
            raise RecordError(f"{path}:{number}: not an event of a run record")
        if event["event"] == "run" and event.get("version") != VERSION:
            found = event.get("version")
            raise RecordError(f"{path}:{number}: record version {found}, {VERSION} is understood")
        yield number, event


def _add(record: Record, event: dict[str, Any]) -> None:
    kind = event["event"]
    if kind == "run":
        record.run = event
    elif kind == "message":
        record.by_number[event["number"]] = event
    elif kind == "finding":
        record.findings.append(event)
    elif kind == "step":
        record.steps[event["ue"], event["id"]] = event
    elif kind == "note":
        record.notes.append(event)
    elif kind == "end":
        record.end = event
