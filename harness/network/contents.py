"""The bodies of requests as they were before their content coding (RFC 3261 §20.12, §8.2.3)."""

from __future__ import annotations

from harness.body.content_coding import decode, encode
from harness.body.schema import BodyError
from harness.network.reply import Reply
from harness.sip.message import Request
from harness.sip.parameters import Parameters

CODINGS = ("identity", "gzip", "deflate")
"""What is understood, and what notifications may have."""

ACCEPT_ENCODING = ", ".join(CODINGS)


class ContentError(Exception):
    """A body that is not taken, with the reply that says so."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status} {reply.reason or ''}")
        self.reply = reply


def content_of(request: Request, limit: int) -> bytes:
    """The body without its codings; raises ContentError.

    RFC 3261 §8.2.3: a coding that is not understood is 415 with Accept-Encoding; more than `limit`
    octets are 413.
    """
    codings = request.headers.values("Content-Encoding")
    if any(each.lower() not in (*CODINGS, "x-gzip") for each in codings):
        raise ContentError(Reply(415, headers=(("Accept-Encoding", ACCEPT_ENCODING),)))
    if len(request.body) > limit:
        raise ContentError(Reply(413))
    try:
        return decode(request.body, codings, limit)
    except BodyError:
        raise ContentError(Reply(400, "Unreadable Content-Encoding")) from None


def coding_for(request: Request, preferred: str) -> str:
    """The coding of notifications for a subscriber: the preferred one where it is accepted.

    RFC 3261 §20.2: without Accept-Encoding "the server SHOULD assume identity"; a qvalue of 0 is a
    refusal (RFC 9110 §12.5.3).
    """
    taken: dict[str, bool] = {}
    for value in request.headers.values("Accept-Encoding"):
        name, _, params = value.partition(";")
        weight = params.replace(" ", "").lower().removeprefix("q=")
        taken[name.strip().lower()] = not weight or bool(weight.strip("0."))
    return preferred if taken.get(preferred, taken.get("*", False)) else "identity"


def coded(data: bytes, coding: str) -> bytes:
    """A body in the coding of its notification."""
    return encode(data, coding) if data else data


def has_body_to_read(request: Request) -> bool:
    """Whether there is a body that the sender does not leave to choice.

    RFC 3261 §20.11: the handling parameter "describes how the UAS should react if it receives a
    message body whose content type or disposition type it does not understand".
    """
    _, _, params = request.headers.get("Content-Disposition", "").partition(";")
    handling = Parameters.parse(params).get("handling") or "required"
    return bool(request.body) and handling.lower() != "optional"
