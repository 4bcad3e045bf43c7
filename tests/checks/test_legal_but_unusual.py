"""What a right UE may do, and what captures do to its traffic: no MUST finding comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.model import Transport
from harness.sip.digest import answer as answer_challenge
from harness.sip.digest import parse_challenges
from tests.checks.conversation import (
    CONTACT,
    PIDF,
    Step,
    Value,
    answer,
    judge,
    net,
    notification,
    refresh,
    request,
    subscribed,
    ue,
)

Steps = list[Step | bytes]


def named(fields: dict[str, object]) -> dict[str, Value]:
    return {name.replace("_", "-"): value for name, value in fields.items()}  # type: ignore[misc]


def sent(method: str, cseq: int = 1, /, **fields: object) -> bytes:
    body = fields.pop("body", None)
    given = {
        name: fields.pop(name) for name in ("to_tag", "uri", "tag", "branch") if name in fields
    }
    return request(method, cseq=cseq, body=body, fields=named(fields), **given)  # type: ignore[arg-type]


def got(asked: bytes, status: int = 200, /, after: float = 0.1, **fields: object) -> Step:
    return net(answer(asked, status, fields=named(fields)), after)


def exchange(asked: bytes, status: int = 200, /, after: float = 1.0, **fields: object) -> Steps:
    return [ue(asked, after), got(asked, status, **fields)]


def moved(raw: bytes, branch: str) -> bytes:
    """The same request to another server: RFC 3263 §4.3 changes the branch alone."""
    head, _, rest = raw.partition(b"branch=z9hG4bK")
    old = rest.partition(b";")[0]
    return head + b"branch=z9hG4bK" + branch.encode() + rest[len(old) :]


# --- Digest ---------------------------------------------------------------------------------------


def digest(nonce: str = "n1", **params: str) -> str:
    text = f'Digest realm="r", nonce="{nonce}"'
    quoted = ("qop", "opaque")
    return text + "".join(
        f', {name}="{value}"' if name in quoted else f", {name}={value}"
        for name, value in params.items()
    )


def credentials(challenge: str, nc: int = 1, method: str = "SUBSCRIBE", body: bytes = b"") -> str:
    (read,) = parse_challenges(challenge)
    uri = "sip:example.com" if method == "REGISTER" else "sip:alice@example.com"
    return answer_challenge(read, "X", "X", method, uri, body, nc, "c")


def answered(challenge: str, method: str = "SUBSCRIBE") -> Steps:
    first = sent(method)
    body = PIDF if method == "PUBLISH" else b""
    second = sent(method, 2, Authorization=credentials(challenge, method=method, body=body))
    return [*exchange(first, 401, WWW_Authenticate=challenge), *exchange(second)]


MD5 = digest(qop="auth", algorithm="MD5", opaque="o")
SHA = digest(qop="auth", algorithm="SHA-256", opaque="p")
FIRST = sent("SUBSCRIBE")
SECOND = sent("SUBSCRIBE", 2, Authorization=credentials(MD5))
BOTH = sent(
    "SUBSCRIBE", 3, Authorization=credentials(MD5, 2), Proxy_Authorization=credentials(digest("p"))
)
OTHER_CALL: dict[str, object] = {"Call_ID": "two", "tag": "alice-2"}

DIGEST: dict[str, Steps] = {
    "no-qop": answered(digest()),
    "no-algorithm": answered(digest(qop="auth")),
    "auth-int": answered(digest(qop="auth-int"), "PUBLISH"),
    "two-qops": answered(digest(qop="auth,auth-int")),
    "md5-sess": answered(digest(qop="auth", algorithm="MD5-sess")),
    "sha-256": answered(SHA),
    "empty-opaque-left-out": [
        *exchange(FIRST, 401, WWW_Authenticate=digest(opaque="")),
        sent("SUBSCRIBE", 2, Authorization=credentials(digest())),
    ],
    "two-algorithms-with-one-nonce": [
        *exchange(FIRST, 401, WWW_Authenticate=[SHA, MD5]),
        SECOND,
    ],
    "first-of-two-algorithms-with-one-nonce": [
        *exchange(FIRST, 401, WWW_Authenticate=[SHA, MD5]),
        sent("SUBSCRIBE", 2, Authorization=credentials(SHA)),
    ],
    "server-without-qop-and-rfc-7616-client": [
        *exchange(FIRST, 401, WWW_Authenticate=digest(algorithm="SHA-256")),
        sent("SUBSCRIBE", 2, Authorization=credentials(digest(algorithm="SHA-256", qop="auth"))),
    ],
    "opaque-changes-with-the-same-nonce": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        *exchange(
            sent("SUBSCRIBE", **OTHER_CALL),
            401,
            WWW_Authenticate=MD5.replace('opaque="o"', 'opaque="other"'),
        ),
        SECOND,
    ],
    "proxy-and-server": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        *exchange(SECOND, 407, Proxy_Authenticate=digest("p")),
        BOTH,
    ],
    "proxy-and-server-with-one-nonce": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        sent("SUBSCRIBE", 2, Authorization=credentials(MD5), Proxy_Authorization=credentials(MD5)),
    ],
    "stale": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        *exchange(SECOND, 401, WWW_Authenticate=digest("n2", qop="auth", stale="TRUE")),
        sent("SUBSCRIBE", 3, Authorization=credentials(digest("n2", qop="auth"))),
    ],
    "same-nonce-to-two-dialogs-of-which-one-challenge-is-lost": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        *exchange(SECOND),
        ue(sent("SUBSCRIBE", **OTHER_CALL)),
        ue(sent("SUBSCRIBE", 2, Authorization=credentials(MD5), **OTHER_CALL), 0.3),
    ],
    "nonce-in-use-since-before-the-capture": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        sent("SUBSCRIBE", 2, Authorization=credentials(MD5, nc=58)),
    ],
    "same-request-to-the-next-server": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        ue(SECOND),
        ue(moved(SECOND, "next"), 32),
    ],
    "same-request-after-a-503": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        *exchange(SECOND, 503),
        ue(moved(SECOND, "next")),
    ],
    "same-request-after-a-redirection": [
        *exchange(FIRST, 401, WWW_Authenticate=MD5),
        *exchange(SECOND, 302, Contact="<sip:alice@other.example.com>"),
        ue(moved(SECOND, "next").replace(b"sip:alice@example.com SIP", b"sip:alice@o.com SIP")),
    ],
    "next-request-on-its-way-when-the-nonce-became-stale": [
        *subscribed(),
        ue(refresh(2, fields={"Authorization": credentials(MD5)})),
        ue(refresh(3, fields={"Authorization": credentials(MD5, 2), "Expires": 0}), 0.01),
    ],
    "dialogs-with-one-call-id": [
        *exchange(
            sent("SUBSCRIBE", 7, uri="sip:bob@example.com", tag="t7"), 401, WWW_Authenticate=MD5
        ),
        sent("SUBSCRIBE", 2, tag="t2", uri="sip:carol@example.com", Authorization=credentials(MD5)),
    ],
    "ack-and-cancel-with-the-credentials-of-invite": [
        *exchange(sent("INVITE", Contact=CONTACT), 401, WWW_Authenticate=MD5),
        sent("INVITE", 2, Contact=CONTACT, Authorization=credentials(MD5, method="INVITE")),
        sent("ACK", 2, to_tag="bob-1", Authorization=credentials(MD5, method="INVITE")),
    ],
    "announced-before-any-challenge": [
        sent(
            "REGISTER",
            Authorization='Digest username="X", realm="r", nonce="", uri="sip:example.com", '
            'response=""',
        )
    ],
}

# --- Dialogs --------------------------------------------------------------------------------------

REFER = notification(2, fields={"Event": "refer;id=2", "Subscription-State": "terminated"})
OTHER_PACKAGE = refresh(2, fields={"Event": "dialog", "Accept": "application/dialog-info+xml"})
ENDING = notification(2, fields={"Subscription-State": "terminated;reason=deactivated"})
EARLY = notification(1, call="subscribe-call")
BOB, CAROL = "<sip:bob@10.0.0.9>", "<sip:carol@10.0.0.8>"
METHOD = {"Contact": "<sip:server@10.0.0.9;method=NOTIFY?Subject=x>"}
ROUTE = "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"
ROUTED = subscribed(
    response={"Record-Route": "<sip:p2.example.com;lr>, <sip:p1.example.com;lr>"},
    notify={"Record-Route": ROUTE},
)
TWO_VIAS = [
    "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKproxy",
    "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKue",
]
LOST_ANSWER = request("SUBSCRIBE", branch="z9hG4bKlost")

DIALOGS: dict[str, Steps] = {
    "notify-before-200": [ue(FIRST), net(EARLY), ue(answer(EARLY)), got(FIRST), refresh(2)],
    "subscription-beside-a-refer": [
        *subscribed(),
        net(REFER),
        ue(answer(REFER)),
        ue(refresh(2), 60),
    ],
    "second-package-in-the-dialog-refused": [
        *subscribed(),
        ue(OTHER_PACKAGE),
        got(OTHER_PACKAGE, 489, Allow_Events="presence"),
        ue(refresh(3), 60),
    ],
    "resubscribed-elsewhere-after-the-end": [
        *subscribed(),
        net(ENDING),
        ue(answer(ENDING)),
        ue(sent("SUBSCRIBE", Call_ID="new", tag="alice-2"), 5),
    ],
    "datagrams-that-change-places": [
        *subscribed(),
        ue(refresh(3, fields={"Expires": 0})),
        ue(refresh(2), 0.01),
    ],
    "refresh-to-the-next-server": [
        *subscribed(),
        ue(refresh(2)),
        ue(moved(refresh(2), "next"), 32),
    ],
    "target-with-parts-that-no-request-uri-has": [
        *subscribed(response=METHOD, notify=METHOD),
        refresh(2),
    ],
    "target-changed-by-a-notify": [
        *subscribed(),
        net(moved_ := notification(2, fields={"Contact": BOB})),
        ue(answer(moved_)),
        refresh(2, uri="sip:bob@10.0.0.9"),
    ],
    "captured-behind-a-proxy": [
        *ROUTED,
        refresh(2, fields={"Route": "<sip:p2.example.com;lr>", "Via": TWO_VIAS}),
    ],
    "strict-router": [
        *subscribed(
            response={"Record-Route": "<sip:p1.example.com>"},
            notify={"Record-Route": "<sip:p1.example.com>"},
        ),
        refresh(2, uri="sip:p1.example.com", fields={"Route": "<sip:server@10.0.0.9>"}),
    ],
    "fork-of-another-package-of-which-a-notify-is-lost": [
        *subscribed(subscribe={"Event": "dialog", "Accept": None}, notify={"Event": "dialog"}),
        refresh(2, to_tag="carol-1", fields={"Event": "dialog", "Accept": None}),
    ],
    "dialog-of-the-same-tags-begun-before-the-capture": [
        *subscribed(),
        refresh(9, call="older"),
    ],
    "answer-lost-behind-the-point-of-capture": [
        ue(LOST_ANSWER),
        got(LOST_ANSWER),
        ue(LOST_ANSWER, 0.5),
        net(EARLY),
        ue(sent("SUBSCRIBE", 2), 40),
    ],
    "late-200-after-the-client-gave-up": [
        ue(LOST_ANSWER),
        ue(LOST_ANSWER, 31),
        ue(sent("SUBSCRIBE", Call_ID="again", tag="alice-2"), 2),
        got(LOST_ANSWER),
        net(EARLY),
        ue(answer(EARLY, 481)),
    ],
    "one-branch-notified-the-end-and-another-challenged": [
        ue(FIRST),
        net(gone := notification(1, fields={"Subscription-State": "terminated;reason=noresource"})),
        ue(answer(gone)),
        got(FIRST, 407, Proxy_Authenticate=MD5),
        sent("SUBSCRIBE", 2, Proxy_Authorization=credentials(MD5)),
    ],
    "one-tag-for-challenge-and-dialog-and-a-lost-retry": [
        ue(FIRST),
        got(FIRST, 401, WWW_Authenticate=MD5),
        refresh(3),
    ],
    "ipv6-target-in-another-spelling": [
        *subscribed(
            response={"Contact": "<sip:s@[2001:DB8:0:0::9]>"},
            notify={"Contact": "<sip:s@[2001:DB8:0:0::9]>"},
        ),
        refresh(2, uri="sip:s@[2001:db8::9]"),
    ],
}

# --- What a UE gives back -------------------------------------------------------------------------


def asked(**fields: object) -> bytes:
    return request("OPTIONS", sender="network", tag="bob-1", fields=named(fields))


WITHOUT_CALL_ID = asked(Call_ID=None)
BAD_VIA = asked(Via="SIP/2.0/UDP 10.0.0.9:5060;rport;branch=z9hG4bKa;rport")
BAD_FROM = asked(From="<sip:bob smith@example.com>;tag=b", To="<sip:alice@example.com>;x=@")
UNDERSCORES = asked(Via="SIP/2.0/UDP sip_server_1:5060;branch=z9hG4bKb;rport")
OVERLOAD = asked(Via='SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKoc;oc;oc-algo="loss";rport')
ODD_ROUTE = "<sip:edge_1.example.com;lr;did=a@>"
ODD_TARGET = "<sip:server@host_1>"
REGISTER = request("REGISTER", branch="z9hG4bKreg")
ODD_TAG = sent("PUBLISH")

COPIES: dict[str, Steps] = {
    "request-without-call-id": [net(WITHOUT_CALL_ID), ue(answer(WITHOUT_CALL_ID, 400))],
    "via-with-a-parameter-twice": [net(BAD_VIA), ue(answer(BAD_VIA))],
    "broken-from-and-to": [net(BAD_FROM), ue(answer(BAD_FROM))],
    "host-with-an-underscore": [net(UNDERSCORES), ue(answer(UNDERSCORES))],
    "answer-to-a-request-before-the-capture": [ue(answer(UNDERSCORES))],
    "overload-control": [
        net(OVERLOAD),
        ue(
            answer(
                OVERLOAD,
                fields={
                    "Via": "SIP/2.0/UDP 10.0.0.9:5060;received=10.0.0.9;rport=5060;"
                    'branch=z9hG4bKoc;oc=20;oc-validity=500;oc-seq=1282321615.782;oc-algo="loss"'
                },
            )
        ),
    ],
    "route-against-the-grammar": [
        *subscribed(response={"Record-Route": ODD_ROUTE}, notify={"Record-Route": ODD_ROUTE}),
        refresh(2, fields={"Route": ODD_ROUTE}),
    ],
    "target-against-the-grammar": [
        *subscribed(response={"Contact": ODD_TARGET}, notify={"Contact": ODD_TARGET}),
        refresh(2, uri="sip:server@host_1"),
    ],
    "service-route-against-the-grammar": [
        ue(REGISTER),
        got(REGISTER, Service_Route=ODD_ROUTE),
        sent("PUBLISH", Route=ODD_ROUTE),
    ],
    "entity-tag-in-quotes": [
        ue(ODD_TAG),
        got(ODD_TAG, SIP_ETag='"a b"'),
        sent("PUBLISH", 2, SIP_If_Match='"a b"', body=b""),
    ],
}

# --- Publications ---------------------------------------------------------------------------------

PUBLISHED = exchange(sent("PUBLISH"))
UPDATE = sent("PUBLISH", 2, SIP_If_Match="etag-1", body=b"", branch="z9hG4bKup")

PUBLICATIONS: dict[str, Steps] = {
    "refresh-with-another-from-tag": [
        *PUBLISHED,
        *exchange(sent("PUBLISH", 2, SIP_If_Match="etag-1", body=b"", tag="alice-7")),
        *exchange(sent("PUBLISH", 1, SIP_If_Match="etag-1", body=b"", Call_ID="p2")),
    ],
    "tag-begun-before-the-capture": [sent("PUBLISH", 9, SIP_If_Match="old", body=b"")],
    "two-publications-in-one-call-id-of-which-one-is-older": [
        *exchange(sent("PUBLISH", 5, SIP_If_Match="a1", body=b""), SIP_ETag="a2"),
        *exchange(sent("PUBLISH", 6, SIP_If_Match="b1", body=b""), SIP_ETag="b2"),
    ],
    "initial-one-after-412": [
        *exchange(sent("PUBLISH", 1, SIP_If_Match="old", body=b""), 412),
        *exchange(sent("PUBLISH", 2)),
    ],
    "response-lost-behind-the-point-of-capture": [
        *PUBLISHED,
        ue(UPDATE),
        got(UPDATE, SIP_ETag="etag-2"),
        ue(UPDATE, 0.5),
        ue(UPDATE, 1),
        ue(sent("PUBLISH", 3, SIP_If_Match="etag-1", body=b""), 32),
    ],
    "tag-that-stays-the-same": [
        *PUBLISHED,
        *exchange(UPDATE, SIP_ETag="etag-1"),
        *exchange(sent("PUBLISH", 3, SIP_If_Match="etag-1", body=b""), SIP_ETag="etag-1"),
    ],
}

# --- Registrations --------------------------------------------------------------------------------

INSTANCE = '+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"'


def flow(number: int) -> bytes:
    contact = f"<sip:alice@10.0.0.1:5060;ob>;reg-id={number};{INSTANCE}"
    return sent("REGISTER", Contact=contact, Supported="path, outbound", Call_ID=f"flow-{number}")


REGISTRATIONS: dict[str, Steps] = {
    "two-flows": [*exchange(flow(1)), *exchange(flow(2))],
    "third-party": [sent("REGISTER", From="<sip:boss@example.com>;tag=1")],
    "sips": [
        sent(
            "REGISTER",
            uri="sips:example.com",
            From="<sips:alice@example.com>;tag=1",
            To="<sips:alice@example.com>",
            Contact="<sips:alice@10.0.0.1>",
        )
    ],
    "asking-for-the-bindings": [*exchange(sent("REGISTER", Contact=None, Expires=None))],
    "vendor-parameter-with-a-plus": [
        sent("REGISTER", Contact=f'{CONTACT};+vendor-line=1;+u.sip!model.example.com="8"')
    ],
    "two-accounts-behind-one-port": [
        *exchange(sent("REGISTER")),
        *exchange(
            sent(
                "REGISTER",
                7,
                Call_ID="r2",
                From="<sip:carol@example.com>;tag=c",
                To="<sip:carol@example.com>",
                Contact="<sip:carol@10.0.0.1>",
            )
        ),
        *exchange(sent("REGISTER", 2)),
    ],
    "same-register-to-the-next-registrar": [ue(REGISTER), ue(moved(REGISTER, "next"), 32)],
    "same-register-after-408": [*exchange(REGISTER, 408), ue(moved(REGISTER, "next"))],
    "anonymous": [
        sent(
            "SUBSCRIBE",
            From='"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1',
            Privacy="id",
            P_Preferred_Identity="<sip:alice@example.com>, <tel:+15550100>",
        )
    ],
    "tel-uri": [sent("SUBSCRIBE", uri="tel:+15550100", To="<tel:+1-555-0100>")],
    "trailing-dot": [
        sent("SUBSCRIBE", uri="sip:alice@example.com.", To="<sip:alice@example.com.>")
    ],
    "eventlist-in-reg-event-with-the-types-of-lists": [
        sent(
            "SUBSCRIBE",
            Event="reg",
            Supported="eventlist",
            Accept="application/reginfo+xml, multipart/related, application/rlmi+xml",
        )
    ],
}

# --- The other side -------------------------------------------------------------------------------

STATELESS = "SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKcydzigwkX"
ONE = asked(Via=STATELESS, Call_ID="one", CSeq="5 OPTIONS")
TWO = asked(Via=STATELESS, Call_ID="two", CSeq="8 OPTIONS", From="<sip:carol@example.com>;tag=c")
OLD = [asked(Via=f"SIP/2.0/UDP 10.0.0.9;branch={number}") for number in (1, 2)]
WATCH = request(
    "SUBSCRIBE", "sip:alice@10.0.0.1:5060", sender="network", tag="bob-1", fields={"Contact": BOB}
)
WATCHED = answer(WATCH, to_tag="alice-1", fields={"Contact": CONTACT})
ASKS_MORE = request(
    "SUBSCRIBE",
    "sip:alice@10.0.0.1:5060",
    sender="network",
    tag="bob-1",
    to_tag="alice-1",
    cseq=2,
    fields={"Contact": BOB, "Event": "dialog", "Accept": "application/dialog-info+xml"},
)


def own_notify(cseq: int, **fields: object) -> Step:
    given = {"Contact": CONTACT, **named(fields)}
    return ue(
        request(
            "NOTIFY",
            "sip:bob@10.0.0.9",
            cseq=cseq,
            call="subscribe-call",
            tag="alice-1",
            to_tag="bob-1",
            fields=given,
        )
    )


NETWORK: dict[str, Steps] = {
    "one-branch-for-all-requests": [net(ONE), net(TWO), ue(answer(ONE)), ue(answer(TWO))],
    "copies-of-a-fork-without-branches": [
        net(OLD[0]),
        net(OLD[1]),
        ue(answer(OLD[0], to_tag="x")),
        ue(answer(OLD[1], 482, to_tag="y")),
    ],
    "answer-made-anew": [
        net(ONE),
        ue(answer(ONE, fields={"Date": "Sat, 13 Nov 2010 23:29:00 GMT"})),
        ue(answer(ONE, fields={"Date": "Sat, 13 Nov 2010 23:29:01 GMT"})),
    ],
    "second-subscription-in-the-dialog": [
        net(WATCH),
        ue(WATCHED),
        own_notify(1),
        net(ASKS_MORE),
        ue(answer(ASKS_MORE, fields={"Contact": CONTACT})),
        own_notify(2, Event="dialog"),
        own_notify(3, Event="refer;id=5", Subscription_State="terminated;reason=noresource"),
    ],
}

ALL = {
    f"{group}:{name}": steps
    for group, table in (
        ("digest", DIGEST),
        ("dialogs", DIALOGS),
        ("copies", COPIES),
        ("publications", PUBLICATIONS),
        ("registrations", REGISTRATIONS),
        ("network", NETWORK),
    )
    for name, steps in table.items()
}


@pytest.mark.parametrize("profile", ["ietf", "documented"])
@pytest.mark.parametrize("steps", ALL.values(), ids=ALL.keys())
def test_judge_blames_no_one_for_what_is_legal(steps: Steps, profile: str) -> None:
    assert judge(steps, profile).must() == []


# What only datagrams do, or only a time can tell.
DATAGRAMS = (
    "dialogs:datagrams-that-change-places",
    "publications:response-lost-behind-the-point-of-capture",
)
OTHERS = {name: steps for name, steps in ALL.items() if name not in DATAGRAMS}


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
@pytest.mark.parametrize("steps", OTHERS.values(), ids=OTHERS.keys())
def test_judge_blames_no_one_where_the_clock_jumps(steps: Steps, jump: float) -> None:
    whole = [step if isinstance(step, Step) else ue(step) for step in steps]
    whole[-1] = replace(whole[-1], after=jump)

    assert judge(whole).must() == []


@pytest.mark.parametrize("steps", ALL.values(), ids=ALL.keys())
def test_judge_blames_no_one_where_neighbours_change_places(steps: Steps) -> None:
    whole = [step if isinstance(step, Step) else ue(step) for step in steps]
    for at in range(len(whole) - 1):
        swapped = [*whole[:at], whole[at + 1], whole[at], *whole[at + 2 :]]
        assert judge(swapped).must() == [], f"{at} and {at + 1}"


@pytest.mark.parametrize("steps", ALL.values(), ids=ALL.keys())
def test_judge_blames_no_one_where_a_message_is_lost(steps: Steps) -> None:
    for at in range(len(steps)):
        assert judge([*steps[:at], *steps[at + 1 :]]).must() == [], f"without {at}"


@pytest.mark.parametrize("steps", OTHERS.values(), ids=OTHERS.keys())
def test_judge_blames_no_one_over_tls(steps: Steps) -> None:
    whole = [step if isinstance(step, Step) else ue(step) for step in steps]
    secure = [
        replace(
            step,
            raw=step.raw.replace(b"SIP/2.0/UDP", b"SIP/2.0/TLS"),
            transport=Transport.TLS,
        )
        for step in whole
        if b"\r\nSIP/2.0" not in step.raw
    ]

    assert judge(secure).must() == []
