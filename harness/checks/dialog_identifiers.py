"""The identifiers that tie a request to its dialog: Call-ID and tags (RFC 3261 §12.2.1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.checks.session_dialogs import Dialog
from harness.checks.subscribe import PRESENCE
from harness.model import Mismatch
from harness.sip.message import Request

_IN_DIALOG = requests("SUBSCRIBE", "OPTIONS", "MESSAGE", "INFO", "REFER", "UPDATE")


def _goes_on(request: Request, dialog: Dialog) -> bool:
    """Whether a request has the next CSeq number of a dialog.

    Without it the request may be of another dialog, whose beginning the capture lacks.
    """
    last = dialog.cseq.get("ue")
    return request.cseq is not None and last is not None and request.cseq.number == last + 1


def _is_known(request: Request, context: Context) -> bool:
    return context.session.dialogs.find(request, "ue") is not None


@check("GEN-DIALOG-9", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG, sender="ue")
def from_tag_is_the_local_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """The tag in the From of a request in a dialog is the local tag of the dialog."""
    remote = tag_of(request.to)
    if remote is None or _is_known(request, context):
        return
    for dialog in context.session.dialogs.of_call(request.call_id):
        is_theirs = dialog.key[2] == remote and dialog.subscription is not None
        if is_theirs and _goes_on(request, dialog):
            yield mismatch(request, "From", f"tag={dialog.key[1]}")
            return


@check("GEN-DIALOG-10", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG, sender="ue")
def to_tag_is_the_remote_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """The tag in the To of a request in a dialog is the remote tag of the dialog."""
    remote, local = tag_of(request.to), tag_of(request.from_)
    if remote is None or _is_known(request, context):
        return
    dialogs = context.session.dialogs.of_call(request.call_id)
    if any(dialog.key[2] == remote for dialog in dialogs):
        return  # GEN-DIALOG-9 has the word
    whole = [each for each in dialogs if each.key[1] == local and each.is_whole]
    # Behind a fork there can be a dialog that the capture does not show; presence has none
    # (RFC 3856 §6.9).
    is_alone = len(whole) == 1 and len(dialogs) == 1 and whole[0].package == PRESENCE
    if is_alone and _goes_on(request, whole[0]):
        yield mismatch(request, "To", f"tag={whole[0].key[2]}")


@check("GEN-CALLID-3", clause="RFC 3261 §8.1.1.4", level=MUST, on=_IN_DIALOG, sender="ue")
def dialog_keeps_its_call_id(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Call-ID is the same for all requests in a dialog."""
    remote, local = tag_of(request.to), tag_of(request.from_)
    if remote is None or local is None or _is_known(request, context):
        return
    dialog = context.session.dialogs.of_tags(local, remote)
    if dialog is None or dialog.subscription is None or not _goes_on(request, dialog):
        return
    yield mismatch(request, "Call-ID", dialog.key[0])


@check("SUB-EVENT-2", clause="RFC 6665 §4.5.2", level=SHOULD, on=requests("SUBSCRIBE"), sender="ue")
def refresh_names_the_same_event(request: Request, context: Context) -> Iterator[Mismatch]:
    """A refresh has the Event, id included, of the SUBSCRIBE that created the subscription.

    Another Event asks for another subscription in the same dialog, so that it is a remark.
    """
    dialog = context.session.dialogs.find(request, "ue")
    if dialog is None or dialog.subscription is None or request.event is None:
        return
    wanted = (dialog.package, dialog.event_id)
    if (request.event.package, request.event.id) != wanted:
        shown = f"{wanted[0]};id={wanted[1]}" if wanted[1] else wanted[0]
        yield mismatch(request, "Event", shown)


@check("SUB-GRUU-1", clause="RFC 5627 §4.4", level=SHOULD, on=requests("SUBSCRIBE"), sender="ue")
def subscriber_uses_its_gruu(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Contact of a dialog-forming request is a GRUU where the UA has been given one."""
    registration = context.session.registration
    if registration is None or not registration.is_active or not registration.gruus:
        return
    if len(context.session.registrations.by_aor) > 1:
        return
    for contact in request.contacts:
        if contact.uri not in registration.gruus:
            yield mismatch(request, "Contact", registration.gruus[0], contact.uri)
