"""The network as an endpoint: what it answers whoever speaks to it, and how it sends."""

from __future__ import annotations

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.model import Peer, Send, Transport
from harness.network.uas import OPTION_TAGS
from harness.sip.message import Request, Response, parse

from .link import (
    ALLOWED_EVENTS,
    AOR,
    BUDDY,
    LIST_URI,
    PERSON,
    PIDF,
    UE,
    XUI,
    Link,
    profile,
    provision,
    put_entry,
)

TCP = Peer("192.0.2.1", 40000, Transport.TCP)


def raw_request(
    method: str = "OPTIONS", uri: str = AOR, *lines: str, version: str = "SIP/2.0"
) -> bytes:
    """A request with all that it needs, in which given lines replace those of the same name."""
    fields = {
        "Via": "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx",
        "Max-Forwards": "70",
        "From": f"<{AOR}>;tag=a",
        "To": f"<{AOR}>",
        "Call-ID": "call",
        "CSeq": f"1 {method}",
    }
    for line in lines:
        name, _, value = line.partition(":")
        fields[name] = value.strip()
    rows = [f"{name}: {value}" for name, value in fields.items() if value]
    return "\r\n".join([f"{method} {uri} {version}", *rows, "", ""]).encode()


def answer_to(data: bytes, link: Link | None = None) -> Response:
    (response,) = (link or Link()).raw(data)
    assert isinstance(response, Response)
    return response


def test_network_tells_what_it_can_do() -> None:
    response = answer_to(raw_request(uri="sip:test-rcs.com"))
    assert response.status == 200
    assert {"REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS"} <= set(response.headers.values("Allow"))
    assert response.supported == OPTION_TAGS
    assert response.headers.values("Allow-Events") == ALLOWED_EVENTS
    for name in ("Accept", "Accept-Encoding", "Accept-Language", "Server"):
        assert name in response.headers


def test_contact_tells_what_it_can_do() -> None:
    response = answer_to(raw_request(uri=f"{BUDDY};user=phone"))
    assert response.status == 200
    assert "+g.3gpp.iari-ref" in response.contacts[0].params
    assert response.headers.get("Accept") == "application/sdp"


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE", "INFO", "UPDATE", "FOO", "register"])
def test_network_refuses_other_methods_and_says_which_it_takes(method: str) -> None:
    response = answer_to(raw_request(method))
    assert response.status == 405
    assert response.headers.values("Allow") == (
        "REGISTER",
        "SUBSCRIBE",
        "PUBLISH",
        "OPTIONS",
        "CANCEL",
    )


@pytest.mark.parametrize("method", ["BYE", "CANCEL", "NOTIFY"])
def test_network_knows_no_dialog_or_transaction_of_a_stranger(method: str) -> None:
    assert answer_to(raw_request(method)).status == 481


def test_network_says_nothing_to_an_ack() -> None:
    assert Link().raw(raw_request("ACK")) == []


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        (raw_request("OPTIONS", AOR, version="SIP/3.0"), 505, "Version Not Supported"),
        (raw_request("OPTIONS", AOR, "From:"), 400, "Missing Or Unreadable From"),
        (raw_request("OPTIONS", AOR, "To: <sip:a"), 400, "Missing Or Unreadable To"),
        (raw_request("OPTIONS", AOR, "Call-ID:"), 400, "Missing Or Unreadable Call-ID"),
        (raw_request("OPTIONS", AOR, "CSeq: one OPTIONS"), 400, "Missing Or Unreadable CSeq"),
        (raw_request("OPTIONS", AOR, "CSeq: 1 REGISTER"), 400, "CSeq Of Another Method"),
        (raw_request("OPTIONS", "http://example.com/"), 416, "Unsupported URI Scheme"),
        (raw_request("OPTIONS", "sip:@:"), 400, "Unreadable Request-URI"),
        (raw_request("OPTIONS", "sip:a@elsewhere.example"), 404, "Not Found"),
    ],
)
def test_network_says_what_is_wrong_with_a_request(data: bytes, status: int, reason: str) -> None:
    response = answer_to(data)
    assert (response.status, response.reason) == (status, reason)


def test_network_gives_a_repeated_field_back_once() -> None:
    data = raw_request("OPTIONS").replace(b"Call-ID: call", b"Call-ID: call\r\nCall-ID: other")
    response = answer_to(data)
    assert (response.status, response.headers.values("Call-ID")) == (400, ("call",))


def test_registrar_gives_back_only_parameters_that_can_be_written() -> None:
    contact = "<sip:192.0.2.1>;+sip.instance=<urn:x:1>;video"
    response = answer_to(raw_request("REGISTER", "sip:test-rcs.com", f"Contact: {contact}"))
    assert response.malformed == ()
    (found,) = response.contacts
    assert "+sip.instance" not in found.params
    assert "video" in found.params


def test_network_refuses_an_extension_that_it_does_not_know() -> None:
    response = answer_to(raw_request("OPTIONS", AOR, "Require: foo, path, 100rel"))
    assert response.status == 420
    assert response.headers.values("Unsupported") == ("foo", "100rel")


def test_network_serves_a_telephone_number_as_the_user_of_that_number() -> None:
    link = Link()
    link.publish()
    response = link.send(
        "SUBSCRIBE",
        "tel:+339012341234",
        [("Event", "presence"), ("Contact", "<sip:192.0.2.1:5060>"), ("Expires", "600")],
    )
    assert response.status == 200
    assert f'entity="{AOR}"'.encode() in link.notifies()[0].body


def test_network_repeats_its_answer_to_a_retransmission() -> None:
    link = Link()
    data = raw_request("REGISTER", "sip:test-rcs.com", "Contact: <sip:192.0.2.1:5060>")
    (first,), (second,) = link.raw(data), link.raw(data)
    assert first.raw == second.raw


def test_network_answers_without_caring_for_what_it_need_not_understand() -> None:
    response = answer_to(raw_request("OPTIONS", AOR, "Date: nonsense", "X-Own: \x7f"))
    assert response.status == 200


def test_network_pongs_a_ping_and_stays_silent_otherwise() -> None:
    link = Link()
    assert link.network.receive(b"\r\n\r\n", TCP, 0) == [Send(b"\r\n", TCP)]
    for data, source in ((b"\r\n", TCP), (b"\r\n\r\n", UE), (b"", UE), (b"\x00", UE)):
        assert link.network.receive(data, source, 0) == []


def test_network_answers_stun_as_its_keep_alive_promises() -> None:
    transaction = bytes(range(12))
    request = struct.pack("!HHI12s", 1, 0, 0x2112A442, transaction)
    (send,) = Link().network.receive(request, UE, 0)
    kind, length, cookie, echoed = struct.unpack_from("!HHI12s", send.data)
    assert (kind, length, cookie, echoed) == (0x0101, 12, 0x2112A442, transaction)
    attribute, size, _, family, port, address = struct.unpack_from("!HHBBHI", send.data, 20)
    assert (attribute, size, family) == (0x0020, 8, 1)
    assert port ^ 0x2112 == 5060
    assert (address ^ 0x2112A442).to_bytes(4, "big") == bytes((192, 0, 2, 1))
    indication = struct.pack("!HHI12s", 0x0011, 0, 0x2112A442, transaction)
    assert Link().network.receive(indication, UE, 0) == []


# -- large requests --------------------------------------------------------------------------------


def large_portrait(link: Link) -> None:
    note = b"<note>" + b"x" * 1500 + b"</note>"
    body = PIDF.replace(b"</presence>", note + b"</presence>")
    target = f"/pidf-manipulation/users/{XUI}/perm-presence"
    response = link.xcap("PUT", target, "application/pidf+xml", body)
    assert response.status == 201


def test_notifier_sends_a_large_notify_by_tcp_and_by_udp_where_that_is_refused() -> None:
    link = Link()
    link.subscribe("presence")
    link.answers_notify = None
    large_portrait(link)
    by_tcp = link.sent[-1]
    assert by_tcp.destination == Peer("192.0.2.1", 5060, Transport.TCP)
    assert b"Via: SIP/2.0/TCP" in by_tcp.data
    link.deliver(link.network.failed(by_tcp, "refused", link.now))
    by_udp = link.sent[-1]
    assert by_udp.destination == UE
    assert b"Via: SIP/2.0/UDP" in by_udp.data
    notify = parse(by_udp.data)
    assert isinstance(notify, Request)
    link.answer(notify)
    link.xcap(
        "PUT",
        f"/pidf-manipulation/users/{XUI}/perm-presence",
        "application/pidf+xml",
        PERSON.replace(b"</presence>", b"<!--" + b"y" * 1500 + b"--></presence>"),
    )
    assert link.sent[-1].destination == UE


def test_notifier_falls_back_to_the_connection_of_a_peer_that_cannot_be_reached() -> None:
    link = Link()
    link.answers_notify = None
    via = "SIP/2.0/TCP 192.0.2.1:5070;branch=z9hG4bKtcp"
    data = raw_request(
        "SUBSCRIBE",
        AOR,
        f"Via: {via}",
        "Event: presence.winfo",
        "Contact: <sip:192.0.2.1:5070;transport=tcp>",
        "Expires: 600",
    )
    link.raw(data, TCP)
    notify = link.sent[-1]
    assert notify.destination == Peer("192.0.2.1", 5070, Transport.TCP)
    link.deliver(link.network.failed(notify, "refused", link.now))
    assert link.sent[-1].destination == TCP
    assert link.sent[-1].data != notify.data


# -- whatever comes --------------------------------------------------------------------------------

SEEDS = [
    raw_request("REGISTER", "sip:test-rcs.com", "Contact: <sip:192.0.2.1:5060>;expires=60"),
    raw_request("REGISTER", "sip:test-rcs.com", "Contact: *", "Expires: 0"),
    raw_request("SUBSCRIBE", AOR, "Event: presence.winfo", "Contact: <sip:192.0.2.1:5060>"),
    raw_request(
        "SUBSCRIBE",
        LIST_URI,
        "Event: presence",
        "Supported: eventlist",
        "Contact: <sip:192.0.2.1:5060>",
        "Record-Route: <sip:192.0.2.9;lr>",
    ),
    raw_request(
        "PUBLISH", AOR, "Event: presence", "Content-Type: application/pidf+xml", "Expires: 60"
    )
    + PIDF,
    raw_request("OPTIONS", AOR, "Require: foo"),
    b"\r\n".join(
        [
            b"SIP/2.0 200 OK",
            b"Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKnet1",
            b"CSeq: 1 NOTIFY",
            b"",
            b"",
        ]
    ),
]

_SPLICED = b'|\x00|\xff\xfe|<|>|"|;|,|@|\r\n| |%|*|sip:|tel:|-1|99999999999999999999|?a=b|[::1]'
SPLICES = st.sampled_from(_SPLICED.split(b"|"))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 12)))
        data[start:end] = draw(SPLICES | st.binary(max_size=6))
    return bytes(data)


SOURCES = st.sampled_from(
    [
        UE,
        TCP,
        Peer("2001:db8::1", 5060),
        Peer("192.0.2.1", 40001, Transport.TLS),
        Peer("192.0.2.1", 40002, Transport.HTTP),
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(mutated() | st.binary(max_size=200), SOURCES), min_size=1, max_size=8))
def test_network_survives_whatever_comes(messages: list[tuple[bytes, Peer]]) -> None:
    link = Link()
    link.answers_notify = None
    provision(link)
    for number, (data, source) in enumerate(messages):
        sends = link.network.receive(data, source, link.now)
        for send in sends[-1:]:
            link.network.failed(send, "refused", link.now)
        link.now += number * 37.0
        link.network.tick(link.now)
        deadline = link.network.next_deadline()
        assert deadline is None or deadline > link.now


def test_network_is_usable_after_a_flood() -> None:
    link = Link(profile())
    link.answers_notify = None
    for number in range(2000):
        link.network.receive(
            raw_request(
                "SUBSCRIBE",
                f"sip:u{number}@test-rcs.com",
                f"Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK{number}",
                f"Call-ID: {number}",
                "Event: presence",
                "Contact: <sip:192.0.2.1:5060>",
            ),
            UE,
            link.now,
        )
    link.advance(40)
    link.answers_notify = 200
    put = Link()
    provision(put)
    put_entry(put, BUDDY)
    assert link.register().status == 200
    assert link.subscribe().status == 200
