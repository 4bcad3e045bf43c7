"""The event state compositor, step by step of RFC 3903 §6."""

from __future__ import annotations

import pytest

from harness.network.limits import Limits
from harness.sip.message import Response

from .link import AOR, BUDDY, PIDF, Link


def etag(response: Response) -> str:
    assert response.status == 200
    assert response.etag
    return response.etag


def count(link: Link) -> int:
    return len(link.network.compositor.publications(AOR))


def test_compositor_gives_a_fresh_entity_tag_for_each_success() -> None:
    link = Link()
    seen = [etag(link.publish())]
    for body in (b"", PIDF, b""):
        seen.append(etag(link.publish(body, [("SIP-If-Match", seen[-1])])))
    assert len(set(seen)) == 4
    assert count(link) == 1


@pytest.mark.parametrize(
    ("asked", "granted"), [("900", "900"), (None, "3600"), ("99999", "3600"), ("3600", "3600")]
)
def test_compositor_grants_what_was_asked_up_to_its_maximum(
    asked: str | None, granted: str
) -> None:
    headers = [("Expires", asked)] if asked else []
    assert Link().publish(headers=headers).headers.get("Expires") == granted


def test_compositor_refuses_too_brief_an_interval_with_its_minimum() -> None:
    response = Link().publish(headers=[("Expires", "59")])
    assert (response.status, response.min_expires) == (423, 60)


def test_compositor_refuses_an_unknown_entity_tag_and_takes_the_retry() -> None:
    link = Link()
    assert (
        link.publish(headers=[("SIP-If-Match", "ac63be7e9042439dad76da16904cf48d")]).status == 412
    )
    assert link.publish().status == 200


def test_compositor_refuses_an_entity_tag_that_was_replaced() -> None:
    link = Link()
    first = etag(link.publish())
    etag(link.publish(b"", [("SIP-If-Match", first)]))
    assert link.publish(b"", [("SIP-If-Match", first)]).status == 412


def test_compositor_refuses_an_entity_tag_that_has_expired() -> None:
    link = Link()
    first = etag(link.publish(headers=[("Expires", "60")]))
    link.advance(61)
    assert count(link) == 0
    assert link.publish(b"", [("SIP-If-Match", first)]).status == 412


def test_compositor_keeps_entity_tags_of_users_apart() -> None:
    link = Link()
    tag = etag(link.publish())
    response = link.send(
        "PUBLISH",
        BUDDY,
        [("Event", "presence"), ("SIP-If-Match", tag)],
        sender=BUDDY,
    )
    assert response.status == 412


def test_compositor_removes_with_expires_zero() -> None:
    link = Link()
    tag = etag(link.publish())
    response = link.publish(b"", [("SIP-If-Match", tag), ("Expires", "0")])
    assert (response.status, response.headers.get("Expires")) == (200, "0")
    assert response.etag
    assert count(link) == 0


def test_compositor_extends_with_a_refresh() -> None:
    link = Link()
    tag = etag(link.publish(headers=[("Expires", "100")]))
    link.advance(90)
    link.publish(b"", [("SIP-If-Match", tag), ("Expires", "100")])
    link.advance(50)
    assert count(link) == 1
    link.advance(51)
    assert count(link) == 0


@pytest.mark.parametrize("event", [None, "dialog", "presence.winfo", "Presence"])
def test_compositor_refuses_other_events(event: str | None) -> None:
    headers = [("Event", event)] if event else []
    response = Link().send(
        "PUBLISH", AOR, [*headers, ("Content-Type", "application/pidf+xml")], PIDF
    )
    assert response.status == 489
    assert response.headers.values("Allow-Events") == ("presence",)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ([], b"", 400),
        ([("Content-Type", "application/pidf+xml")], b"<presence", 400),
        ([("Content-Type", "application/pidf+xml")], b"<watcherinfo/>", 400),
        ([("SIP-If-Match", "one"), ("SIP-If-Match", "two")], b"", 400),
    ],
)
def test_compositor_refuses_what_it_cannot_use(
    headers: list[tuple[str, str]], body: bytes, status: int
) -> None:
    link = Link()
    assert link.send("PUBLISH", AOR, [("Event", "presence"), *headers], body).status == status
    assert count(link) == 0


def test_compositor_refuses_another_body_type_and_says_what_it_takes() -> None:
    response = Link().send(
        "PUBLISH", AOR, [("Event", "presence"), ("Content-Type", "text/plain")], b"hello"
    )
    assert response.status == 415
    assert response.headers.get("Accept") == "application/pidf+xml, application/pidf-diff+xml"


def test_compositor_refuses_an_encoding_and_says_what_it_takes() -> None:
    response = Link().publish(headers=[("Content-Encoding", "br")])
    assert response.status == 415
    assert response.headers.get("Accept-Encoding") == "identity, gzip, deflate"


def test_compositor_answers_404_for_another_domain() -> None:
    response = Link().send("PUBLISH", "sip:a@elsewhere.example", [("Event", "presence")], PIDF)
    assert response.status == 404


def test_compositor_bounds_what_a_user_publishes() -> None:
    link = Link(limits=Limits(publications_per_user=2))
    tags = [etag(link.publish()) for _ in range(2)]
    assert link.publish().status == 503
    assert link.publish(headers=[("SIP-If-Match", tags[0])]).status == 200


def test_compositor_adds_no_contact_or_record_route() -> None:
    response = Link().publish(headers=[("Record-Route", "<sip:edge.example;lr>")])
    assert "Record-Route" not in response.headers
    assert "Contact" not in response.headers
