"""Conflict reports."""

import pytest
from lxml import etree

from harness.xcap.errors import (
    ERROR_ELEMENTS,
    ConflictReport,
    ErrorElement,
    Exists,
    make_xcap_error,
    read_xcap_error,
)


@pytest.mark.parametrize("element", ERROR_ELEMENTS)
def test_report_is_read_back(element: ErrorElement) -> None:
    report = ConflictReport(element, "" if element == "extension" else "why <&> so")
    assert read_xcap_error(etree.fromstring(make_xcap_error(report))) == report


def test_report_holds_ancestor_and_alternatives() -> None:
    for report in (
        ConflictReport("no-parent", "gone", "http://h/a/users/u/index/~~/a%5B1%5D"),
        ConflictReport(
            "uniqueness-failure",
            exists=(Exists("rls-services/service/@uri", ("sip:a@h", "sip:b@h")), Exists("x/@y")),
        ),
    ):
        assert read_xcap_error(etree.fromstring(make_xcap_error(report))) == report


def test_phrase_is_freed_of_what_xml_cannot_hold() -> None:
    body = make_xcap_error(ConflictReport("cannot-insert", "a\x00b\udc80c\U0001f600"))
    read = read_xcap_error(etree.fromstring(body))
    assert read is not None
    assert read.phrase == "a\ufffdb\ufffdc\U0001f600"


@pytest.mark.parametrize(
    "body",
    [
        "<a/>",
        '<xcap-error xmlns="urn:ietf:params:xml:ns:xcap-error"/>',
        '<xcap-error xmlns="urn:ietf:params:xml:ns:xcap-error"><unheard-of/></xcap-error>',
    ],
)
def test_other_document_is_no_report(body: str) -> None:
    assert read_xcap_error(etree.fromstring(body)) is None
