"""A message as the flow looks at it: what it is about, and what stands in its fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from harness.checks.facts import (
    Presentity,
    Watcher,
    list_entries_in,
    parts_of,
    presentities_in,
    watchers_in,
    xcap_uri_of,
)
from harness.checks.matchers import Observed
from harness.checks.registry import BodyPart
from harness.checks.session import Session
from harness.checks.session_dialogs import subscriber_tag
from harness.checks.session_registration import is_removal
from harness.checks.transactions import Transaction
from harness.model import Sender
from harness.sip.message import Message as SipMessage
from harness.sip.message import Request, Response
from harness.sip.uri import SipUri, UriError, address_of_record, parse_uri, same_uri
from harness.trace import Message
from harness.xcap.http import HttpRequest, HttpResponse
from harness.xcap.selector import XcapUri


@dataclass(frozen=True)  # not slotted: what is read of the body is cached
class Subject:
    """A request, and what is known about its UE.

    `identity` is the UE's address-of-record, `services` the URIs of the lists that the UE has
    defined; `dialog_of` is the step whose request opened the dialog that the message belongs to,
    and `is_first` tells whether it is the first request of the other side in that dialog.
    """

    message: Message
    identity: str | None = None
    services: tuple[str, ...] = ()
    dialog_of: str | None = None
    is_first: bool = False

    @cached_property
    def sip(self) -> Request | None:
        return self.message if isinstance(self.message, Request) else None

    @cached_property
    def http(self) -> HttpRequest | None:
        return self.message if isinstance(self.message, HttpRequest) else None

    @cached_property
    def package(self) -> str:
        """The event package, "" if there is none."""
        event = self.sip.event if self.sip is not None else None
        return event.package if event is not None else ""

    @cached_property
    def opens_dialog(self) -> bool:
        """A request outside dialogs has no tag in To (RFC 3261 §8.1.1.2)."""
        to = self.sip.to if self.sip is not None else None
        return to is None or to.tag is None

    @cached_property
    def removes(self) -> bool:
        """Whether it asks for nothing to be kept: an expiration of 0 (RFC 3261 §10.2.2)."""
        if self.sip is None:
            return False
        return is_removal(self.sip) if self.sip.method == "REGISTER" else self.sip.expires == 0

    @cached_property
    def wants_list(self) -> bool:
        """A subscription to a list: it says so (RFC 4662 §4.1), or its target is known as one."""
        if self.sip is None:
            return False
        return (
            any(each.lower() == "eventlist" for each in self.sip.supported)
            or any("rlmi+xml" in each.lower() for each in self.sip.headers.values("Accept"))
            or any(_is_service(self.sip.uri, each) for each in self.services)
            or ";pres-list=" in self.sip.uri.lower()
        )

    @cached_property
    def parts(self) -> tuple[BodyPart, ...]:
        return parts_of(self.message)

    @cached_property
    def presentities(self) -> tuple[Presentity, ...]:
        return presentities_in(self.parts)

    @cached_property
    def watchers(self) -> tuple[Watcher, ...]:
        return watchers_in(self.parts)

    @cached_property
    def xcap(self) -> XcapUri | None:
        return xcap_uri_of(self.http) if self.http is not None else None

    @cached_property
    def node(self) -> str:
        """What the node selector selects: an element's name, "document" for all of it."""
        selector = self.xcap.node if self.xcap is not None else None
        if selector is None:
            return "document"
        name = selector.steps[-1].name
        return name.local if name is not None and selector.kind == "element" else selector.kind

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Whom the list entries that this puts or selects name (addresses-of-record)."""
        selector = self.xcap.node if self.xcap is not None else None
        if selector is None or self.node != "entry":
            return list_entries_in(self.parts)
        test = selector.steps[-1].test
        return (address_of_record(test.value),) if test is not None else ()

    @property
    def subscriber(self) -> tuple[str, str] | None:
        """The subscription that a SUBSCRIBE opens or a NOTIFY is about: Call-ID and tag."""
        tag = subscriber_tag(self.sip) if self.sip is not None else None
        call_id = self.sip.call_id if self.sip is not None else None
        return (call_id, tag) if call_id and tag else None

    def is_own(self, uri: str) -> bool:
        """Whether this address-of-record is the UE's."""
        return self.identity is not None and uri == self.identity


def _is_service(uri: str, service: str) -> bool:
    # RFC 3261 §19.1.4 passes over a parameter that only one URI has, but the service of a list
    # may differ from the user by just that.
    try:
        one, other = parse_uri(uri), parse_uri(service)
    except UriError:
        return False
    if (
        isinstance(one, SipUri)
        and isinstance(other, SipUri)
        and len(one.params) != len(other.params)
    ):
        return False
    return same_uri(one, other)


def status_of(message: Message) -> int | None:
    """The status code of a response; None for a request."""
    return message.status if isinstance(message, (Response, HttpResponse)) else None


def reason_of(message: Message) -> str:
    """Status code and reason phrase of a response, for a person."""
    if not isinstance(message, (Response, HttpResponse)):
        return ""
    return f"{message.status} {message.reason}".strip()


def aor_or_none(uri: str) -> str | None:
    """The address-of-record of an identity as written; None while there is none."""
    return address_of_record(uri) if uri else None


def transaction_of(session: Session, message: Message, sender: Sender) -> Transaction | None:
    """The SIP transaction of a message that was seen before."""
    if not isinstance(message, SipMessage):
        return None
    return session.transactions.find(message, sender)


def observe(message: Message, field: str) -> Observed:
    """What stands in a header field, or in the start-line's "Request-URI" or "Status"."""
    if field == "Request-URI":
        target = ""
        if isinstance(message, (Request, HttpRequest)):
            target = message.uri if isinstance(message, Request) else message.target
        return Observed(field, (target,) if target else (), _after_first_blank(message))
    if field == "Status":
        status = status_of(message)
        return Observed(field, (str(status),) if status else (), _after_first_blank(message))
    rows = message.headers.rows(field)
    return Observed(field, tuple(row.value for row in rows), rows[0].offset if rows else None)


def _after_first_blank(message: Message) -> int:
    """Where the second word of the start-line begins, in bytes."""
    return message.raw.find(b" ") + 1
