"""Personas: what a UE writes into its messages, as tables.

A row is a header field's name and a template; `{name}` stands for a value that the UE computes. A
row whose template names an empty value is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.ue import documents
from harness.ue.documents import Documents

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PackageFields:
    """What a SUBSCRIBE says about its event package."""

    accept: str
    supported: str = ""


@dataclass(frozen=True, slots=True)
class Persona:
    """How a UE writes.

    `requests` holds the header fields of each method in their order; `options_answer` those that
    the 200 to OPTIONS has beside the mirrored ones, `notify_answer` those of the 200 to NOTIFY.
    `answer_order` names the mirrored fields in the order that answers have them, () keeps ours.
    `strict` tells whether messages are checked before they are sent. `lower_host` False capitalises
    the domain in XCAP. `leaves_udp` False sends large requests by UDP as well. `stored_tag` is an
    entity-tag kept from an earlier life. `contact_suffix` is appended to the URI of a contact that
    is put into a list.
    """

    name: str
    description: str
    requests: Mapping[str, Rows]
    options_answer: Rows
    notify_answer: Rows
    answer_order: tuple[str, ...]
    http: Rows
    packages: Mapping[str, PackageFields]
    instance: str
    feature_tags: str
    options_tags: str
    initial_authorization: str
    http_authorization: str
    documents: Documents
    strict: bool = True
    upper_transport: bool = False
    lower_host: bool = True
    escaped_anchors: bool = True
    conditional_puts: bool = True
    uses_gruu: bool = True
    leaves_udp: bool = True
    stored_tag: str = ""
    contact_suffix: str = ""
    icon_type: str = "image/png"

    def spell_transport(self, transport: str) -> str:
        """The transport parameter of the contact URI as the persona writes it."""
        return transport.upper() if self.upper_transport else transport.lower()

    def spell_domain(self, domain: str) -> str:
        """The domain as the persona writes it in XCAP."""
        return domain.lower() if self.lower_host else domain.capitalize()


# What the UE takes part in (RFC 3261 §20.5); sessions and messages are turned down by name.
ALLOW = "INVITE,UPDATE,ACK,CANCEL,BYE,NOTIFY,OPTIONS,MESSAGE,REFER"

_ICSI = '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"'
_IARI = "urn%3Aurn-7%3A3gpp-application.ims.iari."
# RFC 3840 §9: the values of a tag are separated by commas alone; TS 24.229 §7.9: "%3A" for ":".
_FEATURE_TAGS = (
    "+g.oma.sip-im;+g.3gpp.cs-voice;+g.gsma.rcs.ipcall;"
    f'{_ICSI};video;automata;+g.3gpp.iari-ref="{_IARI}gsma-is,{_IARI}rcs.fthttp"'
)
_DOCUMENTED_TAGS = (
    "+g.oma.sip-im; +g.3gpp.cs-voice; +g.gsma.rcs.ipcall; "
    f'{_ICSI};video;automata; +g.3gpp.iari-ref="{_IARI}gsma-is,{_IARI}rcs.fthttp"'
)
_DOCUMENTED_IARIS = ("rcse.im", "rcse.ft", "rcs.fthttp", "rcse.dp", "rcse.sp")
_DOCUMENTED_OPTIONS_TAGS = (
    f'+g.gsma.rcs.ipcall;{_ICSI};video;automata; +g.3gpp.iari-ref="'
    + ",".join(f"{_IARI}{name}" for name in _DOCUMENTED_IARIS)
    + '"'
)

# RFC 3261 §7.3.1: what proxies need comes first.
_FIRST: Rows = (
    ("Via", "{via}"),
    ("Max-Forwards", "70"),
    ("Route", "{route}"),
    ("From", "{display}{from_}"),
    ("To", "{to}"),
    ("Call-ID", "{call_id}"),
    ("CSeq", "{cseq}"),
)
_LAST: Rows = (
    ("Proxy-Authorization", "{proxy_authorization}"),
    ("Authorization", "{authorization}"),
    ("User-Agent", "{user_agent}"),
)
_SUBSCRIBE: Rows = (
    *_FIRST,
    ("Contact", "<{contact}>"),
    ("Event", "{event}"),
    ("Accept", "{accept}"),
    ("Supported", "{supported}"),
    ("Allow", ALLOW),
    ("Expires", "{expires}"),
    *_LAST,
)
_REGISTER: Rows = (
    ("Via", "{via};keep"),
    *_FIRST[1:3],
    ("From", "{from_}"),
    *_FIRST[4:],
    ("Contact", '<{contact}>;+sip.instance="<{instance}>";{feature_tags}'),
    ("Supported", "path, gruu"),
    ("Allow", ALLOW),
    ("Expires", "{expires}"),
    *_LAST,
)
_PUBLISH: Rows = (
    *_FIRST,
    ("Event", "presence"),
    ("Expires", "{expires}"),
    ("SIP-If-Match", "{if_match}"),
    *_LAST,
    ("Content-Type", "{content_type}"),
)

CONFORMANT = Persona(
    name="conformant",
    description="performs the flow as the standards want",
    requests=MappingProxyType(
        {"REGISTER": _REGISTER, "SUBSCRIBE": _SUBSCRIBE, "PUBLISH": _PUBLISH}
    ),
    # RFC 3261 §11.2. The instance-id stays out: RFC 7255 §6 keeps the IMEI out of responses.
    options_answer=(
        ("Contact", "<{contact}>;{options_tags}"),
        ("Allow", ALLOW),
        ("Accept", "application/sdp, {accept}"),
        ("Accept-Encoding", "identity"),
        ("Accept-Language", "en"),
        ("Supported", "path, gruu, eventlist"),
        ("Server", "{user_agent}"),
    ),
    # The first NOTIFY can be what makes the dialog (RFC 6665 §4.4.1, RFC 3261 §12.1.1).
    notify_answer=(
        ("Record-Route", "{record_route}"),
        ("Contact", "<{contact}>"),
        ("Server", "{user_agent}"),
    ),
    answer_order=(),
    http=(
        ("Host", "{host}"),
        ("User-Agent", "{user_agent}"),
        ("X-3GPP-Intended-Identity", '"{identity}"'),
        ("Authorization", "{authorization}"),
        ("If-Match", "{if_match}"),
        ("If-None-Match", "{if_none_match}"),
        ("Content-Type", "{content_type}"),
    ),
    packages=MappingProxyType(
        {
            "presence.winfo": PackageFields("application/watcherinfo+xml"),
            "presence": PackageFields(
                # RFC 4662 §4.3: a subscriber to a list accepts both of a list's own types.
                "application/pidf+xml, application/rlmi+xml, multipart/related",
                "eventlist",
            ),
        }
    ),
    # RFC 7254 §3: tac "-" snr "-" spare, where §4.2.3 sets the spare digit to zero.
    instance="urn:gsma:imei:{tac}-{snr}-0",
    feature_tags=_FEATURE_TAGS,
    options_tags=_FEATURE_TAGS,
    # TS 24.229 §5.1.1.2: the private identity, the home domain, an empty nonce and response.
    initial_authorization=(
        'Digest username="{username}", realm="{domain}", nonce="", uri="sip:{domain}", response=""'
    ),
    http_authorization="",
    documents=documents.CONFORMANT,
)

_DOCUMENTED_FIRST: Rows = (
    ("Call-ID", "{call_id}"),
    ("CSeq", "{cseq}"),
    ("From", "{from_}"),
    ("To", "{to}"),
    ("Via", "{via}"),
    ("Max-Forwards", "70"),
)
_DOCUMENTED_VIA = "SIP/2.0/{transport} {sent_by};keep;branch={branch};rport"

DOCUMENTED = Persona(
    name="documented",
    description="sends what the UE of the documented flow sends, deviations included",
    requests=MappingProxyType(
        {
            "REGISTER": (
                *_DOCUMENTED_FIRST[:4],
                ("Via", _DOCUMENTED_VIA),
                ("Max-Forwards", "70"),
                ("Contact", '<{contact}>;+sip.instance="<{instance}>"; {feature_tags}'),
                ("Supported", "path, gruu"),
                ("Allow", ALLOW),
                ("Route", "{route}"),
                ("Expires", "{expires}"),
                ("User-Agent", "{user_agent}"),
                ("Proxy-Authorization", "{proxy_authorization}"),
                ("Authorization", "{authorization}"),
            ),
            "SUBSCRIBE": (
                *_DOCUMENTED_FIRST[:2],
                ("From", "{display}{from_}"),
                *_DOCUMENTED_FIRST[3:],
                ("Route", "{route}"),
                ("Expires", "{expires}"),
                ("User-Agent", "{user_agent}"),
                ("Proxy-Authorization", "{proxy_authorization}"),
                ("Authorization", "{authorization}"),
                ("Contact", '<{contact}>;+sip.instance="<{instance}>"'),
                ("Allow", ALLOW),
                ("Event", "{event}"),
                ("Accept", "{accept}"),
                ("Supported", "{supported}"),
            ),
            "PUBLISH": (
                *_DOCUMENTED_FIRST,
                ("Route", "{route}"),
                ("Expires", "{expires}"),
                ("SIP-If-Match", "{if_match}"),
                ("User-Agent", "{user_agent}"),
                ("Proxy-Authorization", "{proxy_authorization}"),
                ("Authorization", "{authorization}"),
                ("Event", "presence"),
                ("Content-Type", "{content_type}"),
            ),
        }
    ),
    options_answer=(
        ("Contact", '<{contact}>; +sip.instance="<{instance}>"; {options_tags}'),
        ("Accept-Contact", "*; {options_tags}"),
        ("Allow", ALLOW),
        ("Server", "{user_agent}"),
    ),
    notify_answer=(),
    answer_order=("Via", "From", "To", "CSeq", "Call-ID"),
    http=(
        ("Host", "{host}"),
        ("User-Agent", "Test-RCS-client 2.5.13"),
        ("Authorization", "{authorization}"),
        ("X-3GPP-Intended-Identity", '"X"'),
        ("Content-type", "{content_type}"),
        ("Content-Length", "{content_length}"),
    ),
    packages=MappingProxyType(
        {
            "presence.winfo": PackageFields("application/watcherinfo+xml"),
            "presence": PackageFields("", "eventlist"),
        }
    ),
    instance="urn:gsma:imei:{imei}",
    feature_tags=_DOCUMENTED_TAGS,
    options_tags=_DOCUMENTED_OPTIONS_TAGS,
    initial_authorization=(
        'Digest username="X",uri="sip:{domain}",algorithm=MD5,realm="X",nonce="",response=""'
    ),
    http_authorization="Basic WDpY",  # X:X
    documents=documents.DOCUMENTED,
    strict=False,
    upper_transport=True,
    lower_host=False,
    escaped_anchors=False,
    conditional_puts=False,
    uses_gruu=False,
    leaves_udp=False,
    stored_tag="ac63be7e9042439dad76da16904cf48d",
    contact_suffix=";user=phone",
    icon_type="image/jpeg",
)

PERSONAS: Mapping[str, Persona] = MappingProxyType(
    {persona.name: persona for persona in (CONFORMANT, DOCUMENTED)}
)
"""Every persona by its name."""


def fill_rows(rows: Rows, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """The header fields that the rows make of `values`; what an empty value is part of is left out.

    `display` is the exception: a name-addr may have no display name.
    """
    used = _Used(values)
    fields = []
    for name, template in rows:
        used.is_empty = False
        value = template.format_map(used)
        if not used.is_empty:
            fields.append((name, value))
    return fields


class _Used(dict[str, str]):
    """Values that remember whether an empty one was asked for."""

    is_empty = False

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        if not value and name != "display":
            self.is_empty = True
        return value
