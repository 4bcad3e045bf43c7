"""The judge itself: retransmissions, pairing, bodies, the end, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.checks import registry
from harness.checks.bounded import Bounded
from harness.checks.context import Context
from harness.checks.judge import Judge, is_keepalive
from harness.checks.pending import Pending
from harness.checks.registry import BodyPart, bodies, check, unreadable_bodies
from harness.config import CheckChange, load_profile
from harness.model import Mismatch, Peer, Transport
from harness.trace import Trace
from tests.checks.conversation import (
    CONTACT,
    NETWORK,
    UE,
    answer,
    judge,
    message,
    net,
    notification,
    over_tcp,
    refresh,
    request,
    subscribed,
    ue,
)

REGISTER = request("REGISTER", branch="z9hG4bKfirst")
BAD = REGISTER.replace(b"Max-Forwards: 70", b"Max-Forwards: 300")


def test_judge_judges_a_retransmission_once() -> None:
    verdicts = judge([BAD, BAD, BAD])

    assert [each.kind for each in verdicts.judged] == [
        "message",
        "retransmission",
        "retransmission",
    ]
    assert verdicts.ids().count("GEN-MAXFORWARDS-1") == 1


def test_judge_knows_a_retransmitted_response() -> None:
    accepted = answer(REGISTER)
    verdicts = judge([REGISTER, net(accepted), REGISTER, net(accepted)])

    assert [each.kind for each in verdicts.judged][2:] == ["retransmission", "retransmission"]


def test_judge_takes_no_second_request_on_tcp_for_a_retransmission() -> None:
    raw = REGISTER.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP")
    verdicts = judge(over_tcp([ue(raw), ue(raw)]))

    assert [each.kind for each in verdicts.judged] == ["message", "message"]


def test_judge_tells_the_request_that_a_response_answers() -> None:
    verdicts = judge([REGISTER, net(answer(REGISTER))])

    assert verdicts.judged[1].request is verdicts.judged[0].entry


def test_judge_tells_the_dialog_of_a_message() -> None:
    judged = judge([*subscribed(), refresh()]).judged

    assert judged[0].dialog == ""
    assert {each.dialog for each in judged[1:]} == {"subscribe-call;alice-1;bob-1"}


@pytest.mark.parametrize(
    "raw",
    [b"\r\n\r\n", b"\r\n", b"\0\0\0\0", b"jaK", b"\0\1\0\0\x21\x12\xa4\x42" + bytes(12)],
    ids=["crlf-crlf", "crlf", "zeros", "word", "stun"],
)
def test_judge_takes_keepalives_for_no_message(raw: bytes) -> None:
    assert is_keepalive(raw)
    assert [each.kind for each in judge([raw]).judged] == ["keepalive"]


def test_judge_blames_garbage_with_a_header_field() -> None:
    assert "GEN-SYNTAX-1" in judge([b"HELLO\r\nTo: me\r\n\r\n"]).must()


@pytest.mark.parametrize(
    ("field", "clause"),
    [
        ("From: <sip:a", "RFC 3261 §25.1"),
        ("X-Own: \0", "RFC 3261 §25.1"),
        ("o: presence;", "RFC 6665 §8.4"),
        ("P-Access-Network-Info: 3GPP-GERAN;", "RFC 7315 §5.4"),
        ("Privacy: id, header", "RFC 3323 §4.2"),
    ],
)
def test_judge_names_the_clause_that_has_the_grammar(field: str, clause: str) -> None:
    raw = REGISTER.replace(b"\r\nCall-ID", b"\r\n" + field.encode() + b"\r\nCall-ID")
    (finding,) = judge([raw]).of("GEN-SYNTAX-1")
    assert str(finding.clause) == clause  # type: ignore[attr-defined]  # a Finding


def test_judge_gives_the_level_that_the_profile_gives() -> None:
    change = {"GEN-MAXFORWARDS-1": CheckChange(level="info", reason="known")}
    profile = load_profile("ietf").model_copy(update={"checks": change})

    (finding,) = judge([BAD], profile).of("GEN-MAXFORWARDS-1")
    assert finding.level == "info"  # type: ignore[attr-defined]  # a Finding


def test_judge_leaves_out_checks_of_other_families() -> None:
    assert "REG-IMS-2" not in Judge(load_profile("ietf")).levels
    assert "REG-IMS-2" in Judge(load_profile("documented")).levels


def test_judge_leaves_out_checks_of_what_the_ue_does_not_claim() -> None:
    assert "REG-GRUU-2" not in Judge(load_profile("ietf")).levels


@pytest.fixture
def text_checks() -> Iterator[list[BodyPart]]:
    """Checks of a media type that the project does not know, for the time of a test."""
    met: list[BodyPart] = []
    before = dict(registry._CHECKS), dict(registry._READERS), dict(registry._SPLITTERS)

    def read(data: bytes) -> object:
        return data.decode("ascii")

    def split(part: BodyPart) -> Iterator[BodyPart]:
        offset = part.offset
        for each in part.data.split(b"|"):
            yield BodyPart("text/x-test", "text/x-test", each, offset)
            offset = offset + len(each) + 1 if offset is not None else None

    registry.reads("text/x-test", read)
    registry.splits("multipart/x-test", split)

    @check("XML-TEST-1", clause="RFC 9999 §1", level=registry.MUST, on=bodies("text/x-test"))
    def body_is_good(body: str, context: Context) -> Iterator[Mismatch]:
        """A body is good."""
        assert context.body is not None
        met.append(context.body)
        if body != "good":
            yield Mismatch("good", body, "body", context.body.offset)

    @check(
        "XML-TEST-2", clause="RFC 9999 §2", level=registry.MUST, on=unreadable_bodies("text/x-test")
    )
    def body_is_ascii(error: ValueError, context: Context) -> Iterator[Mismatch]:
        """A body is ASCII."""
        yield Mismatch("ASCII", type(error).__name__, "body")

    yield met
    for table, old in zip(
        (registry._CHECKS, registry._READERS, registry._SPLITTERS), before, strict=True
    ):
        table.clear()  # type: ignore[attr-defined]  # a dictionary
        table.update(old)  # type: ignore[attr-defined]  # a dictionary


def body_of(kind: str, body: bytes) -> bytes:
    return request("PUBLISH", body=body, fields={"Content-Type": kind})


@pytest.mark.usefixtures("text_checks")
def test_judge_gives_a_body_to_its_checks() -> None:
    assert judge([body_of("Text/X-Test; charset=utf-8", b"good")]).of("XML-TEST-1") == []
    assert judge([body_of("text/x-test", b"bad")]).of("XML-TEST-1")


@pytest.mark.usefixtures("text_checks")
def test_judge_gives_what_cannot_be_read_to_other_checks() -> None:
    verdicts = judge([body_of("text/x-test", b"\xff")])

    assert verdicts.of("XML-TEST-2")
    assert verdicts.of("XML-TEST-1") == []


def test_judge_takes_bodies_apart(text_checks: list[BodyPart]) -> None:
    raw = body_of("multipart/x-test", b"good|bad|good")
    verdicts = judge([raw])

    assert [part.data for part in text_checks] == [b"good", b"bad", b"good"]
    assert all(raw[part.offset :].startswith(part.data) for part in text_checks)
    assert len(verdicts.of("XML-TEST-1")) == 1


def test_judge_counts_a_check_that_raises_as_its_own_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(given: object, context: object) -> Iterator[Mismatch]:
        raise RuntimeError("oops")
        yield

    check_ = replace(registry.CHECKS["GEN-SYNTAX-1"], function=broken)
    monkeypatch.setitem(registry._CHECKS, "GEN-SYNTAX-1", check_)
    referee = Judge(load_profile("ietf"))
    entry = Trace().append(REGISTER, UE, NETWORK, 1.0)

    assert len(referee.feed(entry)) == 1
    assert list(referee.failures) == ["GEN-SYNTAX-1: RuntimeError('oops')"]


def test_judge_counts_a_condition_that_raises_as_a_failure_of_its_checks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(given: object, context: object) -> bool:
        raise RuntimeError("oops")

    check_ = replace(registry.CHECKS["GEN-SYNTAX-1"], when=broken)
    monkeypatch.setitem(registry._CHECKS, "GEN-SYNTAX-1", check_)
    referee = Judge(load_profile("ietf"))
    judged = referee.feed(Trace().append(REGISTER.replace(b"CSeq", b"C Seq"), UE, NETWORK, 1.0))

    assert "GEN-SYNTAX-1" not in {each.check for one in judged for each in one.findings}
    assert list(referee.failures) == ["GEN-SYNTAX-1: RuntimeError('oops')"]


def test_judge_tells_at_the_end_who_left_a_request_unanswered() -> None:
    asked = request("OPTIONS", sender="network", tag="bob-1")
    verdicts = judge([net(asked), ue(REGISTER, after=40), ue(request("REGISTER", cseq=2))])

    last = verdicts.judged[-1]
    assert last.at_end
    assert [(each.check, each.sender, each.entry) for each in last.findings] == [
        ("RSP-UNANSWERED-1", "ue", 1)
    ]


def test_session_learns_what_the_registrar_granted() -> None:
    response = answer(
        REGISTER,
        fields={
            "Service-Route": "<sip:p1.example.com;lr>",
            "P-Associated-URI": "<sip:alice@example.com>, <tel:+1>",
            "Contact": f'{CONTACT};expires=600;pub-gruu="sip:alice@example.com;gr=x"',
        },
    )
    session = judge([REGISTER, net(response)]).judged[-1].session

    registration = session.registration
    assert registration is not None
    assert session.is_registered
    assert registration.granted == 600
    assert registration.service_route == ("sip:p1.example.com;lr",)
    assert registration.associated_uris == ("<sip:alice@example.com>", "<tel:+1>")
    assert registration.gruus == ("sip:alice@example.com;gr=x",)


def test_session_knows_that_a_binding_was_removed() -> None:
    off = request("REGISTER", cseq=2, fields={"Expires": 0})
    session = judge([REGISTER, net(answer(REGISTER)), off, net(answer(off))]).judged[-1].session

    assert not session.is_registered


def test_session_follows_the_state_of_a_subscription() -> None:
    ending = notification(fields={"Subscription-State": "terminated;reason=timeout"})
    session = judge([*subscribed(), net(ending), answer(ending)]).judged[-1].session

    (dialog,) = session.dialogs.all()
    assert dialog.state == "terminated"
    assert dialog.known_ended_at is not None
    assert dialog.is_whole


def test_session_remembers_xcap_documents() -> None:
    referee, trace = Judge(load_profile("ietf"), ues=["10.0.0.1"]), Trace()
    client, xdms = Peer("10.0.0.1", 40000, Transport.HTTP), Peer("10.0.0.9", 80, Transport.HTTP)
    put = message("PUT /x HTTP/1.1", {"Host": "x", "Content-Length": 4}, b"<a/>")
    done = b'HTTP/1.1 201 Created\r\nETag: "1"\r\nContent-Length: 0\r\n\r\n'
    for raw, source, destination in ((put, client, xdms), (done, xdms, client)):
        referee.feed(trace.append(raw, source, destination, 1.0, connection="h"))

    (session,) = referee.sessions
    assert session.xcap["/x"].body == b"<a/>"
    assert session.xcap["/x"].etag == '"1"'


def test_judge_holds_no_more_for_a_longer_trace() -> None:
    referee, trace = Judge(load_profile("ietf"), ues=["10.0.0.1"]), Trace()
    for number in range(3000):
        sent = request("OPTIONS", call=f"c{number}")
        referee.feed(trace.append(sent, UE, NETWORK, float(number)))
        referee.feed(trace.append(answer(sent), NETWORK, UE, number + 0.1))

    (session,) = referee.sessions
    assert len(session.transactions) < 200


def test_pending_entries_are_bounded_and_the_oldest_are_lost() -> None:
    trace, pending = Trace(), Pending(limit=3)
    for number in range(5):
        pending.add(trace.append(b"x", UE, NETWORK, float(number)))

    assert [entry.number for entry in pending.take(UE.host)] == [3, 4, 5]
    assert len(pending) == 0
    assert pending.take(NETWORK.host) == ()


def test_bounded_forgets_what_was_set_longest_ago() -> None:
    table: Bounded[str, int] = Bounded(2)
    table["a"], table["b"] = 1, 2
    table["a"] = 3
    table["c"] = 4

    assert dict(table) == {"a": 3, "c": 4}
