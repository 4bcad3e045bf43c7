"""Framing: messages and keep-alives out of a stream, however it is cut."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.sip.framing import MAX_MESSAGE, Frame, StreamFramer
from harness.sip.message import parse

Role = Literal["server", "client"]


def message(body: bytes = b"", length: str = "Content-Length: %d") -> bytes:
    head = b"NOTIFY sip:a@b SIP/2.0\r\nCall-ID: x\r\n"
    field = (length % len(body) if "%" in length else length).encode()
    return head + field + (b"\r\n" if field else b"") + b"\r\n" + body


ONE = message(b"hello\r\n\r\nINVITE sip:a SIP/2.0\r\n\r\n")
TWO = b"SIP/2.0 200 OK\r\nl :  3\r\nCall-ID: y\r\n\r\nabc"
FOLDED = b"OPTIONS sip:a@b SIP/2.0\r\nL:\r\n 2\r\n\r\nhi"
BARE = b"OPTIONS sip:a@b SIP/2.0\nContent-Length: 1\n\n!"


def frames(data: bytes, size: int = 0, role: Role = "server") -> list[Frame]:
    """Feed `data` in pieces of `size` bytes (0: whole), with the garbage in one piece."""
    framer = StreamFramer(role)
    step = size or max(len(data), 1)
    found = [frame for i in range(0, len(data), step) for frame in framer.feed(data[i : i + step])]
    found += framer.close()
    merged: list[Frame] = []
    for kind, group in groupby(found, key=lambda frame: frame.kind):
        items = list(group)
        if kind == "garbage":
            items = [Frame("garbage", b"".join(frame.data for frame in items))]
        merged += items
    return merged


def test_several_messages_in_one_segment_are_cut_by_content_length() -> None:
    framer = StreamFramer()
    stream = ONE + TWO + FOLDED + BARE
    assert framer.feed(stream) == [Frame("message", data) for data in (ONE, TWO, FOLDED, BARE)]
    assert framer.pending == b""
    assert not framer.broken


def test_message_is_waited_for_until_its_last_byte() -> None:
    framer = StreamFramer()
    assert framer.feed(ONE[:-1]) == []
    assert framer.pending == ONE[:-1]
    assert framer.feed(ONE[-1:] + TWO[:5]) == [Frame("message", ONE)]
    assert framer.pending == TWO[:5]


def test_message_without_content_length_has_no_body() -> None:
    framer = StreamFramer()
    assert framer.feed(message(length="") + TWO) == [
        Frame("message", message(length="")),
        Frame("message", TWO),
    ]


@pytest.mark.parametrize("length", ["-5", "five", "5x"])
def test_body_of_unreadable_length_is_garbage(length: str) -> None:
    head = message(length=f"Content-Length: {length}")
    framer = StreamFramer()
    assert framer.feed(head + b"<body>\n" + TWO) == [
        Frame("message", head),
        Frame("garbage", b"<body>\n"),
        Frame("message", TWO),
    ]
    assert framer.broken


def test_contradicting_lengths_count_as_none() -> None:
    head = message(length="l: 2\r\nContent-Length: 3")
    assert frames(head + b"<>\n" + TWO)[1] == Frame("garbage", b"<>\n")
    agreed = message(length="l: 2\r\nContent-Length: 02") + b"<>"
    assert frames(agreed + TWO) == [Frame("message", agreed), Frame("message", TWO)]


def test_content_length_inside_the_body_or_another_field_is_not_taken() -> None:
    data = b"OPTIONS sip:a SIP/2.0\r\nX: Content-Length: 9\r\nl: 4\r\n\r\nl: 9"
    assert frames(data + TWO) == [Frame("message", data), Frame("message", TWO)]


def test_server_gets_pings_and_skips_single_line_ends() -> None:
    framer = StreamFramer("server")
    assert framer.feed(b"\r\n\r") == []
    assert framer.feed(b"\n") == [Frame("ping", b"\r\n\r\n")]
    assert framer.feed(b"\r\n" + TWO) == [Frame("pong", b"\r\n"), Frame("message", TWO)]
    assert framer.feed(b"\r\n") == []
    assert framer.close() == [Frame("pong", b"\r\n")]
    assert not framer.broken


def test_client_gets_each_pong_at_once() -> None:
    framer = StreamFramer("client")
    assert framer.feed(b"\r") == []
    assert framer.feed(b"\n\r\n") == [Frame("pong", b"\r\n"), Frame("pong", b"\r\n")]


def test_closing_in_the_middle_of_a_message_gives_the_rest_as_garbage() -> None:
    framer = StreamFramer()
    framer.feed(ONE[:40])
    assert framer.close() == [Frame("garbage", ONE[:40])]
    assert framer.broken
    assert framer.close() == []


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"<presence/>",
        b"Call-ID: tail of a message\r\n",
        b"GET\x00 / HTTP/1.1\r\n\r\n",
        b"\n\n",
    ],
)
def test_garbage_is_given_at_once_and_flagged(garbage: bytes) -> None:
    framer = StreamFramer()
    found = framer.feed(garbage)
    assert b"".join(frame.data for frame in found) == garbage
    assert {frame.kind for frame in found} == {"garbage"}
    assert framer.broken


def test_reading_goes_on_at_the_next_start_line_after_garbage() -> None:
    for size in (0, 1, 3):
        assert frames(b"\x00tail\r\nof it: x\r\n" + TWO + ONE, size) == [
            Frame("garbage", b"\x00tail\r\nof it: x\r\n"),
            Frame("message", TWO),
            Frame("message", ONE),
        ]


def test_start_line_in_the_middle_of_a_garbage_line_does_not_count() -> None:
    for size in (0, 1, 5):
        assert frames(b"\x00\x01" + ONE, size)[0].kind == "garbage"


def test_unreadable_start_line_of_text_is_framed_like_any_other() -> None:
    data = b"OPTIONS sip:a@b HTTP/1.1\r\nl: 2\r\n\r\nhi"
    assert frames(data + TWO) == [Frame("message", data), Frame("message", TWO)]
    assert parse(data).malformed


def test_message_longer_than_the_bound_is_garbage() -> None:
    framer = StreamFramer()
    head = message(length=f"Content-Length: {MAX_MESSAGE}")
    assert framer.feed(head) == [Frame("garbage", head)]
    assert framer.broken


def test_header_without_end_is_bounded() -> None:
    framer = StreamFramer(max_message=1000)
    framer.feed(b"OPTIONS sip:a@b SIP/2.0\r\n")
    kinds = {frame.kind for _ in range(100) for frame in framer.feed(b"X: " + b"y" * 50 + b"\r\n")}
    assert kinds == {"garbage"}
    assert len(framer.pending) < 1100


def test_first_line_without_end_is_bounded() -> None:
    framer = StreamFramer()
    for _ in range(100):
        framer.feed(b"OPTIONS " + b"y" * 1000)
    assert framer.broken
    assert len(framer.pending) < 70000


STREAMS = st.lists(
    st.sampled_from(
        [
            ONE,
            TWO,
            FOLDED,
            BARE,
            b"\r\n\r\n",
            b"\r\n",
            b"\x00\r\n",
            b"junk\r\n",
            b"A B",
            b"\n",
            b"\r",
        ]
    )
    | st.binary(max_size=12),
    max_size=6,
).map(b"".join)


@given(STREAMS, st.integers(1, 7), st.sampled_from(["server", "client"]))
@settings(deadline=None)
def test_stream_gives_the_same_frames_however_it_is_cut(
    stream: bytes, size: int, role: Role
) -> None:
    whole = frames(stream, 0, role)
    assert b"".join(frame.data for frame in whole) == stream
    assert frames(stream, 1, role) == whole
    assert frames(stream, size, role) == whole


@given(st.binary(max_size=200), st.integers(1, 9))
def test_any_bytes_are_framed(data: bytes, size: int) -> None:
    assert b"".join(frame.data for frame in frames(data, size)) == data


def test_byte_by_byte_costs_no_more_than_its_length() -> None:
    framer = StreamFramer()
    head = b"OPTIONS sip:a@b SIP/2.0\r\n" + b"X: y\r\n" * 5000
    found = [frame for i in range(len(head)) for frame in framer.feed(head[i : i + 1])]
    assert found == []
    assert framer.feed(b"\r\n") == [Frame("message", head + b"\r\n")]
