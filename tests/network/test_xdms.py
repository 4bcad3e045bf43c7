"""The XDMS: conversations of an XCAP client with it."""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.body.schema import parse_xml, validate
from harness.config import load_profile
from harness.model import Peer, Transport
from harness.network.site import Site
from harness.network.xdms import DocumentChange, Xdms
from harness.network.xdms_documents import MAX_DOCUMENTS_PER_USER
from harness.xcap.errors import ConflictError, ConflictReport, read_xcap_error
from harness.xcap.framing import HttpFramer
from harness.xcap.http import HttpRequest, HttpResponse, parse_http

USER = "sip%3A%2B339012341234%40Test-rcs.com"
LISTS = f"/resource-lists/users/{USER}/index"
RCS = f"{LISTS}/~~/resource-lists/list%5B@name=%22rcs%22%5D"
SERVICES = f"/rls-services/users/{USER}/index"
DIRECTORY = f"/org.openmobilealliance.xcap-directory/users/{USER}/directory.xml"
ICON = f"/org.openmobilealliance.pres-content/users/{USER}/oma_status-icon/rcs_status_icon"

LISTS_TYPE = "application/resource-lists+xml"
ELEMENT = "application/xcap-el+xml"
ATTRIBUTE = "application/xcap-att+xml"

LISTS_BODY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
    '<list name="rcs"><display-name>My presence buddies</display-name></list>'
    "</resource-lists>"
)
SERVICES_BODY = (
    '<rls-services xmlns="urn:ietf:params:xml:ns:rls-services">'
    '<service uri="sip:+339012341234@Test-rcs.com;pres-list=rcs">'
    f"<resource-list>http://h{RCS}</resource-list>"
    "<packages><package>presence</package></packages></service></rls-services>"
)
ENTRY = '<entry uri="sip:a@test-rcs.com"/>'


@dataclass
class Client:
    """Sends requests to an XDMS and reads the responses as a UE would."""

    xdms: Xdms
    host: str = "192.168.1.2:8080"
    now: float = 0.0
    changes: list[DocumentChange] = field(default_factory=list)

    def send(self, raw: bytes, method: str = "GET") -> HttpResponse:
        (whole,) = HttpFramer().feed(raw)
        request = parse_http(whole)
        assert isinstance(request, HttpRequest)
        answer = self.xdms.handle(request, Peer("192.168.1.1", 40000, Transport.HTTP), self.now)
        framer = HttpFramer("client")
        framer.expect(method)
        (cut,) = framer.feed(answer)
        response = parse_http(cut, method)
        assert isinstance(response, HttpResponse)
        assert response.malformed == ()
        return response

    def request(
        self, method: str, target: str, body: str | bytes = "", **headers: str
    ) -> HttpResponse:
        content = body if isinstance(body, bytes) else body.encode()
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(content)}")
        return self.send("\r\n".join([*lines, "", ""]).encode() + content, method)

    def get(self, target: str, **headers: str) -> HttpResponse:
        return self.request("GET", target, **headers)

    def put(
        self, target: str, body: str | bytes, content_type: str, **headers: str
    ) -> HttpResponse:
        return self.request("PUT", target, body, Content_Type=content_type, **headers)

    def delete(self, target: str, **headers: str) -> HttpResponse:
        return self.request("DELETE", target, **headers)


def make_client(authentication: str = "none", **options: object) -> Client:
    profile = load_profile("documented")
    network = profile.network.model_copy(update={"xcap_authentication": authentication})
    numbers = itertools.count(1)
    site = Site(
        profile.model_copy(update={"network": network}),
        (Peer("192.168.1.2", 5060),),
        lambda: f"id{next(numbers)}",
        lambda: 1403191847.0,
    )
    client = Client(Xdms(site, **options))  # type: ignore[arg-type]  # passed on as given
    client.xdms.observers.append(client.changes.append)
    return client


@pytest.fixture
def client() -> Client:
    return make_client()


@pytest.fixture
def filled(client: Client) -> Client:
    """A client whose resource-lists document is stored."""
    assert client.put(LISTS, LISTS_BODY, LISTS_TYPE).status == 201
    client.changes.clear()
    return client


def report(response: HttpResponse) -> ConflictReport:
    assert response.status == 409
    assert response.content_type == "application/xcap-error+xml"
    assert validate(response.body, "application/xcap-error+xml") == ()
    found = read_xcap_error(parse_xml(response.body))
    assert found is not None
    return found


# -- documents


def test_document_is_created_replaced_fetched_and_deleted(client: Client) -> None:
    created = client.put(LISTS, LISTS_BODY, LISTS_TYPE)
    assert (created.status, created.reason, created.body) == (201, "Created", b"")
    assert created.headers.get("Content-Length") == "0"
    replaced = client.put(LISTS, LISTS_BODY, LISTS_TYPE)
    assert (replaced.status, replaced.body) == (200, b"")
    assert replaced.etag not in (None, created.etag)
    fetched = client.get(LISTS)
    assert (fetched.status, fetched.content_type) == (200, LISTS_TYPE)
    assert fetched.body == LISTS_BODY.encode()
    assert fetched.etag == replaced.etag
    assert client.delete(LISTS).status == 200
    assert client.get(LISTS).status == 404
    assert client.delete(LISTS).status == 404


def test_every_response_has_a_date_in_gmt_and_a_length(client: Client) -> None:
    for response in (client.get(LISTS), client.put(LISTS, LISTS_BODY, LISTS_TYPE)):
        assert response.headers.get("Date") == "Thu, 19 Jun 2014 15:30:47 GMT"
        assert "Content-Length" in response.headers
        assert "Transfer-Encoding" not in response.headers


def test_head_tells_what_get_would(filled: Client) -> None:
    got, head = filled.get(LISTS), filled.request("HEAD", LISTS)
    assert head.status == 200
    assert head.body == b""
    assert [(row.name, row.value) for row in head.headers] == [
        (row.name, row.value) for row in got.headers
    ]


def test_xui_is_the_same_user_however_it_is_written(filled: Client) -> None:
    for xui in (
        "sip:+339012341234@test-rcs.com",
        "sip%3a%2b339012341234%40TEST-RCS.COM",
        "tel:+339012341234",
        "sip:+339012341234@test-rcs.com;user=phone",
    ):
        assert filled.get(f"/resource-lists/users/{xui}/index").status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/unknown-usage/users/u/index",
        "/resource-lists/users/sip:stranger@elsewhere.com/index",
        "/resource-lists/users/nobody/index",
        f"/resource-lists/users/{USER}/other",
        f"/xcap-caps/users/{USER}/index",
        "/resource-lists/global/index",
        f"{LISTS}/~~/resource-lists/list%5Blast()%5D",
        f"{LISTS}/~~/resource-lists/list%5B@name=%22none%22%5D",
        f"{LISTS}/~~/resource-lists/list/@none",
    ],
)
def test_what_does_not_exist_is_not_found(filled: Client, target: str) -> None:
    assert filled.get(target).status == 404


@pytest.mark.parametrize("method", ["POST", "PATCH", "FOO"])
def test_other_method_is_not_allowed(client: Client, method: str) -> None:
    response = client.request(method, LISTS)
    assert response.status == 405
    assert response.headers.values("Allow") == ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")


def test_options_tells_the_methods(client: Client) -> None:
    response = client.request("OPTIONS", LISTS)
    assert response.status == 200
    assert response.headers.values("Allow") == ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")


@pytest.mark.parametrize(
    ("target", "body", "content_type"),
    [
        (LISTS, LISTS_BODY, "application/xml"),
        (LISTS, LISTS_BODY, ELEMENT),
        (f"{RCS}/entry", ENTRY, "text/xml"),
        (f"{RCS}/@name", '"rcs"', ELEMENT),
        (ICON, "\xff\xd8", "image/jpeg"),
    ],
)
def test_wrong_media_type_is_refused(
    filled: Client, target: str, body: str, content_type: str
) -> None:
    assert filled.put(target, body, content_type).status == 415


def test_media_type_may_have_parameters_and_any_case(client: Client) -> None:
    content_type = 'Application/Resource-Lists+XML; charset="utf-8"'
    assert client.put(LISTS, LISTS_BODY, content_type).status == 201


def test_put_without_media_type_is_refused(client: Client) -> None:
    assert client.request("PUT", LISTS, LISTS_BODY).status == 415


@pytest.mark.parametrize(
    ("body", "element"),
    [
        ("", "not-well-formed"),
        ("<resource-lists", "not-well-formed"),
        ("<!DOCTYPE x><x/>", "not-well-formed"),
        (LISTS_BODY.encode("utf-16"), "not-utf-8"),
        (LISTS_BODY.replace("UTF-8", "ISO-8859-1"), "not-utf-8"),
        (LISTS_BODY.replace("buddies", "b\xfcddies").encode("latin-1"), "not-utf-8"),
        ("<other/>", "schema-validation-error"),
        (LISTS_BODY.replace("display-name", "name"), "schema-validation-error"),
        (LISTS_BODY.replace("</list>", f"{ENTRY}{ENTRY}</list>"), "uniqueness-failure"),
        (
            LISTS_BODY.replace("</list>", '<external anchor="index"/></list>'),
            "constraint-failure",
        ),
    ],
)
def test_document_that_cannot_be_stored_gets_a_conflict_report(
    client: Client, body: str | bytes, element: str
) -> None:
    assert report(client.put(LISTS, body, LISTS_TYPE)).element == element
    assert client.get(LISTS).status == 404
    assert client.changes == []


def test_service_uri_of_another_user_is_taken(client: Client) -> None:
    services = "application/rls-services+xml"
    assert client.put(SERVICES, SERVICES_BODY, services).status == 201
    other = "sip:+330123456789@test-rcs.com"
    target = f"/rls-services/users/{other}/index"
    body = SERVICES_BODY.replace(USER, other)
    found = report(client.put(target, body, services))
    assert found.element == "uniqueness-failure"
    assert [each.field for each in found.exists] == ["rls-services/service/@uri"]
    assert client.put(SERVICES, SERVICES_BODY, services).status == 200


def test_document_in_a_folder_that_does_not_exist_has_no_parent(client: Client) -> None:
    target = f"/resource-lists/users/{USER}/folder/index"
    assert report(client.put(target, LISTS_BODY, LISTS_TYPE)).element == "no-parent"


def test_icon_is_stored_in_its_folder(client: Client) -> None:
    body = (
        '<content xmlns="urn:oma:xml:prs:pres-content"><mime-type>image/jpeg</mime-type>'
        "<encoding>base64</encoding><data>/9j/4AAQ</data></content>"
    )
    assert client.put(ICON, body, "application/vnd.oma.pres-content+xml").status == 201
    assert client.get(ICON).body == body.encode()


def test_documents_of_a_user_are_bounded(client: Client) -> None:
    for number in range(MAX_DOCUMENTS_PER_USER):
        assert client.put(f"{LISTS}{number}", LISTS_BODY, LISTS_TYPE).status == 201
    assert client.put(LISTS, LISTS_BODY, LISTS_TYPE).status == 507
    assert client.put(f"{LISTS}0", LISTS_BODY, LISTS_TYPE).status == 200


# -- nodes


def test_element_is_fetched_as_it_was_put(filled: Client) -> None:
    content = "<entry\n uri='sip:a@test-rcs.com'  ></entry >"
    target = f"{RCS}/entry%5B@uri=%22sip:a@test-rcs.com%22%5D"
    created = filled.put(target, content, ELEMENT)
    assert (created.status, created.body) == (201, b"")
    fetched = filled.get(target)
    assert (fetched.status, fetched.content_type) == (200, ELEMENT)
    assert fetched.body == content.encode()
    assert fetched.etag == created.etag == filled.get(LISTS).etag
    assert filled.put(target, content, ELEMENT).status == 200
    deleted = filled.delete(target)
    assert deleted.status == 200
    assert deleted.etag == filled.get(LISTS).etag != created.etag
    assert filled.get(LISTS).body == LISTS_BODY.encode()
    assert filled.delete(target).status == 404


def test_attribute_is_put_fetched_and_deleted(filled: Client) -> None:
    assert filled.put(f"{RCS}/entry", ENTRY, ELEMENT).status == 201
    target = f"{RCS}/entry/@uri"
    assert filled.get(target).body == b'"sip:a@test-rcs.com"'
    assert filled.put(target, "'sip:b@test-rcs.com'", ATTRIBUTE).status == 200
    fetched = filled.get(target)
    assert (fetched.body, fetched.content_type) == (b"'sip:b@test-rcs.com'", ATTRIBUTE)
    assert report(filled.delete(target)).element == "schema-validation-error"
    assert filled.delete(f"{RCS}/@name").status == 200


def test_namespace_bindings_are_read_only(filled: Client) -> None:
    target = f"{RCS}/namespace::*"
    fetched = filled.get(target)
    assert fetched.content_type == "application/xcap-ns+xml"
    assert fetched.body == b'<list xmlns="urn:ietf:params:xml:ns:resource-lists"/>'
    for response in (filled.put(target, "<list/>", ELEMENT), filled.delete(target)):
        assert response.status == 405
        assert response.headers.values("Allow") == ("GET", "HEAD")


def test_prefix_without_binding_is_a_bad_request(filled: Client) -> None:
    assert filled.get(f"{LISTS}/~~/x:resource-lists").status == 400
    query = "?xmlns(x=urn:ietf:params:xml:ns:resource-lists)"
    assert filled.get(f"{LISTS}/~~/x:resource-lists{query}").status == 200


@pytest.mark.parametrize(
    ("node", "body", "content_type", "element"),
    [
        ("entry", "<entry", ELEMENT, "not-xml-frag"),
        ("entry", b"<entry uri='\xff'/>", ELEMENT, "not-utf-8"),
        ("@name", "rcs", ATTRIBUTE, "not-xml-att-value"),
        ("entry%5B@uri=%22sip:b@h%22%5D", ENTRY, ELEMENT, "cannot-insert"),
        ("@name", '"other"', ATTRIBUTE, "cannot-insert"),
        ("entry", "<entry/>", ELEMENT, "schema-validation-error"),
        ("external", "<external anchor='x'/>", ELEMENT, "constraint-failure"),
    ],
)
def test_node_that_cannot_be_put_gets_a_conflict_report(
    filled: Client, node: str, body: str | bytes, content_type: str, element: str
) -> None:
    assert report(filled.put(f"{RCS}/{node}", body, content_type)).element == element
    assert filled.get(LISTS).body == LISTS_BODY.encode()


def test_second_entry_with_the_same_uri_is_not_unique(filled: Client) -> None:
    filled.put(f"{RCS}/entry", ENTRY, ELEMENT)
    found = report(filled.put(f"{RCS}/entry%5B2%5D", ENTRY, ELEMENT))
    assert found.element == "uniqueness-failure"
    assert len(found.exists) == 2


def test_delete_that_is_not_idempotent_is_refused(filled: Client) -> None:
    for name in "ab":
        filled.put(f"{RCS}/entry%5B@uri=%22{name}%22%5D", f'<entry uri="{name}"/>', ELEMENT)
    assert report(filled.delete(f"{RCS}/entry%5B1%5D")).element == "cannot-delete"


def test_missing_parent_is_reported_with_the_closest_ancestor(filled: Client) -> None:
    target = RCS.replace("%22rcs%22", "%22gone%22") + "/entry"
    found = report(filled.put(target, ENTRY, ELEMENT))
    assert found.element == "no-parent"
    assert found.ancestor is not None
    path = found.ancestor.removeprefix(f"http://{filled.host}")
    assert path.endswith("/~~/resource-lists")
    assert filled.get(path).status == 200


def test_ancestor_keeps_the_bindings_of_its_prefixes(filled: Client) -> None:
    query = "?xmlns(x=urn:ietf:params:xml:ns:resource-lists)"
    target = f"{LISTS}/~~/x:resource-lists/list%5B1%5D/x:gone/x:entry{query}"
    ancestor = report(filled.put(target, ENTRY, ELEMENT)).ancestor
    assert ancestor is not None
    fetched = filled.get(ancestor.removeprefix(f"http://{filled.host}"))
    assert fetched.body.startswith(b'<list name="rcs"')


def test_node_of_a_document_that_does_not_exist_has_no_parent(client: Client) -> None:
    assert report(client.put(f"{RCS}/entry", ENTRY, ELEMENT)).element == "no-parent"
    assert client.delete(RCS).status == 404
    assert client.get(RCS).status == 404


# -- conditions


def test_if_match_guards_a_change(filled: Client) -> None:
    etag = filled.get(LISTS).etag
    assert etag is not None
    stale = filled.put(f"{RCS}/entry", ENTRY, ELEMENT, If_Match='"old"')
    assert (stale.status, stale.etag) == (412, etag)
    assert filled.put(f"{RCS}/entry", ENTRY, ELEMENT, If_Match=f'"old", {etag}').status == 201
    assert filled.delete(f"{RCS}/entry", If_Match=etag).status == 412
    assert filled.delete(f"{RCS}/entry", If_Match="*").status == 200
    assert filled.delete(LISTS, If_Match='"old"').status == 412


def test_if_match_fails_where_there_is_no_document(client: Client) -> None:
    for value in ("*", '"x"'):
        assert client.put(LISTS, LISTS_BODY, LISTS_TYPE, If_Match=value).status == 412
    assert client.get(LISTS).status == 404


def test_weak_entity_tag_never_matches_for_a_change(filled: Client) -> None:
    etag = filled.get(LISTS).etag
    assert filled.delete(LISTS, If_Match=f"W/{etag}").status == 412


def test_if_match_with_doubled_quotes_is_understood(filled: Client) -> None:
    etag = filled.get(LISTS).etag
    assert filled.put(LISTS, LISTS_BODY, LISTS_TYPE, If_Match=f'"{etag}"').status == 200


def test_if_none_match_saves_a_transfer(filled: Client) -> None:
    etag = filled.get(LISTS).etag
    assert etag is not None
    for value in (etag, f"W/{etag}", f'"x",{etag}', "*"):
        response = filled.get(RCS, If_None_Match=value)
        assert (response.status, response.body, response.etag) == (304, b"", etag)
    assert filled.get(LISTS, If_None_Match='"other"').status == 200
    assert filled.get(f"/resource-lists/users/{USER}/none", If_None_Match="*").status == 404


def test_if_none_match_star_creates_a_document_only_once(client: Client) -> None:
    assert client.put(LISTS, LISTS_BODY, LISTS_TYPE, If_None_Match="*").status == 201
    assert client.put(LISTS, LISTS_BODY, LISTS_TYPE, If_None_Match="*").status == 412


def test_if_none_match_star_never_inserts_an_element(filled: Client) -> None:
    assert filled.put(f"{RCS}/entry", ENTRY, ELEMENT, If_None_Match="*").status == 412


# -- requests that cannot be served


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /a/users/b/c HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505),
        (b"GET /%zz/users/b/c HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.0\r\n\r\n", 404),
    ],
)
def test_unreadable_request_is_refused(client: Client, raw: bytes, status: int) -> None:
    assert client.send(raw).status == status


def test_garbage_gets_400_and_the_connection_closed(client: Client) -> None:
    request = parse_http(b"garbage")
    assert isinstance(request, HttpRequest)
    answer = parse_http(client.xdms.handle(request, Peer("h", 1, Transport.HTTP), 0.0))
    assert isinstance(answer, HttpResponse)
    assert answer.status == 400
    assert answer.headers.get("Connection") == "close"


def test_connection_is_closed_when_the_client_wants_it(client: Client) -> None:
    assert client.get(LISTS, Connection="close").headers.get("Connection") == "close"
    assert client.get(LISTS).headers.get("Connection") is None


TARGETS = st.one_of(
    st.text(max_size=40),
    st.sampled_from([LISTS, RCS, DIRECTORY, "/xcap-caps/global/index", SERVICES]),
)
VALUES = st.sampled_from(["*", '"x"', "", ELEMENT, LISTS_TYPE, "a b", "\udcff", "\x01"])


@given(
    st.sampled_from(["GET", "PUT", "DELETE", "HEAD", "POST", "x y"]),
    TARGETS,
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Host", "If-Match", "If-None-Match", "Content-Type", "X-3GPP-Intended-Identity"]
            ),
            VALUES,
        ),
        max_size=4,
    ),
    st.one_of(st.binary(max_size=40), st.sampled_from([LISTS_BODY.encode(), ENTRY.encode()])),
)
def test_any_request_gets_a_well_formed_answer(
    method: str, target: str, headers: list[tuple[str, str]], body: bytes
) -> None:
    client = make_client()
    client.put(LISTS, LISTS_BODY, LISTS_TYPE)
    lines = [f"{method} {target} HTTP/1.1", "Host: h"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""])
    request = parse_http(head.encode("utf-8", "surrogatepass") + body)
    assert isinstance(request, HttpRequest)
    answer = client.xdms.handle(request, Peer("h", 1, Transport.HTTP), 0.0)
    response = parse_http(answer, request.method)
    assert isinstance(response, HttpResponse)
    assert response.malformed == ()
    # 505: what looks like an HTTP version is another (RFC 9110 §15.6.6).
    assert 200 <= response.status < 500 or response.status == 505


# -- documents that the server makes


def test_directory_shows_empty_folders_at_first(client: Client) -> None:
    response = client.get(DIRECTORY)
    assert response.content_type == "application/vnd.oma.xcap-directory+xml"
    assert validate(response.body, response.content_type) == ()
    assert [folder.get("auid") for folder in parse_xml(response.body)] == [
        "rls-services",
        "resource-lists",
        "org.openmobilealliance.pres-rules",
    ]
    assert all(len(folder) == 0 for folder in parse_xml(response.body))


def test_directory_lists_what_is_stored(filled: Client) -> None:
    response = filled.get(DIRECTORY)
    assert validate(response.body, response.content_type) == ()
    (entry,) = parse_xml(response.body)[1]
    assert entry.get("last-modified") == "2014-06-19T15:30:47Z"
    assert entry.get("size") == str(len(LISTS_BODY))
    uri = entry.get("uri", "").removeprefix(f"http://{filled.host}")
    fetched = filled.get(uri)
    assert fetched.status == 200
    assert fetched.etag == f'"{entry.get("etag")}"'


def test_directory_has_an_entity_tag_of_its_content(client: Client) -> None:
    before = client.get(DIRECTORY).etag
    assert before == client.get(DIRECTORY).etag
    client.put(LISTS, LISTS_BODY, LISTS_TYPE)
    assert client.get(DIRECTORY).etag != before


def test_directory_without_entries_stays_as_in_the_documented_flow() -> None:
    client = make_client(list_entries=False)
    before = client.get(DIRECTORY).body
    client.put(LISTS, LISTS_BODY, LISTS_TYPE)
    assert client.get(DIRECTORY).body == before


def test_folder_of_a_directory_can_be_fetched(client: Client) -> None:
    target = f"{DIRECTORY}/~~/xcap-directory/folder%5B@auid=%22resource-lists%22%5D"
    response = client.get(target)
    assert (response.status, response.body) == (200, b'<folder auid="resource-lists"/>')


def test_capabilities_name_usages_and_namespaces(client: Client) -> None:
    response = client.get("/xcap-caps/global/index")
    assert response.content_type == "application/xcap-caps+xml"
    assert validate(response.body, response.content_type) == ()
    text = response.body.decode()
    assert "<auid>resource-lists</auid>" in text
    assert "<namespace>urn:ietf:params:xml:ns:resource-lists</namespace>" in text


@pytest.mark.parametrize("target", [DIRECTORY, "/xcap-caps/global/index"])
def test_generated_document_is_read_only(client: Client, target: str) -> None:
    response = client.put(target, "<x/>", "application/xml")
    assert response.status == 405
    assert response.headers.values("Allow") == ("GET", "HEAD")
    assert client.delete(target).status == 405


def test_global_documents_are_not_for_users(client: Client) -> None:
    assert client.put("/resource-lists/global/index", LISTS_BODY, LISTS_TYPE).status == 403
    assert client.get("/rls-services/global/index").status == 403


# -- root path


def test_xcap_root_may_have_a_path() -> None:
    client = make_client(root_path="/services")
    assert client.put(f"/services{LISTS}", LISTS_BODY, LISTS_TYPE).status == 201
    assert client.get(LISTS).status == 404
    uri = parse_xml(client.get(f"/services{DIRECTORY}").body)[1][0].get("uri", "")
    assert uri.startswith(f"http://{client.host}/services/resource-lists/users/")


# -- access


def test_placeholders_are_taken_when_nobody_asked(client: Client) -> None:
    headers = {"Authorization": "Basic WDpY", "X_3GPP_Intended_Identity": '"X"'}
    assert client.put(LISTS, LISTS_BODY, LISTS_TYPE, **headers).status == 201


@pytest.mark.parametrize(
    ("identity", "status"),
    [
        ('"sip:+339012341234@test-rcs.com"', 200),
        ("sip:+339012341234@Test-rcs.com", 200),
        ('"tel:+339012341234"', 200),
        ('""', 200),
        ('"sip:+330123456789@test-rcs.com"', 403),
    ],
)
def test_user_cannot_touch_the_documents_of_another(
    filled: Client, identity: str, status: int
) -> None:
    assert filled.get(LISTS, X_3GPP_Intended_Identity=identity).status == status
    changed = filled.put(LISTS, LISTS_BODY, LISTS_TYPE, X_3GPP_Intended_Identity=identity)
    assert changed.status == status


def test_basic_credentials_are_asked_for_and_taken() -> None:
    client = make_client("basic")
    refused = client.get(LISTS)
    assert refused.status == 401
    assert refused.headers.get("WWW-Authenticate") == 'Basic realm="X"'
    for wrong in ("Basic WDpZ", "Basic !", "Bearer WDpY", "Digest x"):
        assert client.get(LISTS, Authorization=wrong).status == 401
    assert client.get(LISTS, Authorization="basic WDpY").status == 404


def test_authenticated_user_is_kept_to_its_identities() -> None:
    client = make_client("basic")
    other = LISTS.replace("339012341234", "330123456789")
    assert client.get(other, Authorization="Basic WDpY").status == 403
    for identity, status in (
        ('"sip:+339012341234@test-rcs.com"', 404),
        ('"sip:+330123456789@test-rcs.com"', 403),
        ('"X"', 403),
    ):
        response = client.get(LISTS, Authorization="Basic WDpY", X_3GPP_Intended_Identity=identity)
        assert response.status == status


def test_digest_challenge_is_answered() -> None:
    from harness.sip.digest import answer, parse_challenge

    client = make_client("digest")
    refused = client.get(LISTS)
    assert refused.status == 401
    challenge = parse_challenge(refused.headers.get("WWW-Authenticate", "") or "")
    assert challenge is not None

    def credentials(uri: str, nc: int = 1, password: str = "X") -> str:
        return answer(challenge, "X", password, "GET", uri, nc=nc, cnonce="c")

    assert client.get(LISTS, Authorization=credentials(LISTS)).status == 404
    replayed = client.get(LISTS, Authorization=credentials(LISTS))
    assert replayed.status == 401
    assert "stale=true" in (replayed.headers.get("WWW-Authenticate") or "")
    assert client.get(LISTS, Authorization=credentials(LISTS, 2)).status == 404
    assert client.get(LISTS, Authorization=credentials(LISTS, 3, "wrong")).status == 401
    assert client.get(LISTS, Authorization=credentials(SERVICES, 4)).status == 400


def test_unknown_usage_is_not_found_before_any_challenge() -> None:
    client = make_client("digest")
    assert client.get("/unknown/users/u/index").status == 404
    assert client.get(f"{LISTS}/~~/x:a").status == 401


# -- for the other roles


def test_changes_are_told(client: Client) -> None:
    client.put(LISTS, LISTS_BODY, LISTS_TYPE)
    client.put(f"{RCS}/entry", ENTRY, ELEMENT)
    client.put(f"{RCS}/entry%5B9%5D", ENTRY, ELEMENT)
    client.delete(LISTS)
    assert [(bool(each.before), bool(each.after)) for each in client.changes] == [
        (False, True),
        (True, True),
        (True, False),
    ]
    first = client.changes[0]
    assert (first.auid, first.user, first.name) == (
        "resource-lists",
        "sip:+339012341234@test-rcs.com",
        "index",
    )
    assert client.changes[1].after is not None
    assert ENTRY.encode() in client.changes[1].after.content


def test_roles_read_documents_and_lists(filled: Client) -> None:
    xdms, xui = filled.xdms, "sip:+339012341234@test-rcs.com"
    assert xdms.content("resource-lists", xui) == LISTS_BODY.encode()
    root = xdms.document("resource-lists", xui)
    assert root is not None
    assert root.tag == "{urn:ietf:params:xml:ns:resource-lists}resource-lists"
    assert xdms.document("pidf-manipulation", xui) is None
    filled.put(f"{RCS}/entry", ENTRY, ELEMENT)
    assert xdms.list_uris(f"http://anything:1{RCS}") == ("sip:a@test-rcs.com",)
    granted = (
        '<list name="granted">'
        f'<external anchor="http://x{RCS}"/><external anchor="http://x{RCS}x"/>'
        f'<entry-ref ref="{RCS[1:]}/entry"/><entry uri="sip:b@h"/>'
        f'<external anchor="http://x{LISTS}/~~/resource-lists/list%5B@name=%22granted%22%5D"/>'
        "</list>"
    )
    target = f"{LISTS}/~~/resource-lists/list%5B@name=%22granted%22%5D"
    assert filled.put(target, granted, ELEMENT).status == 201
    assert xdms.list_uris(f"http://x{target}") == ("sip:a@test-rcs.com", "sip:b@h")
    for nothing in ("", "http://x/", f"http://x{LISTS}", f"http://x{SERVICES}", "sip:a@h"):
        assert xdms.list_uris(nothing) == ()


def test_service_is_found_by_its_whole_uri(client: Client) -> None:
    client.put(SERVICES, SERVICES_BODY, "application/rls-services+xml")
    found = client.xdms.service("sip:+339012341234@TEST-rcs.com;pres-list=rcs")
    assert found is not None
    assert found.owner == "sip:+339012341234@test-rcs.com"
    assert found.element.get("uri") == "sip:+339012341234@Test-rcs.com;pres-list=rcs"
    assert client.xdms.service("sip:+339012341234@test-rcs.com") is None
    assert client.xdms.service("sip:+339012341234@test-rcs.com;pres-list=other") is None


def test_service_outside_the_index_is_not_offered(client: Client) -> None:
    target = SERVICES.replace("index", "other")
    assert client.put(target, SERVICES_BODY, "application/rls-services+xml").status == 201
    assert client.xdms.service("sip:+339012341234@test-rcs.com;pres-list=rcs") is None


def test_role_can_store_a_document_that_holds_the_rules(client: Client) -> None:
    client.xdms.put("resource-lists", "sip:b@test-rcs.com", LISTS_BODY.encode())
    assert client.xdms.content("resource-lists", "sip:b@Test-rcs.com") == LISTS_BODY.encode()
    with pytest.raises(ConflictError):
        client.xdms.put("resource-lists", "sip:b@test-rcs.com", b"<x/>")
