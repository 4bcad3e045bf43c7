"""A subscription of the UE: SUBSCRIBE, its refresh and its end, and the NOTIFYs (RFC 6665 §4.1)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

from harness.body.wellformed import BodyError
from harness.model import Peer, Send
from harness.sip.dialog import Dialog, DialogError, is_notify_of
from harness.sip.fields import SubscriptionState
from harness.sip.message import Request, Response
from harness.ue.softstate import REACTIONS, Phase, Reaction, SoftState
from harness.ue.uac import Uac

_MAX_RESTARTS = 3
"""New subscriptions at the notifier's word, one after the other, before the UE backs off."""
_CATCH_UP_PAUSE = 60.0
"""Seconds between two refreshes for full state: a notifier that cannot count gets no loop."""

# RFC 6665 §4.1.2.2: after these a refresh has no subscription left to refresh.
_FATAL_TO_REFRESH = frozenset({404, 405, 410, 416, *range(480, 486), 489, 501, 604})


class Again(enum.Enum):
    """What a terminated subscription leads to."""

    NOW = "subscribe anew at once"
    LATER = "subscribe anew later"
    NEVER = "stay away"


# RFC 6665 §4.1.3.
_AFTER_TERMINATION: Mapping[str | None, Again] = MappingProxyType(
    {
        "deactivated": Again.NOW,
        "timeout": Again.NOW,
        "probation": Again.LATER,
        "giveup": Again.LATER,
        "rejected": Again.NEVER,
        "noresource": Again.NEVER,
        "invariant": Again.NEVER,
    }
)


class View(Protocol):
    """Whoever keeps what notifications say."""

    media_types: tuple[str, ...]

    def reset(self) -> None:
        """A new subscription begins."""

    def apply(self, content_type: str, body: bytes) -> bool:
        """Take a body; whether full state is wanted. Raises BodyError."""


@dataclass(frozen=True, slots=True)
class NotifyAnswer:
    """How to answer a NOTIFY, and what to send after the answer."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    sends: tuple[Send, ...] = ()


class Subscription(SoftState):
    """One subscription to `package`; `suffix` follows the identity in its target."""

    reactions: Mapping[int, Reaction] = MappingProxyType({**REACTIONS, 481: Reaction.RENEW})

    def __init__(self, uac: Uac, package: str, view: View, suffix: str = "") -> None:
        super().__init__(uac, uac.settings.subscription_seconds)
        self.package = package
        self.dialog: Dialog | None = None
        self._view = view
        self._suffix = suffix
        self._call_id = self._from_tag = ""
        self._sequence = 0
        self._initial: Request | None = None
        self._is_confirmed = False
        self._timer_n: float | None = None
        self._restarts = 0
        self._catch_up_from = 0.0

    # -- SUBSCRIBE --------------------------------------------------------------------------------

    def _make_request(self, seconds: int) -> tuple[Request, Peer]:
        fields = self.uac.settings.persona.packages[self.package]
        values = {
            "event": self.package,
            "expires": str(seconds),
            "accept": fields.accept,
            "supported": fields.supported,
        }
        if self.dialog is not None:
            return self._make_refresh(self.dialog, values)
        if not self._call_id:
            self._call_id = f"{self.uac.new_id()}@{self.uac.settings.local.host}"
            self._from_tag = self.uac.new_id()
        identity = self.uac.account.identity
        target = f"{identity}{self._suffix}"
        self._sequence += 1
        values |= {
            "from_": f"<{identity}>;tag={self._from_tag}",
            "to": f"<{target}>",
            "call_id": self._call_id,
            "cseq": f"{self._sequence} SUBSCRIBE",
        }
        request, destination = self.uac.make("SUBSCRIBE", target, values)
        self._initial = request
        return request, destination

    def _make_refresh(self, dialog: Dialog, values: dict[str, str]) -> tuple[Request, Peer]:
        """RFC 6665 §4.1.2.2: "on the same dialog as the existing subscription"."""
        following = dialog.next_request("SUBSCRIBE")
        found = dict(following.headers)
        routes = [value for name, value in following.headers if name == "Route"]
        values |= {
            "display": "",
            "route": ", ".join(routes),
            "from_": found["From"],
            "to": found["To"],
            "call_id": found["Call-ID"],
            "cseq": found["CSeq"],
        }
        return self.uac.make("SUBSCRIBE", following.uri, values, next_hop=following.next_hop)

    def _ask(self, now: float) -> list[Send]:
        # RFC 6665 §4.1.2.4: Timer N starts with every SUBSCRIBE.
        self._timer_n = now + self.uac.settings.timers.n
        return super()._ask(now)

    def _granted(self, response: Response) -> int:
        return self._wanted if response.expires is None else response.expires

    def _accepted(self, request: Request, response: Response, now: float) -> list[Send]:
        if response.status == 204:
            self._timer_n = None  # RFC 5839 §6: no NOTIFY follows
        if self.dialog is None:
            try:
                self.dialog = Dialog.uac(request, response)
            except DialogError as error:
                # The NOTIFY makes the dialog (RFC 6665 §4.4.1); this answer only lacks something.
                self.uac.report(f"the {response.status} to SUBSCRIBE has {error}")
        elif response.to is not None and response.to.tag == self.dialog.remote_tag:
            self.dialog.take_response(request, response)
            self._restarts = 0
        return []

    def _react(self, request: Request, status: int) -> Reaction:
        reaction = super()._react(request, status)
        if self.dialog is not None and status in _FATAL_TO_REFRESH:
            self._expires = None
            self._forget()
            return reaction
        # A refresh that is refused otherwise leaves the subscription valid (§4.1.2.2): its dialog
        # stays, and its NOTIFYs are taken, whatever follows.
        return Reaction.LATER if reaction is Reaction.RENEW else reaction

    def _refused(self, request: Request, response: Response, now: float) -> list[Send]:
        self._timer_n = None
        return super()._refused(request, response, now)

    def _forget(self) -> None:
        """RFC 6665 §4.1.2.2: a new subscription has "a freshly generated Call-ID and a new,
        unique "From" tag"."""
        self.dialog = self._initial = None
        self._is_confirmed = False
        self._timer_n = None
        self._call_id = self._from_tag = ""
        self._sequence = 0
        self._view.reset()

    # -- time -------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        deadlines = [each for each in (super().next_deadline(), self._timer_n) if each is not None]
        return min(deadlines, default=None)

    def tick(self, now: float) -> list[Send]:
        if self._timer_n is None or now < self._timer_n:
            return super().tick(now)
        self._timer_n = None
        if self.phase not in (Phase.HELD, Phase.WAITING):
            # The transaction's own timeout speaks for it, or the UE has left already.
            return super().tick(now)
        # RFC 6665 §4.1.2.4: "the subscriber considers the subscription failed".
        self._expires = None
        self._forget()
        return self._try_later(f"no NOTIFY after SUBSCRIBE for {self.package}", None, now)

    # -- NOTIFY -----------------------------------------------------------------------------------

    def is_addressed_by(self, notify: Request) -> bool:
        """Whether Call-ID and To tag of a NOTIFY are those of this subscription."""
        tag = notify.to.tag if notify.to is not None else None
        return bool(self._call_id) and (notify.call_id, tag) == (self._call_id, self._from_tag)

    def notified(self, notify: Request, now: float) -> NotifyAnswer:
        """Take a NOTIFY that is addressed to this subscription (RFC 6665 §4.1.3)."""
        event = notify.event
        if event is None or event.package != self.package or event.id is not None:
            return NotifyAnswer(489, (("Allow-Events", "presence, presence.winfo"),))
        refusal = self._join_dialog(notify)
        if refusal is not None:
            return NotifyAnswer(refusal)
        state = notify.subscription_state
        if state is None:
            return NotifyAnswer(400)
        media_type = notify.content_type.essence if notify.content_type is not None else ""
        if notify.body and media_type not in self._view.media_types:
            # RFC 3261 §8.2.3.
            return NotifyAnswer(415, (("Accept", ", ".join(self._view.media_types)),))
        assert self.dialog is not None
        self.dialog.take_request(notify)
        self._is_confirmed = True
        self._timer_n = None
        wants_full_state = self._apply(notify) if notify.body else False
        return NotifyAnswer(200, sends=tuple(self._follow(state, wants_full_state, now)))

    def _join_dialog(self, notify: Request) -> int | None:
        """Find the NOTIFY its dialog, or make it; the status to refuse it with, or None."""
        if self.dialog is not None:
            refusal = self.dialog.refusal(notify)
            if refusal != 481 or self._is_confirmed:
                # RFC 3856 §6.9: presence does not allow a second dialog by forking.
                if refusal is None and not self._is_confirmed:
                    self.dialog.establish(notify)
                return refusal
        if self._initial is None or not is_notify_of(notify, self._initial):
            return 481
        try:
            # RFC 6665 §4.1.2.4: the NOTIFY may come before the 2xx, or from elsewhere.
            dialog = Dialog.uac_from_notify(self._initial, notify)
        except DialogError:
            return 400
        self.dialog = dialog
        return None

    def _apply(self, notify: Request) -> bool:
        try:
            return self._view.apply(notify.headers.get("Content-Type", ""), notify.body)
        except BodyError as error:
            # What cannot be read changes nothing, and the subscription goes on.
            self.uac.report(f"NOTIFY {self.package}: {error}")
            return False

    def _follow(self, state: SubscriptionState, wants_full_state: bool, now: float) -> list[Send]:
        if state.state == "terminated":
            return self._terminated(state, now)
        if self.phase is not Phase.HELD:
            return []
        # §4.1.3: "the authoritative subscription duration"; it can only be shortened (§4.2.2).
        if state.expires is not None and now + state.expires < (self._expires or 0) - 1:
            self._hold(state.expires, now)
        if wants_full_state and now >= self._catch_up_from:
            self._catch_up_from = now + _CATCH_UP_PAUSE
            return self._ask(now)
        return []

    def _terminated(self, state: SubscriptionState, now: float) -> list[Send]:
        """RFC 6665 §4.1.3: "the subscriber MUST consider the subscription terminated"."""
        self._expires = self._asked = None
        self._forget()
        if self._leaving or self.phase is Phase.ENDED:
            self._end(Phase.ENDED)
            return []
        again = _AFTER_TERMINATION.get(state.reason, Again.LATER)
        self._restarts += 1
        if again is Again.NOW and self._restarts <= _MAX_RESTARTS:
            return self._ask(now)
        why = f"the subscription to {self.package} was terminated: {state.reason or 'no reason'}"
        if again is Again.NEVER:
            return self._give_up(why)
        after = None if again is Again.NOW else state.retry_after
        return self._try_later(why, self._back_off(self._restarts) if after is None else after, now)
