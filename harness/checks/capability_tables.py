"""Which capability tags and presence services each RCS version has, and where that was found.

GSMA's documents could not be read in full. A row counts as certain where a text says it, or two
implementations that do not share code agree; docs/profiles.md tells what each source is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

VERSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"rcs-e-1.2.2": "RCS-e 1.2.2", "rcs-5.1": "RCS 5.1", "up-2.4": "Universal Profile 2.4"}
)
"""The versions that a profile can name in its field `rcs`, with their titles."""

RCS_2: Final = "rcs-2"
"""RCS Release 2: no profile of ours, but its tags are still met in the field."""

TITLES: Final[Mapping[str, str]] = MappingProxyType({RCS_2: "RCS Release 2", **VERSIONS})


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row comes from: a text, or an implementation that is public."""

    title: str
    is_text: bool = False


SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {
        "page": Source("the documented flow's messages", is_text=True),
        "rcs51": Source("RCS 5.1 §2.4.3 and §2.6.1.1.2, as others quote them", is_text=True),
        "3gpp": Source("3GPP's list of URNs, and TS 24.173 §5.1", is_text=True),
        "iana": Source("IANA's registry of media feature tags", is_text=True),
        "rcsjta": Source("android-rcs/rcsjta: FeatureTags, CapabilityUtils, PresenceUtils"),
        "aosp": Source("AOSP com.android.ims.rcs.uce: FeatureTags, ServiceDescription"),
        "capinfo": Source("AOSP com.android.ims.internal.uce: CapInfo"),
        "imsstack": Source("AOSP com.android.imsstack: UceServiceIds, UceTag, IMConstants"),
        "samsung": Source("Samsung com.sec.ims: Capabilities, ServiceTuple"),
        "mediatek": Source("MediaTek com.mediatek.ims.rcsua: Capability"),
        "google": Source("Google's RCS client: tables and traffic"),
        "doubango": Source("Doubango: tinySIP, Boghe RCSService"),
        "wcg": Source("Web Communication Gateway: the services of its JavaScript library"),
        "juphoon": Source("Juphoon's RCS client: SipMsgType"),
        "rust-rcs": Source("Hirohumi/rust-rcs-client: CPM contacts"),
    }
)


def is_certain(sources: Iterable[str]) -> bool:
    """Whether a text says it, or two implementations agree."""
    found = [SOURCES[name] for name in sources]
    return len(found) > 1 or any(each.is_text for each in found)


@dataclass(frozen=True, slots=True)
class Tag:
    """A feature tag, or an ICSI or IARI value, by its key (see `capability_tags`)."""

    key: str
    means: str
    versions: frozenset[str]
    sources: tuple[str, ...]

    @property
    def is_certain(self) -> bool:
        return is_certain(self.sources)


_LETTERS = {"2": RCS_2, "E": "rcs-e-1.2.2", "R": "rcs-5.1", "U": "up-2.4"}
_IARI = "urn:urn-7:3gpp-application.ims.iari."
_ICSI = "urn:urn-7:3gpp-service.ims.icsi."


def versions_of(letters: str) -> frozenset[str]:
    """The versions that the letters of a row stand for."""
    return frozenset(_LETTERS[letter] for letter in letters)


# Key, meaning, versions (2: RCS Release 2, E: RCS-e, R: RCS 5.1, U: Universal Profile), sources.
_TAG_ROWS: Final = (
    ("+g.oma.sip-im", "OMA SIMPLE IM", "2ERU", "page rcs51 rcsjta google"),
    ("+g.oma.sip-im.large-message", "OMA SIMPLE IM, large messages", "2", "rcsjta doubango"),
    ("+g.3gpp.app_ref", "application reference of old", "2", "rcsjta doubango"),
    ("+g.3gpp.cs-voice", "video share in a call", "2ER", "page iana rcsjta capinfo samsung"),
    ("+g.gsma.rcs.ipcall", "RCS IP voice call", "R", "page rcsjta capinfo samsung"),
    ("+g.gsma.rcs.ipvideocall", "RCS IP video call", "R", "capinfo"),
    ("+g.gsma.rcs.ipvideoonlycall", "RCS IP call, video only", "R", "capinfo"),
    ("+g.gsma.rcs.ipvideocallonly", "RCS IP call, video only", "R", "samsung google"),
    ("+g.gsma.rcs.telephony", "what telephony there is", "RU", "rcs51 imsstack google"),
    ("+g.gsma.rcs.cpm.pager-large", "large pager mode messages", "U", "aosp google imsstack"),
    ("+g.gsma.callcomposer", "call composer in MMTEL", "U", "aosp capinfo samsung mediatek"),
    ("+g.gsma.rcs.isbot", "is a chatbot", "U", "aosp capinfo samsung google"),
    ("+g.gsma.rcs.botversion", "chatbot versions", "U", "aosp imsstack mediatek google"),
    ("+g.gsma.rcs.cpimext", "CPIM extensions", "U", "google"),
    ("+g.gsma.rcs.msgrevoke", "message revocation", "U", "imsstack google rust-rcs"),
    ("+g.gsma.rcs.msgfallback", "fall-back by the network", "U", "imsstack rust-rcs"),
    (f"{_IARI}rcse.im", "one-to-one chat", "ERU", "page rcsjta capinfo aosp samsung"),
    (f"{_IARI}rcse.ft", "file transfer by MSRP", "ER", "page rcsjta capinfo samsung google"),
    (f"{_IARI}gsma-is", "image share", "2ER", "page 3gpp rcsjta capinfo samsung"),
    (f"{_IARI}gsma-vs", "video share without a call", "R", "capinfo samsung"),
    (f"{_IARI}rcse.sp", "social presence", "ER", "page rcsjta capinfo samsung"),
    (f"{_IARI}rcse.dp", "discovery by presence", "ERU", "page rcsjta capinfo aosp samsung"),
    (f"{_IARI}rcs.fthttp", "file transfer by HTTP", "RU", "page rcsjta capinfo aosp"),
    (f"{_IARI}rcs.ftthumb", "file transfer thumbnail", "R", "page rcsjta capinfo samsung"),
    (f"{_IARI}rcs.ftstandfw", "file transfer store and forward", "R", "rcsjta capinfo samsung"),
    (f"{_IARI}rcs.fullsfgroupchat", "stored group chat", "R", "page rcsjta capinfo samsung"),
    (f"{_IARI}rcs.geopush", "geolocation push", "RU", "rcsjta capinfo aosp samsung"),
    (f"{_IARI}rcs.geopull", "geolocation pull", "R", "page capinfo samsung mediatek"),
    (f"{_IARI}rcs.geopullft", "geolocation pull by file", "R", "capinfo samsung mediatek google"),
    (f"{_IARI}joyn.intmsg", "integrated messaging", "R", "rcsjta samsung google"),
    (f"{_IARI}rcs.ftsms", "file transfer by SMS", "U", "aosp samsung google"),
    (f"{_IARI}rcs.geosms", "geolocation by SMS", "U", "aosp samsung mediatek"),
    (f"{_IARI}rcs.chatbot", "chatbot by session", "U", "aosp samsung mediatek google"),
    (f"{_IARI}rcs.chatbot.sa", "chatbot by standalone message", "U", "aosp samsung mediatek"),
    (f"{_IARI}rcs.xbotmessage", "extended bot message", "U", "samsung"),
    (f"{_IARI}rcs.cancelmessage", "message cancellation", "U", "samsung"),
    (f"{_IARI}rcs.plugin", "plug-ins", "U", "samsung"),
    (f"{_ICSI}mmtel", "IMS telephony", "ERU", "page 3gpp rcsjta capinfo aosp"),
    (f"{_ICSI}oma.cpm.msg", "standalone message, pager mode", "RU", "page rcsjta aosp mediatek"),
    (f"{_ICSI}oma.cpm.largemsg", "standalone message, large", "RU", "page rcsjta aosp mediatek"),
    (f"{_ICSI}oma.cpm.session", "CPM chat session", "RU", "rcsjta aosp mediatek"),
    (f"{_ICSI}oma.cpm.filetransfer", "CPM file transfer", "RU", "rcsjta mediatek juphoon"),
    (f"{_ICSI}oma.cpm.deferred", "deferred message", "RU", "aosp imsstack google"),
    (f"{_ICSI}oma.cpm.systemmsg", "system message", "U", "imsstack juphoon"),
    (f"{_ICSI}gsma.rcs.extension", "extension to extension", "R", "rcsjta"),
    (f"{_ICSI}gsma.callcomposer", "call composer", "U", "aosp samsung"),
    (f"{_ICSI}gsma.callunanswered", "post-call", "U", "aosp samsung google"),
    (f"{_ICSI}gsma.sharedmap", "shared map", "U", "aosp samsung google"),
    (f"{_ICSI}gsma.sharedsketch", "shared sketch", "U", "aosp samsung google"),
)

TAGS: Final[Mapping[str, Tag]] = MappingProxyType(
    {
        key: Tag(key, means, versions_of(versions), tuple(sources.split()))
        for key, means, versions, sources in _TAG_ROWS
    }
)

# Operators and applications make their own values in these (seen: rcs.ext.messaging of rcsjta,
# rcs.mnc000.mcc460.publicmsg of several clients).
_OPEN: Final = (
    (f"{_IARI}rcs.ext.", versions_of("RU")),
    (f"{_IARI}rcs.mnc", versions_of("RU")),
)

# What RCS defines, or OMA for it; other tags (+g.3gpp.smsip, +sip.ice) are not RCS's matter.
_RCS: Final = (
    *("+g.gsma.", "+g.oma.", f"{_IARI}rcs.", f"{_IARI}rcse.", f"{_IARI}gsma-", f"{_IARI}joyn."),
    *(f"{_ICSI}gsma.", f"{_ICSI}oma.cpm."),
)


def find_tag(key: str) -> Tag | None:
    """The row of a capability; None where there is none.

    An ICSI with a subclass "is a" one without it (TS 24.229 §7.2A.8.2).
    """
    found = TAGS.get(key)
    while found is None and key.startswith(_ICSI) and "." in key.removeprefix(_ICSI):
        key = key.rpartition(".")[0]
        found = TAGS.get(key)
    return found


def is_of_rcs(key: str) -> bool:
    """Whether it is for RCS to say what a capability means."""
    return key.startswith(_RCS) or key in TAGS


def is_own(key: str, version: str) -> bool:
    """Whether a capability is an operator's or application's own, as `version` allows."""
    return any(key.startswith(start) and version in versions for start, versions in _OPEN)


def titles(versions: Iterable[str]) -> str:
    """The titles of some versions, the oldest first."""
    return ", ".join(title for name, title in TITLES.items() if name in versions)
