"""What the registration has taught the UE: who it is, how it is reached, where requests go."""

from __future__ import annotations

from harness.model import Peer, Transport
from harness.sip.fields import FieldError, NameAddr, parse_name_addr
from harness.sip.message import Response
from harness.sip.uri import SipUri, UriError, address_of_record, parse_uri, same_uri
from harness.ue.settings import Settings

_MAX_ROUTES = 10


class Account:
    """The UE's identity, contact and preloaded route; `learn` takes the 200 to a REGISTER."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.identity = settings.identity
        self.service_route: tuple[str, ...] = ()
        self.gruu = ""
        self.temporary_gruu = ""

    def learn(self, response: Response) -> None:
        """Take Service-Route, P-Associated-URI and GRUUs of the answer to a REGISTER."""
        # RFC 3608 §6.1: the latest values replace those stored; an answer without them clears them.
        routes = response.headers.values("Service-Route")
        self.service_route = routes[:_MAX_ROUTES]
        self._choose_identity(response.headers.values("P-Associated-URI"))
        binding = self.find_binding(response)
        # RFC 5627 §4.2: the GRUUs of our own contact in the answer.
        if binding is not None and self._settings.persona.uses_gruu:
            self.gruu = _gruu(binding.params.get("pub-gruu"))
            self.temporary_gruu = _gruu(binding.params.get("temp-gruu"))

    def forget(self) -> None:
        """The registration is gone, and with it all that it taught."""
        self.service_route = ()
        self.gruu = self.temporary_gruu = ""

    def find_binding(self, response: Response) -> NameAddr | None:
        """Our own binding among the contacts of a 200 to REGISTER (RFC 3261 §10.2.4)."""
        own = self._settings.contact
        return next((each for each in response.contacts if same_uri(each.uri, own)), None)

    def _choose_identity(self, associated: tuple[str, ...]) -> None:
        """Keep the configured identity where it is registered, else take the default one.

        TS 24.229 §5.1.1.4: the first URI of P-Associated-URI is the default public user identity.
        """
        uris = [_uri_of(value) for value in associated]
        own = address_of_record(self._settings.identity)
        usable = [uri for uri in uris if uri.startswith("sip:")]
        if own in map(address_of_record, usable) or not usable:
            self.identity = self._settings.identity
        else:
            self.identity = usable[0]

    @property
    def contact(self) -> str:
        """The URI for the Contact of dialogs: the public GRUU once there is one (RFC 5627 §4.4)."""
        # RFC 3261 §8.1.1.8: a request to a SIPS URI has a SIPS URI in Contact; a GRUU need not be.
        return (
            self._settings.contact if self._settings.secure else self.gruu or self._settings.contact
        )

    @property
    def route(self) -> str:
        """The preloaded route of initial requests: the outbound proxy, then the Service-Route.

        RFC 3608 §6.1, TS 24.229 §5.1.2A.1.1.
        """
        proxy = self._settings.route
        routes = (proxy, *self.service_route) if proxy else self.service_route
        return ", ".join(routes)

    def is_own(self, uri: str) -> bool:
        """Whether a Request-URI is one at which we take requests (RFC 3261 §8.2.2.1)."""
        try:
            parsed = parse_uri(uri)
        except UriError:
            return False
        if not isinstance(parsed, SipUri):
            return False
        known = (self._settings.contact, self.gruu, self.temporary_gruu)
        if any(each and same_uri(uri, each) for each in known):
            return True
        if address_of_record(uri) == address_of_record(self.identity):
            return True
        # A contact that a proxy rewrote (user part, transport) still names our address.
        local = self._settings.local
        return parsed.address == local.host.lower() and (parsed.port or 5060) == local.port

    def next_hop(self, route: str, uri: str) -> Peer:
        """Where a request goes: its topmost route, else its Request-URI (RFC 3261 §8.1.2).

        Names are not resolved: what is no IP address is reached through the registrar's address.
        """
        target = route.partition(",")[0] if route else uri
        try:
            parsed = parse_uri(_uri_of(target))
        except UriError:
            return self._registrar
        if not isinstance(parsed, SipUri) or not _is_address(parsed.address):
            return self._registrar
        transport = self._settings.transport
        wanted = parsed.transport
        if wanted is not None and wanted in [each.value for each in self._settings.transports]:
            transport = Transport(wanted)
        if parsed.scheme == "sips":
            transport = Transport.TLS
        default = 5061 if transport is Transport.TLS else 5060
        return Peer(parsed.address, parsed.port or default, transport)

    @property
    def _registrar(self) -> Peer:
        registrar = self._settings.registrar
        return Peer(registrar.host, registrar.port, self._settings.transport)


def _uri_of(value: str) -> str:
    try:
        return parse_name_addr(value).uri
    except FieldError:
        return value.strip()


def _gruu(value: str | None) -> str:
    return (value or "").strip().strip("<>")


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
