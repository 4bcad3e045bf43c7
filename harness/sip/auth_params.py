"""The common shape of authentication header fields: a scheme and its auth-params.

SIP (RFC 3261 §25.1) and HTTP (RFC 7235 §2.1) share it:

    challenge   = auth-scheme LWS auth-param *(COMMA auth-param)
    auth-param  = token EQUAL ( token / quoted-string )

HTTP allows several challenges in one field value, separated by the same commas as the
parameters, and `token68` in the place of the parameters (`Basic WDpY`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - a grammar rule (RFC 7230 §3.2.6)
_SEPARATORS = re.compile(r"[\s,]*")
_SCHEME = re.compile(rf"({_TOKEN})(?:\s+|(?=,)|$)(?!=)")
_TOKEN68 = re.compile(r"([A-Za-z0-9\-._~+/]+=*)\s*(?=,|$)")
_PARAMETER = re.compile(
    rf"({_TOKEN}\*?)\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s\",]*))\s*(?=,|$)", re.DOTALL
)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AuthParam:
    """One `name=value`; `value` is unquoted, `quoted` tells how it stood on the wire."""

    name: str
    value: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class AuthValue:
    """One challenge or one set of credentials, of any scheme."""

    scheme: str
    params: tuple[AuthParam, ...] = ()
    token68: str | None = None

    def get(self, name: str) -> str | None:
        """The value of the first parameter of that name, compared without case."""
        wanted = name.lower()
        return next((param.value for param in self.params if param.name.lower() == wanted), None)

    def is_scheme(self, scheme: str) -> bool:
        """Whether this is of that scheme; schemes compare without case (RFC 7235 §2.1)."""
        return self.scheme.lower() == scheme.lower()


def parse_auth_values(text: str) -> tuple[AuthValue, ...]:
    """Every challenge or set of credentials of one field value, in order.

    Never raises: reading stops at the first place that is neither a scheme nor a parameter, and
    what was whole before it is returned. A parameter value may be any text without blank, comma
    or quote where the grammar wants a token: `uri=/index` is read, with `quoted` False.
    """
    values: list[AuthValue] = []
    position = _skip_separators(text, 0)
    while match := _SCHEME.match(text, position):
        value, position = _parse_value(match[1], text, match.end())
        values.append(value)
    return tuple(values)


def _parse_value(scheme: str, text: str, position: int) -> tuple[AuthValue, int]:
    if match := _TOKEN68.match(text, position):
        return AuthValue(scheme, (), match[1]), _skip_separators(text, match.end())
    params: list[AuthParam] = []
    while match := _PARAMETER.match(text, position):
        name, quoted, plain = match.groups()
        if quoted is None:
            params.append(AuthParam(name, plain, quoted=False))
        else:
            params.append(AuthParam(name, _QUOTED_PAIR.sub(r"\1", quoted), quoted=True))
        position = _skip_separators(text, match.end())
    return AuthValue(scheme, tuple(params)), _skip_separators(text, position)


def _skip_separators(text: str, position: int) -> int:
    match = _SEPARATORS.match(text, position)
    return match.end() if match else position


def format_auth_value(scheme: str, params: Iterable[AuthParam]) -> str:
    """Write one challenge or set of credentials; the inverse of `parse_auth_values`."""
    return f"{scheme} {format_params(params)}"


def format_params(params: Iterable[AuthParam]) -> str:
    """Write parameters alone, as in Authentication-Info."""
    return ", ".join(
        f"{param.name}={quote(param.value) if param.quoted else param.value}" for param in params
    )


def quote(text: str) -> str:
    """`text` as a quoted-string (RFC 3261 §25.1)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
