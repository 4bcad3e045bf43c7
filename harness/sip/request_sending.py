"""The Via, the transport and the destination of a request that is sent (RFC 3261 §18.1.1)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from harness.model import Peer, Send, Transport
from harness.sip.message import Request
from harness.sip.response_routing import DEFAULT_PORTS
from harness.sip.uri import SipUri, UriError, parse_uri

MAGIC_COOKIE = "z9hG4bK"

SIZE_LIMIT = 1300
"""Bytes of the largest request that goes by UDP where the path MTU is unknown."""

MTU_MARGIN = 200
"""Bytes that a request has to stay under the path MTU where it is known."""

_TRANSPORTS = {transport.value: transport for transport in DEFAULT_PORTS}

_SENT_PROTOCOL = re.compile(rb"SIP\s*/\s*2\.0\s*/\s*[A-Za-z0-9]+", re.IGNORECASE)


def make_via(
    transport: Transport, sent_by: Peer, branch: str, *, rport: bool = True, extra: str = ""
) -> str:
    """A Via value: `sent_by` is where responses reach us, `branch` begins with the cookie.

    `extra` is written at the end as it is, for instance ";keep" (RFC 6223) or ";alias".
    """
    return (
        f"SIP/2.0/{transport.value.upper()} {sent_by};branch={branch}"
        f"{';rport' if rport else ''}{extra}"
    )


@dataclass(frozen=True, slots=True)
class Sending:
    """How a request goes out first, and what to do where its connection is refused."""

    send: Send
    fallback: Send | None = None


def prepare(
    request: Request,
    destination: Peer,
    source: Peer | None,
    *,
    path_mtu: int | None,
    prefer_udp: bool,
) -> Sending:
    """Choose the transport: large requests leave UDP for TCP, and the Via says so.

    "If a request is within 200 bytes of the path MTU, or if it is larger than 1300 bytes and the
    path MTU is unknown, the request MUST be sent using ... [a] congestion controlled transport
    protocol, such as TCP". Where TCP is refused "the element SHOULD retry the request, using UDP".
    """
    limit = SIZE_LIMIT if path_mtu is None else path_mtu - MTU_MARGIN - 1
    by_udp = Send(_with_via_transport(request, destination.transport), destination, source)
    too_large = len(by_udp.data) > limit
    if destination.transport is not Transport.UDP or prefer_udp or not too_large:
        return Sending(by_udp)
    by_tcp = Send(
        _with_via_transport(request, Transport.TCP),
        replace(destination, transport=Transport.TCP),
        None if source is None else replace(source, transport=Transport.TCP),
    )
    return Sending(by_tcp, fallback=by_udp)


def _with_via_transport(request: Request, transport: Transport) -> bytes:
    """The bytes of the request with this transport in the top Via, all else untouched."""
    rows = request.headers.rows("Via")
    if not rows:
        return request.raw
    written = f"SIP/2.0/{transport.value.upper()}".encode()
    match = _SENT_PROTOCOL.match(request.raw, rows[0].offset)
    if match is None or match[0].upper() == written:
        return request.raw
    return request.raw[: match.start()] + written + request.raw[match.end() :]


def destination_of(uri: str) -> Peer | None:
    """Where a request for `uri` is sent, as far as the URI itself says it (RFC 3263 §4).

    Host and port of maddr or host, the transport parameter, "sips" as TLS, and the defaults: UDP,
    5060 or 5061. None where the host is a name, which only DNS knows, or the URI is no SIP URI.
    """
    try:
        parsed = parse_uri(uri)
    except UriError:
        return None
    if not isinstance(parsed, SipUri):
        return None
    transport = _TRANSPORTS.get(parsed.transport or "udp")
    if parsed.scheme == "sips":
        transport = Transport.TLS
    host = (parsed.params.get("maddr") or parsed.host).strip("[]").lower()
    if transport is None or not _is_ip_address(host):
        return None
    port = parsed.port if parsed.port is not None else DEFAULT_PORTS[transport]
    return Peer(host, port, transport)


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
