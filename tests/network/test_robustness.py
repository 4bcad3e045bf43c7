"""Whatever comes, the network side answers in bounded time, raises nothing and keeps nothing."""

from __future__ import annotations

import gzip
import random
import re
import time
from collections.abc import Iterator

import pytest

from harness.config import Network as NetworkSettings
from harness.config import Profile, load_profile
from harness.model import Peer, Send, Transport
from harness.network.limits import Limits
from harness.network.network import Network
from harness.sip.message import Request, Response, make_response, parse
from tests.virtual import NETWORK as NETWORK_HOST
from tests.virtual import UE as UE_HOST
from tests.virtual import counted_ids, play_flow

from .link import AOR, EPOCH, LIST_URI, PIDF, ROOT, XUI, Link, profile, provision

SECONDS = 2.0
"""Of the processor for one message: ten times what the worst takes."""

LISTS = '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">%s</resource-lists>'

SPLICES = (
    *(b"", b"\0", b"\r\n", b"\xff\xfe", b"%00", b";", b",", b'"', b"<", b">", b"*", b"@", b":"),
    *(b"4294967296", b"-1", b"9" * 26, b"0", b"sip:", b"tel:+", b"[::1]", b"z9hG4bK", b"\\", b"="),
    *(b"\xd9\xa1", b"(" * 50, b"a" * 5000, b"%", b"sip:presence@192.0.2.2;gr", AOR.encode()),
)
FIELDS = (
    b"Accept: " + b",".join(b"application/pidf-diff+xml;q=0.%d" % n for n in range(900)),
    b"Accept-Encoding: " + b",".join(b"gzip;q=%d" % n for n in range(900)),
    b"Accept-Encoding: gzip",
    b"Accept: ,,;;",
    b"Event: presence;" + b";".join(b"a%d=b" % n for n in range(2000)),
    b"Event: xcap-diff",
    b'Event: ua-profile;document="nope/users/sip:x@test-rcs.com/index"',
    b"Event: reg",
    b"Event: presence.winfo.winfo",
    b"Suppress-If-Match: *",
    b"Suppress-If-Match: a,b",
    b"Security-Client: ipsec-3gpp;alg=hmac-md5-96;spi-c=1;spi-s=2;port-c=99999999;port-s=5",
    b"Security-Client: ;;;,,,",
    b"Security-Verify: x;q=0",
    b"Supported: eventlist, gruu, path, outbound",
    b'Authorization: Digest username="X",realm="X",nonce="AAAA",uri="sip:a",response="",auts="!"',
    b"Contact: "
    + b",".join(
        b'<sip:a%d@h>;reg-id=%d;+sip.instance="<urn:x:%d>"' % (n, n, n) for n in range(500)
    ),
    b"Contact: *",
    b"Contact: <" + AOR.encode() + b">",
    b"Contact: <sip:a@h>;reg-id=;+sip.instance",
    b"Content-Encoding: gzip",
    b"Content-Disposition: recipient-list;handling=optional",
    b"Content-Type: application/resource-lists+xml",
    b"Content-Type: application/pidf-diff+xml",
    b"Expires: 0",
    b"Expires: 99999999999",
    b"Record-Route: " + b",".join([b"<sip:a;lr>"] * 500),
    b"Path: <sip:a;lr;ob>",
    b"From: <sip:anonymous@anonymous.invalid>;tag=x",
)
BODIES = (
    b"<x/>",
    gzip.compress(b"\0" * 5_000_000),
    (LISTS % ("<list>" * 40 + '<entry uri="sip:a@b"/>' + "</list>" * 40)).encode(),
    (LISTS % ("<list>" + '<entry uri="/"/><entry uri="nope/users/x/y"/>' + "</list>")).encode(),
    (
        LISTS
        % "<list>%s</list>"
        % "".join(f'<entry uri="sip:u{n}@test-rcs.com"/>' for n in range(2000))
    ).encode(),
    b'<pidf-diff xmlns="urn:ietf:params:xml:ns:pidf-diff" version="2" entity="x">'
    + b'<remove sel="*/*[1]"/><add sel="*"><a/></add><replace sel="//*"/>' * 50
    + b"</pidf-diff>",
    b'<pidf-full xmlns="urn:ietf:params:xml:ns:pidf-diff" version="2" entity="sip:a@b"/>',
)


class Mutator:
    """Messages of a flow, torn and sewn together differently; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        played = play_flow(transport=self.random.choice((Transport.UDP, Transport.TCP)))
        self.messages = [each.raw for each in played.trace if each.source.host == UE_HOST]
        self._count = 0

    def mutated(self, message: bytes) -> bytes:
        head, _, body = message.partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        for _ in range(self.random.choice((1, 1, 2, 3, 6))):
            lines, body = self._changed(lines, body)
        lines = [each for each in lines if not each.lower().startswith(b"content-length")]
        self._count += 1
        data = b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])
        return re.sub(rb"branch=z9hG4bK[^;\r\n,]*", b"branch=z9hG4bKm%d" % self._count, data)

    def _changed(self, lines: list[bytes], body: bytes) -> tuple[list[bytes], bytes]:
        pick, at = self.random, self.random.randrange(len(lines))
        other, _, content = pick.choice(self.messages).partition(b"\r\n\r\n")
        match pick.randrange(8):
            case 0:
                return lines, pick.choice(BODIES)
            case 1 | 2:
                field = pick.choice(FIELDS)
                name = field.partition(b":")[0].lower() + b":"
                return [*(each for each in lines if not each.lower().startswith(name)), field], body
            case 3 if len(lines) > 2:
                return [*lines[:at], *lines[at + 1 :]], body
            case 4:
                place = pick.randrange(len(lines[at]) + 1)
                torn = lines[at][:place] + pick.choice(SPLICES) + lines[at][place + 1 :]
                return [*lines[:at], torn, *lines[at + 1 :]], body
            case 5:
                return [*lines, pick.choice(other.split(b"\r\n")[1:])], body
            case 6 if body:
                place = pick.randrange(len(body))
                return lines, body[:place] + pick.choice(SPLICES) + body[place + 1 :]
        return lines, content

    def profile(self) -> Profile:
        pick = self.random
        base = load_profile("documented")
        network = NetworkSettings(
            authentication=pick.choice(("none", "none", "digest")),
            notification_coding=pick.choice(("identity", "gzip", "deflate")),
            conditional_notification=pick.random() < 0.5,
            partial_state=pick.random() < 0.5,
            notifications=pick.choice(("rlmi", "plain")),
            notification_interval=pick.choice((0, 5)),
        )
        return base.model_copy(update={"network": network})


def timed(step: Iterator[list[Send]]) -> list[Send]:
    started = time.process_time()
    sends = next(step)
    assert time.process_time() - started < SECONDS
    return sends


@pytest.mark.parametrize("seed", range(3))
def test_network_lives_through_torn_messages(seed: int) -> None:
    mutator = Mutator(seed)
    pick = mutator.random
    for _ in range(20):
        network = Network(
            mutator.profile(),
            lambda: EPOCH,
            counted_ids("n"),
            [Peer(NETWORK_HOST, 5060), Peer(NETWORK_HOST, 5060, Transport.TCP)],
        )
        now = 0.0
        for message in mutator.messages:
            is_http = b"HTTP/1" in message.partition(b"\r\n")[0]
            kind = Transport.HTTP if is_http else pick.choice((Transport.UDP, Transport.TCP))
            source = Peer(UE_HOST, 40000 if is_http else 5060, kind)
            for data in (message, mutator.mutated(message)):
                sends = timed(network.receive(each, source, now) for each in [data])
                assert sends or not is_http
                answer(network, sends, now, pick)
            if pick.random() < 0.2:
                now += pick.choice((0.5, 40, 3700))
                run_until(network, now, pick)
        run_until(network, now + 1_000_000, pick)
        assert_empty(network)


def answer(network: Network, sends: list[Send], now: float, pick: random.Random) -> None:
    waiting = list(sends)
    for _ in range(500):
        if not waiting:
            return
        send = waiting.pop()
        request = parse(send.data) if send.destination.transport.is_sip else None
        if isinstance(request, Request) and pick.random() < 0.8:
            response = make_response(request, pick.choice((200, 200, 200, 481, 500)), to_tag="t")
            waiting += network.receive(response.raw, Peer(UE_HOST, 5060), now)
    pytest.fail("the network never runs out of news")


def run_until(network: Network, end: float, pick: random.Random) -> None:
    for _ in range(2000):
        deadline = network.next_deadline()
        if deadline is None or deadline > end:
            return
        answer(network, network.tick(deadline), deadline, pick)
    pytest.fail("the network never comes to rest")


def assert_empty(network: Network) -> None:
    """Nothing is left of anybody once all that has a lifetime has run out."""
    notifier = network.notifier
    for kept in ("_subscriptions", "_by_identity", "_indexed", "_touched"):
        assert not getattr(notifier, kept), kept
    assert not network.compositor._stored
    assert not network.registrar._bindings
    assert not network.server.watchers._watchers
    assert not network._outgoing._waiting
    assert len(network._transactions) == 0


# -- what was found ----------------------------------------------------------------------------


def in_dialog(
    link: Link, event: str, headers: list[tuple[str, str]], cseq: int, first: Response
) -> Response:
    return link.subscribe(
        event,
        headers=headers,
        call_id=first.call_id,
        from_tag="t",
        to=first.headers.get("To"),
        cseq=cseq,
    )


def test_contact_that_is_an_address_of_record_does_not_lead_in_circles() -> None:
    link = Link()
    link.register([("Contact", f"<{AOR}>")])
    contact = [("Event", "presence.winfo"), ("Contact", f"<{AOR}>"), ("Expires", "600")]
    assert link.send("SUBSCRIBE", AOR, contact).status == 200
    assert len(link.notifies()) == 1


def test_resources_of_no_usage_are_watched_in_vain() -> None:
    link = Link()
    for selector in ("nope/users/sip:x@test-rcs.com/index", "/", "a/", "nope/global/x/~~/y"):
        assert link.subscribe(f'ua-profile;document="{selector}"').status == 200


def test_collections_are_found_however_they_are_escaped() -> None:
    link = Link()
    provision(link)
    link.subscribe(f'ua-profile;document="rls-services/users/{XUI}/"')
    assert b"rls-services/users/" in link.notifies()[-1].body


def test_watchers_without_room_do_not_push_each_other_out() -> None:
    link = Link(limits=Limits(watchers_per_presentity=3))
    provision(link)
    body = (LISTS % f'<list><entry uri="{AOR}"/></list>').encode()
    headers = [
        ("Event", "presence"),
        ("Contact", "<sip:192.0.2.1:5060>"),
        ("Expires", "600"),
        ("Supported", "eventlist"),
        ("Content-Type", "application/resource-lists+xml"),
    ]
    for number in range(6):
        sender = f"sip:w{number}@test-rcs.com"
        assert link.send("SUBSCRIBE", AOR, headers, body, sender=sender).status == 200
    assert len(link.notifies()) < 20


def test_subscription_that_ended_without_a_word_stays_ended() -> None:
    link = Link(profile(conditional_notification=True))
    link.register()
    link.answers_notify = None
    first = link.subscribe("reg", from_tag="t")
    ends = [("Expires", "0"), ("Suppress-If-Match", "*")]
    assert in_dialog(link, "reg", ends, 2, first).status == 204
    link.answer(link.notifies()[-1])
    link.register()
    assert len(link.notifies()) == 1
    assert not link.network.notifier._by_identity


def test_condition_ends_with_the_state_that_it_names() -> None:
    link = Link(profile(conditional_notification=True))
    published = link.publish()
    first = link.subscribe("presence", from_tag="t")
    tag = link.notifies()[-1].headers.get("SIP-ETag", "")
    assert in_dialog(link, "presence", [("Suppress-If-Match", tag)], 2, first).status == 204
    assert link.network.notifier.is_quiet(link.network.notifier.subscriptions(AOR)[0], link.now)
    told = []
    for state in (b"closed", b"open"):
        headers = [("SIP-If-Match", published.etag or "")]
        published = link.publish(PIDF.replace(b"open", state), headers)
        told.append(link.notifies()[-1].body)
    assert [b"closed" in each for each in told] == [True, False]


def test_refresh_chooses_type_and_coding_anew() -> None:
    link = Link(profile(notification_coding="gzip"))
    link.publish()
    wishes = [("Accept", "application/pidf-diff+xml"), ("Accept-Encoding", "gzip")]
    first = link.subscribe("presence", headers=wishes, from_tag="t")
    in_dialog(link, "presence", [("Accept", "application/pidf+xml")], 2, first)
    assert in_dialog(link, "presence", [("Accept", "text/plain")], 3, first).status == 406
    shown = [
        (str(each.headers.get("Content-Type")), each.headers.get("Content-Encoding"))
        for each in link.notifies()
    ]
    assert shown == [("application/pidf-diff+xml", "gzip"), ("application/pidf+xml", None)]


def test_refused_notification_is_followed_by_the_whole_state() -> None:
    link = Link()
    published = link.publish()
    link.subscribe("presence", headers=[("Accept", "application/pidf-diff+xml")])
    link.answers_notify = 500
    headers = [("SIP-If-Match", published.etag or "")]
    published = link.publish(PIDF.replace(b"open", b"closed"), headers)
    link.publish(PIDF, [("SIP-If-Match", published.etag or "")])
    bodies = [each.body for each in link.notifies()]
    assert [b"pidf-full" in each for each in bodies] == [True, False, True]


def test_thousands_of_contacts_are_refused_at_once() -> None:
    link = Link()
    contacts = [("Contact", f"<sip:a{n}@h{n}>") for n in range(3000)]
    started = time.process_time()
    assert link.register(contacts).status == 403
    assert time.process_time() - started < SECONDS
    assert link.network.registrar.bindings(AOR) == ()


@pytest.mark.parametrize("count", [1500])
def test_references_are_followed_in_bounded_time(count: int) -> None:
    link = Link()
    provision(link)
    entries = "".join(f'<entry uri="sip:u{n}@test-rcs.com"/>' for n in range(2000))
    externals = "".join(f'<external anchor="{ROOT}/list[1]?{n}"/>' for n in range(count))
    lists = LISTS % f'<list name="a">{entries}</list><list name="rcs">{externals}</list>'
    target, kind = f"/resource-lists/users/{XUI}/index", "application/resource-lists+xml"
    assert link.xcap("PUT", target, kind, lists.encode()).status == 200
    started = time.process_time()
    supported = [("Supported", "eventlist")]
    assert link.subscribe("presence", LIST_URI, supported).status == 200
    assert time.process_time() - started < SECONDS
    assert b"sip:u511@test-rcs.com" in link.notifies()[-1].body


def test_elements_that_are_too_much_are_left_out() -> None:
    link = Link()
    entries = "".join(f'<entry uri="sip:u{n}@test-rcs.com"/>' for n in range(4000))
    lists = (LISTS % f'<list name="a">{entries}</list>').encode()
    target, kind = f"/resource-lists/users/{XUI}/index", "application/resource-lists+xml"
    assert link.xcap("PUT", target, kind, lists).status == 201
    uris = "".join(f'<entry uri="{target[1:]}/~~/*?{n}"/>' for n in range(2000))
    headers = [
        ("Event", "xcap-diff"),
        ("Contact", "<sip:192.0.2.1:5060>"),
        ("Expires", "600"),
        ("Content-Type", "application/resource-lists+xml"),
    ]
    body = (LISTS % f"<list>{uris}</list>").encode()
    assert link.send("SUBSCRIBE", AOR, headers, body).status == 200
    assert len(link.notifies()[-1].body) < 1 << 19


def test_documents_are_held_within_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link(limits=Limits(published_octets=1000))
    published = link.publish()
    for _ in range(20):
        # What replaces another takes its room.
        published = link.publish(headers=[("SIP-If-Match", published.etag or "")])
        assert published.status == 200
    assert link.publish(PIDF.replace(b"open", b"open" + b" " * 1000)).status == 503
    link.advance(4000)
    assert link.network.compositor._octets == 0

    monkeypatch.setattr("harness.network.xdms.MAX_OCTETS", 1000)
    target, kind = f"/resource-lists/users/{XUI}/index", "application/resource-lists+xml"
    assert link.xcap("PUT", target, kind, (LISTS % (" " * 2000)).encode()).status == 507
    assert link.xcap("PUT", target, kind, (LISTS % "").encode()).status == 201
    assert link.xcap("DELETE", target).status == 200
    assert link.network.xdms._store.octets == 0
