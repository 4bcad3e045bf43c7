"""How the bytes of a stream are cut into messages, SIP or HTTP, and which are refused unheard."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Literal, Protocol

from harness.model import Peer, Transport
from harness.sip.framing import MAX_MESSAGE, StreamFramer
from harness.sip.message import Request, SerializeError, make_response, parse
from harness.sip.response_routing import mark_received
from harness.xcap.framing import MAX_BODY, MAX_HEAD, HttpFramer
from harness.xcap.http import make_http_response

# RFC 5626 §4.4.1: the answer to a double-CRLF keep-alive.
_PONG = b"\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_HTTP_REASONS = {
    408: "Request Timeout",
    413: "Content Too Large",
    431: "Request Header Fields Too Large",
}


@dataclass(slots=True)
class Cut:
    """What came out of the stream: whole messages, bytes to send back without asking anybody, and
    at the end a message that is refused with `status`, after which the connection ends."""

    messages: list[bytes] = field(default_factory=list)
    answer: bytes = b""
    refused: bytes = b""
    status: int = 0


class Framing(Protocol):
    """Cuts a byte stream into whole messages and says what to answer at once."""

    held: int
    """Bytes of the message that has begun and is not whole yet."""

    def feed(self, data: bytes) -> Cut:
        """Take the next bytes of the stream."""

    def close(self) -> list[bytes]:
        """What the end of the stream completes."""

    @property
    def is_broken(self) -> bool:
        """Whether no further message can be told apart, so that the connection must end."""


class SipFraming:
    """SIP over a stream: messages by Content-Length, keep-alives answered (RFC 5626 §4.4.1)."""

    def __init__(self, role: Literal["server", "client"]) -> None:
        self._framer = StreamFramer(role)
        self._broken = False
        self.held = 0

    def feed(self, data: bytes) -> Cut:
        cut = Cut()
        frames = self._framer.feed(data)
        for frame in frames:
            if frame.kind == "ping":
                cut.answer += _PONG
            elif frame.kind == "message":
                cut.messages.append(frame.data)
            elif frame.kind == "garbage" and self._lose(frame.data, cut):
                break
        if frames:
            self.held = len(self._framer.pending.lstrip(b"\r\n"))
        elif self.held or data.strip(b"\r\n"):
            self.held += len(data)
        return cut

    def _lose(self, garbage: bytes, cut: Cut) -> bool:
        """Where messages can no longer be told apart; True where we say why."""
        head = b"" if self._broken else _large_head(garbage)
        self._broken = True
        if head:
            cut.refused, cut.status = head, 513
        else:
            cut.messages.append(garbage)
        return bool(head)

    def close(self) -> list[bytes]:
        pending = self._framer.pending
        return [pending] if pending.strip(b"\r\n") else []

    @property
    def is_broken(self) -> bool:
        return self._broken


class HttpFraming:
    """HTTP in either direction (RFC 9112 §6)."""

    def __init__(self, role: Literal["server", "client"]) -> None:
        self._framer = HttpFramer(role)
        self._is_server = role == "server"
        self._continued = False
        self.held = 0

    def feed(self, data: bytes) -> Cut:
        cut = Cut(self._framer.feed(data))
        # RFC 9110 §10.1.1: 100 (Continue) once for each request that waits for it.
        wanted = self._framer.continue_wanted
        cut.answer = _CONTINUE if wanted and not self._continued else b""
        self._continued = wanted
        self.held = len(self._framer.pending) if cut.messages else self.held + len(data)
        if self._is_server:
            self._refuse_large(cut)
        return cut

    def _refuse_large(self, cut: Cut) -> None:
        """What the framer gave up at its bounds is no message, and nothing after it is."""
        for index, message in enumerate(cut.messages):
            is_cut_head = len(message) >= MAX_HEAD and b"\n\r\n" not in message[:MAX_HEAD]
            if is_cut_head or len(message) > MAX_BODY:
                cut.refused, cut.status = message, 431 if is_cut_head else 413
                del cut.messages[index:]
                return

    def close(self) -> list[bytes]:
        return self._framer.close()

    def expect(self, method: str) -> None:
        """The next response answers a request with this method."""
        self._framer.expect(method)

    @property
    def is_broken(self) -> bool:
        return self._framer.garbled


def make_framing(kind: Transport, role: Literal["server", "client"]) -> Framing:
    """The framing of a new connection."""
    return SipFraming(role) if kind.is_sip else HttpFraming(role)


def make_refusal(kind: Transport, raw: bytes, status: int, source: Peer, now: float) -> bytes:
    """The response to a message that is not heard; b"" where there is none.

    `now` is seconds since the epoch.
    """
    if not kind.is_sip:
        # RFC 9110 §15.5.9, §15.5.14; RFC 6585 §5.
        headers = [("Date", formatdate(now, usegmt=True)), ("Connection", "close")]
        return make_http_response(status, _HTTP_REASONS[status], headers)
    request = parse(raw)
    if not isinstance(request, Request) or request.method == "ACK":
        return b""
    marked = mark_received(request, source)
    try:
        return make_response(marked, status, to_tag=secrets.token_hex(8)).raw
    except SerializeError:
        return b""


def _large_head(raw: bytes) -> bytes:
    """The head of a request whose body nobody holds (RFC 3261 §21.5.7), else b""."""
    end = _END_OF_HEAD.search(raw)
    if end is None:
        return b""
    head = raw[: end.end()]
    request = parse(head)
    length = request.content_length if isinstance(request, Request) else None
    return head if length is not None and length + len(head) > MAX_MESSAGE else b""
