"""The grammar of HTTP header fields, for those that XCAP traffic carries.

`validate` judges the value of a header field; `check` any other rule, by its name in the RFC.
"""

from __future__ import annotations

from functools import lru_cache

from harness.abnf.comments import make_comment_matcher
from harness.abnf.core import CORE
from harness.abnf.engine import Grammar, Violation
from harness.abnf.notation import Ref, parse_rules
from harness.xcap.grammar_rules import FIELDS as FIELD_RULES
from harness.xcap.grammar_rules import LEXICAL, URIS
from harness.xcap.headers import KNOWN_FIELDS, canonical_name

__all__ = ["FIELDS", "Violation", "check", "validate"]

_LONGEST_REMEMBERED = 512
_LEXICAL_RULES = parse_rules(CORE + LEXICAL)
_LEXICAL = Grammar(_LEXICAL_RULES, _LEXICAL_RULES)
GRAMMAR = Grammar(
    _LEXICAL_RULES | parse_rules(URIS) | parse_rules(FIELD_RULES),
    lexical=_LEXICAL_RULES,
    native={"comment": make_comment_matcher(_LEXICAL.pattern(Ref("comment-part")).pattern)},
)

FIELDS = KNOWN_FIELDS.intersection(GRAMMAR.rules)
"""The header fields that have a rule of their own, by their canonical names."""

_remembered = lru_cache(maxsize=4096)(GRAMMAR.check)


def check(rule: str, text: str) -> Violation | None:
    """Where a whole text departs from the rule of this name, or None if it is one."""
    return (_remembered if len(text) <= _LONGEST_REMEMBERED else GRAMMAR.check)(rule, text)


def validate(field_name: str, value: str) -> Violation | None:
    """Where the unfolded, stripped value of a header field departs from its grammar.

    Fields without a rule of their own are a field-value (RFC 9110 §5.5).
    """
    name = canonical_name(field_name)
    return check(name if name in FIELDS else "field-value", value)
