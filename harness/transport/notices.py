"""What a person in the lab should know of peers, said once and not a thousand times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.transport.streams import StreamConnection

# A peer that tries again and again, or a port scanner, is told of this often.
_AGAIN_SECONDS = 60.0
_MAX_REMEMBERED = 256


class Notices:
    """Passes notices on; the same one of the same host is dropped for a while."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        self._tell = tell
        self._said: dict[str, float] = {}

    def say(self, text: str, connection: StreamConnection | None = None, reason: str = "") -> None:
        """Tell `text`, of the peer of a connection where one is given, and the reason."""
        if self._tell is None:
            return
        peer = connection.peer if connection is not None else None
        key = f"{text} {peer.host if peer else ''} {reason}"
        now = time.monotonic()
        if now < self._said.get(key, now):
            return
        if len(self._said) >= _MAX_REMEMBERED:
            del self._said[next(iter(self._said))]
        self._said[key] = now + _AGAIN_SECONDS
        place = f" {peer}" if peer is not None and peer.host else ""
        self._tell(f"{text}{place}" + (f": {reason}" if reason else ""))
