"""The list services that users keep at the XDMS (RFC 4826 §4)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.body.resource_lists import flatten
from harness.body.rls_services import Service, parse_rls_services
from harness.body.schema import BodyError
from harness.network.xdms_documents import XdmDocuments


@dataclass(frozen=True, slots=True)
class ListService:
    """A service: its URI as the document writes it, its owner, the packages that it names.

    `packages` None are all packages.
    """

    uri: str
    owner: str
    packages: tuple[str, ...] | None


class ListServices:
    """Looks services up by their URI."""

    def __init__(self, documents: XdmDocuments) -> None:
        self._documents = documents

    def find(self, uri: str) -> ListService | None:
        """The service that a Request-URI names."""
        found = self._find(uri)
        if found is None:
            return None
        owner, service = found
        return ListService(service.uri, owner, service.packages)

    def members(self, uri: str) -> tuple[str, ...] | None:
        """The members' URIs, each once; None where there is no such service."""
        found = self._find(uri)
        if found is None:
            return None
        _, service = found
        if service.members is not None:
            return flatten(service.members, lambda _: None).uris
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
