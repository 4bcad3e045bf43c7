"""The generated page of bodies is that of the judge there is, and finds what the flow breaks."""

from __future__ import annotations

from docs.generate_bodies import PAGE, page, results


def test_page_of_bodies_is_up_to_date() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "run: python -m docs.generate_bodies"


def test_bodies_of_the_flow_break_what_they_are_known_to_break() -> None:
    found = results()
    broken = {
        each.name: [finding.check for finding in each.findings if finding.level == "must"]
        for each in found
        if each.is_broken
    }
    assert broken == {
        "H13 as printed": ["XCAP-ELEMENT-1"],
        "S9": ["PIDF-DECLARATION-1"],
        "S17": ["PIDF-DECLARATION-1"],
        "S19": ["PIDF-DECLARATION-1"],
        "S19 as printed": ["XML-FORM-1"],
    }
    assert [each for each in found if each.problems] == []
