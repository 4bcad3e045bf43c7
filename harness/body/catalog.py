"""The catalogue of `schemas/`: which schema, root and MIME type belongs to which namespace."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.paths import SCHEMAS


@dataclass(frozen=True, slots=True)
class QName:
    """An expanded name (Namespaces in XML §2.1)."""

    namespace: str | None
    local: str

    def __str__(self) -> str:
        """Clark notation, as lxml writes tags."""
        return self.local if self.namespace is None else f"{{{self.namespace}}}{self.local}"

    @staticmethod
    def parse(tag: str) -> QName:
        """Read Clark notation."""
        if not tag.startswith("{"):
            return QName(None, tag)
        namespace, _, local = tag[1:].partition("}")
        return QName(namespace, local)


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """One row of `schemas/catalog.yaml`; `media` maps a MIME type to its root's local name."""

    namespace: str
    path: Path
    document: str
    roots: tuple[str, ...]
    media: Mapping[str, str]
    auids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    entries: Mapping[str, SchemaEntry]

    def __iter__(self) -> Iterator[SchemaEntry]:
        return iter(self.entries.values())

    def __contains__(self, namespace: object) -> bool:
        return namespace in self.entries

    def root_for_media(self, media_type: str) -> QName | None:
        """The root that a body of this MIME type must have; None for a type not listed."""
        essence = media_type.partition(";")[0].strip().lower()
        for entry in self:
            if essence in entry.media:
                return QName(entry.namespace, entry.media[essence])
        return None

    def entry_for_auid(self, auid: str) -> SchemaEntry | None:
        """The schema of an XCAP application usage; its namespace is the usage's default one."""
        return next((entry for entry in self if auid in entry.auids), None)


@functools.cache
def catalog() -> Catalog:
    """The catalogue, read once."""
    rows = yaml.safe_load((SCHEMAS / "catalog.yaml").read_text(encoding="utf-8"))
    return Catalog(
        {
            row["namespace"]: SchemaEntry(
                namespace=row["namespace"],
                path=SCHEMAS / row["file"],
                document=row["document"],
                roots=tuple(row.get("roots", ())),
                media=dict(row.get("media", {})),
                auids=tuple(row.get("auid", ())),
            )
            for row in rows
        }
    )
