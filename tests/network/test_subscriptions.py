"""The state of a subscription, and where its notifications go."""

from __future__ import annotations

import itertools

import pytest

from harness.model import Peer, Transport
from harness.network.feeds import Status
from harness.network.limits import Limits
from harness.network.subscriptions import ENDING_STATUSES, MOVES

from .link import AOR, PIDF, UE, Link, profile

STATES = ("init", "pending", "active", "terminated")
TCP = Peer("192.0.2.1", 40000, Transport.TCP)


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATES, STATES)))
def test_subscription_moves_as_the_diagram_of_rfc_6665_says(before: str, after: str) -> None:
    backwards = STATES.index(after) < STATES.index(before)
    starts_nowhere = (before, after) == ("init", "init")
    assert (after in MOVES[before]) == (not backwards and not starts_nowhere)


def test_subscription_that_becomes_undecided_is_deactivated() -> None:
    link = Link()
    link.subscribe("presence")
    (subscription,) = link.network.notifier.subscriptions(AOR)
    assert subscription.status == Status("active")
    subscription.ending = Status("pending")
    assert subscription.next_status() == Status("terminated", "deactivated")


def test_statuses_that_end_a_subscription_are_those_of_rfc_6665() -> None:
    named = {404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604}
    assert named | {408} == ENDING_STATUSES


@pytest.mark.parametrize(
    ("contact", "flow", "first"),
    [
        ("sip:192.0.2.1:5070", UE, Peer("192.0.2.1", 5070)),
        ("sip:192.0.2.1:5070;transport=tcp", UE, Peer("192.0.2.1", 5070, Transport.TCP)),
        ("sip:192.0.2.1:40000", TCP, TCP),
        ("sip:192.0.2.1:5070", TCP, Peer("192.0.2.1", 5070, Transport.TCP)),
        ("sip:10.1.1.1:5070", UE, UE),
        ("sip:phone.example.com", UE, UE),
        ("tel:+1", UE, UE),
        ("nonsense", UE, UE),
        ("sips:192.0.2.1", UE, Peer("192.0.2.1", 5061, Transport.TLS)),
    ],
)
def test_network_sends_to_the_address_of_the_contact_or_down_the_flow(
    contact: str, flow: Peer, first: Peer
) -> None:
    destinations = Link().network._outgoing.destinations(contact, flow)
    assert destinations[0] == first
    assert destinations[-1] == flow


def test_network_sends_to_where_a_registered_user_is() -> None:
    link = Link()
    link.register([("Contact", "<sip:192.0.2.1:5090>")])
    outgoing = link.network._outgoing
    assert outgoing.destinations(AOR, UE)[0] == Peer("192.0.2.1", 5090)


def test_compositor_refuses_a_document_that_is_too_large() -> None:
    assert Link(limits=Limits(body=100)).publish(PIDF).status == 413


def test_changes_are_not_told_faster_than_the_profile_says() -> None:
    link = Link(profile(notification_interval=5))
    link.register()
    link.subscribe("presence")
    before = len(link.notifies())

    link.publish(headers=[("Expires", "600")])
    link.publish(headers=[("Expires", "600")])

    assert len(link.notifies()) == before
    link.advance(4.9)
    assert len(link.notifies()) == before
    link.advance(0.2)
    assert len(link.notifies()) == before + 1
