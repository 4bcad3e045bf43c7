"""Right bodies of clients that write them in their own way are never found at fault."""

from __future__ import annotations

import codecs
import gzip

import pytest

from tests.body.corpus import CASES as CORPUS
from tests.checks.bodies import (
    BOB,
    DECLARATION,
    LISTED,
    LISTS,
    NAMESPACES,
    PERMANENT,
    RULES,
    a_tuple,
    got,
    instance,
    listed,
    modified,
    notification,
    part,
    pidf,
    published,
    put,
    resource,
    rlmi,
    watched,
    watcher,
    winfo,
)
from tests.checks.conversation import Step, answer, judge, net, request, ue
from tests.checks.http_conversation import (
    ELEMENT_TYPE,
    ENTRY,
    LIST_SELECTOR,
    LISTS_TYPE,
    RLS,
    RLS_TYPE,
)

PIDF_TYPE = "application/pidf+xml"
RULES_TYPE = "application/auth-policy+xml"

PREFIXED = DECLARATION + (
    '<p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" entity="pres:alice@example.com">\n'
    "  <!-- one tuple --><p:tuple id='_1.a'><p:status>\n<p:basic>open</p:basic></p:status>"
    "<p:contact priority='1.000'> sip:alice@[2001:db8::1]:5070;transport=tcp </p:contact>"
    "<p:note><![CDATA[Tom & <Jerry>]]></p:note>"
    "<p:timestamp>\n2014-06-19T06:30:45.1234567+09:00 </p:timestamp></p:tuple></p:presence>\n"
)
SOFTPHONE = DECLARATION + (
    '<presence xmlns="urn:ietf:params:xml:ns:pidf" '
    'xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" '
    'xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="sip:alice@example.com">'
    '<tuple id="pj0d1e"><status><basic>open</basic></status>'
    "<contact>sip:alice@example.com</contact><note>On the phone</note>"
    "<timestamp>2014-06-19T06:30:45.000Z</timestamp></tuple>"
    '<dm:person id="pj9c"><rpid:activities><rpid:on-the-phone/><rpid:meal/></rpid:activities>'
    "<rpid:mood><rpid:happy/></rpid:mood><rpid:sphere><rpid:work/></rpid:sphere>"
    "<dm:note>On the phone</dm:note></dm:person></presence>"
)
EXTENDED = pidf(
    a_tuple(
        more='<x:voice xmlns:x="http://phone.example.com/ns" x:on="1"><x:a/></x:voice>'
        "<dm:deviceID>urn:uuid:48662e19-5fbf-43fc-a2fd-d23002787599</dm:deviceID>"
        "<r:class>work</r:class><r:privacy><r:audio/></r:privacy>"
        '<r:user-input idle-threshold="600" last-input="2014-06-19T06:20:00Z">idle</r:user-input>'
    )
    + '<note xml:lang="ja">在席</note>'
    + '<dm:device id="d1"><r:user-input>active</r:user-input>'
    "<dm:deviceID>urn:uuid:48662e19-5fbf-43fc-a2fd-d23002787599</dm:deviceID></dm:device>"
    + '<x:more xmlns:x="urn:example:more">text</x:more>'
)
LOCATED = pidf(
    '<tuple id="l"><status><gp:geopriv><gp:location-info>'
    '<gml:Point xmlns:gml="http://www.opengis.net/gml" srsName="urn:ogc:def:crs:EPSG::4326">'
    "<gml:pos>-43.59 172.68</gml:pos></gml:Point></gp:location-info>"
    "<gp:usage-rules/></gp:geopriv></status><timestamp>2014-06-19T06:30:45Z</timestamp></tuple>"
)
NUMBER = pidf(a_tuple(), entity="tel:+49-30-123456")


def as_utf_16(document: bytes) -> bytes:
    text = document.decode().replace("UTF-8", "UTF-16")
    return codecs.BOM_UTF16_BE + text.encode("utf-16-be")


PUBLICATIONS = {
    "other-prefixes": published(PREFIXED.encode()),
    "softphone": published(SOFTPHONE.encode()),
    "softphone-with-crlf": published(SOFTPHONE.replace(">", ">\r\n  ", 1).encode() + b"\r\n"),
    "unknown-extensions": published(EXTENDED),
    "location": published(LOCATED),
    "empty-document": published(pidf()),
    "byte-order-mark": published(codecs.BOM_UTF8 + pidf(a_tuple())),
    "utf-16": published(as_utf_16(pidf(a_tuple()))),
    "latin-1-declared": published(
        pidf("<note>é</note>", declaration="<?xml version='1.0' encoding='ISO-8859-1'?>")
        .decode()
        .encode("latin-1")
    ),
    "latin-1-by-charset": published(
        pidf("<note>é</note>", declaration="<?xml version='1.0'?>").decode().encode("latin-1"),
        Content_Type="application/pidf+xml; charset=ISO-8859-1",
    ),
    "charset-in-quotes": published(
        pidf(), Content_Type='application/pidf+xml ; charset="UTF-8"; profile=x'
    ),
    "upper-case-type": published(pidf(), Content_Type="Application/PIDF+XML"),
    "standalone": published(
        pidf(declaration='<?xml version="1.0" encoding="utf-8" standalone="yes" ?>\n<!-- a -->')
    ),
    "compressed": published(gzip.compress(pidf(a_tuple())), Content_Encoding="gzip"),
    "other-content": published(b"\x89PNG", Content_Type="image/png"),
    "entity-of-the-im-kind": published(pidf(entity="im:alice@EXAMPLE.com")),
    "ids-like-words": published(a_tuple("sg89ae") + a_tuple("Täg_1") + a_tuple("a.b-c")),
    "modified": modified(a_tuple("a") + a_tuple("b"), a_tuple("b") + a_tuple("c")),
    "leap-second": published(a_tuple(time="2016-12-31T23:59:60Z")),
    "two-persons": published('<dm:person id="a"/><dm:person id="b"/>'),
}
DOCUMENTS = {
    "lists-of-another-client": put(
        LISTS,
        LISTS_TYPE,
        b'<?xml version="1.0"?><rl:resource-lists xmlns:rl="urn:ietf:params:xml:ns:resource-lists"'
        b' xmlns:x="urn:x"><rl:list name="a" x:b="c"><rl:display-name xml:lang="de">F</'
        b'rl:display-name><rl:entry uri="sip:b@c;user=phone"><rl:display-name/></rl:entry>'
        b'<rl:list name="a"/><x:more/></rl:list></rl:resource-lists>',
    ),
    "element-with-a-prefix-of-the-document": [
        *put(
            LISTS,
            LISTS_TYPE,
            b'<rl:resource-lists xmlns:rl="urn:ietf:params:xml:ns:resource-lists">'
            b'<rl:list name="rcs"/></rl:resource-lists>',
        ),
        *put(ENTRY, ELEMENT_TYPE, b'<rl:entry uri="sip:bob@example.com"/>'),
    ],
    "element-with-a-prefix-of-a-document-not-seen": put(
        ENTRY, ELEMENT_TYPE, b'<rl:entry uri="sip:bob@example.com"/>'
    ),
    "element-with-its-own-namespace": put(
        ENTRY,
        ELEMENT_TYPE,
        b'\n<entry xmlns="urn:ietf:params:xml:ns:resource-lists" uri="sip:bob@example.com"/>\n',
    ),
    "element-fetched": got(
        LISTS + LIST_SELECTOR,
        ELEMENT_TYPE,
        b'<list name="rcs"><display-name>B</display-name></list>',
    ),
    "service-with-its-own-list": put(
        RLS,
        RLS_TYPE,
        b'<rls-services xmlns="urn:ietf:params:xml:ns:rls-services" '
        b'xmlns:rl="urn:ietf:params:xml:ns:resource-lists"><service uri="sip:l@example.com">'
        b'<list><rl:entry uri="sip:b@c"/></list></service></rls-services>',
    ),
    "rules-without-conditions": put(
        RULES,
        RULES_TYPE,
        b'<ruleset xmlns="urn:ietf:params:xml:ns:common-policy"><rule id="a"/></ruleset>',
    ),
    "rule-alone": put(
        f"{RULES}/~~/ruleset/rule%5B@id=%22a%22%5D",
        ELEMENT_TYPE,
        b'<r:rule xmlns:r="urn:ietf:params:xml:ns:common-policy" id="a"><r:conditions/></r:rule>',
    ),
    "permanent-presence": put(
        PERMANENT,
        PIDF_TYPE,
        pidf(
            '<dm:person id="p1"><op:overriding-willingness><op:basic>open</op:basic>'
            "</op:overriding-willingness><ci:homepage/><dm:note/></dm:person>"
        ),
    ),
}
NOTIFICATIONS = {
    "watchers": watched(
        winfo(watcher("1", "pending", "subscribe") + watcher("2", uri="\n tel:+4930123456 \n")),
        winfo(watcher("1", "terminated", "rejected"), 1, "partial"),
    ),
    "list-and-partial-list": listed(
        LISTED,
        part(rlmi(resource(), 1, "false"), "application/rlmi+xml", "<root@a>") + b"--x--",
    ),
    "nested-list": listed(
        part(rlmi(resource(instance())), "application/rlmi+xml; charset=UTF-8", "<root@a>")
        + part(
            LISTED.replace(b"--x", b"--y"),
            'multipart/related;type="application/rlmi+xml";boundary="y"',
        )
        + b"--x--\r\nan epilogue"
    ),
    "plain-document": [
        *notification(BOB, PIDF_TYPE),
    ],
}


def faults(steps: list[Step], profile: str = "documented") -> list[str]:
    return [
        f"{finding.check}: {finding.where}: {finding.observed}"
        for each in judge(steps, profile).judged
        for finding in each.findings
        if finding.level == "must" and finding.check.partition("-")[0] in AREAS
    ]


AREAS = ("XML", "MIME", "PIDF", "WINFO", "RLMI", "LIST", "RLS", "RULES")
ALL = {**PUBLICATIONS, **DOCUMENTS, **NOTIFICATIONS}


@pytest.mark.parametrize("name", ALL)
def test_judge_finds_no_fault_in_a_right_body(name: str) -> None:
    assert faults(ALL[name]) == []


def test_publication_of_a_registered_alias_is_the_publishers() -> None:
    register = request("REGISTER")
    aliases = {"P-Associated-URI": "<sip:alice@example.com>, <tel:+4930123456>"}

    assert faults([ue(register), net(answer(register, fields=aliases)), *published(NUMBER)]) == []


ROOTS = {
    "presence": lambda document: published(DECLARATION.encode() + document),
    "watcherinfo": watched,
    "resource-lists": lambda document: put(LISTS, LISTS_TYPE, document),
    "rls-services": lambda document: put(RLS, RLS_TYPE, document),
    "ruleset": lambda document: put(RULES, RULES_TYPE, document),
}
VALID = [case for case in CORPUS if case.valid and case.root in ROOTS and case.content[:2] != "<?"]
# Said by the text of the specifications, not by their schemas.
BY_TEXT = {"PIDF-ENTITY-1", "PIDF-STATUS-1", "PIDF-TIME-1", "PIDF-UNDERSTAND-1"}


@pytest.mark.parametrize("case", VALID, ids=lambda case: f"{case.root}: {case.name}")
def test_judge_finds_no_fault_in_a_document_that_its_schema_allows(case) -> None:
    found = faults(ROOTS[case.root](case.document))

    assert [each for each in found if each.partition(":")[0] not in BY_TEXT] == []


def test_namespaces_that_nothing_uses_are_no_fault() -> None:
    document = pidf(a_tuple(), namespaces=f'{NAMESPACES} xmlns:gml="urn:opengis:x"')

    assert judge(published(document)).of("XML-UNKNOWN-1") == []
