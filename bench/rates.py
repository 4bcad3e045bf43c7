"""How fast the stages are by themselves: reading a capture, parsing, judging bodies."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from harness.body.schema import BodyError, validate
from harness.capture.messages import CaptureReader
from harness.checks.facts import parts_of
from harness.checks.registry import BodyPart
from harness.checks.xml_documents import DOCUMENTS, read_document
from harness.trace import TraceEntry


def rates(path: Path) -> dict[str, float]:
    """For each stage how many it does a second of one core."""
    entries: list[TraceEntry] = []
    read = _seconds(lambda: entries.extend(CaptureReader(path)))
    parsed = _seconds(lambda: _parse(entries))
    parts = (part for each in entries for part in parts_of(each.message))
    bodies = [part for part in parts if part.media_type in DOCUMENTS]
    judged = _seconds(lambda: _validate(bodies))
    return {
        "messages read from the capture": len(entries) / read,
        "messages parsed and held against the grammar": len(entries) / parsed,
        "XML bodies parsed and held against the schemas": len(bodies) / judged,
    }


def _parse(entries: Iterable[TraceEntry]) -> None:
    for each in entries:
        _ = each.message.malformed


def _validate(bodies: Sequence[BodyPart]) -> None:
    for each in bodies:
        try:
            root = getattr(read_document(each.media_type, each.data), "root", None)
        except BodyError:
            continue
        if root is not None:
            validate(root)


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
