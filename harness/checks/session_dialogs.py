"""Dialogs of subscriptions and others, as one UE's traffic has shown them (RFC 3261 §12, RFC 6665).

Only what was seen counts: a dialog whose beginning the capture lacks has no known route set.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.checks.identities import aor_of
from harness.model import Sender
from harness.sip.fields import NameAddr
from harness.sip.message import Request, Response
from harness.trace import TraceEntry

_MAX_DIALOGS = 4096
_MAX_TARGETS = 8
_MAX_FORKS = 16

# RFC 6665 §4.1.2.2 and §4.2.2: what ends the subscription that a SUBSCRIBE or NOTIFY is about.
_FATAL = frozenset({404, 405, 410, 416, *range(480, 486), 489, 501, 604})

DialogKey = tuple[str, str, str]
"""Call-ID, tag of the UE, tag of the other side."""


@dataclass(slots=True)
class Subscription:
    """A SUBSCRIBE outside of any dialog and what it led to: one dialog, or several if forked.

    `entry` is the latest SUBSCRIBE seen, `first` the one that began it. `accepted` turns true
    with a 2xx, `failed` with another final response.
    """

    call_id: str
    tag: str
    subscriber: Sender
    first: TraceEntry
    entry: TraceEntry
    package: str
    event_id: str | None
    accepted: bool = False
    failed: bool = False
    asked: set[tuple[str, str | None]] = field(default_factory=set)
    """The events, package and id, of every SUBSCRIBE and REFER in the Call-ID."""

    @property
    def request(self) -> Request:
        """The SUBSCRIBE that began it."""
        message = self.first.message
        assert isinstance(message, Request)
        return message


@dataclass(slots=True)
class Dialog:
    """One dialog between the UE and a peer.

    `route_sets` are the route sets that the UE may use: that of the 2xx response and that of the
    NOTIFY, which can come first (RFC 6665 §4.4.1); empty where the beginning was not seen.
    `targets` are the remote targets that the other side gave the UE, the latest last.
    `cseq` holds the highest CSeq number seen from each side. `package` is "" for a dialog that is
    no subscription.
    """

    key: DialogKey
    subscriber: Sender
    package: str
    event_id: str | None
    since: float
    subscription: Subscription | None = None
    route_sets: list[tuple[str, ...]] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    retargeted: float = 0.0
    """When the latest remote target took the place of another."""
    cseq: dict[Sender, int] = field(default_factory=dict)
    state: str = "neutral"
    expires_at: float | None = None
    notified: int = 0
    ended: TraceEntry | None = None
    known_ended_at: float | None = None
    """When the UE was seen to know of the end: its 2xx to the NOTIFY, or the fatal response."""
    accepted: tuple[int, int, float] | None = None
    """The highest CSeq of a NOTIFY that the UE has answered with 2xx; entry and time of that."""
    has_gap: bool = False
    """Whether the capture was seen to lack a request of the dialog."""
    own_uris: list[str] = field(default_factory=list)
    peer_uris: list[str] = field(default_factory=list)
    """Local and remote URI as the network has them, in its requests and responses."""
    is_known: bool = False
    """Whether the UE was seen to know it: it sent a request in it, or answered one with 2xx."""
    refused: int | None = None
    """The status of the response to a refresh after which the subscription is over."""

    @property
    def is_whole(self) -> bool:
        """Whether the UE's SUBSCRIBE, its 2xx and a NOTIFY were seen: all that routes come from."""
        begun = self.subscription is not None and self.subscription.accepted
        return begun and self.notified > 0 and len(self.route_sets) > 1

    @property
    def id(self) -> str:
        """A name for the dialog in reports: Call-ID and tags."""
        return ";".join(self.key)

    def is_about(self, request: Request) -> bool:
        """Whether a SUBSCRIBE or NOTIFY is about this subscription: a dialog can hold several."""
        event = request.event
        return event is None or (event.package, event.id) == (self.package, self.event_id)


def keeps_its_uris(request: Request, dialog: Dialog) -> bool:
    """Whether nothing can have changed the URIs of a subscription's dialog (RFC 4916 §4.3)."""
    if dialog.subscription is None or not dialog.is_whole or dialog.has_gap:
        return False
    supported = (*dialog.subscription.request.supported, *request.supported)
    return "from-change" not in {each.lower() for each in supported}


class Dialogs:
    """The dialogs and pending subscriptions of one UE, the oldest forgotten first."""

    def __init__(self) -> None:
        self._dialogs: Bounded[DialogKey, Dialog] = Bounded(_MAX_DIALOGS)
        self._subscriptions: Bounded[tuple[str, str], Subscription] = Bounded(_MAX_DIALOGS)
        self._by_call: Bounded[str, list[Dialog]] = Bounded(_MAX_DIALOGS)
        self._by_tags: Bounded[tuple[str, str], Dialog] = Bounded(_MAX_DIALOGS)
        self._tags: Bounded[str, set[str]] = Bounded(_MAX_DIALOGS)
        self.final_reasons: Bounded[tuple[str, str], str] = Bounded(_MAX_DIALOGS)
        """By address-of-record and package: why the UE's last subscription was terminated."""

    def __len__(self) -> int:
        return len(self._dialogs)

    def all(self) -> tuple[Dialog, ...]:
        """Every dialog that is remembered."""
        return tuple(self._dialogs.values())

    def pending(self) -> tuple[Subscription, ...]:
        """Every subscription that is remembered."""
        return tuple(self._subscriptions.values())

    def of_call(self, call_id: str | None) -> tuple[Dialog, ...]:
        """The dialogs with this Call-ID."""
        return tuple(self._by_call.get(call_id or "", ()))

    def of_tags(self, own: str, other: str) -> Dialog | None:
        """The dialog with these tags of the UE and of the other side, in any Call-ID."""
        return self._by_tags.get((own, other))

    def subscriber_tags(self, call_id: str | None) -> frozenset[str]:
        """The tags of the UE's subscriptions with this Call-ID."""
        return frozenset(self._tags.get(call_id or "", ()))

    def find(self, message: Request | Response, sender: Sender) -> Dialog | None:
        """The dialog of a message that carries both tags."""
        key = dialog_key(message, sender)
        return self._dialogs.get(key) if key is not None else None

    def subscription(self, message: Request | Response, sender: Sender) -> Subscription | None:
        """The subscription that a SUBSCRIBE or NOTIFY, or a response to one, belongs to."""
        call_id, tag = message.call_id, subscriber_tag(message)
        found = self._subscriptions.get((call_id or "", tag or ""))
        if found is None:
            return None
        sends_request = sender if isinstance(message, Request) else _other(sender)
        is_subscribe = message.method == "SUBSCRIBE"
        return found if (found.subscriber == sends_request) == is_subscribe else None

    def update(self, entry: TraceEntry, sender: Sender, request: Request | None) -> None:
        """Take in a SIP message; `request` is what a response answers."""
        message = entry.message
        if isinstance(message, Request):
            self._update_request(message, entry, sender)
        elif isinstance(message, Response):
            self._update_response(message, entry, sender, request)

    def _update_request(self, request: Request, entry: TraceEntry, sender: Sender) -> None:
        if request.method == "SUBSCRIBE" and not has_to_tag(request):
            self._begin(request, entry, sender)
        dialog = self.find(request, sender)
        if dialog is None and request.method == "NOTIFY":
            dialog = self._dialog_of_notify(request, entry, sender)
        if dialog is None:
            return
        # A number out of range has a finding of its own: none can follow it.
        if request.cseq is not None and request.cseq.number < 2**31:
            last = dialog.cseq.get(sender)
            dialog.has_gap |= last is not None and request.cseq.number > last + 1
            dialog.cseq[sender] = max(request.cseq.number, dialog.cseq.get(sender, 0))
        if sender == "network":
            _note_target(dialog, request.contacts, entry)
            _note_uri(dialog.own_uris, request.to)
            _note_uri(dialog.peer_uris, request.from_)
        if sender == "ue":
            dialog.is_known = True
        if request.method in ("SUBSCRIBE", "REFER") and dialog.subscription is not None:
            _note_asked(dialog.subscription, request)
            if request.method == "SUBSCRIBE" and dialog.is_about(request):
                dialog.subscription.entry = entry
        if request.method == "NOTIFY" and dialog.is_about(request):
            if dialog.notified == 0 and dialog.subscription is not None and sender == "network":
                # RFC 6665 §4.4.1: the route set of the NOTIFY; in the order of the request,
                # because the subscriber is its UAS (RFC 3261 §12.1.1).
                dialog.route_sets.append(tuple(each.uri for each in request.record_routes))
            _note_state(dialog, request, entry)
            self._note_reason(dialog, request)

    def _note_reason(self, dialog: Dialog, request: Request) -> None:
        state = request.subscription_state
        if state is None or dialog.subscription is None or dialog.subscriber != "ue":
            return
        uri = dialog.subscription.request.uri
        key = (aor_of(uri) or uri, dialog.package)
        if state.state == "terminated" and state.reason:
            self.final_reasons[key] = state.reason
        else:
            self.final_reasons.pop(key, None)

    def _begin(self, request: Request, entry: TraceEntry, sender: Sender) -> None:
        tag = request.from_.tag if request.from_ is not None else None
        event = request.event
        if request.call_id is None or tag is None or event is None:
            return
        key = (request.call_id, tag)
        known = self._subscriptions.get(key)
        if known is not None:  # sent again, with credentials or another Expires
            known.entry, known.first, known.failed = entry, entry, False
            known.package, known.event_id = event.package, event.id
            _note_asked(known, request)
            return
        if sender == "ue":
            self._tags.setdefault(request.call_id, set()).add(tag)
        made = Subscription(*key, sender, entry, entry, event.package, event.id)
        _note_asked(made, request)
        self._subscriptions[key] = made

    def _dialog_of_notify(
        self, request: Request, entry: TraceEntry, sender: Sender
    ) -> Dialog | None:
        key = dialog_key(request, sender)
        if key is None:
            return None
        subscription = self.subscription(request, sender)
        return self._make(key, _other(sender), request, entry, subscription)

    def _make(
        self,
        key: DialogKey,
        subscriber: Sender,
        message: Request | Response,
        entry: TraceEntry,
        subscription: Subscription | None,
    ) -> Dialog:
        event = message.event
        package = event.package if event is not None else ""
        event_id = event.id if event is not None else None
        if subscription is not None:
            package, event_id = subscription.package, subscription.event_id
        dialog = Dialog(key, subscriber, package, event_id, entry.time, subscription)
        first = subscription.request.cseq if subscription is not None else None
        if first is not None and first.number < 2**31:
            dialog.cseq[subscriber] = first.number
        self._dialogs[key] = dialog
        self._by_tags[key[1], key[2]] = dialog
        self._by_call[key[0]] = [*self._by_call.get(key[0], ())[-_MAX_FORKS:], dialog]
        return dialog

    def _update_response(
        self, response: Response, entry: TraceEntry, sender: Sender, request: Request | None
    ) -> None:
        dialog = self.find(response, sender)
        if request is None and dialog is not None:
            dialog.has_gap = True
        if request is None or request.method not in ("SUBSCRIBE", "NOTIFY"):
            return
        if dialog is not None and has_to_tag(request) and not dialog.is_about(request):
            return
        if response.status in _FATAL and dialog is not None and has_to_tag(request):
            dialog.ended = dialog.ended or entry
            dialog.known_ended_at = dialog.known_ended_at or entry.time
            if request.method == "SUBSCRIBE":
                dialog.refused = response.status
            return
        if request.method == "NOTIFY" and sender == "ue" and 200 <= response.status < 300:
            _note_notified(dialog, request, entry)
        if request.method != "SUBSCRIBE" or response.status < 200:
            return
        subscription = self.subscription(response, sender)
        if response.status >= 300:
            if subscription is not None and not has_to_tag(request):
                subscription.failed = True
            return
        if subscription is not None:
            subscription.accepted = True
        self._accept(response, entry, sender, request, subscription)

    def _accept(
        self,
        response: Response,
        entry: TraceEntry,
        sender: Sender,
        request: Request,
        subscription: Subscription | None,
    ) -> None:
        key = dialog_key(response, sender)
        if key is None:
            return
        dialog = self._dialogs.get(key)
        if dialog is None:
            dialog = self._make(key, _other(sender), request, entry, subscription)
        if sender == "network":
            if subscription is not None and not has_to_tag(request):
                # RFC 3261 §12.1.2: "taken in reverse order".
                routes = tuple(each.uri for each in reversed(response.record_routes))
                dialog.route_sets.append(routes)
            _note_target(dialog, response.contacts, entry)
            # §12.1.2 takes the URIs from "the To field" and "the From field", of either message.
            _note_uri(dialog.own_uris, response.from_)
            _note_uri(dialog.peer_uris, response.to)
        if response.expires is not None:
            dialog.expires_at = entry.time + response.expires


def _note_asked(subscription: Subscription, request: Request) -> None:
    if request.method == "REFER":  # RFC 3515 §2.4.6: the id is the CSeq number, if there is one
        number = str(request.cseq.number) if request.cseq is not None else None
        subscription.asked |= {("refer", None), ("refer", number)}
    elif request.event is not None and len(subscription.asked) < _MAX_FORKS:
        subscription.asked.add((request.event.package, request.event.id))


def _note_notified(dialog: Dialog | None, request: Request, entry: TraceEntry) -> None:
    """Take in that the UE has answered a NOTIFY with 2xx."""
    if dialog is None:
        return
    dialog.is_known = True
    state = request.subscription_state
    if state is not None and state.state == "terminated":
        dialog.known_ended_at = dialog.known_ended_at or entry.time
    number = request.cseq.number if request.cseq is not None else 0
    if dialog.accepted is None or number > dialog.accepted[0]:
        dialog.accepted = (number, entry.number, entry.time)


def _note_target(dialog: Dialog, contacts: tuple[NameAddr, ...], entry: TraceEntry) -> None:
    # RFC 3261 §12.2.1.2, §12.2.2: a target refresh replaces the remote target.
    if contacts and contacts[0].uri not in dialog.targets[-1:]:
        dialog.targets = [*dialog.targets, contacts[0].uri][-_MAX_TARGETS:]
        dialog.retargeted = entry.time


def _note_uri(known: list[str], address: NameAddr | None) -> None:
    if address is not None and address.uri not in known and len(known) < _MAX_TARGETS:
        known.append(address.uri)


def _note_state(dialog: Dialog, request: Request, entry: TraceEntry) -> None:
    dialog.notified += 1
    state = request.subscription_state
    if state is None:
        return
    dialog.state = state.state
    if state.expires is not None:
        dialog.expires_at = entry.time + state.expires
    if state.state == "terminated" and dialog.ended is None:
        dialog.ended = entry


def _other(sender: Sender) -> Sender:
    return "network" if sender == "ue" else "ue"


def has_to_tag(message: Request | Response) -> bool:
    """Whether the To header field carries a tag: the message is inside a dialog."""
    return message.to is not None and message.to.tag is not None


def subscriber_tag(message: Request | Response) -> str | None:
    """The subscriber's tag: in the From of a SUBSCRIBE, in the To of a NOTIFY."""
    field_ = message.to if message.method == "NOTIFY" else message.from_
    return field_.tag if field_ is not None else None


def dialog_key(message: Request | Response, sender: Sender) -> DialogKey | None:
    """Call-ID, UE's tag and peer's tag (RFC 3261 §12); None while one of them is missing."""
    from_tag = message.from_.tag if message.from_ is not None else None
    to_tag = message.to.tag if message.to is not None else None
    if message.call_id is None or not from_tag or not to_tag:
        return None
    is_from_ue = (sender == "ue") == isinstance(message, Request)
    tags = (from_tag, to_tag) if is_from_ue else (to_tag, from_tag)
    return (message.call_id, *tags)
