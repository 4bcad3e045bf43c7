"""Roots and schemas of XML bodies: a check for each specification, so that its clause is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from lxml import etree

from harness.body import namespaces as ns
from harness.body.catalog import QName, catalog
from harness.body.schema import SchemaError
from harness.checks.context import Context
from harness.checks.registry import INFO, MUST, SHOULD, bodies, check, unreadable_bodies, when
from harness.checks.xml_documents import (
    AUTH_POLICY,
    DOCUMENTS,
    FRAGMENT,
    PIDF,
    PRES_CONTENT,
    REGINFO,
    RESOURCE_LISTS,
    RLMI,
    RLS_SERVICES,
    WATCHERINFO,
    XCAP_DIFF,
    WrongRootError,
    at_body,
    at_error,
    element_of,
    root_of,
    schema_errors,
)
from harness.model import Level, Mismatch

_Check = Callable[[object, Context], Iterator[Mismatch]]
_ALL = (*DOCUMENTS, FRAGMENT)

_ROOTS: Final[tuple[tuple[str, str, str, Level], ...]] = (
    ("PIDF", PIDF, "RFC 3863 §4.1.1", MUST),
    ("WINFO", WATCHERINFO, "RFC 3858 §3", MUST),
    ("RLMI", RLMI, "RFC 4662 §5.1", MUST),
    ("REGINFO", REGINFO, "RFC 3680 §5.1", MUST),
    ("LISTS", RESOURCE_LISTS, "RFC 4826 §3.1", MUST),
    ("RLS", RLS_SERVICES, "RFC 4826 §4.1", MUST),
    ("RULES", AUTH_POLICY, "RFC 4745 §13", MUST),
    ("XCAPERROR", "application/xcap-error+xml", "RFC 4825 §11.1", MUST),
    ("XCAPCAPS", "application/xcap-caps+xml", "RFC 4825 §12.2", MUST),
    (
        "OMAXDM",
        "application/vnd.oma.xcap-directory+xml",
        "OMA XDM Core §schemas of its namespaces",
        SHOULD,
    ),
    (
        "OMACONTENT",
        PRES_CONTENT,
        "OMA Presence Content XDM §schema of pres-content",
        SHOULD,
    ),
    ("PIDFDIFF", "application/pidf-diff+xml", "RFC 5262 §3", MUST),
    ("XCAPDIFF", XCAP_DIFF, "RFC 5874 §3", MUST),
    (
        "OMAPROFILE",
        "application/vnd.oma.user-profile+xml",
        "OMA Shared XDM §schema of user-profile",
        SHOULD,
    ),
    ("FILTER", "application/simple-filter+xml", "RFC 4661 §3.2", MUST),
    ("PATCHERROR", "application/patch-ops-error+xml", "RFC 5261 §9", SHOULD),
    (
        "SUPPNOT",
        "application/vnd.oma.suppnot+xml",
        "OMA Presence SIMPLE §schema of suppnot-filter",
        SHOULD,
    ),
    ("RCSPLACE", "application/vnd.gsma.rcspushlocation+xml", "GSMA RCC.07 §geolocation push", INFO),
    ("RCSFILE", "application/vnd.gsma.rcs-ft-http+xml", "GSMA RCC.07 §file transfer by HTTP", INFO),
)
"""Name of the check, media type, clause that says what the root is, and level."""

_SPECIFICATIONS: Final[tuple[tuple[str, str, Level, tuple[str, ...]], ...]] = (
    # "a formal definition of the format", of which §4.1 tells the same in words.
    ("PIDF", "RFC 3863 §4.4", MUST, (ns.PIDF,)),
    # RFC 4479 §5: "Presence documents created according to this model MUST be valid".
    ("MODEL", "RFC 4479 §5", MUST, (ns.DATA_MODEL,)),
    ("RPID", "RFC 4480 §5", MUST, (ns.RPID,)),
    ("TIMED", "RFC 4481 §5", MUST, ("urn:ietf:params:xml:ns:pidf:timed-status",)),
    ("CIPID", "RFC 4482 §5", MUST, (ns.CIPID,)),
    # The examples of these two break their own schemas, and clients follow the examples.
    ("CAPS", "RFC 5196 §6", SHOULD, (ns.CAPS,)),
    ("GEOPRIV", "RFC 4119 §2.2.5", SHOULD, (ns.GEOPRIV, f"{ns.GEOPRIV}:basicPolicy")),
    # Both say of their documents: "MUST be well-formed and SHOULD be valid".
    ("WINFO", "RFC 3858 §3", SHOULD, (ns.WATCHERINFO,)),
    ("REGINFO", "RFC 3680 §5.1", SHOULD, (ns.REGINFO, "urn:ietf:params:xml:ns:gruuinfo")),
    ("RLMI", "RFC 4662 §5.1", MUST, (ns.RLMI,)),
    # RFC 4826 §3.1, §4.1: "MUST be valid according to schemas".
    ("LISTS", "RFC 4826 §3.1", MUST, (ns.RESOURCE_LISTS,)),
    ("RLS", "RFC 4826 §4.1", MUST, (ns.RLS_SERVICES,)),
    # Neither wants its documents to be valid; RFC 4825 §7: "the client SHOULD verify that ... the
    # resulting document would meet the data constraints ..., including schema validation".
    ("POLICY", "RFC 4745 §13", SHOULD, (ns.COMMON_POLICY,)),
    ("RULES", "RFC 5025 §7", SHOULD, (ns.PRES_RULES,)),
    ("XCAPCAPS", "RFC 4825 §12.2", MUST, ("urn:ietf:params:xml:ns:xcap-caps",)),
    ("XCAPERROR", "RFC 4825 §11.2", MUST, ("urn:ietf:params:xml:ns:xcap-error",)),
    (
        "OMAPRES",
        "OMA Presence Data Specification §schemas of oma-pres and pidf:ext",
        SHOULD,
        (ns.OMA_PRES, ns.PDE_EXT, ns.PDE_EXT_11),
    ),
    (
        "OMARULES",
        "OMA Presence XDM §schemas of pres-rules and common-policy",
        SHOULD,
        (ns.OMA_PRES_RULES, ns.OMA_COMMON_POLICY),
    ),
    (
        "OMAXDM",
        "OMA XDM Core §schemas of its namespaces",
        SHOULD,
        (
            "urn:oma:xml:xdm:xcap-directory",
            "urn:oma:xml:xdm:xcap-error",
            "urn:oma:xml:xdm:extensions",
            "urn:oma:xml:xdm:resource-list:oma-uriusage",
            "urn:oma:xml:xdm:resource-list:oma-appusage",
        ),
    ),
    (
        "OMACONTENT",
        "OMA Presence Content XDM §schema of pres-content",
        SHOULD,
        ("urn:oma:xml:prs:pres-content",),
    ),
    # Parts of a location are in whatever GML allows: RFC 5491 narrows that to eight shapes.
    ("SHAPES", "RFC 5491 §5", SHOULD, (ns.GML, ns.PIDFLO)),
    ("CIVIC", "RFC 5139 §4", SHOULD, ("urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr",)),
    ("CIVICEXT", "RFC 6848 §5.5", SHOULD, (f"{ns.GEOPRIV}:civicAddr:ext",)),
    ("DYNAMIC", "RFC 5962 §4", SHOULD, (f"{ns.GEOPRIV}:dynamic",)),
    ("CONFIDENCE", "RFC 7459 §7", SHOULD, ("urn:ietf:params:xml:ns:geopriv:conf",)),
    # The published schema of the first declares no element, and RFC 5139 took its place; the
    # second is in an appendix that binds nobody.
    ("CIVICLOC", "RFC 4119 §2.2.5", INFO, (f"{ns.GEOPRIV}:civicLoc",)),
    ("PROVIDER", "RFC 4119 §A", INFO, (f"{ns.GEOPRIV}:dataProvider",)),
    ("PLACE", "RFC 4589 §4", SHOULD, ("urn:ietf:params:xml:ns:location-type",)),
    # Both say of their documents: "MUST be well-formed and SHOULD be valid".
    ("PIDFDIFF", "RFC 5262 §3", SHOULD, ("urn:ietf:params:xml:ns:pidf-diff",)),
    ("XCAPDIFF", "RFC 5874 §3", SHOULD, ("urn:ietf:params:xml:ns:xcap-diff",)),
    (
        "OMAPROFILE",
        "OMA Shared XDM §schema of user-profile",
        SHOULD,
        ("urn:oma:xml:xdm:user-profile",),
    ),
    # RFC 4661 §3: "MUST be valid according to schemas, including extension schemas".
    ("FILTER", "RFC 4661 §3", MUST, (ns.SIMPLE_FILTER,)),
    (
        "SUPPNOT",
        "OMA Presence SIMPLE §schema of suppnot-filter",
        SHOULD,
        ("urn:oma:xml:prs:suppnot-filter",),
    ),
    ("PATCHERROR", "RFC 5261 §9", SHOULD, ("urn:ietf:params:xml:ns:patch-ops-error",)),
    (
        "PUBRULES",
        "OMA Presence XDM §schema of pub-rules",
        SHOULD,
        ("urn:oma:xml:prs:pub-rules",),
    ),
    (
        "LOCATIONRULES",
        "RFC 6772 §9",
        SHOULD,
        (ns.LOCATION_RULES, "urn:ietf:params:xml:ns:basic-location-profiles"),
    ),
    (
        "PAL",
        "OMA PAL Data Extensions §schema of base-policy-type",
        SHOULD,
        ("urn:oma:xml:prs:pal:base-policy-type:1.0",),
    ),
    # No schema is published: ours tells what clients send, and can blame nobody.
    ("RCSPLACE", "GSMA RCC.07 §geolocation push", INFO, (f"{ns.RCS}:geolocation",)),
    ("RCSFILE", "GSMA RCC.07 §file transfer by HTTP", INFO, (f"{ns.RCS}:fthttp",)),
)
"""Name of the check, clause, level, and the namespaces that the specification defines."""

_IDENTIFIED = ("tuple", "person", "device", "rule")


def _is_about_form_of_id(error: SchemaError) -> bool:
    return error.reason.startswith("attribute id=") and "NCName" in error.reason


def _is_judged_by_its_text(error: SchemaError) -> bool:
    """Whether a check of its own, by the specification's text, judges this."""
    last = error.path.rpartition("/")[2].partition("[")[0]
    is_double = "duplicated xs:ID" in error.reason and last in _IDENTIFIED
    is_priority = last == "contact" and error.reason.startswith("attribute priority=")
    is_value = "not allowed" not in error.reason and "not complete" not in error.reason
    is_time = last == "timestamp" and is_value
    is_word = last in ("sphere", "relationship") and "character data" in error.reason
    judged = (is_double, is_priority, is_time, is_word, _is_about_form_of_id(error))
    return any(judged)


def _is_beyond_its_text(error: SchemaError, root: etree._Element) -> bool:
    """Whether only the schema of PIDF forbids this, in a document that need not be valid.

    RFC 3863 speaks of the elements that extend a document, and never of attributes. RFC 4479 §5:
    "Presence documents created according to this model MUST be valid".
    """
    is_foreign = error.namespace == ns.PIDF and "attribute not allowed" in error.reason
    return is_foreign and next(root.iter(f"{{{ns.DATA_MODEL}}}*"), None) is None


def _is_to_be_ignored(error: SchemaError, root: etree._Element) -> bool:
    """Whether the element is inside of one of a namespace that is not known.

    Nobody reads it there (RFC 3863 §4.2.3: "even if it appears to contain elements with recognized
    names").
    """
    place = element_of(error, root)
    around = () if place is None else place.iterancestors()
    return any(QName.parse(each.tag).namespace not in catalog() for each in around)


@lru_cache(256)
def schema_at_fault(error: SchemaError, root: etree._Element) -> str | None:
    """The namespace whose schema is broken: that of the parent where a child is out of place."""
    if "is not allowed here" not in error.reason:
        return error.namespace
    place = element_of(error, root)
    parent = None if place is None else place.getparent()
    return error.namespace if parent is None else QName.parse(parent.tag).namespace


# RFC 3863 §4.1.1: "MUST have the namespace 'urn:ietf:params:xml:ns:pidf:'", with a colon that all
# the rest of the document leaves out: whoever takes it at its word breaks nothing.
_MISPRINT: Final = f"{{{ns.PIDF}:}}presence"


def _add_root_check(name: str, media_type: str, clause: str, level: Level) -> None:
    wanted = " or ".join(map(str, catalog().roots_for_media(media_type)))

    def root_is_that_of_its_type(error: object, context: Context) -> Iterator[Mismatch]:
        if isinstance(error, WrongRootError) and _MISPRINT not in error.reason:
            yield at_body(context, f"the root {wanted}", error.reason)

    root_is_that_of_its_type.__doc__ = f"The root of a body of type {media_type} is {wanted}."
    register = check(
        f"XML-ROOT-{name}-1", clause=clause, level=level, on=unreadable_bodies(media_type)
    )
    register(root_is_that_of_its_type)


@when
def for_invalid(body: object, context: Context) -> bool:
    """Whether the schemas find anything at all: one question for all specifications."""
    return bool(schema_errors(body, context))


def _add_schema_check(name: str, clause: str, level: Level, spaces: tuple[str, ...]) -> None:
    def elements_are_valid(body: object, context: Context) -> Iterator[Mismatch]:
        errors = schema_errors(body, context)
        root = root_of(body, context) if errors else None
        if root is None:
            return
        for error in errors:
            is_left_out = _is_judged_by_its_text(error) or _is_beyond_its_text(error, root)
            is_ours = schema_at_fault(error, root) in spaces and not is_left_out
            if is_ours and not _is_to_be_ignored(error, root):
                yield at_error(context, root, error, "what the schema allows")

    described = ", ".join(spaces)
    elements_are_valid.__doc__ = f"Elements are valid by the schema of {described}."
    register = check(f"XML-SCHEMA-{name}-1", clause=clause, level=level, on=bodies(*_ALL))
    register(for_invalid(elements_are_valid))


for _root in _ROOTS:
    _add_root_check(*_root)
for _specification in _SPECIFICATIONS:
    _add_schema_check(*_specification)


@check("XML-SCHEMA-PIDF-2", clause="RFC 3863 §4.4", level=SHOULD, on=bodies(*_ALL))
@for_invalid
def attributes_are_those_of_pidf(body: object, context: Context) -> Iterator[Mismatch]:
    """Elements of PIDF have no attributes but those that the schema declares."""
    errors = schema_errors(body, context)
    root = root_of(body, context) if errors else None
    for error in errors if root is not None else ():
        if root is not None and _is_beyond_its_text(error, root):
            yield at_error(context, root, error, "the attributes of the schema")


@check("XML-SCHEMA-HIDDEN-1", clause="RFC 3863 §4.2.3", level=INFO, on=bodies(*_ALL))
def hidden_elements_are_valid(body: object, context: Context) -> Iterator[Mismatch]:
    """Elements of known namespaces are valid even inside of unknown ones, where nobody reads them.

    Only remarked: "an element with an unrecognized name ... should be ignored, even if it appears
    to contain elements with recognized names".
    """
    errors = schema_errors(body, context)
    root = root_of(body, context) if errors else None
    for error in errors if root is not None else ():
        if root is not None and _is_to_be_ignored(error, root):
            yield at_error(context, root, error, "what the schema allows")


@check("XML-ID-1", clause="RFC 3863 §4.4", level=SHOULD, on=bodies(*_ALL))
@for_invalid
def ids_are_names(body: object, context: Context) -> Iterator[Mismatch]:
    """An id of the schema type xs:ID is an XML name: no digit first, no colon, no "@"."""
    root = root_of(body, context)
    for error in schema_errors(body, context):
        if root is not None and _is_about_form_of_id(error):
            hint = "an id that begins with a letter"
            yield at_error(context, root, error, hint)
