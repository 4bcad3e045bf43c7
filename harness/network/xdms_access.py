"""Who may do what at the XDMS: authentication and authorization (RFC 4825 §5.7, §8)."""

from __future__ import annotations

import base64
import binascii
import hmac

from harness.model import Peer
from harness.network.authentication import expected_of
from harness.network.site import Site
from harness.network.subscribers import KnownUser, Subscribers
from harness.network.xdms_answer import READ_METHODS, Answer
from harness.sip.authenticator import Authenticator, NonceBook
from harness.sip.digest import Refusal, Refused
from harness.xcap.http import HttpRequest
from harness.xcap.selector import XcapUri
from harness.xcap.usage import ApplicationUsage

INTENDED_IDENTITY = "X-3GPP-Intended-Identity"


class XdmsAccess:
    """Authenticates requests as the profile says, and keeps users out of others' documents."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._mode = site.profile.network.xcap_authentication
        self._subscribers = Subscribers(site.profile)
        self._digest = Authenticator(
            NonceBook(site.new_id), self._subscribers.password_of, expected_of(site)
        )

    def authenticate(self, request: HttpRequest, now: float) -> KnownUser | Answer | None:
        """Who asks, or 401 or 400 where the request does not prove it; None if nobody has to.

        Credentials that nobody asked for are ignored.
        """
        if self._mode == "basic":
            return self._basic(request)
        if self._mode == "digest":
            return self._check_digest(request, now)
        return None

    def _basic(self, request: HttpRequest) -> KnownUser | Answer:
        """RFC 7617. Meant for test networks: over plain HTTP, RFC 4825 §14 forbids it."""
        for value in request.headers.values("Authorization"):
            username, _, password = _basic_credentials(value).partition(b":")
            user = self._subscribers.find(username.decode("utf-8", "replace"))
            if user is not None and hmac.compare_digest(user.password.encode(), password):
                return user
        realm = self._site.profile.pixit.realm
        return Answer(401, (("WWW-Authenticate", f'Basic realm="{realm}"'),))

    def _check_digest(self, request: HttpRequest, now: float) -> KnownUser | Answer | None:
        outcome = self._digest.authenticate(
            request.headers.values("Authorization"),
            request.method,
            request.content,
            now,
            request.target,
        )
        if not isinstance(outcome, Refused):
            return self._subscribers.find(outcome.username)
        if outcome.reason is Refusal.WRONG_URI:
            # RFC 7616 §3.4.6: a uri that is not the request's gets 400.
            return Answer(400)
        challenges = self._digest.challenges(now, stale=outcome.is_stale)
        return Answer(401, tuple(("WWW-Authenticate", value) for value in challenges))

    def forbidden(
        self,
        request: HttpRequest,
        uri: XcapUri,
        usage: ApplicationUsage,
        asking: KnownUser | None,
    ) -> Answer | None:
        """403 where the user may not do this; RFC 4825's default policy (§5.7)."""
        user = self._identity(request, asking)
        if user is None:
            return Answer(403)
        if uri.tree == "users":
            return None if user in ("", self._site.identity(uri.xui)) else Answer(403)
        # "Only trusted users ... can modify global documents": no user is one.
        readable = request.method in READ_METHODS and not usage.global_is_private
        return None if readable else Answer(403)

    def _identity(self, request: HttpRequest, asking: KnownUser | None) -> str | None:
        """The identity that the request is made with; "" for nobody in particular, None for one
        that the sender may not take.

        Without authentication the identity is only a claim. A value that is no identity of this
        network, such as the placeholder "X", claims nothing.
        """
        value = request.headers.get(INTENDED_IDENTITY)
        claimed = "" if value is None else value.strip().strip('"').strip()
        if asking is None:
            return self._site.identity(claimed) if self._site.serves(claimed) else ""
        own = self._site.identity(asking.impu)
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
