"""SIP requests and responses: `parse` reads any bytes, `make_*` and `serialize` write strictly."""

from __future__ import annotations

from harness.sip.headers import HeaderField, Headers
from harness.sip.parsing import Message, Request, Response, parse
from harness.sip.writing import (
    REASON_PHRASES,
    SerializeError,
    make_raw,
    make_request,
    make_response,
    serialize,
    with_header,
    without_header,
)

__all__ = [
    "REASON_PHRASES",
    "HeaderField",
    "Headers",
    "Message",
    "Request",
    "Response",
    "SerializeError",
    "make_raw",
    "make_request",
    "make_response",
    "parse",
    "serialize",
    "with_header",
    "without_header",
]
