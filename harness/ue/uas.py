"""Answers the requests that reach the UE (RFC 3261 §8.2, §11.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.model import Send
from harness.sip.dialog import key_of_request
from harness.sip.message import REASON_PHRASES, Request, Response, make_raw
from harness.sip.transaction import TransactionError, TransactionLayer
from harness.sip.uri import SipUri
from harness.ue.account import Account
from harness.ue.personas import ALLOW, Rows, fill_rows
from harness.ue.settings import Settings
from harness.ue.subscription import NotifyAnswer, Subscription

_SUPPORTED = frozenset({"path", "gruu", "eventlist"})
_MIRRORED = ("Via", "From", "To", "Call-ID", "CSeq")
# Without these nothing can be done with a request (RFC 3261 §8.1.1), nor with a body cut short.
_ESSENTIAL = frozenset({*_MIRRORED, "Content-Length", "start-line"})
_MESSAGE_TYPES = frozenset({"text/plain"})
_ACCEPT = (
    "text/plain, application/pidf+xml, application/rlmi+xml, application/watcherinfo+xml, "
    "multipart/related"
)

Headers = tuple[tuple[str, str], ...]
Answer = tuple[int, Headers]


class Uas:
    """The server side of all SIP requests.

    `subscriptions` are those that a NOTIFY may be for; `new_id` makes To tags.
    """

    def __init__(
        self,
        settings: Settings,
        account: Account,
        layer: TransactionLayer,
        new_id: Callable[[], str],
        subscriptions: Sequence[Subscription],
    ) -> None:
        self._settings = settings
        self._account = account
        self._layer = layer
        self._new_id = new_id
        self._subscriptions = subscriptions
        self._inspections = (
            self._check_version,
            self._check_essentials,
            self._check_method,
            self._check_uri,
            self._check_extensions,
            self._check_dialog,
        )
        self._answers: dict[str, Callable[[Request], Answer]] = {
            "OPTIONS": self._options,
            "MESSAGE": self._message,
            # The user takes no calls (§21.4.26) and is sent nowhere (§21.6.2).
            "INVITE": lambda _: (488, ()),
            "REFER": lambda _: (603, ()),
            # Without a session there is none to change or to end (§15.1.2, §9.2, RFC 3311 §5.2).
            "BYE": lambda _: (481, ()),
            "CANCEL": lambda _: (481, ()),
            "UPDATE": lambda _: (481, ()),
        }

    def receive(self, request: Request, now: float) -> list[Send]:
        """Answer a new request, at once."""
        for inspection in self._inspections:
            refusal = inspection(request)
            if refusal is not None:
                return self._respond(request, *refusal, now)
        if request.method == "NOTIFY":
            return self._notify(request, now)
        return self._respond(request, *self._answers[request.method](request), now)

    # -- inspection, in the order of RFC 3261 §8.2 ------------------------------------------------

    def _check_version(self, request: Request) -> Answer | None:
        # §21.5.6; SIP-Version is case-insensitive (§7.1).
        return None if request.version.upper() == "SIP/2.0" else (505, ())

    def _check_essentials(self, request: Request) -> Answer | None:
        """§16.3 and §18.3: what cannot be read is a bad request."""
        if any(problem.where in _ESSENTIAL for problem in request.malformed):
            return 400, ()
        read = (request.top_via, request.from_, request.to, request.call_id, request.cseq)
        if any(each is None for each in read):
            return 400, ()
        # §8.1.1.5: the method of CSeq "MUST match that of the request".
        return None if request.cseq and request.cseq.method == request.method else (400, ())

    def _check_method(self, request: Request) -> Answer | None:
        # §8.2.1: 405 with Allow.
        known = request.method == "NOTIFY" or request.method in self._answers
        return None if known else (405, (("Allow", ALLOW),))

    def _check_uri(self, request: Request) -> Answer | None:
        # §8.2.2.1: 416 for a scheme that is not understood, 404 for an address that is not ours.
        if not isinstance(request.parsed_uri, SipUri):
            return 416, ()
        return None if self._account.is_own(request.uri) else (404, ())

    def _check_extensions(self, request: Request) -> Answer | None:
        # §8.2.2.3: 420 with Unsupported; "Require ... MUST NOT be used in a SIP CANCEL request".
        unknown = [tag for tag in request.require if tag.lower() not in _SUPPORTED]
        if not unknown or request.method == "CANCEL":
            return None
        return 420, (("Unsupported", ", ".join(unknown)),)

    def _check_dialog(self, request: Request) -> Answer | None:
        """§12.2.2: a To tag that belongs to no dialog of ours is answered 481."""
        is_inside = request.to is not None and request.to.tag is not None
        if not is_inside or request.method == "NOTIFY":
            return None
        key = key_of_request(request)
        known = any(
            each.dialog is not None and each.dialog.key == key for each in self._subscriptions
        )
        return None if known else (481, ())

    # -- methods --------------------------------------------------------------------------------

    def _options(self, request: Request) -> Answer:
        persona = self._settings.persona
        return 200, self._fill(persona.options_answer, {"options_tags": persona.options_tags})

    def _message(self, request: Request) -> Answer:
        media_type = request.content_type.essence if request.content_type is not None else ""
        if request.body and media_type not in _MESSAGE_TYPES:
            # §8.2.3: 415 with Accept.
            return 415, (("Accept", ", ".join(sorted(_MESSAGE_TYPES))),)
        return 200, ()

    def _notify(self, request: Request, now: float) -> list[Send]:
        answer = self._answer_notify(request, now)
        headers = answer.headers
        if answer.status == 200:
            routes = ", ".join(row.value for row in request.headers.rows("Record-Route"))
            rows = self._settings.persona.notify_answer
            headers += self._fill(rows, {"record_route": routes})
        return [*self._respond(request, answer.status, headers, now), *answer.sends]

    def _answer_notify(self, request: Request, now: float) -> NotifyAnswer:
        encodings = request.headers.values("Content-Encoding")
        if any(encoding.lower() != "identity" for encoding in encodings):
            return NotifyAnswer(415, (("Accept-Encoding", "identity"),))
        for subscription in self._subscriptions:
            if subscription.is_addressed_by(request):
                return subscription.notified(request, now)
        # RFC 6665 §4.1.3: "if not, it MUST return a 481".
        return NotifyAnswer(481)

    # -- answering --------------------------------------------------------------------------------

    def _fill(self, rows: Rows, values: dict[str, str]) -> Headers:
        settings = self._settings
        known = {
            "contact": self._account.contact,
            "instance": settings.instance,
            "accept": _ACCEPT,
            "user_agent": settings.user_agent,
        }
        return tuple(fill_rows(rows, known | values))

    def _respond(self, request: Request, status: int, headers: Headers, now: float) -> list[Send]:
        """§8.2.6.2: mirror what has to be mirrored, even where it is broken, and tag To."""
        mirrored = []
        for name in _MIRRORED:
            for row in request.headers.rows(name):
                value = row.value
                if name == "To" and request.to is not None and request.to.tag is None:
                    value = f"{value};tag={self._new_id()}"
                mirrored.append((name, value))
        order = self._settings.persona.answer_order
        if order:
            mirrored.sort(key=lambda field: order.index(field[0]))
        fields = [*mirrored, *headers, ("Content-Length", "0")]
        response = make_raw(f"SIP/2.0 {status} {REASON_PHRASES.get(status, '')}", fields)
        assert isinstance(response, Response)
        try:
            return self._layer.send_response(response, now, request=request)
        except TransactionError:
            return []  # there is no way back: nobody to answer
