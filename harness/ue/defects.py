"""Deliberate faults of the reference UE, one each: what a harness has to find.

A defect changes a message just before it is sent; the UE that makes the message knows nothing of
it. To add one, add a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from harness.ue.draft import Draft

Concern = Callable[[Draft], bool]
Change = Callable[[Draft], "Draft | None"]


@dataclass(frozen=True, slots=True)
class Defect:
    """One fault.

    `concerns` chooses the messages, `change` makes the fault, or keeps the message back where it
    gives None. `trips` are the ids of the checks that find it.
    """

    name: str
    description: str
    concerns: Concern
    change: Change
    trips: frozenset[str] = frozenset()


# -- which messages -----------------------------------------------------------------------------


def _requests(*methods: str) -> Concern:
    """SIP requests of these methods, all where none is named."""
    return lambda draft: draft.is_sip_request and (not methods or draft.method in methods)


def _answers(method: str) -> Concern:
    """200s to requests of this method."""
    return lambda draft: draft.status == 200 and draft.method == method


def _puts(auid: str, part: str = "") -> Concern:
    """PUTs under an AUID whose target holds `part`; a document's target has no "~~"."""
    return lambda draft: (
        draft.is_http_request
        and draft.method == "PUT"
        and f"/{auid}/" in draft.target
        and (part in draft.target if part else "~~" not in draft.target)
    )


def _all_http(draft: Draft) -> bool:
    return draft.is_http_request


def _both(one: Concern, other: Concern) -> Concern:
    return lambda draft: one(draft) and other(draft)


def _outside(draft: Draft) -> bool:
    return not draft.is_inside_dialog


def _inside(draft: Draft) -> bool:
    return draft.is_inside_dialog


def _has(name: str) -> Concern:
    return lambda draft: bool(draft.get(name))


def _lacks(name: str) -> Concern:
    return lambda draft: not draft.get(name)


def _is_for(package: str) -> Concern:
    return lambda draft: draft.get("Event") == package


def _has_nonce(draft: Draft) -> bool:
    return 'response="' in draft.get("Authorization") and 'response=""' not in draft.get(
        "Authorization"
    )


_REGISTER = _requests("REGISTER")
_SUBSCRIBE = _requests("SUBSCRIBE")
_PUBLISH = _requests("PUBLISH")
_LIST = _both(_both(_SUBSCRIBE, _is_for("presence")), _outside)
_WINFO = _both(_both(_SUBSCRIBE, _is_for("presence.winfo")), _outside)
_REFRESH = _both(_SUBSCRIBE, _inside)
_FIRST_PUBLISH = _both(_PUBLISH, _lacks("SIP-If-Match"))
_LATER_PUBLISH = _both(_PUBLISH, _has("SIP-If-Match"))
_NOTIFY_ANSWER = _answers("NOTIFY")
_OPTIONS_ANSWER = _answers("OPTIONS")
_CHALLENGED = _both(_REGISTER, _has_nonce)
_LISTS = _puts("resource-lists")
_ENTRY = _puts("resource-lists", "/entry")
_RULES = _puts("org.openmobilealliance.pres-rules")
_RLS = _puts("rls-services")
_PERM = _puts("pidf-manipulation")


# -- what is changed ----------------------------------------------------------------------------


def _drop(name: str) -> Change:
    return lambda draft: draft.without(name)


def _add(name: str, value: str) -> Change:
    return lambda draft: draft.plus(name, value)


def _set(name: str, value: str) -> Change:
    return lambda draft: draft.edit(name, lambda _: value)


def _swap(name: str, old: str, new: str) -> Change:
    """Replace the first match of a pattern in a field."""
    return lambda draft: draft.edit(name, lambda value: re.sub(old, new, value, count=1))


def _swap_body(old: str, new: str, count: int = 1) -> Change:
    """Replace matches of a pattern in the body; a count of 0 replaces all."""

    def change(body: bytes) -> bytes:
        return re.sub(old.encode(), new.encode(), body, count=count, flags=re.DOTALL)

    return lambda draft: draft.edit_body(change)


def _swap_target(old: str, new: str) -> Change:
    return lambda draft: draft.to(re.sub(old, new, draft.target))


def _keep_back(_: Draft) -> None:
    return None


def _answer_instead(status_line: str) -> Change:
    return lambda draft: replace(draft, start=status_line)


def _empty(draft: Draft) -> Draft:
    return draft.edit_body(lambda _: b"").without("Content-Type")


def _user_in_register_uri(draft: Draft) -> Draft:
    user = draft.get("To").partition("sip:")[2].partition("@")[0]
    return draft.to(draft.target.replace("sip:", f"sip:{user}@", 1))


# -- the table ----------------------------------------------------------------------------------

_OTHER = "sip:+330000000000@test-rcs.com"

_TABLE = (
    # RFC 3261 §8.1.1: every request
    Defect(
        "no-max-forwards",
        "requests have no Max-Forwards",
        _requests(),
        _drop("Max-Forwards"),
    ),
    Defect(
        "max-forwards-out-of-range",
        "Max-Forwards is 300",
        _requests(),
        _set("Max-Forwards", "300"),
    ),
    Defect(
        "branch-without-cookie",
        "branches do not begin with z9hG4bK",
        _requests(),
        _swap("Via", "z9hG4bK", ""),
    ),
    Defect(
        "cseq-method-mismatch",
        "the CSeq of PUBLISH names SUBSCRIBE",
        _PUBLISH,
        _swap("CSeq", "PUBLISH", "SUBSCRIBE"),
    ),
    Defect(
        "from-without-tag",
        "From of REGISTER has no tag",
        _REGISTER,
        _swap("From", ";tag=[^;]*", ""),
    ),
    Defect(
        "two-call-ids",
        "PUBLISH has two Call-IDs",
        _PUBLISH,
        _add("Call-ID", "another@192.0.2.1"),
    ),
    Defect(
        "wrong-content-length",
        "Content-Length of the watcherinfo SUBSCRIBE promises a body that is not there",
        _WINFO,
        _set("Content-Length", "10"),
    ),
    Defect(
        "broken-user-agent",
        "User-Agent of REGISTER holds a character that no product or comment may hold",
        _REGISTER,
        _swap("User-Agent", "/", "/@"),
    ),
    # RFC 3261 §10.2, RFC 3840, RFC 5626, RFC 7254: REGISTER
    Defect(
        "register-uri-with-user",
        "the Request-URI of REGISTER has a user part",
        _REGISTER,
        _user_in_register_uri,
    ),
    Defect(
        "register-two-expires",
        "REGISTER has two Expires",
        _REGISTER,
        _add("Expires", "3600"),
    ),
    Defect(
        "expires-out-of-range",
        "Expires of REGISTER is larger than 2**32 - 1",
        _both(_REGISTER, lambda draft: draft.get("Expires") != "0"),
        _set("Expires", "4294967296000"),
    ),
    Defect(
        "register-without-gruu",
        "Supported of REGISTER does not offer gruu",
        _REGISTER,
        _set("Supported", "path"),
    ),
    Defect(
        "register-without-path",
        "Supported of REGISTER does not offer path",
        _REGISTER,
        _set("Supported", "gruu"),
    ),
    Defect(
        "instance-id-unquoted",
        "the value of +sip.instance has no quotes",
        _REGISTER,
        _swap("Contact", r'sip\.instance="(<[^>]*>)"', r"sip.instance=\1"),
    ),
    Defect(
        "instance-id-missing",
        "the Contact of REGISTER has no +sip.instance",
        _REGISTER,
        _swap("Contact", r';\+sip\.instance="[^"]*"', ""),
    ),
    Defect(
        "imei-without-hyphens",
        "the IMEI URN has no hyphens",
        _REGISTER,
        _swap("Contact", r"imei:(\d{8})-(\d{6})-(\d)", r"imei:\1\2\3"),
    ),
    Defect(
        "imei-bad-check-digit",
        "the last digit of the IMEI URN is neither zero nor the check digit",
        _REGISTER,
        _swap("Contact", r"(imei:\d{8}-\d{6}-)\d", r"\g<1>7"),
    ),
    Defect(
        "feature-tag-not-encoded",
        "the ICSI of the feature tag has plain colons",
        _REGISTER,
        _swap(
            "Contact",
            r"urn%3Aurn-7%3A3gpp-service\.ims\.icsi",
            "urn:urn-7:3gpp-service.ims.icsi",
        ),
    ),
    Defect(
        "feature-tag-with-blank",
        "a blank stands in the list of a feature tag",
        _REGISTER,
        _swap("Contact", r"gsma-is,urn", "gsma-is, urn"),
    ),
    # RFC 6665 §4.1.2, RFC 3857, RFC 4662 §4: SUBSCRIBE
    Defect(
        "two-event-headers",
        "the watcherinfo SUBSCRIBE has two Event header fields",
        _WINFO,
        _add("Event", "presence"),
    ),
    Defect(
        "subscribe-without-event",
        "the watcherinfo SUBSCRIBE has no Event",
        _WINFO,
        _drop("Event"),
    ),
    Defect(
        "subscribe-without-contact",
        "the watcherinfo SUBSCRIBE has no Contact",
        _WINFO,
        _drop("Contact"),
    ),
    Defect(
        "subscribe-to-with-tag",
        "the first SUBSCRIBE for the list has a To tag",
        _LIST,
        _swap("To", "$", ";tag=early"),
    ),
    Defect(
        "instance-id-in-subscribe",
        "the Contact of SUBSCRIBE reveals the IMEI",
        _SUBSCRIBE,
        _swap("Contact", "$", ';+sip.instance="<urn:gsma:imei:35643205-905062-0>"'),
    ),
    Defect(
        "winfo-accept-of-another-type",
        "the watcherinfo SUBSCRIBE accepts text/plain alone",
        _WINFO,
        _set("Accept", "text/plain"),
    ),
    Defect(
        "list-without-eventlist",
        "the SUBSCRIBE for the list does not support eventlist",
        _LIST,
        _drop("Supported"),
    ),
    Defect(
        "list-without-accept",
        "the SUBSCRIBE for the list has no Accept",
        _LIST,
        _drop("Accept"),
    ),
    Defect(
        "list-without-multipart",
        "the SUBSCRIBE for the list does not accept multipart/related",
        _LIST,
        _set("Accept", "application/pidf+xml, application/rlmi+xml"),
    ),
    Defect(
        "refresh-with-old-cseq",
        "a SUBSCRIBE in the dialog has CSeq 1 again",
        _REFRESH,
        _swap("CSeq", r"^\d+", "1"),
    ),
    Defect(
        "refresh-with-other-from-tag",
        "a SUBSCRIBE in the dialog has another From tag",
        _REFRESH,
        _swap("From", ";tag=[^;]*", ";tag=other"),
    ),
    Defect(
        "refresh-without-to-tag",
        "a SUBSCRIBE in the dialog has no To tag",
        _REFRESH,
        _swap("To", ";tag=[^;]*", ""),
    ),
    Defect(
        "refresh-without-contact",
        "a SUBSCRIBE in the dialog has no Contact",
        _REFRESH,
        _drop("Contact"),
    ),
    Defect(
        "refresh-route-dropped",
        "a SUBSCRIBE in the dialog has no Route, whatever the route set",
        _both(_REFRESH, _has("Route")),
        _drop("Route"),
    ),
    Defect(
        "route-dropped",
        "initial SUBSCRIBE and PUBLISH have no Route, whatever the Service-Route",
        _both(_requests("SUBSCRIBE", "PUBLISH"), _outside),
        _drop("Route"),
    ),
    # RFC 3903 §4: PUBLISH
    Defect(
        "publish-without-event",
        "PUBLISH has no Event",
        _PUBLISH,
        _drop("Event"),
    ),
    Defect(
        "publish-if-match-initial",
        "the first PUBLISH has a SIP-If-Match",
        _FIRST_PUBLISH,
        _add("SIP-If-Match", "ac63be7e9042439dad76da16904cf48d"),
    ),
    Defect(
        "publish-without-body",
        "the initial PUBLISH has no body",
        _FIRST_PUBLISH,
        _empty,
    ),
    Defect(
        "publish-without-content-type",
        "PUBLISH has a body without Content-Type",
        _FIRST_PUBLISH,
        _drop("Content-Type"),
    ),
    Defect(
        "publish-with-contact",
        "PUBLISH has a Contact",
        _PUBLISH,
        _add("Contact", "<sip:192.0.2.1>"),
    ),
    Defect(
        "remove-with-body",
        "the PUBLISH that refreshes or removes has a body",
        _both(_LATER_PUBLISH, lambda draft: not draft.body),
        lambda draft: draft.plus("Content-Type", "text/plain").edit_body(lambda _: b"refresh"),
    ),
    Defect(
        "refresh-with-other-entity-tag",
        "a later PUBLISH has an entity-tag that nobody gave",
        _LATER_PUBLISH,
        _set("SIP-If-Match", "ac63be7e9042439dad76da16904cf48d"),
    ),
    # RFC 3863, RFC 4479: the published document
    Defect(
        "pidf-entity-of-another",
        "the published document is about another presentity",
        _FIRST_PUBLISH,
        _swap_body('entity="[^"]*"', f'entity="{_OTHER}"'),
    ),
    Defect(
        "pidf-without-entity",
        "the published document has no entity",
        _FIRST_PUBLISH,
        _swap_body(' entity="[^"]*"', ""),
    ),
    Defect(
        "duplicate-tuple-id",
        "two tuples have the same id",
        _FIRST_PUBLISH,
        _swap_body('id="t2"', 'id="t1"'),
    ),
    Defect(
        "timestamp-without-zone",
        "a timestamp has no time zone",
        _FIRST_PUBLISH,
        _swap_body("Z</timestamp>", "</timestamp>"),
    ),
    Defect(
        "pidf-basic-of-no-kind",
        "a tuple is neither open nor closed",
        _FIRST_PUBLISH,
        _swap_body("<basic>open", "<basic>ajar"),
    ),
    Defect(
        "pidf-elements-out-of-order",
        "a tuple has its status behind its contact",
        _FIRST_PUBLISH,
        _swap_body(r"(<status>.*?</status>)(.*?</contact>)", r"\2\1"),
    ),
    Defect(
        "pidf-cut-short",
        "the published document ends in the middle",
        _FIRST_PUBLISH,
        lambda draft: draft.edit_body(lambda body: body[: len(body) // 2]),
    ),
    # RFC 6665 §4.1.3, RFC 3261 §8.2.6: answers to NOTIFY
    Defect(
        "notify-answered-with-other-to-tag",
        "the answer to NOTIFY has another To tag",
        _NOTIFY_ANSWER,
        _swap("To", ";tag=[^;]*", ";tag=other"),
    ),
    Defect(
        "via-not-mirrored",
        "the answer to NOTIFY has another branch",
        _NOTIFY_ANSWER,
        _swap("Via", r"(;branch=[^;,\s]*)", r"\1x"),
    ),
    Defect(
        "cseq-not-mirrored",
        "the answer to NOTIFY has another CSeq",
        _NOTIFY_ANSWER,
        _swap("CSeq", r"^\d+", "99"),
    ),
    Defect(
        "notify-unanswered",
        "NOTIFY is not answered",
        _NOTIFY_ANSWER,
        _keep_back,
    ),
    Defect(
        "notify-refused",
        "NOTIFY is answered 481 though the subscription is known",
        _NOTIFY_ANSWER,
        _answer_instead("SIP/2.0 481 Subscription does not exist"),
    ),
    # RFC 3261 §11.2, RFC 3841, RFC 7255: answers to OPTIONS
    Defect(
        "options-with-accept-contact",
        "the answer to OPTIONS has Accept-Contact",
        _OPTIONS_ANSWER,
        _add("Accept-Contact", "*;+g.3gpp.cs-voice"),
    ),
    Defect(
        "options-without-to-tag",
        "the answer to OPTIONS has no To tag",
        _OPTIONS_ANSWER,
        _swap("To", ";tag=[^;]*", ""),
    ),
    Defect(
        "options-without-allow",
        "the answer to OPTIONS has no Allow",
        _OPTIONS_ANSWER,
        _drop("Allow"),
    ),
    Defect(
        "options-without-accept",
        "the answer to OPTIONS has no Accept",
        _OPTIONS_ANSWER,
        _drop("Accept"),
    ),
    Defect(
        "options-with-other-tags",
        "the answer to OPTIONS has other feature tags than REGISTER",
        _OPTIONS_ANSWER,
        _swap("Contact", r";\+g\.3gpp\.cs-voice", ""),
    ),
    Defect(
        "instance-id-in-options",
        "the answer to OPTIONS reveals the IMEI",
        _OPTIONS_ANSWER,
        _swap("Contact", ">", '>;+sip.instance="<urn:gsma:imei:35643205-905062-0>"'),
    ),
    Defect(
        "options-not-supported",
        "OPTIONS is answered 405",
        _OPTIONS_ANSWER,
        _answer_instead("SIP/2.0 405 Method Not Allowed"),
    ),
    # RFC 3261 §22.4: Digest (seen where the network challenges)
    Defect(
        "digest-wrong-response",
        "the digest does not fit the password",
        _CHALLENGED,
        _swap("Authorization", 'response="[0-9a-f]{4}', 'response="0000'),
    ),
    Defect(
        "digest-other-uri",
        "the uri of the credentials is not the Request-URI",
        _CHALLENGED,
        _swap("Authorization", r'\buri="[^"]*"', 'uri="sip:elsewhere.invalid"'),
    ),
    Defect(
        "digest-qop-quoted",
        "the qop of the credentials is quoted",
        _CHALLENGED,
        _swap("Authorization", r"\bqop=auth\b", 'qop="auth"'),
    ),
    Defect(
        "digest-short-nc",
        "the nonce count has fewer than eight digits",
        _CHALLENGED,
        _swap("Authorization", r"\bnc=0+", "nc="),
    ),
    # RFC 9112, TS 24.109, RFC 4825: XCAP requests
    Defect(
        "http-without-host",
        "HTTP requests have no Host",
        _all_http,
        _drop("Host"),
    ),
    Defect(
        "xcap-without-identity",
        "HTTP requests have no X-3GPP-Intended-Identity",
        _all_http,
        _drop("X-3GPP-Intended-Identity"),
    ),
    Defect(
        "xcap-identity-unquoted",
        "X-3GPP-Intended-Identity has no quotes",
        _all_http,
        _swap("X-3GPP-Intended-Identity", '"(.*)"', r"\1"),
    ),
    Defect(
        "wrong-mime-type",
        "the resource lists are put as text/xml",
        _LISTS,
        _set("Content-Type", "text/xml"),
    ),
    Defect(
        "xcap-selector-unescaped",
        "the node selector has plain brackets and quotes",
        _ENTRY,
        lambda draft: draft.to(
            draft.target.replace("%5B", "[").replace("%5D", "]").replace("%22", '"')
        ),
    ),
    Defect(
        "xcap-entry-of-another",
        "the entry that is put is not the one that the selector selects",
        _ENTRY,
        _swap_body('uri="[^"]*"', f'uri="{_OTHER}"'),
    ),
    Defect(
        "xcap-home-of-another",
        "the presence rules are put into another user's directory",
        _RULES,
        _swap_target("/users/[^/]*/", "/users/sip%3A%2B330000000000%40test-rcs.com/"),
    ),
    # RFC 4826, RFC 5025, OMA: documents
    Defect(
        "resource-list-duplicate-entry",
        "a resource list has the same entry twice",
        _LISTS,
        _swap_body(
            "My presence buddies</display-name>",
            'My presence buddies</display-name><entry uri="sip:a@b.example"/>'
            '<entry uri="sip:a@b.example"/>',
        ),
    ),
    Defect(
        "resource-list-duplicate-name",
        "two resource lists have the same name",
        _LISTS,
        _swap_body('name="oma_grantedcontacts"', 'name="oma_buddylist"'),
    ),
    Defect(
        "rls-service-without-list",
        "the RLS service refers to a list that is not there",
        _RLS,
        _swap_body("%22rcs%22", "%22nobody%22"),
    ),
    Defect(
        "rls-service-of-no-package",
        "the RLS service names an unknown element in place of its package",
        _RLS,
        _swap_body("<package>presence</package>", "<event>presence</event>"),
    ),
    Defect(
        "rules-unknown-action",
        "a presence rule decides what no rule can decide",
        _RULES,
        _swap_body("sub-handling>confirm", "sub-handling>maybe"),
    ),
    Defect(
        "rules-duplicate-id",
        "two presence rules have the same id",
        _RULES,
        _swap_body('id="wp_prs_unlisted"', 'id="wp_prs_allow_own"'),
    ),
    Defect(
        "rules-anchor-not-encoded",
        "the anchors of the presence rules hold the identity unescaped",
        _RULES,
        _swap_body("sip%3A%2B339012341234%40", "sip:+339012341234@", 0),
    ),
    Defect(
        "permanent-presence-of-another",
        "the permanent presence is about another presentity",
        _PERM,
        _swap_body('entity="[^"]*"', f'entity="{_OTHER}"'),
    ),
    Defect(
        "permanent-presence-duplicate-person",
        "the permanent presence has two persons with one id",
        _PERM,
        _swap_body("</pdm:person>", '</pdm:person><pdm:person id="p1"/>'),
    ),
)

DEFECTS: Mapping[str, Defect] = MappingProxyType({defect.name: defect for defect in _TABLE})
"""Every defect by its name."""
