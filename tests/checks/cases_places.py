"""Cases of the checks of elements, fields and request lines where no schema or grammar looks."""

from __future__ import annotations

from tests.checks.bodies import (
    NAMESPACES,
    a_tuple,
    http_message,
    in_tuple,
    pidf,
    published,
    put,
    rule,
    rules,
)
from tests.checks.conversation import Case, Step, answer, net, notification, over_tcp, request, ue
from tests.checks.http_conversation import LISTS, RLS, RLS_TYPE, http, lists, reply, rls

_SERVICE = (
    "<op:service-description><op:service-id>a</op:service-id><op:version>1.0</op:version>"
    "</op:service-description>"
)
_LISTS = "urn:ietf:params:xml:ns:resource-lists"
_HANDLING = "<pr:sub-handling>allow</pr:sub-handling>"
ASKED = request("OPTIONS", sender="network", tag="bob-1", branch="z9hG4bKplaces")
NOTIFY = notification()


def misspelt() -> bytes:
    near = NAMESPACES.replace("ns:pidf:rpid", "ns:pidf:rpidd")
    return pidf(a_tuple(more="<r:class>a</r:class>"), namespaces=near)


def service(more: str) -> list[Step]:
    return put(RLS, RLS_TYPE, rls(f'<service uri="sip:list@example.com">{more}</service>'))


def packages(*names: str) -> list[Step]:
    named = "".join(f"<package>{name}</package>" for name in names)
    return service(f"<list/><packages>{named}</packages>")


def answered(status: int, allow: str) -> list[Step]:
    given = answer(ASKED, status, fields={"Allow": allow})
    return [net(NOTIFY), ue(answer(NOTIFY)), net(ASKED), ue(given)]


CASES = [
    Case(
        "XML-ELEMENT-1",
        in_tuple("<op:session-participation><op:basic>open</op:basic></op:session-participation>"),
        in_tuple("<op:session-participations/>"),
    ),
    Case("XML-UNKNOWN-2", published(a_tuple()), published(misspelt())),
    Case(
        "RULES-PLACE-1",
        rules(rule(actions=_HANDLING, shown="<pr:provide-all-attributes/>")),
        rules(rule(shown=_HANDLING)),
    ),
    Case(
        "RULES-TWICE-1",
        rules(rule(actions=_HANDLING)),
        rules(rule(actions=_HANDLING + _HANDLING.replace("allow", "block"))),
    ),
    Case("PIDF-SERVICE-3", in_tuple(_SERVICE), in_tuple(_SERVICE * 2), "documented"),
    Case("RLS-PACKAGE-3", packages("presence"), packages("presence", "Presence")),
    Case(
        "RLS-LIST-3",
        service(f'<list><l:entry xmlns:l="{_LISTS}" uri="sip:a@b.org"/></list>'),
        service('<list><entry uri="sip:a@b.org"/></list>'),
    ),
    Case(
        "HTTP-START-1",
        [http("GET")],
        [http_message(f"GET {LISTS}", Host="xcap.example.com")],
    ),
    Case(
        "HTTP-OPTION-1",
        [http("GET", Connection="TE", TE="trailers")],
        [http("GET", TE="trailers")],
    ),
    Case(
        "HTTP-HOST-3",
        [http("GET", Host="xcap.example.com:5060")],
        [http("GET")],
    ),
    Case(
        "HTTP-LENGTH-7",
        [http("PUT", body=lists()), reply(201), http("GET")],
        [http("PUT", body=lists()), reply(201), http("ET")],
    ),
    Case(
        "GEN-LENGTH-4",
        over_tcp([ue(request("SUBSCRIBE"))]),
        over_tcp([ue(request("SUBSCRIBE")[1:])]),
    ),
    Case("XCAP-METHOD-1", [http("GET")], [http("POST"), reply(405, Allow="GET")]),
    Case(
        "RSP-STATUS-1",
        [net(ASKED), ue(answer(ASKED))],
        [net(ASKED), ue(answer(ASKED, 0).replace(b"SIP/2.0 0 ", b"SIP/2.0 000 "))],
    ),
    Case(
        "RSP-405-2",
        answered(405, "NOTIFY, MESSAGE"),
        answered(405, "NOTIFY, OPTIONS"),
    ),
    Case("GEN-ALLOW-4", answered(200, "NOTIFY, OPTIONS"), answered(200, "OPTIONS")),
]
