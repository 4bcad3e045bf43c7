"""Which step a message may be: the criteria of `match` in a flow.

A message is recognised by what it says (method, event, dialog, XCAP target, body), never by its
place in the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.checks.subject import Subject

_Holds = Callable[[Subject], bool]


METHODS = ("method", "http")
"""The words that tell requests apart by their method: of SIP, of HTTP."""


class CriterionError(ValueError):
    """A criterion cannot be understood; the text says what it takes."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One word of `match` with its argument."""

    word: str
    argument: object
    _holds: _Holds

    def holds(self, subject: Subject) -> bool:
        """Whether the request fits."""
        return self._holds(subject)

    def takes(self, word: str, method: str) -> bool:
        """Whether a request of this method (`word` says whose: "method" or "http") may fit."""
        if self.word not in METHODS:
            return True
        return self.word == word and method in _texts(self.argument)


def parse_criterion(word: str, argument: object) -> Criterion:
    """Read a criterion as YAML gives it; raises CriterionError."""
    make = _WORDS.get(word)
    if make is None:
        raise CriterionError(f"no such way to recognise; known are: {', '.join(CRITERIA)}")
    return Criterion(word, argument, make(argument))


def _texts(argument: object) -> frozenset[str]:
    values = argument if isinstance(argument, list) else [argument]
    if not values or not all(isinstance(each, str) for each in values):
        raise CriterionError(f"takes a text or a list of texts, not {argument!r}")
    return frozenset(map(str, values))


def _among(read: Callable[[Subject], str | None]) -> Callable[[object], _Holds]:
    """A criterion that takes one text or several, any of which will do."""

    def make(argument: object) -> _Holds:
        wanted = _texts(argument)
        return lambda subject: read(subject) in wanted

    return make


def _whether(read: Callable[[Subject], bool]) -> Callable[[object], _Holds]:
    """A criterion that takes true or false."""

    def make(argument: object) -> _Holds:
        if not isinstance(argument, bool):
            raise CriterionError(f"takes true or false, not {argument!r}")
        return lambda subject: read(subject) == argument

    return make


def _one(table: Mapping[str, _Holds]) -> Callable[[object], _Holds]:
    """A criterion that takes one of a few words."""

    def make(argument: object) -> _Holds:
        if not isinstance(argument, str) or argument not in table:
            raise CriterionError(f"takes one of {', '.join(table)}, not {argument!r}")
        return table[argument]

    return make


def _has(argument: object) -> _Holds:
    wanted = _texts(argument)
    return lambda subject: all(each in subject.message.headers for each in wanted)


def _watcher(argument: object) -> _Holds:
    """Some watcher other than the user has one of these statuses (RFC 3858 §3.3)."""
    wanted = _texts(argument)
    return lambda subject: any(
        each.status in wanted and not subject.is_own(each.uri) for each in subject.watchers
    )


def _sip_method(subject: Subject) -> str | None:
    return subject.sip.method if subject.sip is not None else None


def _http_method(subject: Subject) -> str | None:
    return subject.http.method if subject.http is not None else None


def _auid(subject: Subject) -> str | None:
    xcap = subject.xcap
    return xcap.auid if xcap is not None and xcap.tree == "users" else None


def _own_person(subject: Subject) -> bool:
    return any(each.has_person and subject.is_own(each.entity) for each in subject.presentities)


def _presence_of_another(subject: Subject) -> bool:
    return any(
        not each.is_empty and not subject.is_own(each.entity) for each in subject.presentities
    )


def _names_own(subject: Subject) -> bool:
    return any(map(subject.is_own, subject.entries))


def _names_another(subject: Subject) -> bool:
    return not all(map(subject.is_own, subject.entries))


_PRESENCE = MappingProxyType({"own person": _own_person, "of another": _presence_of_another})
_NAMES = MappingProxyType({"own": _names_own, "another": _names_another})

_WORDS: Mapping[str, Callable[[object], _Holds]] = MappingProxyType(
    {
        "method": _among(_sip_method),
        "http": _among(_http_method),
        "event": _among(lambda subject: subject.package),
        "opens_dialog": _whether(lambda subject: subject.opens_dialog),
        "removes": _whether(lambda subject: subject.removes),
        "list": _whether(lambda subject: subject.wants_list),
        "has": _has,
        "dialog_of": _among(lambda subject: subject.dialog_of),
        "first": _whether(lambda subject: subject.is_first),
        "watcher": _watcher,
        "presence": _one(_PRESENCE),
        "auid": _among(_auid),
        "node": _among(lambda subject: subject.node),
        "names": _one(_NAMES),
    }
)

CRITERIA = tuple(_WORDS)
"""Every word that `match` can use: SIP `method`, `event`, `opens_dialog` (no tag in To),
`removes` (expiration 0), `list` (a list subscription), `has` (header fields), `dialog_of` (a
step), `first` (in its dialog), `watcher` (statuses), `presence` (whose); `http` method, `auid`,
`node` (element selected, or document), `names` (whom a list entry names)."""
