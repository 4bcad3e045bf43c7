"""The traffic of thousands of UEs, made of one flow that was played: each UE with its own names.

One conformant flow is played in memory and cut into templates once. A UE's messages are its
templates filled with its own address, number, device and identifiers, all as long as the
originals, so that every Content-Length stays true. UEs start one after the other while the
earlier ones are still at it, so that their messages interleave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime

from harness.config import Profile, load_profile
from harness.model import Peer
from harness.trace import TraceEntry
from tests.virtual import EPOCH, UE, play_flow

# The play's wire takes 1 ms one way; here it takes 200 ms, which is still answered within T1
# (RFC 3261 §17.1.2.1), so that a flow lasts some 6 s and hundreds of them overlap.
_SLOWER = 200.0
_APART = 0.025
_MAX_UES = 1 << 20

# What differs from UE to UE, in any message of the play.
_OWN = re.compile(
    rb"(?P<address>\b192\.0\.2\.1\b)"
    rb"|(?P<number>(?<=33)9012341234\b)"
    rb"|(?P<imei>\b35643205-905062-0\b)"
    rb"|(?P<id>(?<![0-9a-f])[un](?=0{6})[0-9a-f]{12}\b)"
    rb"|(?P<date>(?<=Date: )[A-Z][a-z]{2}, [0-9]{2} [^\r\n]+ GMT)"
    rb"|(?P<timestamp>\b20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-9:.]+(?=Z\b))"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One UE of the population: which one, how often it has played before, when it starts."""

    index: int
    turn: int
    start: float

    @property
    def address(self) -> str:
        """An address of its own in 10.0.0.0/8."""
        return f"10.{self.index >> 16 & 0xFF}.{self.index >> 8 & 0xFF}.{self.index & 0xFF}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a UE's flow on the wire, as `TraceEntry` has it.

    `is_last` says that its connection is closed behind it.
    """

    time: float
    source: Peer
    destination: Peer
    raw: bytes
    connection: str
    is_last: bool

    def with_raw(self, raw: bytes) -> Message:
        """The same with other bytes."""
        return replace(self, raw=raw)


_Fill = Callable[[Member], bytes]
_Piece = bytes | _Fill


@dataclass(frozen=True, slots=True)
class _Template:
    entry: TraceEntry
    delay: float
    pieces: tuple[_Piece, ...]
    is_last: bool

    def fill(self, member: Member) -> Message:
        raw = b"".join(p if isinstance(p, bytes) else p(member) for p in self.pieces)
        entry = self.entry
        connection = f"{member.index}/{member.turn}/{entry.connection}" if entry.connection else ""
        return Message(
            time=member.start + self.delay,
            source=_moved(entry.source, member),
            destination=_moved(entry.destination, member),
            raw=raw,
            connection=connection,
            is_last=self.is_last,
        )


class Population:
    """`ues` UEs, each of which plays the flow `turns` times; the same bytes every time."""

    def __init__(self, ues: int, turns: int = 1, profile: Profile | None = None) -> None:
        if not 0 < ues < _MAX_UES:
            raise ValueError(f"1 to {_MAX_UES - 1} UEs, not {ues}")
        played = play_flow(profile=profile or load_profile("documented"), farewell=turns > 1)
        last = {each.connection: each.number for each in played.trace if each.connection}
        self._templates = tuple(
            _template(each, each.number == last.get(each.connection)) for each in played.trace
        )
        self._length = self._templates[-1].delay
        self.ues, self._turns = ues, turns

    def __len__(self) -> int:
        """How many messages they exchange."""
        return len(self._templates) * self.ues * self._turns

    def __iter__(self) -> Iterator[Message]:
        """The messages in order of time."""
        for turn in range(self._turns):
            # Each turn is over before the next begins.
            members = [self._member(number, turn) for number in range(self.ues)]
            due = sorted(
                (member.start + template.delay, number, place)
                for number, member in enumerate(members)
                for place, template in enumerate(self._templates)
            )
            for _, number, place in due:
                yield self._templates[place].fill(members[number])

    def _member(self, number: int, turn: int) -> Member:
        again = self.ues * _APART + self._length + 60.0
        # UEs count from 1: 10.0.0.0 is no host.
        return Member(number + 1, turn, EPOCH + number * _APART + turn * again)


def _template(entry: TraceEntry, is_last: bool) -> _Template:
    pieces: list[_Piece] = []
    position = 0
    delay = (entry.time - EPOCH) * _SLOWER
    for match in _OWN.finditer(entry.raw):
        pieces.append(entry.raw[position : match.start()])
        pieces.append(_filler(match.lastgroup or "", match[0], delay))
        position = match.end()
    pieces.append(entry.raw[position:])
    return _Template(entry, delay, tuple(pieces), is_last)


def _filler(kind: str, text: bytes, delay: float) -> _Fill:
    if kind == "address":
        return lambda member: member.address.encode()
    if kind == "number":
        return lambda member: b"9%09d" % (12_341_234 + member.index)
    if kind == "imei":
        return lambda member: b"35643205-%06d-0" % (member.index % 1_000_000)
    if kind == "id":
        # Counters of one flow stay below 2^16; above them stand the turn and the UE.
        prefix, count = text[:1], int(text[1:], 16)
        return lambda member: b"%c%02x%06x%04x" % (prefix, member.turn, member.index, count)
    if kind == "date":
        return lambda member: _date(member.start + delay)
    written = datetime.fromisoformat(text.decode() + "+00:00").timestamp()
    digits = len(text.partition(b".")[2])
    return lambda member: _timestamp(member.start + (written - EPOCH) * _SLOWER, digits)


def _date(time: float) -> bytes:
    return format_datetime(datetime.fromtimestamp(int(time), UTC), usegmt=True).encode()


def _timestamp(time: float, digits: int) -> bytes:
    whole, fraction = divmod(round(time * 10**digits), 10**digits)
    text = datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{fraction:0{digits}d}".encode() if digits else text.encode()


def _moved(peer: Peer, member: Member) -> Peer:
    return Peer(member.address, peer.port, peer.transport) if peer.host == UE else peer
