"""Resource list meta-information and the notifications that carry it (RFC 4662 §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from harness.body import tree
from harness.body.multipart import make_part, make_related
from harness.body.namespaces import RLMI, XML
from harness.body.schema import line_of
from harness.body.tree import Note

MEDIA_TYPE = "application/rlmi+xml"


@dataclass(frozen=True, slots=True)
class Instance:
    """A subscription to a resource: `state` is "active", "pending" or "terminated", `cid` the
    Content-ID of the part with the resource's state, without angle brackets."""

    id: str
    state: str
    reason: str | None = None
    cid: str | None = None
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Resource:
    """A member of the list. A resource whose state is not known has no instance (§5.5)."""

    uri: str
    names: tuple[Note, ...] = ()
    instances: tuple[Instance, ...] = ()
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Rlmi:
    """A document; `version` and `full_state` are None where they cannot be read."""

    uri: str
    version: int | None
    full_state: bool | None
    resources: tuple[Resource, ...] = ()
    names: tuple[Note, ...] = ()
    cid: str | None = None
    root: etree._Element | None = field(default=None, compare=False, repr=False)

    def resource(self, uri: str) -> Resource | None:
        """The resource with exactly this URI."""
        return next((found for found in self.resources if found.uri == uri), None)

    @property
    def cids(self) -> tuple[str, ...]:
        """Every Content-ID that the document refers to."""
        instances = (cid.cid for found in self.resources for cid in found.instances)
        return tuple(cid for cid in (self.cid, *instances) if cid is not None)


def parse_rlmi(document: bytes | etree._Element) -> Rlmi:
    """Read a document; raises `BodyError` where it is no XML or not `list`."""
    root = tree.parse_root(document, MEDIA_TYPE)
    return Rlmi(
        uri=tree.attribute(root, "uri") or "",
        version=tree.number(root, "version"),
        full_state=tree.boolean(tree.attribute(root, "fullState")),
        resources=tuple(_parse_resource(f) for f in tree.children(root, RLMI, "resource")),
        names=tree.notes(root, RLMI, "name"),
        cid=root.get("cid"),
        root=root,
    )


def make_rlmi(rlmi: Rlmi) -> bytes:
    """The document of `rlmi`; raises `BodyError` for values that the schema refuses."""
    root = tree.make_root(RLMI, "list")
    root.set("uri", rlmi.uri)
    root.set("version", str(rlmi.version))
    root.set("fullState", "true" if rlmi.full_state else "false")
    if rlmi.cid is not None:
        root.set("cid", rlmi.cid)
    _add_names(root, rlmi.names)
    for resource in rlmi.resources:
        element = tree.add(root, RLMI, "resource", uri=resource.uri)
        _add_names(element, resource.names)
        for instance in resource.instances:
            found = tree.add(element, RLMI, "instance", id=instance.id, state=instance.state)
            for name in ("reason", "cid"):
                value = getattr(instance, name)
                if value is not None:
                    found.set(name, value)
    return tree.write_document(root)


def make_notification(
    rlmi: Rlmi,
    states: Mapping[str, bytes],
    state_type: str,
    new_id: Callable[[], str],
    domain: str,
) -> tuple[str, bytes]:
    """The Content-Type value and the body of a list NOTIFY (RFC 4662 §5).

    `states` maps the cids of `rlmi` to documents of `state_type`; `new_id` gives unguessable
    tokens for the boundary and for the root's Content-ID at `domain`. Raises `ValueError` where
    `rlmi` and `states` do not name the same cids.
    """
    if set(rlmi.cids) != set(states):
        raise ValueError(f"RLMI refers to {sorted(rlmi.cids)}, the parts are {sorted(states)}")
    parts = [make_part(MEDIA_TYPE, make_rlmi(rlmi), f"{new_id()}@{domain}")]
    parts += [make_part(state_type, body, cid) for cid, body in states.items()]
    return make_related(parts, new_id())


def merged(known: Rlmi, update: Rlmi) -> Rlmi:
    """What a subscriber knows after `update` (RFC 4662 §5.6).

    Full state replaces all, partial state the resources that it names. A document that is not
    newer than `known` changes nothing.
    """
    if update.version is not None and known.version is not None and update.version <= known.version:
        return known
    if update.full_state:
        return update
    resources = {found.uri: found for found in (*known.resources, *update.resources)}
    return replace(
        known, version=update.version, resources=tuple(resources.values()), full_state=True
    )


def _parse_resource(element: etree._Element) -> Resource:
    return Resource(
        uri=tree.attribute(element, "uri") or "",
        names=tree.notes(element, RLMI, "name"),
        instances=tuple(
            Instance(
                id=found.get("id", ""),
                state=tree.attribute(found, "state") or "",
                reason=found.get("reason"),
                cid=found.get("cid"),
                line=line_of(found),
            )
            for found in tree.children(element, RLMI, "instance")
        ),
        line=line_of(element),
    )


def _add_names(parent: etree._Element, names: Iterable[Note]) -> None:
    for name in names:
        element = tree.add(parent, RLMI, "name", name.text)
        if name.lang is not None:
            element.set(tree.qname(XML, "lang"), name.lang)
