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

    def get(self, key: DocumentKey) -> Document | None:
        return self._documents.get(key)

    def put(self, document: Document) -> None:
        self._documents[document.key] = document

    def delete(self, key: DocumentKey) -> None:
        self._documents.pop(key, None)

    def of_user(self, user: str) -> tuple[Document, ...]:
        """What is below the home directories of a user, whatever the application usage."""
        return tuple(
            document
            for key, document in self._documents.items()
            if key.tree == "users" and key.user == user
        )

    def of_usage(self, auid: str) -> tuple[Document, ...]:
        return tuple(each for key, each in self._documents.items() if key.auid == auid)

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._documents.values()))

    def __len__(self) -> int:
        return len(self._documents)
