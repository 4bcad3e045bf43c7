"""Cases of the checks of filters, policies and what is added to locations and lists."""

from __future__ import annotations

from tests.checks.bodies import DECLARATION, got, in_person, in_tuple, rule, rules
from tests.checks.conversation import Case, Step, request, ue

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
]
