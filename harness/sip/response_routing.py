"""How a response finds its way back: marking the top Via, and reading it (RFC 3261 §18.2)."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from harness.model import Peer, Transport
from harness.sip.fields import FieldError, Parameters, Via, parse_via
from harness.sip.headers import HeaderField, Headers
from harness.sip.message import Message, Request
from harness.sip.parameters import split_top_level
from harness.sip.uri import canonical_host

DEFAULT_PORTS = {Transport.UDP: 5060, Transport.TCP: 5060, Transport.TLS: 5061}

_TRANSPORTS = {transport.value.upper(): transport for transport in DEFAULT_PORTS}


def via_transport(via: Via) -> Transport | None:
    """The transport of the sent-protocol; None where it is one that we do not speak."""
    return _TRANSPORTS.get(via.transport.upper())


def sent_by(via: Via) -> tuple[str, int]:
    """Host and port of a Via for comparison; an absent port is the default (RFC 3261 §18.1.1)."""
    transport = via_transport(via) or Transport.UDP
    port = via.port if via.port is not None else DEFAULT_PORTS[transport]
    host = canonical_host(via.host).strip("[]")
    return (str(_address(host) or host), port)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IP address without zone; one that is IPv4 in IPv6 clothes is IPv4."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def top_via(message: Message) -> Via | None:
    """The topmost Via value; None where there is none or it cannot be read.

    Unlike `Message.top_via`, which is the first that can be read: a response must not follow the
    Via of another hop.
    """
    text = top_via_text(message)
    try:
        return parse_via(text) if text else None
    except FieldError:
        return None


def top_via_text(message: Message) -> str:
    """The topmost Via value as written, "" where there is none."""
    return next(iter(message.headers.values("Via")), "")


def mark_received(request: Request, source: Peer) -> Request:
    """The request with `received` and `rport` filled in, its `raw` as it came.

    `received` where the sent-by host is a name or another address (RFC 3261 §18.2.1), and
    "even if it is identical" where the client asks by an empty `rport` (RFC 3581 §4). A
    `received` that the client wrote itself is replaced: it "MUST contain the source address".
    """
    via = top_via(request)
    if via is None:
        return request
    params = via.params
    address = _address(source.host)
    asked = "rport" in params and params["rport"] in (None, "")
    if asked:
        params = params.with_("rport", str(source.port))
    if asked or "received" in params or address is None or _address(via.host) != address:
        params = params.with_("received", str(address or source.host))
    if params is via.params:
        return request
    return replace(request, headers=_with_top_via(request.headers, params))


def _with_top_via(headers: Headers, params: Parameters) -> Headers:
    top = headers.rows("Via")[0]
    first, *others = split_top_level(top.value, ",")
    sent = first.partition(";")[0].rstrip()
    value = ", ".join([f"{sent}{params}", *others])
    marked = HeaderField(top.name, top.written, value, top.offset)
    return Headers(marked if row is top else row for row in headers)


def response_destination(via: Via | None, source: Peer) -> Peer:
    """Where the response to a request from `source` goes, by the marked top Via.

    Without a readable Via it goes back to `source`, which is all that is known.
    """
    if via is None or source.transport.is_reliable:
        # RFC 3261 §18.2.2: "the response MUST be sent using the existing connection".
        return source
    port = via.port if via.port is not None else DEFAULT_PORTS[Transport.UDP]
    maddr = _address(via.params.get("maddr") or "")
    if maddr is not None:
        return replace(source, host=str(maddr), port=port)
    if via.received is not None:
        # RFC 3581 §4 where rport has a value, else RFC 3261 §18.2.2.
        return replace(source, host=via.received, port=via.rport or port)
    host = _address(via.host)
    return replace(source, host=str(host) if host else source.host, port=port)


def next_response_destination(via: Via | None, failed: Peer) -> Peer | None:
    """Where else to try a response that could not be delivered to `failed`; None: nowhere.

    On a stream whose connection is gone: "the IP address in the received parameter, if present,
    using the port in the sent-by value" (RFC 3261 §18.2.2). Then, on any transport, a sent-by that
    is an IP address (RFC 3263 §5).
    """
    if via is None:
        return None
    port = via.port if via.port is not None else DEFAULT_PORTS.get(failed.transport, 5060)
    hosts = [via.received, via.host] if failed.transport.is_reliable else [via.host]
    addresses = [_address(host) for host in hosts if host is not None]
    places = list(
        dict.fromkeys(
            replace(failed, host=str(address), port=port)
            for address in addresses
            if address is not None
        )
    )
    untried = places[places.index(failed) + 1 :] if failed in places else places
    return untried[0] if untried else None


def stateless_destination(via: Via) -> Peer | None:
    """Where a response goes of which only the Via is left; None where its host is a name.

    On a stream transport the connection is looked for at the source address and port that
    `received` and `rport` hold.
    """
    transport = via_transport(via)
    host = _address(via.received or via.host)
    if transport is None or host is None:
        return None
    port = via.port if via.port is not None else DEFAULT_PORTS[transport]
    if transport.is_reliable:
        return Peer(str(host), via.rport or port, transport)
    return response_destination(via, Peer(str(host), port, transport))
