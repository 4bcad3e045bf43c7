"""The binding of the UE's contact (RFC 3261 §10.2, TS 24.229 §5.1.1)."""

from __future__ import annotations

from harness.model import Peer, Send
from harness.sip.message import Request, Response
from harness.ue.softstate import Reaction, SoftState
from harness.ue.uac import Uac


class Registration(SoftState):
    """REGISTER, its refresh, and the de-registration."""

    def __init__(self, uac: Uac) -> None:
        super().__init__(uac, uac.settings.registration_seconds)
        # RFC 3261 §10.2: one Call-ID for all REGISTERs, and a CSeq that counts up by one.
        self._call_id = f"{uac.new_id()}@{uac.settings.local.host}"
        self._from_tag = uac.new_id()
        self._sequence = 0
        self._announces = uac.settings.sends_placeholder

    def _make_request(self, seconds: int) -> tuple[Request, Peer]:
        settings = self.uac.settings
        self._sequence += 1
        aor = f"<{settings.identity}>"
        placeholder = settings.persona.initial_authorization.format(
            username=settings.username, domain=settings.domain
        )
        if settings.secure:  # the uri of credentials is the Request-URI (RFC 7616 §3.4.6)
            placeholder = placeholder.replace('uri="sip:', 'uri="sips:')
        return self.uac.make(
            "REGISTER",
            f"sip:{settings.domain}",
            {
                "from_": f"{aor};tag={self._from_tag}",
                "to": aor,
                "call_id": self._call_id,
                "cseq": f"{self._sequence} REGISTER",
                # A REGISTER takes the preloaded route without the Service-Route (RFC 3608 §6.1).
                "route": settings.route,
                # The binding is the address itself: a GRUU stands for it, RFC 5627 §4.1.
                "contact": settings.contact,
                "expires": str(seconds),
                "initial_authorization": placeholder if self._announces else "",
            },
        )

    def _granted(self, response: Response) -> int:
        """RFC 3261 §10.2.4: the expires of our binding, else Expires, else what was asked."""
        binding = self.uac.account.find_binding(response)
        own = binding.params.get("expires") if binding is not None else None
        if own is not None and own.isdigit():
            return int(own[:10])
        return self._wanted if response.expires is None else response.expires

    def _accepted(self, request: Request, response: Response, now: float) -> list[Send]:
        if request.expires:
            self.uac.account.learn(response)
        return []

    def _react(self, request: Request, status: int) -> Reaction:
        # Servers that know nothing of IMS take credentials without a nonce for a broken request
        # (RFC 3261 §25.1 wants 32 digits in a response): they get a REGISTER without.
        if status == 400 and self._announces:
            self._announces = False
            return Reaction.RENEW
        return super()._react(request, status)

    def _forget(self) -> None:
        self.uac.account.forget()
