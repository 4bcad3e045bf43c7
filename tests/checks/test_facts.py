"""What messages are about is read even where they are broken, and never with an exception."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.facts import (
    Presentity,
    Watcher,
    domain_of,
    list_entries_in,
    parts_of,
    presentities_in,
    rls_services_in,
    watchers_in,
    xcap_uri_of,
)
from harness.checks.subject import Subject, observe
from harness.sip.message import parse
from harness.xcap.http import HttpRequest, parse_http

PIDF = '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:Bob@Example.COM">{}</presence>'
PERSON = '<p:person xmlns:p="urn:ietf:params:xml:ns:pidf:data-model" id="a"/>'
TUPLE = '<tuple id="t"><status><basic>open</basic></status></tuple>'


def notify(content_type: str, body: str):
    head = f"NOTIFY sip:a@b SIP/2.0\r\nContent-Type: {content_type}\r\n"
    return parse(f"{head}Content-Length: {len(body.encode())}\r\n\r\n{body}".encode())


def http(target: str) -> HttpRequest:
    message = parse_http(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert isinstance(message, HttpRequest)
    return message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (PIDF.format(""), Presentity("sip:Bob@example.com", has_person=False, is_empty=True)),
        (PIDF.format(TUPLE), Presentity("sip:Bob@example.com", has_person=False, is_empty=False)),
        (PIDF.format(PERSON), Presentity("sip:Bob@example.com", has_person=True, is_empty=False)),
        # Broken: no end, or no blank between attributes.
        (PIDF.format(TUPLE)[:-9], Presentity("sip:Bob@example.com", False, False)),
        (PIDF.format(PERSON)[:-9], Presentity("sip:Bob@example.com", True, False)),
    ],
)
def test_presence_document_tells_of_whom_and_what(body: str, expected: Presentity) -> None:
    assert presentities_in(parts_of(notify("application/pidf+xml", body))) == (expected,)


@pytest.mark.parametrize("body", ["", "<presence", "text", "<other/>", PIDF[:40]])
def test_what_is_no_presence_document_tells_nothing(body: str) -> None:
    assert presentities_in(parts_of(notify("application/pidf+xml", body))) == ()


def test_parts_of_nested_multipart_bodies_are_all_found() -> None:
    part = f"Content-Type: application/pidf+xml\r\n\r\n{PIDF.format(TUPLE)}"
    inner = f"--i\r\n{part}\r\n--i--"
    outer = f"--o\r\n{part}\r\n--o\r\nContent-Type: multipart/related;boundary=i\r\n\r\n{inner}"
    message = notify('multipart/related;boundary="o"', f"{outer}\r\n--o--\r\n")
    assert len(presentities_in(parts_of(message))) == 2


def test_watchers_are_read_with_their_status() -> None:
    body = (
        '<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full">'
        '<watcher-list resource="sip:a@b" package="presence">'
        '<watcher status="pending" id="1" event="subscribe"> sip:bob@EXAMPLE.com </watcher>'
        "</watcher-list></watcherinfo>"
    )
    parts = parts_of(notify("application/watcherinfo+xml;charset=UTF-8", body))
    assert watchers_in(parts) == (Watcher("sip:bob@example.com", "pending"),)
    assert watchers_in(parts_of(notify("application/watcherinfo+xml", body[:-5]))) == ()


def test_services_and_entries_of_xcap_documents_are_read() -> None:
    services = (
        '<rls-services xmlns="urn:ietf:params:xml:ns:rls-services">'
        '<service uri="sip:l@b"/><service/></rls-services>'
    )
    lists = (
        '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list>'
        '<entry uri="sip:bob@B;user=phone"/></list></resource-lists>'
    )
    assert rls_services_in(parts_of(notify("application/rls-services+xml", services))) == (
        "sip:l@b",
    )
    assert list_entries_in(parts_of(notify("application/resource-lists+xml", lists))) == (
        "sip:bob@b",
    )


@pytest.mark.parametrize(
    ("target", "auid", "document"),
    [
        ("/resource-lists/users/sip%3Aa%40b/index", "resource-lists", "index"),
        ("/a/b/c/rls-services/users/sip:a@b/index", "rls-services", "index"),
        ("http://x:80/xcap/pres-rules/global/doc", "pres-rules", "doc"),
        ("/u/global/x/users/y", "u", "x/users/y"),
    ],
)
def test_xcap_uri_is_found_whatever_the_root_is(target: str, auid: str, document: str) -> None:
    uri = xcap_uri_of(http(target))
    assert uri is not None
    assert (uri.auid, uri.document) == (auid, document)


@pytest.mark.parametrize("target", ["/", "*", "/users", "/a/users", "/a/users/", "/x/y/z", "%"])
def test_other_targets_are_no_xcap_uri(target: str) -> None:
    assert xcap_uri_of(http(target)) is None


def test_domain_of_a_sip_uri() -> None:
    assert domain_of("sip:a@b.example:5060;x=y") == "b.example"
    assert domain_of("tel:+123") is None
    assert domain_of("no uri") is None


def test_observed_field_has_its_rows_and_its_place() -> None:
    message = parse(b"OPTIONS sip:a@b SIP/2.0\r\nk: x\r\nSupported: y\r\n\r\n")
    supported = observe(message, "Supported")
    assert supported.rows == ("x", "y")
    assert supported.offset == message.raw.index(b"x\r")
    target = observe(message, "Request-URI")
    assert (target.rows, target.offset) == (("sip:a@b",), 8)
    assert observe(message, "Status").rows == ()
    status = observe(parse(b"SIP/2.0 486 Busy Here\r\n\r\n"), "Status")
    assert (status.rows, status.offset) == (("486",), 8)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    for content_type in ("application/pidf+xml", "multipart/related;boundary=b", "\xff"):
        head = f"NOTIFY sip:a@b SIP/2.0\r\nContent-Type: {content_type}\r\n\r\n"
        subject = Subject(parse(head.encode() + data))
        assert len(subject.presentities) + len(subject.watchers) + len(subject.entries) >= 0
    subject = Subject(parse_http(b"PUT /a/users/" + data + b" HTTP/1.1\r\n\r\n"))
    assert isinstance(subject.node, str)


@given(st.text(max_size=300))
def test_any_target_is_read_without_an_exception(target: str) -> None:
    subject = Subject(parse_http(b"GET /resource-lists/users/" + target.encode("utf-8", "replace")))
    assert subject.xcap is None or subject.xcap.auid
