"""The fields of a profile that say where the network side listens, and how it speaks TLS."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from harness.config_fields import IpAddress, Port, Values
from harness.model import Peer, Transport

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*")


def _host_name(text: str) -> str:
    if _HOST_NAME.fullmatch(text) is None:
        raise ValueError(f"{text or 'empty'}: give a host name: pcscf.lab.example")
    return text.lower()


def _version(value: object) -> object:
    """YAML reads 1.2 as a number."""
    return str(value) if isinstance(value, float) else value


HostName = Annotated[str, AfterValidator(_host_name)]
Wait = Annotated[float, Field(gt=0, le=604_800)]


class Listener(Values):
    """One address that the network side listens on."""

    transport: Literal["udp", "tcp", "tls", "http", "https"]
    """udp, tcp and tls are for SIP, http and https for XCAP."""
    address: IpAddress | None = None
    """An address of this machine; without it, that of `bind`."""
    port: Port = 0
    """The port; 0 lets the system choose."""


def listener_of(text: str) -> Listener:
    """Read "tls:5061" or "tls:192.0.2.10:5061"; raises ValueError."""
    transport, _, rest = text.partition(":")
    address, _, port = rest.rpartition(":")
    if not port.isdecimal() or transport not in ("udp", "tcp", "tls", "http", "https"):
        raise ValueError(
            f"{text}: give TRANSPORT:PORT or TRANSPORT:ADDRESS:PORT, with udp, tcp or tls for SIP, "
            "http or https for XCAP"
        )
    return Listener.model_validate(
        {"transport": transport, "address": address or None, "port": int(port)}
    )


class Connections(Values):
    """How long a connection may take for something, in seconds, and how many there may be."""

    handshake: Wait = 10.0
    """For TLS's handshake."""
    message: Wait = 30.0
    """For a message that has begun; a long one gets a second more for each 1000 bytes."""
    unread: Wait = 30.0
    """For reading anything of what it was sent."""
    sip_idle: Wait = 7200.0
    """Without a byte on a SIP connection. A phone may be silent as long as it is registered."""
    http_idle: Wait = 120.0
    """Without a byte on an HTTP connection."""
    most: Annotated[int, Field(ge=0, le=65536)] = 0
    """Connections at a time; then the one silent longest is closed. 0: as many as files may be
    open."""


class Tls(Values):
    """Certificates and versions; relative paths start where the command is started."""

    folder: str = ""
    """Where the lab's certificate authority is kept; without it, `presence-harness` in the user's
    XDG state folder."""
    names: tuple[HostName, ...] = ()
    """Host names that the phone knows the network side by, beside the domain: those of P-CSCF and
    XDMS."""
    minimum: Annotated[Literal["1.0", "1.1", "1.2", "1.3"], BeforeValidator(_version)] = "1.2"
    """The oldest version that is spoken; less than 1.2 is for old phones."""
    client_certificates: Literal["none", "optional", "required"] = "none"
    """Whether clients are asked for a certificate, and refused without."""
    client_ca: str = ""
    """PEM file of authorities whose client certificates are taken beside the lab's own."""
    key_log: str = ""
    """File that the keys of every connection are appended to, for Wireshark; keep it secret."""

    def path(self, field: Literal["folder", "client_ca", "key_log"]) -> Path | None:
        """A field as a path, None where it is empty."""
        text = str(getattr(self, field))
        return Path(text).expanduser() if text else None


def default_listeners(bind: str, sip_port: int, xcap_port: int) -> tuple[Peer, ...]:
    """Where the network side listens unless a profile says otherwise."""
    return (
        Peer(bind, sip_port, Transport.UDP),
        Peer(bind, sip_port, Transport.TCP),
        Peer(bind, xcap_port, Transport.HTTP),
    )


def check_listeners(listeners: tuple[Listener, ...]) -> tuple[Listener, ...]:
    """Refuse a list that lacks SIP or XCAP, or names something twice; raises ValueError."""
    kinds = {Transport(each.transport) for each in listeners}
    if listeners and not any(kind.is_sip for kind in kinds):
        raise ValueError("no listener for SIP: add one with transport udp, tcp or tls")
    if listeners and all(kind.is_sip for kind in kinds):
        raise ValueError("no listener for XCAP: add one with transport http or https")
    fixed = [(each.transport == "udp", each.address, each.port) for each in listeners if each.port]
    twice = next((each for each in fixed if fixed.count(each) > 1), None)
    if twice is not None:
        raise ValueError(f"two listeners have port {twice[2]} of one address")
    return listeners
