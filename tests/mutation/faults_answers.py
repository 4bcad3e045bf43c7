"""Faults in the UE's answers: which request they mirror, how many there are, and when they come."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.mutation.conversations import Conversation, Exchange, with_parts
from tests.mutation.request_words import Fault
from tests.mutation.spelling import Parts, take_apart

_Edit = Callable[[Parts], Parts]


def _swap(name: str, pattern: str, text: str) -> _Edit:
    return lambda parts: parts.with_value(name, lambda each: re.sub(pattern, text, each, count=1))


def _drop(name: str) -> _Edit:
    return lambda parts: replace(parts, rows=tuple(row for row in parts.rows if row[0] != name))


def _status(line: str) -> _Edit:
    return lambda parts: replace(parts, start=f"SIP/2.0 {line}")


_EDITS: dict[str, _Edit] = {
    "Via with another branch": _swap("Via", r"branch=[^;]*", "branch=z9hG4bKother"),
    "Via of another host": _swap("Via", r"(UDP|TCP) [0-9.]+", r"\1 10.9.9.9"),
    "Via parameter lost": _swap("Via", r";rport[^;]*", ""),
    "From with another tag": _swap("From", r";tag=.*", ";tag=other"),
    "From without its tag": _swap("From", r";tag=.*", ""),
    "From with another URI": _swap("From", r"sip:[^>]*", "sip:other@test-rcs.com"),
    "To with another tag": _swap("To", r";tag=.*", ";tag=other"),
    "To without its tag": _swap("To", r";tag=.*", ""),
    "To with another URI": _swap("To", r"sip:[^>]*", "sip:other@test-rcs.com"),
    "Call-ID of another dialog": _swap("Call-ID", r".*", "other@192.0.2.2"),
    "CSeq with a lower number": _swap("CSeq", r"^\d+", "0"),
    "CSeq with a higher number": _swap("CSeq", r"^\d+", "77"),
    "CSeq with another method": _swap("CSeq", r"[A-Z]+$", "MESSAGE"),
    "481 in a known dialog": _status("481 Call/Transaction Does Not Exist"),
    "489 for a known package": _status("489 Bad Event"),
    "500": _status("500 Server Internal Error"),
    "405 without Allow": lambda parts: _status("405 Method Not Allowed")(_drop("Allow")(parts)),
    "415 without Accept": lambda parts: _status("415 Unsupported")(_drop("Accept")(parts)),
    "603": _status("603 Decline"),
    "202": _status("202 Accepted"),
    "180 and nothing more": _status("180 Ringing"),
    "301 without Contact": lambda parts: _status("301 Moved")(_drop("Contact")(parts)),
    "another Contact": _swap("Contact", r"192.0.2.1", "10.9.9.9"),
    "another Server": _swap("Server", r".*", "Other/1.0"),
    "no features": _swap("Contact", r">;.*", ">"),
    "a feature less": _swap("Contact", r";\+g.oma.sip-im", ""),
    "a feature more": _swap("Contact", r"$", ";+g.oma.sip-im.large-message"),
    "another feature value": _swap("Contact", r"gsma-is,", "gsma-vs,"),
    "an instance-id": _swap(
        "Contact", r">;", '>;+sip.instance="<urn:gsma:imei:35643205-905062-0>";'
    ),
    "another instance-id": _swap(
        "Contact", r">;", '>;+sip.instance="<urn:gsma:imei:99943205-905062-0>";'
    ),
    "Allow with fewer methods": _swap("Allow", r".*", "OPTIONS"),
    "Record-Route left out": _drop("Record-Route"),
    "Record-Route turned round": lambda parts: parts.with_value(
        "Record-Route", lambda each: ", ".join(reversed(each.split(", ")))
    ),
}


def answer_faults(talk: Conversation) -> Iterator[Fault]:
    """Every edit of every answer, and answers too many, too few, too late."""
    asked = [each for each in talk.exchanges if not each.is_of_the_ue and each.responses]
    for each in asked:
        for what, edit in _EDITS.items():
            changed = talk.with_raw(each.responses[-1], edit)
            if changed != list(talk.entries):
                yield Fault("answer", f"{each.method}: {what}", changed)
        yield from _count(talk, each)
    for one, other in itertools.pairwise(asked):
        yield from _exchanged(talk, one, other)


def _count(talk: Conversation, at: Exchange) -> Iterator[Fault]:
    answer = at.responses[-1]
    second = _status("500 Server Internal Error")(take_apart(answer.raw))
    twice = replace(with_parts(answer, second), time=answer.time + 0.1)
    yield Fault("answers", f"{at.method}: two final responses", [*talk.entries, twice])
    same = replace(answer, time=answer.time + 0.1, _parsed=[])
    yield Fault("answers", f"{at.method}: the answer twice", [*talk.entries, same])
    yield Fault("answers", f"{at.method}: unanswered", talk.without(answer.number))
    for seconds in (5.0, 20.0, 40.0):
        late = replace(answer, time=answer.time + seconds, _parsed=[])
        entries = [*talk.without(answer.number), late]
        yield Fault("answers", f"{at.method}: answered after {seconds:.0f} s", entries)
    trying = _status("180 Ringing")(take_apart(answer.raw))
    entries = [
        *talk.without(answer.number),
        with_parts(answer, trying),
        replace(answer, _parsed=[]),
    ]
    yield Fault("answers", f"{at.method}: 180 before the answer", entries)
    if at.method == "NOTIFY":
        yield from _strangers(talk, at)


def _strangers(talk: Conversation, at: Exchange) -> Iterator[Fault]:
    """A NOTIFY of no subscription, which the UE takes all the same."""
    time = at.request.time + 0.5
    for what, name, pattern, text in (
        ("unknown tag", "To", ";tag=.*", ";tag=nobody"),
        ("unknown Call-ID", "Call-ID", ".*", "nobody@192.0.2.2"),
        ("unknown package", "Event", ".*", "dialog"),
        ("unknown id", "Event", "$", ";id=5"),
    ):
        edit = _swap(name, pattern, text)

        def stranger(parts: Parts, edit: _Edit = edit) -> Parts:
            number = int((parts.get("CSeq") or "0").split(" ")[0]) + 1
            return edit(parts).with_value("CSeq", lambda _: f"{number} NOTIFY")

        yield Fault(
            "stranger", f"NOTIFY of {what} answered with 200", talk.with_copy(at, time, stranger)
        )

    def old(parts: Parts) -> Parts:
        return parts.with_value("CSeq", lambda _: "0 NOTIFY")

    yield Fault(
        "stranger", "NOTIFY with a lower CSeq answered with 200", talk.with_copy(at, time, old)
    )


def _exchanged(talk: Conversation, one: Exchange, other: Exchange) -> Iterator[Fault]:
    """Each request gets the answer to the other one."""
    first, second = one.responses[-1], other.responses[-1]
    changed = [
        replace(each, raw=second.raw if each is first else first.raw, _parsed=[])
        if each in (first, second)
        else each
        for each in talk.entries
    ]
    yield Fault("answers", f"{one.method}: answered with that to another request", changed)
