"""What holds for every SIP message or request (RFC 3261 §7, §8.1.1, §18, §20)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.checks.context import Context
from harness.checks.copied import has_copied
from harness.checks.places import absent, equal_uris, mismatch, start_line_mismatch, tag_of
from harness.checks.registry import MUST, SHOULD, check, requests, sip_messages
from harness.model import Malformed, Mismatch, Transport
from harness.sip.fields import NameAddr, Parameters
from harness.sip.grammar_clauses import clause_of
from harness.sip.message import Message, Request, Response
from harness.sip.uri import SipUri

_MAX_UDP_REQUEST = 1300

# RFC 3261 §7.3.1: a field may have several rows "if and only if the entire field-value ... is
# defined as a comma-separated list". These are not; Event, SIP-If-Match and Subscription-State
# have checks of their own, and the fields of credentials and challenges are the exceptions.
SINGLE_FIELDS = (
    *("Call-ID", "Content-Disposition", "Content-Length", "Content-Type", "CSeq", "Date"),
    *("Expires", "From", "Max-Forwards", "MIME-Version", "Min-Expires", "Organization"),
    *("Priority", "RAck", "Refer-To", "Replaces", "Reply-To", "Retry-After", "RSeq", "Server"),
    *("Session-Expires", "SIP-ETag", "Subject", "Timestamp", "To", "User-Agent"),
)


def is_length_problem(problem: Malformed) -> bool:
    """Whether a malformed place is a Content-Length that exceeds the datagram."""
    return problem.where == "Content-Length" and "message-body" in problem.expected


@check("GEN-SYNTAX-1", clause="RFC 3261 §25.1", level=MUST, on=sip_messages())
def message_follows_the_grammar(message: Message, context: Context) -> Iterator[Mismatch]:
    """Each part of a SIP message is written as its grammar says."""
    for problem in message.malformed:
        if not is_length_problem(problem) and not has_copied(message, problem.where, context):
            clause = clause_of(problem.where)
            yield Mismatch(
                problem.expected, problem.observed, problem.where, problem.offset, clause=clause
            )


@check("GEN-VERSION-1", clause="RFC 3261 §7.1", level=MUST, on=sip_messages())
def message_says_sip_2_0(message: Request | Response, context: Context) -> Iterator[Mismatch]:
    """The SIP-Version of a message is "SIP/2.0", in upper case."""
    if message.version and message.version != "SIP/2.0":
        where = "Request-Line" if isinstance(message, Request) else "Status-Line"
        found = start_line_mismatch(message, "SIP/2.0", message.version)
        yield replace(found, where=where)


@check("GEN-MANDATORY-1", clause="RFC 3261 §8.1.1", level=MUST, on=requests())
def request_has_the_mandatory_fields(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request contains To, From, CSeq, Call-ID, Max-Forwards and Via."""
    if request.method:
        yield from absent(request, ("To", "From", "CSeq", "Call-ID", "Max-Forwards", "Via"))


@check("GEN-SINGLE-1", clause="RFC 3261 §7.3.1", level=MUST, on=sip_messages())
def field_that_is_no_list_appears_once(message: Message, context: Context) -> Iterator[Mismatch]:
    """A header field that is not defined as a comma-separated list has one row."""
    for name in SINGLE_FIELDS:
        rows = message.headers.rows(name)
        if len(rows) > 1:
            yield Mismatch("1 row", f"{len(rows)} rows", name, rows[1].offset)


@check("GEN-PARAM-1", clause="RFC 3261 §7.3.1", level=MUST, on=sip_messages())
def parameter_appears_once(message: Message, context: Context) -> Iterator[Mismatch]:
    """A parameter name appears at most once in a header field value."""
    for where, params in _parameters(message):
        if not params.repeated or has_copied(message, where, context):
            continue
        names = [name.lower() for name, _ in params.pairs]
        for name in params.repeated:
            yield mismatch(message, where, f"{name} once", f"{name} {names.count(name)} times")


def _parameters(message: Message) -> Iterator[tuple[str, Parameters]]:
    for via in message.vias:
        yield "Via", via.params
    for name, addresses in (
        ("From", (message.from_,)),
        ("To", (message.to,)),
        ("Contact", message.contacts),
    ):
        for address in addresses:
            if isinstance(address, NameAddr):
                yield name, address.params
    if message.event is not None:
        yield "Event", message.event.params
    if message.subscription_state is not None:
        yield "Subscription-State", message.subscription_state.params
    if message.content_type is not None:
        yield "Content-Type", message.content_type.params


@check("GEN-CSEQ-1", clause="RFC 3261 §8.1.1.5", level=MUST, on=requests())
def cseq_method_is_that_of_the_request(request: Request, context: Context) -> Iterator[Mismatch]:
    """The method in CSeq matches the method of the request."""
    if request.cseq is not None and request.method and request.cseq.method != request.method:
        yield mismatch(request, "CSeq", request.method, request.cseq.method)


@check("GEN-CSEQ-2", clause="RFC 3261 §8.1.1.5", level=MUST, on=requests())
def cseq_number_is_below_2_31(request: Request, context: Context) -> Iterator[Mismatch]:
    """The sequence number of CSeq is less than 2**31."""
    if request.cseq is not None and request.cseq.number >= 2**31:
        yield mismatch(request, "CSeq", "a number less than 2147483648", str(request.cseq.number))


@check("GEN-BRANCH-1", clause="RFC 3261 §8.1.1.7", level=MUST, on=requests())
def top_via_has_a_branch(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Via of the sender contains a branch parameter."""
    if request.top_via is not None and not request.top_via.branch:
        yield mismatch(request, "Via", "a branch parameter")


@check("GEN-BRANCH-2", clause="RFC 3261 §8.1.1.7", level=MUST, on=requests())
def branch_begins_with_the_magic_cookie(request: Request, context: Context) -> Iterator[Mismatch]:
    """The branch parameter begins with the characters "z9hG4bK"."""
    branch = request.top_via.branch if request.top_via is not None else None
    # Parameter values are compared without case (§7.3.1).
    if branch and not branch.lower().startswith("z9hg4bk"):
        yield mismatch(request, "Via", "branch=z9hG4bK...", f"branch={branch}")


@check("GEN-BRANCH-3", clause="RFC 3261 §8.1.1.7", level=MUST, on=requests())
def branch_is_unique(request: Request, context: Context) -> Iterator[Mismatch]:
    """The branch parameter is unique across time for all requests of the sender."""
    branch = request.top_via.branch if request.top_via is not None else None
    if not branch or request.cseq is None or request.method in ("ACK", "CANCEL"):
        return
    first = context.session.branches.get((context.sender, branch, request.method))
    if first is None:
        return
    if (first.call_id, first.cseq) != (request.call_id, request.cseq.number):
        yield mismatch(
            request, "Via", "a branch not used before", f"branch={branch} of message {first.entry}"
        )


@check("GEN-RETRANSMIT-1", clause="RFC 3261 §8.1.1.7", level=SHOULD, on=requests())
def retransmission_is_identical(request: Request, context: Context) -> Iterator[Mismatch]:
    """What is sent again with the branch of an earlier request is the same request.

    With the same Call-ID and CSeq it still is that request in name, and a gateway on the way can
    write addresses differently each time: a remark. Another request is the matter of GEN-BRANCH-3.
    """
    earlier = context.transaction
    first = earlier.request if earlier is not None else None
    if first is None or earlier is None or earlier.initiator != context.sender:
        return
    is_same = first.call_id == request.call_id and first.cseq == request.cseq
    # Behind a fork or a loop the same request comes in several copies, each with its own Vias.
    via = request.top_via
    if not is_same or len(request.vias) != 1 or via is None or via.branch is None:
        return
    # §18.1.1: over TCP first, then by UDP.
    is_moved = via.transport != (first.top_via.transport if first.top_via is not None else "")
    if context.sender == "ue" and first.raw != request.raw and not is_moved:
        yield Mismatch("the same bytes", _first_difference(first, request), "message")


def _first_difference(first: Request, second: Request) -> str:
    if first.start_line != second.start_line:
        return second.start_line[:200]
    for one, other in zip(first.headers, second.headers, strict=False):
        if (one.name, one.value) != (other.name, other.value):
            return f"{other.name}: {other.value}"[:200]
    return "another body" if first.body != second.body else "other header fields"


@check("GEN-FROM-1", clause="RFC 3261 §8.1.1.3", level=MUST, on=requests())
def from_has_a_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """The From header field contains a tag parameter."""
    if request.from_ is not None and not request.from_.tag:
        yield mismatch(request, "From", "a tag parameter")


# What a capture shows as TCP may have been TLS before it was decrypted.
_STREAMS = ("TCP", "TLS", "SCTP", "WS", "WSS")
_VIA_OF = {Transport.UDP: ("UDP",), Transport.TLS: ("TLS", "WSS")}


@check("GEN-VIA-1", clause="RFC 3261 §8.1.1.7", level=SHOULD, on=requests())
def via_names_the_transport_in_use(request: Request, context: Context) -> Iterator[Mismatch]:
    """The top Via indicates the transport that is used."""
    via = request.top_via
    if via is None or via.transport not in ("UDP", *_STREAMS):
        return
    used = context.entry.source.transport
    if via.transport not in _VIA_OF.get(used, _STREAMS):
        wanted = str(used.value).upper()
        yield mismatch(request, "Via", f"SIP/2.0/{wanted}", f"SIP/2.0/{via.transport}")


@check("GEN-VIA-2", clause="RFC 3261 §8.1.1.7", level=MUST, on=requests(), sender="ue")
def sender_adds_one_via(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UAC puts one Via into a request: no two have the same sent-by and branch."""
    seen = set()
    for via in request.vias:
        key = (via.sent_by.lower(), via.branch)
        if via.branch and key in seen:
            yield mismatch(request, "Via", "1 Via of the sender", f"branch={via.branch} twice")
            return
        seen.add(key)


@check("GEN-RPORT-1", clause="RFC 3581 §3", level=MUST, on=requests(), sender="ue")
def rport_of_a_request_has_no_value(request: Request, context: Context) -> Iterator[Mismatch]:
    """The rport parameter that a client puts into its Via has no value."""
    via = request.top_via
    # A response whose start-line is broken may only look like a request.
    is_request = not any(problem.where == "start-line" for problem in request.malformed)
    if is_request and via is not None and via.params.get("rport"):
        yield mismatch(request, "Via", "rport", f"rport={via.params.get('rport')}")


@check("GEN-MAXFORWARDS-1", clause="RFC 3261 §20.22", level=MUST, on=requests())
def max_forwards_is_in_range(request: Request, context: Context) -> Iterator[Mismatch]:
    """Max-Forwards is an integer in the range 0-255."""
    if request.max_forwards is not None and request.max_forwards > 255:
        yield mismatch(request, "Max-Forwards", "0 to 255")


@check("GEN-MAXFORWARDS-2", clause="RFC 3261 §8.1.1.6", level=SHOULD, on=requests(), sender="ue")
def max_forwards_begins_at_70(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UAC sets Max-Forwards to 70."""
    if request.max_forwards is not None and request.max_forwards != 70:
        yield mismatch(request, "Max-Forwards", "70")


@check("GEN-EXPIRES-1", clause="RFC 3261 §20.19", level=MUST, on=sip_messages())
def expires_is_in_range(message: Message, context: Context) -> Iterator[Mismatch]:
    """Expires is a number of seconds between 0 and 2**32 - 1."""
    if message.expires is not None and message.expires >= 2**32:
        yield mismatch(message, "Expires", "0 to 4294967295")


@check("GEN-LENGTH-1", clause="RFC 3261 §18.3", level=MUST, on=sip_messages())
def stream_message_has_content_length(message: Message, context: Context) -> Iterator[Mismatch]:
    """A message on a stream-oriented transport has a Content-Length."""
    if context.entry.source.transport.is_reliable and message.headers:
        yield from absent(message, ("Content-Length",))


@check("GEN-LENGTH-2", clause="RFC 3261 §20.14", level=MUST, on=sip_messages())
def content_length_is_the_size_of_the_body(
    message: Message, context: Context
) -> Iterator[Mismatch]:
    """Content-Length is the number of octets of the message-body."""
    for problem in message.malformed:
        if is_length_problem(problem):
            yield Mismatch(problem.observed, problem.expected, problem.where, problem.offset)
            return
    length = message.content_length
    if length is None or context.entry.source.transport.is_reliable:
        return
    after = _after_header(message.raw)
    # Blank lines at the end of a datagram are padding, not a body.
    if after is not None and len(after) > length and after[length:].strip(b"\r\n \t\0"):
        yield mismatch(message, "Content-Length", f"{len(after)} octets", f"{length} octets")


def _after_header(raw: bytes) -> bytes | None:
    _, end, body = raw.lstrip(b"\r\n").partition(b"\r\n\r\n")
    return body if end else None


@check("GEN-LENGTH-3", clause="RFC 3261 §20.14", level=SHOULD, on=sip_messages())
def datagram_has_content_length(message: Message, context: Context) -> Iterator[Mismatch]:
    """A message in a datagram has a Content-Length.

    "Applications SHOULD use this field to indicate the size of the message-body"; code "t" in the
    tables of §20.
    """
    if not context.entry.source.transport.is_reliable and message.headers:
        yield from absent(message, ("Content-Length",))


@check("GEN-TYPE-1", clause="RFC 3261 §20.15", level=MUST, on=sip_messages())
def body_has_a_content_type(message: Message, context: Context) -> Iterator[Mismatch]:
    """A message with a body has a Content-Type."""
    if message.body.strip(b"\r\n \t\0"):
        yield from absent(message, ("Content-Type",))


@check("GEN-SIZE-1", clause="RFC 3261 §18.1.1", level=MUST, on=requests(), sender="ue")
def large_request_avoids_udp(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request larger than 1300 bytes is sent over a congestion controlled transport."""
    if not _is_within_one_host(context):
        yield from _large_by_udp(request, context)


@check("GEN-SIZE-3", clause="RFC 3261 §18.1.1", level=SHOULD, on=requests(), sender="ue")
def large_request_avoids_udp_within_a_host(
    request: Request, context: Context
) -> Iterator[Mismatch]:
    """A request larger than 1300 bytes avoids UDP also towards the same host.

    The MUST is for a path MTU that is unknown; a host knows that of its loopback interface.
    """
    if _is_within_one_host(context):
        yield from _large_by_udp(request, context)


def _is_within_one_host(context: Context) -> bool:
    return context.entry.source.host == context.entry.destination.host


@check("GEN-SIZE-2", clause="RFC 3261 §18.1.1", level=SHOULD, on=requests(), sender="network")
def large_notification_avoids_udp(request: Request, context: Context) -> Iterator[Mismatch]:
    """The network sends a UE requests of more than 1300 bytes over TCP, where the UE takes it.

    A UE that listens on UDP alone refuses the connection, which a trace need not show.
    """
    yield from _large_by_udp(request, context)


def _large_by_udp(request: Request, context: Context) -> Iterator[Mismatch]:
    size = len(request.raw)
    entry = context.entry
    is_large = entry.source.transport is Transport.UDP and size > _MAX_UDP_REQUEST
    # "if the attempt to establish the connection ... results in a TCP reset, the element SHOULD
    # retry the request, using UDP"
    if is_large and not entry.is_tcp_refused:
        yield Mismatch(
            "TCP, or at most 1300 bytes",
            f"{size} bytes over UDP",
            "message",
            hint="only a path MTU known to be larger, or a TCP connection that failed, excuses it",
        )


@check("GEN-TO-1", clause="RFC 3261 §8.1.1.2", level=MUST, on=requests("REGISTER"))
def register_has_no_to_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request outside of a dialog, as every REGISTER is, contains no To tag."""
    if request.to is not None and request.to.tag is not None:
        yield mismatch(request, "To", "no tag parameter")


@check(
    "GEN-TO-2",
    clause="RFC 3261 §8.1.1.2",
    level=MUST,
    on=requests("SUBSCRIBE", "PUBLISH", "OPTIONS", "MESSAGE"),
)
def retried_request_has_no_to_tag(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that is sent again after a refusal takes no To tag from that response."""
    tag = request.to.tag if request.to is not None else None
    challenged = context.session.authentication.challenged.get(request.call_id or "")
    if tag is None or challenged is None or context.sender != "ue":
        return
    refused, response, _ = challenged
    is_retry = refused.method == request.method and tag_of(refused.to) is None
    numbers = [each.cseq.number for each in (refused, request) if each.cseq is not None]
    # Some servers give one tag to a challenge and to the dialog that follows.
    is_next = len(numbers) == 2 and numbers[1] == numbers[0] + 1
    if context.session.dialogs.find(request, "ue") is not None or not is_next:
        return
    if is_retry and tag_of(response.to) == tag:
        yield mismatch(request, "To", "no tag parameter", f"tag={tag}")


@check(
    "GEN-URI-1",
    clause="RFC 3261 §8.1.1.1",
    level=SHOULD,
    on=requests("SUBSCRIBE", "PUBLISH", "MESSAGE"),
    sender="ue",
)
def request_uri_is_that_of_to(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Request-URI of a request outside of a dialog is the URI of To."""
    if request.to is None or request.to.tag is not None:
        return
    if not equal_uris(request.uri, request.to.uri):
        yield start_line_mismatch(request, request.to.uri, request.uri)


@check("GEN-URI-2", clause="RFC 3261 §19.1.1", level=SHOULD, on=requests())
def request_uri_has_allowed_parts(request: Request, context: Context) -> Iterator[Mismatch]:
    """A Request-URI has neither headers nor a method parameter."""
    uri = request.parsed_uri
    if not isinstance(uri, SipUri):
        return
    if uri.headers:
        yield start_line_mismatch(request, "a URI without headers", request.uri)
    if "method" in uri.params:
        yield start_line_mismatch(request, "a URI without a method parameter", request.uri)
