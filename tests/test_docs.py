"""The generated page of checks is that of the checks there are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from harness.config import load_profile

DOCS = Path(__file__).parents[1] / "docs"


def test_page_of_checks_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (DOCS / "checks.md").read_text(encoding="utf-8")
    hint = "run: python docs/generate.py"
    assert written == module.page(load_profile("documented")), hint
