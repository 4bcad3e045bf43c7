"""What a request's Accept takes (RFC 3261 §20.1, RFC 9110 §12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from harness.sip.fields import FieldError, MediaType, parse_media_type
from harness.sip.message import Request


def accepts(request: Request, essence: str) -> bool:
    """Whether Accept names this type; without Accept the package's own type is taken."""
    return not request.headers.values("Accept") or weight(request, essence) > 0


def names(request: Request, essence: str) -> bool:
    """Whether Accept names this very type, and not by a wildcard."""
    return any(found.essence == essence and _weight(found) > 0 for found in _ranges(request))


def preferred(request: Request, usable: Sequence[str]) -> str | None:
    """The type that is accepted most, the first of `usable` among equals; None for none."""
    best = max(usable, key=lambda essence: weight(request, essence))
    return best if weight(request, best) > 0 else None


def weight(request: Request, essence: str) -> float:
    """The qvalue of a type: that of the range that fits it most closely, 0 where none does."""
    fitting = [
        (_closeness(found, essence), _weight(found))
        for found in _ranges(request)
        if _closeness(found, essence)
    ]
    return max(fitting, default=(0, 0.0))[1]


def _ranges(request: Request) -> list[MediaType]:
    found = []
    for value in request.headers.values("Accept"):
        try:
            found.append(parse_media_type(value))
        except FieldError:
            continue
    return found


def _closeness(found: MediaType, essence: str) -> int:
    if found.essence == essence:
        return 3
    if found.subtype == "*" and essence.startswith(f"{found.type}/"):
        return 2
    return 1 if found.essence == "*/*" else 0


def _weight(found: MediaType) -> float:
    try:
        return float(found.params.get("q") or 1)
    except ValueError:
        return 1.0
