"""pytest's view of the checkout: the harness is a plugin (`harness.plugin`), installed or not."""

from __future__ import annotations

from pathlib import Path

import pytest

_SELF_TESTS = Path(__file__).with_name("tests")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the self-tests out of `pytest -m presence`, wherever pytest takes its root to be.

    pytest looks for its root folder beside every path on the command line, also beside those of
    --presence-pcap and --presence-reports. With a capture elsewhere it finds no pyproject.toml,
    forgets `testpaths` and collects all there is.
    """
    is_flow = config.option.markexpr == "presence" and not config.option.file_or_dir
    return True if is_flow and collection_path == _SELF_TESTS else None
