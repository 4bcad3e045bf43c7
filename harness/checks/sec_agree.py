"""The security agreement of a UE with its first proxy (RFC 3329), which the IMS uses for IPsec.

What the fields say is read here, and what the RFC asks of them is checked. The rules that
TS 24.229 adds are in `ims_security`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from harness.checks.context import Context
from harness.checks.places import has_token, mismatch
from harness.checks.registry import MUST, SHOULD, check, requests
from harness.checks.session_auth import Nonce, credentials_in
from harness.model import Mismatch
from harness.sip.message import Message, Request, Response
from harness.sip.parameters import Parameters

CLIENT, SERVER, VERIFY = "Security-Client", "Security-Server", "Security-Verify"
IPSEC = "ipsec-3gpp"
_FIELDS = (CLIENT, VERIFY)

# RFC 3329 appendix A: what a parameter of ipsec-3gpp means where it is left out.
_DEFAULTS = {"prot": "esp", "mod": "trans", "ealg": "null"}
# RFC 3261 §20: neither may have a Proxy-Require of its own.
_WITHOUT = frozenset({"ACK", "CANCEL"})


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A security mechanism and its parameters, in a form that can be compared."""

    name: str
    params: frozenset[tuple[str, str]]

    def get(self, name: str) -> str | None:
        """The value of a parameter; None where there is none."""
        return next((value for key, value in self.params if key == name), None)


def mechanisms_in(message: Message, field: str) -> tuple[Mechanism, ...]:
    """The mechanisms of the signalling plane that a Security field lists, in their order.

    () where the field cannot be read: that is the matter of GEN-SYNTAX-1. Mechanisms for media
    (TS 24.229 §7.2A.7: "mediasec") are none of them.
    """
    if not message.headers.rows(field):
        return ()
    if any(problem.where == field for problem in message.malformed):
        return ()
    found = map(_mechanism, message.headers.values(field))
    return tuple(each for each in found if each.get("mediasec") is None)


# A UE says the same in every request, and several checks look at it.
@lru_cache(maxsize=256)
def _mechanism(value: str) -> Mechanism:
    name, _, rest = value.partition(";")
    name = name.strip().lower()
    written = {
        key.lower(): _canonical(key.lower(), text) for key, text in Parameters.parse(rest).items()
    }
    defaults = _DEFAULTS if name == IPSEC else {}
    return Mechanism(name, frozenset({**defaults, **written}.items()))


def _canonical(name: str, value: str | None) -> str:
    text = (value or "").strip().lower()
    if name == "q":
        return text.rstrip("0").rstrip(".") if "." in text else text
    return text.lstrip("0") if text.isdigit() else text


def uses_ipsec(message: Message) -> bool:
    """Whether a request offers IPsec as 3GPP has it: its user is authenticated with AKA."""
    return any(each.name == IPSEC for each in mechanisms_in(message, CLIENT))


def answered_challenges(request: Request, context: Context) -> Iterator[tuple[Nonce, Response]]:
    """The 401s that a request answers, with a response and not with a failure (RFC 3310 §3.4)."""
    for _, _, credentials in credentials_in(request):
        is_failure = not credentials.response or credentials.value.get("auts") is not None
        nonce = context.session.authentication.find(credentials)
        if credentials.nonce and not is_failure and nonce is not None:
            response = nonce.entry.message
            if isinstance(response, Response) and response.status == 401:
                yield nonce, response


# RFC 3329 §2.3.1: "The client MUST add both a Require and Proxy-Require header field with the
# value "sec-agree" to its request", and later ones "MUST also have both".
@check("GEN-SECURITY-1", clause="RFC 3329 §2.3.1", level=MUST, on=requests(), sender="ue")
def security_agreement_is_required(request: Request, context: Context) -> Iterator[Mismatch]:
    """A request with Security-Client or Security-Verify has sec-agree in Require and Proxy-Require.

    A list of mechanisms for media alone is no such agreement.
    """
    if request.method in _WITHOUT or not any(mechanisms_in(request, each) for each in _FIELDS):
        return
    for name in ("Require", "Proxy-Require"):
        if not has_token(request.headers.values(name), "sec-agree"):
            yield mismatch(request, name, "a list with sec-agree")


# RFC 3329 §2.3.1: "These requests MUST contain a Security-Verify header field that mirrors the
# server's list received previously in the Security-Server header field", where "both lists have to
# contain the same security mechanisms in the same order".
@check(
    "GEN-SECURITY-2",
    clause="RFC 3329 §2.3.1",
    level=MUST,
    on=requests("REGISTER"),
    sender="ue",
)
def security_verify_mirrors_the_list(request: Request, context: Context) -> Iterator[Mismatch]:
    """A REGISTER that answers a challenge has its Security-Server list in Security-Verify."""
    for _, response in answered_challenges(request, context):
        wanted = mechanisms_in(response, SERVER)
        if not wanted or not _takes_part(request, context):
            continue
        if any(problem.where == VERIFY for problem in request.malformed):
            continue
        if mechanisms_in(request, VERIFY) != wanted:
            listed = ", ".join(response.headers.values(SERVER))
            yield mismatch(request, VERIFY, listed[:200])


def _takes_part(request: Request, context: Context) -> bool:
    """Whether the UE asked for a security agreement, or a proxy did it alone."""
    refused = context.session.authentication.challenged.get(request.call_id or "")
    asked = (request, refused[0]) if refused is not None else (request,)
    return any(bool(mechanisms_in(each, field)) for each in asked for field in _FIELDS)


# RFC 3329 §2.3.1: "The client SHOULD NOT add preference parameters to this list."
@check("GEN-SECURITY-4", clause="RFC 3329 §2.3.1", level=SHOULD, on=requests(), sender="ue")
def offered_mechanisms_have_no_preference(request: Request, context: Context) -> Iterator[Mismatch]:
    """The mechanisms in Security-Client have no q parameter: the server prefers, not the client."""
    for each in mechanisms_in(request, CLIENT):
        value = each.get("q")
        if value is not None:
            yield mismatch(request, CLIENT, "no q parameter", f"{each.name};q={value}")
            return
