"""Where in a message something stands, and the mismatches that say so."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Mismatch
from harness.sip.fields import NameAddr
from harness.sip.message import Message, Request, Response
from harness.sip.uri import SipUri, UriError, parse_uri, same_uri

_SHOWN = 200


def offset_of(message: Message, name: str) -> int | None:
    """The byte offset of the first field of this name; None where there is none."""
    rows = message.headers.rows(name)
    return rows[0].offset if rows else None


def mismatch(
    message: Message, name: str, expected: str, observed: str | None = None, hint: str = ""
) -> Mismatch:
    """A mismatch at a header field; what stands there is the observed value unless given."""
    if observed is None:
        observed = shown(message, name)
    return Mismatch(expected, observed, name, offset_of(message, name), hint)


def shown(message: Message, name: str) -> str:
    """All rows of a field as one text, "absent" where there is none."""
    rows = message.headers.rows(name)
    return ", ".join(row.value for row in rows)[:_SHOWN] if rows else "absent"


def absent(message: Message, names: Iterable[str]) -> Iterable[Mismatch]:
    """One mismatch for each field that is not there."""
    for name in names:
        if not message.headers.rows(name):
            yield Mismatch("present", "absent", name)


def start_line_mismatch(message: Request | Response, expected: str, observed: str) -> Mismatch:
    """A mismatch at the Request-URI or another part of the start-line."""
    where = "Request-URI" if isinstance(message, Request) else "Status-Line"
    at = message.raw.find(observed.encode("utf-8", "surrogateescape")) if observed else -1
    return Mismatch(expected, observed, where, at if at >= 0 else None)


def has_token(values: Iterable[str], token: str) -> bool:
    """Whether a list of tokens holds one, in any case."""
    return token.lower() in (value.strip().lower() for value in values)


def equal_uris(one: str, other: str) -> bool:
    """Whether two URIs are the same text or equal by RFC 3261 §19.1.4."""
    if one == other:
        return True
    try:
        return same_uri(one, other)
    except UriError:
        return False


def scheme(uri: str) -> str:
    """The scheme of a URI, in lower case; "" where there is none."""
    name, colon, _ = uri.partition(":")
    return name.strip().lower() if colon else ""


def tag_of(address: NameAddr | None) -> str | None:
    return address.tag if address is not None else None


def accepts(message: Message, media_type: str) -> bool:
    """Whether an Accept header field lists a media type, by itself or by a wildcard."""
    main = media_type.partition("/")[0]
    listed = {
        "".join(value.partition(";")[0].split()).lower()
        for value in message.headers.values("Accept")
    }
    return bool(listed & {media_type, f"{main}/*", "*/*"})


def lost_parameters(given: str, used: str) -> set[str]:
    """The names of the URI parameters that `given` has and `used`, an equal URI, has not."""
    names = []
    for text in (given, used):
        try:
            uri = parse_uri(text)
        except UriError:
            return set()
        if not isinstance(uri, SipUri):
            return set()
        names.append({name.lower() for name, _ in uri.params.pairs})
    return names[0] - names[1]
