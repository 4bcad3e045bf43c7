"""Cutting a byte stream (TCP, TLS) into SIP messages and keep-alives (RFC 3261 §18.3, RFC 5626)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

FrameKind = Literal["message", "ping", "pong", "garbage"]

MAX_MESSAGE = 1024 * 1024
"""The longest message that is taken from a stream, in bytes."""

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
_CONTENT_LENGTH = re.compile(
    rb"^(?:Content-Length|l)[ \t]*+:(?:[ \t]|\r?\n[ \t])*+([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_TOKEN = rb"[A-Za-z0-9\-.!%*_+`'~]{1,64}+"
_TEXT = rb"[^\x00-\x08\x0a-\x1f\x7f]"
# How a first line can begin: Method SP, or the "SIP/" of a Status-Line, or as much of them as came.
_PLAUSIBLE = re.compile(
    rb"(?:%b(?:\Z| %b*+(?:\r?\n|\r?\Z))|SIP/%b*+(?:\r?\n|\r?\Z))" % (_TOKEN, _TEXT, _TEXT)
)
# Where reading goes on after garbage: a line that is a whole start-line (and so is plausible).
_START_LINE = re.compile(
    rb"^(?:%b %b{1,60000} SIP/[0-9]+\.[0-9]+\r?\n|SIP/[0-9]+\.[0-9]+ [0-9]{3} %b{0,60000}+\r?\n)"
    % (_TOKEN, _TEXT, _TEXT),
    re.MULTILINE,
)
_LONGEST_FIRST_LINE = 65536


@dataclass(frozen=True, slots=True)
class Frame:
    """A piece of the stream: a whole message, a keep-alive, or bytes that are neither."""

    kind: FrameKind
    data: bytes


class StreamFramer:
    """Cuts one direction of one connection, however it arrives in pieces.

    `role` is that of the reader. A "server" accepted the connection and gets pings (CRLF CRLF); a
    single CRLF is held back until what follows shows that it is not half of one. A "client" opened
    the connection and gets pongs, each a single CRLF (RFC 5626 §4.4.1).
    """

    def __init__(
        self, role: Literal["server", "client"] = "server", max_message: int = MAX_MESSAGE
    ) -> None:
        self._expects_pings = role == "server"
        self._max_message = max_message
        self._buffer = bytearray()
        self._searched = 0  # up to here the buffer holds no end of header fields
        self._needed = 0  # the length of the message that is being waited for
        self._in_garbage = False
        self._at_line_start = True
        self.broken = False
        """Whether garbage was seen: the peer does not speak SIP, or framing was lost."""

    @property
    def pending(self) -> bytes:
        """What came in and is no whole frame yet."""
        return bytes(self._buffer)

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes of the stream; give the frames that they complete."""
        self._buffer += data
        frames: list[Frame] = []
        while self._buffer:
            was_in_garbage = self._in_garbage
            frame = self._garbage() if was_in_garbage else self._frame()
            if frame is not None and was_in_garbage and frames and frames[-1].kind == "garbage":
                frames[-1] = Frame("garbage", frames[-1].data + frame.data)
            elif frame is not None:
                frames.append(frame)
            elif self._in_garbage is was_in_garbage:
                break
        return frames

    def close(self) -> list[Frame]:
        """The stream has ended: a held-back CRLF is a pong, an unfinished message is garbage."""
        rest = self._take(len(self._buffer))
        if not rest:
            return []
        if rest == b"\r\n":
            return [Frame("pong", rest)]
        self.broken = True
        return [Frame("garbage", rest)]

    def _take(self, length: int) -> bytes:
        data = bytes(self._buffer[:length])
        self._at_line_start = data.endswith(b"\n") or not self._in_garbage
        del self._buffer[:length]
        self._searched = self._needed = 0
        return data

    def _frame(self) -> Frame | None:
        if self._needed == 0 and self._buffer[0] in b"\r\n":
            return self._keep_alive()
        if self._needed == 0:
            excess = self._measure()
            if excess:
                return self._lose_track(excess)
        if self._needed == 0 or len(self._buffer) < self._needed:
            return None
        return Frame("message", self._take(self._needed))

    def _keep_alive(self) -> Frame | None:
        awaited = b"\r\n\r\n" if self._expects_pings else b"\r\n"
        if self._buffer.startswith(awaited):
            return Frame("ping" if self._expects_pings else "pong", self._take(len(awaited)))
        if awaited.startswith(self._buffer):
            return None
        if self._buffer.startswith(b"\r\n"):
            return Frame("pong", self._take(2))
        return self._lose_track(1)

    def _measure(self) -> int:
        """Find how long the message is that begins here.

        If it cannot be one, give how many bytes are certainly none of it.
        """
        if self._searched == 0 and not _is_plausible(self._buffer):
            return 1
        end = _END_OF_HEADERS.search(self._buffer, max(0, self._searched - 3))
        if end is None:
            self._searched = len(self._buffer) if b"\n" in self._buffer else 0
            return len(self._buffer) if len(self._buffer) > self._max_message else 0
        needed = end.end() + _content_length(self._buffer[: end.end()])
        if needed > self._max_message:
            return end.end()
        self._needed = needed
        return 0

    def _lose_track(self, length: int) -> Frame:
        self.broken = self._in_garbage = True
        return Frame("garbage", self._take(length))

    def _garbage(self) -> Frame | None:
        """Give up everything before the next line that is, or may become, a start-line."""
        line = 0 if self._at_line_start else self._buffer.find(b"\n") + 1
        if line == 0 and not self._at_line_start:
            return Frame("garbage", self._take(len(self._buffer)))
        found = _START_LINE.search(self._buffer, line)
        if found is None:
            line = self._buffer.rfind(b"\n") + 1
            kept = line if _is_plausible(self._buffer[line:]) else len(self._buffer)
        else:
            kept = found.start()
        frame = Frame("garbage", self._take(kept)) if kept else None
        self._in_garbage = found is None
        return frame


def _is_plausible(buffer: bytearray) -> bool:
    match = _PLAUSIBLE.match(buffer)
    return match is not None and match.end() <= _LONGEST_FIRST_LINE


def _content_length(head: bytearray) -> int:
    # RFC 3261 §18.3: on a stream Content-Length is required; without it there is no body. Neither
    # is there one if it is unreadable or contradicts itself (RFC 4475 §3.1.2.3, §3.3.9).
    lengths = {match[1].strip().lstrip(b"0") or b"0" for match in _CONTENT_LENGTH.finditer(head)}
    length = lengths.pop() if len(lengths) == 1 else b"0"
    return int(length) if length.isdigit() and len(length) <= 18 else 0
