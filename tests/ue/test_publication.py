"""PUBLISH: the operations of RFC 3903 table 1, and what refusals lead to."""

from __future__ import annotations

import pytest

from harness.sip.message import Request

from .network_double import IDENTITY, NetworkDouble, Reply, only

OK: Reply = (200, [("Expires", "3600"), ("SIP-ETag", "tag1")], b"")


def published(*replies: Reply, **changes: object) -> NetworkDouble:
    double = NetworkDouble(**changes)
    double.sip_rules.append(only("PUBLISH", *replies))
    return double.start()


def shape(request: Request) -> tuple[bool, str | None]:
    """Whether there is a body, and SIP-If-Match: the operation (RFC 3903 §4.1, Table 1)."""
    return bool(request.body), request.if_match


def test_ue_publishes_first_with_a_body_and_without_an_entity_tag() -> None:
    first = published().requests("PUBLISH")[0]
    assert shape(first) == (True, None)
    assert first.headers.values("Event") == ("presence",)
    assert f'entity="{IDENTITY}"'.encode() in first.body
    assert first.body.count(b"<tuple ") == 5
    assert b"2014-06-19T06:30:45.000Z" in first.body


def test_ue_refreshes_with_the_latest_entity_tag_and_no_body() -> None:
    later = (200, [("Expires", "3600"), ("SIP-ETag", "tag2")], b"")
    double = published(OK, later).wait(6500)
    requests = double.requests("PUBLISH")
    assert [shape(each) for each in requests] == [(True, None), (False, "tag1"), (False, "tag2")]
    assert requests[1].headers.get("Content-Type") is None


def test_ue_publishes_anew_after_412() -> None:
    double = published(OK, (412, [], b""), OK).wait(3200)
    assert [shape(each) for each in double.requests("PUBLISH")] == [
        (True, None),
        (False, "tag1"),
        (True, None),
    ]


def test_ue_drops_a_stale_stored_tag_after_412() -> None:
    double = published((412, [], b""), OK, persona="documented")
    first, second = double.requests("PUBLISH")
    assert shape(first) == (True, "ac63be7e9042439dad76da16904cf48d")
    assert shape(second) == (True, None)
    assert first.cseq is not None
    assert second.cseq is not None
    assert second.cseq.number > first.cseq.number


def test_ue_stops_at_a_412_to_an_initial_publication() -> None:
    double = published((412, [], b""))
    assert len(double.requests("PUBLISH")) == 1
    assert "412" in double.ue.publication.failure


def test_ue_never_refreshes_without_an_entity_tag() -> None:
    double = published((200, [("Expires", "3600")], b"")).wait(3200)
    assert [shape(each) for each in double.requests("PUBLISH")] == [(True, None), (True, None)]


def test_ue_asks_for_the_interval_that_a_423_names() -> None:
    double = published((423, [("Min-Expires", "7200")], b""), OK)
    assert [each.expires for each in double.requests("PUBLISH")] == [3600, 7200]


def test_ue_publishes_later_after_503() -> None:
    double = published((503, [("Retry-After", "50")], b""), OK).wait(49)
    assert len(double.requests("PUBLISH")) == 1
    double.wait(2)
    assert len(double.requests("PUBLISH")) == 2


@pytest.mark.parametrize("status", [403, 404, 489, 501])
def test_ue_leaves_it_where_publishing_is_refused(status: int) -> None:
    double = published((status, [], b"")).wait(100)
    assert len(double.requests("PUBLISH")) == 1
    assert double.ue.registration.is_held
    assert double.ue.done


@pytest.mark.parametrize(
    ("status", "challenge", "field"),
    [
        (401, "WWW-Authenticate", "Authorization"),
        (407, "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
def test_ue_answers_a_challenge(status: int, challenge: str, field: str) -> None:
    value = 'Digest realm="r", nonce="n", qop="auth"'
    double = published((status, [(challenge, value)], b""), OK)
    assert 'nonce="n"' in double.requests("PUBLISH")[1].headers.get(field, "")


def test_ue_counts_the_uses_of_a_proxy_nonce() -> None:
    challenge = ("Proxy-Authenticate", 'Digest realm="r", nonce="n", qop="auth"')
    double = NetworkDouble()
    double.sip_rules.append(only("SUBSCRIBE", (407, [challenge], b""), package="presence.winfo"))
    double.start()
    later = [
        request.headers.get("Proxy-Authorization", "")
        for request in double.requests()
        if request.headers.get("Proxy-Authorization") is not None
    ]
    assert [value.partition("nc=")[2][:8] for value in later] == [
        "00000001",
        "00000002",
        "00000003",
    ]


def test_ue_sends_no_cnonce_where_qop_is_not_offered() -> None:
    challenge = ("Proxy-Authenticate", 'Digest realm="r", nonce="n", opaque="o"')
    double = published((407, [challenge], b""), OK)
    value = double.requests("PUBLISH")[1].headers.get("Proxy-Authorization", "")
    assert "cnonce" not in value
    assert "nc=" not in value
    assert 'opaque="o"' in value


def test_ue_removes_the_publication_at_the_end() -> None:
    double = published(OK, quit_after_flow=True).wait(60)
    last = double.requests("PUBLISH")[-1]
    assert shape(last) == (False, "tag1")
    assert last.expires == 0


def test_ue_lets_a_publication_without_entity_tag_expire() -> None:
    double = published((200, [("Expires", "3600")], b""), quit_after_flow=True).wait(60)
    assert len(double.requests("PUBLISH")) == 1
    assert double.ue.state == "done"
