"""Where a profile lets the network side listen, what is said of it, and `presence profile`."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import cli
from harness.config import Profile, ProfileError, load_profile, replace_values
from harness.config_transport import listener_of
from harness.model import Peer, Transport
from harness.paths import EXAMPLE_PROFILE
from harness.serving import (
    Serving,
    exposure,
    is_exposed,
    key_log_of,
    tls_folder,
    wants_tls,
)
from harness.transport.authority import Authority
from tests.interop.tools import presence
from tests.live import play

LAB = """\
name: lab
extends: documented
network:
  listen:
    - {transport: tls}
    - {transport: https}
tls: {folder: FOLDER, names: [pcscf.lab.example]}
"""


def profile_with(**network: object) -> Profile:
    profile = load_profile("documented")
    return replace_values(profile, network=replace_values(profile.network, **network))


def check(capsys: pytest.CaptureFixture[str], name: str | Path) -> tuple[int, str, str]:
    status = cli.main(["profile", "check", str(name)])
    out, err = capsys.readouterr()
    return status, out, err


# -- listeners ------------------------------------------------------------------------------------


def test_profile_without_a_list_listens_for_udp_tcp_and_http() -> None:
    network = profile_with(bind="::1", sip_port=5060, xcap_port=8080).network
    assert network.listeners == (
        Peer("::1", 5060, Transport.UDP),
        Peer("::1", 5060, Transport.TCP),
        Peer("::1", 8080, Transport.HTTP),
    )


def test_listeners_take_the_address_of_bind_unless_they_have_one() -> None:
    listen = [{"transport": "tls", "port": 5061}, {"transport": "https", "address": "[::1]"}]
    network = profile_with(bind="127.0.0.2", listen=listen).network
    assert network.listeners == (
        Peer("127.0.0.2", 5061, Transport.TLS),
        Peer("::1", 0, Transport.HTTPS),
    )


@pytest.mark.parametrize(
    ("listen", "says"),
    [
        ([{"transport": "http"}], "no listener for SIP"),
        ([{"transport": "udp"}], "no listener for XCAP"),
        (
            [{"transport": "tcp", "port": 80}, {"transport": "http", "port": 80}],
            "two listeners have port 80",
        ),
        ([{"transport": "sctp"}], "Input should be 'udp', 'tcp', 'tls', 'http' or 'https'"),
        ([{"transport": "udp", "address": "example.com"}], "give an IP address"),
    ],
)
def test_listeners_that_cannot_be_are_explained(listen: object, says: str) -> None:
    with pytest.raises(ProfileError, match=says):
        profile_with(listen=listen)


@pytest.mark.parametrize(
    ("text", "peer"),
    [
        ("udp:5060", ("udp", None, 5060)),
        ("tls:192.0.2.1:0", ("tls", "192.0.2.1", 0)),
        ("https:[2001:db8::1]:8443", ("https", "2001:db8::1", 8443)),
        ("tcp:::1:5060", ("tcp", "::1", 5060)),
    ],
)
def test_option_names_a_listener(text: str, peer: tuple[str, str | None, int]) -> None:
    found = listener_of(text)
    assert (found.transport, found.address, found.port) == peer


@pytest.mark.parametrize("text", ["", "udp", "udp:", "sctp:5060", "udp:x:1", "udp:99999", "udp:-1"])
def test_option_that_names_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["network", "--listen", text])
    assert stop.value.code == 2
    assert "--listen" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "is_open"),
    [("127.0.0.1", False), ("::1", False), ("127.9.9.9", False), ("0.0.0.0", True), ("::", True)],
)
def test_loopback_alone_exposes_nothing(host: str, is_open: bool) -> None:
    profile = profile_with(bind=host)
    assert is_exposed(profile) == is_open == bool(exposure(profile))


def test_serving_tells_what_a_phone_needs(tmp_path: Path) -> None:
    listeners = (
        Peer("192.0.2.1", 5061, Transport.TLS),
        Peer("192.0.2.1", 5060, Transport.TCP),
        Peer("192.0.2.1", 5060, Transport.UDP),
        Peer("2001:db8::1", 8443, Transport.HTTPS),
    )
    serving = Serving(listeners, Authority(tmp_path))
    assert serving.sip.transport is Transport.UDP
    assert serving.xcap_root == "https://[2001:db8::1]:8443"
    assert serving.facts() == [
        ("P-CSCF and registrar", "192.0.2.1:5061 (TLS)"),
        ("P-CSCF and registrar", "192.0.2.1:5060 (TCP and UDP)"),
        ("XCAP root", "https://[2001:db8::1]:8443"),
        ("CA to install", f"{tmp_path / 'presence-lab-ca.crt'} (PEM: presence-lab-ca.pem)"),
    ]


def test_key_log_is_that_of_the_profile_else_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = load_profile("documented")
    monkeypatch.delenv("SSLKEYLOGFILE", raising=False)
    assert key_log_of(profile) is None
    monkeypatch.setenv("SSLKEYLOGFILE", "/tmp/keys")
    assert key_log_of(profile) == Path("/tmp/keys")
    own = replace_values(profile, tls={"key_log": "/tmp/own", "folder": "~/ca", "minimum": 1.0})
    assert own.tls.minimum == "1.0"
    assert key_log_of(own) == Path("/tmp/own")
    assert tls_folder(own) == Path("~/ca").expanduser()


def test_ports_of_a_profile_with_a_list_are_not_given_one_by_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "lab.yaml").write_text(LAB)
    status = cli.main(["network", "--sip-port", "0", "--profile", str(tmp_path / "lab.yaml")])
    assert status == 2
    assert "--sip-port: the listeners are named one by one" in capsys.readouterr().err


# -- over TLS alone -------------------------------------------------------------------------------


def test_test_cases_pass_over_tls_alone(tmp_path: Path) -> None:
    lab = tmp_path / "lab.yaml"
    lab.write_text(LAB.replace("FOLDER", str(tmp_path / "ca")))
    run = play(tmp_path / "reports", "--presence-profile", str(lab))
    assert run.status == 0, run.said
    assert set(run.verdicts.values()) == {"pass"}
    assert (tmp_path / "ca" / "presence-lab-ca.crt").is_file()


def test_folder_that_cannot_hold_the_authority_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = presence(
        *("network", "--listen", "tls:0", "--listen", "https:0"),
        *("--tls-dir", str(tmp_path / "file")),
    )
    assert done.returncode == 2
    assert "--tls-dir" in done.stderr
    assert "Traceback" not in done.stderr


# -- profiles -------------------------------------------------------------------------------------


def test_example_is_a_profile_and_names_every_way_to_listen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LAB_PASSWORD", "correct horse")
    profile = load_profile(EXAMPLE_PROFILE)
    assert {each.transport for each in profile.network.listeners} == set(Transport)
    assert wants_tls(profile)
    assert not is_exposed(profile)  # it is the reader who has to say so
    assert cli.main(["profile", "example"]) == 0
    assert capsys.readouterr().out == EXAMPLE_PROFILE.read_text(encoding="utf-8")


def test_check_tells_what_a_profile_resolves_to_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("LAB_PASSWORD", "correct horse")
    lab = tmp_path / "lab.yaml"
    usim = "  usim: {k: 465b5ce8b199b49faa5f0a2ee238a6bc, opc: cd63cb71954a9f4e48a5994e37a02baf}\n"
    lab.write_text(
        f"name: lab\nextends: {EXAMPLE_PROFILE}\npixit:\n{usim}"
        f"tls: {{folder: {tmp_path / 'ca'}, key_log: {tmp_path / 'keys'}}}\n"
    )
    status, out, err = check(capsys, lab)
    assert (status, err) == (0, "")
    for text in (
        *("127.0.0.1, port 5061", "https://127.0.0.1:8443", "lab.example, pcscf.lab.example"),
        *("sip:+15550100@lab.example", "alice@lab.example, password ****, USIM: K ****, OPc ****"),
        *("this machine only", "(not made yet)", "SIP: digest, XCAP: digest", "keys are logged in"),
    ):
        assert text in out
    for secret in ("correct horse", "465b5ce8", "cd63cb71"):
        assert secret not in out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("network:\n  listen:\n    - {transport: http}\n", "lab.yaml:3: field 'network.listen'"),
        (
            "network:\n  listen:\n    - {transport: udp}\n    - {transport: http, port: 70000}\n",
            "lab.yaml:5: field 'network.listen.1.port'",
        ),
        (
            "network:\n  listen:\n    - transport: udp\n      adress: a\n    - {transport: http}\n",
            "lab.yaml:5: field 'network.listen.0.adress': no such field",
        ),
        ("tls: {names: [a.example, 'b c']}\n", "lab.yaml:2: field 'tls.names.1': b c: give a host"),
        ("tls: {minimum: 1.4}\n", "lab.yaml:2: field 'tls.minimum'"),
        ("network: {connections: {handshake: 0}}\n", "field 'network.connections.handshake'"),
        ("pixit: {password: env:NO_SUCH_NAME}\n", "NO_SUCH_NAME is not set"),
        ("network: {listen: [*nowhere]}\n", "lab.yaml:2: not YAML"),
        ("network: &a {listen: [*a]}\n", "field 'network.listen.0"),
    ],
)
def test_check_names_line_and_field(
    text: str, says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lab = tmp_path / "lab.yaml"
    lab.write_text(f"name: x\n{text}")
    status, out, err = check(capsys, lab)
    assert (status, out) == (2, "")
    assert says in err


def test_check_tells_what_does_not_work_on_this_machine(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lab = tmp_path / "lab.yaml"
    lab.write_text(
        "name: x\nnetwork: {bind: 192.0.2.77, authentication: aka}\n"
        "tls: {client_certificates: required, client_ca: no-such-file}\n"
    )
    status, out, _ = check(capsys, lab)
    assert status == 1
    for text in ("192.0.2.77 cannot be", "no such file", "pixit.usim", "no listener speaks TLS"):
        assert text in out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("checks: {GEN-NONE-1: {level: info, reason: why}}", "checks.GEN-NONE-1: no such check."),
        (
            "network: {min_registration: 100, max_registration: 50}",
            "network.min_registration: longer than max_registration",
        ),
    ],
)
def test_check_tells_what_no_run_could_use(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(f"extends: documented\n{text}\n", encoding="utf-8")
    status, out, _ = check(capsys, path)
    assert status == 1
    assert f"problem  {problem}" in out


def test_check_takes_a_level_of_the_flows_own_checks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lab.yaml"
    text = "extends: documented\nchecks: {FLOW-ORDER-1: {level: info, reason: why}}\n"
    path.write_text(text, encoding="utf-8")
    assert check(capsys, path)[0] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: a profile is a mapping of fields, found nothing"),
        ("network: 5", ":1: field 'network': a mapping of fields is wanted"),
        ("network: {}", ":1: field 'name': missing: give it, or extend a profile that has it"),
    ],
)
def test_check_speaks_to_somebody_who_writes_yaml(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(text, encoding="utf-8")
    status, _, err = check(capsys, path)
    assert status == 2
    assert said in err


def test_profiles_of_the_harness_check_well(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("ietf", "documented", "up-2.4"):
        status, out, _ = check(capsys, name)
        assert status == 0
        assert "told when it starts" in out
