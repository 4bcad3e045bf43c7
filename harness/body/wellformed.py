"""Reads XML that nobody vouches for: no DTD, no entities, no network, bounded size and depth.

What is refused here is refused for every body, before a schema is asked.
"""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Iterable, Mapping
from typing import cast
from xml.sax.saxutils import quoteattr

from lxml import etree

MAX_BYTES = 2 * 1024 * 1024
"""Presence documents are a few kilobytes, an icon in pres-content some hundred."""
MAX_DEPTH = 100

_DECLARATION = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([^"'>]{0,40})["']""")
_LIMITS = frozenset({etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NAME_TOO_LONG})
"""Errors of libxml2 that tell of its own bounds."""
_NO_FAULT_OF_FORM = frozenset(
    {
        # Namespaces in XML 1.0 §2.2 asks for no check of the syntax of a namespace name, and
        # xml:id §4 has its errors be none of form.
        etree.ErrorTypes.WAR_NS_URI,
        etree.ErrorTypes.WAR_NS_URI_RELATIVE,
        etree.ErrorTypes.DTD_XMLID_VALUE,
        etree.ErrorTypes.DTD_XMLID_TYPE,
        etree.ErrorTypes.DTD_ID_REDEFINED,
    }
)
"""Errors of libxml2 in well-formed documents, for which it refuses them all the same."""
_DECODABLE = re.compile(r"utf-8|ascii|iso8859-\d{1,2}|cp125\d")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: it starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class BodyError(ValueError):
    """A body that cannot be read.

    `reason` is a plain sentence, `line` counts from 1, `offset` counts bytes from the body's
    start; both are None where the reason has no place.
    """

    def __init__(self, reason: str, line: int | None = None, offset: int | None = None) -> None:
        place = "" if line is None else f" (line {line})"
        super().__init__(reason + place)
        self.reason = reason
        self.line = line
        self.offset = offset


class DoctypeError(BodyError):
    """A document type declaration: it may be well-formed, and is refused unread."""


class BoundsError(BodyError):
    """A document beyond our bounds, in size, depth or encoding: its form is not known."""


class EncodingError(BodyError):
    """Octets that are not in the encoding that the document has or names (XML 1.0 §4.3.3)."""


def encoding_of(data: bytes) -> str:
    """The encoding that the byte order mark or the XML declaration names, else "utf-8".

    Normalised as Python names codecs ("utf-8", "utf-16", "iso8859-1"). Raises `BodyError` where
    mark, declaration and bytes contradict each other or the encoding is not one we read
    (XML 1.0 §4.3.3).
    """
    mark = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    if mark == "utf-32":
        raise BoundsError("the document is in UTF-32", 1, 0)
    if mark == "utf-16":
        return mark
    if data[:2] in (b"<\0", b"\0<"):
        raise EncodingError("the document is in UTF-16 without a byte order mark", 1, 0)
    match = _DECLARATION.match(data.removeprefix(codecs.BOM_UTF8))
    if match is None:
        return "utf-8"
    declared = match[1].decode("ascii", "replace")
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        raise BoundsError(f"unknown encoding {declared!r}", 1, match.start(1)) from None
    if name.startswith("utf-16") or (mark is not None and name != mark):
        raise EncodingError(
            f"the declaration says {declared}, the bytes are {mark or '8-bit'}", 1, match.start(1)
        )
    if _DECODABLE.fullmatch(name) is None:
        raise BoundsError(f"unsupported encoding {declared!r}", 1, match.start(1))
    return name


def parse_xml(data: bytes, *, keep_comments: bool = False) -> etree._Element:
    """The root element of the document `data`.

    Comments and processing instructions are dropped unless `keep_comments`, so that the text of
    an element is in one piece. Raises `BodyError` for anything that is not a well-formed,
    namespace-well-formed document within `MAX_BYTES` and `MAX_DEPTH`, and for every document
    type declaration: entities are what it could bring, and no presence format uses it.
    """
    text = _decode(data)
    _refuse_doctype(text)
    return _parse(text, data, keep_comments)


def parse_fragment(
    data: bytes, default_namespace: str | None = None, bindings: Mapping[str, str] | None = None
) -> etree._Element:
    """The one element of an `application/xcap-el+xml` body.

    The fragment may lack namespace declarations that the document has (RFC 4825 §8.3): `bindings`
    maps prefixes, `default_namespace` is for names without one. Raises `BodyError` as
    `parse_xml` does, and where the body is not exactly one element.
    """
    text = _decode(data)
    declarations = {f"xmlns:{prefix}": uri for prefix, uri in (bindings or {}).items()}
    if default_namespace is not None:
        declarations["xmlns"] = default_namespace
    attributes = "".join(f" {name}={quoteattr(uri)}" for name, uri in declarations.items())
    wrapped = _parse(f"<fragment{attributes}>{text}</fragment>", data, keep_comments=False)
    texts = [wrapped.text, *(child.tail for child in wrapped)]
    if len(wrapped) != 1 or any(text and text.strip() for text in texts):
        raise BodyError("the body is not exactly one XML element (RFC 4825 §15.2.1)", 1, 0)
    fragment = wrapped[0]
    fragment.tail = None
    wrapped.remove(fragment)  # it keeps the declarations that it uses
    return fragment


def line_of(element: etree._Element) -> int | None:
    """The line that the element's start tag ends on, counted from 1; None for one made here."""
    line: int | None = element.sourceline  # type: ignore[assignment]  # the stubs say "..."
    return line


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise BoundsError(f"the document has {len(data)} bytes, more than {MAX_BYTES}")
    if not data.strip():
        raise BodyError("the document is empty", 1, 0)
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise EncodingError(
            f"byte 0x{data[error.start]:02X} is not {encoding.upper()}",
            data.count(b"\n", 0, error.start) + 1,
            error.start,
        ) from None
    position = text.find("\0")
    if position >= 0:
        offset = len(text[:position].encode(encoding))
        raise BodyError("the document contains NUL", text.count("\n", 0, position) + 1, offset)
    return text.removeprefix("\ufeff")


def _refuse_doctype(text: str) -> None:
    """A document type declaration can only stand after white space, comments and PIs."""
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\r\n":
            position += 1
        if text.startswith("<?", position):
            end = text.find("?>", position)
        elif text.startswith("<!--", position):
            end = text.find("-->", position)
        else:
            break
        if end < 0:
            return  # not well-formed: the parser says so
        position = text.index(">", end) + 1
    if text.startswith("<!DOCTYPE", position):
        offset = len(text[:position].encode())
        raise DoctypeError("the document has a DOCTYPE", text.count("\n", 0, position) + 1, offset)


def _parse(text: str, data: bytes, keep_comments: bool) -> etree._Element:
    try:
        root = etree.fromstring(text.encode(), _parser(keep_comments))
    except etree.XMLSyntaxError as error:
        code: int = error.code  # type: ignore[attr-defined]  # the stubs forget it
        if code in _NO_FAULT_OF_FORM:
            root = _read_all_the_same(text, data, keep_comments)
        else:
            raise _fault(error.msg or "not well-formed", code, error.position, data) from None
    # Without this many end tags nothing is nested so deep.
    if text.count("</") >= MAX_DEPTH:
        _bound_depth(root)
    return root


def _fault(message: str, code: int, position: tuple[int, int], data: bytes) -> BodyError:
    reason, (line, column) = message.rsplit(", line", 1)[0], position
    if code in _LIMITS:
        return BoundsError(reason, line)
    return BodyError(reason, line, _offset(data, line, column))


def _read_all_the_same(text: str, data: bytes, keep_comments: bool) -> etree._Element:
    """The root of a document that libxml2 dislikes for something that is not its form."""
    parser = _make_parser(keep_comments, recover=True)
    try:
        root: etree._Element | None = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        root = None
    for entry in cast("Iterable[etree._LogEntry]", parser.error_log):  # the stubs forget it
        if entry.type not in _NO_FAULT_OF_FORM:
            raise _fault(entry.message, entry.type, (entry.line, entry.column), data)
        if "{" in entry.message or "}" in entry.message:
            # Such a namespace name cannot be told from a local name in Clark notation.
            raise BoundsError(entry.message, entry.line)
    if root is None:
        raise BodyError("not well-formed", 1, 0)
    return root


@functools.cache
def _parser(keep_comments: bool) -> etree.XMLParser:
    return _make_parser(keep_comments)


def _make_parser(keep_comments: bool, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",  # the text is decoded already, whatever its declaration says
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=recover,
        remove_comments=not keep_comments,
        remove_pis=not keep_comments,
    )


def _offset(data: bytes, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = data.find(b"\n", start) + 1
        if start == 0:
            return len(data)
    return min(start + max(column - 1, 0), len(data))


def _bound_depth(root: etree._Element) -> None:
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return
    raise BoundsError(f"elements are nested more than {MAX_DEPTH} deep", line_of(level[0]))
