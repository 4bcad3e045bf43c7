"""Cases of the checks of how large a request may be: GEN-SIZE, of the network and within a host."""

from __future__ import annotations

from tests.checks.conversation import PIDF, Case, net, notification, over_tcp, request, subscribed

LARGE = PIDF.replace(b"<tuple", b" " * 1300 + b"<tuple")
LARGE_NOTIFICATION = notification(body=LARGE, fields={"Content-Type": "application/pidf+xml"})

LARGE_PUBLICATION = request("PUBLISH", body=LARGE)

CASES = [
    Case("GEN-SIZE-3", [request("PUBLISH")], [LARGE_PUBLICATION], is_local=True),
    Case(
        "GEN-SIZE-2",
        [
            *subscribed(),
            *over_tcp([net(LARGE_NOTIFICATION.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))]),
        ],
        [*subscribed(), net(LARGE_NOTIFICATION)],
    ),
]
