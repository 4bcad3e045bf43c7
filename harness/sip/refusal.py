"""Why credentials are refused."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Refusal(enum.StrEnum):
    """Why credentials are refused."""

    MISSING_PARAMETER = "a required parameter is missing"
    UNSUPPORTED_ALGORITHM = "unsupported algorithm"
    UNSUPPORTED_QOP = "qop is not one of those offered"
    WRONG_REALM = "wrong realm"
    WRONG_URI = "wrong uri"
    UNKNOWN_USER = "unknown user"
    RESPONSE_MISMATCH = "response mismatch"
    UNKNOWN_NONCE = "unknown nonce"
    STALE_NONCE = "stale nonce"
    NC_REPLAYED = "nc replayed"
    WRONG_OPAQUE = "opaque was not returned unchanged"
    OUT_OF_STEP = "the SQN of the USIM is ahead of the network's"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal with the two facts behind it; never holds a password or the right response."""

    reason: Refusal
    expected: str = ""
    observed: str = ""

    @property
    def is_stale(self) -> bool:
        """Whether the next challenge says stale=true.

        "Only ... if it receives a request for which the nonce is invalid but with a valid digest
        for that nonce" (RFC 2617 §3.2.1); the digest is verified before the nonce, so it was.
        """
        return self.reason in (Refusal.STALE_NONCE, Refusal.UNKNOWN_NONCE, Refusal.NC_REPLAYED)
