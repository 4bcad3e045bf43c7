"""What the network side says with each of its settings is what it MUST say: the judge looks on."""

from __future__ import annotations

import itertools

import pytest

from harness.config import Profile
from harness.config_subscribers import Subscriber, UsimSecrets
from harness.model import Peer
from harness.sip.digest import answer, parse_challenge
from harness.sip.message import Response

from . import test_aka as aka
from .judged import JudgedLink
from .link import (
    AOR,
    BUDDY,
    LIST_URI,
    PIDF,
    RESOURCE_LISTS,
    XUI,
    Headers,
    Link,
    _rule,
    profile,
    provision,
    put_entry,
)

CODINGS = ("Accept-Encoding", "gzip, deflate")
OTHER_UE = Peer("192.0.2.7", 5060)
WATCHER = "sip:watcher@test-rcs.com"
PARTIAL = ("Accept", "application/pidf+xml;q=0.1, application/pidf-diff+xml")
NOTE = b'<note xmlns="urn:ietf:params:xml:ns:pidf">x</note>'


class Subscribed:
    """A subscription of the UE, refreshed as often as it is called."""

    def __init__(self, link: Link, event: str, uri: str = AOR, headers: Headers = ()) -> None:
        self._link, self._event, self._uri, self._headers = link, event, uri, [*headers, CODINGS]
        self._first = link.subscribe(event, uri, self._headers, from_tag="t")
        assert self._first.status == 200
        self._cseq = 1

    def refresh(self, *headers: tuple[str, str]) -> int:
        self._cseq += 1
        return self._link.subscribe(
            self._event,
            self._uri,
            [*self._headers, *headers],
            call_id=self._first.call_id,
            from_tag="t",
            to=self._first.headers.get("To"),
            cseq=self._cseq,
        ).status

    @property
    def tag(self) -> str:
        own = [each for each in self._link.notifies() if each.call_id == self._first.call_id]
        return own[-1].headers.get("SIP-ETag", "none")


class Publisher:
    """The UE's publication, modified with each call."""

    def __init__(self, link: Link) -> None:
        self._link, self._tag = link, ""

    def __call__(self, basic: bytes, more: bytes = b"") -> None:
        body = PIDF.replace(b"open", basic).replace(b"</presence>", more + b"</presence>")
        response = self._link.publish(body, [("SIP-If-Match", self._tag)] if self._tag else [])
        assert response.status == 200
        self._tag = response.etag or ""


@pytest.mark.parametrize(
    ("conditional", "partial", "coding", "interval"),
    list(itertools.product((False, True), (False, True), ("identity", "gzip"), (0, 5))),
)
def test_every_package_with_every_setting(
    conditional: bool, partial: bool, coding: str, interval: int
) -> None:
    link = JudgedLink(
        profile(
            conditional_notification=conditional,
            partial_state=partial,
            notification_coding=coding,
            notification_interval=interval,
        )
    )
    instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'
    flow = [
        ("Supported", "gruu, path, outbound"),
        ("Contact", f"<sip:192.0.2.1:5060>;reg-id=1;{instance}"),
    ]
    assert link.register(flow, call_id="r").status == 200
    provision(link)
    put_entry(link, AOR)
    every = [
        Subscribed(link, "presence.winfo"),
        Subscribed(link, "reg"),
        Subscribed(link, "presence", LIST_URI, [("Supported", "eventlist")]),
        Subscribed(link, "presence", AOR, [PARTIAL]),
        Subscribed(link, f'ua-profile;document="resource-lists/users/{XUI}/index"'),
    ]
    publish = Publisher(link)
    publish(b"open")
    link.subscribe("presence", sender=BUDDY)
    put_entry(link, BUDDY)
    link.advance(6)
    publish(b"closed")
    link.advance(6)
    for each in every:
        assert each.refresh(("Suppress-If-Match", each.tag)) == (204 if conditional else 200)
    publish(b"open", NOTE)
    link.advance(6)
    link.register([("Contact", "<sip:192.0.2.1:5062>")], call_id="r2")
    put_entry(link, "sip:+330111111111@test-rcs.com")
    for each in every:
        each.refresh(("Suppress-If-Match", "*"))
    publish(b"closed")
    link.network.registrar.deregister(AOR, link.now, "rejected")
    link.advance(6)
    for number, each in enumerate(every):
        each.refresh(("Expires", "0"), *([("Suppress-If-Match", "*")] if number % 2 else []))
    link.advance(4000)

    assert link.blamed() == []
    assert not link.network.notifier._by_identity


def rules(handling: str) -> bytes:
    names = "".join(f'<cr:one id="{each}"/>' for each in (BUDDY, WATCHER))
    return (
        '<cr:ruleset xmlns:pr="urn:ietf:params:xml:ns:pres-rules"'
        ' xmlns:cr="urn:ietf:params:xml:ns:common-policy">'
        + _rule("a", f"<cr:identity>{names}</cr:identity>", handling, shows=True)
        + "</cr:ruleset>"
    ).encode()


@pytest.mark.parametrize("partial", [False, True])
def test_every_rule_after_every_other(partial: bool) -> None:
    link = JudgedLink(profile(partial_state=partial))
    link.register()
    provision(link)
    Subscribed(link, "presence.winfo")
    publish = Publisher(link)
    publish(b"open")
    link.subscribe("presence", headers=[PARTIAL], sender=WATCHER)
    fetched = {}
    handlings = ("allow", "polite-block", "confirm", "allow", "block", "polite-block", "block")
    for number, handling in enumerate(handlings):
        target = f"/org.openmobilealliance.pres-rules/users/{XUI}/pres-rules"
        put = link.xcap("PUT", target, "application/auth-policy+xml", rules(handling))
        assert put.status == 200
        publish(b"closed" if number % 2 else b"open")
        link.advance(3)
        fetched[handling] = link.subscribe(
            "presence", headers=[("Expires", "0")], sender=WATCHER
        ).status
        link.subscribe("presence", sender=WATCHER)
    link.advance(90_000)

    assert fetched == {"allow": 200, "polite-block": 200, "confirm": 200, "block": 403}
    assert link.blamed() == []


def test_polite_blocked_watcher_does_not_hear_that_there_are_changes() -> None:
    link = Link()
    provision(link)
    target = f"/org.openmobilealliance.pres-rules/users/{XUI}/pres-rules"
    link.xcap("PUT", target, "application/auth-policy+xml", rules("polite-block"))
    link.subscribe("presence", sender=WATCHER)
    told = len(link.notifies())
    Publisher(link)(b"open")
    assert len(link.notifies()) == told


def test_two_phones_watch_each_other() -> None:
    other = Subscriber(impu=BUDDY, impi="bob", password="pw")  # type: ignore[arg-type]
    settings = Profile(
        name="two", network=profile(authentication="digest").network, subscribers=(other,)
    )
    link = JudgedLink(settings)

    def registered(user: str, password: str, sender: str, claimed: str, source: Peer) -> int:
        rows = [("Contact", f"<sip:{source}>")]
        challenged = link.register(rows, sender=claimed, source=source)
        challenge = parse_challenge(challenged.headers.get("WWW-Authenticate", ""))
        assert challenge is not None
        value = answer(challenge, user, password, "REGISTER", "sip:test-rcs.com", cnonce="a")
        rows.append(("Authorization", value))
        return link.register(rows, sender=sender, source=source).status

    first = Peer("192.0.2.1", 5060)
    assert registered("X", "X", AOR, AOR, first) == 200
    assert registered("bob", "pw", BUDDY, BUDDY, OTHER_UE) == 200
    assert registered("bob", "pw", AOR, AOR, OTHER_UE) == 403
    provision(link)
    Subscribed(link, "presence.winfo")
    link.subscribe("presence", sender=BUDDY, source=OTHER_UE)
    link.subscribe("presence", BUDDY)
    Publisher(link)(b"open")
    put_entry(link, BUDDY)
    link.advance(5)

    assert link.blamed() == []


def test_changes_of_documents_are_told_as_they_must() -> None:
    link = JudgedLink(profile(notification_coding="gzip", conditional_notification=True))
    link.register()
    provision(link)
    own = f"users/{XUI}"
    selectors = (
        f"resource-lists/{own}/index",
        f"resource-lists/{own}/index/~~/resource-lists/list%5b@name=%22rcs%22%5d",
        f"rls-services/{own}/",
        "xcap-caps/global/index",
        "nope/users/a/b",
    )
    entries = "".join(f'<entry uri="{each}"/>' for each in selectors)
    body = (
        '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
        f"<list>{entries}</list></resource-lists>"
    ).encode()
    headers = [
        ("Event", "xcap-diff"),
        ("Contact", "<sip:192.0.2.1:5060>"),
        ("Expires", "600"),
        CODINGS,
        ("Content-Type", "application/resource-lists+xml"),
        ("Content-Disposition", "recipient-list"),
    ]
    assert link.send("SUBSCRIBE", AOR, headers, body).status == 200
    put_entry(link, BUDDY)
    document = f"/resource-lists/{own}/index"
    link.xcap("DELETE", document)
    link.xcap("PUT", document, "application/resource-lists+xml", RESOURCE_LISTS)
    link.advance(700)

    assert len(link.notifies()) >= 5
    assert link.blamed() == []


# -- AKA and the security agreement ------------------------------------------------------------

OFFERS = (
    (
        "ipsec-3gpp;alg=hmac-md5-96;ealg=aes-cbc;prot=esp;mod=trans"
        ";spi-c=1111;spi-s=2222;port-c=5062;port-s=5064"
    ),
    (
        "ipsec-3gpp;alg=HMAC-SHA-1-96;ealg=null;prot=esp;mod=trans"
        ";spi-c=3333;spi-s=4444;port-c=5066;port-s=5068"
    ),
)
AGREES = [
    ("Security-Client", ", ".join(OFFERS)),
    ("Require", "sec-agree"),
    ("Proxy-Require", "sec-agree"),
]


def secured(agreement: str = "ipsec-3gpp") -> JudgedLink:
    base = aka.profile()
    usim = UsimSecrets.model_validate({"k": "ff" * 16, "op": "ab" * 16})
    other = Subscriber(impu=BUDDY, impi="bob", usim=usim)
    network = base.network.model_copy(update={"security_agreement": agreement})
    return JudgedLink(base.model_copy(update={"subscribers": (other,), "network": network}))


def test_answer_to_the_challenge_of_one_user_is_not_taken_for_another() -> None:
    link, card = secured("none"), aka.usim()
    challenge = parse_challenge(link.register().headers.get("WWW-Authenticate", ""))
    assert challenge is not None
    password = card.answer(challenge.nonce).password(1)
    value = answer(challenge, "bob", password, "REGISTER", f"sip:{aka.REALM}", cnonce="c")
    assert link.register([("Authorization", value)], sender=BUDDY).status == 401


def test_auts_is_taken_once() -> None:
    link, card = secured("none"), aka.usim(sqn=1 << 20)
    auts = aka.credentials(link.register(), card)
    link.register([auts])
    challenge = link.register()
    assert link.register([auts]).status == 401
    third = link.register([aka.credentials(challenge, card)])
    assert third.status == 200


def test_association_in_use_is_verified_while_the_next_is_agreed_on() -> None:
    link, card = secured(), aka.usim()
    commands: list[str] = []
    link.network.registrar.security.observers.append(lambda _, new: commands.extend(new))

    def offered(response: Response) -> tuple[str, str]:
        return "Security-Verify", response.headers.get("Security-Server", "")

    first = link.register([("Authorization", aka.PLACEHOLDER), *AGREES], call_id="a")
    proof = aka.credentials(first, card)
    wrong = ("Security-Verify", "ipsec-3gpp;q=0.1")
    refused = link.register([proof, *AGREES, wrong], call_id="a", cseq=2)
    assert (refused.status, offered(refused)) == (494, offered(first))
    assert link.register([proof, *AGREES, offered(first)], call_id="a", cseq=3).status == 200
    # The answer to this one is lost: the UE goes on with the association that it has.
    link.register([("Authorization", aka.PLACEHOLDER), *AGREES], call_id="a", cseq=4)
    again = [("Authorization", aka.PLACEHOLDER), *AGREES, offered(first)]
    assert link.register(again, call_id="a", cseq=5).status == 401

    # Numbers and ports are those of the offer that was chosen.
    assert any("spi 0x00000d05" in each and "dport 5066" in each for each in commands)
    assert not any("5062" in each for each in commands)
    assert link.blamed() == []


@pytest.mark.parametrize(
    "offer",
    [
        "ipsec-3gpp;alg=hmac-md5-96;spi-c=1;spi-s=2;port-c=70000;port-s=5064",
        "ipsec-3gpp;alg=hmac-md5-96;spi-c=9999999999;spi-s=2;port-c=5062;port-s=5064",
        "ipsec-3gpp;alg=hmac-md5-96;spi-c=1;spi-s=2;port-c=0;port-s=5064",
        "ipsec-3gpp;alg=other;spi-c=1;spi-s=2;port-c=5062;port-s=5064",
    ],
)
def test_offers_that_cannot_be_are_not_taken(offer: str) -> None:
    response = secured().register([("Security-Client", offer)])
    assert (response.status, response.headers.get("Security-Server")) == (401, None)


# -- registrations -----------------------------------------------------------------------------


def test_reg_subscriber_hears_neither_of_old_nor_of_nothing() -> None:
    link = JudgedLink()
    link.register(call_id="r")
    link.register([("Contact", "*"), ("Expires", "0")], call_id="r", cseq=2)
    link.subscribe("reg")
    assert b"<contact" not in link.notifies()[-1].body
    assert b'state="init"' in link.notifies()[-1].body
    link.register([("Contact", "<sip:192.0.2.9>;expires=0")], call_id="r", cseq=3)
    assert len(link.notifies()) == 1
    assert link.blamed() == []


@pytest.mark.parametrize("reg_id", ["0", "4294967296"])
def test_reg_id_that_is_none_makes_no_flow(reg_id: str) -> None:
    link = Link()
    instance = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'
    raw = f"<sip:192.0.2.1:5060>;{instance}"
    response = link.register([("Supported", "outbound"), ("Contact", f"{raw};reg-id={reg_id}")])
    assert (response.status, response.require) == (200, ())


def test_profile_asks_for_nothing_that_nobody_can_answer() -> None:
    with pytest.raises(ValueError, match="digest_qop: none"):
        profile(authentication="digest", digest_algorithm=["MD5-sess"], digest_qop="none")
