"""SUBSCRIBE requests (RFC 6665 §3.1 and §4.1, RFC 3856, RFC 3857, RFC 4662)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.identities import aor_of
from harness.checks.places import absent, accepts, has_token, mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.model import Mismatch
from harness.sip.message import Request

_SUBSCRIBE = requests("SUBSCRIBE")
PRESENCE = "presence"
WATCHER_INFORMATION = "presence.winfo"

# A NOTIFY that crosses a SUBSCRIBE on the way must not count against the subscriber.
_CROSSING = 2.0
_UNDER_WAY = 0.5


@check("SUB-EVENT-1", clause="RFC 6665 §3.1.2", level=MUST, on=_SUBSCRIBE)
def subscribe_has_one_event(request: Request, context: Context) -> Iterator[Mismatch]:
    """A SUBSCRIBE request has exactly one Event header field."""
    count = request.headers.count("Event")
    if count != 1:
        yield mismatch(request, "Event", "1 event", f"{count} events" if count else "absent")


@check("SUB-EXPIRES-1", clause="RFC 6665 §3.1.1", level=SHOULD, on=_SUBSCRIBE)
def subscribe_has_expires(request: Request, context: Context) -> Iterator[Mismatch]:
    """A SUBSCRIBE request has an Expires header field."""
    yield from absent(request, ("Expires",))


def _package(request: Request) -> str:
    return request.event.package if request.event is not None else ""


@check("SUB-ACCEPT-1", clause="RFC 3856 §6.5", level=MUST, on=_SUBSCRIBE)
def watcher_accepts_pidf(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Accept of a presence subscription, if there is one, lists application/pidf+xml."""
    is_asked = _package(request) == PRESENCE and bool(request.headers.rows("Accept"))
    if is_asked and not accepts(request, "application/pidf+xml"):
        yield mismatch(request, "Accept", "application/pidf+xml")


@check("SUB-ACCEPT-2", clause="RFC 3857 §4.5", level=MUST, on=_SUBSCRIBE)
def subscriber_accepts_watcherinfo(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Accept of a winfo subscription, if there is one, lists application/watcherinfo+xml."""
    is_asked = _package(request).endswith(".winfo") and bool(request.headers.rows("Accept"))
    if is_asked and not accepts(request, "application/watcherinfo+xml"):
        yield mismatch(request, "Accept", "application/watcherinfo+xml")


@check("SUB-ACCEPT-3", clause="RFC 4662 §4.3", level=MUST, on=_SUBSCRIBE)
def list_subscriber_accepts_multipart(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Accept of a SUBSCRIBE that supports eventlist lists multipart/related."""
    if _asks_for_lists(request) and not accepts(request, "multipart/related"):
        yield mismatch(request, "Accept", "multipart/related")


@check("SUB-ACCEPT-4", clause="RFC 4662 §4.3", level=MUST, on=_SUBSCRIBE)
def list_subscriber_accepts_rlmi(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Accept of a SUBSCRIBE that supports eventlist lists application/rlmi+xml."""
    if _asks_for_lists(request) and not accepts(request, "application/rlmi+xml"):
        yield mismatch(request, "Accept", "application/rlmi+xml")


def _asks_for_lists(request: Request) -> bool:
    return has_token((*request.supported, *request.require), "eventlist")


@check("SUB-EVENTLIST-1", clause="RFC 4662 §4.1", level=SHOULD, on=_SUBSCRIBE)
def subscribe_does_not_require_eventlist(request: Request, context: Context) -> Iterator[Mismatch]:
    """A SUBSCRIBE has eventlist in Supported, not in Require."""
    if has_token(request.require, "eventlist"):
        yield mismatch(request, "Require", "no eventlist")


@check(
    "SUB-EVENTLIST-2",
    clause="RFC 4662 §4.1",
    level=SHOULD,
    on=requests("NOTIFY", "PUBLISH", "REGISTER", "OPTIONS", "MESSAGE", "INVITE"),
)
def only_subscribe_supports_eventlist(request: Request, context: Context) -> Iterator[Mismatch]:
    """No request but SUBSCRIBE has eventlist in Supported."""
    if has_token(request.supported, "eventlist"):
        yield mismatch(request, "Supported", "no eventlist")


@check("SUB-TERMINATED-1", clause="RFC 6665 §4.1.3", level=MUST, on=_SUBSCRIBE, sender="ue")
def terminated_subscription_is_not_refreshed(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """A subscription that a NOTIFY has terminated is not refreshed."""
    dialog = context.session.dialogs.find(request, "ue")
    if dialog is None or dialog.ended is None or dialog.known_ended_at is None:
        return
    is_same_event = (dialog.package, dialog.event_id) == (_package(request), _event_id(request))
    is_by_notify = isinstance(dialog.ended.message, Request)
    is_late = context.time - dialog.known_ended_at > _CROSSING
    if is_by_notify and is_same_event and is_late and _is_new(request, context):
        ending = f"message {dialog.ended.number}"
        yield mismatch(request, "To", "a new subscription", f"the dialog ended by {ending}")


@check("SUB-TERMINATED-2", clause="RFC 6665 §4.1.2.2", level=MUST, on=_SUBSCRIBE, sender="ue")
def failed_subscription_is_not_refreshed(request: Request, context: Context) -> Iterator[Mismatch]:
    """A subscription whose refresh was refused for good is not refreshed again."""
    dialog = context.session.dialogs.find(request, "ue")
    if dialog is None or dialog.refused is None or not _is_new(request, context):
        return
    known = dialog.known_ended_at
    # A second request, to unsubscribe say, can be under way already.
    is_crossing = known is not None and context.time - known < _UNDER_WAY
    if is_crossing or not dialog.is_about(request):
        return
    yield mismatch(
        request, "To", "a new subscription", f"refresh after the {dialog.refused} response"
    )


def _event_id(request: Request) -> str | None:
    return request.event.id if request.event is not None else None


def _is_new(request: Request, context: Context) -> bool:
    repeated = context.transaction.request if context.transaction is not None else None
    return repeated is None or repeated.cseq != request.cseq


@check("SUB-EXPIRES-2", clause="RFC 6665 §4.1.2.2", level=SHOULD, on=_SUBSCRIBE, sender="ue")
def subscription_is_refreshed_in_time(request: Request, context: Context) -> Iterator[Mismatch]:
    """A subscription is refreshed before it expires."""
    dialog = context.session.dialogs.find(request, "ue")
    if dialog is None or dialog.expires_at is None or dialog.ended is not None:
        return
    late = context.time - dialog.expires_at
    if late > 1 and request.expires != 0:
        yield Mismatch(
            "before the subscription expires", f"{late:.0f} s after it expired", "SUBSCRIBE"
        )


@check("SUB-EXPIRES-3", clause="RFC 6665 §4.2.1.1", level=SHOULD, on=_SUBSCRIBE, sender="ue")
def subscription_is_retried_with_the_minimum(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """After a 423 a subscription is tried again with at least its Min-Expires."""
    minimum = context.session.minima.get(("SUBSCRIBE", request.call_id or ""))
    if minimum is not None and request.expires is not None and 0 < request.expires < minimum:
        yield mismatch(request, "Expires", f"at least {minimum}")


@check("SUB-REASON-1", clause="RFC 6665 §4.1.3", level=SHOULD, on=_SUBSCRIBE, sender="ue")
def rejected_subscription_is_not_tried_again(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """After a termination with rejected, noresource or invariant there is no new subscription."""
    if tag_of(request.to) is not None or request.expires == 0:
        return
    aor = aor_of(request.uri) or request.uri
    reason = context.session.dialogs.final_reasons.get((aor, _package(request)))
    if reason in ("rejected", "noresource", "invariant"):
        yield mismatch(request, "Event", "no new subscription", f"one, after reason={reason}")
