"""The documented flow as a row of goals: each is begun once, and met before the next begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from harness.model import Send
from harness.ue.contacts import ContactList
from harness.ue.provisioning import PROVISIONS, Provisioning
from harness.ue.publication import Publication
from harness.ue.registration import Registration
from harness.ue.settings import Settings
from harness.ue.softstate import SoftState
from harness.ue.subscription import Subscription
from harness.ue.views import WatcherView
from harness.ue.xcap_client import XcapClient


class Actor(Protocol):
    """What a goal works with: the parts of the UE."""

    settings: Settings
    registration: Registration
    watcher_info: Subscription
    contacts_presence: Subscription
    publication: Publication
    watchers: WatcherView
    contacts: ContactList
    provisioning: Provisioning
    xcap: XcapClient

    @property
    def since(self) -> float:
        """When the current goal was begun."""

    @property
    def last_activity(self) -> float:
        """When a message was last sent or received."""


@dataclass(frozen=True, slots=True)
class Goal:
    """`begin` starts it; `is_met` says whether it is done with, well or badly.

    `deadline` tells when `is_met` can change without a message; None where only messages count.
    """

    name: str
    waits_for: str
    begin: Callable[[Actor, float], list[Send]]
    is_met: Callable[[Actor, float], bool]
    deadline: Callable[[Actor], float] | None = None


def _begin_nothing(actor: Actor, now: float) -> list[Send]:
    return []


def _is_idle(actor: Actor, now: float) -> bool:
    return not actor.xcap.is_busy


def _wait_is_over(actor: Actor) -> float:
    return actor.since + actor.settings.waits.watcher


def _has_watcher(actor: Actor, now: float) -> bool:
    nobody_will_come = not actor.watcher_info.is_held
    return bool(actor.watchers.undecided) or nobody_will_come or now >= _wait_is_over(actor)


def accept_watchers(actor: Actor, now: float) -> list[Send]:
    """The user accepts everybody who waits: each becomes a contact."""
    sends: list[Send] = []
    for watcher in actor.watchers.undecided:
        sends += actor.contacts.add(watcher.uri, now)
    return sends


def _quiet_from(actor: Actor) -> float:
    return actor.last_activity + actor.settings.waits.quiet


def _is_quiet(actor: Actor, now: float) -> bool:
    return now >= _quiet_from(actor)


def _over_from(actor: Actor) -> float:
    return actor.last_activity + actor.settings.waits.farewell


def _is_over(actor: Actor, now: float) -> bool:
    """The final NOTIFYs end the dialogs (RFC 6665 §4.1.2.3); nobody waits long for one."""
    subscriptions = (actor.watcher_info, actor.contacts_presence)
    return all(each.dialog is None for each in subscriptions) or now >= _over_from(actor)


def _start(choose: Callable[[Actor], SoftState], name: str, message: str) -> Goal:
    return Goal(
        name,
        f"the final response to {message}",
        lambda actor, now: choose(actor).start(now),
        lambda actor, now: choose(actor).is_concluded,
    )


def _stop(choose: Callable[[Actor], SoftState], name: str, message: str) -> Goal:
    return Goal(
        name,
        f"the final response to {message}",
        lambda actor, now: choose(actor).stop(now),
        lambda actor, now: choose(actor).is_over,
    )


def _put(index: int) -> Goal:
    provision = PROVISIONS[index]
    return Goal(
        f"put {provision.auid}",
        f"the response to PUT of {provision.auid}",
        lambda actor, now: actor.provisioning.put_missing(provision, now),
        _is_idle,
    )


GOALS = (
    Goal(
        "register",
        "the 200 to REGISTER",
        lambda actor, now: actor.registration.start(now),
        lambda actor, now: actor.registration.is_held,
    ),
    Goal(
        "read the directory",
        "the response to GET of the directory",
        lambda actor, now: actor.provisioning.read_directory(now),
        _is_idle,
    ),
    _put(0),
    _put(1),
    _put(2),
    Goal(
        "read the contacts",
        "the response to GET of the list",
        lambda actor, now: actor.contacts.read(now),
        _is_idle,
    ),
    Goal(
        "put the own entry",
        "the response to PUT of the own entry",
        lambda actor, now: actor.contacts.add(actor.settings.identity, now),
        _is_idle,
    ),
    _start(lambda actor: actor.watcher_info, "subscribe to watcherinfo", "SUBSCRIBE"),
    _start(lambda actor: actor.contacts_presence, "subscribe to the contacts", "SUBSCRIBE"),
    _start(lambda actor: actor.publication, "publish", "PUBLISH"),
    Goal("wait for a watcher", "a pending watcher", _begin_nothing, _has_watcher, _wait_is_over),
    Goal("accept the watchers", "the response to PUT of an entry", accept_watchers, _is_idle),
    Goal(
        "put the photo",
        "the response to PUT of the photo",
        lambda actor, now: actor.provisioning.put_icon(now),
        _is_idle,
    ),
    Goal(
        "put the permanent presence",
        "the response to PUT of perm-presence",
        lambda actor, now: actor.provisioning.put_presence(now),
        _is_idle,
    ),
    Goal("listen", "quiet", _begin_nothing, _is_quiet, _quiet_from),
)
"""The documented flow, H1..H16 and the SIP messages that the UE starts, in its order."""

FAREWELL = (
    _stop(lambda actor: actor.watcher_info, "unsubscribe from watcherinfo", "SUBSCRIBE"),
    _stop(lambda actor: actor.contacts_presence, "unsubscribe from the contacts", "SUBSCRIBE"),
    _stop(lambda actor: actor.publication, "remove the publication", "PUBLISH"),
    _stop(lambda actor: actor.registration, "de-register", "REGISTER"),
    Goal("fall silent", "the final NOTIFYs", _begin_nothing, _is_over, _over_from),
)
"""What a UE does that leaves: RFC 6665 §4.1.2.3, RFC 3903 §4.5, RFC 3261 §10.2.2."""
