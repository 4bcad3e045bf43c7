"""The header fields of an HTTP message: in order, as written, looked up by name.

The same shape as the header fields of a SIP message, so that a check reads both alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# How the specifications write the names that XCAP traffic carries (RFC 9110, RFC 9112, TS 24.109).
_CANONICAL_NAMES = {
    name.lower(): name
    for name in (
        "Accept",
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
        "Pragma",
        "Proxy-Authenticate",
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


@dataclass(frozen=True, slots=True)
class HeaderField:
    """One field line.

    `name` is as the specification writes it where it is known, `written` as on the wire; `value`
    is without surrounding white space, UTF-8 with surrogate escapes; `offset` is the byte offset
    of the value in the message.
    """

    name: str
    written: str
    value: str
    offset: int


class Headers:
    """The header fields of one message, in the order received; names are case-insensitive."""

    __slots__ = ("_by_name", "_rows")

    def __init__(self, rows: Iterable[HeaderField] = ()) -> None:
        self._rows = tuple(rows)
        self._by_name: dict[str, tuple[HeaderField, ...]] = {}
        for row in self._rows:
            name = row.written.lower()
            self._by_name[name] = (*self._by_name.get(name, ()), row)

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
