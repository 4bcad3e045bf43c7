"""The list services that users keep at the XDMS (RFC 4826 §4)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.body.resource_lists import MAX_MEMBERS, flatten, parse_resource_lists
from harness.body.rls_services import Service, parse_rls_services
from harness.body.schema import BodyError
from harness.network.xdms_documents import XdmDocuments

MAX_KNOWN = 128
"""Services whose members are kept until a document changes."""


@dataclass(frozen=True, slots=True)
class ListService:
    """A service: its URI as the document writes it, its owner, the packages that it names.

    `packages` None are all packages.
    """

    uri: str
    owner: str
    packages: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class ContainedList:
    """The list in the body of a SUBSCRIBE (RFC 5367); it lives as long as the subscription."""

    uris: tuple[str, ...]

    def members(self, uri: str) -> tuple[str, ...] | None:
        """The members, whatever the URI of the list server is."""
        return self.uris


def read_contained(body: bytes) -> ContainedList:
    """The URIs of a recipient-list; raises `BodyError` where it is no resource-lists document.

    References are left out: a UA SHOULD NOT use them, and a server MAY discard them (§4).
    """
    lists = parse_resource_lists(body).lists
    uris = (uri for each in lists for uri in flatten(each, lambda _: None).uris)
    return ContainedList(tuple(dict.fromkeys(uris)))


class ListServices:
    """Looks services up by their URI."""

    def __init__(self, documents: XdmDocuments) -> None:
        self._documents = documents
        self._known: dict[str, tuple[str, ...] | None] = {}
        self._revision = -1

    def find(self, uri: str) -> ListService | None:
        """The service that a Request-URI names."""
        found = self._find(uri)
        if found is None:
            return None
        owner, service = found
        return ListService(service.uri, owner, service.packages)

    def members(self, uri: str) -> tuple[str, ...] | None:
        """The members' URIs, each once; None where there is no such service."""
        if self._revision != self._documents.revision or len(self._known) >= MAX_KNOWN:
            self._known.clear()
            self._revision = self._documents.revision
        if uri not in self._known:
            members = self._inner(uri)
            self._known[uri] = None if members is None else self._expanded(members, uri)
        return self._known[uri]

    def _expanded(self, members: tuple[str, ...], uri: str) -> tuple[str, ...]:
        """The members of services among the members in their place; each service once."""
        leaves: dict[str, None] = {}
        seen = {uri}
        waiting = list(reversed(members))
        while waiting and len(leaves) < MAX_MEMBERS:
            member = waiting.pop()
            inner = self._inner(member)
            if inner is None:
                leaves[member] = None
            elif member not in seen:
                seen.add(member)
                waiting += reversed(inner)
        return tuple(leaves)

    def _inner(self, uri: str) -> tuple[str, ...] | None:
        found = self._find(uri)
        if found is None:
            return None
        _, service = found
        if service.members is not None:
            return flatten(service.members, self._documents.resolve).uris
        return self._documents.list_uris(service.resource_list or "")

    def _find(self, uri: str) -> tuple[str, Service] | None:
        # RFC 5630 §5.2: the same address with the SIPS scheme is the same resource.
        plain = f"sip:{uri[5:]}" if uri[:5].lower() == "sips:" else uri
        found = self._documents.service(plain)
        document = found.element.getparent() if found is not None else None
        if found is None or document is None:
            return None
        try:
            services = parse_rls_services(document).services
        except BodyError:
            return None
        wanted = found.element.get("uri", "").strip()
        service = next((each for each in services if each.uri == wanted), None)
        return None if service is None else (found.owner, service)
