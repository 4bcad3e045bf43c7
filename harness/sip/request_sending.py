"""The Via of a request that is sent, and which transport it takes (RFC 3261 §18.1.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from harness.model import Peer, Send, Transport
from harness.sip.message import Request

MAGIC_COOKIE = "z9hG4bK"

SIZE_LIMIT = 1300
"""Bytes of the largest request that goes by UDP where the path MTU is unknown."""

MTU_MARGIN = 200
"""Bytes that a request has to stay under the path MTU where it is known."""

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
