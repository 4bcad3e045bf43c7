"""What every request meets before a role sees it, and how a reply becomes a response.

RFC 3261 §8.2: the steps that are independent of the method.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from harness.model import Transport
from harness.network.reply import Header, Reply
from harness.network.site import SERVER
from harness.sip.fields import Via
from harness.sip.headers import Headers
from harness.sip.message import (
    REASON_PHRASES,
    Request,
    Response,
    SerializeError,
    make_raw,
    make_response,
)
from harness.sip.parameters import quote, split_top_level
from harness.sip.uri import OtherUri

OPTION_TAGS = ("eventlist", "gruu", "outbound", "path", "recipient-list-subscribe")
"""What a request may require (RFC 4662, RFC 5627, RFC 5626, RFC 3327, RFC 5367)."""

_SINGLE = ("From", "To", "Call-ID", "CSeq")

_KEEP_SECONDS = {Transport.UDP.value: 29, Transport.TCP.value: 120}
"""Keep-alive intervals (RFC 5626 §4.4.1, §4.4.2: 24 to 29 s on UDP, 95 to 120 s on streams)."""


def refusal(
    request: Request,
    methods: Collection[str],
    allow: str,
    extensions: Collection[str] = OPTION_TAGS,
) -> Reply | None:
    """The reply to a request that no role can serve; None where one can.

    `methods` are those that are answered, `allow` is the Allow value for the others, `extensions`
    are those that a request may require.
    """
    return next(_refusals(request, methods, allow, extensions), None)


def _refusals(
    request: Request, methods: Collection[str], allow: str, extensions: Collection[str]
) -> Iterator[Reply]:
    """Everything that is wrong, in the order of RFC 3261 §8.2."""
    if request.version.upper() != "SIP/2.0":
        yield Reply(505)
    unreadable = _unreadable_field(request)
    if unreadable is not None:
        yield Reply(400, f"Missing Or Unreadable {unreadable}")
    # §8.1.1.5: "The method MUST match that of the request."
    if request.cseq is not None and request.cseq.method != request.method:
        yield Reply(400, "CSeq Of Another Method")
    # §8.2.1: 405 with the Allow that lists what is supported.
    if request.method not in methods:
        yield Reply(405, headers=(("Allow", allow),))
    if request.parsed_uri is None:
        yield Reply(400, "Unreadable Request-URI")
    # §8.2.2.1: 416 for a scheme that is not supported.
    if isinstance(request.parsed_uri, OtherUri) and request.parsed_uri.scheme != "pres":
        yield Reply(416)
    # §8.2.2.3: 420 with what is not understood; Require is ignored in CANCEL.
    unknown = [tag for tag in request.require if tag.lower() not in extensions]
    if unknown and request.method != "CANCEL":
        yield Reply(420, headers=(("Unsupported", ", ".join(unknown)),))


def _unreadable_field(request: Request) -> str | None:
    """The first of the fields that a response mirrors which cannot be used (§8.1.1)."""
    fields = {
        "Via": request.top_via,
        "From": request.from_,
        "To": request.to,
        "Call-ID": request.call_id or None,
        "CSeq": request.cseq,
    }
    for name, value in fields.items():
        is_single = name == "Via" or request.headers.count(name) == 1
        if value is None or not is_single:
            return name
    return None


def make_reply(request: Request, reply: Reply, new_tag: str) -> Response:
    """The response to a request; `new_tag` is for a To without tag (RFC 3261 §8.2.6.2)."""
    request = _with_keep(_without_repeats(request))
    # Content-Type belongs to a body (§20.15); the roles give it with their body.
    headers: list[Header] = [*reply.headers, ("Server", SERVER)]
    if reply.status == 403 and request.method != "REGISTER":
        # RFC 3261 §20.43. Phones take a 403 without a Warning for the loss of their registration.
        headers.append(("Warning", f"399 {SERVER} {quote(reply.reason or 'Not authorized')}"))
    tag = reply.to_tag or new_tag
    try:
        return make_response(request, reply.status, reply.reason, headers, reply.body, tag)
    except SerializeError:
        return _mirror(request, reply, headers, tag)


def _without_repeats(request: Request) -> Request:
    """The request with one row each of what stands once in a response (§7.3.1): the first."""
    first = {name: request.headers.rows(name)[:1] for name in _SINGLE}
    fields = [row for row in request.headers if row.name not in first or first[row.name] == (row,)]
    return replace(request, headers=Headers(fields))


def _mirror(request: Request, reply: Reply, headers: list[Header], tag: str) -> Response:
    """A response that repeats what the request does wrongly, as in Contact or Record-Route.

    An answer is owed even so, and the fault is not ours.
    """
    mirrored = [
        (row.name, row.value)
        for name in ("Via", "From", "To", "Call-ID", "CSeq")
        for row in request.headers.rows(name)
    ]
    if request.to is not None and request.to.tag is None:
        mirrored = [
            (name, f"{value};tag={tag}" if name == "To" else value) for name, value in mirrored
        ]
    reason = reply.reason or REASON_PHRASES.get(reply.status, "")
    length = [("Content-Length", str(len(reply.body)))]
    response = make_raw(
        f"SIP/2.0 {reply.status} {reason}", [*mirrored, *headers, *length], reply.body
    )
    assert isinstance(response, Response)
    return response


def _with_keep(request: Request) -> Request:
    """The REGISTER with our keep-alive interval in its top Via (RFC 6223 §4.4).

    Only the adjacent sender may be told to keep its flow alive: a single Via is one hop.
    """
    via = request.top_via
    if request.method != "REGISTER" or via is None or request.headers.count("Via") != 1:
        return request
    if "keep" not in via.params or via.params["keep"] is not None:
        return request
    seconds = _KEEP_SECONDS.get(via.transport.lower(), _KEEP_SECONDS[Transport.TCP.value])
    return _with_top_via(request, replace(via, params=via.params.with_("keep", str(seconds))))


def _with_top_via(request: Request, via: Via) -> Request:
    first = request.headers.rows("Via")[0]
    values = [str(via), *split_top_level(first.value, ",")[1:]]
    changed = first._replace(value=", ".join(values))
    fields = [changed if row is first else row for row in request.headers]
    return replace(request, headers=Headers(fields))
