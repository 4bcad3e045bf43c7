"""The UE's list of contacts on the XDMS: reading it, and adding to it without overwriting."""

from __future__ import annotations

from collections.abc import Callable

from harness.body.wellformed import BodyError, parse_fragment
from harness.model import Send
from harness.sip.uri import address_of_record
from harness.ue.compose import Composer
from harness.ue.settings import Settings
from harness.ue.xcap_client import Job, Outcome, XcapClient

_AUID = "resource-lists"
_NAMESPACE = "urn:ietf:params:xml:ns:resource-lists"
_LIST = f"{{{_NAMESPACE}}}list"
_ENTRY = f"{{{_NAMESPACE}}}entry"
_ELEMENT = "application/xcap-el+xml"
_MAX_READS = 3
_MAX_CONTACTS = 1000


class ContactList:
    """The list as last seen; `report` hears of what went wrong."""

    def __init__(
        self,
        settings: Settings,
        composer: Composer,
        client: XcapClient,
        report: Callable[[str], None],
    ) -> None:
        self._name = settings.list_name
        self._settings = settings
        self._composer = composer
        self._client = client
        self._report = report
        self._etag = ""
        self._known: set[str] = set()
        self._refused: set[str] = set()

    def read(self, now: float, then: Callable[[float], list[Send]] | None = None) -> list[Send]:
        """Fetch the list; `then` goes on once it is known, or known to be out of reach."""

        def done(outcome: Outcome, at: float) -> list[Send]:
            self._take(outcome)
            return then(at) if then is not None else []

        path = self._composer.list_path(self._name)
        target = self._composer.target(_AUID, path)
        return self._client.submit(Job("the list of contacts", "GET", target, done), now)

    def _take(self, outcome: Outcome) -> None:
        response = outcome.response
        if response is None or not outcome.is_success:
            self._report(f"GET of the contacts: {describe(outcome)}")
            self._etag = ""
            return
        self._etag = usable_etag(response.etag)
        try:
            element = parse_fragment(response.body, _NAMESPACE)
        except BodyError as error:
            self._report(f"the list of contacts cannot be read: {error}")
            return
        # Some servers answer with the whole document: then the list is inside.
        lists = (found for found in element.iter(_LIST) if found.get("name") == self._name)
        uris = [entry.get("uri") or "" for found in lists for entry in found.iter(_ENTRY)]
        self._known = {address_of_record(uri) for uri in uris[: _MAX_CONTACTS // 2]}

    def __contains__(self, uri: str) -> bool:
        return address_of_record(uri) in self._known

    def add(self, uri: str, now: float, reads: int = 0) -> list[Send]:
        """Put an entry for `uri` into the list, unless it has one or was refused one."""
        is_settled = uri in self or address_of_record(uri) in self._refused
        if is_settled or len(self._known) + len(self._refused) >= _MAX_CONTACTS:
            return []
        entry = self._composer.contact(uri) if not self._is_own(uri) else self._composer.identity

        def done(outcome: Outcome, at: float) -> list[Send]:
            return self._added(outcome, uri, at, reads)

        job = Job(
            f"the entry {entry}",
            "PUT",
            self._composer.target(_AUID, self._composer.entry_path(entry)),
            done,
            self._composer.entry(entry),
            _ELEMENT,
            # RFC 4825 §7.11: only if the list is still what was read.
            if_match=self._etag if self._settings.persona.conditional_puts else "",
        )
        return self._client.submit(job, now)

    def _added(self, outcome: Outcome, uri: str, now: float, reads: int) -> list[Send]:
        response = outcome.response
        if response is not None and outcome.is_success:
            self._etag = usable_etag(response.etag)
            self._known.add(address_of_record(uri))
            return []
        if outcome.status == 412 and reads < _MAX_READS:
            # RFC 4825 §7.11: somebody changed the list; read it again, then decide.
            return self.read(now, lambda at: self.add(uri, at, reads + 1))
        self._refused.add(address_of_record(uri))
        self._report(f"PUT of {outcome.job.title}: {describe(outcome)}")
        return []

    def _is_own(self, uri: str) -> bool:
        return address_of_record(uri) == address_of_record(self._settings.identity)


def usable_etag(etag: str | None) -> str:
    """An entity-tag that If-Match can carry (RFC 9110 §8.8.3: quoted, strong), or ""."""
    value = etag or ""
    is_strong = len(value) >= 2 and value[0] == value[-1] == '"' and '"' not in value[1:-1]
    return value if is_strong else ""


def describe(outcome: Outcome) -> str:
    """What came of a request, for people."""
    if outcome.response is None:
        return outcome.failure
    return f"{outcome.response.status} {outcome.response.reason}".rstrip()
