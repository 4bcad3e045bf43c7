"""What a UE's bodies have told so far: versions of notifications, published documents."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.body import partial, tree
from harness.body.multipart import parse_multipart
from harness.body.reginfo import RegInfo, parse_reginfo
from harness.body.rlmi import Rlmi, parse_rlmi
from harness.body.schema import BodyError
from harness.body.watcherinfo import WatcherInfo, parse_watcherinfo
from harness.checks.bounded import Bounded
from harness.checks.session_dialogs import DialogKey, dialog_key
from harness.checks.session_publication import Resource, resource_of
from harness.checks.xml_trees import read_tree
from harness.model import Sender
from harness.sip.message import Request, Response
from harness.trace import TraceEntry

_MAX_DIALOGS = 1024
_MAX_PUBLICATIONS = 256
_MAX_WATCHERS = 4096

PIDF = "application/pidf+xml"
WATCHERINFO = "application/watcherinfo+xml"
REGINFO = "application/reginfo+xml"
RELATED = "multipart/related"


@dataclass(slots=True)
class Notified:
    """What the NOTIFY requests of one dialog have carried; `cseq` is that of the last one."""

    cseq: int
    version: int | None = None
    has_rlmi: bool = False
    watchers: Bounded[str, str] = field(default_factory=lambda: Bounded(_MAX_WATCHERS))
    """By id: the watcher's URI."""
    registrations: Bounded[str, str] = field(default_factory=lambda: Bounded(_MAX_WATCHERS))
    """By address-of-record: the id of its registration."""
    partial: int | None = None
    """The version of the last partial presence document."""


class Bodies:
    """The memory of the checks of bodies, for one UE."""

    def __init__(self) -> None:
        self._notified: Bounded[DialogKey, Notified] = Bounded(_MAX_DIALOGS)
        self._published: Bounded[str, tuple[Resource, bytes]] = Bounded(_MAX_PUBLICATIONS)

    def notified(self, request: Request, sender: Sender) -> Notified | None:
        """What the dialog of a NOTIFY had carried before it."""
        key = dialog_key(request, sender)
        return None if key is None else self._notified.get(key)

    def published(self, request: Request) -> bytes | None:
        """The presence document that the entity-tag in SIP-If-Match stands for (RFC 3903 §4.1).

        A tag is unique for one resource and event package: two accounts can have the same.
        """
        known = None if request.if_match is None else self._published.get(request.if_match)
        return known[1] if known is not None and known[0] == resource_of(request) else None

    def document(self, etag: str) -> bytes | None:
        """The presence document that an entity-tag stands for."""
        known = self._published.get(etag)
        return known[1] if known is not None else None

    def update(self, entry: TraceEntry, sender: Sender, request: Request | None) -> None:
        """Take in an entry; `request` is what a SIP response answers."""
        message = entry.message
        if isinstance(message, Request) and message.method == "NOTIFY":
            self._note_notify(message, sender)
        elif isinstance(message, Response) and request is not None:
            self._note_publication(message, request)

    def _note_notify(self, request: Request, sender: Sender) -> None:
        key = dialog_key(request, sender)
        if key is None or request.cseq is None:
            return
        known = self._notified.setdefault(key, Notified(request.cseq.number))
        known.cseq = request.cseq.number
        watchers, rlmi = watcherinfo_of(request), rlmi_of(request)
        if rlmi is not None:
            known.has_rlmi, known.version = True, rlmi.version
        if watchers is not None:
            known.version = watchers.version
            for watcher in watchers.watchers:
                known.watchers[watcher.id] = watcher.uri
        registrations = reginfo_of(request)
        if registrations is not None:
            known.version = registrations.version
            for registration in registrations.registrations:
                known.registrations[registration.aor] = registration.id
        if (version := _partial_version(request)) is not None:
            known.partial = version

    def _note_publication(self, response: Response, request: Request) -> None:
        if request.method != "PUBLISH" or not 200 <= response.status < 300:
            return
        kind = request.content_type
        body, base = request.body, self.published(request)
        if not body:
            body = base or b""
        elif kind is not None and kind.essence == partial.MEDIA_TYPE:
            body = partial.state_after(body, base)
        elif kind is None or kind.essence != PIDF:
            return  # what such a body makes of the publication is not known
        if response.etag and body:
            self._published[response.etag] = (resource_of(request), body)


def watcherinfo_of(request: Request) -> WatcherInfo | None:
    """The watcherinfo document of a NOTIFY; None where there is none that can be read."""
    kind = request.content_type
    if kind is None or kind.essence != WATCHERINFO:
        return None
    try:
        return parse_watcherinfo(read_tree(request.body))
    except BodyError:
        return None


def reginfo_of(request: Request) -> RegInfo | None:
    """The registration information of a NOTIFY; None where there is none that can be read."""
    kind = request.content_type
    if kind is None or kind.essence != REGINFO:
        return None
    try:
        return parse_reginfo(read_tree(request.body))
    except BodyError:
        return None


def _partial_version(request: Request) -> int | None:
    """The version of the partial presence document in a NOTIFY."""
    kind = request.content_type
    if kind is None or kind.essence != partial.MEDIA_TYPE:
        return None
    try:
        return tree.number(read_tree(request.body), "version")
    except BodyError:
        return None


def rlmi_of(request: Request) -> Rlmi | None:
    """The meta-information that is the root of a list notification (RFC 4662 §5.1)."""
    kind = request.content_type
    if kind is None or kind.essence != RELATED or not request.body:
        return None
    root = parse_multipart(request.body, request.headers.get("Content-Type") or "").root
    if root is None:
        return None
    try:
        return parse_rlmi(read_tree(root.content))
    except BodyError:
        return None
