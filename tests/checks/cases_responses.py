"""Cases of the checks of responses: RSP."""

from __future__ import annotations

from tests.checks.conversation import (
    UE,
    Case,
    Step,
    answer,
    net,
    request,
    ue,
)

ASKED = request("OPTIONS", sender="network", tag="bob-1", branch="z9hG4bKasked")
REGISTER = request("REGISTER", branch="z9hG4bKreg")
SUBSCRIBE = request("SUBSCRIBE", branch="z9hG4bKsub")
PUBLISH = request("PUBLISH", branch="z9hG4bKpub")
WATCH = request(
    "SUBSCRIBE",
    "sip:alice@10.0.0.1:5060",
    sender="network",
    tag="bob-1",
    fields={"Contact": "<sip:bob@10.0.0.9>", "Record-Route": "<sip:p1.example.com;lr>"},
)


def answered(status: int = 200, /, **fields: object) -> list[Step]:
    """The UE answers OPTIONS."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return [net(ASKED), ue(answer(ASKED, status, fields=named))]


def served(asked: bytes, status: int = 200, /, **fields: object) -> list[Step]:
    """The network answers the UE."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return [ue(asked), net(answer(asked, status, fields=named))]


VIA = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKasked"
STATUS_CASES = [
    Case(check, answered(status, **{name: value}), answered(status))
    for check, status, name, value in (
        ("RSP-405-1", 405, "Allow", "NOTIFY"),
        ("RSP-401-1", 401, "WWW_Authenticate", 'Digest realm="r", nonce="n"'),
        ("RSP-407-1", 407, "Proxy_Authenticate", 'Digest realm="r", nonce="n"'),
        ("RSP-415-1", 415, "Accept", "application/sdp"),
    )
]
REQUIRED = request("OPTIONS", sender="network", tag="bob-1", fields={"Require": "foo"})
UNANSWERED = [net(ASKED), ue(REGISTER, after=1), net(answer(REGISTER), after=40)]

CASES = [
    *STATUS_CASES,
    Case("RSP-MANDATORY-1", answered(), answered(Call_ID=None)),
    Case(
        "RSP-VIA-1",
        answered(Via=f"{VIA};received=10.0.0.9;rport=5060"),
        answered(Via="SIP/2.0/UDP 10.0.0.8:5060;branch=z9hG4bKasked"),
    ),
    Case("RSP-FROM-1", answered(), answered(From="<sip:alice@example.com>;tag=other")),
    Case("RSP-TO-1", answered(), answered(To="<sip:carol@example.com>;tag=bob-1")),
    Case("RSP-CALLID-1", answered(), answered(Call_ID="another")),
    Case("RSP-CSEQ-1", answered(), answered(CSeq="2 OPTIONS")),
    Case("RSP-TAG-1", answered(), answered(To="<sip:alice@example.com>")),
    Case(
        "RSP-TAG-2",
        [*answered(), answer(ASKED)],
        [net(ASKED), answer(ASKED, 180, to_tag="a"), answer(ASKED, to_tag="b")],
    ),
    Case("RSP-FINAL-1", [*answered(), answer(ASKED)], [*answered(), answer(ASKED, 500)]),
    Case(
        "RSP-FINAL-2",
        [*answered(), answer(ASKED)],
        [*answered(), answer(ASKED, fields={"Server": "x"})],
    ),
    Case("RSP-PROVISIONAL-1", answered(), answered(180)),
    Case(
        "RSP-420-1",
        [net(REQUIRED), ue(answer(REQUIRED, 420, fields={"Unsupported": "foo"}))],
        [net(REQUIRED), ue(answer(REQUIRED, 420))],
    ),
    Case("RSP-408-1", answered(), answered(408)),
    Case("RSP-423-1", served(REGISTER, 423, Min_Expires=60), served(REGISTER, 423)),
    Case("RSP-423-2", served(PUBLISH, 423, Min_Expires=60), served(PUBLISH, 423)),
    Case("RSP-489-1", served(PUBLISH, 489, Allow_Events="presence"), served(PUBLISH, 489)),
    Case(
        "RSP-REGISTER-1",
        served(REGISTER),
        served(REGISTER, Contact="<sip:alice@10.0.0.1:5060>"),
    ),
    Case("RSP-REGISTER-2", served(REGISTER), served(REGISTER, Contact=None)),
    Case("RSP-SUBSCRIBE-1", served(SUBSCRIBE), served(SUBSCRIBE, Expires=None)),
    Case("RSP-SUBSCRIBE-2", served(SUBSCRIBE, Expires=60), served(SUBSCRIBE, Expires=7200)),
    Case("RSP-SUBSCRIBE-3", served(SUBSCRIBE), served(SUBSCRIBE, Contact=None)),
    Case(
        "RSP-SUBSCRIBE-4",
        [
            net(WATCH),
            ue(
                answer(
                    WATCH,
                    fields={
                        "Record-Route": "<sip:p1.example.com;lr>",
                        "Contact": f"<sip:alice@{UE}>",
                    },
                )
            ),
        ],
        [net(WATCH), ue(answer(WATCH, fields={"Contact": f"<sip:alice@{UE}>"}))],
    ),
    Case("RSP-PUBLISH-1", served(PUBLISH), served(PUBLISH, SIP_ETag=None)),
    Case("RSP-PUBLISH-2", served(PUBLISH), served(PUBLISH, Expires=None)),
    Case("RSP-PUBLISH-3", served(PUBLISH), served(PUBLISH, Record_Route="<sip:p1.example.com;lr>")),
    Case("RSP-UNANSWERED-1", answered(), [*UNANSWERED, request("REGISTER", cseq=2)]),
    Case("RSP-FIELDS-1", answered(), answered(Max_Forwards=70)),
    Case("RSP-FIELDS-2", answered(), answered(Accept_Contact="*;video")),
    Case("RSP-FIELDS-3", answered(), answered(Expires=3600)),
    Case("RSP-EVENT-1", answered(), answered(Event="presence")),
    Case(
        "OPT-REQUIRE-1",
        [net(REQUIRED), ue(answer(REQUIRED, 420, fields={"Unsupported": "foo"}))],
        [net(REQUIRED), ue(answer(REQUIRED, 420, fields={"Unsupported": "bar"}))],
    ),
]
