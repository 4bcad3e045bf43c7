"""The event state that the UE publishes (RFC 3903)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from harness.model import Peer, Send
from harness.sip.message import Request, Response
from harness.ue.softstate import REACTIONS, Reaction, SoftState
from harness.ue.uac import Uac

MEDIA_TYPE = "application/pidf+xml"


class Publication(SoftState):
    """PUBLISH for one entity: initial, refresh, modify, remove (RFC 3903 §4.1, Table 1).

    `compose` makes the document. `tag` is an entity-tag from an earlier life, "" for none.
    """

    reactions: Mapping[int, Reaction] = MappingProxyType({**REACTIONS, 412: Reaction.RENEW})

    def __init__(self, uac: Uac, compose: Callable[[], bytes], tag: str = "") -> None:
        super().__init__(uac, uac.settings.publication_seconds)
        self._compose = compose
        self._tag = tag
        self._call_id = f"{uac.new_id()}@{uac.settings.local.host}"
        self._from_tag = uac.new_id()
        self._sequence = 0
        self._published = False

    def _make_request(self, seconds: int) -> tuple[Request, Peer]:
        identity = self.uac.account.identity
        self._sequence += 1
        # §4.3, §4.5: a refresh and a removal have no body; §4.2, §4.4: the others have one.
        body = b"" if self._published and self._tag else self._compose()
        return self.uac.make(
            "PUBLISH",
            identity,
            {
                "from_": f"<{identity}>;tag={self._from_tag}",
                "to": f"<{identity}>",
                "call_id": self._call_id,
                "cseq": f"{self._sequence} PUBLISH",
                "expires": str(seconds),
                "if_match": self._tag,
                "content_type": MEDIA_TYPE if body else "",
            },
            body,
        )

    def _granted(self, response: Response) -> int:
        return self._wanted if response.expires is None else response.expires

    def _accepted(self, request: Request, response: Response, now: float) -> list[Send]:
        # §4.3: "The EPA MUST store this entity-tag, replacing any existing entity-tag". Without
        # one there is nothing to refresh: the next PUBLISH is an initial one, with its body.
        self._tag = response.etag or ""
        self._published = bool(self._tag)
        return []

    def _react(self, request: Request, status: int) -> Reaction:
        # §5: an initial publication follows a 412; one that was refused has nothing to drop.
        if status == 412 and request.if_match is None:
            return Reaction.GIVE_UP
        return super()._react(request, status)

    def _forget(self) -> None:
        # §5: "The EPA MUST also discard the entity-tag that produced this error response".
        self._tag = ""
        self._published = False

    def stop(self, now: float) -> list[Send]:
        """Remove the publication (§4.5); without an entity-tag it is left to expire."""
        if not self._tag:
            self._expires = None
        return super().stop(now)
