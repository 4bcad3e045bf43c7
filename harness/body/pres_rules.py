"""What presence rules allow a watcher: matching rules, combined (RFC 4745 §10, RFC 5025, OMA)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from urllib.parse import unquote

from harness.body.ruleset import (
    MEDIA_TYPE,
    SUB_HANDLING,
    AnonymousRequest,
    Condition,
    ExternalList,
    Identity,
    Many,
    OtherIdentity,
    Rule,
    Ruleset,
    Selector,
    Sphere,
    Transformations,
    UnknownCondition,
    Validity,
    parse_ruleset,
)

__all__ = [
    "MEDIA_TYPE",
    "SUB_HANDLING",
    "Decision",
    "Rule",
    "Ruleset",
    "Selector",
    "Transformations",
    "canonical_uri",
    "decide",
    "parse_ruleset",
]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of a watcher; `rules` are the ids of those that counted."""

    sub_handling: str
    transformations: Transformations
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """The facts that conditions are matched against.

    `identities` are the watcher's authenticated URIs, canonical; none for a watcher who is not
    authenticated. `now` is None where the time is of no interest: no validity then holds.
    """

    identities: frozenset[str]
    anonymous: bool
    lists: Callable[[str], Iterable[str]]
    sphere: str | None
    now: datetime | None
    canonical: Callable[[str], str]

    def is_one_of(self, uris: Iterable[str]) -> bool:
        return any(self.canonical(uri) in self.identities for uri in uris)

    def is_in_domain(self, domain: str) -> bool:
        # RFC 4745 §7.1.3, without the ToASCII step: the harness' domains are ASCII.
        wanted = unquote(domain).lower()
        return any(uri.rpartition("@")[2] == wanted for uri in self.identities)


def decide(
    ruleset: Ruleset,
    watcher: str | Sequence[str] | None,
    lists: Callable[[str], Iterable[str]],
    anonymous: bool = False,
    *,
    sphere: str | None = None,
    now: datetime | None = None,
    canonical: Callable[[str], str] | None = None,
) -> Decision:
    """What `ruleset` allows `watcher`.

    `watcher` is the authenticated URI, or several asserted ones (RFC 5025 §3.1.1.2), or None for
    an unauthenticated request. `lists` gives the URIs of the resource list at an HTTP URI, none
    where there is no such list. `anonymous` says that the watcher asked for privacy. `canonical`
    brings URIs to a form in which equal ones are equal texts, by default `canonical_uri`.

    Without a matching rule the watcher is blocked and sees nothing (RFC 5025 §3.2.1).
    """
    form = canonical or canonical_uri
    uris = [] if watcher is None else [watcher] if isinstance(watcher, str) else watcher
    request = Request(frozenset(map(form, uris)), anonymous, lists, sphere, now, form)
    counted = _counted([rule for rule in ruleset.rules if _matches(rule, request)])
    handlings = [rule.sub_handling for rule in counted if rule.sub_handling is not None]
    return Decision(
        # RFC 4745 §10.2: the maximum; none counts as the lowest, block
        sub_handling=max(handlings, key=SUB_HANDLING.index, default=SUB_HANDLING[0]),
        transformations=reduce(
            Transformations.union, (rule.transformations for rule in counted), Transformations()
        ),
        rules=tuple(rule.id for rule in counted),
    )


def _counted(matching: list[Rule]) -> list[Rule]:
    """The matching rules that are combined.

    OMA XDM Core: a rule that names the watcher outweighs one that finds the watcher in a list,
    and `other-identity` counts only where neither is. Rules without such a condition always
    count, as in RFC 4745.
    """
    for kinds in ((Identity,), (ExternalList, AnonymousRequest), (OtherIdentity,)):
        chosen = [rule for rule in matching if _has(rule, kinds)]
        if chosen:
            about_nobody = [rule for rule in matching if not _has(rule, _ABOUT_WATCHER)]
            return [rule for rule in matching if rule in chosen or rule in about_nobody]
    return matching


_ABOUT_WATCHER: tuple[type, ...] = (Identity, ExternalList, AnonymousRequest, OtherIdentity)


def _has(rule: Rule, kinds: tuple[type, ...]) -> bool:
    return any(isinstance(condition, kinds) for condition in rule.conditions)


def _matches(rule: Rule, request: Request) -> bool:
    """RFC 4745 §10.1: all conditions hold; with none, the rule is for everybody."""
    return all(_holds(condition, request) for condition in rule.conditions)


def _holds(condition: Condition, request: Request) -> bool:
    match condition:
        case Identity():
            holds = request.is_one_of(condition.ones) or any(
                _is_of(many, request) for many in condition.manys
            )
        case ExternalList():
            holds = any(request.is_one_of(request.lists(anchor)) for anchor in condition.anchors)
        case OtherIdentity():
            holds = bool(request.identities)
        case AnonymousRequest():
            holds = request.anonymous
        case Sphere():
            holds = request.sphere is not None and request.sphere.lower() in condition.values
        case Validity():
            holds = _is_valid(condition, request.now)
        case UnknownCondition():
            holds = False  # RFC 4745 §7
    return holds


def _is_of(many: Many, request: Request) -> bool:
    """RFC 4745 §7.1.3; only an authenticated watcher is one of many."""
    return (
        bool(request.identities)
        and (many.domain is None or request.is_in_domain(many.domain))
        and not request.is_one_of(many.except_ids)
        and not any(request.is_in_domain(domain) for domain in many.except_domains)
    )


def _is_valid(validity: Validity, now: datetime | None) -> bool:
    """RFC 4745 §7.4: at or after a from, before its until. A time without zone never holds."""
    if now is None:
        return False
    moments = [(start.moment, end.moment) for start, end in validity.periods]
    return any(
        start is not None and end is not None and start <= now < end for start, end in moments
    )


def canonical_uri(uri: str) -> str:
    """A URI as identities are compared here: without parameters and port, host in lower case.

    So `sip:+1@Example.com;user=phone` is `sip:+1@example.com`. A tel URI never equals a SIP URI
    (RFC 5025 §3.1.1.2).
    """
    scheme, _, rest = uri.strip().partition(":")
    user, at, host = rest.partition("?")[0].rpartition("@")
    host = host.partition(";")[0].lower()
    end = host.find("]") + 1 if host.startswith("[") else host.find(":")
    host = host[:end] if end > 0 else host
    # RFC 3261 §19.1.1: a ";" before the "@" is part of the user
    return f"{scheme.lower()}:{unquote(user)}{at}{host}"
