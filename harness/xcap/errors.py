"""Detailed conflict reports: the body of a 409 (RFC 4825 §11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from lxml import etree

NAMESPACE = "urn:ietf:params:xml:ns:xcap-error"
CONTENT_TYPE = "application/xcap-error+xml"

ErrorElement = Literal[
    "not-well-formed",
    "not-xml-frag",
    "no-parent",
    "schema-validation-error",
    "not-xml-att-value",
    "cannot-insert",
    "cannot-delete",
    "uniqueness-failure",
    "constraint-failure",
    "extension",
    "not-utf-8",
]
ERROR_ELEMENTS: tuple[ErrorElement, ...] = get_args(ErrorElement)


@dataclass(frozen=True, slots=True)
class Exists:
    """A field that is not unique: a percent-encoded node selector, and values to try instead."""

    field: str
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConflictReport:
    """One error condition; `phrase` is for a human, `ancestor` the URI of no-parent."""

    element: ErrorElement
    phrase: str = ""
    ancestor: str | None = None
    exists: tuple[Exists, ...] = ()


class ConflictError(Exception):
    """An XCAP operation that a server answers with 409 and `report`."""

    def __init__(self, report: ConflictReport) -> None:
        super().__init__(f"{report.element}: {report.phrase}")
        self.report = report


def conflict(
    element: ErrorElement,
    phrase: str = "",
    ancestor: str | None = None,
    exists: tuple[Exists, ...] = (),
) -> ConflictError:
    """The exception for one error condition."""
    return ConflictError(ConflictReport(element, phrase, ancestor, exists))


def make_xcap_error(report: ConflictReport) -> bytes:
    """The document that tells `report`."""
    root = etree.Element(
        f"{{{NAMESPACE}}}xcap-error",
        nsmap={None: NAMESPACE},  # type: ignore[dict-item]  # the stubs forget the default
    )
    condition = etree.SubElement(root, f"{{{NAMESPACE}}}{report.element}")
    if report.phrase and report.element != "extension":
        condition.set("phrase", _xml_text(report.phrase))
    if report.ancestor is not None:
        etree.SubElement(condition, f"{{{NAMESPACE}}}ancestor").text = _xml_text(report.ancestor)
    for field in report.exists:
        element = etree.SubElement(
            condition, f"{{{NAMESPACE}}}exists", field=_xml_text(field.field)
        )
        for value in field.alternatives:
            etree.SubElement(element, f"{{{NAMESPACE}}}alt-value").text = _xml_text(value)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _xml_text(text: str) -> str:
    """Without what XML cannot hold: control characters and halves of surrogate pairs."""
    return "".join(
        char if char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd"
        or char > "\uffff" else "\ufffd"
        for char in text
    )  # fmt: skip


def read_xcap_error(root: etree._Element) -> ConflictReport | None:
    """The report that a parsed document tells; None where it is none of RFC 4825 §11."""
    if root.tag != f"{{{NAMESPACE}}}xcap-error":
        return None
    for child in root.iterchildren(f"{{{NAMESPACE}}}*"):
        name = etree.QName(child).localname
        for element in ERROR_ELEMENTS:
            if element == name:
                ancestor = child.findtext(f"{{{NAMESPACE}}}ancestor")
                return ConflictReport(element, child.get("phrase", ""), ancestor, _exists(child))
    return None


def _exists(condition: etree._Element) -> tuple[Exists, ...]:
    return tuple(
        Exists(
            found.get("field", ""),
            tuple(value.text or "" for value in found.iterchildren(f"{{{NAMESPACE}}}alt-value")),
        )
        for found in condition.iterchildren(f"{{{NAMESPACE}}}exists")
    )
