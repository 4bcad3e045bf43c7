"""Resource lists are read, written and followed."""

from __future__ import annotations

import pytest

from harness.body.resource_lists import (
    MAX_MEMBERS,
    MAX_NESTING,
    Entry,
    EntryRef,
    External,
    ResourceList,
    flatten,
    make_resource_lists,
    parse_list,
    parse_resource_lists,
)
from harness.body.rls_services import RlsServices, Service, make_rls_services, parse_rls_services
from harness.body.schema import BodyError, validate

ALL_KINDS = ResourceList(
    "friends",
    "My friends",
    (
        Entry("sip:a@b", "A"),
        External("http://x/l", "elsewhere"),
        ResourceList("inner", None, (Entry("sip:b@b"), Entry("sip:a@b"))),
        EntryRef("resource-lists/users/u/index/~~/r"),
    ),
)


def test_lists_are_written_and_read_back() -> None:
    document = make_resource_lists([ALL_KINDS, ResourceList()])
    assert validate(document, "application/resource-lists+xml") == ()
    found = parse_resource_lists(document)
    assert found.lists == (ALL_KINDS, ResourceList())
    assert found.list("friends") == ALL_KINDS
    assert found.list("none") is None
    assert ALL_KINDS.entries == (Entry("sip:a@b", "A"),)
    assert [inner.name for inner in ALL_KINDS.lists] == ["inner"]


def test_foreign_elements_of_a_list_are_passed_over() -> None:
    found = parse_list(b"<list><x:y xmlns:x='urn:x'/><unknown/><entry uri=' sip:a@b '/></list>")
    assert found.items == (Entry("sip:a@b"),)


def test_list_is_flattened_in_order_each_uri_once() -> None:
    targets = {
        "http://x/l": ResourceList(None, None, (Entry("sip:c@b"), Entry("sip:a@b"))),
        "resource-lists/users/u/index/~~/r": Entry("sip:d@b"),
    }
    found = flatten(ALL_KINDS, targets.get)
    assert found.uris == ("sip:a@b", "sip:c@b", "sip:b@b", "sip:d@b")
    assert (found.unresolved, found.truncated) == ((), False)


def test_reference_that_leads_nowhere_is_listed() -> None:
    found = flatten(ALL_KINDS, lambda _: None)
    assert found.uris == ("sip:a@b", "sip:b@b")
    assert found.unresolved == ("http://x/l", "resource-lists/users/u/index/~~/r")


def test_list_that_contains_itself_ends() -> None:
    loop = ResourceList("l", None, (Entry("sip:a@b"), External("http://x/l")))
    assert flatten(loop, lambda _: loop).uris == ("sip:a@b",)


def test_chain_of_lists_without_end_is_cut() -> None:
    def endless(anchor: str) -> ResourceList:
        return ResourceList(None, None, (External(anchor + "x"),))

    found = flatten(ResourceList(None, None, (External("http://x/"),)), endless)
    assert found.truncated
    assert MAX_NESTING < 100


def test_list_of_very_many_entries_is_cut() -> None:
    many = ResourceList(
        None, None, tuple(Entry(f"sip:{count}@b") for count in range(MAX_MEMBERS + 1))
    )
    found = flatten(many, lambda _: None)
    assert len(found.uris) == MAX_MEMBERS
    assert found.truncated


@pytest.mark.parametrize(
    "service",
    [
        Service("sip:s@b", resource_list="http://x/l", packages=("presence", "dialog")),
        Service("sip:s@b", members=ALL_KINDS),
        Service("sip:s@b", members=ResourceList(), packages=()),
    ],
)
def test_service_is_written_and_read_back(service: Service) -> None:
    document = make_rls_services([service])
    assert validate(document, "application/rls-services+xml") == ()
    assert parse_rls_services(document) == RlsServices((service,))


def test_what_is_no_list_document_is_refused() -> None:
    with pytest.raises(BodyError):
        parse_resource_lists(b"<resource-lists/>")
    with pytest.raises(BodyError):
        parse_list(b"<list/><list/>")
