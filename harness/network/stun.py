"""STUN Binding over UDP: the keep-alive that `keep` in a Via promises (RFC 6223 §4.4, RFC 5626)."""

from __future__ import annotations

import ipaddress
import struct
import zlib

from harness.model import Peer

_COOKIE = 0x2112A442
_BINDING_REQUEST = 0x0001
_BINDING_SUCCESS = 0x0101
_BINDING_ERROR = 0x0111
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")

_USERNAME, _MESSAGE_INTEGRITY = 0x0006, 0x0008
_ERROR_CODE, _UNKNOWN_ATTRIBUTES = 0x0009, 0x000A
_XOR_MAPPED_ADDRESS, _FINGERPRINT = 0x0020, 0x8028
# RFC 8489 §5: "comprehension-required" below this; those of ICE are for the peer of a call.
_OPTIONAL = 0x8000
_KNOWN = frozenset({_USERNAME, _MESSAGE_INTEGRITY, 0x0014, 0x0015, 0x0024, 0x0025})
_FINGERPRINT_MASK = 0x5354554E
_MAX_ATTRIBUTES = 64


def binding_response(data: bytes, source: Peer) -> bytes | None:
    """The response to a Binding request (RFC 8489 §6.3.1), None for anything else.

    A success with XOR-MAPPED-ADDRESS, or 420 where the request asks for what we do not know. It
    has a FINGERPRINT where the request has one.
    """
    if len(data) < _HEADER.size:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or cookie != _COOKIE or length != len(data) - _HEADER.size:
        return None
    attributes = _attributes(data)
    if attributes is None:
        return None
    unknown = [each for each in attributes if each < _OPTIONAL and each not in _KNOWN]
    if unknown:
        kind, content = _BINDING_ERROR, _unknown_attributes(unknown)
    else:
        kind, content = _BINDING_SUCCESS, _mapped_address(source, transaction)
    return _message(kind, transaction, content, has_fingerprint=_FINGERPRINT in attributes)


def _attributes(data: bytes) -> list[int] | None:
    """The types of the attributes; None where they cannot be told apart, or FINGERPRINT is not
    that of the message, which is then discarded (§6.3)."""
    types: list[int] = []
    position = _HEADER.size
    while position < len(data):
        if len(types) == _MAX_ATTRIBUTES or position + _ATTRIBUTE.size > len(data):
            return None
        kind, length = _ATTRIBUTE.unpack_from(data, position)
        end = position + _ATTRIBUTE.size + length
        if end > len(data):
            return None
        if kind == _FINGERPRINT and data[position + _ATTRIBUTE.size : end] != _crc(data[:position]):
            return None
        types.append(kind)
        position = end + -length % 4  # §14: each is padded to a multiple of four octets
    return types


def _crc(before: bytes) -> bytes:
    """The value of a FINGERPRINT that follows `before` (§14.7)."""
    return struct.pack("!I", zlib.crc32(before) ^ _FINGERPRINT_MASK)


def _attribute(kind: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _mapped_address(source: Peer, transaction: bytes) -> bytes:
    address = ipaddress.ip_address(source.host)
    family = 0x01 if address.version == 4 else 0x02
    # §14.2: address and port are XOR-ed with the cookie and the transaction ID.
    mask = (struct.pack("!I", _COOKIE) + transaction)[: len(address.packed)]
    hidden = bytes(octet ^ key for octet, key in zip(address.packed, mask, strict=True))
    value = struct.pack("!BBH", 0, family, source.port ^ (_COOKIE >> 16)) + hidden
    return _attribute(_XOR_MAPPED_ADDRESS, value)


def _unknown_attributes(types: list[int]) -> bytes:
    """§14.8, §14.13: 420 and which attributes it is about."""
    code = _attribute(_ERROR_CODE, struct.pack("!HBB", 0, 4, 20) + b"Unknown Attribute")
    return code + _attribute(_UNKNOWN_ATTRIBUTES, struct.pack(f"!{len(types)}H", *types))


def _message(kind: int, transaction: bytes, content: bytes, *, has_fingerprint: bool) -> bytes:
    length = len(content) + (_ATTRIBUTE.size + 4 if has_fingerprint else 0)
    message = _HEADER.pack(kind, length, _COOKIE, transaction) + content
    return message + (_attribute(_FINGERPRINT, _crc(message)) if has_fingerprint else b"")
