"""Routes that the network gave: Service-Route in initial requests, parameters in dialogs."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.ims_requests import registration_in_use
from harness.checks.places import equal_uris, lost_parameters, mismatch
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.model import Mismatch
from harness.sip.message import Request
from harness.sip.uri import SipUri, UriError, parse_uri

_INITIAL = requests("SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE")
_IN_DIALOG = requests("SUBSCRIBE", "OPTIONS", "MESSAGE", "INFO", "REFER", "UPDATE")


# TS 24.229 §5.1.2A.1.1: "The UE shall build a list of Route header field values made out of the
# following, in this order: [the P-CSCF] and the values received in the Service-Route header field
# saved from the 200 (OK) response to the last registration".
@check("GEN-ROUTE-3", clause="TS 24.229 §5.1.2A.1.1", level=MUST, on=_INITIAL, sender="ue")
def ims_route_has_the_whole_service_route(request: Request, context: Context) -> Iterator[Mismatch]:
    """An IMS UE has all values of its Service-Route in Route, in order, as the last ones.

    Judged where Route is missing, or has some of the values: then it is the list that is known.
    """
    wanted, found = _routes(request, context)
    if wanted and not _ends_with(found, wanted) and (not found or _shares(found, wanted)):
        yield mismatch(request, "Route", _shown(wanted))


@check("GEN-ROUTE-4", clause="TS 24.229 §5.1.2A.1.1", level=SHOULD, on=_INITIAL, sender="ue")
def ims_route_is_the_service_route(request: Request, context: Context) -> Iterator[Mismatch]:
    """An IMS UE preloads Route with its Service-Route.

    The capture may lack a registration that brought another one, so that it is a remark.
    """
    wanted, found = _routes(request, context)
    if wanted and found and not _shares(found, wanted):
        yield mismatch(request, "Route", _shown(wanted))


def _routes(request: Request, context: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The Service-Route to use, () where none is known for sure, and the Route that is there."""
    found = tuple(each.uri for each in request.routes)
    if request.headers.count("Route") != len(found):
        return (), found
    known = registration_in_use(context)
    return known.service_route if known is not None else (), found


def _same(one: str, other: str) -> bool:
    return equal_uris(one, other) and not lost_parameters(other, one)


def _ends_with(found: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    tail = found[-len(wanted) :]
    return len(tail) == len(wanted) and all(map(_same, tail, wanted))


def _shares(found: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return any(
        equal_uris(one, other) or _is_spoilt(one, other) for one in found for other in wanted
    )


def _is_spoilt(found: str, wanted: str) -> bool:
    """Whether a value is one of the Service-Route with a parameter lost or written otherwise.

    Another value of a parameter can come from another registration: it may be a token.
    """
    one, other = _parsed(found), _parsed(wanted)
    if one is None or other is None or not one.user or not other.user:
        return False
    is_there = (one.user.lower(), one.address) == (other.user.lower(), other.address)
    names = [{name.lower() for name in each.params} for each in (one, other)]
    is_changed = names[0] != names[1] or one.transport != other.transport or one.user != other.user
    return is_there and is_changed


def _parsed(text: str) -> SipUri | None:
    try:
        uri = parse_uri(text)
    except UriError:
        return None
    return uri if isinstance(uri, SipUri) else None


def _shown(uris: tuple[str, ...]) -> str:
    return ", ".join(f"<{uri}>" for uri in uris)


@check("GEN-DIALOG-11", clause="RFC 3261 §12.2.1.1", level=MUST, on=_IN_DIALOG, sender="ue")
def route_set_keeps_its_parameters(request: Request, context: Context) -> Iterator[Mismatch]:
    """The values of the route set are in Route with all their parameters."""
    dialog = context.session.dialogs.find(request, "ue")
    # A proxy on the way takes its own value off the Route (§16.4).
    if dialog is None or not dialog.is_whole or len(request.vias) > 1:
        return
    found = tuple(each.uri for each in request.routes)
    equal = [
        wanted
        for wanted in dialog.route_sets
        if len(found) == len(wanted) and all(map(equal_uris, found, wanted))
    ]
    lost = [
        [
            name
            for one, other in zip(wanted, found, strict=True)
            for name in sorted(lost_parameters(one, other))
        ]
        for wanted in equal
    ]
    if lost and all(lost):
        yield mismatch(request, "Route", f"with the parameter {lost[-1][0]}")
