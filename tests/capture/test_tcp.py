"""TCP directions: bytes in order, whatever arrives."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.tcp import ACK, SYN, Chunk, Direction, Segment, parse_segment


def segment(sequence: int, data: bytes, flags: int = ACK) -> Segment:
    return Segment(5060, 5062, sequence % (1 << 32), 0, flags, data)


def feed(direction: Direction, *segments: Segment) -> bytes:
    return b"".join(chunk.data for each in segments for chunk in direction.feed(each))


def test_direction_orders_segments_and_drops_what_is_repeated() -> None:
    direction = Direction()
    assert feed(direction, segment(100, b"", SYN)) == b""
    assert feed(direction, segment(105, b"world")) == b""
    assert feed(direction, segment(101, b"hell")) == b"hellworld"
    assert feed(direction, segment(101, b"hell"), segment(103, b"llworld!")) == b"!"


def test_direction_follows_sequence_numbers_over_their_end() -> None:
    direction = Direction()
    start = (1 << 32) - 3
    assert feed(direction, segment(start, b"abc"), segment(start + 3, b"def")) == b"abcdef"


def test_direction_starts_in_the_middle_of_a_connection() -> None:
    assert feed(Direction(), segment(7777, b"abc")) == b"abc"


def test_direction_gives_up_a_hole_that_the_receiver_has_acknowledged() -> None:
    direction = Direction()
    feed(direction, segment(1, b"ab"), segment(10, b"xy"))
    assert direction.acknowledged(3) == []
    assert direction.acknowledged(12) == [Chunk(b"xy", missing=7)]


def test_direction_gives_up_its_holes_at_the_end() -> None:
    direction = Direction()
    feed(direction, segment(1, b"ab"), segment(10, b"xy"), segment(20, b"z"))
    assert direction.finish() == [Chunk(b"xy", 7), Chunk(b"z", 8)]


def test_direction_holds_back_no_more_than_its_bound() -> None:
    direction = Direction()
    feed(direction, segment(1, b"a"))
    seen = b""
    for number in range(6000):
        seen += feed(direction, segment(10 + 2 * number, b"x"))
    assert len(direction.held) <= 4096
    assert len(seen) > 1000


def test_segment_cut_short_is_none() -> None:
    assert parse_segment(b"\0" * 19) is None
    assert parse_segment(b"\0" * 12 + b"\xf0" + b"\0" * 7) is None


@given(
    st.binary(min_size=1, max_size=300),
    st.lists(st.tuples(st.integers(0, 299), st.integers(1, 60)), max_size=30),
    st.integers(0, (1 << 32) - 1),
)
def test_direction_gives_the_stream_whatever_overlaps(
    stream: bytes, cuts: list[tuple[int, int]], start: int
) -> None:
    direction = Direction()
    seen = feed(direction, segment(start - 1, b"", SYN))
    for at, length in cuts:
        seen += feed(direction, segment(start + at, stream[at : at + length]))
    seen += feed(direction, segment(start, stream))
    assert seen == stream
