"""The network side and the reference UE in one process, on a wire without sockets.

The clock jumps from event to event, so that a whole flow takes milliseconds, and identifiers are
counted, so that two runs are the same byte by byte.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from harness.config import Profile, load_profile
from harness.model import Endpoint, Peer, Send, Transport
from harness.network.network import Network
from harness.sip.aka import Card
from harness.trace import Sequencer, TraceEntry
from harness.ue.agent import ReferenceUe
from harness.ue.defects import DEFECTS
from harness.ue.personas import PERSONAS
from harness.ue.settings import Settings

UE, NETWORK = "192.0.2.1", "192.0.2.2"
EPOCH = 1_790_000_000.0
_LATENCY = 0.001


def counted_ids(prefix: str) -> Callable[[], str]:
    """Identifiers that are the same in every run."""
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers):012x}"


@dataclass
class Wire:
    """Carries messages between two endpoints and traces them; time is what `now` says.

    `events` counts what happened: an endpoint whose timer never advances would make it soar.
    """

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    now: float = 0.0
    events: int = 0
    trace: list[TraceEntry] = field(default_factory=list)
    drop: Callable[[TraceEntry], bool] = lambda entry: False
    _queue: list[tuple[float, int, TraceEntry, str]] = field(default_factory=list)
    _counter: itertools.count[int] = field(default_factory=itertools.count)
    _sequencer: Sequencer = field(default_factory=Sequencer)
    _connections: dict[tuple[str, Peer], tuple[Peer, str]] = field(default_factory=dict)
    _ports: itertools.count[int] = field(default_factory=lambda: itertools.count(40001))

    def wall_clock(self) -> float:
        return EPOCH + self.now

    def perform(self, sender: str, sends: Sequence[Send]) -> None:
        """Put what an endpoint wants sent on the wire."""
        for send in sends:
            source, name = self._source(sender, send)
            entry = self._sequencer.entry(
                send.data, source, send.destination, self.wall_clock(), connection=name
            )
            self.trace.append(entry)
            if not self.drop(entry):
                at = self.now + _LATENCY
                receiver = send.destination.host
                heapq.heappush(self._queue, (at, next(self._counter), entry, receiver))

    def _source(self, sender: str, send: Send) -> tuple[Peer, str]:
        kind = send.destination.transport
        if kind is Transport.UDP:
            return Peer(sender, 5060, kind), ""
        for (owner, remote), (local, name) in self._connections.items():
            if owner == sender and remote == send.destination:
                return local, name
        local = Peer(sender, next(self._ports), kind)
        name = f"{kind.value}-{local.port}"
        self._connections[sender, send.destination] = (local, name)
        self._connections[send.destination.host, local] = (send.destination, name)
        return local, name

    def run(self, seconds: float, *, until: Callable[[], bool] = lambda: False) -> None:
        """Let happen what happens within `seconds`, or until `until` says so."""
        end = self.now + seconds
        while not until() and self.events < 1_000_000:
            due = [(self._queue[0][0], "")] if self._queue else []
            for host, endpoint in self.endpoints.items():
                deadline = endpoint.next_deadline()
                if deadline is not None:
                    due.append((max(deadline, self.now), host))
            if not due or min(due)[0] > end:
                break
            self.now, host = min(due)
            self.events += 1
            if host:
                self.perform(host, self.endpoints[host].tick(self.now))
            else:
                self._deliver()
        else:
            return
        self.now = end

    def _deliver(self) -> None:
        _, _, entry, receiver = heapq.heappop(self._queue)
        endpoint = self.endpoints[receiver]
        self.perform(receiver, endpoint.receive(entry.raw, entry.source, self.now))


@dataclass(frozen=True)
class Played:
    """A flow that was played: its trace and the parties."""

    trace: tuple[TraceEntry, ...]
    ue: ReferenceUe
    network: Network
    wire: Wire


def play_flow(
    *,
    persona: str = "conformant",
    defects: Sequence[str] = (),
    profile: Profile | None = None,
    transport: Transport = Transport.UDP,
    farewell: bool = True,
    drop: Callable[[TraceEntry], bool] = lambda entry: False,
    around: Callable[[Endpoint], Endpoint] = lambda network: network,
    stay: float = 1.0,
) -> Played:
    """Play the documented flow to its end, and the UE's good-bye.

    `around` may put something between the UE and the network; `stay` is how many seconds the UE
    stays registered after the flow.
    """
    profile = profile or load_profile("documented")
    wire = Wire(drop=drop)
    listeners = [Peer(NETWORK, 5060, each) for each in (Transport.UDP, Transport.TCP)]
    network = Network(profile, wire.wall_clock, counted_ids("n"), listeners)
    pixit = profile.pixit
    other = Transport.TCP if transport is Transport.UDP else Transport.UDP
    settings = Settings(
        registrar=Peer(NETWORK, 5060, transport),
        domain=pixit.domain,
        xcap_root=f"http://{NETWORK}:8080",
        identity=pixit.impu,
        local=Peer(UE, 5060, transport),
        display_name=pixit.display_name,
        impi=pixit.impi,
        realm=pixit.realm,
        password=pixit.password.get_secret_value(),
        card=Card.make(*pixit.usim.octets) if pixit.usim is not None else None,
        imei=pixit.imei,
        transports=(transport, other),
        persona=PERSONAS[persona],
        defects=tuple(DEFECTS[name] for name in defects),
        user_agent=pixit.user_agent,
        list_name=pixit.list_name,
    )
    ue = ReferenceUe(settings, wire.wall_clock, counted_ids("u"))
    wire.endpoints = {NETWORK: around(network), UE: ue}
    wire.perform(UE, ue.start(wire.now))
    wire.run(120, until=lambda: ue.done)
    wire.run(stay)
    if farewell:
        wire.perform(UE, ue.stop(wire.now))
        wire.run(40, until=lambda: ue.done)
        wire.run(1)
    return Played(tuple(wire.trace), ue, network, wire)


def renumbered(entries: Sequence[TraceEntry]) -> list[TraceEntry]:
    """Entries as a trace of their own: counted from 1, HTTP answers paired anew."""
    sequencer = Sequencer()
    return [
        replace(
            sequencer.entry(
                each.raw, each.source, each.destination, each.time, connection=each.connection
            ),
            frame=number,
        )
        for number, each in enumerate(entries, start=1)
    ]
