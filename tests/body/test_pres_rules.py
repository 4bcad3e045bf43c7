"""Presence rules decide what a watcher gets, and the filter gives no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from harness.body.pidf import (
    Contact,
    Device,
    Person,
    ServiceDescription,
    StatusIcon,
    Tuple,
    make_pidf,
    parse_pidf,
)
from harness.body.pres_rules import canonical_uri, decide, parse_ruleset
from harness.body.privacy_filter import filtered
from harness.body.ruleset import Selector, Transformations
from harness.body.schema import BodyError, QName, parse_xml, validate
from harness.body.tree import Note, Timestamp

from . import flow_bodies as flow
from .corpus import ROOTS

OWN = "sip:+339012341234@test-rcs.com"
BUDDY = "sip:+330123456789@test-rcs.com"
FLOW = parse_ruleset(flow.PRES_RULES.encode())
NOW = datetime(2014, 6, 19, 12, tzinfo=UTC)


def no_lists(_: str) -> Iterable[str]:
    return ()


def rules(*texts: str) -> bytes:
    return (ROOTS["ruleset"] + "".join(texts) + "</ruleset>").encode()


def rule(conditions: str, handling: str = "allow", shown: str = "", name: str = "r") -> str:
    return (
        f'<rule id="{name}"><conditions>{conditions}</conditions><actions><pr:sub-handling>'
        f"{handling}</pr:sub-handling></actions><transformations>{shown}</transformations></rule>"
    )


def handling(conditions: str, watcher: str | None = BUDDY, **options: object) -> str:
    ruleset = parse_ruleset(rules(rule(conditions)))
    return decide(ruleset, watcher, no_lists, **options).sub_handling  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("watcher", "anonymous", "granted", "blocked", "expected", "matching"),
    [
        (OWN, False, [], [], "allow", ("wp_prs_allow_own",)),
        (BUDDY, False, [], [], "confirm", ("wp_prs_unlisted",)),
        (BUDDY, False, [BUDDY + ";user=phone"], [], "allow", ("wp_prs_grantedcontacts",)),
        (BUDDY, False, [], [BUDDY], "block", ("wp_prs_blockedcontacts",)),
        (
            BUDDY,
            False,
            [BUDDY],
            [BUDDY],
            "allow",
            ("wp_prs_grantedcontacts", "wp_prs_blockedcontacts"),
        ),
        (None, True, [], [], "allow", ("rcs_allow_services_anonymous",)),
        (None, False, [], [], "block", ()),
    ],
)
def test_rules_of_the_flow_decide(
    watcher: str | None,
    anonymous: bool,
    granted: list[str],
    blocked: list[str],
    expected: str,
    matching: tuple[str, ...],
) -> None:
    def lists(anchor: str) -> list[str]:
        return granted if "oma_grantedcontacts" in anchor else blocked

    decision = decide(FLOW, watcher, lists, anonymous)
    assert decision.sub_handling == expected
    assert decision.rules == matching


def test_rules_of_the_flow_show_all_to_the_own_user_and_services_to_the_anonymous() -> None:
    own = decide(FLOW, OWN, no_lists).transformations
    assert (own.services, own.persons, own.devices, own.all_attributes) == (None, None, None, True)
    anonymous = decide(FLOW, None, no_lists, anonymous=True).transformations
    assert (anonymous.services, anonymous.persons) == (None, frozenset())


def test_watcher_in_no_rule_is_blocked_and_sees_nothing() -> None:
    decision = decide(parse_ruleset(rules()), BUDDY, no_lists)
    assert (decision.sub_handling, decision.rules) == ("block", ())
    assert decision.transformations == Transformations()


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("", "allow"),
        (f"<identity><one id='{BUDDY}'/></identity>", "allow"),
        ("<identity><one id='sip:+330123456789@TEST-rcs.com'/></identity>", "allow"),
        ("<identity><one id='tel:+330123456789'/></identity>", "block"),
        (f"<identity><one id='sip:x@b'/><one id='{BUDDY}'/></identity>", "allow"),
        ("<identity><many/></identity>", "allow"),
        ("<identity><many domain='Test-RCS.com'/></identity>", "allow"),
        ("<identity><many domain='rcs.com'/></identity>", "block"),
        (f"<identity><many><except id='{BUDDY}'/></many></identity>", "block"),
        ("<identity><many><except domain='test-rcs.com'/></many></identity>", "block"),
        ("<identity><many><except domain='b'/><except id='sip:x@b'/></many></identity>", "allow"),
        ("<identity><x:y/></identity>", "block"),
        ("<x:y/>", "block"),
        ("<identity><many/></identity><x:y/>", "block"),
        ("<sphere value='work home'/>", "block"),
        ("<validity><from>2014-06-19T00:00:00Z</from><until>2014-06-20T00:00:00Z</until></validity>",
         "block"),
    ],
)  # fmt: skip
def test_conditions_are_matched(conditions: str, expected: str) -> None:
    assert handling(conditions) == expected


def test_unauthenticated_watcher_is_not_one_of_many() -> None:
    assert handling("<identity><many/></identity>", None) == "block"
    assert handling("<ocp:other-identity/>", None, anonymous=True) == "block"


def test_one_of_several_asserted_identities_is_enough() -> None:
    ruleset = parse_ruleset(rules(rule("<identity><one id='tel:+1'/></identity>")))
    assert decide(ruleset, [BUDDY, "tel:+1"], no_lists).sub_handling == "allow"


def test_anonymous_watcher_with_an_identity_is_matched_by_both() -> None:
    assert handling(f"<identity><one id='{BUDDY}'/></identity>", anonymous=True) == "allow"
    assert handling("<ocp:anonymous-request/>", anonymous=True) == "allow"
    assert handling("<ocp:anonymous-request/>") == "block"


@pytest.mark.parametrize(("sphere", "expected"), [("WORK", "allow"), ("play", "block")])
def test_sphere_is_one_of_the_tokens_without_case(sphere: str, expected: str) -> None:
    assert handling("<sphere value='Work home'/>", sphere=sphere) == expected


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ("2014-06-19T00:00:00Z 2014-06-20T00:00:00Z", "allow"),
        ("2014-06-19T12:00:00Z 2014-06-19T12:00:01Z", "allow"),
        ("2014-06-19T11:00:00Z 2014-06-19T12:00:00Z", "block"),
        ("2014-06-19T20:00:00+09:00 2014-06-19T22:00:00+09:00", "allow"),
        ("2013-01-01T00:00:00Z 2013-01-02T00:00:00Z 2014-06-19T00:00:00Z 2014-06-20T00:00:00Z",
         "allow"),
        ("2014-06-19T00:00:00 2014-06-20T00:00:00", "block"),
    ],
)  # fmt: skip
def test_validity_holds_from_its_start_until_before_its_end(periods: str, expected: str) -> None:
    times = periods.split()
    pairs = zip(times[::2], times[1::2], strict=True)
    content = "".join(f"<from>{start}</from><until>{end}</until>" for start, end in pairs)
    assert handling(f"<validity>{content}</validity>", now=NOW) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("block", "confirm", "confirm"),
        ("polite-block", "confirm", "polite-block"),
        ("allow", "block", "allow"),
    ],
)
def test_most_permissive_of_the_matching_rules_wins(first: str, second: str, expected: str) -> None:
    ruleset = parse_ruleset(rules(rule("", first, name="a"), rule("", second, name="b")))
    assert decide(ruleset, BUDDY, no_lists).sub_handling == expected


def test_rule_that_names_the_watcher_outweighs_lists_and_others() -> None:
    ruleset = parse_ruleset(
        rules(
            rule(f"<identity><one id='{BUDDY}'/></identity>", "block", name="named"),
            rule("<ocp:external-list><ocp:entry anc='http://l'/></ocp:external-list>", name="list"),
            rule("<ocp:other-identity/>", "confirm", name="other"),
        )
    )
    assert decide(ruleset, BUDDY, lambda _: [BUDDY]).rules == ("named",)
    assert decide(ruleset, "sip:x@b", lambda _: ["sip:x@b"]).rules == ("list",)
    assert decide(ruleset, "sip:x@b", no_lists).rules == ("other",)


def test_rule_for_everybody_counts_beside_a_rule_for_the_watcher() -> None:
    ruleset = parse_ruleset(
        rules(
            rule("", "confirm", name="all"),
            rule("<ocp:external-list><ocp:entry anc='http://l'/></ocp:external-list>", name="list"),
        )
    )
    decision = decide(ruleset, BUDDY, lambda _: [BUDDY])
    assert (decision.sub_handling, decision.rules) == ("allow", ("all", "list"))


def test_permissions_of_matching_rules_unite() -> None:
    ruleset = parse_ruleset(
        rules(
            rule("", shown="<pr:provide-services><pr:class>a</pr:class></pr:provide-services>"
                 "<pr:provide-mood>true</pr:provide-mood>"
                 "<pr:provide-user-input>full</pr:provide-user-input>", name="a"),
            rule("", shown="<pr:provide-services><pr:class>b</pr:class></pr:provide-services>"
                 "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"
                 "<pr:provide-mood>false</pr:provide-mood>"
                 "<pr:provide-user-input>bare</pr:provide-user-input>"
                 "<opr:provide-willingness>1</opr:provide-willingness>"
                 "<opr:provide-geopriv>full</opr:provide-geopriv>"
                 "<pr:provide-unknown-attribute name='m' ns='urn:m'>true"
                 "</pr:provide-unknown-attribute><x:provide-all/>", name="b"),
        )
    )  # fmt: skip
    assert decide(ruleset, BUDDY, no_lists).transformations == Transformations(
        services=frozenset({Selector("class", "a"), Selector("class", "b")}),
        persons=None,
        attributes=frozenset({"mood", "willingness", "geopriv"}),
        user_input="full",
        unknown=frozenset({QName("urn:m", "m")}),
    )


def test_what_is_no_ruleset_is_refused() -> None:
    with pytest.raises(BodyError):
        parse_ruleset(b"<ruleset/>")


@pytest.mark.parametrize(
    ("uri", "canonical"),
    [
        (" sip:+1@Example.COM;user=phone ", "sip:+1@example.com"),
        ("SIP:a%40b@x:5060?h=v", "sip:a@b@x"),
        ("sip:a@[2001:DB8::1]:5060;x", "sip:a@[2001:db8::1]"),
        ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8::1]"),
        ("tel:+1;phone-context=x", "tel:+1"),
        ("sip:a;b@x", "sip:a;b@x"),
        ("nonsense", "nonsense:"),
    ],
)
def test_uri_is_brought_to_the_form_that_is_compared(uri: str, canonical: str) -> None:
    assert canonical_uri(uri) == canonical


STAMP = Timestamp("2014-06-19T06:30:45Z")
EXTENSIONS = parse_xml(
    b'<x xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"'
    b' xmlns:d="urn:ietf:params:xml:ns:pidf:data-model" xmlns:u="urn:u"><r:class>biz</r:class>'
    b'<r:user-input idle-threshold="9" last-input="2014-06-19T06:30:45Z">idle</r:user-input>'
    b"<u:v/><d:deviceID>urn:dev</d:deviceID></x>"
)
DOCUMENT = parse_pidf(
    make_pidf(
        "sip:a@b",
        [
            Tuple(
                "t1",
                "open",
                ServiceDescription("im", "1.0"),
                Contact("sip:a@B:5060"),
                STAMP,
                (Note("n"),),
                "open",
                extensions=tuple(EXTENSIONS),
            ),
            Tuple("t2", "open", ServiceDescription("ft", "1.0"), Contact("tel:+1")),
        ],
        [Person("p1", "open", "http://h", StatusIcon("http://i"), STAMP, (Note("n"),))],
        [Device("d1", "urn:dev", STAMP, (Note("n"),))],
        [Note("all")],
    )
)


def shown(**granted: object) -> list[str]:
    body = filtered(DOCUMENT, Transformations(**granted))  # type: ignore[arg-type]
    assert validate(body, "application/pidf+xml") == ()
    return [part.id for part in parse_pidf(body).components]


def attributes(**granted: object) -> set[str]:
    body = filtered(DOCUMENT, Transformations(persons=None, devices=None, services=None, **granted))  # type: ignore[arg-type]
    found = parse_pidf(body)
    return {
        QName.parse(child.tag).local
        for part in found.components
        if part.element is not None and part.id != "t2"
        for child in part.element
    }


def test_nothing_granted_shows_nothing() -> None:
    assert shown() == []


def test_everything_granted_shows_the_document_as_it_is() -> None:
    body = filtered(
        DOCUMENT, Transformations(services=None, persons=None, devices=None, all_attributes=True)
    )
    found = parse_pidf(body)
    assert (found.tuples, found.persons) == (DOCUMENT.tuples, DOCUMENT.persons)
    assert (found.devices, found.notes) == (DOCUMENT.devices, DOCUMENT.notes)


@pytest.mark.parametrize(
    ("kind", "value", "ids"),
    [
        ("occurrence-id", "t1", ["t1"]),
        ("class", "biz", ["t1"]),
        ("service-uri", "sip:a@b", ["t1"]),
        ("service-uri-scheme", "tel", ["t2"]),
        ("service-id", "ft", ["t2"]),
        ("occurrence-id", "none", []),
        ("deviceID", "urn:dev", []),
    ],
)
def test_service_is_shown_where_a_selector_names_it(kind: str, value: str, ids: list[str]) -> None:
    assert shown(services=frozenset({Selector(kind, value)})) == ids


def test_device_and_person_are_shown_where_a_selector_names_them() -> None:
    assert shown(devices=frozenset({Selector("deviceID", "urn:dev")})) == ["d1"]
    assert shown(persons=frozenset({Selector("occurrence-id", "p1")})) == ["p1"]


def test_attributes_that_are_not_granted_are_taken_away() -> None:
    always = {"status", "service-description", "contact", "timestamp", "deviceID"}
    assert attributes() == always
    assert attributes(attributes=frozenset({"note"})) == always | {"note"}
    assert attributes(attributes=frozenset({"class", "status-icon"})) == always | {
        "class",
        "status-icon",
    }
    assert attributes(attributes=frozenset({"willingness"})) == always | {
        "willingness",
        "overriding-willingness",
    }
    assert attributes(unknown=frozenset({QName("urn:u", "v")})) == always | {"v"}


def test_device_id_of_a_tuple_needs_its_own_permission() -> None:
    def of_tuple(**granted: object) -> int:
        body = filtered(DOCUMENT, Transformations(services=None, **granted))  # type: ignore[arg-type]
        return body.count(b"deviceID>")

    assert of_tuple() == 0
    assert of_tuple(attributes=frozenset({"deviceID"})) == 2


@pytest.mark.parametrize(
    ("granted", "kept"),
    [
        ("false", None),
        ("bare", set()),
        ("thresholds", {"idle-threshold"}),
        ("full", {"idle-threshold", "last-input"}),
    ],
)
def test_user_input_keeps_what_its_value_grants(granted: str, kept: set[str] | None) -> None:
    body = filtered(DOCUMENT, Transformations(services=None, user_input=granted))
    found = parse_xml(body).find(".//{*}user-input")
    assert (None if found is None else set(found.attrib)) == kept


def test_document_that_was_made_not_read_is_filtered_too() -> None:
    made = parse_pidf(make_pidf("sip:a@b"))
    unread = type(made)("sip:a@b", (Tuple("t1", "open", notes=(Note("n"),)),))
    body = filtered(unread, Transformations(services=None))
    (part,) = parse_pidf(body).tuples
    assert (part.id, part.notes) == ("t1", ())


def test_filter_applied_twice_changes_nothing_more() -> None:
    granted = Transformations(services=None, attributes=frozenset({"note"}), user_input="bare")
    once = filtered(DOCUMENT, granted)
    assert filtered(parse_pidf(once), granted) == once
