"""REGISTER: challenges, intervals, routes, GRUUs, failures."""

from __future__ import annotations

import itertools

import pytest

from harness.sip.digest import Expected, parse_credentials, verify
from harness.sip.message import Request

from .network_double import IDENTITY, NetworkDouble, Reply, only

NONCE = 'Digest realm="test-rcs.com", nonce="n1", qop="auth", algorithm=MD5, opaque="o"'
CHALLENGE: Reply = (401, [("WWW-Authenticate", NONCE)], b"")
PROXY_CHALLENGE: Reply = (407, [("Proxy-Authenticate", NONCE)], b"")


def registered(*replies: Reply) -> NetworkDouble:
    double = NetworkDouble()
    double.sip_rules.append(only("REGISTER", *replies))
    return double.start()


def contact(expires: int, extra: str = "") -> tuple[str, str]:
    return ("Contact", f"<sip:192.0.2.1:5060;transport=udp>;expires={expires}{extra}")


def credentials_of(request: Request, field: str = "Authorization") -> object:
    return parse_credentials(request.headers.get(field, ""))


def test_ue_announces_its_user_before_any_challenge() -> None:
    first = registered().requests("REGISTER")[0]
    assert first.headers.get("Authorization") == (
        'Digest username="user@test-rcs.com", realm="test-rcs.com", nonce="", '
        'uri="sip:test-rcs.com", response=""'
    )


def test_ue_leaves_the_announcement_out_when_told_so() -> None:
    double = NetworkDouble(sends_placeholder=False).start()
    assert double.requests("REGISTER")[0].headers.get("Authorization") is None


def test_ue_leaves_the_announcement_out_where_a_server_cannot_read_it() -> None:
    first, second = registered((400, [], b"")).requests("REGISTER")[:2]
    assert "nonce=" in first.headers.get("Authorization", "")
    assert second.headers.get("Authorization") is None
    double = registered((400, [], b""), (400, [], b""))
    assert len(double.requests("REGISTER")) == 2
    assert double.ue.done


@pytest.mark.parametrize(
    ("reply", "field"),
    [(CHALLENGE, "Authorization"), (PROXY_CHALLENGE, "Proxy-Authorization")],
)
def test_ue_answers_a_challenge(reply: Reply, field: str) -> None:
    first, second = registered(reply).requests("REGISTER")[:2]
    assert second.call_id == first.call_id
    assert first.cseq is not None
    assert second.cseq is not None
    assert second.cseq.number == first.cseq.number + 1
    credentials = parse_credentials(second.headers.get(field, ""))
    assert credentials is not None
    assert (credentials.nc, credentials.opaque) == ("00000001", "o")
    expected = Expected(realm="test-rcs.com", uri="sip:test-rcs.com")
    assert verify(credentials, expected, "user@test-rcs.com", "secret", "REGISTER") is None


def test_ue_does_not_send_refused_credentials_again() -> None:
    double = registered(CHALLENGE, CHALLENGE)
    assert len(double.requests("REGISTER")) == 2
    assert "credentials are refused" in double.ue.failure


def test_ue_takes_a_new_nonce_where_the_old_one_was_stale() -> None:
    stale = (401, [("WWW-Authenticate", NONCE.replace("n1", "n2") + ", stale=true")], b"")
    double = registered(CHALLENGE, stale)
    assert len(double.requests("REGISTER")) == 3
    assert double.ue.failure == ""


def test_ue_stops_where_every_nonce_is_stale() -> None:
    stale = (401, [("WWW-Authenticate", NONCE + ", stale=true")], b"")
    double = registered(*[stale] * 20)
    assert len(double.requests("REGISTER")) == 5
    assert double.ue.done


@pytest.mark.parametrize(
    "challenge", ["", 'Digest realm="r", nonce="n", algorithm=FOO-1', 'Basic realm="r"', "?"]
)
def test_ue_gives_up_where_it_cannot_answer_a_challenge(challenge: str) -> None:
    headers = [("WWW-Authenticate", challenge)] if challenge else []
    double = NetworkDouble()
    double.silent = True
    double.start()
    _respond_raw(double, 401, headers)
    assert double.ue.done
    assert len(double.requests("REGISTER")) == 1


def _respond_raw(double: NetworkDouble, status: int, headers: list[tuple[str, str]]) -> None:
    """A response that need not be well-formed."""
    request = double.requests("REGISTER")[-1]
    lines = [f"SIP/2.0 {status} Reason"]
    for name in ("Via", "From", "To", "Call-ID", "CSeq"):
        lines += [f"{name}: {row.value}" for row in request.headers.rows(name)]
    lines += [f"{name}: {value}" for name, value in headers]
    double.hear("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode())


def test_ue_asks_for_the_interval_that_a_423_names() -> None:
    double = registered((423, [("Min-Expires", "700000")], b""))
    assert [each.expires for each in double.requests("REGISTER")] == [600000, 700000]


@pytest.mark.parametrize("headers", [[], [("Min-Expires", "60")]])
def test_ue_stops_at_a_423_that_helps_nobody(headers: list[tuple[str, str]]) -> None:
    double = registered((423, headers, b""))
    assert len(double.requests("REGISTER")) == 1
    assert double.ue.done


@pytest.mark.parametrize(
    ("granted", "due"), [(3600, 3000), (1200, 600), (60, 30), (3_000_000, 2_999_400)]
)
def test_ue_refreshes_before_the_granted_time_ends(granted: int, due: int) -> None:
    double = registered((200, [contact(granted), ("Expires", "7")], b""))
    double.sip_rules.append(only("SUBSCRIBE", (404, [], b""), package="presence"))
    double.sip_rules.append(only("SUBSCRIBE", (404, [], b""), package="presence.winfo"))
    register = double.ue.registration
    assert register.next_deadline() == due
    double.now = due - 1.0
    assert not [send for send in double.ue.tick(double.now) if b"REGISTER" in send.data[:9]]
    double.now = due
    again = [send for send in double.ue.tick(double.now) if b"REGISTER" in send.data[:9]]
    assert len(again) == 1
    assert b"CSeq: 2 REGISTER" in again[0].data


def test_ue_waits_as_long_as_retry_after_says() -> None:
    double = registered((503, [("Retry-After", "120 (maintenance)")], b""))
    double.wait(119)
    assert len(double.requests("REGISTER")) == 1
    double.wait(2)
    assert len(double.requests("REGISTER")) == 2
    assert double.ue.registration.is_held


def test_ue_backs_off_further_with_each_failure() -> None:
    double = NetworkDouble()
    double.sip_rules.append(only("REGISTER", *[(500, [], b"")] * 99))
    times: list[float] = []
    double.sip_rules.insert(0, lambda request: times.append(double.now))
    double.start().wait(20000)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    for count, gap in enumerate(gaps):
        longest = min(1800, 30 * 2**count)
        assert longest / 2 <= gap <= longest
    assert len(times) == 11
    assert double.ue.done


def test_ue_gives_a_silent_registrar_time_and_tries_again() -> None:
    double = NetworkDouble()
    double.silent = True
    double.start().wait(31)
    assert len(double.sends) > 5
    assert {send.data for send in double.sends} == {double.sends[0].data}
    double.wait(2)
    double.silent = False
    double.wait(40)
    assert double.ue.registration.is_held


def test_ue_copies_the_service_route_as_it_is() -> None:
    route = "<sip:Orig-User@SCSCF.test-rcs.com;lr>"
    double = registered((200, [contact(3600), ("Service-Route", route)], b""))
    for request in double.requests("SUBSCRIBE") + double.requests("PUBLISH"):
        assert request.headers.values("Route") == (
            "<sip:192.0.2.2:5060;transport=udp;lr>",
            route,
        )


def test_ue_uses_its_public_gruu_as_contact_of_dialogs() -> None:
    gruu = "sip:+339012341234@test-rcs.com;gr=abc"
    double = registered((200, [contact(3600, f';pub-gruu="{gruu}"')], b""))
    assert {each.contacts[0].uri for each in double.requests("SUBSCRIBE")} == {gruu}
    answer = double.ask(double.request("OPTIONS", uri=gruu))
    assert answer.status == 200
    assert answer.contacts[0].uri == gruu


def test_ue_takes_the_default_identity_where_its_own_is_not_registered() -> None:
    other = "sip:alias@test-rcs.com"
    tel = "<tel:+339012341234>"
    double = registered((200, [contact(3600), ("P-Associated-URI", f"{tel}, <{other}>")], b""))
    assert double.requests("SUBSCRIBE")[0].uri == other
    assert f'entity="{other}"'.encode() in double.requests("PUBLISH")[0].body


def test_ue_keeps_its_identity_where_it_is_registered() -> None:
    listed = f"<sip:alias@test-rcs.com>, <{IDENTITY}>"
    double = registered((200, [contact(3600), ("P-Associated-URI", listed)], b""))
    assert double.requests("SUBSCRIBE")[0].uri == IDENTITY


@pytest.mark.parametrize(("value", "count"), [("keep=30", 3), ("keep", 0), ("keep=x", 0)])
def test_ue_sends_keepalives_where_the_network_wants_them(value: str, count: int) -> None:
    double = NetworkDouble()
    double.silent = True
    double.start()
    request = double.requests("REGISTER")[0]
    via = request.headers.get("Via", "").replace("keep", value)
    lines = ["SIP/2.0 200 OK", f"Via: {via}"]
    for name in ("From", "To", "Call-ID", "CSeq"):
        lines += [f"{name}: {request.headers.get(name)}"]
    lines += ["Contact: <sip:192.0.2.1:5060;transport=udp>;expires=3600", "Content-Length: 0"]
    double.hear("\r\n".join([*lines, "", ""]).encode())
    before = len(double.sends)
    double.wait(91)
    probes = [each for each in double.sends[before:] if each.data[:2] == b"\x00\x01"]
    assert count <= len(probes) <= count + 1 if count else not probes
    assert all(len(each.data) == 20 for each in probes)


def test_ue_registers_anew_with_a_rising_cseq() -> None:
    double = registered((200, [contact(60)], b""), (200, [contact(60)], b"")).wait(70)
    requests = double.requests("REGISTER")
    assert len({each.call_id for each in requests}) == 1
    assert [each.cseq.number for each in requests if each.cseq] == [1, 2, 3]
