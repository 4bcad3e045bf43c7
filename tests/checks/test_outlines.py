"""What an outline hides, and that checks which run on outlines find nothing in such messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.checks.context import Context
from harness.checks.judge import Judge
from harness.checks.outlines import Outlines, is_silent, outline_of
from harness.checks.registry import Group
from harness.checks.session import Session
from harness.config import load_profile
from harness.model import Mismatch, Peer
from harness.sip.message import Request, Response, parse
from harness.trace import TraceEntry
from harness.xcap.http import HttpRequest, parse_http
from tests.checks.conversation import Case
from tests.checks.test_every_check import CASES

_UE = Peer("10.0.0.1", 5060)
_NETWORK = Peer("10.0.0.9", 5060)
_RAW = (
    b"OPTIONS sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n"
    b"From: <sip:a@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: 1\r\n"
    b"CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: %d\r\n\r\n%b"
)


def _context(raw: bytes = _RAW % (0, b"")) -> tuple[Any, Context]:
    entry = TraceEntry(1, 0.0, _UE, _NETWORK, raw)
    return entry.message, Context(load_profile("ietf"), entry, "ue", Session("10.0.0.1"))


def _asks(look: Callable[[Any, Any], object]) -> Callable[[Any, Any], Iterator[Mismatch]]:
    def check(message: Any, context: Any) -> Iterator[Mismatch]:
        look(message, context)
        yield from ()

    return check


@pytest.mark.parametrize(
    "look",
    [
        lambda m, c: m.headers.rows("Event"),
        lambda m, c: m.headers.get("event"),
        lambda m, c: m.headers.values("o"),
        lambda m, c: m.event,
        lambda m, c: (m.contacts, m.expires, m.supported, m.etag),
        lambda m, c: ("Via" in m.headers, "Event" in m.headers, bool(m.headers)),
        lambda m, c: (m.method, m.version, m.malformed, m.body, isinstance(m, Request)),
        lambda m, c: (c.sender, c.profile.rcs, c.entry.source.transport, c.transaction),
        lambda m, c: (c.request, c.sip_request, c.request_entry, c.entry.message.event),
        lambda m, c: c.once(lambda context: context.entry.message.event),
    ],
)
def test_check_may_look_at_the_outline(look: Callable[[Any, Any], object]) -> None:
    assert is_silent(_asks(look), *_context())


@pytest.mark.parametrize(
    "look",
    [
        lambda m, c: m.headers.rows("From"),
        lambda m, c: m.headers.get("f"),
        lambda m, c: m.headers.values("CSeq"),
        lambda m, c: m.headers.count("Via"),
        lambda m, c: list(m.headers),
        lambda m, c: len(m.headers),
        lambda m, c: m.headers[0],
        lambda m, c: m.from_,
        lambda m, c: m.top_via,
        lambda m, c: m.cseq,
        lambda m, c: m.max_forwards,
        lambda m, c: m.uri,
        lambda m, c: m.parsed_uri,
        lambda m, c: m.raw,
        lambda m, c: m.start_line,
        lambda m, c: m.structure,
        lambda m, c: vars(m),
        lambda m, c: getattr(m, "raw", b""),
        lambda m, c: m == parse(_RAW),
        lambda m, c: hash(m),
        lambda m, c: {m: 1},
        lambda m, c: replace(m, raw=b""),
        lambda m, c: c.session,
        lambda m, c: c.time,
        lambda m, c: c.entry.raw,
        lambda m, c: c.entry.number,
        lambda m, c: c.entry.destination,
        lambda m, c: c.entry.source.host,
        lambda m, c: c.at(None),
        lambda m, c: c.once(lambda context: context.session),
    ],
)
def test_check_that_looks_further_is_asked_each_time(look: Callable[[Any, Any], object]) -> None:
    def check(message: Any, context: Any) -> Iterator[Mismatch]:
        try:
            look(message, context)
        except Exception:  # a check that hides that it has looked
            return
        yield from ()

    assert not is_silent(check, *_context())


def test_a_body_that_is_there_is_hidden_and_one_that_is_not_is_not() -> None:
    assert is_silent(_asks(lambda m, c: m.body), *_context())
    assert not is_silent(_asks(lambda m, c: m.body), *_context(_RAW % (1, b"x")))


def test_check_that_finds_something_is_asked_each_time() -> None:
    def check(message: Any, context: Any) -> Iterator[Mismatch]:
        yield Mismatch("something", "something else", "Event")

    assert not is_silent(check, *_context())


def test_check_that_breaks_is_asked_each_time() -> None:
    assert not is_silent(_asks(lambda m, c: 1 / 0), *_context())


def test_message_that_is_malformed_has_no_outline() -> None:
    message, context = _context(_RAW.replace(b"CSeq: 1", b"CSeq: x") % (0, b""))

    assert message.malformed
    assert outline_of(message, context) is None


def test_response_shows_its_method_and_the_outline_of_its_request() -> None:
    request, context = _context()
    response = parse(b"SIP/2.0 200 OK\r\n" + (_RAW % (0, b"")).split(b"\r\n", 1)[1])
    answered = replace(context, request=request, request_entry=context.entry)
    assert isinstance(response, Response)

    assert is_silent(_asks(lambda m, c: (m.method, m.status)), response, answered)
    assert is_silent(_asks(lambda m, c: c.sip_request.event), response, answered)
    assert not is_silent(_asks(lambda m, c: c.sip_request.to), response, answered)
    assert not is_silent(_asks(lambda m, c: c.request_entry), response, answered)
    assert outline_of(response, answered) != outline_of(response, context)


def test_http_message_shows_its_outline() -> None:
    request = parse_http(b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
    _, context = _context()
    assert isinstance(request, HttpRequest)

    assert is_silent(_asks(lambda m, c: (m.method, m.etag, m.content_type)), request, context)
    for look in (
        lambda m, c: m.target,
        lambda m, c: m.host,
        lambda m, c: m.content_length,
        lambda m, c: m.body,
        lambda m, c: m.content,
        lambda m, c: m == request,
        lambda m, c: hash(m),
    ):
        assert not is_silent(_asks(look), request, context)


_SHARED: dict[str, Outlines] = {}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_checks_left_out_find_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is learned from the first message of an outline holds for those of all other cases."""
    shared = _SHARED.setdefault(str(case.profile), Outlines(after=0))
    monkeypatch.setattr(Judge, "__init__", _with_outlines(Judge.__init__, _Proven(shared)))

    case.judge(case.good)
    case.judge(case.bad)


class _Proven(Outlines):
    """Runs what is left out as well."""

    def __init__(self, learned: Outlines) -> None:
        self._learned = learned

    def left(
        self,
        selection: tuple[object, ...],
        groups: tuple[Group, ...],
        message: Any,
        context: Context,
    ) -> tuple[Group, ...]:
        left = self._learned.left(selection, groups, message, context)
        asked = {check.id for group in left for _, check, _ in group.checks}
        for group in groups:
            if group.when is None or group.when(message, context):
                for function, check, _ in group.checks:
                    if check.id not in asked:
                        assert list(function(message, context)) == [], check.id
        return left


def _with_outlines(init: Callable[..., None], outlines: Outlines) -> Callable[..., None]:
    def made(self: Any, *given: Any, **named: Any) -> None:
        init(self, *given, **named)
        self._outlines = outlines

    return made
