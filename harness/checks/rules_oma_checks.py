"""Presence rules of OMA and of locations: rules that go together (OMA Presence XDM, RFC 6772).

The text of OMA's specification was not at hand: what follows from the names and the schemas of its
rules is remarked, never failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from harness.body import tree
from harness.body.namespaces import (
    COMMON_POLICY,
    LOCATION_RULES,
    OMA_COMMON_POLICY,
    PRES_RULES,
)
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.registry import INFO, MUST, SHOULD, bodies, check
from harness.checks.xml_documents import at_element, elements, root_of, where_of
from harness.model import Mismatch

_RULES = bodies(documents.AUTH_POLICY, documents.FRAGMENT)
_WHOLE = bodies(documents.AUTH_POLICY)
_AUIDS = ("pres-rules", "org.openmobilealliance.pres-rules")
_CLAUSE = "OMA Presence XDM §rules by their ids"
_RULE = tree.qname(COMMON_POLICY, "rule")
_LIST, _ENTRY, _OTHER, _ANONYMOUS = (
    tree.qname(OMA_COMMON_POLICY, name)
    for name in ("external-list", "entry", "other-identity", "anonymous-request")
)
_IDENTITY = tree.qname(COMMON_POLICY, "identity")
_WATCHERS = (_IDENTITY, _LIST, _OTHER, _ANONYMOUS)

_HANDLING: Final[Mapping[str, tuple[str, ...]]] = {
    "wp_prs_allow_own": ("allow",),
    "wp_prs_grantedcontacts": ("allow",),
    "wp_prs_blockedcontacts": ("block", "polite-block"),
    "wp_prs_block_anonymous": ("block", "polite-block"),
}
"""What a rule does by its name; wp_prs_unlisted may do anything."""
_CONDITION: Final[Mapping[str, str]] = {
    "wp_prs_allow_own": _IDENTITY,
    "wp_prs_grantedcontacts": _LIST,
    "wp_prs_blockedcontacts": _LIST,
    "wp_prs_block_anonymous": _ANONYMOUS,
    "wp_prs_unlisted": _OTHER,
}
"""Whom a rule is about by its name."""
_TOGETHER = ("wp_prs_grantedcontacts", "wp_prs_blockedcontacts", "wp_prs_unlisted")


def _in(body: object, context: Context, *tags: str) -> Iterator[etree._Element]:
    where = where_of(context) if isinstance(body, documents.Fragment) else None
    root = None if where is not None and where.auid not in _AUIDS else root_of(body, context)
    return elements(root, *tags) if root is not None else iter(())


def _name(rule: etree._Element) -> str:
    return (rule.get("id") or "").strip()


def _named(body: object, context: Context) -> dict[str, etree._Element]:
    """The rules by their ids, those left out that have the same: which is meant, nobody knows."""
    rules = list(_in(body, context, _RULE))
    counts = Counter(map(_name, rules))
    return {_name(rule): rule for rule in rules if counts[_name(rule)] == 1}


def _handling(rule: etree._Element) -> str | None:
    """What the rule does with a subscription; None where it says nothing."""
    actions = tree.child(rule, COMMON_POLICY, "actions")
    return None if actions is None else tree.child_text(actions, PRES_RULES, "sub-handling")


def _conditions(rule: etree._Element) -> list[etree._Element]:
    found = tree.child(rule, COMMON_POLICY, "conditions")
    return [] if found is None else list(tree.elements(found))


@check("RULES-OMA-1", clause=_CLAUSE, level=SHOULD, on=_RULES)
def rule_does_what_its_name_says(body: object, context: Context) -> Iterator[Mismatch]:
    """A rule of OMA for granted contacts allows, one for blocked contacts blocks."""
    for name, rule in _named(body, context).items():
        wanted, found = _HANDLING.get(name), _handling(rule)
        if wanted is not None and found not in wanted:
            yield at_element(context, rule, f"{' or '.join(wanted)} by {name}", found or "nothing")


@check("RULES-OMA-2", clause=_CLAUSE, level=SHOULD, on=_RULES)
def rule_is_about_whom_its_name_says(body: object, context: Context) -> Iterator[Mismatch]:
    """A rule of OMA has the condition of its name: a list, an identity, nobody listed."""
    for name, rule in _named(body, context).items():
        wanted = _CONDITION.get(name)
        found = [each.tag for each in _conditions(rule)]
        if wanted is not None and wanted not in found:
            names = [etree.QName(each).localname for each in found]
            expected = f"{etree.QName(wanted).localname} by {name}"
            yield at_element(context, rule, expected, ", ".join(names) or "no condition")


@check("RULES-OMA-6", clause=_CLAUSE, level=SHOULD, on=_RULES)
def list_is_named(body: object, context: Context) -> Iterator[Mismatch]:
    """An external-list has entries, each with the URI of a list: it matches nobody without."""
    for element in _in(body, context, _LIST):
        if tree.child(element, OMA_COMMON_POLICY, "entry") is None:
            yield at_element(context, element, "an entry", "none")
    for entry in _in(body, context, _ENTRY):
        if not (entry.get("anc") or "").strip():
            yield at_element(context, entry, "an anc", "none")


_PROVISIONS = tuple(
    tree.qname(PRES_RULES, name)
    for name in ("provide-services", "provide-persons", "provide-devices")
)


@check("RULES-EMPTY-2", clause="RFC 5025 §3.3.1", level=INFO, on=_RULES)
def provision_provides_something(body: object, context: Context) -> Iterator[Mismatch]:
    """A provide-services, -persons or -devices names some: it shows none without."""
    for element in _in(body, context, *_PROVISIONS):
        if next(tree.elements(element), None) is None:
            yield at_element(context, element, "what is provided", "nothing")


@check("RULES-OMA-3", clause=_CLAUSE, level=INFO, on=_WHOLE)
def rules_are_complete(body: object, context: Context) -> Iterator[Mismatch]:
    """A document with one of the rules for granted, blocked and unlisted contacts has all three."""
    rules = _named(body, context)
    present = [name for name in _TOGETHER if name in rules]
    missing = [name for name in _TOGETHER if name not in rules]
    if present and missing:
        rule = rules[present[0]]
        yield at_element(context, rule, f"{', '.join(missing)} too", f"{', '.join(present)} alone")


@check("RULES-OMA-4", clause=_CLAUSE, level=INFO, on=_WHOLE)
def list_is_not_allowed_and_blocked(body: object, context: Context) -> Iterator[Mismatch]:
    """No list is both allowed and blocked: the allowing rule would win (RFC 4745 §10.2)."""
    handled: dict[str, str] = {}
    for rule in _in(body, context, _RULE):
        found = _handling(rule)
        kind = (
            "allow" if found == "allow" else "block" if found in ("block", "polite-block") else ""
        )
        for entry in rule.iter(_ENTRY) if kind else ():
            anchor = (entry.get("anc") or "").strip()
            if anchor and handled.setdefault(anchor, kind) != kind:
                expected = f"{handled[anchor]}, as before"
                yield at_element(context, entry, expected, f"{kind} {anchor}", attribute="anc")


@check("RULES-OMA-5", clause=_CLAUSE, level=INFO, on=_RULES)
def rule_has_one_kind_of_watcher(body: object, context: Context) -> Iterator[Mismatch]:
    """A rule names its watchers in one way: all conditions have to hold (RFC 4745 §7)."""
    for rule in _in(body, context, _RULE):
        found = [each for each in _conditions(rule) if each.tag in _WATCHERS]
        if len({each.tag for each in found}) > 1:
            names = ", ".join(etree.QName(each).localname for each in found)
            yield at_element(context, found[1], "one of these", names)


_PROVIDED, _WHERE = (
    tree.qname(LOCATION_RULES, name) for name in ("provide-location", "location-condition")
)


@check("RULES-LOCATION-1", clause="RFC 6772 §4", level=MUST, on=_RULES)
def condition_has_a_location(body: object, context: Context) -> Iterator[Mismatch]:
    """A location-condition has a location."""
    for element in _in(body, context, _WHERE):
        if tree.child(element, LOCATION_RULES, "location") is None:
            yield at_element(context, element, "a location", "none")


@check("RULES-LOCATION-2", clause="RFC 6772 §6.5", level=MUST, on=_RULES)
def provided_location_has_a_profile(body: object, context: Context) -> Iterator[Mismatch]:
    """A provide-location has a profile if and only if it has child elements."""
    for element in _in(body, context, _PROVIDED):
        profile, has_children = element.get("profile"), next(tree.elements(element), None)
        if has_children is not None and profile is None:
            yield at_element(context, element, "a profile", "none")
        elif has_children is None and profile is not None:
            yield at_element(context, element, "no profile", profile, attribute="profile")
