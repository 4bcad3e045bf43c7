"""NOTIFY requests and the subscriber's answers to them (RFC 6665 §3.2, §4.1.3, §4.2.2)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import (
    absent,
    accepts,
    has_token,
    mismatch,
    start_line_mismatch,
    tag_of,
)
from harness.checks.registry import MUST, SHOULD, check, requests, responses
from harness.checks.session_dialogs import Dialog, Subscription, has_to_tag
from harness.checks.subscribe import PRESENCE, WATCHER_INFORMATION
from harness.model import Mismatch
from harness.sip.message import Request, Response

_NOTIFY = requests("NOTIFY")
_STATES = ("active", "pending", "terminated")
_DEFAULT_TYPES = {
    PRESENCE: "application/pidf+xml",
    WATCHER_INFORMATION: "application/watcherinfo+xml",
}


@check("NOT-EVENT-1", clause="RFC 6665 §3.2.1", level=MUST, on=_NOTIFY)
def notify_has_one_event(request: Request, context: Context) -> Iterator[Mismatch]:
    """A NOTIFY request has a single Event header field."""
    count = request.headers.count("Event")
    if count != 1:
        yield mismatch(request, "Event", "1 event", f"{count} events" if count else "absent")


@check("NOT-EVENT-2", clause="RFC 6665 §3.2.1", level=MUST, on=_NOTIFY)
def notify_names_the_package_of_its_subscription(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """The package in the Event of a NOTIFY matches that of the SUBSCRIBE, byte by byte."""
    subscription = _subscription(request, context)
    if subscription is None or request.event is None:
        return
    # A dialog can hold several subscriptions (§4.5.2), a REFER's among them (RFC 3515 §2.4.4).
    if request.event.package not in {"refer", *(package for package, _ in subscription.asked)}:
        yield mismatch(request, "Event", subscription.package)


@check("NOT-EVENT-3", clause="RFC 6665 §4.5.2", level=MUST, on=_NOTIFY)
def notify_names_the_id_of_its_subscription(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """The Event of a NOTIFY has the id parameter of the SUBSCRIBE, and none if that had none."""
    subscription = _subscription(request, context)
    if subscription is None or request.event is None:
        return
    package, found = request.event.package, request.event.id
    ids = {each for asked, each in subscription.asked if asked == package}
    if ids and found not in ids:
        wanted = f"id={subscription.event_id}" if subscription.event_id else "no id"
        yield mismatch(request, "Event", wanted)


def _subscription(request: Request, context: Context) -> Subscription | None:
    dialog = context.session.dialogs.find(request, context.sender)
    if dialog is not None and dialog.has_gap and context.sender == "ue":
        return None  # a SUBSCRIBE that was missed can have asked for something else
    return context.session.dialogs.subscription(request, context.sender)


@check("NOT-STATE-1", clause="RFC 6665 §4.1.3", level=MUST, on=_NOTIFY)
def notify_states_the_subscription(request: Request, context: Context) -> Iterator[Mismatch]:
    """A NOTIFY request has a Subscription-State header field."""
    yield from absent(request, ("Subscription-State",))


@check("NOT-STATE-2", clause="RFC 6665 §4.2.2", level=MUST, on=_NOTIFY)
def subscription_state_is_known(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Subscription-State of a NOTIFY is active, pending or terminated."""
    state = request.subscription_state
    if state is not None and state.state not in _STATES:
        yield mismatch(request, "Subscription-State", " or ".join(_STATES))


@check("NOT-STATE-3", clause="RFC 6665 §4.2.2", level=MUST, on=_NOTIFY)
def live_subscription_says_how_long(request: Request, context: Context) -> Iterator[Mismatch]:
    """An active or pending Subscription-State has an expires parameter."""
    state = request.subscription_state
    if state is not None and state.state in _STATES[:2] and "expires" not in state.params:
        yield mismatch(request, "Subscription-State", "an expires parameter")


@check("NOT-STATE-4", clause="RFC 6665 §4.1.3", level=SHOULD, on=_NOTIFY)
def terminated_subscription_has_no_expires(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """A terminated Subscription-State has no expires parameter."""
    state = request.subscription_state
    if state is not None and state.state == "terminated" and "expires" in state.params:
        yield mismatch(request, "Subscription-State", "no expires parameter")


@check("NOT-STATE-5", clause="RFC 6665 §4.2.2", level=SHOULD, on=_NOTIFY)
def terminated_subscription_says_why(request: Request, context: Context) -> Iterator[Mismatch]:
    """A terminated Subscription-State has a reason parameter."""
    state = request.subscription_state
    if state is not None and state.state == "terminated" and not state.reason:
        yield mismatch(request, "Subscription-State", "a reason parameter")


@check("NOT-TYPE-1", clause="RFC 6665 §3.2.1", level=MUST, on=_NOTIFY)
def notify_body_is_of_an_accepted_type(request: Request, context: Context) -> Iterator[Mismatch]:
    """The body of a NOTIFY is of a type that the SUBSCRIBE accepts, or of the package's default."""
    subscription = _subscription(request, context)
    if subscription is None or not request.body or request.content_type is None:
        return
    found = request.content_type.essence
    subscribe = subscription.entry.message
    first = subscription.request
    is_own = request.event is not None and request.event.package == subscription.package
    if not isinstance(subscribe, Request) or not is_own or accepts(first, found):
        return
    if subscribe.headers.rows("Accept"):
        if not accepts(subscribe, found):
            yield mismatch(request, "Content-Type", ", ".join(subscribe.headers.values("Accept")))
        return
    default = _DEFAULT_TYPES.get(subscription.package)
    # RFC 4662 §4.3: who supports event lists takes the list's own type, Accept or not.
    # A refresh without the option tag is refused, and changes nothing.
    takes_lists = any(has_token(each.supported, "eventlist") for each in (first, subscribe))
    is_list = takes_lists and found == "multipart/related"
    if default is not None and found != default and not is_list:
        yield mismatch(request, "Content-Type", default)


@check("NOT-EVENTLIST-1", clause="RFC 4662 §4.1", level=SHOULD, on=_NOTIFY)
def list_notification_requires_eventlist(request: Request, context: Context) -> Iterator[Mismatch]:
    """A NOTIFY with the state of a list has eventlist in Require."""
    content = request.headers.get("Content-Type", "").lower()
    is_list = "multipart/related" in content and "application/rlmi+xml" in content
    if is_list and not has_token(request.require, "eventlist"):
        yield mismatch(request, "Require", "a list with eventlist")


_ANSWER = responses("NOTIFY", status=range(200, 700))


@check("NOT-ANSWER-1", clause="RFC 6665 §4.1.3", level=SHOULD, on=_ANSWER, sender="ue")
def good_notification_is_answered_with_200(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A subscriber answers a NOTIFY of one of its subscriptions with 200."""
    dialog = _live_dialog(context)
    if dialog is not None and response.status in (405, 481, 489, 501):
        yield start_line_mismatch(response, "200", str(response.status))


def _live_dialog(context: Context) -> Dialog | None:
    """The dialog of the NOTIFY that is answered, if the UE has every reason to accept it."""
    request = context.sip_request
    if request is None or request.malformed or request.event is None:
        return None
    dialog = context.session.dialogs.find(request, "network")
    if dialog is None or dialog.subscription is None or dialog.subscription.failed:
        return None
    latest = dialog.subscription.entry.message
    is_leaving = isinstance(latest, Request) and latest.expires == 0
    was_over = dialog.ended is not None and dialog.ended is not context.request_entry
    has_expired = dialog.expires_at is not None and dialog.expires_at < context.time
    is_same = (request.event.package, request.event.id) == (dialog.package, dialog.event_id)
    others = context.session.dialogs.of_call(request.call_id)
    is_forked = any(_is_sibling(each, dialog) for each in others)
    is_doubtful = is_leaving or was_over or has_expired or is_forked or not is_same
    return None if is_doubtful else dialog


def _is_sibling(one: Dialog, other: Dialog) -> bool:
    return one is not other and one.subscription is other.subscription


@check("NOT-ANSWER-2", clause="RFC 6665 §4.1.3", level=MUST, on=_ANSWER, sender="ue")
def stray_notification_is_answered_with_481(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A NOTIFY that matches no subscription is not answered with 2xx."""
    request = context.sip_request
    if request is None or response.status >= 300 or not has_to_tag(request):
        return
    # Known to be wrong only where the Call-ID is that of a subscription with another tag.
    tags = context.session.dialogs.subscriber_tags(request.call_id)
    if tags and tag_of(request.to) not in tags:
        yield start_line_mismatch(response, "481", str(response.status))


@check("NOT-ANSWER-3", clause="RFC 6665 §4.1.3", level=SHOULD, on=_ANSWER, sender="ue")
def unknown_package_is_answered_with_489(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A NOTIFY with the Event of no subscription is not answered with 2xx."""
    request = context.sip_request
    if request is None or response.status >= 300 or request.event is None:
        return
    subscription = context.session.dialogs.subscription(request, "network")
    if subscription is not None and request.event.package != subscription.package:
        yield start_line_mismatch(response, "489", str(response.status))


@check("NOT-FORK-1", clause="RFC 3856 §6.9", level=SHOULD, on=_ANSWER, sender="ue")
def presence_has_one_dialog(response: Response, context: Context) -> Iterator[Mismatch]:
    """A presence subscription leads to one dialog: a NOTIFY of another is answered with 481."""
    request = context.sip_request
    if request is None or response.status >= 300:
        return
    dialog = context.session.dialogs.find(request, "network")
    if dialog is None or dialog.subscription is None or dialog.package != PRESENCE:
        return
    for other in context.session.dialogs.of_call(request.call_id):
        is_first = other.since < dialog.since and other.notified > 0 and other.ended is None
        if _is_sibling(other, dialog) and is_first:
            yield start_line_mismatch(response, "481", str(response.status))
            return
