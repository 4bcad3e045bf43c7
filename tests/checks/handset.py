"""A day of an IMS phone as the field has them: AKA, IPsec ports, several identities, RCS presence.

Everything here is legal, and much of it is unlike the documented flow: the phone registers with the
temporary identity that its IMSI gives and uses its number afterwards, its ports change with the
security associations, and it asks for its contacts' presence anonymously, with a list in the
request.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.model import Peer, Transport
from tests.checks.bodies import a_tuple, pidf

HOME = "ims.mnc001.mcc001.3gppnetwork.org"
IMPI = f"001010123456789@{HOME}"
TEMPORARY = f"sip:001010123456789@{HOME}"
NUMBER = f"sip:+15550100@{HOME};user=phone"
INSTANCE = '+sip.instance="<urn:gsma:imei:35643205-905062-0>"'
CELL = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101"
ICSI = "urn%3Aurn-7%3A3gpp-service.ims.icsi."
IARI = "urn%3Aurn-7%3A3gpp-application.ims.iari."
ROUTE = f"<sip:orig@scscf.{HOME}:6060;lr>"

SERVICES = ("mmtel", "oma.cpm.msg", "oma.cpm.largemsg", "oma.cpm.deferred", "oma.cpm.session")
APPLICATIONS = ("rcse.im", "rcs.fthttp", "rcs.geopush", "rcse.dp", "rcs.chatbot", "rcs.chatbot.sa")
TAGS = (
    f'+g.3gpp.icsi-ref="{",".join(ICSI + each for each in SERVICES)}";'
    f'+g.3gpp.iari-ref="{",".join(IARI + each for each in APPLICATIONS)}";'
    '+g.gsma.rcs.botversion="#=1,#=2";+g.gsma.rcs.cpm.pager-large;video'
)
VOICE = f'+g.3gpp.icsi-ref="{ICSI}mmtel";+g.3gpp.smsip;audio'
"""The tags of a phone that only calls: its REGISTER is small enough for UDP."""

_SERVICE = (
    "<op:service-description><op:service-id>{}</op:service-id>"
    "<op:version>{}</op:version></op:service-description>"
)
_OF_SERVICE = "org.3gpp.urn:urn-7:3gpp-service.ims.icsi."
_OF_APPLICATION = "org.3gpp.urn:urn-7:3gpp-application.ims.iari."
PUBLISHED = (
    (f"{_OF_SERVICE}mmtel", "1.0"),
    ("org.openmobilealliance:ChatSession", "2.0"),
    ("org.openmobilealliance:File-Transfer-HTTP", "1.0"),
    ("org.openmobilealliance:StandaloneMsg", "2.0"),
    (f"{_OF_APPLICATION}rcse.dp", "1.0"),
    (f"{_OF_APPLICATION}rcs.geopush", "1.0"),
)
REGINFO = (
    '<?xml version="1.0"?><reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">'
    '<registration aor="{0}" id="a1" state="active"><contact id="c1" state="active" '
    'event="registered"><uri>sip:+15550100@[2001:db8::1]:40002</uri></contact></registration>'
    "</reginfo>"
)
WANTED = ("tel:+15550101", "sip:+15550102@" + HOME)
LIST = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>'
    + "".join(f'<entry uri="{each}"/>' for each in WANTED)
    + "</list></resource-lists>"
)

Line = str

_LARGEST = 1300
_ALGORITHMS = ("hmac-md5-96", "hmac-sha-1-96")


@dataclass(frozen=True)
class Said:
    """One message of the day."""

    raw: bytes
    source: Peer
    destination: Peer
    after: float = 0.1


@dataclass
class Handset:
    """A phone and its P-CSCF: what they say, in order.

    `protocol` carries what is small enough; `aka` tells whether IPsec protects it, with ports of
    its own, and `offers` whether the phone asks for that; `is_terse` that it uses compact names;
    `repeats` that a renewal has the credentials of before as they were (TS 24.229 §5.1.1.4.2: "set
    to the last calculated response value").
    """

    host: str = "2001:db8::1"
    proxy: str = "2001:db8::9"
    protocol: Transport = Transport.UDP
    aka: bool = True
    offers: bool = True
    is_terse: bool = False
    repeats: bool = False
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
            raw = _text(f"{line} SIP/2.0", [via, "Max-Forwards: 70", *fields], body)
            if len(raw) <= _LARGEST:
                break
        return raw, transport

    @property
    def contact(self) -> str:
        """The URI of the phone's Contact, with the port that it listens at."""
        return f"sip:+15550100@{self._bracketed(self.host)}:{self._server_port}"

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
        said = _terse(raw) if self.is_terse else raw
        self.said.append(Said(said, *self._peers(is_protected, transport), after))
        return raw

    def _is_answered(
        self, asked: bytes, status: int, fields: list[Line], body: bytes = b""
    ) -> None:
        """The network's answer: over UDP from its client port to the phone's server port."""
        source = self.said[-1].source
        destination = self.said[-1].destination
        raw = _text(f"SIP/2.0 {status} Ok", [*_mirrored(asked, "scscf-1"), *fields], body)
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
        answer = [*_mirrored(asked, "ue-9")]
        if line.startswith("OPTIONS"):
            answer += [
                f"Contact: <{self.contact}>;{self.tags}",
                "Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, NOTIFY, OPTIONS, UPDATE, PRACK, INFO",
                "Accept: application/sdp",
                "Accept-Encoding: identity",
                "Accept-Language: en",
                "Supported: path, gruu, timer, 100rel",
            ]
        if self.tells_cell:
            answer.append(f"P-Access-Network-Info: {CELL}")
        self.said.append(Said(_text("SIP/2.0 200 OK", answer, b""), own, proxy))

    # --- The day --------------------------------------------------------------------------------

    def _security(self, spi: int) -> str:
        common = f"prot=esp;mod=trans;spi-c={spi};spi-s={spi + 1}"
        ports = f"port-c={self._client_port};port-s={self._server_port}"
        return ",".join(
            f"ipsec-3gpp;alg={alg};ealg={ealg};{common};{ports}"
            for alg in (("hmac-sha-1-96",) if self.tags == VOICE else _ALGORITHMS)
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
        self._is_answered(asked, 200, [contact, *known] if expires else [])

    def _presence_fields(self, cseq: int, method: str, call: str, tag: str = "") -> list[Line]:
        to = f"<{NUMBER}>" + (f";tag={tag}" if tag else "")
        fields = [
            f"Route: {self.proxy_uri}, {ROUTE}",
            f"From: <{NUMBER}>;tag={call}-1",
            f"To: {to}",
            f"Call-ID: {call}",
            f"CSeq: {cseq} {method}",
            f"P-Preferred-Identity: <{NUMBER}>",
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

    def registers(self) -> Handset:
        """The first registration: challenged, and answered over the new security associations."""
        first = self._register(1, self._credentials("", 0), 1111, is_protected=False, verify=False)
        self._is_answered(first, 401, self._challenge("bm9uY2UtMQ=="))
        second = self._register(
            2, self._credentials("bm9uY2UtMQ==", 1), 1111, is_protected=True, verify=True
        )
        self._granted(second)
        return self

    def refuses_a_challenge(self, failure: str) -> Handset:
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

    def watches_its_registration(self) -> Handset:
        """SUBSCRIBE to the reg event package, in the name of the number."""
        asked = self._asks(
            f"SUBSCRIBE {NUMBER}",
            [
                *self._presence_fields(1, "SUBSCRIBE", "reg-event"),
                f"Contact: <{self.contact}>;{INSTANCE}",
                "Event: reg",
                "Expires: 600000",
                "Accept: application/reginfo+xml",
            ],
        )
        proxy = f"Contact: <sip:scscf.{HOME}:6060>"
        recorded = f"Record-Route: {self.proxy_uri}"
        self._is_answered(asked, 200, [proxy, "Expires: 600000", recorded])
        self._is_asked(
            f"NOTIFY {self.contact}",
            [
                recorded,
                f"From: <{NUMBER}>;tag=scscf-1",
                f"To: <{NUMBER}>;tag=reg-event-1",
                "Call-ID: reg-event",
                "CSeq: 1 NOTIFY",
                proxy,
                "Event: reg",
                "Subscription-State: active;expires=600000",
                "Content-Type: application/reginfo+xml",
            ],
            REGINFO.format(NUMBER).encode(),
        )
        return self

    def publishes(self) -> Handset:
        """PUBLISH of the services, refreshed once."""
        document = pidf(
            "".join(
                a_tuple(f"t{number}", "open", more=_SERVICE.format(*pair))
                for number, pair in enumerate(PUBLISHED)
            )
        ).replace(b"sip:alice@example.com", b"sip:+15550100@" + HOME.encode())
        about = ["Event: presence", "Expires: 3600"]
        first = self._asks(
            f"PUBLISH {NUMBER}",
            [
                *self._presence_fields(1, "PUBLISH", "pub-1"),
                *about,
                "Content-Type: application/pidf+xml",
            ],
            document,
        )
        self._is_answered(first, 200, ["SIP-ETag: e1", "Expires: 3600"])
        again = self._asks(
            f"PUBLISH {NUMBER}",
            [*self._presence_fields(2, "PUBLISH", "pub-1"), *about, "SIP-If-Match: e1"],
            after=3000,
        )
        self._is_answered(again, 200, ["SIP-ETag: e2", "Expires: 3600"])
        return self

    def asks_for_contacts(self) -> Handset:
        """An anonymous SUBSCRIBE with a list of contacts in it: answered once (RFC 5367)."""
        fields = [
            line
            for line in self._presence_fields(1, "SUBSCRIBE", "list-1")
            if not line.startswith(("From", "To", "Require"))
        ]
        required = "Require: recipient-list-subscribe" + (", sec-agree" if self.aka else "")
        asked = self._asks(
            f"SUBSCRIBE sip:rls@{HOME}",
            [
                *fields,
                'From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=list-1-1',
                f"To: <sip:rls@{HOME}>",
                required,
                f"Contact: <{self.contact}>;{self.tags}",
                "Privacy: id",
                "Event: presence",
                "Expires: 0",
                "Supported: eventlist",
                "Accept: application/pidf+xml, application/rlmi+xml, multipart/related",
                'Accept-Contact: *;+g.3gpp.iari-ref="' + IARI + 'rcse.dp"',
                "Content-Type: application/resource-lists+xml",
                "Content-Disposition: recipient-list",
            ],
            LIST.encode(),
        )
        rls = f"Contact: <sip:rls1.{HOME}>"
        self._is_answered(asked, 200, [rls, "Expires: 0", "Require: eventlist"])
        self._is_asked(
            f"NOTIFY {self.contact}",
            [
                f"From: <sip:rls@{HOME}>;tag=scscf-1",
                "To: <sip:anonymous@anonymous.invalid>;tag=list-1-1",
                "Call-ID: list-1",
                "CSeq: 1 NOTIFY",
                rls,
                "Event: presence",
                "Require: eventlist",
                "Subscription-State: terminated;reason=timeout",
                (
                    'Content-Type: multipart/related;type="application/rlmi+xml";start="<top@rls>";'
                    "boundary=b1"
                ),
            ],
            _rlmi(),
        )
        return self

    def exchanges_capabilities(self) -> Handset:
        """OPTIONS to a contact by its number, and from a contact."""
        fields = [
            line
            for line in self._presence_fields(1, "OPTIONS", "opt-1")
            if not line.startswith("To")
        ]
        asked = self._asks(
            "OPTIONS tel:+15550101",
            [
                *fields,
                "To: <tel:+15550101>",
                f"Contact: <{self.contact}>;{self.tags}",
                f"Accept-Contact: *;{self.tags}",
                "Accept: application/sdp",
            ],
        )
        self._is_answered(asked, 200, [f"Contact: <sip:+15550101@{HOME}>;{self.tags}"])
        self._is_asked(
            f"OPTIONS {self.contact}",
            [
                f"From: <sip:+15550101@{HOME};user=phone>;tag=c1",
                f"To: <{NUMBER}>",
                "Call-ID: opt-2",
                "CSeq: 1 OPTIONS",
                f"Contact: <sip:+15550101@{HOME}>;{self.tags}",
                "Accept: application/sdp",
                f"P-Asserted-Identity: <sip:+15550101@{HOME};user=phone>, <tel:+15550101>",
            ],
        )
        return self

    def registers_again(self) -> Handset:
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

    def leaves(self) -> Handset:
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


def whole_day(phone: Handset) -> list[Said]:
    """Everything that a phone does in a day."""
    phone.registers().watches_its_registration().publishes().asks_for_contacts()
    phone.exchanges_capabilities().registers_again().leaves()
    return phone.said


def _text(line: str, fields: list[Line], body: bytes) -> bytes:
    head = "\r\n".join((line, *fields, f"Content-Length: {len(body)}", "", ""))
    return head.encode() + body


_COMPACT = {
    "Accept-Contact": "a",
    "Call-ID": "i",
    "Contact": "m",
    "Content-Length": "l",
    "Content-Type": "c",
    "Event": "o",
    "From": "f",
    "Supported": "k",
    "To": "t",
    "Via": "v",
}


def _terse(raw: bytes) -> bytes:
    """The same message with compact names (RFC 3261 §7.3.3), and no blank after commas."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    named = [line.partition(": ") for line in lines]
    short = [f"{_COMPACT.get(name, name)}:{value}" for name, _, value in named]
    return "\r\n".join((first, *short)).encode() + blank + body


def _mirrored(asked: bytes, tag: str) -> list[Line]:
    lines = asked.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    kept = [
        line
        for line in lines
        if line.startswith(("Via", "From", "To", "Call-ID", "CSeq", "Record-Route"))
    ]
    return [
        f"{line};tag={tag}" if line.startswith("To:") and ";tag=" not in line else line
        for line in kept
    ]


def _rlmi() -> bytes:
    listed = "".join(
        f'<resource uri="{uri}"><instance id="i{number}" state="terminated" reason="timeout" '
        f'cid="c{number}@rls"/></resource>'
        for number, uri in enumerate(WANTED)
    )
    parts = [
        (
            "application/rlmi+xml",
            "top@rls",
            (
                '<?xml version="1.0"?><list xmlns="urn:ietf:params:xml:ns:rlmi" '
                f'uri="sip:rls@{HOME}" version="0" fullState="true">{listed}</list>'
            ),
        )
    ]
    for number, uri in enumerate(WANTED):
        document = pidf(a_tuple("t1", "open")).decode().replace("sip:alice@example.com", uri)
        parts.append(("application/pidf+xml", f"c{number}@rls", document))
    text = "".join(
        f"--b1\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>\r\n"
        f'Content-Type: {media};charset="UTF-8"\r\n\r\n{content}\r\n'
        for media, cid, content in parts
    )
    return f"{text}--b1--\r\n".encode()
