"""The network side as one endpoint: every role a UE talks to, behind one SIP and one XCAP address.

It plays and never judges: what a standard tells it to refuse it refuses, the rest it serves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness.config import Profile
from harness.model import Peer, Send
from harness.network.admission import Admission
from harness.network.capabilities import contact_capabilities, network_capabilities
from harness.network.casting import Casting, notifying_role
from harness.network.compositor import Compositor, Publication
from harness.network.contact import PlayedContact, Roles
from harness.network.limits import DEFAULT_LIMITS, Limits
from harness.network.notifier import Notifier
from harness.network.outgoing import Outgoing
from harness.network.policy import RULES_USAGES, RulesPolicy
from harness.network.presence_server import PresenceServer
from harness.network.registrar import Registrar
from harness.network.reply import Header, Reply
from harness.network.script import Answer, Close, Delay, Drop, Lie, Script, Silence
from harness.network.security import OPTION_TAG as SEC_AGREE
from harness.network.services import ListServices
from harness.network.site import Site
from harness.network.stun import binding_response
from harness.network.subscriptions import Subscription
from harness.network.uas import OPTION_TAGS, make_reply, refusal
from harness.network.untrue import with_field, with_row, with_value
from harness.network.xdms import Xdms
from harness.network.xdms_documents import DocumentChange
from harness.sip.datagram import is_keepalive
from harness.sip.message import Request, Response, parse
from harness.sip.timers import Timers
from harness.sip.transaction import Failure, Kind, TransactionError, TransactionLayer
from harness.xcap.http import HttpRequest, parse_http

Handler = Callable[[Request, Peer, float], Reply]

PORTRAIT_USAGE = "pidf-manipulation"
"""Where a user keeps permanent presence (RFC 4827)."""

_PORTRAIT_NAMES = ("perm-presence", "index")
"""The document's name with OMA (Presence XDM), and with RFC 4827 §7."""

_SETTLE_ROUNDS = 64
"""How often the roles may set each other off before the rest waits for the next event."""


class Network:
    """The roles, wired together; implements `harness.model.Endpoint`.

    `listeners` are the SIP addresses that peers reach it at; HTTP messages are told apart by their
    transport. `wall_clock` gives seconds since the epoch, `new_id` unguessable tokens,
    `own_host`, for listeners on every address of a machine, the one that a host reaches, and
    `reached` the listener that a peer was heard at.
    """

    def __init__(
        self,
        profile: Profile,
        wall_clock: Callable[[], float],
        new_id: Callable[[], str],
        listeners: Sequence[Peer],
        *,
        limits: Limits = DEFAULT_LIMITS,
        own_host: Callable[[str], str | None] | None = None,
        reached: Callable[[Peer], Peer | None] | None = None,
    ) -> None:
        site = self.site = Site(
            profile, tuple(listeners), new_id, wall_clock, limits, own_host, reached
        )
        timers = Timers(profile.timers.t1, profile.timers.t2, profile.timers.t4)
        self._transactions = TransactionLayer(timers)
        self.registrar = Registrar(site, self._touch)
        self.xdms = Xdms(site)
        self.compositor = Compositor(site, self._presence_changed)
        contact = site.identity(profile.pixit.contact)
        policy = RulesPolicy(site, self.xdms, frozenset({contact}))
        self.server = PresenceServer(site, self, policy, self._touch)
        self._outgoing = Outgoing(site, self._transactions, self.registrar)
        services = ListServices(self.xdms)
        admission = Admission(site, self.server, self.xdms, self.registrar)
        self.script = Script()
        self.notifier = Notifier(site, self._outgoing, admission, self._revise, self._stir)
        self._casting = Casting(self.notifier, services)
        roles = Roles(self.registrar, self.compositor, self.server, self.notifier, self._outgoing)
        self.contact = PlayedContact(site, roles, lambda user: bool(self.permanent(user)))
        self.xdms.observers.append(self._document_changed)
        self._handlers: Mapping[str, Handler] = {
            "REGISTER": self._register,
            "SUBSCRIBE": self._subscribe,
            "PUBLISH": self._publish,
            "OPTIONS": self._options,
            # RFC 6665 §4.1.3: no subscription of ours to match. RFC 3261 §15.1.2, §9.2: no
            # dialog or transaction that a BYE or a CANCEL could end.
            "NOTIFY": _no_subscription,
            "BYE": _no_transaction,
            "CANCEL": _no_transaction,
        }
        self._extensions = (*OPTION_TAGS, *([SEC_AGREE] if self.registrar.security.is_on else []))
        self.methods = ", ".join(method for method in self._handlers if method not in _UNSERVED)

    # -- the endpoint --------------------------------------------------------------------------

    def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
        """Take one whole message from a peer."""
        if not source.transport.is_sip:
            sends = self._receive_http(data, source, now)
        elif is_keepalive(data):
            return self._answer_keepalive(data, source)
        else:
            sends = self._receive_sip(data, source, now)
        return sends + self._settle(now)

    def tick(self, now: float) -> list[Send]:
        """Let everything that is due by `now` happen."""
        outcome = self._transactions.tick(now)
        sends = [*outcome.sends, *self._take_failures(outcome.failures, now)]
        self.registrar.tick(now)
        self.compositor.tick(now)
        self.notifier.tick(now)
        self.server.watchers.tick(now)
        sends += self.script.tick(now)
        return sends + self._settle(now)

    def next_deadline(self) -> float | None:
        """When `tick` wants to be called next."""
        deadlines = (
            self._transactions.next_deadline(),
            self.registrar.next_deadline(),
            self.compositor.next_deadline(),
            self.notifier.next_deadline(),
            self.server.watchers.next_deadline(),
            self.contact.next_deadline(),
            self.script.next_deadline(),
        )
        return min((each for each in deadlines if each is not None), default=None)

    def failed(self, send: Send, reason: str, now: float) -> list[Send]:
        """The transport could not deliver `send`."""
        if not send.destination.transport.is_sip:
            return []
        self._outgoing.refused_tcp(send)
        outcome = self._transactions.failed(send, reason, now)
        sends = [*outcome.sends, *self._take_failures(outcome.failures, now)]
        return sends + self._settle(now)

    # -- what arrives --------------------------------------------------------------------------

    def _receive_http(self, data: bytes, source: Peer, now: float) -> list[Send]:
        message = parse_http(data)
        if not isinstance(message, HttpRequest):
            return []
        if not self.script.xdms.is_empty:
            return self._play_xdms(message, source, now)
        return [Send(self.xdms.handle(message, source, now), source)]

    def _play_xdms(self, request: HttpRequest, source: Peer, now: float) -> list[Send]:
        """An XCAP request whose answer a test case may have asked for."""
        script, method = self.script.xdms, request.method
        if script.take(Silence, method) is not None or script.take(Drop, method) is not None:
            return []
        if script.take(Close, method) is not None:
            return [Send(b"", source, closes=True)]
        wanted = script.take(Answer, method)
        if wanted is None:
            data = self.xdms.handle(request, source, now)
        else:
            data = self.xdms.answer_with(request, wanted.status, wanted.headers, wanted.body)
        for lie in script.take_all(Lie, method):
            data = with_field(data, lie.name, lie.value)
        delay = script.take(Delay, method)
        if delay is None:
            return [Send(data, source)]
        self.script.hold(delay.seconds, now, lambda _: [Send(data, source)])
        return []

    def _answer_keepalive(self, data: bytes, source: Peer) -> list[Send]:
        """Answer what asks for an answer: a ping on a stream, STUN on UDP (RFC 5626 §4.4)."""
        if source.transport.is_reliable:
            return [Send(b"\r\n", source)] if data == b"\r\n\r\n" else []
        response = binding_response(data, source)
        return [] if response is None else [Send(response, source)]

    def _receive_sip(self, data: bytes, source: Peer, now: float) -> list[Send]:
        parsed = parse(data)
        if isinstance(parsed, Request) and self._is_lost(parsed):
            return []
        received = self._transactions.receive(parsed, source, now)
        message = received.message
        if received.kind is Kind.REQUEST and isinstance(message, Request):
            return self._answer(message, source, now)
        if received.kind is Kind.RESPONSE and isinstance(message, Response) and received.request:
            self._outgoing.take_response(received.request, message, now)
        return received.sends

    def _answer(self, request: Request, source: Peer, now: float) -> list[Send]:
        script = self.script.role(self._casting.role_of(request))
        if script.take(Close, request.method) is not None:
            return [Send(b"", source, closes=True)]
        response = make_reply(request, self._reply(request, source, now), self.site.new_id())
        for lie in script.take_all(Lie, request.method):
            response = with_row(response, lie.name, lie.value)

        def respond(at: float) -> list[Send]:
            try:
                return self._transactions.send_response(response, at, request=request)
            except TransactionError:
                return []  # without a Via there is nobody to answer

        delay = script.take(Delay, request.method)
        if delay is None:
            return respond(now)
        self.script.hold(delay.seconds, now, respond)
        return []

    def _reply(self, request: Request, source: Peer, now: float) -> Reply:
        """What the script wants, else what the role answers."""
        script = self.script.role(self._casting.role_of(request))
        wanted = script.take(Answer, request.method)
        if wanted is not None:
            return Reply(wanted.status, wanted.reason, wanted.headers, wanted.body)
        reply = refusal(request, self._handlers, self.methods, self._extensions)
        return reply or self._handlers[request.method](request, source, now)

    def _is_lost(self, request: Request) -> bool:
        """Whether a test case wants this copy of a request to have no effect."""
        if self.script.is_idle:
            return False
        via = request.top_via
        transaction = f"{request.method} {via.branch if via else ''} {request.call_id}"
        role = self._casting.role_of(request)
        return self.script.swallows(role, request.method, transaction)

    def _revise(self, subscription: Subscription, rows: list[Header]) -> list[Header]:
        """The rows of a NOTIFY as a test case wants them."""
        script = self.script.role(notifying_role(subscription))
        for lie in script.take_all(Lie, "NOTIFY"):
            rows = with_value(rows, lie.name, lie.value)
        return rows

    def _take_failures(self, failures: Sequence[Failure], now: float) -> list[Send]:
        return [
            send
            for failure in failures
            if failure.is_client
            for send in self._outgoing.take_failure(failure, now)
        ]

    # -- the methods ---------------------------------------------------------------------------

    def _register(self, request: Request, source: Peer, now: float) -> Reply:
        identity = self.site.identity(request.to.uri) if request.to else ""
        known = {binding.call_id for binding in self.registrar.bindings(identity)}
        reply = self.registrar.register(request, source, now)
        # RFC 3261 §10.2: a UAC SHOULD use one Call-ID for all its registrations; another one is
        # that of a UE that was switched off and on.
        if reply.is_success and request.contacts and request.call_id not in known:
            self.contact.restart(identity, now)
        return reply

    def _subscribe(self, request: Request, source: Peer, now: float) -> Reply:
        return self._noticed(request, self.notifier.subscribe(request, source, now))

    def _publish(self, request: Request, source: Peer, now: float) -> Reply:
        reply = self._noticed(request, self.compositor.publish(request, source, now))
        # A refresh changes nothing but the time of the publication.
        self._stir(self.site.identity(request.uri))
        return reply

    def _noticed(self, request: Request, reply: Reply) -> Reply:
        # Registrations and documents are no matter of presence.
        is_presence = request.event is None or request.event.package.startswith("presence")
        if reply.is_success and request.from_ is not None and is_presence:
            self.contact.notice(self.site.identity(request.from_.uri))
        return reply

    def _options(self, request: Request, source: Peer, now: float) -> Reply:
        identity = self.site.identity(request.uri)
        if identity == self.contact.identity:
            user = identity.removeprefix("sip:").partition("@")[0]
            return contact_capabilities(self.site.uri(user, source))
        if not self.site.serves(request.uri):
            return Reply(404)
        return network_capabilities(self.methods)

    # -- how the roles set each other off ------------------------------------------------------

    def publications(self, presentity: str) -> tuple[Publication, ...]:
        """Soft state, for the presence server."""
        return self.compositor.publications(presentity)

    def permanent(self, presentity: str) -> tuple[bytes, ...]:
        """Hard state, for the presence server."""
        contents = (self.xdms.content(PORTRAIT_USAGE, presentity, name) for name in _PORTRAIT_NAMES)
        return tuple(content for content in contents if content is not None)

    def _presence_changed(self, presentity: str, source: Peer | None) -> None:
        self.server.presence_changed(presentity, source)

    def _touch(self, identity: str) -> None:
        self.notifier.touch(identity)
        self._stir(identity)

    def _stir(self, identity: str) -> None:
        self.contact.stir(identity)

    def _document_changed(self, change: DocumentChange) -> None:
        if change.auid == PORTRAIT_USAGE:
            self.server.presence_changed(change.user, None)
        elif change.auid in (*RULES_USAGES, "resource-lists"):
            # Rules name lists, so a list decides on watchers, too.
            self.server.rules_changed(change.user)
        self._touch(change.user)

    def _settle(self, now: float) -> list[Send]:
        """Let the contact act and the notifier notify until nothing comes of it any more."""
        sends: list[Send] = []
        for _ in range(_SETTLE_ROUNDS):
            sends += self.notifier.flush(now)
            sends += self.contact.advance(now)
            if self.notifier.is_idle:
                break
        return sends


_UNSERVED = frozenset({"NOTIFY", "BYE"})
"""Methods that get their own refusal, and are not in Allow."""


def _no_subscription(request: Request, source: Peer, now: float) -> Reply:
    return Reply(481, "Subscription Does Not Exist")


def _no_transaction(request: Request, source: Peer, now: float) -> Reply:
    return Reply(481)
