"""An observer on a thread of its own: a peer is answered while its message is being judged."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable
from typing import Protocol

from harness.model import Peer

# Messages that wait to be judged; beyond it the peers wait too, rather than the memory grow.
_MAX_WAITING = 10_000
_STOP_SECONDS = 60.0
# While it judges, whoever answers waits this long for its turn, at each call of the system:
# Python's own 5 ms make some 20 ms for each answer.
_TURN_SECONDS = 0.0005

_Seen = tuple[bytes, Peer, Peer, float, str]


class MessageObserver(Protocol):
    """Hears of each message on the wire, sent or received, in order."""

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> object: ...


class Behind:
    """Calls `observer` in order, after the fact; its exceptions go to `failed`."""

    def __init__(self, observer: MessageObserver, failed: Callable[[BaseException], None]) -> None:
        self._observer = observer
        self._failed = failed
        sys.setswitchinterval(_TURN_SECONDS)
        self._waiting: queue.Queue[_Seen | None] = queue.Queue(_MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="presence-observer", daemon=True)
        self._thread.start()

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        self._waiting.put((raw, source, destination, time, connection))

    def _run(self) -> None:
        while (seen := self._waiting.get()) is not None:
            raw, source, destination, time, connection = seen
            try:
                self._observer(raw, source, destination, time, connection=connection)
            except Exception as error:  # a full disk, say: the next one is observed all the same
                self._failed(error)

    def stop(self) -> None:
        """Wait until everything seen so far was observed, and end the thread."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join(_STOP_SECONDS)
