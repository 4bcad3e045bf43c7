"""Digest access authentication, for SIP and for HTTP (RFC 2617, RFC 7616, RFC 8760).

Without state, for both sides: answer a challenge, verify credentials. The values themselves are
in `harness.sip.digest_values`, the server's nonces in `harness.sip.authenticator`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from harness.sip.aka import aka_version, is_aka
from harness.sip.auth_params import AuthParam, format_auth_value, format_params
from harness.sip.digest_values import (
    SCHEME,
    Challenge,
    Credentials,
    make_challenge,
    parse_challenge,
    parse_challenges,
    parse_credentials,
)
from harness.sip.refusal import Refusal, Refused

__all__ = [
    "Challenge",
    "Credentials",
    "DigestError",
    "Expected",
    "Refusal",
    "Refused",
    "answer",
    "choose_challenge",
    "hash_username",
    "is_supported",
    "make_authentication_info",
    "make_challenge",
    "parse_challenge",
    "parse_challenges",
    "parse_credentials",
    "verify",
]


class DigestError(Exception):
    """The challenge cannot be answered: the message says why."""


QOP_VALUES = ("auth", "auth-int")

Hash = Callable[[bytes], str]


def _hash(name: str, data: bytes) -> str:
    return hashlib.new(name, data, usedforsecurity=False).hexdigest()


# RFC 7616 §6.1: the registry of algorithm names; each has a "-sess" variant (§3.3).
_HASHLIB_NAMES = {"md5": "md5", "sha-256": "sha256", "sha-512-256": "sha512_256"}
_HASHES: dict[str, Hash] = {
    name: partial(_hash, library_name)
    for name, library_name in _HASHLIB_NAMES.items()
    if library_name in hashlib.algorithms_available
}


def is_supported(algorithm: str | None) -> bool:
    """Whether a password is all that a response needs; None is MD5 (RFC 7616 §3.3)."""
    return not is_aka(algorithm) and _base_name(algorithm) in _HASHES


def _base_name(algorithm: str | None) -> str:
    """The hash: of AKAv1-MD5 it is MD5, the rest is about the password (RFC 3310 §3.1)."""
    name = (algorithm or "MD5").lower().removesuffix("-sess")
    return name.partition("-")[2] if is_aka(algorithm) else name


def _is_session(algorithm: str | None) -> bool:
    return (algorithm or "").lower().endswith("-sess")


def choose_challenge(
    challenges: Iterable[Challenge], *, with_usim: bool = False
) -> Challenge | None:
    """The topmost challenge that `answer` can answer (RFC 8760 §2.4), or None.

    `with_usim`: those of AKA as well, since there is a card to make the password.
    """
    return next(
        (
            item
            for item in challenges
            if _why_unanswerable(item) is None and (with_usim or not is_aka(item.algorithm))
        ),
        None,
    )


def _why_unanswerable(challenge: Challenge) -> str | None:
    is_known = aka_version(challenge.algorithm) if is_aka(challenge.algorithm) else True
    if not is_known or _base_name(challenge.algorithm) not in _HASHES:
        return f"algorithm {challenge.algorithm} is not supported"
    if challenge.qop and _choose_qop(challenge) is None:
        return f"none of the offered qop values {', '.join(challenge.qop)} is supported"
    if _is_session(challenge.algorithm) and not challenge.qop:
        # RFC 3261 §22.4 (8): what depends on the cnonce requires that qop be sent.
        return f"algorithm {challenge.algorithm} needs a qop parameter"
    return None


def _choose_qop(challenge: Challenge) -> str | None:
    return next((value for value in QOP_VALUES if value in challenge.qop), None)


def answer(
    challenge: Challenge,
    username: str,
    password: str | bytes,
    method: str,
    uri: str,
    body: bytes = b"",
    nc: int = 1,
    cnonce: str = "",
) -> str:
    """The Authorization or Proxy-Authorization value that answers `challenge`.

    `uri` is the Request-URI as sent; `nc` counts the requests sent with this nonce, this one
    included. With a "-sess" algorithm keep `cnonce` for as long as the nonce is used: the session
    key is made of the first one (RFC 2617 §3.2.2.2). Without qop in the challenge neither cnonce
    nor nc is sent (RFC 2617 §3.2.2). For AKA the password is that of `harness.sip.aka`.
    Raises DigestError where the challenge cannot be answered.
    """
    if why := _why_unanswerable(challenge):
        raise DigestError(why)
    qop = _choose_qop(challenge)
    if qop is not None and not cnonce:
        raise DigestError(f"qop={qop} needs a cnonce")
    if (challenge.charset or "").lower() == "utf-8":
        # RFC 7616 §4: "converted to Unicode Normalization Form C ... and ... UTF-8".
        username = unicodedata.normalize("NFC", username)
        if isinstance(password, str):
            password = unicodedata.normalize("NFC", password)
    inputs = _Inputs(
        username=username,
        realm=challenge.realm,
        password=password,
        nonce=challenge.nonce,
        uri=uri,
        algorithm=challenge.algorithm,
        qop=qop,
        nc=f"{nc:08x}" if qop else None,
        cnonce=cnonce if qop else None,
    )
    shown_name = username
    if challenge.userhash:
        shown_name = hash_username(username, challenge.realm, challenge.algorithm)
    present = (
        AuthParam("username", shown_name, quoted=True),
        AuthParam("realm", challenge.realm, quoted=True),
        AuthParam("nonce", challenge.nonce, quoted=True),
        AuthParam("uri", uri, quoted=True),
        AuthParam("response", inputs.response(method, body), quoted=True),
        _optional("algorithm", challenge.algorithm, quoted=False),
        _optional("cnonce", inputs.cnonce, quoted=True),
        # RFC 7616 §3.3: "SHOULD be returned by the client unchanged".
        _optional("opaque", challenge.opaque, quoted=True),
        _optional("qop", qop, quoted=False),
        _optional("nc", inputs.nc, quoted=False),
        AuthParam("userhash", "true", quoted=False) if challenge.userhash else None,
    )
    return format_auth_value(SCHEME, (param for param in present if param is not None))


def _optional(name: str, value: str | None, *, quoted: bool) -> AuthParam | None:
    return None if value is None else AuthParam(name, value, quoted=quoted)


def hash_username(username: str, realm: str, algorithm: str | None) -> str:
    """The `username` that is sent with userhash=true (RFC 7616 §3.4.4)."""
    return _HASHES[_base_name(algorithm)](_octets(f"{username}:{realm}"))


def _octets(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What goes into a response, as text without quotes (RFC 7616 §3.4.5)."""

    username: str
    realm: str
    password: str | bytes
    nonce: str
    uri: str
    algorithm: str | None
    qop: str | None
    nc: str | None
    cnonce: str | None
    session_cnonce: str | None = None

    def response(self, method: str, body: bytes) -> str:
        """`request-digest`; with an empty method, `rspauth` (RFC 7616 §3.5)."""
        digest = _HASHES[_base_name(self.algorithm)]
        parts = [self._hashed_a1(digest), self.nonce]
        if self.qop is not None:
            parts += [self.nc or "", self.cnonce or "", self.qop]
        # RFC 7616 §3.4.3
        a2 = f"{method}:{self.uri}"
        if self.qop is not None and self.qop.lower() == "auth-int":
            a2 += f":{digest(body)}"
        parts.append(digest(_octets(a2)))
        return digest(_octets(":".join(parts)))

    def _hashed_a1(self, digest: Hash) -> str:
        # RFC 7616 §3.4.2
        name = _octets(f"{self.username}:{self.realm}:")
        hashed = digest(name + _octets(self.password))
        if not _is_session(self.algorithm):
            return hashed
        cnonce = self.session_cnonce or self.cnonce or ""
        return digest(_octets(f"{hashed}:{self.nonce}:{cnonce}"))


_REQUIRED = ("username", "realm", "nonce", "uri", "response")
_REQUIRED_WITH_QOP = ("cnonce", "nc")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a server wants of credentials.

    `uri` None leaves the uri parameter open: in SIP a uri that differs from the Request-URI "is
    not necessarily a failure" (RFC 3261 §22.4), in HTTP it is (RFC 7616 §3.4.6). `opaque` None
    leaves the opaque parameter open. `session_cnonce` is the first cnonce seen with this nonce.
    """

    realm: str
    uri: str | None = None
    algorithms: tuple[str, ...] = ("MD5",)
    qop: tuple[str, ...] = ("auth",)
    opaque: str | None = None
    session_cnonce: str | None = None


def verify(
    credentials: Credentials,
    expected: Expected,
    username: str,
    password: str | bytes,
    method: str,
    body: bytes = b"",
) -> Refused | None:
    """Compare credentials with what the server wants: None where they are right.

    `username` is the plain name that `credentials` stand for (they may carry its hash). Nonces
    and their counts are the business of `NonceBook`. Credentials without qop are taken as those
    of RFC 2069: "the qop parameter must unfortunately remain optional" (RFC 3261 §22.4).
    """
    refused = _check_parameters(credentials, expected)
    if refused is not None:
        return refused
    # A client that makes the session key anew of each cnonce is accepted as well: RFC 7616
    # §3.4.2 can be read so, and with the first request of a session they are the same.
    right = {
        _inputs_of(credentials, username, password, cnonce).response(method, body)
        for cnonce in (None, expected.session_cnonce)
    }
    if (credentials.response or "").lower() not in right:
        return Refused(Refusal.RESPONSE_MISMATCH, observed=credentials.response or "")
    return None


def _inputs_of(
    credentials: Credentials,
    username: str,
    password: str | bytes,
    session_cnonce: str | None = None,
) -> _Inputs:
    return _Inputs(
        username=username,
        realm=credentials.realm or "",
        password=password,
        nonce=credentials.nonce or "",
        uri=credentials.uri or "",
        algorithm=credentials.algorithm,
        qop=credentials.qop,
        nc=credentials.nc,
        cnonce=credentials.cnonce,
        session_cnonce=session_cnonce,
    )


def _check_parameters(credentials: Credentials, expected: Expected) -> Refused | None:
    required = _REQUIRED + (_REQUIRED_WITH_QOP if credentials.qop is not None else ())
    missing = [name for name in required if getattr(credentials, name) is None]
    if missing:
        return Refused(Refusal.MISSING_PARAMETER, expected=", ".join(missing))
    if credentials.qop is not None and credentials.nonce_count is None:
        return Refused(Refusal.MISSING_PARAMETER, "nc of 8 hex digits", credentials.nc or "")
    algorithm = credentials.algorithm or "MD5"
    offered = {name.lower() for name in expected.algorithms}
    rules = (
        (
            Refusal.UNSUPPORTED_ALGORITHM,
            algorithm.lower() in offered and _base_name(algorithm) in _HASHES,
            ", ".join(expected.algorithms),
            algorithm,
        ),
        (
            Refusal.UNSUPPORTED_QOP,
            credentials.qop is None or credentials.qop.lower() in expected.qop,
            ", ".join(expected.qop),
            credentials.qop,
        ),
        (
            Refusal.WRONG_REALM,
            credentials.realm == expected.realm,
            expected.realm,
            credentials.realm,
        ),
        (
            Refusal.WRONG_URI,
            expected.uri is None or credentials.uri == expected.uri,
            expected.uri,
            credentials.uri,
        ),
        (
            Refusal.WRONG_OPAQUE,
            expected.opaque is None or credentials.opaque == expected.opaque,
            expected.opaque,
            credentials.opaque,
        ),
    )
    return next(
        (
            Refused(reason, wanted or "", found or "")
            for reason, holds, wanted, found in rules
            if not holds
        ),
        None,
    )


def make_authentication_info(
    credentials: Credentials,
    username: str,
    password: str | bytes,
    body: bytes = b"",
    nextnonce: str | None = None,
) -> str:
    """An Authentication-Info value for the answer to verified credentials (RFC 7616 §3.5).

    `body` is that of the answer. Credentials without qop get only `nextnonce`.
    """
    params: list[AuthParam] = []
    if nextnonce is not None:
        params.append(AuthParam("nextnonce", nextnonce, quoted=True))
    if credentials.qop is not None:
        # RFC 7616 §3.5: rspauth is computed "as for the response ..., except that" A2 has an
        # empty method.
        rspauth = _inputs_of(credentials, username, password).response("", body)
        params += [
            AuthParam("qop", credentials.qop, quoted=False),
            AuthParam("rspauth", rspauth, quoted=True),
            AuthParam("cnonce", credentials.cnonce or "", quoted=True),
            AuthParam("nc", credentials.nc or "", quoted=False),
        ]
    return format_params(params)
