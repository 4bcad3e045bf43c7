"""What 3GPP asks of an IMS UE beyond the RFCs (TS 24.229).

These checks only meet a UE that shows itself to be one: a SIP client that registers without any
sign of IMS is not bound by TS 24.229, whatever the profile says.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.identities import aor_of, canonical_host
from harness.checks.places import has_token, mismatch, scheme
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.checks.sec_agree import uses_ipsec
from harness.checks.session_auth import credentials_in
from harness.checks.session_registration import is_removal
from harness.model import Mismatch, Transport
from harness.sip.fields import NameAddr
from harness.sip.message import Request
from harness.sip.uri import SipUri, UriError, parse_uri

_REGISTER = requests("REGISTER")
_REGISTRATION_TIME = 600000

# TS 24.229 §5.1.1.4.1: when a registration is due again.
_LONG_REGISTRATION = 1200
_BEFORE_EXPIRY = 600

_IMS_FEATURES = ("+g.3gpp.", "+g.oma.", "+g.gsma.")


def is_ims(request: Request) -> bool:
    """Whether a REGISTER shows an IMS UE: 3GPP feature tags, an IMEI, IPsec, or its access."""
    for contact in request.contacts:
        if any(name.startswith(_IMS_FEATURES) for name in contact.params):
            return True
        if (contact.params.get("+sip.instance") or "").lower().startswith("<urn:gsma:"):
            return True
    return bool(request.headers.rows("P-Access-Network-Info")) or uses_ipsec(request)


def _begins(request: Request, context: Context) -> bool:
    """Whether a REGISTER surely begins a registration, unprotected (TS 24.229 §5.1.1.2).

    One that renews it differs, and can look the same where the capture begins late: then it has
    the credentials of before, or is not the first of its Call-ID.
    """
    if is_removal(request) or request.headers.rows("Security-Verify"):
        return False
    known = context.session.registrations.of(request)
    if known is not None and known.is_active:
        return False
    sets = [each for _, _, each in credentials_in(request)]
    if sets:
        return all(each.is_placeholder for each in sets)
    return request.cseq is not None and request.cseq.number <= 1


# "a From header field set to the SIP URI that contains the public user identity to be registered",
# and "a To header field" the same; for a renewal §5.1.1.4.1 says it again.
@check("REG-IMS-1", clause="TS 24.229 §5.1.1.2.1", level=MUST, on=_REGISTER, sender="ue")
def ims_identity_is_in_from_and_to(request: Request, context: Context) -> Iterator[Mismatch]:
    """From and To are SIP URIs with the public user identity to be registered."""
    if not is_ims(request) or request.from_ is None or request.to is None:
        return
    # RFC 5630 §5.1.1.1: the identity as a SIPS URI is the same identity.
    if scheme(request.from_.uri) not in ("sip", "sips"):
        yield mismatch(request, "From", "a SIP URI", request.from_.uri)
    elif aor_of(request.from_.uri) != aor_of(request.to.uri):
        yield mismatch(request, "From", request.to.uri, request.from_.uri)


# "the Supported header field containing the option-tag "path"": to register and to renew.
@check("REG-IMS-2", clause="TS 24.229 §5.1.1.2.1", level=MUST, on=_REGISTER, sender="ue")
def ims_registration_supports_path(request: Request, context: Context) -> Iterator[Mismatch]:
    """Supported contains the option tag path, unless the registration ends."""
    if is_removal(request) or not is_ims(request):
        return
    if not has_token(request.supported, "path"):
        yield mismatch(request, "Supported", "a list with path")


# "a registration expiration interval value of 600 000 seconds as the value desired for the duration
# of the registration"; to renew §5.1.1.4.1 asks for the same.
@check("REG-IMS-3", clause="TS 24.229 §5.1.1.2.1", level=MUST, on=_REGISTER, sender="ue")
def ims_registration_asks_for_600000_s(request: Request, context: Context) -> Iterator[Mismatch]:
    """A registration asks for an expiration interval of 600000 seconds."""
    if not is_ims(request) or is_removal(request):
        return
    wanted = [each for each in request.contacts if _asked(each, request) != 0]
    asked = _asked(wanted[0], request) if wanted else None
    # A longer one can be the answer to a 423, which the capture may lack.
    if wanted and (asked is None or not _REGISTRATION_TIME <= asked < 2**32):
        yield mismatch(request, "Expires", str(_REGISTRATION_TIME), str(asked or "absent"))


def _asked(contact: NameAddr, request: Request) -> int | None:
    """For how long a Contact is to be bound (RFC 3261 §10.2.1.1)."""
    return contact.expires if contact.expires is not None else request.expires


# "The UE shall also include a "rport" header field parameter with no value": §5.1.1.4.1 does not
# say so of a renewal, nor the conformance tests of a REGISTER over a security association.
@check("REG-IMS-4", clause="TS 24.229 §5.1.1.2.1", level=MUST, on=_REGISTER, sender="ue")
def ims_registration_asks_for_rport(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Via of an initial, unprotected REGISTER over UDP has an rport parameter."""
    via = request.top_via
    if via is None or "rport" in via.params or not is_ims(request):
        return
    if context.entry.source.transport is Transport.UDP and _begins(request, context):
        yield mismatch(request, "Via", "an rport parameter")


# "If the UE supports GRUU [...], the UE shall include a "+sip.instance" header field parameter
# containing the instance ID"; what it supports it says in Supported, or a profile says it.
@check("REG-IMS-5", clause="TS 24.229 §5.1.1.2.1", level=MUST, on=_REGISTER, sender="ue")
def ims_ue_with_gruu_names_its_instance(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UE that supports GRUU includes a +sip.instance parameter in Contact."""
    if not request.contacts or is_removal(request) or not is_ims(request):
        return
    is_able = has_token(request.supported, "gruu") or context.profile.claims("gruu")
    if is_able and all("+sip.instance" not in each.params for each in request.contacts):
        yield mismatch(request, "Contact", "+sip.instance", str(request.contacts[0])[:200])


# "the "uri" header field parameter, set to the SIP URI of the domain name of the home network",
# and so is the Request-URI; how the two are written, and their parameters, is left open. With IPsec
# it is the same in what answers a challenge (§5.1.1.5.1) and in a renewal (§5.1.1.4.2).
@check("REG-IMS-6", clause="TS 24.229 §5.1.1.2.2", level=MUST, on=_REGISTER, sender="ue")
def announcing_credentials_name_the_home_domain(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """The uri of an Authorization without a nonce, or with IPsec, is that of the home domain."""
    home = request.parsed_uri
    if not isinstance(home, SipUri) or not is_ims(request):
        return
    for name, offset, credentials in credentials_in(request):
        is_meant = credentials.is_placeholder or uses_ipsec(request)
        if is_meant and not _is_domain(credentials.uri or "", home.host):
            yield Mismatch(f'uri="sip:{home.host}"', f'uri="{credentials.uri}"', name, offset)


def _is_domain(uri: str, domain: str) -> bool:
    try:
        parsed = parse_uri(uri)
    except UriError:
        return False
    if not isinstance(parsed, SipUri) or parsed.user is not None:
        return False
    return canonical_host(parsed.host) == canonical_host(domain)


@check("REG-IMS-7", clause="TS 24.229 §5.1.1.2.2", level=MUST, on=_REGISTER, sender="ue")
def announcing_credentials_are_complete(request: Request, context: Context) -> Iterator[Mismatch]:
    """An Authorization without a nonce has username, realm, and empty nonce and response."""
    if not is_ims(request):
        return
    for name, offset, credentials in credentials_in(request):
        if not credentials.is_placeholder:
            continue
        for param in ("username", "realm", "nonce", "response"):
            if getattr(credentials, param) is None:
                yield Mismatch(f"{param} present", f"no {param}", name, offset)


@check("REG-IMS-8", clause="TS 24.229 §5.1.1.4.1", level=SHOULD, on=_REGISTER, sender="ue")
def ims_registration_is_renewed_in_time(request: Request, context: Context) -> Iterator[Mismatch]:
    """A registration is renewed 600 seconds before it ends, or at half its time if that is short.

    A UE out of coverage cannot, so that it is a remark.
    """
    known = context.session.registrations.of(request)
    if not is_ims(request) or known is None or known.granted is None or is_removal(request):
        return
    if not known.is_active or known.expires_at is None or known.call_id != request.call_id:
        return
    is_long = known.granted > _LONG_REGISTRATION
    ahead = _BEFORE_EXPIRY if is_long else known.granted / 2
    late = context.time - (known.expires_at - ahead)
    if late > max(32.0, known.granted / 10):
        yield Mismatch(f"{ahead:.0f} s before the end", f"{late:.0f} s later than that", "REGISTER")
