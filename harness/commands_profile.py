"""What `presence profile check` does: load a profile and tell what a run makes of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from harness.checks.registry import CHECKS
from harness.commands_live import EXIT_FAILED, EXIT_OK
from harness.config import Profile
from harness.config_subscribers import UsimSecrets
from harness.flow.evaluate import flow_checks
from harness.flow.steps import load_flow
from harness.model import Peer
from harness.output import Output
from harness.paths import FLOW
from harness.report.text import plain
from harness.serving import (
    exposure,
    key_log_of,
    seen_from_outside,
    tls_folder,
    wants_tls,
    xcap_root_at,
)

_MASK = "****"
Fact = tuple[str, str]


def run_profile_check(profile: Profile) -> int:
    """Print what the profile resolves to, and what will not work on this machine."""
    output = Output()
    for title, facts in _sections(profile):
        output.line((title, "bold"))
        for name, value in facts:
            output.line(f"  {name:<24}{plain(value)}")
    problems = list(_problems(profile))
    for problem in problems:
        output.line(("problem  ", "bold red"), plain(problem))
    if not problems:
        output.line(("ok", "bold green"))
    return EXIT_FAILED if problems else EXIT_OK


def _sections(profile: Profile) -> Iterator[tuple[str, list[Fact]]]:
    yield "profile", list(_about(profile))
    yield "listeners", [_listener(each) for each in profile.network.listeners]
    if wants_tls(profile):
        yield "TLS", list(_tls(profile))
    yield "identities", list(_identities(profile))
    yield "for the phone", list(_for_the_phone(profile))


def _about(profile: Profile) -> Iterator[Fact]:
    yield "name", profile.name
    yield "clauses of", ", ".join(sorted(profile.families))
    if profile.rcs:
        yield "RCS", profile.rcs
    claimed = ", ".join(item for item, is_claimed in profile.pics.items() if is_claimed)
    yield "the UE claims", claimed or "nothing"
    for name, change in profile.checks.items():
        yield f"check {name}", f"{change.level}: {change.reason}"
    yield "seconds for a step", f"{profile.timers.step:g}"


def _listener(peer: Peer) -> Fact:
    port = "any port" if peer.port == 0 else f"port {peer.port}"
    seen = seen_from_outside(peer.host)
    where = peer.host if seen == peer.host else f"every address, {seen} among them"
    return peer.transport.value, f"{where}, {port}"


def _tls(profile: Profile) -> Iterator[Fact]:
    tls, folder = profile.tls, tls_folder(profile)
    yield "names", ", ".join(dict.fromkeys([profile.pixit.domain, *tls.names]))
    yield "oldest version", tls.minimum
    yield "client certificates", tls.client_certificates
    is_made = (folder / "presence-lab-ca.crt").is_file()
    yield "CA to install", f"{folder / 'presence-lab-ca.crt'}{'' if is_made else ' (not made yet)'}"
    key_log = key_log_of(profile)
    if key_log is not None:
        yield "keys are logged in", f"{key_log} (whoever has them reads everything)"


def _identities(profile: Profile) -> Iterator[Fact]:
    pixit = profile.pixit
    yield "UE", pixit.impu
    yield "its credentials", _credentials(pixit.impi, pixit.usim)
    yield "contact that is played", pixit.contact
    for each in profile.subscribers:
        yield "further subscriber", f"{each.impu}, {_credentials(each.impi, each.usim)}"


def _credentials(impi: str, usim: UsimSecrets | None) -> str:
    card = f", USIM: K {_MASK}, {'OPc' if usim.opc is not None else 'OP'} {_MASK}" if usim else ""
    return f"{impi}, password {_MASK}{card}"


def _for_the_phone(profile: Profile) -> Iterator[Fact]:
    network = profile.network
    for each in network.listeners:
        seen = Peer(seen_from_outside(each.host), each.port, each.transport)
        port = str(each.port) if each.port else "told when it starts"
        if each.transport.is_sip:
            yield "P-CSCF", f"{seen.host}, port {port}, {each.transport.value.upper()}"
        else:
            root = xcap_root_at(seen) if each.port else f"{each.transport.value}://{seen.host}"
            yield "XCAP root", root + ("" if each.port else f", port {port}")
    yield "domain", profile.pixit.domain
    yield "public identity", profile.pixit.impu
    yield "private identity", profile.pixit.impi
    yield "authentication", f"SIP: {network.authentication}, XCAP: {network.xcap_authentication}"
    yield "realm", profile.pixit.realm
    yield "reached from", exposure(profile) or "this machine only"


def _problems(profile: Profile) -> Iterator[str]:
    """What the fields allow and this machine does not."""
    for host in dict.fromkeys(each.host for each in profile.network.listeners):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.bind((host, 0))
        except OSError as error:
            yield f"network: {host} cannot be listened on: {error.strerror}. Give an own address"
    for name, path in (("client_ca", profile.tls.path("client_ca")),):
        if path is not None and not path.is_file():
            yield f"tls.{name}: {path}: no such file"
    yield from _contradictions(profile)
    if profile.network.authentication == "aka" and profile.pixit.usim is None:
        yield "network.authentication: aka needs the card's secrets: pixit.usim"
    if profile.tls.client_certificates != "none" and not wants_tls(profile):
        yield "tls.client_certificates: no listener speaks TLS"


def _contradictions(profile: Profile) -> Iterator[str]:
    """Names that mean nothing here, and times that no request can meet."""
    known = {*CHECKS, *(each.id for each in flow_checks(load_flow(FLOW)))}
    for name in sorted(profile.checks.keys() - known):
        yield f"checks.{name}: no such check. presence checks lists them"
    network = profile.network
    if network.min_registration > network.max_registration:
        yield "network.min_registration: longer than max_registration: no REGISTER can succeed"
