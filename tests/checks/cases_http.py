"""Cases of the checks of HTTP messages: HTTP."""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace

from harness.config import Pixit, load_profile
from harness.model import Transport
from tests.checks.conversation import Case, Step, ue
from tests.checks.http_conversation import (
    ENTRY,
    LISTS,
    ROOT,
    challenge,
    challenged,
    credentials,
    http,
    lists,
    reply,
)

BASIC = "Basic " + base64.b64encode(b"alice:secret").decode()
PUT = http("PUT", body=lists())
GET = http("GET")
DIGEST = credentials()
KNOWN = load_profile("ietf").model_copy(
    update={"pixit": Pixit(impi="alice", realm="example.com", password="secret")}
)


def encoded(octets: bytes) -> str:
    return "Basic " + base64.b64encode(octets).decode()


def digest(old: str = "", new: str = "") -> Step:
    """A GET with Digest credentials, part of which is replaced."""
    assert old in DIGEST
    return http("GET", Authorization=DIGEST.replace(old, new) if old else DIGEST)


def secured(step: Step) -> Step:
    return replace(step, transport=Transport.HTTPS)


CHUNKS = f"{len(lists()):x}\r\n{lists().decode()}\r\n0\r\n\r\n".encode()
CHUNKED = ue(
    http("PUT", Transfer_Encoding="chunked", Content_Length=None).raw + CHUNKS,
    transport=Transport.HTTP,
)
CHUNKED_AND_COUNTED = ue(
    CHUNKED.raw.replace(b"Transfer-Encoding", b"Content-Length: 3\r\nTransfer-Encoding"),
    transport=Transport.HTTP,
)
CONTENT = lists()
TAIL, UNCOUNTED = (ue(octets, transport=Transport.HTTP) for octets in (CONTENT[-12:], CONTENT))
OLD = http("GET", version="HTTP/1.0")

CASES = (
    Case(
        "HTTP-OTHER-1",
        good=[http("GET", "/config?vers=1")],
        bad=[http("GET", "/config?a=[1]")],
    ),
    Case("HTTP-SYNTAX-1", good=[GET], bad=[http("GET", **{"X-Bad ": "a"})]),
    Case("HTTP-TARGET-1", good=[GET], bad=[http("GET", LISTS.replace("%40", "|"))]),
    Case("HTTP-TARGET-2", good=[http("GET", ROOT + LISTS)], bad=[http("GET", LISTS[1:])]),
    Case(
        "HTTP-HOST-1",
        good=[GET, reply(), http("GET", version="HTTP/1.0", Host=None)],
        bad=[http("GET", Host=None)],
    ),
    Case(
        "HTTP-HOST-2",
        good=[http("GET", ROOT + LISTS, Host="XCAP.example.com:80")],
        bad=[http("GET", ROOT + LISTS, Host="other.example.com")],
    ),
    Case("HTTP-SINGLE-1", good=[PUT], bad=[http("PUT", body=lists(), Content_Type=["a/b", "a/b"])]),
    Case("HTTP-LENGTH-1", good=[CHUNKED], bad=[CHUNKED_AND_COUNTED]),
    Case("HTTP-LENGTH-2", good=[PUT, reply(201)], bad=[http("PUT", body=CONTENT[:-12]), TAIL]),
    Case("HTTP-LENGTH-3", good=[PUT], bad=[http("PUT", Content_Length=None), UNCOUNTED]),
    Case(
        "HTTP-LENGTH-4",
        good=[PUT],
        bad=[http("PUT", body=lists()[:20], Content_Length=len(lists()))],
    ),
    Case("HTTP-LENGTH-5", good=[PUT], bad=[http("PUT", Content_Length=None)]),
    Case("HTTP-LENGTH-6", good=[PUT, reply(204)], bad=[PUT, reply(204, Content_Length=0)]),
    Case("HTTP-CODING-1", good=[CHUNKED], bad=[http("PUT", Transfer_Encoding="gzip")]),
    Case(
        "HTTP-CODING-2",
        good=[PUT, reply(204)],
        bad=[PUT, reply(204, Transfer_Encoding="chunked")],
    ),
    Case(
        "HTTP-CODING-3",
        good=[OLD, reply()],
        bad=[OLD, reply(200, b"0\r\n\r\n", Transfer_Encoding="chunked", Content_Length=None)],
    ),
    Case(
        "HTTP-CODING-4",
        good=[http("PUT", body=gzip.compress(CONTENT), Content_Encoding="gzip")],
        bad=[http("PUT", body=CONTENT, Content_Encoding="gzip")],
    ),
    Case(
        "HTTP-TYPE-1",
        good=[GET, reply(200, lists(), Content_Type="application/resource-lists+xml")],
        bad=[GET, reply(200, lists())],
    ),
    Case("HTTP-CONTENT-1", good=[http("GET", Content_Length=0)], bad=[http("GET", body=b"a")]),
    Case("HTTP-CONTENT-2", good=[http("DELETE")], bad=[http("DELETE", body=b"a")]),
    Case(
        "HTTP-DATE-1",
        good=[GET, reply()],
        bad=[GET, reply(Date="Thursday, 19-Jun-14 06:30:47 GMT")],
    ),
    Case("HTTP-DATE-2", good=[GET, reply()], bad=[GET, reply(Date=None)]),
    Case(
        "HTTP-ETAG-1",
        good=[http("PUT", body=lists(), If_Match='"e1", W/"e2"'), reply()],
        bad=[GET, reply(ETag='"e1"'), http("PUT", body=lists(), If_Match="e1")],
    ),
    Case(
        "HTTP-ETAG-2",
        good=[http("PUT", body=lists(), If_Match='"e1"')],
        bad=[http("PUT", body=lists(), If_Match='W/"e1"')],
    ),
    Case(
        "HTTP-EXPECT-1",
        good=[http("PUT", body=lists(), Expect="100-continue")],
        bad=[http("GET", Expect="100-continue")],
    ),
    Case(
        "HTTP-CLOSE-1",
        good=[http("GET", Connection="keep-alive"), reply(), http("GET", ENTRY)],
        bad=[http("GET", Connection="close"), reply(), http("GET", ENTRY)],
    ),
    Case("HTTP-STATUS-1", good=[GET, reply(404)], bad=[GET, reply(600)]),
    Case("HTTP-STATUS-2", good=[PUT, reply(100)], bad=[OLD, reply(100)]),
    Case(
        "HTTP-STATUS-3",
        good=[http("GET", If_None_Match='"e1"'), reply(304)],
        bad=[http("PUT", body=lists(), If_None_Match='"e1"'), reply(304)],
    ),
    Case(
        "HTTP-STATUS-4",
        good=[http("GET", If_None_Match='"e1"'), reply(304)],
        bad=[GET, reply(304)],
    ),
    Case(
        "HTTP-STATUS-5",
        good=[http("PUT", body=lists(), If_Match='"e1"'), reply(412)],
        bad=[PUT, reply(412)],
    ),
    Case("HTTP-CHALLENGE-1", good=challenged(), bad=[GET, reply(401)]),
    Case(
        "HTTP-CHALLENGE-2",
        good=[GET, reply(407, Proxy_Authenticate=challenge())],
        bad=[GET, reply(407)],
    ),
    Case(
        "HTTP-CHALLENGE-3",
        good=[GET, reply(401, WWW_Authenticate='Basic realm="x"')],
        bad=[GET, reply(401, WWW_Authenticate="Basic charset=UTF-8")],
    ),
    Case("HTTP-ALLOW-1", good=[PUT, reply(405, Allow="GET")], bad=[PUT, reply(405)]),
    Case(
        "HTTP-AUTH-1",
        good=[http("GET", Authorization=BASIC)],
        bad=[http("GET", Authorization="Basic alice secret")],
    ),
    Case(
        "HTTP-BASIC-1",
        good=[http("GET", Authorization=encoded(b"alice:pass:word"))],
        bad=[http("GET", Authorization=encoded(b"alice"))],
    ),
    Case(
        "HTTP-BASIC-2",
        good=[secured(http("GET", Authorization=BASIC))],
        bad=[http("GET", Authorization=BASIC)],
    ),
    Case(
        "HTTP-DIGEST-1",
        good=[
            http(
                "GET",
                Authorization=f'Digest username="a", realm="r", nonce="", '
                f'uri="{LISTS}", response=""',
            )
        ],
        bad=[http("GET", Authorization='Digest username="a", realm="r"')],
    ),
    Case("HTTP-DIGEST-2", good=[digest()], bad=[digest("qop=auth", 'qop="auth"')]),
    Case(
        "HTTP-DIGEST-3",
        good=[digest(f'uri="{LISTS}"', f'uri="{ROOT}{LISTS.replace("%3A", "%3a")}"')],
        bad=[digest(f'uri="{LISTS}"', 'uri="/resource-lists"')],
    ),
    Case("HTTP-DIGEST-4", good=[digest()], bad=[digest("nc=00000001", "nc=1")]),
    Case("HTTP-DIGEST-5", good=[digest()], bad=[digest('response="', 'response="0')]),
    Case(
        "HTTP-DIGEST-6",
        good=[*challenged(), digest()],
        bad=[*challenged(), digest('realm="example.com"', 'realm="elsewhere"')],
    ),
    Case(
        "HTTP-DIGEST-7",
        good=[*challenged(), digest()],
        bad=[*challenged(), digest(', opaque="o"')],
    ),
    Case(
        "HTTP-DIGEST-8",
        good=[*challenged(), digest()],
        bad=[
            *challenged(),
            digest(', cnonce="0a4f113b", opaque="o", qop=auth, nc=00000001', ', opaque="o"'),
        ],
    ),
    Case(
        "HTTP-DIGEST-9",
        good=[
            *challenged(),
            digest(),
            reply(),
            http("GET", ENTRY, Authorization=credentials(ENTRY, nc=2)),
        ],
        bad=[
            *challenged(),
            digest(),
            reply(),
            http("GET", ENTRY, Authorization=credentials(ENTRY)),
        ],
    ),
    Case(
        "HTTP-DIGEST-10",
        good=[*challenged(), digest()],
        bad=[*challenged(nonce="n2"), digest()],
    ),
    Case(
        "HTTP-DIGEST-11",
        good=[*challenged(), digest()],
        bad=[*challenged(), http("GET", Authorization=credentials(password="guess"))],
        profile=KNOWN,
    ),
    Case(
        "HTTP-RETRY-1",
        good=[digest(), reply(403), http("GET", Authorization=DIGEST, after=3600)],
        bad=[digest(), reply(403), http("GET", Authorization=credentials(nc=2))],
    ),
    Case(
        "HTTP-RETRY-2",
        good=[
            http("GET", Authorization=BASIC),
            reply(401, WWW_Authenticate=challenge()),
            digest(),
        ],
        bad=[
            http("GET", Authorization=BASIC),
            reply(401, WWW_Authenticate='Basic realm="x"'),
            http("GET", Authorization=BASIC),
        ],
    ),
)
