"""Faults in what a UE does when: too early, too late, too often, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from harness.trace import TraceEntry
from tests.mutation.conversations import (
    Conversation,
    Exchange,
    branch_of,
    with_branch,
    with_parts,
    without_credentials,
)
from tests.mutation.request_words import Fault
from tests.mutation.spelling import Parts, take_apart

_AFTER_THE_END = 5.0
_OTHER = "+441111111111"


def lifecycle_faults(talk: Conversation) -> Iterator[Fault]:
    """Faults of order and time, and of everything that the UE sends."""
    for make in (_before, _after, _late, _missing, _again, _storms, _retransmitted, _throughout):
        yield from make(talk)


def _ue(talk: Conversation, *methods: str) -> Iterator[Exchange]:
    return (each for each in talk.exchanges if each.is_of_the_ue and each.method in methods)


def _expires(at: Exchange) -> str:
    return at.parts.get("Expires") or ""


def _fresh(parts: Parts) -> Parts:
    """As of a new life: another Call-ID and From tag."""
    renamed = parts.with_value("Call-ID", lambda _: "fresh@192.0.2.1")
    return renamed.with_value("From", lambda each: each.partition(";tag=")[0] + ";tag=fresh")


def _before(talk: Conversation) -> Iterator[Fault]:
    """Requests before the registration."""
    start = talk.entries[0].time
    for each in _ue(talk, "SUBSCRIBE", "PUBLISH"):
        if each.is_inside or each.parts.get("SIP-If-Match") or each.status != 200:
            continue
        early = talk.with_copy(each, start - 10, _fresh)
        yield Fault("order", f"{each.method} before registration", [*early, *talk.entries])


def _after(talk: Conversation) -> Iterator[Fault]:
    """Requests after the de-registration, and after the end of what they are about."""
    for each in _ue(talk, "SUBSCRIBE", "PUBLISH"):
        if each.is_inside or each.parts.get("SIP-If-Match") or each.status != 200:
            continue
        time = talk.end + _AFTER_THE_END
        what = f"{each.method} after de-registration"
        yield Fault("order", what, talk.with_copy(each, time, _fresh))
    for each in _ue(talk, "SUBSCRIBE"):
        if each.is_inside and _expires(each) == "0":
            again = talk.with_copy(each, each.request.time + 4, _next("3600"))
            yield Fault("order", "refresh after the termination", again)
    for each in _ue(talk, "PUBLISH"):
        if _expires(each) == "0":
            again = talk.with_copy(each, each.request.time + 4, _next("3600"))
            yield Fault("order", "PUBLISH refresh after the removal", again)
    for each in _ue(talk, "PUBLISH", "SUBSCRIBE"):
        if each.status in (503,):
            again = talk.with_copy(each, each.request.time + 1, _next(_expires(each)))
            yield Fault("order", f"{each.method} again at once after {each.status}", again)


def _next(expires: str) -> Callable[[Parts], Parts]:
    def edit(parts: Parts) -> Parts:
        number = int((parts.get("CSeq") or "0").split(" ")[0]) + 1
        counted = parts.with_value("CSeq", lambda _: f"{number} {parts.method}")
        return counted.with_value("Expires", lambda _: expires)

    return edit


def _late(talk: Conversation) -> Iterator[Fault]:
    """Refreshes after what they refresh is over."""
    for each in _ue(talk, "REGISTER", "SUBSCRIBE", "PUBLISH"):
        is_refresh = talk.before(each) is not None and _expires(each) != "0"
        if is_refresh and each.request.time - talk.entries[0].time > 1000:
            later = talk.moved(each, 700)
            yield Fault("time", f"{each.method} refresh too late", later)


def _missing(talk: Conversation) -> Iterator[Fault]:
    """What a UE leaves out."""
    for each in _ue(talk, "SUBSCRIBE", "PUBLISH", "REGISTER"):
        numbers = [entry.number for entry in each.entries]
        if _expires(each) == "0" and each.status == 200:
            yield Fault("missing", f"no {each.method} with Expires 0", talk.without(*numbers))
    for method in ("SUBSCRIBE", "PUBLISH", "REGISTER"):
        numbers = [
            entry.number
            for each in _ue(talk, method)
            if each.request.time - talk.entries[0].time > 1000 and _expires(each) != "0"
            for entry in each.entries
        ]
        if numbers:
            yield Fault("missing", f"no {method} refresh", talk.without(*numbers))


def _again(talk: Conversation) -> Iterator[Fault]:
    """What a UE sends once more although it was answered."""
    for each in _ue(talk, "REGISTER", "SUBSCRIBE", "PUBLISH"):
        if each.status != 200:
            continue
        time = each.request.time + 60
        if not each.is_inside and not each.parts.get("SIP-If-Match") and _expires(each) != "0":
            doubled = talk.with_copy(each, time, _fresh)
            yield Fault("twice", f"{each.method} anew in another Call-ID", doubled)
            if each.method == "REGISTER":
                continue  # in the same Call-ID it is a refresh
            doubled = talk.with_copy(each, time, _next(_expires(each)))
            yield Fault("twice", f"{each.method} anew in the same Call-ID", doubled)


def _storms(talk: Conversation) -> Iterator[Fault]:
    """Refused requests that are sent again and again."""
    for each in _ue(talk, "SUBSCRIBE", "PUBLISH", "REGISTER"):
        if each.is_inside or each.status != 200 or _expires(each) == "0":
            continue
        for status in (403, 404, 489, 480, 503, 603, 500, 401):
            if status == 489 and each.method == "REGISTER":
                continue
            entries = [one for one in talk.entries if one.number < each.request.number]
            for turn in range(4):
                entries += _refused(each, status, turn)
            yield Fault("storm", f"{each.method} four times after {status}", entries)


def _refused(at: Exchange, status: int, turn: int) -> Iterator[TraceEntry]:
    number = int((at.parts.get("CSeq") or "0").split(" ")[0]) + turn
    shift = turn * 0.1
    branch = f"{branch_of(at.parts)}s{turn}"
    cseq = f"{number} {at.method}"
    parts = with_branch(without_credentials(at.parts), branch).with_value("CSeq", lambda _: cseq)
    yield replace(with_parts(at.request, parts), time=at.request.time + shift)
    response = take_apart(at.responses[-1].raw)
    kept = ("via", "from", "to", "call-id", "cseq", "content-length")
    rows = tuple(row for row in response.rows if row[0].lower() in kept)
    if status == 401:
        value = f'Digest realm="X", nonce="s{turn}", algorithm=MD5, qop="auth"'
        rows = (*rows, ("WWW-Authenticate", value))
    refusal = replace(response, start=f"SIP/2.0 {status} No", rows=rows).with_body(b"")
    refusal = with_branch(refusal, branch).with_value("CSeq", lambda _: cseq)
    yield replace(with_parts(at.responses[-1], refusal), time=at.responses[-1].time + shift)


def _retransmitted(talk: Conversation) -> Iterator[Fault]:
    """Requests on UDP that are sent again in the wrong way."""
    for each in _ue(talk, "REGISTER", "SUBSCRIBE", "PUBLISH"):
        if each.request.source.transport.is_reliable or not each.responses:
            continue
        for what, edit in _RETRANSMISSIONS.items():
            parts = edit(each.parts)
            if parts == each.parts and "bytes" in what:
                continue
            copy = replace(with_parts(each.request, parts), time=each.request.time + 0.0001)
            yield Fault("retransmission", f"{each.method}: {what}", [*talk.entries, copy])
        late = replace(each.request, time=each.responses[-1].time + 3, _parsed=[])
        yield Fault(
            "retransmission", f"{each.method}: after the final response", [*talk.entries, late]
        )
        waited = [replace(one, time=one.time + 20, _parsed=[]) for one in each.responses]
        slow = [*talk.without(*(one.number for one in each.responses)), *waited]
        quick = [
            replace(each.request, time=each.request.time + n * 0.1, _parsed=[]) for n in range(1, 8)
        ]
        yield Fault("retransmission", f"{each.method}: too fast", [*slow, *quick])


_RETRANSMISSIONS: dict[str, Callable[[Parts], Parts]] = {
    "other bytes: CSeq": lambda parts: parts.with_value("CSeq", lambda each: "9" + each),
    "other bytes: Call-ID": lambda parts: parts.with_value("Call-ID", lambda each: "9" + each),
    "other bytes: Expires": lambda parts: parts.with_value("Expires", lambda each: each + "1"),
    "other bytes: From tag": lambda parts: parts.with_value("From", lambda each: each + "1"),
    "other bytes: User-Agent": lambda parts: parts.with_value("User-Agent", lambda each: "X"),
}


def _throughout(talk: Conversation) -> Iterator[Fault]:
    """What is wrong in everything that the UE sends from somewhere on."""
    for what, (method, pattern, text) in _EVERYWHERE.items():
        numbers = set()
        for each in talk.exchanges:
            if each.is_of_the_ue and re.fullmatch(method, each.method):
                numbers.add(each.request.number)
        changed = []
        for entry in talk.entries:
            if entry.number in numbers:
                raw = re.sub(pattern, text, entry.raw)
                parts = take_apart(raw)
                raw = parts.with_body(parts.body).raw()
                changed.append(replace(entry, raw=raw, _parsed=[]))
            else:
                changed.append(entry)
        if any(one.raw != other.raw for one, other in zip(changed, talk.entries, strict=True)):
            yield Fault("throughout", what, changed)


_HTTP = "GET|PUT|DELETE"
_EVERYWHERE: dict[str, tuple[str, bytes, bytes]] = {
    "XCAP for another user": (_HTTP, rb"%2B339012341234", b"%2B441111111111"),
    "no identity in XCAP": (_HTTP, rb"X-3GPP-Intended-Identity: [^\r]*\r\n", b""),
    "another intended identity": (_HTTP, rb'(Intended-Identity: ")[^"]*', rb"\1sip:x@test-rcs.com"),
    "publication for another user": (
        "PUBLISH",
        rb"^PUBLISH sip:\+339012341234",
        b"PUBLISH sip:+441111111111",
    ),
    "document of another user": (
        "PUBLISH",
        rb'entity="sip:\+339012341234',
        b'entity="sip:+441111111111',
    ),
    "SUBSCRIBE with another From": (
        "SUBSCRIBE",
        rb"(From:[^\r]*)\+339012341234",
        rb"\1+441111111111",
    ),
    "instance-id left out of REGISTER": ("REGISTER", rb';\+sip.instance="[^"]*"', b""),
    "IMEI with a wrong check digit": (
        "REGISTER",
        rb"urn:gsma:imei:35643205-905062-0",
        b"urn:gsma:imei:35643205-905062-7",
    ),
    "IMEI in one piece": (
        "REGISTER",
        rb"urn:gsma:imei:35643205-905062-0",
        b"urn:gsma:imei:356432059050620",
    ),
    "no feature tags in REGISTER": (
        "REGISTER",
        rb"(Contact: <[^>]*>;\+sip.inst[^;\r]*);[^\r]*",
        rb"\1",
    ),
    "a feature tag less in REGISTER": ("REGISTER", rb";\+g.gsma.rcs.ipcall", b""),
    "no Allow in SUBSCRIBE": ("SUBSCRIBE", rb"Allow: [^\r]*\r\n", b""),
    "no Service-Route used": ("SUBSCRIBE|PUBLISH", rb", <sip:(orig|Term)@[^>]*>", b""),
}
