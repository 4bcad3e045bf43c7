"""Where the grammar of each header field stands, for those that RFC 3261 §25.1 does not have."""

from __future__ import annotations

from harness.model import Clause

_FIELDS = {
    "RFC 3262 §10": "RAck RSeq",
    "RFC 3313 §5.1": "P-Media-Authorization",
    "RFC 3323 §4.2": "Privacy",
    "RFC 3325 §9.1": "P-Asserted-Identity",
    "RFC 3325 §9.2": "P-Preferred-Identity",
    "RFC 3326 §2": "Reason",
    "RFC 3327 §4": "Path",
    "RFC 3329 §2.2": "Security-Client Security-Server Security-Verify",
    "RFC 3515 §2.1": "Refer-To",
    "RFC 3608 §5": "Service-Route",
    "RFC 3841 §10": "Accept-Contact Reject-Contact Request-Disposition",
    "RFC 3891 §6.1": "Replaces",
    "RFC 3892 §3": "Referred-By",
    "RFC 3903 §12": "SIP-ETag SIP-If-Match",
    "RFC 3911 §7.1": "Join",
    "RFC 4028 §4": "Session-Expires",
    "RFC 4028 §5": "Min-SE",
    "RFC 4412 §3.1": "Resource-Priority",
    "RFC 4412 §3.2": "Accept-Resource-Priority",
    "RFC 4457 §4": "P-User-Database",
    "RFC 4474 §9": "Identity-Info",
    "RFC 4488 §4": "Refer-Sub",
    "RFC 4538 §7": "Target-Dialog",
    "RFC 4964 §7.1": "P-Answer-State",
    "RFC 5002 §5": "P-Profile-Key",
    "RFC 5009 §9": "P-Early-Media",
    "RFC 5318 §5": "P-Refused-URI-List",
    "RFC 5360 §5.11.2": "Trigger-Consent",
    "RFC 5360 §5.9.3": "Permission-Missing",
    "RFC 5373 §2": "Answer-Mode Priv-Answer-Mode",
    "RFC 5393 §5.8": "Max-Breadth",
    "RFC 5503 §5.1": "P-DCS-Trace-Party-ID",
    "RFC 5503 §6.1": "P-DCS-OSPS",
    "RFC 5503 §7.1": "P-DCS-Billing-Info",
    "RFC 5503 §8.1": "P-DCS-LAES P-DCS-Redirect",
    "RFC 5626 §10": "Flow-Timer",
    "RFC 5839 §7.3": "Suppress-If-Match",
    "RFC 6050 §4.1": "P-Asserted-Service",
    "RFC 6050 §4.2": "P-Preferred-Service",
    "RFC 6086 §9.2": "Info-Package Recv-Info",
    "RFC 6442 §4.1": "Geolocation",
    "RFC 6442 §4.2": "Geolocation-Routing",
    "RFC 6442 §4.4": "Geolocation-Error",
    "RFC 6665 §8.4": "Event Allow-Events Subscription-State",
    "RFC 6794 §4.4.5.2": "Policy-Contact",
    "RFC 6809 §6.2.1": "Feature-Caps",
    "RFC 7044 §5": "History-Info",
    "RFC 7315 §5.1": "P-Associated-URI",
    "RFC 7315 §5.2": "P-Called-Party-ID",
    "RFC 7315 §5.3": "P-Visited-Network-ID",
    "RFC 7315 §5.4": "P-Access-Network-Info",
    "RFC 7315 §5.5": "P-Charging-Function-Addresses",
    "RFC 7315 §5.6": "P-Charging-Vector",
    "RFC 7316 §7": "P-Private-Network-Indication",
    "RFC 7433 §4.1": "User-to-User",
    "RFC 7614 §4.8": "Refer-Events-At",
    "RFC 7989 §5": "Session-ID",
    "RFC 8224 §4": "Identity",
    "RFC 8262 §3.2": "Content-ID",
    "RFC 8496 §6": "P-Charge-Info",
    "RFC 8498 §6.2": "P-Served-User",
    "RFC 8876 §5.2": "AlertMsg-Error",
}

_CLAUSES = {
    field: Clause.parse(clause) for clause, fields in _FIELDS.items() for field in fields.split()
}


def clause_of(field_name: str) -> Clause | None:
    """The clause with the ABNF of a header field of an extension, by its canonical name."""
    return _CLAUSES.get(field_name)
