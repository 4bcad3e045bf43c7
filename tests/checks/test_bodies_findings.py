"""Findings in bodies: at the right byte, the same for the same bytes, and never an exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Finding
from tests.body.corpus import CASES as CORPUS
from tests.body.corpus import Case as Sample
from tests.checks.bodies import (
    DECLARATION,
    LISTED,
    LISTS,
    RULES,
    a_tuple,
    http,
    in_person,
    listed,
    notification,
    pidf,
    published,
    put,
    watched,
    watcher,
    winfo,
)
from tests.checks.conversation import Step, answer, judge, net, request, ue
from tests.checks.http_conversation import ELEMENT_TYPE, ENTRY, LISTS_TYPE, RLS, RLS_TYPE, lists

AREAS = ("XML", "MIME", "PIDF", "WINFO", "RLMI", "LIST", "RLS", "RULES", "XCAP")


def findings(steps: list[Step], profile: str = "documented") -> list[Finding]:
    return [
        finding
        for each in judge(steps, profile).judged
        for finding in each.findings
        if finding.check.partition("-")[0] in AREAS
    ]


def the(check: str, steps: list[Step]) -> Finding:
    (found,) = (each for each in findings(steps) if each.check == check)
    return found


def seen_at(finding: Finding, steps: list[Step], length: int = 8) -> bytes:
    assert finding.offset is not None
    raw = steps[finding.entry - 1].raw
    return raw[finding.offset : finding.offset + length]


def test_finding_points_at_the_element() -> None:
    steps = published(a_tuple("a") + "<!-- <tuple> -->" + a_tuple("b", basic="ajar"))
    found = the("XML-SCHEMA-PIDF-1", steps)

    assert found.where == "/presence/tuple[2]/status/basic"
    assert seen_at(found, steps, 11) == b"<basic>ajar"


def test_finding_points_at_the_value_of_an_attribute() -> None:
    steps = published(a_tuple("a") + a_tuple("é") + a_tuple("a"))
    found = the("PIDF-ID-1", steps)

    assert found.where == "/presence/tuple[3]/@id"
    assert seen_at(found, steps, 2) == b'a"'


def test_finding_in_a_body_part_points_into_the_message() -> None:
    steps = listed(LISTED.replace(b"<basic>open", b"<basic>ajar"))
    found = the("XML-SCHEMA-PIDF-1", steps)

    assert seen_at(found, steps, 11) == b"<basic>ajar"


def test_finding_in_a_fragment_points_into_the_request() -> None:
    steps = put(ENTRY, ELEMENT_TYPE, b'<entry uri="sip:bob@example.com"><note/></entry>')
    found = the("XML-SCHEMA-LISTS-1", steps)

    assert seen_at(found, steps, 6) == b"<note/"


def test_element_out_of_place_breaks_the_schema_of_its_parent() -> None:
    person = '<dm:person id="p"/>'
    checks = {
        each.check for each in findings(published(f"<tuple id='t'>{person}<status/></tuple>"))
    }

    assert "XML-SCHEMA-PIDF-1" in checks
    assert "XML-SCHEMA-MODEL-1" not in checks


def test_fault_that_a_text_names_is_found_once() -> None:
    steps = published(a_tuple("a", time="yesterday") + a_tuple("a"))

    assert [each.check for each in findings(steps) if each.level == "must"] == [
        "PIDF-ID-1",
        "PIDF-TIME-1",
    ]


def test_same_bytes_get_the_same_verdict_again_and_again() -> None:
    body = pidf(a_tuple(basic="ajar"))
    first, second = (findings(published(body)) for _ in range(2))

    assert [(each.check, each.where) for each in first] == [
        (each.check, each.where) for each in second
    ]


def test_document_of_another_client_tells_which_prefixes_an_element_may_use() -> None:
    document = put(LISTS, LISTS_TYPE, lists('<list name="rcs"/>'))
    entry = put(ENTRY, ELEMENT_TYPE, b'<rl:entry uri="sip:bob@example.com"/>')

    assert "XML-FORM-2" not in {each.check for each in findings(entry)}
    assert "XML-FORM-2" in {each.check for each in findings([*document, *entry])}


def test_version_after_a_message_that_the_capture_lacks_is_not_judged() -> None:
    steps = watched(winfo(), winfo(version=1), winfo(version=2))
    del steps[4:6]  # the second NOTIFY and its answer

    assert findings(steps) == []


def test_first_document_of_a_subscription_seen_late_may_have_any_version() -> None:
    kind = "application/watcherinfo+xml"

    assert findings(notification(winfo(watcher(), 7), kind, cseq=8, event="presence.winfo")) == []


def test_refresh_of_a_publication_keeps_what_was_published() -> None:
    first = request("PUBLISH", body=pidf(a_tuple()))
    refresh = request("PUBLISH", cseq=2, body=b"", fields={"SIP-If-Match": "etag-1"})
    last = request(
        "PUBLISH",
        cseq=3,
        body=pidf(a_tuple(basic="closed")),
        fields={"SIP-If-Match": "etag-2"},
    )
    answered = net(answer(refresh, fields={"SIP-ETag": "etag-2"}))
    steps = [ue(first), net(answer(first)), ue(refresh), answered, ue(last)]

    assert "PIDF-MODIFY-2" in {each.check for each in findings(steps)}


def test_charset_decides_what_the_octets_mean() -> None:
    body = pidf("<note>é</note>", declaration="<?xml version='1.0'?>").decode().encode("latin-1")
    typed = "application/pidf+xml;charset="

    assert findings(published(body, Content_Type=f"{typed}iso-8859-1")) == []
    assert "XML-ENCODING-1" in {
        each.check for each in findings(published(body, Content_Type=f"{typed}utf-8"))
    }


PLACES = {
    "presence": lambda body: published(DECLARATION.encode() + body),
    "watcherinfo": watched,
    "resource-lists": lambda body: put(LISTS, LISTS_TYPE, body),
    "rls-services": lambda body: put(RLS, RLS_TYPE, body),
    "ruleset": lambda body: put(RULES, "application/auth-policy+xml", body),
}
INVALID = [case for case in CORPUS if not case.valid and case.root in PLACES]


@pytest.mark.parametrize("case", INVALID, ids=lambda case: f"{case.root}: {case.name}")
def test_document_that_its_schema_refuses_is_found(case: Sample) -> None:
    levels = {each.level for each in findings(PLACES[case.root](case.document))}

    assert levels & {"must", "should"}


MANGLED = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda document, place, junk: document[:place] + junk + document[place + len(junk) :],
        st.sampled_from(
            [pidf(a_tuple()), LISTED, winfo(watcher()), lists(), b'<entry uri="sip:a@b"/>']
        ),
        st.integers(0, 400),
        st.binary(max_size=4),
    ),
)
TYPES = (
    "application/pidf+xml",
    "application/pidf+xml;charset=nonsense",
    "application/watcherinfo+xml",
    "application/rlmi+xml",
    "application/resource-lists+xml",
    "application/rls-services+xml",
    "application/auth-policy+xml",
    "application/vnd.oma.pres-content+xml",
    "application/xcap-el+xml",
    'multipart/related;type="application/rlmi+xml";boundary=x',
    "multipart/mixed",
)


@settings(max_examples=300, deadline=None)
@given(MANGLED, st.sampled_from(TYPES))
def test_no_check_fails_on_any_body(body: bytes, media_type: str) -> None:
    # `judge` asserts that no check raised.
    judge(published(body, Content_Type=media_type), "documented")
    judge(notification(body, media_type, Content_Encoding="gzip"), "documented")
    for target in (LISTS, ENTRY, RLS, RULES):
        judge([http("PUT", target, body, Content_Type=media_type)], "documented")


def test_person_without_id_is_found_where_it_stands() -> None:
    steps = in_person("<r:activities><r:snoring/></r:activities>")

    assert the("XML-SCHEMA-RPID-1", steps).where == "/presence/person/activities/snoring"
