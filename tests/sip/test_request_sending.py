"""The Via, the transport and the destination of requests."""

from __future__ import annotations

import pytest

from harness.model import Peer, Transport
from harness.sip.message import Request, make_request, parse
from harness.sip.request_sending import SIZE_LIMIT, destination_of, make_via, prepare

UE = Peer("192.0.2.1", 5060)
NETWORK = Peer("192.0.2.2", 5060)


def request_of_size(size: int, via: str | None = None) -> Request:
    def make(padding: int) -> Request:
        return make_request(
            "PUBLISH",
            "sip:a@example.com",
            [
                ("Via", via or make_via(Transport.UDP, UE, "z9hG4bK1")),
                ("Max-Forwards", "70"),
                ("From", "<sip:a@example.com>;tag=1"),
                ("To", "<sip:a@example.com>"),
                ("Call-ID", "c"),
                ("CSeq", "1 PUBLISH"),
                ("Subject", "x" * padding),
            ],
        )

    return make(1 + size - len(make(1).raw))


def test_via_is_written_for_ipv4_and_ipv6() -> None:
    assert make_via(Transport.UDP, UE, "z9hG4bKa") == (
        "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport"
    )
    assert make_via(
        Transport.TCP, Peer("2001:db8::1", 5060), "z9hG4bKa", rport=False, extra=";keep"
    ) == ("SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKa;keep")


def test_request_of_1300_bytes_stays_on_udp_and_one_byte_more_goes_by_tcp() -> None:
    small, large = request_of_size(SIZE_LIMIT), request_of_size(SIZE_LIMIT + 1)

    by_udp = prepare(small, NETWORK, UE, path_mtu=None, prefer_udp=False)
    by_tcp = prepare(large, NETWORK, UE, path_mtu=None, prefer_udp=False)

    assert (by_udp.send.data, by_udp.send.destination, by_udp.fallback) == (
        small.raw,
        NETWORK,
        None,
    )
    assert by_tcp.send.destination == Peer("192.0.2.2", 5060, Transport.TCP)
    assert by_tcp.send.source == Peer("192.0.2.1", 5060, Transport.TCP)
    assert by_tcp.send.data == large.raw.replace(b"SIP/2.0/UDP 192", b"SIP/2.0/TCP 192")
    assert by_tcp.fallback is not None
    assert (by_tcp.fallback.data, by_tcp.fallback.destination) == (large.raw, NETWORK)


@pytest.mark.parametrize(("size", "transport"), [(1299, Transport.UDP), (1300, Transport.TCP)])
def test_known_path_mtu_keeps_200_bytes_free(size: int, transport: Transport) -> None:
    sending = prepare(request_of_size(size), NETWORK, UE, path_mtu=1500, prefer_udp=False)

    assert sending.send.destination.transport is transport


def test_large_request_stays_on_udp_where_the_caller_wants_it() -> None:
    sending = prepare(request_of_size(2000), NETWORK, UE, path_mtu=None, prefer_udp=True)

    assert (sending.send.destination, sending.fallback) == (NETWORK, None)


def test_via_names_the_transport_of_the_destination() -> None:
    destination = Peer("192.0.2.2", 5061, Transport.TLS)

    sending = prepare(request_of_size(500), destination, None, path_mtu=None, prefer_udp=False)

    assert parse(sending.send.data).vias[0].transport == "TLS"
    assert sending.fallback is None


def test_only_the_top_via_is_rewritten() -> None:
    request = request_of_size(
        1500, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK2"
    )

    sending = prepare(request, NETWORK, UE, path_mtu=None, prefer_udp=False)

    assert [via.transport for via in parse(sending.send.data).vias] == ["TCP", "UDP"]


@pytest.mark.parametrize(
    ("uri", "destination"),
    [
        ("sip:192.168.1.1:5060;transport=UDP", Peer("192.168.1.1", 5060)),
        ("sip:a@192.168.1.1", Peer("192.168.1.1", 5060)),
        ("sip:a@192.168.1.1;transport=tcp", Peer("192.168.1.1", 5060, Transport.TCP)),
        ("sips:a@192.168.1.1", Peer("192.168.1.1", 5061, Transport.TLS)),
        ("sip:[2001:db8::1]:5070;lr", Peer("2001:db8::1", 5070)),
        ("sip:a@example.com;maddr=192.0.2.9", Peer("192.0.2.9", 5060)),
        ("sip:a@example.com", None),
        ("sip:a@192.168.1.1;transport=sctp", None),
        ("tel:+1", None),
        ("", None),
    ],
)
def test_destination_is_read_from_the_uri(uri: str, destination: Peer | None) -> None:
    assert destination_of(uri) == destination
