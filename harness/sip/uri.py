"""SIP, SIPS, TEL and other URIs: reading, comparison, canonical forms (RFC 3261, RFC 3966)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from harness.sip.grammar import Violation, check
from harness.sip.parameters import Parameters, UriParameters, unescape
from harness.sip.remember import remembered

# RFC 3261 §25.1: what need not be escaped in the user part.
_USER_LITERAL = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()&=+$,;?/"
)
# Characters that equal their escaped form (§19.1.4): printable and not "reserved" (§25.1).
_FREE = frozenset(range(0x21, 0x7F)) - frozenset(b";/?:@&=+$,%")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*+):")
# The parts of a SIP URI (RFC 3261 §19.1.1). Reading is forgiving (a host with "_"); whether a URI
# is well-formed is the matter of the grammar.
_SIP_PARTS = re.compile(
    r"(?:(?P<user>[^@:]++)(?P<password>:[^@]*+)?@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]++\]|[A-Za-z0-9_.\-]++)"
    r"(?::(?P<port>[0-9]{1,9}))?"
    r"(?P<params>(?:;[^?;]++)*+)"
    r"(?:\?(?P<headers>.++))?",
    re.DOTALL,
)
_VISUAL_SEPARATORS = re.compile(r"[-.()]")
# RFC 3261 §19.1.4: these never match a URI that does not have them. `transport` is among them by
# the section's third counter-example.
_NEVER_IGNORED = ("user", "ttl", "method", "maddr", "transport")


class UriError(ValueError):
    """Text that is no URI; `offset` counts characters to where `expected` should stand."""

    def __init__(self, text: str) -> None:
        violation = check("addr-spec", text) or Violation(len(text), "end of addr-spec")
        self.expected = violation.expected
        self.offset = violation.offset
        super().__init__(f"expected {self.expected} at character {self.offset} of {text[:80]!r}")


@dataclass(frozen=True, slots=True)
class SipUri:
    """A SIP or SIPS URI; user and password as written, with their escapes.

    `host` keeps its case and the brackets of an IPv6 reference; `port` is None if not written.
    """

    scheme: str
    user: str | None
    host: str
    port: int | None = None
    params: Parameters = field(default_factory=UriParameters)
    password: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def decoded_user(self) -> str | None:
        """The user without escapes, for people to read."""
        return None if self.user is None else unescape(self.user)

    @property
    def transport(self) -> str | None:
        """The transport parameter in lower case."""
        transport = self.params.get("transport")
        return transport.lower() if transport else None

    @property
    def is_loose_router(self) -> bool:
        """Whether the URI has the lr parameter (RFC 3261 §19.1.1)."""
        return "lr" in self.params

    @property
    def is_gruu(self) -> bool:
        """Whether the URI has the gr parameter (RFC 5627 §4.5)."""
        return "gr" in self.params

    @property
    def address(self) -> str:
        """The host as sockets want it: without brackets, in lower case."""
        return self.host.strip("[]").lower()

    def __str__(self) -> str:
        password = "" if self.password is None else f":{self.password}"
        user = "" if self.user is None else f"{self.user}{password}@"
        port = "" if self.port is None else f":{self.port}"
        headers = "&".join(f"{name}={value}" for name, value in self.headers)
        query = f"?{headers}" if headers else ""
        return f"{self.scheme}:{user}{self.host}{port}{self.params}{query}"


@dataclass(frozen=True, slots=True)
class TelUri:
    """A TEL URI; `number` as written, with its visual separators (RFC 3966 §3)."""

    number: str
    params: Parameters = field(default_factory=UriParameters)

    @property
    def scheme(self) -> str:
        return "tel"

    @property
    def is_global(self) -> bool:
        """Whether the number is a global-number, with "+" (RFC 3966 §5.1.4)."""
        return self.number.startswith("+")

    @property
    def digits(self) -> str:
        """The number without visual separators, in lower case (RFC 3966 §4)."""
        return _VISUAL_SEPARATORS.sub("", self.number).lower()

    def __str__(self) -> str:
        return f"tel:{self.number}{self.params}"


@dataclass(frozen=True, slots=True)
class OtherUri:
    """An absoluteURI of another scheme (urn, im, pres, http ...); `rest` follows the colon."""

    scheme: str
    rest: str

    def __str__(self) -> str:
        return f"{self.scheme}:{self.rest}"


Uri = SipUri | TelUri | OtherUri


@remembered(4096)
def parse_uri(text: str) -> Uri:
    """Read a URI, without angle brackets; raises UriError."""
    match = _SCHEME.match(text)
    if match is None:
        raise UriError(text)
    scheme = match[1].lower()
    if scheme in ("sip", "sips"):
        return _parse_sip(text, scheme, match.end())
    rest = text[match.end() :]
    if scheme == "tel":
        number, semicolon, params = rest.partition(";")
        if not number:
            raise UriError(text)
        return TelUri(number, UriParameters.parse(semicolon + params))
    if not rest:
        raise UriError(text)
    return OtherUri(scheme, rest)


def _parse_sip(text: str, scheme: str, start: int) -> SipUri:
    match = _SIP_PARTS.fullmatch(text, start)
    if match is None:
        raise UriError(text)
    password, port, headers = match["password"], match["port"], match["headers"]
    return SipUri(
        scheme=scheme,
        user=match["user"],
        password=password[1:] if password is not None else None,
        host=match["host"],
        port=int(port) if port is not None else None,
        params=UriParameters.parse(match["params"]),
        headers=tuple(map(_parse_header, headers.split("&"))) if headers else (),
    )


def _parse_header(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def same_uri(first: str | Uri, second: str | Uri) -> bool:
    """Whether two URIs are equivalent (RFC 3261 §19.1.4, RFC 3966 §4); False for what is no URI."""
    try:
        one = parse_uri(first) if isinstance(first, str) else first
        other = parse_uri(second) if isinstance(second, str) else second
    except UriError:
        return False
    if isinstance(one, SipUri) and isinstance(other, SipUri):
        return _same_sip(one, other)
    if isinstance(one, TelUri) and isinstance(other, TelUri):
        return _same_tel(one, other)
    if isinstance(one, OtherUri) and isinstance(other, OtherUri):
        return _canonical_other(one) == _canonical_other(other)
    return False


def _same_sip(one: SipUri, other: SipUri) -> bool:
    return (
        one.scheme == other.scheme
        and _fold_escapes(one.user) == _fold_escapes(other.user)
        and _fold_escapes(one.password) == _fold_escapes(other.password)
        and _same_host(one.host, other.host)
        and one.port == other.port
        and _same_sip_params(one.params, other.params)
        and _header_set(one) == _header_set(other)
    )


def _same_sip_params(one: Parameters, other: Parameters) -> bool:
    if any((name in one) != (name in other) for name in _NEVER_IGNORED):
        return False
    return all(
        _fold_case(one.written(name)) == _fold_case(other.written(name))
        for name in one
        if name in other
    )


def _header_set(uri: SipUri) -> list[tuple[str, str]]:
    # §19.1.4: header components are never ignored; RFC 3261 §7.3.1: compared without case.
    return sorted((_fold_case(name) or "", _fold_case(value) or "") for name, value in uri.headers)


def _same_tel(one: TelUri, other: TelUri) -> bool:
    if one.digits != other.digits or set(one.params) != set(other.params):
        return False
    return all(
        _tel_value(name, one.params[name]) == _tel_value(name, other.params[name])
        for name in one.params
    )


def _tel_value(name: str, value: str | None) -> str | None:
    # RFC 3966 §4: numbers inside parameters are compared without visual separators.
    is_number = name == "ext" or (name == "phone-context" and (value or "").startswith("+"))
    return _VISUAL_SEPARATORS.sub("", value or "") if is_number else _fold_case(value)


def _same_host(one: str, other: str) -> bool:
    return canonical_host(one) == canonical_host(other)


@remembered(1024)
def canonical_host(host: str) -> str:
    """A host for comparison: lower case, IPv6 in RFC 5952 form with brackets (RFC 5954 §4.2)."""
    if ":" not in host:
        return host.lower()
    try:
        return f"[{ipaddress.IPv6Address(host.strip('[]')).compressed}]"
    except ValueError:
        return host.lower()


def _fold_escapes(text: str | None) -> str | None:
    """Resolve the escapes that are equivalent to their character (RFC 3261 §19.1.4)."""
    return None if text is None else _resolve(text, _FREE)


def _fold_case(text: str | None) -> str | None:
    return None if text is None else _resolve(text, _FREE).lower()


def _resolve(text: str, plain: frozenset[int]) -> str:
    if "%" not in text:
        return text

    def resolve(match: re.Match[str]) -> str:
        octet = int(match[1], 16)
        return chr(octet) if octet in plain else match[0].upper()

    return _ESCAPE.sub(resolve, text)


def _canonical_other(uri: OtherUri) -> str:
    if uri.scheme == "urn":  # RFC 8141 §3.1: the namespace identifier is compared without case
        namespace, colon, rest = uri.rest.partition(":")
        # UUIDs (RFC 4122 §3) and device identities (RFC 7254 §3) are compared without case;
        # the parameter vers=0 of the latter does not count.
        if namespace.lower() in ("uuid", "gsma"):
            rest = rest.lower().replace(";vers=0", "")
        return f"urn:{namespace.lower()}{colon}{rest}"
    user, at, host = uri.rest.rpartition("@")
    if uri.scheme in ("im", "pres") and at:
        return f"{uri.scheme}:{user}@{host.lower()}"
    return str(uri)


@remembered(4096)
def address_of_record(uri: str) -> str:
    """The canonical form of a public identity, for comparing and as a key (RFC 3261 §10.3).

    SIP: without parameters (`user=phone` among them), headers, password and port, the host in
    lower case, characters of the user unescaped where they may stand so. SIPS: as SIP, since
    RFC 5630 §5.2 makes "AORs that are identical except for one having the SIP scheme and the other
    having the SIPS scheme" equivalent. TEL: without visual
    separators, with a phone-context. Other URIs in their form for comparison. Text that is no URI
    comes back unchanged: it equals only itself.
    """
    try:
        parsed = parse_uri(uri.strip())
    except UriError:
        return uri
    if isinstance(parsed, SipUri):
        user = "" if parsed.user is None else f"{_resolve(parsed.user, _USER_LITERAL)}@"
        return f"sip:{user}{canonical_host(parsed.host)}"
    if isinstance(parsed, TelUri):
        context = _tel_value("phone-context", parsed.params.get("phone-context"))
        return f"tel:{parsed.digits}" + (f";phone-context={context}" if context else "")
    return _canonical_other(parsed)
