"""The network side on sockets as a profile wants it, and what a phone needs to reach it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex

from harness.body.schema import validate
from harness.config import Profile
from harness.model import Peer, Transport
from harness.network.network import Network
from harness.transport.authority import Authority, default_folder
from harness.transport.behind import Behind, MessageObserver
from harness.transport.connections import raise_file_limit
from harness.transport.datagrams import Routes, local_address_towards
from harness.transport.driver import Driver
from harness.transport.streams import Patience
from harness.transport.tls import ClientTls, ServerTls, TlsPolicy

_ENCRYPTED = (Transport.TLS, Transport.HTTPS)
# The one that a UE is told of first.
_SIP_ORDER = (Transport.UDP, Transport.TCP, Transport.TLS)
_XCAP_ORDER = (Transport.HTTP, Transport.HTTPS)


def new_id() -> str:
    """An unguessable token of letters and digits."""
    return token_hex(8)


@dataclass(frozen=True, slots=True)
class Serving:
    """Where a network side is reached: its listeners as peers see them, and its authority's
    certificate, where it speaks TLS."""

    listeners: tuple[Peer, ...]
    authority: Authority | None = None
    network: Network | None = None

    @property
    def sip(self) -> Peer:
        """The SIP address that a UE is told: UDP's where there is one."""
        return self._first(_SIP_ORDER)

    @property
    def xcap(self) -> Peer:
        """The address of the XDMS: HTTP's where there is one."""
        return self._first(_XCAP_ORDER)

    def _first(self, order: tuple[Transport, ...]) -> Peer:
        fitting = [each for each in self.listeners if each.transport in order]
        return min(fitting, key=lambda each: order.index(each.transport))

    @property
    def xcap_root(self) -> str:
        """The XCAP root URI that a UE is given."""
        return xcap_root_at(self.xcap)

    def facts(self) -> list[tuple[str, str]]:
        """What a person types into a phone, by name."""
        sip = [each for each in self.listeners if each.transport.is_sip]
        places: dict[str, list[str]] = {}
        for each in sip:
            places.setdefault(str(each), []).append(each.transport.value.upper())
        facts = [
            ("P-CSCF and registrar", f"{place} ({' and '.join(kinds)})")
            for place, kinds in places.items()
        ]
        roots = (each for each in self.listeners if not each.transport.is_sip)
        facts += [("XCAP root", xcap_root_at(each)) for each in roots]
        if self.authority is not None:
            facts.append(
                ("CA to install", f"{self.authority.der} (PEM: {self.authority.pem.name})")
            )
        return facts


def xcap_root_at(listener: Peer) -> str:
    """The XCAP root URI of an HTTP or HTTPS listener."""
    return f"{listener.transport.value}://{listener}"


def wants_tls(profile: Profile) -> bool:
    """Whether one of the profile's listeners speaks TLS."""
    return any(each.transport in _ENCRYPTED for each in profile.network.listeners)


def tls_folder(profile: Profile) -> Path:
    """Where the lab's certificate authority is kept."""
    return profile.tls.path("folder") or default_folder()


def key_log_of(profile: Profile) -> Path | None:
    """Where the keys of TLS go: the profile's file, else that of SSLKEYLOGFILE, else nowhere."""
    named = os.environ.get("SSLKEYLOGFILE", "")
    return profile.tls.path("key_log") or (Path(named) if named else None)


def make_driver(
    profile: Profile,
    observer: MessageObserver,
    failures: Callable[[BaseException], None],
    notices: Callable[[str], None],
) -> Driver:
    """The sockets of a network side; raises AuthorityError, TlsError."""
    server = _server_tls(profile, notices) if wants_tls(profile) else None
    waits = profile.network.connections
    raise_file_limit()
    return Driver(
        observer=Behind(observer, failures),
        failures=failures,
        notices=notices,
        server_tls=server,
        client_tls=ClientTls(server.authority.pem, policy=server.policy) if server else None,
        patience=Patience(
            handshake=waits.handshake,
            message=waits.message,
            unread=waits.unread,
            sip_idle=waits.sip_idle,
            http_idle=waits.http_idle,
        ),
        most_connections=waits.most or None,
    )


def _server_tls(profile: Profile, notices: Callable[[str], None]) -> ServerTls:
    tls = profile.tls
    key_log = key_log_of(profile)
    policy = TlsPolicy(tls.minimum, tls.client_certificates, tls.path("client_ca"), key_log)
    if key_log is not None:
        notices(f"{key_log}: the keys of TLS are written here: whoever has them reads everything")
    hosts = {each.host for each in profile.network.listeners if each.transport in _ENCRYPTED}
    addresses = sorted({seen_from_outside(host) for host in hosts})

    def asked(name: str) -> None:
        notices(f"TLS: a client asked for {name}, which is not in tls.names: it got a certificate")

    names = [profile.pixit.domain, *tls.names]
    return ServerTls(Authority(tls_folder(profile)), names, addresses, policy, asked)


async def start_network(profile: Profile, driver: Driver, *, soon: bool = False) -> Serving:
    """Let the network side play on `driver`; raises ListenError.

    With `soon`, what only a broken body needs, half the time of a start, is loaded while it plays.
    """
    await asyncio.to_thread(_prepare, profile)
    if not soon:
        await asyncio.to_thread(_prepare_for_faults)
    wanted = profile.network.listeners
    bound = await driver.listen(wanted, exposed=is_exposed(profile))
    seen = tuple(replace(each, host=seen_from_outside(each.host)) for each in bound)
    sip = tuple(each for each in seen if each.transport.is_sip)
    is_wild = any(ip_address(each.host).is_unspecified for each in bound)
    own_host = Routes().towards if is_wild else None
    network = Network(profile, time.time, new_id, sip, own_host=own_host, reached=driver.reached)
    driver.attach(network)
    if soon:
        driver.spawn(asyncio.to_thread(_prepare_for_faults))
    return Serving(seen, driver.authority, network)


_REHEARSAL = """\
REGISTER sip:{domain} SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKrehearsal;rport
Max-Forwards: 70
From: <{impu}>;tag=1
To: <{impu}>
Call-ID: rehearsal
CSeq: 1 REGISTER
Contact: <sip:127.0.0.1>;+sip.instance="<urn:uuid:00000000-0000-0000-0000-000000000000>"
Supported: gruu
Content-Length: 0

"""


def _prepare(profile: Profile) -> None:
    """Load what the first messages would make everybody wait for: grammar, schemas, validators.

    A phone waits half a second before it repeats a request (RFC 3261 §17.1.2.2).
    """
    validate(b"<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='sip:a@b.example'/>")
    pixit = profile.pixit
    request = _REHEARSAL.format(domain=pixit.domain, impu=pixit.impu).replace("\n", "\r\n")
    stage = Network(profile, time.time, new_id, (Peer("127.0.0.1", 5060),))
    stage.receive(request.encode(), Peer("127.0.0.1", 5060), 0.0)


def _prepare_for_faults() -> None:
    """Load what tells the place and the reason of a fault in a body."""
    validate(b"<presence xmlns='urn:ietf:params:xml:ns:pidf'/>")


def seen_from_outside(host: str) -> str:
    """The address that a UE can reach: bound to every address, we have to name one of them."""
    if host == "0.0.0.0":  # noqa: S104 - compared, not bound
        return local_address_towards("192.0.2.1") or "127.0.0.1"
    if host == "::":
        return local_address_towards("2001:db8::1") or "::1"
    return host


def is_exposed(profile: Profile) -> bool:
    """Whether the profile, or an option over it, asks for more than loopback."""
    return any(not is_loopback(each.host) for each in profile.network.listeners)


def exposure(profile: Profile) -> str:
    """Who can reach the network side besides this machine, "" where nobody can."""
    hosts = {each.host for each in profile.network.listeners if not is_loopback(each.host)}
    if not hosts:
        return ""
    every = any(ip_address(host).is_unspecified for host in hosts)
    named = " and ".join(sorted(hosts))
    where = "every network of this machine" if every else f"the network of {named}"
    return f"{where}: whoever is on it can register, and write and read what the UE stores"


def is_loopback(host: str) -> bool:
    """Whether an IP address is of this machine only."""
    return ip_address(host).is_loopback
