"""Comments in parentheses, which contain themselves: no regular expression covers any depth."""

from __future__ import annotations

import re
from collections.abc import Callable


def make_comment_matcher(plain: str) -> Callable[[str, int], int]:
    """A native rule for a comment whose text and quoted-pairs the regular expression `plain` takes.

    It gives the end of the comment at a position, blanks before each "(" included, or -1. `plain`
    has to take what it can at once, so that the whole costs no more than the length of the text.
    """
    part = re.compile(rf"[ \t]*+\(|\)|(?>{plain})", re.DOTALL)

    def match_comment(text: str, position: int) -> int:
        depth = 0
        while match := part.match(text, position):
            end = match[0][-1]
            is_pair = "\\" in match[0]
            if end == "(" and not is_pair:
                depth += 1
            elif depth == 0:
                return -1
            elif end == ")" and not is_pair:
                depth -= 1
            position = match.end()
            if depth == 0:
                return position
        return -1

    return match_comment
