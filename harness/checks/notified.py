"""How a notification follows the one before it in the same subscription."""

from __future__ import annotations

from harness.checks.context import Context
from harness.checks.session_bodies import Notified
from harness.checks.session_dialogs import Subscription
from harness.sip.message import Request


def notify_of(context: Context) -> Request | None:
    """The message, if it is a NOTIFY."""
    message = context.entry.message
    is_notify = isinstance(message, Request) and message.method == "NOTIFY"
    return message if isinstance(message, Request) and is_notify else None


def subscription_of(context: Context) -> Subscription | None:
    """The subscription that the NOTIFY belongs to, if its SUBSCRIBE was seen."""
    request = notify_of(context)
    if request is None:
        return None
    return context.session.dialogs.subscription(request, context.sender)


def is_first(context: Context) -> bool:
    """Whether the NOTIFY is the first of a subscription that was seen from its start."""
    request = notify_of(context)
    if request is None or subscription_of(context) is None:
        return False
    dialog = context.session.dialogs.find(request, context.sender)
    return dialog is None or dialog.notified == 0


def before(context: Context) -> Notified | None:
    """What the dialog had carried, if the NOTIFY right before this one was seen.

    CSeq tells: a capture may miss messages, and then no number can be expected.
    """
    request = notify_of(context)
    if request is None or request.cseq is None:
        return None
    known = context.session.bodies.notified(request, context.sender)
    return known if known is not None and request.cseq.number == known.cseq + 1 else None
