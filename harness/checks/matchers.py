"""The words of the expectations in flow files: each compares what stands in a field.

An expectation is a scalar (`70`: equals), or a mapping of words to arguments
(`{at_least: 1, at_most: 3600}`), all of which have to hold. Every word but `present`, `absent`
and `count` is about a field that is there; a missing field is one mismatch.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from harness.model import Mismatch
from harness.sip.fields import FieldError, parse_name_addr
from harness.sip.parameters import Parameters, split_top_level
from harness.sip.uri import UriError, address_of_record, parse_uri, same_uri

_MAX_PATTERN = 1000
_MAX_VALUE = 8192


class MatcherError(ValueError):
    """An expectation cannot be understood; the text names the word and what it takes."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What stands in a field: its rows in order (none: the field is absent) and where."""

    where: str
    rows: tuple[str, ...] = ()
    offset: int | None = None

    @property
    def text(self) -> str:
        """All rows as one value (RFC 3261 §7.3.1)."""
        return ", ".join(self.rows)


@dataclass(frozen=True, slots=True)
class Expectation:
    """One word with its argument, already understood."""

    word: str
    argument: object
    _judge: Callable[[Observed], Iterator[Mismatch]]

    def judge(self, observed: Observed) -> Iterator[Mismatch]:
        """What in `observed` does not fit."""
        return self._judge(observed)


_Holds = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Word:
    """How a word reads its argument; `expected` says what it wants, for a person."""

    make: Callable[[object], _Holds]
    expected: Callable[[object], str]


def parse_expectation(value: object) -> tuple[Expectation, ...]:
    """Read an expectation as YAML gives it; raises MatcherError."""
    if isinstance(value, Mapping):
        if not value:
            raise MatcherError("an expectation needs at least one word")
        return tuple(_expectation(str(word), argument) for word, argument in value.items())
    return (_expectation("equals", value),)


def _expectation(word: str, argument: object) -> Expectation:
    special = _ABOUT_PRESENCE.get(word)
    if special is not None:
        return Expectation(word, argument, special(argument))
    known = _ABOUT_VALUE.get(word)
    if known is None:
        raise MatcherError(f"unknown word '{word}': use one of {', '.join(WORDS)}")
    holds = known.make(argument)
    expected = known.expected(argument)

    def judge(observed: Observed) -> Iterator[Mismatch]:
        if not observed.rows:
            yield Mismatch(expected, "absent", observed.where, observed.offset)
        elif not holds(observed.text[:_MAX_VALUE]):
            yield Mismatch(expected, observed.text, observed.where, observed.offset)

    return Expectation(word, argument, judge)


# --- Words about whether a field is there, and how often -----------------------------------------


def _present(argument: object) -> Callable[[Observed], Iterator[Mismatch]]:
    wanted = _flag("present", argument)

    def judge(observed: Observed) -> Iterator[Mismatch]:
        if wanted and not observed.rows:
            yield Mismatch("present", "absent", observed.where, observed.offset)
        if not wanted and observed.rows:
            yield Mismatch("absent", observed.text, observed.where, observed.offset)

    return judge


def _absent(argument: object) -> Callable[[Observed], Iterator[Mismatch]]:
    return _present(not _flag("absent", argument))


def _count(argument: object) -> Callable[[Observed], Iterator[Mismatch]]:
    wanted = _number("count", argument)

    def judge(observed: Observed) -> Iterator[Mismatch]:
        found = sum(len(items(row)) for row in observed.rows)
        if found != wanted:
            yield Mismatch(f"{wanted} values", str(found), observed.where, observed.offset)

    return judge


_ABOUT_PRESENCE = MappingProxyType({"present": _present, "absent": _absent, "count": _count})


# --- Words about the value ------------------------------------------------------------------------


def _flag(word: str, argument: object) -> bool:
    if not isinstance(argument, bool):
        raise MatcherError(f"'{word}' takes true or false, not {argument!r}")
    return argument


def _number(word: str, argument: object) -> int:
    if isinstance(argument, bool) or not isinstance(argument, int):
        raise MatcherError(f"'{word}' takes a whole number, not {argument!r}")
    return argument


def _text(argument: object) -> str:
    if isinstance(argument, bool) or not isinstance(argument, str | int | float):
        raise MatcherError(f"expected a text or a number, not {argument!r}")
    return str(argument)


def _texts(argument: object) -> tuple[str, ...]:
    if isinstance(argument, Sequence) and not isinstance(argument, str | bytes):
        return tuple(_text(each) for each in argument)
    return (_text(argument),)


def _equals(argument: object) -> _Holds:
    wanted = _text(argument)
    return lambda value: value == wanted


def _equals_without_case(argument: object) -> _Holds:
    wanted = _text(argument).casefold()
    return lambda value: value.casefold() == wanted


def _one_of(argument: object) -> _Holds:
    wanted = _texts(argument)
    return lambda value: value in wanted


def _matches(argument: object) -> _Holds:
    pattern = _text(argument)
    if len(pattern) > _MAX_PATTERN:
        raise MatcherError(f"'matches' takes at most {_MAX_PATTERN} characters")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise MatcherError(f"'matches': not a regular expression: {error}") from None
    return lambda value: compiled.fullmatch(value) is not None


def _contains(argument: object) -> _Holds:
    wanted = _texts(argument)
    return lambda value: all(each in value for each in wanted)


def _contains_token(argument: object) -> _Holds:
    wanted = {each.casefold() for each in _texts(argument)}
    return lambda value: wanted <= {each.casefold() for each in items(value)}


def _lacks_token(argument: object) -> _Holds:
    unwanted = {each.casefold() for each in _texts(argument)}
    return lambda value: not unwanted & {each.casefold() for each in items(value)}


def _list_has(argument: object) -> _Holds:
    wanted = set(_texts(argument))
    return lambda value: wanted <= set(items(value))


def _uri(argument: object) -> _Holds:
    wanted = _text(argument)
    _require_uri("uri", wanted)

    def holds(value: str) -> bool:
        found = uri_in(value)
        return found == wanted or _same(found, wanted)

    return holds


def _aor(argument: object) -> _Holds:
    wanted = _text(argument)
    _require_uri("aor", wanted)

    def holds(value: str) -> bool:
        try:
            return address_of_record(uri_in(value)) == address_of_record(wanted)
        except UriError:
            return False

    return holds


def _require_uri(word: str, value: str) -> None:
    try:
        parse_uri(value)
    except UriError as error:
        raise MatcherError(f"'{word}' takes a URI, not {value!r}: {error}") from None


def _same(one: str, other: str) -> bool:
    try:
        return same_uri(one, other)
    except UriError:
        return False


def _number_where(word: str, compare: Callable[[int, int], bool]) -> Callable[[object], _Holds]:
    def make(argument: object) -> _Holds:
        wanted = _number(word, argument)
        return lambda value: _is_number(value) and compare(int(value), wanted)

    return make


def _is_number(value: str) -> bool:
    # int() also takes signs, blanks, underscores and other scripts' digits; 1*DIGIT does not.
    return value.isascii() and value.isdigit() and len(value) <= 20


def _between(argument: object) -> _Holds:
    numbers = argument if isinstance(argument, list | tuple) else ()
    if len(numbers) != 2:
        raise MatcherError("'between' takes two numbers: [lowest, highest]")
    low, high = (_number("between", each) for each in numbers)
    return lambda value: _is_number(value) and low <= int(value) <= high


def _media_type(argument: object) -> _Holds:
    wanted = _text(argument).lower()
    return lambda value: re.sub(r"\s", "", value.partition(";")[0]).lower() == wanted


def _parameter(argument: object) -> _Holds:
    if not isinstance(argument, Mapping):
        raise MatcherError("'parameter' takes a mapping of parameter names to expectations")
    wanted = {str(name): parse_expectation(each) for name, each in argument.items()}

    def holds(value: str) -> bool:
        found = parameters(value)
        return all(
            next(expectation.judge(_parameter_observed(name, found)), None) is None
            for name, expectations in wanted.items()
            for expectation in expectations
        )

    return holds


def _parameter_observed(name: str, found: Parameters) -> Observed:
    return Observed(name, (found[name] or "",) if name in found else ())


def _says(before: str) -> Callable[[object], str]:
    def expected(argument: object) -> str:
        if isinstance(argument, list | tuple):
            argument = ", ".join(map(str, argument))
        return f"{before} {argument}".strip()

    return expected


_ABOUT_VALUE: Mapping[str, _Word] = MappingProxyType(
    {
        "equals": _Word(_equals, _says("")),
        "equals_ignoring_case": _Word(_equals_without_case, _says("in any case:")),
        "one_of": _Word(_one_of, _says("one of")),
        "matches": _Word(_matches, _says("text that matches")),
        "contains": _Word(_contains, _says("text that contains")),
        "contains_token": _Word(_contains_token, _says("a list with")),
        "lacks_token": _Word(_lacks_token, _says("a list without")),
        "list_has": _Word(_list_has, _says("a list with exactly written")),
        "uri": _Word(_uri, _says("a URI equal to")),
        "aor": _Word(_aor, _says("the address-of-record")),
        "number": _Word(_number_where("number", int.__eq__), _says("the number")),
        "at_least": _Word(_number_where("at_least", int.__ge__), _says("a number of at least")),
        "at_most": _Word(_number_where("at_most", int.__le__), _says("a number of at most")),
        "between": _Word(_between, _says("a number between")),
        "media_type": _Word(_media_type, _says("the media type")),
        "parameter": _Word(_parameter, _says("with parameters")),
    }
)

WORDS = (*_ABOUT_PRESENCE, *_ABOUT_VALUE)
"""Every word that an expectation can use."""


# --- Values cut into their parts ------------------------------------------------------------------


def items(value: str) -> list[str]:
    """The items of a comma-separated list; empty ones are dropped."""
    return split_top_level(value, ",")


def parameters(value: str) -> Parameters:
    """Parameters after the first ";" outside quotes and angle brackets."""
    return Parameters(
        (name.strip(), written.strip() if equal else None)
        for name, equal, written in (
            each.partition("=") for each in split_top_level(value, ";")[1:]
        )
    )


def uri_in(value: str) -> str:
    """The URI of a name-addr, or the whole of a bare URI (RFC 3261 §20.10)."""
    if "<" not in value:
        return value.strip()
    try:
        return parse_name_addr(value).uri
    except FieldError:
        return value.strip()
