"""SIPp as the UE of `presence network`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.interop.tools import SECONDS, NetworkUnderTest, presence, tool

SCENARIO = Path(__file__).with_name("sipp_presence.xml")


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_sipp_registers_subscribes_and_publishes(
    network: NetworkUnderTest, tmp_path: Path, transport: str
) -> None:
    done = subprocess.run(
        [
            *(tool("sipp"), network.sip, "-sf", str(SCENARIO), "-m", "1", "-t", transport),
            *("-i", "127.0.0.1", "-nostdin", "-timeout", "20s", "-trace_err"),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=tmp_path,
        check=False,
    )
    errors = "".join(each.read_text() for each in tmp_path.glob("*errors.log"))
    assert done.returncode == 0, errors or done.stdout[-2000:]
    audit = presence("audit", "--format", "json", "--profile", "ietf", str(network.capture))
    report = json.loads(audit.stdout)
    must = [each for each in report["findings"] if each["level"] == "must"]
    assert must == []
    verdicts = {each["step"]: each["verdict"] for each in report["steps"]}
    assert [verdicts[step] for step in ("1", "2", "3", "4", "5", "6", "9", "10")] == ["pass"] * 8
