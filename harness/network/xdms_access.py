"""Who may do what at the XDMS: authentication and authorization (RFC 4825 §5.7, §8)."""

from __future__ import annotations

import base64
import binascii
import hmac

from harness.model import Peer
from harness.network.site import Site
from harness.network.xdms_answer import READ_METHODS, Answer
from harness.sip.authenticator import Authenticator, NonceBook
from harness.sip.digest import Expected, Refusal, Refused
from harness.xcap.http import HttpRequest
from harness.xcap.selector import XcapUri
from harness.xcap.usage import ApplicationUsage

INTENDED_IDENTITY = "X-3GPP-Intended-Identity"


class XdmsAccess:
    """Authenticates requests as the profile says, and keeps users out of others' documents."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._mode = site.profile.network.xcap_authentication
        expected = Expected(
            realm=site.profile.pixit.realm,
            algorithms=(site.profile.network.digest_algorithm,),
        )
        self._digest = Authenticator(NonceBook(site.new_id), self._password_of, expected)

    def _password_of(self, username: str) -> str | None:
        pixit = self._site.profile.pixit
        return pixit.password.get_secret_value() if username == pixit.impi else None

    def challenge(self, request: HttpRequest, now: float) -> Answer | None:
        """401, or 400, where a request is not authenticated; None where it is.

        Credentials that nobody asked for are ignored.
        """
        if self._mode == "basic":
            return self._basic(request)
        if self._mode == "digest":
            return self._check_digest(request, now)
        return None

    def _basic(self, request: HttpRequest) -> Answer | None:
        """RFC 7617. Meant for test networks: over plain HTTP, RFC 4825 §14 forbids it."""
        pixit = self._site.profile.pixit
        wanted = f"{pixit.impi}:{pixit.password.get_secret_value()}".encode()
        if any(
            hmac.compare_digest(_basic_credentials(value), wanted)
            for value in request.headers.values("Authorization")
        ):
            return None
        return Answer(401, (("WWW-Authenticate", f'Basic realm="{pixit.realm}"'),))

    def _check_digest(self, request: HttpRequest, now: float) -> Answer | None:
        outcome = self._digest.authenticate(
            request.headers.values("Authorization"),
            request.method,
            request.content,
            now,
            request.target,
        )
        if not isinstance(outcome, Refused):
            return None
        if outcome.reason is Refusal.WRONG_URI:
            # RFC 7616 §3.4.6: a uri that is not the request's gets 400.
            return Answer(400)
        challenges = self._digest.challenges(now, stale=outcome.is_stale)
        return Answer(401, tuple(("WWW-Authenticate", value) for value in challenges))

    def forbidden(
        self, request: HttpRequest, uri: XcapUri, usage: ApplicationUsage
    ) -> Answer | None:
        """403 where the user may not do this; RFC 4825's default policy (§5.7)."""
        user = self._user(request)
        if user is None:
            return Answer(403)
        if uri.tree == "users":
            return None if user in ("", self._site.identity(uri.xui)) else Answer(403)
        # "Only trusted users ... can modify global documents": no user is one.
        readable = request.method in READ_METHODS and not usage.global_is_private
        return None if readable else Answer(403)

    def _user(self, request: HttpRequest) -> str | None:
        """The identity that the request is made with; "" for nobody in particular, None for one
        that the sender may not take.

        Without authentication the identity is only a claim. A value that is no identity of this
        network, such as the placeholder "X", claims nothing.
        """
        value = request.headers.get(INTENDED_IDENTITY)
        claimed = "" if value is None else value.strip().strip('"').strip()
        if self._mode == "none":
            return self._site.identity(claimed) if self._site.serves(claimed) else ""
        own = self._site.identity(self._site.profile.pixit.impu)
        return own if not claimed or self._site.identity(claimed) == own else None


def xcap_scheme(source: Peer) -> str:
    """The scheme of the URIs that a client at `source` uses."""
    return source.transport.value if not source.transport.is_sip else "http"


def _basic_credentials(value: str) -> bytes:
    """user-id ":" password, or nothing (RFC 7617 §2)."""
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(token.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
