"""The documented order of the UE's requests, for those who ask for it.

Each request of the documented UE waits for the final response to the one before it. The standards
do not ask for that (only for what `needs` says), so this is an option.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from harness.flow.expected import Expected
from harness.flow.progress import Progress
from harness.flow.steps import Step
from harness.model import Clause, Level, Mismatch

ORDER = Expected(
    id="FLOW-ORDER-1",
    field="order",
    words=MappingProxyType({}),
    clause=Clause("documented flow"),
    level=Level.MUST,
    purpose="The UE sends its requests in the documented order, each after the response to the "
    "one before it.",
    sender="ue",
    needs=(),
    line=0,
)
"""Judged with the strict order only."""


def out_of_order(progress: Progress, step: Step) -> Iterator[Mismatch]:
    """What is wrong with the UE's request for `step` coming now."""
    requests = progress.flow.requests("ue")
    place = requests.index(step)
    for each in requests[place + 1 :]:
        if progress.steps[each.id].is_done:
            yield Mismatch(f"{step.name} before {each.name}", "after it", "order")
    for each in requests[:place]:
        if progress.steps[each.id].is_done and progress.is_open(each):
            yield Mismatch(f"{step.name} after the response to {each.name}", "before it", "order")
