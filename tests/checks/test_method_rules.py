"""Rules across messages: what is legal though odd is blamed on no one; methods in another case."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.checks.judge import Judge
from harness.config import load_profile
from harness.trace import Trace
from tests.checks.cases_methods import CALLED, INVITE, same_call
from tests.checks.cases_register import accepted, register
from tests.checks.cases_sequences import ims_register
from tests.checks.conversation import (
    CONTACT,
    NETWORK,
    UE,
    Step,
    answer,
    judge,
    net,
    notification,
    over_tcp,
    refresh,
    request,
    subscribed,
    ue,
)

Steps = Sequence[Step | bytes]

ROUTES = "<sip:orig@10.0.0.9;lr>, <sip:term@10.0.0.9;lr;x=y>"
OTHER_ROUTES = "<sip:orig@10.0.0.9;lr>, <sip:term2@10.0.0.9;lr>"
V6_VIA = "SIP/2.0/UDP [2001:db8::9]:5060;branch=z9hG4bKv6;rport"


def routed(cseq: int = 1, routes: str = ROUTES, call: str | None = None) -> list[Step]:
    """An IMS UE registers and is given a Service-Route."""
    sent = ims_register(cseq) if call is None else ims_register(cseq, **{"Call-ID": call})
    return accepted(sent, **{"Service-Route": routes})


def flow(number: int, routes: str) -> list[Step]:
    """One of several flows of a UE (RFC 5626), with a Call-ID and a Service-Route of its own."""
    instance = '+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"'
    value = f"{CONTACT};+g.oma.sip-im;{instance};reg-id={number}"
    sent = ims_register(1, Contact=value, Supported="path, outbound", **{"Call-ID": f"f{number}"})
    return accepted(sent, **{"Service-Route": routes})


def publish(route: str | None, cseq: int = 1, **fields: object) -> bytes:
    return request("PUBLISH", cseq=cseq, fields={"Route": route, **fields})  # type: ignore[dict-item]


REFUSED = request("SUBSCRIBE", branch="z9hG4bKrefused")
REFUSAL = [ue(REFUSED), net(answer(REFUSED, 503, to_tag="server"))]
TURNED = "<sip:p2.example.com;lr>, <sip:p1.example.com;lr;ftag=x>"
FORWARD = "<sip:p1.example.com;lr;ftag=x>, <sip:p2.example.com;lr>"
DIALOG = subscribed(response={"Record-Route": TURNED}, notify={"Record-Route": FORWARD})
SECOND, THIRD = notification(2), notification(3)
LATE = [*subscribed(), net(THIRD), ue(answer(THIRD)), net(SECOND, after=40), ue(answer(SECOND))]
RETRIED = request("OPTIONS", sender="network", tag="bob-1", fields={"Via": V6_VIA})
RENEWED = ims_register(2)
DIGEST = (
    'Digest username="alice", realm="r", nonce="n", uri="sip:example.com", response="{}"'
).format("0" * 32)

LEGAL: dict[str, Steps] = {
    # GEN-TO-3: some servers give a refusal and a dialog one tag, and the capture lacks the dialog.
    "dialog-with-the-tag-of-a-refusal": [*REFUSAL, refresh(4, to_tag="server")],
    # GEN-ROUTE-3: the answer with another Service-Route crosses a request.
    "route-of-before-the-answer": [
        *routed(),
        ue(RENEWED, after=9),
        net(answer(RENEWED, fields={"Service-Route": OTHER_ROUTES}), after=3),
        ue(publish(ROUTES), after=0.1),
    ],
    "route-of-the-other-flow": [
        *flow(1, ROUTES),
        *flow(2, OTHER_ROUTES),
        ue(publish(ROUTES), after=9),
    ],
    "route-that-a-proxy-has-shortened": [
        *routed(),
        ue(
            publish(
                "<sip:term@10.0.0.9;lr;x=y>",
                Via=[
                    "SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKp",
                    "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKu",
                ],
            ),
            after=9,
        ),
    ],
    "route-in-another-spelling": [
        *routed(routes="<sip:orig@EXAMPLE.com;lr>"),
        ue(publish("<sip:orig@example.COM;lr;extra>"), after=9),
    ],
    # GEN-DIALOG-11: parameters in another order; a proxy took its own value off.
    "route-set-with-turned-parameters": [
        *DIALOG,
        refresh(fields={"Route": "<sip:p1.example.com;ftag=x;lr>, <sip:p2.example.com;lr>"}),
    ],
    # NOT-CSEQ-1: a repetition within 64*T1 of an IMS network (T1 of 2 s).
    "notification-repeated-after-40-s": LATE,
    # RSP-RPORT-1, RSP-DESTINATION-1, RSP-RECEIVED-2: IPv6 in Via, compact name of it.
    "answer-to-an-ipv6-via": [
        net(RETRIED),
        ue(
            answer(RETRIED, fields={"Via": f"{V6_VIA}=5060;received=10.0.0.9"}).replace(
                b"Via:", b"v :"
            )
        ),
    ],
    # AUTH-COMPLETE-1: parameters in another order and case, and the first REGISTER of the IMS.
    "credentials-in-another-order": [
        register(Authorization=DIGEST.replace("username", "USERNAME").replace("realm", "Realm")),
    ],
    "credentials-without-a-nonce": [
        register(
            Authorization='Digest username="a", realm="r", uri="sip:r", nonce="", response=""'
        ),
    ],
    # GEN-BRANCH-4: CANCEL and ACK have the branch of their INVITE.
    "cancelled-call": [*CALLED[:2], same_call("CANCEL")],
    "refused-call": [*CALLED, same_call("ACK")],
    # REG-CSEQ-1: the UE has started anew with another Call-ID and the same numbers.
    "restart": [*accepted(register(1, "boot-1")), *accepted(register(1, "boot-2"))],
}


@pytest.mark.parametrize("profile", ["ietf", "documented"])
@pytest.mark.parametrize("steps", LEGAL.values(), ids=LEGAL.keys())
def test_judge_blames_no_one_for_what_is_legal_though_odd(steps: Steps, profile: str) -> None:
    assert judge(list(steps), profile).must() == []


BROKEN: dict[str, tuple[Steps, str]] = {
    "tag-of-a-refusal": ([*REFUSAL, refresh(2, to_tag="server")], "GEN-TO-3"),
    "tag-of-a-publication": (
        [
            ue(FIRST := publish(None)),
            net(answer(FIRST, to_tag="server")),
            request("PUBLISH", cseq=7, to_tag="server", fields={"SIP-If-Match": "etag-1"}),
        ],
        "GEN-TO-3",
    ),
    "notification-of-long-ago": (
        [*LATE[:6], net(SECOND, after=140), ue(answer(SECOND))],
        "NOT-CSEQ-1",
    ),
    "notification-out-of-order-over-tcp": (
        over_tcp(
            [
                Step(each.sender, each.raw.replace(b"/UDP", b"/TCP"), each.after)
                for each in LATE
                if isinstance(each, Step)
            ]
        ),
        "NOT-CSEQ-1",
    ),
    "route-without-its-end": (
        [*routed(), ue(publish("<sip:orig@10.0.0.9;lr>"), after=9)],
        "GEN-ROUTE-3",
    ),
    "credentials-without-their-nonce": (
        [register(Authorization=DIGEST.replace('nonce="n", ', ""))],
        "AUTH-COMPLETE-1",
    ),
    "credentials-without-their-response": (
        [register(Authorization=DIGEST.partition(", response")[0])],
        "AUTH-COMPLETE-1",
    ),
    "branch-of-a-call": (
        [ue(INVITE), request("PUBLISH", branch="z9hG4bKinvite")],
        "GEN-BRANCH-4",
    ),
}


@pytest.mark.parametrize(("steps", "check"), BROKEN.values(), ids=BROKEN.keys())
def test_judge_still_finds_what_no_oddity_excuses(steps: Steps, check: str) -> None:
    assert check in judge(list(steps), "documented").must()


@pytest.mark.parametrize("method", ["register", "Register"])
def test_ue_that_registers_in_small_letters_is_found_and_told(method: str) -> None:
    sent = register().replace(b"REGISTER", method.encode())
    trace, referee = Trace(), Judge(load_profile("ietf"))

    judged = referee.feed(trace.append(sent, UE, NETWORK, 1.0))

    assert [each.check for each in judged[0].findings if each.level == "must"] == ["GEN-METHOD-1"]
