"""Application usages and their constraints."""

import pytest
from lxml import etree

from harness.xcap.constraints import MAX_REPORTED, Situation
from harness.xcap.document import Document, DocumentKey, DocumentStore
from harness.xcap.errors import ConflictError, ConflictReport
from harness.xcap.selector import XcapUri, parse_node_selector, parse_xcap_uri
from harness.xcap.usage import APPLICATION_USAGES

LISTS = "urn:ietf:params:xml:ns:resource-lists"
SERVICES = "urn:ietf:params:xml:ns:rls-services"


def refusal(
    auid: str, content: str, taken: tuple[str, ...] = (), *, tree: str = "users"
) -> ConflictReport | None:
    """What the constraints of the usage say of the content of its root element."""
    usage = APPLICATION_USAGES[auid]
    local = etree.QName(usage.root).localname
    document = f'<{local} xmlns="{usage.namespace}" xmlns:rl="{LISTS}">{content}</{local}>'
    uri = XcapUri(auid, "users" if tree == "users" else "global", "sip:a@H", "index")
    situation = Situation(uri, "/", usage.namespace, lambda: frozenset(taken))
    root = etree.fromstring(document)
    try:
        for constraint in usage.constraints:
            constraint(root, situation)
    except ConflictError as error:
        return error.report
    return None


def element(report: ConflictReport | None) -> str | None:
    return None if report is None else report.element


@pytest.mark.parametrize("auid", APPLICATION_USAGES)
def test_usage_names_its_documents(auid: str) -> None:
    usage = APPLICATION_USAGES[auid]
    assert usage.auid == auid
    assert usage.content_type.startswith("application/")
    assert etree.QName(usage.root).namespace
    assert usage.has_folder(usage.document)
    assert not usage.has_folder("no/such")
    assert not any(usage.has_folder(folder) for folder in usage.folders)


@pytest.mark.parametrize(
    "content",
    [
        '<list name="a"/><list name="a"/>',
        '<list name="x"><list name="a"/><list name="a"/></list>',
        '<list><entry uri="sip:a@h"/><entry uri="sip:a@h"/></list>',
        '<list><entry-ref ref="x"/><entry-ref ref="x"/></list>',
        '<list><external anchor="http://h/x"/><external anchor="http://h/x"/></list>',
    ],
)
def test_value_that_stands_twice_under_one_parent_is_refused(content: str) -> None:
    report = refusal("resource-lists", content)
    assert report is not None
    assert report.element == "uniqueness-failure"
    assert len(report.exists) == 2


@pytest.mark.parametrize(
    "content",
    [
        '<list name="a"/><list name="A"/>',
        '<list name="a"><list name="a"/></list>',
        "<list/><list/>",
        '<list name="x"><entry uri="sip:a@h"/></list><list name="y"><entry uri="sip:a@h"/></list>',
        '<list><entry uri="sip:a@h"/><entry uri="sip:a@H"/><!-- c --></list>',
    ],
)
def test_values_under_different_parents_or_cases_are_unique(content: str) -> None:
    assert refusal("resource-lists", content) is None


def test_report_names_some_of_many_duplicates() -> None:
    for auid, content in (
        ("resource-lists", '<list name="a"/>' * 1000),
        ("rls-services", '<service uri="a"/>' * 1000),
    ):
        report = refusal(auid, content)
        assert report is not None
        assert len(report.exists) == MAX_REPORTED


def test_field_of_a_uniqueness_failure_is_a_percent_encoded_selector() -> None:
    report = refusal("resource-lists", '<list/><list><entry uri="u"/><entry uri="u"/></list>')
    assert report is not None
    field = report.exists[1].field
    assert field == "resource-lists/list%5B2%5D/entry%5B2%5D/@uri"
    uri = parse_xcap_uri(f"/a/users/u/i/~~/{field}")
    assert str(uri.node) == "resource-lists/list[2]/entry[2]/@uri"


def test_field_outside_the_default_namespace_binds_a_prefix() -> None:
    entries = '<rl:entry uri="u"/><rl:entry uri="u"/>'
    report = refusal("rls-services", f'<service uri="s"><list>{entries}</list></service>')
    assert report is not None
    assert report.exists[0].field == (
        f"rls-services/service/list/n1:entry%5B1%5D/@uri?xmlns(n1={LISTS})"
    )
    bindings = {"n1": LISTS}
    assert parse_node_selector("rls-services/service/list/n1:entry[1]/@uri", bindings)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('<list><external anchor="http://h/x"/></list>', None),
        ('<list><external anchor="HTTPS://h"/></list>', None),
        ('<list><external anchor="/x"/></list>', "constraint-failure"),
        ('<list><external anchor="sip:a@h"/></list>', "constraint-failure"),
        ("<list><external/></list>", "constraint-failure"),
        ('<list><entry-ref ref="resource-lists/users/sip:a@h/index/~~/x"/></list>', None),
        ('<list><entry-ref ref="/x"/></list>', "constraint-failure"),
        ('<list><entry-ref ref="http://h/x"/></list>', "constraint-failure"),
        ('<list><entry-ref ref=""/></list>', "constraint-failure"),
    ],
)
def test_references_have_the_form_that_rfc_4826_wants(content: str, expected: str | None) -> None:
    assert element(refusal("resource-lists", content)) == expected


def test_service_uri_is_unique_in_the_document_and_on_the_server() -> None:
    one = '<service uri="sip:s@h"/>'
    assert element(refusal("rls-services", one)) is None
    assert element(refusal("rls-services", one + one)) == "uniqueness-failure"
    assert element(refusal("rls-services", one, ("sip:s@h",))) == "uniqueness-failure"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://h/resource-lists/users/sip:a@h/index/~~/resource-lists/list", None),
        ("\n http://h/resource-lists/users/sip%3Aa%40h/index \n", None),
        ("/resource-lists/users/sip:a@h/index", "constraint-failure"),
        ("http://h/pres-rules/users/sip:a@h/index", "constraint-failure"),
        ("http://h/resource-lists/users/sip:b@h/index", "constraint-failure"),
        ("http://h/resource-lists/global/index", "constraint-failure"),
        ("http://h/", "constraint-failure"),
        ("", "constraint-failure"),
    ],
)
def test_resource_list_is_one_of_the_same_user(uri: str, expected: str | None) -> None:
    content = f'<service uri="s"><resource-list>{uri}</resource-list></service>'
    assert element(refusal("rls-services", content)) == expected


def test_global_service_document_may_name_anybodys_list() -> None:
    uri = "http://h/resource-lists/users/sip:b@h/index"
    content = f'<service uri="s"><resource-list>{uri}</resource-list></service>'
    assert refusal("rls-services", content, tree="global") is None


def test_store_finds_documents_by_user_and_usage() -> None:
    store = DocumentStore()
    keys = [
        DocumentKey.of(parse_xcap_uri(target))
        for target in (
            "/resource-lists/users/sip%3Aa%40H/index",
            "/rls-services/users/sip:a@h/index",
            "/rls-services/global/index",
        )
    ]
    for key in keys:
        store.put(Document(key, b"<a/>", '"e"', 0.0))
    assert [each.key for each in store.of_user("sip:a@h")] == keys[:2]
    assert [each.key for each in store.of_usage("rls-services")] == keys[1:]
    assert len(list(store)) == len(store) == 3
    store.delete(keys[0])
    store.delete(keys[0])
    assert store.get(keys[0]) is None
