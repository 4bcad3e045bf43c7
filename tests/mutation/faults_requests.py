"""Faults in one request of the UE that only the messages before it can show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.trace import TraceEntry
from tests.mutation.conversations import Conversation, Exchange
from tests.mutation.request_words import (
    CREDENTIALS,
    OTHER,
    PROXIES,
    Fault,
    Row,
    add,
    after,
    both,
    branch_of_the_one_before,
    cseq,
    drop,
    earlier_tag,
    has,
    in_credentials,
    initial,
    inside,
    later,
    method,
    no_credentials,
    old_dialog,
    rename,
    repeated_tag,
    request_uri,
    routed,
    same_credentials,
    short_route,
    sip,
    swap,
    turned_route,
    without_body,
    write,
)
from tests.mutation.spelling import Parts


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


_CHALLENGED = after(401, 407)
_REFUSED = after(401, 407, 423, 412)
_AFTER_423 = after(423)
_INSIDE = inside
_SUBSCRIBE_REFRESH = both(method("SUBSCRIBE"), inside)
_UPDATE = has("SIP-If-Match")

ROWS: tuple[Row, ...] = (
    # Dialogs: RFC 3261 §12.2.1.1
    Row("dialog", "new Call-ID in a refresh", _INSIDE, write("Call-ID", "other@192.0.2.1")),
    Row("dialog", "CSeq not incremented in a refresh", _INSIDE, cseq(0)),
    Row("dialog", "CSeq lower in a refresh", _INSIDE, cseq(-1)),
    Row("dialog", "CSeq leaps in a refresh", _INSIDE, cseq(10), is_last=True),
    Row("dialog", "other From tag in a refresh", _INSIDE, swap("From", ";tag=.*", ";tag=oth")),
    Row("dialog", "other To tag in a refresh", _INSIDE, swap("To", ";tag=.*", ";tag=oth")),
    Row("dialog", "no To tag in a refresh", _INSIDE, swap("To", ";tag=.*", "")),
    Row("dialog", "no From tag in a refresh", _INSIDE, swap("From", ";tag=.*", "")),
    Row("dialog", "remote target ignored", _INSIDE, request_uri("sip:+339012341234@test-rcs.com")),
    Row("dialog", "no Contact in a refresh", _SUBSCRIBE_REFRESH, drop("Contact")),
    Row("dialog", "other package in a refresh", _SUBSCRIBE_REFRESH, write("Event", "dialog")),
    Row("dialog", "Event id added", _SUBSCRIBE_REFRESH, swap("Event", "$", ";id=7")),
    Row("dialog", "no Event in a refresh", _SUBSCRIBE_REFRESH, drop("Event")),
    Row("dialog", "other From URI in a refresh", _INSIDE, swap("From", "sip:[^>]*", OTHER)),
    Row("dialog", "other To URI in a refresh", _INSIDE, swap("To", "sip:[^>]*", OTHER)),
    # Route sets: RFC 3261 §12.2.1.1, RFC 3608 §6.1
    Row("route", "route set ignored", both(_INSIDE, routed(1)), drop("Route")),
    Row("route", "route set turned round", both(_INSIDE, routed(2)), turned_route),
    Row("route", "route set cut short", both(_INSIDE, routed(2)), short_route),
    Row("route", "route parameters lost", both(_INSIDE, routed(2)), swap("Route", ";p=1", "")),
    Row("route", "route in lower case", both(_INSIDE, routed(2)), swap("Route", "Edge", "edge")),
    Row("route", "a route of its own", _INSIDE, swap("Route", "^", f"{PROXIES}, ")),
    Row("route", "Route though the set is empty", _INSIDE, add("Route", PROXIES)),
    Row("route", "Service-Route ignored", initial, drop("Route")),
    Row("route", "Service-Route turned round", both(initial, routed(3)), turned_route),
    Row("route", "Service-Route cut short", both(initial, routed(2)), short_route),
    Row("route", "Service-Route in lower case", initial, swap("Route", "Term", "term")),
    Row("route", "Service-Route parameter lost", initial, swap("Route", ";x=Y", "")),
    Row(
        "route",
        "Service-Route not loose",
        initial,
        swap("Route", "orig(@[^;>]*[^>]*);lr", r"orig\1"),
    ),
    # Transactions: RFC 3261 §8.1.1.7, §17.1
    Row("transaction", "branch of the request before", sip, branch_of_the_one_before()),
    Row("transaction", "branch of a REGISTER", sip, branch_of_the_one_before("REGISTER")),
    Row("transaction", "branch of a PUBLISH", sip, branch_of_the_one_before("PUBLISH")),
    Row("transaction", "branch of a SUBSCRIBE", sip, branch_of_the_one_before("SUBSCRIBE")),
    # Registrations: RFC 3261 §10.2
    Row("registration", "new Call-ID", later("REGISTER"), write("Call-ID", "other@192.0.2.1")),
    Row("registration", "CSeq not incremented", later("REGISTER"), cseq(0)),
    Row("registration", "CSeq lower", later("REGISTER"), cseq(-1)),
    Row("registration", "CSeq leaps", later("REGISTER"), cseq(10), is_last=True),
    Row("registration", "To tag", later("REGISTER"), swap("To", "$", ";tag=x")),
    Row("registration", "other To", later("REGISTER"), swap("To", "sip:[^>]*", OTHER)),
    Row("registration", "other From", later("REGISTER"), swap("From", "sip:[^>]*", OTHER)),
    Row("registration", "other instance-id", later("REGISTER"), swap("Contact", "-0>", "-1>")),
    Row(
        "registration",
        "no instance-id",
        later("REGISTER"),
        swap("Contact", r";\+sip.instance=\"[^\"]*\"", ""),
    ),
    Row("registration", "features lost", later("REGISTER"), swap("Contact", r">;.*", ">")),
    Row(
        "registration",
        "a feature lost",
        later("REGISTER"),
        swap("Contact", r";\+g.oma.sip-im", ""),
    ),
    Row("registration", "other domain", later("REGISTER"), request_uri("sip:other.example.org")),
    Row("registration", "other Contact", later("REGISTER"), swap("Contact", ":5060", ":5099")),
    Row("registration", "no path", later("REGISTER"), write("Supported", "gruu")),
    Row(
        "registration",
        "lower case method",
        method("REGISTER"),
        lambda talk, at, parts: replace(parts, start=parts.start.replace("REGISTER", "register")),
    ),
    # Retries: RFC 3261 §8.1.3.5, §22
    Row("retry", "CSeq unchanged", _REFUSED, cseq(0)),
    Row("retry", "CSeq lower", _REFUSED, cseq(-1)),
    Row("retry", "other Call-ID", _REFUSED, write("Call-ID", "other@192.0.2.1")),
    Row("retry", "other From tag", _REFUSED, swap("From", ";tag=.*", ";tag=other")),
    Row(
        "retry",
        "To tag of the refusal",
        both(_REFUSED, lambda talk, at: not at.is_inside),
        swap("To", "$", ";tag=proxy-0"),
    ),
    Row("retry", "smaller than Min-Expires", _AFTER_423, write("Expires", "3600")),
    Row("retry", "without credentials", _CHALLENGED, no_credentials),
    Row("retry", "refused credentials again", _CHALLENGED, same_credentials),
    Row("retry", "refused entity-tag again", after(412), repeated_tag),
    Row("retry", "without a body after 412", after(412), without_body),
    Row("retry", "lost dialog refreshed again", initial, old_dialog),
    # Credentials: RFC 2617 §3.2.2
    Row(
        "credentials",
        "nc of another request",
        CREDENTIALS,
        in_credentials("nc=[0-9a-f]{8}", "nc=00000001"),
    ),
    Row("credentials", "nc zero", CREDENTIALS, in_credentials("nc=[0-9a-f]{8}", "nc=00000000")),
    Row("credentials", "nc leaps", CREDENTIALS, in_credentials("nc=[0-9a-f]{8}", "nc=00000099")),
    Row("credentials", "no nc", CREDENTIALS, in_credentials(", nc=[0-9a-f]{8}", "")),
    Row("credentials", "no cnonce", CREDENTIALS, in_credentials(', cnonce="[^"]*"', "")),
    Row("credentials", "no qop", CREDENTIALS, in_credentials(", qop=auth", "")),
    Row("credentials", "other qop", CREDENTIALS, in_credentials("qop=auth", "qop=auth-int")),
    Row("credentials", "other realm", CREDENTIALS, in_credentials('realm="X"', 'realm="Y"')),
    Row("credentials", "other nonce", CREDENTIALS, in_credentials('nonce="[^"]*', 'nonce="mine')),
    Row(
        "credentials",
        "other opaque",
        CREDENTIALS,
        in_credentials('opaque="[^"]*', 'opaque="mine'),
    ),
    Row("credentials", "no opaque", CREDENTIALS, in_credentials(', opaque="[^"]*"', "")),
    Row("credentials", "other algorithm", CREDENTIALS, in_credentials("=MD5", "=SHA-256")),
    Row("credentials", "unknown algorithm", CREDENTIALS, in_credentials("=MD5", "=ROT13")),
    Row("credentials", "other uri", CREDENTIALS, in_credentials('uri="sip:', 'uri="sip:x')),
    Row(
        "credentials",
        "other username",
        CREDENTIALS,
        in_credentials('username="[^"]*', 'username="other'),
    ),
    Row("credentials", "no username", CREDENTIALS, in_credentials('username="[^"]*", ', "")),
    Row(
        "credentials",
        "wrong response",
        CREDENTIALS,
        in_credentials('response="..', 'response="zz'),
    ),
    Row(
        "credentials",
        "wrong digest",
        CREDENTIALS,
        in_credentials('response="[0-9a-f]{8}', 'response="00112233'),
    ),
    Row(
        "credentials",
        "in the other field",
        both(CREDENTIALS, has("Authorization")),
        rename("Authorization", "Proxy-Authorization"),
    ),
    Row(
        "credentials",
        "in the other field",
        both(CREDENTIALS, has("Proxy-Authorization")),
        rename("Proxy-Authorization", "Authorization"),
    ),
    Row("credentials", "Basic", CREDENTIALS, in_credentials("^Digest .*", "Basic WDpY")),
    # Publications: RFC 3903 §4, §5
    Row("publication", "older entity-tag", _UPDATE, earlier_tag),
    Row("publication", "entity-tag made up", _UPDATE, write("SIP-If-Match", "mine")),
    Row("publication", "no entity-tag", _UPDATE, drop("SIP-If-Match")),
    Row("publication", "CSeq not incremented", later("PUBLISH"), cseq(0)),
    Row("publication", "CSeq lower", later("PUBLISH"), cseq(-1)),
    Row("publication", "other Request-URI", _UPDATE, request_uri(OTHER)),
    Row("publication", "other package", _UPDATE, write("Event", "dialog")),
    Row(
        "publication",
        "no body",
        both(method("PUBLISH"), lambda talk, at: bool(at.parts.body)),
        without_body,
    ),
    Row(
        "publication",
        "body in a removal",
        both(_UPDATE, has("Expires", "0")),
        lambda talk, at, parts: (
            replace(parts, rows=(*parts.rows, ("Content-Type", "application/pidf+xml"))).with_body(
                b"<x/>"
            )
            if parts.get("Expires") == "0"
            else None
        ),
    ),
    # Identities and what stays the same
    Row("consistency", "other From", initial, swap("From", "sip:[^>]*", OTHER)),
    Row("consistency", "other To", initial, swap("To", "sip:[^>]*", OTHER)),
    Row(
        "consistency",
        "Contact of another host",
        method("SUBSCRIBE"),
        swap("Contact", "192.0.2.1", "10.9.9.9"),
    ),
    Row(
        "consistency",
        "Contact of another port",
        method("SUBSCRIBE"),
        swap("Contact", ":5060", ":5099"),
    ),
    Row(
        "consistency",
        "Contact with the address-of-record",
        method("SUBSCRIBE"),
        swap("Contact", "sip:[^>]*", "sip:+339012341234@test-rcs.com"),
    ),
    Row("consistency", "other User-Agent", sip, write("User-Agent", "Other/1.0")),
    Row(
        "consistency",
        "preferred identity of another user",
        initial,
        add("P-Preferred-Identity", f"<{OTHER}>"),
    ),
    Row("consistency", "asserted identity", initial, add("P-Asserted-Identity", f"<{OTHER}>")),
    Row("consistency", "Via of another host", sip, swap("Via", "192.0.2.1", "10.9.9.9")),
    Row("consistency", "no rport", sip, swap("Via", ";rport", "")),
)
