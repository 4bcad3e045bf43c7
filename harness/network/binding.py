"""A binding of an address-of-record to a contact (RFC 3261 §10)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model import Peer
from harness.sip.fields import NameAddr


@dataclass(frozen=True, slots=True)
class Binding:
    """One contact of an address-of-record, until `expires_at`.

    `source` is where the REGISTER came from, `path` the routes that lead to the contact.
    """

    aor: str
    contact: NameAddr
    call_id: str
    cseq: int
    expires_at: float
    source: Peer
    path: tuple[str, ...] = ()

    @property
    def instance(self) -> str | None:
        """The content of +sip.instance (RFC 5626 §4.1)."""
        return self.contact.params.get("+sip.instance")

    def remaining(self, now: float) -> int:
        """Seconds that are left."""
        return max(0, round(self.expires_at - now))
