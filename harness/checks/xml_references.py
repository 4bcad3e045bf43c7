"""HTTP URIs that stand in XCAP documents: their form, and what they lead to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from harness.body.namespaces import RESOURCE_LISTS
from harness.body.schema import BodyError
from harness.checks.http_general import bad_character
from harness.checks.session import Session
from harness.checks.xcap_target import read_xcap_uri
from harness.checks.xml_trees import read_tree
from harness.sip.grammar import check
from harness.sip.uri import UriError, parse_uri
from harness.xcap.http import HttpRequest
from harness.xcap.nodes import select

_ABSOLUTE = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


def uri_fault(text: str) -> str:
    """What keeps a text from being an absolute URI, SIP's grammar included; "" for a URI."""
    violation = check("addr-spec", text)
    if violation is not None:
        return f"{violation.expected} at character {violation.offset}"
    try:
        parse_uri(text)
    except UriError as error:
        return f"{error.expected} at character {error.offset}"
    return ""


def is_absolute_http(text: str) -> bool:
    """Whether a text is an absolute HTTP or HTTPS URI."""
    return _ABSOLUTE.match(text) is not None


def illegal_in(uri: str) -> str:
    """The first character that an HTTP URI, or a path without "/" first, cannot hold; or ""."""
    text = uri if is_absolute_http(uri) else f"/{uri}"
    place = bad_character(text)
    return "" if place is None else text[place : place + 1]


def authority_of(uri: str) -> tuple[str, int] | None:
    """Host in lower case and port of an absolute HTTP URI."""
    try:
        parts = urlsplit(uri)
        port = parts.port or _PORTS.get(parts.scheme.lower(), 0)
    except ValueError:
        return None
    return (parts.hostname.lower(), port) if parts.hostname else None


def own_authority(request: HttpRequest) -> tuple[str, int] | None:
    """Host and port that a request is for: of its absolute target, else of its Host."""
    if is_absolute_http(request.target):
        return authority_of(request.target)
    return authority_of(f"http://{request.host}/") if request.host else None


def is_missing(uri: str, session: Session) -> bool:
    """Whether a list is known not to be where a URI says: its document was put without it."""
    target = read_xcap_uri(uri)
    node = target.uri.node if target is not None and target.uri is not None else None
    document = session.http.document_of(target) if target is not None else None
    if node is None or document is None or document.content is None:
        return False
    # An element that was put or deleted since may be the list.
    if document.edited - {"entry", "entry-ref", "external", "display-name"}:
        return False
    try:
        root = read_tree(document.content)
    except BodyError:
        return False
    return select(root, node.steps, RESOURCE_LISTS) is None
