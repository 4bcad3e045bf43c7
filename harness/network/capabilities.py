"""Answers to OPTIONS: what the network, and the contact that it plays, can do (RFC 3261 §11.2)."""

from __future__ import annotations

from typing import Final

from harness.body import pidf
from harness.network.packages import ALLOW_EVENTS
from harness.network.reply import Reply
from harness.network.uas import OPTION_TAGS

CONTACT_METHODS: Final = "INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE, NOTIFY, UPDATE"

FEATURE_TAGS: Final = (
    ";+g.3gpp.cs-voice"
    ';+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"'
    ';+g.3gpp.iari-ref="urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.im,'
    'urn%3Aurn-7%3A3gpp-application.ims.iari.rcs.fthttp"'
)
"""What the played contact can do, as parameters of Contact (RFC 3840 §9, RCS-e 1.2)."""


def network_capabilities(methods: str) -> Reply:
    """The network's own: the fields that §11.2 says SHOULD be there; RFC 3903 §7: Allow-Events."""
    return Reply(
        200,
        headers=(
            ("Allow", methods),
            ("Accept", pidf.MEDIA_TYPE),
            ("Accept-Encoding", "identity"),
            ("Accept-Language", "en"),
            ("Supported", ", ".join(OPTION_TAGS)),
            ("Allow-Events", ALLOW_EVENTS),
        ),
    )


def contact_capabilities(contact_uri: str) -> Reply:
    """The played contact's: RCS-e asks a contact for its tags by OPTIONS."""
    return Reply(
        200,
        headers=(
            ("Contact", f"<{contact_uri}>{FEATURE_TAGS}"),
            ("Allow", CONTACT_METHODS),
            ("Accept", "application/sdp"),
            ("Accept-Encoding", "identity"),
            ("Accept-Language", "en"),
            ("Supported", "gruu"),
        ),
    )
