"""A whole day of a UE that keeps every rule: challenges, refreshes, a lost tag, good-byes."""

from __future__ import annotations

from harness.sip.digest import answer as answer_challenge
from harness.sip.digest import parse_challenge
from harness.sip.message import Request, parse
from tests.checks.conversation import PIDF, Step, Value, answer, net, notification, request, ue

ROUTE = "<sip:p1.example.com;lr>"


class _Nonces:
    """Counts the uses of each nonce, as a client does."""

    def __init__(self) -> None:
        self.uses: dict[str, int] = {}

    def credentials(self, nonce: str, method: str, uri: str, body: bytes) -> str:
        self.uses[nonce] = self.uses.get(nonce, 0) + 1
        challenge = parse_challenge(_challenge(nonce))
        assert challenge is not None
        return answer_challenge(
            challenge, "X", "X", method, uri, body, self.uses[nonce], "0a4f113b"
        )


def _challenge(nonce: str) -> str:
    return f'Digest realm="example.com", nonce="{nonce}", opaque="o", qop="auth", algorithm=MD5'


def _exchange(steps: list[Step], sent: bytes, after: float = 1.0, **answered: Value) -> None:
    named = {name.replace("_", "-"): value for name, value in answered.items()}
    steps += [ue(sent, after), net(answer(sent, fields=named))]


def _challenged(
    steps: list[Step],
    nonces: _Nonces,
    nonce: str,
    status: int,
    method: str,
    cseq: int,
    after: float = 1.0,
    to_tag: str | None = None,
    body: bytes | None = None,
    uri: str | None = None,
    answered: dict[str, Value] | None = None,
    **fields: Value,
) -> None:
    """A request that is refused with 401 or 407, and sent again with credentials."""
    names = {
        401: ("WWW-Authenticate", "Authorization"),
        407: ("Proxy-Authenticate", "Proxy-Authorization"),
    }
    challenge_field, own_field = names[status]
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    first = request(method, uri, cseq=cseq, to_tag=to_tag, body=body, fields=given)
    steps += [
        ue(first, after),
        net(answer(first, status, to_tag="challenge", fields={challenge_field: _challenge(nonce)})),
    ]
    read = parse(first)
    assert isinstance(read, Request)
    text = nonces.credentials(nonce, method, read.uri, read.body)
    second = request(
        method, uri, cseq=cseq + 1, to_tag=to_tag, body=body, fields={**given, own_field: text}
    )
    steps += [ue(second), net(answer(second, fields=answered))]


def whole_day() -> list[Step]:
    """The conversation, about two hours of it."""
    steps: list[Step] = []
    nonces = _Nonces()
    route = {"Record-Route": ROUTE}
    _challenged(steps, nonces, "n1", 401, "REGISTER", 1)
    _challenged(
        steps, nonces, "n2", 407, "SUBSCRIBE", 1, answered={**route, "Contact": "<sip:s@10.0.0.9>"}
    )
    first = notification(1, fields={**route, "Contact": "<sip:s@10.0.0.9>"})
    steps += [net(first), net(first), ue(answer(first)), ue(answer(first))]
    _challenged(steps, nonces, "n3", 401, "PUBLISH", 1)
    _refresh_all(steps, nonces)
    lost = request("PUBLISH", cseq=6, fields={"SIP-If-Match": "etag-2"})
    steps += [ue(lost, after=600), net(answer(lost, 412))]
    _exchange(steps, request("PUBLISH", cseq=7), SIP_ETag="etag-3")
    asked = request("OPTIONS", sender="network", tag="carol-1", call="o1")
    steps += [net(asked, after=3), ue(answer(asked, fields={"Allow": "NOTIFY, OPTIONS"}))]
    _part(steps, nonces)
    return steps


def _refresh_all(steps: list[Step], nonces: _Nonces) -> None:
    text = nonces.credentials("n1", "REGISTER", "sip:example.com", b"")
    _exchange(steps, request("REGISTER", cseq=3, fields={"Authorization": text}), after=1800)
    dialog = {"uri": "sip:s@10.0.0.9", "to_tag": "bob-1"}
    route: dict[str, Value] = {"Route": ROUTE}
    _challenged(steps, nonces, "n4", 407, "SUBSCRIBE", 3, **dialog, **route)  # type: ignore[arg-type]  # passed on
    again = notification(2, fields={"Contact": "<sip:s@10.0.0.9>"})
    steps += [net(again), ue(answer(again))]
    kept = request("PUBLISH", cseq=3, body=b"", fields={"SIP-If-Match": "etag-1"})
    _exchange(steps, kept, SIP_ETag="etag-1b")
    changed = request("PUBLISH", cseq=4, body=PIDF, fields={"SIP-If-Match": "etag-1b"})
    _exchange(steps, changed, SIP_ETag="etag-2")


def _part(steps: list[Step], nonces: _Nonces) -> None:
    fields: dict[str, Value] = {"Route": ROUTE, "Expires": 0}
    bye = request("SUBSCRIBE", "sip:s@10.0.0.9", cseq=5, to_tag="bob-1", fields=fields)
    _exchange(steps, bye, after=60)
    last = notification(3, fields={"Subscription-State": "terminated;reason=timeout"})
    steps += [net(last), ue(answer(last))]
    gone: dict[str, Value] = {"SIP-If-Match": "etag-3", "Expires": 0}
    _exchange(steps, request("PUBLISH", cseq=8, body=b"", fields=gone), SIP_ETag="etag-4")
    text = nonces.credentials("n1", "REGISTER", "sip:example.com", b"")
    off = request("REGISTER", cseq=4, fields={"Authorization": text, "Expires": 0})
    _exchange(steps, off)
