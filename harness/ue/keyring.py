"""Answers challenges, and knows when to stop (RFC 3261 §22, RFC 7616 §3.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from harness.sip.aka import AkaError, Usim, aka_version, is_aka, with_auts
from harness.sip.auth_params import AuthValue, parse_auth_values
from harness.sip.digest import (
    Challenge,
    DigestError,
    answer,
    choose_challenge,
    parse_challenges,
    parse_credentials,
)

_MAX_CHALLENGES = 4
"""Challenges in a row without an accepted request: nobody has a good reason for more."""


@dataclass(frozen=True, slots=True)
class _Proof:
    """What a response is computed with; AUTS where the card is ahead of the network."""

    password: bytes = field(repr=False)
    auts: bytes | None = None


class Keyring:
    """Credentials for one protection space.

    `new_id` makes the cnonce; a challenge of `realm` goes before others; `usim` answers challenges
    of AKA. Knows one challenge, the latest, and counts its uses (nc).
    """

    def __init__(
        self,
        username: str,
        password: str,
        realm: str,
        new_id: Callable[[], str],
        usim: Usim | None = None,
    ) -> None:
        self._username = username
        self._password = password
        self._realm = realm
        self._new_id = new_id
        self._usim = usim
        self._proof = _Proof(password.encode())
        self._challenge: Challenge | None = None
        self._cnonce = ""
        self._count = 0
        self._challenges_in_a_row = 0

    def learn(self, challenges: Iterable[str], sent: str | None) -> bool:
        """Take the challenges of a 401 or 407; `sent` are the credentials that it refused.

        False: there is nothing new to try. "It MUST NOT re-attempt requests with the credentials
        that have just been rejected (though the request may be retried if the nonce was stale)"
        (RFC 3261 §22.1).
        """
        found = parse_challenges(*challenges)
        own = [challenge for challenge in found if challenge.realm == self._realm]
        chosen = choose_challenge(own or found, with_usim=self._usim is not None)
        proof = self._prove(chosen) if chosen is not None else None
        if chosen is None or proof is None:
            return False
        refused = parse_credentials(sent) if sent else None
        is_repeated = (
            refused is not None
            and not refused.is_placeholder
            and refused.realm == chosen.realm
            and not chosen.stale
            # Each challenge of AKA has an answer of its own, and AUTS asks for another one.
            and not is_aka(chosen.algorithm)
        )
        self._challenges_in_a_row += 1
        if is_repeated or self._challenges_in_a_row > _MAX_CHALLENGES:
            return False
        self._use(chosen)
        self._proof = proof
        return True

    def _prove(self, challenge: Challenge) -> _Proof | None:
        """What stands for the password; None where the card refuses the network."""
        version = aka_version(challenge.algorithm)
        if version is None or self._usim is None:
            return _Proof(self._password.encode())
        try:
            answer = self._usim.answer(challenge.nonce)
        except AkaError:
            # TS 33.102 §6.3.3: the user abandons the procedure.
            return None
        return _Proof(answer.password(version), answer.auts)

    def accepted(self, authentication_info: str | None = None) -> None:
        """A request went through; a `nextnonce` is for the next one (RFC 7616 §3.5)."""
        self._challenges_in_a_row = 0
        if authentication_info is None or self._challenge is None:
            return
        for value in parse_auth_values(f"Info {authentication_info}"):
            nonce = value.get("nextnonce")
            if nonce:
                self._use(_with_nonce(self._challenge, nonce))

    def answer(self, method: str, uri: str, body: bytes) -> str:
        """Credentials for a request, or "" where there was no challenge yet."""
        if self._challenge is None:
            return ""
        self._count += 1
        try:
            credentials = answer(
                self._challenge,
                self._username,
                self._proof.password,
                method,
                uri,
                body,
                nc=self._count,
                cnonce=self._cnonce,
            )
        except DigestError:
            return ""
        return credentials if self._proof.auts is None else with_auts(credentials, self._proof.auts)

    def _use(self, challenge: Challenge) -> None:
        self._challenge = challenge
        self._cnonce = self._new_id()
        self._count = 0


def _with_nonce(challenge: Challenge, nonce: str) -> Challenge:
    return Challenge(
        realm=challenge.realm,
        nonce=nonce,
        algorithm=challenge.algorithm,
        qop=challenge.qop,
        opaque=challenge.opaque,
        stale=False,
        charset=challenge.charset,
        userhash=challenge.userhash,
        value=challenge.value,
    )


def offers_basic(challenges: Iterable[str]) -> bool:
    """Whether a WWW-Authenticate offers Basic (RFC 7617 §2)."""
    values: Iterable[AuthValue] = (
        value for text in challenges for value in parse_auth_values(text)
    )
    return any(value.is_scheme("Basic") for value in values)
