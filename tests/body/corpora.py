"""The whole corpus."""

from __future__ import annotations

from . import corpus, corpus_changes, corpus_location, corpus_policies
from .corpus import Case

CASES: list[Case] = [
    *corpus.CASES,
    *corpus_location.CASES,
    *corpus_changes.CASES,
    *corpus_policies.CASES,
]
