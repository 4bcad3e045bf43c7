"""Content codings are undone within bounds."""

from __future__ import annotations

import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.body.content_coding import decode, encode
from harness.body.schema import BodyError

BODY = b"<presence/>" * 20
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
RAW_DEFLATE = RAW.compress(BODY) + RAW.flush()


@pytest.mark.parametrize(
    ("data", "codings"),
    [
        (BODY, []),
        (BODY, ["identity"]),
        (gzip.compress(BODY), ["gzip"]),
        (gzip.compress(BODY), ["X-GZIP"]),
        (zlib.compress(BODY), ["deflate"]),
        (RAW_DEFLATE, ["deflate"]),
        (gzip.compress(zlib.compress(BODY)), ["deflate", "gzip"]),
    ],
)
def test_body_is_decoded(data: bytes, codings: list[str]) -> None:
    assert decode(data, codings) == BODY


@pytest.mark.parametrize(
    ("data", "codings", "reason"),
    [
        (BODY, ["gzip"], "not gzip"),
        (BODY, ["br"], "unknown"),
        (b"", ["gzip"], "cut off"),
        (gzip.compress(BODY)[:-4], ["gzip"], "cut off"),
        (gzip.compress(BODY) + b"x", ["gzip"], "1 bytes follow"),
        (gzip.compress(bytes(10_000_000)), ["gzip"], "more than"),
        (BODY, ["gzip"] * 4, "at most"),
    ],
)
def test_body_that_cannot_be_decoded_is_refused(
    data: bytes, codings: list[str], reason: str
) -> None:
    with pytest.raises(BodyError, match=reason):
        decode(data, codings)


@given(st.binary(max_size=500), st.sampled_from(["gzip", "deflate", "identity"]))
def test_what_is_encoded_is_decoded(data: bytes, coding: str) -> None:
    assert decode(encode(data, coding), [coding]) == data


@given(st.binary(max_size=100), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_decoded_or_refused(data: bytes, coding: str) -> None:
    with suppress(BodyError):
        decode(data, [coding])


def test_unknown_coding_is_not_written() -> None:
    with pytest.raises(BodyError):
        encode(BODY, "br")
