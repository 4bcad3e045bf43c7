"""The trace: numbers, HTTP answers and their requests, JSON Lines."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Peer, Transport
from harness.trace import Sequencer, Trace, TraceEntry, TraceError, read_trace, to_json
from harness.xcap.http import HttpResponse

UE, NETWORK = Peer("192.0.2.1", 5060), Peer("192.0.2.2", 5060)
CLIENT = Peer("192.0.2.1", 40000, Transport.HTTP)
SERVER = Peer("192.0.2.2", 8080, Transport.HTTP)


def exchange(trace: Trace, *messages: bytes, connection: str = "http-1") -> list[TraceEntry]:
    """Requests and responses on one connection, told apart by their start-line."""
    found = []
    for time, raw in enumerate(messages):
        ends = (SERVER, CLIENT) if raw.startswith(b"HTTP/") else (CLIENT, SERVER)
        found.append(trace.append(raw, *ends, float(time), connection=connection))
    return found


def request(method: str) -> bytes:
    return f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def response(status: int, length: int = 0) -> bytes:
    return f"HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n".encode()


def test_trace_pairs_pipelined_responses_with_their_requests_in_order() -> None:
    head, put, first, interim, second, stray = exchange(
        Trace(),
        *(request("HEAD"), request("PUT"), response(200, 5), response(100), response(201)),
        response(500),
    )
    assert first.answers is head
    assert interim.answers is put
    assert second.answers is put
    assert stray.answers is None
    # A response to HEAD has no body, whatever its Content-Length says (RFC 9110 §9.3.2).
    assert isinstance(first.message, HttpResponse)
    assert first.message.body == b""


def test_trace_keeps_connections_apart_and_forgets_closed_ones() -> None:
    trace = Trace()
    [asked] = exchange(trace, request("GET"), connection="a")
    [other] = exchange(trace, response(200), connection="b")
    assert other.answers is None
    trace.closed("a")
    [late] = exchange(trace, response(200), connection="a")
    assert late.answers is None
    assert [entry.number for entry in trace] == [1, 2, 3]
    assert trace[1] is asked


def test_sequencer_follows_a_bounded_number_of_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.trace._MAX_CONNECTIONS", 2)
    sequencer = Sequencer()
    for name in ("a", "b", "a", "c"):
        sequencer.entry(request("GET"), CLIENT, SERVER, 0.0, connection=name)
    answers = {
        name: sequencer.entry(response(200), SERVER, CLIENT, 1.0, connection=name).answers
        for name in ("a", "b", "c")
    }
    assert answers["b"] is None  # idle longest
    assert answers["a"] is not None
    assert answers["c"] is not None


def test_trace_tells_its_observers_and_refuses_numbers_it_has_not() -> None:
    trace, heard = Trace(), list[int]()
    trace.observe(lambda entry: heard.append(entry.number))
    trace.append(b"OPTIONS sip:a SIP/2.0\r\n\r\n", UE, NETWORK, 0.0)
    assert heard == [1]
    for number in (0, 2, -1):
        with pytest.raises(IndexError, match="entries 1 to 1"):
            trace[number]


peers = st.builds(
    Peer,
    st.sampled_from(["192.0.2.1", "2001:db8::1"]),
    st.integers(1, 65535),
    st.sampled_from(list(Transport)),
)


@given(
    st.lists(
        st.tuples(st.binary(max_size=80), peers, peers, st.floats(0, 2e9), st.text(max_size=5)),
        max_size=5,
    )
)
def test_trace_survives_being_written_and_read(
    rows: list[tuple[bytes, Peer, Peer, float, str]],
) -> None:
    trace = Trace()
    for raw, source, destination, time, connection in rows:
        trace.append(raw, source, destination, time, connection=connection, frame=7)
    lines = [json.dumps(to_json(entry)) + "\n" for entry in trace]
    again = read_trace(iter(["\n", *lines]))
    assert list(again) == list(trace)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "{}", '{"raw": "?", "source": [], "destination": [], "time": 0}', '"text"', "7"],
)
def test_line_that_is_no_entry_is_named(line: str) -> None:
    with pytest.raises(TraceError, match="line 2"):
        read_trace(iter(["\n", line]))


@given(st.lists(st.text(max_size=30), max_size=3))
def test_any_lines_are_read_or_refused(lines: list[str]) -> None:
    said = "line "
    try:
        read_trace(iter(lines))
    except TraceError as error:
        said = str(error)
    assert said.startswith("line ")


def test_masked_bytes_stand_in_for_the_message() -> None:
    entry = Trace().append(b"secret", UE, NETWORK, 0.0)
    assert to_json(entry, b"******")["raw"] == "KioqKioq"
