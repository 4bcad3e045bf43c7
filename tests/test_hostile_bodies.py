"""Hostile bodies are a finding or a 4xx, in bounded time and memory, wherever a body comes in."""

from __future__ import annotations

import gzip
import resource
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.config import load_profile
from harness.validate import BodyJudge
from tests.checks.bodies import http, listed, published
from tests.checks.conversation import Step, judge
from tests.checks.http_conversation import HOME
from tests.network.link import Link

SECONDS, KILOBYTES = 20.0, 400_000
"""Of the processor and of memory: far above what is needed, far below what an attack would cost."""

PIDF = '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:alice@example.com">%s</presence>'
LISTS = '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">%s</resource-lists>'
RULES = '<ruleset xmlns="urn:ietf:params:xml:ns:common-policy">%s</ruleset>'
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
SELECTORS = "/".join(["a[@b='c']"] * 3000)
ATTRIBUTES = " ".join(f"a{n}=''" for n in range(30_000))
DECLARATIONS = " ".join(f"xmlns:a{n}='urn:{n}'" for n in range(8_000))
ENTRY = '<entry uri="sip:a@b"/>'
TEN = 10 * 1024 * 1024

DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "entity-expansion": (
        f"<!DOCTYPE p [{LAUGHS}]>{PIDF % '<note>&l11;</note>'}".encode(),
        "application/pidf+xml",
    ),
    "external-dtd": (
        f'<!DOCTYPE p SYSTEM "http://192.0.2.1/a.dtd">{PIDF % ""}'.encode(),
        "application/pidf+xml",
    ),
    "external-entity": (
        f'<!DOCTYPE p [<!ENTITY f SYSTEM "file:///etc/passwd">]>{PIDF % "&f;"}'.encode(),
        "application/pidf+xml",
    ),
    "deep": ((PIDF % ("<note>" * 5000 + "</note>" * 5000)).encode(), "application/pidf+xml"),
    "open": (b"<a>" * 200_000, "application/pidf+xml"),
    "huge-attribute": (
        (PIDF % f'<tuple id="{"x" * 900_000}"><status/></tuple>').encode(),
        "application/pidf+xml",
    ),
    "many-attributes": (
        (PIDF % f"<x:a xmlns:x='urn:x' {ATTRIBUTES}/>").encode(),
        "application/pidf+xml",
    ),
    "many-namespaces": (
        (PIDF % "".join(f'<a{n}:a xmlns:a{n}="urn:{n}"/>' for n in range(8_000))).encode(),
        "application/pidf+xml",
    ),
    "many-namespaces-in-scope": (
        (PIDF % f"<a {DECLARATIONS}>{'<b/>' * 8_000}</a>").encode(),
        "application/pidf+xml",
    ),
    "many-broken-elements": ((PIDF % ("<tuple/>" * 40_000)).encode(), "application/pidf+xml"),
    "many-ids-alike": (
        (PIDF % ('<tuple id="a"><status/></tuple>' * 15_000)).encode(),
        "application/pidf+xml",
    ),
    "many-entries-alike": (
        (LISTS % f"<list>{ENTRY * 15_000}</list>").encode(),
        "application/resource-lists+xml",
    ),
    "lists-in-lists": (
        (LISTS % ("<list>" * 98 + "</list>" * 98)).encode(),
        "application/resource-lists+xml",
    ),
    "many-rules": (
        (RULES % "".join(f'<rule id="r{n}"><conditions/></rule>' for n in range(8_000))).encode(),
        "application/auth-policy+xml",
    ),
    "long-polygon": (
        (
            PIDF % '<gp:geopriv xmlns:gp="urn:ietf:params:xml:ns:pidf:geopriv10"><gp:location-info>'
            '<g:Polygon xmlns:g="http://www.opengis.net/gml" srsName="urn:ogc:def:crs:EPSG::4326">'
            f"<g:exterior><g:LinearRing><g:posList>{'1 2 ' * 200_000}</g:posList></g:LinearRing>"
            "</g:exterior></g:Polygon></gp:location-info><gp:usage-rules/></gp:geopriv>"
        ).encode(),
        "application/pidf+xml",
    ),
    "long-selector": (
        f'<pidf-diff xmlns="urn:ietf:params:xml:ns:pidf-diff"><remove sel="{SELECTORS}!"/>'
        "</pidf-diff>".encode(),
        "application/pidf-diff+xml",
    ),
    "ten-megabytes": ((PIDF % ("x" * TEN)).encode(), "application/pidf+xml"),
    "ten-megabytes-of-elements": (
        (PIDF % ("<x/>" * (TEN // 4))).encode(),
        "application/pidf+xml",
    ),
    "utf-16": ((PIDF % "").encode("utf-16"), "application/resource-lists+xml"),
    "utf-16-without-mark": ((PIDF % "").encode("utf-16-le"), "application/pidf+xml"),
    "null-bytes": ((PIDF % "\0").encode(), "application/pidf+xml"),
    "nothing-but-null": (b"\0" * 1_000_000, "application/pidf+xml"),
    "not-utf-8": (PIDF.encode() % b"\xff\xfe\xfd", "application/pidf+xml"),
    "empty": (b" ", "application/pidf+xml"),
}
"""Bodies of one document, each with its Content-Type."""


def multipart(depth: int) -> bytes:
    body = PIDF.encode() % b""
    for level in range(depth):
        head = f"--x{level}\r\nContent-Type: multipart/mixed;boundary=x{level - 1}\r\n\r\n"
        body = head.encode() + body + f"\r\n--x{level}--\r\n".encode()
    return body


PART = b"--x\r\nContent-Type: application/pidf+xml\r\n\r\n" + PIDF.encode() % b"<a/>" + b"\r\n"
MULTIPARTS: dict[str, tuple[bytes, str]] = {
    "thousands-of-parts": (PART * 5_000 + b"--x--\r\n", "multipart/mixed;boundary=x"),
    "thousands-of-empty-parts": (b"--x\r\n" * 100_000, "multipart/mixed;boundary=x"),
    "nested-parts": (multipart(200), "multipart/mixed;boundary=x199"),
    "truncated": (PART[:-40], "multipart/mixed;boundary=x"),
    "no-boundary": (PART, "multipart/related"),
    "itself": (
        b"--x\r\nContent-Type: multipart/mixed;boundary=x\r\n\r\n" * 1_000,
        "multipart/mixed;boundary=x",
    ),
    "long-header-of-a-part": (
        b"--x\r\nContent-Type: a/b;" + b"a=b;" * 200_000 + b"\r\n\r\n\r\n--x--\r\n",
        "multipart/mixed;boundary=x",
    ),
}
CODED: dict[str, tuple[bytes, str]] = {
    "gzip-bomb": (gzip.compress(b"\0" * (200 * 1024 * 1024), 9), "gzip"),
    "gzip-bomb-of-members": (gzip.compress(b"\0" * 1024 * 1024) * 500, "gzip"),
    "gzip-in-gzip": (gzip.compress(gzip.compress(b"\0" * (50 * 1024 * 1024))), "gzip, gzip"),
    "gzip-cut-off": (gzip.compress(PIDF.encode())[:-6], "gzip"),
    "deflate-bomb": (zlib.compress(b"\0" * (200 * 1024 * 1024), 9), "deflate"),
    "many-codings": (gzip.compress(b"a"), ", ".join(["gzip"] * 50)),
}
"""Bodies and their Content-Encoding."""


LEGAL = {
    *("lists-in-lists", "thousands-of-empty-parts", "nested-parts", "long-header-of-a-part"),
}
"""What is right for all its size, or right as far as it is looked at."""


@contextmanager
def bounded() -> Iterator[None]:
    """Fails where what happens inside takes too long or too much."""
    start, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    passed = time.process_time() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert passed < SECONDS
    assert grown < KILOBYTES


@pytest.mark.parametrize("name", [*DOCUMENTS, *MULTIPARTS])
def test_hostile_file_is_validated(name: str) -> None:
    data, content_type = {**DOCUMENTS, **MULTIPARTS}[name]
    with bounded():
        result = BodyJudge(load_profile("documented"), 0.0).judge(name, data, content_type)
    assert result.findings or result.problems or name in LEGAL
    assert not any("failed:" in each for each in result.problems)


@pytest.mark.parametrize("name", CODED)
def test_hostile_coded_file_is_validated(name: str) -> None:
    data, coding = CODED[name]
    head = f"Content-Type: application/pidf+xml\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    with bounded():
        result = BodyJudge(load_profile("documented"), 0.0).judge(name, head + data)
    assert result.problems


@pytest.mark.parametrize("name", [*DOCUMENTS, *MULTIPARTS])
def test_hostile_body_on_the_wire_is_a_finding(name: str) -> None:
    data, content_type = {**DOCUMENTS, **MULTIPARTS}[name]
    lists = f"/resource-lists/{HOME}/index"
    ways: list[list[Step]] = [
        published(data, Content_Type=content_type),
        listed(data, content_type=content_type),
        [http("PUT", lists, data, Content_Type=content_type)],
        [http("PUT", f"{lists}/~~/resource-lists", data, Content_Type="application/xcap-el+xml")],
    ]
    for steps in ways:
        with bounded():
            judge(steps, "documented")


@pytest.mark.parametrize("name", CODED)
def test_hostile_coded_body_on_the_wire_is_judged(name: str) -> None:
    data, coding = CODED[name]
    with bounded():
        judge(published(data, Content_Encoding=coding), "documented")
        judge([http("PUT", body=data, Content_Encoding=coding)], "documented")


@pytest.mark.parametrize("name", [*DOCUMENTS, *MULTIPARTS])
def test_network_refuses_a_hostile_body(name: str) -> None:
    data, content_type = {**DOCUMENTS, **MULTIPARTS}[name]
    link = Link()
    xui = "sip%3A%2B339012341234%40test-rcs.com"
    with bounded():
        link.register()
        published_status = 400
        if len(data) < 1_000_000:  # no SIP message is longer
            published_status = link.publish(data).status
        stored = link.xcap(
            "PUT", f"/resource-lists/users/{xui}/index", "application/resource-lists+xml", data
        )
    assert published_status in (200, *range(400, 500))
    assert 400 <= stored.status < 500 or name in LEGAL
    assert content_type
