"""Cases of the checks of SUBSCRIBE, NOTIFY and PUBLISH: SUB, NOT, PUB."""

from __future__ import annotations

from tests.checks.conversation import (
    Case,
    Step,
    answer,
    net,
    notification,
    refresh,
    request,
    subscribed,
    ue,
)

LISTS = "application/pidf+xml, multipart/related, application/rlmi+xml"


def subscribe(**fields: object) -> bytes:
    return request(
        "SUBSCRIBE", fields={name.replace("_", "-"): value for name, value in fields.items()}
    )


def notify(**fields: object) -> Step:
    return net(
        notification(fields={name.replace("_", "-"): value for name, value in fields.items()})
    )


def refused(sent: bytes, status: int, **fields: object) -> list[Step]:
    return [
        ue(sent),
        net(answer(sent, status, fields={k.replace("_", "-"): v for k, v in fields.items()})),
    ]


ENDING = notification(fields={"Subscription-State": "terminated;reason=rejected"})
ENDED = [*subscribed(), net(ENDING), ue(answer(ENDING))]
BRIEF = request("SUBSCRIBE", branch="z9hG4bKbrief", fields={"Expires": 60})
BRIEFLY = refused(BRIEF, 423, Min_Expires=300)
REFRESH = refresh()

GRUU = "sip:alice@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
REGISTER = request("REGISTER", branch="z9hG4bKgruu")
GIVEN = f'<sip:alice@10.0.0.1:5060>;pub-gruu="{GRUU}";expires=3600'
GIVEN_A_GRUU = [ue(REGISTER), net(answer(REGISTER, fields={"Contact": GIVEN}))]

SUBSCRIBE_CASES = [
    Case("SUB-EVENT-1", [subscribe()], [subscribe(Event=["presence", "presence"])]),
    Case(
        "SUB-EVENT-2",
        [*subscribed(), refresh()],
        [*subscribed(), refresh(fields={"Event": "presence;id=2"})],
    ),
    Case(
        "SUB-GRUU-1",
        [*GIVEN_A_GRUU, subscribe(Contact=f"<{GRUU}>")],
        [*GIVEN_A_GRUU, subscribe()],
    ),
    Case("SUB-EXPIRES-1", [subscribe()], [subscribe(Expires=None)]),
    Case(
        "SUB-EXPIRES-2",
        [*subscribed(), ue(refresh(), after=3000)],
        [*subscribed(), ue(refresh(), after=3700)],
    ),
    Case(
        "SUB-EXPIRES-3",
        [*BRIEFLY, request("SUBSCRIBE", cseq=2, fields={"Expires": 300})],
        [*BRIEFLY, request("SUBSCRIBE", cseq=2, fields={"Expires": 120})],
    ),
    Case("SUB-ACCEPT-1", [subscribe()], [subscribe(Accept="application/cpim-pidf+xml")]),
    Case(
        "SUB-ACCEPT-2",
        [subscribe(Event="presence.winfo", Accept="application/watcherinfo+xml")],
        [subscribe(Event="presence.winfo", Accept="application/pidf+xml")],
    ),
    Case(
        "SUB-ACCEPT-3",
        [subscribe(Supported="eventlist", Accept=LISTS)],
        [subscribe(Supported="eventlist", Accept=None)],
    ),
    Case(
        "SUB-ACCEPT-4",
        [subscribe(Supported="eventlist", Accept=LISTS)],
        [subscribe(Supported="eventlist", Accept="application/pidf+xml, multipart/related")],
    ),
    Case(
        "SUB-EVENTLIST-1",
        [subscribe(Supported="eventlist", Accept=LISTS)],
        [subscribe(Require="eventlist", Accept=LISTS)],
    ),
    Case(
        "SUB-EVENTLIST-2",
        [request("PUBLISH")],
        [request("PUBLISH", fields={"Supported": "eventlist"})],
    ),
    Case(
        "SUB-TERMINATED-1",
        [*ENDED, ue(refresh(), after=0.5)],
        [*ENDED, ue(refresh(), after=60)],
    ),
    Case(
        "SUB-TERMINATED-2",
        [*subscribed(), *refused(REFRESH, 481), ue(refresh(3), after=0.2)],
        [*subscribed(), *refused(REFRESH, 481), ue(refresh(3), after=1)],
    ),
    Case(
        "SUB-REASON-1",
        [*subscribed(), request("SUBSCRIBE", call="other", tag="alice-2")],
        [*ENDED, request("SUBSCRIBE", call="other", tag="alice-2")],
    ),
]

OTHER = request("NOTIFY", sender="network", call="subscribe-call", tag="x", to_tag="alice-9")
FORK = request("NOTIFY", sender="network", call="subscribe-call", tag="carol-1", to_tag="alice-1")
ODD = notification(fields={"Event": "dialog"})
GOOD = notification()

NOTIFY_CASES = [
    Case("NOT-EVENT-1", [*subscribed(), notify()], [*subscribed(), notify(Event=None)]),
    Case("NOT-EVENT-2", [*subscribed(), notify()], [*subscribed(), notify(Event="Presence")]),
    Case("NOT-EVENT-3", [*subscribed(), notify()], [*subscribed(), notify(Event="presence;id=1")]),
    Case("NOT-STATE-1", [*subscribed()], [*subscribed(), notify(Subscription_State=None)]),
    Case("NOT-STATE-2", [*subscribed()], [*subscribed(), notify(Subscription_State="waiting")]),
    Case("NOT-STATE-3", [*subscribed()], [*subscribed(), notify(Subscription_State="active")]),
    Case(
        "NOT-STATE-4",
        [*subscribed(), notify(Subscription_State="terminated;reason=timeout")],
        [*subscribed(), notify(Subscription_State="terminated;reason=timeout;expires=0")],
    ),
    Case(
        "NOT-STATE-5",
        [*subscribed(), notify(Subscription_State="terminated;reason=timeout")],
        [*subscribed(), notify(Subscription_State="terminated")],
    ),
    Case(
        "NOT-TYPE-1",
        [
            *subscribed(),
            net(notification(body=b"x", fields={"Content-Type": "application/pidf+xml"})),
        ],
        [*subscribed(), net(notification(body=b"x", fields={"Content-Type": "text/plain"}))],
    ),
    Case(
        "NOT-EVENTLIST-1",
        [*subscribed(), notify(Require="eventlist")],
        [
            *subscribed(),
            notify(Content_Type='multipart/related;type="application/rlmi+xml";boundary=b'),
        ],
    ),
    Case(
        "NOT-ANSWER-1",
        [*subscribed(), net(GOOD), ue(answer(GOOD))],
        [*subscribed(), net(GOOD), ue(answer(GOOD, 481))],
    ),
    Case(
        "NOT-ANSWER-2",
        [*subscribed(), net(OTHER), ue(answer(OTHER, 481))],
        [*subscribed(), net(OTHER), ue(answer(OTHER))],
    ),
    Case(
        "NOT-ANSWER-3",
        [*subscribed(), net(ODD), ue(answer(ODD, 489))],
        [*subscribed(), net(ODD), ue(answer(ODD))],
    ),
    Case(
        "NOT-FORK-1",
        [*subscribed(), net(FORK), ue(answer(FORK, 481))],
        [*subscribed(), net(FORK), ue(answer(FORK))],
    ),
]


def publish(cseq: int = 1, **fields: object) -> bytes:
    body = b"" if fields.pop("empty", False) else None
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return request("PUBLISH", cseq=cseq, body=body, fields=named)


FIRST = publish()
PUBLISHED = [ue(FIRST), net(answer(FIRST))]
SECOND = publish(2, SIP_If_Match="etag-1", empty=True)
UPDATED = [*PUBLISHED, ue(SECOND), net(answer(SECOND, fields={"SIP-ETag": "etag-2"}))]
REMOVAL = publish(2, SIP_If_Match="etag-1", empty=True, Expires=0)
REMOVED = [*PUBLISHED, ue(REMOVAL), net(answer(REMOVAL))]
STALE = publish(SIP_If_Match="old")
SHORT = publish(Expires=60)
TOO_SHORT = refused(SHORT, 423, Min_Expires=300)

PUBLISH_CASES = [
    Case("PUB-EVENT-1", [publish()], [publish(Event=None)]),
    Case("PUB-BODY-1", [publish()], [publish(empty=True)]),
    Case("PUB-BODY-2", [*REMOVED], [publish(SIP_If_Match="x", Expires=0)]),
    Case("PUB-REMOVE-1", [*REMOVED], [publish(empty=True, Expires=0)]),
    Case("PUB-TAG-1", [*UPDATED], [publish(SIP_If_Match=["a", "b"])]),
    Case(
        "PUB-TAG-2",
        [*UPDATED, publish(3, SIP_If_Match="etag-2")],
        [*UPDATED, publish(3, SIP_If_Match="etag-1")],
    ),
    Case(
        "PUB-TAG-3",
        [*refused(STALE, 412), publish(2)],
        [*refused(STALE, 412), publish(2, SIP_If_Match="old")],
    ),
    Case(
        "PUB-TAG-4",
        [*REMOVED, publish(3)],
        [*REMOVED, publish(3, SIP_If_Match="etag-1")],
    ),
    Case("PUB-TAG-5", [*UPDATED], [*PUBLISHED, publish(2, SIP_If_Match="made-up")]),
    Case(
        "PUB-EXPIRES-1",
        [*PUBLISHED, ue(SECOND, after=3000)],
        [*PUBLISHED, ue(SECOND, after=3700)],
    ),
    Case(
        "PUB-EXPIRES-2",
        [*TOO_SHORT, publish(2, Expires=300)],
        [*TOO_SHORT, publish(2, Expires=120)],
    ),
    Case("PUB-INITIAL-1", [*UPDATED], [*PUBLISHED, publish(2)]),
    Case("PUB-OVERLAP-1", [*PUBLISHED, SECOND], [FIRST, publish(2)]),
    Case("PUB-CONTACT-1", [publish()], [publish(Contact="<sip:alice@10.0.0.1>")]),
]

CASES = [*SUBSCRIBE_CASES, *NOTIFY_CASES, *PUBLISH_CASES]
