"""The tables of header fields by method (RFC 3261 §20), with what later RFCs add to them.

A row is a field, the messages that it can stand in ("where"), and a code for each method:
"m" mandatory, "m*" and "t" SHOULD be sent, "o" optional, "c" depends on the context, "*" where
there is a body, "-" not applicable, "." where no document says a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

METHODS = (
    *("ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "REGISTER", "PRACK"),
    *("UPDATE", "MESSAGE", "REFER", "PUBLISH", "INFO", "SUBSCRIBE", "NOTIFY"),
)
"""The columns of the core table, in its order."""

# ACK to REGISTER: RFC 3261 §20, tables 2 and 3; PRACK: RFC 3262 §6; UPDATE: RFC 3311 §7; MESSAGE:
# RFC 3428 §9; REFER: RFC 3515 §2.2; PUBLISH: RFC 3903 §11.1.1; INFO: RFC 6086 §6.1; SUBSCRIBE and
# NOTIFY: RFC 3265 §7.1, which RFC 6665 replaces without a table.
_CORE = """
Accept              R                               -  o  -  o  m* o  o  o  -  o  o  o  o  o
Accept              415                             -  c  -  c  c  c  c  c  m* c  m* o  o  o
Accept              2xx                             -  -  -  o  m* o  -  o  -  -  -  .  -  -
Accept-Encoding     R                               -  o  -  o  o  o  o  o  -  o  o  o  o  o
Accept-Encoding     415                             -  c  -  c  c  c  c  c  m* c  m* c  o  o
Accept-Encoding     2xx                             -  -  -  o  m* o  -  o  -  -  -  o  -  -
Accept-Language     R                               -  o  -  o  o  o  o  o  -  o  o  o  o  o
Accept-Language     415                             -  c  -  c  c  c  c  c  m* c  m* o  o  o
Accept-Language     2xx                             -  -  -  o  m* o  -  o  -  -  -  o  -  -
Alert-Info          R                               -  -  -  o  -  -  -  -  -  -  -  -  -  -
Alert-Info          180                             -  -  -  o  -  -  -  -  -  -  -  -  -  -
Allow               R                               -  o  -  o  o  o  o  o  o  o  o  o  o  o
Allow               r                               -  o  -  o  o  o  o  o  o  .  o  o  o  o
Allow               405                             -  m  -  m  m  m  m  m  m  m  m  m  m  m
Allow               2xx                             -  o  -  m* m* o  o  o  o  .  .  .  o  o
Allow-Events        R                               o  o  -  o  o  o  o  .  .  .  o  .  o  o
Allow-Events        2xx                             -  o  -  o  o  o  o  .  .  .  .  .  o  o
Allow-Events        489                             -  -  -  -  -  -  -  .  .  .  m  .  m  m
Authentication-Info 2xx                             -  o  -  o  o  o  o  o  o  o  o  o  o  o
Authorization       R                               o  o  o  o  o  o  o  o  o  o  o  o  o  o
Call-ID             c                               m  m  m  m  m  m  m  m  m  m  m  m  m  m
Call-Info           .                               -  -  -  o  o  o  -  o  o  -  o  o  .  .
Contact             R                               o  -  -  m  o  o  -  m  -  m  -  -  m  m
Contact             1xx                             -  -  -  o  -  -  -  o  -  -  -  -  o  o
Contact             2xx                             -  -  -  m  o  o  -  m  -  m  -  -  m  o
Contact             3xx                             -  o  -  o  o  o  o  o  o  o  o  -  m  m
Contact             485                             -  o  -  o  o  o  o  o  o  o  o  -  o  o
Content-Disposition .                               o  o  -  o  o  o  o  o  o  o  o  o  o  o
Content-Encoding    .                               o  o  -  o  o  o  o  o  o  o  o  o  o  o
Content-Language    .                               o  o  -  o  o  o  o  o  o  o  o  o  o  o
Content-Length      .                               t  t  t  t  t  t  t  t  t  o  t  o  t  t
Content-Type        .                               *  *  -  *  *  *  *  *  *  *  *  *  *  *
CSeq                c                               m  m  m  m  m  m  m  m  m  m  m  m  m  m
Date                .                               o  o  o  o  o  o  o  o  o  o  o  o  o  o
Error-Info          300-699                         -  o  o  o  o  o  o  o  o  o  o  o  o  o
Event               R                               -  -  -  -  -  -  -  -  .  .  m  .  m  m
Expires             .                               -  -  -  o  -  o  -  -  o  o  o  -  o  -
Expires             2xx                             .  .  .  .  .  .  .  .  .  .  m  .  m  -
From                c                               m  m  m  m  m  m  m  m  m  m  m  m  m  m
In-Reply-To         R                               -  -  -  o  -  -  -  -  o  -  -  .  -  -
Max-Forwards        R                               m  m  m  m  m  m  m  m  m  m  m  o  m  m
MIME-Version        .                               o  o  -  o  o  o  o  o  .  o  o  o  o  o
Min-Expires         423                             -  -  -  -  -  m  -  -  .  -  m  -  m  -
Organization        .                               -  -  -  o  o  o  -  o  o  o  o  -  o  -
Priority            R                               -  -  -  o  -  -  -  -  o  -  o  -  o  -
Proxy-Authenticate  407                             -  m  -  m  m  m  m  m  m  m  m  m  m  m
Proxy-Authenticate  401                             -  o  o  o  o  o  o  o  o  o  o  o  .  .
Proxy-Authorization R                               o  o  -  o  o  o  o  o  o  o  o  o  o  o
Proxy-Require       R                               -  o  -  o  o  o  o  o  o  o  o  o  o  o
Record-Route        R                               o  o  o  o  o  -  o  o  -  o  -  o  o  o
Record-Route        2xx,18x                         -  o  o  o  o  -  o  o  -  o  -  o  o  o
Reply-To            .                               -  -  -  o  -  -  -  -  o  -  -  .  -  -
Require             .                               -  c  -  c  c  c  c  c  c  c  o  o  o  o
Retry-After         404,413,480,486,500,503,600,603 -  o  o  o  o  o  o  o  o  o  o  o  o  o
Route               R                               c  c  c  c  c  c  c  c  o  c  c  o  c  c
Server              r                               -  o  o  o  o  o  o  o  o  o  o  o  o  o
Subject             R                               -  -  -  o  -  -  -  -  o  -  o  o  -  -
Subscription-State  R                               -  -  -  -  -  -  -  -  .  .  .  .  -  m
Supported           R                               -  o  o  m* o  o  o  o  .  o  o  o  o  o
Supported           2xx                             -  o  o  m* m* o  o  o  .  o  o  o  o  o
Timestamp           .                               o  o  o  o  o  o  o  o  o  o  o  o  o  o
To                  c                               m  m  m  m  m  m  m  m  m  m  m  m  m  m
Unsupported         420                             -  m  -  m  m  m  m  m  o  o  o  o  o  o
User-Agent          .                               o  o  o  o  o  o  o  o  o  o  o  o  o  o
Via                 c                               m  m  m  m  m  m  m  m  m  m  m  m  m  m
Warning             r                               -  o  o  o  o  o  o  o  o  o  o  o  o  o
Warning             R                               .  .  .  .  .  .  .  .  .  .  .  .  -  o
WWW-Authenticate    401                             -  m  -  m  m  m  m  m  m  m  m  m  m  m
WWW-Authenticate    407                             -  o  -  o  o  o  .  o  o  o  o  o  .  .
"""

# document and section | fields | where | methods that it is not applicable to. All other methods
# are optional there, or the document does not know them.
_EXTENSIONS = """
RFC 3262 §7   | RAck                     | R   | ACK BYE CANCEL INVITE OPTIONS REGISTER UPDATE
RFC 3262 §7   | RSeq                     | 1xx | ACK BYE CANCEL OPTIONS REGISTER PRACK UPDATE
RFC 3265 §7.1 | RAck                     | R   | SUBSCRIBE NOTIFY
RFC 3327 §4   | Path                     | R   | ACK BYE CANCEL INVITE OPTIONS
RFC 3327 §4   | Path                     | 2xx | ACK BYE CANCEL INVITE OPTIONS
RFC 3329 §2.6 | Security-Client          | R   | ACK CANCEL
RFC 3329 §2.6 | Security-Verify          | R   | ACK CANCEL
RFC 3515 §2.2 | Refer-To                 | R   | ACK BYE CANCEL INVITE OPTIONS REGISTER PRACK \
UPDATE MESSAGE PUBLISH INFO SUBSCRIBE NOTIFY
RFC 3608 §5   | Service-Route            | 2xx | ACK BYE CANCEL INVITE OPTIONS PRACK
RFC 3841 §9   | Accept-Contact           | R   | REGISTER
RFC 3841 §9   | Reject-Contact           | R   | REGISTER
RFC 4028 §4   | Session-Expires          | R   | ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE \
NOTIFY
RFC 4028 §4   | Session-Expires          | 2xx | ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE \
NOTIFY
RFC 4028 §4   | Min-SE                   | R   | ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE \
NOTIFY
RFC 4028 §4   | Min-SE                   | 422 | ACK BYE CANCEL OPTIONS REGISTER PRACK SUBSCRIBE \
NOTIFY
RFC 4488 §4   | Refer-Sub                | R   | ACK BYE CANCEL INVITE OPTIONS REGISTER MESSAGE \
SUBSCRIBE NOTIFY INFO UPDATE PRACK PUBLISH
RFC 5009 §8   | P-Early-Media            | R   | ACK BYE CANCEL OPTIONS REGISTER
RFC 5009 §8   | P-Early-Media            | 2xx | ACK BYE CANCEL INVITE OPTIONS REGISTER
RFC 5876 §4.1 | P-Asserted-Identity      | R   | ACK CANCEL
RFC 5876 §4.1 | P-Preferred-Identity     | R   | ACK CANCEL
RFC 6050 §4.2 | P-Preferred-Service      | R   | ACK BYE CANCEL REGISTER NOTIFY PRACK INFO UPDATE
RFC 6050 §4.1 | P-Asserted-Service       | R   | ACK BYE CANCEL REGISTER NOTIFY PRACK INFO UPDATE
RFC 6086 §7.1 | Info-Package             | R   | ACK BYE CANCEL INVITE OPTIONS REGISTER PRACK \
MESSAGE UPDATE SUBSCRIBE NOTIFY REFER
RFC 6086 §7.1 | Recv-Info                | R   | ACK BYE CANCEL OPTIONS INFO MESSAGE SUBSCRIBE \
NOTIFY REFER
RFC 7976 §3   | P-Called-Party-ID        | R   | ACK BYE CANCEL REGISTER NOTIFY PRACK INFO UPDATE
RFC 7976 §3   | P-Visited-Network-ID     | R   | ACK BYE CANCEL NOTIFY PRACK INFO UPDATE
RFC 7976 §3   | P-Access-Network-Info    |     | CANCEL
RFC 7976 §3   | P-Charging-Vector        |     | CANCEL
"""

_WHERE = re.compile(r"(\d{3})-(\d{3})|(\d)xx|(\d\d)x|(\d{3})")


@dataclass(frozen=True, slots=True)
class Row:
    """One field in one method: what the table of `clause` says of it.

    `statuses` holds the status codes that the row is about, None for requests alone; `in_requests`
    is whether it is about requests.
    """

    field: str
    method: str
    code: str
    clause: str
    in_requests: bool
    statuses: frozenset[int] | None


CLAUSES: Mapping[str, str] = {
    **dict.fromkeys(("ACK", "BYE", "CANCEL", "INVITE", "OPTIONS", "REGISTER"), "RFC 3261 §20"),
    "PRACK": "RFC 3262 §6",
    "UPDATE": "RFC 3311 §7",
    "MESSAGE": "RFC 3428 §9",
    "REFER": "RFC 3515 §2.2",
    "PUBLISH": "RFC 3903 §11.1.1",
    "INFO": "RFC 6086 §6.1",
    "SUBSCRIBE": "RFC 3265 §7.1",
    "NOTIFY": "RFC 3265 §7.1",
}
"""Where the column of each method stands."""

_ALL_STATUSES = frozenset(range(100, 700))


def _statuses(where: str) -> frozenset[int] | None:
    if where == "R":
        return None
    if where in ("r", "c", ".", ""):
        return _ALL_STATUSES
    found: set[int] = set()
    for first, last, hundreds, tens, one in _WHERE.findall(where):
        if first:
            found |= set(range(int(first), int(last) + 1))
        elif hundreds or tens:
            size = 100 if hundreds else 10
            low = int(hundreds or tens) * size
            found |= set(range(low, low + size))
        else:
            found.add(int(one))
    return frozenset(found)


def _row(field: str, where: str, method: str, code: str, clause: str) -> Row:
    is_for_requests = where in ("R", "c", ".", "")
    return Row(field, method, code, clause, is_for_requests, _statuses(where))


def _core() -> Iterator[Row]:
    for line in _CORE.strip().splitlines():
        field, where, *codes = line.split()
        for method, code in zip(METHODS, codes, strict=True):
            if code != ".":
                yield _row(field, where, method, code, CLAUSES[method])


def _extensions() -> Iterator[Row]:
    for line in _EXTENSIONS.strip().splitlines():
        clause, field, where, methods = (each.strip() for each in line.split("|"))
        for method in methods.split():
            yield _row(field, where, method, "-", clause)


CORE: tuple[Row, ...] = tuple(_core())
EXTENSIONS: tuple[Row, ...] = tuple(_extensions())
