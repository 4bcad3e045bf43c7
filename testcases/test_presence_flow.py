"""The documented flow: 22 SIP steps and H1..H16, each a test case with a verdict.

The steps stand in presence.flow.yaml; here they only get their turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.flow.steps import Step
    from harness.plugin import Flow

pytestmark = [pytest.mark.presence, pytest.mark.xdist_group("presence")]


def test_step(presence: Flow, presence_step: Step) -> None:
    """The step's message came in time, and broke no clause."""
    presence.judge(presence_step)


def test_rest_of_the_traffic(presence: Flow) -> None:
    """What no step claims, and what only the end can tell, broke no clause either."""
    presence.judge_the_rest()
