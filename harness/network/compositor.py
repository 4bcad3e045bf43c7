"""The event state compositor: publications of presence and their entity-tags (RFC 3903 §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from harness.body import partial, pidf
from harness.body.pidf import Pidf, parse_pidf
from harness.body.schema import BodyError
from harness.model import Peer
from harness.network.contents import ContentError, content_of
from harness.network.packages import PUBLISHABLE, bad_event
from harness.network.reply import Reply, granted_seconds, too_brief
from harness.network.site import Site
from harness.sip.message import Request
from harness.sip.timers import TimerQueue

DEFAULT_EXPIRES = 3600
"""RFC 3856 §6.4; RFC 3903 §6 step 4 leaves the default to the ESC."""

ACCEPT = f"{pidf.MEDIA_TYPE}, {partial.MEDIA_TYPE}"
"""The bodies that are taken."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One piece of event state of a presentity, from `stored_at` until `expires_at`.

    `source` is where the PUBLISH came from, None for the played contact; `octets` is how large
    its document was.
    """

    presentity: str
    etag: str
    document: Pidf
    stored_at: float
    expires_at: float
    source: Peer | None
    octets: int = 0


class PublicationError(Exception):
    """A PUBLISH that cannot be accepted, with the reply that says so."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status} {reply.reason or ''}")
        self.reply = reply


class Compositor:
    """Takes PUBLISH requests.

    `changed` hears of each presentity whose state is another now, and of who published it (None
    where it was nobody, as when it expired).
    """

    def __init__(self, site: Site, changed: Callable[[str, Peer | None], None]) -> None:
        self._site = site
        self._changed = changed
        # By presentity, then by entity-tag: a tag is looked for "against all locally stored
        # entity-tags for this resource and event package" (§6 step 3).
        self._stored: dict[str, dict[str, Publication]] = {}
        self._octets = 0
        self._expiry: TimerQueue[tuple[str, str]] = TimerQueue()

    def publish(self, request: Request, source: Peer, now: float) -> Reply:
        """Process a PUBLISH, in the order of RFC 3903 §6."""
        self.tick(now)
        try:
            return self._publish(request, source, now)
        except PublicationError as error:
            return error.reply

    def _publish(self, request: Request, source: Peer, now: float) -> Reply:
        # Step 1: a Request-URI that this ESC is not responsible for is 404.
        if not self._site.serves(request.uri):
            raise PublicationError(Reply(404))
        presentity = self._site.identity(request.uri)
        # Step 2: a missing or unknown Event is 489.
        if request.event is None or request.event.package not in PUBLISHABLE:
            raise PublicationError(bad_event(PUBLISHABLE))
        # Step 3: an entity-tag of a publication that is not there is 412.
        known = self._matched(presentity, request)
        # Step 4: the requested expiration, or 423.
        network = self._site.profile.network
        seconds = granted_seconds(
            request.expires, DEFAULT_EXPIRES, network.min_publication, network.max_publication
        )
        if seconds is None:
            raise PublicationError(too_brief(network.min_publication))
        # Step 5: the body, unless the publication is removed.
        document, octets = self._document(request, known)
        if seconds > 0 and self._octets + octets > self._site.limits.published_octets:
            raise PublicationError(Reply(503, headers=(("Retry-After", "60"),)))
        etag = self._site.new_id()
        if known is not None:
            self._remove(presentity, known.etag)
        if seconds > 0:
            expires_at = now + seconds
            self._store(Publication(presentity, etag, document, now, expires_at, source, octets))
        # A refresh changes nothing that a watcher sees.
        if request.body or seconds == 0:
            self._changed(presentity, source)
        # Step 6: 200 with Expires and a SIP-ETag that was never given before.
        return Reply(200, headers=(("Expires", str(seconds)), ("SIP-ETag", etag)))

    def _matched(self, presentity: str, request: Request) -> Publication | None:
        values = request.headers.values("SIP-If-Match")
        if not values:
            if self._is_full(presentity):
                raise PublicationError(Reply(503, headers=(("Retry-After", "60"),)))
            return None
        # Step 3: "checks whether the header field contains a single entity-tag. If not, the
        # request is invalid, and the ESC MUST return with a 400".
        if len(values) != 1 or not values[0] or any(mark in values[0] for mark in ", \t"):
            raise PublicationError(Reply(400, "SIP-If-Match Needs A Single Entity-tag"))
        known = self._stored.get(presentity, {}).get(values[0])
        if known is None:
            raise PublicationError(Reply(412))
        return known

    def _is_full(self, presentity: str) -> bool:
        stored = self._stored.get(presentity, {})
        limits = self._site.limits
        return len(stored) >= limits.publications_per_user or (
            not stored and len(self._stored) >= limits.publications
        )

    def _document(self, request: Request, known: Publication | None) -> tuple[Pidf, int]:
        """What is published, and how many octets it has without its codings."""
        if not request.body:
            # Step 5: neither a body nor an entity-tag: "SHOULD reject the request with an
            # appropriate response, such as 400".
            if known is None:
                raise PublicationError(Reply(400, "Initial Publication Without Body"))
            return known.document, known.octets
        # Step 5: a type that "is not understood" is 415; RFC 3261 §8.2.3: Accept is in it.
        essence = request.content_type.essence if request.content_type else ""
        if essence not in (pidf.MEDIA_TYPE, partial.MEDIA_TYPE):
            raise PublicationError(Reply(415, headers=(("Accept", ACCEPT),)))
        try:
            content = content_of(request, self._site.limits.body)
            if essence == partial.MEDIA_TYPE:
                content = self._whole(content, known)
            return parse_pidf(content), len(content)
        except ContentError as error:
            raise PublicationError(error.reply) from None
        except BodyError:
            raise PublicationError(Reply(400, "Unreadable Presence Document")) from None

    def _whole(self, content: bytes, known: Publication | None) -> bytes:
        """The state after a partial publication (RFC 5264 §4.2); 400 where it cannot be applied."""
        root = known.document.root if known is not None else None
        base = None if root is None else bytes(etree.tostring(root))
        return partial.state_after(content, base)

    def _store(self, publication: Publication) -> None:
        key = publication.presentity, publication.etag
        self._stored.setdefault(publication.presentity, {})[publication.etag] = publication
        self._octets += publication.octets
        self._expiry.set(key, publication.expires_at)

    def _remove(self, presentity: str, etag: str) -> None:
        stored = self._stored.get(presentity, {})
        gone = stored.pop(etag, None)
        self._octets -= gone.octets if gone is not None else 0
        self._expiry.cancel((presentity, etag))
        if not stored:
            self._stored.pop(presentity, None)

    def put(
        self, presentity: str, document: Pidf, now: float, lifetime: float, etag: str = ""
    ) -> str:
        """Publish without a request, for the played contact; replaces `etag`, gives a new one."""
        self._remove(presentity, etag)
        new = self._site.new_id()
        self._store(Publication(presentity, new, document, now, now + lifetime, None))
        self._changed(presentity, None)
        return new

    def publications(self, presentity: str) -> tuple[Publication, ...]:
        """The publications of a presentity, the oldest first."""
        return tuple(self._stored.get(presentity, {}).values())

    def tick(self, now: float) -> None:
        """Remove what has expired (RFC 3903 §4.1: event state is soft state)."""
        for presentity, etag in self._expiry.due(now):
            self._remove(presentity, etag)
            self._changed(presentity, None)

    def next_deadline(self) -> float | None:
        """When the next publication expires."""
        return self._expiry.next_deadline()
