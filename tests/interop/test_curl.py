"""curl as the XCAP client of `presence network`: the documented H steps, and errors."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.interop.tools import SECONDS, NetworkUnderTest, tool

DOCUMENTED = Path(__file__).parents[2] / "fixtures" / "documented"
PUTS = ("05-H3", "07-H5", "09-H7", "13-H11", "27-H13", "29-H15")


def curl(network: NetworkUnderTest, method: str, target: str, *options: str) -> tuple[int, str]:
    """Answers status and body."""
    done = subprocess.run(
        [
            *(tool("curl"), "--silent", "--show-error", "--globoff", "--max-time", "20"),
            *(
                "--request",
                method,
                "--write-out",
                "\n%{http_code}",
                network.xcap + target,
                *options,
            ),
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def request(name: str) -> tuple[str, str, str]:
    """Target, Content-Type and body of a documented request."""
    head, _, body = (DOCUMENTED / f"{name}.txt").read_text().partition("\n\n")
    kind = next(
        (line.split(":", 1)[1].strip() for line in head.splitlines() if "ontent-type" in line), ""
    )
    return head.split(" ")[1], kind, body.removesuffix("\n")


def put(network: NetworkUnderTest, name: str) -> tuple[int, str]:
    target, kind, body = request(name)
    return curl(network, "PUT", target, "--header", f"Content-Type: {kind}", "--data-binary", body)


def test_curl_does_the_documented_steps(network: NetworkUnderTest) -> None:
    status, body = curl(network, "GET", request("03-H1")[0])
    assert status == 200
    assert "xcap-directory" in body
    assert [put(network, name)[0] for name in PUTS] == [201] * 6
    status, body = curl(network, "GET", request("11-H9")[0])
    assert status == 200
    assert "sip:+330123456789@Test-rcs.com;user=phone" in body


@pytest.mark.parametrize(
    ("status", "arguments"),
    [
        (404, ("GET", "/resource-lists/users/sip:+339012341234@test-rcs.com/none")),
        (404, ("GET", "/unknown-usage/users/sip:a@test-rcs.com/index")),
        (405, ("POST", "/resource-lists/users/sip:+339012341234@test-rcs.com/index")),
        (
            415,
            (
                *("PUT", "/resource-lists/users/sip:+339012341234@test-rcs.com/index"),
                *("--header", "Content-Type: text/plain", "--data", "x"),
            ),
        ),
        (
            409,
            (
                *("PUT", "/resource-lists/users/sip:+339012341234@test-rcs.com/index"),
                *("--header", "Content-Type: application/resource-lists+xml", "--data", "<no"),
            ),
        ),
    ],
)
def test_curl_is_told_what_is_wrong(
    network: NetworkUnderTest, status: int, arguments: tuple[str, ...]
) -> None:
    method, target, *options = arguments
    answered, body = curl(network, method, target, *options)
    assert answered == status
    if status == 409:
        assert "<not-well-formed" in body
