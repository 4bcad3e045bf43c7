"""SIP transactions as an onlooker sees them: which response answers which request (RFC 3261 §17).

Also recognises retransmissions. Bounded by age and by number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.checks.bounded import Bounded
from harness.model import Sender
from harness.sip.message import Message as SipMessage
from harness.sip.message import Request, Response
from harness.trace import TraceEntry

MAGIC_COOKIE = "z9hG4bK"

# Longer than any transaction lives: 64*T1 for the request and Timer J's 64*T1 for repeats, twice.
_LIFETIME = 128.0
_MAX_TRANSACTIONS = 4096
_MAX_RESPONSES = 16
_MAX_REPEATS = 32
# A retransmission and the final response may cross.
_CROSSING = 0.4

Key = tuple[str, ...]


@dataclass(slots=True)
class Transaction:
    """One request and its responses.

    `entry` is None where the capture begins after the request. `initiator` is who sent the
    request. `responses` holds each different response once.
    """

    key: Key
    cseq_key: Key
    initiator: Sender
    started: float
    entry: TraceEntry | None = None
    responses: list[TraceEntry] = field(default_factory=list)
    repeats: list[float] = field(default_factory=list)
    """When the request was sent, the first time included."""

    @property
    def request(self) -> Request | None:
        message = self.entry.message if self.entry is not None else None
        return message if isinstance(message, Request) else None

    @property
    def has_branch(self) -> bool:
        """Whether a branch identifies it; otherwise copies of a fork cannot be told apart."""
        return bool(self.key[1])

    @property
    def is_doubtful(self) -> bool:
        """Whether the request was sent again well after its final response was seen.

        The client may not have got that response: the point of capture lies between the two.
        """
        final = self.final
        return final is not None and self.repeats[-1] > final.time + _CROSSING

    @property
    def method(self) -> str:
        """The method of the request; "" where that was not seen."""
        request = self.request
        return request.method if request is not None else ""

    @property
    def final(self) -> TraceEntry | None:
        """The first final response."""
        return next((each for each in self.responses if _status(each) >= 200), None)


def _may_answer(response: Response, cseq_key: Key) -> bool:
    """Whether a response has two of Call-ID, CSeq number and From tag of a request.

    One of them can be spoilt; with more it is the response to another request.
    """
    own = _cseq_key(response, "ue")
    return sum(own[index] == cseq_key[index] for index in (2, 3, 5)) >= 2


def _has_spoilt_method(response: Response, cseq_key: Key) -> bool:
    """Whether a response has a request's branch, Call-ID, From tag and number, and only the method
    of another in CSeq, or nothing that can be read there.

    A response to CANCEL has the branch of the request that it cancels (RFC 3261 §9.1).
    """
    own = _cseq_key(response, "ue")
    is_number = own[3] in ("", cseq_key[3])
    is_same = is_number and (own[2], own[5]) == (cseq_key[2], cseq_key[5])
    return is_same and bool(own[2]) and response.method != "CANCEL"


def _status(entry: TraceEntry) -> int:
    message = entry.message
    return message.status if isinstance(message, Response) else 0


class Transactions:
    """The transactions of one UE's traffic that are recent enough to matter."""

    def __init__(self) -> None:
        self._by_key: dict[Key, Transaction] = {}
        self._by_cseq: Bounded[Key, Transaction] = Bounded(_MAX_TRANSACTIONS)
        self._by_branch: Bounded[Key, Transaction] = Bounded(_MAX_TRANSACTIONS)
        self._waiting: dict[tuple[Sender, str], dict[Key, Transaction]] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def find(self, message: Request | Response, sender: Sender) -> Transaction | None:
        """The transaction that a message belongs to, if it is known already.

        A response whose Via was spoilt still finds its request by Call-ID, CSeq and From tag, and
        one whose CSeq was, by branch, Call-ID and From tag.
        """
        known = self._by_key.get(transaction_key(message, sender))
        if not isinstance(message, Response):
            return known
        by_cseq = _cseq_key(message, _initiator(message, sender))
        if known is not None and known.cseq_key == by_cseq:
            return known
        # A proxy that forwards without state can give all its requests one branch.
        found = self._by_cseq.get(by_cseq, known)
        if found is not None:
            return found if _may_answer(message, found.cseq_key) else None
        same = self._by_branch.get(transaction_key(message, sender)[:2])
        # CANCEL and ACK share the branch of their INVITE, which the capture may lack.
        if same is None or same.key[2] in ("CANCEL", "ACK"):
            return None
        return same if _has_spoilt_method(message, same.cseq_key) else None

    def is_retransmission(self, entry: TraceEntry, sender: Sender) -> bool:
        """Whether the same bytes were already seen in the same transaction."""
        message = entry.message
        if not isinstance(message, SipMessage):
            return False
        known = self.find(message, sender)
        if known is None:
            return False
        seen = known.responses if isinstance(message, Response) else [known.entry]
        return any(each is not None and each.raw == entry.raw for each in seen)

    def note_repeat(self, entry: TraceEntry, sender: Sender) -> None:
        """Take in a retransmission."""
        message = entry.message
        known = self.find(message, sender) if isinstance(message, Request) else None
        if known is not None and len(known.repeats) < _MAX_REPEATS:
            known.repeats.append(entry.time)

    def update(self, entry: TraceEntry, sender: Sender) -> Transaction | None:
        """Take in a message; answers its transaction."""
        message = entry.message
        if not isinstance(message, SipMessage):
            return None
        self._forget_old(entry.time)
        known = self.find(message, sender)
        if isinstance(message, Request):
            if known is None or known.entry is None or not _is_same_request(known, message):
                known = self._add(message, sender, entry)
            return known
        if known is None:
            known = self._add(message, sender, entry)
        if len(known.responses) < _MAX_RESPONSES:
            known.responses.append(entry)
        if message.status >= 200:
            self._no_longer_waiting(known)
        return known

    def _add(self, message: Request | Response, sender: Sender, entry: TraceEntry) -> Transaction:
        key = transaction_key(message, sender)
        initiator = _initiator(message, sender)
        request = entry if isinstance(message, Request) else None
        made = Transaction(key, _cseq_key(message, initiator), initiator, entry.time, request)
        made.repeats.append(entry.time)
        # Re-inserting keeps the dictionary in order of time.
        replaced = self._by_key.pop(key, None)
        if replaced is not None:
            self._no_longer_waiting(replaced)
        self._by_key[key] = made
        self._by_cseq[made.cseq_key] = made
        if made.has_branch:
            self._by_branch[made.key[:2]] = made
        if request is not None:
            self._waiting.setdefault((initiator, made.method), {})[key] = made
        return made

    def _no_longer_waiting(self, transaction: Transaction) -> None:
        group = self._waiting.get((transaction.initiator, transaction.method), {})
        if group.get(transaction.key) is transaction:
            del group[transaction.key]

    def waiting(self, initiator: Sender, method: str) -> list[Transaction]:
        """The transactions of a method that have no final response yet."""
        return list(self._waiting.get((initiator, method), {}).values())

    def _forget_old(self, now: float) -> None:
        while self._by_key:
            first = next(iter(self._by_key.values()))
            if len(self._by_key) <= _MAX_TRANSACTIONS and now - first.started <= _LIFETIME:
                return
            del self._by_key[first.key]
            self._no_longer_waiting(first)
            if self._by_cseq.get(first.cseq_key) is first:
                del self._by_cseq[first.cseq_key]
            if self._by_branch.get(first.key[:2]) is first:
                del self._by_branch[first.key[:2]]


def _is_same_request(known: Transaction, message: Request) -> bool:
    first = known.request
    return first is not None and first.call_id == message.call_id and first.cseq == message.cseq


def _initiator(message: Request | Response, sender: Sender) -> Sender:
    if isinstance(message, Request):
        return sender
    return "network" if sender == "ue" else "ue"


def transaction_key(message: Request | Response, sender: Sender) -> Key:
    """What matches a response to its request: branch and method (RFC 3261 §17.1.3).

    Without the magic cookie the branch says nothing, and the fields of RFC 2543 take its place.
    """
    via = message.top_via
    branch = via.branch if via is not None else None
    initiator = _initiator(message, sender)
    if branch is not None and branch.startswith(MAGIC_COOKIE):
        return (initiator, branch, message.method)
    return _cseq_key(message, initiator)


def _cseq_key(message: Request | Response, initiator: Sender) -> Key:
    number = str(message.cseq.number) if message.cseq is not None else ""
    tag = message.from_.tag if message.from_ is not None else None
    return (initiator, "", message.call_id or "", number, message.method, tag or "")
