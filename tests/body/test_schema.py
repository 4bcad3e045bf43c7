"""The schemas give each document of the corpus the verdict of its specification."""

from __future__ import annotations

import time

import pytest
from lxml import etree

from harness.body.schema import (
    BodyError,
    catalog,
    expected_root,
    parse_xml,
    unknown_namespaces,
    validate,
    validate_fragment,
    validator_for,
)
from harness.body.validators import diagnosis, libxml2_errors

from .corpora import CASES
from .corpus import Case
from .reference import PUBLISHED, published_schemas, same_verdict

PIDF = '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b">%s</presence>'
RESOURCE_LISTS = ("resource-lists", 'list[@name="rcs"]', 'entry[@uri="sip:a@b"]')


def case_name(case: Case) -> str:
    return f"{case.root}: {case.name}"


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_document_has_the_verdict_of_its_specification(case: Case) -> None:
    errors = validate(case.document)
    assert (errors == ()) == case.valid, errors


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_both_schema_processors_agree(case: Case) -> None:
    root = parse_xml(case.document)
    assert (not libxml2_errors(root)) == case.valid
    assert diagnosis().is_valid(case.document) == case.valid


def test_published_schemas_give_the_same_verdicts() -> None:
    published = published_schemas()
    if published is None:
        pytest.skip("PRESENCE_REFERENCE_XSD names no directory with the published schemas")
    differing = {case_name(each) for each in PUBLISHED if not same_verdict(each, published)}
    assert differing == {case_name(each) for each in PUBLISHED if each.differs}


def test_every_namespace_of_the_catalogue_is_tested() -> None:
    tested = {
        str(element.tag)[1:].partition("}")[0]
        for case in CASES
        for element in parse_xml(case.document).iter()
    }
    names = {entry.namespace for entry in catalog()}
    assert names - tested == {  # these have attributes alone
        "http://www.w3.org/XML/1998/namespace",
        "urn:ietf:params:xml:ns:copycontrol",
    }


def test_schema_of_every_entry_is_of_its_namespace() -> None:
    for entry in catalog():
        root = etree.parse(entry.path).getroot()
        assert root.get("targetNamespace") == entry.namespace
        declared = {found.get("name") for found in root.findall("{*}element")}
        assert {
            *entry.roots,
            *(root for roots in entry.media.values() for root in roots),
        } <= declared


def test_every_schema_file_is_in_the_catalogue() -> None:
    directory = next(iter(catalog())).path.parents[1]
    assert {entry.path for entry in catalog()} == set(directory.glob("*/*.xsd"))


@pytest.mark.parametrize(
    ("media_type", "local"),
    [
        ("application/pidf+xml", "presence"),
        ("Application/PIDF+XML; charset=utf-8", "presence"),
        ("application/watcherinfo+xml", "watcherinfo"),
        ("application/rlmi+xml", "list"),
        ("application/resource-lists+xml", "resource-lists"),
        ("application/rls-services+xml", "rls-services"),
        ("application/auth-policy+xml", "ruleset"),
        ("application/vnd.oma.xcap-directory+xml", "xcap-directory"),
        ("application/vnd.oma.pres-content+xml", "content"),
        ("application/reginfo+xml", "reginfo"),
        ("application/xcap-error+xml", "xcap-error"),
        ("application/xcap-caps+xml", "xcap-caps"),
        ("application/xcap-diff+xml", "xcap-diff"),
        ("application/pidf-diff+xml", "pidf-diff"),
        ("application/vnd.oma.user-profile+xml", "user-profiles"),
    ],
)
def test_media_type_has_its_root(media_type: str, local: str) -> None:
    root = expected_root(media_type)
    assert root is not None
    assert root.local == local
    entry = validator_for(media_type)
    assert entry is not None
    assert entry.namespace == root.namespace


def test_media_type_that_is_not_xml_has_no_schema() -> None:
    assert expected_root("application/sdp") is None
    assert validator_for("application/sdp") is None


def test_body_with_the_root_of_another_type_is_refused() -> None:
    (error,) = validate((PIDF % "").encode(), "application/watcherinfo+xml")
    assert "watcherinfo" in error.reason


def test_presence_without_its_namespace_is_refused() -> None:
    (error,) = validate(b'<presence entity="sip:a@b"/>', "application/pidf+xml")
    assert error.namespace is None


def test_element_that_is_no_root_is_refused() -> None:
    (error,) = validate(b'<person xmlns="urn:ietf:params:xml:ns:pidf:data-model" id="p"/>')
    assert "root" in error.reason


def test_unknown_namespace_is_no_error_but_is_listed() -> None:
    document = parse_xml((PIDF % '<x:y xmlns:x="urn:b" xmlns:z="urn:a" z:w="1"/>').encode())
    assert validate(document) == ()
    assert unknown_namespaces(document) == ("urn:a", "urn:b")


@pytest.mark.parametrize("root", ["pidf-diff", "pidf-full"])
def test_partial_presence_can_have_either_root(root: str) -> None:
    document = f'<{root} xmlns="urn:ietf:params:xml:ns:pidf-diff" entity="pres:a@b"/>'.encode()
    assert validate(document, "application/pidf-diff+xml") == ()
    assert validate(document, "application/pidf+xml") != ()


@pytest.mark.parametrize("end", ["", "!", "/", "[", "='"])
def test_long_selector_is_judged_at_once(end: str) -> None:
    sel = "/".join(["a[@b='c']"] * 2000) + end
    document = (
        f'<pidf-diff xmlns="urn:ietf:params:xml:ns:pidf-diff"><remove sel="{sel}"/></pidf-diff>'
    )
    start = time.monotonic()
    assert (validate(document.encode()) == ()) == (end == "")
    assert time.monotonic() - start < 5


def test_document_of_an_unknown_namespace_is_not_judged() -> None:
    assert validate(b'<a xmlns="urn:x"/>') == ()


@pytest.mark.parametrize(
    "content",
    [
        "<contact>sip:a@[2001:db8::1]:5060</contact>",
        '<contact>http://h/list%5B@name="x"]</contact>',
        "<timestamp>\n 2014-06-19T06:30:45Z</timestamp>",
        "<timestamp>2014-06-19T06:30:45 </timestamp>",
        "<contact>sip:a<!-- split --></contact>",
    ],
)
def test_value_that_libxml2_refuses_wrongly_is_accepted(content: str) -> None:
    assert validate((PIDF % f'<tuple id="t"><status/>{content}</tuple>').encode()) == ()


def test_tree_with_comments_is_judged_without_them() -> None:
    content = (
        '<tuple id="t"><!--c--><status><!--c--></status><contact><!--c-->a:b</contact></tuple>'
    )
    root = parse_xml((PIDF % content).encode(), keep_comments=True)
    assert validate(root) == ()


def test_error_points_at_the_element_out_of_place() -> None:
    document = PIDF % '\n<tuple id="a"><status/></tuple>\n<note/>\n<tuple id="b"><status/></tuple>'
    (error,) = validate(document.encode())
    assert error.path == "/presence/tuple[2]"
    assert error.line == 4
    assert error.namespace == "urn:ietf:params:xml:ns:pidf"


def test_error_names_the_schema_that_is_broken() -> None:
    (error,) = validate(
        (PIDF % '<person xmlns="urn:ietf:params:xml:ns:pidf:data-model"/>').encode()
    )
    assert error.namespace == "urn:ietf:params:xml:ns:pidf:data-model"
    assert "id" in error.reason


@pytest.mark.parametrize(
    ("content", "path", "reason"),
    [
        ('<tuple id="1"><status/></tuple>', "/tuple", "attribute id='1': no NCName, as an ID is"),
        ('<tuple id="t"/>', "/tuple", "the content is not complete: status is missing"),
        (
            '<tuple id="t"><contact>a:b</contact></tuple>',
            "/tuple/contact",
            "contact is not allowed here, only status",
        ),
        ('<tuple xmlns="" id="t"/>', "/tuple", "tuple of no namespace is not allowed here"),
        (
            '<tuple id="t"><status/><note/><y xmlns="urn:y"/></tuple>',
            "/tuple/y",
            "{urn:y}y is not allowed here",
        ),
        (
            '<tuple id="t"><status><basic>Open</basic></status></tuple>',
            "/tuple/status/basic",
            "'Open': value must be one of ['open', 'closed']",
        ),
        (
            '<tuple id="t"><status/><timestamp>now</timestamp></tuple>',
            "/tuple/timestamp",
            "'now' is no dateTime",
        ),
    ],
)
def test_error_says_in_plain_words_what_is_wrong(content: str, path: str, reason: str) -> None:
    (error,) = validate((PIDF % content).encode())
    assert (error.path, error.reason) == ("/presence" + path, reason)


def test_error_does_not_quote_a_huge_value() -> None:
    content = f'<tuple id="t"><status><basic>{"x" * 100_000}</basic></status></tuple>'
    (error,) = validate((PIDF % content).encode())
    assert len(error.reason) < 400


def test_every_error_of_a_document_is_found() -> None:
    document = PIDF % '<tuple id="1"><status><basic>no</basic></status></tuple><tuple/>'
    assert len(validate(document.encode())) >= 3


def test_large_broken_document_is_judged_quickly() -> None:
    tuples = "".join(f'<tuple id="t{n}"><status/></tuple>' for n in range(10_000))
    spaced = '<tuple id="s"><status/><timestamp> 2014-06-19T06:40:16Z</timestamp></tuple>'
    assert validate((PIDF % (tuples + "<note/><tuple/>")).encode())
    assert validate((PIDF % (tuples + spaced)).encode()) == ()


def test_entry_without_its_namespace_is_judged_in_its_list() -> None:
    assert (
        validate_fragment(b"<entry uri='sip:a@b'></entry>", "resource-lists", RESOURCE_LISTS) == ()
    )
    (error,) = validate_fragment(b"<entry/>", "resource-lists", RESOURCE_LISTS)
    assert (error.path, error.line) == ("/entry", 1)
    assert "uri" in error.reason


def test_fragment_is_judged_though_its_parents_are_bare() -> None:
    path = ("presence", 'tuple[@id="a"]', "contact")
    good = validate_fragment(b"<contact>sip:a@b</contact>", "pidf-manipulation", path)
    bad = validate_fragment(b'<contact priority="7">a:b</contact>', "pidf-manipulation", path)
    assert good == ()
    assert len(bad) == 1


def test_fragment_with_another_name_than_its_selector_is_refused() -> None:
    (error,) = validate_fragment(b"<list/>", "resource-lists", RESOURCE_LISTS)
    assert error.reason == "the selector names entry, the body is list"


def test_fragment_takes_prefixes_from_the_selector() -> None:
    bindings = {"d": "urn:ietf:params:xml:ns:pidf:data-model"}
    path = ("presence", "d:person")
    assert validate_fragment(b'<d:person id="p"/>', "pidf-manipulation", path, bindings) == ()
    assert len(validate_fragment(b"<d:person/>", "pidf-manipulation", path, bindings)) == 1


def test_whole_document_as_fragment_is_judged() -> None:
    assert validate_fragment(b"<resource-lists/>", "resource-lists", ("resource-lists",)) == ()


def test_fragment_behind_a_wildcard_or_of_an_unknown_usage_is_not_judged() -> None:
    assert validate_fragment(b"<entry/>", "resource-lists", ("resource-lists", "*", "entry")) == ()
    assert validate_fragment(b"<entry/>", "org.example", ("a", "entry")) == ()
    assert validate_fragment(b"<y/>", "resource-lists", ("resource-lists", "z", "y")) == ()


@pytest.mark.parametrize("data", [b"", b"<a/><b/>", b"text", b"<a/>text", b"</fragment><fragment>"])
def test_fragment_that_is_not_one_element_is_no_xml(data: bytes) -> None:
    with pytest.raises(BodyError):
        validate_fragment(data, "resource-lists", RESOURCE_LISTS)
