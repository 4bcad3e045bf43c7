"""Whom the network knows: the users of the profile with their credentials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.config import Pixit, Profile
from harness.config_subscribers import Subscriber, UsimSecrets
from harness.sip.aka import AuthenticationCentre, Card


@dataclass(frozen=True, slots=True)
class KnownUser:
    """One user: `centre` holds the state of AKA where the profile has a USIM for them."""

    impi: str
    impu: str
    password: str = field(repr=False)
    centre: AuthenticationCentre | None = field(default=None, repr=False)


class Subscribers:
    """The users by private identity, the device under test first."""

    def __init__(self, profile: Profile) -> None:
        users: tuple[Pixit | Subscriber, ...] = (profile.pixit, *profile.subscribers)
        self._by_impi: dict[str, KnownUser] = {}
        for user in users:
            password = user.password.get_secret_value()
            centre = _centre(user.usim) if user.usim is not None else None
            self._by_impi.setdefault(user.impi, KnownUser(user.impi, user.impu, password, centre))

    def __iter__(self) -> Iterator[KnownUser]:
        return iter(self._by_impi.values())

    def find(self, impi: str) -> KnownUser | None:
        """The user of a private identity."""
        return self._by_impi.get(impi)

    def password_of(self, impi: str) -> str | None:
        """The password of a private identity, None for a stranger."""
        user = self._by_impi.get(impi)
        return user.password if user is not None else None


def _centre(secrets: UsimSecrets) -> AuthenticationCentre:
    return AuthenticationCentre(Card.make(*secrets.octets), secrets.sequence_number)
