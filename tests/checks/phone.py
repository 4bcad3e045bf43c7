"""A phone of the IMS and its P-CSCF: addresses and ports, what is sent, and how it registers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from harness.model import Peer, Transport
from tests.checks.handset_texts import (
    ALGORITHMS,
    CELL,
    GRUU,
    HOME,
    IMPI,
    INSTANCE,
    LARGEST,
    NUMBER,
    ROUTE,
    TAGS,
    TEMPORARY,
    VOICE,
    Line,
    mirrored,
    terse,
    text,
)


@dataclass(frozen=True)
class Said:
    """One message of the day."""

    raw: bytes
    source: Peer
    destination: Peer
    after: float = 0.1


@dataclass
class Phone:
    """A phone and its P-CSCF: what they say, in order.

    `protocol` carries what is small enough; `aka` tells whether IPsec protects it, with ports of
    its own, and `offers` whether the phone asks for that; `is_terse` that it uses compact names;
    `repeats` that a renewal has the credentials of before as they were (TS 24.229 §5.1.1.4.2: "set
    to the last calculated response value"); `has_gruu` that the registrar gives it a GRUU, which it
    uses; `says_number` that it is a tel URI where it may be.
    """

    host: str = "2001:db8::1"
    proxy: str = "2001:db8::9"
    protocol: Transport = Transport.UDP
    aka: bool = True
    offers: bool = True
    is_terse: bool = False
    repeats: bool = False
    has_gruu: bool = False
    says_number: bool = False
    tells_cell: bool = True
    tags: str = TAGS
    extra: tuple[Line, ...] = ()
    contact_params: str = ""
    said: list[Said] = field(default_factory=list)
    _count: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _client_port: int = 40001

    # --- Addresses ------------------------------------------------------------------------------

    @staticmethod
    def _bracketed(host: str) -> str:
        return f"[{host}]" if ":" in host else host

    @property
    def _server_port(self) -> int:
        return 40002 if self.aka else 5060

    def _peers(self, is_protected: bool, transport: Transport) -> tuple[Peer, Peer]:
        is_apart = is_protected and self.aka
        own = Peer(self.host, self._client_port if is_apart else 5060, transport)
        return own, Peer(self.proxy, 6000 if is_apart else 5060, transport)

    def _carried(
        self, line: str, host: str, port: int, fields: list[Line], body: bytes, more: str = ""
    ) -> tuple[bytes, Transport]:
        """A request with its Via, over UDP only where it is small enough (RFC 3261 §18.1.1)."""
        branch = f"z9hG4bKh{next(self._count)}"
        for transport in dict.fromkeys((self.protocol, Transport.TCP)):
            via = (
                f"Via: SIP/2.0/{transport.value.upper()} {self._bracketed(host)}:{port};"
                f"branch={branch}{more}"
            )
            raw = text(f"{line} SIP/2.0", [via, "Max-Forwards: 70", *fields], body)
            if len(raw) <= LARGEST:
                break
        return raw, transport

    @property
    def contact(self) -> str:
        """The URI of the phone's Contact, with the port that it listens at."""
        return f"sip:+15550100@{self._bracketed(self.host)}:{self._server_port}"

    @property
    def reached(self) -> str:
        """The URI in the Contact of what is no REGISTER: the GRUU, if there is one."""
        return GRUU if self.has_gruu else self.contact

    @property
    def own(self) -> str:
        """The identity that it has in requests for others."""
        return "tel:+15550100" if self.says_number else NUMBER

    @property
    def proxy_uri(self) -> str:
        port = 6000 if self.aka else 5060
        return f"<sip:{self._bracketed(self.proxy)}:{port};lr>"

    # --- Sending --------------------------------------------------------------------------------

    def _asks(
        self,
        line: str,
        fields: list[Line],
        body: bytes = b"",
        *,
        is_protected: bool = True,
        after: float = 0.1,
    ) -> bytes:
        port = self._server_port if is_protected else 5060
        more = "" if is_protected else ";rport"
        raw, transport = self._carried(line, self.host, port, [*fields, *self.extra], body, more)
        said = terse(raw) if self.is_terse else raw
        self.said.append(Said(said, *self._peers(is_protected, transport), after))
        return raw

    def _is_answered(
        self, asked: bytes, status: int, fields: list[Line], body: bytes = b""
    ) -> None:
        """The network's answer: over UDP from its client port to the phone's server port."""
        source = self.said[-1].source
        destination = self.said[-1].destination
        raw = text(f"SIP/2.0 {status} Ok", [*mirrored(asked, "scscf-1"), *fields], body)
        if source.transport is Transport.UDP and self.aka and source.port != 5060:
            source = Peer(self.host, self._server_port)
            destination = Peer(self.proxy, 6001)
        self.said.append(Said(raw, destination, source))

    def _is_asked(self, line: str, fields: list[Line], body: bytes = b"") -> None:
        """A request of the network, and the phone's 200 with these tags in Contact."""
        port = 6001 if self.aka else 5060
        asked, transport = self._carried(line, self.proxy, port, fields, body)
        proxy = Peer(self.proxy, port, transport)
        own = Peer(self.host, self._server_port, transport)
        self.said.append(Said(asked, proxy, own))
        answer = [*mirrored(asked, "ue-9")]
        if line.startswith("OPTIONS"):
            answer += [
                f"Contact: <{self.reached}>;{self.tags}",
                "Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, NOTIFY, OPTIONS, UPDATE, PRACK, INFO",
                "Accept: application/sdp",
                "Accept-Encoding: identity",
                "Accept-Language: en",
                "Supported: path, gruu, timer, 100rel",
            ]
        if self.tells_cell:
            answer.append(f"P-Access-Network-Info: {CELL}")
        self.said.append(Said(text("SIP/2.0 200 OK", answer, b""), own, proxy))

    # --- The day --------------------------------------------------------------------------------

    def _security(self, spi: int) -> str:
        common = f"prot=esp;mod=trans;spi-c={spi};spi-s={spi + 1}"
        ports = f"port-c={self._client_port};port-s={self._server_port}"
        return ",".join(
            f"ipsec-3gpp;alg={alg};ealg={ealg};{common};{ports}"
            for alg in (("hmac-sha-1-96",) if self.tags == VOICE else ALGORITHMS)
            for ealg in (("null",) if self.tags == VOICE else ("null", "aes-cbc"))
        )

    _SERVER = (
        "ipsec-3gpp;q=0.5;alg=hmac-sha-1-96;prot=esp;mod=trans;ealg=aes-cbc;"
        "spi-c=98765;spi-s=98766;port-c=6001;port-s=6000"
    )

    def _register(
        self,
        cseq: int,
        credentials: str,
        spi: int,
        expires: int = 600000,
        *,
        is_protected: bool,
        verify: bool,
        after: float = 0.1,
    ) -> bytes:
        fields = [
            f"From: <{TEMPORARY}>;tag=reg{cseq}",
            f"To: <{TEMPORARY}>",
            "Call-ID: reg-1",
            f"CSeq: {cseq} REGISTER",
            f"Contact: <{self.contact}>;{self.tags};{INSTANCE}{self.contact_params};q=0.5",
            f"Expires: {expires}",
            f"Authorization: Digest {credentials}",
            "Supported: path, gruu, sec-agree" + (", outbound" if self.contact_params else ""),
            "Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, NOTIFY, OPTIONS, UPDATE, PRACK, INFO",
            "User-Agent: Vendor Phone-5/AP1A.240305 3gpp-gba",
        ]
        if self.offers:
            fields += [
                "Require: sec-agree",
                "Proxy-Require: sec-agree",
                f"Security-Client: {self._security(spi)}",
            ]
        if verify and self.aka:
            fields.append(f"Security-Verify: {self._SERVER}")
        if is_protected and self.tells_cell:
            fields.append(f"P-Access-Network-Info: {CELL}")
        return self._asks(f"REGISTER sip:{HOME}", fields, is_protected=is_protected, after=after)

    def _challenge(self, nonce: str) -> list[Line]:
        algorithm = "AKAv1-MD5" if self.offers else "MD5"
        fields = [
            (
                f'WWW-Authenticate: Digest realm="{HOME}",nonce="{nonce}",algorithm={algorithm},'
                'qop="auth"'
            )
        ]
        return [*fields, f"Security-Server: {self._SERVER}"] if self.aka else fields

    def _credentials(self, nonce: str, nc: int) -> str:
        if not nonce:
            return f'username="{IMPI}",realm="{HOME}",nonce="",uri="sip:{HOME}",response=""'
        algorithm = "AKAv1-MD5" if self.offers else "MD5"
        return (
            f'username="{IMPI}",realm="{HOME}",nonce="{nonce}",uri="sip:{HOME}",qop=auth,'
            f'nc={nc:08x},cnonce="0a4f113b",response="{nc:032x}",algorithm={algorithm}'
        )

    def _granted(self, asked: bytes, expires: int = 600000) -> None:
        known = (
            f"P-Associated-URI: <{NUMBER}>, <tel:+15550100>, <sip:+1555!.*!@{HOME}>",
            f"Service-Route: {ROUTE}",
        )
        contact = f"Contact: <{self.contact}>;{self.tags};{INSTANCE};expires={expires}"
        contact += f';pub-gruu="{GRUU}"' if self.has_gruu else ""
        self._is_answered(asked, 200, [contact, *known] if expires else [])

    def _presence_fields(self, cseq: int, method: str, call: str, tag: str = "") -> list[Line]:
        to = f"<{NUMBER}>" + (f";tag={tag}" if tag else "")
        fields = [
            f"Route: {self.proxy_uri}, {ROUTE}",
            f"From: <{NUMBER}>;tag={call}-1",
            f"To: {to}",
            f"Call-ID: {call}",
            f"CSeq: {cseq} {method}",
            f"P-Preferred-Identity: <{self.own}>",
        ]
        if self.tells_cell:
            fields.append(f"P-Access-Network-Info: {CELL}")
        if self.aka:
            fields += [
                "Require: sec-agree",
                "Proxy-Require: sec-agree",
                f"Security-Verify: {self._SERVER}",
            ]
        return fields

    def registers(self) -> Self:
        """The first registration: challenged, and answered over the new security associations."""
        first = self._register(1, self._credentials("", 0), 1111, is_protected=False, verify=False)
        self._is_answered(first, 401, self._challenge("bm9uY2UtMQ=="))
        second = self._register(
            2, self._credentials("bm9uY2UtMQ==", 1), 1111, is_protected=True, verify=True
        )
        self._granted(second)
        return self

    def refuses_a_challenge(self, failure: str) -> Self:
        """A challenge with a MAC or SQN that the card refuses, told so and made anew.

        `failure` is what the credentials say of it (RFC 3310 §3.4, TS 24.229 §5.1.1.5.3).
        """
        first = self._register(1, self._credentials("", 0), 1111, is_protected=False, verify=False)
        self._is_answered(first, 401, self._challenge("bm9uY2UtMA=="))
        told = (
            f'username="{IMPI}",realm="{HOME}",nonce="bm9uY2UtMA==",uri="sip:{HOME}",'
            f"{failure},algorithm=AKAv1-MD5"
        )
        second = self._register(2, told, 1121, is_protected=False, verify=False)
        self._is_answered(second, 401, self._challenge("bm9uY2UtMQ=="))
        third = self._register(
            3, self._credentials("bm9uY2UtMQ==", 1), 1121, is_protected=True, verify=True
        )
        self._granted(third)
        return self

    def registers_again(self) -> Self:
        """A renewal with the nonce of before, challenged anew; the ports of the client change."""
        old, self._client_port = self._client_port, 40011
        announced = self._register(
            3,
            self._credentials("bm9uY2UtMQ==", 1 if self.repeats else 2),
            2221,
            is_protected=True,
            verify=True,
            after=590000,
        )
        sent = self.said.pop()
        own = Peer(self.host, old if self.aka else 5060, sent.source.transport)
        self.said.append(Said(sent.raw, own, sent.destination, sent.after))
        self._is_answered(announced, 401, self._challenge("bm9uY2UtMg=="))
        answered = self._register(
            4, self._credentials("bm9uY2UtMg==", 1), 2221, is_protected=True, verify=True
        )
        self._granted(answered)
        return self

    def leaves(self) -> Self:
        """The registration ends."""
        last = self._register(
            5,
            self._credentials("bm9uY2UtMg==", 1 if self.repeats else 2),
            3331,
            0,
            is_protected=True,
            verify=True,
        )
        self._granted(last, 0)
        return self
