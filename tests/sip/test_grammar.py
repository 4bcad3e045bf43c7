"""The grammar: every header field with values that are legal and values that are not."""

from __future__ import annotations

import string
import time
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.abnf.engine import Diagnosis
from harness.abnf.notation import parse_rules
from harness.sip import grammar
from harness.sip.grammar_clauses import clause_of
from harness.sip.grammar_fields import AUTHENTICATION_FIELDS, RFC3261_FIELDS
from harness.sip.headers import KNOWN_FIELDS, canonical_name
from harness.sip.parsing import parse
from tests.derive import SIP_POOLS, Derivation
from tests.linear import assert_linear
from tests.sip.grammar_cases import CASES


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, case in CASES.items() for value in case[0]]
)
def test_legal_value_is_accepted(field: str, value: str) -> None:
    assert grammar.validate(field, value) is None


ILLEGAL = [(field, *bad) for field, case in CASES.items() for bad in case[1].items()]


@pytest.mark.parametrize(("field", "value", "fault"), ILLEGAL)
def test_illegal_value_is_refused_where_another_production_should_stand(
    field: str, value: str, fault: tuple[int, str]
) -> None:
    violation = grammar.validate(field, value)
    assert violation is not None
    assert (violation.offset, violation.expected) == fault


_COMPACT = {name: letter for letter in string.ascii_lowercase if (name := canonical_name(letter))}


def _spellings(field: str, value: str) -> Iterator[tuple[bytes, dict[int, int]]]:
    """Ways to write a row, each with the place in the row of every byte of the value."""
    octets = value.encode("utf-8", "surrogateescape")
    for name in filter(None, (field, _COMPACT.get(field), field.upper())):
        for before in (b": ", b":", b"\t :\r\n\t "):
            head = name.encode() + before
            yield head + octets, {at: len(head) + at for at in range(len(octets) + 1)}
    head, written, places = field.encode() + b": ", bytearray(), {}
    quoted = octets.count(b'"')
    for at, octet in enumerate(octets):
        if octet == 0x20 and not quoted and 0 < at < len(octets) - 1:
            written += b"  \r\n\t"
        places[at] = len(head) + len(written)
        written.append(octet)
    places[len(octets)] = len(head) + len(written)
    yield head + bytes(written), places


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [(f, v, fault) for f, v, fault in ILLEGAL if v and v == v.strip(" \t")],
)
def test_fault_is_found_at_its_byte_however_the_row_is_written(
    field: str, value: str, fault: tuple[int, str]
) -> None:
    start = b"OPTIONS sip:a@b SIP/2.0\r\nSubject: \xc3\xa9\r\n" + b"X-Row: 1\r\n" * 2
    at = len(value[: fault[0]].encode("utf-8", "surrogateescape"))
    for row, places in _spellings(field, value):
        for other in (b"", field.encode() + b": " + _legal(field).encode() + b"\r\n"):
            before = start + other
            found = [
                problem
                for problem in parse(before + row + b"\r\n\r\n").malformed
                if problem.offset > len(before)
            ]
            assert [(p.where.lower(), p.expected) for p in found] == [(field.lower(), fault[1])]
            if value[fault[0] :][:1] != " ":
                assert found[0].offset == len(before) + places[at]
            assert found[0].observed


def _legal(field: str) -> str:
    return next((v for v in CASES[field][0] if v.isascii() and v.isprintable()), "0")


def test_every_header_field_with_a_rule_is_in_the_table() -> None:
    assert set(CASES) - {"X-Unknown"} == grammar.FIELDS


def test_every_known_header_field_has_a_rule() -> None:
    assert not KNOWN_FIELDS - grammar.FIELDS


def test_extensions_say_where_their_grammar_stands() -> None:
    rules = parse_rules(RFC3261_FIELDS) | parse_rules(AUTHENTICATION_FIELDS)
    assert {name for name in grammar.FIELDS if clause_of(name) is None} == {
        name for name in grammar.FIELDS if name in rules
    }


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("Via", "SIP/2.0/UDP h;branch=", "token"),
        ("Via", "SIP/2.0", "SLASH"),
        ("Contact", "<sip:a@b>;q=x", "qvalue"),
        ("To", '"W" < sip:a@b>', "addr-spec"),
        ("To", "<sip:a@>", "hostport"),
        ("Authorization", "Digest username=X", "quoted-string"),
        ("Date", "Fri, 01 Jan 2010 16:00:00 EST", '"GMT"'),
        ("Max-Forwards", "-1", "DIGIT"),
        ("Subscription-State", "active;expires=x", "delta-seconds"),
        ("Require", "a,,b", "option-tag"),
        ("P-Preferred-Service", "urn:urn-7:", "urn-service-id"),
        ("To", "tel:x", "global-number-digits / local-number-digits"),
        ("Expires", "12\x00", "end of Expires"),
    ],
)
def test_fault_is_named_by_the_production_that_should_stand_there(
    field: str, value: str, expected: str
) -> None:
    violation = grammar.validate(field, value)
    assert violation is not None
    assert violation.expected == expected


@pytest.mark.parametrize(
    ("rule", "legal", "illegal"),
    [
        ("feature-param", '+g.oma.sip-im="a,!b,#>=5,#1:2"', '+g.oma.sip-im="a, b"'),
        ("feature-param", 'video="<a \\" b>"', "other"),
        ("addr-spec", "sips:a:b@h:1;x=[1]?a=b&c=", "sip:a@b;x="),
        ("addr-spec", "tel:(911);phone-context=a.b;x=y", "tel:911"),
        ("addr-spec", "tel:+1-(2).3;ext=1", "tel:+"),
        ("absoluteURI", "http://[2001:db8::1]:80/a;b?c", "http:"),
        ("host", "a.b-c.example.", "a.b.1"),
        ("host", "[1:2::3]", "[1:2::3"),
        ("Request-Line", "RE%47IST%45R sip:a SIP/7.0", "INVITE <sip:a@b> SIP/2.0"),
        ("Request-Line", "OPTIONS tel:+1 sip/2.0", "OPTIONS  sip:a SIP/2.0"),
        ("Status-Line", "SIP/2.0 100 ", "SIP/2.0 100"),
        ("Status-Line", "SIP/2.0 200 = 2**3 * 5**2 но %20", "SIP/2.0 200 100%"),
        ("quoted-string", '"\udcc0\udc80"', '"\udc80"'),
    ],
)
def test_rule_separates_legal_from_illegal_text(rule: str, legal: str, illegal: str) -> None:
    assert grammar.matches(rule, legal)
    assert not grammar.matches(rule, illegal)


def test_compact_and_foreign_names_find_their_rule() -> None:
    assert grammar.validate("v", "garbage") is not None
    assert grammar.validate("MAX-FORWARDS", "x") is not None
    assert grammar.validate("Made-Up", "x") is None


_VALUES = [(field, value) for field, case in CASES.items() for value in (*case[0], *case[1])]


@given(
    st.sampled_from(_VALUES),
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(' \t"<>@;,:=/?.%*()[]\\-_a1é\x00'))),
)
@settings(deadline=None, max_examples=400)
def test_both_ways_of_matching_agree_on_damaged_values(
    pick: tuple[str, str], damage: list[tuple[int, str]]
) -> None:
    field, value = pick
    for index, char in damage[:4]:
        at = index % (len(value) + 1)
        value = value[:at] + char + value[at + 1 :]
    rule = field if field in grammar.FIELDS else "header-value"
    slow = Diagnosis(grammar.GRAMMAR, value).run(rule)
    assert grammar.check(rule, value) == slow
    assert slow is None or 0 <= slow.offset <= len(value)


@given(st.sampled_from(sorted(grammar.FIELDS)), st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_judged(field: str, value: str) -> None:
    violation = grammar.validate(field, value)
    assert violation is None or 0 <= violation.offset <= len(value)


@given(st.sampled_from(sorted(grammar.FIELDS)), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=300)
def test_what_the_productions_derive_is_well_formed_as_it_is_sent(
    field: str, random: Random
) -> None:
    value = Derivation(grammar.GRAMMAR, SIP_POOLS, random).derive(field)
    row = f"{field}: {value}".encode("utf-8", "surrogateescape")
    problems = parse(b"OPTIONS sip:a@b SIP/2.0\r\n" + row + b"\r\n\r\n").malformed
    assert [p for p in problems if "message-body" not in p.expected] == []


@pytest.mark.parametrize("field", sorted(grammar.FIELDS))
def test_hostile_value_takes_time_in_proportion_to_its_length(field: str) -> None:
    assert_linear(grammar.GRAMMAR, field, CASES[field])


HOSTILE = {
    "From": '"' + 'a\\"' * 20000,
    "To": "sip:" + "a-" * 30000,
    "Reply-To": "<sip:" + "a.b-" * 15000 + ">",
    "Contact": "<sip:a@b>" + ";q=0.5" * 10000 + ";",
    "Via": "SIP/2.0/UDP h" + ";a=b" * 15000 + ";;",
    "Route": "<sip:a@b>," * 6000,
    "User-Agent": "(" * 60000,
    "Server": "(a " * 20000,
    "Authorization": "Digest " + 'a="b",' * 10000,
    "Accept": "a/b" + " " * 60000 + "x",
    "Supported": " ," * 30000,
    "Feature-Caps": '*;+a="' + "x," * 30000,
    "Call-ID": "a" * 60000 + " ",
    "X-Unknown": "\udcff" * 60000,
    "Refer-To": "sip:[" + "1:" * 30000,
    "P-Preferred-Identity": "<tel:+" + "1-" * 30000,
    "Subject": " " * 30000 + "a" * 30000 + "\x01",
}


@pytest.mark.parametrize("field", HOSTILE)
def test_hostile_value_of_60_kilobytes_is_judged_at_once(field: str) -> None:
    start = time.perf_counter()
    assert grammar.validate(field, HOSTILE[field]) is not None
    assert time.perf_counter() - start < 2  # some 50 ms; what backtracks would take hours


def test_deep_comments_are_legal_and_cheap() -> None:
    assert grammar.validate("User-Agent", "(" * 30000 + ")" * 30000) is None


@pytest.mark.parametrize(
    "text", ["a = (b", "a = b)", "a = 'x' 5", "a = @", "a = &(b c)", "a = b\na = c\n"]
)
def test_rules_that_cannot_be_read_are_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_rules(text)
