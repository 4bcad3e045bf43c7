"""A dictionary that forgets what was set longest ago, so that a trace's length costs no memory."""

from __future__ import annotations

from typing import TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Bounded(dict[_Key, _Value]):
    """Keeps the `limit` keys that were set last."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __setitem__(self, key: _Key, value: _Value) -> None:
        if key in self:
            del self[key]
        super().__setitem__(key, value)
        if len(self) > self._limit:
            del self[next(iter(self))]

    def setdefault(self, key: _Key, default: _Value) -> _Value:
        """As for any dictionary; a key that is set already keeps its place and value."""
        if key not in self:
            self[key] = default
        return self[key]
