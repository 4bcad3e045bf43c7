"""Header fields in their order, found by name in long or compact form (RFC 3261 §7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, overload

from harness.sip.parameters import split_top_level

# Compact forms: RFC 3261 §7.3.3 and §20, RFC 3515, 3841, 3892, 4028, 6665, 8224.
_COMPACT = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}

# Defined as a comma-separated list, so that rows of the same name can be one row and the other
# way round (RFC 3261 §7.3.1). The challenge and credentials fields hold commas but are no lists.
LIST_FIELDS = frozenset(
    {
        "Accept",
        "Accept-Contact",
        "Accept-Encoding",
        "Accept-Language",
        "Accept-Resource-Priority",
        "Alert-Info",
        "Allow",
        "Allow-Events",
        "Call-Info",
        "Contact",
        "Content-Encoding",
        "Content-Language",
        "Error-Info",
        "Feature-Caps",
        "Geolocation",
        "History-Info",
        "In-Reply-To",
        "P-Access-Network-Info",
        "P-Asserted-Identity",
        "P-Asserted-Service",
        "P-Associated-URI",
        "P-Charging-Function-Addresses",
        "P-Early-Media",
        "P-Media-Authorization",
        "P-Preferred-Identity",
        "P-Preferred-Service",
        "P-Refused-URI-List",
        "P-Visited-Network-ID",
        "Path",
        "Permission-Missing",
        "Policy-Contact",
        "Proxy-Require",
        "Reason",
        "Record-Route",
        "Recv-Info",
        "Reject-Contact",
        "Request-Disposition",
        "Require",
        "Resource-Priority",
        "Route",
        "Security-Client",
        "Security-Server",
        "Security-Verify",
        "Service-Route",
        "Supported",
        "Trigger-Consent",
        "Unsupported",
        "User-to-User",
        "Via",
        "Warning",
    }
)

_OTHER_FIELDS = (
    "AlertMsg-Error",
    "Answer-Mode",
    "Authentication-Info",
    "Authorization",
    "CSeq",
    "Call-ID",
    "Content-Disposition",
    "Content-ID",
    "Content-Length",
    "Content-Type",
    "Date",
    "Event",
    "Expires",
    "Flow-Timer",
    "From",
    "Geolocation-Error",
    "Geolocation-Routing",
    "Identity",
    "Identity-Info",
    "Info-Package",
    "Join",
    "MIME-Version",
    "Max-Breadth",
    "Max-Forwards",
    "Min-Expires",
    "Min-SE",
    "Organization",
    "P-Answer-State",
    "P-Called-Party-ID",
    "P-Charge-Info",
    "P-Charging-Vector",
    "P-DCS-Billing-Info",
    "P-DCS-LAES",
    "P-DCS-OSPS",
    "P-DCS-Redirect",
    "P-DCS-Trace-Party-ID",
    "P-Private-Network-Indication",
    "P-Profile-Key",
    "P-Served-User",
    "P-User-Database",
    "Priority",
    "Priv-Answer-Mode",
    "Privacy",
    "Proxy-Authenticate",
    "Proxy-Authentication-Info",
    "Proxy-Authorization",
    "RAck",
    "RSeq",
    "Refer-Events-At",
    "Refer-Sub",
    "Refer-To",
    "Referred-By",
    "Replaces",
    "Reply-To",
    "Retry-After",
    "SIP-ETag",
    "SIP-If-Match",
    "Server",
    "Session-Expires",
    "Session-ID",
    "Subject",
    "Subscription-State",
    "Suppress-If-Match",
    "Target-Dialog",
    "Timestamp",
    "To",
    "User-Agent",
    "WWW-Authenticate",
)

_CANONICAL = _COMPACT | {name.lower(): name for name in (*LIST_FIELDS, *_OTHER_FIELDS)}

KNOWN_FIELDS = frozenset(_CANONICAL.values())
"""The canonical names of the header fields that the harness knows."""


# The usual spelling needs no search without case.
_USUAL = {name: name for name in KNOWN_FIELDS}


def canonical_name(written: str) -> str:
    """The long form as the standards spell it ("Call-ID"); an unknown name as it is written."""
    return _USUAL.get(written) or _CANONICAL.get(written.lower(), written)


def _key(name: str) -> str:
    """What fields are found by: the canonical name, in lower case where the name is not known."""
    name = canonical_name(name)
    return name if name in KNOWN_FIELDS else name.lower()


class HeaderField(NamedTuple):
    """One header field row.

    `name` is the canonical long form, `written` stands on the wire; `value` is unfolded and
    stripped, with octets that are not UTF-8 as surrogate escapes. `offset` is the byte offset of
    the value in the message. `folds` holds, for each continuation line, the byte position in
    the value and the byte offset in the message where its text begins.
    """

    name: str
    written: str
    value: str
    offset: int = 0
    folds: tuple[tuple[int, int], ...] = ()

    def byte_offset(self, index: int) -> int:
        """Where character `index` of the value stands in the message, in bytes."""
        position = len(self.value[:index].encode("utf-8", "surrogateescape"))
        start, offset = 0, self.offset
        for fold_start, fold_offset in self.folds:
            if fold_start > position:
                break
            start, offset = fold_start, fold_offset
        return offset + position - start


class Headers:
    """The header fields of a message in their order, as a sequence; names in any case or form."""

    __slots__ = ("_by_name", "_fields", "_values")

    def __init__(self, fields: Iterable[HeaderField] = ()) -> None:
        self._fields = tuple(fields)
        by_name: dict[str, tuple[HeaderField, ...]] = {}
        for field in self._fields:
            name = field.name
            key = name if name in KNOWN_FIELDS else _key(name)
            by_name[key] = (*by_name[key], field) if key in by_name else (field,)
        self._by_name = by_name
        self._values: dict[str, tuple[str, ...]] = {}

    @overload
    def __getitem__(self, index: int) -> HeaderField: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[HeaderField, ...]: ...
    def __getitem__(self, index: int | slice) -> HeaderField | tuple[HeaderField, ...]:
        return self._fields[index]

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[HeaderField]:
        return iter(self._fields)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.rows(name))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def __repr__(self) -> str:
        return f"Headers({[(field.written, field.value) for field in self._fields]!r})"

    @property
    def names(self) -> tuple[str, ...]:
        """Each name that is there, once."""
        return tuple(self._by_name)

    def rows(self, name: str) -> tuple[HeaderField, ...]:
        """Every row of this name."""
        rows = self._by_name.get(name)
        if rows is not None or name in KNOWN_FIELDS:
            return rows or ()
        return self._by_name.get(_key(name), ())

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of the first row of this name."""
        rows = self._by_name.get(name) or self.rows(name)
        return rows[0].value if rows else default

    def values(self, name: str) -> tuple[str, ...]:
        """The values of all rows; rows of a list field are split at their commas (§7.3.1)."""
        values = self._values.get(name)
        if values is None:
            rows = self.rows(name)
            if not rows:
                return ()
            values = self._values[name] = tuple(_split(rows))
        return values

    def count(self, name: str) -> int:
        """How many values `values` finds."""
        return len(self.values(name))


def _split(rows: tuple[HeaderField, ...]) -> Iterator[str]:
    for row in rows:
        if canonical_name(row.name) in LIST_FIELDS:
            yield from split_top_level(row.value, ",")
        else:
            yield row.value
