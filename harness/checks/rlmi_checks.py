"""List notifications beyond their schema (RFC 4662 §4.5 and §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from harness.body import tree
from harness.body.multipart import Multipart
from harness.body.namespaces import RLMI
from harness.body.rlmi import Rlmi
from harness.body.schema import BodyError
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.identities import aor_of
from harness.checks.multipart_checks import RELATED, multipart_of
from harness.checks.notified import before, is_first, notify_of, subscription_of
from harness.checks.pidf_publication import is_same_person
from harness.checks.places import has_token
from harness.checks.registry import INFO, MUST, SHOULD, BodyPart, bodies, check, requests
from harness.checks.session_bodies import rlmi_of
from harness.checks.xml_documents import at_element, elements, read_document
from harness.model import Mismatch
from harness.sip.message import Request
from harness.sip.remember import latest

_RELATED = bodies(RELATED)
_RESOURCE = tree.qname(RLMI, "resource")
_INSTANCE = tree.qname(RLMI, "instance")
# RFC 6665 §4.1.3, which took them over from RFC 3265 §3.2.4.
_REASONS = (
    *("deactivated", "probation", "rejected", "timeout", "giveup", "noresource", "invariant"),
)


@dataclass(frozen=True, slots=True)
class _List:
    """A list notification: its parts, the meta-information at its root, and where that stands."""

    parts: Multipart
    rlmi: Rlmi
    root: etree._Element
    place: BodyPart
    around: Context

    @property
    def context(self) -> Context:
        """That of the meta-information itself."""
        return self.around.at(self.place)


def _lists(context: Context) -> Iterator[_List]:
    """The list that a multipart/related is, if it is one."""
    found = _list_in(context.body) if context.body is not None else None
    if found is not None:
        yield _List(*found, context)


@latest
def _list_in(body: BodyPart) -> tuple[Multipart, Rlmi, etree._Element, BodyPart] | None:
    parts = multipart_of(body)
    part = parts.root
    if part is None or part.media_type != documents.RLMI:
        return None
    try:
        rlmi = read_document(documents.RLMI, part.content)
    except BodyError:
        return None
    offset = None if body.offset is None else body.offset + part.offset
    place = BodyPart(documents.RLMI, part.content_type, part.content, offset)
    if not isinstance(rlmi, Rlmi) or rlmi.root is None:
        return None
    return parts, rlmi, rlmi.root, place


def _is_outermost(context: Context) -> bool:
    """Whether the body is the NOTIFY's own, not that of a list within the list."""
    request = notify_of(context)
    return request is not None and context.body is not None and context.body.data == request.body


def _is_list(request: Request) -> bool:
    return has_token(request.require, "eventlist")


@check("RLMI-ROOT-1", clause="RFC 4662 §5.1", level=MUST, on=_RELATED)
def list_notification_has_rlmi_at_its_root(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The root part of a list notification is of type application/rlmi+xml."""
    request = notify_of(context)
    if request is None or context.body is None or not _is_list(request):
        return
    root = multipart_of(context.body).root
    if _is_outermost(context) and root is not None and root.media_type != documents.RLMI:
        offset = None if context.body.offset is None else context.body.offset + root.offset
        yield Mismatch(documents.RLMI, root.media_type, "root part", offset)


@check("RLMI-ROOT-2", clause="RFC 4662 §4.5", level=MUST, on=requests("NOTIFY"))
def list_stays_a_list(request: Request, context: Context) -> Iterator[Mismatch]:
    """Once a NOTIFY has had RLMI, no other of that subscription is without it."""
    known = context.session.bodies.notified(request, context.sender)
    kind = request.content_type
    if known is None or not known.has_rlmi or not request.body or kind is None:
        return
    if kind.essence == documents.PIDF and rlmi_of(request) is None:
        row = request.headers.rows("Content-Type")[0]
        yield Mismatch(f"{RELATED} with RLMI", kind.essence, "Content-Type", row.offset)


@check("RLMI-VERSION-1", clause="RFC 4662 §5.2", level=MUST, on=_RELATED)
def versions_start_at_0(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The version in the first NOTIFY of a list subscription is 0."""
    for each in _lists(context):
        if each.rlmi.version and _is_outermost(context) and is_first(context):
            yield _at_version(each, "0")


@check("RLMI-VERSION-2", clause="RFC 4662 §5.2", level=MUST, on=_RELATED)
def versions_increase_by_one(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The version of a list increases by exactly one with each NOTIFY of a subscription."""
    known = before(context)
    if known is None or known.version is None or not _is_outermost(context):
        return
    for each in _lists(context):
        if each.rlmi.version is not None and each.rlmi.version != known.version + 1:
            yield _at_version(each, str(known.version + 1))


def _at_version(each: _List, expected: str) -> Mismatch:
    observed = str(each.rlmi.version)
    return at_element(each.context, each.root, expected, observed, attribute="version")


@check("RLMI-FULL-1", clause="RFC 4662 §5.2", level=MUST, on=_RELATED)
def first_state_is_full(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The first NOTIFY of a list subscription has fullState="true"."""
    for each in _lists(context):
        if each.rlmi.full_state is False and _is_outermost(context) and is_first(context):
            yield at_element(each.context, each.root, "true", "false", attribute="fullState")


@check("RLMI-URI-1", clause="RFC 4662 §5.2", level=INFO, on=_RELATED)
def list_is_the_subscribed_one(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The uri of a list is that of the SUBSCRIBE request."""
    subscription = subscription_of(context)
    wanted = aor_of(subscription.request.uri) if subscription is not None else None
    for each in _lists(context):
        is_other = wanted is not None and aor_of(each.rlmi.uri) != wanted
        if is_other and _is_outermost(context) and subscription is not None:
            expected = subscription.request.uri
            yield at_element(each.context, each.root, expected, each.rlmi.uri, attribute="uri")


@check("RLMI-URI-2", clause="RFC 4662 §5.6", level=SHOULD, on=_RELATED)
def resources_are_listed_once(body: bytes, context: Context) -> Iterator[Mismatch]:
    """A list names each resource once: its table has one row for each URI."""
    for each in _lists(context):
        seen: set[str] = set()
        for element in elements(each.root, _RESOURCE):
            uri = element.get("uri") or ""
            if uri in seen:
                yield at_element(each.context, element, "once", f"{uri} again", attribute="uri")
            seen.add(uri)


@check("RLMI-INSTANCE-1", clause="RFC 4662 §5.5", level=MUST, on=_RELATED)
def active_instance_has_state(body: bytes, context: Context) -> Iterator[Mismatch]:
    """An instance in state active has a cid."""
    for each in _lists(context):
        for element in elements(each.root, _INSTANCE):
            if element.get("state") == "active" and element.get("cid") is None:
                yield at_element(each.context, element, "a cid", "none")


@check("RLMI-INSTANCE-2", clause="RFC 4662 §5.5", level=MUST, on=_RELATED)
def terminated_instance_has_a_reason(body: bytes, context: Context) -> Iterator[Mismatch]:
    """An instance in state terminated has a reason."""
    for each in _lists(context):
        for element in elements(each.root, _INSTANCE):
            if element.get("state") == "terminated" and not element.get("reason"):
                yield at_element(each.context, element, "a reason", "none")


@check("RLMI-INSTANCE-3", clause="RFC 4662 §5.5", level=SHOULD, on=_RELATED)
def reason_is_known(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The reason of an instance is one of those of Subscription-State."""
    for each in _lists(context):
        for element in elements(each.root, _INSTANCE):
            reason = element.get("reason")
            if reason and reason.lower() not in _REASONS:
                expected = ", ".join(_REASONS)
                yield at_element(each.context, element, expected, reason, attribute="reason")


@check("RLMI-INSTANCE-4", clause="RFC 4662 §5.5", level=SHOULD, on=_RELATED)
def instance_ids_are_unique(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The id of an instance is unique within its resource."""
    for each in _lists(context):
        for resource in elements(each.root, _RESOURCE):
            seen: set[str] = set()
            for element in tree.children(resource, RLMI, "instance"):
                name = element.get("id") or ""
                if name in seen:
                    yield at_element(each.context, element, "another id", name, attribute="id")
                seen.add(name)


@check("RLMI-CID-1", clause="RFC 4662 §5.5", level=MUST, on=_RELATED)
def cid_names_a_part_beside_the_list(body: bytes, context: Context) -> Iterator[Mismatch]:
    """A cid is the Content-ID of a part of the multipart whose root the list is."""
    for each in _lists(context):
        for element in elements(each.root):
            cid = element.get("cid")
            if cid is not None and each.parts.part(cid) is None:
                ids = ", ".join(part.content_id or "" for part in each.parts.parts)
                expected = f"the Content-ID of a part: {ids}"
                yield at_element(each.context, element, expected, cid, attribute="cid")


@check("RLMI-CID-2", clause="RFC 4662 §5.5", level=SHOULD, on=_RELATED)
def cids_are_used_once(body: bytes, context: Context) -> Iterator[Mismatch]:
    """Each instance has a part of its own."""
    for each in _lists(context):
        seen: set[str] = set()
        for element in elements(each.root, _INSTANCE):
            cid = element.get("cid")
            if cid is not None and cid in seen:
                yield at_element(each.context, element, "another part", cid, attribute="cid")
            seen.add(cid or "")


@check("RLMI-CID-3", clause="RFC 4662 §4.5", level=INFO, on=_RELATED)
def parts_are_listed(body: bytes, context: Context) -> Iterator[Mismatch]:
    """Each part of a list notification is the state of a resource that the list names."""
    for each in _lists(context):
        cids = {cid.strip("<>") for cid in each.rlmi.cids}
        for part in each.parts.parts:
            if part is not each.parts.root and part.content_id not in cids:
                start = context.body.offset if context.body is not None else None
                offset = None if start is None else start + part.offset
                observed = part.content_id or "no Content-ID"
                yield Mismatch("a Content-ID that the list names", observed, "body part", offset)


@check("RLMI-ENTITY-1", clause="RFC 4662 §5.5", level=INFO, on=_RELATED)
def part_is_about_its_resource(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The presence document of an instance is about the resource that the list says."""
    for each in _lists(context):
        for resource in each.rlmi.resources:
            for instance in resource.instances:
                part = each.parts.part(instance.cid) if instance.cid is not None else None
                if part is None or part.media_type != documents.PIDF:
                    continue
                entity = _entity(part.content)
                if entity and not is_same_person(entity, resource.uri):
                    start = context.body.offset if context.body is not None else None
                    offset = None if start is None else start + part.offset
                    yield Mismatch(resource.uri, entity, "/presence/@entity", offset)


def _entity(data: bytes) -> str | None:
    try:
        found = read_document(documents.PIDF, data)
    except BodyError:
        return None
    return getattr(found, "entity", None)
