"""IMS phones of the field: what is legal and unlike the documented flow is blamed on no one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.checks.judge import Judge
from harness.config import load_profile, profile_names
from harness.model import Finding, Level, Transport
from harness.trace import Trace
from tests.checks.handset import VOICE, Handset, Said, whole_day
from tests.checks.handset_texts import HOME, INSTANCE, NUMBER, TEMPORARY

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


# What is changed in which message of the day, and the check that has to find it. All are MUST, but
# for watching another registration, which an application may.
FAULTS = {
    "other-security-client": (2, "spi-c=1111", "spi-c=1119", "REG-IMS-12"),
    "other-security-verify": (2, "spi-c=98765", "spi-c=98764", "GEN-SECURITY-2"),
    "no-security-verify": (2, "Security-Verify", "X-Verify", "GEN-SECURITY-2"),
    "other-call-id": (2, "Call-ID: reg-1", "Call-ID: reg-2", "REG-IMS-13"),
    "unprotected-contact": (2, ":40002>", ":5060>", "REG-IMS-14"),
    "no-proxy-require": (2, "Proxy-Require", "X-Require", "GEN-SECURITY-1"),
    "no-credentials": (0, "Authorization", "X-Authorization", "REG-IMS-10"),
    "other-realm": (0, f'realm="{HOME}"', 'realm="X"', "REG-IMS-11"),
    "other-domain": (0, f'uri="sip:{HOME}"', 'uri="sip:example.com"', "REG-IMS-6"),
    "nonce-missing": (0, 'nonce="",', "", "REG-IMS-7"),
    "no-spi": (0, "spi-c=1111;", "", "REG-IMS-16"),
    "short-registration": (0, "Expires: 600000", "Expires: 3600", "REG-IMS-3"),
    "no-path": (0, "path, gruu", "gruu", "REG-IMS-2"),
    "no-instance": (0, f";{INSTANCE}", "", "REG-IMS-5"),
    "other-watched": (4, f"SUBSCRIBE {NUMBER}", f"SUBSCRIBE sip:x@{HOME}", "SUB-IMS-1"),
    "short-watch": (4, "Expires: 600000", "Expires: 3600", "SUB-IMS-2"),
    "barred-watcher": (4, NUMBER, TEMPORARY, "SUB-IMS-3"),
    "no-service-route": (8, "Route: ", "X-Route: ", "GEN-ROUTE-3"),
    "list-not-required": (12, "recipient-list-subscribe, ", "", "SUB-LIST-1"),
    "list-not-for-the-server": (12, ": recipient-list\r", ": render\r", "SUB-LIST-2"),
    "no-offer-to-renew": (20, "Security-Client", "X-Client", "REG-IMS-19"),
}


@pytest.mark.parametrize(("index", "old", "new", "check"), FAULTS.values(), ids=FAULTS.keys())
def test_judge_finds_what_a_phone_must_not_do(index: int, old: str, new: str, check: str) -> None:
    said = whole_day(Handset())
    changed = said[index].raw.replace(old.encode(), new.encode())
    assert changed != said[index].raw
    said[index] = replace(said[index], raw=changed)

    found = [each for each in findings(said, "up-2.4") if each.check == check]
    wanted = Level.SHOULD if check == "SUB-IMS-1" else Level.MUST
    assert [each.level for each in found][:1] == [wanted]
