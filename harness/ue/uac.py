"""Makes the requests of the UE, sends them through transactions, and gives their answers back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from harness.model import Peer, Send, Transport
from harness.sip.aka import Usim
from harness.sip.message import Request, Response, make_raw, make_request
from harness.sip.transaction import Failure, Kind, Received, TransactionLayer
from harness.ue.account import Account
from harness.ue.keyring import Keyring
from harness.ue.personas import fill_rows
from harness.ue.settings import Settings

_CHALLENGE_FIELDS = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
_CREDENTIAL_FIELDS = {401: "Authorization", 407: "Proxy-Authorization"}
_MAX_REQUESTS = 64


class Party(Protocol):
    """Whoever asked, and hears the outcome."""

    def answered(self, request: Request, response: Response, now: float) -> list[Send]:
        """A final response came."""

    def unanswered(self, request: Request, failure: Failure, now: float) -> list[Send]:
        """No final response came: timeout (408) or transport error (503), RFC 3261 §8.1.3.1."""


class Uac:
    """The client side of all SIP requests; `report` hears of what went wrong."""

    def __init__(
        self,
        settings: Settings,
        account: Account,
        layer: TransactionLayer,
        new_id: Callable[[], str],
        report: Callable[[str], None],
    ) -> None:
        self.settings = settings
        self.report = report
        self.account = account
        self.new_id = new_id
        self._layer = layer
        self._keyrings: dict[tuple[int, str], Keyring] = {}
        self._usim = Usim(settings.card, settings.sqn) if settings.card is not None else None
        self._parties: dict[str, Party] = {}

    def make(
        self,
        method: str,
        uri: str,
        values: Mapping[str, str],
        body: bytes = b"",
        next_hop: str = "",
    ) -> tuple[Request, Peer]:
        """A request as the persona writes it, and where it goes; `values` fill its rows.

        `next_hop` is the URI that it is sent to, where that is neither the topmost route nor the
        Request-URI. The rows of every method may use: via, route, contact, instance, feature_tags,
        user_agent, display, authorization, proxy_authorization; `values` may replace any of them.
        """
        settings, persona = self.settings, self.settings.persona
        if settings.secure and not next_hop:  # in a dialog, its URIs are what they are
            uri = _secured(uri)
            values = {**values, **{name: _secured(values[name]) for name in ("from_", "to")}}
        route = values.get("route", self.account.route)
        destination = self.account.next_hop("" if next_hop else route, next_hop or uri)
        transport, branch = destination.transport.value.upper(), f"z9hG4bK{self.new_id()}"
        # RFC 5923 §8.1: the network may send its requests over the connection that we have opened.
        alias = ";alias" if destination.transport is Transport.TLS else ""
        display = settings.display_name.replace("\\", "\\\\").replace('"', '\\"')
        filled = {
            "transport": transport,
            "sent_by": str(settings.local),
            "branch": branch,
            "via": f"SIP/2.0/{transport} {settings.local};branch={branch};rport{alias}",
            "route": route,
            "display": f'"{display}" ' if display else "",
            "contact": self.account.contact,
            "instance": settings.instance,
            "feature_tags": persona.feature_tags,
            "user_agent": settings.user_agent,
            "authorization": self._credentials(401, method, uri, body),
            "proxy_authorization": self._credentials(407, method, uri, body),
            **values,
        }
        if not filled["authorization"]:
            filled["authorization"] = values.get("initial_authorization", "")
        fields = fill_rows(persona.requests[method], filled)
        return self._put_together(method, uri, fields, body), destination

    def _put_together(
        self, method: str, uri: str, fields: list[tuple[str, str]], body: bytes
    ) -> Request:
        if self.settings.persona.strict:
            return make_request(method, uri, fields, body)
        complete = [*fields, ("Content-Length", str(len(body)))]
        request = make_raw(f"{method} {uri} SIP/2.0", complete, body)
        assert isinstance(request, Request)
        return request

    def send(self, request: Request, destination: Peer, party: Party, now: float) -> list[Send]:
        """Send a request in a transaction of its own; `party` hears the outcome."""
        while len(self._parties) >= _MAX_REQUESTS:
            del self._parties[next(iter(self._parties))]
        self._parties[_branch(request)] = party
        # RFC 3261 §18.1.1 moves large requests to TCP; a UE that has none keeps them on UDP.
        settings = self.settings
        stays = Transport.TCP not in settings.transports or not settings.persona.leaves_udp
        return self._layer.send_request(request, destination, now, prefer_udp=stays)

    def receive(self, received: Received, now: float) -> list[Send]:
        """Take a response that the transaction layer passed on."""
        response, request = received.message, received.request
        if received.kind is not Kind.RESPONSE or request is None:
            return []
        assert isinstance(response, Response)
        if response.status < 200:
            return []
        party = self._parties.pop(_branch(request), None)
        if 200 <= response.status < 300:
            for keyring in self._keyrings.values():
                keyring.accepted(response.headers.get("Authentication-Info"))
        return party.answered(request, response, now) if party is not None else []

    def give_up(self, failure: Failure, now: float) -> list[Send]:
        """Take a client transaction that ended without a final response."""
        party = self._parties.pop(_branch(failure.request), None)
        return party.unanswered(failure.request, failure, now) if party is not None else []

    def learn_challenge(self, request: Request, response: Response) -> bool:
        """Take the challenge of a 401 or 407; whether the request is worth sending again."""
        keyring = self._keyring(response.status, request.method, make=True)
        challenges = response.headers.values(_CHALLENGE_FIELDS[response.status])
        sent = request.headers.get(_CREDENTIAL_FIELDS[response.status])
        return keyring is not None and keyring.learn(challenges, sent)

    def _credentials(self, status: int, method: str, uri: str, body: bytes) -> str:
        keyring = self._keyring(status, method, make=False)
        return keyring.answer(method, uri, body) if keyring is not None else ""

    def _keyring(self, status: int, method: str, *, make: bool) -> Keyring | None:
        # Credentials for a server are kept apart for the registrar and for all others; those for
        # the proxy go with every request through it (RFC 3261 §22.3).
        scope = "REGISTER" if status == 401 and method == "REGISTER" else ""
        key = (status, scope)
        if make and key not in self._keyrings:
            own = self.settings
            self._keyrings[key] = Keyring(
                own.username, own.password, own.realm, self.new_id, self._usim
            )
        return self._keyrings.get(key)


def _secured(text: str) -> str:
    """A SIPS URI for a SIP URI, alone or in angle brackets (RFC 5630 §5.1.1.1)."""
    return text.replace("sip:", "sips:", 1) if text.startswith(("sip:", "<sip:")) else text


def _branch(request: Request) -> str:
    via = request.top_via
    return via.branch or "" if via is not None else ""
