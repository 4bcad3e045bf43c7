"""Each defect makes its one fault, and nothing else."""

from __future__ import annotations

import re
from functools import cache

import pytest

from harness.checks.registry import CHECKS
from harness.model import Send
from harness.ue.defects import DEFECTS
from harness.ue.draft import Draft
from harness.ue.wire import Wire

from .network_double import BUDDY, NetworkDouble, only

# What a fault cannot but change together: a body has a type and a length.
TOGETHER = {
    "publish-without-body": {"body", "content-length", "content-type"},
    "remove-with-body": {"body", "content-length", "content-type"},
}


def played(*defects: str) -> NetworkDouble:
    """The whole flow with a challenge, a query for capabilities and the farewell."""
    double = NetworkDouble(defects=defects, quit_after_flow=True)
    challenge = ("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5')
    double.sip_rules.append(only("REGISTER", (401, [challenge], b"")))
    double.record_route = "<sip:192.0.2.8;lr>"
    double.start()
    if "presence.winfo" in double.subscriptions:
        double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    double.hear(double.request("OPTIONS").raw)
    return double.wait(60)


@cache
def plain() -> tuple[bytes, ...]:
    """Every message of the flow without a defect."""
    return tuple(send.data for send in played().sends)


def places(one: Draft, other: Draft) -> set[str]:
    """Where two messages differ: the start line, a field by its name, the body."""
    found = set()
    if one.start != other.start:
        found.add("start")
    if one.body != other.body:
        found.add("body")
    names = {name.lower() for name, _ in (*one.fields, *other.fields)}
    for name in names:
        values = [
            [value for key, value in each.fields if key.lower() == name] for each in (one, other)
        ]
        if values[0] != values[1]:
            found.add(name)
    return found


def drafts(name: str) -> list[tuple[Draft, Draft | None]]:
    """The flow's messages that a defect concerns, before and after."""
    defect = DEFECTS[name]
    read = [draft for draft in map(Draft.read, plain()) if draft is not None]
    return [(draft, defect.change(draft)) for draft in read if defect.concerns(draft)]


# Defects that leave something out, and what is then on no wire.
KEPT_BACK = {"notify-unanswered": b" NOTIFY\r\n", "never-publishes": b"PUBLISH sip:"}


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_changes_one_thing_in_the_messages_that_it_concerns(name: str) -> None:
    concerned = drafts(name)
    assert concerned, "the flow has no message that this defect concerns"
    for before, after in concerned:
        if after is None:
            assert name in KEPT_BACK
            continue
        changed = places(before, after)
        if "body" in changed:
            changed.discard("content-length")
            assert after.get("Content-Length") == str(len(after.body))
        expected = TOGETHER.get(name)
        assert changed == (expected - {"content-length"} if expected else changed)
        assert len(changed) == (2 if expected else 1)


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_reaches_the_wire(name: str) -> None:
    sent = [send.data for send in played(name).sends]
    if name in KEPT_BACK:
        assert not any(KEPT_BACK[name] in data for data in sent)
        return
    _, after = drafts(name)[0]
    assert after is not None
    assert any(_alike(data, after) for data in sent)


def _alike(data: bytes, draft: Draft) -> bool:
    """Equal but for identifiers that earlier messages may have moved on."""
    blind = re.compile(rb"(id|net|dialog|etag)\d+|(response|cnonce|nc)=[^,;\r]*")
    return blind.sub(b"", data) == blind.sub(b"", draft.write())


@pytest.mark.parametrize(
    "name", ["branch-without-cookie", "cseq-method-mismatch", "no-max-forwards", "two-call-ids"]
)
def test_ue_goes_on_with_its_flow_whatever_the_defect_did_to_its_requests(name: str) -> None:
    double = played(name)
    assert double.ue.state == "done"
    assert double.ue.problems == []
    methods = [request.method for request in double.requests()]
    assert methods.count("PUBLISH") == 2


def test_ue_repeats_a_changed_request_as_it_was_sent() -> None:
    double = NetworkDouble(defects=["branch-without-cookie"])
    double.silent = True
    double.start().wait(5)
    assert len({send.data for send in double.sends}) == 1
    assert len(double.sends) > 3


def test_ue_learns_that_a_changed_request_could_not_be_delivered() -> None:
    double = NetworkDouble(defects=["branch-without-cookie"])
    double.silent = True
    double.start()
    double.ue.failed(double.sends[0], "unreachable", double.now)
    assert "unreachable" in double.ue.registration.failure


def test_defects_can_be_combined() -> None:
    register = NetworkDouble(defects=["no-max-forwards", "register-uri-with-user"]).start().sends[0]
    assert b"Max-Forwards" not in register.data
    assert register.data.startswith(b"REGISTER sip:+339012341234@test-rcs.com ")


def test_wire_leaves_everything_alone_without_defects() -> None:
    double = NetworkDouble()
    send = Send(b"\r\n\r\n", double.ue.settings.registrar)
    assert Wire(()).outgoing(send) == [send]
    assert Wire(tuple(DEFECTS.values())).outgoing(send) == [send]
    assert Wire(()).incoming(b"SIP/2.0 200 OK\r\n\r\n") == b"SIP/2.0 200 OK\r\n\r\n"


def test_draft_writes_what_it_read() -> None:
    for data in plain():
        draft = Draft.read(data)
        assert draft is not None
        assert draft.write() == data


def test_defects_are_named_and_described() -> None:
    assert len(DEFECTS) >= 30
    for name, defect in DEFECTS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", name)
        assert 10 < len(defect.description) < 90


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_names_checks_that_there_are(name: str) -> None:
    assert DEFECTS[name].trips <= set(CHECKS)
