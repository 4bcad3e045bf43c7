"""Legal re-spellings of a message: what the harness must not blame anybody for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from tests.mutation.spelling import Parts

_COMPACT = {
    "Accept-Contact": "a",
    "Allow-Events": "u",
    "Call-ID": "i",
    "Contact": "m",
    "Content-Length": "l",
    "Content-Type": "c",
    "Event": "o",
    "From": "f",
    "Supported": "k",
    "To": "t",
    "Via": "v",
}
_LISTS = frozenset({"allow", "supported", "accept", "accept-encoding", "accept-language"})


@dataclass(frozen=True, slots=True)
class Variation:
    """A re-spelling: what was done, and the message as it reads now."""

    what: str
    raw: bytes


def variations(parts: Parts) -> Iterator[Variation]:
    """Every re-spelling of this message."""
    yield from _fields(parts)
    if not parts.is_http:
        yield from _sip(parts)
    yield from _additions(parts)
    if parts.body:
        yield from _xml(parts)


def _fields(parts: Parts) -> Iterator[Variation]:
    lower = tuple((name.lower(), value) for name, value in parts.rows)
    upper = tuple((name.upper(), value) for name, value in parts.rows)
    yield Variation("field names in lower case", replace(parts, rows=lower).raw())
    yield Variation("field names in upper case", replace(parts, rows=upper).raw())
    yield Variation("no blank after the colon", parts.raw(":"))
    yield Variation("blanks after the colon", parts.raw(":  \t "))
    turned = replace(parts, rows=parts.rows[::-1])
    if sum(name.lower() == "via" for name, _ in parts.rows) < 2:
        yield Variation("fields in reverse order", turned.raw())
    trailing = replace(parts, rows=tuple((name, value + "  ") for name, value in parts.rows))
    yield Variation("blanks behind values", trailing.raw())


def _sip(parts: Parts) -> Iterator[Variation]:
    compact = tuple((_COMPACT.get(name, name), value) for name, value in parts.rows)
    yield Variation("compact names", replace(parts, rows=compact).raw())
    yield Variation("blanks before the colon", parts.raw(" : "))
    folded = [
        (name, value.replace(", ", ",\r\n ").replace("; ", ";\r\n\t").replace(" SIP", " SIP"))
        for name, value in parts.rows
    ]
    yield Variation("folded after separators", replace(parts, rows=tuple(folded)).raw())
    led = tuple((name, "\r\n " + value) for name, value in parts.rows)
    yield Variation("folded before values", replace(parts, rows=led).raw())
    for name in _LISTS:
        value = parts.get(name)
        if value and "," in value:
            index = [each.lower() for each, _ in parts.rows].index(name)
            rows = tuple((name.title(), each.strip()) for each in value.split(","))
            yield Variation(f"{name} in several rows", parts.with_row(index, *rows).raw())
            close = parts.with_value(name, lambda each: re.sub(r",\s*", ",", each))
            yield Variation(f"{name} without blanks", close.raw())
            wide = parts.with_value(name, lambda each: re.sub(r",\s*", " , ", each))
            yield Variation(f"{name} with blanks", wide.raw())
    yield from _addresses(parts)
    spaced = parts.with_value("CSeq", lambda each: each.replace(" ", "   "))
    yield Variation("blanks in CSeq", spaced.raw())
    if parts.is_request:
        via = parts.with_value("Via", lambda each: re.sub(r"SIP/2\.0/", "SIP / 2.0 / ", each))
        yield Variation("blanks in Via", via.raw())
        via = parts.with_value("Via", lambda each: each.replace(";", " ; "))
        yield Variation("blanks in Via parameters", via.raw())
    if parts.get("Event"):
        event = parts.with_value("Event", lambda each: f"  {each}  ")
        yield Variation("blanks round Event", event.raw())
    if parts.get("Content-Type"):
        typed = parts.with_value("Content-Type", lambda each: each.replace("/", " / "))
        yield Variation("blanks in Content-Type", typed.raw())
        typed = parts.with_value("Content-Type", lambda each: each + ';charset="UTF-8"')
        yield Variation("charset in Content-Type", typed.raw())
        typed = parts.with_value("Content-Type", str.upper)
        yield Variation("Content-Type in upper case", typed.raw())


def _addresses(parts: Parts) -> Iterator[Variation]:
    own = ("From", "Contact") if parts.is_request else ()
    for name in own:
        if parts.get(name) is None:
            continue
        named = parts.with_value(
            name, lambda each: '"A \\"B\\" \u00e9, C" ' + each[each.find("<") :]
        )
        yield Variation(f"quoted display name in {name}", named.raw())
        words = parts.with_value(name, lambda each: "Some One " + each[each.find("<") :])
        yield Variation(f"display name of tokens in {name}", words.raw())
        extra = parts.with_value(name, lambda each: each + ';x-lab=1;x-flag;x-q="a;b,c"')
        yield Variation(f"unknown parameters in {name}", extra.raw())
        blanks = parts.with_value(name, lambda each: re.sub(r">;", "> ; ", each))
        yield Variation(f"blanks behind the address in {name}", blanks.raw())
    if parts.is_request and parts.method in ("REGISTER", "PUBLISH", "SUBSCRIBE"):
        hosts = [
            (name, _upper_host(value) if name in ("From", "To") else value)
            for name, value in parts.rows
        ]
        yield Variation("host names in upper case", replace(parts, rows=tuple(hosts)).raw())
        escaped = parts.with_value("From", lambda each: each.replace("sip:+3", "sip:+%33", 1))
        yield Variation("escaped user in From", escaped.raw())


def _upper_host(value: str) -> str:
    return re.sub(r"@([\w.-]+)", lambda match: "@" + match[1].upper(), value)


def _additions(parts: Parts) -> Iterator[Variation]:
    length = next((i for i, row in enumerate(parts.rows) if row[0] == "Content-Length"), None)
    at = len(parts.rows) if length is None else length
    extra = (
        [("X-Lab", 'any; "thing", <here> \u00e9'), ("P-Lab-Info", "a=b;c"), ("Subject", "presence")]
        if not parts.is_http
        else [("X-Lab", 'any; "thing", <here>'), ("Cache-Control", "no-cache"), ("Accept", "*/*")]
    )
    for row in extra:
        rows = (*parts.rows[:at], row, *parts.rows[at:])
        if row[0] == "Subject" and parts.method != "SUBSCRIBE":
            continue  # RFC 3261 table 3: not applicable to the others, nor to responses
        yield Variation(f"additional {row[0]}", replace(parts, rows=rows).raw())


def _xml(parts: Parts) -> Iterator[Variation]:
    try:
        root = etree.fromstring(parts.body)
    except etree.XMLSyntaxError:
        return
    if b"<entry" in parts.body[:60] or b"<list" in parts.body[:60]:
        return  # a fragment: RFC 4825 §7.4 compares what is put with what is selected

    def written(change: bytes) -> bytes:
        declared = (
            b"" if change.startswith(b"<?xml ") else b'<?xml version="1.0" encoding="UTF-8"?>'
        )
        return parts.with_body(declared + change).raw()

    plain = etree.tostring(root)
    if "pidf" not in (parts.get("Content-Type") or ""):
        # RFC 3863 §4.1 asks for the declaration that XML 1.0 leaves open.
        yield Variation("no XML declaration", parts.with_body(plain).raw())
    yield Variation("XML declaration", written(b'<?xml version="1.0" encoding="UTF-8"?>\n' + plain))
    yield Variation(
        "declaration in single quotes", written(b"<?xml version='1.0' encoding='utf-8'?>" + plain)
    )
    yield Variation("comment", written(b"<!-- c -->" + plain + b"<!-- d -->\n"))
    yield Variation("processing instruction", written(b"<?lab x?>" + plain))
    indented = etree.fromstring(plain, etree.XMLParser(remove_blank_text=True))
    yield Variation("indented", written(etree.tostring(indented, pretty_print=True)))
    yield Variation("without indentation", written(etree.tostring(indented)))
    yield Variation("other prefixes", written(_prefixed(root)))
    turned = etree.fromstring(plain)
    for element in turned.iter("*"):
        values = {str(name): str(value) for name, value in element.attrib.items()}
        element.attrib.clear()
        for name in reversed(list(values)):
            element.attrib[name] = values[name]
    yield Variation("attributes in reverse order", written(etree.tostring(turned)))
    yield Variation("single quotes", written(re.sub(rb'="([^"\']*)"', rb"='\1'", plain)))
    yield Variation(
        "character references",
        written(plain.replace(b"sip:+", b"sip:&#43;").replace(b"@", b"&#x40;")),
    )
    closed = re.sub(rb"></[\w:-]+>", lambda match: match[0], plain)
    yield Variation(
        "elements closed at length", written(re.sub(rb"<([\w:-]+)/>", rb"<\1></\1>", closed))
    )


def _prefixed(root: etree._Element) -> bytes:
    """The same document with every namespace under a prefix of its own."""
    namespaces = sorted(
        {etree.QName(each).namespace or "" for each in root.iter("*")}
        | {etree.QName(name).namespace or "" for each in root.iter("*") for name in each.attrib}
    )
    mapping = {f"q{number}": name for number, name in enumerate(namespaces) if name}
    attributes = {str(name): str(value) for name, value in root.attrib.items()}
    copy = etree.Element(root.tag, attributes, nsmap=mapping)
    copy.text = root.text
    for child in root:
        copy.append(etree.fromstring(etree.tostring(child)))
    etree.cleanup_namespaces(copy, top_nsmap=mapping)
    return etree.tostring(copy)
