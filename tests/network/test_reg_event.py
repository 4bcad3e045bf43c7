"""The `reg` event package (RFC 3680), with GRUUs (RFC 5628), and partial watcher information."""

from __future__ import annotations

import pytest

from harness.body.reginfo import RegInfo, parse_reginfo
from harness.body.watcherinfo import parse_watcherinfo
from harness.sip.message import Request

from .link import AOR, BUDDY, Link, profile

INSTANCE = '+sip.instance="<urn:gsma:imei:35643205-905062-0>"'
TEL = "tel:+339012341234"


def documents(messages: list[object]) -> list[RegInfo]:
    return [
        parse_reginfo(each.body)
        for each in messages
        if isinstance(each, Request) and each.event is not None and each.event.package == "reg"
    ]


def subscribe(link: Link, **how: object) -> list[RegInfo]:
    before = len(link.inbox)
    response = link.subscribe("reg", **how)  # type: ignore[arg-type]
    assert response.status == 200
    return documents(list(link.inbox[before:]))


def test_first_document_tells_each_public_identity_and_its_contact() -> None:
    link = Link()
    link.register([("Contact", f"<sip:192.0.2.1:5060>;{INSTANCE};q=0.5"), ("Supported", "gruu")])

    (document,) = subscribe(link)

    assert (document.version, document.state) == (0, "full")
    assert [(each.aor, each.state) for each in document.registrations] == [
        (AOR, "active"),
        (TEL, "active"),
    ]
    own, implicit = (each.contacts[0] for each in document.registrations)
    assert (own.uri, own.state, own.event, own.q) == (
        "sip:192.0.2.1:5060",
        "active",
        "registered",
        "0.5",
    )
    assert implicit.event == "created"
    assert dict(own.unknown_params)["+sip.instance"] == '"<urn:gsma:imei:35643205-905062-0>"'
    assert own.pub_gruu is not None
    assert own.pub_gruu.startswith(f"{AOR};gr=")
    assert own.temp_gruu is not None
    ids = [each.id for registration in document.registrations for each in registration.contacts]
    assert len(set(ids)) == len(ids)


def test_user_that_is_not_registered_is_told_so() -> None:
    (document,) = subscribe(Link())
    assert {each.state for each in document.registrations} == {"init"}


def test_only_the_user_itself_may_know() -> None:
    link = Link()
    assert link.subscribe("reg", uri=BUDDY).status == 403


@pytest.mark.parametrize(
    ("event", "retry"), [("deactivated", None), ("rejected", None), ("probation", 30)]
)
def test_network_removes_the_bindings_and_says_why(event: str, retry: int | None) -> None:
    link = Link()
    link.register(call_id="one")
    subscribe(link)
    before = len(link.inbox)

    link.network.registrar.deregister(AOR, link.now, event, retry)
    link.advance(0)

    (document,) = documents(list(link.inbox[before:]))
    assert document.version == 1
    own = document.registrations[0]
    (contact,) = own.contacts
    assert (own.state, contact.state, contact.event, contact.retry_after) == (
        "terminated",
        "terminated",
        event,
        retry,
    )
    assert not link.network.registrar.bindings(AOR)


def test_network_shortens_a_registration() -> None:
    link = Link()
    link.register([("Expires", "3600")])
    subscribe(link)
    before = len(link.inbox)

    link.network.registrar.shorten(AOR, 60, link.now)
    link.advance(0)

    (document,) = documents(list(link.inbox[before:]))
    (contact,) = document.registrations[0].contacts
    assert (contact.state, contact.event, contact.expires) == ("active", "shortened", 60)


def test_contact_that_expires_is_told_once() -> None:
    link = Link()
    link.register([("Expires", "600")])
    subscribe(link)

    (document,) = documents(list(link.advance(601)))

    assert [each.event for each in document.registrations[0].contacts] == ["expired"]
    before = len(link.inbox)
    link.register([("Expires", "600")])
    (again,) = documents(list(link.inbox[before:]))
    assert [each.event for each in again.registrations[0].contacts] == ["registered"]


def test_contact_keeps_its_id_when_it_is_refreshed() -> None:
    link = Link()
    link.register(call_id="one", cseq=1)
    (first,) = subscribe(link)
    before = len(link.inbox)

    link.register(call_id="one", cseq=2)

    (second,) = documents(list(link.inbox[before:]))
    (old,), (new,) = (each.registrations[0].contacts for each in (first, second))
    assert (old.id, first.registrations[0].id) == (new.id, second.registrations[0].id)
    assert (new.event, new.cseq, second.version) == ("refreshed", 2, 1)


def test_partial_documents_hold_what_changed() -> None:
    link = Link(profile(partial_state=True))
    link.register([("Contact", "<sip:192.0.2.1:1>")])
    subscribe(link)
    before = len(link.inbox)

    link.register([("Contact", "<sip:192.0.2.1:2>")])

    (document,) = documents(list(link.inbox[before:]))
    assert document.state == "partial"
    assert [each.uri for each in document.registrations[0].contacts] == ["sip:192.0.2.1:2"]


def test_partial_watcher_information_holds_what_changed() -> None:
    link = Link(profile(partial_state=True))
    link.register()
    link.subscribe("presence.winfo")
    link.subscribe("presence")
    before = len(link.inbox)
    link.subscribe("presence", uri=AOR, sender=BUDDY)

    bodies = [
        parse_watcherinfo(each.body)
        for each in link.inbox[before:]
        if isinstance(each, Request) and b"watcherinfo" in each.body
    ]

    assert [document.state for document in bodies] == ["partial"]
    (listed,) = bodies[0].lists
    assert BUDDY in {watcher.uri for watcher in listed.watchers}
