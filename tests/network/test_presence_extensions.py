"""Partial presence, content codings, conditional notification and lists in a SUBSCRIBE."""

from __future__ import annotations

import gzip
import zlib

import pytest

from harness.body.difference import make_changes, make_full
from harness.body.multipart import parse_multipart
from harness.body.partial import state_after
from harness.body.rlmi import parse_rlmi
from harness.sip.message import Request

from .link import AOR, BUDDY, Link, profile

HEAD = (
    '<presence xmlns="urn:ietf:params:xml:ns:pidf"'
    ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" entity="{entity}">'
)
DIFF = "application/pidf-diff+xml"
TYPED = [("Content-Type", DIFF)]


def document(*parts: str, entity: str = AOR) -> bytes:
    return (HEAD.format(entity=entity) + "".join(parts) + "</presence>").encode()


def item(name: str, basic: str = "open") -> str:
    return f'<tuple id="{name}"><status><basic>{basic}</basic></status></tuple>'


def person(text: str) -> str:
    return f'<dm:person id="p"><dm:note>{text}</dm:note></dm:person>'


def last(link: Link) -> Request:
    return link.notifies()[-1]


# -- the documents ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after",
    [
        document(item("a", "closed"), item("b")),
        document(item("a")),
        document(item("a"), item("b"), item("c"), person("x")),
        document(item("c"), person("x")),
        document(),
    ],
)
def test_changes_lead_from_one_document_to_the_next(after: bytes) -> None:
    before = document(item("a"), item("b"))

    changes = make_changes(before, after, 2)

    assert changes is not None
    assert make_changes(state_after(changes, before), after, 3) == make_changes(after, after, 3)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (document(item("a")), document(item("a"), "<note>x</note>")),
        (document("<note>x</note>"), document("<note>y</note>")),
        (document(item("a")), document(item("a"), entity=BUDDY)),
        (document(item("it&apos;s")), document(item("a"))),
    ],
)
def test_what_has_no_id_is_left_to_a_full_document(before: bytes, after: bytes) -> None:
    assert make_changes(before, after, 2) is None
    assert b"pidf-full" in make_full(after, 2)


# -- partial notification (RFC 5263) ---------------------------------------------------------------


def partial_link() -> Link:
    link = Link()
    link.publish(document(item("a")))
    preference = [("Accept", f"application/pidf+xml;q=0.3, {DIFF}")]
    assert link.subscribe("presence", AOR, preference).status == 200
    return link


def test_watcher_that_prefers_partial_documents_gets_the_whole_first_and_then_changes() -> None:
    link = partial_link()
    first = last(link)
    assert first.content_type is not None
    assert first.content_type.essence == DIFF
    assert b"pidf-full" in first.body
    assert b'version="1"' in first.body

    link.publish(document(item("b")))

    assert b"pidf-diff" in last(link).body
    assert b'version="2"' in last(link).body
    assert b'id="b"' in last(link).body


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/pidf+xml", f"application/pidf+xml, {DIFF};q=0.1"]
)
def test_watcher_that_does_not_prefer_partial_documents_gets_whole_ones(accept: str | None) -> None:
    link = Link()
    link.publish(document(item("a")))
    link.subscribe("presence", AOR, [("Accept", accept)] if accept else [])
    kind = last(link).content_type
    assert kind is not None
    assert kind.essence == "application/pidf+xml"


# -- partial publication (RFC 5264) ----------------------------------------------------------------


def test_changes_are_published_upon_what_was_published() -> None:
    link = Link()
    before = document(item("a"), item("b"))
    full = link.publish(make_full(before, 1), TYPED)
    assert full.status == 200
    changes = make_changes(before, document(item("a", "closed")), 2)
    tag = ("SIP-If-Match", full.etag or "")

    assert (
        link.send("PUBLISH", AOR, [("Event", "presence"), *TYPED, tag], changes or b"").status
        == 200
    )

    (publication,) = link.network.compositor.publications(AOR)
    assert [(each.id, each.basic) for each in publication.document.tuples] == [("a", "closed")]


@pytest.mark.parametrize(
    "body",
    [
        b"<x/>",
        make_changes(document(item("a")), document(item("b")), 2) or b"",
    ],
)
def test_changes_of_nothing_are_refused(body: bytes) -> None:
    headers = [("Event", "presence"), *TYPED]
    assert Link().send("PUBLISH", AOR, headers, body).status == 400


# -- content codings -------------------------------------------------------------------------------


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_packed_publication_is_understood(coding: str, pack: object) -> None:
    assert callable(pack)
    link = Link()
    response = link.publish(pack(document(item("a"))), [("Content-Encoding", coding)])
    assert response.status == 200


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("identity, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("", False),
        (None, False),
    ],
)
def test_notification_is_packed_only_where_that_is_accepted(
    accepted: str | None, packed: bool
) -> None:
    link = Link(profile(notification_coding="gzip"))
    link.publish(document(item("a")))
    link.subscribe("presence", AOR, [("Accept-Encoding", accepted)] if accepted is not None else [])
    notify = last(link)
    assert (notify.headers.get("Content-Encoding") == "gzip") is packed
    assert b"tuple" in (gzip.decompress(notify.body) if packed else notify.body)


# -- conditional notification (RFC 5839) -----------------------------------------------------------


def conditional() -> tuple[Link, str, dict[str, object]]:
    link = Link(profile(conditional_notification=True))
    link.publish(document(item("a")))
    response = link.subscribe("presence", AOR, call_id="one", from_tag="mine")
    tag = last(link).headers.get("SIP-ETag")
    assert tag is not None
    dialog = {"call_id": "one", "from_tag": "mine", "to": response.headers.get("To"), "cseq": 2}
    return link, tag, dialog


def test_refresh_with_the_current_tag_is_204_without_a_notification() -> None:
    link, tag, dialog = conditional()
    before = len(link.notifies())

    response = link.subscribe("presence", AOR, [("Suppress-If-Match", tag)], **dialog)

    assert (response.status, response.expires) == (204, 3600)
    assert len(link.notifies()) == before
    link.publish(document(item("b")))
    assert len(link.notifies()) == before + 1
    assert last(link).headers.get("SIP-ETag") != tag


def test_refresh_with_another_tag_is_notified_as_ever() -> None:
    link, _, dialog = conditional()
    before = len(link.notifies())
    response = link.subscribe("presence", AOR, [("Suppress-If-Match", "old")], **dialog)
    assert response.status == 200
    assert len(link.notifies()) == before + 1
    assert last(link).body


def test_star_quiets_a_subscription() -> None:
    link, _, dialog = conditional()
    before = len(link.notifies())
    assert link.subscribe("presence", AOR, [("Suppress-If-Match", "*")], **dialog).status == 204
    link.publish(document(item("b")))
    assert len(link.notifies()) == before


def test_new_subscription_with_the_current_tag_is_notified_without_body() -> None:
    link, tag, _ = conditional()
    assert link.subscribe("presence", AOR, [("Suppress-If-Match", tag)]).status == 200
    assert (last(link).body, last(link).headers.get("SIP-ETag")) == (b"", tag)


def test_subscription_is_ended_by_204() -> None:
    link, tag, dialog = conditional()
    headers = [("Suppress-If-Match", tag), ("Expires", "0")]
    assert link.subscribe("presence", AOR, headers, **dialog).status == 204
    assert link.network.notifier.subscriptions(AOR) == ()


def test_tags_are_no_matter_where_the_profile_does_not_ask_for_them() -> None:
    link = Link()
    link.subscribe("presence", AOR, [("Suppress-If-Match", "*")])
    assert "SIP-ETag" not in last(link).headers


# -- a list in the SUBSCRIBE (RFC 5367) ------------------------------------------------------------

LIST = (
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>'
    f'<entry uri="{BUDDY}"/><entry uri="sip:other@test-rcs.com"/></list></resource-lists>'
).encode()
RLS = "sip:rls@test-rcs.com"
CONTAINED = [
    ("Event", "presence"),
    ("Expires", "0"),
    ("Contact", "<sip:192.0.2.1:5060>"),
    ("Supported", "eventlist"),
    ("Require", "recipient-list-subscribe"),
    ("Accept", "application/pidf+xml, application/rlmi+xml, multipart/related"),
    ("Content-Disposition", "recipient-list"),
]
LISTED = ("Content-Type", "application/resource-lists+xml")


def test_list_in_the_body_is_notified_as_a_list() -> None:
    link = Link()
    response = link.send("SUBSCRIBE", RLS, [*CONTAINED, LISTED], LIST)

    assert response.status == 200
    notify = last(link)
    parts = parse_multipart(notify.body, notify.headers.get("Content-Type", ""))
    rlmi = parse_rlmi(parts.parts[0].body)
    assert (rlmi.uri, rlmi.full_state) == (RLS, True)
    assert [each.uri for each in rlmi.resources] == [BUDDY, "sip:other@test-rcs.com"]


def test_packed_list_is_understood() -> None:
    headers = [*CONTAINED, LISTED, ("Content-Encoding", "gzip")]
    assert Link().send("SUBSCRIBE", RLS, headers, gzip.compress(LIST)).status == 200


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"x", 415),
        ("application/resource-lists+xml", b"<broken", 400),
        ("application/resource-lists+xml", b"<x/>", 400),
    ],
)
def test_unusable_list_is_refused(content_type: str, body: bytes, status: int) -> None:
    headers = [*CONTAINED, ("Content-Type", content_type)]
    assert Link().send("SUBSCRIBE", RLS, headers, body).status == status


def test_optional_body_is_no_reason_to_refuse() -> None:
    headers = [
        ("Event", "presence"),
        ("Contact", "<sip:192.0.2.1:5060>"),
        ("Content-Type", "text/plain"),
        ("Content-Disposition", "x;handling=optional"),
    ]
    assert Link().send("SUBSCRIBE", AOR, headers, b"x").status == 200


def test_list_in_a_later_subscribe_is_refused() -> None:
    link = Link()
    headers = [each for each in CONTAINED if each[0] != "Expires"]
    response = link.send("SUBSCRIBE", RLS, [*headers, LISTED], LIST, call_id="one", from_tag="mine")
    again = link.send(
        "SUBSCRIBE",
        RLS,
        [*headers, LISTED],
        LIST,
        call_id="one",
        from_tag="mine",
        to=response.headers.get("To"),
        cseq=2,
    )
    assert again.status == 415


# -- services within services ----------------------------------------------------------------------


def test_service_among_the_members_stands_for_its_own_members() -> None:
    link = Link()
    services = (
        '<rls-services xmlns="urn:ietf:params:xml:ns:rls-services"'
        ' xmlns:rl="urn:ietf:params:xml:ns:resource-lists">'
        '<service uri="sip:outer@test-rcs.com"><list><rl:entry uri="sip:inner@test-rcs.com"/>'
        '<rl:entry uri="sip:a@test-rcs.com"/></list></service>'
        '<service uri="sip:inner@test-rcs.com"><list><rl:entry uri="sip:outer@test-rcs.com"/>'
        '<rl:entry uri="sip:b@test-rcs.com"/></list></service></rls-services>'
    )
    path = f"/rls-services/users/{AOR}/index"
    content_type = "application/rls-services+xml"
    assert link.xcap("PUT", path, content_type, services.encode()).status == 201

    link.subscribe(
        "presence",
        "sip:outer@test-rcs.com",
        [("Supported", "eventlist"), ("Accept", "multipart/related, application/pidf+xml")],
    )

    notify = last(link)
    parts = parse_multipart(notify.body, notify.headers.get("Content-Type", ""))
    uris = [each.uri for each in parse_rlmi(parts.parts[0].body).resources]
    assert uris == ["sip:b@test-rcs.com", "sip:a@test-rcs.com"]
