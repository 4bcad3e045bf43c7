"""What a test case wants a role to do instead of its duty: once, some times, or from now on.

The roles know nothing of it: the network asks the script when a request comes in, before it goes to
its role, and shows it each message on its way out.

    network.script.presence.next_answer(412)
    network.script.rls.stay_silent(times=None)
    network.script.registrar.delay(2.0)
    network.script.presence.lie("Subscription-State", "active", method="NOTIFY")
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from harness.model import Send
from harness.network.reply import Header
from harness.sip.timers import TimerQueue

ROLES = ("registrar", "presence", "winfo", "reg", "rls", "documents", "options", "xdms")

_MAX_SILENCED = 1024
"""Transactions that are kept unanswered; the oldest is forgotten first."""

_MAX_HELD = 4096
"""Answers that are held back; the oldest is never given."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A final answer in place of the role's; the role never sees the request."""

    status: int
    reason: str | None = None
    headers: tuple[Header, ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, to any copy of the request."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The `copy`-th copy of a request is lost, counted from 1."""

    copy: int


@dataclass(frozen=True, slots=True)
class Delay:
    """The answer waits for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Close:
    """The connection is closed instead of an answer."""


@dataclass(frozen=True, slots=True)
class Lie:
    """A header field gets another value on its way out; None takes it out."""

    name: str
    value: str | None


Action = Answer | Silence | Drop | Delay | Close | Lie
_Kind = TypeVar("_Kind", Answer, Silence, Drop, Delay, Close, Lie)


@dataclass(slots=True)
class _Rule:
    action: Action
    method: str | None
    left: int | None

    def fits(self, method: str) -> bool:
        return self.left != 0 and self.method in (None, method)


class RoleScript:
    """What one role is told. `times` None means until `reset`; `method` None any method."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def next_answer(
        self,
        status: int,
        *,
        reason: str | None = None,
        headers: Iterable[Header] = (),
        body: bytes = b"",
        method: str | None = None,
        times: int | None = 1,
    ) -> None:
        """Answer with this status; the body's Content-Type is one of `headers`."""
        if not 200 <= status <= 699:
            raise ValueError(f"{status} is no final answer: give 200 to 699")
        self._add(Answer(status, reason, tuple(headers), body), method, times)

    def stay_silent(self, *, method: str | None = None, times: int | None = 1) -> None:
        """Answer nothing, not even to retransmissions."""
        self._add(Silence(), method, times)

    def drop(self, copy: int = 1, *, method: str | None = None, times: int | None = 1) -> None:
        """Lose the `copy`-th copy of a request; the others get through."""
        if copy < 1:
            raise ValueError(f"copies are counted from 1, not {copy}")
        self._add(Drop(copy), method, times)

    def delay(self, seconds: float, *, method: str | None = None, times: int | None = 1) -> None:
        """Answer so many seconds later; a NOTIFY may then come before its 200."""
        if seconds < 0:
            raise ValueError(f"{seconds} seconds are no delay")
        self._add(Delay(seconds), method, times)

    def close_connection(self, *, method: str | None = None, times: int | None = 1) -> None:
        """Close the connection instead of an answer; over UDP, stay silent."""
        self._add(Close(), method, times)

    def lie(
        self, name: str, value: str | None, *, method: str | None = None, times: int | None = 1
    ) -> None:
        """Send another value of a header field, or none; `method` is that of the message."""
        self._add(Lie(name, value), method, times)

    def reset(self) -> None:
        """Back to duty."""
        self._rules.clear()

    def _add(self, action: Action, method: str | None, times: int | None) -> None:
        if times is not None and times < 1:
            raise ValueError(f"times is 1 or more, or None for until reset, not {times}")
        self._rules.append(_Rule(action, method, times))

    # -- asked by the network ------------------------------------------------------------------

    def take(self, kind: type[_Kind], method: str) -> _Kind | None:
        """The first rule of a kind for this method; it counts as used."""
        for rule in self._rules:
            if isinstance(rule.action, kind) and rule.fits(method):
                self._use(rule)
                return rule.action
        return None

    def take_all(self, kind: type[_Kind], method: str) -> list[_Kind]:
        """Every rule of a kind for this method; each counts as used."""
        taken: list[_Kind] = []
        for rule in tuple(self._rules):
            if isinstance(rule.action, kind) and rule.fits(method):
                self._use(rule)
                taken.append(rule.action)
        return taken

    def _use(self, rule: _Rule) -> None:
        if rule.left is not None:
            rule.left -= 1
            if rule.left == 0:
                # A test case may have reset the role meanwhile, on a thread of its own.
                with suppress(ValueError):
                    self._rules.remove(rule)

    @property
    def is_empty(self) -> bool:
        """Whether the role does its duty."""
        return not self._rules


@dataclass(slots=True)
class _Copies:
    """What happens to the copies of one request: `lost` None means all of them."""

    lost: int | None
    seen: int = 1


@dataclass(slots=True)
class Script:
    """The scripts of all roles, and what they hold back."""

    registrar: RoleScript = field(default_factory=RoleScript)
    """REGISTER."""
    presence: RoleScript = field(default_factory=RoleScript)
    """PUBLISH, and SUBSCRIBE to one presentity."""
    winfo: RoleScript = field(default_factory=RoleScript)
    """SUBSCRIBE to watcher information."""
    reg: RoleScript = field(default_factory=RoleScript)
    """SUBSCRIBE to registrations."""
    rls: RoleScript = field(default_factory=RoleScript)
    """SUBSCRIBE to a list."""
    documents: RoleScript = field(default_factory=RoleScript)
    """SUBSCRIBE to documents of the XDMS."""
    options: RoleScript = field(default_factory=RoleScript)
    """OPTIONS and everything else."""
    xdms: RoleScript = field(default_factory=RoleScript)
    """XCAP."""
    _copies: OrderedDict[str, _Copies] = field(default_factory=OrderedDict)
    _held: dict[int, Callable[[float], list[Send]]] = field(default_factory=dict)
    _release: TimerQueue[int] = field(default_factory=TimerQueue)
    _counter: int = 0

    def role(self, name: str) -> RoleScript:
        """The script of a role by its name."""
        if name not in ROLES:
            raise ValueError(f"{name}: no such role. Known: {', '.join(ROLES)}")
        found = getattr(self, name)
        assert isinstance(found, RoleScript)
        return found

    @property
    def is_idle(self) -> bool:
        """Whether every role does its duty and nothing is held back."""
        roles = (self.role(name) for name in ROLES)
        return not self._copies and not self._held and all(role.is_empty for role in roles)

    def reset(self) -> None:
        """Every role back to duty; what is held back still goes out in its time."""
        for name in ROLES:
            self.role(name).reset()
        self._copies.clear()

    def swallows(self, role: str, method: str, transaction: str) -> bool:
        """Whether this copy of a request is as good as lost."""
        copies = self._copies.get(transaction)
        if copies is not None:
            copies.seen += 1
            if copies.lost is not None and copies.lost <= copies.seen:
                del self._copies[transaction]
            return copies.lost is None or copies.lost == copies.seen
        script = self.role(role)
        dropped = script.take(Drop, method)
        if dropped is not None:
            if dropped.copy > 1:
                self._remember(transaction, _Copies(dropped.copy))
            return dropped.copy == 1
        if script.take(Silence, method) is not None:
            self._remember(transaction, _Copies(None))
            return True
        return False

    def _remember(self, transaction: str, copies: _Copies) -> None:
        while len(self._copies) >= _MAX_SILENCED:
            self._copies.popitem(last=False)
        self._copies[transaction] = copies

    def hold(self, seconds: float, now: float, act: Callable[[float], list[Send]]) -> None:
        """Let something happen later."""
        while len(self._held) >= _MAX_HELD:
            oldest = next(iter(self._held))
            self._release.cancel(oldest)
            del self._held[oldest]
        self._counter += 1
        self._held[self._counter] = act
        self._release.set(self._counter, now + seconds)

    def tick(self, now: float) -> list[Send]:
        """What was held back until now."""
        return [send for key in self._release.due(now) for send in self._held.pop(key)(now)]

    def next_deadline(self) -> float | None:
        """When something that is held back is due."""
        return self._release.next_deadline()
