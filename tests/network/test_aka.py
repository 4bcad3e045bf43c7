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


# -- security agreement (RFC 3329, TS 33.203) ------------------------------------------------------

CLIENT = (
    "ipsec-3gpp;alg=hmac-md5-96;ealg=null;prot=esp;mod=trans"
    ";spi-c=1111;spi-s=2222;port-c=5061;port-s=5062"
)
STRONGER = CLIENT.replace("md5", "sha-1").replace("null", "aes-cbc")
AGREES = [("Require", "sec-agree"), ("Proxy-Require", "sec-agree")]


def with_ipsec(**network: object) -> Profile:
    values = {"authentication": "aka", "security_agreement": "ipsec-3gpp", **network}
    return profile().model_copy(update={"network": NetworkSettings.model_validate(values)})


def offer(*mechanisms: str) -> list[tuple[str, str]]:
    return [*AGREES, ("Security-Client", ", ".join(mechanisms))]


def test_security_server_is_offered_and_its_list_is_checked() -> None:
    link, card = Link(with_ipsec()), usim()
    challenge = link.register(offer(CLIENT, STRONGER))
    server = challenge.headers.get("Security-Server")
    assert server is not None
    assert server.startswith("ipsec-3gpp;q=0.5;alg=hmac-md5-96;ealg=null;")
    proof = credentials(challenge, card)

    changed = server.replace("hmac-md5-96", "hmac-sha-1-96")
    refused = link.register([*offer(CLIENT), proof, ("Security-Verify", changed)])
    assert (refused.status, refused.headers.get("Security-Server")) == (494, server)

    spaced = server.replace(";", " ; ")
    assert link.register([*offer(CLIENT), proof, ("Security-Verify", spaced)]).status == 200


def test_commands_install_four_associations_with_the_keys_of_the_challenge() -> None:
    link = Link(with_ipsec(protected_client_port=6100, protected_server_port=6101))
    heard: list[tuple[str, tuple[str, ...]]] = []
    link.network.registrar.security.observers.append(lambda *each: heard.append(each))
    challenge = link.register(offer(STRONGER))
    parsed = parse_challenge(challenge.headers.get("WWW-Authenticate", ""))
    assert parsed is not None
    answered = usim().answer(parsed.nonce)

    ((_, commands),) = heard

    states = [each for each in commands if "state add" in each]
    policies = [each for each in commands if "policy add" in each]
    assert (len(states), len(policies)) == (4, 8)
    assert all(f"0x{answered.ik.hex()}00000000 96" in each for each in states)
    assert all(f"enc 'cbc(aes)' 0x{answered.ck.hex()}" in each for each in states)
    assert [each.partition("spi ")[2].split()[0] for each in states][1::2] == [
        f"0x{1111:08x}",
        f"0x{2222:08x}",
    ]
    assert "sport 5061 dport 6101" in states[0]
    assert "sport 6100 dport 5062" in states[3]


@pytest.mark.parametrize(
    "mechanism",
    [
        CLIENT.replace("hmac-md5-96", "unknown"),
        CLIENT.replace("spi-c=1111;", ""),
        CLIENT.replace("5061", "x"),
        "tls",
    ],
)
def test_nothing_is_offered_for_what_cannot_be_agreed(mechanism: str) -> None:
    challenge = Link(with_ipsec()).register(offer(mechanism))
    assert challenge.status == 401
    assert "Security-Server" not in challenge.headers


def test_extension_is_refused_where_the_profile_does_not_agree() -> None:
    response = Link(profile()).register(offer(CLIENT))
    assert (response.status, response.headers.get("Unsupported")) == (420, "sec-agree")


def test_encryption_is_the_one_that_the_profile_wants() -> None:
    link = Link(with_ipsec(ipsec_encryption="aes-cbc"))
    server = link.register(offer(CLIENT, STRONGER)).headers.get("Security-Server", "")
    assert "alg=hmac-sha-1-96;ealg=aes-cbc" in server


def test_agreement_without_aka_is_refused_by_the_profile() -> None:
    with pytest.raises(ValueError, match="needs authentication: aka"):
        NetworkSettings.model_validate({"security_agreement": "ipsec-3gpp"})
