"""Multipart bodies and content codings (RFC 2045, RFC 2046, RFC 2387, RFC 3261 §7.4.1)."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from harness.body.content_coding import decode
from harness.body.multipart import Multipart, Part, parse_multipart
from harness.body.schema import BodyError
from harness.checks.context import Context
from harness.checks.places import mismatch
from harness.checks.registry import (
    INFO,
    MUST,
    SHOULD,
    BodyPart,
    bodies,
    check,
    reads,
    responses,
    sip_messages,
    splits,
)
from harness.model import Mismatch
from harness.sip.message import Message, Request, Response

RELATED = "multipart/related"
KINDS = (RELATED, "multipart/mixed", "multipart/alternative")

_MECHANISMS = ("7bit", "8bit", "binary", "quoted-printable", "base64")
_CODINGS = ("gzip", "x-gzip", "deflate", "identity")
# msg-id = "<" id-left "@" id-right ">" (RFC 2822 §3.6.4), quoted and literal forms included.
_MESSAGE_ID = re.compile(r'<[^<>\s@]+@[^<>\s@]+>|<"[^"<>]+"@[^<>\s]+>|<[^<>\s@]+@\[[^<>\s\]]*\]>')

_COMMENT = re.compile(r"\([^()]*\)")
"""A comment of RFC 822 §3.3, which the fields of a body part may have."""


@lru_cache(64)
def _parsed(data: bytes, content_type: str) -> Multipart:
    return parse_multipart(data, content_type)


def multipart_of(part: BodyPart) -> Multipart:
    """What a multipart body is made of, remembered."""
    return _parsed(part.data, part.content_type)


def _split(part: BodyPart) -> Iterator[BodyPart]:
    for each in multipart_of(part).parts:
        is_as_sent = part.offset is not None and each.content == each.body
        yield BodyPart(
            media_type="".join(each.media_type.split()),
            content_type=each.content_type,
            data=each.content,
            offset=part.offset + each.offset if is_as_sent and part.offset is not None else None,
            content_id=each.content_id or "",
        )


for _kind in KINDS:
    splits(_kind, _split)
    reads(_kind, bytes)

_MULTIPART = bodies(*KINDS)


def _found(context: Context) -> Multipart:
    part = context.body
    return multipart_of(part) if part is not None else parse_multipart(b"", "")


def _at(context: Context, offset: int, where: str, expected: str, observed: str) -> Mismatch:
    start = context.body.offset if context.body is not None else None
    is_in_body = start is not None and where != "Content-Type"
    return Mismatch(expected, observed, where, start + offset if is_in_body and start else None)


@check("MIME-BOUNDARY-1", clause="RFC 2046 §5.1.1", level=MUST, on=_MULTIPART)
def content_type_has_a_boundary(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The Content-Type of a multipart body has a boundary parameter of 1 to 70 bchars."""
    for fault in _found(context).malformed:
        if fault.where == "Content-Type" and "boundary" in fault.expected:
            yield _at(context, 0, "Content-Type", fault.expected, fault.observed)


@check("MIME-BOUNDARY-2", clause="RFC 2046 §5.1.1", level=MUST, on=_MULTIPART)
def parts_are_delimited(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The parts of a multipart body stand between delimiter lines, the last one closed by "--"."""
    for fault in _found(context).malformed:
        if fault.where == "body" and "at most" not in fault.expected:
            yield _at(context, fault.offset, "body", fault.expected, fault.observed)


@check("MIME-PART-1", clause="RFC 2046 §5.1.1", level=MUST, on=_MULTIPART)
def parts_have_header_fields(body: bytes, context: Context) -> Iterator[Mismatch]:
    """A body part is header fields, an empty line, and content."""
    for fault in _found(context).malformed:
        if fault.where == "body part":
            yield _at(context, fault.offset, "body part", fault.expected, fault.observed)


@check("MIME-RELATED-1", clause="RFC 2387 §3.1", level=MUST, on=bodies(RELATED))
def related_names_its_type(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The Content-Type of a multipart/related body has a type parameter."""
    for fault in _found(context).malformed:
        if fault.expected.startswith("type parameter"):
            yield _at(context, 0, "Content-Type", "a type parameter", "none")


@check("MIME-RELATED-2", clause="RFC 2387 §3.1", level=SHOULD, on=bodies(RELATED))
def type_is_that_of_the_root(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The type parameter of multipart/related is the media type of the root part."""
    for fault in _found(context).malformed:
        if fault.expected.startswith("type of the root part"):
            yield _at(context, 0, "Content-Type", fault.expected, fault.observed)


# "The start parameter, if given, is the content-ID": no must, as that of the type parameter is one.
@check("MIME-RELATED-3", clause="RFC 2387 §3.2", level=SHOULD, on=bodies(RELATED))
def start_names_a_part(body: bytes, context: Context) -> Iterator[Mismatch]:
    """The start parameter of multipart/related, if given, is the Content-ID of a part."""
    for fault in _found(context).malformed:
        if fault.expected.startswith("start names"):
            yield _at(context, 0, "Content-Type", "the Content-ID of a part", fault.observed)


def _ids(context: Context) -> Iterator[tuple[Part, str]]:
    for part in _found(context).parts:
        value = part.header("Content-ID")
        if value is not None:
            yield part, value.strip()


@check("MIME-ID-1", clause="RFC 2045 §7", level=MUST, on=_MULTIPART)
def content_id_is_a_message_id(body: bytes, context: Context) -> Iterator[Mismatch]:
    """A Content-ID has the form of a Message-ID: "<" left "@" right ">"."""
    for part, value in _ids(context):
        if _MESSAGE_ID.fullmatch(value) is None:
            yield _at(context, part.offset, "Content-ID", '"<" id-left "@" id-right ">"', value)


@check("MIME-ID-2", clause="RFC 2045 §7", level=MUST, on=_MULTIPART)
def content_ids_are_unique(body: bytes, context: Context) -> Iterator[Mismatch]:
    """No two parts of a body have the same Content-ID.

    But the alternatives of multipart/alternative may (RFC 2046 §5.1.4).
    """
    if _found(context).media_type == "multipart/alternative":
        return
    counts = Counter(value for _, value in _ids(context))
    for value, count in counts.items():
        if count > 1:
            yield _at(context, 0, "Content-ID", f"one part with {value}", f"{count} parts")


@check("MIME-TRANSFER-1", clause="RFC 2045 §6", level=MUST, on=_MULTIPART)
def transfer_encoding_is_kept(body: bytes, context: Context) -> Iterator[Mismatch]:
    """A part is in the Content-Transfer-Encoding that it names, one that is defined."""
    name = "Content-Transfer-Encoding"
    for part in _found(context).parts:
        value = _COMMENT.sub("", part.header(name) or "")
        mechanism = value.partition(";")[0].strip().lower() or "binary"
        if mechanism not in _MECHANISMS and not mechanism.startswith("x-"):
            yield _at(context, part.offset, name, ", ".join(_MECHANISMS), mechanism)
        elif mechanism == "base64" and not is_base64(part.body):
            yield _at(context, part.offset, name, "base64", repr(part.body[:40])[2:-1])


def is_base64(data: bytes) -> bool:
    """Whether these are base64 characters in quantums of four, line breaks aside (RFC 4648 §4)."""
    try:
        base64.b64decode(b"".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _codings(message: Message) -> tuple[str, ...]:
    return tuple(each.strip().lower() for each in message.headers.values("Content-Encoding"))


@check("MIME-CODING-1", clause="RFC 3261 §7.4.1", level=MUST, on=sip_messages())
def body_is_in_its_coding(message: Request | Response, context: Context) -> Iterator[Mismatch]:
    """A body is in the codings that Content-Encoding names."""
    codings = _codings(message)
    if not message.body or not codings or not set(codings) <= set(_CODINGS):
        return
    try:
        decode(message.body, codings)
    except BodyError as error:
        if "more than" not in error.reason and "at most" not in error.reason:
            yield mismatch(message, "Content-Encoding", f"a {codings[-1]} body", error.reason)


@check("MIME-CODING-2", clause="RFC 3261 §20.12", level=MUST, on=responses())
def response_uses_an_accepted_coding(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response uses only content codings that the Accept-Encoding of its request lists."""
    request = context.sip_request
    # Without the field the server SHOULD assume identity (RFC 3261 §20.2): no MUST.
    if request is None or not response.body or "Accept-Encoding" not in request.headers:
        return
    accepted = {
        value.partition(";")[0].strip().lower().removeprefix("x-")
        for value in request.headers.values("Accept-Encoding")
    }
    for coding in (each.removeprefix("x-") for each in _codings(response)):
        if coding not in accepted | {"identity"} and "*" not in accepted:
            wanted = ", ".join(sorted(accepted)) or "identity"
            yield mismatch(response, "Content-Encoding", wanted, coding)


@check("MIME-EMPTY-1", clause="RFC 3261 §20.15", level=INFO, on=sip_messages())
def typed_body_is_there(message: Request | Response, context: Context) -> Iterator[Mismatch]:
    """A message without a body has no Content-Type of XML, which is never of zero length."""
    kind = message.content_type
    if not message.body and kind is not None and kind.essence.endswith("+xml"):
        yield mismatch(message, "Content-Type", "absent, as there is no body")
