"""The nouns that every part of the harness shares: peers, clauses, findings, verdicts.

This module imports nothing of the harness and nothing from outside the standard library.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

Sender = Literal["ue", "network"]


class Transport(enum.StrEnum):
    """What carries a message; `HTTP` and `HTTPS` are XCAP's TCP and TLS."""

    UDP = "udp"
    TCP = "tcp"
    TLS = "tls"
    HTTP = "http"
    HTTPS = "https"

    @property
    def is_sip(self) -> bool:
        return self not in (Transport.HTTP, Transport.HTTPS)

    @property
    def is_reliable(self) -> bool:
        """Whether the transport retransmits by itself (RFC 3261 §17)."""
        return self is not Transport.UDP


@dataclass(frozen=True, slots=True)
class Peer:
    """One end of a message: IP address (IPv6 without brackets), port, transport."""

    host: str
    port: int
    transport: Transport = Transport.UDP

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes of one whole message that an endpoint wants sent.

    `source` names the local peer to send from; None lets the driver choose a listener of the
    destination's transport and address family. On a stream transport an open connection to
    `destination` is used again, otherwise one is opened. `closes` closes the open connection after
    the bytes, of which there may be none.
    """

    data: bytes
    destination: Peer
    source: Peer | None = None
    closes: bool = False


class Endpoint(Protocol):
    """Any party on the wire, without I/O: the network side, the reference UE, a test's peer.

    `now` is seconds on a monotonic clock of the driver's choosing.
    """

    def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
        """Take one whole message (a datagram, or what framing cut out of a stream)."""

    def tick(self, now: float) -> list[Send]:
        """Let the timers that are due by `now` fire."""

    def next_deadline(self) -> float | None:
        """When `tick` wants to be called next, or None."""

    def failed(self, send: Send, reason: str, now: float) -> list[Send]:
        """The transport could not deliver `send` (RFC 3261 §18.4)."""


class Level(enum.StrEnum):
    """How binding a clause is: a broken MUST fails a step, a broken SHOULD is a remark."""

    MUST = "must"
    SHOULD = "should"
    INFO = "info"


@enum.unique
class Verdict(enum.Enum):
    """The verdicts of ISO 9646 / TTCN-3, from best to worst; a verdict can only get worse."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    INCONC = "inconc"
    FAIL = "fail"
    ERROR = "error"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    def worst(self, other: Verdict) -> Verdict:
        return max(self, other, key=lambda verdict: verdict.rank)

    @staticmethod
    def worst_of(verdicts: Iterable[Verdict]) -> Verdict:
        return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.NONE)


_RANKS = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Family(enum.StrEnum):
    """Whose clause it is; a profile chooses the families that apply."""

    IETF = "ietf"
    THREEGPP = "3gpp"
    OMA = "oma"
    GSMA = "gsma"
    DOCUMENT = "document"  # an expected parameter of the documented flow, no standard's clause


@dataclass(frozen=True, slots=True)
class Clause:
    """A place in a specification: document ("RFC 3903", "TS 24.229") and section ("4.1")."""

    document: str
    section: str = ""

    def __str__(self) -> str:
        if not self.section:
            return self.document
        mark = "" if self.section[0].isalpha() and " " in self.section else "§"
        return f"{self.document} {mark}{self.section}"

    @staticmethod
    def parse(text: str) -> Clause:
        """Read "RFC 3903 §4.1"; text without a section sign is all document."""
        document, _, section = text.partition("§")
        return Clause(document.strip(), section.strip())

    @property
    def family(self) -> Family:
        if self.document.startswith(("RFC", "XML", "W3C")):
            return Family.IETF
        if self.document.startswith(("TS ", "3GPP")):
            return Family.THREEGPP
        if self.document.startswith("OMA"):
            return Family.OMA
        if self.document.startswith(("GSMA", "RCC", "RCS", "IR.")):
            return Family.GSMA
        return Family.DOCUMENT

    @property
    def url(self) -> str | None:
        """Where a reader finds an RFC's clause; None where no stable address is known."""
        match = re.fullmatch(r"RFC (\d+)", self.document)
        if match is None:
            return None
        url = f"https://www.rfc-editor.org/rfc/rfc{match[1]}"
        section = re.match(r"[\d.]*\d", self.section)
        return f"{url}#section-{section[0]}" if section else url


@dataclass(frozen=True, slots=True)
class Malformed:
    """A place in a message that could not be read.

    `offset` counts bytes from the start of the message, `where` names the field ("Via",
    "start-line", "body"), `expected` the ABNF production, `observed` what stands there.
    """

    offset: int
    where: str
    expected: str
    observed: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What a check saw: the two facts and where; `offset` counts bytes from the message's start.

    `clause` is set where it is another than that of the check: one check holds all grammar.
    """

    expected: str
    observed: str
    where: str
    offset: int | None = None
    hint: str = ""
    clause: Clause | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A mismatch with the check that saw it and the message that it was seen in.

    `entry` is the trace number of the message, `frame` the capture's frame that completes it
    (None on live traffic), `ue` the address of the UE whose traffic this is, `step` the flow
    step that the message belongs to ("3", "H1") or None.
    """

    check: str
    level: Level
    clause: Clause
    purpose: str
    sender: Sender
    ue: str
    entry: int
    expected: str
    observed: str
    where: str
    offset: int | None = None
    hint: str = ""
    step: str | None = None
    frame: int | None = None
