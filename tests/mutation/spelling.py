"""Messages taken apart into start-line, header lines and body, and put together again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Parts:
    """A message in parts: header lines are (name, value) as written, unfolded."""

    start: str
    rows: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def is_http(self) -> bool:
        return "HTTP/" in self.start

    @property
    def is_request(self) -> bool:
        return not self.start.startswith(("SIP/", "HTTP/"))

    @property
    def method(self) -> str:
        return self.start.split(" ")[0] if self.is_request else ""

    def get(self, name: str) -> str | None:
        return next((value for each, value in self.rows if each.lower() == name.lower()), None)

    def with_row(self, index: int, *rows: tuple[str, str]) -> Parts:
        return replace(self, rows=self.rows[:index] + rows + self.rows[index + 1 :])

    def with_value(self, name: str, change: Callable[[str], str]) -> Parts:
        return replace(
            self,
            rows=tuple(
                (each, change(value) if each.lower() == name.lower() else value)
                for each, value in self.rows
            ),
        )

    def with_body(self, body: bytes) -> Parts:
        """Another body, with the Content-Length that it has."""
        sized = self.with_value("Content-Length", lambda _: str(len(body)))
        return replace(sized, body=body)

    def raw(self, separator: str = ": ") -> bytes:
        head = [self.start, *(f"{name}{separator}{value}" for name, value in self.rows)]
        return "\r\n".join(head).encode("utf-8", "surrogateescape") + CRLF + CRLF + self.body


def take_apart(raw: bytes) -> Parts:
    head, _, body = raw.partition(CRLF + CRLF)
    start, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    rows = []
    for line in lines:
        name, _, value = line.partition(":")
        rows.append((name, value.strip()))
    return Parts(start, tuple(rows), body)
