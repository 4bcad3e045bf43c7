"""The notation in which the grammar is written: ABNF (RFC 5234), read as ordered choices.

What differs from RFC 5234:

- Alternatives are tried in their order and the first that matches is kept; repetitions take all
  that they can. So a rule needs no backtracking, and hostile input costs no more than its length.
- 'word' (single quotes) is a literal that commits: where it stands, no other alternative is tried.
  A parameter that the grammar knows by name thus needs the value that the grammar gives it, though
  generic-param would let anything pass. After a letter or digit the word has to end there.
- &x and !x look ahead: x has to, or must not, follow.
- 1#x and #x are lists, "x *(COMMA x)" and "[x *(COMMA x)]", as in RFC 2616 §2.1 but without
  empty elements.
- %s"x" is matched with its case (RFC 7405), "x" and 'x' in any case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Literal:
    """Characters as they stand; `commits` for a 'word'."""

    text: str
    commits: bool = False
    any_case: bool = True


@dataclass(frozen=True, slots=True)
class CharSet:
    """One character out of ranges."""

    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """Another rule."""

    name: str


Single = Literal | CharSet | Ref


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    alternatives: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """From `least` to `most` times; no limit if `most` is None."""

    item: Node
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class ListOf:
    """One or more items with COMMA between them."""

    item: Node


@dataclass(frozen=True, slots=True)
class Look:
    """What has to follow, or must not; takes nothing."""

    item: Single
    negative: bool


Node = Literal | CharSet | Ref | Sequence | Choice | Repeat | ListOf | Look

_TOKENS = re.compile(
    r"""(?P<space>\s+|;[^\n]*)
      | (?P<rule>^[A-Za-z][A-Za-z0-9-]*)[ ]*=
      | (?P<name>[A-Za-z][A-Za-z0-9-]*)
      | (?P<cased>%s"[^"]*")
      | (?P<literal>"[^"]*")
      | (?P<word>'[^']+')
      | (?P<chars>%x[0-9A-F]+(?:-[0-9A-F]+)?)
      | (?P<repeat>[0-9]*\*[0-9]*|1?\#|[0-9]+)
      | (?P<mark>[/()\[\]&!])""",
    re.VERBOSE | re.MULTILINE,
)
_Token = tuple[str, str]


def parse_rules(text: str) -> dict[str, Node]:
    """Read rules, each beginning in the first column: "name = elements"."""
    rules: dict[str, Node] = {}
    tokens = list(_scan(text))
    starts = [index for index, (kind, _) in enumerate(tokens) if kind == "rule"]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        name = tokens[start][1]
        if name in rules:
            raise ValueError(f"rule {name} is written twice")
        rules[name] = _Reader(tokens[start + 1 : end]).read()
    return rules


def _scan(text: str) -> Iterable[_Token]:
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            raise ValueError(f"no ABNF: {text[position : position + 40]!r}")
        kind = match.lastgroup or ""
        if kind != "space":
            yield kind, match[kind]
        position = match.end()


class _Reader:
    """Reads the elements of one rule."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = [*tokens, ("end", "")]
        self._next = 0

    def read(self) -> Node:
        node = self._choice()
        if self._peek()[0] != "end":
            raise ValueError(f"unexpected {self._peek()[1]!r} in a rule")
        return node

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek()
        self._next += 1
        return token

    def _choice(self) -> Node:
        alternatives = [self._sequence()]
        while self._peek() == ("mark", "/"):
            self._take()
            alternatives.append(self._sequence())
        return _make_choice(alternatives)

    def _sequence(self) -> Node:
        items = []
        while self._peek() not in (("end", ""), ("mark", "/"), ("mark", ")"), ("mark", "]")):
            items.append(self._element())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def _element(self) -> Node:
        kind, text = self._take()
        if kind == "repeat":
            return _repeat(text, self._element())
        if kind == "mark":
            return self._group(text)
        if kind not in _ATOMS:
            raise ValueError(f"unexpected {text!r} in a rule")
        return _ATOMS[kind](text)

    def _group(self, mark: str) -> Node:
        if mark in "&!":
            item = self._element()
            if not isinstance(item, Single):
                raise ValueError(f"{mark} looks ahead to one rule or literal")
            return Look(item, negative=mark == "!")
        node = self._choice()
        if self._take() != ("mark", {"(": ")", "[": "]"}[mark]):
            raise ValueError(f"{mark} is not closed")
        return Repeat(node, 0, 1) if mark == "[" else node


def _repeat(text: str, item: Node) -> Node:
    if text == "1#":
        return ListOf(item)
    if text == "#":
        return Repeat(ListOf(item), 0, 1)
    least, star, most = text.partition("*")
    if not star:
        return Repeat(item, int(least), int(least))
    return Repeat(item, int(least or 0), int(most) if most else None)


def _make_choice(alternatives: list[Node]) -> Node:
    # A choice between single characters is a set of characters.
    if len(alternatives) == 1:
        return alternatives[0]
    sets = [_as_set(alternative) for alternative in alternatives]
    if all(found is not None for found in sets):
        return CharSet(tuple(r for found in sets if found is not None for r in found.ranges))
    return Choice(tuple(alternatives))


def _as_set(node: Node) -> CharSet | None:
    if isinstance(node, CharSet):
        return node
    if isinstance(node, Literal) and len(node.text) == 1 and not node.commits:
        codes = {ord(node.text)}
        if node.any_case:
            codes |= {ord(node.text.lower()), ord(node.text.upper())}
        return CharSet(tuple((code, code) for code in sorted(codes)))
    return None


def _chars(text: str) -> Node:
    first, _, last = text[2:].partition("-")
    return CharSet(((int(first, 16), int(last or first, 16)),))


_ATOMS: dict[str, Callable[[str], Node]] = {
    "name": Ref,
    "cased": lambda text: Literal(text[3:-1], any_case=False),
    "literal": lambda text: Literal(text[1:-1]),
    "word": lambda text: Literal(text[1:-1], commits=True),
    "chars": _chars,
}
