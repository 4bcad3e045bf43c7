"""Traces for the tests: the documented flow's messages, changed as a test needs them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from harness.config import Profile, load_profile
from harness.flow.evaluate import Evaluation, JudgedStep
from harness.flow.progress import StepResult
from harness.flow.steps import Flow, load_flow
from harness.model import Family, Peer, Sender, Transport
from harness.paths import FLOW
from harness.sip.message import Request, make_response, parse
from harness.trace import Sequencer, TraceEntry

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "documented"


@dataclass(frozen=True)
class Said:
    """A message, who sends it, its step ("3", "H1"), and whether the document prints it."""

    step: str
    sender: Sender
    raw: bytes
    is_printed: bool = True

    def but(self, *changes: tuple[str, str]) -> Said:
        """The same message with texts replaced and Content-Length set right."""
        text = self.raw.decode()
        for old, new in changes:
            assert old in text, f"{old!r} is not in step {self.step}"
            text = text.replace(old, new)
        return replace(self, raw=measured(text))

    def without(self, name: str) -> Said:
        """The same message without a header field."""
        return self.but((re.search(rf"(?m)^{name}:.*\r\n", self.raw.decode())[0], ""))

    def again(self, branch: str, cseq: int) -> Said:
        """The same request as a new one: other branch, other CSeq."""
        text = self.raw.decode()
        text = re.sub(r"branch=z9hG4bK[^;\r]*", f"branch=z9hG4bK{branch}", text, count=1)
        text = re.sub(r"(?m)^CSeq: \d+", f"CSeq: {cseq}", text, count=1)
        return replace(self, raw=text.encode())

    def answered(
        self, status: int, *headers: tuple[str, str], to_tag: str | None = "answer"
    ) -> Said:
        """The other side's response to this request."""
        request = parse(self.raw)
        assert isinstance(request, Request)
        tag = None if request.to is not None and request.to.tag else to_tag
        response = make_response(request, status, headers=headers, to_tag=tag)
        other: Sender = "network" if self.sender == "ue" else "ue"
        return Said(self.step, other, response.raw, is_printed=False)


def measured(text: str) -> bytes:
    """The message with the Content-Length of its body."""
    head, _, body = text.partition("\r\n\r\n")
    head = re.sub(r"(?mi)^(Content-Length): *\d+", rf"\1: {len(body.encode())}", head)
    return f"{head}\r\n\r\n{body}".encode()


@cache
def documented() -> dict[str, Said]:
    """The documented flow's messages by step, in their order."""
    manifest = yaml.safe_load((FIXTURES / "manifest.yaml").read_text(encoding="utf-8"))
    found = {}
    for row in manifest["messages"]:
        head, _, body = (FIXTURES / row["file"]).read_text(encoding="utf-8").partition("\n\n")
        head = head.replace("{length}", "0").replace("\n", "\r\n")
        step = row["step"].removeprefix("S")
        raw = measured(f"{head}\r\n\r\n{body.removesuffix(chr(10))}")
        found[step] = Said(step, row["from"], raw, not row.get("derived", False))
    return found


def steps(*names: str) -> list[Said]:
    """Messages of the documented flow, by step."""
    return [documented()[name] for name in names]


def upto(last: str) -> list[Said]:
    """The documented flow until a step, that one included."""
    names = list(documented())
    return steps(*names[: names.index(last) + 1])


@cache
def presence_flow() -> Flow:
    return load_flow(FLOW)


class Wire:
    """Puts messages on the wire between a UE and its network: one second each, UDP and HTTP."""

    def __init__(self, ue: str = "192.168.1.1", network: str = "192.168.1.2") -> None:
        self.ue, self.network = ue, network
        self.time = 1_403_159_445.0
        self.sequencer = Sequencer()
        self.connections = 0

    def entry(self, said: Said) -> TraceEntry:
        self.time += 1.0
        is_http = b"HTTP/1.1" in said.raw.split(b"\r\n", 1)[0]
        self.connections += is_http and not said.raw.startswith(b"HTTP/")
        transport, port = (Transport.HTTP, 8080) if is_http else (Transport.UDP, 5060)
        ue = Peer(self.ue, 40_000 + self.connections if is_http else 5060, transport)
        network = Peer(self.network, port, transport)
        source, destination = (ue, network) if said.sender == "ue" else (network, ue)
        connection = f"{self.ue}-{self.connections}" if is_http else ""
        return self.sequencer.entry(said.raw, source, destination, self.time, connection=connection)


@dataclass
class Run:
    """An evaluation, and what came of feeding it."""

    evaluation: Evaluation
    judged: list[JudgedStep]

    def of(self, step: str) -> StepResult:
        return self.evaluation.result(step)

    def verdicts(self) -> dict[str, str]:
        return {each.step.id: each.verdict.value for each in self.evaluation.ues[0].steps}

    def claimed(self) -> list[tuple[str, ...]]:
        """For each entry the steps that claim it."""
        return [each.steps for each in self.judged]

    def flow_checks(self) -> set[str]:
        """The flow's own checks that found something."""
        return {f.check for each in self.judged for f in each.findings if "FLOW-" in f.check}


def profile_of(*families: Family) -> Profile:
    """A profile of these families of clauses only."""
    return load_profile("documented").model_copy(update={"families": frozenset(families)})


def run(
    said: Iterable[Said],
    profile: Profile | None = None,
    *,
    flow: Flow | None = None,
    strict_order: bool = False,
) -> Run:
    """Judge these messages in this order; under the documented profile unless told otherwise."""
    profile = profile or load_profile("documented")
    evaluation = Evaluation(flow or presence_flow(), profile, strict_order=strict_order)
    wire = Wire()
    judged = [each for one in said for each in evaluation.feed(wire.entry(one))]
    judged += evaluation.finish(wire.time)
    return Run(evaluation, judged)
