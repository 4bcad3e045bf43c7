"""Facts about parameters, and results of the last message, found once."""

from __future__ import annotations

from harness.sip.parameters import Parameters
from harness.sip.remember import latest


def test_repeated_names_are_told_once_and_without_case() -> None:
    assert Parameters.parse(";b;A=1;a=2;B=3;c;d;D;d").repeated == ("a", "b", "d")
    assert Parameters.parse(";a;b=1").repeated == ()


def test_facts_about_parameters_are_found_once() -> None:
    asked: list[Parameters] = []
    params = Parameters.parse(";a=1")

    def find(given: Parameters) -> int:
        asked.append(given)
        return len(given)

    assert (params.once(find), params.once(find)) == (1, 1)
    assert asked == [params]


def test_latest_finds_again_for_another_object_even_an_equal_one() -> None:
    asked: list[list[int]] = []

    @latest
    def total(given: list[int]) -> int:
        asked.append(given)
        return sum(given)

    one, other = [1, 2], [1, 2]

    assert [total(each) for each in (one, one, other, other, one)] == [3] * 5
    assert [id(each) for each in asked] == [id(one), id(other), id(one)]
