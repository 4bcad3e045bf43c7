"""The generated page of profiles is that of the profiles there are, and its example works."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from harness.config import CheckChange, Network, Pixit, Profile, Timers, load_profile, profile_names

DOCS = Path(__file__).parents[1] / "docs"
WRITTEN = (DOCS / "profiles.md").read_text(encoding="utf-8")


def generator() -> ModuleType:
    path = DOCS / "generate_profiles.py"
    spec = importlib.util.spec_from_file_location("generate_profiles", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_page_of_profiles_is_up_to_date() -> None:
    assert generator().page() == WRITTEN, "run: python docs/generate_profiles.py"


@pytest.mark.parametrize("model", [Profile, Pixit, Network, Timers, CheckChange])
def test_every_field_says_what_it_means(model: type[Profile]) -> None:
    assert not [name for name, field in model.model_fields.items() if not field.description]


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_says_what_it_is_for(name: str) -> None:
    profile = load_profile(name)

    assert profile.name == name
    assert profile.description


def test_profile_of_the_page_can_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```yaml\n(.*?)```", WRITTEN, re.DOTALL)
    assert example is not None
    path = tmp_path / "lab.yaml"
    path.write_text(example[1], encoding="utf-8")
    monkeypatch.setenv("LAB_PASSWORD", "from the environment")

    profile = load_profile(path)

    assert profile.rcs == "up-2.4"
    assert profile.pixit.password.get_secret_value() == "from the environment"
    assert profile.checks["GEN-SIZE-1"].level == "off"
