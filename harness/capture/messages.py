"""From frames to messages: SIP and HTTP on any port, over UDP and TCP, as the trace wants them."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from harness.capture.files import DECRYPTED, CaptureFile, Frame
from harness.capture.packets import (
    TCP,
    UDP,
    Packet,
    PacketReader,
    is_known_link,
    tcp_refused_by,
)
from harness.capture.tcp import ACK, FIN, RST, SYN, Chunk, Direction, Segment, parse_segment
from harness.model import Peer, Transport
from harness.sip.datagram import is_keepalive
from harness.sip.framing import StreamFramer
from harness.trace import Sequencer, TraceEntry
from harness.xcap.framing import HttpFramer

_SIP_PORTS = frozenset({5060})
_HTTPS_PORT = 443
_ENCRYPTED = {Transport.TCP: Transport.TLS, Transport.HTTP: Transport.HTTPS}
_MAX_STREAMS = 65536
_MAX_ENDPOINTS = 262144
_MAX_PROBLEMS = 100
# A start line longer than this does not tell what a stream carries.
_MAX_UNDECIDED = 65536

_TOKEN = rb"[A-Za-z0-9.!%*_+`'~-]+"
_SIP_START = re.compile(rb"(?:SIP/\d+\.\d+ +\d{3}|" + _TOKEN + rb" +\S+ +SIP/\d+\.\d+\s*$)", re.I)
_HTTP_START = re.compile(rb"(?:HTTP/\d\.\d +\d{3}|[A-Z]+ +\S+ +HTTP/\d\.\d\s*$)")
_RESYNCHRONISE = re.compile(
    # At the beginning of a line, or behind an XML body, which need not end with one.
    rb"(?m)(?:^|(?<=>))"
    rb"(?:SIP/2\.0 \d{3}|HTTP/1\.\d \d{3}|[A-Z]+ \S+ (?:SIP/2\.0|HTTP/1\.\d)\r?$)"
)
_BRANCH = re.compile(rb";\s*branch\s*=\s*z9hG4bK[^;,\s]{4,}[;,\s]")
_TLS_START = re.compile(rb"\x16\x03[\x00-\x04]")
# What a stream begins with that is read from its beginning, a broken start-line included. One that
# is read from the middle begins with the rest of a line, of a body or of a keep-alive.
_BEGINNING = re.compile(rb"[A-Z]{3,16} +\S|(?i:SIP|HTTP)/|\x16\x03[\x00-\x04]")


@dataclass(slots=True)
class _Stream:
    """A TCP connection: its name, what it carries, and both directions by sender."""

    name: str
    kind: Transport | None = None
    ignored: bool = False
    is_decrypted: bool = False
    """Whether TLS was taken off before the capture was written."""
    directions: dict[Peer, Direction] = field(default_factory=dict)
    framers: dict[Peer, StreamFramer | HttpFramer] = field(default_factory=dict)
    undecided: dict[Peer, bytes] = field(default_factory=dict)
    begun: set[Peer] = field(default_factory=set)
    lost: dict[Peer, bytes] = field(default_factory=dict)
    """By sender: the end of what was read without a start-line since octets went missing."""
    answers: dict[Peer, bytes] = field(default_factory=dict)
    """By sender of the request: the last SIP response that went back to it."""
    skipped: int = 0
    finished: set[Peer] = field(default_factory=set)

    def direction(self, sender: Peer) -> Direction:
        """What a side sends."""
        found = self.directions.get(sender)
        if found is None:
            found = self.directions[sender] = Direction()
        return found


class CaptureReader:
    """Reads the messages of a capture in one pass.

    Iterate once; `problems` then lists, for the user, what was damaged or could not be read.
    """

    def __init__(self, path: Path) -> None:
        self._file = CaptureFile(path)
        self._packets = PacketReader()
        self._sequencer = Sequencer()
        self._streams: OrderedDict[frozenset[tuple[str, int]], _Stream] = OrderedDict()
        self._sip_endpoints: dict[tuple[str, int], None] = {}
        self._without_tcp: dict[tuple[str, int], None] = {}
        self._opened = 0
        self._linktypes: set[int] = set()
        self._own_problems: list[str] = []
        self._time = 0.0
        self._number = 0
        self._is_decrypted = False

    @property
    def problems(self) -> list[str]:
        """What was damaged or could not be read, a line each."""
        return [*self._file.problems, *self._own_problems]

    def __iter__(self) -> Iterator[TraceEntry]:
        for frame in self._file:
            self._number, self._time = frame.number, frame.time
            self._is_decrypted = DECRYPTED in frame.comments
            self._note_linktype(frame)
            packet = self._packets.read(frame)
            if packet is None:
                continue
            if packet.protocol == UDP:
                yield from self._datagram(packet)
            elif packet.protocol == TCP:
                yield from self._segment(packet)
            elif (endpoint := tcp_refused_by(packet)) is not None:
                self._refuse(endpoint)
        for stream in list(self._streams.values()):
            for sender in list(stream.directions):
                yield from self._end_of(stream, sender)

    # -- UDP --------------------------------------------------------------------------------------

    def _datagram(self, packet: Packet) -> Iterator[TraceEntry]:
        if len(packet.payload) < 8:
            return
        source = (packet.source, int.from_bytes(packet.payload[0:2], "big"))
        destination = (packet.destination, int.from_bytes(packet.payload[2:4], "big"))
        length = int.from_bytes(packet.payload[4:6], "big")
        data = packet.payload[8 : length if length >= 8 else None]
        if not self._is_sip_datagram(data, source, destination):
            return
        if packet.is_cut:
            self._problem("the capture cut this SIP message short: it is not judged")
            return
        yield self._sequencer.entry(
            data,
            _peer(*source, Transport.UDP),
            _peer(*destination, Transport.UDP),
            self._time,
            frame=self._number,
            is_tcp_refused=destination in self._without_tcp,
        )

    def _is_sip_datagram(
        self, data: bytes, source: tuple[str, int], destination: tuple[str, int]
    ) -> bool:
        if is_keepalive(data):
            return False
        if _SIP_START.match(_first_line(data)):
            for endpoint in (source, destination):
                if len(self._sip_endpoints) < _MAX_ENDPOINTS:
                    self._sip_endpoints[endpoint] = None
            return True
        # Not to be recognised by itself, yet sent where SIP is spoken: a broken message.
        return (
            destination in self._sip_endpoints
            or source in self._sip_endpoints
            or destination[1] in _SIP_PORTS
        )

    # -- TCP --------------------------------------------------------------------------------------

    def _segment(self, packet: Packet) -> Iterator[TraceEntry]:
        segment = parse_segment(packet.payload)
        if segment is None:
            return
        source = _peer(packet.source, segment.source_port, Transport.TCP)
        destination = _peer(packet.destination, segment.destination_port, Transport.TCP)
        key = frozenset({(source.host, source.port), (destination.host, destination.port)})
        if segment.flags & SYN and not segment.flags & ACK:
            yield from self._restart(key, source, segment)
        stream = self._stream(key)
        stream.is_decrypted = stream.is_decrypted or self._is_decrypted
        if stream.ignored:
            return
        if packet.is_cut and segment.data:
            self._problem("the capture cut this segment short: its octets count as missing")
            segment = segment._replace(data=b"")
        direction = stream.direction(source)
        if segment.flags & (SYN | RST):
            self._note_refusal(source, segment, is_first=direction.first is None)
        other = stream.direction(destination)
        if segment.flags & ACK and other.held:
            for chunk in other.acknowledged(segment.acknowledgement):
                yield from self._chunk(stream, destination, source, chunk)
        for chunk in direction.feed(segment):
            yield from self._chunk(stream, source, destination, chunk)
        if segment.flags & (FIN | RST) and not direction.held:
            yield from self._end_of(stream, source, is_closed=True)

    def _note_refusal(self, source: Peer, segment: Segment, *, is_first: bool) -> None:
        """Nobody listens where a reset is all that comes back (RFC 9293 §3.10.7.1)."""
        endpoint = (source.host, source.port)
        if segment.flags & SYN:
            self._without_tcp.pop(endpoint, None)
        elif is_first:
            self._refuse(endpoint)

    def _refuse(self, endpoint: tuple[str, int]) -> None:
        if len(self._without_tcp) < _MAX_ENDPOINTS:
            self._without_tcp[endpoint] = None

    def _stream(self, key: frozenset[tuple[str, int]]) -> _Stream:
        stream = self._streams.get(key)
        if stream is None:
            self._opened += 1
            stream = self._streams[key] = _Stream(f"tcp-{self._opened}")
            if len(self._streams) > _MAX_STREAMS:
                self._streams.popitem(last=False)
        self._streams.move_to_end(key)
        return stream

    def _restart(
        self, key: frozenset[tuple[str, int]], source: Peer, segment: Segment
    ) -> Iterator[TraceEntry]:
        """A SYN: the same ports again are a new connection, unless it is the SYN once more."""
        stream = self._streams.get(key)
        if stream is None:
            return
        known = stream.directions.get(source)
        if known is not None and known.first == segment.sequence:
            return
        for sender in list(stream.directions):
            yield from self._end_of(stream, sender)
        del self._streams[key]

    def _chunk(
        self, stream: _Stream, source: Peer, destination: Peer, chunk: Chunk
    ) -> Iterator[TraceEntry]:
        data = chunk.data
        if chunk.missing:
            self._problem(f"{chunk.missing} bytes of {stream.name} from {source} are missing")
            stream.framers.pop(source, None)
            stream.undecided.pop(source, None)
            stream.lost[source] = b""
            # An answer may be among them, so that the next one is no longer the oldest request's.
            self._sequencer.closed(stream.name)
        elif source not in stream.begun and not _is_beginning(stream.directions[source], data):
            stream.lost[source] = b""
        stream.begun.add(source)
        if source in stream.lost:
            data = _resynchronised(stream, source, data)
            if not data:
                return
        if stream.kind is None:
            data = self._decide(stream, source, data)
            if stream.kind is None:
                return
        framer = self._framer(stream, source, data)
        for raw in _feed(framer, data):
            yield self._stream_entry(stream, source, destination, raw)

    def _decide(self, stream: _Stream, source: Peer, data: bytes) -> bytes:
        """Find out what a stream carries; answers the bytes that still have to be framed."""
        data = stream.undecided.pop(source, b"") + data
        line = _first_line(data.lstrip(b"\r\n"))
        if _SIP_START.match(line):
            stream.kind = Transport.TCP
        elif _HTTP_START.match(line):
            stream.kind = Transport.HTTP
        elif _TLS_START.match(data):
            stream.ignored = True
            self._problem(f"{stream.name} from {source} is TLS: it cannot be read")
        elif b"\n" not in data.lstrip(b"\r\n") and len(data) < _MAX_UNDECIDED:
            stream.undecided[source] = data
        elif source.port in _SIP_PORTS or any(
            peer.port in _SIP_PORTS or (peer.host, peer.port) in self._sip_endpoints
            for peer in stream.directions
        ):
            stream.kind = Transport.TCP
        else:
            stream.ignored = True
        return data

    def _framer(self, stream: _Stream, source: Peer, data: bytes) -> StreamFramer | HttpFramer:
        framer = stream.framers.get(source)
        if framer is None:
            if stream.kind is Transport.TCP:
                framer = StreamFramer()
            else:
                framer = HttpFramer("client" if data.lstrip()[:5] == b"HTTP/" else "server")
            stream.framers[source] = framer
        return framer

    def _stream_entry(
        self, stream: _Stream, source: Peer, destination: Peer, raw: bytes
    ) -> TraceEntry:
        kind = stream.kind or Transport.TCP
        if kind is Transport.HTTP and not raw.startswith(b"HTTP/"):
            method = raw.lstrip().split(b" ", 1)[0].decode("latin-1")
            answers = stream.framers.setdefault(destination, HttpFramer("client"))
            if isinstance(answers, HttpFramer):
                answers.expect(method)
        elif raw.startswith(b"SIP/"):
            stream.answers[destination] = raw
        if stream.is_decrypted or _HTTPS_PORT in (source.port, destination.port):
            kind = _ENCRYPTED[kind]
        return self._sequencer.entry(
            raw,
            _peer(source.host, source.port, kind),
            _peer(destination.host, destination.port, kind),
            self._time,
            connection=stream.name,
            frame=self._number,
        )

    def _end_of(
        self, stream: _Stream, source: Peer, *, is_closed: bool = False
    ) -> Iterator[TraceEntry]:
        if source in stream.finished:
            return
        stream.finished.add(source)
        destination = next((peer for peer in stream.directions if peer != source), source)
        for chunk in stream.directions[source].finish():
            yield from self._chunk(stream, source, destination, chunk)
        framer = stream.framers.get(source)
        if isinstance(framer, HttpFramer):
            for raw in framer.close():
                if is_closed or not _is_cut_head(raw):
                    yield self._stream_entry(stream, source, destination, raw)
                else:
                    text = f"{stream.name} from {source} ends inside the head of an HTTP message"
                    self._problem(f"{text}: not judged")
        elif framer is not None and _was_answered(framer.pending, stream.answers.get(source, b"")):
            # It had arrived whole, whatever its Content-Length says.
            yield self._stream_entry(stream, source, destination, framer.pending)
        elif framer is not None and framer.pending.strip(b"\r\n"):
            self._problem(f"{stream.name} from {source} ends inside a SIP message: not judged")

    # -- problems ---------------------------------------------------------------------------------

    def _note_linktype(self, frame: Frame) -> None:
        if frame.linktype not in self._linktypes:
            self._linktypes.add(frame.linktype)
            if not is_known_link(frame.linktype):
                self._problem(f"frames of link type {frame.linktype} cannot be read")

    def _problem(self, text: str) -> None:
        if len(self._own_problems) < _MAX_PROBLEMS:
            self._own_problems.append(f"{self._file.path}: frame {self._number}: {text}")


@lru_cache(8192)
def _peer(host: str, port: int, transport: Transport) -> Peer:
    return Peer(host, port, transport)


def _feed(framer: StreamFramer | HttpFramer, data: bytes) -> list[bytes]:
    if isinstance(framer, HttpFramer):
        return framer.feed(data)
    return [frame.data for frame in framer.feed(data) if frame.kind in ("message", "garbage")]


def _was_answered(pending: bytes, response: bytes) -> bool:
    """Whether a response has the branch of a request that is not complete by its own count."""
    branch = _BRANCH.search(pending)
    return branch is not None and b"\r\n\r\n" in pending and branch[0] in response


def _is_beginning(direction: Direction, data: bytes) -> bool:
    """Whether the first bytes that a capture has of a direction are the first of a message."""
    return direction.is_whole or _BEGINNING.match(data.lstrip(b"\r\n")) is not None


def _resynchronised(stream: _Stream, source: Peer, data: bytes) -> bytes:
    """The bytes from the next start-line on; b"" while there is none."""
    before = stream.lost.pop(source)
    # A message seldom begins elsewhere than a segment does, whatever stood before it.
    start = _RESYNCHRONISE.match(data)
    if start is not None:
        return data
    data = before + data
    start = _RESYNCHRONISE.search(data)
    if start is not None:
        return data[start.start() :]
    last = data[data.rfind(b"\n") + 1 :][:_MAX_UNDECIDED]
    stream.lost[source] = last
    stream.skipped += len(data) - len(last)
    # A stream of something else, whose beginning the capture lacks.
    stream.ignored = stream.kind is None and stream.skipped > _MAX_UNDECIDED
    return b""


def _is_cut_head(raw: bytes) -> bool:
    """Whether a message has no end of its header section, as where the capture ends before."""
    is_message = _BEGINNING.match(raw.lstrip(b"\r\n")) is not None
    return is_message and b"\n\r\n" not in raw and b"\n\n" not in raw


def _first_line(data: bytes) -> bytes:
    end = data.find(b"\n", 0, _MAX_UNDECIDED)
    return data[: end if end >= 0 else _MAX_UNDECIDED].rstrip(b"\r")
