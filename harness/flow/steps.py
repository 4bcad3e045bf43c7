"""The steps of a flow: read from YAML, checked, and then never changed.

A step says who sends it, how it is recognised, which states it needs and leaves, how long it may
take, and what is expected of each field that the flow's document shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from harness.checks.subject import Subject
from harness.flow.document import FlowError, Node, read_document
from harness.flow.expected import Expected, read_expected
from harness.flow.recognise import Criterion, CriterionError, parse_criterion
from harness.model import Sender

__all__ = ["Expected", "Flow", "FlowError", "Step", "load_flow"]

_STEP_REQUIRED = frozenset({"id", "name", "title", "sender", "expect"})
_STEP_OPTIONAL = frozenset(
    {"match", "answers", "needs", "leaves", "deadline", "may_skip", "not_checked"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """One message of the flow.

    Either it is recognised by any of `match`, each a set of criteria that all have to hold, or it
    `answers` another step. `deadline` counts in the profile's `timers.step`. `may_skip` says why
    a conforming UE may leave the step out, "" if it may not.
    """

    id: str
    name: str
    title: str
    sender: Sender
    match: tuple[tuple[Criterion, ...], ...]
    answers: str | None
    needs: tuple[str, ...]
    leaves: tuple[str, ...]
    deadline: float
    may_skip: str
    expect: tuple[Expected, ...]
    not_checked: Mapping[str, str]
    line: int

    @property
    def is_http(self) -> bool:
        return self.id.startswith("H")

    def fits(self, subject: Subject) -> bool:
        """Whether a request is recognised as this step's."""
        return any(all(each.holds(subject) for each in criteria) for criteria in self.match)

    def takes(self, word: str, method: str) -> bool:
        """Whether a request of this method may be this step's; `word` as in `match`."""
        return any(all(each.takes(word, method) for each in criteria) for criteria in self.match)


@dataclass(frozen=True)  # not slotted: the indexes are cached
class Flow:
    """The steps in their documented order, and the states that tie them together."""

    title: str
    document: str
    steps: tuple[Step, ...]
    states: Mapping[str, str]
    path: Path

    @cached_property
    def _by_id(self) -> Mapping[str, Step]:
        return {each.id: each for each in self.steps}

    @cached_property
    def _answers(self) -> Mapping[str, Step]:
        return {each.answers: each for each in self.steps if each.answers is not None}

    @cached_property
    def _by_method(self) -> dict[tuple[Sender, str, str], tuple[Step, ...]]:
        return {}

    def step(self, step_id: str) -> Step:
        """The step with this id; raises KeyError."""
        return self._by_id[step_id]

    def answer_to(self, step_id: str) -> Step | None:
        """The step that answers this one."""
        return self._answers.get(step_id)

    def requests(self, sender: Sender) -> tuple[Step, ...]:
        """The steps that this side begins."""
        return tuple(each for each in self.steps if each.sender == sender and not each.answers)

    def candidates(self, sender: Sender, word: str, method: str) -> tuple[Step, ...]:
        """The steps of this side that a request may be, by its method alone."""
        key = (sender, word, method)
        found = self._by_method.get(key)
        if found is None:
            found = tuple(each for each in self.requests(sender) if each.takes(word, method))
            if found:  # the methods that no step takes are any number
                self._by_method[key] = found
        return found

    def leaving(self, state: str) -> tuple[Step, ...]:
        """The steps that leave a state, any of which is enough."""
        return tuple(each for each in self.steps if state in each.leaves)


def load_flow(path: Path) -> Flow:
    """Read a flow; raises FlowError."""
    root = read_document(path)
    fields = root.fields(
        frozenset({"title", "document", "states", "steps"}), frozenset({"reasons"})
    )
    states = {name: node.text() for name, node in fields["states"].items()}
    steps: list[Step] = []
    for node in fields["steps"].elements():
        step = _step(node)
        _check_place(step, node, steps, states)
        steps.append(step)
    if not steps:
        raise fields["steps"].error("a flow needs at least one step")
    title, document = fields["title"].text(), fields["document"].text()
    return Flow(title, document, tuple(steps), MappingProxyType(states), path)


def _step(node: Node) -> Step:
    identifier = next((value for key, value in node.items() if key == "id"), None)
    if identifier is not None:
        node.where = f"step {identifier.value()}"
    fields = node.fields(_STEP_REQUIRED, _STEP_OPTIONAL)
    step_id = _id(fields["id"])
    sender: Sender = "ue" if fields["sender"].choice("ue", "network") == "ue" else "network"
    if ("match" in fields) == ("answers" in fields):
        raise node.error("give either 'match' or 'answers': how the message is recognised")
    expect = tuple(read_expected(fields["expect"], step_id, fields["name"].text(), sender))
    return Step(
        id=step_id,
        name=fields["name"].text(),
        title=fields["title"].text(),
        sender=sender,
        match=_match(fields["match"]) if "match" in fields else (),
        answers=_id(fields["answers"]) if "answers" in fields else None,
        needs=fields["needs"].texts() if "needs" in fields else (),
        leaves=fields["leaves"].texts() if "leaves" in fields else (),
        deadline=fields["deadline"].number() if "deadline" in fields else 1.0,
        may_skip=fields["may_skip"].text() if "may_skip" in fields else "",
        expect=expect,
        not_checked=_not_checked(fields.get("not_checked"), {each.field for each in expect}),
        line=node.line,
    )


def _id(node: Node) -> str:
    text = str(node.value())
    if not re.fullmatch(r"H?[1-9][0-9]{0,3}", text):
        raise node.error(f"a step's id is a number, or H and a number, not {text!r}")
    return text


def _match(node: Node) -> tuple[tuple[Criterion, ...], ...]:
    alternatives = node.elements() if node.is_sequence else [node]
    return tuple(
        tuple(_criterion(word, argument) for word, argument in each.items())
        for each in alternatives
    )


def _criterion(word: str, node: Node) -> Criterion:
    try:
        return parse_criterion(word, node.value())
    except CriterionError as error:
        raise node.error(str(error)) from None


def _not_checked(node: Node | None, expected: set[str]) -> Mapping[str, str]:
    reasons: dict[str, str] = {}
    for field, reason in node.items() if node is not None else ():
        if field in expected:
            raise reason.error("is expected and not checked at once: choose one")
        reasons[field] = reason.text()
    return MappingProxyType(reasons)


def _check_place(step: Step, node: Node, before: list[Step], states: Mapping[str, str]) -> None:
    """A step among those before it: unique, answering and needing what they offer."""
    if any(step.id == each.id or step.name == each.name for each in before):
        raise node.error(f"another step has the id {step.id} or the name {step.name}")
    asked = next((each for each in before if each.id == step.answers), None)
    if step.answers is not None and (asked is None or asked.sender == step.sender):
        raise node.error(f"answers step {step.answers}: no earlier step of the other side")
    for state in (*step.needs, *step.leaves):
        if state not in states:
            raise node.error(f"'{state}' is not among the flow's states")
    left = {state for each in before for state in each.leaves}
    for state in step.needs:
        if state not in left:
            raise node.error(f"needs '{state}', which no earlier step leaves")
