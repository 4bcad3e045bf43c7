"""A message of which only the outline can be seen: which header fields it has, not what they say.

A check that runs on an outline to its end has looked at nothing else. It then finds the same in
every message of that outline, whatever the fields say: most checks are about fields that most
messages do not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

from harness.checks.bounded import Bounded
from harness.checks.context import Context
from harness.checks.registry import Group
from harness.model import Transport
from harness.sip import headers as sip
from harness.sip.message import Message as SipMessage
from harness.sip.message import Request, Response
from harness.sip.remember import found_once
from harness.xcap import headers as http
from harness.xcap.http import HttpRequest, HttpResponse

Message = Request | Response | HttpRequest | HttpResponse
Outline = tuple[object, ...]

_MAX_OUTLINES = 2048


class HiddenError(BaseException):
    """A check wants to see more than the outline. No `Exception`, which a check could catch."""


def _hide(*_: object) -> NoReturn:
    raise HiddenError


def outline_of(message: Message, context: Context) -> Outline | None:
    """All of a message and its context that an outline shows; None where it has none.

    The kind of message, the status, the method asked for and the sender are left out: they select
    the checks.
    """
    own, asked = _own_outline(message), None
    if own is None:
        return None
    request = context.request
    if request is not None:
        asked = _own_outline(request)
        if asked is None:
            return None
    is_new = context.transaction is None
    is_answer = context.request_entry is not None
    return own, asked, is_new, is_answer, context.entry.source.transport


def _own_outline(message: Message) -> Outline | None:
    if message.malformed:
        return None
    names, version, has_body = message.headers.names, message.version, bool(message.body)
    if isinstance(message, SipMessage):
        return names, message.method, version, has_body
    method = "" if isinstance(message, HttpResponse) else message.method
    return names, method, version, has_body, bool(message.content)


class _Rows:
    """Header fields of which only the names can be seen."""

    _real: Any

    def rows(self, name: str) -> tuple[Any, ...]:
        return _hide() if name in self._real else ()

    def get(self, name: str, default: Any = None) -> Any:
        return _hide() if name in self._real else default

    def values(self, name: str) -> tuple[str, ...]:
        return _hide() if name in self._real else ()

    def count(self, name: str) -> int:
        return _hide() if name in self._real else 0

    def __contains__(self, name: object) -> bool:
        return name in self._real

    def __bool__(self) -> bool:
        return bool(self._real)

    def __iter__(self) -> Iterator[Any]:
        _hide()

    __len__ = __getitem__ = __eq__ = __hash__ = __repr__ = _hide


class _SipRows(_Rows, sip.Headers):
    __slots__ = ("_real",)

    def __init__(self, real: sip.Headers) -> None:
        self._real = real


class _HttpRows(_Rows, http.Headers):
    __slots__ = ("_real",)

    def __init__(self, real: http.Headers) -> None:
        self._real = real


# What the selection of checks and the outline tell of a message; `headers` hides what it has to.
_SHOWN: Final = frozenset({"__class__", "headers", "malformed", "method", "status", "version"})
_IF_EMPTY: Final = frozenset({"body", "content"})
_READERS: Final = frozenset({"_first", "_every"})


def _hidden(kind: type[Any]) -> type[Any]:
    """A subclass of a kind of message that shows its outline."""
    names = [name for each in kind.__mro__ for name in vars(each)]
    views = {name: getattr(kind, name) for name in names if not name.startswith("__")}
    found = {name: each for name, each in views.items() if isinstance(each, found_once)}
    computed = {name: each for name, each in views.items() if isinstance(each, property)}

    class Hidden(kind):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            if name in _SHOWN or name in _READERS:
                return object.__getattribute__(self, name)
            if name in _IF_EMPTY and not (empty := object.__getattribute__(self, name)):
                return empty
            # What is worked out of the fields is worked out of those that can be seen.
            if name in found:
                return found[name].find(self)
            if name in computed:
                return computed[name].__get__(self)
            _hide()

        __eq__ = __hash__ = __repr__ = _hide

    return Hidden


_HIDDEN: Final = {kind: _hidden(kind) for kind in (Request, Response, HttpRequest, HttpResponse)}


def _without_content(message: Message) -> Any:
    made = object.__new__(_HIDDEN[type(message)])
    rows = _SipRows if isinstance(message, SipMessage) else _HttpRows
    shown = {"headers": rows(message.headers), "malformed": ()}  # type: ignore[arg-type]
    for name in ("method", "status", "version", "body", "content"):
        if hasattr(message, name):
            shown[name] = getattr(message, name)
    for name, value in shown.items():
        object.__setattr__(made, name, value)
    return made


class _Around:
    """A context that shows the outline of the message, and of the request that it answers."""

    def __init__(self, message: Any, request: Any, context: Context) -> None:
        self.entry = _Entry(message, context.entry.source.transport)
        self.request = request
        self.sip_request = request if isinstance(request, Request) else None
        self.profile, self.sender, self.body = context.profile, context.sender, None
        if context.transaction is None:
            self.transaction = None
        if context.request_entry is None:
            self.request_entry = None

    def once(self, find: Callable[[Any], Any]) -> Any:
        return find(self)

    __getattr__ = __eq__ = __hash__ = _hide


class _Entry:
    def __init__(self, message: Any, transport: Transport) -> None:
        self.message, self.source, self.is_sip = message, _Source(transport), transport.is_sip

    __getattr__ = __eq__ = __hash__ = _hide


class _Source:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    __getattr__ = __eq__ = __hash__ = _hide


class Outlines:
    """By outline of a message: which of its checks are left, as the others find nothing.

    Learned when an outline is seen for the second time, as that takes as long as judging some
    messages; `after` is how often it has to be seen before.
    """

    def __init__(self, after: int = 1) -> None:
        self._after = after
        self._seen: Bounded[Outline, int] = Bounded(_MAX_OUTLINES)
        self._left: Bounded[Outline, tuple[Group, ...]] = Bounded(_MAX_OUTLINES)

    def left(
        self,
        selection: tuple[object, ...],
        groups: tuple[Group, ...],
        message: Message,
        context: Context,
    ) -> tuple[Group, ...]:
        """The checks of a message that are left; `selection` is what they were selected by."""
        outline = outline_of(message, context)
        if outline is None:
            return groups
        key = (selection, outline)
        left = self._left.get(key)
        if left is None:
            seen = self._seen.get(key, 0)
            if seen < self._after:
                self._seen[key] = seen + 1
                return groups
            left = self._left[key] = tuple(_left(groups, message, context))
        return left


def _left(groups: tuple[Group, ...], message: Message, context: Context) -> Iterator[Group]:
    for group in groups:
        checks = tuple(each for each in group.checks if not is_silent(each[0], message, context))
        if checks:
            yield Group(group.when, checks)


def is_silent(function: Callable[..., Any], message: Message, context: Context) -> bool:
    """Whether a check finds nothing in a message and needs no more than its outline for that."""
    request = None if context.request is None else _without_content(context.request)
    shown = _without_content(message)
    try:
        return not any(True for _ in function(shown, _Around(shown, request, context)))
    except HiddenError:
        return False
    except Exception:
        return False  # the judge will see it as well, and report it
