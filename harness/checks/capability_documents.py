"""The services of a presence document: of the profile's RCS version, and registered as well."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from harness.body.pidf import Pidf
from harness.body.schema import BodyError
from harness.checks.capability_services import (
    SERVICES,
    is_service_of_rcs,
    services_like,
)
from harness.checks.capability_tables import VERSIONS, is_of_rcs, titles
from harness.checks.capability_tags import capabilities_claimed
from harness.checks.context import Context
from harness.checks.places import mismatch
from harness.checks.registry import INFO, bodies, check, responses
from harness.checks.xml_documents import PIDF, at_element, read_document
from harness.model import Mismatch
from harness.sip.message import Request, Response

_PIDF = bodies(PIDF)

Described = tuple[etree._Element, str, str]
"""A tuple of a document, and id and version of the service that it describes."""


def _described(pidf: Pidf) -> Iterator[Described]:
    """The services of RCS that a document describes, each pair once."""
    seen: set[tuple[str, str]] = set()
    for each in pidf.tuples:
        service_id, version = each.service_id or "", each.service_version or ""
        if each.element is None or (service_id, version) in seen:
            continue
        seen.add((service_id, version))
        if is_service_of_rcs(service_id) or (service_id, version) in SERVICES:
            yield each.element, service_id, version


def _is_open(element: etree._Element, pidf: Pidf) -> bool:
    """Whether a tuple says that its service can be reached (RFC 3863 §4.1.4)."""
    return any(each.element is element and each.basic == "open" for each in pidf.tuples)


@check("CAP-SERVICE-1", clause="RCC.07 §2.6", level=INFO, on=_PIDF, sender="ue")
def services_are_known(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The services of RCS in a document are ones that some version of RCS is known to have."""
    own = context.profile.rcs
    for element, service_id, version in _described(pidf) if own in VERSIONS else ():
        row = SERVICES.get((service_id, version))
        expected = f"a service of {VERSIONS[own]}"
        if row is None:
            like = ", ".join(
                f"{each.service_id} {each.version}" for each in services_like(service_id)
            )
            hint = f"known: {like}" if like else "legal, but nobody may know it"
            yield at_element(
                context, element, expected, f"{service_id} {version}".strip(), hint=hint
            )
        elif not row.is_certain and own not in row.versions:
            hint = f"a service of {titles(row.versions)} as far as is known"
            yield at_element(context, element, expected, f"{service_id} {version}", hint=hint)


@check("CAP-SERVICE-2", clause="RCC.07 §2.6", level=INFO, on=_PIDF, sender="ue")
def services_are_of_the_version(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The services of RCS in a document are ones of the RCS version that the profile names."""
    own = context.profile.rcs
    for element, service_id, version in _described(pidf) if own in VERSIONS else ():
        row = SERVICES.get((service_id, version))
        if row is not None and row.is_certain and own not in row.versions:
            hint = f"a service of {titles(row.versions)}"
            expected = f"a service of {VERSIONS[own]}"
            yield at_element(context, element, expected, f"{service_id} {version}", hint=hint)


@check("CAP-AGREE-2", clause="RCC.07 §2.6", level=INFO, on=_PIDF, sender="ue")
def published_services_are_registered(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """A service that is published as open has a capability tag in the registration."""
    request, known = context.entry.message, context.session.registration
    if not isinstance(request, Request) or request.method != "PUBLISH" or known is None:
        return
    # A UE that registers no tags at all does not tell its services that way.
    if not known.is_active or not any(map(is_of_rcs, known.capabilities)):
        return
    for element, service_id, version in _described(pidf):
        row = SERVICES.get((service_id, version))
        if row is None or not row.tags or not _is_open(element, pidf):
            continue
        if not known.capabilities.intersection(row.tags):
            expected = f"registered with {' or '.join(row.tags)}"
            yield at_element(context, element, expected, f"{service_id} {version}: not registered")


# RCS-e: a client claims image and video share while a call is up, and only then.
_IN_CALL = frozenset({"org.gsma.imageshare", "org.gsma.videoshare"})


def _published(context: Context) -> Iterator[Pidf]:
    """The documents that the UE has published and that still stand."""
    session = context.session
    for tag in session.publications.tags.values():
        is_over = tag.expires_at is not None and tag.expires_at < context.time
        if is_over or not tag.is_current or tag.resource[1] != "presence":
            continue
        try:
            document = read_document(PIDF, session.bodies.document(tag.value) or b"")
        except BodyError:
            continue
        if isinstance(document, Pidf):
            yield document


@check(
    "CAP-AGREE-3",
    clause="RCC.07 §2.6",
    level=INFO,
    on=responses("OPTIONS", status=200),
    sender="ue",
)
def answer_has_the_published_services(response: Response, context: Context) -> Iterator[Mismatch]:
    """A service that is published as open has a capability tag in the answer to OPTIONS."""
    answered = {each.key for each in capabilities_claimed(response)}
    if not any(map(is_of_rcs, answered)):
        return  # not an answer of capabilities
    for pidf in _published(context):
        for each, service_id, version in _described(pidf):
            row = SERVICES.get((service_id, version))
            if row is None or not row.tags or service_id in _IN_CALL or not _is_open(each, pidf):
                continue
            if not answered.intersection(row.tags):
                expected = f"{' or '.join(row.tags)}, for {service_id} {version} is published"
                yield mismatch(response, "Contact", expected)
