"""Registration information beyond its schema (RFC 3680 §5, RFC 5628 §5)."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from harness.body import tree
from harness.body.namespaces import REGINFO
from harness.body.reginfo import RegInfo
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.notified import before, is_first, notify_of
from harness.checks.registry import INFO, MUST, SHOULD, bodies, check
from harness.checks.xml_documents import at_element, elements
from harness.checks.xml_references import uri_fault
from harness.model import Mismatch

_REGINFO = bodies(documents.REGINFO)
_REGISTRATION, _CONTACT, _URI = (
    tree.qname(REGINFO, name) for name in ("registration", "contact", "uri")
)
_GRUUS = tuple(f"{{urn:ietf:params:xml:ns:gruuinfo}}{name}" for name in ("pub-gruu", "temp-gruu"))

# RFC 3680 §4.7.1, figure 2: the events that lead to each state.
_EVENTS = {
    "active": {"registered", "created", "refreshed", "shortened"},
    "terminated": {"expired", "deactivated", "probation", "unregistered", "rejected"},
}


def _in(reginfo: RegInfo, *tags: str) -> Iterator[etree._Element]:
    assert reginfo.root is not None
    return elements(reginfo.root, *tags)


def _root(reginfo: RegInfo) -> etree._Element:
    assert reginfo.root is not None
    return reginfo.root


@check("NOT-REGINFO-1", clause="RFC 3680 §5.1", level=SHOULD, on=_REGINFO)
def versions_increase_by_one(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """The version of registration information is 0 at first, and one more in each document."""
    known = before(context)
    wanted = 0 if is_first(context) else None
    if known is not None and known.version is not None:
        wanted = known.version + 1
    if reginfo.version is not None and wanted is not None and reginfo.version != wanted:
        expected, observed = str(wanted), str(reginfo.version)
        yield at_element(context, _root(reginfo), expected, observed, attribute="version")


@check("NOT-REGINFO-2", clause="RFC 3680 §5.1", level=MUST, on=_REGINFO)
def version_fits_in_32_bits(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """The version of registration information is representable with 32 bits."""
    if reginfo.version is not None and reginfo.version >= 2**32:
        root, observed = _root(reginfo), str(reginfo.version)
        yield at_element(context, root, "less than 4294967296", observed, attribute="version")


@check("NOT-REGINFO-3", clause="RFC 3680 §5.2", level=INFO, on=_REGINFO)
def first_document_is_full(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """The first registration information in a subscription has the full state."""
    if reginfo.state == "partial" and is_first(context):
        yield at_element(context, _root(reginfo), "full", reginfo.state, attribute="state")


@check("NOT-REGINFO-4", clause="RFC 3680 §5.1", level=MUST, on=_REGINFO)
def address_has_one_registration(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """All about an address-of-record is in one registration element."""
    seen: set[str] = set()
    for element in _in(reginfo, _REGISTRATION):
        aor = tree.attribute(element, "aor") or ""
        if aor and aor in seen:
            yield at_element(context, element, "one registration", f"{aor} again", attribute="aor")
        seen.add(aor)


@check("NOT-REGINFO-5", clause="RFC 3680 §5.1", level=MUST, on=_REGINFO)
def registration_ids_are_unique(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """The id of a registration is unlike those of all other registrations."""
    yield from _doubles(context, _in(reginfo, _REGISTRATION))


@check("NOT-REGINFO-6", clause="RFC 3680 §5.1", level=MUST, on=_REGINFO)
def contact_ids_are_unique(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """Contacts with different URIs have different ids."""
    uris: dict[str, str] = {}
    for element in _in(reginfo, _CONTACT):
        name, uri = element.get("id") or "", tree.child_text(element, REGINFO, "uri") or ""
        if name and uris.setdefault(name, uri) != uri:
            yield at_element(context, element, "an id of its own", name, attribute="id")


def _doubles(context: Context, found: Iterator[etree._Element]) -> Iterator[Mismatch]:
    seen: set[str] = set()
    for element in found:
        name = element.get("id") or ""
        if name and name in seen:
            yield at_element(context, element, "an id of its own", name, attribute="id")
        seen.add(name)


@check("NOT-REGINFO-7", clause="RFC 3680 §5.1", level=MUST, on=_REGINFO)
def registration_keeps_its_id(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """An address-of-record has the same registration id in all documents of a subscription."""
    request = notify_of(context)
    if request is None:
        return
    known = context.session.bodies.notified(request, context.sender)
    for element in _in(reginfo, _REGISTRATION) if known is not None else ():
        old = known.registrations.get(tree.attribute(element, "aor") or "") if known else None
        name = element.get("id") or ""
        if old and name and name != old:
            yield at_element(context, element, old, name, attribute="id")


@check("NOT-REGINFO-8", clause="RFC 3680 §4.7.1", level=SHOULD, on=_REGINFO)
def event_leads_to_the_state(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """The event of a contact is one that leads to its state."""
    for element in _in(reginfo, _CONTACT):
        state, event = tree.attribute(element, "state") or "", tree.attribute(element, "event")
        legal = _EVENTS.get(state)
        if legal is not None and event and event not in legal:
            expected = f"{', '.join(sorted(legal))} with {state}"
            yield at_element(context, element, expected, event, attribute="event")


@check("NOT-REGINFO-9", clause="RFC 3680 §5.1", level=MUST, on=_REGINFO)
def shortened_contact_has_its_time(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """A contact whose event is shortened has expires, one whose event is probation retry-after."""
    for element in _in(reginfo, _CONTACT):
        event = tree.attribute(element, "event") or ""
        name = {"shortened": "expires", "probation": "retry-after"}.get(event)
        if name is not None and element.get(name) is None:
            yield at_element(context, element, f"{name} with {event}", "none")


@check("NOT-REGINFO-10", clause="RFC 3680 §4.7.1", level=SHOULD, on=_REGINFO)
def registration_is_active_while_bound(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """A registration with an active contact is active."""
    for element in _in(reginfo, _REGISTRATION):
        state = tree.attribute(element, "state") or ""
        states = [tree.attribute(each, "state") for each in element.iterchildren(_CONTACT)]
        if state in ("init", "terminated") and "active" in states:
            yield at_element(context, element, "active", state, attribute="state")


@check("NOT-REGINFO-11", clause="RFC 3680 §5.1", level=SHOULD, on=_REGINFO)
def addresses_are_uris(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """The aor of a registration and the uri of a contact are URIs."""
    for element in _in(reginfo, _REGISTRATION):
        value = tree.attribute(element, "aor") or ""
        if uri_fault(value):
            yield at_element(context, element, "a URI", value or "nothing", attribute="aor")
    for element in _in(reginfo, _URI):
        text = tree.text(element) or ""
        if uri_fault(text):
            yield at_element(context, element, "a URI", text or "nothing")


@check("NOT-REGINFO-12", clause="RFC 5628 §5", level=MUST, on=_REGINFO)
def gruus_are_of_contacts(reginfo: RegInfo, context: Context) -> Iterator[Mismatch]:
    """A pub-gruu or temp-gruu stands in a contact."""
    for element in _in(reginfo, *_GRUUS):
        parent = element.getparent()
        if parent is not None and parent.tag != _CONTACT:
            observed = f"a child of {etree.QName(parent).localname}"
            yield at_element(context, element, "a child of contact", observed)
