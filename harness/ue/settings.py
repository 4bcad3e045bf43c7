"""What the reference UE is told: where the network is, who it is, how long it waits."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.model import Peer, Transport
from harness.sip.aka import Card
from harness.sip.timers import Timers
from harness.sip.uri import SipUri, UriError, parse_uri
from harness.ue.personas import CONFORMANT, Persona

if TYPE_CHECKING:
    from harness.ue.defects import Defect

_IMEI = re.compile(r"[0-9]{15}")

# A white picture of 96 by 96 pixels (PNG).
ICON = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAGAAAABgAQAAAADK40qVAAAAEklEQVR42mNgGAWjYBSMguEJAATgAAH4jcwqAAAAAElFTkSu"
    "QmCC"
)


class SettingsError(ValueError):
    """A setting cannot be used; the text names it and says what is wanted."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long the UE waits for what nobody promised, in seconds."""

    watcher: float = 30.0
    """For a pending watcher, before the user goes on and sets the photo."""
    http: float = 10.0
    """For an HTTP response."""
    quiet: float = 2.0
    """Without any message, after the flow, before it counts as complete."""
    farewell: float = 0.5
    """Without any message, after the de-registration, for what may still be on its way."""
    retry_base: float = 30.0
    """RFC 5626 §4.5: base-time of the back-off."""
    retry_max: float = 1800.0
    """RFC 5626 §4.5: max-time of the back-off."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One UE and its network.

    `registrar` is where SIP goes (the P-CSCF), `local` the address and port that the UE hears at.
    `identity` is the public user identity, a SIP URI; `realm` is that of the password, preferred
    where there are challenges of several. `transports` are those the UE speaks, the
    preferred one first. `contact_uri` None makes it from `local`; `outbound_proxy` None makes the
    preloaded Route from `registrar`, "" sends none. Raises SettingsError.
    """

    registrar: Peer
    domain: str
    xcap_root: str
    identity: str
    local: Peer
    display_name: str = ""
    impi: str = ""
    realm: str = ""
    password: str = field(default="", repr=False)
    card: Card | None = field(default=None, repr=False)
    """The USIM, where there is one to answer challenges of AKA."""
    sqn: int = 0
    """The highest sequence number that the card has accepted."""
    imei: str = "356432059050620"
    transports: tuple[Transport, ...] = (Transport.UDP, Transport.TCP)
    persona: Persona = CONFORMANT
    defects: tuple[Defect, ...] = ()
    secure: bool = False
    """Whether SIPS URIs are used (RFC 5630 §5.1.1): everything goes over TLS."""
    contact_uri: str | None = None
    outbound_proxy: str | None = None
    user_agent: str = "IM-client/OMA1.0 Test-RCS-client/2.5.13"
    list_name: str = "rcs"
    registration_seconds: int = 600000
    subscription_seconds: int = 3600
    publication_seconds: int = 3600
    timers: Timers = field(default_factory=Timers)
    waits: Waits = field(default_factory=Waits)
    icon: bytes = field(default=ICON, repr=False)
    quit_after_flow: bool = False
    sends_placeholder: bool = True
    """Whether the first REGISTER announces the user in an Authorization with an empty response."""

    def __post_init__(self) -> None:
        try:
            identity = parse_uri(self.identity)
        except UriError as error:
            raise SettingsError(f"identity: {error}") from None
        if not isinstance(identity, SipUri) or identity.user is None:
            raise SettingsError(f"identity: a SIP URI with a user is wanted, not {self.identity}")
        if not _IMEI.fullmatch(self.imei):
            raise SettingsError(f"imei: 15 digits are wanted, not {self.imei!r}")
        root = urlsplit(self.xcap_root)
        if root.scheme not in ("http", "https") or not root.hostname:
            raise SettingsError(f"xcap_root: an http URL is wanted, not {self.xcap_root!r}")
        unusable = [each for each in self.transports if not each.is_sip]
        if unusable or not self.transports:
            raise SettingsError("transports: one or more of udp, tcp and tls are wanted")
        if self.secure and self.transports[0] is not Transport.TLS:
            raise SettingsError("secure: SIPS URIs need TLS")

    @property
    def username(self) -> str:
        """The name in credentials: the private user identity, or else the public one's address."""
        return self.impi or self.identity.partition(":")[2].partition(";")[0]

    @property
    def transport(self) -> Transport:
        """The transport that requests go out on."""
        return self.transports[0]

    @property
    def xdms(self) -> Peer:
        """Where HTTP requests go."""
        root = urlsplit(self.xcap_root)
        transport = Transport.HTTPS if root.scheme == "https" else Transport.HTTP
        port = root.port or (443 if root.scheme == "https" else 80)
        return Peer(root.hostname or "", port, transport)

    @property
    def contact(self) -> str:
        """The URI at which the UE is reached."""
        if self.contact_uri is not None:
            return self.contact_uri
        if self.transport is Transport.TLS:
            # RFC 5630 §5.1.1: "UAs MUST NOT use the "transport=tls" parameter".
            return f"{self.scheme}:{self.local}"
        spelled = self.persona.spell_transport(self.transport.value)
        return f"sip:{self.local};transport={spelled}"

    @property
    def scheme(self) -> str:
        """That of the URIs which the UE makes of addresses."""
        return "sips" if self.secure else "sip"

    @property
    def route(self) -> str:
        """The preloaded route to the outbound proxy as a Route value, or ""."""
        if self.outbound_proxy is not None:
            return self.outbound_proxy
        if self.transport is Transport.TLS:
            return f"<{self.scheme}:{self.registrar};lr>"
        return f"<sip:{self.registrar};transport={self.transport.value};lr>"

    @property
    def instance(self) -> str:
        """The instance-id of the persona's form."""
        tac, snr = self.imei[:8], self.imei[8:14]
        return self.persona.instance.format(imei=self.imei, tac=tac, snr=snr)
