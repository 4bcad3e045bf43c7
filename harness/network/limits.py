"""What the network side holds at most: all of its state is in memory, so all of it is bounded."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How many of each thing are held; what would be one too many is refused with 503 or 403.

    The defaults serve a rack of phones and a flood of garbage alike.
    """

    users: int = 10_000
    """Addresses-of-record with bindings."""
    bindings_per_user: int = 16
    temporary_gruus: int = 64
    """Temporary GRUUs that stay valid for one address-of-record and instance."""
    publications: int = 10_000
    publications_per_user: int = 16
    published_octets: int = 1 << 25
    """Octets of all published documents; in memory they take many times as much."""
    subscriptions: int = 10_000
    subscriptions_per_user: int = 32
    watchers: int = 100_000
    """Watchers of all presentities, the virtual ones of list subscriptions among them."""
    watchers_per_presentity: int = 256
    list_members: int = 512
    """Resources of one list subscription."""
    body: int = 1 << 18
    """Octets of one published document."""
    ended_watchers: int = 64
    """Terminated watchers that are remembered until every watcherinfo subscriber heard of them."""
    contact_errands: int = 256
    """UEs that the played contact deals with at a time."""
    unreachable_peers: int = 1024
    """Peers that are remembered for not taking TCP."""


DEFAULT_LIMITS = Limits()
