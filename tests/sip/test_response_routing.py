"""Where responses go, and what is written into the Via of received requests."""

from __future__ import annotations

import pytest

from harness.model import Peer, Transport
from harness.sip.fields import parse_via
from harness.sip.message import Request, make_raw, make_response
from harness.sip.response_routing import (
    mark_received,
    next_response_destination,
    response_destination,
    sent_by,
    stateless_destination,
    top_via,
)

REST = [
    ("From", "<sip:a@example.com>;tag=1"),
    ("To", "<sip:b@example.com>"),
    ("Call-ID", "c"),
    ("CSeq", "1 OPTIONS"),
]


def request_with(*vias: str) -> Request:
    request = make_raw(
        "OPTIONS sip:b@example.com SIP/2.0", [*(("Via", via) for via in vias), *REST]
    )
    assert isinstance(request, Request)
    return request


def via_of(request: Request) -> str:
    return request.headers.rows("Via")[0].value


@pytest.mark.parametrize(
    ("via", "source", "marked"),
    [
        # RFC 3261 §18.2.1: nothing to add where sent-by is the source.
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=b", "192.0.2.1", "SIP/2.0/UDP 192.0.2.1:5060;branch=b"),
        # "If the host portion contains a domain name"
        (
            "SIP/2.0/UDP bobspc.biloxi.com:5060",
            "192.0.2.4",
            "SIP/2.0/UDP bobspc.biloxi.com:5060;received=192.0.2.4",
        ),
        # "or if it contains an IP address that differs"
        (
            "SIP/2.0/UDP 10.0.0.1;branch=b",
            "192.0.2.4",
            "SIP/2.0/UDP 10.0.0.1;branch=b;received=192.0.2.4",
        ),
        # RFC 3581 §4: both, "even if it is identical"
        (
            "SIP/2.0/UDP 192.0.2.4:4540;rport;branch=b",
            "192.0.2.4",
            "SIP/2.0/UDP 192.0.2.4:4540;rport=9988;branch=b;received=192.0.2.4",
        ),
        # a received of the client's own is not believed
        (
            "SIP/2.0/UDP 192.0.2.4;received=203.0.113.9;branch=b",
            "192.0.2.4",
            "SIP/2.0/UDP 192.0.2.4;received=192.0.2.4;branch=b",
        ),
        # IPv6, in another spelling
        (
            "SIP/2.0/UDP [2001:DB8:0::1]:5060;branch=b",
            "2001:db8::1",
            "SIP/2.0/UDP [2001:DB8:0::1]:5060;branch=b",
        ),
        (
            "SIP/2.0/UDP [2001:db8::1];rport",
            "2001:db8::2",
            "SIP/2.0/UDP [2001:db8::1];rport=9988;received=2001:db8::2",
        ),
        # a link-local source has a zone, which is ours alone
        ("SIP/2.0/UDP [fe80::1];branch=b", "fe80::1%eth0", "SIP/2.0/UDP [fe80::1];branch=b"),
        # a dual-stack socket shows IPv4 in IPv6 clothes
        ("SIP/2.0/UDP 192.0.2.1;branch=b", "::ffff:192.0.2.1", "SIP/2.0/UDP 192.0.2.1;branch=b"),
        # the case and the blanks of the client are kept
        (
            "SIP / 2.0 / udp ua.example ;branch=b",
            "192.0.2.4",
            "SIP / 2.0 / udp ua.example;branch=b;received=192.0.2.4",
        ),
    ],
)
def test_server_marks_the_top_via(via: str, source: str, marked: str) -> None:
    assert via_of(mark_received(request_with(via), Peer(source, 9988))) == marked


def test_server_marks_only_the_topmost_via_and_keeps_the_bytes_as_received() -> None:
    request = request_with("SIP/2.0/UDP a.example;rport, SIP/2.0/TCP b.example;rport")

    marked = mark_received(request, Peer("192.0.2.4", 7))

    assert marked.headers.values("Via") == (
        "SIP/2.0/UDP a.example;rport=7;received=192.0.2.4",
        "SIP/2.0/TCP b.example;rport",
    )
    assert marked.raw is request.raw
    assert make_response(marked, 200, to_tag="t").vias == marked.vias


@pytest.mark.parametrize("vias", [(), ("nonsense",), ("nonsense", "SIP/2.0/UDP a.example")])
def test_server_leaves_an_unreadable_via_alone(vias: tuple[str, ...]) -> None:
    request = request_with(*vias)

    assert mark_received(request, Peer("192.0.2.4", 7)) is request
    assert top_via(request) is None


@pytest.mark.parametrize(
    ("via", "destination"),
    [
        # RFC 3581 §4
        ("SIP/2.0/UDP 10.0.0.1:4540;rport", "192.0.2.4:9988"),
        # RFC 3261 §18.2.2: the port of sent-by, not the source port
        ("SIP/2.0/UDP 10.0.0.1:4540", "192.0.2.4:4540"),
        ("SIP/2.0/UDP 192.0.2.4:4540", "192.0.2.4:4540"),
        ("SIP/2.0/UDP 10.0.0.1", "192.0.2.4:5060"),
        ("SIP/2.0/UDP ua.example", "192.0.2.4:5060"),
        ("SIP/2.0/UDP 10.0.0.1:4540;rport;maddr=192.0.2.77", "192.0.2.77:4540"),
        ("SIP/2.0/UDP 10.0.0.1:4540;rport;maddr=not.an.address", "192.0.2.4:9988"),
        ("nonsense", "192.0.2.4:9988"),
    ],
)
def test_response_on_udp_goes_where_the_via_says(via: str, destination: str) -> None:
    source = Peer("192.0.2.4", 9988)
    marked = mark_received(request_with(via), source)

    assert str(response_destination(top_via(marked), source)) == destination


def test_response_on_udp_over_ipv6_is_symmetric() -> None:
    source = Peer("2001:db8::9", 9988)
    marked = mark_received(request_with("SIP/2.0/UDP [2001:db8::1]:5060;rport"), source)

    assert response_destination(top_via(marked), source) == source


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS])
def test_response_on_a_stream_goes_back_on_the_connection(transport: Transport) -> None:
    source = Peer("192.0.2.4", 40000, transport)
    name = transport.value.upper()
    marked = mark_received(request_with(f"SIP/2.0/{name} 10.0.0.1:5070;maddr=192.0.2.7"), source)

    assert response_destination(top_via(marked), source) == source
    # without connection: received with the port of sent-by, then sent-by itself, then nowhere
    second = next_response_destination(top_via(marked), source)
    assert second == Peer("192.0.2.4", 5070, transport)
    third = next_response_destination(top_via(marked), second)
    assert third == Peer("10.0.0.1", 5070, transport)
    assert next_response_destination(top_via(marked), third) is None


@pytest.mark.parametrize(
    ("via", "failed", "then"),
    [
        (
            "SIP/2.0/UDP 10.0.0.1:5070;received=192.0.2.4;rport=9",
            Peer("192.0.2.4", 9),
            Peer("10.0.0.1", 5070),
        ),
        ("SIP/2.0/UDP 10.0.0.1", Peer("10.0.0.1", 5060), None),
        ("SIP/2.0/UDP ua.example;received=192.0.2.4;rport=9", Peer("192.0.2.4", 9), None),
        (
            "SIP/2.0/TLS 10.0.0.1",
            Peer("10.0.0.1", 33333, Transport.TLS),
            Peer("10.0.0.1", 5061, Transport.TLS),
        ),
    ],
)
def test_response_that_failed_goes_to_a_numeric_sent_by(
    via: str, failed: Peer, then: Peer | None
) -> None:
    assert next_response_destination(parse_via(via), failed) == then


@pytest.mark.parametrize(
    ("via", "destination"),
    [
        ("SIP/2.0/UDP ua.example;received=192.0.2.4;rport=9", Peer("192.0.2.4", 9)),
        ("SIP/2.0/UDP 192.0.2.4", Peer("192.0.2.4", 5060)),
        ("SIP/2.0/TCP 192.0.2.4:1;rport=2", Peer("192.0.2.4", 2, Transport.TCP)),
        ("SIP/2.0/TLS [2001:db8::1]", Peer("2001:db8::1", 5061, Transport.TLS)),
        ("SIP/2.0/UDP ua.example", None),
        ("SIP/2.0/SCTP 192.0.2.4", None),
    ],
)
def test_response_without_state_follows_the_via_alone(via: str, destination: Peer | None) -> None:
    assert stateless_destination(parse_via(via)) == destination


def test_sent_by_compares_host_without_case_and_port_with_its_default() -> None:
    assert sent_by(parse_via("SIP/2.0/UDP UA.example")) == ("ua.example", 5060)
    assert sent_by(parse_via("SIP/2.0/TLS ua.Example")) == ("ua.example", 5061)
    assert sent_by(parse_via("SIP/2.0/UDP [2001:DB8::0:1]:5")) == ("2001:db8::1", 5)
