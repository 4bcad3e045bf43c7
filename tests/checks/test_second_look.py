"""What right UEs do that rules of MUST could be read to forbid: no MUST finding comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import Transport
from tests.checks.conversation import (
    AOR,
    CONTACT,
    PIDF,
    Step,
    Value,
    answer,
    judge,
    message,
    net,
    notification,
    refresh,
    request,
    subscribed,
    ue,
)

Steps = list[Step | bytes]
ROUTE = "<sip:proxy.example.com;lr>"
OTHER_ROUTE = "<sip:edge.example.com;lr>"


def faults(steps: Steps) -> list[str]:
    found = judge(steps).must()
    return found + judge(steps, "documented").must()


def ietf_faults(steps: Steps) -> list[str]:
    return judge(steps).must()


def asked(method: str, **fields: Value) -> bytes:
    """A request of the network, outside of any dialog."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return request(method, sender="network", call=f"net-{method}", tag="net-1", fields=given)


def served(question: bytes, status: int = 200, **fields: Value) -> Steps:
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return [net(question), ue(answer(question, status, to_tag="alice-9", fields=given))]


# --- Calls ----------------------------------------------------------------------------------------


def call(via: str, status: int, ack_via: str, **fields: Value) -> Steps:
    invite = request(
        "INVITE",
        uri="sip:bob@example.com",
        call="call-1",
        fields={
            "Via": via,
            "To": "<sip:bob@example.com>",
            "Contact": CONTACT,
            "Allow": "INVITE, ACK, CANCEL, BYE",
            "Supported": "timer",
            **fields,
        },
    )
    final = answer(
        invite,
        status,
        fields={
            "Contact": "<sip:bob@10.0.0.9>" if status == 200 else None,
            "Allow": "INVITE, ACK, CANCEL, BYE",
            "Supported": "timer",
        },
    )
    ack = request(
        "ACK",
        uri="sip:bob@example.com" if status != 200 else "sip:bob@10.0.0.9",
        call="call-1",
        to_tag="bob-1",
        fields={"Via": ack_via, "To": "<sip:bob@example.com>;tag=bob-1"},
    )
    return [ue(invite), net(final), ue(ack)]


def test_ack_of_a_refusal_has_the_via_of_its_invite_and_all_its_parameters() -> None:
    via = "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKi1;rport;keep"
    assert "GEN-KEEP-1" not in ietf_faults(call(via, 486, via))
    other = via.replace("z9hG4bKi1", "z9hG4bKa1")
    assert "GEN-KEEP-1" in ietf_faults(call(via, 200, other))


def test_a_branch_of_rfc_2543_may_come_again() -> None:
    via = "SIP/2.0/UDP 10.0.0.1:5060;branch=1"
    first = call(via, 486, via)
    second = [
        replace(step, raw=step.raw.replace(b"call-1", b"call-2").replace(b"CSeq: 1", b"CSeq: 7"))
        for step in first
        if isinstance(step, Step)
    ]
    assert "GEN-ACK-1" not in ietf_faults([*first, *second])


def test_a_session_interval_is_the_one_that_was_asked_for() -> None:
    question = request(
        "INVITE",
        sender="network",
        call="net-call",
        tag="net-1",
        fields={"Contact": "<sip:bob@10.0.0.9>", "Session-Expires": "60", "Supported": "timer"},
    )
    given: dict[str, Value] = {
        "Contact": CONTACT,
        "Session-Expires": "60;refresher=uac",
        "Require": "timer",
    }
    accepted = answer(question, 200, to_tag="alice-9", fields=given)
    assert "GEN-SESSIONTIMER-1" not in ietf_faults([net(question), ue(accepted)])


def test_the_uris_of_a_dialog_are_as_its_beginner_wrote_them() -> None:
    bye = request(
        "BYE",
        uri="sip:bob@10.0.0.9",
        call="net-call",
        fields={
            "From": "sip:alice@example.com;transport=udp;tag=alice-9",
            "To": "sip:bob@example.com;transport=udp;tag=net-1",
        },
    )
    assert "GEN-BRACKETS-2" not in ietf_faults([ue(bye)])
    new = request("OPTIONS", fields={"To": "sip:alice@example.com;transport=udp"})
    assert "GEN-BRACKETS-2" in ietf_faults([ue(new)])


def test_a_service_route_is_used_as_it_was_given() -> None:
    registration = request("REGISTER")
    given: dict[str, Value] = {
        "Contact": f"{CONTACT};expires=3600",
        "Service-Route": "<sip:orig@scscf.example.com>",
    }
    steps: Steps = [ue(registration), net(answer(registration, fields=given))]
    used = request("OPTIONS", fields={"Route": "<sip:orig@scscf.example.com>"})
    assert "GEN-ROUTE-5" not in ietf_faults([*steps, ue(used, 5)])
    own = request("OPTIONS", fields={"Route": "<sip:proxy.example.com>"})
    assert "GEN-ROUTE-5" in ietf_faults([*steps, ue(own, 5)])


# --- Retransmissions ------------------------------------------------------------------------------


def test_a_t2_of_two_seconds_is_a_setting() -> None:
    raw = request("SUBSCRIBE", branch="z9hG4bKr1")
    grown = [ue(raw, wait) for wait in (0, 0.5, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0)]
    assert "GEN-REPEAT-2" not in faults(grown)
    slow = [ue(raw, wait) for wait in (0, 2.0, 2.0, 2.0, 2.0, 2.0)]
    assert "GEN-REPEAT-2" not in faults(slow)
    quick = [ue(raw, wait) for wait in (0, 0.25, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0)]
    assert "GEN-REPEAT-2" not in faults(quick)


def test_accounts_that_share_a_call_id_do_not_wait_for_one_another() -> None:
    def registration(name: str, cseq: int) -> bytes:
        uri = f"<sip:{name}@example.com>"
        return request(
            "REGISTER",
            cseq=cseq,
            tag=f"{name}-1",
            branch=f"z9hG4bK{name}",
            fields={"From": f"{uri};tag={name}-1", "To": uri},
        )

    alice, bob = registration("alice", 1), registration("bob", 2)
    steps: Steps = [ue(alice), net(answer(alice)), ue(bob), net(answer(bob))]
    steps += [ue(alice, 1.5), net(answer(alice))]
    assert "GEN-REPEAT-3" not in faults(steps)


# --- Responses ------------------------------------------------------------------------------------


def notified(wanted: list[str], found: list[str]) -> Steps:
    asked_ = notification(fields={"Record-Route": wanted})
    return [*subscribed(), net(asked_), ue(answer(asked_, fields={"Record-Route": found}))]


def test_a_proxy_between_may_have_recorded_itself() -> None:
    assert "RSP-ROUTE-1" not in faults(notified([ROUTE], [OTHER_ROUTE, ROUTE]))
    assert "RSP-ROUTE-1" not in faults(notified([], [OTHER_ROUTE]))
    assert "RSP-ROUTE-1" in faults(notified([ROUTE, OTHER_ROUTE], [OTHER_ROUTE, ROUTE]))
    assert "RSP-ROUTE-1" in faults(notified([ROUTE, OTHER_ROUTE], [ROUTE]))


def test_a_maker_s_own_extension_may_be_known_to_its_ues() -> None:
    assert "RSP-420-2" not in faults(served(asked("OPTIONS", Require="com.example.push")))
    assert "RSP-420-2" in faults(served(asked("OPTIONS", Require="unheard-of")))


def test_two_phones_behind_one_address_allow_different_methods() -> None:
    other = "<sip:bob@example.com>"
    steps: Steps = []
    for name in (None, other):
        fields: dict[str, Value] = {"From": f"{name};tag=b", "To": name} if name else {}
        raw = request("REGISTER", call=f"register-{name}", fields=fields)
        steps += [ue(raw), net(answer(raw))]
    steps += subscribed()
    steps += served(asked("OPTIONS"), 200, Allow="OPTIONS, MESSAGE")
    assert "GEN-ALLOW-4" not in faults(steps)


def test_a_copy_of_a_request_can_come_from_another_port() -> None:
    raw = notification(fields={"Via": "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKn9;rport"})
    via = "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKn9;rport=40001;received=10.0.0.9"
    reply = ue(answer(raw, fields={"Via": via}))
    copies = [replace(net(raw, wait), port=port) for wait, port in ((0.1, 40000), (0.5, 40001))]
    assert "RSP-RPORT-4" not in faults([*subscribed(), *copies, replace(reply, port=40001)])


# --- Subscriptions --------------------------------------------------------------------------------


def test_the_capture_may_lack_the_refresh_that_a_notifier_tells_of() -> None:
    first = request(
        "SUBSCRIBE", sender="network", call="watch", tag="bob-1", fields={"Expires": 60}
    )
    given: dict[str, Value] = {"Contact": CONTACT, "Expires": 60}
    later = request(
        "NOTIFY",
        uri="sip:bob@10.0.0.9",
        call="watch",
        tag="alice-9",
        to_tag="bob-1",
        fields={"Contact": CONTACT, "Subscription-State": "active;expires=3600"},
    )
    found = ietf_faults(
        [net(first), ue(answer(first, to_tag="alice-9", fields=given)), ue(later, 30)]
    )
    assert "NOT-STATE-6" not in found


def test_the_remote_uri_may_be_that_of_the_response() -> None:
    steps = subscribed(response={"To": "<sip:alice@home.example.com>;tag=bob-1"})
    copied = refresh(fields={"To": "<sip:alice@home.example.com>;tag=bob-1"})
    assert "GEN-PEER-1" not in faults([*steps, ue(copied)])
    other = refresh(fields={"To": "<sip:carol@example.com>;tag=bob-1"})
    assert "GEN-PEER-1" in faults([*steps, ue(other)])


@pytest.mark.parametrize(
    "fields",
    [
        {"Content-Type": "application/pkcs7-mime;smime-type=enveloped-data"},
        {"Content-Type": "multipart/mixed;boundary=b", "Content-Encoding": "gzip"},
    ],
)
def test_a_list_that_is_sealed_cannot_be_seen(fields: dict[str, Value]) -> None:
    raw = request(
        "SUBSCRIBE",
        body=b"\x1f\x8b\x08sealed",
        fields={
            **fields,
            "Require": "recipient-list-subscribe",
            "Supported": "eventlist",
            "Accept": "application/pidf+xml, application/rlmi+xml, multipart/related",
        },
    )
    assert "SUB-LIST-2" not in ietf_faults([ue(raw)])


DIFF = b"""<?xml version="1.0" encoding="UTF-8"?>
<p:pidf-diff xmlns="urn:ietf:params:xml:ns:pidf" xmlns:p="urn:ietf:params:xml:ns:pidf-diff"
  entity="%s"><p:replace sel="*/tuple/status/basic/text()">closed</p:replace></p:pidf-diff>"""


def test_two_accounts_may_be_given_the_same_entity_tag() -> None:
    def publication(name: str, tag: str | None, body: bytes) -> bytes:
        uri, is_first = f"sip:{name}@example.com", tag is None
        kind = "application/pidf+xml" if is_first else "application/pidf-diff+xml"
        return request(
            "PUBLISH",
            uri=uri,
            call=f"publish-{name}-{is_first}",
            tag=name,
            body=body.replace(b"alice", name.encode()),
            fields={
                "From": f"<{uri}>;tag={name}",
                "To": f"<{uri}>",
                "Content-Type": kind,
                "SIP-If-Match": tag,
            },
        )

    mine, other = publication("alice", None, PIDF), publication("bob", None, PIDF)
    change = publication("alice", "etag-1", DIFF % b"sip:alice@example.com")
    found = ietf_faults([ue(mine), net(answer(mine)), ue(other), net(answer(other)), ue(change)])
    assert not {"PIDF-DIFF-8", "PIDF-DIFF-9"} & set(found)


# --- What has to stay silent as it is -------------------------------------------------------------


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param(
            [request("OPTIONS", fields={"Via": "SIP / 2.0 / UDP 10.0.0.1;branch=z9hG4bKw;rport"})],
            id="blanks in the Via",
        ),
        pytest.param([request("MESSAGE", fields={"Accept": "text/plain"})], id="Accept in MESSAGE"),
        pytest.param([request("PUBLISH", fields={"Contact": CONTACT})], id="Contact in PUBLISH"),
        pytest.param(
            [
                request(
                    "OPTIONS",
                    fields={
                        "Session-ID": "ab30317f1a784dc48ff824d0d3715d86;remote=" + "0" * 32,
                        "Geolocation": "<cid:alice@example.com>",
                        "Geolocation-Routing": "no",
                        "Feature-Caps": "*",
                        "Call-Info": "<http://example.com/a.png>;purpose=icon",
                        "History-Info": "<sip:alice@example.com>;index=1",
                        "Priority-Share": "allowed",
                        "Resource-Priority": "ets.0, wps.1",
                        "Answer-Mode": "Auto",
                        "Cellular-Network-Info": "3GPP-E-UTRAN-FDD;cell-info-age=1",
                        "Accept-Contact": '*;+g.3gpp.icsi-ref="urn%3Aurn-7%3Aa";require;explicit',
                        "P-Preferred-Service": "urn:urn-7:3gpp-service.ims.icsi.mmtel",
                        "P-Preferred-Identity": [f"<{AOR}>", "<tel:+15550001>"],
                        "Privacy": "id;critical",
                        "Request-Disposition": "no-fork",
                        "Reject-Contact": "*;automata",
                        "Additional-Identity": f"<{AOR}>",
                        "X-Unknown": "1",
                    },
                )
            ],
            id="fields of later documents",
        ),
        pytest.param(
            [request("SUBSCRIBE", fields={"Accept": "*/*", "Event": "x-vendor.template"})],
            id="a package of a maker",
        ),
        pytest.param([request("NEWMETHOD"), request("Info2")], id="unknown methods"),
        pytest.param(
            served(asked("MESSAGE", Timestamp="5"), 200, Reason="SIP;cause=200"),
            id="Reason in a response",
        ),
        pytest.param(
            served(asked("OPTIONS", Supported="timer, 100rel", Require="timer"), Require="timer"),
            id="Require in a response",
        ),
        pytest.param(
            served(asked("OPTIONS", k="outbound"), Require="outbound"), id="compact Supported"
        ),
        pytest.param(
            [
                request(
                    "REFER",
                    uri="sip:bob@example.com",
                    fields={"r": "<sip:carol@example.com>", "Contact": CONTACT, "To": "<sip:b@c>"},
                )
            ],
            id="compact Refer-To",
        ),
        pytest.param(
            [
                request(
                    "OPTIONS",
                    fields={"Via": "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bK6;rport"},
                )
            ],
            id="IPv6 in the Via",
        ),
        pytest.param(
            [
                request(
                    "REGISTER",
                    fields={
                        "Supported": "path, outbound, gruu",
                        "Contact": "<sip:alice@10.0.0.1;transport=tcp;ob>;reg-id=1"
                        ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"',
                    },
                )
            ],
            id="a contact of outbound",
        ),
        pytest.param(
            [
                *subscribed(notify={"Contact": "<sip:server@10.0.0.9;gr=1>"}),
                refresh(uri="sip:server@10.0.0.9;gr=1"),
            ],
            id="a dialog with a GRUU",
        ),
        pytest.param(
            [
                Step(
                    "ue",
                    request(
                        "OPTIONS",
                        fields={"Via": "SIP/2.0/WSS df7jal23ls0d.invalid;branch=z9hG4bKws;rport"},
                    ),
                    transport=Transport.TLS,
                )
            ],
            id="the Via of a browser",
        ),
    ],
)
def test_what_is_unusual_and_legal(steps: Steps) -> None:
    assert ietf_faults(steps) == []


def test_a_card_that_refuses_a_challenge_sends_an_empty_response() -> None:
    raw = message(
        "REGISTER sip:example.com SIP/2.0",
        {
            "Via": "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKaka;rport",
            "Max-Forwards": 70,
            "From": f"<{AOR}>;tag=a",
            "To": f"<{AOR}>",
            "Call-ID": "aka",
            "CSeq": "2 REGISTER",
            "Contact": CONTACT,
            "Expires": 600000,
            "Authorization": 'Digest username="u@example.com", realm="example.com", nonce="x", '
            'uri="sip:example.com", response=""',
            "Content-Length": 0,
        },
    )
    assert not {"AUTH-AKA-1", "AUTH-AKA-2"} & set(faults([ue(raw)]))
