"""What a UAC does after a refusal, and while it waits for an answer (RFC 3261 §10.2, §21)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import mismatch, scheme
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.checks.session_auth import credentials_in
from harness.model import Mismatch, Transport
from harness.sip.fields import FieldError, parse_name_addr
from harness.sip.message import Request

# How long a 403 is held against a request that is sent again.
_FORBIDDEN_FOR = 60.0
_TRANSACTION_TIME = 32.0

_ANY = requests("REGISTER", "SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE", "INVITE", "REFER")


@check("GEN-RETRY-1", clause="RFC 3261 §21.5.4", level=SHOULD, on=_ANY, sender="ue")
def unavailable_server_is_left_alone(request: Request, context: Context) -> Iterator[Mismatch]:
    """After a 503 with Retry-After no request goes to that server for the time it names."""
    server = (context.entry.destination.host, context.entry.destination.port)
    until = context.session.unavailable.get(server)
    first = context.transaction.request if context.transaction is not None else None
    if until is None or context.time >= until or (first and first.cseq == request.cseq):
        return
    left = until - context.time
    yield Mismatch("a request after Retry-After", f"one {left:.0f} s too early", "Request-Line")


@check("GEN-FORBIDDEN-1", clause="RFC 3261 §21.4.4", level=SHOULD, on=_ANY, sender="ue")
def forbidden_request_is_not_repeated(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that was answered with 403 is not repeated."""
    found = context.session.forbidden.get((request.method, request.uri))
    if found is None or request.expires == 0:
        return
    refused, at = found
    is_same = refused.body == request.body and refused.event == request.event
    is_new = refused.cseq != request.cseq or refused.call_id != request.call_id
    if is_same and is_new and context.time - at < _FORBIDDEN_FOR:
        yield mismatch(
            request, "CSeq", "no further request", f"one after the 403 to {refused.cseq}"
        )


@check(
    "REG-OVERLAP-1",
    clause="RFC 3261 §10.2",
    level=SHOULD,
    on=requests("REGISTER"),
    sender="ue",
)
def registrations_wait_for_one_another(request: Request, context: Context) -> Iterator[Mismatch]:
    """No new registration is sent while another waits for its final response.

    The text says MUST NOT. The capture may lack a response, or the error of the transport that
    ended the wait, so that the finding is a remark.
    """
    if context.entry.source.transport is not Transport.UDP:
        return
    for waiting in context.session.transactions.waiting("ue", "REGISTER"):
        earlier = waiting.request
        if earlier is None or earlier.call_id != request.call_id or earlier.cseq == request.cseq:
            continue
        is_waiting = context.time - waiting.started < _TRANSACTION_TIME
        if is_waiting and _nonces(earlier) == _nonces(request) and request.contacts:
            number = waiting.entry.number if waiting.entry is not None else 0
            yield mismatch(request, "CSeq", "a final response first", f"message {number} waits")
            return


def _nonces(request: Request) -> set[str | None]:
    return {credentials.nonce for _, _, credentials in credentials_in(request)}


@check("GEN-IDENTITY-1", clause="RFC 3325 §9.2", level=MUST, on=requests(), sender="ue")
def preferred_identity_is_one_of_each_kind(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """P-Preferred-Identity has one SIP, SIPS or tel URI, or one SIP or SIPS and one tel URI."""
    schemes = []
    for value in request.headers.values("P-Preferred-Identity"):
        try:
            schemes.append(scheme(parse_name_addr(value).uri))
        except FieldError:
            return  # the grammar has the word
    if not schemes:
        return
    kinds = ["sip" if each in ("sip", "sips") else each for each in schemes]
    if sorted(kinds) not in (["sip"], ["tel"], ["sip", "tel"]):
        yield mismatch(request, "P-Preferred-Identity", "one SIP URI, one tel URI, or one of each")
