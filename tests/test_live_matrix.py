"""The whole flow over every transport, IPv4 and IPv6, with and without credentials."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.audit import audit
from harness.capture.messages import CaptureReader
from harness.config import Profile, load_profile, replace_values
from harness.flow.steps import load_flow
from harness.model import Level, Transport
from harness.paths import FLOW
from harness.report.record import read_record
from harness.transport.authority import Authority
from harness.transport.datagrams import local_address_towards
from tests.live import Lab, PlayingUe

WAYS: dict[str, tuple[Transport, str, bool]] = {
    "udp": (Transport.UDP, "http", False),
    "tcp": (Transport.TCP, "http", False),
    "tls": (Transport.TLS, "https", False),
    "sips": (Transport.TLS, "https", True),
}
CREDENTIALS: dict[str, dict[str, object]] = {
    "open": {},
    "digest": {"authentication": "digest", "xcap_authentication": "digest"},
    "aka": {"authentication": "aka"},
}
USIM = {"k": "465b5ce8b199b49faa5f0a2ee238a6bc", "opc": "cd63cb71954a9f4e48a5994e37a02baf"}
SECONDS = 20.0


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority in it: making its keys takes longer than a flow."""
    folder = tmp_path_factory.mktemp("authority")
    Authority(folder)
    return folder


def profile_for(way: str, host: str, credentials: str, folder: Path) -> Profile:
    transport, xcap, _ = WAYS[way]
    # UDP and TCP come together: what is too large for UDP goes by TCP (RFC 3261 §18.1.1).
    sip = ("udp", "tcp") if transport is not Transport.TLS else ("tls",)
    profile = load_profile("documented")
    listen = [{"transport": kind, "address": host} for kind in (*sip, xcap)]
    return replace_values(
        profile,
        network=replace_values(profile.network, listen=listen, **CREDENTIALS[credentials]),
        pixit=replace_values(profile.pixit, usim=USIM),
        tls=replace_values(profile.tls, folder=str(folder)),
    )


@pytest.mark.parametrize("credentials", CREDENTIALS)
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("way", WAYS)
def test_flow_passes_over(
    way: str, host: str, credentials: str, tmp_path: Path, lab_folder: Path
) -> None:
    if host == "::1" and local_address_towards("::1") is None:
        pytest.skip("no IPv6 here")
    transport, xcap, secure = WAYS[way]
    profile = profile_for(way, host, credentials, lab_folder)
    lab = Lab(tmp_path, profile)
    ca = lab_folder / "presence-lab-ca.pem" if xcap == "https" else None
    try:
        with PlayingUe(
            lab,
            host,
            transport=transport,
            profile=profile,
            ca=ca,
            secure=secure,
            https=xcap == "https",
        ):
            lab.until(lambda: lab.passed("22"), SECONDS)
    finally:
        lab.close()
    [verdicts] = lab.verdicts().values()
    assert set(verdicts.values()) == {"pass"}
    assert lab.run.faults == []
    assert list(lab.run.must_findings) == []
    # The capture is written with TLS taken off, and says so.
    kinds = {entry.source.transport for entry in CaptureReader(tmp_path / "trace.pcapng")}
    assert {transport, Transport(xcap)} <= kinds


def test_capture_of_tls_gets_the_verdicts_of_the_run(tmp_path: Path, lab_folder: Path) -> None:
    profile = profile_for("tls", "127.0.0.1", "open", lab_folder)
    basic = replace_values(profile.network, xcap_authentication="basic")
    profile = replace_values(profile, network=basic)
    lab = Lab(tmp_path, profile)
    ca = lab_folder / "presence-lab-ca.pem"
    try:
        with PlayingUe(lab, transport=Transport.TLS, profile=profile, ca=ca, https=True):
            lab.until(lambda: lab.passed("22"), SECONDS)
    finally:
        lab.close()
    record = read_record(tmp_path / "run.jsonl")
    again = audit(tmp_path / "trace.pcapng", load_flow(FLOW), profile)
    found = sorted((each.check, each.where, each.observed) for each in again.findings)
    assert found == sorted((f["check"], f["where"], f["observed"]) for f in record.findings)
    # Basic is for TLS alone (RFC 4825 §14), and it was TLS.
    assert not [each for each in again.findings if each.level is Level.MUST]
