"""What README and docs name exists: pages, files, commands, options, fields of the profile."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from harness.cli import make_parser
from harness.config import Profile, load_profile
from harness.plugin import pytest_addoption

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
FOLDERS = ("bench", "docs", "fixtures", "harness", "schemas", "testcases", "tests")
MODULES = ("body", "capture", "checks", "flow", "network", "report", "sip", "transport", "ue")
FOREIGN = {"--alluredir", "--cacert", "--dist", "--survivors", "--ues"}
"""Options of other programs and of scripts that pages name."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.M | re.S)
_PATH = re.compile(rf"(?:{'|'.join((*FOLDERS, *MODULES))})/[\w./*-]*[\w*/]")
_FIELD = re.compile(r"(?:network|pixit|tls|timers)(?:\.[a-z]\w*)+")


def prose(page: str) -> str:
    """A page without its blocks of code."""
    return _BLOCK.sub("", (ROOT / page).read_text(encoding="utf-8"))


def codes(page: str) -> Iterator[str]:
    """What stands in backticks outside of blocks."""
    for found in _CODE.finditer(prose(page)):
        yield found[1].replace("\\|", "|")


def blocks(page: str, language: str) -> Iterator[str]:
    """The blocks of code in a language."""
    for found in _BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
        if found[1] == language:
            yield found[2]


def anchors(page: Path) -> set[str]:
    """The names that headings get on a page, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def calls(page: str) -> Iterator[list[str]]:
    """The calls of `presence` and `pytest -m presence` on a page, as words after the program."""
    lines = [line for text in blocks(page, "console") for line in text.splitlines()]
    for line in [*codes(page), *(each.strip().removeprefix("$ ") for each in lines)]:
        words = line.partition("#")[0].partition(" > ")[0].replace("[", " ").replace("]", " ")
        program, *rest = words.replace("...", " ").split() or [""]
        if program.removeprefix(".venv/bin/") in ("presence", "pytest") and rest:
            yield [program.removeprefix(".venv/bin/"), *rest]


def subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    return {name for action in parser._actions for name in action.option_strings}


def plugin_options() -> set[str]:
    parser = pytest.Parser(_ispytest=True)
    pytest_addoption(parser)
    return {name for group in parser._groups for each in group.options for name in each.names()}


@pytest.mark.parametrize("page", NAMES)
def test_relative_links_lead_to_pages_and_headings(page: str) -> None:
    folder = (ROOT / page).parent
    for found in _LINK.finditer(prose(page)):
        target, _, heading = found[1].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = folder / target if target else ROOT / page
        assert path.exists(), f"{page}: {found[1]}"
        if heading:
            assert heading in anchors(path), f"{page}: {found[1]}"


@pytest.mark.parametrize("page", NAMES)
def test_files_that_a_page_names_exist(page: str) -> None:
    for code in codes(page):
        if _PATH.fullmatch(code):
            bases = (ROOT, ROOT / "harness")
            assert any(list(base.glob(code)) for base in bases), f"{page}: {code}"


@pytest.mark.parametrize("page", NAMES)
def test_commands_and_options_that_a_page_shows_exist(page: str) -> None:
    commands = subparsers(make_parser())
    for program, *words in calls(page):
        if program == "pytest":
            known, needed = plugin_options(), "--presence-"
        else:
            assert words[0] in commands or words[0].startswith("-"), f"{page}: presence {words}"
            parser = commands.get(words[0], make_parser())
            known, needed = options_of(parser), "--"
            actions = subparsers(parser)
            assert not actions or words[1] in actions, f"{page}: presence {words}"
        shown = {word.partition("=")[0] for word in words if word.startswith(needed)}
        assert shown <= known, f"{page}: {' '.join(words)}"


@pytest.mark.parametrize("page", NAMES)
def test_options_that_a_page_names_exist(page: str) -> None:
    own = {name for each in subparsers(make_parser()).values() for name in options_of(each)}
    for code in codes(page):
        word = code.partition(" ")[0]
        if re.fullmatch(r"--[a-z-]+", word) and word not in own:
            assert word in plugin_options() | FOREIGN, f"{page}: {code}"


def test_readme_shows_every_command_and_option() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in subparsers(make_parser()):
        assert f"`presence {command} " in text, command
    for option in plugin_options():
        assert f"`{option}" in text, option


def test_every_page_of_docs_is_linked_from_the_readme() -> None:
    linked = {found[1].partition("#")[0] for found in _LINK.finditer(prose("README.md"))}
    for page in PAGES:
        if page.parent.name == "docs":
            assert f"docs/{page.name}" in linked, page.name


def has_field(group: type[BaseModel], names: list[str]) -> bool:
    """Whether a path of names leads through the groups of the profile to a field."""
    field = group.model_fields.get(names[0])
    if field is None:
        return False
    kind = field.annotation
    groups = [kind, *getattr(kind, "__args__", ())]
    inner = [each for each in groups if isinstance(each, type) and issubclass(each, BaseModel)]
    return len(names) == 1 or any(has_field(each, names[1:]) for each in inner)


@pytest.mark.parametrize("page", NAMES)
def test_fields_of_the_profile_that_a_page_names_exist(page: str) -> None:
    for code in codes(page):
        path = code.partition(":")[0]
        if _FIELD.fullmatch(path) and not path.endswith(".py"):
            assert has_field(Profile, path.split(".")), f"{page}: {code}"


@pytest.mark.parametrize("page", NAMES)
def test_profiles_that_a_page_shows_load(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PHONE_PASSWORD", "USIM_K", "USIM_OPC", "LAB_PASSWORD"):
        monkeypatch.setenv(name, "0123456789abcdef0123456789abcdef")
    for number, text in enumerate(blocks(page, "yaml")):
        if "extends:" in text:
            path = tmp_path / f"{number}.yaml"
            path.write_text(text, encoding="utf-8")
            assert load_profile(path).name


def test_bodies_of_these_tests_find_what_is_wrong() -> None:
    assert not has_field(Profile, ["network", "listn"])
    assert has_field(Profile, ["pixit", "usim", "opc"])
    assert "--presence-ue" in plugin_options()
