"""The grammar of SIP: RFC 3261 §25 and the extensions that presence uses.

`validate` judges the value of a header field; `check` any other rule, by its name in the RFC.
"""

from __future__ import annotations

from functools import lru_cache

from harness.abnf.comments import make_comment_matcher
from harness.abnf.core import CORE
from harness.abnf.engine import Grammar, Violation
from harness.abnf.notation import Ref, parse_rules
from harness.sip.grammar_basic import LEXICAL, URIS
from harness.sip.grammar_extensions import EXTENSION_FIELDS
from harness.sip.grammar_fields import AUTHENTICATION_FIELDS, RFC3261_FIELDS
from harness.sip.grammar_private import P_HEADER_FIELDS
from harness.sip.headers import KNOWN_FIELDS, canonical_name
from harness.sip.remember import LONGEST_REMEMBERED

__all__ = ["FIELDS", "Violation", "check", "matches", "validate"]

_LEXICAL_RULES = parse_rules(CORE + LEXICAL)
_FIELD_RULES = {
    name: rule
    for text in (RFC3261_FIELDS, AUTHENTICATION_FIELDS, EXTENSION_FIELDS, P_HEADER_FIELDS)
    for name, rule in parse_rules(text).items()
}
_LEXICAL = Grammar(_LEXICAL_RULES, _LEXICAL_RULES)
GRAMMAR = Grammar(
    _LEXICAL_RULES | parse_rules(URIS) | _FIELD_RULES,
    lexical=_LEXICAL_RULES,
    native={"comment": make_comment_matcher(_LEXICAL.pattern(Ref("comment-part")).pattern)},
)

FIELDS = KNOWN_FIELDS.intersection(_FIELD_RULES)
"""The header fields that have a rule of their own, by their canonical names."""


def check(rule: str, text: str) -> Violation | None:
    """Where a whole text departs from the rule of this name, or None if it is one."""
    return _remembered(rule, text) if len(text) <= LONGEST_REMEMBERED else GRAMMAR.check(rule, text)


_remembered = lru_cache(maxsize=16384)(GRAMMAR.check)


def matches(rule: str, text: str) -> bool:
    """Whether the whole text is one of the rule of this name."""
    return check(rule, text) is None


def validate(field_name: str, value: str) -> Violation | None:
    """Where the unfolded, stripped value of a header field departs from its grammar.

    Fields without a rule of their own are extension-header (RFC 3261 §25.1).
    """
    name = canonical_name(field_name)
    return check(name if name in FIELDS else "header-value", value)
