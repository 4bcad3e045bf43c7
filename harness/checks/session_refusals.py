"""What was refused to a UE lately, to compare its next requests with (RFC 3261 §21.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.model import Peer
from harness.sip.message import Request, Response
from harness.trace import TraceEntry

_MAX_REFUSALS = 256
_MAX_TAGS = 1024
# What differs between two sendings of one request anyhow.
BEGIN_NO_DIALOG = frozenset({"PUBLISH", "MESSAGE", "OPTIONS"})
"""Methods whose responses begin no dialog, whatever their status (RFC 3903 §4, RFC 3428 §4)."""
_VARYING = frozenset({"via", "cseq", "call-id", "from", "to", "date", "timestamp"})


@dataclass(frozen=True, slots=True)
class Refused:
    """A request that was refused, with the response and how often that has happened in a row."""

    content: int
    """A hash of all that does not differ between two sendings anyhow."""
    status: int
    has_retry_after: bool
    server: Peer
    time: float
    count: int


@dataclass(slots=True)
class Refusals:
    """The last refusal of each request, by method, Request-URI and event package."""

    last: Bounded[tuple[str, str, str], Refused] = field(
        default_factory=lambda: Bounded(_MAX_REFUSALS)
    )

    tags: Bounded[tuple[str, str], tuple[str, int]] = field(
        default_factory=lambda: Bounded(_MAX_TAGS)
    )
    """By method and Call-ID: the To tag of the last response that began no dialog, and its CSeq."""

    def find(self, request: Request) -> Refused | None:
        """The refusal that an unchanged request got the last time."""
        known = self.last.get(_key(request))
        return known if known is not None and known.content == _content(request) else None

    def note(self, response: Response, entry: TraceEntry, request: Request) -> None:
        """Take in a final response of the network."""
        tag = response.to.tag if response.to is not None else None
        is_outside = request.to is not None and request.to.tag is None
        begins_none = response.status >= 300 or request.method in BEGIN_NO_DIALOG
        number = request.cseq.number if request.cseq is not None else 0
        if tag and is_outside and begins_none:
            self.tags[request.method, request.call_id or ""] = (tag, number)
        if response.status < 300:
            self.last.pop(_key(request), None)
            return
        known = self.find(request)
        self.last[_key(request)] = Refused(
            content=_content(request),
            status=response.status,
            has_retry_after="Retry-After" in response.headers,
            server=entry.source,
            time=entry.time,
            count=1 if known is None else known.count + 1,
        )


def _key(request: Request) -> tuple[str, str, str]:
    return request.method, request.uri, request.event.package if request.event is not None else ""


def _content(request: Request) -> int:
    rows = tuple(
        (row.name.lower(), row.value) for row in request.headers if row.name.lower() not in _VARYING
    )
    return hash((request.uri, rows, request.body))
