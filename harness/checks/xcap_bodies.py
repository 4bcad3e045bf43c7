"""Whether a body is the node that the URI selects (RFC 4825 §7, §8.3).

Form, encoding and schema of the bodies are the matter of the XML checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from harness.body.wellformed import BodyError, parse_fragment
from harness.checks.context import Context
from harness.checks.http_places import body_mismatch, http_request
from harness.checks.registry import MUST, SHOULD, check, http_requests, http_responses
from harness.checks.xcap_target import XcapTarget, xcap_target
from harness.model import Mismatch
from harness.xcap.http import HttpMessage, HttpRequest, HttpResponse
from harness.xcap.nodes import attribute_name
from harness.xcap.selector import AttributeSelector, QName, Step

_DECLARATION = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<\?xml\b[^>]*\?>")
_PREFIX = re.compile(r"[<\s/]([^\W\d][\w.-]{0,63}):[^\W\d]")
_MAX_PREFIXES = 256
_UNKNOWN = "urn:prefix-of-the-document:"
_REFERENCE = r"&(?:#[0-9]+|#x[0-9A-Fa-f]+|[A-Za-z_][\w.-]*);"
# AttValue without its quotes, which servers and clients leave out as often as not.
_ATTRIBUTE_VALUE = re.compile(rf"(?:[^<&]|{_REFERENCE})*")


def read_element(data: bytes) -> etree._Element:
    """The one element of a fragment; raises `BodyError`.

    Prefixes that only the document declares stand for namespaces of their own, and a name without
    a prefix or declaration is in none: what they are, the document alone tells (RFC 4825 §7.6).
    """
    declaration = _DECLARATION.match(data)
    content = data[declaration.end() :] if declaration else data
    found = dict.fromkeys(_PREFIX.findall(content.decode("utf-8", "replace")))
    prefixes = [prefix for prefix in found if prefix not in ("xml", "xmlns")][:_MAX_PREFIXES]
    bindings = {prefix: _UNKNOWN + prefix for prefix in prefixes}
    return parse_fragment(content, None, bindings)


def _put(request: HttpRequest, kind: str) -> XcapTarget | None:
    """The target of a PUT of such a node."""
    target = xcap_target(request)
    return target if target is not None and target.kind == kind and request.body else None


@check("XCAP-ATTRIBUTE-2", clause="RFC 4825 §7.7", level=MUST, on=http_requests("PUT"))
def attribute_value_follows_the_grammar(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """The content of a PUT of an attribute is an AttValue of XML."""
    if _put(request, "attribute") is None:
        return
    value = _unquoted(request.body.decode("utf-8", "replace"))
    match = _ATTRIBUTE_VALUE.match(value)
    at = match.end() if match is not None else 0
    if at < len(value):
        yield body_mismatch(request, "text without < and &, or references", value[at:])


def _unquoted(text: str) -> str:
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] in "\"'" and text[0] == text[-1]
    return text[1:-1] if is_quoted else text


@check("XCAP-ELEMENT-1", clause="RFC 4825 §7", level=MUST, on=http_requests("PUT"))
def selector_selects_the_element_put(request: HttpRequest, context: Context) -> Iterator[Mismatch]:
    """The node selector of a PUT selects the element in its body, so that GET(PUT(x)) = x.

    "XCAP does not permit such requests" that lack the property (RFC 4825 §7).
    """
    target = _put(request, "element")
    if target is not None:
        yield from _unlike(request, target)


@check("XCAP-ELEMENT-2", clause="RFC 4825 §8.3", level=MUST, on=http_responses("GET", status=200))
def fetched_element_is_the_selected_one(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """The answer to a GET of an element holds the element that the node selector selects."""
    request = http_request(context)
    target = xcap_target(request) if request is not None else None
    if target is not None and target.kind == "element":
        yield from _unlike(response, target)


def _unlike(message: HttpMessage, target: XcapTarget) -> Iterator[Mismatch]:
    """How the element in the body differs from what the last step describes."""
    node = target.uri.node if target.uri is not None else None
    if node is None:
        return
    try:
        element = read_element(message.body)
    except BodyError:
        return
    step = node.steps[-1]
    default = target.usage.namespace if target.usage is not None else None
    if step.name is not None and not _is_named(element, step.name, default):
        yield body_mismatch(message, f"<{step.name}>", f"<{element.tag}>")
    elif step.test is not None:
        yield from _other_value(message, element, step)


def _is_named(element: etree._Element, name: QName, default: str | None) -> bool:
    found = etree.QName(element)
    if found.localname != name.local:
        return False
    wanted = default if name.namespace is None else name.namespace
    is_open = not found.namespace or found.namespace.startswith(_UNKNOWN) or wanted is None
    return is_open or found.namespace == wanted


def _other_value(message: HttpMessage, element: etree._Element, step: Step) -> Iterator[Mismatch]:
    assert step.test is not None
    test = step.test
    value = element.get(attribute_name(test.name))
    if value is None and test.name.prefix:
        # The document may bind another prefix to the namespace, or none that the body shows.
        value = next(
            (str(each) for key, each in element.items() if _local(str(key)) == test.name.local),
            None,
        )
    if value != test.value:
        observed = f"{test.name} is absent" if value is None else f'{test.name}="{value}"'
        hint = "the two differ in case only" if (value or "").lower() == test.value.lower() else ""
        yield body_mismatch(message, f'{test.name}="{test.value}"', observed, hint)


def _local(key: str) -> str:
    return key.rpartition("}")[2]


@check("XCAP-ATTRIBUTE-1", clause="RFC 4825 §7.7", level=MUST, on=http_requests("PUT"))
def selector_selects_the_attribute_put(
    request: HttpRequest, context: Context
) -> Iterator[Mismatch]:
    """The node selector of a PUT still selects the attribute once it has its new value."""
    target = _put(request, "attribute")
    node = target.uri.node if target is not None and target.uri is not None else None
    if node is None or not isinstance(node.terminal, AttributeSelector):
        return
    test = node.steps[-1].test
    if test is None or attribute_name(test.name) != attribute_name(node.terminal.name):
        return
    value = _unquoted(request.body.decode("utf-8", "replace"))
    if "&" not in value and value != test.value:
        yield body_mismatch(request, f'"{test.value}", as the selector says', value)


@check(
    "XCAP-NAMESPACES-4", clause="RFC 4825 §10", level=SHOULD, on=http_responses("GET", status=200)
)
def bindings_are_on_one_empty_element(
    response: HttpResponse, context: Context
) -> Iterator[Mismatch]:
    """Namespace bindings are one element of the selected name, with declarations and no content."""
    request = http_request(context)
    target = xcap_target(request) if request is not None else None
    node = target.uri.node if target is not None and target.uri is not None else None
    if node is None or node.kind != "namespaces":
        return
    try:
        element = read_element(response.body)
    except BodyError as error:
        yield body_mismatch(response, "one XML element", error.reason)
        return
    name = node.steps[-1].name
    found = etree.QName(element).localname
    if name is not None and name.local != found:
        yield body_mismatch(response, f"<{name.local}>", f"<{found}>")
    if len(element) or (element.text or "").strip() or element.attrib:
        yield body_mismatch(response, "declarations and no content", "attributes or content")
