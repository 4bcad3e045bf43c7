"""What one UE's HTTP traffic has shown: challenges, refusals, and XCAP documents."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.checks.xcap_target import DocumentKey, XcapTarget, xcap_target
from harness.model import Sender
from harness.sip.auth_params import parse_auth_values
from harness.sip.digest import Challenge, parse_challenges, parse_credentials
from harness.trace import TraceEntry
from harness.xcap.editing import NoParentError, delete_node, put_node
from harness.xcap.errors import ConflictError
from harness.xcap.http import HttpRequest, HttpResponse
from harness.xcap.selector import NodeSelector
from harness.xcap.spans import XmlError

_MAX_REMEMBERED = 4096
_MAX_TAGS = 256
_MAX_COUNTS = 4096


@dataclass(slots=True)
class HttpNonce:
    """A nonce that a server gave, with the challenges that hold it and the nc values used."""

    challenges: tuple[Challenge, ...] = ()
    counts: dict[int, TraceEntry] = field(default_factory=dict)
    first_cnonce: str | None = None


@dataclass(slots=True)
class Document:
    """An XCAP document as the traffic showed it.

    `etags` are the values of ETag that were given for it, as written, the latest last. `content`
    is the whole document as last put or got, with the changes made to it since, None while that is
    not known, `source` the request; `edited` names what was changed in it in a way that could not
    be followed. `refused` is the If-Match that
    the last 412 was about, "" once the document has been read anew. `conflicts` are the requests
    that were answered with 409 since the last change.
    """

    etags: Bounded[str, None] = field(default_factory=lambda: Bounded(_MAX_TAGS))
    content: bytes | None = None
    source: TraceEntry | None = None
    edited: set[str] = field(default_factory=set)
    exists: bool | None = None
    refused: str = ""
    conflicts: Bounded[tuple[str, str, bytes], TraceEntry] = field(
        default_factory=lambda: Bounded(_MAX_TAGS)
    )

    @property
    def latest_etag(self) -> str | None:
        return next(reversed(self.etags), None)


@dataclass(slots=True)
class HttpHistory:
    """The HTTP side of a session."""

    last: Bounded[str, TraceEntry] = field(default_factory=lambda: Bounded(_MAX_REMEMBERED))
    """By connection: the last request."""
    nonces: Bounded[str, HttpNonce] = field(default_factory=lambda: Bounded(_MAX_REMEMBERED))
    asked: Bounded[tuple[str, str], None] = field(default_factory=lambda: Bounded(_MAX_REMEMBERED))
    """Host and scheme (lower case) of every challenge."""
    refused: Bounded[tuple[str, str], TraceEntry] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )
    """By Host and credentials: the 401 that refused them."""
    forbidden: Bounded[tuple[str, str, str], TraceEntry] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )
    """By method, target and user: the last 403."""
    documents: Bounded[DocumentKey, Document] = field(
        default_factory=lambda: Bounded(_MAX_REMEMBERED)
    )

    def note(self, entry: TraceEntry, sender: Sender) -> None:
        """Take in an HTTP message, after it has been judged."""
        message = entry.message
        if isinstance(message, HttpRequest) and sender == "ue":
            if entry.connection and message.method:
                self.last[entry.connection] = entry
            self._note_credentials(message, entry)
        elif isinstance(message, HttpResponse) and entry.answers is not None:
            request = entry.answers.message
            if isinstance(request, HttpRequest) and message.status >= 200:
                self._note_refusal(message, request, entry)
                target = xcap_target(request)
                if target is not None and target.key is not None:
                    self._note_document(message, request, target, entry.answers)

    def document_of(self, target: XcapTarget) -> Document | None:
        """What is known of the document that a URI is about."""
        return self.documents.get(target.key) if target.key is not None else None

    def _note_credentials(self, request: HttpRequest, entry: TraceEntry) -> None:
        credentials = parse_credentials(request.headers.get("Authorization") or "")
        if credentials is None or not credentials.nonce:
            return
        nonce = self.nonces.setdefault(credentials.nonce, HttpNonce())
        count = credentials.nonce_count
        if count is not None and len(nonce.counts) < _MAX_COUNTS:
            nonce.counts.setdefault(count, entry)
        nonce.first_cnonce = nonce.first_cnonce or credentials.cnonce

    def _note_refusal(
        self, response: HttpResponse, request: HttpRequest, entry: TraceEntry
    ) -> None:
        host = (request.host or "").lower()
        credentials = request.headers.get("Authorization") or ""
        if response.status == 403 and credentials:
            self.forbidden[request.method, request.target, user_of(credentials)] = entry
        if response.status != 401:
            if response.status < 400:
                self.refused.pop((host, credentials), None)
            return
        rows = response.headers.values("WWW-Authenticate")
        challenges = parse_challenges(*rows)
        if credentials and not any(challenge.stale for challenge in challenges):
            self.refused[host, credentials] = entry
        for value in (value for row in rows for value in parse_auth_values(row)):
            self.asked[host, value.scheme.lower()] = None
        for challenge in challenges:
            nonce = self.nonces.setdefault(challenge.nonce, HttpNonce())
            if challenge not in nonce.challenges:
                nonce.challenges = (*nonce.challenges, challenge)[-8:]

    def _note_document(
        self,
        response: HttpResponse,
        request: HttpRequest,
        target: XcapTarget,
        asked: TraceEntry,
    ) -> None:
        assert target.key is not None
        document = self.documents.setdefault(target.key, Document())
        if response.etag is not None:
            document.etags[response.etag] = None
        if response.status == 412:
            document.refused = request.headers.get("If-Match") or ""
        elif response.status == 409:
            document.conflicts[request.method, request.target, request.body] = asked
        elif 200 <= response.status < 300:
            self._note_success(response, request, target, asked, document)
        elif response.status == 404 and target.kind == "document":
            document.exists = False

    def _note_success(
        self,
        response: HttpResponse,
        request: HttpRequest,
        target: XcapTarget,
        asked: TraceEntry,
        document: Document,
    ) -> None:
        is_whole = target.kind == "document"
        if request.method in ("PUT", "DELETE"):
            document.conflicts.clear()
        if request.method in ("GET", "PUT", "DELETE") and is_whole:
            document.exists = request.method != "DELETE"
            source = response if request.method == "GET" else request
            document.content = source.body if document.exists else None
            document.source = asked
            document.edited.clear()
        elif request.method in ("GET", "PUT", "DELETE"):
            document.exists = True
            node = target.uri.node if target.uri is not None else None
            if request.method != "GET" and node is not None:
                self._note_change(request, target, node, document)
        if response.etag is not None or request.method == "GET":
            document.refused = ""

    def _note_change(
        self, request: HttpRequest, target: XcapTarget, node: NodeSelector, document: Document
    ) -> None:
        usage = target.usage
        changed = None if usage is None else _changed(document, request, node, usage.namespace)
        if changed is not None:
            document.content = changed
        elif len(document.edited) < _MAX_TAGS:
            name = node.steps[-1].name
            document.edited.add(name.local if name is not None else "*")


def _changed(
    document: Document, request: HttpRequest, node: NodeSelector, namespace: str
) -> bytes | None:
    """The document as a server has it after a change; None where that cannot be told."""
    if document.content is None or document.edited:
        return None
    try:
        if request.method == "DELETE":
            return delete_node(document.content, node, namespace)
        return put_node(document.content, node, request.body, namespace).document
    except (ConflictError, NoParentError, XmlError):
        return None


def user_of(authorization: str) -> str:
    """Who credentials are of: the user of Digest, all of the value for other schemes."""
    credentials = parse_credentials(authorization)
    return (credentials.username or "") if credentials is not None else authorization
