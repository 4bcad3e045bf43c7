"""The schemas as their specifications print them, to compare ours with: not part of the project.

The environment variable PRESENCE_REFERENCE_XSD names the directory that holds them.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import xmlschema
from lxml import etree

from harness.body.namespaces import CIVIC
from harness.body.schema import QName, catalog, parse_xml

from .corpora import CASES
from .corpus import Case
from .generated import Made

XML = "http://www.w3.org/XML/1998/namespace"
_VARIABLE = "PRESENCE_REFERENCE_XSD"
_IMPORT_LOCATION = re.compile(r'(<xsd?:import\b[^>]*?)\s+schemaLocation="[^"]*"')
_REPAIRS = {  # as printed these do not compile
    "rpid.xsd": '<xs:include schemaLocation="common-schema.xsd"/>',
    "rls-services.xsd": '<xs:import namespace="urn:ietf:params:xml:ns:resource-lists"/>',
    "location-type.xsd": f'<xs:import namespace="{XML}"/>',
    "geopriv10-civicAddr-ext.xsd": f'<xs:import namespace="{CIVIC}"/>',
}
_SHAPES = (  # these come as several files
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:shapes">'
    '<xs:import namespace="http://www.opengis.net/pidflo/1.0" '
    'schemaLocation="gml-geoshape/GML-pidf-lo-shape.xsd"/></xs:schema>'
)

PUBLISHED: tuple[Case, ...] = tuple(
    case
    for case in CASES
    if catalog().entries[QName.parse(parse_xml(case.document).tag).namespace or ""].is_official
)
"""The documents of formats that a schema is published for."""


def published_schemas() -> xmlschema.XMLSchema10 | None:
    """All of them in one; None where the variable names no directory."""
    directory = Path(os.environ.get(_VARIABLE) or "/nonexistent")
    if not directory.is_dir():
        return None
    published = {"shapes": _SHAPES}
    for path in sorted(directory.glob("*.xsd")):
        namespace = etree.parse(path).getroot().get("targetNamespace", "")
        if namespace in catalog() and namespace != XML:
            # each schema once: an import finds the others by their namespace
            published[namespace] = _repaired(path)
    found = xmlschema.XMLSchema10(
        list(published.values()), base_url=str(directory), allow="local", build=False
    )
    found.build()
    return found


def _repaired(path: Path) -> str:
    text = _IMPORT_LOCATION.sub(r"\1", path.read_text(encoding="utf-8-sig"))
    text = text.replace("urn:ietf:params:xml:schema:patch-ops", "patch-ops.xsd")
    start = re.search(r"<xsd?:schema\b[^>]*>", text)
    assert start is not None, path.name
    return text[: start.end()] + _REPAIRS.get(path.name, "") + text[start.end() :]


def same_verdict(case: Case, published: xmlschema.XMLSchema10) -> bool:
    """Whether the published schemas say what the specification does."""
    return bool(published.is_valid(case.document) == case.valid)


_DIFFERENCES: tuple[tuple[str, str, str], ...] = (
    ("", r".*text between elements", "xmlschema takes text where a content model is a wildcard"),
    ("civicLoc", ".*", "RFC 4119 declares the type of a civicAddress, and no element"),
    ("opengis", ".*", "GML 3.1.1 allows more than the profile; a position has 2 or 3 numbers"),
    ("pal:", "threshold.*", "xmlschema misreads an extension of xs:all"),
    ("rpid", ".*lunch.*", "RFC 4480 §3.2 lists lunch, its schema forgets it (eid 3121)"),
    ("rpid", r"privacy \| two .*", "RFC 4480 §3.8: its example has another order than its schema"),
    ("location-type", "bicycle.*", "RFC 4589 §3 says bicycle, its schema declares only bicyle"),
    (
        "",
        ".*external.*",
        "RFC 4826 §3.1: anchor is mandatory, the schema has it optional (eid 1477)",
    ),
)
"""Part of the namespace, what is done to which declaration, and why the published differ there."""


def differs(made: Made) -> str:
    """Why the published schemas give another verdict on a made document; "" where nothing says."""
    label = f"{made.declaration} | {made.what}"
    for namespace, pattern, reason in _DIFFERENCES:
        if namespace in made.namespace and re.fullmatch(pattern, label):
            return reason
    return ""
