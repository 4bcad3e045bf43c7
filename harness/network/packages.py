"""The event packages that the network side notifies, one row each (RFC 6665 §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.body import partial, pidf, reginfo, watcherinfo, xcap_diff
from harness.network.reply import Reply


@dataclass(frozen=True, slots=True)
class Package:
    """An event package as its specification defines it.

    `name` is the event type, `media_types` what NOTIFY can carry, the default first,
    `default_expires` is in seconds. `is_owner_only` tells that only the resource's user may
    subscribe; `is_listed` that it belongs in Allow-Events, which "does not include a list of the
    event template-packages" (RFC 6665 §4.4.4).
    """

    name: str
    clause: str
    media_types: tuple[str, ...]
    default_expires: int
    is_owner_only: bool
    is_listed: bool
    is_publishable: bool
    takes_lists: bool = False
    """Whether a SUBSCRIBE names the resources in a list, which is none of subscribers."""

    @property
    def media_type(self) -> str:
        """What NOTIFY carries where the subscriber does not choose."""
        return self.media_types[0]


PACKAGES: Mapping[str, Package] = {
    package.name: package
    for package in (
        Package(
            name="presence",
            clause="RFC 3856 §6",
            media_types=(pidf.MEDIA_TYPE, partial.MEDIA_TYPE),
            default_expires=3600,  # RFC 3856 §6.4
            is_owner_only=False,
            is_listed=True,
            is_publishable=True,
        ),
        Package(
            name="presence.winfo",
            clause="RFC 3857 §4",
            media_types=(watcherinfo.MEDIA_TYPE,),
            default_expires=3600,  # RFC 3857 §4.4
            is_owner_only=True,
            is_listed=False,
            is_publishable=False,
        ),
        Package(
            name="reg",
            clause="RFC 3680 §4",
            media_types=(reginfo.MEDIA_TYPE,),
            default_expires=3761,  # RFC 3680 §4.4
            is_owner_only=True,
            is_listed=True,
            is_publishable=False,
        ),
        Package(
            name="xcap-diff",
            clause="RFC 5875 §4",
            media_types=(xcap_diff.MEDIA_TYPE,),
            default_expires=3600,  # RFC 5875 §4.5
            is_owner_only=False,
            is_listed=True,
            is_publishable=False,
            takes_lists=True,
        ),
        # What OMA XDM had before RFC 5875: the document stands in a parameter of Event.
        Package(
            name="ua-profile",
            clause="RFC 6080 §6",
            media_types=(xcap_diff.MEDIA_TYPE,),
            default_expires=86400,  # RFC 6080 §6.4
            is_owner_only=False,
            is_listed=True,
            is_publishable=False,
            takes_lists=True,
        ),
    )
}

PUBLISHABLE = frozenset(name for name, package in PACKAGES.items() if package.is_publishable)

ALLOW_EVENTS = ", ".join(name for name, package in PACKAGES.items() if package.is_listed)


def bad_event(packages: Iterable[str] = ()) -> Reply:
    """489 with the packages that are understood (RFC 6665 §4.2.1.1, Allow-Events §8.2.2).

    `packages` are those of another role than the notifier's: a compositor's (RFC 3903 §6).
    """
    return Reply(489, headers=(("Allow-Events", ", ".join(packages) or ALLOW_EVENTS),))
