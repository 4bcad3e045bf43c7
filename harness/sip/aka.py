"""AKA in Digest: vectors, the USIM's answer, and re-synchronisation.

RFC 3310 (AKAv1), RFC 4169 (AKAv2), over the functions of TS 33.102 §6.3.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from dataclasses import dataclass, field

from harness.sip.milenage import Milenage, opc_of

RAND_OCTETS, AUTN_OCTETS, AUTS_OCTETS, SQN_OCTETS = 16, 16, 14, 6

IND_BITS = 5
"""How many low bits of SQN are the index of TS 33.102 §C.1.1.1: 32 vectors may be out of order."""

_RESYNC_AMF = bytes(2)  # TS 33.102 §6.3.3: MAC-S is made with an AMF of zeros.
_ALGORITHM = re.compile(r"AKAv(1|2)-(MD5)", re.IGNORECASE)


def aka_version(algorithm: str | None) -> int | None:
    """1 or 2 for AKAv1-MD5 and AKAv2-MD5, None for what is no AKA that is known here."""
    found = _ALGORITHM.fullmatch(algorithm or "")
    return int(found[1]) if found else None


def is_aka(algorithm: str | None) -> bool:
    """Whether the name is of the aka-namespace (RFC 3310 §3.1), of a known version or not."""
    return re.match(r"AKAv[0-9]+-", algorithm or "", re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Vector:
    """A quintet of TS 33.102 §6.3.2: one challenge and what its answer has to be."""

    rand: bytes
    autn: bytes
    xres: bytes = field(repr=False)
    ck: bytes = field(repr=False)
    ik: bytes = field(repr=False)

    @property
    def nonce(self) -> str:
        """RAND and AUTN in Base64 (RFC 3310 §3.2)."""
        return base64.b64encode(self.rand + self.autn).decode("ascii")

    def password(self, version: int) -> bytes:
        """What stands in for the password of Digest."""
        return digest_password(self.xres, self.ik, self.ck, version)


def digest_password(res: bytes, ik: bytes, ck: bytes, version: int) -> bytes:
    """RES itself (RFC 3310 §3.3), or for AKAv2 the Base64 of a PRF of it (RFC 4169 §2.1)."""
    if version == 1:
        return res
    prf = hmac.new(res + ik + ck, b"http-digest-akav2-password", "md5")
    return base64.b64encode(prf.digest())


@dataclass(frozen=True, slots=True)
class Card:
    """The secrets that a USIM or ISIM and its home network share.

    `k` and `opc` have 16 octets, `amf` 2.
    """

    k: bytes = field(repr=False)
    opc: bytes = field(repr=False)
    amf: bytes = bytes(2)

    @classmethod
    def make(cls, k: bytes, opc: bytes | None, op: bytes | None, amf: bytes = bytes(2)) -> Card:
        """A card of the operator's OPc, or of OP where there is none; ValueError without both."""
        if opc is None and op is None:
            raise ValueError("one of OPc and OP is wanted")
        return cls(k, opc if opc is not None else opc_of(k, op or b""), amf)

    @property
    def functions(self) -> Milenage:
        """The algorithms of this card."""
        return Milenage(self.k, self.opc)


class AuthenticationCentre:
    """The home network's side for one subscriber: makes vectors, keeps SQN.

    `sqn` is the last sequence number that was used, SEQ and IND together (TS 33.102 §C.1.1.1).
    """

    def __init__(self, card: Card, sqn: int = 0) -> None:
        self._card = card
        self.sqn = sqn

    def vector(self, rand: bytes) -> Vector:
        """The next vector, for a `rand` of 16 unpredictable octets (TS 33.102 §6.3.2)."""
        self.sqn = _next(self.sqn)
        functions = self._card.functions
        sqn = self.sqn.to_bytes(SQN_OCTETS, "big")
        mac = functions.f1(rand, sqn, self._card.amf)
        return Vector(
            rand=rand,
            autn=_xor(sqn, functions.f5(rand)) + self._card.amf + mac,
            xres=functions.f2(rand),
            ck=functions.f3(rand),
            ik=functions.f4(rand),
        )

    def resynchronise(self, rand: bytes, auts: bytes) -> bool:
        """Take the USIM's own SQN from AUTS; False where it does not prove itself.

        TS 33.102 §6.3.5: AUTS is SQN_MS xor AK, and MAC-S.
        """
        functions = self._card.functions
        if len(auts) != AUTS_OCTETS:
            return False
        sqn = _xor(auts[:SQN_OCTETS], functions.f5_star(rand))
        expected = functions.f1_star(rand, sqn, _RESYNC_AMF)
        if not hmac.compare_digest(expected, auts[SQN_OCTETS:]):
            return False
        self.sqn = int.from_bytes(sqn, "big")
        return True


def _next(sqn: int) -> int:
    """The SQN after this one: SEQ and IND both count up (TS 33.102 §C.1)."""
    indexes = 1 << IND_BITS
    sequence, index = (sqn >> IND_BITS) + 1, (sqn + 1) % indexes
    return ((sequence << IND_BITS) | index) % (1 << 8 * SQN_OCTETS)


class AkaError(ValueError):
    """The challenge does not come from the home network, or is none; the text says which."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the USIM gives back: RES and keys, or AUTS where SQN was not fresh."""

    res: bytes = field(default=b"", repr=False)
    ck: bytes = field(default=b"", repr=False)
    ik: bytes = field(default=b"", repr=False)
    auts: bytes | None = None

    def password(self, version: int) -> bytes:
        """For Digest; empty with AUTS (RFC 3310 §3.4)."""
        if self.auts is not None:
            return b""
        return digest_password(self.res, self.ik, self.ck, version)


class Usim:
    """The card in the UE: checks AUTN and answers (TS 33.102 §6.3.3).

    Takes a SEQ that is higher than the last one with the same IND (TS 33.102 §C.2). `sqn` is the
    highest sequence number accepted before.
    """

    def __init__(self, card: Card, sqn: int = 0) -> None:
        self._card = card
        self._highest = sqn
        self._first = sqn >> IND_BITS
        self._accepted: dict[int, int] = {}

    def answer(self, nonce: str) -> Answer:
        """Answer the nonce of a challenge; raises AkaError where its MAC is wrong."""
        rand, autn = read_nonce(nonce)
        functions = self._card.functions
        sqn = _xor(autn[:SQN_OCTETS], functions.f5(rand))
        amf, mac = autn[SQN_OCTETS : SQN_OCTETS + 2], autn[SQN_OCTETS + 2 :]
        if not hmac.compare_digest(functions.f1(rand, sqn, amf), mac):
            raise AkaError("AUTN has a wrong MAC: K or OPc is not the network's")
        if not self._takes(int.from_bytes(sqn, "big")):
            return Answer(auts=self._auts(rand))
        return Answer(res=functions.f2(rand), ck=functions.f3(rand), ik=functions.f4(rand))

    def _takes(self, sqn: int) -> bool:
        sequence, index = sqn >> IND_BITS, sqn % (1 << IND_BITS)
        if sequence <= self._accepted.get(index, self._first):
            return False
        self._accepted[index] = sequence
        self._highest = max(self._highest, sqn)
        return True

    def _auts(self, rand: bytes) -> bytes:
        functions = self._card.functions
        sqn = self._highest.to_bytes(SQN_OCTETS, "big")
        hidden = _xor(sqn, functions.f5_star(rand))
        return hidden + functions.f1_star(rand, sqn, _RESYNC_AMF)


def with_auts(credentials: str, auts: bytes) -> str:
    """Credentials that tell the network the USIM's SQN (RFC 3310 §3.4)."""
    return f'{credentials}, auts="{base64.b64encode(auts).decode("ascii")}"'


def read_nonce(nonce: str) -> tuple[bytes, bytes]:
    """RAND and AUTN of an aka-nonce (RFC 3310 §3.2); raises AkaError."""
    octets = read_base64(nonce)
    if octets is None or len(octets) < RAND_OCTETS + AUTN_OCTETS:
        raise AkaError("the nonce is not the Base64 of RAND and AUTN")
    return octets[:RAND_OCTETS], octets[RAND_OCTETS : RAND_OCTETS + AUTN_OCTETS]


def read_base64(text: str) -> bytes | None:
    """The octets of a Base64 text, or None where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
