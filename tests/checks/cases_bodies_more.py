"""Cases of the checks of filters, policies and what is added to locations and lists."""

from __future__ import annotations

from tests.checks.bodies import (
    DECLARATION,
    got,
    in_person,
    in_tuple,
    notification,
    rule,
    rules,
    subscription,
    watched,
    winfo,
)
from tests.checks.conversation import Case, Step, answer, net, request, ue

PLACED = "<gp:geopriv><gp:location-info>{}</gp:location-info><gp:usage-rules/></gp:geopriv>"
GEOPRIV = "urn:ietf:params:xml:ns:pidf:geopriv10"
CIVIC = '<civicAddress xmlns="{}:civicAddr">{}</civicAddress>'
OLD_CIVIC = '<civicAddress xmlns="{}:civicLoc">{}</civicAddress>'
DYNAMIC = '<Dynamic xmlns="{}:dynamic">{}</Dynamic>'
CONFIDENCE = '<confidence xmlns="urn:ietf:params:xml:ns:geopriv:conf">{}</confidence>'
PAL = '<opt-in-source xmlns="urn:oma:xml:prs:pal:base-policy-type:1.0">{}</opt-in-source>'
PUB = '<pub-handling xmlns="urn:oma:xml:prs:pub-rules">{}</pub-handling>'
LOCATION_RULES = "urn:ietf:params:xml:ns:geolocation-policy"


def placed(content: str) -> list[Step]:
    """A PUBLISH with a location."""
    return in_person(PLACED.format(content))


def civic(old: bool, content: str) -> list[Step]:
    """A PUBLISH with a civic address."""
    return placed((OLD_CIVIC if old else CIVIC).format(GEOPRIV, content))


def filtered(content: str, root: str = "filter-set", declaration: str = DECLARATION) -> list[Step]:
    """A SUBSCRIBE with a filter."""
    body = f'{declaration}<{root} xmlns="urn:ietf:params:xml:ns:simple-filter">{content}</{root}>'
    fields = {"Content-Type": "application/simple-filter+xml"}
    return [ue(request("SUBSCRIBE", body=body.encode("latin-1"), fields=fields))]


def suppressed(content: str, root: str = "suppnot-filter-set") -> list[Step]:
    """A filter of OMA."""
    body = f'<{root} xmlns="urn:oma:xml:prs:suppnot-filter">{content}</{root}>'
    return got("/", "application/vnd.oma.suppnot+xml", body.encode())


def failed(content: str, root: str = "patch-ops-error") -> list[Step]:
    """A body that tells why changes could not be made."""
    body = f'<{root} xmlns="urn:ietf:params:xml:ns:patch-ops-error">{content}</{root}>'
    return got("/", "application/patch-ops-error+xml", body.encode())


def registered(*contents: str, **versions: str) -> list[Step]:
    """A subscription to registrations, with these documents, one a NOTIFY."""
    kind = "application/reginfo+xml"
    steps = subscription("reg", kind)
    for number, content in enumerate(contents):
        version = versions.get(f"v{number}", str(number))
        state = versions.get("state", "full")
        body = (
            f'{DECLARATION}<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" {GRUU} '
            f'version="{version}" state="{state}">{content}</reginfo>'
        )
        steps += notification(body.encode(), kind, cseq=number + 1, event="reg")
    return steps


def registration(
    content: str = "", name: str = "r", aor: str = "sip:alice@example.com", state: str = "active"
) -> str:
    return f'<registration aor="{aor}" id="{name}" state="{state}">{content}</registration>'


def contact(
    name: str = "c",
    state: str = "active",
    event: str = "registered",
    more: str = "",
    uri: str = "sip:a@10.0.0.1",
    after: str = "",
) -> str:
    return (
        f'<contact id="{name}" state="{state}" event="{event}" {more}><uri>{uri}</uri>{after}'
        "</contact>"
    )


def partial(*contents: str, **attributes: str) -> list[Step]:
    """A subscription to partial presence: each content is that of a pidf-diff, "" a pidf-full."""
    kind = "application/pidf-diff+xml"
    steps = subscription(accept=f"application/pidf+xml, {kind}")
    for number, content in enumerate(contents, start=1):
        version = attributes.get(f"v{number}", f'version="{number}"')
        body = document(content, version, is_full=not content)
        steps += notification(body, kind, cseq=number)
    return steps


def handled(name: str, handling: str, conditions: str = "") -> str:
    """A rule of OMA."""
    contacts = name.removeprefix("wp_prs_").removesuffix("contacts")
    anchor = f"http://a/resource-lists/users/sip:a@b/index/~~/a#{contacts}"
    listed = f'<ocp:external-list><ocp:entry anc="{anchor}"/></ocp:external-list>'
    return rule(conditions or listed, f"<pr:sub-handling>{handling}</pr:sub-handling>", name=name)


def placed_where(content: str) -> str:
    return f'<location-condition xmlns="{LOCATION_RULES}">{content}</location-condition>'


def document(content: str, attributes: str, *, is_full: bool) -> bytes:
    root = "d:pidf-full" if is_full else "d:pidf-diff"
    return (
        f'{DECLARATION}<{root} xmlns:d="urn:ietf:params:xml:ns:pidf-diff" '
        f'xmlns="urn:ietf:params:xml:ns:pidf" {attributes}'
        + (' entity="sip:alice@example.com"' if "entity" not in attributes else "")
        + f">{content or TUPLE}</{root}>"
    ).encode()


def changed(content: str, attributes: str = "") -> list[Step]:
    """A full publication and its partial modification."""
    kind = {"Content-Type": "application/pidf-diff+xml"}
    initial = request("PUBLISH", body=document("", "", is_full=True), fields=kind)
    later = request(
        "PUBLISH",
        cseq=2,
        body=document(content, attributes, is_full=False),
        fields={**kind, "SIP-If-Match": "etag-1"},
    )
    return [ue(initial), net(answer(initial)), ue(later), net(answer(later))]


def changed_without_entity() -> list[Step]:
    """A partial modification that names nobody."""
    steps = changed(CLOSED)
    bare = steps[2].raw.replace(b' entity="sip:alice@example.com"', b"")
    cut = len(steps[2].raw) - len(bare)
    head, _, body = bare.partition(b"\r\n\r\n")
    old = f"Content-Length: {len(body) + cut}".encode()
    assert old in head
    steps[2] = ue(head.replace(old, f"Content-Length: {len(body)}".encode()) + b"\r\n\r\n" + body)
    return steps


def first(is_full: bool) -> list[Step]:
    """An initial partial publication."""
    kind = {"Content-Type": "application/pidf-diff+xml"}
    body = document("" if is_full else CLOSED, "", is_full=is_full)
    return [ue(request("PUBLISH", body=body, fields=kind))]


def documents(content: str) -> list[Step]:
    """Changes to XCAP documents."""
    body = (
        f'{DECLARATION}<xcap-diff xmlns="urn:ietf:params:xml:ns:xcap-diff" xcap-root="http://a/">'
        f"{content}</xcap-diff>"
    ).encode()
    kind = "application/xcap-diff+xml"
    return [*subscription("xcap-diff", kind), *notification(body, kind, event="xcap-diff")]


THREE = (
    handled("wp_prs_grantedcontacts", "allow")
    + handled("wp_prs_blockedcontacts", "block")
    + handled("wp_prs_unlisted", "confirm", "<ocp:other-identity/>")
)
SERVICE = (
    "<op:service-description><op:service-id>{}</op:service-id><op:version>1.0</op:version>"
    "</op:service-description>"
)
ICON = (
    '<r:status-icon xmlns:opd="urn:oma:xml:pde:pidf:ext" opd:contenttype="{}">http://a'
    "</r:status-icon>"
)
WILLING = "<op:willingness {}><op:basic>open</op:basic></op:willingness>"
ADDED = '<d:add sel="presence"><tuple {}><status><basic>open</basic></status></tuple></d:add>'
HIDING = '<a xmlns="urn:example:a"><op:willingness><op:basic>{}</op:basic></op:willingness></a>'
TUPLE = '<tuple id="t1"><status><basic>open</basic></status></tuple>'
GRUU = 'xmlns:gr="urn:ietf:params:xml:ns:gruuinfo"'
PUBLIC = '<gr:pub-gruu uri="sip:a@b;gr=1"/>'
CLOSED = '<d:replace sel="presence/tuple/status/basic/text()">closed</d:replace>'
WHAT = '<filter id="f"><what><include>/a</include></what></filter>'

CASES = [
    Case("XML-ROOT-FILTER-1", filtered(WHAT), filtered(WHAT, root="filters")),
    Case("XML-SCHEMA-FILTER-1", filtered(WHAT), filtered("<filter/>")),
    Case("XML-ROOT-SUPPNOT-1", suppressed(""), suppressed("", "filters"), "documented"),
    Case("XML-SCHEMA-SUPPNOT-1", suppressed(""), suppressed("<filter/>"), "documented"),
    Case("XML-ROOT-PATCHERROR-1", failed(""), failed("", "error")),
    Case(
        "XML-SCHEMA-PATCHERROR-1",
        failed('<invalid-diff-format phrase="x"/>'),
        failed("<invalid-diff-format><a/></invalid-diff-format>"),
    ),
    Case(
        "XML-SCHEMA-CIVICEXT-1",
        civic(False, f'<PN xmlns="{GEOPRIV}:civicAddr:ext">1</PN>'),
        civic(False, f'<PN xmlns="{GEOPRIV}:civicAddr:ext"><a/></PN>'),
    ),
    Case(
        "XML-SCHEMA-DYNAMIC-1",
        placed(DYNAMIC.format(GEOPRIV, "<speed>1</speed>")),
        placed(DYNAMIC.format(GEOPRIV, "<speed>fast</speed>")),
    ),
    Case(
        "XML-SCHEMA-CONFIDENCE-1",
        placed(CONFIDENCE.format("67")),
        placed(CONFIDENCE.format("100")),
    ),
    Case(
        "XML-SCHEMA-CIVICLOC-1",
        civic(True, "<country>US</country>"),
        civic(True, "<RD>Broadway</RD>"),
    ),
    Case(
        "XML-SCHEMA-PROVIDER-1",
        in_tuple(f'<nena xmlns="{GEOPRIV}:dataProvider"/>'),
        in_tuple(f'<nena xmlns="{GEOPRIV}:dataProvider"><a/></nena>'),
    ),
    Case(
        "XML-SCHEMA-PAL-1",
        in_tuple(PAL.format("willing")),
        in_tuple(PAL.format("yes")),
        "documented",
    ),
    Case(
        "XML-SCHEMA-PUBRULES-1",
        rules(rule(actions=PUB.format("allow"))),
        rules(rule(actions=PUB.format("confirm"))),
        "documented",
    ),
    Case(
        "XML-SCHEMA-LOCATIONRULES-1",
        rules(rule(shown=f'<provide-location xmlns="{LOCATION_RULES}"/>')),
        rules(rule(shown=f'<provide-location xmlns="{LOCATION_RULES}">all</provide-location>')),
    ),
    Case("XML-UTF8-6", filtered(WHAT), filtered("<!-- é -->" + WHAT)),
    Case("SUB-FILTER-1", filtered(WHAT), filtered(WHAT * 2)),
    Case(
        "SUB-FILTER-2",
        filtered(WHAT.replace("id=", 'uri="sip:a@b" id=')),
        filtered(WHAT.replace("id=", 'uri="sip:a@b" domain="b" id=')),
    ),
    Case("SUB-FILTER-3", filtered('<filter id="f" enabled="0"/>'), filtered('<filter id="f"/>')),
    Case(
        "SUB-FILTER-4",
        filtered('<filter id="f"><trigger><added>/a</added></trigger></filter>'),
        filtered('<filter id="f"><trigger/></filter>'),
    ),
    Case(
        "NOT-REGINFO-1",
        registered(registration(), registration()),
        registered(registration(), registration(), v1="7"),
    ),
    Case("NOT-REGINFO-2", registered(registration()), registered(registration(), v0=str(2**32))),
    Case("NOT-REGINFO-3", registered(registration()), registered(registration(), state="partial")),
    Case(
        "NOT-REGINFO-4",
        registered(registration() + registration(name="s", aor="tel:+1")),
        registered(registration() + registration(name="s")),
    ),
    Case(
        "NOT-REGINFO-5",
        registered(registration() + registration(name="s", aor="tel:+1")),
        registered(registration() + registration(aor="tel:+1")),
    ),
    Case(
        "NOT-REGINFO-6",
        registered(registration(contact() + contact("d", uri="sip:b@10.0.0.1"))),
        registered(registration(contact() + contact("c", uri="sip:b@10.0.0.1"))),
    ),
    Case(
        "NOT-REGINFO-7",
        registered(registration(), registration()),
        registered(registration(), registration(name="s")),
    ),
    Case(
        "NOT-REGINFO-8",
        registered(registration(contact())),
        registered(registration(contact(event="expired"))),
    ),
    Case(
        "NOT-REGINFO-9",
        registered(registration(contact(event="shortened", more='expires="60"'))),
        registered(registration(contact(event="shortened"))),
    ),
    Case(
        "NOT-REGINFO-10",
        registered(registration(contact())),
        registered(registration(contact(), state="terminated")),
    ),
    Case(
        "NOT-REGINFO-11",
        registered(registration(contact())),
        registered(registration(contact(uri="a b"))),
    ),
    Case(
        "NOT-REGINFO-12",
        registered(registration(contact(after=PUBLIC))),
        registered(registration(contact() + PUBLIC)),
    ),
    Case("PIDF-DIFF-1", changed(CLOSED), changed('<d:remove sel="x:presence/x:tuple"/>')),
    Case(
        "PIDF-DIFF-2",
        changed('<d:add sel="presence/tuple" type="@x">y</d:add>'),
        changed('<d:add sel="presence/tuple" type="@x"><y/></d:add>'),
    ),
    Case(
        "PIDF-DIFF-3",
        changed(CLOSED),
        changed('<d:replace sel="presence/tuple/status/basic">closed</d:replace>'),
    ),
    Case(
        "PIDF-DIFF-4",
        changed('<d:remove sel="presence/tuple"/>'),
        changed('<d:remove sel="presence/tuple/@id" ws="after"/>'),
    ),
    Case("PIDF-DIFF-5", changed(CLOSED), changed(CLOSED.replace('"presence', '"/presence'))),
    Case("PIDF-DIFF-6", first(True), first(False)),
    Case("PIDF-DIFF-7", changed(CLOSED), changed_without_entity()),
    Case("PIDF-DIFF-8", changed(CLOSED), changed(CLOSED, 'entity="sip:bob@example.com"')),
    Case("PIDF-DIFF-9", changed(CLOSED), changed('<d:remove sel="presence/note"/>')),
    Case("PIDF-DIFF-10", partial("", CLOSED), partial("", CLOSED, v2="")),
    Case("PIDF-DIFF-11", partial("", CLOSED), partial(CLOSED)),
    Case("PIDF-DIFF-12", partial("", CLOSED), partial("", CLOSED, v2='version="7"')),
    Case(
        "XML-XCAPDIFF-1",
        documents('<document sel="resource-lists/users/sip:a@b/index"/>'),
        documents('<document sel="http://a/resource-lists/users/sip:a@b/index"/>'),
    ),
    Case(
        "XML-XCAPDIFF-2",
        documents('<document sel="a" previous-etag="1" new-etag="2"><remove sel="b"/></document>'),
        documents('<document sel="a" new-etag="2"><remove sel="b"/></document>'),
    ),
    Case(
        "XML-XCAPDIFF-3",
        documents('<element sel="a/~~/b" exists="false"/>'),
        documents('<element sel="a/~~/b" exists="0"><b xmlns=""/></element>'),
    ),
    Case(
        "RULES-OMA-1",
        rules(handled("wp_prs_blockedcontacts", "block")),
        rules(handled("wp_prs_blockedcontacts", "allow")),
        "documented",
    ),
    Case(
        "RULES-OMA-2",
        rules(handled("wp_prs_unlisted", "confirm", "<ocp:other-identity/>")),
        rules(handled("wp_prs_unlisted", "confirm", "<ocp:anonymous-request/>")),
        "documented",
    ),
    Case("RULES-OMA-3", rules(THREE), rules(THREE.replace("unlisted", "unknown")), "documented"),
    Case("RULES-OMA-4", rules(THREE), rules(THREE.replace("#blocked", "#granted")), "documented"),
    Case(
        "RULES-OMA-5",
        rules(handled("a", "block")),
        rules(handled("a", "block", "<ocp:other-identity/><ocp:anonymous-request/>")),
        "documented",
    ),
    Case(
        "RULES-LOCATION-1",
        rules(rule(placed_where("<location/>"))),
        rules(rule(placed_where('<any xmlns="urn:x"/>'))),
    ),
    Case(
        "RULES-LOCATION-2",
        rules(rule(shown=f'<provide-location xmlns="{LOCATION_RULES}"/>')),
        rules(rule(shown=f'<provide-location xmlns="{LOCATION_RULES}" profile="civic"/>')),
    ),
    Case("XML-SCHEMA-HIDDEN-1", in_tuple(HIDING.format("open")), in_tuple(HIDING.format("ajar"))),
    Case(
        "RULES-OMA-6",
        rules(handled("a", "block")),
        rules(handled("a", "block", "<ocp:external-list><ocp:entry/></ocp:external-list>")),
        "documented",
    ),
    Case(
        "RULES-EMPTY-2",
        rules(rule(shown="<pr:provide-services><pr:all-services/></pr:provide-services>")),
        rules(rule(shown="<pr:provide-services/>")),
    ),
    Case(
        "PIDF-CIPID-2",
        in_person("<ci:display-name>A</ci:display-name><ci:display-name>B</ci:display-name>"),
        in_person("<ci:icon>http://a</ci:icon><ci:icon>http://b</ci:icon>"),
    ),
    Case(
        "PIDF-SERVICE-4",
        in_tuple(SERVICE.format("org.a")),
        in_tuple(SERVICE.format("org a")),
        "documented",
    ),
    Case(
        "PIDF-ICON-2",
        in_person(ICON.format("image/png")),
        in_person(ICON.format("png")),
        "documented",
    ),
    Case("WINFO-RESOURCE-2", watched(winfo()), watched(winfo(resource="alice"))),
    Case("WINFO-PACKAGE-2", watched(winfo()), watched(winfo(package="@"))),
    Case(
        "PIDF-OMA-1",
        in_tuple(WILLING.format("")),
        in_tuple(WILLING.format("") * 2),
        "documented",
    ),
    Case(
        "PIDF-DIFF-13",
        changed(ADDED.format('id="t2"')),
        changed(ADDED.format("")),
    ),
]
