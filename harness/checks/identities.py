"""The identities that a message names, in forms that can be compared."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from collections.abc import Iterator

from harness.sip.digest import parse_credentials
from harness.sip.fields import NameAddr
from harness.sip.message import Request
from harness.sip.remember import remembered
from harness.sip.uri import SipUri, UriError, address_of_record
from harness.xcap.http import HttpRequest
from harness.xcap.selector import XcapUriError, parse_xcap_uri

_INTENDED = "X-3GPP-Intended-Identity"
_ASSERTED = ("X-3GPP-Asserted-Identity", "X-XCAP-Asserted-Identity")


def _default_port(uri: SipUri) -> int:
    """RFC 3261 §19.1.2: 5060, or 5061 over TLS."""
    return 5061 if uri.scheme == "sips" or uri.transport == "tls" else 5060


def aor_of(uri: str) -> str | None:
    """The address-of-record of a URI; None where it is none."""
    try:
        return address_of_record(uri)
    except UriError:
        return None


def sip_identity(address: NameAddr | None) -> str | None:
    """The address-of-record of a From or To."""
    return aor_of(address.uri) if address is not None else None


def instance_ids(request: Request) -> set[str]:
    """The instance ids of the Contacts (RFC 5626 §4.1)."""
    values = (each.params.get("+sip.instance") for each in request.contacts)
    return {value for value in values if value}


def contact_ports(request: Request) -> Iterator[tuple[str, int]]:
    """Host and port of each Contact; 5060 where none is written (RFC 3261 §19.1.2)."""
    for contact in request.contacts:
        uri = contact.parsed
        if isinstance(uri, SipUri):
            yield canonical_host(uri.host), uri.port or _default_port(uri)


def http_identities(message: Request | HttpRequest) -> set[str]:
    """What ties HTTP to a UE: XUI, asserted or intended identities, and user names.

    Of a REGISTER these are its address-of-record and its Digest user names.
    """
    found: set[str] = set()
    if isinstance(message, HttpRequest):
        found |= _xui(message.target)
        for name in (_INTENDED, *_ASSERTED):
            for row in message.headers.rows(name):
                found |= _identity(row.value.strip().strip('"'))
    for value in message.headers.values("Authorization"):
        found |= _username(value)
    return found


def is_client_request(request: HttpRequest) -> bool:
    """Whether an XCAP request comes from a client itself: a proxy marks what it forwards."""
    headers = request.headers
    if any(name in headers for name in ("Via", *_ASSERTED)):
        return False
    return "Authorization" in headers or _INTENDED in headers


@remembered(4096)
def canonical_host(host: str) -> str:
    """A host name or IP address as `Peer` writes it: lower case, IPv6 compressed, no brackets."""
    bare = host.strip("[]").lower()
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare


def _identity(text: str) -> set[str]:
    aor = aor_of(text) or aor_of(f"sip:{text}") if text else None
    return {aor} if aor is not None else set()


def _xui(target: str) -> set[str]:
    # The XCAP root is not known here: the AUID can follow any number of path segments.
    path = target.partition("?")[0]
    before, marker, after = path.partition("/users/")
    if not marker:
        return set()
    try:
        return _identity(parse_xcap_uri(f"/{before.rpartition('/')[2] or 'x'}/users/{after}").xui)
    except XcapUriError:
        return set()


def _username(value: str) -> set[str]:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() == "basic":
        try:
            name = base64.b64decode(rest.strip(), validate=True).partition(b":")[0]
        except (binascii.Error, ValueError):
            return set()
        return {name.decode("utf-8", "replace")}
    credentials = parse_credentials(value)
    return {credentials.username} if credentials is not None and credentials.username else set()
