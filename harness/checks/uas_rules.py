"""What a UAS puts into its responses, and where it sends them (RFC 3261 §8.2, §18.2, RFC 4320)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address

from harness.checks.context import Context
from harness.checks.field_tables import OPTION_TAGS
from harness.checks.places import has_token, mismatch, scheme, start_line_mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check, responses
from harness.model import Mismatch, Transport
from harness.sip.fields import Via
from harness.sip.message import Request, Response

_GOOD = range(200, 300)
_DEFAULT_PORT = 5060
# Responses that name in Require what they miss in the request (RFC 3261 §8.2.4, RFC 3329 §2.3.2).
_ASKING = frozenset({421, 494})
_OF_MAKERS = re.compile(r"(?:com|net|org)\.|x-|ms-|msrtc-", re.IGNORECASE)


@check("RSP-REQUIRE-1", clause="RFC 3261 §8.2.4", level=MUST, on=responses(), sender="ue")
def response_requires_what_is_supported(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Require of a response names extensions that its request supports."""
    request = context.sip_request
    if request is None or response.status in _ASKING:
        return
    known = (*request.supported, *request.require)
    for tag in response.require:
        if not has_token(known, tag):
            yield mismatch(response, "Require", ", ".join(known) or "absent", tag)


@check("RSP-420-2", clause="RFC 3261 §8.2.2.3", level=MUST, on=responses(status=_GOOD), sender="ue")
def unknown_extension_is_not_accepted(response: Response, context: Context) -> Iterator[Mismatch]:
    """A request that requires an extension which nobody knows is answered with 420, not with 2xx.

    Known is what IANA has registered, and what the UE lists in a Supported of its own. A maker's
    own tag, told by its name, may be known to its own UEs without.
    """
    request = context.sip_request
    if request is None or request.method in ("ACK", "CANCEL"):
        return
    for tag in request.require:
        is_known = (
            tag.lower() in OPTION_TAGS
            or _OF_MAKERS.match(tag)
            or has_token(_supported(response, context), tag)
        )
        if not is_known:
            yield start_line_mismatch(response, f"420, for {tag}", str(response.status))
            return


def _supported(response: Response, context: Context) -> Iterator[str]:
    yield from response.supported
    for known in context.session.registrations.by_aor.values():
        latest = known.entry.message
        if isinstance(latest, Request):
            yield from (*latest.supported, *latest.require)


@check("RSP-421-1", clause="RFC 3261 §21.4.16", level=MUST, on=responses(status=421))
def missing_extension_is_named(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 421 response has the extensions that it asks for in Require."""
    if not response.headers.rows("Require"):
        yield mismatch(response, "Require", "the option tags that are asked for")


def _own_vias(response: Response, context: Context) -> tuple[Via, Via] | None:
    """The top Via of a request and of its response, if the one is that of the other."""
    request = context.sip_request
    if request is None or request.top_via is None or response.top_via is None:
        return None
    asked, found = request.top_via, response.top_via
    return (asked, found) if asked.branch == found.branch else None


def _source(context: Context) -> tuple[str, int]:
    asked = context.request_entry
    return (asked.source.host, asked.source.port) if asked is not None else ("", 0)


def _is_address(host: str) -> bool:
    return _read_address(host) is not None


def _read_address(host: str) -> object | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


@check("RSP-RECEIVED-1", clause="RFC 3261 §18.2.1", level=SHOULD, on=responses(), sender="ue")
def named_client_is_told_its_address(response: Response, context: Context) -> Iterator[Mismatch]:
    """Where the sent-by of the request is a domain name, the top Via gets a received parameter.

    The text says MUST. A gateway that puts its own name into the Via takes the parameter out again,
    so that it is a remark.
    """
    vias = _own_vias(response, context)
    if vias is None or _is_address(vias[0].host) or vias[0].received is not None:
        return
    if vias[1].received is None:
        yield mismatch(response, "Via", f"received={_source(context)[0]}", str(vias[1]))


# The server may have sent it from another address than the capture shows, behind a balancer.
@check("RSP-RECEIVED-2", clause="RFC 3261 §18.2.1", level=SHOULD, on=responses(), sender="ue")
def received_is_the_source_address(response: Response, context: Context) -> Iterator[Mismatch]:
    """The received parameter is the source of the request, and there where sent-by is not that.

    The text says MUST. The capture may show another address than the UE saw: a remark.
    """
    vias = _own_vias(response, context)
    if vias is None or vias[0].received is not None:
        return
    source, received = _source(context)[0], vias[1].received
    is_wrong = received is not None and _read_address(received) != _read_address(source)
    is_literal = _is_address(vias[0].host)
    is_other = is_literal and _read_address(vias[0].host) != _read_address(source)
    if is_wrong or (is_other and received is None):
        yield mismatch(response, "Via", f"received={source}", str(vias[1]))


@check("RSP-RPORT-2", clause="RFC 3581 §4", level=SHOULD, on=responses(), sender="ue")
def rport_gets_a_value(response: Response, context: Context) -> Iterator[Mismatch]:
    """The rport parameter of the top Via gets the source port of the request as its value.

    The MUST is for servers that support the extension: a remark. A wrong value is the matter of
    RSP-RPORT-4.
    """
    vias = _own_vias(response, context)
    if vias is None or "rport" not in vias[0].params or "rport" not in vias[1].params:
        return
    if vias[0].params.get("rport") is None and vias[1].params.get("rport") is None:
        yield mismatch(response, "Via", f"rport={_source(context)[1]}", str(vias[1]))


@check("RSP-DESTINATION-1", clause="RFC 3261 §18.2.2", level=MUST, on=responses(), sender="ue")
def response_goes_where_via_says(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response over UDP goes to the source of its request, at its port or that of Via."""
    asked, request = context.request_entry, context.sip_request
    if asked is None or request is None or request.top_via is None:
        return
    if {asked.source.transport, context.entry.source.transport} != {Transport.UDP}:
        return
    if context.transaction is None or len(context.transaction.repeats) > 1:
        return  # what was sent again can have come from elsewhere
    via, sent = request.top_via, context.entry.destination
    maddr = via.params.get("maddr")
    if maddr and not _is_address(maddr):
        return  # it is sent to whatever that name leads to
    hosts = {asked.source.host, via.host, via.received or "", maddr or ""}
    ports = {asked.source.port, via.port or _DEFAULT_PORT, via.rport or 0}
    if _read_address(sent.host) not in set(map(_read_address, hosts)) or sent.port not in ports:
        yield mismatch(response, "Via", f"a response to {asked.source}", f"one to {sent}")


@check("GEN-ALLOW-3", clause="RFC 3261 §20.5", level=MUST, on=responses(status=_GOOD), sender="ue")
def allow_lists_what_was_accepted(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Allow of a 2xx response, if there is one, lists the method that it accepts."""
    request = context.sip_request
    if request is None or not response.allow or any(_is_allow(each) for each in response.malformed):
        return
    if not has_token(response.allow, request.method):
        yield mismatch(response, "Allow", f"a list with {request.method}")


def _is_allow(problem: object) -> bool:
    return getattr(problem, "where", "") == "Allow"


# The text says MUST NOT; a client of RFC 3265, which it replaces, has not read it: a remark.
@check(
    "RSP-202-1",
    clause="RFC 6665 §8.3.1",
    level=SHOULD,
    on=responses("NOTIFY", status=202),
    sender="ue",
)
def notification_is_not_answered_with_202(
    response: Response, context: Context
) -> Iterable[Mismatch]:
    """A NOTIFY is not answered with 202."""
    yield start_line_mismatch(response, "200", "202")


@check("RSP-202-2", clause="RFC 6665 §8.3.1", level=SHOULD, on=responses("SUBSCRIBE", status=202))
def subscription_is_not_answered_with_202(
    response: Response, context: Context
) -> Iterable[Mismatch]:
    """A SUBSCRIBE is not answered with 202.

    The text says MUST NOT. RFC 3265, which it replaces, had 202 for subscriptions that wait for
    leave: a remark.
    """
    yield start_line_mismatch(response, "200", "202")


@check(
    "RSP-489-2",
    clause="RFC 3265 §7.2",
    level=SHOULD,
    on=responses("SUBSCRIBE", "NOTIFY", status=489),
    sender="ue",
)
def bad_event_names_the_packages(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 489 response to SUBSCRIBE or NOTIFY has Allow-Events.

    RFC 6665 replaces that table and leaves it out: a remark.
    """
    if not response.headers.rows("Allow-Events"):
        yield mismatch(response, "Allow-Events", "present")


# RFC 4320 §4.1: "An SIP element MUST NOT respond to a non-INVITE request with a Status-Code of 100
# over any unreliable transport, such as UDP, before the amount of time it takes a client
# transaction's Timer E to be reset to T2."
@check(
    "RSP-PROVISIONAL-2", clause="RFC 4320 §4.1", level=MUST, on=responses(status=100), sender="ue"
)
def trying_comes_late(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 100 response to a non-INVITE request over UDP waits until Timer E has reached T2.

    Judged where the capture began long enough before for it to have the request's first copy.
    """
    asked, request, since = context.request_entry, context.sip_request, _seen_since(context)
    if asked is None or request is None or request.method in ("INVITE", "ACK"):
        return
    wait = _until_t2(context.profile.timers.t1, context.profile.timers.t2)
    is_complete = since is not None and asked.time - since > wait
    waited = context.time - asked.time
    if asked.source.transport is Transport.UDP and is_complete and waited < 0.8 * wait:
        yield start_line_mismatch(response, f"no 100 for {wait:.1f} s", f"one after {waited:.1f} s")


def _seen_since(context: Context) -> float | None:
    times = [each.first.time for each in context.session.registrations.by_aor.values()]
    return min(times, default=None)


def _until_t2(t1: float, t2: float) -> float:
    """How long after the request Timer E is set to T2 for the first time (RFC 3261 §17.1.2.2)."""
    passed, wait = 0.0, max(t1, 0.01)
    while wait < t2:
        passed += wait
        wait *= 2
    return passed


_STAMP = re.compile(r"\s*([0-9.]+)")


@check(
    "RSP-TIMESTAMP-1", clause="RFC 3261 §8.2.6.1", level=MUST, on=responses(status=100), sender="ue"
)
def trying_copies_the_timestamp(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Timestamp of a request is copied into the 100 response to it."""
    request = context.sip_request
    wanted = _STAMP.match(request.headers.get("Timestamp", "")) if request is not None else None
    if wanted is None:
        return
    found = _STAMP.match(response.headers.get("Timestamp", ""))
    if found is None or found[1] != wanted[1]:
        yield mismatch(response, "Timestamp", wanted[1])


@check(
    "RSP-MESSAGE-1",
    clause="RFC 3428 §7",
    level=MUST,
    on=responses("MESSAGE", status=_GOOD),
    sender="ue",
)
def accepted_message_gets_no_body(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 2xx response to MESSAGE has no body."""
    if response.body.strip(b"\r\n \t\0"):
        yield Mismatch("no body", f"{len(response.body)} octets", "body")


@check(
    "RSP-SUBSCRIBE-5",
    clause="RFC 3261 §12.1.1",
    level=MUST,
    on=responses("SUBSCRIBE", "INVITE", status=_GOOD),
    sender="ue",
)
def sips_dialog_has_a_sips_contact(response: Response, context: Context) -> Iterator[Mismatch]:
    """The response that begins a dialog for a SIPS request has a SIPS URI in Contact.

    The request is one by its Request-URI, its top Record-Route, or its Contact where it has none.
    """
    request = context.sip_request
    if request is None or tag_of(request.to) is not None:
        return
    back = request.record_routes or request.contacts
    uris = (request.uri, *(each.uri for each in back[:1]))
    for contact in response.contacts:
        if "sips" in map(scheme, uris) and scheme(contact.uri) != "sips":
            yield mismatch(response, "Contact", "a SIPS URI", contact.uri)
