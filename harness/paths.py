"""Where the data that comes with the harness lies: schemas and test cases."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _data(name: str) -> Path:
    # An installed wheel carries the data inside the package, a checkout beside it.
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


SCHEMAS = _data("schemas")
TESTCASES = _data("testcases")
PROFILES = TESTCASES / "profiles"
EXAMPLE_PROFILE = PROFILES / "examples" / "lab-phone.yaml"
FLOW = TESTCASES / "presence.flow.yaml"
