"""Cases of the checks of REGISTER and of credentials: REG, AUTH."""

from __future__ import annotations

from harness.config import load_profile
from harness.sip.digest import answer as answer_challenge
from harness.sip.digest import parse_challenge
from tests.checks.conversation import CONTACT, Case, Step, answer, net, request, ue

WITH_GRUU = load_profile("documented").model_copy(update={"pics": {"gruu": True}})
UUID = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"


def register(cseq: int = 1, call: str | None = None, /, **fields: object) -> bytes:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return request("REGISTER", cseq=cseq, call=call, fields=named)


def contact(*params: str) -> str:
    return ";".join([CONTACT, *params])


def accepted(sent: bytes, **fields: object) -> list[Step]:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return [ue(sent), net(answer(sent, fields=named))]


FIRST = register()
REGISTERED = accepted(FIRST)
INSTANCE = f'+sip.instance="<{UUID}>"'
OUTBOUND = {"Contact": contact(INSTANCE, "reg-id=1"), "Supported": "outbound, path"}
WITH_INSTANCE = register(Contact=contact(INSTANCE))
BRIEF = [ue(brief := register(Expires=60)), net(answer(brief, 423, fields={"Min-Expires": 300}))]
SIPS = "<sips:alice@example.com>"

REGISTER_CASES = [
    Case("REG-URI-1", [FIRST], [request("REGISTER", "sip:alice@example.com")]),
    Case("REG-TO-1", [FIRST], [register(To="<tel:+123>")]),
    Case("REG-FROM-1", [FIRST], [register(From="<sip:carol@example.com>;tag=1")]),
    Case("REG-STAR-1", [register(Contact="*", Expires=0)], [register(Contact="*")]),
    Case(
        "REG-STAR-2",
        [register(Contact="*", Expires=0)],
        [register(Contact=["*", "<sip:alice@10.0.0.1>"], Expires=0)],
    ),
    Case("REG-CSEQ-1", [*REGISTERED, register(2)], [*REGISTERED, register(1)]),
    Case("REG-CSEQ-2", [*REGISTERED, register(2)], [*REGISTERED, register(5)]),
    Case("REG-CALLID-1", [*REGISTERED, register(2)], [*REGISTERED, register(2, "another")]),
    Case(
        "REG-EXPIRES-1",
        [*REGISTERED, ue(register(2), after=3000)],
        [*REGISTERED, ue(register(2), after=3700)],
    ),
    Case(
        "REG-EXPIRES-2",
        [*BRIEF, register(2, Expires=300)],
        [*BRIEF, register(2, Expires=120)],
    ),
    Case("REG-ACTION-1", [FIRST], [register(Contact=contact("action=proxy"))]),
    Case(
        "REG-SIPS-1",
        [register(To=SIPS, From=f"{SIPS};tag=1", Contact="<sips:alice@10.0.0.1>")],
        [register(To=SIPS, From=f"{SIPS};tag=1")],
    ),
    Case(
        "REG-OUTBOUND-1",
        [register(**OUTBOUND)],
        [register(Contact=contact("reg-id=1"), Supported="outbound, path")],
    ),
    Case("REG-OUTBOUND-2", [register(**OUTBOUND)], [register(**{**OUTBOUND, "Supported": "path"})]),
    Case(
        "REG-OUTBOUND-3",
        [register(**OUTBOUND)],
        [register(**{**OUTBOUND, "Supported": "outbound"})],
    ),
    Case(
        "REG-OUTBOUND-4",
        [register(**OUTBOUND)],
        [register(**{**OUTBOUND, "Contact": contact(INSTANCE, "reg-id=0")})],
    ),
    Case(
        "REG-GRUU-1",
        [register(Contact=contact(INSTANCE), Supported="gruu")],
        [register(Contact=f"<sip:alice@example.com>;{INSTANCE}", Supported="gruu")],
    ),
    Case("REG-GRUU-2", [register(Supported="gruu, path")], [register()], profile=WITH_GRUU),
    Case(
        "REG-GRUU-3",
        [FIRST],
        [register(Contact=contact(INSTANCE, 'pub-gruu="sip:alice@example.com;gr=x"'))],
    ),
    Case(
        "REG-INSTANCE-1",
        [*accepted(WITH_INSTANCE), register(2, Contact=contact(INSTANCE))],
        [
            *accepted(WITH_INSTANCE),
            register(2, Contact=contact(INSTANCE.replace("f81d", "0000"))),
        ],
    ),
    Case("REG-INSTANCE-2", [WITH_INSTANCE], [register(Contact=contact('+sip.instance="<me>"'))]),
    Case(
        "REG-INSTANCE-3",
        [WITH_INSTANCE],
        [register(Contact=contact('+sip.instance="<urn:uuid:1234>"'))],
    ),
    Case(
        "REG-INSTANCE-4",
        [register(Contact=contact('+sip.instance="<urn:gsma:imei:90420156-025763-0>"'))],
        [register(Contact=contact('+sip.instance="<urn:gsma:imei:904201560257630>"'))],
    ),
    Case(
        "REG-CONTACT-1",
        [*accepted(WITH_INSTANCE), register(2, Contact=contact(INSTANCE))],
        [*accepted(WITH_INSTANCE), register(2)],
    ),
    Case("REG-OVERLAP-1", [*REGISTERED, register(2)], [FIRST, register(2)]),
    Case("REG-FIELDS-1", [FIRST], [register(Accept_Contact="*;video")]),
]

IMS = {
    "Contact": contact('+sip.instance="<urn:gsma:imei:90420156-025763-0>"', "+g.oma.sip-im"),
    "Supported": "path, gruu",
    "Expires": 600000,
}
ANNOUNCED = 'Digest username="a@b", realm="b", uri="{}", nonce="", response=""'


def ims(cseq: int = 1, /, **fields: object) -> bytes:
    return register(cseq, **{**IMS, **fields})


IMS_CASES = [
    Case(check, good, bad, WITH_GRUU)
    for check, good, bad in (
        ("REG-IMS-1", [ims()], [ims(From="<sip:carol@example.com>;tag=1")]),
        ("REG-IMS-2", [ims()], [ims(Supported="gruu")]),
        ("REG-IMS-3", [ims()], [ims(Expires=3600)]),
        ("REG-IMS-4", [ims()], [ims(Via="SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKims")]),
        ("REG-IMS-5", [ims()], [ims(Contact=contact("+g.oma.sip-im"))]),
        (
            "REG-IMS-6",
            [ims(Authorization=ANNOUNCED.format("sip:example.com"))],
            [ims(Authorization=ANNOUNCED.format("sip:other.com"))],
        ),
        (
            "REG-IMS-7",
            [ims(Authorization=ANNOUNCED.format("sip:example.com"))],
            [ims(Authorization='Digest username="a@b", uri="sip:example.com", nonce=""')],
        ),
        (
            "REG-IMS-8",
            [*accepted(ims()), ue(ims(2), after=599300)],
            [*accepted(ims()), ue(ims(2), after=660500)],
        ),
    )
]

CHALLENGE = 'Digest realm="r", nonce="n1", opaque="o", qop="auth", algorithm=MD5'
PLAIN = 'Digest realm="r", nonce="n1"'


def credentials(
    challenge: str = CHALLENGE, nc: int = 1, method: str = "SUBSCRIBE", **change: str
) -> str:
    """What answers `challenge`, with texts replaced: `n1="n2"` puts n2 for n1."""
    read = parse_challenge(challenge)
    assert read is not None
    made = answer_challenge(read, "X", "X", method, "sip:alice@example.com", b"", nc, "c")
    for old, new in change.items():
        made = made.replace(old, new)
    return made


def challenged(challenge: str = CHALLENGE, status: int = 401) -> list[Step]:
    asked = request("SUBSCRIBE", branch=f"z9hG4bK{status}{abs(hash(challenge))}")
    name = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}[status]
    return [ue(asked), net(answer(asked, status, fields={name: challenge}))]


def again(text: str | list[str] | None, cseq: int = 2, **change: str) -> bytes:
    fields = {"Authorization": text, **{k.replace("_", "-"): v for k, v in change.items()}}
    return request("SUBSCRIBE", cseq=cseq, fields=fields)


RIGHT = credentials()
ANSWERED = again(RIGHT)
ACCEPTED = [*challenged(), ue(ANSWERED), net(answer(ANSWERED))]
REFUSED = [
    *challenged(),
    ue(ANSWERED),
    net(answer(ANSWERED, 401, fields={"WWW-Authenticate": CHALLENGE.replace("n1", "n2")})),
]
GIVEN_NEXT = [
    *challenged(),
    ue(ANSWERED),
    net(answer(ANSWERED, fields={"Authentication-Info": 'nextnonce="n2"'})),
]

AUTH_CASES = [
    Case("AUTH-CSEQ-1", [*challenged(), ANSWERED], [*challenged(), again(RIGHT, 1)]),
    Case(
        "AUTH-FROM-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(RIGHT, From="<sip:alice@example.com>;tag=new")],
    ),
    Case("AUTH-ANSWER-1", [*challenged(), ANSWERED], [*challenged(), again(None)]),
    Case(
        "AUTH-FIELD-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(None, Proxy_Authorization=RIGHT)],
    ),
    Case(
        "AUTH-NONCE-1",
        [*REFUSED, again(credentials(CHALLENGE.replace("n1", "n2")), 3)],
        [*REFUSED, again(credentials(nc=2), 3)],
    ),
    Case(
        "AUTH-NONCE-2",
        [*challenged(), ANSWERED],
        [*challenged(), again(credentials(CHALLENGE.replace("n1", "other")))],
    ),
    Case(
        "AUTH-NEXTNONCE-1",
        [
            *GIVEN_NEXT,
            ue(again(credentials(CHALLENGE.replace("n1", "n2")), 3, Call_ID="next"), after=60),
        ],
        [*GIVEN_NEXT, ue(again(credentials(nc=2), 3), after=60)],
    ),
    Case(
        "AUTH-OPAQUE-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(RIGHT.replace('opaque="o"', 'opaque="p"'))],
    ),
    Case(
        "AUTH-ALGORITHM-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(credentials(CHALLENGE.replace("MD5", "SHA-256")))],
    ),
    Case("AUTH-QOP-1", [*challenged(), ANSWERED], [*challenged(), again(credentials(PLAIN))]),
    Case(
        "AUTH-QOP-2",
        [*challenged(), ANSWERED],
        [*challenged(), again(credentials(CHALLENGE.replace("auth", "auth-int")))],
    ),
    Case(
        "AUTH-CNONCE-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(RIGHT.replace(', cnonce="c"', ""))],
    ),
    Case(
        "AUTH-CNONCE-2",
        [*challenged(PLAIN), again(credentials(PLAIN))],
        [*challenged(PLAIN), again(credentials(PLAIN) + ', cnonce="c"')],
    ),
    Case(
        "AUTH-NC-1",
        [*ACCEPTED, again(credentials(nc=2), 3)],
        [*ACCEPTED, again(RIGHT, 3)],
    ),
    Case(
        "AUTH-NC-3",
        [*ACCEPTED, again(credentials(nc=2), Call_ID="other")],
        [*ACCEPTED, again(RIGHT, Call_ID="other")],
    ),
    Case("AUTH-NC-2", [*challenged(), ANSWERED], [*challenged(), again(credentials(nc=5))]),
    Case(
        "AUTH-RESPONSE-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(credentials(method="PUBLISH"))],
    ),
    Case(
        "AUTH-URI-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(RIGHT.replace("sip:alice@", "sip:bob@"))],
    ),
    Case(
        "AUTH-QUOTE-1",
        [*challenged(), ANSWERED],
        [*challenged(), again(RIGHT.replace("algorithm=MD5", 'algorithm="MD5"'))],
    ),
    Case("AUTH-BASIC-1", [*challenged(), ANSWERED], [again("Basic WDpY")]),
    Case(
        "AUTH-ROWS-1",
        [again([RIGHT, RIGHT.replace("X", "Y")])],
        [again(f"{RIGHT}, {RIGHT}")],
    ),
]

CASES = [*REGISTER_CASES, *IMS_CASES, *AUTH_CASES]
