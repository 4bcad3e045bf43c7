"""The URIs of a message and where they stand (RFC 3261 §8.1.1, §18.1.1, §19.1.1, §20)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import equal_uris, mismatch, start_line_mismatch, tag_of
from harness.checks.registry import INFO, MUST, SHOULD, check, requests, sip_messages
from harness.model import Mismatch
from harness.sip.message import Message, Request
from harness.sip.uri import SipUri, UriError, parse_uri

_MAX_PORT = 65535
_DOTTED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_UDP_LIMIT = 1300
_NEW = requests("REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE")


def _sip_uri(text: str) -> SipUri | None:
    try:
        parsed = parse_uri(text)
    except UriError:
        return None
    return parsed if isinstance(parsed, SipUri) else None


def _own_uris(message: Message, context: Context) -> Iterator[tuple[str, SipUri]]:
    """The URIs that the sender made itself, each with the place that it stands at.

    Responses copy From and To; requests inside a dialog have their target, their route and the
    other side's address from the dialog, new ones their route from the registration.
    """
    found = [("Contact", each.uri) for each in message.contacts]
    if isinstance(message, Request) and _names_itself(message):
        is_inside = tag_of(message.to) is not None
        found += [("From", message.from_.uri)] if message.from_ is not None else []
        if not is_inside:
            given = _service_routes(context)
            found += [("To", message.to.uri)] if message.to is not None else []
            found += [("Route", each.uri) for each in message.routes if each.uri not in given]
            found.append(("Request-URI", message.uri))
    for name, text in found:
        uri = _sip_uri(text)
        if uri is not None:
            yield name, uri


def _service_routes(context: Context) -> set[str]:
    known = context.session.registrations.by_aor.values()
    return {uri for each in known for uri in each.service_route}


def _names_itself(request: Request) -> bool:
    """Whether the sender has written From and To itself.

    In a dialog that the other side began both come from its request, as that wrote them.
    """
    is_inside = tag_of(request.to) is not None
    return request.method != "NOTIFY" and (not is_inside or request.method == "SUBSCRIBE")


def _at(message: Message, name: str, expected: str, observed: str) -> Mismatch:
    if name == "Request-URI" and isinstance(message, Request):
        return start_line_mismatch(message, expected, observed)
    return mismatch(message, name, expected, observed)


@check("GEN-PARAM-2", clause="RFC 3261 §19.1.1", level=MUST, on=sip_messages(), sender="ue")
def uri_parameter_appears_once(message: Message, context: Context) -> Iterator[Mismatch]:
    """A parameter name appears at most once in a URI."""
    for where, uri in _own_uris(message, context):
        for name in uri.params.repeated:
            yield _at(message, where, f"{name} once in the URI", str(uri)[:200])


# RFC 3261 §19.1.1, table 1: "-" for "not allowed". A port is left out: UEs write it everywhere,
# and "Elements processing URIs SHOULD ignore any disallowed components".
_ADDRESS = frozenset({"method", "maddr", "ttl", "transport", "lr"})
_DISALLOWED = {
    "From": _ADDRESS,
    "To": _ADDRESS,
    "Contact": frozenset({"method"}),
    "Route": frozenset({"method", "ttl"}),
}


@check("GEN-URI-3", clause="RFC 3261 §19.1.1", level=SHOULD, on=sip_messages(), sender="ue")
def uri_has_what_its_place_allows(message: Message, context: Context) -> Iterator[Mismatch]:
    """A URI has only the parameters and headers that are allowed where it stands."""
    for where, uri in _own_uris(message, context):
        found = sorted(_DISALLOWED.get(where, frozenset()) & {name.lower() for name in uri.params})
        if where in ("From", "To", "Route") and uri.headers:
            found.append("headers")
        if found:
            yield _at(message, where, f"a URI without {found[0]}", str(uri)[:200])


@check("GEN-TRANSPORT-1", clause="RFC 3261 §26.2.2", level=INFO, on=sip_messages(), sender="ue")
def transport_tls_is_deprecated(message: Message, context: Context) -> Iterator[Mismatch]:
    """No URI has transport=tls, which is deprecated."""
    for where, uri in _own_uris(message, context):
        if uri.transport == "tls":
            yield _at(message, where, "no transport=tls", str(uri)[:200])


# They mean nothing as parameters of a header field, and no URI does without them that has them.
_OF_URIS = frozenset({"transport", "lr", "maddr", "gr", "ob"})


@check("GEN-BRACKETS-2", clause="RFC 3261 §20", level=MUST, on=sip_messages(), sender="ue")
def uri_with_a_semicolon_is_in_brackets(message: Message, context: Context) -> Iterator[Mismatch]:
    """A URI that contains a semicolon is in angle brackets.

    Judged for parameters that are known to be the URI's: by their names, or as the Request-URI
    has them too.
    """
    given = _request_parameters(message)
    is_own = isinstance(message, Request) and _names_itself(message)
    for name in ("Contact", "From", "To") if is_own else ("Contact",):
        for row in message.headers.rows(name):
            uri, *params = row.value.split(";")
            if "<" in uri or not uri.strip().lower().startswith(("sip:", "sips:")):
                continue
            names = {each.partition("=")[0].strip().lower() for each in params}
            misread = sorted(names & (_OF_URIS | (given if name == "To" else frozenset())))
            if misread:
                observed = f"{misread[0]} as a parameter of {name}"
                yield Mismatch("the URI in < and >", observed, name, row.offset)


def _request_parameters(message: Message) -> frozenset[str]:
    uri = _sip_uri(message.uri) if isinstance(message, Request) else None
    return frozenset(name.lower() for name in uri.params) if uri is not None else frozenset()


@check("GEN-VIA-3", clause="RFC 3261 §8.1.1.7", level=MUST, on=requests(), sender="ue")
def via_names_sip_2_0(request: Request, context: Context) -> Iterator[Mismatch]:
    """The protocol name and version in the Via of a request are SIP and 2.0."""
    via = request.top_via
    if via is not None and via.protocol.upper() != "SIP/2.0":
        yield mismatch(request, "Via", "SIP/2.0", via.protocol)


@check("GEN-VIA-4", clause="RFC 3261 §18.1.1", level=MUST, on=requests(), sender="ue")
def via_of_a_large_request_is_changed(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Via of a request that is too large for UDP names the transport that it goes by instead.

    "If this causes a change in the transport protocol from the one indicated in the top Via, the
    value in the top Via MUST be changed."
    """
    via = request.top_via
    is_moved = context.entry.source.transport.is_reliable and len(request.vias) == 1
    if via is not None and is_moved and via.transport == "UDP" and len(request.raw) > _UDP_LIMIT:
        wanted = context.entry.source.transport.value.upper()
        yield mismatch(request, "Via", f"SIP/2.0/{wanted}", f"SIP/2.0/{via.transport}")


@check("GEN-VIA-5", clause="RFC 3261 §18.1.1", level=MUST, on=requests(), sender="ue")
def sent_by_is_a_place_to_answer_to(request: Request, context: Context) -> Iterator[Mismatch]:
    """The sent-by of a Via is an address and port that exist, as the client has to listen there."""
    via = request.top_via
    if via is None:
        return
    if via.port is not None and not 0 < via.port <= _MAX_PORT:
        yield mismatch(request, "Via", f"a port from 1 to {_MAX_PORT}", via.sent_by)
    elif _is_no_address(via.host):
        yield mismatch(request, "Via", "an IPv4 address with octets up to 255", via.sent_by)


_DIALOG_FORMING = ("SUBSCRIBE", "INVITE", "REFER")


@check(
    "GEN-CONTACT-3",
    clause="RFC 3261 §8.1.1.8",
    level=MUST,
    on=requests(*_DIALOG_FORMING),
    sender="ue",
)
def dialog_contact_is_valid(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Contact of a request that can establish a dialog has an address and port that exist.

    "... and this URI MUST be valid even if used in subsequent requests outside of any dialogs."
    """
    yield from _unreachable_contact(request, context)


@check("GEN-CONTACT-4", clause="RFC 3261 §20.10", level=SHOULD, on=sip_messages(), sender="ue")
def contact_can_be_reached(message: Message, context: Context) -> Iterator[Mismatch]:
    """The Contact of a registration or response has an address and port that exist."""
    if not isinstance(message, Request) or message.method not in _DIALOG_FORMING:
        yield from _unreachable_contact(message, context)


def _unreachable_contact(message: Message, context: Context) -> Iterator[Mismatch]:
    for where, uri in _own_uris(message, context):
        is_port = uri.port is None or 0 < uri.port <= _MAX_PORT
        if where == "Contact" and (not is_port or _is_no_address(uri.host)):
            expected = f"an address with a port from 1 to {_MAX_PORT}"
            yield mismatch(message, "Contact", expected, str(uri)[:200])


def _is_no_address(host: str) -> bool:
    return _DOTTED.fullmatch(host) is not None and any(int(each) > 255 for each in host.split("."))


@check("GEN-ROUTE-5", clause="RFC 3261 §8.1.2", level=MUST, on=_NEW, sender="ue")
def strict_router_is_in_the_request_uri(request: Request, context: Context) -> Iterator[Mismatch]:
    """A first Route without lr has its place in the Request-URI, the target in the last Route.

    §12.2.1.1, which a pre-existing route set has to follow. Judged where the Request-URI still is
    the target: the URI of To, or the domain of a registration.
    """
    top = _sip_uri(request.routes[0].uri) if request.routes else None
    target = _sip_uri(request.uri)
    if top is None or target is None or request.to is None or tag_of(request.to) is not None:
        return
    if top.is_loose_router or len(request.vias) > 1 or top.address == target.address:
        return
    if request.routes[0].uri in _service_routes(context):
        return  # RFC 3608 §6.1 and TS 24.229 §5.1.2A.1.1 have it in Route as it was given
    to = _sip_uri(request.to.uri)
    is_registration = request.method == "REGISTER" and to is not None
    is_target = equal_uris(request.uri, request.to.uri) or (
        is_registration and to is not None and to.address == target.address
    )
    if is_target:
        yield mismatch(request, "Route", "a URI with lr", str(top)[:200])


@check("GEN-LENGTH-4", clause="RFC 3261 §18.3", level=MUST, on=requests(), sender="ue")
def length_before_counts_no_more(request: Request, context: Context) -> Iterator[Mismatch]:
    """Content-Length counts no octets of the message that comes after it on the connection.

    Told by a method that lacks its first letters, which CSeq has.
    """
    method, whole = request.method, request.cseq.method if request.cseq is not None else ""
    is_stream = context.entry.source.transport.is_reliable
    if is_stream and method and method != whole and whole.endswith(method):
        hint = "the Content-Length of the message before is too large"
        yield Mismatch(f"{whole}, from its beginning", method, "Content-Length", 0, hint)
