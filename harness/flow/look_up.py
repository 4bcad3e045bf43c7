"""What the look-ups of a flow find: facts of the UE's own traffic, and values of the profile."""

from __future__ import annotations

from harness.checks.facts import domain_of
from harness.checks.session import Session
from harness.config import Profile
from harness.flow.expected import Find


def finder(profile: Profile, session: Session, service: str | None) -> Find:
    """Finds what `${...}` stands for; `service` is the list that the UE has defined last."""

    def find(name: str) -> str | None:
        kind, _, key = name.partition(".")
        if kind == "pixit":
            value = getattr(profile.pixit, key, None)
            return value if isinstance(value, str) else None
        return service if key == "service" else _of_ue(session, key)

    return find


def _of_ue(session: Session, key: str) -> str | None:
    registration = session.registration
    if key == "impu":
        return session.identity or None
    if key == "domain":
        return domain_of(session.identity)
    if key == "contact" and registration is not None:
        return registration.contacts[0] if registration.contacts else None
    if key == "instance" and registration is not None:
        return next(iter(registration.instances.values()), None)
    return None
