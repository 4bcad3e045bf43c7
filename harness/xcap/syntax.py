"""The characters of HTTP that are looked for one by one: tokens, targets, entity-tags."""

from __future__ import annotations

import re

# RFC 9110 §5.6.2, §5.6.4. obs-text is any character that is not US-ASCII, as values are read as
# UTF-8 with surrogate escapes.
_TCHARS = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_OBS_TEXT = r"\u0080-\U0010ffff"

# The request-target's characters: RFC 3986 pchar, "/" and "?" (RFC 9112 §3.2). A double quote
# or square bracket has to be percent-encoded, which XCAP repeats (RFC 4825 §6.3); but the
# authority of an absolute-form or authority-form may be an IP-literal.
_IP_LITERAL = r"(?:(?:https?://)?\[[0-9A-Fa-fvV:.]+\])?"
REQUEST_TARGET = re.compile(
    rf"{_IP_LITERAL}(?:[0-9A-Za-z._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{{2}})+", re.IGNORECASE
)
TOKEN = re.compile(_TCHARS)
# RFC 9110 §8.8.3: a backslash is an ordinary character inside an opaque-tag.
ENTITY_TAG = re.compile(rf'(?:W/)?"[\x21\x23-\x7e{_OBS_TEXT}]*"')


def matching_length(pattern: re.Pattern[str], text: str) -> int:
    """How many characters of `text` the pattern takes: where an error message points."""
    match = pattern.match(text)
    return match.end() if match else 0
