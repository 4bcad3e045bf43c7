"""HTTP conversations between an XCAP client and its server, written as data."""

from __future__ import annotations

from harness.model import Transport
from harness.sip.digest import answer as answer_challenge
from harness.sip.digest import parse_challenge
from tests.checks.conversation import Step, Value, answer, message, net, request, ue

HOME = "users/sip%3Aalice%40example.com"
LISTS = f"/resource-lists/{HOME}/index"
RLS = f"/rls-services/{HOME}/index"
ROOT = "http://xcap.example.com"
LIST_SELECTOR = "/~~/resource-lists/list%5B@name=%22rcs%22%5D"
ENTRY = f"{LISTS}{LIST_SELECTOR}/entry%5B@uri=%22sip:bob@example.com%22%5D"
ENTRY_BODY = b'<entry uri="sip:bob@example.com"/>'

LISTS_TYPE = "application/resource-lists+xml"
RLS_TYPE = "application/rls-services+xml"
ELEMENT_TYPE = "application/xcap-el+xml"
ATTRIBUTE_TYPE = "application/xcap-att+xml"

REGISTERED = [ue(register := request("REGISTER", branch="z9hG4bKhttp")), net(answer(register))]


def http(
    method: str,
    target: str = LISTS,
    body: bytes = b"",
    *,
    version: str = "HTTP/1.1",
    after: float = 0.1,
    **fields: Value,
) -> Step:
    """A request of the UE that keeps all rules, but for what the arguments change."""
    given: dict[str, Value] = {"Host": "xcap.example.com"}
    if body or method == "PUT":
        given |= {"Content-Type": content_type(target), "Content-Length": len(body)}
    given |= {name.replace("_", "-"): value for name, value in fields.items()}
    raw = message(f"{method} {target} {version}", given, body)
    return ue(raw, after, Transport.HTTP)


def content_type(target: str) -> str:
    """What a body for this target is labelled with."""
    if "~~" in target:
        return ATTRIBUTE_TYPE if target.rpartition("/")[2].startswith("@") else ELEMENT_TYPE
    return RLS_TYPE if "rls-services" in target else LISTS_TYPE


def reply(status: int = 200, body: bytes = b"", **fields: Value) -> Step:
    """A response that keeps all rules, but for what the arguments change."""
    given: dict[str, Value] = {
        "Date": "Thu, 19 Jun 2014 06:30:47 GMT",
        "ETag": '"e1"' if status in (200, 201) else None,
        "Cache-Control": "no-cache",
        "Content-Length": None if status in (204, 304) or status < 200 else len(body),
    }
    given |= {name.replace("_", "-"): value for name, value in fields.items()}
    return net(message(f"HTTP/1.1 {status} Reason", given, body), transport=Transport.HTTP)


def lists(content: str = '<list name="rcs"/>') -> bytes:
    """A resource-lists document."""
    text = f'<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">{content}'
    return f"{text}</resource-lists>".encode()


def services(
    uri: str = f"{ROOT}{LISTS}{LIST_SELECTOR}", service: str = "sip:alice-list@example.com"
) -> str:
    """A <service>."""
    return f'<service uri="{service}"><resource-list>{uri}</resource-list></service>'


def rls(content: str) -> bytes:
    """An rls-services document."""
    text = f'<rls-services xmlns="urn:ietf:params:xml:ns:rls-services">{content}'
    return f"{text}</rls-services>".encode()


def challenge(nonce: str = "n1", **params: str) -> str:
    """A Digest challenge."""
    given = {"realm": "example.com", "nonce": nonce, "opaque": "o", "qop": "auth", **params}
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in given.items())


def credentials(
    target: str = LISTS,
    method: str = "GET",
    *,
    nc: int = 1,
    nonce: str = "n1",
    user: str = "alice",
    password: str = "secret",
    **params: str,
) -> str:
    """The answer to `challenge`."""
    asked = parse_challenge(challenge(nonce, **params))
    assert asked is not None
    return answer_challenge(asked, user, password, method, target, b"", nc, "0a4f113b")


def challenged(**params: str) -> list[Step]:
    """A request that the server challenges."""
    return [http("GET"), reply(401, WWW_Authenticate=challenge(**params))]
