"""The notifier: SUBSCRIBE requests, the dialogs that they make, and NOTIFY (RFC 6665 §4.2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from harness.model import Peer, Send
from harness.network.admission import Admission, Refused
from harness.network.contents import ContentError, coded, coding_for
from harness.network.feeds import Body, Status
from harness.network.outgoing import Final, Outgoing, make_tolerant
from harness.network.packages import PACKAGES, bad_event
from harness.network.reply import Header, Reply, granted_seconds, too_brief
from harness.network.site import SERVER, Site
from harness.network.subscribing import (
    accepted,
    contact_of,
    is_secure,
    record_route,
    refusal_in_dialog,
)
from harness.network.subscriptions import ENDING_STATUSES, Subscription
from harness.sip.dialog import Dialog, DialogError, DialogKey, key_of_request
from harness.sip.message import Request, SerializeError
from harness.sip.timers import TimerQueue

_MAX_ROUNDS = 10_000
"""NOTIFYs of one flush; a feed that never runs out of news must not hold up the network."""


class Notifier:
    """All subscriptions of SIP subscribers.

    `revise` sees the rows of each NOTIFY at last; `moved` hears whose subscriptions were looked at
    or have ended.
    """

    def __init__(
        self,
        site: Site,
        outgoing: Outgoing,
        admission: Admission,
        revise: Callable[[Subscription, list[Header]], list[Header]] = lambda _, rows: rows,
        moved: Callable[[str], None] = lambda subscriber: None,
    ) -> None:
        self._site = site
        self._moved = moved
        self._revise = revise
        self._outgoing = outgoing
        self._admission = admission
        self._subscriptions: dict[DialogKey, Subscription] = {}
        self._by_identity: dict[str, dict[DialogKey, Subscription]] = {}
        self._indexed: dict[DialogKey, frozenset[str]] = {}
        self._touched: dict[DialogKey, Subscription] = {}
        self._expiry: TimerQueue[DialogKey] = TimerQueue()
        self._paused: TimerQueue[DialogKey] = TimerQueue()

    # -- SUBSCRIBE -------------------------------------------------------------------------

    def subscribe(self, request: Request, source: Peer, now: float) -> Reply:
        """Process a SUBSCRIBE: a new subscription, or one in its dialog."""
        event = request.event
        # RFC 6665 §4.2.1.1, §4.2.3: 489 for a package that is unknown, and for no Event.
        if event is None or event.package not in PACKAGES:
            return bad_event()
        package = PACKAGES[event.package]
        network = self._site.profile.network
        seconds = granted_seconds(
            request.expires,
            package.default_expires,
            network.min_subscription,
            network.max_subscription,
        )
        if seconds is None:
            return too_brief(network.min_subscription)
        if request.to is not None and request.to.tag is not None:
            return self._refresh(request, source, seconds, now)
        return self._create(request, source, seconds, now)

    def _create(self, request: Request, source: Peer, seconds: int, now: float) -> Reply:
        subscriber = self._site.identity(request.from_.uri) if request.from_ else ""
        if self._is_full(subscriber):
            return Reply(503, headers=(("Retry-After", "60"),))
        tag = self._site.new_id()
        try:
            # RFC 3261 §12.1.1: the dialog needs a Contact; 400 without.
            dialog = Dialog.uas(request, tag)
        except DialogError as error:
            return Reply(400, f"No Usable {error.missing}")
        admitted = self._admission.admit(request, source, now + seconds, now)
        if isinstance(admitted, Refused):
            return admitted.reply
        subscription = Subscription(
            package=admitted.package,
            event=str(request.event),
            subscriber=subscriber,
            feed=admitted.feed,
            dialog=dialog,
            flow=source,
            created_at=now,
            expires_at=now + seconds,
            is_list=admitted.is_list,
            requires=admitted.requires,
            ending=_TIMEOUT if seconds == 0 else None,
            condition=self._condition(request),
            coding=self._coding(request),
        )
        self._keep(subscription)
        return accepted(self._site, request, subscription, source, seconds, tag)

    def _is_full(self, subscriber: str) -> bool:
        limits = self._site.limits
        own = sum(each.subscriber == subscriber for each in self._of(subscriber))
        return len(self._subscriptions) >= limits.subscriptions or (
            own >= limits.subscriptions_per_user
        )

    def _refresh(self, request: Request, source: Peer, seconds: int, now: float) -> Reply:
        subscription = self.find(request)
        # RFC 6665 §4.1.2.2: 481 tells the subscriber that its subscription is gone. One that was
        # told so by its last NOTIFY is gone, too.
        if (
            subscription is None
            or subscription.is_over
            or subscription.ending is not None
            or not subscription.is_of(request.event)
        ):
            return Reply(481, "Subscription Does Not Exist")
        refusal = refusal_in_dialog(request, subscription)
        if refusal is not None:
            return refusal
        try:
            self._admission.renegotiate(request, subscription.feed)
        except ContentError as error:
            return error.reply
        subscription.dialog.take_request(request)
        subscription.flow = source
        subscription.expires_at = now + seconds
        subscription.condition = self._condition(request)
        subscription.coding = self._coding(request)
        if subscription.is_suppressed:
            return self._suppressed(subscription, seconds)
        # §4.2.1.2: "Upon successfully accepting or refreshing a subscription, notifiers MUST send
        # a NOTIFY request immediately"; RFC 4662 §5.2: with full state.
        subscription.is_due = subscription.is_full = True
        if seconds == 0:
            self._end(subscription, _TIMEOUT)
        else:
            self._extend(subscription)
        self._touched[subscription.dialog.key] = subscription
        return accepted(self._site, request, subscription, source, seconds, None)

    def _extend(self, subscription: Subscription) -> None:
        subscription.feed.refresh(subscription.expires_at)
        self._expiry.set(subscription.dialog.key, subscription.expires_at)

    def _suppressed(self, subscription: Subscription, seconds: int) -> Reply:
        """204 and no NOTIFY, which ends the subscription where that was asked (RFC 5839 §6.3)."""
        if seconds == 0:
            subscription.feed.end()
            self._forget(subscription)
        else:
            self._extend(subscription)
        return Reply(204, "No Notification", headers=(("Expires", str(seconds)),))

    def _coding(self, request: Request) -> str:
        return coding_for(request, self._site.profile.network.notification_coding)

    def _condition(self, request: Request) -> str | None:
        if not self._site.profile.network.conditional_notification:
            return None
        return request.headers.get("Suppress-If-Match")

    # -- bookkeeping -------------------------------------------------------------------------

    def _keep(self, subscription: Subscription) -> None:
        key = subscription.dialog.key
        self._subscriptions[key] = subscription
        self._touched[key] = subscription
        if subscription.ending is None:
            self._expiry.set(key, subscription.expires_at)
        self._index(subscription)

    def _index(self, subscription: Subscription) -> None:
        key = subscription.dialog.key
        depends = frozenset((subscription.subscriber, *subscription.feed.depends()))
        before = self._indexed.get(key, frozenset())
        for identity in before - depends:
            self._unindex(identity, key)
        for identity in depends - before:
            self._by_identity.setdefault(identity, {})[key] = subscription
        self._indexed[key] = depends

    def _unindex(self, identity: str, key: DialogKey) -> None:
        subscriptions = self._by_identity.get(identity, {})
        subscriptions.pop(key, None)
        if not subscriptions:
            self._by_identity.pop(identity, None)

    def _forget(self, subscription: Subscription) -> None:
        self._moved(subscription.subscriber)
        key = subscription.dialog.key
        self._subscriptions.pop(key, None)
        self._touched.pop(key, None)
        self._expiry.cancel(key)
        self._paused.cancel(key)
        for identity in self._indexed.pop(key, frozenset()):
            self._unindex(identity, key)

    def _of(self, identity: str) -> tuple[Subscription, ...]:
        return tuple(self._by_identity.get(identity, {}).values())

    def subscriptions(self, subscriber: str) -> tuple[Subscription, ...]:
        """What a user is subscribed to, the oldest first."""
        return tuple(
            each
            for each in self._of(subscriber)
            if each.subscriber == subscriber and each.ending is None and not each.is_over
        )

    def find(self, request: Request) -> Subscription | None:
        """The subscription in whose dialog a request is."""
        key = key_of_request(request)
        return self._subscriptions.get(key) if key is not None else None

    def terminate(self, subscription: Subscription, status: Status) -> None:
        """End a subscription; the next flush tells its subscriber (RFC 6665 §4.2.2)."""
        self._end(subscription, status)
        subscription.is_due = True
        self._touched[subscription.dialog.key] = subscription

    def announce(self, subscription: Subscription, body: Body | None) -> None:
        """Notify with the next flush, news or not; `body` in place of the feed's, once."""
        subscription.is_due = subscription.is_full = True
        subscription.dictated = body
        self._touched[subscription.dialog.key] = subscription

    def is_quiet(self, subscription: Subscription, now: float) -> bool:
        """Whether the subscriber has answered all there is to tell it."""
        is_owed = subscription.is_due or subscription.is_waiting
        if is_owed:
            return False
        return subscription.is_suppressed or not subscription.feed.has_news(now)

    def touch(self, identity: str) -> None:
        """Something that has to do with this identity changed: its subscriptions are looked at."""
        self._touched.update(self._by_identity.get(identity, {}))

    @property
    def is_idle(self) -> bool:
        """Whether there is no subscription left to look at."""
        return not self._touched

    # -- NOTIFY --------------------------------------------------------------------------------

    def flush(self, now: float) -> list[Send]:
        """Send the NOTIFYs that are owed, one for each subscription that is not waiting."""
        sends: list[Send] = []
        for _ in range(_MAX_ROUNDS):
            key = next(iter(self._touched), None)
            if key is None:
                break
            subscription = self._touched.pop(key)
            self._moved(subscription.subscriber)
            if not subscription.is_waiting:
                sends += self._notify_if_owed(subscription, now)
        return sends

    def _notify_if_owed(self, subscription: Subscription, now: float) -> list[Send]:
        has_news = subscription.feed.has_news(now)
        self._index(subscription)
        status = subscription.next_status()
        is_changed = status != subscription.status
        if not (subscription.is_due or has_news or is_changed):
            return []
        if not (subscription.is_due or is_changed):
            if subscription.is_suppressed:
                return []
            # Changes are not told faster than the profile says (RFC 6665 §5.4.10).
            earliest = subscription.notified_at + self._site.profile.network.notification_interval
            if now < earliest:
                self._paused.set(subscription.dialog.key, earliest)
                return []
        return self._notify(subscription, status, now)

    def _notify(self, subscription: Subscription, status: Status, now: float) -> list[Send]:
        full = subscription.is_full or status.state == "terminated"
        body = subscription.dictated
        if body is None and not subscription.is_suppressed:
            body = subscription.feed.write(full=full)
            # RFC 5839 §6.3: "As long as the condition remains true": what the subscriber holds
            # from now on is another state, even if the old one comes back.
            subscription.condition = None
        subscription.dictated = None
        secure = is_secure(subscription.dialog.remote_target)
        headers: list[Header] = [
            ("Event", subscription.event),
            ("Subscription-State", subscription.state_value(status, now)),
            ("Contact", contact_of(self._site, subscription.flow, secure=secure)),
            *record_route(self._site, subscription.flow, secure=secure),
            ("User-Agent", SERVER),
        ]
        if self._site.profile.network.conditional_notification:
            headers.append(("SIP-ETag", subscription.feed.entity_tag()))
        data = b""
        if body is not None:
            headers += [*body.headers, ("Content-Type", body.content_type)]
            data = coded(body.data, subscription.coding)
            if data and subscription.coding != "identity":
                headers.append(("Content-Encoding", subscription.coding))
        subscription.status = status
        subscription.is_due = subscription.is_full = False
        subscription.is_waiting = True
        subscription.notified_at = now
        if subscription.is_over:
            subscription.feed.end()
        prepared = subscription.dialog.next_request("NOTIFY", headers)

        def build(via: str) -> Request:
            uri = self._outgoing.retargeted(prepared.uri)
            rows = self._revise(subscription, [("Via", via), *prepared.headers])
            return make_tolerant(prepared.method, uri, rows, data)

        destinations = self._outgoing.destinations(prepared.next_hop, subscription.flow)
        finished = partial(self._notified, subscription)
        try:
            return self._outgoing.send(build, destinations, finished, now)
        except SerializeError:
            # Whoever subscribes with addresses that no request can carry cannot be notified.
            subscription.feed.end()
            self._forget(subscription)
            return []

    def _notified(self, subscription: Subscription, final: Final, now: float) -> None:
        """The NOTIFY has its final response, or will never have one."""
        subscription.is_waiting = False
        if self._subscriptions.get(subscription.dialog.key) is not subscription:
            return  # it ended without a NOTIFY while this one was under way
        if subscription.is_over:
            self._forget(subscription)
        elif final.status in ENDING_STATUSES or final.response is None:
            # RFC 6665 §4.2.2: no NOTIFY tells of it, there is nobody to hear it.
            subscription.status = _TIMEOUT
            subscription.feed.end()
            self._forget(subscription)
        else:
            # A refused NOTIFY told nothing: the next one cannot rest on it.
            subscription.is_full = subscription.is_full or final.status >= 300
            subscription.dialog.take_response(final.request, final.response)
            self._touched[subscription.dialog.key] = subscription

    # -- time ----------------------------------------------------------------------------------

    def _end(self, subscription: Subscription, status: Status) -> None:
        subscription.ending = status
        self._expiry.cancel(subscription.dialog.key)

    def tick(self, now: float) -> None:
        """End the subscriptions that have run out: their last NOTIFY says timeout (§4.2.1.4)."""
        for key in self._expiry.due(now):
            subscription = self._subscriptions.get(key)
            if subscription is not None:
                self._end(subscription, _TIMEOUT)
                subscription.is_due = True
                self._touched[key] = subscription
        for key in self._paused.due(now):
            if key in self._subscriptions:
                self._touched[key] = self._subscriptions[key]

    def next_deadline(self) -> float | None:
        """When the next subscription runs out, or may be told of a change."""
        deadlines = (self._expiry.next_deadline(), self._paused.next_deadline())
        return min((each for each in deadlines if each is not None), default=None)


_TIMEOUT = Status("terminated", "timeout")
