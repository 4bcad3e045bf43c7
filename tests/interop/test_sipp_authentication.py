"""SIPp as a UE that has to prove who it is: a password, or AKA with MILENAGE."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.interop.tools import SECONDS, playing_network, presence, tool

SCENARIO = Path(__file__).with_name("sipp_authenticated.xml")

# SIPp takes the keys as characters: these are "0123456789abcdef" and "00".
SECRET = "0123456789abcdef"
KEY = SECRET.encode().hex()
PROFILE = """\
name: proof
extends: ietf
pixit:
  domain: test-rcs.com
  impu: sip:user@test-rcs.com
  impi: user@test-rcs.com
  realm: test-rcs.com
"""
DIGEST = "username=user@test-rcs.com password=secret"
AKA = f"username=user@test-rcs.com aka_K={SECRET} aka_OP={SECRET} aka_AMF=00"
PASSWORD = "  password: secret\n"
USIM = f'  usim: {{k: "{KEY}", op: "{KEY}", amf: "3030"}}\n'


@pytest.mark.parametrize(
    ("credentials", "network", "proof"),
    [
        (PASSWORD, "{authentication: digest}", DIGEST),
        (PASSWORD, "{authentication: digest, digest_algorithm: [MD5, SHA-256]}", DIGEST),
        (PASSWORD, "{authentication: digest, digest_qop: none}", DIGEST),
        (USIM, "{authentication: aka}", AKA),
    ],
    ids=["md5", "two-algorithms", "rfc2069", "aka"],
)
def test_sipp_registers_with_its_proof(
    tmp_path: Path, credentials: str, network: str, proof: str
) -> None:
    sipp = tool("sipp")
    profile = tmp_path / "profile.yaml"
    profile.write_text(f"{PROFILE}{credentials}network: {network}\n")
    scenario = tmp_path / "scenario.xml"
    scenario.write_text(SCENARIO.read_text().replace("%PROOF%", proof))
    with playing_network(tmp_path / "x.pcapng", "--profile", str(profile)) as playing:
        done = subprocess.run(
            [
                *(sipp, playing.sip, "-sf", str(scenario), "-m", "1", "-i", "127.0.0.1"),
                *("-nostdin", "-timeout", "20s", "-trace_err"),
            ],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=tmp_path,
            check=False,
        )
    errors = "".join(each.read_text() for each in tmp_path.glob("*errors.log"))
    assert done.returncode == 0, errors or done.stdout[-2000:]
    audit = presence(
        "audit", "--format", "json", "--profile", str(profile), str(tmp_path / "x.pcapng")
    )
    report = json.loads(audit.stdout)
    must = {each["check"] for each in report["findings"] if each["level"] == "must"}

    assert must == set()
