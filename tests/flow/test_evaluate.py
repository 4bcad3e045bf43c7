"""What becomes of a step: verdicts, reasons, findings with their step, deadlines, order."""

from __future__ import annotations

import pytest

from harness.config import CheckChange, load_profile
from harness.flow.evaluate import Evaluation
from harness.flow.steps import load_flow
from harness.model import Family, Level, Verdict
from harness.paths import FLOW

from .traffic import Said, Wire, documented, presence_flow, profile_of, run, steps, upto

# Only the flow's own expectations, so that a test sees what it is about.
NOTHING = profile_of()
DOCUMENT = profile_of(Family.DOCUMENT)
STANDARDS = profile_of(Family.IETF)


def rows(ran, check: str):
    return [f for each in ran.judged for f in each.findings if f.check == check]


def test_documented_flow_passes_step_by_step() -> None:
    assert set(run(documented().values(), NOTHING).verdicts().values()) == {"pass"}


def test_documented_flow_meets_every_parameter_of_its_own() -> None:
    assert run(documented().values()).flow_checks() == set()


def test_step_that_was_not_seen_is_none_though_others_were() -> None:
    verdicts = run(steps("1", "2", "9", "10"), NOTHING).verdicts()
    assert {step for step, verdict in verdicts.items() if verdict == "pass"} == {
        "1",
        "2",
        "9",
        "10",
    }
    assert {verdict for step, verdict in verdicts.items()} == {"pass", "none"}


def test_ue_that_breaks_a_must_in_a_step_fails_that_step_alone() -> None:
    put = documented()["H3"].but(("application/rls-services+xml", "application/xml"))
    ran = run([*steps("1", "2"), put, *steps("H4", "9", "10")], STANDARDS)
    result = ran.of("H3")
    assert result.verdict is Verdict.FAIL
    assert "FLOW-H3-CONTENT-TYPE-1" in result.reason
    (finding,) = rows(ran, "FLOW-H3-CONTENT-TYPE-1")
    assert (finding.step, finding.sender, finding.entry) == ("H3", "ue", 3)
    assert finding.observed == "application/xml"
    assert put.raw[finding.offset :].startswith(b"application/xml")
    assert ran.of("H4").verdict is not Verdict.FAIL


def test_broken_should_is_a_remark_on_a_pass() -> None:
    subscribe = documented()["7"].but(("Supported: eventlist\r\n", ""))
    ran = run([*steps("1", "2"), subscribe, *steps("8")], profile_of(Family.IETF))
    (finding,) = rows(ran, "FLOW-07-SUPPORTED-1")
    assert finding.level is Level.SHOULD
    assert ran.of("7").verdict.value == "pass"


def test_optional_fields_that_are_absent_and_fields_that_are_extra_are_no_findings() -> None:
    register = documented()["1"]
    for name in ("User-Agent", "Allow", "Supported", "Authorization"):
        register = register.without(name)
    register = register.but(("Max-Forwards: 70", "Max-Forwards: 70\r\nX-Extra: 1"))
    assert run([register, *steps("2")]).flow_checks() == set()


def test_missing_eventlist_is_noticed_where_the_list_is_known_otherwise() -> None:
    ran = run([*upto("H12"), documented()["7"].without("Supported")], STANDARDS)
    (finding,) = rows(ran, "FLOW-07-SUPPORTED-1")
    assert (finding.observed, finding.level) == ("absent", Level.SHOULD)


def test_list_subscription_to_another_service_than_the_defined_one_is_noticed() -> None:
    other = documented()["7"].but((";pres-list=rcs", ";pres-list=friends"))
    ran = run([*upto("H12"), other], DOCUMENT)
    assert ran.flow_checks() == {"FLOW-07-REQUEST-URI-1"}


@pytest.mark.parametrize(
    ("change", "is_met"),
    [
        (("imei:356432059050620", "imei:111111111111111"), False),
        (("sip:192.168.1.1:5060;transport=UDP", "sip:192.168.1.1:5060;gr=x"), True),
        (("+sip.instance", "+SIP.instance"), True),
    ],
)
def test_contact_of_a_subscription_names_the_registered_device(change, is_met) -> None:
    other = documented()["3"].but(change)
    if "gr=x" in change[1]:
        other = other.but((';+sip.instance="<urn:gsma:imei:356432059050620>"', ""))
    found = run([*upto("2"), other], DOCUMENT).flow_checks()
    assert found == (set() if is_met else {"FLOW-03-CONTACT-1"})


@pytest.mark.parametrize(
    ("uri", "is_met"),
    [
        ("sip:TEST-RCS.com;transport=tcp", True),
        ("sips:test-rcs.com:5061", True),
        ("sip:test-rcs.com.example", False),
    ],
)
def test_register_goes_to_the_domain_of_the_identity(uri, is_met) -> None:
    register = documented()["1"].but(("REGISTER sip:test-rcs.com ", f"REGISTER {uri} "))
    found = run([register], profile_of(Family.THREEGPP)).flow_checks()
    assert found == (set() if is_met else {"FLOW-01-REQUEST-URI-1"})


def test_expectation_that_looks_up_what_is_not_known_says_nothing() -> None:
    ran = run([*steps("1", "2"), *steps("7")], DOCUMENT)
    assert ran.flow_checks() == set()


def test_profile_without_the_documents_family_says_nothing_of_its_parameters() -> None:
    other = documented()["3"].but(("Expires: 3600", "Expires: 1800"))
    assert run([*upto("H12"), other], STANDARDS).flow_checks() == set()
    assert run([*upto("H12"), other], DOCUMENT).flow_checks() == {"FLOW-03-EXPIRES-1"}


def test_profile_can_change_and_switch_off_the_flows_checks() -> None:
    other = documented()["3"].but(("Expires: 3600", "Expires: 1800"))

    def level(word: str) -> set[Level]:
        change = CheckChange(level=word, reason="the laboratory says so")
        profile = DOCUMENT.model_copy(update={"checks": {"FLOW-03-EXPIRES-1": change}})
        return {each.level for each in rows(run([*upto("2"), other], profile), "FLOW-03-EXPIRES-1")}

    assert level("must") == {Level.MUST}
    assert level("off") == set()


def test_expectation_that_needs_a_pics_item_is_left_out_where_it_is_not_claimed(tmp_path) -> None:
    text = FLOW.read_text(encoding="utf-8")
    wanted = "equals: presence.winfo, clause: documented flow"
    assert wanted in text
    path = tmp_path / "a.flow.yaml"
    path.write_text(text.replace(wanted, f"equals: other, needs: [eventlist]{wanted[22:]}"))
    flow = load_flow(path)
    claimed = DOCUMENT.model_copy(update={"pics": {"eventlist": True}})
    unclaimed = DOCUMENT.model_copy(update={"pics": {}})
    assert run(upto("3"), claimed, flow=flow).flow_checks() == {"FLOW-03-EVENT-1"}
    assert run(upto("3"), unclaimed, flow=flow).flow_checks() == set()


@pytest.mark.parametrize(
    ("field", "words", "is_met"),
    [
        ("Contact", 'uri: "${ue.contact}"', True),
        ("From", 'aor: "${pixit.impu}"', True),
        ("From", 'aor: "${pixit.contact}"', False),
        ("Request-URI", 'matches: "sip:${pixit.domain}"', True),
        ("User-Agent", 'equals: "${pixit.user_agent}"', True),
        ("To", 'contains: ["${pixit.list_name}", "${ue.domain}"]', True),
        ("To", 'contains: ["${ue.service}"]', True),
    ],
)
def test_look_ups_find_the_ues_own_facts_and_the_profiles_values(
    tmp_path, field, words, is_met
) -> None:
    flow = one_step_flow(tmp_path, field, words)
    assert (run(steps("1"), flow=flow).flow_checks() == set()) == is_met


def one_step_flow(tmp_path, field: str, words: str):
    path = tmp_path / "one.flow.yaml"
    path.write_text(
        f"""title: one step
document: documented flow
states: {{}}
steps:
  - id: 1
    name: 01-register
    title: the UE registers
    sender: ue
    match: {{method: REGISTER}}
    expect:
      {field}: {{{words}, clause: documented flow, level: info}}
"""
    )
    return load_flow(path)


def test_notification_that_the_ue_leaves_unanswered_is_found_at_the_answers_step() -> None:
    profile = load_profile("documented")
    evaluation = Evaluation(presence_flow(), profile)
    wire = Wire()
    for said in upto("5"):
        evaluation.feed(wire.entry(said))
    wire.time += 100
    evaluation.feed(wire.entry(documented()["7"]))
    (late,) = [
        each
        for each in evaluation.finish(wire.time)
        if each.findings and each.findings[0].check == "RSP-UNANSWERED-1"
    ]
    assert late.steps == ("6",)
    assert [each.step for each in late.findings] == ["6"]
    assert evaluation.result("6").findings == late.findings


def test_keep_alive_belongs_to_no_step() -> None:
    ran = run([*steps("1", "2"), Said("", "ue", b"\r\n\r\n")])
    assert ran.claimed()[-1] == ()
    assert ran.judged[-1].step is None
    assert ran.evaluation.ues[0].verdict is ran.evaluation.result("1").verdict


def test_network_that_refuses_makes_the_answer_inconclusive_with_its_words() -> None:
    subscribe = documented()["3"]
    ran = run([*upto("H12"), subscribe, subscribe.answered(403)], NOTHING)
    result = ran.of("4")
    assert result.verdict is Verdict.INCONC
    assert result.reason == "the network answered 403 Forbidden"
    assert ran.of("3").verdict is Verdict.PASS


def test_ue_that_refuses_a_notification_is_remarked_and_inconclusive() -> None:
    notify = documented()["5"]
    ran = run([*upto("4"), notify, notify.answered(500)], STANDARDS)
    assert ran.claimed()[-1] == ("6",)
    assert {each.level for each in rows(ran, "FLOW-06-STATUS-1")} == {Level.SHOULD}
    assert ran.of("6").verdict.rank >= Verdict.INCONC.rank


def test_refusal_that_is_overcome_is_forgotten() -> None:
    publish = documented()["9"]
    second = publish.again("second", 2).without("SIP-If-Match")
    ran = run(
        [*steps("1", "2"), publish, publish.answered(412), second, second.answered(200)], NOTHING
    )
    assert ran.of("10").verdict is Verdict.PASS


def test_must_that_the_network_breaks_is_an_error_and_no_fault_of_the_ue() -> None:
    change = CheckChange(level="must", reason="so that something is a must on the network")
    profile = DOCUMENT.model_copy(update={"checks": {"FLOW-05-CONTENT-TYPE-1": change}})
    notify = documented()["5"].but(("application/watcherinfo+xml", "text/plain"))
    ran = run([*upto("4"), notify], profile)
    assert ran.of("5").verdict is Verdict.ERROR
    assert [each.sender for each in rows(ran, "FLOW-05-CONTENT-TYPE-1")] == ["network"]


def test_each_ue_of_a_trace_has_its_own_results() -> None:
    evaluation = Evaluation(presence_flow(), NOTHING)
    wire = Wire()

    def other(said: Said) -> Said:
        return said.but(("192.168.1.1", "192.168.1.9"))

    for said in upto("H4"):
        wire.ue = "192.168.1.1"
        evaluation.feed(wire.entry(said))
        if said.step in ("1", "2"):
            wire.ue = "192.168.1.9"
            evaluation.feed(wire.entry(other(said)))
    first, second = evaluation.ues
    assert (first.address, second.address) == ("192.168.1.1", "192.168.1.9")
    assert {each.step.id for each in second.steps if each.verdict is Verdict.PASS} == {"1", "2"}
    assert evaluation.result("H3", "192.168.1.1").verdict is Verdict.PASS
    assert evaluation.result("H3", "192.168.1.9").verdict is Verdict.NONE
    with pytest.raises(KeyError):
        evaluation.result("1", "192.168.1.77")


def test_results_can_be_asked_for_at_any_time() -> None:
    evaluation = Evaluation(presence_flow(), NOTHING)
    assert evaluation.result("1").verdict is Verdict.NONE
    evaluation.feed(Wire().entry(documented()["1"]))
    assert evaluation.result("1").verdict is Verdict.PASS
    assert evaluation.result("2").verdict is Verdict.NONE


# --- Deadlines ------------------------------------------------------------------------------------


def test_ue_that_had_all_it_needed_and_did_nothing_fails() -> None:
    result = run(upto("8"), NOTHING).evaluation.expire("9", 15.0)
    assert result.verdict is Verdict.FAIL
    assert result.reason.startswith("no 09-publish within 15 s")


def test_step_after_a_missing_one_is_inconclusive_and_names_the_first_missing() -> None:
    evaluation = run(upto("6"), NOTHING).evaluation
    assert evaluation.expire("7", 15.0).verdict is Verdict.FAIL
    for step in ("8", "11", "12", "17", "18"):
        result = evaluation.expire(step, 15.0)
        assert result.verdict is Verdict.INCONC
        assert result.reason.startswith("blocked by step 7 (07-subscribe-list)")
    assert {each.verdict for each in evaluation.ues[0].steps if each.step.id == "7"} == {
        Verdict.FAIL
    }


def test_step_after_a_refused_one_is_inconclusive_with_the_refusal() -> None:
    subscribe = documented()["3"]
    evaluation = run([*upto("H12"), subscribe, subscribe.answered(403)], NOTHING).evaluation
    result = evaluation.expire("13", 15.0)
    assert result.verdict is Verdict.INCONC
    assert result.reason.endswith("(04-subscribe-winfo-ok): the network answered 403 Forbidden")


def test_network_that_did_not_do_its_part_is_an_error() -> None:
    assert run(upto("3"), NOTHING).evaluation.expire("4", 15.0).verdict is Verdict.ERROR


def test_step_that_a_ue_may_leave_out_does_not_fail_it() -> None:
    result = run(upto("2"), NOTHING).evaluation.expire("H1", 15.0)
    assert result.verdict is Verdict.INCONC
    assert "may leave it out" in result.reason


def test_ue_that_never_spoke_is_inconclusive() -> None:
    evaluation = Evaluation(presence_flow(), NOTHING)
    assert evaluation.expire("1", 15.0).reason == (
        "no UE was heard within 15 s: none sent a REGISTER"
    )
    assert evaluation.expire("1", 15.0).verdict is Verdict.INCONC
    assert evaluation.expire("9", 15.0).reason.startswith("blocked by step 1")


def test_deadline_of_a_step_that_was_seen_changes_nothing() -> None:
    assert run(upto("9"), NOTHING).evaluation.expire("9", 15.0).verdict is Verdict.PASS


def test_step_that_comes_after_its_deadline_keeps_its_verdict() -> None:
    evaluation = Evaluation(presence_flow(), NOTHING)
    wire = Wire()
    for said in steps("1", "2"):
        evaluation.feed(wire.entry(said))
    evaluation.expire("9", 15.0)
    evaluation.feed(wire.entry(documented()["9"]))
    assert evaluation.result("9").verdict is Verdict.FAIL


def test_awaiting_tells_who_has_to_do_what_and_what_comes_first() -> None:
    evaluation = run(upto("6"), NOTHING).evaluation
    assert evaluation.awaiting("9") == (
        "waiting for the UE (09-publish): the UE publishes its services"
    )
    assert evaluation.awaiting("12").endswith("; first has to come 07-subscribe-list")


def test_deadline_is_longer_where_a_person_has_to_act() -> None:
    evaluation = Evaluation(presence_flow(), load_profile("documented"))
    assert evaluation.deadline("9") == 15.0
    assert evaluation.deadline("H13") == 60.0


# --- Strict order ---------------------------------------------------------------------------------


def test_documented_order_meets_the_strict_order() -> None:
    assert run(documented().values(), NOTHING, strict_order=True).flow_checks() == set()


def test_legal_reordering_passes_unless_the_strict_order_is_asked_for() -> None:
    said = [*upto("H12"), *steps("3", "4", "9", "10", "7", "8")]
    assert run(said, NOTHING).flow_checks() == set()
    ran = run(said, NOTHING, strict_order=True)
    (finding,) = rows(ran, "FLOW-ORDER-1")
    assert (finding.step, finding.expected) == ("7", "07-subscribe-list before 09-publish")
    assert ran.of("7").verdict is Verdict.FAIL


def test_request_before_the_response_to_the_one_before_breaks_the_strict_order() -> None:
    ran = run([*upto("H12"), *steps("3", "7", "4", "8")], NOTHING, strict_order=True)
    (finding,) = rows(ran, "FLOW-ORDER-1")
    assert finding.expected == "07-subscribe-list after the response to 03-subscribe-winfo"


def test_notifications_are_free_in_the_strict_order() -> None:
    said = [*upto("H12"), *steps("3", "4", "7", "8", "9", "10", "5", "6", "11", "12")]
    assert run(said, NOTHING, strict_order=True).flow_checks() == set()
