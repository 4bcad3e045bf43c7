"""The header fields of an HTTP message: in order, as written, looked up by name.

The same shape as the header fields of a SIP message, so that a check reads both alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

# How the specifications write the names that XCAP traffic carries (RFC 9110, RFC 9112, TS 24.109).
_CANONICAL_NAMES = {
    name.lower(): name
    for name in (
        "Accept",
        "Accept-Charset",
        "Accept-Encoding",
        "Accept-Language",
        "Accept-Ranges",
        "Age",
        "Allow",
        "Authentication-Info",
        "Authorization",
        "Cache-Control",
        "Connection",
        "Content-Encoding",
        "Content-Language",
        "Content-Length",
        "Content-Location",
        "Content-Range",
        "Content-Type",
        "Cookie",
        "Date",
        "ETag",
        "Expect",
        "Expires",
        "Host",
        "If-Match",
        "If-Modified-Since",
        "If-None-Match",
        "If-Range",
        "If-Unmodified-Since",
        "Keep-Alive",
        "Last-Modified",
        "Location",
        "Max-Forwards",
        "Pragma",
        "Proxy-Authenticate",
        "Proxy-Authentication-Info",
        "Proxy-Authorization",
        "Range",
        "Referer",
        "Retry-After",
        "Server",
        "Set-Cookie",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "User-Agent",
        "Vary",
        "Via",
        "Warning",
        "WWW-Authenticate",
        "X-3GPP-Asserted-Identity",
        "X-3GPP-Intended-Identity",
        "X-XCAP-Asserted-Identity",
    )
}

KNOWN_FIELDS = frozenset(_CANONICAL_NAMES.values())
"""The canonical names of the header fields that the harness knows."""

# Fields defined as comma-separated lists of elements that may be split over rows (RFC 9110 §5.6.1).
# Challenges and credentials also hold commas, but inside one element: they are not split.
_LIST_FIELDS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "expect",
        "if-match",
        "if-none-match",
        "pragma",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "via",
    }
)


class HeaderField(NamedTuple):
    """One field line.

    `name` is as the specification writes it where it is known, `written` as on the wire; `value`
    is without surrounding white space, UTF-8 with surrogate escapes; `offset` is the byte offset
    of the value in the message. `folds` holds, for each continuation line, the byte position in
    the value and the byte offset in the message where its text begins.
    """

    name: str
    written: str
    value: str
    offset: int
    folds: tuple[tuple[int, int], ...] = ()

    def byte_offset(self, index: int) -> int:
        """Where character `index` of the value stands in the message, in bytes."""
        position = _size(self.value[:index])
        start, offset = 0, self.offset
        for fold_start, fold_offset in self.folds:
            if fold_start <= position:
                start, offset = fold_start, fold_offset
        return offset + position - start

    def with_line(self, text: str, offset: int) -> HeaderField:
        """The field with a folded line, stripped, joined by one space (RFC 9112 §5.2)."""
        if not text:
            return self
        before = f"{self.value} " if self.value else ""
        folds = (*self.folds, (_size(before), offset))
        return self._replace(value=before + text, folds=folds)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


class Headers:
    """The header fields of one message, in the order received; names are case-insensitive."""

    __slots__ = ("_by_name", "_rows")

    def __init__(self, rows: Iterable[HeaderField] = ()) -> None:
        self._rows = tuple(rows)
        self._by_name: dict[str, tuple[HeaderField, ...]] = {}
        for row in self._rows:
            name = row.written.lower()
            self._by_name[name] = (*self._by_name.get(name, ()), row)

    @property
    def names(self) -> tuple[str, ...]:
        """Each name that is there, once, in lower case."""
        return tuple(self._by_name)

    def rows(self, name: str) -> tuple[HeaderField, ...]:
        """Every field line called `name`."""
        return self._by_name.get(name.lower(), ())

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of the first field line called `name`."""
        rows = self.rows(name)
        return rows[0].value if rows else default

    def values(self, name: str) -> tuple[str, ...]:
        """The values of all rows; a list field is split at its top-level commas."""
        rows = self.rows(name)
        if name.lower() not in _LIST_FIELDS:
            return tuple(row.value for row in rows)
        return tuple(element for row in rows for element in split_list(row.value))

    def count(self, name: str) -> int:
        return len(self.values(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._by_name

    def __iter__(self) -> Iterator[HeaderField]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> HeaderField:
        return self._rows[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._rows == other._rows

    def __hash__(self) -> int:
        return hash(self._rows)

    def __repr__(self) -> str:
        return f"Headers({list(self._rows)!r})"


def canonical_name(written: str) -> str:
    """The name as its specification writes it; an unknown name stays as it is."""
    return _CANONICAL_NAMES.get(written.lower(), written)


def split_list(value: str) -> tuple[str, ...]:
    """The elements of a `#rule` value; empty elements do not count (RFC 9110 §5.6.1.2)."""
    elements: list[str] = []
    start = 0
    quoted = escaped = False
    for index, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            elements.append(value[start:index].strip(" \t"))
            start = index + 1
    elements.append(value[start:].strip(" \t"))
    return tuple(element for element in elements if element)
