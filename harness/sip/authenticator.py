"""The server's side of Digest with its state: nonces, their counts, and a verdict on a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from harness.sip.digest import (
    Credentials,
    Expected,
    Refusal,
    Refused,
    make_challenge,
    parse_credentials,
    verify,
)

DEFAULT_LIFETIME = 300.0
"""Seconds that a nonce is good for."""

MAX_NONCES = 4096
"""Nonces that are remembered; the oldest is forgotten first."""

COUNT_WINDOW = 256
"""How far behind the highest nc a request may arrive: UDP reorders."""


@dataclass(slots=True)
class _Issued:
    expires: float
    session_cnonce: str | None = None
    highest: int = 0
    counts: set[int] = field(default_factory=set)


class NonceBook:
    """The nonces that a server gave out, when each expires, and which counts were used.

    `new_id` makes an unguessable text without quotes or backslashes. A nonce that was forgotten
    is unknown, which has the same consequence as a stale one.
    """

    def __init__(self, new_id: Callable[[], str], lifetime: float = DEFAULT_LIFETIME) -> None:
        self._new_id = new_id
        self._lifetime = lifetime
        self._issued: dict[str, _Issued] = {}

    def __len__(self) -> int:
        return len(self._issued)

    def issue(self, now: float, nonce: str | None = None) -> str:
        """A new nonce, or the one that is given, good for the book's lifetime."""
        while len(self._issued) >= MAX_NONCES:
            del self._issued[next(iter(self._issued))]
        nonce = self._new_id() if nonce is None else nonce
        self._issued[nonce] = _Issued(expires=now + self._lifetime)
        return nonce

    def session_cnonce(self, nonce: str) -> str | None:
        """The first cnonce that was used with it: what a "-sess" key is made of."""
        issued = self._issued.get(nonce)
        return issued.session_cnonce if issued else None

    def use(self, nonce: str, count: int | None, cnonce: str | None, now: float) -> Refusal | None:
        """Count one request with verified credentials; None where the nonce is good.

        "If the same nc value is seen twice, then the request is a replay" (RFC 7616 §3.4). Gaps
        and late arrivals are no replay. Without a count (RFC 2069) only the age is looked at.
        """
        issued = self._issued.get(nonce)
        if issued is None:
            return Refusal.UNKNOWN_NONCE
        if now >= issued.expires:
            return Refusal.STALE_NONCE
        if count is None:
            return None
        if count in issued.counts or count <= issued.highest - COUNT_WINDOW:
            return Refusal.NC_REPLAYED
        issued.session_cnonce = issued.session_cnonce or cnonce
        issued.highest = max(issued.highest, count)
        issued.counts.add(count)
        if len(issued.counts) > 2 * COUNT_WINDOW:
            floor = issued.highest - COUNT_WINDOW
            issued.counts = {seen for seen in issued.counts if seen > floor}
        return None

    def forget(self, nonce: str) -> None:
        """Make a nonce unknown, for one-time nonces."""
        self._issued.pop(nonce, None)


@dataclass(frozen=True, slots=True)
class Accepted:
    """Credentials that were right, and whose they are."""

    username: str
    credentials: Credentials


class Authenticator:
    """One realm: makes its challenges and judges what comes back.

    `password_of` gives the password of a username, or None for a stranger. `algorithms` are
    offered in that order, one challenge each: "starting with the most preferred algorithm at the
    top" (RFC 8760 §2.3).
    """

    def __init__(
        self,
        nonces: NonceBook,
        password_of: Callable[[str], str | bytes | None],
        expected: Expected,
    ) -> None:
        self.expected = expected
        self._nonces = nonces
        self._password_of = password_of

    def challenges(self, now: float, *, stale: bool = False) -> list[str]:
        """The WWW-Authenticate or Proxy-Authenticate values to send, each a field of its own."""
        nonce = self._nonces.issue(now)
        return [
            make_challenge(
                self.expected.realm,
                nonce,
                algorithm=algorithm,
                qop=self.expected.qop,
                opaque=self.expected.opaque,
                stale=stale,
            )
            for algorithm in self.expected.algorithms
        ]

    def authenticate(
        self,
        values: Iterable[str],
        method: str,
        body: bytes,
        now: float,
        uri: str | None = None,
    ) -> Accepted | Refused:
        """Judge the Authorization or Proxy-Authorization values of one request.

        Credentials for other realms are not ours to consume (RFC 3261 §22.3); where none is for
        this realm the refusal is WRONG_REALM or MISSING_PARAMETER. Each call counts as one use of
        the nonce: ask once for each request, not for its retransmissions. `uri` is the
        Request-URI where the uri parameter has to equal it (HTTP).
        """
        parsed = [item for item in map(parse_credentials, values) if item is not None]
        ours = [item for item in parsed if item.realm == self.expected.realm]
        if not ours:
            seen = ", ".join(item.realm or "" for item in parsed)
            reason = Refusal.WRONG_REALM if parsed else Refusal.MISSING_PARAMETER
            return Refused(reason, self.expected.realm, seen)
        # Some clients leave the placeholder of their first request beside the real credentials.
        real = [item for item in ours if not item.is_placeholder]
        if not real:
            return Refused(Refusal.MISSING_PARAMETER, "nonce, response")
        return self._judge(real[0], method, body, now, uri)

    def _judge(
        self, ours: Credentials, method: str, body: bytes, now: float, uri: str | None
    ) -> Accepted | Refused:
        username, nonce = ours.username or "", ours.nonce or ""
        password = self._password_of(username)
        if password is None:
            return Refused(Refusal.UNKNOWN_USER, observed=username)
        expected = replace(
            self.expected,
            uri=uri if uri is not None else self.expected.uri,
            session_cnonce=self._nonces.session_cnonce(nonce),
        )
        refused = verify(ours, expected, username, password, method, body)
        if refused is not None:
            return refused
        reason = self._nonces.use(nonce, ours.nonce_count, ours.cnonce, now)
        if reason is not None:
            return Refused(reason, observed=ours.nc or nonce)
        return Accepted(username, ours)
