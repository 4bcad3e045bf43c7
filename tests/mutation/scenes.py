"""Conversations of the reference UE that go on for hours, on a network that makes it work.

The network is the harness's own; `Meddler` stands before it, refuses some requests in its stead
and rewrites what it sends, as proxies and busy servers do.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.config import load_profile
from harness.model import Endpoint, Peer, Send
from harness.sip.message import Request, make_response, parse
from harness.trace import TraceEntry
from tests.virtual import NETWORK, play_flow, renumbered

Fields = list[tuple[str, str]]
Refusal = tuple[int, Fields]
Rule = Callable[[Request], Refusal | None]
Rewrite = Callable[[bytes, float], bytes]

_HOURS = 8000.0


@dataclass
class Meddler:
    """Stands before an endpoint: the first rule that refuses a request answers it."""

    inner: Endpoint
    rules: Sequence[Rule] = ()
    rewrites: Sequence[Rewrite] = ()
    now: float = 0.0
    _tags: itertools.count[int] = field(default_factory=itertools.count)

    def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
        message = parse(data) if source.transport.is_sip else None
        if isinstance(message, Request):
            refusal = next((found for rule in self.rules if (found := rule(message))), None)
            if refusal is not None:
                status, fields = refusal
                tag = f"proxy-{next(self._tags)}"
                response = make_response(message, status, headers=fields, to_tag=tag)
                return [Send(response.raw, source)]
        return self._rewritten(self.inner.receive(data, source, now), now)

    def tick(self, now: float) -> list[Send]:
        return self._rewritten(self.inner.tick(now), now)

    def next_deadline(self) -> float | None:
        return self.inner.next_deadline()

    def failed(self, send: Send, reason: str, now: float) -> list[Send]:
        return self._rewritten(self.inner.failed(send, reason, now), now)

    def _rewritten(self, sends: list[Send], now: float) -> list[Send]:
        changed = []
        for send in sends:
            data = send.data
            if send.destination.transport.is_sip:
                for rewrite in self.rewrites:
                    data = rewrite(data, now)
            changed.append(Send(data, send.destination, send.source))
        return changed


def _is_refresh(request: Request) -> bool:
    return request.to is not None and request.to.tag is not None


def challenge(*methods: str) -> Rule:
    """A proxy that asks each request without credentials for them, with a nonce of its own."""
    numbers = itertools.count(1)

    def rule(request: Request) -> Refusal | None:
        if request.method not in methods or "Proxy-Authorization" in request.headers:
            return None
        value = (
            f'Digest realm="X", nonce="proxy{next(numbers)}", opaque="5ccc", '
            'qop="auth", algorithm=MD5'
        )
        return 407, [("Proxy-Authenticate", value)]

    return rule


def once(status: int, fields: Fields, when: Callable[[Request], bool]) -> Rule:
    """Refuses the first request of this kind."""
    left = [1]

    def rule(request: Request) -> Refusal | None:
        if not left or not when(request):
            return None
        left.pop()
        return status, fields

    return rule


def record_routes(data: bytes, now: float) -> bytes:
    """Two more proxies stay on the way of dialogs (RFC 3261 §16.6), between UE and network."""
    near, far = f"<sip:{NETWORK}:5060;lr;p=1>", f"<sip:Edge@{NETWORK}:5060;lr>"
    routes = f"\r\nRecord-Route: {near}, {far}, ".encode()
    if data.startswith(b"NOTIFY"):
        return data.replace(b"\r\nRecord-Route: ", routes)
    if b" SUBSCRIBE\r\n" in data and data.startswith(b"SIP/2.0 2"):
        # Responses list the proxies as the SUBSCRIBE met them: the UE's nearest comes last.
        return re.sub(
            rb"\r\nRecord-Route: ([^\r]*)", rf"\r\nRecord-Route: \1, {far}, {near}".encode(), data
        )
    return data


def service_routes(data: bytes, now: float) -> bytes:
    """A second service proxy, its user part in mixed case."""
    return data.replace(b";lr>\r\nP-Ass", b";lr>, <sip:Term@192.0.2.2:5060;lr;x=Y>\r\nP-Ass")


def ended(after: float, package: str, reason: str) -> Rewrite:
    """The first NOTIFY of a package after a while ends its subscription."""
    left = [1]

    def rewrite(data: bytes, now: float) -> bytes:
        is_meant = data.startswith(b"NOTIFY") and f"\r\nEvent: {package}\r\n".encode() in data
        if now < after or not is_meant or not left:
            return data
        left.pop()
        state = f"Subscription-State: terminated;reason={reason}"
        return re.sub(rb"Subscription-State: [^\r]*", state.encode(), data)

    return rewrite


def _hours(rules: Sequence[Rule], rewrites: Sequence[Rewrite]) -> list[TraceEntry]:
    profile = load_profile("documented")
    network = profile.network.model_copy(
        update={"authentication": "digest", "max_registration": 3000}
    )
    played = play_flow(
        profile=profile.model_copy(update={"network": network}),
        around=lambda endpoint: Meddler(endpoint, rules, rewrites),
        stay=_HOURS,
    )
    return _without_keepalives(played.trace)


def _without_keepalives(trace: Sequence[TraceEntry]) -> list[TraceEntry]:
    return renumbered([each for each in trace if each.raw[:1].isalpha()])


def plain() -> list[TraceEntry]:
    """The documented flow and the UE's good-bye."""
    return _without_keepalives(play_flow().trace)


def day() -> list[TraceEntry]:
    """Hours with challenges to everything, proxies on the way, and refreshes."""
    return _hours([challenge("SUBSCRIBE", "PUBLISH")], [record_routes, service_routes])


def troubles() -> list[TraceEntry]:
    """Hours with refusals: 423, 412, 481, 503 and a subscription that is ended."""

    def is_first(method: str) -> Callable[[Request], bool]:
        return lambda each: each.method == method and not _is_refresh(each)

    def is_update(each: Request) -> bool:
        return each.method == "PUBLISH" and "SIP-If-Match" in each.headers

    def is_list_refresh(each: Request) -> bool:
        event = each.event
        return (
            each.method == "SUBSCRIBE"
            and _is_refresh(each)
            and (event is not None and event.package == "presence")
        )

    rules = [
        once(423, [("Min-Expires", "5000")], is_first("SUBSCRIBE")),
        once(423, [("Min-Expires", "5000")], is_first("PUBLISH")),
        once(412, [], is_update),
        once(503, [("Retry-After", "120")], is_update),
        once(481, [], is_list_refresh),
    ]
    return _hours(rules, [ended(3600.0, "presence.winfo", "deactivated")])


SCENES: dict[str, Callable[[], list[TraceEntry]]] = {
    "flow": plain,
    "day": day,
    "troubles": troubles,
}
"""Every conversation by its name."""
