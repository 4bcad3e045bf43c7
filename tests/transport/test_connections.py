"""Stream connections of broken, slow, hostile and merely many peers."""

from __future__ import annotations

import asyncio
import errno
import gzip
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from harness.model import Peer, Send, Transport
from harness.sip.message import Request, parse
from harness.transport.connections import Connections, most_connections
from harness.transport.driver import Driver
from harness.transport.streams import Patience, StreamConnection
from harness.xcap.http import parse_http
from tests.transport.parties import FOUND, GET, PING, PONG, SECONDS, Party, Wire, until
from tests.transport.parties import play as run

HOST = "127.0.0.1"
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Server:
    """A driver on one listener, with everything that it heard and said."""

    def __init__(self, kind: Transport, **options: object) -> None:
        self.party, self.wire, self.said = Party(), Wire(), list[str]()
        self.driver = Driver(self.party, self.wire, notices=self.said.append, **options)  # type: ignore[arg-type]
        self._kind = kind
        self.address = Peer(HOST, 0, kind)

    async def open(self) -> None:
        [self.address] = await self.driver.listen([Peer(HOST, 0, self._kind)])

    async def connect(self) -> Pair:
        return await asyncio.open_connection(self.address.host, self.address.port)


@asynccontextmanager
async def serving(kind: Transport, **options: object) -> AsyncIterator[Server]:
    server = Server(kind, **options)
    await server.open()
    try:
        yield server
    finally:
        await server.driver.stop()


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(), SECONDS)


def impatient(**seconds: float) -> Patience:
    return replace(Patience(), **seconds)


# -- slow and silent ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "patience", "sent", "answer"),
    [
        (Transport.TCP, impatient(sip_idle=0.05), b"", b""),
        (Transport.TCP, impatient(sip_idle=0.05), PING, PONG),
        (Transport.TCP, impatient(message=0.05), b"REGISTER sip:a SIP/2.0\r\nVia: ", b""),
        (Transport.HTTP, impatient(http_idle=0.05), b"", b""),
        (Transport.HTTP, impatient(http_idle=0.05), GET, FOUND),
    ],
)
def test_connection_that_takes_too_long_is_closed(
    kind: Transport, patience: Patience, sent: bytes, answer: bytes
) -> None:
    async def conversation() -> None:
        async with serving(kind, patience=patience) as server:
            reader, writer = await server.connect()
            writer.write(sent)
            try:
                assert await rest_of(reader) == answer
            except ConnectionError:
                assert not answer
            assert len(server.said) == 1
            writer.close()

    run(conversation)


def test_http_request_that_never_ends_is_answered_408() -> None:
    async def conversation() -> None:
        async with serving(Transport.HTTP, patience=impatient(message=0.05)) as server:
            reader, writer = await server.connect()
            writer.write(GET + b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")
            answers = await rest_of(reader)
            assert answers.startswith(FOUND)
            refusal = parse_http(answers[len(FOUND) :], "PUT")
            assert refusal.status == 408
            assert refusal.headers.get("Connection") == "close"
            # The observer hears of it as well.
            assert server.wire.seen[-1][0] == answers[len(FOUND) :]
            writer.close()

    run(conversation)


def test_long_message_gets_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def conversation() -> None:
        patience = impatient(message=0.01)
        body = b"x" * 20_000
        head = b"MESSAGE sip:a SIP/2.0\r\nContent-Length: %d\r\n\r\n" % len(body)
        async with serving(Transport.TCP, patience=patience) as server:
            reader, writer = await server.connect()
            writer.write(head + body[:-1])
            await asyncio.sleep(1.1)  # two rounds of looking for what takes too long
            writer.write(body[-1:])
            assert await asyncio.wait_for(reader.readexactly(len(PONG)), SECONDS) == PONG
            writer.close()

    run(conversation)


def test_peer_that_reads_nothing_is_let_go() -> None:
    class Talkative(Party):
        def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
            return [Send(b"x" * (16 << 20), source)]

    async def conversation() -> None:
        async with serving(Transport.TCP, patience=impatient(unread=0.05)) as server:
            server.driver.attach(Talkative())
            with socket.create_connection((HOST, server.address.port), SECONDS) as deaf:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.sendall(PING)
                own = Peer(*deaf.getsockname(), Transport.TCP)
                await until(lambda: server.driver.reached(own) is not None)
                await until(lambda: server.driver.reached(own) is None)
            assert "reads nothing" in server.said[0]

    run(conversation)


def test_half_closed_connection_gets_its_answer() -> None:
    async def conversation() -> None:
        for kind, request, answer in (
            (Transport.TCP, PING, PONG),
            (Transport.HTTP, GET, FOUND),
        ):
            async with serving(kind) as server:
                reader, writer = await server.connect()
                writer.write(request)
                writer.write_eof()
                assert await rest_of(reader) == answer
                writer.close()

    run(conversation)


def test_unfinished_messages_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.transport.connections._MAX_HELD", 50_000)

    async def conversation() -> None:
        async with serving(Transport.TCP) as server:
            head = b"MESSAGE sip:a SIP/2.0\r\nContent-Length: 100000\r\n\r\n"
            small, large = await server.connect(), await server.connect()
            small[1].write(head + b"x" * 10_000)
            large[1].write(head + b"x" * 60_000)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(large[0].readexactly(1), SECONDS)
            small[1].write(b"x" * 90_000)
            assert await asyncio.wait_for(small[0].readexactly(len(PONG)), SECONDS) == PONG
            for _, writer in (small, large):
                writer.close()

    run(conversation)


# -- too large ------------------------------------------------------------------------------------


def request_of(size: int) -> bytes:
    return (
        b"MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKx;rport\r\n"
        b"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 MESSAGE\r\n"
        b"Content-Length: %d\r\n\r\n" % size
    )


def test_sip_request_that_nobody_holds_is_answered_513() -> None:
    async def conversation() -> None:
        async with serving(Transport.TCP) as server:
            reader, writer = await server.connect()
            writer.write(request_of(2 << 20) + b"x" * 100_000)
            response = parse(await rest_of(reader))
            assert not isinstance(response, Request)
            assert response.status == 513
            assert response.call_id == "c"
            assert response.top_via is not None
            assert response.top_via.received == HOST
            assert response.to is not None
            assert response.to.tag
            assert server.party.heard == []
            assert len(server.wire.seen) == 2
            writer.close()

    run(conversation)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
    ],
)
def test_http_head_that_is_too_large_is_answered(sent: bytes, status: int) -> None:
    async def conversation() -> None:
        async with serving(Transport.HTTP) as server:
            reader, writer = await server.connect()
            writer.write(sent)
            answer = parse_http(await rest_of(reader), "GET")
            assert answer.status == status
            assert "Date" in answer.headers
            assert server.party.heard == []
            writer.close()

    run(conversation)


def test_http_chunks_that_are_too_many_are_answered_413(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.xcap.framing.MAX_BODY", 100_000)
    monkeypatch.setattr("harness.transport.framings.MAX_BODY", 100_000)

    async def conversation() -> None:
        async with serving(Transport.HTTP) as server:
            reader, writer = await server.connect()
            writer.write(b"PUT /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in range(20):
                writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            assert parse_http(await rest_of(reader), "PUT").status == 413
            writer.close()

    run(conversation)


# -- HTTP as clients speak it ---------------------------------------------------------------------


def test_http_requests_in_a_row_are_answered_in_order() -> None:
    class Echo(Party):
        def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
            name = parse_http(data).target.encode()  # type: ignore[union-attr]
            return [
                Send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name), source)
            ]

    async def conversation() -> None:
        async with serving(Transport.HTTP) as server:
            server.driver.attach(Echo())
            reader, writer = await server.connect()
            writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % n for n in range(20)))
            for number in range(20):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
                assert head.startswith(b"HTTP/1.1 200")
                name = b"/%d" % number
                assert await asyncio.wait_for(reader.readexactly(len(name)), SECONDS) == name
            writer.close()

    run(conversation)


def test_client_that_waits_for_100_gets_it() -> None:
    async def conversation() -> None:
        async with serving(Transport.HTTP) as server:
            reader, writer = await server.connect()
            body = gzip.compress(b"<a/>")
            writer.write(
                b"PUT /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Encoding: gzip\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body)
            )
            interim = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
            assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(body)
            assert await asyncio.wait_for(reader.readexactly(len(FOUND)), SECONDS) == FOUND
            assert parse_http(server.party.heard[0][0]).body == b"<a/>"
            writer.close()

    run(conversation)


# -- many -----------------------------------------------------------------------------------------


def test_hundreds_of_idle_connections_keep_nobody_out() -> None:
    count = min(400, most_connections() // 3)

    async def conversation() -> None:
        async with serving(Transport.TCP) as server:
            idle = [await server.connect() for _ in range(count)]
            started = server.driver.now
            reader, writer = await server.connect()
            writer.write(PING)
            assert await asyncio.wait_for(reader.readexactly(len(PONG)), SECONDS) == PONG
            assert server.driver.now - started < 1
            # And each of them still works.
            for each, other in (idle[0], idle[-1]):
                other.write(b"\r\n\r\n")
                assert await asyncio.wait_for(each.readexactly(2), SECONDS) == b"\r\n"
            for _, other in [*idle, (reader, writer)]:
                other.close()
            assert server.said == []

    run(conversation)


def test_connection_that_has_just_come_is_not_idle() -> None:
    async def conversation() -> None:
        async with serving(Transport.TCP) as server:
            connection = StreamConnection(Transport.TCP, server.driver._streams)
            assert connection.overdue(server.driver.now, Patience()) == ""

    run(conversation)


def test_process_without_file_descriptors_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accept = socket.socket.accept
    refusals = [OSError(errno.EMFILE, "Too many open files")]

    def scarce(self: socket.socket) -> tuple[socket.socket, object]:
        if refusals:
            raise refusals.pop()
        return accept(self)

    async def conversation() -> None:
        async with serving(Transport.TCP) as server:
            silent = await server.connect()
            silent[1].write(PING)
            await silent[0].readexactly(len(PONG))
            monkeypatch.setattr(socket.socket, "accept", scarce)
            reader, writer = await server.connect()
            writer.write(PING)
            assert await asyncio.wait_for(reader.readexactly(len(PONG)), SECONDS) == PONG
            assert "Too many open files" in server.said[0]
            assert "ulimit" in server.said[0]
            # The one silent longest made room.
            assert await rest_of(silent[0]) == b""
            for _, other in (silent, (reader, writer)):
                other.close()

    run(conversation)


# -- the way back ---------------------------------------------------------------------------------


def on_stream(*, host: str = HOST, port: int, extra: str = "") -> bytes:
    return (
        f"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP {host}:{port};branch=z9hG4bKy{extra}\r\n"
        "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n"
        "Content-Length: 0\r\n\r\n"
    ).encode()


@pytest.mark.parametrize(
    ("host", "extra", "reused"),
    [(HOST, ";alias", True), ("phone.example", ";Alias", True), (HOST, "", False)],
)
def test_alias_lets_requests_use_the_connection(host: str, extra: str, reused: bool) -> None:
    async def conversation() -> None:
        async with serving(Transport.TCP) as server:
            with socket.socket() as nobody:
                nobody.bind((HOST, 0))
                port = nobody.getsockname()[1]
                reader, writer = await server.connect()
                writer.write(on_stream(host=host, port=port, extra=extra))
                assert await asyncio.wait_for(reader.readexactly(len(PONG)), SECONDS) == PONG
                server.driver.perform([Send(PING, Peer(HOST, port, Transport.TCP))])
                if reused:
                    assert await asyncio.wait_for(reader.readexactly(len(PING)), SECONDS) == PING
                else:
                    await until(lambda: len(server.party.failures) == 1)
            writer.close()
            # An alias ends with its connection.
            await until(lambda: server.driver.reached(server.party.heard[0][1]) is None)

    run(conversation)


def test_response_without_its_connection_is_given_back_at_once() -> None:
    async def conversation() -> None:
        async with serving(Transport.TCP) as server:
            _, writer = await server.connect()
            writer.write(PING)
            await until(lambda: len(server.party.heard) == 1)
            source = server.party.heard[0][1]
            writer.close()
            await until(lambda: server.driver.reached(source) is None)
            late = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP 127.0.0.1:5071\r\nContent-Length: 0\r\n\r\n"
            server.driver.perform([Send(late, source)])
            await until(lambda: len(server.party.failures) == 1)
            assert "has closed its connection" in server.party.failures[0][1]

    run(conversation)


def test_udp_answers_leave_from_the_port_that_was_asked() -> None:
    async def conversation() -> None:
        party = Party()
        driver = Driver(party)
        listeners = await driver.listen([Peer(HOST, 0), Peer(HOST, 0)])
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.setblocking(False)
            phone.bind((HOST, 0))
            own = Peer(*phone.getsockname())
            for listener in (*listeners, listeners[0]):
                await loop.sock_sendto(phone, PING, (listener.host, listener.port))
                async with asyncio.timeout(SECONDS):
                    data, source = await loop.sock_recvfrom(phone, 1000)
                assert (data, source) == (PONG, (listener.host, listener.port))
                assert driver.reached(own) == listener
        assert driver.reached(Peer(HOST, 9)) is None
        await driver.stop()

    run(conversation)


def test_listeners_of_several_kinds_and_ports_have_ports_of_their_own() -> None:
    async def conversation() -> None:
        driver = Driver(Party())
        udp, tcp, more, other, http = await driver.listen(
            [
                Peer(HOST, 0, Transport.UDP),
                Peer(HOST, 0, Transport.TCP),
                Peer(HOST, 0, Transport.UDP),
                Peer(HOST, 0, Transport.TCP),
                Peer(HOST, 0, Transport.HTTP),
            ]
        )
        assert udp.port == tcp.port
        assert more.port == other.port
        assert len({udp.port, more.port, http.port}) == 3
        await driver.stop()

    run(conversation)


def test_connections_are_as_many_as_files_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def limit(soft: int) -> Callable[[int], tuple[int, int]]:
        return lambda _: (soft, soft)

    for soft, most in ((1024, 960), (10, 16), (-1, 16384), (1 << 20, 16384)):
        monkeypatch.setattr("resource.getrlimit", limit(soft))
        assert most_connections() == most
        assert len(Connections(Patience())) == 0


def test_sockets_that_were_taken_are_all_closed() -> None:
    async def conversation() -> None:
        with ExitStack() as stack:
            async with serving(Transport.TCP) as server:
                place = (server.address.host, server.address.port)
                held = [
                    stack.enter_context(socket.create_connection(place, SECONDS)) for _ in range(20)
                ]
            loop = asyncio.get_running_loop()
            for each in held:
                each.setblocking(False)
                try:
                    assert await loop.sock_recv(each, 10) == b""
                except ConnectionError:
                    continue

    run(conversation)
