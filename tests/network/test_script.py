"""Scripted behaviour: what a test case tells a role, and only that, changes what it does."""

from __future__ import annotations

import pytest

from harness.model import Peer, Transport
from harness.network.control import NetworkControl, act_in_place
from harness.sip.message import Request, Response, make_request

from .link import AOR, UE, Link

WITH_LIST = [("Supported", "eventlist"), ("Accept", "multipart/related, application/rlmi+xml")]


def steered() -> tuple[Link, NetworkControl]:
    link = Link()
    act = act_in_place(link.network, lambda: link.now, link.deliver)
    return link, NetworkControl(link.network, act)


def register(branch: str, source: Peer = UE) -> bytes:
    return make_request(
        "REGISTER",
        "sip:test-rcs.com",
        [
            ("Via", f"SIP/2.0/{source.transport.upper()} {source};branch=z9hG4bK{branch};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<{AOR}>;tag=1"),
            ("To", f"<{AOR}>"),
            ("Call-ID", "one"),
            ("CSeq", "1 REGISTER"),
            ("Contact", "<sip:192.0.2.1:5060>"),
        ],
    ).raw


def statuses(messages: list[Request | Response]) -> list[int]:
    return [each.status for each in messages if isinstance(each, Response)]


def test_role_answers_once_as_told_and_then_does_its_duty() -> None:
    link, network = steered()
    network.presence.next_answer(412)

    assert link.publish().status == 412
    assert link.publish().status == 200


def test_answer_has_the_fields_and_the_body_it_was_given() -> None:
    link, network = steered()
    network.registrar.next_answer(423, reason="Later", headers=[("Min-Expires", "7200")])

    response = link.register()

    assert (response.status, response.reason, response.min_expires) == (423, "Later", 7200)


def test_answer_until_further_notice_ends_with_reset() -> None:
    link, network = steered()
    network.registrar.next_answer(503, headers=[("Retry-After", "5")], times=None)

    assert [link.register().status for _ in range(3)] == [503, 503, 503]
    network.reset()
    assert link.register().status == 200


def test_rule_for_one_method_leaves_the_others_alone() -> None:
    link, network = steered()
    network.presence.next_answer(403, method="SUBSCRIBE")

    assert link.publish().status == 200
    assert link.subscribe("presence").status == 403


@pytest.mark.parametrize(
    ("role", "event"), [("winfo", "presence.winfo"), ("reg", "reg"), ("presence", "presence")]
)
def test_subscription_is_of_the_role_that_its_package_names(role: str, event: str) -> None:
    link, network = steered()
    getattr(network, role).next_answer(480)

    assert link.subscribe(event).status == 480
    assert link.subscribe(event).status == 200


def test_silence_lasts_for_every_copy_of_a_request() -> None:
    link, network = steered()
    network.registrar.stay_silent()

    assert link.raw(register("a")) == []
    assert link.raw(register("a")) == []
    assert statuses(link.raw(register("b"))) == [200]


@pytest.mark.parametrize(("copy", "expected"), [(1, [[], [200], [200]]), (2, [[200], [], [200]])])
def test_one_copy_of_a_request_is_lost(copy: int, expected: list[list[int]]) -> None:
    link, network = steered()
    network.registrar.drop(copy)

    assert [statuses(link.raw(register("a"))) for _ in range(3)] == expected


def test_delayed_answer_comes_in_its_time_and_after_the_notify() -> None:
    link, network = steered()
    network.winfo.delay(2.0)
    before = len(link.inbox)

    link.raw(
        make_request(
            "SUBSCRIBE",
            AOR,
            [
                ("Via", f"SIP/2.0/UDP {UE};branch=z9hG4bKs;rport"),
                ("Max-Forwards", "70"),
                ("From", f"<{AOR}>;tag=1"),
                ("To", f"<{AOR}>"),
                ("Call-ID", "one"),
                ("CSeq", "1 SUBSCRIBE"),
                ("Contact", "<sip:192.0.2.1:5060>"),
                ("Event", "presence.winfo"),
            ],
        ).raw
    )
    assert [each.method for each in link.inbox[before:] if isinstance(each, Request)] == ["NOTIFY"]
    assert statuses(link.inbox[before:]) == []
    assert statuses(link.advance(1.9)) == []
    assert statuses(link.advance(0.2)) == [200]


def test_connection_is_closed_instead_of_an_answer() -> None:
    link, network = steered()
    network.registrar.close_connection()
    source = Peer("192.0.2.1", 40000, Transport.TCP)

    sends = link.network.receive(register("a", source), source, link.now)

    assert [(send.data, send.destination, send.closes) for send in sends] == [(b"", source, True)]


def test_lie_changes_a_field_of_the_next_answer() -> None:
    link, network = steered()
    network.registrar.lie("Call-ID", "another")
    network.registrar.lie("Service-Route", None)

    first = link.raw(register("a"))[0]
    assert first.call_id == "another"
    assert "Service-Route" not in first.headers
    assert link.raw(register("b"))[0].call_id == "one"


def test_lie_changes_a_field_of_the_next_notification() -> None:
    link, network = steered()
    network.winfo.lie("Subscription-State", "pending", method="NOTIFY")

    link.subscribe("presence.winfo")

    assert link.notifies()[0].headers.get("Subscription-State") == "pending"


def test_notification_is_sent_at_once_with_the_body_that_is_given() -> None:
    link, network = steered()
    link.subscribe("presence.winfo")
    before = len(link.notifies())

    network.winfo.notify(AOR)
    network.winfo.notify(AOR, body=b"<broken", content_type="application/watcherinfo+xml")

    true, false = link.notifies()[before:]
    assert b"watcherinfo" in true.body
    assert false.body == b"<broken"


def test_subscription_is_ended_with_reason_and_retry_after() -> None:
    link, network = steered()
    link.subscribe("presence.winfo")

    network.winfo.terminate(AOR, "probation", retry_after=5)

    state = link.notifies()[-1].headers.get("Subscription-State")
    assert state == "terminated;reason=probation;retry-after=5"
    with pytest.raises(LookupError, match="has no subscription"):
        network.winfo.terminate(AOR)


def test_registrar_deregisters_and_shortens_on_demand() -> None:
    link, network = steered()
    link.register([("Expires", "3600")])
    network.registrar.shorten(AOR, 60)
    assert link.network.registrar.bindings(AOR)[0].remaining(link.now) == 60

    network.registrar.deregister(AOR, "rejected")
    assert link.network.registrar.bindings(AOR) == ()


def test_xdms_answers_lies_and_stays_silent_as_told() -> None:
    link, network = steered()
    path = f"/pidf-manipulation/users/{AOR}/index"
    network.xdms.next_answer(503, headers=[("Retry-After", "9")])
    assert link.xcap("GET", path).status == 503
    network.xdms.lie("Server", "liar")
    assert link.xcap("GET", path).headers.get("Server") == "liar"

    source = Peer("192.0.2.1", 40001, Transport.HTTP)
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    network.xdms.stay_silent()
    assert link.network.receive(request, source, link.now) == []
    network.xdms.close_connection()
    assert [send.closes for send in link.network.receive(request, source, link.now)] == [True]
    network.xdms.delay(3)
    assert link.network.receive(request, source, link.now) == []
    link.now += 3
    assert len(link.network.tick(link.now)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        lambda role: role.next_answer(100),
        lambda role: role.next_answer(700),
        lambda role: role.drop(0),
        lambda role: role.delay(-1),
        lambda role: role.stay_silent(times=0),
    ],
)
def test_script_refuses_what_makes_no_sense(wrong: object) -> None:
    _, network = steered()
    assert callable(wrong)
    with pytest.raises(ValueError, match=r"\d"):
        wrong(network.presence)


def test_unknown_role_is_named_with_the_known_ones() -> None:
    link, _ = steered()
    with pytest.raises(ValueError, match="registrar, presence"):
        link.network.script.role("pbx")
