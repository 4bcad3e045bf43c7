"""curl and openssl against the TLS of `presence network`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.tools import SECONDS, NetworkUnderTest, playing_network, tool

CA = "presence-lab-ca.pem"
USER = "sip:+339012341234@test-rcs.com"
LISTS = f"/resource-lists/users/{USER}/index"
TYPE = "Content-Type: application/resource-lists+xml"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[NetworkUnderTest]:
    listen = ("--listen", "tls:0", "--listen", "https:0", "--tls-dir", str(tmp_path))
    with playing_network(tmp_path / "network.pcapng", *listen) as network:
        yield network


def curl(network: NetworkUnderTest, folder: Path, *options: str) -> str:
    done = subprocess.run(
        [
            *(tool("curl"), "--silent", "--show-error", "--max-time", "20", "--globoff"),
            *("--cacert", str(folder / CA), "--write-out", "\\n%{http_version} %{http_code}"),
            *options,
            network.xcap + LISTS,
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl_stores_and_reads_over_https(network: NetworkUnderTest, tmp_path: Path) -> None:
    entries = "".join(f'<entry uri="sip:user{n}@test-rcs.com"/>' for n in range(200))
    body = tmp_path / "lists.xml"
    body.write_text(
        '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
        f'<list name="rcs">{entries}</list></resource-lists>'
    )
    put = ("--upload-file", str(body), "--header", TYPE)
    assert curl(network, tmp_path, *put, "--header", "Expect: 100-continue").endswith("1.1 201")
    chunked = ("--header", "Transfer-Encoding: chunked")
    assert curl(network, tmp_path, *put, *chunked).endswith("1.1 200")
    for way in ((), ("--compressed",), ("--http1.0",), ("--tls-max", "1.2")):
        answer = curl(network, tmp_path, *way)
        assert answer.endswith(" 200"), answer
        assert answer.startswith(body.read_text()), way
    assert curl(network, tmp_path, "--head").endswith("200")
    assert "Allow: GET, HEAD" in curl(network, tmp_path, "--request", "OPTIONS", "--include")


def test_openssl_verifies_the_name_that_it_asked_for(
    network: NetworkUnderTest, tmp_path: Path
) -> None:
    done = subprocess.run(
        [
            *(tool("openssl"), "s_client", "-connect", network.sip, "-CAfile", str(tmp_path / CA)),
            *("-servername", "pcscf.test-rcs.com", "-verify_hostname", "pcscf.test-rcs.com"),
            "-verify_return_error",
        ],
        input="",
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "Verify return code: 0 (ok)" in done.stdout, done.stdout + done.stderr
