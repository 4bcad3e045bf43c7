"""What a check is told besides the message: the profile, the trace entry, and the past."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.registry import BodyPart
from harness.checks.session import Session
from harness.checks.transactions import Transaction
from harness.config import Profile
from harness.model import Sender
from harness.sip.message import Request
from harness.trace import TraceEntry
from harness.xcap.http import HttpRequest


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

    @property
    def time(self) -> float:
        """When the message was seen, in seconds since the epoch."""
        return self.entry.time

    @property
    def sip_request(self) -> Request | None:
        """The SIP request that a response answers."""
        return self.request if isinstance(self.request, Request) else None
