"""The lab's certificate authority: made on first use, kept in a folder, installed on phones."""

from __future__ import annotations

import datetime
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_KEY_BITS = 2048
_AUTHORITY_DAYS = 3650
# What phones accept from a server at most: 398 days.
_SERVER_DAYS = 397
# A phone's clock may be somewhat behind.
_LENIENCE = datetime.timedelta(days=2)
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*",
    re.IGNORECASE,
)
_MAX_COMMON_NAME = 64
# RFC 5924 §3: id-kp-sipDomain, "the certificate is appropriate for use as a SIP domain
# certificate".
_SIP_DOMAIN = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.20")

_Key = rsa.RSAPrivateKey


class AuthorityError(OSError):
    """The authority cannot be had; the text says which file, why and what to do."""


def default_folder() -> Path:
    """Where the authority is kept unless something else is said (XDG base directories)."""
    base = os.environ.get("XDG_STATE_HOME", "")
    state = Path(base) if base.startswith("/") else Path("~/.local/state").expanduser()
    return state / "presence-harness"


def is_host_name(text: str) -> bool:
    """Whether a text can be a host name in a certificate."""
    return _HOST_NAME.fullmatch(text) is not None


class Authority:
    """Signs certificates for the network side's names; the private keys never leave `folder`.

    RSA keys, since every phone takes them. Raises AuthorityError.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pem = folder / "presence-lab-ca.pem"
        """The authority's certificate, for curl, openssl and other programs."""
        self.der = folder / "presence-lab-ca.crt"
        """The same in DER, as phones want it."""
        self._secret = folder / "presence-lab-ca.key"
        try:
            self._prepare()
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise AuthorityError(
                f"{folder}: the lab's certificate authority cannot be kept here: {reason}. "
                "Give a folder with --tls-dir, or tls.folder in the profile"
            ) from None

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._secret.exists():
            _keep(self._secret, _make_authority())
        text = self._secret.read_bytes()
        key = serialization.load_pem_private_key(text, None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"{self._secret.name} holds no RSA key")
        self._key = key
        self.certificate = x509.load_pem_x509_certificate(text)
        if self.certificate.not_valid_after_utc < _now():
            raise ValueError(
                f"{self._secret.name} has expired: remove it, and install the new one on the phones"
            )
        for path, encoding in (
            (self.pem, serialization.Encoding.PEM),
            (self.der, serialization.Encoding.DER),
        ):
            data = self.certificate.public_bytes(encoding)
            if not path.exists() or path.read_bytes() != data:
                path.write_bytes(data)
        # One key for all servers: making one takes as long as a hundred signatures.
        server = self.folder / "presence-server.key"
        if not server.exists():
            _keep(server, _pem(_make_key()))
        loaded = serialization.load_pem_private_key(server.read_bytes(), None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise TypeError(f"{server.name} holds no RSA key")
        self._server_key = loaded

    def server_chain(
        self, names: Sequence[str], addresses: Sequence[str] = (), uris: Sequence[str] = ()
    ) -> bytes:
        """PEM of a server's key and certificate for these names and IP addresses.

        `uris` are SIP URIs of the domains that it answers for, without user part (RFC 5922 §7.1).
        """
        usable = [name for name in names if is_host_name(name)]
        title = next(iter([*usable, *addresses]), "presence harness")
        alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in usable]
        alternatives += [x509.IPAddress(ip_address(each)) for each in addresses]
        alternatives += [x509.UniformResourceIdentifier(each) for each in uris]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, _SIP_DOMAIN]
        return self._signed(self._server_key, title, alternatives, usages)

    def client_chain(self, title: str, uris: Sequence[str] = ()) -> bytes:
        """PEM of a new key and certificate for a client, the user's SIP URI among its names."""
        alternatives: list[x509.GeneralName] = [x509.UniformResourceIdentifier(u) for u in uris]
        return self._signed(_make_key(), title, alternatives, [ExtendedKeyUsageOID.CLIENT_AUTH])

    def _signed(
        self,
        key: _Key,
        title: str,
        alternatives: Sequence[x509.GeneralName],
        usages: Iterable[x509.ObjectIdentifier],
    ) -> bytes:
        builder = _builder(_name(title), self.certificate.subject, key, _SERVER_DAYS)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        builder = builder.add_extension(_key_usage(is_authority=False), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False
        )
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        certificate = builder.sign(self._key, hashes.SHA256())
        encoding = serialization.Encoding.PEM
        chain = certificate.public_bytes(encoding) + self.certificate.public_bytes(encoding)
        return _pem(key) + chain


def _make_authority() -> bytes:
    """PEM of a new authority: its key and its certificate."""
    key = _make_key()
    # A name of its own for each: phones list several labs' authorities side by side.
    mark = x509.SubjectKeyIdentifier.from_public_key(key.public_key()).digest.hex()[:8]
    name = _name(f"Presence lab CA {mark}")
    builder = _builder(name, name, key, _AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
    builder = builder.add_extension(_key_usage(is_authority=True), True)
    certificate = builder.sign(key, hashes.SHA256())
    return _pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: _Key, days: int
) -> x509.CertificateBuilder:
    start = _now() - _LENIENCE
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        # Clients of TLS 1.0 to 1.2 may send the premaster secret encrypted with it.
        key_encipherment=not is_authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(title: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "presence harness"),
            x509.NameAttribute(NameOID.COMMON_NAME, title[:_MAX_COMMON_NAME]),
        ]
    )


def _make_key() -> _Key:
    return rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)


def _pem(key: _Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _keep(path: Path, secret: bytes) -> None:
    """Write a secret file, readable by its owner alone; whoever comes second keeps the first's."""
    # mkstemp makes it with mode 0600, and a link never replaces what another process has made.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
        if not path.exists():
            Path(path).hardlink_to(name)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
