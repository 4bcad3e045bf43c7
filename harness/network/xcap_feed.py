"""Changes of XCAP documents for a subscriber (RFC 5875), also under `ua-profile`.

The mode is always no-patching, which every notifier has to support (§4.3).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from lxml import etree

from harness.body.resource_lists import parse_resource_lists
from harness.body.xcap_diff import MEDIA_TYPE, ChangedDocument, ShownElement, make_xcap_diff
from harness.network.feeds import ACTIVE, Body, Status, tag_of
from harness.network.xdms_documents import MayRead, XdmDocuments

MAX_SELECTORS = 64
"""Resources of one subscription; more are left out (§4.7: too many)."""

MAX_SHOWN = 1 << 18
"""Octets of elements in one notification; those that would be too much are left out."""


@dataclass(frozen=True, slots=True)
class _State:
    """What the subscriber was told: entity-tags by document, content by element."""

    documents: dict[str, str]
    elements: dict[str, bytes | None]


_NOTHING = _State({}, {})


class XcapDiffFeed:
    """The documents, elements and collections that a subscriber named.

    `may_read` tells which documents the subscriber may see (§4.7).
    """

    def __init__(
        self,
        documents: XdmDocuments,
        selectors: Sequence[str],
        may_read: MayRead,
        subscriber: str,
    ) -> None:
        self._documents = documents
        self._selectors = _usable(selectors)
        self._may_read = may_read
        self._subscriber = subscriber
        self._told = _NOTHING

    def replace(self, selectors: Sequence[str]) -> None:
        """A refresh names other resources: the next document tells all of them (§4.4, §4.7)."""
        self._selectors = _usable(selectors)

    @property
    def status(self) -> Status:
        return ACTIVE

    def depends(self) -> Iterable[str]:
        return (self._subscriber,)

    def has_news(self, now: float) -> bool:
        return self._state() != self._told

    def _state(self) -> _State:
        documents: dict[str, str] = {}
        elements: dict[str, bytes | None] = {}
        shown = 0
        for selector in self._selectors:
            if "/~~/" in selector:
                if shown > MAX_SHOWN:
                    continue
                written = _written(self._documents.element_at(selector, self._may_read))
                shown += len(written or b"")
                if shown <= MAX_SHOWN:
                    elements[selector] = written
            else:
                documents.update(
                    self._documents.tags_below(selector, self._may_read, self._subscriber)
                )
        return _State(documents, elements)

    def write(self, *, full: bool) -> Body | None:
        state, told = self._state(), _NOTHING if full else self._told
        self._told = state
        changes: list[ChangedDocument | ShownElement] = [
            ChangedDocument(selector, new, told.documents.get(selector))
            for selector, new in state.documents.items()
            if told.documents.get(selector) != new
        ]
        changes += [
            ChangedDocument(selector, None, old)
            for selector, old in told.documents.items()
            if selector not in state.documents
        ]
        changes += [
            ShownElement(selector, None if content is None else etree.fromstring(content))
            for selector, content in state.elements.items()
            # §4.7: what does not exist is pending, and its removal is told if it was there.
            if content != told.elements.get(selector)
        ]
        return Body(MEDIA_TYPE, make_xcap_diff(self._documents.root_uri, changes))

    def entity_tag(self) -> str:
        state = self._state()
        parts: Hashable = (sorted(state.documents.items()), sorted(state.elements))
        return tag_of(repr((parts, state.elements)).encode())

    def refresh(self, expires_at: float) -> None:
        """Nothing hangs on the time."""

    def end(self) -> None:
        """Nothing is held elsewhere."""


def selectors_of(lists: bytes) -> tuple[str, ...]:
    """The resources in the body of a SUBSCRIBE (§4.4); raises `BodyError` for another document."""
    found = parse_resource_lists(lists).lists
    return tuple(entry.uri for each in found for entry in each.entries)


def _usable(selectors: Sequence[str]) -> tuple[str, ...]:
    """Each once, as many as are served; a document repeats them, so they have to be text of XML."""
    written = dict.fromkeys(each for each in selectors if each.isprintable())
    return tuple(written)[:MAX_SELECTORS]


def _written(element: etree._Element | None) -> bytes | None:
    return None if element is None else bytes(etree.tostring(element, with_tail=False))
