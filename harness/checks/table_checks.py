"""What the tables of header fields forbid and ask for, row by row: see `field_rows`.

"Not applicable" is a MUST NOT (RFC 3261 §20). It is one here for the methods of presence; in the
methods of sessions, which are no part of it, and where the table only says what "can appear", a
field out of place is a remark: its receiver ignores it. RFC 6665 has withdrawn the table of RFC
3265, so that what that says is no more than worth knowing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.checks.context import Context
from harness.checks.field_rows import CORE, EXTENSIONS, METHODS, Row
from harness.checks.registry import (
    INFO,
    MUST,
    SHOULD,
    Selectors,
    check,
    requests,
    responses,
)
from harness.model import Level, Mismatch, Sender
from harness.sip.message import Message, Request, Response

_SESSION = ("ACK", "BYE", "CANCEL", "INVITE", "PRACK", "UPDATE", "REFER", "INFO")
_WATCHING = ("SUBSCRIBE", "NOTIFY")

# RFC 3903 §4: "The PUBLISH request MAY contain a Contact header field", table or not; PUB-CONTACT-1
# has the word. RFC 4483 §5.1 lets a UAC say in Accept that it takes content by reference, and has a
# MESSAGE that does so (§6.2). RFC 6665 §8.2.2 lets Allow-Events into any message; GEN-EVENT-1 and
# GEN-STATE-1 hold the other two fields of RFC 6665.
_ALLOWED = frozenset({("PUBLISH", "Contact"), ("MESSAGE", "Accept")})
_HELD_FIELDS = frozenset({"Allow-Events", "Event", "Subscription-State"})

# A UAS may give back what should not have been in the request (RFC 3261 §12.1.1).
_COPIED = "Record-Route"


@dataclass(frozen=True, slots=True)
class Table:
    """What one check holds: the fields not applicable to `methods` by the table of `clause`.

    `sender` is None where the check is about both sides.
    """

    check: str
    clause: str
    level: Level
    methods: tuple[str, ...]
    is_of_requests: bool = True
    sender: Sender | None = "ue"
    purpose: str = ""


def _core(
    name: str,
    clause: str,
    methods: tuple[str, ...],
    level: Level,
    sender: Sender | None = "ue",
) -> tuple[Table, ...]:
    shown = methods[0] if len(methods) == 1 else " or ".join((", ".join(methods[:-1]), methods[-1]))
    return (
        Table(
            f"GEN-FIELDS-{name}-1",
            clause,
            level,
            methods,
            sender=sender,
            purpose=f"A request of {shown} has no field that is not applicable to it.",
        ),
        Table(
            f"RSP-FIELDS-{name}-1",
            clause,
            level,
            methods,
            is_of_requests=False,
            sender=sender,
            purpose=f"A response to {shown} has no field that is not applicable to it.",
        ),
    )


CORE_TABLES: tuple[Table, ...] = (
    Table(
        "GEN-FIELDS-1",
        "RFC 3261 §20",
        MUST,
        ("REGISTER", "OPTIONS"),
        sender=None,
        purpose="A request carries no header field that is not applicable to its method.",
    ),
    Table(
        "RSP-FIELDS-3",
        "RFC 3261 §20",
        MUST,
        ("REGISTER", "OPTIONS"),
        is_of_requests=False,
        sender=None,
        purpose="A response to REGISTER or OPTIONS has no field that is not applicable to it.",
    ),
    *_core("PUBLISH", "RFC 3903 §11.1.1", ("PUBLISH",), MUST, None),
    *_core("MESSAGE", "RFC 3428 §9", ("MESSAGE",), MUST),
    *_core("SUBSCRIBE", "RFC 3265 §7.1", _WATCHING, INFO),
    *_core("SESSION", "RFC 3261 §20", ("ACK", "BYE", "CANCEL", "INVITE"), SHOULD),
    *_core("PRACK", "RFC 3262 §6", ("PRACK",), SHOULD),
    *_core("UPDATE", "RFC 3311 §7", ("UPDATE",), SHOULD),
    *_core("REFER", "RFC 3515 §2.2", ("REFER",), SHOULD),
    *_core("INFO", "RFC 6086 §6.1", ("INFO",), SHOULD),
)

# By document: the middle of the ids, and how binding its "not applicable" is.
# RFC 4488: "provided as a courtesy to the reader and is not normative"; RFC 7976: "can appear".
_DOCUMENTS: Mapping[str, tuple[str, Level]] = {
    "RFC 3262 §7": ("RACK", MUST),
    "RFC 3265 §7.1": ("WATCHING", INFO),
    "RFC 3327 §4": ("PATH", MUST),
    "RFC 3329 §2.6": ("SECURITY", MUST),
    "RFC 3515 §2.2": ("REFERTO", MUST),
    "RFC 3608 §5": ("SERVICEROUTE", MUST),
    "RFC 3841 §9": ("PREFERENCES", MUST),
    "RFC 4028 §4": ("TIMER", MUST),
    "RFC 4488 §4": ("REFERSUB", INFO),
    "RFC 5009 §8": ("EARLYMEDIA", MUST),
    "RFC 5876 §4.1": ("IDENTITY", MUST),
    "RFC 6050 §4.1": ("ASSERTED", MUST),
    "RFC 6050 §4.2": ("PREFERRED", MUST),
    "RFC 6086 §7.1": ("PACKAGES", MUST),
    "RFC 7976 §3": ("NETWORK", INFO),
}
# What is about both sides, by the id that it has.
_HELD = {"GEN-FIELDS-PREFERENCES-1": "REG-FIELDS-1"}
_BOTH_SIDES = frozenset(_HELD.values())


def _extension_tables() -> Iterator[Table]:
    for clause, (name, binding) in _DOCUMENTS.items():
        rows = [row for row in EXTENSIONS if row.clause == clause]
        for is_of_requests in (True, False):
            for is_session in (False, True):
                yield from _extension_table(clause, name, binding, is_of_requests, is_session, rows)


def _extension_table(
    clause: str,
    name: str,
    binding: Level,
    is_of_requests: bool,
    is_session: bool,
    rows: list[Row],
) -> Iterator[Table]:
    own = [
        row
        for row in rows
        if (row.in_requests if is_of_requests else row.statuses)
        and (row.method in _SESSION) == is_session
        and not (row.method == "ACK" and not is_of_requests)
    ]
    methods = tuple(method for method in METHODS if any(row.method == method for row in own))
    if not methods:
        return
    fields = ", ".join(dict.fromkeys(row.field for row in own))
    level = SHOULD if is_session and binding is MUST else binding
    side = "GEN" if is_of_requests else "RSP"
    where = "a request" if is_of_requests else "a response"
    made = f"{side}-FIELDS-{name}-{2 if is_session else 1}"
    made = _HELD.get(made, made)
    yield Table(
        made,
        clause,
        level,
        methods,
        is_of_requests,
        "ue" if is_of_requests and made not in _BOTH_SIDES else None,
        f"{fields}: not in {where} of a method to which it is not applicable.",
    )


EXTENSION_TABLES: tuple[Table, ...] = tuple(_extension_tables())


def check_of(row: Row, is_of_requests: bool) -> str | None:
    """The id of the check that holds a row, in requests or in responses."""
    tables = EXTENSION_TABLES if row in _EXTENSION_ROWS else CORE_TABLES
    return next(
        (
            table.check
            for table in tables
            if table.clause == row.clause
            and table.is_of_requests == is_of_requests
            and row.method in table.methods
        ),
        None,
    )


_EXTENSION_ROWS = frozenset(EXTENSIONS)


@lru_cache(maxsize=4096)
def forbidden(method: str, status: int | None) -> Mapping[str, str]:
    """By field: the check that forbids it in a request of `method`, or in a response to one."""
    found: dict[str, str] = {}
    for rows in (CORE, EXTENSIONS):
        own = [row for row in rows if row.method == method and _is_about(row, status)]
        free = {row.field for row in own if row.code != "-"}
        for row in own:
            holder = check_of(row, status is None)
            if row.field not in free and is_judged(row) and holder is not None:
                found[row.field] = holder
    return found


def is_judged(row: Row) -> bool:
    """Whether a row of "not applicable" is held by a check of this module."""
    return (row.method, row.field) not in _ALLOWED and row.field not in _HELD_FIELDS


def _is_about(row: Row, status: int | None) -> bool:
    if status is None:
        return row.in_requests
    return row.statuses is not None and status in row.statuses


def _misplaced(context: Context) -> Mapping[str, list[Mismatch]]:
    """By check: the fields of the message that its table forbids."""
    message = context.entry.message
    if isinstance(message, Request):
        table = forbidden(message.method, None) if message.method in METHODS else {}
    elif isinstance(message, Response):
        request = context.sip_request
        method = request.method if request is not None else message.method
        table = forbidden(method, message.status) if method in METHODS else {}
    else:
        return {}
    found: dict[str, list[Mismatch]] = {}
    seen: set[str] = set()
    for field in message.headers:
        holder = table.get(field.name)
        if holder is None or field.name in seen or _is_copy(field.name, message, context):
            continue
        seen.add(field.name)
        said = Mismatch("absent", field.value[:200] or "empty", field.name, field.offset)
        found.setdefault(holder, []).append(said)
    return found


def _is_copy(name: str, message: Message, context: Context) -> bool:
    """Whether a response only gives back what stands in its request."""
    request = context.sip_request
    is_response = isinstance(message, Response) and name == _COPIED
    return is_response and (request is None or bool(request.headers.rows(name)))


def _register(table: Table) -> None:
    def holds(message: Message, context: Context) -> Iterable[Mismatch]:
        return context.once(_misplaced).get(table.check, ())

    holds.__doc__ = table.purpose
    on: Selectors = (requests if table.is_of_requests else responses)(*table.methods)
    check(table.check, clause=table.clause, level=table.level, on=on, sender=table.sender)(holds)


for _table in (*CORE_TABLES, *EXTENSION_TABLES):
    _register(_table)
