"""The capability tags of a SIP message: feature tags, ICSI and IARI values (RFC 3840, TS 24.229).

A capability has a key to compare it by: the URN of an ICSI or IARI value, the name of any other
feature tag, both in lower case (RFC 3840 §9: tag-values and feature tags have no case).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from harness.sip.fields import NameAddr
from harness.sip.message import Message
from harness.sip.parameters import Parameters

ICSI = "+g.3gpp.icsi-ref"
IARI = "+g.3gpp.iari-ref"
REFERENCES = (ICSI, IARI)
CALLER_PREFERENCES = ("Accept-Contact", "Reject-Contact")

# RFC 5626 §4.1: names the UA, not what it can do.
_NOT_CAPABILITIES = frozenset({"+sip.instance"})


@dataclass(frozen=True, slots=True)
class Capability:
    """One capability as it stands in a header field.

    `name` is the feature tag in lower case, `written` the value as written, without quotes; "" for
    a tag without value. `urn` is the ICSI or IARI, decoded; "" for any other tag.
    """

    name: str
    written: str = ""
    urn: str = ""

    @property
    def key(self) -> str:
        """What the capability is compared by."""
        return self.urn.lower() or self.name

    @property
    def text(self) -> str:
        """The part of the message that says it."""
        return self.written if self.name in REFERENCES else self.name


def capabilities_of(params: Parameters) -> Iterator[Capability]:
    """The capabilities that the parameters of a Contact or Accept-Contact claim, in their order.

    Base tags ("video") are left out, and what is negated (RFC 3840 §9: "!", FALSE) is not claimed.
    """
    for name in params:
        if not name.startswith("+") or name in _NOT_CAPABILITIES:
            continue
        value = params.get(name) or ""
        if name in REFERENCES:
            for item in value.split(","):
                written = item.strip()
                if written and not written.startswith("!"):
                    yield Capability(name, written, unquote(written))
        elif value.upper() != "FALSE":
            yield Capability(name, value)


def capabilities_of_contacts(contacts: Iterable[NameAddr]) -> tuple[Capability, ...]:
    """The capabilities that the Contacts of a message claim."""
    return tuple(each for contact in contacts for each in contact.params.once(_capabilities))


def _capabilities(params: Parameters) -> tuple[Capability, ...]:
    return tuple(capabilities_of(params))


def capabilities_claimed(message: Message) -> tuple[Capability, ...]:
    """What the Contacts of a message claim; nothing where they cannot be read (GEN-SYNTAX-1)."""
    if any(problem.where == "Contact" for problem in message.malformed):
        return ()
    return capabilities_of_contacts(message.contacts)


def capabilities_preferred(message: Message, field: str) -> tuple[Capability, ...]:
    """The capabilities that an Accept-Contact or Reject-Contact asks for (RFC 3841 §9.2)."""
    return tuple(
        each
        for value in message.headers.values(field)
        for each in capabilities_of(Parameters.parse(value.partition(";")[2]))
    )
