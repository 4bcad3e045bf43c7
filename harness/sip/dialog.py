"""Dialogs of SUBSCRIBE and NOTIFY, both sides (RFC 3261 §12, RFC 6665 §4.4.1).

A dialog builds the header fields of the requests within it and judges those of the peer. It writes
URIs as the peer gave them. The Via is the caller's, since it depends on where the request goes:
ask `next_hop` first, then `next_request`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from harness.sip.fields import FieldError, NameAddr, parse_name_addr
from harness.sip.message import Message, Request, Response, make_request
from harness.sip.uri import SipUri, UriError, parse_uri

MAX_FORWARDS = 70
"""RFC 3261 §8.1.1.6: "a value that SHOULD be 70"."""

TARGET_REFRESH_METHODS = frozenset({"INVITE", "NOTIFY", "SUBSCRIBE", "UPDATE"})
"""RFC 3261 §12.2, RFC 3311 §5.1, RFC 6665 §3.1 and §3.2."""

ENDING_STATUSES = frozenset({408, 481})
"""Responses after which "the UAC SHOULD terminate the dialog" (RFC 3261 §12.2.1.2)."""

_Value = TypeVar("_Value")

Header = tuple[str, str]
DialogKey = tuple[str, str | None, str | None]
"""Call-ID, local tag, remote tag; a tag is None where the peer sent none (RFC 3261 §12.1)."""


class DialogError(Exception):
    """A message that cannot make a dialog; `missing` names the header field that it lacks.

    A UAS answers such a request with 400.
    """

    def __init__(self, missing: str) -> None:
        super().__init__(f"no usable {missing}")
        self.missing = missing


@dataclass(frozen=True, slots=True)
class NextRequest:
    """A request within a dialog, ready to be made; `next_hop` is the URI that it is sent to."""

    method: str
    uri: str
    headers: list[Header]
    next_hop: str

    def make(self, body: bytes = b"") -> Request:
        """The message; raises SerializeError where it may not be sent, as without Via."""
        return make_request(self.method, self.uri, self.headers, body)


def key_of_request(request: Request) -> DialogKey | None:
    """The dialog that a received request is in: To has our tag (RFC 3261 §12)."""
    return _key(request, request.to, request.from_)


def key_of_response(response: Response) -> DialogKey | None:
    """The dialog that a received response is in: From has our tag (RFC 3261 §12)."""
    return _key(response, response.from_, response.to)


def _key(message: Message, local: NameAddr | None, remote: NameAddr | None) -> DialogKey | None:
    if message.call_id is None or local is None or remote is None:
        return None
    return (message.call_id, local.tag, remote.tag)


def is_notify_of(notify: Request, subscribe: Request) -> bool:
    """Whether a NOTIFY answers a SUBSCRIBE of ours (RFC 6665 §4.4.1).

    "The same Call-ID, a To header field tag parameter that matches the From header field tag
    parameter of the SUBSCRIBE request, and the same Event header field". Events are the same by
    package and id (§8.2.1).
    """
    if notify.to is None or subscribe.from_ is None:
        return False
    if notify.event is None or subscribe.event is None:
        return False
    return (
        notify.call_id == subscribe.call_id
        and notify.to.tag == subscribe.from_.tag
        and (notify.event.package, notify.event.id) == (subscribe.event.package, subscribe.event.id)
    )


@dataclass(slots=True)
class Dialog:
    """The state of a dialog (RFC 3261 §12).

    `local` and `remote` are the addresses of From and To without tags; `route_set` is in the order
    of sending, each entry with its brackets. A sequence number is None where it is empty. Build
    one with `uac`, `uac_from_notify` or `uas`.
    """

    call_id: str
    local: NameAddr
    remote: NameAddr
    local_tag: str | None
    remote_tag: str | None
    remote_target: str
    route_set: tuple[str, ...] = ()
    local_cseq: int | None = None
    remote_cseq: int | None = None
    first_cseq: int = field(default=1, kw_only=True)

    # -- making one ------------------------------------------------------------------------

    @classmethod
    def uac(cls, request: Request, response: Response) -> Dialog:
        """The dialog that a 2xx to our SUBSCRIBE makes (RFC 3261 §12.1.2).

        The route set is the response's Record-Route "taken in reverse order"; the first NOTIFY
        may replace it, see `establish`. Raises DialogError.
        """
        return cls(
            call_id=_need(request.call_id, "Call-ID"),
            local=_untagged(_need(request.from_, "From")),
            remote=_untagged(_need(request.to, "To")),
            local_tag=_need(request.from_, "From").tag,
            remote_tag=_need(response.to, "To").tag,
            remote_target=_contact(response),
            route_set=tuple(reversed(_record_route(response))),
            local_cseq=_need(request.cseq, "CSeq").number,
        )

    @classmethod
    def uac_from_notify(cls, subscribe: Request, notify: Request) -> Dialog:
        """The dialog that a NOTIFY makes, maybe before the 2xx (RFC 6665 §4.4.1, §4.1.2.4).

        `subscribe` is our request, `notify` one for which `is_notify_of` holds. Raises DialogError.
        """
        return cls(
            call_id=_need(subscribe.call_id, "Call-ID"),
            local=_untagged(_need(subscribe.from_, "From")),
            remote=_untagged(_need(subscribe.to, "To")),
            local_tag=_need(subscribe.from_, "From").tag,
            remote_tag=_need(notify.from_, "From").tag,
            remote_target=_contact(notify),
            # "the route set at the subscriber is taken from the NOTIFY request itself"; its
            # subscriber is a UAS, so in order (RFC 3261 §12.1.1).
            route_set=_record_route(notify),
            local_cseq=_need(subscribe.cseq, "CSeq").number,
            remote_cseq=_need(notify.cseq, "CSeq").number,
        )

    @classmethod
    def uas(cls, request: Request, local_tag: str, *, first_cseq: int = 1) -> Dialog:
        """The dialog that our 2xx to a request makes (RFC 3261 §12.1.1).

        `local_tag` is the To tag of the response, `first_cseq` what our first request will have.
        Raises DialogError.
        """
        from_ = _need(request.from_, "From")
        return cls(
            call_id=_need(request.call_id, "Call-ID"),
            local=_untagged(_need(request.to, "To")),
            remote=_untagged(from_),
            local_tag=local_tag,
            remote_tag=from_.tag,
            remote_target=_contact(request),
            route_set=_record_route(request),
            remote_cseq=_need(request.cseq, "CSeq").number,
            first_cseq=first_cseq,
        )

    def establish(self, notify: Request) -> None:
        """Take the route set of the first NOTIFY, for a dialog that the 2xx made before it.

        "The route set at the subscriber is taken from the NOTIFY request itself, as opposed to
        the route set present in the 200-class response" (RFC 6665 §4.4.1).
        """
        self.route_set = _record_route(notify)

    # -- what it says of itself ------------------------------------------------------------

    @property
    def key(self) -> DialogKey:
        """The dialog ID, equal to what `key_of_request` and `key_of_response` find."""
        return (self.call_id, self.local_tag, self.remote_tag)

    @property
    def next_hop(self) -> str:
        """The URI that our next request is sent to (RFC 3261 §8.1.2)."""
        return self._routing()[2]

    # -- sending ---------------------------------------------------------------------------

    def next_request(
        self, method: str, headers: Iterable[Header] = (), *, via: str | None = None
    ) -> NextRequest:
        """Build our next request (RFC 3261 §12.2.1.1); it counts the CSeq up.

        In this order: Via if given, Max-Forwards, Route, From, To, Call-ID, CSeq, and `headers`,
        among which the caller puts the Contact of a target refresh request. For a request that
        was challenged build the next one: it has a new CSeq (§22.2).
        """
        uri, routes, next_hop = self._routing()
        self.local_cseq = self.first_cseq if self.local_cseq is None else self.local_cseq + 1
        built: list[Header] = [("Via", via)] if via is not None else []
        built.append(("Max-Forwards", str(MAX_FORWARDS)))
        built += [("Route", route) for route in routes]
        built += [
            ("From", _tagged(self.local, self.local_tag)),
            ("To", _tagged(self.remote, self.remote_tag)),
            ("Call-ID", self.call_id),
            ("CSeq", f"{self.local_cseq} {method}"),
            *headers,
        ]
        return NextRequest(method, uri, built, next_hop)

    def _routing(self) -> tuple[str, tuple[str, ...], str]:
        """Request-URI, Route values, and the URI that the request is sent to."""
        if not self.route_set:
            target = _as_request_uri(self.remote_target)
            return target, (), target
        first = _uri_of(self.route_set[0])
        if _is_loose_router(first):
            return _as_request_uri(self.remote_target), self.route_set, first
        # RFC 3261 §12.2.1.1: a strict router (RFC 2543) becomes the Request-URI, and the remote
        # target "the last value" of Route.
        uri = _as_request_uri(first)
        return uri, (*self.route_set[1:], f"<{self.remote_target}>"), uri

    def take_response(self, request: Request, response: Response) -> None:
        """Take the remote target of a 2xx to a target refresh request (RFC 3261 §12.2.1.2)."""
        if 200 <= response.status < 300 and request.method in TARGET_REFRESH_METHODS:
            self._refresh_target(response)

    # -- receiving -------------------------------------------------------------------------

    def refusal(self, request: Request) -> int | None:
        """The status to refuse a request of the peer with; None where it is in order.

        481 for another dialog, 400 without a readable CSeq, 500 for a CSeq lower than the last
        (RFC 3261 §12.2.2). A gap "is not an error condition"; nor is the same number again, which
        the text does not speak of. Nothing is changed: "if the request is rejected, none of the
        state changes are performed"; call `take_request` once it is accepted.
        """
        if key_of_request(request) != self.key:
            return 481
        if request.cseq is None:
            return 400
        if self.remote_cseq is not None and request.cseq.number < self.remote_cseq:
            return 500
        return None

    def accepts(self, request: Request) -> bool:
        """Whether a request of the peer is in this dialog and in order."""
        return self.refusal(request) is None

    def take_request(self, request: Request) -> None:
        """Take CSeq and remote target of a request that was accepted (RFC 3261 §12.2.2)."""
        if request.cseq is not None:
            self.remote_cseq = max(self.remote_cseq or 0, request.cseq.number)
        if request.method in TARGET_REFRESH_METHODS:
            self._refresh_target(request)

    def _refresh_target(self, message: Message) -> None:
        if message.contacts:
            self.remote_target = message.contacts[0].uri


def _need(value: _Value | None, name: str) -> _Value:
    if value is None:
        raise DialogError(name)
    return value


def _contact(message: Message) -> str:
    if not message.contacts:
        raise DialogError("Contact")
    return message.contacts[0].uri


def _untagged(address: NameAddr) -> NameAddr:
    return NameAddr(address.uri, display_name=address.display_name)


def _tagged(address: NameAddr, tag: str | None) -> str:
    # RFC 3261 §12.2.1.1: "If the value of the remote or local tags is null, the tag parameter MUST
    # be omitted".
    return str(
        address if tag is None else replace(address, params=address.params.with_("tag", tag))
    )


def _record_route(message: Message) -> tuple[str, ...]:
    """The Record-Route values as written, those that can be read, with angle brackets."""
    routes = []
    for value in message.headers.values("Record-Route"):
        route = value if "<" in value else f"<{value}>"
        try:
            parse_name_addr(route)
        except FieldError:
            continue
        routes.append(route)
    return tuple(routes)


def _uri_of(route: str) -> str:
    return parse_name_addr(route).uri


def _is_loose_router(uri: str) -> bool:
    try:
        parsed = parse_uri(uri)
    except UriError:
        return False
    return isinstance(parsed, SipUri) and parsed.is_loose_router


def _as_request_uri(uri: str) -> str:
    """The URI as it is, without what a Request-URI may not have (RFC 3261 §19.1.1, Table 1)."""
    try:
        parsed = parse_uri(uri)
    except UriError:
        return uri
    if not isinstance(parsed, SipUri) or not (parsed.headers or "method" in parsed.params):
        return uri
    return str(replace(parsed, params=parsed.params.without("method"), headers=()))
