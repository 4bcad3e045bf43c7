"""What an IMS UE puts into its requests once it is registered (TS 24.229 §5.1.1.3, §5.1.2A.1.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.checks.context import Context
from harness.checks.identities import aor_of
from harness.checks.ims import is_ims
from harness.checks.ims_security import contact_ports, protected_ports
from harness.checks.places import mismatch, scheme, start_line_mismatch, tag_of
from harness.checks.registry import INFO, MUST, SHOULD, check, requests, responses
from harness.checks.sec_agree import VERIFY, mechanisms_in, uses_ipsec
from harness.checks.session_registration import Registration
from harness.model import Mismatch
from harness.sip.fields import FieldError, parse_name_addr
from harness.sip.message import Request, Response
from harness.sip.uri import SipUri

_ACCESS = "P-Access-Network-Info"
_SUBSCRIBE = requests("SUBSCRIBE")
_INITIAL = requests("SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE")
_TELLING = requests("REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE")
_SUBSCRIPTION_TIME = 600000
_CROSSING = 1.0
_ENDING = 2.0
_NUMBER = re.compile(r"(?:tel|sips?):(\+?[0-9.\-()]+)(?=[@;]|$)", re.IGNORECASE)
_SEPARATORS = str.maketrans("", "", ".-()")


def registration_in_use(context: Context) -> Registration | None:
    """The registration of an IMS UE that a new request is sent under, if that is known for sure.

    Its latest REGISTER was answered, it reached the host that the request goes to, and it is for
    the identity in From or P-Preferred-Identity, or for one that the registrar associates with it.
    """
    return context.once(_find_in_use)


def _find_in_use(context: Context) -> Registration | None:
    request = context.entry.message
    if not isinstance(request, Request) or tag_of(request.to) is not None:
        return None
    if len(request.vias) > 1:
        return None  # seen behind a proxy, which takes its own value off the Route (RFC 3261 §16.4)
    if context.session.dialogs.of_call(request.call_id):
        return None  # meant for a dialog, whether or not it has the To tag of it
    known = context.session.registrations.by_aor.values()
    if not known:
        return None
    told = request.headers.values("P-Preferred-Identity")
    senders = _aors(told) | _aors(request.headers.values("From")[:1])
    return next((each for each in known if _is_in_use(each, senders, context)), None)


def _is_in_use(known: Registration, senders: set[str], context: Context) -> bool:
    latest = known.entry.message
    if not known.is_active or not isinstance(latest, Request):
        return False
    # Of several flows (RFC 5626) each has what its own registration gave it.
    if known.entry.destination.host != context.entry.destination.host or not is_ims(latest):
        return False
    final = context.session.finals.get(("ue", latest.call_id or "", "REGISTER"))
    if latest.cseq is None or final is None or final[0] != latest.cseq.number:
        return False  # the answer to the latest REGISTER is not here yet, or was not seen
    # A request can be under way when the answer that changes its route arrives.
    answered = context.time - max(known.answered.values(), default=0.0)
    is_settled = answered > _CROSSING or known.succeeded == 1
    has_flows = len(known.answered) > 1 and any("reg-id" in each.params for each in latest.contacts)
    is_known = is_settled and not has_flows
    return is_known and bool(senders & ({known.aor} | associated(known)))


def associated(known: Registration) -> set[str]:
    """The addresses-of-record that the registrar has associated with a registration."""
    return _aors(known.associated_uris)


def _aors(values: Iterable[str]) -> set[str]:
    """The addresses-of-record in name-addrs and addr-specs; what is neither is left out."""
    found: set[str] = set()
    for value in values:
        try:
            aor = aor_of(parse_name_addr(value).uri)
        except FieldError:
            continue
        found |= {aor} if aor is not None else set()
    return found


def _is_barred(aor: str | None, context: Context) -> bool:
    """Whether an identity was registered and, by P-Associated-URI, is for nothing else.

    TS 24.229 §5.1.1.2.1: "treat the identity under registration as a barred public user identity,
    if it is not included in the P-Associated-URI header field". A wildcarded identity can mean it,
    and so can another form of its number.
    """
    known = context.session.registrations.by_aor.get(aor or "")
    if known is None or aor is None or not known.is_active or not is_ims_ue(known):
        return False
    others = associated(known)
    if not others or aor in others or any(_covers(each, aor) for each in others):
        return False
    number = _number(aor)
    return number is None or number not in map(_number, others)


def _covers(identity: str, aor: str) -> bool:
    """Whether an identity is a wildcarded one (TS 23.003 §13.5) that can mean another.

    What stands between the exclamation marks is not looked at.
    """
    head, mark, rest = identity.partition("!")
    return bool(mark) and aor.startswith(head) and aor.endswith(rest.rpartition("!")[2])


def _number(aor: str) -> str | None:
    found = _NUMBER.match(aor)
    return found[1].translate(_SEPARATORS) if found else None


def is_ims_ue(known: Registration) -> bool:
    """Whether the UE of a registration shows itself to be one of the IMS."""
    messages = (known.entry.message, known.first.message)
    return any(isinstance(each, Request) and is_ims(each) for each in messages)


def _is_of_ims(context: Context) -> bool:
    return any(map(is_ims_ue, context.session.registrations.by_aor.values()))


def _watches_itself(request: Request, context: Context) -> bool:
    """Whether a request is an IMS UE's new subscription to its registration state."""
    is_reg = request.event is not None and request.event.package.lower() == "reg"
    return is_reg and tag_of(request.to) is None and _is_of_ims(context)


# §5.1.1.3: "a Request-URI set to the resource to which the UE wants to be subscribed to, i.e. to a
# SIP URI that contains the public user identity used for subscription", From and To the same.
# No MUST: an application on the phone may watch the registration of somebody else (RFC 3680 §4.6).
@check("SUB-IMS-1", clause="TS 24.229 §5.1.1.3", level=SHOULD, on=_SUBSCRIBE, sender="ue")
def reg_subscription_is_for_the_own_identity(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """A subscription to the own registration has one SIP URI in Request-URI, From and To."""
    if request.from_ is None or request.to is None or not _watches_itself(request, context):
        return
    own = aor_of(request.from_.uri)
    # RFC 5630 §5.1.1.1: the identity as a SIPS URI is the same identity.
    if scheme(request.from_.uri) not in ("sip", "sips"):
        yield mismatch(request, "From", "a SIP URI", request.from_.uri)
    elif aor_of(request.to.uri) != own:
        yield mismatch(request, "To", request.from_.uri, request.to.uri)
    elif aor_of(request.uri) != own:
        yield start_line_mismatch(request, request.from_.uri, request.uri)


# §5.1.1.3: "an Expires header field set to 600 000 seconds as the value desired".
@check("SUB-IMS-2", clause="TS 24.229 §5.1.1.3", level=MUST, on=_SUBSCRIBE, sender="ue")
def reg_subscription_asks_for_600000_s(request: Request, context: Context) -> Iterator[Mismatch]:
    """A subscription to the own registration asks for 600000 seconds, unless it is to end."""
    asked = request.expires
    if asked == 0 or not _watches_itself(request, context):
        return
    # A longer one can be the answer to a 423, which the capture may lack.
    if asked is None or not _SUBSCRIPTION_TIME <= asked < 2**32:
        yield mismatch(request, "Expires", str(_SUBSCRIPTION_TIME))


# §5.1.1.3: "The UE shall use the default public user identity for subscription to the
# registration-state event package, if the public user identity that was used for initial
# registration is a barred public user identity."
@check("SUB-IMS-3", clause="TS 24.229 §5.1.1.3", level=MUST, on=_SUBSCRIBE, sender="ue")
def reg_subscription_has_no_barred_identity(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """A subscription to the own registration is not made for an identity that is barred."""
    aor = aor_of(request.from_.uri) if request.from_ is not None else None
    if _watches_itself(request, context) and _is_barred(aor, context):
        yield mismatch(request, "From", _told(aor, context))


# §5.1.1.1A: "The temporary public user identity is only used in REGISTER requests". It says so of
# no other barred identity, so that it is a remark.
@check(
    "GEN-IDENTITY-5",
    clause="TS 24.229 §5.1.1.1A",
    level=SHOULD,
    on=requests("SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE"),
    sender="ue",
)
def temporary_identity_is_for_registration(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """The identity in From is not one that was registered and is barred from all else."""
    if tag_of(request.to) is not None or _watches_itself(request, context):
        return
    aor = aor_of(request.from_.uri) if request.from_ is not None else None
    if _is_barred(aor, context):
        yield mismatch(request, "From", _told(aor, context))


def _told(aor: str | None, context: Context) -> str:
    known = context.session.registrations.by_aor.get(aor or "")
    return known.associated_uris[0] if known is not None else "another identity"


# §5.1.1.6.1: on the 200 to the last de-registration the UE removes all registration details, and
# deletes the security associations. The capture may lack another registration, so that it is a
# remark.
@check(
    "GEN-REGISTERED-2",
    clause="TS 24.229 §5.1.1.6.1",
    level=SHOULD,
    on=requests("SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE"),
    sender="ue",
)
def nothing_follows_the_deregistration(request: Request, context: Context) -> Iterator[Mismatch]:
    """An IMS UE that has ended its registrations sends no other requests."""
    known = context.session.registrations.by_aor.values()
    if any(each.is_active or each.ended_at is None for each in known) or not _is_of_ims(context):
        return
    first = context.transaction.request if context.transaction is not None else None
    if first is not None and first.cseq == request.cseq:
        return
    ended = max(each.ended_at or 0.0 for each in known)
    if context.time - ended > _ENDING:
        observed = f"{context.time - ended:.0f} s after the last de-registration"
        yield Mismatch("a registered UE", observed, request.method)


# §5.1.2A.1.1: "If available to the UE (as defined in the access technology specific annexes for
# each access technology), the UE shall insert a P-Access-Network-Info header field into any request
# for a dialog [...] or any request for a standalone method". A UE that told its access in REGISTER
# has it available; it can have moved since.
@check("GEN-ACCESS-1", clause="TS 24.229 §5.1.2A.1.1", level=SHOULD, on=_TELLING, sender="ue")
def access_network_is_told_again(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UE that tells its access network in REGISTER tells it in its other requests.

    A REGISTER tells it as well (§5.1.1.4.1), unless nothing protects it.
    """
    if request.headers.rows(_ACCESS):
        return
    known = registration_in_use(context)
    if request.method == "REGISTER":
        is_protected = bool(request.headers.rows(VERIFY))
        known = context.session.registrations.of(request) if is_protected else None
    latest = known.entry.message if known is not None else None
    if isinstance(latest, Request) and latest.headers.rows(_ACCESS):
        yield mismatch(request, _ACCESS, latest.headers.get(_ACCESS) or "present")


# §5.1.2A.1.1: "or response (except CANCEL responses) within a dialog". The phone can have moved to
# an access that it does not tell of.
@check(
    "GEN-ACCESS-2",
    clause="TS 24.229 §5.1.2A.1.1",
    level=INFO,
    on=responses("NOTIFY", status=range(200, 300)),
    sender="ue",
)
def access_network_is_told_in_answers(response: Response, context: Context) -> Iterator[Mismatch]:
    """A UE that tells its access network in REGISTER tells it in its answers to NOTIFY."""
    if response.headers.rows(_ACCESS):
        return
    for known in context.session.registrations.by_aor.values():
        latest = known.entry.message
        is_same = known.entry.destination.host == context.entry.destination.host
        if known.is_active and is_same and isinstance(latest, Request):
            if latest.headers.rows(_ACCESS):
                yield mismatch(response, _ACCESS, latest.headers.get(_ACCESS) or "present")
            return


# §5.1.2A.1.1, for IMS AKA: "if the UE has not obtained a GRUU, populate the Contact header field of
# the request with the protected server port", and "include the protected server port [...] in the
# Via header field entry relating to the UE". A UE can have several sets of security associations
# that the capture does not show, so that it is a remark.
@check("GEN-PORT-1", clause="TS 24.229 §5.1.2A.1.1", level=SHOULD, on=_INITIAL, sender="ue")
def request_tells_the_protected_port(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request over IPsec has the protected server port in Contact and Via."""
    known = registration_in_use(context)
    latest = known.entry.message if known is not None else None
    if not isinstance(latest, Request) or not _is_protected(latest):
        return
    wanted = protected_ports(known)
    expected = f"port {' or '.join(map(str, sorted(wanted)))}"
    is_gruu = any(
        isinstance(each.parsed, SipUri) and "gr" in each.parsed.params for each in request.contacts
    )
    found = contact_ports(request)
    if wanted and found and not is_gruu and not wanted & found:
        yield mismatch(request, "Contact", expected)
    via = request.top_via
    if wanted and via is not None and (via.port or 5060) not in wanted:
        yield mismatch(request, "Via", expected)


# RFC 3329 §2.3.1: "All the subsequent SIP requests sent by the client to that server SHOULD make
# use of the security mechanism [...]. These requests MUST contain a Security-Verify header field
# that mirrors the server's list". A request may go without the mechanism, and a UE can have several
# security associations, so that it is a remark.
@check("GEN-SECURITY-3", clause="RFC 3329 §2.3.1", level=SHOULD, on=_INITIAL, sender="ue")
def later_requests_verify_the_agreement(request: Request, context: Context) -> Iterator[Mismatch]:
    """After a security agreement the requests to the server have the same Security-Verify."""
    known = registration_in_use(context)
    latest = known.entry.message if known is not None else None
    if not isinstance(latest, Request) or not _is_protected(latest):
        return
    if any(problem.where == VERIFY for problem in (*request.malformed, *latest.malformed)):
        return
    if mechanisms_in(request, VERIFY) != mechanisms_in(latest, VERIFY):
        yield mismatch(request, VERIFY, ", ".join(latest.headers.values(VERIFY))[:200])


def _is_protected(register: Request) -> bool:
    """Whether a REGISTER went over the security associations that it agreed on."""
    return bool(register.headers.rows(VERIFY)) and uses_ipsec(register)
