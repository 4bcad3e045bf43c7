"""The words of expectations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.matchers import (
    WORDS,
    MatcherError,
    Observed,
    items,
    parameters,
    parse_expectation,
    uri_in,
)


def holds(expectation: object, *rows: str) -> bool:
    observed = Observed("Field", rows)
    return not [
        mismatch for each in parse_expectation(expectation) for mismatch in each.judge(observed)
    ]


EXAMPLES: list[tuple[object, tuple[str, ...], tuple[str, ...]]] = [
    ({"present": True}, ("x",), ()),
    ({"present": False}, (), ("x",)),
    ({"absent": True}, (), ("x",)),
    ({"count": 2}, ("a, b",), ("a",)),
    ({"equals": "a"}, ("a",), ("A",)),
    (70, ("70",), ("71",)),
    ({"equals_ignoring_case": "udp"}, ("UDP",), ("TCP",)),
    ({"one_of": ["a", "b"]}, ("b",), ("c",)),
    ({"matches": "[0-9]+"}, ("12",), ("12x",)),
    ({"contains": ["rcs", "ims"]}, ("an rcs ims client",), ("rcs",)),
    ({"contains_token": ["path", "gruu"]}, ("GRUU, path",), ("path",)),
    ({"lacks_token": "eventlist"}, ("path",), ("path, eventlist",)),
    ({"list_has": "INVITE"}, ("ACK,INVITE",), ("invite",)),
    (
        {"uri": "sip:alice@example.com"},
        ('"Alice" <sip:alice@EXAMPLE.com>;tag=1',),
        ("<sip:Alice@example.com>",),
    ),
    (
        {"aor": "sip:alice@example.com"},
        ("<sip:alice@example.com:5060;transport=udp>",),
        ("<sip:bob@example.com>",),
    ),
    ({"number": 5}, ("005",), ("6",)),
    ({"at_least": 5}, ("5",), ("4",)),
    ({"at_most": 5}, ("5",), ("6",)),
    ({"between": [1, 3]}, ("2",), ("4",)),
    ({"media_type": "application/pidf+xml"}, ("Application/PIDF+xml; charset=x",), ("text/plain",)),
    ({"parameter": {"lr": {"present": True}, "q": "1"}}, ("<sip:a>;LR;q=1",), ("<sip:a;lr>;q=1",)),
    ({"at_least": 1, "at_most": 3}, ("2",), ("9",)),
]


@pytest.mark.parametrize(("expectation", "good", "bad"), EXAMPLES)
def test_word_tells_what_fits_from_what_does_not(
    expectation: object, good: tuple[str, ...], bad: tuple[str, ...]
) -> None:
    assert holds(expectation, *good)
    assert not holds(expectation, *bad)


def test_every_word_has_an_example() -> None:
    used = {word for each, _, _ in EXAMPLES if isinstance(each, dict) for word in each}

    assert set(WORDS) <= used


@pytest.mark.parametrize("word", sorted(set(WORDS) - {"present", "absent", "count"}))
def test_word_about_a_value_finds_its_absence(word: str) -> None:
    argument = next(
        each[word] for each, _, _ in EXAMPLES if isinstance(each, dict) and word in each
    )
    (expectation,) = parse_expectation({word: argument})

    (mismatch,) = expectation.judge(Observed("Field"))
    assert mismatch.observed == "absent"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"looks_like": "x"},
        {"matches": "("},
        {"matches": "x" * 2000},
        {"number": "5"},
        {"number": True},
        {"between": [1]},
        {"present": "yes"},
        {"uri": "no uri"},
        {"parameter": "x"},
        {"equals": None},
    ],
)
def test_expectation_that_makes_no_sense_is_refused(wrong: object) -> None:
    with pytest.raises(MatcherError):
        parse_expectation(wrong)


@given(st.text())
def test_values_are_taken_apart_whatever_they_hold(value: str) -> None:
    items(value)
    parameters(value)
    uri_in(value)
    for expectation, _, _ in EXAMPLES:
        holds(expectation, value)
