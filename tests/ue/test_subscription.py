"""SUBSCRIBE and NOTIFY as conversations (RFC 6665 §4.1)."""

from __future__ import annotations

import pytest

from harness.sip.message import Request

from .network_double import BUDDY, IDENTITY, P_CSCF, NetworkDouble, Reply, SipRule, is_new, only

PIDF = b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="%s"/>'
WINFO = "presence.winfo"


def subscribed(*replies: Reply, package: str = "presence", **changes: object) -> NetworkDouble:
    double = NetworkDouble(**changes)
    double.sip_rules.append(only("SUBSCRIBE", *replies, package=package))
    return double.start()


def numbers(requests: list[Request]) -> list[int]:
    return [each.cseq.number for each in requests if each.cseq is not None]


# -- SUBSCRIBE ----------------------------------------------------------------------------------


def test_ue_asks_for_the_list_as_rfc_4662_wants() -> None:
    request = NetworkDouble().start().requests("SUBSCRIBE", "presence")[0]
    assert request.uri == f"{IDENTITY};pres-list=rcs"
    assert request.supported == ("eventlist",)
    assert set(request.headers.values("Accept")) == {
        "application/pidf+xml",
        "application/rlmi+xml",
        "multipart/related",
    }


def test_ue_refreshes_inside_the_dialog() -> None:
    double = NetworkDouble().start().wait(3100)
    first, second = double.requests("SUBSCRIBE", "presence")
    assert second.call_id == first.call_id
    assert second.from_ is not None
    assert first.from_ is not None
    assert second.from_.tag == first.from_.tag
    assert second.to is not None
    assert second.to.tag == double.subscriptions["presence"].tag
    assert second.uri == "sip:presence@192.0.2.2"
    assert numbers([first, second]) == [1, 2]
    assert second.contacts


def test_ue_takes_the_route_set_from_the_notify() -> None:
    double = NetworkDouble()
    double.sip_rules.append(_subscribed_by("<sip:192.0.2.9;lr>", double))
    double.start().wait(3100)
    refresh = double.requests("SUBSCRIBE", "presence")[1]
    assert refresh.headers.values("Route") == ("<sip:192.0.2.8;lr>", "<sip:192.0.2.7;lr>")
    sent = next(each for each in double.sends if each.data == refresh.raw)
    assert (sent.destination.host, sent.destination.port) == ("192.0.2.8", 5060)


def _subscribed_by(route: str, double: NetworkDouble) -> SipRule:
    """A 200 with one route set, and a NOTIFY with another."""

    def rule(request: Request) -> Reply | None:
        if request.method != "SUBSCRIBE" or not is_new(request):
            return None
        if request.event is None or request.event.package != "presence":
            return None
        double.remember(request, "tag")
        headers = [
            ("Contact", "<sip:presence@192.0.2.2>"),
            ("Expires", "3600"),
            ("Record-Route", route),
        ]
        double.respond(request, 200, headers, P_CSCF, "tag")
        routes = "<sip:192.0.2.8;lr>, <sip:192.0.2.7;lr>"
        double.hear(double.notify("presence", record_route=routes).raw)
        return (0, [], b"")

    return rule


def test_ue_follows_the_record_route_of_the_answer_until_a_notify_comes() -> None:
    headers = [
        ("Contact", "<sip:presence@192.0.2.2>"),
        ("Expires", "20"),
        ("Record-Route", "<sip:192.0.2.8;lr>"),
        ("Record-Route", "<sip:192.0.2.9;lr>"),
    ]
    double = subscribed((200, headers, b"")).wait(11)
    refresh = double.requests("SUBSCRIBE", "presence")[1]
    assert refresh.headers.values("Route") == ("<sip:192.0.2.9;lr>", "<sip:192.0.2.8;lr>")


def test_ue_refreshes_in_time_where_less_is_granted() -> None:
    headers = [("Contact", "<sip:p@192.0.2.2>"), ("Expires", "20")]
    double = subscribed((200, headers, b"")).wait(9)
    assert len(double.requests("SUBSCRIBE", "presence")) == 1
    double.wait(2)
    assert len(double.requests("SUBSCRIBE", "presence")) == 2


def test_ue_takes_a_shorter_time_from_the_notify() -> None:
    double = NetworkDouble().start()
    double.hear(double.notify("presence", state="active;expires=100").raw)
    double.wait(51)
    assert len(double.requests("SUBSCRIBE", "presence")) == 2


def test_ue_floods_nobody_who_grants_next_to_nothing() -> None:
    headers = [("Contact", "<sip:p@192.0.2.2>"), ("Expires", "1")]
    double = subscribed(*[(200, headers, b"")] * 99)
    double.hear(double.notify("presence", state="active;expires=0").raw).wait(20)
    assert len(double.requests("SUBSCRIBE", "presence")) <= 22


def test_ue_subscribes_anew_where_a_refresh_is_answered_481() -> None:
    double = NetworkDouble().start()
    double.sip_rules.append(only("SUBSCRIBE", (481, [], b""), package="presence"))
    double.wait(3100)
    first, refresh, anew = double.requests("SUBSCRIBE", "presence")
    assert refresh.call_id == first.call_id
    assert anew.call_id != first.call_id
    assert anew.to is not None
    assert anew.to.tag is None
    assert numbers([anew]) == [1]
    assert anew.uri == first.uri


def test_ue_keeps_the_subscription_where_a_refresh_is_answered_503() -> None:
    double = NetworkDouble().start()
    reply = (503, [("Retry-After", "40")], b"")
    double.sip_rules.append(only("SUBSCRIBE", reply, package="presence"))
    double.wait(3010)
    assert double.ask(double.notify("presence")).status == 200
    double.wait(40)
    requests = double.requests("SUBSCRIBE", "presence")
    assert numbers(requests) == [1, 2, 3]
    assert len({each.call_id for each in requests}) == 1


@pytest.mark.parametrize("status", [403, 404, 405, 489])
def test_ue_does_not_repeat_a_subscription_that_is_refused(status: int) -> None:
    double = subscribed((status, [], b"")).wait(200)
    assert len(double.requests("SUBSCRIBE", "presence")) == 1
    assert double.requests("PUBLISH")
    assert double.ue.registration.is_held


def test_ue_asks_for_the_interval_that_a_423_names() -> None:
    double = subscribed((423, [("Min-Expires", "4000")], b""))
    requests = double.requests("SUBSCRIBE", "presence")
    assert [each.expires for each in requests] == [3600, 4000]
    assert numbers(requests) == [1, 2]


def test_ue_gives_up_on_a_subscription_without_notify_and_tries_again() -> None:
    headers = [("Contact", "<sip:p@192.0.2.2>"), ("Expires", "3600")]
    double = subscribed((200, headers, b"")).wait(33)
    assert "no NOTIFY" in double.ue.contacts_presence.failure
    double.wait(30)
    requests = double.requests("SUBSCRIBE", "presence")
    assert len({each.call_id for each in requests}) == 2


def test_ue_takes_a_2xx_without_contact() -> None:
    double = NetworkDouble()
    double.sip_rules.append(only("SUBSCRIBE", (202, [("Expires", "60")], b""), package="presence"))
    double.start()
    request = double.requests("SUBSCRIBE", "presence")[0]
    double.remember(request, "any")
    assert double.ask(double.notify("presence")).status == 200
    double.wait(31)
    assert double.requests("SUBSCRIBE", "presence")[1].uri == "sip:presence@192.0.2.2"


# -- NOTIFY -------------------------------------------------------------------------------------


def test_ue_takes_a_notify_before_the_answer_to_subscribe() -> None:
    double = NetworkDouble()
    double.sip_rules.append(_notifies_first(double))
    double.start()
    assert [each.status for each in double.responses("NOTIFY")][:2] == [200, 200]
    assert double.requests("PUBLISH")
    double.wait(3100)
    refresh = double.requests("SUBSCRIBE", WINFO)[1]
    assert refresh.to is not None
    assert refresh.to.tag == double.subscriptions[WINFO].tag


def _notifies_first(double: NetworkDouble) -> SipRule:
    def rule(request: Request) -> Reply | None:
        if request.method != "SUBSCRIBE" or request.event is None or not is_new(request):
            return None
        package = request.event.package
        double.remember(request, f"tag{len(package)}")
        notify = double.winfo(0) if package == WINFO else double.notify(package)
        double.hear(notify.raw)
        tag = double.subscriptions[package].tag
        headers = [("Contact", "<sip:presence@192.0.2.2>"), ("Expires", "3600")]
        double.respond(request, 200, headers, P_CSCF, tag)
        return (0, [], b"")

    return rule


def test_ue_refuses_a_notify_of_an_unknown_dialog() -> None:
    double = NetworkDouble().start()
    headers = [("Event", "presence"), ("Subscription-State", "active")]
    stranger = double.request("NOTIFY", *headers, to=f"<{IDENTITY}>;tag=x")
    assert double.ask(stranger).status == 481
    untagged = double.ask(double.request("NOTIFY", *headers))
    assert untagged.status == 481
    assert untagged.to is not None
    assert untagged.to.tag


def test_ue_refuses_a_second_dialog_by_forking() -> None:
    double = NetworkDouble().start()
    forked = double.notify("presence", from_=f"<{IDENTITY}>;tag=forked")
    assert double.ask(forked).status == 481


def test_ue_moves_to_the_dialog_of_the_first_notify() -> None:
    headers = [("Contact", "<sip:p@192.0.2.2>"), ("Expires", "20")]
    double = subscribed((200, headers, b""))
    request = double.requests("SUBSCRIBE", "presence")[0]
    double.remember(request, "elsewhere")
    assert double.ask(double.notify("presence", state="active;expires=20")).status == 200
    double.wait(11)
    refresh = double.requests("SUBSCRIBE", "presence")[1]
    assert refresh.to is not None
    assert refresh.to.tag == "elsewhere"


@pytest.mark.parametrize("event", ["reg", "presence;id=7", WINFO, ""])
def test_ue_refuses_a_notify_of_another_event(event: str) -> None:
    double = NetworkDouble().start()
    answer = double.ask(double.notify("presence", event=event))
    assert answer.status == 489
    assert answer.headers.values("Allow-Events") == ("presence", WINFO)


def test_ue_refuses_a_notify_with_a_lower_cseq() -> None:
    double = NetworkDouble().start()
    assert double.ask(double.notify("presence", cseq="9 NOTIFY")).status == 200
    assert double.ask(double.notify("presence", cseq="5 NOTIFY")).status == 500
    assert double.ask(double.notify("presence", cseq="20 NOTIFY")).status == 200


def test_ue_refuses_a_notify_without_subscription_state() -> None:
    double = NetworkDouble().start()
    assert double.ask(double.notify("presence", state="")).status == 400


def test_ue_refuses_a_body_that_it_did_not_accept() -> None:
    double = NetworkDouble().start()
    answer = double.ask(double.notify("presence", b"hello", "text/plain"))
    assert answer.status == 415
    assert "application/pidf+xml" in answer.headers.values("Accept")


def test_ue_answers_a_retransmitted_notify_alike_and_applies_it_once() -> None:
    double = NetworkDouble().start()
    notify = double.winfo(1, (BUDDY, "pending"))
    double.hear(notify.raw)
    puts = len(double.http("PUT", "/entry"))
    first = double.responses("NOTIFY")[-1]
    double.hear(notify.raw)
    assert double.responses("NOTIFY")[-1].raw == first.raw
    assert len(double.http("PUT", "/entry")) == puts


def test_ue_mirrors_the_record_route_of_a_notify() -> None:
    double = NetworkDouble().start()
    answer = double.ask(double.notify("presence", record_route="<sip:192.0.2.9;lr>"))
    assert answer.headers.values("Record-Route") == ("<sip:192.0.2.9;lr>",)
    assert answer.contacts


@pytest.mark.parametrize(
    "body", [b"<watcherinfo", b"\xff\xfe", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>']
)
def test_ue_survives_a_body_that_cannot_be_read(body: bytes) -> None:
    double = NetworkDouble().start()
    answer = double.ask(double.notify(WINFO, body, "application/watcherinfo+xml"))
    assert answer.status == 200
    assert any("presence.winfo" in problem for problem in double.ue.problems)
    double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    assert double.http("PUT", "/entry")[-1].body.count(b"+330123456789")


def test_ue_asks_for_full_state_where_watcherinfo_documents_were_lost() -> None:
    double = NetworkDouble().start()
    double.hear(double.winfo(4, (BUDDY, "pending"), state="partial").raw)
    assert len(double.requests("SUBSCRIBE", WINFO)) == 2
    assert double.http("PUT", "330123456789")


def test_ue_does_not_loop_with_a_notifier_that_cannot_count() -> None:
    double = NetworkDouble().start()
    for version in range(4, 400, 4):
        double.hear(double.winfo(version).raw)
    assert len(double.requests("SUBSCRIBE", WINFO)) == 2


def test_ue_discards_older_watcherinfo() -> None:
    double = NetworkDouble().start().wait(40)
    double.hear(double.winfo(1).raw)
    double.hear(double.winfo(0, (BUDDY, "pending")).raw)
    assert not double.http("PUT", "330123456789")


def test_ue_takes_plain_pidf_for_a_list() -> None:
    double = NetworkDouble().start()
    document = PIDF % BUDDY.encode()
    assert double.ask(double.notify("presence", document, "application/pidf+xml")).status == 200
    assert double.ue.presence.presentities == {BUDDY: document}


def test_ue_takes_every_part_of_a_list_notification() -> None:
    double = NetworkDouble().start()
    answer = double.ask(_rlmi(double, 0, "true", IDENTITY, BUDDY))
    assert answer.status == 200
    assert set(double.ue.presence.presentities) == {IDENTITY, BUDDY}


def _rlmi(double: NetworkDouble, version: int, full: str, *uris: str) -> Request:
    resources = "".join(
        f'<resource uri="{uri}"><instance id="i" state="active" cid="{n}@x"/></resource>'
        for n, uri in enumerate(uris)
    )
    rlmi = (
        f'<list xmlns="urn:ietf:params:xml:ns:rlmi" uri="{IDENTITY}" version="{version}" '
        f'fullState="{full}">{resources}</list>'
    )
    parts = [f"--b\r\ncontent-type: application/rlmi+xml;charset=UTF-8\r\n\r\n{rlmi}\r\n".encode()]
    for n, uri in enumerate(uris):
        head = f"--b\r\nContent-ID: <{n}@x>\r\nContent-Type: application/pidf+xml\r\n\r\n"
        parts.append(head.encode() + PIDF % uri.encode() + b"\r\n")
    kind = 'multipart/related;type="application/rlmi+xml";boundary=b'
    return double.notify("presence", b"".join(parts) + b"--b--\r\n", kind)


def test_ue_discards_an_older_list_and_asks_after_a_gap_of_partial_state() -> None:
    double = NetworkDouble().start()
    double.hear(_rlmi(double, 5, "true", IDENTITY).raw)
    double.hear(_rlmi(double, 5, "true", BUDDY).raw)
    assert BUDDY not in double.ue.presence.presentities
    double.hear(_rlmi(double, 8, "false", BUDDY).raw)
    assert BUDDY in double.ue.presence.presentities
    assert len(double.requests("SUBSCRIBE", "presence")) == 2


def test_ue_changes_nothing_where_one_part_is_broken() -> None:
    double = NetworkDouble().start()
    notify = _rlmi(double, 0, "true", IDENTITY, BUDDY)
    broken = notify.raw.replace(b'entity="sip:+330', b"entity=<sip:+330")
    assert double.hear(broken).responses("NOTIFY")[-1].status == 200
    assert double.ue.presence.presentities == {}


# -- the end ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "anew_within"),
    [
        ("terminated;reason=deactivated", 0),
        ("terminated;reason=timeout", 0),
        ("terminated;reason=probation;retry-after=50", 50),
        ("terminated;reason=giveup;retry-after=50", 50),
        ("terminated;retry-after=50", 50),
        ("terminated;reason=rejected", None),
        ("terminated;reason=noresource", None),
        ("terminated;reason=invariant;retry-after=5", None),
    ],
)
def test_ue_reacts_to_the_end_of_its_subscription(state: str, anew_within: int | None) -> None:
    double = NetworkDouble().start()
    assert double.ask(double.notify("presence", state=state)).status == 200
    if anew_within:
        double.wait(anew_within - 1)
        assert len(double.requests("SUBSCRIBE", "presence")) == 1
    double.wait((anew_within or 0) + 1)
    count = len(double.requests("SUBSCRIBE", "presence"))
    assert count == (1 if anew_within is None else 2)
    if anew_within is None:
        double.wait(5000)
        assert len(double.requests("SUBSCRIBE", "presence")) == 1


def test_ue_backs_off_where_every_subscription_is_deactivated() -> None:
    double = NetworkDouble().start()
    for _ in range(3):
        double.hear(double.notify("presence", state="terminated;reason=deactivated").raw)
    assert len(double.requests("SUBSCRIBE", "presence")) == 4
    double.hear(double.notify("presence", state="terminated;reason=deactivated").raw)
    assert len(double.requests("SUBSCRIBE", "presence")) == 4


def test_ue_takes_the_final_notify_after_it_unsubscribed() -> None:
    double = NetworkDouble(quit_after_flow=True).start().wait(60)
    assert {each.status for each in double.responses("NOTIFY")} == {200}
    assert double.ask(double.notify("presence")).status == 481
