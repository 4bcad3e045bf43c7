"""The documents of the XDMS as the other roles see them: read, resolved, watched for changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote

from lxml import etree

from harness.body.resource_lists import Entry, ResourceList, flatten, parse_list
from harness.body.schema import BodyError, parse_xml, validate
from harness.network.site import Site
from harness.sip.uri import same_uri
from harness.xcap.constraints import Situation
from harness.xcap.document import Document, DocumentKey, DocumentStore
from harness.xcap.errors import conflict
from harness.xcap.nodes import select
from harness.xcap.percent import percent_encode
from harness.xcap.selector import NodeSelector, XcapUri, XcapUriError, parse_xcap_uri
from harness.xcap.spans import XmlError, parse_document
from harness.xcap.usage import APPLICATION_USAGES, ApplicationUsage

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")

_Place = tuple[DocumentKey, NodeSelector | None]

MayRead = Callable[[DocumentKey], bool]

MAX_DOCUMENTS_PER_USER = 64
MAX_DOCUMENTS = 20_000
MAX_OCTETS = 1 << 27
"""Octets of all documents."""

MAX_REMEMBERED = 128
"""Resolved references that are kept until a document changes."""

_LISTS = "urn:ietf:params:xml:ns:resource-lists"
_SERVICES = "urn:ietf:params:xml:ns:rls-services"


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One document changed: `before` is None when it was created, `after` when it was deleted.

    `user` is the canonical identity of the owner ("" in the global tree).
    """

    auid: str
    user: str
    name: str
    before: Document | None
    after: Document | None


@dataclass(frozen=True, slots=True)
class Service:
    """A service that the RLS offers: its owner's identity and the <service> element."""

    owner: str
    element: etree._Element


class XdmDocuments:
    """All documents, with what every change of one has to meet.

    `root_path` is the path of the XCAP root URI.
    """

    def __init__(self, site: Site, root_path: str = "/") -> None:
        self._site = site
        self._root_path = root_path.rstrip("/") + "/"
        self._store = DocumentStore()
        self._services: dict[str, dict[DocumentKey, None]] = {}
        self._service_uris: dict[DocumentKey, tuple[str, ...]] = {}
        self._resolved: dict[_Place, ResourceList | Entry] = {}
        self._flat: dict[_Place, tuple[str, ...]] = {}
        self._members: dict[_Place, frozenset[str]] = {}
        self.revision = 0
        """Counts the changes of documents."""
        self.observers: list[Callable[[DocumentChange], None]] = []
        """Called after each change, before the response to it is sent."""
        self.root_uri = f"http://{site.domain}{self._root_path}"
        """The XCAP root URI as the last client wrote it."""

    def content(self, auid: str, xui: str, name: str | None = None) -> bytes | None:
        """A user's document in bytes; `name` None is the usage's well-known one."""
        document = self._store.get(self._key(auid, xui, name))
        return None if document is None else document.content

    def document(self, auid: str, xui: str, name: str | None = None) -> etree._Element | None:
        """The root of a user's document, without comments; `name` as in `content`."""
        content = self.content(auid, xui, name)
        return None if content is None else parse_xml(content)

    def element(self, uri: str) -> etree._Element | None:
        """The element, or the root of the document, that an XCAP URI names.

        Any authority is taken for ours: a UE names us by the address that it sees. None for what
        does not exist or is no XCAP URI.
        """
        try:
            target = parse_xcap_uri(uri, self._root_path)
        except XcapUriError:
            return None
        document = self._store.get(DocumentKey.of(target, self._site.identity))
        if document is None:
            return None
        root = _tree(document.content)
        if target.node is None:
            return root
        namespace = APPLICATION_USAGES[target.auid].namespace
        return select(root, target.node.steps, namespace)

    def service(self, uri: str) -> Service | None:
        """The service that a Request-URI names, by SIP URI equality (RFC 4826 §4.5)."""
        for key in self._services.get(self._site.identity(uri), ()):
            for element in self._service_elements(key):
                if _names_service(element.get("uri", ""), uri):
                    return Service(key.user, element)
        return None

    def _service_elements(self, key: DocumentKey) -> Iterator[etree._Element]:
        document = self._store.get(key)
        if document is not None:
            yield from _tree(document.content).iterchildren(f"{{{_SERVICES}}}service")

    def _note_services(self, key: DocumentKey) -> None:
        """Keep the index of service URIs, which is asked for each member of each list."""
        for uri in self._service_uris.pop(key, ()):
            keys = self._services.get(self._site.identity(uri), {})
            keys.pop(key, None)
            if not keys:
                self._services.pop(self._site.identity(uri), None)
        uris = tuple(each.get("uri", "") for each in self._service_elements(key))
        if not uris:
            return
        self._service_uris[key] = uris
        if key.name == "index":
            for uri in uris:
                self._services.setdefault(self._site.identity(uri), {})[key] = None

    def list_uris(self, anchor: str) -> tuple[str, ...]:
        """The URIs of the list that an XCAP URI names, references followed, each URI once.

        Empty where nothing is there.
        """
        place = self._place(anchor)
        if place is None:
            return ()
        known = self._flat.get(place)
        if known is None:
            found = self.resolve(anchor)
            known = flatten(found, self.resolve).uris if isinstance(found, ResourceList) else ()
            _remember(self._flat, place, known)
        return known

    def list_identities(self, anchor: str) -> frozenset[str]:
        """The users in that list, by their canonical identities."""
        place = self._place(anchor)
        if place is None:
            return frozenset()
        known = self._members.get(place)
        if known is None:
            known = frozenset(map(self._site.identity, self.list_uris(anchor)))
            _remember(self._members, place, known)
        return known

    def resolve(self, reference: str) -> ResourceList | Entry | None:
        """What an anchor, an absolute URI, or a ref, a path from the XCAP root, points to."""
        place = self._place(reference)
        known = self._resolved.get(place) if place is not None else None
        if place is None or known is not None:
            return known
        element = self.element(self._absolute(reference))
        found: ResourceList | Entry | None = None
        if element is not None and element.tag == f"{{{_LISTS}}}entry":
            found = Entry(element.get("uri", ""))
        elif element is not None and element.tag == f"{{{_LISTS}}}list":
            found = parse_list(element)
        if found is not None:
            _remember(self._resolved, place, found)
        return found

    def _place(self, reference: str) -> _Place | None:
        """What a reference leads to, the same for all ways of writing it."""
        try:
            target = parse_xcap_uri(self._absolute(reference), self._root_path)
        except XcapUriError:
            return None
        return DocumentKey.of(target, self._site.identity), target.node

    def tags_below(self, selector: str, may_read: MayRead, user: str) -> dict[str, str]:
        """The entity-tags of a document, or of all in a collection, by document selector.

        A selector is a path from the XCAP root, or the whole URI; that of a collection ends with a
        slash (RFC 5875 §4.1). A collection has what is of `user`, and the global tree.
        """
        if not selector.endswith("/"):
            document = self._document_at(selector, may_read)
            return {} if document is None else {selector: document.etag.strip('"')}
        # RFC 3986 §6.2.2.2: the same path with other characters escaped is the same.
        start = unquote(selector.removeprefix(self.root_uri).lstrip("/"))
        return {
            path: document.etag.strip('"')
            for document in (*self._store.of_user(user), *self._store.of_user(""))
            if may_read(document.key) and unquote(path := _path(document.key)).startswith(start)
        }

    def element_at(self, selector: str, may_read: MayRead) -> etree._Element | None:
        """The element that a selector names, None where there is none to be seen."""
        if self._document_at(selector.partition("/~~/")[0], may_read) is None:
            return None
        return self.element(self._absolute(selector))

    def _document_at(self, selector: str, may_read: MayRead) -> Document | None:
        try:
            target = parse_xcap_uri(self._absolute(selector), self._root_path)
        except XcapUriError:
            return None
        key = DocumentKey.of(target, self._site.identity)
        return self._store.get(key) if may_read(key) else None

    def _absolute(self, selector: str) -> str:
        is_absolute = "://" in selector.partition("/~~/")[0]
        return selector if is_absolute else self._root_path + selector.lstrip("/")

    def put(self, auid: str, xui: str, content: bytes, name: str | None = None) -> None:
        """Store a document without a request; raises `ConflictError` as for a client."""
        usage = APPLICATION_USAGES[auid]
        uri = XcapUri(auid, "users", xui, name or usage.document)
        self._check(content, uri, usage)
        self._replace(self._key(auid, xui, name), content)

    def _key(self, auid: str, xui: str, name: str | None) -> DocumentKey:
        name = APPLICATION_USAGES[auid].document if name is None else name
        return DocumentKey(auid, "users", self._site.identity(xui), name)

    def _check(self, content: bytes, uri: XcapUri, usage: ApplicationUsage) -> None:
        """RFC 4825 §8.2.2 and §8.2.5, in their order; raises `ConflictError`."""
        try:
            parse_document(content)
            root = parse_xml(content)
        except XmlError as error:
            raise conflict(error.fault, str(error)) from error
        except BodyError as error:
            raise conflict("not-well-formed", str(error)) from error
        if root.tag != usage.root:
            raise conflict("schema-validation-error", f"the root element is not {usage.root}")
        errors = validate(root, usage.content_type)
        if errors:
            raise conflict("schema-validation-error", f"{errors[0].path}: {errors[0].reason}")
        key = DocumentKey.of(uri, self._site.identity)
        situation = Situation(
            uri,
            self._root_path,
            usage.namespace,
            lambda: self._services_beside(key),
            self._site.identity,
        )
        for constraint in usage.constraints:
            constraint(root, situation)

    def _services_beside(self, own: DocumentKey) -> frozenset[str]:
        """The service URIs in all other documents (RFC 4826 §4.4.5)."""
        return frozenset(
            uri for key, uris in self._service_uris.items() if key != own for uri in uris
        )

    def _is_full(self, key: DocumentKey) -> bool:
        return (
            len(self._store) >= MAX_DOCUMENTS
            or len(self._store.of_user(key.user)) >= MAX_DOCUMENTS_PER_USER
        )

    def _replace(self, key: DocumentKey, content: bytes) -> Document:
        before = self._store.get(key)
        document = Document(key, content, f'"{self._site.new_id()}"', self._site.wall_clock())
        self._store.put(document)
        self._tell(key, before, document)
        return document

    def _tell(self, key: DocumentKey, before: Document | None, after: Document | None) -> None:
        self.revision += 1
        self._resolved.clear()
        self._flat.clear()
        self._members.clear()
        if key.auid == "rls-services":
            self._note_services(key)
        change = DocumentChange(key.auid, key.user, key.name, before, after)
        for observer in tuple(self.observers):
            observer(change)


@lru_cache(maxsize=16)
def _tree(content: bytes) -> etree._Element:
    """The root of a stored document, which nobody changes."""
    return parse_xml(content)


def _remember(known: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    while len(known) >= MAX_REMEMBERED:
        del known[next(iter(known))]
    known[key] = value


def _path(key: DocumentKey) -> str:
    """The document selector of a document."""
    owner = ("users", percent_encode(key.user)) if key.tree == "users" else ("global",)
    return "/".join((key.auid, *owner, key.name))


def _names_service(service: str, request_uri: str) -> bool:
    """Whether a Request-URI names the service.

    SIP URI equality ignores a parameter that stands in one URI only (RFC 3261 §19.1.4), so that
    "sip:user@host;pres-list=rcs" would equal the user's own address. The lookup that RFC 4826
    §4.5 describes compares canonical URIs with all their parameters: so they all have to be there.
    """
    return same_uri(service, request_uri) and _parameters(service) == _parameters(request_uri)


def _parameters(uri: str) -> set[str]:
    return {each.partition("=")[0].lower() for each in uri.partition("?")[0].split(";")[1:]}
