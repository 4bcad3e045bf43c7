"""The security associations of an IMS UE with its P-CSCF, as `ip xfrm` commands.

TS 33.203 §7.1: four one-way associations, two pairs, over the protected client and server ports of
both sides. Nothing is applied here: that needs root, and is for the lab to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# TS 33.203 annex I: IK_ESP is IK for HMAC-MD5-96; for HMAC-SHA-1-96 it has 32 zero bits behind.
_AUTHENTICATION = {
    "hmac-md5-96": ("hmac(md5)", 0),
    "hmac-sha-1-96": ("hmac(sha1)", 4),
}
# The encryption key is CK itself for AES-CBC; for DES-EDE3-CBC its first half comes once more.
_ENCRYPTION = {"null": "cipher_null", "aes-cbc": "cbc(aes)", "des-ede3-cbc": "cbc(des3_ede)"}

ALGORITHMS = tuple(_AUTHENTICATION)
ENCRYPTIONS = tuple(_ENCRYPTION)


@dataclass(frozen=True, slots=True)
class End:
    """One side's address, protected ports and SPIs; `c` is its client port, `s` its server port."""

    host: str
    spi_c: int
    spi_s: int
    port_c: int
    port_s: int


@dataclass(frozen=True, slots=True)
class Algorithms:
    """What both sides agreed on, by the names of ipsec-3gpp."""

    alg: str
    ealg: str


def xfrm_commands(
    ue: End, proxy: End, algorithms: Algorithms, ck: bytes, ik: bytes
) -> tuple[str, ...]:
    """The commands that install states and policies at the P-CSCF's machine; they hold keys."""
    name, padding = _AUTHENTICATION[algorithms.alg]
    auth = f"auth-trunc '{name}' 0x{(ik + bytes(padding)).hex()} 96"
    key = {"null": b"", "aes-cbc": ck, "des-ede3-cbc": ck + ck[:8]}[algorithms.ealg]
    written = f"0x{key.hex()}" if key else "''"
    enc = f"enc '{_ENCRYPTION[algorithms.ealg]}' {written}"
    return tuple(
        command
        for flow in _flows(ue, proxy)
        for command in (_state(flow, auth, enc), _policy(flow, "udp"), _policy(flow, "tcp"))
    )


@dataclass(frozen=True, slots=True)
class _Flow:
    """One association: the receiver's SPI names it."""

    source: str
    source_port: int
    destination: str
    destination_port: int
    spi: int
    direction: str


def _flows(ue: End, proxy: End) -> Iterator[_Flow]:
    yield _Flow(ue.host, ue.port_c, proxy.host, proxy.port_s, proxy.spi_s, "in")
    yield _Flow(proxy.host, proxy.port_s, ue.host, ue.port_c, ue.spi_c, "out")
    yield _Flow(ue.host, ue.port_s, proxy.host, proxy.port_c, proxy.spi_c, "in")
    yield _Flow(proxy.host, proxy.port_c, ue.host, ue.port_s, ue.spi_s, "out")


def _state(flow: _Flow, auth: str, enc: str) -> str:
    return (
        f"ip xfrm state add src {flow.source} dst {flow.destination} proto esp "
        f"spi 0x{flow.spi:08x} mode transport {auth} {enc} "
        f"sel src {flow.source} dst {flow.destination} "
        f"sport {flow.source_port} dport {flow.destination_port}"
    )


def _policy(flow: _Flow, protocol: str) -> str:
    return (
        f"ip xfrm policy add src {flow.source} dst {flow.destination} proto {protocol} "
        f"sport {flow.source_port} dport {flow.destination_port} dir {flow.direction} "
        f"tmpl src {flow.source} dst {flow.destination} proto esp mode transport"
    )
