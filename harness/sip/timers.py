"""Times of the transaction layer (RFC 3261 Table 4) and a queue of deadlines without a clock."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Timers:
    """T1 (round trip), T2 (longest retransmit interval), T4 (longest stay in the network), in s.

    The defaults are those of RFC 3261; between UE and network TS 24.229 §7.7 takes 2, 16 and 17.
    """

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0

    @property
    def e(self) -> float:
        """The first interval of Timer E."""
        return self.t1

    def e_after(self, interval: float) -> float:
        """The interval of Timer E that follows `interval` (RFC 3261 §17.1.2.2)."""
        return min(2 * interval, self.t2)

    @property
    def f(self) -> float:
        """How long a client transaction waits for a final response."""
        return 64 * self.t1

    @property
    def n(self) -> float:
        """How long a subscriber waits for the first NOTIFY (RFC 6665 §4.1.2.4)."""
        return 64 * self.t1

    def j(self, *, reliable: bool) -> float:
        """How long a server transaction repeats its response (RFC 3261 §17.2.2)."""
        return 0.0 if reliable else 64 * self.t1

    def k(self, *, reliable: bool) -> float:
        """How long a client transaction absorbs repeated responses (RFC 3261 §17.1.2.2)."""
        return 0.0 if reliable else self.t4


class TimerQueue(Generic[Key]):
    """Deadlines by key: each key has one or none; due keys come out in the order of time."""

    def __init__(self) -> None:
        self._deadlines: dict[Key, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._deadlines)

    def set(self, key: Key, deadline: float) -> None:
        """Start the timer of `key`, or move it."""
        number = next(self._numbers)
        self._deadlines[key] = (deadline, number)
        heapq.heappush(self._heap, (deadline, number, key))
        if len(self._heap) > 64 and len(self._heap) > 4 * len(self._deadlines):
            self._heap = [(at, count, name) for name, (at, count) in self._deadlines.items()]
            heapq.heapify(self._heap)

    def cancel(self, key: Key) -> None:
        """Stop the timer of `key`; nothing happens where it is not running."""
        self._deadlines.pop(key, None)

    def next_deadline(self) -> float | None:
        """The earliest deadline."""
        while self._heap:
            deadline, number, key = self._heap[0]
            if self._deadlines.get(key) == (deadline, number):
                return deadline
            heapq.heappop(self._heap)
        return None

    def due(self, now: float) -> Iterator[Key]:
        """Take out each key whose time has come; keys set meanwhile are looked at again."""
        while (deadline := self.next_deadline()) is not None and deadline <= now:
            _, _, key = heapq.heappop(self._heap)
            del self._deadlines[key]
            yield key
