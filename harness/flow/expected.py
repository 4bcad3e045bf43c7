"""What is expected of the fields of a step: words, arguments that can look things up, a clause.

A word is about a field that is there; whether it has to be there is for `present` to say, so an
optional field that is absent is no finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.checks.matchers import Expectation, MatcherError, parse_expectation
from harness.flow.document import Node, Value
from harness.model import Clause, Level, Sender


@dataclass(frozen=True, slots=True)
class LookUp:
    """What an argument can look up: in words, and a value of its kind to try expectations with."""

    says: str
    sample: str


LOOK_UPS = MappingProxyType(
    {
        "ue.impu": LookUp("the UE's public user identity", "sip:user@example.com"),
        "ue.domain": LookUp("the domain of the UE's identity", "example.com"),
        "ue.contact": LookUp("the contact that the UE registered", "sip:192.0.2.1"),
        "ue.instance": LookUp("the instance that the UE registered", '"<urn:uuid:0>"'),
        "ue.service": LookUp("the list service that the UE defined", "sip:user@example.com"),
        "pixit.domain": LookUp("the profile's domain", "example.com"),
        "pixit.impu": LookUp("the profile's public user identity", "sip:user@example.com"),
        "pixit.contact": LookUp("the profile's contact", "sip:other@example.com"),
        "pixit.user_agent": LookUp("the profile's user agent", "client/1.0"),
        "pixit.list_name": LookUp("the profile's list name", "rcs"),
    }
)
"""`ue.*` is what the UE's own traffic has established, so that any capture is judged fairly;
`pixit.*` is what the profile says."""

_LOOK_UP = re.compile(r"\$\{([^}]*)\}")
_SETTINGS = frozenset({"clause", "level", "purpose", "needs"})
ABOUT_PRESENCE = frozenset({"present", "absent", "count"})
"""The words that are also about a field that is not there."""

Find = Callable[[str], str | None]
"""Finds the value of a look-up; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What one field of one step should hold, under which clause, and how binding that is.

    `id` is stable ("FLOW-09-EVENT-1": the step, the field, which of its expectations); `needs`
    names PICS items that a profile has to claim.
    """

    id: str
    field: str
    words: Mapping[str, Value]
    clause: Clause
    level: Level
    purpose: str
    sender: Sender
    needs: tuple[str, ...]
    line: int

    @property
    def looks_up(self) -> bool:
        """Whether an argument stands for something that only the traffic or the profile tells."""
        return _looks_up(dict(self.words))

    def resolve(self, find: Find) -> tuple[Expectation, ...]:
        """The expectations with their look-ups filled in; none where a look-up finds nothing."""
        try:
            return parse_expectation(_filled(self.words, find))
        except (_UnknownError, MatcherError):
            # Nothing can be demanded by comparison with what is not known, or is no URI itself.
            return ()


class _UnknownError(Exception):
    """A look-up finds nothing."""


def _looks_up(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_looks_up, value))
    if isinstance(value, dict):
        return any(map(_looks_up, value.values()))
    return isinstance(value, str) and _LOOK_UP.search(value) is not None


def _filled(words: Mapping[str, Value], find: Find) -> dict[str, Value]:
    return {word: _fill(argument, word, find) for word, argument in words.items()}


def _fill(value: Value, word: str, find: Find) -> Value:
    if isinstance(value, list):
        return [_fill(each, word, find) for each in value]
    if isinstance(value, dict):
        return {
            key: _filled(each, find) if isinstance(each, dict) else _fill(each, key, find)
            for key, each in value.items()
        }
    if not isinstance(value, str):
        return value

    def found(match: re.Match[str]) -> str:
        known = find(match[1])
        if known is None:
            raise _UnknownError(match[1])
        return re.escape(known) if word == "matches" else known

    return _LOOK_UP.sub(found, value)


def read_expected(node: Node, step_id: str, name: str, sender: Sender) -> Iterable[Expected]:
    """The rows of a step's `expect`: for each field one row, or a list; raises FlowError."""
    number = step_id if step_id.startswith("H") else step_id.zfill(2)
    for field, value in node.items():
        rows = value.elements() if value.is_sequence else [value]
        stem = f"FLOW-{number}-{re.sub(r'[^A-Z0-9]+', '-', field.upper())}"
        for place, row in enumerate(rows, start=1):
            row.where = value.where
            yield _row(row, f"{stem}-{place}", field, name, sender)


def _row(node: Node, check_id: str, field: str, name: str, sender: Sender) -> Expected:
    settings: dict[str, Node] = {}
    words: dict[str, Value] = {}
    for key, value in node.items():
        if key in _SETTINGS:
            settings[key] = value
        else:
            words[key] = value.value()
    for required in ("clause", "level"):
        if required not in settings:
            raise node.error(f"the field '{required}' is missing")
    _try(words, node)
    purpose = settings["purpose"].text() if "purpose" in settings else _purpose(field, words)
    return Expected(
        id=check_id,
        field=field,
        words=MappingProxyType(words),
        clause=Clause.parse(settings["clause"].text()),
        level=Level(settings["level"].choice(*Level)),
        purpose=f"In step {name}, {purpose}",
        sender=sender,
        needs=settings["needs"].texts() if "needs" in settings else (),
        line=node.line,
    )


def _try(words: Mapping[str, Value], node: Node) -> None:
    """Words have to exist, take such arguments, and look up what there is."""
    samples = {name: each.sample for name, each in LOOK_UPS.items()}
    try:
        parse_expectation(_filled(words, samples.get))
    except _UnknownError as error:
        raise node.error(
            f"${{{error}}}: nothing to look up; known are: {', '.join(LOOK_UPS)}"
        ) from None
    except MatcherError as error:
        raise node.error(str(error)) from None


PHRASES = MappingProxyType(
    {
        "equals": "is {}",
        "equals_ignoring_case": "is {}, in any case",
        "one_of": "is one of {}",
        "number": "is {}",
        "at_least": "is at least {}",
        "at_most": "is at most {}",
        "between": "is in the range {}",
        "matches": "has the form {}",
        "contains": "contains {}",
        "contains_token": "lists {}",
        "list_has": "lists exactly {}",
        "lacks_token": "does not list {}",
        "uri": "is the URI {}",
        "aor": "names {}",
        "media_type": "is {}",
        "parameter": "has the parameters {}",
        "count": "has as many values as {}",
    }
)
"""How a purpose puts each word that takes a value."""


def _purpose(field: str, words: Mapping[str, Value]) -> str:
    return f"{field} {' and '.join(_says(*each) for each in words.items())}."


def _says(word: str, argument: Value) -> str:
    if isinstance(argument, bool):
        return "is there" if argument == (word == "present") else "is absent"
    return PHRASES.get(word, f"{word} {{}}").format(_in_words(argument))


def _in_words(argument: Value) -> str:
    if isinstance(argument, list):
        return ", ".join(map(_in_words, argument))
    if isinstance(argument, dict):
        return ", ".join(f"{name} ({_parameter_says(each)})" for name, each in argument.items())
    return _LOOK_UP.sub(lambda match: LOOK_UPS[match[1]].says, str(argument))


def _parameter_says(argument: Value) -> str:
    words = argument if isinstance(argument, dict) else {"equals": argument}
    return " and ".join(_says(*each) for each in words.items())
