"""Values derived from the productions of a grammar: what the harness itself calls legal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from harness.abnf.engine import Grammar
from harness.abnf.notation import CharSet, Choice, ListOf, Literal, Look, Node, Ref, Repeat
from harness.abnf.notation import Sequence as Items

_DEEPEST = 12

_URIS = (
    *("sip:a@b", "SIPS:a;b?c:d@[2001:db8::1]:5061;transport=tcp;lr;x=[1]?Route=%3Csip:c%3E&d="),
    *(
        "sip:%00@1.2.3.4;maddr=a.b.;ttl=1",
        "tel:+1-(2).3;ext=4;isub=5?@;x",
        "tel:911;phone-context=+1",
    ),
    *("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "http://[::1]:80/a;b?c", "cid:x@y"),
)
_SIP_URIS = _URIS[:3]
_BARE_URIS = ("sip:a@b", "sips:a:b@[::1]:1", "tel:+1-2", "im:a@b", "sip:a.b.")
ADDRESSES = ("::", "2001:db8::9:1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::")
# Rules whose alternatives begin alike or that look ahead, and words: none of these is known to the
# grammar.
SIP_POOLS = {
    "token": ("z", "Z9", "-z!%*_+`'~.", "0z"),
    "IPv6address": ADDRESSES,
    "host": ("a", "a-b.c.", "192.0.2.1", "[2001:db8::1]", "[::ffff:192.0.2.1]"),
    "hostport": ("a.b", "a.b:5060", "[::1]:1"),
    "LWS": (" ", "\t", "  ", "\r\n ", " \r\n\t"),
    "addr-spec": _URIS,
    "SIP-URI": _SIP_URIS,
    "absoluteURI": _URIS[-3:],
    "listed-addr-spec": (*_URIS[:-3], "im:a@b"),
    "bare-addr-spec": _BARE_URIS,
    "plain-SIP-URI": ("a@b;x=y?c=d", "[::1]:1"),
}


class Derivation:
    """Derives one value after the other with the choices of `random`.

    `pools` gives some rules a few values to choose from: those that begin as another alternative
    does (URIs), and tokens, which must not be a word that the grammar knows.
    """

    def __init__(
        self, grammar: Grammar, pools: Mapping[str, Sequence[str]], random: Random
    ) -> None:
        self._grammar = grammar
        self._pools = pools
        self._random = random

    def derive(self, rule: str) -> str:
        """A text of the rule of this name."""
        return self.derive_node(Ref(rule))

    def derive_node(self, node: Node) -> str:
        """A text of this part of a rule."""
        return self._node(node, 0)

    def _node(self, node: Node, depth: int) -> str:
        match node:
            case Literal(text, _, any_case):
                return self._spell(text) if any_case else text
            case CharSet(ranges):
                low, high = self._random.choice(ranges)
                return chr(self._random.choice((low, high, self._random.randint(low, high))))
            case Ref(name):
                if name in self._pools:
                    return self._random.choice(self._pools[name])
                return self._node(self._grammar.rules[name], depth + 1)
            case Items(items):
                return "".join(self._node(item, depth) for item in items)
            case Choice(alternatives):
                return self._node(self._choose(alternatives, depth), depth)
            case Repeat(item, least, most):
                times = self._times(least, most, depth)
                return "".join(self._node(item, depth) for _ in range(times))
            case ListOf(item):
                count = 1 if depth > _DEEPEST else self._random.choice((1, 1, 2, 3))
                text = self._node(item, depth)
                for _ in range(count - 1):
                    text += self._node(Ref("COMMA"), depth) + self._node(item, depth)
                return text
            case Look():
                return ""

    def _choose(self, alternatives: tuple[Node, ...], depth: int) -> Node:
        # Deep inside, the last alternative: a rule that contains itself has it there.
        if depth <= _DEEPEST:
            return self._random.choice(alternatives)
        return next((a for a in alternatives if isinstance(a, CharSet | Literal)), alternatives[0])

    def _times(self, least: int, most: int | None, depth: int) -> int:
        if depth > _DEEPEST:
            return least
        highest = least + self._random.choice((0, 1, 2, 6)) if most is None else most
        return self._random.randint(least, highest)

    def _spell(self, text: str) -> str:
        return self._random.choice((text, text, text.upper(), text.lower()))
