"""XCAP URIs: document selector, node selector and namespace bindings (RFC 4825 §6)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from harness.xcap.percent import Decoded, percent_decode
from harness.xcap.xpointer import XPointerError, read_xmlns

NODE_SELECTOR_SEPARATOR = "~~"

# Names in XML Namespaces (NCName), the fifth edition's ranges.
_NAME_START = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    r"\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NC_NAME = rf"[{_NAME_START}][{_NAME_START}\-.0-9\u00b7\u0300-\u036f\u203f\u2040]*"
_Q_NAME = rf"(?:(?P<{{0}}_prefix>{_NC_NAME}):)?(?P<{{0}}_local>{_NC_NAME})"
_STEP = re.compile(
    rf"(?:(?P<any>\*)|{_Q_NAME.format('name')})"
    r"(?:\[(?P<position>[0-9]+)\])?"
    rf"(?:\[@{_Q_NAME.format('test')}=(?P<quote>[\"'])(?P<value>[^<]*)(?P=quote)\])?"
)
_ATTRIBUTE = re.compile(rf"@{_Q_NAME.format('name')}")
_REFERENCE = re.compile(r"&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

_REMEMBERED = 64
"""URIs: several checks and the flow take the same one apart."""

MAX_TARGET = 16 * 1024
"""Characters of an XCAP URI that is read; HTTP asks for at least 8000 (RFC 9110 §4.1)."""


class XcapUriError(ValueError):
    """A request-target that is no XCAP URI.

    `where` names the part ("XCAP root", "AUID", "document selector", "node selector", "query
    component"), `offset` counts characters in the target; `status` is what a server answers.
    """

    def __init__(self, where: str, offset: int, reason: str, status: int = 404) -> None:
        super().__init__(f"{where} at {offset}: {reason}")
        self.where = where
        self.offset = offset
        self.reason = reason
        self.status = status


@dataclass(frozen=True, slots=True)
class QName:
    """A qualified name of a selector; without prefix, `namespace` is None.

    What None stands for depends on the place: the application usage's default document namespace
    for an element, no namespace for an attribute (RFC 4825 §6.3).
    """

    prefix: str | None
    local: str
    namespace: str | None

    def __str__(self) -> str:
        return f"{self.prefix}:{self.local}" if self.prefix else self.local


@dataclass(frozen=True, slots=True)
class AttributeTest:
    """`[@name="value"]`, references in the value expanded."""

    name: QName
    value: str

    def __str__(self) -> str:
        quote = "'" if '"' in self.value else '"'
        escaped = self.value.replace("&", "&amp;").replace("<", "&lt;")
        return f"[@{self.name}={quote}{escaped}{quote}]"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an element selector; `name` None is the wildcard `*`."""

    name: QName | None
    position: int | None = None
    test: AttributeTest | None = None

    def __str__(self) -> str:
        position = "" if self.position is None else f"[{self.position}]"
        return f"{self.name or '*'}{position}{self.test or ''}"


@dataclass(frozen=True, slots=True)
class AttributeSelector:
    """`@name` at the end of a node selector."""

    name: QName

    def __str__(self) -> str:
        return f"@{self.name}"


@dataclass(frozen=True, slots=True)
class NamespaceSelector:
    """`namespace::*` at the end of a node selector."""

    def __str__(self) -> str:
        return "namespace::*"


@dataclass(frozen=True, slots=True)
class NodeSelector:
    """What identifies an element, an attribute or namespace bindings in a document."""

    steps: tuple[Step, ...]
    terminal: AttributeSelector | NamespaceSelector | None = None

    def __str__(self) -> str:
        parts = [str(step) for step in self.steps]
        if self.terminal is not None:
            parts.append(str(self.terminal))
        return "/".join(parts)

    @property
    def kind(self) -> Literal["element", "attribute", "namespaces"]:
        if self.terminal is None:
            return "element"
        return "attribute" if isinstance(self.terminal, AttributeSelector) else "namespaces"


@dataclass(frozen=True, slots=True)
class XcapUri:
    """An XCAP URI taken apart.

    `xui` (empty in the global tree) and `document` (the path below the home directory) are
    percent-decoded; `namespaces` are the xmlns() bindings of the query component.
    """

    auid: str
    tree: Literal["users", "global"]
    xui: str
    document: str
    node: NodeSelector | None = None
    namespaces: tuple[tuple[str, str], ...] = ()

    @property
    def user(self) -> str:
        """The XUI in the form to compare it in."""
        return canonical_xui(self.xui)


@lru_cache(_REMEMBERED)
def parse_xcap_uri(target: str, root_path: str = "/") -> XcapUri:
    """Take a request-target, or a whole XCAP URI, apart (RFC 4825 §6); raises `XcapUriError`.

    `root_path` is the path of the XCAP root URI. Characters that should have been percent-encoded
    (brackets, quotes, spaces) are read as they stand; whether they may stand there is for the
    HTTP grammar to say.
    """
    if len(target) > MAX_TARGET:
        raise XcapUriError("request-target", MAX_TARGET, "too long", status=414)
    start = _path_start(target)
    end = len(target) if "?" not in target else target.index("?")
    path = target[start:end]
    root = root_path.rstrip("/") + "/"
    if not path.startswith(root):
        raise XcapUriError("XCAP root", start, f"the path does not begin with {root}")
    segments = _segments(target, start + len(root), end)
    return _assemble(segments, target, end)


def _path_start(target: str) -> int:
    """Where the path begins: after scheme and authority, if the URI has them."""
    match = _AUTHORITY.match(target)
    return match.end() if match else 0


def _segments(target: str, start: int, end: int) -> list[Decoded]:
    """The path segments up to the node selector separator, which comes as one last segment."""
    segments: list[Decoded] = []
    position = start
    while position <= end:
        stop = target.find("/", position, end)
        stop = end if stop < 0 else stop
        segment = _decode(target, position, stop, "document selector")
        if segment.text == NODE_SELECTOR_SEPARATOR:  # RFC 4825 §6: the first one separates
            segments.append(segment)
            segments.append(_decode(target, min(stop + 1, end), end, "node selector"))
            break
        segments.append(segment)
        position = stop + 1
    return segments


def _decode(target: str, start: int, stop: int, where: str) -> Decoded:
    decoded = percent_decode(target, start, stop)
    if decoded.error is not None:
        raise XcapUriError(where, decoded.error[0], decoded.error[1], status=400)
    return decoded


def _assemble(segments: list[Decoded], target: str, path_end: int) -> XcapUri:
    selector: Decoded | None = None
    end = path_end
    if len(segments) > 1 and segments[-2].text == NODE_SELECTOR_SEPARATOR:
        selector, end = segments[-1], segments[-2].start
        segments = segments[:-2]
    names = [segment.text for segment in segments]
    offsets = [segment.start for segment in segments]
    if not names or not names[0]:
        raise XcapUriError("AUID", offsets[0] if offsets else end, "missing")
    if len(names) < 2 or names[1] not in ("users", "global"):
        at = offsets[1] if len(names) > 1 else end
        raise XcapUriError("document selector", at, 'neither "users" nor "global" after the AUID')
    tree: Literal["users", "global"] = "users" if names[1] == "users" else "global"
    below = 3 if tree == "users" else 2
    if tree == "users" and (len(names) < 3 or not names[2]):
        raise XcapUriError("XUI", offsets[2] if len(names) > 2 else end, "missing")
    document = names[below:]
    if not document or not all(document):
        at = offsets[below + document.index("")] if "" in document else end
        raise XcapUriError("document selector", at, "no document named")
    namespaces = _namespaces(target, path_end)
    node = None if selector is None else parse_node_selector(selector, dict(namespaces))
    xui = names[2] if tree == "users" else ""
    return XcapUri(names[0], tree, xui, "/".join(document), node, namespaces)


def _namespaces(target: str, path_end: int) -> tuple[tuple[str, str], ...]:
    """The xmlns() bindings of the query component (RFC 4825 §6.4)."""
    if path_end == len(target):
        return ()
    where = "query component"
    decoded = _decode(target, path_end + 1, len(target), where)
    try:
        return read_xmlns(decoded.text)
    except XPointerError as error:
        raise XcapUriError(where, decoded.offset(error.offset), str(error), 400) from error


def parse_node_selector(text: Decoded | str, namespaces: dict[str, str]) -> NodeSelector:
    """Read a node selector that is already percent-decoded; raises `XcapUriError`.

    A step outside the grammar is an extension-selector, which we do not understand: 404; a
    prefix that the query component does not bind: 400 (RFC 4825 §8).
    """
    decoded = Decoded.plain(text) if isinstance(text, str) else text
    steps: list[Step] = []
    parts = _split_steps(decoded.text)
    for number, (start, part) in enumerate(parts):
        terminal = _parse_terminal(part, namespaces, decoded.offset(start))
        if terminal is not None and steps and number == len(parts) - 1:
            return NodeSelector(tuple(steps), terminal)
        steps.append(_parse_step(part, namespaces, decoded.offset(start)))
    return NodeSelector(tuple(steps))


def _split_steps(text: str) -> list[tuple[int, str]]:
    """The steps with their offsets; a slash inside a quoted attribute value divides nothing."""
    steps: list[tuple[int, str]] = []
    start = 0
    quote = ""
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "/":
            steps.append((start, text[start:index]))
            start = index + 1
    steps.append((start, text[start:]))
    return steps


def _parse_terminal(
    part: str, namespaces: dict[str, str], offset: int
) -> AttributeSelector | NamespaceSelector | None:
    if part == "namespace::*":
        return NamespaceSelector()
    match = _ATTRIBUTE.fullmatch(part)
    return None if match is None else AttributeSelector(_name(match, "name", namespaces, offset))


def _parse_step(part: str, namespaces: dict[str, str], offset: int) -> Step:
    match = _STEP.fullmatch(part)
    if match is None or (match["quote"] is not None and match["quote"] in match["value"]):
        reason = f"{part!r} is no step of the grammar" if part else "an empty step"
        raise XcapUriError("node selector", offset, reason)
    name = None if match["any"] else _name(match, "name", namespaces, offset)
    test = None
    if match["quote"] is not None:
        test = AttributeTest(_name(match, "test", namespaces, offset), _expand(match["value"]))
    # A position beyond nine digits selects nothing in any document that fits in memory.
    position = None if match["position"] is None else int(match["position"].lstrip("0")[:10] or 0)
    return Step(name, position, test)


def _name(match: re.Match[str], group: str, namespaces: dict[str, str], offset: int) -> QName:
    prefix, local = match[f"{group}_prefix"], match[f"{group}_local"]
    if prefix is None:
        return QName(None, local, None)
    bound = {"xml": "http://www.w3.org/XML/1998/namespace", **namespaces}
    if prefix not in bound:
        where = offset + max(match.start(f"{group}_prefix"), 0)
        reason = f"prefix {prefix} is not defined by xmlns() in the query component"
        raise XcapUriError("node selector", where, reason, status=400)
    return QName(prefix, local, bound[prefix])


def _expand(value: str) -> str:
    """Expand the references of an AttValue; an ampersand that begins none stands for itself."""

    def character(match: re.Match[str]) -> str:
        if match[3]:
            return _ENTITIES[match[3]]
        code = int(match[1], 16) if match[1] else int(match[2])
        return chr(code) if code <= 0x10FFFF else match[0]

    return _REFERENCE.sub(character, value)


_SIP_URI = re.compile(r"(sips?):(?:([^@]*)@)?(\[[^\]]*\]|[^:;?\[\]]*)(:[0-9]+)?([;?].*)?", re.I)
_ENCODED_SCHEME = re.compile(r"(sips?|tel)%3a", re.IGNORECASE)
_VISUAL_SEPARATORS = str.maketrans("", "", "-.()")
_LONGEST_REMEMBERED = 512
"""Longer XUIs are read each time, so that hostile ones cannot fill the memory."""


def canonical_xui(xui: str) -> str:
    """The form in which two XUIs of one user are equal.

    A SIP URI is compared as an address-of-record: scheme and host without case, the user part
    unescaped, no port, no parameters (RFC 3261 §10.3 step 5); a tel URI without visual separators
    (RFC 3966 §4). Anything else, such as a plain name, stays as it is.
    """
    return _remembered(xui) if len(xui) <= _LONGEST_REMEMBERED else _canonical_xui(xui)


def _canonical_xui(xui: str) -> str:
    text = xui.strip()
    if _ENCODED_SCHEME.match(text):
        text = percent_decode(text, 0, len(text)).text
    if text[:4].lower() == "tel:":
        number = text[4:].partition(";")[0].translate(_VISUAL_SEPARATORS)
        return f"tel:{number.lower()}"
    match = _SIP_URI.fullmatch(text)
    if match is None:
        return text
    scheme, user, host = match[1].lower(), match[2], match[3].lower()
    if user is None:
        return f"{scheme}:{host}"
    decoded = percent_decode(user, 0, len(user))
    return f"{scheme}:{user if decoded.error else decoded.text}@{host}"


_remembered = lru_cache(maxsize=4096)(_canonical_xui)
