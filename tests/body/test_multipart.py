"""Multipart bodies are read as they come and written by the book."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.body.multipart import (
    MAX_PARTS,
    Part,
    make_part,
    make_related,
    parse_multipart,
)

RELATED = 'multipart/related;type="application/rlmi+xml";start="<a@x>";boundary=b1'
BODY = (
    b"--b1\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <a@x>\r\n"
    b'Content-Type: application/rlmi+xml;charset="UTF-8"\r\n\r\n<list/>\r\n'
    b"--b1\r\ncontent-type: application/pidf+xml\r\ncontent-id: <b@x>\r\n\r\n<presence/>\r\n"
    b"--b1--\r\n"
)


def test_related_body_is_read() -> None:
    found = parse_multipart(BODY, RELATED)
    assert found.malformed == ()
    assert [part.media_type for part in found.parts] == [
        "application/rlmi+xml",
        "application/pidf+xml",
    ]
    assert found.root is found.parts[0]
    part = found.part("<b@x>")
    assert part is not None
    assert part.body == b"<presence/>"
    assert BODY[part.offset :].startswith(b"<presence/>")
    assert found.part("c@x") is None


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (BODY, RELATED.replace("boundary=b1", 'boundary="b1"')),
        (b"preamble\r\n" + BODY + b"epilogue", RELATED),
        (BODY.replace(b"--b1\r\n", b"--b1 \t\r\n"), RELATED),
        (BODY.removesuffix(b"\r\n"), RELATED),
        (
            BODY,
            RELATED.replace(";", " ; ")
            .replace("=", " = ")
            .upper()
            .replace("B1", "b1")
            .replace("<A@X>", "<a@x>"),
        ),
        (BODY, 'multipart/related;boundary=b1;type="application/rlmi+xml"'),
    ],
)
def test_legal_variant_is_read_without_complaint(body: bytes, content_type: str) -> None:
    found = parse_multipart(body, content_type)
    assert found.malformed == ()
    assert [part.body for part in found.parts] == [b"<list/>", b"<presence/>"]


@pytest.mark.parametrize(
    ("body", "content_type", "complaint"),
    [
        (BODY, "multipart/related;type=a", "boundary parameter"),
        (BODY, RELATED.replace("b1", '"b1 "'), "bcharsnospace"),
        (BODY, RELATED.replace('type="application/rlmi+xml";', ""), "type parameter"),
        (BODY, RELATED.replace("rlmi", "pidf"), "type of the root part"),
        (BODY, RELATED.replace("<a@x>", "<c@x>"), "start names"),
        (BODY.replace(b"--b1--\r\n", b""), RELATED, "close-delimiter"),
        (BODY.replace(b"\r\n", b"\n"), RELATED, "CRLF before"),
        (BODY.replace(b"<b@x>", b"b@x"), RELATED, '"<" id'),
        (BODY.replace(b"<b@x>", b"<a@x>"), RELATED, "unique"),
        (BODY.replace(b"Content-ID:", b"Content-ID"), RELATED, "field-name: value"),
        (b"no boundary here", RELATED, "dash-boundary"),
        (b"--b1\r\nContent-Type: a/b\r\n--b1--", "multipart/mixed;boundary=b1", "empty line"),
    ],
)
def test_illegal_body_is_read_and_its_fault_listed(
    body: bytes, content_type: str, complaint: str
) -> None:
    found = parse_multipart(body, content_type)
    assert any(complaint in fault.expected for fault in found.malformed), found.malformed
    assert all(0 <= fault.offset <= len(body) for fault in found.malformed)


def test_bare_line_feeds_still_give_the_parts() -> None:
    found = parse_multipart(BODY.replace(b"\r\n", b"\n"), RELATED)
    assert [part.body for part in found.parts] == [b"<list/>", b"<presence/>"]


def test_root_is_the_part_that_start_names() -> None:
    found = parse_multipart(BODY, RELATED.replace("<a@x>", "<b@x>").replace("rlmi", "pidf"))
    assert found.root is found.parts[1]
    assert found.malformed == ()


@pytest.mark.parametrize("part", [b"", b"Content-Type: a/b\r\n", b"\r\n"])
def test_part_may_have_no_content(part: bytes) -> None:
    found = parse_multipart(b"--b\r\n" + part + b"\r\n--b--", "multipart/mixed;boundary=b")
    assert found.malformed == ()
    assert [part.body for part in found.parts] == [b""]


def test_part_without_header_fields_is_text() -> None:
    found = parse_multipart(b"--b\r\n\r\nhello\r\n--b--", "multipart/mixed;boundary=b")
    assert found.malformed == ()
    assert (found.parts[0].media_type, found.parts[0].body) == ("text/plain", b"hello")


def test_folded_header_field_is_unfolded() -> None:
    body = b"--b\r\nContent-Type: a/b;\r\n c=d\r\n\r\n\r\n--b--"
    (part,) = parse_multipart(body, "multipart/mixed;boundary=b").parts
    assert part.content_type == "a/b; c=d"


def test_line_that_only_starts_like_the_boundary_is_content() -> None:
    body = b"--b\r\n\r\n--bc\r\n--b--"
    (part,) = parse_multipart(body, "multipart/mixed;boundary=b").parts
    assert part.body == b"--bc"


def test_nested_list_is_read() -> None:
    inner_type, inner = make_related([make_part("application/rlmi+xml", b"<list/>")], "in")
    outer_type, outer = make_related(
        [make_part("application/rlmi+xml", b"<list/>"), make_part(inner_type, inner, "n@x")], "out"
    )
    nested = parse_multipart(outer, outer_type).parts[1].multipart()
    assert nested is not None
    assert nested.malformed == ()
    assert nested.parts[0].body == b"<list/>"
    assert nested.parts[0].multipart() is None


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("binary", b"=41", b"=41"),
        ("quoted-printable", b"=41", b"A"),
        ("base64", b"QQ==", b"A"),
        ("base64", b"Q", b"Q"),
    ],
)
def test_transfer_encoding_of_a_part_is_undone(encoding: str, body: bytes, content: bytes) -> None:
    assert Part((("Content-Transfer-Encoding", encoding),), body).content == content


def test_too_many_parts_are_cut() -> None:
    body = b"--b\r\n\r\n" * (MAX_PARTS + 10) + b"--b--"
    found = parse_multipart(body, "multipart/mixed;boundary=b")
    assert len(found.parts) == MAX_PARTS
    assert "at most" in found.malformed[-1].expected


def test_written_body_has_its_boundary_last_without_quotes_and_no_preamble() -> None:
    parts = [
        make_part("application/rlmi+xml", b"<list/>", "a@x"),
        make_part("application/pidf+xml", b"<presence/>", "b@x"),
    ]
    content_type, body = make_related(parts, "b1")
    assert content_type == RELATED
    assert body.startswith(b"--b1\r\n")
    found = parse_multipart(body, content_type)
    assert found.malformed == ()
    assert [part.body for part in found.parts] == [part.body for part in parts]


@pytest.mark.parametrize("boundary", ["", "a b", "a:b", "x" * 71, "list", "*"])
def test_boundary_that_will_not_do_is_refused(boundary: str) -> None:
    part = make_part("application/rlmi+xml", b"--list", "a@x")
    with pytest.raises(ValueError, match="boundary"):
        make_related([part], boundary)


def test_body_of_no_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one part"):
        make_related([], "b")


@given(st.binary(max_size=300), st.text(max_size=80))
def test_any_bytes_are_read(body: bytes, content_type: str) -> None:
    parse_multipart(body, content_type)
    parse_multipart(body, "multipart/related;boundary=b")


@given(st.lists(st.sampled_from([b"--b", b"--b--", b"\r\n", b"\n", b"a: b", b" ", b"x"])))
def test_any_frame_is_read_and_every_offset_is_inside(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    found = parse_multipart(body, 'multipart/related;boundary="b";type=a/b')
    assert all(0 <= fault.offset <= len(body) for fault in found.malformed)
    assert all(body[part.offset :].startswith(part.body) for part in found.parts)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5))
def test_what_is_written_is_read_back(bodies: list[bytes]) -> None:
    boundary = "unlikely-boundary-0123"
    content_type, body = make_related([make_part("a/b", found) for found in bodies], boundary)
    found = parse_multipart(body, content_type)
    assert found.malformed == ()
    assert [part.body for part in found.parts] == bodies
