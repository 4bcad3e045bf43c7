"""Fields that a method makes mandatory or recommends: "m" and "m*" in the tables of `field_rows`.

What every request or response needs, and the fields of presence, have checks of their own.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.checks.context import Context
from harness.checks.places import absent
from harness.checks.registry import MUST, SHOULD, check, requests, responses
from harness.model import Mismatch
from harness.sip.message import Request, Response

_GOOD = range(200, 300)

# "A 'mandatory' header field MUST be present in a request". What every request needs, and Event,
# Subscription-State and Contact, have checks of their own.
MANDATORY = {"PRACK": ("RAck",), "REFER": ("Refer-To",), "UPDATE": ("Contact",)}


@check("GEN-MANDATORY-2", clause="RFC 3261 §20", level=MUST, on=requests(*MANDATORY), sender="ue")
def request_has_the_fields_of_its_method(request: Request, context: Context) -> Iterable[Mismatch]:
    """A PRACK has RAck, a REFER has Refer-To, an UPDATE has Contact."""
    return absent(request, MANDATORY[request.method])


# "m*: The header field SHOULD be sent". The rows of OPTIONS have checks of their own.
RECOMMENDED = {"INVITE": ("Allow", "Supported")}


@check("GEN-MANDATORY-3", clause="RFC 3261 §20", level=SHOULD, on=requests("INVITE"), sender="ue")
def invite_says_what_it_supports(request: Request, context: Context) -> Iterable[Mismatch]:
    """An INVITE has Allow and Supported."""
    return absent(request, RECOMMENDED[request.method])


# "A mandatory response header field MUST be present in the response"; these are of calls, which
# are no part of presence, and by RFC 4488 and 7614 a REFER may make no dialog: a remark.
@check(
    "RSP-MANDATORY-2",
    clause="RFC 3261 §20",
    level=SHOULD,
    on=responses("UPDATE", "REFER", status=_GOOD),
    sender="ue",
)
def response_has_the_fields_of_its_method(
    response: Response, context: Context
) -> Iterable[Mismatch]:
    """A 2xx response to UPDATE or REFER has a Contact."""
    return absent(response, ("Contact",))


@check(
    "RSP-MANDATORY-3",
    clause="RFC 3261 §20",
    level=SHOULD,
    on=responses("INVITE", status=_GOOD),
    sender="ue",
)
def accepted_invite_says_what_is_supported(
    response: Response, context: Context
) -> Iterable[Mismatch]:
    """A 2xx response to INVITE has Allow and Supported."""
    return absent(response, RECOMMENDED["INVITE"])


# RFC 6665 §4.2.1.1: "a 423 (Interval Too Brief) error that contains a 'Min-Expires' header field".
@check(
    "RSP-423-3",
    clause="RFC 6665 §4.2.1.1",
    level=SHOULD,
    on=responses("SUBSCRIBE", status=423),
)
def brief_subscription_is_told_the_minimum(
    response: Response, context: Context
) -> Iterable[Mismatch]:
    """A 423 response to SUBSCRIBE has a Min-Expires."""
    return absent(response, ("Min-Expires",))
