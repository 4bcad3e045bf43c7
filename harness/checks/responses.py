"""What holds for every SIP response, and for its request (RFC 3261 §8.2.6, §17.2, §20, §21)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.identities import canonical_host
from harness.checks.places import (
    absent,
    equal_uris,
    mismatch,
    start_line_mismatch,
    tag_of,
)
from harness.checks.registry import MUST, SHOULD, at_end, check, responses
from harness.checks.session import Session
from harness.config import Profile
from harness.model import Mismatch
from harness.sip.fields import Via
from harness.sip.message import Request, Response
from harness.sip.parameters import Parameters
from harness.trace import TraceEntry

# RFC 3261 §17, table 4: 64*T1, after which a transaction is over.
_TRANSACTION_TIME = 32.0


@check("RSP-MANDATORY-1", clause="RFC 3261 §20", level=MUST, on=responses())
def response_has_the_copied_fields(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response contains the Via, From, To, Call-ID and CSeq that it copies from the request."""
    request = context.sip_request
    names = ("Via", "From", "To", "Call-ID", "CSeq")
    # What the request lacks no one can copy.
    if request is not None:
        yield from absent(response, (name for name in names if request.headers.rows(name)))


@check("RSP-VIA-1", clause="RFC 3261 §8.2.6.2", level=MUST, on=responses())
def response_mirrors_via(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Via values of a response equal those of its request, in the same order.

    The receiver of the request adds received (§18.2.1), the value of rport (RFC 3581 §4), that of
    keep (RFC 6223 §4.4) and those of overload control (RFC 7339 §4).
    """
    request = context.sip_request
    # Copies of a fork by RFC 2543 cannot be told apart.
    is_certain = context.transaction is not None and context.transaction.has_branch
    if request is None or not response.vias or not is_certain:
        return
    wanted, found = request.vias, response.vias
    if len(wanted) != request.headers.count("Via") or len(found) != response.headers.count("Via"):
        return  # unreadable values are the matter of GEN-SYNTAX-1
    if len(wanted) != len(found):
        yield mismatch(response, "Via", f"{len(wanted)} values", f"{len(found)} values")
        return
    for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
        if one is not other and _comparable(one, index == 0) != _comparable(other, index == 0):
            yield mismatch(response, "Via", str(one), str(other))


_ADDED = ("received", "rport", "keep", "oc", "oc-algo", "oc-validity", "oc-seq")


def _comparable(via: Via, is_top: bool) -> tuple[object, ...]:
    params = via.params.once(_without_added if is_top else _all)
    port = via.port or (5061 if via.transport == "TLS" else 5060)
    return (
        via.protocol.upper(),
        via.transport,
        canonical_host(via.host),
        port,
        params,
    )


def _without_added(params: Parameters) -> frozenset[tuple[str, str | None]]:
    return frozenset(each for each in _all(params) if each[0] not in _ADDED)


def _all(params: Parameters) -> frozenset[tuple[str, str | None]]:
    return frozenset(
        (name, value if name == "branch" else (value or "").lower())
        for name, value in params.items()
    )


@check("RSP-FROM-1", clause="RFC 3261 §8.2.6.2", level=MUST, on=responses())
def response_mirrors_from(response: Response, context: Context) -> Iterator[Mismatch]:
    """The From of a response equals that of its request."""
    request = context.sip_request
    if request is None or request.from_ is None or response.from_ is None:
        return
    if tag_of(request.from_) != tag_of(response.from_):
        yield mismatch(response, "From", f"tag={request.from_.tag}")
    elif not equal_uris(request.from_.uri, response.from_.uri):
        yield mismatch(response, "From", request.from_.uri)


@check("RSP-TO-1", clause="RFC 3261 §8.2.6.2", level=MUST, on=responses())
def response_mirrors_to(response: Response, context: Context) -> Iterator[Mismatch]:
    """The To of a response has the URI of the request's To, and its tag if there was one."""
    request = context.sip_request
    if request is None or request.to is None or response.to is None:
        return
    if request.to.tag is not None and request.to.tag != response.to.tag:
        yield mismatch(response, "To", f"tag={request.to.tag}")
    elif not equal_uris(request.to.uri, response.to.uri):
        yield mismatch(response, "To", request.to.uri)


@check("RSP-CALLID-1", clause="RFC 3261 §8.2.6.2", level=MUST, on=responses())
def response_mirrors_call_id(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Call-ID of a response equals that of its request."""
    request = context.sip_request
    if request is None or request.call_id is None or response.call_id is None:
        return
    if request.call_id != response.call_id:
        yield mismatch(response, "Call-ID", request.call_id)


@check("RSP-CSEQ-1", clause="RFC 3261 §8.2.6.2", level=MUST, on=responses())
def response_mirrors_cseq(response: Response, context: Context) -> Iterator[Mismatch]:
    """The CSeq of a response equals that of its request."""
    request = context.sip_request
    if request is None or request.cseq is None or response.cseq is None:
        return
    if request.cseq != response.cseq:
        yield mismatch(response, "CSeq", str(request.cseq))


@check("RSP-TAG-1", clause="RFC 3261 §8.2.6.2", level=MUST, on=responses(status=range(101, 700)))
def response_has_a_to_tag(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response other than 100 carries a tag in To."""
    if response.to is not None and not response.to.tag:
        yield mismatch(response, "To", "a tag parameter")


@check(
    "RSP-TAG-2",
    clause="RFC 3261 §8.2.6.2",
    level=MUST,
    on=responses(status=range(101, 700)),
    sender="ue",
)
def responses_share_the_to_tag(response: Response, context: Context) -> Iterator[Mismatch]:
    """All responses of a UAS to one request carry the same To tag."""
    transaction = context.transaction
    if transaction is None or not transaction.has_branch or tag_of(response.to) is None:
        return
    for earlier in transaction.responses:
        message = earlier.message
        if not isinstance(message, Response) or message.status <= 100:
            continue
        tag = tag_of(message.to)
        if tag is not None and tag != tag_of(response.to):
            yield mismatch(response, "To", f"tag={tag}")
            return


@check(
    "RSP-FINAL-1",
    clause="RFC 3261 §17.2.2",
    level=MUST,
    on=responses(status=range(200, 700)),
    sender="ue",
)
def request_gets_one_final_response(response: Response, context: Context) -> Iterator[Mismatch]:
    """A non-INVITE request gets one final response, however often it arrives."""
    first = _earlier_final(response, context)
    if first is not None and first.status != response.status:
        yield start_line_mismatch(response, str(first.status), str(response.status))


# A UAS without state makes its response anew, and may write another Date (RFC 3261 §8.2.7): a
# remark. Another status or To tag is the matter of RSP-FINAL-1 and RSP-TAG-2.
@check(
    "RSP-FINAL-2",
    clause="RFC 3261 §17.2.2",
    level=SHOULD,
    on=responses(status=range(200, 700)),
    sender="ue",
)
def repeated_final_response_is_the_same(response: Response, context: Context) -> Iterator[Mismatch]:
    """A retransmitted request is answered with the final response already given."""
    first = _earlier_final(response, context)
    if first is not None and first.status == response.status and first.raw != response.raw:
        given = context.transaction.final if context.transaction is not None else None
        number = given.number if given is not None else 0
        yield Mismatch(f"the bytes of message {number} again", "other bytes", "message")


def _earlier_final(response: Response, context: Context) -> Response | None:
    transaction = context.transaction
    request = context.sip_request
    if transaction is None or request is None or not transaction.has_branch:
        return None
    if request.method in ("INVITE", "ACK"):
        return None
    final = transaction.final
    # After 64*T1 the server transaction is gone; over TCP at once (Timer J, §17.2.2).
    if final is None or context.time - final.time >= _TRANSACTION_TIME:
        return None
    if context.entry.source.transport.is_reliable:
        return None
    message = final.message
    return message if isinstance(message, Response) else None


def _is_not_invite(response: Response, context: Context) -> bool:
    method = context.sip_request.method if context.sip_request is not None else response.method
    return method not in ("", "INVITE", "ACK")


@check(
    "RSP-PROVISIONAL-1", clause="RFC 4320 §4.1", level=MUST, on=responses(status=range(101, 200))
)
def non_invite_gets_no_ringing(response: Response, context: Context) -> Iterator[Mismatch]:
    """No provisional response but 100 is sent to a non-INVITE request."""
    if _is_not_invite(response, context):
        yield start_line_mismatch(response, "100, or a final response", str(response.status))


@check("RSP-408-1", clause="RFC 4320 §4.2", level=MUST, on=responses(status=408), sender="ue")
def non_invite_gets_no_408(response: Response, context: Context) -> Iterator[Mismatch]:
    """No 408 is sent to a non-INVITE request."""
    if _is_not_invite(response, context):
        yield start_line_mismatch(response, "another final response, or none", "408")


@check("RSP-405-1", clause="RFC 3261 §21.4.6", level=MUST, on=responses(status=405))
def method_not_allowed_lists_methods(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 405 response has an Allow header field."""
    yield from absent(response, ("Allow",))


@check("RSP-420-1", clause="RFC 3261 §21.4.15", level=MUST, on=responses(status=420))
def bad_extension_names_it(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 420 response lists the extensions in Unsupported."""
    yield from absent(response, ("Unsupported",))


@check("RSP-423-1", clause="RFC 3261 §10.3", level=MUST, on=responses("REGISTER", status=423))
def brief_registration_is_told_the_minimum(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A 423 response to REGISTER has a Min-Expires."""
    yield from absent(response, ("Min-Expires",))


@check("RSP-423-2", clause="RFC 3903 §6", level=MUST, on=responses("PUBLISH", status=423))
def brief_publication_is_told_the_minimum(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A 423 response to PUBLISH has a Min-Expires."""
    yield from absent(response, ("Min-Expires",))


@check("RSP-401-1", clause="RFC 3261 §22.2", level=MUST, on=responses(status=401))
def unauthorized_has_a_challenge(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 401 response has a WWW-Authenticate header field."""
    yield from absent(response, ("WWW-Authenticate",))


@check("RSP-407-1", clause="RFC 3261 §22.3", level=MUST, on=responses(status=407))
def proxy_authentication_has_a_challenge(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A 407 response has a Proxy-Authenticate header field."""
    yield from absent(response, ("Proxy-Authenticate",))


@check("RSP-415-1", clause="RFC 3261 §21.4.13", level=MUST, on=responses(status=415))
def unsupported_media_names_what_is(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 415 response has Accept, Accept-Encoding or Accept-Language."""
    names = ("Accept", "Accept-Encoding", "Accept-Language")
    if not any(response.headers.rows(name) for name in names):
        yield Mismatch(" or ".join(names), "absent", "Accept")


@check("RSP-489-1", clause="RFC 3903 §11.1.1", level=MUST, on=responses("PUBLISH", status=489))
def bad_event_lists_packages(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 489 response to PUBLISH has Allow-Events."""
    yield from absent(response, ("Allow-Events",))


@check("RSP-UNANSWERED-1", clause="RFC 3261 §8.2.6.1", level=SHOULD, on=at_end(), sender="ue")
def request_is_answered(
    session: Session, profile: Profile
) -> Iterator[tuple[TraceEntry, Mismatch]]:
    """A UAS generates a final response to a non-INVITE request as soon as possible."""
    for entry in session.unanswered.values():
        request = entry.message
        waited = session.last_time - entry.time
        if not isinstance(request, Request) or waited < _TRANSACTION_TIME:
            continue
        if request.method in ("", "INVITE", "ACK") or session.last_sent < entry.time:
            continue  # the UE may have gone, or the capture may have ended for it
        yield entry, Mismatch("a final response", f"none in {waited:.0f} s", request.method)
