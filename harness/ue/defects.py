"""Deliberate faults of the reference UE, one each: what a harness has to find.

To add one, add a row to the table of its kind; the words for it are in `harness.ue.defect`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from harness.ue.defect import Defect
from harness.ue.defects_answers import ANSWER_DEFECTS
from harness.ue.defects_documents import DOCUMENT_DEFECTS
from harness.ue.defects_requests import REQUEST_DEFECTS

__all__ = ["DEFECTS", "Defect"]

DEFECTS: Mapping[str, Defect] = MappingProxyType(
    {row.name: row for row in (*REQUEST_DEFECTS, *DOCUMENT_DEFECTS, *ANSWER_DEFECTS)}
)
"""Every defect by its name."""
