"""The xmlns() expressions of an XCAP URI's query component (RFC 4825 §6.4)."""

from __future__ import annotations

import re

_SCHEME_NAME = re.compile(r"\s*([^\s()^]+)\(")
_XMLNS_DATA = re.compile(r"\s*([^\s=:]+)\s*=\s*(.*)", re.DOTALL)
_SHORTHAND = re.compile(r"\s*[^\s()^]*\s*")


class XPointerError(ValueError):
    """A query component that is no xpointer expression; `offset` counts its characters."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset


def read_xmlns(text: str) -> tuple[tuple[str, str], ...]:
    """The prefix bindings of `xmlns(a=urn:x)xmlns(b=urn:y)`; raises `XPointerError`.

    Expressions of other schemes are ignored, as a server MUST (RFC 4825 §6.4). When a prefix is
    bound twice the later binding holds (XPointer xmlns() scheme §3).
    """
    bindings: dict[str, str] = {}
    position = 0
    if _SHORTHAND.fullmatch(text):  # a bare name is no xmlns() expression
        return ()
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _SCHEME_NAME.match(text, position)
        if match is None:
            raise XPointerError(position, "no scheme name followed by (")
        data, position = _scheme_data(text, match.end())
        if match[1] == "xmlns":
            binding = _XMLNS_DATA.fullmatch(data)
            if binding is None:
                raise XPointerError(match.end(), "no prefix = namespace name inside xmlns()")
            bindings[binding[1]] = binding[2].strip()
    return tuple(bindings.items())


def _scheme_data(text: str, start: int) -> tuple[str, int]:
    """The data between balanced parentheses, circumflex escapes undone (XPointer framework §3)."""
    data: list[str] = []
    depth = 1
    index = start
    while index < len(text):
        char = text[index]
        if char == "^" and text[index + 1 : index + 2] in ("(", ")", "^"):
            data.append(text[index + 1])
            index += 2
            continue
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth == 0:
            return "".join(data), index + 1
        data.append(char)
        index += 1
    raise XPointerError(start, "the parenthesis is not closed")
