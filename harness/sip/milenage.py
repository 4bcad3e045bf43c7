"""MILENAGE, the example algorithm set for 3GPP authentication (TS 35.206 §4).

The functions f1, f1*, f2, f3, f4, f5 and f5* of TS 33.102 §6.3, over AES-128.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES128

BLOCK = 16

# TS 35.206 §4.1: the rotations in bits and the constants of the five output blocks.
_ROTATIONS = (64, 0, 32, 64, 96)
_CONSTANTS = (0, 1, 2, 4, 8)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _rotated(block: bytes, bits: int) -> bytes:
    octets = bits // 8
    return block[octets:] + block[:octets]


class Milenage:
    """The algorithms of one subscriber: `k` and `opc` are 16 octets each.

    Raises ValueError where they are not.
    """

    def __init__(self, k: bytes, opc: bytes) -> None:
        if len(k) != BLOCK or len(opc) != BLOCK:
            raise ValueError(f"K and OPc have 16 octets each, not {len(k)} and {len(opc)}")
        self._k = k
        self._opc = opc

    def _output(self, number: int, rand: bytes, data: bytes | None = None) -> bytes:
        """OUT1 to OUT5 (TS 35.206 §4.1); `data` is IN1, of OUT1 only."""
        temp = _encrypted(self._k, _xor(rand, self._opc))
        rotation, constant = _ROTATIONS[number - 1], _CONSTANTS[number - 1]
        mixed = _rotated(_xor(temp if data is None else data, self._opc), rotation)
        mixed = _xor(mixed, constant.to_bytes(BLOCK, "big"))
        if data is not None:
            mixed = _xor(mixed, temp)
        return _xor(_encrypted(self._k, mixed), self._opc)

    def f1(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-A: the network's authentication code, 8 octets."""
        return self._output(1, rand, (sqn + amf) * 2)[:8]

    def f1_star(self, rand: bytes, sqn: bytes, amf: bytes) -> bytes:
        """MAC-S: the code of a re-synchronisation message, 8 octets."""
        return self._output(1, rand, (sqn + amf) * 2)[8:]

    def f2(self, rand: bytes) -> bytes:
        """RES: the response to the challenge, 8 octets."""
        return self._output(2, rand)[8:]

    def f3(self, rand: bytes) -> bytes:
        """CK: the cipher key, 16 octets."""
        return self._output(3, rand)

    def f4(self, rand: bytes) -> bytes:
        """IK: the integrity key, 16 octets."""
        return self._output(4, rand)

    def f5(self, rand: bytes) -> bytes:
        """AK: the anonymity key that hides SQN in AUTN, 6 octets."""
        return self._output(2, rand)[:6]

    def f5_star(self, rand: bytes) -> bytes:
        """AK of a re-synchronisation message, 6 octets."""
        return self._output(5, rand)[:6]


def opc_of(k: bytes, op: bytes) -> bytes:
    """OPc, what an operator's OP becomes with one subscriber's key (TS 35.206 §4.1)."""
    return _xor(_encrypted(k, op), op)


def _encrypted(key: bytes, block: bytes) -> bytes:
    # One block at a time is what the algorithm is made of: no mode of operation is needed.
    encryptor = Cipher(AES128(key), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(block) + encryptor.finalize()
