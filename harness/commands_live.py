"""What `presence network` and `presence ue` do: play until interrupted.

What they print is dropped once its reader has gone, as `head` does: the peer is answered still.
"""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.capture.writer import CaptureWriter
from harness.config import Profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import load_flow
from harness.live import until_interrupted
from harness.model import Level, Peer, Transport
from harness.output import Output, complain
from harness.paths import FLOW
from harness.report.ladder import ladder_line
from harness.report.mask import Masker
from harness.report.text import finding_lines, plain
from harness.serving import exposure, make_driver, new_id, start_network
from harness.sip.aka import Card
from harness.sip.uri import SipUri, UriError, parse_uri
from harness.trace import Trace, TraceEntry
from harness.transport.authority import AuthorityError
from harness.transport.datagrams import local_address_towards
from harness.transport.driver import Driver, ListenError
from harness.transport.tls import TlsError
from harness.ue.agent import ReferenceUe
from harness.ue.defects import DEFECTS, Defect
from harness.ue.personas import PERSONAS
from harness.ue.settings import Settings, SettingsError, Waits

EXIT_OK, EXIT_FAILED, EXIT_UNUSABLE = 0, 1, 2
_FAREWELL_SECONDS = 4.0


class _Watch:
    """Prints each message as it crosses the wire, and what is wrong with it."""

    def __init__(self, profile: Profile, capture: CaptureWriter | None) -> None:
        self._trace = Trace()
        self._capture = capture
        self._flow = load_flow(FLOW)
        self._evaluation = Evaluation(self._flow, profile, own_network=True)
        self._masker = Masker(profile.secrets)
        self._started = time.time()
        self._output = Output()

    def say(self, name: str, value: str) -> None:
        """A fact about this network side, for the person who sets up the UE."""
        self._output.line(f"{name:<22}{plain(value)}")

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        entry = self._trace.append(raw, source, destination, time, connection=connection)
        if self._capture is not None:
            self._capture.write(entry)
        judged = self._evaluation.feed(entry)
        steps = [self._flow.step(step).name for each in judged for step in each.steps]
        line = ladder_line(entry, self._started, judged[-1].judged.sender if judged else None)
        self._output.line(self._masker.text(f"{line}  {' '.join(steps)}".rstrip()))
        for each in judged:
            for finding in each.findings:
                if finding.level is not Level.INFO:
                    for text in finding_lines(self._masker.finding(finding)):
                        self._output.line(text)


def run_network(profile: Profile, pcap_out: Path | None) -> int:
    """Play the network side until interrupted."""
    capture = _open_capture(pcap_out)
    if isinstance(capture, str):
        return _refuse(capture)
    try:
        return asyncio.run(_play_network(profile, _Watch(profile, capture)))
    except (ListenError, AuthorityError, TlsError) as error:
        return _refuse(str(error.strerror or error))
    finally:
        if capture is not None:
            capture.close()


async def _play_network(profile: Profile, watch: _Watch) -> int:
    driver = make_driver(profile, watch, _complain_of, complain)
    try:
        serving = await start_network(profile, driver)
        for name, value in serving.facts():
            watch.say(name, value)
        watch.say("domain", profile.pixit.domain)
        watch.say("user", profile.pixit.impu)
        reach = exposure(profile)
        if reach:
            watch.say("reach", reach)
        watch.say("Interrupt (Ctrl-C) to stop.", "")
        await until_interrupted()
    finally:
        await driver.stop()
    return EXIT_OK


def _complain_of(error: BaseException) -> None:
    complain(f"the harness failed: {error!r}")


def run_ue(arguments: argparse.Namespace, profile: Profile) -> int:
    """Run the reference UE until interrupted, or with --once until its flow is over."""
    capture = _open_capture(arguments.pcap_out)
    if isinstance(capture, str):
        return _refuse(capture)
    try:
        defects = _defects(arguments.defect)
        registrar = _registrar(arguments.registrar)
        return asyncio.run(_play_ue(arguments, profile, registrar, defects, capture))
    except (SettingsError, ListenError) as error:
        return _refuse(str(getattr(error, "strerror", None) or error))
    finally:
        if capture is not None:
            capture.close()


async def _play_ue(
    arguments: argparse.Namespace,
    profile: Profile,
    registrar: Peer,
    defects: tuple[Defect, ...],
    capture: CaptureWriter | None,
) -> int:
    trace = Trace()

    def record(
        raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        entry: TraceEntry = trace.append(raw, source, destination, time, connection=connection)
        if capture is not None:
            capture.write(entry)

    faults: list[BaseException] = []
    driver = Driver(observer=record, failures=faults.append)
    host = arguments.bind or local_address_towards(registrar.host) or "127.0.0.1"
    kinds = (Transport.UDP, Transport.TCP)
    try:
        local, _ = await driver.listen([Peer(host, arguments.port, kind) for kind in kinds])
        first = Transport(arguments.transport)
        settings = _settings(
            arguments, profile, registrar, replace(local, transport=first), defects
        )
        ue = ReferenceUe(settings, time.time, new_id)
        driver.attach(ue)
        driver.perform(ue.start(driver.now))
        await _until_done(ue, driver, arguments)
    finally:
        await driver.stop()
    for problem in ue.problems:
        complain(problem, "presence ue")
    if faults:
        return _refuse(f"the reference UE failed: {faults[0]!r}", EXIT_FAILED)
    if ue.failure:
        return _refuse(ue.failure, EXIT_FAILED)
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
    registrar: Peer,
    local: Peer,
    defects: tuple[Defect, ...],
) -> Settings:
    persona = PERSONAS.get(arguments.persona)
    if persona is None:
        known = ", ".join(PERSONAS)
        raise SettingsError(f"--persona {arguments.persona}: no such persona. Known: {known}")
    pixit = profile.pixit
    other = Transport.TCP if local.transport is Transport.UDP else Transport.UDP
    return Settings(
        registrar=replace(registrar, transport=local.transport),
        domain=pixit.domain,
        xcap_root=arguments.xcap_root,
        identity=pixit.impu,
        local=local,
        display_name=pixit.display_name,
        impi=pixit.impi,
        realm=pixit.realm,
        password=pixit.password.get_secret_value(),
        card=Card.make(*pixit.usim.octets) if pixit.usim is not None else None,
        sqn=pixit.usim.sequence_number if pixit.usim is not None else 0,
        imei=pixit.imei,
        transports=(local.transport, other),
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


def _registrar(text: str) -> Peer:
    try:
        uri = parse_uri(text)
    except UriError as error:
        raise SettingsError(f"--registrar {text}: {error}. Give sip:HOST:PORT") from None
    if not isinstance(uri, SipUri):
        raise SettingsError(f"--registrar {text}: not a SIP URI. Give sip:HOST:PORT")
    host = uri.host.strip("[]")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        raise SettingsError(
            f"--registrar {text}: give the IP address of {host}, names are not looked up"
        ) from None
    return Peer(host, uri.port or 5060)


def _open_capture(path: Path | None) -> CaptureWriter | str | None:
    if path is None:
        return None
    complain(f"{path}: a capture is written as it was on the wire, secrets included")
    try:
        return CaptureWriter(path)
    except OSError as error:
        return f"--pcap-out {path}: {error.strerror}"


def _refuse(text: str, status: int = EXIT_UNUSABLE) -> int:
    complain(text)
    return status
