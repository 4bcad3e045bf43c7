"""Cases of the checks of IMS UEs: security agreement, AKA over IPsec, and later requests."""

from __future__ import annotations

from tests.checks.cases_register import contact
from tests.checks.conversation import (
    AOR,
    CONTACT,
    Case,
    Step,
    Value,
    answer,
    net,
    request,
    ue,
)

_INSTANCE = '+sip.instance="<urn:gsma:imei:90420156-025763-0>"'
_AGREED = {"Require": "sec-agree", "Proxy-Require": "sec-agree"}
_CLIENT = "ipsec-3gpp;alg=hmac-sha-1-96;ealg=null;spi-c=11;spi-s=12;port-c=5070;port-s=5060"
_NEXT = _CLIENT.replace("spi-c=11;spi-s=12", "spi-c=21;spi-s=22")
_SERVER = (
    "ipsec-3gpp;q=0.5;alg=hmac-sha-1-96;prot=esp;mod=trans;ealg=null;"
    "spi-c=0000000091;spi-s=92;port-c=6001;port-s=6000"
)
# The same by RFC 3329 appendix A: other order, defaults left out, blanks.
_SERVER_REWRITTEN = (
    "ipsec-3gpp; alg=hmac-sha-1-96; spi-c=91; spi-s=92; port-c=6001; port-s=6000; q=0.50"
)
_ANNOUNCED = 'Digest username="a@b", realm="example.com", uri="sip:example.com", {}response=""'
_CHALLENGE: dict[str, Value] = {
    "WWW-Authenticate": 'Digest realm="example.com", nonce="n1", algorithm=AKAv1-MD5, qop="auth"',
    "Security-Server": _SERVER,
}


def credentials(nonce: str = "", nc: int = 1, algorithm: str = "AKAv1-MD5") -> str:
    if not nonce:
        return _ANNOUNCED.format('nonce="", ')
    return (
        f'Digest username="a@b", realm="example.com", nonce="{nonce}", uri="sip:example.com", '
        f'qop=auth, nc={nc:08x}, cnonce="c", response="{"0" * 32}", algorithm={algorithm}'
    )


def aka(cseq: int = 1, /, call: str = "register-call", **fields: Value) -> bytes:
    """A REGISTER that keeps what TS 24.229 §5.1.1.2 asks of it, before any challenge."""
    given: dict[str, Value] = {
        "Contact": contact(_INSTANCE, "+g.3gpp.smsip"),
        "Supported": "path, gruu",
        "Expires": 600000,
        "Authorization": credentials(),
        "Security-Client": _CLIENT,
        **_AGREED,
    }
    named: dict[str, Value] = {name.replace("_", "-"): value for name, value in fields.items()}
    return request("REGISTER", cseq=cseq, call=call, fields={**given, **named})


def answering(cseq: int = 2, /, call: str = "register-call", **fields: Value) -> bytes:
    """The REGISTER that answers the challenge, over the security associations."""
    given: dict[str, Value] = {"Authorization": credentials("n1"), "Security-Verify": _SERVER}
    return aka(cseq, call, **{**given, **fields})  # type: ignore[arg-type]  # as given


def challenged(given: bytes | None = None, algorithm: str = "AKAv1-MD5") -> list[Step]:
    asked = given or aka()
    fields = {name: str(each).replace("AKAv1-MD5", algorithm) for name, each in _CHALLENGE.items()}
    return [ue(asked), net(answer(asked, 401, fields={**fields}))]


def registered(identities: str = f"<{AOR}>", **fields: Value) -> list[Step]:
    """A registration that was challenged and accepted."""
    answered = answering(**fields)
    given: dict[str, Value] = {
        "Contact": f"{CONTACT};expires=600000",
        "P-Associated-URI": identities,
    }
    return [*challenged(), ue(answered), net(answer(answered, fields=given))]


def sent(method: str = "SUBSCRIBE", **fields: Value) -> bytes:
    """A request under the registration, with the security agreement in it."""
    given: dict[str, Value] = {**_AGREED, "Security-Verify": _SERVER}
    named: dict[str, Value] = {name.replace("_", "-"): value for name, value in fields.items()}
    return request(method, call=f"{method}-1", fields={**given, **named})


def watching(uri: str = AOR, **fields: Value) -> bytes:
    """A subscription to the own registration."""
    given: dict[str, Value] = {
        "Event": "reg",
        "Expires": 600000,
        "Accept": "application/reginfo+xml",
        **_AGREED,
        "Security-Verify": _SERVER,
    }
    named: dict[str, Value] = {name.replace("_", "-"): value for name, value in fields.items()}
    return request("SUBSCRIBE", uri, call="reg-1", fields={**given, **named})


_ELSEWHERE = "ipsec-3gpp;alg=hmac-sha-1-96;spi-c=11;spi-s=12;port-c=5070;port-s=5064"
_OTHERS = "<sip:+123@example.com>, <tel:+123>"
_RENEWAL: dict[str, Value] = {"Authorization": credentials("n1", 2), "Security-Client": _NEXT}
_CELL = "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101"
_SUBSCRIBED = sent(P_Access_Network_Info=_CELL)
_NOTIFIED = request("NOTIFY", sender="network", call="SUBSCRIBE-1", tag="bob-1", to_tag="alice-1")
_MOVING = [
    *registered(P_Access_Network_Info=_CELL),
    ue(_SUBSCRIBED),
    net(answer(_SUBSCRIBED)),
    net(_NOTIFIED),
]
_LEAVING = answering(3, **{**_RENEWAL, "Expires": 0})
_LEFT = [ue(_LEAVING), net(answer(_LEAVING))]

SECURITY_CASES = [
    Case("GEN-SECURITY-1", [aka()], [aka(Proxy_Require=None)]),
    Case(
        "GEN-SECURITY-2",
        [*challenged(), answering(Security_Verify=_SERVER_REWRITTEN)],
        [*challenged(), answering(Security_Verify=_SERVER.replace("spi-s=92", "spi-s=93"))],
    ),
    Case("GEN-SECURITY-4", [aka()], [aka(Security_Client=f"{_CLIENT};q=0.5")]),
    Case(
        "REG-INSTANCE-7",
        [aka()],
        [aka(Contact=contact(_INSTANCE.replace("-0>", "-0;svn=42>"), "+g.3gpp.smsip"))],
    ),
    Case(
        "GEN-SECURITY-3",
        [*registered(), sent()],
        [*registered(), request("SUBSCRIBE")],
        "documented",
    ),
]

IMS_CASES = [
    Case(check, good, bad, "documented")
    for check, good, bad in (
        ("REG-IMS-10", [aka()], [aka(Authorization=None)]),
        ("REG-IMS-11", [aka()], [aka(Authorization=credentials().replace("example", "other", 1))]),
        (
            "REG-IMS-12",
            [*challenged(), answering()],
            [*challenged(), answering(Security_Client=_NEXT)],
        ),
        (
            "REG-IMS-13",
            [*challenged(), answering()],
            [*challenged(), answering(1, call="another")],
        ),
        (
            "REG-IMS-14",
            [*challenged(), answering()],
            [*challenged(aka(Security_Client=_ELSEWHERE)), answering(Security_Client=_ELSEWHERE)],
        ),
        (
            "REG-IMS-15",
            [*challenged(), answering()],
            [*challenged(aka(Security_Client=_ELSEWHERE)), answering(Security_Client=_ELSEWHERE)],
        ),
        ("REG-IMS-16", [aka()], [aka(Security_Client=_CLIENT.replace(";spi-s=12", ""))]),
        (
            "REG-IMS-17",
            [*registered(), ue(answering(3, **_RENEWAL), after=599400)],
            [
                *registered(),
                ue(answering(3, **{**_RENEWAL, "Security-Client": _CLIENT}), after=599400),
            ],
        ),
        ("REG-IMS-18", [*challenged(), answering()], [aka(Contact=None)]),
        (
            "REG-IMS-19",
            [*registered(), ue(answering(3, **_RENEWAL), after=599400)],
            [
                *registered(),
                ue(answering(3, **{**_RENEWAL, "Security-Client": None}), after=599400),
            ],
        ),
        (
            "REG-IMS-20",
            [*challenged(), answering()],
            [*challenged(algorithm="MD5"), answering(Authorization=credentials("n1", 1, "MD5"))],
        ),
        (
            "SUB-IMS-1",
            [*registered(), watching()],
            [*registered(), watching("sip:carol@example.com")],
        ),
        ("SUB-IMS-2", [*registered(), watching()], [*registered(), watching(Expires=3600)]),
        ("SUB-IMS-3", [*registered(), watching()], [*registered(_OTHERS), watching()]),
        ("GEN-IDENTITY-5", [*registered(), sent()], [*registered(_OTHERS), sent()]),
        (
            "GEN-REGISTERED-2",
            [*registered(), *_LEFT, *challenged(aka(7, call="new"))],
            [*registered(), *_LEFT, ue(sent(), after=10)],
        ),
        (
            "GEN-ACCESS-1",
            [
                *registered(P_Access_Network_Info=_CELL),
                sent(P_Access_Network_Info="IEEE-802.11;i-wlan-node-id=00112233aabb"),
            ],
            [*registered(P_Access_Network_Info=_CELL), sent()],
        ),
        (
            "GEN-ACCESS-2",
            [*_MOVING, ue(answer(_NOTIFIED, fields={"P-Access-Network-Info": _CELL}))],
            [*_MOVING, ue(answer(_NOTIFIED))],
        ),
        (
            "GEN-PORT-1",
            [*registered(), sent()],
            [*registered(), sent(Contact="<sip:alice@10.0.0.1:5070>")],
        ),
    )
]

_LIST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>{}</list></resource-lists>'
)
_ENTRY = '<entry uri="sip:bob@example.com"/>'


def asking(content: str = _ENTRY, to_tag: str | None = None, **fields: Value) -> bytes:
    """A SUBSCRIBE with its list in it, as RFC 5367 has it."""
    given: dict[str, Value] = {
        "Require": "recipient-list-subscribe",
        "Supported": "eventlist",
        "Accept": "application/pidf+xml, application/rlmi+xml, multipart/related",
        "Content-Type": "application/resource-lists+xml",
        "Content-Disposition": "recipient-list",
    }
    named: dict[str, Value] = {name.replace("_", "-"): value for name, value in fields.items()}
    body = _LIST.format(content).encode()
    return request("SUBSCRIBE", to_tag=to_tag, body=body, fields={**given, **named})


_HOME = "ims.mnc001.mcc262.3gppnetwork.org"


def derived(imsi: str = "262010123456789", home: str = _HOME, user: str = "") -> bytes:
    """A REGISTER of a UE that makes its identities of an IMSI (TS 23.003 §13)."""
    own = f"<sip:{imsi}@{home}>"
    told = f'Digest username="{user or imsi}@{home}", realm="{home}", uri="sip:{home}", '
    raw = aka(From=f"{own};tag=1", To=own, Authorization=f'{told}nonce="", response=""')
    return raw.replace(b"REGISTER sip:example.com", f"REGISTER sip:{home}".encode())


_VERSIONED = contact(_INSTANCE.replace("-0>", "-0;vers=0>"), "+g.3gpp.smsip")

IDENTITY_CASES = [
    Case("REG-IMS-21", [aka()], [aka(Contact=_VERSIONED)], "documented"),
    Case(
        "REG-IMS-22",
        [derived()],
        [derived(home="ims.mnc01.mcc262.3gppnetwork.org")],
        "documented",
    ),
    Case("REG-IMS-23", [derived()], [derived(user="262010123456780")], "documented"),
]

LIST_CASES = [
    Case("SUB-LIST-1", [asking()], [asking(Require=None)]),
    Case("SUB-LIST-2", [asking()], [asking(Content_Disposition=None)]),
    Case("SUB-LIST-3", [asking()], [asking(Supported=None, Accept="application/pidf+xml")]),
    Case("SUB-LIST-4", [asking()], [asking(to_tag="bob-1")]),
    Case("SUB-LIST-5", [asking()], [asking(f"<list>{_ENTRY}</list>")]),
]

CASES = [*SECURITY_CASES, *IMS_CASES, *IDENTITY_CASES, *LIST_CASES]
