"""The entity-tags that a UE was given for its publications, and what became of them (RFC 3903)."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
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


@dataclass(slots=True)
class Publications:
    """All entity-tags of one UE, the oldest forgotten first."""

    tags: Bounded[tuple[Resource, str], EntityTag] = field(
        default_factory=lambda: Bounded(_MAX_TAGS)
    )

    def find(self, request: Request) -> EntityTag | None:
        """What is known of the tag in a PUBLISH request's SIP-If-Match."""
        if request.if_match is None:
            return None
        return self.tags.get((resource_of(request), request.if_match))

    def current(self, request: Request) -> tuple[EntityTag, ...]:
        """The tags of the same resource that are still good."""
        resource = resource_of(request)
        return tuple(
            each
            for each in self.tags.values()
            if each.resource == resource
            and each.issued is not None
            and each.successor is None
            and each.removed is None
            and each.rejected is None
        )

    def note_response(self, response: Response, entry: TraceEntry, request: Request) -> None:
        """Take in the answer to a PUBLISH."""
        resource = resource_of(request)
        used = self.find(request)
        if response.status == 412 and request.if_match is not None:
            tag = used or EntityTag(request.if_match, resource)
            tag.rejected = entry
            self.tags[resource, request.if_match] = tag
        if not 200 <= response.status < 300:
            return
        if request.expires == 0:
            if used is not None:
                used.removed = entry
            return
        if response.etag is None:
            return
        if used is not None and used.value != response.etag:
            used.successor = response.etag
        expires_at = entry.time + response.expires if response.expires is not None else None
        self.tags[resource, response.etag] = EntityTag(
            response.etag, resource, issued=entry, expires_at=expires_at
        )


def resource_of(request: Request) -> Resource:
    """What a PUBLISH is about: the presentity of its Request-URI, and the event package."""
    try:
        aor = address_of_record(request.uri)
    except UriError:
        aor = request.uri
    return aor, request.event.package if request.event is not None else ""
