"""Faults in one request of the UE that only the messages before it can show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from harness.trace import TraceEntry
from tests.mutation.conversations import Conversation, Exchange, branch_of, with_branch
from tests.mutation.spelling import Parts

_OTHER = "sip:+441111111111@test-rcs.com"
_PROXIES = "<sip:192.0.2.9:5060;lr>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its class, what was done where, and the conversation with it."""

    kind: str
    what: str
    entries: list[TraceEntry]


Where = Callable[[Conversation, Exchange], bool]
Change = Callable[[Conversation, Exchange, Parts], Parts | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A fault of a request: which requests can have it, and how it is made."""

    kind: str
    what: str
    where: Where
    change: Change
    is_last: bool = False
    """Whether the conversation ends here: what follows would take up what the fault began."""


def request_faults(conversation: Conversation) -> Iterator[Fault]:
    """Every row at every request that can have it."""
    for exchange in conversation.exchanges:
        if not exchange.is_of_the_ue:
            continue
        for row in ROWS:
            if not row.where(conversation, exchange):
                continue
            changed = row.change(conversation, exchange, exchange.parts)
            if changed is not None and changed != exchange.parts:
                entries = _with(conversation, exchange, changed)
                if row.is_last:
                    entries = conversation.until(exchange, entries)
                yield Fault(row.kind, f"{exchange.method}: {row.what}", entries)


def _with(conversation: Conversation, exchange: Exchange, parts: Parts) -> list[TraceEntry]:
    return conversation.edited(exchange, lambda _: parts)


# -- which requests ------------------------------------------------------------------------------


def _sip(talk: Conversation, at: Exchange) -> bool:
    return not at.is_http


def _method(*names: str) -> Where:
    return lambda talk, at: at.method in names


def _inside(talk: Conversation, at: Exchange) -> bool:
    return _sip(talk, at) and at.is_inside


def _initial(talk: Conversation, at: Exchange) -> bool:
    return at.method in ("SUBSCRIBE", "PUBLISH") and not at.is_inside


def _later(name: str) -> Where:
    return lambda talk, at: at.method == name and talk.before(at) is not None


def _after(*statuses: int) -> Where:
    return lambda talk, at: _sip(talk, at) and any(talk.answered(at, status) for status in statuses)


def _has(name: str, text: str = "") -> Where:
    return lambda talk, at: _sip(talk, at) and text in (at.parts.get(name) or "\0")


def _both(one: Where, other: Where) -> Where:
    return lambda talk, at: one(talk, at) and other(talk, at)


def _routed(count: int) -> Where:
    return lambda talk, at: (at.parts.get("Route") or "").count("<") >= count


# -- what is done --------------------------------------------------------------------------------


def _swap(name: str, pattern: str, text: str) -> Change:
    return lambda talk, at, parts: parts.with_value(
        name, lambda value: re.sub(pattern, text, value, count=1)
    )


def _write(name: str, value: str) -> Change:
    return lambda talk, at, parts: parts.with_value(name, lambda _: value)


def _drop(name: str) -> Change:
    return lambda talk, at, parts: replace(
        parts, rows=tuple(row for row in parts.rows if row[0] != name)
    )


def _add(name: str, value: str) -> Change:
    return lambda talk, at, parts: replace(parts, rows=((name, value), *parts.rows))


def _rename(old: str, new: str) -> Change:
    return lambda talk, at, parts: replace(
        parts, rows=tuple((new if row[0] == old else row[0], row[1]) for row in parts.rows)
    )


def _cseq(step: int) -> Change:
    """A CSeq number that far from the one before in the same Call-ID."""

    def change(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
        earlier = talk.before(at)
        if earlier is None:
            return None
        number = int((earlier.parts.get("CSeq") or "0").split(" ")[0]) + step
        return parts.with_value("CSeq", lambda _: f"{number} {parts.method}")

    return change


def _branch_of_the_one_before(name: str = "") -> Change:
    def change(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
        earlier = talk.before(at, name)
        return with_branch(parts, branch_of(earlier.parts)) if earlier is not None else None

    return change


def _request_uri(uri: str) -> Change:
    return lambda talk, at, parts: replace(
        parts, start=f"{parts.method} {uri} {parts.start.rpartition(' ')[2]}"
    )


def _turned_route(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
    return parts.with_value("Route", lambda value: ", ".join(reversed(value.split(", "))))


def _short_route(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
    return parts.with_value("Route", lambda value: value.rpartition(", ")[0])


def _earlier_tag(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    """The entity-tag that the latest one has replaced."""
    used = [
        each.parts.get("SIP-If-Match")
        for each in talk.exchanges[: at.place]
        if each.method == "PUBLISH" and each.parts.get("SIP-If-Match")
    ]
    return parts.with_value("SIP-If-Match", lambda _: str(used[-1])) if used else None


def _repeated_tag(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    earlier = talk.before(at)
    tag = earlier.parts.get("SIP-If-Match") if earlier is not None else None
    return _add("SIP-If-Match", tag)(talk, at, parts) if tag else None


def _without_body(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    bare = _drop("Content-Type")(talk, at, parts)
    return bare.with_body(b"") if bare is not None else None


def _same_credentials(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    """What was refused is sent again as it was."""
    earlier = talk.before(at)
    value = earlier.parts.get("Authorization") if earlier is not None else None
    return parts.with_value("Authorization", lambda _: str(value)) if value else None


def _no_credentials(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
    names = ("Authorization", "Proxy-Authorization")
    return replace(parts, rows=tuple(row for row in parts.rows if row[0] not in names))


def _old_dialog(talk: Conversation, at: Exchange, parts: Parts) -> Parts | None:
    """The next refresh of the dialog that the request before has lost, in place of a new one."""
    lost = [
        each
        for each in talk.exchanges[: at.place]
        if each.method == "SUBSCRIBE" and each.is_inside and each.status == 481
    ]
    if not lost or at.is_inside:
        return None
    old = lost[-1].parts
    number = int((old.get("CSeq") or "0").split(" ")[0]) + 1
    return with_branch(old, branch_of(parts)).with_value("CSeq", lambda _: f"{number} SUBSCRIBE")


_CREDENTIALS = _both(
    _sip, lambda talk, at: 'response="' in _credentials(at) and "nc=" in _credentials(at)
)


def _credentials(at: Exchange) -> str:
    return (at.parts.get("Authorization") or "") + (at.parts.get("Proxy-Authorization") or "")


def _in_credentials(pattern: str, text: str) -> Change:
    def change(talk: Conversation, at: Exchange, parts: Parts) -> Parts:
        for name in ("Authorization", "Proxy-Authorization"):
            parts = parts.with_value(name, lambda value: re.sub(pattern, text, value, count=1))
        return parts

    return change


_CHALLENGED = _after(401, 407)
_REFUSED = _after(401, 407, 423, 412)
_AFTER_423 = _after(423)
_INSIDE = _inside
_SUBSCRIBE_REFRESH = _both(_method("SUBSCRIBE"), _inside)
_UPDATE = _has("SIP-If-Match")

ROWS: tuple[Row, ...] = (
    # Dialogs: RFC 3261 §12.2.1.1
    Row("dialog", "new Call-ID in a refresh", _INSIDE, _write("Call-ID", "other@192.0.2.1")),
    Row("dialog", "CSeq not incremented in a refresh", _INSIDE, _cseq(0)),
    Row("dialog", "CSeq lower in a refresh", _INSIDE, _cseq(-1)),
    Row("dialog", "CSeq leaps in a refresh", _INSIDE, _cseq(10), is_last=True),
    Row("dialog", "other From tag in a refresh", _INSIDE, _swap("From", ";tag=.*", ";tag=oth")),
    Row("dialog", "other To tag in a refresh", _INSIDE, _swap("To", ";tag=.*", ";tag=oth")),
    Row("dialog", "no To tag in a refresh", _INSIDE, _swap("To", ";tag=.*", "")),
    Row("dialog", "no From tag in a refresh", _INSIDE, _swap("From", ";tag=.*", "")),
    Row("dialog", "remote target ignored", _INSIDE, _request_uri("sip:+339012341234@test-rcs.com")),
    Row("dialog", "no Contact in a refresh", _SUBSCRIBE_REFRESH, _drop("Contact")),
    Row("dialog", "other package in a refresh", _SUBSCRIBE_REFRESH, _write("Event", "dialog")),
    Row("dialog", "Event id added", _SUBSCRIBE_REFRESH, _swap("Event", "$", ";id=7")),
    Row("dialog", "no Event in a refresh", _SUBSCRIBE_REFRESH, _drop("Event")),
    Row("dialog", "other From URI in a refresh", _INSIDE, _swap("From", "sip:[^>]*", _OTHER)),
    Row("dialog", "other To URI in a refresh", _INSIDE, _swap("To", "sip:[^>]*", _OTHER)),
    # Route sets: RFC 3261 §12.2.1.1, RFC 3608 §6.1
    Row("route", "route set ignored", _both(_INSIDE, _routed(1)), _drop("Route")),
    Row("route", "route set turned round", _both(_INSIDE, _routed(2)), _turned_route),
    Row("route", "route set cut short", _both(_INSIDE, _routed(2)), _short_route),
    Row("route", "route parameters lost", _both(_INSIDE, _routed(2)), _swap("Route", ";p=1", "")),
    Row("route", "route in lower case", _both(_INSIDE, _routed(2)), _swap("Route", "Edge", "edge")),
    Row("route", "a route of its own", _INSIDE, _swap("Route", "^", f"{_PROXIES}, ")),
    Row("route", "Route though the set is empty", _INSIDE, _add("Route", _PROXIES)),
    Row("route", "Service-Route ignored", _initial, _drop("Route")),
    Row("route", "Service-Route turned round", _both(_initial, _routed(3)), _turned_route),
    Row("route", "Service-Route cut short", _both(_initial, _routed(2)), _short_route),
    Row("route", "Service-Route in lower case", _initial, _swap("Route", "Term", "term")),
    Row("route", "Service-Route parameter lost", _initial, _swap("Route", ";x=Y", "")),
    Row(
        "route",
        "Service-Route not loose",
        _initial,
        _swap("Route", "orig(@[^;>]*[^>]*);lr", r"orig\1"),
    ),
    # Transactions: RFC 3261 §8.1.1.7, §17.1
    Row("transaction", "branch of the request before", _sip, _branch_of_the_one_before()),
    Row("transaction", "branch of a REGISTER", _sip, _branch_of_the_one_before("REGISTER")),
    Row("transaction", "branch of a PUBLISH", _sip, _branch_of_the_one_before("PUBLISH")),
    Row("transaction", "branch of a SUBSCRIBE", _sip, _branch_of_the_one_before("SUBSCRIBE")),
    # Registrations: RFC 3261 §10.2
    Row("registration", "new Call-ID", _later("REGISTER"), _write("Call-ID", "other@192.0.2.1")),
    Row("registration", "CSeq not incremented", _later("REGISTER"), _cseq(0)),
    Row("registration", "CSeq lower", _later("REGISTER"), _cseq(-1)),
    Row("registration", "CSeq leaps", _later("REGISTER"), _cseq(10), is_last=True),
    Row("registration", "To tag", _later("REGISTER"), _swap("To", "$", ";tag=x")),
    Row("registration", "other To", _later("REGISTER"), _swap("To", "sip:[^>]*", _OTHER)),
    Row("registration", "other From", _later("REGISTER"), _swap("From", "sip:[^>]*", _OTHER)),
    Row("registration", "other instance-id", _later("REGISTER"), _swap("Contact", "-0>", "-1>")),
    Row(
        "registration",
        "no instance-id",
        _later("REGISTER"),
        _swap("Contact", r";\+sip.instance=\"[^\"]*\"", ""),
    ),
    Row("registration", "features lost", _later("REGISTER"), _swap("Contact", r">;.*", ">")),
    Row(
        "registration",
        "a feature lost",
        _later("REGISTER"),
        _swap("Contact", r";\+g.oma.sip-im", ""),
    ),
    Row("registration", "other domain", _later("REGISTER"), _request_uri("sip:other.example.org")),
    Row("registration", "other Contact", _later("REGISTER"), _swap("Contact", ":5060", ":5099")),
    Row("registration", "no path", _later("REGISTER"), _write("Supported", "gruu")),
    Row(
        "registration",
        "lower case method",
        _method("REGISTER"),
        lambda talk, at, parts: replace(parts, start=parts.start.replace("REGISTER", "register")),
    ),
    # Retries: RFC 3261 §8.1.3.5, §22
    Row("retry", "CSeq unchanged", _REFUSED, _cseq(0)),
    Row("retry", "CSeq lower", _REFUSED, _cseq(-1)),
    Row("retry", "other Call-ID", _REFUSED, _write("Call-ID", "other@192.0.2.1")),
    Row("retry", "other From tag", _REFUSED, _swap("From", ";tag=.*", ";tag=other")),
    Row(
        "retry",
        "To tag of the refusal",
        _both(_REFUSED, lambda talk, at: not at.is_inside),
        _swap("To", "$", ";tag=proxy-0"),
    ),
    Row("retry", "smaller than Min-Expires", _AFTER_423, _write("Expires", "3600")),
    Row("retry", "without credentials", _CHALLENGED, _no_credentials),
    Row("retry", "refused credentials again", _CHALLENGED, _same_credentials),
    Row("retry", "refused entity-tag again", _after(412), _repeated_tag),
    Row("retry", "without a body after 412", _after(412), _without_body),
    Row("retry", "lost dialog refreshed again", _initial, _old_dialog),
    # Credentials: RFC 2617 §3.2.2
    Row(
        "credentials",
        "nc of another request",
        _CREDENTIALS,
        _in_credentials("nc=[0-9a-f]{8}", "nc=00000001"),
    ),
    Row("credentials", "nc zero", _CREDENTIALS, _in_credentials("nc=[0-9a-f]{8}", "nc=00000000")),
    Row("credentials", "nc leaps", _CREDENTIALS, _in_credentials("nc=[0-9a-f]{8}", "nc=00000099")),
    Row("credentials", "no nc", _CREDENTIALS, _in_credentials(", nc=[0-9a-f]{8}", "")),
    Row("credentials", "no cnonce", _CREDENTIALS, _in_credentials(', cnonce="[^"]*"', "")),
    Row("credentials", "no qop", _CREDENTIALS, _in_credentials(", qop=auth", "")),
    Row("credentials", "other qop", _CREDENTIALS, _in_credentials("qop=auth", "qop=auth-int")),
    Row("credentials", "other realm", _CREDENTIALS, _in_credentials('realm="X"', 'realm="Y"')),
    Row("credentials", "other nonce", _CREDENTIALS, _in_credentials('nonce="[^"]*', 'nonce="mine')),
    Row(
        "credentials",
        "other opaque",
        _CREDENTIALS,
        _in_credentials('opaque="[^"]*', 'opaque="mine'),
    ),
    Row("credentials", "no opaque", _CREDENTIALS, _in_credentials(', opaque="[^"]*"', "")),
    Row("credentials", "other algorithm", _CREDENTIALS, _in_credentials("=MD5", "=SHA-256")),
    Row("credentials", "unknown algorithm", _CREDENTIALS, _in_credentials("=MD5", "=ROT13")),
    Row("credentials", "other uri", _CREDENTIALS, _in_credentials('uri="sip:', 'uri="sip:x')),
    Row(
        "credentials",
        "other username",
        _CREDENTIALS,
        _in_credentials('username="[^"]*', 'username="other'),
    ),
    Row("credentials", "no username", _CREDENTIALS, _in_credentials('username="[^"]*", ', "")),
    Row(
        "credentials",
        "wrong response",
        _CREDENTIALS,
        _in_credentials('response="..', 'response="zz'),
    ),
    Row(
        "credentials",
        "wrong digest",
        _CREDENTIALS,
        _in_credentials('response="[0-9a-f]{8}', 'response="00112233'),
    ),
    Row(
        "credentials",
        "in the other field",
        _both(_CREDENTIALS, _has("Authorization")),
        _rename("Authorization", "Proxy-Authorization"),
    ),
    Row(
        "credentials",
        "in the other field",
        _both(_CREDENTIALS, _has("Proxy-Authorization")),
        _rename("Proxy-Authorization", "Authorization"),
    ),
    Row("credentials", "Basic", _CREDENTIALS, _in_credentials("^Digest .*", "Basic WDpY")),
    # Publications: RFC 3903 §4, §5
    Row("publication", "older entity-tag", _UPDATE, _earlier_tag),
    Row("publication", "entity-tag made up", _UPDATE, _write("SIP-If-Match", "mine")),
    Row("publication", "no entity-tag", _UPDATE, _drop("SIP-If-Match")),
    Row("publication", "CSeq not incremented", _later("PUBLISH"), _cseq(0)),
    Row("publication", "CSeq lower", _later("PUBLISH"), _cseq(-1)),
    Row("publication", "other Request-URI", _UPDATE, _request_uri(_OTHER)),
    Row("publication", "other package", _UPDATE, _write("Event", "dialog")),
    Row(
        "publication",
        "no body",
        _both(_method("PUBLISH"), lambda talk, at: bool(at.parts.body)),
        _without_body,
    ),
    Row(
        "publication",
        "body in a removal",
        _both(_UPDATE, _has("Expires", "0")),
        lambda talk, at, parts: (
            replace(parts, rows=(*parts.rows, ("Content-Type", "application/pidf+xml"))).with_body(
                b"<x/>"
            )
            if parts.get("Expires") == "0"
            else None
        ),
    ),
    # Identities and what stays the same
    Row("consistency", "other From", _initial, _swap("From", "sip:[^>]*", _OTHER)),
    Row("consistency", "other To", _initial, _swap("To", "sip:[^>]*", _OTHER)),
    Row(
        "consistency",
        "Contact of another host",
        _method("SUBSCRIBE"),
        _swap("Contact", "192.0.2.1", "10.9.9.9"),
    ),
    Row(
        "consistency",
        "Contact of another port",
        _method("SUBSCRIBE"),
        _swap("Contact", ":5060", ":5099"),
    ),
    Row(
        "consistency",
        "Contact with the address-of-record",
        _method("SUBSCRIBE"),
        _swap("Contact", "sip:[^>]*", "sip:+339012341234@test-rcs.com"),
    ),
    Row("consistency", "other User-Agent", _sip, _write("User-Agent", "Other/1.0")),
    Row(
        "consistency",
        "preferred identity of another user",
        _initial,
        _add("P-Preferred-Identity", f"<{_OTHER}>"),
    ),
    Row("consistency", "asserted identity", _initial, _add("P-Asserted-Identity", f"<{_OTHER}>")),
    Row("consistency", "Via of another host", _sip, _swap("Via", "192.0.2.1", "10.9.9.9")),
    Row("consistency", "no rport", _sip, _swap("Via", ";rport", "")),
)
