"""Messages with a header field that is not what it should be, for scripted behaviour."""

from __future__ import annotations

from collections.abc import Sequence

from harness.network.reply import Header
from harness.sip.headers import canonical_name
from harness.sip.message import Response, make_raw


def with_value(rows: Sequence[Header], name: str, value: str | None) -> list[Header]:
    """Rows where the first of a field has another value, or is missing; new ones come last."""
    wanted = canonical_name(name)
    at = next((i for i, row in enumerate(rows) if canonical_name(row[0]) == wanted), None)
    changed = list(rows)
    if at is not None:
        changed[at : at + 1] = [] if value is None else [(rows[at][0], value)]
    elif value is not None:
        changed.append((name, value))
    return changed


def with_row(response: Response, name: str, value: str | None) -> Response:
    """A response with another value of a field; nothing of it is checked."""
    rows = [(row.written, row.value) for row in response.headers]
    changed = make_raw(
        f"SIP/2.0 {response.status} {response.reason}",
        with_value(rows, name, value),
        response.body,
    )
    assert isinstance(changed, Response)
    return changed


def with_field(data: bytes, name: str, value: str | None) -> bytes:
    """An HTTP message with another value of a field; nothing of it is checked."""
    head, separator, body = data.partition(b"\r\n\r\n")
    start, *lines = head.decode("latin-1").split("\r\n")
    rows = [(left, right.strip()) for left, _, right in (line.partition(":") for line in lines)]
    written = [f"{left}: {right}" for left, right in with_value(rows, name, value)]
    return "\r\n".join([start, *written]).encode("latin-1", "replace") + separator + body
