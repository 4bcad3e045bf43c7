"""Who is who: which messages are a UE's, and which one's.

A UE is every source of a REGISTER that no proxy forwarded, or what the caller names. A host that
only plays one UE is that UE with all its ports; a host that also plays the network, or several
UEs (loopback, NAT), is told apart by ports, connections, Call-IDs and identities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

from harness.checks.bounded import Bounded
from harness.checks.identities import (
    canonical_host,
    contact_ports,
    http_identities,
    instance_ids,
    is_client_request,
    sip_identity,
)
from harness.checks.session import Session
from harness.model import Peer, Sender
from harness.sip.message import Message as SipMessage
from harness.sip.message import Request
from harness.trace import TraceEntry
from harness.xcap.http import HttpRequest

_MAX_ENDPOINTS = 65536
_MAX_CALLS = 65536

HostPort = tuple[str, int]

_REGISTER = b"REGISTER"


def _may_register(raw: bytes) -> bool:
    return _REGISTER in raw or raw.lstrip()[: len(_REGISTER)].upper() == _REGISTER


@dataclass(frozen=True, slots=True)
class Share:
    """One of `of` parts of the UEs, so that several processes can judge one trace.

    Every process sees the whole trace and recognises every UE; each judges the UEs whose hosts are
    in its share. All UEs of one host are in the same.
    """

    index: int = 0
    of: int = 1

    def takes(self, host: str) -> bool:
        """Whether the UEs of this host are in it; the same in every process."""
        return self.of == 1 or crc32(host.encode()) % self.of == self.index


@dataclass(slots=True, eq=False)
class _Ue:
    """One UE: its session and what it is recognised by."""

    session: Session
    host: str
    first_port: int
    is_wanted: bool = True
    is_named: bool = False
    aors: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    instances: set[str] = field(default_factory=set)
    sent_by: set[HostPort] = field(default_factory=set)


class Recognition:
    """Learns UEs from the traffic, and says whose each entry is."""

    def __init__(self, ues: Iterable[str] = (), share: Share | None = None) -> None:
        self._share = share or Share()
        self._elsewhere: set[Session] = set()
        self._by_host: dict[str, list[_Ue]] = {}
        self._mixed: set[str] = set()
        self._endpoints: Bounded[tuple[str, int, bool], _Ue] = Bounded(_MAX_ENDPOINTS)
        self._network: Bounded[HostPort, None] = Bounded(_MAX_ENDPOINTS)
        self._registrars: Bounded[str, None] = Bounded(_MAX_ENDPOINTS)
        self._calls: Bounded[tuple[str, str], _Ue] = Bounded(_MAX_CALLS)
        self._streams: Bounded[str, tuple[_Ue, HostPort]] = Bounded(_MAX_ENDPOINTS)
        self._registered: Bounded[tuple[str, int, bool], _Ue] = Bounded(_MAX_ENDPOINTS)
        self._by_aor: Bounded[str, _Ue] = Bounded(_MAX_ENDPOINTS)
        self._servers: Bounded[str, None] = Bounded(_MAX_ENDPOINTS)
        self._are_named = False
        for address in ues:
            self._are_named = True
            self._add_named(address)

    @property
    def sessions(self) -> tuple[Session, ...]:
        """The session of every UE of the share, in the order in which they were recognised."""
        return tuple(session for _, session in self.placed_sessions)

    @property
    def placed_sessions(self) -> tuple[tuple[int, Session], ...]:
        """The sessions of the share, each with its place among those of all UEs."""
        everyone = (each for ues in self._by_host.values() for each in ues)
        return tuple((place, ue.session) for place, ue in enumerate(everyone) if ue.is_wanted)

    def wants(self, session: Session) -> bool:
        """Whether a session is of the share; what is not is another process's to judge."""
        return session not in self._elsewhere

    def learn(self, entry: TraceEntry) -> bool:
        """Take in an entry before it is attributed; answers whether a new UE was found."""
        # Cheaper than parsing, which may never be needed: the UE may be another share's.
        if not entry.is_sip or not _may_register(entry.raw):
            return False
        request = entry.message
        # In another case it is another method (RFC 3261 §25.1), but the UE that sends it is one.
        if not isinstance(request, Request) or request.method.upper() != _REGISTER.decode():
            return False
        host = entry.source.host
        if entry.destination.host == host or entry.destination.host in self._by_host:
            self._mix(entry.destination.host)
        if host in self._registrars:
            self._mix(host)  # an SBC, which registers for others in its own name
        if self._are_named:
            self._learn_named(request, entry)
            return False
        if _is_forwarded(request):
            return False
        ue, is_new = self._find_or_add(request, entry)
        self._note(ue, request, entry)
        return is_new

    def attribute(self, entry: TraceEntry) -> tuple[Session, Sender] | None:
        """Whose traffic an entry is, and which side sent it; None while no UE is known for it."""
        found = self._attribute(entry)
        if found is None:
            return None
        ue, sender = found
        self._follow(ue, sender, entry)
        return ue.session, sender

    # --- Learning -------------------------------------------------------------------------------

    def _add_named(self, address: str) -> None:
        host, port = split_address(address)
        ue = self._made(address, host, port or 0, is_named=True)
        self._by_host.setdefault(host, []).append(ue)
        if port is not None:
            self._mixed.add(host)
            for is_stream in (False, True):
                self._endpoints[host, port, is_stream] = ue
                self._registered[host, port, is_stream] = ue
        elif len(self._by_host[host]) > 1:
            self._mixed.add(host)

    def _learn_named(self, request: Request, entry: TraceEntry) -> None:
        host = entry.source.host
        ues = self._by_host.get(host, [])
        known = self._registered.get(_endpoint(entry.source))
        whole = next((each for each in ues if not each.first_port), None)
        ue = known or self._same(request, entry) or (None if _is_forwarded(request) else whole)
        if ue is not None:
            self._note(ue, request, entry)

    def _find_or_add(self, request: Request, entry: TraceEntry) -> tuple[_Ue, bool]:
        host, port = entry.source.host, entry.source.port
        known = self._registered.get(_endpoint(entry.source)) or self._same(request, entry)
        if known is not None:
            return known, False
        others = self._by_host.setdefault(host, [])
        if others:
            self._mix(host)
        address = str(entry.source) if host in self._mixed else host
        ue = self._made(address, host, port)
        others.append(ue)
        return ue, True

    def _made(self, address: str, host: str, port: int, *, is_named: bool = False) -> _Ue:
        ue = _Ue(Session(address), host, port, self._share.takes(host), is_named)
        if not ue.is_wanted:
            self._elsewhere.add(ue.session)
        return ue

    def _mix(self, host: str) -> None:
        """From now on the ports of this host tell its parties apart."""
        if host in self._mixed:
            return
        self._mixed.add(host)
        for ue in self._by_host.get(host, ()):
            if not ue.is_named:
                ue.session.address = str(Peer(host, ue.first_port))

    def _same(self, request: Request, entry: TraceEntry) -> _Ue | None:
        """The UE of this host that a REGISTER from a port not seen before comes from."""
        ues = self._by_host.get(entry.source.host, ())
        by_call = self._calls.get((entry.source.host, request.call_id or ""))
        if by_call is not None:
            return by_call
        instances = instance_ids(request)
        aor = sip_identity(request.to)
        ports = set(_own_ports(request))
        for ue in ues:
            if instances and ue.instances:
                if instances & ue.instances:
                    return ue
                continue
            if aor in ue.aors or ports & ue.sent_by:
                return ue
        return None

    def _note(self, ue: _Ue, request: Request, entry: TraceEntry) -> None:
        self._endpoints[_endpoint(entry.source)] = ue
        self._registered[_endpoint(entry.source)] = ue
        self._network[entry.destination.host, entry.destination.port] = None
        self._registrars[entry.destination.host] = None
        aor = sip_identity(request.to)
        if aor is not None:
            ue.aors.add(aor)
            self._by_aor.setdefault(aor, ue)
        ue.names |= http_identities(request)
        ue.instances |= instance_ids(request)
        ue.sent_by |= set(_own_ports(request))
        for host, port in contact_ports(request):
            # An address behind a NAT is nobody's on this side of it.
            if host == entry.source.host and (host, port) not in self._network:
                for is_stream in (False, True):
                    self._endpoints.setdefault((host, port, is_stream), ue)

    def _follow(self, ue: _Ue, sender: Sender, entry: TraceEntry) -> None:
        """Remember what later entries of the same exchange are recognised by."""
        own = entry.source if sender == "ue" else entry.destination
        if sender == "ue":
            self._servers[entry.destination.host] = None
        if entry.connection:
            self._streams[entry.connection] = (ue, (own.host, own.port))
        if _endpoint(own) not in self._endpoints and own.transport.is_sip:
            self._endpoints[_endpoint(own)] = ue
        if not ue.is_wanted:
            return  # nor is there any need to parse the message
        message = entry.message
        if isinstance(message, SipMessage) and message.call_id:
            self._calls.setdefault((ue.host, message.call_id), ue)

    # --- Attributing ----------------------------------------------------------------------------

    def _attribute(self, entry: TraceEntry) -> tuple[_Ue, Sender] | None:
        source, destination = self._at(entry.source), self._at(entry.destination)
        is_from_server = self._is_server(entry.source) and not self._is_server(entry.destination)
        if destination is not None and source is not destination and is_from_server:
            return destination, "network"
        if source is not None and source is not destination:
            return source, "ue"
        if destination is not None and source is None:
            return destination, "network"
        stream = self._streams.get(entry.connection) if entry.connection else None
        if stream is not None:
            ue, own = stream
            return ue, "ue" if (entry.source.host, entry.source.port) == own else "network"
        return self._by_content(entry)

    def _at(self, peer: Peer) -> _Ue | None:
        known = self._endpoints.get(_endpoint(peer))
        if known is not None:
            return known
        if peer.host in self._mixed:
            return None
        ues = self._by_host.get(peer.host)
        return ues[0] if ues else None

    def _is_server(self, peer: Peer) -> bool:
        """Whether others register here: towards them it is the network, even if it is a UE."""
        return (peer.host, peer.port) in self._network

    def _by_content(self, entry: TraceEntry) -> tuple[_Ue, Sender] | None:
        """On hosts of several parties: a port not seen before is recognised by what it says."""
        message = entry.message
        if isinstance(message, HttpRequest):
            ue = self._http_client(message, entry)
            return (ue, "ue") if ue is not None else None
        if not isinstance(message, Request):
            return None
        if not _is_forwarded(message) and entry.source.host in self._mixed:
            ue = self._sender_of(message, entry)
            if ue is not None:
                return ue, "ue"
        return None

    def _http_client(self, request: HttpRequest, entry: TraceEntry) -> _Ue | None:
        host = entry.source.host
        ues = self._by_host.get(host, [])
        names = http_identities(request)
        if len(ues) == 1:
            return ues[0]
        if ues:
            return next((each for each in ues if names & (each.aors | each.names)), None)
        # A UE can use another address for XCAP than for SIP. What a server fetches or forwards
        # for the user names the same XUI, but shows no sign of a client.
        if host in self._servers or not is_client_request(request):
            return None
        return next((ue for name in names if (ue := self._by_aor.get(name)) is not None), None)

    def _sender_of(self, request: Request, entry: TraceEntry) -> _Ue | None:
        ues = self._by_host.get(entry.source.host, [])
        if (entry.source.host, entry.source.port) in self._network or request.method == "NOTIFY":
            return None
        # The surest sign first: behind one address many UEs can have the same private address.
        by_call = self._calls.get((entry.source.host, request.call_id or ""))
        is_to_network = self._is_server(entry.destination)
        if by_call in ues and is_to_network:
            return by_call
        ports = set(_own_ports(request))
        named = [ue for ue in ues if ports & ue.sent_by]
        own = [ue for ue in ues if sip_identity(request.from_) in ue.aors]
        both = [ue for ue in named if ue in own]
        if both or named:
            return (both or named)[0]
        # A server on the same host asks in the user's name as well. Only a TCP connection has a
        # port of its own each time.
        is_stream = entry.source.transport.is_reliable
        return own[0] if own and is_to_network and is_stream else None


def _endpoint(peer: Peer) -> tuple[str, int, bool]:
    # UDP and TCP ports of the same number can be different parties' on one host.
    return peer.host, peer.port, peer.transport.is_reliable


def _own_ports(request: Request) -> Iterator[HostPort]:
    """Where the sender says that it can be reached: Contact and top Via."""
    yield from contact_ports(request)
    via = request.top_via
    if via is not None and via.port is not None:
        yield canonical_host(via.host), via.port


def split_address(address: str) -> tuple[str, int | None]:
    """Split "192.168.1.1:5060", "[2001:db8::1]:5060" or an address without a port."""
    if address.startswith("["):
        host, _, port = address[1:].partition("]")
        port = port.removeprefix(":")
    elif address.count(":") == 1:
        host, _, port = address.partition(":")
    else:
        host, port = address, ""
    return canonical_host(host), int(port) if port.isdigit() else None


def _is_forwarded(request: Request) -> bool:
    """Whether a proxy sent this on: several parties stand in Via (RFC 3261 §16.6 step 8).

    A Via that is missing, broken or there twice is a fault of the UE, and no sign of a proxy.
    """
    return len({(canonical_host(via.host), via.port) for via in request.vias}) > 1
