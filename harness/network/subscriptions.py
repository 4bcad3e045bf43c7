"""Subscriptions of SIP subscribers and their state machine (RFC 6665 §4.2.2)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from harness.model import Peer
from harness.network.feeds import Body, Feed, Status
from harness.network.packages import Package
from harness.sip.dialog import Dialog
from harness.sip.fields import EventValue, parse_event

ENDING_STATUSES = frozenset({404, 405, 408, 410, 416, *range(480, 486), 489, 501, 604})
"""Answers to a NOTIFY that end the subscription (RFC 6665 §4.2.2).

"404, 405, 410, 416, 480-485, 489, 501, or 604 ... the notifier MUST remove the corresponding
subscription"; 408 stands for Timer F, where it "SHOULD remove the subscription".
"""

MOVES: Mapping[str, frozenset[str]] = {
    "init": frozenset({"pending", "active", "terminated"}),
    "pending": frozenset({"pending", "active", "terminated"}),
    "active": frozenset({"active", "terminated"}),
    "terminated": frozenset({"terminated"}),
}
"""Which Subscription-State may follow which (RFC 6665 §4.2.2, the notifier's state diagram)."""


INIT = Status("init")


@dataclass(slots=True, eq=False)
class Subscription:
    """A subscription in its dialog.

    `event` is the Event value to write, its id included; `status` what the subscriber was told
    last; `requires` are the option tags that its messages rest on. `is_due` says that a NOTIFY is
    owed whether or not there is news, `is_full` that it has to carry all state, `is_waiting` that
    one is unanswered: one at a time goes out in a dialog, so that they cannot overtake each other.
    `dictated` is a body for the next NOTIFY in place of the feed's, `condition` the entity-tag of
    the last Suppress-If-Match (RFC 5839), `coding` that of the bodies.
    """

    package: Package
    event: str
    subscriber: str
    feed: Feed
    dialog: Dialog
    flow: Peer
    created_at: float
    expires_at: float
    is_list: bool = False
    requires: tuple[str, ...] = ()
    status: Status = INIT
    ending: Status | None = None
    is_due: bool = True
    is_full: bool = True
    is_waiting: bool = False
    notified_at: float = -math.inf
    dictated: Body | None = None
    condition: str | None = None
    coding: str = "identity"

    @property
    def is_over(self) -> bool:
        """Whether the last NOTIFY was sent: the subscription is destroyed (RFC 6665 §4.4.1)."""
        return self.status.state == "terminated"

    def is_of(self, event: EventValue | None) -> bool:
        """Whether an Event is that of this subscription: same package and id (RFC 6665 §8.2.1)."""
        own = parse_event(self.event)
        return event is not None and (own.package, own.id) == (event.package, event.id)

    @property
    def is_suppressed(self) -> bool:
        """Whether the subscriber has the state that it would be told (RFC 5839 §6.2, §6.3)."""
        return self.condition is not None and self.condition in ("*", self.feed.entity_tag())

    def next_status(self) -> Status:
        """What the next NOTIFY has to say; a move that the diagram has not stays where it is."""
        wanted = self.ending or self.feed.status
        if wanted.state in MOVES[self.status.state]:
            return wanted
        # The only one there is: an active subscription whose authorization became undecided.
        return Status("terminated", "deactivated")

    def state_value(self, status: Status, now: float) -> str:
        """The Subscription-State value.

        Active and pending ones "MUST also include ... an expires parameter", a terminated one
        SHOULD include a reason (RFC 6665 §4.2.2).
        """
        if status.state == "terminated":
            reason = f";reason={status.reason}" if status.reason else ""
            # RFC 6665 §4.1.3: with probation and giveup, when to try again.
            later = f";retry-after={status.retry_after}" if status.retry_after is not None else ""
            return f"terminated{reason}{later}"
        return f"{status.state};expires={max(0, round(self.expires_at - now))}"
