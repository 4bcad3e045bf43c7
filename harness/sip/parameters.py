"""Parameters (";name=value") of header fields and URIs, and the splitting of field values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Self, TypeVar, overload
from urllib.parse import quote as url_quote
from urllib.parse import unquote_to_bytes

from harness.sip.remember import found_once

# RFC 3261 §25.1 token; also what may stand unquoted as a gen-value (token / host).
_Default = TypeVar("_Default")
_Found = TypeVar("_Found")

_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_UNQUOTED_VALUE = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+|\[[0-9A-Fa-f:.]+\]")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ESCAPED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r'(["\\])')

# What a separator does not separate: quoted strings (an unclosed one runs to the end), URIs in
# angle brackets and, in fields that have them, comments.
_QUOTED_RUN = r'"(?:[^"\\]|\\.)*+"?'
_BRACKET_RUN = r"<[^>]*+>?"
_SPLITTERS = {
    separator: re.compile(rf'(?:[^{separator}"<]++|{_QUOTED_RUN}|{_BRACKET_RUN})++', re.DOTALL)
    for separator in ",;"
}


def split_top_level(value: str, separator: str) -> list[str]:
    """Split at each `separator` ("," or ";") outside quoted strings and angle brackets.

    Parts come stripped; empty parts are left out. Parentheses do not hide a separator: outside
    the fields that define comments they are ordinary characters (RFC 3261 §25.1).
    """
    if '"' in value or "<" in value:
        parts = _SPLITTERS[separator].findall(value)
    else:
        parts = value.split(separator)
    return [stripped for part in parts if (stripped := part.strip(" \t\r\n"))]


def is_token(text: str) -> bool:
    """Whether `text` is a token (RFC 3261 §25.1)."""
    return _TOKEN.fullmatch(text) is not None


def quote(text: str) -> str:
    """Make a quoted-string of `text` (RFC 3261 §25.1)."""
    return '"' + _NEEDS_ESCAPE.sub(r"\\\1", text) + '"'


def unquote(text: str) -> str:
    """The content of a quoted-string; text that is not one comes back unchanged."""
    match = _QUOTED.fullmatch(text)
    return _ESCAPED_PAIR.sub(r"\1", match[1]) if match else text


class Parameters(Mapping[str, "str | None"]):
    """Parameters in their order; names are compared without case, the first of a name counts.

    A value is given without its quotes; a parameter without "=" has the value None, so ask `in`
    whether it is there. `pairs` holds all parameters as written, duplicates included.

    The parameters of a URI have escapes instead of quotes: see `UriParameters`.
    """

    __slots__ = ("__dict__", "pairs")

    def __init__(self, pairs: Iterable[tuple[str, str | None]] = ()) -> None:
        self.pairs: tuple[tuple[str, str | None], ...] = tuple(pairs)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ";a=1;b" (the leading semicolon may be missing); never raises."""
        return cls(map(_parse_pair, split_top_level(text, ";")) if text else ())

    @staticmethod
    def _name(written: str) -> str:
        """The name as it is looked up."""
        return written.lower()

    @staticmethod
    def _read(written: str) -> str:
        return unquote(written)

    @staticmethod
    def _write(name: str, value: str) -> str:
        # An IPv6 address stands bare in `received` (RFC 3261 §25.1, via-received).
        bare = name.lower() == "received" or _UNQUOTED_VALUE.fullmatch(value)
        return value if bare else quote(value)

    @found_once
    def _values(self) -> dict[str, str | None]:
        values: dict[str, str | None] = {}
        for name, written in self.pairs:
            values.setdefault(self._name(name), None if written is None else self._read(written))
        return values

    def once(self, find: Callable[[Parameters], _Found]) -> _Found:
        """What `find` finds in the parameters, kept with them: the same stand in many messages."""
        known: dict[object, Any] = self._facts
        if find not in known:
            known[find] = find(self)
        found: _Found = known[find]
        return found

    @found_once
    def _facts(self) -> dict[object, Any]:
        return {}

    @found_once
    def repeated(self) -> tuple[str, ...]:
        """The names, in lower case and sorted, that appear more than once (RFC 3261 §7.3.1)."""
        names = [name.lower() for name, _ in self.pairs]
        if len(set(names)) == len(names):
            return ()
        return tuple(sorted({name for name in names if names.count(name) > 1}))

    def __getitem__(self, name: str) -> str | None:
        return self._values[name.lower()]

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | _Default) -> str | _Default | None: ...
    def get(self, name: str, /, default: str | _Default | None = None) -> str | _Default | None:
        values = self._values
        return values[name] if name in values else values.get(name.lower(), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        """Names in lower case, in order."""
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameters):
            return NotImplemented
        return self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __str__(self) -> str:
        """As written: ";a=1;b", or "" if there are none."""
        return "".join(
            f";{name}" if written is None else f";{name}={written}" for name, written in self.pairs
        )

    def __repr__(self) -> str:
        return f"Parameters({str(self)!r})"

    def written(self, name: str) -> str | None:
        """The value as written, quotes included."""
        wanted = name.lower()
        return next((value for key, value in self.pairs if self._name(key) == wanted), None)

    def all(self, name: str) -> tuple[str | None, ...]:
        """The values of every parameter of this name, without quotes."""
        wanted = name.lower()
        return tuple(
            None if value is None else self._read(value)
            for key, value in self.pairs
            if self._name(key) == wanted
        )

    def with_(self, name: str, value: str | None = None) -> Self:
        """A copy where `name` has `value`, at its old place or at the end.

        The value is quoted or escaped where it has to be.
        """
        wanted = name.lower()
        written = None if value is None else self._write(name, value)
        if name not in self:
            return type(self)((*self.pairs, (name, written)))
        return type(self)(
            (key, written if self._name(key) == wanted else old) for key, old in self.pairs
        )

    def without(self, *names: str) -> Self:
        """A copy without the parameters of these names."""
        unwanted = {name.lower() for name in names}
        return type(self)(pair for pair in self.pairs if self._name(pair[0]) not in unwanted)


class UriParameters(Parameters):
    """The parameters of a URI: names and values are escaped, never quoted (RFC 3261 §19.1.2)."""

    __slots__ = ()

    @staticmethod
    def _name(written: str) -> str:
        return unescape(written).lower()

    @staticmethod
    def _read(written: str) -> str:
        return unescape(written)

    @staticmethod
    def _write(name: str, value: str) -> str:
        return url_quote(value, safe="[]/:&+$-_.!~*'()")


def unescape(text: str) -> str:
    """Resolve all "%" HEX HEX as UTF-8, once; what is not UTF-8 becomes surrogate escapes."""
    return unquote_to_bytes(text).decode("utf-8", "surrogateescape") if "%" in text else text


def _parse_pair(text: str) -> tuple[str, str | None]:
    name, equal, value = text.partition("=")
    return name.rstrip(" \t"), value.lstrip(" \t") if equal else None
