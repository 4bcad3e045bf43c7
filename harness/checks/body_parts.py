"""Message bodies, taken apart for the checks of bodies: multipart bodies part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.checks.context import Context
from harness.checks.registry import BodyPart, Kind, reader_of, splitter_of
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
    if not message.body:
        return
    value = message.headers.get("Content-Type") or ""
    if not value or _is_encoded(message):
        return
    at = message.raw.find(message.body) if message.raw.endswith(message.body) else -1
    offset = len(message.raw) - len(message.body) if at >= 0 else None
    count = 0
    waiting = [(0, BodyPart(_essence(value), value, message.body, offset))]
    while waiting and count < _MAX_PARTS:
        depth, part = waiting.pop(0)
        count += 1
        inside = replace(context, body=part)
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
            body = reader(part.data)
        except ValueError as error:
            yield Kind.UNREADABLE_BODY, error, inside
            continue
        yield Kind.BODY, body, inside


def _is_encoded(message: Request | Response | HttpRequest | HttpResponse) -> bool:
    # The body of an HTTP message comes decoded already.
    coding = message.headers.get("Content-Encoding") or "identity"
    return isinstance(message, Request | Response) and coding.lower() != "identity"


def _essence(content_type: str) -> str:
    return "".join(content_type.partition(";")[0].split()).lower()
