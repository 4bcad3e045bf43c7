"""The trace: every message that was seen, in order, whether live or captured.

It is the only thing between the parties that play (`network`, `ue`) and the judge (`checks`,
`flow`).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from harness.model import Peer, Transport
from harness.sip.message import Request, Response
from harness.sip.message import parse as parse_sip
from harness.xcap.http import HttpRequest, HttpResponse, parse_http

Message = Request | Response | HttpRequest | HttpResponse

# An HTTP client that pipelines further than this without an answer is not followed.
_MAX_UNANSWERED = 256
# HTTP connections that are followed at a time; the one idle longest is forgotten first.
_MAX_CONNECTIONS = 65536


class TraceError(ValueError):
    """A stored trace cannot be read; the message names the line and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """One message on the wire.

    `number` counts from 1 in order of completion, `time` is seconds since the epoch, `connection`
    names the stream that carried the message ("" for a datagram), `frame` is the number of the
    captured frame that completed it, `answers` is the entry of the HTTP request that an HTTP
    response answers (SIP responses find their request by transaction instead). `is_tcp_refused`
    tells that the destination was seen to refuse a TCP connection before.
    """

    number: int
    time: float
    source: Peer
    destination: Peer
    raw: bytes
    connection: str = ""
    frame: int | None = None
    answers: TraceEntry | None = None
    is_tcp_refused: bool = False
    _parsed: list[Message] = field(default_factory=list, repr=False, compare=False)

    @property
    def is_sip(self) -> bool:
        return self.source.transport.is_sip

    @property
    def message(self) -> Message:
        """The parsed message; parsed once, and never an exception."""
        if not self._parsed:
            self._parsed.append(self._parse())
        return self._parsed[0]

    def forget_message(self) -> None:
        """Let go of the parsed message, many times the size of its bytes; it is parsed anew."""
        self._parsed.clear()

    def _parse(self) -> Message:
        if self.is_sip:
            return parse_sip(self.raw)
        request = self.answers.message if self.answers else None
        return parse_http(self.raw, request.method if isinstance(request, HttpRequest) else None)


class Sequencer:
    """Gives messages their numbers and HTTP responses their requests; holds nothing else."""

    def __init__(self) -> None:
        self._next = 1
        self._unanswered: dict[str, deque[TraceEntry]] = {}

    def entry(
        self,
        raw: bytes,
        source: Peer,
        destination: Peer,
        time: float,
        *,
        connection: str = "",
        frame: int | None = None,
        is_tcp_refused: bool = False,
    ) -> TraceEntry:
        """Make the next entry."""
        is_http = not source.transport.is_sip
        is_response = is_http and raw.lstrip(b"\r\n")[:5] == b"HTTP/"
        answers = self._answered(connection, raw) if is_response else None
        entry = TraceEntry(
            self._next,
            time,
            source,
            destination,
            raw,
            connection,
            frame,
            answers,
            is_tcp_refused,
        )
        self._next += 1
        if is_http and not is_response:
            self._remember(connection, entry)
        return entry

    def closed(self, connection: str) -> None:
        """Forget a connection that has ended."""
        self._unanswered.pop(connection, None)

    def _remember(self, connection: str, entry: TraceEntry) -> None:
        # Re-inserting keeps the dictionary in order of last use.
        waiting = self._unanswered.pop(connection, None) or deque(maxlen=_MAX_UNANSWERED)
        waiting.append(entry)
        self._unanswered[connection] = waiting
        if len(self._unanswered) > _MAX_CONNECTIONS:
            del self._unanswered[next(iter(self._unanswered))]

    def _answered(self, connection: str, raw: bytes) -> TraceEntry | None:
        waiting = self._unanswered.get(connection)
        if not waiting:
            return None
        # RFC 9110 §15.2: a 1xx is interim, the request still waits for its final response.
        status = raw[:64].split(None, 2)[1:2]
        is_interim = bool(status) and status[0].startswith(b"1")
        return waiting[0] if is_interim else waiting.popleft()


class Trace:
    """A trace in memory, in order; observers hear of each entry as it is appended."""

    def __init__(self) -> None:
        self._entries: list[TraceEntry] = []
        self._observers: list[Callable[[TraceEntry], None]] = []
        self._sequencer = Sequencer()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[TraceEntry]:
        return iter(tuple(self._entries))

    def __getitem__(self, number: int) -> TraceEntry:
        """The entry with this number (counted from 1)."""
        if not 1 <= number <= len(self._entries):
            raise IndexError(f"the trace has entries 1 to {len(self._entries)}, not {number}")
        return self._entries[number - 1]

    def observe(self, observer: Callable[[TraceEntry], None]) -> None:
        """Call `observer` with every entry from now on."""
        self._observers.append(observer)

    def append(
        self,
        raw: bytes,
        source: Peer,
        destination: Peer,
        time: float,
        *,
        connection: str = "",
        frame: int | None = None,
    ) -> TraceEntry:
        """Add a message; answers its entry."""
        entry = self._sequencer.entry(
            raw, source, destination, time, connection=connection, frame=frame
        )
        self._entries.append(entry)
        for observer in self._observers:
            observer(entry)
        return entry

    def closed(self, connection: str) -> None:
        """A stream has ended: later messages of a stream of the same name are another's."""
        self._sequencer.closed(connection)


def to_json(entry: TraceEntry, raw: bytes | None = None) -> dict[str, object]:
    """An entry as JSON values; `raw` stands in for the message where it has to be masked."""
    return {
        "number": entry.number,
        "time": entry.time,
        "source": _peer_to_json(entry.source),
        "destination": _peer_to_json(entry.destination),
        "connection": entry.connection,
        "frame": entry.frame,
        "raw": base64.b64encode(entry.raw if raw is None else raw).decode("ascii"),
    }


def read_trace(lines: Iterator[str]) -> Trace:
    """Read a trace back from JSON Lines; raises TraceError with the number of the bad line."""
    trace = Trace()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            trace.append(
                base64.b64decode(value["raw"], validate=True),
                _peer_from_json(value["source"]),
                _peer_from_json(value["destination"]),
                float(value["time"]),
                connection=str(value.get("connection", "")),
                frame=value.get("frame"),
            )
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise TraceError(f"line {number}: not a trace entry: {error!r}") from error
    return trace


def _peer_to_json(peer: Peer) -> list[object]:
    return [peer.host, peer.port, peer.transport.value]


def _peer_from_json(value: list[object]) -> Peer:
    host, port, transport = value
    return Peer(str(host), int(str(port)), Transport(str(transport)))
