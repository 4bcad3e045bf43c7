"""Every row of the state tables, and every pair that has no row."""

from __future__ import annotations

import itertools

import pytest

from harness.model import Peer, Send
from harness.sip.message import Request, make_raw
from harness.sip.request_sending import Sending
from harness.sip.timers import TimerQueue, Timers
from harness.sip.transaction_machine import (
    ClientTransaction,
    Queue,
    ServerTransaction,
    Transaction,
)
from harness.sip.transaction_states import CLIENT, SERVER, Action, Event, State, Table, step

PEER = Peer("192.0.2.1", 5060)
SENT = Send(b"what was sent last", PEER)

# Written once more, by hand, from Figures 6 and 8 of RFC 3261: state, event, next state, is
# something sent, is the TU told.
FIGURE_6 = """
    Trying      TIMER_E          Trying      send -
    Trying      TIMER_F          Terminated  -    told
    Trying      TRANSPORT_ERROR  Terminated  -    told
    Trying      PROVISIONAL      Proceeding  -    told
    Trying      FINAL            Completed   -    told
    Proceeding  TIMER_E          Proceeding  send -
    Proceeding  TIMER_F          Terminated  -    told
    Proceeding  TRANSPORT_ERROR  Terminated  -    told
    Proceeding  PROVISIONAL      Proceeding  -    told
    Proceeding  FINAL            Completed   -    told
    Completed   PROVISIONAL      Completed   -    -
    Completed   FINAL            Completed   -    -
    Completed   TIMER_K          Terminated  -    -
"""
FIGURE_8 = """
    Trying      REQUEST          Trying      -    -
    Trying      PROVISIONAL      Proceeding  send -
    Trying      FINAL            Completed   send -
    Proceeding  REQUEST          Proceeding  send -
    Proceeding  PROVISIONAL      Proceeding  send -
    Proceeding  FINAL            Completed   send -
    Proceeding  TRANSPORT_ERROR  Terminated  -    told
    Completed   REQUEST          Completed   send -
    Completed   PROVISIONAL      Completed   -    -
    Completed   FINAL            Completed   -    -
    Completed   TRANSPORT_ERROR  Terminated  -    told
    Completed   TIMER_J          Terminated  -    -
"""
TELLS_TU = {Action.PASS_TO_TU, Action.INFORM_OF_TIMEOUT, Action.INFORM_OF_ERROR}

Row = tuple[str, State, Event, State, bool, bool]


def rows_of(name: str, figure: str) -> list[Row]:
    rows: list[Row] = []
    for line in figure.split("\n"):
        if line.strip():
            state, event, then, sends, tells = line.split()
            rows.append(
                (name, State(state), Event[event], State(then), sends == "send", tells == "told")
            )
    return rows


ROWS = rows_of("client", FIGURE_6) + rows_of("server", FIGURE_8)
TABLES: dict[str, Table] = {"client": CLIENT, "server": SERVER}


def make_transaction(side: str, state: State) -> tuple[Transaction, Queue]:
    request = make_raw("OPTIONS sip:b SIP/2.0", [("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1")])
    assert isinstance(request, Request)
    queue: Queue = TimerQueue()
    transaction: Transaction
    if side == "client":
        transaction = ClientTransaction("key", request, Sending(SENT), Timers(), queue)
    else:
        transaction = ServerTransaction(("key", "other"), request, PEER, None, Timers(), queue)
    transaction.state = state
    transaction.last = SENT
    return transaction, queue


@pytest.mark.parametrize(("side", "state", "event", "then", "sends", "tells"), ROWS)
def test_transaction_takes_the_step_of_the_figure(
    side: str, state: State, event: Event, then: State, *, sends: bool, tells: bool
) -> None:
    actions = step(TABLES[side], state, event).actions
    assert bool(TELLS_TU & set(actions)) is tells

    transaction, queue = make_transaction(side, state)
    outcome = transaction.handle(event, 10.0, "why")

    assert transaction.state is then
    assert outcome.sends == ([SENT] if sends else [])
    assert bool(outcome.failures) is (then is State.TERMINATED and tells)
    if then is State.TERMINATED:
        assert queue.next_deadline() is None
    if then is State.COMPLETED and state is not then:
        # Timer K of a client is T4, Timer J of a server 64*T1.
        assert queue.next_deadline() == 10.0 + (5.0 if side == "client" else 32.0)


@pytest.mark.parametrize("side", ["client", "server"])
def test_tables_hold_the_rows_of_the_figures_and_no_others(side: str) -> None:
    expected = {(state, event) for name, state, event, *_ in ROWS if name == side}

    assert set(TABLES[side]) == expected


@pytest.mark.parametrize(
    ("side", "state", "event"),
    [
        (side, state, event)
        for side, state, event in itertools.product(TABLES, State, Event)
        if (state, event) not in TABLES[side]
    ],
)
def test_transaction_ignores_what_the_figure_does_not_show(
    side: str, state: State, event: Event
) -> None:
    transaction, queue = make_transaction(side, state)

    assert transaction.handle(event, 10.0) == ([], [])
    assert transaction.state is state
    assert queue.next_deadline() is None
