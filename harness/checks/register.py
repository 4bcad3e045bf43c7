"""REGISTER requests (RFC 3261 §10.2, RFC 5626, RFC 5627)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.contact_features import is_instance_id
from harness.checks.context import Context
from harness.checks.places import (
    equal_uris,
    has_token,
    mismatch,
    scheme,
    start_line_mismatch,
)
from harness.checks.registry import INFO, MUST, SHOULD, check, requests
from harness.checks.session_registration import Registration, is_removal
from harness.model import Mismatch
from harness.sip.fields import NameAddr
from harness.sip.message import Request
from harness.sip.uri import SipUri

_REGISTER = requests("REGISTER")


@check("REG-URI-1", clause="RFC 3261 §10.2", level=MUST, on=_REGISTER)
def register_names_a_domain(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Request-URI of REGISTER has neither userinfo nor "@"."""
    uri = request.parsed_uri
    if isinstance(uri, SipUri) and uri.user is not None:
        yield start_line_mismatch(request, "a domain, as in sip:example.com", request.uri)


@check("REG-TO-1", clause="RFC 3261 §10.2", level=MUST, on=_REGISTER)
def register_is_for_a_sip_address(request: Request, context: Context) -> Iterator[Mismatch]:
    """The address-of-record in the To of REGISTER is a SIP or SIPS URI."""
    if request.to is not None and scheme(request.to.uri) not in ("sip", "sips"):
        yield mismatch(request, "To", "a SIP or SIPS URI")


@check("REG-FROM-1", clause="RFC 3261 §10.2", level=INFO, on=_REGISTER, sender="ue")
def register_is_first_party(request: Request, context: Context) -> Iterator[Mismatch]:
    """The From of REGISTER has the URI of To, unless a third party registers."""
    if request.to is None or request.from_ is None:
        return
    if not equal_uris(request.to.uri, request.from_.uri):
        yield mismatch(request, "From", request.to.uri)


@check("REG-STAR-1", clause="RFC 3261 §10.2.2", level=MUST, on=_REGISTER)
def star_comes_with_expires_zero(request: Request, context: Context) -> Iterator[Mismatch]:
    """A Contact of "*" is used only with an Expires header field of 0."""
    if request.contact_is_star and request.expires != 0:
        yield mismatch(request, "Expires", "0")


@check("REG-STAR-2", clause="RFC 3261 §25.1", level=MUST, on=_REGISTER)
def star_stands_alone(request: Request, context: Context) -> Iterator[Mismatch]:
    """A Contact of "*" is the only one."""
    if request.contact_is_star and request.headers.count("Contact") > 1:
        yield mismatch(request, "Contact", "* alone, or addresses")


@check("REG-CSEQ-1", clause="RFC 3261 §10.2", level=MUST, on=_REGISTER)
def register_increments_cseq(request: Request, context: Context) -> Iterator[Mismatch]:
    """CSeq is higher in each REGISTER request with the same Call-ID."""
    last = _last_cseq(request, context)
    if last is None or request.cseq is None:
        return
    is_equal = request.cseq.number == last
    # RFC 3263 §4.3: a request that failed goes to the next server with a new branch alone.
    is_reused = is_equal and context.session.was_answered(request, context.sender)
    is_lower = request.cseq.number < last and not context.session.was_overtaken(
        request, context.entry, context.sender
    )
    if is_lower or is_reused:
        yield mismatch(request, "CSeq", f"{last + 1} REGISTER")


# The text says "by one". Where a number is left out the capture may lack a request, so that the
# finding is a remark only.
@check("REG-CSEQ-2", clause="RFC 3261 §10.2", level=SHOULD, on=_REGISTER)
def register_increments_cseq_by_one(request: Request, context: Context) -> Iterator[Mismatch]:
    """CSeq goes up by one for each REGISTER request with the same Call-ID."""
    last = _last_cseq(request, context)
    if last is not None and request.cseq is not None and request.cseq.number > last + 1:
        yield mismatch(request, "CSeq", f"{last + 1} REGISTER")


def _last_cseq(request: Request, context: Context) -> int | None:
    """The CSeq number that counts: of the last REGISTER with this Call-ID, if it was another."""
    key = (context.sender, request.call_id or "", "REGISTER")
    last = context.session.spaces.get(key)
    # A number out of range has a finding of its own: none can follow it.
    if last is None or not 0 <= last.cseq < 2**31 or _is_repeat(request, context):
        return None
    return last.cseq


def _is_repeat(request: Request, context: Context) -> bool:
    """Whether the request belongs to a transaction that was seen to begin with the same CSeq."""
    first = context.transaction.request if context.transaction is not None else None
    return first is not None and first.cseq == request.cseq and first.call_id == request.call_id


@check("REG-CALLID-1", clause="RFC 3261 §10.2.4", level=SHOULD, on=_REGISTER, sender="ue")
def registrations_share_the_call_id(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UA uses the same Call-ID for all registrations of a boot cycle."""
    known = _refreshed(request, context)
    if known is None or known.call_id is None or known.call_id == request.call_id:
        return
    # RFC 5626 §4.2.1: each flow, told by its reg-id, has a Call-ID of its own.
    if not any("reg-id" in contact.params for contact in request.contacts):
        yield mismatch(request, "Call-ID", known.call_id)


def _refreshed(request: Request, context: Context) -> Registration | None:
    """The registration that a REGISTER refreshes: active, and for the same contact."""
    known = context.session.registrations.of(request)
    if known is None or not known.is_active:
        return None
    if known.expires_at is not None and context.time > known.expires_at:
        return None
    wanted = [contact.uri for contact in request.contacts]
    return known if wanted and wanted[0] in known.contacts else None


@check("REG-EXPIRES-1", clause="RFC 3261 §10.2.4", level=SHOULD, on=_REGISTER, sender="ue")
def binding_is_refreshed_in_time(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UA refreshes its bindings before their expiration interval has elapsed."""
    known = context.session.registrations.of(request)
    if known is None or known.expires_at is None or known.call_id != request.call_id:
        return
    late = context.time - known.expires_at
    if known.is_active and late > 1 and request.contacts and not is_removal(request):
        yield Mismatch("before the binding expires", f"{late:.0f} s after it expired", "REGISTER")


@check("REG-EXPIRES-2", clause="RFC 3261 §10.2.8", level=SHOULD, on=_REGISTER, sender="ue")
def registration_is_retried_with_the_minimum(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """After a 423 a registration is tried again with at least the Min-Expires of that response."""
    minimum = context.session.minima.get(("REGISTER", request.call_id or ""))
    asked = [
        contact.expires if contact.expires is not None else request.expires
        for contact in request.contacts
    ]
    for value in asked:
        if minimum is not None and value is not None and 0 < value < minimum:
            yield mismatch(request, "Expires", f"at least {minimum}", str(value))
            return


@check("REG-ACTION-1", clause="RFC 3261 §10.2", level=SHOULD, on=_REGISTER)
def contact_has_no_action(request: Request, context: Context) -> Iterator[Mismatch]:
    """The deprecated action parameter is not used in Contact."""
    for contact in request.contacts:
        if "action" in contact.params:
            yield mismatch(request, "Contact", "no action parameter", str(contact)[:200])


@check("REG-SIPS-1", clause="RFC 3261 §10.2.1", level=SHOULD, on=_REGISTER)
def sips_address_has_sips_contacts(request: Request, context: Context) -> Iterator[Mismatch]:
    """The contacts registered for a SIPS address-of-record are SIPS URIs."""
    if request.to is None or scheme(request.to.uri) != "sips":
        return
    for contact in request.contacts:
        if scheme(contact.uri) != "sips":
            yield mismatch(request, "Contact", "a SIPS URI", contact.uri)


@check("REG-OUTBOUND-1", clause="RFC 5626 §4.2.1", level=MUST, on=_REGISTER)
def reg_id_comes_with_an_instance(request: Request, context: Context) -> Iterator[Mismatch]:
    """A Contact with a reg-id has an instance-id."""
    for contact in _flows(request):
        if "+sip.instance" not in contact.params:
            yield mismatch(request, "Contact", "+sip.instance", str(contact)[:200])


@check("REG-OUTBOUND-2", clause="RFC 5626 §4.2.1", level=MUST, on=_REGISTER)
def outbound_registration_says_so(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER with a reg-id has the option tag outbound in Supported."""
    tags = (*request.supported, *request.require)
    if any(True for _ in _flows(request)) and not has_token(tags, "outbound"):
        yield mismatch(request, "Supported", "a list with outbound")


@check("REG-OUTBOUND-3", clause="RFC 5626 §4.2.1", level=MUST, on=_REGISTER)
def outbound_registration_supports_path(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER with a reg-id has the option tag path in Supported."""
    tags = (*request.supported, *request.require)
    if any(True for _ in _flows(request)) and not has_token(tags, "path"):
        yield mismatch(request, "Supported", "a list with path")


@check("REG-OUTBOUND-4", clause="RFC 5626 §10", level=MUST, on=_REGISTER)
def reg_id_is_in_range(request: Request, context: Context) -> Iterator[Mismatch]:
    """The value of reg-id is not 0 and less than 2**31."""
    for contact in _flows(request):
        value = contact.params.get("reg-id") or ""
        if value.isascii() and value.isdigit() and not 0 < int(value[:20]) < 2**31:
            yield mismatch(request, "Contact", "reg-id from 1 to 2147483647", f"reg-id={value}")


def _flows(request: Request) -> Iterator[NameAddr]:
    return (contact for contact in request.contacts if "reg-id" in contact.params)


@check("REG-GRUU-1", clause="RFC 5627 §4.1", level=MUST, on=_REGISTER, sender="ue")
def instance_has_a_contact_of_its_own(request: Request, context: Context) -> Iterator[Mismatch]:
    """The contact of a UA that asks for a GRUU is not equivalent to its address-of-record."""
    if request.to is None or not has_token(request.supported, "gruu"):
        return
    for contact in request.contacts:
        is_instance = "+sip.instance" in contact.params
        if is_instance and equal_uris(contact.uri, request.to.uri):
            yield mismatch(request, "Contact", "the URI of the UA instance", contact.uri)


@check(
    "REG-GRUU-2",
    clause="RFC 5627 §4.1",
    level=MUST,
    on=_REGISTER,
    sender="ue",
    needs=("gruu",),
)
def register_supports_gruu(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UA with GRUU support lists gruu in the Supported of every REGISTER."""
    if not has_token(request.supported, "gruu"):
        yield mismatch(request, "Supported", "a list with gruu")


@check("REG-GRUU-3", clause="RFC 5627 §4.1", level=SHOULD, on=_REGISTER, sender="ue")
def register_contains_no_gruu(request: Request, context: Context) -> Iterator[Mismatch]:
    """A Contact of REGISTER has neither pub-gruu nor temp-gruu."""
    for contact in request.contacts:
        for name in ("pub-gruu", "temp-gruu"):
            if name in contact.params:
                yield mismatch(request, "Contact", f"no {name}", str(contact)[:200])


@check("REG-INSTANCE-1", clause="RFC 5626 §4.1", level=MUST, on=_REGISTER, sender="ue")
def instance_id_is_persistent(request: Request, context: Context) -> Iterator[Mismatch]:
    """The instance-id of a UA does not change."""
    known = context.session.registrations.of(request)
    # Another Call-ID can be another device behind the same address.
    if known is None or known.call_id != request.call_id:
        return
    for contact in request.contacts:
        before, now = known.instances.get(contact.uri), contact.params.get("+sip.instance")
        # What is no instance-id at all was told where it stood.
        if before is not None and is_instance_id(before) and now and now != before:
            yield mismatch(request, "Contact", before, now)


@check("REG-CONTACT-1", clause="RFC 3840 §6", level=INFO, on=_REGISTER, sender="ue")
def refresh_keeps_the_features(request: Request, context: Context) -> Iterator[Mismatch]:
    """A registration refresh carries the feature parameters of the registration."""
    known = _refreshed(request, context)
    if known is None or not request.contacts or is_removal(request):
        return
    lost = {name for name in known.features if name.startswith("+")} - set(
        request.contacts[0].params
    )
    if lost:
        yield mismatch(request, "Contact", ", ".join(sorted(lost)), "without them")
