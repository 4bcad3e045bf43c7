"""Where the elements and attributes of an XML document stand in its bytes.

XCAP asks a server to keep a document as its client wrote it: white space, redundant namespace
declarations, everything (RFC 4825 §6.3, §8.2.3). So documents are stored as bytes, and an
operation cuts and pastes bytes; this tree says where. It is shaped enough like an lxml element
(`tag`, `get`, iteration) that the same node selector works on both.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from xml.parsers import expat

MAX_DEPTH = 100
"""Nested elements that are read."""

MAX_PREFIXES = 256
"""Namespace prefixes in scope at one place."""

_XML = "http://www.w3.org/XML/1998/namespace"
_TAG_NAME = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_CLOSE = re.compile(rb"\s*(/?)>")
_DECLARED_ENCODING = re.compile(
    rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<", b"\0\0\xfe\xff")

XmlFault = Literal["not-well-formed", "not-utf-8"]


class XmlError(ValueError):
    """Bytes that are no XML document of ours; `offset` counts bytes from their start."""

    def __init__(self, fault: XmlFault, offset: int, reason: str) -> None:
        super().__init__(f"byte {offset}: {reason}")
        self.fault = fault
        self.offset = offset
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AttributeSpan:
    """An attribute: from the white space before it (`start`) to behind its value (`end`).

    `value_start` is the opening quote; `value` is normalised and free of references.
    """

    name: str
    value: str
    start: int
    value_start: int
    end: int


@dataclass(slots=True)
class ElementSpan:
    """An element: `tag` in Clark notation, `qname` as written, and where it stands.

    The content is between `content_start` and `content_end`; of an empty-element tag both are the
    end of the element.
    """

    tag: str
    qname: str
    start: int
    content_start: int
    content_end: int
    end: int
    attributes: tuple[AttributeSpan, ...]
    namespaces: Mapping[str, str]
    children: list[ElementSpan] = field(default_factory=list)
    is_empty_tag: bool = False

    def get(self, name: str) -> str | None:
        """The value of the attribute with this expanded name (Clark notation)."""
        span = self.attribute(name)
        return None if span is None else span.value

    def attribute(self, name: str) -> AttributeSpan | None:
        return next((span for span in self.attributes if span.name == name), None)

    def __iter__(self) -> Iterator[ElementSpan]:
        return iter(self.children)


def parse_document(data: bytes) -> ElementSpan:
    """The root element of a whole document; raises `XmlError`.

    A document type declaration is refused, so no entity can be defined. The document has to be
    in UTF-8 (RFC 4825 §8.2.2).
    """
    _require_utf_8(data)
    return _Builder(data, {}).build()


def parse_fragment(data: bytes, in_scope: Mapping[str, str]) -> ElementSpan:
    """The one element of an XML fragment body, whose ancestors declare `in_scope` (prefix to
    namespace name, "" for the default); raises `XmlError`.
    """
    _require_utf_8(data)
    if data.lstrip()[:5] == b"<?xml":
        raise XmlError("not-well-formed", 0, "an XML declaration inside content")
    root = _Builder(data, in_scope).build()
    outside = data[: root.start] + data[root.end :]
    if outside.strip(b" \t\r\n"):
        raise XmlError("not-well-formed", 0, "something beside the one element")
    return root


def _require_utf_8(data: bytes) -> None:
    declared = _DECLARED_ENCODING.match(data.removeprefix(codecs.BOM_UTF8))
    if data.startswith(_OTHER_ENCODINGS):
        raise XmlError("not-utf-8", 0, "the document is in UTF-16 or UTF-32")
    if declared is not None and declared[1].lower() not in (b"utf-8", b"us-ascii"):
        raise XmlError("not-utf-8", declared.start(1), f"encoding {declared[1].decode()}")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise XmlError("not-utf-8", error.start, "an octet that is not UTF-8") from error


class _Builder:
    """Builds the tree from expat's events: it checks well-formedness and tells byte offsets."""

    def __init__(self, data: bytes, in_scope: Mapping[str, str]) -> None:
        self._data = data
        self._scopes: list[Mapping[str, str]] = [{**in_scope, "xml": _XML}]
        self._open: list[ElementSpan] = []
        self._root: ElementSpan | None = None
        self._parser = expat.ParserCreate("UTF-8")
        self._parser.ordered_attributes = True
        self._parser.StartElementHandler = self._start_element
        self._parser.EndElementHandler = self._end_element
        self._parser.StartDoctypeDeclHandler = self._doctype

    def build(self) -> ElementSpan:
        try:
            self._parser.Parse(self._data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise XmlError("not-well-formed", self._parser.ErrorByteIndex, reason) from error
        if self._root is None:  # pragma: no cover - expat reports "no element found" before
            raise XmlError("not-well-formed", 0, "no element")
        return self._root

    def _fail(self, reason: str) -> XmlError:
        return XmlError("not-well-formed", self._parser.CurrentByteIndex, reason)

    def _doctype(self, *_declaration: object) -> None:
        raise self._fail("a document type declaration is refused")

    def _start_element(self, qname: str, pairs: list[str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._fail(f"elements are nested more than {MAX_DEPTH} deep")
        start = self._parser.CurrentByteIndex
        values = list(zip(pairs[::2], pairs[1::2], strict=True))
        scope = self._scope(values)
        spans, position = self._attribute_spans(start, values, scope)
        close = _TAG_CLOSE.match(self._data, position)
        if close is None:  # pragma: no cover - expat has checked the tag
            raise self._fail("a start tag that does not end")
        namespace = self._namespace(qname, scope, scope.get("", ""))
        element = ElementSpan(
            tag=_clark(namespace, qname),
            qname=qname,
            start=start,
            content_start=close.end(),
            content_end=close.end(),
            end=close.end(),
            attributes=spans,
            namespaces=scope,
            is_empty_tag=bool(close[1]),
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element
        self._open.append(element)
        self._scopes.append(scope)

    def _end_element(self, _qname: str) -> None:
        element = self._open.pop()
        self._scopes.pop()
        if not element.is_empty_tag:
            element.content_end = self._parser.CurrentByteIndex
            element.end = self._data.index(b">", element.content_end) + 1

    def _scope(self, values: list[tuple[str, str]]) -> Mapping[str, str]:
        """The bindings in scope inside the element (Namespaces in XML 1.0 §3)."""
        declared: dict[str, str] = {}
        for name, value in values:
            if name == "xmlns":
                declared[""] = value
            elif name.startswith("xmlns:"):
                prefix = name.removeprefix("xmlns:")
                if not value or prefix == "xmlns" or (prefix == "xml") != (value == _XML):
                    raise self._fail(f"the namespace declaration {name}={value!r} is not allowed")
                declared[prefix] = value
        if not declared:
            return self._scopes[-1]
        scope = {**self._scopes[-1], **declared}
        if len(scope) > MAX_PREFIXES:
            raise self._fail(f"more than {MAX_PREFIXES} namespace prefixes are in scope")
        return scope

    def _namespace(self, qname: str, scope: Mapping[str, str], default: str) -> str:
        prefix, colon, local = qname.partition(":")
        if not colon:
            return default
        if not prefix or not local or ":" in local:
            raise self._fail(f"{qname} is no qualified name")
        if prefix not in scope:
            raise self._fail(f"the prefix {prefix} is not declared")
        return scope[prefix]

    def _attribute_spans(
        self, start: int, values: list[tuple[str, str]], scope: Mapping[str, str]
    ) -> tuple[tuple[AttributeSpan, ...], int]:
        """The attributes but namespace declarations, and where the last one ends."""
        name = _TAG_NAME.match(self._data, start)
        position = start if name is None else name.end()
        spans: dict[str, AttributeSpan] = {}
        for qname, value in values:
            match = _ATTRIBUTE.match(self._data, position)
            if match is None:  # pragma: no cover - expat has checked the tag
                raise self._fail("an attribute that cannot be found again")
            position = match.end()
            if qname == "xmlns" or qname.startswith("xmlns:"):
                continue  # a namespace declaration is no attribute (RFC 4825 §6.3)
            expanded = _clark(self._namespace(qname, scope, ""), qname)
            if expanded in spans:
                raise self._fail(f"the attribute {expanded} stands twice")
            spans[expanded] = AttributeSpan(
                expanded, value, match.start(), match.start(2), match.end()
            )
        return tuple(spans.values()), position


def _clark(namespace: str, qname: str) -> str:
    local = qname.rpartition(":")[2]
    return f"{{{namespace}}}{local}" if namespace else local
