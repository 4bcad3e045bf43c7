"""Feature parameters and instance ids in Contact (RFC 3840 §9, RFC 5626 §10, RFC 7254)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import mismatch
from harness.checks.registry import INFO, MUST, SHOULD, check, requests, sip_messages
from harness.model import Mismatch
from harness.sip.fields import NameAddr
from harness.sip.message import Message, Request, Response
from harness.sip.parameters import Parameters

# RFC 3840 §9: base-tags; every other feature tag begins with "+".
_BASE_TAGS = frozenset(
    {
        *("audio", "automata", "class", "duplex", "data", "control", "mobility", "description"),
        *("events", "priority", "methods", "schemes", "application", "video", "language", "type"),
        *("isfocus", "actor", "text", "extensions"),
    }
)
# "/" is not in token-nobang, but media types need it and nothing can misread it.
_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]*)?"
_TAG_VALUE = rf"!?(?:[A-Za-z0-9.\-%*_+`'~/]+|#(?:>=|<=|=|{_NUMBER}:){_NUMBER})"
_TAG_VALUE_LIST = re.compile(rf"{_TAG_VALUE}(?:[ \t]*,[ \t]*{_TAG_VALUE})*")
# What no check has to say anything about: a tag-value-list without blanks, in quotes.
_USUAL_VALUE = re.compile(rf'"{_TAG_VALUE}(?:,{_TAG_VALUE})*"')
_STRING_VALUE = re.compile(r"<(?:[^<>\"\\]|\\.)*>")
_INSTANCE = re.compile(r"<(urn:[A-Za-z0-9][A-Za-z0-9-]{0,31}:\S+)>", re.IGNORECASE)
_UUID = re.compile(
    r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)
# RFC 7254 §3: imeival = tac "-" snr "-" spare, then parameters.
_IMEI = re.compile(r"urn:gsma:imei:[0-9]{8}-[0-9]{6}-[0-9](?:;.+)?", re.IGNORECASE)


def _features(message: Message) -> Iterator[tuple[str, str | None]]:
    # A registrar gives back what the UA registered (RFC 3840 §6), however it is written.
    if isinstance(message, Response) and message.method == "REGISTER":
        return
    # What the grammar refuses is the matter of GEN-SYNTAX-1.
    if any(problem.where == "Contact" for problem in message.malformed):
        return
    for contact in message.contacts:
        yield from contact.params.once(_suspicious)


def _suspicious(params: Parameters) -> tuple[tuple[str, str | None], ...]:
    """The feature parameters whose value is not one as all should be."""
    return tuple(
        (name, written)
        for name, written in params.pairs
        if (name.startswith("+") or name.lower() in _BASE_TAGS)
        and written is not None
        and not _USUAL_VALUE.fullmatch(written)
    )


@check("GEN-FEATURE-1", clause="RFC 3840 §9", level=SHOULD, on=sip_messages())
def feature_values_are_well_formed(message: Message, context: Context) -> Iterator[Mismatch]:
    """The value of a feature parameter in Contact is a quoted tag-value-list or string-value.

    A parameter of another form still is a contact-extension (RFC 3261 §25.1), which some vendors
    use with a "+" of their own, so that the message as such is well-formed.
    """
    for name, written in _features(message):
        if written is None:
            continue
        if len(written) < 2 or written[0] != '"' or written[-1] != '"':
            yield mismatch(message, "Contact", f'{name}="..."', f"{name}={written}"[:200])
            continue
        inner = written[1:-1]
        if not _TAG_VALUE_LIST.fullmatch(inner) and not _STRING_VALUE.fullmatch(inner):
            yield mismatch(
                message,
                "Contact",
                f"{name} with a tag-value-list or a string-value",
                f"{name}={written}"[:200],
            )


@check("GEN-FEATURE-2", clause="RFC 3840 §9", level=SHOULD, on=sip_messages())
def tag_values_have_no_blanks(message: Message, context: Context) -> Iterator[Mismatch]:
    """The commas of a tag-value-list have no blanks round them.

    The list "uses an actual comma instead of the COMMA construction"; but as a contact-extension
    the parameter may have any quoted string, so that the message as such is well-formed.
    """
    for name, written in _features(message):
        inner = (written or "")[1:-1]
        if _TAG_VALUE_LIST.fullmatch(inner) and any(blank in inner for blank in " \t"):
            observed = f"{name}={written}"[:200]
            yield mismatch(message, "Contact", "commas without blanks", observed)


# RFC 3261 §19.1.1; they mean nothing as parameters of a header field.
_URI_PARAMETERS = frozenset({"transport", "user", "method", "ttl", "maddr", "lr"})


@check("GEN-BRACKETS-1", clause="RFC 3261 §20", level=INFO, on=sip_messages())
def uri_parameters_are_in_brackets(message: Message, context: Context) -> Iterator[Mismatch]:
    """A URI with parameters is in angle brackets: without them they are header parameters."""
    for name in ("Contact", "From", "To"):
        for row in message.headers.rows(name):
            if "<" in row.value:
                continue
            found = {each.partition("=")[0].strip().lower() for each in row.value.split(";")[1:]}
            misread = sorted(found & _URI_PARAMETERS)
            if misread:
                yield Mismatch("the URI in < and >", f"{misread[0]} of {name}", name, row.offset)


_REGISTER = requests("REGISTER")


@check("REG-INSTANCE-2", clause="RFC 5626 §4.1", level=MUST, on=_REGISTER)
def instance_id_is_a_urn(request: Request, context: Context) -> Iterator[Mismatch]:
    """The instance-id is a URN in angle brackets."""
    for _, value in _instances(request):
        if not _INSTANCE.fullmatch(value):
            yield mismatch(
                request, "Contact", '+sip.instance="<urn:...>"', f'+sip.instance="{value}"'[:200]
            )


@check("REG-INSTANCE-3", clause="RFC 4122 §3", level=MUST, on=_REGISTER)
def uuid_urn_is_well_formed(request: Request, context: Context) -> Iterator[Mismatch]:
    """A UUID URN has 8, 4, 4, 4 and 12 hexadecimal digits with hyphens between."""
    for urn in _urns(request, "urn:uuid:"):
        if not _UUID.fullmatch(urn):
            yield mismatch(request, "Contact", "urn:uuid:8-4-4-4-12 digits", urn)


@check("REG-INSTANCE-4", clause="RFC 7254 §3", level=MUST, on=_REGISTER)
def imei_urn_is_well_formed(request: Request, context: Context) -> Iterator[Mismatch]:
    """An IMEI URN has the TAC, the serial number and the spare digit with hyphens between."""
    for urn in _urns(request, "urn:gsma:imei:"):
        if not _IMEI.fullmatch(urn):
            yield mismatch(request, "Contact", "urn:gsma:imei:8-6-1 digits", urn)


def _instances(request: Request) -> Iterator[tuple[NameAddr, str]]:
    for contact in request.contacts:
        if "+sip.instance" in contact.params:
            yield contact, contact.params.get("+sip.instance") or ""


def is_instance_id(value: str) -> bool:
    """Whether a value of +sip.instance has the form of its URN (RFC 5626 §4.1, 4122, 7254)."""
    match = _INSTANCE.fullmatch(value)
    if match is None:
        return False
    forms = {"urn:uuid:": _UUID, "urn:gsma:imei:": _IMEI}
    form = next((form for start, form in forms.items() if match[1].lower().startswith(start)), None)
    return form is None or form.fullmatch(match[1]) is not None


def _urns(request: Request, prefix: str) -> Iterator[str]:
    for _, value in _instances(request):
        match = _INSTANCE.fullmatch(value)
        if match is not None and match[1].lower().startswith(prefix):
            yield match[1]
