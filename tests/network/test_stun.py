"""STUN Binding as phones use it to keep a NAT open (RFC 8489)."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Peer
from harness.network.stun import binding_response

COOKIE = b"\x21\x12\xa4\x42"
TRANSACTION = bytes.fromhex("b7e7a701bc34d686fa87dfae")
SOURCE = Peer("192.0.2.1", 32853)


def request(*attributes: tuple[int, bytes], kind: int = 1) -> bytes:
    content = b"".join(
        struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4)
        for name, value in attributes
    )
    return struct.pack("!HH", kind, len(content)) + COOKIE + TRANSACTION + content


def with_fingerprint(message: bytes, flip: int = 0) -> bytes:
    length = struct.unpack("!H", message[2:4])[0] + 8
    longer = message[:2] + struct.pack("!H", length) + message[4:]
    crc = zlib.crc32(longer) ^ 0x5354554E ^ flip
    return longer + struct.pack("!HHI", 0x8028, 4, crc)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        # RFC 5769 §2.2 and §2.3: the test vectors' mapped addresses.
        (SOURCE, "0001a147e112a643"),
        (
            Peer("2001:db8:1234:5678:11:2233:4455:6677", 32853),
            "0002a1470113a9faa5d3f179bc25f4b5bed2b9d9",
        ),
    ],
)
def test_binding_request_is_answered_with_the_address_it_came_from(
    source: Peer, value: str
) -> None:
    response = binding_response(request((0x8022, b"a phone")), source)
    assert response is not None
    expected = bytes.fromhex(value)
    attribute = struct.pack("!HH", 0x0020, len(expected)) + expected
    assert response == struct.pack("!HH", 0x0101, len(attribute)) + COOKIE + TRANSACTION + attribute


def test_fingerprint_is_answered_with_a_fingerprint() -> None:
    response = binding_response(with_fingerprint(request()), SOURCE)
    assert response is not None
    assert response[-8:-4] == b"\x80\x28\x00\x04"
    assert response[-4:] == struct.pack("!I", zlib.crc32(response[:-8]) ^ 0x5354554E)
    assert struct.unpack("!H", response[2:4])[0] == len(response) - 20


def test_attribute_that_must_be_understood_and_is_not_gets_420() -> None:
    response = binding_response(request((0x0003, b"\0\0\0\6"), (0x0006, b"user")), SOURCE)
    assert response is not None
    assert response[:2] == b"\x01\x11"
    assert b"\0\0\4\x14Unknown Attribute" in response
    assert response.endswith(b"\x00\x0a\x00\x02\x00\x03\x00\x00")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        request(kind=0x0101),
        request()[:-1],
        request() + b"\0",
        request().replace(COOKIE, b"\0\0\0\0"),
        with_fingerprint(request(), flip=1),
        request((0x8022, b"a"))[:-4],
        struct.pack("!HH", 1, 8) + COOKIE + TRANSACTION + struct.pack("!HHI", 0x8022, 99, 0),
        request(*[(0x8022, b"")] * 65),
    ],
)
def test_what_is_no_binding_request_gets_no_answer(data: bytes) -> None:
    assert binding_response(data, SOURCE) is None


@given(st.binary(max_size=80))
def test_no_datagram_raises(content: bytes) -> None:
    head = struct.pack("!HH", 1, len(content)) + COOKIE + TRANSACTION
    binding_response(head + content, SOURCE)
    binding_response(content, SOURCE)
