"""Cases of the checks of every message: GEN."""

from __future__ import annotations

from tests.checks.conversation import (
    CONTACT,
    PIDF,
    UE,
    Case,
    answer,
    net,
    notification,
    over_tcp,
    refresh,
    request,
    subscribed,
    ue,
)

REGISTER = request("REGISTER", branch="z9hG4bKreg")
OPTIONS = request("OPTIONS", sender="network", tag="bob-1")
LARGE = PIDF.replace(b"<tuple", b" " * 1300 + b"<tuple")
ROUTES = "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"
ROUTED = subscribed(
    response={"Record-Route": "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>"},
    notify={"Record-Route": ROUTES},
)
SERVICE_ROUTE = [
    ue(REGISTER),
    net(answer(REGISTER, fields={"Service-Route": ROUTES})),
]


def register(**fields: object) -> bytes:
    return request(
        "REGISTER", fields={name.replace("_", "-"): value for name, value in fields.items()}
    )


def via(rest: str) -> str:
    return f"SIP/2.0/UDP {UE}{rest}"


CHALLENGED = request("SUBSCRIBE", branch="z9hG4bKchallenged")
CHALLENGE = [
    ue(CHALLENGED),
    net(answer(CHALLENGED, 401, fields={"WWW-Authenticate": 'Digest realm="r", nonce="n"'})),
]

BUSY = [ue(REGISTER), net(answer(REGISTER, 503, fields={"Retry-After": 30}))]
DENIED = request("SUBSCRIBE", branch="z9hG4bKdenied")
FORBIDDEN = [ue(DENIED), net(answer(DENIED, 403))]
CHANGING = {"Supported": "from-change"}
TO_BOB = {"To": "<sip:bob@example.com>", "Call-ID": "to-bob"}

CASES = [
    Case("GEN-SYNTAX-1", [REGISTER], [register(From="<sip:alice@example.com;tag=1")]),
    Case("GEN-VERSION-1", [REGISTER], [REGISTER.replace(b"SIP/2.0\r\n", b"sip/2.0\r\n", 1)]),
    Case("GEN-MANDATORY-1", [REGISTER], [register(Max_Forwards=None)]),
    Case("GEN-SINGLE-1", [REGISTER], [register(Expires=["3600", "60"])]),
    Case(
        "GEN-PARAM-1",
        [register(Contact=f"{CONTACT};expires=60")],
        [register(Contact=f"{CONTACT};expires=60;EXPIRES=70")],
    ),
    Case("GEN-CSEQ-1", [REGISTER], [register(CSeq="1 OPTIONS")]),
    Case(
        "GEN-CSEQ-2", [register(CSeq="2147483647 REGISTER")], [register(CSeq="2147483648 REGISTER")]
    ),
    Case("GEN-BRANCH-1", [REGISTER], [register(Via=via(";rport"))]),
    Case("GEN-BRANCH-2", [REGISTER], [register(Via=via(";branch=1234"))]),
    Case(
        "GEN-BRANCH-3",
        [REGISTER, REGISTER, request("REGISTER", cseq=2)],
        [REGISTER, request("REGISTER", cseq=2, branch="z9hG4bKreg")],
    ),
    Case(
        "GEN-RETRANSMIT-1",
        [REGISTER, REGISTER],
        [REGISTER, REGISTER.replace(b"Max-Forwards: 70", b"Max-Forwards: 69")],
    ),
    Case("GEN-FROM-1", [REGISTER], [register(From="<sip:alice@example.com>")]),
    Case(
        "GEN-VIA-1",
        over_tcp([ue(REGISTER.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))]),
        over_tcp([ue(REGISTER)]),
    ),
    Case(
        "GEN-VIA-2",
        [REGISTER],
        [register(Via=[via(";branch=z9hG4bKtwice"), via(";branch=z9hG4bKtwice")])],
    ),
    Case(
        "GEN-TIMER-1",
        [REGISTER, *(ue(REGISTER, after=wait) for wait in (0.5, 1, 2, 4, 4, 4))],
        [REGISTER, *(ue(REGISTER, after=wait) for wait in (0.5, 0.5, 0.5))],
    ),
    Case(
        "GEN-TIMER-2",
        [REGISTER, *(ue(REGISTER, after=4) for _ in range(7))],
        [REGISTER, *(ue(REGISTER, after=16) for _ in range(9))],
    ),
    Case(
        "GEN-TIMER-3",
        [REGISTER, ue(REGISTER, after=0.5), net(answer(REGISTER)), ue(REGISTER, after=0.5)],
        [REGISTER, net(answer(REGISTER)), ue(REGISTER, after=4)],
    ),
    Case(
        "GEN-LENGTH-3",
        [request("PUBLISH")],
        [request("PUBLISH", fields={"Content-Length": None})],
    ),
    Case(
        "GEN-EVENT-2",
        [request("SUBSCRIBE", fields={"Event": "presence.winfo", "Accept": None})],
        [request("SUBSCRIBE", fields={"Event": "xpresence"})],
    ),
    Case(
        "GEN-BRACKETS-1",
        [register(Contact="sip:alice@10.0.0.1;expires=60")],
        [register(Contact="sip:alice@10.0.0.1;transport=tcp")],
    ),
    Case("GEN-RPORT-1", [REGISTER], [register(Via=via(";branch=z9hG4bKa;rport=5060"))]),
    Case("GEN-MAXFORWARDS-1", [register(Max_Forwards=255)], [register(Max_Forwards=256)]),
    Case("GEN-MAXFORWARDS-2", [REGISTER], [register(Max_Forwards=10)]),
    Case("GEN-EXPIRES-1", [register(Expires=4294967295)], [register(Expires=4294967296)]),
    Case(
        "GEN-LENGTH-1",
        over_tcp([ue(REGISTER.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))]),
        over_tcp([ue(register(Content_Length=None))]),
    ),
    Case(
        "GEN-LENGTH-2",
        [request("PUBLISH"), request("PUBLISH", cseq=2, call="p2") + b"\r\n\r\n"],
        [request("PUBLISH", fields={"Content-Length": 10})],
    ),
    Case("GEN-TYPE-1", [request("PUBLISH")], [request("PUBLISH", fields={"Content-Type": None})]),
    Case(
        "GEN-SIZE-1",
        over_tcp([ue(request("PUBLISH", body=LARGE).replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))]),
        [request("PUBLISH", body=LARGE)],
    ),
    Case("GEN-TO-1", [REGISTER], [register(To="<sip:alice@example.com>;tag=x")]),
    Case(
        "GEN-TO-2",
        [*CHALLENGE, request("SUBSCRIBE", cseq=2)],
        [*CHALLENGE, request("SUBSCRIBE", cseq=2, to_tag="bob-1")],
    ),
    Case(
        "GEN-URI-1",
        [request("SUBSCRIBE", "sip:alice@EXAMPLE.com")],
        [request("SUBSCRIBE", "sip:bob@example.com")],
    ),
    Case(
        "GEN-URI-2",
        [request("OPTIONS", "sip:alice@example.com;transport=udp")],
        [request("OPTIONS", "sip:alice@example.com?Subject=x")],
    ),
    Case(
        "GEN-DIALOG-1",
        [*subscribed(), refresh(2), net(notification(2))],
        [*subscribed(), refresh(1)],
    ),
    Case("GEN-DIALOG-2", [*subscribed(), refresh(2)], [*subscribed(), refresh(7)]),
    Case(
        "GEN-DIALOG-3",
        [*ROUTED, refresh(fields={"Route": ROUTES})],
        [*ROUTED, refresh(fields={"Route": "<sip:p1.example.com;lr>"})],
    ),
    Case(
        "GEN-DIALOG-4",
        [*subscribed(), refresh()],
        [*subscribed(), refresh(fields={"Route": "<sip:p1.example.com;lr>"})],
    ),
    Case(
        "GEN-DIALOG-5",
        [*subscribed(), refresh()],
        [*subscribed(), refresh(uri="sip:x@example.com")],
    ),
    Case(
        "GEN-DIALOG-6",
        [*subscribed(), refresh()],
        [
            *subscribed(),
            refresh(fields={**CHANGING, "From": "<sip:other@example.com>;tag=alice-1"}),
        ],
    ),
    Case(
        "GEN-DIALOG-7",
        [*subscribed(), refresh()],
        [*subscribed(), refresh(fields={"Contact": None})],
    ),
    Case("GEN-DIALOG-8", [*subscribed(), refresh()], [*subscribed(), request("SUBSCRIBE", cseq=2)]),
    Case(
        "GEN-DIALOG-9",
        [*subscribed(), refresh()],
        [*subscribed(), refresh(tag="alice-2")],
    ),
    Case(
        "GEN-DIALOG-10",
        [*subscribed(), refresh()],
        [*subscribed(), refresh(to_tag="bob-2")],
    ),
    Case(
        "GEN-CALLID-3",
        [*subscribed(), refresh()],
        [*subscribed(), refresh(call="another")],
    ),
    Case(
        "GEN-RETRY-1",
        [*BUSY, ue(request("REGISTER", cseq=2), after=40)],
        [*BUSY, ue(request("REGISTER", cseq=2), after=5)],
    ),
    Case(
        "GEN-FORBIDDEN-1",
        [*FORBIDDEN, request("SUBSCRIBE", "sip:bob@example.com", fields=TO_BOB)],
        [*FORBIDDEN, request("SUBSCRIBE", call="again", tag="alice-2")],
    ),
    Case(
        "GEN-IDENTITY-1",
        [register(P_Preferred_Identity="<sip:alice@example.com>, <tel:+1>")],
        [register(P_Preferred_Identity="<sip:alice@example.com>, <sip:bob@example.com>")],
    ),
    Case(
        "GEN-CONTACT-1",
        [request("SUBSCRIBE")],
        [request("SUBSCRIBE", fields={"Contact": f"{CONTACT}, <sip:b@10.0.0.1>"})],
    ),
    Case(
        "GEN-CONTACT-2",
        [request("SUBSCRIBE", "sips:alice@example.com", fields={"Contact": "<sips:a@10.0.0.1>"})],
        [request("SUBSCRIBE", "sips:alice@example.com")],
    ),
    Case(
        "GEN-CALLID-1",
        [request("SUBSCRIBE", call="a"), request("PUBLISH", call="b")],
        [request("SUBSCRIBE", call="a"), request("PUBLISH", call="a")],
    ),
    Case(
        "GEN-CALLID-2",
        [*subscribed(), refresh(), request("SUBSCRIBE", call="another", tag="alice-2")],
        [
            *subscribed(),
            ue(again := refresh()),
            net(answer(again, 481)),
            request("SUBSCRIBE", cseq=3),
        ],
    ),
    Case(
        "GEN-ROUTE-1",
        [*SERVICE_ROUTE, request("PUBLISH", fields={"Route": ROUTES})],
        [
            *SERVICE_ROUTE,
            request("PUBLISH", fields={"Route": "<sip:p2.example.com;lr>,<sip:p1.example.com;lr>"}),
        ],
    ),
    Case(
        "GEN-ROUTE-2",
        [*SERVICE_ROUTE, request("PUBLISH", fields={"Route": ROUTES})],
        [*SERVICE_ROUTE, request("PUBLISH")],
        profile="documented",
    ),
    Case(
        "GEN-FEATURE-1",
        [
            register(
                Contact=CONTACT + ';methods="INVITE,BYE";+g.3gpp.icsi-ref="urn%3Aurn-7%3Ax";video'
            )
        ],
        [register(Contact=CONTACT + ';methods="INVITE BYE"')],
    ),
    Case(
        "GEN-FEATURE-2",
        [register(Contact=CONTACT + ';methods="INVITE,BYE";+g.x="<a, b>"')],
        [register(Contact=CONTACT + ';methods="INVITE, BYE"')],
    ),
    Case(
        "GEN-ALLOW-1",
        [register(Allow="INVITE, ACK, CANCEL, BYE")],
        [register(Allow="INVITE, CANCEL, BYE")],
    ),
    Case(
        "GEN-ALLOW-2",
        [request("SUBSCRIBE", fields={"Allow": "NOTIFY"})],
        [request("SUBSCRIBE", fields={"Allow": "OPTIONS"})],
    ),
    Case("GEN-FIELDS-1", [REGISTER], [register(Subject="x")]),
    Case("GEN-FIELDS-2", [REGISTER], [register(Min_Expires="60")]),
    Case("GEN-EVENT-1", [REGISTER], [register(Event="presence")]),
    Case("GEN-STATE-1", [REGISTER], [register(Subscription_State="active")]),
    Case("GEN-ETAG-1", [request("PUBLISH")], [request("SUBSCRIBE", fields={"SIP-If-Match": "x"})]),
    Case("GEN-OPTION-1", [register(Supported="path, gruu")], [register(Supported="x-mine")]),
    Case("OPT-ACCEPT-1", [request("OPTIONS")], [request("OPTIONS", fields={"Accept": None})]),
    *(
        Case(
            check,
            [net(OPTIONS), ue(answer(OPTIONS, fields={name: value}))],
            [net(OPTIONS), ue(answer(OPTIONS))],
        )
        for check, name, value in (
            ("OPT-ALLOW-1", "Allow", "OPTIONS"),
            ("OPT-ACCEPT-2", "Accept", "application/sdp"),
            ("OPT-ENCODING-1", "Accept-Encoding", "identity"),
            ("OPT-LANGUAGE-1", "Accept-Language", "en"),
            ("OPT-SUPPORTED-1", "Supported", ""),
        )
    ),
]
