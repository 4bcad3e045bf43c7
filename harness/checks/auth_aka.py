"""Credentials that answer a challenge of AKA (RFC 3310, RFC 4169).

They are verified where the profile has the secrets of the USIM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.checks.context import Context
from harness.checks.registry import MUST, check, requests
from harness.checks.session_auth import credentials_in
from harness.config_subscribers import UsimSecrets
from harness.model import Mismatch
from harness.sip.aka import (
    AUTS_OCTETS,
    AkaError,
    Card,
    aka_version,
    digest_password,
    read_base64,
    read_nonce,
)
from harness.sip.digest import Credentials, Expected, Refusal, verify
from harness.sip.message import Request

_QOP = ("auth", "auth-int")


def _answers(request: Request, context: Context) -> Iterator[tuple[str, int, Credentials]]:
    """Credentials of the profile's user for a nonce of AKA that the network was seen to give."""
    pixit = context.profile.pixit
    for name, offset, credentials in credentials_in(request):
        nonce = context.session.authentication.find(credentials)
        if nonce is None or not nonce.challenges or credentials.username != pixit.impi:
            continue
        algorithms = {each.algorithm for each in nonce.challenges}
        # The algorithm may be left out of credentials, as in the example of RFC 3310 §4.
        named = credentials.algorithm or next(iter(algorithms))
        if len(algorithms) == 1 and aka_version(named) is not None:
            yield name, offset, replace(credentials, algorithm=named)


def _is_wrong(credentials: Credentials, password: bytes, request: Request) -> bool:
    if not credentials.response:
        return False  # it tells that the card refused the challenge (TS 24.229 §5.1.1.5.3)
    expected = Expected(
        realm=credentials.realm or "", algorithms=(credentials.algorithm or "",), qop=_QOP
    )
    refused = verify(
        credentials, expected, credentials.username or "", password, request.method, request.body
    )
    return refused is not None and refused.reason is Refusal.RESPONSE_MISMATCH


def _password(usim: UsimSecrets, nonce: str, version: int) -> bytes | None:
    """The password that the card makes of a nonce, None where the nonce is no challenge of AKA."""
    try:
        rand, _ = read_nonce(nonce)
    except AkaError:
        return None
    functions = Card.make(*usim.octets).functions
    return digest_password(functions.f2(rand), functions.f4(rand), functions.f3(rand), version)


@check("AUTH-AKA-1", clause="RFC 3310 §3.3", level=MUST, on=requests("REGISTER"), sender="ue")
def response_is_made_of_res(request: Request, context: Context) -> Iterator[Mismatch]:
    """The response to a challenge of AKA is computed with the RES of the USIM as the password.

    With AKAv2 RES, IK and CK together make the password (RFC 4169 §2.1).
    """
    usim = context.profile.pixit.usim
    for name, offset, credentials in _answers(request, context):
        if usim is None or credentials.value.get("auts") is not None:
            continue
        version = aka_version(credentials.algorithm) or 1
        password = _password(usim, credentials.nonce or "", version)
        if password is not None and _is_wrong(credentials, password, request):
            yield Mismatch("the digest of the USIM's RES", "another response", name, offset)


@check("AUTH-AKA-2", clause="RFC 3310 §3.4", level=MUST, on=requests("REGISTER"), sender="ue")
def response_with_auts_has_an_empty_password(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """Credentials with auts are computed with an empty password."""
    for name, offset, credentials in _answers(request, context):
        if credentials.value.get("auts") is not None and _is_wrong(credentials, b"", request):
            yield Mismatch("the digest of an empty password", "another response", name, offset)


@check("AUTH-AKA-3", clause="RFC 3310 §3.4", level=MUST, on=requests("REGISTER"), sender="ue")
def auts_is_base64_of_its_length(request: Request, context: Context) -> Iterator[Mismatch]:
    """auts is the Base64 of an AUTS, which has 14 octets (TS 33.102 §6.3.3)."""
    for name, offset, credentials in _answers(request, context):
        auts = credentials.value.get("auts")
        if auts is None:
            continue
        octets = read_base64(auts)
        if octets is None or len(octets) != AUTS_OCTETS:
            observed = "no Base64" if octets is None else f"{len(octets)} octets"
            yield Mismatch("14 octets in Base64", observed, name, offset)
