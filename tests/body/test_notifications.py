"""Watcherinfo, RLMI and reginfo documents are read, written and merged."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from harness.body import reginfo, rlmi, watcherinfo
from harness.body.multipart import parse_multipart
from harness.body.reginfo import RegisteredContact, Registration
from harness.body.rlmi import Instance, Resource, Rlmi
from harness.body.schema import BodyError, validate
from harness.body.tree import Note
from harness.body.watcherinfo import Watcher, WatcherInfo, WatcherList

PENDING = Watcher("sip:w@b", "1", "pending", "subscribe", "W", 3600, 12)
OWN = Watcher("sip:a@b", "2", "active", "subscribe")
WATCHED = WatcherList("sip:a@b", "presence", (PENDING, OWN))
ALICE = Resource("sip:a@b", (Note("A", "en"),), (Instance("1", "active", cid="c1@b"),))
BOB = Resource("sip:b@b", (), (Instance("1", "terminated", "rejected"),))
CAROL = Resource("sip:c@b")
LIST = Rlmi("sip:l@b", 0, True, (ALICE, BOB, CAROL), (Note("friends"),))


def test_watcherinfo_is_written_and_read_back() -> None:
    document = watcherinfo.make_watcherinfo(3, "partial", [WATCHED])
    assert validate(document, "application/watcherinfo+xml") == ()
    found = watcherinfo.parse_watcherinfo(document)
    assert found == WatcherInfo(3, "partial", (WATCHED,))
    assert found.watchers == (PENDING, OWN)


def test_watcherinfo_with_unreadable_numbers_is_read() -> None:
    found = watcherinfo.parse_watcherinfo(
        b'<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="-1"><watcher-list>'
        b'<watcher expiration="soon"/></watcher-list></watcherinfo>'
    )
    assert (found.version, found.state) == (None, "")
    assert found.watchers[0].expiration is None


def test_watcher_with_an_undefined_status_is_not_written() -> None:
    bad = replace(WATCHED, watchers=(replace(PENDING, status="allowed"),))
    with pytest.raises(BodyError):
        watcherinfo.make_watcherinfo(0, "full", [bad])


def test_partial_watcherinfo_changes_the_watchers_that_it_names() -> None:
    known = WatcherInfo(0, "full", (WATCHED,))
    approved = replace(PENDING, status="active", event="approved")
    update = WatcherInfo(1, "partial", (replace(WATCHED, watchers=(approved,)),))
    found = watcherinfo.merged(known, update)
    assert (found.version, found.state) == (1, "full")
    assert found.watchers == (approved, OWN)


def test_full_watcherinfo_replaces_all_and_an_old_one_nothing() -> None:
    known = WatcherInfo(1, "full", (WATCHED,))
    newer, older = WatcherInfo(2, "full"), WatcherInfo(1, "full")
    assert watcherinfo.merged(known, newer) is newer
    assert watcherinfo.merged(known, older) is known


def test_partial_watcherinfo_may_bring_a_new_list() -> None:
    found = watcherinfo.merged(WatcherInfo(0, "full"), WatcherInfo(1, "partial", (WATCHED,)))
    assert found.lists == (WATCHED,)


def test_rlmi_is_written_and_read_back() -> None:
    document = rlmi.make_rlmi(replace(LIST, cid="agg@b"))
    assert validate(document, "application/rlmi+xml") == ()
    found = rlmi.parse_rlmi(document)
    assert found == replace(LIST, cid="agg@b")
    assert found.cids == ("agg@b", "c1@b")
    assert found.resource("sip:c@b") == CAROL
    assert found.resource("sip:d@b") is None
    assert found.resources[0].instances[0].line is not None


@pytest.mark.parametrize(
    ("written", "read"), [("1", True), ("0", False), (" true ", True), ("yes", None)]
)
def test_full_state_is_any_xml_boolean(written: str, read: bool | None) -> None:
    document = f'<list xmlns="urn:ietf:params:xml:ns:rlmi" fullState="{written}" version="x"/>'
    found = rlmi.parse_rlmi(document.encode())
    assert (found.full_state, found.version) == (read, None)


def test_list_notification_has_the_rlmi_first_and_a_part_for_each_cid() -> None:
    tokens = (f"token{count}" for count in itertools.count())
    content_type, body = rlmi.make_notification(
        LIST, {"c1@b": b"<presence/>"}, "application/pidf+xml", lambda: next(tokens), "b"
    )
    found = parse_multipart(body, content_type)
    assert found.malformed == ()
    assert found.root is not None
    assert found.root.content_type == "application/rlmi+xml"
    assert rlmi.parse_rlmi(found.root.body) == LIST
    part = found.part("c1@b")
    assert part is not None
    assert (part.content_type, part.body) == ("application/pidf+xml", b"<presence/>")


@pytest.mark.parametrize("states", [{}, {"c1@b": b"", "c2@b": b""}])
def test_notification_whose_cids_and_parts_differ_is_refused(states: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="RLMI refers to"):
        rlmi.make_notification(LIST, states, "application/pidf+xml", lambda: "x", "b")


def test_partial_rlmi_changes_the_resources_that_it_names() -> None:
    dave = Resource("sip:d@b")
    gone = replace(ALICE, instances=(Instance("1", "terminated", "noresource"),))
    found = rlmi.merged(LIST, Rlmi("sip:l@b", 1, False, (gone, dave)))
    assert found.resources == (gone, BOB, CAROL, dave)
    assert (found.version, found.full_state) == (1, True)


def test_full_rlmi_replaces_all_and_an_old_one_nothing() -> None:
    newer, older = Rlmi("sip:l@b", 1, True), Rlmi("sip:l@b", 0, True)
    assert rlmi.merged(LIST, newer) is newer
    assert rlmi.merged(LIST, older) is LIST


def test_reginfo_is_written_and_read_back() -> None:
    contact = RegisteredContact(
        "sip:1.2.3.4",
        "c1",
        "active",
        "registered",
        "A",
        3600,
        5,
        10,
        "0.5",
        "call",
        7,
        (("+sip.instance", '"<urn:x>"'),),
    )
    registration = Registration("sip:a@b", "r1", "active", (contact,))
    document = reginfo.make_reginfo(0, "full", [registration])
    assert validate(document, "application/reginfo+xml") == ()
    found = reginfo.parse_reginfo(document)
    assert (found.version, found.state, found.registrations) == (0, "full", (registration,))
