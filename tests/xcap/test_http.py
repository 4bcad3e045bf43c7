"""Reading and writing HTTP messages."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.xcap.coding import MAX_DECODED
from harness.xcap.headers import split_list
from harness.xcap.http import (
    HttpRequest,
    HttpResponse,
    HttpSerializeError,
    make_http_request,
    make_http_response,
    parse_http,
)

REQUEST = (
    b"PUT /resource-lists/users/sip%3A%2B33%40h/index HTTP/1.1\r\n"
    b"Host: 192.168.1.2:8080\r\n"
    b"User-Agent: Test-RCS-client 2.5.13\r\n"
    b"Authorization: Basic WDpY\r\n"
    b'X-3GPP-Intended-Identity: "X"\r\n'
    b"Content-type: application/resource-lists+xml\r\n"
    b"Content-Length:3\r\n"
    b"\r\n"
    b"<a>"
)


def request(raw: bytes) -> HttpRequest:
    message = parse_http(raw)
    assert isinstance(message, HttpRequest)
    return message


def response(raw: bytes, method: str = "GET") -> HttpResponse:
    message = parse_http(raw, method)
    assert isinstance(message, HttpResponse)
    return message


def faults(raw: bytes) -> list[tuple[int, str]]:
    return [(fault.offset, fault.where) for fault in parse_http(raw).malformed]


def test_request_is_read_with_order_case_and_offsets() -> None:
    message = request(REQUEST)
    assert message.malformed == ()
    assert (message.method, message.version) == ("PUT", "HTTP/1.1")
    assert message.target == "/resource-lists/users/sip%3A%2B33%40h/index"
    assert [row.written for row in message.headers][-2:] == ["Content-type", "Content-Length"]
    assert [row.name for row in message.headers][-2:] == ["Content-Type", "Content-Length"]
    for row in message.headers:
        assert REQUEST[row.offset :].startswith(row.value.encode())
    assert message.host == "192.168.1.2:8080"
    assert message.content_type == "application/resource-lists+xml"
    assert message.body == b"<a>"
    assert message.raw == REQUEST


def test_headers_are_found_whatever_the_case() -> None:
    headers = request(REQUEST).headers
    assert headers.get("content-TYPE") == "application/resource-lists+xml"
    assert "HOST" in headers
    assert headers.count("Host") == 1
    assert headers.get("ETag") is None
    assert headers.get("ETag", "") == ""


def test_list_fields_are_split_at_top_level_commas() -> None:
    assert split_list('"a,b" , W/"c",,"d"') == ('"a,b"', 'W/"c"', '"d"')
    headers = request(b'GET / HTTP/1.1\r\nIf-Match: "a,b"\r\nIf-Match: "c","d"\r\n\r\n').headers
    assert headers.values("If-Match") == ('"a,b"', '"c"', '"d"')
    assert headers.count("If-Match") == 3


def test_challenges_are_not_split() -> None:
    raw = b'HTTP/1.1 401 x\r\nWWW-Authenticate: Digest realm="X", nonce="n"\r\n\r\n'
    assert response(raw).headers.values("WWW-Authenticate") == ('Digest realm="X", nonce="n"',)


@pytest.mark.parametrize(
    ("line", "offset", "where"),
    [
        (b"GET  / HTTP/1.1", 4, "start-line"),
        (b"GET /", 5, "start-line"),
        (b"G{T / HTTP/1.1", 1, "start-line"),
        (b"GET / HTTP/11", 12, "start-line"),
        (b"GET / http/1.1", 6, "start-line"),
        (b"GET /a[1] HTTP/1.1", 6, "request-target"),
        (b'GET /a%2"b HTTP/1.1', 6, "request-target"),
        (b"\xff\xfe", 0, "start-line"),
    ],
)
def test_broken_request_line_is_malformed(line: bytes, offset: int, where: str) -> None:
    assert (offset, where) in faults(line + b"\r\nHost: h\r\n\r\n")


def test_request_line_with_too_many_spaces_is_read_all_the_same() -> None:
    message = request(b"GET   /a/b HTTP/1.1\r\nHost: h\r\n\r\n")
    assert (message.method, message.target) == ("GET", "/a/b")


def test_unreadable_request_line_leaves_method_and_target_empty() -> None:
    message = request(b"\x00\x01\x02")
    assert (message.method, message.target) == ("", "")
    assert message.malformed


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1 200", b"HTTP/1.1  200 OK", b"HTTP/1.1 2xx OK", b"HTTP/"]
)
def test_broken_status_line_is_malformed(line: bytes) -> None:
    assert "start-line" in [where for _, where in faults(line + b"\r\n\r\n")]


def test_status_line_may_have_an_empty_reason() -> None:
    assert response(b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").malformed == ()


@pytest.mark.parametrize(
    ("field", "offset", "where"),
    [
        (b"Host : h", 20, "Host"),
        (b" folded", 16, "header section"),
        (b"no colon", 16, "header section"),
        (b"H st: h", 17, "H st"),
        (b"X: a\x00b", 20, "X"),
        (b"X: a\rb", 20, "X"),
        (b"Content-Length: 1 2", 33, "Content-Length"),
        (b"Content-Length: ", 32, "Content-Length"),
        (b"ETag: E292", 22, "ETag"),
        (b"Etag:", 21, "ETag"),
        (b'If-Match: "a" "b"', 29, "If-Match"),
        (b"If-None-Match: a", 31, "If-None-Match"),
        (b"Date: Thu, 19 Jun 2014 15:30:47 +0900", 48, "Date"),
        (b"Content-Type: application", 41, "Content-Type"),
        (b"Host: a b", 23, "Host"),
    ],
)
def test_broken_header_field_is_malformed_at_its_offset(
    field: bytes, offset: int, where: str
) -> None:
    found = faults(b"GET / HTTP/1.1\r\n" + field + b"\r\n\r\n")
    assert (offset, where) in found


@pytest.mark.parametrize(
    "field",
    [
        b'ETag: "E292"',
        b'ETag: W/""',
        b'If-Match: "a", "b"',
        b"If-Match: *",
        b"Date: Thu, 19 Jun 2014 15:30:47 GMT",
        b"Date: Thursday, 19-Jun-14 15:30:47 GMT",
        b"Date: Thu Jun 19 15:30:47 2014",
        b'Content-Type: application/xcap-el+xml; charset="utf-8"',
        b"Content-Type: a/b;",
        b"Host: [2001:db8::1]:8080",
        b"Host:",
        b'Authorization: Digest username="X", realm="X", nc=00000001, qop=auth',
        b"Authorization: Basic WDpY==",
        b"X-Other: anything \xc3\xa9 (really)",
        b"X-Latin: caf\xe9",
    ],
)
def test_legal_header_field_is_not_malformed(field: bytes) -> None:
    assert faults(b"GET / HTTP/1.1\r\n" + field + b"\r\n\r\n") == []


def test_missing_host_is_not_for_the_parser_to_say() -> None:
    assert faults(b"GET / HTTP/1.1\r\n\r\n") == []


def test_folded_line_is_malformed_and_joined() -> None:
    message = request(b"GET / HTTP/1.1\r\nX: a\r\n  b\r\n\r\n")
    assert message.headers.get("X") == "a b"
    assert [(fault.offset, fault.where) for fault in message.malformed] == [(22, "X")]


def test_bare_line_feed_is_malformed_and_understood() -> None:
    message = request(b"GET / HTTP/1.1\nHost: h\n\n")
    assert message.host == "h"
    assert {fault.expected for fault in message.malformed} == {"CRLF"}


def test_body_that_is_too_short_is_malformed() -> None:
    message = request(REQUEST[:-1])
    assert message.body == b"<a"
    assert [fault.where for fault in message.malformed] == ["body"]


def test_body_that_is_too_long_is_cut_and_malformed() -> None:
    message = request(REQUEST + b"rest")
    assert message.body == b"<a>"
    assert [(fault.offset, fault.where) for fault in message.malformed] == [(len(REQUEST), "body")]


def test_content_length_counts_octets_not_characters() -> None:
    body = "<note>à</note>".encode()
    raw = b"PUT / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (len(body) - 1)
    assert [fault.where for fault in request(raw + body).malformed] == ["body"]


def test_chunked_body_is_decoded() -> None:
    head = b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    message = request(head + b"3;e\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n")
    assert (message.body, message.malformed) == (b"abcde", ())


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"zz\r\n", b""),
        (b"3\r\nab", b"ab"),
        (b"3\r\nabcd\r\n0\r\n\r\n", b"abc"),
        (b"3\r\nabc\r\n0\r\n", b"abc"),
        (b"", b""),
    ],
)
def test_broken_chunk_is_malformed_and_the_rest_kept(body: bytes, kept: bytes) -> None:
    message = request(b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    assert message.body == kept
    assert [fault.where for fault in message.malformed] == ["body"]


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gzip.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello", wbits=-15)),
        ("identity", b"hello"),
        ("deflate, gzip", gzip.compress(zlib.compress(b"hello"))),
    ],
)
def test_compressed_body_is_decoded(coding: str, data: bytes) -> None:
    message = response(make_http_response(200, "OK", [("Content-Encoding", coding)], data))
    assert (message.body, message.content, message.malformed) == (b"hello", data, ())


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"hello")[:-9]),
        ("br", b"x"),
        ("gzip, gzip, gzip, gzip, gzip", b"x"),
        ("gzip", gzip.compress(bytes(MAX_DECODED + 1))),
    ],
)
def test_body_that_cannot_be_decoded_is_malformed(coding: str, data: bytes) -> None:
    message = response(make_http_response(200, "OK", [("Content-Encoding", coding)], data))
    assert message.body == data
    assert [fault.where for fault in message.malformed] == ["body"]


def test_response_without_length_has_the_rest_as_body() -> None:
    message = response(b"HTTP/1.1 200 OK\r\n\r\nrest")
    assert (message.body, message.malformed) == (b"rest", ())


def test_response_to_head_has_no_body() -> None:
    raw = make_http_response(200, "OK", [], b"abc", head=True)
    message = response(raw, "HEAD")
    assert (message.body, message.content_length, message.malformed) == (b"", 3, ())


def test_request_without_length_has_no_body() -> None:
    message = request(b"GET / HTTP/1.1\r\nHost: h\r\n\r\nwhat?")
    assert [fault.where for fault in message.malformed] == ["body"]


def test_expectation_is_told() -> None:
    assert request(b"PUT / HTTP/1.1\r\nExpect: 100-Continue\r\n\r\n").expects_continue
    assert not request(b"PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expects_continue
    assert not request(REQUEST).expects_continue


def test_made_messages_are_well_formed() -> None:
    raw = make_http_request("GET", "/a", [("Host", "h")])
    assert raw == b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
    raw = make_http_response(201, "Created", [("ETag", '"x"')])
    assert raw == b'HTTP/1.1 201 Created\r\nETag: "x"\r\nContent-Length: 0\r\n\r\n'
    raw = make_http_response(304, "Not Modified", [("ETag", '"x"')])
    assert raw == b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'
    assert make_http_response(100, "Continue", []) == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/a b", [("Host", "h")]),
        ("/a", []),
        ("/a", [("Host", "h"), ("Bad name", "x")]),
        ("/a", [("Host", "h"), ("X", "a\r\nb")]),
        ("/a", [("Host", "h"), ("Content-Length", "4")]),
        ("/à", [("Host", "h")]),
    ],
)
def test_request_that_rfc_9112_forbids_is_not_made(
    target: str, headers: list[tuple[str, str]]
) -> None:
    with pytest.raises(HttpSerializeError):
        make_http_request("PUT", target, headers, b"abc")


def test_response_without_body_by_definition_is_not_made_with_one() -> None:
    with pytest.raises(HttpSerializeError):
        make_http_response(204, "No Content", [], b"x")


@given(st.binary(max_size=300), st.sampled_from([None, "HEAD", "GET"]))
def test_random_octets_are_a_message(raw: bytes, method: str | None) -> None:
    message = parse_http(raw, method)
    assert message.raw == raw
    assert all(0 <= fault.offset <= len(raw) for fault in message.malformed)


@given(st.integers(0, len(REQUEST)), st.binary(max_size=4))
def test_damaged_request_is_read_with_offsets_inside(position: int, junk: bytes) -> None:
    raw = REQUEST[:position] + junk + REQUEST[position + len(junk) :]
    message = parse_http(raw)
    assert all(0 <= fault.offset <= len(raw) for fault in message.malformed)
    for row in message.headers:
        first = row.value.encode("utf-8", "surrogateescape").split(b" ")[0]
        assert raw[row.offset :].startswith(first)
