"""What else befalls a right UE: restarts, refusals, forks, late answers, calls, other accounts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import Transport
from tests.checks.conversation import (
    CONTACT,
    PIDF,
    Step,
    answer,
    judge,
    net,
    notification,
    refresh,
    request,
    subscribed,
    ue,
)
from tests.checks.test_legal_but_unusual import (
    MD5,
    Steps,
    asked,
    credentials,
    exchange,
    got,
    moved,
    sent,
)

LISTS = "application/pidf+xml, multipart/related, application/rlmi+xml"
REFRESHED: dict[str, object] = {"SIP_If_Match": "etag-1", "body": b""}
SERVER = "sip:server@10.0.0.9"


def answered(request_: bytes, status: int = 200, /, **fields: object) -> Steps:
    """A request of the network, and the UE's response."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return [net(request_), ue(answer(request_, status, fields=named))]  # type: ignore[arg-type]


def redirected(raw: bytes, to: str) -> bytes:
    """The request once more, to the target of a redirection (RFC 3261 §8.1.3.4)."""
    method, _, rest = moved(raw, f"to-{len(to)}").split(b" ", 2)
    return b" ".join([method, to.encode(), rest])


# --- Restarts and ends ----------------------------------------------------------------------------

LIFE: dict[str, Steps] = {
    "restart-with-new-identifiers": [
        *exchange(sent("REGISTER")),
        *exchange(sent("PUBLISH")),
        *exchange(sent("REGISTER", Call_ID="boot-2", tag="b2"), after=60),
        *exchange(sent("PUBLISH", Call_ID="boot-2p", tag="b2p")),
    ],
    "restart-with-a-stored-entity-tag": [
        *exchange(sent("PUBLISH")),
        *exchange(sent("PUBLISH", Call_ID="p2", tag="b", **REFRESHED), 412, after=60),
        *exchange(sent("PUBLISH", 2, Call_ID="p2", tag="b")),
    ],
    "registration-that-had-expired": [
        *exchange(sent("REGISTER", Expires=60)),
        *exchange(sent("REGISTER", 2, Expires=60), after=300),
        *exchange(sent("REGISTER", 1, Call_ID="x", Expires=60), after=3000),
    ],
    "subscription-that-had-expired": [
        *subscribed(),
        ue(LATE := refresh(2), 4000),
        got(LATE, 481),
        ue(sent("SUBSCRIBE", Call_ID="n2", tag="z")),
    ],
    "publication-that-had-expired": [
        *exchange(sent("PUBLISH", Expires=60)),
        *exchange(sent("PUBLISH", 2, **REFRESHED), 412, after=100),
        *exchange(sent("PUBLISH", 3)),
    ],
    "bindings-asked-for-and-swept": [
        *exchange(sent("REGISTER", Contact=None, Expires=None)),
        *exchange(sent("REGISTER", 2, Contact="*", Expires=0)),
        *exchange(sent("REGISTER", 3)),
    ],
    "another-address": [
        *exchange(sent("REGISTER")),
        *exchange(
            sent("REGISTER", 2, Contact=f"{CONTACT};expires=0, <sip:alice@198.51.100.7:1024>")
        ),
        *exchange(sent("REGISTER", 3, Contact="<sip:alice@198.51.100.7:1024>")),
    ],
}

# --- Refusals and redirections --------------------------------------------------------------------

ASKED = sent("SUBSCRIBE")
ALLOWED = sent("SUBSCRIBE", 2, Authorization=credentials(MD5))
FIRST_CONTACT, SECOND_CONTACT = "sip:x@a.example.com", "sip:alice@bb.example.com"

REFUSALS: dict[str, Steps] = {
    "interval-too-brief": [
        *exchange(sent("REGISTER", Expires=60), 423, Min_Expires=3600),
        *exchange(sent("REGISTER", 2)),
        *exchange(sent("SUBSCRIBE", Expires=60), 423, Min_Expires=3600),
        *exchange(sent("SUBSCRIBE", 1, Call_ID="s2", tag="q")),
    ],
    "interval-too-brief-for-a-refresh": [
        *exchange(sent("PUBLISH")),
        *exchange(sent("PUBLISH", 2, Expires=60, **REFRESHED), 423, Min_Expires=3600),
        *exchange(sent("PUBLISH", 3, **REFRESHED), SIP_ETag="e2"),
        *exchange(sent("PUBLISH", 4, SIP_If_Match="e2", body=b""), SIP_ETag="e3"),
    ],
    "bad-event-and-another": [
        *exchange(sent("SUBSCRIBE", Event="dialog", Accept=None), 489, Allow_Events="presence"),
        *exchange(sent("SUBSCRIBE", 2)),
    ],
    "moved": [
        *exchange(ASKED, 302, Contact=f"<{FIRST_CONTACT}>"),
        redirected(ASKED, FIRST_CONTACT),
    ],
    "multiple-choices": [
        *exchange(ASKED, 300, Contact=f"<{FIRST_CONTACT}>, <{SECOND_CONTACT}>"),
        *exchange(redirected(ASKED, FIRST_CONTACT), 480),
        *exchange(redirected(ASKED, SECOND_CONTACT)),
    ],
    "moved-with-credentials": [
        *exchange(ASKED, 401, WWW_Authenticate=MD5),
        *exchange(ALLOWED, 302, Contact=f"<{SECOND_CONTACT}>"),
        redirected(ALLOWED, SECOND_CONTACT),
    ],
    "use-proxy": [
        *exchange(ASKED, 305, Contact="<sip:proxy.example.com;lr>"),
        *exchange(sent("SUBSCRIBE", 2, Route="<sip:proxy.example.com;lr>")),
    ],
    "extension-required": [
        *exchange(ASKED, 421, Require="eventlist"),
        *exchange(sent("SUBSCRIBE", 2, Supported="eventlist", Accept=LISTS)),
    ],
    "extension-unsupported": [
        *exchange(
            sent("SUBSCRIBE", Require="eventlist", Accept=LISTS), 420, Unsupported="eventlist"
        ),
        *exchange(sent("SUBSCRIBE", 2)),
    ],
    "answer-of-the-usim-that-the-nonce-is-old": [
        *exchange(sent("REGISTER"), 401, WWW_Authenticate=MD5),
        *exchange(
            sent("REGISTER", 2, Authorization=credentials(MD5, 1, "REGISTER")),
            401,
            WWW_Authenticate=MD5.replace('"n1"', '"n2"') + ", stale=true",
        ),
        *exchange(
            sent(
                "REGISTER",
                3,
                Authorization=credentials(MD5.replace('"n1"', '"n2"'), 1, "REGISTER"),
            )
        ),
    ],
    "bearer-token": [
        *exchange(ASKED, 401, WWW_Authenticate='Bearer authz_server="https://as.example.com/"'),
        *exchange(sent("SUBSCRIBE", 2, Authorization="Bearer mF_9.B5f-4.1JqM")),
    ],
    "nonce-counted-over-all-methods": [
        *exchange(sent("REGISTER"), 401, WWW_Authenticate=MD5),
        *exchange(sent("REGISTER", 2, Authorization=credentials(MD5, 1, "REGISTER"))),
        *exchange(sent("SUBSCRIBE", Authorization=credentials(MD5, 2))),
        *exchange(sent("PUBLISH", Authorization=credentials(MD5, 3, "PUBLISH", PIDF))),
    ],
}

# --- Forks, races, late answers -------------------------------------------------------------------

DIALOG: dict[str, object] = {"Event": "dialog", "Accept": None}
DIALOGS_ASKED = sent("SUBSCRIBE", **DIALOG)
ENDED = notification(2, fields={"Subscription-State": "terminated;reason=timeout"})
ONE = notification(1, tag="f1", fields={"Event": "dialog", "Contact": "<sip:one@10.0.0.9>"})
TWO = notification(1, tag="f2", fields={"Event": "dialog", "Contact": "<sip:two@10.0.0.9>"})
AWAY = sent("PUBLISH", branch="z9hG4bKaway")
CONDITIONAL = refresh(2, fields={"Suppress-If-Match": "k1"})
LEAVING = refresh(2, fields={"Expires": 0})

RACES: dict[str, Steps] = {
    "branches-of-a-fork-each-refreshed": [
        ue(DIALOGS_ASKED),
        *answered(ONE, Contact=CONTACT),
        *answered(TWO, Contact=CONTACT),
        got(DIALOGS_ASKED, Contact="<sip:three@10.0.0.9>"),
        refresh(2, to_tag="f1", uri="sip:one@10.0.0.9", fields={"Event": "dialog"}),
        refresh(2, to_tag="f2", uri="sip:two@10.0.0.9", fields={"Event": "dialog"}),
        refresh(2, uri="sip:three@10.0.0.9", fields={"Event": "dialog"}),
    ],
    "second-branch-of-presence-refused": [
        ue(ASKED),
        *answered(notification(1, tag="fork-1")),
        *answered(notification(1, tag="fork-2"), 481),
        got(ASKED),
        refresh(2, to_tag="fork-1"),
    ],
    "pending-then-active": [
        ue(ASKED),
        got(ASKED, 202, Contact=f"<{SERVER}>", Expires=3600),
        *answered(notification(1, fields={"Subscription-State": "pending;expires=3600"})),
        *answered(notification(2)),
        ue(refresh(2), 100),
    ],
    "nothing-new": [
        *subscribed(notify={"SIP-ETag": "k1"}),
        ue(CONDITIONAL, 100),
        got(CONDITIONAL, 204, Expires=3600),
        ue(refresh(3, fields={"Suppress-If-Match": "*"}), 100),
    ],
    "refresh-crosses-the-end": [
        *subscribed(),
        net(ENDED),
        ue(refresh(2), 0.01),
        ue(answer(ENDED), 0.02),
        ue(sent("SUBSCRIBE", Call_ID="z", tag="z"), 3),
    ],
    "end-crosses-a-notification": [
        *subscribed(),
        ue(LEAVING),
        *answered(notification(2)),
        got(LEAVING),
        *answered(notification(3, fields={"Subscription-State": "terminated;reason=timeout"})),
        *answered(notification(4, fields={"Subscription-State": "terminated"}), 481),
    ],
    "trying": [ue(ASKED), got(ASKED, 100), got(ASKED), *answered(notification(1)), refresh(2)],
    "answer-after-the-client-gave-up": [
        ue(AWAY),
        ue(NEXT := sent("PUBLISH", 2), 33),
        got(AWAY),
        got(NEXT, SIP_ETag="e2"),
        ue(sent("PUBLISH", 3, SIP_If_Match="e2", body=b"")),
    ],
    "repetition-crosses-the-answer": [
        ue(ASKED),
        ue(ASKED, 0.5),
        got(ASKED),
        got(ASKED),
        refresh(2),
    ],
    "higher-number-captured-first": [
        *exchange(sent("REGISTER", 2)),
        Step("ue", sent("REGISTER", 1), -0.9),
    ],
    "answers-captured-out-of-order": [
        *exchange(sent("PUBLISH")),
        *exchange(sent("PUBLISH", 2, **REFRESHED), SIP_ETag="e2"),
        Step("ue", sent("PUBLISH", 3, **REFRESHED), -1.5),
    ],
}

# --- Calls beside presence ------------------------------------------------------------------------

CALL = sent("INVITE", Contact=CONTACT, branch="z9hG4bKcall")
RINGS = request(
    "INVITE",
    sender="network",
    tag="b",
    branch="z9hG4bKrings",
    fields={"Contact": "<sip:bob@10.0.0.9>"},
)
STOPS = request("CANCEL", sender="network", tag="b", branch="z9hG4bKrings", call="invite-call")


def within(method: str, cseq: int, **fields: object) -> bytes:
    """A request in the dialog of the call."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return request(method, SERVER, cseq=cseq, call="invite-call", to_tag="bob-1", fields=named)  # type: ignore[arg-type]


CALLS: dict[str, Steps] = {
    "call": [
        ue(CALL),
        got(CALL, 180),
        got(CALL, 200, Contact=f"<{SERVER}>"),
        ue(within("ACK", 1)),
        ue(within("INFO", 2)),
        ue(within("BYE", 3), 5),
    ],
    "call-given-up": [
        ue(CALL),
        got(CALL, 180),
        ue(sent("CANCEL", Call_ID="invite-call", branch="z9hG4bKcall")),
        got(CALL, 487),
        ue(sent("ACK", Call_ID="invite-call", to_tag="bob-1", branch="z9hG4bKcall")),
    ],
    "call-given-up-by-the-other-side": [
        net(RINGS),
        ue(answer(RINGS, 180, fields={"Contact": CONTACT})),
        net(STOPS),
        ue(answer(STOPS)),
        ue(answer(RINGS, 487)),
    ],
    "subscription-in-the-dialog-of-a-call": [
        ue(CALL),
        got(CALL, 200, Contact=f"<{SERVER}>"),
        ue(within("ACK", 1)),
        ue(within("SUBSCRIBE", 2, Event="dialog", Accept=None)),
        ue(within("BYE", 3), 5),
        ue(within("SUBSCRIBE", 4, Event="dialog", Accept=None, Expires=0)),
    ],
    "datagrams-of-two-methods-that-change-places": [
        *subscribed(),
        ue(refresh(3)),
        ue(request("MESSAGE", SERVER, cseq=2, call="subscribe-call", to_tag="bob-1"), 0.01),
    ],
    "messages": [
        *exchange(sent("MESSAGE", body=b"hi", Content_Type="text/plain")),
        sent("MESSAGE", 2, body=b"hi", Content_Type="text/plain", Accept="message/external-body"),
    ],
}

REASONS: dict[int, dict[str, str]] = {
    **{status: {} for status in (400, 403, 481, 482, 483, 486, 489, 500, 501, 503, 505, 600, 603)},
    405: {"Allow": "INVITE, ACK, CANCEL"},
    415: {"Accept": "application/sdp"},
    480: {"Retry_After": "5"},
    302: {"Contact": "<sip:alice@elsewhere.example.com>"},
    606: {"Warning": '399 ue "no"'},
}
ANSWERS: dict[str, Steps] = {
    f"{name}-{status}": [*before, *answered(asked_, status, **fields)]
    for status, fields in REASONS.items()
    for name, before, asked_ in (
        ("options", [], asked()),
        ("notification", subscribed(), notification(2)),
        ("stray-notification", [], notification(2)),
    )
    if (name, status) != ("options", 501)  # RFC 3261 §11: all UAs support it
}

# --- Accounts -------------------------------------------------------------------------------------


def at_work(method: str, cseq: int = 1, /, **fields: object) -> bytes:
    """A request of the second account of the same UE."""
    own = "<sip:work@corp.example.org>"
    uri = "sip:corp.example.org" if method == "REGISTER" else own[1:-1]
    if method != "PUBLISH":
        fields["Contact"] = "<sip:work@10.0.0.1:5060>"
    named = {"From": f"{own};tag=w", "To": own, "Call_ID": f"work-{method}", **fields}
    return sent(method, cseq, uri=uri, **named)


ACCOUNTS: dict[str, Steps] = {
    "two-accounts-that-take-turns": [
        step
        for cseq in (1, 2)
        for method in ("REGISTER", "PUBLISH")
        for make in (sent, at_work)
        for step in exchange(
            make(method, cseq, **REFRESHED if method == "PUBLISH" and cseq > 1 else {})
        )
    ],
    "two-contacts": [
        sent("REGISTER", Contact=f"{CONTACT}, <sip:alice@10.0.0.1:5062;transport=tcp>;q=0.5")
    ],
}

ALL = {
    name: steps
    for table in (LIFE, REFUSALS, RACES, CALLS, ANSWERS, ACCOUNTS)
    for name, steps in table.items()
}
PROFILES = ("ietf", "documented", "rcs-e-1.2.2", "rcs-5.1", "up-2.4")


def stepped(steps: Steps) -> list[Step]:
    return [step if isinstance(step, Step) else ue(step) for step in steps]


@pytest.mark.parametrize("name", ALL)
def test_judge_blames_no_one_in_any_profile(name: str) -> None:
    for profile in PROFILES:
        assert judge(ALL[name], profile).must() == [], profile


@pytest.mark.parametrize("name", ALL)
def test_judge_blames_no_one_where_the_capture_is_not_whole(name: str) -> None:
    steps = stepped(ALL[name])
    for at in range(len(steps)):
        assert judge([*steps[:at], *steps[at + 1 :]]).must() == [], f"without {at}"
        assert judge(steps[at:]).must() == [], f"from {at} on"


@pytest.mark.parametrize("name", sorted(set(ALL) - {"datagrams-of-two-methods-that-change-places"}))
def test_judge_blames_no_one_over_tcp(name: str) -> None:
    streamed = [
        replace(
            step,
            raw=step.raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"),
            transport=Transport.TCP,
        )
        for step in stepped(ALL[name])
    ]
    assert judge(streamed).must() == []
