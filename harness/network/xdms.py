"""The XML document management server: XCAP on documents that the other roles read (RFC 4825 §8).

It plays; it does not judge. What it has to refuse by a standard it refuses, and what it can serve
in spite of a flaw it serves, so that a UE's run goes on and the checks say what was wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.body.schema import MAX_BYTES
from harness.model import Peer
from harness.network.reply import Header
from harness.network.site import SERVER, Site
from harness.network.xdms_access import XdmsAccess, xcap_scheme
from harness.network.xdms_answer import (
    DOCUMENT_METHODS,
    READ_METHODS,
    Answer,
    conflict_answer,
    failed_condition,
    not_allowed,
    other_method,
)
from harness.network.xdms_documents import MAX_OCTETS, DocumentChange, Service, XdmDocuments
from harness.network.xdms_generated import GeneratedDocuments
from harness.xcap.document import Document, DocumentKey
from harness.xcap.editing import (
    ATTRIBUTE_TYPE,
    ELEMENT_TYPE,
    Edited,
    NoParentError,
    delete_node,
    get_node,
    put_node,
)
from harness.xcap.errors import ConflictError, conflict
from harness.xcap.http import HttpRequest
from harness.xcap.nodes import encode_namespaces, encode_node_selector
from harness.xcap.percent import percent_encode
from harness.xcap.selector import NodeSelector, XcapUri, XcapUriError, parse_xcap_uri
from harness.xcap.usage import APPLICATION_USAGES, ApplicationUsage

__all__ = ["DocumentChange", "Service", "Xdms"]


class Xdms(XdmDocuments):
    """The documents of all users, and the XCAP server in front of them; without I/O.

    `root_path` is the path of the XCAP root URI. With `list_entries` off, the xcap-directory
    shows empty folders whatever is stored, as the documented flow's does.
    """

    def __init__(self, site: Site, *, root_path: str = "/", list_entries: bool = True) -> None:
        super().__init__(site, root_path)
        self._generated = GeneratedDocuments(self._store, list_entries=list_entries)
        self._access = XdmsAccess(site)

    def handle(self, request: HttpRequest, source: Peer, now: float) -> bytes:
        """The response to one whole request; `now` is monotonic seconds."""
        answer = _refuse_unreadable(request) or self._answer(request, source, now)
        return answer.serialize(request, self._site.date(), SERVER)

    def answer_with(
        self, request: HttpRequest, status: int, headers: tuple[Header, ...], body: bytes
    ) -> bytes:
        """An answer that somebody else decided on."""
        return Answer(status, headers, body).serialize(request, self._site.date(), SERVER)

    def _answer(self, request: HttpRequest, source: Peer, now: float) -> Answer:
        if request.method not in DOCUMENT_METHODS:
            return other_method(request.method)
        try:
            uri = parse_xcap_uri(request.target, self._root_path)
        except XcapUriError as error:
            # RFC 4825 §8: what cannot exist is 404 at once; only then comes authentication.
            asking = None if error.status == 404 else self._access.authenticate(request, now)
            return asking if isinstance(asking, Answer) else Answer(error.status)
        usage = APPLICATION_USAGES.get(uri.auid)
        if usage is None or uri.tree not in usage.trees:
            return Answer(404)
        if uri.tree == "users" and not self._site.serves(uri.xui):
            return Answer(404)
        refusal = self._refusal(request, uri, usage, now)
        if refusal is not None:
            return refusal
        host = request.host or self._site.domain
        base_uri = self.root_uri = f"{xcap_scheme(source)}://{host}{self._root_path}"
        return self._perform(_Operation(request, uri, usage, base_uri))

    def _refusal(
        self, request: HttpRequest, uri: XcapUri, usage: ApplicationUsage, now: float
    ) -> Answer | None:
        """What keeps the user from this resource, None where nothing does."""
        asking = self._access.authenticate(request, now)
        if isinstance(asking, Answer):
            return asking
        if request.method not in READ_METHODS and _is_read_only(uri, usage):
            return not_allowed(READ_METHODS)
        return self._access.forbidden(request, uri, usage, asking)

    def _perform(self, operation: _Operation) -> Answer:
        methods = {"GET": self._get, "HEAD": self._get, "PUT": self._put, "DELETE": self._delete}
        try:
            return methods[operation.request.method](operation)
        except ConflictError as error:
            return conflict_answer(error.report)

    def _find(self, operation: _Operation) -> Document | None:
        key = DocumentKey.of(operation.uri, self._site.identity)
        generated = self._generated.get(operation.uri, key, operation.base_uri)
        return generated or self._store.get(key)

    def _get(self, operation: _Operation) -> Answer:
        """RFC 4825 §8.3."""
        document = self._find(operation)
        if document is None:
            return Answer(404)
        content, content_type = document.content, operation.usage.content_type
        if operation.uri.node is not None:
            node = get_node(content, operation.uri.node, operation.usage.namespace)
            if node is None:
                return Answer(404)
            content, content_type = node.content, node.content_type
        failed = failed_condition(operation.request, document.etag, is_insertion=False)
        if failed is not None:
            return failed
        headers = (
            ("ETag", document.etag),
            ("Content-Type", content_type),
            # RFC 4825 §9: a cache does not know how resources depend on one another.
            ("Cache-Control", "no-cache"),
        )
        return Answer(200, headers, content)

    def _put(self, operation: _Operation) -> Answer:
        """RFC 4825 §8.2."""
        request, node = operation.request, operation.uri.node
        document = self._find(operation)
        if node is not None and document is None:
            raise conflict("no-parent", "the document does not exist")
        if not operation.usage.has_folder(operation.uri.document):
            raise conflict("no-parent", "the sub-directory does not exist")
        if request.content_type != _content_type(operation):
            return Answer(415)
        etag = None if document is None else document.etag
        failed = failed_condition(request, etag, is_insertion=document is None)
        if failed is not None:
            return failed
        if len(request.body) > MAX_BYTES:
            return Answer(413)
        key = DocumentKey.of(operation.uri, self._site.identity)
        if document is None and self._is_full(key):
            return Answer(507)
        edited = self._edit(operation, document, node)
        if self._store.octets + len(edited.document) > MAX_OCTETS:
            return Answer(507)
        self._check(edited.document, operation.uri, operation.usage)
        stored = self._replace(key, edited.document)
        return Answer(201 if edited.created else 200, (("ETag", stored.etag),))

    def _edit(
        self, operation: _Operation, document: Document | None, node: NodeSelector | None
    ) -> Edited:
        body = operation.request.body
        if node is None or document is None:
            return Edited(body, created=document is None)
        try:
            return put_node(document.content, node, body, operation.usage.namespace)
        except NoParentError as error:
            ancestor = _ancestor_uri(operation, node, error.steps)
            raise conflict("no-parent", "the parent element does not exist", ancestor) from error

    def _delete(self, operation: _Operation) -> Answer:
        """RFC 4825 §8.4."""
        uri, usage = operation.uri, operation.usage
        document = self._find(operation)
        if document is None:
            return Answer(404)
        if uri.node is not None and not get_node(document.content, uri.node, usage.namespace):
            return Answer(404)
        failed = failed_condition(operation.request, document.etag, is_insertion=False)
        if failed is not None:
            return failed
        if uri.node is None:
            self._store.delete(document.key)
            self._tell(document.key, document, None)
            return Answer(200)
        edited = delete_node(document.content, uri.node, usage.namespace)
        if edited is None:
            return Answer(404)
        self._check(edited, uri, usage)
        return Answer(200, (("ETag", self._replace(document.key, edited).etag),))


@dataclass(frozen=True, slots=True)
class _Operation:
    """A request that may be performed, with what its URI names."""

    request: HttpRequest
    uri: XcapUri
    usage: ApplicationUsage
    base_uri: str


def _refuse_unreadable(request: HttpRequest) -> Answer | None:
    """The answer to a request that cannot be served as it is."""
    if not request.method:
        return Answer(400)
    if not request.version.startswith("HTTP/1."):
        return Answer(505)
    if request.version != "HTTP/1.0" and len(request.headers.rows("Host")) != 1:
        return Answer(400)  # RFC 9112 §3.2: MUST, where Host is missing or stands twice
    length = request.content_length
    if length is not None and length > MAX_BYTES:
        return Answer(413)
    if any(
        fault.where in ("body", "Host") or fault.expected == "field-name :"
        for fault in request.malformed
    ):
        # RFC 9112 §6.3: an incomplete body; §3.2: an invalid Host; §5.1: white space before ":".
        return Answer(400)
    return None


def _is_read_only(uri: XcapUri, usage: ApplicationUsage) -> bool:
    """A document of the server, or namespace bindings (RFC 4825 §8.2, §8.4: 405 with Allow)."""
    return usage.generated or (uri.node is not None and uri.node.kind == "namespaces")


def _content_type(operation: _Operation) -> str:
    """The media type that a PUT MUST have (RFC 4825 §8.2.2)."""
    if operation.uri.node is None:
        return operation.usage.content_type
    return ELEMENT_TYPE if operation.uri.node.kind == "element" else ATTRIBUTE_TYPE


def _ancestor_uri(operation: _Operation, node: NodeSelector, steps: int) -> str:
    """The URI of the closest ancestor that exists (RFC 4825 §11.1)."""
    uri = operation.uri
    segments = [uri.auid, uri.tree, *([uri.xui] if uri.xui else []), *uri.document.split("/")]
    document = operation.base_uri + "/".join(percent_encode(segment) for segment in segments)
    if not steps:
        return document
    selector = encode_node_selector(NodeSelector(node.steps[:steps]))
    return f"{document}/~~/{selector}{encode_namespaces(uri.namespaces)}"
