"""What the UE knows from notifications: its watchers, and the presence of its contacts."""

from __future__ import annotations

from harness.body.multipart import Part, parse_multipart
from harness.body.pidf import MEDIA_TYPE as PIDF_TYPE
from harness.body.pidf import parse_pidf
from harness.body.rlmi import MEDIA_TYPE as RLMI_TYPE
from harness.body.rlmi import Rlmi, parse_rlmi
from harness.body.rlmi import merged as merged_lists
from harness.body.watcherinfo import MEDIA_TYPE as WINFO_TYPE
from harness.body.watcherinfo import Watcher, WatcherInfo, parse_watcherinfo
from harness.body.watcherinfo import merged as merged_watchers
from harness.body.wellformed import BodyError
from harness.sip.uri import address_of_record

_MAX_PRESENTITIES = 1000
_MAX_NESTED_LISTS = 5

# RFC 3857 §4.7.1: in these states a watcher waits for the user's word.
_UNDECIDED = ("pending", "waiting")


class WatcherView:
    """The watchers of the UE's presence (RFC 3858)."""

    media_types: tuple[str, ...] = (WINFO_TYPE,)

    def __init__(self) -> None:
        self._known: WatcherInfo | None = None

    def reset(self) -> None:
        """A new subscription begins: its first document is compared with nothing."""
        self._known = None

    def apply(self, content_type: str, body: bytes) -> bool:
        """Take a document; whether documents were lost, so that full state is wanted.

        Raises BodyError for what cannot be read: nothing changes then.
        """
        update = parse_watcherinfo(body)
        known = self._known
        if known is None:
            self._known = update
            # RFC 3858 §4: the first document of a subscription has full state.
            return update.state != "full"
        lost = _is_gap(known.version, update.version)
        self._known = merged_watchers(known, update)
        return lost

    @property
    def undecided(self) -> tuple[Watcher, ...]:
        """Watchers of the presence package that wait for the user's decision."""
        lists = self._known.lists if self._known is not None else ()
        return tuple(
            watcher
            for found in lists
            if found.package == "presence"
            for watcher in found.watchers
            if watcher.status in _UNDECIDED
        )


class PresenceView:
    """The presence of the contacts in the list: bare PIDF, or a list notification (RFC 4662)."""

    media_types: tuple[str, ...] = (PIDF_TYPE, RLMI_TYPE, "multipart/related")

    def __init__(self) -> None:
        self._list: Rlmi | None = None
        self.presentities: dict[str, bytes] = {}

    def reset(self) -> None:
        """A new subscription begins: its first list document is compared with nothing."""
        self._list = None

    def apply(self, content_type: str, body: bytes) -> bool:
        """Take a notification; whether documents were lost, so that full state is wanted.

        Raises BodyError for what cannot be read: nothing changes then.
        """
        essence = content_type.partition(";")[0].strip().lower()
        if essence == PIDF_TYPE:
            self._note(body)
            return False
        if essence == RLMI_TYPE:
            return self._apply_list(parse_rlmi(body))
        return self._apply_parts(content_type, body)

    def _apply_parts(self, content_type: str, body: bytes) -> bool:
        multipart = parse_multipart(body, content_type)
        root = multipart.root
        if root is None or root.media_type != RLMI_TYPE:
            raise BodyError("the root of the list notification is no RLMI document")
        update = parse_rlmi(root.content)
        states = [part.content for part in _presence_parts(multipart.parts, _MAX_NESTED_LISTS)]
        for state in states:
            parse_pidf(state)  # all or nothing: one broken part spoils the notification
        if self._is_old(update):
            return False
        lost = self._apply_list(update)
        for state in states:
            self._note(state)
        return lost

    def _is_old(self, update: Rlmi) -> bool:
        """RFC 4662 §5.6: a version that is not higher is discarded."""
        known = self._list.version if self._list is not None else None
        return known is not None and update.version is not None and update.version <= known

    def _apply_list(self, update: Rlmi) -> bool:
        known = self._list
        if known is None:
            self._list = update
            return update.full_state is False
        self._list = merged_lists(known, update)
        # RFC 4662 §5.6.2: only partial state can miss something.
        return not update.full_state and _is_gap(known.version, update.version)

    def _note(self, body: bytes) -> None:
        entity = address_of_record(parse_pidf(body).entity or "")
        while entity not in self.presentities and len(self.presentities) >= _MAX_PRESENTITIES:
            del self.presentities[next(iter(self.presentities))]
        self.presentities[entity] = body


def _presence_parts(parts: tuple[Part, ...], depth: int) -> list[Part]:
    """The PIDF parts, those of nested lists included."""
    found: list[Part] = []
    for part in parts:
        inner = part.multipart() if depth else None
        if inner is not None:
            found += _presence_parts(inner.parts, depth - 1)
        elif part.media_type == PIDF_TYPE:
            found.append(part)
    return found


def _is_gap(known: int | None, new: int | None) -> bool:
    """Whether a version is more than one higher: documents were lost (RFC 3858 §4.1)."""
    return known is not None and new is not None and new > known + 1
