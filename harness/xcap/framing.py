"""Cuts a byte stream into whole HTTP/1.1 messages (RFC 9112 §6), as received."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Literal

MAX_HEAD = 64 * 1024
"""Octets of start line and header section."""

MAX_BODY = 16 * 1024 * 1024
"""Octets of a body that is kept; of a longer one only the head is given on."""

_REQUEST_START = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t][^\r\n]*[ \t]HTTP/[^ \t\r\n]*[ \t\r]*\Z"
)
_STATUS = re.compile(rb"\S+[ ]+([0-9]{3})")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_HEAD_END = re.compile(rb"\n\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CONTENT_LENGTH = re.compile(rb"\ncontent-length[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_TRANSFER_ENCODING = re.compile(rb"\ntransfer-encoding[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)
_EXPECT_CONTINUE = re.compile(rb"\nexpect[ \t]*:[ \t]*100-continue[ \t]*\r?\n", re.IGNORECASE)

_State = Literal["start", "length", "skip", "chunk-size", "chunk-data", "trailer", "close"]


class HttpFramer:
    """Feed it what a TCP connection brings; it gives back raw messages, head and body.

    `role` is ours: a "server" reads requests, a "client" reads responses. It never raises. What
    is no HTTP message comes out as one raw piece, up to the next line that looks like a start
    line, and parses as a malformed message.
    """

    def __init__(self, role: Literal["server", "client"] = "server") -> None:
        self._role = role
        self._buffer = bytearray()
        self._state: _State = "start"
        self._scanned = 0  # octets of the buffer already known to hold no end of head or line
        self._end = 0  # where the current message, or its current chunk, ends in the buffer
        self._skip = 0  # octets of an oversized body still to be thrown away
        self._methods: deque[str] = deque()
        self._garbage = False
        self._continue_head = 0  # length of a head whose sender waits for 100 (Continue)
        self._closed = False
        self._steps: dict[_State, Callable[[list[bytes]], bool]] = {
            "start": self._read_head,
            "length": self._read_length,
            "skip": self._skip_body,
            "chunk-size": self._read_chunk_size,
            "chunk-data": self._read_chunk_data,
            "trailer": self._read_trailer,
            "close": self._read_until_close,
        }

    def expect(self, method: str) -> None:
        """Tell the method of a request sent, so that the response to HEAD gets no body."""
        self._methods.append(method)

    @property
    def pending(self) -> bytes:
        """What has arrived of a message that is not whole yet."""
        return bytes(self._buffer)

    @property
    def garbled(self) -> bool:
        """Whether what is pending can no longer become a message: a server may answer and close."""
        return self._garbage

    @property
    def continue_wanted(self) -> bool:
        """Whether the peer waits for 100 (Continue) before the body (RFC 9110 §10.1.1).

        Once content has come there is no need to send it.
        """
        return self._continue_head == len(self._buffer) > 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take octets of the stream; give back the messages that are whole now."""
        if self._closed:
            return []
        self._buffer += data
        messages: list[bytes] = []
        while self._step(messages):
            pass
        return messages

    def close(self) -> list[bytes]:
        """The stream has ended: what is pending is the last message, whole or cut short."""
        self._closed = True
        last = bytes(self._buffer)
        self._buffer.clear()
        return [last] if last else []

    def _step(self, messages: list[bytes]) -> bool:
        """Go one state on; False when more octets are needed."""
        return self._steps[self._state](messages)

    def _finish(self, end: int, messages: list[bytes]) -> bool:
        """The first `end` octets are one message."""
        messages.append(bytes(self._buffer[:end]))
        del self._buffer[:end]
        self._state = "start"
        self._scanned = self._end = 0
        self._garbage = False
        self._continue_head = 0
        return True

    def _bound(self, limit: int, messages: list[bytes]) -> bool:
        """Never hold more than `limit` octets: beyond it, what is there goes out as it is."""
        return len(self._buffer) > limit and self._finish(limit, messages)

    # -- head

    def _read_head(self, messages: list[bytes]) -> bool:
        if self._garbage:
            return self._resynchronise(messages)
        # RFC 9112 §2.2: empty lines before a start line are ignored.
        blank = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
        del self._buffer[:blank]
        line_end = self._buffer.find(b"\n", 0, MAX_HEAD)
        if line_end < 0:
            return self._bound(MAX_HEAD, messages)
        if not self._is_start_line(self._buffer[:line_end]):
            self._garbage = True
            self._scanned = line_end + 1
            return True
        end = _HEAD_END.search(self._buffer, max(line_end, self._scanned - 2), MAX_HEAD)
        if end is None:
            self._scanned = min(len(self._buffer), MAX_HEAD)
            return self._bound(MAX_HEAD, messages)
        self._choose_body(bytes(self._buffer[: end.end()]), messages)
        return True

    def _is_start_line(self, line: bytes | bytearray) -> bool:
        if self._role == "client":
            return line.startswith(b"HTTP/")
        return _REQUEST_START.match(line) is not None

    def _resynchronise(self, messages: list[bytes]) -> bool:
        """Garbage ends where a line looks like a start line."""
        while (line_end := self._buffer.find(b"\n", self._scanned, MAX_HEAD)) >= 0:
            if self._is_start_line(self._buffer[self._scanned : line_end]):
                return self._finish(self._scanned, messages)
            self._scanned = line_end + 1
        return self._bound(MAX_HEAD, messages)

    def _choose_body(self, head: bytes, messages: list[bytes]) -> None:
        """Where the message ends (RFC 9112 §6.3, its cases in its order)."""
        if self._role == "client" and self._is_bodiless_response(head):
            self._finish(len(head), messages)
            return
        encodings = b",".join(_TRANSFER_ENCODING.findall(head)).lower()
        if self._role == "server" and _wants_continue(head):
            self._continue_head = len(head)
        if encodings:
            if encodings.rsplit(b",", 1)[-1].strip() == b"chunked":
                self._state, self._end = "chunk-size", len(head)
            elif self._role == "client":
                self._state = "close"
            else:
                self._finish(len(head), messages)
            return
        lengths = _CONTENT_LENGTH.findall(head)
        if not lengths and self._role == "client":
            self._state = "close"
            return
        self._use_length(len(head), _length(lengths), messages)

    def _use_length(self, head: int, length: int, messages: list[bytes]) -> None:
        if length > MAX_BODY:
            self._finish(head, messages)
            self._state, self._skip = "skip", length
        elif length:
            self._state, self._end = "length", head + length
        else:
            self._finish(head, messages)

    def _is_bodiless_response(self, head: bytes) -> bool:
        """1xx, 204, 304 and the response to HEAD (RFC 9112 §6.3)."""
        status = _STATUS.match(head)
        code = int(status[1]) if status else 0
        if 100 <= code < 200:
            return True  # interim: the final response is still to come
        method = self._methods.popleft() if self._methods else ""
        return method == "HEAD" or code in (204, 304)

    # -- body

    def _read_length(self, messages: list[bytes]) -> bool:
        return len(self._buffer) >= self._end and self._finish(self._end, messages)

    def _read_until_close(self, messages: list[bytes]) -> bool:
        return self._bound(MAX_HEAD + MAX_BODY, messages)

    def _skip_body(self, _messages: list[bytes]) -> bool:
        taken = min(self._skip, len(self._buffer))
        del self._buffer[:taken]
        self._skip -= taken
        if self._skip:
            return False
        self._state = "start"
        return True

    def _read_chunk_size(self, messages: list[bytes]) -> bool:
        line_end = self._buffer.find(b"\n", self._end, self._end + MAX_HEAD)
        if line_end < 0:
            return self._bound(self._end + MAX_HEAD, messages)
        size = _CHUNK_SIZE.match(self._buffer, self._end)
        if size is None or self._end + int(size[1], 16) > MAX_HEAD + MAX_BODY:
            return self._finish(line_end + 1, messages)
        self._end = size.end()
        if int(size[1], 16):
            self._state, self._end = "chunk-data", self._end + int(size[1], 16)
        else:
            self._state = "trailer"
        return True

    def _read_chunk_data(self, messages: list[bytes]) -> bool:
        line_end = self._buffer.find(b"\n", self._end, self._end + 2)
        if line_end < 0:
            missing = len(self._buffer) < self._end + 2
            return not missing and self._finish(self._end, messages)
        if self._buffer[self._end : line_end].strip(b"\r"):
            return self._finish(self._end, messages)
        self._state, self._end = "chunk-size", line_end + 1
        return True

    def _read_trailer(self, messages: list[bytes]) -> bool:
        line_end = self._buffer.find(b"\n", self._end, self._end + MAX_HEAD)
        if line_end < 0:
            return self._bound(self._end + MAX_HEAD, messages)
        line = self._buffer[self._end : line_end]
        self._end = line_end + 1
        if not line.strip(b"\r") or self._end > 2 * MAX_HEAD + MAX_BODY:
            return self._finish(self._end, messages)
        return True


def _length(values: list[bytes]) -> int:
    """The one length; an unreadable or contradicting Content-Length leaves no body to cut."""
    lengths = {element.strip() for value in values for element in value.split(b",")}
    if len(lengths) != 1:
        return 0
    text = lengths.pop()
    return int(text) if _LENGTH.fullmatch(text) else 0


def _wants_continue(head: bytes) -> bool:
    if head.partition(b"\n")[0].rstrip().endswith(b"HTTP/1.0"):
        return False  # RFC 9110 §10.1.1: the expectation of an HTTP/1.0 request is ignored
    return _EXPECT_CONTINUE.search(head) is not None
