"""Registration information documents (RFC 3680)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from lxml import etree

from harness.body import tree
from harness.body.namespaces import GRUUINFO, REGINFO
from harness.body.schema import line_of

MEDIA_TYPE = "application/reginfo+xml"

_NUMBERS = ("expires", "retry_after", "duration_registered", "cseq")
_TEXTS = ("q", "callid")


@dataclass(frozen=True, slots=True)
class RegisteredContact:
    """A binding; `state` and `event` are the attributes' texts, the durations are seconds."""

    uri: str
    id: str
    state: str
    event: str
    display_name: str | None = None
    expires: int | None = None
    retry_after: int | None = None
    duration_registered: int | None = None
    q: str | None = None
    callid: str | None = None
    cseq: int | None = None
    unknown_params: tuple[tuple[str, str], ...] = ()
    pub_gruu: str | None = None
    temp_gruu: tuple[str, int] | None = None
    """The temporary GRUU, and the CSeq of the REGISTER that made the oldest one (RFC 5628)."""
    raw: str = field(default="", compare=False)
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Registration:
    """An address-of-record and its bindings."""

    aor: str
    id: str
    state: str
    contacts: tuple[RegisteredContact, ...] = ()
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RegInfo:
    """A document; `version` is None where it is no number, `state` is "full" or "partial"."""

    version: int | None
    state: str
    registrations: tuple[Registration, ...] = ()
    root: etree._Element | None = field(default=None, compare=False, repr=False)


def parse_reginfo(document: bytes | etree._Element) -> RegInfo:
    """Read a document; raises `BodyError` where it is no XML or not `reginfo`."""
    root = tree.parse_root(document, MEDIA_TYPE)
    return RegInfo(
        version=tree.number(root, "version"),
        state=tree.attribute(root, "state") or "",
        registrations=tuple(
            Registration(
                aor=tree.attribute(found, "aor") or "",
                id=found.get("id", ""),
                state=tree.attribute(found, "state") or "",
                contacts=tuple(
                    _parse_contact(contact) for contact in tree.children(found, REGINFO, "contact")
                ),
                line=line_of(found),
            )
            for found in tree.children(root, REGINFO, "registration")
        ),
        root=root,
    )


def make_reginfo(version: int, state: str, registrations: Iterable[Registration]) -> bytes:
    """A document; raises `BodyError` for values that the schema refuses."""
    root = tree.make_root(REGINFO, "reginfo", GRUUINFO)
    root.set("version", str(version))
    root.set("state", state)
    for found in registrations:
        element = tree.add(
            root, REGINFO, "registration", aor=found.aor, id=found.id, state=found.state
        )
        for contact in found.contacts:
            _add_contact(element, contact)
    return tree.write_document(root)


def _parse_contact(element: etree._Element) -> RegisteredContact:
    uri = tree.child(element, REGINFO, "uri")
    public = tree.child(element, GRUUINFO, "pub-gruu")
    return RegisteredContact(
        uri=tree.text(uri) or "",
        id=element.get("id", ""),
        state=tree.attribute(element, "state") or "",
        event=tree.attribute(element, "event") or "",
        display_name=tree.child_text(element, REGINFO, "display-name"),
        unknown_params=tuple(
            (found.get("name", ""), tree.text(found) or "")
            for found in tree.children(element, REGINFO, "unknown-param")
        ),
        pub_gruu=None if public is None else tree.attribute(public, "uri"),
        temp_gruu=_temporary(tree.child(element, GRUUINFO, "temp-gruu")),
        raw="" if uri is None else tree.raw_text(uri),
        line=line_of(element),
        expires=tree.number(element, "expires"),
        retry_after=tree.number(element, "retry-after"),
        duration_registered=tree.number(element, "duration-registered"),
        cseq=tree.number(element, "cseq"),
        q=element.get("q"),
        callid=element.get("callid"),
    )


def _temporary(element: etree._Element | None) -> tuple[str, int] | None:
    if element is None:
        return None
    return tree.attribute(element, "uri") or "", tree.number(element, "first-cseq") or 0


def _add_contact(parent: etree._Element, contact: RegisteredContact) -> None:
    element = tree.add(
        parent, REGINFO, "contact", id=contact.id, state=contact.state, event=contact.event
    )
    for name in (*_NUMBERS, *_TEXTS):
        value = getattr(contact, name)
        if value is not None:
            element.set(name.replace("_", "-"), str(value))
    tree.add(element, REGINFO, "uri", contact.uri)
    if contact.display_name is not None:
        tree.add(element, REGINFO, "display-name", contact.display_name)
    for name, value in contact.unknown_params:
        tree.add(element, REGINFO, "unknown-param", value, name=name)
    if contact.pub_gruu is not None:
        tree.add(element, GRUUINFO, "pub-gruu", uri=contact.pub_gruu)
    if contact.temp_gruu is not None:
        uri, first = contact.temp_gruu
        tree.add(element, GRUUINFO, "temp-gruu", uri=uri, first_cseq=str(first))
