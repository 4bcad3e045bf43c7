"""Where defects meet the wire: what goes out is changed, what comes back is changed back.

The UE itself never knows. A response is found by the branch and the CSeq method that were sent;
where a defect changed these, the response gets back what the UE knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from harness.model import Send
from harness.ue.defects import Defect
from harness.ue.draft import Draft

_MAX_KNOWN = 256

_T = TypeVar("_T")
Mark = tuple[str, str]
"""Branch of the top Via, and CSeq."""


class Wire:
    """Applies defects to messages that are sent."""

    def __init__(self, defects: Sequence[Defect]) -> None:
        self._defects = tuple(defects)
        self._originals: dict[bytes, bytes] = {}
        self._marks: dict[Mark, Mark] = {}

    def outgoing(self, send: Send) -> list[Send]:
        """What goes out in place of `send`; nothing where a defect keeps it back."""
        if not self._defects:
            return [send]
        draft = original = Draft.read(send.data)
        if draft is None or original is None:
            return [send]
        for defect in self._defects:
            if defect.concerns(draft):
                draft = defect.change(draft)
                if draft is None:
                    return []
        if draft is original:
            return [send]
        data = draft.write()
        self._remember(send.data, data, original, draft)
        return [replace(send, data=data)]

    def _remember(self, sent: bytes, changed: bytes, original: Draft, draft: Draft) -> None:
        _put(self._originals, changed, sent)
        if original.is_sip_request and original.mark != draft.mark:
            _put(self._marks, draft.mark, original.mark)

    def original(self, send: Send) -> Send:
        """What the UE wanted to send when it sent this."""
        data = self._originals.get(send.data)
        return send if data is None else replace(send, data=data)

    def incoming(self, data: bytes) -> bytes:
        """A response with the branch and CSeq that the UE knows; all else unchanged."""
        if not self._marks or not data.startswith(b"SIP/2.0 "):
            return data
        draft = Draft.read(data)
        if draft is None or draft.mark not in self._marks:
            return data
        return draft.with_mark(self._marks[draft.mark]).write()


def _put(table: dict[_T, _T], key: _T, value: _T) -> None:
    while len(table) >= _MAX_KNOWN and key not in table:
        del table[next(iter(table))]
    table[key] = value
