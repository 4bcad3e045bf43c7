"""A binding of an address-of-record to a contact (RFC 3261 §10)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model import Peer
from harness.sip.fields import NameAddr
from harness.sip.uri import same_uri


@dataclass(frozen=True, slots=True)
class Binding:
    """One contact of an address-of-record, until `expires_at`.

    `source` is where the REGISTER came from, `path` the routes that lead to the contact, `flow` the
    instance-id and reg-id of a binding by RFC 5626.
    """

    aor: str
    contact: NameAddr
    call_id: str
    cseq: int
    expires_at: float
    source: Peer
    path: tuple[str, ...] = ()
    flow: tuple[str, str] | None = None

    def is_same_as(self, other: Binding) -> bool:
        """Whether one replaces the other: the same flow (RFC 5626 §6), else the same contact URI
        (RFC 3261 §10.3 step 7)."""
        if self.flow is not None or other.flow is not None:
            return self.flow == other.flow
        return same_uri(self.contact.uri, other.contact.uri)

    @property
    def instance(self) -> str | None:
        """The content of +sip.instance (RFC 5626 §4.1)."""
        return self.contact.params.get("+sip.instance")

    def remaining(self, now: float) -> int:
        """Seconds that are left."""
        return max(0, round(self.expires_at - now))
