"""The services of a resource list server (RFC 4826 §4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree

from harness.body import tree
from harness.body.namespaces import RESOURCE_LISTS, RLS_SERVICES
from harness.body.resource_lists import ResourceList, add_list, parse_list
from harness.body.schema import line_of

MEDIA_TYPE = "application/rls-services+xml"


@dataclass(frozen=True, slots=True)
class Service:
    """A list that can be subscribed to at `uri`.

    Its members are in `members`, or in the list at the HTTP URI `resource_list`. `packages`
    is None where the service takes subscriptions to any event package (§4.1).
    """

    uri: str
    resource_list: str | None = None
    members: ResourceList | None = None
    packages: tuple[str, ...] | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RlsServices:
    """A document."""

    services: tuple[Service, ...] = ()
    root: etree._Element | None = field(default=None, compare=False, repr=False)


def parse_rls_services(document: bytes | etree._Element) -> RlsServices:
    """Read a document; raises `BodyError` where it is no XML or not `rls-services`."""
    root = tree.parse_root(document, MEDIA_TYPE)
    services = tree.children(root, RLS_SERVICES, "service")
    return RlsServices(tuple(_parse_service(found) for found in services), root)


def make_rls_services(services: Iterable[Service]) -> bytes:
    """A document; raises `BodyError` for values that the schema refuses."""
    root = tree.make_root(RLS_SERVICES, "rls-services", RESOURCE_LISTS)
    for service in services:
        element = tree.add(root, RLS_SERVICES, "service", uri=service.uri)
        if service.members is not None:
            add_list(element, service.members, RLS_SERVICES)
        else:
            tree.add(element, RLS_SERVICES, "resource-list", service.resource_list)
        if service.packages is not None:
            packages = tree.add(element, RLS_SERVICES, "packages")
            for package in service.packages:
                tree.add(packages, RLS_SERVICES, "package", package)
    return tree.write_document(root)


def _parse_service(element: etree._Element) -> Service:
    members = tree.child(element, RLS_SERVICES, "list")
    packages = tree.child(element, RLS_SERVICES, "packages")
    return Service(
        uri=tree.attribute(element, "uri") or "",
        resource_list=tree.child_text(element, RLS_SERVICES, "resource-list"),
        members=None if members is None else parse_list(members),
        packages=None
        if packages is None
        else tuple(
            tree.text(found) or "" for found in tree.children(packages, RLS_SERVICES, "package")
        ),
        line=line_of(element),
    )
