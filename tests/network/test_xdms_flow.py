"""The XCAP part of the documented flow, H1 to H16, as one conversation with the XDMS."""

import itertools
from pathlib import Path

from harness.body.schema import parse_xml
from harness.config import load_profile
from harness.model import Peer, Transport
from harness.network.site import Site
from harness.network.xdms import Xdms
from harness.xcap.framing import HttpFramer
from harness.xcap.http import HttpRequest, HttpResponse, parse_http

FIXTURES = Path(__file__).parents[2] / "fixtures" / "documented"
UE = Peer("192.168.1.1", 49802, Transport.HTTP)
USER = "sip:+339012341234@test-rcs.com"
BUDDY = "sip:+330123456789@Test-rcs.com;user=phone"


def message(step: str) -> bytes:
    """The octets of a step as the fixture holds them."""
    (path,) = FIXTURES.glob(f"*-{step}.txt")
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    body = body.removesuffix("\n")
    head = head.replace("{length}", str(len(body.encode()))).replace("\n", "\r\n")
    return f"{head}\r\n\r\n{body}".encode()


def perform(xdms: Xdms, step: str) -> HttpResponse:
    """Send the request of a step and read the answer."""
    request = parse_http(message(step))
    assert isinstance(request, HttpRequest)
    assert request.malformed == ()
    (answer,) = HttpFramer("client").feed(xdms.handle(request, UE, 0.0))
    response = parse_http(answer, request.method)
    assert isinstance(response, HttpResponse)
    assert response.malformed == ()
    return response


def make_xdms() -> Xdms:
    numbers = itertools.count(1)
    site = Site(
        load_profile("documented"),
        (Peer("192.168.1.2", 5060),),
        lambda: f"e{next(numbers)}",
        lambda: 1403191847.0,
    )
    return Xdms(site)


def test_documented_flow_is_served_as_a_conforming_network_would() -> None:
    xdms = make_xdms()
    changed: list[str] = []
    xdms.observers.append(lambda change: changed.append(f"{change.auid}/{change.name}"))
    etags: list[str | None] = []

    directory = perform(xdms, "H1")
    assert directory.status == 200
    assert directory.content_type == "application/vnd.oma.xcap-directory+xml"
    # No entry in any folder, or the UE would not put its documents.
    assert parse_xml(directory.body).findall(".//{*}entry") == []
    assert [folder.get("auid") for folder in parse_xml(directory.body)] == [
        folder.get("auid") for folder in parse_xml(parse_http(message("H2")).body)
    ]

    for step in ("H3", "H5", "H7"):
        created = perform(xdms, step)
        assert (created.status, created.body) == (201, b"")
        etags.append(created.etag)

    listed = perform(xdms, "H9")
    assert (listed.status, listed.content_type) == (200, "application/xcap-el+xml")
    assert listed.etag == etags[1]
    # As it was put, without the declaration that the document's network adds.
    assert listed.body == (
        b'<list name="rcs"> <display-name>My presence buddies</display-name> </list>'
    )

    for step in ("H11", "H13", "H15"):
        created = perform(xdms, step)
        assert (created.status, created.body) == (201, b"")
        etags.append(created.etag)

    assert None not in etags
    assert len(set(etags)) == len(etags)
    assert changed == [
        "rls-services/index",
        "resource-lists/index",
        "org.openmobilealliance.pres-rules/pres-rules",
        "resource-lists/index",
        "resource-lists/index",
        "pidf-manipulation/perm-presence",
    ]

    again = perform(xdms, "H9")
    assert again.body == listed.body.replace(
        b"</list>",
        b"<entry uri='sip:+339012341234@Test-rcs.com'></entry>"
        b"<entry uri='sip:+330123456789@Test-rcs.com;user=phone'></entry></list>",
    )


def test_documented_flow_leaves_what_the_other_roles_need() -> None:
    xdms = make_xdms()
    for step in ("H3", "H5", "H7", "H11", "H13", "H15"):
        assert perform(xdms, step).status == 201
    service = xdms.service(f"{USER};pres-list=rcs")
    assert service is not None
    assert service.owner == USER
    reference = service.element.findtext("{*}resource-list") or ""
    members = ("sip:+339012341234@Test-rcs.com", BUDDY)
    assert xdms.list_uris(reference) == members
    rules = xdms.document("org.openmobilealliance.pres-rules", USER)
    assert rules is not None
    anchors = [entry.get("anc", "") for entry in rules.iter("{*}entry")]
    # The rules write the XUI as it is, the lists percent-encoded: one and the same user.
    assert [xdms.list_uris(anchor) for anchor in anchors] == [members, ()]
    assert xdms.document("pidf-manipulation", USER) is not None


def test_documents_that_are_put_again_are_replaced() -> None:
    xdms = make_xdms()
    steps = ("H3", "H5", "H7", "H11", "H13", "H15")
    assert [perform(xdms, step).status for step in steps + steps] == [201] * 6 + [200] * 3 + [
        201,
        201,
        200,
    ]
