"""The operations on elements and attributes of a stored document (RFC 4825 §7.4 to §8.4).

All work on the document's bytes, so that whatever an operation does not touch stays as it was.
None of them looks at a schema: "schema compliance does not play a role while performing the
insertion" (RFC 4825 §8.2.3); the caller checks the result (§8.2.5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from harness.xcap.errors import conflict
from harness.xcap.nodes import (
    attribute_name,
    closest_ancestor,
    element_tag,
    matching,
    named,
    select,
)
from harness.xcap.selector import AttributeSelector, NodeSelector, Step
from harness.xcap.spans import ElementSpan, XmlError, parse_document, parse_fragment

ELEMENT_TYPE = "application/xcap-el+xml"
ATTRIBUTE_TYPE = "application/xcap-att+xml"
NAMESPACES_TYPE = "application/xcap-ns+xml"

_REFERENCE = rb"&(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});"
# AttValue (XML 1.0 §2.3), without the references that only a DTD could define.
_ATT_VALUE = re.compile(
    rb"\"(?:[^<&\"]|" + _REFERENCE + rb")*\"|'(?:[^<&']|" + _REFERENCE + rb")*'"
)


class NoParentError(Exception):
    """The parent does not exist; the first `steps` steps of the selector select an element."""

    def __init__(self, steps: int) -> None:
        super().__init__(f"only {steps} steps select an element")
        self.steps = steps


@dataclass(frozen=True, slots=True)
class Node:
    """What a node selector selects: the octets of a GET's answer and their media type."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed document; `created` tells 201 from 200."""

    document: bytes
    created: bool


def get_node(document: bytes, selector: NodeSelector, default_namespace: str) -> Node | None:
    """What a GET of the node returns (RFC 4825 §8.3); None where nothing is selected.

    An element comes as it stands in the document, without namespace declarations of its
    ancestors, which a server MUST NOT add.
    """
    element = select(parse_document(document), selector.steps, default_namespace)
    if element is None:
        return None
    if selector.kind == "element":
        return Node(document[element.start : element.end], ELEMENT_TYPE)
    if isinstance(selector.terminal, AttributeSelector):
        attribute = element.attribute(attribute_name(selector.terminal.name))
        if attribute is None:
            return None
        return Node(document[attribute.value_start : attribute.end], ATTRIBUTE_TYPE)
    return Node(_namespace_bindings(element), NAMESPACES_TYPE)


def _namespace_bindings(element: ElementSpan) -> bytes:
    """An empty element of the same name with the declarations in scope (RFC 4825 §10)."""
    declarations = "".join(
        f" xmlns{':' if prefix else ''}{prefix}={quoteattr(uri)}"
        for prefix, uri in sorted(element.namespaces.items())
        if prefix != "xml" and (prefix or uri)
    )
    return f"<{element.qname}{declarations}/>".encode()


def put_node(
    document: bytes, selector: NodeSelector, content: bytes, default_namespace: str
) -> Edited:
    """PUT an element or attribute (RFC 4825 §8.2).

    Raises `ConflictError` for what a server answers with 409, `NoParentError` where the parent
    is missing, for the caller knows the URI of the ancestor to report.
    """
    root = parse_document(document)
    if isinstance(selector.terminal, AttributeSelector):
        return _put_attribute(document, root, selector, content, default_namespace)
    return _put_element(document, root, selector, content, default_namespace)


def delete_node(document: bytes, selector: NodeSelector, default_namespace: str) -> bytes | None:
    """DELETE an element or attribute (RFC 4825 §8.4); None where nothing is selected.

    White space around it stays. Raises `ConflictError` (cannot-delete) where the selector would
    select another element then.
    """
    root = parse_document(document)
    element = select(root, selector.steps, default_namespace)
    if element is None:
        return None
    if isinstance(selector.terminal, AttributeSelector):
        attribute = element.attribute(attribute_name(selector.terminal.name))
        if attribute is None:
            return None
        edited = document[: attribute.start] + document[attribute.end :]
    elif element is root:
        raise conflict("schema-validation-error", "a document needs its root element")
    else:
        edited = document[: element.start] + document[element.end :]
    if get_node(edited, selector, default_namespace) is not None:
        raise conflict("cannot-delete", f"{selector} would select another node afterwards")
    return edited


# -- elements


def _put_element(
    document: bytes,
    root: ElementSpan,
    selector: NodeSelector,
    content: bytes,
    default_namespace: str,
) -> Edited:
    parent, siblings = _parent(root, selector, default_namespace)
    step = selector.steps[-1]
    in_scope: Mapping[str, str] = parent.namespaces if parent is not None else {}
    fragment = _fragment(content, in_scope)
    targets = matching(siblings, step, default_namespace)
    if len(targets) > 1:
        raise conflict("cannot-insert", f"{step} selects {len(targets)} elements")
    if targets:
        start, end = targets[0].start, targets[0].end
        edited = document[:start] + fragment + document[end:]
    else:
        start, edited = _insert(document, parent, siblings, step, fragment, default_namespace)
    _require_selected(edited, selector, start, len(fragment), default_namespace)
    return Edited(edited, created=not targets)


def _parent(
    root: ElementSpan, selector: NodeSelector, default_namespace: str
) -> tuple[ElementSpan | None, list[ElementSpan]]:
    """The parent and its children; the parent of the root element is the document, None."""
    if len(selector.steps) == 1:
        return None, [root]
    parent = select(root, selector.steps[:-1], default_namespace)
    if parent is None:
        raise NoParentError(closest_ancestor(root, selector, default_namespace))
    return parent, parent.children


def _fragment(content: bytes, in_scope: Mapping[str, str]) -> bytes:
    """The octets of the one element in a request body (RFC 4825 §8.2.2)."""
    try:
        element = parse_fragment(content, in_scope)
    except XmlError as error:
        if error.fault == "not-utf-8":
            raise conflict("not-utf-8", str(error)) from error
        raise conflict("not-xml-frag", str(error)) from error
    return content[element.start : element.end]


def _insert(
    document: bytes,
    parent: ElementSpan | None,
    siblings: list[ElementSpan],
    step: Step,
    fragment: bytes,
    default_namespace: str,
) -> tuple[int, bytes]:
    """Where the new element starts, and the document with it (RFC 4825 §8.2.3)."""
    if parent is None:
        raise conflict("cannot-insert", "a document has one root element")
    tag = parse_fragment(fragment, parent.namespaces).tag
    if step.name is not None and element_tag(step.name, default_namespace) != tag:
        raise conflict("cannot-insert", f"the element in the body is not {step.name}")
    if parent.is_empty_tag:
        _require_position(step, 1)
        opened = document[: parent.content_start - len(b"/>")].rstrip() + b">"
        closing = f"</{parent.qname}>".encode()
        return len(opened), opened + fragment + closing + document[parent.end :]
    start = _insertion_point(parent, siblings, step, tag, default_namespace)
    return start, document[:start] + fragment + document[start:]


def _insertion_point(
    parent: ElementSpan,
    siblings: list[ElementSpan],
    step: Step,
    tag: str,
    default_namespace: str,
) -> int:
    counted = named(siblings, step, default_namespace)
    if step.position is not None and counted:
        # "Earliest nth": behind the n-1 elements that count, or just before the first of them.
        _require_position(step, len(counted) + 1)
        if step.position == 1:
            return counted[0].start
        return counted[step.position - 2].end
    _require_position(step, 1)
    same_name = [sibling for sibling in siblings if sibling.tag == tag]
    if same_name:
        return same_name[-1].end  # "earliest last"
    # Behind all siblings, and behind what text and comments follow the last of them.
    return parent.content_end


def _require_position(step: Step, highest: int) -> None:
    if step.position is not None and not 1 <= step.position <= highest:
        raise conflict("cannot-insert", f"{step}: there are not enough siblings before it")


def _require_selected(
    edited: bytes, selector: NodeSelector, start: int, length: int, default_namespace: str
) -> None:
    """GET(PUT(x)) = x, or cannot-insert (RFC 4825 §8.2.3, §8.2.4)."""
    try:
        root = parse_document(edited)
    except XmlError as error:
        raise conflict("not-xml-frag", str(error)) from error
    element = select(root, selector.steps, default_namespace)
    if element is None or (element.start, element.end) != (start, start + length):
        raise conflict("cannot-insert", f"{selector} would not select the element of the body")


# -- attributes


def _put_attribute(
    document: bytes,
    root: ElementSpan,
    selector: NodeSelector,
    content: bytes,
    default_namespace: str,
) -> Edited:
    element = select(root, selector.steps, default_namespace)
    if element is None:
        raise NoParentError(closest_ancestor(root, selector, default_namespace))
    value = _attribute_value(content)
    terminal = selector.terminal
    if not isinstance(terminal, AttributeSelector):  # pragma: no cover - the caller has looked
        raise TypeError("no attribute selector")
    attribute = element.attribute(attribute_name(terminal.name))
    if attribute is not None:
        edited = document[: attribute.value_start] + value + document[attribute.end :]
    else:
        name = _written_attribute_name(element, terminal)
        at = element.attributes[-1].end if element.attributes else _behind_name(element)
        edited = document[:at] + b" " + name.encode() + b"=" + value + document[at:]
    found = get_node(edited, selector, default_namespace)
    if found is None or found.content != value:
        raise conflict("cannot-insert", f"{selector} would not select the attribute afterwards")
    return Edited(edited, created=attribute is None)


def _behind_name(element: ElementSpan) -> int:
    return element.start + 1 + len(element.qname.encode())


def _attribute_value(content: bytes) -> bytes:
    value = content.strip(b" \t\r\n")
    try:
        value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise conflict("not-utf-8", f"byte {error.start} is not UTF-8") from error
    if _ATT_VALUE.fullmatch(value) is None:
        raise conflict("not-xml-att-value", "AttValue is a quoted string without < and bare &")
    try:
        parse_document(b"<a a=" + value + b"/>")
    except XmlError as error:
        raise conflict("not-xml-att-value", error.reason) from error
    return value


def _written_attribute_name(element: ElementSpan, selector: AttributeSelector) -> str:
    """The name to write: with a prefix that the document binds to the selector's namespace."""
    name = selector.name
    if name.namespace is None:
        return name.local
    prefixes = [prefix for prefix, uri in element.namespaces.items() if uri == name.namespace]
    usable = [prefix for prefix in prefixes if prefix]
    if not usable:
        raise conflict("cannot-insert", f"no prefix in scope is bound to {name.namespace}")
    prefix = name.prefix if name.prefix in usable else usable[0]
    return f"{prefix}:{name.local}"
