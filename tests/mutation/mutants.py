"""Single faults, made systematically in one message: what the harness has to catch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from tests.mutation.spelling import Parts

_NUMBERS = frozenset({"cseq", "max-forwards", "expires", "content-length"})
_OTHER_URI = "sip:+441111111111@other.example.org"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: its class, what was done where, and the message with it."""

    kind: str
    what: str
    parts: Parts


def mutants(parts: Parts) -> Iterator[Mutant]:
    """Every single fault of this message."""
    yield from _rows(parts)
    yield from _parameters(parts)
    yield from _identities(parts)
    yield from _start_line(parts)
    if parts.body:
        yield from _body(parts)


def _rows(parts: Parts) -> Iterator[Mutant]:
    for index, (name, value) in enumerate(parts.rows):
        yield Mutant("drop field", name, parts.with_row(index))
        yield Mutant("duplicate field", name, parts.with_row(index, (name, value), (name, value)))
        yield Mutant("empty field", name, parts.with_row(index, (name, "")))
        yield Mutant("corrupt field", name, parts.with_row(index, (name, f'{value} "<')))
        yield Mutant("garble field", name, parts.with_row(index, (name, "@;=,<")))
        yield Mutant("no colon", name, parts.with_row(index, (name + " " + value[:5] + "\x01", "")))
        if name.lower() in _NUMBERS:
            rest = value.partition(" ")[1] + value.partition(" ")[2]
            for bad in ("99999999999", "-1", "abc"):
                yield Mutant(
                    "bad number", f"{name}={bad}", parts.with_row(index, (name, bad + rest))
                )


def _parameters(parts: Parts) -> Iterator[Mutant]:
    for index, (name, value) in enumerate(parts.rows):
        for match in re.finditer(r";[ ]?([^;=,<>\"]+)(=(\"[^\"]*\"|[^;,>\"]*))?", value):
            key = match[1]
            rest = value[: match.start()], value[match.end() :]
            inside = rest[0].count("<") > rest[0].count(">")
            where = f"{name};{key}" + (" (URI)" if inside else "")
            yield Mutant("drop parameter", where, parts.with_row(index, (name, "".join(rest))))
            if match[2]:
                other = f';{key}="other"' if match[3].startswith('"') else f";{key}=other9"
                yield Mutant(
                    "change parameter", where, parts.with_row(index, (name, other.join(rest)))
                )
                broken = f";{key}=@@"
                yield Mutant(
                    "corrupt parameter", where, parts.with_row(index, (name, broken.join(rest)))
                )
            twice = match[0] * 2
            yield Mutant(
                "duplicate parameter", where, parts.with_row(index, (name, twice.join(rest)))
            )


def _identities(parts: Parts) -> Iterator[Mutant]:
    for index, (name, value) in enumerate(parts.rows):
        if name in ("From", "To", "Contact"):
            other = re.sub(r"sips?:[^>;]*", _OTHER_URI, value, count=1)
            yield Mutant("other URI", name, parts.with_row(index, (name, other)))
            bare = value.replace("<", "", 1).replace(">", "", 1)
            yield Mutant("no brackets", name, parts.with_row(index, (name, bare)))
        if name == "CSeq":
            number, _, method = value.partition(" ")
            yield Mutant("other method", name, parts.with_row(index, (name, f"{number} INFO")))
            lower = f"{max(int(number) - 1, 0)} {method}"
            yield Mutant("lower number", name, parts.with_row(index, (name, lower)))
        if name == "Call-ID":
            yield Mutant("other Call-ID", name, parts.with_row(index, (name, "other@x")))
        if name in ("Event", "Content-Type", "Accept"):
            yield Mutant("other value", name, parts.with_row(index, (name, "text/other")))


def _start_line(parts: Parts) -> Iterator[Mutant]:
    first, second, third = parts.start.split(" ", 2)
    if parts.is_request:
        yield Mutant("start-line", "version", replace(parts, start=f"{first} {second} SIP/3.0"))
        yield Mutant("start-line", "two blanks", replace(parts, start=f"{first}  {second} {third}"))
        if not parts.is_http:
            other = f"{first} {_OTHER_URI} {third}"
            yield Mutant("start-line", "other Request-URI", replace(parts, start=other))
            angle = f"{first} <{second}> {third}"
            yield Mutant("start-line", "brackets", replace(parts, start=angle))
        else:
            other = second.replace("users", "people", 1)
            yield Mutant("start-line", "tree", replace(parts, start=f"{first} {other} {third}"))
            other = second.replace("%2B339", "%2B448", 1)
            yield Mutant("start-line", "XUI", replace(parts, start=f"{first} {other} {third}"))
    else:
        yield Mutant("start-line", "status 99", replace(parts, start=f"{first} 99 {third}"))
        yield Mutant("start-line", "version", replace(parts, start=f"SIP/1.0 {second} {third}"))


def _body(parts: Parts) -> Iterator[Mutant]:
    yield Mutant("body", "cut short", parts.with_body(parts.body[:-20]))
    yield Mutant("body", "longer than said", replace(parts, body=parts.body[:-10]))
    yield Mutant("body", "not UTF-8", parts.with_body(parts.body.replace(b">", b">\xff", 3)))
    root = _parse(parts.body)
    if root is None:
        return
    for number, element in enumerate(root.iter("*")):
        name = etree.QName(element).localname
        for attribute in map(str, element.attrib):
            where = f"{name}/@{etree.QName(attribute).localname}"
            yield from _edited(parts, number, "drop attribute", where, attribute, None)
            yield from _edited(parts, number, "change attribute", where, attribute, "bogus value")
            yield from _edited(parts, number, "empty attribute", where, attribute, "")
        yield from _restructured(parts, number, name)


def _parse(body: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(body)
    except etree.XMLSyntaxError:
        return None


def _copy(parts: Parts, number: int) -> tuple[etree._Element, etree._Element]:
    root = etree.fromstring(parts.body)
    return root, list(root.iter("*"))[number]


def _written(parts: Parts, root: etree._Element) -> Parts:
    has_declaration = parts.body.startswith(b"<?xml")
    return parts.with_body(etree.tostring(root, xml_declaration=has_declaration, encoding="UTF-8"))


def _edited(
    parts: Parts, number: int, kind: str, where: str, attribute: str, value: str | None
) -> Iterator[Mutant]:
    root, element = _copy(parts, number)
    if value is None:
        del element.attrib[attribute]
    else:
        element.attrib[attribute] = value
    yield Mutant(kind, where, _written(parts, root))


def _restructured(parts: Parts, number: int, name: str) -> Iterator[Mutant]:
    root, element = _copy(parts, number)
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
        yield Mutant("drop element", name, _written(parts, root))
        root, element = _copy(parts, number)
        again = etree.fromstring(etree.tostring(element, with_tail=False))
        element.addnext(again)
        yield Mutant("duplicate element", name, _written(parts, root))
    root, element = _copy(parts, number)
    element.tag = f"{{{etree.QName(element).namespace}}}{name}x"
    yield Mutant("rename element", name, _written(parts, root))
    root, element = _copy(parts, number)
    element.tag = f"{{urn:other}}{name}"
    yield Mutant("other namespace", name, _written(parts, root))
    root, element = _copy(parts, number)
    if element.text and element.text.strip():
        element.text = "bogus text"
        yield Mutant("change text", name, _written(parts, root))
        root, element = _copy(parts, number)
        element.text = None
        yield Mutant("empty text", name, _written(parts, root))
    elif len(element) > 1:
        element.append(element[0])
        yield Mutant("first child last", name, _written(parts, root))
    root, element = _copy(parts, number)
    if len(element):
        element.text = "stray text"
        yield Mutant("stray text", name, _written(parts, root))
