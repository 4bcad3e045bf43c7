"""How an XCAP client authenticates itself (RFC 7616, RFC 7617, RFC 9110 §11)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.http_places import field_mismatch, is_forwarded, is_of_xcap
from harness.checks.registry import INFO, MUST, SHOULD, check, http_requests, when
from harness.checks.session_xcap import HttpNonce, user_of
from harness.model import Mismatch, Transport
from harness.sip.auth_params import parse_auth_values
from harness.sip.digest import (
    Challenge,
    Credentials,
    Expected,
    is_supported,
    parse_credentials,
    verify,
)
from harness.xcap.http import HttpRequest

_FIELD = "Authorization"
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_RESPONSE_DIGITS = {"md5": 32, "sha-256": 64, "sha-512-256": 64}
_AUTOMATIC = 60.0
"""Seconds within which a request that is made again was hardly asked for by a person."""


@when
def for_credentials(request: HttpRequest, context: Context) -> bool:
    """Whether a request is one of XCAP that has credentials at all."""
    return _FIELD in request.headers and is_of_xcap(context)


def _digest(request: HttpRequest) -> Credentials | None:
    return parse_credentials(request.headers.get(_FIELD) or "")


def _answered(request: HttpRequest) -> Credentials | None:
    """Digest credentials that answer a challenge, not those that only name the user."""
    credentials = _digest(request)
    return None if credentials is None or credentials.is_placeholder else credentials


def _basic(request: HttpRequest) -> str | None:
    value = next(iter(parse_auth_values(request.headers.get(_FIELD) or "")), None)
    if value is None or not value.is_scheme("Basic"):
        return None
    return value.token68 or ""


@check("HTTP-AUTH-1", clause="RFC 9110 §11.4", level=MUST, on=http_requests())
@for_credentials
def credentials_follow_the_grammar(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Authorization is a scheme with one token68 or a list of name=value parameters."""
    if (credentials := _digest(request)) is not None and credentials.misquoted:
        return  # HTTP-DIGEST-2 tells the same more plainly
    for problem in request.malformed:
        if problem.where == _FIELD:
            yield Mismatch(problem.expected, "other text", _FIELD, problem.offset)


@check("HTTP-BASIC-1", clause="RFC 7617 §2", level=MUST, on=http_requests())
@for_credentials
def basic_credentials_are_user_and_password(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """Basic credentials are user-id, colon and password in Base64, without control characters."""
    token = _basic(request)
    if token is None:
        return
    try:
        decoded = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        yield field_mismatch(request, _FIELD, "Base64", "no Base64")
        return
    if b":" not in decoded:
        yield field_mismatch(request, _FIELD, "user-id:password in Base64", "no colon")
    elif any(octet < 0x20 or octet == 0x7F for octet in decoded):
        yield field_mismatch(request, _FIELD, "no control characters", "control characters")


@check("HTTP-BASIC-2", clause="RFC 7617 §4", level=INFO, on=http_requests())
@for_credentials
def password_is_not_sent_in_the_clear(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Basic credentials are sent over TLS, and to a server that asked for them."""
    if _basic(request) is None or context.entry.source.transport is not Transport.HTTP:
        return
    was_asked = ((request.host or "").lower(), "basic") in context.session.http.asked
    observed = "a password in the clear" + ("" if was_asked else ", and unasked")
    yield field_mismatch(request, _FIELD, "Digest, or TLS", observed)


@check("HTTP-DIGEST-1", clause="RFC 7616 §3.4", level=MUST, on=http_requests())
@for_credentials
def digest_credentials_are_complete(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Digest credentials have username, realm, nonce, uri and response."""
    credentials = _digest(request)
    if credentials is None:
        return
    for name in ("username", "realm", "nonce", "uri", "response"):
        if getattr(credentials, name) is None:
            yield field_mismatch(request, _FIELD, f"Digest with {name}", f"{name} is absent")


@check("HTTP-DIGEST-2", clause="RFC 7616 §3.4", level=MUST, on=http_requests())
@for_credentials
def digest_parameters_are_quoted_as_they_have_to_be(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """Username, realm, nonce, uri, response, cnonce and opaque are quoted, others are not."""
    credentials = _digest(request)
    for name in credentials.misquoted if credentials is not None else ():
        is_plain = name.lower() in ("algorithm", "qop", "nc")
        wanted = f"{name} without quotes" if is_plain else f"{name} in double quotes"
        observed = f"{name} in double quotes" if is_plain else f"{name} without quotes"
        yield field_mismatch(request, _FIELD, wanted, observed)


@check("HTTP-DIGEST-3", clause="RFC 7616 §3.4.6", level=MUST, on=http_requests())
@for_credentials
def digest_uri_is_the_request_target(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The uri of Digest credentials agrees with the request-target."""
    credentials = _answered(request)
    if credentials is None or not credentials.uri or is_forwarded(request):
        return  # "proxies are allowed to change the request target"
    if _path(credentials.uri) != _path(request.target):
        yield field_mismatch(request, _FIELD, f"uri={request.target}", f"uri={credentials.uri}")


def _path(uri: str) -> str:
    """Path and query, with percent-encoding normalised (RFC 3986 §6.2.2)."""

    def normal(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if char in _UNRESERVED else match[0].upper()

    return _PERCENT.sub(normal, _ORIGIN.sub("", uri, count=1) or "/")


@check("HTTP-DIGEST-4", clause="RFC 7616 §3.4", level=MUST, on=http_requests())
@for_credentials
def qop_comes_with_cnonce_and_nc(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Digest credentials with qop have a cnonce and an nc of exactly 8 hexadecimal digits."""
    credentials = _answered(request)
    if credentials is None or credentials.qop is None:
        return
    if not credentials.cnonce:
        yield field_mismatch(request, _FIELD, "a cnonce", "cnonce is absent")
    if credentials.nonce_count is None:
        observed = "nc is absent" if credentials.nc is None else f"nc={credentials.nc}"
        yield field_mismatch(request, _FIELD, "nc of 8 hexadecimal digits", observed)


@check("HTTP-DIGEST-5", clause="RFC 7616 §3.4.1", level=MUST, on=http_requests())
@for_credentials
def digest_response_is_as_long_as_its_hash(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """The response of Digest credentials is a hash in hexadecimal digits."""
    credentials = _answered(request)
    if credentials is None or credentials.response is None:
        return
    name = (credentials.algorithm or "MD5").lower().removesuffix("-sess")
    digits = _RESPONSE_DIGITS.get(name)
    is_hash = digits is None or re.fullmatch(rf"[0-9A-Fa-f]{{{digits}}}", credentials.response)
    if not is_hash:
        observed = f"{len(credentials.response)} characters"
        yield field_mismatch(request, _FIELD, f"{digits} hexadecimal digits", observed)


def _challenge(credentials: Credentials, nonce: HttpNonce | None) -> Challenge | None:
    """The challenge that credentials answer: of their nonce, realm and algorithm."""
    found = nonce.challenges if nonce is not None else ()
    of_realm = [each for each in found if each.realm == credentials.realm]
    named = (credentials.algorithm or "MD5").lower()
    same = (each for each in of_realm if (each.algorithm or "MD5").lower() == named)
    return next(same, None) or next(iter(of_realm), None)


@check("HTTP-DIGEST-6", clause="RFC 7616 §3.4", level=MUST, on=http_requests(), sender="ue")
@for_credentials
def credentials_answer_their_challenge(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """Realm, algorithm and qop of Digest credentials are among those of the challenge."""
    credentials = _answered(request)
    nonce = context.session.http.nonces.get(credentials.nonce or "") if credentials else None
    if credentials is None or nonce is None or not nonce.challenges:
        return
    challenge = _challenge(credentials, nonce)
    if challenge is None:
        wanted = " or ".join(sorted({f'realm="{each.realm}"' for each in nonce.challenges}))
        yield field_mismatch(request, _FIELD, wanted, f'realm="{credentials.realm}"')
        return
    wanted, found = challenge.algorithm or "MD5", credentials.algorithm or "MD5"
    if wanted.lower() != found.lower():
        yield field_mismatch(request, _FIELD, f"algorithm={wanted}", f"algorithm={found}")
    offered = {value.lower() for value in challenge.qop}
    if credentials.qop is not None and offered and credentials.qop.lower() not in offered:
        observed = f"qop={credentials.qop}"
        yield field_mismatch(request, _FIELD, f"qop={' or '.join(challenge.qop)}", observed)


@check("HTTP-DIGEST-7", clause="RFC 7616 §3.3", level=SHOULD, on=http_requests(), sender="ue")
@for_credentials
def opaque_is_returned_unchanged(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The opaque value of the challenge is returned unchanged."""
    credentials = _answered(request)
    nonce = context.session.http.nonces.get(credentials.nonce or "") if credentials else None
    given = {each.opaque for each in nonce.challenges} if nonce is not None else set()
    if credentials is None or not given or credentials.opaque in given:
        return
    if None not in given:
        wanted = " or ".join(sorted(f"opaque={value}" for value in given if value is not None))
        yield field_mismatch(request, _FIELD, wanted, f"opaque={credentials.opaque or 'absent'}")


@check("HTTP-DIGEST-8", clause="RFC 2617 §3.2.2", level=SHOULD, on=http_requests(), sender="ue")
@for_credentials
def qop_is_used_where_it_is_offered(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Digest credentials have a qop if the challenge offers one."""
    credentials = _answered(request)
    if credentials is None or credentials.qop is not None:
        return
    challenge = _challenge(credentials, context.session.http.nonces.get(credentials.nonce or ""))
    if challenge is not None and challenge.qop:
        yield field_mismatch(request, _FIELD, f"qop={' or '.join(challenge.qop)}", "no qop")


@check("HTTP-DIGEST-9", clause="RFC 7616 §3.4", level=MUST, on=http_requests(), sender="ue")
@for_credentials
def nonce_count_is_used_once(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A request does not repeat the nonce count of an earlier request with the same nonce."""
    credentials = _answered(request)
    nonce = context.session.http.nonces.get(credentials.nonce or "") if credentials else None
    if credentials is None or nonce is None or credentials.nonce_count is None:
        return
    earlier = nonce.counts.get(credentials.nonce_count)
    if earlier is not None and not _is_the_same(request, earlier.message):
        observed = f"nc={credentials.nc}, as in message {earlier.number}"
        yield field_mismatch(request, _FIELD, "an nc not used with this nonce", observed)


def _is_the_same(request: HttpRequest, other: object) -> bool:
    """Whether two requests are one: sent again as its connection broke (RFC 9112 §9.3.1), or seen
    on both sides of a proxy, which changes other fields."""
    return (
        isinstance(other, HttpRequest)
        and (request.method, request.content) == (other.method, other.content)
        and request.headers.get(_FIELD) == other.headers.get(_FIELD)
    )


@check("HTTP-DIGEST-10", clause="RFC 7616 §3.4", level=INFO, on=http_requests(), sender="ue")
@for_credentials
def nonce_was_given_by_the_server(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The nonce of Digest credentials is one that a challenge gave."""
    credentials = _answered(request)
    if credentials is None or not context.session.http.asked:
        return
    if credentials.nonce not in context.session.http.nonces:
        yield field_mismatch(request, _FIELD, "a nonce of a challenge", "another nonce")


# No MUST: the profile's password is that of SIP, and XCAP may have another for the same user.
@check("HTTP-DIGEST-11", clause="RFC 7616 §3.4.1", level=SHOULD, on=http_requests(), sender="ue")
@for_credentials
def digest_response_is_that_of_the_password(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """The response of Digest credentials is computed from the password that the profile has."""
    credentials = _answered(request)
    pixit = context.profile.pixit
    if credentials is None or credentials.userhash or not is_supported(credentials.algorithm):
        return
    # The profile's password is that of its user in its realm; others are not known.
    if (credentials.username, credentials.realm) != (pixit.impi, pixit.realm):
        return
    nonce = context.session.http.nonces.get(credentials.nonce or "")
    expected = Expected(
        realm=credentials.realm or "",
        algorithms=(credentials.algorithm or "MD5",),
        qop=("auth", "auth-int"),
        session_cnonce=nonce.first_cnonce if nonce is not None else None,
    )
    password = pixit.password.get_secret_value()
    refused = verify(credentials, expected, pixit.impi, password, request.method, request.content)
    if refused is not None and refused.reason == "response mismatch":
        yield field_mismatch(request, _FIELD, "the response of the password", "another response")


@check("HTTP-RETRY-1", clause="RFC 9110 §15.5.4", level=SHOULD, on=http_requests(), sender="ue")
@for_credentials
def forbidden_request_is_not_repeated(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A request that was answered with 403 is not repeated with the same credentials."""
    value = request.headers.get(_FIELD) or ""
    key = (request.method, request.target, user_of(value))
    refused = context.session.http.forbidden.get(key) if value else None
    if refused is not None and context.time - refused.time < _AUTOMATIC:
        observed = f"the request that message {refused.number} refused"
        yield field_mismatch(request, _FIELD, "other credentials, or no request", observed)


@check("HTTP-RETRY-2", clause="RFC 9110 §15.5.2", level=INFO, on=http_requests(), sender="ue")
@for_credentials
def refused_credentials_are_replaced(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A request after a 401 has credentials other than those that were refused."""
    value = request.headers.get(_FIELD) or ""
    refused = context.session.http.refused.get(((request.host or "").lower(), value))
    if value and refused is not None:
        observed = f"those that message {refused.number} refused"
        yield field_mismatch(request, _FIELD, "new or replaced credentials", observed)
