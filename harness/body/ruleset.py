"""Presence authorization documents, as values.

RFC 4745 (common policy) with the presence rules of RFC 5025 and the conditions and
transformations that OMA adds to them. `pres_rules` decides by them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

from harness.body import tree
from harness.body.namespaces import (
    COMMON_POLICY,
    OMA_COMMON_POLICY,
    OMA_PRES_RULES,
    PRES_RULES,
)
from harness.body.schema import QName, line_of
from harness.body.tree import Timestamp

MEDIA_TYPE = "application/auth-policy+xml"

SUB_HANDLING = ("block", "confirm", "polite-block", "allow")
"""From the least to the most permissive: 0, 10, 20, 30 (RFC 5025 §3.2.1)."""
USER_INPUT = ("false", "bare", "thresholds", "full")
"""Likewise (RFC 5025 §3.3.2.12)."""

_ALL = {"all-services", "all-persons", "all-devices"}


@dataclass(frozen=True, slots=True)
class Many:
    """All authenticated users, or those of `domain`, but not the excepted ones (§7.1.3)."""

    domain: str | None = None
    except_ids: tuple[str, ...] = ()
    except_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """True if one of its parts is; an unknown part is false (RFC 4745 §7.1.1)."""

    ones: tuple[str, ...] = ()
    manys: tuple[Many, ...] = ()


@dataclass(frozen=True, slots=True)
class Sphere:
    """True in one of these spheres, compared without case (RFC 4745 §7.3)."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Validity:
    """True from a start to its end (RFC 4745 §7.4)."""

    periods: tuple[tuple[Timestamp, Timestamp], ...]


@dataclass(frozen=True, slots=True)
class ExternalList:
    """True for the members of the resource lists at these HTTP URIs (OMA XDM Core)."""

    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherIdentity:
    """True for who is in no other rule (OMA XDM Core)."""


@dataclass(frozen=True, slots=True)
class AnonymousRequest:
    """True for a watcher who asked to stay anonymous (OMA XDM Core)."""


@dataclass(frozen=True, slots=True)
class UnknownCondition:
    """Always false (RFC 4745 §7)."""

    name: str


Condition = (
    Identity
    | Sphere
    | Validity
    | ExternalList
    | OtherIdentity
    | AnonymousRequest
    | UnknownCondition
)


@dataclass(frozen=True, slots=True)
class Selector:
    """A member of a provide set: `kind` is "class", "occurrence-id", "service-uri"..."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Transformations:
    """What a watcher sees (RFC 5025 §3.3).

    `services`, `persons`, `devices` say which components: None for all of them. `attributes`
    are the granted booleans by name ("activities" for provide-activities); `unknown` the granted
    attributes that have no permission of their own.
    """

    services: frozenset[Selector] | None = frozenset()
    persons: frozenset[Selector] | None = frozenset()
    devices: frozenset[Selector] | None = frozenset()
    attributes: frozenset[str] = frozenset()
    all_attributes: bool = False
    user_input: str = "false"
    unknown: frozenset[QName] = frozenset()

    def union(self, other: Transformations) -> Transformations:
        """Combined by RFC 4745 §10.2: sets unite, booleans are or-ed, the greater value wins."""
        return Transformations(
            services=_united(self.services, other.services),
            persons=_united(self.persons, other.persons),
            devices=_united(self.devices, other.devices),
            attributes=self.attributes | other.attributes,
            all_attributes=self.all_attributes or other.all_attributes,
            user_input=max(self.user_input, other.user_input, key=USER_INPUT.index),
            unknown=self.unknown | other.unknown,
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. No conditions match everybody; `sub_handling` is None without the action."""

    id: str
    conditions: tuple[Condition, ...] = ()
    sub_handling: str | None = None
    transformations: Transformations = Transformations()
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A document."""

    rules: tuple[Rule, ...] = ()
    root: etree._Element | None = field(default=None, compare=False, repr=False)


def parse_ruleset(document: bytes | etree._Element) -> Ruleset:
    """Read a document; raises `BodyError` where it is no XML or not `ruleset`."""
    root = tree.parse_root(document, MEDIA_TYPE)
    return Ruleset(tuple(_parse_rule(f) for f in tree.children(root, COMMON_POLICY, "rule")), root)


def _parse_rule(element: etree._Element) -> Rule:
    conditions = tree.child(element, COMMON_POLICY, "conditions")
    actions = tree.child(element, COMMON_POLICY, "actions")
    transformations = tree.child(element, COMMON_POLICY, "transformations")
    handling = None if actions is None else tree.child_text(actions, PRES_RULES, "sub-handling")
    return Rule(
        id=tree.attribute(element, "id") or "",
        conditions=tuple(
            _parse_condition(found)
            for found in (() if conditions is None else tree.elements(conditions))
        ),
        sub_handling=handling if handling in SUB_HANDLING else None,
        transformations=_parse_transformations(transformations),
        line=line_of(element),
    )


def _parse_condition(element: etree._Element) -> Condition:
    parser = _CONDITIONS.get(element.tag)
    return UnknownCondition(element.tag) if parser is None else parser(element)


def _parse_identity(element: etree._Element) -> Identity:
    return Identity(
        ones=tuple(
            tree.attribute(found, "id") or ""
            for found in tree.children(element, COMMON_POLICY, "one")
        ),
        manys=tuple(_parse_many(found) for found in tree.children(element, COMMON_POLICY, "many")),
    )


def _parse_many(element: etree._Element) -> Many:
    excepted = list(tree.children(element, COMMON_POLICY, "except"))
    ids = (tree.attribute(found, "id") for found in excepted)
    domains = (tree.attribute(found, "domain") for found in excepted)
    return Many(
        domain=tree.attribute(element, "domain"),
        except_ids=tuple(value for value in ids if value is not None),
        except_domains=tuple(value for value in domains if value is not None),
    )


def _parse_validity(element: etree._Element) -> Validity:
    times = [
        Timestamp(tree.raw_text(found), line_of(found))
        for found in tree.elements(element)
        if found.tag in _PERIOD
    ]
    return Validity(tuple(zip(times[::2], times[1::2], strict=False)))


def _parse_external_list(element: etree._Element) -> ExternalList:
    entries = tree.children(element, OMA_COMMON_POLICY, "entry")
    anchors = (tree.attribute(found, "anc") for found in entries)
    return ExternalList(tuple(anchor for anchor in anchors if anchor))


_PERIOD = (tree.qname(COMMON_POLICY, "from"), tree.qname(COMMON_POLICY, "until"))
_CONDITIONS: dict[str, Callable[[etree._Element], Condition]] = {
    tree.qname(COMMON_POLICY, "identity"): _parse_identity,
    tree.qname(COMMON_POLICY, "sphere"): lambda found: Sphere(
        tuple(found.get("value", "").lower().split())
    ),
    tree.qname(COMMON_POLICY, "validity"): _parse_validity,
    tree.qname(OMA_COMMON_POLICY, "external-list"): _parse_external_list,
    tree.qname(OMA_COMMON_POLICY, "other-identity"): lambda _: OtherIdentity(),
    tree.qname(OMA_COMMON_POLICY, "anonymous-request"): lambda _: AnonymousRequest(),
}


def _parse_transformations(element: etree._Element | None) -> Transformations:
    sets: dict[str, frozenset[Selector] | None] = {}
    attributes: set[str] = set()
    unknown: set[QName] = set()
    all_attributes = False
    user_input = "false"
    for found in () if element is None else tree.elements(element):
        name = QName.parse(found.tag)
        if name.namespace not in (PRES_RULES, OMA_PRES_RULES):
            continue
        permission = name.local.removeprefix("provide-")
        value = tree.text(found) or ""
        if permission in ("services", "persons", "devices"):
            sets[permission] = _united(sets.get(permission, frozenset()), _parse_set(found))
        elif permission == "all-attributes":
            all_attributes = True
        elif permission == "user-input" and value in USER_INPUT:
            user_input = max(user_input, value, key=USER_INPUT.index)
        elif permission == "unknown-attribute" and tree.boolean(value):
            unknown.add(QName(found.get("ns"), found.get("name", "")))
        elif tree.boolean(value) or (permission == "geopriv" and value == "full"):
            attributes.add(permission)
    return Transformations(
        services=sets.get("services", frozenset()),
        persons=sets.get("persons", frozenset()),
        devices=sets.get("devices", frozenset()),
        attributes=frozenset(attributes),
        all_attributes=all_attributes,
        user_input=user_input,
        unknown=frozenset(unknown),
    )


def _parse_set(element: etree._Element) -> frozenset[Selector] | None:
    names = [(QName.parse(found.tag).local, found) for found in tree.elements(element)]
    if any(local in _ALL for local, _ in names):
        return None
    return frozenset(Selector(local, tree.text(found) or "") for local, found in names)


def _united(
    one: frozenset[Selector] | None, other: frozenset[Selector] | None
) -> frozenset[Selector] | None:
    return None if one is None or other is None else one | other
