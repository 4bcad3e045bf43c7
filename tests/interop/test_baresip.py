"""baresip as the UE of `presence network`: registers, publishes, watches a contact, leaves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from harness.capture.messages import CaptureReader
from harness.sip.message import Response
from tests.interop.tools import SECONDS, NetworkUnderTest, playing_network, presence, tool

CONFIGURATION = Path(__file__).with_name("baresip.cfg")
# It subscribes a second after its start, and leaves these seconds after it.
STAY = 3
# As the capture fixtures/captures/baresip-digest-udp.pcapng shows; docs/interop.md says why.
KNOWN_FAULTS = {"XML-SCHEMA-PIDF-1"}

PROFILE = """
extends: ietf
name: baresip
network: {authentication: digest}
pixit:
  impu: sip:alice@test-rcs.com
  impi: alice
  realm: test-rcs.com
  password: secret99
  contact: sip:bob@test-rcs.com
"""


def modules() -> Path:
    found = sorted(Path("/usr/lib").glob("**/baresip/modules/presence.so"))
    if not found:
        pytest.skip("baresip's presence module is not installed")
    return found[0].parent


def configure(folder: Path, registrar: str, transport: str, ca: Path | None = None) -> None:
    text = CONFIGURATION.read_text().replace("<<modules>>", str(modules()))
    text += f"sip_cafile {ca}\n" if ca is not None else ""
    (folder / "config").write_text(text)
    (folder / "accounts").write_text(
        f"Alice <sip:alice@test-rcs.com;transport={transport}>;auth_user=alice"
        f';auth_pass=secret99;outbound="{registrar};transport={transport}"'
        ";regint=600;pubint=600\n"
    )
    (folder / "contacts").write_text('"Bob" <sip:bob@test-rcs.com>;presence=p2p\n')
    (folder / "current_contact").write_text("")


def run_baresip(
    folder: Path, network: NetworkUnderTest, transport: str, ca: Path | None = None
) -> str:
    program = tool("baresip")
    folder.mkdir()
    configure(folder, f"sip:{network.sip}", transport, ca)
    done = subprocess.run(
        [program, "-f", str(folder), "-t", str(STAY)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_baresip_registers_publishes_and_watches(tmp_path: Path, transport: str) -> None:
    tool("baresip")
    profile = tmp_path / "profile.yaml"
    profile.write_text(PROFILE)
    options = ["--profile", str(profile)]
    if transport == "tls":
        options += ["--listen", "tls:0", "--listen", "https:0", "--tls-dir", str(tmp_path)]
    ca = tmp_path / "presence-lab-ca.pem" if transport == "tls" else None
    with playing_network(tmp_path / "network.pcapng", *options) as network:
        said = run_baresip(tmp_path / "baresip", network, transport, ca)
    audit = presence("audit", "--format", "json", "--profile", "ietf", str(network.capture))
    report = json.loads(audit.stdout)
    must = [each for each in report["findings"] if each["level"] == "must"]
    assert {(each["sender"], each["check"]) for each in must} == {
        ("ue", check) for check in KNOWN_FAULTS
    }, said
    verdicts = {each["step"]: each["verdict"] for each in report["steps"]}
    assert [verdicts[step] for step in ("1", "2", "10")] == ["pass"] * 3
    assert [ue["identity"] for ue in report["ues"]] == ["sip:alice@test-rcs.com"]
    messages = [entry.message for entry in CaptureReader(network.capture)]
    answered = [(each.method, each.status) for each in messages if isinstance(each, Response)]
    for done in (("REGISTER", 401), ("PUBLISH", 200), ("SUBSCRIBE", 200), ("NOTIFY", 200)):
        assert done in answered
