"""What the UE answers to requests (RFC 3261 §8.2, §11.2)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Peer, Transport
from harness.sip.message import parse

from .network_double import IDENTITY, P_CSCF, XDMS, NetworkDouble


@pytest.fixture
def double() -> NetworkDouble:
    return NetworkDouble().start()


def test_ue_answers_options_with_what_it_can(double: NetworkDouble) -> None:
    answer = double.ask(double.request("OPTIONS"))
    assert answer.status == 200
    assert answer.malformed == ()
    for name in ("Allow", "Accept", "Accept-Encoding", "Accept-Language", "Supported"):
        assert name in answer.headers
    assert answer.headers.get("Accept-Contact") is None
    assert answer.to is not None
    assert answer.to.tag
    register = double.requests("REGISTER")[0]
    tags = dict(register.contacts[0].params.items())
    del tags["+sip.instance"]
    assert dict(answer.contacts[0].params.items()) == tags


def test_documented_ue_answers_options_as_the_page_shows() -> None:
    answer = NetworkDouble(persona="documented").start().ask(NetworkDouble().request("OPTIONS"))
    assert " ".join(row.written for row in answer.headers) == (
        "Via From To CSeq Call-ID Contact Accept-Contact Allow Server Content-Length"
    )


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("OPTIONS", 200),
        ("MESSAGE", 200),
        ("INVITE", 488),
        ("REFER", 603),
        ("BYE", 481),
        ("UPDATE", 481),
        ("CANCEL", 481),
        ("NOTIFY", 481),
    ],
)
def test_ue_answers_every_method_that_it_allows(
    double: NetworkDouble, method: str, status: int
) -> None:
    assert double.ask(double.request(method)).status == status


@pytest.mark.parametrize("method", ["INFO", "SUBSCRIBE", "PUBLISH", "FOO", "REGISTER", "options"])
def test_ue_names_what_it_allows_where_a_method_is_not(double: NetworkDouble, method: str) -> None:
    answer = double.ask(double.request(method))
    assert answer.status == 405
    assert "NOTIFY" in answer.allow


def test_ue_does_not_answer_an_ack(double: NetworkDouble) -> None:
    before = len(double.sends)
    double.hear(double.request("ACK").raw)
    assert len(double.sends) == before


def test_ue_refuses_an_extension_that_it_does_not_know(double: NetworkDouble) -> None:
    answer = double.ask(double.request("OPTIONS", ("Require", "eventlist, foo, bar")))
    assert answer.status == 420
    assert answer.headers.values("Unsupported") == ("foo", "bar")


def test_ue_minds_no_require_in_cancel(double: NetworkDouble) -> None:
    assert double.ask(double.request("CANCEL", ("Require", "foo"))).status == 481


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        ("tel:+339012341234", 416),
        ("urn:service:sos", 416),
        ("sip:somebody@192.0.2.77", 404),
        (IDENTITY, 200),
        ("sip:+339012341234@192.0.2.1:5060", 200),
        ("sip:192.0.2.1:5060;transport=UDP", 200),
    ],
)
def test_ue_takes_requests_for_its_own_addresses(
    double: NetworkDouble, uri: str, status: int
) -> None:
    assert double.ask(double.request("OPTIONS", uri=uri)).status == status


def test_ue_refuses_another_version_of_sip(double: NetworkDouble) -> None:
    answer = double.ask(double.request("OPTIONS", version="SIP/3.0"))
    assert answer.status == 505
    assert answer.raw.startswith(b"SIP/2.0 505 ")


def test_ue_refuses_a_message_of_a_type_that_it_cannot_show(double: NetworkDouble) -> None:
    wrong = double.request("MESSAGE", ("Content-Type", "application/x-secret"), body=b"?")
    answer = double.ask(wrong)
    assert answer.status == 415
    assert answer.headers.values("Accept") == ("text/plain",)
    text = double.request("MESSAGE", ("Content-Type", "Text/Plain;charset=utf-8"), body=b"hi")
    assert double.ask(text).status == 200


def test_ue_refuses_a_compressed_notification(double: NetworkDouble) -> None:
    notify = double.notify("presence").raw
    packed = notify.replace(b"Event:", b"Content-Encoding: gzip\r\nEvent:")
    double.hear(packed)
    answer = double.responses("NOTIFY")[-1]
    assert answer.status == 415
    assert answer.headers.values("Accept-Encoding") == ("identity",)


def test_ue_answers_481_to_a_request_in_a_dialog_that_it_does_not_have(
    double: NetworkDouble,
) -> None:
    assert double.ask(double.request("OPTIONS", to=f"<{IDENTITY}>;tag=x")).status == 481


def test_ue_answers_options_inside_a_dialog(double: NetworkDouble) -> None:
    notify = double.notify("presence")
    fields = {name: notify.headers.get(name, "") for name in ("From", "To", "Call-ID")}
    request = double.request(
        "OPTIONS", from_=fields["From"], to=fields["To"], call_id=fields["Call-ID"]
    )
    assert double.ask(request).status == 200


@pytest.mark.parametrize(
    "broken",
    [
        {"from_": "<sip:a@b"},
        {"cseq": "x OPTIONS"},
        {"cseq": "1 NOTIFY"},
        {"to": ""},
    ],
)
def test_ue_answers_400_to_what_it_cannot_read(
    double: NetworkDouble, broken: dict[str, str]
) -> None:
    assert double.ask(double.request("OPTIONS", body=b"", **broken)).status == 400


def test_ue_answers_400_to_a_body_that_is_cut_short(double: NetworkDouble) -> None:
    request = double.request("MESSAGE", ("Content-Type", "text/plain"), body=b"hello")
    double.hear(request.raw[:-3])
    assert double.responses("MESSAGE")[-1].status == 400


def test_ue_reads_compact_names_folding_and_leading_zeros(double: NetworkDouble) -> None:
    raw = (
        "OPTIONS sip:192.0.2.1:5060 SIP/2.0\r\n"
        "v: SIP/2.0/UDP 192.0.2.2:5060\r\n ;branch=z9hG4bKfold\r\n"
        f"f: <sip:a@b.example>;tag=1\r\nt: <{IDENTITY}>\r\n"
        "i: compact\r\nCSeq: 0009 OPTIONS\r\nMax-Forwards: 5\r\nl: 0\r\n\r\n"
    )
    double.hear(raw.encode())
    assert double.responses("OPTIONS")[-1].status == 200


def test_ue_answers_where_the_request_came_from(double: NetworkDouble) -> None:
    nat = Peer("192.0.2.2", 33333, Transport.UDP)
    double.hear(double.request("OPTIONS").raw, nat)
    assert double.sends[-1].destination == nat
    tcp = Peer("192.0.2.2", 44444, Transport.TCP)
    double.hear(double.request("OPTIONS").raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"), tcp)
    assert double.sends[-1].destination == tcp


@pytest.mark.parametrize(
    "data", [b"", b"\r\n\r\n", b"\x00" * 8, b"\x01\x01\x00\x00\x21\x12\xa4\x42" + b"x" * 12]
)
def test_ue_ignores_keepalives(double: NetworkDouble, data: bytes) -> None:
    assert double.ue.receive(data, P_CSCF, double.now) == []


def test_ue_ignores_a_response_to_nothing(double: NetworkDouble) -> None:
    answer = double.ask(double.request("OPTIONS"))
    before = len(double.sends)
    double.hear(answer.raw)
    double.hear(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", XDMS)
    assert len(double.sends) == before


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_ue_survives_damaged_messages(data: st.DataObject) -> None:
    double = NetworkDouble().start()
    sources = [
        double.request("OPTIONS").raw,
        double.notify("presence").raw,
        double.winfo(3, ("sip:a@b.example", "pending")).raw,
        double.responses("NOTIFY")[0].raw,
    ]
    raw = bytearray(data.draw(st.sampled_from(sources)))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    for send in double.ue.receive(bytes(raw), P_CSCF, double.now):
        parse(send.data)
    assert double.ue.next_deadline() is not None


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_ue_survives_any_http_response(data: bytes) -> None:
    double = NetworkDouble()
    double.silent = True
    double.start()
    double.silent = False
    double.respond(double.requests("REGISTER")[0], 200, [("Expires", "600")])
    double.silent = True
    double.play()
    double.hear(data, XDMS)
    double.hear(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" + data[:3], XDMS)
