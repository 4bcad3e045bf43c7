"""Who a UE says it is, in all its messages: From, preferred identity, user names, XCAP."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.identities import aor_of
from harness.checks.places import mismatch, scheme, tag_of
from harness.checks.registry import INFO, MUST, SHOULD, check, http_requests, requests
from harness.checks.session_auth import credentials_in
from harness.model import Mismatch
from harness.sip.fields import FieldError, parse_name_addr
from harness.sip.message import Request
from harness.sip.uri import UriError
from harness.xcap.http import HttpRequest

_INTENDED = "X-3GPP-Intended-Identity"
_REQUIRED = ("username", "realm", "nonce", "uri", "response")


def _known_identities(context: Context) -> set[str]:
    """The identities that are registered, or that the registrar has told of."""
    found: set[str] = set()
    for known in context.session.registrations.by_aor.values():
        found.add(known.aor)
        for value in known.associated_uris:
            found |= _identities_in(value)
    return found


def _identities_in(value: str) -> set[str]:
    try:
        aor = aor_of(parse_name_addr(value).uri)
    except (FieldError, UriError):
        return set()
    return {aor} if aor is not None else set()


def _has_told(context: Context) -> bool:
    registrations = context.session.registrations.by_aor.values()
    return any(each.is_active and each.associated_uris for each in registrations)


@check(
    "GEN-IDENTITY-2",
    clause="TS 24.229 §5.1.2A.1.1",
    level=INFO,
    on=requests("SUBSCRIBE", "PUBLISH", "MESSAGE"),
    sender="ue",
)
def from_is_an_identity_of_the_user(request: Request, context: Context) -> Iterator[Mismatch]:
    """The From of a new request names a registered or associated identity, or nobody."""
    if tag_of(request.to) is not None or request.from_ is None or not _has_told(context):
        return
    aor, known = aor_of(request.from_.uri), _known_identities(context)
    if aor is not None and aor not in known and "anonymous" not in aor.lower():
        yield mismatch(request, "From", " or ".join(sorted(known)), request.from_.uri)


@check(
    "GEN-IDENTITY-3",
    clause="TS 24.229 §5.1.2A.1.1",
    level=INFO,
    on=requests(),
    sender="ue",
)
def preferred_identity_is_registered(request: Request, context: Context) -> Iterator[Mismatch]:
    """P-Preferred-Identity names a registered or associated identity."""
    if not _has_told(context):
        return
    known = _known_identities(context)
    for value in request.headers.values("P-Preferred-Identity"):
        preferred = _identities_in(value)
        if preferred and not preferred & known:
            yield mismatch(request, "P-Preferred-Identity", " or ".join(sorted(known)), value)


@check("GEN-IDENTITY-4", clause="RFC 3325 §5", level=INFO, on=requests(), sender="ue")
def ue_asserts_no_identity(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UE leaves P-Asserted-Identity to the proxies, which do not trust it to assert one."""
    if request.headers.rows("P-Asserted-Identity"):
        yield mismatch(request, "P-Asserted-Identity", "absent, or P-Preferred-Identity")


@check("AUTH-COMPLETE-1", clause="RFC 2617 §3.2.2", level=MUST, on=requests(), sender="ue")
def credentials_are_complete(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials that answer a challenge have username, realm, nonce, uri and response.

    An empty nonce or response only announces the user (TS 24.229 §5.1.1.2.2).
    """
    for name, offset, credentials in credentials_in(request):
        if "" in (credentials.nonce, credentials.response):
            continue
        if credentials.nonce is None and credentials.response is None:
            continue
        for param in _REQUIRED:
            if getattr(credentials, param) is None:
                yield Mismatch(f"{param} present", f"no {param}", name, offset)


@check("AUTH-USER-1", clause="RFC 2617 §3.2.2", level=SHOULD, on=requests(), sender="ue")
def username_stays_the_same(request: Request, context: Context) -> Iterator[Mismatch]:
    """The username for a realm is that of the registration, the user's name in that realm."""
    registration = context.session.registration
    latest = registration.entry.message if registration is not None else None
    if not isinstance(latest, Request) or len(context.session.registrations.by_aor) > 1:
        return
    known = {each.realm: each.username for _, _, each in credentials_in(latest) if each.username}
    for name, offset, each in credentials_in(request):
        wanted = known.get(each.realm)
        if wanted is not None and each.username is not None and each.username != wanted:
            yield Mismatch(f'username="{wanted}"', f'username="{each.username}"', name, offset)


@check("AUTH-FIELD-2", clause="RFC 3261 §22.3", level=SHOULD, on=requests(), sender="ue")
def kept_credentials_stay_in_their_field(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials for the nonce of a 407 stand in Proxy-Authorization, of a 401 in Authorization.

    A server may give one nonce in both; then both fields are right.
    """
    fields = {401: "Authorization", 407: "Proxy-Authorization"}
    for name, offset, each in credentials_in(request):
        nonce = context.session.authentication.find(each)
        if nonce is None or nonce.challenge is None or nonce.is_shared:
            continue
        wanted = fields.get(getattr(nonce.entry.message, "status", 0))
        if wanted is not None and name != wanted:
            yield Mismatch(wanted, name, name, offset)


@check("AUTH-OPAQUE-2", clause="RFC 2617 §3.2.2", level=SHOULD, on=requests(), sender="ue")
def opaque_is_kept_with_the_nonce(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials that use a nonce again, in another Call-ID, return its opaque value as well.

    The capture may lack another challenge with the same nonce, so that it is a remark.
    """
    for name, offset, each in credentials_in(request):
        nonce = context.session.authentication.find(each)
        if nonce is None or (request.call_id or "") in nonce.given_to:
            continue  # AUTH-OPAQUE-1 has the word
        wanted = [challenge.opaque for challenge in nonce.challenges]
        if wanted and None not in wanted and (each.opaque or "") not in wanted:
            observed = f"opaque={each.opaque or 'absent'}"
            yield Mismatch(f'opaque="{wanted[-1]}"', observed, name, offset)


@check("XCAP-IDENTITY-2", clause="TS 24.109 §7", level=INFO, on=http_requests(), sender="ue")
def intended_identity_is_of_the_user(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """X-3GPP-Intended-Identity is a registered or associated identity of the user."""
    known = _known_identities(context)
    for row in request.headers.rows(_INTENDED):
        text = row.value.strip().strip('"')
        aor = aor_of(text) if scheme(text) in ("sip", "sips", "tel") else None
        if known and aor is not None and aor not in known:
            yield Mismatch(" or ".join(sorted(known)), text, _INTENDED, row.offset)


@check("XCAP-IDENTITY-3", clause="TS 24.109 §7", level=INFO, on=http_requests(), sender="ue")
def xcap_request_tells_its_user(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """An XCAP request tells who asks: by X-3GPP-Intended-Identity or by credentials."""
    is_named = request.headers.rows(_INTENDED) or request.headers.rows("Authorization")
    if "/users/" in request.target and not is_named:
        yield Mismatch("an identity or credentials", "neither", _INTENDED)
