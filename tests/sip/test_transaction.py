"""Transactions as conversations: a script of messages and a clock that jumps."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from harness.model import Peer, Send, Transport
from harness.sip.message import Request, Response, make_raw, make_request, make_response, parse
from harness.sip.request_sending import make_via
from harness.sip.transaction import Kind, Received, Timers, TransactionError, TransactionLayer

UE = Peer("192.0.2.1", 5060)
NETWORK = Peer("192.0.2.2", 5060)
UE_TCP = Peer("192.0.2.1", 40000, Transport.TCP)
NETWORK_TCP = Peer("192.0.2.2", 5060, Transport.TCP)

branches = (f"z9hG4bK{number}" for number in itertools.count())


def make(
    method: str = "OPTIONS",
    *,
    transport: Transport = Transport.UDP,
    via: str | None = None,
    cseq: int = 1,
    padding: int = 0,
) -> Request:
    return make_request(
        method,
        "sip:bob@example.com",
        [
            ("Via", via or make_via(transport, UE, next(branches))),
            ("Max-Forwards", "70"),
            ("From", "<sip:alice@example.com>;tag=a"),
            ("To", "<sip:bob@example.com>"),
            ("Call-ID", "call"),
            ("CSeq", f"{cseq} {method}"),
            ("Subject", "x" * (padding + 1)),
        ],
    )


def arrive(layer: TransactionLayer, send: Send | bytes, now: float, source: Peer = UE) -> Received:
    return layer.receive(parse(send.data if isinstance(send, Send) else send), source, now)


def requested(
    layer: TransactionLayer, send: Send | bytes, now: float, source: Peer = UE
) -> Request:
    """The new request that arrives."""
    received = arrive(layer, send, now, source)
    assert received.kind == Kind.REQUEST
    assert isinstance(received.message, Request)
    return received.message


def the_only(sends: list[Send]) -> Send:
    (send,) = sends
    return send


def run_timers(layer: TransactionLayer, until: float) -> Iterator[tuple[float, list[Send], int]]:
    """Jump from deadline to deadline: (time, what is sent, number of failures)."""
    while (deadline := layer.next_deadline()) is not None and deadline <= until:
        outcome = layer.tick(deadline)
        yield deadline, outcome.sends, len(outcome.failures)


def answer_to(send: Send | bytes, status: int = 200) -> bytes:
    request = parse(send.data if isinstance(send, Send) else send)
    assert isinstance(request, Request)
    return make_response(request, status, to_tag="b" if status > 100 else None).raw


# -- the client side ------------------------------------------------------------------------


def test_client_repeats_an_unanswered_request_as_timer_e_says_and_gives_up_at_timer_f() -> None:
    layer, request = TransactionLayer(), make()
    first = the_only(layer.send_request(request, NETWORK, 100.0))
    assert (first.data, first.destination) == (request.raw, NETWORK)

    events = list(run_timers(layer, until=200.0))

    # RFC 3261 §17.1.2.2: "intervals of 500 ms, 1 s, 2 s, 4 s, 4 s, 4 s, etc."
    times = [time - 100.0 for time, sends, _ in events if sends]
    assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert all(sends == [first] for _, sends, _ in events if sends)
    assert events[-1] == (132.0, [], 1)
    assert (len(layer), layer.next_deadline()) == (0, None)


def test_client_timeout_counts_as_408_and_names_the_request() -> None:
    layer, request = TransactionLayer(), make()
    layer.send_request(request, NETWORK, 0.0)

    (failure,) = layer.tick(32.0).failures

    assert failure.request is request
    assert (failure.status, failure.is_client) == (408, True)


def test_client_does_not_repeat_a_request_that_times_out_in_the_same_tick() -> None:
    layer = TransactionLayer()
    layer.send_request(make(), NETWORK, 0.0)

    outcome = layer.tick(1000.0)

    assert outcome.sends == []
    assert len(outcome.failures) == 1


def test_client_keeps_repeating_every_t2_after_a_provisional_response() -> None:
    layer = TransactionLayer()
    send = the_only(layer.send_request(make(), NETWORK, 0.0))

    received = arrive(layer, answer_to(send, 100), 0.2, NETWORK)
    assert received.kind == Kind.RESPONSE
    again = arrive(layer, answer_to(send, 100), 0.3, NETWORK)
    assert again.kind == Kind.RESPONSE
    times = [(time, failures) for time, _, failures in run_timers(layer, until=100.0)]

    # Timer E runs out as it was set, then "MUST be reset with a value of T2 seconds".
    assert [time for time, _ in times[:-1]] == [0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert times[-1] == (32.0, 1)


def test_client_gets_one_final_response_and_absorbs_its_repetitions_until_timer_k() -> None:
    layer, request = TransactionLayer(), make()
    send = the_only(layer.send_request(request, NETWORK, 0.0))
    answer = answer_to(send)

    first = arrive(layer, answer, 1.0, NETWORK)
    assert (first.kind, first.request) == (Kind.RESPONSE, request)
    assert first.request is request
    assert layer.next_deadline() == 6.0
    assert arrive(layer, answer, 5.9, NETWORK).kind == Kind.RETRANSMISSION
    assert arrive(layer, answer_to(send, 100), 5.9, NETWORK).kind == Kind.RETRANSMISSION
    assert layer.tick(6.0) == ([], [])
    assert arrive(layer, answer, 6.1, NETWORK).kind == Kind.STRAY
    assert len(layer) == 0


def test_client_on_tcp_never_repeats_and_ends_with_the_final_response() -> None:
    layer = TransactionLayer()
    send = the_only(layer.send_request(make(transport=Transport.TCP), NETWORK_TCP, 0.0))
    assert layer.next_deadline() == 32.0

    assert arrive(layer, answer_to(send), 1.0, NETWORK_TCP).kind == Kind.RESPONSE
    assert (len(layer), layer.next_deadline()) == (0, None)
    assert arrive(layer, answer_to(send), 1.0, NETWORK_TCP).kind == Kind.STRAY


def test_client_on_tcp_times_out_all_the_same() -> None:
    layer = TransactionLayer()
    layer.send_request(make(transport=Transport.TCP), NETWORK_TCP, 0.0)

    assert [(time, sends, count) for time, sends, count in run_timers(layer, 99.0)] == [
        (32.0, [], 1)
    ]


def test_client_is_told_of_a_transport_error_as_503() -> None:
    layer, request = TransactionLayer(), make()
    send = the_only(layer.send_request(request, NETWORK, 0.0))

    sends, failures = layer.failed(send, "port unreachable", 0.1)

    assert sends == []
    assert [(item.request, item.status, item.reason) for item in failures] == [
        (request, 503, "port unreachable")
    ]
    assert len(layer) == 0


def test_client_ignores_a_transport_error_after_the_final_response() -> None:
    layer = TransactionLayer()
    send = the_only(layer.send_request(make(), NETWORK, 0.0))
    arrive(layer, answer_to(send), 0.1, NETWORK)

    assert layer.failed(send, "port unreachable", 0.2) == ([], [])
    assert layer.failed(Send(b"no SIP at all", NETWORK), "gone", 0.3) == ([], [])


def test_client_tells_two_requests_in_the_air_apart_by_branch_and_method() -> None:
    layer = TransactionLayer()
    via = make_via(Transport.UDP, UE, "z9hG4bKshared")
    invite, cancel = make("INVITE", via=via), make("CANCEL", via=via)
    for request in (invite, cancel):
        layer.send_request(request, NETWORK, 0.0)

    assert arrive(layer, answer_to(cancel.raw), 0.1, NETWORK).request is cancel
    assert arrive(layer, answer_to(invite.raw, 486), 0.1, NETWORK).request is invite


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b"branch=z9hG4bK", b"branch=z9hG4bKother"),
        (b"192.0.2.1:5060", b"192.0.2.9:5060"),  # §18.1.2: a sent-by that is not ours
        (b"192.0.2.1:5060", b"192.0.2.1:5061"),
        (b"Via: ", b"Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\nVia: "),
        (b"Via: ", b"X: "),
        (b"CSeq: 1 OPTIONS", b"CSeq: 1 PUBLISH"),
        (b"CSeq: 1 OPTIONS", b"CSeq: OPTIONS"),
        (b"Content-Length: 0", b"Content-Length: 9"),  # §18.3: cut short
    ],
)
def test_client_takes_no_response_that_is_not_for_it(written: bytes, instead: bytes) -> None:
    layer = TransactionLayer()
    send = the_only(layer.send_request(make(), NETWORK, 0.0))
    answer = answer_to(send)
    assert written in answer

    assert arrive(layer, answer.replace(written, instead), 0.1, NETWORK).kind == Kind.STRAY
    assert arrive(layer, answer, 0.1, NETWORK).kind == Kind.RESPONSE


def test_client_takes_a_response_whose_second_via_stands_behind_ours() -> None:
    layer = TransactionLayer()
    via = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKtop, SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKas"
    send = the_only(layer.send_request(make(via=via), NETWORK, 0.0))

    assert arrive(layer, answer_to(send), 0.1, NETWORK).kind == Kind.RESPONSE


def test_client_refuses_to_use_a_branch_twice_or_none() -> None:
    layer, request = TransactionLayer(), make()
    layer.send_request(request, NETWORK, 0.0)

    with pytest.raises(TransactionError, match="again"):
        layer.send_request(request, NETWORK, 0.0)
    bare = make_raw("OPTIONS sip:b SIP/2.0", [("Via", "SIP/2.0/UDP 192.0.2.1")])
    assert isinstance(bare, Request)
    with pytest.raises(TransactionError, match="no branch"):
        layer.send_request(bare, NETWORK, 0.0)


def test_client_sends_an_ack_and_waits_for_nothing() -> None:
    layer = TransactionLayer()

    assert len(layer.send_request(make("ACK"), NETWORK, 0.0)) == 1
    assert (len(layer), layer.next_deadline()) == (0, None)


# -- the size of requests (RFC 3261 §18.1.1) ------------------------------------------------


def test_large_request_goes_by_tcp_and_is_answered_there() -> None:
    layer, request = TransactionLayer(), make("PUBLISH", padding=1300)
    send = the_only(layer.send_request(request, NETWORK, 0.0, source=UE))

    assert send.destination == NETWORK_TCP
    assert parse(send.data).vias[0].transport == "TCP"
    assert layer.next_deadline() == 32.0  # no Timer E on a stream
    received = arrive(layer, answer_to(send), 0.1, NETWORK_TCP)
    assert received.kind == Kind.RESPONSE
    assert received.request is request


def test_large_request_falls_back_to_udp_where_tcp_is_refused() -> None:
    layer, request = TransactionLayer(), make("PUBLISH", padding=1300)
    by_tcp = the_only(layer.send_request(request, NETWORK, 0.0))

    sends, failures = layer.failed(by_tcp, "connection refused", 1.0)

    assert failures == []
    by_udp = the_only(sends)
    assert (by_udp.data, by_udp.destination) == (request.raw, NETWORK)
    assert [time for time, sends, _ in run_timers(layer, 4.0) if sends] == [1.5, 2.5]
    assert arrive(layer, answer_to(by_udp), 4.0, NETWORK).request is request


def test_large_request_that_fails_on_udp_too_is_a_failure() -> None:
    layer = TransactionLayer()
    by_tcp = the_only(layer.send_request(make(padding=1300), NETWORK, 0.0))
    by_udp = the_only(layer.failed(by_tcp, "connection refused", 1.0).sends)

    assert layer.failed(by_tcp, "reported twice", 1.1) == ([], [])
    assert [item.status for item in layer.failed(by_udp, "unreachable", 1.2).failures] == [503]


def test_large_request_stays_on_udp_where_told_so() -> None:
    layer = TransactionLayer()

    send = the_only(layer.send_request(make(padding=1300), NETWORK, 0.0, prefer_udp=True))

    assert send.destination == NETWORK


# -- the server side ------------------------------------------------------------------------


def test_server_discards_a_repeated_request_while_the_tu_thinks() -> None:
    layer, request = TransactionLayer(), make()
    requested(layer, request.raw, 0.0)

    again = arrive(layer, request.raw, 0.5)

    assert (again.kind, again.sends) == (Kind.RETRANSMISSION, [])


def test_server_repeats_the_same_bytes_for_a_repeated_request_until_timer_j() -> None:
    layer, raw = TransactionLayer(), make().raw
    request = requested(layer, raw, 0.0)
    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 1.0))
    assert sent.destination == UE

    for now in (1.5, 2.5, 32.9):
        again = arrive(layer, raw, now)
        assert (again.kind, again.sends) == (Kind.RETRANSMISSION, [sent])
    assert layer.next_deadline() == 33.0
    assert layer.tick(33.0) == ([], [])
    assert len(layer) == 0
    assert arrive(layer, raw, 33.1).kind == Kind.REQUEST


def test_server_repeats_the_latest_provisional_response() -> None:
    layer, raw = TransactionLayer(), make().raw
    request = requested(layer, raw, 0.0)
    layer.send_response(make_response(request, 100), 1.0)
    second = the_only(layer.send_response(make_response(request, 183, "Busy yet", to_tag="b"), 2.0))

    assert arrive(layer, raw, 2.5).sends == [second]
    final = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 3.0))
    assert arrive(layer, raw, 3.5).sends == [final]


def test_server_discards_what_the_tu_says_after_a_final_response() -> None:
    layer, raw = TransactionLayer(), make().raw
    request = requested(layer, raw, 0.0)
    final = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 1.0))

    assert layer.send_response(make_response(request, 500, to_tag="b"), 2.0) == []
    assert layer.send_response(make_response(request, 100), 2.0) == []
    assert arrive(layer, raw, 2.5).sends == [final]


def test_server_on_tcp_ends_with_the_final_response() -> None:
    layer, raw = TransactionLayer(), make(transport=Transport.TCP).raw
    request = requested(layer, raw, 0.0, UE_TCP)

    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 1.0))

    assert sent.destination == UE_TCP
    assert (len(layer), layer.next_deadline()) == (0, None)


def test_server_answers_from_the_address_that_the_request_came_to() -> None:
    layer, raw = TransactionLayer(), make().raw
    request = layer.receive(parse(raw), UE, 0.0, local=NETWORK).message
    assert isinstance(request, Request)

    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 0.1))

    assert sent.source == NETWORK
    assert arrive(layer, raw, 0.5).sends == [sent]


@pytest.mark.parametrize(
    ("via", "destination"),
    [
        ("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx;rport", "192.0.2.1:61000"),
        ("SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx", "192.0.2.1:5070"),
    ],
)
def test_server_answers_through_a_nat_as_the_via_asks(via: str, destination: str) -> None:
    layer = TransactionLayer()
    request = requested(layer, make(via=via).raw, 0.0, Peer("192.0.2.1", 61000))

    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 0.1))

    assert str(sent.destination) == destination
    mirrored = parse(sent.data).vias[0]
    assert mirrored.received == "192.0.2.1"
    assert mirrored.rport == (61000 if "rport" in via else None)


def test_server_answers_ipv6_symmetrically() -> None:
    layer = TransactionLayer()
    source = Peer("2001:db8::7", 33000)
    via = "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKx;rport"
    request = requested(layer, make(via=via).raw, 0.0, source)

    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 0.1))

    assert sent.destination == source
    assert parse(sent.data).malformed == ()


def test_server_opens_a_connection_where_the_one_of_the_request_is_gone() -> None:
    layer = TransactionLayer()
    via = "SIP/2.0/TCP 10.0.0.1:5070;branch=z9hG4bKx"
    request = requested(layer, make(via=via).raw, 0.0, UE_TCP)
    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 1.0))

    second = the_only(layer.failed(sent, "connection reset", 1.1).sends)
    assert second == Send(sent.data, Peer("192.0.2.1", 5070, Transport.TCP))
    third = the_only(layer.failed(second, "connection refused", 1.2).sends)
    assert third.destination == Peer("10.0.0.1", 5070, Transport.TCP)
    assert layer.failed(third, "connection refused", 1.3) == ([], [])


def test_server_tells_the_tu_of_a_response_that_cannot_be_delivered() -> None:
    layer, raw = TransactionLayer(), make().raw
    request = requested(layer, raw, 0.0)
    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 1.0))

    sends, failures = layer.failed(sent, "port unreachable", 1.1)

    assert sends == []
    (failure,) = failures
    assert (failure.request, failure.status, failure.is_client) == (request, 503, False)
    assert len(layer) == 0


def test_server_tries_a_numeric_sent_by_after_a_failure_on_udp() -> None:
    layer = TransactionLayer()
    via = "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKx;rport"
    raw = make(via=via).raw
    request = requested(layer, raw, 0.0, Peer("192.0.2.1", 61000))
    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 1.0))

    second = the_only(layer.failed(sent, "port unreachable", 1.1).sends)

    assert second.destination == Peer("10.0.0.1", 5070)
    assert arrive(layer, raw, 1.5, Peer("192.0.2.1", 61000)).sends == [second]
    assert layer.failed(sent, "reported twice", 1.2) == ([], [])


def test_server_sends_a_late_response_by_its_via_alone() -> None:
    layer = TransactionLayer()
    request = requested(TransactionLayer(), make().raw, 0.0)

    assert the_only(layer.send_response(make_response(request, 200, to_tag="b"), 90.0)) == Send(
        make_response(request, 200, to_tag="b").raw, UE
    )


def test_server_finds_the_transaction_of_a_response_that_mirrors_falsely_on_purpose() -> None:
    layer, raw = TransactionLayer(), make().raw
    request = requested(layer, raw, 0.0)
    broken = make_raw("SIP/2.0 200 OK", [("Call-ID", "another")])
    assert isinstance(broken, Response)

    with pytest.raises(TransactionError):
        layer.send_response(broken, 0.1)
    sent = the_only(layer.send_response(broken, 0.1, request=request))

    assert sent == Send(broken.raw, UE)
    assert arrive(layer, raw, 0.5).sends == [sent]


# -- which request is a repetition (RFC 3261 §17.2.3) ---------------------------------------


@pytest.mark.parametrize(
    ("written", "instead", "kind"),
    [
        ("", "", Kind.RETRANSMISSION),
        ("branch=z9hG4bKm", "branch=Z9HG4BKM", Kind.RETRANSMISSION),
        ("192.0.2.1:5060", "192.0.2.1", Kind.RETRANSMISSION),
        ("Call-ID: call", "Call-ID: other", Kind.RETRANSMISSION),  # the branch alone counts
        ("branch=z9hG4bKm", "branch=z9hG4bKn", Kind.REQUEST),
        ("192.0.2.1:5060", "192.0.2.1:5061", Kind.REQUEST),
        ("192.0.2.1:5060", "192.0.2.9:5060", Kind.REQUEST),
        ("OPTIONS", "PUBLISH", Kind.REQUEST),
    ],
)
def test_server_matches_branch_sent_by_and_method(written: str, instead: str, kind: Kind) -> None:
    layer = TransactionLayer()
    raw = make(via="SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKm").raw
    requested(layer, raw, 0.0)

    again = raw.decode().replace(written, instead) if written else raw.decode()

    assert arrive(layer, again.encode(), 0.1).kind == kind


@pytest.mark.parametrize("branch", ["", ";branch=1", ";branch=z9hG4bK"])
@pytest.mark.parametrize(
    ("written", "instead", "kind"),
    [
        ("", "", Kind.RETRANSMISSION),
        ("Subject: x", "Subject: y", Kind.RETRANSMISSION),
        ("sip:bob@example.com SIP", "sip:b@example.com SIP", Kind.REQUEST),
        ("tag=a", "tag=z", Kind.REQUEST),
        ("Call-ID: call", "Call-ID: other", Kind.REQUEST),
        ("CSeq: 1", "CSeq: 2", Kind.REQUEST),
        ("To: <sip:bob@example.com>", "To: <sip:bob@example.com>;tag=b", Kind.REQUEST),
        ("192.0.2.1", "192.0.2.3", Kind.REQUEST),
    ],
)
def test_server_matches_rfc2543_requests_by_all_that_makes_them(
    branch: str, written: str, instead: str, kind: Kind
) -> None:
    layer = TransactionLayer()
    raw = (
        f"OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1{branch}\r\n"
        "From: <sip:alice@example.com>;tag=a\r\nTo: <sip:bob@example.com>\r\n"
        "Call-ID: call\r\nCSeq: 1 OPTIONS\r\nSubject: x\r\nContent-Length: 0\r\n\r\n"
    )
    request = requested(layer, raw.encode(), 0.0)
    sent = the_only(layer.send_response(make_response(request, 200, to_tag="b"), 0.1))

    again = raw.replace(written, instead) if written else raw
    received = arrive(layer, again.encode(), 0.2)

    assert received.kind == kind
    assert received.sends == ([sent] if kind == Kind.RETRANSMISSION else [])


# -- INVITE, ACK, CANCEL and rubbish --------------------------------------------------------


def test_invite_is_answered_once_and_its_ack_goes_to_nobody() -> None:
    layer, raw = TransactionLayer(), make("INVITE", via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKi").raw
    invite = requested(layer, raw, 0.0)
    sent = the_only(layer.send_response(make_response(invite, 486, to_tag="b"), 0.1))
    assert arrive(layer, raw, 0.5).sends == [sent]

    ack = make("ACK", via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKi").raw
    received = arrive(layer, ack, 0.6)

    assert (received.kind, received.sends) == (Kind.STRAY, [])


def test_cancel_is_a_request_of_its_own() -> None:
    layer = TransactionLayer()
    via = "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKi"
    requested(layer, make("INVITE", via=via).raw, 0.0)

    cancel = requested(layer, make("CANCEL", via=via).raw, 0.1)

    assert len(layer.send_response(make_response(cancel, 481, to_tag="b"), 0.2)) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff",
        b"nonsense\r\n\r\n",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: x\r\nCSeq: y\r\n\r\n",
        b"ACK sip:b SIP/2.0\r\n\r\n",
    ],
)
def test_rubbish_is_a_stray(raw: bytes) -> None:
    received = arrive(TransactionLayer(), raw, 0.0)

    assert (received.kind, received.sends) == (Kind.STRAY, [])


def test_request_without_via_can_be_refused_where_it_came_from() -> None:
    layer = TransactionLayer()
    raw = b"OPTIONS sip:b SIP/2.0\r\nCall-ID: c\r\n\r\n"
    request = requested(layer, raw, 0.0)
    refusal = make_raw("SIP/2.0 400 No Via", [("Call-ID", "c"), ("Content-Length", "0")])
    assert isinstance(refusal, Response)

    sent = the_only(layer.send_response(refusal, 0.1))

    assert sent.destination == UE
    assert arrive(layer, raw, 0.2).sends == [sent]
    assert arrive(layer, raw, 0.2, Peer("192.0.2.77", 5060)).kind == Kind.REQUEST
    assert request.headers.get("Call-ID") == "c"


# -- bounds ---------------------------------------------------------------------------------


def test_layer_gives_up_its_oldest_server_transaction_when_full() -> None:
    layer = TransactionLayer(limit=2)
    raws = [make().raw for _ in range(3)]
    for raw in raws:
        requested(layer, raw, 0.0)

    assert len(layer) == 2
    assert arrive(layer, raws[2], 0.1).kind == Kind.RETRANSMISSION
    assert arrive(layer, raws[0], 0.1).kind == Kind.REQUEST


def test_layer_tells_of_the_request_that_it_gave_up_when_full() -> None:
    layer = TransactionLayer(limit=2)
    requests = [make() for _ in range(3)]
    for request in requests:
        layer.send_request(request, NETWORK, 0.0)

    (failure,) = layer.tick(0.0).failures

    assert failure.request is requests[0]
    assert failure.status == 503
    assert len(layer) == 2


def test_timers_can_be_those_of_an_ims_network() -> None:
    layer = TransactionLayer(Timers(t1=2.0, t2=16.0, t4=17.0))
    layer.send_request(make(), NETWORK, 0.0)

    times = [time for time, _, _ in run_timers(layer, 200.0)]

    assert times == [2.0, 6.0, 14.0, 30.0, 46.0, 62.0, 78.0, 94.0, 110.0, 126.0, 128.0]
