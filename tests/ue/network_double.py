"""The other end of a conversation with the reference UE, played by a test.

Answers everything as a plain, willing network does; a test replaces single answers, sends requests
of its own, and lets time jump.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.model import Peer, Send, Transport
from harness.sip.message import Request, Response, make_raw, make_response, parse
from harness.ue.agent import ReferenceUe
from harness.ue.defects import DEFECTS
from harness.ue.personas import PERSONAS
from harness.ue.settings import Settings
from harness.xcap.http import HttpRequest, make_http_response, parse_http

P_CSCF = Peer("192.0.2.2", 5060, Transport.UDP)
XDMS = Peer("192.0.2.3", 8080, Transport.HTTP)
UE = Peer("192.0.2.1", 5060, Transport.UDP)
IDENTITY = "sip:+339012341234@test-rcs.com"
BUDDY = "sip:+330123456789@test-rcs.com"
EPOCH = 1403159445.0  # 2014-06-19T06:30:45Z

DIRECTORY = b"""<?xml version="1.0" encoding="UTF-8"?>
<xcap-directory xmlns="urn:oma:xml:xdm:xcap-directory">
<folder auid="rls-services"/><folder auid="resource-lists"/>
<folder auid="org.openmobilealliance.pres-rules"/></xcap-directory>"""
EMPTY_LIST = b'<list name="rcs"><display-name>My presence buddies</display-name></list>'

Reply = tuple[int, list[tuple[str, str]], bytes]
SipRule = Callable[[Request], "Reply | None"]
HttpRule = Callable[[HttpRequest], "Reply | None"]


def settings(**changes: object) -> Settings:
    base = Settings(
        registrar=P_CSCF,
        domain="test-rcs.com",
        xcap_root="http://192.0.2.3:8080/",
        identity=IDENTITY,
        local=UE,
        display_name="test user",
        impi="user@test-rcs.com",
        password="secret",
    )
    if "persona" in changes:
        changes["persona"] = PERSONAS[str(changes["persona"])]
    if "defects" in changes:
        names = changes["defects"]
        assert isinstance(names, (list, tuple))
        changes["defects"] = tuple(DEFECTS[name] for name in names)
    return replace(base, **changes)  # type: ignore[arg-type]  # a test names what it changes


@dataclass
class Subscribed:
    """A subscription as the double holds it."""

    subscribe: Request
    tag: str
    cseq: int = 0


class NetworkDouble:
    """Talks to a UE: `play` answers until the UE is silent, `wait` jumps over time."""

    def __init__(self, **changes: object) -> None:
        self._ids = itertools.count(1)
        self.ue = ReferenceUe(settings(**changes), lambda: EPOCH + self.now, self._new_id)
        self.now = 0.0
        self.sends: list[Send] = []
        self.sip_rules: list[SipRule] = []
        self.http_rules: list[HttpRule] = []
        self.silent = False
        self.record_route = ""
        self.subscriptions: dict[str, Subscribed] = {}
        self._pending: list[Send] = []
        self._tags = itertools.count(1)
        self._branches = itertools.count(1)

    def _new_id(self) -> str:
        return f"id{next(self._ids):04d}"

    # -- what was sent ----------------------------------------------------------------------

    def requests(self, method: str = "", package: str = "") -> list[Request]:
        """SIP requests of the UE, retransmissions once."""
        seen: dict[bytes, Request] = {}
        for send in self.sends:
            message = parse(send.data) if send.destination.transport.is_sip else None
            if isinstance(message, Request) and message.method in (method or message.method,):
                seen.setdefault(send.data, message)
        found = list(seen.values())
        return [each for each in found if not package or _package(each) == package]

    def responses(self, method: str = "") -> list[Response]:
        parsed = [parse(send.data) for send in self.sends if send.destination.transport.is_sip]
        found = [each for each in parsed if isinstance(each, Response)]
        return [each for each in found if not method or each.method == method]

    def http(self, method: str = "", part: str = "") -> list[HttpRequest]:
        data = [send.data for send in self.sends if not send.destination.transport.is_sip]
        parsed = [parse_http(each) for each in data]
        found = [each for each in parsed if isinstance(each, HttpRequest)]
        return [each for each in found if method in ("", each.method) and part in each.target]

    # -- the conversation -------------------------------------------------------------------

    def start(self) -> NetworkDouble:
        self.took(self.ue.start(self.now))
        return self.play()

    def play(self) -> NetworkDouble:
        """Answer what the UE sent until it is silent."""
        for _ in range(500):
            if not self._pending:
                return self
            send = self._pending.pop(0)
            if self.silent:
                continue
            if send.destination.transport.is_sip:
                self._answer_sip(send)
            else:
                self._answer_http(send)
        raise AssertionError("the UE does not fall silent")

    def wait(self, seconds: float) -> NetworkDouble:
        """Let time pass, each timer at its moment, answering all the while."""
        end = self.now + seconds
        for _ in range(2000):
            deadline = self.ue.next_deadline()
            if deadline is None or deadline > end:
                self.now = end
                return self
            self.now = max(self.now, deadline)
            self.took(self.ue.tick(self.now))
            self.play()
        raise AssertionError("the UE never rests")

    def hear(self, data: bytes, source: Peer = P_CSCF) -> NetworkDouble:
        """Give the UE a message."""
        self.took(self.ue.receive(data, source, self.now))
        return self.play()

    def ask(self, request: Request, source: Peer = P_CSCF) -> Response:
        """Give the UE a request; its answer."""
        before = len(self.sends)
        self.hear(request.raw, source)
        answers = [parse(send.data) for send in self.sends[before:]]
        found = [each for each in answers if isinstance(each, Response)]
        assert found, "no answer"
        return found[0]

    def took(self, sends: list[Send]) -> None:
        self.sends += sends
        self._pending += sends

    def _answer_sip(self, send: Send) -> None:
        message = parse(send.data)
        if not isinstance(message, Request):
            return
        for rule in list(self.sip_rules):
            reply = rule(message)
            if reply is not None:
                status, headers, _ = reply
                if not status:
                    return
                tag = f"net{next(self._tags)}"
                if message.method == "SUBSCRIBE" and status < 300 and is_new(message):
                    self.remember(message, tag)
                self.respond(message, status, headers, send.destination, tag)
                return
        ANSWERS[message.method](self, message, send.destination)

    def remember(self, subscribe: Request, tag: str) -> None:
        """Hold the subscription that `subscribe` made; `tag` is ours."""
        self.subscriptions[_package(subscribe)] = Subscribed(subscribe, tag)

    def respond(
        self,
        request: Request,
        status: int,
        headers: list[tuple[str, str]],
        source: Peer = P_CSCF,
        tag: str = "",
    ) -> None:
        tag = tag or f"net{next(self._tags)}"
        response = make_response(request, status, headers=headers, to_tag=tag)
        self.took(self.ue.receive(response.raw, source, self.now))

    def _answer_http(self, send: Send) -> None:
        request = parse_http(send.data)
        assert isinstance(request, HttpRequest)
        for rule in list(self.http_rules):
            reply = rule(request)
            if reply is not None:
                if reply[0]:
                    self.respond_http(reply)
                return
        if request.method == "PUT":
            self.respond_http((201, [("ETag", '"e1"')], b""))
        elif "xcap-directory" in request.target:
            kind = [("Content-Type", "application/vnd.oma.xcap-directory+xml")]
            self.respond_http((200, kind, DIRECTORY))
        else:
            kind = [("Content-Type", "application/xcap-el+xml"), ("ETag", '"e0"')]
            self.respond_http((200, kind, EMPTY_LIST))

    def respond_http(self, reply: Reply) -> None:
        status, headers, body = reply
        data = make_http_response(status, "Reason", headers, body)
        self.took(self.ue.receive(data, XDMS, self.now))

    # -- requests of the network ------------------------------------------------------------

    def request(
        self, method: str, *headers: tuple[str, str], body: bytes = b"", **fields: str
    ) -> Request:
        """A request to the UE; `fields` replace From, To, Call-ID, CSeq (call_id=...) or uri."""
        number = next(self._branches)
        branch = f"z9hG4bKnet{number}"
        base = [
            ("Via", f"SIP/2.0/UDP 192.0.2.2:5060;branch={branch};rport"),
            ("Max-Forwards", "69"),
            ("From", fields.get("from_", f"<{BUDDY}>;tag=b{number}")),
            ("To", fields.get("to", f"<{IDENTITY}>")),
            ("Call-ID", fields.get("call_id", f"net{number}")),
            ("CSeq", fields.get("cseq", f"1 {method}")),
            *headers,
            ("Content-Length", str(len(body))),
        ]
        uri = fields.get("uri", "sip:192.0.2.1:5060;transport=udp")
        made = make_raw(f"{method} {uri} {fields.get('version', 'SIP/2.0')}", base, body)
        assert isinstance(made, Request)
        return made

    def notify(
        self,
        package: str,
        body: bytes = b"",
        content_type: str = "",
        state: str = "active;expires=3600",
        **fields: str,
    ) -> Request:
        """The next NOTIFY of a subscription; `fields` as in `request`, and event, contact."""
        subscribed = self.subscriptions[package]
        subscribed.cseq += 1
        subscribe = subscribed.subscribe
        assert subscribe.from_ is not None
        assert subscribe.call_id is not None
        headers = [
            ("Contact", fields.pop("contact", "<sip:presence@192.0.2.2>")),
            ("Event", fields.pop("event", package)),
            ("Subscription-State", state),
        ]
        if route := fields.pop("record_route", self.record_route):
            headers.append(("Record-Route", route))
        if content_type:
            headers.append(("Content-Type", content_type))
        known = {
            "from_": f"<{IDENTITY}>;tag={subscribed.tag}",
            "to": f"<{IDENTITY}>;tag={subscribe.from_.tag}",
            "call_id": subscribe.call_id,
            "cseq": f"{subscribed.cseq} NOTIFY",
        }
        headers = [field for field in headers if field[1]]
        return self.request("NOTIFY", *headers, body=body, **(known | fields))

    def winfo(self, version: int, *watchers: tuple[str, str], state: str = "full") -> Request:
        """A watcherinfo NOTIFY; watchers are URI and status."""
        rows = "".join(
            f'<watcher id="{uri}" status="{status}" event="subscribe">{uri}</watcher>'
            for uri, status in watchers
        )
        body = (
            f'<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="{version}" '
            f'state="{state}"><watcher-list resource="{IDENTITY}" package="presence">{rows}'
            "</watcher-list></watcherinfo>"
        )
        return self.notify("presence.winfo", body.encode(), "application/watcherinfo+xml")


def is_new(request: Request) -> bool:
    return request.to is None or request.to.tag is None


def _package(request: Request) -> str:
    return request.event.package if request.event is not None else ""


def _register(double: NetworkDouble, request: Request, source: Peer) -> None:
    expires = str(request.expires or 0)
    contact = request.contacts[0].uri if request.contacts else ""
    headers = [("Contact", f"<{contact}>;expires={expires}")] if expires != "0" else []
    double.respond(request, 200, headers, source)


def _subscribe(double: NetworkDouble, request: Request, source: Peer) -> None:
    package = _package(request)
    begins = is_new(request)
    if begins:
        double.remember(request, f"dialog{next(double._tags)}")
    expires = request.expires or 0
    headers = [("Contact", "<sip:presence@192.0.2.2>"), ("Expires", str(expires))]
    double.respond(request, 200, headers, source, double.subscriptions[package].tag)
    state = f"active;expires={expires}" if expires else "terminated;reason=timeout"
    first = package == "presence.winfo" and begins
    notify = double.winfo(0) if first else double.notify(package, state=state)
    double.hear(notify.raw)


def _publish(double: NetworkDouble, request: Request, source: Peer) -> None:
    tag = f"etag{next(double._tags)}"
    expires = str(request.expires or 0)
    double.respond(request, 200, [("Expires", expires), ("SIP-ETag", tag)], source)


ANSWERS: dict[str, Callable[[NetworkDouble, Request, Peer], None]] = {
    "REGISTER": _register,
    "SUBSCRIBE": _subscribe,
    "PUBLISH": _publish,
}


def only(method: str, *replies: Reply, package: str = "") -> SipRule:
    """Answer requests of a method with these replies in turn; a status of 0 is silence."""
    rest = list(replies)

    def rule(request: Request) -> Reply | None:
        if request.method != method or not rest or (package and _package(request) != package):
            return None
        return rest.pop(0)

    return rule


def only_http(method: str, part: str, *replies: Reply) -> HttpRule:
    """Answer HTTP requests of a method whose target holds `part` with these replies in turn."""
    rest = list(replies)

    def rule(request: HttpRequest) -> Reply | None:
        if request.method != method or part not in request.target or not rest:
            return None
        return rest.pop(0)

    return rule
