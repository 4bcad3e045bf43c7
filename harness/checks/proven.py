"""What a capture proves of a UE where a lost message might excuse it in general.

Beside most checks of this module there is one that remarks the same without the proof.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.checks.context import Context
from harness.checks.field_tables import EVENT_PACKAGES
from harness.checks.places import equal_uris, mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check, requests, retransmissions
from harness.checks.session_auth import credentials_in
from harness.checks.session_dialogs import keeps_its_uris
from harness.checks.session_publication import EntityTag, resource_of
from harness.model import Mismatch
from harness.sip.message import Request

# The UE's own next request shows that it had the final response this long ago.
_KNOWN_FOR = 1.0
# A constant pace is judged over so many waits, each too short for T2 and too long for packets that
# were held up somewhere and came in a bunch.
_STEADY = 4
_SHORTEST_WAIT = 0.05
# T1 and T2 are settings of many UEs: "The default value of T2 is 4s". Who has both at 2 s is right.
_LONGEST_WAIT = 1.8

_PUBLISHED = {
    "presence": ("application/pidf+xml", "application/pidf-diff+xml"),
    "dialog": ("application/dialog-info+xml",),
}


@check(
    "GEN-PEER-1",
    clause="RFC 3261 §12.2.1.1",
    level=MUST,
    on=requests("SUBSCRIBE"),
    sender="ue",
)
def dialog_has_its_uris(request: Request, context: Context) -> Iterator[Mismatch]:
    """The URIs of From and To in a dialog are its local and remote URI.

    Those of the SUBSCRIBE, or as the NOTIFY has them that made the dialog (RFC 6665 §4.4.1).
    Judged in a dialog that was seen whole, without the from-change of RFC 4916.
    """
    dialog = context.session.dialogs.find(request, "ue")
    if dialog is None or dialog.subscription is None or not keeps_its_uris(request, dialog):
        return
    first = dialog.subscription.request
    for name, one, other, given in (
        ("From", first.from_, request.from_, dialog.own_uris),
        ("To", first.to, request.to, dialog.peer_uris),
    ):
        if one is None or other is None:
            continue
        known = (one.uri, *given)
        if not any(equal_uris(other.uri, each) for each in known):
            yield mismatch(request, name, one.uri, other.uri)


@check("GEN-REPEAT-1", clause="RFC 3261 §8.1.1.7", level=MUST, on=requests(), sender="ue")
def branch_means_one_request(request: Request, context: Context) -> Iterator[Mismatch]:
    """What has the branch, Call-ID and CSeq of an earlier request is that request again.

    Judged where both copies have the same Via, Contact and Route: then no gateway on the way has
    written another address anywhere.
    """
    transaction = context.transaction
    first = transaction.request if transaction is not None else None
    if first is None or transaction is None or transaction.initiator != context.sender:
        return
    is_copy = (first.method, first.call_id, first.cseq) == (
        request.method,
        request.call_id,
        request.cseq,
    )
    if not is_copy or len(request.vias) != 1 or first.raw == request.raw:
        return
    places = ("Via", "Contact", "Route")
    if any(first.headers.values(each) != request.headers.values(each) for each in places):
        return
    for name, one, other in (
        ("From", first.from_, request.from_),
        ("To", first.to, request.to),
    ):
        if tag_of(one) != tag_of(other):
            yield mismatch(request, name, f"tag={tag_of(one)}")
            return
    for name in ("Expires", "Event", "SIP-If-Match", "User-Agent", "Accept", "Supported"):
        if first.headers.values(name) != request.headers.values(name):
            yield mismatch(request, name, first.headers.get(name) or "absent")
            return
    if len(first.body) != len(request.body):
        yield Mismatch(f"{len(first.body)} octets", f"{len(request.body)} octets", "body")


@check("GEN-REPEAT-2", clause="RFC 3261 §17.1.2.2", level=MUST, on=retransmissions(), sender="ue")
def repetitions_have_no_constant_pace(request: Request, context: Context) -> Iterator[Mismatch]:
    """Timer E doubles: a request is not sent again and again at a pace below T2.

    What a capture lacks makes two waits into one, and the next one longer still. Only even waits
    are judged: packets that were held up come in a bunch. Waits that have grown before have come
    to the UE's own T2.
    """
    transaction = context.transaction
    if transaction is None or transaction.initiator != "ue" or request.method in ("INVITE", "ACK"):
        return
    times = [*transaction.repeats, context.time]
    every = [later - earlier for earlier, later in pairwise(times)]
    waits, before = every[-_STEADY:], every[:-_STEADY]
    longest = min(0.75 * context.profile.timers.t2, _LONGEST_WAIT)
    if len(waits) < _STEADY or not all(_SHORTEST_WAIT < each < longest for each in waits):
        return
    has_grown = min(before, default=waits[0]) < 0.6 * min(waits)
    if max(waits) < 1.25 * min(waits) and not has_grown:
        yield Mismatch("waits that double", f"one of {waits[-1]:.2f} s each time", "message")


@check("GEN-REPEAT-3", clause="RFC 3261 §17.1.2.2", level=MUST, on=retransmissions(), sender="ue")
def answered_request_is_over(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request is not sent again once its final response has led to the next one.

    Judged for REGISTER and PUBLISH, of which a UA sends no new one before the final response, and
    for what was sent again with credentials. The next one is for the same address: accounts that
    share a Call-ID (RFC 3261 §10.2) do not wait for one another.
    """
    final = context.transaction.final if context.transaction is not None else None
    later = context.session.spaces.get(("ue", request.call_id or "", request.method))
    if final is None or later is None or request.cseq is None:
        return
    is_next = later.cseq > request.cseq.number and later.time > final.time
    is_same = request.to is not None and (request.uri, request.to.uri) == later.target
    is_answer = later.cseq == request.cseq.number + 1 and later.time < final.time + _KNOWN_FOR
    waits = request.method in ("REGISTER", "PUBLISH") or _is_challenge(context)
    if is_next and is_same and waits and is_answer and context.time - later.time > _KNOWN_FOR:
        yield Mismatch(
            "no retransmission",
            f"one {context.time - final.time:.1f} s after message {final.number}",
            "message",
        )


def _is_challenge(context: Context) -> bool:
    final = context.transaction.final if context.transaction is not None else None
    return final is not None and getattr(final.message, "status", 0) in (401, 407)


@check("AUTH-FIELD-3", clause="RFC 3261 §22.3", level=MUST, on=requests(), sender="ue")
def credentials_stay_in_the_field_of_their_call(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """Credentials for a nonce stand in the field that answers the challenge, call for call.

    Judged where a challenge with the nonce was given to a request of this Call-ID, and no other
    field was asked for with it.
    """
    fields = {401: "Authorization", 407: "Proxy-Authorization"}
    if (request.call_id or "") in context.session.authentication.challenged:
        return  # AUTH-FIELD-1 has the word
    sent = {(name, each.realm, each.nonce) for name, _, each in credentials_in(request)}
    for name, offset, each in credentials_in(request):
        nonce = context.session.authentication.find(each)
        if nonce is None or nonce.challenge is None or nonce.is_shared:
            continue
        wanted = fields.get(getattr(nonce.entry.message, "status", 0))
        if (wanted, each.realm, each.nonce) in sent:
            continue  # sent in its field, and unasked in the other one
        if wanted is not None and name != wanted and (request.call_id or "") in nonce.given_to:
            yield Mismatch(wanted, name, name, offset)


_LOWER = {each.lower(): each for each in EVENT_PACKAGES}


@check(
    "GEN-EVENT-3",
    clause="RFC 6665 §8.2.1",
    level=MUST,
    on=requests("SUBSCRIBE", "PUBLISH"),
    sender="ue",
)
def event_package_is_in_its_case(request: Request, context: Context) -> Iterator[Mismatch]:
    """The event package is written as it is registered: it is compared byte by byte."""
    package = request.event.package.partition(".")[0] if request.event is not None else ""
    registered = _LOWER.get(package.lower(), package)
    if package != registered:
        yield mismatch(request, "Event", registered)


@check("PUB-TAG-6", clause="RFC 3903 §4.1", level=MUST, on=requests("PUBLISH"), sender="ue")
def entity_tag_is_of_this_publication(request: Request, context: Context) -> Iterator[Mismatch]:
    """An entity-tag is used for the Request-URI and Event of the publication that it identifies.

    Judged where the UE goes on in the Call-ID, From tag and CSeq numbers of that publication.
    """
    if request.if_match is None or context.session.publications.find(request) is not None:
        return
    given = _last_in_call(request, context)
    if given is None or given.value != request.if_match or not given.is_current:
        return
    if request.cseq is None or given.cseq is None or request.cseq.number != given.cseq + 1:
        return
    aor, package = given.resource
    if package in EVENT_PACKAGES and resource_of(request)[1] not in ("", package):
        yield mismatch(request, "Event", package)
    elif resource_of(request)[0] != aor and not _is_to_its_user(request):
        yield mismatch(request, "SIP-If-Match", f"a publication of {aor}", request.uri)


def _is_to_its_user(request: Request) -> bool:
    """Whether Request-URI and To agree: then it was the request before that was astray."""
    return request.to is not None and equal_uris(request.uri, request.to.uri)


def _last_in_call(request: Request, context: Context) -> EntityTag | None:
    series = (request.call_id or "", tag_of(request.from_) or "")
    found = None
    for key, tag in context.session.publications.last.items():
        if key[2:] == series:
            found = tag
    return found


@check("PUB-TYPE-1", clause="RFC 3903 §10.1", level=SHOULD, on=requests("PUBLISH"), sender="ue")
def body_is_of_the_package(request: Request, context: Context) -> Iterator[Mismatch]:
    """The body of a PUBLISH is of a type that its event package has for event state.

    A package may gain types, so that another one is a remark.
    """
    if request.event is None or request.content_type is None or not request.body:
        return
    expected = _PUBLISHED.get(request.event.package)
    found = request.content_type.essence
    if expected is not None and found not in expected and not found.startswith("multipart/"):
        yield mismatch(request, "Content-Type", " or ".join(expected), found)
