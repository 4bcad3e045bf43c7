"""Decisions on watchers: what the presentity's presence rules say (RFC 5025, OMA presence XDM)."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Handling(enum.StrEnum):
    """The values of sub-handling (RFC 5025 §3.2.1)."""

    BLOCK = "block"
    CONFIRM = "confirm"
    POLITE_BLOCK = "polite-block"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a watcher gets: how its subscription is handled, and which components it sees."""

    handling: Handling
    services: bool = True
    persons: bool = True
    devices: bool = True
