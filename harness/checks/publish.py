"""PUBLISH requests (RFC 3903 §4 and §5)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import mismatch
from harness.checks.registry import INFO, MUST, SHOULD, check, requests
from harness.checks.session_publication import EntityTag
from harness.model import Mismatch
from harness.sip.message import Request

_PUBLISH = requests("PUBLISH")


@check("PUB-EVENT-1", clause="RFC 3903 §4.1", level=MUST, on=_PUBLISH)
def publish_has_one_event(request: Request, context: Context) -> Iterator[Mismatch]:
    """A PUBLISH request carries a single Event header field."""
    count = request.headers.count("Event")
    if count != 1:
        yield mismatch(request, "Event", "1 event", f"{count} events" if count else "absent")


@check("PUB-BODY-1", clause="RFC 3903 §4.2", level=MUST, on=_PUBLISH)
def initial_publication_has_a_body(request: Request, context: Context) -> Iterator[Mismatch]:
    """A PUBLISH request without SIP-If-Match contains a body with the event state."""
    if request.if_match is None and request.expires != 0 and not request.body.strip():
        yield Mismatch("the published event state", "no body, no SIP-If-Match", "body")


@check("PUB-BODY-2", clause="RFC 3903 §4.5", level=MUST, on=_PUBLISH)
def removal_has_no_body(request: Request, context: Context) -> Iterator[Mismatch]:
    """A PUBLISH request that removes event state has no body."""
    if request.expires == 0 and request.body.strip():
        yield Mismatch("no body", f"{len(request.body)} octets", "body")


@check("PUB-REMOVE-1", clause="RFC 3903 §4.5", level=MUST, on=_PUBLISH)
def removal_names_its_publication(request: Request, context: Context) -> Iterator[Mismatch]:
    """A PUBLISH request with an Expires of 0 has the entity-tag to remove in SIP-If-Match."""
    if request.expires == 0 and request.if_match is None:
        yield mismatch(request, "SIP-If-Match", "the entity-tag of the publication")


@check("PUB-TAG-1", clause="RFC 3903 §4.1", level=MUST, on=_PUBLISH)
def publish_has_one_entity_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """A PUBLISH request has at most one SIP-If-Match."""
    rows = request.headers.rows("SIP-If-Match")
    if len(rows) > 1:
        yield Mismatch("1 row", f"{len(rows)} rows", "SIP-If-Match", rows[1].offset)


def _is_seen_first(request: Request, context: Context) -> bool:
    repeated = context.transaction.request if context.transaction is not None else None
    return repeated is None or repeated.cseq != request.cseq


def _is_known_to_end(tag: EntityTag, request: Request, context: Context) -> bool:
    """Whether the UE must know that an entity-tag is over: it got the response that says so."""
    is_doubtful = tag.ended_by is not None and tag.ended_by.is_doubtful
    # A capture of several interfaces mixes up their frames: the times tell what came first.
    final = tag.ended_by.final if tag.ended_by is not None else None
    is_mixed_up = final is not None and context.time < final.time
    return _is_seen_first(request, context) and not is_doubtful and not is_mixed_up


@check("PUB-TAG-2", clause="RFC 3903 §4.3", level=MUST, on=_PUBLISH, sender="ue")
def latest_entity_tag_is_used(request: Request, context: Context) -> Iterator[Mismatch]:
    """Each 2xx response's SIP-ETag replaces the entity-tag that was used before."""
    tag = context.session.publications.find(request)
    if tag is not None and tag.successor is not None and _is_known_to_end(tag, request, context):
        yield mismatch(request, "SIP-If-Match", tag.successor)


@check("PUB-TAG-3", clause="RFC 3903 §5", level=MUST, on=_PUBLISH, sender="ue")
def refused_entity_tag_is_discarded(request: Request, context: Context) -> Iterator[Mismatch]:
    """An entity-tag that a 412 response has refused is not used again."""
    tag = context.session.publications.find(request)
    if tag is not None and tag.rejected is not None and _is_known_to_end(tag, request, context):
        refusal = f"{tag.value}, refused by message {tag.rejected.number}"
        yield mismatch(request, "SIP-If-Match", "absent, or another entity-tag", refusal)


@check("PUB-TAG-4", clause="RFC 3903 §4.5", level=MUST, on=_PUBLISH, sender="ue")
def removed_publication_is_not_updated(request: Request, context: Context) -> Iterator[Mismatch]:
    """The entity-tag of a publication that was removed is not used again."""
    tag = context.session.publications.find(request)
    if tag is not None and tag.removed is not None and _is_known_to_end(tag, request, context):
        removal = f"{tag.value}, removed by message {tag.removed.number}"
        yield mismatch(request, "SIP-If-Match", "absent, or another entity-tag", removal)


@check("PUB-TAG-5", clause="RFC 3903 §4.1", level=MUST, on=_PUBLISH, sender="ue")
def entity_tag_comes_from_the_compositor(request: Request, context: Context) -> Iterator[Mismatch]:
    """SIP-If-Match has an entity-tag that a 2xx response returned.

    Judged where the UE goes on with a publication whose last 2xx was seen: in the same Call-ID,
    from the same From tag, and with the next CSeq number, so that nothing was missed.
    """
    if request.if_match is None or context.session.publications.find(request) is not None:
        return
    last = context.session.publications.last_of(request)
    if last is None or last.cseq is None or request.cseq is None or not last.is_current:
        return
    if not last.is_whole:
        return  # another publication can go on beside it, begun before the capture
    if request.cseq.number == last.cseq + 1:
        yield mismatch(request, "SIP-If-Match", last.value)


@check("PUB-EXPIRES-1", clause="RFC 3903 §4.3", level=SHOULD, on=_PUBLISH, sender="ue")
def publication_is_refreshed_in_time(request: Request, context: Context) -> Iterator[Mismatch]:
    """A publication is refreshed before its expiration interval has elapsed."""
    tag = context.session.publications.find(request)
    if tag is None or tag.expires_at is None or not tag.is_current:
        return
    late = context.time - tag.expires_at
    if late > 1:
        yield Mismatch(
            "before the publication expires", f"{late:.0f} s after it expired", "PUBLISH"
        )


@check("PUB-EXPIRES-2", clause="RFC 3903 §5", level=INFO, on=_PUBLISH, sender="ue")
def publication_is_retried_with_the_minimum(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """After a 423 a publication is tried again with at least its Min-Expires."""
    minimum = context.session.minima.get(("PUBLISH", request.call_id or ""))
    if minimum is not None and request.expires is not None and 0 < request.expires < minimum:
        yield mismatch(request, "Expires", f"at least {minimum}")


@check("PUB-INITIAL-1", clause="RFC 3903 §4.2", level=SHOULD, on=_PUBLISH, sender="ue")
def valid_publication_is_modified(request: Request, context: Context) -> Iterator[Mismatch]:
    """A publication that is still valid is modified, not published anew."""
    if request.if_match is not None or not _is_seen_first(request, context):
        return
    last = context.session.publications.last_of(request)
    if last is not None and last.is_current and (last.expires_at or 0.0) > context.time:
        yield mismatch(request, "SIP-If-Match", last.value)


@check("PUB-OVERLAP-1", clause="RFC 3903 §4", level=SHOULD, on=_PUBLISH, sender="ue")
def publications_wait_for_one_another(request: Request, context: Context) -> Iterator[Mismatch]:
    """No new PUBLISH for a Request-URI is sent while another waits for its final response.

    The text says MUST NOT. The capture may lack a response, so that the finding is a remark.
    """
    for waiting in context.session.transactions.waiting("ue", "PUBLISH"):
        earlier = waiting.request
        if earlier is None or earlier.uri != request.uri or earlier.cseq == request.cseq:
            continue
        if context.time - waiting.started < 32 and earlier.if_match == request.if_match:
            observed = f"message {waiting.entry.number} is not answered" if waiting.entry else ""
            yield Mismatch("a final response first", observed, "PUBLISH")
            return


@check("PUB-CONTACT-1", clause="RFC 3903 §4", level=INFO, on=_PUBLISH)
def contact_of_publish_has_no_meaning(request: Request, context: Context) -> Iterator[Mismatch]:
    """A Contact in a PUBLISH request has no meaning."""
    if request.headers.rows("Contact"):
        yield mismatch(request, "Contact", "absent")
