"""Typed values of header fields: read with `parse_*` (FieldError if unreadable), written with str.

Reading is forgiving where the meaning is clear; whether a value is well-formed is the matter of
`grammar.validate`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.sip.parameters import Parameters, quote, split_top_level, unquote
from harness.sip.remember import found_once, remembered
from harness.sip.uri import Uri, UriError, parse_uri

__all__ = [
    "CSeq",
    "EventValue",
    "FieldError",
    "MediaType",
    "NameAddr",
    "Parameters",
    "SubscriptionState",
    "Via",
    "parse_cseq",
    "parse_event",
    "parse_media_type",
    "parse_name_addr",
    "parse_number",
    "parse_subscription_state",
    "parse_via",
    "split_top_level",
]

# A number of more digits than any field allows (CSeq < 2**31, delta-seconds < 2**32; RFC 3261
# §8.1.1.5, §20.19) is read as far as arithmetic stays safe.
_NUMBER = re.compile(r"0*([0-9]{1,200})")

_VIA = re.compile(
    r"(?P<name>[^\s/;,]++)\s*+/\s*+(?P<version>[^\s/;,]++)\s*+/\s*+(?P<transport>[^\s/;,]++)\s++"
    r"(?P<host>\[[0-9A-Fa-f:.]++\]|[^\s:;,\[\]]++)(?:\s*+:\s*+(?P<port>[0-9]{1,9}))?\s*+"
    r"(?P<params>;.*+)?",
    re.DOTALL,
)
_NAME_ADDR = re.compile(
    r'(?P<display>"(?:[^"\\]|\\.)*+"|[^"<;,]*+)\s*+<(?P<uri>[^<>]*+)>\s*+(?P<params>;.*+)?',
    re.DOTALL,
)
_ADDR_SPEC = re.compile(r"(?P<uri>[^\s<>;?,\"]++)\s*+(?P<params>;.*+)?", re.DOTALL)
_CSEQ = re.compile(r"([0-9]++)\s++(\S++)")
_VALUE_PARAMS = re.compile(r"(?P<value>[^\s;,]++)\s*+(?P<params>;.*+)?", re.DOTALL)
_MEDIA_TYPE = re.compile(
    r"(?P<type>[^\s/;,]++)\s*+/\s*+(?P<subtype>[^\s/;,]++)\s*+(?P<params>;.*+)?", re.DOTALL
)


class FieldError(ValueError):
    """A field value that cannot be read; `production` names what was looked for."""

    def __init__(self, production: str, value: str) -> None:
        super().__init__(f"expected {production}, not {value[:80]!r}")
        self.production = production


def _match(pattern: re.Pattern[str], production: str, value: str) -> re.Match[str]:
    match = pattern.fullmatch(value.strip(" \t\r\n"))
    if match is None:
        raise FieldError(production, value)
    return match


def parse_number(value: str) -> int:
    """Read 1*DIGIT (delta-seconds, Max-Forwards, Content-Length ...)."""
    match = _NUMBER.fullmatch(value.strip(" \t"))
    if match is None:
        raise FieldError("1*DIGIT", value)
    return int(match[1])


def _number_or_none(value: str | None) -> int | None:
    match = _NUMBER.fullmatch(value or "")
    return int(match[1]) if match else None


@dataclass(frozen=True)  # not slotted: what is read of the parameters is cached
class Via:
    """One via-parm (RFC 3261 §20.42); `transport` in upper case, `host` as written."""

    transport: str
    host: str
    port: int | None = None
    params: Parameters = field(default_factory=Parameters)
    protocol: str = "SIP/2.0"

    @found_once
    def branch(self) -> str | None:
        return self.params.get("branch")

    @found_once
    def received(self) -> str | None:
        """The source address that the next hop saw (RFC 3261 §18.2.1), without brackets."""
        received = self.params.get("received")
        return received.strip("[]") if received else None

    @found_once
    def rport(self) -> int | None:
        """The source port that the next hop saw (RFC 3581 §4); None while it has no value.

        Ask `"rport" in params` whether the parameter is there at all.
        """
        return _number_or_none(self.params.get("rport"))

    @found_once
    def sent_by(self) -> str:
        return self.host if self.port is None else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.protocol}/{self.transport} {self.sent_by}{self.params}"


@remembered(2048)
def parse_via(value: str) -> Via:
    """Read one via-parm."""
    match = _match(_VIA, "via-parm", value)
    port = match["port"]
    return Via(
        transport=match["transport"].upper(),
        host=match["host"],
        port=int(port) if port else None,
        params=Parameters.parse(match["params"] or ""),
        protocol=f"{match['name']}/{match['version']}",
    )


@dataclass(frozen=True)  # not slotted: what is read of it is cached
class NameAddr:
    """A name-addr or addr-spec with its header parameters (RFC 3261 §20.10, §20.20 ...).

    `display_name` is without quotes, "" if there is none. After an addr-spec without angle brackets
    all parameters are header parameters (§20).
    """

    uri: str
    params: Parameters = field(default_factory=Parameters)
    display_name: str = ""

    @found_once
    def parsed(self) -> Uri | None:
        """The URI read, or None if it is none."""
        try:
            return parse_uri(self.uri)
        except UriError:
            return None

    @found_once
    def tag(self) -> str | None:
        return self.params.get("tag")

    @property
    def expires(self) -> int | None:
        """The expires parameter of a Contact, in seconds (RFC 3261 §10.2.1.1)."""
        return _number_or_none(self.params.get("expires"))

    def __str__(self) -> str:
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>{self.params}"


@remembered(4096)
def parse_name_addr(value: str) -> NameAddr:
    """Read (name-addr / addr-spec) *(SEMI param)."""
    text = value.strip(" \t\r\n")
    match = _NAME_ADDR.fullmatch(text) or _match(_ADDR_SPEC, "name-addr / addr-spec", text)
    display = match["display"].strip() if "display" in match.re.groupindex else ""
    return NameAddr(
        uri=match["uri"].strip(),
        params=Parameters.parse(match["params"] or ""),
        display_name=unquote(display),
    )


@dataclass(frozen=True, slots=True)
class CSeq:
    """A CSeq (RFC 3261 §20.16)."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def parse_cseq(value: str) -> CSeq:
    """Read a CSeq; leading zeros do not matter."""
    match = _match(_CSEQ, "1*DIGIT LWS Method", value)
    return CSeq(parse_number(match[1]), match[2])


@dataclass(frozen=True, slots=True)
class EventValue:
    """An Event or one of Allow-Events (RFC 6665 §8.2.1); `package` as written, templates included.

    Packages are compared byte by byte (RFC 6665 §8.2.1: "presence" is not "Presence").
    """

    package: str
    params: Parameters = field(default_factory=Parameters)

    @property
    def id(self) -> str | None:
        return self.params.get("id")

    def __str__(self) -> str:
        return f"{self.package}{self.params}"


@remembered(256)
def parse_event(value: str) -> EventValue:
    """Read event-type *(SEMI event-param)."""
    match = _match(_VALUE_PARAMS, "event-type", value)
    return EventValue(match["value"], Parameters.parse(match["params"] or ""))


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    """A Subscription-State (RFC 6665 §8.2.3); `state` and `reason` in lower case."""

    state: str
    params: Parameters = field(default_factory=Parameters)

    @property
    def reason(self) -> str | None:
        reason = self.params.get("reason")
        return reason.lower() if reason is not None else None

    @property
    def expires(self) -> int | None:
        return _number_or_none(self.params.get("expires"))

    @property
    def retry_after(self) -> int | None:
        return _number_or_none(self.params.get("retry-after"))

    def __str__(self) -> str:
        return f"{self.state}{self.params}"


@remembered(512)
def parse_subscription_state(value: str) -> SubscriptionState:
    """Read substate-value *(SEMI subexp-params)."""
    match = _match(_VALUE_PARAMS, "substate-value", value)
    return SubscriptionState(match["value"].lower(), Parameters.parse(match["params"] or ""))


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media-type or media-range (RFC 3261 §20.15, §20.1); type and subtype in lower case."""

    type: str
    subtype: str
    params: Parameters = field(default_factory=Parameters)

    @property
    def essence(self) -> str:
        """Type and subtype: "application/pidf+xml"."""
        return f"{self.type}/{self.subtype}"

    def __str__(self) -> str:
        return f"{self.essence}{self.params}"


@remembered(512)
def parse_media_type(value: str) -> MediaType:
    """Read m-type SLASH m-subtype *(SEMI m-parameter)."""
    match = _match(_MEDIA_TYPE, "media-type", value)
    return MediaType(
        match["type"].lower(), match["subtype"].lower(), Parameters.parse(match["params"] or "")
    )
