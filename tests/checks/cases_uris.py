"""Cases of the checks of URIs and of where they stand."""

from __future__ import annotations

from tests.checks.conversation import CONTACT, PIDF, Case, Value, over_tcp, request, ue

REGISTER = request("REGISTER", branch="z9hG4bKuris")
SUBSCRIBE = request("SUBSCRIBE", branch="z9hG4bKuris-s")
LARGE = PIDF.replace(b"<tuple", b" " * 1400 + b"<tuple")


def register(**fields: Value) -> bytes:
    return request("REGISTER", fields=fields)


def subscribe(uri: str | None = None, **fields: Value) -> bytes:
    return request("SUBSCRIBE", uri, fields=fields)


def publish(transport: str, body: bytes) -> bytes:
    found = request("PUBLISH", body=body)
    return found.replace(b"SIP/2.0/UDP", f"SIP/2.0/{transport}".encode())


CASES = [
    Case(
        "GEN-PARAM-2",
        [register(Contact="<sip:alice@10.0.0.1;transport=udp>")],
        [register(Contact="<sip:alice@10.0.0.1;transport=udp;transport=tcp>")],
    ),
    Case("GEN-URI-3", [REGISTER], [register(To="<sip:alice@example.com;transport=tcp>")]),
    Case(
        "GEN-TRANSPORT-1",
        [REGISTER],
        [register(Contact="<sip:alice@10.0.0.1;transport=tls>")],
    ),
    Case(
        "GEN-BRACKETS-2",
        [register(Contact="sip:alice@10.0.0.1:5060;expires=60")],
        [register(Contact="sip:alice@10.0.0.1:5060;transport=udp")],
    ),
    Case("GEN-VIA-3", [REGISTER], [REGISTER.replace(b"Via: SIP/2.0", b"Via: SIP/3.0")]),
    Case(
        "GEN-VIA-4",
        over_tcp([ue(publish("TCP", LARGE))]),
        over_tcp([ue(publish("UDP", LARGE))]),
    ),
    Case(
        "GEN-VIA-5", [REGISTER], [REGISTER.replace(b"10.0.0.1:5060;branch", b"10.0.0.1:0;branch")]
    ),
    Case("GEN-CONTACT-3", [SUBSCRIBE], [subscribe(Contact="<sip:alice@10.0.0.1:0>")]),
    Case("GEN-CONTACT-4", [REGISTER], [register(Contact="<sip:alice@10.0.0.256>")]),
    Case(
        "GEN-ROUTE-5",
        [subscribe(Route="<sip:10.0.0.9;lr>"), subscribe("sip:10.0.0.9", Route=CONTACT)],
        [subscribe(Route="<sip:10.0.0.9>")],
    ),
]
