"""The UE's documents and XCAP URIs, filled from its settings (RFC 4825 §6)."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from harness.sip.uri import SipUri, parse_uri
from harness.ue.documents import SERVICES, fill
from harness.ue.settings import Settings


@dataclass(frozen=True, slots=True)
class Icon:
    """What the server said of the stored photo: its entity-tag, or a stand-in."""

    etag: str


class Composer:
    """Makes the documents of one identity; everything it writes is a pure function of its input."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._persona = settings.persona
        self._documents = settings.persona.documents
        self._root = settings.xcap_root.rstrip("/")
        self.identity = self._in_xcap(settings.identity)
        self._xui = quote(self.identity, safe="")

    def _in_xcap(self, uri: str) -> str:
        """A SIP URI as the persona writes it in XCAP."""
        parsed = parse_uri(uri)
        if not isinstance(parsed, SipUri) or parsed.user is None:
            return uri
        host = self._persona.spell_domain(parsed.host)
        port = "" if parsed.port is None else f":{parsed.port}"
        return f"{parsed.scheme}:{parsed.user}@{host}{port}"

    # -- XCAP URIs --------------------------------------------------------------------------------

    def target(self, auid: str, path: str) -> str:
        """The request-target of a document or node in the user's home directory."""
        return f"{urlsplit(self._root).path}/{auid}/users/{self._xui}/{path}"

    def list_path(self, name: str) -> str:
        """The path to a list in the resource-lists document; it is percent-encoded."""
        return f"index/~~/resource-lists/list%5B@name=%22{quote(name, safe='')}%22%5D"

    def entry_path(self, uri: str) -> str:
        """The path to an entry of the contacts' list."""
        # RFC 4825 §6.3: in the attribute test a quotation mark of the value is an entity.
        value = quote(uri.replace("&", "&amp;").replace('"', "&quot;"), safe="")
        return f"{self.list_path(self._settings.list_name)}/entry%5B@uri=%22{value}%22%5D"

    def list_uri(self, name: str, *, escaped: bool = True) -> str:
        """The XCAP URI of a list, as other documents refer to it."""
        xui = self._xui if escaped else self.identity
        return f"{self._root}/resource-lists/users/{xui}/{self.list_path(name)}"

    @property
    def icon_uri(self) -> str:
        """Where the photo is stored."""
        path = "oma_status-icon/rcs_status_icon"
        return f"{self._root}/org.openmobilealliance.pres-content/users/{self._xui}/{path}"

    def contact(self, uri: str) -> str:
        """The URI of a contact as the persona puts it into the list."""
        parsed = parse_uri(uri)
        if not isinstance(parsed, SipUri):
            return uri
        return f"{self._in_xcap(uri)}{self._persona.contact_suffix}"

    # -- documents --------------------------------------------------------------------------------

    def rls_services(self) -> bytes:
        """RFC 4826 §4."""
        return self._fill("rls-services", list=self.list_uri(self._settings.list_name))

    def resource_lists(self) -> bytes:
        """RFC 4826 §3."""
        name = self._settings.list_name
        return self._fill(
            "resource-lists",
            list=self.list_uri(name),
            blocked=self.list_uri(f"{name}_blockedcontacts"),
            revoked=self.list_uri(f"{name}_revokedcontacts"),
        )

    def pres_rules(self) -> bytes:
        """RFC 5025 with OMA's conditions."""
        escaped = self._persona.escaped_anchors
        return self._fill(
            "pres-rules",
            granted_rule=self.list_uri("oma_grantedcontacts", escaped=escaped),
            blocked_rule=self.list_uri("oma_blockedcontacts", escaped=escaped),
        )

    def entry(self, uri: str) -> bytes:
        """An entry of the contacts' list."""
        return self._fill("entry", uri=uri)

    def publication(self, aor: str, at: float) -> bytes:
        """The PIDF of the UE's services; `at` is seconds since the epoch."""
        stamp = timestamp(at)
        tuples = b"".join(
            self._fill(
                "tuple",
                number=str(number),
                service=service,
                version=version,
                aor=aor,
                timestamp=stamp,
            )
            for number, (service, version) in enumerate(SERVICES, 1)
        )
        return self._fill("publication", aor=aor) + tuples + self._fill("publication-end")

    def perm_presence(self, icon: Icon, at: float) -> bytes:
        """The PIDF of the user's permanent presence, with the photo."""
        return self._fill(
            "perm-presence",
            icon=self.icon_uri,
            icon_etag=icon.etag,
            icon_size=str(len(self._settings.icon)),
            icon_type=self._persona.icon_type,
            timestamp=timestamp(at),
        )

    def pres_content(self) -> bytes:
        """The photo as OMA presence content."""
        data = base64.b64encode(self._settings.icon).decode("ascii")
        return self._fill("pres-content", icon_type=self._persona.icon_type, icon_data=data)

    def _fill(self, name: str, **values: str) -> bytes:
        common = {"identity": self.identity, "list_name": self._settings.list_name}
        return fill(self._documents[name], **common | values).encode()


def timestamp(at: float) -> str:
    """Seconds since the epoch as RFC 3339 date-time in UTC."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
