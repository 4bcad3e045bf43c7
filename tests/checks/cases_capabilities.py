"""Cases of the checks of capability tags and services: CAP."""

from __future__ import annotations

from tests.checks.bodies import a_tuple, pidf
from tests.checks.conversation import CONTACT, Case, Step, Value, answer, net, request, ue

RCSE, RCS_5_1, UP = "rcs-e-1.2.2", "rcs-5.1", "up-2.4"
ICSI = "urn%3Aurn-7%3A3gpp-service.ims.icsi."
IARI = "urn%3Aurn-7%3A3gpp-application.ims.iari."
SERVICE = (
    "<op:service-description><op:service-id>{}</op:service-id>"
    "<op:version>{}</op:version></op:service-description>"
)


def icsi(*names: str) -> str:
    return f'+g.3gpp.icsi-ref="{",".join(ICSI + name for name in names)}"'


def iari(*names: str) -> str:
    return f'+g.3gpp.iari-ref="{",".join(IARI + name for name in names)}"'


def contact(*tags: str) -> str:
    return ";".join((CONTACT, *tags))


INSTANCE = '+sip.instance="<urn:gsma:imei:90420156-025763-0>"'


def register(*tags: str, cseq: int = 1) -> bytes:
    """A REGISTER as TS 24.229 §5.1.1.2 wants it, with these feature tags."""
    fields: dict[str, Value] = {
        "Contact": contact(INSTANCE, *tags),
        "Supported": "path, gruu",
        "Expires": 600000,
    }
    return request("REGISTER", cseq=cseq, fields=fields)


def registered(*tags: str) -> list[Step]:
    first = register(*tags)
    given: dict[str, Value] = {"Contact": f"{contact(INSTANCE, *tags)};expires=600000"}
    return [ue(first), net(answer(first, fields=given))]


def services(*pairs: tuple[str, str], basic: str = "open") -> bytes:
    """A document with a tuple for each service."""
    return pidf(
        "".join(
            a_tuple(f"t{number}", basic, more=SERVICE.format(*pair))
            for number, pair in enumerate(pairs)
        )
    )


def published(*pairs: tuple[str, str], basic: str = "open") -> list[Step]:
    sent = request("PUBLISH", body=services(*pairs, basic=basic))
    return [ue(sent), net(answer(sent))]


def query(claimed: str, preferred: str | None) -> list[Step]:
    """An OPTIONS request of the UE with these tags in Contact and Accept-Contact."""
    fields: dict[str, Value] = {
        "Contact": contact(claimed),
        "Accept-Contact": None if preferred is None else f"*;{preferred}",
    }
    return [ue(request("OPTIONS", fields=fields))]


def queried(*tags: str) -> list[Step]:
    """An OPTIONS request to the UE, and its answer with these tags."""
    asked = request(
        "OPTIONS", sender="network", tag="carol-1", fields={"Contact": contact(iari("rcse.im"))}
    )
    return [net(asked), ue(answer(asked, fields={"Contact": contact(*tags)}))]


IM = ("org.openmobilealliance:IM-session", "1.0")
HTTP = ("org.openmobilealliance:File-Transfer-HTTP", "1.0")

CASES = [
    Case("CAP-TAG-1", [register(iari("rcse.im"))], [register(iari("rcse.mi"))], RCSE),
    Case("CAP-TAG-2", [register(iari("rcse.im"))], [register(iari("rcs.geosms"))], RCSE),
    Case(
        "CAP-TAG-3",
        [register(iari("rcse.im", "rcse.ft"))],
        [register(iari("rcse.im", "rcse.ft", "rcse.im"))],
        RCSE,
    ),
    Case(
        "CAP-URN-1",
        [request("SUBSCRIBE", fields={"Accept-Contact": f"*;{icsi('mmtel')}"})],
        [
            request(
                "SUBSCRIBE",
                fields={
                    "Accept-Contact": '*;+g.3gpp.icsi-ref="urn:urn-7:3gpp-service.ims.icsi.mmtel"'
                },
            )
        ],
        RCSE,
    ),
    Case(
        "CAP-URN-2",
        [register(icsi("mmtel"), iari("gsma-is"))],
        [register(f'+g.3gpp.icsi-ref="{IARI}gsma-vs"')],
        RCSE,
    ),
    Case(
        "CAP-AGREE-1",
        query(iari("rcse.im", "rcse.ft"), iari("rcse.ft", "rcse.im")),
        query(iari("rcse.im", "rcse.ft"), iari("rcse.im")),
        RCSE,
    ),
    Case(
        "CAP-AGREE-2",
        [*registered(iari("rcse.im")), *published(IM)],
        [*registered(iari("rcse.ft")), *published(IM)],
        RCSE,
    ),
    Case(
        "CAP-AGREE-3",
        [*registered(iari("rcse.im")), *published(IM), *queried(iari("rcse.im"))],
        [*registered(iari("rcse.im")), *published(IM), *queried(iari("rcse.ft"))],
        RCSE,
    ),
    Case(
        "CAP-AGREE-4",
        [*registered(icsi("oma.cpm.session")), *query(icsi("oma.cpm.session.group"), None)],
        [*registered(icsi("oma.cpm.session")), *query(icsi("oma.cpm.msg"), None)],
        UP,
    ),
    Case(
        "CAP-SERVICE-1",
        published(IM),
        published(("org.openmobilealliance:IM-Session", "1.0")),
        RCSE,
    ),
    Case("CAP-SERVICE-2", published(IM), published(HTTP), RCSE),
]
