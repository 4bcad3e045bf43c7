"""index.html: the whole run on one page that needs nothing else, neither files nor a network.

Nothing that came over the wire reaches the page unescaped: texts go through `plain` and Jinja's
autoescaping, and the page's own policy lets no script run but the one written here.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import jinja2

from harness.model import Clause, Finding, Level, Verdict
from harness.report.marking import Shown, excerpt, missing_field, whole
from harness.report.story import Seen, StepTold, Story, UeTold, verdict_of
from harness.report.text import plain

MAX_UES = 50
"""UEs that get a section of their own; the worst come first."""
MAX_ROWS = 2000
"""Messages in the ladders of all UEs together; those with findings and of steps come first."""
MAX_CARDS = 600
"""Findings that are shown in full."""
MAX_OF_CHECK = 25
"""Findings of the same check, on the same side of the same UE, that are shown in full."""
_MAX_TEXT = 8 * 1024 * 1024
_MAX_OTHERS = 500
_MAX_CELL = 200

_VERDICT_SAYS = {
    Verdict.PASS: ("✓", "pass", "passes"),
    Verdict.FAIL: ("✗", "fail", "fails"),
    Verdict.ERROR: ("!", "in error", "in error"),
    Verdict.INCONC: ("?", "inconclusive", "inconclusive"),
    Verdict.NONE: ("-", "not seen", "not seen"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A finding as it is shown; `text` is the whole message, where there is room for it."""

    anchor: str
    finding: Finding
    verdict: Verdict
    seen: Seen | None
    excerpt: Shown
    missing: str
    text: Shown | None


@dataclass(frozen=True, slots=True)
class Row:
    """A message as it is shown in a ladder; `text` is None where there was no room for it."""

    seen: Seen
    tone: str
    text: Shown | None


@dataclass(frozen=True, slots=True)
class Section:
    """A UE as it is shown; `left_out` counts its messages that its ladder does not show."""

    index: int
    ue: UeTold
    counts: Mapping[Verdict, int]
    rows: tuple[Row, ...]
    left_out: int
    lanes: Mapping[str, str]


def write_html(story: Story, path: Path) -> Path:
    """Write index.html; answers its path."""
    page = render(story)
    # A character that UTF-8 cannot carry must not cost the page.
    path.write_text(page, encoding="utf-8", errors="backslashreplace")
    return path


def render(story: Story) -> str:
    """The page."""
    environment = _environment()
    budget = _Budget(_MAX_TEXT)
    cards = _cards(story, budget)
    sections = _sections(story, budget)
    anchors = {id(card.finding): card.anchor for card in cards}
    rows = {row.seen.number for section in sections for row in section.rows}
    return environment.get_template("report.html.j2").render(
        story=story,
        sections=sections,
        ues_left_out=len(story.ues) - len(sections),
        index_of={section.ue.address: section.index for section in sections},
        cards=cards,
        cards_left_out=len(story.findings) - len(cards),
        counts=story.count_steps(),
        headline=_headline(story),
        must=_must(story),
        checks=_checks(story),
        started=_clock(story.started),
        step_name=lambda step: story.step_names.get(step, step),
        has_row=rows.__contains__,
        anchor_of=lambda finding: anchors.get(id(finding)),
        others=story.strangers[:_MAX_OTHERS],
        others_left_out=max(0, len(story.strangers) - _MAX_OTHERS),
        Verdict=Verdict,
        Level=Level,
        policy=_policy(environment),
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        plain=lambda value: plain(str(value), _MAX_CELL * 5),
        short=lambda value: plain(str(value), _MAX_CELL),
        seconds=_seconds,
        sign=lambda verdict: _VERDICT_SAYS[verdict][0],
        says=lambda verdict: _VERDICT_SAYS[verdict][1],
        verdict_of=verdict_of,
        checks=_by_check,
        remarks=_remarks,
    )
    return environment


def _policy(environment: jinja2.Environment) -> str:
    """The page's Content-Security-Policy: its own style and script by their hashes, no more."""
    hashes = {}
    for name in ("style.css", "script.js"):
        text = environment.get_template(name).render()
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
        hashes[name] = f"'sha256-{digest}'"
    return (
        f"default-src 'none'; style-src {hashes['style.css']}; "
        f"script-src {hashes['script.js']}; base-uri 'none'; form-action 'none'"
    )


# -- what is shown, and what is left out -----------------------------------------------------------


class _Budget:
    """Room for the texts of messages."""

    def __init__(self, size: int) -> None:
        self._left = size

    def text(self, seen: Seen, findings: Iterable[Finding]) -> Shown | None:
        """The whole message, None where no room is left."""
        if self._left <= 0:
            return None
        self._left -= len(seen.entry.raw) + 200
        return whole(seen.message, findings)


def _cards(story: Story, budget: _Budget) -> list[Card]:
    cards: list[Card] = []
    shown: Counter[tuple[str, str, str]] = Counter()
    for finding in sorted(story.findings, key=_urgency):
        kind = (finding.check, finding.sender, finding.ue)
        shown[kind] += 1
        if shown[kind] > MAX_OF_CHECK or len(cards) >= MAX_CARDS:
            continue
        seen = story.by_number.get(finding.entry)
        card = Card(
            anchor=f"f{len(cards) + 1}",
            finding=finding,
            verdict=verdict_of(finding),
            seen=seen,
            excerpt=excerpt(seen.message, finding) if seen else Shown(()),
            missing=missing_field(seen.message, finding) if seen else "",
            text=budget.text(seen, (finding,)) if seen else None,
        )
        cards.append(card)
    return cards


def _urgency(finding: Finding) -> tuple[int, bool, int]:
    """What the UE has to answer for comes first, level by level."""
    return list(Level).index(finding.level), finding.sender != "ue", finding.entry


def _sections(story: Story, budget: _Budget) -> list[Section]:
    ues = sorted(enumerate(story.ues), key=lambda each: (-each[1].verdict.rank, each[0]))
    kept = [story.ues[at] for at, _ in sorted(ues[:MAX_UES], key=lambda each: each[0])]
    room = max(1, MAX_ROWS // max(1, len(kept)))
    sections = []
    for index, ue in enumerate(kept, start=1):
        chosen = _chosen(ue.messages, room)
        section = Section(
            index=index,
            ue=ue,
            counts=Counter(step.verdict for step in ue.steps),
            rows=tuple(Row(seen, _tone(seen), budget.text(seen, seen.findings)) for seen in chosen),
            left_out=len(ue.messages) - len(chosen),
            lanes=_lanes(ue.messages),
        )
        sections.append(section)
    return sections


def _chosen(messages: Sequence[Seen], room: int) -> list[Seen]:
    """As many messages as there is room for, in order; the telling ones before the others."""
    if len(messages) <= room:
        return list(messages)
    telling = sorted(messages, key=lambda each: (-each.verdict.rank, each.step is None))
    return sorted(telling[:room], key=lambda each: each.number)


def _tone(seen: Seen) -> str:
    """How a message looks: by its worst finding, else by whether a step claimed it."""
    if seen.verdict is not Verdict.PASS:
        return str(seen.verdict.value)
    if any(each.level is Level.SHOULD for each in seen.findings):
        return "remark"
    return "pass" if seen.step is not None else "none"


def _lanes(messages: Iterable[Seen]) -> dict[str, str]:
    """The addresses that each lane stands for: of the UE, and the network's for SIP and XCAP."""
    found: dict[str, Counter[str]] = {"ue": Counter(), "sip": Counter(), "xcap": Counter()}
    for seen in messages:
        entry = seen.entry
        from_ue = seen.sender == "ue"
        ue, network = (entry.source, entry.destination)[:: 1 if from_ue else -1]
        found["ue"][ue.host] += 1
        found["sip" if entry.is_sip else "xcap"][str(network)] += 1
    return {
        lane: (seen.most_common(1)[0][0] if seen else "")
        + (f" and {len(seen) - 1} more" if len(seen) > 1 else "")
        for lane, seen in found.items()
    }


# -- words -----------------------------------------------------------------------------------------


def _headline(story: Story) -> str:
    """The run in one sentence."""
    counts = story.count_steps()
    total = sum(counts.values())
    if not total:
        return "No UE was seen, so nothing was judged."
    told = [f"{counts[Verdict.PASS]} of {total} steps pass"]
    for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.INCONC, Verdict.NONE):
        if counts[verdict]:
            says = _VERDICT_SAYS[verdict]
            told.append(f"{counts[verdict]} {says[2] if counts[verdict] == 1 else says[1]}")
    ues = f"Of {len(story.ues)} UEs, " if len(story.ues) > 1 else ""
    return f"{ues}{', '.join(told)}."


def _must(story: Story) -> Mapping[str, int]:
    """Broken MUSTs by their sender; "outside" are those of UEs that are no step's."""
    broken = [each for each in story.findings if each.level is Level.MUST]
    counts = Counter(each.sender for each in broken)
    outside = sum(1 for each in broken if each.sender == "ue" and each.step is None)
    return {"ue": counts["ue"], "network": counts["network"], "outside": outside}


def _checks(story: Story) -> list[dict[str, object]]:
    """The catalogue of the run, with how often each check found something."""
    hits = Counter(each.check for each in story.findings)
    return [
        {
            "id": str(each["id"]),
            "level": str(each.get("level") or ""),
            "clause": str(each.get("clause") or ""),
            "url": Clause.parse(str(each.get("clause") or "")).url,
            "purpose": str(each.get("purpose") or ""),
            "hits": hits[each["id"]],
        }
        for each in story.run.get("checks") or ()
    ]


def _by_check(step: StepTold) -> list[tuple[Finding, int]]:
    """The broken MUSTs of a step: the first finding of each check, and how many there are."""
    binding = [each for each in step.findings if each.level is Level.MUST]
    counts = Counter(each.check for each in binding)
    first = {each.check: each for each in reversed(binding)}
    return [(first[check], count) for check, count in counts.items()]


def _remarks(step: StepTold) -> str:
    """What else was found at a step, counted."""
    counts = Counter(each.level for each in step.findings)
    names = ((Level.SHOULD, "remark", "remarks"), (Level.INFO, "info", "info"))
    told = [f"{counts[level]} {one if counts[level] == 1 else many}" for level, one, many in names]
    return ", ".join(each for each, (level, _, _) in zip(told, names, strict=True) if counts[level])


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _seconds(value: float) -> str:
    """Seconds, as exact as they are read: 0.004 s, 2.32 s, 9 min 54 s."""
    if value < 1:
        return f"{value:.3f} s"
    if value < 120:
        return f"{value:.2f} s"
    return f"{int(value // 60)} min {int(value % 60)} s"
