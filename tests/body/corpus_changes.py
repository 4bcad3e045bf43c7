"""Documents of changes (RFC 5261, 5262, 5874), of user profiles, and of RCS."""

from __future__ import annotations

from .corpus import GEOPRIV, Case, cases
from .corpus_location import CENTRE, length

DOCUMENT = '<document sel="resource-lists/users/sip:a@b/index" new-etag="2" previous-etag="1">%s'
CHANGED = DOCUMENT % "%s</document>"
ADDED = "<add sel='%s'>x</add>"
REMOVED = "<remove sel='%s'/>"
PROFILE = '<user-profile uri="sip:a@b">%s</user-profile>'
PUSHED = '<rcspushlocation id="1" label="here">%s</rcspushlocation>'
CIRCLE = f'<gs:Circle srsName="urn:ogc:def:crs:EPSG::4326">{CENTRE}{length("radius")}</gs:Circle>'
EXPIRY = "2014-06-19T06:40:16+02:00"
PLACE = (
    f'<rpid:place-type rpid:until="{EXPIRY}"></rpid:place-type>'
    f'<rpid:time-offset rpid:until="{EXPIRY}"></rpid:time-offset>'
)
WHERE = (
    f"<gp:geopriv><gp:location-info>{CIRCLE}</gp:location-info><gp:usage-rules>"
    f"<gp:retention-expiry>{EXPIRY}</gp:retention-expiry></gp:usage-rules></gp:geopriv>"
)
STAMP = f"<timestamp>{EXPIRY}</timestamp>"
KIND = "<file-size>7427</file-size>%s<content-type>image/png</content-type>"
DATA = f'<data url="https://a/b" until="{EXPIRY}"/>'
INFO = '<file-info type="file">%s</file-info>'
LITERAL = "XPath 1.0 §3.7: a literal ends at the first quote of its kind; the pattern goes on"
COLON = "Namespaces in XML §4: a name has one colon at most; the pattern's \\c takes any number"
PRECEDENCE = "RFC 5261 §4.1: steps can follow id(); the pattern forgets brackets around a choice"

SELECTORS = {
    "name": "a",
    "path": "/p:presence/p:tuple[2]",
    "any element": "*/p:b",
    "attribute's value": 'p:tuple[@id="sg89ae"]/p:status/p:basic',
    "child's value": 'a[b="c"]/d',
    "own value": 'a[.="c"]',
    "two conditions": 'a[@b="c"][2]',
    "quote in a literal": 'a[@b="it&apos;s"]',
    "slash in a literal": 'a[@uri="sip:x/y"]/b',
    "text": "a/b/text()",
    "second comment": "comment()[2]",
    "processing instruction": 'a/processing-instruction("t")',
}
"""Selectors that `add`, `replace` and `remove` can have alike."""
NO_SELECTORS = {
    "nothing": "",
    "root alone": "/",
    "slash at the end": "a/",
    "any depth": "a//b",
    "function": "a[position()=1]",
    "digit first": "1a",
    "open condition": 'a[@b="c"',
    "unquoted value": "a[@b=c]",
    "step behind text": "text()/a",
    "parent": "../a",
}

CASES: list[Case] = [
    *cases(
        "pidf-diff",
        {f"select {name}": ADDED % sel for name, sel in SELECTORS.items()}
        | {f"remove {name}": REMOVED % sel for name, sel in SELECTORS.items()}
        | {
            "no change": "",
            "remove below an id": REMOVED % 'id("x")/b',
            "remove an attribute": REMOVED % "a/@b",
            "remove a prefix": REMOVED % "a/namespace::p",
            "remove the attribute of the root": REMOVED % "@b",
            "add a tuple": '<add sel="presence/note" pos="before"><tuple '
            'xmlns="urn:ietf:params:xml:ns:pidf" id="t"><status/></tuple></add>',
            "add an attribute": '<add sel="a" type="@x:b">c</add>',
            "add a prefix": '<add sel="a" type="namespace::p">urn:a</add>',
            "add several nodes": '<add sel="a" pos="prepend">x<x:y/><!-- c --><x:z/></add>',
            "replace an element": '<replace sel="a"><x:y/></replace>',
            "replace a text": '<replace sel="a/text()">open</replace>',
            "remove with white space": '<remove sel="a" ws="both"/>',
            "all in any order": "<remove sel='a'/><add sel='a'/><replace sel='a'/><add sel='b'/>",
        },
        {f"select {name}": ADDED % sel for name, sel in NO_SELECTORS.items()}
        | {f"remove {name}": REMOVED % sel for name, sel in NO_SELECTORS.items()}
        | {
            "add at an attribute": ADDED % "a/@b",
            "add without sel": "<add>x</add>",
            "add in a position not defined": '<add sel="a" pos="inside"/>',
            "add of a type not defined": '<add sel="a" type="b"/>',
            "replace by two elements": '<replace sel="a"><x:y/><x:z/></replace>',
            "remove with content": "<remove sel='a'>x</remove>",
            "remove with white space not defined": '<remove sel="a" ws="all"/>',
            "operation that is not defined": '<move sel="a"/>',
            "element of PIDF": '<tuple xmlns="urn:ietf:params:xml:ns:pidf" id="t"/>',
            "attribute of another namespace": '<add sel="a" x:y="1"/>',
            "person without id": '<add sel="a"><dm:person/></add>',
        },
    ),
    Case("quote inside of a literal", "pidf-diff", REMOVED % 'a[@b="c"d"]', False, differs=LITERAL),
    Case("add below an id", "pidf-diff", ADDED % 'id("x")/b', True, differs=PRECEDENCE),
    *(
        Case(name, "pidf-diff", content, False, differs=COLON)
        for name, content in {
            "add at a prefix": ADDED % "a/namespace::p",
            "select by an axis": ADDED % "child::a",
            "remove by an axis": REMOVED % "child::a",
            "select two colons": ADDED % "a:b:c",
            "remove two colons": REMOVED % "a:b:c",
        }.items()
    ),
    *cases(
        "p:pidf-full",
        {
            "nothing": "",
            "presence": '<tuple id="t"><status/></tuple><note/><dm:person id="p"/>',
        },
        {
            "tuple without status": '<tuple id="t"/>',
            "tuple of pidf-diff": '<p:tuple id="t"><p:status/></p:tuple><note/>',
            "two tuples of one id": '<tuple id="t"><status/></tuple>' * 2,
        },
    ),
    *cases(
        "xcap-diff",
        {
            "nothing": "",
            "document": CHANGED % "",
            "document created": '<document sel="a" new-etag="1"/>',
            "document whose content is the same": CHANGED % "<body-not-changed/>",
            "changes": CHANGED % "<add sel='a' x:y='1'><x:y/></add><x:y/><remove sel='b'/>"
            "<replace sel='a/@b'>c</replace>",
            "element": '<element sel="a/~~/b" exists="1"><rl:entry uri="sip:c@b"/></element>',
            "element that is gone": '<element sel="a" exists="false"/>',
            "attribute": '<attribute sel="a/~~/b/@c" exists="true" x:y="1">d</attribute>',
            "all, and an extension": f'<attribute sel="a">b</attribute>{CHANGED % ""}'
            '<element sel="a"/><document sel="b"/><x:y/>',
        },
        {
            "document without sel": '<document new-etag="1"/>',
            "change and no change": CHANGED % "<body-not-changed/><add sel='a'/>",
            "change with a wrong selector": CHANGED % "<remove sel='a//b'/>",
            "document after an extension": f"<x:y/>{CHANGED % ''}",
            "text in a document": CHANGED % "text",
            "element with two elements": '<element sel="a"><x:y/><x:z/></element>',
            "exists that is no boolean": '<element sel="a" exists="yes"/>',
            "attribute with an element": '<attribute sel="a"><x:y/></attribute>',
            "element that is not defined": "<folder/>",
        },
    ),
    *cases(
        "user-profiles",
        {
            "empty profile": PROFILE % "",
            "profile": PROFILE % "<communication-addresses><comm-addr>tel:+1</comm-addr><x:y/>"
            '</communication-addresses><display-name xml:lang="en">A</display-name>'
            "<birth-date>1970-01-01</birth-date><name><given-name>A</given-name></name>"
            "<address><country>FR</country></address><gender>female</gender><freetext/>"
            "<communication-types><comm-type>IM</comm-type></communication-types>"
            "<hobbies><hobby x:y='1'>chess</hobby></hobbies>"
            "<favourite-links><link>http://a/b</link></favourite-links><x:y/>",
        },
        {
            "no profile": "",
            "two profiles": (PROFILE % "") * 2,
            "profile without uri": "<user-profile/>",
            "name before birth-date": PROFILE % "<name/><birth-date>1970-01-01</birth-date>",
            "birth-date that is no date": PROFILE % "<birth-date>1 Jan 1970</birth-date>",
            "gender that is not defined": PROFILE % "<gender>m</gender>",
            "family-name first": PROFILE % "<name><family-name/><given-name/></name>",
        },
    ),
    *cases(
        "rcsenvelope",
        {
            "circle": PUSHED % f"{PLACE}{WHERE}{STAMP}",
            "point, without RPID": PUSHED
            % (f"{WHERE}{STAMP}".replace(CIRCLE, f"<gml:Point>{CENTRE}</gml:Point>")),
        },
        {
            "nothing": "",
            "location without id": f"<rcspushlocation>{WHERE}{STAMP}</rcspushlocation>",
            "location without geopriv": PUSHED % STAMP,
            "location without timestamp": PUSHED % WHERE,
            "timestamp first": PUSHED % f"{STAMP}{WHERE}",
            "timestamp of nothing": PUSHED % f"{WHERE}<timestamp/>",
        },
    ),
    *cases(
        "file",
        {
            "file": INFO % (KIND % "<file-name>a.png</file-name>" + DATA),
            "thumbnail and file": INFO.replace('"file"', '"thumbnail"') % (KIND % "" + DATA)
            + INFO % (KIND % "" + DATA),
            "extensions": INFO % (KIND % "" + "<x:playing-length>1</x:playing-length>" + DATA)
            + INFO % (KIND % "" + DATA + "<x:file-hash/>"),
        },
        {
            "nothing": "",
            "type that is not defined": INFO.replace('"file"', '"image"') % (KIND % "" + DATA),
            "no data": INFO % (KIND % ""),
            "data without until": INFO % (KIND % "" + '<data url="https://a/b"/>'),
            "size that is no number": INFO % (KIND.replace("7427", "7 kB") % "" + DATA),
            "data first": INFO % (DATA + KIND % ""),
        },
    ),
    *cases(
        "presence",
        {"place of RCS in a presence document": GEOPRIV % WHERE[12:-13]},
        {"place of RCS without rules": GEOPRIV % WHERE[12 : WHERE.index("<gp:usage-rules>")]},
    ),
]
