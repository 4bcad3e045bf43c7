"""The catalogue of checks: what each one claims, under which clause, and which messages it meets.

A check registers itself with `@check(...)`. Selectors are data, so that a message only meets the
checks that concern it. Readers of message bodies register with `reads(...)` and `splits(...)`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType
from typing import TypeVar

from harness.config import Profile
from harness.model import Clause, Level, Sender

MUST = Level.MUST
SHOULD = Level.SHOULD
INFO = Level.INFO

AREAS = (
    *("GEN", "REG", "SUB", "PUB", "NOT", "OPT", "RSP", "AUTH", "URI", "HTTP", "XCAP", "PIDF"),
    *("WINFO", "RLMI", "RLS", "LIST", "RULES", "XML", "MIME", "CAP", "FLOW"),
)


class RegistryError(ValueError):
    """A check is declared wrongly; raised when its module is imported."""


class Kind(enum.StrEnum):
    """What a check is given."""

    REQUEST = "request"
    RESPONSE = "response"
    RETRANSMISSION = "retransmission"
    HTTP_REQUEST = "http-request"
    HTTP_RESPONSE = "http-response"
    BODY = "body"
    UNREADABLE_BODY = "unreadable-body"
    END = "end"


@dataclass(frozen=True, slots=True)
class Selector:
    """Which messages a check meets.

    `names` holds methods, or media types for bodies; empty means all. For responses the method is
    that of the request, and `status` the range of status codes, None for all.
    """

    kind: Kind
    names: frozenset[str] = frozenset()
    status: range | None = None

    def takes_status(self, status: int | None) -> bool:
        return self.status is None or status is None or status in self.status


Selectors = tuple[Selector, ...]


def requests(*methods: str) -> Selectors:
    """SIP requests of these methods; all where none is named."""
    return (Selector(Kind.REQUEST, frozenset(methods)),)


def responses(*methods: str, status: range | int | None = None) -> Selectors:
    """SIP responses to requests of these methods, of these status codes."""
    return (Selector(Kind.RESPONSE, frozenset(methods), _range(status)),)


def retransmissions(*methods: str) -> Selectors:
    """Requests of these methods that are sent again: what every other check leaves out."""
    return (Selector(Kind.RETRANSMISSION, frozenset(methods)),)


def sip_messages() -> Selectors:
    """Every SIP request and response."""
    return requests() + responses()


def http_requests(*methods: str) -> Selectors:
    """HTTP requests of these methods."""
    return (Selector(Kind.HTTP_REQUEST, frozenset(methods)),)


def http_responses(*methods: str, status: range | int | None = None) -> Selectors:
    """HTTP responses to requests of these methods, of these status codes."""
    return (Selector(Kind.HTTP_RESPONSE, frozenset(methods), _range(status)),)


def bodies(*media_types: str) -> Selectors:
    """Bodies and body parts of these media types that their reader could read.

    The check gets what the reader made of the body; `context.body` has its bytes and offset.
    """
    return (Selector(Kind.BODY, frozenset(each.lower() for each in media_types)),)


def unreadable_bodies(*media_types: str) -> Selectors:
    """Bodies and body parts of these media types that their reader refused.

    The check gets the reader's exception.
    """
    return (Selector(Kind.UNREADABLE_BODY, frozenset(each.lower() for each in media_types)),)


def at_end() -> Selectors:
    """Once for each UE when the traffic is over.

    The check gets the session and the profile, and yields `(entry, mismatch)`: what it found, and
    at which message. Without a `sender` the finding is about the receiver of that message, who
    left something undone.
    """
    return (Selector(Kind.END),)


def _range(status: range | int | None) -> range | None:
    return range(status, status + 1) if isinstance(status, int) else status


# A check's first argument depends on its selector (Request, Response, HttpRequest, a body, a
# Session), so its type is left open here; the judge calls it with what the selector promises.
CheckFunction = Callable[..., Iterable[object]]
Condition = Callable[..., object]
"""Given what a check is given and the context, tells whether the check has to be asked."""
_F = TypeVar("_F", bound=CheckFunction)


@dataclass(frozen=True, slots=True)
class Check:
    """One claim about a message, with the clause that makes it and how binding that is."""

    id: str
    clause: Clause
    level: Level
    purpose: str
    on: Selectors
    sender: Sender | None
    needs: tuple[str, ...]
    function: CheckFunction
    when: Condition | None = None

    def find(self, given: object, context: object) -> Iterable[object]:
        """What the check finds in what it is given."""
        is_asked = self.when is None or self.when(given, context)
        return self.function(given, context) if is_asked else ()


_CONDITIONS: dict[CheckFunction, Condition] = {}
_CHECKS: dict[str, Check] = {}
CHECKS: Mapping[str, Check] = MappingProxyType(_CHECKS)
"""Every check by its id; complete once the package `harness.checks` is imported."""


def check(
    check_id: str,
    *,
    clause: str,
    level: Level,
    on: Selectors,
    sender: Sender | None = None,
    needs: tuple[str, ...] = (),
) -> Callable[[_F], _F]:
    """Register a check.

    `sender` limits it to messages of the UE or of the network; `needs` names PICS items that a
    profile has to claim. The first paragraph of the docstring is the purpose, stated as a claim.
    Raises RegistryError where the id is taken or not of the form AREA-TOPIC-n.
    """

    def register(function: _F) -> _F:
        area = check_id.partition("-")[0]
        if not re.fullmatch(r"[A-Z]+(-[A-Z0-9]+)+-\d+", check_id) or area not in AREAS:
            raise RegistryError(f"{check_id}: an id is AREA-TOPIC-n, AREA one of {AREAS}")
        if check_id in _CHECKS:
            raise RegistryError(f"{check_id}: this id is already taken")
        purpose = " ".join((function.__doc__ or "").split("\n\n")[0].split())
        if not purpose:
            raise RegistryError(f"{check_id}: the docstring has to state the claim")
        when = _CONDITIONS.pop(function, None)
        _CHECKS[check_id] = Check(
            check_id, Clause.parse(clause), level, purpose, on, sender, needs, function, when
        )
        return function

    return register


def when(condition: Condition) -> Callable[[_F], _F]:
    """Have a check asked only where a condition holds; stands between `check` and the function.

    The condition is a part of the check. Checks that stand together and share one cost nothing
    where it does not hold, as it is found out once for them all.
    """

    def note(function: _F) -> _F:
        _CONDITIONS[function] = condition
        return function

    return note


@dataclass(frozen=True, slots=True)
class Group:
    """Checks that follow one another and share a condition (None: they are always asked).

    Each comes with its function, which is all that is needed as long as it finds nothing.
    """

    when: Condition | None
    checks: tuple[tuple[CheckFunction, Check, Level], ...]


Selected = tuple[tuple[Check, Level], ...]
"""Checks that a message meets, each with its level under the profile."""


@dataclass(frozen=True, slots=True)
class Applicable:
    """The checks that apply under a profile, each with its level there, ready to be looked up."""

    levels: Mapping[str, Level]
    _by_name: Mapping[tuple[Kind, str], tuple[tuple[Check, Selector], ...]]
    _found: dict[tuple[Kind, str, Sender | None, int | None], Selected] = field(
        default_factory=dict
    )
    _groups: dict[tuple[Kind, str, Sender | None, int | None], tuple[Group, ...]] = field(
        default_factory=dict
    )

    def find(
        self, kind: Kind, name: str, sender: Sender | None, status: int | None = None
    ) -> Selected:
        """The checks for a message: of this kind, method or media type, sender and status."""
        # Names that no check asks for are many (an unknown method is any token): they are one.
        known = name if (kind, name) in self._by_name else ""
        key = (kind, known, sender, status)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = tuple(self._search(*key))
        return found

    def groups(
        self, kind: Kind, name: str, sender: Sender | None, status: int | None = None
    ) -> tuple[Group, ...]:
        """The same in groups, in the same order."""
        key = (kind, name if (kind, name) in self._by_name else "", sender, status)
        found = self._groups.get(key)
        if found is None:
            checks = groupby(self.find(*key), key=lambda pair: pair[0].when)
            found = self._groups[key] = tuple(
                Group(condition, tuple((each.function, each, level) for each, level in pairs))
                for condition, pairs in checks
            )
        return found

    def _search(
        self, kind: Kind, name: str, sender: Sender | None, status: int | None
    ) -> Iterator[tuple[Check, Level]]:
        for key in ((kind, ""), (kind, name)) if name else ((kind, ""),):
            for each, selector in self._by_name.get(key, ()):
                is_sender = sender is None or each.sender in (None, sender)
                if is_sender and selector.takes_status(status):
                    yield each, self.levels[each.id]


def applicable(profile: Profile) -> Applicable:
    """What applies under `profile`: its families of clauses, its PICS, its changes of level."""
    levels: dict[str, Level] = {}
    index: dict[tuple[Kind, str], tuple[tuple[Check, Selector], ...]] = {}
    for each in _CHECKS.values():
        level = profile.level_of(each.id, each.level)
        is_wanted = each.clause.family in profile.families and all(map(profile.claims, each.needs))
        if level is None or not is_wanted:
            continue
        levels[each.id] = level
        for selector in each.on:
            for name in selector.names or ("",):
                key = (selector.kind, name)
                index[key] = (*index.get(key, ()), (each, selector))
    return Applicable(MappingProxyType(levels), MappingProxyType(index))


@dataclass(frozen=True, slots=True)
class BodyPart:
    """A message body, or one part of a multipart body.

    `media_type` is type/subtype in lower case, `content_type` the header field's value,
    `data` the bytes and `offset` where they start in the message, None where that is not one
    stretch of it (chunked or compressed); `content_id` is without angle brackets.
    """

    media_type: str
    content_type: str
    data: bytes
    offset: int | None = None
    content_id: str = ""


BodyReader = Callable[[bytes], object]
BodySplitter = Callable[[BodyPart], Iterable[BodyPart]]

_READERS: dict[str, BodyReader] = {}
_SPLITTERS: dict[str, BodySplitter] = {}


def reads(media_type: str, reader: BodyReader) -> None:
    """Have bodies of `media_type` read by `reader`, which raises ValueError for what it cannot."""
    _READERS[media_type.lower()] = reader


def splits(media_type: str, splitter: BodySplitter) -> None:
    """Have bodies of `media_type` cut into parts, which are then judged as bodies themselves.

    A splitter raises ValueError for what it cannot cut.
    """
    _SPLITTERS[media_type.lower()] = splitter


def reader_of(media_type: str) -> BodyReader | None:
    return _READERS.get(media_type)


def splitter_of(media_type: str) -> BodySplitter | None:
    return _SPLITTERS.get(media_type)
