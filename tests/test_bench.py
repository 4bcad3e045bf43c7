"""The benchmark's traffic: the same every time, and right."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import __main__ as bench
from bench.population import Population


def test_population_is_the_same_every_time() -> None:
    first, second = (list(Population(3)) for _ in range(2))
    assert first == second
    assert len(first) == len(Population(3)) == 3 * len(Population(1))


def test_population_interleaves_its_ues_in_order_of_time() -> None:
    messages = list(Population(4))
    assert [each.time for each in messages] == sorted(each.time for each in messages)
    hosts = [each.source.host for each in messages[:8]]
    assert len(set(hosts)) > 2


def test_population_leaves_no_trace_of_the_flow_that_was_played() -> None:
    for message in Population(2):
        assert b"192.0.2.1:" not in message.raw
        assert b"9012341234" not in message.raw


@pytest.mark.parametrize("number", [0, 1 << 20])
def test_population_refuses_a_number_without_addresses(number: int) -> None:
    with pytest.raises(ValueError, match="UEs"):
        Population(number)


def test_bench_finds_no_fault_with_right_ues(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = tmp_path / "kept.pcap"
    status = bench.main(["--ues", "2", "--jobs", "2", "--keep", str(capture)])
    printed = capsys.readouterr().out
    assert status == 0
    assert capture.stat().st_size > 0
    assert "2 processes: no findings; steps: {'pass': 76}" in printed
