"""Decisions on watchers: what the presentity's presence rules say (RFC 5025, OMA presence XDM)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from harness.body.pres_rules import Ruleset, Transformations, decide, parse_ruleset
from harness.body.resource_lists import MAX_REFERENCES
from harness.body.schema import BodyError
from harness.network.site import ANONYMOUS_HOST, Site
from harness.network.xdms_documents import XdmDocuments

RULES_USAGES: Final = ("org.openmobilealliance.pres-rules", "pres-rules")
"""The application usages that hold presence rules, the one that counts first."""


class Handling(enum.StrEnum):
    """The values of sub-handling (RFC 5025 §3.2.1)."""

    BLOCK = "block"
    CONFIRM = "confirm"
    POLITE_BLOCK = "polite-block"
    ALLOW = "allow"


EVERYTHING: Final = Transformations(services=None, persons=None, devices=None, all_attributes=True)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a watcher gets: how its subscription is handled, and what it sees of the state."""

    handling: Handling
    transformations: Transformations = EVERYTHING


ALLOWED: Final = Decision(Handling.ALLOW)
UNDECIDED: Final = Decision(Handling.CONFIRM)


class RulesPolicy:
    """Decides by the rules that each presentity keeps at the XDMS.

    `open_presentities` let everybody watch them: the persons that the network itself plays.
    """

    def __init__(
        self, site: Site, documents: XdmDocuments, open_presentities: frozenset[str]
    ) -> None:
        self._site = site
        self._documents = documents
        self._open = open_presentities

    def decide(self, presentity: str, watcher: str) -> Decision:
        """The decision on a watcher, both as canonical identities."""
        if presentity in self._open:
            return ALLOWED
        ruleset = self._rules_of(presentity)
        if ruleset is None:
            # RFC 3857 §4.7.1: without policy a watcher is pending; the user itself needs none.
            return ALLOWED if presentity == watcher else UNDECIDED
        anchors: set[str] = set()

        def lists(anchor: str) -> tuple[str, ...]:
            anchors.add(anchor)
            if len(anchors) > MAX_REFERENCES:
                return ()
            is_member = watcher in self._documents.list_identities(anchor)
            return (watcher,) if is_member else ()

        is_anonymous = watcher.endswith(f"@{ANONYMOUS_HOST}")
        decision = decide(
            ruleset,
            None if is_anonymous else watcher,
            lists,
            is_anonymous,
            now=datetime.fromtimestamp(self._site.wall_clock(), UTC),
            canonical=self._site.identity,
        )
        return Decision(Handling(decision.sub_handling), decision.transformations)

    def _rules_of(self, presentity: str) -> Ruleset | None:
        for usage in RULES_USAGES:
            content = self._documents.content(usage, presentity)
            if content is not None:
                return _parsed(content)
        return None


@lru_cache(maxsize=1024)
def _parsed(content: bytes) -> Ruleset | None:
    try:
        return parse_ruleset(content)
    except BodyError:
        return None
