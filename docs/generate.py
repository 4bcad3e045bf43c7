"""Writes docs/checks.md from the catalogue: `python docs/generate.py`."""

from __future__ import annotations

import inspect
from collections import Counter, defaultdict
from pathlib import Path

from harness.catalogue import Row, catalogue
from harness.checks.registry import CHECKS
from harness.config import Profile, load_profile
from harness.flow.steps import load_flow
from harness.paths import FLOW

PAGE = Path(__file__).with_name("checks.md")

AREAS = {
    "GEN": "Every SIP message",
    "REG": "REGISTER",
    "AUTH": "Credentials in SIP",
    "SUB": "SUBSCRIBE",
    "NOT": "NOTIFY and its answers",
    "PUB": "PUBLISH",
    "OPT": "OPTIONS",
    "RSP": "SIP responses",
    "HTTP": "Every HTTP message",
    "XCAP": "XCAP requests and answers",
    "XML": "XML documents",
    "MIME": "Body parts",
    "PIDF": "Presence documents",
    "WINFO": "Watcher information",
    "RLMI": "List notifications",
    "LIST": "Resource lists",
    "RLS": "RLS services",
    "RULES": "Presence rules",
    "CAP": "Capability tags and services",
    "FLOW": "Steps of the flow",
}

HEAD = """\
# The checks

Generated from the code by `python docs/generate.py`; `presence checks` lists those of a profile.
Levels are those of the profile `documented`:

- **must**: the text says MUST or "shall", or its grammar or schema allows nothing else. A UE that
  breaks it fails the step.
- **should**: the text recommends it. A remark on the step.
- **info**: notable, but legal or not certain.

How to read a failure:

```
  PUB-EVENT-1  MUST  RFC 3903 §4.1               the check, its level, the clause
    purpose   A PUBLISH request has one Event.   what is claimed of every such message
    where     Event (byte 412)                   the field, or the path in the body
    expected  1                                  what the clause asks for
    observed  0                                  what stands there
    hint      ...                                what to look at, where there is more to say
    entry     #27  192.0.2.1:5060 -> ...         the message
```

A check that you do not want is changed in a profile, with the reason, which the report repeats:

```yaml
checks:
  PUB-EVENT-1: {level: should, reason: "firmware 2.1, fixed in 2.2"}
```
"""


def page(profile: Profile) -> str:
    """The whole page."""
    areas: dict[str, list[Row]] = defaultdict(list)
    rows = catalogue(load_flow(FLOW), profile)
    for row in rows:
        areas[row.id.partition("-")[0]].append(row)
    counts = Counter(row.level.value for row in rows)
    levels = ", ".join(f"{counts[level]} {level}" for level in ("must", "should", "info"))
    parts = [HEAD, f"{len(rows)} checks: {levels}.\n"]
    for area in sorted(areas, key=lambda each: list(AREAS).index(each)):
        parts.append(f"## {area}: {AREAS[area]}\n")
        parts.append("| Check | Level | Clause | Claim |\n|---|---|---|---|")
        parts += [_line(row) for row in sorted(areas[area], key=_order)]
        parts.append("")
        parts += [_note(row) for row in sorted(areas[area], key=_order) if _note(row)]
    return "\n".join(parts).rstrip() + "\n"


def _order(row: Row) -> tuple[str, int]:
    name, _, number = row.id.rpartition("-")
    return name, int(number)


def _line(row: Row) -> str:
    clause = f"[{row.clause}]({row.url})" if row.url else row.clause
    sender = f" ({'the UE' if row.sender == 'ue' else 'the network'})" if row.sender else ""
    return f"| {row.id} | {row.level.value} | {clause} | {_cell(row.purpose)}{sender} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _note(row: Row) -> str:
    """What a check's docstring says beyond its claim."""
    known = CHECKS.get(row.id)
    text = inspect.getdoc(known.function) if known is not None else None
    more = " ".join((text or "").split("\n\n", 1)[1].split()) if text and "\n\n" in text else ""
    return f"- **{row.id}**: {_cell(more)}" if more else ""


if __name__ == "__main__":
    PAGE.write_text(page(load_profile("documented")), encoding="utf-8")
    print(PAGE)
