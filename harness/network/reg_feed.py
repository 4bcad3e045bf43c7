"""Registration information for a subscriber (RFC 3680, RFC 5628)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from harness.body import reginfo
from harness.network.feeds import ACTIVE, Body, Status, tag_of
from harness.network.registrar import Registrar
from harness.network.registrations import REGISTERED, Contact
from harness.sip.fields import NameAddr

_RFC3261_PARAMS = frozenset({"q", "expires"})
"""The parameters of Contact that have an attribute of their own (RFC 3680 §5.1)."""


class RegistrationFeed:
    """The registration of one user, each public identity with an element of its own.

    `is_partial`: after the first document only what has changed (RFC 3680 §4.7.2).
    """

    def __init__(self, registrar: Registrar, aor: str, now: float, *, is_partial: bool) -> None:
        self._registrar = registrar
        self._aor = aor
        self._now = now
        self._is_partial = is_partial
        self._version = 0
        self._told: int | None = None

    @property
    def status(self) -> Status:
        return ACTIVE

    def depends(self) -> Iterable[str]:
        return (self._aor,)

    def has_news(self, now: float) -> bool:
        self._now = now
        return self._news() != self._told

    def _news(self) -> Hashable:
        return self._registrar.registrations.revision(self._aor)

    def write(self, *, full: bool) -> Body | None:
        is_full = full or not self._is_partial or self._told is None
        registrations = self._registrar.registrations
        # What ended before the subscription is no news to anybody (RFC 3680 §4.7.1).
        told = self._told if self._told is not None else registrations.revision(self._aor)
        bound, ended = registrations.contacts(self._aor, told)
        state = "active" if bound else "terminated" if ended else "init"
        shown = bound if is_full else tuple(each for each in bound if each.revision > told)
        document = reginfo.make_reginfo(
            self._version,
            "full" if is_full else "partial",
            [
                reginfo.Registration(
                    aor=identity,
                    id=f"{registrations.id_of(self._aor)}{number or ''}",
                    state=state,
                    contacts=tuple(
                        self._described(contact, number) for contact in (*shown, *ended)
                    ),
                )
                for number, identity in enumerate(self._registrar.identities(self._aor))
            ],
        )
        # RFC 3680 §5.1: "Versions start at 0, and increment by one for each new document".
        self._version += 1
        self._told = registrations.revision(self._aor)
        return Body(reginfo.MEDIA_TYPE, document)

    def entity_tag(self) -> str:
        registrations = self._registrar.registrations
        return tag_of(f"{registrations.id_of(self._aor)} {self._news()}".encode())

    def _described(self, contact: Contact, number: int) -> reginfo.RegisteredContact:
        """`number` counts the identities: all but the first are registered with it, implicitly."""
        binding, now = contact.binding, self._now
        event = contact.event
        gruus = self._registrar.gruus
        instance = binding.instance
        is_first = number == 0
        return reginfo.RegisteredContact(
            uri=binding.contact.uri,
            id=f"{contact.id}{number or ''}",
            state="terminated" if contact.is_over else "active",
            event="created" if event == REGISTERED and not is_first else event,
            display_name=binding.contact.display_name or None,
            expires=None if contact.is_over else binding.remaining(now),
            retry_after=contact.retry_after if event == "probation" else None,
            duration_registered=max(0, round(now - contact.since)),
            q=binding.contact.params.get("q"),
            callid=binding.call_id,
            cseq=binding.cseq,
            unknown_params=_unknown(binding.contact),
            pub_gruu=gruus.public(self._aor, instance) if instance and is_first else None,
            temp_gruu=(
                gruus.latest_temporary(self._aor, instance) if instance and is_first else None
            ),
        )

    def refresh(self, expires_at: float) -> None:
        """Nothing hangs on the time."""

    def end(self) -> None:
        """Nothing is held elsewhere."""


def _unknown(contact: NameAddr) -> tuple[tuple[str, str], ...]:
    """The parameters that RFC 3261 does not know, their values as they were written."""
    return tuple(
        (name, value or "")
        for name, value in contact.params.pairs
        if name.lower() not in _RFC3261_PARAMS
    )
