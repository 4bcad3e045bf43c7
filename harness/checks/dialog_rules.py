"""More rules of dialogs: targets that changed, strict routers, reuse, and notifiers (RFC 6665)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.dialogs import current_dialog, is_loose
from harness.checks.places import equal_uris, mismatch, start_line_mismatch
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.checks.session_dialogs import Dialog
from harness.model import Mismatch
from harness.sip.message import Request
from harness.sip.uri import SipUri, UriError, parse_uri

_IN_DIALOG = requests("SUBSCRIBE", "OPTIONS", "MESSAGE", "INFO", "REFER", "UPDATE")

# A request can be under way when a new target arrives.
_CROSSING = 2.0


def _whole_dialog(request: Request, context: Context) -> Dialog | None:
    """The dialog of a request, where all that routes and targets come from was seen."""
    dialog = current_dialog(request, context)
    # A proxy on the way takes its own value off the Route (§16.4).
    if dialog is None or not dialog.is_whole or dialog.has_gap or len(request.vias) > 1:
        return None
    return dialog


# RFC 3261 §12.2.1.2 and §12.2.2: it MUST replace the dialog's remote target; RFC 6665 §3.2 makes
# NOTIFY a target refresh request, which RFC 3265 left open: a remark.
@check("GEN-DIALOG-13", clause="RFC 3261 §12.2.2", level=SHOULD, on=_IN_DIALOG, sender="ue")
def request_goes_to_the_latest_target(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Request-URI is the latest Contact that the other side gave, not an earlier one."""
    dialog = _whole_dialog(request, context)
    if dialog is None or len(dialog.targets) < 2 or not _has_loose_routes(dialog):
        return
    is_known = dialog.accepted is not None and dialog.accepted[2] >= dialog.retargeted
    if not is_known or context.time - dialog.retargeted < _CROSSING:
        return
    is_old = any(equal_uris(request.uri, each) for each in dialog.targets[:-1])
    if is_old and not equal_uris(request.uri, dialog.targets[-1]):
        yield start_line_mismatch(request, dialog.targets[-1], request.uri)


def _has_loose_routes(dialog: Dialog) -> bool:
    return all(not route or is_loose(route[0]) for route in dialog.route_sets)


@check("GEN-DIALOG-14", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG, sender="ue")
def strict_router_gets_its_form(request: Request, context: Context) -> Iterator[Mismatch]:
    """With a strict router first, its URI is the Request-URI and the target the last Route."""
    dialog = _whole_dialog(request, context)
    if dialog is None or not dialog.targets:
        return
    if any(not route or is_loose(route[0]) for route in dialog.route_sets):
        return
    if not any(equal_uris(request.uri, route[0]) for route in dialog.route_sets):
        yield start_line_mismatch(request, dialog.route_sets[-1][0], request.uri)
    last = request.routes[-1].uri if request.routes else ""
    if not any(equal_uris(last, target) for target in dialog.targets):
        yield mismatch(request, "Route", f"... , <{dialog.targets[-1]}>")


# The text says MUST NOT; RFC 3265, which it replaces, allowed it: a remark.
@check("SUB-REUSE-1", clause="RFC 6665 §4.5.2", level=SHOULD, on=requests("SUBSCRIBE"), sender="ue")
def dialog_with_a_gruu_is_not_reused(request: Request, context: Context) -> Iterator[Mismatch]:
    """A dialog whose remote target is a GRUU gets no second subscription."""
    dialog = _whole_dialog(request, context)
    if dialog is None or dialog.subscription is None or request.event is None:
        return
    asked = {package for package, _ in dialog.subscription.asked}
    is_other = request.event.package not in asked
    if is_other and dialog.targets and all(map(_is_gruu, dialog.targets)):
        wanted = f"{dialog.package}, or a dialog of its own"
        yield mismatch(request, "Event", wanted)


def _is_gruu(text: str) -> bool:
    try:
        uri = parse_uri(text)
    except UriError:
        return False
    return isinstance(uri, SipUri) and uri.is_gruu


# "this mechanism MUST NOT be used to lengthen a subscription"; an hour told in seconds may be
# rounded.
_ROUNDING = 2.0


@check("NOT-STATE-6", clause="RFC 6665 §4.2.2", level=SHOULD, on=requests("NOTIFY"), sender="ue")
def notifier_does_not_lengthen(request: Request, context: Context) -> Iterator[Mismatch]:
    """The expires of a Subscription-State is not longer than what is left of the subscription.

    The text says MUST NOT. The capture may lack the refresh that the NOTIFY follows: a remark.
    """
    dialog, state = current_dialog(request, context), request.subscription_state
    if dialog is None or dialog.expires_at is None or state is None or state.expires is None:
        return
    if context.session.transactions.waiting("network", "SUBSCRIBE") or dialog.subscriber == "ue":
        return  # a refresh is under way
    left = dialog.expires_at - context.time
    # What is over already is no shorter; and clocks can jump.
    if state.state in ("active", "pending") and left >= 0 and state.expires > left + _ROUNDING:
        yield mismatch(request, "Subscription-State", f"expires of at most {max(left, 0):.0f}")
