"""Challenges and nonces, as one UE's traffic has shown them (RFC 3261 §22, RFC 2617, RFC 7616)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from harness.checks.bounded import Bounded
from harness.checks.registry import requests
from harness.sip.auth_params import parse_auth_values
from harness.sip.digest import Challenge, Credentials, parse_challenge, parse_credentials
from harness.sip.message import Request, Response
from harness.trace import TraceEntry

_MAX_NONCES = 1024
_MAX_CHALLENGES = 16

# Not ACK, whose credentials are those of the INVITE (RFC 3261 §22.1), and not CANCEL, which no
# one may challenge (§22.1).
CHALLENGED_METHODS = requests(
    *("REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "OPTIONS", "MESSAGE", "INVITE", "BYE"),
    *("REFER", "INFO", "UPDATE", "PRACK"),
)

CHALLENGE_FIELDS = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
CREDENTIALS_FIELDS = {
    "WWW-Authenticate": "Authorization",
    "Proxy-Authenticate": "Proxy-Authorization",
}

NonceKey = tuple[str, str]
"""Realm and nonce."""


@dataclass(slots=True)
class Nonce:
    """A nonce that the network gave.

    `challenge` is None for a nextnonce (RFC 7616 §3.5). `counts` holds the nc values that the UE
    has sent with it; `used` tells that credentials with it were seen at all.
    """

    realm: str
    value: str
    challenge: Challenge | None
    entry: TraceEntry
    highest: int = 0
    counts: Counter[int] = field(default_factory=Counter)
    used: int = 0
    given: int = 1
    """How many challenges had it: some servers make one nonce a second."""
    is_shared: bool = False
    """Whether both a 401 and a 407 gave it."""
    challenges: list[Challenge] = field(default_factory=list)
    """Every challenge with this nonce (RFC 8760 §2.1 allows several), the latest last."""
    calls: Bounded[tuple[str, int], int] = field(default_factory=lambda: Bounded(_MAX_NONCES))
    """By Call-ID and nc: the CSeq number of the request that used them first."""
    given_to: Bounded[str, None] = field(default_factory=lambda: Bounded(_MAX_NONCES))
    """The Call-IDs of the requests that were challenged with it."""


@dataclass(slots=True)
class Authentication:
    """The nonces of one UE, and the challenged requests that wait for an answer."""

    nonces: Bounded[NonceKey, Nonce] = field(default_factory=lambda: Bounded(_MAX_NONCES))
    challenged: Bounded[str, tuple[Request, Response, TraceEntry]] = field(
        default_factory=lambda: Bounded(_MAX_NONCES)
    )
    """By Call-ID: the request, the 401 or 407, and the entry of that."""

    following: Bounded[str, tuple[str, float]] = field(default_factory=lambda: Bounded(_MAX_NONCES))
    """By realm: the nextnonce that the network gave last, and when."""

    def find(self, credentials: Credentials) -> Nonce | None:
        """The nonce that the credentials use, if the network was seen to give it."""
        return self.nonces.get((credentials.realm or "", credentials.nonce or ""))

    def _note_next(self, response: Response, entry: TraceEntry, request: Request) -> None:
        value = next_nonce_in(response) if 200 <= response.status < 300 else None
        if value is None:
            return
        for _, _, credentials in credentials_in(request):
            realm = credentials.realm or ""
            self.following[realm] = (value, entry.time)
            self.nonces[realm, value] = Nonce(realm, value, None, entry)

    @staticmethod
    def offered(response: Response) -> set[tuple[str | None, str | None]]:
        """Realm and nonce of each challenge in a 401 or 407."""
        return {(each.realm, each.nonce) for each in challenges_in(response)}

    def note_request(self, request: Request) -> None:
        """Take in a request of the UE."""
        for _, _, credentials in credentials_in(request):
            nonce = self.find(credentials)
            if nonce is None:
                continue
            nonce.used += 1
            count = credentials.nonce_count
            if count is not None:
                nonce.highest = max(nonce.highest, count)
                if len(nonce.counts) < _MAX_NONCES:
                    nonce.counts[count] += 1
                number = request.cseq.number if request.cseq is not None else 0
                nonce.calls.setdefault((request.call_id or "", count), number)
        if request.call_id is not None:
            self.challenged.pop(request.call_id, None)

    def note_response(self, response: Response, entry: TraceEntry, request: Request) -> None:
        """Take in the answer to a request of the UE."""
        challenges = tuple(challenges_in(response))
        for challenge in challenges:
            key = (challenge.realm, challenge.nonce)
            known = self.nonces.get(key)
            if known is not None and known.entry is entry:
                known.challenges.append(challenge)
                continue
            made = Nonce(challenge.realm, challenge.nonce, challenge, entry)
            if known is not None:
                made.given, made.used = known.given + 1, known.used
                made.counts, made.highest = known.counts, known.highest
            if known is not None:
                made.challenges, made.calls = known.challenges[-_MAX_CHALLENGES:], known.calls
                made.given_to = known.given_to
            made.given_to[request.call_id or ""] = None
            made.challenges = [*made.challenges, challenge]
            made.is_shared = known is not None and _status(known.entry) != response.status
            self.nonces[key] = made
        self._note_next(response, entry, request)
        if challenges and request.call_id is not None:
            self.challenged[request.call_id] = (request, response, entry)


def next_nonce_in(response: Response) -> str | None:
    """The nextnonce of an Authentication-Info (RFC 2617 §3.2.3)."""
    value = response.headers.get("Authentication-Info") or ""
    found = parse_auth_values(f"Digest {value}")
    return found[0].get("nextnonce") if found else None


def _status(entry: TraceEntry) -> int:
    message = entry.message
    return message.status if isinstance(message, Response) else 0


def credentials_in(request: Request) -> Iterator[tuple[str, int, Credentials]]:
    """Every set of Digest credentials: its field, the byte offset of that, and the values."""
    for name in CREDENTIALS_FIELDS.values():
        for row in request.headers.rows(name):
            credentials = _read_credentials(row.value)
            if credentials is not None:
                yield name, row.offset, credentials


@lru_cache(maxsize=256)
def _read_credentials(value: str) -> Credentials | None:
    # Many checks look at the same credentials.
    return parse_credentials(value)


def challenges_in(response: Response) -> Iterator[Challenge]:
    """Every Digest challenge of a 401 or 407."""
    name = CHALLENGE_FIELDS.get(response.status)
    if name is None:
        return
    for row in response.headers.rows(name):
        challenge = parse_challenge(row.value)
        if challenge is not None:
            yield challenge
