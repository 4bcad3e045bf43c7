"""Cases of the checks across messages: order, routes, consistency and identity."""

from __future__ import annotations

from harness.model import Transport
from tests.checks.cases_register import accepted, contact, register
from tests.checks.conversation import (
    AOR,
    Case,
    Step,
    answer,
    message,
    net,
    notification,
    over_tcp,
    refresh,
    request,
    subscribed,
    ue,
)

_IMS = "+g.oma.sip-im"
_DASHED = '+sip.instance="<urn:gsma:imei:35643205-905062-{}>"'
_ROUTES = "<sip:orig@10.0.0.9;lr>, <sip:term@10.0.0.9;lr;x=y>"
_TURNED = "<sip:term@10.0.0.9;lr;x=y>, <sip:orig@10.0.0.9;lr>"
_CHALLENGE = 'Digest realm="example.com", nonce="n1", algorithm=MD5'


def ims_register(cseq: int = 1, **fields: object) -> bytes:
    """A REGISTER that keeps what TS 24.229 asks of it."""
    given = {
        "Contact": contact(_IMS),
        "Supported": "path",
        "Expires": 600000,
        "User-Agent": "Phone/1.0",
    }
    return register(cseq, **{**given, **fields})


def sent(method: str, cseq: int = 1, /, **fields: object) -> bytes:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return request(method, cseq=cseq, fields=named)  # type: ignore[arg-type]  # as given


def refused(given: bytes, status: int) -> list[Step]:
    return [ue(given), net(answer(given, status))]


def digest(username: str | None = "alice", realm: str = "example.com") -> str:
    user = f'username="{username}", ' if username is not None else ""
    return (
        f'Digest {user}realm="{realm}", nonce="n1", uri="sip:example.com", '
        f'response="{"0" * 32}", algorithm=MD5'
    )


def get(*lines: str) -> Step:
    fields: dict[str, str | int | list[str] | None] = {"Host": "xcap.example.com"}
    fields |= dict(line.split(": ", 1) for line in lines)
    target = f"/resource-lists/users/{AOR}/index"
    return Step("ue", message(f"GET {target} HTTP/1.1", fields), transport=Transport.HTTP)


REGISTER = ims_register()
REGISTERED = accepted(REGISTER)
ROUTED = accepted(REGISTER, Service_Route=_ROUTES)
TOLD = accepted(REGISTER, P_Associated_URI=f"<{AOR}>, <tel:+123>")
LEAVING = ims_register(2, Expires=0)
FETCH = sent("SUBSCRIBE")
BYE = refresh(fields={"Expires": 0})
LAST = notification(fields={"Subscription-State": "terminated;reason=timeout"})
ENDED = [ue(BYE), net(answer(BYE)), net(LAST), ue(answer(LAST))]
SECOND, FIRST = notification(5), notification(4)
NEWER = [*subscribed(), net(SECOND), ue(answer(SECOND))]
ODD = notification(fields={"Event": "presence;id=5"})
ASKED = request("OPTIONS", sender="network", call="options-call", tag="carol-1")

_PROXIES = "<sip:p1@10.0.0.9;lr;t=1>, <sip:p2@10.0.0.9;lr>"
_RECORDED = subscribed(
    response={"Record-Route": "<sip:p2@10.0.0.9;lr>, <sip:p1@10.0.0.9;lr;t=1>"},
    notify={"Record-Route": _PROXIES},
)

LIFECYCLE_CASES = [
    Case("GEN-REGISTERED-1", [*REGISTERED, FETCH], [FETCH], "documented"),
    Case(
        "REG-IMS-9",
        [*REGISTERED, *subscribed(), *ENDED, LEAVING],
        [*REGISTERED, *subscribed(), LEAVING],
        "documented",
    ),
    Case(
        "GEN-RETRY-2",
        [*refused(FETCH, 404), sent("SUBSCRIBE", 2, Expires=60)],
        [*refused(FETCH, 404), sent("SUBSCRIBE", 2)],
    ),
    Case(
        "GEN-RETRY-3",
        [*refused(FETCH, 500), sent("SUBSCRIBE", 2)],
        [*refused(FETCH, 500), *refused(sent("SUBSCRIBE", 2), 500), sent("SUBSCRIBE", 3)],
    ),
    Case(
        "GEN-TO-3",
        [*refused(sent("PUBLISH"), 412), sent("PUBLISH", 2)],
        [*refused(sent("PUBLISH"), 412), request("PUBLISH", cseq=2, to_tag="bob-1")],
    ),
    Case(
        "RSP-FINAL-3",
        over_tcp([net(ASKED), ue(answer(ASKED))]),
        over_tcp([net(ASKED), ue(answer(ASKED)), ue(answer(ASKED, 500))]),
    ),
    Case(
        "NOT-ANSWER-5",
        [*subscribed(), net(SECOND), ue(answer(SECOND))],
        [*subscribed(), net(SECOND), ue(answer(SECOND, 202))],
    ),
    Case(
        "RSP-LATE-1",
        [net(ASKED), ue(answer(ASKED), after=1)],
        [net(ASKED), ue(answer(ASKED), after=20)],
    ),
    Case(
        "NOT-CSEQ-1",
        [*over_tcp(NEWER), *over_tcp([net(FIRST), ue(answer(FIRST, 500))])],
        [*over_tcp(NEWER), *over_tcp([net(FIRST), ue(answer(FIRST))])],
    ),
    Case(
        "NOT-CSEQ-2",
        [*NEWER, net(FIRST), ue(answer(FIRST, 500))],
        [*NEWER, net(FIRST), ue(answer(FIRST))],
    ),
    Case(
        "NOT-ANSWER-4",
        [*subscribed(), net(ODD), ue(answer(ODD, 481))],
        [*subscribed(), net(ODD), ue(answer(ODD))],
    ),
]

ROUTE_CASES = [
    Case(
        "GEN-ROUTE-3",
        [*ROUTED, sent("SUBSCRIBE", Route=f"<sip:10.0.0.9;lr>, {_ROUTES}")],
        [*ROUTED, sent("SUBSCRIBE", Route=_TURNED)],
        "documented",
    ),
    Case(
        "GEN-ROUTE-4",
        [*ROUTED, sent("SUBSCRIBE", Route=_ROUTES)],
        [*ROUTED, sent("SUBSCRIBE", Route="<sip:10.0.0.9;lr>")],
        "documented",
    ),
    Case(
        "GEN-DIALOG-11",
        [*_RECORDED, refresh(fields={"Route": _PROXIES})],
        [*_RECORDED, refresh(fields={"Route": _PROXIES.replace(";t=1", "")})],
    ),
]

WINFO = {"Event": "presence.winfo", "Accept": "application/watcherinfo+xml"}
WATCHING = subscribed(subscribe=WINFO, notify={"Event": "presence.winfo"})

IMEI = register(Contact=contact(_DASHED.format(0)))
CONSISTENCY_CASES = [
    Case(
        "OPT-FEATURES-1",
        [*REGISTERED, net(ASKED), ue(answer(ASKED, fields={"Contact": contact(_IMS)}))],
        [*REGISTERED, net(ASKED), ue(answer(ASKED, fields={"Contact": contact("+g.x")}))],
    ),
    Case("GEN-INSTANCE-1", [IMEI, FETCH], [sent("SUBSCRIBE", Contact=contact(_DASHED.format(0)))]),
    Case(
        "RSP-INSTANCE-1",
        [net(ASKED), ue(answer(ASKED))],
        [net(ASKED), ue(answer(ASKED, fields={"Contact": contact(_DASHED.format(0))}))],
    ),
    Case("REG-INSTANCE-5", [IMEI], [register(Contact=contact(_DASHED.format(7)))]),
    Case(
        "REG-INSTANCE-6",
        [ims_register(Contact=contact(_DASHED.format(0)))],
        [ims_register(Contact=contact(_DASHED.format(7)))],
        "documented",
    ),
    Case(
        "GEN-AGENT-1",
        [*REGISTERED, sent("SUBSCRIBE", User_Agent="Phone/1.0")],
        [*REGISTERED, sent("SUBSCRIBE", User_Agent="Other/1.0")],
    ),
    Case(
        "GEN-BRANCH-4",
        [request("REGISTER", branch="z9hG4bKone"), request("SUBSCRIBE", branch="z9hG4bKtwo")],
        [request("REGISTER", branch="z9hG4bKone"), request("SUBSCRIBE", branch="z9hG4bKone")],
    ),
    Case(
        "GEN-DIALOG-12",
        [*WATCHING, refresh(fields=WINFO)],
        [*WATCHING, refresh(fields=WINFO, to_tag="bob-9")],
    ),
    Case(
        "PUB-CSEQ-1",
        [*refused(sent("PUBLISH", 3), 500), sent("PUBLISH", 4)],
        [*refused(sent("PUBLISH", 3), 500), sent("PUBLISH", 2)],
    ),
    Case(
        "RSP-RPORT-1",
        [net(ASKED), ue(answer(ASKED))],
        [net(ASKED), ue(answer(ASKED).replace(b";rport", b""))],
    ),
]

OPAQUE = [
    ue(REGISTER),
    net(answer(REGISTER, 401, fields={"WWW-Authenticate": f'{_CHALLENGE}, opaque="o"'})),
]

IDENTITY_CASES = [
    Case(
        "GEN-IDENTITY-2",
        [*TOLD, FETCH],
        [*TOLD, sent("SUBSCRIBE", From="<sip:carol@example.com>;tag=1")],
        "documented",
    ),
    Case(
        "GEN-IDENTITY-3",
        [*TOLD, sent("SUBSCRIBE", P_Preferred_Identity="<tel:+123>")],
        [*TOLD, sent("SUBSCRIBE", P_Preferred_Identity="<sip:carol@example.com>")],
        "documented",
    ),
    Case("GEN-IDENTITY-4", [FETCH], [sent("SUBSCRIBE", P_Asserted_Identity=f"<{AOR}>")]),
    Case(
        "AUTH-COMPLETE-1",
        [register(Authorization=digest())],
        [register(Authorization=digest(None))],
    ),
    Case(
        "AUTH-USER-1",
        [register(Authorization=digest()), register(2, Authorization=digest())],
        [register(Authorization=digest()), register(2, Authorization=digest("bob"))],
    ),
    Case(
        "AUTH-FIELD-2",
        [
            ue(REGISTER),
            net(answer(REGISTER, 401, fields={"WWW-Authenticate": _CHALLENGE})),
            ims_register(2, Authorization=digest()),
        ],
        [
            ue(REGISTER),
            net(answer(REGISTER, 401, fields={"WWW-Authenticate": _CHALLENGE})),
            sent("SUBSCRIBE", Proxy_Authorization=digest()),
        ],
    ),
    Case(
        "AUTH-OPAQUE-2",
        [*OPAQUE, sent("SUBSCRIBE", Authorization=digest() + ', opaque="o"')],
        [*OPAQUE, sent("SUBSCRIBE", Authorization=digest())],
    ),
    Case(
        "XCAP-IDENTITY-2",
        [*TOLD, get(f'X-3GPP-Intended-Identity: "{AOR}"')],
        [*TOLD, get('X-3GPP-Intended-Identity: "sip:carol@example.com"')],
        "documented",
    ),
    Case(
        "XCAP-IDENTITY-3",
        [*TOLD, get(f'X-3GPP-Intended-Identity: "{AOR}"')],
        [*TOLD, get("Accept: */*")],
        "documented",
    ),
]

CASES = [*LIFECYCLE_CASES, *ROUTE_CASES, *CONSISTENCY_CASES, *IDENTITY_CASES]
