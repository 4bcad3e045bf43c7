"""Matching text against rules: fast as one regular expression, slowly to say what is wrong.

Both ways follow the meaning that `notation` gives to a rule, so they agree. The regular
expressions hold nothing but atomic groups and possessive repetitions and never backtrack; the slow
way keeps the furthest place where something else was expected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.abnf.notation import (
    CharSet,
    Choice,
    ListOf,
    Literal,
    Look,
    Node,
    Ref,
    Repeat,
    Sequence,
    Single,
)

# What continues a token, in SIP (RFC 3261 §25.1) or in HTTP (RFC 9110 §5.6.2).
_END_OF_WORD = r"(?![A-Za-z0-9\-.!%*_+`'~#$&^|])"
_DEEPEST_RECURSION = 3


@dataclass(frozen=True, slots=True)
class Violation:
    """Where text departs from a rule.

    `offset` counts characters of the text; `expected` names the productions that could stand there.
    """

    offset: int
    expected: str


class Grammar:
    """A set of rules. `lexical` rules are reported as a whole, not by their parts.

    `native` rules are functions that take text and a position and give the end of the match or -1:
    for rules that contain themselves, of which a regular expression covers only some depth.
    """

    def __init__(
        self,
        rules: Mapping[str, Node],
        lexical: Iterable[str],
        native: Mapping[str, Callable[[str, int], int]] = MappingProxyType({}),
    ) -> None:
        self.rules = dict(rules)
        self.lexical = frozenset(lexical)
        self.native = dict(native)
        self._patterns: dict[Node, re.Pattern[str]] = {}
        self._whole_patterns: dict[str, re.Pattern[str]] = {}
        self._sources: dict[str, str] = {}
        self._natives: dict[Node, bool] = {}

    def matches(self, rule: str, text: str) -> bool:
        """Whether the whole text is a `rule`."""
        return self.check(rule, text) is None

    def check(self, rule: str, text: str) -> Violation | None:
        """Why the whole text is no `rule`, or None if it is one."""
        pattern = self._whole_patterns.get(rule)
        if pattern is None:
            source = self._source_of_start(self.rules[rule])
            pattern = self._whole_patterns[rule] = _compile(source)
        return None if pattern.fullmatch(text) else Diagnosis(self, text).run(rule)

    def pattern(self, node: Node) -> re.Pattern[str]:
        """The regular expression for a node, compiled when it is first needed."""
        pattern = self._patterns.get(node)
        if pattern is None:
            pattern = self._patterns[node] = _compile(self._source(node, ()))
        return pattern

    def _source_of_start(self, node: Node) -> str:
        """The same as `_source`, but with the item of a list only once: for the start of a text."""
        match node:
            case ListOf():
                comma, item = self._source(Ref("COMMA"), ()), self._source(node.item, ())
                source = rf"(?:(?>\A|{comma}){item})++"
            case Repeat(ListOf() as items, 0, 1):
                source = f"(?:{self._source_of_start(items)})?+"
            case Choice() if not self.split(node)[0]:
                source = "|".join(map(self._source_of_start, node.alternatives))
                source = f"(?>{source})"
            case _:
                source = self._source(node, ())
        return source

    def _source(self, node: Node, inside: tuple[str, ...]) -> str:
        match node:
            case Literal():
                source = _source_of_literal(node)
            case CharSet():
                source = _char_class(node)
            case Ref():
                source = self._source_of_rule(node.name, inside)
            case Sequence():
                source = "".join(self._source(item, inside) for item in node.items)
            case Choice():
                source = self._source_of_choice(node, inside)
            case Repeat():
                source = self._source_of_repeat(node, inside)
            case ListOf():
                item, comma = self._source(node.item, inside), self._source(Ref("COMMA"), inside)
                source = f"{item}(?:{comma}{item})*+"
            case Look():
                mark = "!" if node.negative else "="
                source = f"(?{mark}{self._source(node.item, inside)})"
        return source

    def _source_of_rule(self, name: str, inside: tuple[str, ...]) -> str:
        if inside.count(name) > _DEEPEST_RECURSION:
            return "(?!)"
        if name in self.native:
            return f"(?>{self._source(self.rules[name], (*inside, name))})"
        if name not in self._sources:
            self._sources[name] = self._source(self.rules[name], (*inside, name))
        return self._sources[name]

    def _source_of_repeat(self, node: Repeat, inside: tuple[str, ...]) -> str:
        item = node.item
        quantifier = _quantifier(node.least, node.most)
        single = self.as_set(item)
        if single:
            return _char_class(single) + quantifier
        if node.most is None and node.least < 2 and (flat := self._flat(item)):
            # Runs of single characters are taken at once.
            sets = [found for a in flat if (found := self.as_set(a))]
            run = CharSet(tuple(dict.fromkeys(r for found in sets for r in found.ranges)))
            rest = [a for a in flat if not self.as_set(a)]
            item = Choice((Repeat(run, 1, None), *rest) if sets else tuple(rest))
        return f"(?:{self._source(item, inside)}){quantifier}"

    def _flat(self, node: Node) -> list[Node]:
        """The alternatives of a choice, with those of the choices in it; [] for anything else."""
        if isinstance(node, Ref) and node.name not in self.native:
            return self._flat(self.rules[node.name])
        if not isinstance(node, Choice) or self.split(node)[0]:
            return []
        return [leaf for a in node.alternatives for leaf in (self._flat(a) or [a])]

    def _source_of_choice(self, choice: Choice, inside: tuple[str, ...]) -> str:
        committed, others = self.split(choice)
        words = [self._source(word, inside) for word, _ in committed]
        sources = [self._source(alternative, inside) for _, alternative in committed]
        sources = list(dict.fromkeys(sources))
        if others:
            rest = "|".join(self._source(alternative, inside) for alternative in others)
            guard = f"(?!{'|'.join(words)})" if words else ""
            sources.append(f"{guard}(?>{rest})" if guard else rest)
        return f"(?>{'|'.join(sources)})"

    def as_set(self, node: Node) -> CharSet | None:
        """The set of characters that a node is, if it is one."""
        while isinstance(node, Ref) and node.name not in self.native:
            node = self.rules[node.name]
        return node if isinstance(node, CharSet) else None

    def reaches_native(self, node: Node) -> bool:
        """Whether a native rule is a part of a node."""
        if node not in self._natives:
            self._natives[node] = False  # for rules that contain themselves
            self._natives[node] = any(map(self.reaches_native, self._parts(node))) or (
                isinstance(node, Ref) and node.name in self.native
            )
        return self._natives[node]

    def _parts(self, node: Node) -> tuple[Node, ...]:
        match node:
            case Ref():
                return (self.rules[node.name],)
            case Sequence():
                return node.items
            case Choice():
                return node.alternatives
            case Repeat() | ListOf() | Look():
                return (node.item,)
            case _:
                return ()

    def split(self, choice: Choice) -> tuple[list[tuple[Literal, Node]], list[Node]]:
        """The alternatives that begin with a committing word, each with its word; the others."""
        committed: list[tuple[Literal, Node]] = []
        others: list[Node] = []
        for alternative in choice.alternatives:
            words = self._leading_words(alternative)
            committed += [(word, alternative) for word in words]
            if not words:
                others.append(alternative)
        return committed, others

    def _leading_words(self, node: Node) -> list[Literal]:
        match node:
            case Literal():
                return [node] if node.commits else []
            case Ref():
                return self._leading_words(self.rules[node.name])
            case Sequence():
                return self._leading_words(node.items[0]) if node.items else []
            case Choice():
                words = [self._leading_words(a) for a in node.alternatives]
                return [w for found in words for w in found] if all(words) else []
            case _:
                return []


def _compile(source: str) -> re.Pattern[str]:
    # ASCII: where any case matches, "K" is not to match the Kelvin sign.
    return re.compile(source, re.ASCII)


def _source_of_literal(node: Literal) -> str:
    text = re.escape(node.text)
    end = _END_OF_WORD if node.commits and node.text[-1].isalnum() else ""
    return f"(?i:{text}){end}" if node.any_case else text + end


def _quantifier(least: int, most: int | None) -> str:
    if (least, most) == (0, 1):
        return "?+"
    if most is None and least < 2:
        return "++" if least else "*+"
    return f"{{{least},{'' if most is None else most}}}+"


def _char_class(node: CharSet) -> str:
    parts = (
        re.escape(chr(low)) if low == high else f"{re.escape(chr(low))}-{re.escape(chr(high))}"
        for low, high in node.ranges
    )
    return f"[{''.join(parts)}]"


class Diagnosis:
    """One text matched slowly, to find the furthest place where it departs from a rule."""

    def __init__(self, grammar: Grammar, text: str) -> None:
        self._grammar = grammar
        self._text = text
        self._furthest = -1
        self._expected: list[str] = []
        self._known: dict[tuple[str, int], int] = {}

    def run(self, rule: str) -> Violation | None:
        """Match the whole text; None if it matches."""
        end = self._match(self._grammar.rules[rule], 0)
        if end == len(self._text):
            return None
        if end > self._furthest or not self._expected:
            return Violation(max(end, 0), f"end of {rule}")
        return Violation(self._furthest, " / ".join(dict.fromkeys(self._expected)))

    def _fail(self, position: int, expected: str) -> int:
        if position > self._furthest:
            self._furthest = position
            self._expected = []
        if position == self._furthest:
            self._expected.append(expected)
        return -1

    def _match(self, node: Node, position: int) -> int:
        match node:
            case Literal() | CharSet():
                end = self._terminal(node, position, _describe(node))
            case Ref():
                end = self._rule(node.name, position)
            case Sequence():
                end = self._sequence(node, position)
            case Choice():
                end = self._choice(node, position)
            case Repeat():
                end = self._repeat(node, position)
            case ListOf():
                more = Repeat(Sequence((Ref("COMMA"), node.item)), 0, None)
                end = self._sequence(Sequence((node.item, more)), position)
            case Look():
                end = self._look(node, position)
        return end

    def _sequence(self, node: Sequence, position: int) -> int:
        for item in node.items:
            position = self._match(item, position)
            if position < 0:
                break
        return position

    def _terminal(self, node: Node, position: int, name: str) -> int:
        match = self._grammar.pattern(node).match(self._text, position)
        return match.end() if match else self._fail(position, name)

    def _rule(self, name: str, position: int) -> int:
        if name in self._grammar.native:
            end = self._grammar.native[name](self._text, position)
            return end if end >= 0 else self._fail(position, name)
        rule = self._grammar.rules[name]
        if name in self._grammar.lexical or isinstance(rule, CharSet):
            return self._terminal(rule, position, name)
        if (name, position) not in self._known:
            self._known[name, position] = self._named(name, rule, position)
        return self._known[name, position]

    def _named(self, name: str, rule: Node, position: int) -> int:
        before = len(self._expected) if self._furthest == position else 0
        end = self._match(rule, position)
        if end < 0 and self._furthest == position:
            # Nothing of the rule is there: name the rule, not its first part.
            del self._expected[before:]
            self._expected.append(name)
        return end

    def _choice(self, choice: Choice, position: int) -> int:
        committed, others = self._grammar.split(choice)
        for word, alternative in committed:
            if self._grammar.pattern(word).match(self._text, position):
                return self._match(alternative, position)
            self._fail(position, _describe(word))
        for alternative in others:
            end = self._match(alternative, position)
            if end >= 0:
                return end
        return -1

    def _repeat(self, node: Repeat, position: int) -> int:
        if self._grammar.as_set(node.item):
            return self._run(node, position)
        is_native = self._grammar.reaches_native(node.item)
        item = self._grammar.pattern(node.item)
        count, last = 0, position
        while node.most is None or count < node.most:
            # Native rules may reach further than their regular expression.
            match = None if is_native else item.match(self._text, position)
            end = match.end() if match else self._match(node.item, position)
            if end <= position:
                break
            count, last, position = count + 1, position, end
        if count:
            self._match(node.item, last)  # for what it expects beyond its end
        return position if count >= node.least else -1

    def _run(self, node: Repeat, position: int) -> int:
        """A repetition of single characters, taken at once."""
        match = self._grammar.pattern(Repeat(node.item, 0, node.most)).match(self._text, position)
        end = match.end() if match else position
        if node.most is None or end - position < node.most:
            self._match(node.item, end)  # one character more could stand there
        return end if end - position >= node.least else -1

    def _look(self, node: Look, position: int) -> int:
        match = self._grammar.pattern(node.item).match(self._text, position)
        if (match is None) == node.negative:
            return position
        return self._fail(position, f"{'no ' if node.negative else ''}{_describe(node.item)}")


def _describe(node: Single) -> str:
    match node:
        case Literal():
            return f'"{node.text}"'
        case Ref():
            return node.name
        case CharSet():
            return " / ".join(f"%x{low:02X}-{high:02X}" for low, high in node.ranges)
