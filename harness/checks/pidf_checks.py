"""Presence documents beyond their schema (RFC 3863, RFC 4479 to RFC 4481)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from lxml import etree

from harness.body import tree
from harness.body.catalog import QName
from harness.body.namespaces import CIPID, DATA_MODEL, OMA_PRES, PIDF, RPID, XML
from harness.body.pidf import Pidf
from harness.body.tree import Timestamp
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.registry import INFO, MUST, SHOULD, bodies, check
from harness.checks.xml_bodies import declared_encoding, has_declaration
from harness.checks.xml_documents import (
    at_body,
    at_element,
    declarations,
    elements,
    root_of,
    where_of,
)
from harness.model import Mismatch

_PIDF = bodies(documents.PIDF)
_DOCUMENT = bodies(documents.PIDF, documents.PIDF_DIFF)
_CONTENT = bodies(documents.PIDF, documents.PIDF_DIFF, documents.FRAGMENT)
_AUID = "pidf-manipulation"
_TIMED = "urn:ietf:params:xml:ns:pidf:timed-status"
_STATUS = tree.qname(PIDF, "status")
_TUPLE = tree.qname(PIDF, "tuple")
_COMPONENTS = (_TUPLE, tree.qname(DATA_MODEL, "person"), tree.qname(DATA_MODEL, "device"))

# date-time of RFC 3339 §5.6 with the capital "T" and "Z" that RFC 3863 asks for.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_PRIORITY = re.compile(r"(?=.*\d)\+?(0*(\.\d{1,3})?|0+\.|0*1(\.0{0,3})?)", re.ASCII)
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:.", re.DOTALL)
# RFC 4480 §3, table 1: the elements of RPID that never take from and until.
_ONCE = frozenset(
    tree.qname(RPID, name) for name in ("class", "relationship", "service-class", "user-input")
)
_FAR = timedelta(minutes=10)


def _in(body: object, context: Context, *tags: str) -> Iterator[etree._Element]:
    root = root_of(body, context, _AUID)
    return elements(root, *tags) if root is not None else iter(())


def _data(context: Context) -> bytes:
    return context.body.data if context.body is not None else b""


@check("PIDF-DECLARATION-1", clause="RFC 3863 §4.1", level=MUST, on=_PIDF)
def document_has_a_declaration(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """A presence document has an XML declaration."""
    data = _data(context)
    if not has_declaration(data):
        observed = data[:20].decode("utf-8", "replace")
        yield at_body(context, '<?xml version="1.0" encoding="UTF-8"?>', observed)


@check("PIDF-DECLARATION-2", clause="RFC 3863 §4.1", level=SHOULD, on=_PIDF)
def declaration_names_the_encoding(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """The XML declaration of a presence document names the encoding."""
    data = _data(context)
    if data.isascii() and has_declaration(data) and declared_encoding(data) is None:
        yield at_body(context, 'encoding="UTF-8" in the XML declaration', "none")


@check("PIDF-NAMESPACE-1", clause="RFC 3863 §4.2.2", level=MUST, on=_PIDF)
def namespaces_are_absolute(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """A namespace in a presence document is named by an absolute URI."""
    root = root_of(pidf, context)
    seen: set[str] = set()
    for element, _, name in declarations(root) if root is not None else ():
        if name and name not in seen and _SCHEME.match(name.strip()) is None:
            yield at_element(context, element, "an absolute URI", name)
        seen.add(name)


@check("PIDF-ID-1", clause="RFC 3863 §4.1.2", level=MUST, on=_DOCUMENT)
def tuple_ids_are_unique(body: object, context: Context) -> Iterator[Mismatch]:
    """The id of a tuple is unlike those of all other tuples of the presentity."""
    yield from _doubles(context, list(_components(body, context, _TUPLE)), "another tuple")


@check("PIDF-ID-2", clause="RFC 4479 §5.1", level=MUST, on=_DOCUMENT)
def component_ids_are_unique(body: object, context: Context) -> Iterator[Mismatch]:
    """The id of a person or device is unlike those of all other components in the document."""
    found = list(_components(body, context, *_COMPONENTS))
    tuples = {element.get("id") for element in found if element.tag == _TUPLE}
    others = [element for element in found if element.tag != _TUPLE]
    yield from _doubles(context, others, "another component")
    for element in others:
        if element.get("id") in tuples:
            yield _double(context, element, "a tuple")


def _components(body: object, context: Context, *tags: str) -> Iterator[etree._Element]:
    """The components of a document: what looks like one inside of an extension is none."""
    root = root_of(body, context)
    return iter(()) if root is None else root.iterchildren(*tags)


def _doubles(context: Context, found: list[etree._Element], other: str) -> Iterator[Mismatch]:
    seen: set[str] = set()
    for element in found:
        name = element.get("id") or ""
        if name in seen and name:
            yield _double(context, element, other)
        seen.add(name)


def _double(context: Context, element: etree._Element, other: str) -> Mismatch:
    name = element.get("id") or ""
    return at_element(context, element, f"an id that {other} does not have", name, attribute="id")


@check("PIDF-STATUS-1", clause="RFC 3863 §4.1.3", level=MUST, on=_CONTENT)
def status_has_a_value(body: object, context: Context) -> Iterator[Mismatch]:
    """The status of a tuple has at least one status value element."""
    for status in _in(body, context, _STATUS):
        parent = status.getparent()
        if parent is not None and parent.tag != _TUPLE:
            continue
        if next(tree.elements(status), None) is None:
            hint = "<basic>open</basic> or <basic>closed</basic>"
            yield at_element(context, status, "at least one child", "none", hint=hint)


@check("PIDF-STATUS-2", clause="RFC 4481 §3", level=MUST, on=_CONTENT)
def timed_status_is_in_the_tuple(body: object, context: Context) -> Iterator[Mismatch]:
    """A timed-status is neither in a status nor in another timed-status."""
    timed = tree.qname(_TIMED, "timed-status")
    for element in _in(body, context, timed):
        parent = element.getparent()
        if parent is not None and parent.tag in (timed, _STATUS):
            observed = QName.parse(parent.tag).local
            yield at_element(context, element, "a child of tuple", f"a child of {observed}")


@check("PIDF-STATUS-3", clause="RFC 4481 §3", level=MUST, on=_CONTENT)
def timed_status_is_not_of_now(body: object, context: Context) -> Iterator[Mismatch]:
    """The time range of a timed-status does not hold the timestamp of its tuple."""
    for element in _in(body, context, tree.qname(_TIMED, "timed-status")):
        parent = element.getparent()
        stamp = None if parent is None else tree.timestamp(parent, PIDF, "timestamp")
        now = None if stamp is None else stamp.moment
        start, end = (Timestamp(element.get(name, "")).moment for name in ("from", "until"))
        is_open = element.get("until") is None
        if now is None or start is None or (end is None and not is_open):
            continue
        if start <= now and (end is None or now < end):
            yield at_element(context, element, "a range before or after now", f"now is {now}")


@check("PIDF-CONTACT-1", clause="RFC 3863 §4.1.2", level=SHOULD, on=_CONTENT)
def tuple_with_basic_has_a_contact(body: object, context: Context) -> Iterator[Mismatch]:
    """A tuple with a basic status has a contact."""
    for element in _in(body, context, _TUPLE):
        status = tree.child(element, PIDF, "status")
        has_basic = status is not None and tree.child(status, PIDF, "basic") is not None
        if has_basic and tree.child(element, PIDF, "contact") is None:
            yield at_element(context, element, "a contact", "none")


@check("PIDF-CONTACT-2", clause="RFC 3863 §4.1.5", level=SHOULD, on=_CONTENT)
def contact_is_a_url(body: object, context: Context) -> Iterator[Mismatch]:
    """The contact of a tuple, unless it is empty, is an absolute URL."""
    for element in _in(body, context, tree.qname(PIDF, "contact")):
        text = tree.text(element) or ""
        if text and _ABSOLUTE.fullmatch(text) is None:
            yield at_element(context, element, "a URL such as sip:alice@example.com", text)


@check("PIDF-PRIORITY-1", clause="RFC 3863 §4.1.5", level=MUST, on=_CONTENT)
def priority_is_between_0_and_1(body: object, context: Context) -> Iterator[Mismatch]:
    """The priority of a contact is a number from 0 to 1 with at most three decimals."""
    for element in _in(body, context, tree.qname(PIDF, "contact")):
        value = element.get("priority")
        text = (value or "").strip()
        if value is not None and (not text or _PRIORITY.fullmatch(text) is None):
            expected = "0 to 1, at most three digits after the point"
            yield at_element(context, element, expected, value, attribute="priority")


@check("PIDF-NOTE-1", clause="RFC 3863 §4.1.6", level=INFO, on=_PIDF)
def note_has_a_language(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """A note has an xml:lang, its own or that of an element around it."""
    lang = tree.qname(XML, "lang")
    if context.entry.message.headers.get("Content-Language"):
        return
    for element in _in(pidf, context, tree.qname(PIDF, "note"), tree.qname(DATA_MODEL, "note")):
        around = (element, *element.iterancestors())
        if tree.text(element) and not any(each.get(lang) for each in around):
            yield at_element(context, element, "xml:lang", "none")


# No MUST, though the text has one: the example of §4.3.3, to which the same section points, breaks
# it.
@check("PIDF-UNDERSTAND-1", clause="RFC 3863 §4.2.3", level=SHOULD, on=_CONTENT)
def only_status_extensions_must_be_understood(body: object, context: Context) -> Iterator[Mismatch]:
    """The mustUnderstand attribute is used only on elements inside a status."""
    name = tree.qname(PIDF, "mustUnderstand")
    where = where_of(context) if isinstance(body, documents.Fragment) else None
    if where is not None and any(step.endswith("status") for step in where.path[:-1]):
        return
    for element in _in(body, context):
        value = (element.get(name) or "").strip()
        if value not in ("true", "1"):
            continue
        if not any(each.tag == _STATUS for each in element.iterancestors()):
            yield at_element(context, element, "no mustUnderstand", value, attribute=name)


@check("PIDF-TIME-1", clause="RFC 3863 §4.1.7", level=MUST, on=_CONTENT)
def tuple_timestamp_is_a_date_time(body: object, context: Context) -> Iterator[Mismatch]:
    """The timestamp of a tuple is an RFC 3339 date-time with its zone, "T" and "Z" capital."""
    yield from _ill_timed(context, _in(body, context, tree.qname(PIDF, "timestamp")))


@check("PIDF-TIME-2", clause="RFC 4479 §5.1", level=MUST, on=_CONTENT)
def component_timestamp_is_a_date_time(body: object, context: Context) -> Iterator[Mismatch]:
    """The timestamp of a person or device is a dateTime."""
    for element in _in(body, context, tree.qname(DATA_MODEL, "timestamp")):
        text = tree.text(element) or ""
        # The schema's dateTime may lack the zone, and call midnight 24:00:00.
        if re.search(r"T24:00:00(\.0+)?(Z|[+-]\d\d:\d\d)?$", text) is None:
            yield from _ill_timed(context, iter((element,)), "" if _has_zone(text) else "Z")


def _has_zone(text: str) -> bool:
    return re.search(r"([Zz]|[+-]\d\d:\d\d)$", text) is not None


def _ill_timed(
    context: Context, found: Iterator[etree._Element], zone: str = ""
) -> Iterator[Mismatch]:
    for element in found:
        text = tree.text(element) or ""
        if not _is_date_time(text + zone):
            hint = "in UTC with Z, or with the offset to UTC"
            expected = "as in 2014-06-19T06:30:45Z"
            yield at_element(context, element, expected, text or "nothing", hint=hint)


def _is_date_time(text: str) -> bool:
    if _DATE_TIME.fullmatch(text) is None:
        return False
    # RFC 3339 §5.6: second 60 is a leap second, which Python does not read.
    text = re.sub(r"(T\d\d:\d\d):60", r"\1:59", text)
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


@check("PIDF-TIME-3", clause="RFC 4479 §5.1", level=SHOULD, on=_CONTENT)
def component_timestamp_has_a_zone(body: object, context: Context) -> Iterator[Mismatch]:
    """The timestamp of a person or device says its offset to UTC: else nobody knows the time."""
    for element in _in(body, context, tree.qname(DATA_MODEL, "timestamp")):
        text = tree.text(element) or ""
        if _is_date_time(f"{text}Z") and not _has_zone(text):
            yield at_element(context, element, "a time with Z or an offset", text)


@check("PIDF-TIME-4", clause="RFC 3863 §4.1.7", level=SHOULD, on=_PIDF)
def tuples_have_timestamps(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """A tuple has a timestamp, unless the time of its change cannot be known."""
    for element in _in(pidf, context, _TUPLE):
        if tree.child(element, PIDF, "timestamp") is None:
            yield at_element(context, element, "a timestamp", "none")


@check("PIDF-TIME-5", clause="RFC 3863 §4.1.7", level=INFO, on=_CONTENT)
def timestamps_are_not_in_the_future(body: object, context: Context) -> Iterator[Mismatch]:
    """A timestamp is not later than the message, as far as the clocks agree."""
    names = (tree.qname(PIDF, "timestamp"), tree.qname(DATA_MODEL, "timestamp"))
    for element in _in(body, context, *names):
        moment = Timestamp(tree.raw_text(element)).moment
        if moment is None:
            continue
        seen = datetime.fromtimestamp(context.time, tz=moment.tzinfo)
        if moment - seen > _FAR:
            expected = f"at most {seen:%Y-%m-%dT%H:%M:%S%z}, when the message was sent"
            yield at_element(context, element, expected, tree.text(element) or "")


@check("PIDF-RPID-1", clause="RFC 4480 §5", level=MUST, on=_CONTENT)
def timeless_elements_appear_once(body: object, context: Context) -> Iterator[Mismatch]:
    """In a person, tuple or device an RPID element without from and until appears once."""
    for component in _in(body, context, *_COMPONENTS):
        counts = Counter(child.tag for child in tree.elements(component))
        for child in tree.elements(component):
            if child.tag in _ONCE and counts.pop(child.tag, 1) > 1:
                name = QName.parse(child.tag).local
                yield at_element(context, child, f"one {name}", "more than one")


@check("PIDF-RPID-2", clause="RFC 4480 §3.1", level=SHOULD, on=_CONTENT)
def ranges_end_after_they_start(body: object, context: Context) -> Iterator[Mismatch]:
    """The time from which an element holds is before the time until which it does."""
    for element in _in(body, context, f"{{{RPID}}}*", f"{{{_TIMED}}}*"):
        start, end = (Timestamp(element.get(name, "")).moment for name in ("from", "until"))
        if start is not None and end is not None and end < start:
            expected = f"later than {element.get('from')}"
            yield at_element(
                context, element, expected, element.get("until", ""), attribute="until"
            )


@check("PIDF-ICON-1", clause="RFC 4480 §3.12", level=SHOULD, on=_CONTENT)
def status_icon_is_a_uri(body: object, context: Context) -> Iterator[Mismatch]:
    """A status-icon, unless it is empty, is the absolute URI of an image."""
    for element in _in(body, context, tree.qname(RPID, "status-icon")):
        text = tree.text(element) or ""
        if text and _ABSOLUTE.fullmatch(text) is None:
            yield at_element(context, element, "an absolute URI", text)


@check("PIDF-CIPID-1", clause="RFC 4482 §3", level=SHOULD, on=_CONTENT)
def personal_links_are_uris(body: object, context: Context) -> Iterator[Mismatch]:
    """A card, homepage, icon, map or sound, unless it is empty, is an absolute URI."""
    names = [tree.qname(CIPID, name) for name in ("card", "homepage", "icon", "map", "sound")]
    for element in _in(body, context, *names):
        text = tree.text(element) or ""
        if text and _ABSOLUTE.fullmatch(text) is None:
            yield at_element(context, element, "an absolute URI", text)


@check("PIDF-DEVICE-1", clause="RFC 4479 §3.4", level=SHOULD, on=_CONTENT)
def device_id_is_a_urn(body: object, context: Context) -> Iterator[Mismatch]:
    """A deviceID is a URN."""
    for element in _in(body, context, tree.qname(DATA_MODEL, "deviceID")):
        text = tree.text(element) or ""
        if re.fullmatch(r"urn:[A-Za-z0-9][A-Za-z0-9\-]{0,31}:\S+", text, re.IGNORECASE) is None:
            yield at_element(context, element, "a URN such as urn:uuid:...", text or "nothing")


@check(
    "PIDF-SERVICE-1",
    clause="OMA Presence Data Specification §element service-description",
    level=INFO,
    on=_PIDF,
)
def services_are_described_once(pidf: Pidf, context: Context) -> Iterator[Mismatch]:
    """No two tuples describe the same version of a service at the same contact."""
    seen: set[tuple[str | None, ...]] = set()
    for each in pidf.tuples:
        if each.service_id is None or each.element is None:
            continue
        contact = each.contact.uri if each.contact is not None else None
        device = tree.child_text(each.element, DATA_MODEL, "deviceID")
        key = (each.service_id, each.service_version, contact, device)
        if key in seen:
            observed = f"{each.service_id} {each.service_version or ''}".strip()
            yield at_element(context, each.element, "each service once", observed)
        seen.add(key)


@check(
    "PIDF-SERVICE-2",
    clause="OMA Presence Data Specification §element service-description",
    level=INFO,
    on=_CONTENT,
)
def service_version_has_two_numbers(body: object, context: Context) -> Iterator[Mismatch]:
    """The version of a service has the form major.minor."""
    for element in _in(body, context, tree.qname(OMA_PRES, "version")):
        text = tree.text(element) or ""
        if re.fullmatch(r"\d+(\.\d+)+", text, re.ASCII) is None:
            yield at_element(context, element, "as in 1.0", text or "nothing")
