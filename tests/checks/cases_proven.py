"""Cases of the checks of what a capture proves."""

from __future__ import annotations

from tests.checks.cases_dialogs import PUBLISHED, publish
from tests.checks.conversation import (
    AOR,
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

REGISTER = request("REGISTER", branch="z9hG4bKproven")
AGAIN = request("REGISTER", cseq=2, branch="z9hG4bKproven-2")
REGISTERED = [ue(REGISTER), net(answer(REGISTER))]
OTHER = f"<{AOR.replace('alice', 'other')}>"
RENAMED = notification(fields={"From": f"{OTHER};tag=bob-1"})
TO_OTHER = refresh(fields={"To": f"{OTHER};tag=bob-1"})
WATCH = request("SUBSCRIBE", branch="z9hG4bKwatch")
_ASKED = 'Digest realm="example.com", nonce="n1", algorithm=MD5'
_SENT = (
    'Digest username="alice", realm="example.com", nonce="n1", uri="sip:example.com", '
    'response="0123456789abcdef0123456789abcdef", algorithm=MD5'
)


def repeated(*waits: float) -> list[Step]:
    return [ue(REGISTER), *(ue(REGISTER, after=wait) for wait in waits)]


def register(cseq: int, field: str) -> list[Step]:
    given = request("REGISTER", cseq=cseq, fields={field: _SENT})
    return [ue(given), net(answer(given))]


CHALLENGED = [
    ue(REGISTER),
    net(answer(REGISTER, 401, fields={"WWW-Authenticate": _ASKED})),
    *register(2, "Authorization"),
]

CASES = [
    Case(
        "GEN-PEER-1",
        [*subscribed(), net(RENAMED), ue(answer(RENAMED)), TO_OTHER],
        [*subscribed(), TO_OTHER],
    ),
    Case(
        "GEN-REPEAT-1",
        [ue(WATCH), ue(WATCH, after=0.5)],
        [ue(WATCH), ue(WATCH.replace(b"Expires: 3600", b"Expires: 1800"), after=0.5)],
    ),
    Case("GEN-REPEAT-2", repeated(0.5, 1, 2, 4, 4, 4, 4, 4), repeated(0.5, 0.5, 0.5, 0.5)),
    Case(
        "GEN-REPEAT-3",
        [*REGISTERED, ue(AGAIN), ue(REGISTER, after=0.5)],
        [*REGISTERED, ue(AGAIN), ue(REGISTER, after=3)],
    ),
    Case(
        "AUTH-FIELD-3",
        [*CHALLENGED, *register(3, "Authorization")],
        [*CHALLENGED, *register(3, "Proxy-Authorization")],
    ),
    Case(
        "GEN-EVENT-3",
        [request("SUBSCRIBE", fields={"Event": "dialog"})],
        [request("SUBSCRIBE", fields={"Event": "Dialog"})],
    ),
    Case(
        "PUB-TAG-6",
        [*PUBLISHED, publish(2, SIP_If_Match="etag-1", empty=True)],
        [*PUBLISHED, publish(2, SIP_If_Match="etag-1", empty=True, Event="dialog")],
    ),
    Case(
        "PUB-TYPE-1",
        [publish()],
        [publish(Content_Type="application/sdp")],
    ),
]
