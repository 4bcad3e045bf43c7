"""Requests inside a dialog (RFC 3261 §12.2.1.1), and identifiers of those outside (§8.1.1.4)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import equal_uris, mismatch, shown, start_line_mismatch, tag_of
from harness.checks.registry import INFO, MUST, SHOULD, check, requests
from harness.checks.session_dialogs import Dialog, keeps_its_uris
from harness.model import Mismatch
from harness.sip.message import Request
from harness.sip.uri import SipUri, UriError, parse_uri

_IN_DIALOG = requests("SUBSCRIBE", "NOTIFY", "OPTIONS", "MESSAGE", "INFO", "REFER", "BYE", "UPDATE")


def current_dialog(request: Request, context: Context) -> Dialog | None:
    """The dialog of a request that is seen for the first time."""
    repeated = context.transaction.request if context.transaction is not None else None
    if repeated is not None and repeated.cseq == request.cseq:
        return None
    return context.session.dialogs.find(request, context.sender)


@check("GEN-DIALOG-1", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG)
def cseq_increases_in_a_dialog(request: Request, context: Context) -> Iterator[Mismatch]:
    """CSeq numbers within a dialog strictly increase in each direction."""
    dialog = current_dialog(request, context)
    last = dialog.cseq.get(context.sender) if dialog is not None else None
    if last is None or request.cseq is None:
        return
    is_equal = request.cseq.number == last
    # RFC 3263 §4.3: a request that failed goes to the next server with a new branch alone.
    is_reused = is_equal and context.session.was_answered(request, context.sender)
    is_lower = request.cseq.number < last and not context.session.was_overtaken(
        request, context.entry, context.sender
    )
    if is_lower or is_reused:
        yield mismatch(request, "CSeq", f"{last + 1} {request.method}")


# The text says "contiguous". Where a number is left out the capture may lack a request, or a
# proxy may have answered one (the network's direction): a remark only.
@check("GEN-DIALOG-2", clause="RFC 3261 §12.2.1.1", level=SHOULD, on=_IN_DIALOG, sender="ue")
def cseq_is_contiguous_in_a_dialog(request: Request, context: Context) -> Iterator[Mismatch]:
    """CSeq numbers within a dialog go up by one."""
    dialog = current_dialog(request, context)
    last = dialog.cseq.get(context.sender) if dialog is not None else None
    if last is not None and request.cseq is not None and request.cseq.number > last + 1:
        yield mismatch(request, "CSeq", f"{last + 1} {request.method}")


@check("GEN-DIALOG-3", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG, sender="ue")
def route_is_the_route_set(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Route of a request in a dialog holds the route set, in order and with all parameters."""
    sets = _loose_route_sets(request, context)
    if not sets or () in sets:
        return
    found = tuple(each.uri for each in request.routes)
    if not any(_same_routes(found, wanted) for wanted in sets):
        yield mismatch(request, "Route", ", ".join(f"<{uri}>" for uri in sets[-1]))


@check("GEN-DIALOG-4", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG, sender="ue")
def empty_route_set_adds_no_route(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request in a dialog whose route set is empty has no Route."""
    sets = _loose_route_sets(request, context)
    if sets and all(each == () for each in sets) and request.routes:
        yield mismatch(request, "Route", "absent")


def _loose_route_sets(request: Request, context: Context) -> list[tuple[str, ...]]:
    """The route sets that the UE may use, where the beginning of the dialog was seen."""
    dialog = current_dialog(request, context)
    # A proxy on the way takes its own value off the Route (§16.4).
    if dialog is None or not dialog.is_whole or len(request.vias) > 1:
        return []
    if any(route and not is_loose(route[0]) for route in dialog.route_sets):
        return []  # a strict router: another form of the request (§12.2.1.1)
    return dialog.route_sets


def is_loose(uri: str) -> bool:
    """Whether a route is that of a loose router (RFC 3261 §19.1.1: lr)."""
    try:
        parsed = parse_uri(uri)
    except UriError:
        return False
    return isinstance(parsed, SipUri) and parsed.is_loose_router


def _same_routes(found: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(found) == len(wanted) and all(map(equal_uris, found, wanted))


@check("GEN-DIALOG-5", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG, sender="ue")
def request_uri_is_the_remote_target(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Request-URI of a request in a dialog is the remote target."""
    dialog = current_dialog(request, context)
    if dialog is None or not dialog.targets or not dialog.is_whole or len(request.vias) > 1:
        return
    if dialog.has_gap:
        return  # what was missed can have changed the target
    if any(route and not is_loose(route[0]) for route in dialog.route_sets):
        return
    if not any(equal_uris(request.uri, _allowed(target)) for target in dialog.targets):
        yield start_line_mismatch(request, dialog.targets[-1], request.uri)


def _allowed(uri: str) -> str:
    """A remote target as it may stand in the Request-URI (§19.1.1, table 1)."""
    try:
        parsed = parse_uri(uri)
    except UriError:
        return uri
    if not isinstance(parsed, SipUri) or not (parsed.headers or "method" in parsed.params):
        return uri
    return re.sub(r";method(=[^;?]*)?", "", uri.partition("?")[0], flags=re.IGNORECASE)


@check("GEN-DIALOG-6", clause="RFC 3261 §12.2.1.1", level=SHOULD, on=_IN_DIALOG, sender="ue")
def dialog_keeps_its_uris(request: Request, context: Context) -> Iterator[Mismatch]:
    """The URIs of From and To in a dialog are those of the request that began it.

    RFC 4916 lets a UA change them, and a NOTIFY may have others, so that a change is a remark;
    GEN-PEER-1 has the word where neither can be.
    """
    dialog = current_dialog(request, context)
    if dialog is None or dialog.subscription is None or request.method != "SUBSCRIBE":
        return
    if keeps_its_uris(request, dialog):
        return
    first = dialog.subscription.request
    for name, one, other in (
        ("From", first.from_, request.from_),
        ("To", first.to, request.to),
    ):
        if one is not None and other is not None and not equal_uris(one.uri, other.uri):
            yield mismatch(request, name, one.uri, other.uri)


# RFC 6665 §3.1 and §3.2: SUBSCRIBE and NOTIFY are target refresh requests.
@check(
    "GEN-DIALOG-7",
    clause="RFC 3261 §12.2.1.1",
    level=SHOULD,
    on=requests("SUBSCRIBE", "NOTIFY"),
)
def refresh_has_a_contact(request: Request, context: Context) -> Iterator[Mismatch]:
    """A target refresh request in a dialog has a Contact."""
    if tag_of(request.to) is not None and not request.headers.rows("Contact"):
        yield mismatch(request, "Contact", "a SIP or SIPS URI")


@check("GEN-DIALOG-8", clause="RFC 3261 §12.2.1.1", level=MUST, on=requests("SUBSCRIBE"))
def refresh_carries_the_remote_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request for a dialog that exists carries the remote tag in To."""
    if tag_of(request.to) is not None or request.event is None:
        return
    alive = [
        dialog
        for dialog in context.session.dialogs.of_call(request.call_id)
        if dialog.subscriber == context.sender
        and dialog.ended is None
        and dialog.expires_at is not None
        and dialog.expires_at > context.time
        and dialog.key[1] == tag_of(request.from_)
        and (dialog.package, dialog.event_id) == (request.event.package, request.event.id)
        and dialog.is_known  # the response can be lost behind the point of capture
        and dialog.cseq.get(context.sender, 0) < (request.cseq.number if request.cseq else 0)
    ]
    confirmed = [each for each in alive if each.subscription and each.subscription.accepted]
    if confirmed and context.sender == "ue":
        yield mismatch(request, "To", f"tag={confirmed[-1].key[2]}")


@check(
    "GEN-CONTACT-1",
    clause="RFC 3261 §8.1.1.8",
    level=MUST,
    on=requests("SUBSCRIBE", "INVITE", "REFER"),
)
def dialog_request_has_one_contact(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that can establish a dialog has a Contact with exactly one SIP or SIPS URI."""
    if tag_of(request.to) is not None:
        return
    count = request.headers.count("Contact")
    if count != 1:
        yield mismatch(request, "Contact", "1 value", f"{count} values")
    elif shown(request, "Contact").strip() == "*" or (
        request.contacts and not request.contacts[0].uri.lower().startswith(("sip:", "sips:"))
    ):
        yield mismatch(request, "Contact", "a SIP or SIPS URI")


@check(
    "GEN-CONTACT-2",
    clause="RFC 3261 §8.1.1.8",
    level=MUST,
    on=requests("SUBSCRIBE", "INVITE", "REFER"),
    sender="ue",
)
def sips_request_has_a_sips_contact(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request for a SIPS Request-URI or top Route has a SIPS URI in Contact."""
    top_route = request.routes[0].uri if request.routes else ""
    is_secure = any(uri.lower().startswith("sips:") for uri in (request.uri, top_route))
    for contact in request.contacts:
        if is_secure and not contact.uri.lower().startswith("sips:"):
            yield mismatch(request, "Contact", "a SIPS URI", contact.uri)


_OUTSIDE = ("REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE")


@check("GEN-CALLID-1", clause="RFC 3261 §8.1.1.4", level=MUST, on=requests(*_OUTSIDE), sender="ue")
def new_request_has_a_new_call_id(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request outside of any dialog has a Call-ID that no other kind of request has used."""
    if tag_of(request.to) is not None or request.call_id is None:
        return
    if ("ue", request.call_id, request.method) in context.session.spaces:
        return  # the kind of request that came second was told
    for method in _OUTSIDE:
        other = context.session.spaces.get(("ue", request.call_id, method))
        if other is not None and method != request.method and not other.to_tag:
            yield mismatch(
                request, "Call-ID", "a new Call-ID", f"that of {method} in message {other.entry}"
            )
            return


@check(
    "GEN-CALLID-2", clause="RFC 3261 §8.1.1.4", level=MUST, on=requests("SUBSCRIBE"), sender="ue"
)
def new_subscription_has_a_new_call_id(request: Request, context: Context) -> Iterator[Mismatch]:
    """A new subscription does not take the Call-ID of a dialog that is over."""
    if tag_of(request.to) is not None:
        return
    for dialog in context.session.dialogs.of_call(request.call_id):
        # Of a fork one branch may notify while another asks for credentials (§8.1.3.5).
        is_accepted = dialog.subscription is not None and dialog.subscription.accepted
        is_over = dialog.known_ended_at is not None and dialog.subscriber == "ue"
        if is_accepted and is_over and _dialog_is_new(request, dialog):
            yield mismatch(request, "Call-ID", "a new Call-ID", shown(request, "Call-ID"))
            return


def _dialog_is_new(request: Request, dialog: Dialog) -> bool:
    number = request.cseq.number if request.cseq is not None else 0
    return number > dialog.cseq.get("ue", 0)


@check("GEN-ROUTE-1", clause="RFC 3608 §6.1", level=MUST, on=requests(*_OUTSIDE[1:]), sender="ue")
def service_route_keeps_its_order(request: Request, context: Context) -> Iterator[Mismatch]:
    """The values of a Service-Route that are used as Route keep their order."""
    if tag_of(request.to) is not None or len(request.vias) > 1:
        return
    known = [each.service_route for each in context.session.registrations.by_aor.values()]
    orders = [
        (wanted, used)
        for wanted in known
        if len(used := [each.uri for each in request.routes if each.uri in wanted]) > 1
        and len(used) == len(wanted)
    ]
    # Several accounts can share proxies: one order that fits is enough.
    if orders and all(list(wanted) != used for wanted, used in orders):
        yield mismatch(request, "Route", ", ".join(f"<{uri}>" for uri in orders[-1][0]))


# TS 24.229 §5.1.1.2.1, NOTE 6: "The UE will use the stored list of service route values to build a
# proper preloaded Route header field"; RFC 3608 leaves it to the UA.
@check(
    "GEN-ROUTE-2",
    clause="TS 24.229 §5.1.1.2.1",
    level=INFO,
    on=requests(*_OUTSIDE[1:]),
    sender="ue",
)
def service_route_is_used(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Service-Route of the registration is the Route of initial requests."""
    registration = context.session.registration
    if registration is None or not registration.is_active or tag_of(request.to) is not None:
        return
    used = [each.uri for each in request.routes]
    missing = [uri for uri in registration.service_route if uri not in used]
    if missing and len(context.session.registrations.by_aor) == 1:
        yield mismatch(request, "Route", f"<{missing[0]}>")
