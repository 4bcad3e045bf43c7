"""The UE and the XDMS: what is put, what refusals lead to, who gets the password."""

from __future__ import annotations

import base64

import pytest

from harness.body.schema import validate
from harness.body.wellformed import parse_xml
from harness.model import Peer, Transport
from harness.sip.digest import Expected, parse_credentials, verify
from harness.ue.personas import PERSONAS

from .network_double import BUDDY, DIRECTORY, IDENTITY, XDMS, NetworkDouble, Reply, only_http

XUI = "sip%3A%2B339012341234%40test-rcs.com"
OWN = (
    f"/resource-lists/users/{XUI}/index/~~/resource-lists/list%5B@name=%22rcs%22%5D"
    f"/entry%5B@uri=%22{XUI}%22%5D"
)
LISTED = b'<list name="rcs"><entry uri="sip:+339012341234@TEST-rcs.com"/></list>'


def provisioned(*rules: object, **changes: object) -> NetworkDouble:
    double = NetworkDouble(**changes)
    double.http_rules += rules  # type: ignore[arg-type]  # rules are what only_http makes
    return double.start()


def test_ue_puts_its_entry_where_the_selector_says() -> None:
    put = provisioned().http("PUT", "/entry")[0]
    assert put.target == OWN
    assert put.body == f'<entry uri="{IDENTITY}"/>'.encode()
    assert put.content_type == "application/xcap-el+xml"
    assert put.headers.get("If-Match") == '"e0"'


def test_ue_sends_no_if_match_without_a_proper_entity_tag() -> None:
    for etag in ("E292", '""e292""', 'W/"e292"', ""):
        headers = [("Content-Type", "application/xcap-el+xml")]
        reply: Reply = (200, [*headers, ("ETag", etag)], b'<list name="rcs"/>')
        put = provisioned(only_http("GET", "~~", reply)).http("PUT", "/entry")[0]
        assert put.headers.get("If-Match") is None


@pytest.mark.parametrize("persona", sorted(PERSONAS))
def test_ue_puts_documents_that_their_schemas_accept(persona: str) -> None:
    double = provisioned(persona=persona).wait(40)
    bodies = [each.body for each in double.http("PUT") if "/entry" not in each.target]
    bodies.append(double.requests("PUBLISH")[0].body)
    assert len(bodies) == 6
    for body in bodies:
        assert validate(parse_xml(body)) == ()


def test_ue_refers_from_one_document_to_the_other() -> None:
    double = provisioned()
    uri = f"http://192.0.2.3:8080{OWN.rpartition('/')[0]}".encode()
    assert uri in double.http("PUT", "rls-services")[0].body
    assert double.http("PUT", "resource-lists")[0].body.count(uri) == 2
    granted = uri.replace(b"%22rcs%22", b"%22oma_grantedcontacts%22")
    assert granted in double.http("PUT", "pres-rules")[0].body


def test_ue_puts_only_what_the_directory_lacks() -> None:
    entry = f'<folder auid="resource-lists"><entry uri="{XUI}/index" etag="x"/></folder>'
    body = DIRECTORY.replace(b'<folder auid="resource-lists"/>', entry.encode())
    kind = [("Content-Type", "application/vnd.oma.xcap-directory+xml")]
    double = provisioned(only_http("GET", "directory", (200, kind, body)))
    documents = [
        each.target.split("/")[1] for each in double.http("PUT") if "~~" not in each.target
    ]
    assert documents == ["rls-services", "org.openmobilealliance.pres-rules"]


@pytest.mark.parametrize("reply", [(404, [], b""), (200, [], b"<broken"), (403, [], b"")])
def test_ue_overwrites_nothing_where_the_directory_is_out_of_reach(reply: Reply) -> None:
    exists: Reply = (412, [], b"")
    double = provisioned(
        only_http("GET", "directory", reply), only_http("PUT", "pres-rules", exists)
    )
    puts = [each for each in double.http("PUT") if "~~" not in each.target]
    assert [each.headers.get("If-None-Match") for each in puts] == ["*", "*", "*"]
    assert len(double.ue.problems) == 1
    assert double.requests("PUBLISH")


def test_ue_leaves_out_its_entry_where_the_list_has_it() -> None:
    kind = [("Content-Type", "application/xcap-el+xml")]
    double = provisioned(only_http("GET", "~~", (200, kind, LISTED)))
    assert double.http("PUT", "/entry") == []


def test_ue_finds_the_list_in_a_server_that_answers_with_the_whole_document() -> None:
    head = b'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
    kind = [("Content-Type", "application/resource-lists+xml")]
    other = LISTED.replace(b'"rcs"', b'"other"')
    for inside, count in ((LISTED, 0), (other, 1)):
        reply = (200, kind, head + inside + b"</resource-lists>")
        double = provisioned(only_http("GET", "~~", reply))
        assert len(double.http("PUT", "/entry")) == count


def test_ue_reads_the_list_again_after_412_and_then_decides() -> None:
    kind = [("Content-Type", "application/xcap-el+xml"), ("ETag", '"new"')]
    empty = (200, kind, b'<list name="rcs"/>')
    double = provisioned(
        only_http("GET", "~~", empty, empty), only_http("PUT", "/entry", (412, [], b""))
    )
    assert [each.method for each in double.http("", "~~")] == ["GET", "PUT", "GET", "PUT"]
    assert double.http("PUT", "/entry")[1].headers.get("If-Match") == '"new"'


def test_ue_puts_nothing_where_somebody_else_added_the_entry_meanwhile() -> None:
    kind = [("Content-Type", "application/xcap-el+xml")]
    replies = ((200, kind, b'<list name="rcs"/>'), (200, kind, LISTED))
    double = provisioned(
        only_http("GET", "~~", *replies), only_http("PUT", "/entry", (412, [], b""))
    )
    assert len(double.http("PUT", "/entry")) == 1
    assert double.ue.problems == []


def test_ue_stops_where_every_put_is_412() -> None:
    double = provisioned(only_http("PUT", "/entry", *[(412, [], b"")] * 20))
    assert len(double.http("PUT", "/entry")) == 4
    assert double.requests("PUBLISH")


def test_ue_reports_a_conflict_and_goes_on() -> None:
    double = provisioned(only_http("PUT", "pres-rules", (409, [], b"<xcap-error/>")))
    assert double.ue.problems == ["PUT of org.openmobilealliance.pres-rules/pres-rules: 409 Reason"]
    assert len(double.http("PUT", "pres-rules")) == 1
    assert double.requests("PUBLISH")


def test_ue_tries_again_after_the_pause_that_a_503_asks_for() -> None:
    double = provisioned(only_http("PUT", "rls-services", (503, [("Retry-After", "7")], b"")))
    assert len(double.http()) == 2
    double.wait(6)
    assert len(double.http()) == 2
    double.wait(2)
    assert len(double.http("PUT", "rls-services")) == 2
    assert double.requests("PUBLISH")


def test_ue_does_not_wait_an_hour_for_an_xdms() -> None:
    reply = (503, [("Retry-After", "3600")], b"")
    double = provisioned(only_http("PUT", "rls-services", reply))
    assert len(double.http("PUT", "rls-services")) == 1
    assert double.requests("PUBLISH")


def test_ue_gives_up_on_an_xdms_that_stays_ill() -> None:
    double = provisioned(only_http("GET", "directory", *[(500, [], b"")] * 20)).wait(60)
    assert len(double.http("GET", "directory")) == 4
    assert double.requests("PUBLISH")


def test_ue_goes_on_with_sip_where_the_xdms_is_silent() -> None:
    double = provisioned(lambda request: (0, [], b"")).wait(100)
    assert double.requests("PUBLISH")
    assert "no HTTP response within 10 s" in double.ue.problems[0]


def test_ue_sends_a_request_again_once_where_the_connection_broke() -> None:
    double = provisioned(lambda request: (0, [], b""))
    lost = double.sends[-1]
    double.took(double.ue.failed(lost, "connection lost", double.now))
    again = double.sends[-1]
    assert again.data == lost.data
    double.took(double.ue.failed(again, "connection refused", double.now))
    assert "connection refused" in double.ue.problems[0]


def test_ue_ignores_interim_responses() -> None:
    double = provisioned(lambda request: (0, [], b""))
    count = len(double.sends)
    double.hear(b"HTTP/1.1 100 Continue\r\n\r\n", XDMS)
    assert len(double.sends) == count
    double.hear(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", XDMS)
    assert len(double.sends) == count + 1


def test_ue_reads_a_chunked_answer() -> None:
    double = provisioned(only_http("GET", "~~", (0, [], b"")))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xcap-el+xml\r\n"
    chunk = b"%x\r\n%s\r\n0\r\n\r\n" % (len(LISTED), LISTED)
    double.hear(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk, XDMS)
    assert double.http("PUT", "/entry") == []
    assert double.requests("SUBSCRIBE")


def test_ue_takes_an_answer_from_an_address_that_its_name_resolves_to() -> None:
    double = provisioned(lambda request: (0, [], b""), xcap_root="http://xcap.test-rcs.com")
    assert double.sends[-1].destination == Peer("xcap.test-rcs.com", 80, Transport.HTTP)
    double.hear(
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        Peer("192.0.2.3", 80, Transport.HTTP),
    )
    assert len(double.http()) == 2


# -- authentication -----------------------------------------------------------------------------

BASIC: Reply = (401, [("WWW-Authenticate", 'Basic realm="xdms"')], b"")
DIGEST: Reply = (401, [("WWW-Authenticate", 'Digest realm="xdms", nonce="n", qop="auth"')], b"")


def test_ue_gives_no_password_before_it_is_asked() -> None:
    assert all("Authorization" not in each.headers for each in provisioned().http())


def test_ue_answers_basic_once_and_keeps_to_it() -> None:
    double = provisioned(only_http("GET", "directory", BASIC))
    first, second, *others = double.http()
    expected = "Basic " + base64.b64encode(b"user@test-rcs.com:secret").decode()
    assert first.headers.get("Authorization") is None
    assert {each.headers.get("Authorization") for each in [second, *others]} == {expected}


@pytest.mark.parametrize("reply", [BASIC, DIGEST])
def test_ue_stops_after_refused_credentials(reply: Reply) -> None:
    double = provisioned(only_http("GET", "directory", *[reply] * 9))
    assert len(double.http("GET", "directory")) == 2
    assert "401" in double.ue.problems[0]
    assert double.requests("PUBLISH")


def test_ue_answers_digest_and_counts_the_uses_of_the_nonce() -> None:
    double = provisioned(only_http("GET", "directory", DIGEST))
    answered = double.http()[1:]
    for count, request in enumerate(answered, 1):
        value = request.headers.get("Authorization") or ""
        credentials = parse_credentials(value)
        assert credentials is not None
        assert credentials.nc == f"{count:08x}"
        assert "qop=auth," in value
        expected = Expected(realm="xdms", uri=request.target)
        user = "user@test-rcs.com"
        assert verify(credentials, expected, user, "secret", request.method) is None


def test_ue_prefers_digest_to_basic() -> None:
    both: Reply = (401, [*BASIC[1], *DIGEST[1]], b"")
    double = provisioned(only_http("GET", "directory", both))
    assert (double.http()[1].headers.get("Authorization") or "").startswith("Digest ")


def test_ue_names_the_intended_identity_in_quotes() -> None:
    names = {each.headers.get("X-3GPP-Intended-Identity") for each in provisioned().http()}
    assert names == {f'"{IDENTITY}"'}


def test_ue_tells_the_photo_by_the_entity_tag_of_its_server() -> None:
    double = provisioned(only_http("PUT", "pres-content", (201, [("ETag", '"photo-1"')], b"")))
    double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    assert b'opd:etag="photo-1"' in double.http("PUT", "perm-presence")[0].body


def test_ue_tells_the_photo_by_the_clock_where_there_is_no_entity_tag() -> None:
    double = provisioned(only_http("PUT", "pres-content", (201, [], b"")))
    double.hear(double.winfo(1, (BUDDY, "pending")).raw)
    assert b'opd:etag="1403159445000"' in double.http("PUT", "perm-presence")[0].body
