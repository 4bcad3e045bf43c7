"""What became of seeded faults, by class: the table that both engines print."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

LEVELS = ("must", "should", "info", "none")


@dataclass
class Tally:
    """Counts by class and by the worst level of what was found; names what was not found."""

    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    survivors: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def add(self, kind: str, level: str, *where: str) -> None:
        """Take in one fault: its class, the level it was found at ("" for not), and what it is."""
        self.counts[kind][level or "none"] += 1
        if level in ("", "none", "info"):
            self.survivors[level or "none", kind, *where] += 1

    @property
    def total(self) -> Counter[str]:
        return sum(self.counts.values(), Counter())

    def rows(self) -> Iterator[tuple[str, int, tuple[int, ...]]]:
        """Class, faults seeded, and how many were found at each level; the sum last."""
        for kind, counts in (*self.counts.items(), ("all", self.total)):
            yield kind, counts.total(), tuple(counts[level] for level in LEVELS)

    def text(self) -> str:
        """The table for a terminal."""
        lines = [f"{'class':<22}{'seeded':>8}" + "".join(f"{each:>8}" for each in LEVELS)]
        for kind, seeded, cells in self.rows():
            lines.append(f"{kind:<22}{seeded:>8}" + "".join(f"{each:>8}" for each in cells))
        return "\n".join(lines)

    def markdown(self) -> str:
        """The table for a document."""
        lines = [
            "| class | seeded | must | should | info | not found |",
            "|---|---:|---:|---:|---:|---:|",
        ]
        for kind, seeded, cells in self.rows():
            mark = "**" if kind == "all" else ""
            values = " | ".join(str(each) for each in (seeded, *cells))
            lines.append(f"| {mark}{kind}{mark} | {values} |")
        return "\n".join(lines)

    def list_survivors(self) -> str:
        """What was found at info level or not at all, and how often."""
        return "\n".join(
            f"{count:>4}  " + " | ".join(names) for names, count in sorted(self.survivors.items())
        )
