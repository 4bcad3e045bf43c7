"""When a client transaction sends its request again (RFC 3261 §17.1.2.2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from harness.checks.context import Context
from harness.checks.registry import SHOULD, check, retransmissions
from harness.model import Mismatch
from harness.sip.message import Request

# A capture can show a packet twice; no client repeats a request that fast.
_SAME_PACKET = 0.02
# A final response may cross a retransmission, or be lost behind the point of capture.
_CROSSING = 1.0


def _times(context: Context) -> list[float]:
    """When the request was sent, this time included."""
    transaction = context.transaction
    if transaction is None or transaction.initiator != context.sender:
        return []
    times = [*transaction.repeats, context.time]
    return [times[0]] + [
        later for earlier, later in pairwise(times) if later - earlier > _SAME_PACKET
    ]


@check("GEN-TIMER-1", clause="RFC 3261 §17.1.2.2", level=SHOULD, on=retransmissions(), sender="ue")
def retransmissions_slow_down(request: Request, context: Context) -> Iterator[Mismatch]:
    """The time between retransmissions doubles until it reaches T2.

    Judged over three of them, so that one that the capture lacks does not matter.
    """
    if request.method in ("INVITE", "ACK"):
        return
    waits = [later - earlier for earlier, later in pairwise(_times(context))]
    if len(waits) < 3:
        return
    enough = min(1.3 * waits[-3], 0.9 * context.profile.timers.t2)
    if waits[-1] < enough:
        yield Mismatch(
            f"more than {waits[-3]:.1f} s", f"{waits[-1]:.1f} s after the one before", "message"
        )


@check("GEN-TIMER-2", clause="RFC 3261 §17.1.2.2", level=SHOULD, on=retransmissions(), sender="ue")
def retransmissions_end_with_timer_f(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request is not sent again after 64*T1."""
    times = _times(context)
    # TS 24.229 §7.7 gives a UE on a mobile network a T1 of 2 s.
    longest = 64 * max(context.profile.timers.t1, 2.0)
    if times and context.time - times[0] > longest + _CROSSING:
        yield Mismatch(f"at most {longest:.0f} s", f"{context.time - times[0]:.0f} s", "message")


@check("GEN-TIMER-3", clause="RFC 3261 §17.1.2.2", level=SHOULD, on=retransmissions(), sender="ue")
def answered_request_is_not_sent_again(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request that has its final response is not sent again."""
    final = context.transaction.final if context.transaction is not None else None
    if final is None or not _times(context) or request.method == "ACK":
        return
    late = context.time - final.time
    if late > _CROSSING:
        yield Mismatch(
            "no retransmission", f"one {late:.1f} s after message {final.number}", "message"
        )
