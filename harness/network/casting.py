"""Which role a request is for, by the names of `harness.network.script`."""

from __future__ import annotations

from harness.network.notifier import Notifier
from harness.network.services import ListServices
from harness.network.subscriptions import Subscription
from harness.sip.message import Request

_BY_METHOD = {"REGISTER": "registrar", "PUBLISH": "presence"}
_BY_PACKAGE = {
    "presence.winfo": "winfo",
    "reg": "reg",
    "presence": "presence",
    "xcap-diff": "documents",
    "ua-profile": "documents",
}


class Casting:
    """Looks at a request, and at the subscription that it belongs to."""

    def __init__(self, notifier: Notifier, services: ListServices) -> None:
        self._notifier = notifier
        self._services = services

    def role_of(self, request: Request) -> str:
        """The role that has to answer a request."""
        if request.method != "SUBSCRIBE":
            return _BY_METHOD.get(request.method, "options")
        subscription = self._notifier.find(request)
        if subscription is not None:
            return notifying_role(subscription)
        package = request.event.package if request.event is not None else ""
        if package == "presence" and (request.body or self._services.find(request.uri)):
            return "rls"
        return _BY_PACKAGE.get(package, "options")


def notifying_role(subscription: Subscription) -> str:
    """The role that notifies a subscription."""
    if subscription.is_list:
        return "rls"
    return _BY_PACKAGE.get(subscription.package.name, "options")
