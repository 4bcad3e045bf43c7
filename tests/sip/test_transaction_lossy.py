"""Two transaction layers over a network that loses, repeats and reorders."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from harness.model import Peer, Send, Transport
from harness.sip.message import Request, make_request, make_response, parse
from harness.sip.request_sending import make_via
from harness.sip.transaction import Kind, TransactionLayer

CLIENT = Peer("192.0.2.1", 5060)
SERVER = Peer("192.0.2.2", 5060)


class LossyNetwork(RuleBasedStateMachine):
    """Requests end in one final response or one failure; the server's TU sees each once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.client, self.server = TransactionLayer(), TransactionLayer()
        self.in_flight: list[Send] = []
        self.sent: list[Request] = []
        self.ended: dict[int, str] = {}
        self.served: dict[str, list[Request]] = {}
        self.answers: dict[str, set[bytes]] = {}
        self.unanswered: list[Request] = []

    # -- what the network does -----------------------------------------------------------

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self._arrive(self.in_flight.pop(self._choose(data)))

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def deliver_twice(self, data: st.DataObject) -> None:
        send = self.in_flight.pop(self._choose(data))
        self._arrive(send)
        self._arrive(send)

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        self.in_flight.pop(self._choose(data))

    @rule(seconds=st.floats(0.01, 6.0))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        outcome = self.client.tick(self.now)
        self.in_flight += outcome.sends
        for failure in outcome.failures:
            assert failure.status == 408
            self._end(failure.request, "failure")
        assert self.server.tick(self.now) == ([], [])

    # -- what the users do ---------------------------------------------------------------

    @precondition(lambda self: len(self.sent) < 4)
    @rule()
    def ask(self) -> None:
        number = len(self.sent)
        request = make_request(
            "OPTIONS",
            "sip:b@example.com",
            [
                ("Via", make_via(Transport.UDP, CLIENT, f"z9hG4bK{number}")),
                ("Max-Forwards", "70"),
                ("From", "<sip:a@example.com>;tag=1"),
                ("To", "<sip:b@example.com>"),
                ("Call-ID", "c"),
                ("CSeq", f"{number} OPTIONS"),
            ],
        )
        self.sent.append(request)
        self.in_flight += self.client.send_request(request, SERVER, self.now)

    @precondition(lambda self: self.unanswered)
    @rule(data=st.data(), status=st.sampled_from([200, 404, 500]))
    def answer(self, data: st.DataObject, status: int) -> None:
        position = data.draw(st.integers(0, len(self.unanswered) - 1))
        request = self.unanswered.pop(position)
        response = make_response(request, status, to_tag="b")
        self.answers.setdefault(branch_of(request), set()).add(response.raw)
        self.in_flight += self.server.send_response(response, self.now)

    # -- what must hold ------------------------------------------------------------------

    @invariant()
    def deadlines_lie_ahead(self) -> None:
        for layer in (self.client, self.server):
            deadline = layer.next_deadline()
            assert deadline is None or deadline > self.now - 6.0

    def teardown(self) -> None:
        self.in_flight.clear()
        for _ in range(40):
            self.time_passes(6.0)
        assert set(self.ended) == set(range(len(self.sent)))
        assert len(self.client) == 0
        assert self.client.next_deadline() is None

    def _choose(self, data: st.DataObject) -> int:
        return data.draw(st.integers(0, len(self.in_flight) - 1))

    def _arrive(self, send: Send) -> None:
        message = parse(send.data)
        if send.destination == SERVER:
            received = self.server.receive(message, CLIENT, self.now)
            if received.kind == Kind.REQUEST:
                assert isinstance(received.message, Request)
                self.served.setdefault(branch_of(received.message), []).append(received.message)
                self.unanswered.append(received.message)
            for again in received.sends:
                # "absorbed with identical response bytes"
                assert again.data in self.answers[branch_of(message)]
            self.in_flight += received.sends
            return
        received = self.client.receive(message, SERVER, self.now)
        if received.kind == Kind.RESPONSE:
            assert received.request is not None
            self._end(received.request, "response")

    def _end(self, request: Request, how: str) -> None:
        number = next(index for index, sent in enumerate(self.sent) if sent is request)
        assert number not in self.ended
        self.ended[number] = how

    @invariant()
    def server_sees_each_request_once(self) -> None:
        # A repetition that arrives after Timer J, 64*T1 after the answer, is a new request by the
        # book; the client stops repeating 64*T1 after the first, so it must have been delayed.
        if self.now < 32.0:
            assert all(len(requests) == 1 for requests in self.served.values())


def branch_of(message: object) -> str:
    assert hasattr(message, "vias")
    branch = message.vias[0].branch
    assert isinstance(branch, str)
    return branch


LossyNetwork.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLossyNetwork = LossyNetwork.TestCase
