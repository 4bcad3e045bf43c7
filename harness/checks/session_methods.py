"""Methods by name, and those that refer to another request: CANCEL, ACK, and MESSAGE (RFC 3428)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.field_rows import METHODS
from harness.checks.places import equal_uris, mismatch, start_line_mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.checks.session import Sent
from harness.checks.transactions import MAGIC_COOKIE
from harness.model import Mismatch, Transport
from harness.sip.message import Request

# RFC 3261 §17, table 4: 64*T1, after which a transaction is over.
_TRANSACTION_TIME = 32.0
_MAX_MESSAGE = 1300


# RFC 3261 §25.1: `REGISTERm = %x52.45.47.49.53.54.45.52 ; REGISTER in caps`; RFC 3903 §11.1.1: "As
# with all other SIP methods, the method name is case sensitive." Another spelling is a method that
# no standard defines, and does not do what the UE means it to.
@check("GEN-METHOD-1", clause="RFC 3261 §25.1", level=MUST, on=requests(), sender="ue")
def method_is_in_capitals(request: Request, context: Context) -> Iterator[Mismatch]:
    """The name of a method is in capitals, as it is defined."""
    if request.method not in METHODS and request.method.upper() in METHODS:
        yield start_line_mismatch(request, request.method.upper(), request.method)


def _original(request: Request, context: Context, *methods: str) -> Sent | None:
    """The request that a CANCEL or an ACK refers to: it has the same branch (RFC 3261 §9.1).

    Without the cookie a branch is one of RFC 2543, and need not be unique.
    """
    branch = request.top_via.branch if request.top_via is not None else None
    if not branch or not branch.startswith(MAGIC_COOKIE):
        return None
    found = (context.session.branches.get(("ue", branch, method)) for method in methods)
    return next((each for each in found if each is not None), None)


def _differences(request: Request, first: Sent) -> Iterator[Mismatch]:
    number = request.cseq.number if request.cseq is not None else first.cseq
    if number != first.cseq and first.cseq >= 0:
        yield mismatch(request, "CSeq", f"{first.cseq} {request.method}")
    if request.call_id is not None and request.call_id != first.call_id:
        yield mismatch(request, "Call-ID", first.call_id)
    if (tag_of(request.from_) or "") != first.from_tag:
        yield mismatch(request, "From", f"tag={first.from_tag}")
    if len(request.vias) != 1:
        yield mismatch(request, "Via", "1 value", f"{len(request.vias)} values")


@check("GEN-CANCEL-1", clause="RFC 3261 §9.1", level=MUST, on=requests("CANCEL"), sender="ue")
def cancel_repeats_its_request(request: Request, context: Context) -> Iterator[Mismatch]:
    """A CANCEL has Call-ID, From, CSeq number and one Via of the request that it cancels."""
    first = _original(request, context, *METHODS)
    if first is not None and len(request.vias) == 1:
        yield from _differences(request, first)
        if (tag_of(request.to) or "") != first.to_tag:
            yield mismatch(request, "To", f"tag={first.to_tag}" if first.to_tag else "no tag")


@check("GEN-CANCEL-2", clause="RFC 3261 §9.1", level=MUST, on=requests("CANCEL"), sender="ue")
def cancel_requires_nothing(request: Request, context: Context) -> Iterator[Mismatch]:
    """A CANCEL has neither Require nor Proxy-Require."""
    for name in ("Require", "Proxy-Require"):
        for row in request.headers.rows(name)[:1]:
            yield Mismatch("absent", row.value[:200], name, row.offset)


@check("GEN-CANCEL-3", clause="RFC 3261 §9.1", level=SHOULD, on=requests("CANCEL"), sender="ue")
def only_invite_is_cancelled(request: Request, context: Context) -> Iterator[Mismatch]:
    """A CANCEL is for an INVITE; other requests are answered at once."""
    others = [method for method in METHODS if method not in ("INVITE", "ACK", "CANCEL")]
    if _original(request, context, *others) is not None:
        yield start_line_mismatch(request, "no CANCEL", request.method)


@check("GEN-ACK-1", clause="RFC 3261 §17.1.1.3", level=MUST, on=requests("ACK"), sender="ue")
def ack_repeats_its_request(request: Request, context: Context) -> Iterator[Mismatch]:
    """An ACK for a refusal has Call-ID, From and CSeq number of its INVITE, and one Via."""
    # An ACK for 2xx is a transaction of its own, with a branch of its own (§13.2.2.4).
    first = _original(request, context, "INVITE")
    if first is not None and len(request.vias) == 1:
        yield from _differences(request, first)


# RFC 3261 §19.3 says MUST: "globally unique". The dialogs differ by Call-ID all the same, and a
# gateway or a script can give all its requests one tag: a remark.
@check(
    "GEN-TAG-1",
    clause="RFC 3261 §19.3",
    level=SHOULD,
    on=requests("REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE", "INVITE"),
    sender="ue",
)
def new_call_has_a_new_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """The From tag of a request with a new Call-ID is a new one."""
    own = tag_of(request.from_)
    if own is None or tag_of(request.to) is not None or request.call_id is None:
        return
    first = context.session.tags.get(own)
    if first is not None and first.call_id != request.call_id:
        observed = f"tag={own} of {first.method} in message {first.entry}"
        yield mismatch(request, "From", "a tag not used before", observed)


@check("GEN-MESSAGE-1", clause="RFC 3428 §8", level=SHOULD, on=requests("MESSAGE"), sender="ue")
def messages_wait_for_one_another(request: Request, context: Context) -> Iterator[Mismatch]:
    """No new MESSAGE for a URI is sent while another one waits for its final response.

    The text says MUST NOT outside of dialogs. The capture may lack a response: a remark.
    """
    if context.entry.source.transport is not Transport.UDP or tag_of(request.to) is not None:
        return
    for waiting in context.session.transactions.waiting("ue", "MESSAGE"):
        earlier = waiting.request
        if earlier is None or (earlier.call_id, earlier.cseq) == (request.call_id, request.cseq):
            continue
        is_waiting = context.time - waiting.started < _TRANSACTION_TIME
        if is_waiting and equal_uris(earlier.uri, request.uri) and tag_of(earlier.to) is None:
            number = waiting.entry.number if waiting.entry is not None else 0
            yield start_line_mismatch(request, "a final response first", f"message {number} waits")
            return


@check("GEN-MESSAGE-2", clause="RFC 3428 §8", level=SHOULD, on=requests("MESSAGE"), sender="ue")
def message_is_short(request: Request, context: Context) -> Iterator[Mismatch]:
    """A MESSAGE is not larger than 1300 bytes, whatever carries it on the first hop.

    The text says MUST NOT, unless the UA knows every hop: a remark.
    """
    size = len(request.raw)
    if context.entry.source.transport is not Transport.UDP and size > _MAX_MESSAGE:
        yield Mismatch("at most 1300 bytes", f"{size} bytes", "message")
