"""Documents of filters and of policies, and of what is added to locations and lists."""

from __future__ import annotations

from .corpus import ACTIONS, CONDITIONS, LIST, SHOWN, TEXT_BESIDE_WILDCARD, TUPLE, Case, cases
from .corpus_location import CIVIC, LOCATION

FILTER = '<filter id="f">%s</filter>'
WHAT = FILTER % "<what>%s</what>"
TRIGGER = FILTER % "<trigger>%s</trigger>"
OLD = LOCATION % "<cl:civicAddress>%s</cl:civicAddress>"
MOVING = LOCATION % "<dyn:Dynamic>%s</dyn:Dynamic>"
PROVIDER = (
    TUPLE % "<gp:geopriv><gp:location-info/><gp:usage-rules/><nena:nena>%s</nena:nena></gp:geopriv>"
)
SUPPRESSED = '<suppnot-filter id="f"><presattrib>%s</presattrib></suppnot-filter>'
NO_ELEMENT = "RFC 4119 declares the type of a civicAddress, and no element: nothing is judged"

CASES: list[Case] = [
    *cases(
        "presence",
        {
            "civic address with an addition": CIVIC
            % "<ca:country>DE</ca:country><cae:PN>12</cae:PN><cae:MP>100.5 mi</cae:MP>",
            "civic address of RFC 4119": OLD
            % "<cl:country>US</cl:country><cl:A1>NY</cl:A1><cl:HNO>123</cl:HNO><cl:PC>1</cl:PC>",
            "orientation and speed": MOVING
            % "<dyn:orientation>-3 12</dyn:orientation><dyn:speed>24</dyn:speed>",
            "nothing that moves": MOVING % "",
            "confidence": LOCATION % '<con:confidence pdf="normal">67</con:confidence>',
            "unknown confidence": LOCATION % "<con:confidence>unknown</con:confidence>",
            "provider": PROVIDER % "<nena:TelURI>tel:+1</nena:TelURI>",
            "policy of PAL": TUPLE % "<pal:opt-in-source>willing</pal:opt-in-source>",
        },
        {
            "addition with an element": CIVIC % "<cae:PN><x:y/></cae:PN>",
            "heading of three angles": MOVING % "<dyn:heading>1 2 3</dyn:heading>",
            "speed with its unit": MOVING % "<dyn:speed>24 m/s</dyn:speed>",
            "heading before the speed": MOVING
            % "<dyn:heading>1</dyn:heading><dyn:speed>24</dyn:speed>",
            "confidence of 100 per cent": LOCATION % "<con:confidence>100</con:confidence>",
            "confidence with its sign": LOCATION % "<con:confidence>95%</con:confidence>",
            "policy of PAL that does not exist": TUPLE
            % "<pal:opt-in-source>maybe</pal:opt-in-source>",
            "access network of two letters": TUPLE
            % "<pal:applicable-access-network-type>IMS LT</pal:applicable-access-network-type>",
        },
    ),
    Case(
        "threshold of PAL",
        "presence",
        TUPLE % "<pal:threshold-value-equals><pal:value/><pal:label>l</pal:label>"
        "<pal:qn-elem>rpid:mood</pal:qn-elem></pal:threshold-value-equals>",
        True,
        "xmlschema misreads an extension of xs:all",
    ),
    Case(
        "location with text",
        "ruleset",
        CONDITIONS
        % "<glp:location-condition><glp:location>a</glp:location></glp:location-condition>",
        False,
        TEXT_BESIDE_WILDCARD,
    ),
    Case(
        "postal code before the country",
        "presence",
        OLD % "<cl:PC>1</cl:PC><cl:country>US</cl:country>",
        False,
        NO_ELEMENT,
    ),
    Case(
        "provider with a long name",
        "presence",
        TUPLE % "<nena:nena><nena:DataProviderID>ABCDEF</nena:DataProviderID></nena:nena>",
        False,
    ),
    *cases(
        "filter-set",
        {
            "what": WHAT % '<include type="namespace">urn:x</include><exclude>/a</exclude>',
            "triggers": FILTER % "<trigger/><trigger><added>/a</added></trigger>",
            "change of a value": TRIGGER % '<changed from="open" to="closed">/a</changed>',
            "change by a number": TRIGGER % '<changed by="-1.5">/a</changed><removed>/b</removed>',
            "bindings": f'<ns-bindings><ns-binding prefix="p" urn="urn:x"/></ns-bindings>{FILTER}'
            % "",
            "filter that is removed": '<filter id="f" remove="true" uri="sip:a@b" x:y="1"/>',
        },
        {
            "no filter": "",
            "filter without id": "<filter/>",
            "filter that is removed perhaps": '<filter id="f" remove="yes"/>',
            "trigger before what": FILTER % "<trigger/><what/>",
            "exclude before include": WHAT % "<exclude>/a</exclude><include>/b</include>",
            "include by name": WHAT % '<include type="name">a</include>',
            "change by a word": TRIGGER % '<changed by="one">/a</changed>',
            "added before changed": TRIGGER % "<added>/a</added><changed>/b</changed>",
            "binding without a namespace": '<ns-bindings><ns-binding prefix="p"/></ns-bindings>'
            + FILTER % "",
            "bindings behind the filter": FILTER % "" + "<ns-bindings/>",
        },
    ),
    *cases(
        "suppnot-filter-set",
        {
            "nothing": "",
            "match": SUPPRESSED % '<suppress-if-match type="xpath">/a</suppress-if-match>',
            "bindings": '<ns-bindings><sf:ns-binding prefix="p" urn="urn:x"/></ns-bindings>',
        },
        {
            "filter without id": "<suppnot-filter><presattrib/></suppnot-filter>",
            "no attribute": '<suppnot-filter id="f"/>',
            "no match": SUPPRESSED % "",
            "match by namespace": SUPPRESSED
            % '<suppress-if-match type="namespace">urn:x</suppress-if-match>',
            "bindings of its own": '<ns-bindings><ns-binding prefix="p" urn="x"/></ns-bindings>',
        },
    ),
    *cases(
        "patch-ops-error",
        {
            "nothing": "",
            "node that is not there": '<unlocated-node phrase="no such node" xml:lang="en">'
            '<add sel="a"/></unlocated-node>',
            "form": '<invalid-diff-format phrase="no XML"/>',
        },
        {
            "failure without its operation": "<unlocated-node/>",
            "failure with two operations": '<unlocated-node><add sel="a"/><add sel="b"/>'
            "</unlocated-node>",
            "form with an operation": '<invalid-diff-format><add sel="a"/></invalid-diff-format>',
        },
    ),
    *cases(
        "ruleset",
        {
            "place": CONDITIONS
            % '<glp:location-condition><glp:location profile="civic-condition" xml:lang="en" '
            'label="here"><ca:country>DE</ca:country></glp:location></glp:location-condition>',
            "what of a place is told": SHOWN
            % "<glp:set-retransmission-allowed>false</glp:set-retransmission-allowed>"
            "<glp:set-retention-expiry>86400</glp:set-retention-expiry>"
            '<glp:set-note-well xml:lang="en">x</glp:set-note-well>'
            "<glp:keep-rule-reference>true</glp:keep-rule-reference>"
            '<glp:provide-location profile="civic-transformation">'
            "<blp:provide-civic>city</blp:provide-civic></glp:provide-location>",
            "place as it is": SHOWN % "<glp:provide-location/>",
            "place by a radius": SHOWN % '<blp:provide-geo radius="500"/>',
            "publication": ACTIONS % "<pub:pub-handling>allow</pub:pub-handling>",
            "what is published": SHOWN
            % "<pub:allow-services>true</pub:allow-services><pub:allow-all-attributes/>"
            '<pub:allow-unknown-attribute name="a" ns="urn:x">true</pub:allow-unknown-attribute>',
        },
        {
            "place without a location": CONDITIONS % "<glp:location-condition>a"
            "</glp:location-condition>",
            "retention without a number": SHOWN
            % "<glp:set-retention-expiry>never</glp:set-retention-expiry>",
            "street of a place": SHOWN % "<blp:provide-civic>street</blp:provide-civic>",
            "radius with its unit": SHOWN % '<blp:provide-geo radius="5km"/>',
            "publication to confirm": ACTIONS % "<pub:pub-handling>confirm</pub:pub-handling>",
            "unknown attribute without a name": SHOWN
            % '<pub:allow-unknown-attribute ns="urn:x">true</pub:allow-unknown-attribute>',
        },
    ),
    *cases(
        "resource-lists",
        {
            "copies": LIST
            % '<entry uri="sip:a@b" cp:copyControl="bcc" cp:anonymize="true" cp:count="2"/>',
        },
        {
            "copy of no kind": LIST % '<entry uri="sip:a@b" cp:copyControl="all"/>',
            "copies by no number": LIST % '<entry uri="sip:a@b" cp:count="-1"/>',
        },
    ),
    *cases(
        "appusages",
        {"nothing": "", "two": '<nodeuri uri="http://a" auid="b"/>' * 2},
        {
            "use without its usage": '<nodeuri uri="http://a"/>',
            "use with text": '<nodeuri uri="http://a" auid="b">x</nodeuri>',
        },
    ),
]
