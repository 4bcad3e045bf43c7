"""Presence flows against the network side under load, played by SIPp, beside Kamailio.

    python -m bench.load [--seconds N] [--ues N] [--most RATE] [--only NAME]

For each server: the highest rate of complete flows at which every call succeeds and nothing has to
be repeated, the times of response at half of it, what a flow costs, and the memory of UEs that stay
registered and subscribed. Prints a table; exit status 1 where a server serves no flow at all.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from bench.load_servers import (
    Server,
    kamailio,
    kamailio_modules,
    network_alone,
    presence_network,
)
from bench.load_sipp import FLOW, HOLD, Played, play

PRESENCE, ALONE, KAMAILIO = "presence network", "network alone", "kamailio"

SERVERS: Mapping[str, Callable[[], AbstractContextManager[Server]]] = {
    PRESENCE: presence_network,
    ALONE: network_alone,
    KAMAILIO: kamailio,
}

_HELD = 1_000_000
"""The number of the first UE that stays."""
_TRIES = 2
"""Of a rate: what else the machine does must not decide."""
_SETTLE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one server did. `rate` and `kept_up` in flows a second, memory in KB, `cpu` in ms."""

    server: Server
    rate: int
    kept_up: float
    half: Played
    cpu: float
    held: int
    memory: float
    holding: Played


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--seconds", type=int, default=4, metavar="N", help="for each rate")
    parser.add_argument("--ues", type=int, default=5000, metavar="N", help="that stay")
    parser.add_argument("--most", type=int, default=1280, metavar="RATE", help="flows a second")
    parser.add_argument("--only", choices=SERVERS, help="one server")
    given = parser.parse_args(arguments)
    sipp = shutil.which("sipp")
    if sipp is None:
        print("no load: sipp is not installed")
        return 0
    load = Load(sipp, given.seconds, given.most, given.ues)
    rows: dict[str, Figures | None] = {}
    for name in [given.only] if given.only else SERVERS:
        if name == KAMAILIO and kamailio_modules() is None:
            print("nothing to compare with: kamailio and its presence modules are not installed")
            continue
        print(f"{name}, load of the machine {os.getloadavg()[0]:.1f}", flush=True)
        with SERVERS[name]() as server:
            rows[name] = load.measure(server)
    _print_table(rows)
    return 0 if all(rows.values()) else 1


@dataclass(slots=True)
class Load:
    """The same load for each server; every rate is played for `seconds`."""

    sipp: str
    seconds: int
    most: int
    ues: int
    users: int = 0

    def measure(self, server: Server) -> Figures | None:
        """Everything about one server, None where it serves no flow."""
        rate, pace = self._highest_rate(server)
        if not rate:
            return None
        half = max(rate // 2, 1)
        before = server.cpu()
        played = self._play(server, half, log=True)
        server.settle(_SETTLE_SECONDS)
        cpu = 1000 * (server.cpu() - before) / max(played.good, 1)
        empty = server.memory()
        held = play(self.sipp, server.port, HOLD, rate, self.ues, first=_HELD, log=False)
        server.settle(_SETTLE_SECONDS)
        memory = 1024 * (server.memory() - empty) / max(held.good, 1)
        print(f"  {held.good} UEs stay", flush=True)
        holding = self._play(server, half, log=True)
        return Figures(server, rate, pace, played, cpu, held.good, memory, holding)

    def _highest_rate(self, server: Server) -> tuple[int, float]:
        """The highest clean rate, to a quarter of it, and how many flows it keeps up with."""
        good, bad, pace = 0, 0, 0.0
        rate = min(10, self.most)
        while rate > good and rate != bad:
            for _ in range(_TRIES):
                played = self._play(server, rate, log=False)
                behind = server.settle(_SETTLE_SECONDS)
                pace = max(pace, played.good / (played.seconds + behind))
                if played.is_clean:
                    break
            good, bad = (rate, bad) if played.is_clean else (good, rate)
            if bad and bad - good <= max(good // 4, 1):
                break
            rate = (good + bad) // 2 if bad else min(2 * rate, self.most)
        return good, pace

    def _play(self, server: Server, rate: int, *, log: bool) -> Played:
        calls = rate * self.seconds
        played = play(self.sipp, server.port, FLOW, rate, calls, first=self.users, log=log)
        self.users += calls
        print(
            f"  {rate:5} a second: {played.good} good, {played.failed} failed,"
            f" {played.repeated} repeated, {played.seconds:.1f} s",
            flush=True,
        )
        return played


def _print_table(rows: Mapping[str, Figures | None]) -> None:
    measured = {name: each for name, each in rows.items() if each is not None}
    reference = measured.get(KAMAILIO)
    print(f"\n{'':34}" + "".join(f"{name:>26}" for name in measured))
    for title, form, figure in _ROWS:
        cells = ""
        for name, each in measured.items():
            value = figure(each)
            ratio = ""
            if reference is not None and name != KAMAILIO and figure(reference):
                ratio = f" (x {value / figure(reference):.2f})"
            cells += f"{format(value, form) + ratio:>26}"
        print(f"{title:34}{cells}")


_ROWS: Sequence[tuple[str, str, Callable[[Figures], float]]] = (
    ("flows a second, none failed", ".0f", lambda each: each.rate),
    ("flows a second, kept up with", ".0f", lambda each: each.kept_up),
    ("CPU of a flow, ms", ".2f", lambda each: each.cpu),
    ("half the rate: answer, p50 ms", ".1f", lambda each: each.half.percentile(0.5)),
    ("half the rate: answer, p99 ms", ".1f", lambda each: each.half.percentile(0.99)),
    ("UEs held", ".0f", lambda each: each.held),
    ("memory of each, KB", ".1f", lambda each: each.memory),
    ("with them: answer, p50 ms", ".1f", lambda each: each.holding.percentile(0.5)),
    ("with them: answer, p99 ms", ".1f", lambda each: each.holding.percentile(0.99)),
    ("start to address, s", ".2f", lambda each: each.server.started),
    ("start to first answer, s", ".2f", lambda each: each.server.answered),
)


if __name__ == "__main__":
    # Whoever ends the benchmark ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    sys.exit(main())
