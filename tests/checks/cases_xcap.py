"""Cases of the checks of XCAP requests and responses: XCAP."""

from __future__ import annotations

from tests.checks.conversation import Case, Step
from tests.checks.http_conversation import (
    ELEMENT_TYPE,
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
    http,
    lists,
    reply,
    rls,
    services,
)

PUT = http("PUT", body=lists())
STORED = [PUT, reply(201)]
PUT_ENTRY = http("PUT", ENTRY, ENTRY_BODY)
LIST = f"{LISTS}{LIST_SELECTOR}"
URI_ATTRIBUTE = f"{ENTRY}/@uri"
BINDINGS_TYPE = "application/xcap-ns+xml"
BINDINGS = f"{LISTS}/~~/resource-lists/namespace::*"
ANCHOR = f"{ROOT}{LIST}"


def put_lists(content: str) -> Step:
    return http("PUT", body=lists(content))


FILLED = [
    put_lists(
        '<list name="rcs"><entry uri="sip:b@example.com"/><entry uri="sip:c@example.com"/></list>'
    ),
    reply(201),
]


def external(anchor: str) -> Step:
    return put_lists(f'<list name="rcs"><external anchor="{anchor}"/></list>')


def put_service(*arguments: str) -> Step:
    return http("PUT", RLS, rls(services(*arguments)))


def got(target: str, media_type: str, body: bytes, **fields: str) -> list[Step]:
    return [http("GET", target), reply(200, body, Content_Type=media_type, **fields)]


CASES = (
    Case("XCAP-TREE-1", good=[http("GET")], bad=[http("GET", LISTS.replace("users", "user"))]),
    Case(
        "XCAP-DOCUMENT-1",
        good=[PUT],
        bad=[http("PUT", f"/resource-lists/{HOME}", lists())],
    ),
    Case("XCAP-DOCUMENT-2", good=[http("GET")], bad=[http("GET", f"/resource-lists/{HOME}/")]),
    Case(
        "XCAP-AUID-1",
        good=[http("GET", f"/org.openmobilealliance.groups/{HOME}/a")],
        bad=[http("GET", f"/com.example.lists/{HOME}/a")],
    ),
    Case(
        "XCAP-XUI-1",
        good=[*REGISTERED, PUT],
        bad=[*REGISTERED, http("PUT", LISTS.replace("alice", "bob"), lists())],
    ),
    Case(
        "XCAP-XUI-2",
        good=[http("GET")],
        bad=[http("GET", LISTS.replace("%", "%25"))],
    ),
    Case("XCAP-ENCODING-1", good=[PUT_ENTRY], bad=[http("GET", LIST.replace("%5B", "["))]),
    Case("XCAP-ENCODING-2", good=[http("GET", LIST)], bad=[http("GET", LIST.replace("~", "%7e"))]),
    Case("XCAP-SELECTOR-1", good=[http("GET", LIST)], bad=[http("GET", f"{LIST}/")]),
    Case("XCAP-SELECTOR-2", good=[http("GET", LIST)], bad=[http("GET", LIST.replace("@", ""))]),
    Case(
        "XCAP-PREFIX-1",
        good=[http("GET", f"{LISTS}/~~/a:b?xmlns(a=urn:x)")],
        bad=[http("GET", f"{LISTS}/~~/a:b?xmlns(c=urn:x)")],
    ),
    Case(
        "XCAP-PREFIX-2",
        good=[http("GET", f"{LISTS}/~~/a:b?xmlns(a=urn:x)")],
        bad=[http("GET", f"{LISTS}/~~/b?a=urn:x(")],
    ),
    Case(
        "XCAP-PREFIX-3",
        good=[http("GET", f"{LISTS}/~~/a:b?xmlns(a=urn:x)"), reply(404)],
        bad=[http("GET", f"{LISTS}/~~/a:b"), reply(200)],
    ),
    Case("XCAP-NAMESPACES-1", good=[http("GET", BINDINGS)], bad=[http("DELETE", BINDINGS)]),
    Case(
        "XCAP-NAMESPACES-2",
        good=[*STORED, *got(LIST, ELEMENT_TYPE, b'<list name="rcs"/>')],
        bad=[
            *STORED,
            *got(
                LIST,
                ELEMENT_TYPE,
                b'<list name="rcs" xmlns="urn:ietf:params:xml:ns:resource-lists"/>',
            ),
        ],
    ),
    Case(
        "XCAP-NAMESPACES-3",
        good=[http("DELETE", ENTRY), reply()],
        bad=[http("DELETE", BINDINGS), reply()],
    ),
    Case(
        "XCAP-NAMESPACES-4",
        good=got(BINDINGS, BINDINGS_TYPE, b'<resource-lists xmlns="urn:x" xmlns:y="urn:y"/>'),
        bad=got(BINDINGS, BINDINGS_TYPE, b'<bindings xmlns="urn:x"/>'),
    ),
    Case(
        "XCAP-NODE-1",
        good=[*FILLED, http("DELETE", f"{LIST}/entry%5B2%5D")],
        bad=[*FILLED, http("DELETE", f"{LIST}/entry%5B1%5D")],
    ),
    Case(
        "XCAP-NODE-2",
        good=[*FILLED, http("PUT", f"{LIST}/entry%5B3%5D", ENTRY_BODY)],
        bad=[*FILLED, http("PUT", f"{LIST}/entry%5B5%5D", ENTRY_BODY)],
    ),
    Case(
        "XCAP-RESULT-1",
        good=[*FILLED, http("PUT", f"{LIST}/entry%5B3%5D", ENTRY_BODY)],
        bad=[*FILLED, http("PUT", f"{LIST}/entry%5B3%5D", b'<entry uri="sip:b@example.com"/>')],
    ),
    Case(
        "XCAP-TYPE-1",
        good=[http("PUT", body=lists(), Content_Type="Application/Resource-Lists+XML;charset=x")],
        bad=[http("PUT", body=lists(), Content_Type="application/xml")],
    ),
    Case("XCAP-TYPE-2", good=[PUT_ENTRY], bad=[http("PUT", ENTRY, b"<a/>", Content_Type="a/b")]),
    Case(
        "XCAP-TYPE-3",
        good=[http("PUT", f"{LIST}/@name", b'"rcs"')],
        bad=[http("PUT", f"{LIST}/@name", b'"rcs"', Content_Type="text/plain")],
    ),
    Case("XCAP-TYPE-4", good=got(LISTS, LISTS_TYPE, lists()), bad=got(LIST, LISTS_TYPE, lists())),
    Case(
        "XCAP-NAME-1",
        good=[put_service()],
        bad=[http("PUT", RLS.replace("index", "mine"), rls(services()))],
    ),
    Case("XCAP-NAME-2", good=[PUT], bad=[http("GET", LISTS.replace("index", "lists.xml"))]),
    Case(
        "XCAP-IDENTITY-1",
        good=[http("GET", X_3GPP_Intended_Identity='"sip:alice@example.com"')],
        bad=[http("GET", X_3GPP_Intended_Identity='"X"')],
        profile="documented",
    ),
    Case("XCAP-VERSION-1", good=[http("GET")], bad=[http("GET", version="HTTP/1.0")]),
    Case(
        "XCAP-ELEMENT-1",
        good=[PUT_ENTRY],
        bad=[http("PUT", ENTRY, b'<entry uri="sip:bob@other.example.com"/>')],
    ),
    Case(
        "XCAP-ELEMENT-2",
        good=got(ENTRY, ELEMENT_TYPE, ENTRY_BODY),
        bad=got(ENTRY, ELEMENT_TYPE, b"<list/>"),
    ),
    Case(
        "XCAP-ATTRIBUTE-1",
        good=[http("PUT", URI_ATTRIBUTE, b'"sip:bob@example.com"')],
        bad=[http("PUT", URI_ATTRIBUTE, b'"sip:carol@example.com"')],
    ),
    Case(
        "XCAP-ATTRIBUTE-2",
        good=[http("PUT", f"{LIST}/@a", b"x &amp; y")],
        bad=[http("PUT", f"{LIST}/@a", b"x & y")],
    ),
    Case(
        "XCAP-BODY-1",
        good=[PUT, reply(200)],
        bad=[PUT, reply(200, b"<done/>", Content_Type="application/xml")],
    ),
    Case("XCAP-ETAG-1", good=STORED, bad=[PUT, reply(201, ETag=None)]),
    Case(
        "XCAP-ETAG-2",
        good=[*STORED, PUT_ENTRY, reply(201, ETag='"e2"')],
        bad=[*STORED, PUT_ENTRY, reply(201)],
    ),
    Case(
        "XCAP-MATCH-1",
        good=[*STORED, http("PUT", ENTRY, ENTRY_BODY, If_Match='"e1"')],
        bad=[*STORED, http("PUT", ENTRY, ENTRY_BODY, If_Match='"mine"')],
    ),
    Case(
        "XCAP-MATCH-2",
        good=[
            http("PUT", ENTRY, ENTRY_BODY, If_Match='"e0"'),
            reply(412),
            *got(LISTS, LISTS_TYPE, lists()),
            http("PUT", ENTRY, ENTRY_BODY, If_Match='"e1"'),
        ],
        bad=[
            http("PUT", ENTRY, ENTRY_BODY, If_Match='"e0"'),
            reply(412),
            http("PUT", ENTRY, ENTRY_BODY, If_Match='"e0"'),
        ],
    ),
    Case(
        "XCAP-MATCH-3",
        good=[http("PUT", body=lists(), If_None_Match="*")],
        bad=[http("PUT", ENTRY, ENTRY_BODY, If_None_Match="*")],
    ),
    Case(
        "XCAP-RETRY-1",
        good=[PUT_ENTRY, reply(409), *STORED, PUT_ENTRY],
        bad=[PUT_ENTRY, reply(409), PUT_ENTRY],
    ),
    Case("XCAP-UNKNOWN-1", good=[*STORED, PUT_ENTRY], bad=[PUT_ENTRY]),
    Case(
        "XCAP-CONFLICT-1",
        good=[
            PUT,
            reply(
                409,
                b'<xcap-error xmlns="urn:ietf:params:xml:ns:xcap-error"><cannot-insert/>'
                b"</xcap-error>",
                Content_Type="application/xcap-error+xml",
            ),
        ],
        bad=[PUT, reply(409)],
    ),
    Case(
        "XCAP-CACHE-1",
        good=got(LISTS, LISTS_TYPE, lists()),
        bad=got(LISTS, LISTS_TYPE, lists(), Cache_Control="max-age=60"),
    ),
    Case(
        "XCAP-BASIC-1",
        good=[PUT, reply(401, WWW_Authenticate=challenge())],
        bad=[PUT, reply(401, WWW_Authenticate='Basic realm="x"')],
    ),
    Case("XCAP-STATUS-1", good=[*STORED, PUT, reply(200)], bad=[*STORED, PUT, reply(201)]),
    Case(
        "XCAP-UNIQUE-1",
        good=[put_lists('<list name="a"><list name="b"/></list><list name="b"/>')],
        bad=[put_lists('<list name="a"/><list name="a"/>')],
    ),
    Case(
        "XCAP-UNIQUE-2",
        good=[http("PUT", RLS, rls(services() + services(service="sip:b@example.com")))],
        bad=[http("PUT", RLS, rls(services() * 2))],
    ),
    Case("XCAP-ANCHOR-1", good=[external(ANCHOR)], bad=[external(LIST)]),
    Case("XCAP-ANCHOR-2", good=[external(ANCHOR)], bad=[external(f"{ROOT}{LISTS}")]),
    Case(
        "XCAP-ANCHOR-3",
        good=[external(ANCHOR)],
        bad=[external(ANCHOR.replace("%5B", "[").replace("%5D", "]"))],
    ),
    Case(
        "XCAP-REF-1",
        good=[put_lists(f'<list><entry-ref ref="{ENTRY[1:]}"/></list>')],
        bad=[put_lists(f'<list><entry-ref ref="{ENTRY}"/></list>')],
    ),
    Case(
        "XCAP-SERVICE-1",
        good=[put_service()],
        bad=[put_service(ANCHOR.replace("alice", "bob"))],
    ),
    Case("XCAP-SERVICE-2", good=[put_service()], bad=[put_service(f"{ROOT}{LISTS}")]),
    Case(
        "XCAP-SERVICE-3",
        good=[put_service(), reply(201), *STORED],
        bad=[put_service(ANCHOR.replace("rcs", "nobody")), reply(201), *STORED],
    ),
)
