"""XCAP URIs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.xcap.nodes import encode_namespaces, encode_node_selector
from harness.xcap.percent import percent_encode
from harness.xcap.selector import (
    MAX_TARGET,
    AttributeSelector,
    NamespaceSelector,
    NodeSelector,
    QName,
    Step,
    XcapUriError,
    canonical_xui,
    parse_node_selector,
    parse_xcap_uri,
)

INDEX = "/resource-lists/users/sip:bill@example.com/index"


def step(text: str) -> Step:
    (found,) = parse_node_selector(text, {}).steps
    return found


def test_document_selector_of_a_user_is_taken_apart() -> None:
    uri = parse_xcap_uri("/resource-lists/users/sip%3A%2B33%40Test.com/index")
    assert (uri.auid, uri.tree, uri.xui, uri.document) == (
        "resource-lists",
        "users",
        "sip:+33@Test.com",
        "index",
    )
    assert uri.node is None
    assert uri.user == "sip:+33@test.com"


def test_document_selector_of_the_global_tree_has_no_xui() -> None:
    uri = parse_xcap_uri("/xcap-caps/global/index")
    assert (uri.tree, uri.xui, uri.document) == ("global", "", "index")


def test_document_may_be_in_a_folder() -> None:
    uri = parse_xcap_uri("/a/users/u/oma_status-icon/rcs_status_icon")
    assert uri.document == "oma_status-icon/rcs_status_icon"


@pytest.mark.parametrize(
    ("target", "root"),
    [
        ("http://xcap.example.com:8080/services/rls-services/users/sip:joe@e.com/i", "/services"),
        ("/services/rls-services/users/sip:joe@e.com/i", "/services/"),
        ("https://h/rls-services/users/sip:joe@e.com/i", "/"),
        ("/rls-services/users/sip:joe@e.com/i", ""),
    ],
)
def test_xcap_root_and_authority_are_taken_off(target: str, root: str) -> None:
    uri = parse_xcap_uri(target, root)
    assert (uri.auid, uri.xui, uri.document) == ("rls-services", "sip:joe@e.com", "i")


@pytest.mark.parametrize(
    "written",
    [
        "list%5B@name=%22rcs%22%5D",
        "list%5b@name=%22rcs%22%5d",
        "list[@name=%22rcs%22]",
        'list[@name="rcs"]',
        "list[@name='rcs']",
        "%6Cist%5B%40name%3D%27rcs%27%5D",
    ],
)
def test_selector_is_the_same_however_it_is_encoded(written: str) -> None:
    uri = parse_xcap_uri(f"{INDEX}/~~/resource-lists/{written}")
    assert str(uri.node) == 'resource-lists/list[@name="rcs"]'


@pytest.mark.parametrize("separator", ["~~", "%7E%7E", "~%7e"])
def test_separator_may_be_percent_encoded(separator: str) -> None:
    uri = parse_xcap_uri(f"{INDEX}/{separator}/resource-lists")
    assert uri.document == "index"
    assert str(uri.node) == "resource-lists"


def test_first_separator_counts() -> None:
    uri = parse_xcap_uri(f"{INDEX}/~~/a/b%5B@c=%22~~/x%22%5D")
    assert str(uri.node) == 'a/b[@c="~~/x"]'


def test_slash_in_an_attribute_value_divides_no_step() -> None:
    anchor = "http://h/resource-lists/users/sip:a@h/index/~~/resource-lists/list%255b1%255d"
    uri = parse_xcap_uri(f"{INDEX}/~~/resource-lists/external%5B@anchor=%22{anchor}%22%5D")
    assert uri.node is not None
    assert len(uri.node.steps) == 2
    test = uri.node.steps[1].test
    assert test is not None
    assert test.value == anchor.replace("%25", "%")


@pytest.mark.parametrize(
    ("text", "name", "position", "value"),
    [
        ("el1", "el1", None, None),
        ("*", None, None, None),
        ("el1[2]", "el1", 2, None),
        ("*[12]", None, 12, None),
        ("el1[0]", "el1", 0, None),
        ('*[@id="x"]', None, None, "x"),
        ("*[3][@id='x']", None, 3, "x"),
        ('el-1[@id=""]', "el-1", None, ""),
        ('e[@id="a]b[c"]', "e", None, "a]b[c"),
        ("e[@id='say \"hi\"']", "e", None, 'say "hi"'),
        ('e[@id="&lt;&amp;&#x41;&#66;&quot;"]', "e", None, '<&AB"'),
        ('e[@id="a&b"]', "e", None, "a&b"),
        ("\u00e9l\u00e9ment", "\u00e9l\u00e9ment", None, None),
        (f"e[{'9' * 40}]", "e", 9999999999, None),
    ],
)
def test_step_is_read(text: str, name: str | None, position: int | None, value: str | None) -> None:
    found = step(text)
    assert (found.name.local if found.name else None) == name
    assert found.position == position
    assert (found.test.value if found.test else None) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a//b",
        "a/",
        "a[",
        "a[b]",
        "a[-1]",
        "a[@b]",
        "a[@b=c]",
        "a[@b=\"c']",
        'a[@b="x"y"]',
        'a[@b="<"]',
        'a[@b="c"][1]',
        "a[1][2]",
        "1a",
        "a:b:c",
        "@b",
        "namespace::*",
        "a/@b/c",
        "a/@*",
        "a/namespace::x",
        "text()",
        "a[last()]",
        "..",
    ],
)
def test_step_outside_the_grammar_is_not_found(text: str) -> None:
    with pytest.raises(XcapUriError) as caught:
        parse_node_selector(text, {})
    assert caught.value.status == 404
    assert caught.value.where == "node selector"


def test_terminal_selectors_are_read() -> None:
    selector = parse_node_selector("a/b/@c", {})
    assert selector.terminal == AttributeSelector(QName(None, "c", None))
    assert selector.kind == "attribute"
    selector = parse_node_selector("a/namespace::*", {})
    assert selector.terminal == NamespaceSelector()
    assert selector.kind == "namespaces"
    assert parse_node_selector("a", {}).kind == "element"


def test_prefixes_are_bound_by_the_query_component() -> None:
    uri = parse_xcap_uri(
        "http://xcap.example.com/test/users/sip:joe@example.com/index/~~/foo/a:bar/b:baz"
        "?xmlns(a=urn:test:namespace1-uri)xmlns(b=urn:test:namespace2-uri)"
    )
    assert uri.namespaces == (
        ("a", "urn:test:namespace1-uri"),
        ("b", "urn:test:namespace2-uri"),
    )
    assert uri.node is not None
    assert [each.name and each.name.namespace for each in uri.node.steps] == [
        None,
        "urn:test:namespace1-uri",
        "urn:test:namespace2-uri",
    ]


@pytest.mark.parametrize(
    ("query", "bindings"),
    [
        ("xmlns(a=urn:x)", {"a": "urn:x"}),
        ("xmlns%28a%3Durn:x%29", {"a": "urn:x"}),
        ("xmlns(a=urn:x)%20xmlns(b=urn:y)", {"a": "urn:x", "b": "urn:y"}),
        ("xmlns( a = urn:x )", {"a": "urn:x"}),
        ("element(/1/2)xmlns(a=urn:x)", {"a": "urn:x"}),
        ("xpointer(f(x))xmlns(a=urn:x)", {"a": "urn:x"}),
        ("xmlns(a=urn:x^))", {"a": "urn:x)"}),
        ("xmlns(a=urn:x)xmlns(a=urn:y)", {"a": "urn:y"}),
        ("", {}),
        ("name", {}),
    ],
)
def test_xmlns_expressions_are_read(query: str, bindings: dict[str, str]) -> None:
    assert dict(parse_xcap_uri(f"{INDEX}/~~/b?{query}").namespaces) == bindings


@pytest.mark.parametrize("query", ["xmlns(a=urn:x", "xmlns(a)", "(", "a b(", "xmlns(a=b)junk"])
def test_query_that_is_no_xpointer_is_a_bad_request(query: str) -> None:
    with pytest.raises(XcapUriError) as caught:
        parse_xcap_uri(f"{INDEX}/~~/b?{query}")
    assert (caught.value.where, caught.value.status) == ("query component", 400)
    assert caught.value.offset > len(INDEX)


@pytest.mark.parametrize("selector", ["x:a", "a/@x:b", 'a[@x:b="c"]'])
def test_prefix_without_binding_is_a_bad_request(selector: str) -> None:
    with pytest.raises(XcapUriError) as caught:
        parse_xcap_uri(f"{INDEX}/~~/{percent_encode(selector).replace('%2F', '/')}?xmlns(y=urn:y)")
    assert (caught.value.where, caught.value.status) == ("node selector", 400)


def test_error_points_into_the_encoded_uri() -> None:
    target = f"{INDEX}/~~/a%5B@b=%22%C3%A9%22%5D/x:c"
    with pytest.raises(XcapUriError) as caught:
        parse_xcap_uri(target)
    assert target[caught.value.offset :] == "x:c"


@pytest.mark.parametrize(
    ("target", "where", "offset"),
    [
        ("", "XCAP root", 0),
        ("*", "XCAP root", 0),
        ("/", "AUID", 1),
        ("/a", "document selector", 2),
        ("/a/other/c/d", "document selector", 3),
        ("/a/users", "XUI", 8),
        ("/a/users//index", "XUI", 9),
        ("/a/users/u", "document selector", 10),
        ("/a/users/u/", "document selector", 11),
        ("/a/users/u//x", "document selector", 11),
        ("/a/users/u/~~/x", "document selector", 11),
        ("/a/users/u/%2", "document selector", 11),
        ("/a/users/%FF/i", "document selector", 9),
        ("/a/users/u/i/~~", "node selector", 15),
        ("/a/users/u/i/~~/b%5", "node selector", 17),
    ],
)
def test_target_that_is_no_xcap_uri_tells_where(target: str, where: str, offset: int) -> None:
    with pytest.raises(XcapUriError) as caught:
        parse_xcap_uri(target)
    assert caught.value.where == where
    assert caught.value.offset == offset


def test_target_outside_the_xcap_root_is_refused() -> None:
    with pytest.raises(XcapUriError, match="XCAP root"):
        parse_xcap_uri("/other/a/users/u/i", "/services")


def test_endless_target_is_refused() -> None:
    with pytest.raises(XcapUriError) as caught:
        parse_xcap_uri("/a/users/" + "u" * MAX_TARGET)
    assert caught.value.status == 414


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:+33@Test-rcs.com", "SIP:+33@test-RCS.com"),
        ("sip:%2B33@h", "sip:+33@h"),
        ("sip%3A%2B33%40h", "sip:+33@h"),
        ("sip:+33@h;user=phone", "sip:+33@h"),
        ("sip:a@h:5060", "sip:a@h"),
        ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8::1]"),
        ("tel:+33-1(2).3", "TEL:+33123"),
        (" sip:a@h ", "sip:a@h"),
    ],
)
def test_xuis_of_one_user_are_equal(one: str, other: str) -> None:
    assert canonical_xui(one) == canonical_xui(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("sip:A@h", "sip:a@h"), ("sip:a@h", "sips:a@h"), ("alice", "Alice"), ("sip:a@h", "sip:h")],
)
def test_xuis_of_two_users_differ(one: str, other: str) -> None:
    assert canonical_xui(one) != canonical_xui(other)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9._-]{0,5}", fullmatch=True)
VALUES = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=12
).filter(lambda value: not ('"' in value and "'" in value))
STEPS = st.builds(
    Step,
    st.none() | st.builds(QName, st.none(), NAMES, st.none()),
    st.none() | st.integers(0, 10**9),
    st.none(),
)


@given(st.lists(STEPS, min_size=1, max_size=4), NAMES, VALUES)
def test_encoded_selector_is_read_back(steps: list[Step], name: str, value: str) -> None:
    escaped = value.replace("&", "&amp;").replace("<", "&lt;")
    quote = "'" if '"' in value else '"'
    last = step(f"*[@{name}={quote}{escaped}{quote}]")
    selector = NodeSelector((*steps, last))
    encoded = encode_node_selector(selector)
    assert encoded.isascii()
    assert parse_xcap_uri(f"{INDEX}/~~/{encoded}").node == selector
    assert last.test is not None
    assert last.test.value == value


def test_encoded_bindings_are_read_back() -> None:
    bindings = (("a", "urn:x"), ("b", "http://h/?y=1"))
    assert parse_xcap_uri(f"{INDEX}/~~/b{encode_namespaces(bindings)}").namespaces == bindings
    assert encode_namespaces(()) == ""


@given(st.text(max_size=80), st.sampled_from(["", INDEX + "/~~/", INDEX + "/~~/a?", "/a/users/"]))
def test_any_text_is_an_xcap_uri_or_an_error_inside_it(text: str, before: str) -> None:
    target = before + text
    try:
        parse_xcap_uri(target)
    except XcapUriError as raised:
        error = raised
    else:
        return
    assert 0 <= error.offset <= len(target)
    assert error.status in (400, 404)
