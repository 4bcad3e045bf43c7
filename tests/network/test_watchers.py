"""Watchers: the state machine of RFC 3857 §4.7.1, what rules make of them, what is shown of it."""

from __future__ import annotations

import itertools

import pytest

from harness.body.pidf import Pidf, parse_pidf
from harness.body.watcherinfo import parse_watcherinfo
from harness.model import Peer
from harness.network.limits import Limits
from harness.network.watchers import TRANSITIONS, Event, State
from harness.sip.message import Request, Response

from .link import AOR, PERSON, PRES_RULES, RESOURCE_LISTS, XUI, Link, external, put_entry

ALICE = "sip:alice@test-rcs.com"
ALICE_AT = Peer("192.0.2.3", 5060)
RULES = f"/org.openmobilealliance.pres-rules/users/{XUI}/pres-rules"


def put_rules(link: Link, rules: bytes = PRES_RULES) -> None:
    lists = f"/resource-lists/users/{XUI}/index"
    if link.xcap("GET", lists).status == 404:
        link.xcap("PUT", lists, "application/resource-lists+xml", RESOURCE_LISTS)
    assert link.xcap("PUT", RULES, "application/auth-policy+xml", rules).status in (200, 201)


def deciding(handling: str) -> bytes:
    """The flow's rules, with another decision on strangers."""
    return PRES_RULES.replace(b"confirm", handling.encode())


def watch(link: Link, expires: str = "3600") -> Response:
    return link.send(
        "SUBSCRIBE",
        AOR,
        [("Event", "presence"), ("Contact", "<sip:192.0.2.3:5060>"), ("Expires", expires)],
        sender=ALICE,
        source=ALICE_AT,
    )


def told(link: Link) -> list[Request]:
    """The NOTIFYs that Alice got."""
    return [each for each in link.notifies() if each.to and each.to.uri == ALICE]


def states(link: Link) -> list[str]:
    return [str(each.subscription_state) for each in told(link)]


def shown(link: Link) -> Pidf:
    return parse_pidf(told(link)[-1].body)


def listed(link: Link) -> list[list[tuple[str, str]]]:
    """The watchers in each watcherinfo document."""
    documents = [
        parse_watcherinfo(each.body)
        for each in link.notifies()
        if each.event and each.event.package == "presence.winfo"
    ]
    return [[(each.status, each.event) for each in found.watchers] for found in documents]


LEGAL = {
    "pending": {
        "approved": "active",
        "timeout": "waiting",
        **dict.fromkeys(
            ("rejected", "deactivated", "probation", "giveup", "noresource"), "terminated"
        ),
    },
    "active": dict.fromkeys(
        ("rejected", "deactivated", "probation", "timeout", "noresource"), "terminated"
    ),
    "waiting": dict.fromkeys(("rejected", "noresource", "giveup", "approved"), "terminated"),
    "terminated": {},
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_watcher_moves_as_the_figure_of_rfc_3857_says(state: State, event: Event) -> None:
    assert TRANSITIONS.get((state, event)) == LEGAL[state.value].get(event.value)


def test_server_lets_a_stranger_wait_for_a_decision_without_showing_anything() -> None:
    link = Link()
    put_rules(link)
    link.subscribe()
    link.publish()
    assert watch(link).status == 200
    assert states(link) == ["pending;expires=3600"]
    assert (shown(link).tuples, len(shown(link).notes)) == ((), 1)
    link.publish()
    assert len(told(link)) == 1
    assert listed(link) == [[], [("pending", "subscribe")]]


def test_server_shows_the_state_once_the_user_grants() -> None:
    link = Link()
    put_rules(link)
    link.publish()
    watch(link)
    put_entry(link, ALICE)
    assert states(link) == ["pending;expires=3600", "active;expires=3600"]
    assert [each.id for each in shown(link).tuples] == ["t1"]


def test_server_ends_the_subscription_once_the_user_blocks() -> None:
    link = Link()
    put_rules(link)
    link.subscribe()
    watch(link)
    put_entry(link, ALICE, "rcs_blockedcontacts")
    assert states(link)[-1] == "terminated;reason=rejected"
    assert listed(link) == [[], [("pending", "subscribe")], [("terminated", "rejected")]]
    assert watch(link).status == 403
    assert len(listed(link)) == 3


def test_server_asks_an_undecided_watcher_to_come_again_when_the_grant_is_withdrawn() -> None:
    link = Link()
    put_rules(link, deciding("allow"))
    watch(link)
    put_rules(link, deciding("confirm"))
    assert states(link) == ["active;expires=3600", "terminated;reason=deactivated"]


def test_server_hides_a_polite_block() -> None:
    link = Link()
    put_rules(link, deciding("polite-block"))
    link.publish()
    assert watch(link).status == 200
    assert states(link) == ["active;expires=3600"]
    assert [each.basic for each in shown(link).tuples] == ["closed"]


def test_server_shows_only_the_components_that_the_rules_provide() -> None:
    link = Link()
    services_only = PRES_RULES.replace(
        b"<pr:provide-persons><pr:all-persons/></pr:provide-persons>", b""
    )
    put_rules(link, services_only)
    link.publish()
    link.xcap(
        "PUT", f"/pidf-manipulation/users/{XUI}/perm-presence", "application/pidf+xml", PERSON
    )
    put_entry(link, ALICE)
    watch(link)
    assert (len(shown(link).tuples), len(shown(link).persons)) == (1, 0)
    put_rules(link)
    assert (len(shown(link).tuples), len(shown(link).persons)) == (1, 1)
    assert len(told(link)) == 2


def test_server_notifies_of_publications_and_of_their_end() -> None:
    link = Link()
    put_rules(link, deciding("allow").replace(b"<ocp:other-identity/>", external("rcs").encode()))
    put_entry(link, ALICE)
    watch(link)
    assert shown(link).tuples == ()
    tag = link.publish(headers=[("Expires", "100")]).etag or ""
    assert len(shown(link).tuples) == 1
    link.publish(b"", [("SIP-If-Match", tag), ("Expires", "100")])
    assert len(told(link)) == 2
    link.advance(101)
    assert (len(told(link)), shown(link).tuples) == (3, ())


def test_server_notifies_a_user_of_what_it_publishes_itself() -> None:
    link = Link()
    link.subscribe("presence")
    link.publish()
    assert [len(parse_pidf(each.body).tuples) for each in link.notifies()] == [0, 1]


def test_server_composes_what_several_devices_publish() -> None:
    link = Link()
    put_rules(link)
    put_entry(link, ALICE)
    link.publish()
    link.publish()
    watch(link)
    assert len(shown(link).tuples) == 2
    assert len({each.id for each in shown(link).tuples}) == 2


def test_server_leaves_out_what_no_schema_allows() -> None:
    link = Link()
    put_rules(link)
    put_entry(link, ALICE)
    link.publish()
    wrong = (
        f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{AOR}">'
        '<tuple id="7"><status><basic>maybe</basic></status></tuple></presence>'
    ).encode()
    assert link.publish(wrong).status == 200
    watch(link)
    assert [each.basic for each in shown(link).tuples] == ["open"]


def test_watcher_that_was_never_decided_on_waits_a_day_and_is_given_up() -> None:
    link = Link()
    put_rules(link)
    watch(link, "600")
    link.advance(601)
    assert states(link)[-1] == "terminated;reason=timeout"
    link.subscribe()
    assert listed(link)[-1] == [("waiting", "timeout")]
    watch(link)
    assert listed(link)[-1] == [("pending", "subscribe"), ("terminated", "giveup")]
    link.advance(86_400 + 3600)
    link.subscribe()
    assert listed(link)[-1] == []


def test_fetch_of_a_stranger_is_remembered_as_waiting() -> None:
    link = Link()
    put_rules(link)
    link.subscribe()
    assert watch(link, "0").status == 200
    assert states(link) == ["terminated;reason=timeout"]
    assert listed(link)[-1] == [("waiting", "timeout")]


def test_fetch_of_a_granted_watcher_shows_state_and_is_not_listed() -> None:
    link = Link()
    put_rules(link)
    put_entry(link, ALICE)
    link.publish()
    link.subscribe()
    watch(link, "0")
    assert len(shown(link).tuples) == 1
    assert all(each == [] for each in listed(link)[:1])


def test_server_bounds_the_watchers_of_a_user() -> None:
    link = Link(limits=Limits(watchers_per_presentity=1))
    put_rules(link, deciding("allow"))
    assert watch(link).status == 200
    assert watch(link).status == 404
