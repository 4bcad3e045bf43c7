"""The ABNF of the header fields that XCAP uses, as one table from field name to production.

Each pattern is linear: no two adjacent repetitions can match the same character, so white space
after a separator belongs either to the element that follows or, where none does, to the next
separator.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# RFC 9110 §5.6.2, §5.6.4. obs-text is any character that is not US-ASCII, as values are read as
# UTF-8 with surrogate escapes.
_TCHARS = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_OBS_TEXT = r"\u0080-\U0010ffff"
_QUOTED_STRING = rf'"(?:[\t \x21\x23-\x5b\x5d-\x7e{_OBS_TEXT}]|\\[\t\x20-\x7e{_OBS_TEXT}])*"'
_OWS = r"[ \t]*"

_PARAMETERS = rf"(?:{_OWS};(?:{_OWS}{_TCHARS}=(?:{_TCHARS}|{_QUOTED_STRING}))?)*"  # RFC 9110 §5.6.6
_MEDIA_TYPE = rf"{_TCHARS}/{_TCHARS}{_PARAMETERS}"
# RFC 9110 §8.8.3: a backslash is an ordinary character inside an opaque-tag.
_ENTITY_TAG = rf'(?:W/)?"[\x21\x23-\x7e{_OBS_TEXT}]*"'

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_DAY_LONG = r"(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = r"[0-2][0-9]:[0-5][0-9]:[0-6][0-9]"
_IMF_FIXDATE = rf"{_DAY}, [0-3][0-9] {_MONTH} [0-9]{{4}} {_TIME} GMT"
_RFC850_DATE = rf"{_DAY_LONG}, [0-3][0-9]-{_MONTH}-[0-9]{{2}} {_TIME} GMT"
_ASCTIME_DATE = rf"{_DAY} {_MONTH} [ 0-3][0-9] {_TIME} [0-9]{{4}}"
_HTTP_DATE = rf"(?:{_IMF_FIXDATE}|{_RFC850_DATE}|{_ASCTIME_DATE})"

# RFC 3986 §3.2.2: IP-literal, or reg-name (which covers IPv4address).
_HOST = r"(?:\[[0-9A-Fa-fvV:.]+\]|(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)"

_AUTH_PARAM = rf"{_TCHARS}{_OWS}={_OWS}(?:{_TCHARS}|{_QUOTED_STRING})"
_TOKEN68 = r"[0-9A-Za-z._~+/-]+=*"


def _list_of(element: str) -> str:
    """`#element` as a recipient reads it: empty elements allowed (RFC 9110 §5.6.1.2)."""
    return rf"(?:{element})?(?:{_OWS},(?:{_OWS}(?:{element}))?)*"


@dataclass(frozen=True, slots=True)
class FieldSyntax:
    """The production that a field's value has to match, with its clause's name for it."""

    production: str
    pattern: re.Pattern[str]


def _syntax(production: str, pattern: str) -> FieldSyntax:
    return FieldSyntax(production, re.compile(pattern))


_DATE = _syntax("HTTP-date", _HTTP_DATE)

FIELD_SYNTAX: dict[str, FieldSyntax] = {
    "allow": _syntax("#method", _list_of(_TCHARS)),
    "authorization": _syntax(
        "auth-scheme [ 1*SP ( token68 / #auth-param ) ]",
        rf"{_TCHARS}(?: +(?:{_TOKEN68}|{_list_of(_AUTH_PARAM)}))?",
    ),
    "connection": _syntax("#connection-option", _list_of(_TCHARS)),
    "content-encoding": _syntax("#content-coding", _list_of(_TCHARS)),
    "content-length": _syntax("1*DIGIT", r"[0-9]+"),
    "content-type": _syntax("type / subtype parameters", _MEDIA_TYPE),
    "date": _DATE,
    "etag": _syntax("[ W/ ] DQUOTE *etagc DQUOTE", _ENTITY_TAG),
    "host": _syntax("uri-host [ : port ]", rf"{_HOST}(?::[0-9]*)?"),
    "if-match": _syntax("* / #entity-tag", rf"(?:\*|{_list_of(_ENTITY_TAG)})"),
    "if-modified-since": _DATE,
    "if-none-match": _syntax("* / #entity-tag", rf"(?:\*|{_list_of(_ENTITY_TAG)})"),
    "if-unmodified-since": _DATE,
    "last-modified": _DATE,
    "transfer-encoding": _syntax("#transfer-coding", _list_of(rf"{_TCHARS}{_PARAMETERS}")),
}

# The request-target's characters: RFC 3986 pchar, "/" and "?" (RFC 9112 §3.2). A double quote
# or square bracket has to be percent-encoded, which XCAP repeats (RFC 4825 §6.3); but the
# authority of an absolute-form or authority-form may be an IP-literal.
_IP_LITERAL = r"(?:(?:https?://)?\[[0-9A-Fa-fvV:.]+\])?"
REQUEST_TARGET = re.compile(
    rf"{_IP_LITERAL}(?:[0-9A-Za-z._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{{2}})+", re.IGNORECASE
)
TOKEN = re.compile(_TCHARS)
HTTP_VERSION = re.compile(r"HTTP/[0-9]\.[0-9]")
ENTITY_TAG = re.compile(_ENTITY_TAG)
# field-value without obs-fold (RFC 9110 §5.5): no control characters but HTAB.
FIELD_VALUE = re.compile(rf"[\t\x20-\x7e{_OBS_TEXT}]*")


def matching_length(pattern: re.Pattern[str], text: str) -> int:
    """How many characters of `text` the pattern takes: where an error message points."""
    match = pattern.match(text)
    return match.end() if match else 0
