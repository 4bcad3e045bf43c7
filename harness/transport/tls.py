"""TLS without sockets: bytes of a connection in and out, and in words why a handshake failed."""

from __future__ import annotations

import os
import ssl
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.transport.authority import Authority, is_host_name

ClientCertificates = Literal["none", "optional", "required"]

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
_READ_SIZE = 1 << 16
# Contexts that are kept: one for each name that clients ask for, and each address they reach.
_MAX_CONTEXTS = 64


class TlsError(OSError):
    """TLS cannot be set up; the text names the file, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What is spoken: the oldest version, client certificates, and where keys are logged.

    `client_ca` is a PEM file of authorities whose client certificates are taken beside the lab's.
    """

    minimum: Literal["1.0", "1.1", "1.2", "1.3"] = "1.2"
    client_certificates: ClientCertificates = "none"
    client_ca: Path | None = None
    key_log: Path | None = None


class TlsLayer:
    """TLS of one connection. `outgoing` has to be sent after each call.

    `failure` tells why it cannot go on, "" while it can.
    """

    def __init__(self, context: ssl.SSLContext, server_name: str | None = None) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._is_server = server_name is None
        self._object = context.wrap_bio(
            self._in, self._out, server_side=self._is_server, server_hostname=server_name
        )
        self._first = b""
        self.is_ready = False
        self.is_over = False
        """Whether the peer has said that nothing more will come (close_notify)."""
        self.failure = ""

    def start(self) -> None:
        """Begin the handshake, where we are the client."""
        self._shake_hands()

    def feed(self, data: bytes) -> bytes:
        """Take what the connection brought; answers what it meant."""
        if self.failure or self.is_over:
            return b""
        self._first = self._first or data[:16]
        self._in.write(data)
        if not self.is_ready:
            self._shake_hands()
        return self._read() if self.is_ready else b""

    def write(self, data: bytes) -> None:
        """Send `data`; before the handshake is done, or after a failure, it is dropped."""
        if self.is_ready and not self.failure:
            try:
                self._object.write(data)
            except ssl.SSLError as error:
                self._fail(error)

    def close(self) -> None:
        """Say that nothing more will come."""
        if self.is_ready and not self.failure:
            try:
                self._object.unwrap()
            except ssl.SSLError:
                return  # it wants the peer's answer, for which nobody waits

    def ended(self) -> None:
        """The connection has ended."""
        if not self.is_ready and not self.failure:
            self.failure = "the peer closed the connection in the middle of the handshake" + (
                f": {_DISTRUST}" if self._is_server and self._first else ""
            )

    def take_outgoing(self) -> bytes:
        """What has to be sent now."""
        return self._out.read()

    @property
    def version(self) -> str:
        """The version that was agreed on, "TLSv1.3" say; "" before."""
        return self._object.version() or ""

    def _shake_hands(self) -> None:
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            return
        except (ssl.SSLError, ValueError) as error:
            self._fail(error)
            return
        self.is_ready = True

    def _read(self) -> bytes:
        pieces = []
        try:
            while piece := self._object.read(_READ_SIZE):
                pieces.append(piece)
            self.is_over = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.is_over = True
        except ssl.SSLError as error:
            self._fail(error)
        return b"".join(pieces)

    def _fail(self, error: Exception) -> None:
        self.failure = explain_failure(error, self._first, is_server=self._is_server)


_DISTRUST = "many clients do so where they do not trust the lab CA: install its certificate"

_UNKNOWN = (
    "the peer does not trust the lab CA, or the certificate lacks the name that it asked for: "
    "install the CA's certificate on it, and name the host in tls.names"
)
_OLD = "the peer speaks an older version of TLS only: lower tls.minimum"
_NO_CIPHER = "no cipher in common: lower tls.minimum for an old client"
_UNTRUSTED = "the client's certificate is of no authority that is trusted here (tls.client_ca)"

# Parts of OpenSSL's reasons, and what to do about them.
_HINTS_OF_SERVER = (
    (("UNKNOWN_CA", "CERTIFICATE_UNKNOWN", "BAD_CERTIFICATE", "UNSUPPORTED_CERTIFICATE"), _UNKNOWN),
    (("CERTIFICATE_EXPIRED",), "for the peer the certificate has expired: look at its clock"),
    (("HTTP_REQUEST",), "the peer sends plain HTTP to a port for HTTPS"),
    (("UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "ALERT_PROTOCOL_VERSION"), _OLD),
    (("NO_SHARED_CIPHER", "NO_SHARED_SIGNATURE", "HANDSHAKE_FAILURE"), _NO_CIPHER),
    (("DID_NOT_RETURN_A_CERTIFICATE",), "the profile wants one (tls.client_certificates)"),
    (("CERTIFICATE_VERIFY_FAILED",), _UNTRUSTED),
)
_HINTS_OF_CLIENT = (
    (("CERTIFICATE_VERIFY_FAILED",), "give the CA's certificate with --ca"),
    (("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE"), "the server may want a client certificate"),
    (("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"), "the server does not speak TLS there"),
)


def explain_failure(error: Exception, first: bytes, *, is_server: bool) -> str:
    """What went wrong with TLS, and what to do; `first` are the first bytes of the peer."""
    reason = getattr(error, "reason", None) or str(error)
    verify = getattr(error, "verify_message", None)
    text = str(reason).replace("_", " ").lower() + (f" ({verify})" if verify else "")
    if is_server and first[:1].isalpha() and first.isascii():
        return f"{text}: the peer speaks no TLS, it begins with {first.decode('ascii')!r}"
    hints = _HINTS_OF_SERVER if is_server else _HINTS_OF_CLIENT
    hint = next((hint for marks, hint in hints if any(each in str(reason) for each in marks)), "")
    return f"{text}: {hint}" if hint else text


class ServerTls:
    """The server side's certificates: one for the address reached, one for each name asked for.

    `names` are the host names that the network side is known by, the domain first; `addresses`
    those of its listeners. Raises AuthorityError, TlsError.
    """

    def __init__(
        self,
        authority: Authority,
        names: Sequence[str],
        addresses: Sequence[str],
        policy: TlsPolicy,
        asked: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.authority = authority
        self.policy = policy
        self._names = tuple(dict.fromkeys(name.lower() for name in names if is_host_name(name)))
        self._addresses = tuple(dict.fromkeys(addresses))
        self._asked = asked
        self._contexts: dict[tuple[str, str], ssl.SSLContext] = {}
        self._context("", "")

    def layer(self, address: str) -> TlsLayer:
        """TLS of a connection that was accepted on the own address `address`."""
        known = "" if address in self._addresses else address
        return TlsLayer(self._context("", known))

    def _context(self, name: str, address: str) -> ssl.SSLContext:
        context = self._contexts.get((name, address))
        if context is None:
            if len(self._contexts) >= _MAX_CONTEXTS:
                del self._contexts[list(self._contexts)[1]]  # the first serves everybody
            context = self._contexts[name, address] = self._make(name, address)
        return context

    def _make(self, name: str, address: str) -> ssl.SSLContext:
        names = [*([name] if name else []), *self._names]
        addresses = [*self._addresses, *([address] if address else [])]
        # RFC 5922 §7.1: the domain's identity is a SIP URI without user part, or a DNS name where
        # there is no such URI.
        hosts = [*names, *(f"[{each}]" if ":" in each else each for each in addresses)]
        chain = self.authority.server_chain(names, addresses, [f"sip:{each}" for each in hosts])
        context = make_server_context(chain, self.policy, self.authority)
        context.sni_callback = self._choose
        return context

    def _choose(
        self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext
    ) -> int | None:
        """The client names the server that it wants (RFC 6066 §3)."""
        wanted = (name or "").lower().removesuffix(".")
        if not wanted or wanted in self._names or not is_host_name(wanted):
            return None
        if (wanted, "") not in self._contexts:
            self._asked(wanted)
        connection.context = self._context(wanted, "")
        return None


def make_server_context(chain: bytes, policy: TlsPolicy, authority: Authority) -> ssl.SSLContext:
    """A context of the server side; raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _apply(context, policy)
    _load_chain(context, chain)
    if policy.client_certificates != "none":
        is_required = policy.client_certificates == "required"
        context.verify_mode = ssl.CERT_REQUIRED if is_required else ssl.CERT_OPTIONAL
        _trust(context, authority.pem)
        if policy.client_ca is not None:
            _trust(context, policy.client_ca)
    return context


class ClientTls:
    """TLS of connections that we open: servers are verified, by the name they were asked for.

    `ca` is a PEM or DER file with the authority to trust, None the system's; `certificate` a PEM
    file with our own certificate and key. `names` gives the name that stands for an address.
    Raises TlsError.
    """

    def __init__(
        self,
        ca: Path | None = None,
        certificate: Path | None = None,
        policy: TlsPolicy = TlsPolicy(),
        names: dict[str, str] | None = None,
    ) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._names = names or {}
        _apply(self._context, policy)
        if ca is None:
            self._context.load_default_certs()
        else:
            _trust(self._context, ca)
        if certificate is not None:
            try:
                self._context.load_cert_chain(certificate)
            except (OSError, ValueError) as error:
                raise TlsError(f"{certificate}: no certificate with its key: {error}") from None

    def layer(self, host: str) -> TlsLayer:
        """TLS of a connection to `host`."""
        return TlsLayer(self._context, self._names.get(host, host))


def _apply(context: ssl.SSLContext, policy: TlsPolicy) -> None:
    if _VERSIONS[policy.minimum] < ssl.TLSVersion.TLSv1_2:
        # What the old versions need is refused by OpenSSL's usual level.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        # Python warns of the old versions; whoever sets them has an old phone.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[policy.minimum]
    if policy.key_log is not None:
        try:
            # Made here, since OpenSSL would let everybody read it.
            os.close(os.open(policy.key_log, os.O_CREAT | os.O_APPEND, 0o600))
            context.keylog_filename = str(policy.key_log)
        except OSError as error:
            reason = error.strerror or error
            raise TlsError(f"{policy.key_log}: keys cannot be logged here: {reason}") from None


def _load_chain(context: ssl.SSLContext, chain: bytes) -> None:
    # Python loads certificates from files alone; this one is gone at once.
    with tempfile.NamedTemporaryFile() as file:
        file.write(chain)
        file.flush()
        context.load_cert_chain(file.name)


def _trust(context: ssl.SSLContext, ca: Path) -> None:
    try:
        data = ca.read_bytes()
        text = data.decode("ascii") if b"-----BEGIN" in data else None
        context.load_verify_locations(cadata=data if text is None else text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TlsError(f"{ca}: no certificate authority (PEM or DER): {reason}") from None
