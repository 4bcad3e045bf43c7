"""The application usages, one row each: what a server has to know of their documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.model import Clause
from harness.xcap.constraints import (
    Constraint,
    absolute_anchors,
    relative_entry_refs,
    resource_list_uris,
    unique_in_lists,
    unique_services,
)

Tree = Literal["users", "global"]


@dataclass(frozen=True, slots=True)
class ApplicationUsage:
    """An XCAP application usage (RFC 4825 §5).

    `namespace` is the default document namespace of node selectors, `root` the document's root
    element in Clark notation, `document` the well-known name in a user's home directory, and
    `folders` the sub-directories that exist there. The server makes `generated` documents; nobody
    else writes them. Authorization is RFC 4825's default (§5.7) unless `global_is_private`.
    """

    auid: str
    content_type: str
    namespace: str
    root: str
    document: str
    clause: Clause
    trees: frozenset[Tree] = frozenset({"users"})
    folders: tuple[str, ...] = ()
    generated: bool = False
    global_is_private: bool = False
    constraints: tuple[Constraint, ...] = ()

    def has_folder(self, document: str) -> bool:
        """Whether the directory that a document is put into exists (RFC 4825 §8.2.1).

        A document cannot have the name of a sub-directory (RFC 4825 §6.2).
        """
        folder, slash, _ = document.rpartition("/")
        return folder in self.folders if slash else document not in self.folders


_COMMON_POLICY = "urn:ietf:params:xml:ns:common-policy"

_USAGES = (
    ApplicationUsage(
        auid="xcap-caps",
        content_type="application/xcap-caps+xml",
        namespace="urn:ietf:params:xml:ns:xcap-caps",
        root="{urn:ietf:params:xml:ns:xcap-caps}xcap-caps",
        document="index",
        clause=Clause("RFC 4825", "12"),
        # RFC 4825 §12.7: "There MUST NOT be an instance of this document in the user's tree."
        trees=frozenset({"global"}),
        generated=True,
    ),
    ApplicationUsage(
        auid="resource-lists",
        content_type="application/resource-lists+xml",
        namespace="urn:ietf:params:xml:ns:resource-lists",
        root="{urn:ietf:params:xml:ns:resource-lists}resource-lists",
        document="index",
        clause=Clause("RFC 4826", "3.4"),
        trees=frozenset({"users", "global"}),
        constraints=(unique_in_lists, absolute_anchors, relative_entry_refs),
    ),
    ApplicationUsage(
        auid="rls-services",
        content_type="application/rls-services+xml",
        namespace="urn:ietf:params:xml:ns:rls-services",
        root="{urn:ietf:params:xml:ns:rls-services}rls-services",
        document="index",
        clause=Clause("RFC 4826", "4.4"),
        trees=frozenset({"users", "global"}),
        # RFC 4826 §4.4.9: access to the global index "MUST be restricted to trusted elements".
        global_is_private=True,
        constraints=(
            unique_services,
            resource_list_uris,
            unique_in_lists,
            absolute_anchors,
            relative_entry_refs,
        ),
    ),
    ApplicationUsage(
        auid="pres-rules",
        content_type="application/auth-policy+xml",
        # RFC 5025 §9.3, although the root element is one of common policy.
        namespace="urn:ietf:params:xml:ns:pres-rules",
        root=f"{{{_COMMON_POLICY}}}ruleset",
        document="index",
        clause=Clause("RFC 5025", "9"),
        trees=frozenset({"users", "global"}),
    ),
    ApplicationUsage(
        auid="org.openmobilealliance.pres-rules",
        content_type="application/auth-policy+xml",
        namespace=_COMMON_POLICY,
        root=f"{{{_COMMON_POLICY}}}ruleset",
        document="pres-rules",
        clause=Clause("OMA Presence XDM", "5.1"),
        trees=frozenset({"users", "global"}),
    ),
    ApplicationUsage(
        auid="pidf-manipulation",
        content_type="application/pidf+xml",
        namespace="urn:ietf:params:xml:ns:pidf",
        root="{urn:ietf:params:xml:ns:pidf}presence",
        # RFC 4827 §9 says "index"; OMA's permanent presence state, which the flow uses, is here.
        document="perm-presence",
        clause=Clause("RFC 4827", "4"),
    ),
    ApplicationUsage(
        auid="org.openmobilealliance.xcap-directory",
        content_type="application/vnd.oma.xcap-directory+xml",
        namespace="urn:oma:xml:xdm:xcap-directory",
        root="{urn:oma:xml:xdm:xcap-directory}xcap-directory",
        document="directory.xml",
        clause=Clause("OMA XDM Core"),
        generated=True,
    ),
    ApplicationUsage(
        auid="org.openmobilealliance.pres-content",
        content_type="application/vnd.oma.pres-content+xml",
        namespace="urn:oma:xml:prs:pres-content",
        root="{urn:oma:xml:prs:pres-content}content",
        document="oma_status-icon/rcs_status_icon",
        clause=Clause("OMA Presence Content XDM"),
        folders=("oma_status-icon",),
    ),
    ApplicationUsage(
        auid="org.openmobilealliance.user-profile",
        content_type="application/vnd.oma.user-profile+xml",
        namespace="urn:oma:xml:xdm:user-profile",
        root="{urn:oma:xml:xdm:user-profile}user-profiles",
        document="user-profile",
        clause=Clause("OMA Shared XDM"),
    ),
)

APPLICATION_USAGES: dict[str, ApplicationUsage] = {usage.auid: usage for usage in _USAGES}
"""By AUID."""
