"""A Content-Length that is wrong on a stream is found, though it spoils where messages end."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness.audit import Audit, audit
from harness.capture.writer import CaptureWriter
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.model import Level, Transport
from harness.paths import FLOW
from harness.trace import TraceEntry
from tests.virtual import UE, play_flow, renumbered


def _captured(path: Path, entries: list[TraceEntry]) -> Audit:
    with CaptureWriter(path) as writer:
        for entry in entries:
            writer.write(entry)
    return audit(path, load_flow(FLOW), load_profile("documented"))


def _longer(entry: TraceEntry) -> TraceEntry:
    raw = re.sub(
        rb"(Content-Length: )(\d+)",
        lambda found: found[1] + str(int(found[2]) + 1).encode(),
        entry.raw,
        count=1,
    )
    return replace(entry, raw=raw, _parsed=[])


@pytest.mark.parametrize("method", [b"REGISTER", b"SUBSCRIBE", b"PUBLISH", b"PUT"])
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_length_that_is_too_large_is_found_on_a_stream(
    method: bytes, transport: Transport, tmp_path: Path
) -> None:
    entries = renumbered(play_flow(transport=transport).trace)
    sent = [
        each
        for each in entries
        if each.source.host == UE
        and each.source.transport is not Transport.UDP
        and each.raw.startswith(method)
        and b"Content-Length" in each.raw
    ]

    for faulty in sent[:2]:
        changed = [_longer(each) if each is faulty else each for each in entries]
        found = _captured(tmp_path / f"{faulty.number}.pcapng", changed)
        lengths = {"GEN-LENGTH-2", "GEN-LENGTH-4", "HTTP-LENGTH-2", "HTTP-LENGTH-7"}
        assert lengths & {
            each.check
            for each in found.findings
            if each.sender == "ue" and each.level is Level.MUST
        }
