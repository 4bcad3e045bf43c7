"""A link whose traffic is judged: what the network side says has to be right as well."""

from __future__ import annotations

from collections.abc import Iterable

from harness.checks.judge import Judge
from harness.config import Profile
from harness.model import Level, Peer, Send, Transport
from harness.network.limits import DEFAULT_LIMITS, Limits
from harness.trace import Sequencer, TraceEntry

from .link import EPOCH, NETWORK, Link, profile


class JudgedLink(Link):
    """Keeps every message of both sides."""

    def __init__(self, settings: Profile | None = None, limits: Limits = DEFAULT_LIMITS) -> None:
        self.settings = settings or profile()
        super().__init__(self.settings, limits)
        self.trace: list[TraceEntry] = []
        self._sequencer = Sequencer()
        receive, tick = self.network.receive, self.network.tick

        def recorded(data: bytes, source: Peer, now: float) -> list[Send]:
            self._record(data, source, _own(source))
            return self._record_all(receive(data, source, now))

        self.network.receive = recorded  # type: ignore[method-assign]
        self.network.tick = (  # type: ignore[method-assign]
            lambda now: self._record_all(tick(now))
        )

    def _record_all(self, sends: Iterable[Send]) -> list[Send]:
        kept = list(sends)
        for send in kept:
            if send.data:
                self._record(send.data, _own(send.destination), send.destination)
        return kept

    def _record(self, data: bytes, source: Peer, destination: Peer) -> None:
        peer = destination if source.host == NETWORK.host else source
        name = "" if peer.transport is Transport.UDP else f"{peer.transport.value}-{peer.port}"
        entry = self._sequencer.entry(data, source, destination, EPOCH + self.now, connection=name)
        self.trace.append(entry)

    def blamed(self) -> list[tuple[str, str, str]]:
        """What the network side broke of what it MUST: check, place, what was observed."""
        judge = Judge(self.settings, own_network=True)
        judged = [found for entry in self.trace for found in judge.feed(entry)]
        judged += judge.finish(self.trace[-1].time)
        assert not judge.failures
        return [
            (finding.check, finding.where, finding.observed)
            for found in judged
            if found.sender == "network"
            for finding in found.findings
            if finding.level is Level.MUST
        ]


def _own(peer: Peer) -> Peer:
    return Peer(NETWORK.host, 5060 if peer.transport.is_sip else 8080, peer.transport)
