"""Authentication at the registrar: a password, or the USIM (RFC 3261 §22.2, RFC 8760, RFC 3310)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from harness.model import Peer
from harness.network.reply import Reply
from harness.network.security import SecurityAgreement
from harness.network.site import Site
from harness.network.subscribers import KnownUser, Subscribers
from harness.sip.aka import Vector, aka_version, read_base64
from harness.sip.authenticator import Accepted, Authenticator, NonceBook
from harness.sip.digest import (
    Credentials,
    Expected,
    Refusal,
    Refused,
    make_challenge,
    parse_credentials,
    verify,
)
from harness.sip.message import Request

MAX_VECTORS = 4096
"""Challenges of AKA that are remembered; the oldest is forgotten first."""


def expected_of(site: Site) -> Expected:
    """What the profile's challenges of Digest ask for."""
    network = site.profile.network
    qop = () if network.digest_qop == "none" else tuple(network.digest_qop.split(","))
    return Expected(realm=site.profile.pixit.realm, algorithms=network.digest_algorithm, qop=qop)


class Scheme(Protocol):
    """A way to prove who one is; `latest` is the vector of the last challenge, if it has one."""

    latest: Vector | None

    def judge(self, request: Request, now: float) -> Accepted | Refused:
        """Whose credentials the request holds, or why they are not taken."""
        ...

    def challenges(self, request: Request, refused: Refused, now: float) -> list[str]:
        """The challenges for the 401; none where the user is nobody who could answer."""
        ...


class RegisterAuthentication:
    """Challenges REGISTER and judges the credentials that come back."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._subscribers = Subscribers(site.profile)
        self.security = SecurityAgreement(site)
        schemes: dict[str, Callable[[], Scheme]] = {
            "digest": lambda: DigestScheme(site, self._subscribers),
            "aka": lambda: AkaScheme(site, self._subscribers),
        }
        make = schemes.get(site.profile.network.authentication)
        self._scheme = make() if make is not None else None

    def refusal(self, request: Request, source: Peer, now: float) -> Reply | None:
        """The reply to a request that may not go on, None where it may."""
        if self._scheme is None:
            return None
        broken = self.security.refusal(request)
        if broken is not None:
            return broken
        outcome = self._scheme.judge(request, now)
        if isinstance(outcome, Refused):
            return self._refuse(request, outcome, source, now)
        # RFC 3261 §10.3 step 4: who may not modify these bindings gets 403.
        user = self._subscribers.find(outcome.username)
        own = self._site.identity(user.impu) if user is not None else ""
        if request.to is None or self._site.identity(request.to.uri) != own:
            return Reply(403)
        return None

    def _refuse(self, request: Request, refused: Refused, source: Peer, now: float) -> Reply:
        assert self._scheme is not None
        if refused.reason is Refusal.UNKNOWN_USER:
            return Reply(403)
        challenges = self._scheme.challenges(request, refused, now)
        if not challenges:
            return Reply(403)
        headers = [("WWW-Authenticate", value) for value in challenges]
        headers += self.security.challenge(request, source, self._scheme.latest)
        return Reply(401, headers=tuple(headers))


class DigestScheme:
    """A password for each user."""

    def __init__(self, site: Site, subscribers: Subscribers) -> None:
        self.latest: Vector | None = None
        self._authenticator = Authenticator(
            NonceBook(site.new_id), subscribers.password_of, expected_of(site)
        )

    def judge(self, request: Request, now: float) -> Accepted | Refused:
        values = request.headers.values("Authorization")
        return self._authenticator.authenticate(values, request.method, request.body, now)

    def challenges(self, request: Request, refused: Refused, now: float) -> list[str]:
        # A wrong response gets a new nonce without stale: the UA "MUST NOT re-attempt requests
        # with the credentials that have just been rejected" (RFC 3261 §22.1).
        return self._authenticator.challenges(now, stale=refused.is_stale)


class AkaScheme:
    """A USIM for each user: each challenge is a vector of its own (RFC 3310, RFC 4169)."""

    def __init__(self, site: Site, subscribers: Subscribers) -> None:
        network = site.profile.network
        self._site = site
        self._subscribers = subscribers
        self._algorithm = network.aka_algorithm
        self._version = aka_version(self._algorithm) or 1
        self._expected = replace(
            expected_of(site), algorithms=(self._algorithm,), qop=("auth", "auth-int")
        )
        self._offered = ("auth",) if network.digest_qop == "auth" else self._expected.qop
        self._nonces = NonceBook(site.new_id)
        self._vectors: dict[str, _Challenge] = {}
        self.latest: Vector | None = None

    def judge(self, request: Request, now: float) -> Accepted | Refused:
        credentials = self._credentials(request)
        if credentials is None or credentials.is_placeholder:
            return Refused(Refusal.MISSING_PARAMETER, "nonce, response")
        user = self._subscribers.find(credentials.username or "")
        if user is None or user.centre is None:
            return Refused(Refusal.UNKNOWN_USER, observed=credentials.username or "")
        if credentials.value.get("auts") is not None:
            return self._resynchronise(credentials, user, request)
        return self._prove(credentials, user, request, now)

    def _prove(
        self, credentials: Credentials, user: KnownUser, request: Request, now: float
    ) -> Accepted | Refused:
        nonce = credentials.nonce or ""
        challenge = self._challenge(nonce, user)
        if challenge is None:
            return Refused(Refusal.UNKNOWN_NONCE, observed=nonce)
        password = challenge.vector.password(self._version)
        refused = self._verify(credentials, user, password, request)
        if refused is not None:
            return refused
        reason = self._nonces.use(nonce, credentials.nonce_count, credentials.cnonce, now)
        if reason is not None:
            return Refused(reason, observed=credentials.nc or "")
        return Accepted(user.impi, credentials)

    def challenges(self, request: Request, refused: Refused, now: float) -> list[str]:
        user = self._asking(request)
        if user is None or user.centre is None:
            return []
        rand = hashlib.sha256(self._site.new_id().encode()).digest()[:16]
        vector = self.latest = user.centre.vector(rand)
        nonce = self._nonces.issue(now, vector.nonce)
        while len(self._vectors) >= MAX_VECTORS:
            del self._vectors[next(iter(self._vectors))]
        self._vectors[nonce] = _Challenge(user.impi, vector)
        return [
            make_challenge(
                self._expected.realm, nonce, algorithm=self._algorithm, qop=self._offered
            )
        ]

    def _challenge(self, nonce: str, user: KnownUser) -> _Challenge | None:
        """The challenge with this nonce: only whom it was made for can answer it."""
        found = self._vectors.get(nonce)
        return found if found is not None and found.impi == user.impi else None

    def _credentials(self, request: Request) -> Credentials | None:
        parsed = map(parse_credentials, request.headers.values("Authorization"))
        return next(
            (each for each in parsed if each is not None and each.realm == self._expected.realm),
            None,
        )

    def _asking(self, request: Request) -> KnownUser | None:
        """The user who registers: by the credentials, else by the identity in To."""
        parsed = map(parse_credentials, request.headers.values("Authorization"))
        named = next((each.username for each in parsed if each is not None), None)
        if named is not None:
            return self._subscribers.find(named)
        own = self._site.identity(request.to.uri) if request.to else ""
        return next(
            (user for user in self._subscribers if self._site.identity(user.impu) == own), None
        )

    def _verify(
        self, credentials: Credentials, user: KnownUser, password: bytes, request: Request
    ) -> Refused | None:
        # The example of RFC 3310 §4 leaves the algorithm out of the credentials.
        named = replace(credentials, algorithm=credentials.algorithm or self._algorithm)
        return verify(named, self._expected, user.impi, password, request.method, request.body)

    def _resynchronise(
        self, credentials: Credentials, user: KnownUser, request: Request
    ) -> Refused:
        """RFC 3310 §3.4: a valid AUTS moves SQN, and the next challenge is made with it.

        It answers a challenge, once: TS 33.102 §6.3.5 does not react to what is unsolicited, with
        which an old AUTS would take SQN back.
        """
        nonce = credentials.nonce or ""
        challenge = self._challenge(nonce, user)
        if challenge is None:
            return Refused(Refusal.UNKNOWN_NONCE, observed=nonce)
        refused = self._verify(credentials, user, b"", request)
        if refused is not None:
            return refused
        auts = read_base64(credentials.value.get("auts") or "")
        assert user.centre is not None
        if auts is None or not user.centre.resynchronise(challenge.vector.rand, auts):
            return Refused(Refusal.RESPONSE_MISMATCH, "a valid AUTS", "another")
        del self._vectors[nonce]
        return Refused(Refusal.OUT_OF_STEP)


@dataclass(frozen=True, slots=True)
class _Challenge:
    """A vector, and the private identity of the user whose card it is for."""

    impi: str
    vector: Vector
