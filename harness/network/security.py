"""The security agreement with a UE (RFC 3329), as IMS has it for IPsec (TS 33.203 §7.2)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from harness.model import Peer
from harness.network.ipsec import ALGORITHMS, ENCRYPTIONS, Algorithms, End, xfrm_commands
from harness.network.reply import Header, Reply
from harness.network.site import Site
from harness.sip.aka import Vector
from harness.sip.message import Request
from harness.sip.parameters import Parameters

OPTION_TAG = "sec-agree"
MECHANISM = "ipsec-3gpp"

MAX_OFFERS = 4
"""Offers to one user that are remembered: one in use, one under way, those of other devices."""

Agreed = Callable[[str, tuple[str, ...]], None]
"""Hears of new associations: the user, and the commands that install them."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """What a UE offered, and what it was offered in return."""

    ue: End
    proxy: End
    algorithms: Algorithms
    server: str


class SecurityAgreement:
    """Offers Security-Server in challenges, and checks what comes back in Security-Verify."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._offers: OrderedDict[str, deque[_Offer]] = OrderedDict()
        self.observers: list[Agreed] = []

    @property
    def is_on(self) -> bool:
        """Whether the profile asks for it."""
        return self._site.profile.network.security_agreement == MECHANISM

    def refusal(self, request: Request) -> Reply | None:
        """494 where the list in Security-Verify is not the one that was given (RFC 3329 §2.3.1)."""
        if not self.is_on or "Security-Verify" not in request.headers:
            return None
        offers = self._offers.get(self._user(request), ())
        verified = _lists(request, "Security-Verify")
        # An association lives on while the next one is agreed on, and after one that failed.
        if any(verified == _parsed((offer.server,)) for offer in offers):
            return None
        headers = (("Security-Server", offers[-1].server),) if offers else ()
        return Reply(494, "Security Agreement Required", headers=headers)

    def challenge(self, request: Request, source: Peer, vector: Vector | None) -> list[Header]:
        """Security-Server for the challenge to a UE that offers ipsec-3gpp; none for others."""
        # RFC 3329 §2.3.2: behind another proxy we are not the first hop.
        if not self.is_on or vector is None or len(request.vias) > 1:
            return []
        found = self._choose(request, source.host)
        if found is None:
            return []
        chosen, end = found
        offer = self._offer(end, chosen, source)
        user = self._user(request)
        self._offers.setdefault(user, deque(maxlen=MAX_OFFERS)).append(offer)
        self._offers.move_to_end(user)
        while len(self._offers) > self._site.limits.users:
            self._offers.popitem(last=False)
        commands = xfrm_commands(offer.ue, offer.proxy, chosen, vector.ck, vector.ik)
        for observer in tuple(self.observers):
            observer(user, commands)
        return [("Security-Server", offer.server)]

    def _choose(self, request: Request, host: str) -> tuple[Algorithms, End] | None:
        """The first pair of algorithms that both sides have, by our order; with the UE's side."""
        offered: dict[Algorithms, End] = {}
        for name, params in _lists(request, "Security-Client"):
            end = _end(host, params) if name == MECHANISM else None
            if end is not None:
                alg, ealg = params.get("alg") or "", params.get("ealg") or "null"
                offered.setdefault(Algorithms(alg.lower(), ealg.lower()), end)
        wanted = self._site.profile.network.ipsec_encryption
        encryptions = ENCRYPTIONS if wanted == "any" else (wanted,)
        return next(
            (
                (pair, offered[pair])
                for ealg in encryptions
                for alg in reversed(ALGORITHMS)
                if (pair := Algorithms(alg, ealg)) in offered
            ),
            None,
        )

    def _offer(self, ue: End, chosen: Algorithms, source: Peer) -> _Offer:
        network = self._site.profile.network
        listener = self._site.listener(source)
        numbers = hashlib.sha256(self._site.new_id().encode()).digest()
        # SPIs below 256 are reserved (RFC 4303 §2.1); the two of a side differ.
        spi_c = int.from_bytes(numbers[:4], "big") | 0x1000
        # TS 33.203 §7: they differ from those that the UE chose, too.
        while {spi_c, spi_c ^ 1} & {ue.spi_c, ue.spi_s}:
            spi_c ^= 0x10
        spi_s = spi_c ^ 1
        proxy = End(
            host=listener.host,
            spi_c=spi_c,
            spi_s=spi_s,
            port_c=network.protected_client_port or listener.port,
            port_s=network.protected_server_port or listener.port,
        )
        server = (
            f"{MECHANISM};q=0.5;alg={chosen.alg};ealg={chosen.ealg};prot=esp;mod=trans"
            f";spi-c={proxy.spi_c};spi-s={proxy.spi_s}"
            f";port-c={proxy.port_c};port-s={proxy.port_s}"
        )
        return _Offer(ue, proxy, chosen, server)

    def _user(self, request: Request) -> str:
        named = request.to if request.method == "REGISTER" else request.from_
        return self._site.identity(named.uri) if named is not None else ""


def _lists(request: Request, field: str) -> list[tuple[str, Parameters]]:
    return _parsed(request.headers.values(field))


def _parsed(values: tuple[str, ...]) -> list[tuple[str, Parameters]]:
    found = []
    for value in values:
        name, _, rest = value.partition(";")
        found.append((name.strip().lower(), Parameters.parse(rest)))
    return found


def _end(host: str, params: Parameters) -> End | None:
    """The UE's side of an offer, None where a number is missing or no number."""
    texts = [params.get(name) or "" for name in ("spi-c", "spi-s", "port-c", "port-s")]
    if not all(text.isascii() and text.isdecimal() and len(text) <= 10 for text in texts):
        return None
    spi_c, spi_s, port_c, port_s = map(int, texts)
    if max(spi_c, spi_s) >= 1 << 32 or not 0 < min(port_c, port_s) <= max(port_c, port_s) < 1 << 16:
        return None
    return End(host, spi_c, spi_s, port_c, port_s)
