"""The flow as a whole: what a willing network sees of the UE, and in which order."""

from __future__ import annotations

import re

import pytest

from harness.model import Peer, Transport
from harness.sip.message import parse
from harness.ue.settings import SettingsError
from harness.xcap.http import HttpRequest, parse_http

from .network_double import BUDDY, IDENTITY, NetworkDouble, only, only_http, settings

ORDER = [
    "REGISTER",
    "GET xcap-directory",
    "PUT rls-services",
    "PUT resource-lists",
    "PUT pres-rules",
    "GET list",
    "PUT entry",
    "SUBSCRIBE presence.winfo",
    "SUBSCRIBE presence",
    "PUBLISH",
    "PUT entry",
    "PUT pres-content",
    "PUT pidf-manipulation",
]
FAREWELL = ["SUBSCRIBE presence.winfo", "SUBSCRIBE presence", "PUBLISH", "REGISTER"]


def told(double: NetworkDouble) -> list[str]:
    """Every request of the UE in a word or two."""
    words = []
    for send in double.sends:
        if send.destination.transport.is_sip:
            message = parse(send.data)
            if hasattr(message, "uri"):
                event = f" {message.event.package}" if message.event else ""
                words.append(message.method + (event if message.method == "SUBSCRIBE" else ""))
            continue
        http = parse_http(send.data)
        assert isinstance(http, HttpRequest)
        words.append(f"{http.method} {_what(http.target)}")
    return words


def _what(target: str) -> str:
    if "~~" in target:
        return "entry" if "/entry" in target else "list"
    return target.split("/")[1].removeprefix("org.openmobilealliance.")


@pytest.mark.parametrize("persona", ["conformant", "documented"])
def test_ue_performs_the_documented_flow_in_its_order(persona: str) -> None:
    double = NetworkDouble(persona=persona).start()
    assert double.ue.state == "wait for a watcher: waits for a pending watcher"
    double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    assert told(double) == ORDER
    assert double.ue.problems == []
    assert not double.ue.done
    double.wait(5)
    assert double.ue.done
    assert double.ue.state == "listen: waits for quiet"


def test_ue_takes_leave_when_asked_to_quit_after_the_flow() -> None:
    double = NetworkDouble(quit_after_flow=True).start()
    double.hear(double.winfo(1, (BUDDY, "pending")).raw).wait(10)
    assert told(double) == ORDER + FAREWELL
    assert [request.expires for request in double.requests()[-4:]] == [0, 0, 0, 0]
    assert double.ue.done
    assert double.ue.state == "done"


def test_ue_takes_leave_when_stopped() -> None:
    double = NetworkDouble().start().wait(60)
    assert double.ue.done
    double.took(double.ue.stop(double.now))
    double.play().wait(10)
    assert told(double)[-4:] == FAREWELL
    assert double.ue.stop(double.now) == []


def test_ue_goes_on_without_a_watcher_after_a_while() -> None:
    double = NetworkDouble().start().wait(29)
    assert "PUT pidf-manipulation" not in told(double)
    double.wait(2)
    assert told(double)[-2:] == ["PUT pres-content", "PUT pidf-manipulation"]


def test_ue_accepts_a_watcher_that_comes_after_the_flow() -> None:
    double = NetworkDouble().start().wait(60)
    double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    assert told(double)[-1] == "PUT entry"


def test_ue_does_not_ask_again_for_a_watcher_that_the_xdms_refuses() -> None:
    double = NetworkDouble().start().wait(60)
    double.http_rules.append(only_http("PUT", "/entry", *[(409, [], b"")] * 9))
    double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    double.hear(double.winfo(2, (BUDDY, "pending")).raw)
    assert told(double).count("PUT entry") == 2
    assert any("409" in problem for problem in double.ue.problems)


def test_ue_speaks_tcp_alone_when_told_so() -> None:
    double = NetworkDouble(transports=(Transport.TCP,)).start()
    sip = [send for send in double.sends if send.destination.transport.is_sip]
    assert {send.destination.transport for send in sip if b"SIP/2.0\r\n" in send.data[:90]} == {
        Transport.TCP
    }
    register = double.requests("REGISTER")[0]
    assert register.top_via is not None
    assert register.top_via.transport == "TCP"
    assert register.contacts[0].uri.endswith(";transport=tcp")


def test_ue_moves_a_large_publish_to_tcp_and_the_documented_one_does_not() -> None:
    for persona, transport in (("conformant", Transport.TCP), ("documented", Transport.UDP)):
        double = NetworkDouble(persona=persona).start()
        found = [send for send in double.sends if send.data.startswith(b"PUBLISH")]
        assert {send.destination.transport for send in found} == {transport}
        assert f"SIP/2.0/{transport.value.upper()}".encode() in found[0].data


def test_ue_without_registration_gives_up_and_says_why() -> None:
    double = NetworkDouble()
    double.sip_rules.append(only("REGISTER", (403, [], b"")))
    double.start()
    assert double.ue.done
    assert double.ue.failure == "REGISTER was answered 403 Forbidden"
    assert double.ue.state.startswith("failed: ")
    assert len(double.sends) == 1


def test_ue_writes_nothing_that_is_malformed_as_the_conformant_persona() -> None:
    double = NetworkDouble(quit_after_flow=True).start()
    double.hear(double.winfo(1, (BUDDY, "pending")).raw).wait(10)
    for message in [*double.requests(), *double.responses()]:
        assert message.malformed == ()
    for http in double.http():
        assert http.malformed == ()


def test_ue_counts_the_octets_of_what_is_not_ascii() -> None:
    double = NetworkDouble().start().wait(60)
    presence = double.http("PUT", "perm-presence")[0]
    assert "à".encode() in presence.body
    assert presence.headers.get("Content-Length") == str(len(presence.body))


def test_documented_ue_writes_the_fields_in_the_order_of_the_page() -> None:
    double = NetworkDouble(persona="documented").start()
    names = {
        method: " ".join(row.written for row in double.requests(method)[0].headers)
        for method in ("REGISTER", "SUBSCRIBE", "PUBLISH")
    }
    assert names["REGISTER"] == (
        "Call-ID CSeq From To Via Max-Forwards Contact Supported Allow Route Expires User-Agent "
        "Authorization Content-Length"
    )
    assert names["SUBSCRIBE"] == (
        "Call-ID CSeq From To Via Max-Forwards Route Expires User-Agent Contact Allow Event Accept "
        "Content-Length"
    )
    assert names["PUBLISH"] == (
        "Call-ID CSeq From To Via Max-Forwards Route Expires SIP-If-Match User-Agent Event "
        "Content-Type Content-Length"
    )


def test_documented_ue_has_the_deviations_of_the_page() -> None:
    double = NetworkDouble(persona="documented").start()
    double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    register, winfo, buddies, publish = double.requests()[:4]
    assert 'username="X"' in register.headers.get("Authorization", "")
    assert "imei:356432059050620" in register.headers.get("Contact", "")
    assert "transport=UDP" in register.headers.get("Contact", "")
    assert winfo.headers.get("Accept") is not None
    assert buddies.headers.get("Accept") is None
    assert publish.if_match == "ac63be7e9042439dad76da16904cf48d"
    assert b"geopriv10" in publish.body
    http = double.http()
    assert {each.headers.get("X-3GPP-Intended-Identity") for each in http} == {'"X"'}
    assert {each.headers.get("Authorization") for each in http} == {"Basic WDpY"}
    assert all("%40Test-rcs.com" in each.target for each in http)
    rules = double.http("PUT", "pres-rules")[0].body
    assert (
        b'anc="http://192.0.2.3:8080/resource-lists/users/sip:+339012341234@Test-rcs.com/' in rules
    )
    contact = double.http("PUT", "%3Buser%3Dphone")[0]
    assert contact.body == b"<entry uri='sip:+330123456789@Test-rcs.com;user=phone'></entry>"


def test_conformant_ue_keeps_its_imei_out_of_subscriptions() -> None:
    double = NetworkDouble().start()
    register, *others = double.requests()
    assert re.search(
        r'\+sip\.instance="<urn:gsma:imei:35643205-905062-0>"', register.headers.get("Contact", "")
    )
    assert all(b"imei" not in each.raw for each in [*others, *double.responses()])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("identity", "tel:+339012341234"),
        ("identity", "nonsense"),
        ("imei", "123"),
        ("xcap_root", "ftp://192.0.2.3/"),
        ("transports", ()),
        ("transports", (Transport.HTTP,)),
    ],
)
def test_settings_refuse_what_cannot_be_used(field: str, value: object) -> None:
    with pytest.raises(SettingsError, match=field):
        settings(**{field: value})


def test_settings_never_show_the_password() -> None:
    assert "secret" not in repr(settings())


def test_ue_uses_an_xcap_root_with_a_path() -> None:
    double = NetworkDouble(xcap_root="http://192.0.2.3:8080/xcap-root").start()
    assert all(each.target.startswith("/xcap-root/") for each in double.http())
    assert IDENTITY.encode() in double.http("PUT", "rls-services")[0].body


def test_ue_sends_a_large_publish_by_udp_where_tcp_is_refused() -> None:
    double = NetworkDouble()
    double.sip_rules.append(only("PUBLISH", (0, [], b"")))
    double.start()
    refused = next(send for send in double.sends if send.data.startswith(b"PUBLISH"))
    assert refused.destination.transport is Transport.TCP
    double.took(double.ue.failed(refused, "connection refused", double.now))
    again = next(send for send in double.sends[::-1] if send.data.startswith(b"PUBLISH"))
    assert again.destination.transport is Transport.UDP
    assert b"SIP/2.0/UDP" in again.data
    double.play()
    assert double.ue.publication.is_held


def test_ue_speaks_ipv6() -> None:
    local = Peer("2001:db8::1", 5060)
    registrar = Peer("2001:db8::2", 5060)
    double = NetworkDouble(
        local=local, registrar=registrar, xcap_root="http://[2001:db8::3]:8080"
    ).start()
    register = double.requests("REGISTER")[0]
    assert register.malformed == ()
    assert register.top_via is not None
    assert register.top_via.host == "[2001:db8::1]"
    assert register.contacts[0].uri == "sip:[2001:db8::1]:5060;transport=udp"
    assert double.http()[0].headers.get("Host") == "[2001:db8::3]:8080"
    assert double.sends[0].destination == registrar


def test_ue_that_never_started_has_nothing_to_leave() -> None:
    double = NetworkDouble()
    assert double.ue.state == "not started"
    assert double.ue.next_deadline() is None
    assert double.ue.stop(double.now) == []
    assert double.ue.done


def test_ue_leaves_while_its_registration_is_on_its_way() -> None:
    double = NetworkDouble()
    double.sip_rules.append(only("REGISTER", (0, [], b"")))
    double.start()
    double.took(double.ue.stop(double.now))
    register = double.requests("REGISTER")[0]
    double.respond(register, 200, [("Contact", f"<{register.contacts[0].uri}>;expires=60")])
    double.play().wait(5)
    assert [request.expires for request in double.requests()] == [600000, 0]
    assert double.ue.done


def test_ue_takes_leave_of_a_network_that_no_longer_answers() -> None:
    double = NetworkDouble().start().wait(60)
    double.silent = True
    double.took(double.ue.stop(double.now))
    double.play().wait(200)
    assert double.ue.done
