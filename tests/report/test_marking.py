"""Where findings point, and how the text of a message is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Clause, Finding, Level, Peer, Transport
from harness.report.marking import MAX_TEXT, Place, Shown, excerpt, missing_field, places_of, whole
from harness.report.text import plain
from harness.trace import Message, Trace
from tests.report.golden.build import PUBLISH

FINDING = Finding("X-1", Level.MUST, Clause("RFC 3261"), "", "ue", "a", 1, "", "", "")
MAX_OFFSET = 400


def parse(raw: bytes, transport: Transport = Transport.UDP) -> Message:
    ends = Peer("192.0.2.1", 1, transport), Peer("192.0.2.2", 2, transport)
    return Trace().append(raw, *ends, 0.0).message


def marked(shown: Shown) -> list[str]:
    return [span.text for line in shown.lines for span in line.spans if span.kind == "mark"]


def text(shown: Shown) -> list[str]:
    return ["".join(span.text for span in line.spans) for line in shown.lines]


@pytest.mark.parametrize(
    ("where", "observed", "at", "expected"),
    [
        # What was observed stands at the offset.
        ("Event", "presence, dialog", b"presence, dialog", "presence, dialog"),
        # The offset is that of the field, what was observed a part of it.
        ("Event", "dialog", b"presence, dialog", "dialog"),
        # The offset is that of the field, the observation is in words.
        ("Event", "2 values", b"presence, dialog", "presence, dialog"),
        # Inside a field: the token there.
        ("From", "a tag", b"b\r\nt:", "b"),
        # In the body.
        ("/presence/tuple/basic", "ajar", b"ajar", "ajar"),
        # By the field's name alone, in its compact form.
        ("Call-ID", "whatever", None, "2@192.0.2.1"),
        ("Request-URI", "whatever", None, "PUBLISH sip:alice@example.com SIP/2.0"),
        ("Accept", "whatever", None, "application/pidf+xml,"),
    ],
)
def test_finding_marks_what_it_points_at(
    where: str, observed: str, at: bytes | None, expected: str
) -> None:
    offset = PUBLISH.index(at) if at is not None else None
    finding = replace(FINDING, where=where, observed=observed, offset=offset)
    message = parse(PUBLISH)
    assert marked(excerpt(message, finding))[0] == expected
    assert marked(whole(message, [finding]))[0] == expected


def test_mark_covers_the_continuation_lines_of_a_folded_field() -> None:
    finding = replace(FINDING, where="Accept", observed="in words")
    shown = excerpt(parse(PUBLISH), finding)
    assert marked(shown) == ["application/pidf+xml,", " application/rlmi+xml"]


def test_observation_that_was_cut_marks_the_whole_field() -> None:
    value = "x" * 300
    message = parse(f"OPTIONS sip:a SIP/2.0\r\nSubject: {value}\r\n\r\n".encode())
    finding = replace(FINDING, where="Subject", observed=value[:200], offset=32)
    assert marked(excerpt(message, finding)) == [value]


def test_finding_about_a_missing_field_names_it_and_marks_nothing() -> None:
    finding = replace(FINDING, where="Expires", observed="absent")
    message = parse(PUBLISH)
    assert missing_field(message, finding) == "Expires"
    assert not excerpt(message, finding).lines
    assert not marked(whole(message, [finding]))


@pytest.mark.parametrize("where", ["message", "body", "/presence/tuple", "Event", "o", ""])
def test_finding_about_no_header_field_misses_none(where: str) -> None:
    assert missing_field(parse(PUBLISH), replace(FINDING, where=where)) == ""


def test_excerpt_shows_the_start_line_and_the_lines_around_the_mark() -> None:
    finding = replace(
        FINDING, where="Event", observed="presence", offset=PUBLISH.index(b"presence")
    )
    shown = excerpt(parse(PUBLISH), finding)
    assert [line.number for line in shown.lines] == [1, 7, 8, 9]
    assert [line.is_marked for line in shown.lines] == [False, False, True, False]


def test_excerpt_of_a_long_line_is_cut_around_the_mark() -> None:
    raw = b"MESSAGE sip:a SIP/2.0\r\n\r\n" + b"a" * 5000 + b" wrong " + b"b" * 5000
    finding = replace(FINDING, where="body", observed="wrong", offset=raw.index(b"wrong"))
    shown = excerpt(parse(raw), finding)
    assert marked(shown) == ["wrong"]
    assert max(map(len, text(shown))) < 600


def test_message_shows_where_a_line_ends_without_cr_and_what_cannot_be_read() -> None:
    shown = whole(parse(b"OPTIONS sip:a SIP/2.0\nX: \xff\x1b[0m\r\n\r\nbody\n"), [])
    assert [line.ending for line in shown.lines] == ["LF", "", "", ""]
    assert text(shown)[1] == "X: \\xff\\x1b[0m"
    assert [line.is_body for line in shown.lines] == [False, False, False, True]


def test_large_and_binary_messages_are_cut() -> None:
    head = b"PUT /x HTTP/1.1\r\nHost: a\r\n\r\n"
    large = whole(parse(head + b"x" * 2 * MAX_TEXT, Transport.HTTP), [])
    binary = whole(parse(head + b"\x00\xff" * 5000, Transport.HTTP), [])
    assert large.left_out == len(head) + MAX_TEXT
    assert sum(map(len, text(binary))) < 4000
    assert binary.left_out == len(head) + 10_000 - len(head) - 512


def test_offset_outside_the_message_marks_nothing() -> None:
    finding = replace(FINDING, where="body", offset=len(PUBLISH) + 1)
    assert places_of(parse(PUBLISH), finding) == ()


def test_offset_at_the_end_marks_the_place_after_the_last_byte() -> None:
    raw = b"OPTIONS sip:a SIP/2.0\r\n\r\nbody"
    finding = replace(FINDING, where="body", offset=len(raw))
    assert places_of(parse(raw), finding) == (Place(len(raw), len(raw)),)
    assert marked(whole(parse(raw), [finding])) == ["▸"]


@given(
    st.binary(max_size=200) | st.from_regex(rb"[ -~\r\n]{0,200}", fullmatch=True),
    st.lists(st.tuples(st.integers(-5, MAX_OFFSET), st.text(max_size=5)), max_size=4),
    st.booleans(),
)
def test_any_message_is_shown_whole_whatever_is_marked(
    data: bytes, marks: list[tuple[int, str]], is_http: bool
) -> None:
    raw = b"OPTIONS sip:a SIP/2.0\r\nSubject: s\r\n" + data
    message = parse(raw, Transport.HTTP if is_http else Transport.UDP)
    findings = [
        replace(FINDING, where="Subject", offset=offset, observed=observed)
        for offset, observed in marks
    ]
    shown = whole(message, findings)
    # Between the bytes of one character there is no place for a mark that keeps it whole.
    if raw.isascii():
        assert _unmarked(shown) == _unmarked(whole(message, []))
    for finding in findings:
        for line in excerpt(message, finding).lines:
            assert all(plain(span.text) == span.text for span in line.spans)


def _unmarked(shown: Shown) -> list[str]:
    return [each.replace("▸", "") for each in text(shown)]
