"""A network under test and a UE's side of the wire: messages go by hand, the clock jumps."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from harness.config import Network as NetworkSettings
from harness.config import Profile
from harness.model import Peer, Send, Transport
from harness.network.limits import DEFAULT_LIMITS, Limits
from harness.network.network import Network
from harness.sip.message import Request, Response, make_request, make_response, parse
from harness.xcap.http import HttpResponse, parse_http

UE = Peer("192.0.2.1", 5060)
NETWORK = Peer("192.0.2.2", 5060)
NETWORK_TCP = Peer("192.0.2.2", 5060, Transport.TCP)
AOR = "sip:+339012341234@test-rcs.com"
BUDDY = "sip:+330123456789@test-rcs.com"
EPOCH = 1_403_159_445.0
ALLOWED_EVENTS = ("presence", "reg", "xcap-diff", "ua-profile")

Headers = Iterable[tuple[str, str]]


def counter(prefix: str = "id") -> Callable[[], str]:
    """Tokens that count up, so that a failing test reads the same each time."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers)}"


def profile(**network: object) -> Profile:
    """The default profile with some of the network's settings changed."""
    return Profile(name="test", network=NetworkSettings(**network))  # type: ignore[arg-type]


class Link:
    """One UE and the network; `now` is the clock of both."""

    def __init__(self, settings: Profile | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        self.now = 0.0
        self.network = Network(
            settings or profile(),
            lambda: EPOCH + self.now,
            counter("net"),
            (NETWORK, NETWORK_TCP),
            limits=limits,
        )
        self._new = counter("ue")
        self.inbox: list[Request | Response] = []
        self.sent: list[Send] = []
        self.answers_notify: int | None = 200

    # -- the wire ----------------------------------------------------------------------------

    def deliver(self, sends: list[Send]) -> None:
        """Take what the network sent; NOTIFY and OPTIONS are answered at once."""
        for send in sends:
            self.sent.append(send)
            message = parse(send.data)
            self.inbox.append(message)
            if isinstance(message, Request) and self.answers_notify is not None:
                self.answer(message, self.answers_notify)

    def answer(self, request: Request, status: int = 200, headers: Headers = ()) -> None:
        response = make_response(request, status, headers=headers, to_tag=self._new())
        self.deliver(self.network.receive(response.raw, UE, self.now))

    def raw(self, data: bytes, source: Peer = UE) -> list[Request | Response]:
        """Send bytes; gives what came back."""
        before = len(self.inbox)
        self.deliver(self.network.receive(data, source, self.now))
        return self.inbox[before:]

    def advance(self, seconds: float) -> list[Request | Response]:
        """Let time pass, firing timers on the way; gives what the network sent meanwhile."""
        before = len(self.inbox)
        end = self.now + seconds
        while (deadline := self.network.next_deadline()) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.deliver(self.network.tick(self.now))
        self.now = end
        self.deliver(self.network.tick(end))
        return self.inbox[before:]

    # -- SIP ---------------------------------------------------------------------------------

    def send(
        self,
        method: str,
        uri: str = AOR,
        headers: Headers = (),
        body: bytes = b"",
        *,
        sender: str = AOR,
        to: str | None = None,
        call_id: str | None = None,
        cseq: int = 1,
        from_tag: str | None = None,
        source: Peer = UE,
        via: str = "",
    ) -> Response:
        """Send a request; gives its final response."""
        request = make_request(
            method,
            uri,
            [
                ("Via", f"SIP/2.0/UDP {source};branch=z9hG4bK{self._new()};rport{via}"),
                ("Max-Forwards", "70"),
                ("From", f'"test user" <{sender}>;tag={from_tag or self._new()}'),
                ("To", to or f"<{sender}>"),
                ("Call-ID", call_id or self._new()),
                ("CSeq", f"{cseq} {method}"),
                *headers,
            ],
            body,
        )
        replies = self.raw(request.raw, source)
        return next(
            each
            for each in replies
            if isinstance(each, Response) and each.top_via and each.call_id == request.call_id
        )

    def register(self, headers: Headers = (), **values: object) -> Response:
        contact = ("Contact", "<sip:192.0.2.1:5060>")
        given = list(headers)
        if not any(name == "Contact" for name, _ in given):
            given.append(contact)
        return self.send("REGISTER", "sip:test-rcs.com", given, **values)  # type: ignore[arg-type]

    def subscribe(
        self, event: str = "presence.winfo", uri: str = AOR, headers: Headers = (), **values: object
    ) -> Response:
        given = [("Event", event), ("Contact", "<sip:192.0.2.1:5060>"), *headers]
        if not any(name == "Expires" for name, _ in given):
            given.append(("Expires", "3600"))
        return self.send("SUBSCRIBE", uri, given, **values)  # type: ignore[arg-type]

    def publish(
        self, body: bytes | None = None, headers: Headers = (), **values: object
    ) -> Response:
        given = [("Event", "presence"), *headers]
        document = PIDF if body is None else body
        if document:
            given.append(("Content-Type", "application/pidf+xml"))
        return self.send("PUBLISH", AOR, given, document, **values)  # type: ignore[arg-type]

    def notifies(self) -> list[Request]:
        """Every NOTIFY that the network has sent."""
        return [
            each for each in self.inbox if isinstance(each, Request) and each.method == "NOTIFY"
        ]

    # -- XCAP --------------------------------------------------------------------------------

    def xcap(
        self, method: str, target: str, content_type: str = "", body: bytes = b""
    ) -> HttpResponse:
        lines = [
            f"{method} {target} HTTP/1.1",
            "Host: 192.0.2.2:8080",
            f"Content-Length: {len(body)}",
            'X-3GPP-Intended-Identity: "X"',
        ]
        if content_type:
            lines.append(f"Content-Type: {content_type}")
        data = "\r\n".join([*lines, "", ""]).encode() + body
        source = Peer("192.0.2.1", 40000, Transport.HTTP)
        first, *others = self.network.receive(data, source, self.now)
        self.deliver(others)
        response = parse_http(first.data, method)
        assert isinstance(response, HttpResponse)
        return response


PIDF = (
    f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{AOR}">'
    '<tuple id="t1"><status><basic>open</basic></status></tuple></presence>'
).encode()

PERSON = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<presence xmlns="urn:ietf:params:xml:ns:pidf"'
    ' xmlns:pdm="urn:ietf:params:xml:ns:pidf:data-model"'
    ' xmlns:op="urn:oma:xml:prs:pidf:oma-pres"'
    f' entity="{AOR}"><pdm:person id="p1"><op:overriding-willingness><op:basic>open</op:basic>'
    "</op:overriding-willingness></pdm:person></presence>"
).encode()

XUI = "sip%3A%2B339012341234%40test-rcs.com"
ROOT = f"http://192.0.2.2:8080/resource-lists/users/{XUI}/index/~~/resource-lists"
LIST_RCS = f"{ROOT}/list%5B@name=%22rcs%22%5D"
LIST_URI = f"{AOR};pres-list=rcs"

RLS_SERVICES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<rls-services xmlns="urn:ietf:params:xml:ns:rls-services">'
    f'<service uri="{AOR};pres-list=rcs"><resource-list>{LIST_RCS}</resource-list>'
    "<packages><package>presence</package></packages></service></rls-services>"
).encode()

RESOURCE_LISTS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
    f'<list name="oma_grantedcontacts"><external anchor="{LIST_RCS}"/></list>'
    '<list name="oma_blockedcontacts">'
    f'<external anchor="{ROOT}/list%5B@name=%22rcs_blockedcontacts%22%5D"/></list>'
    '<list name="rcs"><display-name>My presence buddies</display-name></list>'
    '<list name="rcs_blockedcontacts"><display-name>My blocked contacts</display-name></list>'
    "</resource-lists>"
).encode()


def _rule(name: str, condition: str, handling: str, *, shows: bool = False) -> str:
    transformations = (
        "<cr:transformations><pr:provide-services><pr:all-services/></pr:provide-services>"
        "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"
        "<pr:provide-devices><pr:all-devices/></pr:provide-devices>"
        "<pr:provide-all-attributes/></cr:transformations>"
    )
    return (
        f'<cr:rule id="{name}"><cr:conditions>{condition}</cr:conditions>'
        f"<cr:actions><pr:sub-handling>{handling}</pr:sub-handling></cr:actions>"
        f"{transformations if shows else ''}</cr:rule>"
    )


def external(name: str) -> str:
    """The condition that a watcher is in one of the user's lists."""
    return (
        "<ocp:external-list>"
        f'<ocp:entry anc="{ROOT}/list%5B@name=%22{name}%22%5D"/></ocp:external-list>'
    )


PRES_RULES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<cr:ruleset xmlns:ocp="urn:oma:xml:xdm:common-policy"'
    ' xmlns:pr="urn:ietf:params:xml:ns:pres-rules"'
    ' xmlns:cr="urn:ietf:params:xml:ns:common-policy">'
    + _rule(
        "wp_prs_allow_own",
        f'<cr:identity><cr:one id="{AOR}"/></cr:identity>',
        "allow",
        shows=True,
    )
    + _rule("wp_prs_unlisted", "<ocp:other-identity/>", "confirm")
    + _rule("wp_prs_grantedcontacts", external("oma_grantedcontacts"), "allow", shows=True)
    + _rule("wp_prs_blockedcontacts", external("oma_blockedcontacts"), "block")
    + "</cr:ruleset>"
).encode()


def provision(link: Link) -> None:
    """H3 to H8: the three documents of the flow."""
    documents = (
        ("rls-services", "index", "application/rls-services+xml", RLS_SERVICES),
        ("resource-lists", "index", "application/resource-lists+xml", RESOURCE_LISTS),
        (
            "org.openmobilealliance.pres-rules",
            "pres-rules",
            "application/auth-policy+xml",
            PRES_RULES,
        ),
    )
    for usage, name, content_type, body in documents:
        response = link.xcap("PUT", f"/{usage}/users/{XUI}/{name}", content_type, body)
        assert response.status == 201, response.body


def put_entry(link: Link, uri: str, name: str = "rcs") -> None:
    """H11 and H13: an entry of a list."""
    quoted = uri.replace(":", "%3A").replace("+", "%2B").replace("@", "%40").replace(";", "%3B")
    target = (
        f"/resource-lists/users/{XUI}/index/~~/resource-lists/list%5B@name=%22{name}%22%5D"
        f"/entry%5B@uri=%22{quoted}%22%5D"
    )
    body = f"<entry uri='{uri}'></entry>".encode()
    response = link.xcap("PUT", target, "application/xcap-el+xml", body)
    assert response.status == 201, response.body
