"""How an IMS UE registers with AKA over IPsec (TS 24.229 §5.1.1.2.2, §5.1.1.4.2 and §5.1.1.5.1).

A UE whose Security-Client offers ipsec-3gpp is authenticated in this way; no rule of these is for
another UE. What RFC 3329 asks of everyone is in `sec_agree`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.checks.context import Context
from harness.checks.identities import canonical_host, sip_identity
from harness.checks.ims import is_ims
from harness.checks.places import mismatch, offset_of
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.checks.sec_agree import (
    CLIENT,
    IPSEC,
    VERIFY,
    Mechanism,
    answered_challenges,
    mechanisms_in,
    uses_ipsec,
)
from harness.checks.session_auth import Nonce, challenges_in, credentials_in
from harness.checks.session_registration import Registration, is_removal
from harness.model import Mismatch, Transport
from harness.sip.aka import is_aka
from harness.sip.message import Message, Request
from harness.sip.uri import SipUri

_REGISTER = requests("REGISTER")
_DEFAULT_PORT = 5060
# RFC 3261 §17: after 64*T1 a transaction is over; what comes later can be about anything.
_TRANSACTION_TIME = 32.0

# TS 33.203 annex H.
_NUMBERS = {"spi-c": 2**32, "spi-s": 2**32, "port-c": 2**16, "port-s": 2**16}
_NEW = ("spi-c", "spi-s")


def _offers(message: Message) -> tuple[Mechanism, ...]:
    return tuple(each for each in mechanisms_in(message, CLIENT) if each.name == IPSEC)


def _values(offers: Iterable[Mechanism], *names: str) -> set[str]:
    return {value for each in offers for name in names if (value := each.get(name))}


def protected_ports(known: Registration | None, *requests: Request) -> set[int]:
    """The ports at which a UE takes what IPsec protects, as it told in Security-Client."""
    told = list(requests)
    if known is not None:
        messages = (known.first.message, known.entry.message)
        told += [each for each in messages if isinstance(each, Request)]
    values = {value for each in told for value in _values(_offers(each), "port-s")}
    return {int(value) for value in values if value.isdigit()}


def contact_ports(request: Request) -> set[int]:
    """The ports of the SIP URIs in Contact."""
    uris = [each.parsed for each in request.contacts]
    return {each.port or _DEFAULT_PORT for each in uris if isinstance(each, SipUri)}


# "an Authorization header field, with" five parameters: to register and (§5.1.1.4.2) to renew.
@check("REG-IMS-10", clause="TS 24.229 §5.1.1.2.2", level=MUST, on=_REGISTER, sender="ue")
def aka_registration_has_credentials(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER that offers ipsec-3gpp has an Authorization header field."""
    if uses_ipsec(request) and not request.headers.rows("Authorization"):
        yield mismatch(request, "Authorization", "present")


# "the "realm" header field parameter, set to the domain name of the home network".
@check("REG-IMS-11", clause="TS 24.229 §5.1.1.2.2", level=MUST, on=_REGISTER, sender="ue")
def announcing_credentials_name_the_realm(request: Request, context: Context) -> Iterator[Mismatch]:
    """The realm of an Authorization without a nonce is the home network's domain, with IPsec."""
    home = request.parsed_uri
    if not isinstance(home, SipUri) or not uses_ipsec(request):
        return
    for name, offset, each in credentials_in(request):
        if not each.is_placeholder or each.realm is None:
            continue  # without a realm REG-IMS-7 has the word
        if canonical_host(each.realm) != canonical_host(home.host):
            yield Mismatch(f'realm="{home.host}"', f'realm="{each.realm}"', name, offset)


# §5.1.1.5.1: "the Security-Client header field that is identical to the Security-Client header
# field that was included in the previous REGISTER request (i.e. the REGISTER request that was
# challenged with the received 401 (Unauthorized) response)".
@check("REG-IMS-12", clause="TS 24.229 §5.1.1.5.1", level=MUST, on=_REGISTER, sender="ue")
def answer_keeps_security_client(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER that answers a challenge has the Security-Client of the challenged one."""
    waiting = context.session.authentication.challenged.get(request.call_id or "")
    if waiting is None or waiting[0].method != "REGISTER" or not _offers(waiting[0]):
        return
    if any(problem.where == CLIENT for problem in request.malformed):
        return
    refused = waiting[0]
    if refused.cseq is None or request.cseq is None:
        return
    if request.cseq.number != refused.cseq.number + 1:
        return  # between the two there was another, which the capture lacks
    is_answer = any(
        response is waiting[1] and _is_first(nonce, context)
        for nonce, response in answered_challenges(request, context)
    )
    if is_answer and mechanisms_in(request, CLIENT) != mechanisms_in(refused, CLIENT):
        yield mismatch(request, CLIENT, ", ".join(refused.headers.values(CLIENT))[:200])


def _is_first(nonce: Nonce, context: Context) -> bool:
    """Whether a nonce is used at once and for the first time: by the answer to its challenge.

    Later a renewal uses it as well, and the capture may lack the answer.
    """
    return nonce.used == 0 and context.time - nonce.entry.time < _TRANSACTION_TIME


# §5.1.1.5.1: "The UE shall set the Call-ID of the security association protected REGISTER request
# which carries the authentication challenge response to the same value as the Call-ID of the 401";
# for SIP digest §5.1.1.5.4 says the same of the REGISTER that carries the response.
@check("REG-IMS-13", clause="TS 24.229 §5.1.1.5.1", level=MUST, on=_REGISTER, sender="ue")
def answer_keeps_the_call_id(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER that answers a challenge has the Call-ID of the 401.

    With a count of more than one the nonce was used before, in a request that the capture lacks.
    """
    if any((each.nonce_count or 1) > 1 for _, _, each in credentials_in(request)):
        return
    for nonce, response in answered_challenges(request, context):
        is_other = response.method == "REGISTER" and request.call_id not in nonce.given_to
        if not is_other or not _is_first(nonce, context) or not is_ims(request):
            continue
        # A nonce may be used unasked for another identity.
        if sip_identity(response.to) == sip_identity(request.to):
            yield mismatch(request, "Call-ID", response.call_id or "that of the 401")


# "if the REGISTER request is protected by a security association, include the protected server port
# value in the hostport parameter". A request so protected has a Security-Verify.
@check("REG-IMS-14", clause="TS 24.229 §5.1.1.2.2", level=MUST, on=_REGISTER, sender="ue")
def protected_contact_has_the_server_port(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Contact of a REGISTER over IPsec has the protected server port (port-s)."""
    wanted, found = _ports(request, context), contact_ports(request)
    if wanted and found and not wanted & found:
        yield mismatch(request, "Contact", f"port {_shown(wanted)}")


# "for UDP, if the REGISTER request is protected by a security association, include the protected
# server port value in the sent-by field".
@check("REG-IMS-15", clause="TS 24.229 §5.1.1.2.2", level=MUST, on=_REGISTER, sender="ue")
def protected_via_has_the_server_port(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Via of a REGISTER over IPsec and UDP has the protected server port (port-s)."""
    via, wanted = request.top_via, _ports(request, context)
    if via is None or context.entry.source.transport is not Transport.UDP:
        return
    if wanted and (via.port or _DEFAULT_PORT) not in wanted:
        yield mismatch(request, "Via", f"port {_shown(wanted)}")


def _ports(request: Request, context: Context) -> set[int]:
    """The protected server ports that a protected REGISTER can tell; none for another."""
    if not request.headers.rows(VERIFY) or not uses_ipsec(request):
        return set()
    return protected_ports(context.session.registrations.of(request), request)


def _shown(ports: set[int]) -> str:
    return " or ".join(map(str, sorted(ports)))


# "a Security-Client header field set to specify [...] the IPsec layer algorithms the UE supports
# and the parameters needed for the security association setup", whose syntax "is specified in
# annex H of 3GPP TS 33.203"; RFC 3329 appendix A: "The algorithm parameter is mandatory".
@check("REG-IMS-16", clause="TS 24.229 §5.1.1.2.2", level=MUST, on=_REGISTER, sender="ue")
def ipsec_offer_is_complete(request: Request, context: Context) -> Iterator[Mismatch]:
    """Each ipsec-3gpp mechanism of Security-Client has alg, spi-c, spi-s, port-c and port-s."""
    offset = offset_of(request, CLIENT)
    for each in _offers(request):
        for name in ("alg", *_NUMBERS):
            value = each.get(name)
            if not value:
                yield Mismatch(f"{name} of ipsec-3gpp", "absent", CLIENT, offset)
            elif name in _NUMBERS and not _is_number(value, _NUMBERS[name]):
                yield Mismatch(f"{name} less than {_NUMBERS[name]}", value, CLIENT, offset)


def _is_number(value: str, end: int) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 10 and 0 < int(value) < end


# §5.1.1.4.2: "the new parameter values needed for the setup of two new pairs of security
# associations". The capture may lack a registration between, so that it is a remark.
@check("REG-IMS-17", clause="TS 24.229 §5.1.1.4.2", level=SHOULD, on=_REGISTER, sender="ue")
def renewal_offers_new_associations(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER that renews a registration over IPsec offers security parameter indexes anew."""
    known = context.session.registrations.of(request)
    latest = known.entry.message if known is not None and known.is_active else None
    if not isinstance(latest, Request) or is_removal(request) or latest.call_id != request.call_id:
        return
    final = context.session.finals.get(("ue", latest.call_id or "", "REGISTER"))
    number = latest.cseq.number if latest.cseq is not None else None
    if final is None or final[0] != number or not 200 <= final[1] < 300:
        return
    used = _values(_offers(latest), *_NEW) & _values(_offers(request), *_NEW)
    if used:
        yield mismatch(request, CLIENT, "other values of spi-c and spi-s", ", ".join(sorted(used)))


# §5.1.1.2.1: "a Contact header field set to include SIP URI(s) containing the IP address or FQDN of
# the UE"; §5.1.1.5.1: "The header fields are populated as defined for the initial REGISTER request
# that was challenged". Only bindings of a UE that is registered are fetched without a Contact.
@check("REG-IMS-18", clause="TS 24.229 §5.1.1.2.1", level=MUST, on=_REGISTER, sender="ue")
def aka_registration_has_a_contact(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER that begins a registration over IPsec, or answers its challenge, has a Contact."""
    if request.headers.rows("Contact") or not uses_ipsec(request):
        return
    known = context.session.registrations.of(request)
    waiting = context.session.authentication.challenged.get(request.call_id or "")
    begins = (known is None or not known.is_active) and all(
        each.is_placeholder for _, _, each in credentials_in(request)
    )
    is_answer = any(_is_first(nonce, context) for nonce, _ in answered_challenges(request, context))
    if is_answer:
        begins = waiting is not None and bool(waiting[0].headers.rows("Contact"))
    if begins:
        yield mismatch(request, "Contact", "present")


# §5.1.1.4.2: "a Security-Client header field, set to specify [...] the new parameter values needed
# for the setup of two new pairs of security associations" and "a Security-Verify header field".
@check("REG-IMS-19", clause="TS 24.229 §5.1.1.4.2", level=MUST, on=_REGISTER, sender="ue")
def protected_registration_offers_again(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER over IPsec, which has a Security-Verify, has a Security-Client as well.

    The clause is about renewals: one that ends the registration is left out.
    """
    is_protected = any(each.name == IPSEC for each in mechanisms_in(request, VERIFY))
    if is_protected and not request.headers.rows(CLIENT) and not is_removal(request):
        yield mismatch(request, CLIENT, "present")


# §5.1.1.1: "If SIP digest without TLS is used, the UE shall not include signalling plane security
# mechanisms in the header fields defined in RFC 3329 in any SIP messages". A UE that can do both
# may not have given up the other, so that it is a remark.
@check("REG-IMS-20", clause="TS 24.229 §5.1.1.1", level=SHOULD, on=_REGISTER, sender="ue")
def digest_goes_without_agreement(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER that answers a Digest challenge, not of AKA, has no mechanisms but over TLS."""
    if context.entry.source.transport is Transport.TLS:
        return
    for _, response in answered_challenges(request, context):
        if any(is_aka(each.algorithm) for each in challenges_in(response)):
            return
        for field in (CLIENT, VERIFY):
            if mechanisms_in(request, field):
                yield mismatch(request, field, "absent, for SIP digest without TLS")
