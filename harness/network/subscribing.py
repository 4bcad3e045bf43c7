"""What the notifier answers to SUBSCRIBE (RFC 6665 §4.2.1)."""

from __future__ import annotations

from harness.model import Peer
from harness.network.contents import has_body_to_read
from harness.network.packages import ALLOW_EVENTS
from harness.network.reply import Header, Reply
from harness.network.site import Site
from harness.network.subscriptions import Subscription
from harness.sip.message import Request

NOTIFIER_USER = "presence"
"""User part of the notifier's Contact."""

EDGE_USER = "edge"
"""User part of the P-CSCF's Record-Route."""


def accepted(
    site: Site,
    request: Request,
    subscription: Subscription,
    source: Peer,
    seconds: int,
    tag: str | None,
) -> Reply:
    """The 200 to a SUBSCRIBE; `tag` is that of a new dialog."""
    secure = is_secure(request.uri, *(each.uri for each in request.contacts))
    headers: list[Header] = [
        # RFC 6665 §4.2.1.1: "the server MAY shorten the interval but MUST NOT lengthen it".
        ("Expires", str(seconds)),
        ("Contact", contact_of(site, source, secure=secure)),
    ]
    if tag is not None:
        # RFC 3261 §12.1.1: the response copies all Record-Route values, the P-CSCF's first.
        rows = request.headers.rows("Record-Route")
        headers += record_route(site, source, secure=secure)
        headers += [("Record-Route", row.value) for row in rows]
        # RFC 6665 §4.4.4: in responses to what initiates dialogs.
        headers.append(("Allow-Events", ALLOW_EVENTS))
    # RFC 4662 §4.1: eventlist is in the Require of the response and of all NOTIFYs.
    headers += [("Require", option) for option in subscription.requires]
    return Reply(200, headers=tuple(headers), to_tag=tag)


def record_route(site: Site, toward: Peer, *, secure: bool) -> list[Header]:
    """The P-CSCF that we also play stays on the path of the dialog (RFC 3261 §16.6 step 4)."""
    if not site.profile.network.record_route:
        return []
    return [("Record-Route", site.route(EDGE_USER, toward, secure=secure))]


def contact_of(site: Site, toward: Peer, *, secure: bool) -> str:
    """The notifier's own Contact."""
    return f"<{site.uri(NOTIFIER_USER, toward, secure=secure)}>"


def refusal_in_dialog(request: Request, subscription: Subscription) -> Reply | None:
    """What is wrong with a SUBSCRIBE in its dialog; None where nothing is."""
    status = subscription.dialog.refusal(request)
    if status is not None:
        return Reply(status)
    # RFC 3261 §8.2.4: no extension that this very request does not list as supported.
    missing = [tag for tag in subscription.requires if tag not in request.supported]
    if missing:
        return Reply(421, headers=(("Require", ", ".join(missing)),))
    if has_body_to_read(request) and not subscription.package.takes_lists:
        # RFC 5367 §5.1: a list in a subsequent SUBSCRIBE has no meaning.
        return Reply(415, headers=(("Accept", ""),))
    return None


def is_secure(*uris: str) -> bool:
    """Whether our Contact has to be a SIPS URI: where that of the peer is one, or the Request-URI
    (RFC 3261 §12.1.1, §8.1.1.8)."""
    return any(uri.lower().startswith("sips:") for uri in uris)
