"""Entries whose UE is not known yet: what came before its REGISTER. Bounded, oldest lost first."""

from __future__ import annotations

from harness.trace import TraceEntry

_MAX_PENDING = 16384


class Pending:
    """Waiting entries, found by either end's host."""

    def __init__(self, limit: int = _MAX_PENDING) -> None:
        self._limit = limit
        self._entries: dict[int, TraceEntry] = {}
        self._by_host: dict[str, dict[int, None]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: TraceEntry) -> None:
        """Let an entry wait."""
        self._entries[entry.number] = entry
        for host in _hosts(entry):
            self._by_host.setdefault(host, {})[entry.number] = None
        if len(self._entries) > self._limit:
            self._forget(next(iter(self._entries)))

    def take(self, host: str) -> tuple[TraceEntry, ...]:
        """Remove what waits from or to a host, in order."""
        return tuple(self._forget(number) for number in tuple(self._by_host.get(host, ())))

    def _forget(self, number: int) -> TraceEntry:
        entry = self._entries.pop(number)
        for host in _hosts(entry):
            numbers = self._by_host[host]
            del numbers[number]
            if not numbers:
                del self._by_host[host]
        return entry


def _hosts(entry: TraceEntry) -> set[str]:
    return {entry.source.host, entry.destination.host}
