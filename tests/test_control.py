"""Test cases steer the network side while it plays on sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from harness.config import Profile
from harness.live import LiveNetwork
from harness.model import Peer
from harness.sip.message import Request, Response, make_request, make_response, parse

AOR = "sip:+339012341234@test-rcs.com"
DEADLINE = 5.0


class Silent:
    """A run that takes no notes."""

    def __call__(
        self, raw: bytes, source: Peer, destination: Peer, time: float, *, connection: str
    ) -> None:
        """A message crossed the wire."""

    def fault(self, error: BaseException) -> None:
        raise error

    def note(self, level: str, text: str) -> None:
        """Something worth knowing."""


class Phone:
    """A UE of a few lines on a UDP socket."""

    def __init__(self, network: Peer) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(DEADLINE)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect((network.host, network.port))
        self._count = 0

    def send(self, method: str, uri: str, *rows: tuple[str, str]) -> Response:
        self._count += 1
        host, port = self._socket.getsockname()
        request = make_request(
            method,
            uri,
            [
                ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{self._count};rport"),
                ("Max-Forwards", "70"),
                ("From", f"<{AOR}>;tag={self._count}"),
                ("To", f"<{AOR}>"),
                ("Call-ID", f"call-{self._count}"),
                ("CSeq", f"1 {method}"),
                ("Contact", f"<sip:{host}:{port}>"),
                *rows,
            ],
        )
        self._socket.send(request.raw)
        while True:
            message = self.receive()
            if isinstance(message, Response):
                return message

    def receive(self) -> Request | Response:
        """The next message; a NOTIFY is answered."""
        message = parse(self._socket.recv(65536))
        if isinstance(message, Request):
            self._socket.send(make_response(message, 200).raw)
        return message

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def live() -> Iterator[LiveNetwork]:
    network = LiveNetwork(Profile(name="steered"), Silent())
    yield network
    network.stop()


@pytest.fixture
def phone(live: LiveNetwork) -> Iterator[Phone]:
    phone = Phone(live.sip)
    yield phone
    phone.close()


def test_answer_is_the_one_that_was_asked_for(live: LiveNetwork, phone: Phone) -> None:
    live.control.registrar.next_answer(503, headers=[("Retry-After", "7")])

    assert phone.send("REGISTER", "sip:test-rcs.com").status == 503
    assert phone.send("REGISTER", "sip:test-rcs.com").status == 200


def test_notification_is_sent_at_once(live: LiveNetwork, phone: Phone) -> None:
    assert phone.send("SUBSCRIBE", AOR, ("Event", "presence.winfo")).status == 200
    first = phone.receive()
    assert isinstance(first, Request)

    live.control.winfo.terminate(AOR, "deactivated")

    last = phone.receive()
    assert last.headers.get("Subscription-State") == "terminated;reason=deactivated"


def test_what_a_role_cannot_do_is_told_to_the_test_case(live: LiveNetwork) -> None:
    with pytest.raises(LookupError, match="no subscription that rls notifies"):
        live.control.rls.terminate(AOR)
