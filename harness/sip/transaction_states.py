"""The state machines of non-INVITE transactions as tables (RFC 3261 §17.1.2.2 and §17.2.2).

A pair of state and event that is not in a table is no event in that state: nothing happens.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class State(enum.Enum):
    """The states of Figures 6 and 8."""

    TRYING = "Trying"
    PROCEEDING = "Proceeding"
    COMPLETED = "Completed"
    TERMINATED = "Terminated"


class Event(enum.Enum):
    """What happens to a transaction."""

    REQUEST = "the request is received again"
    PROVISIONAL = "1xx, from the peer or from the TU"
    FINAL = "200-699, from the peer or from the TU"
    TIMER_E = "Timer E"
    TIMER_F = "Timer F"
    TIMER_J = "Timer J"
    TIMER_K = "Timer K"
    TRANSPORT_ERROR = "transport error"


class Action(enum.Enum):
    """What a transaction does."""

    SEND = "send what was sent last once more, or the TU's new response"
    PASS_TO_TU = "pass to the TU"  # noqa: S105 - a state machine's word, not a password
    DOUBLE_TIMER_E = "set Timer E to MIN(2 * interval, T2)"
    CAP_TIMER_E = "set Timer E to T2"
    START_TIMER_J = "start Timer J"
    START_TIMER_K = "start Timer K"
    INFORM_OF_TIMEOUT = "inform the TU of the timeout"
    INFORM_OF_ERROR = "inform the TU of the transport error"


class Step(NamedTuple):
    """Where an event leads and what is done on the way."""

    state: State
    actions: tuple[Action, ...] = ()


Table = Mapping[tuple[State, Event], Step]

# RFC 3261 Figure 6 and §17.1.2.2.
CLIENT: Table = MappingProxyType(
    {
        (State.TRYING, Event.TIMER_E): Step(State.TRYING, (Action.SEND, Action.DOUBLE_TIMER_E)),
        (State.TRYING, Event.TIMER_F): Step(State.TERMINATED, (Action.INFORM_OF_TIMEOUT,)),
        (State.TRYING, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.INFORM_OF_ERROR,)),
        (State.TRYING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.PASS_TO_TU,)),
        (State.TRYING, Event.FINAL): Step(
            State.COMPLETED, (Action.PASS_TO_TU, Action.START_TIMER_K)
        ),
        (State.PROCEEDING, Event.TIMER_E): Step(
            State.PROCEEDING, (Action.SEND, Action.CAP_TIMER_E)
        ),
        (State.PROCEEDING, Event.TIMER_F): Step(State.TERMINATED, (Action.INFORM_OF_TIMEOUT,)),
        (State.PROCEEDING, Event.TRANSPORT_ERROR): Step(
            State.TERMINATED, (Action.INFORM_OF_ERROR,)
        ),
        (State.PROCEEDING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.PASS_TO_TU,)),
        (State.PROCEEDING, Event.FINAL): Step(
            State.COMPLETED, (Action.PASS_TO_TU, Action.START_TIMER_K)
        ),
        # "exists to buffer any additional response retransmissions"
        (State.COMPLETED, Event.PROVISIONAL): Step(State.COMPLETED),
        (State.COMPLETED, Event.FINAL): Step(State.COMPLETED),
        (State.COMPLETED, Event.TIMER_K): Step(State.TERMINATED),
    }
)

# RFC 3261 Figure 8 and §17.2.2.
SERVER: Table = MappingProxyType(
    {
        # "any further request retransmissions are discarded"
        (State.TRYING, Event.REQUEST): Step(State.TRYING),
        (State.TRYING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.SEND,)),
        (State.TRYING, Event.FINAL): Step(State.COMPLETED, (Action.SEND, Action.START_TIMER_J)),
        (State.PROCEEDING, Event.REQUEST): Step(State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Event.PROVISIONAL): Step(State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Event.FINAL): Step(State.COMPLETED, (Action.SEND, Action.START_TIMER_J)),
        (State.PROCEEDING, Event.TRANSPORT_ERROR): Step(
            State.TERMINATED, (Action.INFORM_OF_ERROR,)
        ),
        (State.COMPLETED, Event.REQUEST): Step(State.COMPLETED, (Action.SEND,)),
        # "Any other final responses passed by the TU ... MUST be discarded"
        (State.COMPLETED, Event.PROVISIONAL): Step(State.COMPLETED),
        (State.COMPLETED, Event.FINAL): Step(State.COMPLETED),
        (State.COMPLETED, Event.TIMER_J): Step(State.TERMINATED),
        (State.COMPLETED, Event.TRANSPORT_ERROR): Step(State.TERMINATED, (Action.INFORM_OF_ERROR,)),
    }
)


def step(table: Table, state: State, event: Event) -> Step:
    """What the table says; what is not in it changes nothing."""
    return table.get((state, event), Step(state))
