"""What a datagram on a SIP port may be besides a SIP message."""

from __future__ import annotations

import re

# Keep-alives in the field: CRLFs (RFC 5626), blanks, NULs.
_PADDING = b"\r\n\x00 \t"
_STUN_COOKIE = b"\x21\x12\xa4\x42"
# SIP is text: a start-line begins with a token, and a broken one still reads like one.
_TEXT = re.compile(rb"[\t\r\n -~]*+")
_HEAD, _START_LINE = 12, 256


def is_stun(data: bytes) -> bool:
    """Whether this is a STUN message, by its first two bits and magic cookie (RFC 8489 §5)."""
    return len(data) >= 20 and data[0] < 0x40 and data[4:8] == _STUN_COOKIE


def is_foreign(data: bytes) -> bool:
    """Whether a datagram is of a protocol that is no text, and so no SIP message, not even a
    broken one: STUN without the cookie (RFC 3489), RTP, DTLS, SigComp (RFC 3320 §7), DNS."""
    is_text = _TEXT.fullmatch(data, 0, _HEAD) is not None
    return not is_text and b"SIP/" not in data[:_START_LINE].upper()


def is_keepalive(data: bytes) -> bool:
    """Whether a datagram is no SIP message: a keep-alive of any kind, or of another protocol."""
    return not data.strip(_PADDING) or is_stun(data) or is_foreign(data)
