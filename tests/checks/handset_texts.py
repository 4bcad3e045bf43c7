"""What an IMS phone and its network say: identities, tags, bodies, and messages as text."""

from __future__ import annotations

from tests.checks.bodies import a_tuple, pidf

HOME = "ims.mnc001.mcc001.3gppnetwork.org"
IMPI = f"001010123456789@{HOME}"
TEMPORARY = f"sip:001010123456789@{HOME}"
NUMBER = f"sip:+15550100@{HOME};user=phone"
INSTANCE = '+sip.instance="<urn:gsma:imei:35643205-905062-0>"'
CELL = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101"
ICSI = "urn%3Aurn-7%3A3gpp-service.ims.icsi."
IARI = "urn%3Aurn-7%3A3gpp-application.ims.iari."
GRUU = f"sip:+15550100@{HOME};gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
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

LARGEST = 1300
ALGORITHMS = ("hmac-md5-96", "hmac-sha-1-96")


def text(line: str, fields: list[Line], body: bytes) -> bytes:
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


def terse(raw: bytes) -> bytes:
    """The same message with compact names (RFC 3261 §7.3.3), and no blank after commas."""
    head, blank, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    named = [line.partition(": ") for line in lines]
    short = [f"{_COMPACT.get(name, name)}:{value}" for name, _, value in named]
    return "\r\n".join((first, *short)).encode() + blank + body


def mirrored(asked: bytes, tag: str) -> list[Line]:
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


def rlmi() -> bytes:
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
    joined = "".join(
        f"--b1\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <{cid}>\r\n"
        f'Content-Type: {media};charset="UTF-8"\r\n\r\n{content}\r\n'
        for media, cid, content in parts
    )
    return f"{joined}--b1--\r\n".encode()


def published() -> bytes:
    """The presence document: a tuple for each service."""
    content = "".join(
        a_tuple(f"t{number}", "open", more=_SERVICE.format(*pair))
        for number, pair in enumerate(PUBLISHED)
    )
    return pidf(content, entity=f"sip:+15550100@{HOME}")
