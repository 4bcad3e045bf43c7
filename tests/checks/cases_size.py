"""Cases of the checks of how large a request may be: GEN-SIZE, on the network's side."""

from __future__ import annotations

from tests.checks.conversation import PIDF, Case, net, notification, over_tcp, subscribed

LARGE = PIDF.replace(b"<tuple", b" " * 1300 + b"<tuple")
LARGE_NOTIFICATION = notification(body=LARGE, fields={"Content-Type": "application/pidf+xml"})

CASES = [
    Case(
        "GEN-SIZE-2",
        [
            *subscribed(),
            *over_tcp([net(LARGE_NOTIFICATION.replace(b"SIP/2.0/UDP", b"SIP/2.0/TCP"))]),
        ],
        [*subscribed(), net(LARGE_NOTIFICATION)],
    ),
]
