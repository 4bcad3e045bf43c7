"""Who is a UE, and whose message an entry is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.checks.judge import Judge, Judged
from harness.checks.recognition import split_address
from harness.config import load_profile
from harness.model import Peer, Transport
from harness.sip.message import parse
from harness.trace import Trace
from tests.checks.conversation import answer, message

IETF = load_profile("ietf")


@dataclass
class Wire:
    """A trace that is judged as it grows."""

    judge: Judge
    trace: Trace
    judged: list[Judged]

    def pass_on(
        self, raw: bytes, source: Peer, destination: Peer, connection: str = ""
    ) -> tuple[Judged, ...]:
        time = float(len(self.trace))
        entry = self.trace.append(raw, source, destination, time, connection=connection)
        found = self.judge.feed(entry)
        self.judged += found
        return found

    @property
    def addresses(self) -> list[str]:
        return [session.address for session in self.judge.sessions]


def wire(*ues: str) -> Wire:
    return Wire(Judge(IETF, ues=ues), Trace(), [])


def sip(
    method: str,
    source: Peer,
    user: str = "alice",
    *,
    call: str = "c",
    vias: int = 1,
    contact: str | None = None,
    sent_by: str | None = None,
    cseq: int = 1,
    instance: str = "",
    uri: str = "sip:example.com",
) -> bytes:
    top = f"SIP/2.0/{source.transport.value.upper()} {sent_by or source}"
    below = [f"SIP/2.0/UDP 192.0.2.{number};branch=z9hG4bKv{number}" for number in range(1, vias)]
    parameter = f';+sip.instance="<urn:uuid:{instance}>"' if instance else ""
    return message(
        f"{method} {uri} SIP/2.0",
        {
            "Via": [f"{top};branch=z9hG4bK{method}{call}{cseq}{user}", *below],
            "Max-Forwards": 70,
            "From": f"<sip:{user}@example.com>;tag=t{user}",
            "To": f"<sip:{user}@example.com>",
            "Call-ID": call,
            "CSeq": f"{cseq} {method}",
            "Contact": f"<sip:{user}@{contact or source}>{parameter}",
            "Expires": 3600,
            "Event": None if method == "REGISTER" else "presence",
            "Content-Length": 0,
        },
    )


def get(xui: str, **fields: str) -> bytes:
    target = f"/resource-lists/users/{xui}/index"
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return message(f"GET {target} HTTP/1.1", {"Host": "x", **named})


UE = Peer("10.0.0.1", 5060)
NETWORK = Peer("10.0.0.9", 5060)
PROXY = Peer("10.0.0.8", 5060)


def test_judge_takes_the_source_of_a_register_for_a_ue() -> None:
    seen = wire()

    (found,) = seen.pass_on(sip("REGISTER", UE), UE, NETWORK)

    assert (found.ue, found.sender, found.session.identity) == (
        "10.0.0.1",
        "ue",
        "sip:alice@example.com",
    )


def test_judge_knows_the_other_side_for_the_network() -> None:
    seen = wire()
    seen.pass_on(register := sip("REGISTER", UE), UE, NETWORK)

    (found,) = seen.pass_on(answer(register), NETWORK, UE)

    assert found.sender == "network"
    assert found.request is not None
    assert found.request.number == 1


def test_judge_takes_no_proxy_for_a_ue() -> None:
    seen = wire()
    seen.pass_on(sip("REGISTER", UE), UE, PROXY)

    forwarded = seen.pass_on(sip("REGISTER", PROXY, vias=2), PROXY, NETWORK)

    assert forwarded == ()
    assert seen.addresses == ["10.0.0.1"]


@pytest.mark.parametrize("via", ["no via at all", None])
def test_judge_recognises_a_ue_that_spoils_its_via(via: str | None) -> None:
    seen = wire()
    lines = sip("REGISTER", UE).split(b"\r\n")
    spoilt = [line for line in lines if not line.startswith(b"Via")]
    if via is not None:
        spoilt.insert(1, f"Via: {via}".encode())

    (found,) = seen.pass_on(b"\r\n".join(spoilt), UE, NETWORK)

    assert found.sender == "ue"
    assert found.findings


def test_judge_tells_ue_and_network_apart_on_one_host() -> None:
    seen = wire()
    ue, network = Peer("127.0.0.1", 5062), Peer("127.0.0.1", 5060)
    seen.pass_on(register := sip("REGISTER", ue), ue, network)

    (found,) = seen.pass_on(answer(register), network, ue)

    assert (found.ue, found.sender) == ("127.0.0.1:5062", "network")


def test_judge_follows_a_ue_to_other_tcp_ports_on_a_shared_host() -> None:
    seen = wire()
    network = Peer("127.0.0.1", 5060, Transport.TCP)
    first = Peer("127.0.0.1", 40001, Transport.TCP)
    second = Peer("127.0.0.1", 40002, Transport.TCP)
    here = "127.0.0.1:5070"
    seen.pass_on(sip("REGISTER", first, contact=here, sent_by=here), first, network, "tcp-1")

    subscribe = sip("SUBSCRIBE", second, call="d", contact=here, sent_by=here)
    (found,) = seen.pass_on(subscribe, second, network, "tcp-2")
    (answered,) = seen.pass_on(answer(subscribe), network, second, "tcp-2")

    assert (found.ue, found.sender) == ("127.0.0.1:40001", "ue")
    assert answered.sender == "network"
    assert len(seen.addresses) == 1


def test_judge_takes_a_connection_to_the_contact_port_for_the_network() -> None:
    seen = wire()
    network = Peer("127.0.0.1", 5060, Transport.TCP)
    ue = Peer("127.0.0.1", 40001, Transport.TCP)
    here = "127.0.0.1:5070"
    seen.pass_on(sip("REGISTER", ue, contact=here, sent_by=here), ue, network, "tcp-1")

    dialling, listening = (
        Peer("127.0.0.1", 50000, Transport.TCP),
        Peer("127.0.0.1", 5070, Transport.TCP),
    )
    (found,) = seen.pass_on(
        sip("OPTIONS", dialling, "bob", call="o", uri="sip:alice@127.0.0.1:5070"),
        dialling,
        listening,
        "tcp-2",
    )

    assert found.sender == "network"


def test_judge_tells_fifty_ues_behind_one_address_apart_by_port() -> None:
    seen = wire()
    for number in range(50):
        ue = Peer("198.51.100.1", 20000 + number)
        private = f"192.168.0.{number + 1}:5060"
        seen.pass_on(
            sip("REGISTER", ue, f"u{number}", call=f"r{number}", contact=private, sent_by=private),
            ue,
            NETWORK,
        )

    assert seen.addresses == [f"198.51.100.1:{20000 + number}" for number in range(50)]


def test_judge_adds_the_port_to_the_first_ue_once_there_is_a_second() -> None:
    seen = wire()
    first, second = Peer("198.51.100.1", 20000), Peer("198.51.100.1", 20001)
    (alone,) = seen.pass_on(sip("REGISTER", first, "a", call="a"), first, NETWORK)
    seen.pass_on(sip("REGISTER", second, "b", call="b"), second, NETWORK)

    assert alone.ue == "198.51.100.1"
    assert alone.session.address == "198.51.100.1:20000"


def test_judge_keeps_one_ue_that_registers_from_a_new_port() -> None:
    seen = wire()
    first = Peer("10.0.0.1", 40001, Transport.TCP)
    second = Peer("10.0.0.1", 40002, Transport.TCP)
    seen.pass_on(sip("REGISTER", first), first, NETWORK, "tcp-1")
    seen.pass_on(sip("REGISTER", second, cseq=2), second, NETWORK, "tcp-2")

    assert seen.addresses == ["10.0.0.1"]


def test_judge_keeps_devices_of_one_user_apart_by_instance() -> None:
    seen = wire()
    first, second = Peer("198.51.100.1", 20000), Peer("198.51.100.1", 20001)
    one, other = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "a81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    seen.pass_on(sip("REGISTER", first, call="a", instance=one), first, NETWORK)
    seen.pass_on(sip("REGISTER", second, call="b", instance=other), second, NETWORK)

    assert len(seen.addresses) == 2


def test_judge_takes_several_accounts_of_one_port_for_one_ue() -> None:
    seen = wire()
    seen.pass_on(sip("REGISTER", UE, "a", call="a"), UE, NETWORK)
    seen.pass_on(sip("REGISTER", UE, "b", call="b"), UE, NETWORK)

    assert seen.addresses == ["10.0.0.1"]


def test_judge_recognises_a_ue_over_ipv6() -> None:
    seen = wire()
    ue, network = Peer("2001:db8::1", 5060), Peer("2001:db8::9", 5060)
    (found,) = seen.pass_on(sip("REGISTER", ue, contact="[2001:DB8:0::1]:5060"), ue, network)

    assert (found.ue, found.sender) == ("2001:db8::1", "ue")


def test_judge_judges_what_came_before_the_register() -> None:
    seen = wire()
    xdms = Peer("10.0.0.9", 8080, Transport.HTTP)
    client = Peer("10.0.0.1", 45000, Transport.HTTP)
    early = seen.pass_on(get("sip:alice@example.com"), client, xdms, "http-1")

    late = seen.pass_on(sip("REGISTER", UE), UE, NETWORK)

    assert early == ()
    assert [each.entry.number for each in late] == [1, 2]
    assert [each.sender for each in late] == ["ue", "ue"]


@pytest.mark.parametrize(
    "request_text",
    [
        get("sip:bob@example.com"),
        get("sip%3Abob%40EXAMPLE.com"),
        get("someone", X_3GPP_Intended_Identity='"sip:bob@example.com"'),
    ],
    ids=["xui", "escaped-xui", "intended-identity"],
)
def test_judge_finds_the_ue_of_http_behind_a_shared_address(request_text: bytes) -> None:
    seen = wire()
    for number, user in enumerate(("alice", "bob")):
        ue = Peer("198.51.100.1", 20000 + number)
        seen.pass_on(sip("REGISTER", ue, user, call=user), ue, NETWORK)

    client, xdms = Peer("198.51.100.1", 50000, Transport.HTTP), Peer("10.0.0.9", 80, Transport.HTTP)
    (asked,) = seen.pass_on(request_text, client, xdms, "http-1")
    (answered,) = seen.pass_on(b"HTTP/1.1 404 Not Found\r\n\r\n", xdms, client, "http-1")

    assert (asked.ue, asked.sender) == ("198.51.100.1:20001", "ue")
    assert (answered.ue, answered.sender) == ("198.51.100.1:20001", "network")


def test_judge_follows_a_ue_to_its_other_address_for_http() -> None:
    seen = wire()
    seen.pass_on(sip("REGISTER", UE), UE, NETWORK)
    client = Peer("172.16.0.5", 50000, Transport.HTTP)
    xdms = Peer("10.0.0.7", 80, Transport.HTTP)

    own = get("sip:alice@example.com", Authorization="Basic WDpY")
    (found,) = seen.pass_on(own, client, xdms, "http-1")

    assert (found.ue, found.sender) == ("10.0.0.1", "ue")


def test_judge_takes_no_server_for_the_ue_whose_documents_it_reads() -> None:
    seen = wire()
    seen.pass_on(sip("REGISTER", UE), UE, NETWORK)
    server = Peer("10.0.0.9", 50000, Transport.HTTP)
    xdms = Peer("10.0.0.7", 80, Transport.HTTP)

    assert seen.pass_on(get("sip:alice@example.com"), server, xdms, "http-1") == ()


@pytest.mark.parametrize("address", ["10.0.0.1", "10.0.0.1:5060"])
def test_judge_judges_only_the_ues_that_were_named(address: str) -> None:
    seen = wire(address)
    other = Peer("10.0.0.2", 5060)
    seen.pass_on(sip("REGISTER", other, "bob", call="b"), other, NETWORK)
    seen.pass_on(sip("SUBSCRIBE", UE), UE, NETWORK)

    assert [(each.ue, each.sender) for each in seen.judged] == [(address, "ue")]


def test_judge_recognises_a_named_ue_on_the_host_of_the_network() -> None:
    seen = wire("127.0.0.1")
    ue, network = Peer("127.0.0.1", 5062), Peer("127.0.0.1", 5060)
    (asked,) = seen.pass_on(register := sip("REGISTER", ue), ue, network)
    (answered,) = seen.pass_on(answer(register), network, ue)

    assert (asked.ue, asked.sender, answered.sender) == ("127.0.0.1", "ue", "network")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("192.0.2.1", ("192.0.2.1", None)),
        ("192.0.2.1:5060", ("192.0.2.1", 5060)),
        ("2001:DB8::1", ("2001:db8::1", None)),
        ("[2001:db8::1]:5060", ("2001:db8::1", 5060)),
    ],
)
def test_address_of_a_ue_may_name_its_port(text: str, parts: tuple[str, int | None]) -> None:
    assert split_address(text) == parts


def test_answers_are_matched_though_their_via_was_spoilt() -> None:
    seen = wire()
    seen.pass_on(sip("REGISTER", UE), UE, NETWORK)
    asked = sip("OPTIONS", NETWORK, "bob", call="o")
    seen.pass_on(asked, NETWORK, UE)

    (found,) = seen.pass_on(answer(asked).replace(b"z9hG4bK", b"z9hG4bX"), UE, NETWORK)

    assert found.request is not None
    assert "RSP-VIA-1" in [finding.check for finding in found.findings]
    assert parse(found.request.raw).method == "OPTIONS"
