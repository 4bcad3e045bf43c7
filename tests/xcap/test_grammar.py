"""The grammar of HTTP: every header field with values that are legal and values that are not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.abnf.engine import Diagnosis
from harness.xcap import grammar
from harness.xcap.http import parse_http
from tests.derive import ADDRESSES, Derivation
from tests.linear import assert_linear
from tests.xcap.http_grammar_cases import CASES

ILLEGAL = [(field, *bad) for field, case in CASES.items() for bad in case[1].items()]


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, case in CASES.items() for value in case[0]]
)
def test_legal_value_is_accepted(field: str, value: str) -> None:
    assert grammar.validate(field, value) is None


@pytest.mark.parametrize(("field", "value", "fault"), ILLEGAL)
def test_illegal_value_is_refused_where_another_production_should_stand(
    field: str, value: str, fault: tuple[int, str]
) -> None:
    violation = grammar.validate(field, value)
    assert violation is not None
    assert (violation.offset, violation.expected) == fault


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [(f, v, fault) for f, v, fault in ILLEGAL if v == v.strip(" \t") and "\n" not in v],
)
@pytest.mark.parametrize("before", [b"", b"X-\xc3\xa9: \xc3\xa9\r\n"])
@pytest.mark.parametrize("separator", [b":", b": ", b":\t  "])
def test_fault_is_found_at_its_byte(
    field: str, value: str, fault: tuple[int, str], before: bytes, separator: bytes
) -> None:
    head = b"GET / HTTP/1.1\r\n" + before + field.lower().encode() + separator
    octets = value.encode("utf-8", "surrogateescape")
    at = len(head) + len(value[: fault[0]].encode("utf-8", "surrogateescape"))
    found = parse_http(head + octets + b"\r\n\r\n").malformed
    found = [problem for problem in found if problem.where == field]
    assert [problem.offset for problem in found] == [at]
    assert [problem.expected for problem in found] == [fault[1]]
    assert found[0].observed


def test_fault_in_a_folded_line_is_found_at_its_byte() -> None:
    raw = b"GET / HTTP/1.1\r\nAccept: a/b,\r\n\t  c/d,\r\n   e\r\nHost: h\r\n\r\n"
    found = [(problem.offset, problem.expected) for problem in parse_http(raw).malformed]
    assert found[-1] == (raw.index(b"\r\nHost"), '"/"')
    assert [offset for offset, _ in found[:-1]] == [raw.index(b"\t"), raw.index(b"   e")]


def test_every_header_field_with_a_rule_is_in_the_table() -> None:
    assert set(CASES) - {"X-3GPP-Intended-Identity"} == grammar.FIELDS


@pytest.mark.parametrize("name", ["accept", "ACCEPT", "Accept"])
def test_name_is_read_in_any_case(name: str) -> None:
    assert grammar.validate(name, "x") is not None


@pytest.mark.parametrize(
    ("rule", "legal", "illegal"),
    [
        ("request-line", "GET /a?b HTTP/1.1", "GET /a b HTTP/1.1"),
        ("request-line", "!# * HTTP/1.0", "GET /a http/1.1"),
        ("status-line", "HTTP/1.1 200 ", "HTTP/1.1 200"),
        ("status-line", "HTTP/1.1 200 d'accord é", "HTTP/1.1 20 x"),
        ("URI-reference", "urn:a:b?c#d", "a b"),
        ("IPv6address", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9"),
        ("IPv6address", "::ffff:192.0.2.1", "::ffff:192.0.2.256"),
        ("IP-literal", "[v1.a:b]", "[::1%25eth0]"),
        ("comment", "(a (b (c)) \\) d)", "(a (b)"),
        ("Via", "1.1 a ((((())))), 1.1 b ((((( )))))", "1.1 a ((((()))))x"),
        ("User-Agent", "a ((((())))) b (((((\\é)))))", "a ((((())))"),
    ],
)
def test_rule_separates_legal_from_illegal_text(rule: str, legal: str, illegal: str) -> None:
    assert grammar.check(rule, legal) is None
    assert grammar.check(rule, illegal) is not None


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
    rule = field if field in grammar.FIELDS else "field-value"
    slow = Diagnosis(grammar.GRAMMAR, value).run(rule)
    assert grammar.check(rule, value) == slow
    assert slow is None or 0 <= slow.offset <= len(value)


@given(st.sampled_from(sorted(grammar.FIELDS)), st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_judged(field: str, value: str) -> None:
    violation = grammar.validate(field, value)
    assert violation is None or 0 <= violation.offset <= len(value)


_PARTIAL_URIS = ("", "/a/b?c=d", "../x;y", "//[::1]:80/~~/%22?")
POOLS = {
    "IPv6address": ADDRESSES,
    "token": ("z", "Z9", "-z!#$%&'*+.^_`|~"),
    "absolute-URI": ("http://a:1/b?c", "urn:a:b"),
    "partial-URI": _PARTIAL_URIS,
    "URI-reference": (*_PARTIAL_URIS, "http://a#b"),
    "uri-host": ("a.b", "[2001:db8::1]", "192.0.2.1"),
    "cookie-pair": ("a=b", "=", "c=d e"),
}


@given(st.sampled_from(sorted(grammar.FIELDS)), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=400)
def test_what_the_productions_derive_is_well_formed_as_it_is_sent(
    field: str, random: Random
) -> None:
    value = Derivation(grammar.GRAMMAR, POOLS, random).derive(field)
    row = f"{field}: {value}".encode("utf-8", "surrogateescape")
    problems = parse_http(b"GET / HTTP/1.1\r\n" + row + b"\r\n\r\n").malformed
    assert [problem for problem in problems if problem.where == field] == []


@pytest.mark.parametrize("field", sorted(grammar.FIELDS))
def test_hostile_value_takes_time_in_proportion_to_its_length(field: str) -> None:
    assert_linear(grammar.GRAMMAR, field, CASES[field])
