"""Remembering what was read: the same few values stand in thousands of messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

_Value = TypeVar("_Value")

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
