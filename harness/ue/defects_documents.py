"""Faults in the UE's documents and in its XCAP requests."""

from __future__ import annotations

from harness.ue.defect import (
    ENTRY,
    FIRST_PUBLISH,
    LISTS,
    PERM,
    RLS,
    RULES,
    Defect,
    all_http,
    defect,
    drop,
    swap,
    swap_body,
    swap_target,
    write,
)

OTHER = "sip:+330000000000@test-rcs.com"

DOCUMENT_DEFECTS: tuple[Defect, ...] = (
    # RFC 3863, RFC 4479: the published document
    defect(
        "pidf-entity-of-another",
        "the published document is about another presentity",
        FIRST_PUBLISH,
        swap_body('entity="[^"]*"', f'entity="{OTHER}"'),
        "PIDF-ENTITY-1",
    ),
    defect(
        "pidf-without-entity",
        "the published document has no entity",
        FIRST_PUBLISH,
        swap_body(' entity="[^"]*"', ""),
        "XML-SCHEMA-PIDF-1",
    ),
    defect(
        "duplicate-tuple-id",
        "two tuples have the same id",
        FIRST_PUBLISH,
        swap_body('id="t2"', 'id="t1"'),
        "PIDF-ID-1",
    ),
    defect(
        "timestamp-without-zone",
        "a timestamp has no time zone",
        FIRST_PUBLISH,
        swap_body("Z</timestamp>", "</timestamp>"),
        "PIDF-TIME-1",
    ),
    defect(
        "pidf-basic-of-no-kind",
        "a tuple is neither open nor closed",
        FIRST_PUBLISH,
        swap_body("<basic>open", "<basic>ajar"),
        "XML-SCHEMA-PIDF-1",
    ),
    defect(
        "pidf-elements-out-of-order",
        "a tuple has its status behind its contact",
        FIRST_PUBLISH,
        swap_body(r"(<status>.*?</status>)(.*?</contact>)", r"\2\1"),
        "XML-SCHEMA-PIDF-1",
    ),
    defect(
        "pidf-cut-short",
        "the published document ends in the middle",
        FIRST_PUBLISH,
        lambda draft: draft.edit_body(lambda body: body[: len(body) // 2]),
        "XML-FORM-1",
    ),
    # RFC 9112, TS 24.109, RFC 4825: XCAP requests
    defect(
        "http-without-host",
        "HTTP requests have no Host",
        all_http,
        drop("Host"),
        "HTTP-HOST-1",
    ),
    defect(
        "xcap-without-identity",
        "HTTP requests have no X-3GPP-Intended-Identity",
        all_http,
        drop("X-3GPP-Intended-Identity"),
        "XCAP-IDENTITY-3",
    ),
    defect(
        "xcap-identity-unquoted",
        "X-3GPP-Intended-Identity has no quotes",
        all_http,
        swap("X-3GPP-Intended-Identity", '"(.*)"', r"\1"),
        "XCAP-IDENTITY-1",
    ),
    defect(
        "wrong-mime-type",
        "the resource lists are put as text/xml",
        LISTS,
        write("Content-Type", "text/xml"),
        "XCAP-TYPE-1",
    ),
    defect(
        "xcap-selector-unescaped",
        "the node selector has plain brackets and quotes",
        ENTRY,
        lambda draft: draft.to(
            draft.target.replace("%5B", "[").replace("%5D", "]").replace("%22", '"')
        ),
        "XCAP-ENCODING-1",
    ),
    defect(
        "xcap-entry-of-another",
        "the entry that is put is not the one that the selector selects",
        ENTRY,
        swap_body('uri="[^"]*"', f'uri="{OTHER}"'),
        "XCAP-ELEMENT-1",
    ),
    defect(
        "xcap-home-of-another",
        "the presence rules are put into another user's directory",
        RULES,
        swap_target("/users/[^/]*/", "/users/sip%3A%2B330000000000%40test-rcs.com/"),
        "XCAP-XUI-1",
    ),
    # RFC 4826, RFC 5025, OMA: documents
    defect(
        "resource-list-duplicate-entry",
        "a resource list has the same entry twice",
        LISTS,
        swap_body(
            "My presence buddies</display-name>",
            'My presence buddies</display-name><entry uri="sip:a@b.example"/>'
            '<entry uri="sip:a@b.example"/>',
        ),
        "XCAP-UNIQUE-1",
    ),
    defect(
        "resource-list-duplicate-name",
        "two resource lists have the same name",
        LISTS,
        swap_body('name="oma_grantedcontacts"', 'name="oma_buddylist"'),
        "XCAP-UNIQUE-1",
    ),
    defect(
        "rls-service-without-list",
        "the RLS service refers to a list that is not there",
        RLS,
        swap_body("%22rcs%22", "%22nobody%22"),
        "XCAP-SERVICE-3",
    ),
    defect(
        "rls-service-of-no-package",
        "the RLS service names an unknown element in place of its package",
        RLS,
        swap_body("<package>presence</package>", "<event>presence</event>"),
        "XML-SCHEMA-RLS-1",
    ),
    defect(
        "rules-unknown-action",
        "a presence rule decides what no rule can decide",
        RULES,
        swap_body("sub-handling>confirm", "sub-handling>maybe"),
        "XML-SCHEMA-RULES-1",
    ),
    defect(
        "rules-duplicate-id",
        "two presence rules have the same id",
        RULES,
        swap_body('id="wp_prs_unlisted"', 'id="wp_prs_allow_own"'),
        "RULES-ID-1",
        "RULES-OMA-3",
    ),
    defect(
        "rules-anchor-not-encoded",
        "the anchors of the presence rules hold the identity unescaped",
        RULES,
        swap_body(r"sip%3A%2B(\d+)%40", r"sip:+\1@", 0),
        "RULES-ANCHOR-3",
    ),
    defect(
        "permanent-presence-of-another",
        "the permanent presence is about another presentity",
        PERM,
        swap_body('entity="[^"]*"', f'entity="{OTHER}"'),
        "PIDF-ENTITY-2",
    ),
    defect(
        "permanent-presence-duplicate-person",
        "the permanent presence has two persons with one id",
        PERM,
        swap_body("</pdm:person>", '</pdm:person><pdm:person id="p1"/>'),
        "PIDF-ID-2",
    ),
)
