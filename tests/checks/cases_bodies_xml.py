"""Cases of the checks of every XML body: XML."""

from __future__ import annotations

from tests.checks.bodies import (
    CONTENT,
    DECLARATION,
    DIRECTORY,
    PERMANENT,
    RULES,
    a_tuple,
    got,
    http,
    in_person,
    in_tuple,
    listed,
    pidf,
    published,
    put,
    related,
    reply,
    rlmi,
    rule,
    rules,
    watched,
    watcher,
    winfo,
)
from tests.checks.conversation import Case, Step
from tests.checks.http_conversation import (
    ELEMENT_TYPE,
    ENTRY,
    ENTRY_BODY,
    LISTS,
    LISTS_TYPE,
    RLS,
    RLS_TYPE,
    lists,
    rls,
    services,
)

PIDF_TYPE = "application/pidf+xml"
CAPS = "/xcap-caps/global/index"
LATIN = "é".encode("latin-1")
ERROR = '<xcap-error xmlns="urn:ietf:params:xml:ns:xcap-error">{}</xcap-error>'
CAPABILITIES = (
    '<xcap-caps xmlns="urn:ietf:params:xml:ns:xcap-caps"><auids>{}</auids><namespaces/></xcap-caps>'
)
FOLDERS = '<xcap-directory xmlns="urn:oma:xml:xdm:xcap-directory">{}</xcap-directory>'
ICON = (
    '<content xmlns="urn:oma:xml:prs:pres-content"><mime-type>{}</mime-type>'
    "<encoding>base64</encoding>{}</content>"
)
REGINFO = (
    DECLARATION + '<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="{}">{}'
    "</reginfo>"
)
GEOPRIV = "<gp:geopriv>{}</gp:geopriv>"
PLACED = GEOPRIV.format("<gp:location-info>{}</gp:location-info><gp:usage-rules/>")
CIRCLE = (
    '<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326" xmlns:gs="http://www.opengis.net/pidflo/1.0" '
    'xmlns:gml="http://www.opengis.net/gml"><gml:pos>42.5 -73.2</gml:pos>'
    '<gs:radius uom="urn:ogc:def:uom:EPSG::9001">{}</gs:radius></gs:Circle>'
)
CIVIC = (
    '<civicAddress xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr">'
    "<country>{}</country></civicAddress>"
)
CAFE = '<r:place-type><cafe xmlns="urn:ietf:params:xml:ns:location-type">{}</cafe></r:place-type>'
PROFILE = '<user-profiles xmlns="urn:oma:xml:xdm:user-profile"><user-profile {}/></user-profiles>'
PLACE_OF_RCS = (
    '<rcsenvelope xmlns="urn:gsma:params:xml:ns:rcs:rcs:geolocation" entity="tel:+1">'
    '<rcspushlocation {}><geopriv xmlns="urn:ietf:params:xml:ns:pidf:geopriv10">'
    "<location-info/><usage-rules/></geopriv><timestamp>2014-06-19T06:40:16Z</timestamp>"
    "</rcspushlocation></rcsenvelope>"
)
FILE_OF_RCS = (
    '<file xmlns="urn:gsma:params:xml:ns:rcs:rcs:fthttp"><file-info type="file">'
    "<file-size>{}</file-size><content-type>image/png</content-type>"
    '<data url="https://a/b" until="2014-06-19T06:40:16Z"/></file-info></file>'
)
OTHER = b"<other/>"


def reginfo(state: str = "full", content: str = "") -> list[Step]:
    body = REGINFO.format(state, content)
    return registered(body.encode("latin-1"))


def registered(body: bytes) -> list[Step]:
    from tests.checks.bodies import notification, subscription

    kind = "application/reginfo+xml"
    return [*subscription("reg", kind), *notification(body, kind, event="reg")]


def content(data: str, kind: str = "image/jpeg") -> list[Step]:
    return put(CONTENT, "application/vnd.oma.pres-content+xml", ICON.format(kind, data).encode())


def directory(body: str) -> list[Step]:
    return got(DIRECTORY, "application/vnd.oma.xcap-directory+xml", body.encode())


def refused(body: str) -> list[Step]:
    return [
        http("PUT", LISTS, lists()),
        reply(409, body.encode(), Content_Type="application/xcap-error+xml"),
    ]


def partial(content: str = "", root: str = "pidf-diff") -> list[Step]:
    from tests.checks.bodies import notification, subscription

    body = f'{DECLARATION}<{root} xmlns="urn:ietf:params:xml:ns:pidf-diff">{content}</{root}>'
    kind = "application/pidf-diff+xml"
    return [*subscription(accept=f"{PIDF_TYPE}, {kind}"), *notification(body.encode(), kind)]


def changed(content: str = "", root: str = "xcap-diff") -> list[Step]:
    from tests.checks.bodies import notification, subscription

    start = f'<{root} xmlns="urn:ietf:params:xml:ns:xcap-diff" xcap-root="http://a/">'
    body = f"{DECLARATION}{start}{content}</{root}>".encode("latin-1")
    kind = "application/xcap-diff+xml"
    return [*subscription("xcap-diff", kind), *notification(body, kind, event="xcap-diff")]


def profiled(body: str) -> list[Step]:
    target = "/org.openmobilealliance.user-profile/users/sip:alice@example.com/user-profile"
    return got(target, "application/vnd.oma.user-profile+xml", body.encode())


def sent(body: str, kind: str) -> list[Step]:
    """A body of RCS, put where HTTP takes it: none of the flow's requests carries one."""
    return got("/", f"application/vnd.gsma.{kind}+xml", body.encode())


def capabilities(body: str) -> list[Step]:
    return got(CAPS, "application/xcap-caps+xml", body.encode())


def typed(value: str) -> list[Step]:
    return published(pidf(), Content_Type=value)


CASES = [
    Case("XML-FORM-1", published(), published(pidf()[:-4])),
    Case(
        "XML-FORM-2",
        put(ENTRY, ELEMENT_TYPE, ENTRY_BODY),
        put(ENTRY, ELEMENT_TYPE, ENTRY_BODY + ENTRY_BODY),
    ),
    Case(
        "XML-FORM-3",
        put(ENTRY, ELEMENT_TYPE, ENTRY_BODY),
        put(ENTRY, ELEMENT_TYPE, b'<?xml version="1.0"?>' + ENTRY_BODY),
    ),
    Case(
        "XML-FORM-4",
        [http("PUT"), reply(401), *put(LISTS, LISTS_TYPE, lists())],
        [http("PUT", Authorization="Basic YTpi"), reply(409)],
    ),
    Case(
        "XML-BOUNDS-1",
        published(),
        published(pidf("<note>" * 101 + "</note>" * 101)),
    ),
    Case(
        "XML-DOCTYPE-1",
        published(),
        published(pidf(declaration=f"{DECLARATION}<!DOCTYPE presence>")),
    ),
    Case(
        "XML-ENCODING-1",
        published(pidf("<note>é</note>")),
        published(pidf("<note>?</note>").replace(b"?<", LATIN + b"<")),
    ),
    Case(
        "XML-CHARSET-1",
        typed('application/pidf+xml; charset="utf-8"'),
        typed("application/pidf+xml;charset=iso-8859-1"),
    ),
    Case(
        "XML-CHARSET-2",
        published(pidf("<note>é</note>"), Content_Type="application/pidf+xml;charset=utf-8"),
        published(pidf("<note>é</note>"), Content_Type="application/pidf+xml;charset=us-ascii"),
    ),
    Case(
        "XML-UTF8-1",
        put(LISTS, LISTS_TYPE, lists('<list name="é"/>')),
        put(LISTS, LISTS_TYPE, lists('<list name="x"/>').replace(b'"x"', b'"' + LATIN + b'"')),
    ),
    Case(
        "XML-UTF8-2",
        watched(winfo(watcher())),
        watched(winfo(watcher()).replace(b"<watcher ", b'<watcher display-name="\xe9" ')),
    ),
    Case(
        "XML-UTF8-3",
        put(PERMANENT, PIDF_TYPE, pidf("<note>é</note>")),
        put(PERMANENT, PIDF_TYPE, pidf("<note>?</note>").replace(b"?<", LATIN + b"<")),
    ),
    Case("XML-UTF8-4", reginfo(), reginfo(content="<!-- é -->")),
    Case(
        "XML-UNKNOWN-1",
        published(a_tuple()),
        in_tuple('<a xmlns="urn:example:a"/>'),
    ),
    Case("XML-ID-1", published(a_tuple("t1")), published(a_tuple("1"))),
    Case(
        "XML-CONTENT-1",
        content("<data>aGVs\nbG8=</data>"),
        content("<data>hello!</data>"),
        "documented",
    ),
    Case(
        "XML-CONTENT-2",
        content("<data>aGVsbG8=</data>"),
        content("<data>aGVsbG8=</data>", "jpeg"),
        "documented",
    ),
    Case("XML-ROOT-PIDF-1", published(), published(OTHER)),
    Case("XML-ROOT-WINFO-1", watched(winfo()), watched(OTHER)),
    Case("XML-ROOT-RLMI-1", listed(related(rlmi())), listed(related(OTHER))),
    Case("XML-ROOT-REGINFO-1", reginfo(), registered(OTHER)),
    Case("XML-ROOT-LISTS-1", put(LISTS, LISTS_TYPE, lists()), put(LISTS, LISTS_TYPE, OTHER)),
    Case("XML-ROOT-RLS-1", put(RLS, RLS_TYPE, rls(services())), put(RLS, RLS_TYPE, OTHER)),
    Case("XML-ROOT-RULES-1", rules(), put(RULES, "application/auth-policy+xml", OTHER)),
    Case("XML-ROOT-XCAPERROR-1", refused(ERROR.format("<not-utf-8/>")), refused("<other/>")),
    Case(
        "XML-ROOT-XCAPCAPS-1",
        capabilities(CAPABILITIES.format("<auid>pres-rules</auid>")),
        capabilities("<other/>"),
    ),
    Case("XML-ROOT-OMAXDM-1", directory(FOLDERS.format("")), directory("<other/>"), "documented"),
    Case(
        "XML-ROOT-OMACONTENT-1",
        content("<data>aGVsbG8=</data>"),
        put(CONTENT, "application/vnd.oma.pres-content+xml", OTHER),
        "documented",
    ),
    Case(
        "XML-SCHEMA-PIDF-1",
        published(a_tuple()),
        published(a_tuple(basic="ajar")),
    ),
    Case(
        "XML-SCHEMA-PIDF-2",
        published(a_tuple(), Content_Language="en"),
        published(pidf(a_tuple(), namespaces='version="1"')),
    ),
    Case(
        "XML-SCHEMA-MODEL-1",
        published('<dm:device id="d"><dm:deviceID>urn:x:y</dm:deviceID></dm:device>'),
        published('<dm:device id="d"><dm:note>x</dm:note></dm:device>'),
    ),
    Case(
        "XML-SCHEMA-RPID-1",
        in_person("<r:activities><r:away/><r:meeting/></r:activities>"),
        in_person("<r:activities><r:snoring/></r:activities>"),
    ),
    Case(
        "XML-SCHEMA-TIMED-1",
        in_tuple('<ts:timed-status from="2014-06-20T00:00:00Z"/>'),
        in_tuple("<ts:timed-status/>"),
    ),
    Case(
        "XML-SCHEMA-CIPID-1",
        in_person("<ci:display-name>Alice</ci:display-name>"),
        in_person("<ci:display-name><b/></ci:display-name>"),
    ),
    Case(
        "XML-SCHEMA-CAPS-1",
        in_tuple("<caps:servcaps><caps:audio>true</caps:audio></caps:servcaps>"),
        in_tuple("<caps:servcaps><caps:audio>loud</caps:audio></caps:servcaps>"),
    ),
    Case(
        "XML-SCHEMA-GEOPRIV-1",
        in_person(GEOPRIV.format("<gp:location-info/><gp:usage-rules/>")),
        in_person(GEOPRIV.format("<gp:usage-rules/><gp:location-info/>")),
    ),
    Case("XML-SCHEMA-WINFO-1", watched(winfo(watcher())), watched(winfo(watcher(status="asleep")))),
    Case("XML-SCHEMA-REGINFO-1", reginfo(), reginfo("whole")),
    Case("XML-SCHEMA-RLMI-1", listed(related(rlmi())), listed(related(rlmi(full="maybe")))),
    Case(
        "XML-SCHEMA-LISTS-1",
        put(LISTS, LISTS_TYPE, lists()),
        put(ENTRY, ELEMENT_TYPE, b"<entry/>"),
    ),
    Case(
        "XML-SCHEMA-RLS-1",
        put(RLS, RLS_TYPE, rls(services())),
        put(RLS, RLS_TYPE, rls(services().replace("</resource-list>", "</resource-list><event/>"))),
    ),
    Case("XML-SCHEMA-POLICY-1", rules(rule()), rules("<rule/>")),
    Case(
        "XML-SCHEMA-RULES-1",
        rules(rule(actions="<pr:sub-handling>polite-block</pr:sub-handling>")),
        rules(rule(actions="<pr:sub-handling>maybe</pr:sub-handling>")),
    ),
    Case(
        "XML-SCHEMA-XCAPCAPS-1",
        capabilities(CAPABILITIES.format("<auid>pres-rules</auid>")),
        capabilities(CAPABILITIES.format("<usage/>")),
    ),
    Case(
        "XML-SCHEMA-XCAPERROR-1",
        refused(ERROR.format('<no-parent phrase="x"/>')),
        refused(ERROR.format("<bad-luck/>")),
    ),
    Case(
        "XML-SCHEMA-OMAPRES-1",
        in_tuple("<op:willingness><op:basic>open</op:basic></op:willingness>"),
        in_tuple("<op:willingness><op:basic>yes</op:basic></op:willingness>"),
        "documented",
    ),
    Case(
        "XML-SCHEMA-OMARULES-1",
        rules(
            rule(conditions='<ocp:external-list><ocp:entry anc="http://a"/></ocp:external-list>')
        ),
        rules(rule(conditions="<ocp:external-list><ocp:list/></ocp:external-list>")),
        "documented",
    ),
    Case(
        "XML-SCHEMA-OMAXDM-1",
        directory(FOLDERS.format('<folder auid="rls-services"/>')),
        directory(FOLDERS.format("<file/>")),
        "documented",
    ),
    Case(
        "XML-SCHEMA-OMACONTENT-1",
        content("<data>aGVsbG8=</data>"),
        content("<picture/>"),
        "documented",
    ),
    Case("XML-UTF8-5", changed(), changed("<!-- é -->")),
    Case("XML-ROOT-PIDFDIFF-1", partial(), partial(root="presence")),
    Case("XML-ROOT-XCAPDIFF-1", changed(), changed(root="diff")),
    Case(
        "XML-ROOT-OMAPROFILE-1",
        profiled(PROFILE.format('uri="sip:a@b"')),
        profiled("<other/>"),
        "documented",
    ),
    Case(
        "XML-ROOT-RCSPLACE-1",
        sent(PLACE_OF_RCS.format('id="1"'), "rcspushlocation"),
        sent("<other/>", "rcspushlocation"),
        "documented",
    ),
    Case(
        "XML-ROOT-RCSFILE-1",
        sent(FILE_OF_RCS.format("1"), "rcs-ft-http"),
        sent("<other/>", "rcs-ft-http"),
        "documented",
    ),
    Case(
        "XML-SCHEMA-SHAPES-1",
        in_person(PLACED.format(CIRCLE.format("10"))),
        in_person(PLACED.format(CIRCLE.format("ten"))),
    ),
    Case(
        "XML-SCHEMA-CIVIC-1",
        in_person(PLACED.format(CIVIC.format("FR"))),
        in_person(PLACED.format(CIVIC.format("France"))),
    ),
    Case("XML-SCHEMA-PLACE-1", in_person(CAFE.format("")), in_person(CAFE.format("Central"))),
    Case("XML-SCHEMA-PIDFDIFF-1", partial('<remove sel="a/b"/>'), partial('<remove sel="a//b"/>')),
    Case("XML-SCHEMA-XCAPDIFF-1", changed('<document sel="a"/>'), changed("<document/>")),
    Case(
        "XML-SCHEMA-OMAPROFILE-1",
        profiled(PROFILE.format('uri="sip:a@b"')),
        profiled(PROFILE.format("")),
        "documented",
    ),
    Case(
        "XML-SCHEMA-RCSPLACE-1",
        sent(PLACE_OF_RCS.format('id="1"'), "rcspushlocation"),
        sent(PLACE_OF_RCS.format(""), "rcspushlocation"),
        "documented",
    ),
    Case(
        "XML-SCHEMA-RCSFILE-1",
        sent(FILE_OF_RCS.format("1"), "rcs-ft-http"),
        sent(FILE_OF_RCS.format("1 kB"), "rcs-ft-http"),
        "documented",
    ),
]
