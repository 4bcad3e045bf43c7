"""The documents that a server holds, with their entity-tags (RFC 4825 §8.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from harness.xcap.selector import XcapUri, canonical_xui


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """What identifies a document: `user` is an XUI in comparable form, "" in the global tree."""

    auid: str
    tree: Literal["users", "global"]
    user: str
    name: str

    @staticmethod
    def of(uri: XcapUri, identity: Callable[[str], str] = canonical_xui) -> DocumentKey:
        """The key that a URI names; `identity` gives the comparable form of an XUI."""
        user = identity(uri.xui) if uri.tree == "users" else ""
        return DocumentKey(uri.auid, uri.tree, user, uri.document)


@dataclass(frozen=True, slots=True)
class Document:
    """One stored document, in the bytes that its client wrote.

    `etag` is quoted, as in the header field; all resources within the document share it.
    `modified` is seconds since the Unix epoch.
    """

    key: DocumentKey
    content: bytes
    etag: str
    modified: float


class DocumentStore:
    """Documents by key, in the order in which they were created."""

    def __init__(self) -> None:
        self._documents: dict[DocumentKey, Document] = {}
        self.octets = 0
        """What all documents come to."""
        self._of_user: dict[str, dict[DocumentKey, Document]] = {}
        self._of_usage: dict[str, dict[DocumentKey, Document]] = {}

    def get(self, key: DocumentKey) -> Document | None:
        return self._documents.get(key)

    def put(self, document: Document) -> None:
        key = document.key
        self.octets += len(document.content) - self._size(key)
        self._documents[key] = document
        self._of_user.setdefault(key.user, {})[key] = document
        self._of_usage.setdefault(key.auid, {})[key] = document

    def _size(self, key: DocumentKey) -> int:
        known = self._documents.get(key)
        return 0 if known is None else len(known.content)

    def delete(self, key: DocumentKey) -> None:
        self.octets -= self._size(key)
        self._documents.pop(key, None)
        for index, name in ((self._of_user, key.user), (self._of_usage, key.auid)):
            documents = index.get(name, {})
            documents.pop(key, None)
            if not documents:
                index.pop(name, None)

    def of_user(self, user: str) -> tuple[Document, ...]:
        """What is below the home directories of a user, whatever the application usage.

        "" is the owner of the global tree.
        """
        return tuple(self._of_user.get(user, {}).values())

    def of_usage(self, auid: str) -> tuple[Document, ...]:
        return tuple(self._of_usage.get(auid, {}).values())

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._documents.values()))

    def __len__(self) -> int:
        return len(self._documents)
