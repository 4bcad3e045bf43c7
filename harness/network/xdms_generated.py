"""The documents that the XDMS makes itself, from what it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from lxml import etree

from harness.body.schema import catalog
from harness.xcap.document import Document, DocumentKey, DocumentStore
from harness.xcap.percent import percent_encode
from harness.xcap.selector import XcapUri
from harness.xcap.usage import APPLICATION_USAGES

DIRECTORY_FOLDERS = ("rls-services", "resource-lists", "org.openmobilealliance.pres-rules")
"""The folders that a directory shows also when they are empty, as in the documented flow."""

_CAPS = "urn:ietf:params:xml:ns:xcap-caps"
_DIRECTORY = "urn:oma:xml:xdm:xcap-directory"


class GeneratedDocuments:
    """Makes xcap-caps and the directories on request.

    The global index of services (RFC 4826 §4.4.7) is not among them: only an RLS may read it, and
    ours asks the store.

    `base_uri` of a request is the XCAP root URI as its client knows it.
    """

    def __init__(self, store: DocumentStore, *, list_entries: bool = True) -> None:
        self._store = store
        self._list_entries = list_entries
        self._makers: dict[
            tuple[str, str, str], Callable[[XcapUri, DocumentKey, str], etree._Element]
        ] = {
            ("xcap-caps", "global", "index"): self._capabilities,
            (
                "org.openmobilealliance.xcap-directory",
                "users",
                "directory.xml",
            ): self._directory,
        }

    def get(self, uri: XcapUri, key: DocumentKey, base_uri: str) -> Document | None:
        """The document, None where it is not one of ours.

        Its entity-tag is made of its content: strong, and the same for the same content.
        """
        make = self._makers.get((key.auid, key.tree, key.name))
        if make is None:
            return None
        root = make(uri, key, base_uri)
        content = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        etag = hashlib.sha256(content).hexdigest()[:16]
        return Document(key, content, f'"{etag}"', 0.0)

    def _capabilities(self, _uri: XcapUri, _key: DocumentKey, _base_uri: str) -> etree._Element:
        """RFC 4825 §12: the AUIDs, and the namespaces that have a schema here."""
        root = _root(_CAPS, "xcap-caps")
        auids = etree.SubElement(root, f"{{{_CAPS}}}auids")
        for auid in APPLICATION_USAGES:
            etree.SubElement(auids, f"{{{_CAPS}}}auid").text = auid
        namespaces = etree.SubElement(root, f"{{{_CAPS}}}namespaces")
        for namespace in sorted(filter(None, catalog().entries)):
            etree.SubElement(namespaces, f"{{{_CAPS}}}namespace").text = namespace
        return root

    def _directory(self, uri: XcapUri, key: DocumentKey, base_uri: str) -> etree._Element:
        """A folder for each application usage, an entry for each document of the user."""
        root = _root(_DIRECTORY, "xcap-directory")
        documents = self._store.of_user(key.user) if self._list_entries else ()
        auids = dict.fromkeys([*DIRECTORY_FOLDERS, *(each.key.auid for each in documents)])
        for auid in auids:
            folder = etree.SubElement(root, f"{{{_DIRECTORY}}}folder", auid=auid)
            for document in documents:
                if document.key.auid == auid:
                    _add_entry(folder, document, uri.xui, base_uri)
        return root


def _root(namespace: str, name: str) -> etree._Element:
    return etree.Element(
        f"{{{namespace}}}{name}",
        nsmap={None: namespace},  # type: ignore[dict-item]  # the stubs forget the default
    )


def _add_entry(folder: etree._Element, document: Document, xui: str, base_uri: str) -> None:
    key = document.key
    path = "/".join(percent_encode(segment) for segment in key.name.split("/"))
    entry = etree.SubElement(folder, f"{{{_DIRECTORY}}}entry")
    entry.set("uri", f"{base_uri}{key.auid}/users/{percent_encode(xui)}/{path}")
    # The opaque tag alone, as OMA's own example shows it.
    entry.set("etag", document.etag.strip('"'))
    modified = datetime.fromtimestamp(document.modified, UTC).replace(microsecond=0)
    entry.set("last-modified", modified.isoformat().replace("+00:00", "Z"))
    entry.set("size", str(len(document.content)))
