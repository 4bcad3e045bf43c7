"""Cases of the checks of what a UAS adds to its response."""

from __future__ import annotations

from tests.checks.conversation import Case, Step, Value, answer, net, notification, request, ue

ASKED = request("OPTIONS", sender="network", tag="bob-1", branch="z9hG4bKfilled")
VIA = "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKfilled"
NOTIFY = notification(fields={"Record-Route": "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"})


def filled(params: str) -> list[Step]:
    return [net(ASKED), ue(answer(ASKED, fields={"Via": f"{VIA};{params}"}))]


def answered(**fields: Value) -> list[Step]:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return [net(NOTIFY), ue(answer(NOTIFY, fields=named))]


CASES = [
    Case(
        "RSP-RPORT-4",
        filled("rport=5060;received=10.0.0.9"),
        filled("rport=5070;received=10.0.0.9"),
    ),
    Case("RSP-RPORT-3", filled("rport"), filled("rport=5060")),
    Case(
        "RSP-ROUTE-1",
        answered(Record_Route="<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"),
        answered(Record_Route="<sip:p2.example.com;lr>, <sip:p1.example.com;lr>"),
    ),
    Case(
        "RSP-CONTACT-1",
        answered(Contact="<sip:alice@10.0.0.1>"),
        answered(Contact="<mailto:alice@example.com>"),
    ),
]
