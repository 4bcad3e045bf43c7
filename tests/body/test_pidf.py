"""Presence documents are read, written and composed."""

from __future__ import annotations

import pytest

from harness.body.pidf import (
    Contact,
    Device,
    Person,
    ServiceDescription,
    StatusIcon,
    Tuple,
    compose,
    make_pidf,
    parse_pidf,
)
from harness.body.schema import BodyError, validate
from harness.body.tree import Note, Timestamp

FULL = Tuple(
    "t1",
    "open",
    ServiceDescription("org.3gpp.urn", "1.0", "a service"),
    Contact("sip:a@b", "0.5"),
    Timestamp("2014-06-19T06:30:45Z"),
    (Note("hello", "en"), Note("", "")),
    willingness="closed",
)
PERSON = Person(
    "p1",
    "open",
    "http://a/b",
    StatusIcon("http://a/c", "1", "2", "image/png", "96x96"),
    Timestamp("2014-06-19T06:30:45Z"),
    (Note("busy"),),
)
DEVICE = Device("d1", "urn:uuid:1", Timestamp("2014-06-19T06:30:45Z"), (Note("n"),))
LOOSE = b"""<presence xmlns="urn:ietf:params:xml:ns:pidf"
 xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:x="urn:x">
<note xml:lang="fr">n</note><x:y/>
<dm:person id="p"><x:mood/><dm:note>m</dm:note></dm:person>
<tuple><contact priority=" 0.1 ">
 sip:a@b </contact><x:z/><status/></tuple></presence>"""


def test_what_is_written_is_valid_and_read_back() -> None:
    document = make_pidf("sip:a@b", [FULL], [PERSON], [DEVICE], [Note("all")])
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert validate(document, "application/pidf+xml") == ()
    found = parse_pidf(document)
    assert (found.entity, found.tuples, found.persons) == ("sip:a@b", (FULL,), (PERSON,))
    assert (found.devices, found.notes) == ((DEVICE,), (Note("all"),))
    assert make_pidf("sip:a@b", found.tuples, found.persons, found.devices, found.notes) == document


def test_document_in_any_order_is_read_with_its_lines() -> None:
    found = parse_pidf(LOOSE)
    assert found.entity is None
    assert found.notes == (Note("n", "fr"),)
    assert [element.tag for element in found.extensions] == ["{urn:x}y"]
    assert found.ids == (("", 5), ("p", 4))
    (part,) = found.tuples
    assert part.contact == Contact("sip:a@b", "0.1")
    assert part.contact is not None
    assert part.contact.raw == "\n sip:a@b "
    assert (part.basic, part.service_id, part.timestamp) == (None, None, None)
    assert [element.tag for element in part.extensions] == ["{urn:x}z"]
    assert [element.tag for element in found.persons[0].extensions] == ["{urn:x}mood"]


@pytest.mark.parametrize(
    "document", [b"<presence/>", b'<tuple xmlns="urn:ietf:params:xml:ns:pidf"/>', b"{}"]
)
def test_what_is_no_presence_document_is_refused(document: bytes) -> None:
    with pytest.raises(BodyError):
        parse_pidf(document)


@pytest.mark.parametrize(
    "part", [Tuple("1"), Tuple("a@b"), Tuple("t", "Open"), Tuple("t", contact=Contact("a", "2"))]
)
def test_invalid_document_is_not_written(part: Tuple) -> None:
    with pytest.raises(BodyError):
        make_pidf("sip:a@b", [part])


def test_composed_document_has_all_parts_and_no_id_twice() -> None:
    one = parse_pidf(make_pidf("sip:a@b", [FULL], [PERSON], [DEVICE], [Note("1")]))
    document = compose("sip:z@b", [one, one, one])
    found = parse_pidf(document)
    assert found.entity == "sip:z@b"
    assert [part.id for part in found.tuples] == ["t1", "t1.2", "t1.3"]
    assert [part.id for part in found.persons] == ["p1", "p1.2", "p1.3"]
    assert [part.id for part in found.devices] == ["d1", "d1.2", "d1.3"]
    assert len(found.notes) == 3


def test_composed_document_of_made_parts_keeps_extension_ids_apart() -> None:
    source = parse_pidf(
        b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="a:b"'
        b' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"'
        b' xmlns:r="urn:ietf:params:xml:ns:pidf:rpid">'
        b'<dm:person id="p"><r:activities id="a"/></dm:person></presence>'
    )
    document = compose("sip:a@b", [source, source])
    assert validate(document) == ()
    assert document.count(b'id="a.2"') == 1


@pytest.mark.parametrize(
    ("raw", "has_zone", "iso"),
    [
        ("2014-06-19T06:30:45Z", True, "2014-06-19T06:30:45+00:00"),
        (" 2014-06-19T06:30:45.1234567Z\n", True, "2014-06-19T06:30:45.123456+00:00"),
        ("2014-06-19T15:30:45+09:00", True, "2014-06-19T15:30:45+09:00"),
        ("2014-06-19T06:30:45", False, None),
        ("2014-02-30T06:30:45Z", True, None),
        ("2014-06-19", False, None),
        ("", False, None),
    ],
)
def test_timestamp_is_a_moment_where_it_has_a_zone(
    raw: str, has_zone: bool, iso: str | None
) -> None:
    stamp = Timestamp(raw)
    assert stamp.has_zone == has_zone
    assert (stamp.moment and stamp.moment.isoformat()) == iso
