"""What a UAS makes of the fields that it copies (RFC 3581 §4, RFC 3261 §12.1.1)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.identities import canonical_host
from harness.checks.places import equal_uris, has_token, mismatch, start_line_mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check, responses
from harness.model import Mismatch, Peer
from harness.sip.fields import Via
from harness.sip.message import Response


def _completed_via(response: Response, context: Context) -> tuple[Via, Peer] | None:
    """The top Via in which the UE has filled in rport, and where the request came from.

    None where the request had a value there already, or rport is left as it was: a UAS that does
    not know RFC 3581 copies it.
    """
    request, entry = context.sip_request, context.request_entry
    if request is None or entry is None or request.top_via is None or response.top_via is None:
        return None
    asked, found = request.top_via, response.top_via
    is_asked = "rport" in asked.params and not asked.params.get("rport")
    if not is_asked or asked.branch != found.branch or not found.params.get("rport"):
        return None
    return found, entry.source


@check("RSP-RPORT-4", clause="RFC 3581 §4", level=MUST, on=responses(), sender="ue")
def rport_is_the_source_port(response: Response, context: Context) -> Iterator[Mismatch]:
    """The rport that a UAS fills in is the source port of the request.

    Judged where received is the source address as seen here, so that no NAT lies between, and
    where the request came once: a copy can have come from another port.
    """
    found = _completed_via(response, context)
    if found is None or found[0].received is None:
        return
    if context.transaction is None or len(context.transaction.repeats) > 1:
        return
    via, source = found
    is_seen_alike = canonical_host(via.received or "") == canonical_host(source.host)
    if is_seen_alike and via.rport != source.port:
        yield mismatch(response, "Via", f"rport={source.port}", f"rport={via.params.get('rport')}")


@check("RSP-RPORT-3", clause="RFC 3581 §4", level=SHOULD, on=responses(), sender="ue")
def rport_comes_with_received(response: Response, context: Context) -> Iterator[Mismatch]:
    """A UAS that fills in rport inserts received, "even if it is identical to" the sent-by.

    The MUST is for servers that support the extension; a UAS may know rport from elsewhere.
    """
    found = _completed_via(response, context)
    if found is not None and found[0].received is None:
        yield mismatch(response, "Via", f"received={found[1].host}")


@check(
    "RSP-ROUTE-1",
    clause="RFC 3261 §12.1.1",
    level=MUST,
    on=responses("NOTIFY", status=range(200, 300)),
    sender="ue",
)
def record_route_is_copied_as_it_is(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Record-Route of a response, if it has one, ends with that of its request, in its order.

    A proxy between may have put itself before it in the request that the UE has got. Its absence is
    no fault: by RFC 3265 the response to SUBSCRIBE has made the dialog already.
    """
    request = context.sip_request
    if request is None or not response.record_routes:
        return
    if any(each.where == "Record-Route" for each in (*request.malformed, *response.malformed)):
        return
    wanted = [each.uri for each in request.record_routes]
    found = [each.uri for each in response.record_routes]
    own = found[len(found) - len(wanted) :]
    if len(wanted) > len(found) or not all(map(_is_same, wanted, own)):
        yield mismatch(
            response, "Record-Route", ", ".join(f"<{uri}>" for uri in wanted) or "absent"
        )


def _is_same(one: str, other: str) -> bool:
    # "... including the URIs, URI parameters, and any Record-Route header field parameters".
    return equal_uris(one, other) and one.count(";") == other.count(";")


@check(
    "RSP-CONTACT-1",
    clause="RFC 3261 §12.1.1",
    level=MUST,
    on=responses("NOTIFY", status=range(200, 300)),
    sender="ue",
)
def contact_of_the_answer_is_a_sip_uri(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Contact of the answer to a NOTIFY, if there is one, is a SIP or SIPS URI."""
    if tag_of(response.to) is None:
        return
    for contact in response.contacts:
        if not contact.uri.lower().startswith(("sip:", "sips:")):
            yield mismatch(response, "Contact", "a SIP or SIPS URI", contact.uri)


@check("RSP-STATUS-1", clause="RFC 3261 §7.2", level=MUST, on=responses(), sender="ue")
def status_has_a_class(response: Response, context: Context) -> Iterator[Mismatch]:
    """The first digit of a Status-Code is 1 to 6."""
    if not 100 <= response.status < 700:
        found = response.start_line.split(" ", 2)[1:2]
        yield start_line_mismatch(response, "100 to 699", "".join(found))


# No MUST: that the list leaves the refused method out is an inference, and many UEs have one Allow
# for all their responses.
@check("RSP-405-2", clause="RFC 3261 §21.4.6", level=SHOULD, on=responses(status=405), sender="ue")
def method_not_allowed_is_not_listed(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Allow of a 405 response lists the valid methods, not the one that is refused."""
    method = context.sip_request.method if context.sip_request is not None else ""
    if method and has_token(response.headers.values("Allow"), method):
        yield mismatch(response, "Allow", f"no {method}")


@check("GEN-ALLOW-4", clause="RFC 3261 §20.5", level=MUST, on=responses("OPTIONS"), sender="ue")
def allow_lists_what_was_accepted(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Allow of a UA that has accepted a NOTIFY lists NOTIFY.

    "All methods, including ACK and CANCEL, understood by the UA MUST be included in the list of
    methods in the Allow header field, when present." Judged where no second UA can be behind the
    address.
    """
    allowed = response.headers.values("Allow")
    if not allowed or has_token(allowed, "NOTIFY") or _has_companions(context):
        return
    if any(each.accepted is not None for each in context.session.dialogs.all()):
        yield mismatch(response, "Allow", "a list with NOTIFY")


def _has_companions(context: Context) -> bool:
    """Whether several UAs may be behind the address of the UE: a NAT, or a home gateway."""
    known = context.session.registrations.by_aor.values()
    return len(known) > 1 or any(len(each.answered) > 1 for each in known)
