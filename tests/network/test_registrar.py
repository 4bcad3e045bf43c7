"""The registrar, against RFC 3261 §10.3 and the extensions of REGISTER."""

from __future__ import annotations

import pytest

from harness.config import Network as NetworkSettings
from harness.config import Pixit, Profile
from harness.network.limits import Limits
from harness.sip.digest import answer, parse_challenge
from harness.sip.message import Response

from .link import AOR, Link, profile

INSTANCE = '+sip.instance="<urn:gsma:imei:35643205-905062-0>"'


def contacts(response: Response) -> dict[str, int | None]:
    return {contact.uri: contact.expires for contact in response.contacts}


def test_registrar_lists_all_bindings_with_their_parameters() -> None:
    link = Link()
    link.register(
        [("Contact", f"<sip:a@192.0.2.1:5060>;{INSTANCE};video;q=0.5"), ("Expires", "700")]
    )
    response = link.register([("Contact", "<sip:b@192.0.2.1:5070>;expires=900")])
    assert response.status == 200
    assert contacts(response) == {"sip:a@192.0.2.1:5060": 700, "sip:b@192.0.2.1:5070": 900}
    first = response.contacts[0]
    assert first.params["+sip.instance"] == "<urn:gsma:imei:35643205-905062-0>"
    assert ("video" in first.params, first.params["q"]) == (True, "0.5")


@pytest.mark.parametrize(
    ("contact", "expires", "granted"),
    [
        (";expires=1200", "700", 1200),
        ("", "700", 700),
        ("", None, 3600),
        ("", "99999999", 600000),
        (";expires=4294967295", None, 600000),
    ],
)
def test_registrar_takes_the_interval_from_parameter_then_header_then_default(
    contact: str, expires: str | None, granted: int
) -> None:
    headers = [("Contact", f"<sip:192.0.2.1>{contact}")]
    if expires is not None:
        headers.append(("Expires", expires))
    assert contacts(Link().register(headers)) == {"sip:192.0.2.1": granted}


def test_registrar_refuses_too_brief_an_interval_with_its_minimum() -> None:
    response = Link().register([("Expires", "59")])
    assert (response.status, response.min_expires) == (423, 60)


def test_registrar_accepts_an_hour_whatever_its_minimum() -> None:
    link = Link(profile(min_registration=7200))
    assert link.register([("Expires", "3600")]).status == 200
    assert link.register([("Expires", "3599")]).status == 423


def test_registrar_gives_the_bindings_to_a_register_without_contact() -> None:
    link = Link()
    link.register([("Expires", "700")])
    link.advance(100)
    response = link.send("REGISTER", "sip:test-rcs.com")
    assert contacts(response) == {"sip:192.0.2.1:5060": 600}


def test_registrar_removes_a_binding_with_expires_zero() -> None:
    link = Link()
    link.register()
    response = link.register([("Contact", "<sip:192.0.2.1:5060>;expires=0")])
    assert (response.status, contacts(response)) == (200, {})


def test_registrar_removes_all_bindings_with_star() -> None:
    link = Link()
    link.register()
    link.register([("Contact", "<sip:192.0.2.9>")])
    response = link.register([("Contact", "*"), ("Expires", "0")])
    assert (response.status, contacts(response)) == (200, {})


@pytest.mark.parametrize(
    "headers",
    [
        [("Contact", "*")],
        [("Contact", "*"), ("Expires", "60")],
        [("Contact", "*"), ("Contact", "<sip:192.0.2.1>"), ("Expires", "0")],
    ],
)
def test_registrar_refuses_star_with_anything_else(headers: list[tuple[str, str]]) -> None:
    link = Link()
    link.register()
    assert link.register(headers).status == 400
    assert link.network.registrar.bindings(AOR)


def test_registrar_refuses_a_cseq_that_is_not_higher_in_the_same_call() -> None:
    link = Link()
    assert link.register(call_id="one", cseq=5).status == 200
    assert link.register(call_id="one", cseq=5).status == 500
    assert link.register([("Contact", "*"), ("Expires", "0")], call_id="one", cseq=4).status == 500
    assert link.register(call_id="one", cseq=6).status == 200
    assert link.register(call_id="two", cseq=1).status == 200


def test_registrar_commits_nothing_of_a_register_that_fails() -> None:
    link = Link()
    link.register([("Contact", "<sip:192.0.2.1:5060>")], call_id="one", cseq=5)
    both = [("Contact", "<sip:192.0.2.7>, <sip:192.0.2.1:5060>")]
    assert link.register(both, call_id="one", cseq=5).status == 500
    assert [each.contact.uri for each in link.network.registrar.bindings(AOR)] == [
        "sip:192.0.2.1:5060"
    ]


def test_registrar_drops_a_binding_when_its_time_has_come() -> None:
    link = Link()
    link.register([("Expires", "700")])
    link.advance(699)
    assert link.network.registrar.bindings(AOR)
    link.advance(2)
    assert not link.network.registrar.bindings(AOR)


def test_registrar_finds_the_user_under_any_writing_of_its_address() -> None:
    link = Link()
    link.register(sender="sip:%2B339012341234@TEST-rcs.com;user=phone")
    assert link.network.registrar.bindings(AOR)
    assert link.network.registrar.bindings("tel:+33-9012-341234")


def test_registrar_refuses_a_stranger_domain() -> None:
    assert Link().register(sender="sip:someone@elsewhere.example").status == 404


def test_registrar_gives_service_route_and_associated_uris_and_date() -> None:
    response = Link().register()
    (route,) = response.service_routes
    assert "lr" in route.uri
    assert response.headers.values("P-Associated-URI") == (f"<{AOR}>", "<tel:+339012341234>")
    assert response.headers.get("Date") == "Thu, 19 Jun 2014 06:30:45 GMT"
    assert "Service-Route" not in Link(profile(service_route=False)).register().headers


def test_registrar_copies_path_and_adds_its_own_for_a_ue_that_supports_it() -> None:
    link = Link(profile(path=True))
    given = ("Path", "<sip:edge.test-rcs.com;lr>")
    response = link.register([given, ("Supported", "path")])
    own = "<sip:term@192.0.2.2:5060;transport=udp;lr>"
    assert response.headers.values("Path") == (given[1], own)
    assert "Path" not in link.register().headers


def test_registrar_gives_gruus_that_tell_nothing_of_the_device() -> None:
    link = Link()
    headers = [("Contact", f"<sip:192.0.2.1:5060>;{INSTANCE}"), ("Supported", "gruu, path")]
    (first,) = link.register(headers, call_id="one", cseq=1).contacts
    public, temporary = first.params["pub-gruu"], first.params["temp-gruu"]
    assert public
    assert public.startswith(f"{AOR};gr=")
    assert "356432" not in public
    assert temporary
    assert "339012341234" not in temporary
    (second,) = link.register(headers, call_id="one", cseq=2).contacts
    assert second.params["pub-gruu"] == public
    assert second.params["temp-gruu"] != temporary
    bindings = link.network.registrar.bindings
    assert bindings(public)
    assert bindings(temporary)
    link.register(headers, call_id="two", cseq=1)
    assert not bindings(temporary)
    assert bindings(public)
    link.register([("Contact", "*"), ("Expires", "0")])
    assert not bindings(public)


def test_registrar_gives_no_gruu_to_a_ue_that_does_not_ask() -> None:
    (contact,) = Link().register([("Contact", f"<sip:192.0.2.1:5060>;{INSTANCE}")]).contacts
    assert "pub-gruu" not in contact.params


@pytest.mark.parametrize("uri", [AOR, "tel:+339012341234", f"{AOR};gr=id"])
def test_registrar_refuses_a_contact_that_would_loop(uri: str) -> None:
    assert Link().register([("Contact", f"<{uri}>;{INSTANCE}")]).status == 403


def test_network_answers_keep_with_an_interval() -> None:
    response = Link().register(via=";keep")
    assert response.top_via is not None
    assert response.top_via.params["keep"] == "29"


def test_network_leaves_keep_alone_for_a_sender_further_away() -> None:
    response = Link().register(via=";keep, SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKother")
    assert response.top_via is not None
    assert response.top_via.params["keep"] is None


def test_registrar_bounds_its_bindings() -> None:
    link = Link(limits=Limits(bindings_per_user=2, users=1))
    for port in (1, 2):
        assert link.register([("Contact", f"<sip:192.0.2.1:{port}>")]).status == 200
    assert link.register([("Contact", "<sip:192.0.2.1:3>")]).status == 403
    assert link.register(sender="sip:other@test-rcs.com").status == 503


# -- Digest ----------------------------------------------------------------------------------------

SECRET = Profile(
    name="digest",
    pixit=Pixit(impi="user", realm="test-rcs.com", password="secret"),
    network=NetworkSettings(authentication="digest"),
)


def credentials(challenge: Response, password: str = "secret", nc: int = 1) -> tuple[str, str]:
    parsed = parse_challenge(challenge.headers.get("WWW-Authenticate", ""))
    assert parsed is not None
    value = answer(parsed, "user", password, "REGISTER", "sip:test-rcs.com", nc=nc, cnonce="abcdef")
    return "Authorization", value


def test_registrar_challenges_and_accepts_the_right_password() -> None:
    link = Link(SECRET)
    empty = (
        'Digest username="user",realm="test-rcs.com",nonce="",uri="sip:test-rcs.com",response=""'
    )
    challenge = link.register([("Authorization", empty)], call_id="one", cseq=1)
    assert challenge.status == 401
    assert not link.network.registrar.bindings(AOR)
    response = link.register([credentials(challenge)], call_id="one", cseq=2)
    assert response.status == 200
    again = link.register([credentials(challenge, nc=2)], call_id="one", cseq=3)
    assert again.status == 200


def test_registrar_challenges_anew_after_a_wrong_password() -> None:
    link = Link(SECRET)
    first = link.register()
    second = link.register([credentials(first, "wrong")])
    assert second.status == 401
    one, other = (
        parse_challenge(each.headers.get("WWW-Authenticate", "")) for each in (first, second)
    )
    assert one is not None
    assert other is not None
    assert one.nonce != other.nonce
    assert not other.stale


def test_registrar_calls_a_used_up_nonce_stale() -> None:
    link = Link(SECRET)
    challenge = link.register()
    link.advance(301)
    again = link.register([credentials(challenge)])
    parsed = parse_challenge(again.headers.get("WWW-Authenticate", ""))
    assert again.status == 401
    assert parsed is not None
    assert parsed.stale


def test_registrar_forbids_a_user_to_register_another() -> None:
    link = Link(SECRET)
    challenge = link.register()
    assert link.register([credentials(challenge)], sender="sip:x@test-rcs.com").status == 403


# -- outbound (RFC 5626) ---------------------------------------------------------------------------


def flow(reg_id: int, port: int = 5060, params: str = "") -> tuple[str, str]:
    return "Contact", f"<sip:192.0.2.1:{port}>;{INSTANCE};reg-id={reg_id}{params}"


OUTBOUND = ("Supported", "outbound, path, gruu")


def test_flow_is_registered_with_its_timer() -> None:
    response = Link(profile(flow_timer=90)).register([flow(1), OUTBOUND])
    assert response.status == 200
    assert "outbound" in response.require
    assert response.headers.get("Flow-Timer") == "90"


def test_flow_replaces_the_one_with_the_same_number_whatever_its_address() -> None:
    link = Link()
    link.register([flow(1, 5060), OUTBOUND])
    link.register([flow(2, 5060), OUTBOUND])
    response = link.register([flow(1, 5070), OUTBOUND])
    assert {(each.uri, each.params["reg-id"]) for each in response.contacts} == {
        ("sip:192.0.2.1:5060", "2"),
        ("sip:192.0.2.1:5070", "1"),
    }


@pytest.mark.parametrize(
    "headers",
    [
        [("Contact", f"<sip:192.0.2.1:5060>;{INSTANCE}"), OUTBOUND],
        [("Contact", "<sip:192.0.2.1:5060>;reg-id=1"), OUTBOUND],
        [flow(1)],
    ],
)
def test_response_does_not_say_outbound_where_it_was_not_applied_or_asked_for(
    headers: list[tuple[str, str]],
) -> None:
    response = Link().register(headers)
    assert response.status == 200
    assert "outbound" not in response.require
    assert "Flow-Timer" not in response.headers


def test_flow_through_a_hop_without_outbound_is_refused() -> None:
    via = ", SIP/2.0/UDP 192.0.2.77;branch=z9hG4bKother"
    link = Link()
    assert link.register([flow(1), OUTBOUND], via=via).status == 439
    assert link.register([flow(1)], via=via).status == 200
    path = ("Path", "<sip:edge@192.0.2.9;lr;ob>")
    assert "outbound" in link.register([flow(1), OUTBOUND, path], via=via).require


def test_two_contacts_of_which_one_is_a_flow_are_refused() -> None:
    other = ("Contact", "<sip:192.0.2.1:5070>")
    assert Link().register([flow(1), other, OUTBOUND]).status == 400
    gone = ("Contact", "<sip:192.0.2.1:5070>;expires=0")
    assert Link().register([flow(1), gone, OUTBOUND]).status == 200
