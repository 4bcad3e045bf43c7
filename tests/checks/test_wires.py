"""A right UE's day over wires of all kinds: shared hosts, NATs, SBCs, proxies, reconnections."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from harness.checks.judge import Judge
from harness.config import load_profile
from harness.model import Peer, Transport
from harness.trace import Trace
from tests.checks.conversation import NETWORK, UE, Step
from tests.checks.day import whole_day

DAY = whole_day()
NAT = "203.0.113.5"
MIDDLE = Peer("10.0.0.5", 5060)

Hop = tuple[bytes, Peer, Peer, str]


def hop(step: Step, ue: Peer, network: Peer, connection: str = "", raw: bytes = b"") -> Hop:
    ends = (ue, network) if step.sender == "ue" else (network, ue)
    return (raw or step.raw, *ends, connection)


def faults(hops: Iterable[Hop], *ues: str) -> tuple[list[str], int]:
    """The MUST findings against UEs, and how many messages were judged."""
    judge, trace, judged = Judge(load_profile("ietf"), ues=ues), Trace(), []
    for number, (raw, source, destination, connection) in enumerate(hops):
        entry = trace.append(raw, source, destination, 1000.0 + number / 5, connection=connection)
        judged += judge.feed(entry)
    found = [
        f"{finding.check} at {each.entry.number}: {finding.observed}"
        for each in (*judged, *judge.finish(2000.0))
        for finding in each.findings
        if finding.level == "must" and finding.sender == "ue"
    ]
    assert not judge.failures
    return found, len(judged)


def both_sides(inner: Callable[[Step], Hop], outer: Callable[[Step], Hop]) -> list[Hop]:
    """The day as captured on both sides of a node in the middle."""
    hops = []
    for step in DAY:
        pair = [inner(step), outer(step)]
        hops += pair if step.sender == "ue" else reversed(pair)
    return hops


def on_loopback() -> list[Hop]:
    ue, network = Peer("127.0.0.1", 5062), Peer("127.0.0.1", 5060)
    return [hop(step, ue, network) for step in DAY]


@pytest.mark.parametrize("ues", [(), ("127.0.0.1",), ("127.0.0.1:5062",)], ids=str)
def test_judge_finds_no_fault_where_ue_and_network_share_loopback(ues: tuple[str, ...]) -> None:
    assert faults(on_loopback(), *ues) == ([], len(DAY))


@pytest.mark.parametrize("ues", [(), (NAT,)], ids=str)
def test_judge_finds_no_fault_where_a_nat_changes_the_port(ues: tuple[str, ...]) -> None:
    hops = [hop(step, Peer(NAT, 20000 + number // 7), NETWORK) for number, step in enumerate(DAY)]

    assert faults(hops, *ues) == ([], len(DAY))


def test_judge_finds_no_fault_where_the_nat_leaves_the_port_that_was_named() -> None:
    hops = [hop(step, Peer(NAT, 20000 + number // 7), NETWORK) for number, step in enumerate(DAY)]

    assert faults(hops, f"{NAT}:20000")[0] == []


def test_judge_finds_no_fault_on_either_side_of_a_nat() -> None:
    hops = both_sides(
        lambda step: hop(step, UE, NETWORK), lambda step: hop(step, Peer(NAT, 20000), NETWORK)
    )

    assert faults(hops) == ([], 2 * len(DAY))
    assert faults(hops, UE.host) == ([], len(DAY))


def in_its_own_name(raw: bytes) -> bytes:
    """What a B2BUA makes of a message that keeps Call-ID and tags."""
    via = rb"Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK"
    return re.sub(via, rb"Via: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKsbc", raw)


def test_judge_finds_no_fault_on_either_side_of_an_sbc() -> None:
    hops = both_sides(
        lambda step: hop(step, UE, MIDDLE),
        lambda step: hop(step, MIDDLE, NETWORK, raw=in_its_own_name(step.raw)),
    )

    assert faults(hops) == ([], 2 * len(DAY))
    assert faults(hops, UE.host) == ([], len(DAY))


def with_another_via(step: Step) -> bytes:
    """What a proxy makes of the UE's requests, and gets as their responses."""
    is_request = not step.raw.startswith(b"SIP/2.0")
    if is_request != (step.sender == "ue"):
        return step.raw
    branch = re.search(rb"branch=z9hG4bK([^;\r]+)", step.raw)
    assert branch is not None
    own = b"\r\nVia: SIP/2.0/UDP 10.0.0.5:5060;branch=z9hG4bKp" + branch[1] + b"\r\nVia:"
    return step.raw.replace(b"\r\nVia:", own, 1)


def round_a_proxy() -> list[Hop]:
    return both_sides(
        lambda step: hop(step, UE, MIDDLE),
        lambda step: hop(step, MIDDLE, NETWORK, raw=with_another_via(step)),
    )


def test_judge_finds_no_fault_on_either_side_of_a_proxy() -> None:
    assert faults(round_a_proxy()) == ([], len(DAY))


@pytest.mark.parametrize("ues", [(), (MIDDLE.host,), (UE.host,)], ids=str)
def test_judge_finds_no_fault_on_the_network_side_of_a_proxy(ues: tuple[str, ...]) -> None:
    hops = [each for each in round_a_proxy() if NETWORK in each[1:3]]

    assert faults(hops, *ues)[0] == []


def test_judge_finds_no_fault_where_ue_proxy_and_server_share_loopback() -> None:
    ports = {UE: 5062, MIDDLE: 5060, NETWORK: 5070}
    hops = [
        (raw, Peer("127.0.0.1", ports[source]), Peer("127.0.0.1", ports[destination]), connection)
        for raw, source, destination, connection in round_a_proxy()
    ]

    assert faults(hops) == ([], len(DAY))


def test_judge_finds_no_fault_where_tcp_connections_come_and_go() -> None:
    network = Peer("127.0.0.1", 5060, Transport.TCP)
    hops = []
    for number, step in enumerate(DAY):
        ue = Peer("127.0.0.1", 40000 + number // 5, Transport.TCP)
        moved = replace(step, raw=step.raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))
        hops.append(hop(moved, ue, network, f"tcp-{number // 5}"))

    assert faults(hops)[0] == []


@pytest.mark.parametrize(("written", "found"), [(b"TLS", []), (b"TCP", ["GEN-VIA-1"])])
def test_judge_knows_the_via_of_tls(written: bytes, found: list[str]) -> None:
    ue = Peer(UE.host, 40000, Transport.TLS)
    network = Peer(NETWORK.host, 5061, Transport.TLS)
    hops = []
    for step in DAY:
        raw = step.raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/" + written)
        hops.append(hop(replace(step, raw=raw), ue, network, "tls-1"))

    assert faults(hops) == ([], len(DAY))
    judge, trace, checks = Judge(load_profile("ietf")), Trace(), set()
    for number, (raw, source, destination, connection) in enumerate(hops):
        entry = trace.append(raw, source, destination, 1000.0 + number / 5, connection=connection)
        checks |= {finding.check for each in judge.feed(entry) for finding in each.findings}
    assert [check for check in ("GEN-VIA-1",) if check in checks] == found
