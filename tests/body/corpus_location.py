"""Documents with a location: the shapes of GML and PIDF-LO, civic addresses, kinds of places."""

from __future__ import annotations

from .corpus import GEOPRIV, PERSON, Case, cases

LOCATION = GEOPRIV % "<gp:location-info>%s</gp:location-info><gp:usage-rules/>"
METRES = 'uom="urn:ogc:def:uom:EPSG::9001"'
DEGREES = 'uom="urn:ogc:def:uom:EPSG::9102"'
CENTRE = "<gml:pos>42.5463 -73.2512</gml:pos>"
HIGH = "<gml:pos>42.5463 -73.2512 26.3</gml:pos>"
CORNERS = "<gml:pos>43.1 -73.4</gml:pos>" * 4
POLYGON = LOCATION % (
    '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior><gml:LinearRing>%s'
    "</gml:LinearRing></gml:exterior></gml:Polygon>"
)
POINT = LOCATION % '<gml:Point srsName="urn:ogc:def:crs:EPSG::4326">%s</gml:Point>'
CIVIC = LOCATION % "<ca:civicAddress>%s</ca:civicAddress>"
PLACE = PERSON % "<rpid:place-type>%s</rpid:place-type>"
RING = (
    "<gml:LinearRing><gml:posList> 42.5 -73.2 36.6 42.6 -73.2 36.6 42.6 -73.3 36.6 "
    "42.5 -73.2 36.6 </gml:posList></gml:LinearRing>"
)
PROFILE_ONLY = "the profile of RFC 5491 is narrower than GML 3.1.1, which it is a part of"
DIMENSIONS = "RFC 5491 §5.2.1: latitude and longitude, or these and the altitude"


def length(name: str, value: str = "850.24") -> str:
    return f"<gs:{name} {METRES}> {value} </gs:{name}>"


def angle(name: str) -> str:
    return f"<gs:{name} {DEGREES}>43.2</gs:{name}>"


def shape(name: str, *content: str) -> str:
    attributes = 'srsName="urn:ogc:def:crs:EPSG::4326"'
    return LOCATION % f"<gs:{name} {attributes}>{''.join(content)}</gs:{name}>"


ELLIPSE = (CENTRE, length("semiMajorAxis"), length("semiMinorAxis"), angle("orientation"))
BAND = (length("innerRadius"), length("outerRadius"), angle("startAngle"), angle("openingAngle"))
ELLIPSOID = (HIGH, length("semiMajorAxis"), length("semiMinorAxis"), length("verticalAxis"))
PRISM = f"<gs:base><gml:Polygon><gml:exterior>{RING}</gml:exterior></gml:Polygon></gs:base>"

CASES: list[Case] = [
    *cases(
        "presence",
        {
            "point": POINT % "<gml:pos>-34.407 150.883</gml:pos>",
            "point with altitude": POINT % "<gml:pos>-34.407 150.883 24.8</gml:pos>",
            "point with id": LOCATION % f'<gml:Point gml:id="p1">{CENTRE}</gml:Point>',
            "point in an element of GML that is not judged": LOCATION
            % f"<gml:location><gml:Point>{CENTRE}</gml:Point></gml:location>",
            "polygon": POLYGON % CORNERS,
            "polygon of a list": POLYGON % "<gml:posList>1 2 3 4 5 6 1 2</gml:posList>",
            "polygon of point properties": POLYGON
            % (f"<gml:pointProperty><gml:Point>{CENTRE}</gml:Point></gml:pointProperty>" * 4),
            "circle": shape("Circle", CENTRE, length("radius")),
            "circle around a point": shape(
                "Circle",
                f"<gml:pointProperty><gml:Point>{CENTRE}</gml:Point></gml:pointProperty>",
                length("radius"),
            ),
            "ellipse": shape("Ellipse", *ELLIPSE),
            "arc band": shape("ArcBand", CENTRE, *BAND),
            "sphere": shape("Sphere", HIGH, length("radius")),
            "ellipsoid": shape("Ellipsoid", *ELLIPSOID, angle("orientation")),
            "prism": shape("Prism", PRISM, length("height", "2.4")),
            "two shapes": LOCATION
            % (f"<gml:Point>{CENTRE}</gml:Point><gs:Sphere>{HIGH}{length('radius')}</gs:Sphere>"),
        },
        {
            "point without a position": POINT % "",
            "point with two positions": POINT % (CENTRE * 2),
            "position with a comma": POINT % "<gml:pos>42.5463, -73.2512</gml:pos>",
            "position in degrees and minutes": POINT % "<gml:pos>42:32N 73:15W</gml:pos>",
            "polygon of three positions": POLYGON % ("<gml:pos>43.1 -73.4</gml:pos>" * 3),
            "polygon of positions and a list": POLYGON % f"{CORNERS}<gml:posList/>",
            "ring outside of a boundary": LOCATION % f"<gml:Polygon>{RING}</gml:Polygon>",
            "circle without radius": shape("Circle", CENTRE),
            "circle with the radius first": shape("Circle", length("radius"), CENTRE),
            "radius of GML": shape("Circle", CENTRE, f"<gml:radius {METRES}>1</gml:radius>"),
            "radius without unit": shape("Circle", CENTRE, "<gs:radius>1</gs:radius>"),
            "radius that is no number": shape("Circle", CENTRE, length("radius", "10 m")),
            "ellipse without orientation": shape("Ellipse", *ELLIPSE[:-1]),
            "arc band with the angles first": shape("ArcBand", CENTRE, *BAND[2:], *BAND[:2]),
            "sphere without a centre": shape("Sphere", length("radius")),
            "ellipsoid without vertical axis": shape(
                "Ellipsoid", *ELLIPSOID[:-1], angle("orientation")
            ),
            "prism without height": shape("Prism", PRISM),
            "prism on a point": shape(
                "Prism",
                f"<gs:base><gml:Point>{CENTRE}</gml:Point></gs:base>",
                length("height"),
            ),
            "srsDimension 0": LOCATION % f'<gml:Point srsDimension="0">{CENTRE}</gml:Point>',
        },
    ),
    *cases(
        "presence",
        {
            "civic address": CIVIC % "<ca:country>AU</ca:country><ca:A1>NSW</ca:A1>"
            '<ca:A3 xml:lang="en">Wollongong</ca:A3><ca:RD>Northfields</ca:RD>'
            "<ca:LMK>University</ca:LMK><ca:PC>2500</ca:PC><ca:BLD>39</ca:BLD>"
            "<ca:SEAT>WS 183</ca:SEAT><ca:POBOX>U40</ca:POBOX><x:y/>",
            "civic address of nothing": CIVIC % "",
            "kind of place in a civic address": CIVIC % "<ca:PLC>office</ca:PLC>",
        },
        {
            "country in lower case": CIVIC % "<ca:country>au</ca:country>",
            "country by name": CIVIC % "<ca:country>Australia</ca:country>",
            "country after A1": CIVIC % "<ca:A1>NSW</ca:A1><ca:country>AU</ca:country>",
            "road twice": CIVIC % "<ca:RD>a</ca:RD><ca:RD>b</ca:RD>",
            "part that is not defined": CIVIC % "<ca:A7>x</ca:A7>",
            "part with an element inside": CIVIC % "<ca:A1><x:y/></ca:A1>",
        },
    ),
    *cases(
        "presence",
        {
            "kind of place": PLACE % "<lt:cafe/>",
            "two kinds of place": PLACE % "<rpid:note/><lt:public-transport/><lt:train/>",
            "kind of place in words": PLACE % '<lt:other xml:lang="en">yacht</lt:other>',
            "kind of place that is registered later": PLACE % "<lt:spaceport/>",
        },
        {
            "kind of place with text": PLACE % "<lt:cafe>Central</lt:cafe>",
            "kind of place with an attribute": PLACE % '<lt:cafe name="Central"/>',
        },
    ),
    *(
        Case(name, "presence", content, True, differs=PROFILE_ONLY)
        for name, content in {
            "point with a name": POINT % f"<gml:name>home</gml:name>{CENTRE}",
            "point in coordinates": POINT % "<gml:coordinates>42.5,-73.2</gml:coordinates>",
            "polygon with a hole": LOCATION % f"<gml:Polygon><gml:exterior>{RING}</gml:exterior>"
            f"<gml:interior>{RING}</gml:interior></gml:Polygon>",
        }.items()
    ),
    Case(
        "position of one number", "presence", POINT % "<gml:pos>42.5</gml:pos>", False, DIMENSIONS
    ),
    Case(
        "position of four numbers",
        "presence",
        POINT % "<gml:pos>1 2 3 4</gml:pos>",
        False,
        DIMENSIONS,
    ),
    Case(
        "bicycle",
        "presence",
        PLACE % "<lt:bicycle>mine</lt:bicycle>",
        False,
        "RFC 4589 §3 says bicycle, its schema declares only bicyle",
    ),
]
