"""What a message is about: whose presence, which watchers, which XCAP document.

Forgiving on purpose: whether a message is well-formed is for the checks; here a message is
recognised even where it is not. Nothing in here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.body.multipart import parse_multipart
from harness.body.wellformed import BodyError
from harness.checks.registry import BodyPart
from harness.checks.xml_trees import read_tree
from harness.sip.uri import SipUri, address_of_record, parse_uri
from harness.trace import Message
from harness.xcap.http import HttpRequest
from harness.xcap.selector import XcapUri, XcapUriError, parse_xcap_uri

_PIDF = "urn:ietf:params:xml:ns:pidf"
_DATA_MODEL = "urn:ietf:params:xml:ns:pidf:data-model"
_WATCHERINFO = "urn:ietf:params:xml:ns:watcherinfo"
_RLS_SERVICES = "urn:ietf:params:xml:ns:rls-services"
_RESOURCE_LISTS = "urn:ietf:params:xml:ns:resource-lists"

_MAX_PARTS = 256
_MAX_TEXT = 1 << 20
_MAX_SEGMENTS = 64
# What is left of a presence document that is no well-formed XML.
_ENTITY = re.compile(r"<(?:\w+:)?presence\b[^<]{0,8192}?\sentity\s*=\s*[\"']([^\"'<]{1,1024})[\"']")
_PERSON = re.compile(r"<(?:[\w-]+:)?person\b")
_ANYTHING = re.compile(r"<(?:[\w-]+:)?(?:person|device|tuple)\b")


@dataclass(frozen=True, slots=True)
class Presentity:
    """A presence document: of whom (address-of-record), and what it tells (RFC 3863, RFC 4479)."""

    entity: str
    has_person: bool
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Watcher:
    """A watcher in a watcherinfo document: its address-of-record and status (RFC 3858 §3.3)."""

    uri: str
    status: str


def parts_of(message: Message) -> tuple[BodyPart, ...]:
    """The message's body, or the parts of a multipart body in their order."""
    content_type = message.headers.get("Content-Type", "")
    if not message.body or not content_type:
        return ()
    return tuple(_flat(content_type, message.body, depth=4))[:_MAX_PARTS]


def _flat(content_type: str, data: bytes, depth: int) -> Iterator[BodyPart]:
    media_type = re.sub(r"\s", "", content_type.partition(";")[0]).lower()
    if not media_type.startswith("multipart/"):
        yield BodyPart(media_type, content_type, data)
    elif depth:
        for part in parse_multipart(data, content_type).parts:
            yield from _flat(part.content_type, part.content, depth - 1)


def presentities_in(parts: tuple[BodyPart, ...]) -> tuple[Presentity, ...]:
    """The presence documents in a body."""
    found = (_presentity(part) for part in parts if part.media_type == "application/pidf+xml")
    return tuple(each for each in found if each is not None)


def _presentity(part: BodyPart) -> Presentity | None:
    try:
        root = read_tree(part.data)
    except BodyError:
        return _damaged_presentity(part.data)
    if root.tag != f"{{{_PIDF}}}presence":
        return None
    children = {child.tag for child in root}
    return Presentity(
        entity=address_of_record(root.get("entity") or ""),
        has_person=f"{{{_DATA_MODEL}}}person" in children,
        is_empty=not children - {f"{{{_PIDF}}}note"},
    )


def _damaged_presentity(data: bytes) -> Presentity | None:
    text = data[:_MAX_TEXT].decode("utf-8", "replace")
    entity = _ENTITY.search(text)
    if entity is None:
        return None
    is_empty = _ANYTHING.search(text) is None
    return Presentity(address_of_record(entity[1]), _PERSON.search(text) is not None, is_empty)


def watchers_in(parts: tuple[BodyPart, ...]) -> tuple[Watcher, ...]:
    """The watchers that watcherinfo documents in a body name."""
    found: list[Watcher] = []
    for part in parts:
        if part.media_type != "application/watcherinfo+xml":
            continue
        try:
            root = read_tree(part.data)
        except BodyError:
            continue
        for each in root.iter(f"{{{_WATCHERINFO}}}watcher"):
            uri = address_of_record((each.text or "").strip())
            found.append(Watcher(uri, str(each.get("status") or "")))
    return tuple(found)


def rls_services_in(parts: tuple[BodyPart, ...]) -> tuple[str, ...]:
    """The URIs of the services that an rls-services document defines (RFC 4826 §4.3)."""
    return _attribute_in(parts, "application/rls-services+xml", f"{{{_RLS_SERVICES}}}service")


def list_entries_in(parts: tuple[BodyPart, ...]) -> tuple[str, ...]:
    """The addresses-of-record of the entries in a resource-lists document (RFC 4826 §3.2)."""
    name = f"{{{_RESOURCE_LISTS}}}entry"
    found = _attribute_in(parts, "application/resource-lists+xml", name)
    return tuple(map(address_of_record, found))


def _attribute_in(parts: tuple[BodyPart, ...], media_type: str, element: str) -> tuple[str, ...]:
    found: list[str] = []
    for part in parts:
        if part.media_type != media_type:
            continue
        try:
            root = read_tree(part.data)
        except BodyError:
            continue
        found.extend(str(each.get("uri")) for each in root.iter(element) if each.get("uri"))
    return tuple(found)


def xcap_uri_of(request: HttpRequest) -> XcapUri | None:
    """The XCAP URI of a request whatever the XCAP root is; None where it is none.

    The root is not known from a capture: it ends before the segment that stands before "users"
    or "global" (RFC 4825 §6.2).
    """
    target = request.target
    path = target.partition("?")[0]
    start = path.find("/", path.find("://") + 3) if "://" in path else 0
    segments = path[max(start, 0) :].split("/")[:_MAX_SEGMENTS]
    for place in range(2, len(segments)):
        if segments[place] in ("users", "global"):
            root = "/".join(segments[: place - 1]) + "/"
            try:
                return parse_xcap_uri(target, root)
            except XcapUriError:
                return None
    return None


def domain_of(uri: str) -> str | None:
    """The host of a SIP URI."""
    try:
        parsed = parse_uri(uri)
    except ValueError:
        return None
    return parsed.host if isinstance(parsed, SipUri) else None
