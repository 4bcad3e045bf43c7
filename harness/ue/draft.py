"""A message about to be sent, taken apart so that a defect can change one thing in it.

Deliberately simple and without judgement: lines and values, SIP and HTTP alike. What is not touched
comes out byte for byte as it went in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

_BRANCH = re.compile(r"(;branch=)([^;,\s]*)")
_Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """Start line, header fields as name and value, body."""

    start: str
    fields: _Fields
    body: bytes

    @staticmethod
    def read(data: bytes) -> Draft | None:
        """Take a message apart; None for what has no head, as a keep-alive."""
        head, separator, body = data.partition(b"\r\n\r\n")
        if not separator or not head:
            return None
        start, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        fields = (line.partition(": ") for line in lines)
        return Draft(start, tuple((name, value) for name, _, value in fields), body)

    def write(self) -> bytes:
        """The message as bytes."""
        lines = [self.start, *(f"{name}: {value}" for name, value in self.fields), "", ""]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + self.body

    # -- what it is -------------------------------------------------------------------------------

    @property
    def is_sip_request(self) -> bool:
        return self.start.endswith(" SIP/2.0")

    @property
    def is_http_request(self) -> bool:
        return self.start.endswith(" HTTP/1.1")

    @property
    def status(self) -> int:
        """The status code of a SIP response, else 0."""
        words = self.start.split(" ", 2)
        is_status_line = words[0] == "SIP/2.0" and len(words) > 1 and words[1].isdigit()
        return int(words[1]) if is_status_line else 0

    @property
    def method(self) -> str:
        """The method of a request; of a SIP response, that of CSeq."""
        source = self.start if self.status == 0 else self.get("CSeq")
        words = source.split()
        return words[-1 if self.status else 0] if words else ""

    @property
    def target(self) -> str:
        """The Request-URI or request-target."""
        words = self.start.split(" ")
        return words[1] if len(words) == 3 else ""

    @property
    def is_inside_dialog(self) -> bool:
        """Whether To has a tag."""
        return ";tag=" in self.get("To")

    @property
    def mark(self) -> tuple[str, str]:
        """What a response is found by: the branch of the top Via, and CSeq."""
        found = _BRANCH.search(self.get("Via"))
        return (found[2] if found else "", self.get("CSeq"))

    def get(self, name: str) -> str:
        """The first value of a field, "" where there is none."""
        wanted = name.lower()
        return next((value for found, value in self.fields if found.lower() == wanted), "")

    # -- what can be done to it -------------------------------------------------------------------

    def edit(self, name: str, change: Callable[[str], str]) -> Draft:
        """Change the first value of a field that is there."""
        wanted, fields = name.lower(), list(self.fields)
        for index, (found, value) in enumerate(fields):
            if found.lower() == wanted:
                fields[index] = (found, change(value))
                break
        return replace(self, fields=tuple(fields))

    def without(self, name: str) -> Draft:
        """Take out every row of a field."""
        wanted = name.lower()
        kept = tuple(field for field in self.fields if field[0].lower() != wanted)
        return replace(self, fields=kept)

    def plus(self, name: str, value: str) -> Draft:
        """Put a field before Content-Length, which comes last, or at the end."""
        names = [found.lower() for found, _ in self.fields]
        at = names.index("content-length") if "content-length" in names else len(names)
        return replace(self, fields=(*self.fields[:at], (name, value), *self.fields[at:]))

    def to(self, target: str) -> Draft:
        """Address it to another Request-URI or request-target."""
        method, _, version = self.start.split(" ")
        return replace(self, start=f"{method} {target} {version}")

    def edit_body(self, change: Callable[[bytes], bytes]) -> Draft:
        """Change the body, and Content-Length with it."""
        body = change(self.body)
        changed = replace(self, body=body)
        return changed.edit("Content-Length", lambda _: str(len(body)))

    def with_mark(self, mark: tuple[str, str]) -> Draft:
        """The same with another branch and CSeq."""
        branch, cseq = mark
        marked = self.edit("Via", lambda via: _BRANCH.sub(rf"\g<1>{branch}", via, count=1))
        return marked.edit("CSeq", lambda _: cseq)
