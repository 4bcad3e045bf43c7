"""Reading SIP requests and responses, from any bytes, into typed views (RFC 3261 §7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from harness.model import Malformed
from harness.sip.fields import (
    CSeq,
    EventValue,
    FieldError,
    MediaType,
    NameAddr,
    SubscriptionState,
    Via,
    parse_cseq,
    parse_event,
    parse_media_type,
    parse_name_addr,
    parse_number,
    parse_subscription_state,
    parse_via,
)
from harness.sip.grammar import FIELDS, Violation, check
from harness.sip.headers import Headers
from harness.sip.reading import RawMessage, cut, excerpt
from harness.sip.remember import found_once
from harness.sip.uri import Uri, UriError, parse_uri

__all__ = ["Message", "Request", "Response", "parse"]

_Value = TypeVar("_Value")

_SIP_VERSION = re.compile(r"SIP/[0-9]+\.[0-9]+", re.IGNORECASE)
_STATUS_LINE = re.compile(r"(SIP/[0-9]+\.[0-9]+)\s++([0-9]{3})(?:\s(.*+))?", re.IGNORECASE)


@dataclass(frozen=True)  # not slotted: the typed views are cached in the instance
class Message:
    """What requests and responses share.

    `raw` is the message as received (or as it will be sent), `body` what Content-Length gives of
    it, or all that follows the header fields where there is none (RFC 3261 §18.3). The typed views
    are None or () where the field is absent or unreadable; `malformed` tells which.
    `start_offset` and `body_offset` tell where in `raw` the start-line and the body begin.
    """

    raw: bytes = field(repr=False)
    headers: Headers = field(compare=False, repr=False)
    body: bytes = field(compare=False, repr=False)
    version: str = field(compare=False, repr=False)
    start_line: str = field(compare=False)
    start_offset: int = field(compare=False, repr=False)
    body_offset: int = field(compare=False, repr=False)
    structure: tuple[Malformed, ...] = field(compare=False, repr=False)

    @found_once
    def malformed(self) -> tuple[Malformed, ...]:
        """Every place that is not well-formed, in the order of the message."""
        problems = [*self.structure, *self._malformed_start_line(), *self._malformed_fields()]
        return tuple(sorted(problems, key=lambda problem: problem.offset))

    def _malformed_start_line(self) -> Iterator[Malformed]:
        is_status = isinstance(self, Response) or self.start_line[:4].upper() == "SIP/"
        rule = "Status-Line" if is_status else "Request-Line"
        violation = check(rule, self.start_line)
        if violation is not None:
            before = self.start_line[: violation.offset].encode("utf-8", "surrogateescape")
            offset = self.start_offset + len(before)
            yield _malformed(offset, "start-line", violation, self.start_line)

    def _malformed_fields(self) -> Iterator[Malformed]:
        for row in self.headers:
            # `validate` without looking for the canonical name, which the row has.
            violation = check(row.name if row.name in FIELDS else "header-value", row.value)
            if violation is not None:
                offset = row.byte_offset(violation.offset)
                yield _malformed(offset, row.name, violation, row.value)

    def _first(self, name: str, read: Callable[[str], _Value]) -> _Value | None:
        values = self.headers.values(name)
        return _try(read, values[0]) if values else None

    def _every(self, name: str, read: Callable[[str], _Value]) -> tuple[_Value, ...]:
        values = (_try(read, value) for value in self.headers.values(name))
        return tuple(value for value in values if value is not None)

    @found_once
    def vias(self) -> tuple[Via, ...]:
        return self._every("Via", parse_via)

    @found_once
    def top_via(self) -> Via | None:
        return self.vias[0] if self.vias else None

    @found_once
    def from_(self) -> NameAddr | None:
        return self._first("From", parse_name_addr)

    @found_once
    def to(self) -> NameAddr | None:
        return self._first("To", parse_name_addr)

    @found_once
    def call_id(self) -> str | None:
        return self.headers.get("Call-ID")

    @found_once
    def cseq(self) -> CSeq | None:
        return self._first("CSeq", parse_cseq)

    @found_once
    def contact_is_star(self) -> bool:
        """Whether Contact is "*" (RFC 3261 §10.2.2)."""
        return self.headers.get("Contact") == "*"

    @found_once
    def contacts(self) -> tuple[NameAddr, ...]:
        """The addresses of Contact; () where it is "*"."""
        return () if self.contact_is_star else self._every("Contact", parse_name_addr)

    @found_once
    def routes(self) -> tuple[NameAddr, ...]:
        return self._every("Route", parse_name_addr)

    @found_once
    def record_routes(self) -> tuple[NameAddr, ...]:
        return self._every("Record-Route", parse_name_addr)

    @found_once
    def service_routes(self) -> tuple[NameAddr, ...]:
        return self._every("Service-Route", parse_name_addr)

    @found_once
    def paths(self) -> tuple[NameAddr, ...]:
        return self._every("Path", parse_name_addr)

    @found_once
    def event(self) -> EventValue | None:
        return self._first("Event", parse_event)

    @found_once
    def expires(self) -> int | None:
        """Expires in seconds."""
        return self._first("Expires", parse_number)

    @found_once
    def min_expires(self) -> int | None:
        """Min-Expires in seconds."""
        return self._first("Min-Expires", parse_number)

    @found_once
    def max_forwards(self) -> int | None:
        return self._first("Max-Forwards", parse_number)

    @found_once
    def content_length(self) -> int | None:
        """Content-Length as written; the body may be shorter, see `malformed`."""
        return self._first("Content-Length", parse_number)

    @found_once
    def content_type(self) -> MediaType | None:
        return self._first("Content-Type", parse_media_type)

    @found_once
    def subscription_state(self) -> SubscriptionState | None:
        return self._first("Subscription-State", parse_subscription_state)

    @found_once
    def supported(self) -> tuple[str, ...]:
        return self.headers.values("Supported")

    @found_once
    def require(self) -> tuple[str, ...]:
        return self.headers.values("Require")

    @found_once
    def allow(self) -> tuple[str, ...]:
        return self.headers.values("Allow")

    @found_once
    def etag(self) -> str | None:
        """The entity-tag of SIP-ETag (RFC 3903 §11.3.1)."""
        return self.headers.get("SIP-ETag")

    @found_once
    def if_match(self) -> str | None:
        """The entity-tag of SIP-If-Match (RFC 3903 §11.3.2)."""
        return self.headers.get("SIP-If-Match")


@dataclass(frozen=True)
class Request(Message):
    """A request; `method` and `uri` are "" where the Request-Line is unreadable."""

    method: str = field(compare=False)
    uri: str = field(compare=False)

    @found_once
    def parsed_uri(self) -> Uri | None:
        try:
            return parse_uri(self.uri)
        except UriError:
            return None


@dataclass(frozen=True)
class Response(Message):
    """A response; `status` is the Status-Code, `reason` the Reason-Phrase."""

    status: int = field(compare=False)
    reason: str = field(compare=False)

    @found_once
    def method(self) -> str:
        """The method of CSeq: what this responds to; "" where CSeq is unreadable."""
        return self.cseq.method if self.cseq else ""


def _malformed(offset: int, where: str, violation: Violation, text: str) -> Malformed:
    observed = excerpt(text[violation.offset :]) or f"end of {where}"
    return Malformed(offset, where, violation.expected, observed)


def _try(read: Callable[[str], _Value], value: str) -> _Value | None:
    try:
        return read(value)
    except FieldError:
        return None


def parse(raw: bytes) -> Request | Response:
    """Read one whole message; never raises.

    A message whose start-line is unreadable is a Request without method. What cannot be read is
    in `malformed`.
    """
    parts = cut(raw)
    headers = Headers(parts.fields)
    body, body_problems = _read_body(headers, parts)
    line = parts.start_line.decode("utf-8", "surrogateescape")
    structure = (*parts.problems, *body_problems)
    status_line = _STATUS_LINE.fullmatch(line)
    if status_line is not None:
        return Response(
            raw=raw,
            headers=headers,
            body=body,
            version=status_line[1],
            start_line=line,
            start_offset=parts.start_offset,
            body_offset=parts.body_offset,
            structure=structure,
            status=int(status_line[2]),
            reason=status_line[3] or "",
        )
    method, uri, version = _read_request_line(line)
    return Request(
        raw=raw,
        headers=headers,
        body=body,
        version=version,
        start_line=line,
        start_offset=parts.start_offset,
        body_offset=parts.body_offset,
        structure=structure,
        method=method,
        uri=uri,
    )


def _read_request_line(line: str) -> tuple[str, str, str]:
    words = line.split()
    if len(words) < 3 or not _SIP_VERSION.fullmatch(words[-1]):
        return "", "", ""
    return words[0], " ".join(words[1:-1]), words[-1]


def _read_body(headers: Headers, parts: RawMessage) -> tuple[bytes, tuple[Malformed, ...]]:
    rows = headers.rows("Content-Length")
    lengths = {_try(parse_number, row.value) for row in rows}
    # RFC 4475 §3.3.9: values that contradict each other say as little as none.
    length = lengths.pop() if len(lengths) == 1 else None
    if length is None:
        # RFC 3261 §18.3: without Content-Length the body ends with the datagram.
        return parts.rest, ()
    if length <= len(parts.rest):
        # §18.3: what follows the body is discarded.
        return parts.rest[:length], ()
    expected, observed = f"{length} octets of message-body", f"{len(parts.rest)} octets"
    return parts.rest, (Malformed(rows[0].offset, "Content-Length", expected, observed),)
