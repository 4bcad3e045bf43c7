"""What the registrar knows of each address-of-record, as the `reg` event package tells it.

RFC 3680 §4.7.1: the state machines of an address-of-record and of each of its contacts.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from harness.network.binding import Binding

MAX_IDENTITIES = 65_536
"""Addresses-of-record that are remembered; the one that rested longest is forgotten first."""

MAX_ENDED = 16
"""Ended contacts of one address-of-record that are remembered for those who were not told yet."""

REGISTERED, REFRESHED, SHORTENED = "registered", "refreshed", "shortened"
EXPIRED, UNREGISTERED = "expired", "unregistered"
REMOVALS = frozenset({EXPIRED, UNREGISTERED, "deactivated", "probation", "rejected"})
"""The events that end a contact (RFC 3680 §4.7.1, figure 2)."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact's machine: `event` is what last happened to it.

    `id` stays the same for as long as the contact is bound; `revision` is that of its last event;
    `since` is monotonic seconds.
    """

    id: str
    binding: Binding
    event: str
    revision: int
    since: float
    retry_after: int | None = None

    @property
    def is_over(self) -> bool:
        return self.event in REMOVALS


@dataclass(slots=True)
class _Record:
    id: str
    contacts: list[Contact] = field(default_factory=list)
    ended: deque[Contact] = field(default_factory=lambda: deque(maxlen=MAX_ENDED))
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """What was done to the bindings of an address-of-record, and why.

    `gone` is the event of those that are no longer there, `kept` that of those that are new
    versions of known ones; `retry_after` goes with the event probation.
    """

    gone: str = UNREGISTERED
    kept: str = REFRESHED
    retry_after: int | None = None


class Registrations:
    """The machines of all addresses-of-record; `changed` hears of each event."""

    def __init__(self, new_id: Callable[[], str], changed: Callable[[str], None]) -> None:
        self._new_id = new_id
        self._changed = changed
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def record(self, aor: str, after: Sequence[Binding], change: Change, now: float) -> None:
        """The bindings of an address-of-record are now those in `after`."""
        found = self._record(aor)
        if tuple(contact.binding for contact in found.contacts) == tuple(after):
            return
        found.revision += 1
        contacts = [self._moved(found, binding, change, now) for binding in after]
        kept = {contact.id for contact in contacts}
        for contact in found.contacts:
            if contact.id not in kept:
                found.ended.append(_ended(contact, found.revision, change))
        found.contacts = contacts
        self._changed(aor)

    def _record(self, aor: str) -> _Record:
        found = self._records.get(aor)
        if found is None:
            while len(self._records) >= MAX_IDENTITIES:
                self._forget_one()
            found = self._records[aor] = _Record(self._new_id())
        self._records.move_to_end(aor)
        return found

    def _forget_one(self) -> None:
        aor, oldest = self._records.popitem(last=False)
        if oldest.contacts:
            # The registrar has fewer bindings than there are records, so others will be found.
            self._records[aor] = oldest

    def _moved(self, record: _Record, binding: Binding, change: Change, now: float) -> Contact:
        known = next(
            (contact for contact in record.contacts if contact.binding.is_same_as(binding)),
            None,
        )
        if known is None:
            return Contact(self._new_id(), binding, REGISTERED, record.revision, now)
        if known.binding == binding:
            return known
        return Contact(known.id, binding, change.kept, record.revision, known.since)

    def id_of(self, aor: str) -> str:
        """The id of the address-of-record, the same in all documents (RFC 3680 §5.1)."""
        return self._record(aor).id

    def revision(self, aor: str) -> int:
        """Counts the events of an address-of-record."""
        found = self._records.get(aor)
        return found.revision if found is not None else 0

    def contacts(self, aor: str, after: int) -> tuple[tuple[Contact, ...], tuple[Contact, ...]]:
        """The contacts that are bound, and those that ended after revision `after`."""
        found = self._records.get(aor)
        if found is None:
            return (), ()
        return tuple(found.contacts), _since(found.ended, after)


def _since(contacts: Iterable[Contact], after: int) -> tuple[Contact, ...]:
    return tuple(contact for contact in contacts if contact.revision > after)


def _ended(contact: Contact, revision: int, change: Change) -> Contact:
    return Contact(
        contact.id,
        contact.binding,
        change.gone,
        revision,
        contact.since,
        retry_after=change.retry_after,
    )
