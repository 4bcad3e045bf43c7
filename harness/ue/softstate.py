"""State that the network keeps for the UE until it expires: binding, subscription, publication.

All three are asked for, kept alive, lost and given back alike; what differs is how a request looks
and what an answer means.
"""

from __future__ import annotations

import enum
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType

from harness.model import Peer, Send
from harness.sip.fields import FieldError, parse_number
from harness.sip.message import Request, Response
from harness.sip.transaction import Failure
from harness.ue.uac import Uac

_MAX_SECONDS = 2**32 - 1
_MAX_QUICK = 4
"""Requests that may follow a refusal at once; after that the back-off rules."""
_LEAST_DELAY = 1.0
"""Seconds before a refresh, however little is granted: nobody is flooded."""
_MAX_FAILURES = 10
"""Failures in a row after which the UE stops trying."""


class Phase(enum.Enum):
    """Where a soft state stands."""

    IDLE = "not asked for"
    ASKING = "asked, not answered"
    HELD = "held"
    WAITING = "waiting to try again"
    ENDED = "given back"
    FAILED = "given up"


class Reaction(enum.Enum):
    """What a final response that is no success leads to."""

    AUTHENTICATE = "answer the challenge"
    LENGTHEN = "ask again for at least Min-Expires"
    RENEW = "start anew, at once"
    LATER = "try again later"
    GIVE_UP = "stop"


# RFC 3261 §21; what is not here is not to be tried again in the same form (§21.4).
REACTIONS: Mapping[int, Reaction] = MappingProxyType(
    {
        401: Reaction.AUTHENTICATE,
        407: Reaction.AUTHENTICATE,
        408: Reaction.LATER,
        423: Reaction.LENGTHEN,
        480: Reaction.LATER,
        486: Reaction.LATER,
        500: Reaction.LATER,
        502: Reaction.LATER,
        503: Reaction.LATER,
        504: Reaction.LATER,
        600: Reaction.LATER,
    }
)


class SoftState(ABC):
    """One soft state: `start` asks for it, `stop` gives it back; in between it is kept alive."""

    reactions: Mapping[int, Reaction] = REACTIONS

    def __init__(self, uac: Uac, seconds: int) -> None:
        self.uac = uac
        self.phase = Phase.IDLE
        self.failure = ""
        self._wanted = seconds
        self._leaving = False
        self._failures = 0
        self._quick = 0
        self._next: float | None = None
        self._expires: float | None = None
        self._asked: Request | None = None

    # -- what differs ---------------------------------------------------------------------------

    @abstractmethod
    def _make_request(self, seconds: int) -> tuple[Request, Peer]:
        """The request that asks for `seconds` more; 0 gives the state back."""

    @abstractmethod
    def _granted(self, response: Response) -> int:
        """The seconds that a success grants."""

    @abstractmethod
    def _accepted(self, request: Request, response: Response, now: float) -> list[Send]:
        """Take what a success brings."""

    @abstractmethod
    def _forget(self) -> None:
        """The network no longer has the state: begin from nothing."""

    def _react(self, request: Request, status: int) -> Reaction:
        """The reaction to a status; 2xx excepted."""
        return self.reactions.get(status, Reaction.GIVE_UP)

    # -- what the user of a state sees ------------------------------------------------------------

    @property
    def is_concluded(self) -> bool:
        """Whether the first outcome is known: held, given back, given up, or to be tried later."""
        return self.phase not in (Phase.IDLE, Phase.ASKING) or self._failures > 0

    @property
    def is_held(self) -> bool:
        """Whether the network has the state, also while it is being refreshed."""
        return self._expires is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.phase in (Phase.IDLE, Phase.ENDED, Phase.FAILED)

    def start(self, now: float) -> list[Send]:
        """Ask for the state."""
        self._leaving = False
        return self._ask(now)

    def stop(self, now: float) -> list[Send]:
        """Give the state back; what was never held just ends."""
        self._leaving = True
        self._quick = 0
        if self.phase is Phase.ASKING:
            return []  # the answer comes first: RFC 3261 §10.2 forbids a second REGISTER meanwhile
        if self.is_held:
            return self._ask(now)
        self._end(Phase.FAILED if self.phase is Phase.FAILED else Phase.ENDED)
        return []

    def next_deadline(self) -> float | None:
        """When `tick` has something to do."""
        deadlines = [each for each in (self._next, self._expires) if each is not None]
        return min(deadlines, default=None)

    def tick(self, now: float) -> list[Send]:
        """Refresh what is due, try again what failed, notice what expired."""
        if self._expires is not None and now >= self._expires:
            self._expires = None
            self._forget()
            if self._leaving:
                self._end(Phase.ENDED)
                return []
        if self._next is not None and now >= self._next:
            return self._ask(now)
        return []

    # -- asking and hearing -----------------------------------------------------------------------

    def _ask(self, now: float) -> list[Send]:
        self._next = None
        self.phase = Phase.ASKING
        request, destination = self._make_request(0 if self._leaving else self._wanted)
        self._asked = request
        return self.uac.send(request, destination, self, now)

    def answered(self, request: Request, response: Response, now: float) -> list[Send]:
        """A final response to our request (RFC 3261 §8.1.3)."""
        if request is not self._asked:
            return []  # to something that is over since
        self._asked = None
        if response.status >= 300:
            return self._refused(request, response, now)
        self._failures = self._quick = 0
        self.failure = ""
        if self._leaving and request.expires == 0:
            self._expires = None
            sends = self._accepted(request, response, now)
            self._end(Phase.ENDED)
            return sends
        granted = min(self._granted(response), _MAX_SECONDS)
        if granted <= 0:
            return self._try_later("the network grants no time", None, now)
        self._hold(granted, now)
        sends = self._accepted(request, response, now)
        return sends + self._ask(now) if self._leaving else sends

    def unanswered(self, request: Request, failure: Failure, now: float) -> list[Send]:
        """No final response: "treated as if a 408 ... 503 ... had been received" (§8.1.3.1)."""
        if request is not self._asked:
            return []
        self._asked = None
        if self._leaving:
            self._end(Phase.ENDED)
            return []
        return self._try_later(f"{request.method}: {failure.reason}", None, now)

    def _refused(self, request: Request, response: Response, now: float) -> list[Send]:
        status = response.status
        why = f"{request.method} was answered {status} {response.reason}".rstrip()
        reaction = self._react(request, status)
        if reaction is Reaction.AUTHENTICATE and not self.uac.learn_challenge(request, response):
            reaction, why = Reaction.GIVE_UP, f"{why}, and the credentials are refused"
        if reaction is Reaction.LENGTHEN and not self._lengthen(request, response):
            reaction, why = Reaction.GIVE_UP, f"{why}, without a larger Min-Expires"
        if self._leaving and reaction is not Reaction.AUTHENTICATE:
            self._expires = None
            self._end(Phase.ENDED)
            return []
        if reaction is Reaction.RENEW:
            self._expires = None
            self._forget()
        if reaction is Reaction.LATER:
            return self._try_later(why, _retry_after(response), now)
        if reaction is Reaction.GIVE_UP:
            return self._give_up(why)
        self._quick += 1
        if self._quick > _MAX_QUICK:
            return self._try_later(why, None, now)
        return self._ask(now)

    def _lengthen(self, request: Request, response: Response) -> bool:
        """Ask for Min-Expires from now on (RFC 3261 §10.2.8); False where that is nothing new."""
        least = response.min_expires
        if least is None or least <= (request.expires or 0) or least > _MAX_SECONDS:
            return False
        self._wanted = least
        return True

    def _try_later(self, why: str, after: float | None, now: float) -> list[Send]:
        self._failures += 1
        self._quick = 0
        if self._failures > _MAX_FAILURES:
            return self._give_up(why)
        self._fail(why)
        self.phase = Phase.WAITING
        self._next = now + (self._back_off(self._failures) if after is None else after)
        return []

    def _give_up(self, why: str) -> list[Send]:
        self._fail(why)
        self._end(Phase.FAILED)
        return []

    def _fail(self, why: str) -> None:
        self.failure = why
        self.uac.report(why)

    def _back_off(self, failures: int) -> float:
        """RFC 5626 §4.5: the wait doubles up to a bound; between half and all of it is waited."""
        waits = self.uac.settings.waits
        longest = min(waits.retry_max, waits.retry_base * 2.0 ** min(failures - 1, 20))
        digest = hashlib.sha256(self.uac.new_id().encode()).digest()
        return longest * (0.5 + int.from_bytes(digest[:4], "big") / 2**33)

    def _hold(self, seconds: float, now: float) -> None:
        """The state lives for `seconds`: plan the refresh."""
        self.phase = Phase.HELD
        self._expires = now + seconds
        self._next = now + max(refresh_delay(seconds), _LEAST_DELAY)

    def _end(self, phase: Phase) -> None:
        self.phase = phase
        self._next = self._expires = self._asked = None


def refresh_delay(seconds: float) -> float:
    """How long after a grant of `seconds` to ask again.

    TS 24.229 §5.1.1.4.1: 600 s before the end, or after half the time where that is 1200 s or less.
    """
    return seconds - 600 if seconds > 1200 else seconds / 2


def _retry_after(response: Response) -> float | None:
    """Retry-After in seconds, without its comment and parameters (RFC 3261 §20.33)."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    try:
        return float(parse_number(value.partition("(")[0].partition(";")[0].strip()))
    except FieldError:
        return None
