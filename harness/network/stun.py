"""STUN Binding over UDP: the keep-alive that `keep` in a Via promises (RFC 6223 §4.4, RFC 5626)."""

from __future__ import annotations

import ipaddress
import struct

from harness.model import Peer

_COOKIE = 0x2112A442
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_XOR_MAPPED_ADDRESS = 0x0020
_HEADER = struct.Struct("!HHI12s")


def binding_response(data: bytes, source: Peer) -> bytes | None:
    """The success response to a Binding request (RFC 8489 §7.3.1), None for anything else."""
    if len(data) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or cookie != _COOKIE or length != len(data) - _HEADER.size:
        return None
    address = ipaddress.ip_address(source.host)
    family = 0x01 if address.version == 4 else 0x02
    # RFC 8489 §14.2: address and port are XOR-ed with the cookie and the transaction ID.
    mask = (struct.pack("!I", _COOKIE) + transaction)[: len(address.packed)]
    hidden = bytes(octet ^ key for octet, key in zip(address.packed, mask, strict=True))
    value = struct.pack("!BBH", 0, family, source.port ^ (_COOKIE >> 16)) + hidden
    attribute = struct.pack("!HH", _XOR_MAPPED_ADDRESS, len(value)) + value
    return _HEADER.pack(_BINDING_SUCCESS, len(attribute), _COOKIE, transaction) + attribute
