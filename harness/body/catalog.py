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
        return _remembered(tag) if len(tag) <= _LONGEST_REMEMBERED else _parse(tag)


def _parse(tag: str) -> QName:
    if not tag.startswith("{"):
        return QName(None, tag)
    namespace, _, local = tag[1:].partition("}")
    return QName(namespace, local)


# The names of what the specifications define are few hundred.
_LONGEST_REMEMBERED = 256
_remembered = functools.lru_cache(2048)(_parse)


@dataclass(frozen=True, slots=True)
class SchemaEntry:
    """One row of `schemas/catalog.yaml`; `media` maps a MIME type to its roots' local names.

    `is_official` says that the namespace's specification publishes a schema, which ours follows.
    """

    namespace: str
    path: Path
    document: str
    roots: tuple[str, ...]
    media: Mapping[str, tuple[str, ...]]
    auids: tuple[str, ...]
    is_official: bool = True


@dataclass(frozen=True, slots=True)
class Catalog:
    entries: Mapping[str, SchemaEntry]

    def __iter__(self) -> Iterator[SchemaEntry]:
        return iter(self.entries.values())

    def __contains__(self, namespace: object) -> bool:
        return namespace in self.entries

    def roots_for_media(self, media_type: str) -> tuple[QName, ...]:
        """The roots that a body of this MIME type can have; none for a type not listed."""
        essence = media_type.partition(";")[0].strip().lower()
        for entry in self:
            if essence in entry.media:
                return tuple(QName(entry.namespace, local) for local in entry.media[essence])
        return ()

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
                media={name: _names(root) for name, root in row.get("media", {}).items()},
                auids=tuple(row.get("auid", ())),
                is_official=row.get("official", True),
            )
            for row in rows
        }
    )


def _names(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
