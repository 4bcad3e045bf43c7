"""The entity-tags that a UE was given for its publications, and what became of them (RFC 3903)."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.checks.transactions import Transaction
from harness.sip.message import Request, Response
from harness.sip.uri import UriError, address_of_record
from harness.trace import TraceEntry

_MAX_TAGS = 1024

Resource = tuple[str, str]
"""Address-of-record and event package of a publication."""


@dataclass(slots=True)
class EntityTag:
    """One entity-tag; `issued` and `rejected` are the entries that did so, if they were seen.

    `successor` is the tag that a later 2xx put in its place. `expires_at` is when the publication
    ends unless it is refreshed.
    """

    value: str
    resource: Resource
    issued: TraceEntry | None = None
    rejected: TraceEntry | None = None
    removed: TraceEntry | None = None
    successor: str | None = None
    expires_at: float | None = None
    cseq: int | None = None
    """The CSeq number of the request whose 2xx gave it."""
    is_whole: bool = False
    """Whether all of its publication was seen, from the initial PUBLISH on."""
    ended_by: Transaction | None = None
    """The transaction whose response put another tag in its place, refused or removed it."""

    @property
    def is_current(self) -> bool:
        """Whether nothing was seen that ended it or put another in its place."""
        ends = (self.successor, self.removed, self.rejected)
        return self.issued is not None and all(each is None for each in ends)


@dataclass(slots=True)
class Publications:
    """All entity-tags of one UE, the oldest forgotten first."""

    tags: Bounded[tuple[Resource, str], EntityTag] = field(
        default_factory=lambda: Bounded(_MAX_TAGS)
    )
    last: Bounded[tuple[str, ...], EntityTag] = field(default_factory=lambda: Bounded(_MAX_TAGS))

    def find(self, request: Request) -> EntityTag | None:
        """What is known of the tag in a PUBLISH request's SIP-If-Match."""
        if request.if_match is None:
            return None
        return self.tags.get((resource_of(request), request.if_match))

    def last_of(self, request: Request) -> EntityTag | None:
        """The tag that the last 2xx gave in the same Call-ID, From tag and resource."""
        return self.last.get(_series(request))

    def current_of(self, request: Request) -> EntityTag | None:
        """A tag of the resource that nothing was seen to end, whatever its Call-ID."""
        resource = resource_of(request)
        found = (each for key, each in self.tags.items() if key[0] == resource and each.is_current)
        return next(found, None)

    def note_response(
        self, response: Response, entry: TraceEntry, request: Request, transaction: Transaction
    ) -> None:
        """Take in the answer to a PUBLISH."""
        resource = resource_of(request)
        used = self.find(request)
        if response.status == 412 and request.if_match is not None:
            tag = used or EntityTag(request.if_match, resource)
            tag.rejected, tag.ended_by = entry, transaction
            self.tags[resource, request.if_match] = tag
        if not 200 <= response.status < 300:
            return
        if request.expires == 0:
            if used is not None:
                used.removed, used.ended_by = entry, transaction
            return
        if response.etag is None:
            return
        if used is not None and used.value != response.etag:
            used.successor, used.ended_by = response.etag, transaction
        expires_at = entry.time + response.expires if response.expires is not None else None
        issued = EntityTag(response.etag, resource, issued=entry, expires_at=expires_at)
        issued.is_whole = request.if_match is None or (used is not None and used.is_whole)
        issued.cseq = request.cseq.number if request.cseq is not None else None
        self.tags[resource, response.etag] = issued
        self.last[_series(request)] = issued


def resource_of(request: Request) -> Resource:
    """What a PUBLISH is about: the presentity of its Request-URI, and the event package."""
    try:
        aor = address_of_record(request.uri)
    except UriError:
        aor = request.uri
    return aor, request.event.package if request.event is not None else ""


def _series(request: Request) -> tuple[str, ...]:
    """What the requests of one publication have in common, as far as a UE repeats it."""
    tag = request.from_.tag if request.from_ is not None else None
    return (*resource_of(request), request.call_id or "", tag or "")
