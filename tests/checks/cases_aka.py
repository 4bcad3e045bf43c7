"""Cases of the checks of AKA credentials: AUTH-AKA."""

from __future__ import annotations

from harness.config import load_profile
from harness.config_subscribers import UsimSecrets
from harness.sip.aka import AuthenticationCentre, Card, with_auts
from harness.sip.digest import answer as answer_challenge
from harness.sip.digest import make_challenge, parse_challenge
from tests.checks.conversation import Case, Step, answer, net, request, ue

USIM = UsimSecrets.model_validate({"k": "0" * 31 + "1", "opc": "0" * 32})
CARD = Card.make(*USIM.octets)
VECTOR = AuthenticationCentre(CARD).vector(bytes(16))
_IETF = load_profile("ietf")
PROFILE = _IETF.model_copy(update={"pixit": _IETF.pixit.model_copy(update={"usim": USIM})})
AUTS = bytes(14)


def challenge(algorithm: str) -> str:
    return make_challenge("r", VECTOR.nonce, algorithm=algorithm)


def challenged(algorithm: str = "AKAv1-MD5") -> list[Step]:
    asked = request("REGISTER", branch="z9hG4bKfirst")
    return [ue(asked), net(answer(asked, 401, fields={"WWW-Authenticate": challenge(algorithm)}))]


def answered(password: bytes, algorithm: str = "AKAv1-MD5", auts: bytes | None = None) -> bytes:
    read = parse_challenge(challenge(algorithm))
    assert read is not None
    text = answer_challenge(read, "X", password, "REGISTER", "sip:example.com", b"", 1, "c")
    if auts is not None:
        text = with_auts(text, auts)
    return request("REGISTER", cseq=2, fields={"Authorization": text})


V2 = "AKAv2-MD5"
CASES = [
    Case(
        "AUTH-AKA-1",
        [*challenged(), answered(VECTOR.password(1))],
        [*challenged(), answered(b"another")],
        profile=PROFILE,
    ),
    Case(
        "AUTH-AKA-1",
        [*challenged(V2), answered(VECTOR.password(2), V2)],
        [*challenged(V2), answered(VECTOR.password(1), V2)],
        profile=PROFILE,
    ),
    Case(
        "AUTH-AKA-2",
        [*challenged(), answered(b"", auts=AUTS)],
        [*challenged(), answered(VECTOR.password(1), auts=AUTS)],
        profile=PROFILE,
    ),
    Case(
        "AUTH-AKA-3",
        [*challenged(), answered(b"", auts=AUTS)],
        [*challenged(), answered(b"", auts=AUTS[1:])],
        profile=PROFILE,
    ),
]
