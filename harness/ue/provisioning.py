"""The documents that the UE makes sure of on the XDMS (OMA XDM, RFC 4826, RFC 5025)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.body.wellformed import BodyError, parse_xml
from harness.model import Send
from harness.ue.compose import Composer, Icon
from harness.ue.contacts import describe
from harness.ue.settings import Settings
from harness.ue.xcap_client import Job, Outcome, XcapClient

_DIRECTORY = "urn:oma:xml:xdm:xcap-directory"
_MAX_FOLDERS = 200


@dataclass(frozen=True, slots=True)
class Provision:
    """A document that has to be there: where it is, what it is, who makes it."""

    auid: str
    path: str
    media_type: str
    compose: Callable[[Composer], bytes]


PROVISIONS = (
    Provision(
        "rls-services", "index", "application/rls-services+xml", lambda make: make.rls_services()
    ),
    Provision(
        "resource-lists",
        "index",
        "application/resource-lists+xml",
        lambda make: make.resource_lists(),
    ),
    Provision(
        "org.openmobilealliance.pres-rules",
        "pres-rules",
        "application/auth-policy+xml",
        lambda make: make.pres_rules(),
    ),
)
"""In the order of the documented flow."""


class Provisioning:
    """Reads the directory, then puts what it lacks; later the photo and the permanent presence.

    `report` hears of what went wrong; nothing of it stops the flow.
    """

    def __init__(
        self,
        settings: Settings,
        composer: Composer,
        client: XcapClient,
        wall_clock: Callable[[], float],
        report: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._composer = composer
        self._client = client
        self._wall_clock = wall_clock
        self._report = report
        self._present: frozenset[str] | None = None
        self._icon: Icon | None = None

    def read_directory(self, now: float) -> list[Send]:
        """Ask which documents there are."""
        target = self._composer.target("org.openmobilealliance.xcap-directory", "directory.xml")
        return self._client.submit(Job("the directory", "GET", target, self._took_directory), now)

    def _took_directory(self, outcome: Outcome, _: float) -> list[Send]:
        if outcome.response is None or not outcome.is_success:
            self._report(f"GET of the directory: {describe(outcome)}")
            return []
        try:
            self._present = _documents_in(outcome.response.body)
        except BodyError as error:
            self._report(f"the directory cannot be read: {error}")
        return []

    def put_missing(self, provision: Provision, now: float) -> list[Send]:
        """Put a document that the directory does not list.

        Where the directory told nothing the PUT only creates: a document that is there stays as
        it is (RFC 4825 §7.11, RFC 9110 §13.1.2).
        """
        if self._present is not None and f"{provision.auid}/{provision.path}" in self._present:
            return []
        is_blind = self._present is None and self._settings.persona.conditional_puts
        job = Job(
            f"{provision.auid}/{provision.path}",
            "PUT",
            self._composer.target(provision.auid, provision.path),
            self._put if not is_blind else self._created,
            provision.compose(self._composer),
            provision.media_type,
            if_none_match="*" if is_blind else "",
        )
        return self._client.submit(job, now)

    def _put(self, outcome: Outcome, _: float) -> list[Send]:
        if not outcome.is_success:
            self._report(f"PUT of {outcome.job.title}: {describe(outcome)}")
        return []

    def _created(self, outcome: Outcome, now: float) -> list[Send]:
        return [] if outcome.status == 412 else self._put(outcome, now)

    def put_icon(self, now: float) -> list[Send]:
        """Store the photo."""
        job = Job(
            "the photo",
            "PUT",
            self._composer.target(
                "org.openmobilealliance.pres-content", "oma_status-icon/rcs_status_icon"
            ),
            self._took_icon,
            self._composer.pres_content(),
            "application/vnd.oma.pres-content+xml",
        )
        return self._client.submit(job, now)

    def _took_icon(self, outcome: Outcome, now: float) -> list[Send]:
        etag = outcome.response.etag if outcome.response is not None else None
        self._icon = Icon((etag or "").strip('"'))
        return self._put(outcome, now)

    def put_presence(self, now: float) -> list[Send]:
        """Publish the person: willingness, photo, note."""
        at = self._wall_clock()
        # A server that gives no entity-tag leaves the clock to tell one photo from the next.
        icon = (
            self._icon if self._icon is not None and self._icon.etag else Icon(str(int(at * 1000)))
        )
        job = Job(
            "the permanent presence",
            "PUT",
            self._composer.target("pidf-manipulation", "perm-presence"),
            self._put,
            self._composer.perm_presence(icon, at),
            "application/pidf+xml",
        )
        return self._client.submit(job, now)


def _documents_in(body: bytes) -> frozenset[str]:
    """The documents that a directory lists, as "auid/path"; raises BodyError."""
    root = parse_xml(body)
    found = set()
    for folder in list(root.iter(f"{{{_DIRECTORY}}}folder"))[:_MAX_FOLDERS]:
        auid = folder.get("auid") or ""
        for entry in folder.iter(f"{{{_DIRECTORY}}}entry"):
            name = (entry.get("uri") or "").rstrip("/").rpartition("/")[2]
            found.add(f"{auid}/{name}")
    return frozenset(found)
