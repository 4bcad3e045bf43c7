"""XML that nobody vouches for is read or refused, in bounded time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.body.wellformed import (
    MAX_BYTES,
    MAX_DEPTH,
    BodyError,
    BoundsError,
    encoding_of,
    line_of,
    parse_fragment,
    parse_xml,
)

LAUGHS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    "document",
    [
        b"<a/>",
        b'<?xml version="1.0"?><a/>',
        b"<!-- c --><?pi x?>\n<a/>\n<!-- d -->",
        b"\xef\xbb\xbf<a/>",
        '<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16"),
        '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1"),
        '<?xml version="1.0" encoding="utf-8"?><a>é</a>'.encode(),
        b"<a><![CDATA[<!DOCTYPE a>]]></a>",
        b"<a>&lt;&#65;</a>",
        b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH,
        '<a xmlns:b=" urn:x" xmlns:c="urn:é" xmlns:d="d e" xml:id="1"/>'.encode(),
        b'<a xml:id="b"><c xml:id="b"/></a>',
        b'<?xml version="1.1"?><a>\xef\xbf\xbd</a>',
        '\ufeff<?xml version="1.0" encoding="UTF-8"?><a/>'.encode("utf-16-le"),
    ],
)
def test_well_formed_document_is_read(document: bytes) -> None:
    assert parse_xml(document).tag == "a"


@pytest.mark.parametrize(
    ("document", "reason", "line", "offset"),
    [
        (b"", "empty", 1, 0),
        (b" \r\n", "empty", 1, 0),
        (b"<a>\n<b></a>", "mismatch", 2, None),
        (b"<a>\n\xff</a>", "byte 0xFF is not UTF-8", 2, 4),
        (b'<?xml version="1.0" encoding="us-ascii"?><a>\xc3\xa9</a>', "not ASCII", 1, 44),
        (b"<a>\n\0</a>", "NUL", 2, 4),
        (b"<a/><b/>", "Extra content", 1, 4),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "UTF-16", 1, 30),
        ("<a/>".encode("utf-16-le"), "without a byte order mark", 1, 0),
        ("<a/>".encode("utf-32"), "UTF-32", 1, 0),
        (b'\xef\xbb\xbf<?xml version="1.0" encoding="latin-1"?><a/>', "latin-1", 1, 30),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "unknown encoding", 1, 30),
        (b'<?xml version="1.0" encoding="rot13"?><a/>', "unsupported encoding", 1, 30),
        (b'\n<?xml version="1.0"?><a/>', "XML declaration", 2, None),
        (b"<!DOCTYPE a><a/>", "DOCTYPE", 1, 0),
        (b"<?xml version='1.0'?>\n<!-- c -->\n<!DOCTYPE a><a/>", "DOCTYPE", 3, 33),
        (b"<a>&nbsp;</a>", "nbsp", 1, None),
        (b"<p:a/>", "prefix", 1, None),
        (b"<a b='1' b='2'/>", "redefined", 1, None),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "deep", 1, None),
    ],
)
def test_bad_document_is_refused_with_its_place(
    document: bytes, reason: str, line: int, offset: int | None
) -> None:
    with pytest.raises(BodyError) as caught:
        parse_xml(document)
    error = caught.value
    assert reason in error.reason
    assert error.line == line
    if offset is not None:
        assert error.offset == offset


@pytest.mark.parametrize(
    "document",
    [
        f"<!DOCTYPE a [{LAUGHS}]><a>&lol9;</a>".encode(),
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b"<a>" * 100_000,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        b"<a " + b"x='1' " * 100_000 + b"/>",
        b"<a>" + b"x" * (10 * 1024 * 1024) + b"</a>",
        b"\0" * MAX_BYTES,
        b"<!-- " * (MAX_BYTES // 5),
        b"<?" * (MAX_BYTES // 2),
        b"<!-- --" * (MAX_BYTES // 8),
        b" " * (MAX_BYTES - 1) + b"x",
        b"&lt;" * (MAX_BYTES // 4),
    ],
)
def test_bomb_is_refused_in_bounded_time(document: bytes) -> None:
    start = time.monotonic()
    with pytest.raises(BodyError):
        parse_xml(document)
    assert time.monotonic() - start < 2


def test_wide_document_is_read_in_bounded_time() -> None:
    start = time.monotonic()
    root = parse_xml(b"<a>" + b"<b/>" * 400_000 + b"</a>")
    assert len(root) == 400_000
    assert time.monotonic() - start < 5


def test_comment_does_not_split_a_text() -> None:
    assert parse_xml(b"<a>sip:<!-- c -->x</a>").text == "sip:x"
    assert len(parse_xml(b"<a><!-- c --></a>", keep_comments=True)) == 1


def test_line_of_an_element_is_known() -> None:
    root = parse_xml(b"<a>\n<b/>\n</a>")
    assert (line_of(root), line_of(root[0])) == (1, 2)


def test_encoding_is_that_of_mark_or_declaration() -> None:
    assert encoding_of(b"<a/>") == "utf-8"
    assert encoding_of(b"<?xml version='1.0' encoding='Latin1'?><a/>") == "iso8859-1"
    assert encoding_of("<a/>".encode("utf-16")) == "utf-16"


def test_fragment_takes_its_namespaces_from_the_document() -> None:
    found = parse_fragment(b"\n<p:b c='1'><d/></p:b>\n", "urn:a", {"p": "urn:b"})
    assert found.tag == "{urn:b}b"
    assert found[0].tag == "{urn:a}d"
    assert line_of(found) == 2


@pytest.mark.parametrize(
    "data",
    [b"<a/><a/>", b"x<a/>", b"<a/>x", b"x", b"<?xml version='1.0'?><a/>", b"<!DOCTYPE a><a/>"],
)
def test_fragment_is_one_element_and_nothing_else(data: bytes) -> None:
    with pytest.raises(BodyError):
        parse_fragment(data)


def refusal(parse: Callable[[bytes], object], data: bytes) -> BodyError | None:
    try:
        parse(data)
    except BodyError as error:
        return error
    return None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for parse in (parse_xml, parse_fragment):
        error = refusal(parse, data)
        assert error is None or error.offset is None or 0 <= error.offset <= len(data)


@given(
    st.text(alphabet="<>/a='\"&;! -?[]x\n\0é", max_size=60), st.sampled_from(["utf-8", "utf-16"])
)
def test_any_markup_is_read_or_refused(text: str, encoding: str) -> None:
    for parse in (parse_xml, parse_fragment):
        error = refusal(parse, text.encode(encoding))
        assert error is None or error.reason


@pytest.mark.parametrize("document", [b"<a>" * 300 + b"</a>" * 300, b"<%b/>" % (b"a" * 60_000)])
def test_document_beyond_the_bounds_of_the_parser_is_not_called_ill_formed(document: bytes) -> None:
    with pytest.raises(BoundsError):
        parse_xml(document)


def test_fault_of_form_is_found_beside_a_namespace_that_is_no_uri() -> None:
    with pytest.raises(BodyError, match="mismatch"):
        parse_xml(b'<a xmlns:b="urn:%zz"><b></a>')
    with pytest.raises(BodyError):
        parse_xml(b'<a><b></a><c xmlns:b="urn:%zz"/>')
