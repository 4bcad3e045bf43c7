"""Digest at the registrar, where the profile asks for it (RFC 3261 §22.2, RFC 8760)."""

from __future__ import annotations

from harness.network.reply import Reply
from harness.network.site import Site
from harness.sip.authenticator import Authenticator, NonceBook
from harness.sip.digest import Expected, Refusal, Refused
from harness.sip.message import Request


class RegisterAuthentication:
    """Challenges REGISTER and judges the credentials that come back."""

    def __init__(self, site: Site) -> None:
        self._site = site
        expected = Expected(
            realm=site.profile.pixit.realm,
            algorithms=(site.profile.network.digest_algorithm,),
        )
        self._authenticator = Authenticator(NonceBook(site.new_id), self._password_of, expected)

    def _password_of(self, username: str) -> str | None:
        pixit = self._site.profile.pixit
        return pixit.password.get_secret_value() if username == pixit.impi else None

    def refusal(self, request: Request, now: float) -> Reply | None:
        """The reply to a request that may not go on, None where it may."""
        if self._site.profile.network.authentication == "none":
            return None
        values = request.headers.values("Authorization")
        outcome = self._authenticator.authenticate(values, "REGISTER", request.body, now)
        if isinstance(outcome, Refused):
            return self._refuse(outcome, now)
        # RFC 3261 §10.3 step 4: who may not modify these bindings gets 403.
        own = self._site.identity(self._site.profile.pixit.impu)
        if request.to is None or self._site.identity(request.to.uri) != own:
            return Reply(403)
        return None

    def _refuse(self, refused: Refused, now: float) -> Reply:
        if refused.reason is Refusal.UNKNOWN_USER:
            return Reply(403)
        # A wrong response gets a new nonce without stale: the UA "MUST NOT re-attempt requests
        # with the credentials that have just been rejected" (RFC 3261 §22.1).
        challenges = self._authenticator.challenges(now, stale=refused.is_stale)
        return Reply(401, headers=tuple(("WWW-Authenticate", value) for value in challenges))
