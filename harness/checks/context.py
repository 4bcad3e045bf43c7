"""What a check is told besides the message: the profile, the trace entry, and the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness.checks.registry import BodyPart
from harness.checks.session import Session
from harness.checks.transactions import Transaction
from harness.config import Profile
from harness.model import Sender
from harness.sip.message import Request
from harness.trace import TraceEntry
from harness.xcap.http import HttpRequest

_Fact = TypeVar("_Fact")


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of one message, as they were before it.

    `session` is what the UE's traffic had established so far. `transaction` is the SIP
    transaction that the message belongs to; None for a request that starts one. `request` is what
    a response answers, `request_entry` its entry; None where the capture does not hold it.
    `body` is the body or body part that a check of bodies is about.
    """

    profile: Profile
    entry: TraceEntry
    sender: Sender
    session: Session
    transaction: Transaction | None = None
    request: Request | HttpRequest | None = None
    request_entry: TraceEntry | None = None
    body: BodyPart | None = None
    _facts: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, find: Callable[[Context], _Fact]) -> _Fact:
        """What `find` finds out about the message, found out once for all checks and body parts.

        `find` must not look at `body`, which differs from part to part.
        """
        try:
            found: _Fact = self._facts[find]
        except KeyError:
            found = self._facts[find] = find(self)
        return found

    def at(self, body: BodyPart) -> Context:
        """The same for a body or body part, facts about the message included."""
        return Context(
            self.profile,
            self.entry,
            self.sender,
            self.session,
            self.transaction,
            self.request,
            self.request_entry,
            body,
            self._facts,
        )

    @property
    def time(self) -> float:
        """When the message was seen, in seconds since the epoch."""
        return self.entry.time

    @property
    def sip_request(self) -> Request | None:
        """The SIP request that a response answers."""
        return self.request if isinstance(self.request, Request) else None
