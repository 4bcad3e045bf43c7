"""Whether a rule of a grammar takes no more than time in proportion to the length of a text."""

from __future__ import annotations

import time

from harness.abnf.engine import Grammar

_LONG = 16_384
# What a value may be made to repeat: separators, brackets, escapes and their beginnings.
_REPEATED = (
    *(" ", "\t", '"', "\\", "(", "[", "<", "%", ":", ",", ";", "=", "a", "1", "-", ".", "/"),
    *('\\"', "a-", "a.", "1:", "a=b;", ";a=b", ";a", ', "', " (a", "?a=b", "&a=b", "%41", "é"),
)
_NOISE = 0.05
"""Seconds of processor time under which a ratio says nothing."""


def assert_linear(grammar: Grammar, rule: str, case: tuple[list[str], dict[str, object]]) -> None:
    """Twice the length takes less than four times as long, whatever is repeated.

    `case` holds legal and illegal values: their beginnings lead to every part of the rule.
    """
    starts = ["", *case[0][:1], *list(case[1])[:3]]
    for start in starts:
        for text in (*_REPEATED, f", {start}"):
            times = _LONG // len(text)
            once, twice = (start + text * n * times + "\x01" for n in (1, 2))
            if _seconds(grammar, rule, once) > _NOISE:
                short = min(_seconds(grammar, rule, once) for _ in range(3))
                long = min(_seconds(grammar, rule, twice) for _ in range(3))
                assert long < 4 * short, (rule, start, text, short, long)


def _seconds(grammar: Grammar, rule: str, text: str) -> float:
    # Processor time: other work on the machine does not count.
    start = time.process_time()
    grammar.check(rule, text)
    return time.process_time() - start
