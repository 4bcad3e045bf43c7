"""The UE's XCAP client: one request at a time, challenges answered, refusals not repeated."""

from __future__ import annotations

import base64
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from harness.model import Send
from harness.ue.keyring import Keyring, offers_basic
from harness.ue.personas import fill_rows
from harness.ue.settings import Settings
from harness.xcap.http import (
    HttpResponse,
    HttpSerializeError,
    make_http_request,
    parse_http,
)

_MAX_QUEUE = 32
_MAX_ATTEMPTS = 4
_MAX_BODY = 4 * 1024 * 1024
_MAX_PAUSE = 60.0
"""Seconds that the flow waits for an XDMS to get well; SIP does not depend on it."""
# RFC 9110 §15.6.4 and §15.6.5, and 500: the server may be well again later.
_TRANSIENT = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: a response, or None and why there is none."""

    job: Job
    response: HttpResponse | None = None
    failure: str = ""

    @property
    def is_success(self) -> bool:
        return self.response is not None and 200 <= self.response.status < 300

    @property
    def status(self) -> int:
        """The status code, 0 where there was no response."""
        return self.response.status if self.response is not None else 0


Done = Callable[[Outcome, float], list[Send]]


@dataclass(frozen=True, slots=True)
class Job:
    """A request to make: `title` names it for people, `done` hears its outcome."""

    title: str
    method: str
    target: str
    done: Done = field(compare=False, repr=False)
    body: bytes = b""
    content_type: str = ""
    if_match: str = ""
    if_none_match: str = ""
    attempt: int = 1


class XcapClient:
    """Sends jobs one after the other to the XDMS."""

    def __init__(self, settings: Settings, new_id: Callable[[], str], identity: str) -> None:
        self._settings = settings
        self._identity = identity
        self._keyring = Keyring(settings.username, settings.password, settings.realm, new_id)
        self._basic = ""
        self._queue: deque[Job] = deque()
        self._current: tuple[Job, bytes, str] | None = None
        self._deadline: float | None = None
        self._pause: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way or waits."""
        return self._current is not None or bool(self._queue)

    def submit(self, job: Job, now: float) -> list[Send]:
        """Make a request when those before it are done."""
        if len(self._queue) >= _MAX_QUEUE:
            return job.done(Outcome(job, failure="too many requests wait"), now)
        self._queue.append(job)
        return self._next(now)

    def _next(self, now: float) -> list[Send]:
        if self._current is not None or self._pause is not None or not self._queue:
            return []
        return self._send(self._queue.popleft(), now)

    def _send(self, job: Job, now: float) -> list[Send]:
        credentials = self._keyring.answer(job.method, job.target, job.body) or self._basic
        credentials = credentials or self._settings.persona.http_authorization
        peer = self._settings.xdms
        values = {
            "host": str(peer),
            "user_agent": self._settings.user_agent,
            "identity": self._identity,
            "authorization": credentials,
            "if_match": job.if_match,
            "if_none_match": job.if_none_match,
            "content_type": job.content_type,
            "content_length": str(len(job.body)),
        }
        fields = fill_rows(self._settings.persona.http, values)
        try:
            data = make_http_request(job.method, job.target, fields, job.body)
        except HttpSerializeError as error:
            return self._finish(Outcome(job, failure=str(error)), now)
        self._current = (job, data, credentials)
        self._deadline = now + self._settings.waits.http
        return [Send(data, peer)]

    def receive(self, data: bytes, now: float) -> list[Send]:
        """Take an HTTP response; one that nobody waits for is dropped."""
        if self._current is None or len(data) > _MAX_BODY:
            return []
        job, _, sent = self._current
        response = parse_http(data, job.method)
        if not isinstance(response, HttpResponse) or response.status < 200:
            return []  # RFC 9110 §15.2: 1xx is interim
        self._deadline = None
        self._current = None
        if response.status == 401 and self._learn(response, sent):
            return self._again(job, now)
        if response.status < 400:
            self._keyring.accepted(response.headers.get("Authentication-Info"))
        pause = _pause_after(response, job.attempt)
        if pause <= _MAX_PAUSE and job.attempt < _MAX_ATTEMPTS:
            self._queue.appendleft(replace(job, attempt=job.attempt + 1))
            self._pause = now + pause
            return []
        return self._finish(Outcome(job, response), now)

    def _learn(self, response: HttpResponse, sent: str) -> bool:
        """Take a challenge; whether there is something new to answer it with."""
        challenges = response.headers.values("WWW-Authenticate")
        if self._keyring.learn(challenges, sent):
            return True
        own = f"{self._settings.username}:{self._settings.password}".encode()
        basic = f"Basic {base64.b64encode(own).decode('ascii')}"
        # RFC 7617 §4: the password only goes where it was asked for, and once.
        if not offers_basic(challenges) or sent == basic:
            return False
        self._basic = basic
        return True

    def _again(self, job: Job, now: float) -> list[Send]:
        if job.attempt >= _MAX_ATTEMPTS:
            return self._finish(Outcome(job, failure="challenged too often"), now)
        return self._send(replace(job, attempt=job.attempt + 1), now)

    def _finish(self, outcome: Outcome, now: float) -> list[Send]:
        self._current = self._deadline = None
        sends = outcome.job.done(outcome, now)
        return sends + self._next(now)

    def next_deadline(self) -> float | None:
        """When `tick` has something to do."""
        return self._deadline if self._deadline is not None else self._pause

    def tick(self, now: float) -> list[Send]:
        """Give up on what stays silent, go on after a pause."""
        if self._current is not None and self._deadline is not None and now >= self._deadline:
            waited = f"no HTTP response within {self._settings.waits.http:g} s"
            return self._finish(Outcome(self._current[0], failure=waited), now)
        if self._pause is not None and now >= self._pause:
            self._pause = None
            return self._next(now)
        return []

    def failed(self, data: bytes, reason: str, now: float) -> list[Send]:
        """The transport could not deliver a request: tried once more, then given up."""
        if self._current is None or self._current[1] != data:
            return []
        job = self._current[0]
        self._current = self._deadline = None
        if job.attempt > 1:
            return self._finish(Outcome(job, failure=reason), now)
        # A kept-alive connection may end as the request goes out: RFC 9112 §9.3.1 lets an
        # idempotent request be sent again.
        return self._send(replace(job, attempt=job.attempt + 1), now)


def _pause_after(response: HttpResponse, attempt: int) -> float:
    """Seconds before a request is worth repeating: Retry-After (RFC 9110 §10.2.3), or our own."""
    if response.status not in _TRANSIENT:
        return math.inf
    value = response.headers.get("Retry-After") or ""
    return float(value[:9]) if value.isascii() and value.isdigit() else 2.0**attempt
