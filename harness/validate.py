"""Judges message bodies alone: well-formedness, schemas, and the checks that need no conversation.

A body comes without the message that carried it, so a message that says nothing of its own stands
in for it; checks that compare a body with its message, or with what came before, then have nothing
to compare. What XCAP stores is judged as the content of a PUT, for which its URI can be given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from harness.body.catalog import QName, catalog
from harness.body.entity import read_entity
from harness.body.schema import BodyError, parse_xml
from harness.body.wellformed import BoundsError
from harness.checks.body_parts import parts_of
from harness.checks.context import Context
from harness.checks.registry import (
    Applicable,
    BodyPart,
    Kind,
    Selected,
    applicable,
    reader_of,
    splitter_of,
)
from harness.checks.session import Session
from harness.checks.xcap_target import XcapTarget, xcap_target
from harness.checks.xml_documents import (
    DOCUMENTS,
    FRAGMENT,
    RESOURCE_LISTS,
    RLS_SERVICES,
    XmlDocument,
)
from harness.config import Profile
from harness.model import Clause, Level, Mismatch, Peer, Transport
from harness.trace import TraceEntry
from harness.xcap.http import HttpRequest

XML = "application/xml"
"""The type of a document whose root says nothing about its type."""

_MAX_MISMATCHES = 20
_TYPE = re.compile(r"\s*[\w!#$&.+^-]+\s*/\s*[\w!#$&.+^-]+\s*(;[^\r\n]*)?")
_NOBODY = Peer("192.0.2.1", 5060, Transport.UDP)
_CLIENT = Peer("192.0.2.1", 80, Transport.HTTP)

ATTRIBUTE = "application/xcap-att+xml"
BINDINGS = "application/xcap-ns+xml"
_NODE_TYPES = {"element": FRAGMENT, "attribute": ATTRIBUTE, "namespaces": BINDINGS}
_PUT_AT = {
    RESOURCE_LISTS: "/resource-lists/users/nobody/index",
    RLS_SERVICES: "/rls-services/users/nobody/index",
    BINDINGS: "/resource-lists/users/nobody/index/~~/*/namespace::*",
}
"""Where a body is taken to belong whose URI is not given: its rules are those of XCAP."""
_OF_CONTENT = (
    *("XCAP-ELEMENT-", "XCAP-ATTRIBUTE-", "XCAP-UNIQUE-", "XCAP-ANCHOR-", "XCAP-REF-"),
    *("XCAP-SERVICE-2", "XCAP-TYPE-", "XCAP-SELECTOR-", "XCAP-PREFIX-", "XCAP-NAMESPACES-"),
    *("XCAP-TREE-", "XCAP-DOCUMENT-", "XML-FORM-"),
)
"""The checks of HTTP messages that are about what these carry, and about its place."""


@dataclass(frozen=True, slots=True)
class BodyFinding:
    """A clause that a body breaks, and where.

    `where` is the path in the document, `offset` counts bytes and `line` lines (from 1) from the
    body's start; both are None for a place in something that is not sent as it is (base64).
    """

    check: str
    level: Level
    clause: Clause
    purpose: str
    expected: str
    observed: str
    where: str
    offset: int | None
    line: int | None
    hint: str


@dataclass(frozen=True, slots=True)
class Validation:
    """What was found in one body; `problems` tells what of it could not be judged, and why."""

    name: str
    media_type: str
    findings: tuple[BodyFinding, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_broken(self) -> bool:
        """Whether the body breaks a MUST."""
        return any(each.level is Level.MUST for each in self.findings)


class BodyJudge:
    """Judges bodies under a profile; `time` is now, in seconds since the epoch."""

    def __init__(self, profile: Profile, time: float) -> None:
        self._profile = profile
        self._time = time
        self._checks = applicable(profile)

    def judge(
        self,
        name: str,
        data: bytes,
        content_type: str | None = None,
        *,
        at: str = "",
        codings: tuple[str, ...] = (),
    ) -> Validation:
        """What is wrong with the body `data`, taken for what its root says it is.

        With `content_type`, the value of a Content-Type header field, for that instead. `at` is
        the XCAP URI that the body is put to, or for namespace bindings was got from; `codings`
        are its content codings, the last applied last. A body in gzip, or with header fields
        before it, is known as such.
        """
        if content_type is not None and _TYPE.fullmatch(content_type) is None:
            problem = (
                f"{content_type!r} is no media type: give TYPE/SUBTYPE, as application/pidf+xml"
            )
            return Validation(name, content_type, problems=(problem,))
        if at and not at.isspace() and _target_of(at) is None:
            problem = f"{at!r} is no XCAP URI: give /AUID/users/XUI/DOCUMENT, and the node selector"
            return Validation(name, content_type or "", problems=(problem,))
        try:
            entity = read_entity(data, codings)
        except BodyError as error:
            return Validation(name, content_type or "", problems=(str(error),))
        value = content_type or entity.content_type
        data = entity.data
        if _essence(value) in ("", XML, "text/xml"):
            value = _type_at(at) or _type_of(data)
        media_type = _essence(value)
        at = at or _PUT_AT.get(media_type, "")
        if problem := _not_judged(media_type, data, at):
            return Validation(name, media_type, problems=(problem,))
        findings: list[BodyFinding] = []
        problems: list[str] = []
        for kind, given, context in self._parts(media_type, value, data, at):
            if isinstance(given, BoundsError):
                problems.append(str(given))
            findings += self._meet(kind, given, context, problems)
        moved = tuple(_moved(each, entity.lines) for each in _in_order(findings))
        return Validation(name, media_type, moved, tuple(problems))

    def _parts(
        self, media_type: str, content_type: str, data: bytes, at: str
    ) -> Iterator[tuple[Kind, object, Context]]:
        entry = self._entry(media_type, content_type, data, at)
        start = len(entry.raw) - len(data)
        body = BodyPart(media_type, content_type, data, start)
        context = Context(self._profile, entry, "ue", Session(_NOBODY.host), body=body)
        asked = None if entry.answers is None else entry.answers.message
        if isinstance(asked, HttpRequest):
            context = replace(context, request=asked)
        if not entry.is_sip:
            yield Kind.HTTP_RESPONSE if entry.answers else Kind.HTTP_REQUEST, entry.message, context
        if media_type != XML:
            yield from parts_of(body, context)
            return
        try:
            yield Kind.BODY, XmlDocument(parse_xml(data)), context
        except BodyError as error:
            yield Kind.UNREADABLE_BODY, error, context

    def _entry(self, media_type: str, content_type: str, data: bytes, at: str) -> TraceEntry:
        """The message that stands in for the one that carried the body."""
        fields = f"Content-Type: {content_type}\r\nContent-Length: {len(data)}\r\n\r\n"
        if not at:
            head = f"MESSAGE sip:a@example.com SIP/2.0\r\n{fields}"
            return self._message(head, _NOBODY, data)
        if media_type != BINDINGS:
            return self._message(f"PUT {at} HTTP/1.1\r\n{fields}", _CLIENT, data)
        request = self._message(f"GET {at} HTTP/1.1\r\n\r\n", _CLIENT, b"")
        answer = self._message(f"HTTP/1.1 200 OK\r\n{fields}", _CLIENT, data)
        return replace(answer, answers=request)

    def _message(self, head: str, peer: Peer, data: bytes) -> TraceEntry:
        return TraceEntry(1, self._time, peer, peer, head.encode("utf-8", "surrogateescape") + data)

    def _meet(
        self, kind: Kind, given: object, context: Context, problems: list[str]
    ) -> Iterator[BodyFinding]:
        body = context.body
        assert body is not None
        size = len(context.entry.raw)
        for each, level in _checks_for(self._checks, kind, body.media_type):
            try:
                found = each.find(given, context)
                for mismatch in islice(found, _MAX_MISMATCHES):
                    if isinstance(mismatch, Mismatch):
                        place = _place(context.entry.raw, mismatch.offset, size)
                        yield BodyFinding(
                            each.id,
                            level,
                            each.clause,
                            each.purpose,
                            mismatch.expected,
                            mismatch.observed,
                            mismatch.where,
                            *place,
                            mismatch.hint,
                        )
            except Exception as error:
                # One broken check must not end the command; it is a fault of the harness.
                problems.append(f"{each.id} failed: {error!r}")


def _checks_for(checks: Applicable, kind: Kind, media_type: str) -> Selected:
    """The checks of a media type; of one that we do not know, those of every document.

    Of those of an HTTP message, the ones that are about what it carries.
    """
    if kind in (Kind.HTTP_REQUEST, Kind.HTTP_RESPONSE):
        method = "PUT" if kind is Kind.HTTP_REQUEST else "GET"
        status = None if kind is Kind.HTTP_REQUEST else 200
        found = checks.find(kind, method, None, status)
        return tuple(pair for pair in found if pair[0].id.startswith(_OF_CONTENT))
    if media_type != XML:
        return checks.find(kind, media_type, None)
    every = [checks.find(kind, each, None) for each in DOCUMENTS]
    common = set.intersection(*({each.id for each, _ in selected} for selected in every))
    return tuple(pair for pair in every[0] if pair[0].id in common)


def _place(raw: bytes, offset: int | None, size: int) -> tuple[int | None, int | None]:
    """Offset and line in the body of a place in the message that carries it."""
    start = raw.index(b"\r\n\r\n") + 4
    if offset is None or not start <= offset <= size:
        return None, None
    return offset - start, raw.count(b"\n", start, offset) + 1


def _moved(finding: BodyFinding, lines: int | None) -> BodyFinding:
    """The finding with its line in the file, where `lines` stand before the body."""
    line = None if finding.line is None or lines is None else finding.line + lines
    return replace(finding, line=line)


def _in_order(findings: list[BodyFinding]) -> list[BodyFinding]:
    """As they stand in the body; what has no place there comes first."""
    return sorted(findings, key=lambda each: -1 if each.offset is None else each.offset)


def _essence(content_type: str) -> str:
    return "".join(content_type.partition(";")[0].split()).lower()


def _type_of(data: bytes) -> str:
    """The media type of documents with this root."""
    try:
        root = QName.parse(parse_xml(data).tag)
    except BodyError:
        return XML
    entry = catalog().entries.get(root.namespace or "")
    media = {} if entry is None else entry.media
    return next((name for name, roots in media.items() if root.local in roots), XML)


def _type_at(at: str) -> str:
    """The media type of what is at an XCAP URI; "" where it does not tell."""
    target = _target_of(at) if at else None
    if target is None:
        return ""
    if target.kind == "document" and target.usage is not None:
        return target.usage.content_type
    return _NODE_TYPES.get(target.kind, "")


def _target_of(at: str) -> XcapTarget | None:
    """What an XCAP URI points to, None where it is none."""
    sign = "X-3GPP-Intended-Identity: x"  # an XCAP request, whatever its AUID
    head = f"PUT {at} HTTP/1.1\r\n{sign}\r\n\r\n".encode("utf-8", "surrogateescape")
    request = TraceEntry(1, 0.0, _CLIENT, _CLIENT, head).message
    return xcap_target(request) if isinstance(request, HttpRequest) else None


def _not_judged(media_type: str, data: bytes, at: str) -> str:
    """Why a body cannot be judged at all, "" where it can."""
    if any(character in at for character in " \r\n\t"):
        return "an XCAP URI has no white space: percent-encode it"
    if media_type in (FRAGMENT, ATTRIBUTE) and not at:
        return "a part of an XCAP document is judged by its place: give its URI with --at"
    if media_type in (ATTRIBUTE, BINDINGS):
        return ""
    if media_type == XML:
        is_multipart = data.lstrip(b"\r\n").startswith(b"--")
        return "a multipart body? Give its --type 'multipart/...;boundary=...'" * is_multipart
    if reader_of(media_type) is None and splitter_of(media_type) is None:
        return f"nothing is known of bodies of type {media_type}"
    return ""


def to_json(result: Validation) -> dict[str, object]:
    """A validation as JSON values, as scripts read it."""
    return {
        "file": result.name,
        "type": result.media_type,
        "findings": [_finding(each) for each in result.findings],
        "problems": list(result.problems),
    }


def _finding(finding: BodyFinding) -> dict[str, object]:
    return {
        "check": finding.check,
        "level": finding.level.value,
        "clause": str(finding.clause),
        "url": finding.clause.url,
        "line": finding.line,
        "offset": finding.offset,
        "where": finding.where,
        "purpose": finding.purpose,
        "expected": finding.expected,
        "observed": finding.observed,
        "hint": finding.hint,
    }
