"""Messages: reading any bytes, writing strictly, copies for defects."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.model import Malformed
from harness.sip.fields import EventValue
from harness.sip.message import (
    Headers,
    Request,
    Response,
    SerializeError,
    make_raw,
    make_request,
    make_response,
    parse,
    serialize,
    with_header,
    without_header,
)
from harness.sip.uri import SipUri

SUBSCRIBE = (
    b"SUBSCRIBE sip:+339012341234@test-rcs.com;pres-list=rcs SIP/2.0\r\n"
    b"Call-ID: 8Ih0yaUFAA@192.168.1.1\r\n"
    b"CSeq: 1 SUBSCRIBE\r\n"
    b'From: "test user" <sip:+339012341234@test-rcs.com>;tag=8Ih0yaUGAA\r\n'
    b"To: <sip:+339012341234@test-rcs.com;pres-list=rcs>\r\n"
    b"Via: SIP/2.0/UDP 192.168.1.1:5060;branch=z9hG4bKcad78c485b12e9ff;rport\r\n"
    b"Max-Forwards: 70\r\n"
    b"Route: <sip:192.168.1.2:5060;transport=udp;lr>\r\n"
    b"Expires: 3600\r\n"
    b"User-Agent: IM-client/OMA1.0 Test-RCS-client/2.5.13\r\n"
    b"Contact: <sip:192.168.1.1:5060;transport=UDP>"
    b';+sip.instance="<urn:gsma:imei:356432059050620>"\r\n'
    b"Allow: INVITE,UPDATE,ACK,CANCEL,BYE,NOTIFY,OPTIONS,MESSAGE,REFER\r\n"
    b"Event: presence\r\n"
    b"Supported: eventlist\r\n"
    b"Content-Length: 0\r\n"
    b"\r\n"
)


def message(*lines: str, body: bytes = b"", start: str = "OPTIONS sip:a@b SIP/2.0") -> bytes:
    return "\r\n".join([start, *lines, "", ""]).encode("utf-8", "surrogateescape") + body


def wheres(raw: bytes) -> list[str]:
    return [problem.where for problem in parse(raw).malformed]


def test_request_is_read_into_typed_views() -> None:
    request = parse(SUBSCRIBE)
    assert isinstance(request, Request)
    assert request.malformed == ()
    assert (request.method, request.version) == ("SUBSCRIBE", "SIP/2.0")
    assert isinstance(request.parsed_uri, SipUri)
    assert request.parsed_uri.params["pres-list"] == "rcs"
    assert request.top_via is not None
    assert (request.top_via.host, request.top_via.port) == ("192.168.1.1", 5060)
    assert request.from_ is not None
    assert (request.from_.display_name, request.from_.tag) == ("test user", "8Ih0yaUGAA")
    assert request.to is not None
    assert request.to.tag is None
    assert request.call_id == "8Ih0yaUFAA@192.168.1.1"
    assert str(request.cseq) == "1 SUBSCRIBE"
    assert (request.max_forwards, request.expires, request.content_length) == (70, 3600, 0)
    assert [route.uri for route in request.routes] == ["sip:192.168.1.2:5060;transport=udp;lr"]
    assert request.contacts[0].params["+sip.instance"] == "<urn:gsma:imei:356432059050620>"
    assert request.event == EventValue("presence")
    assert request.supported == ("eventlist",)
    assert len(request.allow) == 9
    assert request.body == b""


def test_absent_fields_have_empty_views() -> None:
    request = parse(message())
    assert (request.vias, request.contacts, request.routes, request.record_routes) == ((),) * 4
    assert (request.service_routes, request.paths, request.require) == ((), (), ())
    assert (request.top_via, request.from_, request.to, request.cseq) == (None,) * 4
    assert (request.call_id, request.event, request.content_type) == (None,) * 3
    assert (request.subscription_state, request.min_expires) == (None, None)
    assert (request.etag, request.if_match, request.contact_is_star) == (None, None, False)
    assert request.malformed == ()


def test_response_is_read_and_takes_its_method_from_cseq() -> None:
    response = parse(
        message("CSeq: 7 PUBLISH", "SIP-ETag: abc", "Min-Expires: 60", start="SIP/2.0 200 Fine")
    )
    assert isinstance(response, Response)
    assert (response.status, response.reason, response.method) == (200, "Fine", "PUBLISH")
    assert (response.etag, response.min_expires) == ("abc", 60)
    assert parse(message(start="SIP/2.0 100 ")).malformed == ()


def test_star_contact_is_no_address() -> None:
    request = parse(message("m: *"))
    assert request.contact_is_star
    assert request.contacts == ()


def test_names_are_found_in_long_and_compact_form_and_any_case() -> None:
    headers = parse(
        message("v: SIP/2.0/UDP a", "VIA: SIP/2.0/UDP b, SIP/2.0/UDP c", "o: x")
    ).headers
    assert [row.written for row in headers.rows("Via")] == ["v", "VIA"]
    assert [row.name for row in headers] == ["Via", "Via", "Event"]
    assert headers.values("V") == ("SIP/2.0/UDP a", "SIP/2.0/UDP b", "SIP/2.0/UDP c")
    assert (headers.count("via"), headers.count("Missing")) == (3, 0)
    assert "event" in headers
    assert "O" in headers
    assert 5 not in headers
    assert headers.get("EVENT") == "x"
    assert headers.get("To", "none") == "none"


def test_commas_in_fields_that_are_no_lists_do_not_split() -> None:
    headers = parse(message('Authorization: Digest a="b", c="d"', "X: a, b")).headers
    assert headers.count("Authorization") == 1
    assert headers.values("X") == ("a, b",)


def test_header_sequence_has_order_length_slices_and_equality() -> None:
    headers = parse(message("A: 1", "b: 2", "A: 3")).headers
    assert (len(headers), headers[0].value) == (3, "1")
    assert [row.value for row in headers[1:]] == ["2", "3"]
    assert headers == Headers(list(headers))
    assert hash(headers) == hash(Headers(list(headers)))
    assert headers != Headers()
    assert headers != ()
    assert repr(headers) == "Headers([('A', '1'), ('b', '2'), ('A', '3')])"


def test_unknown_fields_keep_case_order_and_every_octet() -> None:
    raw = message("X-Odd_Name!:  a  b;;,,\tc \udcff\udc80 é", "To: <sip:a@b>", "x-odd_name!: 2")
    request = parse(raw)
    assert isinstance(request, Request)
    first, second = request.headers.rows("X-ODD_NAME!")
    assert (first.written, first.name) == ("X-Odd_Name!", "X-Odd_Name!")
    value = first.value.encode("utf-8", "surrogateescape")
    assert value == b"a  b;;,,\tc \xff\x80 \xc3\xa9"
    assert raw[first.offset : first.offset + len(value)] == value
    assert second.value == "2"
    assert value in with_header(request, "To", None).raw


def test_folded_value_is_unfolded_and_its_offsets_stay_right() -> None:
    raw = message("Subject :", "  é one ", "\ttwo", "   ", " three")
    row = parse(raw).headers.rows("s")[0]
    assert row.value == "é one two three"
    for word in ("é", "one", "two", "three"):
        start = row.byte_offset(row.value.index(word))
        assert raw[start:].startswith(word.encode())
    assert wheres(raw) == []


def test_empty_value_is_kept() -> None:
    row = parse(message("Supported:", "Subject:   ")).headers
    assert [field.value for field in row] == ["", ""]
    assert wheres(message("Supported:", "Subject:   ")) == []


def test_fault_in_folded_value_is_found_at_its_byte() -> None:
    raw = message("Via: SIP/2.0/UDP h", " ;branch=", "\t;rport")
    (problem,) = parse(raw).malformed
    assert (problem.where, problem.expected) == ("Via", "token")
    assert raw[problem.offset :].startswith(b";rport")
    assert problem.observed == ";rport"


def test_line_feeds_alone_are_read_and_reported_once() -> None:
    raw = SUBSCRIBE.replace(b"\r\n", b"\n")
    request = parse(raw)
    assert request.event == EventValue("presence")
    assert request.malformed == (Malformed(raw.index(b"\n"), "message", "CRLF", "LF"),)


def test_line_feeds_of_the_body_are_its_own_matter() -> None:
    raw = message("Content-Length: 4", body=b"\na\n\n")
    assert parse(raw).body == b"\na\n\n"
    assert wheres(raw) == []


def test_lines_before_the_start_line_are_ignored() -> None:
    request = parse(b"\r\n\r\n" + SUBSCRIBE)
    assert isinstance(request, Request)
    assert (request.method, request.start_offset) == ("SUBSCRIBE", 4)
    assert request.malformed == ()


def test_body_without_content_length_ends_with_the_datagram() -> None:
    request = parse(message("Content-Type: text/plain", body=b"hello"))
    assert (request.body, request.malformed) == (b"hello", ())
    assert request.raw[request.body_offset :] == b"hello"


def test_octets_beyond_content_length_are_discarded() -> None:
    request = parse(message("Content-Length: 5", body=b"helloINVITE sip:x SIP/2.0\r\n\r\n"))
    assert (request.body, request.malformed) == (b"hello", ())


def test_body_shorter_than_content_length_is_reported() -> None:
    raw = message("l: 9999", body=b"hello")
    request = parse(raw)
    assert request.body == b"hello"
    (problem,) = request.malformed
    assert (problem.where, problem.observed) == ("Content-Length", "5 octets")
    assert problem.expected == "9999 octets of message-body"
    assert raw[problem.offset :].startswith(b"9999")


@pytest.mark.parametrize("length", ["-999", "five", "9" * 5000])
def test_unreadable_content_length_counts_as_none(length: str) -> None:
    request = parse(message(f"Content-Length: {length}", body=b"hello"))
    assert request.body == b"hello"


def test_contradicting_content_lengths_count_as_none() -> None:
    request = parse(message("Content-Length: 1", "l: 3", body=b"hello"))
    assert request.body == b"hello"
    assert request.headers.count("Content-Length") == 2


def test_repeated_content_length_of_one_value_is_obeyed() -> None:
    assert parse(message("Content-Length: 2", "l: 02", body=b"hello")).body == b"he"


def test_message_without_empty_line_is_reported_at_its_end() -> None:
    raw = b"OPTIONS sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n"
    request = parse(raw)
    assert request.to is not None
    (problem,) = request.malformed
    assert (problem.offset, problem.observed) == (len(raw), "end of message")


@pytest.mark.parametrize(
    ("line", "expected", "observed"),
    [
        ("no colon here", "HCOLON", "colon here"),
        ("nothing", "HCOLON", "end of message-header"),
        (": value", "header-name", ": value"),
        ("bad name: value", "HCOLON", "name: value"),
        ("Ünknown: value", "header-name", "Ünknown: value"),
    ],
)
def test_line_that_is_no_header_field_is_reported_and_left_out(
    line: str, expected: str, observed: str
) -> None:
    raw = message("To: <sip:a@b>", line, "Foo: y")
    request = parse(raw)
    assert [row.name for row in request.headers] == ["To", "Foo"]
    (problem,) = request.malformed
    assert (problem.where, problem.expected) == ("message-header", expected)
    assert problem.observed == observed
    assert problem.offset == raw.index(line.encode()) + (
        len(line) if observed.startswith("end") else line.index(observed)
    )


def test_malformed_places_come_in_the_order_of_the_message() -> None:
    raw = message("Max-Forwards: x", "what", "CSeq: y", start="OPTIONS  sip:a@b SIP/2.0")
    problems = parse(raw).malformed
    assert [problem.where for problem in problems] == [
        "start-line",
        "Max-Forwards",
        "message-header",
        "CSeq",
    ]
    assert [problem.offset for problem in problems] == sorted(p.offset for p in problems)


@pytest.mark.parametrize(
    ("line", "method", "uri"),
    [
        ("INVITE <sip:user@example.com> SIP/2.0", "INVITE", "<sip:user@example.com>"),
        ("INVITE sip:user@example.com; lr SIP/2.0", "INVITE", "sip:user@example.com; lr"),
        ("INVITE  sip:user@example.com  SIP/2.0", "INVITE", "sip:user@example.com"),
        ("OPTIONS sip:a@b SIP/2.0  ", "OPTIONS", "sip:a@b"),
    ],
)
def test_odd_request_line_is_read_and_reported(line: str, method: str, uri: str) -> None:
    request = parse(message(start=line))
    assert isinstance(request, Request)
    assert (request.method, request.uri) == (method, uri)
    assert [problem.where for problem in request.malformed] == ["start-line"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        b"OPTIONS sip:a@b\r\n\r\n",
        b"SIP/2.0 4294967301 better not break the receiver\r\n\r\n",
    ],
)
def test_unreadable_start_line_gives_a_request_without_method(raw: bytes) -> None:
    request = parse(raw)
    assert isinstance(request, Request)
    assert (request.method, request.uri, request.version) == ("", "", "")
    assert "start-line" in [problem.where for problem in request.malformed]
    assert request.parsed_uri is None


@pytest.mark.parametrize("status", ["SIP/2.0 200", "SIP/2.0  200 OK", "SIP/2.0 200 100%"])
def test_odd_status_line_is_read_and_reported(status: str) -> None:
    response = parse(message(start=status))
    assert isinstance(response, Response)
    assert response.status == 200
    assert [problem.where for problem in response.malformed] == ["start-line"]


def test_unknown_version_and_scheme_are_well_formed() -> None:
    assert (
        wheres(message("Via: SIP/7.0/UDP c;branch=z9hG4bKk", start="OPTIONS sip:a SIP/7.0")) == []
    )
    assert wheres(message(start="OPTIONS nobodyKnowsThisScheme:totallyopaque SIP/2.0")) == []


# Written after the facts of RFC 4475 §3.1.1: all of this is well-formed.
TORTUOUS = [
    message(
        "TO :", " sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n",
        'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>', "  ;", "  tag = 98asjd8",
        "MaX-fOrWaRdS: 0068", "Call-ID: wsinv.ndaksdj@192.0.2.1", "cseq: 0009", "  INVITE",
        "Via  : SIP  /   2.0", " /UDP", "    192.0.2.2;branch=390skdjuw", "s :",
        "NewFangledHeader:   newfangled value", " continued newfangled value",
        "UnknownHeaderWithUnusualValue: ;;,,;;,;", "Content-Type: application/sdp", "Route:",
        " <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
        "v:  SIP  / 2.0  / TCP     spindle.example.com   ;", "  branch  =   z9hG4bK9ikj8  ,",
        " SIP  /    2.0   / UDP  192.168.255.111   ; branch=", " z9hG4bK30239",
        'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =', "      newvalue ;",
        "  secondparam ; q = 0.33",
        start="INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0",
    ),
    message(
        "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        'To: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f" <sip:1_unusual.URI~(to-be!sure)&isn\'t+it$/crazy?,/'
        ";;*@example.com>",
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="
        '"работающий";tag=_token~1\'+`*%!-.',
        "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        "CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~",
        "extensionHeader-!.%*+_`'~: \ufeff大停電",
        start="!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$"
        "/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
    ),
    message(
        "To: sip:%75se%72@example.com", "From: <sip:I%20have%20spaces@example.net>;tag=938",
        "Contact:", "  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>",
        start="INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0",
    ),
    message("Contact: <sip:%00@h.com>", "Contact: <sip:%00%00@h.com>", "L:0"),
    message('To: "%Z%45" <sip:r@e.c>', "C%6Fntact: <sip:a@b>", start="RE%47IST%45R sip:a SIP/2.0"),
    message("From: caller<sip:caller@example.com>;tag=323"),
    message('To: "' + "extreme" * 10 + '" <sip:u@e.com:6000;p=' + "long" * 500 + ">",
            *(f"{name}: SIP/2.0/TCP sip.example.com" for name in ("v", "V ", "vIA  "))),
    message("Accept: application/sdp, application/pkcs7-mime,", "        multipart/mixed",
            start="OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0"),
    message(start="SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять - простое"),
    message("To: isbn:2983792873", "From: <http://www.example.com>;tag=3", "m: <name:John_Smith>"),
    message("Authorization: NoOneKnowsThisScheme opaque-data=here", "Content-Length:0"),
    message("Via: SIP/2.0/UDP iftgw.example.com", "To: sip:+16505552222@ss1.example.net;user=phone",
            "Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>"),
]  # fmt: skip


@pytest.mark.parametrize("raw", TORTUOUS, ids=range(len(TORTUOUS)))
def test_tortuous_message_is_well_formed(raw: bytes) -> None:
    assert parse(raw).malformed == ()


def test_tortuous_message_is_understood() -> None:
    request = parse(TORTUOUS[0])
    assert request.from_ is not None
    assert (request.from_.display_name, request.from_.tag) == ('J Rosenberg \\"', "98asjd8")
    assert [via.host for via in request.vias] == [
        "192.0.2.2",
        "spindle.example.com",
        "192.168.255.111",
    ]
    assert request.vias[2].branch == "z9hG4bK30239"
    assert request.contacts[0].params["q"] == "0.33"
    assert parse(TORTUOUS[1]).call_id == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"
    assert len(parse(TORTUOUS[4]).contacts) == 0


# Written after the facts of RFC 4475 §3.1.2: each is invalid in the fields named.
INVALID = [
    (["Via: SIP/2.0/UDP 192.0.2.15;;,;,,", 'm: "Joe" <sip:j@e.org>;;;;'], ["Via", "Contact"]),
    (["Content-Length: 9999"], ["Content-Length"]),
    (["Content-Length: -999"], ["Content-Length"]),
    (['To: "Mr. J. User <sip:j.user@example.com>'], ["To"]),
    (["Date: Fri, 01 Jan 2010 16:00:00 EST"], ["Date"]),
    (["Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E"], ["Contact"]),
    (['To: "Watson, Thomas" < sip:t.watson@example.org >'], ["To"]),
    (["From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43"], ["From"]),
    (['Warning: 1812 overture "In Progress"'], ["Warning"]),
]


@pytest.mark.parametrize(("lines", "fields"), INVALID)
def test_invalid_message_is_reported_in_its_fields(lines: list[str], fields: list[str]) -> None:
    assert wheres(message(*lines)) == fields


# Written after the facts of RFC 4475 §3.1.2.8 to §3.1.2.10 and §3.1.2.19.
@pytest.mark.parametrize(
    ("start", "offset"),
    [
        ("INVITE <sip:user@example.com> SIP/2.0", 7),
        ("INVITE sip:user@example.com; lr SIP/2.0", 28),
        ("INVITE  sip:user@example.com  SIP/2.0", 7),
        ("OPTIONS sip:t.watson@example.org SIP/2.0  ", 40),
        ("SIP/2.0 4294967301 better not break the receiver", 11),
        ("INVITE sip:2001:db8::10 SIP/2.0", 19),  # RFC 5118 §4.2
    ],
)
def test_invalid_start_line_is_reported_at_its_fault(start: str, offset: int) -> None:
    found = [(problem.where, problem.offset) for problem in parse(message(start=start)).malformed]
    assert found == [("start-line", offset)]


# Written after the facts of RFC 5118 §4: every form of IPv6 that has to be understood.
@pytest.mark.parametrize(
    "raw",
    [
        message("Via: SIP/2.0/UDP [2001:db8::9:1]", start="REGISTER sip:[2001:db8::10] SIP/2.0"),
        message(start="REGISTER sip:[2001:db8::10:5070] SIP/2.0"),
        message(start="REGISTER sip:[2001:db8::10]:5070 SIP/2.0"),
        message("Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255]"),
        message("Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255"),
        message(
            "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823", "Contact: <sip:a@[::ffff:192.0.2.2]>"
        ),
        message("To: sip:user@[2001:db8:::192.0.2.1]"),
        message("To: sip:user@[2001:db8::192.0.2.1]"),
        message("Contact: <sip:a@[::]>, <sip:a@[1:2:3:4:5:6:7:8]:1>, <sip:[1:2:3:4:5:6:7::]>"),
        message("Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2Wx+gTV1PF7hHuLIK0YWVKZhKv9Mj8UeXqk="),
    ],
)
def test_torture_of_ipv6_is_well_formed(raw: bytes) -> None:
    assert parse(raw).malformed == ()


def test_number_beyond_every_range_is_read() -> None:
    request = parse(message("Expires: 1" + "0" * 100, "CSeq: 36893488147419103232 REGISTER"))
    assert request.expires == 10**100
    assert request.cseq is not None


MIRRORED = [
    ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;rport"),
    ("Via", "SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKb"),
    ("From", '"A" <sip:a@b>;tag=1'),
    ("To", "<sip:c@d>"),
    ("Call-ID", "x@y"),
    ("CSeq", "4 OPTIONS"),
]


def test_request_is_made_with_its_content_length() -> None:
    request = make_request("OPTIONS", "sip:a@b", [*MIRRORED, ("l", "99")], b"hi\n")
    assert request.raw.startswith(b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;")
    assert request.raw.endswith(b"\r\nContent-Length: 3\r\n\r\nhi\n")
    assert (request.body, request.malformed) == (b"hi\n", ())
    assert request == parse(request.raw)
    assert serialize(request) == request.raw


def test_response_mirrors_the_fields_of_its_request() -> None:
    request = make_request("OPTIONS", "sip:a@b", MIRRORED)
    response = make_response(request, 200, headers=[("Allow", "OPTIONS")], to_tag="new")
    assert (response.status, response.reason) == (200, "OK")
    assert [via.host for via in response.vias] == ["192.0.2.1", "192.0.2.2"]
    assert response.headers.get("To") == "<sip:c@d>;tag=new"
    for name in ("From", "Call-ID", "CSeq"):
        assert response.headers.get(name) == request.headers.get(name)
    assert response.headers.get("Content-Length") == "0"


def test_response_keeps_a_to_tag_that_is_there() -> None:
    request = make_request("OPTIONS", "sip:a@b", [("To", "<sip:c@d>;tag=old")])
    assert make_response(request, 200, to_tag="new").headers.get("To") == "<sip:c@d>;tag=old"


def test_response_has_the_reason_that_is_asked_for() -> None:
    request = make_request("OPTIONS", "sip:a@b", MIRRORED)
    assert make_response(request, 200, "Fine").reason == "Fine"
    assert make_response(request, 599).reason == ""


def test_malformed_request_can_be_answered() -> None:
    request = make_raw("OPTIONS sip:a@b SIP/2.0", [("Via", "nonsense"), ("From", "<<>")])
    assert isinstance(request, Request)
    response = make_response(request, 400)
    assert response.headers.get("From") == "<<>"
    with pytest.raises(SerializeError):
        make_response(request, 400, headers=[("Contact", "<<>")])


@pytest.mark.parametrize(
    ("method", "uri", "header", "where"),
    [
        ("OPT IONS", "sip:a@b", ("X", "y"), "start-line"),
        ("OPTIONS", "<sip:a@b>", ("X", "y"), "start-line"),
        ("OPTIONS", "sip:a@b\r\nX: y", ("X", "y"), "start-line"),
        ("OPTIONS", "sip:a@b", ("Event", ""), "Event"),
        ("OPTIONS", "sip:a@b", ("v", "SIP/2.0"), "Via"),
        ("OPTIONS", "sip:a@b", ("X", "a\r\nEvil: b"), "X"),
        ("OPTIONS", "sip:a@b", ("X", "a\nb"), "X"),
        ("OPTIONS", "sip:a@b", ("X Y", "a"), "message"),
        ("OPTIONS", "sip:a@b", ("X:Y", "a"), "message"),
    ],
)
def test_what_would_fail_a_ue_is_not_sent(
    method: str, uri: str, header: tuple[str, str], where: str
) -> None:
    with pytest.raises(SerializeError) as caught:
        make_request(method, uri, [header])
    assert caught.value.problem.where == where
    assert where in str(caught.value)


def test_message_received_malformed_is_not_sent_on() -> None:
    with pytest.raises(SerializeError, match="Max-Forwards"):
        serialize(parse(message("Max-Forwards: x")))


def test_defect_replaces_adds_and_removes_fields_without_checks() -> None:
    request = make_request("OPTIONS", "sip:a@b", [*MIRRORED, ("X-a", "1")], b"body")
    broken = with_header(request, "Via", "nonsense")
    assert [row.value for row in broken.headers.rows("Via")] == ["nonsense"]
    assert broken.headers[0].name == "Via"
    assert with_header(request, "Event", "presence").headers[-1].value == "presence"
    assert "CSeq" not in without_header(request, "cseq").headers
    assert "X-A" not in without_header(request, "x-A").headers
    wrong = with_header(request, "l", "99")
    assert (wrong.headers.get("Content-Length"), wrong.body) == ("99", b"body")
    response = make_response(request, 200)
    assert isinstance(without_header(response, "To"), Response)


@settings(deadline=None)
@given(st.binary(max_size=300))
@example(b"SIP/2.0 200 OK\r\n\r\n")
@example(b"A B SIP/2.0\r\nVia:\r\n \r\n\r\n")
def test_any_bytes_are_read(raw: bytes) -> None:
    for data in (raw, SUBSCRIBE[:40] + raw, message("X: y", body=raw)):
        parsed = parse(data)
        assert all(0 <= problem.offset <= len(data) for problem in parsed.malformed)
        assert parsed.raw == data


@given(st.integers(0, len(SUBSCRIBE)), st.binary(max_size=6), st.integers(0, 6))
@settings(deadline=None)  # the first fault of a kind compiles patterns
def test_damaged_message_is_read(at: int, insert: bytes, removed: int) -> None:
    raw = SUBSCRIBE[:at] + insert + SUBSCRIBE[at + removed :]
    parsed = parse(raw)
    assert all(0 <= problem.offset <= len(raw) for problem in parsed.malformed)
    assert (parsed.vias, parsed.contacts, parsed.cseq, parsed.from_, parsed.to) is not None
    for row in parsed.headers:
        assert raw[row.offset : row.offset + 1] == row.value.encode("utf-8", "surrogateescape")[:1]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(
    lambda text: text.strip(" \t")
)


@given(st.lists(st.tuples(st.just("Subject"), TEXTS), max_size=5), st.binary(max_size=40))
def test_what_is_written_is_read_back(headers: list[tuple[str, str]], body: bytes) -> None:
    made = make_request("MESSAGE", "sip:a@b", headers, body)
    assert parse(made.raw) == made
    assert [(row.written, row.value) for row in made.headers][:-1] == headers
    assert made.body == body
    assert serialize(parse(made.raw)) == made.raw
