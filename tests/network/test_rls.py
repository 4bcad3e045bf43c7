"""List subscriptions, against RFC 4662."""

from __future__ import annotations

import pytest

from harness.body.multipart import parse_multipart
from harness.body.pidf import parse_pidf
from harness.body.rlmi import Rlmi, parse_rlmi
from harness.model import Peer
from harness.sip.message import Request, Response

from .link import AOR, LIST_URI, PIDF, XUI, Link, profile, provision, put_entry

ALICE = "sip:alice@test-rcs.com"
BOB = "sip:bob@test-rcs.com"
EVENTLIST = [("Supported", "eventlist")]


@pytest.fixture
def link() -> Link:
    """A network that holds the flow's documents and a list of two friends."""
    link = Link()
    provision(link)
    put_entry(link, ALICE)
    put_entry(link, BOB)
    return link


def subscribe(link: Link, expires: str = "3600") -> Response:
    return link.subscribe("presence", LIST_URI, [*EVENTLIST, ("Expires", expires)])


def publish(link: Link, user: str, expires: str = "3600") -> None:
    """A friend publishes and lets everybody watch."""
    rules = (
        b'<cr:ruleset xmlns:pr="urn:ietf:params:xml:ns:pres-rules"'
        b' xmlns:cr="urn:ietf:params:xml:ns:common-policy"><cr:rule id="a"><cr:conditions/>'
        b"<cr:actions><pr:sub-handling>allow</pr:sub-handling></cr:actions><cr:transformations>"
        b"<pr:provide-services><pr:all-services/></pr:provide-services>"
        b"<pr:provide-all-attributes/></cr:transformations></cr:rule></cr:ruleset>"
    )
    link.network.xdms.put("org.openmobilealliance.pres-rules", user, rules)
    link.send(
        "PUBLISH",
        user,
        [("Event", "presence"), ("Content-Type", "application/pidf+xml"), ("Expires", expires)],
        PIDF.replace(AOR.encode(), user.encode()),
        sender=user,
        source=Peer("192.0.2.3", 5060),
    )


def read(notify: Request) -> tuple[Rlmi, dict[str, bytes]]:
    content_type = notify.headers.get("Content-Type", "")
    multipart = parse_multipart(notify.body, content_type)
    assert multipart.malformed == ()
    assert multipart.preamble == b""
    assert content_type.endswith(f";boundary={multipart.boundary}")
    assert multipart.root is not None
    document = parse_rlmi(multipart.root.body)
    assert set(document.cids) == {part.content_id for part in multipart.parts[1:]}
    return document, {part.content_id or "": part.body for part in multipart.parts[1:]}


def instances(notify: Request) -> dict[str, list[tuple[str, str | None]]]:
    document, _ = read(notify)
    return {
        resource.uri: [(each.state, each.reason) for each in resource.instances]
        for resource in document.resources
    }


def test_rls_accepts_with_require_and_full_state_first(link: Link) -> None:
    response = subscribe(link)
    assert (response.status, response.require) == (200, ("eventlist",))
    (notify,) = link.notifies()
    assert notify.require == ("eventlist",)
    document, parts = read(notify)
    assert (document.uri, document.version, document.full_state) == (LIST_URI, 0, True)
    assert parts == {}
    assert instances(notify) == {
        ALICE: [("pending", None)],
        BOB: [("pending", None)],
    }


def test_rls_sends_one_changed_resource_in_each_notify(link: Link) -> None:
    subscribe(link)
    publish(link, ALICE)
    publish(link, BOB)
    versions = []
    for notify, user in zip(link.notifies()[-2:], (ALICE, BOB), strict=True):
        document, parts = read(notify)
        versions.append((document.version, document.full_state))
        assert list(instances(notify)) == [user]
        (body,) = parts.values()
        assert parse_pidf(body).entity == user
    assert versions[0][1] is False
    assert versions[1][0] == (versions[0][0] or 0) + 1


def test_rls_keeps_the_instance_ids(link: Link) -> None:
    subscribe(link)
    publish(link, ALICE)
    ids = {
        each.instances[0].id
        for notify in link.notifies()
        for each in read(notify)[0].resources
        if each.uri == ALICE
    }
    assert len(ids) == 1


def test_rls_refreshes_with_full_state(link: Link) -> None:
    publish(link, ALICE)
    first = subscribe(link)
    again = link.send(
        "SUBSCRIBE",
        LIST_URI,
        [("Event", "presence"), ("Contact", "<sip:192.0.2.1:5060>"), *EVENTLIST],
        to=first.headers.get("To"),
        call_id=first.call_id,
        cseq=2,
        from_tag=first.from_.tag if first.from_ else None,
    )
    assert (again.status, again.require) == (200, ("eventlist",))
    document, parts = read(link.notifies()[-1])
    assert (document.version, document.full_state, len(parts)) == (1, True, 1)


def test_rls_needs_eventlist_in_a_refresh_as_well(link: Link) -> None:
    first = subscribe(link)
    again = link.send(
        "SUBSCRIBE",
        LIST_URI,
        [("Event", "presence"), ("Contact", "<sip:192.0.2.1:5060>")],
        to=first.headers.get("To"),
        call_id=first.call_id,
        cseq=2,
        from_tag=first.from_.tag if first.from_ else None,
    )
    assert (again.status, again.require) == (421, ("eventlist",))
    assert len(link.notifies()) == 1


def test_rls_reports_a_removed_member_as_terminated_once(link: Link) -> None:
    publish(link, ALICE)
    subscribe(link)
    target = (
        f"/resource-lists/users/{XUI}/index/~~/resource-lists/list%5B@name=%22rcs%22%5D"
        "/entry%5B@uri=%22sip%3Aalice%40test-rcs.com%22%5D"
    )
    assert link.xcap("DELETE", target).status == 200
    assert instances(link.notifies()[-1]) == {ALICE: [("terminated", "noresource")]}
    publish(link, BOB)
    assert ALICE not in instances(link.notifies()[-1])


def test_rls_shows_a_state_that_has_ended_as_an_empty_document(link: Link) -> None:
    publish(link, ALICE, "100")
    subscribe(link)
    link.advance(101)
    _, parts = read(link.notifies()[-1])
    (body,) = parts.values()
    assert parse_pidf(body).tuples == ()


def test_rls_ends_with_full_state_and_releases_its_watchers(link: Link) -> None:
    publish(link, ALICE)
    subscribe(link, "100")
    link.advance(101)
    last = link.notifies()[-1]
    assert str(last.subscription_state) == "terminated;reason=timeout"
    assert read(last)[0].full_state
    assert link.network.server.watchers.of(ALICE) == ()


def test_rls_ends_when_its_service_is_deleted(link: Link) -> None:
    subscribe(link)
    assert link.xcap("DELETE", f"/rls-services/users/{XUI}/index").status == 200
    assert str(link.notifies()[-1].subscription_state) == "terminated;reason=noresource"


def test_rls_answers_a_fetch_with_the_list(link: Link) -> None:
    publish(link, ALICE)
    assert subscribe(link, "0").expires == 0
    assert ALICE in instances(link.notifies()[-1])


def test_rls_finds_the_service_whatever_the_case_of_the_host(link: Link) -> None:
    uri = LIST_URI.replace("test-rcs", "TEST-RCS")
    assert link.subscribe("presence", uri, EVENTLIST).status == 200


def test_rls_needs_eventlist_and_says_so(link: Link) -> None:
    response = link.subscribe("presence", LIST_URI)
    assert (response.status, response.require) == (421, ("eventlist",))
    assert link.notifies() == []


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (None, 200),
        ("application/pidf+xml, multipart/related, application/rlmi+xml", 200),
        ("multipart/*", 200),
        ("application/pidf+xml", 406),
    ],
)
def test_rls_refuses_only_an_accept_that_rules_lists_out(
    link: Link, accept: str | None, status: int
) -> None:
    headers = [*EVENTLIST, *([("Accept", accept)] if accept else [])]
    assert link.subscribe("presence", LIST_URI, headers).status == status


@pytest.mark.parametrize(
    ("uri", "sender", "event", "status"),
    [
        (f"{AOR};pres-list=other", AOR, "presence", 404),
        (LIST_URI, ALICE, "presence", 403),
        (LIST_URI, AOR, "presence.winfo", 489),
    ],
)
def test_rls_refuses_what_it_cannot_serve(
    link: Link, uri: str, sender: str, event: str, status: int
) -> None:
    response = link.subscribe(event, uri, EVENTLIST, sender=sender)
    assert response.status == status


def test_rls_needs_no_eventlist_for_bare_documents() -> None:
    link = Link(profile(notifications="plain"))
    provision(link)
    put_entry(link, ALICE)
    response = link.subscribe("presence", LIST_URI)
    assert (response.status, response.require) == (200, ())
    publish(link, ALICE)
    publish(link, ALICE)
    assert parse_pidf(link.notifies()[-1].body).entity == ALICE
