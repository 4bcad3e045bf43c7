"""Changes are made as RFC 5261 says, or refused with the name that its §5.1 has for the reason."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from harness.body.partial import changed, state_after
from harness.body.patch import NotUnderstoodError, PatchError, apply_changes

TARGET = "<a>\n <b id='1'>x</b>\n <b id='2'><c/>y<!--z--></b>\n</a>"


def patched(operations: str, target: str = TARGET) -> str:
    changes = etree.fromstring(f"<changes>{operations}</changes>")
    return etree.tostring(apply_changes(etree.fromstring(target), changes)).decode()


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ("<add sel='a/b'><n/></add>", "<a><b><n/></b></a>"),
        ("<add sel='a/b'>t<n/>u</add>", "<a><b>t<n/>u</b></a>"),
        ("<add sel='a' pos='prepend'>t<n/></add>", "<a>t<n/><b/></a>"),
        ("<add sel='a/b' pos='before'>t<n/>u</add>", "<a>t<n/>u<b/></a>"),
        ("<add sel='a/b' pos='after'>t<n/>u</add>", "<a><b/>t<n/>u</a>"),
        ("<add sel='a/b' type='@x'>1</add>", '<a><b x="1"/></a>'),
        ("<add sel='*/*' type='@xml:lang'>en</add>", '<a><b xml:lang="en"/></a>'),
        ("<replace sel='a/b'><n/></replace>", "<a><n/></a>"),
        ("<replace sel='a'><n/></replace>", "<n/>"),
        ("<remove sel='a/b'/>", "<a/>"),
        ("<add sel='a/b'/>", "<a><b/></a>"),
    ],
)
def test_change_is_made(operation: str, result: str) -> None:
    assert patched(operation, "<a><b/></a>") == result


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ("<replace sel=\"a/b[@id='1']/text()\">n</replace>", TARGET.replace("x", "n")),
        ("<replace sel='a/b[1]/text()'/>", TARGET.replace(">x</b>", "/>")),
        ("<replace sel='a/b[.=\"x\"]/@id'>3</replace>", TARGET.replace("'1'", "'3'")),
        ("<remove sel='a/b[c=\"\"]/@id'/>", TARGET.replace(" id='2'", "")),
        ("<remove sel='id(\"1\")' ws='before'/>", TARGET.replace("\n <b id='1'>x</b>", "")),
        ("<remove sel='a/b[1]' ws='both'/>", TARGET.replace("\n <b id='1'>x</b>\n ", "")),
        ("<remove sel='a/b[2]/comment()'/>", TARGET.replace("<!--z-->", "")),
        ("<add sel='a/b[2]/text()' pos='after'>n<d/>m</add>", TARGET.replace("y", "yn<d/>m")),
        ("<add sel='a/b[2]/text()' pos='before'>n<d/>m</add>", TARGET.replace("y", "n<d/>my")),
        ("<add sel='a/b[1]/text()' pos='after'>n</add>", TARGET.replace("x", "xn")),
    ],
)
def test_change_is_made_beside_text(operation: str, result: str) -> None:
    assert patched(operation) == result.replace("'", '"')


def test_names_are_those_of_the_changes_and_not_of_the_document() -> None:
    target = '<a xmlns="urn:x" xmlns:z="urn:y"><z:b/></a>'
    changes = etree.fromstring(
        '<p:d xmlns:p="urn:p" xmlns="urn:x" xmlns:q="urn:y"><p:add sel="a/q:b"><q:c/></p:add></p:d>'
    )
    found = apply_changes(etree.fromstring(target), changes)
    assert [each.tag for each in found.iter()] == ["{urn:x}a", "{urn:y}b", "{urn:y}c"]


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("<remove sel='a/x'/>", "unlocated-node"),
        ("<remove sel='a/b'/>", "unlocated-node"),
        ("<remove sel='a'/>", "invalid-root-element-operation"),
        ("<add sel='a' pos='after'><n/></add>", "invalid-root-element-operation"),
        ("<remove sel='a//b'/>", "invalid-attribute-value"),
        ("<remove sel='a[last()]'/>", "invalid-attribute-value"),
        ("<remove sel=''/>", "invalid-attribute-value"),
        ("<remove/>", "invalid-attribute-value"),
        ("<remove sel='text()/a'/>", "invalid-attribute-value"),
        ("<remove sel='q:a'/>", "invalid-namespace-prefix"),
        ("<add sel='a/b[1]' type='@q:a'>x</add>", "invalid-namespace-prefix"),
        ("<replace sel='a/b[1]'>x</replace>", "invalid-node-types"),
        ("<replace sel='a/b[1]'><x/><y/></replace>", "invalid-node-types"),
        ("<replace sel='a/b[1]/@id'><x/></replace>", "invalid-node-types"),
        ("<replace sel='a/b[1]'><!--x--></replace>", "invalid-node-types"),
        ("<add sel='a/b[1]/@id'>x</add>", "invalid-node-types"),
        ("<add sel='a/b[1]/text()'>x</add>", "invalid-node-types"),
        ("<add sel='a/b[1]/text()' type='@x'>x</add>", "invalid-node-types"),
        ("<add sel='a/b[1]' type='@x'><y/></add>", "invalid-attribute-value"),
        ("<remove sel='a/b[1]/@id' ws='after'/>", "invalid-patch-directive"),
        ("<remove sel='a/b[2]/c' ws='before'/>", "invalid-whitespace-directive"),
        ("<move sel='a/b[1]'/>", "invalid-patch-directive"),
    ],
)
def test_change_that_cannot_be_made_is_refused(operation: str, kind: str) -> None:
    with pytest.raises(PatchError) as caught:
        patched(operation)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "operation",
    [
        "<add sel='a' type='namespace::x'>urn:x</add>",
        "<remove sel='a/namespace::x'/>",
        "<remove sel='comment()'/>",
        "<remove sel='a/b[1]/text()'/>" + "<add sel='a'/>" * 1001,
    ],
)
def test_change_that_is_not_understood_is_told_apart(operation: str) -> None:
    with pytest.raises(NotUnderstoodError):
        patched(operation)


def test_changes_are_made_one_after_the_other() -> None:
    operations = "<add sel='a'><n/></add><add sel='a/n' type='@x'>1</add><remove sel='a/b'/>"
    assert patched(operations, "<a><b/></a>") == '<a><n x="1"/></a>'


PIDF = (
    b'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:a@b"><!--c--><note>x</note>'
    b"</presence>"
)
NAMES = b'xmlns="urn:ietf:params:xml:ns:pidf" xmlns:p="urn:ietf:params:xml:ns:pidf-diff"'


def test_comments_count_where_changes_are_made() -> None:
    changes = b'<p:pidf-diff %s><p:remove sel="presence/comment()"/></p:pidf-diff>' % NAMES
    assert etree.tostring(changed(PIDF, changes)) == PIDF.replace(b"<!--c-->", b"")


def test_state_after_a_partial_publication_is_known_or_nothing() -> None:
    full = b'<p:pidf-full %s entity="sip:a@b"><note>x</note></p:pidf-full>' % NAMES
    changes = b'<p:pidf-diff %s><p:replace sel="*/note/text()">y</p:replace></p:pidf-diff>' % NAMES
    after = state_after(full, None)
    assert etree.fromstring(after).tag == "{urn:ietf:params:xml:ns:pidf}presence"
    assert b"<note>y</note>" in state_after(changes, after)
    assert state_after(changes, None) == state_after(b"<", after) == b""
    assert state_after(changes, b"<a/>") == b""


@settings(max_examples=200, deadline=None)
@given(st.text("ab/[]@.='\"()*:12 text", max_size=60))
def test_any_selector_is_used_or_refused(sel: str) -> None:
    changes = etree.Element("changes")
    etree.SubElement(changes, "remove", sel=sel)
    with contextlib.suppress(PatchError, NotUnderstoodError):
        apply_changes(etree.fromstring(TARGET), changes)
