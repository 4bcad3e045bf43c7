"""Changes of XCAP documents by `xcap-diff` (RFC 5875) and `ua-profile`."""

from __future__ import annotations

import pytest
from lxml import etree

from harness.sip.message import Request

from .link import AOR, BUDDY, Link

NS = "{urn:ietf:params:xml:ns:xcap-diff}"
PATH = f"resource-lists/users/{AOR}/index"
LISTS = (
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
    '<list name="{name}"><entry uri="sip:a@test-rcs.com"/></list></resource-lists>'
)
TYPE = "application/resource-lists+xml"


def put(link: Link, name: str = "rcs") -> str:
    response = link.xcap("PUT", f"/{PATH}", TYPE, LISTS.format(name=name).encode())
    assert response.status in (200, 201)
    return response.headers.get("ETag", "").strip('"')


def body(*selectors: str) -> bytes:
    entries = "".join(f'<entry uri="{each}"/>' for each in selectors)
    return (
        f'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>{entries}'
        "</list></resource-lists>"
    ).encode()


def subscribe(link: Link, *selectors: str, **how: object) -> int:
    headers = [
        ("Event", "xcap-diff"),
        ("Expires", "3600"),
        ("Contact", "<sip:192.0.2.1:5060>"),
        ("Content-Type", TYPE),
    ]
    uri = "sip:xdms@test-rcs.com"
    return link.send("SUBSCRIBE", uri, headers, body(*selectors), **how).status  # type: ignore[arg-type]


def told(link: Link) -> list[tuple[str, str | None, str | None]]:
    notify = link.notifies()[-1]
    root = etree.fromstring(notify.body)
    return [
        (each.get("sel", ""), each.get("new-etag"), each.get("previous-etag"))
        for each in root.iterchildren(f"{NS}document")
    ]


def test_first_document_tells_what_there_is_and_the_next_ones_what_changes() -> None:
    link = Link()
    first = put(link)
    assert subscribe(link, PATH) == 200
    assert told(link) == [(PATH, first, None)]

    second = put(link, "other")
    assert told(link) == [(PATH, second, first)]

    link.xcap("DELETE", f"/{PATH}")
    assert told(link) == [(PATH, None, second)]


def test_document_that_is_not_there_yet_is_told_when_it_comes() -> None:
    link = Link()
    subscribe(link, PATH)
    assert told(link) == []
    tag = put(link)
    assert told(link) == [(PATH, tag, None)]


def test_collection_stands_for_the_documents_in_it() -> None:
    link = Link()
    tag = put(link)
    subscribe(link, "resource-lists/")
    ((selector, new, old),) = told(link)
    assert selector.startswith("resource-lists/users/")
    assert (new, old) == (tag, None)


def test_element_is_shown_and_its_end_is_told() -> None:
    link = Link()
    put(link)
    selector = f"{PATH}/~~/*/list%5b@name=%22rcs%22%5d"
    subscribe(link, selector)
    root = etree.fromstring(link.notifies()[-1].body)
    (shown,) = root.iterchildren(f"{NS}element")
    assert (shown.get("sel"), len(shown)) == (selector, 1)

    put(link, "other")

    (gone,) = etree.fromstring(link.notifies()[-1].body).iterchildren(f"{NS}element")
    assert (gone.get("exists"), len(gone)) == ("false", 0)


def test_documents_of_others_are_not_seen() -> None:
    link = Link()
    put(link)
    subscribe(link, PATH, sender=BUDDY)
    assert told(link) == []


def test_root_is_the_one_that_the_client_used() -> None:
    link = Link()
    put(link)
    subscribe(link, PATH)
    root = etree.fromstring(link.notifies()[-1].body)
    assert root.get("xcap-root") == "http://192.0.2.2:8080/"


def test_document_may_stand_in_the_event_of_ua_profile() -> None:
    link = Link()
    tag = put(link)
    link.subscribe(f'ua-profile;profile-type=application;document="{PATH}"')
    assert told(link) == [(PATH, tag, None)]


@pytest.mark.parametrize(
    ("content_type", "content", "status"), [("text/plain", b"x", 415), (TYPE, b"<broken", 400)]
)
def test_unusable_body_is_refused(content_type: str, content: bytes, status: int) -> None:
    headers = [
        ("Event", "xcap-diff"),
        ("Contact", "<sip:192.0.2.1:5060>"),
        ("Content-Type", content_type),
    ]
    assert Link().send("SUBSCRIBE", AOR, headers, content).status == status


def test_refresh_may_name_other_documents() -> None:
    link = Link()
    tag = put(link)
    first = link.send(
        "SUBSCRIBE",
        AOR,
        [("Event", "xcap-diff"), ("Contact", "<sip:192.0.2.1:5060>")],
        call_id="one",
        from_tag="mine",
    )
    assert told(link) == []
    to = first.headers.get("To")
    assert subscribe(link, PATH, call_id="one", from_tag="mine", to=to, cseq=2) == 200
    assert told(link) == [(PATH, tag, None)]
    assert isinstance(link.notifies()[-1], Request)
