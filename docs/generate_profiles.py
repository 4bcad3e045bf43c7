"""Writes docs/profiles.md from the profiles, their fields and the capability tables.

`python docs/generate_profiles.py`
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from harness.checks.capability_services import SERVICES
from harness.checks.capability_tables import SOURCES, TAGS, titles
from harness.checks.registry import CHECKS
from harness.config import Profile, load_profile, profile_names
from harness.model import Family

PAGE = Path(__file__).with_name("profiles.md")

HEAD = """\
# Profiles

Generated from the code by `python docs/generate_profiles.py`.

A profile says everything about a run that is not in the standards: whose clauses apply, what the
device claims to support, who it is, how the network side behaves, and how long to wait. Choose one
with `--profile NAME|FILE`, or `--presence-profile` in pytest.
"""

WRITE = """\
## Write your own

A profile is YAML. `extends` names a profile that comes with the harness, or a file beside yours;
what you say replaces what that one says, field by field, and mappings are merged. An error names
the file, the line and the field.

```yaml
name: lab
extends: up-2.4            # or: ietf, documented, ../base.yaml
pics: {gruu: true}
pixit:
  domain: lab.example
  impu: sip:+15550100@lab.example
  impi: alice@lab.example
  realm: lab.example
  password: env:LAB_PASSWORD
network: {bind: 192.0.2.10, sip_port: 5060, xcap_port: 8080, authentication: digest}
checks:
  CAP-TAG-2: {level: should, reason: "our devices claim UP 2.4 and nothing else"}
  GEN-SIZE-1: {level: off, reason: "no fragment is lost in the lab"}
```
"""

FAMILIES = {
    Family.IETF: "RFCs, and the W3C's for XML",
    Family.THREEGPP: "3GPP technical specifications: TS 24.229, TS 24.141, ...",
    Family.OMA: "OMA Presence SIMPLE and XDM",
    Family.GSMA: "GSMA RCS: RCS-e, RCC.07, ...",
    Family.DOCUMENT: "what the documented flow shows and no standard asks for",
}

TABLES = """\
## Capability tags and services

With `rcs` set, the checks CAP-TAG and CAP-SERVICE compare the feature tags of REGISTER and OPTIONS,
and the service-descriptions of published documents, with the tables below. A tag or service of
another version is legal, so a finding is `info`: it tells that the other side may not know it.
CAP-AGREE compares what the UE registers, publishes and answers with one another.

GSMA's documents could not be read in full, so each row names what it was found in. Texts were read
as far as others quote them, implementations in their public sources or traffic. A row that neither
a text nor two implementations have is *uncertain*: it is reported by CAP-TAG-1 and CAP-SERVICE-1,
with what is unknown. To which version a row belongs is taken from the same sources (rcsjta's older
and newer trees, the versions that AOSP names), and is less sure than the value itself: raise
CAP-TAG-2 or CAP-SERVICE-2 in a profile only if you have that version's own table at hand.

Values in `rcs.ext.` (applications) and `rcs.mnc` (operators) are the owners' own and never
reported, nor are tags that are not for RCS to define, such as `+g.3gpp.smsip`.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, *_profiles(), WRITE, *_fields(), TABLES, *_sources(), *_tags(), *_services()]
    return "\n".join(parts).rstrip() + "\n"


def _table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(names)]
    lines.append(("---",) * len(lines[0]))
    lines += [tuple(" ".join(cell.split()).replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _profiles() -> Iterator[str]:
    rows = []
    for profile in map(load_profile, profile_names()):
        families = ", ".join(each.value for each in Family if each in profile.families)
        rows.append((f"`{profile.name}`", profile.description, families, profile.rcs or "-"))
    yield _table(("Profile", "What it is for", "Families", "`rcs`"), rows)
    yield _table(("Family", "Whose clauses"), ((each.value, FAMILIES[each]) for each in Family))


def _fields() -> Iterator[str]:
    for name, model in _groups("", Profile):
        yield f"### {f'`{name}`' if name else 'Fields'}\n"
        rows = [_field(each, field) for each, field in model.model_fields.items()]
        yield _table(("Field", "Default", "Meaning"), rows)
    items = sorted({item for each in CHECKS.values() for item in each.needs})
    yield f"Items of `pics` that checks ask for: {', '.join(f'`{each}`' for each in items)}.\n"


def _groups(name: str, model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The model and those of its fields, each with the path that leads to it."""
    yield name, model
    for field_name, field in model.model_fields.items():
        kinds = dict.fromkeys(_kinds(field.annotation))
        suffix = "[]" if tuple in kinds else ".ID" if Mapping in kinds else ""
        path = ".".join(part for part in (name, field_name + suffix) if part)
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _groups(path, kind)


def _kinds(annotation: object) -> Iterator[object]:
    """The classes that an annotation names, at any depth."""
    yield get_origin(annotation) or annotation
    for argument in get_args(annotation):
        yield from _kinds(argument)


def _choices(annotation: object) -> tuple[object, ...]:
    """The values of a Literal, at any depth."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(each for inner in get_args(annotation) for each in _choices(inner))


def _field(name: str, field: FieldInfo) -> tuple[str, str, str]:
    named = ", ".join(f"`{each}`" for each in _choices(field.annotation) if each)
    choices = f" One of {named}." if named else ""
    return f"`{name}`", _default(field), f"{field.description}{choices}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, BaseModel):
        return "see below"
    if isinstance(value, tuple):
        return ", ".join(f"`{each}`" for each in value) or "none"
    if isinstance(value, frozenset):
        return ", ".join(f"`{each.value}`" for each in value)
    return (
        f"`{str(value).lower() if isinstance(value, bool) else value}`"
        if value or value == 0
        else "none"
    )


def _sources() -> Iterator[str]:
    yield "### Sources\n"
    rows = ((name, each.title, "text" if each.is_text else "") for name, each in SOURCES.items())
    yield _table(("Source", "What it is", ""), rows)


def _found(sources: tuple[str, ...], is_certain: bool) -> str:
    return ", ".join(sources) + ("" if is_certain else " (uncertain)")


def _tags() -> Iterator[str]:
    yield "### Tags\n"
    rows = (
        (f"`{each.key}`", each.means, titles(each.versions), _found(each.sources, each.is_certain))
        for each in TAGS.values()
    )
    yield _table(("Tag, ICSI or IARI", "Meaning", "Versions", "Found in"), rows)


def _services() -> Iterator[str]:
    yield "### Services\n"
    rows = (
        (
            f"`{each.service_id}` {each.version}",
            titles(each.versions),
            " ".join(f"`{key.rpartition(':')[2]}`" for key in each.tags) or "-",
            _found(each.sources, each.is_certain),
        )
        for each in SERVICES.values()
    )
    yield _table(("Service, version", "Versions", "Tags that register it", "Found in"), rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
