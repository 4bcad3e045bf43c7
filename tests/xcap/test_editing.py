"""Operations on elements and attributes, with the examples of RFC 4825."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from harness.xcap.editing import Edited, Node, NoParentError, delete_node, get_node, put_node
from harness.xcap.errors import ConflictError
from harness.xcap.nodes import select
from harness.xcap.selector import parse_node_selector
from harness.xcap.spans import XmlError, parse_document

# RFC 4825 §8.2.3
ROOT = b"""<?xml version="1.0"?>
<root>
 <el1 att="first"/>
 <el1 att="second"/>
 <!-- comment -->
 <el2 att="first"/>
</root>"""

# RFC 4825 §6.4
FOO = b"""<?xml version="1.0"?>
<foo xmlns="urn:test:default-namespace">
  <ns1:bar xmlns:ns1="urn:test:namespace1-uri"
           xmlns="urn:test:namespace1-uri">
    <baz/>
    <ns2:baz xmlns:ns2="urn:test:namespace2-uri"/>
  </ns1:bar>
  <ns3:hi xmlns:ns3="urn:test:namespace3-uri">
    <there/>
  </ns3:hi>
</foo>"""
FOO_NAMESPACE = "urn:test:default-namespace"
PREFIXES = {
    "a": "urn:test:namespace1-uri",
    "b": "urn:test:namespace2-uri",
    "d": "urn:test:default-namespace",
}

LISTS = b"""<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">
  <list name="friends">
  </list>
</resource-lists>"""
LISTS_NAMESPACE = "urn:ietf:params:xml:ns:resource-lists"


def put(selector: str, content: bytes, document: bytes = ROOT, namespace: str = "") -> Edited:
    return put_node(document, parse_node_selector(selector, PREFIXES), content, namespace)


def get(selector: str, document: bytes = ROOT, namespace: str = "") -> bytes | None:
    node = get_node(document, parse_node_selector(selector, PREFIXES), namespace)
    return None if node is None else node.content


def delete(selector: str, document: bytes = ROOT, namespace: str = "") -> bytes | None:
    return delete_node(document, parse_node_selector(selector, PREFIXES), namespace)


def reason(selector: str, content: bytes, document: bytes = ROOT, namespace: str = "") -> str:
    with pytest.raises(ConflictError) as caught:
        put(selector, content, document, namespace)
    return caught.value.report.element


# -- GET


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        ("foo/a:bar/a:baz", b"<baz/>"),
        ("foo/a:bar/b:baz", b'<ns2:baz xmlns:ns2="urn:test:namespace2-uri"/>'),
        ("d:foo/a:bar/b:baz", b'<ns2:baz xmlns:ns2="urn:test:namespace2-uri"/>'),
        ("*/*[1]/*[2]", b'<ns2:baz xmlns:ns2="urn:test:namespace2-uri"/>'),
        ("foo/*[2]/there", b"<there/>"),
        ("foo/bar", None),
        ("foo/*", None),
        ("foo/a:bar[2]", None),
        ("foo/*[0]", None),
        ("bar", None),
        ("foo/foo", None),
    ],
)
def test_get_selects_by_expanded_name(selector: str, selected: bytes | None) -> None:
    assert get(selector, FOO, FOO_NAMESPACE) == selected


def test_get_returns_an_element_without_declarations_of_its_ancestors() -> None:
    node = get_node(FOO, parse_node_selector("foo/*[2]/there", {}), FOO_NAMESPACE)
    assert node == Node(b"<there/>", "application/xcap-el+xml")


def test_get_returns_an_attribute_as_it_is_quoted() -> None:
    document = b'<a b = \'x &amp; "y"\' c="z"/>'
    selector = parse_node_selector("a/@b", {})
    assert get_node(document, selector, "") == Node(b"'x &amp; \"y\"'", "application/xcap-att+xml")
    assert get("a/@d", document) is None


def test_get_returns_the_namespace_bindings_in_scope() -> None:
    selector = parse_node_selector("foo/a:bar/a:baz/namespace::*", PREFIXES)
    assert get_node(FOO, selector, FOO_NAMESPACE) == Node(
        b'<baz xmlns="urn:test:namespace1-uri" xmlns:ns1="urn:test:namespace1-uri"/>',
        "application/xcap-ns+xml",
    )


def test_namespace_declaration_is_no_attribute() -> None:
    assert get("foo/@xmlns", FOO, FOO_NAMESPACE) is None
    selector = 'foo[@xmlns="urn:test:default-namespace"]'
    assert get(selector, FOO, FOO_NAMESPACE) is None


def test_predicates_are_applied_in_order() -> None:
    assert get('root/*[3][@att="first"]') == b'<el2 att="first"/>'
    assert get('root/*[2][@att="first"]') is None
    assert get('root/*[@att="first"]') is None  # two elements: invalid
    assert get('root/el1[@att="second"]') == b'<el1 att="second"/>'


def test_prefixed_attribute_is_selected_by_its_namespace() -> None:
    document = b'<e xmlns:p="urn:test:namespace1-uri" x="plain" p:x="qualified"/>'
    assert get("e/@x", document) == b'"plain"'
    assert get("e/@a:x", document) == b'"qualified"'
    assert get('e[@a:x="qualified"]', document) == document


# -- PUT: creation (RFC 4825 §8.2.3)


AFTER_EL1 = ROOT.replace(b'"second"/>', b'"second"/><el1 att="third"/>')
AFTER_EL2 = ROOT.replace(b'"first"/>\n</', b'"first"/><el2 att="2"/>\n</')


@pytest.mark.parametrize(
    ("selector", "content", "document"),
    [
        ('root/el1[@att="third"]', b'<el1 att="third"/>', AFTER_EL1),
        ('root/el1[3][@att="third"]', b'<el1 att="third"/>', AFTER_EL1),
        ('root/*[3][@att="third"]', b'<el1 att="third"/>', AFTER_EL1),
        ("root/el3", b'<el3 att="first"/>', ROOT.replace(b"</", b'<el3 att="first"/></')),
        ("root/el3[1]", b"<el3/>", ROOT.replace(b"</", b"<el3/></")),
        ('root/*[@att="n"]', b'<el3 att="n"/>', ROOT.replace(b"</", b'<el3 att="n"/></')),
        ('root/*[@att="third"]', b'<el1 att="third"/>', AFTER_EL1),
        ('root/el2[@att="2"]', b'<el2 att="2"/>', AFTER_EL2),
        ('root/el2[2][@att="2"]', b'<el2 att="2"/>', AFTER_EL2),
        (
            'root/*[2][@att="2"]',
            b'<el2 att="2"/>',
            ROOT.replace(b'"first"/>\n <el1', b'"first"/><el2 att="2"/>\n <el1'),
        ),
        (
            'root/el2[1][@att="2"]',
            b'<el2 att="2"/>',
            ROOT.replace(b"<el2", b'<el2 att="2"/><el2'),
        ),
        (
            'root/*[1][@att="0"]',
            b'<el2 att="0"/>',
            ROOT.replace(b' <el1 att="first"', b' <el2 att="0"/><el1 att="first"'),
        ),
    ],
)
def test_new_element_is_inserted_where_the_rules_say(
    selector: str, content: bytes, document: bytes
) -> None:
    assert put(selector, content) == Edited(document, created=True)


def test_example_of_rfc_4825_section_13() -> None:
    """Figures 24 to 32, with the whitespace text node before the new element."""
    entry = b'<entry uri="sip:bob@example.com">\n    <display-name>Bob</display-name>\n  </entry>'
    edited = put('resource-lists/list[@name="friends"]/entry', entry, LISTS, LISTS_NAMESPACE)
    assert edited.document == LISTS.replace(b"</list>", entry + b"</list>")
    close = (
        b'<list name="close-friends"><entry uri="sip:joe@example.com"/>'
        b'<entry uri="sip:nancy@example.com"/><entry uri="sip:petri@example.com"/></list>'
    )
    edited = put(
        'resource-lists/list[@name="friends"]/list[@name="close-friends"]',
        close,
        edited.document,
        LISTS_NAMESPACE,
    )
    assert edited.created
    deleted = delete(
        'resource-lists/list/list/entry[@uri="sip:petri@example.com"]',
        edited.document,
        LISTS_NAMESPACE,
    )
    assert deleted is not None
    uri = get("resource-lists/list/list/entry[2]/@uri", deleted, LISTS_NAMESPACE)
    assert uri == b'"sip:nancy@example.com"'


@pytest.mark.parametrize("parent", [b"<list/>", b"<list />", b'<list a="1" />', b"<list></list>"])
def test_empty_element_tag_is_opened_for_a_child(parent: bytes) -> None:
    document = b"<lists>" + parent + b"</lists>"
    edited = put("lists/list/entry", b"<entry/>", document)
    assert get("lists/list/entry", edited.document) == b"<entry/>"
    start = parent.removesuffix(b"</list>").rstrip(b"/> ")
    assert edited.document == b"<lists>" + start + b"><entry/></list></lists>"


def test_redundant_declarations_of_the_new_element_stay() -> None:
    content = f'<list xmlns="{LISTS_NAMESPACE}" name="x"/>'.encode()
    edited = put('resource-lists/list[@name="x"]', content, LISTS, LISTS_NAMESPACE)
    assert get('resource-lists/list[@name="x"]', edited.document, LISTS_NAMESPACE) == content


def test_new_element_takes_prefixes_from_the_document() -> None:
    document = b'<a xmlns:p="urn:test:namespace1-uri"/>'
    edited = put("a/a:b", b"<p:b/>", document)
    assert get("a/a:b", edited.document) == b"<p:b/>"


def test_white_space_around_the_element_of_a_body_is_not_stored() -> None:
    assert put("root/el3", b"\r\n<el3/>\n").document == put("root/el3", b"<el3/>").document


# -- PUT: replacement (RFC 4825 §8.2.4)


def test_existing_element_is_replaced_in_its_place() -> None:
    edited = put('root/el1[@att="first"]', b'<el1 att="first">x</el1>')
    assert edited == Edited(
        ROOT.replace(b'<el1 att="first"/>', b'<el1 att="first">x</el1>'), created=False
    )


def test_root_element_is_replaced() -> None:
    replaced = put("root", b"<root><a/></root>").document
    assert replaced == b'<?xml version="1.0"?>\n<root><a/></root>'


def test_put_is_idempotent() -> None:
    once = put('root/el1[@att="third"]', b'<el1 att="third"/>')
    again = put('root/el1[@att="third"]', b'<el1 att="third"/>', once.document)
    assert again == Edited(once.document, created=False)


@pytest.mark.parametrize(
    ("selector", "content"),
    [
        ('root/el1[@att="third"]', b'<el1 att="other"/>'),
        ('root/el1[@att="first"]', b'<el1 att="other"/>'),
        ("root/el3", b"<el4/>"),
        ("root/el3[2]", b"<el3/>"),
        ("root/el2[3]", b"<el2/>"),
        ("root/*[5]", b"<el2/>"),
        ("root/*[0]", b"<el2/>"),
        ('root/*[1][@att="2"]', b'<el2 att="3"/>'),
        ("root/el1", b"<el1/>"),  # two there already
        ("root/el1[1]", b"<el5/>"),
        ("other", b"<other/>"),
        ('root/el2/child[@a="1"]', b"<child/>"),
        ("root/el2/child[2]", b"<child/>"),
    ],
)
def test_element_that_get_would_not_return_cannot_be_inserted(
    selector: str, content: bytes
) -> None:
    assert reason(selector, content) == "cannot-insert"


def test_element_in_another_namespace_cannot_be_inserted() -> None:
    content = b'<entry xmlns="urn:other" uri="sip:a@h"/>'
    selector = "resource-lists/list/entry"
    assert reason(selector, content, LISTS, LISTS_NAMESPACE) == "cannot-insert"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"<a/><b/>",
        b"<a>",
        b"<a/>text",
        b"<!-- c --><a/>",
        b'<?xml version="1.0"?><a/>',
        b"<!DOCTYPE a><a/>",
        b"<a>&unknown;</a>",
        b"<p:a/>",
        b"<a b='1' b='2'/>",
        b"</root><root>",
        b"<a>" * 200 + b"</a>" * 200,
    ],
)
def test_body_that_is_not_one_element_is_no_xml_fragment(content: bytes) -> None:
    assert reason("root/a", content) == "not-xml-frag"


@pytest.mark.parametrize("content", [b"<a>\xff</a>", "<a/>".encode("utf-16")])
def test_body_that_is_not_utf_8_is_told_apart(content: bytes) -> None:
    assert reason("root/a", content) == "not-utf-8"


@pytest.mark.parametrize(
    ("selector", "steps"),
    [("root/x/y", 1), ("x/y", 0), ("root/el1/y", 1), ("root/el2/x/y", 2), ("root/x/@a", 1)],
)
def test_missing_parent_tells_how_far_the_selector_goes(selector: str, steps: int) -> None:
    with pytest.raises(NoParentError) as caught:
        put(selector, b"<y/>")
    assert caught.value.steps == steps


# -- attributes (RFC 4825 §7.7 to §7.9)


def test_attribute_is_created_and_replaced() -> None:
    created = put("root/el2/@new", b"'a &amp; b'")
    assert created.created
    assert created.document == ROOT.replace(
        b'<el2 att="first"', b"<el2 att=\"first\" new='a &amp; b'"
    )
    replaced = put("root/el2/@new", b'"c"', created.document)
    assert not replaced.created
    assert get("root/el2/@new", replaced.document) == b'"c"'


def test_first_attribute_is_put_behind_the_name() -> None:
    assert put("a/@b", b'"c"', b"<a/>").document == b'<a b="c"/>'
    assert put("a/@b", b'"c"', b"<a xmlns='u'>x</a>", "u").document == b"<a b=\"c\" xmlns='u'>x</a>"


def test_prefixed_attribute_is_written_with_a_prefix_of_the_document() -> None:
    document = b'<e xmlns:p="urn:test:namespace1-uri"/>'
    edited = put("e/@a:x", b'"1"', document)
    assert edited.document == b'<e p:x="1" xmlns:p="urn:test:namespace1-uri"/>'
    assert reason("e/@b:x", b'"1"', document) == "cannot-insert"


def test_attribute_that_selects_its_element_cannot_change() -> None:
    assert reason('root/el2[@att="first"]/@att', b'"other"') == "cannot-insert"
    assert put('root/el2[@att="first"]/@att', b"'first'").created is False


def test_namespace_declaration_cannot_be_put() -> None:
    assert reason("root/@xmlns", b'"urn:x"') == "cannot-insert"


@pytest.mark.parametrize(
    "content", [b"", b"plain", b'"a', b"'a\"", b'"a<b"', b'"a&b"', b'"&x;"', b'"a""b"', b'"&#0;"']
)
def test_body_outside_att_value_is_told(content: bytes) -> None:
    assert reason("root/el2/@new", content) == "not-xml-att-value"


def test_attribute_value_that_is_not_utf_8_is_told() -> None:
    assert reason("root/el2/@new", b'"\xff"') == "not-utf-8"


# -- DELETE (RFC 4825 §8.4)


def test_delete_keeps_the_white_space_around_an_element() -> None:
    assert delete("root/el2") == ROOT.replace(b'<el2 att="first"/>', b"")
    assert delete('root/el1[@att="first"]') == ROOT.replace(b'<el1 att="first"/>', b"")
    assert delete('root/*[2][@att="second"]') == ROOT.replace(b'<el1 att="second"/>', b"")


def test_delete_by_position_works_on_the_last_element_only() -> None:
    assert delete("root/el1[2]") is not None
    assert delete("root/*[3]") is not None
    for selector in ("root/el1[1]", "root/*[2]"):
        with pytest.raises(ConflictError) as caught:
            delete(selector)
        assert caught.value.report.element == "cannot-delete"


def test_delete_of_an_attribute_takes_the_space_before_it() -> None:
    assert delete("root/el2/@att") == ROOT.replace(b'<el2 att="first"', b"<el2")


@pytest.mark.parametrize("selector", ["root/x", "root/el1", "root/el2/@x", "x", "root/x/@a"])
def test_delete_of_what_is_not_there_is_told(selector: str) -> None:
    assert delete(selector) is None


def test_delete_of_the_root_element_leaves_no_document() -> None:
    with pytest.raises(ConflictError) as caught:
        delete("root")
    assert caught.value.report.element == "schema-validation-error"


# -- the same selection on an lxml tree


@pytest.mark.parametrize("selector", ["foo/a:bar/b:baz", "foo/*[2]/there", "foo/x", "*/*[1]"])
def test_selection_on_an_lxml_tree_is_the_same(selector: str) -> None:
    steps = parse_node_selector(selector, PREFIXES).steps
    ours = select(parse_document(FOO), steps, FOO_NAMESPACE)
    theirs = select(etree.fromstring(FOO), steps, FOO_NAMESPACE)
    assert (ours and ours.tag) == (None if theirs is None else theirs.tag)


def test_comments_and_instructions_are_no_children() -> None:
    steps = parse_node_selector("a/*", {}).steps
    assert select(etree.fromstring(b"<a><!-- c --><?p i?><b/></a>"), steps, "") is not None


# -- spans


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "not-well-formed"),
        (b"<a>", "not-well-formed"),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "not-well-formed"),
        (b"<a xmlns:p=''/>", "not-well-formed"),
        (b"<a xmlns:xml='urn:x'/>", "not-well-formed"),
        (b"<a:b:c xmlns:a='u'/>", "not-well-formed"),
        (b"<p:a/>", "not-well-formed"),
        (
            b"<a %s/>" % b" ".join(b"xmlns:p%d='u'" % number for number in range(300)),
            "not-well-formed",
        ),
        (b"<a xmlns:p='u' xmlns:q='u' p:x='' q:x=''/>", "not-well-formed"),
        (b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>", "not-utf-8"),
        (b"<a>\xe9</a>", "not-utf-8"),
        ("<a/>".encode("utf-16"), "not-utf-8"),
    ],
)
def test_document_that_cannot_be_stored_tells_why(data: bytes, fault: str) -> None:
    with pytest.raises(XmlError) as caught:
        parse_document(data)
    assert caught.value.fault == fault


def test_spans_hold_with_a_byte_order_mark_and_non_ascii_text() -> None:
    data = "\ufeff<?xml version='1.0'?>\n<à é='ü' ><b\n c = \"d\" />€</à >".encode()
    root = parse_document(data)
    (child,) = root.children
    assert data[root.start : root.end] == data[data.index("<à".encode()) :]
    assert data[child.start : child.end] == b'<b\n c = "d" />'
    assert data[root.content_start : root.content_end].endswith("€".encode())
    assert root.get("é") == "ü"


XML_NAMES = st.sampled_from(["a", "b", "c"])
TREES = st.recursive(
    st.builds(lambda name: f"<{name}/>", XML_NAMES),
    lambda inner: st.builds(
        lambda name, value, parts: f'<{name} k="{value}"> {" ".join(parts)}</{name}>',
        XML_NAMES,
        st.sampled_from(["1", "2", "&lt;"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=10,
)


@given(TREES, XML_NAMES, st.integers(1, 4), st.sampled_from(["1", "9"]))
def test_what_was_put_is_what_get_returns(
    document: str, name: str, position: int, value: str
) -> None:
    raw = f"<root>{document}{document}</root>".encode()
    content = f'<{name} k="{value}"/>'.encode()
    for selector in (
        f"root/{name}",
        f"root/{name}[{position}]",
        f'root/*[{position}][@k="{value}"]',
        f'root/{name}[@k="{value}"]',
    ):
        try:
            edited = put(selector, content, raw)
        except ConflictError:
            continue
        assert get(selector, edited.document) == content
        assert put(selector, content, edited.document) == Edited(edited.document, created=False)
