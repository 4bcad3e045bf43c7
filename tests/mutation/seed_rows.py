"""Faults that an expert would seed by hand: a pattern, what to write in its place, the sentence.

A seed is data, a row in `seeds/*.yaml`: at which messages it can be, what changes, which clause
forbids the result and how binding that is. `expert` seeds each of them in a conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.mutation.spelling import take_apart

_ROWS = Path(__file__).parent / "seeds"
# Faults of Content-Length itself: elsewhere it follows the body.
_OF_LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Seed:
    """One fault.

    `at` is searched in the start-line, to which an answer adds the method that it answers ("SIP/2.0
    200 OK <- NOTIFY"); `pattern` is searched in the whole message and replaced once by `text`.
    `level` is how binding the clause is.
    """

    kind: str
    what: str
    at: str
    pattern: str
    text: str
    clause: str
    level: str

    def applied(self, raw: bytes) -> bytes | None:
        """The message with the fault; None where it cannot have it."""
        if not re.search(self.at, place_of(raw)):
            return None
        flags = re.DOTALL | re.MULTILINE
        changed = re.sub(self.pattern.encode(), self.text.encode(), raw, count=1, flags=flags)
        if changed == raw:
            return None
        if self.kind == _OF_LENGTH:
            return changed
        parts = take_apart(changed)
        return parts.with_body(parts.body).raw()


def place_of(raw: bytes) -> str:
    """The start-line, and for an answer the method that it answers."""
    parts = take_apart(raw)
    if parts.is_request or parts.is_http:
        return parts.start
    return f"{parts.start} <- {(parts.get('CSeq') or '').rpartition(' ')[2]}"


def read_seeds() -> Iterator[Seed]:
    """Every row of the tables."""
    for path in sorted(_ROWS.glob("*.yaml")):
        for kind, rows in yaml.safe_load(path.read_text()).items():
            for row in rows:
                yield Seed(kind, *row)
