"""What a datagram on a SIP port may be besides a SIP message."""

from __future__ import annotations

# Keep-alives in the field: CRLFs (RFC 5626), blanks, NULs.
_PADDING = b"\r\n\x00 \t"
_STUN_COOKIE = b"\x21\x12\xa4\x42"


def is_stun(data: bytes) -> bool:
    """Whether this is a STUN message, by its first two bits and magic cookie (RFC 8489 §5)."""
    return len(data) >= 20 and data[0] < 0x40 and data[4:8] == _STUN_COOKIE


def is_keepalive(data: bytes) -> bool:
    """Whether a datagram is no SIP message but a keep-alive of any kind."""
    return not data.strip(_PADDING) or is_stun(data)
