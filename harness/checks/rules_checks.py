"""Presence authorization documents beyond their schema (RFC 4745, RFC 5025, OMA XDM)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from harness.body import tree
from harness.body.namespaces import COMMON_POLICY, OMA_COMMON_POLICY, PRES_RULES
from harness.body.schema import BodyError, path_of
from harness.body.tree import Timestamp
from harness.checks import xml_documents as documents
from harness.checks.context import Context
from harness.checks.registry import INFO, MUST, SHOULD, at_end, bodies, check
from harness.checks.session import Session
from harness.checks.xcap_target import read_xcap_uri
from harness.checks.xml_documents import at_element, elements, root_of, target_of, where_of
from harness.checks.xml_references import illegal_in, is_absolute_http, is_missing, uri_fault
from harness.checks.xml_trees import read_tree
from harness.config import Profile
from harness.model import Mismatch
from harness.trace import TraceEntry

_RULES = bodies(documents.AUTH_POLICY, documents.FRAGMENT)
_OMA_AUID = "org.openmobilealliance.pres-rules"
_AUIDS = ("pres-rules", _OMA_AUID)
_RULE, _ONE, _MANY, _EXCEPT, _VALIDITY, _FROM, _UNTIL = (
    tree.qname(COMMON_POLICY, name)
    for name in ("rule", "one", "many", "except", "validity", "from", "until")
)
_ENTRY = tree.qname(OMA_COMMON_POLICY, "entry")
_UNKNOWN = tree.qname(PRES_RULES, "provide-unknown-attribute")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S")
_LIST_CLAUSE = "OMA XDM Core §element external-list"


def _in(body: object, context: Context, *tags: str) -> Iterator[etree._Element]:
    where = where_of(context) if isinstance(body, documents.Fragment) else None
    if where is not None and where.auid not in _AUIDS:
        return
    root = root_of(body, context)
    if root is not None:
        yield from elements(root, *tags)


@check("RULES-ID-1", clause="RFC 4745 §6.1", level=MUST, on=_RULES)
def rule_ids_are_unique(body: object, context: Context) -> Iterator[Mismatch]:
    """No two rules have the same id."""
    seen: set[str] = set()
    for element in _in(body, context, _RULE):
        value = (element.get("id") or "").strip()
        if value and value in seen:
            yield at_element(context, element, "an id of its own", value, attribute="id")
        seen.add(value)


@check("RULES-IDENTITY-1", clause="RFC 4745 §7.2", level=MUST, on=_RULES)
def identity_is_a_uri(body: object, context: Context) -> Iterator[Mismatch]:
    """The id of a one or an except is an identity expressed as a URI."""
    for element in _in(body, context, _ONE, _EXCEPT):
        value = element.get("id")
        if value is not None and _SCHEME.match(value.strip()) is None:
            expected = "a URI such as sip:bob@example.com"
            yield at_element(context, element, expected, value or "nothing", attribute="id")


@check("RULES-IDENTITY-2", clause="RFC 4745 §7.2", level=SHOULD, on=_RULES)
def identity_can_be_matched(body: object, context: Context) -> Iterator[Mismatch]:
    """The id of a one or an except is well-formed by the syntax of its URI scheme."""
    for element in _in(body, context, _ONE, _EXCEPT):
        value = (element.get("id") or "").strip()
        if _SCHEME.match(value) is None:
            continue
        fault = uri_fault(value)
        if fault:
            yield at_element(context, element, fault, value, attribute="id")


@check("RULES-IDENTITY-3", clause="RFC 4745 §7.1.3", level=SHOULD, on=_RULES)
def domain_is_in_lower_case(body: object, context: Context) -> Iterator[Mismatch]:
    """The domain of a many or an except is in lower case."""
    for element in _in(body, context, _MANY, _EXCEPT):
        value = element.get("domain") or ""
        if value.isascii() and value != value.lower():
            yield at_element(context, element, value.lower(), value, attribute="domain")


@check("RULES-IDENTITY-4", clause="RFC 4745 §7.2", level=MUST, on=_RULES)
def single_entity_has_no_domain(body: object, context: Context) -> Iterator[Mismatch]:
    """A one has no domain attribute."""
    for element in _in(body, context, _ONE):
        value = element.get("domain")
        if value is not None:
            yield at_element(context, element, "no domain", value, attribute="domain")


@check("RULES-VALIDITY-3", clause="RFC 4745 §7.4", level=MUST, on=_RULES)
def validity_has_pairs(body: object, context: Context) -> Iterator[Mismatch]:
    """A validity has from and until elements in pairs."""
    for element in _in(body, context, _VALIDITY):
        found = [each.tag for each in tree.elements(element)]
        if len(found) % 2 or found != [_FROM, _UNTIL] * (len(found) // 2):
            observed = ", ".join(etree.QName(each).localname for each in found)
            yield at_element(context, element, "from, until, from, until ...", observed)


@check("RULES-VALIDITY-1", clause="RFC 4745 §7.4", level=SHOULD, on=_RULES)
def validity_has_zones(body: object, context: Context) -> Iterator[Mismatch]:
    """The times of a validity say their offset to UTC."""
    for element in _in(body, context, _FROM, _UNTIL):
        stamp = Timestamp(tree.raw_text(element))
        if not stamp.has_zone and Timestamp(f"{stamp.text}Z").moment is not None:
            yield at_element(context, element, "a time with Z or an offset", stamp.text)


@check("RULES-VALIDITY-2", clause="RFC 4745 §7.4", level=SHOULD, on=_RULES)
def validity_ends_after_it_starts(body: object, context: Context) -> Iterator[Mismatch]:
    """A validity lasts from a time until a later one."""
    for element in _in(body, context, _UNTIL):
        before = element.getprevious()
        if before is None or before.tag != _FROM:
            continue
        start, end = (Timestamp(tree.raw_text(each)).moment for each in (before, element))
        if start is not None and end is not None and end <= start:
            observed = tree.text(element) or ""
            yield at_element(context, element, f"later than {tree.text(before)}", observed)


@check("RULES-UNKNOWN-1", clause="RFC 5025 §3.3.2.14", level=MUST, on=_RULES)
def unknown_attribute_is_named(body: object, context: Context) -> Iterator[Mismatch]:
    """A provide-unknown-attribute has a name without prefix and a namespace that is a URI."""
    for element in _in(body, context, _UNKNOWN):
        name, namespace = element.get("name"), element.get("ns")
        if name is not None and ":" in name:
            yield at_element(context, element, "a name without prefix", name, attribute="name")
        if namespace is not None and _SCHEME.match(namespace.strip()) is None:
            observed = namespace or "nothing"
            yield at_element(context, element, "a namespace URI", observed, attribute="ns")


def _anchors(body: object, context: Context) -> Iterator[tuple[etree._Element, str]]:
    for element in _in(body, context, _ENTRY):
        value = element.get("anc")
        if value is not None:
            yield element, value.strip()


@check("RULES-ANCHOR-1", clause=_LIST_CLAUSE, level=SHOULD, on=_RULES)
def anchor_is_the_uri_of_a_list(body: object, context: Context) -> Iterator[Mismatch]:
    """The anc of an external-list entry is the absolute HTTP URI of a list."""
    for element, value in _anchors(body, context):
        target = read_xcap_uri(value)
        node = target.uri.node if target is not None and target.uri is not None else None
        is_other = target is not None and (target.auid != "resource-lists" or node is None)
        if not is_absolute_http(value) or is_other:
            expected = "as in http://.../resource-lists/users/.../list%5B@name=%22...%22%5D"
            yield at_element(context, element, expected, value or "nothing", attribute="anc")


@check("RULES-ANCHOR-2", clause="RFC 3986 §2", level=SHOULD, on=_RULES)
def anchor_is_percent_encoded(body: object, context: Context) -> Iterator[Mismatch]:
    """The anc of an external-list entry holds no character that a URI cannot hold."""
    for element, value in _anchors(body, context):
        found = illegal_in(value) if is_absolute_http(value) else ""
        if found:
            hint = f"{found!r} is not legal in a URI: percent-encode it"
            yield at_element(
                context, element, "a percent-encoded URI", value, attribute="anc", hint=hint
            )


@check("RULES-ANCHOR-3", clause="RFC 3986 §2.2", level=INFO, on=_RULES)
def anchor_spells_the_user_as_requests_do(body: object, context: Context) -> Iterator[Mismatch]:
    """The anc of an external-list entry spells the user as the request-target does.

    A server may take them for two users: the octet of a reserved character is not the character.
    """
    own = target_of(context)
    if own is None or own.uri is None:
        return
    spelling = _user_segment(_target_text(context))
    for element, value in _anchors(body, context):
        other = read_xcap_uri(value)
        is_same = other is not None and other.uri is not None and other.uri.user == own.uri.user
        found = _user_segment(value)
        if is_same and spelling and found and found != spelling:
            yield at_element(context, element, spelling, found, attribute="anc")


def _target_text(context: Context) -> str:
    return str(getattr(context.entry.message, "target", ""))


def _user_segment(uri: str) -> str:
    return uri.partition("/users/")[2].partition("/")[0]


@check("RULES-ANCHOR-4", clause=_LIST_CLAUSE, level=INFO, on=at_end(), sender="ue")
def anchors_lead_to_lists(
    session: Session, profile: Profile
) -> Iterator[tuple[TraceEntry, Mismatch]]:
    """The list that a rule refers to is in the document that was put, if that was seen.

    Judged at the end, as a list may be put after the rules.
    """
    for key, document in tuple(session.http.documents.items()):
        if key[1] not in _AUIDS or document.source is None or document.content is None:
            continue
        for element in _entries(document.content):
            anchor = (element.get("anc") or "").strip()
            if is_missing(anchor, session):
                yield document.source, Mismatch("a list that is there", anchor, path_of(element))


def _entries(data: bytes) -> Iterator[etree._Element]:
    try:
        yield from elements(read_tree(data), _ENTRY)
    except BodyError:
        return


@check("RULES-EMPTY-1", clause="RFC 4745 §10.2", level=INFO, on=bodies(documents.AUTH_POLICY))
def rule_grants_something(body: object, context: Context) -> Iterator[Mismatch]:
    """A rule has an action or a transformation: without either it grants nothing."""
    for element in _in(body, context, _RULE):
        parts = [tree.child(element, COMMON_POLICY, n) for n in ("actions", "transformations")]
        if not any(len(part) for part in parts if part is not None):
            yield at_element(context, element, "an action or transformation", "none")
