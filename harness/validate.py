"""Judges message bodies alone: well-formedness, schemas, and the checks that need no conversation.

A body comes without the message that carried it, so
a message that says nothing of its own stands in for it; checks that compare a body with its
message, or with what came before, then have nothing to compare.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from harness.body.catalog import QName, catalog
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
from harness.checks.xml_documents import DOCUMENTS, FRAGMENT, XmlDocument
from harness.config import Profile
from harness.model import Clause, Level, Mismatch, Peer, Transport
from harness.trace import TraceEntry

XML = "application/xml"
"""The type of a document whose root says nothing about its type."""

_MAX_MISMATCHES = 20
_TYPE = re.compile(r"\s*[\w!#$&.+^-]+\s*/\s*[\w!#$&.+^-]+\s*(;[^\r\n]*)?")
_NOBODY = Peer("192.0.2.1", 5060, Transport.UDP)


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

    def judge(self, name: str, data: bytes, content_type: str | None = None) -> Validation:
        """What is wrong with the body `data`, taken for what its root says it is.

        With `content_type`, the value of a Content-Type header field, for that instead.
        """
        if content_type is not None and _TYPE.fullmatch(content_type) is None:
            return Validation(name, content_type, problems=("this is no media type",))
        media_type = _essence(content_type or "")
        if media_type in ("", XML, "text/xml"):
            media_type = _type_of(data)
            content_type = media_type
        if problem := _not_judged(media_type, data):
            return Validation(name, media_type, problems=(problem,))
        findings: list[BodyFinding] = []
        problems: list[str] = []
        for kind, given, context in self._parts(media_type, content_type or "", data):
            if isinstance(given, BoundsError):
                problems.append(str(given))
            findings += self._meet(kind, given, context, problems)
        return Validation(name, media_type, tuple(_in_order(findings)), tuple(problems))

    def _parts(
        self, media_type: str, content_type: str, data: bytes
    ) -> Iterator[tuple[Kind, object, Context]]:
        head = f"MESSAGE sip:a@example.com SIP/2.0\r\nContent-Type: {content_type}\r\n\r\n"
        start = head.encode("utf-8", "surrogateescape")
        entry = TraceEntry(1, self._time, _NOBODY, _NOBODY, start + data)
        body = BodyPart(media_type, content_type, data, len(start))
        context = Context(self._profile, entry, "ue", Session(_NOBODY.host), body=body)
        if media_type != XML:
            yield from parts_of(body, context)
            return
        try:
            yield Kind.BODY, XmlDocument(parse_xml(data)), context
        except BodyError as error:
            yield Kind.UNREADABLE_BODY, error, context

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
    """The checks of a media type; of one that we do not know, those of every document."""
    if media_type != XML:
        return checks.find(kind, media_type, None)
    found = [checks.find(kind, each, None) for each in DOCUMENTS]
    common = set.intersection(*({each.id for each, _ in selected} for selected in found))
    return tuple(pair for pair in found[0] if pair[0].id in common)


def _place(raw: bytes, offset: int | None, size: int) -> tuple[int | None, int | None]:
    """Offset and line in the body of a place in the message that carries it."""
    start = raw.index(b"\r\n\r\n") + 4
    if offset is None or not start <= offset <= size:
        return None, None
    return offset - start, raw.count(b"\n", start, offset) + 1


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


def _not_judged(media_type: str, data: bytes) -> str:
    """Why a body cannot be judged at all, "" where it can."""
    if media_type == FRAGMENT:
        return "an XCAP element is judged in its document only: validate the whole document"
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
