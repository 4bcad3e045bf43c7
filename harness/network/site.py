"""How the network side presents itself: domain, addresses, names, clock and identifiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate

from harness.config import Profile
from harness.model import Peer, Transport
from harness.network.limits import DEFAULT_LIMITS, Limits
from harness.sip.uri import (
    OtherUri,
    SipUri,
    TelUri,
    UriError,
    address_of_record,
    canonical_host,
    parse_uri,
)

SERVER = "presence-harness"
"""Value of Server and User-Agent (RFC 3261 §20.35, §20.41)."""

ANONYMOUS_HOST = "anonymous.invalid"
"""Host of an anonymous From (RFC 3323 §4.1.1.3)."""


@dataclass(frozen=True, slots=True)
class Site:
    """What every role needs to know of the place it works in.

    `wall_clock` gives seconds since the epoch, `new_id` an unguessable token of letters and
    digits. `listeners` are the SIP addresses that peers reach, at least one. Where they listen on
    every address of the machine, `own_host` tells which one a host reaches, by its own address.
    `reached` tells at which listener a peer was heard last, None where it was not.
    """

    profile: Profile
    listeners: tuple[Peer, ...]
    new_id: Callable[[], str]
    wall_clock: Callable[[], float]
    limits: Limits = DEFAULT_LIMITS
    own_host: Callable[[str], str | None] | None = None
    reached: Callable[[Peer], Peer | None] | None = None

    @property
    def domain(self) -> str:
        return self.profile.pixit.domain

    def listener(self, toward: Peer) -> Peer:
        """The own address that serves `toward`: where it was heard, else the one most like it."""
        heard = self.reached(toward) if self.reached is not None else None
        if heard is not None and heard.port in {each.port for each in self.listeners}:
            return heard

        def distance(listener: Peer) -> tuple[bool, bool]:
            same_family = (":" in listener.host) == (":" in toward.host)
            return listener.transport is not toward.transport, not same_family

        nearest = min(self.listeners, key=distance)
        own = self.own_host(toward.host) if self.own_host is not None else None
        return nearest if own is None else replace(nearest, host=own)

    def uri(self, user: str, toward: Peer, *, secure: bool = False) -> str:
        """An own SIP URI with an address and transport that `toward` can send to.

        A SIPS URI where `secure`, as far as there is TLS (RFC 3261 §12.1.1, RFC 5630 §5).
        """
        listener = self.listener(toward)
        if secure and listener.transport is Transport.TLS:
            return f"sips:{user}@{listener}"
        return f"sip:{user}@{listener};transport={listener.transport.value}"

    def route(self, user: str, toward: Peer, *, secure: bool = False) -> str:
        """An own route: a name-addr with the lr parameter (RFC 3261 §19.1.1)."""
        return f"<{self.uri(user, toward, secure=secure)};lr>"

    def _is_own_host(self, uri: SipUri) -> bool:
        if canonical_host(uri.host) in {canonical_host(_bracket(p.host)) for p in self.listeners}:
            return True
        # A machine reaches each of its own addresses from that address itself.
        return self.own_host is not None and self.own_host(uri.address) == uri.address

    def serves(self, text: str) -> bool:
        """Whether the URI is of a domain that this network is responsible for."""
        try:
            uri = parse_uri(text)
        except UriError:
            return False
        if isinstance(uri, TelUri):
            return uri.is_global
        if isinstance(uri, OtherUri):
            return uri.scheme == "pres" and uri.rest.lower().endswith(f"@{self.domain.lower()}")
        pixit = self.profile.pixit
        users = (each.rpartition("@")[2] for each in (self.domain, pixit.impu, pixit.contact))
        return canonical_host(uri.host) in set(map(canonical_host, users)) or self._is_own_host(uri)

    def identity(self, text: str) -> str:
        """The canonical address-of-record: the key of a user in every role.

        A global telephone number is the user of that number here, as RFC 3261 §19.1.6 relates the
        two; sips and pres name the same user as sip.
        """
        try:
            uri = parse_uri(text)
        except UriError:
            return text
        if isinstance(uri, TelUri) and uri.is_global:
            return address_of_record(f"sip:{uri.digits}@{self.domain}")
        if isinstance(uri, OtherUri) and uri.scheme == "pres":
            return address_of_record(f"sip:{uri.rest}")
        if isinstance(uri, SipUri) and uri.scheme == "sips":
            return address_of_record(f"sip:{text.split(':', 1)[1]}")
        return address_of_record(text)

    def date(self) -> str:
        """The time as an RFC 1123 date, which SIP wants in GMT (RFC 3261 §20.17)."""
        return formatdate(self.wall_clock(), usegmt=True)


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def destination_of(uri: SipUri, fallback: Transport = Transport.UDP) -> Peer:
    """Where a request to this URI goes (RFC 3263 §4.1, §4.2 for numeric hosts).

    A host name stays one; the driver resolves it.
    """
    named = {"udp": Transport.UDP, "tcp": Transport.TCP, "tls": Transport.TLS}
    transport = named.get(uri.transport or "", fallback)
    if uri.scheme == "sips":
        transport = Transport.TLS
    port = uri.port or (5061 if transport is Transport.TLS else 5060)
    return Peer(uri.address, port, transport)
