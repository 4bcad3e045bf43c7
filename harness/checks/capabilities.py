"""Capability tags: of the profile's RCS version, well coded, and the same wherever they stand.

The tags of a version come from `capability_tables`, which says how far each row can be relied on;
so nothing here is more than a remark, and a profile without `rcs` compares with no version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from harness.checks.capability_tables import (
    VERSIONS,
    find_tag,
    is_of_rcs,
    is_own,
    titles,
)
from harness.checks.capability_tags import (
    CALLER_PREFERENCES,
    ICSI,
    REFERENCES,
    Capability,
    capabilities_claimed,
    capabilities_of_contacts,
    capabilities_preferred,
)
from harness.checks.context import Context
from harness.checks.ims_requests import registration_in_use
from harness.checks.registry import INFO, SHOULD, check, requests, responses, sip_messages
from harness.model import Mismatch
from harness.sip.message import Message, Request, Response
from harness.sip.message import Message as SipMessage

_ANSWERS = responses("OPTIONS", status=200)
_SAID = requests("REGISTER", "OPTIONS") + _ANSWERS
# RFC 3840 §9: token-nobang with ":" and the like percent-encoded.
_TAG_VALUE = re.compile(r"!?[A-Za-z0-9.\-%*_+`'~/]+")
_URN = re.compile(r"urn:[a-z0-9][a-z0-9-]{0,31}:\S+", re.IGNORECASE)
_KINDS = {True: "urn:urn-7:3gpp-service.", False: "urn:urn-7:3gpp-application."}


def _at(message: Message, field: str, expected: str, text: str, hint: str = "") -> Mismatch:
    """A mismatch at the first place of a field where the text stands."""
    written = text.encode("utf-8", "surrogateescape")
    for row in message.headers.rows(field):
        if text in row.value:
            place = message.raw.find(written, row.offset)
            return Mismatch(expected, text, field, place if place >= 0 else row.offset, hint)
    return Mismatch(expected, text, field, None, hint)


def _new(context: Context) -> tuple[tuple[Capability, str], ...]:
    """The RCS capabilities of a message, and the profile's version, each capability once.

    What the UE has registered already was looked at then.
    """
    message, version = context.entry.message, context.profile.rcs
    if version not in VERSIONS or not isinstance(message, SipMessage):
        return ()
    registration = context.session.registration
    known = registration.capabilities if registration is not None else frozenset()
    found = {
        each.key: (each, version)
        for each in reversed(capabilities_claimed(message))
        if each.key not in known and is_of_rcs(each.key) and not is_own(each.key, version)
    }
    return tuple(reversed(found.values()))


@check("CAP-TAG-1", clause="RCC.07 §2.6.1.3", level=INFO, on=_SAID, sender="ue")
def tags_are_known(message: Message, context: Context) -> Iterator[Mismatch]:
    """The capability tags of RCS are ones that some version of RCS is known to have."""
    for each, version in context.once(_new):
        row = find_tag(each.key)
        if row is None:
            expected = f"a capability tag of {VERSIONS[version]}"
            yield _at(message, "Contact", expected, each.text, "legal, but nobody may know it")
        elif not row.is_certain and version not in row.versions:
            expected = f"a capability tag of {VERSIONS[version]}"
            hint = f"{row.means}, of {titles(row.versions)} as far as is known"
            yield _at(message, "Contact", expected, each.text, hint)


@check("CAP-TAG-2", clause="RCC.07 §2.6.1.3", level=INFO, on=_SAID, sender="ue")
def tags_are_of_the_version(message: Message, context: Context) -> Iterator[Mismatch]:
    """The capability tags of RCS are ones of the RCS version that the profile names."""
    for each, version in context.once(_new):
        row = find_tag(each.key)
        if row is not None and row.is_certain and version not in row.versions:
            expected = f"a capability tag of {VERSIONS[version]}"
            hint = f"{row.means}: a tag of {titles(row.versions)}"
            yield _at(message, "Contact", expected, each.text, hint)


def _references(context: Context) -> tuple[tuple[str, Capability], ...]:
    """The ICSI and IARI values of a message, each with the field that has it."""
    message = context.entry.message
    # The names first: they are all that most messages have to be asked for.
    if not any(name in message.headers for name in ("Contact", *CALLER_PREFERENCES)):
        return ()
    if b"-ref" not in message.raw or not isinstance(message, SipMessage):
        return ()
    # A registrar gives back what the UA registered, however it is written (RFC 3840 §6).
    if isinstance(message, Response) and message.method == "REGISTER":
        return ()
    found = [("Contact", each) for each in capabilities_claimed(message)]
    for field in CALLER_PREFERENCES:
        found += [(field, each) for each in capabilities_preferred(message, field)]
    return tuple((field, each) for field, each in found if each.name in REFERENCES)


@check("CAP-URN-1", clause="TS 24.229 §7.2A.8.2", level=SHOULD, on=sip_messages())
def references_are_urns(message: Message, context: Context) -> Iterator[Mismatch]:
    """An ICSI or IARI in a feature tag is a URN, percent-encoded where RFC 3840 needs it.

    In Contact the characters that need it are the matter of GEN-FEATURE-1.
    """
    for field, each in context.once(_references):
        is_coded = field == "Contact" or _TAG_VALUE.fullmatch(each.written)
        if not is_coded or not _URN.fullmatch(each.urn):
            yield _at(message, field, "a URN such as urn%3Aurn-7%3A3gpp-...", each.written)


@check("CAP-URN-2", clause="TS 24.229 §7.9.2", level=INFO, on=sip_messages())
def references_are_of_their_kind(message: Message, context: Context) -> Iterator[Mismatch]:
    """The tag g.3gpp.icsi-ref has services as its values, g.3gpp.iari-ref has applications."""
    for field, each in context.once(_references):
        expected = _KINDS[each.name == ICSI]
        is_3gpp = each.key.startswith("urn:urn-7:3gpp")
        if is_3gpp and not each.key.startswith(expected):
            yield _at(message, field, f"{expected}... in {each.name}", each.written)


@check("CAP-TAG-3", clause="TS 24.229 §7.9.2", level=INFO, on=sip_messages())
def references_are_listed_once(message: Message, context: Context) -> Iterator[Mismatch]:
    """The list of ICSI or IARI values of a Contact has each value once."""
    if not context.once(_references):
        return
    for contact in message.contacts:
        seen: set[tuple[str, str]] = set()
        for each in capabilities_of_contacts((contact,)):
            if each.name in REFERENCES and (each.name, each.key) in seen:
                yield _at(message, "Contact", "each value once", each.written)
            seen.add((each.name, each.key))


# RCS-e 1.2.2 §2.3.1.1, RCS 5.1 §2.6.1.1.2: both fields have the tags; later versions differ.
_SAID_TWICE = frozenset({"rcs-e-1.2.2", "rcs-5.1"})
# RCS 5.3 §2.6.1.1.2: "not used to identify a service capability".
_NO_SERVICE = frozenset({"+g.oma.sip-im"})


def _services(found: Iterable[Capability]) -> dict[str, Capability]:
    return {each.key: each for each in found if is_of_rcs(each.key) and each.key not in _NO_SERVICE}


@check(
    "CAP-AGREE-1",
    clause="RCS-e 1.2.2 §2.3.1.1",
    level=INFO,
    on=requests("OPTIONS"),
    sender="ue",
)
def query_says_its_tags_twice(request: Request, context: Context) -> Iterator[Mismatch]:
    """An OPTIONS request has the same capability tags in Contact and in Accept-Contact."""
    if context.profile.rcs not in _SAID_TWICE:
        return
    claimed = _services(capabilities_claimed(request))
    preferred = _services(capabilities_preferred(request, "Accept-Contact"))
    for key, each in claimed.items():
        if key not in preferred:
            yield _at(request, "Contact", "the same tag in Accept-Contact", each.text)
    for key, each in preferred.items():
        if key not in claimed:
            yield _at(request, "Accept-Contact", "the same tag in Contact", each.text)


# A UE may offer what goes with a call only while there is one, and register it or not.
_WITH_A_CALL = frozenset(
    f"urn:urn-7:3gpp-application.ims.iari.{name}" for name in ("gsma-is", "gsma-vs")
)


# TS 24.229 §5.1.1.2.1: "The UE shall include all supported ICSI values [...] for the IMS
# communication services it intends to use, and IARI values [...], for the IMS applications it
# intends to use". What it uses can have changed while a registration is under way, so that it is a
# remark.
@check(
    "CAP-AGREE-4",
    clause="TS 24.229 §5.1.1.2.1",
    level=SHOULD,
    on=requests("OPTIONS", "SUBSCRIBE", "PUBLISH", "MESSAGE", "INVITE", "REFER"),
    sender="ue",
)
def used_services_are_registered(request: Request, context: Context) -> Iterator[Mismatch]:
    """The services that a request of the UE is for, or offers in Contact, are registered."""
    found = [("Contact", each.urn) for each in capabilities_claimed(request) if each.urn]
    preferred = request.headers.values("P-Preferred-Service")
    found += [("P-Preferred-Service", value.strip()) for value in preferred]
    if not found:
        return
    known = registration_in_use(context)
    if known is None or len(known.answered) > 1:
        return  # of two clients of one user each registers its own
    registered = {key for key in known.capabilities if key.startswith("urn:")}
    for field, urn in found if registered else ():
        if urn.lower() not in _WITH_A_CALL and not _is_among(urn.lower(), registered):
            shown = urn if field != "Contact" else _written(request, urn)
            yield _at(request, field, "a service or application that is registered", shown)


def _is_among(urn: str, registered: set[str]) -> bool:
    """Whether a service is registered, itself or as what it is a subclass of (§7.2A.8.2)."""
    return any(urn == each or urn.startswith(f"{each}.") for each in registered)


def _written(request: Request, urn: str) -> str:
    return next(each.written for each in capabilities_claimed(request) if each.urn == urn)
