"""Globally routable user agent URIs that the registrar gives out (RFC 5627 §5)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from harness.network.site import Site
from harness.sip.uri import SipUri, UriError, parse_uri


@dataclass(slots=True)
class _Instance:
    """The GRUUs of one address-of-record and instance."""

    public: str
    call_id: str
    temporary: deque[tuple[str, int]] = field(default_factory=deque)
    """User parts, each with the CSeq of the REGISTER that it was made for."""


class Gruus:
    """Public and temporary GRUUs by address-of-record and instance ID.

    Public ones outlive the registration (RFC 5627 §5.3: "SHOULD continue to treat the GRUU as
    valid"); the oldest are forgotten when there are too many.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._instances: dict[tuple[str, str], _Instance] = {}
        self._users: dict[str, tuple[str, str]] = {}  # gr value or temporary user -> instance

    def assign(self, aor: str, instance: str, call_id: str, cseq: int) -> None:
        """Make sure of a public GRUU and add a temporary one, as every REGISTER does (§5.1)."""
        found = self._instances.get((aor, instance))
        if found is None:
            found = self._create(aor, instance, call_id)
        elif found.call_id != call_id:
            # §5.1: with another Call-ID the registrar "MUST invalidate all previously generated
            # temporary GRUUs for the AOR and instance ID".
            self._drop_temporary(found)
            found.call_id = call_id
        if len(found.temporary) >= self._site.limits.temporary_gruus:
            self._users.pop(found.temporary.popleft()[0], None)
        # §5.1: unguessable, and nothing in it tells the address-of-record or the instance.
        user = self._site.new_id()
        found.temporary.append((user, cseq))
        self._users[user] = (aor, instance)

    def _create(self, aor: str, instance: str, call_id: str) -> _Instance:
        while len(self._instances) >= self._site.limits.users:
            self._forget(next(iter(self._instances)))
        # RFC 7255 §7: the gr value must not reveal the IMEI, so it is not made of the instance ID.
        public = self._site.new_id()
        created = _Instance(public, call_id)
        self._instances[(aor, instance)] = created
        self._users[public] = (aor, instance)
        return created

    def _forget(self, key: tuple[str, str]) -> None:
        gone = self._instances.pop(key)
        self._drop_temporary(gone)
        self._users.pop(gone.public, None)

    def _drop_temporary(self, instance: _Instance) -> None:
        for user, _ in instance.temporary:
            self._users.pop(user, None)
        instance.temporary.clear()

    def expire(self, aor: str, instance: str) -> None:
        """The last contact of an instance has gone: its temporary GRUUs go with it (§5.3)."""
        found = self._instances.get((aor, instance))
        if found is not None:
            self._drop_temporary(found)

    def public(self, aor: str, instance: str) -> str | None:
        """The public GRUU: the address-of-record with a gr parameter (§3.1.1)."""
        found = self._instances.get((aor, instance))
        return f"{aor};gr={found.public}" if found else None

    def temporary(self, aor: str, instance: str) -> str | None:
        """The most recently created temporary GRUU (§5.2)."""
        latest = self.latest_temporary(aor, instance)
        return latest[0] if latest is not None else None

    def latest_temporary(self, aor: str, instance: str) -> tuple[str, int] | None:
        """It, and the CSeq of the REGISTER that made the oldest valid one (RFC 5628 §5)."""
        found = self._instances.get((aor, instance))
        if found is None or not found.temporary:
            return None
        host = aor.rpartition("@")[2].removeprefix("sip:")
        return f"sip:{found.temporary[-1][0]}@{host};gr", found.temporary[0][1]

    def resolve(self, text: str) -> tuple[str, str] | None:
        """The address-of-record and instance of a GRUU given out here, or None (§6.1)."""
        try:
            uri = parse_uri(text)
        except UriError:
            return None
        if not isinstance(uri, SipUri) or not uri.is_gruu:
            return None
        return self._users.get(uri.params.get("gr") or uri.user or "")
