"""Requests as SIP presence clients in the field write them: odd to look at, and all legal."""

from __future__ import annotations

import pytest

from harness.model import Transport
from tests.checks.conversation import judge, ue

PIDF = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf" '
    b'entity="sip:1001@pbx.example.com"><tuple id="x1"><status><basic>open</basic></status>'
    b"</tuple></presence>"
)


def text(*lines: str, body: bytes = b"") -> bytes:
    head = "\r\n".join((*lines, f"Content-Length: {len(body)}", "", ""))
    return head.encode() + body


CLIENTS = {
    "softphone-register": text(
        "REGISTER sip:pbx.example.com;transport=udp SIP/2.0",
        "Via: SIP/2.0/UDP 192.168.1.20:50123;rport;branch=z9hG4bKPj7cdf1c8a0b7e4c1e",
        "Route: <sip:pbx.example.com;transport=udp;lr>",
        "Max-Forwards: 70",
        'From: "Alice A." <sip:1001@pbx.example.com>;tag=a1b2c3',
        'To: "Alice A." <sip:1001@pbx.example.com>',
        "Call-ID: 9f0ab.~c",
        "CSeq: 34471 REGISTER",
        "User-Agent: Soft phone v2.1 (x86_64/linux)",
        "Supported: outbound, path",
        "Contact: <sip:1001@203.0.113.7:50123;ob>;reg-id=1;"
        '+sip.instance="<urn:uuid:00000000-0000-0000-0000-0000a1b2c3d4>"',
        "Expires: 300",
        "Allow: PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE",
    ),
    "bare-addresses": text(
        "REGISTER sip:10.0.0.9 SIP/2.0",
        "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK.x~1;rport",
        "From: sip:1001@10.0.0.9;tag=xyz~1",
        "To: sip:1001@10.0.0.9",
        "CSeq: 0020 REGISTER",
        "Call-ID: nohost",
        "Max-Forwards:70",
        "Supported: replaces, outbound, gruu, path",
        "Accept: application/sdp",
        "Accept: text/plain",
        "Accept: application/vnd.gsma.rcs-ft-http+xml",
        "Contact: sip:1001@10.0.0.1;expires=3600;q=0.5",
        "User-Agent: Client/5.0 (unknown) Lib/4.5 (git@1a2b)",
    ),
    "subscribe-with-padding": text(
        "SUBSCRIBE sip:1002@pbx.example.com SIP/2.0",
        "v:   SIP / 2.0 / UDP  10.0.0.1:5060 ; branch=z9hG4bKd8754z-1---d8754z-;rport",
        "Max-Forwards:  70",
        "m: <sip:1001@10.0.0.1:5060;rinstance=4f3c;transport=UDP>",
        "t:<sip:1002@pbx.example.com>",
        "f:\t<sip:1001@pbx.example.com;transport=UDP>;tag=ea2d",
        "i: NDNiZjA",
        "CSeq: 1 SUBSCRIBE",
        "Expires: 600",
        "Accept: multipart/related, application/rlmi+xml, application/pidf+xml",
        "k: replaces, eventlist",
        "o: presence",
        "Allow-Events: presence, kpml",
    ),
    "publish": text(
        "PUBLISH sip:1001@pbx.example.com SIP/2.0",
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1234",
        'From: "\u00e4\u6f22" <sip:1001@pbx.example.com>;tag=77',
        "To: <sip:1001@pbx.example.com>",
        "Call-ID: 4c@10.0.0.1",
        "CSeq: 102 PUBLISH",
        "Max-Forwards: 70",
        "Event: presence",
        "Content-Type: application/pidf+xml;charset=UTF-8",
        "Expires: 3600",
        "Allow: INVITE,ACK,CANCEL,BYE,NOTIFY,OPTIONS",
        body=PIDF,
    ),
    "publish-refresh-with-content-type": text(
        "PUBLISH sip:1001@pbx.example.com SIP/2.0",
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1235;alias",
        "From: <sip:1001@pbx.example.com>;tag=77",
        "To: <sip:1001@pbx.example.com>",
        "Call-ID: 4d@10.0.0.1",
        "CSeq: 103 PUBLISH",
        "Max-Forwards: 70",
        "Event: presence",
        "SIP-If-Match: a.1234.5678.9",
        "Content-Type: application/pidf+xml",
    ),
    "rcs-phone": text(
        "REGISTER sip:ims.mnc001.mcc001.3gppnetwork.org SIP/2.0",
        "Via: SIP/2.0/UDP [2001:db8::1]:5060;keep;branch=z9hG4bKims;rport",
        "Max-Forwards: 70",
        "Route: <sip:[2001:db8::9]:5060;lr>",
        "From: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>;tag=1",
        "To: <sip:001010000000001@ims.mnc001.mcc001.3gppnetwork.org>",
        "Call-ID: 1@[2001:db8::1]",
        "CSeq: 1 REGISTER",
        "Contact: <sip:001010000000001@[2001:db8::1]:5060>;+g.3gpp.smsip;+g.3gpp.icsi-ref="
        '"urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel,urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.msg"'
        ';audio;video;+sip.instance="<urn:gsma:imei:35643205-905062-0>";expires=600000;q=1.0',
        'Authorization: Digest username="001010000000001@ims.mnc001.mcc001.3gppnetwork.org",'
        'realm="ims.mnc001.mcc001.3gppnetwork.org",nonce="",'
        'uri="sip:ims.mnc001.mcc001.3gppnetwork.org",response="",algorithm=AKAv1-MD5',
        "Require: sec-agree",
        "Proxy-Require: sec-agree",
        "Security-Client: ipsec-3gpp; alg=hmac-md5-96; ealg=null; mod=trans; prot=esp; "
        "spi-c=1111; spi-s=2222; port-c=5062; port-s=5063",
        "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=0010100010000101",
        "P-Preferred-Identity: <sip:+15550100@ims.example.com>",
        "Supported: path, gruu, sec-agree",
        "Allow: INVITE, ACK, CANCEL, BYE, MESSAGE, NOTIFY, OPTIONS, UPDATE, PRACK, INFO, REFER",
        "Privacy: none",
    ),
}


@pytest.mark.parametrize("profile", ["ietf", "documented"])
@pytest.mark.parametrize("raw", CLIENTS.values(), ids=CLIENTS.keys())
def test_judge_finds_no_fault_in_what_clients_write(raw: bytes, profile: str) -> None:
    assert judge([raw], profile).must() == []


@pytest.mark.parametrize("raw", CLIENTS.values(), ids=CLIENTS.keys())
def test_judge_finds_no_fault_in_what_clients_write_over_tcp(raw: bytes) -> None:
    moved = raw.replace(b"UDP", b"TCP")

    assert judge([ue(moved, transport=Transport.TCP)]).must() == []
