"""What happens on real sockets in a lab: strangers, reconnections, slow and broken peers."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from harness.capture.messages import CaptureReader
from harness.config import Profile, load_profile
from harness.model import Peer, Send, Transport
from harness.report.record import read_record
from harness.report.views import write_reports
from harness.sip.message import Request, Response, parse
from harness.transport.datagrams import Datagrams, local_address_towards
from harness.transport.driver import Driver, ListenError
from harness.transport.listening import _listening_socket
from tests.live import Lab, PlayingUe

SECONDS = 30.0


def profile_bound_to(host: str, **values: object) -> Profile:
    profile = load_profile("documented")
    network = profile.network.model_copy(update={"bind": host, **values})
    return profile.model_copy(update={"network": network})


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    found = Lab(tmp_path, profile_bound_to("127.0.0.1"))
    yield found
    found.close()


class Phone:
    """A UDP socket that speaks SIP by hand."""

    def __init__(self, lab: Lab, user: str = "+339012341234") -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(SECONDS)
        self.own = Peer("127.0.0.1", self.socket.getsockname()[1])
        self.server = (lab.network.sip.host, lab.network.sip.port)
        self.user = user
        self._number = 0

    def close(self) -> None:
        self.socket.close()

    def request(
        self, method: str, *lines: str, contact: str = "", body: bytes = b"", call: str = ""
    ) -> bytes:
        self._number += 1
        contact = contact or f"<sip:{self.user}@{self.own}>"
        user = f"<sip:{self.user}@test-rcs.com>"
        target = "sip:test-rcs.com" if method == "REGISTER" else f"sip:{self.user}@test-rcs.com"
        head = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.own};rport;branch=z9hG4bK{self.own.port}n{self._number}",
            "Max-Forwards: 70",
            f"From: {user};tag=t{self.own.port}",
            f"To: {user}",
            f"Call-ID: {call or self._number}@{self.own.port}",
            f"CSeq: {self._number} {method}",
            f"Contact: {contact}",
            *lines,
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.server)

    def hear(self) -> Request | Response:
        return parse(self.socket.recv(65536))

    def ask(self, method: str, *lines: str, **options: object) -> Response:
        self.send(self.request(method, *lines, **options))  # type: ignore[arg-type]
        while True:
            message = self.hear()
            if isinstance(message, Response):
                return message


@pytest.fixture
def phones(lab: Lab) -> Iterator[Callable[..., Phone]]:
    with ExitStack() as stack:

        def make(user: str = "+339012341234") -> Phone:
            phone = Phone(lab, user)
            stack.callback(phone.close)
            return phone

        yield make


# -- UEs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_ue_plays_the_whole_flow_over(host: str, transport: Transport, tmp_path: Path) -> None:
    if host == "::1" and local_address_towards("::1") is None:
        pytest.skip("no IPv6 here")
    lab = Lab(tmp_path, profile_bound_to(host))
    try:
        with PlayingUe(lab, host, transport=transport):
            lab.until(lambda: lab.passed("22"))
    finally:
        lab.close()
    [verdicts] = lab.verdicts().values()
    assert set(verdicts.values()) == {"pass"}
    assert lab.run.faults == []
    kinds = {entry.source.transport for entry in CaptureReader(tmp_path / "trace.pcapng")}
    assert {transport, Transport.HTTP} <= kinds


def test_wildcard_bind_gives_each_ue_the_address_that_it_reaches(tmp_path: Path) -> None:
    lab = Lab(tmp_path, profile_bound_to("0.0.0.0"))
    try:
        with PlayingUe(lab):
            lab.until(lambda: lab.passed("22"))
    finally:
        lab.close()
    [verdicts] = lab.verdicts().values()
    assert set(verdicts.values()) == {"pass"}
    seen = list(CaptureReader(tmp_path / "trace.pcapng"))
    assert {each.source.host for each in seen} == {"127.0.0.1"}
    for entry in seen:
        assert b"0.0.0.0" not in entry.raw
        if isinstance(entry.message, Request) and entry.source.port == lab.network.sip.port:
            assert entry.message.top_via is not None
            assert entry.message.top_via.host == "127.0.0.1"
            assert "127.0.0.1" in (entry.message.headers.get("Contact") or "127.0.0.1")


def test_stranger_who_registers_first_does_not_take_the_devices_place(
    lab: Lab, phones: Callable[..., Phone]
) -> None:
    stranger = phones("+15550001111")
    assert stranger.ask("REGISTER", "Expires: 600", "Call-ID: twice").status in (200, 400, 403, 404)
    with PlayingUe(lab):
        lab.until(lambda: lab.passed("22"))
    followed = lab.run.followed
    results = lab.verdicts()
    assert followed is not None
    assert set(results[followed].values()) == {"pass"}
    assert str(stranger.own) in results
    others = {f.ue for f in lab.run.must_findings}
    assert followed not in others
    # Both stand in the record, each with its steps.
    lab.close()
    steps = read_record(lab.folder / "run.jsonl").steps
    assert {ue for ue, _ in steps} >= {followed, str(stranger.own)}


def test_ue_that_comes_back_on_another_port_is_the_same_ue(
    lab: Lab, phones: Callable[..., Phone]
) -> None:
    first, again = phones(), phones()
    instance = (
        '<sip:+339012341234@{}>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"'
    )
    for phone in (first, again):
        answer = phone.ask("REGISTER", "Expires: 600", contact=instance.format(phone.own))
        assert answer.status == 200
        phone.ask("OPTIONS")
    lab.until(lambda: len(lab.run.ues) > 0)
    assert len(lab.run.ues) == 1


def test_http_before_register_is_judged_once_the_ue_is_known(
    lab: Lab, phones: Callable[..., Phone]
) -> None:
    xcap = lab.network.xcap
    with socket.create_connection((xcap.host, xcap.port), SECONDS) as client:
        client.sendall(
            b"GET /org.openmobilealliance.xcap-directory/users/sip:+339012341234@test-rcs.com/"
            b"directory.xml HTTP/1.1\r\nHost: x\r\nX-3GPP-Intended-Identity: "
            b'"sip:+339012341234@test-rcs.com"\r\n\r\n'
        )
        assert client.recv(65536).startswith(b"HTTP/1.1 ")
        # It is on the disk at once, whosever it is.
        lab.until(lambda: len(read_record(lab.folder / "run.jsonl").messages) == 2)
        phones().ask("REGISTER", "Expires: 600")
        lab.until(lambda: bool(lab.run.result("H1").entries))
    assert lab.run.result("H1").entries[0] == 1


# -- hostile and broken peers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "contact",
    [
        "<sip:a@127.0.0.1:99999>",
        "<sip:a@127.0.0.1:0>",
        "<sip:a@a..b>",
        f"<sip:a@{'x' * 80}.invalid>",
        "<sip:a@[::1]:9>",
        "<sip:a@255.255.255.255>",
        "<sip:a@127.0.0.1:9;transport=tcp>",
    ],
)
def test_network_answers_on_after_a_contact_that_cannot_be_reached(
    lab: Lab, phones: Callable[..., Phone], contact: str
) -> None:
    hostile, good = phones(), phones("+15550002222")
    hostile.ask("REGISTER", "Expires: 600", contact=contact)
    hostile.ask("SUBSCRIBE", "Event: presence.winfo", "Expires: 600", contact=contact)
    assert good.ask("OPTIONS").status >= 200
    assert lab.run.faults == []


def test_large_datagrams_are_taken(lab: Lab, phones: Callable[..., Phone]) -> None:
    phone = phones()
    body = b"x" * 60000
    answer = phone.ask("MESSAGE", "Content-Type: text/plain", body=body)
    assert answer.status >= 400
    assert phone.ask("REGISTER", "Expires: 600").status == 200
    lab.until(lambda: lab.passed("2"))


def test_peers_that_hold_connections_do_not_keep_the_phone_out(
    lab: Lab, phones: Callable[..., Phone]
) -> None:
    slow = [
        (lab.network.sip, b"REGISTER sip:test-rcs.com SIP/2.0\r\nVia: SIP"),
        (lab.network.xcap, b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n<"),
    ]
    with ExitStack() as stack:
        for number in range(200):
            server, data = slow[number % 2]
            held = socket.create_connection((server.host, server.port), SECONDS)
            stack.callback(held.close)
            if number % 4 < 2:
                held.sendall(data)
        client = socket.create_connection((lab.network.xcap.host, lab.network.xcap.port), SECONDS)
        stack.callback(client.close)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 404")
        assert phones().ask("REGISTER", "Expires: 600").status == 200
    assert lab.run.faults == []


def test_half_open_and_reset_connections_are_answered_and_forgotten(lab: Lab) -> None:
    xcap, sip = lab.network.xcap, lab.network.sip
    with socket.create_connection((xcap.host, xcap.port), SECONDS) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        client.settimeout(SECONDS)
        assert client.recv(65536).startswith(b"HTTP/1.1 404")
    reset = socket.create_connection((sip.host, sip.port), SECONDS)
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    reset.sendall(b"OPTIONS sip:a@b SIP/2.0\r\n")
    reset.close()
    assert lab.run.faults == []


def test_port_scanner_leaves_no_ue_and_no_fault(lab: Lab, phones: Callable[..., Phone]) -> None:
    sip, xcap = lab.network.sip, lab.network.xcap
    probes = (
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40,
        b"GET / HTTP/1.0\r\n\r\n",
        b"SSH-2.0-scanner\r\n",
        b"\x00" * 300,
        b"OPTIONS sip:nm SIP/2.0\r\nVia: SIP/2.0/TCP nm;branch=foo\r\nContent-Length: 0\r\n\r\n",
    )
    for server in (sip, xcap):
        for probe in probes:
            connection = socket.create_connection((server.host, server.port), SECONDS)
            with connection as scanner, suppress(ConnectionError):
                scanner.sendall(probe)
                scanner.shutdown(socket.SHUT_WR)
                scanner.recv(65536)
    for probe in probes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as scanner:
            scanner.sendto(probe, (sip.host, sip.port))
    assert phones().ask("REGISTER", "Expires: 600").status == 200
    lab.until(lambda: lab.passed("2"))
    assert lab.run.faults == []
    assert len(lab.run.ues) == 1


# -- the driver -----------------------------------------------------------------------------------


class Deaf:
    """An endpoint that only remembers what could not be delivered."""

    def __init__(self) -> None:
        self.failures: list[str] = []

    def receive(self, data: bytes, source: Peer, now: float) -> list[Send]:
        return [Send(data, source)]

    def tick(self, now: float) -> list[Send]:
        return []

    def next_deadline(self) -> float | None:
        return None

    def failed(self, send: Send, reason: str, now: float) -> list[Send]:
        self.failures.append(reason)
        return []


def play(conversation: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(SECONDS):
            await conversation()

    asyncio.run(bounded())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("127.0.0.1", 99999, "there is no port 99999"),
        ("127.0.0.1", 0, "there is no port 0"),
        ("a..b", 5060, ""),
        ("x" * 80, 5060, ""),
        ("no\0name", 5060, "is no host"),
        ("\udcff", 5060, "is no host"),
        ("", 5060, "is no host"),
    ],
)
@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
def test_driver_survives_a_destination_that_cannot_be(
    host: str, port: int, says: str, transport: Transport
) -> None:
    async def conversation() -> None:
        endpoint = Deaf()
        driver = Driver(endpoint)
        [address] = await driver.listen([Peer("127.0.0.1", 0)])
        driver.perform([Send(b"hello", Peer(host, port, transport))])
        await until(lambda: bool(endpoint.failures))
        assert says in endpoint.failures[0]
        # The socket lives on.
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.setblocking(False)
            phone.bind(("127.0.0.1", 0))
            await loop.sock_sendto(phone, b"ping", (address.host, address.port))
            assert (await loop.sock_recv(phone, 100)) == b"ping"
        await driver.stop()

    play(conversation)


def test_driver_looks_names_up_for_datagrams() -> None:
    async def conversation() -> None:
        driver = Driver(Deaf())
        await driver.listen([Peer("127.0.0.1", 0)])
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.setblocking(False)
            phone.bind(("127.0.0.1", 0))
            driver.perform([Send(b"hello", Peer("localhost", phone.getsockname()[1]))])
            assert await loop.sock_recv(phone, 100) == b"hello"
        await driver.stop()

    play(conversation)


def test_driver_answers_on_when_its_observer_fails() -> None:
    async def conversation() -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        faults: list[BaseException] = []
        driver = Driver(Deaf(), full, faults.append)
        [address] = await driver.listen([Peer("127.0.0.1", 0)])
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
            phone.setblocking(False)
            phone.bind(("127.0.0.1", 0))
            await loop.sock_sendto(phone, b"ping", (address.host, address.port))
            assert await loop.sock_recv(phone, 100) == b"ping"
        assert len(faults) == 2
        await driver.stop()

    play(conversation)


def test_driver_lets_go_the_connection_silent_longest_when_it_has_too_many() -> None:
    ping = b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n"

    async def conversation() -> None:
        driver = Driver(Deaf(), most_connections=2)
        [address] = await driver.listen([Peer("127.0.0.1", 0, Transport.TCP)])

        async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
            return await asyncio.open_connection(address.host, address.port)

        async def works(pair: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
            pair[1].write(ping)
            assert await pair[0].readexactly(len(ping)) == ping

        first, silent = await connect(), await connect()
        await works(silent)
        await works(first)
        third = await connect()
        await works(third)
        await works(first)
        assert await silent[0].read() == b""
        for _, writer in (first, silent, third):
            writer.close()
        await driver.stop()

    play(conversation)


def test_driver_asks_for_another_port_where_the_chosen_one_is_taken_for_tcp(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def conversation() -> None:
        taken: list[int] = []

        def listening_socket(peer: Peer) -> socket.socket:
            if not taken:
                taken.append(peer.port)
                raise OSError(errno.EADDRINUSE, "Address already in use")
            return _listening_socket(peer)

        monkeypatch.setattr("harness.transport.listening._listening_socket", listening_socket)
        driver = Driver(Deaf())
        both = (Transport.UDP, Transport.TCP)
        udp, tcp = await driver.listen([Peer("127.0.0.1", 0, each) for each in both])
        assert udp.port == tcp.port
        assert taken
        # A port that was asked for is not exchanged for another.
        taken.clear()
        with pytest.raises(ListenError, match="another program"):
            await driver.listen([Peer("127.0.0.1", udp.port, Transport.TCP)])
        await driver.stop()

    play(conversation)


def test_socket_for_every_ipv6_address_takes_no_ipv4_in_disguise() -> None:
    if local_address_towards("::1") is None:
        pytest.skip("no IPv6 here")

    async def conversation() -> None:
        driver = Driver(Deaf())
        [six] = await driver.listen([Peer("::", 0)], exposed=True)
        [four] = await driver.listen([Peer("0.0.0.0", six.port)], exposed=True)
        assert four.port == six.port
        await driver.stop()

    play(conversation)


def test_wildcard_socket_tells_each_peer_the_address_it_reaches() -> None:
    async def conversation() -> None:
        datagrams = Datagrams(lambda data, source, local: None)
        datagrams.local = Peer("0.0.0.0", 5060)
        assert datagrams.towards(Peer("127.0.0.1", 9)) == Peer("127.0.0.1", 5060)
        assert datagrams.send(b"x", Peer("127.0.0.1", 9)) == "the socket is closed"

    play(conversation)


def test_record_is_on_the_disk_as_it_happens(lab: Lab, phones: Callable[..., Phone]) -> None:
    phone = phones()
    for number in range(1, 4):
        assert phone.ask("REGISTER", "Expires: 600", call="same").status == 200
        seen = 2 * number
        lab.until(lambda: len(read_record(lab.folder / "run.jsonl").messages) == seen)  # noqa: B023
    assert read_record(lab.folder / "run.jsonl").end is None
    assert write_reports(lab.folder / "run.jsonl", lab.folder)
