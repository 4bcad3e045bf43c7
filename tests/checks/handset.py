"""A day of an IMS phone as the field has them: AKA, IPsec ports, several identities, RCS presence.

Everything here is legal, and much of it is unlike the documented flow: the phone registers with the
temporary identity that its IMSI gives and uses its number afterwards, its ports change with the
security associations, and it asks for its contacts' presence anonymously, with a list in the
request.
"""

from __future__ import annotations

from typing import Self

from tests.checks.handset_texts import (
    HOME,
    IARI,
    INSTANCE,
    LIST,
    NUMBER,
    REGINFO,
    VOICE,
    published,
    rlmi,
)
from tests.checks.phone import Phone, Said

__all__ = ["VOICE", "Handset", "Said", "whole_day"]


class Handset(Phone):
    """A phone with RCS presence."""

    def watches_its_registration(self) -> Self:
        """SUBSCRIBE to the reg event package, in the name of the number."""
        asked = self._asks(
            f"SUBSCRIBE {NUMBER}",
            [
                *self._presence_fields(1, "SUBSCRIBE", "reg-event"),
                f"Contact: <{self.reached}>;{INSTANCE}",
                "Event: reg",
                "Expires: 600000",
                "Accept: application/reginfo+xml",
            ],
        )
        proxy = f"Contact: <sip:scscf.{HOME}:6060>"
        recorded = f"Record-Route: {self.proxy_uri}"
        self._is_answered(asked, 200, [proxy, "Expires: 600000", recorded])
        self._is_asked(
            f"NOTIFY {self.contact}",
            [
                recorded,
                f"From: <{NUMBER}>;tag=scscf-1",
                f"To: <{NUMBER}>;tag=reg-event-1",
                "Call-ID: reg-event",
                "CSeq: 1 NOTIFY",
                proxy,
                "Event: reg",
                "Subscription-State: active;expires=600000",
                "Content-Type: application/reginfo+xml",
            ],
            REGINFO.format(NUMBER).encode(),
        )
        return self

    def publishes(self) -> Self:
        """PUBLISH of the services, refreshed once."""
        about = ["Event: presence", "Expires: 3600"]
        first = self._asks(
            f"PUBLISH {NUMBER}",
            [
                *self._presence_fields(1, "PUBLISH", "pub-1"),
                *about,
                "Content-Type: application/pidf+xml",
            ],
            published(),
        )
        self._is_answered(first, 200, ["SIP-ETag: e1", "Expires: 3600"])
        again = self._asks(
            f"PUBLISH {NUMBER}",
            [*self._presence_fields(2, "PUBLISH", "pub-1"), *about, "SIP-If-Match: e1"],
            after=3000,
        )
        self._is_answered(again, 200, ["SIP-ETag: e2", "Expires: 3600"])
        return self

    def asks_for_contacts(self) -> Self:
        """An anonymous SUBSCRIBE with a list of contacts in it: answered once (RFC 5367)."""
        fields = [
            line
            for line in self._presence_fields(1, "SUBSCRIBE", "list-1")
            if not line.startswith(("From", "To", "Require"))
        ]
        required = "Require: recipient-list-subscribe" + (", sec-agree" if self.aka else "")
        asked = self._asks(
            f"SUBSCRIBE sip:rls@{HOME}",
            [
                *fields,
                'From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=list-1-1',
                f"To: <sip:rls@{HOME}>",
                required,
                f"Contact: <{self.reached}>;{self.tags}",
                "Privacy: id",
                "Event: presence",
                "Expires: 0",
                "Supported: eventlist",
                "Accept: application/pidf+xml, application/rlmi+xml, multipart/related",
                'Accept-Contact: *;+g.3gpp.iari-ref="' + IARI + 'rcse.dp"',
                "Content-Type: application/resource-lists+xml",
                "Content-Disposition: recipient-list",
            ],
            LIST.encode(),
        )
        rls = f"Contact: <sip:rls1.{HOME}>"
        self._is_answered(asked, 200, [rls, "Expires: 0", "Require: eventlist"])
        self._is_asked(
            f"NOTIFY {self.contact}",
            [
                f"From: <sip:rls@{HOME}>;tag=scscf-1",
                "To: <sip:anonymous@anonymous.invalid>;tag=list-1-1",
                "Call-ID: list-1",
                "CSeq: 1 NOTIFY",
                rls,
                "Event: presence",
                "Require: eventlist",
                "Subscription-State: terminated;reason=timeout",
                (
                    'Content-Type: multipart/related;type="application/rlmi+xml";start="<top@rls>";'
                    "boundary=b1"
                ),
            ],
            rlmi(),
        )
        return self

    def exchanges_capabilities(self) -> Self:
        """OPTIONS to a contact by its number, and from a contact."""
        fields = [
            line
            for line in self._presence_fields(1, "OPTIONS", "opt-1")
            if not line.startswith(("From", "To"))
        ]
        asked = self._asks(
            "OPTIONS tel:+15550101",
            [
                *fields,
                "To: <tel:+15550101>",
                f"From: <{self.own}>;tag=opt-1-1",
                f"Contact: <{self.reached}>;{self.tags}",
                f"Accept-Contact: *;{self.tags}",
                "Accept: application/sdp",
            ],
        )
        self._is_answered(asked, 200, [f"Contact: <sip:+15550101@{HOME}>;{self.tags}"])
        self._is_asked(
            f"OPTIONS {self.contact}",
            [
                f"From: <sip:+15550101@{HOME};user=phone>;tag=c1",
                f"To: <{NUMBER}>",
                "Call-ID: opt-2",
                "CSeq: 1 OPTIONS",
                f"Contact: <sip:+15550101@{HOME}>;{self.tags}",
                "Accept: application/sdp",
                f"P-Asserted-Identity: <sip:+15550101@{HOME};user=phone>, <tel:+15550101>",
            ],
        )
        return self


def whole_day(phone: Handset) -> list[Said]:
    """Everything that a phone does in a day."""
    phone.registers().watches_its_registration().publishes().asks_for_contacts()
    phone.exchanges_capabilities().registers_again().leaves()
    return phone.said
