"""Which step claims which message, in the documented flow and in other people's traffic."""

from __future__ import annotations

import re

import pytest

from harness.config import load_profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import load_flow
from harness.model import Verdict
from harness.paths import FLOW
from tests.virtual import play_flow

from .traffic import Said, documented, measured, run, steps, upto

AUTHENTICATE = ("WWW-Authenticate", 'Digest realm="test-rcs.com", nonce="a1", qop="auth"')


def test_documented_flow_has_each_message_claimed_by_its_step() -> None:
    ran = run(documented().values())
    assert ran.claimed() == [(step,) for step in documented()]
    assert set(ran.verdicts()) == set(documented())


def test_steps_keep_the_numbers_and_frames_of_their_messages() -> None:
    ran = run(upto("H2"))
    assert ran.of("H1").entries == (3,)
    assert ran.of("H1").frames == ()
    assert ran.of("H3").entries == ()


def test_challenged_register_and_its_repetition_are_step_1_and_the_2xx_is_step_2() -> None:
    first = documented()["1"]
    second = first.again("second", 2)
    ran = run([first, first.answered(401, AUTHENTICATE), second, second.answered(200)])
    assert ran.claimed() == [("1",), ("1",), ("1",), ("2",)]
    assert ran.of("1").entries == (1, 2, 3)
    assert ran.of("2").entries == (4,)


def test_refresh_of_the_registration_belongs_to_no_step_but_is_judged() -> None:
    first, ok = steps("1", "2")
    refresh = first.again("refresh", 2)
    ran = run([first, ok, refresh, refresh.answered(200)])
    assert ran.claimed()[2:] == [(), ()]
    assert [each.judged.kind for each in ran.judged] == ["message"] * 4


def test_deregistration_before_the_first_registration_is_not_step_1() -> None:
    first, _ = steps("1", "2")
    removal = first.again("removal", 1).but(("Expires: 600000", "Expires: 0"))
    register = first.again("register", 2)
    ran = run([removal, removal.answered(200), register, register.answered(200)])
    assert ran.claimed() == [(), (), ("1",), ("2",)]


def test_query_of_bindings_is_not_step_1() -> None:
    query = documented()["1"].without("Contact").again("query", 1)
    assert run([query, query.answered(200), *steps("1")]).claimed() == [(), (), ("1",)]


def test_register_that_removes_one_binding_and_adds_another_is_step_1() -> None:
    both = documented()["1"].but(("Contact: ", "Contact: <sip:192.168.1.7>;expires=0, "))
    assert run([both]).claimed() == [("1",)]


def test_publish_refused_with_412_and_the_next_one_are_step_9() -> None:
    publish = documented()["9"]
    second = publish.again("second", 2).without("SIP-If-Match")
    accepted = second.answered(200, ("SIP-ETag", "t1"), ("Expires", "3600"))
    refresh = second.again("refresh", 3)
    flow = [*steps("1", "2"), publish, publish.answered(412), second, accepted, refresh]
    ran = run([*flow, refresh.answered(200, ("SIP-ETag", "t2"), ("Expires", "3600"))])
    assert ran.claimed()[2:] == [("9",), ("9",), ("9",), ("10",), (), ()]
    assert ran.of("9").entries == (3, 4, 5)


def test_retransmissions_belong_to_the_step_of_the_original() -> None:
    register, ok, publish, accepted = steps("1", "2", "9", "10")
    ran = run([register, ok, publish, publish, accepted, accepted])
    assert ran.claimed()[2:] == [("9",), ("9",), ("10",), ("10",)]
    assert [each.judged.kind for each in ran.judged][2:] == [
        "message",
        "retransmission",
        "message",
        "retransmission",
    ]
    assert ran.of("9").entries == (3, 4)


def test_subscription_to_one_contact_is_not_the_list_subscription() -> None:
    one = documented()["7"].without("Supported")
    one = one.but(("sip:+339012341234@test-rcs.com;pres-list=rcs", "sip:bob@test-rcs.com"))
    ran = run([*upto("H12"), one, one.answered(200, ("Expires", "3600"))])
    assert ran.claimed()[-2:] == [(), ()]


def test_subscription_to_the_own_presence_is_not_taken_for_the_own_list_service() -> None:
    own = documented()["7"].without("Supported").but((";pres-list=rcs", ""))
    assert run([*upto("H12"), own]).claimed()[-1] == ()


@pytest.mark.parametrize(
    "change",
    [
        ("Supported: eventlist", "Supported: gruu"),
        (";pres-list=rcs", ""),
        ("Supported: eventlist", "Accept: application/rlmi+xml"),
    ],
)
def test_list_subscription_is_known_by_any_of_its_marks(change: tuple[str, str]) -> None:
    assert run([*steps("1", "2"), documented()["7"].but(change)]).claimed()[-1] == ("7",)


def test_list_subscription_is_known_by_the_service_that_the_ue_defined() -> None:
    service = documented()["H3"].but(
        ("sip:+339012341234@Test-rcs.com;pres-list=rcs", "sip:friends@Test-rcs.com")
    )
    subscribe = documented()["7"].without("Supported")
    subscribe = subscribe.but(
        ("sip:+339012341234@test-rcs.com;pres-list=rcs", "sip:friends@test-rcs.com")
    )
    stored = documented()["H4"]
    assert run([*steps("1", "2"), service, stored, subscribe]).claimed()[-1] == ("7",)


def test_notification_before_the_2xx_of_its_subscribe_is_claimed() -> None:
    ran = run([*upto("H12"), *steps("3", "5", "6", "4")])
    assert ran.claimed()[-4:] == [("3",), ("5",), ("6",), ("4",)]


def test_notification_outside_the_flows_dialogs_is_not_claimed() -> None:
    stray = documented()["5"].but(("M6g0yaUDAA@192.168.1.1", "elsewhere"))
    assert run([*upto("4"), stray, *steps("5")]).claimed()[-2:] == [(), ("5",)]


def test_publish_and_subscribe_in_another_legal_order_are_claimed() -> None:
    ran = run([*upto("H12"), *steps("9", "10", "7", "8", "11", "12", "3", "4", "5", "6")])
    assert ran.claimed()[-10:] == [
        (step,) for step in ("9", "10", "7", "8", "11", "12", "3", "4", "5", "6")
    ]


def test_first_watcher_notification_that_already_names_the_contact_is_both_steps() -> None:
    pending = documented()["13"].but(("CSeq: 2", "CSeq: 1"))
    ran = run([*upto("4"), pending, pending.answered(200)])
    assert ran.claimed()[-2:] == [("5", "13"), ("6", "14")]


def test_watcher_notification_about_the_user_alone_is_neither_pending_nor_active() -> None:
    own = documented()["13"].but(("sip:+330123456789@", "sip:+339012341234@"))
    assert run([*upto("6"), own]).claimed()[-1] == ()


def test_one_notification_of_both_presences_is_both_steps() -> None:
    own, contact = documented()["17"], documented()["19"]
    bodies = [each.raw.decode().partition("\r\n\r\n")[2] for each in (own, contact)]
    parts = "".join(
        f"--b\r\nContent-Type: application/pidf+xml\r\n\r\n{body}\r\n" for body in bodies
    )
    head = (
        own.raw.decode()
        .partition("\r\n\r\n")[0]
        .replace(
            "Content-Type: application/pidf+xml",
            'Content-Type: multipart/related;type="application/rlmi+xml";boundary=b',
        )
    )
    both = Said("17", "network", measured(f"{head}\r\n\r\n{parts}--b--\r\n"))
    ran = run([*upto("16"), both, both.answered(200)])
    assert ran.claimed()[-2:] == [("17", "19"), ("18", "20")]
    assert ran.of("19").entries == ran.of("17").entries


def test_broken_presence_document_is_recognised_by_what_is_left_of_it() -> None:
    broken = documented()["19"]
    head, _, body = broken.raw.decode().partition("\r\n\r\n")
    cut = body[: body.index("</tuple>")].replace(' xmlns:gml="', 'xmlns:gml="')
    broken = Said("19", "network", measured(f"{head}\r\n\r\n{cut}"))
    assert run([*upto("12"), broken]).claimed()[-1] == ("19",)


def test_later_notification_of_the_same_kind_belongs_to_no_step() -> None:
    more = documented()["19"].again("more", 9)
    assert run([*upto("20"), more, more.answered(200)]).claimed()[-2:] == [(), ()]


def test_subscription_made_anew_still_brings_the_notifications_of_its_step() -> None:
    def renewed(said: Said) -> Said:
        return said.but(("M6g0yaUDAA", "again"), ("M6g0yaUEAA", "newtag"))

    flow = [*upto("6"), *map(renewed, steps("3", "4", "13"))]
    assert run(flow).claimed()[-3:] == [(), (), ("13",)]


def test_keep_alive_options_without_contact_is_not_the_capability_query() -> None:
    ping = documented()["21"].without("Contact").again("ping", 7)
    ran = run([*steps("1", "2"), ping, ping.answered(200), *steps("21", "22")])
    assert ran.claimed()[2:] == [(), (), ("21",), ("22",)]


def test_xcap_root_below_a_path_and_host_in_other_case_are_recognised() -> None:
    entry = documented()["H11"].but(
        ("PUT /resource-lists", "PUT /services/xcap-root/resource-lists"),
        ("Test-rcs.com%22%5D", "TEST-RCS.COM%22%5D"),
    )
    assert run([*steps("1", "2"), entry]).claimed()[-1] == ("H11",)


def test_http_before_the_register_is_claimed_once_the_ue_is_known() -> None:
    ran = run([*steps("H1", "H2", "1", "2")])
    assert ran.claimed() == [("H1",), ("H2",), ("1",), ("2",)]


def test_icon_upload_belongs_to_no_step() -> None:
    icon = documented()["H15"].but(
        ("/pidf-manipulation/", "/org.openmobilealliance.pres-content/"),
        ("/perm-presence", "/oma_status-icon/rcs_status_icon"),
    )
    assert run([*upto("H14"), icon]).claimed()[-1] == ()


def test_refused_then_repeated_xcap_request_is_one_step() -> None:
    refused = Said("H2", "network", b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
    ran = run([*steps("1", "2", "H1"), refused, *steps("H1", "H2")])
    assert ran.claimed()[2:] == [("H1",), ("H1",), ("H1",), ("H2",)]


def test_another_identity_is_learned_from_the_register() -> None:
    def renamed(said: Said) -> Said:
        text = re.sub("(?i)test-rcs.com", "ims.example.net", said.raw.decode())
        text = re.sub(r"(\+|%2B)339012341234", "alice", text)
        return Said(said.step, said.sender, measured(text))

    ran = run(map(renamed, documented().values()))
    assert ran.claimed() == [(step,) for step in documented()]
    assert ran.evaluation.ues[0].identity == "sip:alice@ims.example.net"
    assert ran.flow_checks() == run(documented().values()).flow_checks()


def test_publish_without_event_is_the_publication_still() -> None:
    played = play_flow(defects=["publish-without-event"])
    evaluation = Evaluation(load_flow(FLOW), load_profile("documented"), own_network=True)
    for entry in played.trace:
        evaluation.feed(entry)
    evaluation.finish(played.trace[-1].time)

    step = next(each for each in evaluation.ues[0].steps if each.step.id == "9")
    assert step.verdict is Verdict.FAIL
    assert "PUB-EVENT-1" in {finding.check for finding in step.findings}
