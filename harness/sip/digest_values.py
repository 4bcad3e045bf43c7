"""The values of Digest header fields: challenges and credentials, read and written.

RFC 7616 §3.3 and §3.4, RFC 3261 §25.1. What they are computed from is in `harness.sip.digest`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from harness.sip.auth_params import AuthParam, AuthValue, format_auth_value, parse_auth_values

SCHEME = "Digest"

# RFC 7616 §3.4 ("a sender MUST only generate the quoted string syntax for ...", "MUST NOT ...")
# and, for challenges, §3.3; RFC 3261 §25.1 has the same rules. Others may be either.
QUOTED_IN_CHALLENGE = frozenset({"realm", "domain", "nonce", "opaque", "qop"})
PLAIN_IN_CHALLENGE = frozenset({"stale", "algorithm"})
QUOTED_IN_CREDENTIALS = frozenset(
    {"username", "realm", "nonce", "uri", "response", "cnonce", "opaque"}
)
PLAIN_IN_CREDENTIALS = frozenset({"algorithm", "qop", "nc"})


@dataclass(frozen=True, slots=True)
class Challenge:
    """A WWW-Authenticate or Proxy-Authenticate value of the Digest scheme."""

    realm: str
    nonce: str
    algorithm: str | None
    qop: tuple[str, ...]
    opaque: str | None
    stale: bool
    charset: str | None
    userhash: bool
    value: AuthValue

    @property
    def misquoted(self) -> tuple[str, ...]:
        """Names of the parameters that are quoted and must not be, or the other way round."""
        return _misquoted(self.value, QUOTED_IN_CHALLENGE, PLAIN_IN_CHALLENGE)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An Authorization or Proxy-Authorization value of the Digest scheme.

    Parameters that are absent are None. `username` is plain also where it was sent as
    `username*`; where `userhash` is set it is the hash.
    """

    username: str | None
    realm: str | None
    nonce: str | None
    uri: str | None
    response: str | None
    algorithm: str | None
    cnonce: str | None
    opaque: str | None
    qop: str | None
    nc: str | None
    userhash: bool
    value: AuthValue

    @property
    def nonce_count(self) -> int | None:
        """`nc` as a number; None where it is absent or is not 8 hexadecimal digits."""
        digits = self.nc or ""
        is_hex = len(digits) == 8 and all(digit in "0123456789abcdefABCDEF" for digit in digits)
        return int(digits, 16) if is_hex else None

    @property
    def is_placeholder(self) -> bool:
        """Whether they only announce the user, before any challenge.

        An IMS UE sends `nonce="", response=""` in its first REGISTER (TS 24.229 §5.1.1.2.2).
        """
        return not self.nonce and not self.response

    @property
    def misquoted(self) -> tuple[str, ...]:
        """Names of the parameters that are quoted and must not be, or the other way round."""
        return _misquoted(self.value, QUOTED_IN_CREDENTIALS, PLAIN_IN_CREDENTIALS)


def _misquoted(value: AuthValue, quoted: frozenset[str], plain: frozenset[str]) -> tuple[str, ...]:
    return tuple(
        param.name
        for param in value.params
        if param.name.lower() in (plain if param.quoted else quoted)
    )


def parse_challenges(*texts: str) -> tuple[Challenge, ...]:
    """The Digest challenges of one or more field values, most preferred first.

    Other schemes, and Digest without realm or nonce, are left out: "the client MUST ignore any
    challenge it does not understand" (RFC 8760 §2.4).
    """
    values = (value for text in texts for value in parse_auth_values(text))
    challenges = (_read_challenge(value) for value in values if value.is_scheme(SCHEME))
    return tuple(challenge for challenge in challenges if challenge is not None)


def parse_challenge(text: str) -> Challenge | None:
    """The first Digest challenge of a field value, or None."""
    return next(iter(parse_challenges(text)), None)


def _read_challenge(value: AuthValue) -> Challenge | None:
    realm, nonce = value.get("realm"), value.get("nonce")
    if realm is None or nonce is None:
        return None
    options = (value.get("qop") or "").split(",")
    return Challenge(
        realm=realm,
        nonce=nonce,
        algorithm=value.get("algorithm"),
        qop=tuple(option.strip() for option in options if option.strip()),
        opaque=value.get("opaque"),
        stale=(value.get("stale") or "").lower() == "true",
        charset=value.get("charset"),
        userhash=(value.get("userhash") or "").lower() == "true",
        value=value,
    )


def parse_credentials(text: str) -> Credentials | None:
    """The Digest credentials of one field value, or None where it holds none.

    One field value holds one set: credentials are not a list (RFC 3261 §20.7, §20.28).
    """
    value = next((value for value in parse_auth_values(text) if value.is_scheme(SCHEME)), None)
    if value is None:
        return None
    return Credentials(
        username=_read_username(value),
        realm=value.get("realm"),
        nonce=value.get("nonce"),
        uri=value.get("uri"),
        response=value.get("response"),
        algorithm=value.get("algorithm"),
        cnonce=value.get("cnonce"),
        opaque=value.get("opaque"),
        qop=value.get("qop"),
        nc=value.get("nc"),
        userhash=(value.get("userhash") or "").lower() == "true",
        value=value,
    )


def _read_username(value: AuthValue) -> str | None:
    extended = value.get("username*")
    if value.get("username") is not None or extended is None:
        return value.get("username")
    # RFC 5987 §3.2.1: charset'language'value-chars; only UTF-8 is used by RFC 7616 §4.
    charset, _, rest = extended.partition("'")
    _, _, encoded = rest.partition("'")
    return unquote(encoded) if charset.lower() == "utf-8" else None


def make_challenge(
    realm: str,
    nonce: str,
    *,
    algorithm: str | None = "MD5",
    qop: Iterable[str] = ("auth",),
    opaque: str | None = None,
    stale: bool = False,
) -> str:
    """A WWW-Authenticate or Proxy-Authenticate value.

    "Servers MUST always send a "qop" parameter" (RFC 3261 §22.4): an empty `qop` is for peers
    of RFC 2069 and for tests of them. `algorithm` None leaves it out, which means MD5.
    """
    options = ",".join(qop)
    present = (
        AuthParam("realm", realm, quoted=True),
        AuthParam("nonce", nonce, quoted=True),
        AuthParam("qop", options, quoted=True) if options else None,
        AuthParam("opaque", opaque, quoted=True) if opaque is not None else None,
        AuthParam("stale", "true", quoted=False) if stale else None,
        AuthParam("algorithm", algorithm, quoted=False) if algorithm is not None else None,
    )
    return format_auth_value(SCHEME, (param for param in present if param is not None))
