"""What an XCAP client writes into its requests: URI, media type, conditions (RFC 4825 §6, §7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.checks.context import Context
from harness.checks.http_general import bad_character
from harness.checks.http_places import (
    asks_for_a_challenge,
    essence,
    field_mismatch,
    is_forwarded,
    target_mismatch,
)
from harness.checks.registry import INFO, MUST, SHOULD, check, http_requests
from harness.checks.session import Session
from harness.checks.xcap_target import XcapTarget, is_known_auid, xcap_target
from harness.model import Mismatch
from harness.xcap.http import HttpRequest
from harness.xcap.selector import XcapUriError, canonical_xui

ELEMENT_TYPE = "application/xcap-el+xml"
ATTRIBUTE_TYPE = "application/xcap-att+xml"

_INTENDED = "X-3GPP-Intended-Identity"
_URI_XUI = re.compile(r"(sips?|tel):.", re.IGNORECASE)
_ENCODED_TWICE = re.compile(r"(sips?|tel)%3a", re.IGNORECASE)
_QUOTED_URI = re.compile(r'"(sips?|tel):[^"\s]+"', re.IGNORECASE)
# How the usages call their documents; rls-services has a rule of its own (RFC 4826 §4.4.7).
_DOCUMENT_NAMES = {
    "resource-lists": ("index",),
    "pres-rules": ("index",),
    "pidf-manipulation": ("index", "perm-presence"),
    "org.openmobilealliance.pres-rules": ("pres-rules",),
    "org.openmobilealliance.xcap-directory": ("directory.xml",),
}


def _refused(
    request: HttpRequest, where: tuple[str, ...]
) -> tuple[XcapTarget, XcapUriError] | None:
    """The request's URI and why it is none, if the reason is in one of these parts of it."""
    target = xcap_target(request)
    if target is None or target.error is None or target.error.where not in where:
        return None
    return target, target.error


# RFC 4825 §8.1 defines no POST: where OMA posts (a search), the path is none of XCAP.
@check(
    "XCAP-TREE-1",
    clause="RFC 4825 §6.2",
    level=MUST,
    on=http_requests("GET", "HEAD", "PUT", "DELETE"),
)
def auid_is_followed_by_a_tree(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The path segment after the AUID is either "users" or "global"."""
    found = _refused(request, ("document selector",))
    if found is not None and "users" in found[1].reason:
        at = found[1].offset
        yield target_mismatch(request, at, '"users" or "global"', request.target[at:] or "nothing")


@check("XCAP-DOCUMENT-1", clause="RFC 4825 §7.1", level=MUST, on=http_requests("PUT", "DELETE"))
def changed_resource_is_in_a_document(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The URI of a PUT or DELETE names a user and a document."""
    yield from _without_document(request)


@check("XCAP-DOCUMENT-2", clause="RFC 4825 §7.3", level=INFO, on=http_requests("GET"))
def fetched_resource_is_in_a_document(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The URI of a GET names a user and a document."""
    yield from _without_document(request)


def _without_document(request: HttpRequest) -> Iterator[Mismatch]:
    found = _refused(request, ("document selector", "XUI"))
    if found is not None and found[1].reason in ("missing", "no document named"):
        expected = "AUID, users, XUI, document"
        yield target_mismatch(request, found[1].offset, expected, found[1].reason)


@check("XCAP-AUID-1", clause="RFC 4825 §6.2", level=INFO, on=http_requests())
def auid_is_known(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The AUID is that of an application usage that is known."""
    target = xcap_target(request)
    if target is not None and not is_known_auid(target.auid):
        at = request.target.find(target.root) + len(target.root)
        yield target_mismatch(request, at, "the AUID of a known application usage", target.auid)


@check(
    "XCAP-XUI-1",
    clause="RFC 4825 §6.2",
    level=SHOULD,
    on=http_requests("PUT", "DELETE"),
    sender="ue",
)
def home_directory_is_the_users_own(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The XUI of what a UE changes is the address-of-record of its user."""
    target = xcap_target(request)
    uri = target.document if target is not None else None
    if uri is None or uri.tree != "users" or not _URI_XUI.match(uri.xui):
        return  # an XUI of another form is provisioned, and any will do
    own = _own_identities(context.session)
    if own and not own & _forms(uri.xui) and _intended(request) != canonical_xui(uri.xui):
        at = request.target.find("/users/") + len("/users/")
        yield target_mismatch(request, at, context.session.identity, uri.xui)


def _own_identities(session: Session) -> set[str]:
    """The identities that the UE has registered or was told, in comparable forms."""
    uris = [session.identity] if session.identity else []
    for registration in session.registrations.by_aor.values():
        uris += [registration.aor, *registration.associated_uris]
    return {form for uri in uris for form in _forms(uri)}


def _forms(uri: str) -> set[str]:
    """A URI in comparable form, and the telephone number that it holds."""
    canonical = canonical_xui(uri.strip().removeprefix("<").partition(">")[0])
    number = canonical.partition(":")[2].partition("@")[0]
    return {canonical, f"tel:{number}"} if number.startswith("+") else {canonical}


def _intended(request: HttpRequest) -> str:
    return canonical_xui((request.headers.get(_INTENDED) or "").strip().strip('"'))


@check("XCAP-XUI-2", clause="RFC 3986 §2.4", level=SHOULD, on=http_requests())
def xui_is_percent_encoded_once(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The XUI is percent-encoded no more than once."""
    target = xcap_target(request)
    uri = target.document if target is not None else None
    if uri is not None and _ENCODED_TWICE.match(uri.xui) and not is_forwarded(request):
        at = request.target.find("/users/") + len("/users/")
        yield target_mismatch(request, at, "one percent-encoding", uri.xui)


@check("XCAP-ENCODING-1", clause="RFC 4825 §6.3", level=MUST, on=http_requests())
def node_selector_is_percent_encoded(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Characters of a node selector that no URI can have are percent-encoded."""
    target = xcap_target(request)
    separator = target.separator if target is not None else None
    at = bad_character(request.target)
    if separator is not None and at is not None and at > separator:
        # "... cannot be directly represented in the HTTP URI. As a result, they are
        # percent-encoded"; of the others "Those characters MUST be percent-encoded".
        char = request.target[at]
        encoded = "".join(f"%{octet:02X}" for octet in char.encode("utf-8", "surrogateescape"))
        yield target_mismatch(request, at, encoded, request.target[at:])


@check("XCAP-ENCODING-2", clause="RFC 4825 §6", level=SHOULD, on=http_requests())
def separator_is_not_percent_encoded(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The node selector separator is written "~~"."""
    target = xcap_target(request)
    at = target.separator if target is not None else None
    if at is not None and not request.target.startswith("~~", at):
        yield target_mismatch(request, at, "~~", request.target[at : at + 6])


@check("XCAP-SELECTOR-1", clause="RFC 4825 §6.3", level=MUST, on=http_requests())
def node_selector_has_no_empty_step(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """Each step of a node selector has at least one character."""
    found = _refused(request, ("node selector",))
    if found is not None and found[1].reason == "an empty step":
        at = found[1].offset
        yield target_mismatch(request, at, "a step", request.target[at:] or "nothing")


@check("XCAP-SELECTOR-2", clause="RFC 4825 §6.3", level=SHOULD, on=http_requests())
def steps_are_those_of_the_grammar(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The steps of a node selector are by name, position and attribute.

    Anything else is an extension-selector, which a server refuses that does not understand it
    (RFC 4825 §8); none is defined.
    """
    found = _refused(request, ("node selector",))
    if found is not None and "no step of the grammar" in found[1].reason:
        expected = 'name, name[n], name[@attribute="value"]'
        yield target_mismatch(request, found[1].offset, expected, found[1].reason)


@check("XCAP-PREFIX-1", clause="RFC 4825 §7.4", level=MUST, on=http_requests())
def prefix_is_bound_by_the_query(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A namespace prefix in a node selector is defined by xmlns() in the query component."""
    found = _refused(request, ("node selector",))
    if found is not None and found[1].reason.startswith("prefix "):
        yield target_mismatch(request, found[1].offset, "xmlns(prefix=URI)", found[1].reason)


@check("XCAP-PREFIX-2", clause="RFC 4825 §6.4", level=SHOULD, on=http_requests())
def query_is_made_of_xmlns(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The query component after a node selector has xmlns() expressions only."""
    found = _refused(request, ("query component",))
    if found is not None and found[0].separator is not None:
        yield target_mismatch(request, found[1].offset, "xmlns(prefix=URI)", found[1].reason)


@check("XCAP-NAMESPACES-1", clause="RFC 4825 §7.10", level=MUST, on=http_requests("PUT", "DELETE"))
def namespace_bindings_are_not_changed(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A node selector of namespace bindings does not appear in a PUT or DELETE."""
    target = xcap_target(request)
    if target is not None and target.kind == "namespaces":
        yield target_mismatch(request, target.separator or 0, "no namespace::*", "namespace::*")


def _type_mismatch(request: HttpRequest, wanted: str) -> Iterator[Mismatch]:
    if "Content-Type" not in request.headers and asks_for_a_challenge(request):
        return
    if essence(request.headers.get("Content-Type")) != wanted:
        yield field_mismatch(request, "Content-Type", wanted)


@check("XCAP-TYPE-1", clause="RFC 4825 §7.1", level=MUST, on=http_requests("PUT"))
def document_has_the_type_of_its_usage(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """A document is put with the media type that its application usage defines."""
    target = xcap_target(request)
    if target is not None and target.kind == "document" and target.usage is not None:
        yield from _type_mismatch(request, target.usage.content_type)


@check("XCAP-TYPE-2", clause="RFC 4825 §7.4", level=MUST, on=http_requests("PUT"))
def element_has_its_type(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """An element is put as application/xcap-el+xml."""
    target = xcap_target(request)
    if target is not None and target.kind == "element":
        yield from _type_mismatch(request, ELEMENT_TYPE)


@check("XCAP-TYPE-3", clause="RFC 4825 §7.7", level=MUST, on=http_requests("PUT"))
def attribute_has_its_type(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """An attribute is put as application/xcap-att+xml."""
    target = xcap_target(request)
    if target is not None and target.kind == "attribute":
        yield from _type_mismatch(request, ATTRIBUTE_TYPE)


@check("XCAP-NAME-1", clause="RFC 4826 §4.4.7", level=SHOULD, on=http_requests("PUT"))
def rls_services_are_in_the_index(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A user's RLS services are defined in the document "index"."""
    target = xcap_target(request)
    uri = target.document if target is not None else None
    if uri is not None and uri.auid == "rls-services" and uri.document != "index":
        yield _name_mismatch(request, "index", uri.document)


@check("XCAP-NAME-2", clause="RFC 4825 §6.2", level=INFO, on=http_requests())
def document_has_its_usual_name(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """A document has the name that its application usage gives it."""
    target = xcap_target(request)
    uri = target.document if target is not None else None
    names = _DOCUMENT_NAMES.get(uri.auid) if uri is not None else None
    if uri is not None and names is not None and uri.document not in names:
        yield _name_mismatch(request, " or ".join(names), uri.document)


def _name_mismatch(request: HttpRequest, expected: str, name: str) -> Mismatch:
    return target_mismatch(request, max(request.target.rfind(name), 0), expected, name)


@check("XCAP-IDENTITY-1", clause="TS 24.109 §7", level=INFO, on=http_requests(), sender="ue")
def intended_identity_is_a_quoted_uri(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """X-3GPP-Intended-Identity is a public user identity in double quotes."""
    value = request.headers.get(_INTENDED)
    is_wanted = value is not None and xcap_target(request) is not None
    if is_wanted and not _QUOTED_URI.fullmatch(value or ""):
        yield field_mismatch(request, _INTENDED, '"sip:user@domain" or "tel:number"')


@check("XCAP-VERSION-1", clause="RFC 4825 §7", level=INFO, on=http_requests(), sender="ue")
def client_speaks_http_1_1(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """An XCAP client is an HTTP/1.1 client."""
    if xcap_target(request) is not None and request.version == "HTTP/1.0":
        yield Mismatch("HTTP/1.1", request.version, "request-line", request.raw.find(b"HTTP/1.0"))
