"""The ladder as plain text: one line a message, the UE on the left, the network on the right."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model import Sender, Verdict
from harness.report.record import summary
from harness.report.story import Story, verdict_of
from harness.report.text import plain
from harness.trace import TraceEntry

_WIDTH = 72
# ASCII, so that a terminal or a log of any encoding shows them.
_ARROWS: dict[Sender | None, str] = {"ue": "UE --> NW", "network": "UE <-- NW", None: "  ?  ?  ? "}
_REMARKS = {Verdict.FAIL: "FAIL", Verdict.ERROR: "ERROR"}


def ladder_line(entry: TraceEntry, started: float, sender: Sender | None) -> str:
    """A message as one line: when (seconds since `started`), which way, over what, what."""
    return _line(entry, entry.time - started, sender, summary(entry.message))


def _line(entry: TraceEntry, offset: float, sender: Sender | None, what: str) -> str:
    carrier = entry.source.transport.value.upper()
    when = f"#{entry.number:<5} {offset:+9.3f} s"
    return f"{when}  {_ARROWS[sender]:<9}  {carrier:<5} {plain(what, _WIDTH)}"


def ladder_text(story: Story) -> Iterator[str]:
    """The whole ladder, line by line; several UEs are told apart by their addresses."""
    names = story.step_names
    for seen in story.messages:
        parts = [_line(seen.entry, seen.offset, seen.sender, seen.summary)]
        parts.append(plain(names.get(seen.step or "", seen.step or "")))
        if seen.kind != "message":
            parts.append(f"({plain(seen.kind)})")
        if seen.verdict in _REMARKS:
            worst = (each for each in seen.findings if verdict_of(each) is seen.verdict)
            checks = dict.fromkeys(each.check for each in worst)
            parts.append(f"{_REMARKS[seen.verdict]}: {plain(', '.join(checks))}")
        if len(story.ues) > 1 and seen.ue:
            parts.append(f"[{plain(seen.ue)}]")
        yield "  ".join(each for each in parts if each)
