"""Cases of the rules of single methods and extension fields, on the side of the UE."""

from __future__ import annotations

from dataclasses import replace

from tests.checks.cases_register import INSTANCE, REGISTERED, accepted, contact, register
from tests.checks.conversation import (
    CONTACT,
    UE,
    Case,
    Step,
    Value,
    answer,
    net,
    notification,
    over_tcp,
    refresh,
    request,
    subscribed,
    ue,
)

VIA = "SIP/2.0/UDP {};branch=z9hG4bKmethods;rport"
NAMED = VIA.format("proxy.example.com:5060")
OTHER_HOST = VIA.format("10.9.9.9:5060")
GRUU = "sip:alice@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
BOB = {"To": "<sip:bob@example.com>", "From": "<sip:bob@example.com>;tag=b"}
CREDENTIALS = f'realm="r", nonce="n", uri="sip:b", response="{"0" * 32}"'
INVITE_FIELDS: dict[str, Value] = {
    "Contact": CONTACT,
    "Allow": "INVITE, ACK, CANCEL",
    "Supported": "100rel",
}


def asked(method: str = "OPTIONS", /, **fields: object) -> bytes:
    """A request of the network."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return request(method, sender="network", tag="bob-1", fields=named)  # type: ignore[arg-type]


def answered(given: bytes, status: int = 200, /, **fields: object) -> list[Step]:
    """The UE answers the network."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return [net(given), ue(answer(given, status, fields=named))]  # type: ignore[arg-type]


def flow(cseq: int, number: int) -> bytes:
    """A REGISTER for a flow (RFC 5626)."""
    value = contact(INSTANCE, f"reg-id={number}")
    return register(cseq, Contact=value, Supported="outbound, path")


def sent(method: str, /, **fields: object) -> list[Step | bytes]:
    """A request of the UE."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return [request(method, fields=named)]  # type: ignore[arg-type]


def watched(**fields: object) -> bytes:
    """Somebody subscribes at the UE."""
    usual = {"Contact": "<sip:bob@10.0.0.9>", "To": f"<sip:alice@{UE}>"}
    return asked("SUBSCRIBE", **{**usual, **fields})


WATCHED = watched()
OWN: dict[str, object] = {"Contact": f"<sip:alice@{UE}>", "Expires": 600}


def notified(expires: int) -> bytes:
    """The UE notifies a watcher in the dialog of `WATCHED`."""
    return request(
        "NOTIFY",
        "sip:bob@10.0.0.9",
        call="subscribe-call",
        tag="bob-1",
        to_tag="bob-1",
        fields={"Contact": CONTACT, "Subscription-State": f"active;expires={expires}"},
    )


INVITE = request("INVITE", branch="z9hG4bKinvite", fields=INVITE_FIELDS)
CALLED = [ue(INVITE), net(answer(INVITE, 100)), net(answer(INVITE, 486))]
ANSWERED = [*CALLED[:2], net(answer(INVITE, 200, fields={"Contact": "<sip:bob@10.0.0.9>"}))]


def same_call(method: str, cseq: int = 1, **fields: object) -> bytes:
    """A CANCEL or an ACK for `INVITE`."""
    named = {"CSeq": f"{cseq} {method}", **fields}
    return request(method, branch="z9hG4bKinvite", call="invite-call", fields=named)  # type: ignore[arg-type]


STRAY = request("SUBSCRIBE", branch="z9hG4bKsub")
OF_STRAY = request("CANCEL", branch="z9hG4bKsub", call="subscribe-call")
NEW_TARGET = notification(fields={"Contact": "<sip:new@10.0.0.9>"})
MOVED = [*subscribed(), net(NEW_TARGET), ue(answer(NEW_TARGET))]
STRICT = {"Record-Route": "<sip:p1.example.com>"}
STRICTLY = subscribed(response=dict(STRICT), notify=dict(STRICT))
WITH_GRUU = {"Contact": "<sip:server@example.com;gr=1>"}
AT_GRUU = subscribed(response=dict(WITH_GRUU), notify=dict(WITH_GRUU))
GRANTED = accepted(register(Supported="gruu"), Contact=f'{CONTACT};expires=3600;pub-gruu="{GRUU}"')
LEFT = register(2, Contact=CONTACT, Expires=0)
GONE = [*GRANTED, *accepted(LEFT, Contact=None)]
MESSAGE = request("MESSAGE", branch="z9hG4bKmessage")
TIMED = asked(Timestamp="54.2")
EARLY = asked()

UAS_CASES = [
    Case(
        "RSP-REQUIRE-1",
        answered(asked(Supported="timer"), Require="timer"),
        answered(asked(), Require="timer"),
    ),
    Case("RSP-421-1", answered(asked(), 421, Require="timer"), answered(asked(), 421)),
    Case(
        "RSP-MANDATORY-2",
        answered(asked("UPDATE", **OWN), Contact=f"<sip:alice@{UE}>"),
        answered(asked("UPDATE", **OWN)),
    ),
    Case(
        "RSP-MANDATORY-3",
        answered(asked("INVITE", **OWN), **{**INVITE_FIELDS, "Expires": None}),
        answered(asked("INVITE", **OWN), Contact=CONTACT),
    ),
    Case(
        "RSP-423-3",
        answered(WATCHED, 423, Min_Expires=60),
        answered(WATCHED, 423),
    ),
    Case("OPT-SUPPORT-1", answered(asked()), answered(asked(), 501)),
    Case("OPT-SUPPORT-2", answered(asked()), answered(asked(), 405, Allow="NOTIFY")),
    Case("RSP-FIELDS-4", answered(asked()), answered(asked(), Refer_To="<sip:bob@example.com>")),
    Case(
        "RSP-FIELDS-5",
        answered(asked(), 480, Retry_After=60),
        answered(asked(), 200, Retry_After=60),
    ),
    Case("GEN-FIELDS-3", sent("PUBLISH"), sent("PUBLISH", Service_Route="<sip:p.example.com;lr>")),
    Case("RSP-420-2", answered(asked(Require="timer")), answered(asked(Require="foo"))),
    Case(
        "RSP-RECEIVED-1",
        answered(asked(Via=NAMED), Via=f"{NAMED};received=10.0.0.9"),
        answered(asked(Via=NAMED)),
    ),
    Case(
        "RSP-RECEIVED-2",
        answered(asked(Via=OTHER_HOST), Via=f"{OTHER_HOST};received=10.0.0.9"),
        answered(asked(Via=OTHER_HOST)),
    ),
    Case(
        "RSP-RPORT-2",
        answered(asked(Via=VIA.format("10.0.0.9:5060")), Via=VIA.format("10.0.0.9:5060") + "=5060"),
        answered(asked(Via=VIA.format("10.0.0.9:5060"))),
    ),
    Case(
        "RSP-DESTINATION-1",
        answered(EARLY),
        [net(EARLY), replace(ue(answer(EARLY)), port=5099)],
    ),
    Case("GEN-ALLOW-3", answered(asked(), Allow="OPTIONS"), answered(asked(), Allow="NOTIFY")),
    Case(
        "RSP-202-1",
        subscribed(),
        [*subscribed(), *answered(notification(), 202)],
    ),
    Case("RSP-202-2", answered(WATCHED, **OWN), answered(WATCHED, 202, **OWN)),
    Case(
        "RSP-489-2",
        answered(WATCHED, 489, Allow_Events="presence"),
        answered(WATCHED, 489),
    ),
    Case(
        "RSP-PROVISIONAL-2",
        [*REGISTERED, net(EARLY, after=9), ue(answer(EARLY, 100), after=4)],
        [*REGISTERED, net(EARLY, after=9), ue(answer(EARLY, 100))],
    ),
    Case(
        "RSP-TIMESTAMP-1",
        answered(TIMED, 100, Timestamp="54.2 0.1"),
        answered(TIMED, 100),
    ),
    Case(
        "RSP-MESSAGE-1",
        answered(asked("MESSAGE")),
        [net(MESSAGE_IN := asked("MESSAGE")), ue(answer(MESSAGE_IN, body=b"thanks"))],
    ),
    Case(
        "RSP-SUBSCRIBE-5",
        answered(watched(Contact="<sips:bob@10.0.0.9>"), **{**OWN, "Contact": "<sips:a@10.0.0.1>"}),
        answered(watched(Contact="<sips:bob@10.0.0.9>"), **OWN),
    ),
]

FIELD_CASES = [
    Case("GEN-PRIVACY-1", sent("PUBLISH", Privacy="none"), sent("PUBLISH", Privacy="none;id")),
    Case(
        "GEN-PRIVACY-2",
        sent("PUBLISH", Privacy="user;header;critical"),
        sent("PUBLISH", Privacy="user;id;user"),
    ),
    Case(
        "GEN-IDENTITY-6",
        sent("PUBLISH", P_Preferred_Identity=f"<sip:alice@{UE.host}>"),
        sent(
            "PUBLISH",
            P_Preferred_Identity=f"<sip:alice@{UE.host}>",
            P_Asserted_Identity=f"<sip:alice@{UE.host}>",
        ),
    ),
    Case(
        "GEN-IDENTITY-7",
        sent("PUBLISH", P_Asserted_Identity="<sip:a@example.com>, <tel:+123>"),
        sent("PUBLISH", P_Asserted_Identity="<sip:a@example.com>, <sip:b@example.com>"),
    ),
    Case("GEN-NETWORK-1", sent("PUBLISH"), sent("PUBLISH", P_Called_Party_ID="<sip:a@b>")),
    Case("GEN-NETWORK-2", sent("PUBLISH"), sent("PUBLISH", P_Visited_Network_ID="example")),
    Case(
        "GEN-KEEP-1",
        [*CALLED, same_call("ACK", Via=f"SIP/2.0/UDP {UE};branch=z9hG4bKinvite;keep")],
        [*ANSWERED, same_call("ACK", Via=f"SIP/2.0/UDP {UE};branch=z9hG4bKack;keep")],
    ),
    Case(
        "GEN-PREFERENCES-1",
        sent("OPTIONS", Accept_Contact="*;video;require;explicit"),
        sent("OPTIONS", Accept_Contact="*;video;require;require"),
    ),
    Case(
        "AUTH-USER-2",
        sent("PUBLISH", Authorization=f'Digest username="a", {CREDENTIALS}'),
        sent("PUBLISH", Authorization=f"Digest username=\"a\", username*=UTF-8''a, {CREDENTIALS}"),
    ),
    Case(
        "SUB-SUPPRESS-1",
        sent("SUBSCRIBE", Suppress_If_Match="a"),
        sent("SUBSCRIBE", Suppress_If_Match=["a", "b"]),
    ),
    Case(
        "GEN-SESSIONTIMER-1",
        [request("INVITE", fields={**INVITE_FIELDS, "Session-Expires": 90})],
        [request("INVITE", fields={**INVITE_FIELDS, "Session-Expires": 89})],
    ),
    Case(
        "GEN-PRIORITY-1",
        sent("PUBLISH", Resource_Priority="dsn.flash, wps.3"),
        sent("PUBLISH", Resource_Priority="dsn.flash, dsn.routine"),
    ),
    Case("GEN-CHUNKED-1", sent("PUBLISH"), sent("PUBLISH", Transfer_Encoding="chunked")),
    Case(
        "REG-FEATURE-1",
        [register(Contact=contact('events="presence,presence.winfo"', 'extensions="pref"'))],
        [register(Contact=contact('events="x-mood"'))],
    ),
    Case(
        "REG-CONTACT-2",
        [
            *accepted(register(Contact=contact("+a"))),
            register(1, "b", **BOB, Contact=contact("+a")),
        ],
        [
            *accepted(register(Contact=contact("+a"))),
            register(1, "b", **BOB, Contact=contact("+b")),
        ],
    ),
    Case(
        "REG-OUTBOUND-5",
        [*accepted(flow(1, 1)), flow(2, 1)],
        [*accepted(flow(1, 1)), flow(2, 2)],
    ),
    Case("REG-GRUU-4", [register()], [register(Contact=f"<{GRUU}>")]),
    Case(
        "SUB-GRUU-2",
        [*GRANTED, *sent("SUBSCRIBE", Contact=f"<{GRUU}>")],
        [*GRANTED, *sent("SUBSCRIBE", Contact=f"<{GRUU};transport=tcp>")],
    ),
    Case(
        "SUB-GRUU-3",
        [*GRANTED, *sent("SUBSCRIBE", Contact=f"<{GRUU}>")],
        [*GONE, ue(request("SUBSCRIBE", fields={"Contact": f"<{GRUU}>"}), after=9)],
    ),
]

METHOD_CASES = [
    Case(
        "GEN-METHOD-1",
        [register(), request("FOO")],
        [register(), request("Subscribe", fields={"Contact": CONTACT, "Event": "presence"})],
    ),
    Case(
        "GEN-CANCEL-1",
        [*CALLED[:2], same_call("CANCEL")],
        [*CALLED[:2], same_call("CANCEL", cseq=2)],
    ),
    Case(
        "GEN-CANCEL-2",
        [*CALLED[:2], same_call("CANCEL")],
        [*CALLED[:2], same_call("CANCEL", Require="timer")],
    ),
    Case("GEN-CANCEL-3", [*CALLED[:2], same_call("CANCEL")], [ue(STRAY), OF_STRAY]),
    Case("GEN-ACK-1", [*CALLED, same_call("ACK")], [*CALLED, same_call("ACK", cseq=2)]),
    Case(
        "GEN-TAG-1",
        [request("PUBLISH"), request("PUBLISH", cseq=2)],
        [request("PUBLISH"), request("PUBLISH", call="another")],
    ),
    Case(
        "GEN-MESSAGE-1",
        [ue(MESSAGE), net(answer(MESSAGE)), request("MESSAGE", cseq=2)],
        [ue(MESSAGE), request("MESSAGE", cseq=2)],
    ),
    Case(
        "GEN-MESSAGE-2",
        over_tcp([ue(request("MESSAGE").replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))]),
        over_tcp([ue(request("MESSAGE", fields={"X-Long": "x" * 1300}))]),
    ),
    Case(
        "GEN-DIALOG-13",
        [*MOVED, ue(refresh(uri="sip:new@10.0.0.9"), after=9)],
        [*MOVED, ue(refresh(), after=9)],
    ),
    Case(
        "GEN-DIALOG-14",
        [
            *STRICTLY,
            refresh(uri="sip:p1.example.com", fields={"Route": "<sip:server@10.0.0.9>"}),
        ],
        [*STRICTLY, refresh(fields={"Route": "<sip:p1.example.com>"})],
    ),
    Case(
        "SUB-REUSE-1",
        [*AT_GRUU, refresh(uri="sip:server@example.com;gr=1")],
        [
            *AT_GRUU,
            refresh(
                uri="sip:server@example.com;gr=1",
                fields={"Event": "presence.winfo", "Accept": None},
            ),
        ],
    ),
    Case(
        "NOT-STATE-6",
        [*answered(WATCHED, **OWN), notified(600)],
        [*answered(WATCHED, **OWN), notified(900)],
    ),
]

CASES = [*UAS_CASES, *FIELD_CASES, *METHOD_CASES]
