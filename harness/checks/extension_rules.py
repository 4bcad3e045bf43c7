"""What the RFCs of extensions forbid a UA in the values of their fields, one rule a field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from harness.checks.context import Context
from harness.checks.field_tables import EVENT_PACKAGES, OPTION_TAGS
from harness.checks.identities import aor_of
from harness.checks.places import equal_uris, mismatch, scheme, tag_of
from harness.checks.registry import MUST, SHOULD, check, requests, sip_messages
from harness.checks.session_auth import credentials_in
from harness.checks.session_registration import Registration
from harness.model import Mismatch
from harness.sip.fields import FieldError, parse_name_addr, parse_number
from harness.sip.message import Message, Request
from harness.sip.parameters import Parameters, split_top_level
from harness.sip.uri import SipUri, UriError, parse_uri

_REGISTER = requests("REGISTER")
_DIALOG_FORMING = requests("SUBSCRIBE", "INVITE", "REFER")
_SHORTEST_SESSION = 90


def _privacy(message: Message) -> list[str]:
    rows = message.headers.rows("Privacy")
    return [each.strip().lower() for row in rows for each in row.value.split(";") if each.strip()]


@check("GEN-PRIVACY-1", clause="RFC 3323 §4.2", level=MUST, on=sip_messages(), sender="ue")
def no_privacy_stands_alone(message: Message, context: Context) -> Iterator[Mismatch]:
    """A Privacy header field with "none" has no other value."""
    values = _privacy(message)
    if "none" in values and len(values) > 1:
        yield mismatch(message, "Privacy", "none, or other values")


@check("GEN-PRIVACY-2", clause="RFC 3323 §4.2", level=MUST, on=sip_messages(), sender="ue")
def privacy_names_each_kind_once(message: Message, context: Context) -> Iterator[Mismatch]:
    """Each of "user", "header" and "session" appears at most once in Privacy."""
    counted = Counter(_privacy(message))
    for value in ("user", "header", "session"):
        if counted[value] > 1:
            yield mismatch(message, "Privacy", f"{value} once")


# A gateway in the trust domain can assert the one and pass the other on: a remark.
@check("GEN-IDENTITY-6", clause="RFC 5876 §4.1", level=SHOULD, on=requests(), sender="ue")
def identity_is_asserted_or_preferred(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UAC sends P-Asserted-Identity or P-Preferred-Identity, not both."""
    # Behind a proxy the request has a Via of that as well, and an identity that the proxy asserts.
    if "P-Preferred-Identity" in request.headers and len(request.vias) == 1:
        for row in request.headers.rows("P-Asserted-Identity")[:1]:
            yield Mismatch("absent", row.value[:200], "P-Asserted-Identity", row.offset)


# The text says MUST. RFC 5876, which updates it, reckons with other numbers and schemes where the
# specification of a trust domain has them: a remark.
@check("GEN-IDENTITY-7", clause="RFC 3325 §9.1", level=SHOULD, on=requests(), sender="ue")
def asserted_identity_is_one_of_each_kind(request: Request, context: Context) -> Iterator[Mismatch]:
    """P-Asserted-Identity has one SIP, SIPS or tel URI, or one SIP or SIPS and one tel URI."""
    try:
        uris = [parse_name_addr(each).uri for each in request.headers.values("P-Asserted-Identity")]
    except FieldError:
        return  # the grammar has the word
    kinds = sorted("sip" if scheme(uri) == "sips" else scheme(uri) for uri in uris)
    if kinds and kinds not in (["sip"], ["tel"], ["sip", "tel"]):
        wanted = "one SIP URI, one tel URI, or one of each"
        yield mismatch(request, "P-Asserted-Identity", wanted)


# RFC 7315 §4.2.2.1: "A UAC MUST NOT insert a P-Called-Party-ID header field in any SIP request or
# response"; §4.3.2.1: "MUST NOT insert a P-Visited-Network-ID header field in any SIP message".
def _inserted_by_proxies(name: str) -> Callable[[Message, Context], Iterator[Mismatch]]:
    def is_left_to_proxies(message: Message, context: Context) -> Iterator[Mismatch]:
        is_own = not isinstance(message, Request) or len(message.vias) == 1
        for row in message.headers.rows(name)[:1] if is_own else ():
            yield Mismatch("absent", row.value[:200], name, row.offset)

    is_left_to_proxies.__doc__ = f"A UA inserts no {name}: proxies do."
    return is_left_to_proxies


for _id, _section, _name in (
    ("GEN-NETWORK-1", "4.2.2.1", "P-Called-Party-ID"),
    ("GEN-NETWORK-2", "4.3.2.1", "P-Visited-Network-ID"),
):
    check(_id, clause=f"RFC 7315 §{_section}", level=MUST, on=sip_messages(), sender="ue")(
        _inserted_by_proxies(_name)
    )


@check("GEN-KEEP-1", clause="RFC 6223 §4.3", level=MUST, on=requests("ACK"), sender="ue")
def ack_negotiates_no_keep_alives(request: Request, context: Context) -> Iterator[Mismatch]:
    """The top Via of an ACK for a 2xx has no keep parameter.

    That of an ACK for a refusal "MUST be equal to the top Via" of its INVITE (RFC 3261 §17.1.1.3).
    """
    via = request.top_via
    if via is None or "keep" not in via.params:
        return
    number = request.cseq.number if request.cseq is not None else None
    final = context.session.finals.get(("ue", request.call_id or "", "INVITE"))
    if final is not None and final[0] == number and 200 <= final[1] < 300:
        yield mismatch(request, "Via", "no keep parameter")


@check("GEN-PREFERENCES-1", clause="RFC 3841 §10", level=MUST, on=requests(), sender="ue")
def preference_requires_once(request: Request, context: Context) -> Iterator[Mismatch]:
    """A value of Accept-Contact has at most one each of its parameters."""
    for name in ("Accept-Contact", "Reject-Contact"):
        for value in request.headers.values(name):
            _, *written = split_top_level(value, ";")
            names = Counter(each.partition("=")[0].strip().lower() for each in written)
            for param in sorted(each for each, count in names.items() if count > 1):
                yield mismatch(request, name, f"{param} once", value[:200])


@check("AUTH-USER-2", clause="RFC 7616 §3.4", level=MUST, on=requests(), sender="ue")
def username_has_one_form(request: Request, context: Context) -> Iterator[Mismatch]:
    """Credentials have username or username*, not both."""
    for name, offset, credentials in credentials_in(request):
        written = {param.name.lower() for param in credentials.value.params}
        if {"username", "username*"} <= written:
            yield Mismatch("username or username*", "both", name, offset)


@check("SUB-SUPPRESS-1", clause="RFC 5839 §5.2", level=MUST, on=requests("SUBSCRIBE"), sender="ue")
def condition_is_single(request: Request, context: Context) -> Iterator[Mismatch]:
    """A conditional SUBSCRIBE has a single Suppress-If-Match."""
    rows = request.headers.rows("Suppress-If-Match")
    if len(rows) > 1:
        yield Mismatch("1 row", f"{len(rows)} rows", "Suppress-If-Match", rows[1].offset)


@check(
    "GEN-SESSIONTIMER-1",
    clause="RFC 4028 §5",
    level=MUST,
    on=sip_messages(),
    sender="ue",
)
def session_interval_is_90_seconds(message: Message, context: Context) -> Iterator[Mismatch]:
    """Session-Expires and Min-SE are at least 90 seconds.

    A UAS "copies the value of the Session-Expires header field from the request" (§9), and later
    requests have it too: the fault is that of who gave it.
    """
    for name in ("Session-Expires", "Min-SE"):
        for row in message.headers.rows(name):
            is_first = isinstance(message, Request) and tag_of(message.to) is None
            if name == "Session-Expires" and not is_first:
                continue
            try:
                seconds = parse_number(row.value.partition(";")[0].strip())
            except FieldError:
                continue  # the grammar has the word
            if seconds < _SHORTEST_SESSION:
                yield Mismatch("90 or more", row.value[:200], name, row.offset)


@check("GEN-PRIORITY-1", clause="RFC 4412 §3.1", level=MUST, on=sip_messages(), sender="ue")
def priority_namespace_comes_once(message: Message, context: Context) -> Iterator[Mismatch]:
    """A namespace appears once in the Resource-Priority of a message."""
    values = message.headers.values("Resource-Priority")
    counted = Counter(each.partition(".")[0].strip().lower() for each in values)
    for namespace in sorted(each for each, count in counted.items() if count > 1):
        yield mismatch(message, "Resource-Priority", f"{namespace} once")


@check("GEN-CHUNKED-1", clause="RFC 3261 §7.4.2", level=MUST, on=sip_messages(), sender="ue")
def body_is_not_chunked(message: Message, context: Context) -> Iterator[Mismatch]:
    """A SIP message does not use the chunked transfer encoding of HTTP."""
    for row in message.headers.rows("Transfer-Encoding"):
        if "chunked" in row.value.lower():
            yield Mismatch("absent", row.value[:200], "Transfer-Encoding", row.offset)


_STANDARD = {"events": EVENT_PACKAGES, "extensions": OPTION_TAGS}


@check("REG-FEATURE-1", clause="RFC 3840 §5", level=SHOULD, on=_REGISTER, sender="ue")
def features_are_standardized(request: Request, context: Context) -> Iterator[Mismatch]:
    """The feature tags events and extensions have registered event packages and option tags.

    The text says MUST NOT of others; the registries grow, so that an unknown value is a remark.
    """
    for contact in request.contacts:
        for name, known in _STANDARD.items():
            for value in (contact.params.get(name) or "").strip('"').split(","):
                token = value.strip().lstrip("!").lower()
                bare = token.partition(".")[0] if name == "events" else token
                if bare and bare not in known:
                    yield mismatch(request, "Contact", f"{name} registered with IANA", token)


# RFC 3840 §6: "a UA MUST use different URIs in each registration"; the capture may lack the
# registration that gave the other address the same features: a remark.
@check("REG-CONTACT-2", clause="RFC 3840 §6", level=SHOULD, on=_REGISTER, sender="ue")
def addresses_share_no_contact(request: Request, context: Context) -> Iterator[Mismatch]:
    """Contacts of several addresses-of-record differ where their capabilities do."""
    own = context.session.registrations.of(request)
    for other in context.session.registrations.by_aor.values():
        if other is own or not other.is_active or not request.contacts:
            continue
        contact = request.contacts[0]
        is_shared = other.contacts[:1] == (contact.uri,)
        ours, theirs = (
            {name for name in names if name.startswith("+")}
            for names in (contact.params, other.features)
        )
        if is_shared and ours and ours != theirs:
            yield mismatch(request, "Contact", f"another URI than for {other.aor}", contact.uri)
            return


@check("REG-OUTBOUND-5", clause="RFC 5626 §4.5", level=SHOULD, on=_REGISTER, sender="ue")
def flow_keeps_its_number(request: Request, context: Context) -> Iterator[Mismatch]:
    """A registration has the reg-id of the one that it replaces: same Call-ID, same contact.

    The text says MUST. Whether it replaces the other is the UA's to know: a remark.
    """
    known = context.session.registrations.of(request)
    latest = known.entry.message if known is not None else None
    if not isinstance(latest, Request) or latest.call_id != request.call_id:
        return
    before = {contact.uri: contact.params.get("reg-id") for contact in latest.contacts}
    for contact in request.contacts:
        old, new = before.get(contact.uri), contact.params.get("reg-id")
        if old is not None and new is not None and old != new:
            yield mismatch(request, "Contact", f"reg-id={old}", f"reg-id={new}")


@check("REG-GRUU-4", clause="RFC 5627 §4.1", level=MUST, on=_REGISTER, sender="ue")
def contact_is_no_gruu_of_the_address(request: Request, context: Context) -> Iterator[Mismatch]:
    """The contact that is registered is not a GRUU of the address-of-record."""
    aor = aor_of(request.to.uri) if request.to is not None else None
    known = context.session.registrations.of(request)
    given = known.gruus if known is not None else ()
    for contact in request.contacts:
        uri = contact.parsed
        is_gruu = isinstance(uri, SipUri) and uri.is_gruu and aor_of(contact.uri) == aor
        if is_gruu or any(equal_uris(contact.uri, each) for each in given):
            yield mismatch(request, "Contact", "the URI of the UA instance", contact.uri)


# RFC 5627 §4.2: "the UA MUST NOT add, remove, or modify URI parameters relevant for receipt and
# processing of request at the proxy, including the transport, lr, maddr, ttl, user, and comp".
_KEPT = ("transport", "lr", "maddr", "ttl", "user", "comp", "gr")


@check("SUB-GRUU-2", clause="RFC 5627 §4.2", level=MUST, on=_DIALOG_FORMING, sender="ue")
def gruu_is_used_as_given(request: Request, context: Context) -> Iterator[Mismatch]:
    """A GRUU in Contact has the parameters that the registrar gave it with."""
    given = [
        parsed
        for known in context.session.registrations.by_aor.values()
        for each in known.gruus
        if (parsed := _read(each)) is not None
    ]
    for contact in request.contacts:
        uri = _read(contact.uri)
        if uri is None or not uri.is_gruu:
            continue
        same = [each for each in given if _identity(each) == _identity(uri)]
        if same and all(_kept(each.params) != _kept(uri.params) for each in same):
            yield mismatch(request, "Contact", str(same[-1]), contact.uri)


def _read(text: str) -> SipUri | None:
    try:
        uri = parse_uri(text)
    except UriError:
        return None
    return uri if isinstance(uri, SipUri) else None


def _identity(uri: SipUri) -> tuple[str | None, str, str]:
    """User, host and instance: what tells one GRUU from another."""
    return uri.decoded_user, uri.host.lower(), (uri.params.get("gr") or "").lower()


def _kept(params: Parameters) -> dict[str, str]:
    return {name: (params.get(name) or "").lower() for name in _KEPT if name in params}


@check("SUB-GRUU-3", clause="RFC 5627 §4.4", level=SHOULD, on=_DIALOG_FORMING, sender="ue")
def gruu_is_of_an_active_registration(request: Request, context: Context) -> Iterable[Mismatch]:
    """A GRUU in Contact comes from a registration that has not ended.

    The text says MUST. The capture may lack a registration after it: a remark.
    """
    registrations = tuple(context.session.registrations.by_aor.values())
    for contact in request.contacts:
        givers = [each for each in registrations if contact.uri in each.gruus]
        if givers and all(_has_ended(each, context.time) for each in givers):
            return [mismatch(request, "Contact", "no GRUU", contact.uri)]
    return []


# A request can cross the answer to a de-registration.
_CROSSING = 2.0


def _has_ended(known: Registration, now: float) -> bool:
    return not known.is_active and known.ended_at is not None and now - known.ended_at > _CROSSING
