"""URIs: reading, comparison by RFC 3261 §19.1.4 and RFC 3966 §4, canonical identities."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.parameters import UriParameters
from harness.sip.uri import (
    OtherUri,
    SipUri,
    TelUri,
    UriError,
    address_of_record,
    canonical_host,
    parse_uri,
    same_uri,
)


def test_sip_uri_is_read_into_all_its_parts() -> None:
    uri = parse_uri("sips:alice:secret@[2001:DB8::1]:5061;transport=TCP;lr?subject=a%20b&x=")
    assert isinstance(uri, SipUri)
    assert (uri.scheme, uri.user, uri.password) == ("sips", "alice", "secret")
    assert (uri.host, uri.address, uri.port) == ("[2001:DB8::1]", "2001:db8::1", 5061)
    assert (uri.transport, uri.is_loose_router) == ("tcp", True)
    assert uri.headers == (("subject", "a%20b"), ("x", ""))


def test_user_part_keeps_its_semicolons_and_escapes() -> None:
    uri = parse_uri("sip:user;par=u%40example.net@example.com")  # RFC 4475 §3.1.1.9
    assert isinstance(uri, SipUri)
    assert uri.user == "user;par=u%40example.net"
    assert uri.decoded_user == "user;par=u@example.net"
    assert uri.params == UriParameters()


def test_escaped_parameter_names_are_found_and_values_are_unescaped_once() -> None:
    uri = parse_uri("sip:caller@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31")
    assert isinstance(uri, SipUri)
    assert uri.is_loose_router
    assert uri.params["name"] == "value%41"
    assert str(uri) == "sip:caller@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31"


def test_gruu_is_recognised_by_its_parameter() -> None:
    uri = parse_uri("sip:callee@example.com;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    assert isinstance(uri, SipUri)
    assert uri.is_gruu
    assert uri.params["gr"] == "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"


def test_tel_uri_is_read_into_number_and_parameters() -> None:
    uri = parse_uri("tel:7042;phone-context=Example.com")
    assert isinstance(uri, TelUri)
    assert (uri.scheme, uri.number, uri.is_global) == ("tel", "7042", False)
    assert uri.params["phone-context"] == "Example.com"


@pytest.mark.parametrize(
    ("text", "scheme", "rest"),
    [
        ("urn:gsma:imei:35643205-905062-0", "urn", "gsma:imei:35643205-905062-0"),
        ("IM:alice@example.com", "im", "alice@example.com"),
        ("pres:alice@example.com", "pres", "alice@example.com"),
        ("soap.beep://192.0.2.103:3002", "soap.beep", "//192.0.2.103:3002"),
    ],
)
def test_uri_of_another_scheme_is_kept_as_it_is(text: str, scheme: str, rest: str) -> None:
    assert parse_uri(text) == OtherUri(scheme, rest)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("alice", 5),
        ("<sip:a@b>", 0),
        ("sip:", 4),
        ("sip:a@", 6),
        ("sip:a@b c", 7),
        ("sip:a@b:port", 8),
        ("sip:a@[::1", 6),
        ("tel:", 4),
        ("urn:", 4),
    ],
)
def test_text_that_is_no_uri_is_refused_at_its_offset(text: str, offset: int) -> None:
    with pytest.raises(UriError) as caught:
        parse_uri(text)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "text",
    [
        "sip:example.com",
        "sip:alice:pw@example.com:5060;transport=udp;lr?h=v",
        "tel:+1-201-555-0123;ext=22",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ],
)
def test_uri_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_uri(text)) == text


# The sets of RFC 3261 §19.1.4, then forms that follow from its rules, RFC 5954 and RFC 3966 §4.
SAME = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=off"),
    ("sip:a@[2001:db8::9:01]", "sip:a@[2001:DB8:0:0:0:0:9:1]"),
    ("SIP:a@b", "sip:a@b"),
    ("tel:+1-201-555-0123", "tel:+1(201)5550123"),
    ("tel:7042;phone-context=Example.com", "TEL:70-42;phone-context=example.COM"),
    ("tel:863;phone-context=+1-914-555", "tel:863;phone-context=+1914555"),
    ("tel:+1201;ext=2-2;isub=9", "tel:+1201;isub=9;ext=22"),
    ("tel:0a1;phone-context=+1", "tel:0A1;phone-context=+1"),
    (
        "urn:uuid:F81D4FAE-7dec-11d0-a765-00a0c91e6bf6",
        "URN:UUID:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ),
    ("urn:gsma:imei:35643205-905062-0;vers=0", "urn:gsma:IMEI:35643205-905062-0"),
    ("im:alice@Example.com", "IM:alice@example.com"),
    ("http://a/b", "HTTP://a/b"),
]
DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:a@b", "sips:a@b"),
    ("sip:a@b", "sip:b"),
    ("sip:a@b", "sip:a:@b"),
    ("sip:a@b;user=phone", "sip:a@b"),
    ("sip:a@b;ttl=1", "sip:a@b"),
    ("sip:a@b", "sip:a@b;method=INVITE"),
    ("sip:a@b;maddr=1.2.3.4", "sip:a@b"),
    ("sip:a;b@c", "sip:a%3Bb@c"),
    ("sip:%00@b", "sip:%00%00@b"),
    ("sip:a@b?x=1", "sip:a@b?x=2"),
    ("tel:+1201", "tel:1201;phone-context=+1"),
    ("tel:+1201;ext=1", "tel:+1201"),
    ("tel:+1201", "sip:+1201@example.com;user=phone"),
    ("urn:gsma:imei:1", "urn:gsma:imei:2"),
    ("garbage", "garbage"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_equivalent_uris_are_the_same(one: str, other: str) -> None:
    assert same_uri(one, other)
    assert same_uri(parse_uri(other), parse_uri(one))


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_uris_that_are_not_equivalent_differ(one: str, other: str) -> None:
    assert not same_uri(one, other)
    assert not same_uri(other, one)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("sip:+339012341234@Test-RCS.com", "sip:+339012341234@test-rcs.com"),
        ("sip:%2B339012341234@test-rcs.com", "sip:+339012341234@test-rcs.com"),
        ("sip:+33@a.com:5060;user=phone;transport=tcp?x=y", "sip:+33@a.com"),
        ("sip:a%20%3cb@c", "sip:a%20%3Cb@c"),
        ("sip:a:secret@c", "sip:a@c"),
        ("sips:A@c", "sip:A@c"),
        ("sip:example.com", "sip:example.com"),
        (" sip:a@b ", "sip:a@b"),
        ("sip:a@[2001:DB8:0::1]", "sip:a@[2001:db8::1]"),
        ("tel:+33-1 ", "tel:+331"),
        ("tel:70-42;phone-context=Example.com;x=y", "tel:7042;phone-context=example.com"),
        ("pres:Alice@Example.com", "pres:Alice@example.com"),
        ("not a uri", "not a uri"),
    ],
)
def test_address_of_record_is_canonical(text: str, canonical: str) -> None:
    assert address_of_record(text) == canonical
    assert address_of_record(canonical) == canonical


def test_host_that_is_no_ipv6_address_is_compared_as_text() -> None:
    assert canonical_host("[::G]") == "[::g]"


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for scheme in ("", "sip:", "tel:", "urn:"):
        try:
            uri = parse_uri(scheme + text)
        except UriError:
            continue
        assert same_uri(uri, str(uri))
        address_of_record(scheme + text)


def test_long_uri_is_read_though_not_remembered() -> None:
    text = "sip:" + "a" * 5000 + "@example.com"
    assert parse_uri(text) == parse_uri(text)
