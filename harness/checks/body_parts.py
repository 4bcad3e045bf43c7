"""Message bodies, taken apart for the checks of bodies: multipart bodies part by part."""

from __future__ import annotations

from collections.abc import Iterator

from harness.body.content_coding import decode
from harness.body.schema import BodyError
from harness.checks.context import Context
from harness.checks.registry import BodyPart, Kind, reader_of, splitter_of
from harness.sip.message import Message as SipMessage
from harness.sip.message import Request, Response
from harness.xcap.http import HttpRequest, HttpResponse

_MAX_DEPTH = 4
_MAX_PARTS = 1000


def judged_parts(
    message: Request | Response | HttpRequest | HttpResponse, context: Context
) -> Iterator[tuple[Kind, object, Context]]:
    """Each body and body part that has a reader or splitter.

    Gives what was read with kind BODY, or the exception of its reader with UNREADABLE_BODY.
    """
    value = message.headers.get("Content-Type") or ""
    data = _decoded(message) if _is_whole(message) else b""
    if not data or not value:
        return
    offset = len(message.raw) - len(data) if message.raw.endswith(data) else None
    yield from parts_of(BodyPart(_essence(value), value, data, offset), context)


def parts_of(body: BodyPart, context: Context) -> Iterator[tuple[Kind, object, Context]]:
    """A body and the parts in it, likewise."""
    count = 0
    waiting = [(0, body)]
    while waiting and count < _MAX_PARTS:
        depth, part = waiting.pop(0)
        count += 1
        inside = context.at(part)
        splitter = splitter_of(part.media_type)
        if splitter is not None and depth < _MAX_DEPTH:
            try:
                waiting += [(depth + 1, each) for each in splitter(part)]
            except ValueError as error:
                yield Kind.UNREADABLE_BODY, error, inside
                continue
        reader = reader_of(part.media_type)
        if reader is None:
            continue
        try:
            found = reader(part.data)
        except ValueError as error:
            yield Kind.UNREADABLE_BODY, error, inside
            continue
        yield Kind.BODY, found, inside


def _is_whole(message: Request | Response | HttpRequest | HttpResponse) -> bool:
    """Whether the body is all there: one cut off by its connection or datagram shows nothing."""
    if isinstance(message, SipMessage):
        length = _sip_content_length(message)
        return length is None or length <= len(message.body)
    # RFC 9110 §15.3.7: the content of a 206 is a part of the representation.
    is_partial = isinstance(message, HttpResponse) and message.status == 206
    return not is_partial and not any(problem.where == "body" for problem in message.malformed)


def _sip_content_length(message: Request | Response) -> int | None:
    text = (message.headers.get("Content-Length") or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _decoded(message: Request | Response | HttpRequest | HttpResponse) -> bytes:
    """The body without its content codings, nothing where they cannot be undone."""
    if not isinstance(message, SipMessage):
        return message.body  # decoded already
    try:
        return decode(message.body, message.headers.values("Content-Encoding"))
    except BodyError:
        return b""


def _essence(content_type: str) -> str:
    return "".join(content_type.partition(";")[0].split()).lower()
