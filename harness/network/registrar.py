"""The registrar: bindings of addresses-of-record to contacts (RFC 3261 §10.3).

With Path (RFC 3327), Service-Route (RFC 3608), P-Associated-URI (RFC 7315 §4.1) and GRUU
(RFC 5627).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.model import Peer
from harness.network import outbound
from harness.network.authentication import RegisterAuthentication
from harness.network.binding import Binding
from harness.network.gruu import Gruus
from harness.network.registrations import EXPIRED, SHORTENED, Change, Registrations
from harness.network.reply import Header, Reply, granted_seconds, too_brief
from harness.network.security import SecurityAgreement
from harness.network.site import Site
from harness.sip.fields import NameAddr
from harness.sip.grammar import validate
from harness.sip.message import Request
from harness.sip.parameters import Parameters, quote
from harness.sip.timers import TimerQueue
from harness.sip.uri import SipUri, same_uri

DEFAULT_EXPIRES = 3600
"""RFC 3261 §10.2.1.1: what a registrar takes where the UA names no interval."""

_REGISTRAR_PARAMS = ("expires", "pub-gruu", "temp-gruu")


class RegistrationError(Exception):
    """A REGISTER that cannot be accepted, with the reply that says so."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status} {reply.reason or ''}")
        self.reply = reply


class Registrar:
    """Takes REGISTER requests and knows where the users are; `changed` hears of each event."""

    def __init__(self, site: Site, changed: Callable[[str], None] = lambda aor: None) -> None:
        self._site = site
        self.registrations = Registrations(site.new_id, changed)
        self._authentication = RegisterAuthentication(site)
        self._bindings: dict[str, tuple[Binding, ...]] = {}
        self._expiry: TimerQueue[str] = TimerQueue()
        self.gruus = Gruus(site)

    @property
    def security(self) -> SecurityAgreement:
        """The security agreements with UEs."""
        return self._authentication.security

    def register(self, request: Request, source: Peer, now: float) -> Reply:
        """Process a REGISTER whose mandatory header fields are known to be readable."""
        refusal = self._authentication.refusal(request, source, now)
        if refusal is not None:
            return refusal
        aor = self._site.identity(request.to.uri) if request.to else ""
        # §10.3 step 5: an address-of-record that is "not valid for the domain in the
        # Request-URI" is 404.
        if request.to is None or not self._site.serves(request.to.uri):
            return Reply(404)
        self.tick(now)
        try:
            updated = self._updated(aor, request, source, now)
        except RegistrationError as error:
            return error.reply
        # §10.3 step 7: the updates are committed if and only if all of them succeed.
        self._commit(aor, updated, request, now)
        return self._success(aor, request, source, now)

    def _updated(
        self, aor: str, request: Request, source: Peer, now: float
    ) -> tuple[Binding, ...] | None:
        """The bindings after the request, None where it leaves them alone (step 6, 7)."""
        values = request.headers.values("Contact")
        if not values:
            return None
        if "*" in values:
            return self._without_all(aor, request, len(values))
        contacts = request.contacts
        if len(contacts) != len(values):
            raise RegistrationError(Reply(400, "Unreadable Contact"))
        refused = outbound.refusal(request, contacts)
        if refused is not None:
            raise RegistrationError(refused)
        bindings = list(self._bindings.get(aor, ()))
        limit = self._site.limits.bindings_per_user
        for contact in contacts:
            self._apply(bindings, self._binding(aor, contact, request, source, now), now)
            if len(bindings) > 2 * limit:
                break  # what is still to come may remove some, not that many
        if len(bindings) > limit:
            raise RegistrationError(Reply(403, "Too Many Bindings"))
        if aor not in self._bindings and len(self._bindings) >= self._site.limits.users:
            raise RegistrationError(Reply(503, headers=(("Retry-After", "60"),)))
        return tuple(bindings)

    def _without_all(self, aor: str, request: Request, values: int) -> tuple[Binding, ...]:
        # §10.3 step 6: "If the request has additional Contact fields or an expiration time other
        # than zero, the request is invalid, and the server MUST return a 400".
        if values > 1 or request.expires != 0:
            raise RegistrationError(Reply(400, "Contact * Needs Expires 0 And No Other Contact"))
        for binding in self._bindings.get(aor, ()):
            _check_order(binding, request)
        return ()

    def _binding(
        self, aor: str, contact: NameAddr, request: Request, source: Peer, now: float
    ) -> Binding:
        # §10.3 step 7: the expires parameter, else Expires, else a default.
        asked = contact.expires if contact.expires is not None else request.expires
        network = self._site.profile.network
        seconds = granted_seconds(
            asked, DEFAULT_EXPIRES, network.min_registration, network.max_registration
        )
        if seconds is None:
            raise RegistrationError(too_brief(network.min_registration))
        self._check_target(aor, contact)
        return Binding(
            aor=aor,
            contact=NameAddr(contact.uri, _kept(contact.params)),
            call_id=request.call_id or "",
            cseq=request.cseq.number if request.cseq else 0,
            expires_at=now + seconds,
            source=source,
            path=request.headers.values("Path"),
            flow=outbound.flow_of(request, contact),
        )

    def _check_target(self, aor: str, contact: NameAddr) -> None:
        """RFC 5627 §5.1: what would loop, or is no SIP URI, MUST be rejected with 403."""
        if "+sip.instance" not in contact.params:
            return
        loops = same_uri(contact.uri, aor) or self.gruus.resolve(contact.uri) is not None
        if loops or not isinstance(contact.parsed, SipUri):
            raise RegistrationError(Reply(403, "Contact Is The Address-of-Record Or No SIP URI"))

    def _apply(self, bindings: list[Binding], new: Binding, now: float) -> None:
        """Add, update or remove one binding (§10.3 step 7)."""
        known = next(
            (index for index, old in enumerate(bindings) if old.is_same_as(new)),
            None,
        )
        removes = new.expires_at <= now
        if known is None:
            if not removes:
                bindings.append(new)
            return
        _check_order(bindings[known], new)
        del bindings[known]
        if not removes:
            # At the end: RFC 5627 §6.1 wants "the most recently refreshed contact".
            bindings.append(new)

    def _commit(
        self, aor: str, updated: tuple[Binding, ...] | None, request: Request, now: float
    ) -> None:
        if updated is None:
            return
        for contact in request.contacts:
            binding = self._find(updated, contact)
            if binding is not None and binding.instance:
                self.gruus.assign(aor, binding.instance, binding.call_id, binding.cseq)
        self._replace(aor, updated, Change(), now)

    def _replace(self, aor: str, after: tuple[Binding, ...], change: Change, now: float) -> None:
        before = self._bindings.pop(aor, ())
        self._expiry.cancel(aor)
        if after:
            self._bindings[aor] = after
            self._expiry.set(aor, min(binding.expires_at for binding in after))
        left = {binding.instance for binding in after}
        for binding in before:
            if binding.instance and binding.instance not in left:
                self.gruus.expire(aor, binding.instance)
        if before or after:
            self.registrations.record(aor, after, change, now)

    def _find(self, bindings: tuple[Binding, ...], contact: NameAddr) -> Binding | None:
        found = (each for each in bindings if same_uri(each.contact.uri, contact.uri))
        return next(found, None)

    def _success(self, aor: str, request: Request, source: Peer, now: float) -> Reply:
        """200 with all current bindings (§10.3 step 8)."""
        network = self._site.profile.network
        bindings = self._bindings.get(aor, ())
        # RFC 3261 §16.6 step 4: what is put on the path of a SIPS URI is one.
        secure = request.uri.lower().startswith("sips:")
        headers: list[Header] = [
            ("Contact", self._contact_value(binding, request, now)) for binding in bindings
        ]
        # RFC 3327 §5.3: the Path values are copied into the 200.
        headers += [("Path", value) for value in request.headers.values("Path")]
        if network.path and "path" in request.supported:
            headers.append(("Path", self._site.route("term", source, secure=secure)))
        if network.service_route and bindings:
            # RFC 3608 §6.3: routes MUST have ";lr"; only with bindings there is service to reach.
            headers.append(("Service-Route", self._site.route("orig", source, secure=secure)))
        if bindings:
            headers += [("P-Associated-URI", f"<{uri}>") for uri in self.identities(aor)]
        headers += outbound.answer_headers(request, network.flow_timer)
        # §10.3 step 8: "The response SHOULD include a Date header field."
        headers.append(("Date", self._site.date()))
        return Reply(200, headers=tuple(headers))

    def identities(self, aor: str) -> tuple[str, ...]:
        """What is registered with it: the default public identity first, then its number.

        TS 24.229 §5.4.1.2.2F.
        """
        user = aor.removeprefix("sip:").partition("@")[0]
        is_number = user.startswith("+") and user[1:].isdecimal()
        return (aor, f"tel:{user}") if is_number else (aor,)

    def _contact_value(self, binding: Binding, request: Request, now: float) -> str:
        params = f"{binding.contact.params};expires={binding.remaining(now)}"
        # RFC 5627 §5.2: GRUUs only for a client whose request lists gruu in Supported.
        if binding.instance and "gruu" in request.supported:
            public = self.gruus.public(binding.aor, binding.instance)
            temporary = self.gruus.temporary(binding.aor, binding.instance)
            params += f";pub-gruu={quote(public)}" if public else ""
            params += f";temp-gruu={quote(temporary)}" if temporary else ""
        return f"<{binding.contact.uri}>{params}"

    def bindings(self, identity: str) -> tuple[Binding, ...]:
        """The bindings of an address-of-record or GRUU, the most recent last."""
        gruu = self.gruus.resolve(identity)
        if gruu is None:
            return self._bindings.get(self._site.identity(identity), ())
        aor, instance = gruu
        return tuple(each for each in self._bindings.get(aor, ()) if each.instance == instance)

    def tick(self, now: float) -> None:
        """Drop the bindings that have expired."""
        for aor in self._expiry.due(now):
            bindings = self._bindings.get(aor, ())
            left = tuple(each for each in bindings if each.expires_at > now)
            self._replace(aor, left, Change(gone=EXPIRED), now)

    # -- what the network does of its own accord (TS 24.229 §5.4.1.5, §5.4.1.6) --------------

    def deregister(
        self, identity: str, now: float, event: str = "deactivated", retry_after: int | None = None
    ) -> None:
        """Remove all bindings of a user; `event` tells its subscribers why (RFC 3680 §4.7.1).

        "deactivated" wants the UE to register anew, "probation" after `retry_after` seconds,
        "rejected" not to try again.
        """
        aor = self._site.identity(identity)
        self._replace(aor, (), Change(gone=event, retry_after=retry_after), now)

    def shorten(self, identity: str, seconds: int, now: float) -> None:
        """Let the bindings of a user end in `seconds`, so that the UE authenticates again."""
        aor = self._site.identity(identity)
        bindings = tuple(
            replace(each, expires_at=min(each.expires_at, now + seconds))
            for each in self._bindings.get(aor, ())
        )
        self._replace(aor, bindings, Change(kept=SHORTENED), now)

    def next_deadline(self) -> float | None:
        """When the next binding expires."""
        return self._expiry.next_deadline()


def _kept(params: Parameters) -> Parameters:
    """The parameters of a contact that are given back.

    RFC 3840 §6: the 200 "MUST include all of the feature parameters associated with that URI".
    What the grammar refuses is no parameter, and what only a registrar gives is ignored.
    """
    pairs = params.without(*_REGISTRAR_PARAMS).pairs
    return Parameters(
        pair for pair in pairs if validate("Contact", f"<sip:a>{Parameters([pair])}") is None
    )


def _check_order(old: Binding, new: Binding | Request) -> None:
    """§10.3: with the same Call-ID the CSeq has to be higher, otherwise "the request fails"."""
    number = new.cseq if isinstance(new, Binding) else (new.cseq.number if new.cseq else 0)
    if old.call_id == new.call_id and number <= old.cseq:
        raise RegistrationError(Reply(500, "CSeq Is Not Higher Than The Binding's"))
