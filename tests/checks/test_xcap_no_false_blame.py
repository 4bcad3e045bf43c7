"""An XCAP client that keeps the rules is not blamed, however it writes what it sends."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Transport
from tests.checks.conversation import Step, Value, judge, ue
from tests.checks.http_conversation import (
    ENTRY,
    ENTRY_BODY,
    HOME,
    LIST_SELECTOR,
    LISTS,
    LISTS_TYPE,
    REGISTERED,
    RLS,
    ROOT,
    challenge,
    challenged,
    credentials,
    http,
    lists,
    reply,
    rls,
    services,
)

BINDING = "xmlns(rl=urn:ietf:params:xml:ns:resource-lists)"
CARE = frozenset({"must", "should"})


def blamed(steps: list[Step], sender: str = "ue") -> list[str]:
    """What MUST and SHOULD findings a conversation brings against one side."""
    return [
        f"{finding.check}: {finding.observed}"
        for each in judge([*REGISTERED, *steps], "documented").judged
        for finding in each.findings
        if finding.level in CARE
        and finding.sender == sender
        and finding.check.startswith(("HTTP", "XCAP"))
    ]


@pytest.mark.parametrize(
    "xui",
    [
        "sip:alice@example.com",
        "sip%3Aalice%40example.com",
        "sip%3aalice%40EXAMPLE.com",
        "%73ip:alice@example.com",
        "sip:alice%40example.com",
        "alice",
        "+33612345678",
    ],
)
def test_client_spells_its_home_directory_in_any_way(xui: str) -> None:
    target = LISTS.replace("sip%3Aalice%40example.com", xui)

    assert blamed([http("PUT", target, lists()), reply(201)]) == []


@pytest.mark.parametrize(
    "root", ["", "/xcap-root", "/services/users/xcap", "/a/global/b", "/resource-lists/root"]
)
def test_client_is_given_any_xcap_root(root: str) -> None:
    service = services(f"{ROOT}{root}{LISTS}{LIST_SELECTOR}")
    steps = [http("PUT", root + RLS, rls(service)), reply(201), http("GET", root + LISTS), reply()]

    assert blamed(steps) == []


@pytest.mark.parametrize(
    "selector",
    [
        "/~~/resource-lists/list%5B@name='rcs'%5D/entry%5b@uri=%27sip:bob@example.com%27%5d",
        "/~~/resource-lists/list%5B1%5D/entry%5B@uri=%22sip%3Abob%40example.com%22%5D",
        "/~~/*/*/*%5B3%5D%5B@uri=%22sip:bob@example.com%22%5D",
        f"/~~/rl:resource-lists/rl:list/rl:entry%5B@uri=%22sip:bob@example.com%22%5D?{BINDING}",
        "/~~/resource-lists/list/entry%5B5%5D",
        "/~~/resource-lists/list/entry",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        b"<entry uri='sip:bob@example.com'></entry>",
        b'  <entry a="1" uri="sip:bob@example.com"/>\r\n',
        b'<rl:entry uri="sip:bob@example.com"><rl:display-name>B</rl:display-name></rl:entry>',
        b'<entry xmlns="urn:ietf:params:xml:ns:resource-lists" uri="&#x73;ip:bob@example.com"/>',
        b"<!-- new --><entry uri='sip:bob@example.com'><x:y z:a='1'/></entry>",
    ],
)
def test_client_writes_selector_and_element_in_any_way(selector: str, body: bytes) -> None:
    assert blamed([http("PUT", LISTS + selector, body), reply(201)]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Content_Type": 'APPLICATION/resource-lists+xml ; charset="utf-8"'},
        {"Connection": "close"},
        {"Connection": "Keep-Alive", "Keep-Alive": "300"},
        {"Host": "192.0.2.1:8080"},
        {"Host": "[2001:db8::1]:8080"},
        {"If_Match": '"a", "b"'},
        {"If_Match": "*"},
        {"If_None_Match": "*"},
        {"Expect": "100-continue"},
        {"Date": "Thu, 19 Jun 2014 06:30:47 GMT"},
        {"Accept": "*/*", "Accept_Encoding": "gzip, deflate", "X_Anything": "\u00e9 (x"},
        {"X_3GPP_Intended_Identity": "sip:alice@example.com"},
        {"Cookie": "a=b; c=d", "Via": "1.1 proxy"},
    ],
)
def test_client_adds_any_allowed_field(fields: dict[str, Value]) -> None:
    assert blamed([http("PUT", body=lists(), **fields), reply(201)]) == []  # type: ignore[arg-type]  # fields only


@pytest.mark.parametrize("host", ["xcap.example.com", "192.0.2.1:8080", "[2001:db8::1]"])
def test_client_sends_absolute_targets_to_a_proxy(host: str) -> None:
    step = http("PUT", f"http://{host}{ENTRY}", ENTRY_BODY, Host=host)

    assert blamed([step, reply(201)]) == []


def test_client_sends_its_content_in_chunks() -> None:
    head = http("PUT", Transfer_Encoding="chunked", Content_Length=None).raw
    body = lists()
    chunks = b"%x;a=b\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (9, body[:9], len(body) - 9, body[9:])

    assert blamed([ue(head + chunks, transport=Transport.HTTP), reply(201)]) == []


def test_client_gives_back_the_entity_tag_that_the_server_wrote_wrongly() -> None:
    steps = [
        http("GET"),
        reply(200, lists(), Content_Type=LISTS_TYPE, ETag="E292"),
        http("PUT", body=lists(), If_Match="E292"),
    ]

    assert blamed(steps) == []
    assert blamed(steps, "network") == ["HTTP-ETAG-1: E292"]


def test_client_whose_connection_broke_is_not_told_that_its_length_is_wrong() -> None:
    cut = http("PUT", body=lists()[:30], Content_Length=len(lists()))

    assert blamed([cut]) == []


def test_client_writes_another_of_its_public_identities() -> None:
    registered = replace(
        REGISTERED[1],
        raw=REGISTERED[1].raw.replace(
            b"CSeq:", b"P-Associated-URI: <sip:alice@example.com>, <tel:+33612345678>\r\nCSeq:"
        ),
    )
    steps = [REGISTERED[0], registered]
    for xui in ("tel:%2B33612345678", "sip:%2B33612345678@other.example.com"):
        steps += [http("PUT", LISTS.replace("sip%3Aalice%40example.com", xui), lists()), reply(201)]

    assert blamed(steps) == []


def test_client_reads_the_directory_of_a_contact() -> None:
    target = "/org.openmobilealliance.pres-content/users/sip:bob@example.com/oma_status-icon/a"

    assert blamed([http("GET", target), reply(404)]) == []


def test_client_answers_challenges_in_parallel_and_with_either_algorithm() -> None:
    both = [challenge(algorithm="SHA-256"), challenge(algorithm="MD5")]
    steps = [http("GET"), reply(401, WWW_Authenticate=both)]
    for count in (2, 1, 3):
        text = credentials(nc=count, algorithm="MD5")
        steps += [http("GET", Authorization=text), reply()]

    assert blamed(steps) == []


def test_client_repeats_a_request_whose_connection_broke() -> None:
    again = http("GET", Authorization=credentials())

    assert blamed([*challenged(), again, again, reply()]) == []


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("GET", "/", b""),
        ("GET", "/?vers=0&IMSI=208|1&terminal=[x]", b""),
        ("GET", "/api/v1/users/123/profile", b""),
        ("PUT", "/users/123/picture.jpg", b"\xff\xd8"),
        ("POST", "/content/upload", b"--x--"),
        ("GET", "/docs/resource-lists/readme.html", b""),
        ("DELETE", "/push/v1/users/tel:+33612345678", b""),
        ("PUT", "/api/v1.0/users/sip:alice@example.com", b"{}"),
        ("PUT", "/rest/users/sip%3Aalice%40example.com/heartbeat", b""),
        ("GET", "/api/users/sip:alice@example.com?filter=[1]", b""),
        ("PUT", "/config/global/flags", b""),
        ("CONNECT", "xcap.example.com:443", b""),
        ("OPTIONS", "*", b""),
    ],
)
def test_http_that_is_not_xcap_is_left_alone(method: str, target: str, body: bytes) -> None:
    step = http(method, target, body, Content_Type=None, Date="today", If_Match="x", Host=None)
    answered = reply(401, ETag="x", Date="today")

    assert blamed([step, answered]) == []
    assert blamed([step, answered], "network") == []


def conversation() -> list[Step]:
    """A client that sets up its documents as a server with Digest wants it."""
    steps: list[Step] = []
    requests = (
        ("GET", f"/org.openmobilealliance.xcap-directory/{HOME}/directory.xml", b""),
        ("PUT", RLS, rls(services())),
        ("PUT", LISTS, lists()),
        ("GET", f"{LISTS}{LIST_SELECTOR}", b""),
        ("PUT", ENTRY, ENTRY_BODY),
        ("DELETE", ENTRY, b""),
    )
    for count, (method, target, body) in enumerate(requests, start=1):
        tag = f'"e{count}"'
        text = credentials(target, method, nc=count)
        if count == 1:
            steps += [http(method, target, body), reply(401, WWW_Authenticate=challenge())]
        condition = f'"e{count - 1}"' if target == ENTRY else None
        steps += [
            http(method, target, body, Authorization=text, If_Match=condition),
            _answer(method, target, tag),
        ]
    return steps


def _answer(method: str, target: str, tag: str) -> Step:
    if method != "GET":
        return reply(201 if method == "PUT" else 200, ETag=tag)
    if "directory" in target:
        body = b'<xcap-directory xmlns="urn:oma:xml:xdm:xcap-directory"/>'
        return reply(200, body, ETag=tag, Content_Type="application/vnd.oma.xcap-directory+xml")
    body = b'<list name="rcs"/>'
    return reply(200, body, ETag=tag, Content_Type="application/xcap-el+xml")


DAY = conversation()


def test_neither_side_of_a_good_conversation_is_blamed() -> None:
    assert blamed(DAY) == []
    assert blamed(DAY, "network") == []


@pytest.mark.parametrize("first", range(len(DAY)))
def test_client_is_not_blamed_where_the_capture_begins_late(first: int) -> None:
    assert blamed(DAY[first:]) == []


@pytest.mark.parametrize("seed", range(40))
def test_client_is_not_blamed_where_messages_are_missing(seed: int) -> None:
    chance = random.Random(seed)

    assert blamed([step for step in DAY if chance.random() > 0.3]) == []


@given(st.binary(max_size=200), st.sampled_from(["/resource-lists/users/sip:a@b/index/~~/", "/"]))
@settings(max_examples=150, deadline=None)
def test_checks_survive_any_octets(octets: bytes, path: str) -> None:
    request = b"PUT " + path.encode() + octets + b" HTTP/1.1\r\nContent-Length: 9\r\n\r\n" + octets
    steps = [
        ue(request, transport=Transport.HTTP),
        replace(reply(), raw=b"HTTP/1.1 200 OK\r\n" + octets),
        ue(octets, transport=Transport.HTTP),
    ]

    judge([*REGISTERED, *steps], "documented")  # asserts that no check has failed
