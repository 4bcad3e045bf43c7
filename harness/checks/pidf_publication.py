"""Whose presence a document tells, and how one publication follows another (RFC 3903 §10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from lxml import etree

from harness.body import tree
from harness.body.namespaces import DATA_MODEL, PIDF
from harness.body.pidf import Device, Person, Pidf, Tuple, parse_pidf
from harness.body.schema import BodyError
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.registry import INFO, SHOULD, bodies, check
from harness.checks.xml_documents import at_element, target_of
from harness.model import Mismatch
from harness.sip.fields import FieldError, parse_name_addr
from harness.sip.message import Request
from harness.sip.uri import address_of_record
from harness.xcap.http import HttpRequest

_PIDF = bodies(documents.PIDF)
_PRESENCE_SCHEMES = ("sip", "sips", "pres", "im")
_DEVICE_ID = tree.qname(DATA_MODEL, "deviceID")
_NUMBER = re.compile(r"\+?[0-9]{3,}")


@lru_cache(1024)
def person_of(uri: str) -> str:
    """What names the person in a URI: scheme, host case and the form of a number left out.

    RFC 3859: the pres URI of a presentity has the user and domain of its SIP URI.
    """
    text = unquote(address_of_record(uri.strip()))
    scheme, _, rest = text.partition(":")
    if scheme.lower() == "tel":
        return f"tel:{rest.partition(';')[0]}"
    if scheme.lower() not in _PRESENCE_SCHEMES:
        return text
    user, at, host = rest.rpartition("@")
    return f"{user}{at}{host.lower()}"


def is_same_person(one: str, other: str) -> bool:
    """Whether two URIs can name the same presentity; a number is the same in any domain form."""
    first, second = person_of(one), person_of(other)
    if first == second:
        return True
    numbers = {_number(first), _number(second)}
    is_tel = first.startswith("tel:") or second.startswith("tel:")
    return is_tel and len(numbers) == 1 and None not in numbers


def _number(person: str) -> str | None:
    user = person.removeprefix("tel:").partition("@")[0].partition(";")[0]
    digits = user.translate(str.maketrans("", "", "-.()"))
    return digits if _NUMBER.fullmatch(digits) else None


def _own(context: Context) -> set[str]:
    """The identities that the UE is known to have."""
    session = context.session
    found = {session.identity} if session.identity else set()
    for registration in session.registrations.by_aor.values():
        found.update(map(_uri_of, registration.associated_uris))
    return found


def _uri_of(address: str) -> str:
    """The URI of a name-addr, as P-Associated-URI has them."""
    try:
        return parse_name_addr(address).uri
    except FieldError:
        return address


def _entity_mismatch(
    pidf: Pidf, context: Context, wanted: str, others: set[str]
) -> Iterator[Mismatch]:
    entity, root = pidf.entity, pidf.root
    if not entity or root is None:
        return
    if not any(is_same_person(entity, each) for each in (wanted, *others)):
        hint = "the entity names the presentity whose state this is"
        yield at_element(context, root, wanted, entity, attribute="entity", hint=hint)


# "The value of the 'entity' attribute is the 'pres' URL of the PRESENTITY publishing": no MUST, and
# the aliases of a user whose registration was not seen are not known.
@check("PIDF-ENTITY-1", clause="RFC 3863 §4.1.1", level=SHOULD, on=_PIDF, sender="ue")
def entity_is_the_publisher(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The entity of a published document is the presentity whose state is published."""
    request = context.entry.message
    if isinstance(request, Request) and request.method == "PUBLISH":
        named = [each.uri for each in (request.to, request.from_) if each is not None]
        yield from _entity_mismatch(pidf, context, request.uri, {*named, *_own(context)})


@check("PIDF-ENTITY-2", clause="RFC 3863 §4.1.1", level=SHOULD, on=_PIDF, sender="ue")
def entity_is_the_owner(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The entity of a presence document that XCAP manipulates is the user whose document it is."""
    request = context.entry.message
    target = target_of(context)
    uri = target.uri if target is not None else None
    if not isinstance(request, HttpRequest) or request.method != "PUT" or uri is None:
        return
    if uri.auid != "pidf-manipulation" or uri.tree != "users" or ":" not in uri.xui:
        return  # an XUI that is no URI cannot be compared with one
    yield from _entity_mismatch(pidf, context, uri.xui, _own(context))


@check("PIDF-ENTITY-3", clause="RFC 3863 §4.1.1", level=SHOULD, on=_PIDF)
def entity_is_a_uri(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The entity of a presence document is a URI of the presentity."""
    if pidf.entity is None or pidf.root is None:
        return
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:\S", pidf.entity) is None:
        expected = "a URI such as pres:alice@example.com"
        yield at_element(context, pidf.root, expected, pidf.entity or "nothing", attribute="entity")


def _previous(context: Context) -> Pidf | None:
    """The document that a PUBLISH request modifies, if it was seen."""
    request = context.entry.message
    if not isinstance(request, Request) or request.method != "PUBLISH":
        return None
    data = context.session.bodies.published(request)
    return None if data is None else _document(data)


@lru_cache(32)
def _document(data: bytes) -> Pidf | None:
    try:
        return parse_pidf(data)
    except BodyError:
        return None


@check("PIDF-MODIFY-1", clause="RFC 3903 §10.4", level=SHOULD, on=_PIDF, sender="ue")
def modified_tuple_keeps_its_id(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """A tuple keeps its id from one publication under an entity-tag to the next."""
    previous = _previous(context)
    if previous is None:
        return
    before = {service: each.id for each in previous.tuples if (service := _service(each))}
    now = {each.id for each in pidf.tuples}
    services = [_service(each) for each in pidf.tuples]
    for each in pidf.tuples:
        service = _service(each)
        old = before.get(service) if service is not None else None
        is_alone = services.count(service) == 1
        if old is not None and is_alone and old not in now and each.element is not None:
            yield at_element(context, each.element, old, each.id, attribute="id")


def _service(each: Tuple) -> tuple[str, ...] | None:
    """What a tuple is about; None where it does not say so beyond doubt."""
    if each.contact is None or not each.contact.uri:
        return None
    device = [child for child in each.extensions if child.tag == _DEVICE_ID]
    names = [tree.text(child) or "" for child in device]
    return (each.contact.uri, each.service_id or "", each.service_version or "", *names)


@check("PIDF-MODIFY-2", clause="RFC 3863 §4.1.7", level=SHOULD, on=_PIDF, sender="ue")
def changed_tuple_has_a_new_timestamp(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """A tuple whose status changes gets another timestamp than it had before."""
    for each, old in _kept(pidf, context):
        if each.timestamp is None or old.timestamp is None or each.element is None:
            continue
        if each.timestamp.text == old.timestamp.text and _status(each) != _status(old):
            stamp = tree.child(each.element, PIDF, "timestamp")
            place = each.element if stamp is None else stamp
            observed = f"{each.timestamp.text}, as when its status was another"
            yield at_element(context, place, "the time of the change", observed)


@check("PIDF-MODIFY-3", clause="RFC 3863 §4.1.7", level=SHOULD, on=_PIDF, sender="ue")
def timestamps_do_not_go_back(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The timestamp of a tuple is not earlier than the one that it had before."""
    for each, old in _kept(pidf, context):
        now = each.timestamp.moment if each.timestamp is not None else None
        before = old.timestamp.moment if old.timestamp is not None else None
        if now is None or before is None or each.element is None or now >= before:
            continue
        stamp = tree.child(each.element, PIDF, "timestamp")
        place: etree._Element = each.element if stamp is None else stamp
        yield at_element(context, place, f"{before} or later", f"{now}")


def _status(each: Tuple) -> list[tuple[str, str]]:
    """What the status says: names and texts of its elements."""
    status = None if each.element is None else tree.child(each.element, PIDF, "status")
    found = () if status is None else status.iter(etree.Element)
    return [(str(element.tag), tree.text(element) or "") for element in found]


def _kept(pidf: Pidf, context: Context) -> Iterator[tuple[Tuple, Tuple]]:
    """The tuples that the publication had before, by their id, each with what it was."""
    previous = _previous(context)
    if previous is not None:
        before = {each.id: each for each in previous.tuples if each.id}
        for each in pidf.tuples:
            if each.id in before:
                yield each, before[each.id]


@check("PIDF-MODIFY-4", clause="RFC 4479 §5.1", level=INFO, on=_PIDF, sender="ue")
def component_timestamps_do_not_go_back(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The timestamp of a person or device is not earlier than the one that it had before."""
    previous = _previous(context)
    if previous is None:
        return
    components: tuple[Person | Device, ...] = (*previous.persons, *previous.devices)
    old = {each.id: each.timestamp for each in components}
    components = (*pidf.persons, *pidf.devices)
    for each in components:
        stamp, before = each.timestamp, old.get(each.id)
        now = stamp.moment if stamp is not None else None
        earlier = before.moment if before is not None else None
        if now is None or earlier is None or each.element is None or now >= earlier:
            continue
        place = tree.child(each.element, DATA_MODEL, "timestamp")
        yield at_element(
            context, each.element if place is None else place, f"{earlier} or later", f"{now}"
        )
