"""The driver: datagrams and streams in and out, timers, failures, bounds."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from harness.model import Peer, Send, Transport
from harness.transport.behind import Behind
from harness.transport.driver import Driver, ListenError
from tests.transport.parties import FOUND, GET, PING, PONG, SECONDS, Party, Wire, play, until


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP, Transport.HTTP])
def test_drivers_exchange_request_and_response(host: str, transport: Transport) -> None:
    async def conversation() -> None:
        server, client, wire = Party(), Party(), Wire()
        ours, theirs = Driver(server, wire), Driver(client)
        [address] = await ours.listen([Peer(host, 0, transport)])
        await theirs.listen([Peer(host, 0, Transport.UDP)])
        request, response = (PING, PONG) if transport.is_sip else (GET, FOUND)
        theirs.perform([Send(request, address)])
        await until(lambda: len(client.heard) == 1)
        assert client.heard[0] == (response, address)
        assert [raw for raw, *_ in wire.seen] == [request, response]
        (_, source, destination, name), (_, back_from, back_to, back_name) = wire.seen
        assert (source, destination) == (back_to, back_from)
        assert destination.host == host
        assert name == back_name
        assert bool(name) == transport.is_reliable
        await ours.stop()
        await theirs.stop()

    play(conversation)


def test_driver_gives_udp_and_tcp_the_same_free_port() -> None:
    async def conversation() -> None:
        driver = Driver(Party())
        wanted = [Peer("127.0.0.1", 0, each) for each in (Transport.UDP, Transport.TCP)]
        udp, tcp = await driver.listen(wanted)
        assert udp.port == tcp.port != 0
        await driver.stop()

    play(conversation)


def test_driver_says_which_port_is_in_use() -> None:
    async def conversation() -> None:
        driver = Driver(Party())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", 0))
            port = other.getsockname()[1]
            with pytest.raises(ListenError, match=f"127.0.0.1:{port}.*another program"):
                await driver.listen([Peer("127.0.0.1", port, Transport.UDP)])
        elsewhere = [Peer("192.0.2.1", 0, Transport.UDP)]
        with pytest.raises(ListenError, match="no such address"):
            await driver.listen(elsewhere, exposed=True)
        with pytest.raises(ListenError, match=r"others can reach this address.*network\.bind"):
            await driver.listen(elsewhere)
        await driver.stop()

    play(conversation)


def test_driver_reports_a_connection_that_cannot_be_made() -> None:
    async def conversation() -> None:
        party = Party()
        driver = Driver(party)
        await driver.listen([])
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = Peer("127.0.0.1", closed.getsockname()[1], Transport.TCP)
            driver.perform([Send(PING, nobody), Send(PING, nobody)])
            await until(lambda: len(party.failures) == 2)
        assert "no connection" in party.failures[0][1]
        await driver.stop()

    play(conversation)


def test_driver_reports_a_datagram_that_no_listener_can_send() -> None:
    async def conversation() -> None:
        party = Party()
        driver = Driver(party)
        await driver.listen([Peer("127.0.0.1", 0, Transport.UDP)])
        driver.perform([Send(PING, Peer("::1", 5060)), Send(b"x" * 70000, Peer("127.0.0.1", 9))])
        await until(lambda: len(party.failures) == 2)
        assert "no UDP listener" in party.failures[0][1]
        assert "do not fit" in party.failures[1][1]
        await driver.stop()

    play(conversation)


def test_driver_reports_a_request_whose_connection_is_closed_unanswered() -> None:
    async def conversation() -> None:
        async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.close()

        party = Party()
        driver = Driver(party)
        await driver.listen([])
        rude = await asyncio.start_server(hang_up, "127.0.0.1", 0)
        port = rude.sockets[0].getsockname()[1]
        driver.perform([Send(GET, Peer("127.0.0.1", port, Transport.HTTP))])
        await until(lambda: len(party.failures) == 1)
        assert "closed" in party.failures[0][1]
        rude.close()
        await driver.stop()

    play(conversation)


def test_driver_connects_by_name_and_names_the_peer_as_asked() -> None:
    async def conversation() -> None:
        server, client = Party(), Party()
        ours, theirs = Driver(server), Driver(client)
        [address] = await ours.listen([Peer("127.0.0.1", 0, Transport.HTTP)])
        await theirs.listen([])
        named = Peer("localhost", address.port, Transport.HTTP)
        theirs.perform([Send(GET, named)])
        await until(lambda: len(client.heard) == 1)
        assert client.heard[0] == (FOUND, named)
        await theirs.stop()
        await ours.stop()

    play(conversation)


def test_driver_keeps_keepalives_out_of_the_trace() -> None:
    async def conversation() -> None:
        party, wire = Party(), Wire()
        driver = Driver(party, wire)
        udp, tcp = await driver.listen(
            [Peer("127.0.0.1", 0, Transport.UDP), Peer("127.0.0.1", 0, Transport.TCP)]
        )
        reader, writer = await asyncio.open_connection(tcp.host, tcp.port)
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), SECONDS) == b"\r\n"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            for data in (b"\r\n\r\n", b"\0", PING):
                phone.sendto(data, (udp.host, udp.port))
            await until(lambda: len(party.heard) == 3)
        # The party answers whatever it hears, but only real messages are traced as heard.
        heard = [raw for raw, source, *_ in wire.seen if source != udp]
        assert heard == [PING]
        writer.close()
        await driver.stop()

    play(conversation)


def test_driver_fires_the_timer_of_the_endpoint() -> None:
    async def conversation() -> None:
        party = Party()
        driver = Driver(party)
        await driver.listen([])
        party.deadline = driver.now + 0.01
        driver.perform([])
        await until(lambda: len(party.ticks) == 1)
        assert party.ticks[0] >= driver.now - SECONDS
        await driver.stop()

    play(conversation)


def test_driver_goes_on_when_the_endpoint_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def conversation() -> None:
        party, faults = Party(), list[BaseException]()
        driver = Driver(party, failures=faults.append)
        [address] = await driver.listen([Peer("127.0.0.1", 0, Transport.UDP)])
        party.raises = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.sendto(PING, (address.host, address.port))
            await until(lambda: len(faults) == 1)
            party.raises = False
            phone.sendto(PING, (address.host, address.port))
            await until(lambda: len(party.heard) == 2)
        await driver.stop()

    play(conversation)
    assert "the endpoint failed" in caplog.text


def test_driver_ends_an_http_connection_that_says_close() -> None:
    async def conversation() -> None:
        class Closing(Party):
            def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
                answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                return [Send(answer, source)]

        driver = Driver(Closing())
        [address] = await driver.listen([Peer("127.0.0.1", 0, Transport.HTTP)])
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(GET)
        assert b"200 OK" in await asyncio.wait_for(reader.read(), SECONDS)
        writer.close()
        await driver.stop()

    play(conversation)


def test_peer_is_answered_before_its_message_is_observed() -> None:
    async def conversation() -> None:
        seen, go_on, faults = list[bytes](), threading.Event(), list[BaseException]()

        def slow(raw: bytes, *_: object, connection: str) -> None:
            assert go_on.wait(SECONDS)
            seen.append(raw)
            if len(seen) == 1:
                raise ValueError("a fault of the observer")

        driver = Driver(Party(), Behind(slow, faults.append))
        [address] = await driver.listen([Peer("127.0.0.1", 0, Transport.TCP)])
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(PING)
        assert await asyncio.wait_for(reader.readexactly(len(PONG)), SECONDS) == PONG
        assert seen == []
        go_on.set()
        writer.close()
        await driver.stop()
        # Everything was observed by then, in order, and a fault stops nothing.
        assert seen == [PING, PONG]
        assert len(faults) == 1

    play(conversation)
