"""AKA in Digest: what network and USIM tell each other (RFC 3310, RFC 4169, TS 33.102 §6.3)."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sip.aka import (
    AkaError,
    AuthenticationCentre,
    Card,
    Usim,
    aka_version,
    is_aka,
    read_nonce,
    with_auts,
)

# Test set 1 of TS 35.208.
K = bytes.fromhex("465b5ce8b199b49faa5f0a2ee238a6bc")
OP = bytes.fromhex("cdc202d5123e20f62b6d676ac72cb318")
RAND = bytes.fromhex("23553cbe9637a89d218ae64dae47bf35")
RES = bytes.fromhex("a54211d5e3ba50bf")
CK = bytes.fromhex("b40ba9a3c58b2a05bbf0d987b21bf8cb")
IK = bytes.fromhex("f769bcd751044604127672711c6d3441")
CARD = Card.make(K, None, OP)


def rand(number: int) -> bytes:
    return number.to_bytes(16, "big")


def test_vector_has_the_values_of_the_test_set_and_a_nonce_of_rand_and_autn() -> None:
    vector = AuthenticationCentre(CARD).vector(RAND)

    assert (vector.xres, vector.ck, vector.ik) == (RES, CK, IK)
    assert base64.b64decode(vector.nonce) == RAND + vector.autn
    assert len(vector.autn) == 16


def test_usim_answers_what_the_network_expects() -> None:
    vector = AuthenticationCentre(CARD).vector(RAND)

    answer = Usim(CARD).answer(vector.nonce)

    assert answer.auts is None
    for version in (1, 2):
        assert answer.password(version) == vector.password(version)
    assert answer.password(1) == RES


def test_password_of_the_second_version_is_base64_of_the_prf() -> None:
    vector = AuthenticationCentre(CARD).vector(RAND)

    # RFC 4169 §2.1: PRF(RES||IK||CK, "http-digest-akav2-password"), the PRF being HMAC-MD5.
    prf = hmac.new(RES + IK + CK, b"http-digest-akav2-password", "md5").digest()
    assert base64.b64decode(vector.password(2)) == prf


def test_usim_refuses_a_network_that_does_not_know_the_key() -> None:
    stranger = AuthenticationCentre(Card(bytes(16), bytes(16)))

    with pytest.raises(AkaError, match="wrong MAC"):
        Usim(CARD).answer(stranger.vector(RAND).nonce)


@pytest.mark.parametrize("nonce", ["", "!!", "AAAA", base64.b64encode(bytes(31)).decode()])
def test_nonce_that_is_no_challenge_is_told_apart(nonce: str) -> None:
    with pytest.raises(AkaError, match="not the Base64"):
        read_nonce(nonce)


def test_server_data_after_autn_is_left_alone() -> None:
    vector = AuthenticationCentre(CARD).vector(RAND)
    nonce = base64.b64encode(vector.rand + vector.autn + b"server").decode()

    assert read_nonce(nonce) == (vector.rand, vector.autn)


def test_usim_takes_no_vector_twice_and_says_where_it_stands() -> None:
    centre, usim = AuthenticationCentre(CARD), Usim(CARD)
    vector = centre.vector(RAND)
    usim.answer(vector.nonce)

    again = usim.answer(vector.nonce)

    assert again.auts is not None
    assert len(again.auts) == 14
    assert again.password(1) == b""


def test_network_that_lags_behind_catches_up_by_auts() -> None:
    usim = Usim(CARD, sqn=1_000_000)
    centre = AuthenticationCentre(CARD, sqn=0)
    first = centre.vector(rand(1))
    refused = usim.answer(first.nonce)
    assert refused.auts is not None

    assert centre.resynchronise(first.rand, refused.auts)

    second = centre.vector(rand(2))
    assert usim.answer(second.nonce).password(1) == second.xres


@pytest.mark.parametrize(
    "spoil",
    [
        lambda auts: auts[:-1],
        lambda auts: bytes([auts[0] ^ 1]) + auts[1:],
        lambda auts: auts[:-1] + bytes([auts[-1] ^ 1]),
        lambda auts: b"",
    ],
)
def test_auts_that_does_not_prove_itself_moves_nothing(spoil: object) -> None:
    usim, centre = Usim(CARD, sqn=1_000_000), AuthenticationCentre(CARD)
    vector = centre.vector(rand(1))
    auts = usim.answer(vector.nonce).auts
    before = centre.sqn

    assert callable(spoil)
    assert not centre.resynchronise(vector.rand, spoil(auts))
    assert centre.sqn == before


@given(st.integers(min_value=0, max_value=2**48 - 2**20), st.integers(min_value=1, max_value=40))
def test_usim_takes_every_vector_that_a_centre_in_step_makes(sqn: int, count: int) -> None:
    centre, usim = AuthenticationCentre(CARD, sqn), Usim(CARD, sqn)

    for number in range(count):
        assert usim.answer(centre.vector(rand(number)).nonce).auts is None


@given(st.permutations(range(8)))
def test_usim_takes_vectors_in_any_order_within_its_indexes(order: list[int]) -> None:
    centre, usim = AuthenticationCentre(CARD), Usim(CARD)
    vectors = [centre.vector(rand(number)) for number in range(8)]

    assert all(usim.answer(vectors[number].nonce).auts is None for number in order)


@pytest.mark.parametrize(
    ("algorithm", "version", "is_any"),
    [
        ("AKAv1-MD5", 1, True),
        ("akav2-md5", 2, True),
        ("AKAv3-MD5", None, True),
        ("AKAv1-SHA-256", None, True),
        ("MD5", None, False),
        ("AKA", None, False),
        (None, None, False),
    ],
)
def test_algorithm_names_are_told_apart(
    algorithm: str | None, version: int | None, is_any: bool
) -> None:
    assert aka_version(algorithm) == version
    assert is_aka(algorithm) is is_any


def test_credentials_carry_auts_in_base64() -> None:
    assert with_auts('Digest username="u"', bytes(14)) == (
        'Digest username="u", auts="AAAAAAAAAAAAAAAAAAA="'
    )


def test_card_needs_one_variant_of_op() -> None:
    with pytest.raises(ValueError, match="OPc and OP"):
        Card.make(K, None, None)


def test_secrets_stay_out_of_what_is_printed() -> None:
    card, vector = CARD, AuthenticationCentre(CARD).vector(RAND)

    shown = repr(card) + repr(vector) + repr(Usim(CARD).answer(vector.nonce))

    for secret in (K, card.opc, RES, CK, IK):
        assert repr(secret) not in shown
