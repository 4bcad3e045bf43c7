"""Secrets do not reach what is written, and offsets stay right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.mask import Masker


@pytest.mark.parametrize(
    ("line", "secret", "kept"),
    [
        (b'Authorization: Digest username="u",response="s3cret00"', b"s3cret00", b'username="u"'),
        (b"authorization:Basic dTpwdw==", b"dTpwdw==", b"Basic "),
        (b'Proxy-Authorization: Digest nonce="n",cnonce="s3cret"', b's3cret"', b'nonce="n"'),
        (b'Authorization: Digest realm="r",\r\n response="s3cret00"', b"s3cret00", b'realm="r"'),
        (b'Authentication-Info: rspauth="s3cret00", nc=00000001', b"s3cret00", b"nc=00000001"),
        (b"Authorization: Bearer s3cret00", b"s3cret00", b"Bearer "),
    ],
)
def test_masker_hides_credentials_and_keeps_the_length(
    line: bytes, secret: bytes, kept: bytes
) -> None:
    raw = b"REGISTER sip:a SIP/2.0\r\n" + line + b"\r\n\r\nbody"
    masked = Masker().message(raw)
    assert len(masked) == len(raw)
    assert secret not in masked
    assert kept in masked
    assert masked.endswith(b"\r\n\r\nbody")


def test_masker_hides_a_known_secret_wherever_it_stands() -> None:
    masker = Masker(["correct horse"])
    assert masker.message(b"X: correct horse\r\n\r\ncorrect horse").count(b"correct") == 0
    assert masker.text("it was correct horse") == "it was *************"


def test_masker_hides_credentials_in_texts() -> None:
    text = Masker().text('observed Digest response="abcdef", and Basic dTpwdw==')
    assert text == 'observed Digest response="******", and Basic ********'


def test_masker_leaves_other_fields_alone() -> None:
    raw = b'WWW-Authenticate: Digest realm="r", nonce="n"\r\nX-response: a\r\n\r\n'
    assert Masker().message(raw) == raw


@given(st.binary(max_size=300))
def test_masker_keeps_the_length_of_any_bytes(data: bytes) -> None:
    raw = b"A sip:a SIP/2.0\r\nAuthorization: " + data
    assert len(Masker(["secret"]).message(raw)) == len(raw)
