"""What a UE does when: before and after its registration, after refusals, in answer to NOTIFY."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.ims import is_ims
from harness.checks.places import mismatch, start_line_mismatch, tag_of
from harness.checks.registry import INFO, MUST, SHOULD, check, requests, responses
from harness.checks.session_dialogs import Dialog
from harness.checks.session_refusals import BEGIN_NO_DIALOG
from harness.checks.session_registration import is_removal
from harness.model import Mismatch
from harness.sip.message import Request, Response

_INITIAL = requests("SUBSCRIBE", "PUBLISH")
_RETRIED = requests("REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE")
_NOTIFIED = responses("NOTIFY", status=range(200, 300))

# RFC 3261 §17, table 4: 64*T1, after which a transaction is over and nothing is sent again.
_TRANSACTION_TIME = 32.0
# TS 24.229 §7.7 gives a UE, and a network towards it, a T1 of 2 s.
_LONGEST_TRANSACTION = 128.0
_CROSSING = 2.0
# A refused request that comes again within this time was hardly sent because anything changed.
_AT_ONCE = 10.0
_PROMPT = 4.0
_STORM = 3

# Refusals that tell how to go on: with credentials, another interval, entity-tag or dialog, or
# later; and 403, which has a check of its own.
_TELLING = frozenset({401, 403, 407, 408, 412, 423, 428, 429, 481, 491, 494})


def _is_repeat(request: Request, context: Context) -> bool:
    first = context.transaction.request if context.transaction is not None else None
    return first is not None and first.cseq == request.cseq and first.call_id == request.call_id


@check("GEN-REGISTERED-1", clause="TS 24.229 §5.1.2A.1.1", level=INFO, on=_INITIAL, sender="ue")
def requests_follow_a_registration(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UE sends its requests while it is registered: it uses what the registration gave it.

    Outside of the IMS nothing asks for it.
    """
    if tag_of(request.to) is not None or _is_repeat(request, context):
        return
    session = context.session
    if session.is_registered:
        return
    ended = [each.ended_at for each in session.registrations.by_aor.values() if each.ended_at]
    if ended and context.time - max(ended) < _CROSSING:
        return
    observed = "after the de-registration" if ended else "before a registration succeeded"
    yield Mismatch("a registered UE", observed, request.method)


# TS 24.229 §5.1.1.6.1: "Prior to sending a REGISTER request for deregistration, the UE shall
# release all dialogs related to the public user identity" but for the last one of the reg event
# package. The capture may lack the SUBSCRIBE that did, so that the finding is a remark.
@check(
    "REG-IMS-9",
    clause="TS 24.229 §5.1.1.6.1",
    level=SHOULD,
    on=requests("REGISTER"),
    sender="ue",
)
def dialogs_are_released_before_the_registration(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """Before it de-registers, a UE releases the dialogs of its subscriptions."""
    if not is_removal(request) or not _is_ims_registration(request, context):
        return
    if _is_repeat(request, context):
        return
    for dialog in context.session.dialogs.all():
        if _is_held(dialog, context.time):
            observed = f"{dialog.package} until {dialog.expires_at or 0:.0f} ({dialog.key[0]})"
            yield mismatch(request, "Contact", "no subscription left", observed)
            return


def _is_ims_registration(request: Request, context: Context) -> bool:
    known = context.session.registrations.of(request)
    first = known.first.message if known is not None else None
    return is_ims(request) or (isinstance(first, Request) and is_ims(first))


def _is_held(dialog: Dialog, now: float) -> bool:
    subscription = dialog.subscription
    if subscription is None or dialog.subscriber != "ue" or not subscription.accepted:
        return False
    latest = subscription.entry.message
    is_left = isinstance(latest, Request) and latest.expires == 0
    is_over = dialog.ended is not None or (dialog.expires_at or 0.0) < now
    return dialog.package != "reg" and dialog.notified > 0 and not is_left and not is_over


@check("GEN-RETRY-2", clause="RFC 3261 §21.4", level=SHOULD, on=_RETRIED, sender="ue")
def refused_request_is_not_sent_unchanged(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that was answered with 4xx is not sent again to that server without a change."""
    found = context.session.refusals.find(request)
    if found is None or _is_repeat(request, context) or request.expires == 0:
        return
    is_client_error = 400 <= found.status < 500 and found.status not in _TELLING
    is_same_server = found.server == context.entry.destination
    if not is_client_error or found.has_retry_after or not is_same_server:
        return
    waited = context.time - found.time
    if waited < _AT_ONCE:
        yield start_line_mismatch(
            request, "a changed request", f"{request.method} unchanged after {found.status}"
        )


@check("GEN-RETRY-3", clause="RFC 3261 §21", level=INFO, on=_RETRIED, sender="ue")
def refusals_are_not_answered_with_a_storm(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """A request that is refused again and again is not sent again at once."""
    found = context.session.refusals.find(request)
    if found is None or _is_repeat(request, context) or found.count < _STORM - 1:
        return
    if context.time - found.time < _AT_ONCE:
        observed = f"refused {found.count} times, {found.status} the last time"
        yield start_line_mismatch(request, "a pause", observed)


# RFC 3903 §4: "A PUBLISH request does not establish a dialog." A tag that a refusal of a proxy or a
# server gave is no dialog's either.
@check(
    "GEN-TO-3",
    clause="RFC 3261 §8.1.1.2",
    level=MUST,
    on=requests("SUBSCRIBE", *sorted(BEGIN_NO_DIALOG)),
    sender="ue",
)
def new_request_takes_no_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request outside of any dialog has no To tag, not even that of an earlier response.

    A server can give a refusal and a later dialog one tag: a SUBSCRIBE is judged where it is the
    next request after the refusal, so that the capture lacks no dialog.
    """
    tag = tag_of(request.to)
    if tag is None or context.session.dialogs.find(request, "ue") is not None:
        return
    if request.call_id in context.session.authentication.challenged:
        return  # GEN-TO-2 has the word
    given = context.session.refusals.tags.get((request.method, request.call_id or ""))
    if given is None or given[0] != tag or request.cseq is None:
        return
    if request.method in BEGIN_NO_DIALOG or request.cseq.number == given[1] + 1:
        yield mismatch(request, "To", "no tag parameter", f"tag={tag}")


@check(
    "RSP-FINAL-3",
    clause="RFC 3261 §17.2.2",
    level=SHOULD,
    on=responses(status=range(200, 700)),
    sender="ue",
)
def stream_request_gets_one_final_response(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A request that came once, over TCP, gets one final response.

    The server transaction is gone by then, so that no rule of its own forbids the second one.
    """
    transaction = context.transaction
    final = transaction.final if transaction is not None else None
    if transaction is None or final is None or transaction.method in ("", "INVITE", "ACK"):
        return
    first = final.message
    is_stream = context.entry.source.transport.is_reliable and len(transaction.repeats) == 1
    if is_stream and isinstance(first, Response) and first.status != response.status:
        yield start_line_mismatch(response, str(first.status), str(response.status))


@check(
    "RSP-LATE-1",
    clause="RFC 3261 §8.2.6.1",
    level=SHOULD,
    on=responses("NOTIFY", "OPTIONS", status=range(200, 700)),
    sender="ue",
)
def final_response_comes_soon(response: Response, context: Context) -> Iterator[Mismatch]:
    """A UAS answers a NOTIFY or OPTIONS as soon as possible: nobody has to be asked for it."""
    asked, transaction = context.request_entry, context.transaction
    if asked is None or transaction is None or transaction.final is not None:
        return
    waited = context.time - asked.time
    if waited > _PROMPT:
        late = ", after the transaction was over" if waited > _TRANSACTION_TIME else ""
        yield start_line_mismatch(response, "an answer at once", f"{waited:.0f} s later{late}")


@check("NOT-CSEQ-1", clause="RFC 3261 §12.2.2", level=MUST, on=_NOTIFIED, sender="ue")
def notification_out_of_order_is_refused(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A NOTIFY with a lower CSeq than one before it is rejected with 500.

    Judged where it cannot be a repetition of one that was lost: on a reliable transport, or after
    64*T1, with the longest T1 of TS 24.229.
    """
    newer = _newer_notification(context)
    if newer is not None and (context.entry.source.transport.is_reliable or newer[1]):
        yield start_line_mismatch(response, "500", f"{response.status} after CSeq {newer[0]}")


@check("NOT-CSEQ-2", clause="RFC 3261 §12.2.2", level=SHOULD, on=_NOTIFIED, sender="ue")
def late_notification_is_refused(response: Response, context: Context) -> Iterator[Mismatch]:
    """A NOTIFY that a newer one has overtaken is rejected with 500.

    The capture may lack its first copy, which came in time, so that the finding is a remark.
    """
    newer = _newer_notification(context)
    if newer is not None and not (context.entry.source.transport.is_reliable or newer[1]):
        yield start_line_mismatch(response, "500", f"{response.status} after CSeq {newer[0]}")


def _newer_notification(context: Context) -> tuple[int, bool] | None:
    """The higher CSeq that the UE had accepted before, and whether that was long before."""
    request, asked = context.sip_request, context.request_entry
    if request is None or asked is None or request.cseq is None:
        return None
    dialog = context.session.dialogs.find(request, "network")
    if dialog is None or dialog.accepted is None:
        return None
    number, entry, time = dialog.accepted
    # A number out of range is the notifier's fault: nothing can come after it.
    if request.cseq.number >= number or asked.number < entry or number >= 2**31:
        return None
    return number, asked.time - time > _LONGEST_TRANSACTION


@check("NOT-ANSWER-4", clause="RFC 6665 §4.1.3", level=SHOULD, on=_NOTIFIED, sender="ue")
def unknown_event_id_is_refused(response: Response, context: Context) -> Iterator[Mismatch]:
    """A NOTIFY with the Event id of no subscription is not answered with 2xx."""
    request = context.sip_request
    if request is None or request.event is None:
        return
    subscription = context.session.dialogs.subscription(request, "network")
    if subscription is None or request.event.package != subscription.package:
        return
    if request.event.id is not None and request.event.id != subscription.event_id:
        latest = subscription.entry.message
        others = latest.event.id if isinstance(latest, Request) and latest.event else None
        if request.event.id != others:
            yield start_line_mismatch(response, "481", str(response.status))


# RFC 6665 §4.1.3: "Once the notification is deemed acceptable to the subscriber, the subscriber
# SHOULD return a 200 response." Other refusals tell what was not acceptable.
@check(
    "NOT-ANSWER-5",
    clause="RFC 6665 §4.1.3",
    level=SHOULD,
    on=responses("NOTIFY", status=range(201, 700)),
    sender="ue",
)
def good_notification_gets_no_odd_answer(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A NOTIFY of a subscription gets no 2xx but 200, no redirection, and neither 500 nor 6xx."""
    request = context.sip_request
    is_odd = response.status < 400 or response.status == 500 or response.status >= 600
    if not is_odd or request is None or request.malformed or request.cseq is None:
        return
    dialog = context.session.dialogs.find(request, "network")
    if dialog is None or dialog.subscription is None:
        return
    # CSeq tells what is out of order, and 500 is the answer to that (RFC 3261 §12.2.2).
    if dialog.accepted is None or request.cseq.number > dialog.accepted[0]:
        yield start_line_mismatch(response, "200", str(response.status))
