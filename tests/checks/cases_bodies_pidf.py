"""Cases of the checks of presence documents: PIDF."""

from __future__ import annotations

from tests.checks.bodies import (
    PERMANENT,
    a_tuple,
    in_person,
    in_tuple,
    modified,
    pidf,
    published,
    put,
)
from tests.checks.conversation import Case

PIDF_TYPE = "application/pidf+xml"
SERVICE = (
    "<op:service-description><op:service-id>org.x:im</op:service-id>"
    "<op:version>{}</op:version></op:service-description>"
)
TIMED = '<ts:timed-status from="{}" until="{}"><ts:basic>closed</ts:basic></ts:timed-status>'
BEFORE, AFTER = "2014-06-19T06:00:00Z", "2014-06-19T07:00:00Z"
DEVICE = '<dm:device id="d"><dm:deviceID>{}</dm:deviceID></dm:device>'


def person_time(text: str) -> str:
    return f"<dm:timestamp>{text}</dm:timestamp>"


def a_person(time: str) -> str:
    return f'<dm:person id="p1">{person_time(time)}</dm:person>'


CASES = [
    Case("PIDF-DECLARATION-1", published(), published(pidf(declaration=""))),
    Case("PIDF-DECLARATION-2", published(), published(pidf(declaration='<?xml version="1.0"?>'))),
    Case(
        "PIDF-NAMESPACE-1",
        published(pidf(namespaces='xmlns:x="urn:example:x"')),
        published(pidf(namespaces='xmlns:x="example"')),
    ),
    Case(
        "PIDF-ID-1", published(a_tuple("a") + a_tuple("b")), published(a_tuple("a") + a_tuple("a"))
    ),
    Case(
        "PIDF-ID-2",
        published(a_tuple("a") + '<dm:person id="b"/>'),
        published(a_tuple("a") + '<dm:person id="a"/>'),
    ),
    Case("PIDF-STATUS-1", published(a_tuple()), published('<tuple id="t"><status/></tuple>')),
    Case(
        "PIDF-STATUS-2",
        published(
            '<tuple id="t"><status><basic>open</basic></status>'
            f"{TIMED.format(AFTER, '2014-06-19T08:00:00Z')}</tuple>"
        ),
        published(
            '<tuple id="t"><status><basic>open</basic>'
            f"{TIMED.format(AFTER, '2014-06-19T08:00:00Z')}</status></tuple>"
        ),
    ),
    Case(
        "PIDF-STATUS-3",
        in_tuple(TIMED.format(AFTER, "2014-06-19T08:00:00Z")),
        in_tuple(TIMED.format(BEFORE, AFTER)),
    ),
    Case(
        "PIDF-CONTACT-1",
        published(a_tuple()),
        published('<tuple id="t"><status><basic>open</basic></status></tuple>'),
    ),
    Case(
        "PIDF-CONTACT-2",
        published(a_tuple().replace("sip:alice@example.com", "tel:+4930123456")),
        published(a_tuple().replace("sip:alice@example.com", "alice at home")),
    ),
    Case(
        "PIDF-PRIORITY-1",
        published(a_tuple().replace("<contact>", '<contact priority="0.825">')),
        published(a_tuple().replace("<contact>", '<contact priority="1.5">')),
    ),
    Case(
        "PIDF-NOTE-1",
        published('<note xml:lang="en">away</note>'),
        published("<note>away</note>"),
    ),
    Case(
        "PIDF-UNDERSTAND-1",
        published(
            '<tuple id="t" xmlns:p="urn:ietf:params:xml:ns:pidf"><status><basic>open</basic>'
            '<a xmlns="urn:x" p:mustUnderstand="1"/></status></tuple>'
        ),
        published(
            '<tuple id="t" xmlns:p="urn:ietf:params:xml:ns:pidf"><status><basic>open</basic>'
            '</status><a xmlns="urn:x" p:mustUnderstand="1"/></tuple>'
        ),
    ),
    Case(
        "PIDF-TIME-1",
        published(a_tuple(time="2014-06-19T06:30:45.1234567+02:00")),
        published(a_tuple(time="2014-06-19T06:30:45")),
    ),
    Case(
        "PIDF-TIME-2",
        in_person(person_time("2014-06-19T06:30:45")),
        in_person(person_time("19 June 2014")),
    ),
    Case(
        "PIDF-TIME-3",
        in_person(person_time("2014-06-19T06:30:45Z")),
        in_person(person_time("2014-06-19T06:30:45")),
    ),
    Case(
        "PIDF-TIME-4",
        published(a_tuple()),
        published('<tuple id="t"><status><basic>open</basic></status></tuple>'),
    ),
    # The conversations of the tests take place in 1970.
    Case(
        "PIDF-TIME-5",
        published(a_tuple(time="1970-01-01T00:16:00Z")),
        published(a_tuple(time="1970-01-02T00:00:00Z")),
    ),
    Case(
        "PIDF-RPID-1",
        in_person("<r:class>work</r:class>"),
        in_person("<r:class>work</r:class><r:class>home</r:class>"),
    ),
    Case(
        "PIDF-RPID-2",
        in_person(f'<r:activities from="{BEFORE}" until="{AFTER}"><r:away/></r:activities>'),
        in_person(f'<r:activities from="{AFTER}" until="{BEFORE}"><r:away/></r:activities>'),
    ),
    Case(
        "PIDF-ICON-1",
        in_person("<r:status-icon> http://example.com/a.png </r:status-icon>"),
        in_person("<r:status-icon>a.png</r:status-icon>"),
    ),
    Case(
        "PIDF-CIPID-1",
        in_person("<ci:homepage/>"),
        in_person("<ci:homepage>www.example.com</ci:homepage>"),
    ),
    Case(
        "PIDF-DEVICE-1",
        published(DEVICE.format("urn:uuid:48662e19-5fbf-43fc-a2fd-d23002787599")),
        published(DEVICE.format("mac:8asd7d7d70")),
    ),
    Case(
        "PIDF-SERVICE-1",
        published(
            a_tuple("a", more=SERVICE.format("1.0")) + a_tuple("b", more=SERVICE.format("2.0"))
        ),
        published(
            a_tuple("a", more=SERVICE.format("1.0")) + a_tuple("b", more=SERVICE.format("1.0"))
        ),
        "documented",
    ),
    Case(
        "PIDF-SERVICE-2",
        in_tuple(SERVICE.format("1.0")),
        in_tuple(SERVICE.format("one")),
        "documented",
    ),
    Case(
        "PIDF-ENTITY-1",
        published(pidf(entity="pres:alice@Example.COM")),
        published(pidf(entity="sip:bob@example.com")),
    ),
    Case(
        "PIDF-ENTITY-2",
        put(PERMANENT, PIDF_TYPE, pidf(entity="sip:alice@Example.com")),
        put(PERMANENT, PIDF_TYPE, pidf(entity="sip:bob@example.com")),
    ),
    Case("PIDF-ENTITY-3", published(), published(pidf(entity="alice"))),
    Case(
        "PIDF-MODIFY-1", modified(a_tuple("a"), a_tuple("a")), modified(a_tuple("a"), a_tuple("b"))
    ),
    Case(
        "PIDF-MODIFY-2",
        modified(a_tuple(), a_tuple(basic="closed", time="2014-06-19T06:30:46Z")),
        modified(a_tuple(), a_tuple(basic="closed")),
    ),
    Case(
        "PIDF-MODIFY-4",
        modified(a_person(BEFORE), a_person(AFTER)),
        modified(a_person(AFTER), a_person(BEFORE)),
    ),
    Case(
        "PIDF-MODIFY-3",
        modified(a_tuple(), a_tuple(time="2014-06-19T06:30:46Z")),
        modified(a_tuple(), a_tuple(time="2014-06-19T06:30:44Z")),
    ),
]
