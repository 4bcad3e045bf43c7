"""What the tests of sockets share: an endpoint that answers, a wire that listens, deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from harness.model import Peer, Send

PING = b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"
PONG = b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
FOUND = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


SECONDS = 5.0


class Party:
    """Answers each request, remembers what it hears, and has one timer."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, Peer]] = []
        self.failures: list[tuple[Send, str]] = []
        self.deadline: float | None = None
        self.ticks: list[float] = []
        self.raises = False

    def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
        self.heard.append((data, source))
        if self.raises:
            raise RuntimeError("a fault of the endpoint")
        if data.startswith((b"SIP/", b"HTTP/")):
            return []
        return [Send(PONG if source.transport.is_sip else FOUND, source)]

    def tick(self, now: float) -> list[Send]:
        self.ticks.append(now)
        self.deadline = None
        return []

    def next_deadline(self) -> float | None:
        return self.deadline

    def failed(self, send: Send, reason: str, now: float) -> list[Send]:
        self.failures.append((send, reason))
        return []


class Wire:
    def __init__(self) -> None:
        self.seen: list[tuple[bytes, Peer, Peer, str]] = []

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        self.seen.append((raw, source, destination, connection))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():
            await asyncio.sleep(0.001)


def play(conversation: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(2 * SECONDS):
            await conversation()

    asyncio.run(bounded())
