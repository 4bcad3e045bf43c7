"""Remembering what was read: the same few values stand in thousands of messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Generic, Self, TypeVar, overload

_Value = TypeVar("_Value")
_Owner = TypeVar("_Owner")

LONGEST_REMEMBERED = 512
"""Longer texts are read each time, so that hostile ones cannot fill the memory."""


def remembered(maxsize: int) -> Callable[[Callable[[str], _Value]], Callable[[str], _Value]]:
    """Keep the last `maxsize` results of a function of one text; its exceptions are not kept."""

    def decorate(read: Callable[[str], _Value]) -> Callable[[str], _Value]:
        cached = lru_cache(maxsize=maxsize)(read)

        @wraps(read)
        def read_or_remember(text: str) -> _Value:
            return cached(text) if len(text) <= LONGEST_REMEMBERED else read(text)

        return read_or_remember

    return decorate


def latest(find: Callable[[_Owner], _Value]) -> Callable[[_Owner], _Value]:
    """Keep the last result of a function of one frozen object.

    Many ask the same of one message, one after the other, and then nobody does.
    """
    known: tuple[object, Any] = (object(), None)  # one value, so that threads see no half of it

    @wraps(find)
    def find_or_remember(given: _Owner) -> _Value:
        nonlocal known
        asked, found = known
        if asked is not given:
            found = find(given)
            known = (given, found)
        kept: _Value = found
        return kept

    return find_or_remember


class found_once(Generic[_Owner, _Value]):  # noqa: N801 - used like property
    """A property that is worked out when it is first asked for, and kept in the instance.

    As functools.cached_property, without the lock that it takes in Python 3.11: what is worked
    out is the same whoever does it first.
    """

    def __init__(self, find: Callable[[_Owner], _Value]) -> None:
        self.find = find
        self._name = find.__name__
        self.__doc__ = find.__doc__

    @overload
    def __get__(self, instance: None, owner: type[_Owner]) -> Self: ...
    @overload
    def __get__(self, instance: _Owner, owner: type[_Owner]) -> _Value: ...
    def __get__(self, instance: _Owner | None, owner: type[_Owner]) -> Self | _Value:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self.find(instance)
        return value
