"""Several processes judge one capture as a single one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.capture import write_capture
from bench.population import Population
from harness.audit import audit
from harness.capture.files import CaptureError
from harness.checks.recognition import Share
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.parallel import audit_on_cores
from harness.paths import FLOW

DOCUMENTED = Path(__file__).parents[1] / "fixtures" / "documented.pcapng"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A capture of seven UEs in which header fields are missing here and there."""
    path = tmp_path / "faulty.pcap"
    messages = (
        each.with_raw(each.raw.replace(b"Max-Forwards: 70\r\n", b"")) if number % 3 else each
        for number, each in enumerate(Population(7))
    )
    write_capture(path, messages)
    return path


@pytest.mark.parametrize("jobs", [2, 3])
def test_processes_find_what_one_finds(faulty: Path, jobs: int) -> None:
    flow, profile = load_flow(FLOW), load_profile("documented")
    alone = audit(faulty, flow, profile)
    together = audit_on_cores(faulty, flow, profile, jobs=jobs)
    assert alone.findings
    assert len(alone.ues) == 7
    assert together == alone


def test_processes_without_a_ue_of_their_own_do_no_harm() -> None:
    flow, profile = load_flow(FLOW), load_profile("documented")
    alone = audit(DOCUMENTED, flow, profile)
    assert audit_on_cores(DOCUMENTED, flow, profile, jobs=3) == alone


def test_named_ues_are_shared_out_as_well(faulty: Path) -> None:
    flow, profile = load_flow(FLOW), load_profile("documented")
    names = ("10.0.0.2", "10.0.0.5")
    together = audit_on_cores(faulty, flow, profile, names, jobs=2)
    assert together == audit(faulty, flow, profile, names)
    assert {ue.address for ue in together.ues} == set(names)


def test_what_is_no_capture_is_told_by_every_number_of_processes(tmp_path: Path) -> None:
    path = tmp_path / "none.pcap"
    path.write_text("no capture")
    for jobs in (1, 2):
        with pytest.raises(CaptureError, match="not a pcap"):
            audit_on_cores(path, load_flow(FLOW), load_profile("documented"), jobs=jobs)


def test_every_host_is_in_one_share() -> None:
    shares = [Share(index, 3) for index in range(3)]
    hosts = [f"10.0.0.{number}" for number in range(60)]
    taken = [[share.index for share in shares if share.takes(host)] for host in hosts]
    assert all(len(each) == 1 for each in taken)
    assert {each[0] for each in taken} == {0, 1, 2}
