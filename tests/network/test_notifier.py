"""Subscriptions and NOTIFY, against RFC 6665 §4.2."""

from __future__ import annotations

import pytest

from harness.network.limits import Limits
from harness.sip.message import Request, Response

from .link import ALLOWED_EVENTS, AOR, BUDDY, UE, Link, profile

PDF = "application/watcherinfo+xml"


def refresh(link: Link, first: Response, expires: str = "3600", cseq: int = 2, **headers: str):
    return link.send(
        "SUBSCRIBE",
        "sip:presence@192.0.2.2:5060;transport=udp",
        [
            ("Event", headers.get("event", "presence.winfo")),
            ("Contact", headers.get("contact", "<sip:192.0.2.1:5060>")),
            ("Expires", expires),
        ],
        to=headers.get("to", first.headers.get("To")),
        call_id=first.call_id,
        cseq=cseq,
        from_tag=first.from_.tag if first.from_ else None,
    )


def state(notify: Request) -> tuple[str, int | None, str | None]:
    found = notify.subscription_state
    assert found is not None
    return found.state, found.expires, found.reason


def test_notifier_accepts_and_notifies_at_once_in_the_dialog() -> None:
    link = Link()
    response = link.subscribe()
    assert response.status == 200
    assert response.expires == 3600
    assert response.contacts
    (notify,) = link.notifies()
    assert link.inbox.index(response) < link.inbox.index(notify)
    assert notify.call_id == response.call_id
    assert response.from_ is not None
    assert response.to is not None
    assert notify.to is not None
    assert notify.from_ is not None
    assert (notify.to.tag, notify.from_.tag) == (response.from_.tag, response.to.tag)
    assert (notify.to.uri, notify.from_.uri) == (AOR, AOR)
    assert notify.uri == "sip:192.0.2.1:5060"
    assert state(notify) == ("active", 3600, None)
    assert str(notify.event) == "presence.winfo"
    assert notify.max_forwards == 70
    assert notify.contacts
    assert notify.content_type is not None
    assert notify.content_type.essence == PDF
    assert notify.top_via is not None
    assert notify.top_via.branch is not None
    assert notify.top_via.branch.startswith("z9hG4bK")
    assert "rport" in notify.top_via.params


def test_notifier_repeats_the_id_of_the_event() -> None:
    link = Link()
    link.subscribe("presence.winfo;id=7")
    assert str(link.notifies()[0].event) == "presence.winfo;id=7"


@pytest.mark.parametrize(("asked", "granted"), [("7200", 3600), ("600", 600), ("60", 60)])
def test_notifier_shortens_and_never_lengthens(asked: str, granted: int) -> None:
    assert Link().subscribe(headers=[("Expires", asked)]).expires == granted


def test_notifier_refuses_too_brief_an_interval_with_its_minimum() -> None:
    response = Link().subscribe(headers=[("Expires", "59")])
    assert (response.status, response.min_expires) == (423, 60)


def test_notifier_takes_the_default_of_the_package_without_expires() -> None:
    link = Link()
    response = link.send(
        "SUBSCRIBE", AOR, [("Event", "presence"), ("Contact", "<sip:192.0.2.1:5060>")]
    )
    assert response.expires == 3600


@pytest.mark.parametrize("event", ["dialog", "presence.winfo.winfo", "Presence"])
def test_notifier_refuses_an_unknown_event(event: str) -> None:
    response = Link().subscribe(event)
    assert response.status == 489
    assert response.headers.values("Allow-Events") == ALLOWED_EVENTS


def test_notifier_refuses_a_subscribe_without_event() -> None:
    response = Link().send("SUBSCRIBE", AOR, [("Contact", "<sip:192.0.2.1>")])
    assert response.status == 489


def test_notifier_refuses_a_subscribe_without_contact() -> None:
    response = Link().send("SUBSCRIBE", AOR, [("Event", "presence")])
    assert response.status == 400


def test_notifier_refuses_types_that_it_cannot_write() -> None:
    assert Link().subscribe(headers=[("Accept", "text/plain")]).status == 406
    assert Link().subscribe(headers=[("Accept", "text/plain, application/*")]).status == 200


def test_notifier_answers_404_for_another_domain() -> None:
    assert Link().subscribe("presence", "sip:a@elsewhere.example").status == 404


def test_notifier_forbids_others_to_see_the_watchers() -> None:
    response = Link().subscribe(uri=BUDDY)
    assert response.status == 403
    assert response.headers.get("Warning") == '399 presence-harness "Not authorized"'


def test_notifier_refreshes_with_full_state_and_the_same_tags() -> None:
    link = Link()
    first = link.subscribe()
    link.advance(100)
    second = refresh(link, first, "600")
    assert (second.status, second.expires) == (200, 600)
    assert second.contacts
    assert second.headers.get("To") == first.headers.get("To")
    one, other = link.notifies()
    assert one.cseq is not None
    assert other.cseq is not None
    assert other.cseq.number == one.cseq.number + 1
    assert b'version="1"' in other.body
    assert state(other) == ("active", 600, None)


def test_notifier_follows_the_contact_of_a_refresh() -> None:
    link = Link()
    refresh(link, link.subscribe(), contact="<sip:new@192.0.2.1:5060>")
    assert link.notifies()[-1].uri == "sip:new@192.0.2.1:5060"


def test_notifier_ends_with_a_final_notify_when_unsubscribed() -> None:
    link = Link()
    first = link.subscribe()
    second = refresh(link, first, "0")
    assert (second.status, second.expires) == (200, 0)
    assert state(link.notifies()[-1]) == ("terminated", None, "timeout")
    assert link.notifies()[-1].body
    assert refresh(link, first, cseq=3).status == 481
    assert link.network.notifier.subscriptions(AOR) == ()


def test_notifier_ends_with_a_final_notify_when_the_time_is_over() -> None:
    link = Link()
    link.subscribe(headers=[("Expires", "100")])
    assert link.advance(99) == []
    (notify,) = link.advance(2)
    assert isinstance(notify, Request)
    assert state(notify) == ("terminated", None, "timeout")
    assert link.advance(1000) == []


def test_notifier_answers_a_fetch_with_one_terminated_notify() -> None:
    link = Link()
    response = link.subscribe(headers=[("Expires", "0")])
    assert (response.status, response.expires) == (200, 0)
    (notify,) = link.notifies()
    assert state(notify) == ("terminated", None, "timeout")
    assert notify.body


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"to": f"<{AOR}>;tag=other"}, 481),
        ({"event": "presence"}, 481),
        ({"cseq": 0}, 500),
    ],
)
def test_notifier_refuses_a_refresh_that_does_not_fit(
    change: dict[str, object], status: int
) -> None:
    link = Link()
    first = link.subscribe()
    assert refresh(link, first, **change).status == status  # type: ignore[arg-type]
    assert len(link.notifies()) == 1


@pytest.mark.parametrize("status", [404, 405, 410, 416, 480, 481, 485, 489, 501, 604])
def test_notifier_forgets_a_subscriber_that_disowns_the_subscription(status: int) -> None:
    link = Link()
    link.answers_notify = status
    first = link.subscribe()
    assert link.network.notifier.subscriptions(AOR) == ()
    assert refresh(link, first).status == 481


@pytest.mark.parametrize("status", [200, 202, 400, 486, 500, 503])
def test_notifier_keeps_a_subscription_through_other_answers(status: int) -> None:
    link = Link()
    link.answers_notify = status
    link.subscribe()
    assert len(link.network.notifier.subscriptions(AOR)) == 1


def test_notifier_forgets_a_subscriber_that_never_answers() -> None:
    link = Link()
    link.answers_notify = None
    link.subscribe()
    link.advance(31)
    copies = [send.data for send in link.sent if send.data.startswith(b"NOTIFY")]
    assert len(copies) > 5
    assert len(set(copies)) == 1
    link.advance(2)
    assert link.network.notifier.subscriptions(AOR) == ()


def test_notifier_has_one_notify_outstanding_in_a_dialog() -> None:
    link = Link()
    link.answers_notify = None
    first = link.subscribe()
    for cseq in (2, 3):
        refresh(link, first, cseq=cseq)
    assert len(link.notifies()) == 1
    link.answer(link.notifies()[0])
    assert len(link.notifies()) == 2
    link.answer(link.notifies()[1])
    assert len(link.notifies()) == 2


def test_notifier_sends_along_the_route_of_the_subscribe() -> None:
    link = Link()
    routes = "<sip:192.0.2.1:5062;lr>, <sip:192.0.2.8;lr>"
    response = link.subscribe(headers=[("Record-Route", routes)])
    # The P-CSCF that is played as well has put itself on the path, nearest to the notifier.
    own = "<sip:edge@192.0.2.2:5060;transport=udp;lr>"
    assert response.headers.values("Record-Route") == (own, *routes.split(", "))
    (notify,) = link.notifies()
    assert notify.headers.values("Record-Route") == (own,)
    assert [each.uri for each in notify.routes] == ["sip:192.0.2.1:5062;lr", "sip:192.0.2.8;lr"]
    assert link.sent[-1].destination.port == 5062


def test_notifier_sends_to_the_source_of_a_subscriber_behind_a_nat() -> None:
    link = Link()
    link.send(
        "SUBSCRIBE",
        AOR,
        [("Event", "presence.winfo"), ("Contact", "<sip:10.0.0.7:5060>"), ("Expires", "600")],
    )
    assert link.sent[-1].destination == UE
    assert link.notifies()[-1].uri == "sip:10.0.0.7:5060"


def test_notifier_reaches_a_gruu_at_its_contact() -> None:
    link = Link()
    contact = '<sip:192.0.2.1:5060>;+sip.instance="<urn:uuid:1>"'
    (binding,) = link.register([("Contact", contact), ("Supported", "gruu")]).contacts
    gruu = binding.params["pub-gruu"]
    link.send(
        "SUBSCRIBE",
        AOR,
        [("Event", "presence.winfo"), ("Contact", f"<{gruu}>"), ("Expires", "600")],
    )
    assert link.notifies()[-1].uri == "sip:192.0.2.1:5060"
    assert link.sent[-1].destination == UE


def test_notifier_bounds_the_subscriptions_of_a_user() -> None:
    link = Link(limits=Limits(subscriptions_per_user=2))
    assert [link.subscribe().status for _ in range(3)] == [200, 200, 503]


def test_network_answers_a_notify_that_nobody_asked_for_with_481() -> None:
    response = Link(profile()).send("NOTIFY", AOR, [("Event", "presence")])
    assert response.status == 481
