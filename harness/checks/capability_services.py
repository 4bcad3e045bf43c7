"""The services that a presence document can describe, by RCS version (see `capability_tables`).

A row names a service by the id and version of its service-description (OMA Presence Data
Specification), and the capability tags that stand for it in a registration, any one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from harness.checks.capability_tables import is_certain, versions_of

_IARI = "urn:urn-7:3gpp-application.ims.iari."
_ICSI = "urn:urn-7:3gpp-service.ims.icsi."
_OF_ICSI = ("mmtel", "oma.", "gsma.")

_OMA = "org.openmobilealliance:"
_GSMA = "org.gsma."
_OF_IARI = "org.3gpp.urn:urn-7:3gpp-application.ims.iari."
_OF_SERVICE = "org.3gpp.urn:urn-7:3gpp-service.ims.icsi."


@dataclass(frozen=True, slots=True)
class Service:
    """A service-description, the versions that have it, and the keys of the tags it goes with."""

    service_id: str
    version: str
    versions: frozenset[str]
    sources: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def is_certain(self) -> bool:
        return is_certain(self.sources)


_STANDALONE = "oma.cpm.msg oma.cpm.largemsg oma.cpm.deferred"
_PAGER_LARGE = "+g.gsma.rcs.cpm.pager-large"

# Service id, its version, RCS versions (letters as in `capability_tables`), sources, tags.
_ROWS: Final = (
    (f"{_OMA}IM-session", "1.0", "2ERU", "page rcsjta aosp", "rcse.im +g.oma.sip-im"),
    (f"{_OMA}ChatSession", "2.0", "RU", "aosp samsung google", "oma.cpm.session"),
    (f"{_OMA}IM-pager-mode", "1.0", "2", "doubango", ""),
    (
        *(f"{_OMA}File-Transfer", "1.0", "2ER", "page rcsjta samsung"),
        "rcse.ft +g.oma.sip-im oma.cpm.filetransfer",
    ),
    (
        *(f"{_OMA}File-Transfer", "2.0", "R", "samsung imsstack google"),
        "rcs.ftstandfw oma.cpm.filetransfer",
    ),
    (f"{_OMA}File-Transfer-thumb", "2.0", "R", "samsung imsstack google", "rcs.ftthumb"),
    (f"{_OMA}File-Transfer-HTTP", "1.0", "RU", "aosp samsung google", "rcs.fthttp"),
    (
        *(f"{_OMA}StandaloneMsg", "2.0", "RU", "aosp samsung imsstack"),
        f"{_STANDALONE} {_PAGER_LARGE}",
    ),
    (f"{_GSMA}imageshare", "1.0", "2ER", "page samsung wcg", "gsma-is"),
    (f"{_GSMA}videoshare", "1.0", "2ER", "page samsung wcg", "+g.3gpp.cs-voice"),
    (f"{_GSMA}videoshare", "2.0", "R", "samsung wcg", "gsma-vs"),
    (f"{_GSMA}rcs.isbot", "1.0", "U", "aosp samsung google", "+g.gsma.rcs.isbot"),
    ("org.3gpp.cs-videotelephony", "1.0", "2E", "page rcsjta doubango", ""),
    (f"{_OF_IARI}rcs.sm", "1.0", "R", "samsung wcg juphoon", _STANDALONE),
    (f"{_OF_IARI}rcs.fullsfgroupchat", "1.0", "R", "samsung imsstack", "rcs.fullsfgroupchat"),
    (f"{_OF_IARI}rcs.ftthumb", "1.0", "R", "samsung juphoon", "rcs.ftthumb"),
    (f"{_OF_IARI}rcse.sp", "1.0", "R", "samsung wcg", "rcse.sp"),
    (f"{_OF_IARI}rcse.dp", "1.0", "RU", "aosp samsung google", "rcse.dp"),
    (f"{_OF_IARI}rcs.geopush", "1.0", "RU", "aosp samsung google", "rcs.geopush"),
    (f"{_OF_IARI}rcs.geopull", "1.0", "R", "samsung wcg", "rcs.geopull"),
    (f"{_OF_IARI}rcs.geopullft", "1.0", "R", "samsung juphoon", "rcs.geopullft"),
    (f"{_OF_IARI}rcs.geosms", "1.0", "U", "aosp samsung imsstack", "rcs.geosms"),
    (f"{_OF_IARI}rcs.ftsms", "1.0", "U", "aosp samsung google", "rcs.ftsms"),
    (f"{_OF_IARI}rcs.chatbot", "1.0", "U", "aosp samsung imsstack", "rcs.chatbot"),
    (f"{_OF_IARI}rcs.chatbot", "2.0", "U", "aosp", "rcs.chatbot"),
    (f"{_OF_IARI}rcs.chatbot.sa", "1.0", "U", "aosp samsung imsstack", "rcs.chatbot.sa"),
    (f"{_OF_IARI}rcs.chatbot.sa", "2.0", "U", "aosp", "rcs.chatbot.sa"),
    (f"{_OF_IARI}rcs.cancelmessage", "1.0", "U", "samsung imsstack", "rcs.cancelmessage"),
    (f"{_OF_IARI}rcs.plugin", "1.0", "U", "samsung", "rcs.plugin"),
    (f"{_OF_SERVICE}mmtel", "1.0", "RU", "aosp samsung google", "mmtel"),
    (f"{_OF_SERVICE}mmtel.gsma.ipcall", "1.0", "R", "samsung", "+g.gsma.rcs.ipcall"),
    (f"{_OF_SERVICE}gsma.callcomposer", "1.0", "U", "aosp samsung google", "gsma.callcomposer"),
    (f"{_OF_SERVICE}gsma.callcomposer", "2.0", "U", "aosp samsung", "+g.gsma.callcomposer"),
    (f"{_OF_SERVICE}gsma.callunanswered", "1.0", "U", "aosp google", "gsma.callunanswered"),
    (f"{_OF_SERVICE}gsma.sharedmap", "1.0", "U", "aosp imsstack google", "gsma.sharedmap"),
    (f"{_OF_SERVICE}gsma.sharedsketch", "1.0", "U", "aosp imsstack google", "gsma.sharedsketch"),
)


def _key(short: str) -> str:
    if short.startswith("+"):
        return short
    return (_ICSI if short.startswith(_OF_ICSI) else _IARI) + short


SERVICES: Final[Mapping[tuple[str, str], Service]] = MappingProxyType(
    {
        (service_id, version): Service(
            service_id,
            version,
            versions_of(versions),
            tuple(sources.split()),
            tuple(map(_key, tags.split())),
        )
        for service_id, version, versions, sources, tags in _ROWS
    }
)

_OF_RCS: Final = (_OMA, _GSMA, f"{_OF_IARI}rcs.", f"{_OF_IARI}rcse.", f"{_OF_SERVICE}gsma.")


def is_service_of_rcs(service_id: str) -> bool:
    """Whether it is for RCS to say what a service is; the case of the id does not matter here."""
    return service_id.lower().startswith(tuple(each.lower() for each in _OF_RCS))


def services_like(service_id: str) -> tuple[Service, ...]:
    """The services whose id differs in nothing but its case."""
    return tuple(
        each for each in SERVICES.values() if each.service_id.lower() == service_id.lower()
    )
