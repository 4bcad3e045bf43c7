"""What a sender copies from the other side: faults in it are not the sender's own."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.sip.fields import NameAddr, Via
from harness.sip.message import Message, Request, Response

# RFC 3261 §8.2.6 and §12.1.1: what a UAS copies from the request into its response.
_MIRRORED = frozenset({"Via", "From", "To", "Call-ID", "CSeq", "Record-Route", "Timestamp"})


def has_copied(message: Message, name: str, context: Context) -> bool:
    """Whether the faults of a header field, or of the start-line, are the other side's.

    A response copies fields from its request; where that was not seen, they may all be copies.
    A request can carry what the network gave the UE: routes, a remote target, an entity-tag.
    """
    if isinstance(message, Response):
        request = context.sip_request
        return name in _MIRRORED and (request is None or _is_faulty(request, name))
    if not isinstance(message, Request) or context.sender != "ue":
        return False
    if name == "start-line" and message.start_line[:4].upper() == "SIP/":
        return False  # a Status-Line that cannot be read: nothing in it is copied
    if _is_from_before(message, name, context):
        return True
    texts = [row.value for row in message.headers.rows(name)]
    if name == "start-line":
        texts = [message.start_line]
    return any(given in text for text in texts for given in context.session.broken)


def _is_from_before(request: Request, name: str, context: Context) -> bool:
    """Whether the network may have given it in a message that was not seen."""
    session = context.session
    if name == "SIP-If-Match":
        last = session.publications.last_of(request) or session.publications.current_of(request)
        return last is None or not last.is_whole
    if request.to is not None and request.to.tag is not None:
        dialog = session.dialogs.find(request, "ue")
        is_whole = dialog is not None and dialog.is_whole and not dialog.has_gap
        # A subscriber chose From and To itself; a notifier has them of the SUBSCRIBE.
        given = {"start-line", "Route"} | (
            {"To", "From"} if request.method != "SUBSCRIBE" else set()
        )
        return name in given and not is_whole
    registered = session.registrations.by_aor.values()
    # A Service-Route is for what comes after the registration.
    is_given = name == "Route" and request.method != "REGISTER"
    return is_given and not any(each.succeeded for each in registered)


def _is_faulty(request: Request, name: str) -> bool:
    """Whether the request's own field breaks the grammar or repeats a parameter."""
    if any(problem.where == name for problem in request.malformed):
        return True
    for value in _values(request, name):
        names = [each.lower() for each, _ in value.params.pairs]
        if len(names) != len(set(names)):
            return True
    return False


def _values(request: Request, name: str) -> Iterator[Via | NameAddr]:
    if name == "Via":
        yield from request.vias
    address = {"From": request.from_, "To": request.to}.get(name)
    if address is not None:
        yield address
