"""TLS on sockets: the lab's authority, certificates by name, versions, and failures in words."""

from __future__ import annotations

import asyncio
import socket
import ssl
import stat
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from harness.model import Peer, Send, Transport
from harness.transport.authority import Authority, AuthorityError, default_folder
from harness.transport.driver import Driver, ListenError
from harness.transport.streams import Patience
from harness.transport.tls import ClientTls, ServerTls, TlsError, TlsPolicy
from tests.transport.parties import FOUND, GET, PING, PONG, SECONDS, Party, Wire, play, until

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Server:
    """A driver that takes TLS, and what it said."""

    def __init__(
        self,
        authority: Authority,
        policy: TlsPolicy = TlsPolicy(),  # noqa: B008
        patience: Patience = Patience(),  # noqa: B008
    ) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []
        self.party, self.wire = Party(), Wire()
        tls = ServerTls(authority, ["lab.example"], [HOST], policy, self.asked.append)
        self.driver = Driver(
            self.party,
            self.wire,
            notices=self.said.append,
            server_tls=tls,
            patience=patience,
        )

    async def listen(self, *kinds: Transport) -> Sequence[Peer]:
        return await self.driver.listen([Peer(HOST, 0, kind) for kind in kinds])

    async def says(self, *words: str) -> None:
        await until(lambda: any(all(word in said for word in words) for said in self.said))


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.pem))


def certificate_shown(address: Peer, name: str, context: ssl.SSLContext) -> x509.Certificate:
    """The certificate that a client gets which asks for `name`."""
    with (
        socket.create_connection((address.host, address.port), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as wrapped,
    ):
        shown = wrapped.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown)


# -- the authority --------------------------------------------------------------------------------


def test_authority_is_made_once_and_exported_for_phones(tmp_path: Path) -> None:
    first = Authority(tmp_path / "state")
    again = Authority(tmp_path / "state")
    assert again.certificate == first.certificate
    assert x509.load_der_x509_certificate(first.der.read_bytes()) == first.certificate
    assert x509.load_pem_x509_certificate(first.pem.read_bytes()) == first.certificate
    for key in (tmp_path / "state").glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600, key
    assert b"PRIVATE" not in first.pem.read_bytes()


def test_authorities_that_are_made_at_the_same_time_are_one(tmp_path: Path) -> None:
    found: list[Authority] = []
    threads = [threading.Thread(target=lambda: found.append(Authority(tmp_path))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({each.certificate for each in found}) == 1


@pytest.mark.parametrize("content", ["", "no key\n", "-----BEGIN PRIVATE KEY-----\nAA\n"])
def test_authority_that_is_broken_is_explained(tmp_path: Path, content: str) -> None:
    (tmp_path / "presence-lab-ca.key").write_text(content)
    with pytest.raises(AuthorityError, match=r"cannot be kept here.*--tls-dir"):
        Authority(tmp_path)


def test_authority_in_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuthorityError, match=r"tls\.folder"):
        Authority(tmp_path / "file")


def test_state_folder_is_that_of_the_xdg_directories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")
    assert default_folder() == Path("/somewhere/presence-harness")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert default_folder() == Path("~/.local/state/presence-harness").expanduser()


def test_server_certificate_names_hosts_addresses_and_sip_domains(authority: Authority) -> None:
    chain = authority.server_chain(["lab.example"], [HOST, "::1"], ["sip:lab.example"])
    own = x509.load_pem_x509_certificate(chain)
    names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["lab.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == [HOST, "::1"]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["sip:lab.example"]
    own.verify_directly_issued_by(authority.certificate)
    # Phones take no server's certificate that is valid for longer.
    assert (own.not_valid_after_utc - own.not_valid_before_utc).days <= 398


# -- what works -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Transport.TLS, Transport.HTTPS])
@pytest.mark.parametrize("form", ["pem", "der"])
def test_drivers_exchange_request_and_response(
    kind: Transport, form: str, authority: Authority
) -> None:
    async def conversation() -> None:
        server, client = Server(authority), Party()
        [address] = await server.listen(kind)
        theirs = Driver(client, client_tls=ClientTls(getattr(authority, form)))
        await theirs.listen([])
        request, response = (PING, PONG) if kind.is_sip else (GET, FOUND)
        for number in (1, 2):
            theirs.perform([Send(request, address)])
            await until(lambda: len(client.heard) == number)  # noqa: B023
        assert client.heard == [(response, address)] * 2
        assert [raw for raw, *_ in server.wire.seen] == [request, response] * 2
        assert {source.transport for _, source, *_ in server.wire.seen} == {kind}
        # One connection for both.
        assert len({connection for *_, connection in server.wire.seen}) == 1
        assert server.driver.reached(server.party.heard[0][1]) == address
        await theirs.stop()
        await server.driver.stop()
        assert server.said == []

    play(conversation)


def test_message_that_comes_byte_by_byte_is_heard(authority: Authority) -> None:
    async def conversation() -> None:
        server = Server(authority)
        [address] = await server.listen(Transport.TLS)
        reader, writer = await asyncio.open_connection(
            address.host, address.port, ssl=trusting(authority)
        )
        for octet in PING:
            writer.write(bytes([octet]))
            await writer.drain()
        assert await asyncio.wait_for(reader.readexactly(len(PONG)), SECONDS) == PONG
        writer.write(b"\r\n\r\n")
        assert await asyncio.wait_for(reader.readexactly(2), SECONDS) == b"\r\n"
        writer.close()
        await server.driver.stop()

    play(conversation)


def test_server_shows_a_certificate_for_the_name_that_is_asked_for(authority: Authority) -> None:
    async def conversation() -> None:
        server = Server(authority)
        [address] = await server.listen(Transport.TLS)
        context = trusting(authority)

        async def shown(name: str) -> list[str]:
            found = await asyncio.to_thread(certificate_shown, address, name, context)
            names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            return names.get_values_for_type(x509.DNSName)

        assert await shown("lab.example") == ["lab.example"]
        assert await shown(HOST) == ["lab.example"]
        assert server.asked == []
        # verified by the client, so it holds the name
        assert "pcscf.operator.example" in await shown("PCSCF.operator.example")
        await shown("pcscf.operator.example")
        assert server.asked == ["pcscf.operator.example"]
        await server.driver.stop()

    play(conversation)


def test_key_log_lets_a_capture_be_read(authority: Authority, tmp_path: Path) -> None:
    log = tmp_path / "keys"

    async def conversation() -> None:
        server = Server(authority, TlsPolicy(key_log=log))
        [address] = await server.listen(Transport.TLS)
        await asyncio.to_thread(certificate_shown, address, HOST, trusting(authority))
        await server.driver.stop()

    play(conversation)
    assert "CLIENT_TRAFFIC_SECRET_0 " in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_client_certificate_of_the_lab_is_taken(authority: Authority, tmp_path: Path) -> None:
    chain = tmp_path / "ue.pem"
    chain.write_bytes(authority.client_chain("phone", ["sip:alice@lab.example"]))

    async def conversation() -> None:
        server, client = Server(authority, TlsPolicy(client_certificates="required")), Party()
        [address] = await server.listen(Transport.TLS)
        theirs = Driver(client, client_tls=ClientTls(authority.pem, chain))
        await theirs.listen([])
        theirs.perform([Send(PING, address)])
        await until(lambda: len(client.heard) == 1)
        await theirs.stop()
        await server.driver.stop()

    play(conversation)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_old_version_is_taken_where_the_profile_allows_it(authority: Authority) -> None:
    old = ssl.create_default_context(cafile=str(authority.pem))
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1

    async def conversation() -> None:
        strict, lenient = Server(authority), Server(authority, TlsPolicy(minimum="1.0"))
        [refusing] = await strict.listen(Transport.TLS)
        [taking] = await lenient.listen(Transport.TLS)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.to_thread(certificate_shown, refusing, HOST, old)
        await strict.says("unsupported protocol", "lower tls.minimum")
        await asyncio.to_thread(certificate_shown, taking, HOST, old)
        await strict.driver.stop()
        await lenient.driver.stop()

    play(conversation)


# -- what fails, and what is said of it -----------------------------------------------------------


def test_client_without_the_authority_is_told_of_on_both_sides(authority: Authority) -> None:
    async def conversation() -> None:
        server, client, said = Server(authority), Party(), list[str]()
        [address] = await server.listen(Transport.TLS)
        theirs = Driver(client, client_tls=ClientTls(), notices=said.append)
        await theirs.listen([])
        theirs.perform([Send(PING, address)])
        await until(lambda: len(client.failures) == 1)
        assert "certificate verify failed" in client.failures[0][1]
        assert "--ca" in said[0]
        await server.says(HOST, "does not trust the lab CA")
        assert server.party.heard == []
        await theirs.stop()
        await server.driver.stop()

    play(conversation)


def test_client_without_a_certificate_is_told_what_is_wanted(authority: Authority) -> None:
    async def conversation() -> None:
        server, client = Server(authority, TlsPolicy(client_certificates="required")), Party()
        [address] = await server.listen(Transport.TLS)
        theirs = Driver(client, client_tls=ClientTls(authority.pem))
        await theirs.listen([])
        theirs.perform([Send(PING, address)])
        await server.says("did not return a certificate", "tls.client_certificates")
        # With TLS 1.3 the client is ready before the server has looked: the request fails all the
        # same, and does not wait for its timeout.
        await until(lambda: len(client.failures) == 1)
        await theirs.stop()
        await server.driver.stop()

    play(conversation)


@pytest.mark.parametrize(
    ("kind", "sent", "words"),
    [
        (Transport.TLS, PING, ("speaks no TLS", "OPTIONS")),
        (Transport.HTTPS, GET, ("speaks no TLS", "GET /")),
        (Transport.TLS, b"\x16\x03\x01", ("closed the connection in the middle", "install")),
        (Transport.TLS, b"\x00" * 400, ("TLS connection from", HOST)),
        (Transport.TCP, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", ("speaks TLS", "without it")),
    ],
)
def test_peer_that_speaks_something_else_is_told_of(
    kind: Transport, sent: bytes, words: tuple[str, str], authority: Authority
) -> None:
    async def conversation() -> None:
        server = Server(authority)
        [address] = await server.listen(kind)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(sent)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), SECONDS)
        await server.says(*words)
        # Once is enough.
        count = len(server.said)
        reader, again = await asyncio.open_connection(address.host, address.port)
        again.write(sent)
        again.write_eof()
        await asyncio.wait_for(reader.read(), SECONDS)
        assert len(server.said) == count
        writer.close()
        again.close()
        await server.driver.stop()

    play(conversation)


def test_handshake_that_never_ends_is_ended(authority: Authority) -> None:
    async def conversation() -> None:
        server = Server(authority, patience=replace(Patience(), handshake=0.05))
        [address] = await server.listen(Transport.TLS)
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(b"\x16")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(1), SECONDS)
        await server.says("handshake took too long")
        writer.close()
        await server.driver.stop()

    play(conversation)


def test_connection_that_is_cut_is_forgotten(authority: Authority) -> None:
    async def conversation() -> None:
        server = Server(authority)
        [address] = await server.listen(Transport.TLS)
        _, writer = await asyncio.open_connection(
            address.host, address.port, ssl=trusting(authority)
        )
        writer.write(PING)
        await until(lambda: len(server.party.heard) == 1)
        source = server.party.heard[0][1]
        writer.transport.abort()
        await until(lambda: server.driver.reached(source) is None)
        await server.driver.stop()

    play(conversation)


def test_tls_is_not_listened_for_without_a_certificate() -> None:
    async def conversation() -> None:
        with pytest.raises(ListenError, match="no certificate"):
            await Driver(Party()).listen([Peer(HOST, 0, Transport.TLS)])

    play(conversation)


def test_connection_without_an_authority_fails_at_once(authority: Authority) -> None:
    async def conversation() -> None:
        party = Party()
        driver = Driver(party)
        await driver.listen([])
        driver.perform([Send(PING, Peer(HOST, 9, Transport.TLS))])
        await until(lambda: len(party.failures) == 1)
        assert "no authority to trust" in party.failures[0][1]
        await driver.stop()

    play(conversation)


def test_files_of_no_use_are_explained(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("nothing")
    with pytest.raises(TlsError, match="no certificate authority"):
        ClientTls(tmp_path / "ca")
    with pytest.raises(TlsError, match="No such file"):
        ClientTls(tmp_path / "missing")
    with pytest.raises(TlsError, match="no certificate with its key"):
        ClientTls(authority.pem, tmp_path / "ca")
    with pytest.raises(TlsError, match="cannot be logged here"):
        ClientTls(authority.pem, policy=TlsPolicy(key_log=tmp_path / "no" / "folder"))
