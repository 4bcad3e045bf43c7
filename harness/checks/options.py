"""OPTIONS requests and their responses (RFC 3261 §11), and Allow (§20.5)."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import absent, has_token, mismatch, start_line_mismatch
from harness.checks.registry import MUST, SHOULD, check, requests, responses, sip_messages
from harness.model import Mismatch
from harness.sip.message import Message, Request, Response

_OK = responses("OPTIONS", status=200)


@check("OPT-ACCEPT-1", clause="RFC 3261 §11.1", level=SHOULD, on=requests("OPTIONS"))
def options_says_what_it_accepts(request: Request, context: Context) -> Iterator[Mismatch]:
    """An OPTIONS request has an Accept header field."""
    yield from absent(request, ("Accept",))


@check("OPT-ALLOW-1", clause="RFC 3261 §11.2", level=SHOULD, on=_OK)
def options_answer_has_allow(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 200 response to OPTIONS has Allow."""
    yield from absent(response, ("Allow",))


@check("OPT-ACCEPT-2", clause="RFC 3261 §11.2", level=SHOULD, on=_OK)
def options_answer_has_accept(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 200 response to OPTIONS has Accept."""
    yield from absent(response, ("Accept",))


@check("OPT-ENCODING-1", clause="RFC 3261 §11.2", level=SHOULD, on=_OK)
def options_answer_has_accept_encoding(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 200 response to OPTIONS has Accept-Encoding."""
    yield from absent(response, ("Accept-Encoding",))


@check("OPT-LANGUAGE-1", clause="RFC 3261 §11.2", level=SHOULD, on=_OK)
def options_answer_has_accept_language(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 200 response to OPTIONS has Accept-Language."""
    yield from absent(response, ("Accept-Language",))


@check("OPT-SUPPORTED-1", clause="RFC 3261 §11.2", level=SHOULD, on=_OK)
def options_answer_has_supported(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 200 response to OPTIONS has Supported."""
    yield from absent(response, ("Supported",))


@check("GEN-ALLOW-1", clause="RFC 3261 §20.5", level=MUST, on=sip_messages())
def allow_lists_ack_and_cancel(message: Message, context: Context) -> Iterator[Mismatch]:
    """An Allow header field that lists INVITE lists ACK and CANCEL as well."""
    if not has_token(message.allow, "INVITE"):
        return
    for method in ("ACK", "CANCEL"):
        if not has_token(message.allow, method):
            yield mismatch(message, "Allow", f"a list with {method}")


@check("GEN-ALLOW-2", clause="RFC 3261 §20.5", level=MUST, on=requests("SUBSCRIBE"), sender="ue")
def subscriber_allows_notify(request: Request, context: Context) -> Iterator[Mismatch]:
    """The Allow of a subscriber, if there is one, lists NOTIFY."""
    if request.headers.rows("Allow") and not has_token(request.allow, "NOTIFY"):
        yield mismatch(request, "Allow", "a list with NOTIFY")


@check("OPT-REQUIRE-1", clause="RFC 3261 §8.2.2.3", level=MUST, on=responses(), sender="ue")
def unknown_requirement_is_refused(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 420 response names option tags of the request's Require."""
    request = context.sip_request
    if response.status != 420 or request is None:
        return
    asked = {tag.lower() for tag in request.require}
    for tag in response.headers.values("Unsupported"):
        if tag.lower() not in asked:
            yield mismatch(response, "Unsupported", ", ".join(request.require) or "absent", tag)


# RFC 3261 §11: "All UAs MUST support the OPTIONS method."
@check("OPT-SUPPORT-1", clause="RFC 3261 §11", level=MUST, on=responses("OPTIONS", status=501))
def options_is_implemented(response: Response, context: Context) -> Iterator[Mismatch]:
    """OPTIONS is not answered with 501."""
    yield start_line_mismatch(response, "what an INVITE would be answered with", "501")


# §11.2 asks for the status that an INVITE would get: where there are no calls that may be 405.
@check("OPT-SUPPORT-2", clause="RFC 3261 §11", level=SHOULD, on=responses("OPTIONS", status=405))
def options_is_allowed(response: Response, context: Context) -> Iterator[Mismatch]:
    """OPTIONS is not answered with 405.

    The text says MUST of supporting the method. A UA without calls would answer INVITE with 405,
    and so OPTIONS: a remark.
    """
    yield start_line_mismatch(response, "200", "405")
