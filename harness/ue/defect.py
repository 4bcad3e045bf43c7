"""What a defect is, and the words in which defects are written.

A defect changes a message just before it is sent; the UE that makes the message knows nothing of
it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

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


def defect(name: str, description: str, concerns: Concern, change: Change, *trips: str) -> Defect:
    """A row of the table; `trips` are ids of checks."""
    return Defect(name, description, concerns, change, frozenset(trips))


# -- which messages -----------------------------------------------------------------------------


def requests(*methods: str) -> Concern:
    """SIP requests of these methods, all where none is named."""
    return lambda draft: draft.is_sip_request and (not methods or draft.method in methods)


def answers(method: str) -> Concern:
    """200s to requests of this method."""
    return lambda draft: draft.status == 200 and draft.method == method


def puts(auid: str, part: str = "") -> Concern:
    """PUTs under an AUID whose target holds `part`; a document's target has no "~~"."""
    return lambda draft: (
        draft.is_http_request
        and draft.method == "PUT"
        and f"/{auid}/" in draft.target
        and (part in draft.target if part else "~~" not in draft.target)
    )


def all_http(draft: Draft) -> bool:
    """Every HTTP request."""
    return draft.is_http_request


def both(one: Concern, other: Concern) -> Concern:
    """What both concern."""
    return lambda draft: one(draft) and other(draft)


def outside(draft: Draft) -> bool:
    """No To tag."""
    return not draft.is_inside_dialog


def inside(draft: Draft) -> bool:
    """A To tag: in a dialog."""
    return draft.is_inside_dialog


def has(name: str) -> Concern:
    """The field is there."""
    return lambda draft: bool(draft.get(name))


def lacks(name: str) -> Concern:
    """The field is not there."""
    return lambda draft: not draft.get(name)


def is_for(package: str) -> Concern:
    """The event package."""
    return lambda draft: draft.get("Event") == package


def answers_challenge(draft: Draft) -> bool:
    """Credentials with a digest in them."""
    credentials = draft.get("Authorization")
    return 'response="' in credentials and 'response=""' not in credentials


REGISTER = requests("REGISTER")
SUBSCRIBE = requests("SUBSCRIBE")
PUBLISH = requests("PUBLISH")
LIST = both(both(SUBSCRIBE, is_for("presence")), outside)
WINFO = both(both(SUBSCRIBE, is_for("presence.winfo")), outside)
REFRESH = both(SUBSCRIBE, inside)
FIRST_PUBLISH = both(PUBLISH, lacks("SIP-If-Match"))
LATER_PUBLISH = both(PUBLISH, has("SIP-If-Match"))
NOTIFY_ANSWER = answers("NOTIFY")
OPTIONS_ANSWER = answers("OPTIONS")
CHALLENGED = both(REGISTER, answers_challenge)
LISTS = puts("resource-lists")
ENTRY = puts("resource-lists", "/entry")
RULES = puts("org.openmobilealliance.pres-rules")
RLS = puts("rls-services")
PERM = puts("pidf-manipulation")


# -- what is changed ----------------------------------------------------------------------------


def drop(name: str) -> Change:
    """Take a field out."""
    return lambda draft: draft.without(name)


def add(name: str, value: str) -> Change:
    """Put a field in, beside one of that name that may be there."""
    return lambda draft: draft.plus(name, value)


def write(name: str, value: str) -> Change:
    """Give a field another value."""
    return lambda draft: draft.edit(name, lambda _: value)


def swap(name: str, old: str, new: str) -> Change:
    """Replace the first match of a pattern in a field."""
    return lambda draft: draft.edit(name, lambda value: re.sub(old, new, value, count=1))


def swap_body(old: str, new: str, count: int = 1) -> Change:
    """Replace matches of a pattern in the body; a count of 0 replaces all."""

    def change(body: bytes) -> bytes:
        return re.sub(old.encode(), new.encode(), body, count=count, flags=re.DOTALL)

    return lambda draft: draft.edit_body(change)


def swap_target(old: str, new: str) -> Change:
    """Replace matches of a pattern in the target."""
    return lambda draft: draft.to(re.sub(old, new, draft.target))


def keep_back(_: Draft) -> None:
    """Send nothing."""
    return


def answer_instead(status_line: str) -> Change:
    """Answer with another status line."""
    return lambda draft: replace(draft, start=status_line)


def empty(draft: Draft) -> Draft:
    """Send no body."""
    return draft.edit_body(lambda _: b"").without("Content-Type")


def user_in_register_uri(draft: Draft) -> Draft:
    """Put the user of To into the Request-URI."""
    user = draft.get("To").partition("sip:")[2].partition("@")[0]
    return draft.to(draft.target.replace("sip:", f"sip:{user}@", 1))
