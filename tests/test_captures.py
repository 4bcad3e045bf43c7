"""Other people's clients, captured: exactly the faults that were read up in the clauses.

A check that blames one of these clients for anything else has to be read up too, or is wrong.
docs/interop.md says what each client was and gives the sentence behind each fault.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.audit import Audit, audit
from harness.config import load_profile
from harness.flow.steps import load_flow
from harness.model import Level
from harness.paths import FLOW

CAPTURES = Path(__file__).parents[1] / "fixtures" / "captures"

# Each PIDF document has the person before the tuple; the one before registration is "unknown".
_BARESIP = {"XML-SCHEMA-PIDF-1": 3}
# The 200 to a NOTIFY repeats the header fields of the NOTIFY.
_FINCH = {"RSP-FIELDS-1": 1, "RSP-EVENT-1": 1, "GEN-STATE-1": 1}

FAULTS: dict[str, dict[str, int]] = {
    "baresip-digest-udp": _BARESIP,
    "baresip-refresh-tcp": _BARESIP,
    "baresip-kamailio-udp": {"XML-SCHEMA-PIDF-1": 2},
    "baresip-kamailio-digest-tcp": {"XML-SCHEMA-PIDF-1": 4},
    "finch-tcp": _FINCH,
    "finch-digest-udp": {**_FINCH, "AUTH-QOP-1": 1, "GEN-SYNTAX-1": 1},
    # Four answers to a challenge without qop and with nc in quotes; three of them keep the CSeq
    # of the request that was refused. Two notifications.
    "finch-kamailio-digest-udp": {
        **dict.fromkeys(("AUTH-QOP-1", "GEN-SYNTAX-1"), 4),
        "AUTH-CSEQ-1": 3,
        **dict.fromkeys(_FINCH, 2),
    },
    "linphone-digest-tcp": {},
    "linphone-interval-too-brief-udp": {},
    "linphone-kamailio-digest-tcp": {},
    "linphone-kamailio-digest-udp": {},
    "linphone-list-udp": {},
    "linphone-refresh-udp": {},
    "sipsak-digest-udp": {},
    "twinkle-digest-tcp": {},
    "twinkle-kamailio-digest-udp": {},
    "twinkle-refresh-udp": {},
}

# Kamailio hands baresip's documents on as they are.
NETWORK_FAULTS = {"baresip-kamailio-udp": {"XML-SCHEMA-PIDF-1": 2}}


def judged(name: str, profile: str = "ietf") -> Audit:
    found = audit(CAPTURES / f"{name}.pcapng", load_flow(FLOW), load_profile(profile))
    assert found.problems == ()
    assert found.faults == ()
    return found


def broken(found: Audit, sender: str) -> dict[str, int]:
    return dict(
        Counter(
            each.check
            for each in found.findings
            if each.sender == sender and each.level is Level.MUST
        )
    )


def test_every_capture_is_looked_at() -> None:
    assert {path.stem for path in CAPTURES.glob("*.pcapng")} == set(FAULTS)


@pytest.mark.parametrize("profile", ["ietf", "documented"])
@pytest.mark.parametrize("name", FAULTS)
def test_client_is_blamed_for_its_own_faults_alone(name: str, profile: str) -> None:
    found = judged(name, profile)
    assert broken(found, "ue") == FAULTS[name]
    assert broken(found, "network") == NETWORK_FAULTS.get(name, {})


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"linphone-list-udp", "sipsak-digest-udp"}))
def test_client_does_the_steps_of_a_simple_presence_client(name: str) -> None:
    [ue] = judged(name).ues
    assert ue.identity == "sip:alice@test-rcs.com"
    seen = {each.step.id for each in ue.steps if each.verdict.value != "none"}
    assert seen == {"1", "2", "9", "10"}


def test_two_clients_of_one_address_are_told_apart() -> None:
    watcher, watched = judged("linphone-list-udp").ues
    assert (watcher.identity, watched.identity) == (
        "sip:alice@test-rcs.com",
        "sip:bob@test-rcs.com",
    )
    verdicts = {each.step.id: each.verdict.value for each in watcher.steps}
    done = ("1", "2", "7", "8", "9", "10", "11", "12", "19", "20")
    assert [verdicts[step] for step in done] == ["pass"] * len(done)
    assert {each.step.id for each in watched.steps if each.verdict.value != "none"} == {
        *("1", "2", "9", "10")
    }
