"""Cases of the checks that are made of the tables of header fields, one for each check."""

from __future__ import annotations

from harness.checks.field_rows import CORE, EXTENSIONS, Row
from harness.checks.table_checks import check_of, forbidden
from tests.checks.conversation import Case, Step, Value, answer, net, request, ue

VALUES: dict[str, str] = {
    "Accept": "application/sdp",
    "Accept-Contact": "*;video",
    "Accept-Encoding": "identity",
    "Accept-Language": "en",
    "Alert-Info": "<http://example.com/ring>",
    "Allow": "OPTIONS",
    "Authentication-Info": 'nextnonce="n"',
    "Call-Info": "<http://example.com/a>;purpose=icon",
    "Contact": "<sip:alice@10.0.0.1:5060>",
    "Error-Info": "<http://example.com/e>",
    "Expires": "60",
    "In-Reply-To": "x@example.com",
    "Info-Package": "x",
    "Min-Expires": "60",
    "Min-SE": "90",
    "MIME-Version": "1.0",
    "Organization": "Example",
    "P-Access-Network-Info": "3GPP-UTRAN-TDD;utran-cell-id-3gpp=1",
    "P-Asserted-Identity": "<sip:alice@example.com>",
    "P-Asserted-Service": "urn:urn-7:3gpp-service.x",
    "P-Called-Party-ID": "<sip:alice@example.com>",
    "P-Charging-Vector": "icid-value=1",
    "P-Early-Media": "supported",
    "P-Preferred-Identity": "<sip:alice@example.com>",
    "P-Preferred-Service": "urn:urn-7:3gpp-service.x",
    "P-Visited-Network-ID": "example.com",
    "Path": "<sip:p.example.com;lr>",
    "Priority": "normal",
    "Proxy-Require": "foo",
    "RAck": "1 1 INVITE",
    "RSeq": "1",
    "Record-Route": "<sip:p.example.com;lr>",
    "Recv-Info": "x",
    "Refer-Sub": "false",
    "Refer-To": "<sip:bob@example.com>",
    "Reject-Contact": "*;video",
    "Reply-To": "<sip:alice@example.com>",
    "Require": "foo",
    "Retry-After": "60",
    "Security-Client": "tls",
    "Security-Verify": "tls",
    "Service-Route": "<sip:p.example.com;lr>",
    "Session-Expires": "1800",
    "Subject": "x",
}

_NEEDED: dict[str, dict[str, Value]] = {
    "PRACK": {"RAck": "1 1 INVITE"},
    "REFER": {"Refer-To": "<sip:bob@example.com>", "Contact": VALUES["Contact"]},
    "UPDATE": {"Contact": VALUES["Contact"]},
    "INVITE": {"Contact": VALUES["Contact"], "Allow": "INVITE, ACK, CANCEL", "Supported": "100rel"},
    "NOTIFY": {"Contact": "<sip:alice@10.0.0.1:5060>"},
}

_OF_STATUS: dict[int, dict[str, Value]] = {
    401: {"WWW-Authenticate": 'Digest realm="r", nonce="n"'},
    405: {"Allow": "OPTIONS"},
    407: {"Proxy-Authenticate": 'Digest realm="r", nonce="n"'},
    415: {"Accept": "application/sdp"},
    420: {"Unsupported": "foo"},
    423: {"Min-Expires": "60"},
    489: {"Allow-Events": "presence"},
}


def asks(method: str, field: str | None = None, sender: str = "ue") -> list[Step]:
    """A request that the tables allow, or one with `field` besides."""
    added: dict[str, Value] = {field: VALUES.get(field, "x")} if field else {}
    made = request(
        method,
        sender=sender,
        tag="t-1",
        to_tag="t-2" if method in ("NOTIFY", "BYE", "UPDATE", "PRACK", "INFO", "ACK") else None,
        fields={**_NEEDED.get(method, {}), **added},
    )
    return [ue(made) if sender == "ue" else net(made)]


def answers(method: str, status: int, field: str | None = None, sender: str = "ue") -> list[Step]:
    """A response that the tables allow, or one with `field` besides."""
    asked = asks(method, sender="network" if sender == "ue" else "ue")
    added: dict[str, Value] = {field: VALUES.get(field, "x")} if field else {}
    needed = {
        name: value
        for name, value in _OF_STATUS.get(status, {}).items()
        if name not in forbidden(method, status)
    }
    made = answer(asked[0], status, fields={**needed, **added})
    return [*asked, ue(made) if sender == "ue" else net(made)]


def sender_of(row: Row, is_of_requests: bool) -> str:
    """Who of the two can send such a message, and is judged for it."""
    if row.method in ("REGISTER", "PUBLISH") and not is_of_requests:
        return "network"
    return "ue"


def statuses_of(row: Row) -> list[int]:
    """One status of each class that a row is about, where its check forbids the field."""
    classes = sorted({status // 100 for status in row.statuses or ()})
    found = []
    for each in classes:
        own = sorted(status for status in row.statuses or () if status // 100 == each)
        wanted = [status for status in own if row.field in forbidden(row.method, status)]
        found += wanted[:1]
    return found


def case_of(row: Row) -> dict[str, Case]:
    """By check: what passes and what fails by a row of "not applicable"."""
    found: dict[str, Case] = {}
    if row.in_requests and row.field in forbidden(row.method, None):
        check = check_of(row, is_of_requests=True) or ""
        found[check] = Case(check, [*asks(row.method)], [*asks(row.method, row.field)])
    for status in statuses_of(row) if row.method != "ACK" else ():
        if 100 < status < 200 or (row.method == "CANCEL" and status in _OF_STATUS):
            continue  # a fault of its own (RFC 4320 §4.1)
        check = check_of(row, is_of_requests=False) or ""
        sender = sender_of(row, is_of_requests=False)
        found[check] = Case(
            check,
            [*answers(row.method, status, sender=sender)],
            [*answers(row.method, status, row.field, sender=sender)],
        )
    return found


NOT_APPLICABLE = [row for row in (*CORE, *EXTENSIONS) if row.code == "-"]
_HAVE_CASES = ("GEN-FIELDS-1", "RSP-FIELDS-3", "REG-FIELDS-1")

CASES = [
    *{
        check: case
        for row in reversed(NOT_APPLICABLE)
        for check, case in case_of(row).items()
        if check not in _HAVE_CASES
    }.values(),
    Case(
        "GEN-MANDATORY-2",
        [*asks("REFER")],
        [request("REFER", fields={"Contact": VALUES["Contact"]})],
    ),
    Case(
        "GEN-MANDATORY-3",
        [*asks("INVITE")],
        [request("INVITE", fields={"Contact": VALUES["Contact"]})],
    ),
]
