"""The documented flow at message level: what the network says, and in which order."""

from __future__ import annotations

import pytest

from harness.body.multipart import parse_multipart
from harness.body.pidf import parse_pidf
from harness.body.rlmi import Rlmi, parse_rlmi
from harness.body.watcherinfo import parse_watcherinfo
from harness.network.contact import Step
from harness.sip.message import Request, Response

from .link import (
    AOR,
    BUDDY,
    LIST_URI,
    PERSON,
    XUI,
    Link,
    profile,
    provision,
    put_entry,
)


def list_notification(notify: Request) -> tuple[Rlmi, dict[str, bytes]]:
    multipart = parse_multipart(notify.body, notify.headers.get("Content-Type", ""))
    assert multipart.malformed == ()
    assert multipart.root is not None
    document = parse_rlmi(multipart.root.body)
    parts = {
        resource.uri: part.body
        for resource in document.resources
        for instance in resource.instances
        if instance.cid and (part := multipart.part(instance.cid))
    }
    return document, parts


def what(message: Request | Response) -> str:
    if isinstance(message, Response):
        return f"{message.status} {message.method}"
    event = f" {message.event}" if message.event else ""
    return f"{message.method}{event}"


@pytest.fixture
def played() -> Link:
    """The flow up to S12: registered, provisioned, subscribed twice, published."""
    link = Link()
    assert link.register([("Expires", "600000")]).status == 200
    provision(link)
    put_entry(link, AOR)
    assert link.subscribe().status == 200
    assert link.subscribe("presence", LIST_URI, [("Supported", "eventlist")]).status == 200
    assert link.publish().status == 200
    return link


def test_network_answers_and_notifies_in_the_order_of_the_flow(played: Link) -> None:
    put_entry(played, BUDDY + ";user=phone")
    played.xcap(
        "PUT",
        f"/pidf-manipulation/users/{XUI}/perm-presence",
        "application/pidf+xml",
        PERSON,
    )
    assert [what(message) for message in played.inbox] == [
        "200 REGISTER",
        "200 SUBSCRIBE",
        "NOTIFY presence.winfo",
        "200 SUBSCRIBE",
        "NOTIFY presence",
        "200 PUBLISH",
        "NOTIFY presence.winfo",
        "NOTIFY presence.winfo",
        "NOTIFY presence",
        "NOTIFY presence",
        "OPTIONS",
    ]


def test_watcherinfo_counts_versions_and_shows_the_contact_pending_then_active(
    played: Link,
) -> None:
    put_entry(played, BUDDY)
    documents = [
        parse_watcherinfo(notify.body)
        for notify in played.notifies()
        if notify.event and notify.event.package == "presence.winfo"
    ]
    assert [document.version for document in documents] == [0, 1, 2]
    assert {document.state for document in documents} == {"full"}
    assert documents[0].watchers == ()
    shown = [
        [(watcher.uri, watcher.status, watcher.event) for watcher in document.watchers]
        for document in documents[1:]
    ]
    assert shown == [
        [(AOR, "active", "subscribe"), (BUDDY, "pending", "subscribe")],
        [(AOR, "active", "subscribe"), (BUDDY, "active", "approved")],
    ]
    ids = {watcher.uri: watcher.id for watcher in documents[1].watchers}
    assert ids == {watcher.uri: watcher.id for watcher in documents[2].watchers}


def test_list_notifications_show_the_list_then_the_user_then_the_contact(played: Link) -> None:
    put_entry(played, BUDDY)
    played.xcap(
        "PUT",
        f"/pidf-manipulation/users/{XUI}/perm-presence",
        "application/pidf+xml",
        PERSON,
    )
    notifies = [
        each for each in played.notifies() if each.event and each.event.package == "presence"
    ]
    assert [each.require for each in notifies] == [("eventlist",)] * 3
    (first, none), (second, own), (third, buddys) = map(list_notification, notifies)
    assert (first.version, first.full_state, none) == (0, True, {})
    assert [(each.uri, each.instances) for each in first.resources] == [(AOR, ())]
    assert (second.version, second.full_state) == (1, False)
    shown = parse_pidf(own[AOR])
    assert (shown.entity, len(shown.tuples), len(shown.persons)) == (AOR, 1, 1)
    assert (third.version, third.full_state) == (2, False)
    assert parse_pidf(buddys[BUDDY]).entity == BUDDY


def test_contact_waits_for_a_grant(played: Link) -> None:
    played.advance(600)
    assert played.network.contact.step_of(AOR) is Step.PUBLISH
    assert played.notifies()[-1].event is not None
    assert played.notifies()[-1].event.package == "presence.winfo"


def test_contact_publishes_though_the_user_sets_no_portrait(played: Link) -> None:
    put_entry(played, BUDDY)
    assert "OPTIONS" not in [what(message) for message in played.inbox]
    assert [what(message) for message in played.advance(3)] == ["NOTIFY presence", "OPTIONS"]


def test_contact_waits_before_each_step_as_the_profile_says() -> None:
    link = Link(profile(contact_delay=5))
    link.register()
    provision(link)
    put_entry(link, AOR)
    link.subscribe()
    link.publish()
    assert link.network.contact.step_of(AOR) is Step.SUBSCRIBE
    assert [what(message) for message in link.advance(4.9)] == []
    assert [what(message) for message in link.advance(0.2)] == ["NOTIFY presence.winfo"]


def test_contact_waits_for_the_answers_of_the_ue() -> None:
    link = Link()
    link.register()
    provision(link)
    link.answers_notify = None
    link.subscribe()
    link.publish()
    assert link.network.contact.step_of(AOR) is Step.SUBSCRIBE
    link.answer(link.notifies()[0])
    assert link.network.contact.step_of(AOR) is Step.PUBLISH


def test_contact_starts_anew_with_a_ue_that_comes_back(played: Link) -> None:
    put_entry(played, BUDDY)
    played.advance(10_000_000)
    assert played.network.contact.step_of(AOR) is None
    played.register()
    played.subscribe()
    played.publish()
    last = parse_watcherinfo(played.notifies()[-1].body)
    assert (BUDDY, "active") in {(each.uri, each.status) for each in last.watchers}


def test_contact_starts_anew_with_a_ue_that_was_switched_off_and_on(played: Link) -> None:
    put_entry(played, BUDDY)
    played.advance(5)
    assert played.network.contact.step_of(AOR) is Step.DONE
    played.answers_notify = 481
    assert played.register().status == 200
    assert played.network.contact.step_of(AOR) is Step.SUBSCRIBE
    played.answers_notify = 200
    responses = [
        played.subscribe(),
        played.subscribe("presence", LIST_URI, [("Supported", "eventlist")]),
    ]
    played.publish()
    played.advance(5)
    dialogs = {response.call_id for response in responses}
    told = [each for each in played.notifies() if each.call_id in dialogs]
    assert [what(message) for message in told] == [
        "NOTIFY presence.winfo",
        "NOTIFY presence",
        "NOTIFY presence.winfo",
        "NOTIFY presence",
    ]
    assert what(played.inbox[-1]) == "OPTIONS"


def test_network_sends_bare_documents_where_the_profile_wants_them() -> None:
    link = Link(profile(notifications="plain"))
    link.register()
    provision(link)
    put_entry(link, AOR)
    link.subscribe()
    response = link.subscribe("presence", LIST_URI, [("Supported", "eventlist")])
    assert response.require == ()
    link.publish()
    put_entry(link, BUDDY)
    link.xcap(
        "PUT",
        f"/pidf-manipulation/users/{XUI}/perm-presence",
        "application/pidf+xml",
        PERSON,
    )
    notifies = [each for each in link.notifies() if each.event and each.event.package == "presence"]
    assert notifies[0].body == b""
    assert notifies[0].content_type is None
    assert [parse_pidf(each.body).entity for each in notifies[1:]] == [AOR, BUDDY]
    assert all("Require" not in each.headers for each in notifies)
