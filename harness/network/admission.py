"""Who may subscribe to what: turns a SUBSCRIBE into the feed that serves it, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from harness.body import partial, pidf, resource_lists, xcap_diff
from harness.body.schema import BodyError
from harness.model import Peer
from harness.network.accept import accepts, names, preferred
from harness.network.contents import ContentError, content_of, has_body_to_read
from harness.network.feeds import (
    Feed,
    PresenceFeed,
    WatcherinfoFeed,
    status_of,
)
from harness.network.packages import PACKAGES, Package, bad_event
from harness.network.presence_server import PresenceServer
from harness.network.reg_feed import RegistrationFeed
from harness.network.registrar import Registrar
from harness.network.reply import Reply
from harness.network.rls import OPTION_TAG, ListFeed, Lists, PlainListFeed, Subscriber
from harness.network.services import ListService, ListServices, read_contained
from harness.network.site import Site
from harness.network.xcap_feed import XcapDiffFeed, selectors_of
from harness.network.xdms_documents import XdmDocuments
from harness.sip.message import Request
from harness.xcap.document import DocumentKey
from harness.xcap.usage import APPLICATION_USAGES

LIST_MEDIA_TYPE = "multipart/related"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A subscription that may be created; `requires` are the option tags that it rests on."""

    package: Package
    feed: Feed
    is_list: bool = False
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A subscription that may not be created."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class _Asked:
    """A SUBSCRIBE for a new subscription: who asks, from where and until when."""

    request: Request
    package: Package
    subscriber: Subscriber
    now: float


class Admission:
    """Decides on new subscriptions; `request` has a readable From and a known Event."""

    def __init__(
        self, site: Site, server: PresenceServer, documents: XdmDocuments, registrar: Registrar
    ) -> None:
        self._site = site
        self._documents = documents
        self._registrar = registrar
        self._server = server
        self._services = ListServices(documents)

    def admit(
        self, request: Request, source: Peer, expires_at: float, now: float
    ) -> Admitted | Refused:
        """The feed of a new subscription, or the reply that refuses it."""
        if not self._site.serves(request.uri):
            return Refused(Reply(404))
        package = PACKAGES[request.event.package if request.event else ""]
        name = request.from_.display_name if request.from_ else ""
        identity = self._site.identity(request.from_.uri) if request.from_ else ""
        asked = _Asked(request, package, Subscriber(identity, name, source.host, expires_at), now)
        if package.takes_lists:
            return self._admit_documents(asked)
        if has_body_to_read(request):
            return self._admit_contained(asked)
        service = self._services.find(request.uri)
        if service is not None:
            return self._admit_list(asked, service)
        return self._admit_one(asked)

    # -- a single resource ---------------------------------------------------------------------

    def _admit_one(self, asked: _Asked) -> Admitted | Refused:
        if not any(accepts(asked.request, each) for each in asked.package.media_types):
            return Refused(Reply(406))
        if _names_a_list(asked.request.uri):
            return Refused(Reply(404, "No Such List"))
        presentity = self._site.identity(asked.request.uri)
        subscriber = asked.subscriber
        if asked.package.is_owner_only:
            # RFC 3857 §4.6: watchers are told to the user that they watch.
            if presentity != subscriber.identity:
                return Refused(Reply(403))
            return Admitted(asked.package, self._own_feed(asked, presentity))
        watcher = self._server.watch(
            presentity,
            subscriber.identity,
            subscriber.display_name,
            subscriber.expires_at,
            asked.now,
        )
        if watcher.is_over:
            # RFC 6665 §4.2.1.3: who is known not to be authorized gets 403.
            is_refused = status_of(watcher).reason == "rejected"
            return Refused(Reply(403 if is_refused else 404))
        feed = PresenceFeed(
            self._server, watcher, presentity, is_partial=_wants_changes(asked.request)
        )
        return Admitted(asked.package, feed)

    def _own_feed(self, asked: _Asked, identity: str) -> Feed:
        """What a user may see of itself only."""
        is_partial = self._site.profile.network.partial_state
        if asked.package.name == "reg":
            return RegistrationFeed(self._registrar, identity, asked.now, is_partial=is_partial)
        subscriber = asked.subscriber.identity
        return WatcherinfoFeed(self._server, identity, subscriber, is_partial=is_partial)

    # -- a list --------------------------------------------------------------------------------

    def _admit_list(self, asked: _Asked, service: ListService) -> Admitted | Refused:
        # RFC 4662 §4.4: "only that user will be allowed to subscribe".
        if service.owner != asked.subscriber.identity:
            return Refused(Reply(403))
        # RFC 4826 §4.1: the packages that the service names, all of them where it names none.
        name = asked.package.name
        if asked.package.is_owner_only or name not in (service.packages or (name,)):
            return Refused(bad_event())
        return self._list_feed(asked, self._services, service.uri)

    def _admit_contained(self, asked: _Asked) -> Admitted | Refused:
        """A list in the body of the SUBSCRIBE itself (RFC 5367)."""
        request = asked.request
        essence = request.content_type.essence if request.content_type else ""
        if essence != resource_lists.MEDIA_TYPE or asked.package.is_owner_only:
            # RFC 3261 §8.2.3: what is taken stands in Accept.
            return Refused(Reply(415, headers=(("Accept", resource_lists.MEDIA_TYPE),)))
        try:
            contained = read_contained(content_of(request, self._site.limits.body))
        except ContentError as error:
            return Refused(error.reply)
        except BodyError:
            return Refused(Reply(400, "Unreadable Recipient List"))
        return self._list_feed(asked, contained, request.uri)

    def _admit_documents(self, asked: _Asked) -> Admitted | Refused:
        """The documents of the XDMS that the subscriber may read (RFC 5875)."""
        if not accepts(asked.request, xcap_diff.MEDIA_TYPE):
            return Refused(Reply(406))
        try:
            selectors = self.selectors(asked.request)
        except ContentError as error:
            return Refused(error.reply)
        own = asked.subscriber.identity

        def may_read(key: DocumentKey) -> bool:
            usage = APPLICATION_USAGES.get(key.auid)
            if usage is None:
                return False
            return key.user == own if key.tree == "users" else not usage.global_is_private

        return Admitted(asked.package, XcapDiffFeed(self._documents, selectors, may_read, own))

    def renegotiate(self, request: Request, feed: Feed) -> None:
        """Let a refresh change what the subscriber gets; raises ContentError and changes nothing.

        RFC 3856 §6.7: NOTIFY bodies are of a type in Accept of the most recent SUBSCRIBE;
        RFC 5875 §4.4: a refresh can name other resources.
        """
        if isinstance(feed, PresenceFeed):
            if not any(accepts(request, each) for each in PACKAGES["presence"].media_types):
                raise ContentError(Reply(406))
            feed.is_partial = _wants_changes(request)
        elif isinstance(feed, XcapDiffFeed) and request.body:
            feed.replace(self.selectors(request))

    def selectors(self, request: Request) -> tuple[str, ...]:
        """The XCAP resources that a SUBSCRIBE names; raises ContentError.

        In the body (RFC 5875 §4.4), or as `document` in Event.
        """
        named = request.event.params.get("document") if request.event is not None else None
        if not request.body:
            return (named,) if named else ()
        essence = request.content_type.essence if request.content_type else ""
        if essence != resource_lists.MEDIA_TYPE:
            headers = (("Accept", resource_lists.MEDIA_TYPE),)
            raise ContentError(Reply(415, headers=headers))
        try:
            return selectors_of(content_of(request, self._site.limits.body))
        except BodyError:
            raise ContentError(Reply(400, "Unreadable List Of Resources")) from None

    def _list_feed(self, asked: _Asked, lists: Lists, uri: str) -> Admitted | Refused:
        is_plain = self._site.profile.network.notifications == "plain"
        # RFC 3261 §21.4.7: an Accept that lists nothing usable. None at all is no reason to
        # refuse, though RFC 4662 §4.3 wants one: the option tag says that lists are understood.
        wanted = asked.package.media_type if is_plain else LIST_MEDIA_TYPE
        if not accepts(asked.request, wanted):
            return Refused(Reply(406))
        kind = PlainListFeed if is_plain else ListFeed
        # RFC 4662 §4.1: without the option tag "the subscription cannot proceed"; RFC 3261
        # §8.2.4: a 421 lists what is needed in Require.
        if OPTION_TAG not in asked.request.supported and not is_plain:
            return Refused(Reply(421, headers=(("Require", OPTION_TAG),)))
        feed = kind(self._site, self._server, lists, uri, asked.subscriber)
        return Admitted(
            asked.package, feed, is_list=True, requires=() if is_plain else (OPTION_TAG,)
        )


def _wants_changes(request: Request) -> bool:
    """RFC 5263 §4.3: by the preferences of the watcher, where it names the partial format."""
    best = preferred(request, (partial.MEDIA_TYPE, pidf.MEDIA_TYPE))
    return names(request, partial.MEDIA_TYPE) and best == partial.MEDIA_TYPE


def _names_a_list(uri: str) -> bool:
    """Whether a URI is meant as a list service although there is none of this name."""
    return ";pres-list=" in uri.lower()
