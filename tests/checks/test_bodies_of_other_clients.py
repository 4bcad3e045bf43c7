"""Documents that a right client may send, however unusual, bring no MUST finding against it."""

from __future__ import annotations

import base64
import gzip
import quopri

import pytest

from tests.checks.bodies import (
    DECLARATION,
    NAMESPACES,
    PERMANENT,
    RULES,
    a_tuple,
    pidf,
    published,
    put,
    rule,
    rules,
)
from tests.checks.conversation import Step, judge, request, ue
from tests.checks.http_conversation import ELEMENT_TYPE, LISTS, LISTS_TYPE, lists

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
UNKNOWN = '<x:a xmlns:x="urn:x">{}</x:a>'
GML = 'xmlns:gs="http://www.opengis.net/pidflo/1.0" xmlns:gml="http://www.opengis.net/gml"'


def blamed(steps: list[Step]) -> list[str]:
    """The MUST findings against the UE, but for the size of its datagrams."""
    return [each for each in judge(steps, "documented").must() if not each.startswith("GEN-SIZE")]


def person(content: str) -> str:
    return f'<dm:person id="p1">{content}</dm:person>'


def service(more: str, status: str = "<basic>open</basic>", attributes: str = "") -> str:
    return f'<tuple id="t1"{attributes}><status>{status}</status>{more}</tuple>'


def located(content: str) -> str:
    return person(
        f"<gp:geopriv {GML}><gp:location-info>{content}</gp:location-info><gp:usage-rules/>"
        "</gp:geopriv>"
    )


CONTENTS = {
    # RFC 3863 §4.1.6 counts on an xml:lang around the note; its schema forgets it
    "language-of-a-tuple": service("<note>x</note>", attributes=' xml:lang="en"'),
    "language-of-a-person": '<dm:person id="p1" xml:lang="en"/>',
    # RFC 3863 §4.2.3: what an unknown element contains is ignored as well
    "known-names-in-an-unknown-element": service(
        UNKNOWN.format('<presence xmlns="urn:ietf:params:xml:ns:pidf"><tuple/></presence>')
    ),
    "double-id-in-an-unknown-element": service(
        UNKNOWN.format('<tuple xmlns="urn:ietf:params:xml:ns:pidf" id="t1"/>')
    ),
    "empty-status-in-an-unknown-element": service(
        UNKNOWN.format('<status xmlns="urn:ietf:params:xml:ns:pidf"/>')
    ),
    # RFC 3863 §4.3.3, RFC 4480 §3.8 and §4: their examples
    "must-understand-as-in-the-example": service(
        '<x:e xmlns:x="http://id.mycompany.com/presence/" '
        'xmlns:i="urn:ietf:params:xml:ns:pidf"><x:a i:mustUnderstand="1">v</x:a></x:e>'
    ),
    "privacy-as-in-the-example": service("<r:privacy><r:text/><r:audio/></r:privacy>"),
    "sphere-as-in-the-example": person("<r:sphere>bowling league</r:sphere>"),
    "status-of-another-namespace-only": service("", UNKNOWN.format("")),
    "basic-as-character-data": service("", "<basic><![CDATA[open]]></basic>"),
    "basic-with-a-comment": service("", "<basic>op<!-- x -->en</basic>"),
    "references": service(
        "<contact>sip:a&#64;b?x=1&amp;y=2</contact><note>&lt;&#x1F600;&quot;</note>"
    ),
    "note-alone": "<note>away</note>",
    "notes-in-two-languages": '<note xml:lang="en">a</note><note xml:lang="fr">b</note>',
    "midnight-at-the-end-of-a-day": person("<dm:timestamp>2014-06-19T24:00:00Z</dm:timestamp>"),
    "timestamp-of-a-person-without-zone": person(
        "<dm:timestamp>2014-06-19T23:00:00</dm:timestamp>"
    ),
    "priority-without-a-zero": service('<contact priority=" .5 ">tel:+1</contact>'),
    "empty-contact": service("<contact/>"),
    "two-times-of-activities": person(
        '<r:activities from="2005-05-30T12:00:00+05:00" until="2005-05-30T17:00:00Z" id="x">'
        '<r:note xml:lang="en">x</r:note><r:away/><r:lunch/></r:activities>'
        "<r:activities><r:other>reading</r:other></r:activities>"
    ),
    "place": person(
        "<r:place-is><r:audio><r:noisy/></r:audio><r:video><r:dark/></r:video></r:place-is>"
        '<r:place-type><lt:office xmlns:lt="urn:ietf:params:xml:ns:location-type"/></r:place-type>'
        '<r:time-offset description="UTC+1" until="2009-10-10T01:01:01Z"> +60 </r:time-offset>'
    ),
    "contact-information": person(
        "<ci:card>http://x</ci:card><ci:display-name>A</ci:display-name><ci:homepage/>"
        "<ci:icon>http://y</ci:icon><ci:map>http://z</ci:map><ci:sound>http://s</ci:sound>"
    ),
    "status-of-the-future": service(
        '<ts:timed-status from="2030-08-15T10:20:00.000-05:00"><ts:basic>closed</ts:basic>'
        "</ts:timed-status><contact>sip:a@b</contact><timestamp>2014-06-19T06:30:45Z</timestamp>"
    ),
    # what Android sends (RFC 5196 §6 has another order, but no MUST)
    "capabilities-of-android": service(
        "<caps:servcaps><caps:audio>true</caps:audio><caps:video>true</caps:video>"
        "<caps:duplex><caps:supported><caps:full/></caps:supported></caps:duplex></caps:servcaps>"
    ),
    "all-of-oma": service(
        "<op:willingness><op:basic>open</op:basic></op:willingness>"
        "<op:session-participation><op:basic>open</op:basic></op:session-participation>"
        "<op:registration-state>active</op:registration-state>"
        "<op:service-description><op:service-id>a</op:service-id><op:version>1.0</op:version>"
        "</op:service-description><r:class>forIM</r:class><dm:deviceID>urn:x:1</dm:deviceID>"
        '<contact priority="0.5">sip:a@b</contact>'
    )
    + person("<op:overriding-willingness><op:basic>open</op:basic></op:overriding-willingness>"),
    "circle": person(
        f"<gp:geopriv><gp:location-info><gs:Circle {GML} "
        'srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>1 2</gml:pos>'
        '<gs:radius uom="urn:ogc:def:uom:EPSG::9001">10</gs:radius></gs:Circle>'
        "</gp:location-info><gp:usage-rules/><gp:method>GPS</gp:method></gp:geopriv>"
    ),
    # RFC 5264 §5: its example
    "relationship-in-a-word": service("<r:relationship>assistant</r:relationship>"),
    "reference-system-with-its-version": located(
        '<gml:Point srsName="urn:ogc:def:crs:EPSG:6.6:4326"><gml:pos>42 -73</gml:pos></gml:Point>'
    ),
    "angle-in-radians": located(
        '<gs:Ellipse srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>42 -73</gml:pos>'
        '<gs:semiMajorAxis uom="urn:ogc:def:uom:EPSG::9001">7</gs:semiMajorAxis>'
        '<gs:semiMinorAxis uom="urn:ogc:def:uom:EPSG::9001">3</gs:semiMinorAxis>'
        '<gs:orientation uom="urn:ogc:def:uom:EPSG::9101">0.7</gs:orientation></gs:Ellipse>'
    ),
    "area-across-the-date-line": located(
        '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior><gml:LinearRing>'
        "<gml:posList>10 179 10 -179 11 -179 11 179 10 179</gml:posList></gml:LinearRing>"
        "</gml:exterior></gml:Polygon>"
    ),
    "building-and-its-floor": located(
        '<gml:Point srsName="urn:ogc:def:crs:EPSG::4326"><gml:pos>42 -73</gml:pos></gml:Point>'
        '<civicAddress xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"><FLR>2</FLR>'
        "</civicAddress>"
    ),
    "location-of-rfc-4119": person(
        "<gp:geopriv><gp:location-info>"
        '<g:location xmlns:g="urn:opengis:specification:gml:schema-xsd:feature:v3.0">'
        '<g:Point g:id="p" srsName="epsg:4326"><g:coordinates>37:46:30N 122:25:10W'
        "</g:coordinates></g:Point></g:location></gp:location-info><gp:usage-rules>"
        "<gp:retransmission-allowed>no</gp:retransmission-allowed></gp:usage-rules></gp:geopriv>"
    ),
    "movement-alone": person(
        "<gp:geopriv><gp:location-info/><gp:usage-rules/><d:Dynamic "
        'xmlns:d="urn:ietf:params:xml:ns:pidf:geopriv10:dynamic"/></gp:geopriv>'
    ),
    "identity-that-is-not-known-to-be-the-users": a_tuple(),
}
LINPHONE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n'
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
    'xmlns:p1="urn:ietf:params:xml:ns:pidf:data-model" '
    'xmlns:online="http://www.linphone.org/xsds/pidfonline.xsd" '
    'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@example.com">'
    '<tuple id="vzuzds"><status><basic>open</basic><online:online/></status>'
    '<oma:service-description xmlns:oma="urn:oma:xml:prs:pidf:oma-pres">'
    "<oma:service-id>a:IM-session</oma:service-id><oma:version>1.0</oma:version>"
    '</oma:service-description><contact priority="0.8">sip:alice@example.com;gr=urn:a</contact>'
    "<timestamp>2017-10-25T13:18:26Z</timestamp></tuple><p1:person id='sipsip'>"
    "<rpid:activities><rpid:away/></rpid:activities></p1:person></presence>"
)
SIPSIMPLE = (
    "<?xml version='1.0' encoding='UTF-8'?>\n<presence xmlns:agp=\"urn:ag-projects:xml:ns:pidf\" "
    'xmlns:caps="urn:ietf:params:xml:ns:pidf:caps" '
    'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
    'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" xmlns="urn:ietf:params:xml:ns:pidf" '
    'entity="sip:alice@example.com"><tuple id="SID-abc"><status><basic>open</basic>'
    "<agp:extended>available</agp:extended></status><dm:deviceID>a1b2</dm:deviceID>"
    "<caps:servcaps><caps:audio>true</caps:audio></caps:servcaps>"
    '<agp:device-info id="x"/><contact>sip:alice@example.com;gr</contact>'
    "<timestamp>2012-08-14T09:59:59.123456+00:00</timestamp></tuple>"
    '<dm:person id="PID-9"><rpid:activities><rpid:other>available</rpid:other></rpid:activities>'
    "<dm:timestamp>2012-08-14T09:59:59+00:00</dm:timestamp></dm:person></presence>"
)


@pytest.mark.parametrize("name", CONTENTS)
def test_client_is_not_blamed_for_right_content(name: str) -> None:
    assert blamed(published(pidf(CONTENTS[name]))) == []


@pytest.mark.parametrize(
    "document",
    [
        pidf(a_tuple(), entity="sip:+33123456789@other.example.com"),
        pidf(a_tuple(), namespaces='xml:lang="en"'),
        pidf(a_tuple(), namespaces='version="1"'),
        pidf(a_tuple(), namespaces=f'{XSI} xsi:schemaLocation="urn:ietf:params:xml:ns:pidf a.xsd"'),
        pidf(a_tuple(), namespaces=f'{XSI} xsi:type="presence"'),
        pidf(
            "<tuple id='a' xsi:type='tuple'><status><basic xsi:type='basic'>open</basic></status>"
            "<contact xsi:nil='false'>sip:a@b</contact></tuple>",
            namespaces=XSI,
        ),
        pidf(a_tuple(), namespaces=f'{NAMESPACES} xmlns:q="urn:é"'),
        pidf(a_tuple()).replace(b"<presence", b'<?xml-stylesheet href="a"?><presence'),
        pidf(a_tuple()) + b"\r\n \t\r\n<!-- end -->",
        pidf().replace(b'xml:ns:pidf"', b'xml:ns:pidf:"'),  # as RFC 3863 §4.1.1 misprints it
        LINPHONE.encode(),
        SIPSIMPLE.encode(),
    ],
)
def test_client_is_not_blamed_for_a_right_document(document: bytes) -> None:
    assert blamed(published(document)) == []


def test_numeric_ids_of_a_large_document_are_only_remarked() -> None:
    tuples = "".join(a_tuple(f"{number}") for number in range(1300))

    assert blamed(published(pidf(tuples))) == []


def test_foreign_attribute_is_a_fault_where_documents_have_to_be_valid() -> None:
    document = pidf(a_tuple() + person(""), namespaces=f'{NAMESPACES} version="1"')

    assert blamed(published(document)) == ["XML-SCHEMA-PIDF-1"]


DOCUMENT = pidf(a_tuple())
MEMBERS = gzip.compress(DOCUMENT[:99]) + gzip.compress(DOCUMENT[99:])
MIXED = "multipart/mixed;boundary=b1"


def mixed(head: bytes, content: bytes = DOCUMENT) -> bytes:
    return b"--b1\r\n" + head + b"\r\n" + content + b"\r\n--b1--"


@pytest.mark.parametrize(
    ("media_type", "body", "coding"),
    [
        (MIXED, b"a preamble\r\n--b1  \r\n\r\nx\r\n--b1-- \t\r\nan epilogue", None),
        (
            MIXED,
            mixed(
                b"Content-Type: application/pidf+xml;\r\n charset=utf-8\r\n"
                b"Content-Transfer-Encoding: Binary (as is)\r\n"
            ),
            None,
        ),
        (
            MIXED,
            mixed(
                b"Content-Type: application/pidf+xml\r\nContent-Transfer-Encoding: BASE64\r\n",
                base64.encodebytes(DOCUMENT),
            ),
            None,
        ),
        (
            MIXED,
            mixed(
                b"Content-Type: application/pidf+xml\r\n"
                b"Content-Transfer-Encoding: quoted-printable\r\n",
                quopri.encodestring(DOCUMENT),
            ),
            None,
        ),
        (
            "multipart/alternative;boundary=b1",
            b"--b1\r\nContent-ID: <a@b>\r\n\r\nx\r\n--b1\r\nContent-ID: <a@b>\r\n\r\ny\r\n--b1--",
            None,
        ),
        (
            'multipart/related; type="application/pidf+xml"; start="<p@a>"; boundary="b1"',
            mixed(b"Content-Type: application/pidf+xml\r\nContent-ID: <p@a>\r\n"),
            None,
        ),
        (
            "application/pidf+xml",
            gzip.compress(DOCUMENT[:99]) + gzip.compress(DOCUMENT[99:]),
            "gzip",
        ),
        ("application/pidf+xml", b"\x0b\x02abc", "br"),
        ("application/pidf+xml;charset=iso-8859-1", pidf("<note>?</note>"), None),
    ],
)
def test_client_packs_a_document_in_any_way(
    media_type: str, body: bytes, coding: str | None
) -> None:
    fields = {"Content-Type": media_type, "Content-Encoding": coding}

    assert blamed([ue(request("PUBLISH", body=body, fields=fields))]) == []


def test_document_that_its_datagram_cut_off_is_not_judged() -> None:
    whole = published(pidf(a_tuple()))[0].raw

    assert not {each for each in blamed([ue(whole[:-40])]) if each.startswith(("XML", "PIDF"))}


@pytest.mark.parametrize(
    "content",
    [
        '<rule id="a"/>',
        rule('<identity><many><except domain="a.com"/><except id="sip:a@b"/></many></identity>'),
        rule(
            '<identity><many domain="a.com"/></identity><sphere value="work home"/>'
            "<validity><from>2003-12-24T17:00:00+01:00</from><until>2003-12-24T19:00:00Z</until>"
            "<from>2004-12-24T17:00:00</from><until>2004-12-24T19:00:00</until></validity>"
        ),
        rule('<identity><one id="tel:+1-212-555-1234"/><x:foo xmlns:x="urn:x"/></identity>'),
        rule("<ocp:anonymous-request/>"),
        # kamailio's and others' drafts: no schema allows it, and no MUST forbids it
        rule("<identity><id>sip:a@b</id></identity>"),
    ],
)
def test_client_is_not_blamed_for_its_rules(content: str) -> None:
    assert blamed(rules(content)) == []


NEW = f"{LISTS}/~~/resource-lists/list%5B@name=%22z%22%5D"
NEW_ENTRY = f"{NEW}/entry%5B@uri=%22sip:b@c%22%5D"


@pytest.mark.parametrize(
    "steps",
    [
        # a prefix that only an element between root and parent declares
        [
            *rules('<rule id="a"><conditions/><actions xmlns:zz="urn:x"/></rule>'),
            *put(f"{RULES}/~~/ruleset/rule/actions/zz:a?xmlns(zz=urn:x)", ELEMENT_TYPE, b"<zz:a/>"),
        ],
        # a prefix that an element put in between declares
        [
            *put(LISTS, LISTS_TYPE, lists()),
            *put(NEW, ELEMENT_TYPE, b'<list name="z" xmlns:q="urn:q"/>'),
            *put(NEW_ENTRY, ELEMENT_TYPE, b'<entry uri="sip:b@c"><q:x/></entry>'),
        ],
        put(
            f"{PERMANENT}/~~/presence/tuple/status/x:e?xmlns(x=urn:x)",
            ELEMENT_TYPE,
            b'<x:e xmlns:x="urn:x" xmlns:i="urn:ietf:params:xml:ns:pidf" i:mustUnderstand="1"/>',
        ),
        put(
            f"{PERMANENT}/~~/presence/tuple%5B1%5D/status/basic",
            ELEMENT_TYPE,
            b"<basic>open</basic>",
        ),
    ],
)
def test_client_puts_elements_into_documents_of_its_own(steps: list[Step]) -> None:
    assert blamed(steps) == []


def test_declaration_before_an_element_is_a_fault() -> None:
    steps = put(NEW, ELEMENT_TYPE, DECLARATION.encode() + b'<list name="z"/>')

    assert blamed(steps) == ["XML-FORM-3"]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_document_put_in_another_encoding_is_a_fault(encoding: str) -> None:
    document = pidf("<note>é</note>").decode().replace("UTF-8", encoding).encode(encoding)

    assert blamed(put(PERMANENT, "application/pidf+xml", document)) == ["XML-UTF8-3"]
    assert blamed(published(document)) == []
