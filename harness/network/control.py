"""The network side as a test case steers it: one handle for each role.

network.presence.next_answer(412)
network.presence.notify(AOR)
network.rls.terminate(AOR, "probation", retry_after=5)
network.registrar.deregister(AOR, "rejected")
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.model import Send
from harness.network.casting import notifying_role
from harness.network.feeds import Body, Status
from harness.network.network import Network
from harness.network.script import ROLES, RoleScript
from harness.network.subscriptions import Subscription

Act = Callable[[Callable[[float], None]], None]
"""Runs a step on the network's own thread, with its clock, and sends what comes of it."""


class RoleControl(RoleScript):
    """A role's script, and what the role can be told to do at once."""

    def __init__(self, name: str, network: Network, act: Act) -> None:
        super().__init__()
        self._name = name
        self._network = network
        self._act = act

    # -- notifying roles -----------------------------------------------------------------------

    def notify(
        self, user: str, *, body: bytes | None = None, content_type: str = "application/pidf+xml"
    ) -> None:
        """Notify all subscriptions of a user now; `body` in place of the true state."""

        def announce(subscription: Subscription) -> None:
            dictated = Body(content_type, body) if body is not None else None
            self._network.notifier.announce(subscription, dictated)

        self._each(user, announce)

    def terminate(
        self, user: str, reason: str = "deactivated", *, retry_after: int | None = None
    ) -> None:
        """End all subscriptions of a user with this reason (RFC 6665 §4.1.3)."""
        status = Status("terminated", reason, retry_after)
        self._each(user, lambda found: self._network.notifier.terminate(found, status))

    def _each(self, user: str, do: Callable[[Subscription], None]) -> None:
        def step(now: float) -> None:
            identity = self._network.site.identity(user)
            found = [
                subscription
                for subscription in self._network.notifier.subscriptions(identity)
                if notifying_role(subscription) == self._name
            ]
            if not found:
                raise LookupError(f"{user} has no subscription that {self._name} notifies")
            for subscription in found:
                do(subscription)

        self._act(step)

    # -- the registrar -------------------------------------------------------------------------

    def deregister(
        self, user: str, event: str = "deactivated", *, retry_after: int | None = None
    ) -> None:
        """Remove the bindings of a user and tell its subscribers (RFC 3680 §4.7.1)."""
        self._act(lambda now: self._network.registrar.deregister(user, now, event, retry_after))

    def shorten(self, user: str, seconds: int) -> None:
        """Let a registration end in so many seconds, so that the UE authenticates again."""
        self._act(lambda now: self._network.registrar.shorten(user, seconds, now))


class NetworkControl:
    """The handles of all roles; `act` runs steps where the network runs.

    Rules are plain data: setting one needs no step of its own.
    """

    def __init__(self, network: Network, act: Act) -> None:
        controls = {name: RoleControl(name, network, act) for name in ROLES}
        for name, control in controls.items():
            setattr(network.script, name, control)
        self.registrar = controls["registrar"]
        self.presence = controls["presence"]
        self.winfo = controls["winfo"]
        self.reg = controls["reg"]
        self.rls = controls["rls"]
        self.documents = controls["documents"]
        self.options = controls["options"]
        self.xdms = controls["xdms"]
        self._roles: Iterable[RoleControl] = tuple(controls.values())

    def reset(self) -> None:
        """Every role back to duty."""
        for role in self._roles:
            role.reset()


def act_in_place(
    network: Network, now: Callable[[], float], send: Callable[[list[Send]], None]
) -> Act:
    """For a network without a thread: a step runs at once, and `send` gets what comes of it."""

    def act(step: Callable[[float], None]) -> None:
        step(now())
        send(network.tick(now()))

    return act
