"""What a profile says of subscribers: identities, passwords, USIM secrets."""

from __future__ import annotations

from typing import Self

from pydantic import SecretStr, model_validator

from harness.config_fields import (
    Key,
    Line,
    ManagementField,
    Secret,
    SequenceNumber,
    UriOfUser,
    Values,
)


class UsimSecrets(Values):
    """What a USIM or ISIM shares with its home network (TS 33.102 §6.3, TS 35.206)."""

    k: Key
    """The subscriber key K: 32 hexadecimal digits; `env:NAME` takes it from the environment."""
    opc: Key | None = None
    """OPc, the operator's variant for this subscriber; give it or `op`."""
    op: Key | None = None
    """OP, the operator's own, of which OPc is made."""
    amf: ManagementField = SecretStr("0000")
    """The authentication management field of challenges."""
    sqn: SequenceNumber = SecretStr("000000000000")
    """The last sequence number that the card has seen; what is too low is re-synchronised."""

    @model_validator(mode="after")
    def _has_one_variant(self) -> Self:
        if (self.opc is None) is (self.op is None):
            raise ValueError("give one of opc and op")
        return self

    @property
    def octets(self) -> tuple[bytes, bytes | None, bytes | None, bytes]:
        """K, OPc, OP and AMF."""
        k, opc, op, amf = (
            bytes.fromhex(each.get_secret_value()) if each is not None else None
            for each in (self.k, self.opc, self.op, self.amf)
        )
        return k or b"", opc, op, amf or b""

    @property
    def sequence_number(self) -> int:
        """SQN as a number."""
        return int(self.sqn.get_secret_value(), 16)


class Subscriber(Values):
    """A further user of the network, beside the device under test."""

    impu: UriOfUser
    """The public user identity, a SIP URI."""
    impi: Line
    """The private user identity: the username of credentials."""
    password: Secret = SecretStr("")
    """The password of Digest and Basic."""
    usim: UsimSecrets | None = None
    """The secrets of the USIM, for AKA."""
