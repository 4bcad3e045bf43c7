"""What a role answers to a request; the dialog and transaction matters are added elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A final response in the making: status, header fields beyond the mirrored ones, body.

    `reason` None takes the standard's phrase. `to_tag` is the tag to add to To where the response
    creates a dialog; None lets the network choose one.
    """

    status: int
    reason: str | None = None
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    to_tag: str | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def too_brief(min_expires: int) -> Reply:
    """423 (Interval Too Brief), which MUST carry Min-Expires (RFC 3261 §10.3, §21.4.17)."""
    return Reply(423, headers=(("Min-Expires", str(min_expires)),))


def granted_seconds(asked: int | None, default: int, least: int, most: int) -> int | None:
    """The interval that is granted, None where 423 is the answer.

    RFC 3261 §10.3 step 7, RFC 6665 §4.2.1.1: refused only if "greater than zero AND smaller than
    one hour AND less than a configured minimum"; a server may shorten and never lengthens.
    """
    wanted = default if asked is None else asked
    if 0 < wanted < min(least, 3600):
        return None
    return min(wanted, most)
