"""What a UE has registered, by address-of-record (RFC 3261 §10)."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.checks.capability_tags import capabilities_of_contacts
from harness.checks.places import equal_uris
from harness.sip.digest import parse_credentials
from harness.sip.message import Request, Response
from harness.sip.uri import UriError, address_of_record
from harness.trace import TraceEntry

_MAX_REGISTRATIONS = 1024
_MAX_FLOWS = 8


@dataclass(slots=True)
class Registration:
    """The registration of one address-of-record.

    `entry` is the latest REGISTER, `first` the first one seen. `succeeded` counts its 2xx.
    `contacts` are the UE's own bindings as it wrote them; `is_active` is false once they were
    removed. `expires_at` is when what the registrar granted ends, None while it is not known.
    """

    aor: str
    first: TraceEntry
    entry: TraceEntry
    call_id: str | None = None
    contacts: tuple[str, ...] = ()
    instances: dict[str, str] = field(default_factory=dict)
    """By contact as written: its instance-id."""
    features: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    """The keys of the capability tags of its contacts (see `capability_tags`)."""
    username: str | None = None
    succeeded: int = 0
    answered: Bounded[str, float] = field(default_factory=lambda: Bounded(_MAX_FLOWS))
    """By Call-ID: when its last 2xx was seen. Each flow has a Call-ID of its own (RFC 5626)."""
    is_active: bool = False
    ended_at: float | None = None
    expires_at: float | None = None
    granted: int | None = None
    """Seconds that the registrar granted."""
    service_route: tuple[str, ...] = ()
    associated_uris: tuple[str, ...] = ()
    gruus: tuple[str, ...] = ()


@dataclass(slots=True)
class Registrations:
    """All registrations of one UE; the latest is the one touched last."""

    by_aor: Bounded[str, Registration] = field(default_factory=lambda: Bounded(_MAX_REGISTRATIONS))

    @property
    def latest(self) -> Registration | None:
        return next(reversed(self.by_aor.values()), None)

    def of(self, request: Request) -> Registration | None:
        """The registration that a REGISTER is about: that of its To."""
        return self.by_aor.get(register_aor(request) or "")

    def note_request(self, request: Request, entry: TraceEntry) -> None:
        """Take in a REGISTER of the UE."""
        aor = register_aor(request)
        if aor is None:
            return
        known = self.by_aor.get(aor) or Registration(aor, entry, entry)
        known.entry, known.call_id = entry, request.call_id
        for value in request.headers.values("Authorization"):
            credentials = parse_credentials(value)
            if credentials is not None and credentials.username:
                known.username = credentials.username
        if request.contacts and not is_removal(request):
            contact = request.contacts[0]
            known.contacts = tuple(each.uri for each in request.contacts)
            known.instances = {
                each.uri: instance
                for each in request.contacts
                if (instance := each.params.get("+sip.instance"))
            }
            known.features = frozenset(contact.params)
            found = capabilities_of_contacts(request.contacts)
            known.capabilities = frozenset(each.key for each in found)
        self.by_aor[aor] = known

    def note_response(self, response: Response, request: Request, time: float) -> None:
        """Take in the answer to a REGISTER of the UE."""
        known = self.of(request)
        if known is None or not 200 <= response.status < 300:
            return
        known.succeeded += 1
        known.answered[request.call_id or ""] = time
        if is_removal(request):
            known.is_active, known.ended_at, known.expires_at = False, time, None
            return
        known.is_active, known.ended_at = True, None
        known.service_route = tuple(each.uri for each in response.service_routes)
        known.associated_uris = response.headers.values("P-Associated-URI")
        known.gruus = tuple(
            gruu
            for contact in response.contacts
            for name in ("pub-gruu", "temp-gruu")
            if (gruu := contact.params.get(name))
        )
        known.granted = granted = granted_expires(response, request)
        known.expires_at = time + granted if granted is not None else None


def register_aor(request: Request) -> str | None:
    """The address-of-record that a REGISTER is about (RFC 3261 §10.2: To)."""
    if request.to is None:
        return None
    try:
        return address_of_record(request.to.uri)
    except UriError:
        return None


def is_removal(request: Request) -> bool:
    """Whether a REGISTER only removes bindings: every Contact has an expiry of zero (§10.2.2)."""
    if request.contact_is_star:
        return True
    if not request.contacts:
        return False
    return all(
        (each.expires if each.expires is not None else request.expires) == 0
        for each in request.contacts
    )


def granted_expires(response: Response, request: Request) -> int | None:
    """For how long the registrar grants the first Contact of the request (RFC 3261 §10.2.4)."""
    if not request.contacts:
        return None
    wanted = request.contacts[0].uri
    own = [each for each in response.contacts if equal_uris(each.uri, wanted)]
    # A registrar may rewrite a contact behind a NAT; a single binding is the UE's all the same.
    for contact in own or (response.contacts if len(response.contacts) == 1 else ()):
        return contact.expires if contact.expires is not None else response.expires
    return None
