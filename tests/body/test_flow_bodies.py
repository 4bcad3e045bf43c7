"""The bodies of the documented flow are valid, and are read as what they say."""

from __future__ import annotations

import pytest

from harness.body.pidf import Contact, make_pidf, parse_pidf
from harness.body.resource_lists import External, flatten, make_resource_lists, parse_list
from harness.body.resource_lists import parse_resource_lists as parse_lists
from harness.body.rls_services import make_rls_services, parse_rls_services
from harness.body.schema import BodyError, unknown_namespaces, validate, validate_fragment
from harness.body.tree import parse_xml
from harness.body.watcherinfo import make_watcherinfo, parse_watcherinfo

from . import flow_bodies as flow


@pytest.mark.parametrize("step", flow.BODIES)
def test_body_of_the_flow_is_valid(step: str) -> None:
    body, media_type = flow.BODIES[step]
    assert validate(body.encode(), media_type) == ()
    assert unknown_namespaces(parse_xml(body.encode())) == ()


def test_damaged_body_says_where_it_is_damaged() -> None:
    with pytest.raises(BodyError) as caught:
        parse_pidf(flow.BUDDY_DAMAGED.encode())
    assert caught.value.line == 4


@pytest.mark.parametrize(
    "body",
    [
        b"<entry uri='sip:+339012341234@Test-rcs.com'></entry>",
        b"<entry uri='sip:+330123456789@anritsu-rcs.com;user=phone'></entry>",
    ],
)
def test_entry_of_the_flow_is_valid_in_its_list(body: bytes) -> None:
    path = ("resource-lists", 'list[@name="rcs"]', "entry")
    assert validate_fragment(body, "resource-lists", path) == ()


def test_list_that_the_network_returns_is_read() -> None:
    body = (
        b'<list name="rcs" xmlns="urn:ietf:params:xml:ns:resource-lists">\n'
        b"  <display-name>My presence buddies</display-name>\n</list>"
    )
    assert validate_fragment(body, "resource-lists", ("resource-lists", "list")) == ()
    found = parse_list(body)
    assert (found.name, found.display_name, found.items) == ("rcs", "My presence buddies", ())


def test_publication_is_read() -> None:
    found = parse_pidf(flow.PUBLISHED.encode())
    assert found.entity == "sip:+339012341234@test-rcs.com"
    assert [part.service_id for part in found.tuples] == list(flow.SERVICES)
    assert {part.service_version for part in found.tuples} == {"1.0"}
    assert {part.basic for part in found.tuples} == {"open"}
    assert {part.contact for part in found.tuples} == {Contact("sip:+339012341234@test-rcs.com")}
    assert [identifier for identifier, _ in found.ids] == ["t1", "t2", "t3", "t4", "t5"]
    assert {stamp.raw for stamp in found.timestamps} == {"2014-06-19T06:30:45.000Z"}
    lines = [line for _, line in found.ids]
    assert lines == [5, 14, 23, 32, 41]


def test_permanent_presence_is_read_and_written_back() -> None:
    found = parse_pidf(flow.PERM_PRESENCE.encode())
    (person,) = found.persons
    assert person.overriding_willingness == "open"
    assert person.homepage == ""
    assert person.notes[0].text == ""
    icon = person.status_icon
    assert icon is not None
    assert icon.uri.endswith("/oma_status-icon/rcs_status_icon")
    assert (icon.etag, icon.fsize) == ("1403159871372", "2193")
    assert (icon.contenttype, icon.resolution) == ("image/jpeg", "96x96")
    written = make_pidf(found.entity or "", persons=found.persons)
    assert parse_pidf(written).persons == found.persons


def test_seven_digits_of_a_second_are_a_time() -> None:
    (stamp,) = parse_pidf(flow.BUDDY.encode()).timestamps
    assert stamp.moment is not None
    assert stamp.moment.microsecond == 443811


def test_watchers_are_read_without_the_white_space_round_them() -> None:
    found = parse_watcherinfo(flow.WATCHERINFO.encode())
    assert (found.version, found.state) == (4, "full")
    assert [watcher.uri for watcher in found.watchers] == [
        "sip:+330123456789@test-rcs.com",
        "sip:+339012341234@test-rcs.com",
    ]
    assert found.watchers[0].raw.startswith("\n ")
    assert found.watchers[0].line == 3
    again = parse_watcherinfo(make_watcherinfo(4, "full", found.lists))
    assert again == found


def test_lists_are_read_followed_and_written_back() -> None:
    found = parse_lists(flow.RESOURCE_LISTS.encode())
    blocked = found.list("oma_blockedcontacts")
    assert blocked is not None
    assert [type(item) for item in blocked.items] == [External, External]
    empty = flatten(blocked, lambda anchor: found.list(anchor.split("%22")[1]))
    assert (empty.uris, empty.unresolved) == ((), ())
    assert parse_lists(make_resource_lists(found.lists)) == found


def test_service_is_read_and_written_back() -> None:
    found = parse_rls_services(flow.RLS_SERVICES.encode())
    (service,) = found.services
    assert service.uri == "sip:+339012341234@Test-rcs.com;pres-list=rcs"
    assert service.resource_list == flow.LISTS + "rcs%22%5D"
    assert service.packages == ("presence",)
    assert parse_rls_services(make_rls_services(found.services)) == found
