"""Cutting a byte stream into HTTP messages."""

from itertools import pairwise

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.xcap.framing import MAX_BODY, MAX_HEAD, HttpFramer
from harness.xcap.http import make_http_request, make_http_response, parse_http

GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
PUT = b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
CHUNKED = (
    b"PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def fed(framer: HttpFramer, *pieces: bytes) -> list[bytes]:
    return [message for piece in pieces for message in framer.feed(piece)]


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(stream) + 1) for cut in cuts} | {0, len(stream)})
    return [stream[a:b] for a, b in pairwise(places)]


def test_server_gets_pipelined_requests_one_by_one() -> None:
    assert HttpFramer().feed(GET + PUT + CHUNKED + GET) == [GET, PUT, CHUNKED, GET]


def test_server_ignores_empty_lines_before_a_request() -> None:
    assert HttpFramer().feed(b"\r\n\r\n" + GET) == [GET]


def test_server_takes_bare_line_feeds() -> None:
    request = GET.replace(b"\r\n", b"\n")
    assert HttpFramer().feed(request + PUT) == [request, PUT]


def test_client_gets_interim_and_final_response() -> None:
    framer = HttpFramer("client")
    framer.expect("PUT")
    assert framer.feed(CONTINUE + OK) == [CONTINUE, OK]


def test_client_cuts_no_body_from_the_response_to_head() -> None:
    framer = HttpFramer("client")
    framer.expect("HEAD")
    framer.expect("GET")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    assert framer.feed(CONTINUE + head + OK) == [CONTINUE, head, OK]


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_client_cuts_no_body_from_a_response_that_has_none(status: str) -> None:
    bodiless = f"HTTP/1.1 {status}\r\nContent-Length: 9\r\n\r\n".encode()
    assert HttpFramer("client").feed(bodiless + OK) == [bodiless, OK]


def test_client_reads_a_response_without_length_until_the_end() -> None:
    framer = HttpFramer("client")
    response = b"HTTP/1.1 200 OK\r\n\r\nall of this"
    assert framer.feed(response) == []
    assert framer.close() == [response]


def test_close_gives_a_message_that_was_cut_short() -> None:
    framer = HttpFramer()
    assert fed(framer, GET, PUT[:-1]) == [GET]
    assert framer.pending == PUT[:-1]
    assert framer.close() == [PUT[:-1]]
    assert framer.close() == []
    assert framer.feed(GET) == []


def test_garbage_comes_out_whole_before_the_next_request() -> None:
    garbage = b"\x16\x03\x01 not HTTP\nmore of it\n"
    framer = HttpFramer()
    assert framer.feed(garbage) == []
    assert framer.garbled
    assert framer.feed(GET) == [garbage, GET]
    assert not framer.garbled


def test_octets_beyond_a_too_small_content_length_are_garbage() -> None:
    short = b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
    framer = HttpFramer()
    assert framer.feed(short + b"cd\n" + GET) == [short, b"cd\n", GET]


@pytest.mark.parametrize("value", [b"x", b"3, 4", b"-3", b"9" * 30])
def test_unreadable_content_length_leaves_no_body(value: bytes) -> None:
    head = b"PUT /a HTTP/1.1\r\nContent-Length: " + value + b"\r\n\r\n"
    assert HttpFramer().feed(head + GET) == [head, GET]


def test_equal_content_lengths_count_once() -> None:
    request = b"PUT /a HTTP/1.1\r\nContent-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabc"
    assert HttpFramer().feed(request + GET) == [request, GET]


def test_broken_chunk_ends_the_message() -> None:
    head = b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert HttpFramer().feed(head + b"zz\r\n" + GET) == [head + b"zz\r\n", GET]
    assert HttpFramer().feed(head + b"3\r\nabcdef\r\n" + GET)[0] == head + b"3\r\nabc"


def test_endless_head_is_given_on_in_bounded_pieces() -> None:
    framer = HttpFramer()
    stream = b"GET /a HTTP/1.1\r\n" + b"X: y\r\n" * MAX_HEAD
    messages = framer.feed(stream)
    assert messages
    assert all(len(message) <= MAX_HEAD for message in messages)
    assert len(framer.pending) <= MAX_HEAD


def test_oversized_body_is_skipped_and_its_head_given_on() -> None:
    head = b"PUT /a HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 1)
    framer = HttpFramer()
    assert framer.feed(head) == [head]
    block = bytes(MAX_BODY // 4 + 1)
    assert fed(framer, block, block, block) == []
    assert framer.pending == b""
    assert framer.feed(bytes(MAX_BODY + 1 - 3 * len(block)) + GET) == [GET]


def test_server_learns_that_the_client_waits_for_100() -> None:
    framer = HttpFramer()
    request = PUT.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    framer.feed(request[:-3])
    assert framer.continue_wanted
    framer.feed(b"a")
    assert not framer.continue_wanted
    assert framer.feed(b"bc") == [request]
    assert not framer.continue_wanted


def test_request_without_body_waits_for_nothing() -> None:
    framer = HttpFramer()
    request = GET.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    assert framer.feed(request) == [request]
    assert not framer.continue_wanted


def test_other_transfer_codings_end_a_request_and_open_a_response() -> None:
    request = b"PUT /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n"
    assert HttpFramer().feed(request + GET) == [request, GET]
    framer = HttpFramer("client")
    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nrest"
    assert framer.feed(response) == []
    assert framer.close() == [response]


def test_chunk_without_line_end_ends_the_message() -> None:
    head = b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert HttpFramer().feed(head + b"1\r\nabcd" + b"\n" + GET) == [
        head + b"1\r\na",
        b"bcd\n",
        GET,
    ]


def test_expectation_of_an_http_1_0_client_is_ignored() -> None:
    framer = HttpFramer()
    framer.feed(b"PUT /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
    assert not framer.continue_wanted


STREAMS = st.lists(
    st.sampled_from([GET, PUT, CHUNKED, b"junk\r\n", b"\r\n", b"\xff\x00", b"\n"]), max_size=8
).map(b"".join)


@given(STREAMS, st.lists(st.integers(min_value=0), max_size=20))
@example(CHUNKED + GET, list(range(len(CHUNKED))))
def test_any_split_gives_the_same_requests(stream: bytes, cuts: list[int]) -> None:
    whole, pieces = HttpFramer(), HttpFramer()
    expected = whole.feed(stream) + whole.close()
    assert fed(pieces, *split(stream, cuts)) + pieces.close() == expected


@given(
    st.lists(st.sampled_from([OK, CONTINUE, b"HTTP/1.1 304 x\r\n\r\n", b"bad\n"]), max_size=6),
    st.lists(st.integers(min_value=0), max_size=20),
)
def test_any_split_gives_the_same_responses(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    whole, pieces = HttpFramer("client"), HttpFramer("client")
    expected = whole.feed(stream) + whole.close()
    assert fed(pieces, *split(stream, cuts)) + pieces.close() == expected


@given(st.lists(st.binary(max_size=60), max_size=10), st.sampled_from(["server", "client"]))
def test_random_octets_lose_nothing_and_raise_nothing(pieces: list[bytes], role: str) -> None:
    framer = HttpFramer("server" if role == "server" else "client")
    messages = fed(framer, *pieces) + framer.close()
    stream = b"".join(pieces)
    # Only empty lines before a message disappear.
    assert b"".join(messages).translate(None, b"\r\n") == stream.translate(None, b"\r\n")
    for message in messages:
        parse_http(message)


TOKENS = st.text("abcXYZ-", min_size=1, max_size=8)


@given(
    st.sampled_from(["GET", "PUT", "DELETE", "HEAD"]),
    st.lists(st.tuples(TOKENS, st.text('abc "=;,', max_size=12).map(str.strip)), max_size=5),
    st.binary(max_size=200),
)
def test_made_requests_are_cut_and_read_as_h11_reads_them(
    method: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    raw = make_http_request(method, "/a/b", [("Host", "h"), *headers], body)
    assert HttpFramer().feed(raw + raw) == [raw, raw]
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    event = connection.next_event()
    assert isinstance(event, h11.Request)
    message = parse_http(raw)
    assert [(row.written.lower().encode(), row.value.encode()) for row in message.headers] == list(
        event.headers
    )
    data = connection.next_event()
    assert message.body == (data.data if isinstance(data, h11.Data) else b"")


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_made_responses_are_cut_whole(size: int) -> None:
    raw = make_http_response(200, "OK", [("ETag", '"x"')], b"x" * size)
    framer = HttpFramer("client")
    assert framer.feed(raw + raw) == [raw, raw]
