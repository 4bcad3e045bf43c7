"""Conversations between a UE and a network, written as data, for tests of the judge."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from harness.checks.judge import Judge, Judged
from harness.config import Profile, load_profile
from harness.model import Peer, Transport
from harness.sip.message import Request, parse
from harness.trace import Trace

UE = Peer("10.0.0.1", 5060)
NETWORK = Peer("10.0.0.9", 5060)
AOR = "sip:alice@example.com"
CONTACT = "<sip:alice@10.0.0.1:5060>"
PIDF = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@example.com">'
    b'<tuple id="t1"><status><basic>open</basic></status></tuple></presence>'
)

Value = str | int | None | list[str]

_branches = itertools.count(1)

_FIELDS: dict[str, dict[str, Value]] = {
    "REGISTER": {"Contact": CONTACT, "Expires": 3600},
    "SUBSCRIBE": {
        "Contact": CONTACT,
        "Event": "presence",
        "Expires": 3600,
        "Accept": "application/pidf+xml",
    },
    "NOTIFY": {
        "Contact": "<sip:server@10.0.0.9>",
        "Event": "presence",
        "Subscription-State": "active;expires=3600",
    },
    "PUBLISH": {"Event": "presence", "Expires": 3600, "Content-Type": "application/pidf+xml"},
    "OPTIONS": {"Accept": "application/sdp"},
}


@dataclass(frozen=True)
class Step:
    """One message: who sends it, its bytes, and how long after the one before (seconds)."""

    sender: str
    raw: bytes
    after: float = 0.1
    transport: Transport = Transport.UDP
    port: int | None = None
    """The network's port, where it is another than usual."""

    def __bytes__(self) -> bytes:
        return self.raw


def ue(raw: bytes, after: float = 0.1, transport: Transport = Transport.UDP) -> Step:
    return Step("ue", raw, after, transport)


def net(raw: bytes, after: float = 0.1, transport: Transport = Transport.UDP) -> Step:
    return Step("network", raw, after, transport)


def over_tcp(steps: Iterable[Step]) -> list[Step]:
    return [replace(step, transport=Transport.TCP) for step in steps]


def message(start_line: str, fields: dict[str, Value], body: bytes = b"") -> bytes:
    """Assemble a message; a value of None leaves the field out, a list makes several rows."""
    lines = [start_line]
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        lines += [f"{name.rstrip('_')}: {each}" for each in values if each is not None]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


def request(
    method: str,
    uri: str | None = None,
    *,
    cseq: int = 1,
    call: str | None = None,
    tag: str = "alice-1",
    to_tag: str | None = None,
    branch: str | None = None,
    sender: str = "ue",
    body: bytes | None = None,
    fields: dict[str, Value] | None = None,
) -> bytes:
    """A request that keeps all rules, but for what the arguments change.

    `tag` is that of the sender, `fields` replaces header fields by their name.
    """
    peer, target = (UE, AOR) if sender == "ue" else (NETWORK, "sip:alice@10.0.0.1:5060")
    if method == "REGISTER":
        target = "sip:example.com"
    if body is None:
        body = PIDF if method == "PUBLISH" else b""
    to = AOR + ">" + (f";tag={to_tag}" if to_tag else "")
    all_fields: dict[str, Value] = {
        "Via": f"SIP/2.0/UDP {peer};branch={branch or f'z9hG4bK{next(_branches)}'};rport",
        "Max-Forwards": 70,
        "From": f"<{AOR}>;tag={tag}",
        "To": f"<{to}",
        "Call-ID": call or f"{method.lower()}-call",
        "CSeq": f"{cseq} {method}",
        **_FIELDS.get(method, {}),
        "Content-Length": len(body),
    }
    if not body:
        all_fields.pop("Content-Type", None)
    return message(f"{method} {uri or target} SIP/2.0", {**all_fields, **(fields or {})}, body)


def answer(
    to: bytes | Step,
    status: int = 200,
    *,
    to_tag: str | None = "bob-1",
    body: bytes = b"",
    fields: dict[str, Value] | None = None,
) -> bytes:
    """A response to a request that keeps all rules, but for what the arguments change."""
    asked = parse(bytes(to))
    assert isinstance(asked, Request)
    to_value = asked.headers.get("To", "")
    if ";tag=" not in to_value and to_tag:
        to_value += f";tag={to_tag}"
    own: dict[str, Value] = {}
    if asked.method == "REGISTER" and status == 200 and asked.expires:
        own = {"Contact": f"{CONTACT};expires={asked.expires}"}
    if asked.method == "SUBSCRIBE" and status == 200:
        own = {"Contact": "<sip:server@10.0.0.9>", "Expires": asked.expires}
    if asked.method == "PUBLISH" and status == 200:
        own = {"SIP-ETag": "etag-1", "Expires": asked.expires}
    all_fields: dict[str, Value] = {
        "Via": [row.value for row in asked.headers.rows("Via")],
        "From": asked.headers.get("From"),
        "To": to_value,
        "Call-ID": asked.call_id,
        "CSeq": asked.headers.get("CSeq"),
        **own,
        "Content-Length": len(body),
    }
    return message(f"SIP/2.0 {status} Reason", {**all_fields, **(fields or {})}, body)


def subscribed(
    *,
    response: dict[str, Value] | None = None,
    notify: dict[str, Value] | None = None,
    subscribe: dict[str, Value] | None = None,
) -> list[Step]:
    """A subscription that was accepted and notified once: CSeq 1 in both directions."""
    first = request("SUBSCRIBE", fields=subscribe)
    notification = request(
        "NOTIFY",
        sender="network",
        call="subscribe-call",
        tag="bob-1",
        to_tag="alice-1",
        fields=notify,
    )
    return [
        ue(first),
        net(answer(first, fields=response)),
        net(notification),
        ue(answer(notification)),
    ]


def refresh(cseq: int = 2, **changes: object) -> bytes:
    """A SUBSCRIBE in the dialog of `subscribed`."""
    given = {"uri": "sip:server@10.0.0.9", "to_tag": "bob-1", "cseq": cseq, **changes}
    return request("SUBSCRIBE", **given)  # type: ignore[arg-type]  # passed on as given


def notification(cseq: int = 2, **changes: object) -> bytes:
    """A NOTIFY in the dialog of `subscribed`."""
    given = {
        "sender": "network",
        "call": "subscribe-call",
        "tag": "bob-1",
        "to_tag": "alice-1",
        "cseq": cseq,
        **changes,
    }
    return request("NOTIFY", **given)  # type: ignore[arg-type]  # passed on as given


@dataclass
class Verdicts:
    """What the judge said of a conversation."""

    judged: list[Judged] = field(default_factory=list)

    def ids(self, sender: str | None = None) -> list[str]:
        """The ids of all findings, in order."""
        return [
            finding.check
            for each in self.judged
            for finding in each.findings
            if sender in (None, finding.sender)
        ]

    def of(self, check: str) -> list[object]:
        """The findings of one check."""
        return [
            finding for each in self.judged for finding in each.findings if finding.check == check
        ]

    def must(self, sender: str = "ue") -> list[str]:
        """The ids of the MUST findings against one side."""
        return [
            finding.check
            for each in self.judged
            for finding in each.findings
            if finding.level == "must" and finding.sender == sender
        ]


def judge(
    steps: Iterable[Step | bytes],
    profile: Profile | str = "ietf",
    ues: Iterable[str] = (UE.host,),
    network: Peer = NETWORK,
) -> Verdicts:
    """Judge a conversation; bare bytes are the UE's."""
    chosen = load_profile(profile) if isinstance(profile, str) else profile
    referee = Judge(chosen, ues=ues)
    trace, now, verdicts = Trace(), 1000.0, Verdicts()
    for given in steps:
        step = given if isinstance(given, Step) else ue(given)
        now += step.after
        other = replace(network, port=step.port or network.port)
        peers = [replace(peer, transport=step.transport) for peer in (UE, other)]
        source, destination = peers if step.sender == "ue" else reversed(peers)
        connection = "tcp-1" if step.transport.is_reliable else ""
        entry = trace.append(step.raw, source, destination, now, connection=connection)
        verdicts.judged += referee.feed(entry)
    verdicts.judged += referee.finish(now)
    assert not referee.failures, referee.failures
    return verdicts


@dataclass(frozen=True)
class Case:
    """For one check: a conversation that it accepts, and one that it does not."""

    check: str
    good: list[Step | bytes]
    bad: list[Step | bytes]
    profile: Profile | str = "ietf"
    is_local: bool = False
    """Whether the network is on the UE's host."""

    def judge(self, steps: list[Step | bytes]) -> Verdicts:
        if self.is_local:
            return judge(steps, self.profile, (str(UE),), Peer(UE.host, 5090))
        return judge(steps, self.profile)
