"""What `presence ue` does: the reference UE against any server, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.commands_live import EXIT_FAILED, EXIT_OK, open_capture, refuse
from harness.config import Profile
from harness.model import Peer, Transport
from harness.output import Output, complain
from harness.report.text import plain
from harness.serving import key_log_of, new_id
from harness.sip.aka import Card
from harness.sip.uri import SipUri, UriError, parse_uri
from harness.trace import Sequencer
from harness.transport.datagrams import local_address_towards
from harness.transport.driver import Driver, ListenError
from harness.transport.tls import ClientTls, TlsError, TlsPolicy
from harness.ue.agent import ReferenceUe
from harness.ue.defects import DEFECTS, Defect
from harness.ue.personas import PERSONAS
from harness.ue.settings import Settings, SettingsError, Waits

if TYPE_CHECKING:
    from harness.capture.writer import CaptureWriter

_FAREWELL_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class _Registrar:
    """Where SIP goes: its address and transport, the name it was given by, and whether by SIPS."""

    peer: Peer
    name: str
    secure: bool


def run_ue(arguments: argparse.Namespace, profile: Profile) -> int:
    """Run the reference UE until interrupted, or with --once until its flow is over."""
    capture = open_capture(arguments.pcap_out)
    if isinstance(capture, str):
        return refuse(capture)
    try:
        defects = _defects(arguments.defect)
        registrar = _registrar(arguments.registrar, arguments.transport)
        tls = _client_tls(arguments, profile, registrar)
        return asyncio.run(_play_ue(arguments, profile, registrar, tls, defects, capture))
    except (SettingsError, ListenError, TlsError) as error:
        return refuse(str(getattr(error, "strerror", None) or error))
    finally:
        if capture is not None:
            capture.close()


async def _play_ue(
    arguments: argparse.Namespace,
    profile: Profile,
    registrar: _Registrar,
    tls: ClientTls | None,
    defects: tuple[Defect, ...],
    capture: CaptureWriter | None,
) -> int:
    sequencer = Sequencer()

    def record(
        raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        if capture is not None:
            capture.write(sequencer.entry(raw, source, destination, time, connection=connection))

    faults: list[BaseException] = []
    driver = Driver(observer=record, failures=faults.append, notices=complain, client_tls=tls)
    host = arguments.bind or local_address_towards(registrar.peer.host) or "127.0.0.1"
    kinds = (Transport.UDP, Transport.TCP)
    try:
        # The registrar was named, so the UE is heard wherever that one is reached from.
        own = [Peer(host, arguments.port, kind) for kind in kinds]
        local, _ = await driver.listen(own, exposed=True)
        settings = _settings(arguments, profile, registrar, local, defects)
        ue = ReferenceUe(settings, time.time, new_id)
        driver.attach(ue)
        driver.perform(ue.start(driver.now))
        await _until_done(ue, driver, arguments)
    finally:
        await driver.stop()
    for problem in ue.problems:
        complain(problem, "presence ue")
    if faults:
        return refuse(f"the reference UE failed: {faults[0]!r}", EXIT_FAILED)
    if ue.failure:
        return refuse(ue.failure, EXIT_FAILED)
    return EXIT_OK


async def _until_done(ue: ReferenceUe, driver: Driver, arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    if arguments.until_eof:
        loop.add_reader(sys.stdin, _at_eof, stop)
    said, output = "", Output()
    while not stop.is_set() and not (ue.done and (arguments.once or ue.failure)):
        if ue.state != said:
            said = ue.state
            output.line(plain(said))
        await _pause(stop, 0.1)
    if ue.failure:
        return
    driver.perform(ue.stop(driver.now))
    deadline = loop.time() + _FAREWELL_SECONDS
    while not ue.done and loop.time() < deadline:
        await asyncio.sleep(0.01)


def _at_eof(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin)
        stop.set()


async def _pause(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def _settings(
    arguments: argparse.Namespace,
    profile: Profile,
    registrar: _Registrar,
    local: Peer,
    defects: tuple[Defect, ...],
) -> Settings:
    persona = PERSONAS.get(arguments.persona)
    if persona is None:
        known = ", ".join(PERSONAS)
        raise SettingsError(f"--persona {arguments.persona}: no such persona. Known: {known}")
    pixit = profile.pixit
    first = registrar.peer.transport
    others = {Transport.UDP: (Transport.TCP,), Transport.TCP: (Transport.UDP,)}
    return Settings(
        registrar=registrar.peer,
        domain=pixit.domain,
        xcap_root=arguments.xcap_root,
        identity=pixit.impu,
        local=replace(local, transport=first),
        display_name=pixit.display_name,
        impi=pixit.impi,
        realm=pixit.realm,
        password=pixit.password.get_secret_value(),
        card=Card.make(*pixit.usim.octets) if pixit.usim is not None else None,
        sqn=pixit.usim.sequence_number if pixit.usim is not None else 0,
        imei=pixit.imei,
        transports=(first, *others.get(first, ())),
        secure=registrar.secure,
        persona=persona,
        defects=defects,
        user_agent=pixit.user_agent,
        list_name=pixit.list_name,
        waits=Waits(watcher=arguments.patience),
    )


def _defects(names: Sequence[str]) -> tuple[Defect, ...]:
    for name in names:
        if name not in DEFECTS:
            raise SettingsError(f"--defect {name}: no such defect. Known: {', '.join(DEFECTS)}")
    return tuple(DEFECTS[name] for name in names)


def _registrar(text: str, transport: str | None) -> _Registrar:
    """Read --registrar; --transport tells what the URI does not."""
    try:
        uri = parse_uri(text)
    except UriError as error:
        raise SettingsError(f"--registrar {text}: {error}. Give sip:HOST:PORT") from None
    if not isinstance(uri, SipUri):
        raise SettingsError(f"--registrar {text}: not a SIP URI. Give sip:HOST:PORT")
    named = transport or uri.transport or "udp"
    secure = uri.scheme == "sips"
    if named not in ("udp", "tcp", "tls") or (secure and transport not in (None, "tls")):
        raise SettingsError(f"--registrar {text}: SIP goes over udp, tcp or tls, SIPS over tls")
    kind = Transport.TLS if secure else Transport(named)
    if uri.port is not None and not 0 < uri.port < 65536:
        raise SettingsError(f"--registrar {text}: a port is a number from 1 to 65535")
    port = uri.port or (5061 if kind is Transport.TLS else 5060)
    return _Registrar(Peer(_address_of(uri.address, text), port, kind), uri.address, secure)


def _address_of(host: str, text: str) -> str:
    """The IP address of a host; SRV and NAPTR records are not asked for."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"--registrar {text}: {host} has no address: {error}. Give its IP address"
        ) from None


def _client_tls(
    arguments: argparse.Namespace, profile: Profile, registrar: _Registrar
) -> ClientTls | None:
    """TLS as it is asked for, None where nothing goes over it."""
    is_https = urlsplit(arguments.xcap_root).scheme == "https"
    if registrar.peer.transport is not Transport.TLS and not is_https:
        return None
    log = arguments.keylog or key_log_of(profile)
    if log is not None:
        complain(f"{log}: the keys of TLS are written here: whoever has them reads everything")
    policy = TlsPolicy(profile.tls.minimum, key_log=log)
    names = {registrar.peer.host: registrar.name}
    return ClientTls(arguments.ca, arguments.cert, policy, names)
