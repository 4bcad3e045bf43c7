"""The benchmark under load plays whole flows, and leaves nothing running."""

from __future__ import annotations

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from bench.load import ALONE, KAMAILIO, PRESENCE, SERVERS, main
from bench.load_servers import Server, kamailio_modules
from bench.load_sipp import FLOW, HOLD, Played, play

needs_sipp = pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not installed")


def server(name: str) -> AbstractContextManager[Server]:
    if name == KAMAILIO and kamailio_modules() is None:
        pytest.skip("kamailio and its presence modules are not installed")
    return SERVERS[name]()


@needs_sipp
@pytest.mark.parametrize("name", SERVERS)
def test_server_serves_a_few_flows(name: str) -> None:
    sipp = shutil.which("sipp") or ""
    with server(name) as running:
        played = play(sipp, running.port, FLOW, 2, 4, first=0, log=True)
        stayed = play(sipp, running.port, HOLD, 2, 2, first=1000, log=False)
        assert running.memory() > 0
        assert running.cpu() >= 0  # in ticks of 10 ms, which a fast server may not fill
        process = running.process
    assert (played.good, played.failed) == (4, 0)
    assert (stayed.good, stayed.failed) == (2, 0)
    # REGISTER, SUBSCRIBE, three times PUBLISH, and both taken back.
    assert len(played.times) == 4 * 7
    assert min(played.times) >= 0
    assert not Path(f"/proc/{process}").exists()


@needs_sipp
def test_bench_prints_a_table_of_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--only", ALONE, "--seconds", "1", "--most", "2", "--ues", "2"])
    printed = capsys.readouterr().out
    assert status == 0
    assert "flows a second, none failed" in printed
    assert "memory of each, KB" in printed


def test_bench_says_that_sipp_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["--only", PRESENCE]) == 0
    assert "sipp is not installed" in capsys.readouterr().out


def test_rate_is_clean_where_nothing_failed_or_was_repeated_or_late() -> None:
    assert Played(10, 40, 40, 0, 0, 4.1).is_clean
    for fault in (
        Played(10, 40, 39, 1, 0, 4.1),
        Played(10, 40, 40, 0, 1, 4.1),
        Played(10, 40, 40, 0, 0, 9.0),
    ):
        assert not fault.is_clean


def test_percentile_is_that_of_the_times_in_ms() -> None:
    played = Played(10, 40, 40, 0, 0, 4.1, [each / 1000 for each in range(100)])
    assert played.percentile(0.5) == 50
    assert played.percentile(0.99) == 99
