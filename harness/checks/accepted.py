"""What a response that accepts a REGISTER, SUBSCRIBE, INVITE or PUBLISH has to tell."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.places import absent, equal_uris, lost_parameters, mismatch, tag_of
from harness.checks.registry import MUST, check, responses
from harness.model import Mismatch
from harness.sip.fields import NameAddr
from harness.sip.message import Response


@check("RSP-REGISTER-1", clause="RFC 3261 §10.3", level=MUST, on=responses("REGISTER", status=200))
def bindings_are_listed_with_expiry(response: Response, context: Context) -> Iterator[Mismatch]:
    """Each Contact of the response to a registration has an expires parameter."""
    for contact in response.contacts:
        if "expires" not in contact.params:
            yield mismatch(response, "Contact", "expires in each value", str(contact)[:200])
            return


@check("RSP-REGISTER-2", clause="RFC 3261 §10.3", level=MUST, on=responses("REGISTER", status=200))
def new_binding_is_listed(response: Response, context: Context) -> Iterator[Mismatch]:
    """The response to a registration enumerates the bindings, the new one among them."""
    request = context.sip_request
    if request is None or request.expires == 0 or not request.contacts:
        return
    if any(each.expires == 0 for each in request.contacts) or response.contacts:
        return
    yield mismatch(response, "Contact", "the registered contacts")


@check(
    "RSP-SUBSCRIBE-1",
    clause="RFC 6665 §3.1.1",
    level=MUST,
    on=responses("SUBSCRIBE", status=range(200, 300)),
)
def accepted_subscription_has_expires(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 2xx response to SUBSCRIBE has an Expires header field."""
    yield from absent(response, ("Expires",))


@check(
    "RSP-SUBSCRIBE-2",
    clause="RFC 6665 §3.1.1",
    level=MUST,
    on=responses("SUBSCRIBE", status=range(200, 300)),
)
def accepted_subscription_is_not_longer(response: Response, context: Context) -> Iterator[Mismatch]:
    """The Expires of a 2xx response to SUBSCRIBE is not longer than the request's."""
    asked = context.sip_request.expires if context.sip_request is not None else None
    if asked is not None and response.expires is not None and response.expires > asked:
        yield mismatch(response, "Expires", f"at most {asked}")


@check(
    "RSP-SUBSCRIBE-3",
    clause="RFC 3261 §12.1.1",
    level=MUST,
    on=responses("SUBSCRIBE", "INVITE", status=range(200, 300)),
)
def accepted_subscription_has_a_contact(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response that establishes a dialog has a Contact with a SIP or SIPS URI."""
    request = context.sip_request
    if request is None or tag_of(request.to) is not None or response.status == 204:
        return
    if not response.contacts:
        yield mismatch(response, "Contact", "a SIP or SIPS URI")


@check(
    "RSP-SUBSCRIBE-4",
    clause="RFC 3261 §12.1.1",
    level=MUST,
    on=responses("SUBSCRIBE", "INVITE", status=range(200, 300)),
    sender="ue",
)
def accepted_subscription_copies_record_route(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A UAS copies all Record-Route values into a response that establishes a dialog.

    A proxy between may have put its own before them.
    """
    request = context.sip_request
    if request is None or tag_of(request.to) is not None:
        return
    if any(problem.where == "Record-Route" for problem in request.malformed):
        return
    wanted, found = request.record_routes, response.record_routes
    own = found[max(len(found) - len(wanted), 0) :]
    if len(wanted) != len(own) or not all(map(_is_same_route, wanted, own)):
        yield mismatch(response, "Record-Route", ", ".join(map(str, wanted)) or "absent")


def _is_same_route(wanted: NameAddr, found: NameAddr) -> bool:
    """Whether a copy has it all: the URI, its parameters, and those of the field."""
    is_same = equal_uris(wanted.uri, found.uri) and not lost_parameters(wanted.uri, found.uri)
    return is_same and set(wanted.params) == set(found.params)


@check(
    "RSP-PUBLISH-1",
    clause="RFC 3903 §6",
    level=MUST,
    on=responses("PUBLISH", status=range(200, 300)),
)
def accepted_publication_has_an_entity_tag(
    response: Response, context: Context
) -> Iterator[Mismatch]:
    """A 2xx response to PUBLISH has a SIP-ETag."""
    yield from absent(response, ("SIP-ETag",))


@check(
    "RSP-PUBLISH-2",
    clause="RFC 3903 §6",
    level=MUST,
    on=responses("PUBLISH", status=range(200, 300)),
)
def accepted_publication_has_expires(response: Response, context: Context) -> Iterator[Mismatch]:
    """A 2xx response to PUBLISH has an Expires header field."""
    yield from absent(response, ("Expires",))


@check("RSP-PUBLISH-3", clause="RFC 3903 §6", level=MUST, on=responses("PUBLISH"))
def publication_records_no_route(response: Response, context: Context) -> Iterator[Mismatch]:
    """A response to PUBLISH has no Record-Route."""
    if response.headers.rows("Record-Route"):
        yield mismatch(response, "Record-Route", "absent")
