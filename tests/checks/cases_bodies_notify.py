"""Cases of the checks of what notifications carry: WINFO, RLMI, MIME."""

from __future__ import annotations

import gzip

from tests.checks.bodies import (
    BOB,
    LISTED,
    RELATED,
    a_tuple,
    instance,
    listed,
    notification,
    part,
    pidf,
    published,
    related,
    resource,
    rlmi,
    watched,
    watcher,
    winfo,
)
from tests.checks.conversation import Case, Step, answer, net, request, ue

GONE = instance(state="terminated", more='reason="rejected"')
SECOND = related(rlmi(resource(instance()), version=1), part(BOB))


def a_list(*resources: str, parts: tuple[bytes, ...] = (part(BOB),)) -> list[Step]:
    return listed(related(rlmi("".join(resources)), *parts))


def coded(data: bytes, coding: str) -> list[Step]:
    return published(data, Content_Encoding=coding)


def answered(accept: str | None) -> list[Step]:
    asked = request("OPTIONS", fields={"Accept-Encoding": accept})
    body = gzip.compress(b"v=0")
    fields = {"Content-Type": "application/sdp", "Content-Encoding": "gzip"}
    return [ue(asked), net(answer(asked, body=body, fields=fields))]


CASES = [
    Case("WINFO-VERSION-1", watched(winfo()), watched(winfo(version=2**32))),
    Case("WINFO-VERSION-2", watched(winfo()), watched(winfo(version=1))),
    Case(
        "WINFO-VERSION-3",
        watched(winfo(), winfo(version=1)),
        watched(winfo(), winfo(version=4)),
    ),
    Case(
        "WINFO-STATE-1",
        watched(winfo(), winfo(version=1, state="partial")),
        watched(winfo(state="partial")),
    ),
    Case("WINFO-ID-1", watched(winfo(watcher("1a.~"))), watched(winfo(watcher("a b")))),
    Case(
        "WINFO-ID-2",
        watched(winfo(watcher("a") + watcher("b"))),
        watched(winfo(watcher("a") + watcher("a"))),
    ),
    Case(
        "WINFO-ID-3",
        watched(winfo(watcher()), winfo(watcher(uri=" sip:bob@B.org"), 1)),
        watched(winfo(watcher()), winfo(watcher(uri="sip:carol@b.org"), 1)),
    ),
    Case(
        "WINFO-EVENT-1",
        watched(winfo(watcher(status="pending", event="subscribe"))),
        watched(winfo(watcher(status="pending", event="approved"))),
    ),
    Case(
        "WINFO-URI-1",
        watched(winfo(watcher(uri="\n  tel:+4930123456\n"))),
        watched(winfo(watcher(uri="Bob"))),
    ),
    Case(
        "WINFO-RESOURCE-1",
        watched(winfo(resource="sip:alice@Example.com")),
        watched(winfo(resource="sip:bob@example.com")),
    ),
    Case("WINFO-PACKAGE-1", watched(winfo()), watched(winfo(package="dialog"))),
    Case("RLMI-ROOT-1", listed(LISTED), listed(part(BOB) + b"--x--\r\n")),
    Case(
        "RLMI-ROOT-2",
        listed(LISTED, SECOND),
        [*listed(LISTED), *notification(pidf(), "application/pidf+xml", cseq=2)],
    ),
    Case("RLMI-VERSION-1", listed(LISTED), listed(SECOND)),
    Case("RLMI-VERSION-2", listed(LISTED, SECOND), listed(LISTED, LISTED)),
    Case("RLMI-FULL-1", listed(LISTED), listed(related(rlmi(full="false")))),
    Case("RLMI-URI-1", listed(LISTED), listed(related(rlmi(uri="sip:other@example.com")))),
    Case(
        "RLMI-URI-2",
        a_list(resource(instance()), resource(uri="sip:carol@b.org")),
        a_list(resource(instance()), resource()),
    ),
    Case("RLMI-INSTANCE-1", listed(LISTED), a_list(resource(instance(more="")), parts=())),
    Case(
        "RLMI-INSTANCE-2",
        a_list(resource(GONE), parts=()),
        a_list(resource(instance(state="terminated", more="")), parts=()),
    ),
    Case(
        "RLMI-INSTANCE-3",
        a_list(resource(GONE), parts=()),
        a_list(resource(GONE.replace("rejected", "bored")), parts=()),
    ),
    Case(
        "RLMI-INSTANCE-4",
        a_list(resource(GONE + GONE.replace("i1", "i2")), parts=()),
        a_list(resource(GONE + GONE), parts=()),
    ),
    Case("RLMI-CID-1", listed(LISTED), a_list(resource(instance()), parts=())),
    Case(
        "RLMI-CID-2",
        listed(LISTED),
        a_list(resource(instance("a") + instance("b"))),
    ),
    Case("RLMI-CID-3", listed(LISTED), a_list()),
    Case(
        "RLMI-ENTITY-1",
        a_list(resource(instance(), uri="pres:bob@B.org")),
        a_list(resource(instance(), uri="sip:carol@b.org")),
    ),
    Case(
        "MIME-BOUNDARY-1",
        listed(LISTED),
        listed(LISTED, content_type=RELATED.replace(";boundary=x", "")),
    ),
    Case("MIME-BOUNDARY-2", listed(LISTED), listed(LISTED.removesuffix(b"--x--\r\n"))),
    Case(
        "MIME-PART-1",
        listed(LISTED),
        listed(LISTED.replace(b"--x\r\n", b"--x\r\nno header field\r\n")),
    ),
    Case(
        "MIME-RELATED-1",
        listed(LISTED),
        listed(LISTED, content_type='multipart/related;boundary=x;start="<root@a>"'),
    ),
    Case(
        "MIME-RELATED-2",
        listed(LISTED),
        listed(LISTED, content_type='multipart/related;type="text/plain";boundary=x'),
    ),
    Case(
        "MIME-RELATED-3",
        listed(LISTED),
        listed(LISTED, content_type=RELATED.replace("root@a", "nobody@a")),
    ),
    Case(
        "MIME-ID-1",
        listed(LISTED),
        a_list(resource(instance(more='cid="bob"')), parts=(part(BOB, name="bob"),)),
    ),
    Case(
        "MIME-ID-2",
        listed(LISTED),
        a_list(resource(instance()), parts=(part(BOB), part(BOB))),
    ),
    Case(
        "MIME-TRANSFER-1",
        a_list(
            resource(instance()), parts=(part(BOB, more="Content-Transfer-Encoding: binary\r\n"),)
        ),
        a_list(
            resource(instance()), parts=(part(BOB, more="Content-Transfer-Encoding: base64\r\n"),)
        ),
    ),
    Case("MIME-CODING-1", coded(gzip.compress(pidf(a_tuple())), "gzip"), coded(pidf(), "gzip")),
    Case("MIME-CODING-2", answered("gzip, identity"), answered("identity")),
    Case(
        "MIME-EMPTY-1",
        [request("PUBLISH", body=b"", fields={"SIP-If-Match": "a"})],
        [
            request(
                "PUBLISH",
                body=b"",
                fields={"SIP-If-Match": "a", "Content-Type": "application/pidf+xml"},
            )
        ],
    ),
]
