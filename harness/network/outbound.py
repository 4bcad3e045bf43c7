"""Flows of the `outbound` extension at the registrar (RFC 5626 §6)."""

from __future__ import annotations

from collections.abc import Sequence

from harness.network.reply import Header, Reply
from harness.sip.fields import NameAddr
from harness.sip.message import Request

OPTION_TAG = "outbound"


def is_wanted(request: Request) -> bool:
    """Whether the UA lists the extension as supported."""
    return OPTION_TAG in {tag.lower() for tag in request.supported}


def reaches_us_directly(request: Request) -> bool:
    """Whether outbound processing applies: the registrar is the first hop, or that one has it.

    The first URI of Path then has an "ob" parameter.
    """
    if len(request.vias) == 1:
        return True
    paths = request.paths
    return bool(paths) and "ob" in getattr(paths[0].parsed, "params", {})


def refusal(request: Request, contacts: Sequence[NameAddr]) -> Reply | None:
    """The reply to flows that cannot be registered; None where they can, or there are none."""
    flows = [each for each in contacts if "reg-id" in each.params]
    if not flows:
        return None
    if not reaches_us_directly(request):
        return Reply(439, "First Hop Lacks Outbound Support") if is_wanted(request) else None
    kept = [each for each in contacts if _seconds(each, request) != 0]
    if len(kept) > 1 and any("reg-id" in each.params for each in kept):
        return Reply(400, "One Flow For Each REGISTER")
    return None


def flow_of(request: Request, contact: NameAddr) -> tuple[str, str] | None:
    """Instance and reg-id of a binding that is a flow; None where it is an ordinary one.

    "If the registrar processes a Contact header field value with a reg-id but no instance-id, it
    simply ignores the reg-id parameter."
    """
    instance, reg_id = contact.params.get("+sip.instance"), contact.params.get("reg-id")
    if not instance or not reaches_us_directly(request) or not _is_reg_id(reg_id):
        return None
    return instance, str(int(reg_id or ""))


def _is_reg_id(text: str | None) -> bool:
    """§4.2: "an unsigned integer" of 1 to 2**31 - 1, compared by its value."""
    if not text or not text.isascii() or not text.isdecimal() or len(text) > 10:
        return False
    return 0 < int(text) < 1 << 31


def answer_headers(request: Request, flow_timer: int) -> list[Header]:
    """What a 200 to the registration of a flow says (§6): outbound was applied, and for how long
    the flow may be silent."""
    has_flow = any(flow_of(request, contact) for contact in request.contacts)
    if not has_flow or not is_wanted(request):
        return []
    return [("Require", OPTION_TAG), ("Flow-Timer", str(flow_timer))]


def _seconds(contact: NameAddr, request: Request) -> int | None:
    return contact.expires if contact.expires is not None else request.expires
