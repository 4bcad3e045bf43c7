"""Cases of the checks of locations and of rich presence: PIDF-LOCATION, -RING, -GEOPRIV, -RPID."""

from __future__ import annotations

from dataclasses import replace

from harness.model import Transport
from tests.checks.bodies import in_person, in_tuple
from tests.checks.conversation import Case, Step

GML = (
    'xmlns:gml="http://www.opengis.net/gml" xmlns:gs="http://www.opengis.net/pidflo/1.0" '
    'xmlns:gbp="urn:ietf:params:xml:ns:pidf:geopriv10:basicPolicy"'
)
PLACED = (
    f"<gp:geopriv {GML}><gp:location-info>{{}}</gp:location-info>"
    "<gp:usage-rules>{}</gp:usage-rules>{}</gp:geopriv>"
)
FLAT, HIGH = "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG::4979"
METRES, DEGREES = "urn:ogc:def:uom:EPSG::9001", "urn:ogc:def:uom:EPSG::9102"
SQUARE = "42 -73 42 -72 43 -72 43 -73 42 -73"
CONFIDENCE = '<confidence xmlns="urn:ietf:params:xml:ns:geopriv:conf">67</confidence>'
DYNAMIC = '<Dynamic xmlns="urn:ietf:params:xml:ns:pidf:geopriv10:dynamic"/>'
MOOD = '<r:mood from="2014-06-19T0{}:00:00Z" until="2014-06-19T0{}:00:00Z"><r:happy/></r:mood>'


def placed(info: str, rules: str = "", more: str = "") -> list[Step]:
    """A PUBLISH with a location, too long for UDP."""
    steps = in_person(PLACED.format(info, rules, more))
    return [
        replace(step, raw=step.raw.replace(b"2.0/UDP", b"2.0/TCP"), transport=Transport.TCP)
        for step in steps
    ]


def point(position: str = "42.5 -73.2", system: str = f'srsName="{FLAT}"', more: str = "") -> str:
    return f"<gml:Point {system}><gml:pos{more}>{position}</gml:pos></gml:Point>"


def polygon(positions: str, system: str = FLAT) -> str:
    return (
        f'<gml:Polygon srsName="{system}"><gml:exterior><gml:LinearRing><gml:posList>{positions}'
        "</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
    )


def ellipse(lengths: str = METRES, angles: str = DEGREES) -> str:
    return (
        f'<gs:Ellipse srsName="{FLAT}"><gml:pos>42.5 -73.2</gml:pos>'
        f'<gs:semiMajorAxis uom="{lengths}">7</gs:semiMajorAxis>'
        f'<gs:semiMinorAxis uom="{lengths}">3</gs:semiMinorAxis>'
        f'<gs:orientation uom="{angles}">43</gs:orientation></gs:Ellipse>'
    )


def prism(height: str) -> str:
    base = polygon("42 -73 9 42 -72 9 43 -72 9 42 -73 9").replace(f' srsName="{FLAT}"', "")
    return (
        f'<gs:Prism srsName="{HIGH}"><gs:base>{base}</gs:base>'
        f'<gs:height uom="{METRES}">{height}</gs:height></gs:Prism>'
    )


CORNERS = " ".join(f"{42 + n / 100} -73" for n in range(20))

CASES = [
    Case("PIDF-LOCATION-1", placed(point()), placed(point(system=""))),
    Case("PIDF-LOCATION-2", placed(point()), placed(point(system='srsName="EPSG:4326"'))),
    Case("PIDF-LOCATION-3", placed(point()), placed(point(more=f' srsName="{FLAT}"'))),
    Case("PIDF-LOCATION-4", placed(point()), placed(point(more=' srsDimension="2"'))),
    Case(
        "PIDF-LOCATION-5",
        placed(point("42.5 -73.2 36.6", f'srsName="{HIGH}"')),
        placed(point("42.5 -73.2 36.6")),
    ),
    Case("PIDF-LOCATION-6", placed(point("42.5 -173.2")), placed(point("-173.2 42.5"))),
    Case("PIDF-LOCATION-7", placed(ellipse()), placed(ellipse(angles="degrees"))),
    Case("PIDF-LOCATION-8", placed(ellipse()), placed(ellipse(lengths="m"))),
    Case("PIDF-LOCATION-9", placed(prism("2.5")), placed(prism("-2.5"))),
    Case("PIDF-RING-1", placed(polygon(SQUARE)), placed(polygon(f"{SQUARE[:-6]}42 -74"))),
    Case("PIDF-RING-2", placed(polygon(SQUARE)), placed(polygon("42 -73 42 -72 42 -73"))),
    Case(
        "PIDF-RING-3",
        placed(polygon(SQUARE)),
        placed(polygon("42 -73 43 -73 43 -72 42 -72 42 -73")),
    ),
    Case(
        "PIDF-RING-4",
        placed(polygon("42 -73 9 42 -72 9 43 -72 9 42 -73 9", HIGH)),
        placed(polygon("42 -73 9 42 -72 8 43 -72 9 42 -73 9", HIGH)),
    ),
    Case("PIDF-RING-5", placed(polygon(SQUARE)), placed(polygon(CORNERS))),
    Case(
        "PIDF-GEOPRIV-1",
        in_tuple(PLACED.format(point(), "", "")),
        in_tuple(PLACED.format(point(), "", "") * 2),
    ),
    Case("PIDF-GEOPRIV-2", placed(point()), placed(point() + ellipse())),
    Case(
        "PIDF-GEOPRIV-3",
        placed(point(), more="<gp:method>gps</gp:method>"),
        placed(point(), more="<gp:method>guess</gp:method>"),
    ),
    Case(
        "PIDF-GEOPRIV-4",
        placed(point(), "<gbp:retention-expiry>2999-01-01T00:00:00Z</gbp:retention-expiry>"),
        placed(point(), "<gbp:retention-expiry>1969-01-01T00:00:00Z</gbp:retention-expiry>"),
    ),
    Case(
        "PIDF-GEOPRIV-5",
        placed(point(), "<gbp:external-ruleset>https://a/b</gbp:external-ruleset>"),
        placed(point(), "<gbp:external-ruleset>http://a/b</gbp:external-ruleset>"),
    ),
    Case("PIDF-GEOPRIV-6", placed(point() + DYNAMIC), placed(point(), more=DYNAMIC)),
    Case("PIDF-GEOPRIV-7", placed(ellipse() + CONFIDENCE), placed(point() + CONFIDENCE)),
    Case(
        "PIDF-RPID-3",
        in_tuple("<r:relationship><r:friend/></r:relationship>"),
        in_tuple("<r:mood><r:happy/></r:mood>"),
    ),
    Case(
        "PIDF-RPID-4",
        in_tuple("<r:relationship><r:friend/></r:relationship>"),
        in_tuple("<r:relationship>friend</r:relationship>"),
    ),
    Case(
        "PIDF-RPID-5",
        in_tuple("<r:service-class><r:electronic/></r:service-class>"),
        in_tuple("<r:service-class><r:courier/></r:service-class>"),
    ),
    Case(
        "PIDF-RPID-6",
        in_person(MOOD.format(6, 7) + MOOD.format(7, 8)),
        in_person(MOOD.format(6, 8) + MOOD.format(7, 9)),
    ),
]
