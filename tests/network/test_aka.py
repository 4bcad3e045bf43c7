"""The registrar asks for the USIM's answer (RFC 3310, RFC 4169)."""

from __future__ import annotations

import pytest

from harness.config import Network as NetworkSettings
from harness.config import Pixit, Profile, load_profile
from harness.config_subscribers import UsimSecrets
from harness.flow.evaluate import Evaluation
from harness.flow.steps import load_flow
from harness.model import Verdict
from harness.paths import FLOW
from harness.sip.aka import Card, Usim, with_auts
from harness.sip.digest import answer, make_challenge, parse_challenge
from harness.sip.message import Response
from tests.virtual import play_flow

from .link import Link

SECRETS = UsimSecrets.model_validate({"k": "00112233445566778899aabbccddeeff", "op": "ab" * 16})
REALM = "test-rcs.com"
PLACEHOLDER = f'Digest username="user",realm="{REALM}",nonce="",uri="sip:{REALM}",response=""'


def profile(algorithm: str = "AKAv1-MD5", **pixit: object) -> Profile:
    values = {"impi": "user", "realm": REALM, "usim": SECRETS, **pixit}
    return Profile(
        name="aka",
        pixit=Pixit.model_validate(values),
        network=NetworkSettings.model_validate(
            {"authentication": "aka", "aka_algorithm": algorithm}
        ),
    )


def usim(sqn: int = 0) -> Usim:
    return Usim(Card.make(*SECRETS.octets), sqn)


def credentials(challenge: Response, card: Usim, version: int = 1, nc: int = 1) -> tuple[str, str]:
    parsed = parse_challenge(challenge.headers.get("WWW-Authenticate", ""))
    assert parsed is not None
    proof = card.answer(parsed.nonce)
    password = proof.password(version)
    value = answer(parsed, "user", password, "REGISTER", f"sip:{REALM}", nc=nc, cnonce="abcdef")
    return "Authorization", value if proof.auts is None else with_auts(value, proof.auts)


@pytest.mark.parametrize(("algorithm", "version"), [("AKAv1-MD5", 1), ("AKAv2-MD5", 2)])
def test_registrar_takes_the_answer_of_the_usim(algorithm: str, version: int) -> None:
    link, card = Link(profile(algorithm)), usim()
    challenge = link.register([("Authorization", PLACEHOLDER)], call_id="one")
    assert challenge.status == 401
    assert f"algorithm={algorithm}" in challenge.headers.get("WWW-Authenticate", "")

    response = link.register([credentials(challenge, card, version)], call_id="one", cseq=2)

    assert response.status == 200


def test_registrar_finds_the_user_by_to_where_nobody_is_named() -> None:
    link = Link(profile())
    challenge = link.register()
    assert link.register([credentials(challenge, usim())]).status == 200


def test_registrar_is_put_in_step_by_auts() -> None:
    link, card = Link(profile()), usim(sqn=1 << 20)
    challenge = link.register()
    auts = credentials(challenge, card)
    assert "auts=" in auts[1]

    second = link.register([auts])

    assert second.status == 401
    assert link.register([credentials(second, card)]).status == 200


def test_registrar_challenges_again_after_a_wrong_answer_or_auts() -> None:
    link = Link(profile())
    challenge = parse_challenge(link.register().headers.get("WWW-Authenticate", ""))
    assert challenge is not None
    wrong = answer(challenge, "user", b"wrong", "REGISTER", f"sip:{REALM}", cnonce="c")
    empty = answer(challenge, "user", b"", "REGISTER", f"sip:{REALM}", cnonce="c")

    for value in (wrong, with_auts(empty, bytes(14)), with_auts(wrong, bytes(14))):
        again = link.register([("Authorization", value)])
        assert again.status == 401
        assert challenge.nonce not in again.headers.get("WWW-Authenticate", "")


def test_registrar_does_not_take_a_nonce_of_its_own_making_twice() -> None:
    link, card = Link(profile()), usim()
    value = credentials(link.register(), card)
    assert link.register([value]).status == 200
    assert link.register([value]).status == 401


def test_registrar_does_not_know_a_nonce_that_it_did_not_give() -> None:
    link = Link(profile())
    made = parse_challenge(make_challenge(REALM, "AAAA", algorithm="AKAv1-MD5"))
    assert made is not None
    value = answer(made, "user", b"x", "REGISTER", f"sip:{REALM}", cnonce="c")
    assert link.register([("Authorization", value)]).status == 401


@pytest.mark.parametrize("settings", [profile(usim=None), profile(impi="other")])
def test_registrar_forbids_users_without_a_usim(settings: Profile) -> None:
    assert Link(settings).register([("Authorization", PLACEHOLDER)]).status == 403


@pytest.mark.parametrize("algorithm", ["AKAv1-MD5", "AKAv2-MD5"])
def test_flow_with_aka_has_no_finding_and_passes(algorithm: str) -> None:
    base = load_profile("documented")
    settings = base.model_copy(
        update={
            "pixit": base.pixit.model_copy(update={"usim": SECRETS}),
            "network": base.network.model_copy(
                update={"authentication": "aka", "aka_algorithm": algorithm}
            ),
        }
    )
    played = play_flow(profile=settings)
    evaluation = Evaluation(load_flow(FLOW), settings, own_network=True)
    findings = [
        finding
        for entry in played.trace
        for judged in evaluation.feed(entry)
        for finding in judged.findings
        if finding.level == "must"
    ]
    evaluation.finish(played.trace[-1].time)

    assert findings == []
    steps = evaluation.ues[0].steps
    assert {step.step.id: step.verdict for step in steps if step.verdict is not Verdict.PASS} == {}
    assert any(b"AKAv" in entry.raw for entry in played.trace)
