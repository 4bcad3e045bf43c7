"""Locations in presence documents beyond their schemas (RFC 4119, RFC 5491, RFC 5962, RFC 7459)."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from harness.body import tree
from harness.body.namespaces import BASIC_POLICY, DATA_MODEL, GEOPRIV, GML, PIDF, PIDFLO
from harness.body.tree import Timestamp
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.registry import INFO, MUST, SHOULD, bodies, check
from harness.checks.xml_documents import at_element, elements, root_of
from harness.model import Mismatch

_CONTENT = bodies(documents.PIDF, documents.PIDF_DIFF, documents.FRAGMENT)
_AUID = "pidf-manipulation"
_DYNAMIC = f"{{{GEOPRIV}:dynamic}}Dynamic"
_CONFIDENCE = "{urn:ietf:params:xml:ns:geopriv:conf}confidence"

_GEOPRIV, _INFO, _METHOD = (
    tree.qname(GEOPRIV, name) for name in ("geopriv", "location-info", "method")
)
_POINT, _POLYGON, _RING, _POS, _LIST = (
    tree.qname(GML, name) for name in ("Point", "Polygon", "LinearRing", "pos", "posList")
)
_FLAT = tuple(tree.qname(PIDFLO, name) for name in ("Circle", "Ellipse", "ArcBand"))
_SOLID = tuple(tree.qname(PIDFLO, name) for name in ("Sphere", "Ellipsoid", "Prism"))
_PRISM = tree.qname(PIDFLO, "Prism")
_SHAPES = (_POINT, _POLYGON, *_FLAT, *_SOLID)
_LENGTHS = tuple(
    tree.qname(PIDFLO, name)
    for name in (
        *("radius", "semiMajorAxis", "semiMinorAxis", "verticalAxis"),
        *("innerRadius", "outerRadius", "height"),
    )
)
_ANGLES = tuple(tree.qname(PIDFLO, name) for name in ("orientation", "startAngle", "openingAngle"))
_COMPONENTS = (
    tree.qname(PIDF, "tuple"),
    tree.qname(DATA_MODEL, "person"),
    tree.qname(DATA_MODEL, "device"),
)

# urn:ogc:def:crs:EPSG::4326; the URNs of OGC have the version of EPSG between the two colons.
_CRS = re.compile(r"urn:ogc:def:crs:EPSG:[0-9.]*:(4326|4979)", re.IGNORECASE)
_DIMENSIONS = {"4326": 2, "4979": 3}
_METRES = re.compile(r"urn:ogc:def:uom:EPSG:[0-9.]*:9001", re.IGNORECASE)
_DEGREES = re.compile(r"urn:ogc:def:uom:EPSG:[0-9.]*:910[12]", re.IGNORECASE)
_MAX_POSITIONS = 4096
_REAL_TIME = 16
# Square degrees: less can come of rounding, where all corners are on a line.
_FLAT_AREA = 1e-12

# IANA: Method Tokens, by the documents that registered them.
_METHODS = frozenset(
    (
        *("gps", "a-gps", "manual", "dhcp", "triangulation", "cell", "802.11"),
        *("device-assisted_a-gps", "device-based_a-gps", "device-assisted_eotd"),
        *("device-based_eotd", "utdoa", "tdoa", "aoa", "otdoa", "eotd", "gnss", "e-cid"),
        *("hybrid_a-gps", "hybridagps_aflt", "hybridcellsector_agps", "hybridtdoa_aoa"),
        *("hybridtdoa_agps", "hybridtdoa_agps_aoa", "handset_aflt", "handset_eflt", "ipdl"),
        *("lldp-med", "mbs", "mpl", "networkaoa", "networkrffingerprinting", "networktdoa"),
        *("networktoa", "networktof", "rfid", "rssi", "rssi-rtt", "rtt", "ta", "ta-nmr"),
        *("wiremap", "derived", "dbh", "dbh_helo", "nead-ble", "nead-wifi", "els-ble"),
        *("els-wifi", "wlan", "bluetooth", "ble"),
    )
)


def _in(body: object, context: Context, *tags: str) -> Iterator[etree._Element]:
    root = root_of(body, context, _AUID)
    return elements(root, *tags) if root is not None else iter(())


def _shapes(body: object, context: Context) -> Iterator[etree._Element]:
    """The outermost geometries: those that stand in a location-info."""
    for info in _in(body, context, _INFO):
        yield from (each for each in tree.elements(info) if each.tag in _SHAPES)


def _parts(shape: etree._Element) -> Iterator[etree._Element]:
    """What stands in a geometry."""
    return (each for each in shape.iter(etree.Element) if each is not shape)


def numbers_of(element: etree._Element) -> list[float]:
    """The numbers of a position or of a list of positions; those before the first that is none."""
    found: list[float] = []
    for word in tree.raw_text(element).split()[: 3 * _MAX_POSITIONS]:
        try:
            number = float(word)
        except ValueError:
            break
        if not math.isfinite(number):
            break
        found.append(number)
    return found


@check("PIDF-LOCATION-1", clause="RFC 5491 §5", level=MUST, on=_CONTENT)
def geometry_has_a_reference_system(body: object, context: Context) -> Iterator[Mismatch]:
    """The outermost geometry of a location names its coordinate reference system."""
    for shape in _shapes(body, context):
        if shape.get("srsName") is None:
            yield at_element(context, shape, 'srsName="urn:ogc:def:crs:EPSG::4326"', "no srsName")


@check("PIDF-LOCATION-2", clause="RFC 5491 §5", level=MUST, on=_CONTENT)
def reference_system_is_wgs_84(body: object, context: Context) -> Iterator[Mismatch]:
    """The coordinate reference system is WGS 84, named by its URN: EPSG 4326 or 4979."""
    for shape in _shapes(body, context):
        value = tree.attribute(shape, "srsName")
        if value is not None and _CRS.fullmatch(value) is None:
            expected = "urn:ogc:def:crs:EPSG::4326, or ::4979 with an altitude"
            yield at_element(context, shape, expected, value or "nothing", attribute="srsName")


@check("PIDF-LOCATION-3", clause="RFC 5491 §5", level=MUST, on=_CONTENT)
def reference_system_is_not_changed(body: object, context: Context) -> Iterator[Mismatch]:
    """No part of a geometry names a coordinate reference system again."""
    for shape in _shapes(body, context):
        for part in _parts(shape):
            value = part.get("srsName")
            if value is not None:
                yield at_element(context, part, "no srsName", value, attribute="srsName")


@check("PIDF-LOCATION-4", clause="RFC 5491 §5", level=SHOULD, on=_CONTENT)
def dimension_is_left_out(body: object, context: Context) -> Iterator[Mismatch]:
    """A geometry has no srsDimension: its coordinate reference system tells the dimensions."""
    for shape in _shapes(body, context):
        for part in shape.iter(etree.Element):
            value = part.get("srsDimension")
            if value is not None:
                yield at_element(context, part, "no srsDimension", value, attribute="srsDimension")


@check("PIDF-LOCATION-5", clause="RFC 5491 §5", level=SHOULD, on=_CONTENT)
def positions_have_the_numbers_of_their_system(
    body: object, context: Context
) -> Iterator[Mismatch]:
    """A position has two numbers in EPSG 4326, and the altitude as a third in EPSG 4979."""
    for shape in _shapes(body, context):
        wanted = _dimensions(shape)
        for place in shape.iter(_POS, _LIST) if wanted else ():
            found = numbers_of(place)
            count = len(found)
            is_whole = count == wanted if place.tag == _POS else count % wanted == 0
            if found and not is_whole:
                expected = f"{wanted} numbers for a position in {shape.get('srsName')}"
                yield at_element(context, place, expected, f"{count} numbers")


def _dimensions(shape: etree._Element) -> int:
    """How many numbers a position of a geometry has; 0 where its system does not tell."""
    match = _CRS.fullmatch(tree.attribute(shape, "srsName") or "")
    return 0 if match is None else _DIMENSIONS[match[1]]


@check("PIDF-LOCATION-6", clause="RFC 5491 §5", level=SHOULD, on=_CONTENT)
def position_is_on_earth(body: object, context: Context) -> Iterator[Mismatch]:
    """A latitude is from -90 to 90 and a longitude from -180 to 180, in this order."""
    for shape in _shapes(body, context):
        for place in shape.iter(_POS) if _dimensions(shape) else ():
            found = numbers_of(place)
            if len(found) >= 2 and not (-90 <= found[0] <= 90 and -180 <= found[1] <= 180):
                text = tree.text(place) or ""
                yield at_element(context, place, "latitude, then longitude, in degrees", text)


@check("PIDF-LOCATION-7", clause="RFC 5491 §5", level=MUST, on=_CONTENT)
def angles_have_their_unit(body: object, context: Context) -> Iterator[Mismatch]:
    """An angle is in degrees or radians, named by their URNs: EPSG 9102 or 9101."""
    yield from _units(body, context, _ANGLES, _DEGREES, "urn:ogc:def:uom:EPSG::9102")


@check("PIDF-LOCATION-8", clause="RFC 5491 §5", level=SHOULD, on=_CONTENT)
def lengths_are_in_metres(body: object, context: Context) -> Iterator[Mismatch]:
    """A length is in metres, named by their URN: EPSG 9001."""
    yield from _units(body, context, _LENGTHS, _METRES, "urn:ogc:def:uom:EPSG::9001")


def _units(
    body: object, context: Context, tags: tuple[str, ...], unit: re.Pattern[str], expected: str
) -> Iterator[Mismatch]:
    for shape in _shapes(body, context):
        for element in shape.iter(*tags):
            value = tree.attribute(element, "uom")
            if value is not None and unit.fullmatch(value) is None:
                observed = value or "nothing"
                yield at_element(context, element, expected, observed, attribute="uom")


@check("PIDF-LOCATION-9", clause="RFC 5491 §5.2.8", level=MUST, on=_CONTENT)
def height_is_positive(body: object, context: Context) -> Iterator[Mismatch]:
    """The height of a prism is positive."""
    for element in _in(body, context, tree.qname(PIDFLO, "height")):
        found = numbers_of(element)
        if found and found[0] <= 0:
            yield at_element(context, element, "more than 0", tree.text(element) or "")


def _rings(
    body: object, context: Context
) -> Iterator[tuple[etree._Element, list[tuple[float, ...]]]]:
    """The rings of polygons whose positions are all known."""
    for shape in _shapes(body, context):
        size = _dimensions(shape)
        for ring in shape.iter(_RING) if size else ():
            points = _points(ring, size)
            if points is not None:
                yield ring, points


def _points(ring: etree._Element, size: int) -> list[tuple[float, ...]] | None:
    """The positions of a ring; None where they cannot be told."""
    listed = tree.child(ring, GML, "posList")
    if listed is None:
        rows = [numbers_of(each) for each in ring.iter(_POS)]
        known = rows and all(len(row) == size for row in rows)
        return [tuple(row) for row in rows] if known else None
    flat = numbers_of(listed)
    if not flat or len(flat) % size:
        return None
    return [tuple(flat[at : at + size]) for at in range(0, len(flat), size)]


@check("PIDF-RING-1", clause="RFC 5491 §5.2.2", level=SHOULD, on=_CONTENT)
def ring_is_closed(body: object, context: Context) -> Iterator[Mismatch]:
    """The last position of a polygon's boundary is the first one again."""
    for ring, points in _rings(body, context):
        if points[0] != points[-1]:
            yield at_element(context, ring, _told(points[0]), _told(points[-1]))


def _told(point: tuple[float, ...]) -> str:
    return " ".join(f"{number:g}" for number in point)


@check("PIDF-RING-2", clause="RFC 5491 §5.2.2", level=SHOULD, on=_CONTENT)
def ring_has_four_positions(body: object, context: Context) -> Iterator[Mismatch]:
    """A polygon's boundary has four positions or more, the repeated one included."""
    for ring, points in _rings(body, context):
        if len(points) < 4:
            yield at_element(context, ring, "four positions", str(len(points)))


@check("PIDF-RING-3", clause="RFC 5491 §5.1", level=MUST, on=_CONTENT)
def ring_goes_counter_clockwise(body: object, context: Context) -> Iterator[Mismatch]:
    """The positions of a polygon go counter-clockwise, as seen from above.

    Not judged where the polygon crosses the date line or holds a pole, nor in a prism, which may
    be extruded from the top down (§5.2.8).
    """
    for ring, points in _rings(body, context):
        boundary = ring.getparent()
        is_outer = boundary is not None and boundary.tag == tree.qname(GML, "exterior")
        is_outer = is_outer and next(ring.iterancestors(_PRISM), None) is None
        is_plain = max(each[1] for each in points) - min(each[1] for each in points) < 180
        if is_outer and is_plain and points[0] == points[-1] and _area(points) < -_FLAT_AREA:
            yield at_element(context, ring, "counter-clockwise", "clockwise")


def _area(points: list[tuple[float, ...]]) -> float:
    """The area within a closed ring, in square degrees, negative where it goes clockwise."""
    pairs = itertools.pairwise(points)
    return sum(one[1] * other[0] - other[1] * one[0] for one, other in pairs) / 2


@check("PIDF-RING-4", clause="RFC 5491 §5.1", level=MUST, on=_CONTENT)
def ring_has_one_altitude(body: object, context: Context) -> Iterator[Mismatch]:
    """The positions of a polygon in three dimensions all have the same altitude."""
    for ring, points in _rings(body, context):
        heights = sorted({each[2] for each in points if len(each) == 3})
        if len(heights) > 1:
            observed = ", ".join(f"{each:g}" for each in heights[:5])
            yield at_element(context, ring, "one altitude", observed)


@check("PIDF-RING-5", clause="RFC 5491 §5.1", level=INFO, on=_CONTENT)
def polygon_is_simple_enough(body: object, context: Context) -> Iterator[Mismatch]:
    """A polygon that is used in real time has no more than 15 corners."""
    for ring, points in _rings(body, context):
        if len(points) > _REAL_TIME:
            expected = f"at most {_REAL_TIME} positions"
            yield at_element(context, ring, expected, str(len(points)))


@check("PIDF-GEOPRIV-1", clause="RFC 5491 §3", level=SHOULD, on=_CONTENT)
def component_has_one_location(body: object, context: Context) -> Iterator[Mismatch]:
    """A tuple, person or device has one geopriv element."""
    for component in _in(body, context, *_COMPONENTS):
        found = list(component.iter(_GEOPRIV))
        for element in found[1:]:
            yield at_element(context, element, "one geopriv", str(len(found)))


@check("PIDF-GEOPRIV-2", clause="RFC 5491 §3", level=INFO, on=_CONTENT)
def location_has_one_geometry(body: object, context: Context) -> Iterator[Mismatch]:
    """A location-info has one geometry: others only refine it, as a civic address does."""
    for info in _in(body, context, _INFO):
        found = [each for each in tree.elements(info) if each.tag in _SHAPES]
        for element in found[1:]:
            yield at_element(context, element, "one geometry", str(len(found)))


# The registry grows, and this list cannot be newer than the harness: no MUST, as the text has.
@check("PIDF-GEOPRIV-3", clause="RFC 4119 §2.2.3", level=SHOULD, on=_CONTENT)
def method_is_registered(body: object, context: Context) -> Iterator[Mismatch]:
    """The method of a location is one that IANA has registered."""
    for element in _in(body, context, _METHOD):
        text = tree.text(element) or ""
        if text.lower() not in _METHODS:
            yield at_element(context, element, "a method token such as GPS", text or "nothing")


@check("PIDF-GEOPRIV-4", clause="RFC 4119 §2.2.2", level=INFO, on=_CONTENT)
def retention_is_not_over(body: object, context: Context) -> Iterator[Mismatch]:
    """A location may be kept for a while after it is sent: who gets it later discards it."""
    names = (tree.qname(BASIC_POLICY, "retention-expiry"), tree.qname(GEOPRIV, "retention-expiry"))
    for element in _in(body, context, *names):
        moment = Timestamp(tree.raw_text(element)).moment
        if moment is None:
            continue
        now = datetime.fromtimestamp(context.time, tz=moment.tzinfo)
        if moment < now:
            expected = f"later than {now:%Y-%m-%dT%H:%M:%S%z}"
            yield at_element(context, element, expected, tree.text(element) or "")


@check("PIDF-GEOPRIV-5", clause="RFC 4119 §2.2.2", level=SHOULD, on=_CONTENT)
def ruleset_is_at_https(body: object, context: Context) -> Iterator[Mismatch]:
    """An external ruleset is at an HTTPS URI, or in a body part with a CID URI."""
    names = [tree.qname(space, "external-ruleset") for space in (BASIC_POLICY, GEOPRIV)]
    for element in _in(body, context, *names):
        text = tree.text(element) or ""
        if text.partition(":")[0].lower() not in ("https", "cid"):
            yield at_element(context, element, "an https or cid URI", text or "nothing")


@check("PIDF-GEOPRIV-6", clause="RFC 5962 §3", level=MUST, on=_CONTENT)
def movement_is_beside_the_location(body: object, context: Context) -> Iterator[Mismatch]:
    """A Dynamic in a geopriv that tells where somebody is stands in its location-info."""
    for location in _in(body, context, _GEOPRIV):
        info = tree.child(location, GEOPRIV, "location-info")
        if info is None or next(tree.elements(info), None) is None:
            continue
        for element in location.iter(_DYNAMIC):
            parent = element.getparent()
            if parent is not None and parent is not info:
                yield at_element(context, element, "a child of location-info", parent.tag)


@check("PIDF-GEOPRIV-7", clause="RFC 7459 §4.1", level=MUST, on=_CONTENT)
def point_has_no_confidence(body: object, context: Context) -> Iterator[Mismatch]:
    """A location that is a point alone has no confidence, as a point has no uncertainty."""
    for info in _in(body, context, _INFO):
        found = [each.tag for each in tree.elements(info)]
        if found.count(_CONFIDENCE) and set(found) <= {_POINT, _CONFIDENCE} and _POINT in found:
            element = next(info.iterchildren(_CONFIDENCE))
            yield at_element(context, element, "no confidence", tree.text(element) or "")
