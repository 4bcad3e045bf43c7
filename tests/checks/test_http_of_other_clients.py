"""HTTP that a right client may send, and captures that miss some of it, bring no MUST finding."""

from __future__ import annotations

import gzip

import pytest

from harness.model import Transport
from tests.checks.bodies import RULES
from tests.checks.conversation import Step, judge, ue
from tests.checks.http_conversation import (
    ELEMENT_TYPE,
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

CONTENT = lists()
PUT = http("PUT", body=CONTENT)
ANSWER = reply(200, CONTENT, Content_Type=LISTS_TYPE)
EMPTY_DIGEST = 'Digest username="{}", realm="3GPP-bootstrapping@a", nonce="", uri="/", response=""'
AKA = 'Digest realm="bsf", nonce="abc", algorithm=AKAv1-MD5, qop="auth-int"'
AKA_ANSWER = (
    f'Digest username="b", realm="bsf", nonce="abc", uri="{LISTS}", response="{"a" * 32}", '
    'algorithm=AKAv1-MD5, qop=auth-int, nc=00000001, cnonce="x"'
)
OLD_ANSWER = f'Digest username="a", realm="r", nonce="n9", uri="{LISTS}", response="{"a" * 32}"'
IPV6 = "http://[2001:db8::1]:8080"
EXTERNAL = "http://x.example/resource-lists/users/sip:a@b/index/~~/resource-lists/list%5B1%5D"
REFERENCE = "resource-lists/users/sip:b@e/index/~~/resource-lists/list%5b1%5d/entry%5b1%5d"
CHUNKED = http("PUT", Transfer_Encoding="chunked", Content_Length=None).raw
CHUNKS = b"%x\r\n%s\r\n0\r\nTrailer: a\r\n\r\n" % (len(CONTENT), CONTENT)


def octets(raw: bytes) -> Step:
    return ue(raw, transport=Transport.HTTP)


def blamed(steps: list[Step]) -> list[str]:
    return judge([*REGISTERED, *steps], "documented").must()


CONVERSATIONS = {
    # clients that expect a 401 send no content with the first PUT
    "empty-first-try": [
        http("PUT"),
        reply(401, WWW_Authenticate=challenge()),
        http("PUT", body=CONTENT, Authorization=credentials(method="PUT")),
        reply(201),
    ],
    "empty-first-try-without-a-type": [http("PUT", Content_Type=None), reply(401)],
    "bootstrapping": [
        http("GET", User_Agent="a 3gpp-gba", Authorization=EMPTY_DIGEST.format("a@b")),
        reply(401, WWW_Authenticate=AKA),
        http("GET", User_Agent="a 3gpp-gba", Authorization=AKA_ANSWER),
        ANSWER,
    ],
    "digest-without-qop": [
        http("GET"),
        reply(401, WWW_Authenticate='Digest realm="r", nonce="n9"'),
        http("GET", Authorization=OLD_ANSWER),
        ANSWER,
    ],
    "head": [http("HEAD"), reply(200, Content_Length=500, Content_Type=LISTS_TYPE)],
    "search-of-oma": [
        http(
            "POST",
            "/org.openmobilealliance.search?target=org.openmobilealliance.user-profile/users/",
            b"<search/>",
            Content_Type="application/vnd.oma.search+xml",
            X_3GPP_Intended_Identity='"sip:alice@example.com"',
        )
    ],
    "configuration": [http("GET", "/?vers=0&client_vendor=X&IMSI=1"), reply(200, b"<a/>")],
    "file-transfer": [
        http("POST", "/upload", Content_Length=0),
        reply(401, WWW_Authenticate="Digest realm=x"),
        http("POST", "/upload", b"--q\r\n\r\nabc\n--q", Content_Type="multipart/form-data"),
    ],
    "unknown-content-coding": [
        http("GET"),
        reply(200, b"\x0b\x02\x80abc\x03", Content_Encoding="br", Content_Type=LISTS_TYPE),
    ],
    "compressed": [http("PUT", body=gzip.compress(CONTENT), Content_Encoding="gzip"), reply(201)],
    "proxy-with-ipv6": [http("GET", IPV6 + LISTS, Host="[2001:db8::1]:8080"), ANSWER],
    "root-behind-a-reverse-proxy": [
        http(
            "PUT",
            RLS,
            rls(services(f"{ROOT}/xcap-root{LISTS}{LIST_SELECTOR}")),
            X_Forwarded_For="10.0.0.1",
        )
    ],
    "both-sides-of-a-reverse-proxy": [
        *challenged(),
        http("GET", Authorization=credentials()),
        http("GET", Authorization=credentials(), X_Forwarded_For="10.0.0.1", Connection="close"),
        ANSWER,
    ],
    "date-as-the-server-wrote-it": [http("GET", If_Modified_Since="Thu Jun 19 06:30:47 2014")],
    "entity-tag-of-before-the-capture": [http("PUT", body=CONTENT, If_Match="abc"), reply(200)],
    "head-lost-after-a-get": [http("GET"), ANSWER, octets(CONTENT)],
    "head-lost-after-a-put": [PUT, reply(201), octets(CONTENT)],
    "cut-off": [octets(PUT.raw[:-9])],
    "cut-off-compressed": [
        octets(http("PUT", body=gzip.compress(CONTENT), Content_Encoding="gzip").raw[:-9])
    ],
    "waiting-for-100": [http("PUT", Content_Length=200, Expect="100-continue"), reply(417)],
    "part-of-a-document": [
        http("GET", Range="bytes=0-9"),
        reply(206, CONTENT[:10], Content_Type=LISTS_TYPE),
    ],
    "old-client": [http("GET", version="HTTP/1.0", Host=None), ANSWER],
    "pipelined": [http("GET", Connection="keep-alive"), http("GET", RLS), ANSWER, ANSWER],
    "redirected": [
        http("GET"),
        reply(302, Location="http://other/"),
        http("GET", f"/other{LISTS}", Host="other"),
        ANSWER,
    ],
    "references": [
        http(
            "PUT",
            body=lists(
                f'<list name="a"><external anchor=" {EXTERNAL} "/><entry-ref ref=" {REFERENCE}"/>'
                '<list/><list/></list><list/><list name="b" xmlns:x="urn:x" x:y="z"/>'
            ),
        )
    ],
    "several-packages": [
        http(
            "PUT",
            RLS,
            rls(
                services(f"\n {ROOT}{LISTS}{LIST_SELECTOR}\n").replace(
                    "</service>",
                    "<packages><package>presence</package><package>dialog</package></packages>"
                    "</service>",
                )
            ),
        )
    ],
    "common-policy-put-as-such": [
        http(
            "PUT",
            RULES,
            b'<ruleset xmlns="urn:ietf:params:xml:ns:common-policy"/>',
            Content_Type="application/auth-policy+xml",
        )
    ],
    "telephony-services": [
        http(
            "PUT",
            f"/simservs.ngn.etsi.org/{HOME}/simservs.xml/~~/simservs/communication-diversion",
            b'<communication-diversion active="true"/>',
        )
    ],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_client_is_not_blamed_for_right_http(name: str) -> None:
    assert blamed(CONVERSATIONS[name]) == []


@pytest.mark.parametrize("cut", range(1, len(CHUNKS)))
def test_client_is_not_blamed_where_its_chunks_are_cut_off(cut: int) -> None:
    assert blamed([octets(CHUNKED + CHUNKS[:-cut])]) == []


@pytest.mark.parametrize(
    ("selector", "body"),
    [
        ("list%5B@name=%22a%26b%22%5D", b'<list name="a&amp;b"/>'),
        ("list%5B@name=%22a%26amp;b%22%5D", b'<list name="a&amp;b"/>'),
        ("list%5B@name=%22%C3%A9%22%5D", '<list name="é"/>'.encode()),
        ("list%5B@name='My%20friends'%5D", b"<list name='My friends'/>"),
        ("*%5B1%5D", b'<list name="q"/>'),
        ("list/display-name", b'<display-name xml:lang="en">X &amp; Y</display-name>'),
    ],
)
def test_client_selects_in_any_way(selector: str, body: bytes) -> None:
    target = f"{LISTS}/~~/resource-lists/{selector}"

    assert blamed([http("PUT", target, body, Content_Type=ELEMENT_TYPE), reply(201)]) == []


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
def test_client_that_changes_an_entity_tag_that_it_was_given_is_blamed(name: str) -> None:
    steps = [http("GET"), ANSWER, http("PUT", body=CONTENT, **{name: '""e1""'})]

    assert blamed(steps) == ["HTTP-ETAG-1"]
