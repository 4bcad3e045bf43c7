"""Keep-alives towards the registrar, where it asked for them (RFC 6223, RFC 5626 §4.4)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from harness.model import Peer, Send, Transport
from harness.sip.message import Response

# RFC 5389 §6: a Binding request without attributes, before its transaction id.
_BINDING = b"\x00\x01\x00\x00\x21\x12\xa4\x42"
_LEAST, _MOST = 1, 86400
# RFC 5626 §4.4.1, §4.4.2: where no frequency is recommended.
_DEFAULTS = {Transport.UDP: 29, Transport.TCP: 120, Transport.TLS: 120}


class KeepAlive:
    """Sends nothing until the answer to a REGISTER gives `keep` a value."""

    def __init__(self, registrar: Peer, new_id: Callable[[], str]) -> None:
        self._registrar = registrar
        self._new_id = new_id
        self._interval: int | None = None
        self._next: float | None = None

    def learn(self, response: Response, now: float) -> None:
        """Take the answer to a REGISTER (RFC 6223 §4.3)."""
        via = response.top_via
        value = via.params.get("keep") if via is not None else None
        if value is None or not value.isascii() or not value.isdigit():
            self.stop()
            return
        # §5: a value of zero recommends nothing.
        wanted = int(value[:9]) or _DEFAULTS[self._registrar.transport]
        self._interval = min(max(wanted, _LEAST), _MOST)
        self._plan(now)

    def stop(self) -> None:
        """The registration is over."""
        self._interval = self._next = None

    def _plan(self, now: float) -> None:
        # RFC 5626 §4.4, after RFC 6223 §5: "randomly distributed between 80% and 100%".
        byte = hashlib.sha256(self._new_id().encode()).digest()[0]
        self._next = now + (self._interval or 0) * (0.8 + 0.2 * byte / 255)

    def next_deadline(self) -> float | None:
        return self._next

    def tick(self, now: float) -> list[Send]:
        """STUN on UDP, a double CRLF on streams (RFC 5626 §3.5)."""
        if self._next is None or now < self._next:
            return []
        self._plan(now)
        if self._registrar.transport.is_reliable:
            return [Send(b"\r\n\r\n", self._registrar)]
        transaction = hashlib.sha256(self._new_id().encode()).digest()[:12]
        return [Send(_BINDING + transaction, self._registrar)]
