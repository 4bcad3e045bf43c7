"""Typed field values: reading, writing, parameters, splitting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.fields import (
    CSeq,
    FieldError,
    Parameters,
    parse_cseq,
    parse_event,
    parse_media_type,
    parse_name_addr,
    parse_number,
    parse_subscription_state,
    parse_via,
    split_top_level,
)
from harness.sip.parameters import UriParameters, is_token, quote, unquote
from harness.sip.uri import SipUri


def test_via_is_read_with_blanks_around_its_separators() -> None:
    via = parse_via(
        "SIP /  2.0  / tcp   spindle.example.com : 5062 ; branch  =  z9hG4bK9ikj8 ;rport"
    )
    assert (via.protocol, via.transport) == ("SIP/2.0", "TCP")
    assert (via.host, via.port, via.sent_by) == (
        "spindle.example.com",
        5062,
        "spindle.example.com:5062",
    )
    assert via.branch == "z9hG4bK9ikj8"
    assert "rport" in via.params
    assert via.rport is None


@pytest.mark.parametrize("received", ["2001:db8::9:255", "[2001:db8::9:255]"])
def test_via_received_is_read_with_and_without_brackets(received: str) -> None:
    via = parse_via(f"SIP/2.0/UDP [2001:db8::9:1];received={received};rport=5070")
    assert (via.host, via.port) == ("[2001:db8::9:1]", None)
    assert (via.received, via.rport) == ("2001:db8::9:255", 5070)


def test_via_gets_received_and_rport_of_its_source() -> None:
    via = parse_via("SIP/2.0/UDP host;rport;branch=z9hG4bKa")
    params = via.params.with_("rport", "5070").with_("received", "2001:db8::1")
    assert str(params) == ";rport=5070;branch=z9hG4bKa;received=2001:db8::1"
    assert str(replace(via, params=params)) == f"SIP/2.0/UDP host{params}"


def test_name_addr_is_read_with_display_name_and_parameters() -> None:
    value = parse_name_addr(r'"J Rosenberg \\\"" <sip:jdrosen@example.com;lr> ; tag = 98asjd8')
    assert value.display_name == 'J Rosenberg \\"'
    assert value.uri == "sip:jdrosen@example.com;lr"
    assert isinstance(value.parsed, SipUri)
    assert value.tag == "98asjd8"


@pytest.mark.parametrize(
    ("text", "display_name"),
    [
        ("Alice B. <sip:a@b>", "Alice B."),
        ("caller<sip:a@b>", "caller"),
        ('""<sip:a@b>', ""),
        ("<sip:a@b>", ""),
        ('"Bell, Alexander; <x>" <sip:a@b>', "Bell, Alexander; <x>"),
    ],
)
def test_display_name_is_read_in_every_form(text: str, display_name: str) -> None:
    value = parse_name_addr(text)
    assert (value.display_name, value.uri) == (display_name, "sip:a@b")


def test_parameters_after_bare_uri_are_header_parameters() -> None:
    value = parse_name_addr("sip:+19725552222@gw1.example.net;unknownparam;tag=1")
    assert value.uri == "sip:+19725552222@gw1.example.net"
    assert list(value.params) == ["unknownparam", "tag"]


def test_contact_gives_instance_gruu_and_expiry() -> None:
    value = parse_name_addr(
        '<sip:a@b>;+sip.instance="<urn:gsma:imei:356432059050620>";expires=600000'
        ';pub-gruu="sip:a@b;gr=urn:x";video'
    )
    assert value.params["+sip.instance"] == "<urn:gsma:imei:356432059050620>"
    assert value.params["PUB-GRUU"] == "sip:a@b;gr=urn:x"
    assert value.expires == 600000
    assert "video" in value.params
    assert value.params["video"] is None


def test_name_addr_with_text_that_is_no_uri_has_no_parsed_uri() -> None:
    assert parse_name_addr("<nothing>").parsed is None


@pytest.mark.parametrize(
    "text",
    [
        '"a \\" b" <sip:a@b;lr>;tag=1;x="y z";flag',
        "<sip:a@b>",
    ],
)
def test_name_addr_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_name_addr(text)) == text


def test_cseq_is_read_with_leading_zeros_and_folded_blanks() -> None:
    assert parse_cseq("0009  INVITE") == CSeq(9, "INVITE")
    assert str(CSeq(9, "INVITE")) == "9 INVITE"


def test_cseq_larger_than_its_range_is_still_a_number() -> None:
    assert parse_cseq("36893488147419103232 REGISTER").number == 36893488147419103232


def test_event_keeps_template_and_id() -> None:
    event = parse_event("presence.winfo ; id = 7;x")
    assert (event.package, event.id, str(event)) == ("presence.winfo", "7", "presence.winfo;id=7;x")


def test_subscription_state_is_read_without_case() -> None:
    state = parse_subscription_state("Terminated;reason=Timeout;expires=0;retry-after=10")
    assert (state.state, state.reason) == ("terminated", "timeout")
    assert (state.expires, state.retry_after) == (0, 10)
    assert str(state) == "terminated;reason=Timeout;expires=0;retry-after=10"


def test_media_type_is_read_without_case() -> None:
    media = parse_media_type('Multipart/Related ; type="application/rlmi+xml";Boundary=abc')
    assert media.essence == "multipart/related"
    assert media.params["boundary"] == "abc"
    assert media.params.written("type") == '"application/rlmi+xml"'


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (parse_via, "SIP/2.0/UDP"),
        (parse_via, "SIP/2.0 host"),
        (parse_via, ""),
        (parse_name_addr, ""),
        (parse_name_addr, '"unterminated <sip:a@b>'),
        (parse_name_addr, "<sip:a@b"),
        (parse_name_addr, "sip:a@b?x=y"),
        (parse_cseq, "INVITE 1"),
        (parse_cseq, "1"),
        (parse_event, ""),
        (parse_event, ";id=1"),
        (parse_subscription_state, ";expires=1"),
        (parse_media_type, "text"),
        (parse_number, ""),
        (parse_number, "-1"),
        (parse_number, "1.5"),
        (parse_number, "٣"),  # a digit, but no DIGIT
        (parse_number, "9" * 5000),
    ],
)
def test_unreadable_value_is_refused(read: object, text: str) -> None:
    assert callable(read)
    with pytest.raises(FieldError):
        read(text)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("000", 0), ("0068", 68), (" 7 ", 7), ("1" + "0" * 99, 10**99)]
)
def test_number_is_read_as_written(text: str, number: int) -> None:
    assert parse_number(text) == number


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("a, b,c", ["a", "b", "c"]),
        ("a,,b, ", ["a", "b"]),
        ('"x, y" <sip:a,b@c>, <sip:d@e>', ['"x, y" <sip:a,b@c>', "<sip:d@e>"]),
        (r'"q\", z", b', [r'"q\", z"', "b"]),
        ('"open, b', ['"open, b']),
        ("<open, b", ["<open, b"]),
        ("sip:a(b@c, sip:d)@e", ["sip:a(b@c", "sip:d)@e"]),
        ("", []),
    ],
)
def test_list_is_split_at_its_own_commas_only(value: str, parts: list[str]) -> None:
    assert split_top_level(value, ",") == parts


def test_parameters_are_found_in_any_case_in_order_with_duplicates_kept() -> None:
    params = Parameters.parse(';B=1; a ;c = "x;\\"y" ;b=2')
    assert list(params) == ["b", "a", "c"]
    assert dict(params.items()) == {"b": "1", "a": None, "c": 'x;"y'}
    assert params.all("b") == ("1", "2")
    assert "A" in params
    assert params.get("missing") is None
    assert str(params) == ';B=1;a;c="x;\\"y";b=2'
    assert params.written("C") == '"x;\\"y"'
    assert len(params) == 3


def test_parameters_compare_by_content_not_by_order_or_case() -> None:
    assert Parameters.parse(";a=1;B") == Parameters.parse("b;A=1")
    assert hash(Parameters.parse(";a=1;B")) == hash(Parameters.parse("b;A=1"))
    assert Parameters.parse(";a=1") != Parameters.parse(";a=2")
    assert Parameters() != ";"
    assert repr(Parameters.parse("a")) == "Parameters(';a')"


def test_parameters_are_changed_in_copies() -> None:
    params = Parameters.parse(";a=1;b=2")
    assert str(params.with_("A", "x y")) == ';a="x y";b=2'
    assert str(params.with_("c")) == ";a=1;b=2;c"
    assert str(params.with_("h", "[::1]")) == ";a=1;b=2;h=[::1]"
    assert str(params.without("A", "z")) == ";b=2"
    assert str(params) == ";a=1;b=2"


def test_uri_parameters_are_escaped_not_quoted() -> None:
    assert str(UriParameters().with_("x", "a b;c")) == ";x=a%20b%3Bc"


@given(st.text(alphabet=st.characters(exclude_characters="\r\n"), max_size=30))
def test_quoted_text_is_read_back(text: str) -> None:
    assert unquote(quote(text)) == text
    assert not is_token(quote(text))


@given(st.text(alphabet=' "<>;,=\\ab:@[]/%*.\t', max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_via, parse_name_addr, parse_cseq, parse_event, parse_media_type):
        try:
            value = read(text)
        except FieldError:
            continue
        assert read(str(value)) == value or '"' in text or "\\" in text
