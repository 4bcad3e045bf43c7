"""Which HTTP requests are XCAP's, and what their request-targets say (RFC 4825 §6).

"There is no foolproof way to identify a URL as pointing to an XCAP resource" (RFC 4825 §14): a
known AUID before "users" or "global" is taken for one, any other only with a further sign of XCAP.
The URI of a user behind "users" is such a sign for a reverse domain name alone, which is the form
of the AUIDs that vendors make (RFC 4825 §5.1): servers of every kind have users.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from harness.sip.remember import found_once, latest
from harness.xcap.http import HttpRequest
from harness.xcap.percent import percent_decode
from harness.xcap.selector import (
    NODE_SELECTOR_SEPARATOR,
    XcapUri,
    XcapUriError,
    canonical_xui,
    parse_xcap_uri,
)
from harness.xcap.usage import APPLICATION_USAGES, ApplicationUsage

_MAX_SEGMENTS = 64
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_URI_XUI = re.compile(r"(sips?|tel):", re.IGNORECASE)
_XCAP_TYPE = re.compile(r"\s*application/xcap-(el|att|ns)\+xml\s*(;|$)", re.IGNORECASE)
_REVERSE_DOMAIN = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][\w-]*)+", re.IGNORECASE)
# The trees of AUIDs that are registered or reserved, beside the usages that we know in detail.
_AUID_TREES = re.compile(r"org\.openmobilealliance\.[\w.-]+|simservs\.ngn\.etsi\.org|org\.3gpp\..+")
# The media types of documents that nobody but XCAP puts; PIDF is put by others as well.
_DOCUMENT_TYPES = {each.content_type for each in APPLICATION_USAGES.values()} - {
    "application/pidf+xml"
}

DocumentKey = tuple[str, str, str, str, str]
"""XCAP root, AUID, tree, user in canonical form, document."""


@dataclass(frozen=True)  # not slotted: the key is cached
class XcapTarget:
    """A request-target of XCAP, taken apart as far as it can be.

    `root` is the path of the XCAP root; `document` is the URI without its node selector, `uri` all
    of it, each None where it cannot be read, `error` then says why. `separator` is where the node
    selector separator stands (characters), None without one.
    """

    root: str
    auid: str
    document: XcapUri | None
    uri: XcapUri | None
    error: XcapUriError | None
    separator: int | None

    @property
    def usage(self) -> ApplicationUsage | None:
        """The application usage; None for an AUID that we know nothing of."""
        return APPLICATION_USAGES.get(self.auid)

    @property
    def kind(self) -> Literal["document", "element", "attribute", "namespaces", ""]:
        """What the URI identifies; "" where that cannot be told."""
        if self.uri is None:
            return ""
        return "document" if self.uri.node is None else self.uri.node.kind

    @found_once
    def key(self) -> DocumentKey | None:
        """What two URIs of one document have in common, however they are spelt."""
        uri = self.document
        if uri is None:
            return None
        return self.root, self.auid, uri.tree, canonical_xui(uri.xui), uri.document


@latest
def xcap_target(request: HttpRequest) -> XcapTarget | None:
    """The XCAP URI of a request; None for HTTP that is not XCAP."""
    return _read(request.target, _has_sign(request))


def read_xcap_uri(uri: str) -> XcapTarget | None:
    """The same for a URI that stands in a document."""
    return _read(uri, False)


def _has_sign(request: HttpRequest) -> bool:
    written = request.headers.get("Content-Type") or ""
    return (
        "X-3GPP-Intended-Identity" in request.headers
        or _XCAP_TYPE.match(written) is not None
        or written.partition(";")[0].strip().lower() in _DOCUMENT_TYPES
    )


@lru_cache(maxsize=256)
def _read(target: str, has_sign: bool) -> XcapTarget | None:
    match = _AUTHORITY.match(target)
    start = match.end() if match else 0
    end = target.find("?") if "?" in target else len(target)
    segments, separator = _segments(target, start, end)
    place = _auid_place([text for text, _ in segments], has_sign, separator is not None)
    if place is None:
        return None
    auid, auid_at = segments[place]
    root = target[start:auid_at]
    uri, error = _parse(target, root)
    document: XcapUri | None
    if uri is not None:
        document, document_error = XcapUri(uri.auid, uri.tree, uri.xui, uri.document), None
    else:
        document, document_error = _parse(_without_node(target, separator, end), root)
    return XcapTarget(root, auid, document, uri, document_error or error, separator)


def _parse(target: str, root: str) -> tuple[XcapUri | None, XcapUriError | None]:
    try:
        return parse_xcap_uri(target, root), None
    except XcapUriError as error:
        return None, error


def _without_node(target: str, separator: int | None, end: int) -> str:
    return target[:end] if separator is None else target[:separator].removesuffix("/")


def _segments(target: str, start: int, end: int) -> tuple[list[tuple[str, int]], int | None]:
    """The decoded path segments before the separator, each with its place, and where that is."""
    segments: list[tuple[str, int]] = []
    position = start
    while position <= end and len(segments) < _MAX_SEGMENTS:
        stop = target.find("/", position, end)
        stop = end if stop < 0 else stop
        text = target[position:stop]
        if "%" in text or not text.isascii():
            text = percent_decode(target, position, stop).text
        if text == NODE_SELECTOR_SEPARATOR:
            return segments, position
        segments.append((text, position))
        position = stop + 1
    return segments, None


def _auid_place(names: list[str], has_sign: bool, has_separator: bool) -> int | None:
    """Which segment is the AUID."""
    in_tree = [place for place in range(1, len(names)) if names[place] in ("users", "global")]
    for place in in_tree:
        if _is_known_auid(names[place - 1]):
            return place - 1
    is_certain = has_sign or has_separator
    for place in in_tree:
        user = names[place + 1] if place + 1 < len(names) else ""
        is_named = _URI_XUI.match(user) and _REVERSE_DOMAIN.fullmatch(names[place - 1])
        if names[place - 1] and (is_certain or is_named):
            return place - 1
    # An AUID that no tree follows, as in a path that is built wrongly.
    known = next((place for place, name in enumerate(names) if _is_known_auid(name)), None)
    is_meant = is_certain or any(_URI_XUI.match(name) for name in names)
    return known if is_meant else None


def _is_known_auid(name: str) -> bool:
    return name in APPLICATION_USAGES or _AUID_TREES.fullmatch(name) is not None


def is_known_auid(auid: str) -> bool:
    """Whether an AUID is that of an application usage we have heard of."""
    return _is_known_auid(auid)
