"""IMS phones of the field: what is legal and unlike the documented flow is blamed on no one."""

from __future__ import annotations

import pytest

from harness.checks.judge import Judge
from harness.config import load_profile, profile_names
from harness.model import Finding, Level, Transport
from harness.trace import Trace
from tests.checks.handset import VOICE, Handset, Said, whole_day

PHONES = {
    "udp-over-ipv6": {},
    "voice-only": {"tags": VOICE},
    "tcp-over-ipv4": {"host": "10.1.2.3", "proxy": "10.9.9.9", "protocol": Transport.TCP},
    "same-credentials-to-renew": {"repeats": True},
    "gruu": {"has_gruu": True},
    "tel-uris": {"says_number": True},
    "outbound": {"contact_params": ";reg-id=1"},
    "terse": {"is_terse": True},
    "ipsec-not-taken": {"aka": False},
    "digest-without-ipsec": {"aka": False, "offers": False, "tells_cell": False},
    "access-not-known": {"tells_cell": False},
}


def findings(said: list[Said], profile: str) -> list[Finding]:
    referee = Judge(load_profile(profile))
    trace, now, found = Trace(), 1403159445.0, []
    for each in said:
        now += each.after
        peers = sorted((str(each.source), str(each.destination)))
        connection = "-".join(peers) if each.source.transport.is_reliable else ""
        entry = trace.append(each.raw, each.source, each.destination, now, connection=connection)
        found += referee.feed(entry)
    found += referee.finish(now)
    assert not referee.failures, referee.failures
    return [finding for each in found for finding in each.findings]


def faults(said: list[Said], profile: str) -> list[str]:
    return [
        f"{each.check} at {each.entry}: {each.where}: {each.expected} / {each.observed}"
        for each in findings(said, profile)
        if each.level is Level.MUST and each.sender == "ue"
    ]


@pytest.mark.parametrize("profile", profile_names())
@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES.keys())
def test_judge_finds_no_fault_in_a_phone_of_the_field(
    phone: dict[str, object], profile: str
) -> None:
    said = whole_day(Handset(**phone))  # type: ignore[arg-type]  # the rows above

    assert faults(said, profile) == []


@pytest.mark.parametrize("profile", ["documented", "up-2.4"])
def test_judge_finds_no_fault_where_a_message_of_the_phone_is_missing(profile: str) -> None:
    said = whole_day(Handset())

    for lost in range(len(said)):
        assert faults(said[:lost] + said[lost + 1 :], profile) == [], f"without {lost}"
        assert faults(said[lost:], profile) == [], f"from {lost}"


@pytest.mark.parametrize("failure", ['response=""', 'response="",auts="AAAAAAAAAAAAAAAAAAA="'])
def test_judge_finds_no_fault_where_the_card_refuses_a_challenge(failure: str) -> None:
    phone = Handset().refuses_a_challenge(failure).watches_its_registration().publishes()

    assert faults(phone.said, "up-2.4") == []
    assert "GEN-SECURITY-2" not in {each.check for each in findings(phone.said, "up-2.4")}
